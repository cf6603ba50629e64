/* methods.c - regularisers and their usual combinations beside a network without any.
 *
 * One cell trains all methods from the same weights, in the same order of examples: the difference to the
 * network without regularisation is paired, which takes the spread of initial weights and orders out of it.
 * All get the same number of steps, unless noise_epochs gives those with dropout more. */
#include "dropout.h"

#include <math.h>
#include <string.h>

#define METHODS                                                                                              \
    "none|l2|l1+l2|max-norm|dropout|dropout+input|gaussian|dropout+l2|dropout+max-norm|gaussian+max-norm"

/* As a list of values. */
#define METHODS_DEFAULT                                                                                      \
    "none,l2,l1+l2,max-norm,dropout,dropout+input,gaussian,dropout+l2,dropout+max-norm,gaussian+max-norm"

enum { NONE = 0, METHOD_COUNT = 10 };

/* Which of the settings a method uses; published is the test error in percent of Srivastava et al. 2014,
   table 9 (784-1024-1024-2048-10, all of MNIST). */
static const struct method {
    noise_kind noise;
    bool input, l1, l2, max_norm;
    double published;
} methods[METHOD_COUNT] = {
    { .published = NAN },
    { .l2 = true, .published = 1.62 },
    { .l1 = true, .l2 = true, .published = 1.60 },
    { .max_norm = true, .published = 1.35 },
    { .noise = NOISE_BERNOULLI, .published = NAN },
    { .noise = NOISE_BERNOULLI, .input = true, .published = NAN },
    { .noise = NOISE_GAUSSIAN, .published = NAN },
    { .noise = NOISE_BERNOULLI, .l2 = true, .published = 1.25 },
    { .noise = NOISE_BERNOULLI, .max_norm = true, .published = 1.05 },
    { .noise = NOISE_GAUSSIAN, .max_norm = true, .published = NAN },
};

static const dsc_param params[] = {
    COMMON_PARAMS,
    DSC_PARAM_INTEGER(struct hyperparameters, examples, "4000", 10, 1000000,
                      "training examples, the first of the data set"),
    DSC_PARAM_INTEGER(struct hyperparameters, epochs, "100", 1, 100000, "passes over the training set"),
    DSC_PARAM_INTEGER(struct hyperparameters, noise_epochs, "0", 0, 100000,
                      "passes with dropout, which takes longer to converge; 0: as many as without"),
    DSC_PARAM_INTEGER(struct hyperparameters, width, "256", 1, 16384, "units in each hidden layer"),
    DSC_PARAM_REAL(struct hyperparameters, rate, "0.5", 0, 0.99,
                   "share of hidden units that are dropped, 1 - p; Gaussian noise has variance (1 - p) / p"),
    DSC_PARAM_REAL(struct hyperparameters, input_rate, "0.2", 0, 0.99,
                   "share of inputs that dropout+input drops"),
    DSC_PARAM_REAL(struct hyperparameters, l1, "0.00001", 0, 1, "L1 penalty of l1+l2, times |w|"),
    DSC_PARAM_REAL(struct hyperparameters, l2, "0.0005", 0, 1, "L2 penalty, times w / 2 squared"),
    DSC_PARAM_REAL(struct hyperparameters, max_norm, "2", 0, 1000,
                   "largest norm of the weights into a unit, as used in testing"),
    DSC_PARAM_CHOICE(struct hyperparameters, combined, "hidden", "hidden|hidden+input",
                     "what is dropped where dropout is combined with a penalty"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = { .name = "method",
                 .kind = DSC_KIND_INTEGER,
                 .value = METHODS_DEFAULT,
                 .choices = METHODS,
                 .help = "how the network is regularised" },
      .units = "1",
      .long_name = "method",
      .inner = true },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_error", "1", "fraction of test examples in the wrong class", "method" },
    { "difference", "1", "test error minus that of the same seed's network without regularisation",
      "method" },
    { "train_error", "1", "fraction of training examples in the wrong class, without noise", "method" },
    { "test_loss", "nat", "mean cross-entropy on the test set", "method" },
    { "train_loss", "nat", "mean cross-entropy on the training set, without noise", "method" },
    { "weight_norm", "1", "Euclidean norm of all weights, as used in testing", "method" },
    { "largest_norm", "1", "largest norm of the weights into one hidden unit", "method" },
    { "published_error", "1", "test error of Srivastava et al. 2014, table 9, if this is its setting",
      "method" },
    { "parameters", "1", "number of parameters", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick",
      "epochs=40 width=128 rate=0.2 method=none,l2,max-norm,dropout,gaussian,dropout+l2,dropout+max-norm seeds=5",
      "MNIST-1D, a small network and a low rate: seconds" },
    { "default", "seeds=5", "MNIST-1D: minutes; with --data DIR the first 4000 images, longer" },
    /* The source bounds weights by 2 before it scales them by p for testing: by 1 here. Optimizer, epochs and
       strengths were chosen with held_out=0.16667, never on the test set. */
    { "paper",
      "dataset=mnist examples=60000 layers=3 width=1024 last_width=2048 epochs=10 noise_epochs=30 batch=128 "
      "optimizer=adam lr=0.001 l2=0.0001 l1=0.000002 max_norm=1 combined=hidden+input precision=bf16 clip=0 "
      "method=none,l2,l1+l2,max-norm,dropout+l2,dropout+max-norm seeds=6",
      "784-1024-1024-2048-10 on all of MNIST (--data DIR), products in bf16: most of an hour" },
    { 0 },
};

