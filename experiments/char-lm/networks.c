/* networks.c - recurrent networks (lstm, gru, rnn) and a transformer that predict the next character.
 *
 * Recurrent networks read the training part in as many tracks as a batch has rows, a window a step, with the
 * state carried over and the gradient cut at the window (Williams and Peng 1990); the transformer reads
 * windows at random places, as nanoGPT does. Both are measured on the whole held out part, with the state
 * carried over or in windows of the context's length, and the best parameters are kept. */
#include "char_lm.h"

#include <math.h>
#include <string.h>

enum { POINTS = 8 }; /* of the measurements along a training */

#define TRAINING_PARAMS(its, rows, window, rate, last_rate, warm, second_beta, drop)                         \
    TEXT_PARAMS, DSC_PARAM_INTEGER(struct hyperparameters, iterations, its, 1, 10000000, "training steps"),  \
        DSC_PARAM_INTEGER(struct hyperparameters, batch, rows, 1, 100000, "sequences a step"),               \
        DSC_PARAM_INTEGER(struct hyperparameters, steps, window, 1, 65536,                                   \
                          "characters of a sequence: where the gradient is cut, how far attention sees"),    \
        DSC_PARAM_REAL(struct hyperparameters, lr, rate, 1e-9, 1e3, "largest learning rate"),                \
        DSC_PARAM_REAL(struct hyperparameters, lr_end, last_rate, 0, 1e3,                                    \
                       "learning rate at the end, along half a cosine"),                                     \
        DSC_PARAM_REAL(struct hyperparameters, warmup, warm, 0, 1e7, "steps in which the rate rises"),       \
        DSC_PARAM_REAL(struct hyperparameters, beta2, second_beta, 0, 0.999999, "of Adam"),                  \
        DSC_PARAM_REAL(struct hyperparameters, clip, "1", 1e-9, 1e9, "largest norm of the gradient"),        \
        DSC_PARAM_REAL(struct hyperparameters, dropout, drop, 0, 0.9, "share that is dropped"),              \
        DSC_PARAM_REAL(struct hyperparameters, decay, "0", 0, 10, "decoupled weight decay, not of norms"),   \
        DSC_PARAM_INTEGER(struct hyperparameters, units, "128", 1, 16384, "units of a layer")

static const dsc_param recurrent_params[] = {
    TRAINING_PARAMS("2000", "32", "64", "0.002", "0.0002", "100", "0.99", "0"),
    DSC_PARAM_INTEGER(struct hyperparameters, layers, "1", 1, 32, "recurrent layers"),
    { 0 },
};

static const dsc_param transformer_params[] = {
    TRAINING_PARAMS("2000", "12", "64", "0.001", "0.0001", "100", "0.99", "0"),
    DSC_PARAM_INTEGER(struct hyperparameters, layers, "4", 1, 128, "blocks"),
    DSC_PARAM_INTEGER(struct hyperparameters, heads, "4", 1, 1024,
                      "heads of attention; they divide the units"),
    { 0 },
};

/* Evenly along the training, its end among them. */
static size_t default_iterations(const void *hyperparameters, double *values, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    size_t count = 0;
    for (int64_t i = 1; i <= POINTS && count < capacity; i++) {
        const double at = (double)(k->iterations * i / POINTS);
        if (at >= 1 && (count == 0 || at > values[count - 1]))
            values[count++] = at;
    }
    return count;
}

static const dsc_axis axes[] = {
    { .param = { .name = "iteration",
                 .kind = DSC_KIND_INTEGER,
                 .value = "8 points up to iterations",
                 .min = 1,
                 .max = 10000000,
                 .help = "training steps after which the losses are measured" },
      .units = "1",
      .long_name = "training step",
      .inner = true,
      .derive = default_iterations },
    { .param = { 0 } },
};

static const char *const rungs[LADDER] = { "uniform", "order0", "order1", "order2", "order3", "order4" };

