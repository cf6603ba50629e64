/* translation.c - one sequence into another by an encoder and a decoder (Sutskever et al. 2014), whose
 * decoder may attend to all that the encoder has said: by products (Luong et al. 2015) or by Bahdanau's
 * additive score (2015), both of the decoder's state at the step itself. Copying and reversing symbols, and
 * adding numbers that are written out. */
#include "sequence_tasks.h"

#include <math.h>
#include <string.h>

struct hyperparameters {
    const char *cell;
    int64_t attention, length, symbols, units, embedding, train, test, epochs, batch, shown;
    double lr, clip;
};

/* What the decoder knows of the encoder. */
enum attention { STATE, DOT, ADDITIVE, NOTHING };
enum { PLUS = 10, BLANK, ADDITION_SYMBOLS };

enum task { COPY, REVERSE, ADDITION };

#define PARAMS(task_symbols, units_value, train_value, epochs_value, batch_value, lr_value)                  \
    DSC_PARAM_INTEGER(struct hyperparameters, symbols, task_symbols, 2, 1000, "different symbols"),          \
        DSC_PARAM_CHOICE(struct hyperparameters, cell, "lstm", "elman|irnn|lstm|lstm-peephole|gru",          \
                         "recurrent layers of encoder and decoder"),                                         \
        DSC_PARAM_INTEGER(struct hyperparameters, units, units_value, 1, 1024, "their units"),               \
        DSC_PARAM_INTEGER(struct hyperparameters, embedding, "16", 1, 1024, "dimensions of a symbol"),       \
        DSC_PARAM_INTEGER(struct hyperparameters, train, train_value, 1, 10000000, "training examples"),     \
        DSC_PARAM_INTEGER(struct hyperparameters, test, "500", 1, 1000000, "test examples"),                 \
        DSC_PARAM_INTEGER(struct hyperparameters, epochs, epochs_value, 1, 100000, "passes"),                \
        DSC_PARAM_INTEGER(struct hyperparameters, batch, batch_value, 1, 100000, "examples per step"),       \
        DSC_PARAM_REAL(struct hyperparameters, lr, lr_value, 1e-9, 10, "learning rate of Adam"),             \
        DSC_PARAM_REAL(struct hyperparameters, clip, "1", 0, 1e9, "largest norm of the gradient; 0: any"),   \
        DSC_PARAM_INTEGER(struct hyperparameters, shown, "8", 1, 200, "steps of the drawn map of attention")

static const dsc_param symbol_params[] = { PARAMS("10", "64", "4000", "15", "32", "0.003"), { 0 } };
static const dsc_param addition_params[] = { PARAMS("12", "128", "5000", "55", "32", "0.002"), { 0 } };

static size_t shown_steps(const void *hyperparameters, double *values, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    size_t count = 0;
    for (; count < (size_t)k->shown && count < capacity; count++)
        values[count] = (double)(count + 1);
    return count;
}

#define AXES(methods, lengths, meaning)                                                                      \
    { .param = { .name = "attention",                                                                        \
                 .kind = DSC_KIND_INTEGER,                                                                   \
                 .offset = DSC_FIELD(struct hyperparameters, attention, int64_t),                            \
                 .value = (methods),                                                                         \
                 .choices = "state|dot|additive|nothing",                                                    \
                 .help =                                                                                     \
                     "what the decoder knows: the encoder's last state, and all its outputs by attention; "  \
                     "nothing: a control" },                                                                 \
      .units = "1",                                                                                          \
      .long_name = "attention" },                                                                            \
        { .param = { .name = "length",                                                                       \
                     .kind = DSC_KIND_INTEGER,                                                               \
                     .offset = DSC_FIELD(struct hyperparameters, length, int64_t),                           \
                     .value = (lengths),                                                                     \
                     .min = 1,                                                                               \
                     .max = 200,                                                                             \
                     .help = (meaning) },                                                                    \
          .units = "1",                                                                                      \
          .long_name = "length" },                                                                           \
        { .param = { .name = "target",                                                                       \
                     .kind = DSC_KIND_INTEGER,                                                               \
                     .value = "1",                                                                           \
                     .min = 1,                                                                               \
                     .max = 200,                                                                             \
                     .help = "steps of the answer (set shown)" },                                            \
          .units = "1",                                                                                      \
          .long_name = "step of the answer",                                                                 \
          .inner = true,                                                                                     \
          .derive = shown_steps },                                                                           \
        { .param = { .name = "source",                                                                       \
                     .kind = DSC_KIND_INTEGER,                                                               \
                     .value = "1",                                                                           \
                     .min = 1,                                                                               \
                     .max = 200,                                                                             \
                     .help = "steps of the question (set shown)" },                                          \
          .units = "1",                                                                                      \
          .long_name = "step of the question",                                                               \
          .inner = true,                                                                                     \
          .derive = shown_steps },                                                                           \
    {                                                                                                        \
        .param = { 0 }                                                                                       \
    }

