/* conv.c - convolution (cross-correlation) of images and sequences, channels last: shapes and gradients. */
#include "ops/conv/conv.h"
#include "ops/bf16_emulation.h"
#include "ops/conv/conv_native.h"
#include "ops/conv/conv_onednn.h"
#include "ops/ref/ref.h"

/* Height and width of an example; of a sequence 1 and the steps. */
static void set_extents(size_t extents[2], const dsci_shape *batched)
{
    extents[0] = batched->rank == 4 ? batched->dim[1] : 1;
    extents[1] = batched->dim[batched->rank - 2];
}

static dsci_conv_shape shape_of(const dsci_node *node, const dsci_shape *src, const dsci_shape *dst)
{
    dsci_conv_shape s = { .batch = node->batch,
                          .channels = src->dim[src->rank - 1],
                          .filters = dst->dim[dst->rank - 1],
                          .groups = node->attributes.conv.groups,
                          .window = node->attributes.conv.window };
    set_extents(s.src, src);
    set_extents(s.dst, dst);
    return s;
}

dsci_conv_shape dsci_conv_shape_of(const dsci_node *node)
{
    if (node->op == &dsci_op_conv)
        return shape_of(node, &node->in[0]->shape, &node->out[0]->shape);
    if (dsci_conv_is_by_src(node))
        return shape_of(node, &node->out[0]->shape, &node->in[0]->shape);
    return shape_of(node, &node->in[0]->shape, &node->in[1]->shape);
}

/* Images or sequences. */
static bool check_rank(const dsci_context *context, const dsci_node *node)
{
    const dsci_shape *src = &node->in[0]->shape;
    if (src->rank == 3 || src->rank == 4)
        return true;
    char text[128];
    dsc_scope_fail(
        context->scope, DSC_ERROR_SHAPE,
        "layer '%s': expected images (height, width, channels) or sequences (steps, channels), found "
        "a batch of shape %s from '%s'; use dsc_reshape()",
        node->name, dsci_shape_text(src, text), node->in[0]->producer->name);
    return false;
}

/* Weights have the window's shape, and channels that make up the input's: the last dimension but one those of
   a group, the last all; of a transposed convolution the other way around. */
static bool check_weights(const dsci_context *context, const dsci_node *node)
{
    const dsci_shape *src = &node->in[0]->shape, *weights = &node->in[1]->shape;
    const dsci_window *window = &node->attributes.conv.window;
    const size_t rank = weights->rank, groups = node->attributes.conv.groups,
                 channels = src->dim[src->rank - 1];
    const bool transposed = node->op == &dsci_op_conv_transposed;
    const bool window_fits = rank == src->rank && weights->dim[rank - 3] == window->kernel[1] &&
                             (rank == 4 ? weights->dim[0] : 1) == window->kernel[0];
    if (window_fits && weights->dim[rank - 2] <= SIZE_MAX / groups && weights->dim[rank - 1] % groups == 0 &&
        (transposed ? weights->dim[rank - 1] : weights->dim[rank - 2] * groups) == channels)
        return true;
    char src_text[128], weights_text[128];
    dsc_scope_fail(
        context->scope, DSC_ERROR_SHAPE,
        "layer '%s': expected weights (window, %s) for a window of %zux%zu, %zu groups and the input "
        "%s from '%s', found %s",
        node->name, transposed ? "filters / groups, channels" : "channels / groups, filters",
        window->kernel[0], window->kernel[1], groups, dsci_shape_text(src, src_text),
        node->in[0]->producer->name, dsci_shape_text(weights, weights_text));
    return false;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_shape *src = &node->in[0]->shape, *weights = &node->in[1]->shape;
    const dsci_window *window = &node->attributes.conv.window;
    if (!dsci_expect_batch(context, node, node->in[0]) || !check_rank(context, node) ||
        !check_weights(context, node))
        return false;
    dsci_shape dst = *src;
    dst.dim[dst.rank - 1] = weights->dim[weights->rank - 1];
    for (size_t i = src->rank == 4 ? 0 : 1; i < 2; i++) {
        const size_t at = src->rank - 3 + i, positions = dsci_window_positions(window, i, src->dim[at]);
        if (positions == 0) {
            dsc_scope_fail(
                context->scope, DSC_ERROR_SHAPE,
                "layer '%s': expected an input of at least %zu in dimension %zu for a window of %zu with "
                "dilation %zu and padding %zu, found %zu; use a smaller window or more padding",
                node->name, dsci_window_reach(window, i) - window->before[i] - window->after[i], at - 1,
                window->kernel[i], window->dilation[i], window->before[i], src->dim[at]);
            return false;
        }
        dst.dim[at] = positions;
    }
    return dsci_node_output(context, node, context->real, &dst);
}

/* What a transposed convolution makes of a dimension: as many pixels as a convolution by the same window
   makes `size` of, and the padding of the output. 0: none, or too many. */
