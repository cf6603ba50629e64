/* networks.c - networks on MNIST-1D with noisy labels: perceptrons over width (mlp) and over training time
 * (epochs), convolutional networks over width (cnn).
 *
 * The setting of the published notebook (Greydanus and Kobak, ICML 2024): 4000 training and 12000 test
 * examples, a 40-h-h-10 ReLU network with PyTorch's default initialisation, SGD with learning rate 0.01 and
 * momentum 0.9, batches of 100, 500 epochs, cross-entropy. The convolutional network has three layers of c
 * channels, windows of 5, 3 and 3, stride 2 and padding 1, ReLU, then 5 c to 10. */
#include "double_descent.h"

#include <math.h>

enum { INPUTS = 40, CLASSES = 10 };

struct hyperparameters {
    int64_t width, epochs, batch, samples, data_seed;
    double label_noise, lr, momentum;
};

#define COMMON_PARAMS                                                                                        \
    DSC_PARAM_INTEGER(struct hyperparameters, epochs, "500", 1, 1000000, "passes over the training set"),    \
        DSC_PARAM_REAL(struct hyperparameters, lr, "0.01", 1e-9, 1e3, "learning rate"),                      \
        DSC_PARAM_REAL(struct hyperparameters, momentum, "0.9", 0, 0.999999, "momentum"),                    \
        DSC_PARAM_INTEGER(struct hyperparameters, batch, "100", 1, 100000, "examples per step"),             \
        DSC_PARAM_INTEGER(struct hyperparameters, samples, "16000", 40, 1000000,                             \
                          "examples in all; a quarter are for training"),                                    \
        DSC_PARAM_INTEGER(struct hyperparameters, data_seed, "42", 0, 4294967295,                            \
                          "seed of the data generator")

static const dsc_param mlp_params[] = { COMMON_PARAMS, { 0 } };

static const dsc_param epochs_params[] = {
    COMMON_PARAMS,
    DSC_PARAM_REAL(struct hyperparameters, label_noise, "0.15", 0, 1,
                   "fraction of training labels that are redrawn"),
    { 0 },
};

#define WIDTH_AXIS(default_list)                                                                             \
    {                                                                                                        \
        .param = DSC_PARAM_INTEGER(struct hyperparameters, width, default_list, 1, 8192,                     \
                                   "units h in each hidden layer"),                                          \
        .units = "1", .long_name = "width h"                                                                 \
    }

static const dsc_axis mlp_axes[] = {
    { .param = DSC_PARAM_REAL(struct hyperparameters, label_noise, "0,0.15", 0, 1,
                              "fraction of training labels that are redrawn"),
      .units = "fraction",
      .long_name = "label noise" },
    WIDTH_AXIS("2,3,4,5,7,9,12,16,21,27,36,47,61,80,104,135,177,230,300"),
    { .param = { 0 } },
};

static const dsc_axis cnn_axes[] = {
    { .param = DSC_PARAM_REAL(struct hyperparameters, label_noise, "0.15", 0, 1,
                              "fraction of training labels that are redrawn"),
      .units = "fraction",
      .long_name = "label noise" },
    { .param =
          DSC_PARAM_INTEGER(struct hyperparameters, width, "2,4,6,8,10,12,14,16,18,20,24,30,40,50,65,80,100",
                            1, 1024, "channels c of each convolutional layer"),
      .units = "1",
      .long_name = "channels c" },
    { .param = { 0 } },
};

/* 1, 2, 3, 5, 7, 10, 15, 20, ... up to the last epoch. */
static size_t default_epochs(const void *hyperparameters, double *values, size_t capacity)
{
    static const double steps[] = { 1, 1.5, 2, 3, 5, 7 };
    const struct hyperparameters *k = hyperparameters;
    const double last = (double)k->epochs;
    size_t count = 0;
    for (double decade = 1; decade < last; decade *= 10)
        for (size_t i = 0; i < COUNT(steps) && count + 1 < capacity; i++) {
            const double epoch = decade * steps[i];
            if (epoch < last && epoch == floor(epoch))
                values[count++] = epoch;
        }
    values[count++] = last;
    return count;
}

static const dsc_axis epochs_axes[] = {
    WIDTH_AXIS("12,47,300"),
    { .param = { .name = "epoch",
                 .kind = DSC_KIND_INTEGER,
                 .value = "1..epochs",
                 .min = 1,
                 .max = 1000000,
                 .help = "epochs after which the errors are measured" },
      .units = "1",
      .long_name = "epoch",
      .inner = true,
      .derive = default_epochs },
    { .param = { 0 } },
};

