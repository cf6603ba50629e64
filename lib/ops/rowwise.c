/* rowwise.c - functions of the last dimension: softmax, its logarithm, maxout, layer normalisation (Ba, Kiros
 * and Hinton 2016).
 */
#include <float.h>

#include "ops/ref/ref.h"

static size_t columns_of(const dsci_tensor *x)
{
    return x->shape.dim[x->shape.rank - 1];
}

/* The rows of a shard: where they start, in elements, and how many. */
static dsci_range shard_rows(const dsci_node *node, const dsci_tensor *x, size_t shard, size_t *rows)
{
    const dsci_range r = dsci_shard_elements(node, x, shard);
    *rows = r.count / columns_of(x);
    return r;
}

static bool infer_same(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_batch(context, node, node->in[0]) && dsci_infer_same(context, node);
}

/* --- Softmax and its logarithm --- */

static void gradient_by_output(dsci_graph *graph, dsci_node *node, const dsci_op *op)
{
    dsci_tensor *inputs[] = { node->out[0]->diff, node->out[0] };
    const dsci_node *backward = dsci_graph_append(graph, op, NULL, inputs, 2);
    dsci_gradient_add(graph, node->in[0], backward ? backward->out[0] : NULL);
}

static void gradient_softmax(dsci_graph *graph, dsci_node *node)
{
    gradient_by_output(graph, node, &dsci_op_softmax_backward);
}

static void gradient_log_softmax(dsci_graph *graph, dsci_node *node)
{
    gradient_by_output(graph, node, &dsci_op_log_softmax_backward);
}

static void run_forward(const dsci_operands *o, dsci_part part)
{
    size_t rows;
    const dsci_tensor *x = o->node->in[0];
    const size_t first = shard_rows(o->node, x, part.index, &rows).first;
    const float *src = o->in[0];
    float *dst = o->out[0];
    (o->node->op == &dsci_op_softmax ? o->kernels->softmax : o->kernels->log_softmax)(
        dst + first, src + first, rows, columns_of(x));
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    size_t rows;
    const dsci_tensor *x = o->node->in[0];
    const size_t first = shard_rows(o->node, x, part.index, &rows).first;
    const float *diff_dst = o->in[0], *dst = o->in[1];
    float *diff_src = o->out[0];
    (o->node->op == &dsci_op_softmax_backward ? o->kernels->softmax_backward
                                              : o->kernels->log_softmax_backward)(
        diff_src + first, diff_dst + first, dst + first, rows, columns_of(x));
}

static double flops(const dsci_node *node)
{
    return 4 * (double)node->in[0]->elements;
}

#define NATIVE(run_phase)                                                                                    \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = dsci_book_shards, .run = (run_phase)          \
    }

const dsci_op dsci_op_softmax = {
    .name = "softmax",
    .id = DSCI_OP_SOFTMAX,
    .infer = infer_same,
    .gradient = gradient_softmax,
    .flops = flops,
    .schema = { .inputs = "x", .least = 1 },
    .implementations = { NATIVE(run_forward), DSCI_REF_IMPLEMENTATIONS(softmax) },
};

const dsci_op dsci_op_softmax_backward = {
    .name = "softmax_backward",
    .id = DSCI_OP_SOFTMAX_BACKWARD,
    .infer = dsci_infer_same,
    .flops = flops,
    .implementations = { NATIVE(run_backward), DSCI_REF_IMPLEMENTATIONS(softmax_backward) },
};

const dsci_op dsci_op_log_softmax = {
    .name = "log_softmax",
    .id = DSCI_OP_LOG_SOFTMAX,
    .infer = infer_same,
    .gradient = gradient_log_softmax,
    .flops = flops,
    .schema = { .inputs = "x", .least = 1 },
    .implementations = { NATIVE(run_forward), DSCI_REF_IMPLEMENTATIONS(log_softmax) },
};

const dsci_op dsci_op_log_softmax_backward = {
    .name = "log_softmax_backward",
    .id = DSCI_OP_LOG_SOFTMAX_BACKWARD,
    .infer = dsci_infer_same,
    .flops = flops,
    .implementations = { NATIVE(run_backward), DSCI_REF_IMPLEMENTATIONS(log_softmax_backward) },
};

