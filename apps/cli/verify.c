/* verify.c - a results file computed again, and tables of what differs. */
#include <inttypes.h>
#include <string.h>

#include <jansson.h>
#include <stdio.h>

#include "experiment_program.h"
#include "json.h"
#include "progress.h"
#include "results.h"
#include "table.h"
#include "terminal.h"

enum { SHOWN_DIFFERENCES = 20 };

/* A hash is shown by its bits, a number by as many digits as tell it apart. */
static const char *value_text(dsc_scope *scope, const dsc_difference *difference, double value, uint64_t bits)
{
    return strcmp(difference->output, "cell_hash") == 0 ? dsc_scope_format(scope, "%016" PRIx64, bits)
                                                        : dsc_scope_format(scope, "%.17g", value);
}

static void print_table(dsc_scope *scope, const cli_terminal *terminal, const dsc_comparison *comparison)
{
    static const cli_table_column columns[] = {
        { "cell", false }, { "output", false }, { "expected", true }, { "found", true }
    };
    cli_table *table = cli_table_make(scope, columns, 4, 1);
    for (size_t i = 0; i < comparison->count && i < SHOWN_DIFFERENCES; i++) {
        const dsc_difference *difference = &comparison->differences[i];
        cli_table_row(
            table,
            (const char *[]){ difference->where, difference->output,
                              value_text(scope, difference, difference->expected, difference->expected_bits),
                              value_text(scope, difference, difference->found, difference->found_bits) });
    }
    cli_table_print(table, terminal, 2);
    if (comparison->count > SHOWN_DIFFERENCES)
        cli_print("  ... and %zu more (--json shows all)\n", comparison->count - SHOWN_DIFFERENCES);
}

static json_t *bits_json(uint64_t bits)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, bits);
    return json_string(text);
}

static void print_json(dsc_scope *scope, const dsc_comparison *comparison)
{
    json_t *differences = json_array();
    for (size_t i = 0; i < comparison->count; i++) {
        const dsc_difference *difference = &comparison->differences[i];
        json_array_append_new(differences, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "where",
                                                     difference->where, "output", difference->output,
                                                     "expected", cli_json_number(difference->expected),
                                                     "found", cli_json_number(difference->found),
                                                     "expected_bits", bits_json(difference->expected_bits),
                                                     "found_bits", bits_json(difference->found_bits)));
    }
    cli_json_print(scope, json_pack("{s:I, s:I, s:I, s:s?, s:o}", "cells", (json_int_t)comparison->cells,
                                    "different", (json_int_t)comparison->different, "missing",
                                    (json_int_t)comparison->missing, "note", comparison->note, "differences",
                                    differences));
}

dsc_exit cli_comparison_print(dsc_scope *scope, cli_terminal *terminal, const dsc_comparison *comparison,
                              bool json)
{
    if (json) {
        print_json(scope, comparison);
    } else if (!terminal->quiet) {
        cli_heading(terminal, "%zu cells compared: %zu differ, %zu missing", comparison->cells,
                    comparison->different, comparison->missing);
        if (comparison->count)
            print_table(scope, terminal, comparison);
        if (comparison->count && comparison->note)
            cli_paragraph_print(scope, terminal, comparison->note, 0);
    }
    return comparison->different ? DSC_EXIT_NO : DSC_EXIT_GOOD;
}

/* Cells that cannot be stopped are left where they are. */
static void leave(void *user, const dsc_run_result *result)
{
    cli_progress_view *view = user;
    (void)result;
    cli_progress_end(view);
    cli_say(view->terminal, CLI_TONE_ERROR, "stopped: nothing is proved");
    cli_leave(DSC_EXIT_STOPPED);
}

dsc_exit cli_verify_command(dsc_scope *scope, cli_terminal *terminal, const dsc_experiment *experiment,
                            const cli_verify_arguments *arguments)
{
    cli_progress_view view = { .terminal = terminal, .title = "verify" };
    dsc_record *record = dsc_record_read(scope, arguments->path);
    const dsc_plan *plan = record ? dsc_plan_from_record(scope, experiment, record, arguments->data) : NULL;
    const dsc_run_options options = { .out = arguments->path,
                                      .threads = arguments->threads,
                                      .isa = arguments->isa,
                                      .stop = cli_signals_catch(),
                                      .progress = cli_progress_show,
                                      .progress_user = &view,
                                      .force = arguments->force,
                                      .overdue = leave,
                                      .overdue_user = &view };
    dsc_comparison comparison = { 0 };
    if (plan)
        comparison = dsc_verify(scope, plan, record, (size_t)arguments->sample, &options);
    cli_progress_end(&view);
    const dsc_status status = dsc_scope_status(scope);
    if (status != DSC_OK)
        return status == DSC_STOPPED ? DSC_EXIT_STOPPED : DSC_EXIT_FAILED;
    if (!dsc_record_complete(record))
        cli_say(terminal, CLI_TONE_WARNING, "%s is not complete: only its finished cells can be compared",
                arguments->path);
    return cli_comparison_print(scope, terminal, &comparison, arguments->json);
}
