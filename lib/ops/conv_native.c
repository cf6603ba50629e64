/* conv_native.c - convolution by our kernels. Windows are laid out as the rows of a matrix, a tile of pixels
 * at a time so that it stays in the second-level cache, and multiplied by the weights: an output is one chain
 * of multiply-adds over (window row, window column, channel), as gemm.h says. A gradient of the weights is
 * one chain over all pixels of the batch, in blocks of DSCI_GEMM_K_BLOCK pixels. Neither depends on tiles,
 * shards or parts.
 */
#include "ops/conv_native.h"

#include <string.h>

#include "ops/conv.h"

enum {
    TILE_FLOATS = 40 * 1024, /* of a matrix of windows */
    LEAST_TILE = 24,         /* pixels: rows enough for the registers */
    MOST_TILE = 960,
    MOST_PARTS = 16
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Pixels whose windows make up a tile. */
static size_t tile_pixels(const dsci_conv_shape *s)
{
    const size_t fit = TILE_FLOATS / dsci_conv_depth(s);
    return fit < LEAST_TILE ? LEAST_TILE : least(fit, MOST_TILE);
}

/* A pixel of the output, counted through the whole batch. */
struct pixel {
    size_t example, y, x;
};

static struct pixel pixel_at(const dsci_conv_shape *s, size_t index)
{
    const size_t row = index / s->dst[1];
    return (struct pixel){ row / s->dst[0], row % s->dst[0], index % s->dst[1] };
}

static void next_pixel(const dsci_conv_shape *s, struct pixel *p)
{
    if (++p->x < s->dst[1])
        return;
    p->x = 0;
    if (++p->y < s->dst[0])
        return;
    p->y = 0;
    p->example++;
}

/* Short copies are not worth a call. */
static inline void copy(float *dst, const float *src, size_t count)
{
    if (count >= 32)
        memcpy(dst, src, count * sizeof *dst);
    else
        for (size_t i = 0; i < count; i++)
            dst[i] = src[i];
}

static inline void clear(float *dst, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dst[i] = 0.0F;
}

/* The elements first..last - 1 of a pixel's window over a group's channels: row, column, channel. */
static void gather_window(const dsci_conv_shape *s, const float *src, size_t group, const struct pixel *p,
                          size_t first, size_t last, float *dst)
{
    const size_t channels = s->channels / s->groups, row_length = s->window.kernel[1] * channels;
    const float *image = src + p->example * s->src[0] * s->src[1] * s->channels + group * channels;
    while (first < last) {
        const size_t ky = first / row_length, kx = first % row_length / channels, c = first % channels;
        const size_t count = least(channels - c, last - first);
        size_t y, x;
        if (!dsci_window_source(&s->window, 0, p->y, ky, s->src[0], &y)) {
            const size_t rest = least((ky + 1) * row_length, last) - first;
            clear(dst, rest);
            dst += rest;
            first += rest;
            continue;
        }
        if (dsci_window_source(&s->window, 1, p->x, kx, s->src[1], &x))
            copy(dst, image + (y * s->src[1] + x) * s->channels + c, count);
        else
            clear(dst, count);
        dst += count;
        first += count;
    }
}

/* One group and no gaps: a row of the window lies together in the image. */
static bool has_whole_rows(const dsci_conv_shape *s)
{
    return s->groups == 1 && s->window.dilation[1] == 1;
}

static void gather_rows(const dsci_conv_shape *s, const float *src, const struct pixel *p, float *dst)
{
    const size_t columns = s->window.kernel[1], length = columns * s->channels;
    const size_t start = p->x * s->window.stride[1], before = s->window.before[1];
    const size_t skipped = start < before ? least(before - start, columns) : 0;
    const size_t x = start + skipped - before; /* of the first column inside */
    const size_t inside =
        start + skipped < before || x >= s->src[1] ? 0 : least(columns - skipped, s->src[1] - x);
    const float *image = src + p->example * s->src[0] * s->src[1] * s->channels;
    for (size_t ky = 0; ky < s->window.kernel[0]; ky++, dst += length) {
        size_t y;
        if (!dsci_window_source(&s->window, 0, p->y, ky, s->src[0], &y)) {
            clear(dst, length);
            continue;
        }
        clear(dst, skipped * s->channels);
        copy(dst + skipped * s->channels, image + (y * s->src[1] + x) * s->channels, inside * s->channels);
        clear(dst + (skipped + inside) * s->channels, (columns - skipped - inside) * s->channels);
    }
}

/* tile (count x depth): the windows of count pixels. */
static void gather_tile(const dsci_conv_shape *s, const float *src, size_t group, size_t first_pixel,
                        size_t count, float *tile)
{
    const size_t depth = dsci_conv_depth(s);
    const bool whole = has_whole_rows(s);
    struct pixel p = pixel_at(s, first_pixel);
    for (size_t i = 0; i < count; i++, tile += depth) {
        if (whole)
            gather_rows(s, src, &p, tile);
        else
            gather_window(s, src, group, &p, 0, depth, tile);
        next_pixel(s, &p);
    }
}

/* Adds a tile of window gradients to the image, pixel after pixel. */
static void scatter_tile(const dsci_conv_shape *s, float *diff_src, size_t group, size_t first_pixel,
                         size_t count, const float *tile)
{
    const size_t channels = s->channels / s->groups;
    struct pixel p = pixel_at(s, first_pixel);
    for (size_t i = 0; i < count; i++, next_pixel(s, &p)) {
        float *image = diff_src + p.example * s->src[0] * s->src[1] * s->channels + group * channels;
        for (size_t ky = 0; ky < s->window.kernel[0]; ky++)
            for (size_t kx = 0; kx < s->window.kernel[1]; kx++, tile += channels) {
                size_t y, x;
                if (!dsci_window_source(&s->window, 0, p.y, ky, s->src[0], &y) ||
                    !dsci_window_source(&s->window, 1, p.x, kx, s->src[1], &x))
                    continue;
                float *to = image + (y * s->src[1] + x) * s->channels;
                for (size_t c = 0; c < channels; c++)
                    to[c] += tile[c];
            }
    }
}

/* A window of one pixel that takes every pixel: the image is the matrix of windows. */
static bool is_pointwise(const dsci_conv_shape *s)
{
    const dsci_window *w = &s->window;
    return w->kernel[0] * w->kernel[1] * w->stride[0] * w->stride[1] == 1 &&
           w->before[0] + w->before[1] + w->after[0] + w->after[1] == 0;
}

/* The product of a tile of so many pixels and a group's weights. */
static dsci_gemm forward_problem(const dsci_conv_shape *s, size_t pixels)
{
    return (dsci_gemm){ .m = pixels,
                        .n = s->filters / s->groups,
                        .k = dsci_conv_depth(s),
                        .lda = is_pointwise(s) ? s->channels : dsci_conv_depth(s),
                        .ldb = s->filters,
                        .ldc = s->filters };
}

/* The tile's gradient: that of the output times the transposed weights. */
static dsci_gemm data_problem(const dsci_conv_shape *s, size_t pixels)
{
    return (dsci_gemm){ .m = pixels,
                        .n = dsci_conv_depth(s),
                        .k = s->filters / s->groups,
                        .lda = s->filters,
                        .ldb = dsci_conv_depth(s),
                        .ldc = is_pointwise(s) ? s->channels : dsci_conv_depth(s) };
}

/* Floats of a workspace: the tile, then what the product needs. */
static size_t tile_room(const dsci_conv_shape *s)
{
    return (tile_pixels(s) * dsci_conv_depth(s) + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES;
}

dsc_status dsci_conv_native_book_forward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const dsci_gemm problem = forward_problem(&s, tile_pixels(&s));
    booking->worker_bytes = (tile_room(&s) + dsci_gemm_workspace(&problem)) * sizeof(float);
    return dsci_book_shards(scope, node, booking);
}

/* The pixels of a shard. */
static dsci_range shard_pixels(const dsci_operands *o, const dsci_conv_shape *s, size_t shard)
{
    const dsci_range rows = dsci_shard(o->node, shard);
    const size_t pixels = s->dst[0] * s->dst[1];
    return (dsci_range){ rows.first * pixels, rows.count * pixels };
}

void dsci_conv_native_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const float *src = o->in[0], *weights = o->in[1], *bias = o->in[2];
    float *dst = o->out[0], *tile = part.workspace;
    const dsci_range pixels = shard_pixels(o, &s, part.index);
    const size_t group_filters = s.filters / s.groups, channels = s.channels / s.groups;
    const bool pointwise = is_pointwise(&s);
    for (size_t done = 0, count; done < pixels.count; done += count) {
        const size_t first = pixels.first + done;
        count = least(tile_pixels(&s), pixels.count - done);
        for (size_t g = 0; g < s.groups; g++) {
            dsci_gemm problem = forward_problem(&s, count);
            if (!pointwise)
                gather_tile(&s, src, g, first, count, tile);
            problem.a = pointwise ? src + first * s.channels + g * channels : tile;
            problem.b = weights + g * group_filters;
            problem.bias = bias ? bias + g * group_filters : NULL;
            problem.c = dst + first * s.filters + g * group_filters;
            problem.activation = o->node->attributes.conv.activation;
            problem.workspace = tile + tile_room(&s);
            o->kernels->gemm(&problem);
        }
    }
}

