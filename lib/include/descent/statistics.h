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

/* Median and its 95 % percentile bootstrap interval (Efron, Annals of Statistics 1979): the 50th smallest and
   50th largest median of 2000 resamples, drawn by counter, so the same bits every time. NaNs and infinities
   are left out. Of more than 4096 values the median and its interval are those of 4096 evenly spread ones;
   the rest takes all. */
DSC_API dsc_interval dsc_summarize(const double *values, size_t count);

/* Median of count values, the mean of the middle two if count is even; NaN if there are none or one is NaN.
   The array is reordered. */
DSC_API double dsc_median(double *values, size_t count);

#endif
