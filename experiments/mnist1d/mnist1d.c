/* mnist1d.c - four kinds of network on MNIST-1D, plain and with its positions shuffled.
 *
 * The published benchmark (Greydanus and Kobak, ICML 2024, notebook mnist1d-classification): a linear
 * classifier, a perceptron 40-100-100-10 whose second layer adds to the first, a convolutional network of
 * three layers of 25 channels, and a bidirectional GRU of 6 units on the 40 scalars, all of whose outputs
 * feed the last layer. Adam with learning rate 0.01, batches of 100 in a fixed order, 6000 steps, PyTorch's
 * initialisation. Shuffling the positions of all examples alike leaves the first two as they are and takes
 * from the other two what they know about neighbourhood. */
#include <math.h>

#include <descent.h>

enum { INPUTS = 40, CLASSES = 10, LOGISTIC = 0, MLP, CNN, GRU };

#define NETWORKS "logistic|mlp|cnn|gru"

struct hyperparameters {
    int64_t network, shuffled, steps, batch, hidden, channels, units, samples, data_seed;
    double lr;
};

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, steps, "6000", 1, 10000000, "optimizer steps"),
    DSC_PARAM_REAL(struct hyperparameters, lr, "0.01", 1e-9, 1e3, "learning rate of Adam"),
    DSC_PARAM_INTEGER(struct hyperparameters, batch, "100", 1, 100000, "examples per step"),
    DSC_PARAM_INTEGER(struct hyperparameters, hidden, "100", 1, 8192,
                      "units in each of the perceptron's two layers"),
    DSC_PARAM_INTEGER(struct hyperparameters, channels, "25", 1, 1024,
                      "channels of each of the three convolutions"),
    DSC_PARAM_INTEGER(struct hyperparameters, units, "6", 1, 1024, "units of the GRU in each direction"),
    DSC_PARAM_INTEGER(struct hyperparameters, samples, "5000", 40, 1000000,
                      "examples in all; a fifth are for testing"),
    DSC_PARAM_INTEGER(struct hyperparameters, data_seed, "42", 0, 4294967295, "seed of the data generator"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = { .name = "network",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, network, int64_t),
                 .value = "logistic,mlp,cnn,gru",
                 .choices = NETWORKS,
                 .help = "which network" },
      .units = "1",
      .long_name = "network" },
    { .param = { .name = "shuffled",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, shuffled, int64_t),
                 .value = "plain,shuffled",
                 .choices = "plain|shuffled",
                 .help = "the positions as they are, or permuted alike in every example" },
      .units = "1",
      .long_name = "positions" },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_accuracy", "1", "fraction of test examples in the right class", NULL },
    { "train_accuracy", "1", "fraction of training examples in the right class", NULL },
    { "test_loss", "nat", "mean cross-entropy on the test set", NULL },
    { "train_loss", "nat", "mean cross-entropy on the training set", NULL },
    { "parameters", "1", "number of parameters", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "steps=1000 seeds=1", "a sixth of the training, one seed: seconds" },
    { "default", "seeds=3", "the published setting, 3 seeds: minutes" },
    { "paper", "seeds=10", "the published setting, 10 seeds" },
    { 0 },
};

struct shared {
    dsc_examples train[2], test[2]; /* plain, shuffled */
};

static void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    (void)plan, (void)directory;
    const struct hyperparameters *k = hyperparameters;
    struct shared *shared = dsc_scope_alloc(scope, 1, sizeof *shared);
    for (int shuffled = 0; shared && shuffled < 2; shuffled++) {
        const dsc_split split = dsc_mnist1d(scope, &(dsc_mnist1d_options){ .samples = (size_t)k->samples,
                                                                           .seed = (uint32_t)k->data_seed,
                                                                           .shuffle_positions = shuffled });
        shared->train[shuffled] = dsc_examples_from(scope, &split.train);
        shared->test[shuffled] = dsc_examples_from(scope, &split.test);
    }
    return shared;
}

static dsc_node *perceptron(dsc_scope *scope, size_t hidden)
{
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    h = dsc_relu(dsc_dense(h, hidden));
    h = dsc_add(h, dsc_relu(dsc_dense(h, hidden)));
    return dsc_dense(h, CLASSES);
}

static dsc_node *convolutional(dsc_scope *scope, size_t channels)
{
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS, 1 } });
    h = dsc_relu(dsc_conv1d(h, channels, .kernel = 5, .stride = 2, .pad = 1));
    for (int layer = 0; layer < 2; layer++)
        h = dsc_relu(dsc_conv1d(h, channels, .kernel = 3, .stride = 2, .pad = 1));
    return dsc_dense(h, CLASSES);
}

static dsc_node *recurrent(dsc_scope *scope, size_t units)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS, 1 } });
    return dsc_dense(
        dsc_recurrent(x, units, .cell = DSC_RECURRENT_GRU_LBR, .sequence = true, .bidirectional = true),
        CLASSES);
}

static dsc_node *network(dsc_scope *scope, const struct hyperparameters *k)
{
    switch (k->network) {
    case LOGISTIC:
        return dsc_logistic(scope, &(dsc_image_network_spec){
                                       .height = 1, .width = INPUTS, .channels = 1, .classes = CLASSES });
    case MLP: return perceptron(scope, (size_t)k->hidden);
    case CNN: return convolutional(scope, (size_t)k->channels);
    default: return recurrent(scope, (size_t)k->units);
    }
}