/* Weights of each group as (filters, depth): what the windows' gradients are multiplied by. */
dsc_status dsci_conv_native_book_backward_data(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const dsci_gemm problem = data_problem(&s, tile_pixels(&s));
    booking->prepared_bytes = s.filters * dsci_conv_depth(&s) * sizeof(float);
    booking->worker_bytes = (tile_room(&s) + dsci_gemm_workspace(&problem)) * sizeof(float);
    return dsci_book_shards(scope, node, booking);
}

void dsci_conv_native_transpose(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const float *weights = o->in[1];
    float *transposed = o->prepared;
    const size_t depth = dsci_conv_depth(&s);
    for (size_t f = 0; f < s.filters; f++)
        for (size_t d = 0; d < depth; d++)
            transposed[f * depth + d] = weights[d * s.filters + f];
}

void dsci_conv_native_backward_data(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const float *diff_dst = o->in[0], *transposed = o->prepared;
    float *diff_src = o->out[0], *tile = part.workspace;
    const dsci_range pixels = shard_pixels(o, &s, part.index);
    const dsci_range cleared = dsci_shard_elements(o->node, o->node->out[0], part.index);
    const size_t group_filters = s.filters / s.groups, channels = s.channels / s.groups;
    const bool pointwise = is_pointwise(&s);
    if (!pointwise)
        memset(diff_src + cleared.first, 0, cleared.count * sizeof *diff_src);
    for (size_t done = 0, count; done < pixels.count; done += count) {
        const size_t first = pixels.first + done;
        count = least(tile_pixels(&s), pixels.count - done);
        for (size_t g = 0; g < s.groups; g++) {
            dsci_gemm problem = data_problem(&s, count);
            problem.a = diff_dst + first * s.filters + g * group_filters;
            problem.b = transposed + g * group_filters * dsci_conv_depth(&s);
            problem.c = pointwise ? diff_src + first * s.channels + g * channels : tile;
            problem.workspace = tile + tile_room(&s);
            o->kernels->gemm(&problem);
            if (!pointwise)
                scatter_tile(&s, diff_src, g, first, count, tile);
        }
    }
}