#define ERRORS(inner_axis)                                                                                   \
    { "test_error", "1", "fraction of test examples in the wrong class", inner_axis },                       \
        { "train_error", "1", "fraction of training examples in the wrong class", inner_axis },              \
        { "test_loss", "nat", "mean cross-entropy on the test set", inner_axis },                            \
        { "train_loss", "nat", "mean cross-entropy on the training set", inner_axis },                       \
    {                                                                                                        \
        "coefficient_norm", "1", "Euclidean norm of all parameters", inner_axis                              \
    }

static const dsc_output mlp_outputs[] = {
    ERRORS(NULL),
    { "parameters", "1", "number of parameters", NULL },
    { 0 },
};

static const dsc_output epochs_outputs[] = { ERRORS("epoch"), { 0 } };

static const dsc_preset mlp_presets[] = {
    { "quick", "label_noise=0.15 width=4,9,16,27,36,47,61,80,104,135 seeds=3", "one noise level: seconds" },
    { "default", "seeds=3", "the published sweep, 3 seeds, both noise levels: a minute" },
    { "paper", "seeds=5", "the published sweep, 5 seeds: two minutes" },
    { 0 },
};

static const dsc_preset cnn_presets[] = {
    { "quick", "width=4,10,18 epochs=100 seeds=1", "three widths, too short for the peak: seconds" },
    { "default", "seeds=3", "17 widths, 3 seeds: minutes" },
    { "paper", "width=2..10,12,14,16,18,20,22,24,27,30,35,40,45,50,55,60,65,70,80,90,100 seeds=5",
      "the published sweep, 5 seeds" },
    { 0 },
};

static const dsc_preset epochs_presets[] = {
    { "quick", "width=12,47,135 epochs=200 seeds=3", "seconds" },
    { "default", "seeds=3", "three widths, 500 epochs" },
    { "paper", "epochs=4000 seeds=5", "eight times longer: minutes" },
    { 0 },
};

/* What all cells read: the test set, and the training set once for each level of label noise, which share
 * their x. */
struct shared {
    dsc_examples test;
    size_t level_count;
    const double *levels;
    dsc_examples *train;
};

static void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    (void)directory;
    const struct hyperparameters *k = hyperparameters;
    struct shared *shared = dsc_scope_alloc(scope, 1, sizeof *shared);
    if (!shared)
        return NULL;
    shared->levels = dsc_plan_axis(plan, "label_noise", &shared->level_count);
    if (!shared->levels) { /* a parameter instead of an axis */
        shared->levels = &k->label_noise;
        shared->level_count = 1;
    }
    shared->train = dsc_scope_alloc(scope, shared->level_count, sizeof *shared->train);
    for (size_t i = 0; shared->train && i < shared->level_count; i++) {
        const dsc_split split =
            dsc_mnist1d(scope, &(dsc_mnist1d_options){ .samples = (size_t)k->samples,
                                                       .train_fraction = 0.25,
                                                       .seed = (uint32_t)k->data_seed,
                                                       .label_noise = shared->levels[i] });
        if (i == 0) {
            shared->train[i] = dsc_examples_from(scope, &split.train);
            shared->test = dsc_examples_from(scope, &split.test);
        } else {
            const dsc_column labels = { "labels", 1, .i32 = split.train.labels };
            shared->train[i] = dsc_examples_with(scope, &shared->train[0], &labels);
        }
    }
    return shared;
}

static dsc_examples training_set(const struct shared *shared, double label_noise)
{
    size_t level = 0;
    while (level + 1 < shared->level_count && shared->levels[level] != label_noise)
        level++;
    return shared->train[level];
}

/* The logits of a network of some width. */
typedef dsc_node *network_fn(dsc_scope *scope, size_t width);

static dsc_node *perceptron(dsc_scope *scope, size_t width)
{
    const size_t hidden[] = { width, width, 0 };
    return dsc_mlp(scope, &(dsc_mlp_spec){ .inputs = INPUTS, .hidden = hidden, .outputs = CLASSES });
}

static dsc_node *convolutional(dsc_scope *scope, size_t channels)
{
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS, 1 } });
    h = dsc_relu(dsc_conv1d(h, channels, .kernel = 5, .stride = 2, .pad = 1));
    for (int layer = 0; layer < 2; layer++)
        h = dsc_relu(dsc_conv1d(h, channels, .kernel = 3, .stride = 2, .pad = 1));
    return dsc_dense(h, CLASSES);
}

static dsc_node *loss_of(dsc_scope *scope, network_fn *network, const struct hyperparameters *k)
{
    return dsc_softmax_cross_entropy(network(scope, (size_t)k->width), dsc_labels(scope, CLASSES));
}

