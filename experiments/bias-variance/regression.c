/* regression.c - data, exact terms and outputs of the regression cases. */
#include "regression.h"

#include <math.h>

#include "decomposition.h"

const dsc_output regression_outputs[] = {
    { "bias_squared", "1", "squared bias, estimate without bias (less variance / sets)", NULL },
    { "variance", "1", "variance over training sets, estimate without bias (over sets - 1)", NULL },
    { "noise", "1", "variance of the noise, measured", NULL },
    { "test_error", "1", "mean squared error of new examples", NULL },
    { "train_error", "1", "mean squared error of the training examples", NULL },
    { "theory_bias_squared", "1", "squared bias, exact", NULL },
    { "theory_variance", "1", "variance, exact", NULL },
    { "theory_noise", "1", "variance of the noise, exact", NULL },
    { "theory_test_error", "1", "expected squared error of new examples, exact", NULL },
    { "theory_train_error", "1", "expected squared error of the training examples, exact", NULL },
    { "excess_error", "1", "mean squared distance from the curve without noise", NULL },
    { "plugin_bias_squared", "1", "squared distance of the mean fit from the curve", NULL },
    { "plugin_variance", "1", "mean squared distance of the fits from their mean (over sets)", NULL },
    { "residual", "1", "excess error - plug-in squared bias - plug-in variance: 0 but for rounding", NULL },
    { 0 },
};

double regression_truth(double x)
{
    static const double two_pi = 6.283185307179586;
    const double angle = two_pi * x;
    double sine;
    dsc_cos_sin(&angle, NULL, &sine, 1);
    return sine;
}

design design_make(dsc_scope *scope, size_t count)
{
    design d = { count, dsc_scope_alloc(scope, count, sizeof *d.x),
                 dsc_scope_alloc(scope, count, sizeof *d.truth) };
    for (size_t i = 0; d.x && d.truth && i < count; i++) {
        d.x[i] = (double)i / (double)(count - 1);
        d.truth[i] = regression_truth(d.x[i]);
    }
    return d;
}

dsc_matrix design_draw(dsc_scope *scope, const design *d, size_t sets, double noise_sd)
{
    const dsc_matrix y = dsc_matrix_make(scope, d->count, sets);
    double *noise = dsc_scope_alloc(scope, d->count, sizeof *noise);
    for (size_t s = 0; y.data && noise && s < sets; s++) {
        dsc_rng_fill_normal(dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_NOISE), (uint32_t)s, 0, noise_sd,
                            noise, d->count);
        for (size_t i = 0; i < d->count; i++)
            y.data[i * sets + s] = d->truth[i] + noise[i];
    }
    return y;
}

regression_theory smoother_theory(dsc_scope *scope, const design *d, dsc_matrix h, double noise_sd)
{
    const dsc_matrix fit = dsc_matrix_make(scope, d->count, 1);
    if (dsc_matrix_product(scope, fit, h, (dsc_matrix){ d->count, 1, d->truth }, NULL) != DSC_OK)
        return (regression_theory){ 0 };
    double bias = 0, squares = 0, rest = 0;
    for (size_t i = 0; i < d->count; i++) {
        bias += (d->truth[i] - fit.data[i]) * (d->truth[i] - fit.data[i]);
        for (size_t j = 0; j < d->count; j++) {
            const double element = h.data[i * d->count + j], other = (i == j) - element;
            squares += element * element;
            rest += other * other;
        }
    }
    const double n = (double)d->count, noise = noise_sd * noise_sd;
    return (regression_theory){
        .bias = bias / n,
        .variance = noise * squares / n,
        .test_error = bias / n + noise * squares / n + noise,
        .train_error = bias / n + noise * rest / n,
    };
}

static double mean_square_difference(dsc_matrix a, dsc_matrix b)
{
    double sum = 0;
    for (size_t i = 0; i < a.rows * a.cols; i++)
        sum += (a.data[i] - b.data[i]) * (a.data[i] - b.data[i]);
    return sum / (double)(a.rows * a.cols);
}

/* The same rows with a set after the other, as decompositions read them. */
static double *by_set(dsc_scope *scope, dsc_matrix predictions)
{
    double *values = dsc_scope_alloc(scope, predictions.rows * predictions.cols, sizeof *values);
    for (size_t i = 0; values && i < predictions.rows; i++)
        for (size_t s = 0; s < predictions.cols; s++)
            values[s * predictions.rows + i] = predictions.data[i * predictions.cols + s];
    return values;
}

static double noise_variance(const design *d, dsc_matrix y)
{
    double sum = 0;
    for (size_t i = 0; i < y.rows; i++)
        for (size_t s = 0; s < y.cols; s++) {
            const double noise = y.data[i * y.cols + s] - d->truth[i];
            sum += noise * noise;
        }
    return sum / (double)(y.rows * y.cols);
}

void regression_put(dsc_cell *cell, const design *d, dsc_matrix y, dsc_matrix predictions, double test_error,
                    double noise_sd, const regression_theory *theory)
{
    const double *values = by_set(dsc_cell_scope(cell), predictions);
    if (!values)
        return;
    const replicates models = {
        .sets = predictions.cols, .inits = 1, .examples = d->count, .outputs = 1, .values = values
    };
    const squared_decomposition measured = decompose_squared(&models, d->truth);
    dsc_put(cell, "bias_squared", measured.bias);
    dsc_put(cell, "variance", measured.variance);
    dsc_put(cell, "noise", noise_variance(d, y));
    dsc_put(cell, "test_error", test_error);
    dsc_put(cell, "train_error", mean_square_difference(y, predictions));
    dsc_put(cell, "theory_bias_squared", theory->bias);
    dsc_put(cell, "theory_variance", theory->variance);
    dsc_put(cell, "theory_noise", noise_sd * noise_sd);
    dsc_put(cell, "theory_test_error", theory->test_error);
    dsc_put(cell, "theory_train_error", theory->train_error);
    dsc_put(cell, "excess_error", measured.error);
    dsc_put(cell, "plugin_bias_squared", measured.plugin_bias);
    dsc_put(cell, "plugin_variance", measured.plugin_variance);
    dsc_put(cell, "residual", measured.residual);
}

dsc_figure regression_figure(const char *title, const char *x, const char *x_label, const char *test_label)
{
    return (dsc_figure){
        .name = "decomposition",
        .title = title,
        .x = x,
        .x_label = x_label,
        .y_label = "squared error",
        .series = { { .output = "test_error", .label = test_label },
                    { .output = "bias_squared", .label = "bias²" },
                    { .output = "variance", .label = "variance" },
                    { .output = "noise", .label = "noise" },
                    { .output = "theory_test_error", .label = "exact theory", .style = DSC_SERIES_THEORY },
                    { .output = "theory_bias_squared", .label = "exact theory", .style = DSC_SERIES_THEORY },
                    { .output = "theory_variance", .label = "exact theory", .style = DSC_SERIES_THEORY },
                    { .output = "theory_noise", .label = "exact theory", .style = DSC_SERIES_THEORY } },
    };
}
