/* conv_onednn.c - convolution by oneDNN's primitives, each over a fixed share of the work.
 *
 * Images stay as they are, channels last. Weights are put into the format that oneDNN prefers once a step,
 * before anything else, and for bf16 rounded on the way.
 *
 * Forward and for the gradient of the input, a part is a shard of the batch; of a small batch it is an
 * example or a band of one's rows. The gradient of the input of a convolution that moves by single steps is
 * computed as the convolution of the output's gradient with the flipped weights, for which oneDNN has its
 * best code.
 *
 * For the gradient of the weights a part is a shard, some shards, a band, or some of the filters over the
 * whole batch: partial sums cost as many additions as there are weights, whatever the size of a part, so that
 * small images with many weights are better cut by filters. All of this is a function of the shape.
 */
#include "ops/conv/conv_onednn.h"

#include <string.h>

#include "ops/conv/conv_depthwise.h"
#include "ops/conv/conv_parts.h"
#include "ops/onednn_layers.h"
#include "ops/products.h"

enum { MOST_FLIPPED = 49 /* elements of a kernel that is flipped: each has a reorder of its own */ };

/* Parts of the same extents share a primitive. */
typedef struct conv_kind {
    size_t examples, filters, src_rows, dst_rows, before;
    dsci_primitive *primitive, *reorder; /* reorder: of a gradient of the weights, or NULL */
} conv_kind;

typedef struct conv_piece {
    const conv_kind *kind;
    size_t src, dst; /* where it starts: elements */
} conv_piece;

typedef struct conv_state {
    dsci_direction direction;
    dsci_conv_shape shape; /* as the primitives see it */
    bool flipped;          /* the gradient of the input as a convolution of that of the output */
    dsci_conv_cut cut;
    size_t parts, kind_count;
    conv_kind *kinds;
    const char *names;  /* of the implementations of all kinds */
    conv_piece *pieces; /* of each part */
    size_t filters;     /* of each part but the last, if it cuts those */
    bool by_filters;
    dsci_primitive **reorders; /* of the weights, before the run: parts of prepare */
    bool reordered;
    size_t weights;        /* elements, plain */
    size_t slot;           /* floats of a part's partial sums in scratch memory: weights, bias; 0: none */
    size_t block_offset;   /* in the workspace: a part's columns of diff_dst, */
    size_t weights_offset; /* and its gradient in oneDNN's format */
} conv_state;

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

/* The convolution of the output's gradient that gives that of the input: every output meets an input with an
   element of the window, counted from its other end. */
static dsci_conv_shape flipped_shape(const dsci_conv_shape *s)
{
    dsci_conv_shape t = *s;
    t.channels = s->filters;
    t.filters = s->channels;
    for (size_t i = 0; i < 2; i++) {
        const size_t reach = dsci_window_reach(&s->window, i) - 1;
        t.src[i] = s->dst[i];
        t.dst[i] = s->src[i];
        t.window.before[i] = reach - s->window.before[i];
        t.window.after[i] = s->src[i] + reach - s->dst[i] - t.window.before[i];
    }
    return t;
}

/* Without padding the flipped convolution would go over many zeros. */
static bool is_flipped(const dsci_node *node, const dsci_conv_shape *s)
{
    const dsci_window *w = &s->window;
    if (!dsci_conv_is_by_src(node) || s->groups > 1 || w->stride[0] * w->stride[1] > 1 ||
        w->kernel[0] * w->kernel[1] > MOST_FLIPPED || 5 * dst_pixels(s) < 4 * s->src[0] * s->src[1])
        return false;
    for (size_t i = 0; i < 2; i++)
        if (w->before[i] >= dsci_window_reach(w, i) || w->after[i] >= dsci_window_reach(w, i))
            return false;
    return true;
}

/* What is known of a node before it is cut. */
static conv_state state_of(const dsci_node *node)
{
    conv_state s = { .shape = dsci_conv_shape_of(node) };
    s.flipped = is_flipped(node, &s.shape);
    if (s.flipped)
        s.shape = flipped_shape(&s.shape);
    s.direction = node->op == &dsci_op_conv || s.flipped ? DSCI_FORWARD
                  : dsci_conv_is_by_src(node)            ? DSCI_BACKWARD_DATA
                                                         : DSCI_BACKWARD_WEIGHTS;
    s.weights = dsci_conv_depth(&s.shape) * s.shape.filters;
    s.filters = s.shape.filters;
    return s;
}

static conv_state *make_state(dsc_scope *scope, dsci_node *node)
{
    conv_state *s = dsc_scope_alloc(scope, 1, sizeof *s);
    if (!s)
        return NULL;
    *s = state_of(node);
    node->state = s;
    return s;
}

