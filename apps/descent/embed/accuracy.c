/* accuracy.c - `descent embed accuracy`: the share of analogy questions that vectors answer. */
#include "embed.h"

#include <jansson.h>

#include <descent/statistics.h>
#include <descent/text.h>

#include "json.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

enum { LIMIT = 30000 };

struct arguments {
    int64_t limit;
    int threads;
    bool exact_case, json;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION_IN("restrict-vocab", "N", FIELD(limit), cli_option_integer,
                  "ask about and answer with the first N words of the file; 0: all (default: 30000)", 0,
                  1e15),
    CLI_OPTION("case-sensitive", NULL, FIELD(exact_case), cli_option_flag,
               "A..Z differ from a..z (default: they are the same, as in compute-accuracy)"),
    CLI_OPTION("threads", "N", FIELD(threads), cli_option_threads,
               "a number or auto (default: auto); the result is the same for all"),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

struct report {
    dsc_scope *scope;
    cli_table *table;
    json_t *rows;
};

static json_t *share_json(size_t right, size_t asked)
{
    const dsc_proportion p = dsc_proportion_of(right, asked);
    return json_pack("{s:I, s:o, s:o, s:o}", "right", (json_int_t)right, "percent",
                     cli_json_number(100 * p.share), "low", cli_json_number(100 * p.low), "high",
                     cli_json_number(100 * p.high));
}

static const char *percent_text(dsc_scope *scope, size_t right, size_t asked)
{
    return asked ? dsc_scope_format(scope, "%.2f", 100 * dsc_proportion_of(right, asked).share) : "-";
}

static const char *interval_text(dsc_scope *scope, size_t right, size_t asked)
{
    const dsc_proportion p = dsc_proportion_of(right, asked);
    return asked ? dsc_scope_format(scope, "%.1f..%.1f", 100 * p.low, 100 * p.high) : "-";
}

static void add_row(struct report *r, const char *name, const dsc_analogy_score *score)
{
    name = dsc_text_safe(r->scope, name);
    cli_table_row(r->table,
                  (const char *[]){ name, dsc_scope_format(r->scope, "%zu", score->asked),
                                    dsc_scope_format(r->scope, "%zu", score->questions - score->asked),
                                    percent_text(r->scope, score->add, score->asked),
                                    interval_text(r->scope, score->add, score->asked),
                                    percent_text(r->scope, score->mul, score->asked),
                                    interval_text(r->scope, score->mul, score->asked) });
    json_array_append_new(r->rows, json_pack("{s:s, s:I, s:I, s:o, s:o}", "section", name, "asked",
                                             (json_int_t)score->asked, "dropped",
                                             (json_int_t)(score->questions - score->asked), "3CosAdd",
                                             share_json(score->add, score->asked), "3CosMul",
                                             share_json(score->mul, score->asked)));
}

/* What another program has to do to get the same numbers. */
static const char *conventions_of(dsc_scope *scope, const dsc_word_vectors *vectors,
                                  const struct arguments *arguments)
{
    return dsc_scope_format(
        scope,
        "vocabulary: the first %zu words of the file%s; letters: %s; dropped: questions with a word that is "
        "not in the vocabulary; answers: any word of the vocabulary but the three of the question; semantic: "
        "the first five sections; 3CosAdd: largest cos(d, b) - cos(d, a) + cos(d, c), for which "
        "compute-accuracy gives the same number; 3CosMul: largest cos(d, b) cos(d, c) / (cos(d, a) + 0.001), "
        "cosines shifted to 0..1; intervals: 95 %%, Wilson",
        vectors->count, arguments->limit && vectors->count == (size_t)arguments->limit ? "" : " (all)",
        arguments->exact_case ? "A..Z differ from a..z"
                              : "A..Z and a..z are the same, of equal words the first counts");
}

static void print_report(dsc_call *call, const struct arguments *arguments, const dsc_word_vectors *vectors,
                         const dsc_analogies *analogies)
{
    static const cli_table_column columns[] = { { "section", false }, { "asked", true },
                                                { "dropped", true },  { "3CosAdd %", true },
                                                { "95 %", true },     { "3CosMul %", true },
                                                { "95 %", true } };
    struct report report = { .scope = call->scope,
                             .table = cli_table_make(call->scope, columns, 7, 1),
                             .rows = json_array() };
    for (size_t i = 0; i < analogies->section_count; i++)
        add_row(&report, analogies->names[i], &analogies->sections[i]);
    add_row(&report, "semantic", &analogies->semantic);
    add_row(&report, "syntactic", &analogies->syntactic);
    add_row(&report, "total", &analogies->total);
    const char *conventions = conventions_of(call->scope, vectors, arguments);
    if (arguments->json) {
        cli_json_print(call->scope,
                       json_pack("{s:O, s:s, s:I, s:b}", "sections", report.rows, "conventions",
                                 conventions ? conventions : "", "vocabulary", (json_int_t)vectors->count,
                                 "case_sensitive", arguments->exact_case));
    } else if (conventions) {
        cli_table_print(report.table, &call->terminal, 0);
        cli_print("\n");
        cli_paragraph_print(call->scope, &call->terminal, conventions, 0);
    }
    json_decref(report.rows);
}

static dsc_exit accuracy(dsc_call *call)
{
    struct arguments arguments = { .limit = LIMIT };
    const cli_words words = dsc_call_read(call, &embed_verb_accuracy, &arguments, 2, 2);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    const dsc_word_vectors *vectors = dsc_word_vectors_read(
        call->scope, words.items[0], &(dsc_word_vectors_read_options){ .limit = (size_t)arguments.limit });
    const dsc_word_test_options test = { .limit = SIZE_MAX, /* as many as were read */
                                         .exact_case = arguments.exact_case,
                                         .threads = arguments.threads };
    const dsc_analogies *analogies = dsc_word_analogies(call->scope, vectors, words.items[1], &test);
    if (analogies)
        print_report(call, &arguments, vectors, analogies);
    return DSC_EXIT_GOOD;
}

const dsc_verb embed_verb_accuracy = {
    .name = "accuracy",
    .behind = "embed",
    .words = "VEC QUESTIONS",
    .summary = "how many analogy questions vectors answer, by section: 3CosAdd and 3CosMul",
    .options = options,
    .run = accuracy,
    .examples = "  descent embed accuracy vec.bin questions-words.txt\n"
                "  descent embed accuracy vec.bin questions-words.txt --restrict-vocab 0 --json\n",
};
