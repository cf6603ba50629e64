/* factor.c - `descent embed svd` and `descent embed glove`: word vectors as factors of a table of
 * co-occurrences. */
#include "embed.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include <descent/build.h>
#include <descent/clock.h>
#include <descent/factorization.h>
#include <descent/linalg.h>
#include <descent/text.h>

#include "options.h"
#include "terminal.h"

/* Of both verbs. */
struct text_arguments {
    dsc_vector_format format;
    int64_t window, min_count, size, seed;
    bool flat;
    int threads;
    const char *directory;
};

/* Written out, so that recipes say what was used. */
static const struct text_arguments text_default = { .window = 10, .min_count = 5, .size = 100 };

struct svd_arguments {
    struct text_arguments text;
    double smoothing, shift, exponent;
    int64_t iterations;
    bool add_contexts;
};

struct glove_arguments {
    struct text_arguments text;
    double rate, most, exponent;
    int64_t epochs, groups;
    bool words_alone;
};

#define TEXT_OPTIONS(type)                                                                                   \
    CLI_OPTION_IN("size", "N", offsetof(type, text.size), cli_option_integer,                                \
                  "numbers of a vector (default: 100)", 1, 1 << 20),                                         \
        CLI_OPTION_IN("window", "N", offsetof(type, text.window), cli_option_integer,                        \
                      "words to each side (default: 10)", 1, 65535),                                         \
        CLI_OPTION("flat", NULL, offsetof(type, text.flat), cli_option_flag,                                 \
                   "words of a window count the same, not 1 / distance"),                                    \
        CLI_OPTION_IN("min-count", "N", offsetof(type, text.min_count), cli_option_integer,                  \
                      "words that occur less often are dropped (default: 5)", 1, 1e15),                      \
        CLI_OPTION("format", "FORMAT", offsetof(type, text.format), embed_read_format,                       \
                   "text or binary, both as word2vec has them, or hdf5 (default: text)"),                    \
        CLI_OPTION_IN("seed", "N", offsetof(type, text.seed), cli_option_integer,                            \
                      "of the random numbers (default: 0)", 0, 9e15),                                        \
        CLI_OPTION("temporary", "DIR", offsetof(type, text.directory), cli_option_text,                      \
                   "directory for what exceeds memory (default: $TMPDIR or /tmp)"),                          \
        CLI_OPTION("threads", "N", offsetof(type, text.threads), cli_option_threads,                         \
                   "number of threads, or auto (default: auto); changes no bit")

#define FIELD(name) offsetof(struct svd_arguments, name)
static const cli_option svd_options[] = {
    TEXT_OPTIONS(struct svd_arguments),
    CLI_OPTION_IN("smoothing", "A", FIELD(smoothing), cli_option_real,
                  "exponent of the contexts' probabilities (default: 0.75; 1: none)", 0.01, 1),
    CLI_OPTION_IN("shift", "K", FIELD(shift), cli_option_real,
                  "the logarithm of K is taken away from the mutual information (default: 1)", 1, 1e9),
    CLI_OPTION_IN("exponent", "P", FIELD(exponent), cli_option_real,
                  "of the singular values (default: 0.5; 1 is worse)", 0, 1),
    CLI_OPTION_IN("iterations", "N", FIELD(iterations), cli_option_integer,
                  "of the power method (default: 4)", 1, 1000),
    CLI_OPTION("add-contexts", NULL, FIELD(add_contexts), cli_option_flag,
               "vectors of words and contexts are added"),
    CLI_OPTION_END,
};
#undef FIELD

#define FIELD(name) offsetof(struct glove_arguments, name)
static const cli_option glove_options[] = {
    TEXT_OPTIONS(struct glove_arguments),
    CLI_OPTION_IN("iter", "N", FIELD(epochs), cli_option_integer, "passes over the table (default: 25)", 1,
                  1e9),
    CLI_OPTION_IN("eta", "R", FIELD(rate), cli_option_real, "learning rate at the start (default: 0.05)",
                  1e-12, 1e12),
    CLI_OPTION_IN("x-max", "X", FIELD(most), cli_option_real, "counts from here on weigh 1 (default: 100)",
                  1e-12, 1e300),
    CLI_OPTION_IN("alpha", "A", FIELD(exponent), cli_option_real,
                  "what smaller ones weigh is (count / X)^A (default: 0.75)", 1e-3, 1e3),
    CLI_OPTION_IN("groups", "N", FIELD(groups), cli_option_integer,
                  "of words, whose blocks are trained at the same time (default: 64)", 1, 4096),
    CLI_OPTION("words-alone", NULL, FIELD(words_alone), cli_option_flag,
               "the words' vectors, without those of the contexts"),
    CLI_OPTION_END,
};
#undef FIELD

