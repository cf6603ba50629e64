/* measure.c - what a cell leaves of its forecasts. */
#include "time_series.h"

#include <math.h>

/* Which values train and which test. */
struct parts {
    size_t first, train_end, count;
};

static double squares(const double *forecasts, const struct series *series, size_t from, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double error = forecasts[i] - series->values[(from + i) * series->features + series->target];
        sum += error * error;
    }
    return sum;
}

/* Sum of squares about the mean. */
static double spread(const struct series *series, size_t from, size_t count)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        mean += series->values[(from + i) * series->features + series->target] / (double)count;
    for (size_t i = 0; i < count; i++) {
        const double value = series->values[(from + i) * series->features + series->target] - mean;
        sum += value * value;
    }
    return sum;
}

static struct parts parts_of(dsc_scope *scope, const struct hyperparameters *k, const struct series *series)
{
    struct parts parts = { .first = (size_t)k->skip, .count = series->count };
    if (k->test > 0)
        parts.train_end = series->count > (size_t)k->test ? series->count - (size_t)k->test : 0;
    else
        parts.train_end = series->train ? series->train : (size_t)(k->train_share * (double)series->count);
    const size_t from = first_target(k, parts.first);
    if (parts.train_end <= from + 1 || parts.train_end >= series->count)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "a series of %zu values: the first %zu are left out or come before the first that can "
                       "be forecast, and training ends at %zu; expected two values between and one behind: "
                       "set fewer lags, a shorter season, another test or train_share",
                       series->count, from, parts.train_end);
    return parts;
}

/* One step ahead over the test part, fitted anew as often as `refit` says. The first forecaster is returned.
 */
static struct forecaster *walk_forward(dsc_cell *cell, const struct series *series, const struct parts *parts,
                                       double *forecasts)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const size_t test = parts->count - parts->train_end, block = k->refit > 0 ? (size_t)k->refit : test;
    struct forecaster *first = NULL;
    for (size_t done = 0; done < test; done += block) {
        const size_t count = test - done < block ? test - done : block;
        struct forecaster *f = fit(cell, series, parts->first, parts->train_end + done,
                                   (double)done / (double)test, (double)count / (double)test);
        if (!f)
            return NULL;
        forecast(f, parts->train_end + done, count, forecasts + done);
        first = first ? first : f;
    }
    return first;
}

static void put_errors(dsc_cell *cell, const struct series *series, const struct parts *parts,
                       const double *forecasts)
{
    const size_t test = parts->count - parts->train_end, at = series->target;
    const double sum = squares(forecasts, series, parts->train_end, test);
    double naive = 0;
    for (size_t t = parts->train_end; t < parts->count; t++) {
        const double *value = &series->values[t * series->features + at];
        const double step = *value - value[-(ptrdiff_t)series->features];
        naive += step * step;
    }
    dsc_put(cell, "test_rmse", sqrt(sum / (double)test));
    dsc_put(cell, "test_mse", sum / (double)test);
    dsc_put(cell, "test_r2", 1 - sum / spread(series, parts->train_end, test));
    dsc_put(cell, "to_persistence", sqrt(sum / naive));
}

static void put_train_errors(dsc_cell *cell, const struct forecaster *f, const struct parts *parts)
{
    dsc_scope *scope = dsc_cell_scope(cell);
    const size_t from = first_target(f->k, parts->first), count = parts->train_end - from;
    double *forecasts = dsc_scope_alloc(scope, count, sizeof *forecasts);
    if (!forecasts)
        return;
    forecast(f, from, count, forecasts);
    const double sum = squares(forecasts, f->series, from, count);
    dsc_put(cell, "train_rmse", sqrt(sum / (double)count));
    dsc_put(cell, "train_r2", 1 - sum / spread(f->series, from, count));
}

/* The forecasts that are drawn; behind the end of the series there are none. */
static void put_steps(dsc_cell *cell, const struct series *series, const struct parts *parts,
                      const double *forecasts, const double *from_origin, size_t drawn)
{
    size_t count;
    const double *steps = dsc_cell_axis(cell, "step", &count);
    for (size_t i = 0; i < count; i++) {
        const size_t step = (size_t)steps[i] - 1, t = parts->train_end + step;
        const bool there = t < parts->count;
        const double value = there ? series->values[t * series->features + series->target] : NAN;
        dsc_put_at(cell, "observed", i, value);
        dsc_put_at(cell, "forecast", i, there ? forecasts[step] : NAN);
        dsc_put_at(cell, "residual", i, there ? value - forecasts[step] : NAN);
        if (from_origin)
            dsc_put_at(cell, "origin_forecast", i, step < drawn ? from_origin[step] : NAN);
    }
}

void measure(dsc_cell *cell, bool origin)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const struct series *series = dsc_cell_shared(cell);
    const struct parts parts = parts_of(scope, k, series);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const size_t test = parts.count - parts.train_end,
                 drawn = test < (size_t)k->shown ? test : (size_t)k->shown;
    double *forecasts = dsc_scope_alloc(scope, test, sizeof *forecasts);
    double *from_origin = origin ? dsc_scope_alloc(scope, test, sizeof *from_origin) : NULL;
    const struct forecaster *f = forecasts ? walk_forward(cell, series, &parts, forecasts) : NULL;
    if (!f || dsc_scope_status(scope) != DSC_OK)
        return;
    put_errors(cell, series, &parts, forecasts);
    put_train_errors(cell, f, &parts);
    if (from_origin) {
        forecast_from(f, parts.train_end, drawn, from_origin);
        const double mse = squares(from_origin, series, parts.train_end, drawn) / (double)drawn;
        dsc_put(cell, "origin_rmse", sqrt(mse));
        dsc_put(cell, "origin_mse", mse);
    }
    put_steps(cell, series, &parts, forecasts, from_origin, drawn);
}

size_t shown_steps(const void *hyperparameters, double *values, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    size_t count = 0;
    for (; count < (size_t)k->shown && count < capacity; count++)
        values[count] = (double)(count + 1);
    return count;
}
