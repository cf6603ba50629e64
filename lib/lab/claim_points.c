/* claim_points.c - the points of a results file that a claim is about. */
#include <math.h>
#include <string.h>

#include "lab/claims.h"

enum { MAX_POINTS = 1 << 20 };

bool dsci_check_refuse(dsci_check *check, const char *reason)
{
    if (!check->reason)
        check->reason = reason ? reason : "out of memory";
    return false;
}

const dsc_record_axis *dsci_check_axis(const dsci_check *check, const char *name)
{
    for (size_t i = 0; i < check->spec->axis_count; i++)
        if (strcmp(check->spec->axes[i].name, name) == 0)
            return &check->spec->axes[i];
    return NULL;
}

/* The places that a term's where leaves on each axis of the record, at least one. */
static bool choose(dsci_check *check, const dsc_term *term, dsci_places places[DSC_RECORD_MAX_AXES])
{
    dsci_where where;
    const char *wrong = dsci_where_read(check->scope, term->where, &where);
    wrong = wrong ? wrong : dsci_where_choose(check->scope, check->spec, &where, places);
    if (wrong)
        return dsci_check_refuse(check, wrong);
    if (dsci_where_find(&where, "seed"))
        return dsci_check_refuse(check, "a claim is about all seeds, where chooses some");
    for (size_t i = 0; i < where.count; i++) {
        const dsc_record_axis *axis = dsci_check_axis(check, where.conditions[i].axis);
        if (places[axis - check->spec->axes].count == 0)
            return dsci_check_refuse(check, dsc_scope_format(check->scope, "not run at %s %s", axis->name,
                                                             where.conditions[i].text));
    }
    return true;
}

/* The values of the one axis along which there are several points. */
static const double *values_along(dsci_check *check, const dsc_record_output *output,
                                  const dsci_places *places)
{
    size_t several = 0, along = 0;
    for (size_t k = 0; k < output->rank; k++)
        if (strcmp(check->spec->axes[output->axes[k]].name, "seed") != 0 &&
            places[output->axes[k]].count > 1) {
            along = output->axes[k];
            several++;
        }
    double *values = several == 1 ? dsc_scope_alloc(check->scope, places[along].count, sizeof *values) : NULL;
    for (size_t i = 0; values && i < places[along].count; i++)
        values[i] = check->spec->axes[along].values[places[along].at[i]];
    return values;
}

/* Enumerates the chosen points, row-major. */
static bool enumerate(dsci_check *check, const dsci_places *places, dsci_points *points)
{
    const dsc_record_output *output = points->output;
    size_t count = 1, strides[DSC_RECORD_MAX_AXES], stride = 1;
    points->seeds = 1;
    for (size_t k = output->rank; k-- > 0;) {
        const dsc_record_axis *axis = &check->spec->axes[output->axes[k]];
        const bool is_seed = strcmp(axis->name, "seed") == 0;
        strides[k] = stride;
        if (is_seed) {
            points->seeds = axis->count;
            points->stride = stride;
            strides[k] = 0;
        } else if (count > MAX_POINTS / places[output->axes[k]].count) {
            return dsci_check_refuse(check, "too many points");
        } else {
            count *= places[output->axes[k]].count;
        }
        stride *= axis->count;
    }
    points->count = count;
    points->offsets = dsc_scope_alloc(check->scope, count, sizeof *points->offsets);
    for (size_t i = 0; points->offsets && i < count; i++) {
        size_t rest = i;
        for (size_t k = output->rank; k-- > 0;) {
            const dsci_places *on = &places[output->axes[k]];
            if (strides[k] == 0)
                continue;
            points->offsets[i] += strides[k] * on->at[rest % on->count];
            rest /= on->count;
        }
    }
    return points->offsets || dsci_check_refuse(check, NULL);
}

bool dsci_points_select(dsci_check *check, const dsc_term *term, dsci_points *points)
{
    dsci_places places[DSC_RECORD_MAX_AXES];
    points->output = dsc_record_output_find(check->record, term->output);
    if (!points->output)
        return dsci_check_refuse(check,
                                 dsc_scope_format(check->scope, "the file has no output '%s'", term->output));
    if (!choose(check, term, places))
        return false;
    points->along = values_along(check, points->output, places);
    const bool goes_along = term->statistic >= DSC_STATISTIC_ARGMIN && term->statistic <= DSC_STATISTIC_FALL;
    if (!enumerate(check, places, points))
        return false;
    if (goes_along && !points->along)
        return dsci_check_refuse(check, "needs several values of one axis");
    return true;
}

double dsci_points_value(const dsci_points *points, size_t point, size_t seed)
{
    return points->output->values[points->offsets[point] + seed * points->stride];
}

dsc_interval dsci_points_over_seeds(const dsci_check *check, const dsci_points *a, const dsci_points *b,
                                    size_t point)
{
    double *values = dsc_scope_alloc(check->scope, a->seeds, sizeof *values);
    for (size_t s = 0; values && s < a->seeds; s++)
        values[s] = dsci_points_value(a, point, s) - (b ? dsci_points_value(b, point, s) : 0);
    return dsc_summarize(values, values ? a->seeds : 0);
}
