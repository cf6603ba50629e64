/* results.c - a plan's results file: claiming, opening, filling it. */
#include "lab/results.h"

#include "lab/cell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <descent/file.h>

#include "base/file.h"

enum { FIGURES_MAX = 16 };

static const char readme[] =
    "Each axis is a dimension scale, each output a dataset over its axes; NaN is a value that was not computed. "
    "cell_status says what became of each point of the axes outside a cell: 0 missing, 1 done, 2 failed (cell_message says "
    "why). cell_hash is the same wherever and however often the recipe is run. recipe is everything that the numbers "
    "depend on; provenance is where they were made; summary is the median over seeds with its 95 % bootstrap interval (their range where n is below 6) and "
    "the number of seeds. In Python: xarray.open_dataset(FILE, engine=\"h5netcdf\"). To compute it all again and compare: "
    "descent verify FILE.";

struct claim {
    int file;
    const char *path;
};

static void release(void *object)
{
    const struct claim *claim = object;
    if (claim->file >= 0) {
        unlink(claim->path);
        close(claim->file);
    }
}

dsc_status dsci_results_claim(dsc_scope *scope, const char *path)
{
    struct claim *claim = dsc_scope_alloc(scope, 1, sizeof *claim);
    const char *target = claim ? dsci_file_target(scope, path) : NULL;
    if (!target)
        return dsc_scope_status(scope);
    *claim = (struct claim){ .file = -1, .path = dsc_scope_format(scope, "%s.lock", target) };
    if (dsc_scope_defer(scope, release, claim) != DSC_OK)
        return dsc_scope_status(scope);
    claim->file = dsci_file_hold(claim->path);
    if (claim->file >= 0)
        return DSC_OK;
    if (errno == EWOULDBLOCK)
        return dsc_scope_fail(scope, DSC_ERROR_FILE,
                              "'%s' is being written by another run: wait for it, or choose another --out",
                              path);
    if (errno == EEXIST)
        return dsc_scope_fail(
            scope, DSC_ERROR_FILE,
            "cannot lock '%s': expected no file or a lock at '%s', found a symbolic link, a "
            "pipe or another file's second name; remove it",
            path, claim->path);
    return dsci_file_refused(scope, "write results to", path, errno);
}

static void describe_outputs(const dsc_plan *plan, dsc_record_output *outputs)
{
    for (size_t i = 0; plan->kase->outputs[i].name; i++) {
        const dsc_output *from = &plan->kase->outputs[i];
        outputs[i] = (dsc_record_output){
            .name = from->name, .units = from->units, .long_name = from->long_name, .rank = plan->cell_axes
        };
        for (size_t a = 0; a < plan->cell_axes; a++)
            outputs[i].axes[a] = a;
        for (size_t a = plan->cell_axes; a < plan->axis_count; a++)
            if (dsci_output_has(from, plan->axes[a].name))
                outputs[i].axes[outputs[i].rank++] = a;
    }
}

/* The names of an axis's values, "a|b|c", or NULL. Those of classes are the data set's. */
static const char *names_of(dsc_scope *scope, const dsc_plan *plan, const struct dsci_sweep_axis *axis)
{
    if (!axis->axis || !axis->axis->classes)
        return axis->axis ? axis->axis->param.choices : NULL;
    const dsc_known_data *data = plan->known_data;
    const char *names = NULL;
    for (size_t i = 0; data && data->class_names && i < data->classes; i++)
        names = dsc_scope_format(scope, "%s%s%s", names ? names : "", names ? "|" : "", data->class_names[i]);
    return names;
}

/* A title that begins with what is computed on. */
static const char *title_of(dsc_scope *scope, const dsc_plan *plan, const char *title)
{
    return plan->data_title ? dsc_scope_format(scope, "%s: %s", plan->data_title, title) : title;
}

static void describe_axes(dsc_scope *scope, const dsc_plan *plan, dsc_record_axis *axes)
{
    for (size_t i = 0; i < plan->axis_count; i++) {
        const struct dsci_sweep_axis *from = &plan->axes[i];
        axes[i] = (dsc_record_axis){ .name = from->name,
                                     .units = from->axis ? from->axis->units : "1",
                                     .long_name = from->axis ? from->axis->long_name : "random seed",
                                     .integer = from->integer,
                                     .count = from->count,
                                     .values = from->values,
                                     .names = names_of(scope, plan, from) };
    }
}

static const char *figures_json(dsc_scope *scope, const dsc_plan *plan)
{
    if (!plan->kase->figures)
        return "[]";
    dsc_figure *figures = dsc_scope_alloc(scope, FIGURES_MAX, sizeof *figures);
    if (!figures)
        return NULL;
    const size_t count = plan->kase->figures(plan->hyperparameters, figures, FIGURES_MAX);
    for (size_t i = 0; i < count; i++)
        figures[i].title = title_of(scope, plan, figures[i].title);
    return dsc_figures_to_json(scope, figures, count);
}