/* The setting of the published table: the network, and all of the training set. */
static bool is_published(const struct hyperparameters *k)
{
    return strcmp(k->dataset, "mnist") == 0 && k->examples == 60000 && k->held_out == 0 && k->layers == 3 &&
           k->width == 1024 && k->last_width == 2048;
}

static regularisation regularise(const struct hyperparameters *k, const struct method *method)
{
    const bool combination = method->l2 || method->max_norm;
    const bool input = method->input || (combination && strcmp(k->combined, "hidden+input") == 0);
    return (regularisation){ .noise = method->noise,
                             .rate = method->noise ? k->rate : 0,
                             .input_rate = method->noise && input ? k->input_rate : 0,
                             .l1 = method->l1 ? k->l1 : 0,
                             .l2 = method->l2 ? k->l2 : 0,
                             .max_norm = method->max_norm ? k->max_norm : 0 };
}

static int64_t epochs_of(const struct hyperparameters *k, const struct method *method)
{
    return method->noise && k->noise_epochs ? k->noise_epochs : k->epochs;
}

static void put(dsc_cell *cell, size_t i, const struct method *method, const outcome *result)
{
    dsc_put_at(cell, "test_error", i, result->test.error_rate);
    dsc_put_at(cell, "train_error", i, result->train.error_rate);
    dsc_put_at(cell, "test_loss", i, result->test.loss);
    dsc_put_at(cell, "train_loss", i, result->train.loss);
    dsc_put_at(cell, "weight_norm", i, result->weight_norm);
    dsc_put_at(cell, "largest_norm", i, result->largest_norm);
    dsc_put_at(cell, "published_error", i,
               is_published(dsc_cell_hyperparameters(cell)) ? method->published / 100 : (double)NAN);
}

static perceptron_training training_of(const struct hyperparameters *k, const struct method *method)
{
    return (perceptron_training){ .width = (size_t)k->width,
                                  .epochs = epochs_of(k, method),
                                  .regularisation = regularise(k, method) };
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    const networks_sets sets = networks_hold_out(shared, shared->train.count, k->held_out);
    size_t count;
    const double *chosen = dsc_cell_axis(cell, "method", &count);
    double error[METHOD_COUNT], plain = NAN;
    double all = 0, done = 0;
    for (size_t i = 0; i < count; i++)
        all += (double)epochs_of(k, &methods[(size_t)chosen[i]]);
    for (size_t i = 0; i < count; i++) {
        const struct method *method = &methods[(size_t)chosen[i]];
        perceptron_training t = training_of(k, method);
        t.cell = cell;
        t.train = &sets.train;
        t.test = &sets.test;
        t.done = done / all;
        t.share = (double)t.epochs / all;
        outcome result = { 0 };
        if (!networks_train(&t, &result))
            return;
        done += (double)t.epochs;
        put(cell, i, method, &result);
        error[i] = result.test.error_rate;
        if (chosen[i] == NONE)
            plain = error[i];
        if (i == 0)
            dsc_put(cell, "parameters", result.parameters);
    }
    for (size_t i = 0; i < count; i++)
        dsc_put_at(cell, "difference", i, error[i] - plain);
}