static const dsc_output outputs[] = {
    { "validation_loss", "nat", "mean -log p of a character of the held out part, all of it", "iteration" },
    { "train_loss", "nat", "mean loss of the training steps since the measurement before", "iteration" },
    { "uniform", "nat", "of a uniform guess", "iteration" },
    { "order0", "nat", "of frequencies of characters", "iteration" },
    { "order1", "nat", "of counts behind one character", "iteration" },
    { "order2", "nat", "of counts behind two characters", "iteration" },
    { "order3", "nat", "of counts behind three characters", "iteration" },
    { "order4", "nat", "of counts behind four characters", "iteration" },
    { "best_loss", "nat", "smallest validation loss: of the parameters that are kept", NULL },
    { "counts_loss", "nat", "smallest loss of counts, of any order up to 4", NULL },
    { "pairs_loss", "nat", "loss of counts behind one character", NULL },
    { "parameters", "1", "number of parameters", NULL },
    { 0 },
};

static const dsc_preset recurrent_presets[] = {
    { "quick", "length=60000 iterations=1000 batch=16 steps=32 units=64 lr=0.005 seeds=2",
      "a generated text: seconds" },
    { "default", "iterations=1000 seeds=5", "128 units, 1,000 steps, 5 seeds: minutes" },
    { "paper", "iterations=4000 seeds=5", "longer: a quarter of an hour with --data" },
    { 0 },
};

static const dsc_preset transformer_presets[] = {
    { "quick", "length=60000 iterations=600 batch=16 steps=32 units=64 layers=2 lr=0.003 seeds=2",
      "a generated text: seconds" },
    { "default", "seeds=3", "nanoGPT's setting for a CPU: minutes" },
    { "paper", "decay=0.1 seeds=3", "the same with nanoGPT's weight decay" },
    { 0 },
};

/* What a case trains. */
struct kind {
    bool recurrent;
    dsc_recurrent_cell cell;
};

/* The logits of each next character in windows of that many; stateful: sequences whose state is kept. */
static dsc_node *logits_of(dsc_scope *scope, const struct kind *kind, const struct hyperparameters *k,
                           size_t vocabulary, size_t steps, size_t stateful)
{
    if (!kind->recurrent)
        return dsc_transformer(scope, &(dsc_transformer_spec){ .vocabulary = vocabulary,
                                                               .context = steps,
                                                               .width = (size_t)k->units,
                                                               .heads = (size_t)k->heads,
                                                               .blocks = (size_t)k->layers,
                                                               .dropout = k->dropout,
                                                               .no_bias = true });
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = steps, .vocabulary = vocabulary });
    x = dsc_recurrent(dsc_embedding(x, (size_t)k->units, .weights_init = DSC_INIT_NORMAL, .init_scale = 0.1),
                      (size_t)k->units, .cell = kind->cell, .layers = (size_t)k->layers,
                      .dropout = k->dropout, .sequence = true, .stateful = stateful,
                      .forget_bias = kind->cell == DSC_RECURRENT_LSTM ? 1 : 0);
    x = k->dropout > 0 ? dsc_dropout(x, k->dropout) : x;
    return dsc_dense(x, vocabulary, .per_step = true, .name = "logits");
}

static dsc_node *loss_of(dsc_scope *scope, const struct kind *kind, const struct hyperparameters *k,
                         size_t vocabulary)
{
    dsc_node *logits = logits_of(scope, kind, k, vocabulary, (size_t)k->steps, (size_t)k->batch);
    return dsc_softmax_cross_entropy(logits, dsc_labels(scope, vocabulary, .steps = (size_t)k->steps));
}

static const dsc_parameter_group norms[] = { { .match = "*norm*", .no_decay = true } };

static dsc_optimizer optimizer_of(const struct kind *kind, const struct hyperparameters *k)
{
    const double rest = (double)k->iterations - k->warmup;
    return (dsc_optimizer){ .kind = DSC_OPTIMIZER_ADAMW,
                            .lr = k->lr,
                            .beta2 = k->beta2,
                            .weight_decay = k->decay,
                            .clip_norm = k->clip,
                            .schedule = { .kind = DSC_SCHEDULE_COSINE,
                                          .period = rest > 1 ? rest : 1,
                                          .minimum = k->lr_end,
                                          .warmup = k->warmup },
                            .groups = norms,
                            .group_count = kind->recurrent ? 0 : 1 };
}

