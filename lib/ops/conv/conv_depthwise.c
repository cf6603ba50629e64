/* conv_depthwise.c - convolution of each channel by itself, natively. Pixels whose windows meet the image
 * with the same elements have the same taps, moved along; rows of the output, and its columns, are gone
 * through in runs of such pixels. Small windows have kernels of their own.
 *
 * Sums have the order of the other algorithms: an output is a chain of fused multiply-adds over the window;
 * an element of the input's gradient is the sum of rounded products over rows of the output, then over their
 * pixels; a gradient of a weight is a chain over all pixels of the batch, in blocks of DSCI_GEMM_K_BLOCK.
 * Parts are shards, or bands of rows of a small batch; for the weights, some channels or some blocks.
 */
#include "ops/conv/conv_depthwise.h"

#include <string.h>

#include "ops/conv/conv_native.h"
#include "ops/conv/conv_pixels.h"
#include "ops/products.h"

enum {
    CHUNK = 4,             /* rows that an activation finds in the cache */
    BIAS_VECTORS = 4,      /* whose chains go side by side */
    KEPT_ROWS = 3,         /* of the image, those that a window meets, */
    KEPT_BYTES = 32 << 10, /* in the first-level cache */
};

static size_t elements_of(const dsci_conv_shape *s)
{
    return s->window.kernel[0] * s->window.kernel[1];
}

static size_t tap_bytes(const dsci_conv_shape *s)
{
    return dsci_round_up(elements_of(s) * sizeof(dsci_tap), 64);
}

static dsci_conv_cut cut_of(const dsci_node *node, const dsci_conv_shape *s)
{
    const bool by_src = dsci_conv_is_by_src(node);
    const size_t *extents = by_src ? s->src : s->dst;
    return dsci_conv_cut_of(node, extents[0], extents[0] * extents[1]);
}

/* Whether windows are 3 x 3 and move by at most `most` pixels: what dsci_channel_windows is made for. */
static bool is_small(const dsci_conv_shape *s, size_t most)
{
    const dsci_window *w = &s->window;
    for (size_t i = 0; i < 2; i++)
        if (w->kernel[i] != 3 || w->dilation[i] != 1 || w->before[i] > 2 || w->after[i] > 2)
            return false;
    return w->stride[0] == w->stride[1] && w->stride[0] <= most;
}

/* How many parts to cut the channels into, each of whole vectors, so that there are enough parts and each is
   wide enough to be read fast. */
static size_t channel_parts(const dsci_conv_shape *s)
{
    const size_t vectors = dsci_ceiling(s->channels, DSCI_LANES), least = dsci_limits.channels.least_vectors;
    const size_t wide = dsci_least(vectors / dsci_limits.channels.enough, dsci_limits.channels.most_vectors);
    return dsci_least(vectors < 2 * least ? vectors : vectors / dsci_largest(wide, least), DSCI_MOST_PARTS);
}

/* Floats from a pixel to the next in a kept row of `channels` channels: an odd number of vectors, since
   pixels that are a power of two apart would fall on few sets of the cache. */
static size_t kept_pixel(size_t channels)
{
    return dsci_vector_floats(channels) / DSCI_LANES / 2 * 2 * DSCI_LANES + DSCI_LANES;
}

/* Floats of the rows of the image that are kept for the windows of the next rows of the output, since those
   meet two of them again; 0: none are kept, where windows move by 2 or three rows leave the first-level
   cache.
 */
static size_t kept_floats(const dsci_conv_shape *s, size_t channels)
{
    const size_t floats = KEPT_ROWS * s->src[1] * kept_pixel(channels);
    return is_small(s, 1) && floats * sizeof(float) <= KEPT_BYTES ? floats : 0;
}

/* Parts are vectors of channels. Where those are few, parts are blocks of pixels, each with sums of its own
   that are added in the end, if there are enough blocks and their sums take little memory. */
