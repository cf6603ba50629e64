/* claim_values.c - the values of an axis that a claim is about, which tables must not leave out. */
#include <math.h>

#include "lab/claims.h"

/* The index along an axis of the value at an offset into an output; SIZE_MAX if the output does not run over
 * that axis. */
static size_t index_at(const dsci_check *check, const dsc_record_output *output, size_t offset, size_t axis)
{
    for (size_t k = output->rank; k-- > 0;) {
        const size_t count = check->spec->axes[output->axes[k]].count;
        if (output->axes[k] == axis)
            return offset % count;
        offset /= count;
    }
    return SIZE_MAX;
}

/* Flags where a term's statistic, taken of the medians over the seeds, has its largest or smallest value. */
static void flag_extremes(dsci_check *check, const dsc_term *term, size_t axis, bool *about)
{
    dsci_points points = { 0 };
    size_t places[2];
    double *medians = dsci_points_select(check, term, &points)
                          ? dsc_scope_alloc(check->scope, points.count, sizeof *medians)
                          : NULL;
    for (size_t i = 0; medians && i < points.count; i++) {
        medians[i] = dsci_points_over_seeds(check, &points, NULL, i).median;
        if (isnan(medians[i]))
            return;
    }
    const size_t count = medians ? dsci_statistic_places(term->statistic, medians, points.count, places) : 0;
    for (size_t i = 0; i < count; i++) {
        const size_t index = index_at(check, points.output, points.offsets[places[i]], axis);
        if (index < check->spec->axes[axis].count)
            about[index] = true;
    }
}

/* The values of the axis that a text of conditions names: each of "9,47,300", both ends of a range. */
static void flag_named(dsci_check *check, const char *text, size_t axis, bool *about)
{
    dsci_where where;
    if (dsci_where_read(check->scope, text, &where))
        return;
    const dsci_condition *condition = dsci_where_find(&where, check->spec->axes[axis].name);
    for (size_t i = 0; condition && i < condition->count; i++) {
        const dsci_condition one = { .count = 1, .alternatives = &condition->alternatives[i] };
        const dsci_places places = dsci_where_places(check->scope, &check->spec->axes[axis], &one);
        if (places.count == 0)
            continue;
        about[places.at[0]] = true;
        about[places.at[places.count - 1]] = true;
    }
}

/* The value nearest to a number that a claim expects or finds on the axis. */
static void flag_nearest(const dsc_record_axis *axis, double value, bool *about)
{
    if (isfinite(value) && axis->count)
        about[dsci_axis_nearest(axis, value)] = true;
}

/* Of a claim about where on the axis something is: what it expects and what is found. */
static void flag_places(dsci_check *check, size_t axis, bool *about)
{
    const dsc_claim *claim = check->claim;
    const dsc_statistic statistic = claim->measured.statistic;
    const double scale = claim->scale != 0 ? claim->scale : 1;
    dsci_points points = { 0 };
    dsc_interval found = { 0 };
    if (claim->against.output || (statistic != DSC_STATISTIC_ARGMIN && statistic != DSC_STATISTIC_ARGMAX) ||
        !dsci_points_select(check, &claim->measured, &points) ||
        index_at(check, points.output, 0, axis) == SIZE_MAX || !dsci_check_measure(check, &found))
        return;
    const double values[] = { claim->low, claim->high, found.median };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        flag_nearest(&check->spec->axes[axis], values[i] / scale, about);
}

void dsc_claim_values(dsc_scope *scope, dsc_record *record, const dsc_claim *claim, size_t axis, bool *about)
{
    dsci_check check = {
        .scope = scope, .record = record, .spec = dsc_record_describe(record), .claim = claim
    };
    const dsc_term *const terms[] = { &claim->measured, &claim->against };
    if (!dsci_check_needs(&check))
        return;
    flag_named(&check, claim->needs, axis, about);
    for (size_t i = 0; i < 2 && terms[i]->output; i++) {
        flag_named(&check, terms[i]->where, axis, about);
        flag_extremes(&check, terms[i], axis, about);
    }
    flag_places(&check, axis, about);
}
