/* profile.c - where the time of a training step goes. */
#include <math.h>
#include <stdio.h>

#include "graph/model.h"
#include "graph/table.h"

static const dsci_table_form form = {
    .heading = { "layer", "op", "engine", "implementation", "ms", "share", "GFLOP/s", "of peak" },
    .alignment = "llllrrrr",
};

/* What one node took in a run: the time of all threads, as if they had shared it evenly. */
static double node_seconds(const dsci_execution *plan, const dsci_node *node)
{
    double seconds = 0;
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].operands->node == node)
            for (int t = 0; t < plan->threads; t++)
                seconds += plan->steps[i].seconds[(size_t)t * DSCI_SECONDS_STRIDE];
    return seconds / (double)plan->threads / (double)plan->runs;
}

static void set(dsci_table_row *row, size_t column, const char *format, double value)
{
    if (isfinite(value))
        snprintf(row->cell[column], sizeof row->cell[column], format, value);
}

static void fill_row(dsci_table_row *row, const dsci_node *node, double seconds, double step_seconds,
                     double peak)
{
    const double flops = node->op->flops ? node->op->flops(node) : NAN;
    const dsci_implementation *implementation = node->implementation;
    snprintf(row->cell[0], sizeof row->cell[0], "%.100s", node->name);
    snprintf(row->cell[1], sizeof row->cell[1], "%.100s", dsci_node_kind(node));
    snprintf(row->cell[2], sizeof row->cell[2], "%s", dsc_engine_name(implementation->engine));
    if (implementation->describe)
        snprintf(row->cell[3], sizeof row->cell[3], "%.100s", implementation->describe(node));
    set(row, 4, "%.3f", seconds * 1e3);
    set(row, 5, "%.1f %%", 100 * seconds / step_seconds);
    set(row, 6, "%.1f", flops / seconds * 1e-9);
    if (peak > 0)
        set(row, 7, "%.0f %%", 100 * flops / seconds / peak);
}

static void fill_rest(dsci_table_row *row, const char *name, double seconds, double step_seconds)
{
    snprintf(row->cell[0], sizeof row->cell[0], "%s", name);
    set(row, 4, "%.3f", seconds * 1e3);
    set(row, 5, "%.1f %%", 100 * seconds / step_seconds);
}

const char *dsc_model_profile(dsc_scope *scope, const dsc_model *model, double peak)
{
    const dsci_execution *plan = model ? model->plans : NULL;
    if (!plan || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (!model->options.profile || plan->runs == 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "profile: expected a model compiled with .profile that has run, found one %s",
                       model->options.profile ? "that has not run" : "without");
        return NULL;
    }
    dsci_table_row *rows = dsc_scope_alloc(scope, plan->graph.count + 2, sizeof *rows);
    if (!rows)
        return NULL;
    const double update = model->updates ? model->update_seconds / (double)model->updates : 0;
    const double run = plan->seconds / (double)plan->runs, step = run + update;
    double rest = run;
    size_t count = 0;
    for (size_t i = 0; i < plan->graph.count; i++) {
        if (plan->graph.nodes[i]->op->leaf)
            continue;
        const double seconds = node_seconds(plan, plan->graph.nodes[i]);
        fill_row(&rows[count++], plan->graph.nodes[i], seconds, step, peak);
        rest -= seconds;
    }
    fill_rest(&rows[count++], "waiting, between ops", rest, step);
    fill_rest(&rows[count++], "optimizer", update, step);
    const double flops = dsci_execution_flops(plan, false);
    const char *share = peak > 0 ? dsc_scope_format(scope, ", %.0f %% of the peak of %.1f",
                                                    100 * flops / step / peak, peak / 1e9)
                                 : "";
    const char *footer =
        dsc_scope_format(scope, "%.3f ms a step of %zu examples on %d thread%s, mean of %llu: %.1f GFLOP/s%s",
                         step * 1e3, plan->batch, plan->threads, plan->threads > 1 ? "s" : "",
                         (unsigned long long)plan->runs, flops / step * 1e-9, share);
    return footer && share ? dsci_table_text(scope, &form, rows, count, footer) : NULL;
}