static dsc_cell_training training_of(const struct hyperparameters *k)
{
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch },
        .fit = { .optimizer = { .kind = k->momentum > 0 ? DSC_OPTIMIZER_MOMENTUM
                                                        : DSC_OPTIMIZER_SGD, /* 0 would be the default */
                                .lr = k->lr,
                                .momentum = k->momentum },
                 .epochs = (size_t)k->epochs },
    };
}

static double parameter_norm(dsc_model *model)
{
    size_t count;
    const float *parameters = dsc_model_parameters(model, &count);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)parameters[i] * parameters[i];
    return sqrt(sum);
}

enum { CELL = -1 };

/* Leaves a number: the cell's only one, or that of a point along the epochs. */
static void put(dsc_cell *cell, size_t at, const char *output, double value)
{
    if (at == (size_t)CELL)
        dsc_put(cell, output, value);
    else
        dsc_put_at(cell, output, at, value);
}

static void measure(dsc_cell *cell, dsc_model *model, size_t at, void *user)
{
    (void)user;
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    const dsc_examples train = training_set(shared, k->label_noise);
    const dsc_metrics on_test = dsc_evaluate(model, &shared->test), on_train = dsc_evaluate(model, &train);
    put(cell, at, "test_error", on_test.error_rate);
    put(cell, at, "train_error", on_train.error_rate);
    put(cell, at, "test_loss", on_test.loss);
    put(cell, at, "train_loss", on_train.loss);
    put(cell, at, "coefficient_norm", parameter_norm(model));
}

static dsc_model *train(dsc_cell *cell, network_fn *network, const dsc_cell_training *training)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const dsc_examples train = training_set(dsc_cell_shared(cell), k->label_noise);
    return dsc_cell_train(cell, loss_of(dsc_cell_scope(cell), network, k), &train, training);
}

/* Trains one network and measures it at the end. */
static void run_width(dsc_cell *cell, network_fn *network)
{
    const dsc_cell_training training = training_of(dsc_cell_hyperparameters(cell));
    dsc_model *model = train(cell, network, &training);
    measure(cell, model, (size_t)CELL, NULL);
    dsc_put(cell, "parameters", (double)dsc_model_parameter_count(model));
}

static void run_mlp(dsc_cell *cell)
{
    run_width(cell, perceptron);
}

static void run_cnn(dsc_cell *cell)
{
    run_width(cell, convolutional);
}

static void run_epochs(dsc_cell *cell)
{
    dsc_cell_training training = training_of(dsc_cell_hyperparameters(cell));
    training.measure = measure;
    training.axis = "epoch";
    train(cell, perceptron, &training);
}

static dsc_cost cost_of(dsc_scope *scope, const dsc_plan *plan, network_fn *network,
                        const struct hyperparameters *k)
{
    const dsc_cell_training training = training_of(k);
    const size_t examples = (size_t)k->samples / 4;
    dsc_node *loss = loss_of(scope, network, k);
    dsc_cost cost = dsc_train_cost(plan, loss, examples, &training);
    size_t points = 0;
    const bool along = dsc_plan_axis(plan, "epoch", &points);
    cost.flops += (double)(along ? points : 1) * dsc_evaluate_cost(loss, (size_t)k->samples).flops;
    return cost;
}

static dsc_cost mlp_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    return cost_of(scope, plan, perceptron, hyperparameters);
}

static dsc_cost cnn_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    return cost_of(scope, plan, convolutional, hyperparameters);
}

/* The notebook's single runs: test error in percent over width, with labels as they are and with 15 %
 * redrawn. */
static const dsc_series published_clean = {
    .label = "published, one run",
    .style = DSC_SERIES_PUBLISHED,
    .where = "label_noise=0",
    .reference_count = 7,
    .reference_x = { 9, 27, 36, 47, 80, 135, 300 },
    .reference_y = { 49.3, 41.0, 41.7, 41.0, 39.6, 38.6, 37.3 },
};
static const dsc_series published_noisy = {
    .label = "published, one run",
    .style = DSC_SERIES_PUBLISHED,
    .where = "label_noise=0.15",
    .reference_count = 16,
    .reference_x = { 2, 4, 9, 12, 16, 21, 27, 36, 47, 61, 80, 104, 135, 177, 230, 300 },
    .reference_y = { 69.6, 62.6, 49.0, 50.3, 47.2, 50.8, 50.7, 52.8, 54.05, 54.02, 52.1, 50.2, 48.4, 47.9,
                     46.5, 45.5 },
};

