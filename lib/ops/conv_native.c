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

/* Elements of a window that lie together in the image: a whole row of it if there is one group and no gaps,
   else a pixel's. */
static size_t piece_columns(const dsci_conv_shape *s)
{
    return s->groups == 1 && s->window.dilation[1] == 1 ? s->window.kernel[1] : 1;
}

/* How many of `count` pixels from p on have windows inside the image, as far as columns go, in one row of the
   output. */
static size_t run_inside(const dsci_conv_shape *s, const struct pixel *p, size_t count)
{
    const dsci_window *w = &s->window;
    const size_t reach = (w->kernel[1] - 1) * w->dilation[1] + 1, padded = s->src[1] + w->before[1];
    if (p->x * w->stride[1] < w->before[1] || padded < reach)
        return 0;
    const size_t positions = least((padded - reach) / w->stride[1] + 1, s->dst[1]);
    return p->x < positions ? least(positions - p->x, count) : 0;
}

/* Goes on by so many pixels of the same row. */
static void skip_pixels(const dsci_conv_shape *s, struct pixel *p, size_t run)
{
    p->x += run - 1;
    next_pixel(s, p);
}

/* The elements first..last - 1 of a run of windows inside the image, as rows of a tile. */
static void gather_run(const dsci_kernels *kernels, const dsci_conv_shape *s, const float *image,
                       const struct pixel *p, size_t run, size_t first, size_t last, float *tile)
{
    const dsci_window *w = &s->window;
    const size_t channels = s->channels / s->groups, columns = piece_columns(s), width = last - first;
    const size_t x = p->x * w->stride[1] - w->before[1], length = columns * channels;
    for (size_t piece = first / length; piece * length < last; piece++) {
        const size_t begin = piece * length, from = begin > first ? begin : first;
        const size_t count = least(begin + length, last) - from;
        const size_t ky = piece * columns / w->kernel[1], kx = piece * columns % w->kernel[1];
        float *to = tile + (from - first);
        size_t y;
        if (dsci_window_source(w, 0, p->y, ky, s->src[0], &y))
            kernels->copy_rows(
                to, width, image + (y * s->src[1] + x + kx * w->dilation[1]) * s->channels + (from - begin),
                w->stride[1] * s->channels, run, count);
        else
            for (size_t i = 0; i < run; i++)
                clear(to + i * width, count);
    }
}

/* tile (count x elements.count): those elements of the windows of count pixels. */
static void gather_tile(const dsci_kernels *kernels, const dsci_conv_shape *s, const float *src, size_t group,
                        dsci_range elements, size_t first_pixel, size_t count, float *tile)
{
    const size_t first = elements.first, last = first + elements.count;
    struct pixel p = pixel_at(s, first_pixel);
    for (size_t done = 0, run; done < count; done += run, tile += run * elements.count) {
        const float *image =
            src + p.example * s->src[0] * s->src[1] * s->channels + group * (s->channels / s->groups);
        run = run_inside(s, &p, count - done);
        if (run > 0) {
            gather_run(kernels, s, image, &p, run, first, last, tile);
        } else {
            gather_window(s, src, group, &p, first, last, tile);
            run = 1;
        }
        skip_pixels(s, &p, run);
    }
}

/* Adds one window's gradient to the image, where it lies inside. */
static void scatter_window(const dsci_kernels *kernels, const dsci_conv_shape *s, float *image,
                           const struct pixel *p, const float *tile)
{
    const size_t channels = s->channels / s->groups;
    for (size_t ky = 0; ky < s->window.kernel[0]; ky++)
        for (size_t kx = 0; kx < s->window.kernel[1]; kx++, tile += channels) {
            size_t y, x;
            if (dsci_window_source(&s->window, 0, p->y, ky, s->src[0], &y) &&
                dsci_window_source(&s->window, 1, p->x, kx, s->src[1], &x))
                kernels->add_rows(image + (y * s->src[1] + x) * s->channels, 0, tile, 0, 1, channels);
        }
}

/* Adds a tile of window gradients to the image. A row of the output meets a row of the image with one row of
   the window, so an element's sum goes over the output's rows, then over their pixels, however they are cut.
 */
