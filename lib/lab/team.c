/* team.c - how many cells at the same time, and whether the largest fits at all. */
#include "lab/team.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/cpu.h>

#include "base/parallel.h"
#include "lab/cell.h"

static dsc_cost find_cost(const dsc_plan *plan, size_t cell)
{
    dsc_cost cost = { 0, 0 };
    dsc_scope *scope = dsc_scope_open(NULL);
    void *hyperparameters = dsc_scope_alloc(scope, 1, plan->kase->hyperparameters_size);
    if (hyperparameters && plan->kase->cost) {
        dsci_plan_hyperparameters(plan, cell, hyperparameters);
        cost = plan->kase->cost(scope, plan, hyperparameters);
    }
    if (dsc_scope_status(scope) != DSC_OK)
        cost = (dsc_cost){ 0, 0 }; /* the cell will fail in the same way, and say why */
    dsc_scope_close(&scope);
    return (dsc_cost){ fmax(cost.flops, 1), fmax(cost.bytes, 0) };
}

dsc_cost dsci_cell_cost(const dsc_plan *plan, size_t cell)
{
    dsc_cost *cost = &plan->costs[cell / plan->axes[plan->seed_axis].count]; /* seeds run fastest */
    if (cost->flops == 0)
        *cost = find_cost(plan, cell);
    return *cost;
}

double dsci_record_bytes(const dsc_plan *plan)
{
    const double values = (double)plan->cells * (double)dsci_cell_value_count(plan);
    const double summaries = 4 * values / (double)plan->axes[plan->seed_axis].count;
    return 8 * (values + summaries) + (double)plan->cells * (double)sizeof(dsc_record_cell);
}

static int largest_first(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

struct dsci_team dsci_team_choose(const dsc_plan *plan, const dsc_run_options *options, const size_t *cells,
                                  size_t count, double *memory)
{
    const double fixed = 2 * dsci_record_bytes(plan); /* and the file's image */
    struct dsci_team team = { .cells = 1, .bytes = fixed, .usable = dsc_memory_get().usable };
    double most = -1, most_fitting = -1;
    for (size_t i = 0; i < count; i++) {
        memory[i] = dsci_cell_cost(plan, cells[i]).bytes;
        const bool fits = fixed + memory[i] <= team.usable;
        team.fitting += fits;
        if (memory[i] > most) {
            most = memory[i];
            team.largest = cells[i];
        }
        if (fits && memory[i] > most_fitting) {
            most_fitting = memory[i];
            team.largest_fitting = cells[i];
        }
    }
    const bool whole = plan->kase->whole_machine;
    team.chosen = dsc_threads_choose(options->threads).count;
    if (!whole && count < (size_t)team.chosen)
        team.chosen = count > 0 ? (int)count : 1;
    const int available = dsci_parallel_available(team.chosen);
    team.threads = whole ? available : 1;
    const size_t wanted = whole ? 1 : (size_t)available;
    qsort(memory, count, sizeof *memory, largest_first); /* any cells together need no more than these */
    for (size_t i = 0; i < count && i < wanted; i++) {
        team.short_of_memory = i > 0 && team.bytes + memory[i] > team.usable;
        if (team.short_of_memory)
            break;
        team.bytes += memory[i];
        team.cells = (int)i + 1;
    }
    return team;
}

/* "width=47 seed=2" */
static const char *cell_text(dsc_scope *scope, const dsc_plan *plan, size_t cell)
{
    const char *text = "";
    for (size_t i = plan->cell_axes; i-- > 0 && text; cell /= plan->axes[i].count) {
        const struct dsci_sweep_axis *axis = &plan->axes[i];
        const dsc_record_axis shown = { .name = axis->name,
                                        .integer = axis->integer,
                                        .count = axis->count,
                                        .values = axis->values,
                                        .names = axis->axis ? axis->axis->param.choices : NULL };
        text = dsc_scope_format(scope, "%s=%s%s%s", axis->name,
                                dsc_record_axis_text(scope, &shown, cell % axis->count, 10), *text ? " " : "",
                                text);
    }
    return text ? text : "";
}

dsc_status dsci_team_check(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options,
                           const size_t *cells, size_t count)
{
    if (dsc_scope_status(scope) != DSC_OK || count == 0 || options->force)
        return dsc_scope_status(scope);
    dsc_scope *work = dsc_scope_open(NULL);
    double *memory = dsc_scope_alloc(work, count, sizeof *memory);
    if (!memory) {
        dsc_scope_adopt_error(scope, work);
    } else {
        const struct dsci_team team = dsci_team_choose(plan, options, cells, count, memory);
        const double gibibyte = 0x1p30, need = dsci_cell_cost(plan, team.largest).bytes;
        const char *fitting =
            team.fitting ? dsc_scope_format(work, ", the largest of them %s (%.3g GiB)",
                                            cell_text(work, plan, team.largest_fitting),
                                            dsci_cell_cost(plan, team.largest_fitting).bytes / gibibyte)
                         : "";
        if (team.fitting < count)
            dsc_scope_fail(
                scope, DSC_ERROR_MEMORY,
                "not enough memory: %s needs %.3g GiB, and this process can use %s; %zu of %zu cells "
                "fit%s: choose smaller values (--set), or try all the same (--force)",
                cell_text(work, plan, team.largest), need / gibibyte, dsc_memory_get().reason, team.fitting,
                count, fitting);
    }
    dsc_scope_close(&work);
    return dsc_scope_status(scope);
}