static const dsc_axis symbol_axes[] = { AXES("state,dot,additive,nothing", "8,20", "symbols of a question") };
static const dsc_axis addition_axes[] = { AXES("state,dot", "2", "digits of each number") };

static const dsc_output outputs[] = {
    { "character_accuracy", "1", "share of right symbols in greedy answers to test questions", NULL },
    { "answer_accuracy", "1", "share of test questions whose greedy answer is right throughout", NULL },
    { "test_loss", "nat", "mean cross-entropy of a symbol, the true ones before it given", NULL },
    { "aligned", "1", "share of the steps whose largest attention is where the symbol comes from", NULL },
    { "share", "1", "mean attention of a step of the answer to one of the question", "target source" },
    { 0 },
};

static const dsc_preset symbol_presets[] = {
    { "quick", "length=8 epochs=4 units=32 train=2000 test=200 seeds=2", "short training, 2 seeds: seconds" },
    { "default", "seeds=3", "3 seeds: minutes" },
    { 0 },
};
static const dsc_preset addition_presets[] = {
    { "quick", "length=2 epochs=3 units=32 train=2000 test=200 seeds=1", "short training: seconds" },
    { "default", "seeds=3", "two digits, 3 seeds: minutes" },
    { "paper", "length=2,3 train=50000 epochs=60 seeds=3", "three digits, too: hours" },
    { 0 },
};

static size_t question_steps(enum task task, const struct hyperparameters *k)
{
    return task == ADDITION ? 2 * (size_t)k->length + 1 : (size_t)k->length;
}

static size_t answer_steps(enum task task, const struct hyperparameters *k)
{
    return task == ADDITION ? (size_t)k->length + 1 : (size_t)k->length;
}

static size_t symbols_of(enum task task, const struct hyperparameters *k)
{
    return task == ADDITION ? ADDITION_SYMBOLS : (size_t)k->symbols;
}

/* --- Questions and answers --- */

/* The digits of a number, right-justified in blanks. */
static void write_number(uint64_t number, int32_t *dst, size_t width)
{
    for (size_t i = width; i-- > 0; number /= 10)
        dst[i] = number > 0 || i + 1 == width ? (int32_t)(number % 10) : BLANK;
}

enum {
    FIRST_TEST = 40,
    HELD_OUT = 10
}; /* test questions begin at 2^40; one pair in ten is asked there alone */

/* Two numbers below most, drawn again until they are a pair of the part that asks: few digits make few pairs,
   and what was learnt by heart is no test. 0 + 0 is always kept, so that there is one. */
static void draw_pair(dsc_rng rng, uint64_t example, uint64_t most, uint64_t pair[2])
{
    const bool test = example >> FIRST_TEST != 0;
    uint32_t draw = 0;
    bool held_out;
    do {
        pair[0] = dsc_rng_below(rng, draw++, example, most);
        pair[1] = dsc_rng_below(rng, draw++, example, most);
        const uint64_t number = pair[0] * most + pair[1];
        held_out = number == 0 || dsc_rng_below(rng, UINT32_MAX, number, HELD_OUT) == 0;
    } while (held_out != test);
}

