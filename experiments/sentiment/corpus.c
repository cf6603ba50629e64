/* corpus.c - the documents: IMDb, rt-polarity, SST, TREC from files, or reviews that are made up. */
#include <string.h>

#include "sentiment.h"

/* A file of a data set and how its lines are read. */
struct source {
    const char *dataset, *file;
    bool test;
    dsc_documents_options options;
};

static const struct source sources[] = {
    { "imdb", "train.tsv.gz", false, { .fields = 4 } },
    { "imdb", "test.tsv.gz", true, { .fields = 4 } },
    { "rt-polarity", "rt-polarity.neg", false, { .encoding = DSC_ENCODING_WINDOWS_1252 } },
    { "rt-polarity", "rt-polarity.pos", false, { .encoding = DSC_ENCODING_WINDOWS_1252, .label = 1 } },
    { "sst-2", "stsa.binary.train", false, { .fields = 2, .separator = ' ' } },
    { "sst-2", "stsa.binary.dev", false, { .fields = 2, .separator = ' ' } },
    { "sst-2", "stsa.binary.test", true, { .fields = 2, .separator = ' ' } },
    { "sst-5", "stsa.fine.train", false, { .fields = 2, .separator = ' ' } },
    { "sst-5", "stsa.fine.dev", false, { .fields = 2, .separator = ' ' } },
    { "sst-5", "stsa.fine.test", true, { .fields = 2, .separator = ' ' } },
    { "trec",
      "TREC.train.all",
      false,
      { .fields = 2, .separator = ' ', .encoding = DSC_ENCODING_ISO_8859_1 } },
    { "trec", "TREC.test.all", true, { .fields = 2, .separator = ' ', .encoding = DSC_ENCODING_ISO_8859_1 } },
};

/* Joins the files of a data set that are for training, and those for testing; NULL if it has none. */
static const dsc_documents *read_files(dsc_scope *scope, const char *dataset, const char *directory,
                                       bool test)
{
    const dsc_documents *parts[COUNT(sources)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(sources) && dsc_scope_status(scope) == DSC_OK; i++) {
        if (strcmp(sources[i].dataset, dataset) != 0 || sources[i].test != test)
            continue;
        const char *path = dsc_data_file(scope, directory, sources[i].file);
        parts[count++] = path ? dsc_documents_read_lines(scope, path, &sources[i].options) : NULL;
    }
    return count && dsc_scope_status(scope) == DSC_OK ? dsc_documents_join(scope, parts, count) : NULL;
}

static const dsc_tokens_lists *read_tokens(dsc_scope *scope, const struct shared *shared, dsc_token_rule rule)
{
    const dsc_token_options options = { .rule = rule };
    dsc_documents train = *shared->documents; /* no word of a test document is counted */
    train.count = shared->train;
    const dsc_vocabulary *words =
        dsc_tokens_vocabulary(scope, &train, &options, &(dsc_vocabulary_options){ .min_count = 1 });
    return words ? dsc_tokens_read(scope, shared->documents, words, &options) : NULL;
}

static const dsc_documents *make_documents(dsc_scope *scope, const struct hyperparameters *k,
                                           const dsc_documents **test)
{
    /* Of one draw, so that training and test documents are of one kind. A case that is cross-validated has
       short documents, and asks for no test documents. */
    const size_t count = (size_t)k->documents;
    const bool whole = k->folds == 0;
    static const struct review_kind lengthy = { 3, 14, 0.75 }, brief = { 1, 3, 0.9 };
    const dsc_documents *all =
        generate_reviews(scope, (uint64_t)k->data_seed, whole ? 2 * count : count, whole ? &lengthy : &brief);
    dsc_documents *halves = all && whole ? dsc_scope_alloc(scope, 2, sizeof *halves) : NULL;
    if (!halves)
        return all;
    halves[0] = halves[1] = *all;
    halves[0].count = halves[1].count = count;
    halves[1].texts += count;
    halves[1].labels += count;
    *test = &halves[1];
    return &halves[0];
}

/* Documents that train at the same time: all, or what a fold leaves. */
static bool check_examples(dsc_scope *scope, const dsc_plan *plan, const struct hyperparameters *k,
                           const struct shared *shared)
{
    const size_t folds = (size_t)k->folds;
    const size_t most = folds ? shared->train - shared->train / folds : shared->train;
    size_t count;
    const double *values = dsc_plan_axis(plan, "examples", &count);
    for (size_t i = 0; i < count; i++)
        if (values[i] > (double)most)
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "examples = %.0f: there are %zu documents to train on; ask for fewer, as by --set "
                           "examples=%zu",
                           values[i], most, most);
    if (folds > shared->train)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "folds = %zu: there are %zu documents", folds,
                       shared->train);
    return dsc_scope_status(scope) == DSC_OK;
}

void *corpus_prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    const struct hyperparameters *k = hyperparameters;
    const dsc_known_data *known = dsc_plan_data(plan);
    struct shared *shared = dsc_scope_alloc(scope, 1, sizeof *shared);
    const dsc_documents *test = NULL;
    const dsc_documents *train =
        known ? read_files(scope, known->name, directory, false) : make_documents(scope, k, &test);
    if (known && k->folds == 0)
        test = read_files(scope, known->name, directory, true);
    if (!shared || !train || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (!test && k->folds == 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "data set '%s' has no test set of its own: cross-validate it, as by --set folds=10",
                       known ? known->name : "generated");
        return NULL;
    }
    shared->train = train->count;
    shared->test = test ? test->count : 0;
    if (!check_examples(scope, plan, k, shared))
        return NULL;
    shared->documents =
        test ? dsc_documents_join(scope, (const dsc_documents *const[]){ train, test }, 2) : train;
    if (shared->documents) {
        shared->words = read_tokens(scope, shared, DSC_TOKENS_WORDS);
        shared->blanks = read_tokens(scope, shared, DSC_TOKENS_BLANKS);
    }
    return shared;
}

const int32_t *labels_of(dsc_scope *scope, const struct shared *shared, const uint32_t *index, size_t count)
{
    int32_t *labels = dsc_scope_alloc(scope, count, sizeof *labels);
    for (size_t i = 0; labels && i < count; i++)
        labels[i] = shared->documents->labels[index[i]];
    return labels;
}
