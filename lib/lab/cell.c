/* cell.c - what a cell function sees, and what it leaves. */
#include "lab/cell.h"

#include <math.h>
#include <string.h>

#include <descent/clock.h>
#include <descent/file.h>
#include <descent/hash.h>
#include <descent/value.h>

struct dsc_cell {
    const dsc_plan *plan;
    size_t index;
    const void *shared, *hyperparameters;
    dsc_scope *scope;
    uint64_t seed;
    double *values;
    bool *put;
    dsc_hasher *hasher;
    struct dsci_watch *watch;
    const char *notes;
    bool stopped;
};

bool dsci_output_has(const dsc_output *output, const char *axis)
{
    const size_t length = strlen(axis);
    for (const char *at = output->inner; at && *at; at += strspn(at, " ")) {
        const size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, axis, length) == 0)
            return true;
        at += word;
    }
    return false;
}

size_t dsci_output_points(const dsc_plan *plan, const dsc_output *output)
{
    size_t points = 1;
    for (size_t i = plan->cell_axes; i < plan->axis_count; i++)
        if (dsci_output_has(output, plan->axes[i].name))
            points *= plan->axes[i].count; /* the plan has made sure that it does not overflow */
    return points;
}

size_t dsci_cell_value_count(const dsc_plan *plan)
{
    size_t count = 0;
    for (const dsc_output *output = plan->kase->outputs; output->name; output++)
        count += dsci_output_points(plan, output);
    return count;
}

dsc_scope *dsc_cell_scope(dsc_cell *cell)
{
    return cell->scope;
}

const void *dsc_cell_hyperparameters(const dsc_cell *cell)
{
    return cell->hyperparameters;
}

uint64_t dsc_cell_seed(const dsc_cell *cell)
{
    return cell->seed;
}

const void *dsc_cell_shared(const dsc_cell *cell)
{
    return cell->shared;
}

const char *dsc_cell_model_path(dsc_cell *cell)
{
    const dsc_plan *plan = cell->plan;
    const char *name = "";
    size_t rest = cell->index;
    if (!plan->models_directory)
        return NULL;
    for (size_t i = plan->cell_axes; name && i-- > 0; rest /= plan->axes[i].count) {
        const struct dsci_sweep_axis *axis = &plan->axes[i];
        name = dsc_scope_format(cell->scope, "-%s-%s%s", axis->name,
                                dsc_number_text(cell->scope, axis->values[rest % axis->count], 15), name);
    }
    name = name ? dsc_scope_format(cell->scope, "%s-%s%s.h5", plan->experiment->name, plan->kase->name, name)
                : NULL;
    return name ? dsc_path_join(cell->scope, plan->models_directory, name) : NULL;
}

dsc_engine dsc_cell_engine(const dsc_cell *cell)
{
    return cell->plan->engine;
}

const double *dsc_cell_axis(const dsc_cell *cell, const char *name, size_t *count)
{
    const double *values = dsc_plan_axis(cell->plan, name, count);
    if (!values)
        dsc_scope_fail(cell->scope, DSC_ERROR_ARGUMENT, "case %s has no axis '%s'", cell->plan->kase->name,
                       name);
    return values;
}

size_t dsc_cell_axis_index(const dsc_cell *cell, const char *name, double value)
{
    size_t count, i = 0;
    const double *values = dsc_cell_axis(cell, name, &count);
    while (i < count && values[i] != value)
        i++;
    return i < count ? i : SIZE_MAX;
}

static void put(dsc_cell *cell, const char *name, bool inner, size_t index, double value)
{
    const char *kase = cell->plan->kase->name;
    size_t offset = 0;
    for (const dsc_output *output = cell->plan->kase->outputs; output->name; output++) {
        const size_t points = dsci_output_points(cell->plan, output);
        if (strcmp(output->name, name) != 0) {
            offset += points;
            continue;
        }
        if (inner != (output->inner != NULL))
            dsc_scope_fail(cell->scope, DSC_ERROR_ARGUMENT, "case %s: output '%s' %s: use %s", kase, name,
                           inner ? "has one value per cell" : "runs over an inner axis",
                           inner ? "dsc_put()" : "dsc_put_at()");
        else if (index >= points)
            dsc_scope_fail(cell->scope, DSC_ERROR_ARGUMENT,
                           "case %s: output '%s' has %zu points; index %zu was put", kase, name, points,
                           index);
        else if (cell->put[offset + index])
            dsc_scope_fail(cell->scope, DSC_ERROR_ARGUMENT, "case %s: output '%s' was put twice at index %zu",
                           kase, name, index);
        if (dsc_scope_status(cell->scope) != DSC_OK)
            return;
        cell->values[offset + index] = isnan(value) ? (double)NAN : value; /* one NaN, so that bits compare */
        cell->put[offset + index] = true;
        return;
    }
    dsc_scope_fail(cell->scope, DSC_ERROR_ARGUMENT, "case %s has no output '%s'", kase, name);
}

