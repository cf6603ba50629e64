/* The bias-variance cases agree with exact theory and with published numbers (each test names its source and
   how strong it is: exact, Monte Carlo, published number, shape). */
#include "experiment_result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const dsc_experiment bias_variance_experiment;

static struct result run_case(const char *case_name, const dsc_setting *settings, size_t setting_count,
                              int64_t seeds)
{
    return result_of(&bias_variance_experiment, &(dsc_plan_options){ .case_name = case_name,
                                                                     .settings = settings,
                                                                     .setting_count = setting_count,
                                                                     .seeds = seeds });
}

/* cmocka's comparison of this kind is in single precision. */
static void assert_near(double value, double expected, double bound)
{
    if (!(fabs(value - expected) <= bound))
        fail_msg("%.17g, expected %.17g within %g", value, expected, bound);
}

/* An output's values at one point of all axes but the seeds, which are the last. */
static dsc_interval over_seeds(const struct result *result, const char *output, size_t point)
{
    const size_t seeds = axis(result, dsc_record_describe(result->record)->axis_count - 1)->count;
    return dsc_summarize(all(result, output)->values + point * seeds, seeds);
}

static size_t cells(const struct result *result)
{
    size_t count = 1;
    for (size_t i = 0; i < dsc_record_describe(result->record)->axis_count; i++)
        count *= axis(result, i)->count;
    return count;
}

static void assert_always_small(const struct result *result, const char *output, double bound)
{
    for (size_t i = 0; i < cells(result); i++)
        if (!(fabs(all(result, output)->values[i]) <= bound))
            fail_msg("%s is %g in cell %zu", output, all(result, output)->values[i], i);
}

/* Monte Carlo: every measured term within 4 standard errors of its exact value, but for rounding. */
static void assert_terms_agree_with_theory(const struct result *r)
{
    static const char *const terms[] = { "bias_squared", "variance", "noise", "test_error", "train_error" };
    for (size_t t = 0; t < sizeof terms / sizeof terms[0]; t++)
        for (size_t i = 0; i < axis(r, 0)->count; i++) {
            char name[64];
            snprintf(name, sizeof name, "theory_%s", terms[t]);
            const dsc_interval measured = over_seeds(r, terms[t], i), theory = over_seeds(r, name, i);
            if (!(fabs(measured.mean - theory.mean) <= 4 * measured.standard_error + 1e-15))
                fail_msg("%s = %g: mean %s %g, theory %g, standard error %g", axis(r, 0)->name,
                         axis(r, 0)->values[i], terms[t], measured.mean, theory.mean,
                         measured.standard_error);
        }
    assert_always_small(r, "residual", 1e-14);
}

/* Monte Carlo against the exact terms of a projection; the theory's variance is noise (k + 1) / n. */
static void polynomials_agree_with_exact_theory(void **state)
{
    (void)state;
    const dsc_setting degrees = { "degree", "0..24" };
    struct result r = run_case("polynomial", &degrees, 1, 0);
    assert_terms_agree_with_theory(&r);
    for (size_t k = 0; k < axis(&r, 0)->count; k++)
        assert_near(over_seeds(&r, "theory_variance", k).mean, 0.09 * (double)(k + 1) / 25, 1e-15);
    /* A polynomial through all points copies the noise. */
    assert_always_small(&r, "theory_noise", 0.09 + 1e-15);
    assert_true(fabs(over_seeds(&r, "train_error", 24).mean) < 1e-20);
    close_result(&r);
}

static size_t smallest(const struct result *r, const char *first, const char *second)
{
    size_t best = 0;
    for (size_t i = 1; i < axis(r, 0)->count; i++)
        if (over_seeds(r, first, i).mean + over_seeds(r, second, i).mean <
            over_seeds(r, first, best).mean + over_seeds(r, second, best).mean)
            best = i;
    return best;
}

/* Monte Carlo against exact terms; published number (Bishop, figure 3.6): bias^2 + variance is smallest near
   ln lambda = -0.31. */
static void ridge_agrees_with_exact_theory_and_the_book(void **state)
{
    (void)state;
    struct result r = run_case("ridge", NULL, 0, 0);
    assert_terms_agree_with_theory(&r);
    const double exact = axis(&r, 0)->values[smallest(&r, "theory_bias_squared", "theory_variance")];
    const double measured = axis(&r, 0)->values[smallest(&r, "bias_squared", "variance")];
    assert_true(fabs(exact + 0.31) <= 0.05);
    assert_true(fabs(measured + 0.31) <= 0.15);
    /* Bias grows and variance falls with the penalty. */
    for (size_t i = 1; i < axis(&r, 0)->count; i++) {
        assert_true(over_seeds(&r, "theory_bias_squared", i).mean >
                    over_seeds(&r, "theory_bias_squared", i - 1).mean);
        assert_true(over_seeds(&r, "theory_variance", i).mean <
                    over_seeds(&r, "theory_variance", i - 1).mean);
    }
    close_result(&r);
}

/* Identity: error = noise + bias + variance for all three losses, and the law of total variance, to rounding.
 */
