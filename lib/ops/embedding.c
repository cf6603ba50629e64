/* embedding.c - rows of a table by tokens, and how long sequences of tokens are. */
#include <string.h>

#include "ops/ref/ref.h"
#include "ops/touched_rows.h"

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *tokens = node->in[0], *table = node->in[1];
    if (tokens->type != DSCI_I32 || tokens->shape.rank != 2 || tokens->shape.dim[0] != context->batch ||
        table->shape.rank != 2 || table->type != dsci_master_type(context->real) ||
        tokens->producer->op != &dsci_op_tokens ||
        table->shape.dim[0] < tokens->producer->attributes.tokens.vocabulary) {
        char text[128];
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected tokens (batch, steps) of dsc_tokens() and a table (vocabulary, "
                       "dimension), found %s from '%s'",
                       node->name, dsci_shape_text(&tokens->shape, text), tokens->producer->name);
        return false;
    }
    const dsci_shape shape = { .rank = 3,
                               .dim = { context->batch, tokens->shape.dim[1], table->shape.dim[1] } };
    return dsci_node_output(context, node, context->real, &shape);
}

static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = { .rank = 2,
                               .dim = { node->attributes.embedding.vocabulary, node->in[1]->shape.dim[2] } };
    return dsci_node_output(context, node, dsci_master_type(context->real), &shape);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_attributes attributes = node->attributes;
    attributes.embedding.vocabulary = node->in[1]->shape.dim[0];
    const dsci_node *back = dsci_graph_append(graph, &dsci_op_embedding_backward, &attributes,
                                              (dsci_tensor *[]){ node->in[0], node->out[0]->diff }, 2);
    dsci_gradient_add(graph, node->in[1], back ? back->out[0] : NULL);
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_range rows = dsci_shard_elements(o->node, o->node->in[0], part.index);
    const int32_t *tokens = o->in[0];
    const float *table = o->in[1];
    const size_t columns = o->node->in[1]->shape.dim[1], padding = o->node->attributes.embedding.padding;
    for (size_t i = rows.first; i < rows.first + rows.count; i++) {
        float *dst = (float *)o->out[0] + i * columns;
        if ((size_t)tokens[i] + 1 == padding)
            memset(dst, 0, columns * sizeof *dst);
        else
            memcpy(dst, table + (size_t)tokens[i] * columns, columns * sizeof *dst);
    }
}

static void run_bf16(const dsci_operands *o, dsci_part part)
{
    const dsci_range rows = dsci_shard_elements(o->node, o->node->in[0], part.index);
    const int32_t *tokens = o->in[0];
    const float *table = o->in[1];
    const size_t columns = o->node->in[1]->shape.dim[1], padding = o->node->attributes.embedding.padding;
    for (size_t i = rows.first; i < rows.first + rows.count; i++) {
        dsci_bf16 *dst = (dsci_bf16 *)o->out[0] + i * columns;
        if ((size_t)tokens[i] + 1 == padding)
            memset(dst, 0, columns * sizeof *dst);
        else
            o->kernels->to_bf16(dst, table + (size_t)tokens[i] * columns, columns);
    }
}

/* Each part owns a range of the table's rows: a row's sum is taken in the order of the tokens. */
static dsc_status book_backward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    booking->parts = dsci_table_parts(node->attributes.embedding.vocabulary);
    return DSC_OK;
}

static dsci_range begin_backward(const dsci_operands *o, size_t part)
{
    return dsci_table_part_begin(o->node->touched, o->node->attributes.embedding.vocabulary,
                                 o->node->out[0]->shape.dim[1], part, o->out[0]);
}

/* Whether a token adds to a row of the part. */
static bool adds_to(const dsci_operands *o, size_t part, dsci_range rows, size_t token)
{
    if (token - rows.first >= rows.count || token + 1 == o->node->attributes.embedding.padding)
        return false;
    if (o->node->touched)
        dsci_touched_rows_add(o->node->touched, part, token);
    return true;
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_range rows = begin_backward(o, part.index);
    const size_t count = o->node->in[0]->elements, columns = o->node->out[0]->shape.dim[1];
    const int32_t *tokens = o->in[0];
    const float *diff_dst = o->in[1];
    for (size_t i = 0; i < count; i++) {
        const size_t token = (size_t)tokens[i];
        if (!adds_to(o, part.index, rows, token))
            continue;
        float *restrict row = (float *)o->out[0] + token * columns;
        const float *restrict diff = diff_dst + i * columns;
        for (size_t j = 0; j < columns; j++)
            row[j] += diff[j];
    }
}

