/* neighbours.c - `descent embed neighbours` and `descent embed analogy`: the nearest words by cosine. */
#include "embed.h"

#include <jansson.h>

#include <descent/text.h>

#include "json.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

struct arguments {
    int64_t count, limit;
    bool json;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION_IN("count", "N", FIELD(count), cli_option_integer, "how many words are shown (default: 10)", 1,
                  1e6),
    CLI_OPTION_IN("restrict-vocab", "N", FIELD(limit), cli_option_integer,
                  "look at the first N words of the file only (default: all)", 1, 1e15),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

/* Vectors, and what is asked of them. */
struct question {
    dsc_call *call;
    const struct arguments *arguments;
    const char *path;
    const dsc_word_vectors *vectors;
};

static struct question question_of(dsc_call *call, const struct arguments *arguments, const cli_words *words)
{
    const char *path = words->items[0];
    return (struct question){ .call = call,
                              .arguments = arguments,
                              .path = path,
                              .vectors = dsc_word_vectors_read(
                                  call->scope, path,
                                  &(dsc_word_vectors_read_options){ .limit = (size_t)arguments->limit }) };
}

/* One table, below a heading; or an item of the JSON, which it returns. */
static json_t *answer(const struct question *q, dsc_word_query query, const char *title)
{
    static const cli_table_column columns[] = { { "word", false }, { "cosine", true }, { "row", true } };
    dsc_scope *scope = q->call->scope;
    size_t count = 0;
    query.nearest = (size_t)q->arguments->count;
    const dsc_neighbor *found = dsc_word_neighbors(scope, q->vectors, &query, &count);
    cli_table *table = cli_table_make(scope, columns, 3, 1);
    json_t *json = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *word = dsc_text_safe(scope, q->vectors->words[found[i].row]);
        cli_table_row(table, (const char *[]){ word, dsc_scope_format(scope, "%.6f", found[i].cosine),
                                               dsc_scope_format(scope, "%zu", found[i].row + 1) });
        json_array_append_new(json, json_pack("{s:s, s:f, s:I}", "word", word, "cosine", found[i].cosine,
                                              "row", (json_int_t)found[i].row + 1));
    }
    if (!q->arguments->json && count) {
        cli_heading(&q->call->terminal, "%s", title);
        cli_table_print(table, &q->call->terminal, 2);
    }
    return json;
}

static dsc_exit neighbours(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &embed_verb_neighbours, &arguments, 2, DSC_MANY);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    const struct question q = question_of(call, &arguments, &words);
    json_t *all = json_array();
    size_t *rows = dsc_scope_alloc(call->scope, words.count, sizeof *rows);
    for (size_t i = 1; rows && q.vectors && i < words.count;
         i++) /* all are looked up before anything is printed */
        rows[i] = embed_find(call->scope, q.vectors, q.path, words.items[i]);
    for (size_t i = 1; dsc_scope_status(call->scope) == DSC_OK && i < words.count; i++) {
        if (i > 1 && !arguments.json)
            cli_print("\n");
        json_t *near = answer(&q, (dsc_word_query){ .plus = &rows[i], .plus_count = 1 }, words.items[i]);
        json_array_append_new(all, json_pack("{s:s, s:o}", "word", dsc_text_safe(call->scope, words.items[i]),
                                             "neighbours", near));
    }
    if (arguments.json && dsc_scope_status(call->scope) == DSC_OK)
        cli_json_print(call->scope, json_incref(all));
    json_decref(all);
    return DSC_EXIT_GOOD;
}

static dsc_exit analogy(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &embed_verb_analogy, &arguments, 4, 4);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    const struct question q = question_of(call, &arguments, &words);
    size_t rows[3] = { 0 };
    for (size_t i = 0; q.vectors && i < 3; i++)
        rows[i] = embed_find(call->scope, q.vectors, q.path, words.items[i + 1]);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    const char *title = dsc_scope_format(call->scope, "%s is to %s as %s is to", words.items[1],
                                         words.items[2], words.items[3]);
    json_t *near = answer(
        &q, (dsc_word_query){ .plus = rows + 1, .plus_count = 2, .minus = rows, .minus_count = 1 }, title);
    if (arguments.json)
        cli_json_print(call->scope, json_incref(near));
    json_decref(near);
    return DSC_EXIT_GOOD;
}

const dsc_verb embed_verb_neighbours = {
    .name = "neighbours",
    .behind = "embed",
    .words = "VEC WORD...",
    .summary = "the words nearest to a word",
    .options = options,
    .run = neighbours,
    .examples = "  descent embed neighbours vec.bin paris berlin --count 20\n",
};

const dsc_verb embed_verb_analogy = {
    .name = "analogy",
    .behind = "embed",
    .words = "VEC A B C",
    .summary = "the words that are to C as B is to A",
    .options = options,
    .run = analogy,
    .examples = "  descent embed analogy vec.bin man woman king\n",
};