static const dsc_series published_cnn = {
    .label = "published, one run",
    .style = DSC_SERIES_PUBLISHED,
    .where = "label_noise=0.15",
    .reference_count = 9,
    .reference_x = { 4, 8, 10, 14, 18, 24, 30, 50, 65 },
    .reference_y = { 35.8, 22.0, 19.6, 27.7, 33.8, 32.0, 29.8, 28.7, 28.1 },
};

/* A network of this kind has no exact threshold: it is where training first fits (nearly) every label. */
static const dsc_mark fitted = { .label = THRESHOLD_LABEL, .output = "train_error", .below = 0.005 };

static size_t mlp_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Double descent of a perceptron on MNIST-1D",
        .x = "width",
        .x_label = "width h of both hidden layers",
        .y_label = "error (%)",
        .log_x = true,
        .y_scale = 100,
        .panels = "label_noise",
        .series = { { .output = "test_error", .label = "test error" },
                    { .output = "train_error", .label = "train error" },
                    published_clean,
                    published_noisy },
        .marks = { fitted },
    };
    return 1;
}

static size_t cnn_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Double descent of a convolutional network on MNIST-1D",
        .x = "width",
        .x_label = "channels c of the three convolutions",
        .y_label = "error (%)",
        .log_x = true,
        .y_scale = 100,
        .panels = "label_noise",
        .series = { { .output = "test_error", .label = "test error" },
                    { .output = "train_error", .label = "train error" },
                    published_cnn },
        .marks = { fitted },
    };
    return 1;
}

static size_t epochs_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Error over training time, MNIST-1D with noisy labels",
        .x = "epoch",
        .x_label = "epoch",
        .y_label = "error (%)",
        .log_x = true,
        .y_scale = 100,
        .panels = "width",
        .series = { { .output = "test_error", .label = "test error" },
                    { .output = "train_error", .label = "train error" } },
        .marks = { fitted },
    };
    return 1;
}

#define NOTEBOOK "Greydanus and Kobak 2024, notebook"
#define AS_THERE "epochs=500 samples=16000 lr=0.01 momentum=0.9 batch=100 "
#define NOISY    "one run, 500 epochs, 15 % label noise"

static const dsc_claims mlp_claims[] = {
    { .source = NOTEBOOK,
      .setting = NOISY,
      .claims =
          DSC_CLAIMS({ .text = "With noisy labels the test error peaks where training first fits every label",
                       .expected = "54 % at h = 47 and 61",
                       .needs = AS_THERE "label_noise=0.15 width=36,47,61,80",
                       .measured = { .output = "test_error",
                                     .where = "label_noise=0.15 width=36..80",
                                     .statistic = DSC_STATISTIC_MAXIMUM },
                       .scale = 100,
                       .units = "%",
                       .low = 52.5,
                       .high = 57 },
                     { .text = "A wide network does far better",
                       .expected = "45.5 % at h = 300",
                       .needs = AS_THERE,
                       .measured = { .output = "test_error", .where = "label_noise=0.15 width=300" },
                       .scale = 100,
                       .units = "%",
                       .low = 44.5,
                       .high = 48 },
                     { .text = "From the peak to the widest network the error falls",
                       .expected = "8.5 points",
                       .needs = AS_THERE "width=36,47,61,80",
                       .measured = { .output = "test_error",
                                     .where = "label_noise=0.15 width=36..80",
                                     .statistic = DSC_STATISTIC_MAXIMUM },
                       .against = { .output = "test_error", .where = "label_noise=0.15 width=300" },
                       .scale = 100,
                       .units = "points",
                       .low = 6,
                       .high = INFINITY },
                     { .text = "Wide networks fit every noisy label",
                       .expected = "0 from h = 61 on",
                       .needs = AS_THERE,
                       .measured = { .output = "train_error",
                                     .where = "label_noise=0.15 width=80..",
                                     .statistic = DSC_STATISTIC_MAXIMUM },
                       .scale = 100,
                       .units = "%",
                       .low = 0,
                       .high = 0.1 },
                     { .text = "With clean labels a wide network is best",
                       .setting = "one run, 500 epochs, no label noise",
                       .expected = "37.3 % at h = 300",
                       .needs = AS_THERE "label_noise=0",
                       .measured = { .output = "test_error", .where = "label_noise=0 width=300" },
                       .scale = 100,
                       .units = "%",
                       .low = 35.5,
                       .high = 39 }) },
    { .source = NULL },
};