static const dsci_field embedding_fields[] = {
    { "padding", DSCI_FIELD_SIZE, DSCI_AT(embedding.padding), 0, 0, INT32_MAX }, { .name = NULL }
};

const dsci_op dsci_op_embedding = {
    .name = "embedding",
    .id = DSCI_OP_EMBEDDING,
    .infer = infer,
    .gradient = gradient,
    .schema = { "tp", 2, embedding_fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_shards,
                           .run = run },
                         { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_BF16,
                           .book = dsci_book_shards,
                           .run = run_bf16 },
                         DSCI_REF_IMPLEMENTATIONS(embedding) },
};

static void run_backward_bf16(const dsci_operands *o, dsci_part part)
{
    const dsci_range rows = begin_backward(o, part.index);
    const size_t count = o->node->in[0]->elements, columns = o->node->out[0]->shape.dim[1];
    const int32_t *tokens = o->in[0];
    const dsci_bf16 *diff_dst = o->in[1];
    float *wide = part.workspace;
    for (size_t i = 0; i < count; i++) {
        const size_t token = (size_t)tokens[i];
        if (!adds_to(o, part.index, rows, token))
            continue;
        float *restrict row = (float *)o->out[0] + token * columns;
        o->kernels->from_bf16(wide, diff_dst + i * columns, columns);
        for (size_t j = 0; j < columns; j++)
            row[j] += wide[j];
    }
}

static dsc_status book_backward_bf16(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    booking->worker_bytes = node->out[0]->shape.dim[1] * sizeof(float);
    return book_backward(scope, node, booking);
}

const dsci_op dsci_op_embedding_backward = {
    .name = "embedding_backward",
    .id = DSCI_OP_EMBEDDING_BACKWARD,
    .infer = infer_backward,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_backward,
                           .run = run_backward },
                         { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_BF16,
                           .book = book_backward_bf16,
                           .run = run_backward_bf16 },
                         DSCI_REF_IMPLEMENTATIONS(embedding_backward) },
};

/* --- Lengths --- */

static bool infer_lengths(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *tokens = node->in[0];
    if (tokens->type != DSCI_I32 || tokens->shape.rank != 2 || tokens->shape.dim[0] != context->batch) {
        char text[128];
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected tokens (batch, steps), found %s from '%s'", node->name,
                       dsci_shape_text(&tokens->shape, text), tokens->producer->name);
        return false;
    }
    return dsci_node_output(context, node, DSCI_I32, &(dsci_shape){ .rank = 1, .dim = { context->batch } });
}

static void run_lengths(const dsci_operands *o, dsci_part part)
{
    const dsci_range rows =
        o->node->booking.by_batch ? dsci_shard(o->node, part.index) : (dsci_range){ 0, o->node->batch };
    const size_t steps = o->node->in[0]->shape.dim[1], padding = o->node->attributes.embedding.padding;
    const int32_t *tokens = o->in[0];
    int32_t *lengths = o->out[0];
    for (size_t e = rows.first; e < rows.first + rows.count; e++) {
        size_t length = steps;
        while (length > 1 && (size_t)tokens[e * steps + length - 1] + 1 == padding)
            length--;
        lengths[e] = (int32_t)length;
    }
}

#define LENGTHS(of_engine, of_type)                                                                          \
    {                                                                                                        \
        .engine = of_engine, .type = of_type, .book = dsci_book_shards, .run = run_lengths                   \
    }

const dsci_op dsci_op_lengths = {
    .name = "lengths",
    .id = DSCI_OP_LENGTHS,
    .infer = infer_lengths,
    .schema = { "t", 1, embedding_fields },
    .implementations = { LENGTHS(DSC_ENGINE_NATIVE, DSCI_F32), LENGTHS(DSC_ENGINE_NATIVE, DSCI_BF16),
                         LENGTHS(DSC_ENGINE_REF, DSCI_F32), LENGTHS(DSC_ENGINE_REF, DSCI_F64) },
};
