/* report.c - `descent report`: results files on one page that needs nothing else: what was run, what sources
 * claim and what was measured, figures, numbers, where they come from, and how to repeat them. */
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <descent/build.h>
#include <descent/clock.h>
#include <descent/file.h>
#include <descent/text.h>

#include "bench/present.h"
#include "json.h"
#include "options.h"
#include "record_tables.h"
#include "results.h"
#include "table.h"
#include "terminal.h"

struct arguments {
    const char *out, *title;
    dsc_plot_page page;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION("out", "FILE.html", FIELD(out), cli_option_text, "the page, also -o (default: report.html)"),
    CLI_OPTION("title", "TEXT", FIELD(title), cli_option_text, "its heading (default: Results)"),
    CLI_OPTIONS_PAGE(struct arguments, page),
    CLI_OPTION_END,
};

enum { SUMMARY_ROWS = 40 };

/* A report at work. */
struct report {
    dsc_scope *scope;
    const char *title;
    struct dsc_report_run *runs;
    size_t count;
    dsc_text *page;
    dsc_plot_page figures; /* how they are drawn */
    const char *missing;   /* why figures are texts; NULL: they are pictures */
};

/* ---- names ---- */

/* A text of the recipe's first level; "" if it has none. */
static const char *recipe_text(dsc_scope *scope, const dsc_record *record, const char *key)
{
    const char *text = dsc_record_describe(record)->recipe;
    json_t *recipe = text ? json_loads(text, 0, NULL) : NULL;
    const char *value = json_string_value(json_object_get(recipe, key));
    const char *copy = value ? dsc_scope_copy(scope, value) : "";
    json_decref(recipe);
    return copy ? copy : "";
}

static const char *run_name(dsc_scope *scope, const struct dsc_report_run *run)
{
    const char *experiment = dsc_record_describe(run->record)->experiment;
    return dsc_scope_format(scope, "%s %s", experiment ? experiment : "",
                            recipe_text(scope, run->record, "case"));
}

static void element(dsc_text *page, const char *tag, const char *text)
{
    dsc_text_format(page, "<%s>", tag);
    cli_html_text(page, text);
    dsc_text_format(page, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

/* ---- the command ---- */

static const char *number_of(dsc_scope *scope, const json_t *value)
{
    if (json_is_string(value))
        return dsc_scope_copy(scope, json_string_value(value));
    if (json_is_real(value))
        return dsc_real_text(scope, json_real_value(value));
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    const char *copy = dsc_scope_copy(scope, text ? text : "");
    free(text);
    return copy;
}

/* "2,4,8" of an axis, by name where its values have names; a run of whole numbers is "1..10". */
static const char *axis_setting(dsc_scope *scope, const dsc_record_axis *axis)
{
    bool run = axis->integer && !axis->names && axis->count > 2;
    for (size_t i = 1; run && i < axis->count; i++)
        run = axis->values[i] == axis->values[i - 1] + 1;
    if (run)
        return dsc_scope_format(scope, "%.0f..%.0f", axis->values[0], axis->values[axis->count - 1]);
    const char *list = "";
    for (size_t i = 0; i < axis->count && list; i++)
        list = dsc_scope_format(scope, "%s%s%s", list, i ? "," : "",
                                axis->names ? dsc_record_axis_text(scope, axis, i, 6)
                                            : dsc_real_text(scope, axis->values[i]));
    return list;
}

/* Where an empty line would stand, the command goes on behind a backslash. */
static void write_setting(const struct report *report, const char *name, const char *value)
{
    const char *setting = name && value ? dsc_scope_format(report->scope, "%s=%s", name, value) : NULL;
    if (!setting)
        return;
    dsc_text_append(report->page, " \\\n  --set ");
    cli_html_text(report->page, dsc_shell_word(report->scope, setting));
}

static void write_settings(const struct report *report, const dsc_record_spec *spec, json_t *recipe)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(recipe, "parameters"), name, value)
    {
        write_setting(report, name, number_of(report->scope, value));
    }
    for (size_t i = 0; i < spec->axis_count; i++)
        if (strcmp(spec->axes[i].name, "seed") != 0)
            write_setting(report, spec->axes[i].name, axis_setting(report->scope, &spec->axes[i]));
}

