/* train_options.c - the flags of `descent embed -train`. */
#include <string.h>

#include "options.h"
#include "train.h"

static const char *const contexts[] = {
    [DSC_CONTEXT_MEAN] = "mean", [DSC_CONTEXT_MEAN_DIVIDED] = "mean-divided", [DSC_CONTEXT_SUM] = "sum"
};
enum { CONTEXT_COUNT = sizeof contexts / sizeof contexts[0] };

const char *embed_context_name(dsc_embed_context context)
{
    return contexts[context];
}

static void read_context(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    for (size_t i = 0; i < CONTEXT_COUNT; i++)
        if (strcmp(contexts[i], text) == 0) {
            *(dsc_embed_context *)field = (dsc_embed_context)i;
            return;
        }
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--%s is mean, mean-divided or sum, found '%s'", option->name,
                   text);
}

/* word2vec.c's; negative numbers and 0 stand for what depends on others. */
const embed_training embed_training_default = {
    .size = 100, .window = 5, .negative = 5, .iter = 5, .min_count = 5, .debug = 2, .cbow = 1, .sample = 1e-3
};

#define FIELD(name) offsetof(embed_training, name)
const cli_option embed_train_options[] = {
    CLI_OPTION("train", "FILE", FIELD(train), cli_option_text,
               "the text: words between blanks, a sentence a line or one long line; gzip too"),
    CLI_OPTION("output", "FILE", FIELD(output), cli_option_text,
               "the vectors; FILE.h5 beside it also holds counts, recipe and losses"),
    CLI_OPTION_IN("size", "N", FIELD(size), cli_option_integer, "numbers in a vector (default: 100)", 1,
                  65536),
    CLI_OPTION_IN("window", "N", FIELD(window), cli_option_integer,
                  "words on either side that are context, at most (default: 5)", 1, 4096),
    CLI_OPTION_IN("sample", "T", FIELD(sample), cli_option_real,
                  "words that are more frequent than this share are thinned out, 0: none is (default: 1e-3)",
                  0, 1),
    CLI_OPTION_IN("hs", "0|1", FIELD(hs), cli_option_integer, "hierarchical softmax (default: 0)", 0, 1),
    CLI_OPTION_IN("negative", "N", FIELD(negative), cli_option_integer,
                  "negative samples, 0: none (default: 5)", 0, 4096),
    CLI_OPTION("threads", "N", FIELD(threads), cli_option_threads,
               "threads, or auto (default: auto); the result is the same for any number"),
    CLI_OPTION_IN("iter", "N", FIELD(iter), cli_option_integer, "passes over the text (default: 5)", 1, 1e6),
    CLI_OPTION_IN("min-count", "N", FIELD(min_count), cli_option_integer,
                  "words that occur less often are left out (default: 5)", 1, 1e15),
    CLI_OPTION_IN("alpha", "RATE", FIELD(alpha), cli_option_real,
                  "learning rate at the start (default: 0.05 of cbow, 0.025 of skip-gram)", 1e-9, 10),
    CLI_OPTION_IN("cbow", "0|1", FIELD(cbow), cli_option_integer,
                  "1: continuous bag of words, 0: skip-gram (default: 1)", 0, 1),
    CLI_OPTION_IN("binary", "0|1", FIELD(binary), cli_option_integer,
                  "1: binary vectors, 0: text (default: 0)", 0, 1),
    CLI_OPTION_IN("classes", "N", FIELD(classes), cli_option_integer,
                  "write the words' classes, N of them by k-means, instead of vectors", 0, 1e9),
    CLI_OPTION("save-vocab", "FILE", FIELD(save_vocab), cli_option_text, "write the words with their counts"),
    CLI_OPTION("read-vocab", "FILE", FIELD(read_vocab), cli_option_text,
               "read the words with their counts instead of counting"),
    CLI_OPTION_IN("debug", "0|1|2", FIELD(debug), cli_option_integer, "0: no messages (default: 2)", 0, 2),
    CLI_OPTION_IN("seed", "N", FIELD(seed), cli_option_integer, "of all random numbers (default: 0)", 0,
                  9e15),
    CLI_OPTION("context", "KIND", FIELD(context), read_context,
               "cbow: mean, mean-divided (each word gets its part of the gradient) or sum (default: mean)"),
    CLI_OPTION_IN("blocks", "N", FIELD(blocks), cli_option_integer,
                  "blocks that start from the same vectors (default: 64, with hs 16)", 1, 32768),
    CLI_OPTION_IN("block-words", "N", FIELD(block_words), cli_option_integer, "words in each (default: 64)",
                  1, 1e6),
    CLI_OPTION_IN("shared-windows", "N", FIELD(shared_windows), cli_option_integer,
                  "windows in a row that share their negative samples", 1, 4096),
    CLI_OPTION_IN("most-deltas", "N", FIELD(most_deltas), cli_option_real,
                  "what more blocks than this change of a vector counts as if it were as many", 1, 32768),
    CLI_OPTION("racy", NULL, FIELD(racy), cli_option_flag,
               "threads write into the vectors as they go, as word2vec's do: not reproducible"),
    CLI_OPTION_END,
};

bool embed_training_check(dsc_scope *scope, const embed_training *t)
{
    if (!t->train)
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "a text is missing: descent embed -train FILE -output FILE, or a verb; `descent help embed` "
            "lists them");
    else if (!t->output && !t->save_vocab)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "nothing is to be written: -output FILE, or -save-vocab FILE");
    else if (t->negative == 0 && !t->hs)
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "-negative 0 needs -hs 1: without negative samples and hierarchical softmax nothing is learnt");
    else if (t->save_vocab && t->output && strcmp(t->save_vocab, t->output) == 0)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "-output and -save-vocab are the same file '%s'",
                       t->output);
    return dsc_scope_status(scope) == DSC_OK;
}

dsc_embed_options embed_options_of(const embed_training *t)
{
    return (dsc_embed_options){ .model = t->cbow ? DSC_EMBED_CBOW : DSC_EMBED_SKIP_GRAM,
                                .context = t->context,
                                .dimension = (size_t)t->size,
                                .window = (size_t)t->window,
                                .negatives = (size_t)t->negative,
                                .hierarchical_softmax = t->hs != 0,
                                .sample = t->sample > 0 ? t->sample : -1,
                                .rate = t->alpha,
                                .passes = (size_t)t->iter,
                                .seed = (uint64_t)t->seed,
                                .threads = t->threads,
                                .blocks = (size_t)t->blocks,
                                .block_words = (size_t)t->block_words,
                                .shared_windows = (size_t)t->shared_windows,
                                .most_deltas = t->most_deltas,
                                .racy = t->racy };
}
