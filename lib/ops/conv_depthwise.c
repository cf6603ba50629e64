/* conv_depthwise.c - convolution of each channel by itself, natively. A run of pixels whose windows lie
 * inside the image has the same taps, moved along; pixels at the edges have their own, without those in the
 * padding.
 *
 * Sums have the order of conv_native.c: an output is a chain of fused multiply-adds over the window; an
 * element of the input's gradient is the sum of rounded products over rows of the output, then over their
 * pixels; a gradient of a weight is a chain over all pixels of the batch, in blocks of DSCI_GEMM_K_BLOCK.
 * Parts are shards, or bands of rows of a small batch; for the weights, some channels.
 */
#include "ops/conv_depthwise.h"

#include <math.h>
#include <string.h>

#include "ops/conv_pixels.h"

enum { MOST_PARTS = 16 };

bool dsci_conv_is_depthwise(const dsci_conv_shape *s)
{
    return s->groups > 1 && s->groups == s->channels && s->groups == s->filters;
}

static size_t tap_bytes(const dsci_conv_shape *s)
{
    return (s->window.kernel[0] * s->window.kernel[1] * sizeof(dsci_tap) + 63) / 64 * 64;
}

static size_t channel_parts(const dsci_conv_shape *s)
{
    return dsci_conv_least((s->channels + DSCI_LANES - 1) / DSCI_LANES, MOST_PARTS);
}

static dsci_conv_cut cut_of(const dsci_node *node, const dsci_conv_shape *s)
{
    const bool by_src = node->op == &dsci_op_conv_backward_data;
    const size_t *extents = by_src ? s->src : s->dst;
    dsci_conv_cut cut = dsci_conv_cut_of(node, extents[0], extents[0] * extents[1]);
    return cut;
}

/* In the workspace: the taps; then, forward, a one and a bias for each channel, or a block's sums. */
dsc_status dsci_conv_depthwise_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const size_t elements = s.window.kernel[0] * s.window.kernel[1];
    booking->worker_bytes = tap_bytes(&s);
    if (node->op == &dsci_op_conv_backward_weights) {
        booking->parts = channel_parts(&s);
        const size_t widest = (s.channels / DSCI_LANES / booking->parts + 2) * DSCI_LANES;
        booking->worker_bytes += elements * widest * sizeof(float);
        return DSC_OK;
    }
    const dsci_conv_cut cut = cut_of(node, &s);
    booking->by_batch = cut.by_batch;
    booking->parts = cut.groups * cut.bands;
    if (node->op == &dsci_op_conv)
        booking->worker_bytes += 2 * dsci_conv_vectors(s.channels) * sizeof(float);
    return DSC_OK;
}

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
                taps[count++] =
                    (dsci_tap){ (y * s->src[1] + x) * s->channels, (ky * w->kernel[1] + kx) * s->channels };
    }
    return count;
}

static void forward_row(const dsci_operands *o, const dsci_conv_shape *s, const float *image, size_t y,
                        float *row, dsci_tap *taps)
{
    for (size_t x = 0, run; x < s->dst[1]; x += run) {
        run = dsci_conv_run_inside(s, &(dsci_conv_pixel){ .x = x }, s->dst[1]);
        run = run ? run : 1;
        const size_t count = taps_of_window(s, y, x, taps);
        o->kernels->weighted_taps(row + x * s->channels, s->channels, image,
                                  s->window.stride[1] * s->channels, run, o->in[1], taps, count, s->channels,
                                  1);
    }
}

/* Adding -0 changes nothing. */
static void finish_row(const dsci_operands *o, const dsci_conv_shape *s, float *row, float *ones)
{
    const dsc_activation activation = o->node->attributes.conv.activation;
    float *terms = ones + dsci_conv_vectors(s->channels);
    const float *bias = o->in[2];
    if (bias || activation == DSC_RELU) {
        for (size_t c = 0; c < s->channels; c++) {
            ones[c] = 1.0F;
            terms[c] = bias ? bias[c] : -0.0F;
        }
        o->kernels->affine_columns(row, row, ones, terms, activation == DSC_RELU ? 0.0F : -INFINITY,
                                   s->dst[1], s->channels, 0);
    }
    if (activation > DSC_RELU)
        o->kernels->activation_forward(activation, 0.0F, row, row, s->dst[1] * s->channels);
}

void dsci_conv_depthwise_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const dsci_conv_cut cut = cut_of(o->node, &s);
    const dsci_conv_band own = dsci_conv_band_of_dst(&s, &cut, part.index);
    dsci_tap *taps = part.workspace;
    float *ones = (float *)((char *)part.workspace + tap_bytes(&s));
    for (size_t e = own.examples.first; e < own.examples.first + own.examples.count; e++) {
        const float *image = (const float *)o->in[0] + e * s.src[0] * s.src[1] * s.channels;
        for (size_t y = own.dst.first; y < own.dst.first + own.dst.count; y++) {
            float *row = (float *)o->out[0] + (e * s.dst[0] + y) * s.dst[1] * s.channels;
            forward_row(o, &s, image, y, row, taps);
            finish_row(o, &s, row, ones);
        }
    }
}