/* Of a part of these extents. */
static dsci_primitive_spec spec_of(const dsci_node *node, const conv_state *s, const conv_kind *kind)
{
    const dsci_conv_shape *shape = &s->shape;
    const bool forward = node->op == &dsci_op_conv;
    dsci_primitive_spec spec = {
        .layer = node->name,
        .direction = s->direction,
        .bf16 = node->in[0]->type == DSCI_BF16,
        .bias = forward ? node->input_count > 2
                        : s->direction == DSCI_BACKWARD_WEIGHTS && node->attributes.conv.bias,
        .eltwise = forward ? dsci_onednn_eltwise(node->attributes.conv.activation) : DSCI_ELTWISE_NONE,
        .batch = kind->examples,
        .in = shape->channels,
        .out = kind->filters,
        .groups = shape->groups,
        .weights_row = shape->filters,
        .flipped_kernel = s->flipped,
        .spatial = 2,
        .copies = s->parts,
    };
    for (size_t i = 0; i < 2; i++) {
        spec.space[i].src = i == 0 ? kind->src_rows : shape->src[i];
        spec.space[i].kernel = shape->window.kernel[i];
        spec.space[i].dst = i == 0 ? kind->dst_rows : shape->dst[i];
        spec.space[i].stride = shape->window.stride[i];
        spec.space[i].dilation = shape->window.dilation[i];
        spec.space[i].pad = i == 0 ? kind->before : shape->window.before[i];
    }
    return spec;
}

static bool make_primitive(dsc_scope *scope, const dsci_node *node, const conv_state *s, conv_kind *kind,
                           const dsci_primitive *like)
{
    dsci_primitive_spec spec = spec_of(node, s, kind);
    spec.like = like;
    kind->primitive = dsci_primitive_make(scope, &spec);
    return kind->primitive != NULL;
}

/* Whether oneDNN would be slow on whatever machine: because its faster implementations compute wrong numbers,
   and are passed over everywhere. */
static bool is_slow(const dsci_node *node)
{
    const conv_state s = state_of(node);
    const conv_kind whole = { .examples = s.shape.batch,
                              .filters = s.filters,
                              .src_rows = s.shape.src[0],
                              .dst_rows = s.shape.dst[0],
                              .before = s.shape.window.before[0] };
    const dsci_primitive_spec spec = spec_of(node, &s, &whole);
    return dsci_onednn_is_slow(&spec);
}

bool dsci_conv_onednn_supports(const dsci_node *node)
{
    const dsc_activation activation =
        node->op == &dsci_op_conv ? node->attributes.conv.activation : DSC_ACTIVATION_LINEAR;
    return dsci_onednn_computes(node->in[0]->type, activation);
}

/* oneDNN is faster, but for (docs/benchmarks.md, "How work is cut", has the times)
 * - few channels: the gradient of the input, the forward convolution of small windows, and the gradient of
 * the weights;
 * - each channel by itself in windows of 3 x 3;
 * - the gradient of the weights where a small batch is cut into pieces of images. Whole shards of a large
 * batch are still in the caches of the thread that went backward through them. Small networks stay native,
 * for the same bits on every processor. */
bool dsci_conv_onednn_prefers(const dsci_node *node)
{
    static const double least_flops = 1e5; /* of an example */
    enum { LEAST_CHANNELS = 8 };
    if (is_slow(node))
        return false;
    if (node->in[0]->type == DSCI_BF16)
        return true;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const bool few = s.groups == 1 && s.channels < LEAST_CHANNELS;
    if (few && (dsci_conv_is_by_src(node) ||
                (node->op == &dsci_op_conv && dsci_conv_depth(&s) <= DSCI_GEMM_K_BLOCK)))
        return false;
    const bool fast = dsci_conv_depthwise_is_fast(node),
               for_weights = node->op == &dsci_op_conv_backward_weights;
    if (fast && !for_weights)
        return false;
    if (for_weights && (fast || s.groups == 1) &&
        (few || !dsci_conv_cut_of(node, s.dst[0], dst_pixels(&s)).by_batch))
        return false;
    return node->op->flops(node) >= least_flops * (double)s.batch;
}

const char *dsci_conv_onednn_describe(const dsci_node *node)
{
    const conv_state *s = node->state;
    return s ? s->names : NULL;
}

/* --- Booking --- */

/* The first of these extents, which makes the primitive; the others of the same filters have weights in the
   format of the first. */