/* Its loss, and how it is trained. */
static dsc_node *loss_of(dsc_scope *scope, const struct hyperparameters *k)
{
    return dsc_softmax_cross_entropy(network(scope, k), dsc_labels(scope, CLASSES));
}

static dsc_cell_training training_of(const struct hyperparameters *k)
{
    return (dsc_cell_training){ .compile = { .batch = (size_t)k->batch },
                                .fit = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = k->lr },
                                         .steps = (size_t)k->steps,
                                         .fixed_order = true } };
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    const dsc_examples *train = &shared->train[k->shuffled], *test = &shared->test[k->shuffled];
    const dsc_cell_training training = training_of(k);
    dsc_model *model = dsc_cell_train(cell, loss_of(dsc_cell_scope(cell), k), train, &training);
    const dsc_metrics on_test = dsc_evaluate(model, test), on_train = dsc_evaluate(model, train);
    dsc_put(cell, "test_accuracy", 1 - on_test.error_rate);
    dsc_put(cell, "train_accuracy", 1 - on_train.error_rate);
    dsc_put(cell, "test_loss", on_test.loss);
    dsc_put(cell, "train_loss", on_train.loss);
    dsc_put(cell, "parameters", (double)dsc_model_parameter_count(model));
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct hyperparameters *k = hyperparameters;
    const dsc_cell_training training = training_of(k);
    return dsc_train_cost(plan, loss_of(scope, k), (size_t)k->samples * 4 / 5, &training);
}

/* The notebook's single runs, in percent; beside the marks of the same positions. */
static const dsc_series published = {
    .label = "published, one run",
    .style = DSC_SERIES_PUBLISHED,
    .reference_count = 8,
    .reference_x = { -0.1, 0.9, 1.9, 2.9, 0.1, 1.1, 2.1, 3.1 },
    .reference_y = { 31.5, 65.1, 92.3, 89.1, 31.5, 66.0, 58.7, 53.3 },
};

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "accuracy",
        .title = "Networks on MNIST-1D, with the positions as they are and shuffled",
        .x = "network",
        .x_label = "network",
        .y_label = "test accuracy (%)",
        .y_scale = 100,
        .by = "shuffled",
        .series = { { .output = "test_accuracy", .label = "test accuracy" }, published },
    };
    return 1;
}

#define NOTEBOOK "Greydanus and Kobak 2024, notebook (its README differs by 2 to 3 points)"
#define ONE_RUN  "one run, 6000 steps of Adam"
#define AS_THERE "steps=6000 lr=0.01 batch=100 samples=5000 data_seed=42"

static const dsc_claims claims[] = {
    { .source = NOTEBOOK,
      .setting = ONE_RUN,
      .claims = DSC_CLAIMS(
          { .text = "A linear classifier sees little",
            .expected = "31.5 %",
            .needs = AS_THERE,
            .measured = { .output = "test_accuracy", .where = "network=logistic shuffled=plain" },
            .scale = 100,
            .units = "%",
            .low = 30.5,
            .high = 32.5 },
          { .text = "A perceptron sees more",
            .expected = "65.1 %",
            .needs = AS_THERE,
            .measured = { .output = "test_accuracy", .where = "network=mlp shuffled=plain" },
            .scale = 100,
            .units = "%",
            .low = 63,
            .high = 69 },
          { .text = "A convolutional network sees nearly all",
            .expected = "92.3 %",
            .needs = AS_THERE,
            .measured = { .output = "test_accuracy", .where = "network=cnn shuffled=plain" },
            .scale = 100,
            .units = "%",
            .low = 91.5,
            .high = 95 },
          { .text = "So does a recurrent network",
            .expected = "89.1 %",
            .needs = AS_THERE,
            .measured = { .output = "test_accuracy", .where = "network=gru shuffled=plain" },
            .scale = 100,
            .units = "%",
            .low = 86,
            .high = 93 },
          { .text = "Knowing about neighbourhood is worth much: convolutions against the perceptron",
            .expected = "27 points",
            .needs = AS_THERE,
            .measured = { .output = "test_accuracy", .where = "network=cnn shuffled=plain" },
            .against = { .output = "test_accuracy", .where = "network=mlp shuffled=plain" },
            .scale = 100,
            .units = "points",
            .low = 20,
            .high = INFINITY },
          { .text = "Shuffled positions take it from the convolutional network",
            .expected = "58.7 %",
            .needs = AS_THERE,
            .measured = { .output = "test_accuracy", .where = "network=cnn shuffled=shuffled" },
            .scale = 100,
            .units = "%",
            .low = 53,
            .high = 63 },
          { .text = "Then convolutions are no better than the perceptron",
            .expected = "7 points worse",
            .needs = AS_THERE,
            .measured = { .output = "test_accuracy", .where = "network=cnn shuffled=shuffled" },
            .against = { .output = "test_accuracy", .where = "network=mlp shuffled=shuffled" },
            .scale = 100,
            .units = "points",
            .low = -INFINITY,
            .high = 1 }) },
    { .source = NULL },
};

static const dsc_case benchmark = {
    .name = "networks",
    .summary = "Four networks on MNIST-1D, plain and with shuffled positions",
    .reference = "Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, ICML 2024",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 3,
    .prepare = prepare,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};

const dsc_experiment mnist1d_experiment = {
    .name = "mnist1d",
    .summary = "What a network knows about neighbourhood: four of them on MNIST-1D, plain and shuffled",
    .reference = "Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, ICML 2024",
    .cases = (const dsc_case *const[]){ &benchmark, NULL },
    .version = "1",
};
