/* conv_onednn.c - convolution by oneDNN's primitives, each over a fixed share of the work.
 *
 * Images stay as they are, channels last. Weights are put into the format that oneDNN prefers once a step,
 * before anything else, and for bf16 rounded on the way.
 *
 * Forward and for the gradient of the input, a part is a shard of the batch. For the gradient of the weights
 * a part is a shard, some shards, or some of the filters over the whole batch: partial sums cost as many
 * additions as there are weights, whatever the size of a shard, so that small images with many weights are
 * better cut by filters. All of this is a function of the shape.
 */
#include "ops/conv_onednn.h"

#include <string.h>

#include "onednn/onednn.h"
#include "ops/conv.h"

enum {
    MOST_REORDERS = 8,
    STEP = 64,                /* filters: formats keep up to so many together */
    REORDER_FLOATS = 1 << 16, /* weights that are worth a part of their reorder */
    SUM_FLOATS = 1 << 15,     /* and of the sum over parts */
    MOST_SUMS = 16,
    /* Gradient of the weights: multiplications and additions of a part for each weight, so that their sum
       costs little (32 -> 64, 5x5, at 14x14 in shards of 8: 5.2 ms; of 16: 5.8; 256 -> 512, 3x3, at 8x8 by
       filters: 23.9 and, in bf16, 14.8 ms; by shards of 8: 26.4 and 15.3; of 16: 28.0 and 14.3). */
    LEAST_PRODUCTS = 2048,
    WIDTH = 128,  /* filters of a part, where it is cut by filters (64: 25.7 and 17.8 ms) */
    LEAST_CUT = 4 /* parts, at least */
};

typedef struct conv_state {
    dsci_direction direction;
    dsci_conv_shape shape;
    size_t parts;
    size_t rows, filters; /* of each part but the last: examples, and filters if it cuts those */
    bool by_filters;
    dsci_primitive *primitive[2]; /* of full parts; of the last, if it is smaller */
    dsci_primitive
        *reorder[MOST_REORDERS]; /* forward: parts of prepare; backward weights: of each primitive */
    bool reordered;
    size_t weights;        /* elements, plain */
    size_t slot;           /* floats of a part's partial sums in scratch memory: weights, bias; 0: none */
    size_t block_offset;   /* in the workspace: a part's columns of diff_dst, */
    size_t weights_offset; /* and its gradient in oneDNN's format */
} conv_state;

