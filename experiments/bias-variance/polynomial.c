/* polynomial.c - least-squares polynomials through noisy points of a sine, over their degree.
 *
 * Fixed design: n evenly spaced inputs that all training sets share, y = sin(2 pi x) + e. The fit is the
 * projection H y onto the polynomials of degree k, so that the variance, a mean over the n points, is exactly
 * noise (k + 1) / n, and bias^2 = ||(I - H) f||^2 / n. */
#include "regression.h"

#include <math.h>

struct hyperparameters {
    int64_t n, sets, degree;
    double noise_sd;
};

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, n, "25", 2, 1000, "training examples"),
    DSC_PARAM_REAL(
        struct hyperparameters, noise_sd, "0.3", 0, 1e6,
        "standard deviation of the noise in y; its square, the variance, is what adds to the error"),
    DSC_PARAM_INTEGER(struct hyperparameters, sets, "100", 2, 100000, "training sets of each seed"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, degree, "0..15", 0, 999,
                                 "degree k of the polynomial, below n"),
      .units = "1",
      .long_name = "degree k" },
    { .param = { 0 } },
};

static const dsc_preset presets[] = {
    { "quick", "seeds=20", "2000 training sets for each degree: a second" },
    { "default", "seeds=100", "10,000 training sets: seconds" },
    { "paper", "seeds=1000", "100,000 training sets: the standard error of a table" },
    { 0 },
};

/* The part of v along the columns already made is taken off, twice, as once leaves rounding behind. */
static void orthogonalise(double *v, const dsc_matrix *basis, size_t made)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t c = 0; c < made; c++) {
            double dot = 0;
            for (size_t i = 0; i < basis->rows; i++)
                dot += v[i] * basis->data[i * basis->cols + c];
            for (size_t i = 0; i < basis->rows; i++)
                v[i] -= dot * basis->data[i * basis->cols + c];
        }
}

/* Polynomials of degree 0..degree, orthonormal over the points (n x (degree + 1)). The next one is x times
   the last, made orthogonal: powers of x would lose all digits at a high degree. */
static dsc_matrix orthonormal_polynomials(dsc_scope *scope, const design *d, size_t degree)
{
    const dsc_matrix basis = dsc_matrix_make(scope, d->count, degree + 1);
    double *v = dsc_scope_alloc(scope, d->count, sizeof *v);
    for (size_t c = 0; basis.data && v && c <= degree; c++) {
        for (size_t i = 0; i < d->count; i++)
            v[i] = c == 0 ? 1 : (2 * d->x[i] - 1) * basis.data[i * basis.cols + c - 1];
        orthogonalise(v, &basis, c);
        double norm = 0;
        for (size_t i = 0; i < d->count; i++)
            norm += v[i] * v[i];
        for (size_t i = 0; i < d->count; i++)
            basis.data[i * basis.cols + c] = v[i] / sqrt(norm);
    }
    return basis;
}

/* Mean squared error against new y at the design's points, drawn for each training set. */
static double error_of_new_y(dsc_scope *scope, const design *d, dsc_matrix predictions, double noise_sd)
{
    double *noise = dsc_scope_alloc(scope, d->count, sizeof *noise), sum = 0;
    for (size_t s = 0; noise && s < predictions.cols; s++) {
        dsc_rng_fill_normal(dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_SAMPLING), (uint32_t)s, 0,
                            noise_sd, noise, d->count);
        for (size_t i = 0; i < d->count; i++) {
            const double error = d->truth[i] + noise[i] - predictions.data[i * predictions.cols + s];
            sum += error * error;
        }
    }
    return sum / (double)(predictions.rows * predictions.cols);
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    if (k->degree >= k->n) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "degree = %lld: %lld points determine a polynomial of degree %lld at most",
                       (long long)k->degree, (long long)k->n, (long long)k->n - 1);
        return;
    }
    const design d = design_make(scope, (size_t)k->n);
    const dsc_matrix y = design_draw(scope, &d, (size_t)k->sets, k->noise_sd);
    const dsc_matrix basis = orthonormal_polynomials(scope, &d, (size_t)k->degree);
    const dsc_matrix coefficients = dsc_matrix_make(scope, basis.cols, y.cols),
                     predictions = dsc_matrix_make(scope, d.count, y.cols),
                     h = dsc_matrix_make(scope, d.count, d.count);
    dsc_matrix_product(scope, coefficients, basis, y, &(dsc_matrix_product_options){ .transpose_a = 1 });
    dsc_matrix_product(scope, predictions, basis, coefficients, NULL);
    dsc_matrix_product(scope, h, basis, basis, &(dsc_matrix_product_options){ .transpose_b = 1 });
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    regression_theory theory = smoother_theory(scope, &d, h, k->noise_sd);
    theory.variance = k->noise_sd * k->noise_sd * (double)(k->degree + 1) / (double)k->n;
    theory.test_error = k->noise_sd * k->noise_sd + theory.bias + theory.variance;
    regression_put(cell, &d, y, predictions, error_of_new_y(scope, &d, predictions, k->noise_sd), k->noise_sd,
                   &theory);
    dsc_cell_hash(cell, coefficients.data, coefficients.rows * coefficients.cols * sizeof(double));
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const double n = (double)k->n, p = (double)k->degree + 1, sets = (double)k->sets;
    return (dsc_cost){ .flops = sets * n * (4 * p + 100) + n * p * (8 * p + 2 * n),
                       .bytes = 8 * (sets * (3 * n + p) + n * (n + p)) };
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = regression_figure("Polynomials through noisy points of a sine", "degree",
                                   "degree k of the polynomial", "error of new y at the same points");
    figures[0].y_max = 0.35; /* a constant errs by 0.6 */
    return 1;
}

static const dsc_claims claims[] = {
    { .source = "Hastie, Tibshirani and Friedman 2009, section 7.3",
      .setting = "fixed design",
      .claims = DSC_CLAIMS(
          { .text = "The variance is noise (k + 1) / n at every degree",
            .measured = { .output = "variance", .statistic = DSC_STATISTIC_DEVIATION },
            .against = { .output = "theory_variance" },
            .units = "standard errors from the formula",
            .low = 0,
            .high = 4 },
          { .text = "The bias^2 is the distance of the curve from the polynomials, at every degree",
            .measured = { .output = "bias_squared", .statistic = DSC_STATISTIC_DEVIATION },
            .against = { .output = "theory_bias_squared" },
            .units = "standard errors from the formula",
            .low = 0,
            .high = 4 }) },
    { .source = "Hastie, Tibshirani and Friedman 2009, figure 7.1",
      .setting = "any model",
      .claims =
          DSC_CLAIMS({ .text = "The error of new examples is smallest between too simple and too flexible",
                       .expected = "between the ends",
                       .needs = "degree=0,15",
                       .measured = { .output = "test_error", .statistic = DSC_STATISTIC_ARGMIN },
                       .units = "degrees",
                       .pooled = true,
                       .low = 1,
                       .high = 14 }) },
    { .source = "algebra",
      .setting = "any models; largest difference",
      .claims = DSC_CLAIMS(IDENTITY("Error is bias^2 + variance to rounding", "residual")) },
    { .source = NULL },
};

const dsc_case bias_variance_polynomial = {
    .name = "polynomial",
    .summary = "Polynomials through noisy points of a sine over their degree, beside theory",
    .reference = "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 7.3",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = regression_outputs,
    .presets = presets,
    .seeds = 100,
    .uses_lapack = true,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
