/* uncertainty.c - Monte Carlo dropout (Gal and Ghahramani 2016): a network trained with dropout predicts many
 * times with dropout at work; the spread of the predictions says where it has seen no data. It is the model's
 * uncertainty alone: the noise of an observation comes on top of it.
 *
 * Regression of one variable with training points in two stretches and none between or beyond them. */
#include "dropout.h"

#include <math.h>

struct uncertainty_hyperparameters {
    int64_t points, width, layers, steps, passes, data_seed;
    double rate, l2, lr, noise;
};

enum { MOST_POINTS = DSC_SERIES_MAX_POINTS };

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct uncertainty_hyperparameters, points, "40", 2, MOST_POINTS, "training points"),
    DSC_PARAM_REAL(struct uncertainty_hyperparameters, noise, "0.1", 0, 10,
                   "standard deviation of the noise in y"),
    DSC_PARAM_INTEGER(struct uncertainty_hyperparameters, data_seed, "1", 0, 4294967295,
                      "seed of the training points; seeds of the run change the network"),
    DSC_PARAM_INTEGER(struct uncertainty_hyperparameters, width, "256", 1, 8192,
                      "units in each hidden layer"),
    DSC_PARAM_INTEGER(struct uncertainty_hyperparameters, layers, "2", 1, 16, "hidden layers"),
    DSC_PARAM_REAL(struct uncertainty_hyperparameters, rate, "0.1", 0.001, 0.9,
                   "share of hidden units that are dropped, 1 - p"),
    DSC_PARAM_REAL(struct uncertainty_hyperparameters, l2, "0.0001", 0, 1, "L2 penalty, times w / 2 squared"),
    DSC_PARAM_REAL(struct uncertainty_hyperparameters, lr, "0.003", 1e-9, 10,
                   "learning rate of Adam at the start; it falls to 0 along half a cosine"),
    DSC_PARAM_INTEGER(struct uncertainty_hyperparameters, steps, "4000", 1, 100000000,
                      "steps, each on all points"),
    DSC_PARAM_INTEGER(struct uncertainty_hyperparameters, passes, "200", 2, 1000000,
                      "predictions with dropout at work"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = { .name = "x",
                 .kind = DSC_KIND_REAL,
                 .value = "-6..6 step 0.1",
                 .min = -1000,
                 .max = 1000,
                 .help = "where it predicts" },
      .units = "1",
      .long_name = "x",
      .inner = true },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "mean", "1", "mean of the predictions with dropout", "x" },
    { "deviation", "1", "standard deviation of the predictions with dropout", "x" },
    { "low", "1", "mean - 2 standard deviations", "x" },
    { "high", "1", "mean + 2 standard deviations", "x" },
    { "plain", "1", "one prediction without dropout", "x" },
    { "truth", "1", "the function that the training points were drawn from", "x" },
    { "deviation_inside", "1", "mean standard deviation where there are training points", NULL },
    { "deviation_outside", "1", "mean standard deviation beyond the outermost points by 1 at least", NULL },
    { "ratio", "1", "deviation outside over deviation inside", NULL },
    { "train_loss", "1", "mean squared error on the training points, without dropout", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "steps=1500 width=128 passes=100 seeds=3", "seconds" },
    { "default", "seeds=5", "5 networks: seconds" },
    { "paper", "width=1024 steps=20000 passes=1000 seeds=5", "wide networks, 1000 passes: minutes" },
    { 0 },
};

/* The stretches that training points are drawn from. */
static const double stretches[2][2] = { { -4, -1 }, { 1.5, 3.5 } };

static double truth(double x)
{
    return sin(2 * x) + 0.3 * x;
}

/* The stretches take turns; a point depends on the seed and its number alone. */
static void draw_points(const struct uncertainty_hyperparameters *k, double *x, double *y)
{
    const dsc_rng data = dsc_rng_make((uint64_t)k->data_seed, DSC_STREAM_DATA);
    const dsc_rng noise = dsc_rng_make((uint64_t)k->data_seed, DSC_STREAM_NOISE);
    for (size_t i = 0; i < (size_t)k->points; i++) {
        const double *stretch = stretches[i % 2];
        x[i] = stretch[0] + (stretch[1] - stretch[0]) * dsc_rng_uniform(data, 0, i);
        y[i] = truth(x[i]) + k->noise * dsc_rng_normal(noise, 0, i);
    }
}

