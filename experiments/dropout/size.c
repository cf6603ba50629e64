/* size.c - what dropout gains with few and with many examples (Srivastava et al. 2014, figure 10): next to
 * nothing with very few, where even the noisy network fits them all, most in between, less again with plenty.
 * All networks make the same number of steps. */
#include "dropout.h"

#include <math.h>

enum { PLAIN = 0, DROPOUT, METHOD_COUNT };

static const dsc_param params[] = {
    COMMON_PARAMS,
    DSC_PARAM_INTEGER(struct hyperparameters, steps, "10000", 1, 100000000,
                      "optimizer steps, whatever the examples"),
    DSC_PARAM_INTEGER(struct hyperparameters, width, "256", 1, 16384, "units in each hidden layer"),
    DSC_PARAM_REAL(struct hyperparameters, rate, "0.2", 0, 0.99,
                   "share of hidden units that are dropped, 1 - p (of the published figure 0.5)"),
    DSC_PARAM_REAL(struct hyperparameters, input_rate, "0", 0, 0.99,
                   "share of inputs that are dropped with them"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, examples, "100,500,1000,5000,10000,50000", 10,
                                 1000000, "training examples, the first of the data set"),
      .units = "1",
      .long_name = "training examples" },
    { .param = { .name = "method",
                 .kind = DSC_KIND_INTEGER,
                 .value = "none,dropout",
                 .choices = "none|dropout",
                 .help = "without and with dropout" },
      .units = "1",
      .long_name = "method",
      .inner = true },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_error", "1", "fraction of test examples in the wrong class", "method" },
    { "train_error", "1", "fraction of training examples in the wrong class, without noise", "method" },
    { "test_loss", "nat", "mean cross-entropy on the test set", "method" },
    { "weight_norm", "1", "Euclidean norm of all weights, as used in testing", "method" },
    { "gain", "1", "test error without dropout minus that of the same seed's network with it", NULL },
    { "relative_gain", "1", "the gain as a fraction of the test error without dropout", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "examples=100,1000,4000,16000 steps=3000 width=128 test=4000 seeds=3",
      "MNIST-1D, short: seconds" },
    { "default", "seeds=5", "MNIST-1D: minutes" },
    { "paper",
      "dataset=mnist layers=3 width=1024 last_width=2048 steps=10000 batch=128 rate=0.5 input_rate=0.2 precision=bf16 "
      "seeds=5",
      "784-1024-1024-2048-10 on MNIST (--data DIR): hours" },
    { 0 },
};

static perceptron_training training_of(const struct hyperparameters *k, bool drops)
{
    return (perceptron_training){ .width = (size_t)k->width,
                                  .regularisation = { .noise = drops ? NOISE_BERNOULLI : NOISE_NONE,
                                                      .rate = drops ? k->rate : 0,
                                                      .input_rate = drops ? k->input_rate : 0 } };
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const networks_sets sets = networks_hold_out(dsc_cell_shared(cell), (size_t)k->examples, k->held_out);
    double error[METHOD_COUNT] = { 0 };
    size_t count;
    const double *chosen = dsc_cell_axis(cell, "method", &count);
    for (size_t i = 0; i < count; i++) {
        const bool drops = chosen[i] == DROPOUT;
        perceptron_training t = training_of(k, drops);
        t.cell = cell;
        t.train = &sets.train;
        t.test = &sets.test;
        t.done = (double)i / (double)count;
        t.share = 1 / (double)count;
        outcome result = { 0 };
        if (!networks_train(&t, &result))
            return;
        dsc_put_at(cell, "test_error", i, result.test.error_rate);
        dsc_put_at(cell, "train_error", i, result.train.error_rate);
        dsc_put_at(cell, "test_loss", i, result.test.loss);
        dsc_put_at(cell, "weight_norm", i, result.weight_norm);
        error[drops] = result.test.error_rate;
    }
    if (count == METHOD_COUNT) {
        dsc_put(cell, "gain", error[PLAIN] - error[DROPOUT]);
        dsc_put(cell, "relative_gain", 1 - error[DROPOUT] / error[PLAIN]);
    }
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct hyperparameters *k = hyperparameters;
    const size_t examples = networks_kept((size_t)k->examples, k->held_out);
    dsc_cost all = { 0, 0 };
    size_t count;
    const double *chosen = dsc_plan_axis(plan, "method", &count);
    for (size_t i = 0; i < count; i++) {
        const perceptron_training t = training_of(k, chosen[i] == DROPOUT);
        const dsc_cost one = networks_cost(scope, plan, k, &t, examples);
        all.flops += one.flops;
        all.bytes = fmax(all.bytes, one.bytes);
    }
    return all;
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 2)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Error with and without dropout over the size of the training set",
        .x = "examples",
        .x_label = "training examples",
        .y_label = "test error (%)",
        .log_x = true,
        .y_scale = 100,
        .series = { { .output = "test_error", .label = "without dropout", .where = "method=none" },
                    { .output = "test_error", .label = "with dropout", .where = "method=dropout" } },
    };
    figures[1] = (dsc_figure){
        .name = "gain",
        .title = "What dropout gains over the size of the training set",
        .x = "examples",
        .x_label = "training examples",
        .y_label = "gain in test error (percentage points)",
        .log_x = true,
        .y_scale = 100,
        .series = { { .output = "gain", .label = "paired by seed" } },
    };
    return 2;
}

#define SETTING "784-1024-1024-2048-10 on MNIST; here as the file says"

static const dsc_claims claims[] = {
    { .source = "Srivastava et al. 2014, figure 10",
      .setting = SETTING,
      .claims = DSC_CLAIMS(
          { .text = "The gain grows from very few examples on: at 1000 beside 100",
            .needs = "examples=100,1000",
            .measured = { .output = "gain", .where = "examples=1000" },
            .against = { .output = "gain", .where = "examples=100" },
            .scale = 100,
            .units = "points",
            .low = 0,
            .high = INFINITY,
            .standard_errors = -2 },
          { .text =
                "The gain declines again with plenty of them: the gain at the size that is best for the other seeds, "
                "beside that at the most examples",
            .needs = "examples=100,1000",
            .measured = { "gain", NULL, DSC_STATISTIC_CHOSEN_MAXIMUM },
            .against = { .output = "gain", .where = "examples=last" },
            .scale = 100,
            .units = "points",
            .low = 0,
            .high = INFINITY,
            .standard_errors = -2 },
          { .text = "With 100 and 500 examples dropout gains nothing",
            .setting = SETTING "; mean of both",
            .expected = "no gain, or a loss",
            .needs = "data=mnist examples=100,500",
            .measured = { "gain", "examples=100..500", DSC_STATISTIC_MEAN },
            .scale = 100,
            .units = "points",
            .low = -INFINITY,
            .high = 0,
            .standard_errors = 2 }) },
    { .source = NULL },
};

const dsc_case dropout_size = {
    .name = "size",
    .summary = "What dropout gains with 100 to 50,000 examples",
    .reference = "Srivastava et al., JMLR 15, 2014, figure 10",
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
