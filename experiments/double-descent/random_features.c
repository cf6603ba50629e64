/* random_features.c - minimum-norm least squares on random Fourier features of images: over the number of
 * features (rff), and over the number of training examples at a fixed number of features (samples).
 *
 * Features are cos<v, x> and sin<v, x> for v ~ N(0, sigma^-2 I) (Rahimi and Recht, NIPS 2007); N counts real
 * features. One-hot targets, squared loss summed over classes (Belkin et al. 2019, figure 2). */
#include "double_descent.h"

#include <math.h>
#include <string.h>

enum { ROWS_AT_ONCE = 256 };

struct hyperparameters {
    int64_t examples, features, test;
    double sigma, ridge;
    const char *dataset;
};

#define COMMON_PARAMS                                                                                        \
    DSC_PARAM_INTEGER(struct hyperparameters, test, "5000", 1, 1000000, "test examples"),                    \
        DSC_PARAM_REAL(struct hyperparameters, sigma, "5", 1e-6, 1e6,                                        \
                       "width of the Gaussian kernel that the features approximate"),                        \
        DSC_PARAM_REAL(struct hyperparameters, ridge, "0", 0, 1e12,                                          \
                       "penalty added to the Gram matrix; 0: minimum norm"),                                 \
        DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|mnist1d|mnist|fashion-mnist",        \
                         "auto: what --data holds, else MNIST-1D, which is generated")

static const dsc_param rff_params[] = {
    { .name = "n",
      .kind = DSC_KIND_INTEGER,
      .offset = DSC_FIELD(struct hyperparameters, examples, int64_t),
      .value = "1000",
      .min = 10,
      .max = 60000,
      .help = "training examples" },
    COMMON_PARAMS,
    { 0 },
};

static const dsc_param samples_params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, features, "500", 2, 100000, "random features N"),
    COMMON_PARAMS,
    { 0 },
};

static size_t default_features(const void *hyperparameters, double *values, size_t capacity)
{
    static const double ratios[] = { 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 0.95, 1, 1.05, 1.2, 1.5, 2, 3, 6 };
    const struct hyperparameters *k = hyperparameters;
    return axis_from_ratios(ratios, COUNT(ratios), (double)k->examples, values, capacity);
}

static size_t default_examples(const void *hyperparameters, double *values, size_t capacity)
{
    static const double ratios[] = {
        0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.96, 1, 1.04, 1.1, 1.25, 1.5, 2, 3, 5, 8
    };
    const struct hyperparameters *k = hyperparameters;
    return axis_from_ratios(ratios, COUNT(ratios), (double)k->features, values, capacity);
}

static const dsc_axis rff_axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, features, "0.05 n .. 6 n", 1, 1000000,
                                 "random features N"),
      .units = "1",
      .long_name = "random features N",
      .derive = default_features },
    { .param = { 0 } },
};

static const dsc_axis samples_axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, examples, "0.1 N .. 8 N", 1, 1000000,
                                 "training examples n"),
      .units = "1",
      .long_name = "training examples n",
      .derive = default_examples },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_error", "1", "fraction of test examples in the wrong class", NULL },
    { "train_error", "1", "fraction of training examples in the wrong class", NULL },
    { "test_loss", "1", "squared error of a test example, summed over classes", NULL },
    { "train_loss", "1", "squared error of a training example, summed over classes", NULL },
    { "coefficient_norm", "1", "Frobenius norm of the coefficients", NULL },
    { "effective_dof", "1", "effective degrees of freedom", NULL },
    { 0 },
};

static const dsc_preset rff_presets[] = {
    { "quick", "n=500 seeds=2 test=2000", "seconds" },
    { "default", "seeds=3", "n = 1000: seconds; n = 4000 on images: a minute" },
    { "paper", "n=10000 seeds=3 test=10000", "the published size: about ten minutes and 13 GB" },
    { 0 },
};

static const dsc_preset samples_presets[] = {
    { "quick", "features=200 seeds=2 test=2000", "seconds" },
    { "default", "seeds=3", "seconds" },
    { "paper", "features=1000 seeds=5 test=10000", "seconds" },
    { 0 },
};

static void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    (void)hyperparameters;
    dsc_split *split = dsc_scope_alloc(scope, 1, sizeof *split);
    const dsc_known_data *known = dsc_plan_data(plan);
    if (!split)
        return NULL;
    *split = known
                 ? dsc_data_read(scope, known, directory)
                 : dsc_mnist1d(scope,
                               &(dsc_mnist1d_options){ .samples = 20000, .train_fraction = 0.5, .seed = 42 });
    return split;
}