/* --- Maxout (Goodfellow et al. 2013): it takes values as they are, so its plain loops are native, too --- */

static bool infer_maxout(const dsci_context *context, dsci_node *node)
{
    const size_t pieces = node->attributes.pieces;
    if (!dsci_expect_batch(context, node, node->in[0]))
        return false;
    dsci_shape shape = node->in[0]->shape;
    if (pieces == 0 || columns_of(node->in[0]) % pieces != 0) {
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected channels that are a multiple of its %zu pieces, found %zu from '%s'",
            node->name, pieces, columns_of(node->in[0]), node->in[0]->producer->name);
        return false;
    }
    shape.dim[shape.rank - 1] /= pieces;
    return dsci_node_output(context, node, node->in[0]->type, &shape);
}

static void gradient_maxout(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *inputs[] = { node->out[0]->diff, node->in[0] };
    const dsci_node *backward =
        dsci_graph_append(graph, &dsci_op_maxout_backward, &node->attributes, inputs, 2);
    dsci_gradient_add(graph, node->in[0], backward ? backward->out[0] : NULL);
}

static bool infer_maxout_backward(const dsci_context *context, dsci_node *node)
{
    return dsci_node_output(context, node, node->in[1]->type, &node->in[1]->shape);
}

#define MAXOUT(name)                                                                                         \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = dsci_ref_##name##_f32                          \
    }

static const dsci_field maxout_fields[] = { { "pieces", DSCI_FIELD_SIZE, DSCI_AT(pieces), 0, 1, 0x1p40 },
                                            { .name = NULL } };

const dsci_op dsci_op_maxout = {
    .name = "maxout",
    .id = DSCI_OP_MAXOUT,
    .infer = infer_maxout,
    .gradient = gradient_maxout,
    .flops = dsci_flops_elementwise,
    .schema = { "x", 1, maxout_fields },
    .implementations = { MAXOUT(maxout), DSCI_REF_IMPLEMENTATIONS(maxout) },
};

const dsci_op dsci_op_maxout_backward = {
    .name = "maxout_backward",
    .id = DSCI_OP_MAXOUT_BACKWARD,
    .infer = infer_maxout_backward,
    .implementations = { MAXOUT(maxout_backward), DSCI_REF_IMPLEMENTATIONS(maxout_backward) },
};

/* --- Layer normalisation. inputs: x, then scale and shift if it has them --- */

enum { SAVED = 3 }; /* numbers kept of each row */

static bool infer_layer_norm(const dsci_context *context, dsci_node *node)
{
    const bool scale = node->attributes.layer_norm.scale, shift = node->attributes.layer_norm.shift;
    if (!dsci_expect_batch(context, node, node->in[0]))
        return false;
    bool fits = node->input_count == 1 + (size_t)scale + (size_t)shift;
    for (size_t i = 1; i < node->input_count; i++)
        fits = fits && node->in[i]->elements == columns_of(node->in[0]);
    if (!fits) {
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected %d parameters of %zu values, one for each element of the last dimension "
            "of '%s'",
            node->name, scale + shift, columns_of(node->in[0]), node->in[0]->producer->name);
        return false;
    }
    const size_t rows = node->in[0]->elements / columns_of(node->in[0]);
    const dsci_shape saved = { .rank = 2, .dim = { context->batch, rows / context->batch * SAVED } };
    return dsci_infer_same(context, node) &&
           (!context->training || dsci_node_output(context, node, dsci_master_type(context->real), &saved));
}

static void gradient_layer_norm(dsci_graph *graph, dsci_node *node)
{
    const bool scale = node->attributes.layer_norm.scale, shift = node->attributes.layer_norm.shift;
    dsci_tensor *inputs[] = { node->out[0]->diff, node->in[0], node->out[1], scale ? node->in[1] : NULL };
    const dsci_node *backward =
        dsci_graph_append(graph, &dsci_op_layer_norm_backward, &node->attributes, inputs, scale ? 4 : 3);
    if (!backward)
        return;
    dsci_gradient_add(graph, node->in[0], node->in[0]->needs_gradient ? backward->out[0] : NULL);
    if (scale)
        dsci_gradient_add(graph, node->in[1], backward->out[1]);
    if (shift)
        dsci_gradient_add(graph, node->in[scale ? 2 : 1], backward->out[scale ? 2 : 1]);
}