static void assert_identities_hold(const struct result *r)
{
    static const char *const residuals[] = { "squared_residual", "total_variance_residual",
                                             "zero_one_residual", "cross_entropy_residual" };
    for (size_t i = 0; i < sizeof residuals / sizeof residuals[0]; i++)
        assert_always_small(r, residuals[i], 1e-10);
    /* The estimates of the two sources of variance add up, and stand in the outputs as they are named. */
    const double *total = all(r, "squared_variance")->values,
                 *optimization = all(r, "squared_optimisation")->values,
                 *sampling = all(r, "squared_sampling")->values, *bias = all(r, "squared_bias")->values,
                 *noise = all(r, "squared_noise")->values, *error = all(r, "squared_error")->values;
    for (size_t i = 0; i < cells(r); i++) {
        assert_near(optimization[i] + sampling[i], total[i], 1e-10);
        assert_near(noise[i] + bias[i] + total[i], error[i], 1e-10);
    }
}

/* Shape (Yang et al. 2020), labels with noise: bias^2 falls with the width, to 5 % of its range; variance
   rises and falls, and the error with it. Of the variance it is the part by optimization that falls (Neal et
   al. 2018). axes: scheme, label noise, width, seed. */
static void bias_of_networks_falls_and_variance_is_unimodal(void **state)
{
    (void)state;
    enum { WIDTHS = 4 };
    const dsc_setting settings[] = { { "scheme", "fresh" },
                                     { "label_noise", "0.15" },
                                     { "width", "4,16,64,256" } };
    struct result r = run_case("width", settings, 3, 1);
    assert_identities_hold(&r);
    const double *bias = all(&r, "squared_bias")->values, *variance = all(&r, "squared_variance")->values,
                 *error = all(&r, "squared_error")->values,
                 *optimization = all(&r, "squared_optimisation")->values;
    const double range = bias[0] - bias[WIDTHS - 1];
    assert_true(range > 0);
    for (size_t w = 1; w < WIDTHS; w++)
        assert_true(bias[w] <= bias[w - 1] + 0.05 * range);
    assert_true(variance[0] < variance[1] && variance[1] < variance[2] && variance[3] < variance[2]);
    assert_true(error[0] < error[2] && error[3] < error[2]);
    assert_true(optimization[3] < optimization[2]);
    close_result(&r);
}

/* Identity: whatever the training sets, noise and test labels, and with one network a set, whose variance has
   no parts. */
static void identities_hold_for_all_schemes(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "width", "3,20" }, { "epochs", "10" }, { "test_labels", "noisy" },
                                     { "layers", "1" },   { "sets", "3" },    { "examples", "300" } };
    struct result r = run_case("width", settings, 6, 2);
    assert_identities_hold(&r);
    close_result(&r);
    const dsc_setting clean[] = { { "width", "3" },
                                  { "epochs", "5" },
                                  { "test_labels", "clean" },
                                  { "inits", "1" },
                                  { "examples", "301" } };
    r = run_case("width", clean, 5, 1);
    assert_always_small(&r, "squared_residual", 1e-10);
    assert_always_small(&r, "zero_one_residual", 1e-10);
    assert_always_small(&r, "cross_entropy_residual", 1e-10);
    assert_always_small(&r, "squared_noise", 0);
    for (size_t i = 0; i < cells(&r); i++)
        assert_true(isnan(all(&r, "squared_optimisation")->values[i]) &&
                    isfinite(all(&r, "squared_variance")->values[i]));
    close_result(&r);
}

static void assert_refused(const dsc_setting *settings, size_t count, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    char path[] = "/tmp/descent-golden-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    unlink(path);
    dsc_plan *plan =
        dsc_plan_make(scope, &bias_variance_experiment,
                      &(dsc_plan_options){
                          .case_name = "width", .settings = settings, .setting_count = count, .seeds = 1 });
    const dsc_run_result result = dsc_run(scope, plan, &(dsc_run_options){ .out = path });
    const char *said = dsc_scope_message(scope);
    if (dsc_scope_status(scope) == DSC_OK) {
        assert_true(result.failed > 0);
        said = dsc_record_cell_at(dsc_record_read(scope, path), 0)->message;
    }
    assert_non_null(said);
    if (!strstr(said, message))
        fail_msg("expected '%s' in: %s", message, said);
    unlink(path);
    dsc_scope_close(&scope);
}

static void splits_of_too_few_examples_are_refused(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "scheme", "splits" }, { "examples", "1000" }, { "width", "4" } };
    assert_refused(settings, 3, "5 disjoint training sets of 1000 examples: the data set has 4000");
    const dsc_setting pool[] = { { "pool", "4001" }, { "width", "4" } };
    assert_refused(pool, 2, "4001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polynomials_agree_with_exact_theory),
        cmocka_unit_test(ridge_agrees_with_exact_theory_and_the_book),
        cmocka_unit_test(bias_of_networks_falls_and_variance_is_unimodal),
        cmocka_unit_test(identities_hold_for_all_schemes),
        cmocka_unit_test(splits_of_too_few_examples_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