static void make_one(enum task task, const struct hyperparameters *k, dsc_rng rng, uint64_t example,
                     int32_t *question, int32_t *answer)
{
    const size_t length = (size_t)k->length, steps = question_steps(task, k);
    if (task == ADDITION) {
        uint64_t most = 1, pair[2];
        for (size_t i = 0; i < length; i++)
            most *= 10;
        draw_pair(rng, example, most, pair);
        const uint64_t a = pair[0], b = pair[1];
        write_number(a, question, length);
        question[length] = PLUS;
        write_number(b, question + length + 1, length);
        write_number(a + b, answer, length + 1);
        for (size_t i = 0; i < steps / 2;
             i++) { /* the question is asked from behind, as in Keras's example */
            const int32_t swap = question[i];
            question[i] = question[steps - 1 - i];
            question[steps - 1 - i] = swap;
        }
        return;
    }
    for (size_t i = 0; i < length; i++)
        question[i] = (int32_t)dsc_rng_below(rng, (uint32_t)i, example, (uint64_t)k->symbols);
    for (size_t i = 0; i < length; i++)
        answer[i] = question[task == COPY ? i : length - 1 - i];
}

struct questions {
    dsc_examples examples; /* "question", "before" (the answer one step later), "labels" (the answer) */
    int32_t *before, *answers;
};

static struct questions make_questions(dsc_scope *scope, enum task task, const struct hyperparameters *k,
                                       uint64_t first, size_t count)
{
    const size_t in = question_steps(task, k), out = answer_steps(task, k);
    int32_t *question = dsc_scope_alloc(scope, count * in, sizeof *question);
    struct questions q = { .before = dsc_scope_alloc(scope, count * out, sizeof *q.before),
                           .answers = dsc_scope_alloc(scope, count * out, sizeof *q.answers) };
    if (!question || !q.before || !q.answers)
        return q;
    const dsc_rng rng = dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_DATA);
    for (size_t i = 0; i < count; i++) {
        int32_t *before = q.before + i * out, *answer = q.answers + i * out;
        make_one(task, k, rng, first + i, question + i * in, answer);
        before[0] = (int32_t)symbols_of(task, k); /* stands for the beginning */
        memcpy(before + 1, answer, (out - 1) * sizeof *before);
    }
    q.examples = (dsc_examples){ .count = count,
                                 .columns = { { "question", in, .i32 = question },
                                              { "before", out, .i32 = q.before },
                                              { "labels", out, .i32 = q.answers } } };
    return q;
}

/* --- Networks --- */

struct network {
    dsc_node *logits, *shares, *loss; /* shares: NULL without attention */
};

static dsc_node *recurrent(const struct hyperparameters *k, dsc_node *x, dsc_node *initial)
{
    static const char *const names[] = { "elman", "irnn", "gru" };
    static const dsc_recurrent_cell cells[] = { DSC_RECURRENT_TANH, DSC_RECURRENT_RELU, DSC_RECURRENT_GRU };
    dsc_recurrent_cell cell = DSC_RECURRENT_LSTM;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        cell = strcmp(k->cell, names[i]) == 0 ? cells[i] : cell;
    return dsc_recurrent(x, (size_t)k->units, .cell = cell, .sequence = true, .initial = initial,
                         .peephole = strcmp(k->cell, "lstm-peephole") == 0,
                         .recurrent_init =
                             cell == DSC_RECURRENT_RELU ? DSC_INIT_ORTHOGONAL : DSC_INIT_DEFAULT);
}