/* A text, counted. */
struct source {
    const dsc_vocabulary *vocabulary;
    const dsc_cooccurrences *table;
};

static struct source count(dsc_call *call, const struct text_arguments *a, const char *path)
{
    struct source s = { 0 };
    s.vocabulary = dsc_vocabulary_count(
        call->scope, path,
        &(dsc_vocabulary_options){ .min_count = (uint64_t)a->min_count, .threads = a->threads });
    const dsc_corpus *corpus =
        s.vocabulary
            ? dsc_corpus_read(call->scope, path, s.vocabulary,
                              &(dsc_corpus_options){ .threads = a->threads, .directory = a->directory })
            : NULL;
    if (corpus)
        s.table = dsc_cooccurrences_count(
            call->scope, corpus, s.vocabulary->count,
            &(dsc_cooccurrence_options){ .window = (size_t)a->window,
                                         .weight = a->flat ? DSC_WINDOW_FLAT : DSC_WINDOW_INVERSE,
                                         .threads = a->threads,
                                         .directory = a->directory });
    return s;
}

/* What the vectors depend on, in JSON, for HDF5 files; NULL for others: the text, the program, and a verb's
   own options, which it takes over. The caller frees it. */
static char *write_recipe(dsc_scope *scope, const struct text_arguments *a, const char *path,
                          const dsc_vocabulary *words, json_t *own)
{
    char *recipe = NULL;
    if (a->format == DSC_VECTORS_HDF5 && dsc_scope_status(scope) == DSC_OK) {
        json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:b}", "version",
                                 dsc_build_get()->version, "text", dsc_text_safe(scope, path), "words",
                                 (json_int_t)words->count, "occurrences", (json_int_t)words->total, "size",
                                 (json_int_t)a->size, "min-count", (json_int_t)a->min_count, "window",
                                 (json_int_t)a->window, "flat", a->flat, "seed", (json_int_t)a->seed,
                                 "deterministic", true);
        recipe = json_object_update(json, own) == 0 ? json_dumps(json, JSON_COMPACT) : NULL;
        if (!recipe)
            dsc_scope_fail(scope, DSC_ERROR_MEMORY, "no memory for the recipe");
        json_decref(json);
    }
    json_decref(own);
    return recipe;
}

