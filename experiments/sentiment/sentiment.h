/* sentiment.h - the cases of the sentiment experiment, and what they share.
 *
 * A cell trains one model on a part of the training documents and tests it: on the documents of a published
 * test set, or by cross-validation, each fold once. Its seed chooses the part, the folds, and a network's
 * weights and order of examples. A linear model of all training documents is the same for all seeds. */
#ifndef SENTIMENT_H
#define SENTIMENT_H

#include <descent.h>

extern const dsc_case sentiment_documents, sentiment_sentences;
extern const dsc_claims documents_claims[], sentences_claims[];

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MOST_FOLDS = 100, MOST_EPOCHS = 1000, MOST_CLASSES = 6 };

struct hyperparameters {
    int64_t model, examples, documents, folds, tested_folds, vocabulary, steps, epochs, batch, width, units;
    int64_t filters, data_seed;
    const char *dataset;
    double lr, dropout;
};

/* --- Models (the table in sparse_models.c) --- */

typedef enum model_kind {
    NAIVE_BAYES = 0,
    SUPPORT_VECTORS,
    NBSVM,
    NB_LOGISTIC,
    LOGISTIC,
    LASSO,
    NETWORK
} model_kind;

/* Which layers a network has, over the embedding of the words of a sequence. */
typedef enum network_kind { MLP = 0, AVERAGE, RECURRENT, CONVOLUTION } network_kind;

/* How documents that are shorter than a sequence are padded, and what the network makes of it. */
typedef enum padding_kind { MASKED = 0, READ_BEHIND, READ_IN_FRONT } padding_kind;

typedef struct model_spec {
    const char *name;
    model_kind kind;
    size_t longest;          /* words of an n-gram */
    dsc_weighting weighting; /* of n-grams */
    bool blanks;             /* tokens are what stands between blanks, as the source has it */
    double c;                /* of a linear model; 0: chosen on a tenth of the training documents */
    network_kind network;
    dsc_recurrent_cell cell;
    bool bidirectional;
    padding_kind padding;
    bool keep_first;                                 /* of a longer document; else its last words */
    double published_documents, published_sentences; /* accuracy in percent; NaN: none */
} model_spec;

#define MODELS                                                                                               \
    "nb|nb-2|svm|svm-2|nbsvm|nbsvm-2|nbsvm-3|nb-logistic-2|nb-logistic-3|logistic|logistic-2|lasso|counts|"  \
    "tfidf|tfidf-2|tfidf-3|mlp|average|average-2|rnn|rnn-front|rnn-behind|lstm|lstm-first|bilstm|gru|cnn"
enum { MODEL_COUNT = 27 };
extern const model_spec models[MODEL_COUNT];

/* --- Data (corpus.c, generate.c) --- */

/* What all cells read. */
struct shared {
    const dsc_documents *documents;         /* those for training, then those for testing */
    size_t train, test;                     /* how many; test 0: they are cross-validated */
    const dsc_tokens_lists *words, *blanks; /* their tokens by the two rules */
};

void *corpus_prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory);

/* Labels of documents by number, in the scope. */
const int32_t *labels_of(dsc_scope *scope, const struct shared *shared, const uint32_t *index, size_t count);

/* Reviews that are made up, count of them. */
struct review_kind {
    size_t low, high; /* clauses of a review */
    double faithful;  /* share of the clauses that are of the review's class */
};
const dsc_documents *generate_reviews(dsc_scope *scope, uint64_t seed, size_t count,
                                      const struct review_kind *kind);

/* --- Training and testing --- */

/* One training and its test: documents by number. */
struct part {
    const uint32_t *train, *test;
    size_t train_count, test_count;
    double done, share; /* of the cell's progress, before it and its own */
};

/* What a part's test gave, and what is told of the training. */
struct outcome {
    size_t right, train_right, trained; /* test documents, training documents, models */
    double residual, iterations, features, nonzero, c, parameters;
};

/* Each trains and tests; predicted[i] is what it makes of the part's i-th test document, scores[i] how sure
   it is (of the class 1 of two; else of the one that it chose). False: stopped, or the scope failed. */
bool sparse_model_test(dsc_cell *cell, const model_spec *model, const struct part *part,
                       struct outcome *outcome, int32_t *predicted, double *scores);
bool network_test(dsc_cell *cell, const model_spec *model, const struct part *part, struct outcome *outcome,
                  int32_t *predicted, double *scores);

/* What training and testing a network takes, in all folds. classes: of the data set. */
dsc_cost network_cost(dsc_scope *scope, const dsc_plan *plan, const struct hyperparameters *k,
                      const model_spec *model, size_t classes);

size_t documents_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t sentences_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);

#endif
