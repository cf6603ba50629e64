/* classify.c - convolutional and other networks on MNIST, Fashion-MNIST and CIFAR-10, or on generated
 * pictures. */
#include "image_classification.h"

#include <math.h>
#include <string.h>

enum { LOGISTIC = 0, MLP, LENET, CNN5, RESNET, INCEPTION, CLASSES = 10, EPOCHS_MAX = 1000 };

#define NETWORKS "logistic|mlp|lenet|cnn5|resnet-small|inception"

struct hyperparameters {
    int64_t network, epochs, batch, train, test, data_seed;
    const char *dataset, *augment, *schedule, *precision;
    double lr, decay;
};

static const dsc_param params[] = {
    DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|glyphs|mnist|fashion-mnist|cifar-10",
                     "data set; auto: the one whose files --data DIR has, generated glyphs without it"),
    DSC_PARAM_INTEGER(struct hyperparameters, epochs, "10", 1, EPOCHS_MAX, "passes over the training set"),
    DSC_PARAM_REAL(struct hyperparameters, lr, "0.001", 1e-9, 1e3, "learning rate of Adam"),
    DSC_PARAM_CHOICE(struct hyperparameters, schedule, "cosine", "cosine|constant",
                     "learning rate over the epochs: falling to 0 along half a cosine, or as it is"),
    DSC_PARAM_CHOICE(struct hyperparameters, precision, "fp32", "fp32|bf16",
                     "of activations and products; sums and parameters are always fp32"),
    DSC_PARAM_REAL(struct hyperparameters, decay, "0", 0, 1, "L2 penalty, times w / 2 squared"),
    DSC_PARAM_INTEGER(struct hyperparameters, batch, "128", 1, 100000, "examples per step"),
    DSC_PARAM_CHOICE(
        struct hyperparameters, augment, "none", "none|shift|flip",
        "none; shift: up to 2 pixels each way; flip: also left and right, crops of 4 pixels' padding"),
    DSC_PARAM_INTEGER(struct hyperparameters, train, "0", 0, 100000000,
                      "how many training examples are used, the first ones; 0: all"),
    DSC_PARAM_INTEGER(struct hyperparameters, test, "0", 0, 100000000,
                      "how many test examples are used, the first ones; 0: all"),
    DSC_PARAM_INTEGER(struct hyperparameters, data_seed, "1", 0, 4294967295, "seed of the generated glyphs"),
    { 0 },
};

static size_t default_epochs(const void *hyperparameters, double *values, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    size_t count = 0;
    while (count < (size_t)k->epochs && count < capacity) {
        values[count] = (double)count + 1;
        count++;
    }
    return count;
}

#define INNER(axis_name, list, high, text, label)                                                            \
    .param = { .name = (axis_name),                                                                          \
               .kind = DSC_KIND_INTEGER,                                                                     \
               .value = (list),                                                                              \
               .max = (high),                                                                                \
               .help = (text) },                                                                             \
    .units = "1", .long_name = (label), .inner = true

static const dsc_axis axes[] = {
    { .param = { .name = "network",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, network, int64_t),
                 .value = "lenet",
                 .choices = NETWORKS,
                 .help = "which network" },
      .units = "1",
      .long_name = "network" },
    { INNER("epoch", "1..epochs", EPOCHS_MAX,
            "epochs after which the errors are measured; 0: before training", "epoch"),
      .derive = default_epochs },
    { INNER("true_class", "0..9", CLASSES - 1, "true class", "true class"), .fixed = true, .classes = true },
    { INNER("predicted_class", "0..9", CLASSES - 1, "predicted class", "predicted class"), .fixed = true,
      .classes = true },
    { INNER("row", "0..131", PICTURE_SIDE - 1, "row of a picture", "row"), .fixed = true },
    { INNER("column", "0..131", PICTURE_SIDE - 1, "column of a picture", "column"), .fixed = true },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_error", "1", "fraction of test examples in the wrong class", "epoch" },
    { "train_error", "1", "fraction of (at most 10,000) training examples in the wrong class", "epoch" },
    { "test_loss", "nat", "mean cross-entropy on the test set", "epoch" },
    { "train_loss", "nat", "mean cross-entropy on (at most 10,000) training examples", "epoch" },
    { "confusion", "1", "fraction of a true class's test examples that are predicted as each class",
      "true_class predicted_class" },
    { "filters", "1", "the first convolution's filters, mean over their input channels, as tiles",
      "row column" },
    { "responses", "1", "an example and what the first convolution's filters make of it, each scaled to 0..1",
      "row column" },
    { "parameters", "1", "number of parameters", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "epochs=3 train=1500 test=500 seeds=1", "seconds" },
    { "default", "seeds=3", "10 epochs of LeNet, 3 seeds: seconds on glyphs, minutes on MNIST" },
    { "paper", "network=logistic,mlp,lenet,cnn5,resnet-small,inception epochs=20 seeds=3",
      "every network for 20 epochs: hours on MNIST" },
    { 0 },
};

