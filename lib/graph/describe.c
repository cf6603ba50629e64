/* describe.c - a compiled network as a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/model.h"

enum { COLUMNS = 7 };

/* A row of the table; the columns are as wide as their longest cell. */
struct row {
    char cell[COLUMNS][128];
};

static const struct row heading = { { "layer", "op", "output", "engine", "Mflop", "memory", "offset" } };
static const char alignment[COLUMNS] = { 'l', 'l', 'l', 'l', 'r', 'l', 'r' };

static void fill_row(struct row *row, const dsci_node *node)
{
    static const char *const homes[] = { [DSCI_HOME_ARENA] = "arena",
                                         [DSCI_HOME_PARAMETERS] = "parameters",
                                         [DSCI_HOME_GRADIENTS] = "gradients",
                                         [DSCI_HOME_STATE] = "state",
                                         [DSCI_HOME_EXTERNAL] = "caller" };
    const dsci_tensor *out = node->out[0];
    const bool fused = node->op == &dsci_op_dense && node->attributes.dense.activation != DSC_LINEAR;
    char shape[128];
    snprintf(row->cell[0], sizeof row->cell[0], "%.100s", node->name);
    snprintf(row->cell[1], sizeof row->cell[1], "%s%s%s", dsci_node_kind(node), fused ? " + " : "",
             fused ? dsc_activation_name(node->attributes.dense.activation) : "");
    snprintf(row->cell[2], sizeof row->cell[2], "%s %s", dsci_type_name(out->type),
             dsci_shape_text(&out->shape, shape));
    if (node->implementation)
        snprintf(row->cell[3], sizeof row->cell[3], "%s", dsc_engine_name(node->implementation->engine));
    if (node->op->flops)
        snprintf(row->cell[4], sizeof row->cell[4], "%.3f", node->op->flops(node) * 1e-6);
    snprintf(row->cell[5], sizeof row->cell[5], "%s", homes[out->home]);
    if (out->home != DSCI_HOME_EXTERNAL)
        snprintf(row->cell[6], sizeof row->cell[6], "%zu", out->offset);
}

static void write_row(FILE *stream, const struct row *row, const int width[COLUMNS])
{
    for (int c = 0; c < COLUMNS; c++)
        fprintf(stream, "%s%*s", c ? "  " : "", alignment[c] == 'l' ? -width[c] : width[c], row->cell[c]);
    fputc('\n', stream);
}

static void write_table(FILE *stream, const struct row *rows, size_t count)
{
    int width[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        width[c] = (int)strlen(heading.cell[c]);
        for (size_t i = 0; i < count; i++)
            if ((int)strlen(rows[i].cell[c]) > width[c])
                width[c] = (int)strlen(rows[i].cell[c]);
    }
    write_row(stream, &heading, width);
    for (size_t i = 0; i < count; i++)
        write_row(stream, &rows[i], width);
}

const char *dsc_model_describe(dsc_scope *scope, const dsc_model *model)
{
    if (!model || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const dsci_plan *plan = model->plans;
    const size_t size = dsci_type_size(dsci_model_type(model));
    struct row *rows = dsc_scope_alloc(scope, plan->graph.count, sizeof *rows);
    char *text = NULL;
    size_t length = 0;
    FILE *stream = rows ? open_memstream(&text, &length) : NULL;
    if (!stream) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not describe the model");
        return NULL;
    }
    for (size_t i = 0; i < plan->graph.count; i++)
        fill_row(&rows[i], plan->graph.nodes[i]);
    write_table(stream, rows, plan->graph.count);
    fprintf(stream,
            "\nbatch %zu, %zu parameters (%zu bytes), arena %zu bytes, %.3f Mflop %s, %.3f Mflop forward\n",
            plan->batch, model->parameter_count, model->elements * size, plan->arena_bytes,
            dsci_plan_flops(plan, false) * 1e-6, plan->mode == DSCI_TRAINING ? "a training step" : "in all",
            dsci_plan_flops(plan, true) * 1e-6);
    const bool written = fclose(stream) == 0;
    const char *copy = written ? dsc_scope_copy(scope, text) : NULL;
    if (!written)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not describe the model");
    free(text);
    return copy;
}