/* HDF5 files keep the notes too. */
static dsc_exit write(dsc_call *call, const struct text_arguments *a, const dsc_word_vectors *vectors,
                      const char *out, const dsc_word_vectors_notes *notes)
{
    if (!vectors || dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    if ((a->format == DSC_VECTORS_HDF5
             ? dsc_word_vectors_write_hdf5(call->scope, vectors, out, notes)
             : dsc_word_vectors_write(call->scope, vectors, out, a->format)) == DSC_OK)
        cli_print("%s: %zu words of %zu numbers, %s\n", out, vectors->count, vectors->dimension,
                  dsc_vector_format_name(a->format));
    return DSC_EXIT_GOOD;
}

static json_t *svd_recipe(const struct svd_arguments *a)
{
    return json_pack("{s:s, s:f, s:f, s:f, s:I, s:b, s:s, s:s}", "method", "svd", "smoothing", a->smoothing,
                     "shift", a->shift, "exponent", a->exponent, "iterations", (json_int_t)a->iterations,
                     "add-contexts", a->add_contexts, "blas", dsc_linalg_config(), "blas-core",
                     dsc_linalg_core());
}

static dsc_exit svd(dsc_call *call)
{
    struct svd_arguments a = {
        .text = text_default, .smoothing = 0.75, .shift = 1, .exponent = 0.5, .iterations = 4
    };
    const cli_words words = dsc_call_read(call, &embed_verb_svd, &a, 2, 2);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_file_spare(call->scope, words.items[1], DSC_FILE_VECTORS);
    const struct source s = count(call, &a.text, words.items[0]);
    char *recipe = write_recipe(call->scope, &a.text, words.items[0], s.vocabulary, svd_recipe(&a));
    const dsc_cooccurrences *information =
        s.table ? dsc_cooccurrences_ppmi(call->scope, s.table,
                                         &(dsc_ppmi_options){ .smoothing = a.smoothing,
                                                              .shift = a.shift,
                                                              .threads = a.text.threads,
                                                              .directory = a.text.directory })
                : NULL;
    const dsc_embed_svd_options o = { .dimension = (size_t)a.text.size,
                                      .iterations = (size_t)a.iterations,
                                      .exponent = a.exponent,
                                      .unweighted = fpclassify(a.exponent) == FP_ZERO,
                                      .add_contexts = a.add_contexts,
                                      .seed = (uint64_t)a.text.seed,
                                      .threads = a.text.threads };
    const dsc_word_vectors *vectors =
        information ? dsc_embed_svd(call->scope, s.vocabulary, information, &o) : NULL;
    const dsc_exit status =
        write(call, &a.text, vectors, words.items[1], &(dsc_word_vectors_notes){ .recipe = recipe });
    free(recipe);
    return status;
}

/* A training at work. */
struct epochs {
    dsc_call *call;
    double *losses; /* of each */
    size_t count, done;
    double start; /* on the clock */
};

static void say_epoch(void *user, size_t epoch, double loss)
{
    struct epochs *e = user;
    const double elapsed = dsc_clock_seconds() - e->start;
    char left[24];
    e->losses[e->done++] = loss;
    dsc_clock_duration(elapsed / (double)epoch * (double)(e->count - epoch), left);
    dsc_scope_log(e->call->scope, DSC_LOG_INFO, "epoch %zu of %zu: loss %.6f%s%s%s", epoch, e->count, loss,
                  epoch < e->count ? ", about " : "", epoch < e->count ? left : "",
                  epoch < e->count ? " left" : "");
}

static json_t *glove_recipe(const struct glove_arguments *a)
{
    return json_pack("{s:s, s:I, s:f, s:f, s:f, s:I, s:b}", "method", "glove", "iter", (json_int_t)a->epochs,
                     "eta", a->rate, "x-max", a->most, "alpha", a->exponent, "groups", (json_int_t)a->groups,
                     "words-alone", a->words_alone);
}

static dsc_exit glove(dsc_call *call)
{
    struct glove_arguments a = {
        .text = text_default, .rate = 0.05, .most = 100, .exponent = 0.75, .epochs = 25, .groups = 64
    };
    const cli_words words = dsc_call_read(call, &embed_verb_glove, &a, 2, 2);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_file_spare(call->scope, words.items[1], DSC_FILE_VECTORS);
    const struct source s = count(call, &a.text, words.items[0]);
    char *recipe = write_recipe(call->scope, &a.text, words.items[0], s.vocabulary, glove_recipe(&a));
    struct epochs epochs = { .call = call, .count = (size_t)a.epochs, .start = dsc_clock_seconds() };
    epochs.losses = dsc_scope_alloc(call->scope, epochs.count, sizeof *epochs.losses);
    const dsc_embed_glove_options o = { .dimension = (size_t)a.text.size,
                                        .epochs = epochs.count,
                                        .rate = a.rate,
                                        .most = a.most,
                                        .exponent = a.exponent,
                                        .groups = (size_t)a.groups,
                                        .words_alone = a.words_alone,
                                        .seed = (uint64_t)a.text.seed,
                                        .threads = a.text.threads,
                                        .directory = a.text.directory,
                                        .on_epoch = say_epoch,
                                        .user = &epochs };
    const dsc_word_vectors *vectors =
        s.table && epochs.losses ? dsc_embed_glove(call->scope, s.vocabulary, s.table, &o) : NULL;
    const dsc_exit status =
        write(call, &a.text, vectors, words.items[1],
              &(dsc_word_vectors_notes){ .recipe = recipe,
                                         .objective = "half the mean weighted squared error",
                                         .losses = epochs.losses,
                                         .passes = epochs.done });
    free(recipe);
    return status;
}

const dsc_verb embed_verb_svd = {
    .name = "svd",
    .behind = "embed",
    .words = "TEXT VEC",
    .summary = "word vectors from the singular values of positive mutual information",
    .options = svd_options,
    .run = svd,
    .examples = "  descent embed svd wiki.txt.gz vec.txt --size 200\n"
                "  descent embed svd wiki.txt vec.bin --format binary --window 5 --exponent 0\n",
};

const dsc_verb embed_verb_glove = {
    .name = "glove",
    .behind = "embed",
    .words = "TEXT VEC",
    .summary = "word vectors by GloVe, the same bits on any number of threads",
    .options = glove_options,
    .run = glove,
    .examples = "  descent embed glove wiki.txt.gz vec.txt --size 200 --iter 15\n"
                "  descent embed glove wiki.txt vec.bin --format binary --x-max 10\n",
};