static const conv_kind *kind_of(dsc_scope *scope, const dsci_node *node, conv_state *s, conv_kind wanted)
{
    const dsci_primitive *like = NULL;
    for (size_t i = 0; i < s->kind_count; i++) {
        const conv_kind *k = &s->kinds[i];
        if (k->filters != wanted.filters)
            continue;
        if (k->examples == wanted.examples && k->src_rows == wanted.src_rows &&
            k->dst_rows == wanted.dst_rows && k->before == wanted.before)
            return k;
        like = like ? like : k->primitive;
    }
    s->kinds[s->kind_count] = wanted;
    return make_primitive(scope, node, s, &s->kinds[s->kind_count], like) ? &s->kinds[s->kind_count++] : NULL;
}

/* The gradient of the input goes through the rows of src, all else through those of dst. */
static dsci_conv_band band_of(const conv_state *s, size_t part)
{
    return s->direction == DSCI_BACKWARD_DATA ? dsci_conv_band_of_src(&s->shape, &s->cut, part)
                                              : dsci_conv_band_of_dst(&s->shape, &s->cut, part);
}

static const char *names_of(dsc_scope *scope, const conv_state *s)
{
    const char *names = NULL;
    for (size_t i = 0; i < s->kind_count; i++)
        names = dsci_primitive_names(scope, names, s->kinds[i].primitive);
    return names;
}

static bool make_pieces(dsc_scope *scope, const dsci_node *node, conv_state *s)
{
    const dsci_conv_shape *shape = &s->shape;
    s->kinds = dsc_scope_alloc(scope, s->parts, sizeof *s->kinds);
    s->pieces = dsc_scope_alloc(scope, s->parts, sizeof *s->pieces);
    if (!s->kinds || !s->pieces)
        return false;
    for (size_t p = 0; p < s->parts; p++) {
        const dsci_conv_band b = band_of(s, s->by_filters ? 0 : p);
        const conv_kind wanted = {
            .examples = b.examples.count,
            .filters = s->by_filters ? dsci_least(s->filters, shape->filters - p * s->filters) : s->filters,
            .src_rows = b.src.count,
            .dst_rows = b.dst.count,
            .before = b.before,
        };
        s->pieces[p] = (conv_piece){
            .kind = kind_of(scope, node, s, wanted),
            .src = b.examples.first * src_example(shape) + b.src.first * shape->src[1] * shape->channels,
            .dst = (b.examples.first * dst_pixels(shape) + b.dst.first * shape->dst[1]) * shape->filters,
        };
        if (!s->pieces[p].kind)
            return false;
    }
    s->names = names_of(scope, s);
    return s->names != NULL;
}

static size_t scratch_of(const conv_state *s)
{
    size_t bytes = 0;
    for (size_t i = 0; i < s->kind_count; i++) {
        bytes = dsci_largest(bytes, dsci_primitive_scratch_bytes(s->kinds[i].primitive));
        bytes = dsci_largest(bytes, dsci_primitive_scratch_bytes(s->kinds[i].reorder));
    }
    return bytes;
}

/* Weights that already lie as oneDNN wants them stay where they are. Those that are flipped are put there an
   element of the window at a time. */
static void make_reorders(dsc_scope *scope, conv_state *s, dsci_booking *booking)
{
    const dsci_primitive *primitive = s->kinds[0].primitive;
    s->reordered = !dsci_primitive_is_plain(primitive);
    if (!s->reordered)
        return;
    const size_t worth = dsci_least(s->shape.filters / dsci_limits.onednn.filter_step,
                                    s->weights / dsci_limits.onednn.reorder_floats);
    size_t parts = s->shape.groups > 1 || worth < 2 ? 1 : dsci_least(worth, dsci_limits.onednn.reorder_parts);
    if (s->flipped)
        parts = s->shape.window.kernel[0] * s->shape.window.kernel[1];
    else if (!dsci_reorder_divides(primitive, parts))
        parts = 1;
    s->reorders = dsc_scope_alloc(scope, parts, sizeof(dsci_primitive *));
    for (size_t p = 0; p < parts && s->reorders; p++) {
        s->reorders[p] = dsci_reorder_make(scope, primitive, p, parts, 1);
        booking->worker_bytes =
            dsci_largest(booking->worker_bytes, dsci_primitive_scratch_bytes(s->reorders[p]));
    }
    booking->prepare_parts = parts;
    booking->prepared_bytes = dsci_primitive_weights_bytes(primitive);
}