dsc_record *dsci_results_make(dsc_scope *scope, const dsc_plan *plan)
{
    size_t count = 0;
    while (plan->kase->outputs[count].name)
        count++;
    dsc_record_output *outputs = dsc_scope_alloc(scope, count, sizeof *outputs);
    dsc_record_axis axes[DSC_RECORD_MAX_AXES];
    if (!outputs)
        return NULL;
    describe_outputs(plan, outputs);
    describe_axes(scope, plan, axes);
    const dsc_case *kase = plan->kase;
    const dsc_record_spec spec = { .experiment = plan->experiment->name,
                                   .title = title_of(scope, plan, kase->summary),
                                   .reference =
                                       kase->reference ? kase->reference : plan->experiment->reference,
                                   .readme = readme,
                                   .recipe = plan->recipe,
                                   .figures = figures_json(scope, plan),
                                   .axes = axes,
                                   .axis_count = plan->axis_count,
                                   .cell_axes = plan->cell_axes,
                                   .outputs = outputs,
                                   .output_count = count,
                                   .deterministic = true };
    return dsc_record_make(scope, &spec);
}

dsc_record *dsci_results_open(dsc_scope *scope, const dsc_plan *plan, const char *path)
{
    if (!dsc_file_exists(path))
        return dsci_results_make(scope, plan);
    dsc_record *record = dsc_record_read(scope, path), *extended = NULL;
    if (record && !dsci_recipe_same(scope, dsc_record_describe(record)->recipe, plan->recipe))
        extended = dsci_results_extend(scope, plan, record);
    if (extended)
        return extended;
    return record && dsci_plan_check(scope, plan, record, path) == DSC_OK ? record : NULL;
}

void dsci_results_put(dsc_record *record, size_t cell, const double *values)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    for (size_t i = 0; i < spec->output_count; i++) {
        size_t count;
        double *to = dsc_record_cell_values(record, &spec->outputs[i], cell, &count);
        memcpy(to, values, count * sizeof *values);
        values += count;
    }
}

dsc_status dsci_results_copy(dsc_record *to, size_t to_cell, dsc_record *from, size_t cell)
{
    const dsc_record_cell *source = dsc_record_cell_at(from, cell);
    if (source->status == DSC_CELL_FAILED)
        return dsc_record_cell_fail(to, to_cell, source->seconds, source->message);
    const dsc_record_spec *spec = dsc_record_describe(to);
    for (size_t i = 0; i < spec->output_count; i++) {
        size_t count;
        const dsc_record_output *output = dsc_record_output_find(from, spec->outputs[i].name);
        const double *values = dsc_record_cell_values(from, output, cell, &count);
        double *place = dsc_record_cell_values(to, &spec->outputs[i], to_cell, &count);
        memcpy(place, values, count * sizeof *values);
    }
    *dsc_record_cell_at(to, to_cell) = *source;
    return DSC_OK;
}

bool dsci_results_same_outputs(const dsc_record_spec *a, const dsc_record_spec *b)
{
    bool same =
        a->axis_count == b->axis_count && a->cell_axes == b->cell_axes && a->output_count == b->output_count;
    for (size_t i = 0; same && i < a->output_count; i++)
        same = strcmp(a->outputs[i].name, b->outputs[i].name) == 0 &&
               a->outputs[i].rank == b->outputs[i].rank &&
               memcmp(a->outputs[i].axes, b->outputs[i].axes, a->outputs[i].rank * sizeof(size_t)) == 0;
    return same;
}

/* Cells are addressed by axes and outputs. In a file that was made elsewhere they may differ though the
   recipe's text is the same. */
static bool same_arrays(const dsc_record_spec *a, const dsc_record_spec *b)
{
    bool same = dsci_results_same_outputs(a, b);
    for (size_t i = 0; same && i < a->axis_count; i++)
        same = strcmp(a->axes[i].name, b->axes[i].name) == 0 && a->axes[i].count == b->axes[i].count;
    return same;
}

dsc_status dsci_results_same_recipe(dsc_scope *scope, const dsc_record *a, const char *a_name,
                                    const dsc_record *b, const char *b_name)
{
    const char *left = dsc_record_describe(a)->recipe, *right = dsc_record_describe(b)->recipe;
    const bool same = dsci_recipe_same(scope, left, right);
    if (same && same_arrays(dsc_record_describe(a), dsc_record_describe(b)))
        return DSC_OK;
    dsc_scope *work = dsc_scope_open(NULL);
    const char *what = same ? "the axes or outputs"
                            : dsci_recipe_differences(work, left, right, "in the first", "in the second");
    dsc_scope_adopt_error(scope, work);
    dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                   "%s and %s do not belong together: their recipes differ (%s); give files of one recipe",
                   a_name, b_name, what);
    dsc_scope_close(&work);
    return dsc_scope_status(scope);
}