/* A recipe that says more examples than there are would not say what was computed. */
static bool enough(dsc_scope *scope, const dsc_dataset *from, const char *which, size_t wanted)
{
    if (wanted > from->count)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "%zu %s examples were asked for, %s has %zu: ask for at most %zu", wanted, which,
                       from->name, from->count, from->count);
    return dsc_scope_status(scope) == DSC_OK;
}

/* n training examples drawn without replacement, in an order that depends on the seed. */
static dsc_dataset draw_training_set(dsc_scope *scope, const dsc_dataset *from, size_t n)
{
    dsc_dataset drawn = *from;
    drawn.count = n;
    if (!enough(scope, from, "training", n))
        return drawn;
    uint32_t *order = dsc_scope_alloc(scope, from->count, sizeof *order);
    drawn.bytes = NULL;
    drawn.x = dsc_scope_alloc(scope, n * from->features, sizeof *drawn.x);
    drawn.labels = dsc_scope_alloc(scope, n, sizeof *drawn.labels);
    if (!order || !drawn.x || !drawn.labels)
        return drawn;
    dsc_rng_permutation(dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_SAMPLING), 0, order, from->count);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < from->features; j++)
            drawn.x[i * from->features + j] = dsc_dataset_value(from, order[i], j);
        drawn.labels[i] = from->labels[order[i]];
    }
    return drawn;
}

/* Frequencies of the features: one row per cosine-sine pair. */
static dsc_matrix draw_frequencies(dsc_scope *scope, size_t features, size_t dimension, double sigma)
{
    dsc_matrix frequencies = dsc_matrix_make(scope, (features + 1) / 2, dimension);
    if (frequencies.data)
        dsc_rng_fill_normal(dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_INIT), 0, 0, 1 / sigma,
                            frequencies.data, frequencies.rows * dimension);
    return frequencies;
}

/* dst (x.rows x features): cosines in the first half of a row, sines in the second; an odd number has no last
 * sine. */
static void fourier_features(dsc_scope *scope, dsc_matrix dst, dsc_matrix x, dsc_matrix frequencies,
                             dsc_matrix angles)
{
    const size_t pairs = frequencies.rows, sines = dst.cols - pairs;
    for (size_t first = 0; first < x.rows; first += angles.rows) {
        const size_t rows = x.rows - first < angles.rows ? x.rows - first : angles.rows;
        const dsc_matrix block = { rows, x.cols, x.data + first * x.cols };
        const dsc_matrix block_angles = { rows, pairs, angles.data };
        if (dsc_matrix_product(scope, block_angles, block, frequencies,
                               &(dsc_matrix_product_options){ .transpose_b = 1 }) != DSC_OK)
            return;
        for (size_t r = 0; r < rows; r++) {
            double *row = dst.data + (first + r) * dst.cols;
            const double *angle = block_angles.data + r * pairs;
            dsc_cos_sin(angle, row, row + pairs, sines);
            dsc_cos_sin(angle + sines, row + sines, NULL, pairs - sines);
        }
    }
}