static size_t round_up(size_t value, size_t step)
{
    return (value + step - 1) / step * step;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static bool is_last(const conv_state *s, size_t part)
{
    return s->primitive[1] && part + 1 == s->parts;
}

static size_t src_example(const dsci_conv_shape *s)
{
    return s->src[0] * s->src[1] * s->channels;
}

static size_t dst_pixels(const dsci_conv_shape *s)
{
    return s->dst[0] * s->dst[1];
}

static size_t activation_size(const dsci_node *node)
{
    return dsci_type_size(node->in[0]->type);
}

bool dsci_conv_onednn_supports(const dsci_node *node)
{
    const bool forward = node->op == &dsci_op_conv;
    return (!forward || node->attributes.conv.activation <= DSC_TANH) &&
           (node->in[0]->type == DSCI_F32 || dsci_onednn_has_bf16());
}

/* Measured on two threads (Zen 5, batch 128, ms of the native kernels and of oneDNN): 16 -> 16, 3x3, at 32x32
 * forward 2.4 and 2.0, gradient of the input 2.4 and 1.4, of the weights 7.3 and 1.6; 25 -> 25 at 10x10 0.53
 * and 0.49, 0.58 and 0.34, 0.94 and 0.41. The gradient of an input with few channels is the exception: of 3
 * channels 1.3 and 3.0, of 1 channel 2.3 and 5.3. Small networks stay native, for the same bits on every
 * processor. */
bool dsci_conv_onednn_prefers(const dsci_node *node)
{
    static const double least_flops = 1e5; /* of an example */
    enum { LEAST_CHANNELS = 8 };
    if (node->in[0]->type == DSCI_BF16)
        return true;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    if (node->op == &dsci_op_conv_backward_data && s.groups == 1 && s.channels < LEAST_CHANNELS)
        return false;
    return node->op->flops(node) >= least_flops * (double)s.batch;
}

const char *dsci_conv_onednn_describe(const dsci_node *node)
{
    const conv_state *s = node->state;
    return s ? dsci_primitive_name(s->primitive[0]) : NULL;
}

/* --- Booking --- */

static dsci_primitive *make_primitive(dsc_scope *scope, const dsci_node *node, const conv_state *s,
                                      size_t rows, size_t filters, const dsci_primitive *like)
{
    static const dsci_eltwise eltwise[] = { [DSC_LINEAR] = DSCI_ELTWISE_NONE,
                                            [DSC_RELU] = DSCI_ELTWISE_RELU,
                                            [DSC_SIGMOID] = DSCI_ELTWISE_LOGISTIC,
                                            [DSC_TANH] = DSCI_ELTWISE_TANH };
    const dsci_conv_shape *shape = &s->shape;
    const bool forward = s->direction == DSCI_FORWARD;
    dsci_primitive_spec spec = {
        .layer = node->name,
        .direction = s->direction,
        .bf16 = node->in[0]->type == DSCI_BF16,
        .bias = forward ? node->input_count > 2
                        : s->direction == DSCI_BACKWARD_WEIGHTS && node->attributes.conv.bias,
        .eltwise = forward ? eltwise[node->attributes.conv.activation] : DSCI_ELTWISE_NONE,
        .batch = rows,
        .in = shape->channels,
        .out = filters,
        .groups = shape->groups,
        .weights_row = shape->filters,
        .spatial = 2,
        .like = like,
        .copies = s->parts,
    };
    for (size_t i = 0; i < 2; i++) {
        spec.space[i].src = shape->src[i];
        spec.space[i].kernel = shape->window.kernel[i];
        spec.space[i].dst = shape->dst[i];
        spec.space[i].stride = shape->window.stride[i];
        spec.space[i].dilation = shape->window.dilation[i];
        spec.space[i].pad = shape->window.before[i];
    }
    return dsci_primitive_make(scope, &spec);
}

/* The last part may have fewer examples, or fewer filters. */
static void make_primitives(dsc_scope *scope, const dsci_node *node, conv_state *s)
{
    const size_t batch = s->shape.batch, filters = s->shape.filters;
    s->primitive[0] = make_primitive(scope, node, s, s->rows, s->filters, NULL);
    if (!s->primitive[0] || s->parts == 1)
        return;
    if (s->by_filters && filters % s->filters)
        s->primitive[1] = make_primitive(scope, node, s, s->rows, filters % s->filters, NULL);
    else if (!s->by_filters && batch % s->rows)
        s->primitive[1] = make_primitive(scope, node, s, batch % s->rows, s->filters, s->primitive[0]);
}

static conv_state *make_state(dsc_scope *scope, dsci_node *node)
{
    conv_state *s = dsc_scope_alloc(scope, 1, sizeof *s);
    if (!s)
        return NULL;
    node->state = s;
    s->direction = node->op == &dsci_op_conv                 ? DSCI_FORWARD
                   : node->op == &dsci_op_conv_backward_data ? DSCI_BACKWARD_DATA
                                                             : DSCI_BACKWARD_WEIGHTS;
    s->shape = dsci_conv_shape_of(node);
    s->weights = dsci_conv_depth(&s->shape) * s->shape.filters;
    s->parts = dsci_shards(node);
    s->rows = dsci_shard(node, 0).count;
    s->filters = s->shape.filters;
    return s;
}

static size_t scratch_of(const conv_state *s)
{
    size_t bytes =
        larger(dsci_primitive_scratch_bytes(s->primitive[0]), dsci_primitive_scratch_bytes(s->primitive[1]));
    for (size_t i = 0; i < MOST_REORDERS; i++)
        bytes = larger(bytes, dsci_primitive_scratch_bytes(s->reorder[i]));
    return bytes;
}

/* Weights that already lie as oneDNN wants them stay where they are. */
static void make_reorders(dsc_scope *scope, conv_state *s, dsci_booking *booking)
{
    s->reordered = !dsci_primitive_is_plain(s->primitive[0]);
    if (!s->reordered)
        return;
    const size_t worth = least(s->shape.filters / STEP, s->weights / REORDER_FLOATS);
    const size_t parts = s->shape.groups > 1 || worth < 2 ? 1 : least(worth, MOST_REORDERS);
    for (size_t p = 0; p < parts; p++)
        s->reorder[p] = dsci_reorder_make(scope, s->primitive[0], p, parts, 1);
    booking->prepare_parts = parts;
    booking->prepared_bytes = dsci_primitive_weights_bytes(s->primitive[0]);
}

dsc_status dsci_conv_onednn_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    conv_state *s = make_state(scope, node);
    if (!s)
        return dsc_scope_status(scope);
    make_primitives(scope, node, s);
    if (dsc_scope_status(scope) == DSC_OK)
        make_reorders(scope, s, booking);
    booking->worker_bytes = scratch_of(s);
    return dsci_book_shards(scope, node, booking);
}

