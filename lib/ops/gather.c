/* gather.c - rows of a table by integers. The table is the same for all examples, or each has its own. */
#include "ops/gather.h"

#include <string.h>

#include "ops/ref/ref.h"
#include "ops/touched_rows.h"

/* How many values the integers may have; 0: not known. */
static size_t values_of(const dsci_tensor *index)
{
    const dsci_node *node = index->producer;
    return node->op == &dsci_op_tokens   ? node->attributes.tokens.vocabulary
           : node->op == &dsci_op_labels ? node->attributes.labels.classes
                                         : 0;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *index = node->in[0], *table = node->in[1];
    const dsci_shape rows = dsci_tensor_example(table), places = dsci_tensor_example(index);
    const size_t values = values_of(index), rank = places.rank + rows.rank - 1;
    char text[128];
    if (!dsci_expect_real(context, node, table))
        return false;
    if (index->type != DSCI_I32 || values == 0) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected integers of dsc_tokens() or dsc_labels(), found '%s'",
                       node->name, index->producer->name);
        return false;
    }
    if (rows.rank == 0 || rows.dim[0] < values || rank > DSC_MAX_RANK) {
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected a table of at least the %zu rows that '%s' may name, found %s%s from '%s'",
            node->name, values, index->producer->name, dsci_shape_text(&table->shape, text),
            table->unbatched ? "" : " (batch first)", table->producer->name);
        return false;
    }
    const bool batched = !index->unbatched || !table->unbatched;
    dsci_shape shape = { .rank = batched, .dim = { context->batch } };
    for (size_t i = 0; i < places.rank; i++)
        shape.dim[shape.rank++] = places.dim[i];
    for (size_t i = 1; i < rows.rank; i++)
        shape.dim[shape.rank++] = rows.dim[i];
    return dsci_node_output(context, node, table->type, &shape);
}

static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_shape *rows = &node->attributes.gather.table;
    const bool unbatched = node->attributes.gather.unbatched;
    const dsci_shape shape = unbatched ? *rows : dsci_shape_batched(context->batch, rows);
    if (!dsci_node_output(context, node, node->in[1]->type, &shape))
        return false;
    node->out[0]->unbatched = unbatched;
    return true;
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *table = node->in[1];
    const dsci_attributes attributes = { .gather = { .table = dsci_tensor_example(table),
                                                     .unbatched = table->unbatched } };
    if (!table->needs_gradient)
        return;
    const dsci_node *back = dsci_graph_append(graph, &dsci_op_gather_backward, &attributes,
                                              (dsci_tensor *[]){ node->in[0], node->out[0]->diff }, 2);
    dsci_gradient_add(graph, table, back ? back->out[0] : NULL);
}

dsci_gather dsci_gather_of(const dsci_node *node)
{
    const bool forward = node->op == &dsci_op_gather;
    const dsci_tensor *index = node->in[0], *table = forward ? node->in[1] : node->out[0],
                      *rows = forward ? node->out[0] : node->in[1];
    const size_t examples = rows->unbatched ? 1 : rows->shape.dim[0];
    const dsci_shape of_table = dsci_tensor_example(table);
    const size_t places = index->elements / (index->unbatched ? 1 : examples);
    return (dsci_gather){ .examples = examples,
                          .places = places,
                          .rows = of_table.dim[0],
                          .columns = rows->elements / examples / places,
                          .index_step = index->unbatched ? 0 : places,
                          .table_step = table->unbatched ? 0 : dsci_shape_elements(&of_table) };
}

static dsci_range own_examples(const dsci_operands *o, dsci_part part, const dsci_gather *g)
{
    return o->node->booking.by_batch && g->examples == o->node->batch ? dsci_shard(o->node, part.index)
                                                                      : (dsci_range){ 0, g->examples };
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_gather g = dsci_gather_of(o->node);
    const dsci_range own = own_examples(o, part, &g);
    const size_t bytes = g.columns * dsci_type_size(o->node->out[0]->type);
    const size_t table_bytes = g.table_step * dsci_type_size(o->node->out[0]->type);
    for (size_t e = own.first; e < own.first + own.count; e++) {
        const int32_t *index = (const int32_t *)o->in[0] + e * g.index_step;
        const char *table = (const char *)o->in[1] + e * table_bytes;
        char *dst = (char *)o->out[0] + e * g.places * bytes;
        for (size_t i = 0; i < g.places; i++)
            memcpy(dst + i * bytes, table + (size_t)index[i] * bytes, bytes);
    }
}

/* Of one table, each part owns a range of the rows: a row's sum is taken in the order of the integers. */
static dsc_status book_backward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_gather g = dsci_gather_of(node);
    if (g.table_step > 0)
        return dsci_book_shards(scope, node, booking);
    booking->parts = dsci_table_parts(g.rows);
    return DSC_OK;
}

static void add_rows(const dsci_operands *o, const dsci_gather *g, size_t e, size_t part, dsci_range rows)
{
    const int32_t *index = (const int32_t *)o->in[0] + e * g->index_step;
    const float *diff = (const float *)o->in[1] + e * g->places * g->columns;
    float *table = (float *)o->out[0] + e * g->table_step;
    for (size_t i = 0; i < g->places; i++) {
        const size_t row = (size_t)index[i];
        if (row < rows.first || row >= rows.first + rows.count)
            continue;
        if (o->node->touched)
            dsci_touched_rows_add(o->node->touched, part, row);
        float *to = table + row * g->columns;
        o->kernels->binary(DSCI_BINARY_ADD, to, to, 1, diff + i * g->columns, 1, g->columns);
    }
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_gather g = dsci_gather_of(o->node);
    float *table = o->out[0];
    if (g.table_step > 0) {
        const dsci_range own = own_examples(o, part, &g);
        memset(table + own.first * g.table_step, 0, own.count * g.table_step * sizeof *table);
        for (size_t e = own.first; e < own.first + own.count; e++)
            add_rows(o, &g, e, 0, (dsci_range){ 0, g.rows });
        return;
    }
    const dsci_range rows = dsci_table_part_begin(o->node->touched, g.rows, g.columns, part.index, table);
    for (size_t e = 0; e < g.examples; e++)
        add_rows(o, &g, e, part.index, rows);
}

#define GATHER(of_engine, of_type)                                                                           \
    {                                                                                                        \
        .engine = of_engine, .type = of_type, .book = dsci_book_shards, .run = run                           \
    }

const dsci_op dsci_op_gather = {
    .name = "gather",
    .id = DSCI_OP_GATHER,
    .infer = infer,
    .gradient = gradient,
    .schema = { .inputs = "nr", .least = 2 },
    .implementations = { GATHER(DSC_ENGINE_NATIVE, DSCI_F32), GATHER(DSC_ENGINE_NATIVE, DSCI_BF16),
                         GATHER(DSC_ENGINE_REF, DSCI_F32), GATHER(DSC_ENGINE_REF, DSCI_F64) },
};

const dsci_op dsci_op_gather_backward = {
    .name = "gather_backward",
    .id = DSCI_OP_GATHER_BACKWARD,
    .infer = infer_backward,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_backward,
                           .run = run_backward },
                         DSCI_REF_IMPLEMENTATIONS(gather_backward) },
};
