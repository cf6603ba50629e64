/* phrases.c - `descent embed phrases`: a text with its phrases joined, as word2phrase writes it. */
#include "embed.h"

#include <float.h>

#include <descent/corpus.h>

#include "options.h"
#include "terminal.h"

enum { QUIET, RESULT, MORE };

struct arguments {
    const char *train, *output;
    double threshold;
    int64_t min_count, debug, table_limit;
    int threads;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION("train", "FILE", FIELD(train), cli_option_text, "the text, which may be packed by gzip"),
    CLI_OPTION("output", "FILE", FIELD(output), cli_option_text, "the text with its phrases joined by '_'"),
    CLI_OPTION_IN("threshold", "SCORE", FIELD(threshold), cli_option_real,
                  "pairs of a larger score are joined: higher means fewer phrases (default: 100)", 0, 1e300),
    CLI_OPTION_IN("min-count", "N", FIELD(min_count), cli_option_integer,
                  "of both words and of the pair; N times are also taken off the pair's count (default: 5)",
                  1, 1e15),
    CLI_OPTION_IN("debug", "N", FIELD(debug), cli_option_integer,
                  "0: print nothing, 1: the result, 2: and what the text was like (default: 2)", 0, 9),
    CLI_OPTION_IN(
        "table-limit", "N", FIELD(table_limit), cli_option_integer,
        "different words and pairs held in memory, about 70 bytes each; the rarest beyond are forgotten "
        "(default: 21 million)",
        1000, 1e12),
    CLI_OPTION("threads", "N", FIELD(threads), cli_option_threads,
               "threads; the result is the same (default: cores)"),
    CLI_OPTION_END,
};

/* What is worth knowing of a text beside the result. */
static void print_findings(dsc_call *call, const char *text, const dsc_phrases *phrases)
{
    if (phrases->forgotten)
        cli_say(
            &call->terminal, CLI_TONE_WARNING,
            "%s: %llu different words and pairs were forgotten for lack of room (--table-limit): counts may be "
            "too small by up to %llu",
            text, (unsigned long long)phrases->forgotten, (unsigned long long)phrases->most_undercount);
    embed_say_mended(&call->terminal, text, &phrases->mended);
}

static dsc_exit phrases(dsc_call *call)
{
    struct arguments arguments = { .threshold = 100, .debug = MORE };
    dsc_call_read(call, &embed_verb_phrases, &arguments, 0, 0);
    if (!arguments.train || !arguments.output)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "-%s FILE is missing: usage: descent embed phrases -train FILE -output FILE [OPTIONS]",
                       arguments.train ? "output" : "train");
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_file_spare(call->scope, arguments.output, DSC_FILE_OTHER);
    const dsc_phrases *found =
        dsc_phrases_write(call->scope, arguments.train, arguments.output,
                          &(dsc_phrases_options){
                              .min_count = (uint64_t)arguments.min_count,
                              .threshold = arguments.threshold > 0 ? arguments.threshold : DBL_MIN,
                              .table_limit = (size_t)arguments.table_limit,
                              .threads = arguments.threads,
                          });
    if (found && arguments.debug >= MORE)
        print_findings(call, arguments.train, found);
    if (found && arguments.debug >= RESULT)
        cli_print(
            "%s: %llu words, %llu pairs of them joined, by the counts of %llu different words and pairs\n",
            arguments.output, (unsigned long long)found->words, (unsigned long long)found->joined,
            (unsigned long long)found->distinct);
    return DSC_EXIT_GOOD;
}

const dsc_verb embed_verb_phrases = {
    .name = "phrases",
    .behind = "embed",
    .words = "-train FILE -output FILE",
    .summary = "join words that stand together far more often than by chance: new_york",
    .options = options,
    .run = phrases,
    .examples =
        "  descent embed phrases -train text.txt -output phrases.txt -threshold 100 -min-count 5\n"
        "  descent embed phrases -train phrases.txt -output longer.txt   # again: three and four words\n",
};
