/* ridge.c - Gaussian basis functions fitted to noisy points of a sine, over the ridge penalty.
 *
 * Bishop, Pattern Recognition and Machine Learning, figures 3.5 and 3.6: 25 points of sin(2 pi x), 100
 * training sets, 24 Gaussians and a constant, coefficients that minimise ||y - Phi w||^2 / 2 + lambda
 * ||w||^2 / 2. Bias and variance are means over the training inputs, the test error over 1000 new points. The
 * book states neither the inputs nor the Gaussians' width; with evenly spaced inputs and a width of 1/24 the
 * minimum of bias^2 + variance is where the book has it. */
#include "regression.h"

#include <math.h>

struct hyperparameters {
    int64_t n, sets, functions, test;
    double noise_sd, function_width, ln_lambda;
};

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, n, "25", 2, 1000, "training examples"),
    DSC_PARAM_REAL(
        struct hyperparameters, noise_sd, "0.3", 0, 1e6,
        "standard deviation of the noise in y; its square, the variance, is what adds to the error"),
    DSC_PARAM_INTEGER(struct hyperparameters, sets, "100", 2, 100000, "training sets of each seed"),
    DSC_PARAM_INTEGER(struct hyperparameters, functions, "24", 2, 1000,
                      "Gaussian basis functions, beside a constant"),
    DSC_PARAM_REAL(struct hyperparameters, function_width, "0", 0, 100,
                   "standard deviation of each Gaussian, in units of x; 0: 1 / functions"),
    DSC_PARAM_INTEGER(struct hyperparameters, test, "1000", 2, 1000000, "new points for the test error"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = DSC_PARAM_REAL(struct hyperparameters, ln_lambda, "-3..2 step 0.1", -100, 100,
                              "natural logarithm of the penalty lambda, added to Phi' Phi as it is"),
      .units = "1",
      .long_name = "ln lambda" },
    { .param = { 0 } },
};

static const dsc_preset presets[] = {
    { "quick", "seeds=5 ln_lambda=-3..2 step 0.25", "21 penalties, 500 training sets: a second" },
    { "default", "seeds=20", "51 penalties, 2000 training sets: seconds" },
    { "paper", "seeds=1", "the published setting: 100 training sets" },
    { 0 },
};

/* Phi at some inputs (count x (1 + functions)): 1, and Gaussians at evenly spaced centres from 0 to 1. */
static dsc_matrix basis_at(dsc_scope *scope, const design *d, const struct hyperparameters *k)
{
    const dsc_matrix phi = dsc_matrix_make(scope, d->count, (size_t)k->functions + 1);
    const double width = k->function_width > 0 ? k->function_width : 1 / (double)k->functions;
    for (size_t i = 0; phi.data && i < phi.rows; i++) {
        phi.data[i * phi.cols] = 1;
        for (size_t c = 1; c < phi.cols; c++) {
            const double centre = (double)(c - 1) / (double)(k->functions - 1);
            const double z = (d->x[i] - centre) / width;
            phi.data[i * phi.cols + c] = exp(-z * z / 2);
        }
    }
    return phi;
}

/* (Phi Phi' + lambda)^-1 from the eigenvalues of Phi Phi': a way of its own, beside the fits'. */
static dsc_matrix inverse_gram(dsc_scope *scope, dsc_matrix phi, double lambda)
{
    const dsc_matrix gram = dsc_matrix_make(scope, phi.rows, phi.rows),
                     inverse = dsc_matrix_make(scope, phi.rows, phi.rows),
                     scaled = dsc_matrix_make(scope, phi.rows, phi.rows);
    dsc_matrix vectors = dsc_matrix_make(scope, phi.rows, phi.rows);
    dsc_matrix_product(scope, gram, phi, phi, &(dsc_matrix_product_options){ .transpose_b = 1 });
    const double *values = dsc_symmetric_eigen(scope, gram, &vectors);
    if (dsc_scope_status(scope) != DSC_OK)
        return inverse;
    for (size_t i = 0; i < phi.rows; i++)
        for (size_t c = 0; c < phi.rows; c++)
            scaled.data[i * phi.rows + c] =
                vectors.data[i * phi.rows + c] / ((values[c] > 0 ? values[c] : 0) + lambda);
    dsc_matrix_product(scope, inverse, scaled, vectors, &(dsc_matrix_product_options){ .transpose_b = 1 });
    return inverse;
}

/* Expected squared error of new y at new points: noise, bias^2 and variance of predictions s y there. */
static double new_points_theory(dsc_scope *scope, const design *d, const design *test, dsc_matrix s,
                                double noise_sd)
{
    const dsc_matrix expected = dsc_matrix_make(scope, test->count, 1);
    if (dsc_matrix_product(scope, expected, s, (dsc_matrix){ d->count, 1, d->truth }, NULL) != DSC_OK)
        return (double)NAN;
    double bias = 0, squares = 0;
    for (size_t i = 0; i < test->count; i++)
        bias += (test->truth[i] - expected.data[i]) * (test->truth[i] - expected.data[i]);
    for (size_t i = 0; i < s.rows * s.cols; i++)
        squares += s.data[i] * s.data[i];
    const double noise = noise_sd * noise_sd;
    return noise + (bias + noise * squares) / (double)test->count;
}

