/* show_model.c - what lies in files that are no results: models, checkpoints, data, weights of Keras. */
#include "show.h"

#include <inttypes.h>
#include <jansson.h>

#include <descent/record.h>
#include <descent/train.h>

#include "json.h"
#include "table.h"
#include "terminal.h"

/* "5 x 5 x 1 x 32"; "1" of a single value. */
static const char *shape_text(dsc_scope *scope, const size_t *shape, size_t rank)
{
    const char *text = "";
    for (size_t i = 0; i < rank && shape[i] && text; i++)
        text = dsc_scope_format(scope, "%s%s%zu", text, i ? " x " : "", shape[i]);
    return text && *text ? text : "1";
}

static void print_slices(dsc_call *call, const char *heading, const dsc_slice *slices, size_t count)
{
    static const cli_table_column columns[] = { { "name", false }, { "shape", false }, { "values", true } };
    cli_table *table = cli_table_make(call->scope, columns, 3, 1);
    for (size_t i = 0; i < count; i++)
        cli_table_row(table, (const char *[]){ slices[i].name,
                                               shape_text(call->scope, slices[i].shape, DSC_MAX_RANK),
                                               cli_number(call->scope, (double)slices[i].count) });
    if (count == 0)
        return;
    cli_heading(&call->terminal, "\n%s", heading);
    cli_table_print(table, &call->terminal, 2);
}

/* The engine is that of plain loops: nothing is computed, and nothing has to be made for it. */
static dsc_model *load_for(dsc_scope *scope, const char *path, bool inference)
{
    return dsc_model_load(
        scope, path, &(dsc_compile_options){ .batch = 1, .engine = DSC_ENGINE_REF, .inference = inference });
}

/* Whether the network in a file ends in a loss. One that was saved to be used ends in any node. */
static bool trains(const char *path)
{
    dsc_scope *trial = dsc_scope_open(NULL);
    load_for(trial, path, false);
    const bool loaded = dsc_scope_status(trial) == DSC_OK;
    dsc_scope_close(&trial);
    return loaded;
}

static const char *hash_text(dsc_scope *scope, const dsc_model *model)
{
    return dsc_scope_format(scope, "%016" PRIx64, dsc_model_hash(model));
}

static void print_model(dsc_call *call, const char *path)
{
    const bool training = trains(path);
    dsc_model *model = load_for(call->scope, path, !training);
    if (!model)
        return;
    const dsc_slice *parameters, *state;
    const size_t parameter_slices = dsc_model_slices(model, &parameters);
    const size_t state_slices = dsc_model_state_slices(model, &state);
    cli_table *table = cli_table_make(call->scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    cli_table_row(table, (const char *[]){ "file", dsc_scope_format(call->scope, "%s: %s",
                                                                    dsc_file_kind_name(DSC_FILE_MODEL),
                                                                    dsc_file_kind_reader(DSC_FILE_MODEL)) });
    cli_table_row(
        table,
        (const char *[]){ "parameters", cli_number(call->scope, (double)dsc_model_parameter_count(model)) });
    cli_table_row(table, (const char *[]){ "hash", hash_text(call->scope, model) });
    cli_heading(&call->terminal, "%s", path);
    cli_table_print(table, &call->terminal, 2);
    print_slices(call, "Parameters", parameters, parameter_slices);
    print_slices(call, "State", state, state_slices);
    cli_heading(&call->terminal, "\n%s of one example, by plain loops",
                training ? "A training step" : "Inference");
    const char *network = dsc_model_describe(call->scope, model);
    cli_print("%s", network ? network : "");
}

static void print_arrays(dsc_call *call, const char *path, dsc_file_kind kind)
{
    static const cli_table_column columns[] = { { "array", false }, { "shape", false } };
    size_t count = 0;
    const dsc_array *arrays = dsc_arrays_list(call->scope, path, &count);
    cli_table *table = cli_table_make(call->scope, columns, 2, 1);
    for (size_t i = 0; arrays && i < count; i++)
        cli_table_row(table, (const char *[]){ arrays[i].name,
                                               shape_text(call->scope, arrays[i].shape, arrays[i].rank) });
    if (dsc_scope_status(call->scope) != DSC_OK)
        return;
    cli_heading(&call->terminal, "%s", path);
    cli_print("  %s: %s\n\n", dsc_file_kind_name(kind), dsc_file_kind_reader(kind));
    cli_table_print(table, &call->terminal, 2);
}

static json_t *arrays_json(dsc_scope *scope, const char *path)
{
    size_t count = 0;
    const dsc_array *arrays = dsc_arrays_list(scope, path, &count);
    json_t *list = json_array();
    for (size_t i = 0; arrays && i < count; i++) {
        json_t *shape = json_array();
        for (size_t k = 0; k < arrays[i].rank; k++)
            json_array_append_new(shape, json_integer((json_int_t)arrays[i].shape[k]));
        json_array_append_new(list, json_pack("{s:s, s:o}", "name", arrays[i].name, "shape", shape));
    }
    return list;
}

static void print_json(dsc_call *call, const char *path, dsc_file_kind kind)
{
    const dsc_model *model = kind == DSC_FILE_MODEL ? load_for(call->scope, path, !trains(path)) : NULL;
    json_t *arrays = arrays_json(call->scope, path);
    json_t *json =
        json_pack("{s:s, s:s, s:o}", "file", path, "kind", dsc_file_kind_name(kind), "arrays", arrays);
    if (model) {
        json_object_set_new(json, "parameters", json_integer((json_int_t)dsc_model_parameter_count(model)));
        json_object_set_new(json, "hash", json_string(hash_text(call->scope, model)));
    }
    if (dsc_scope_status(call->scope) == DSC_OK)
        cli_json_print(call->scope, json);
    else
        json_decref(json);
}

bool dsc_show_other(dsc_call *call, const char *path, bool json)
{
    dsc_scope *own = dsc_scope_open(NULL);
    const dsc_file_kind kind = dsc_file_kind_of(own, path);
    dsc_scope_close(&own);
    if (kind == DSC_FILE_OTHER || kind == DSC_FILE_RESULTS)
        return false;
    if (json)
        print_json(call, path, kind);
    else if (kind == DSC_FILE_MODEL)
        print_model(call, path);
    else
        print_arrays(call, path, kind);
    return true;
}