static dsc_node *network(dsc_scope *scope, const struct uncertainty_hyperparameters *k)
{
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { 1 } });
    for (int64_t layer = 0; layer < k->layers; layer++)
        h = dsc_dropout(dsc_relu(dsc_dense(h, (size_t)k->width)), k->rate);
    return dsc_dense(h, 1);
}

static dsc_cell_training training_of(const struct uncertainty_hyperparameters *k)
{
    static const dsc_parameter_group biases = { .match = "*/bias", .no_decay = true };
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->points },
        .fit = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM,
                                .lr = k->lr,
                                .l2 = k->l2,
                                .schedule = { .kind = DSC_SCHEDULE_COSINE, .period = (double)k->steps },
                                .groups = &biases,
                                .group_count = 1 },
                 .epochs = (size_t)k->steps,
                 .fixed_order = true },
        .progress_share = 0.8
    };
}

static dsc_node *loss_of(dsc_scope *scope, dsc_node *y)
{
    return dsc_squared_loss(y, dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } }));
}

static dsc_model *train(dsc_cell *cell, dsc_node *y)
{
    const struct uncertainty_hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const dsc_cell_training training = training_of(k);
    double x[MOST_POINTS], targets[MOST_POINTS];
    draw_points(k, x, targets);
    const size_t points = (size_t)k->points;
    const dsc_examples examples = { .count = points,
                                    .columns = {
                                        { "input", 1, .f32 = dsc_to_f32(scope, x, points) },
                                        { "targets", 1, .f32 = dsc_to_f32(scope, targets, points) } } };
    dsc_model *model = dsc_cell_train(cell, loss_of(scope, y), &examples, &training);
    dsc_put(cell, "train_loss", dsc_evaluate(model, &examples).loss);
    return model;
}

/* Sums and sums of squares of the predictions with dropout, at every x. The scope of a pass ends with it. */
static bool sample(dsc_cell *cell, dsc_model *model, const dsc_node *y, const dsc_examples *grid,
                   double *sums, double *squares)
{
    const struct uncertainty_hyperparameters *k = dsc_cell_hyperparameters(cell);
    for (uint32_t pass = 0; pass < (uint32_t)k->passes; pass++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const float *predictions = dsc_predict_noisy(scope, model, y, grid, pass);
        for (size_t i = 0; predictions && i < grid->count; i++) {
            sums[i] += predictions[i];
            squares[i] += (double)predictions[i] * predictions[i];
        }
        dsc_scope_adopt_error(dsc_cell_scope(cell), scope);
        dsc_scope_close(&scope);
        if (!predictions || !dsc_cell_progress(cell, 0.8 + 0.2 * (double)(pass + 1) / (double)k->passes))
            return false;
    }
    return true;
}

static bool is_inside(double x)
{
    return (x >= stretches[0][0] && x <= stretches[0][1]) || (x >= stretches[1][0] && x <= stretches[1][1]);
}

static bool is_outside(double x)
{
    return x <= stretches[0][0] - 1 || x >= stretches[1][1] + 1;
}

static void put(dsc_cell *cell, const double *x, size_t count, const double *sums, const double *squares,
                const float *plain)
{
    const struct uncertainty_hyperparameters *k = dsc_cell_hyperparameters(cell);
    const double n = (double)k->passes;
    double inside[2] = { 0 }, outside[2] = { 0 }; /* sum, number */
    for (size_t i = 0; i < count; i++) {
        const double mean = sums[i] / n, deviation = sqrt(fmax(squares[i] - n * mean * mean, 0) / (n - 1));
        dsc_put_at(cell, "mean", i, mean);
        dsc_put_at(cell, "deviation", i, deviation);
        dsc_put_at(cell, "low", i, mean - 2 * deviation);
        dsc_put_at(cell, "high", i, mean + 2 * deviation);
        dsc_put_at(cell, "plain", i, plain[i]);
        dsc_put_at(cell, "truth", i, truth(x[i]));
        inside[0] += is_inside(x[i]) ? deviation : 0;
        inside[1] += is_inside(x[i]);
        outside[0] += is_outside(x[i]) ? deviation : 0;
        outside[1] += is_outside(x[i]);
    }
    dsc_put(cell, "deviation_inside", inside[0] / inside[1]);
    dsc_put(cell, "deviation_outside", outside[0] / outside[1]);
    dsc_put(cell, "ratio", outside[0] / outside[1] / (inside[0] / inside[1]));
}

