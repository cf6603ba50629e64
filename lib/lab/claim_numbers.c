/* claim_numbers.c - the number of a claim: statistics of its points, compared, over the seeds. */
#include <math.h>

#include "lab/claims.h"

static size_t first_extreme(const double *values, size_t count, double sign)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (sign * values[i] > sign * values[best])
            best = i;
    return best;
}

/* The largest increase (of sign times the values) from a point to a later one, and where it begins and ends.
 */
static double widest_rise(const double *values, size_t count, double sign, size_t ends[2])
{
    size_t lowest = 0;
    double rise = 0;
    ends[0] = ends[1] = 0;
    for (size_t i = 0; i < count; i++) {
        lowest = sign * values[i] < sign * values[lowest] ? i : lowest;
        if (sign * (values[i] - values[lowest]) <= rise)
            continue;
        rise = sign * (values[i] - values[lowest]);
        ends[0] = lowest;
        ends[1] = i;
    }
    return rise;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

/* A statistic of a term's points; NaN if one of them is missing. */
static double statistic_of(dsc_statistic statistic, const dsci_points *points, const double *values)
{
    const size_t count = points->count;
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return (double)NAN;
    const size_t low = first_extreme(values, count, -1), high = first_extreme(values, count, 1);
    size_t ends[2];
    switch (statistic) {
    case DSC_STATISTIC_MINIMUM: return values[low];
    case DSC_STATISTIC_MAXIMUM: return values[high];
    case DSC_STATISTIC_MAGNITUDE: return fmax(fabs(values[low]), fabs(values[high]));
    case DSC_STATISTIC_RANGE: return values[high] - values[low];
    case DSC_STATISTIC_ARGMIN: return points->along[low];
    case DSC_STATISTIC_ARGMAX: return points->along[high];
    case DSC_STATISTIC_RISE: return widest_rise(values, count, 1, ends);
    case DSC_STATISTIC_FALL: return widest_rise(values, count, -1, ends);
    default: return mean_of(values, count);
    }
}

size_t dsci_statistic_places(dsc_statistic statistic, const double *values, size_t count, size_t places[2])
{
    const size_t low = first_extreme(values, count, -1), high = first_extreme(values, count, 1);
    places[0] = low;
    places[1] = high;
    switch (statistic) {
    case DSC_STATISTIC_MINIMUM:
    case DSC_STATISTIC_ARGMIN:
    case DSC_STATISTIC_CHOSEN_MINIMUM: return 1;
    case DSC_STATISTIC_MAXIMUM:
    case DSC_STATISTIC_ARGMAX:
    case DSC_STATISTIC_CHOSEN_MAXIMUM: places[0] = high; return 1;
    case DSC_STATISTIC_MAGNITUDE: places[0] = fabs(values[high]) >= fabs(values[low]) ? high : low; return 1;
    case DSC_STATISTIC_RANGE: return 2;
    case DSC_STATISTIC_RISE: widest_rise(values, count, 1, places); return 2;
    case DSC_STATISTIC_FALL: widest_rise(values, count, -1, places); return 2;
    default: return 0;
    }
}

/* The seed's value at the point whose mean over the other seeds is the largest (sign 1) or smallest (-1); NaN
   if some point has no value of another seed. */
static double chosen_by_others(const dsci_check *check, const dsci_points *points, double sign, size_t seed)
{
    double *means = dsc_scope_alloc(check->scope, points->count, sizeof *means);
    for (size_t i = 0; means && i < points->count; i++) {
        size_t others = 0;
        for (size_t s = 0; s < points->seeds; s++)
            if (s != seed && !isnan(dsci_points_value(points, i, s))) {
                means[i] += dsci_points_value(points, i, s);
                others++;
            }
        if (others == 0)
            return (double)NAN;
        means[i] /= (double)others;
    }
    return means ? dsci_points_value(points, first_extreme(means, points->count, sign), seed) : (double)NAN;
}

static double term_of_seed(const dsci_check *check, const dsc_term *term, const dsci_points *points,
                           size_t seed)
{
    if (term->statistic == DSC_STATISTIC_CHOSEN_MINIMUM)
        return chosen_by_others(check, points, -1, seed);
    if (term->statistic == DSC_STATISTIC_CHOSEN_MAXIMUM)
        return chosen_by_others(check, points, 1, seed);
    double *values = dsc_scope_alloc(check->scope, points->count, sizeof *values);
    for (size_t i = 0; values && i < points->count; i++)
        values[i] = dsci_points_value(points, i, seed);
    return values ? statistic_of(term->statistic, points, values) : (double)NAN;
}

static double term_pooled(const dsci_check *check, const dsc_term *term, const dsci_points *points, size_t *n)
{
    double *medians = dsc_scope_alloc(check->scope, points->count, sizeof *medians);
    for (size_t i = 0; medians && i < points->count; i++) {
        const dsc_interval interval = dsci_points_over_seeds(check, points, NULL, i);
        medians[i] = interval.median;
        *n = interval.n < *n ? interval.n : *n;
    }
    return medians ? statistic_of(term->statistic, points, medians) : (double)NAN;
}

static double related(const dsc_claim *claim, double measured, double against)
{
    const double scale = claim->scale != 0 ? claim->scale : 1;
    if (!claim->against.output)
        return scale * measured;
    return scale * (claim->relation == DSC_RELATION_RATIO ? measured / against : measured - against);
}

/* One number without an interval, from n seeds. */
static dsc_interval single(double value, size_t n)
{
    const double none = (double)NAN;
    return (dsc_interval){ .n = isnan(value) ? 0 : n,
                           .median = value,
                           .low = none,
                           .high = none,
                           .mean = value,
                           .standard_error = none };
}

/* The largest absolute value that a point has in any seed; seeds without a value are passed over. */
static double size_of(const dsci_points *points, size_t point)
{
    double largest = 0;
    for (size_t s = 0; s < points->seeds; s++)
        largest = fmax(largest, fabs(dsci_points_value(points, point, s)));
    return largest;
}

/* The largest deviation of a point from another output, in standard errors, which take two seeds. Points
   where both agree to rounding count 0: their standard error may be 0 too. */
static dsc_interval deviation(const dsci_check *check, const dsci_points *a, const dsci_points *b)
{
    double largest = 0;
    size_t n = a->seeds;
    for (size_t i = 0; i < a->count; i++) {
        const dsc_interval difference = dsci_points_over_seeds(check, a, b, i);
        n = difference.n < n ? difference.n : n;
        if (n > 1 && fabs(difference.mean) > 1e-12 * size_of(a, i))
            largest = fmax(largest, fabs(difference.mean) / difference.standard_error);
    }
    return single(largest, n);
}

static dsc_interval measure_pooled(const dsci_check *check, const dsci_points *measured,
                                   const dsci_points *against)
{
    const dsc_claim *claim = check->claim;
    size_t n = measured->seeds;
    const double value = term_pooled(check, &claim->measured, measured, &n);
    const double other = against ? term_pooled(check, &claim->against, against, &n) : 0;
    return single(related(claim, value, other), n);
}

static dsc_interval measure_seeds(const dsci_check *check, const dsci_points *measured,
                                  const dsci_points *against)
{
    const dsc_claim *claim = check->claim;
    double *values = dsc_scope_alloc(check->scope, measured->seeds, sizeof *values);
    for (size_t s = 0; values && s < measured->seeds; s++)
        values[s] = related(claim, term_of_seed(check, &claim->measured, measured, s),
                            against ? term_of_seed(check, &claim->against, against, s) : 0);
    return dsc_summarize(values, values ? measured->seeds : 0);
}

bool dsci_check_measure(dsci_check *check, dsc_interval *result)
{
    const dsc_claim *claim = check->claim;
    dsci_points measured = { 0 }, against = { 0 };
    const bool two = claim->against.output != NULL;
    if (!dsci_points_select(check, &claim->measured, &measured) ||
        (two && !dsci_points_select(check, &claim->against, &against)))
        return false;
    const dsci_points *other = two ? &against : NULL;
    if (claim->measured.statistic == DSC_STATISTIC_DEVIATION) {
        if (!two || measured.count != against.count)
            return dsci_check_refuse(check, "there is nothing to compare with, point by point");
        *result = deviation(check, &measured, &against);
    } else {
        *result =
            claim->pooled ? measure_pooled(check, &measured, other) : measure_seeds(check, &measured, other);
    }
    if (result->n == 0)
        return dsci_check_refuse(check, "values are missing");
    const bool has_errors =
        claim->standard_errors != 0 || claim->measured.statistic == DSC_STATISTIC_DEVIATION;
    const size_t least = claim->seeds > 0 ? (size_t)claim->seeds : has_errors ? 2 : 1;
    if (result->n < least)
        return dsci_check_refuse(
            check, dsc_scope_format(check->scope, "%zu of at least %zu seeds", result->n, least));
    return true;
}
