/* cases.c - what documents and sentences say of a film: linear models of n-grams beside networks over words.
 */
#include <math.h>
#include <string.h>

#include "sentiment.h"

static size_t derive_examples(const void *hyperparameters, double *values, size_t capacity);

#define INTEGER(field, default_value, low, high, text)                                                       \
    DSC_PARAM_INTEGER(struct hyperparameters, field, default_value, low, high, text)

#define COMMON_PARAMS(short_text)                                                                            \
    INTEGER(                                                                                                 \
        documents, "2000", 10, 1000000,                                                                      \
        "of the generated reviews: how many, and as many for testing where there is no cross-validation"),   \
        INTEGER(data_seed, "1", 0, 4294967295, "seed of the generated reviews"),                             \
        INTEGER(vocabulary, "10000", 2, 10000000, "words that networks know, the most frequent ones"),       \
        INTEGER(steps, short_text, 1, 100000, "words of a document that networks read, its last ones"),      \
        INTEGER(epochs, "10", 1, MOST_EPOCHS, "passes over the training documents, of networks"),            \
        INTEGER(batch, "50", 1, 100000, "documents per step, of networks"),                                  \
        INTEGER(width, "32", 1, 4096, "dimensions of a word's vector"),                                      \
        INTEGER(units, "32", 2, 4096, "units of a hidden or recurrent layer; of two directions together"),   \
        INTEGER(filters, "100", 1, 4096, "filters of each of the three widths of a convolution"),            \
        DSC_PARAM_REAL(struct hyperparameters, lr, "0.005", 1e-9, 1e3, "learning rate of Adam"),             \
        DSC_PARAM_REAL(struct hyperparameters, dropout, "0.5", 0, 0.99,                                      \
                       "share of a network's last hidden values that are dropped")

static const dsc_param documents_params[] = {
    DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|reviews|imdb",
                     "data set; auto: IMDb if --data DIR has it, generated reviews without it"),
    COMMON_PARAMS("100"),
    { 0 },
};

static const dsc_param sentences_params[] = {
    DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|reviews|rt-polarity|sst-2|sst-5|trec",
                     "data set; auto: the one whose files --data DIR has, generated reviews without it"),
    INTEGER(
        folds, "10", 0, MOST_FOLDS,
        "of the cross-validation; 0: the published test set of those that have one, sst-2, sst-5 and trec"),
    INTEGER(tested_folds, "0", 0, MOST_FOLDS, "folds that are trained for and tested; 0: all"),
    COMMON_PARAMS("60"),
    { 0 },
};

static size_t derive_epochs(const void *hyperparameters, double *values, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    size_t count = 0;
    for (; count < (size_t)k->epochs && count < capacity; count++)
        values[count] = (double)count + 1;
    return count;
}

#define LINEAR                                                                                               \
    "nb,nb-2,svm,svm-2,nbsvm,nbsvm-2,nbsvm-3,nb-logistic-2,nb-logistic-3,logistic,logistic-2,lasso,counts,"  \
    "tfidf,tfidf-2,tfidf-3"
#define NETWORKS "mlp,average,average-2,rnn,rnn-front,rnn-behind,lstm,lstm-first,bilstm,gru,cnn"

static const dsc_axis axes[] = {
    { .param = { .name = "model",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, model, int64_t),
                 .value = LINEAR "," NETWORKS,
                 .choices = MODELS,
                 .help = "classifier; -2 and -3: with n-grams of up to as many words" },
      .units = "1",
      .long_name = "model" },
    { .param = { .name = "examples",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, examples, int64_t),
                 .value = "all of them",
                 .min = 20,
                 .max = 10000000,
                 .help = "training documents, drawn by the seed" },
      .units = "1",
      .long_name = "training documents",
      .derive = derive_examples },
    { .param = { .name = "epoch",
                 .kind = DSC_KIND_INTEGER,
                 .value = "1..epochs",
                 .min = 0,
                 .max = MOST_EPOCHS,
                 .help = "after which networks are measured on the way, in the first fold" },
      .units = "1",
      .long_name = "epoch",
      .inner = true,
      .derive = derive_epochs },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "accuracy", "1", "share of test documents in the right class", NULL },
    { "accuracy_low", "1", "lower end of the 95 % interval by the number of test documents (Wilson)", NULL },
    { "accuracy_high", "1", "upper end of it", NULL },
    { "tested", "1", "test documents", NULL },
    { "train_accuracy", "1", "share of training documents in the right class", NULL },
    { "residual", "1", "what the solver had left: relative gradient norm, sum of subgradients, duality gap",
      NULL },
    { "iterations", "1", "of the solver, in all", NULL },
    { "c", "1", "factor of the losses beside the penalty", NULL },
    { "features", "1", "different n-grams or words that the model knows", NULL },
    { "nonzero", "1", "weights of them that are not 0", NULL },
    { "parameters", "1", "number of parameters", NULL },
    { "curve_accuracy", "1", "share of test documents in the right class after an epoch", "epoch" },
    { "curve_loss", "nat", "mean cross-entropy on the test documents after an epoch", "epoch" },
    { 0 },
};