/* Errors on the test set, its features made in blocks of rows. */
static score_errors evaluate(dsc_scope *scope, const dsc_dataset *test, size_t count, dsc_matrix weights,
                             dsc_matrix frequencies, dsc_matrix angles)
{
    const dsc_matrix scores = dsc_matrix_make(scope, count, weights.cols);
    const dsc_matrix features = dsc_matrix_make(scope, ROWS_AT_ONCE, weights.rows);
    const dsc_matrix x = dsc_matrix_make(scope, ROWS_AT_ONCE, test->features);
    for (size_t first = 0; first < count && dsc_scope_status(scope) == DSC_OK; first += ROWS_AT_ONCE) {
        const size_t rows = count - first < ROWS_AT_ONCE ? count - first : ROWS_AT_ONCE;
        const dsc_matrix block = { rows, features.cols, features.data };
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < x.cols; j++)
                x.data[i * x.cols + j] = dsc_dataset_value(test, first + i, j);
        fourier_features(scope, block, (dsc_matrix){ rows, x.cols, x.data }, frequencies, angles);
        dsc_matrix_product(scope, (dsc_matrix){ rows, weights.cols, scores.data + first * weights.cols },
                           block, weights, NULL);
    }
    if (dsc_scope_status(scope) != DSC_OK)
        return (score_errors){ NAN, NAN };
    return classify(scores.data, test->labels, count, weights.cols);
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const dsc_split *data = dsc_cell_shared(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const dsc_dataset train = draw_training_set(scope, &data->train, (size_t)k->examples);
    const size_t tests = (size_t)k->test;
    if (!enough(scope, &data->test, "test", tests))
        return;
    const dsc_matrix frequencies = draw_frequencies(scope, (size_t)k->features, train.features, k->sigma);
    const dsc_matrix angles = dsc_matrix_make(scope, ROWS_AT_ONCE, frequencies.rows);
    const dsc_matrix features = dsc_matrix_make(scope, train.count, (size_t)k->features);
    const dsc_matrix one_hot = dsc_one_hot(scope, &train);
    const dsc_matrix scores = dsc_matrix_make(scope, train.count, train.classes);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    fourier_features(scope, features, dsc_dataset_matrix(scope, &train), frequencies, angles);
    if (!dsc_cell_progress(cell, 0.2))
        return;
    const dsc_least_squares_result fit = dsc_least_squares(
        scope, features, one_hot, &(dsc_least_squares_options){ .ridge = k->ridge, .want_dof = 1 });
    if (dsc_matrix_product(scope, scores, features, fit.weights, NULL) != DSC_OK ||
        !dsc_cell_progress(cell, 0.8))
        return;
    const score_errors on_train = classify(scores.data, train.labels, train.count, train.classes);
    const score_errors on_test = evaluate(scope, &data->test, tests, fit.weights, frequencies, angles);
    dsc_put(cell, "test_error", on_test.error_rate);
    dsc_put(cell, "train_error", on_train.error_rate);
    dsc_put(cell, "test_loss", on_test.squared_loss);
    dsc_put(cell, "train_loss", on_train.squared_loss);
    dsc_put(cell, "coefficient_norm", fit.norm);
    dsc_put(cell, "effective_dof", fit.effective_dof);
    dsc_cell_hash(cell, fit.weights.data, fit.weights.rows * fit.weights.cols * sizeof *fit.weights.data);
}

/* Projections of both sets, Gram matrix, factor. Images have 784 pixels; smaller examples cost less. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const double n = (double)k->examples, p = (double)k->features, shorter = n < p ? n : p, dimension = 784;
    return (dsc_cost){ .flops = (n + (double)k->test) * p * (dimension + 60) + n * p * shorter +
                                shorter * shorter * shorter,
                       .bytes = 8 * (n * p + ROWS_AT_ONCE * (2 * p + dimension) + p * dimension / 2 +
                                     n * dimension + 2 * shorter * shorter) };
}

static dsc_figure error_figure(const char *name, const char *title, const char *x, const char *x_label,
                               double threshold)
{
    return (dsc_figure){
        .name = name,
        .title = title,
        .x = x,
        .x_label = x_label,
        .log_x = true,
        .x_scale = threshold,
        .marks = { { .label = THRESHOLD_LABEL, .at = threshold } },
    };
}

/* Zero-one error, squared error, and the norm of the coefficients. */
static size_t three_figures(dsc_figure *figures, size_t capacity, const char *x, const char *x_label,
                            double threshold)
{
    if (capacity < 3)
        return 0;
    figures[0] = error_figure("error", "Random Fourier features: classification", x, x_label, threshold);
    figures[0].y_label = "error (%)";
    figures[0].y_scale = 100;
    figures[0].series[0] = (dsc_series){ .output = "test_error", .label = "test error" };
    figures[0].series[1] = (dsc_series){ .output = "train_error", .label = "train error" };

    figures[1] = error_figure("loss", "Random Fourier features: squared error", x, x_label, threshold);
    figures[1].y_label = "squared error";
    figures[1].log_y = true;
    figures[1].y_min = 1e-2; /* beyond the threshold the train error is zero up to rounding */
    figures[1].series[0] = (dsc_series){ .output = "test_loss", .label = "test error" };
    figures[1].series[1] = (dsc_series){ .output = "train_loss", .label = "train error" };

    figures[2] = error_figure("norm", "Random Fourier features: size of the solution", x, x_label, threshold);
    figures[2].y_label = "norm of the coefficients";
    figures[2].log_y = true;
    figures[2].series[0] = (dsc_series){ .output = "coefficient_norm", .label = "coefficient norm" };
    return 3;
}

static size_t rff_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    return three_figures(figures, capacity, "features", "random features / examples, N/n",
                         (double)k->examples);
}

static size_t samples_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    return three_figures(figures, capacity, "examples", "examples / random features, n/N",
                         (double)k->features);
}

#define FIGURE_2         "Belkin et al. 2019, figure 2"
#define FIGURE_2_SETTING "MNIST, n = 10,000"

