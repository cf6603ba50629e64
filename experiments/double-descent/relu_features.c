/* relu_features.c - ridge regression on random ReLU features, beside its high-dimensional limit.
 *
 * x and the feature vectors theta_a are uniform on the sphere of radius sqrt(d); features relu(<theta_a, x> /
 * sqrt(d)), N of them; a linear target <b, x> / sqrt(d) with ||b|| = sqrt(d) F1 and noise of variance tau^2;
 * minimises (1/n) sum (y - a's)^2 + (N lambda / d) ||a||^2. Limit: Mei and Montanari, arXiv 1908.05355,
 * Theorem 1. */
#include "double_descent.h"

#include <complex.h>
#include <math.h>

struct hyperparameters {
    int64_t d, n, test, features;
    double lambda, signal, noise;
};

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, d, "100", 2, 2000, "dimension of x"),
    DSC_PARAM_INTEGER(struct hyperparameters, n, "300", 2, 20000, "training examples"),
    DSC_PARAM_INTEGER(struct hyperparameters, test, "2000", 1, 100000, "test examples"),
    DSC_PARAM_REAL(struct hyperparameters, lambda, "1e-8", 0, 1e3, "ridge penalty, in the paper's units"),
    DSC_PARAM_REAL(struct hyperparameters, signal, "1", 0, 1e3, "F1^2: variance of the linear target"),
    DSC_PARAM_REAL(struct hyperparameters, noise, "0", 0, 1e3, "tau^2: variance of the noise in y"),
    { 0 },
};

static size_t default_features(const void *hyperparameters, double *values, size_t capacity)
{
    static const double ratios[] = { 0.1, 0.3, 0.5, 0.65, 0.8, 0.9, 0.95, 1, 1.05, 1.15, 1.3, 1.6, 2, 3, 5 };
    const struct hyperparameters *k = hyperparameters;
    return axis_from_ratios(ratios, COUNT(ratios), (double)k->n, values, capacity);
}

static const dsc_axis axes[] = {
    { .param =
          DSC_PARAM_INTEGER(struct hyperparameters, features, "0.1 n .. 5 n", 1, 100000, "random features N"),
      .units = "1",
      .long_name = "random features N",
      .derive = default_features },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_loss", "1", "mean squared error on the test set", NULL },
    { "theory", "1", "test error in the high-dimensional limit", NULL },
    { "train_loss", "1", "mean squared error on the training set", NULL },
    { "test_error", "1", "mean squared error on the test set (the same as test_loss)", NULL },
    { "train_error", "1", "mean squared error on the training set (the same as train_loss)", NULL },
    { "coefficient_norm", "1", "Euclidean norm of the coefficients", NULL },
    { "effective_dof", "1", "effective degrees of freedom", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "seeds=5", "seconds" },
    { "default", "seeds=20", "seconds" },
    { "paper", "d=200 n=600 seeds=20", "closer to the limit: ten seconds" },
    { 0 },
};

/* Moments of ReLU under a standard normal: E[s G] = 1/2; E[s^2] - E[s]^2 - E[s G]^2 = 1/4 - 1/(2 pi). */
static const double mu1_squared = 0.25;
static const double mu_star_squared = 0.25 - 0.5 / M_PI;

/* chi = nu1 nu2 at xi = i sqrt(psi1 psi2 lambda) / mu_star, by continuation of the fixed point from large
   |xi|, where nu_j = -psi_j / xi. */
static double solve_chi(double psi1, double psi2, double lambda)
{
    const double zeta2 = mu1_squared / mu_star_squared;
    const double target = sqrt(psi1 * psi2 * fmax(lambda, 1e-14) / mu_star_squared);
    double complex nu1 = 0, nu2 = 0;
    for (double size = fmax(1e3, target);; size = fmax(target, size / 2)) {
        const double complex xi = size * I;
        if (nu1 == 0) {
            nu1 = -psi1 / xi;
            nu2 = -psi2 / xi;
        }
        for (int i = 0; i < 20000; i++) {
            const double complex coupling = 1 - zeta2 * nu1 * nu2;
            const double complex next1 = psi1 / (-xi - nu2 - zeta2 * nu2 / coupling);
            const double complex next2 = psi2 / (-xi - nu1 - zeta2 * nu1 / coupling);
            const double change = fabs(creal(next1 - nu1)) + fabs(cimag(next1 - nu1)) +
                                  fabs(creal(next2 - nu2)) + fabs(cimag(next2 - nu2));
            nu1 = 0.5 * (nu1 + next1);
            nu2 = 0.5 * (nu2 + next2);
            if (change < 1e-13)
                break;
        }
        if (size <= target)
            return creal(nu1 * nu2);
    }
}