/* oneDNN can't be asked for the gradient of rows that no window reaches. */
static bool every_band_is_reached(const conv_state *s)
{
    for (size_t p = 0; p < s->cut.bands; p++) {
        const dsci_conv_band b = band_of(s, p);
        if (b.dst.count == 0 || b.before > s->shape.src[0] + s->shape.window.before[0])
            return false;
    }
    return true;
}

dsc_status dsci_conv_onednn_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    conv_state *s = make_state(scope, node);
    if (!s)
        return dsc_scope_status(scope);
    const bool by_src = s->direction == DSCI_BACKWARD_DATA;
    s->cut = dsci_conv_cut_of(node, by_src ? s->shape.src[0] : s->shape.dst[0],
                              by_src ? s->shape.src[0] * s->shape.src[1] : dst_pixels(&s->shape));
    if (by_src && !every_band_is_reached(s))
        s->cut.bands = 1;
    s->parts = s->cut.groups * s->cut.bands;
    if (make_pieces(scope, node, s))
        make_reorders(scope, s, booking);
    booking->worker_bytes = dsci_largest(booking->worker_bytes, scratch_of(s));
    booking->parts = s->parts;
    booking->by_batch = s->cut.by_batch;
    return dsc_scope_status(scope);
}

/* Shards until a part is worth its partial sums, or filters if that makes enough parts. */
static void choose_cut(conv_state *s)
{
    const size_t shard_products = dsci_largest(2 * s->cut.examples * dst_pixels(&s->shape), 1);
    const size_t shards = dsci_ceiling(dsci_limits.onednn.products, shard_products);
    const size_t by_filters = s->shape.filters / dsci_limits.onednn.filters;
    if (shards <= 1 || s->cut.groups == 1)
        return;
    s->by_filters = s->shape.groups == 1 && by_filters >= dsci_limits.onednn.least;
    if (s->by_filters) {
        s->filters =
            dsci_round_up(dsci_ceiling(s->shape.filters, DSCI_MOST_PARTS), dsci_limits.onednn.filters);
    } else {
        s->cut.examples = dsci_least(s->cut.examples * shards, s->shape.batch);
        s->cut.groups = dsci_ceiling(s->shape.batch, s->cut.examples);
        s->cut.by_batch = false;
    }
}

/* The same for a small batch: examples or bands that are worth their partial sums, filters if there are not
   enough of them. */
static void choose_small_cut(conv_state *s)
{
    const size_t step = dsci_limits.onednn.filter_step, least = dsci_limits.onednn.least;
    const size_t products = 2 * s->shape.batch * dst_pixels(&s->shape);
    const size_t worth = dsci_largest(products / dsci_limits.onednn.small_products, 1);
    const size_t by_filters = s->shape.groups == 1 ? s->shape.filters / step : 1;
    if (worth < least && by_filters > worth) {
        s->by_filters = true;
        s->filters = by_filters >= 2 * least ? dsci_limits.onednn.filters : step;
        s->filters =
            dsci_largest(s->filters, dsci_round_up(dsci_ceiling(s->shape.filters, DSCI_MOST_PARTS), step));
        return;
    }
    while (s->cut.bands > 1 &&
           s->cut.groups * s->cut.bands > dsci_least(worth, dsci_limits.onednn.most_small))
        s->cut.bands /= 2;
    s->cut.examples = dsci_largest(s->cut.examples, dsci_ceiling(s->shape.batch, worth));
    s->cut.groups = dsci_ceiling(s->shape.batch, s->cut.examples);
}

/* In the workspace: oneDNN's scratch memory, then what a part needs on its way. */
static void book_weights_memory(const dsci_node *node, conv_state *s, dsci_booking *booking)
{
    s->block_offset = dsci_round_up(scratch_of(s), 64);
    s->weights_offset = s->block_offset;
    if (s->by_filters)
        s->weights_offset +=
            dsci_round_up(s->shape.batch * dst_pixels(&s->shape) * s->filters * activation_size(node), 64);
    booking->worker_bytes = s->weights_offset + dsci_primitive_weights_bytes(s->kinds[0].primitive);
    booking->parts = s->parts;
    booking->by_batch = s->cut.by_batch;
    if (s->by_filters || s->parts == 1)
        return;
    s->slot = dsci_round_up(s->weights + s->shape.filters, 16);
    booking->scratch_bytes = s->parts * s->slot * sizeof(float);
    booking->finish_parts =
        dsci_least(s->parts * s->weights / dsci_limits.onednn.sum_floats + 1, DSCI_MOST_PARTS);
}