/* A training under way. */
struct training {
    dsc_cell *cell;
    const struct kind *kind;
    const struct hyperparameters *k;
    const struct text *text;
    dsc_model *model, *measured; /* measured: the same parameters, over one sequence */
    dsc_language *language;
    dsc_trainer *trainer;
    size_t *starts; /* of the batch's windows */
    float *best;
    double best_loss, sum;
    size_t summed;
};

/* Where the windows of a step begin. */
static void choose_windows(struct training *t, size_t iteration)
{
    const size_t batch = (size_t)t->k->batch, steps = (size_t)t->k->steps, places = t->text->train - steps;
    const size_t track = (t->text->train - 1) / batch, windows = track / steps;
    const dsc_rng rng = dsc_rng_make(dsc_cell_seed(t->cell), DSC_STREAM_SHUFFLE);
    for (size_t e = 0; e < batch; e++)
        t->starts[e] = t->kind->recurrent ? e * track + iteration % windows * steps
                                          : (size_t)dsc_rng_below(rng, 0, iteration * batch + e, places);
    if (t->kind->recurrent && iteration % windows == 0) {
        size_t elements;
        float *state = dsc_model_state(t->model, &elements);
        memset(state, 0, elements * sizeof *state);
    }
}

/* Whether the training part has a window for each row of a batch. */
static bool check_length(dsc_scope *scope, const struct training *t)
{
    const size_t steps = (size_t)t->k->steps, rows = t->kind->recurrent ? (size_t)t->k->batch : 1;
    if ((t->text->train - 1) / rows >= steps)
        return true;
    dsc_scope_fail(
        scope, DSC_ERROR_ARGUMENT,
        "'%s': expected at least %zu characters to train on, windows of %zu in %zu sequences, found "
        "%zu; give a longer text or smaller steps and batch",
        t->text->name, rows * steps + 1, steps, rows, t->text->train);
    return false;
}

static bool begin(struct training *t, dsc_scope *scope)
{
    const size_t batch = (size_t)t->k->batch, steps = (size_t)t->k->steps,
                 vocabulary = t->text->characters->count;
    if (!check_length(scope, t))
        return false;
    t->starts = dsc_scope_alloc(scope, batch, sizeof *t->starts);
    const dsc_engine engine = dsc_cell_engine(t->cell);
    t->model = dsc_compile(loss_of(scope, t->kind, t->k, vocabulary),
                           &(dsc_compile_options){ .batch = batch, .engine = engine });
    t->measured = dsc_compile(logits_of(scope, t->kind, t->k, vocabulary, steps, 1),
                              &(dsc_compile_options){ .inference = true, .engine = engine });
    t->language = dsc_language_make(t->measured, t->text->characters);
    const size_t length = t->text->train - 1;
    const dsc_examples windows = {
        .count = batch,
        .columns = { { "tokens", steps, .i32 = t->text->ids, .starts = t->starts, .length = length },
                     { "labels", steps, .i32 = t->text->ids + 1, .starts = t->starts, .length = length } }
    };
    const dsc_optimizer optimizer = optimizer_of(t->kind, t->k);
    t->trainer = t->starts ? dsc_trainer_make(t->model, &optimizer, &windows) : NULL;
    size_t elements;
    dsc_model_parameters(t->model, &elements);
    t->best = dsc_scope_alloc(scope, elements, sizeof *t->best);
    return t->trainer && t->best && dsc_scope_status(scope) == DSC_OK;
}

/* Gives a model's parameters to another one of the same layers. */
static void copy_parameters(dsc_model *to, dsc_model *from)
{
    size_t elements;
    float *values = dsc_model_parameters(to, &elements);
    memcpy(values, dsc_model_parameters(from, NULL), elements * sizeof *values);
}

static void measure(struct training *t, size_t at)
{
    copy_parameters(t->measured, t->model);
    const double loss = dsc_language_loss(t->language, t->text->ids, t->text->train, t->text->count);
    if (loss < t->best_loss) {
        size_t elements;
        const float *values = dsc_model_parameters(t->model, &elements);
        memcpy(t->best, values, elements * sizeof *values);
        t->best_loss = loss;
    }
    dsc_put_at(t->cell, "validation_loss", at, loss);
    dsc_put_at(t->cell, "train_loss", at, t->sum / (double)t->summed);
    t->sum = 0;
    t->summed = 0;
}