/* How many training documents a data set has, as far as they train at the same time. */
static size_t available(const struct hyperparameters *k)
{
    static const struct {
        const char *name;
        size_t train, all;
    } sets[] = { { "imdb", 25000, 25000 },
                 { "rt-polarity", 10662, 10662 },
                 { "sst-2", 7792, 7792 },
                 { "sst-5", 9645, 9645 },
                 { "trec", 5452, 5452 } };
    size_t train = (size_t)k->documents;
    for (size_t i = 0; i < COUNT(sets); i++)
        if (strcmp(k->dataset, sets[i].name) == 0)
            train = sets[i].train;
    return k->folds ? train - (train + (size_t)k->folds - 1) / (size_t)k->folds : train;
}

static size_t derive_examples(const void *hyperparameters, double *values, size_t capacity)
{
    if (capacity == 0)
        return 0;
    values[0] = (double)available(hyperparameters);
    return 1;
}

/* Which documents train and which are tested, of one fold: order is a permutation of those for training. */
static struct part part_of(const struct shared *shared, const struct hyperparameters *k, size_t fold,
                           uint32_t *train, uint32_t *test, const uint32_t *order)
{
    struct part part = { .train = train, .test = test };
    const size_t folds = k->folds ? (size_t)k->folds : 1;
    const size_t begin = k->folds ? shared->train * fold / folds : shared->train;
    const size_t end = k->folds ? shared->train * (fold + 1) / folds : shared->train;
    for (size_t i = 0; i < shared->train; i++)
        if (i >= begin && i < end)
            test[part.test_count++] = order[i];
        else if (part.train_count < (size_t)k->examples)
            train[part.train_count++] = order[i];
    for (size_t i = 0; i < shared->test; i++)
        test[part.test_count++] = (uint32_t)(shared->train + i);
    return part;
}

/* Numbers that a linear model and a network do not both have. */
static void put_others(dsc_cell *cell, const model_spec *model, const struct outcome *result)
{
    const bool network = model->kind == NETWORK, solved = !network && model->kind != NAIVE_BAYES;
    size_t epochs;
    dsc_cell_axis(cell, "epoch", &epochs);
    dsc_put(cell, "residual", solved ? result->residual : (double)NAN);
    dsc_put(cell, "iterations", solved ? result->iterations : (double)NAN);
    dsc_put(cell, "c", solved ? result->c : (double)NAN);
    dsc_put(cell, "nonzero", network ? (double)NAN : result->nonzero);
    for (size_t e = 0; !network && e < epochs; e++) {
        dsc_put_at(cell, "curve_accuracy", e, (double)NAN);
        dsc_put_at(cell, "curve_loss", e, (double)NAN);
    }
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    const model_spec *model = &models[k->model];
    dsc_scope *scope = dsc_cell_scope(cell);
    const size_t count = shared->train + shared->test;
    uint32_t *order = dsc_scope_alloc(scope, count, sizeof *order);
    uint32_t *train = dsc_scope_alloc(scope, count, sizeof *train);
    uint32_t *test = dsc_scope_alloc(scope, count, sizeof *test);
    int32_t *predicted = dsc_scope_alloc(scope, count, sizeof *predicted);
    double *scores = dsc_scope_alloc(scope, count, sizeof *scores);
    if (!order || !train || !test || !predicted || !scores)
        return;
    dsc_rng_permutation(dsc_rng_make(dsc_cell_seed(cell), DSC_STREAM_SAMPLING), 0, order, shared->train);
    const size_t folds = k->folds ? (size_t)k->folds : 1;
    const size_t tested =
        k->tested_folds && (size_t)k->tested_folds < folds ? (size_t)k->tested_folds : folds;
    struct outcome result = { 0 };
    size_t trained_on = 0, tested_on = 0;
    for (size_t fold = 0; fold < tested; fold++) {
        struct part part = part_of(shared, k, fold, train, test, order);
        part.done = (double)fold / (double)tested;
        part.share = 1 / (double)tested;
        trained_on += part.train_count;
        tested_on += part.test_count;
        if (!(model->kind == NETWORK ? network_test : sparse_model_test)(cell, model, &part, &result,
                                                                         predicted, scores))
            return;
        dsc_cell_hash(cell, predicted, part.test_count * sizeof *predicted);
    }
    const dsc_proportion accuracy = dsc_proportion_of(result.right, tested_on);
    dsc_put(cell, "accuracy", accuracy.share);
    dsc_put(cell, "accuracy_low", accuracy.low);
    dsc_put(cell, "accuracy_high", accuracy.high);
    dsc_put(cell, "tested", (double)tested_on);
    dsc_put(cell, "train_accuracy", (double)result.train_right / (double)trained_on);
    dsc_put(cell, "features", result.features);
    dsc_put(cell, "parameters", result.parameters);
    put_others(cell, model, &result);
}

