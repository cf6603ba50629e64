/* memory.c - what a recurrent network keeps over many steps: the adding problem (Hochreiter and Schmidhuber
 * 1997; Le et al. 2015) and copying after a pause (Arjovsky et al. 2016). Both have an exact baseline without
 * memory. */
#include "sequence_tasks.h"

#include <math.h>

struct hyperparameters {
    int64_t network, length, units, steps, batch, test;
    double lr, clip, forget_bias;
};

enum network { ELMAN, JORDAN, IRNN, LSTM, PEEPHOLE, GRU };
enum { MEMORY = 10, SYMBOLS = 8, BLANK = 8, GO, ALPHABET }; /* of copying */

#define PARAMS(units_value, steps_value)                                                                     \
    DSC_PARAM_INTEGER(struct hyperparameters, units, units_value, 1, 1024, "units"),                         \
        DSC_PARAM_INTEGER(struct hyperparameters, steps, steps_value, 1, 10000000,                           \
                          "optimizer steps, each on new examples until these repeat"),                       \
        DSC_PARAM_INTEGER(struct hyperparameters, batch, "32", 1, 100000, "examples per step"),              \
        DSC_PARAM_INTEGER(struct hyperparameters, test, "1000", 1, 1000000, "test examples"),                \
        DSC_PARAM_REAL(struct hyperparameters, lr, "0.003", 1e-9, 10, "learning rate of Adam"),              \
        DSC_PARAM_REAL(struct hyperparameters, clip, "1", 0, 1e9, "largest norm of the gradient; 0: any"),   \
        DSC_PARAM_REAL(struct hyperparameters, forget_bias, "1", -10, 10,                                    \
                       "added to the initial bias of an LSTM's forget gate")

static const dsc_param adding_params[] = { PARAMS("32", "1500"), { 0 } };
static const dsc_param copying_params[] = { PARAMS("64", "600"), { 0 } };

#define AXES(lengths, meaning)                                                                               \
    { .param = { .name = "network",                                                                          \
                 .kind = DSC_KIND_INTEGER,                                                                   \
                 .offset = DSC_FIELD(struct hyperparameters, network, int64_t),                              \
                 .value = "elman,jordan,irnn,lstm,lstm-peephole,gru",                                        \
                 .choices = "elman|jordan|irnn|lstm|lstm-peephole|gru",                                      \
                 .help =                                                                                     \
                     "elman feeds back hidden states, jordan outputs; irnn: ReLU, the identity at first" },  \
      .units = "1",                                                                                          \
      .long_name = "network" },                                                                              \
        { .param = { .name = "length",                                                                       \
                     .kind = DSC_KIND_INTEGER,                                                               \
                     .offset = DSC_FIELD(struct hyperparameters, length, int64_t),                           \
                     .value = (lengths),                                                                     \
                     .min = 2,                                                                               \
                     .max = 2000,                                                                            \
                     .help = (meaning) },                                                                    \
          .units = "1",                                                                                      \
          .long_name = "length" },                                                                           \
    {                                                                                                        \
        .param = { 0 }                                                                                       \
    }

static const dsc_axis adding_axes[] = { AXES("25,50", "steps of a sequence") };
static const dsc_axis copying_axes[] = { AXES("5,20", "steps of the pause") };

static const dsc_output outputs[] = {
    { "test_loss", "1", "test error: mean square, or nats a step", NULL },
    { "baseline", "1", "the same without memory, exactly: 1/6, or 10 ln 8 / (length + 20)", NULL },
    { "to_baseline", "1", "test error over the baseline", NULL },
    { 0 },
};

static const dsc_preset adding_presets[] = {
    { "quick", "length=10 steps=150 test=200 seeds=2", "short training, 2 seeds: seconds" },
    { "default", "seeds=3", "3 seeds: minutes" },
    { "paper", "length=100,400 units=128 steps=20000 seeds=3", "100 and 400 steps: hours" },
    { 0 },
};
static const dsc_preset copying_presets[] = {
    { "quick", "length=5 steps=60 units=16 test=200 seeds=2", "short training, 2 seeds: seconds" },
    { "default", "seeds=3", "3 seeds: minutes" },
    { "paper", "length=100,500 units=128 steps=20000 seeds=3", "long pauses: hours" },
    { 0 },
};

/* Different training examples: more than a training of the default length takes. */
enum { EXAMPLES = 20000 };

/* Each step has a number in 0..1 and a mark, which two steps bear, one in each half: their numbers' sum is
   asked for. */
