/* describe.c - a compiled network as a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/model.h"
#include "graph/table.h"

static const dsci_table_form form = {
    .heading = { "layer", "op", "output", "engine", "implementation", "Mflop", "memory", "offset" },
    .alignment = "lllllrlr",
};

static void fill_row(dsci_table_row *row, dsci_node *node)
{
    static const char *const storages[] = {
        [DSCI_STORAGE_ARENA] = "arena",         [DSCI_STORAGE_PARAMETERS] = "parameters",
        [DSCI_STORAGE_GRADIENTS] = "gradients", [DSCI_STORAGE_STATE] = "state",
        [DSCI_STORAGE_CONSTANT] = "constant",   [DSCI_STORAGE_EXTERNAL] = "caller"
    };
    const dsci_tensor *out = node->out[0];
    const dsc_activation *activation = dsci_node_activation(node);
    const bool fused = activation && *activation != DSC_ACTIVATION_LINEAR;
    char shape[128];
    snprintf(row->cell[0], sizeof row->cell[0], "%.100s", node->name);
    snprintf(row->cell[1], sizeof row->cell[1], "%s%s%s", dsci_node_kind(node), fused ? " + " : "",
             fused ? dsc_activation_name(*activation) : "");
    snprintf(row->cell[2], sizeof row->cell[2], "%s %s", dsci_type_name(out->type),
             dsci_shape_text(&out->shape, shape));
    if (node->implementation)
        snprintf(row->cell[3], sizeof row->cell[3], "%s", dsc_engine_name(node->implementation->engine));
    if (node->implementation && node->implementation->describe)
        snprintf(row->cell[4], sizeof row->cell[4], "%s", node->implementation->describe(node));
    if (node->op->flops)
        snprintf(row->cell[5], sizeof row->cell[5], "%.3f", node->op->flops(node) * 1e-6);
    snprintf(row->cell[6], sizeof row->cell[6], "%s", storages[out->storage]);
    if (out->storage != DSCI_STORAGE_EXTERNAL)
        snprintf(row->cell[7], sizeof row->cell[7], "%zu", out->offset);
}

const char *dsc_model_describe(dsc_scope *scope, const dsc_model *model)
{
    if (!model || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const dsci_execution *plan = model->plans;
    const size_t size = dsci_type_size(dsci_model_master_type(model));
    dsci_table_row *rows = dsc_scope_alloc(scope, plan->graph.count, sizeof *rows);
    if (!rows)
        return NULL;
    for (size_t i = 0; i < plan->graph.count; i++)
        fill_row(&rows[i], plan->graph.nodes[i]);
    const char *footer = dsc_scope_format(
        scope,
        "batch %zu in shards of %zu, %zu parameters (%zu bytes), arena %zu bytes, %.3f Mflop %s, %.3f Mflop "
        "forward",
        plan->batch, model->shard_rows < plan->batch ? model->shard_rows : plan->batch,
        model->parameter_count, model->elements * size, plan->arena_bytes,
        dsci_execution_flops(plan, false) * 1e-6, plan->mode == DSCI_TRAINING ? "a training step" : "in all",
        dsci_execution_flops(plan, true) * 1e-6);
    return footer ? dsci_table_text(scope, &form, rows, plan->graph.count, footer) : NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *implementation_line(dsc_scope *scope, const dsci_node *node)
{
    const dsci_implementation *i = node->implementation;
    return dsc_scope_format(scope, "%s %s: %s%s%s", node->op->name, dsci_type_name(node->real),
                            dsc_engine_name(i->engine), i->describe ? ", " : "",
                            i->describe ? i->describe(node) : "");
}

const char *dsc_model_implementations(dsc_scope *scope, const dsc_model *model)
{
    if (!model || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const dsci_graph *graph = &model->plans->graph;
    const char **lines = dsc_scope_alloc(scope, graph->count, sizeof(char *));
    size_t count = 0;
    for (size_t i = 0; lines && i < graph->count; i++)
        if (graph->nodes[i]->implementation)
            lines[count++] = implementation_line(scope, graph->nodes[i]);
    if (!lines || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    qsort(lines, count, sizeof(char *), by_text);
    const char *text = "";
    for (size_t i = 0; text && i < count; i++)
        if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
            text = dsc_scope_format(scope, "%s%s%s", text, text[0] ? "\n" : "", lines[i]);
    return text;
}