dsc_status dsci_conv_onednn_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    conv_state *s = make_state(scope, node);
    if (!s)
        return dsc_scope_status(scope);
    s->cut = dsci_conv_cut_of(node, s->shape.dst[0], dst_pixels(&s->shape));
    if (s->cut.by_batch)
        choose_cut(s);
    else
        choose_small_cut(s);
    if (s->by_filters)
        s->cut = (dsci_conv_cut){ .examples = s->shape.batch, .groups = 1, .bands = 1 };
    s->parts = s->by_filters ? dsci_ceiling(s->shape.filters, s->filters) : s->cut.groups * s->cut.bands;
    const bool made = make_pieces(scope, node, s);
    for (size_t i = 0; i < s->kind_count && made; i++)
        if (!dsci_primitive_is_plain(s->kinds[i].primitive))
            s->kinds[i].reorder = dsci_reorder_make(scope, s->kinds[i].primitive, 0, 1, s->parts);
    if (dsc_scope_status(scope) == DSC_OK)
        book_weights_memory(node, s, booking);
    return dsc_scope_status(scope);
}

/* --- Running --- */

void dsci_conv_onednn_prepare(const dsci_operands *o, dsci_part part)
{
    const conv_state *s = o->state;
    if (!s->reordered || !s->reorders[part.index])
        return;
    const dsci_primitive_operands operands = { .src = o->in[1],
                                               .dst = o->prepared,
                                               .scratch = part.workspace };
    dsci_primitive_run(s->reorders[part.index], 0, &operands);
}

/* Where a part starts, in tensors of src's and of dst's shape. */
static const void *src_at(const conv_piece *piece, const dsci_operands *o, const void *base)
{
    return (const char *)base + piece->src * activation_size(o->node);
}

static const void *dst_at(const conv_piece *piece, const dsci_operands *o, const void *base)
{
    return (const char *)base + piece->dst * activation_size(o->node);
}

static void run_part(const dsci_operands *o, dsci_part part, const void *src, const void *dst)
{
    const conv_state *s = o->state;
    const conv_piece *piece = &s->pieces[part.index];
    const dsci_primitive_operands operands = {
        .src = src_at(piece, o, src),
        .weights = s->reordered ? o->prepared : o->in[1],
        .bias = o->in[2],
        .dst = dst_at(piece, o, dst),
        .scratch = part.workspace,
    };
    dsci_primitive_run(piece->kind->primitive, part.index, &operands);
}

void dsci_conv_onednn_forward(const dsci_operands *o, dsci_part part)
{
    run_part(o, part, o->in[0], o->out[0]);
}

void dsci_conv_onednn_backward_data(const dsci_operands *o, dsci_part part)
{
    const conv_state *s = o->state;
    if (s->flipped)
        run_part(o, part, o->in[0], o->out[0]);
    else
        run_part(o, part, o->out[0], o->in[0]);
}

/* A part's filters of every pixel of diff_dst, in a block of their own. */
static const void *gather_filters(const conv_state *s, const dsci_operands *o, size_t part, char *block)
{
    const size_t size = activation_size(o->node), pixels = s->shape.batch * dst_pixels(&s->shape);
    const size_t first = part * s->filters, width = dsci_least(s->filters, s->shape.filters - first) * size;
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
    const conv_piece *piece = &s->pieces[part.index];
    const conv_kind *kind = piece->kind;
    char *workspace = part.workspace;
    float *weights, *bias;
    choose_targets(s, o, part.index, &weights, &bias);
    void *direct = kind->reorder ? (void *)(workspace + s->weights_offset) : weights;
    const dsci_primitive_operands operands = {
        .src = src_at(piece, o, o->in[0]),
        .weights = direct,
        .bias = bias,
        .dst = s->by_filters ? gather_filters(s, o, part.index, workspace + s->block_offset)
                             : dst_at(piece, o, o->in[1]),
        .scratch = workspace,
    };
    dsci_primitive_run(kind->primitive, part.index, &operands);
    if (kind->reorder)
        dsci_primitive_run(kind->reorder, part.index,
                           &(dsci_primitive_operands){ .src = direct, .dst = weights, .scratch = workspace });
}

/* Part p of finish: some of the weights; the first also the bias. */
void dsci_conv_onednn_sum_weights(const dsci_operands *o, dsci_part part)
{
    const conv_state *s = o->state;
    const float *slots = o->scratch;
    const dsci_range own = dsci_piece(s->weights, part.index, o->node->booking.finish_parts);
    dsci_add_slots(o->kernels, slots + own.first, s->slot, s->parts, own.count,
                   (float *)o->out[0] + own.first);
    if (o->out[1] && part.index == 0)
        dsci_add_slots(o->kernels, slots + s->weights, s->slot, s->parts, s->shape.filters, o->out[1]);
}