/* False: it was stopped, or failed. */
static bool train(struct training *t, dsc_scope *scope)
{
    const size_t iterations = (size_t)t->k->iterations;
    for (size_t i = 0; i < iterations; i++) {
        choose_windows(t, i);
        t->sum += dsc_trainer_step(t->trainer, 0);
        t->summed++;
        const size_t at = dsc_cell_axis_index(t->cell, "iteration", (double)(i + 1));
        if (at != SIZE_MAX)
            measure(t, at);
        if (dsc_scope_status(scope) != DSC_OK ||
            !dsc_cell_progress(t->cell, (double)(i + 1) / (double)iterations))
            return false;
    }
    return true;
}

static void put_ladder(struct training *t, dsc_scope *scope)
{
    size_t points;
    double least = INFINITY;
    dsc_cell_axis(t->cell, "iteration", &points);
    for (size_t rung = 0; rung < LADDER; rung++) {
        const double loss = text_ladder(scope, t->text, rung, 0);
        least = fmin(least, loss);
        for (size_t i = 0; i < points; i++)
            dsc_put_at(t->cell, rungs[rung], i, loss);
        if (rung == 2)
            dsc_put(t->cell, "pairs_loss", loss);
    }
    dsc_put(t->cell, "counts_loss", least);
}

/* The best network in the form that writes: recurrent ones read a character at a time. */
static void keep(struct training *t, dsc_scope *scope)
{
    const char *path = dsc_cell_model_path(t->cell);
    if (!path)
        return;
    dsc_node *logits = logits_of(scope, t->kind, t->k, t->text->characters->count,
                                 t->kind->recurrent ? 1 : (size_t)t->k->steps, 1);
    dsc_model *model = dsc_compile(logits, &(dsc_compile_options){ .inference = true });
    dsc_language *language = dsc_language_make(model, t->text->characters);
    if (!language)
        return;
    copy_parameters(model, t->model);
    dsc_language_save(language, path, t->text->name, t->text->sha256);
}

static void run(dsc_cell *cell, const struct kind *kind)
{
    dsc_scope *scope = dsc_cell_scope(cell);
    struct training t = { .cell = cell,
                          .kind = kind,
                          .k = dsc_cell_hyperparameters(cell),
                          .text = dsc_cell_shared(cell),
                          .best_loss = INFINITY };
    if (!begin(&t, scope) || !train(&t, scope))
        return;
    size_t elements;
    float *values = dsc_model_parameters(t.model, &elements);
    if (isfinite(t.best_loss))
        memcpy(values, t.best, elements * sizeof *values);
    dsc_put(cell, "best_loss", t.best_loss);
    dsc_put(cell, "parameters", (double)dsc_model_parameter_count(t.model));
    put_ladder(&t, scope);
    dsc_cell_note(cell, dsc_model_implementations(scope, t.model));
    dsc_cell_hash(cell, values, elements * sizeof *values);
    keep(&t, scope);
}

/* Of a text with as many characters as English has; what is measured is a tenth of the whole. */
static dsc_cost cost_of(dsc_scope *scope, const dsc_plan *plan, const struct kind *kind,
                        const struct hyperparameters *k)
{
    const dsc_cell_training training = {
        .compile = { .batch = (size_t)k->batch },
        .fit = { .optimizer = optimizer_of(kind, k), .steps = (size_t)k->iterations, .keep_best = true }
    };
    return dsc_train_cost(plan, loss_of(scope, kind, k, 65), (size_t)k->batch, &training);
}

