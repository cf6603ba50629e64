/* dataset.c - views and copies of data sets, and the generated ones for regression. */
#include "data/dataset.h"

#include <math.h>

#include <descent/cpu.h>
#include <descent/rng.h>

dsc_matrix dsc_dataset_matrix(dsc_scope *scope, const dsc_dataset *data)
{
    if (data->x || !data->bytes)
        return (dsc_matrix){ data->count, data->features, data->x };
    const dsc_matrix dst = dsc_matrix_make(scope, data->count, data->features);
    for (size_t i = 0; dst.data && i < data->count; i++)
        for (size_t j = 0; j < data->features; j++)
            dst.data[i * data->features + j] = dsc_dataset_value(data, i, j);
    return dst;
}

const double *dsci_byte_levels(dsc_scope *scope)
{
    double *levels = dsc_scope_alloc(scope, 256, sizeof *levels);
    for (size_t i = 0; levels && i < 256; i++)
        levels[i] = (double)i / 255;
    return levels;
}

dsc_matrix dsc_one_hot(dsc_scope *scope, const dsc_dataset *data)
{
    if (!data->labels || data->classes == 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "one-hot: data set '%s' has no labels",
                       data->name ? data->name : "");
        return (dsc_matrix){ 0 };
    }
    const dsc_matrix dst = dsc_matrix_make(scope, data->count, data->classes);
    for (size_t i = 0; i < dst.rows; i++) {
        const size_t label = (size_t)data->labels[i];
        if (label >= data->classes) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "one-hot: label %zu is %d; expected 0 to %zu", i,
                           (int)data->labels[i], data->classes - 1);
            return (dsc_matrix){ 0 };
        }
        dst.data[i * data->classes + label] = 1;
    }
    return dst;
}

float *dsc_to_f32(dsc_scope *scope, const double *x, size_t n)
{
    float *dst = dsc_scope_alloc(scope, n, sizeof *dst);
    for (size_t i = 0; dst && i < n; i++)
        dst[i] = (float)x[i];
    return dst;
}

dsc_dataset dsc_dataset_head(dsc_scope *scope, const dsc_dataset *data, size_t count)
{
    if (count > data->count) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "data set '%s' has %zu examples; expected at least %zu",
                       data->name ? data->name : "", data->count, count);
        return (dsc_dataset){ 0 };
    }
    dsc_dataset head = *data;
    head.count = count;
    return head;
}

/* b: standard normal coefficients, scaled to the sphere of squared radius signal. */
static void draw_coefficients(const dsc_teacher_options *o, double *b)
{
    double square = 0;
    dsc_rng_fill_normal(dsc_rng_make(o->seed, DSC_STREAM_DATA), 0, 0, 1, b, o->features);
    for (size_t j = 0; j < o->features; j++)
        square += b[j] * b[j];
    const double scale = square > 0 ? sqrt(o->signal / square) : 0;
    for (size_t j = 0; j < o->features; j++)
        b[j] *= scale;
}

dsc_dataset dsc_teacher(dsc_scope *scope, const dsc_teacher_options *options, double **coefficients)
{
    const dsc_teacher_options o = *options;
    if (coefficients)
        *coefficients = NULL;
    if (o.count == 0 || o.features == 0 || o.count >= UINT32_MAX || o.features > SIZE_MAX / o.count)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "teacher: %zu examples of %zu features; expected at least 1 x 1", o.count, o.features);
    if (!(o.signal >= 0 && o.noise >= 0 && isfinite(o.signal) && isfinite(o.noise)))
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "teacher: signal %g, noise %g; expected finite numbers of at least 0", o.signal,
                       o.noise);
    const dsc_matrix x = dsc_matrix_make(scope, o.count, o.features);
    double *y = dsc_scope_alloc(scope, o.count, sizeof *y),
           *b = dsc_scope_alloc(scope, o.features, sizeof *b);
    if (!x.data || !y || !b)
        return (dsc_dataset){ 0 };
    const unsigned mode = dsc_float_mode_enter();
    draw_coefficients(&o, b);
    dsc_rng_fill_normal(dsc_rng_make(o.seed, DSC_STREAM_NOISE), 0, 0, sqrt(o.noise), y, o.count);
    for (size_t i = 0; i < o.count; i++) {
        double *row = x.data + i * o.features, sum = 0;
        dsc_rng_fill_normal(dsc_rng_make(o.seed, DSC_STREAM_DATA), (uint32_t)i + 1, 0, 1, row, o.features);
        for (size_t j = 0; j < o.features; j++)
            sum += row[j] * b[j];
        y[i] += sum;
    }
    dsc_float_mode_leave(mode);
    if (coefficients)
        *coefficients = b;
    return (dsc_dataset){
        .name = "teacher", .count = o.count, .features = o.features, .targets = 1, .x = x.data, .y = y
    };
}

dsc_dataset dsc_spline_points(dsc_scope *scope)
{
    /* Read off the figure by W. Viechtbauer, in the order of his listing. */
    static const double points[][2] = {
        { -4.89, 0.93 },  { -4.59, 1.2 },  { -4.09, 0.26 }, { -2.55, -0.43 }, { -1.36, -0.93 },
        { -1.44, -1.43 }, { -1.11, -1.3 }, { 0.74, 1.09 },  { 0.93, 0.99 },   { 0.65, 0.3 },
        { 0.91, 0.19 },   { 1.61, 1.07 },  { 1.8, 0.75 },   { 2.1, 0.53 },    { 2.64, 0.5 },
        { 3.78, -0.04 },  { 3.91, -0.58 }, { 3.73, -0.59 }, { 3.66, -0.81 },  { 4.62, -1.13 },
    };
    const size_t count = sizeof points / sizeof points[0];
    double *x = dsc_scope_alloc(scope, count, sizeof *x), *y = dsc_scope_alloc(scope, count, sizeof *y);
    if (!x || !y)
        return (dsc_dataset){ 0 };
    for (size_t i = 0; i < count; i++) {
        x[i] = points[i][0];
        y[i] = points[i][1];
    }
    return (
        dsc_dataset){ .name = "islr-spline", .count = count, .features = 1, .targets = 1, .x = x, .y = y };
}