static struct network make_network(dsc_scope *scope, enum task task, const struct hyperparameters *k)
{
    const size_t in = question_steps(task, k), out = answer_steps(task, k), symbols = symbols_of(task, k);
    dsc_node *question =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = in, .vocabulary = symbols, .name = "question" });
    dsc_node *before =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = out, .vocabulary = symbols + 1, .name = "before" });
    dsc_node *memory = recurrent(k, dsc_embedding(question, (size_t)k->embedding), NULL);
    dsc_node *initial = k->attention == NOTHING ? NULL : dsc_final_state(memory);
    dsc_node *h =
        recurrent(k, dsc_embedding(before, (size_t)k->embedding, .name = "before_embedding"), initial);
    struct network net = { 0 };
    if (k->attention == DOT || k->attention == ADDITIVE) {
        const size_t additive = k->attention == ADDITIVE ? (size_t)k->units : 0;
        const dsc_attended attended = dsc_attention(
            scope, &(dsc_attention_spec){ .queries = h, .memory = memory, .additive_units = additive });
        net.shares = attended.shares;
        h = dsc_concat(-1, h, attended.context);
        h = dsc_tanh(dsc_dense(h, (size_t)k->units, .per_step = true));
    }
    net.logits = dsc_dense(h, symbols, .per_step = true);
    net.loss = dsc_softmax_cross_entropy(net.logits, dsc_labels(scope, symbols, .steps = out));
    return net;
}

static dsc_cell_training training_of(const struct hyperparameters *k)
{
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch },
        .fit = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = k->lr, .clip_norm = k->clip },
                 .epochs = (size_t)k->epochs },
        .progress_share = 0.95
    };
}

/* --- Answers --- */

static int32_t largest(const float *scores, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = scores[i] > scores[best] ? i : best;
    return (int32_t)best;
}

/* Greedy: each step is the likeliest symbol behind the answer so far. Which comes before a step is written
   where the decoder reads it; later steps don't change earlier ones. */
static void put_greedy(dsc_cell *cell, enum task task, dsc_model *model, const struct network *net,
                       struct questions *q)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const size_t out = answer_steps(task, k), symbols = symbols_of(task, k), count = q->examples.count;
    size_t right = 0, whole = 0;
    dsc_scope *work = dsc_scope_open(NULL);
    size_t *right_of = dsc_scope_alloc(work, count, sizeof *right_of);
    for (size_t t = 0; right_of && t < out; t++) {
        dsc_scope *step = dsc_scope_open(NULL);
        const float *logits = dsc_predict(step, model, net->logits, &q->examples);
        for (size_t i = 0; logits && i < count; i++) {
            const int32_t symbol = largest(logits + (i * out + t) * symbols, symbols);
            right_of[i] += symbol == q->answers[i * out + t];
            if (t + 1 < out)
                q->before[i * out + t + 1] = symbol;
        }
        dsc_scope_adopt_error(work, step);
        dsc_scope_close(&step);
    }
    for (size_t i = 0; right_of && i < count; i++) {
        right += right_of[i];
        whole += right_of[i] == out;
    }
    dsc_scope_adopt_error(dsc_cell_scope(cell), work);
    dsc_scope_close(&work);
    dsc_put(cell, "character_accuracy", (double)right / (double)(count * out));
    dsc_put(cell, "answer_accuracy", (double)whole / (double)count);
}

/* The mean attention, and how often its largest is where the symbol comes from; NaN without attention. */
static void put_attention(dsc_cell *cell, enum task task, dsc_model *model, const struct network *net,
                          const dsc_examples *examples)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const size_t in = question_steps(task, k), out = answer_steps(task, k), count = examples->count;
    dsc_scope *scope = dsc_cell_scope(cell);
    const float *shares = net->shares ? dsc_predict(scope, model, net->shares, examples) : NULL;
    size_t aligned = 0, targets, sources;
    for (size_t i = 0; shares && i < count * out; i++) {
        const size_t from = task == REVERSE ? in - 1 - i % out : i % out;
        aligned += (size_t)largest(shares + i * in, in) == from;
    }
    const bool known = shares && task != ADDITION;
    dsc_put(cell, "aligned", known ? (double)aligned / (double)(count * out) : NAN);
    const double *target = dsc_cell_axis(cell, "target", &targets);
    const double *source = dsc_cell_axis(cell, "source", &sources);
    for (size_t i = 0; i < targets * sources; i++) {
        const size_t t = (size_t)target[i / sources] - 1, s = (size_t)source[i % sources] - 1;
        double sum = 0;
        for (size_t e = 0; shares && t < out && s < in && e < count; e++)
            sum += shares[(e * out + t) * in + s];
        dsc_put_at(cell, "share", i, shares && t < out && s < in ? sum / (double)count : NAN);
    }
}