struct shared {
    dsc_examples train, train_part, test;
    size_t height, width, channels;
};

enum { GLYPHS = 5000, PART = 10000 };

static dsc_dataset limited(dsc_scope *scope, const dsc_dataset *data, int64_t count)
{
    return count ? dsc_dataset_head(scope, data, (size_t)count) : *data;
}

static void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    const struct hyperparameters *k = hyperparameters;
    struct shared *shared = dsc_scope_alloc(scope, 1, sizeof *shared);
    const dsc_known_data *known = dsc_plan_data(plan);
    dsc_split split = { 0 };
    if (shared)
        split = known ? dsc_data_read(scope, known, directory)
                      : glyphs_make(scope, GLYPHS, (uint64_t)k->data_seed);
    if (dsc_scope_status(scope) == DSC_OK) {
        split.train = limited(scope, &split.train, k->train);
        split.test = limited(scope, &split.test, k->test);
    }
    if (dsc_scope_status(scope) == DSC_OK) {
        const dsc_scaler scaler =
            dsc_scaler_fit(scope, &split.train, DSC_SCALING_Z, DSC_SCALING_SCOPE_CHANNELS);
        dsc_scaler_apply(scope, &scaler, &split.train);
        dsc_scaler_apply(scope, &scaler, &split.test);
        shared->train = dsc_examples_from(scope, &split.train);
        shared->test = dsc_examples_from(scope, &split.test);
        const size_t part = split.train.count < PART ? split.train.count : PART;
        shared->train_part = dsc_examples_range(&shared->train, 0, part);
        shared->height = split.train.height;
        shared->width = split.train.width;
        shared->channels = split.train.channels;
    }
    return shared;
}

/* Two hidden layers of 512 units. */
static dsc_node *perceptron(dsc_scope *scope, const dsc_image_network_spec *spec)
{
    const size_t hidden[] = { 512, 512, 0 };
    return dsc_mlp(scope, &(dsc_mlp_spec){ .inputs = spec->height * spec->width * spec->channels,
                                           .hidden = hidden,
                                           .outputs = spec->classes });
}

static dsc_node *network(dsc_scope *scope, int64_t which, const dsc_image_network_spec *spec)
{
    static dsc_node *(*const make[])(dsc_scope *, const dsc_image_network_spec *) = {
        dsc_logistic, perceptron, dsc_lenet, dsc_cnn5, dsc_resnet_small, dsc_inception_small
    };
    return make[which](scope, spec);
}

static void measure(dsc_cell *cell, dsc_model *model, size_t at, void *user)
{
    (void)user;
    const struct shared *shared = dsc_cell_shared(cell);
    const dsc_metrics test = dsc_evaluate(model, &shared->test),
                      train = dsc_evaluate(model, &shared->train_part);
    dsc_put_at(cell, "test_error", at, test.error_rate);
    dsc_put_at(cell, "train_error", at, train.error_rate);
    dsc_put_at(cell, "test_loss", at, test.loss);
    dsc_put_at(cell, "train_loss", at, train.loss);
}