static void book_weights(const dsci_conv_shape *s, dsci_booking *booking)
{
    const size_t bytes = dsci_conv_block_sums_bytes(s);
    size_t widest = dsci_vector_floats(s->channels);
    booking->parts = channel_parts(s);
    if ((booking->parts < dsci_limits.channels.enough || !is_small(s, 2)) && bytes) {
        booking->parts = dsci_least(dsci_conv_blocks(s), DSCI_MOST_PARTS);
        booking->finish_parts = dsci_least(elements_of(s), DSCI_MOST_PARTS);
        booking->scratch_bytes = bytes;
    } else
        widest = (widest / DSCI_LANES / booking->parts + 2) * DSCI_LANES;
    booking->worker_bytes += ((elements_of(s) + 1) * widest + KEPT_BYTES / sizeof(float)) * sizeof(float);
}

/* In the workspace: the taps; then packed weights and a bias for each channel, or sums
   of a block, the bias's sums and rows that are kept. */
static dsc_status book(dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    booking->worker_bytes = tap_bytes(&s);
    if (node->op == &dsci_op_conv_backward_weights) {
        book_weights(&s, booking);
        return DSC_OK;
    }
    const dsci_conv_cut cut = cut_of(node, &s);
    booking->by_batch = cut.by_batch;
    booking->parts = cut.groups * cut.bands;
    booking->worker_bytes += (elements_of(&s) + 1) * dsci_vector_floats(s.channels) * sizeof(float);
    return DSC_OK;
}

/* --- The algorithms --- */

/* A node whose channels are each by themselves, in windows of 3 x 3 that move by at most that many pixels; 0:
   in any windows. */
static bool is_depthwise(const dsci_node *node, size_t most)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return s.groups > 1 && s.groups == s.channels && s.groups == s.filters &&
           (most == 0 || is_small(&s, most));
}

bool dsci_conv_depthwise_is_fast(const dsci_node *node)
{
    return is_depthwise(node, node->op == &dsci_op_conv_backward_weights ? 2 : 1);
}

#define ALGORITHM(name, most_stride, text)                                                                   \
    bool name##_supports(const dsci_node *node)                                                              \
    {                                                                                                        \
        return is_depthwise(node, most_stride);                                                              \
    }                                                                                                        \
    dsc_status name##_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)                         \
    {                                                                                                        \
        (void)scope;                                                                                         \
        return book(node, booking);                                                                          \
    }                                                                                                        \
    const char *name##_describe(const dsci_node *node)                                                       \
    {                                                                                                        \
        (void)node;                                                                                          \
        return text;                                                                                         \
    }

ALGORITHM(dsci_conv_depthwise_3x3, 2, "depthwise 3x3")
ALGORITHM(dsci_conv_depthwise, 0, "depthwise")
ALGORITHM(dsci_conv_data_depthwise_3x3, 1, "depthwise 3x3")
ALGORITHM(dsci_conv_data_depthwise, 0, "depthwise")
ALGORITHM(dsci_conv_weights_depthwise_3x3, 2, "depthwise 3x3")
ALGORITHM(dsci_conv_weights_depthwise, 0, "depthwise")

/* Of each 16 channels the elements one after the other, the last first if they are flipped. */
static void pack_weights(const dsci_conv_shape *s, const float *weights, bool flipped, float *packed)
{
    const size_t elements = elements_of(s);
    for (size_t c = 0; c < s->channels; c += DSCI_LANES) {
        const size_t count = dsci_least(DSCI_LANES, s->channels - c);
        for (size_t k = 0; k < elements; k++, packed += DSCI_LANES) {
            const float *from = weights + (flipped ? elements - 1 - k : k) * s->channels + c;
            for (size_t i = 0; i < count; i++)
                packed[i] = from[i];
        }
    }
}

/* --- Which elements of the window meet what --- */

/* The elements first, first + step, ... < end along a dimension. */
typedef struct span {
    size_t first, end;
} span;

/* Those with which the window at a position meets the image. */
static span elements_inside(const dsci_conv_shape *s, size_t dimension, size_t at)
{
    const dsci_window *w = &s->window;
    size_t place;
    span e = { 0, w->kernel[dimension] };
    while (e.first < e.end && !dsci_window_source(w, dimension, at, e.first, s->src[dimension], &place))
        e.first++;
    while (e.end > e.first && !dsci_window_source(w, dimension, at, e.end - 1, s->src[dimension], &place))
        e.end--;
    return e;
}