static void run_task(dsc_cell *cell, enum task task)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const struct questions train = make_questions(scope, task, k, 0, (size_t)k->train);
    struct questions test = make_questions(scope, task, k, (uint64_t)1 << FIRST_TEST, (size_t)k->test);
    const struct network net = make_network(scope, task, k);
    const dsc_cell_training training = training_of(k);
    dsc_model *model = dsc_cell_train(cell, net.loss, &train.examples, &training);
    if (!model)
        return;
    dsc_put(cell, "test_loss", dsc_evaluate(model, &test.examples).loss);
    put_attention(cell, task, model, &net, &test.examples);
    put_greedy(cell, task, model, &net, &test);
}

static dsc_cost cost_of(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters, enum task task)
{
    const struct hyperparameters *k = hyperparameters;
    const dsc_cell_training training = training_of(k);
    const struct network net = make_network(scope, task, k);
    return dsc_train_cost(plan, net.loss, (size_t)k->train, &training);
}

#define TASK(name, task)                                                                                     \
    static void run_##name(dsc_cell *cell)                                                                   \
    {                                                                                                        \
        run_task(cell, task);                                                                                \
    }                                                                                                        \
    static dsc_cost cost_##name(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)         \
    {                                                                                                        \
        return cost_of(scope, plan, hyperparameters, task);                                                  \
    }
TASK(copy, COPY)
TASK(reverse, REVERSE)
TASK(addition, ADDITION)

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 2)
        return 0;
    figures[0] = (dsc_figure){
        .name = "accuracy",
        .title = "Right answers over their length",
        .x = "length",
        .x_label = "length",
        .y_label = "right (%)",
        .y_scale = 100,
        .by = "attention",
        .series = { { .output = "character_accuracy", .label = "symbols" } },
    };
    figures[1] = (dsc_figure){
        .name = "attention",
        .title = "Where each step of an answer looks",
        .x = "source",
        .y = "target",
        .x_label = "step of the question",
        .y_label = "step of the answer",
        .panels = "attention",
        .series = { { .output = "share", .label = "attention", .where = "length=8" } },
    };
    return 2;
}

static size_t addition_figures(const void *hyperparameters, dsc_figure *figure, size_t capacity)
{
    const size_t count = figures(hyperparameters, figure, capacity);
    if (count == 2) {
        figure[0].series[1] = (dsc_series){ .output = "answer_accuracy", .label = "whole answers" };
        figure[1].series[0].where = "length=2";
    }
    return count;
}

