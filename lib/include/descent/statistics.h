/* statistics.h - what is said about repeated measurements. */
#ifndef DESCENT_STATISTICS_H
#define DESCENT_STATISTICS_H

#include <stddef.h>

#include <descent/export.h>

typedef struct dsc_interval {
    size_t n; /* finite values among those given */
    double median, low, high; /* NaN if n is 0 */
    double mean, standard_error; /* standard_error is NaN if n < 2 */
} dsc_interval;

/* Median and its 95 % percentile bootstrap interval (2000 resamples, drawn by counter: the same bits every time); NaNs
   are left out. At most 4096 values are resampled; n is the true number. */
DSC_API dsc_interval dsc_summarize(const double *values, size_t count);

/* Median of count values; the array is reordered. */
DSC_API double dsc_median(double *values, size_t count);

#endif
