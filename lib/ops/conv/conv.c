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
    if (node->op == &dsci_op_conv_backward_data)
        return shape_of(node, &node->out[0]->shape, &node->in[0]->shape);
    return shape_of(node, &node->in[0]->shape, &node->in[1]->shape);
}

/* --- Parts --- */

enum {
    ENOUGH_SHARDS = 4, /* of the batch: no image need be cut */
    MOST_PARTS = 16,   /* of small batches */
    BAND_PIXELS = 128, /* of a band, so that weights are read often enough */
    LEAST_PIXELS = 24, /* of a band, where there would be fewer than ENOUGH_SHARDS parts */
};

/* About as much work as it takes to make handing out a part negligible. */
static const double PART_FLOPS = 4e6, DEPTHWISE_FLOPS = 5e5;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* A power of two, so that as many threads have the same to do. */
static size_t bands_of(size_t most, size_t groups, size_t rows, size_t pixels)
{
    const size_t wide = pixels / BAND_PIXELS;
    const size_t narrow =
        groups < ENOUGH_SHARDS ? dsci_least(pixels / LEAST_PIXELS, ENOUGH_SHARDS / groups) : 1;
    const size_t worth = dsci_least(dsci_least(larger(wide, narrow), most / groups), rows);
    size_t bands = 1;
    while (2 * bands <= worth)
        bands *= 2;
    return bands;
}

/* Windows that lie wholly in the padding have no rows of src: such images are not cut. */
dsci_conv_cut dsci_conv_cut_of(const dsci_node *node, size_t rows, size_t pixels)
{
    const dsci_window *w = &node->attributes.conv.window;
    const bool depthwise =
        node->attributes.conv.groups > 1 && dsci_conv_shape_of(node).channels == node->attributes.conv.groups;
    const double parts = node->op->flops(node) / (depthwise ? DEPTHWISE_FLOPS : PART_FLOPS);
    const size_t shards = dsci_shards(node), worth = parts < MOST_PARTS ? (size_t)parts : MOST_PARTS;
    if (shards >= ENOUGH_SHARDS || worth <= shards)
        return (dsci_conv_cut){
            .by_batch = true, .examples = dsci_shard(node, 0).count, .groups = shards, .bands = 1
        };
    const size_t groups = dsci_least(worth, node->batch), examples = (node->batch + groups - 1) / groups;
    dsci_conv_cut cut = { .examples = examples,
                          .groups = (node->batch + examples - 1) / examples,
                          .bands = 1 };
    if (examples == 1 && w->before[0] < dsci_window_reach(w, 0) && w->after[0] < dsci_window_reach(w, 0))
        cut.bands = bands_of(worth, cut.groups, rows, pixels);
    return cut;
}

static dsci_range examples_of(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    const size_t first = part / cut->bands * cut->examples;
    return (dsci_range){ first, dsci_least(cut->examples, s->batch - first) };
}

static dsci_conv_band whole_images(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    return (dsci_conv_band){ .examples = examples_of(s, cut, part),
                             .src = { 0, s->src[0] },
                             .dst = { 0, s->dst[0] },
                             .before = s->window.before[0] };
}

static size_t less(size_t a, size_t b)
{
    return a > b ? a - b : 0;
}

dsci_conv_band dsci_conv_band_of_dst(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    const dsci_window *w = &s->window;
    if (cut->bands == 1)
        return whole_images(s, cut, part);
    const dsci_range dst = dsci_piece(s->dst[0], part % cut->bands, cut->bands);
    const size_t start = dst.first * w->stride[0],
                 end = start + (dst.count - 1) * w->stride[0] + dsci_window_reach(w, 0);
    const size_t first = less(start, w->before[0]);
    return (dsci_conv_band){ .examples = examples_of(s, cut, part),
                             .src = { first, dsci_least(less(end, w->before[0]), s->src[0]) - first },
                             .dst = dst,
                             .before = less(w->before[0], start) };
}

dsci_conv_band dsci_conv_band_of_src(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    const dsci_window *w = &s->window;
    if (cut->bands == 1)
        return whole_images(s, cut, part);
    const dsci_range src = dsci_piece(s->src[0], part % cut->bands, cut->bands);
    const size_t start = src.first + w->before[0], end = start + src.count; /* in the padded image */
    const size_t first = (less(start + 1, dsci_window_reach(w, 0)) + w->stride[0] - 1) / w->stride[0];
    const size_t last = dsci_least((end - 1) / w->stride[0] + 1, s->dst[0]);
    return (dsci_conv_band){ .examples = examples_of(s, cut, part),
                             .src = src,
                             .dst = { first, less(last, first) },
                             .before = start - first * w->stride[0] };
}