#define NETWORK(function, ...)                                                                               \
    static const struct kind function##_kind = { __VA_ARGS__ };                                              \
    static void run_##function(dsc_cell *cell)                                                               \
    {                                                                                                        \
        run(cell, &function##_kind);                                                                         \
    }                                                                                                        \
    static dsc_cost function##_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)     \
    {                                                                                                        \
        return cost_of(scope, plan, &function##_kind, hyperparameters);                                      \
    }
NETWORK(lstm, .recurrent = true, .cell = DSC_RECURRENT_LSTM)
NETWORK(gru, .recurrent = true, .cell = DSC_RECURRENT_GRU_LBR)
NETWORK(rnn, .recurrent = true, .cell = DSC_RECURRENT_TANH)
NETWORK(transformer, .recurrent = false)

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "loss",
        .title = "A network learns to predict the next character, beside counts",
        .x = "iteration",
        .x_label = "training steps",
        .y_label = "-log p (nats a character)",
        .series = { { .output = "validation_loss", .label = "held out part" },
                    { .output = "train_loss", .label = "training steps" },
                    { .output = "order0", .label = "counts, order 0", .style = DSC_SERIES_THEORY },
                    { .output = "order1", .label = "counts, order 1", .style = DSC_SERIES_THEORY },
                    { .output = "order2", .label = "counts, order 2", .style = DSC_SERIES_THEORY },
                    { .output = "order3", .label = "counts, order 3", .style = DSC_SERIES_THEORY },
                    { .output = "order4", .label = "counts, order 4", .style = DSC_SERIES_THEORY } },
    };
    return 1;
}

static const dsc_claims recurrent_claims[] = {
    { .source = "Counting by definition",
      .setting = "tinyshakespeare, the last tenth predicted",
      .claims =
          DSC_CLAIMS({ .text = "A recurrent network of 128 units predicts better than counts behind two "
                               "characters",
                       .expected = "below 2.07 nats",
                       .needs = "data=tinyshakespeare units=128",
                       .measured = { .output = "best_loss" },
                       .units = "nats",
                       .low = 0,
                       .high = 2.07,
                       .seeds = 5 }) },
    { .source = NULL },
};

static const dsc_claims transformer_claims[] = {
    { .source = "nanoGPT (Karpathy 2022), README",
      .setting = "4 blocks, 4 heads, 128 units, context 64, 12 sequences, 2,000 steps",
      .claims =
          DSC_CLAIMS({ .text = "The setting for a CPU comes to a validation loss of 1.88 on tinyshakespeare",
                       .expected = "1.88 nats",
                       .needs = "data=tinyshakespeare iterations=2000 batch=12 steps=64 units=128 layers=4 "
                                "heads=4 dropout=0",
                       .measured = { .output = "best_loss" },
                       .units = "nats",
                       .low = 1.80,
                       .high = 1.96,
                       .seeds = 3 }) },
    { .source = "Vaswani et al. 2017",
      .claims =
          DSC_CLAIMS({ .text = "A transformer applies the same network at every position and lets them "
                               "attend: without that it could not predict better than from one character",
                       .expected = "below counts of pairs",
                       .measured = { .output = "best_loss" },
                       .against = { .output = "pairs_loss" },
                       .units = "nats",
                       .low = -INFINITY,
                       .high = 0,
                       .seeds = 2 }) },
    { .source = NULL },
};

#define CASE(identifier, function, text, source, of_params, of_presets, of_claims)                           \
    const dsc_case identifier = { .name = #function,                                                         \
                                  .summary = text,                                                           \
                                  .reference = source,                                                       \
                                  .hyperparameters_size = sizeof(struct hyperparameters),                    \
                                  .params = of_params,                                                       \
                                  .axes = axes,                                                              \
                                  .outputs = outputs,                                                        \
                                  .presets = of_presets,                                                     \
                                  .seeds = 5,                                                                \
                                  .uses_data = true,                                                         \
                                  .identify = text_identify,                                                 \
                                  .prepare = text_prepare,                                                   \
                                  .run = run_##function,                                                     \
                                  .cost = function##_cost,                                                   \
                                  .figures = figures,                                                        \
                                  .claims = of_claims }
CASE(char_lm_lstm, lstm, "An LSTM, its state carried over from window to window",
     "Karpathy, Johnson and Fei-Fei, arXiv 1506.02078", recurrent_params, recurrent_presets,
     recurrent_claims);
CASE(char_lm_gru, gru, "The same with a GRU", "Cho et al. 2014, arXiv 1406.1078", recurrent_params,
     recurrent_presets, recurrent_claims);
CASE(char_lm_rnn, rnn, "The same with a simple recurrent network", "Elman, Cognitive Science 14, 1990",
     recurrent_params, recurrent_presets, recurrent_claims);
CASE(char_lm_transformer, transformer, "A transformer over windows of 64 characters",
     "nanoGPT (Karpathy 2022)", transformer_params, transformer_presets, transformer_claims);