static regression_theory theory_of(dsc_scope *scope, const design *d, const design *test, dsc_matrix phi,
                                   dsc_matrix phi_test, const struct hyperparameters *k)
{
    const dsc_matrix inverse = inverse_gram(scope, phi, exp(k->ln_lambda));
    const dsc_matrix weights = dsc_matrix_make(scope, phi.cols, phi.rows),
                     h = dsc_matrix_make(scope, phi.rows, phi.rows),
                     s = dsc_matrix_make(scope, phi_test.rows, phi.rows);
    dsc_matrix_product(scope, weights, phi, inverse, &(dsc_matrix_product_options){ .transpose_a = 1 });
    dsc_matrix_product(scope, h, phi, weights, NULL);
    dsc_matrix_product(scope, s, phi_test, weights, NULL);
    regression_theory theory = smoother_theory(scope, d, h, k->noise_sd);
    theory.test_error = new_points_theory(scope, d, test, s, k->noise_sd);
    return theory;
}

/* Mean squared error of all fits on one test set with noise of its own. */
static double error_of_new_points(dsc_scope *scope, const design *test, dsc_matrix phi_test,
                                  dsc_matrix weights, double noise_sd)
{
    const dsc_matrix predictions = dsc_matrix_make(scope, test->count, weights.cols);
    double *noise = dsc_scope_alloc(scope, test->count, sizeof *noise), sum = 0;
    if (dsc_matrix_product(scope, predictions, phi_test, weights, NULL) != DSC_OK || !noise)
        return (double)NAN;
    dsc_rng_fill_normal(dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_SAMPLING), 0, 0, noise_sd, noise,
                        test->count);
    for (size_t i = 0; i < test->count; i++)
        for (size_t s = 0; s < weights.cols; s++) {
            const double error = test->truth[i] + noise[i] - predictions.data[i * weights.cols + s];
            sum += error * error;
        }
    return sum / (double)(test->count * weights.cols);
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const design d = design_make(scope, (size_t)k->n), test = design_make(scope, (size_t)k->test);
    const dsc_matrix y = design_draw(scope, &d, (size_t)k->sets, k->noise_sd);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const dsc_matrix phi = basis_at(scope, &d, k), phi_test = basis_at(scope, &test, k);
    const dsc_least_squares_result fit =
        dsc_least_squares(scope, phi, y, &(dsc_least_squares_options){ .ridge = exp(k->ln_lambda) });
    const dsc_matrix predictions = dsc_matrix_make(scope, d.count, y.cols);
    if (dsc_matrix_product(scope, predictions, phi, fit.weights, NULL) != DSC_OK)
        return;
    const regression_theory theory = theory_of(scope, &d, &test, phi, phi_test, k);
    const double test_error = error_of_new_points(scope, &test, phi_test, fit.weights, k->noise_sd);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    regression_put(cell, &d, y, predictions, test_error, k->noise_sd, &theory);
    dsc_cell_hash(cell, fit.weights.data, fit.weights.rows * fit.weights.cols * sizeof *fit.weights.data);
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const double n = (double)k->n, p = (double)k->functions + 1, sets = (double)k->sets,
                 test = (double)k->test;
    return (dsc_cost){ .flops = 20 * n * n * n + 2 * n * p * (n + p + sets) + 2 * test * p * (n + sets) +
                                60 * test * p + 3 * test * sets + 100 * n * sets,
                       .bytes = 8 * (sets * (3 * n + p + test) + test * (p + n) + 6 * n * n + 3 * n * p) };
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = regression_figure("Ridge regression with Gaussian basis functions", "ln_lambda",
                                   "ln λ (penalty)", "error of new points");
    figures[0].marks[0] = (dsc_mark){ .label = "published minimum of bias² + variance", .at = -0.31 };
    return 1;
}

static const dsc_claims claims[] = {
    { .source = "Bishop 2006, equation 3.47, with the exact expectation",
      .setting = "fixed design",
      .claims = DSC_CLAIMS({ .text = "The variance is that of the exact formula at every penalty",
                             .measured = { .output = "variance", .statistic = DSC_STATISTIC_DEVIATION },
                             .against = { .output = "theory_variance" },
                             .units = "standard errors from the formula",
                             .low = 0,
                             .high = 4 }) },
    { .source = "Bishop 2006, figure 3.6",
      .setting = "100 sets of 25 points, 24 Gaussians and a constant",
      .claims = DSC_CLAIMS({ .text = "Bias^2 + variance is smallest near ln lambda = -0.31",
                             .expected = "-0.31",
                             .needs = "ln_lambda=-0.6,-0.3,0",
                             .measured = { .output = "excess_error", .statistic = DSC_STATISTIC_ARGMIN },
                             .pooled = true,
                             .low = -0.61,
                             .high = -0.01 },
                           { .text = "That is close to where the error of new examples is smallest",
                             .setting = "the same; distance in ln lambda",
                             .expected = "close",
                             .needs = "ln_lambda=-0.6,-0.3,0",
                             .measured = { .output = "test_error", .statistic = DSC_STATISTIC_ARGMIN },
                             .against = { .output = "excess_error", .statistic = DSC_STATISTIC_ARGMIN },
                             .pooled = true,
                             .low = -0.3,
                             .high = 0.3 }) },
    { .source = "algebra",
      .setting = "any models; largest difference",
      .claims = DSC_CLAIMS(IDENTITY("Error is bias^2 + variance to rounding", "residual")) },
    { .source = NULL },
};

const dsc_case bias_variance_ridge = {
    .name = "ridge",
    .summary = "Gaussian basis functions over the ridge penalty, beside theory",
    .reference = "Bishop, Pattern Recognition and Machine Learning, 2006, figures 3.5 and 3.6",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = regression_outputs,
    .presets = presets,
    .seeds = 20,
    .uses_lapack = true,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