/* The position of the window that meets element `at` of the image with its element k; false: none does. */
static bool position_of(const dsci_window *w, size_t dimension, size_t at, size_t k, size_t positions,
                        size_t *position)
{
    const size_t place = at + w->before[dimension], offset = k * w->dilation[dimension];
    *position = (place - offset) / w->stride[dimension];
    return place >= offset && (place - offset) % w->stride[dimension] == 0 && *position < positions;
}

/* Those with which windows meet a row or column of the image; between them some may not. */
static span elements_meeting(const dsci_conv_shape *s, size_t dimension, size_t at)
{
    const dsci_window *w = &s->window;
    size_t position;
    span e = { 0, w->kernel[dimension] };
    while (e.first < e.end && !position_of(w, dimension, at, e.first, s->dst[dimension], &position))
        e.first++;
    while (e.end > e.first && !position_of(w, dimension, at, e.end - 1, s->dst[dimension], &position))
        e.end--;
    return e;
}

typedef span span_fn(const dsci_conv_shape *s, size_t dimension, size_t at);

/* How many of the positions at, at + step, ... < end follow each other with the same span of elements as the
   first. */
static size_t run_of(span_fn *span_at, const dsci_conv_shape *s, size_t dimension, size_t at, size_t step,
                     size_t end)
{
    const span first = span_at(s, dimension, at);
    size_t run = 1;
    for (at += step; at < end; at += step, run++) {
        const span next = span_at(s, dimension, at);
        if (next.first != first.first || next.end != first.end)
            break;
    }
    return run;
}

/* --- Forward --- */

/* The pixels of an image that the window at (y, x) meets, and the elements it meets them with. */
static size_t taps_of_window(const dsci_conv_shape *s, size_t at_y, size_t at_x, dsci_tap *taps)
{
    const dsci_window *w = &s->window;
    size_t count = 0, y, x;
    for (size_t ky = 0; ky < w->kernel[0]; ky++) {
        if (!dsci_window_source(w, 0, at_y, ky, s->src[0], &y))
            continue;
        for (size_t kx = 0; kx < w->kernel[1]; kx++)
            if (dsci_window_source(w, 1, at_x, kx, s->src[1], &x))
                taps[count++] = (dsci_tap){ (y * s->src[1] + x) * s->channels, ky * w->kernel[1] + kx };
    }
    return count;
}

/* What is added to the sums: the bias; without one, where ReLU needs a pass over the sums all the same, -0
   for each channel, which changes nothing, in `terms`; else NULL. */
static const float *terms_of(const dsci_operands *o, const dsci_conv_shape *s, float *terms)
{
    const float *bias = o->in[2];
    if (bias || o->node->attributes.conv.activation != DSC_ACTIVATION_RELU)
        return bias;
    for (size_t c = 0; c < s->channels; c++)
        terms[c] = -0.0F;
    return terms;
}

/* What a part computes with, besides its example. */
typedef struct layer {
    const dsci_operands *o;
    const dsci_conv_shape *s;
    dsci_tap *taps;
    const float *packed, *terms;
} layer;

typedef void rows_fn(const layer *layer, const float *src, float *dst, dsci_range rows);

static void forward_3x3(const layer *l, const float *image, float *dst, dsci_range rows)
{
    const dsci_conv_shape *s = l->s;
    l->o->kernels->channel_windows(
        &(dsci_channel_windows){ .dst = dst,
                                 .src = image,
                                 .src_rows = s->src[0],
                                 .src_columns = s->src[1],
                                 .columns = s->dst[1],
                                 .before = { s->window.before[0], s->window.before[1] },
                                 .first = rows.first,
                                 .rows = rows.count,
                                 .stride = s->window.stride[0],
                                 .pixel = s->channels,
                                 .channels = s->channels,
                                 .weights = l->packed,
                                 .bias = l->terms,
                                 .floor = dsci_activation_floor(l->o->node->attributes.conv.activation),
                                 .fused = 1 });
}

