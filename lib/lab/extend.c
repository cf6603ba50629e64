/* extend.c - a results file of some of a plan's values and seeds becomes one of all of them: what was
 * computed is kept to the bit, the rest is missing. */
#include <string.h>

#include <jansson.h>

#include "lab/results.h"

/* The recipe without its axes and seeds, which an extension changes. */
static json_t *core_of(dsc_scope *scope, const char *recipe, const char *other)
{
    json_t *core = dsci_recipe_like(scope, recipe, other);
    json_object_del(core, "axes");
    json_object_del(core, "seeds");
    return core;
}

static size_t index_of(const struct dsci_sweep_axis *axis, double value)
{
    size_t i = 0;
    while (i < axis->count && axis->values[i] != value)
        i++;
    return i;
}

/* The index on the plan's axis of each value of the file's axis; NULL if the plan lacks one of them. */
static size_t *places_of(dsc_scope *scope, const struct dsci_sweep_axis *axis, const dsc_record_axis *from)
{
    size_t *places = dsc_scope_alloc(scope, from->count, sizeof *places);
    bool found = places && strcmp(axis->name, from->name) == 0 && from->count <= axis->count;
    for (size_t i = 0; found && i < from->count; i++) {
        places[i] = index_of(axis, from->values[i]);
        found = places[i] < axis->count;
    }
    return found ? places : NULL;
}

/* The places of the file's values on each of the plan's cell axes. False: the plan does not extend the file.
 */
static bool find_places(dsc_scope *work, const dsc_plan *plan, const dsc_record_spec *spec,
                        size_t *places[DSC_RECORD_MAX_AXES])
{
    const json_t *before = core_of(work, spec->recipe, plan->recipe),
                 *now = core_of(work, plan->recipe, spec->recipe);
    bool extends = before && now && json_equal(before, now) &&
                   dsci_plan_has_axes(plan, spec, plan->cell_axes); /* a cell puts all its inner points */
    for (size_t i = 0; extends && i < plan->cell_axes; i++)
        extends = (places[i] = places_of(work, &plan->axes[i], &spec->axes[i])) != NULL;
    return extends;
}

static size_t cell_in_plan(const dsc_plan *plan, const dsc_record *record, size_t cell,
                           size_t *const places[DSC_RECORD_MAX_AXES])
{
    size_t index[DSC_RECORD_MAX_AXES] = { 0 }, to = 0;
    dsc_record_cell_index(record, cell, index);
    for (size_t i = 0; i < plan->cell_axes; i++)
        to = to * plan->axes[i].count + places[i][index[i]];
    return to;
}

/* Copies the provenance, and adds the recipe that the file had before to earlier_recipes, which has a line
   for each extension. */
static void keep_provenance(dsc_scope *work, dsc_record *to, const dsc_record *from)
{
    for (size_t i = 0; i < dsc_record_provenance_count(from); i++) {
        const char *name, *text;
        dsc_record_provenance_at(from, i, &name, &text);
        dsc_record_provenance_set(to, name, text);
    }
    const char *before = dsc_record_provenance_get(from, "earlier_recipes");
    const char *recipes = dsc_scope_format(work, "%s%s%s", before ? before : "", before ? "\n" : "",
                                           dsc_record_describe(from)->recipe);
    if (recipes)
        dsc_record_provenance_set(to, "earlier_recipes", recipes);
}

dsc_record *dsci_results_extend(dsc_scope *scope, const dsc_plan *plan, dsc_record *from)
{
    const dsc_record_spec *spec = dsc_record_describe(from);
    size_t *places[DSC_RECORD_MAX_AXES];
    dsc_scope *work = dsc_scope_open(NULL);
    dsc_record *to = find_places(work, plan, spec, places) ? dsci_results_make(scope, plan) : NULL;
    dsc_scope_adopt_error(scope, work);
    if (to && !dsci_results_same_outputs(spec, dsc_record_describe(to)))
        to = NULL;
    size_t kept = 0;
    for (size_t i = 0; to && i < dsc_record_cells(from) && dsc_scope_status(scope) == DSC_OK; i++) {
        if (dsc_record_cell_at(from, i)->status == DSC_CELL_MISSING)
            continue;
        kept += dsc_record_cell_at(from, i)->status == DSC_CELL_DONE;
        if (dsci_results_copy(to, cell_in_plan(plan, from, i, places), from, i) != DSC_OK)
            dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not extend the results");
    }
    if (to) {
        keep_provenance(work, to, from);
        dsc_scope_log(scope, DSC_LOG_INFO, "extending the results file from %zu to %zu cells: %zu are kept",
                      dsc_record_cells(from), plan->cells, kept);
    }
    dsc_scope_close(&work);
    return to;
}
