/* width.c - squared, zero-one and cross-entropy error of perceptrons over their width, split into bias,
 * variance and noise.
 *
 * Each cell trains a network for every one of its training sets and initialisations, from scratch, once with
 * squared loss on one-hot targets (squared and zero-one decomposition, as Yang et al., ICML 2020) and once
 * with cross-entropy (its own decomposition). Test labels are taken as random as training labels are, whose
 * probabilities are known, so that no term is estimated from noisy labels. */
#include "width.h"

#include <math.h>
#include <string.h>

#include "decomposition.h"
#include "training_sets.h"

struct hyperparameters {
    int64_t scheme, width, layers, sets, inits, examples, pool, test, epochs, batch;
    double label_noise, squared_lr, cross_entropy_lr, momentum, decay;
    const char *dataset, *test_labels;
};

static const dsc_param params[] = {
    DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|mnist1d|mnist|fashion-mnist",
                     "data set; auto: the one whose files --data DIR has, MNIST-1D, generated, without it"),
    DSC_PARAM_INTEGER(struct hyperparameters, layers, "2", 1, 2, "hidden layers, of one width"),
    DSC_PARAM_INTEGER(struct hyperparameters, sets, "5", 2, 1000, "training sets"),
    DSC_PARAM_INTEGER(struct hyperparameters, inits, "2", 1, 1000,
                      "networks trained on each, their initialisation and order of examples drawn anew"),
    DSC_PARAM_INTEGER(struct hyperparameters, examples, "0", 0, 10000000,
                      "examples of each training set; 0: the pool's / sets"),
    DSC_PARAM_INTEGER(struct hyperparameters, pool, "0", 0, 10000000,
                      "how many training examples of the data set are used, the first ones; 0: all"),
    DSC_PARAM_INTEGER(struct hyperparameters, test, "0", 0, 10000000,
                      "how many test examples are used, the first ones; 0: all"),
    DSC_PARAM_INTEGER(struct hyperparameters, epochs, "250", 1, 1000000, "passes over the training set"),
    DSC_PARAM_REAL(struct hyperparameters, squared_lr, "0.2", 1e-9, 1e3,
                   "learning rate of the mean squared loss, a tenth of it in the second half"),
    DSC_PARAM_REAL(struct hyperparameters, cross_entropy_lr, "0.1", 1e-9, 1e3,
                   "the same of the cross-entropy"),
    DSC_PARAM_REAL(struct hyperparameters, momentum, "0.9", 0, 0.999999, "momentum"),
    DSC_PARAM_REAL(struct hyperparameters, decay, "0", 0, 1, "L2 penalty, times w / 2 squared"),
    DSC_PARAM_INTEGER(struct hyperparameters, batch, "128", 1, 100000, "examples per step"),
    DSC_PARAM_CHOICE(struct hyperparameters, test_labels, "noisy", "noisy|clean",
                     "whether test labels have the training labels' noise, in probability"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = { .name = "scheme",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, scheme, int64_t),
                 .value = "fresh,splits",
                 .choices = "fresh|splits",
                 .help = "new training sets (of files: overlapping draws), or disjoint parts of one" },
      .units = "1",
      .long_name = "training sets" },
    { .param = DSC_PARAM_REAL(struct hyperparameters, label_noise, "0,0.15", 0, 1,
                              "fraction of labels that are redrawn"),
      .units = "fraction",
      .long_name = "label noise" },
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, width, "4,8,16,32,64,128,256", 1, 16384,
                                 "units in each hidden layer"),
      .units = "1",
      .long_name = "width" },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "squared_error", "1", "squared error of a test example, summed over classes", NULL },
    { "squared_noise", "1", "of it: noise of the label", NULL },
    { "squared_bias", "1", "of it: bias^2, unbiased estimate", NULL },
    { "squared_variance", "1", "of it: variance, unbiased estimate", NULL },
    { "squared_optimisation", "1", "of the variance: by initialisation and order, unbiased estimate", NULL },
    { "squared_sampling", "1", "of the variance: by the training set, unbiased estimate", NULL },
    { "squared_plugin_bias", "1", "bias^2 as if the drawn networks were all", NULL },
    { "squared_plugin_variance", "1", "variance as if the drawn networks were all", NULL },
    { "squared_plugin_optimisation", "1", "E_S Var_O as if the drawn networks were all", NULL },
    { "squared_plugin_sampling", "1", "Var_S E_O as if the drawn networks were all", NULL },
    { "squared_residual", "1", "error - noise - plug-in bias^2 - plug-in variance", NULL },
    { "total_variance_residual", "1", "plug-in variance - plug-in E_S Var_O - plug-in Var_S E_O", NULL },
    { "zero_one_error", "1", "fraction of test examples in the wrong class", NULL },
    { "zero_one_noise", "1", "probability that the label is not the most probable one", NULL },
    { "zero_one_noise_effect", "1", "of the error: the noise's part c1 N (Domingos)", NULL },
    { "zero_one_bias", "1", "of the error: fraction whose most frequent prediction is wrong", NULL },
    { "zero_one_net_variance", "1", "of the error: the variance's part c2 V (Domingos)", NULL },
    { "zero_one_variance", "1", "probability that a prediction is not the most frequent one", NULL },
    { "zero_one_residual", "1", "error - noise effect - bias - net variance", NULL },
    { "cross_entropy_error", "nat", "cross-entropy of a test example", NULL },
    { "cross_entropy_noise", "nat", "of it: entropy of the label", NULL },
    { "cross_entropy_bias", "nat", "of it: KL(label || mean network)", NULL },
    { "cross_entropy_variance", "nat", "of it: E KL(mean network || network)", NULL },
    { "cross_entropy_residual", "nat", "error - noise - bias - variance", NULL },
    { "train_error", "1", "fraction of training examples in the wrong class (squared loss)", NULL },
    { "cross_entropy_train_error", "1", "the same of the networks trained with cross-entropy", NULL },
    { "parameters", "1", "number of parameters", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "scheme=fresh label_noise=0.15 width=4,16,64,128,256 seeds=1",
      "one scheme, one level of noise, one seed: seconds" },
    { "default", "seeds=3", "both schemes, with and without noise: minutes" },
    { "paper",
      "layers=1 width=2,4,8,16,32,64,128,256,512 epochs=200 squared_lr=0.1 decay=0.0005 test_labels=clean "
      "seeds=3",
      "the published training and test labels: hours on MNIST" },
    { 0 },
};