/* A block of windows transposed times the output's gradients: some rows of a group's weights. */
static dsci_gemm weights_problem(const dsci_conv_shape *s, size_t rows, size_t pixels)
{
    return (dsci_gemm){ .m = rows,
                        .n = s->filters / s->groups,
                        .k = pixels,
                        .lda = rows,
                        .ldb = s->filters,
                        .ldc = s->filters,
                        .transpose_a = 1 };
}

/* Parts are rows of the gradient: each goes through all pixels and lays out its own rows of the windows. */
static size_t weight_parts(const dsci_conv_shape *s, double work)
{
    static const double part_flops = 4e6;
    const size_t worth = work / part_flops < MOST_PARTS ? (size_t)(work / part_flops) + 1 : MOST_PARTS;
    return least(worth, (dsci_conv_depth(s) + DSCI_LANES - 1) / DSCI_LANES);
}

static size_t widest_part(const dsci_conv_shape *s, size_t parts)
{
    return dsci_conv_depth(s) / parts + 1;
}

dsc_status dsci_conv_native_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    booking->parts = weight_parts(&s, node->op->flops(node));
    const size_t rows = widest_part(&s, booking->parts);
    const dsci_gemm problem = weights_problem(&s, rows, DSCI_GEMM_K_BLOCK);
    booking->worker_bytes =
        ((rows + 1) * DSCI_GEMM_K_BLOCK + DSCI_LANES + dsci_gemm_workspace(&problem)) * sizeof(float);
    return DSC_OK;
}

void dsci_conv_native_backward_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const size_t parts = o->node->booking.parts, depth = dsci_conv_depth(&s);
    const size_t first = depth * part.index / parts, last = depth * (part.index + 1) / parts,
                 rows = last - first;
    const size_t pixels = s.batch * s.dst[0] * s.dst[1], group_filters = s.filters / s.groups;
    const float *src = o->in[0], *diff_dst = o->in[1];
    float *diff_weights = o->out[0], *diff_bias = o->out[1], *tile = part.workspace;
    for (size_t g = 0; g < s.groups; g++)
        for (size_t start = 0; start < pixels; start += DSCI_GEMM_K_BLOCK) {
            const size_t count = least(DSCI_GEMM_K_BLOCK, pixels - start);
            struct pixel p = pixel_at(&s, start);
            dsci_gemm problem = weights_problem(&s, rows, count);
            for (size_t i = 0; i < count; i++, next_pixel(&s, &p))
                gather_window(&s, src, g, &p, first, last, tile + i * rows);
            problem.a = tile;
            problem.b = diff_dst + start * s.filters + g * group_filters;
            problem.c = diff_weights + first * s.filters + g * group_filters;
            problem.accumulate = start > 0;
            problem.workspace = tile + (widest_part(&s, parts) * DSCI_GEMM_K_BLOCK + DSCI_LANES - 1) /
                                           DSCI_LANES * DSCI_LANES;
            o->kernels->gemm(&problem);
        }
    if (!diff_bias)
        return;
    const size_t from = s.filters * part.index / parts, to = s.filters * (part.index + 1) / parts;
    o->kernels->column_sums(diff_bias + from, diff_dst + from, pixels, to - from, s.filters);
}

const char *dsci_conv_native_describe(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return is_pointwise(&s) ? "gemm" : "windows + gemm";
}
