/* pool.c - maxima and averages over the windows of images and sequences, channels last. */
#include "ops/pool.h"

#include <string.h>

#include "ops/ref/ref.h"
#include "ops/window.h"

/* --- Shapes --- */

dsci_pool_shape dsci_pool_shape_of(const dsci_node *node)
{
    const bool backward =
        node->op == &dsci_op_max_pool_backward || node->op == &dsci_op_average_pool_backward;
    const dsci_shape *src = backward ? &node->out[0]->shape : &node->in[0]->shape;
    const dsci_shape *dst = backward ? &node->in[0]->shape : &node->out[0]->shape;
    const size_t channels = src->dim[src->rank - 1];
    dsci_pool_shape s = { .batch = node->batch,
                          .src = { 1, dsci_shape_elements(src) / node->batch / channels },
                          .dst = { 1, 1 },
                          .channels = channels,
                          .window = node->attributes.pool.window,
                          .count_padding = node->attributes.pool.count_padding };
    if (node->attributes.pool.global) {
        s.window = (dsci_window){ .kernel = { 1, s.src[1] }, .stride = { 1, 1 }, .dilation = { 1, 1 } };
        return s;
    }
    for (size_t i = src->rank == 4 ? 0 : 1; i < 2; i++) {
        s.src[i] = src->dim[src->rank - 3 + i];
        s.dst[i] = dst->dim[dst->rank - 3 + i];
    }
    return s;
}

/* The part of a window that lies inside the image, along a dimension. */
static dsci_range inside(const dsci_pool_shape *s, size_t dimension, size_t at)
{
    const size_t start = at * s->window.stride[dimension], before = s->window.before[dimension];
    const size_t end = start + s->window.kernel[dimension] - before;
    const size_t first = start > before ? start - before : 0, size = s->src[dimension];
    return (dsci_range){ first, (end < size ? end : size) - first };
}

dsci_pool_window dsci_pool_window_of(const dsci_pool_shape *s, size_t y, size_t x)
{
    const dsci_range rows = inside(s, 0, y), columns = inside(s, 1, x);
    return (dsci_pool_window){ .first = rows.first * s->src[1] + columns.first,
                               .rows = rows.count,
                               .columns = columns.count,
                               .row_step = s->src[1],
                               .channels = s->channels };
}

size_t dsci_pool_divisor(const dsci_pool_shape *s, const dsci_pool_window *window)
{
    return s->count_padding ? s->window.kernel[0] * s->window.kernel[1] : window->rows * window->columns;
}

/* Windows that lie wholly in the padding would be empty. */
static bool check_window(const dsci_context *context, const dsci_node *node, size_t dimension, size_t src)
{
    const dsci_window *w = &node->attributes.pool.window;
    const size_t kernel = w->kernel[dimension], before = w->before[dimension], after = w->after[dimension];
    if (before >= kernel || after >= kernel || w->dilation[dimension] != 1) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected padding smaller than the window of %zu and no dilation, found "
                       "padding of %zu and %zu; pad less",
                       node->name, kernel, before, after);
        return false;
    }
    if (dsci_window_positions(w, dimension, src) > 0)
        return true;
    dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                   "layer '%s': expected an input of at least %zu for a window of %zu, found %zu from '%s'; "
                   "use a smaller window or more padding",
                   node->name, kernel - before - after, kernel, src, node->in[0]->producer->name);
    return false;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_shape *src = &node->in[0]->shape;
    if (!dsci_expect_batch(context, node, node->in[0]))
        return false;
    const size_t channels = src->dim[src->rank - 1];
    if (node->in[0]->elements / context->batch / channels > INT32_MAX) {
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected images of less than 2^31 pixels from '%s'", node->name,
                       node->in[0]->producer->name);
        return false;
    }
    if (node->attributes.pool.global && src->rank > 2)
        return dsci_node_output(context, node, context->real,
                                &(dsci_shape){ .rank = 2, .dim = { context->batch, channels } });
    if (node->attributes.pool.global || (src->rank != 3 && src->rank != 4)) {
        char text[128];
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected images (height, width, channels) or sequences (steps, "
                       "channels), found a batch of shape %s from '%s'; use dsc_reshape()",
                       node->name, dsci_shape_text(src, text), node->in[0]->producer->name);
        return false;
    }
    dsci_shape dst = *src;
    for (size_t i = src->rank == 4 ? 0 : 1; i < 2; i++) {
        const size_t at = src->rank - 3 + i;
        if (!check_window(context, node, i, src->dim[at]))
            return false;
        dst.dim[at] = dsci_window_positions(&node->attributes.pool.window, i, src->dim[at]);
    }
    return dsci_node_output(context, node, context->real, &dst);
}