/* Of all methods that are asked for, one after the other. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct hyperparameters *k = hyperparameters;
    const size_t examples = networks_kept((size_t)k->examples, k->held_out);
    dsc_cost all = { 0, 0 };
    size_t count;
    const double *chosen = dsc_plan_axis(plan, "method", &count);
    for (size_t i = 0; i < count; i++) {
        const perceptron_training t = training_of(k, &methods[(size_t)chosen[i]]);
        const dsc_cost one = networks_cost(scope, plan, k, &t, examples);
        all.flops += one.flops;
        all.bytes = fmax(all.bytes, one.bytes);
    }
    return all;
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    if (capacity < 2)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Dropout beside other regularisers",
        .x = "method",
        .x_label = "how the network is regularised",
        .y_label = "error (%)",
        .y_scale = 100,
        .series = { { .output = "test_error", .label = "test error" },
                    { .output = "train_error", .label = "train error" } },
    };
    if (is_published(k)) {
        dsc_series *published = &figures[0].series[2];
        *published = (dsc_series){ .label = "published test error (Srivastava et al. 2014, table 9)",
                                   .style = DSC_SERIES_PUBLISHED };
        for (size_t i = 0; i < METHOD_COUNT; i++)
            if (isfinite(methods[i].published)) {
                published->reference_x[published->reference_count] = (double)i;
                published->reference_y[published->reference_count++] = methods[i].published;
            }
    }
    figures[1] = (dsc_figure){
        .name = "difference",
        .title = "Test error against the same seed without regularisation",
        .x = "method",
        .x_label = "how the network is regularised",
        .y_label = "difference (percentage points)",
        .y_scale = 100,
        .series = { { .output = "difference", .label = "paired difference" } },
    };
    return 2;
}

#define TABLE_9         "Srivastava et al. 2014, table 9"
#define TABLE_9_NEEDS   "data=mnist examples=60000 held_out=0 layers=3 width=1024 last_width=2048"
#define TABLE_9_SETTING "784-1024-1024-2048-10 on MNIST, a million updates; here far fewer"

/* One number of the table, give or take 0.3 points: three binomial standard errors of 10,000 test examples.
 */
#define PUBLISHED(name, percent, given)                                                                      \
    {                                                                                                        \
        .text = "Test error of " name, .expected = given, .needs = TABLE_9_NEEDS,                            \
        .measured = { .output = "test_error", .where = "method=" name }, .scale = 100, .units = "%",         \
        .low = (percent)-0.3, .high = (percent) + 0.3                                                        \
    }

/* A mean paired difference of test errors that is clear of 0. */
#define LOWER(sentence, low_method, high_method) LOWER_WITH(sentence, low_method, high_method, NULL)
#define LOWER_WITH(sentence, low_method, high_method, parameters)                                            \
    {                                                                                                        \
        .text = sentence, .needs = parameters,                                                               \
        .measured = { .output = "test_error", .where = "method=" low_method },                               \
        .against = { .output = "test_error", .where = "method=" high_method }, .scale = 100,                 \
        .units = "points", .low = -INFINITY, .high = 0, .standard_errors = -1, .seeds = 5                    \
    }

static const dsc_claims claims[] = {
    { .source = TABLE_9,
      .setting = "MNIST; here as the file says",
      .claims =
          DSC_CLAIMS(LOWER("Dropout with max-norm has a lower test error than no regularisation",
                           "dropout+max-norm", "none"),
                     LOWER("Dropout with L2 has a lower test error than L2 alone", "dropout+l2", "l2"),
                     LOWER("Dropout with max-norm has a lower test error than max-norm alone",
                           "dropout+max-norm", "max-norm"),
                     LOWER_WITH("Max-norm has a lower test error than L2", "max-norm", "l2", TABLE_9_NEEDS),
                     LOWER_WITH("Dropout with L2 has a lower test error than max-norm", "dropout+l2",
                                "max-norm", TABLE_9_NEEDS),
                     LOWER_WITH("Dropout with max-norm has a lower test error than dropout with L2",
                                "dropout+max-norm", "dropout+l2", TABLE_9_NEEDS)) },
    { .source = "Srivastava et al. 2014, section 10",
      .setting = "MNIST; here as the file says",
      .claims = DSC_CLAIMS(
          LOWER("Gaussian dropout has a lower test error than no regularisation", "gaussian", "none")) },
    { .source = "Srivastava et al. 2014, table 10",
      .setting = "784-1024-1024-10 on MNIST, 0.95 and 1.08 %; here as the file says",
      .claims = DSC_CLAIMS({ .text = "Gaussian dropout does no worse than dropout",
                             .expected = "at least as good",
                             .measured = { .output = "test_error", .where = "method=gaussian" },
                             .against = { .output = "test_error", .where = "method=dropout" },
                             .scale = 100,
                             .units = "points",
                             .low = -INFINITY,
                             .high = 0,
                             .standard_errors = 2,
                             .seeds = 5 }) },
    { .source = TABLE_9,
      .setting = TABLE_9_SETTING,
      .claims = DSC_CLAIMS(PUBLISHED("l2", 1.62, "1.62 %"), PUBLISHED("l1+l2", 1.60, "1.60 %"),
                           PUBLISHED("max-norm", 1.35, "1.35 %"), PUBLISHED("dropout+l2", 1.25, "1.25 %"),
                           PUBLISHED("dropout+max-norm", 1.05, "1.05 %")) },
    { .source = NULL },
};

const dsc_case dropout_methods = {
    .name = "methods",
    .summary = "No regularisation, L2, L1 + L2, max-norm, dropout, Gaussian dropout and their combinations",
    .reference = "Srivastava et al., JMLR 15, 2014, table 9",
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