static void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    const struct hyperparameters *k = hyperparameters;
    pool *shared = dsc_scope_alloc(scope, 1, sizeof *shared);
    if (!shared)
        return NULL;
    *shared = pool_read(scope, dsc_plan_data(plan), directory, (size_t)k->pool, (size_t)k->test);
    return shared;
}

enum { SQUARED = 0, CROSS_ENTROPY, LOSSES };

/* A cell at work. */
struct work {
    dsc_cell *cell;
    const pool *data;
    const struct hyperparameters *hyperparameters;
    double *predictions[LOSSES]; /* models x test examples x classes: outputs, log-probabilities */
    double train_error[LOSSES], parameters;
    size_t trained, models; /* of all losses */
};

static void log_softmax(const float *logits, double *dst)
{
    double largest = -INFINITY, sum = 0;
    for (size_t c = 0; c < CLASSES; c++)
        largest = (double)logits[c] > largest ? (double)logits[c] : largest;
    for (size_t c = 0; c < CLASSES; c++)
        sum += exp((double)logits[c] - largest);
    for (size_t c = 0; c < CLASSES; c++)
        dst[c] = (double)logits[c] - largest - log(sum);
}

static double error_rate(dsc_scope *scope, dsc_model *model, const dsc_node *scores, const dsc_examples *data)
{
    const float *values = dsc_predict(scope, model, scores, data);
    return values
               ? 1 - dsc_classify(scope, values, dsc_examples_labels(data), data->count, CLASSES, 1).accuracy
               : (double)NAN;
}

static dsc_node *network(dsc_scope *scope, const struct hyperparameters *k, size_t inputs)
{
    const size_t width = (size_t)k->width, hidden[] = { width, k->layers > 1 ? width : 0, 0 };
    return dsc_mlp(scope, &(dsc_mlp_spec){ .inputs = inputs, .hidden = hidden, .outputs = CLASSES });
}