static void write_word(const struct report *report, const char *option, const char *word)
{
    dsc_text_format(report->page, " %s", option);
    cli_html_text(report->page, dsc_shell_word(report->scope, word));
}

/* Every setting is written out: presets and defaults may change. */
static void write_command(const struct report *report, const struct dsc_report_run *run)
{
    const dsc_record_spec *spec = dsc_record_describe(run->record);
    json_t *recipe = spec->recipe ? json_loads(spec->recipe, 0, NULL) : NULL;
    const json_t *seeds = json_object_get(recipe, "seeds");
    const char *data = dsc_record_provenance_get(run->record, "data_directory");
    const char *program = dsc_program_of(report->scope, run->record);
    dsc_text_append(report->page, "<pre class=\"command\">");
    cli_html_text(report->page, program);
    write_word(report, "--case ", recipe_text(report->scope, run->record, "case"));
    write_word(report, "--engine ", recipe_text(report->scope, run->record, "engine"));
    dsc_text_format(report->page, " --seeds %zu --seed %lld", json_array_size(seeds),
                    (long long)json_integer_value(json_array_get(seeds, 0)));
    if (data && *data)
        write_word(report, "--data ", data);
    write_settings(report, spec, recipe);
    dsc_text_append(report->page, " \\\n ");
    write_word(report, "--out ", "again.h5");
    dsc_text_append(report->page, "</pre>\n");
    json_decref(recipe);
}

/* ---- claims ---- */

static const char *const claim_heads[] = {
    "Claim", "Source", "Its setting", "Expected", "Measured", "Verdict"
};
enum { CLAIM_COLUMNS = sizeof claim_heads / sizeof claim_heads[0] };

static void write_verdict(dsc_text *page, const dsc_claim_result *result)
{
    static const char *const classes[] = { "untold", "agrees", "differs" };
    dsc_text_format(page, "<td data-head=\"Verdict\" class=\"verdict %s\">%s", classes[result->verdict],
                    cli_verdict_text(result->verdict));
    if (*result->reason)
        dsc_text_append(page, ": ");
    cli_html_text(page, result->reason);
    dsc_text_append(page, "</td>");
}

static void write_claim(const struct report *report, const struct dsc_report_run *run,
                        const dsc_claims *group, const dsc_claim *claim)
{
    const dsc_claim_result result = dsc_claim_check(report->scope, run->record, claim);
    dsc_text *page = report->page;
    const char *const texts[CLAIM_COLUMNS - 1] = { claim->text, group->source,
                                                   claim->setting ? claim->setting : group->setting,
                                                   result.expected, *result.number ? result.number : "-" };
    dsc_text_append(page, "<tr>");
    for (size_t i = 0; i + 1 < CLAIM_COLUMNS; i++) {
        dsc_text_format(page, "<td data-head=\"%s\">", claim_heads[i]);
        cli_html_text(page, texts[i]);
        dsc_text_append(page, "</td>");
    }
    write_verdict(page, &result);
    dsc_text_append(page, "</tr>\n");
}

static void write_claims_of(const struct report *report, const struct dsc_report_run *run)
{
    dsc_text *page = report->page;
    if (!run->claims)
        return;
    dsc_text_format(page, "<h3><a href=\"#run-%zu\">%zu. ", run->number, run->number);
    cli_html_text(page, run_name(report->scope, run));
    dsc_text_append(page, "</a></h3>\n<div class=\"scroll claims\" tabindex=\"0\"><table>\n<thead><tr>");
    for (size_t i = 0; i < CLAIM_COLUMNS; i++)
        dsc_text_format(page, "<th>%s</th>", claim_heads[i]);
    dsc_text_append(page, "</tr></thead>\n<tbody>\n");
    for (const dsc_claims *group = run->claims; group->source; group++)
        for (const dsc_claim *claim = group->claims; claim->text; claim++)
            write_claim(report, run, group, claim);
    dsc_text_append(page, "</tbody></table></div>\n");
}

