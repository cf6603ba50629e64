/* convert.c - `descent embed convert`: vectors from one format of files into another. */
#include "embed.h"

#include <string.h>

#include "options.h"
#include "terminal.h"

struct arguments {
    dsc_vector_format format;
    int64_t limit;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION("format", "FORMAT", FIELD(format), embed_read_format,
               "text or binary, both as word2vec has them, or hdf5 (default: text)"),
    CLI_OPTION_IN("restrict-vocab", "N", FIELD(limit), cli_option_integer,
                  "only the first N words (default: all)", 1, 1e15),
    CLI_OPTION_END,
};

static dsc_exit convert(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &embed_verb_convert, &arguments, 2, 2);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    const char *out = words.items[1];
    dsc_file_spare(call->scope, out, DSC_FILE_VECTORS);
    const dsc_word_vectors *vectors = dsc_word_vectors_read(
        call->scope, words.items[0], &(dsc_word_vectors_read_options){ .limit = (size_t)arguments.limit });
    if (vectors && dsc_word_vectors_write(call->scope, vectors, out, arguments.format) == DSC_OK)
        cli_print("%s: %zu words of %zu numbers, %s\n", out, vectors->count, vectors->dimension,
                  dsc_vector_format_name(arguments.format));
    return DSC_EXIT_GOOD;
}

const dsc_verb embed_verb_convert = {
    .name = "convert",
    .behind = "embed",
    .words = "IN OUT",
    .summary = "write vectors in another format",
    .options = options,
    .run = convert,
    .examples =
        "  descent embed convert vec.bin vec.txt --format text\n"
        "  descent embed convert glove.6B.200d.txt glove.bin --format binary --restrict-vocab 30000\n",
};