static size_t transposed_size(const dsci_node *node, size_t i, size_t size)
{
    const dsci_window *w = &node->attributes.conv.window;
    const size_t least = dsci_window_reach(w, i) + node->attributes.conv.output_pad[i];
    if (size == 0 || size - 1 > (SIZE_MAX - least) / w->stride[i])
        return 0;
    const size_t padded = (size - 1) * w->stride[i] + least, cut = w->before[i] + w->after[i];
    return padded > cut ? padded - cut : 0;
}

static bool infer_transposed(const dsci_context *context, dsci_node *node)
{
    const dsci_shape *given = &node->in[0]->shape, *weights = &node->in[1]->shape;
    const dsci_window *window = &node->attributes.conv.window;
    if (!dsci_expect_batch(context, node, node->in[0]) || !check_rank(context, node) ||
        !check_weights(context, node))
        return false;
    dsci_shape made = *given;
    made.dim[made.rank - 1] = weights->dim[weights->rank - 2] * node->attributes.conv.groups;
    for (size_t i = 0; i < 2; i++) {
        const size_t at = given->rank - 3 + i, pad = node->attributes.conv.output_pad[i];
        const bool there = given->rank == 4 || i == 1;
        if (pad >= window->stride[i]) {
            dsc_scope_fail(
                context->scope, DSC_ERROR_ARGUMENT,
                "layer '%s': expected a padding of the output below the stride of %zu, found %zu; no "
                "window reaches further",
                node->name, window->stride[i], pad);
            return false;
        }
        if (!there)
            continue;
        made.dim[at] = transposed_size(node, i, given->dim[at]);
        if (made.dim[at] == 0) {
            dsc_scope_fail(
                context->scope, DSC_ERROR_SHAPE,
                "layer '%s': expected less padding than the output has pixels in dimension %zu, found "
                "%zu and %zu with a window of %zu, stride %zu and an input of %zu; use less padding",
                node->name, at - 1, window->before[i], window->after[i], window->kernel[i], window->stride[i],
                given->dim[at]);
            return false;
        }
    }
    return dsci_node_output(context, node, context->real, &made);
}

static bool infer_backward_data(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(context->batch, &node->attributes.conv.example);
    return dsci_node_output(context, node, context->real, &shape);
}

static bool infer_backward_weights(const dsci_context *context, dsci_node *node)
{
    const dsci_type master = dsci_master_type(context->real);
    const dsci_shape *diff_dst = &node->in[1]->shape;
    const dsci_shape bias = { .rank = 1, .dim = { diff_dst->dim[diff_dst->rank - 1] } };
    return dsci_node_output(context, node, master, &node->attributes.conv.example) &&
           (!node->attributes.conv.bias || dsci_node_output(context, node, master, &bias));
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *src = node->in[0], *weights = node->in[1], *diff_dst = node->out[0]->diff;
    const bool bias = node->input_count > 2 && node->in[2]->needs_gradient;
    dsci_attributes attributes = node->attributes;
    attributes.conv.activation = DSC_ACTIVATION_LINEAR;
    attributes.conv.bias = bias;
    attributes.conv.example = weights->shape;
    const dsci_node *by_weights = bias || weights->needs_gradient
                                      ? dsci_graph_append(graph, &dsci_op_conv_backward_weights, &attributes,
                                                          (dsci_tensor *[]){ src, diff_dst }, 2)
                                      : NULL;
    if (by_weights)
        dsci_gradient_add(graph, weights, by_weights->out[0]);
    if (by_weights && bias)
        dsci_gradient_add(graph, node->in[2], by_weights->out[1]);
    if (!src->needs_gradient)
        return;
    attributes.conv.example = (dsci_shape){ .rank = src->shape.rank - 1 };
    for (size_t i = 1; i < src->shape.rank; i++)
        attributes.conv.example.dim[i - 1] = src->shape.dim[i];
    const dsci_node *by_data = dsci_graph_append(graph, &dsci_op_conv_backward_data, &attributes,
                                                 (dsci_tensor *[]){ diff_dst, weights }, 2);
    dsci_gradient_add(graph, src, by_data ? by_data->out[0] : NULL);
}

/* The convolution that this is the gradient of goes back through it: its output's gradient is the image, its
   input that of the output. */
static void gradient_transposed(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *given = node->in[0], *weights = node->in[1], *diff = node->out[0]->diff;
    dsci_attributes attributes = { .conv = { .window = node->attributes.conv.window,
                                             .groups = node->attributes.conv.groups,
                                             .example = weights->shape } };
    if (weights->needs_gradient) {
        const dsci_node *by_weights = dsci_graph_append(graph, &dsci_op_conv_backward_weights, &attributes,
                                                        (dsci_tensor *[]){ diff, given }, 2);
        dsci_gradient_add(graph, weights, by_weights ? by_weights->out[0] : NULL);
    }
    if (!given->needs_gradient)
        return;
    attributes.conv.example = (dsci_shape){ .rank = 0 };
    const dsci_node *by_data =
        dsci_graph_append(graph, &dsci_op_conv, &attributes, (dsci_tensor *[]){ diff, weights }, 2);
    dsci_gradient_add(graph, given, by_data ? by_data->out[0] : NULL);
}