static const dsc_claims cnn_claims[] = {
    { .source = NOTEBOOK,
      .setting = NOISY,
      .claims = DSC_CLAIMS({ .text = "The test error has its minimum at few channels",
                             .expected = "19.6 % at c = 10",
                             .needs = AS_THERE "label_noise=0.15 width=8,10,12",
                             .measured = { .output = "test_error",
                                           .where = "label_noise=0.15 width=6..12",
                                           .statistic = DSC_STATISTIC_MINIMUM },
                             .scale = 100,
                             .units = "%",
                             .low = 18,
                             .high = 24 },
                           { .text = "It peaks where training first fits every label",
                             .expected = "33.8 % at c = 18",
                             .needs = AS_THERE "label_noise=0.15 width=16,18,20,24",
                             .measured = { .output = "test_error",
                                           .where = "label_noise=0.15 width=16..24",
                                           .statistic = DSC_STATISTIC_MAXIMUM },
                             .scale = 100,
                             .units = "%",
                             .low = 30,
                             .high = 36 },
                           { .text = "It falls again with more channels",
                             .expected = "28.1 % at c = 65",
                             .needs = AS_THERE,
                             .measured = { .output = "test_error", .where = "label_noise=0.15 width=60.." },
                             .scale = 100,
                             .units = "%",
                             .low = 26.5,
                             .high = 31 },
                           { .text = "The second descent does not come back to the first minimum",
                             .expected = "8.5 points above it",
                             .needs = AS_THERE "label_noise=0.15 width=8,10,12",
                             .measured = { .output = "test_error",
                                           .where = "label_noise=0.15 width=30..",
                                           .statistic = DSC_STATISTIC_MINIMUM },
                             .against = { .output = "test_error",
                                          .where = "label_noise=0.15 width=6..12",
                                          .statistic = DSC_STATISTIC_MINIMUM },
                             .scale = 100,
                             .units = "points",
                             .low = 3,
                             .high = INFINITY }) },
    { .source = NULL },
};

const dsc_case double_descent_mlp = {
    .name = "mlp",
    .summary = "Perceptrons on MNIST-1D over width, with and without label noise",
    .reference = "Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, ICML 2024",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = mlp_params,
    .axes = mlp_axes,
    .outputs = mlp_outputs,
    .presets = mlp_presets,
    .seeds = 3,
    .prepare = prepare,
    .run = run_mlp,
    .cost = mlp_cost,
    .figures = mlp_figures,
    .claims = mlp_claims,
};

const dsc_case double_descent_cnn = {
    .name = "cnn",
    .summary = "Convolutional networks on MNIST-1D over width, with label noise",
    .reference = "Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, ICML 2024",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = mlp_params,
    .axes = cnn_axes,
    .outputs = mlp_outputs,
    .presets = cnn_presets,
    .seeds = 3,
    .prepare = prepare,
    .run = run_cnn,
    .cost = cnn_cost,
    .figures = cnn_figures,
    .claims = cnn_claims,
};

#define BUMP_SETTING "ResNet18 on CIFAR-10, 20 % label noise; here a perceptron, 300 units"

static const dsc_claims epochs_claims[] = {
    { .source = "Nakkiran et al. 2019, figure 9",
      .setting = BUMP_SETTING,
      .claims = DSC_CLAIMS(
          { .text = "While a wide network learns noisy labels its test error rises again",
            .expected = "a peak",
            .needs = "label_noise=0.15 width=300",
            .measured = { .output = "test_error", .where = "width=300", .statistic = DSC_STATISTIC_RISE },
            .scale = 100,
            .units = "points",
            .pooled = true,
            .low = 1,
            .high = INFINITY },
          { .text = "Trained further, it falls again: the last epoch beside the worst after the rise",
            .expected = "a second descent",
            .needs = "label_noise=0.15 width=300",
            .measured = { .output = "test_error", .where = "width=300 epoch=last" },
            .against = { .output = "test_error",
                         .where = "width=300 epoch=50..",
                         .statistic = DSC_STATISTIC_MAXIMUM },
            .scale = 100,
            .units = "points",
            .low = -INFINITY,
            .high = -1 }) },
    { .source = NULL },
};

const dsc_case double_descent_epochs = {
    .name = "epochs",
    .summary = "The same over training time, for three widths",
    .reference = "Nakkiran et al., Deep Double Descent, arXiv 1912.02292",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = epochs_params,
    .axes = epochs_axes,
    .outputs = epochs_outputs,
    .presets = epochs_presets,
    .seeds = 3,
    .prepare = prepare,
    .run = run_epochs,
    .cost = mlp_cost,
    .figures = epochs_figures,
    .claims = epochs_claims,
};
