/* rate.c - error over the probability p of keeping a hidden unit: with n units in each layer whatever p is,
 * and with the n for which p n, the units that are kept on average, is the same (Srivastava et al. 2014,
 * figure 9). With n fixed a small p leaves too small a network in each step, which underfits; with p n fixed
 * that effect is gone. */
#include "dropout.h"

#include <math.h>

enum { UNITS_FIXED = 0, KEPT_FIXED };

static const dsc_param params[] = {
    COMMON_PARAMS,
    DSC_PARAM_INTEGER(struct hyperparameters, examples, "4000", 10, 1000000,
                      "training examples, the first of the data set"),
    DSC_PARAM_INTEGER(struct hyperparameters, epochs, "100", 1, 100000, "passes over the training set"),
    DSC_PARAM_INTEGER(struct hyperparameters, width, "128", 1, 4096,
                      "units n in each hidden layer; with p n fixed: at p = 1/2"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = { .name = "fixed",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, fixed, int64_t),
                 .value = "n-fixed,pn-fixed",
                 .choices = "n-fixed|pn-fixed",
                 .help = "what is the same for every p: the units n of a layer, or the p n that are kept" },
      .units = "1",
      .long_name = "units" },
    { .param = DSC_PARAM_REAL(struct hyperparameters, keep, "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1", 0.02, 1,
                              "probability p that a hidden unit is kept (a dropout layer's rate is 1 - p)"),
      .units = "1",
      .long_name = "probability p of keeping" },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_error", "1", "fraction of test examples in the wrong class", NULL },
    { "train_error", "1", "fraction of training examples in the wrong class, without dropout", NULL },
    { "test_loss", "nat", "mean cross-entropy on the test set", NULL },
    { "train_loss", "nat", "mean cross-entropy on the training set, without dropout", NULL },
    { "weight_norm", "1", "Euclidean norm of all weights, as used in testing", NULL },
    { "parameters", "1", "number of parameters", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "keep=0.2,0.4,0.6,0.8,1 epochs=60 width=96 test=4000 seeds=3", "MNIST-1D, short: seconds" },
    { "default", "seeds=5", "MNIST-1D: minutes" },
    { "paper", "dataset=mnist examples=60000 layers=3 width=2048 epochs=20 batch=128 precision=bf16 seeds=3",
      "784-2048-2048-2048-10 on all of MNIST (--data DIR): many hours" },
    { 0 },
};

static size_t width_of(const struct hyperparameters *k)
{
    const double width = k->fixed == KEPT_FIXED ? 0.5 * (double)k->width / k->keep : (double)k->width;
    return (size_t)(width + 0.5) > 0 ? (size_t)(width + 0.5) : 1;
}

static perceptron_training training_of(const struct hyperparameters *k)
{
    return (perceptron_training){ .width = width_of(k),
                                  .regularisation = { .noise = NOISE_BERNOULLI, .rate = 1 - k->keep },
                                  .share = 1 };
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    const networks_sets sets = networks_hold_out(shared, shared->train.count, k->held_out);
    perceptron_training t = training_of(k);
    t.cell = cell;
    t.train = &sets.train;
    t.test = &sets.test;
    outcome result = { 0 };
    if (!networks_train(&t, &result))
        return;
    dsc_put(cell, "test_error", result.test.error_rate);
    dsc_put(cell, "train_error", result.train.error_rate);
    dsc_put(cell, "test_loss", result.test.loss);
    dsc_put(cell, "train_loss", result.train.loss);
    dsc_put(cell, "weight_norm", result.weight_norm);
    dsc_put(cell, "parameters", result.parameters);
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct hyperparameters *k = hyperparameters;
    const perceptron_training t = training_of(k);
    return networks_cost(scope, plan, k, &t, networks_kept((size_t)k->examples, k->held_out));
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Error over the probability of keeping a hidden unit",
        .x = "keep",
        .x_label = "probability p that a hidden unit is kept",
        .y_label = "error (%)",
        .y_scale = 100,
        .panels = "fixed",
        .panel_titles = "n-fixed=n units, whatever p|pn-fixed=n units, so that pn are kept",
        .series = { { .output = "test_error", .label = "test error" },
                    { .output = "train_error", .label = "train error" } },
    };
    return 1;
}

#define SETTING "784-2048-2048-2048-10 on MNIST; here as the file says"

static const dsc_claims claims[] = {
    { .source = "Srivastava et al. 2014, figure 9",
      .setting = SETTING,
      .claims = DSC_CLAIMS(
          { .text =
                "With n fixed, keeping fewer than all units lowers the test error: p = 1 beside the p that is best "
                "for the other seeds",
            .needs = "keep=1",
            .measured = { .output = "test_error", .where = "fixed=n-fixed keep=1" },
            .against = { "test_error", "fixed=n-fixed", DSC_STATISTIC_CHOSEN_MINIMUM },
            .scale = 100,
            .units = "points",
            .low = 0,
            .high = INFINITY,
            .standard_errors = -2 },
          { .text = "With n fixed, a small p underfits: train error at the smallest p beside p = 1",
            .needs = "keep=0.2,1",
            .measured = { .output = "train_error", .where = "fixed=n-fixed keep=0.2" },
            .against = { .output = "train_error", .where = "fixed=n-fixed keep=1" },
            .scale = 100,
            .units = "points",
            .low = 0,
            .high = INFINITY,
            .standard_errors = -2 },
          { .text = "With p n fixed, the best p is below 1, too",
            .needs = "keep=1",
            .measured = { .output = "test_error", .where = "fixed=pn-fixed keep=1" },
            .against = { "test_error", "fixed=pn-fixed", DSC_STATISTIC_CHOSEN_MINIMUM },
            .scale = 100,
            .units = "points",
            .low = 0,
            .high = INFINITY,
            .standard_errors = -2 },
          { .text = "With n fixed, the test error is flat for p from 0.4 to 0.8",
            .setting = SETTING "; range of the medians",
            .expected = "flat",
            .needs = "data=mnist keep=0.4,0.6,0.8",
            .measured = { "test_error", "fixed=n-fixed keep=0.4..0.8", DSC_STATISTIC_RANGE },
            .scale = 100,
            .units = "points",
            .pooled = true,
            .low = 0,
            .high = 0.3 },
          { .text = "With p n fixed, the test error is smallest near p = 0.6",
            .expected = "near 0.6",
            .needs = "data=mnist keep=0.5,0.6,0.7",
            .measured = { "test_error", "fixed=pn-fixed", DSC_STATISTIC_ARGMIN },
            .pooled = true,
            .low = 0.5,
            .high = 0.7 }) },
    { .source = NULL },
};

const dsc_case dropout_rate = {
    .name = "rate",
    .summary = "Error over the probability of keeping a unit, with n units or with p n units fixed",
    .reference = "Srivastava et al., JMLR 15, 2014, figure 9",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 5,
    .uses_data = true,
    .data_choice = "dataset",
    .prepare = images_prepare,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
