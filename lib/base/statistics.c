/* statistics.c - median, bootstrap interval, mean and standard error. */
#include <descent/statistics.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <descent/rng.h>

enum {
    RESAMPLES = 2000,
    TAIL = RESAMPLES / 40, /* 2.5 % of the resamples lie beyond each end of the interval */
    MAX_RESAMPLED = 4096
};

/* Every call draws the same ranks: an interval is a function of the values alone. */
static const uint64_t bootstrap_seed = 20;

/* Hoare's selection: afterwards v[k] is the value of rank k, none before it is larger, none behind it
 * smaller. */
static double select_rank(double *v, size_t count, size_t k)
{
    ptrdiff_t low = 0, high = (ptrdiff_t)count - 1;
    while (low < high) {
        const double pivot = v[low + (high - low) / 2];
        ptrdiff_t i = low - 1, j = high + 1;
        for (;;) {
            while (v[++i] < pivot)
                continue;
            while (v[--j] > pivot)
                continue;
            if (i >= j)
                break;
            const double swap = v[i];
            v[i] = v[j];
            v[j] = swap;
        }
        if ((ptrdiff_t)k <= j)
            high = j;
        else
            low = j + 1;
    }
    return v[k];
}

static double midpoint(double lower, double upper)
{
    return lower == upper ? lower : lower / 2 + upper / 2;
}

double dsc_median(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return NAN;
    if (count == 0)
        return NAN;
    const double upper = select_rank(values, count, count / 2);
    if (count % 2)
        return upper;
    double lower = values[0];
    for (size_t i = 1; i < count / 2; i++)
        lower = fmax(lower, values[i]);
    return midpoint(lower, upper);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median of n values drawn from sorted[0..n-1] with replacement: ranks are drawn and counted. */
static double resampled_median(const double *sorted, size_t n, uint32_t resample)
{
    const dsc_rng rng = dsc_rng_make(bootstrap_seed, DSC_STREAM_BOOTSTRAP);
    uint16_t drawn[MAX_RESAMPLED];
    memset(drawn, 0, n * sizeof drawn[0]);
    for (size_t i = 0; i < n; i += 4) {
        uint32_t words[4];
        dsc_rng_block(rng, resample, i / 4, words);
        for (size_t j = 0; j < 4 && i + j < n; j++) /* uneven by at most n / 2^32 < 1e-6 */
            drawn[(uint64_t)words[j] * n >> 32]++;
    }
    size_t rank = 0, below = drawn[0];
    while (below < (n + 1) / 2)
        below += drawn[++rank];
    const double lower = sorted[rank];
    if (n % 2 || below > n / 2)
        return lower;
    do
        rank++;
    while (drawn[rank] == 0);
    return midpoint(lower, sorted[rank]);
}

/* Copies the finite values: all of them, or MAX_RESAMPLED evenly spread ones of the n. */
static size_t take_finite(const double *values, size_t count, size_t n, double *dst)
{
    const size_t taken = n < MAX_RESAMPLED ? n : MAX_RESAMPLED;
    for (size_t i = 0, seen = 0, k = 0; i < count && k < taken; i++) {
        if (!isfinite(values[i]))
            continue;
        if (seen++ == k * n / taken)
            dst[k++] = values[i];
    }
    return taken;
}

static void summarize_moments(const double *values, size_t count, dsc_interval *summary)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            summary->n++;
        }
    if (summary->n == 0)
        return;
    const double n = (double)summary->n;
    summary->mean = sum / n;
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            squares += (values[i] - summary->mean) * (values[i] - summary->mean);
    if (summary->n > 1)
        summary->standard_error = sqrt(squares / (n - 1) / n);
}

const char *dsc_interval_name(size_t n_low, size_t n_high)
{
    return n_low >= DSC_INTERVAL_LEAST   ? "95 % interval"
           : n_high < DSC_INTERVAL_LEAST ? "range"
                                         : "95 % interval (range of fewer than 6)";
}

dsc_interval dsc_summarize(const double *values, size_t count)
{
    dsc_interval summary = { .median = NAN, .low = NAN, .high = NAN, .mean = NAN, .standard_error = NAN };
    summarize_moments(values, count, &summary);
    if (summary.n == 0)
        return summary;

    double sorted[MAX_RESAMPLED];
    const size_t n = take_finite(values, count, summary.n, sorted);
    qsort(sorted, n, sizeof sorted[0], ascending);
    summary.median = n % 2 ? sorted[n / 2] : midpoint(sorted[n / 2 - 1], sorted[n / 2]);
    summary.low = summary.high = summary.median;
    if (sorted[0] == sorted[n - 1])
        return summary;

    double medians[RESAMPLES];
    for (uint32_t r = 0; r < RESAMPLES; r++)
        medians[r] = resampled_median(sorted, n, r);
    summary.low = select_rank(medians, RESAMPLES, TAIL - 1);
    summary.high = select_rank(medians, RESAMPLES, RESAMPLES - TAIL);
    return summary;
}

dsc_proportion dsc_proportion_of(size_t successes, size_t trials)
{
    static const double Z = 1.959963984540054; /* 97.5 % of a normal distribution lie below it */
    if (trials == 0)
        return (dsc_proportion){ NAN, NAN, NAN };
    const double n = (double)trials, share = (double)successes / n;
    const double middle = share + Z * Z / (2 * n), scale = 1 + Z * Z / n;
    const double half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
    /* At the ends the difference is zero but for rounding. */
    return (dsc_proportion){ .share = share,
                             .low = successes == 0 ? 0 : (middle - half) / scale,
                             .high = successes == trials ? 1 : (middle + half) / scale };
}