static void forward_taps(const layer *l, const float *image, float *dst, dsci_range rows)
{
    const dsci_conv_shape *s = l->s;
    dsci_channel_sums sums = { .src = image,
                               .channels = s->channels,
                               .dst_row = s->dst[1] * s->channels,
                               .dst_pixel = s->channels,
                               .src_row = s->window.stride[0] * s->src[1] * s->channels,
                               .src_pixel = s->window.stride[1] * s->channels,
                               .taps = l->taps,
                               .elements = elements_of(s),
                               .weights = l->packed,
                               .bias = l->terms,
                               .floor = dsci_activation_floor(l->o->node->attributes.conv.activation),
                               .fused = 1 };
    const size_t end = rows.first + rows.count;
    for (size_t y = rows.first; y < end; y += sums.rows) {
        sums.rows = run_of(elements_inside, s, 0, y, 1, end);
        for (size_t x = 0; x < s->dst[1]; x += sums.pixels) {
            sums.pixels = run_of(elements_inside, s, 1, x, 1, s->dst[1]);
            sums.tap_count = taps_of_window(s, y, x, l->taps);
            sums.dst = dst + (y * s->dst[1] + x) * s->channels;
            l->o->kernels->channel_sums(&sums);
        }
    }
}

static void run_forward(const dsci_operands *o, dsci_part part, rows_fn *compute)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const dsc_activation activation = o->node->attributes.conv.activation;
    const dsci_conv_cut cut = cut_of(o->node, &s);
    const dsci_conv_band own = dsci_conv_band_of_dst(&s, &cut, part.index);
    float *packed = (float *)((char *)part.workspace + tap_bytes(&s));
    const layer l = { .o = o,
                      .s = &s,
                      .taps = part.workspace,
                      .packed = packed,
                      .terms = terms_of(o, &s, packed + elements_of(&s) * dsci_vector_floats(s.channels)) };
    const size_t row = s.dst[1] * s.channels;
    pack_weights(&s, o->in[1], false, packed);
    for (size_t e = own.examples.first; e < own.examples.first + own.examples.count; e++) {
        const float *image = (const float *)o->in[0] + e * s.src[0] * s.src[1] * s.channels;
        float *dst = (float *)o->out[0] + e * s.dst[0] * row;
        for (size_t done = 0; done < own.dst.count; done += CHUNK) {
            const dsci_range rows = { own.dst.first + done, dsci_least(CHUNK, own.dst.count - done) };
            compute(&l, image, dst, rows);
            if (!dsci_activation_is_floor(activation))
                o->kernels->activation_forward(activation, 0.0F, dst + rows.first * row,
                                               dst + rows.first * row, rows.count * row);
        }
    }
}

void dsci_conv_depthwise_3x3_run(const dsci_operands *o, dsci_part part)
{
    run_forward(o, part, forward_3x3);
}

void dsci_conv_depthwise_run(const dsci_operands *o, dsci_part part)
{
    run_forward(o, part, forward_taps);
}

/* --- Gradient of the input --- */

/* The windows that meet a pixel of the image, by rows of the output. */
static size_t taps_of_pixel(const dsci_conv_shape *s, size_t at_y, size_t at_x, dsci_tap *taps)
{
    const dsci_window *w = &s->window;
    size_t count = 0, y, x;
    for (size_t ky = w->kernel[0]; ky-- > 0;) {
        if (!position_of(w, 0, at_y, ky, s->dst[0], &y))
            continue;
        for (size_t kx = w->kernel[1]; kx-- > 0;)
            if (position_of(w, 1, at_x, kx, s->dst[1], &x))
                taps[count++] = (dsci_tap){ (y * s->dst[1] + x) * s->channels, ky * w->kernel[1] + kx };
    }
    return count;
}

/* Pixels of the image that are a multiple of the stride apart meet windows with the same elements: such
   pixels are gone through together. */
