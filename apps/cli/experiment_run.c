/* experiment_run.c - a run and its report, or only what it would cost. */
#include "experiment_program.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/clock.h>

#include "json.h"
#include "progress.h"
#include "results.h"
#include "table.h"
#include "terminal.h"

enum { SUMMARY_ROWS = 20, DURATION_BYTES = 40 };

/* "about 12 s", "unknown". */
static const char *time_text(double seconds, char text[DURATION_BYTES])
{
    char duration[24];
    if (isnan(seconds))
        return "unknown";
    snprintf(text, DURATION_BYTES, "about %s", dsc_clock_duration(seconds, duration));
    return text;
}

/* "1.50 GiB", "49.5 GiB, and 23.5 GiB can be used: 3 of 20 cells fit; --force tries all". */
static const char *memory_text(dsc_scope *scope, const dsc_estimate *estimate)
{
    const char *need = cli_bytes_text(scope, estimate->memory_bytes);
    if (estimate->fitting == estimate->missing)
        return need;
    return dsc_scope_format(scope, "%s, and %s can be used: %zu of %zu cells fit; --force tries all", need,
                            cli_bytes_text(scope, estimate->usable_bytes), estimate->fitting,
                            estimate->missing);
}

/* "image-classification networks on MNIST" */
static const char *heading_of(const struct session *session, const dsc_plan *plan)
{
    const char *data = dsc_plan_data_title(plan);
    const char *text = dsc_scope_format(session->scope, "%s %s%s%s", session->experiment->name,
                                        dsc_plan_case(plan)->name, data ? " on " : "", data ? data : "");
    return text ? text : "";
}

dsc_exit cli_dry_run(struct session *session, const dsc_plan *plan, const dsc_run_options *options)
{
    dsc_scope *scope = session->scope;
    const dsc_estimate estimate = dsc_estimate_run(scope, plan, options);
    char duration[DURATION_BYTES];
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    if (session->arguments.json) {
        cli_json_print(scope,
                       json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:i}", "experiment",
                                 session->experiment->name, "case", dsc_plan_case(plan)->name, "out",
                                 options->out, "cells", (json_int_t)estimate.cells, "missing",
                                 (json_int_t)estimate.missing, "fitting", (json_int_t)estimate.fitting,
                                 "flops", cli_json_number(estimate.flops), "memory_bytes",
                                 cli_json_number(estimate.memory_bytes), "usable_bytes",
                                 cli_json_number(estimate.usable_bytes), "disk_bytes",
                                 cli_json_number(estimate.disk_bytes), "seconds",
                                 cli_json_number(estimate.seconds), "threads", estimate.threads));
        return DSC_EXIT_GOOD;
    }
    const char *const rows[][2] = {
        { "cells", dsc_scope_format(scope, "%zu, %zu to compute", estimate.cells, estimate.missing) },
        { "arithmetic", dsc_scope_format(scope, "%sflop", cli_si_text(scope, estimate.flops)) },
        { "memory", memory_text(scope, &estimate) },
        { "disk", cli_bytes_text(scope, estimate.disk_bytes) },
        { "threads", dsc_scope_format(scope, "%d", estimate.threads) },
        { "time", time_text(estimate.seconds, duration) },
        { "results", options->out },
    };
    cli_table *table = cli_table_make(scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cli_table_row(table, rows[i]);
    cli_heading(&session->terminal, "%s, dry run", heading_of(session, plan));
    cli_table_print(table, &session->terminal, 2);
    return DSC_EXIT_GOOD;
}

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

/* What a reader opens: pictures where gnuplot drew them, else scripts. */
static bool is_shown(const dsc_plot_files *files, const char *path)
{
    return files->missing ? has_suffix(path, ".gp") : !has_suffix(path, ".gp") && !has_suffix(path, ".dat");
}

/* A path without a needless "./". */
static const char *tidy(const char *path)
{
    return strncmp(path, "./", 2) == 0 ? path + 2 : path;
}

static void print_report(struct session *session, const dsc_plan *plan, const char *out,
                         const dsc_run_result *result, const dsc_plot_files *files)
{
    char duration[24];
    cli_heading(&session->terminal, "%s: %zu computed, %zu kept, %zu failed, %zu missing in %s",
                heading_of(session, plan), result->computed, result->kept, result->failed, result->missing,
                dsc_clock_duration(result->seconds, duration));
    putchar('\n');
    const dsc_claims *claims = dsc_claims_of(session->scope, session->experiment, result->record);
    cli_summary_print(session->scope, &session->terminal, result->record, claims, SUMMARY_ROWS);
    if (claims) {
        putchar('\n');
        cli_claims_print(session->scope, &session->terminal, result->record, claims, false);
    }
    cli_table *table = cli_table_make(session->scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    cli_table_row(table, (const char *[]){ "results", out });
    for (size_t i = 0; i < files->count; i++)
        if (is_shown(files, files->paths[i]))
            cli_table_row(table,
                          (const char *[]){ files->missing ? "script" : "figure", tidy(files->paths[i]) });
    putchar('\n');
    cli_table_print(table, &session->terminal, 0);
}

static void print_json(struct session *session, const dsc_plan *plan, const char *out,
                       const dsc_run_result *result, const dsc_plot_files *files)
{
    json_t *figures = json_array();
    for (size_t i = 0; i < files->count; i++)
        json_array_append_new(figures, json_string(files->paths[i]));
    cli_json_print(
        session->scope,
        json_pack("{s:s, s:s, s:s, s:o, s:b, s:b, s:o, s:o, s:{s:I, s:I, s:I, s:I, s:I}}", "experiment",
                  session->experiment->name, "case", dsc_plan_case(plan)->name, "out", out, "figures",
                  figures, "complete", dsc_record_complete(result->record), "stopped", result->stopped,
                  "seconds", cli_json_number(result->seconds), "claims",
                  cli_claims_json(session->scope, result->record,
                                  dsc_claims_of(session->scope, session->experiment, result->record)),
                  "cells", "total", (json_int_t)dsc_record_cells(result->record), "computed",
                  (json_int_t)result->computed, "kept", (json_int_t)result->kept, "failed",
                  (json_int_t)result->failed, "missing", (json_int_t)result->missing));
}

/* "width=47 seed=2" */
static const char *cell_text(dsc_scope *scope, const dsc_record *record, size_t cell)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    size_t index[DSC_RECORD_MAX_AXES] = { 0 };
    const char *text = "";
    dsc_record_cell_index(record, cell, index);
    for (size_t i = 0; i < spec->cell_axes && text; i++)
        text = dsc_scope_format(scope, "%s%s%s=%s", text, i ? " " : "", spec->axes[i].name,
                                dsc_record_axis_text(scope, &spec->axes[i], index[i], 10));
    return text;
}