/* Of networks; how long a solver takes is not known before. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const struct hyperparameters *k = hyperparameters;
    const dsc_known_data *known = dsc_plan_data(plan);
    const model_spec *model = &models[k->model];
    const dsc_cost unknown = { 0, 0 };
    return model->kind == NETWORK ? network_cost(scope, plan, k, model, known ? known->classes : 2) : unknown;
}

static const dsc_preset documents_presets[] = {
    { "quick",
      "documents=600 examples=200,600 model=nb,nb-2,nbsvm-2,logistic,tfidf-2,average,rnn,rnn-behind,lstm,cnn "
      "epochs=6 lr=0.01 seeds=1",
      "generated reviews: seconds" },
    { "default", "documents=1500 examples=300,1500 lr=0.01 seeds=3",
      "generated reviews, all models: minutes; with --data DIR ask for linear or paper" },
    { "linear", "model=" LINEAR " seeds=1", "the linear models: on IMDb minutes" },
    { "size",
      "dataset=imdb examples=250,1000,4000,16000,25000 model=nb-2,nbsvm-2,logistic,tfidf-2,average seeds=3",
      "accuracy over the number of IMDb's reviews (--data DIR): minutes" },
    { "paper", "dataset=imdb steps=400 lr=0.002 epochs=6 seeds=3",
      "IMDb (--data DIR), all models, networks read the last 400 words: hours" },
    { 0 },
};

static const dsc_preset sentences_presets[] = {
    { "quick",
      "documents=600 folds=5 model=nb,nb-2,nbsvm-2,logistic,tfidf-2,average,lstm,cnn steps=30 epochs=5 lr=0.01 seeds=1",
      "generated reviews of a few clauses: seconds" },
    { "default", "documents=1000 steps=30 lr=0.01 seeds=3",
      "generated reviews, all models: minutes; with --data DIR ask for linear or paper" },
    { "linear", "model=" LINEAR " seeds=5", "the linear models, five divisions into folds: minutes" },
    { "paper", "dataset=rt-polarity width=100 lr=0.001 epochs=6 seeds=3",
      "rt-polarity (--data DIR), all models: an hour" },
    { 0 },
};

const dsc_case sentiment_documents = {
    .name = "documents",
    .summary = "Reviews: linear models of n-grams beside networks over words",
    .reference = "Maas et al., ACL 2011; Wang and Manning, ACL 2012; ISLR 2nd ed., section 10.4",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = documents_params,
    .axes = axes,
    .outputs = outputs,
    .presets = documents_presets,
    .seeds = 3,
    .uses_data = true,
    .data_choice = "dataset",
    .prepare = corpus_prepare,
    .run = run,
    .cost = cost,
    .figures = documents_figures,
    .claims = documents_claims,
};

const dsc_case sentiment_sentences = {
    .name = "sentences",
    .summary = "Sentences, cross-validated: linear models of n-grams beside networks over words",
    .reference = "Pang and Lee, ACL 2005; Wang and Manning, ACL 2012; Kim, EMNLP 2014",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = sentences_params,
    .axes = axes,
    .outputs = outputs,
    .presets = sentences_presets,
    .seeds = 3,
    .uses_data = true,
    .data_choice = "dataset",
    .prepare = corpus_prepare,
    .run = run,
    .cost = cost,
    .figures = sentences_figures,
    .claims = sentences_claims,
};

static const dsc_case *const cases[] = { &sentiment_documents, &sentiment_sentences, NULL };

const dsc_experiment sentiment_experiment = {
    .name = "sentiment",
    .summary =
        "What texts say of a film: linear models of n-grams, solved exactly, beside networks over words",
    .reference = "Wang and Manning, ACL 2012; Kim, EMNLP 2014; ISLR 2nd ed., section 10",
    .cases = cases,
    .version = "1",
};