/* Shards until a part is worth its partial sums, or filters if that makes enough parts. */
static void choose_cut(conv_state *s)
{
    const size_t shard_products = larger(2 * s->rows * dst_pixels(&s->shape), 1);
    const size_t shards = (LEAST_PRODUCTS + shard_products - 1) / shard_products;
    const size_t by_filters = s->shape.filters / WIDTH;
    if (shards <= 1 || s->parts == 1)
        return;
    s->by_filters = s->shape.groups == 1 && by_filters >= LEAST_CUT;
    if (s->by_filters) {
        s->rows = s->shape.batch;
        s->filters = round_up((s->shape.filters + MOST_SUMS - 1) / MOST_SUMS, WIDTH);
        s->parts = (s->shape.filters + s->filters - 1) / s->filters;
    } else {
        s->rows = least(s->rows * shards, s->shape.batch);
        s->parts = (s->shape.batch + s->rows - 1) / s->rows;
    }
}

/* In the workspace: oneDNN's scratch memory, then what a part needs on its way. */
static void book_weights_memory(const dsci_node *node, conv_state *s, dsci_booking *booking)
{
    s->block_offset = round_up(scratch_of(s), 64);
    s->weights_offset = s->block_offset;
    if (s->by_filters)
        s->weights_offset +=
            round_up(s->rows * dst_pixels(&s->shape) * s->filters * activation_size(node), 64);
    booking->worker_bytes = s->weights_offset + dsci_primitive_weights_bytes(s->primitive[0]);
    booking->parts = s->parts;
    booking->by_batch = !s->by_filters && s->parts == dsci_shards(node);
    if (s->by_filters || s->parts == 1)
        return;
    s->slot = round_up(s->weights + s->shape.filters, 16);
    booking->scratch_bytes = s->parts * s->slot * sizeof(float);
    booking->finish_parts = least(s->parts * s->weights / SUM_FLOATS + 1, MOST_SUMS);
}

dsc_status dsci_conv_onednn_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    conv_state *s = make_state(scope, node);
    if (!s)
        return dsc_scope_status(scope);
    choose_cut(s);
    make_primitives(scope, node, s);
    for (size_t i = 0; i < 2 && dsc_scope_status(scope) == DSC_OK; i++)
        if (s->primitive[i] && !dsci_primitive_is_plain(s->primitive[i]))
            s->reorder[i] = dsci_reorder_make(scope, s->primitive[i], 0, 1, s->parts);
    if (dsc_scope_status(scope) == DSC_OK)
        book_weights_memory(node, s, booking);
    return dsc_scope_status(scope);
}

/* --- Running --- */

void dsci_conv_onednn_prepare(const dsci_operands *o, dsci_part part)
{
    const conv_state *s = o->state;
    if (!s->reordered || !s->reorder[part.index])
        return;
    const dsci_primitive_operands operands = { .src = o->in[1],
                                               .dst = o->prepared,
                                               .scratch = part.workspace };
    dsci_primitive_run(s->reorder[part.index], 0, &operands);
}

/* Where a part's examples start, in tensors of src's and of dst's shape. */
static const void *src_at(const conv_state *s, const dsci_operands *o, const void *base, size_t part)
{
    return (const char *)base + part * s->rows * src_example(&s->shape) * activation_size(o->node);
}

static const void *dst_at(const conv_state *s, const dsci_operands *o, const void *base, size_t part)
{
    return (const char *)base +
           part * s->rows * dst_pixels(&s->shape) * s->shape.filters * activation_size(o->node);
}