static double flops(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return 2 * (double)s.batch * (double)(s.dst[0] * s.dst[1]) * (double)s.filters *
           (double)dsci_conv_depth(&s);
}

static const dsci_field conv_fields[] = { DSCI_WINDOW_FIELDS(conv.window),
                                          { "groups", DSCI_FIELD_SIZE, DSCI_AT(conv.groups), 0, 1, 0x1p40 },
                                          { .name = NULL } };
static const dsci_field transposed_fields[] = {
    DSCI_WINDOW_FIELDS(conv.window),
    { "groups", DSCI_FIELD_SIZE, DSCI_AT(conv.groups), 0, 1, 0x1p40 },
    { "output_pad", DSCI_FIELD_SIZE, DSCI_AT(conv.output_pad), 2, 0, 0x1p20 },
    { .name = NULL }
};

const dsci_op dsci_op_conv = {
    .name = "conv",
    .id = DSCI_OP_CONV,
    .infer = infer,
    .gradient = gradient,
    .flops = flops,
    .schema = { "xpb", 2, conv_fields },
    .implementations = { DSCI_CONV_ONEDNN(DSCI_F32, dsci_conv_onednn_forward),
                         DSCI_CONV_ONEDNN(DSCI_BF16, dsci_conv_onednn_forward),
                         { DSCI_CONV_NATIVE(dsci_conv_depthwise_3x3) },
                         { DSCI_CONV_NATIVE(dsci_conv_depthwise) },
                         { DSCI_CONV_NATIVE(dsci_conv_direct) },
                         { DSCI_CONV_NATIVE(dsci_conv_deep_gemm) },
                         { DSCI_CONV_NATIVE(dsci_conv_gemm) },
                         { DSCI_CONV_NATIVE(dsci_conv_deep_im2col) },
                         { DSCI_CONV_NATIVE(dsci_conv_im2col) },
                         DSCI_WIDENED,
                         DSCI_REF_IMPLEMENTATIONS(conv) },
};

/* Of what computes src from dst. */
#define DATA_IMPLEMENTATIONS                                                                                 \
    DSCI_CONV_ONEDNN(DSCI_F32, dsci_conv_onednn_backward_data),                                              \
        DSCI_CONV_ONEDNN(DSCI_BF16, dsci_conv_onednn_backward_data),                                         \
        { DSCI_CONV_NATIVE(dsci_conv_data_depthwise_3x3) }, { DSCI_CONV_NATIVE(dsci_conv_data_depthwise) },  \
        { DSCI_CONV_NATIVE(dsci_conv_data_gemm), .prepare = dsci_conv_data_transpose },                      \
        { DSCI_CONV_NATIVE(dsci_conv_data_windows), .prepare = dsci_conv_data_transpose },                   \
        { DSCI_CONV_NATIVE(dsci_conv_data_rows), .prepare = dsci_conv_data_transpose },                      \
        DSCI_WIDENED_PREPARED, DSCI_REF_IMPLEMENTATIONS(conv_backward_data)

const dsci_op dsci_op_conv_backward_data = {
    .name = "conv_backward_data",
    .id = DSCI_OP_CONV_BACKWARD_DATA,
    .infer = infer_backward_data,
    .flops = flops,
    .implementations = { DATA_IMPLEMENTATIONS },
};

const dsci_op dsci_op_conv_backward_weights = {
    .name = "conv_backward_weights",
    .id = DSCI_OP_CONV_BACKWARD_WEIGHTS,
    .infer = infer_backward_weights,
    .flops = flops,
    .implementations = { DSCI_CONV_ONEDNN_WEIGHTS(DSCI_F32),
                         DSCI_CONV_ONEDNN_WEIGHTS(DSCI_BF16),
                         { DSCI_CONV_NATIVE(dsci_conv_weights_depthwise_3x3),
                           .finish = dsci_conv_weights_depthwise_finish },
                         { DSCI_CONV_NATIVE(dsci_conv_weights_depthwise),
                           .finish = dsci_conv_weights_depthwise_finish },
                         { DSCI_CONV_NATIVE(dsci_conv_weights_gemm), .pack = dsci_conv_weights_gemm_pack,
                           .finish = dsci_conv_weights_gemm_finish },
                         { DSCI_CONV_NATIVE(dsci_conv_weights_direct),
                           .finish = dsci_conv_weights_direct_finish },
                         DSCI_WIDENED,
                         DSCI_REF_IMPLEMENTATIONS(conv_backward_weights) },
};

const dsci_op dsci_op_conv_transposed = {
    .name = "conv_transposed",
    .id = DSCI_OP_CONV_TRANSPOSED,
    .infer = infer_transposed,
    .gradient = gradient_transposed,
    .flops = flops,
    .schema = { "xp", 2, transposed_fields },
    .implementations = { DATA_IMPLEMENTATIONS },
};
