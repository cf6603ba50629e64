/* selftest.c - `descent selftest`: whether this build keeps its promises on this machine. */
#include "selftest.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include <descent/build.h>
#include <descent/clock.h>
#include <descent/cpu.h>

#include "json.h"
#include "options.h"
#include "progress.h"
#include "table.h"
#include "terminal.h"

struct arguments {
    const char *expect;
    bool json;
};

static const cli_option options[] = {
    CLI_OPTION("expect", "HASH", offsetof(struct arguments, expect), cli_option_text,
               "hash of the short experiment to compare with (default: the published one)"),
    CLI_OPTION("json", NULL, offsetof(struct arguments, json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

const char *dsc_selftest_hash_text(dsc_scope *scope, uint64_t hash)
{
    return dsc_scope_format(scope, "%016llx", (unsigned long long)hash);
}

void dsc_selftest_add(dsc_selftest *test, const dsc_selftest_row *row)
{
    if (test->count < DSC_SELFTEST_MOST_ROWS)
        test->rows[test->count++] = *row;
    const dsc_progress progress = { .cells = test->planned,
                                    .done = test->count,
                                    .elapsed = dsc_clock_seconds() - test->begun,
                                    .remaining = NAN };
    cli_progress_show(&test->progress, &progress);
}

static size_t count_failed(const dsc_selftest *test)
{
    size_t failed = 0;
    for (size_t i = 0; i < test->count; i++)
        failed += !test->rows[i].passed;
    return failed;
}

/* --- Text --- */

static const char *verdict(const dsc_selftest_row *row)
{
    return row->passed ? "pass" : "FAIL";
}

static void print_kernels(const dsc_selftest *test, const cli_terminal *terminal)
{
    static const cli_table_column columns[] = { { "kernels of", false }, { "levels", false },
                                                { "error", true },       { "allowed", true },
                                                { "bits", false },       { "", false } };
    dsc_scope *scope = test->scope;
    cli_table *table = cli_table_make(scope, columns, sizeof columns / sizeof columns[0], 1);
    for (size_t i = 0; i < test->count; i++) {
        const dsc_selftest_row *row = &test->rows[i];
        if (row->group == DSC_SELFTEST_KERNELS)
            cli_table_row(table,
                          (const char *[]){ row->name, row->over, dsc_scope_format(scope, "%.1e", row->error),
                                            dsc_scope_format(scope, "%.1e", row->allowed),
                                            row->bits ? "equal" : "differ", verdict(row) });
    }
    cli_heading(terminal, "Native kernels against the reference in double precision");
    cli_table_print(table, terminal, 2);
}

static void print_onednn(const dsc_selftest *test, const cli_terminal *terminal)
{
    static const cli_table_column columns[] = {
        { "type", false }, { "held back to", false }, { "error", true }, { "allowed", true }, { "", false }
    };
    dsc_scope *scope = test->scope;
    cli_table *table = cli_table_make(scope, columns, sizeof columns / sizeof columns[0], 1);
    for (size_t i = 0; i < test->count; i++) {
        const dsc_selftest_row *row = &test->rows[i];
        if (row->group == DSC_SELFTEST_ONEDNN)
            cli_table_row(table,
                          (const char *[]){ row->name, row->over, dsc_scope_format(scope, "%.1e", row->error),
                                            dsc_scope_format(scope, "%.1e", row->allowed), verdict(row) });
    }
    cli_heading(terminal, "\noneDNN's convolutions against the reference in double precision");
    cli_table_print(table, terminal, 2);
}

static void print_promises(const dsc_selftest *test, const cli_terminal *terminal)
{
    static const cli_table_column columns[] = {
        { "check", false }, { "over", false }, { "bits", false }, { "expected", false }, { "", false }
    };
    cli_table *table = cli_table_make(test->scope, columns, sizeof columns / sizeof columns[0], 1);
    for (size_t i = 0; i < test->count; i++) {
        const dsc_selftest_row *row = &test->rows[i];
        if (row->group == DSC_SELFTEST_PROMISES)
            cli_table_row(table, (const char *[]){ row->name, row->over, row->bits ? row->bits : "differ",
                                                   row->expected ? row->expected : "equal", verdict(row) });
    }
    cli_heading(terminal, "\nThe same bits");
    cli_table_print(table, terminal, 2);
}

static void print_text(const dsc_selftest *test, cli_terminal *terminal, double seconds)
{
    char duration[24];
    const size_t failed = count_failed(test);
    print_kernels(test, terminal);
    print_onednn(test, terminal);
    print_promises(test, terminal);
    if (failed)
        cli_print("\nFAIL: %zu of %zu checks failed", failed, test->count);
    else
        cli_print("\npass: all %zu checks", test->count);
    cli_print(", %s, in %s\n", dsc_cpu_get()->model, dsc_clock_duration(seconds, duration));
    for (size_t i = 0; i < test->count; i++)
        if (test->rows[i].message)
            cli_say(terminal, CLI_TONE_WARNING, "%s: %s", test->rows[i].name, test->rows[i].message);
}

/* --- JSON --- */

static json_t *row_json(const dsc_selftest_row *row)
{
    json_t *json = json_pack("{s:s, s:s, s:s?, s:b, s:s?}", "name", row->name, "over", row->over, "bits",
                             row->bits, "passed", row->passed, "message", row->message);
    if (json && row->group != DSC_SELFTEST_PROMISES) {
        json_object_set_new(json, "error", cli_json_number(row->error));
        json_object_set_new(json, "allowed", cli_json_number(row->allowed));
    } else if (json && row->expected) {
        json_object_set_new(json, "expected", json_string(row->expected));
    }
    return json;
}

static void print_json(const dsc_selftest *test, double seconds)
{
    json_t *groups[] = { [DSC_SELFTEST_KERNELS] = json_array(),
                         [DSC_SELFTEST_ONEDNN] = json_array(),
                         [DSC_SELFTEST_PROMISES] = json_array() };
    for (size_t i = 0; i < test->count; i++)
        json_array_append_new(groups[test->rows[i].group], row_json(&test->rows[i]));
    cli_json_print(test->scope, json_pack("{s:b, s:i, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "passed",
                                          count_failed(test) == 0, "checks", (int)test->count, "version",
                                          dsc_build_get()->version, "cpu", dsc_cpu_get()->model, "isa",
                                          dsc_isa_name(dsc_isa_detected()), "seconds",
                                          cli_json_number(seconds), "published", DSC_SELFTEST_HASH, "kernels",
                                          groups[DSC_SELFTEST_KERNELS], "onednn", groups[DSC_SELFTEST_ONEDNN],
                                          "promises", groups[DSC_SELFTEST_PROMISES]));
}

static bool is_hash(const char *text)
{
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static dsc_exit selftest(dsc_call *call)
{
    struct arguments arguments = { .expect = DSC_SELFTEST_HASH };
    dsc_call_read(call, &dsc_verb_selftest, &arguments, 0, 0);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (!is_hash(arguments.expect)) {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "--expect: expected 16 hexadecimal digits in lower case, found '%s'",
                       arguments.expect);
        return DSC_EXIT_USAGE;
    }
    dsc_selftest *test = dsc_scope_alloc(call->scope, 1, sizeof *test);
    if (!test || dsc_isa_select(call->scope, DSC_ISA_AUTO) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    *test = (dsc_selftest){
        .scope = call->scope,
        .progress = { .terminal = &call->terminal, .title = "selftest" },
        .begun = dsc_clock_seconds(),
        .planned = dsc_selftest_onednn_count() + DSC_SELFTEST_EXPERIMENT_ROWS + DSC_SELFTEST_THREADS_ROWS +
                   dsc_selftest_kernels_count(),
        .expected = arguments.expect,
    };
    dsc_selftest_onednn(test);
    dsc_selftest_experiment(test);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    dsc_selftest_threads(test);
    dsc_selftest_kernels(test);
    cli_progress_end(&test->progress);
    const double seconds = dsc_clock_seconds() - test->begun;
    if (arguments.json)
        print_json(test, seconds);
    else
        print_text(test, &call->terminal, seconds);
    return count_failed(test) ? DSC_EXIT_NO : DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_selftest = {
    .name = "selftest",
    .words = "",
    .summary = "does this build keep its promises on this machine? (a few seconds)",
    .options = options,
    .run = selftest,
    .answer = "0 every check passed, 1 one did not",
    .examples = "  descent selftest\n"
                "  descent selftest --json\n",
};