static void scatter_tile(const dsci_kernels *kernels, const dsci_conv_shape *s, float *diff_src, size_t group,
                         size_t first_pixel, size_t count, const float *tile)
{
    const dsci_window *w = &s->window;
    const size_t depth = dsci_conv_depth(s), channels = s->channels / s->groups, columns = w->kernel[1];
    struct pixel p = pixel_at(s, first_pixel);
    const bool whole = piece_columns(s) == columns;
    for (size_t done = 0, run; done < count; done += run, tile += run * depth) {
        float *image = diff_src + p.example * s->src[0] * s->src[1] * s->channels + group * channels;
        run = whole ? run_inside(s, &p, count - done) : 0;
        if (run == 0) {
            scatter_window(kernels, s, image, &p, tile);
            run = 1;
            next_pixel(s, &p);
            continue;
        }
        const size_t x = p.x * w->stride[1] - w->before[1];
        for (size_t ky = 0; ky < w->kernel[0]; ky++) {
            size_t y;
            if (dsci_window_source(w, 0, p.y, ky, s->src[0], &y))
                kernels->add_rows(image + (y * s->src[1] + x) * s->channels, w->stride[1] * s->channels,
                                  tile + ky * columns * channels, depth, run, columns * channels);
        }
        skip_pixels(s, &p, run);
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
                gather_tile(o->kernels, &s, src, g, (dsci_range){ 0, dsci_conv_depth(&s) }, first, count,
                            tile);
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
                scatter_tile(o->kernels, &s, diff_src, g, first, count, tile);
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

/* Parts are blocks of the gradient of one group's weights, some rows by some columns: each goes through all
   pixels, lays out its own rows of the windows and packs its own columns of the output's gradient, so that
   they stay in the caches while they are multiplied. */
struct blocks {
    size_t row_parts, column_parts, most_rows, most_columns;
};

static struct blocks blocks_of(const dsci_conv_shape *s, double work)
{
    static const double part_flops = 4e6;
    enum { BLOCK_COLUMNS = 64 };
    const size_t worth = work / part_flops < MOST_PARTS ? (size_t)(work / part_flops) + 1 : MOST_PARTS;
    const size_t depth = dsci_conv_depth(s), columns = s->filters / s->groups;
    struct blocks blocks;
    blocks.column_parts = least((columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS, worth);
    blocks.row_parts = least(worth / blocks.column_parts, (depth + DSCI_LANES - 1) / DSCI_LANES);
    blocks.most_rows = (depth + blocks.row_parts - 1) / blocks.row_parts;
    blocks.most_columns = (columns + blocks.column_parts - 1) / blocks.column_parts;
    return blocks;
}

static dsci_range piece(size_t size, size_t index, size_t count)
{
    const size_t first = size * index / count;
    return (dsci_range){ first, size * (index + 1) / count - first };
}

static size_t whole_vectors(size_t floats)
{
    return (floats + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES;
}

dsc_status dsci_conv_native_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const struct blocks blocks = blocks_of(&s, node->op->flops(node));
    booking->parts = blocks.row_parts * blocks.column_parts;
    dsci_gemm problem = weights_problem(&s, blocks.most_rows, DSCI_GEMM_K_BLOCK);
    problem.n = blocks.most_columns;
    booking->worker_bytes =
        ((whole_vectors(blocks.most_rows) + whole_vectors(blocks.most_columns)) * DSCI_GEMM_K_BLOCK +
         dsci_gemm_workspace(&problem)) *
        sizeof(float);
    return DSC_OK;
}

void dsci_conv_native_backward_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const struct blocks blocks = blocks_of(&s, o->node->op->flops(o->node));
    const size_t pixels = s.batch * s.dst[0] * s.dst[1], channels = s.channels / s.groups;
    const size_t group_filters = s.filters / s.groups;
    const dsci_range rows = piece(dsci_conv_depth(&s), part.index / blocks.column_parts, blocks.row_parts);
    const dsci_range columns = piece(group_filters, part.index % blocks.column_parts, blocks.column_parts);
    const float *src = o->in[0], *diff_dst = o->in[1];
    float *diff_weights = o->out[0], *diff_bias = o->out[1], *tile = part.workspace;
    float *packed = tile + whole_vectors(blocks.most_rows) * DSCI_GEMM_K_BLOCK;
    float *rest = packed + whole_vectors(blocks.most_columns) * DSCI_GEMM_K_BLOCK;
    const bool pointwise = is_pointwise(&s), packs = columns.count < s.filters;
    for (size_t g = 0; g < s.groups; g++)
        for (size_t start = 0; start < pixels; start += DSCI_GEMM_K_BLOCK) {
            const size_t count = least(DSCI_GEMM_K_BLOCK, pixels - start);
            const float *gradients = diff_dst + start * s.filters + g * group_filters + columns.first;
            dsci_gemm problem = weights_problem(&s, rows.count, count);
            problem.n = columns.count;
            problem.a = pointwise ? src + start * s.channels + g * channels + rows.first : tile;
            problem.lda = pointwise ? s.channels : rows.count;
            problem.b = packs ? packed : gradients;
            problem.ldb = packs ? columns.count : s.filters;
            problem.c = diff_weights + rows.first * s.filters + g * group_filters + columns.first;
            problem.accumulate = start > 0;
            problem.workspace = rest;
            if (!pointwise)
                gather_tile(o->kernels, &s, src, g, rows, start, count, tile);
            if (packs)
                o->kernels->copy_rows(packed, columns.count, gradients, s.filters, count, columns.count);
            o->kernels->gemm(&problem);
        }
    if (!diff_bias)
        return;
    const dsci_range bias = piece(s.filters, part.index, o->node->booking.parts);
    o->kernels->column_sums(diff_bias + bias.first, diff_dst + bias.first, pixels, bias.count, s.filters);
}

const char *dsci_conv_native_describe(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return is_pointwise(&s) ? "gemm" : "windows + gemm";
}
