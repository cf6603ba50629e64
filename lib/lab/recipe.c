/* recipe.c - a plan as canonical JSON, and back. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "lab/cell.h"
#include "lab/plan.h"

enum { DIFFERENCES_SHOWN = 4 };

static json_t *number(bool integer, double value)
{
    return integer ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *param_value(const dsc_plan *plan, const dsc_param *param)
{
    const char *field = (const char *)plan->hyperparameters + param->offset;
    int64_t whole;
    double real;
    const char *text;
    switch (param->kind) {
    case DSC_KIND_INTEGER: memcpy(&whole, field, sizeof whole); return json_integer(whole);
    case DSC_KIND_REAL: memcpy(&real, field, sizeof real); return json_real(real);
    default: memcpy(&text, field, sizeof text); return json_string(text);
    }
}

static json_t *axis_values(const struct dsci_sweep_axis *axis)
{
    json_t *list = json_array();
    for (size_t i = 0; i < axis->count; i++)
        if (json_array_append_new(list, number(axis->integer, axis->values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int set_params(json_t *object, const dsc_plan *plan)
{
    int failures = 0;
    for (const dsc_param *param = plan->kase->params; param && param->name; param++)
        failures += json_object_set_new(object, param->name, param_value(plan, param)) != 0;
    return failures;
}

static int set_axes(json_t *object, const dsc_plan *plan)
{
    int failures = 0;
    for (size_t i = 0; i < plan->axis_count; i++)
        if (plan->axes[i].axis)
            failures += json_object_set_new(object, plan->axes[i].name, axis_values(&plan->axes[i])) != 0;
    return failures;
}

static int set_data(json_t *object, const dsc_plan *plan)
{
    int failures = 0;
    for (const struct dsci_noted_file *note = plan->data.first; note; note = note->next)
        failures += json_object_set_new(object, note->name, json_string(note->sha256)) != 0;
    return failures;
}

/* JSON text in the scope. */
static const char *dump(dsc_scope *scope, const json_t *json, size_t flags)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const size_t size = json_dumpb(json, NULL, 0, flags);
    char *text = size ? dsc_scope_alloc(scope, size + 1, 1) : NULL;
    if (text && json_dumpb(json, text, size, flags) == size)
        return text;
    if (dsc_scope_status(scope) == DSC_OK)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not write JSON");
    return NULL;
}

const char *dsci_recipe_of(dsc_scope *scope, const dsc_plan *plan)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    json_t *root = dsci_json_own(scope, json_object());
    json_t *params = json_object(), *axes = json_object(), *data = json_object();
    int failures = !root || set_params(params, plan) || set_axes(axes, plan) || set_data(data, plan);
    const char *version = plan->experiment->version ? plan->experiment->version : "1";
    const struct {
        const char *key;
        json_t *value;
    } entries[] = { { "experiment", json_string(plan->experiment->name) },
                    { "version", json_string(version) },
                    { "case", json_string(plan->kase->name) },
                    { "parameters", params },
                    { "axes", axes },
                    { "seeds", axis_values(&plan->axes[plan->seed_axis]) },
                    { "engine", json_string(dsc_engine_name(plan->engine)) },
                    { "data", data },
                    { "schema", json_integer(DSCI_PLAN_SCHEMA) } };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        failures += json_object_set_new(root, entries[i].key, entries[i].value) != 0;
    if (failures)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not write the recipe");
    return dump(scope, root, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
}