static void run(dsc_cell *cell)
{
    const struct uncertainty_hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    dsc_node *y = network(scope, k);
    dsc_model *model = train(cell, y);
    if (!model)
        return;
    size_t count;
    const double *x = dsc_cell_axis(cell, "x", &count);
    const dsc_examples grid = { .count = count,
                                .columns = { { "input", 1, .f32 = dsc_to_f32(scope, x, count) } } };
    double *sums = dsc_scope_alloc(scope, count, sizeof *sums);
    double *squares = dsc_scope_alloc(scope, count, sizeof *squares);
    const float *plain = dsc_predict(scope, model, y, &grid);
    if (dsc_scope_status(scope) == DSC_OK && sample(cell, model, y, &grid, sums, squares))
        put(cell, x, count, sums, squares, plain);
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct uncertainty_hyperparameters *k = hyperparameters;
    const dsc_cell_training training = training_of(k);
    dsc_node *y = network(scope, k);
    dsc_cost cost = dsc_train_cost(plan, loss_of(scope, y), (size_t)k->points, &training);
    size_t count;
    dsc_plan_axis(plan, "x", &count);
    const dsc_cost pass = dsc_evaluate_cost(y, count);
    cost.flops += (double)k->passes * pass.flops;
    cost.bytes += 2 * pass.bytes; /* with dropout at work, and without */
    return cost;
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct uncertainty_hyperparameters *k = hyperparameters;
    if (capacity < 2)
        return 0;
    figures[0] = (dsc_figure){
        .name = "band",
        .title = "What Monte Carlo dropout knows of its uncertainty",
        .x = "x",
        .x_label = "x",
        .y_label = "y",
        .y_min = -7,
        .y_max = 7,
        .series = { { .output = "mean",
                      .label = "mean of the passes, band: ± 2 standard deviations",
                      .low = "low",
                      .high = "high" },
                    { .output = "truth", .label = "truth", .style = DSC_SERIES_THEORY },
                    { .label = "training points",
                      .style = DSC_SERIES_PUBLISHED,
                      .reference_count = (size_t)k->points } },
    };
    draw_points(k, figures[0].series[2].reference_x, figures[0].series[2].reference_y);
    figures[1] = (dsc_figure){
        .name = "deviation",
        .title = "Standard deviation of the predictions with dropout",
        .x = "x",
        .x_label = "x",
        .y_label = "standard deviation",
        .series = { { .output = "deviation", .label = "standard deviation over the passes" } },
        .marks = { { .label = "data from here", .at = stretches[0][0] },
                   { .label = "to here", .at = stretches[0][1] },
                   { .label = "and from here", .at = stretches[1][0] },
                   { .label = "to here", .at = stretches[1][1] } },
    };
    return 2;
}

static const dsc_claims claims[] = {
    { .source = "Gal and Ghahramani 2016, figure 2",
      .setting = "deep networks on a series of one variable; here: ratio of the mean standard deviations",
      .claims = DSC_CLAIMS(
          { .text = "The predictions of Monte Carlo dropout spread more away from the data than near them",
            .measured = { .output = "ratio" },
            .low = 1.5,
            .high = INFINITY,
            .standard_errors = -2 }) },
    { .source = NULL },
};

const dsc_case dropout_uncertainty = {
    .name = "uncertainty",
    .summary = "Monte Carlo dropout on a regression of one variable, drawn as a band",
    .reference = "Gal and Ghahramani, Dropout as a Bayesian Approximation, ICML 2016",
    .hyperparameters_size = sizeof(struct uncertainty_hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 5,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
