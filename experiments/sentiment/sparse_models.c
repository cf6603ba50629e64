/* sparse_models.c - the table of models, and those that are linear in n-grams. */
#include <math.h>
#include <string.h>

#include "sentiment.h"

#define BINARY                                                                                               \
    {                                                                                                        \
        .binary = true                                                                                       \
    }
#define TFIDF                                                                                                \
    {                                                                                                        \
        .sublinear = true, .inverse = true, .unit = true                                                     \
    }

/* Accuracies: of documents IMDb's, of sentences rt-polarity's. Wang and Manning's are those of their program
   (sidaw/nbsvm), whose tokens stand between blanks; nb-logistic is mesnilgr/nbsvm's. */
const model_spec models[MODEL_COUNT] = {
    { "nb", NAIVE_BAYES, 1, BINARY, .blanks = true, .published_documents = 83.55,
      .published_sentences = 77.94 },
    { "nb-2", NAIVE_BAYES, 2, BINARY, .blanks = true, .published_documents = 86.59,
      .published_sentences = 79.03 },
    { "svm", SUPPORT_VECTORS, 1, BINARY, .blanks = true, .c = 0.1, .published_documents = NAN,
      .published_sentences = 76.23 },
    { "svm-2", SUPPORT_VECTORS, 2, BINARY, .blanks = true, .c = 0.1, .published_documents = NAN,
      .published_sentences = 77.72 },
    { "nbsvm", NBSVM, 1, BINARY, .blanks = true, .c = 1, .published_documents = NAN,
      .published_sentences = 78.05 },
    { "nbsvm-2", NBSVM, 2, BINARY, .blanks = true, .c = 1, .published_documents = 91.22,
      .published_sentences = 79.38 },
    { "nbsvm-3", NBSVM, 3, BINARY, .blanks = true, .c = 1, .published_documents = NAN,
      .published_sentences = NAN },
    { "nb-logistic-2", NB_LOGISTIC, 2, BINARY, .c = 1, .published_documents = 91.55,
      .published_sentences = NAN },
    { "nb-logistic-3", NB_LOGISTIC, 3, BINARY, .c = 1, .published_documents = 91.82,
      .published_sentences = NAN },
    { "logistic", LOGISTIC, 1, BINARY, .published_documents = NAN, .published_sentences = NAN },
    { "logistic-2", LOGISTIC, 2, BINARY, .published_documents = NAN, .published_sentences = NAN },
    { "lasso", LASSO, 1, BINARY, .published_documents = 88, .published_sentences = NAN },
    { "counts", LOGISTIC, 1, { 0 }, .published_documents = NAN, .published_sentences = NAN },
    { "tfidf", LOGISTIC, 1, TFIDF, .published_documents = NAN, .published_sentences = NAN },
    { "tfidf-2", LOGISTIC, 2, TFIDF, .published_documents = NAN, .published_sentences = NAN },
    { "tfidf-3", LOGISTIC, 3, TFIDF, .published_documents = NAN, .published_sentences = NAN },
    { "mlp", NETWORK, 1, BINARY, .network = MLP, .published_documents = 84.5, .published_sentences = NAN },
    { "average", NETWORK, 1, .network = AVERAGE, .published_documents = 88.13, .published_sentences = NAN },
    { "average-2", NETWORK, 2, .network = AVERAGE, .published_documents = 90.56, .published_sentences = NAN },
    { "rnn", NETWORK, 1, .network = RECURRENT, .cell = DSC_RECURRENT_TANH, .published_documents = 76,
      .published_sentences = NAN },
    { "rnn-front", NETWORK, 1, .network = RECURRENT, .cell = DSC_RECURRENT_TANH, .padding = READ_IN_FRONT,
      .published_documents = NAN, .published_sentences = NAN },
    { "rnn-behind", NETWORK, 1, .network = RECURRENT, .cell = DSC_RECURRENT_TANH, .padding = READ_BEHIND,
      .published_documents = 47.87, .published_sentences = NAN },
    { "lstm", NETWORK, 1, .network = RECURRENT, .cell = DSC_RECURRENT_LSTM, .published_documents = 84,
      .published_sentences = NAN },
    { "lstm-first", NETWORK, 1, .network = RECURRENT, .cell = DSC_RECURRENT_LSTM, .keep_first = true,
      .published_documents = NAN, .published_sentences = NAN },
    { "bilstm", NETWORK, 1, .network = RECURRENT, .cell = DSC_RECURRENT_LSTM, .bidirectional = true,
      .published_documents = 81.46, .published_sentences = NAN },
    { "gru", NETWORK, 1, .network = RECURRENT, .cell = DSC_RECURRENT_GRU, .published_documents = NAN,
      .published_sentences = NAN },
    { "cnn", NETWORK, 1, .network = CONVOLUTION, .published_documents = NAN, .published_sentences = 75.9 },
};

/* The documents of a part as rows of the n-grams of those for training. */
struct rows {
    const dsc_ngrams *grams;
    dsc_sparse train, test;
    const int32_t *train_labels, *test_labels;
};

static struct rows make_rows(dsc_scope *scope, const struct shared *shared, const model_spec *model,
                             const struct part *part)
{
    const dsc_tokens_lists *all = model->blanks ? shared->blanks : shared->words;
    const dsc_tokens_lists *train = dsc_tokens_select(scope, all, part->train, part->train_count);
    const dsc_tokens_lists *test = dsc_tokens_select(scope, all, part->test, part->test_count);
    struct rows rows = { .grams = dsc_ngrams_count(scope, train,
                                                   &(dsc_ngrams_options){ .longest = model->longest }) };
    rows.train = dsc_ngrams_rows(scope, rows.grams, train, &model->weighting);
    rows.test = dsc_ngrams_rows(scope, rows.grams, test, &model->weighting);
    rows.train_labels = labels_of(scope, shared, part->train, part->train_count);
    rows.test_labels = labels_of(scope, shared, part->test, part->test_count);
    return rows;
}