/* --- Shapes --- */

/* Weights have the window's shape, and channels that make up the input's. */
static bool check_weights(const dsci_context *context, const dsci_node *node)
{
    const dsci_shape *src = &node->in[0]->shape, *weights = &node->in[1]->shape;
    const dsci_window *window = &node->attributes.conv.window;
    const size_t rank = weights->rank, groups = node->attributes.conv.groups;
    const bool window_fits = rank == src->rank && weights->dim[rank - 3] == window->kernel[1] &&
                             (rank == 4 ? weights->dim[0] : 1) == window->kernel[0];
    if (window_fits && weights->dim[rank - 2] <= SIZE_MAX / groups &&
        weights->dim[rank - 2] * groups == src->dim[rank - 1] && weights->dim[rank - 1] % groups == 0)
        return true;
    char src_text[128], weights_text[128];
    dsc_scope_fail(
        context->scope, DSC_ERROR_SHAPE,
        "layer '%s': expected weights (window, channels / groups, filters) for a window of %zux%zu, %zu "
        "groups and the input %s from '%s', found %s",
        node->name, window->kernel[0], window->kernel[1], groups, dsci_shape_text(src, src_text),
        node->in[0]->producer->name, dsci_shape_text(weights, weights_text));
    return false;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_shape *src = &node->in[0]->shape, *weights = &node->in[1]->shape;
    const dsci_window *window = &node->attributes.conv.window;
    if (!dsci_expect_batch(context, node, node->in[0]))
        return false;
    if (src->rank != 3 && src->rank != 4) {
        char text[128];
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected images (height, width, channels) or sequences (steps, channels), found "
            "a batch of shape %s from '%s'; use dsc_reshape()",
            node->name, dsci_shape_text(src, text), node->in[0]->producer->name);
        return false;
    }
    if (!check_weights(context, node))
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
    const bool bias = node->input_count > 2;
    dsci_attributes attributes = node->attributes;
    attributes.conv.activation = DSC_LINEAR;
    attributes.conv.bias = bias;
    attributes.conv.example = weights->shape;
    const dsci_node *by_weights = dsci_graph_append(graph, &dsci_op_conv_backward_weights, &attributes,
                                                    (dsci_tensor *[]){ src, diff_dst }, 2);
    if (!by_weights)
        return;
    dsci_gradient_add(graph, weights, by_weights->out[0]);
    if (bias)
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

static double flops(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return 2 * (double)s.batch * (double)(s.dst[0] * s.dst[1]) * (double)s.filters *
           (double)dsci_conv_depth(&s);
}

static const dsci_field conv_fields[] = { DSCI_WINDOW_FIELDS(conv.window),
                                          { "groups", DSCI_FIELD_SIZE, DSCI_AT(conv.groups), 0, 1, 0x1p40 },
                                          { .name = NULL } };

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

const dsci_op dsci_op_conv_backward_data = {
    .name = "conv_backward_data",
    .id = DSCI_OP_CONV_BACKWARD_DATA,
    .infer = infer_backward_data,
    .flops = flops,
    .implementations = { DSCI_CONV_ONEDNN(DSCI_F32, dsci_conv_onednn_backward_data),
                         DSCI_CONV_ONEDNN(DSCI_BF16, dsci_conv_onednn_backward_data),
                         { DSCI_CONV_NATIVE(dsci_conv_data_depthwise_3x3) },
                         { DSCI_CONV_NATIVE(dsci_conv_data_depthwise) },
                         { DSCI_CONV_NATIVE(dsci_conv_data_gemm), .prepare = dsci_conv_data_transpose },
                         { DSCI_CONV_NATIVE(dsci_conv_data_windows), .prepare = dsci_conv_data_transpose },
                         { DSCI_CONV_NATIVE(dsci_conv_data_rows), .prepare = dsci_conv_data_transpose },
                         DSCI_WIDENED_PREPARED,
                         DSCI_REF_IMPLEMENTATIONS(conv_backward_data) },
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