static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(context->batch, &node->attributes.pool.example);
    return dsci_node_output(context, node, context->real, &shape);
}

/* --- Gradients --- */

static void append_backward(dsci_graph *graph, dsci_node *node, const dsci_op *op, dsci_tensor *positions)
{
    dsci_tensor *src = node->in[0], *inputs[] = { node->out[0]->diff, positions };
    dsci_attributes attributes = node->attributes;
    attributes.pool.example = (dsci_shape){ .rank = src->shape.rank - 1 };
    for (size_t i = 1; i < src->shape.rank; i++)
        attributes.pool.example.dim[i - 1] = src->shape.dim[i];
    const dsci_node *backward = dsci_graph_append(graph, op, &attributes, inputs, positions ? 2 : 1);
    dsci_gradient_add(graph, src, backward ? backward->out[0] : NULL);
}

/* In training the forward node also tells where the maxima are. */
static void max_gradient(dsci_graph *graph, dsci_node *node)
{
    if (dsci_node_output(&graph->context, node, DSCI_I32, &node->out[0]->shape))
        append_backward(graph, node, &dsci_op_max_pool_backward, node->out[1]);
}

static void average_gradient(dsci_graph *graph, dsci_node *node)
{
    append_backward(graph, node, &dsci_op_average_pool_backward, NULL);
}

static double flops(const dsci_node *node)
{
    const dsci_pool_shape s = dsci_pool_shape_of(node);
    return (double)s.batch * (double)(s.dst[0] * s.dst[1]) * (double)s.channels *
           (double)(s.window.kernel[0] * s.window.kernel[1]);
}

/* --- Native: parts are shards of the batch, or pieces of one example where the batch is small. bf16 is
 * converted to float, pooled and rounded back --- */

/* The place of each maximum in its example's image: max_pool writes them, its gradient reads them. */
struct positions {
    int32_t *written;
    const int32_t *read;
};

/* Computes a piece of one example's output `to` from its input `from`. The piece is a range of the pooled
   image's rows (forward), of channels (gradient of the maximum), or of the gradient's rows (of the average).
 */
typedef void example_fn(const dsci_kernels *kernels, const dsci_pool_shape *s, float *to, const float *from,
                        struct positions positions, dsci_range own);

static void max_example(const dsci_kernels *kernels, const dsci_pool_shape *s, float *to, const float *from,
                        struct positions positions, dsci_range rows)
{
    for (size_t p = rows.first * s->dst[1]; p < (rows.first + rows.count) * s->dst[1]; p++) {
        const dsci_pool_window w = dsci_pool_window_of(s, p / s->dst[1], p % s->dst[1]);
        int32_t *written = positions.written ? positions.written + p * s->channels : NULL;
        kernels->max_pool(to + p * s->channels, written, from, &w);
    }
}

static void max_backward_example(const dsci_kernels *kernels, const dsci_pool_shape *s, float *to,
                                 const float *from, struct positions positions, dsci_range own)
{
    (void)kernels;
    const size_t channels = s->channels, end = own.first + own.count;
    for (size_t p = 0; p < s->src[0] * s->src[1]; p++)
        memset(to + p * channels + own.first, 0, own.count * sizeof *to);
    for (size_t p = 0; p < s->dst[0] * s->dst[1]; p++, from += channels, positions.read += channels)
        for (size_t c = own.first; c < end; c++)
            to[(size_t)positions.read[c] * channels + c] += from[c];
}