static void backward_taps(const layer *l, const float *diff_dst, float *diff_src, dsci_range rows)
{
    const dsci_conv_shape *s = l->s;
    const dsci_window *w = &s->window;
    dsci_channel_sums sums = { .src = diff_dst,
                               .channels = s->channels,
                               .dst_row = w->stride[0] * s->src[1] * s->channels,
                               .dst_pixel = w->stride[1] * s->channels,
                               .src_row = s->dst[1] * s->channels,
                               .src_pixel = s->channels,
                               .taps = l->taps,
                               .elements = elements_of(s),
                               .weights = l->packed };
    const size_t end = rows.first + rows.count;
    for (size_t phase_y = 0; phase_y < w->stride[0]; phase_y++)
        for (size_t y = rows.first + phase_y; y < end; y += sums.rows * w->stride[0]) {
            sums.rows = run_of(elements_meeting, s, 0, y, w->stride[0], end);
            for (size_t phase_x = 0; phase_x < w->stride[1]; phase_x++)
                for (size_t x = phase_x; x < s->src[1]; x += sums.pixels * w->stride[1]) {
                    sums.pixels = run_of(elements_meeting, s, 1, x, w->stride[1], s->src[1]);
                    sums.tap_count = taps_of_pixel(s, y, x, l->taps);
                    sums.dst = diff_src + (y * s->src[1] + x) * s->channels;
                    l->o->kernels->channel_sums(&sums);
                }
        }
}

/* The convolution of the output's gradient with the flipped window. */
static void backward_3x3(const layer *l, const float *diff_dst, float *diff_src, dsci_range rows)
{
    const dsci_conv_shape *s = l->s;
    l->o->kernels->channel_windows(
        &(dsci_channel_windows){ .dst = diff_src,
                                 .src = diff_dst,
                                 .src_rows = s->dst[0],
                                 .src_columns = s->dst[1],
                                 .columns = s->src[1],
                                 .before = { 2 - s->window.before[0], 2 - s->window.before[1] },
                                 .first = rows.first,
                                 .rows = rows.count,
                                 .stride = 1,
                                 .pixel = s->channels,
                                 .channels = s->channels,
                                 .weights = l->packed });
}

/* `chunk` rows of the image at a time. */
static void run_backward(const dsci_operands *o, dsci_part part, rows_fn *compute, bool flipped, size_t chunk)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const dsci_conv_cut cut = cut_of(o->node, &s);
    const dsci_conv_band own = dsci_conv_band_of_src(&s, &cut, part.index);
    float *packed = (float *)((char *)part.workspace + tap_bytes(&s));
    const layer l = { .o = o, .s = &s, .taps = part.workspace, .packed = packed };
    pack_weights(&s, o->in[1], flipped, packed);
    for (size_t e = own.examples.first; e < own.examples.first + own.examples.count; e++) {
        const float *diff_dst = (const float *)o->in[0] + e * s.dst[0] * s.dst[1] * s.channels;
        float *diff_src = (float *)o->out[0] + e * s.src[0] * s.src[1] * s.channels;
        for (size_t done = 0; done < own.src.count; done += chunk)
            compute(&l, diff_dst, diff_src,
                    (dsci_range){ own.src.first + done, dsci_least(chunk, own.src.count - done) });
    }
}

void dsci_conv_data_depthwise_3x3_run(const dsci_operands *o, dsci_part part)
{
    run_backward(o, part, backward_3x3, true, SIZE_MAX);
}

void dsci_conv_data_depthwise_run(const dsci_operands *o, dsci_part part)
{
    run_backward(o, part, backward_taps, false, CHUNK * o->node->attributes.conv.window.stride[0]);
}

/* --- Gradient of the weights --- */

/* What a part of the gradient has in its workspace. */
typedef struct weight_sums {
    dsci_range channels;
    dsci_tap *taps;
    float *sums, *bias; /* of the channels: of a block; of all pixels so far */
    float *kept;        /* rows first..end - 1 of an example, row y at y % KEPT_ROWS; NULL: none are kept */
    size_t example, first, end;
} weight_sums;

