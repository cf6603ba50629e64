/* statistics.h - what is said about repeated measurements. */
#ifndef DESCENT_STATISTICS_H
#define DESCENT_STATISTICS_H

#include <stddef.h>

#include <descent/export.h>

typedef struct dsc_interval {
    size_t n;                    /* finite values among those given */
    double median, low, high;    /* NaN if n is 0 */
    double mean, standard_error; /* standard_error is NaN if n < 2 */
} dsc_interval;

/* Fewer values allow no interval that holds the median of what they are drawn from with 95 %: their range
   holds it with 1 - 2^(1-n), 50 % for two, 75 % for three, 94 % for five, 97 % for six. */
enum { DSC_INTERVAL_LEAST = 6 };

/* Median and its 95 % percentile bootstrap interval (Efron, Annals of Statistics 1979): the 50th smallest and
   50th largest median of 2000 resamples, drawn by counter, so the same bits every time. Of fewer than
   DSC_INTERVAL_LEAST values it is their range. NaNs and infinities are left out. Of more than 4096 values the
   median and its interval are those of 4096 evenly spread ones; the rest takes all. */
DSC_API dsc_interval dsc_summarize(const double *values, size_t count);

/* What the intervals of between n_low and n_high values are called: "95 % interval", "range", or both. */
DSC_API const char *dsc_interval_name(size_t n_low, size_t n_high);

/* A share of successes and its 95 % interval by Wilson (Journal of the American Statistical Association
   1927), which holds for few trials and for shares near 0 and 1 too. All NaN if there were no trials. */
typedef struct dsc_proportion {
    double share, low, high; /* 0 to 1 */
} dsc_proportion;
DSC_API dsc_proportion dsc_proportion_of(size_t successes, size_t trials);

/* Median of count values, the mean of the middle two if count is even; NaN if there are none or one is NaN.
   The array is reordered. */
DSC_API double dsc_median(double *values, size_t count);

#endif
