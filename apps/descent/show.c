/* show.c - `descent show`: what a results file holds. */
#include "show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <descent/clock.h>

#include "bench/present.h"
#include "command.h"
#include "json.h"
#include "options.h"
#include "record_tables.h"
#include "results.h"
#include "table.h"
#include "terminal.h"

struct arguments {
    bool json, all;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION("all", NULL, FIELD(all), cli_option_flag, "every row of the summary"),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

enum { SUMMARY_ROWS = 20 };

static json_t *text_or_json(const char *text)
{
    json_t *json = text ? json_loads(text, 0, NULL) : NULL;
    return json ? json : text ? json_string(text) : json_null();
}

static json_t *axes_json(const dsc_record_spec *spec)
{
    json_t *axes = json_array();
    for (size_t i = 0; i < spec->axis_count; i++) {
        const dsc_record_axis *axis = &spec->axes[i];
        json_t *values = json_array();
        for (size_t k = 0; k < axis->count; k++)
            json_array_append_new(values, axis->integer ? json_integer((json_int_t)axis->values[k])
                                                        : cli_json_number(axis->values[k]));
        json_array_append_new(axes, json_pack("{s:s, s:s?, s:s?, s:o}", "name", axis->name, "units",
                                              axis->units, "long_name", axis->long_name, "values", values));
    }
    return axes;
}

static json_t *outputs_json(dsc_record *record, const dsc_record_spec *spec)
{
    json_t *outputs = json_array();
    for (size_t i = 0; i < spec->output_count; i++) {
        const dsc_record_output *output = dsc_record_output_find(record, spec->outputs[i].name);
        json_t *values = json_array(), *axes = json_array();
        for (size_t k = 0; output && k < output->rank; k++)
            json_array_append_new(axes, json_string(spec->axes[output->axes[k]].name));
        for (size_t k = 0; output && k < output->count; k++)
            json_array_append_new(values, cli_json_number(output->values[k]));
        json_array_append_new(outputs, json_pack("{s:s, s:s?, s:s?, s:o, s:o}", "name", spec->outputs[i].name,
                                                 "units", spec->outputs[i].units, "long_name",
                                                 spec->outputs[i].long_name, "axes", axes, "values", values));
    }
    return outputs;
}

static json_t *provenance_json(const dsc_record *record)
{
    json_t *provenance = json_object();
    for (size_t i = 0; i < dsc_record_provenance_count(record); i++) {
        const char *name = NULL, *text = NULL;
        dsc_record_provenance_at(record, i, &name, &text);
        json_object_set_new(provenance, name, json_string(text));
    }
    return provenance;
}

static json_t *cells_json(dsc_record *record)
{
    json_t *hashes = json_array();
    for (size_t i = 0; i < dsc_record_cells(record); i++) {
        char hash[17];
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)dsc_record_cell_at(record, i)->hash);
        json_array_append_new(hashes, json_string(hash));
    }
    const struct dsc_tally tally = dsc_tally_cells(record);
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "total", (json_int_t)tally.cells, "done",
                     (json_int_t)tally.done, "failed", (json_int_t)tally.failed, "missing",
                     (json_int_t)tally.missing, "seconds", cli_json_number(tally.seconds), "hashes", hashes);
}

static void print_json(dsc_call *call, dsc_record *record, const dsc_claims *claims, const char *path)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    cli_json_print(call->scope,
                   json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "file", path,
                             "experiment", spec->experiment, "title", spec->title, "reference",
                             spec->reference, "complete", dsc_record_complete(record), "deterministic",
                             spec->deterministic, "recipe", text_or_json(spec->recipe), "provenance",
                             provenance_json(record), "cells", cells_json(record), "axes", axes_json(spec),
                             "outputs", outputs_json(record, spec), "claims",
                             cli_claims_json(call->scope, record, claims)));
}