static const dsc_linear_model *fit(dsc_scope *scope, const model_spec *model, const dsc_sparse *x,
                                   const int32_t *labels, size_t classes, double c, uint64_t seed)
{
    dsc_linear_options options = { .c = c, .seed = seed };
    switch (model->kind) {
    case NAIVE_BAYES: return dsc_naive_bayes_fit(scope, x, labels, classes, 1);
    case NBSVM: return dsc_nbsvm_fit(scope, x, labels, classes, &(dsc_nbsvm_options){ .linear = options });
    case NB_LOGISTIC:
        return dsc_nbsvm_fit(scope, x, labels, classes,
                             &(dsc_nbsvm_options){ .linear = options, .logistic = true, .beta = 1 });
    case SUPPORT_VECTORS: options.kind = DSC_LINEAR_SVM; break;
    case LASSO: options.kind = DSC_LINEAR_LOGISTIC_L1; break;
    default: options.kind = DSC_LINEAR_LOGISTIC; break;
    }
    return dsc_linear_fit(scope, x, labels, classes, &options);
}

static size_t count_right(const int32_t *predicted, const int32_t *labels, size_t count)
{
    size_t right = 0;
    for (size_t i = 0; predicted && i < count; i++)
        right += predicted[i] == labels[i];
    return right;
}

/* The c of a ladder with which a model of nine tenths of the rows gets most of the others right; of equals
   the smallest. The rows stand in a random order already. */
static double choose_c(dsc_scope *scope, const model_spec *model, const struct rows *rows, size_t classes)
{
    static const double ladder[] = { 0.03, 0.1, 0.3, 1, 3, 10, 30 };
    const size_t held = rows->train.rows / 10, kept = rows->train.rows - held;
    const dsc_sparse *x = &rows->train;
    const dsc_sparse fitted = {
        .rows = kept, .columns = x->columns, .starts = x->starts, .index = x->index, .values = x->values
    };
    uint32_t *last = dsc_scope_alloc(scope, held, sizeof *last);
    for (size_t i = 0; last && i < held; i++)
        last[i] = (uint32_t)(kept + i);
    const dsc_sparse rest = last ? dsc_sparse_select(scope, x, last, held) : (dsc_sparse){ 0 };
    size_t most = 0;
    double best = 1;
    for (size_t i = 0; held && i < COUNT(ladder) && dsc_scope_status(scope) == DSC_OK; i++) {
        dsc_scope *own = dsc_scope_open_within(scope, dsc_scope_seed(scope));
        const dsc_linear_model *one =
            fit(own, model, &fitted, rows->train_labels, classes, ladder[i], dsc_scope_seed(scope));
        const size_t right =
            count_right(dsc_linear_predict(own, one, &rest), rows->train_labels + kept, held);
        if (right > most) {
            most = right;
            best = ladder[i];
        }
        dsc_scope_adopt_error(scope, own);
        dsc_scope_close(&own);
    }
    return best;
}

/* How sure a model is of a row's class: the score of class 1 of two, else of the chosen class. */
static double sureness(const dsc_linear_model *model, const double *row, int32_t predicted)
{
    return model->outputs == 1 ? row[0] : row[predicted];
}

bool sparse_model_test(dsc_cell *cell, const model_spec *model, const struct part *part,
                       struct outcome *outcome, int32_t *predicted, double *scores)
{
    const struct shared *shared = dsc_cell_shared(cell);
    const size_t classes = shared->documents->classes;
    dsc_scope *scope = dsc_scope_open_within(dsc_cell_scope(cell), dsc_cell_seed(cell));
    const struct rows rows = make_rows(scope, shared, model, part);
    double c = model->c;
    if (dsc_scope_status(scope) == DSC_OK && c == 0 && model->kind != NAIVE_BAYES)
        c = choose_c(scope, model, &rows, classes);
    const dsc_linear_model *fitted =
        dsc_scope_status(scope) == DSC_OK
            ? fit(scope, model, &rows.train, rows.train_labels, classes, c, dsc_cell_seed(cell))
            : NULL;
    const double *all = dsc_linear_scores(scope, fitted, &rows.test);
    const int32_t *labels = dsc_linear_predict(scope, fitted, &rows.test);
    const int32_t *train = dsc_linear_predict(scope, fitted, &rows.train);
    if (all && labels && train) {
        outcome->right += count_right(labels, rows.test_labels, part->test_count);
        outcome->train_right += count_right(train, rows.train_labels, part->train_count);
        outcome->residual = fmax(outcome->residual, fitted->residual);
        outcome->iterations += (double)fitted->iterations;
        outcome->features = (double)fitted->features;
        outcome->nonzero = (double)fitted->nonzero;
        outcome->c = c;
        outcome->parameters = (double)(fitted->outputs * (fitted->features + 1));
        for (size_t i = 0; i < part->test_count; i++) {
            predicted[i] = labels[i];
            scores[i] = sureness(fitted, all + i * fitted->outputs, labels[i]);
        }
        dsc_cell_hash(cell, fitted->weights, fitted->outputs * fitted->features * sizeof *fitted->weights);
        dsc_cell_hash(cell, fitted->bias, fitted->outputs * sizeof *fitted->bias);
    }
    const bool good = dsc_scope_adopt_error(dsc_cell_scope(cell), scope) == DSC_OK;
    dsc_scope_close(&scope);
    return good && dsc_cell_progress(cell, part->done + part->share);
}
