/* Medians, bootstrap intervals and standard errors: exact small cases, and the interval's coverage by
 * simulation. */
#include <math.h>
#include <string.h>

#include <descent/rng.h>
#include <descent/statistics.h>

#include "test.h"

static void assert_real(double found, double expected)
{
    if (isnan(expected))
        assert_true(isnan(found));
    else
        assert_true(found == expected);
}

static void small_samples_are_exact(void **state)
{
    (void)state;
    static const struct {
        size_t count, n;
        double values[5], median, low, high, mean, standard_error;
    } cases[] = {
        { 0, 0, { 0 }, NAN, NAN, NAN, NAN, NAN },
        { 2, 0, { NAN, INFINITY }, NAN, NAN, NAN, NAN, NAN },
        { 1, 1, { 7 }, 7, 7, 7, 7, NAN },
        { 2, 2, { 4, 2 }, 3, 2, 4, 3, 1 },
        { 3, 3, { 9, 1, 2 }, 2, 1, 9, 4, 2.5166114784235831 },
        { 4, 4, { 5, 5, 5, 5 }, 5, 5, 5, 5, 0 },
        { 5, 3, { NAN, 2, -INFINITY, 2, 2 }, 2, 2, 2, 2, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const dsc_interval found = dsc_summarize(cases[i].values, cases[i].count);
        assert_int_equal(found.n, cases[i].n);
        assert_real(found.median, cases[i].median);
        assert_real(found.low, cases[i].low);
        assert_real(found.high, cases[i].high);
        assert_real(found.mean, cases[i].mean);
        if (isnan(cases[i].standard_error))
            assert_true(isnan(found.standard_error));
        else
            assert_true(fabs(found.standard_error - cases[i].standard_error) < 1e-15);
    }
}

static void median_agrees_with_counting(void **state)
{
    (void)state;
    const dsc_rng rng = dsc_rng_make(1, DSC_STREAM_SAMPLING);
    for (size_t n = 1; n < 200; n++) {
        double values[200];
        for (size_t i = 0; i < n; i++) /* few distinct values: ties at the median */
            values[i] = (double)dsc_rng_below(rng, (uint32_t)n, i, 1 + n / 2);
        const double median = dsc_median(values, n);
        size_t below = 0, above = 0;
        for (size_t i = 0; i < n; i++) {
            below += values[i] < median;
            above += values[i] > median;
        }
        assert_true(below <= n / 2 && above <= n / 2);
        if (n % 2)
            assert_true(below < (n + 1) / 2 && above < (n + 1) / 2);
    }
    assert_true(isnan(dsc_median((double[]){ 1, NAN, 2 }, 3)));
    assert_true(isnan(dsc_median(NULL, 0)));
}

/* Order of the values, and values that are left out, change nothing; nor does a second call. */
static void summary_depends_on_the_values_alone(void **state)
{
    (void)state;
    const double a[] = { 0.3, 0.1, 0.9, 0.4, 0.7, 0.2 }, b[] = { NAN, 0.9, 0.7, 0.4, 0.3, NAN, 0.2, 0.1 };
    const dsc_interval first = dsc_summarize(a, 6), again = dsc_summarize(a, 6), other = dsc_summarize(b, 8);
    assert_memory_equal(&first, &again, sizeof first);
    assert_real(other.low, first.low);
    assert_real(other.high, first.high);
    assert_real(other.median, first.median);
}

/* Large samples: the interval is near the normal approximation, median +- 1.96 * 1.2533 sigma / sqrt(n). */
static void large_samples_follow_the_asymptotic_interval(void **state)
{
    (void)state;
    static double values[6000];
    dsc_rng_fill_normal(dsc_rng_make(3, DSC_STREAM_SAMPLING), 0, 10, 2, values, 6000);
    const dsc_interval found = dsc_summarize(values, 1000);
    assert_true(fabs((found.high - found.low) / (2 * 1.96 * 1.2533 * 2 / sqrt(1000)) - 1) < 0.35);
    assert_true(found.low < found.median && found.median < found.high);
    const dsc_interval many = dsc_summarize(values, 6000);
    assert_int_equal(many.n, 6000);
    assert_true(fabs(many.median - 10) < 0.15 && fabs(many.mean - 10) < 0.12);
    assert_true(many.high - many.low < found.high - found.low);
}

/* Monte Carlo: how often the interval holds the true median 0 of normal samples. For n = 3 the interval is
   the sample's range, whose coverage is exactly 1 - 2 / 2^3; from n = 20 on it is near 95 %. */
static void interval_covers_the_median(void **state)
{
    (void)state;
    enum { TRIALS = 1000 };
    static const struct {
        size_t n;
        double low, high;
    } cases[] = { { 3, 0.71, 0.79 }, { 20, 0.915, 0.985 } };
    for (size_t c = 0; c < 2; c++) {
        size_t covered = 0;
        for (uint32_t trial = 0; trial < TRIALS; trial++) {
            double values[20];
            dsc_rng_fill_normal(dsc_rng_make(11 + c, DSC_STREAM_SAMPLING), trial, 0, 1, values, cases[c].n);
            const dsc_interval found = dsc_summarize(values, cases[c].n);
            covered += found.low <= 0 && 0 <= found.high;
        }
        const double share = (double)covered / TRIALS;
        assert_true(cases[c].low <= share && share <= cases[c].high);
    }
}

/* Of fewer than six values the interval is the range, and called so. */
static void few_values_have_a_range(void **state)
{
    (void)state;
    const double values[] = { 3, 1, 4, 2, 6, 5 };
    for (size_t n = 2; n <= 6; n++) {
        const dsc_interval found = dsc_summarize(values, n);
        double low = values[0], high = values[0];
        for (size_t i = 1; i < n; i++) {
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
        }
        assert_int_equal(found.low == low && found.high == high, n < DSC_INTERVAL_LEAST);
    }
    assert_string_equal(dsc_interval_name(2, 5), "range");
    assert_string_equal(dsc_interval_name(6, 10), "95 % interval");
    assert_string_equal(dsc_interval_name(5, 6), "95 % interval (range of fewer than 6)");
}

/* The values are those of scipy.stats.binomtest(k, n).proportion_ci(method='wilson'). */
static void proportions_have_wilson_intervals(void **state)
{
    (void)state;
    static const struct {
        size_t successes, trials;
        double low, high;
    } cases[] = {
        { 0, 10, 0, 0.27753279986288926 },
        { 5, 10, 0.236593090512564, 0.7634069094874361 },
        { 81, 263, 0.2552885198782742, 0.36620957698280004 },
        { 10, 10, 0.7224672001371109, 1 },
        { 834, 11628, 0.06717359494943932, 0.07655613733236528 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const dsc_proportion found = dsc_proportion_of(cases[i].successes, cases[i].trials);
        assert_real(found.share, (double)cases[i].successes / (double)cases[i].trials);
        assert_true(fabs(found.low - cases[i].low) < 1e-15 && fabs(found.high - cases[i].high) < 1e-15);
    }
    assert_true(isnan(dsc_proportion_of(0, 0).share) && isnan(dsc_proportion_of(0, 0).low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_samples_are_exact),
        cmocka_unit_test(median_agrees_with_counting),
        cmocka_unit_test(summary_depends_on_the_values_alone),
        cmocka_unit_test(large_samples_follow_the_asymptotic_interval),
        cmocka_unit_test(interval_covers_the_median),
        cmocka_unit_test(few_values_have_a_range),
        cmocka_unit_test(proportions_have_wilson_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