#define SYMBOL_CLAIMS(diagonal)                                                                              \
    {                                                                                                        \
        .source = "Bahdanau, Cho and Bengio 2015; Luong, Pham and Manning 2015; the notes: attention lets "  \
                  "positions interact",                                                                      \
        .setting = "translation; here: random symbols, of a greedy answer",                                  \
        .claims = DSC_CLAIMS(                                                                                \
            { .text = "An encoder and a decoder translate one sequence into another: symbols right, 8 long", \
              .expected = "100 %",                                                                           \
              .needs = "symbols=10 length=8",                                                                \
              .measured = { .output = "character_accuracy", .where = "attention=dot length=8" },             \
              .scale = 100,                                                                                  \
              .units = "%",                                                                                  \
              .low = 99,                                                                                     \
              .high = 100,                                                                                   \
              .seeds = 3 },                                                                                  \
            { .text = "Without the encoder's state the answer is chance",                                    \
              .expected = "10 %",                                                                            \
              .needs = "symbols=10 length=8",                                                                \
              .measured = { .output = "character_accuracy", .where = "attention=nothing length=8" },         \
              .scale = 100,                                                                                  \
              .units = "%",                                                                                  \
              .low = 8,                                                                                      \
              .high = 12,                                                                                    \
              .seeds = 3 },                                                                                  \
            { .text = "Attention by products is at least 10 points better than the state alone, 20 long",    \
              .expected = "10 points",                                                                       \
              .needs = "symbols=10 length=20",                                                               \
              .measured = { .output = "character_accuracy", .where = "attention=dot length=20" },            \
              .against = { .output = "character_accuracy", .where = "attention=state length=20" },           \
              .scale = 100,                                                                                  \
              .units = "points",                                                                             \
              .low = 10,                                                                                     \
              .high = INFINITY,                                                                              \
              .seeds = 3 },                                                                                  \
            { .text = "So is additive attention",                                                            \
              .expected = "10 points",                                                                       \
              .needs = "symbols=10 length=20",                                                               \
              .measured = { .output = "character_accuracy", .where = "attention=additive length=20" },       \
              .against = { .output = "character_accuracy", .where = "attention=state length=20" },           \
              .scale = 100,                                                                                  \
              .units = "points",                                                                             \
              .low = 10,                                                                                     \
              .high = INFINITY,                                                                              \
              .seeds = 3 },                                                                                  \
            { .text = "Its largest weight is on the " diagonal,                                              \
              .expected = "95 % of the steps",                                                               \
              .needs = "symbols=10 length=8",                                                                \
              .measured = { .output = "aligned", .where = "attention=dot length=8" },                        \
              .scale = 100,                                                                                  \
              .units = "%",                                                                                  \
              .low = 95,                                                                                     \
              .high = 100,                                                                                   \
              .seeds = 3 })                                                                                  \
    }

static const dsc_claims copy_claims[] = { SYMBOL_CLAIMS("diagonal"), { .source = NULL } };
static const dsc_claims reverse_claims[] = { SYMBOL_CLAIMS("other diagonal"), { .source = NULL } };
static const dsc_claims addition_claims[] = {
    { .source = "Keras, example addition_rnn",
      .setting =
          "two digits: 5,000 examples, 55 epochs; accuracy of symbols; the true symbols before it given "
          "nowhere, here greedy answers",
      .claims =
          DSC_CLAIMS({ .text = "An encoder and a decoder learn to add numbers of two digits",
                       .expected = "99 %",
                       .needs = "train=5000 epochs=55 length=2",
                       .measured = { .output = "character_accuracy", .where = "attention=state length=2" },
                       .scale = 100,
                       .units = "%",
                       .low = 98,
                       .high = 100,
                       .seeds = 3 }) },
    { .source = NULL },
};

const dsc_case sequence_tasks_copy = {
    .name = "copy",
    .summary = "Symbols to be repeated, by encoder and decoder, with and without attention",
    .reference =
        "Sutskever, Vinyals and Le 2014; Bahdanau, Cho and Bengio 2015; Luong, Pham and Manning 2015",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = symbol_params,
    .axes = symbol_axes,
    .outputs = outputs,
    .presets = symbol_presets,
    .seeds = 3,
    .run = run_copy,
    .cost = cost_copy,
    .figures = figures,
    .claims = copy_claims,
};

const dsc_case sequence_tasks_reverse = {
    .name = "reverse",
    .summary = "Symbols to be repeated from behind",
    .reference =
        "Sutskever, Vinyals and Le 2014; Bahdanau, Cho and Bengio 2015; Luong, Pham and Manning 2015",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = symbol_params,
    .axes = symbol_axes,
    .outputs = outputs,
    .presets = symbol_presets,
    .seeds = 3,
    .run = run_reverse,
    .cost = cost_reverse,
    .figures = figures,
    .claims = reverse_claims,
};

const dsc_case sequence_tasks_addition = {
    .name = "addition",
    .summary = "Numbers written out, to be added",
    .reference = "Keras, example addition_rnn; Sutskever, Vinyals and Le 2014",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = addition_params,
    .axes = addition_axes,
    .outputs = outputs,
    .presets = addition_presets,
    .seeds = 3,
    .run = run_addition,
    .cost = cost_addition,
    .figures = addition_figures,
    .claims = addition_claims,
};
