/* claims.c - what sources say of the models, and lecture notes. */
#include <math.h>

#include "sentiment.h"

#define IMDB_NEEDS "data=imdb examples=25000"
#define RT_NEEDS   "data=rt-polarity folds=10 tested_folds=0 examples=9595"

/* A published accuracy, give or take a number of points. */
#define PUBLISHED(what, name, percent, points, given, needed)                                                \
    {                                                                                                        \
        .text = "Accuracy of " what, .expected = given, .needs = needed,                                     \
        .measured = { .output = "accuracy", .where = "model=" name }, .scale = 100, .units = "%",            \
        .low = (percent) - (points), .high = (percent) + (points)                                            \
    }

/* That one model is more accurate than another: by the mean over the seeds, which is clear of 0. */
#define ABOVE(sentence, higher, lower, needed)                                                               \
    {                                                                                                        \
        .text = sentence, .needs = needed,                                                                   \
        .measured = { .output = "accuracy", .where = "examples=last model=" higher },                        \
        .against = { .output = "accuracy", .where = "examples=last model=" lower }, .scale = 100,            \
        .units = "points", .low = 0, .high = INFINITY, .standard_errors = -2, .seeds = 3                     \
    }

/* The same where both are solved exactly: no seeds, a difference of some points. */
#define SOLVED_ABOVE(sentence, higher, lower, needed)                                                        \
    {                                                                                                        \
        .text = sentence, .needs = needed,                                                                   \
        .measured = { .output = "accuracy", .where = "examples=last model=" higher },                        \
        .against = { .output = "accuracy", .where = "examples=last model=" lower }, .scale = 100,            \
        .units = "points", .low = 0, .high = INFINITY                                                        \
    }

#define NBSVM_SOURCE "Wang and Manning 2012, their program (sidaw/nbsvm)"

/* Statements of lecture notes, held against both cases. */
#define NOTES_ON_FEATURES(needed)                                                                              \
    {                                                                                                          \
        .source =                                                                                              \
            "lecture notes: TF-IDF, n-grams and embeddings each improve on counts; n-grams explode the space", \
        .setting = "logistic regression, C chosen on held-out documents; embeddings averaged",                 \
        .claims = DSC_CLAIMS(                                                                                  \
            SOLVED_ABOVE("TF-IDF is more accurate than counts", "tfidf", "counts", needed),                    \
            SOLVED_ABOVE("Pairs of words are more accurate than words", "logistic-2", "logistic", needed),     \
            SOLVED_ABOVE("Averaged embeddings are more accurate than counts", "average", "counts", needed),    \
            { .text = "With pairs there are more than ten times as many columns as with words",                \
              .needs = needed,                                                                                 \
              .measured = { .output = "features", .where = "examples=last model=logistic-2" },                 \
              .against = { .output = "features", .where = "examples=last model=logistic" },                    \
              .relation = DSC_RELATION_RATIO,                                                                  \
              .low = 10,                                                                                       \
              .high = INFINITY })                                                                              \
    }
#define NOTES_ON_RECURRENT_LAYERS(needed)                                                                    \
    {                                                                                                        \
        .source = "lecture notes: RNNs do not beat logistic regression on reviews, LSTMs only match it",     \
        .setting = "as ISLR has it on IMDb: 76, 88 and 87 %",                                                \
        .claims = DSC_CLAIMS({ .text = "A simple RNN is no more accurate than logistic regression",          \
                               .needs = needed,                                                              \
                               .measured = { .output = "accuracy", .where = "examples=last model=rnn" },     \
                               .against = { .output = "accuracy", .where = "examples=last model=logistic" }, \
                               .scale = 100,                                                                 \
                               .units = "points",                                                            \
                               .low = -INFINITY,                                                             \
                               .high = 0 },                                                                  \
                             { .text = "An LSTM is no more accurate than logistic regression by a point",    \
                               .needs = needed,                                                              \
                               .measured = { .output = "accuracy", .where = "examples=last model=lstm" },    \
                               .against = { .output = "accuracy", .where = "examples=last model=logistic" }, \
                               .scale = 100,                                                                 \
                               .units = "points",                                                            \
                               .low = -INFINITY,                                                             \
                               .high = 1 })                                                                  \
    }
#define NOTES_ON_DIRECTIONS(needed)                                                                          \
    {                                                                                                        \
        .source = "lecture notes: bidirectional layers help classification",                                 \
        .setting = "LSTMs with as many units in both directions together as in one",                         \
        .claims = DSC_CLAIMS(                                                                                \
            ABOVE("A bidirectional LSTM is more accurate than an LSTM", "bilstm", "lstm", needed))           \
    }
#define NOTES_ON_PADDING                                                                                     \
    {                                                                                                        \
        .source = "lecture notes: documents are cut to the last words and padded in front",                  \
        .setting = "recurrent layers; masked: padding is not read",                                          \
        .claims = DSC_CLAIMS(                                                                                \
            ABOVE("The last words tell an LSTM more than the first", "lstm", "lstm-first", NULL),            \
            ABOVE("Padding in front is better than behind where it is read as words", "rnn-front",           \
                  "rnn-behind", NULL),                                                                       \
            ABOVE("Masked padding is better than padding in front that is read", "rnn", "rnn-front", NULL),  \
            { .text = "Padding behind that is read as words leaves a simple RNN at chance",                  \
              .expected = "47.87 % (the first network of bentrevett/pytorch-sentiment-analysis)",            \
              .measured = { .output = "accuracy", .where = "examples=last model=rnn-behind" },               \
              .scale = 100,                                                                                  \
              .units = "%",                                                                                  \
              .low = 45,                                                                                     \
              .high = 55 })                                                                                  \
    }

