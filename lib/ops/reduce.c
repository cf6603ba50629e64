/* reduce.c - sums, means and maxima over neighbouring dimensions of a tensor, the batch or not, and their
 * gradients. Of equal maxima the first gets the gradient, as from PyTorch's max() over one dimension.
 */
#include "ops/reduce.h"

#include <string.h>

#include "ops/parts.h"
#include "ops/ref/ref.h"

static bool includes_batch(const dsci_tensor *src, const dsci_node *node)
{
    return !src->unbatched && node->attributes.reduce.first == 0;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *src = node->in[0];
    const size_t rank = src->shape.rank, first = node->attributes.reduce.first,
                 count = node->attributes.reduce.count;
    if (!dsci_expect_real(context, node, src))
        return false;
    if (count == 0 || first >= rank || count > rank - first) {
        char text[128];
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected dimensions that there are, found %zu from number %zu on for %s%s "
            "from '%s'",
            node->name, count, first, dsci_shape_text(&src->shape, text),
            src->unbatched ? "" : " (batch first)", src->producer->name);
        return false;
    }
    const bool of_batch = includes_batch(src, node);
    dsci_shape shape = { .rank = 0 };
    for (size_t i = 0; i < rank; i++) {
        const bool reduced = i >= first && i < first + count;
        if (!reduced || (node->attributes.reduce.keep && !(i == 0 && of_batch)))
            shape.dim[shape.rank++] = reduced ? 1 : src->shape.dim[i];
    }
    if (!dsci_node_output(context, node, src->type, &shape))
        return false;
    node->out[0]->unbatched = src->unbatched || of_batch;
    return true;
}

/* What is summed over the batch has none: its gradient gets it back. */
static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_shape *example = &node->attributes.reduce.example;
    const bool unbatched = node->attributes.reduce.unbatched;
    const dsci_shape shape = unbatched ? *example : dsci_shape_batched(context->batch, example);
    if (!dsci_node_output(context, node, node->in[0]->type, &shape))
        return false;
    node->out[0]->unbatched = unbatched;
    node->batch = unbatched ? 1 : context->batch;
    node->shard_rows = unbatched ? 0 : context->shard_rows;
    return true;
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *src = node->in[0], *inputs[] = { node->out[0]->diff, src, node->out[0] };
    dsci_attributes attributes = node->attributes;
    attributes.reduce.example = dsci_tensor_example(src);
    attributes.reduce.unbatched = src->unbatched;
    const dsci_node *back = dsci_graph_append(graph, &dsci_op_reduce_backward, &attributes, inputs,
                                              attributes.reduce.kind == DSCI_REDUCE_MAX ? 3 : 1);
    dsci_gradient_add(graph, src, back ? back->out[0] : NULL);
}

dsci_reduce_extents dsci_reduce_extents_of(const dsci_node *node)
{
    const dsci_shape *whole = node->op == &dsci_op_reduce ? &node->in[0]->shape : &node->out[0]->shape;
    const size_t first = node->attributes.reduce.first, end = first + node->attributes.reduce.count;
    dsci_reduce_extents e = { 1, 1, 1 };
    for (size_t i = 0; i < whole->rank; i++)
        *(i < first ? &e.outer : i < end ? &e.count : &e.inner) *= whole->dim[i];
    return e;
}

static double flops(const dsci_node *node)
{
    return (double)node->in[0]->elements;
}

/* --- Native. Batches go by their shards. Else columns are shared out, or, if all becomes one value, blocks
 * of a fixed size, whose results are put together in their order. --- */

enum { BLOCK = 1 << 16 }; /* values: the shape of the sum, not a matter of speed */

static bool is_scalar(const dsci_reduce_extents *e)
{
    return e->outer == 1 && e->inner == 1 && e->count > BLOCK;
}

static size_t blocks_of(const dsci_reduce_extents *e)
{
    return dsci_ceiling(e->count, BLOCK);
}

static dsc_status book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_reduce_extents e = dsci_reduce_extents_of(node);
    if (!node->out[0]->unbatched)
        return dsci_book_shards(scope, node, booking);
    if (is_scalar(&e)) {
        booking->parts = dsci_least(blocks_of(&e), DSCI_MOST_PARTS);
        booking->finish_parts = 1;
        booking->scratch_bytes = blocks_of(&e) * sizeof(double);
    } else if (e.outer == 1 && e.count * e.inner >= dsci_limits.elements)
        booking->parts = dsci_least(dsci_ceiling(e.inner, DSCI_LANES), DSCI_MOST_PARTS);
    return DSC_OK;
}

static void reduce_blocks(const dsci_operands *o, dsci_part part, const dsci_reduce_extents *e)
{
    const dsci_range own = dsci_piece(blocks_of(e), part.index, o->node->booking.parts);
    double *slots = o->scratch;
    for (size_t b = own.first; b < own.first + own.count; b++) {
        const float *src = (const float *)o->in[0] + b * BLOCK;
        const size_t count = dsci_least(BLOCK, e->count - b * BLOCK);
        float largest;
        if (o->node->attributes.reduce.kind == DSCI_REDUCE_MAX) {
            o->kernels->reduce_rows(DSCI_REDUCE_MAX, &largest, src, 1, count);
            slots[b] = (double)largest;
        } else
            slots[b] = o->kernels->sum(src, count);
    }
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_reduce_extents e = dsci_reduce_extents_of(o->node);
    const dsci_reduction kind = (dsci_reduction)o->node->attributes.reduce.kind;
    const float *src = o->in[0];
    float *dst = o->out[0];
    if (o->node->out[0]->unbatched && is_scalar(&e)) {
        reduce_blocks(o, part, &e);
        return;
    }
    dsci_range rows = { 0, e.outer }, columns = { 0, e.inner };
    if (o->node->booking.by_batch) {
        const dsci_range own = dsci_shard_elements(o->node, o->node->out[0], part.index);
        rows = (dsci_range){ own.first / e.inner, own.count / e.inner };
    } else
        columns = dsci_whole_vectors(e.inner, part.index, o->node->booking.parts);
    if (e.inner == 1)
        o->kernels->reduce_rows(kind, dst + rows.first, src + rows.first * e.count, rows.count, e.count);
    else
        for (size_t r = rows.first; r < rows.first + rows.count; r++)
            o->kernels->reduce_columns(kind, dst + r * e.inner + columns.first,
                                       src + r * e.count * e.inner + columns.first, e.count, columns.count,
                                       e.inner);
}