static double theory(const struct hyperparameters *k)
{
    const double p1 = (double)k->features / (double)k->d, p2 = (double)k->n / (double)k->d;
    const double z2 = mu1_squared / mu_star_squared, z4 = z2 * z2, z6 = z4 * z2;
    const double c = solve_chi(p1, p2, k->lambda), c2 = c * c, c3 = c2 * c, c4 = c3 * c, c5 = c4 * c;
    const double e0 = -c5 * z6 + 3 * c4 * z4 + (p1 * p2 - p2 - p1 + 1) * c3 * z6 - 2 * c3 * z4 - 3 * c3 * z2 +
                      (p1 + p2 - 3 * p1 * p2 + 1) * c2 * z4 + 2 * c2 * z2 + c2 + 3 * p1 * p2 * c * z2 -
                      p1 * p2;
    const double e1 = p2 * c3 * z4 - p2 * c2 * z2 + p1 * p2 * c * z2 - p1 * p2;
    const double e2 = c5 * z6 - 3 * c4 * z4 + (p1 - 1) * c3 * z6 + 2 * c3 * z4 + 3 * c3 * z2 -
                      (p1 + 1) * c2 * z4 - 2 * c2 * z2 - c2;
    return k->signal * e1 / e0 + k->noise * e2 / e0;
}

/* count vectors, uniform on the sphere of radius sqrt(d): rows. */
static dsc_matrix sphere(dsc_scope *scope, dsc_stream stream, uint32_t major, size_t count, size_t d)
{
    dsc_matrix x = dsc_matrix_make(scope, count, d);
    if (!x.data)
        return x;
    dsc_rng_fill_normal(dsc_rng_make(dsc_scope_seed(scope), stream), major, 0, 1, x.data, count * d);
    for (size_t r = 0; r < count; r++) {
        double *row = x.data + r * d, sum = 0;
        for (size_t i = 0; i < d; i++)
            sum += row[i] * row[i];
        const double scale = sqrt((double)d / sum);
        for (size_t i = 0; i < d; i++)
            row[i] *= scale;
    }
    return x;
}

static dsc_matrix relu_features(dsc_scope *scope, dsc_matrix x, dsc_matrix theta)
{
    dsc_matrix features = dsc_matrix_make(scope, x.rows, theta.rows);
    if (dsc_matrix_product(
            scope, features, x, theta,
            &(dsc_matrix_product_options){ .transpose_b = 1, .alpha = 1 / sqrt((double)x.cols) }) != DSC_OK)
        return features;
    for (size_t i = 0; i < features.rows * features.cols; i++)
        features.data[i] = fmax(features.data[i], 0);
    return features;
}

/* <b, x> / sqrt(d) with b on the sphere of radius sqrt(d signal): variance `signal` over x. */
static dsc_matrix targets(dsc_scope *scope, dsc_matrix x, dsc_matrix b, double signal)
{
    dsc_matrix y = dsc_matrix_make(scope, x.rows, 1);
    dsc_matrix_product(
        scope, y, x, b,
        &(dsc_matrix_product_options){ .transpose_b = 1, .alpha = sqrt(signal) / sqrt((double)x.cols) });
    return y;
}

static double mean_squared_difference(dsc_matrix a, dsc_matrix b)
{
    double sum = 0;
    for (size_t i = 0; i < a.rows * a.cols; i++)
        sum += (a.data[i] - b.data[i]) * (a.data[i] - b.data[i]);
    return sum / (double)(a.rows * a.cols);
}

