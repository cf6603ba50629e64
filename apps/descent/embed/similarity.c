/* similarity.c - `descent embed similarity`: do cosines order pairs of words as people do? */
#include "embed.h"

#include <jansson.h>

#include <descent/text.h>

#include "json.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

struct arguments {
    int64_t limit;
    bool exact_case, json;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION_IN("restrict-vocab", "N", FIELD(limit), cli_option_integer,
                  "only the first N words of the file; 0: all (default: 0)", 0, 1e15),
    CLI_OPTION("case-sensitive", NULL, FIELD(exact_case), cli_option_flag,
               "A..Z differ from a..z (default: they are the same)"),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

static const char *count_text(dsc_scope *scope, size_t count)
{
    return dsc_scope_format(scope, "%zu", count);
}

static dsc_exit similarity(dsc_call *call)
{
    static const cli_table_column columns[] = {
        { "file", false }, { "pairs", true }, { "found", true }, { "missing", true }, { "Spearman", true }
    };
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &embed_verb_similarity, &arguments, 2, DSC_MANY);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    const dsc_word_vectors *vectors = dsc_word_vectors_read(
        call->scope, words.items[0], &(dsc_word_vectors_read_options){ .limit = (size_t)arguments.limit });
    cli_table *table = cli_table_make(call->scope, columns, 5, 1);
    json_t *rows = json_array();
    for (size_t i = 1; vectors && i < words.count; i++) {
        const dsc_similarity s =
            dsc_word_similarity(call->scope, vectors, words.items[i],
                                &(dsc_word_test_options){ .exact_case = arguments.exact_case });
        const char *file = dsc_text_safe(call->scope, words.items[i]);
        cli_table_row(
            table, (const char *[]){
                       file, count_text(call->scope, s.pairs), count_text(call->scope, s.found),
                       count_text(call->scope, s.pairs - s.found),
                       s.spearman == s.spearman ? dsc_scope_format(call->scope, "%.4f", s.spearman) : "-" });
        json_array_append_new(rows, json_pack("{s:s, s:I, s:I, s:o}", "file", file, "pairs",
                                              (json_int_t)s.pairs, "found", (json_int_t)s.found, "spearman",
                                              cli_json_number(s.spearman)));
    }
    if (arguments.json && dsc_scope_status(call->scope) == DSC_OK)
        cli_json_print(call->scope, json_incref(rows));
    else if (dsc_scope_status(call->scope) == DSC_OK)
        cli_table_print(table, &call->terminal, 0);
    json_decref(rows);
    return DSC_EXIT_GOOD;
}

const dsc_verb embed_verb_similarity = {
    .name = "similarity",
    .behind = "embed",
    .words = "VEC PAIRS...",
    .summary = "rank correlation of cosines with judgements of pairs",
    .options = options,
    .run = similarity,
    .examples = "  descent embed similarity vec.bin EN-WS-353-ALL.txt EN-SIMLEX-999.txt EN-MEN-TR-3k.txt\n",
};