static void finish(const dsci_operands *o, dsci_part part)
{
    const dsci_reduce_extents e = dsci_reduce_extents_of(o->node);
    const dsci_reduction kind = (dsci_reduction)o->node->attributes.reduce.kind;
    const double *slots = o->scratch;
    double result = slots[0];
    (void)part;
    for (size_t b = 1; b < blocks_of(&e); b++)
        if (kind != DSCI_REDUCE_MAX)
            result += slots[b];
        else if (!(slots[b] <= result) && result == result)
            result = slots[b]; /* NaN stays */
    *(float *)o->out[0] = (float)(kind == DSCI_REDUCE_MEAN ? result / (double)e.count : result);
}

/* A maximum over the batch is looked for in all of it. */
static dsc_status book_backward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const bool whole = node->attributes.reduce.kind == DSCI_REDUCE_MAX && includes_batch(node->out[0], node);
    return whole ? DSC_OK : dsci_book_shards(scope, node, booking);
}

static dsci_range own_elements(const dsci_operands *o, dsci_part part)
{
    const dsci_tensor *dst = o->node->out[0];
    return o->node->booking.by_batch ? dsci_shard_elements(o->node, dst, part.index)
                                     : (dsci_range){ 0, dst->elements };
}

/* The gradient of a sum goes to each of its terms, that of a mean in equal parts: `count` rows of dst. */
static void spread(const dsci_operands *o, float *dst, const float *diff, size_t count, size_t inner,
                   float factor)
{
    for (size_t i = 0; inner > 1 && i < count; i++)
        o->kernels->scale(dst + i * inner, diff, inner, factor);
    for (size_t i = 0; inner == 1 && i < count; i++)
        dst[i] = diff[0] * factor;
}

static void spread_all(const dsci_operands *o, dsci_range own, const dsci_reduce_extents *e)
{
    const bool mean = o->node->attributes.reduce.kind == DSCI_REDUCE_MEAN;
    const float factor = mean ? (float)(1 / (double)e->count) : 1;
    const size_t end = (own.first + own.count) / e->inner;
    for (size_t row = own.first / e->inner, count; row < end; row += count) {
        count = dsci_least(e->count - row % e->count, end - row);
        spread(o, (float *)o->out[0] + row * e->inner, (const float *)o->in[0] + row / e->count * e->inner,
               count, e->inner, factor);
    }
}

static void give_to_largest(const dsci_operands *o, const dsci_reduce_extents *e, size_t r)
{
    const float *diff = (const float *)o->in[0] + r * e->inner;
    const float *src = (const float *)o->in[1] + r * e->count * e->inner;
    const float *largest = (const float *)o->in[2] + r * e->inner;
    float *dst = (float *)o->out[0] + r * e->count * e->inner;
    memset(dst, 0, e->count * e->inner * sizeof *dst);
    for (size_t j = 0; j < e->inner; j++) {
        size_t i = 0;
        while (i < e->count && src[i * e->inner + j] != largest[j])
            i++;
        if (i < e->count)
            dst[i * e->inner + j] = diff[j];
    }
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_reduce_extents e = dsci_reduce_extents_of(o->node);
    const dsci_range own = own_elements(o, part);
    if (o->node->attributes.reduce.kind != DSCI_REDUCE_MAX) {
        spread_all(o, own, &e);
        return;
    }
    const size_t row = e.count * e.inner;
    for (size_t r = own.first / row; r < (own.first + own.count) / row; r++)
        give_to_largest(o, &e, r);
}

static const dsci_field fields[] = { { "kind", DSCI_FIELD_INT, DSCI_AT(reduce.kind), 0, 0, DSCI_REDUCE_MAX },
                                     { "first", DSCI_FIELD_SIZE, DSCI_AT(reduce.first), 0, 0, DSC_MAX_RANK },
                                     { "count", DSCI_FIELD_SIZE, DSCI_AT(reduce.count), 0, 1, DSCI_MAX_RANK },
                                     { "keep", DSCI_FIELD_BOOL, DSCI_AT(reduce.keep), 0, 0, 1 },
                                     { .name = NULL } };

const dsci_op dsci_op_reduce = {
    .name = "reduce",
    .id = DSCI_OP_REDUCE,
    .infer = infer,
    .gradient = gradient,
    .flops = flops,
    .schema = { "r", 1, fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book,
                           .run = run,
                           .finish = finish },
                         DSCI_REF_IMPLEMENTATIONS(reduce) },
};

const dsci_op dsci_op_reduce_backward = {
    .name = "reduce_backward",
    .id = DSCI_OP_REDUCE_BACKWARD,
    .infer = infer_backward,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_backward,
                           .run = run_backward },
                         DSCI_REF_IMPLEMENTATIONS(reduce_backward) },
};
