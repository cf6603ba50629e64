/* batched.c - what is the same for all examples as a batch of them, so that a trained image, a table of
 * positions or a whole graph's nodes can enter any layer. Its gradient is the sum over the examples, in their
 * order.
 */
#include <string.h>

#include "ops/ref/ref.h"

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *src = node->in[0];
    if (!src->unbatched || src->shape.rank == 0 || src->shape.rank == DSCI_MAX_RANK) {
        char text[128];
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected values that are the same for all examples, of 1 to %d dimensions, "
            "found %s from '%s'%s",
            node->name, DSCI_MAX_RANK - 1, dsci_shape_text(&src->shape, text), src->producer->name,
            src->unbatched ? "" : ", which is a batch");
        return false;
    }
    const dsci_shape shape = dsci_shape_batched(context->batch, &src->shape);
    if (!dsci_expect_real(context, node, src) || !dsci_node_output(context, node, src->type, &shape))
        return false;
    node->batch = context->batch;
    node->shard_rows = context->shard_rows;
    node->out[0]->unbatched = false;
    return true;
}

static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    return dsci_node_output(context, node, node->in[0]->type, &node->attributes.example);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    const dsci_attributes attributes = { .example = node->in[0]->shape };
    const dsci_node *sum = dsci_graph_append(graph, &dsci_op_batched_backward, &attributes,
                                             (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], sum ? sum->out[0] : NULL);
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_range rows = dsci_shard(o->node, part.index);
    const size_t bytes = dsci_tensor_bytes(o->node->in[0]);
    for (size_t i = rows.first; i < rows.first + rows.count; i++)
        memcpy((char *)o->out[0] + i * bytes, o->in[0], bytes);
}

/* Parts are columns, so that each sum is one chain over the examples. */
static dsc_status book_backward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    enum { PART = 1 << 15, MOST = 16 };
    (void)scope;
    const size_t worth = node->in[0]->elements / PART, columns = node->out[0]->elements;
    booking->parts = dsci_least(worth, dsci_least(MOST, (columns + DSCI_LANES - 1) / DSCI_LANES));
    return DSC_OK;
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const size_t columns = o->node->out[0]->elements;
    const dsci_range own = dsci_whole_vectors(columns, part.index, o->node->booking.parts);
    if (own.count > 0)
        o->kernels->column_sums((float *)o->out[0] + own.first, (const float *)o->in[0] + own.first,
                                o->node->batch, own.count, columns);
}

#define COPIES(by, of_type)                                                                                  \
    {                                                                                                        \
        .engine = (by), .type = (of_type), .book = dsci_book_shards, .run = run                              \
    }

const dsci_op dsci_op_batched = {
    .name = "batched",
    .id = DSCI_OP_BATCHED,
    .infer = infer,
    .gradient = gradient,
    .schema = { .inputs = "r", .least = 1 },
    .implementations = { COPIES(DSC_ENGINE_NATIVE, DSCI_F32), COPIES(DSC_ENGINE_REF, DSCI_F32),
                         COPIES(DSC_ENGINE_REF, DSCI_F64) },
};

const dsci_op dsci_op_batched_backward = {
    .name = "batched_backward",
    .id = DSCI_OP_BATCHED_BACKWARD,
    .infer = infer_backward,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_backward,
                           .run = run_backward },
                         DSCI_REF_IMPLEMENTATIONS(batched_backward) },
};