static void print_pairs(dsc_call *call, const char *heading, const char *const (*pairs)[2], size_t count)
{
    cli_table *table = cli_table_make(call->scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    for (size_t i = 0; i < count; i++)
        if (pairs[i][1] && *pairs[i][1])
            cli_table_row(table, pairs[i]);
    cli_heading(&call->terminal, "%s", heading);
    cli_table_print(table, &call->terminal, 2);
}

static void print_table(dsc_call *call, const char *heading, const cli_table *table)
{
    cli_heading(&call->terminal, "\n%s", heading);
    cli_table_print(table, &call->terminal, 2);
}

/* What the numbers are of and where they come from. */
static void print_origin(dsc_call *call, const dsc_record *record)
{
    print_table(call, "Recipe", dsc_recipe_table(call->scope, record));
    print_table(call, "Provenance", dsc_provenance_table(call->scope, record));
    putchar('\n');
}

/* Rows of a benchmark are no cells of seeds: they are shown as they were when they were measured. */
static void print_benchmark(dsc_call *call, dsc_record *record, const char *path)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    const bench_results results = bench_read(call->scope, record);
    size_t measured = 0, absent = 0;
    for (size_t i = 0; i < results.count; i++) {
        measured += !results.items[i].absent && !results.items[i].hidden;
        absent += results.items[i].absent != NULL;
    }
    const char *rows = dsc_scope_format(call->scope, "%zu measured, %zu not", measured, absent);
    const char *const pairs[][2] = { { "title", spec->title }, { "rows", rows } };
    print_pairs(call, path, pairs, sizeof pairs / sizeof pairs[0]);
    print_origin(call, record);
    cli_heading(&call->terminal, "Rows: medians of up to %zu rounds", spec->axes[1].count);
    bench_print_table(call->scope, &call->terminal, &results);
}

static void print_results(dsc_call *call, dsc_record *record, const char *path, bool all)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    const dsc_claims *claims = dsc_known_claims(call->scope, record);
    const struct dsc_tally tally = dsc_tally_cells(record);
    char duration[24];
    const char *cells = dsc_scope_format(
        call->scope, "%zu: %zu done, %zu failed, %zu missing; %s of one core", tally.cells, tally.done,
        tally.failed, tally.missing, dsc_clock_duration(tally.seconds, duration));
    const char *const pairs[][2] = {
        { "title", spec->title },
        { "reference", spec->reference },
        { "cells", cells },
        { "failure", tally.message },
        { "complete", dsc_record_complete(record) ? "yes" : "no" },
        { "deterministic", spec->deterministic ? "yes" : "no" },
    };
    print_pairs(call, path, pairs, sizeof pairs / sizeof pairs[0]);
    print_origin(call, record);
    cli_summary_print(call->scope, &call->terminal, record, claims, all ? 0 : SUMMARY_ROWS);
    if (claims) {
        putchar('\n');
        cli_claims_print(call->scope, &call->terminal, record, claims, true);
    }
}

static dsc_exit show(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &dsc_verb_show, &arguments, 1, 1);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    const char *path = words.items[0];
    dsc_scope *own = dsc_scope_open(NULL); /* what is no results file may be another that can be shown */
    dsc_record *record = dsc_record_read(own, path);
    if (record && arguments.json)
        print_json(call, record, dsc_known_claims(call->scope, record), path);
    else if (record && bench_is_record(record))
        print_benchmark(call, record, path);
    else if (record)
        print_results(call, record, path, arguments.all);
    else if (dsc_scope_status(own) != DSC_ERROR_FORMAT || !dsc_show_other(call, path, arguments.json))
        dsc_scope_adopt_error(call->scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(call->scope) == DSC_OK ? DSC_EXIT_GOOD : DSC_EXIT_FAILED;
}

const dsc_verb dsc_verb_show = {
    .name = "show",
    .words = "FILE",
    .summary = "what a file holds: a recipe, numbers and claims; the layers of a model",
    .options = options,
    .run = show,
    .examples = "  descent show double-descent-mlp.h5\n"
                "  descent show double-descent-mlp.h5 --json\n",
};