static void write_claims(const struct report *report)
{
    bool any = false;
    dsc_text_append(report->page, "<h2 id=\"claims\">Claims</h2>\n");
    for (size_t i = 0; i < report->count; i++)
        any = any || report->runs[i].claims;
    element(
        report->page, "p class=\"soft\"",
        any ? "What sources say, beside what was measured: the median over the seeds with its 95 % bootstrap "
              "interval in brackets (of fewer than 6 seeds their range), or mean and standard error where that is said; N is the number of seeds."
            : "None: no source's numbers belong to these runs.");
    for (size_t i = 0; i < report->count; i++)
        write_claims_of(report, &report->runs[i]);
}

/* ---- the rest of the page ---- */

static const char *cells_text(dsc_scope *scope, dsc_record *record)
{
    const struct dsc_tally tally = dsc_tally_cells(record);
    char duration[24];
    dsc_clock_duration(tally.seconds, duration);
    if (tally.done == tally.cells)
        return dsc_scope_format(scope, "all %zu done; %s of one core", tally.cells, duration);
    return dsc_scope_format(scope, "%zu of %zu done, %zu failed, %zu missing; %s of one core", tally.done,
                            tally.cells, tally.failed, tally.missing, duration);
}

static const char *file_text(dsc_scope *scope, const struct dsc_report_run *run)
{
    return dsc_scope_format(scope, "%s: %s", run->path, cells_text(scope, run->record));
}

static void write_overview(const struct report *report)
{
    dsc_text *page = report->page;
    dsc_text_append(page, "<h2 id=\"runs\">What was run</h2>\n<ol>\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct dsc_report_run *run = &report->runs[i];
        dsc_text_format(page, "<li><a href=\"#run-%zu\">", run->number);
        cli_html_text(page, run_name(report->scope, run));
        dsc_text_append(page, "</a>: ");
        cli_html_text(page, dsc_record_describe(run->record)->title);
        dsc_text_append(page, "<br>");
        element(page, "span class=\"soft\"", file_text(report->scope, run));
        dsc_text_append(page, "</li>\n");
    }
    dsc_text_append(page, "</ol>\n");
}

/* What is folded stands behind its head: the style folds it on a screen alone, and paper shows it. */
static void write_details(dsc_text *page, const char *summary, const cli_table *table)
{
    dsc_text_append(page, "<details>\n<summary>");
    cli_html_text(page, summary);
    dsc_text_append(page, "</summary>\n</details>\n<div class=\"facts\">");
    cli_table_html(table, page);
    dsc_text_append(page, "</div>\n");
}

/* Times are not computed again: a benchmark is repeated by its command. */
static void write_benchmark(const struct report *report, const struct dsc_report_run *run)
{
    const char *command = dsc_record_provenance_get(run->record, "command");
    const bench_results results = bench_read(report->scope, run->record);
    element(report->page, "p class=\"soft\"", "Medians of the rounds.");
    cli_table_html(bench_table(report->scope, &results), report->page);
    const char *lines[BENCH_MAX_MARKS];
    const size_t count = bench_marks(&results, lines);
    for (size_t i = 0; i < count; i++)
        element(report->page, "p class=\"soft\"", lines[i]);
    cli_table_html(bench_absent_table(report->scope, &results), report->page);
    element(report->page, "h3", "Repeat it");
    element(report->page, "pre class=\"command\"", command ? command : "descent bench");
}

static void write_numbers(const struct report *report, const struct dsc_report_run *run)
{
    const char *heading = NULL;
    dsc_text *page = report->page;
    element(page, "h3", "Numbers");
    if (bench_is_record(run->record)) {
        write_benchmark(report, run);
        return;
    }
    const cli_table *summary =
        cli_summary_table(report->scope, run->record, run->claims, SUMMARY_ROWS, &heading);
    element(page, "p class=\"soft\"", heading);
    cli_table_html(summary, page);
    element(page, "h3", "Repeat it");
    write_command(report, run);
    element(page, "p class=\"soft\"", "or compute this file again and compare every bit:");
    element(page, "pre class=\"command\"", dsc_verify_command_of(report->scope, run->record, run->path));
}