void dsc_put(dsc_cell *cell, const char *output, double value)
{
    put(cell, output, false, 0, value);
}

void dsc_put_at(dsc_cell *cell, const char *output, size_t inner_index, double value)
{
    put(cell, output, true, inner_index, value);
}

void dsc_cell_hash(dsc_cell *cell, const void *data, size_t size)
{
    dsc_hasher_update(cell->hasher, data, size);
}

void dsc_cell_note(dsc_cell *cell, const char *lines)
{
    if (lines)
        cell->notes = cell->notes ? dsc_scope_format(cell->scope, "%s\n%s", cell->notes, lines)
                                  : dsc_scope_copy(cell->scope, lines);
}

bool dsc_cell_progress(dsc_cell *cell, double fraction)
{
    atomic_store_explicit(&cell->watch->fraction, fraction, memory_order_relaxed);
    cell->stopped = cell->stopped || cell->watch->stop(cell->watch->user);
    return !cell->stopped;
}

static void run(dsc_scope *scope, dsc_cell *cell, struct dsci_outcome *outcome)
{
    dsc_cell_progress(cell, 0);
    if (!cell->stopped)
        cell->plan->kase->run(cell);
    const dsc_status status = dsc_scope_status(cell->scope);
    if (cell->stopped || status == DSC_STOPPED)
        return;
    if (status != DSC_OK) {
        outcome->status = DSC_CELL_FAILED;
        outcome->error = status;
        outcome->message = dsc_scope_copy(scope, dsc_scope_message(cell->scope));
        return;
    }
    dsc_hasher_update(cell->hasher, cell->values, dsci_cell_value_count(cell->plan) * sizeof *cell->values);
    outcome->hash = dsc_digest_64(dsc_hasher_finish(cell->hasher));
    outcome->hash += outcome->hash == 0; /* 0 means missing */
    outcome->status = DSC_CELL_DONE;
    outcome->values = cell->values;
    outcome->notes = cell->notes ? dsc_scope_copy(scope, cell->notes) : NULL;
}

struct dsci_outcome dsci_cell_compute(dsc_scope *scope, const dsc_plan *plan, const void *shared,
                                      size_t cell_index, struct dsci_watch *watch)
{
    struct dsci_outcome outcome = { .status = DSC_CELL_MISSING };
    const double start = dsc_clock_seconds();
    const size_t count = dsci_cell_value_count(plan);
    void *hyperparameters = dsc_scope_alloc(scope, 1, plan->kase->hyperparameters_size);
    dsc_cell cell = { .plan = plan,
                      .index = cell_index,
                      .shared = shared,
                      .hyperparameters = hyperparameters,
                      .seed = dsci_plan_seed(plan, cell_index),
                      .values = dsc_scope_alloc(scope, count, sizeof(double)),
                      .put = dsc_scope_alloc(scope, count, sizeof(bool)),
                      .hasher = dsc_hasher_make(scope),
                      .watch = watch };
    cell.scope = dsc_scope_open(
        &(dsc_scope_options){ .seed = cell.seed, .stop = watch->stop, .stop_user = watch->user });
    if (!cell.scope)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not open a cell");
    if (dsc_scope_status(scope) == DSC_OK) {
        dsci_plan_hyperparameters(plan, cell_index, hyperparameters);
        for (size_t i = 0; i < count; i++)
            cell.values[i] = NAN;
        run(scope, &cell, &outcome);
    }
    dsc_scope_close(&cell.scope);
    outcome.seconds = dsc_clock_seconds() - start;
    if (dsc_scope_status(scope) != DSC_OK) {
        outcome.status = DSC_CELL_FAILED;
        outcome.error = dsc_scope_status(scope);
        outcome.message = dsc_scope_message(scope);
    }
    return outcome;
}