static const dsc_claims rff_claims[] = {
    { .source = FIGURE_2,
      .setting = FIGURE_2_SETTING,
      .claims = DSC_CLAIMS({ .text = "The test loss peaks at exactly as many features as examples",
                             .expected = "at N = n",
                             .needs = "n=1000 features=950,1000,1050",
                             .measured = { .output = "test_loss", .statistic = DSC_STATISTIC_ARGMAX },
                             .units = "features",
                             .low = 1000,
                             .high = 1000 },
                           { .text = "The norm of the coefficients peaks there too",
                             .expected = "at N = n",
                             .needs = "n=1000 features=950,1000,1050",
                             .measured = { .output = "coefficient_norm", .statistic = DSC_STATISTIC_ARGMAX },
                             .units = "features",
                             .low = 1000,
                             .high = 1000 },
                           { .text = "The error at the peak is several times the best below it",
                             .expected = "far above it",
                             .needs = "data=mnist n=1000 features=200,300,1000",
                             .measured = { .output = "test_error", .where = "features=1000" },
                             .against = { .output = "test_error",
                                          .where = "features=..999",
                                          .statistic = DSC_STATISTIC_MINIMUM },
                             .relation = DSC_RELATION_RATIO,
                             .units = "times",
                             .low = 3,
                             .high = INFINITY },
                           { .text = "The second descent ends below the best error before the peak",
                             .expected = "below it",
                             .needs = "data=mnist n=1000 features=200,300,6000",
                             .measured = { .output = "test_error", .where = "features=6000" },
                             .against = { .output = "test_error",
                                          .where = "features=..999",
                                          .statistic = DSC_STATISTIC_MINIMUM },
                             .relation = DSC_RELATION_RATIO,
                             .units = "times",
                             .low = 0,
                             .high = 0.6 },
                           { .text = "From N = n on every training example is fitted",
                             .expected = "0",
                             .needs = "n=1000",
                             .measured = { .output = "train_error",
                                           .where = "features=1000..",
                                           .statistic = DSC_STATISTIC_MAXIMUM },
                             .low = 0,
                             .high = 0 }) },
    { .source = NULL },
};

#define MORE_DATA "Nakkiran et al. 2019, figures 3 and 11"

static const dsc_claims samples_claims[] = {
    { .source = "d'Ascoli et al. 2020",
      .setting = "least squares on random features",
      .claims = DSC_CLAIMS({ .text = "The test loss peaks at exactly as many examples as features",
                             .expected = "at n = N",
                             .needs = "features=500 examples=480,500,520",
                             .measured = { .output = "test_loss", .statistic = DSC_STATISTIC_ARGMAX },
                             .units = "examples",
                             .low = 500,
                             .high = 500 }) },
    { .source = MORE_DATA,
      .setting = "transformers on translation; here 500 examples against 100",
      .claims = DSC_CLAIMS(
          { .text = "More data can hurt: five times as many examples, a higher test error",
            .expected = "higher",
            .needs = "features=500",
            .measured = { .output = "test_error", .where = "examples=500" },
            .against = { .output = "test_error", .where = "examples=100" },
            .scale = 100,
            .units = "points",
            .low = 0,
            .high = INFINITY,
            .standard_errors = -2 },
          { .text = "Beyond the peak more data help again: the most examples beside as many as features",
            .setting = "the same; here 4000 examples against 500",
            .expected = "lower",
            .needs = "features=500",
            .measured = { .output = "test_error", .where = "examples=4000" },
            .against = { .output = "test_error", .where = "examples=500" },
            .scale = 100,
            .units = "points",
            .low = -INFINITY,
            .high = 0,
            .standard_errors = -2 }) },
    { .source = NULL },
};

const dsc_case double_descent_rff = {
    .name = "rff",
    .summary = "Minimum-norm least squares on random Fourier features, over their number",
    .reference = "Belkin, Hsu, Ma and Mandal, PNAS 116(32), 2019, figure 2",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = rff_params,
    .axes = rff_axes,
    .outputs = outputs,
    .presets = rff_presets,
    .seeds = 3,
    .uses_data = true,
    .uses_lapack = true,
    .data_choice = "dataset",
    .prepare = prepare,
    .run = run,
    .cost = cost,
    .figures = rff_figures,
    .claims = rff_claims,
};

const dsc_case double_descent_samples = {
    .name = "samples",
    .summary = "More data can hurt: error over the number of examples at a fixed number of features",
    .reference = "Nakkiran et al., arXiv 1912.02292; d'Ascoli et al., NeurIPS 2020",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = samples_params,
    .axes = samples_axes,
    .outputs = outputs,
    .presets = samples_presets,
    .seeds = 3,
    .uses_data = true,
    .uses_lapack = true,
    .data_choice = "dataset",
    .prepare = prepare,
    .run = run,
    .cost = cost,
    .figures = samples_figures,
    .claims = samples_claims,
};