static void average_example(const dsci_kernels *kernels, const dsci_pool_shape *s, float *to,
                            const float *from, struct positions positions, dsci_range rows)
{
    (void)positions;
    for (size_t p = rows.first * s->dst[1]; p < (rows.first + rows.count) * s->dst[1]; p++) {
        const dsci_pool_window w = dsci_pool_window_of(s, p / s->dst[1], p % s->dst[1]);
        kernels->average_pool(to + p * s->channels, from, &w, (float)dsci_pool_divisor(s, &w));
    }
}

/* The window without its rows outside of `rows`; it may have none left. */
static dsci_pool_window clip(const dsci_pool_window *w, const dsci_range *rows)
{
    const size_t top = w->first / w->row_step, end = top + w->rows, last = rows->first + rows->count;
    const size_t from = top > rows->first ? top : rows->first, to = end < last ? end : last;
    dsci_pool_window clipped = *w;
    clipped.first = from * w->row_step + w->first % w->row_step;
    clipped.rows = to > from ? to - from : 0;
    return clipped;
}

static void average_backward_example(const dsci_kernels *kernels, const dsci_pool_shape *s, float *to,
                                     const float *from, struct positions positions, dsci_range rows)
{
    (void)positions;
    const size_t row = s->src[1] * s->channels;
    memset(to + rows.first * row, 0, rows.count * row * sizeof *to);
    for (size_t p = 0; p < s->dst[0] * s->dst[1]; p++) {
        const dsci_pool_window w = dsci_pool_window_of(s, p / s->dst[1], p % s->dst[1]);
        const dsci_pool_window inside = clip(&w, &rows);
        if (inside.rows > 0)
            kernels->average_pool_backward(to, from + p * s->channels, &inside,
                                           (float)dsci_pool_divisor(s, &w));
    }
}

/* The size of what an example is cut along (see example_fn): channels, rows of the gradient, or rows of the
   pooled image. */
static size_t extent_of(const dsci_node *node, const dsci_pool_shape *s)
{
    return node->op == &dsci_op_max_pool_backward       ? s->channels
           : node->op == &dsci_op_average_pool_backward ? s->src[0]
                                                        : s->dst[0];
}

/* The number of parts that each example is cut into. 0: too little work, parts are the shards of the batch.
   In bf16 it is 1, as an example is converted to float as a whole. */
static size_t parts_of_example(const dsci_node *node)
{
    const dsci_pool_shape s = dsci_pool_shape_of(node);
    const size_t worth = dsci_element_parts(node, s.src[0] * s.src[1] * s.channels * s.batch);
    if (worth == 1)
        return 0;
    const size_t wanted = worth / s.batch, extent = extent_of(node, &s);
    if (node->real != DSCI_F32 || wanted < 2)
        return 1;
    return dsci_least(wanted, extent);
}

/* In bf16 the workspace holds an example's input and output in float. */
static dsc_status book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const size_t parts = parts_of_example(node);
    if (node->real == DSCI_BF16)
        booking->worker_bytes =
            (dsci_vector_floats(dsci_tensor_cols(node->in[0])) + dsci_tensor_cols(node->out[0])) *
            sizeof(float);
    if (parts == 0)
        return dsci_book_shards(scope, node, booking);
    booking->parts = node->batch * parts;
    return DSC_OK;
}

static void run_example(const dsci_operands *o, dsci_part part, example_fn *run, struct positions positions,
                        size_t example, dsci_range own)
{
    const dsci_pool_shape s = dsci_pool_shape_of(o->node);
    const size_t in = dsci_tensor_cols(o->node->in[0]), out = dsci_tensor_cols(o->node->out[0]);
    const size_t pooled = s.dst[0] * s.dst[1] * s.channels;
    const struct positions here = { positions.written ? positions.written + example * pooled : NULL,
                                    positions.read ? positions.read + example * pooled : NULL };
    if (o->node->real == DSCI_F32) {
        run(o->kernels, &s, (float *)o->out[0] + example * out, (const float *)o->in[0] + example * in, here,
            own);
        return;
    }
    float *from = part.workspace, *to = from + dsci_vector_floats(in);
    o->kernels->from_bf16(from, (const dsci_bf16 *)o->in[0] + example * in, in);
    run(o->kernels, &s, to, from, here, own);
    o->kernels->to_bf16((dsci_bf16 *)o->out[0] + example * out, to, out);
}

