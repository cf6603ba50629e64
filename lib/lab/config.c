/* config.c - settings from JSON: configuration files, and the recipe of a results file. */
#include <stdio.h>
#include <string.h>

#include <descent/file.h>

#include "base/file.h"
#include "base/json.h"
#include "lab/plan.h"

enum { CONFIG_BYTES_MAX = 1 << 20, NUMBER_BYTES = 32 };

/* A list of numbers as "1,2,3"; NULL if it holds anything else. */
static const char *list_text(dsc_scope *scope, const json_t *list)
{
    const size_t count = json_array_size(list);
    char *text = dsc_scope_alloc(scope, count + 1, NUMBER_BYTES), *end = text;
    for (size_t i = 0; text && i < count; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_number(value))
            return NULL;
        const char *comma = i ? "," : "";
        end += json_is_integer(value)
                   ? snprintf(end, NUMBER_BYTES, "%s%lld", comma, (long long)json_integer_value(value))
                   : snprintf(end, NUMBER_BYTES, "%s%.17g", comma, json_real_value(value));
    }
    return text;
}

/* A JSON value as the text of a setting; NULL if it can be none. */
static const char *value_text(dsc_scope *scope, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING: return dsc_scope_copy(scope, json_string_value(value));
    case JSON_INTEGER: return dsc_scope_format(scope, "%lld", (long long)json_integer_value(value));
    case JSON_REAL: return dsc_scope_format(scope, "%.17g", json_real_value(value));
    case JSON_ARRAY: return list_text(scope, value);
    default: return NULL;
    }
}

/* Appends the settings of an object to a list with room for them. where names the object in errors. */
static void add_settings(dsc_scope *scope, const char *where, json_t *object, dsc_setting *settings,
                         size_t *count)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const char *own_name = dsc_scope_copy(scope, name), *text = value_text(scope, value);
        if (own_name && !text)
            dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                           "%s: '%.80s' is neither a number, a text nor a list of numbers", where, name);
        if (dsc_scope_status(scope) != DSC_OK)
            return;
        settings[(*count)++] = (dsc_setting){ own_name, text };
    }
}

const dsc_setting *dsc_config_read(dsc_scope *scope, const char *path, size_t *count)
{
    *count = 0;
    const dsc_bytes bytes = dsci_text_unmarked(dsc_file_read(scope, path, CONFIG_BYTES_MAX));
    if (!bytes.data)
        return NULL;
    json_error_t error;
    json_t *root = dsci_json_read_bytes(scope, bytes.data, bytes.size, &error);
    if (!root)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s', line %d, column %d: not JSON: %s", path, error.line,
                       error.column, error.text);
    else if (!json_is_object(root))
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "'%s': expected an object of names and values, { \"width\": [4, 16] }", path);
    dsc_setting *settings = dsc_scope_alloc(scope, json_object_size(root), sizeof *settings);
    if (settings)
        add_settings(scope, path, root, settings, count);
    json_decref(root);
    return dsc_scope_status(scope) == DSC_OK ? settings : NULL;
}

/* The text of a recipe's entry; NULL and a failed scope if it is none. */
static const char *entry(dsc_scope *scope, json_t *recipe, const char *key)
{
    const char *text = json_string_value(json_object_get(recipe, key));
    if (!text)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "the results file's recipe has no text '%s'", key);
    return text;
}