const dsc_claims documents_claims[] = {
    { .source = NBSVM_SOURCE,
      .setting = "IMDb, 25,000 reviews each to train and to test",
      .claims =
          DSC_CLAIMS(PUBLISHED("naive Bayes, words", "nb", 83.55, 0.3, "83.55 %, ± 0.3", IMDB_NEEDS),
                     PUBLISHED("naive Bayes, pairs", "nb-2", 86.59, 0.3, "86.59 %, ± 0.3", IMDB_NEEDS),
                     PUBLISHED("NBSVM, pairs", "nbsvm-2", 91.22, 0.25, "91.22 %, ± 0.25", IMDB_NEEDS)) },
    { .source = "Mesnil et al. 2014, their program (mesnilgr/nbsvm)",
      .setting = "IMDb; logistic regression of columns scaled by naive Bayes",
      .claims = DSC_CLAIMS(
          PUBLISHED("logistic NBSVM, pairs", "nb-logistic-2", 91.55, 0.25, "91.55 %, ± 0.25", IMDB_NEEDS),
          PUBLISHED("logistic NBSVM, triples", "nb-logistic-3", 91.82, 0.25, "91.82 %, ± 0.25",
                    IMDB_NEEDS)) },
    { .source = "The same problem solved by scikit-learn",
      .setting = "IMDb; logistic regression on sublinear TF-IDF, C chosen on held-out reviews",
      .claims = DSC_CLAIMS(
          PUBLISHED("TF-IDF, words", "tfidf", 89.26, 0.3, "89.26 %, ± 0.3", IMDB_NEEDS),
          PUBLISHED("TF-IDF, pairs", "tfidf-2", 90.83, 0.3, "90.75 to 90.91 %, ± 0.3", IMDB_NEEDS)) },
    { .source = "Keras, its example imdb_fasttext",
      .setting = "IMDb; embeddings averaged, 400 words",
      .claims = DSC_CLAIMS(
          PUBLISHED("averaged embeddings, words", "average", 88.13, 0.8, "88.13 %, ± 0.8", IMDB_NEEDS),
          PUBLISHED("averaged embeddings, pairs", "average-2", 90.56, 0.8, "90.56 %, ± 0.8", IMDB_NEEDS)) },
    { .source = "ISLR 2nd ed., section 10.9, and its programs (ISLP)",
      .setting = "IMDb; networks of the last 500 words, here as the file says",
      .claims = DSC_CLAIMS(
          PUBLISHED("the two-hidden-layer network", "mlp", 86, 2.5,
                    "84.5 % in the run, 86 % in the text, 88 % by Chollet", IMDB_NEEDS),
          PUBLISHED("lasso", "lasso", 88, 0.5, "88 %, ± 0.5", IMDB_NEEDS),
          PUBLISHED("an LSTM", "lstm", 86, 3, "83 to 89 %", IMDB_NEEDS),
          PUBLISHED("a simple RNN", "rnn", 79.5, 5.5, "74 to 85 %", IMDB_NEEDS),
          ABOVE("An LSTM is more accurate than a simple RNN", "lstm", "rnn", IMDB_NEEDS),
          ABOVE("NBSVM is more accurate than an LSTM", "nbsvm-2", "lstm", IMDB_NEEDS),
          ABOVE("NBSVM is more accurate than a bidirectional LSTM", "nbsvm-2", "bilstm", IMDB_NEEDS),
          ABOVE("NBSVM is more accurate than a GRU", "nbsvm-2", "gru", IMDB_NEEDS)) },
    NOTES_ON_FEATURES("data=imdb"),
    NOTES_ON_RECURRENT_LAYERS("data=imdb"),
    NOTES_ON_PADDING,
    NOTES_ON_DIRECTIONS("data=imdb"),
    { .source = NULL },
};

const dsc_claims sentences_claims[] = {
    { .source = NBSVM_SOURCE,
      .setting = "rt-polarity, 10-fold cross-validation, folds of its own",
      .claims = DSC_CLAIMS(
          PUBLISHED("naive Bayes, words", "nb", 77.94, 0.7, "77.94 %, ± 0.7", RT_NEEDS),
          PUBLISHED("naive Bayes, pairs", "nb-2", 79.03, 0.7, "79.03 %, ± 0.7", RT_NEEDS),
          PUBLISHED("a support vector machine, words", "svm", 76.23, 0.7, "76.23 %, ± 0.7", RT_NEEDS),
          PUBLISHED("a support vector machine, pairs", "svm-2", 77.72, 0.7, "77.72 %, ± 0.7", RT_NEEDS),
          PUBLISHED("NBSVM, words", "nbsvm", 78.05, 0.7, "78.05 %, ± 0.7", RT_NEEDS),
          PUBLISHED("NBSVM, pairs", "nbsvm-2", 79.38, 0.7, "79.38 %, ± 0.7", RT_NEEDS)) },
    { .source = "Kim 2014, as harvardnlp/sent-conv-torch measured it",
      .setting = "rt-polarity, 10-fold cross-validation; random word vectors of 300 dimensions",
      .claims = DSC_CLAIMS(PUBLISHED("a convolutional network", "cnn", 75.75, 1.25,
                                     "75.9 % (agrees: 74.5 to 77)", RT_NEEDS)) },
    NOTES_ON_FEATURES("data=rt-polarity"),
    NOTES_ON_RECURRENT_LAYERS("data=rt-polarity"),
    NOTES_ON_DIRECTIONS("data=rt-polarity"),
    { .source = NULL },
};