static void run_examples(const dsci_operands *o, dsci_part part, example_fn *run, struct positions positions)
{
    const dsci_pool_shape s = dsci_pool_shape_of(o->node);
    const size_t extent = extent_of(o->node, &s);
    if (!o->node->booking.by_batch) {
        const size_t parts = o->node->booking.parts / o->node->batch, at = part.index % parts;
        const size_t first = extent * at / parts;
        run_example(o, part, run, positions, part.index / parts,
                    (dsci_range){ first, extent * (at + 1) / parts - first });
        return;
    }
    const dsci_range examples = dsci_shard(o->node, part.index);
    for (size_t b = examples.first; b < examples.first + examples.count; b++)
        run_example(o, part, run, positions, b, (dsci_range){ 0, extent });
}

static void run_max(const dsci_operands *o, dsci_part part)
{
    run_examples(o, part, max_example, (struct positions){ .written = o->out[1] });
}

static void run_max_backward(const dsci_operands *o, dsci_part part)
{
    run_examples(o, part, max_backward_example, (struct positions){ .read = o->in[1] });
}

static void run_average(const dsci_operands *o, dsci_part part)
{
    run_examples(o, part, average_example, (struct positions){ .written = NULL });
}

static void run_average_backward(const dsci_operands *o, dsci_part part)
{
    run_examples(o, part, average_backward_example, (struct positions){ .written = NULL });
}

#define NATIVE(of_type, function)                                                                            \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = of_type, .book = book, .run = function                          \
    }

static const dsci_field pool_fields[] = { DSCI_WINDOW_FIELDS(pool.window),
                                          { "global", DSCI_FIELD_BOOL, DSCI_AT(pool.global), 0, 0, 1 },
                                          { "count_padding", DSCI_FIELD_BOOL, DSCI_AT(pool.count_padding), 0,
                                            0, 1 },
                                          { .name = NULL } };

const dsci_op dsci_op_max_pool = {
    .name = "max_pool",
    .id = DSCI_OP_MAX_POOL,
    .infer = infer,
    .gradient = max_gradient,
    .flops = flops,
    .schema = { "x", 1, pool_fields },
    .implementations = { NATIVE(DSCI_F32, run_max), NATIVE(DSCI_BF16, run_max),
                         DSCI_REF_IMPLEMENTATIONS(max_pool) },
};

const dsci_op dsci_op_max_pool_backward = {
    .name = "max_pool_backward",
    .id = DSCI_OP_MAX_POOL_BACKWARD,
    .infer = infer_backward,
    .implementations = { NATIVE(DSCI_F32, run_max_backward), NATIVE(DSCI_BF16, run_max_backward),
                         DSCI_REF_IMPLEMENTATIONS(max_pool_backward) },
};

const dsci_op dsci_op_average_pool = {
    .name = "average_pool",
    .id = DSCI_OP_AVERAGE_POOL,
    .infer = infer,
    .gradient = average_gradient,
    .flops = flops,
    .schema = { "x", 1, pool_fields },
    .implementations = { NATIVE(DSCI_F32, run_average), NATIVE(DSCI_BF16, run_average),
                         DSCI_REF_IMPLEMENTATIONS(average_pool) },
};

const dsci_op dsci_op_average_pool_backward = {
    .name = "average_pool_backward",
    .id = DSCI_OP_AVERAGE_POOL_BACKWARD,
    .infer = infer_backward,
    .flops = flops,
    .implementations = { NATIVE(DSCI_F32, run_average_backward), NATIVE(DSCI_BF16, run_average_backward),
                         DSCI_REF_IMPLEMENTATIONS(average_pool_backward) },
};