static dsc_plan *plan_of(dsc_scope *scope, const dsc_experiment *experiment, json_t *recipe,
                         const char *data_directory)
{
    json_t *params = json_object_get(recipe, "parameters"), *axes = json_object_get(recipe, "axes"),
           *seeds = json_object_get(recipe, "seeds");
    const char *name = entry(scope, recipe, "experiment"), *kase = entry(scope, recipe, "case"),
               *engine = entry(scope, recipe, "engine");
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (strcmp(name, experiment->name) != 0) {
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                       "the results file belongs to experiment '%.80s', not to '%s'", name, experiment->name);
        return NULL;
    }
    dsc_setting *settings =
        dsc_scope_alloc(scope, json_object_size(params) + json_object_size(axes), sizeof *settings);
    dsc_plan_options options = { .settings = settings,
                                 .case_name = kase,
                                 .seeds = (int64_t)json_array_size(seeds),
                                 .first_seed = json_integer_value(json_array_get(seeds, 0)),
                                 .engine = dsc_engine_parse(scope, engine),
                                 .data_directory = data_directory };
    if (settings) {
        add_settings(scope, "the recipe's parameters", params, settings, &options.setting_count);
        add_settings(scope, "the recipe's axes", axes, settings, &options.setting_count);
    }
    return dsc_scope_status(scope) == DSC_OK ? dsc_plan_make(scope, experiment, &options) : NULL;
}

/* Fails the scope if the recipe in the file has data files that the one here lacks, or has with other bytes:
   what there is to do about it differs from all other differences. False: the data are the same. */
static bool data_differ(dsc_scope *scope, const dsc_record *record, json_t *in_file, json_t *here,
                        const char *directory)
{
    json_t *wanted = json_object_get(in_file, "data"), *found = json_object_get(here, "data"), *digest;
    const char *name, *first = NULL, *then = dsc_record_provenance_get(record, "data_directory");
    const char *was = then && *then ? dsc_scope_format(scope, " (it was '%.300s' then)", then) : "";
    size_t lacking = 0;
    json_object_foreach(wanted, name, digest)
    {
        const json_t *other = json_object_get(found, name);
        if (json_is_string(digest) && json_is_string(other) && !json_equal(other, digest)) {
            dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                           "'%.200s' is not the file that the numbers were computed on: its SHA-256 begins "
                           "%.12s, expected %.12s; give --data DIR of the right one%s",
                           name, json_string_value(other), json_string_value(digest), was);
            return true;
        }
        if (!other && lacking++ == 0)
            first = name;
    }
    const char *more = lacking > 1 ? dsc_scope_format(scope, " and %zu more", lacking - 1) : "";
    if (lacking)
        dsc_scope_fail(
            scope, DSC_ERROR_MISMATCH,
            "the numbers were computed on the data files %.200s%s, which are not %s%.300s: give --data "
            "DIR, the folder that has them%s",
            first, more, directory ? "in " : "here", directory ? directory : "", was);
    return lacking > 0;
}

/* A plan that is not the file's: says what differs. */
static void fail_recipe(dsc_scope *scope, const dsc_record *record, json_t *in_file, const dsc_plan *plan,
                        const char *directory)
{
    json_t *here = dsci_json_read(scope, plan->recipe, NULL);
    dsc_scope *work = dsc_scope_open(NULL);
    if (!data_differ(scope, record, in_file, here, directory)) {
        const char *differences = dsci_recipe_differences(work, dsc_record_describe(record)->recipe,
                                                          plan->recipe, "in the file", "here");
        dsc_scope_adopt_error(scope, work);
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH, "this build cannot repeat the results file: %s",
                       differences);
    }
    dsc_scope_close(&work);
    json_decref(here);
}

dsc_plan *dsc_plan_from_record(dsc_scope *scope, const dsc_experiment *experiment, const dsc_record *record,
                               const char *data_directory)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const dsc_record_spec *spec = dsc_record_describe(record);
    json_t *recipe = dsci_json_read(scope, spec->recipe, NULL);
    if (!json_is_object(recipe))
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "the results file's recipe is not a JSON object");
    dsc_plan *plan =
        dsc_scope_status(scope) == DSC_OK ? plan_of(scope, experiment, recipe, data_directory) : NULL;
    const bool same = plan && dsci_recipe_same(scope, plan->recipe, spec->recipe);
    if (plan && !same)
        fail_recipe(scope, record, recipe, plan, data_directory);
    json_decref(recipe);
    return same ? plan : NULL;
}
