/* networks.c - networks over the words of a document: a bag, their mean, recurrent layers, convolutions. */
#include <math.h>

#include "sentiment.h"

/* A network's documents: sequences of numbers below rows. */
struct sequences {
    size_t steps, rows;
    const int32_t *train, *test;
};

/* The words of documents, the last or the first steps of them. */
static struct sequences words_of(dsc_scope *scope, const struct hyperparameters *k, const model_spec *model,
                                 const dsc_tokens_lists *train, const dsc_tokens_lists *test)
{
    const dsc_sequence_options options = { .steps = (size_t)k->steps,
                                           .keep_first = model->keep_first,
                                           .pad_in_front = model->padding == READ_IN_FRONT,
                                           .most_ids = (size_t)k->vocabulary };
    const size_t known = train && train->unknown < options.most_ids ? train->unknown : options.most_ids;
    return (struct sequences){ .steps = options.steps,
                               .rows = known + 1,
                               .train = dsc_tokens_sequences(scope, train, &options),
                               .test = dsc_tokens_sequences(scope, test, &options) };
}

/* Each row's columns + 1, zeros behind them. */
static const int32_t *columns_of(dsc_scope *scope, const dsc_sparse *x, size_t steps)
{
    int32_t *columns = dsc_scope_alloc(scope, x->rows * steps, sizeof *columns);
    for (size_t i = 0; columns && i < x->rows; i++)
        for (size_t e = x->starts[i]; e < x->starts[i + 1] && e - x->starts[i] < steps; e++)
            columns[i * steps + e - x->starts[i]] = (int32_t)x->index[e] + 1;
    return columns;
}

static size_t longest_row(const dsc_sparse *x)
{
    size_t longest = 1;
    for (size_t i = 0; i < x->rows; i++)
        longest = x->starts[i + 1] - x->starts[i] > longest ? x->starts[i + 1] - x->starts[i] : longest;
    return longest;
}

/* The n-grams of documents, each once: as many of the most frequent ones as the vocabulary has words, or of
   longer n-grams ten times as many. */
static struct sequences grams_of(dsc_scope *scope, const struct hyperparameters *k, const model_spec *model,
                                 const dsc_tokens_lists *train, const dsc_tokens_lists *test)
{
    const size_t most = (size_t)k->vocabulary * (model->longest > 1 ? 10 : 1);
    const dsc_ngrams *grams =
        dsc_ngrams_count(scope, train, &(dsc_ngrams_options){ .longest = model->longest, .most = most });
    const dsc_sparse x = dsc_ngrams_rows(scope, grams, train, NULL);
    const dsc_sparse y = dsc_ngrams_rows(scope, grams, test, NULL);
    if (!grams || y.rows == 0)
        return (struct sequences){ 0 };
    const size_t a = longest_row(&x), b = longest_row(&y), steps = a > b ? a : b;
    return (struct sequences){ .steps = steps,
                               .rows = grams->count + 1,
                               .train = columns_of(scope, &x, steps),
                               .test = columns_of(scope, &y, steps) };
}

/* A bag of words through two hidden layers. What the first one makes of the bag is the sum of its words'
 * rows. */
static dsc_node *perceptron(dsc_scope *scope, dsc_node *tokens, const struct hyperparameters *k, size_t rows)
{
    const size_t units = (size_t)k->units;
    const double scale = 1 / sqrt((double)rows);
    dsc_node *h = dsc_sum(
        dsc_embedding(tokens, units, .padding = 1, .weights_init = DSC_INIT_UNIFORM, .init_scale = scale),
        .axes = DSC_AXES(0));
    h = dsc_add(h, dsc_parameter(scope, &(dsc_parameter_spec){
                                            .shape = { units }, .init = DSC_INIT_ZEROS, .name = "bias" }));
    return dsc_relu(dsc_dense(dsc_relu(h), units));
}

static dsc_node *logits_of(dsc_scope *scope, const struct hyperparameters *k, const model_spec *model,
                           size_t steps, size_t rows, size_t classes)
{
    dsc_node *tokens = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = steps, .vocabulary = rows });
    if (model->network == MLP)
        return dsc_dense(perceptron(scope, tokens, k, rows), classes);
    const size_t padding = model->padding == MASKED ? 1 : 0;
    dsc_node *x = dsc_embedding(tokens, (size_t)k->width, .padding = padding,
                                .weights_init = DSC_INIT_UNIFORM, .init_scale = 0.05);
    dsc_node *h = NULL;
    switch (model->network) {
    case AVERAGE: h = dsc_global_average_pool(x); break;
    case CONVOLUTION: h = dsc_text_convolutions(x, (size_t)k->filters); break;
    default:
        h = dsc_recurrent(x, (size_t)k->units / (model->bidirectional ? 2 : 1), .cell = model->cell,
                          .bidirectional = model->bidirectional,
                          .forget_bias = model->cell == DSC_RECURRENT_LSTM ? 1 : 0,
                          .lengths = padding ? dsc_lengths(tokens, 0) : NULL);
        break;
    }
    return dsc_dense(model->network == AVERAGE ? h : dsc_dropout(h, k->dropout), classes);
}

static void measure(dsc_cell *cell, dsc_model *model, size_t at, void *user)
{
    const dsc_metrics test = dsc_evaluate(model, user);
    dsc_put_at(cell, "curve_accuracy", at, 1 - test.error_rate);
    dsc_put_at(cell, "curve_loss", at, test.loss);
}

static dsc_cell_training training_of(const struct hyperparameters *k, const dsc_examples *validation)
{
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch },
        .fit = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = k->lr, .clip_norm = 5 },
                 .epochs = (size_t)k->epochs,
                 .validation = validation,
                 .keep_best = validation != NULL },
    };
}