static void write_run(struct report *report, const struct dsc_report_run *run)
{
    const dsc_record_spec *spec = dsc_record_describe(run->record);
    const struct dsc_tally tally = dsc_tally_cells(run->record);
    dsc_text *page = report->page;
    dsc_text_format(page, "<section>\n<h2 id=\"run-%zu\">%zu. ", run->number, run->number);
    cli_html_text(page, run_name(report->scope, run));
    dsc_text_append(page, "</h2>\n");
    element(page, "p", spec->title);
    if (spec->reference && *spec->reference)
        element(page, "p class=\"soft\"", spec->reference);
    element(page, "p class=\"soft\"", file_text(report->scope, run));
    if (tally.message)
        element(page, "p class=\"differs\"",
                dsc_scope_format(report->scope, "The first cell that failed: %s", tally.message));
    dsc_report_figures(report->scope, run, page, &report->figures, &report->missing);
    write_numbers(report, run);
    write_details(page, "Recipe", dsc_recipe_table(report->scope, run->record));
    write_details(page, "Provenance", dsc_provenance_table(report->scope, run->record));
    dsc_text_append(page, "</section>\n");
}

static void write_page(struct report *report)
{
    dsc_text *page = report->page;
    dsc_text_append(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "img-src data:\">\n");
    element(page, "title", report->title);
    dsc_text_format(page, "<style>\n%s</style>\n</head>\n<body>\n", dsc_report_style);
    element(page, "h1", report->title);
    element(page, "p class=\"soft\"",
            dsc_scope_format(report->scope, "Made by Descent %s from %zu results file%s.",
                             dsc_build_get()->version, report->count, report->count == 1 ? "" : "s"));
    write_overview(report);
    write_claims(report);
    for (size_t i = 0; i < report->count && dsc_scope_status(report->scope) == DSC_OK; i++)
        write_run(report, &report->runs[i]);
    dsc_text_append(page, "</body>\n</html>\n");
}

/* ---- the verb ---- */

static void read_runs(struct report *report, const cli_words *words)
{
    report->runs = dsc_scope_alloc(report->scope, words->count, sizeof *report->runs);
    for (size_t i = 0; report->runs && i < words->count; i++) {
        dsc_record *record = dsc_record_read(report->scope, words->items[i]);
        if (!record)
            return;
        report->runs[report->count++] = (struct dsc_report_run){
            .path = words->items[i],
            .record = record,
            .claims = dsc_known_claims(report->scope, record),
            .number = i + 1,
        };
    }
}

/* The page is made in memory, then written at once. */
static void make(struct report *report, const char *out)
{
    report->page = dsc_text_open(report->scope);
    write_page(report);
    if (cli_json_check(report->scope) == DSC_OK)
        dsc_file_replace(report->scope, out, dsc_text_string(report->page), dsc_text_length(report->page));
}

static dsc_exit report(dsc_call *call)
{
    struct arguments arguments = { .out = "report.html", .title = "Results" };
    const cli_words words = dsc_call_read(call, &dsc_verb_report, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) == DSC_OK)
        dsc_file_spare(call->scope, arguments.out, DSC_FILE_OTHER);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (dsc_file_check_writable(call->scope, arguments.out) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    struct report report = { .scope = call->scope, .title = arguments.title, .figures = arguments.page };
    read_runs(&report, &words);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    make(&report, arguments.out);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    cli_print("%s\n", arguments.out);
    if (report.missing)
        cli_say(&call->terminal, CLI_TONE_WARNING, "%s: the figures are texts", report.missing);
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_report = {
    .name = "report",
    .words = "FILE...",
    .summary = "results files on one page: figures, claims beside what was measured, how to repeat it",
    .options = options,
    .run = report,
    .examples = "  descent report double-descent-mlp.h5 mnist1d-networks.h5 -o report.html\n",
};