static dsc_cell_training training_of(const struct hyperparameters *k, int loss_kind)
{
    const int64_t half = (k->epochs + 1) / 2;
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch },
        .fit = { .optimizer = { .kind = k->momentum > 0 ? DSC_OPTIMIZER_MOMENTUM
                                                        : DSC_OPTIMIZER_SGD, /* 0 would be the default */
                                .lr = loss_kind == SQUARED ? k->squared_lr : k->cross_entropy_lr,
                                .momentum = k->momentum,
                                .weight_decay = k->decay,
                                .schedule = { .kind = DSC_SCHEDULE_STEPWISE,
                                              .by_epoch = true,
                                              .factor = 0.1,
                                              .period = (double)half } },
                 .epochs = (size_t)k->epochs },
    };
}

static dsc_node *loss_of(dsc_node *scores, dsc_scope *scope, int loss_kind)
{
    return loss_kind == SQUARED
               ? dsc_squared_loss(scores, dsc_targets(scope, &(dsc_input_spec){ .shape = { CLASSES } }))
               : dsc_softmax_cross_entropy(scores, dsc_labels(scope, CLASSES));
}

/* Trains one network in a scope whose seed is its own and keeps what it says about the test set. */
static void train(dsc_scope *scope, struct work *w, int loss_kind, const dsc_examples *train,
                  size_t model_index)
{
    const pool *data = w->data;
    dsc_node *scores = network(scope, w->hyperparameters, dsc_examples_column(train, "input")->width);
    dsc_cell_training training = training_of(w->hyperparameters, loss_kind);
    training.progress = (double)w->trained / (double)w->models;
    training.progress_share = 1 / (double)w->models;
    dsc_model *model = dsc_cell_train(w->cell, loss_of(scores, scope, loss_kind), train, &training);
    const float *outputs_at = dsc_predict(scope, model, scores, &data->test);
    const double train_error = error_rate(scope, model, scores, train);
    if (!outputs_at || dsc_scope_status(scope) != DSC_OK)
        return;
    double *dst = w->predictions[loss_kind] + model_index * data->test.count * CLASSES;
    for (size_t i = 0; i < data->test.count * CLASSES; i++)
        dst[i] = (double)outputs_at[i];
    for (size_t i = 0; loss_kind == CROSS_ENTROPY && i < data->test.count; i++)
        log_softmax(outputs_at + i * CLASSES, dst + i * CLASSES);
    w->train_error[loss_kind] += LOSSES * train_error / (double)w->models;
    w->parameters = (double)dsc_model_parameter_count(model);
}

/* All networks of one training set. False: stopped or failed. */
static bool train_on(struct work *w, size_t set)
{
    const struct hyperparameters *k = w->hyperparameters;
    const uint64_t seed = dsc_cell_seed(w->cell);
    dsc_scope *scope = dsc_cell_scope(w->cell), *data_scope = dsc_scope_open(NULL);
    const dsc_examples examples = training_set_make(
        data_scope, w->data, seed,
        &(training_set_spec){ (scheme)k->scheme, set, (size_t)k->sets, (size_t)k->examples, k->label_noise });
    bool going = dsc_scope_adopt_error(scope, data_scope) == DSC_OK;
    for (size_t init = 0; going && init < (size_t)k->inits; init++)
        for (int loss = 0; going && loss < LOSSES; loss++) {
            const size_t model = set * (size_t)k->inits + init;
            const uint64_t own = dsc_rng_bits(dsc_rng_make(seed, DSC_STREAM_INIT), (uint32_t)loss, model);
            dsc_scope *model_scope = dsc_scope_open_within(scope, own);
            train(model_scope, w, loss, &examples, model);
            going = dsc_scope_adopt_error(scope, model_scope) == DSC_OK;
            dsc_scope_close(&model_scope);
            w->trained++;
            going = going && dsc_cell_progress(w->cell, (double)w->trained / (double)w->models);
        }
    dsc_scope_close(&data_scope);
    return going;
}

static void put_squared(dsc_cell *cell, const class_decomposition *d)
{
    dsc_put(cell, "squared_error", d->squared.error);
    dsc_put(cell, "squared_noise", d->noise);
    dsc_put(cell, "squared_bias", d->squared.bias);
    dsc_put(cell, "squared_variance", d->squared.variance);
    dsc_put(cell, "squared_optimisation", d->squared.optimization);
    dsc_put(cell, "squared_sampling", d->squared.sampling);
    dsc_put(cell, "squared_plugin_bias", d->squared.plugin_bias);
    dsc_put(cell, "squared_plugin_variance", d->squared.plugin_variance);
    dsc_put(cell, "squared_plugin_optimisation", d->squared.plugin_optimization);
    dsc_put(cell, "squared_plugin_sampling", d->squared.plugin_sampling);
    dsc_put(cell, "squared_residual", d->squared.residual);
    dsc_put(cell, "total_variance_residual", d->squared.total_residual);
}