static weight_sums weight_sums_of(const dsci_conv_shape *s, void *workspace, dsci_range channels)
{
    const size_t vectors = dsci_vector_floats(channels.count);
    float *sums = (float *)((char *)workspace + tap_bytes(s)), *bias = sums + elements_of(s) * vectors;
    memset(bias, 0, vectors * sizeof *bias);
    return (weight_sums){ .channels = channels,
                          .taps = workspace,
                          .sums = sums,
                          .bias = bias,
                          .kept = kept_floats(s, channels.count) ? bias + vectors : NULL };
}

static float *kept_row(const dsci_conv_shape *s, const weight_sums *t, size_t y)
{
    return t->kept + y % KEPT_ROWS * s->src[1] * kept_pixel(t->channels.count);
}

static bool is_kept(const weight_sums *t, size_t example, size_t y)
{
    return t->kept && example == t->example && y >= t->first && y < t->end;
}

/* Row y has been kept: those before it stay if it follows them. */
static void note_kept(weight_sums *t, size_t example, size_t y)
{
    if (example != t->example || y != t->end)
        t->first = y;
    else if (y - t->first >= KEPT_ROWS)
        t->first = y + 1 - KEPT_ROWS;
    t->example = example;
    t->end = y + 1;
}

/* `count` pixels of a row of the output from p on, of windows of 3 x 3: sums += theirs. */
static void add_3x3(const dsci_operands *o, const dsci_conv_shape *s, dsci_conv_pixel p, size_t count,
                    const float *diff, weight_sums *t)
{
    enum { LAST = KEPT_ROWS - 1 };
    const dsci_window *w = &s->window;
    const float *src = (const float *)o->in[0] + t->channels.first;
    dsci_window_run run = { .keep_pixel = kept_pixel(t->channels.count),
                            .diff = diff,
                            .diff_pixel = s->channels,
                            .first = p.x,
                            .count = count,
                            .columns = s->src[1],
                            .before = w->before[1],
                            .stride = w->stride[1],
                            .channels = t->channels.count };
    size_t y = 0;
    bool keeps = false;
    for (size_t ky = 0; ky < KEPT_ROWS; ky++) {
        if (!dsci_window_source(w, 0, p.y, ky, s->src[0], &y))
            continue;
        const bool kept = is_kept(t, p.example, y);
        run.rows[ky] = kept ? kept_row(s, t, y) : src + (p.example * s->src[0] + y) * s->src[1] * s->channels;
        run.row_pixels[ky] = kept ? run.keep_pixel : s->channels;
        keeps = ky == LAST && t->kept && !kept && run.rows[0] && run.rows[1] && count == s->dst[1];
    }
    run.keep = keeps ? kept_row(s, t, y) : NULL;
    o->kernels->channel_window_products(t->sums, t->bias, &run);
    if (keeps)
        note_kept(t, p.example, y);
}

/* Of `count` pixels of a row of the output from p on, those whose windows meet the image with the same
   elements as the first's: sums += theirs. Returns how many. */
static size_t add_taps(const dsci_operands *o, const dsci_conv_shape *s, dsci_conv_pixel p, size_t count,
                       const float *diff, weight_sums *t)
{
    const float *image =
        (const float *)o->in[0] + p.example * s->src[0] * s->src[1] * s->channels + t->channels.first;
    const dsci_channel_sums windows = { .src = image,
                                        .rows = 1,
                                        .pixels = run_of(elements_inside, s, 1, p.x, 1, p.x + count),
                                        .channels = t->channels.count,
                                        .dst_pixel = s->channels,
                                        .src_pixel = s->window.stride[1] * s->channels,
                                        .taps = t->taps,
                                        .tap_count = taps_of_window(s, p.y, p.x, t->taps),
                                        .elements = elements_of(s) };
    o->kernels->channel_products(t->sums, diff, &windows);
    return windows.pixels;
}