static dsc_examples make_adding(dsc_scope *scope, const struct hyperparameters *k, uint64_t first,
                                size_t count)
{
    const size_t steps = (size_t)k->length, half = steps / 2;
    float *x = dsc_scope_alloc(scope, count * steps * 2, sizeof *x);
    float *y = dsc_scope_alloc(scope, count, sizeof *y);
    const dsc_rng rng = dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_DATA);
    for (size_t i = 0; x && y && i < count; i++) {
        float *row = x + i * steps * 2;
        for (size_t t = 0; t < steps; t++)
            row[2 * t] = (float)dsc_rng_uniform(rng, (uint32_t)t, first + i);
        const size_t one = (size_t)dsc_rng_below(rng, 1 << 20, first + i, half),
                     two = half + (size_t)dsc_rng_below(rng, (1 << 20) + 1, first + i, steps - half);
        row[2 * one + 1] = row[2 * two + 1] = 1;
        y[i] = row[2 * one] + row[2 * two];
    }
    return (dsc_examples){ .count = count,
                           .columns = { { "input", 2 * steps, .f32 = x }, { "targets", 1, .f32 = y } } };
}

/* Ten symbols, a pause, a signal; then the ten are asked for. */
static dsc_examples make_copying(dsc_scope *scope, const struct hyperparameters *k, uint64_t first,
                                 size_t count)
{
    const size_t steps = (size_t)k->length + 2 * MEMORY;
    int32_t *x = dsc_scope_alloc(scope, count * steps, sizeof *x);
    int32_t *y = dsc_scope_alloc(scope, count * steps, sizeof *y);
    const dsc_rng rng = dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_DATA);
    for (size_t i = 0; x && y && i < count * steps; i++) {
        const size_t t = i % steps;
        const bool asked = t >= steps - MEMORY;
        x[i] = t < MEMORY ? (int32_t)dsc_rng_below(rng, (uint32_t)t, first + i / steps, SYMBOLS) : BLANK;
        x[i] = t == steps - MEMORY - 1 ? GO : x[i];
        y[i] = asked ? x[i - t + (t - (steps - MEMORY))] : BLANK;
    }
    return (dsc_examples){ .count = count,
                           .columns = { { "tokens", steps, .i32 = x }, { "labels", steps, .i32 = y } } };
}

static dsc_node *recurrent(const struct hyperparameters *k, dsc_node *x, bool sequence)
{
    static const dsc_recurrent_cell cells[] = { DSC_RECURRENT_TANH, DSC_RECURRENT_JORDAN, DSC_RECURRENT_RELU,
                                                DSC_RECURRENT_LSTM, DSC_RECURRENT_LSTM,   DSC_RECURRENT_GRU };
    const dsc_recurrent_cell cell = cells[k->network];
    return dsc_recurrent(x, (size_t)k->units, .cell = cell, .sequence = sequence,
                         .peephole = k->network == PEEPHOLE,
                         .forget_bias = cell == DSC_RECURRENT_LSTM ? k->forget_bias : 0,
                         .outputs = cell == DSC_RECURRENT_JORDAN ? SYMBOLS : 0);
}

static dsc_node *adding_loss(dsc_scope *scope, const struct hyperparameters *k)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { (size_t)k->length, 2 } });
    return dsc_squared_loss(dsc_dense(recurrent(k, x, false), 1),
                            dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } }));
}

static dsc_node *copying_loss(dsc_scope *scope, const struct hyperparameters *k)
{
    const size_t steps = (size_t)k->length + 2 * MEMORY;
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = steps, .vocabulary = ALPHABET });
    dsc_node *h = recurrent(k, dsc_embedding(x, ALPHABET), true);
    return dsc_softmax_cross_entropy(dsc_dense(h, SYMBOLS + 1, .per_step = true),
                                     dsc_labels(scope, SYMBOLS + 1, .steps = steps));
}

/* An irnn begins with the identity (Le et al. 2015). */
static void set_identity(dsc_cell *cell, dsc_model *model, size_t at, void *user)
{
    (void)user;
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices), units = (size_t)k->units;
    float *parameters = dsc_model_parameters(model, NULL);
    for (size_t s = 0; at == 0 && parameters && k->network == IRNN && s < count; s++)
        if (slices[s].count == units * units)
            for (size_t i = 0; i < units * units; i++)
                parameters[slices[s].offset + i] = i / units == i % units ? 1 : 0;
}

static dsc_cell_training training_of(const struct hyperparameters *k)
{
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch },
        .fit = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = k->lr, .clip_norm = k->clip },
                 .steps = (size_t)k->steps },
        .measure = set_identity
    };
}

