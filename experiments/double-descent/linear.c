/* linear.c - least squares on Gaussian data: minimum-norm and optimally tuned ridge, beside their theory.
 *
 * y = x'b + e with x ~ N(0, I_p), ||b||^2 = signal, var e = noise, n examples. The excess risk of weights w
 * is
 * ||w - b||^2, so no test set is drawn. */
#include "double_descent.h"

#include <math.h>

struct hyperparameters {
    int64_t n, features;
    double signal, noise;
};

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, n, "200", 4, 20000, "training examples"),
    DSC_PARAM_REAL(struct hyperparameters, signal, "5", 0, 1e6, "squared norm of the true coefficients"),
    DSC_PARAM_REAL(struct hyperparameters, noise, "1", 0, 1e6, "variance of the noise in y"),
    { 0 },
};

static size_t default_features(const void *hyperparameters, double *values, size_t capacity)
{
    static const double ratios[] = {
        0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.5, 2, 3, 5, 10
    };
    const struct hyperparameters *k = hyperparameters;
    return axis_from_ratios(ratios, COUNT(ratios), (double)k->n, values, capacity);
}

static const dsc_axis axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, features, "0.1 n .. 10 n", 1, 200000, "features p"),
      .units = "1",
      .long_name = "features p",
      .derive = default_features },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "excess_risk", "1", "excess risk ||w - b||^2", NULL },
    { "theory", "1", "expected excess risk by theory", NULL },
    { "test_loss", "1", "expected squared error of a new example", NULL },
    { "train_loss", "1", "mean squared error on the training set", NULL },
    { "test_error", "1", "expected squared error of a new example (the same as test_loss)", NULL },
    { "train_error", "1", "mean squared error on the training set (the same as train_loss)", NULL },
    { "coefficient_norm", "1", "Euclidean norm of the coefficients", NULL },
    { "effective_dof", "1", "effective degrees of freedom", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "seeds=20", "20 seeds: about a second" },
    { "default", "seeds=100", "100 seeds: seconds" },
    { "paper", "seeds=1000", "1000 seeds: the standard error of a table" },
    { 0 },
};

/* Exact for every n with Gaussian x: Breiman and Freedman 1983; Belkin, Hsu and Xu, SIAM J. Math. Data Sci.
 * 2(4), 2020. */
static double minimum_norm_theory(const struct hyperparameters *k)
{
    const double n = (double)k->n, p = (double)k->features;
    if (p <= n - 2)
        return k->noise * p / (n - p - 1);
    if (p >= n + 2)
        return k->signal * (1 - n / p) + k->noise * n / (p - n - 1);
    return INFINITY;
}

/* The ridge that minimises the expected risk, added to x'x: p noise / signal (Hastie et al., arXiv
 * 1903.08560). */
static double optimal_ridge(const struct hyperparameters *k)
{
    return (double)k->features * k->noise / k->signal;
}

/* Risk at the optimal ridge for n, p -> infinity at p/n = gamma: noise gamma m(-lambda), m the Stieltjes
   transform of the Marchenko-Pastur law, lambda = noise gamma / signal (Hastie et al.). */
static double optimal_ridge_theory(const struct hyperparameters *k)
{
    const double gamma = (double)k->features / (double)k->n;
    const double lambda = k->noise * gamma / k->signal;
    const double b = 1 - gamma + lambda;
    const double m = (-b + sqrt(b * b + 4 * gamma * lambda)) / (2 * gamma * lambda);
    return k->noise * gamma * m;
}

static void measure(dsc_cell *cell, double ridge, double theory)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    double *truth = NULL;
    const dsc_dataset data = dsc_teacher(scope,
                                         &(dsc_teacher_options){ .seed = dsc_cell_seed(cell),
                                                                 .count = (size_t)k->n,
                                                                 .features = (size_t)k->features,
                                                                 .signal = k->signal,
                                                                 .noise = k->noise },
                                         &truth);
    const dsc_least_squares_result fit =
        dsc_least_squares(scope, dsc_dataset_matrix(scope, &data), (dsc_matrix){ data.count, 1, data.y },
                          &(dsc_least_squares_options){ .ridge = ridge, .want_dof = 1 });
    if (dsc_scope_status(scope) != DSC_OK)
        return;

    double excess = 0;
    for (size_t i = 0; i < data.features; i++) {
        const double difference = fit.weights.data[i] - truth[i];
        excess += difference * difference;
    }
    dsc_put(cell, "excess_risk", excess);
    dsc_put(cell, "theory", theory);
    dsc_put(cell, "test_loss", excess + k->noise);
    dsc_put(cell, "train_loss", fit.residual);
    dsc_put(cell, "test_error", excess + k->noise);
    dsc_put(cell, "train_error", fit.residual);
    dsc_put(cell, "coefficient_norm", fit.norm);
    dsc_put(cell, "effective_dof", fit.effective_dof);
    dsc_cell_hash(cell, fit.weights.data, data.features * sizeof *fit.weights.data);
}

static void run_minimum_norm(dsc_cell *cell)
{
    measure(cell, 0, minimum_norm_theory(dsc_cell_hyperparameters(cell)));
}

static void run_ridge(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    if (k->noise <= 0 || k->signal <= 0) {
        dsc_scope_fail(dsc_cell_scope(cell), DSC_ERROR_ARGUMENT,
                       "noise = %g, signal = %g: the optimal ridge needs both above 0", k->noise, k->signal);
        return;
    }
    measure(cell, optimal_ridge(k), optimal_ridge_theory(k));
}

