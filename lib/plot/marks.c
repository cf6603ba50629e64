/* marks.c - the values of an axis that the marks of figures point at. */
#include <descent/figure.h>

#include <math.h>
#include <string.h>

#include <descent/statistics.h>

#include "record/where.h"

/* The axis whose values are flagged. */
struct pointer {
    dsc_scope *scope;
    dsc_record *record;
    const dsc_record_spec *spec;
    size_t axis;
    bool *about;
};

/* The median over the seeds, stride apart, of the value at an offset. */
static double median_at(const struct pointer *p, const dsc_record_output *output, size_t offset, size_t seeds,
                        size_t stride)
{
    double *values = dsc_scope_alloc(p->scope, seeds, sizeof *values);
    for (size_t s = 0; values && s < seeds; s++)
        values[s] = output->values[offset + s * stride];
    return dsc_summarize(values, values ? seeds : 0).median;
}

/* Where the medians of an output first come down to a level, for every point of its other axes. */
static void flag_first_below(const struct pointer *p, const dsc_record_output *output, double below)
{
    size_t stride = 1, along = 0, seeds = 1, between = 1;
    for (size_t k = output->rank; k-- > 0;) {
        const dsc_record_axis *axis = &p->spec->axes[output->axes[k]];
        if (output->axes[k] == p->axis)
            along = stride;
        if (strcmp(axis->name, "seed") == 0) {
            seeds = axis->count;
            between = stride;
        }
        stride *= axis->count;
    }
    const size_t count = p->spec->axes[p->axis].count;
    for (size_t start = 0; along && start < output->count; start++) {
        if (start / along % count != 0 || start / between % seeds != 0)
            continue;
        for (size_t i = 0; i < count; i++)
            if (median_at(p, output, start + i * along, seeds, between) <= below) {
                p->about[i] = true;
                break;
            }
    }
}

static void flag_mark(const struct pointer *p, const dsc_mark *mark)
{
    const dsc_record_axis *axis = &p->spec->axes[p->axis];
    const dsc_record_output *output = mark->output ? dsc_record_output_find(p->record, mark->output) : NULL;
    if (output)
        flag_first_below(p, output, mark->below);
    else if (!mark->output && isfinite(mark->at) && axis->count)
        p->about[dsci_axis_nearest(axis, mark->at)] = true;
}

void dsc_mark_values(dsc_scope *scope, dsc_record *record, size_t axis, bool *about)
{
    const struct pointer p = { scope, record, dsc_record_describe(record), axis, about };
    dsc_scope *own = dsc_scope_open(NULL); /* a description that can't be read has no marks */
    size_t count = 0;
    const dsc_figure *figures = dsc_figures_from_json(own, p.spec->figures, &count);
    for (size_t i = 0; figures && i < count; i++)
        for (size_t k = 0; k < DSC_FIGURE_MAX_MARKS && figures[i].marks[k].label; k++)
            if (figures[i].x && strcmp(figures[i].x, p.spec->axes[axis].name) == 0)
                flag_mark(&p, &figures[i].marks[k]);
    if (dsc_scope_status(own) == DSC_ERROR_MEMORY)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "%s", dsc_scope_message(own));
    dsc_scope_close(&own);
}
