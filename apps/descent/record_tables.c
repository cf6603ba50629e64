/* record_tables.c - what a results file holds, as tables. */
#include "record_tables.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <descent/text.h>

#include "bench/present.h"
#include "command.h"
#include "table.h"

struct dsc_tally dsc_tally_cells(dsc_record *record)
{
    struct dsc_tally tally = { .cells = dsc_record_cells(record) };
    for (size_t i = 0; i < tally.cells; i++) {
        const dsc_record_cell *cell = dsc_record_cell_at(record, i);
        tally.done += cell->status == DSC_CELL_DONE;
        tally.failed += cell->status == DSC_CELL_FAILED;
        tally.missing += cell->status == DSC_CELL_MISSING;
        tally.seconds += cell->status == DSC_CELL_MISSING ? 0 : cell->seconds;
        if (cell->status == DSC_CELL_FAILED && !tally.message)
            tally.message = cell->message;
    }
    return tally;
}

dsc_record *dsc_cells_read(dsc_scope *scope, const char *path)
{
    dsc_record *record = dsc_record_read(scope, path);
    if (!record || !bench_is_record(record))
        return record;
    dsc_scope_fail(
        scope, DSC_ERROR_UNSUPPORTED,
        "'%s' holds benchmarks, and times are never the same twice: `descent bench compare A.h5 B.h5` "
        "compares two such files",
        path);
    return NULL;
}

const dsc_experiment *dsc_known_experiment(const dsc_record *record)
{
    const char *name = dsc_record_describe(record)->experiment;
    for (size_t i = 0; name && dsc_registry[i]; i++)
        if (strcmp(dsc_registry[i]->name, name) == 0)
            return dsc_registry[i];
    return NULL;
}

const dsc_claims *dsc_known_claims(dsc_scope *scope, const dsc_record *record)
{
    const dsc_experiment *experiment = dsc_known_experiment(record);
    return experiment ? dsc_claims_of(scope, experiment, record) : NULL;
}

static bool ends_in(const char *text, size_t length, const char *ending)
{
    const size_t end = strlen(ending);
    return length >= end && memcmp(text + length - end, ending, end) == 0;
}

/* The first word of a command line as a shell reads it; "" if it has none. */
static const char *first_word(dsc_scope *scope, const char *command)
{
    char *word = dsc_scope_copy(scope, command ? command : "");
    size_t length = 0;
    bool quoted = false;
    for (const char *at = word; at && *at && (quoted || *at != ' '); at++) {
        if (*at == '\'')
            quoted = !quoted;
        else if (quoted || *at != '\\' || at[1] == '\0')
            word[length++] = *at;
        else
            word[length++] = *++at;
    }
    if (word)
        word[length] = '\0';
    return word ? word : "";
}

/* The program of a command; of a descent its experiment too. */
const char *dsc_program_of(dsc_scope *scope, const dsc_record *record)
{
    const dsc_experiment *known = dsc_known_experiment(record);
    const char *word = first_word(scope, dsc_record_provenance_get(record, "command"));
    if (known)
        return dsc_scope_format(scope, "descent run %s", known->name);
    const char *program = *word ? dsc_shell_word(scope, word) : "PROGRAM";
    if (ends_in(word, strlen(word), "descent"))
        return dsc_scope_format(scope, "%s run %s", program,
                                dsc_shell_word(scope, dsc_record_describe(record)->experiment));
    return program;
}

const char *dsc_verify_command_of(dsc_scope *scope, const dsc_record *record, const char *path)
{
    const char *file = dsc_shell_word(scope, path);
    return dsc_known_experiment(record)
               ? dsc_scope_format(scope, "descent verify %s", file)
               : dsc_scope_format(scope, "%s --verify %s", dsc_program_of(scope, record), file);
}

/* "3..9" of three and more integers that follow one another, else NULL. */
static const char *run_text(dsc_scope *scope, const json_t *value)
{
    const size_t count = json_array_size(value);
    const json_int_t first = json_integer_value(json_array_get(value, 0));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_integer(item) || json_integer_value(item) != first + (json_int_t)i)
            return NULL;
    }
    return count < 3 ? NULL
                     : dsc_scope_format(scope, "%lld..%lld", (long long)first,
                                        (long long)first + (long long)count - 1);
}

static const char *value_text(dsc_scope *scope, const json_t *value)
{
    if (json_is_string(value))
        return dsc_scope_copy(scope, json_string_value(value));
    const char *run = run_text(scope, value);
    if (run)
        return run;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    const char *copy = dsc_scope_copy(scope, text ? text : "");
    free(text);
    return copy;
}

/* The recipe's JSON, a level at a time: what is itself an object becomes "parameters.width". */
static void add_recipe_rows(dsc_scope *scope, cli_table *table, const char *prefix, json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const char *full = dsc_scope_format(scope, "%s%s", prefix, name);
        if (json_is_object(value)) {
            add_recipe_rows(scope, table, dsc_scope_format(scope, "%s.", full), value);
            continue;
        }
        cli_table_row(table, (const char *[]){ full, value_text(scope, value) });
    }
}

const cli_table *dsc_recipe_table(dsc_scope *scope, const dsc_record *record)
{
    const char *recipe = dsc_record_describe(record)->recipe;
    json_t *json = recipe ? json_loads(recipe, 0, NULL) : NULL;
    cli_table *table = cli_table_make(scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    if (json_is_object(json))
        add_recipe_rows(scope, table, "", json);
    json_decref(json);
    return table;
}

const cli_table *dsc_provenance_table(dsc_scope *scope, const dsc_record *record)
{
    cli_table *table = cli_table_make(scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    for (size_t i = 0; i < dsc_record_provenance_count(record); i++) {
        const char *pair[2] = { NULL, NULL };
        dsc_record_provenance_at(record, i, &pair[0], &pair[1]);
        if (pair[1] && *pair[1])
            cli_table_row(table, pair);
    }
    return table;
}