enum { TRAIN_POSITION, TEST_POSITION, TARGET_POSITION };

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const size_t d = (size_t)k->d, n = (size_t)k->n, width = (size_t)k->features;
    const dsc_matrix theta = sphere(scope, DSC_STREAM_INIT, 0, width, d);
    const dsc_matrix x = sphere(scope, DSC_STREAM_DATA, TRAIN_POSITION, n, d);
    const dsc_matrix x_test = sphere(scope, DSC_STREAM_DATA, TEST_POSITION, (size_t)k->test, d);
    const dsc_matrix b = sphere(scope, DSC_STREAM_DATA, TARGET_POSITION, 1, d);
    dsc_matrix y = targets(scope, x, b, k->signal);
    const dsc_matrix y_test = targets(scope, x_test, b, k->signal);
    double *noise = dsc_scope_alloc(scope, n, sizeof *noise);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    dsc_rng_fill_normal(dsc_rng_make(dsc_cell_seed(cell), DSC_STREAM_NOISE), 0, 0, sqrt(k->noise), noise, n);
    for (size_t i = 0; i < n; i++)
        y.data[i] += noise[i];

    const double ridge = (double)n * (double)width * k->lambda / (double)d;
    const dsc_least_squares_result fit =
        dsc_least_squares(scope, relu_features(scope, x, theta), y,
                          &(dsc_least_squares_options){ .ridge = ridge, .want_dof = 1 });
    dsc_matrix predicted = dsc_matrix_make(scope, y_test.rows, 1);
    if (dsc_matrix_product(scope, predicted, relu_features(scope, x_test, theta), fit.weights, NULL) !=
        DSC_OK)
        return;
    const double loss = mean_squared_difference(predicted, y_test);
    dsc_put(cell, "test_loss", loss);
    dsc_put(cell, "theory", theory(k));
    dsc_put(cell, "train_loss", fit.residual);
    dsc_put(cell, "test_error", loss);
    dsc_put(cell, "train_error", fit.residual);
    dsc_put(cell, "coefficient_norm", fit.norm);
    dsc_put(cell, "effective_dof", fit.effective_dof);
    dsc_cell_hash(cell, fit.weights.data, width * sizeof *fit.weights.data);
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const double n = (double)k->n, p = (double)k->features, shorter = n < p ? n : p;
    return (dsc_cost){ .flops = 3 * n * p * shorter + 2 * (n + (double)k->test) * p * (double)k->d,
                       .bytes = 8 * ((n + (double)k->test) * (p + (double)k->d) + p * (double)k->d +
                                     3 * shorter * shorter + n * p) };
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Random ReLU features",
        .x = "features",
        .x_label = "random features / examples, N/n",
        .y_label = "mean squared error",
        .log_x = true,
        .log_y = true,
        .x_scale = (double)k->n,
        .y_min = 1e-3,
        .series = { { .output = "test_loss", .label = "test error" },
                    { .output = "theory", .label = "theory (Mei and Montanari)", .style = DSC_SERIES_THEORY },
                    { .output = "train_loss", .label = "train error" } },
        .marks = { { .label = THRESHOLD_LABEL, .at = (double)k->n } },
    };
    return 1;
}

#define THEOREM "Mei and Montanari, Theorem 1"
#define RATIO_CLAIM(words, points)                                                                           \
    {                                                                                                        \
        .text = "The test error is that of the theory " words, .expected = "1", .needs = "d=100 n=300",      \
        .measured = { .output = "test_loss", .where = points },                                              \
        .against = { .output = "theory", .where = points }, .relation = DSC_RELATION_RATIO, .low = 0.9,      \
        .high = 1.1                                                                                          \
    }

static const dsc_claims claims[] = {
    { .source = THEOREM,
      .setting = "N, n, d to infinity; mean over N relative to the theory's",
      .claims = DSC_CLAIMS(RATIO_CLAIM("below the threshold", "features=..240"),
                           RATIO_CLAIM("beyond the threshold", "features=390.."),
                           { .text = "The test error peaks at as many features as examples",
                             .setting = "small penalty, N/d = n/d",
                             .expected = "at N = n = 300",
                             .needs = "n=300 lambda=1e-8 features=285,300,315",
                             .measured = { .output = "test_loss", .statistic = DSC_STATISTIC_ARGMAX },
                             .units = "features",
                             .pooled = true,
                             .low = 285,
                             .high = 315 }) },
    { .source = NULL },
};

const dsc_case double_descent_relu_features = {
    .name = "relu-features",
    .summary = "Ridge regression on random ReLU features, beside its high-dimensional theory",
    .reference = "Mei and Montanari, Comm. Pure Appl. Math. 75(4), 2022 (arXiv 1908.05355)",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 20,
    .uses_lapack = true,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