static void run_part(const dsci_operands *o, dsci_part part, const void *src, const void *dst)
{
    const conv_state *s = o->state;
    const dsci_primitive_operands operands = {
        .src = src_at(s, o, src, part.index),
        .weights = s->reordered ? o->prepared : o->in[1],
        .bias = o->in[2],
        .dst = dst_at(s, o, dst, part.index),
        .scratch = part.workspace,
    };
    dsci_primitive_run(s->primitive[is_last(s, part.index)], part.index, &operands);
}

void dsci_conv_onednn_forward(const dsci_operands *o, dsci_part part)
{
    run_part(o, part, o->in[0], o->out[0]);
}

void dsci_conv_onednn_backward_data(const dsci_operands *o, dsci_part part)
{
    run_part(o, part, o->out[0], o->in[0]);
}

/* A part's filters of every pixel of diff_dst, in a block of their own. */
static const void *gather_filters(const conv_state *s, const dsci_operands *o, size_t part, char *block)
{
    const size_t size = activation_size(o->node), pixels = s->rows * dst_pixels(&s->shape);
    const size_t first = part * s->filters, width = least(s->filters, s->shape.filters - first) * size;
    const char *diff_dst = (const char *)o->in[1] + first * size;
    for (size_t i = 0; i < pixels; i++)
        memcpy(block + i * width, diff_dst + i * s->shape.filters * size, width);
    return block;
}

/* Where a part's gradients go: weights, and bias if there is one. */
static void choose_targets(const conv_state *s, const dsci_operands *o, size_t part, float **weights,
                           float **bias)
{
    const size_t first = s->by_filters ? part * s->filters : 0;
    float *slot = s->slot ? (float *)o->scratch + part * s->slot : NULL;
    *weights = slot ? slot : (float *)o->out[0] + first;
    *bias = !o->out[1] ? NULL : slot ? slot + s->weights : (float *)o->out[1] + first;
}

void dsci_conv_onednn_backward_weights(const dsci_operands *o, dsci_part part)
{
    const conv_state *s = o->state;
    const size_t which = is_last(s, part.index), batch_part = s->by_filters ? 0 : part.index;
    char *workspace = part.workspace;
    float *weights, *bias;
    choose_targets(s, o, part.index, &weights, &bias);
    void *direct = s->reorder[which] ? (void *)(workspace + s->weights_offset) : weights;
    const dsci_primitive_operands operands = {
        .src = src_at(s, o, o->in[0], batch_part),
        .weights = direct,
        .bias = bias,
        .dst = s->by_filters ? gather_filters(s, o, part.index, workspace + s->block_offset)
                             : dst_at(s, o, o->in[1], batch_part),
        .scratch = workspace,
    };
    dsci_primitive_run(s->primitive[which], part.index, &operands);
    if (s->reorder[which])
        dsci_primitive_run(s->reorder[which], part.index,
                           &(dsci_primitive_operands){ .src = direct, .dst = weights, .scratch = workspace });
}

/* dst = the sum of the parts' slots, in order. */
static void sum_slots(const conv_state *s, const float *slots, size_t from, size_t count, float *dst)
{
    memcpy(dst, slots + from, count * sizeof *dst);
    for (size_t p = 1; p < s->parts; p++) {
        const float *slot = slots + p * s->slot + from;
        for (size_t i = 0; i < count; i++)
            dst[i] += slot[i];
    }
}

/* Part p of finish: some of the weights; the first also the bias. */
void dsci_conv_onednn_sum_weights(const dsci_operands *o, dsci_part part)
{
    const conv_state *s = o->state;
    if (!s->slot)
        return;
    enum { BLOCK = 2048 }; /* floats that stay in the first-level cache */
    const size_t parts = o->node->booking.finish_parts;
    const size_t first = s->weights * part.index / parts, last = s->weights * (part.index + 1) / parts;
    float *diff_weights = o->out[0];
    for (size_t i = first; i < last; i += BLOCK)
        sum_slots(s, o->scratch, i, least(BLOCK, last - i), diff_weights + i);
    if (o->out[1] && part.index == 0)
        sum_slots(s, o->scratch, s->weights, s->shape.filters, o->out[1]);
}