const char *dsc_plan_config(dsc_scope *scope, const dsc_plan *plan)
{
    json_t *root = dsci_json_own(scope, json_object());
    const struct dsci_sweep_axis *seeds = &plan->axes[plan->seed_axis];
    if (!root)
        return NULL;
    int failures = json_object_set_new(root, "case", json_string(plan->kase->name)) != 0;
    failures += json_object_set_new(root, "engine", json_string(dsc_engine_name(plan->engine))) != 0;
    failures += json_object_set_new(root, "seeds", json_integer((json_int_t)seeds->count)) != 0;
    failures += json_object_set_new(root, "seed", json_integer((json_int_t)seeds->values[0])) != 0;
    failures += set_params(root, plan) + set_axes(root, plan);
    if (failures)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not write the configuration");
    /* 15 digits read well; 17 say everything: only where they must. */
    const char *text = dump(scope, root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_t *again = text ? dsci_json_own(scope, dsci_json_read(scope, text, NULL)) : NULL;
    return again && json_equal(again, root) ? text
                                            : dump(scope, root, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
}

/* At most 70 characters, which a SHA-256 in quotes fits in. */
static const char *shortened(dsc_scope *scope, const char *text)
{
    enum { MOST = 70 };
    const char *cut = text && strlen(text) > MOST ? dsc_scope_format(scope, "%.*s...", MOST, text) : text;
    return cut ? cut : "";
}

/* Adds "parameters.n: 200 in the file, 4000 asked for". */
static const char *add_difference(dsc_scope *scope, const char *list, const char *key, const json_t *a,
                                  const json_t *b, const char *in_a, const char *in_b)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    const char *left = NULL, *right = NULL;
    for (size_t digits = 15; digits <= 17; digits += 2) { /* more only where fewer look alike */
        left = a ? dump(scope, a, flags | JSON_REAL_PRECISION(digits)) : "none";
        right = b ? dump(scope, b, flags | JSON_REAL_PRECISION(digits)) : "none";
        if (!left || !right || strcmp(left, right) != 0)
            break;
    }
    return dsc_scope_format(scope, "%s%s%s: %s %s, %s %s", list, list[0] ? "; " : "", key,
                            shortened(scope, left), in_a, shortened(scope, right), in_b);
}

struct difference {
    dsc_scope *scope;
    const char *list, *in_a, *in_b;
    size_t count;
};

/* Lists the keys in which two objects differ; of keys that hold objects in both, the keys inside. */
static void compare(struct difference *difference, const char *prefix, json_t *a, json_t *b)
{
    json_t *both = dsci_json_own(difference->scope, json_copy(a));
    if (!both)
        return;
    json_object_update_missing(both, b);
    const char *key;
    json_t *unused;
    json_object_foreach(both, key, unused)
    {
        json_t *left = json_object_get(a, key), *right = json_object_get(b, key);
        const char *name = dsc_scope_format(difference->scope, "%s%s", prefix, key);
        if (!name || json_equal(left, right))
            continue;
        if (prefix[0] == '\0' && json_is_object(left) && json_is_object(right)) {
            const char *inner = dsc_scope_format(difference->scope, "%s.", name);
            if (inner)
                compare(difference, inner, left, right);
        } else if (difference->count++ < DIFFERENCES_SHOWN && difference->list) {
            difference->list = add_difference(difference->scope, difference->list, name, left, right,
                                              difference->in_a, difference->in_b);
        }
    }
}

/* A recipe as JSON in the scope; NULL if it is none, or memory is out. */
static json_t *read_recipe(dsc_scope *scope, const char *text)
{
    json_t *json = dsci_json_read(scope, text, NULL);
    return json ? dsci_json_own(scope, json) : NULL;
}

const char *dsci_recipe_differences(dsc_scope *scope, const char *file, const char *asked,
                                    const char *in_file, const char *in_asked)
{
    json_t *a = read_recipe(scope, file);
    json_t *b = read_recipe(scope, asked);
    struct difference difference = { .scope = scope, .list = "", .in_a = in_file, .in_b = in_asked };
    if (!json_is_object(a) || !json_is_object(b))
        return "the recipe is not a JSON object";
    static const char *const whose[] = { "experiment", "case" }; /* if these differ, all else does */
    for (size_t i = 0; i < sizeof whose / sizeof whose[0]; i++) {
        const json_t *left = json_object_get(a, whose[i]), *right = json_object_get(b, whose[i]);
        if ((left || right) && !json_equal(left, right))
            return add_difference(scope, "", whose[i], left, right, in_file, in_asked);
    }
    compare(&difference, "", a, b);
    if (difference.count > DIFFERENCES_SHOWN && difference.list)
        difference.list = dsc_scope_format(scope, "%s; and %zu more", difference.list,
                                           difference.count - DIFFERENCES_SHOWN);
    return difference.list ? difference.list : "";
}

/* Recipes of older files leave the choice of the data set open ("auto"). Beside the same data files, or
   beside none, it came to what the other recipe says. */
static void settle(json_t *recipe, const json_t *other)
{
    static const char key[] = "dataset";
    json_t *parameters = json_object_get(recipe, "parameters");
    const char *choice = json_string_value(json_object_get(parameters, key));
    json_t *settled = json_object_get(json_object_get(other, "parameters"), key);
    if (choice && settled && strcmp(choice, "auto") == 0 &&
        json_equal(json_object_get(recipe, "data"), json_object_get(other, "data")))
        json_object_set(parameters, key, settled);
}

json_t *dsci_recipe_like(dsc_scope *scope, const char *recipe, const char *other)
{
    json_t *read = read_recipe(scope, recipe);
    settle(read, read_recipe(scope, other));
    return dsc_scope_status(scope) == DSC_OK ? read : NULL;
}

bool dsci_recipe_same(dsc_scope *scope, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    dsc_scope *work = dsc_scope_open(NULL);
    const json_t *left = dsci_recipe_like(work, a, b), *right = dsci_recipe_like(work, b, a);
    const bool same = left && right && json_equal(left, right);
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return same;
}

bool dsci_plan_has_axes(const dsc_plan *plan, const dsc_record_spec *spec, size_t first)
{
    bool same = spec->axis_count == plan->axis_count && spec->cell_axes == plan->cell_axes;
    for (size_t i = first; same && i < plan->axis_count; i++)
        same = strcmp(spec->axes[i].name, plan->axes[i].name) == 0 &&
               spec->axes[i].count == plan->axes[i].count &&
               memcmp(spec->axes[i].values, plan->axes[i].values, plan->axes[i].count * sizeof(double)) == 0;
    return same;
}

/* True if the record has the plan's axes and outputs: a recipe's text alone proves nothing about a foreign
 * file. */
static bool same_arrays(const dsc_plan *plan, const dsc_record_spec *spec)
{
    bool same = dsci_plan_has_axes(plan, spec, 0);
    size_t count = 0;
    for (const dsc_output *output = plan->kase->outputs; same && output->name; output++, count++) {
        size_t rank = plan->cell_axes;
        same = count < spec->output_count && strcmp(spec->outputs[count].name, output->name) == 0;
        for (size_t a = plan->cell_axes; same && a < plan->axis_count; a++)
            if (dsci_output_has(output, plan->axes[a].name)) {
                same = rank < spec->outputs[count].rank && spec->outputs[count].axes[rank] == a;
                rank++;
            }
        same = same && spec->outputs[count].rank == rank;
    }
    return same && count == spec->output_count;
}

dsc_status dsci_plan_check(dsc_scope *scope, const dsc_plan *plan, const dsc_record *record, const char *path)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    if (!dsci_recipe_same(scope, spec->recipe, plan->recipe)) {
        dsc_scope *work = dsc_scope_open(NULL);
        const char *differences =
            dsci_recipe_differences(work, spec->recipe, plan->recipe, "in the file", "asked for");
        dsc_scope_adopt_error(scope, work);
        dsc_scope_fail(
            scope, DSC_ERROR_MISMATCH,
            "'%s' was made by another recipe (%s): choose another --out, or delete the file; more values of "
            "its axes and more seeds, with all that it has, extend it",
            path, differences);
        dsc_scope_close(&work);
    } else if (!same_arrays(plan, spec)) {
        dsc_scope_fail(
            scope, DSC_ERROR_MISMATCH,
            "'%s' has the right recipe but not the axes and outputs of %s: it was made by another build; "
            "choose another --out, or delete the file",
            path, plan->experiment->name);
    }
    return dsc_scope_status(scope);
}