static void put_confusion(dsc_cell *cell, dsc_model *model, const dsc_node *logits, const dsc_examples *test)
{
    dsc_scope *scope = dsc_cell_scope(cell);
    const float *scores = dsc_predict(scope, model, logits, test);
    if (!scores)
        return;
    const dsc_classification c =
        dsc_classify(scope, scores, dsc_examples_labels(test), test->count, CLASSES, 1);
    for (size_t i = 0; c.confusion && i < CLASSES; i++) {
        const size_t sum = c.support[i];
        for (size_t j = 0; j < CLASSES; j++)
            dsc_put_at(cell, "confusion", i * CLASSES + j,
                       sum ? (double)c.confusion[i * CLASSES + j] / (double)sum : (double)NAN);
    }
}

static dsc_optimizer optimizer_of(const struct hyperparameters *k, size_t examples)
{
    dsc_optimizer optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = k->lr, .weight_decay = k->decay };
    if (strcmp(k->schedule, "cosine") == 0) {
        const size_t steps = (examples + (size_t)k->batch - 1) / (size_t)k->batch * (size_t)k->epochs;
        optimizer.schedule = (dsc_schedule){ .kind = DSC_SCHEDULE_COSINE, .period = (double)steps };
    }
    return optimizer;
}

/* Without augmentation, which a cell draws by its own seed. */
static dsc_cell_training training_of(dsc_scope *scope, const struct hyperparameters *k, size_t examples)
{
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch, .dtype = dsc_dtype_parse(scope, k->precision) },
        .fit = { .optimizer = optimizer_of(k, examples), .epochs = (size_t)k->epochs },
        .measure = measure,
        .axis = "epoch",
        .hashed = DSC_CELL_HASHED_PARAMETERS, /* as in the files of version 1 */
    };
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const bool flip = strcmp(k->augment, "flip") == 0;
    const dsc_augmentation augmentation = { .height = shared->height,
                                            .width = shared->width,
                                            .channels = shared->channels,
                                            .flip = flip,
                                            .shift = flip ? 0 : 2,
                                            .crop = flip ? 4 : 0,
                                            .seed = dsc_cell_seed(cell) };
    dsc_cell_training training = training_of(scope, k, shared->train.count);
    training.fit.augmentation = strcmp(k->augment, "none") == 0 ? NULL : &augmentation;
    dsc_node *logits =
        network(scope, k->network,
                &(dsc_image_network_spec){ shared->height, shared->width, shared->channels, CLASSES });
    dsc_node *loss = dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES));
    dsc_model *model = dsc_cell_train(cell, loss, &shared->train, &training);
    if (!model)
        return;
    put_confusion(cell, model, logits, &shared->test);
    pictures_put(cell, model, dsc_examples_column(&shared->test, "input"), shared->height, shared->width,
                 shared->channels);
    dsc_put(cell, "parameters", (double)dsc_model_parameter_count(model));
}

