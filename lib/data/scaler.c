/* scaler.c - bringing features to a common scale. */
#include <descent/data.h>

#include <math.h>

static size_t groups_of(const dsc_dataset *data, dsc_scaling_scope over)
{
    if (over == DSC_SCALING_SCOPE_ALL)
        return 1;
    return over == DSC_SCALING_SCOPE_CHANNELS ? data->channels : data->features;
}

/* Smallest and largest value of each group. Channels come last: value i of an example belongs to group i %
   groups. */
static void find_range(const dsc_dataset *data, size_t groups, double *low, double *high)
{
    for (size_t g = 0; g < groups; g++) {
        low[g] = INFINITY;
        high[g] = -INFINITY;
    }
    for (size_t i = 0; i < data->count; i++)
        for (size_t j = 0; j < data->features; j++) {
            const double x = dsc_dataset_value(data, i, j);
            const size_t g = j % groups;
            low[g] = x < low[g] ? x : low[g];
            high[g] = x > high[g] ? x : high[g];
        }
}

/* Sum of (x - offset)^power over each group, power 1 or 2. */
static void add_up(const dsc_dataset *data, size_t groups, const double *offset, int power, double *sum)
{
    for (size_t g = 0; g < groups; g++)
        sum[g] = 0;
    for (size_t i = 0; i < data->count; i++)
        for (size_t j = 0; j < data->features; j++) {
            const size_t g = j % groups;
            const double x = dsc_dataset_value(data, i, j) - offset[g];
            sum[g] += power == 1 ? x : x * x;
        }
}

static void fit_range(const dsc_dataset *data, dsc_scaling scaling, dsc_scaler *s)
{
    double *low = s->offset, *high = s->factor; /* each is read before it is replaced */
    find_range(data, s->count, low, high);
    for (size_t g = 0; g < s->count; g++) {
        const double range = high[g] - low[g];
        const bool symmetric = scaling == DSC_SCALING_SYMMETRIC;
        s->offset[g] = symmetric || !(range > 0) ? low[g] + range / 2 : low[g];
        s->factor[g] = range > 0 ? (symmetric ? 2 : 1) / range : 0;
    }
}

/* Mean and variance over the group's own values (not n - 1 of them), the mean in two passes so that a large
   offset does no harm. */
static void fit_z(dsc_scope *work, const dsc_dataset *data, dsc_scaler *s)
{
    const size_t each = data->count * (data->features / s->count);
    double *low = dsc_scope_alloc(work, s->count, sizeof *low),
           *high = dsc_scope_alloc(work, s->count, sizeof *high),
           *sum = dsc_scope_alloc(work, s->count, sizeof *sum);
    if (!sum || !high || !low)
        return;
    find_range(data, s->count, low, high);
    for (size_t g = 0; g < s->count; g++)
        s->offset[g] = low[g];
    add_up(data, s->count, s->offset, 1, sum);
    for (size_t g = 0; g < s->count; g++)
        s->offset[g] = low[g] + sum[g] / (double)each;
    add_up(data, s->count, s->offset, 2, sum);
    for (size_t g = 0; g < s->count; g++) {
        const bool constant = !(high[g] > low[g]) || !(sum[g] > 0);
        s->offset[g] = constant ? low[g] : s->offset[g];
        s->factor[g] = constant ? 0 : 1 / sqrt(sum[g] / (double)each);
    }
}

static bool check(dsc_scope *scope, const dsc_dataset *train, size_t groups)
{
    if ((!train->x && !train->bytes) || train->count == 0 || train->features == 0 || groups == 0 ||
        train->features % groups != 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "scaler: data set '%s' of %zu examples, %zu features, %zu channels; expected at least "
                       "one example, and channels that divide the features",
                       train->name ? train->name : "", train->count, train->features, train->channels);
        return false;
    }
    for (size_t i = 0; i < train->count * train->features; i++) {
        const double x = dsc_dataset_value(train, i / train->features, i % train->features);
        if (!isfinite(x)) {
            dsc_scope_fail(
                scope, DSC_ERROR_NUMERIC,
                "scaler: feature %zu of example %zu of data set '%s' is %g; expected a finite number",
                i % train->features, i / train->features, train->name ? train->name : "", x);
            return false;
        }
    }
    return true;
}

dsc_scaler dsc_scaler_fit(dsc_scope *scope, const dsc_dataset *train, dsc_scaling scaling,
                          dsc_scaling_scope over)
{
    dsc_scaler s = { .count = scaling == DSC_SCALING_NONE ? 1 : groups_of(train, over) };
    if (dsc_scope_status(scope) != DSC_OK || (scaling != DSC_SCALING_NONE && !check(scope, train, s.count)))
        return (dsc_scaler){ 0 };
    s.offset = dsc_scope_alloc(scope, s.count, sizeof *s.offset);
    s.factor = dsc_scope_alloc(scope, s.count, sizeof *s.factor);
    if (!s.offset || !s.factor)
        return (dsc_scaler){ 0 };
    switch (scaling) {
    case DSC_SCALING_MIN_MAX:
    case DSC_SCALING_SYMMETRIC: fit_range(train, scaling, &s); break;
    case DSC_SCALING_Z: {
        dsc_scope *work = dsc_scope_open(NULL);
        fit_z(work, train, &s);
        dsc_scope_adopt_error(scope, work);
        dsc_scope_close(&work);
        break;
    }
    case DSC_SCALING_NONE:
    default: s.factor[0] = 1; break;
    }
    return dsc_scope_status(scope) == DSC_OK ? s : (dsc_scaler){ 0 };
}

/* Has bytes stand for what their levels are scaled to. Groups of channels, of features and of all values
   divide each other. */
static void scale_levels(dsc_scope *scope, const dsc_scaler *scaler, dsc_dataset *data)
{
    const size_t groups = data->level_groups > scaler->count ? data->level_groups : scaler->count;
    double *levels = dsc_scope_alloc(scope, groups * 256, sizeof *levels);
    for (size_t i = 0; levels && i < groups * 256; i++) {
        const size_t old = i / 256 % data->level_groups, g = i / 256 % scaler->count;
        levels[i] = (data->levels[old * 256 + i % 256] - scaler->offset[g]) * scaler->factor[g];
    }
    data->levels = levels;
    data->level_groups = groups;
}

dsc_status dsc_scaler_apply(dsc_scope *scope, const dsc_scaler *scaler, dsc_dataset *data)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    if (scaler->count == 0 || data->features % scaler->count != 0 ||
        (scaler->count != 1 && scaler->count != data->channels && scaler->count != data->features))
        return dsc_scope_fail(
            scope, DSC_ERROR_SHAPE,
            "scaler of %zu values for data set '%s' of %zu features, %zu channels; expected "
            "as many values as features or channels, or one",
            scaler->count, data->name ? data->name : "", data->features, data->channels);
    if (data->bytes)
        scale_levels(scope, scaler, data);
    for (size_t i = 0; data->x && i < data->count; i++)
        for (size_t j = 0; j < data->features; j++) {
            double *x = &data->x[i * data->features + j];
            const size_t g = j % scaler->count;
            *x = (*x - scaler->offset[g]) * scaler->factor[g];
        }
    return dsc_scope_status(scope);
}