static bool infer_layer_norm_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_shape columns = { .rank = 1, .dim = { columns_of(node->in[1]) } };
    const dsci_type master = dsci_master_type(context->real);
    return dsci_infer_same(context, node) &&
           (!node->attributes.layer_norm.scale || dsci_node_output(context, node, master, &columns)) &&
           (!node->attributes.layer_norm.shift || dsci_node_output(context, node, master, &columns));
}

static void run_layer_norm(const dsci_operands *o, dsci_part part)
{
    const bool scale = o->node->attributes.layer_norm.scale, shift = o->node->attributes.layer_norm.shift;
    const dsci_tensor *x = o->node->in[0];
    size_t rows;
    const size_t first = shard_rows(o->node, x, part.index, &rows).first;
    const float *src = o->in[0];
    float *dst = o->out[0], *saved = o->out[1];
    o->kernels->layer_norm(dst + first, saved ? saved + first / columns_of(x) * SAVED : NULL, src + first,
                           scale ? o->in[1] : NULL, shift ? o->in[scale ? 2 : 1] : NULL,
                           o->node->attributes.layer_norm.epsilon, rows, columns_of(x));
}

/* Sums of each shard, for finish to add in their order. */
static dsc_status book_backward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    booking->scratch_bytes = dsci_shards(node) * 2 * columns_of(node->in[1]) * sizeof(double);
    booking->finish_parts = 1;
    return dsci_book_shards(scope, node, booking);
}

static void run_layer_norm_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_tensor *x = o->node->in[1];
    size_t rows;
    const size_t first = shard_rows(o->node, x, part.index, &rows).first, columns = columns_of(x);
    const float *diff_dst = o->in[0], *src = o->in[1], *saved = o->in[2];
    float *diff_src = o->out[0];
    o->kernels->layer_norm_backward(diff_src + first, (double *)o->scratch + part.index * 2 * columns,
                                    diff_dst + first, src + first, saved + first / columns * SAVED,
                                    o->node->attributes.layer_norm.scale ? o->in[3] : NULL, rows, columns);
}

static void finish_layer_norm_backward(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const bool scale = o->node->attributes.layer_norm.scale, shift = o->node->attributes.layer_norm.shift;
    const size_t columns = columns_of(o->node->in[1]);
    float *diff_scale = scale ? o->out[1] : NULL, *diff_shift = shift ? o->out[scale ? 2 : 1] : NULL;
    const double *sums = o->scratch;
    for (size_t c = 0; c < columns; c++) {
        double product = 0, sum = 0;
        for (size_t shard = 0; shard < dsci_shards(o->node); shard++) {
            product += sums[shard * 2 * columns + c];
            sum += sums[(shard * 2 + 1) * columns + c];
        }
        if (diff_scale)
            diff_scale[c] = (float)product;
        if (diff_shift)
            diff_shift[c] = (float)sum;
    }
}

static const dsci_field layer_norm_fields[] = {
    { "epsilon", DSCI_FIELD_REAL, DSCI_AT(layer_norm.epsilon), 0, 0, DBL_MAX },
    { "scale", DSCI_FIELD_BOOL, DSCI_AT(layer_norm.scale), 0, 0, 1 },
    { "shift", DSCI_FIELD_BOOL, DSCI_AT(layer_norm.shift), 0, 0, 1 },
    { .name = NULL }
};

const dsci_op dsci_op_layer_norm = {
    .name = "layer_norm",
    .id = DSCI_OP_LAYER_NORM,
    .infer = infer_layer_norm,
    .gradient = gradient_layer_norm,
    .flops = flops,
    .schema = { "xpp", 1, layer_norm_fields },
    .implementations = { NATIVE(run_layer_norm), DSCI_REF_IMPLEMENTATIONS(layer_norm) },
};

const dsci_op dsci_op_layer_norm_backward = {
    .name = "layer_norm_backward",
    .id = DSCI_OP_LAYER_NORM_BACKWARD,
    .infer = infer_layer_norm_backward,
    .flops = flops,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_backward,
                           .run = run_layer_norm_backward,
                           .finish = finish_layer_norm_backward },
                         DSCI_REF_IMPLEMENTATIONS(layer_norm_backward) },
};