static void fail_with_first_cell(struct session *session, const dsc_run_result *result)
{
    const size_t cells = dsc_record_cells(result->record);
    for (size_t i = 0; i < cells; i++) {
        const dsc_record_cell *cell = dsc_record_cell_at(result->record, i);
        if (cell->status == DSC_CELL_FAILED) {
            dsc_scope_fail(session->scope, DSC_ERROR_NUMERIC, "%zu of %zu cells failed; the first, %s: %s",
                           result->failed, cells, cell_text(session->scope, result->record, i),
                           cell->message ? cell->message : "no message");
            return;
        }
    }
}

static bool draws(const struct session *session)
{
    return !session->arguments.no_plot && session->arguments.shard.shards <= 1;
}

/* Drawing has a scope of its own: without figures the numbers are still reported. */
static dsc_plot_files draw(struct session *session, dsc_scope *scope, const char *out,
                           const dsc_run_result *result)
{
    if (!draws(session) || result->stopped)
        return (dsc_plot_files){ 0 };
    const dsc_plot_files files =
        dsc_plot(scope, result->record, out,
                 &(dsc_plot_options){ .formats = session->arguments.plot, .page = session->arguments.page });
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_plot_files){ 0 };
    if (files.missing)
        cli_say(&session->terminal, CLI_TONE_WARNING, "%s: scripts, data and texts were written, no pictures",
                files.missing);
    return files;
}

static dsc_exit report(struct session *session, const dsc_plan *plan, const char *out,
                       const dsc_run_result *result)
{
    dsc_scope *drawing =
        dsc_scope_open(&(dsc_scope_options){ .log = cli_log_to_terminal, .log_user = &session->terminal });
    const dsc_plot_files files = draw(session, drawing, out, result);
    if (session->arguments.json)
        print_json(session, plan, out, result, &files);
    else if (!session->arguments.quiet && !result->stopped)
        print_report(session, plan, out, result, &files);
    if (result->failed)
        fail_with_first_cell(session, result);
    dsc_scope_adopt_error(session->scope, drawing);
    dsc_scope_close(&drawing);
    if (!result->stopped)
        return DSC_EXIT_GOOD;
    cli_say(&session->terminal, CLI_TONE_NOTE,
            "stopped with %zu cells to go, the others are in %s; run the same command to resume",
            result->missing, out);
    return DSC_EXIT_STOPPED;
}

/* The preset of published sizes takes long: how long is said before it begins. */
static void announce(struct session *session, const dsc_plan *plan, const dsc_run_options *options)
{
    const struct arguments *arguments = &session->arguments;
    if (!arguments->preset || strcmp(arguments->preset, "paper") != 0 || arguments->quiet || arguments->json)
        return;
    const dsc_estimate estimate = dsc_estimate_run(session->scope, plan, options);
    char duration[DURATION_BYTES];
    if (dsc_scope_status(session->scope) == DSC_OK && estimate.missing > 0)
        cli_say(&session->terminal, CLI_TONE_NOTE, "time to go: %s; %zu cell%s on %d thread%s",
                time_text(estimate.seconds, duration), estimate.missing, estimate.missing == 1 ? "" : "s",
                estimate.threads, estimate.threads == 1 ? "" : "s");
}

/* What is needed to end well from within a run. */
struct exit {
    struct session *session;
    const dsc_plan *plan;
    const char *out;
    cli_progress_view *view;
};

/* Cells that cannot be stopped are left where they are; everything else is in the file. */
static void leave(void *user, const dsc_run_result *result)
{
    const struct exit *ending = user;
    cli_progress_end(ending->view);
    report(ending->session, ending->plan, ending->out, result);
    cli_leave(DSC_EXIT_STOPPED);
}

dsc_exit cli_run(struct session *session, const dsc_plan *plan, const dsc_run_options *options)
{
    cli_progress_view view = { .terminal = &session->terminal, .title = dsc_plan_case(plan)->name };
    struct exit ending = { session, plan, options->out, &view };
    dsc_run_options shown = *options;
    shown.progress = cli_progress_show;
    shown.progress_user = &view;
    shown.overdue = leave;
    shown.overdue_user = &ending;
    const dsc_plot_options figures = { .formats = session->arguments.plot };
    shown.figures = draws(session) ? &figures : NULL;
    announce(session, plan, options);
    if (dsc_scope_status(session->scope) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    const dsc_run_result result = dsc_run(session->scope, plan, &shown);
    cli_progress_end(&view);
    if (dsc_scope_status(session->scope) != DSC_OK || !result.record)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    return report(session, plan, options->out, &result);
}