static dsc_examples examples_of(const int32_t *tokens, size_t steps, const int32_t *labels, size_t count)
{
    return (dsc_examples){
        .count = count,
        .columns = { { .name = "tokens", .width = steps, .i32 = tokens },
                     { .name = "labels", .width = 1, .i32 = labels } },
    };
}

/* Tests the trained network. */
static void test_network(dsc_scope *scope, dsc_model *model, const dsc_node *logits, const dsc_examples *test,
                         size_t classes, struct outcome *outcome, int32_t *predicted, double *scores)
{
    const float *rows = dsc_predict(scope, model, logits, test);
    const int32_t *labels = dsc_examples_labels(test);
    for (size_t i = 0; rows && i < test->count; i++) {
        const float *row = rows + i * classes;
        size_t best = 0;
        for (size_t c = 1; c < classes; c++)
            best = row[c] > row[best] ? c : best;
        predicted[i] = (int32_t)best;
        scores[i] = classes == 2 ? (double)(row[1] - row[0]) : (double)row[best];
        outcome->right += predicted[i] == labels[i];
    }
}

/* A part's documents as a network reads them: train is nine tenths of those for training. They stand in a
   random order, and the last tenth, if there is any, chooses the epoch. */
struct network_data {
    struct sequences sequences;
    dsc_examples all, train, validation, test;
};

static struct network_data make_data(dsc_scope *scope, const struct hyperparameters *k,
                                     const struct shared *shared, const model_spec *model,
                                     const struct part *part)
{
    const dsc_tokens_lists *train = dsc_tokens_select(scope, shared->words, part->train, part->train_count);
    const dsc_tokens_lists *test = dsc_tokens_select(scope, shared->words, part->test, part->test_count);
    const bool bag = model->network == MLP || model->longest > 1;
    const size_t held = part->train_count / 10;
    struct network_data data = { .sequences = (bag ? grams_of : words_of)(scope, k, model, train, test) };
    data.all = examples_of(data.sequences.train, data.sequences.steps,
                           labels_of(scope, shared, part->train, part->train_count), part->train_count);
    data.test = examples_of(data.sequences.test, data.sequences.steps,
                            labels_of(scope, shared, part->test, part->test_count), part->test_count);
    data.train = dsc_examples_range(&data.all, 0, part->train_count - held);
    data.validation = dsc_examples_range(&data.all, part->train_count - held, held);
    return data;
}

static void train_and_test(dsc_cell *cell, dsc_scope *scope, const model_spec *model, const struct part *part,
                           struct outcome *outcome, int32_t *predicted, double *scores)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    const size_t classes = shared->documents->classes;
    struct network_data data = make_data(scope, k, shared, model, part);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    dsc_cell_training training = training_of(k, data.validation.count ? &data.validation : NULL);
    training.progress = part->done;
    training.progress_share = part->share;
    if (part->done == 0) { /* the curves are those of the first fold */
        training.measure = measure;
        training.axis = "epoch";
        training.user = &data.test;
    }
    dsc_node *logits = logits_of(scope, k, model, data.sequences.steps, data.sequences.rows, classes);
    dsc_node *loss = dsc_softmax_cross_entropy(logits, dsc_labels(scope, classes));
    dsc_model *trained = dsc_cell_train(cell, loss, &data.train, &training);
    if (!trained)
        return;
    test_network(scope, trained, logits, &data.test, classes, outcome, predicted, scores);
    const double right = 1 - dsc_evaluate(trained, &data.all).error_rate;
    outcome->train_right += (size_t)lround(right * (double)part->train_count);
    outcome->parameters = (double)dsc_model_parameter_count(trained);
    outcome->features = (double)(data.sequences.rows - 1);
    outcome->trained++;
}

bool network_test(dsc_cell *cell, const model_spec *model, const struct part *part, struct outcome *outcome,
                  int32_t *predicted, double *scores)
{
    dsc_scope *scope = dsc_scope_open_within(dsc_cell_scope(cell), dsc_cell_seed(cell));
    const size_t before = outcome->trained;
    train_and_test(cell, scope, model, part, outcome, predicted, scores);
    const bool good = dsc_scope_adopt_error(dsc_cell_scope(cell), scope) == DSC_OK;
    dsc_scope_close(&scope);
    return good && outcome->trained > before;
}

/* A bag's sequence is as long as the longest document, which is not read yet: four times as long as the part
   that other networks read is near enough. */
dsc_cost network_cost(dsc_scope *scope, const dsc_plan *plan, const struct hyperparameters *k,
                      const model_spec *model, size_t classes)
{
    const bool bag = model->network == MLP || model->longest > 1;
    const size_t steps = (size_t)k->steps * (bag ? 4 : 1);
    const size_t rows = (size_t)k->vocabulary * (model->longest > 1 ? 10 : 1) + 1;
    const size_t examples = (size_t)k->examples - (size_t)k->examples / 10;
    const dsc_cell_training training = training_of(k, NULL);
    dsc_node *logits = logits_of(scope, k, model, steps, rows, classes);
    dsc_node *loss = dsc_softmax_cross_entropy(logits, dsc_labels(scope, classes));
    dsc_cost cost = dsc_train_cost(plan, loss, examples, &training);
    const dsc_cost pass = dsc_evaluate_cost(loss, (size_t)k->examples);
    const int64_t folds = k->folds ? (k->tested_folds ? k->tested_folds : k->folds) : 1;
    cost.flops = (double)folds * (cost.flops + (double)k->epochs * pass.flops);
    cost.bytes += 4.0 * (double)(k->examples * 2) * (double)steps; /* the sequences */
    return cost;
}