static void put_zero_one(dsc_cell *cell, const zero_one_decomposition *d)
{
    dsc_put(cell, "zero_one_error", d->error);
    dsc_put(cell, "zero_one_noise", d->noise);
    dsc_put(cell, "zero_one_noise_effect", d->noise_effect);
    dsc_put(cell, "zero_one_bias", d->bias);
    dsc_put(cell, "zero_one_net_variance", d->net_variance);
    dsc_put(cell, "zero_one_variance", d->variance);
    dsc_put(cell, "zero_one_residual", d->residual);
}

static void put_cross_entropy(dsc_cell *cell, const cross_entropy_decomposition *d)
{
    dsc_put(cell, "cross_entropy_error", d->error);
    dsc_put(cell, "cross_entropy_noise", d->noise);
    dsc_put(cell, "cross_entropy_bias", d->bias);
    dsc_put(cell, "cross_entropy_variance", d->variance);
    dsc_put(cell, "cross_entropy_residual", d->residual);
}

static void put_all(const struct work *w)
{
    const struct hyperparameters *k = w->hyperparameters;
    dsc_cell *cell = w->cell;
    const double noise = strcmp(k->test_labels, "clean") == 0 ? 0 : k->label_noise;
    const double *labels = label_probabilities(dsc_cell_scope(cell), &w->data->test, noise);
    if (!labels)
        return;
    replicates r = { (size_t)k->sets, (size_t)k->inits, w->data->test.count, CLASSES,
                     w->predictions[SQUARED] };
    const class_decomposition squared = decompose_classes(&r, labels);
    const zero_one_decomposition zero_one = decompose_zero_one(&r, labels);
    r.values = w->predictions[CROSS_ENTROPY];
    const cross_entropy_decomposition cross_entropy = decompose_cross_entropy(&r, labels);
    put_squared(cell, &squared);
    put_zero_one(cell, &zero_one);
    put_cross_entropy(cell, &cross_entropy);
    dsc_put(cell, "train_error", w->train_error[SQUARED]);
    dsc_put(cell, "cross_entropy_train_error", w->train_error[CROSS_ENTROPY]);
    dsc_put(cell, "parameters", w->parameters);
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    struct work w = { .cell = cell, .data = dsc_cell_shared(cell), .hyperparameters = k };
    const size_t models = (size_t)(k->sets * k->inits);
    w.models = LOSSES * models;
    for (int loss = 0; loss < LOSSES; loss++)
        w.predictions[loss] = dsc_scope_alloc(dsc_cell_scope(cell), models * w.data->test.count * CLASSES,
                                              sizeof *w.predictions[loss]);
    for (size_t set = 0; set < (size_t)k->sets; set++)
        if (!w.predictions[SQUARED] || !w.predictions[CROSS_ENTROPY] || !train_on(&w, set))
            return;
    put_all(&w);
}

static bool of_images(const struct hyperparameters *k)
{
    return strcmp(k->dataset, "mnist") == 0 || strcmp(k->dataset, "fashion-mnist") == 0;
}

static size_t examples_of(const struct hyperparameters *k)
{
    const size_t whole = k->pool ? (size_t)k->pool : of_images(k) ? 60000 : 4000;
    return k->examples ? (size_t)k->examples : whole / (size_t)k->sets;
}