/* The Gram matrix of the shorter side, and its factor. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const double n = (double)k->n, p = (double)k->features, shorter = n < p ? n : p;
    return (dsc_cost){ .flops = n * p * shorter + shorter * shorter * shorter + 40 * n * p,
                       .bytes = 8 * (2 * n * p + 3 * shorter * shorter) };
}

static dsc_figure risk_figure(const struct hyperparameters *k, const char *title, const char *measured,
                              const char *theory)
{
    return (dsc_figure){
        .name = "risk",
        .title = title,
        .x = "features",
        .x_label = "features / examples, p/n",
        .y_label = "squared error",
        .log_x = true,
        .log_y = true,
        .x_scale = (double)k->n,
        .series = { { .output = "excess_risk", .label = measured },
                    { .output = "theory", .label = theory, .style = DSC_SERIES_THEORY },
                    { .output = "train_loss", .label = "train error" } },
        .marks = { { .label = THRESHOLD_LABEL, .at = (double)k->n } },
    };
}

static size_t minimum_norm_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    if (capacity < 1)
        return 0;
    figures[0] = risk_figure(hyperparameters, "Minimum-norm least squares",
                             "test error above the noise (excess risk)", "exact theory for this n");
    figures[0].y_min = 1e-2; /* beyond the threshold the train error is zero up to rounding */
    figures[0].y_max = 100;
    return 1;
}

static size_t ridge_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    if (capacity < 1)
        return 0;
    figures[0] = risk_figure(hyperparameters, "Ridge regression, optimally tuned: no peak",
                             "test error above the noise (excess risk)", "theory for large n");
    return 1;
}

static const dsc_claims minimum_norm_claims[] = {
    { .source = "Belkin, Hsu and Xu 2020; Breiman and Freedman 1983",
      .setting = "Gaussian x, any n",
      .claims = DSC_CLAIMS({ .text = "The excess risk is that of the exact formula at every p/n",
                             .measured = { .output = "excess_risk", .statistic = DSC_STATISTIC_DEVIATION },
                             .against = { .output = "theory" },
                             .units = "standard errors from the formula",
                             .low = 0,
                             .high = 4 }) },
    { .source = "Hastie et al. 2022",
      .setting = "isotropic x, p/n near 1",
      .claims = DSC_CLAIMS({ .text = "The risk peaks at the interpolation threshold",
                             .expected = "at p = n = 200",
                             .needs = "n=200 features=180,190,210,220",
                             .measured = { .output = "excess_risk", .statistic = DSC_STATISTIC_ARGMAX },
                             .units = "features",
                             .pooled = true,
                             .low = 190,
                             .high = 210 }) },
    { .source = "Hastie et al. 2022, large n",
      .setting = "r^2 = 5, s^2 = 1",
      .claims = DSC_CLAIMS(
          { .text = "Beyond the threshold the risk has a second minimum, of 2 r s - s^2 at p/n = 1.8",
            .expected = "3.47",
            .needs = "n=200 signal=5 noise=1 features=300,400,600",
            .measured = { .output = "excess_risk",
                          .where = "features=220..",
                          .statistic = DSC_STATISTIC_MINIMUM },
            .pooled = true,
            .low = 3.3,
            .high = 3.7 }) },
    { .source = NULL },
};

static const dsc_claims ridge_claims[] = {
    { .source = "Hastie et al. 2022",
      .setting = "mean over p/n, relative to the theory's",
      .claims =
          DSC_CLAIMS({ .text = "The excess risk with the best penalty is that of the theory for large n",
                       .expected = "1",
                       .measured = { .output = "excess_risk" },
                       .against = { .output = "theory" },
                       .relation = DSC_RELATION_RATIO,
                       .pooled = true,
                       .low = 0.97,
                       .high = 1.03 }) },
    { .source = "Nakkiran et al., arXiv 2003.01897",
      .setting = "largest fall, against a peak of over 20 without a penalty",
      .claims = DSC_CLAIMS(
          { .text = "With the best penalty there is no peak: the risk never falls as features are added",
            .expected = "0",
            .needs = "signal=5 noise=1",
            .measured = { .output = "excess_risk", .statistic = DSC_STATISTIC_FALL },
            .pooled = true,
            .low = 0,
            .high = 0.1 }) },
    { .source = NULL },
};

const dsc_case double_descent_linear = {
    .name = "linear",
    .summary = "Minimum-norm least squares on Gaussian data over p/n, beside the exact theory",
    .reference = "Belkin, Hsu and Xu, SIAM J. Math. Data Sci. 2(4), 2020",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 100,
    .uses_lapack = true,
    .run = run_minimum_norm,
    .cost = cost,
    .figures = minimum_norm_figures,
    .claims = minimum_norm_claims,
};

const dsc_case double_descent_ridge = {
    .name = "ridge",
    .summary = "The same with the best ridge penalty: the peak is gone",
    .reference =
        "Hastie, Montanari, Rosset and Tibshirani, Ann. Statist. 50(2), 2022; Nakkiran et al., arXiv 2003.01897",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 100,
    .uses_lapack = true,
    .run = run_ridge,
    .cost = cost,
    .figures = ridge_figures,
    .claims = ridge_claims,
};