/* The files' sizes, which are not read yet: CIFAR-10 has 50,000 images of 32 x 32 in three channels, the
   others 60,000 of 28 x 28. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct hyperparameters *k = hyperparameters;
    const bool color = strcmp(k->dataset, "cifar-10") == 0, generated = strcmp(k->dataset, "glyphs") == 0;
    const dsc_image_network_spec image = { color ? 32 : 28, color ? 32 : 28, color ? 3 : 1, CLASSES };
    const size_t whole = generated ? GLYPHS * 4 / 5 : color ? 50000 : 60000;
    const size_t examples = k->train && (size_t)k->train < whole ? (size_t)k->train : whole;
    const dsc_cell_training training = training_of(scope, k, examples);
    dsc_node *logits = network(scope, k->network, &image);
    dsc_node *loss = dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES));
    dsc_cost cost = dsc_train_cost(plan, loss, examples, &training);
    size_t points = 0;
    dsc_plan_axis(plan, "epoch", &points);
    const size_t tests = k->test ? (size_t)k->test : generated ? GLYPHS / 5 : 10000;
    cost.flops += (double)points * dsc_evaluate_cost(loss, tests + (examples < PART ? examples : PART)).flops;
    const dsc_cost predictions = dsc_evaluate_cost(logits, tests); /* for the confusion matrix */
    cost.flops += predictions.flops;
    cost.bytes += predictions.bytes;
    return cost;
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 4)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Error while a network learns to classify images",
        .x = "epoch",
        .x_label = "epoch",
        .y_label = "error (%)",
        .y_scale = 100,
        .panels = "network",
        .series = { { .output = "test_error", .label = "test error" },
                    { .output = "train_error", .label = "train error" } },
    };
    figures[1] = (dsc_figure){
        .name = "confusion",
        .title = "Test examples of each class by predicted class (%)",
        .x = "predicted_class",
        .y = "true_class",
        .x_label = "predicted class",
        .y_label = "true class",
        .y_scale = 100,
        .numbers = true,
        .panels = "network",
        .series = { { .output = "confusion" } },
    };
    figures[2] = (dsc_figure){
        .name = "filters",
        .title = "Filters of the first layer",
        .x = "column",
        .y = "row",
        .x_label = "",
        .picture = true,
        .panels = "network",
        .series = { { .output = "filters" } },
    };
    figures[3] = (dsc_figure){
        .name = "responses",
        .title = "An example (top left) and what the first layer's filters make of it",
        .x = "column",
        .y = "row",
        .x_label = "",
        .picture = true,
        .panels = "network",
        .series = { { .output = "responses" } },
    };
    return 4;
}

/* The lists' networks are of the same kind, trained in other ways; better than reported agrees, too. */
#define AT_MOST(claim, on, reported, files, net, most)                                                       \
    {                                                                                                        \
        .text = (claim), .setting = (on), .expected = (reported), .needs = "data=" files " train=0 test=0",  \
        .measured = { .output = "test_error", .where = "network=" net " epoch=last" }, .scale = 100,         \
        .units = "%", .low = 0, .high = (most)                                                               \
    }
#define FASHION "Fashion-MNIST's list of reported results"

static const dsc_claims claims[] = {
    { .source = "LeCun et al. 1998",
      .claims = DSC_CLAIMS(AT_MOST("LeNet on MNIST errs about once in a hundred", "60,000 digits, LeNet-5",
                                   "0.95 %", "mnist", "lenet", 1)) },
    { .source = FASHION,
      .claims = DSC_CLAIMS(
          AT_MOST("A perceptron on Fashion-MNIST errs no more than reported", "60,000 pictures, 256-128-100",
                  "11.7 %", "fashion-mnist", "mlp", 11.7),
          AT_MOST("Two convolutions with pooling on Fashion-MNIST err no more than the better report",
                  "60,000 pictures, two entries", "8.4 % and 12.4 %", "fashion-mnist", "lenet", 8.4),
          AT_MOST("Batch normalised convolutions on Fashion-MNIST err no more than reported",
                  "60,000 pictures, three convolutions", "7.9 % to 9.7 %", "fashion-mnist", "cnn5", 7.9),
          AT_MOST("A small residual network on Fashion-MNIST comes within 3 points of a large one",
                  "60,000 pictures, ResNet18", "5.1 %", "fashion-mnist", "resnet-small", 8.1)) },
    { .source = NULL },
};

static const dsc_case networks = {
    .name = "networks",
    .summary = "Learning curves, confusion matrices, filters and feature maps",
    .reference = "LeCun et al. 1998; Xiao, Rasul and Vollgraf 2017; Krizhevsky 2009",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 3,
    .uses_data = true,
    .whole_machine = true,
    .data_choice = "dataset",
    .prepare = prepare,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};

const dsc_experiment image_classification_experiment = {
    .name = "image-classification",
    .summary =
        "Networks that classify images: how they learn, what they confuse, what their first layer sees",
    .reference = "LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998",
    .cases = (const dsc_case *const[]){ &networks, NULL },
    .version = "1",
};