/* A block of pixels, counted through the whole batch: sums += theirs. */
static void add_block(const dsci_operands *o, const dsci_conv_shape *s, dsci_range pixels, bool is_3x3,
                      weight_sums *t)
{
    const float *diff_dst = (const float *)o->in[1] + t->channels.first;
    for (size_t done = 0; done < pixels.count;) {
        const size_t at = pixels.first + done;
        const dsci_conv_pixel p = dsci_conv_pixel_at(s, at);
        size_t count = dsci_least(pixels.count - done, s->dst[1] - p.x);
        if (is_3x3)
            add_3x3(o, s, p, count, diff_dst + at * s->channels, t);
        else
            count = add_taps(o, s, p, count, diff_dst + at * s->channels, t);
        done += count;
    }
}

/* Sums of a block into a gradient, or a place for it, that starts with the first of the channels. */
static void put_block(const dsci_operands *o, const dsci_conv_shape *s, const float *sums, size_t channels,
                      bool add, float *diff_weights)
{
    const size_t elements = elements_of(s);
    for (size_t c = 0; c < channels; c += DSCI_LANES)
        (add ? o->kernels->add_rows : o->kernels->copy_rows)(diff_weights + c, s->channels,
                                                             sums + c * elements, DSCI_LANES, elements,
                                                             dsci_least(DSCI_LANES, channels - c));
}

/* The channels whose bias a part sums where parts are blocks of pixels: whole groups of BIAS_VECTORS vectors.
 */
static dsci_range bias_channels(const dsci_conv_shape *s, size_t part, size_t parts)
{
    enum { WIDTH = BIAS_VECTORS * DSCI_LANES };
    const dsci_range groups = dsci_piece(dsci_ceiling(s->channels, WIDTH), part, parts);
    const size_t first = groups.first * WIDTH;
    return (dsci_range){ first, groups.count ? dsci_least(groups.count * WIDTH, s->channels - first) : 0 };
}

/* The kernel of windows of 3 x 3 sums the bias on its way, where a part goes over all pixels of the batch. */
static void run_weights(const dsci_operands *o, dsci_part part, bool is_3x3)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const size_t pixels = dsci_conv_pixels(&s), weights = elements_of(&s) * s.channels,
                 parts = o->node->booking.parts;
    const bool by_blocks = o->node->booking.scratch_bytes > 0;
    const dsci_range channels =
        by_blocks ? (dsci_range){ 0, s.channels } : dsci_whole_vectors(s.channels, part.index, parts);
    const dsci_range blocks = by_blocks ? dsci_piece(dsci_conv_blocks(&s), part.index, parts)
                                        : (dsci_range){ 0, dsci_conv_blocks(&s) };
    const bool with_bias = is_3x3 && !by_blocks;
    weight_sums t = weight_sums_of(&s, part.workspace, channels);
    if (!with_bias)
        dsci_sum_bias(o, by_blocks ? bias_channels(&s, parts - 1 - part.index, parts) : channels, pixels,
                      s.channels);
    for (size_t b = blocks.first; b < blocks.first + blocks.count; b++) {
        const size_t start = b * DSCI_GEMM_K_BLOCK;
        memset(t.sums, 0, elements_of(&s) * dsci_vector_floats(channels.count) * sizeof *t.sums);
        add_block(o, &s, (dsci_range){ start, dsci_least(DSCI_GEMM_K_BLOCK, pixels - start) }, is_3x3, &t);
        put_block(o, &s, t.sums, channels.count, !by_blocks && b > 0,
                  by_blocks ? (float *)o->scratch + b * weights : (float *)o->out[0] + channels.first);
    }
    if (with_bias && o->out[1])
        memcpy((float *)o->out[1] + channels.first, t.bias, channels.count * sizeof *t.bias);
}

void dsci_conv_weights_depthwise_3x3_run(const dsci_operands *o, dsci_part part)
{
    run_weights(o, part, true);
}

void dsci_conv_weights_depthwise_run(const dsci_operands *o, dsci_part part)
{
    run_weights(o, part, false);
}

/* Of blocks of pixels: others book none. */
void dsci_conv_weights_depthwise_finish(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    dsci_conv_add_block_sums(o, &s, part);
}