/* The position of the window that meets element `at` of the image with its element k; false: none does. */
static bool position_of(const dsci_window *w, size_t dimension, size_t at, size_t k, size_t positions,
                        size_t *position)
{
    const size_t place = at + w->before[dimension], offset = k * w->dilation[dimension];
    *position = (place - offset) / w->stride[dimension];
    return place >= offset && (place - offset) % w->stride[dimension] == 0 && *position < positions;
}

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
                taps[count++] =
                    (dsci_tap){ (y * s->dst[1] + x) * s->channels, (ky * w->kernel[1] + kx) * s->channels };
    }
    return count;
}

/* Pixels of a row of the image from x on that all elements of the window's row meet. */
static size_t run_met(const dsci_conv_shape *s, size_t x)
{
    const dsci_window *w = &s->window;
    const size_t place = x + w->before[1];
    if (w->stride[1] > 1 || place < (w->kernel[1] - 1) * w->dilation[1] || place >= s->dst[1])
        return 0;
    return dsci_conv_least(s->dst[1] - place, s->src[1] - x);
}

void dsci_conv_depthwise_backward_data(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const dsci_conv_cut cut = cut_of(o->node, &s);
    const dsci_conv_band own = dsci_conv_band_of_src(&s, &cut, part.index);
    dsci_tap *taps = part.workspace;
    for (size_t e = own.examples.first; e < own.examples.first + own.examples.count; e++) {
        const float *diff_dst = (const float *)o->in[0] + e * s.dst[0] * s.dst[1] * s.channels;
        for (size_t y = own.src.first; y < own.src.first + own.src.count; y++) {
            float *row = (float *)o->out[0] + (e * s.src[0] + y) * s.src[1] * s.channels;
            for (size_t x = 0, run; x < s.src[1]; x += run) {
                run = run_met(&s, x);
                run = run ? run : 1;
                const size_t count = taps_of_pixel(&s, y, x, taps);
                o->kernels->weighted_taps(row + x * s.channels, s.channels, diff_dst, s.channels, run,
                                          o->in[1], taps, count, s.channels, 0);
            }
        }
    }
}

/* A block of pixels, counted through the whole batch: sums += theirs. */
static void add_block(const dsci_operands *o, const dsci_conv_shape *s, dsci_range pixels,
                      dsci_range channels, dsci_tap *taps, float *sums)
{
    for (size_t done = 0, run; done < pixels.count; done += run) {
        const size_t at = pixels.first + done, x = at % s->dst[1], row = at / s->dst[1];
        const size_t example = row / s->dst[0];
        run = dsci_conv_run_inside(s, &(dsci_conv_pixel){ .x = x }, pixels.count - done);
        run = run ? run : 1;
        const size_t count = taps_of_window(s, row % s->dst[0], x, taps);
        for (size_t t = 0; t < count; t++)
            taps[t].weights = taps[t].weights / s->channels * channels.count;
        o->kernels->tap_products(
            sums, (const float *)o->in[0] + example * s->src[0] * s->src[1] * s->channels + channels.first,
            s->window.stride[1] * s->channels, (const float *)o->in[1] + at * s->channels + channels.first,
            s->channels, run, taps, count, channels.count);
    }
}

void dsci_conv_depthwise_backward_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const size_t elements = s.window.kernel[0] * s.window.kernel[1], pixels = dsci_conv_pixels(&s);
    const dsci_range channels = dsci_whole_vectors(s.channels, part.index, o->node->booking.parts);
    float *sums = (float *)((char *)part.workspace + tap_bytes(&s));
    float *diff_weights = (float *)o->out[0] + channels.first, *diff_bias = o->out[1];
    for (size_t start = 0; start < pixels; start += DSCI_GEMM_K_BLOCK) {
        memset(sums, 0, elements * channels.count * sizeof *sums);
        add_block(o, &s, (dsci_range){ start, dsci_conv_least(DSCI_GEMM_K_BLOCK, pixels - start) }, channels,
                  part.workspace, sums);
        (start > 0 ? o->kernels->add_rows : o->kernels->copy_rows)(diff_weights, s.channels, sums,
                                                                   channels.count, elements, channels.count);
    }
    if (diff_bias)
        o->kernels->column_sums(diff_bias + channels.first, (const float *)o->in[1] + channels.first, pixels,
                                channels.count, s.channels);
}