static void finish(dsc_cell *cell, dsc_node *loss, const dsc_examples *train, const dsc_examples *test,
                   double baseline)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const dsc_cell_training training = training_of(k);
    dsc_model *model = dsc_cell_train(cell, loss, train, &training);
    if (!model)
        return;
    const double error = dsc_evaluate(model, test).loss;
    dsc_put(cell, "test_loss", error);
    dsc_put(cell, "baseline", baseline);
    dsc_put(cell, "to_baseline", error / baseline);
}

static void run_adding(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const dsc_examples train = make_adding(scope, k, 0, EXAMPLES),
                       test = make_adding(scope, k, (uint64_t)1 << 40, (size_t)k->test);
    finish(cell, adding_loss(scope, k), &train, &test, 1.0 / 6);
}

static void run_copying(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const double ln_8 = 2.0794415416798357;
    const dsc_examples train = make_copying(scope, k, 0, EXAMPLES),
                       test = make_copying(scope, k, (uint64_t)1 << 40, (size_t)k->test);
    finish(cell, copying_loss(scope, k), &train, &test, MEMORY * ln_8 / ((double)k->length + 2 * MEMORY));
}

static dsc_cost cost_adding(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const dsc_cell_training training = training_of(hyperparameters);
    return dsc_train_cost(plan, adding_loss(scope, hyperparameters), EXAMPLES, &training);
}

static dsc_cost cost_copying(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const dsc_cell_training training = training_of(hyperparameters);
    return dsc_train_cost(plan, copying_loss(scope, hyperparameters), EXAMPLES, &training);
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Test error beside that without memory",
        .x = "network",
        .x_label = "network",
        .y_label = "test error / without memory",
        .by = "length",
        .series = { { .output = "to_baseline", .label = "test" } },
    };
    return 1;
}

#define BETTER(above, below, where_length, sentence)                                                         \
    {                                                                                                        \
        .text = (sentence), .expected = "less: ratio below 1",                                               \
        .measured = { .output = "test_loss", .where = "network=" above " " where_length },                   \
        .against = { .output = "test_loss", .where = "network=" below " " where_length },                    \
        .relation = DSC_RELATION_RATIO, .low = 0, .high = 1, .seeds = 3                                      \
    }
#define NOTES                                                                                                \
    {                                                                                                        \
        .source =                                                                                            \
            "lecture notes: an LSTM keeps what a recurrent network forgets, peepholes and GRU do as well",   \
        .setting = "here: test errors at the greatest length",                                               \
        .claims =                                                                                            \
            DSC_CLAIMS(BETTER("lstm", "elman", "length=last", "An LSTM keeps more than Elman's network"),    \
                       BETTER("lstm-peephole", "elman", "length=last", "So does one with peepholes"),        \
                       BETTER("gru", "elman", "length=last", "So does a GRU"),                               \
                       BETTER("elman", "jordan", "length=last",                                              \
                              "Feeding back hidden states keeps more than feeding back outputs"))            \
    }

static const dsc_claims adding_claims[] = {
    { .source = "Hochreiter and Schmidhuber 1997; Le, Jaitly and Hinton 2015",
      .setting = "the adding problem; without memory the error is 1/6",
      .claims = DSC_CLAIMS({ .text = "An LSTM adds over 100 steps: squared error below 0.01",
                             .measured = { .output = "test_loss", .where = "network=lstm length=100" },
                             .low = 0,
                             .high = 0.01,
                             .seeds = 3 },
                           { .text = "An Elman network does not over 400",
                             .expected = "more than 0.1",
                             .measured = { .output = "test_loss", .where = "network=elman length=400" },
                             .low = 0.1,
                             .high = INFINITY,
                             .seeds = 3 }) },
    NOTES,
    { .source = NULL },
};
static const dsc_claims copying_claims[] = { NOTES, { .source = NULL } };

const dsc_case sequence_tasks_adding = {
    .name = "adding",
    .summary = "The sum of two marked numbers among many",
    .reference = "Hochreiter and Schmidhuber 1997; Le, Jaitly and Hinton 2015",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = adding_params,
    .axes = adding_axes,
    .outputs = outputs,
    .presets = adding_presets,
    .seeds = 3,
    .run = run_adding,
    .cost = cost_adding,
    .figures = figures,
    .claims = adding_claims,
};

const dsc_case sequence_tasks_copy_memory = {
    .name = "copy-memory",
    .summary = "Ten symbols to be repeated after a pause",
    .reference = "Hochreiter and Schmidhuber 1997; Arjovsky, Shah and Bengio 2016",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = copying_params,
    .axes = copying_axes,
    .outputs = outputs,
    .presets = copying_presets,
    .seeds = 3,
    .run = run_copying,
    .cost = cost_copying,
    .figures = figures,
    .claims = copying_claims,
};