/* Networks are trained one after the other, each in a scope of its own; beside them lie a training set, three
   times while it is made, and the predictions of all. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct hyperparameters *k = hyperparameters;
    const size_t inputs = of_images(k) ? 784 : 40, examples = examples_of(k);
    const size_t tests = k->test ? (size_t)k->test : of_images(k) ? 10000 : 1000;
    const double networks = (double)(k->sets * k->inits);
    dsc_cost all = { .bytes = 4 * 3 * (double)inputs * (double)examples +
                              8 * LOSSES * CLASSES * (double)tests * networks };
    for (int kind = 0; kind < LOSSES; kind++) {
        const dsc_cell_training training = training_of(k, kind);
        dsc_node *loss = loss_of(network(scope, k, inputs), scope, kind);
        const dsc_cost one = dsc_train_cost(plan, loss, examples, &training);
        all.flops += networks * (one.flops + dsc_evaluate_cost(loss, tests + examples).flops);
        all.bytes += kind == SQUARED ? one.bytes : 0;
    }
    return all;
}

#define YANG         "Yang et al., ICML 2020"
#define YANG_SETTING "perceptrons and ResNets, MNIST and CIFAR-10"
#define WIDTHS       "width=4,16,64,128,256"

/* Of the seeds' medians: where the variance is largest. */
#define UNIMODAL(sentence, place)                                                                            \
    {                                                                                                        \
        .text = sentence, .needs = WIDTHS, .expected = "between the ends",                                   \
        .measured = { .output = "squared_variance", .where = place, .statistic = DSC_STATISTIC_ARGMAX },     \
        .units = "units", .pooled = true, .low = 16, .high = 128                                             \
    }

/* Of the seeds' medians: the largest rise of the bias beside its range. */
#define FALLING_BIAS(sentence, place)                                                                        \
    {                                                                                                        \
        .text = sentence, .setting = YANG_SETTING "; largest rise, of the range", .needs = WIDTHS,           \
        .expected = "monotone",                                                                              \
        .measured = { .output = "squared_bias", .where = place, .statistic = DSC_STATISTIC_RISE },           \
        .against = { .output = "squared_bias", .where = place, .statistic = DSC_STATISTIC_RANGE },           \
        .relation = DSC_RELATION_RATIO, .scale = 100, .units = "%", .pooled = true, .low = 0, .high = 5      \
    }

static const dsc_claims claims[] = {
    { .source = YANG,
      .setting = YANG_SETTING,
      .claims = DSC_CLAIMS(
          UNIMODAL(
              "With noisy labels the variance rises and falls: it is largest at a width between the ends",
              "scheme=fresh label_noise=0.15"),
          UNIMODAL("So it does with clean labels", "scheme=fresh label_noise=0"),
          UNIMODAL("And with disjoint splits of one training set", "scheme=splits label_noise=0.15"),
          FALLING_BIAS("With noisy labels the bias falls with the width", "scheme=fresh label_noise=0.15"),
          FALLING_BIAS("With clean labels the bias falls with the width", "scheme=fresh label_noise=0"),
          { .text = "With noisy labels the widest networks err less than those at the peak of the variance",
            .needs = WIDTHS,
            .expected = "the second descent",
            .measured = { .output = "squared_error", .where = "scheme=fresh label_noise=0.15 width=256" },
            .against = { .output = "squared_error", .where = "scheme=fresh label_noise=0.15 width=128" },
            .low = -INFINITY,
            .high = 0,
            .standard_errors = -2 }) },
    { .source = "Neal et al., arXiv 1810.08591",
      .setting = "perceptrons on MNIST; here 256 units beside 64",
      .claims = DSC_CLAIMS(
          { .text = "In wide networks the variance by initialisation and order falls with the width",
            .needs = WIDTHS,
            .expected = "falls",
            .measured = { .output = "squared_optimisation",
                          .where = "scheme=fresh label_noise=0.15 width=256" },
            .against = { .output = "squared_optimisation",
                         .where = "scheme=fresh label_noise=0.15 width=64" },
            .low = -INFINITY,
            .high = 0,
            .standard_errors = -2 }) },
    { .source = "algebra",
      .setting = "any models; largest difference",
      .claims = DSC_CLAIMS(
          IDENTITY("Squared error is noise + bias^2 + variance", "squared_residual"),
          IDENTITY("The variance is E Var by optimisation + Var by sampling", "total_variance_residual"),
          IDENTITY("Zero-one error is c1 N + B + c2 V", "zero_one_residual"),
          IDENTITY("Cross-entropy is entropy + KL to the mean network + E KL from it",
                   "cross_entropy_residual")) },
    { .source = NULL },
};

const dsc_case bias_variance_width = {
    .name = "width",
    .summary = "Squared, zero-one and cross-entropy error of perceptrons over their width",
    .reference = "Yang et al., ICML 2020; Neal et al., arXiv 1810.08591; Domingos, ICML 2000",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 3,
    .uses_data = true,
    .data_choice = "dataset",
    .prepare = prepare,
    .run = run,
    .cost = cost,
    .figures = width_figures,
    .claims = claims,
};
