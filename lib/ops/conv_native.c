/* conv_native.c - convolution by our kernels. Windows are laid out as the rows of a matrix, a tile of pixels
 * at a time so that it stays in the second-level cache, and multiplied by the weights: an output is one chain
 * of multiply-adds over (window row, window column, channel), as gemm.h says. An element of an input's
 * gradient is a sum over rows of the output, then over their pixels; a gradient of the weights is one chain
 * over all pixels of the batch, in blocks of DSCI_GEMM_K_BLOCK pixels. None of it depends on tiles, shards or
 * parts.
 *
 * Parts are shards of the batch. Those of a small batch: forward, some pixels by some filters; for the
 * gradient of the input, some examples or a band of one's rows, by some channels.
 */
#include "ops/conv_native.h"

#include <math.h>
#include <string.h>

#include "ops/conv.h"
#include "ops/conv_depthwise.h"

enum {
    TILE_FLOATS = 40 * 1024, /* of a matrix of windows */
    LEAST_TILE = 24,         /* pixels: rows enough for the registers */
    MOST_TILE = 960,
    MOST_PARTS = 16,
    /* Deep windows: a block of DSCI_GEMM_K_BLOCK elements of so many pixels at a time, by panels of filters.
     */
    DEEP_PIXELS = 240,
    PANEL = 32,
    LARGE_WEIGHTS = 1 << 18,    /* floats that fill the second-level cache: they are cut as well */
    CUT_COLUMNS = 64,           /* filters or channels of a part that cuts them, at least */
    CUT_PIXELS = 192,           /* and pixels */
    LEAST_PIXELS = 48,          /* pixels of other parts */
    TRANSPOSED_FLOATS = 1 << 16 /* weights that are worth a part of their transposition */
};

/* About as much work as it takes to make handing out a part negligible. */
static const double PART_FLOPS = 4e6;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t whole_vectors(size_t floats)
{
    return (floats + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES;
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

static bool holds(const dsci_range *rows, size_t y)
{
    return y >= rows->first && y < rows->first + rows->count;
}

/* Adds one window's gradient to the image, where it lies inside, in these rows. */
static void scatter_window(const dsci_kernels *kernels, const dsci_conv_shape *s, float *image,
                           const dsci_range *rows, const struct pixel *p, const float *tile)
{
    const size_t channels = s->channels / s->groups;
    for (size_t ky = 0; ky < s->window.kernel[0]; ky++)
        for (size_t kx = 0; kx < s->window.kernel[1]; kx++, tile += channels) {
            size_t y, x;
            if (dsci_window_source(&s->window, 0, p->y, ky, s->src[0], &y) && holds(rows, y) &&
                dsci_window_source(&s->window, 1, p->x, kx, s->src[1], &x))
                kernels->add_rows(image + (y * s->src[1] + x) * s->channels, 0, tile, 0, 1, channels);
        }
}

/* Adds a tile of window gradients of so many pixels to the images, in these rows of each. A row of the output
   meets a row of the image with one row of the window, so an element's sum goes over the output's rows, then
   over their pixels, however they are cut.
 */
static void scatter_tile(const dsci_kernels *kernels, const dsci_conv_shape *s, float *images,
                         const dsci_range *rows, size_t first_pixel, size_t count, const float *tile)
{
    const dsci_window *w = &s->window;
    const size_t depth = dsci_conv_depth(s), channels = s->channels / s->groups, columns = w->kernel[1];
    struct pixel p = pixel_at(s, first_pixel);
    const bool whole = piece_columns(s) == columns;
    for (size_t done = 0, run; done < count; done += run, tile += run * depth) {
        float *image = images + p.example * s->src[0] * s->src[1] * s->channels;
        run = whole ? run_inside(s, &p, count - done) : 0;
        if (run == 0) {
            scatter_window(kernels, s, image, rows, &p, tile);
            run = 1;
            next_pixel(s, &p);
            continue;
        }
        const size_t x = p.x * w->stride[1] - w->before[1];
        for (size_t ky = 0; ky < w->kernel[0]; ky++) {
            size_t y;
            if (dsci_window_source(w, 0, p.y, ky, s->src[0], &y) && holds(rows, y))
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

/* How a part of a small batch is found: so many pieces of the pixels by so many of the columns. */
struct pieces {
    size_t pixels, columns;
};

/* Of a product (pixels x depth) by (depth x columns). Columns are cut where the weights are too large to be
   gone through by each part. */
static struct pieces pieces_of(const dsci_node *node, const dsci_conv_shape *s, size_t depth, size_t columns)
{
    const double parts = node->op->flops(node) / PART_FLOPS;
    const size_t worth = parts < MOST_PARTS ? (size_t)parts + 1 : MOST_PARTS;
    const size_t pixels = s->batch * s->dst[0] * s->dst[1];
    struct pieces pieces = { .columns = 1 };
    if (s->groups == 1 && depth * columns >= LARGE_WEIGHTS)
        pieces.columns = least(columns / CUT_COLUMNS, 4);
    pieces.columns = least(pieces.columns ? pieces.columns : 1, worth);
    pieces.pixels = least(worth / pieces.columns, pixels / (pieces.columns > 1 ? CUT_PIXELS : LEAST_PIXELS));
    pieces.pixels = pieces.pixels ? pieces.pixels : 1;
    return pieces;
}

static bool is_by_batch(const dsci_node *node)
{
    return dsci_conv_cut_of(node, 1, 1).by_batch;
}

/* The pixels of a shard. */
static dsci_range shard_pixels(const dsci_operands *o, const dsci_conv_shape *s, size_t shard)
{
    const dsci_range rows = dsci_shard(o->node, shard);
    const size_t pixels = s->dst[0] * s->dst[1];
    return (dsci_range){ rows.first * pixels, rows.count * pixels };
}

/* A part of a product over all pixels: some of them, and some of the columns. */
struct block {
    dsci_range pixels, columns;
};

static struct block block_of(const dsci_operands *o, const dsci_conv_shape *s, size_t depth, size_t columns,
                             size_t part)
{
    if (o->node->booking.by_batch)
        return (struct block){ shard_pixels(o, s, part), { 0, columns } };
    const struct pieces pieces = pieces_of(o->node, s, depth, columns);
    const size_t panels = (columns + PANEL - 1) / PANEL;
    struct block block = {
        .pixels = dsci_conv_piece(s->batch * s->dst[0] * s->dst[1], part / pieces.columns, pieces.pixels),
        .columns = dsci_conv_piece(panels, part % pieces.columns, pieces.columns),
    };
    const size_t end = least((block.columns.first + block.columns.count) * PANEL, columns);
    block.columns.first *= PANEL;
    block.columns.count = end - block.columns.first;
    return block;
}

static void book_product(const dsci_node *node, dsci_booking *booking, size_t depth, size_t columns)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const struct pieces pieces = pieces_of(node, &s, depth, columns);
    booking->by_batch = is_by_batch(node);
    booking->parts = booking->by_batch ? dsci_shards(node) : pieces.pixels * pieces.columns;
}

/* Windows of several blocks: their sums are added up in the output, a block of the windows after the other.
 */
static bool is_deep(const dsci_conv_shape *s)
{
    return dsci_conv_depth(s) > DSCI_GEMM_K_BLOCK;
}

static dsci_gemm deep_problem(const dsci_conv_shape *s)
{
    return (dsci_gemm){ .m = DEEP_PIXELS,
                        .n = PANEL,
                        .k = DSCI_GEMM_K_BLOCK,
                        .lda = is_pointwise(s) ? s->channels : DSCI_GEMM_K_BLOCK,
                        .ldb = PANEL,
                        .ldc = s->filters };
}

/* Floats of a deep part's workspace: a tile of windows, a panel of weights, a one and a bias for each filter.
 */
static size_t deep_tile_room(const dsci_conv_shape *s)
{
    return is_pointwise(s) ? 0 : DEEP_PIXELS * DSCI_GEMM_K_BLOCK;
}

static size_t deep_room(const dsci_conv_shape *s)
{
    const dsci_gemm problem = deep_problem(s);
    return deep_tile_room(s) + DSCI_GEMM_K_BLOCK * PANEL + 2 * whole_vectors(s->filters) +
           dsci_gemm_workspace(&problem);
}

dsc_status dsci_conv_native_book_forward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    if (dsci_conv_is_depthwise(&s))
        return dsci_conv_depthwise_book(scope, node, booking);
    const dsci_gemm problem = forward_problem(&s, tile_pixels(&s));
    const size_t room = is_deep(&s) ? deep_room(&s) : tile_room(&s) + dsci_gemm_workspace(&problem);
    booking->worker_bytes = room * sizeof(float);
    book_product(node, booking, dsci_conv_depth(&s), s.filters / s.groups);
    return DSC_OK;
}

/* c += a tile's block of windows by the block's rows of the weights; the first block starts it. */
static void add_block(const dsci_operands *o, const dsci_conv_shape *s, dsci_range elements,
                      dsci_gemm problem, const float *weights, dsci_range columns, float *panel)
{
    float *c = problem.c;
    problem.k = elements.count;
    problem.b = panel;
    for (size_t j = 0; j < columns.count; j += PANEL) {
        problem.n = least(PANEL, columns.count - j);
        problem.c = c + j;
        o->kernels->copy_rows(panel, PANEL, weights + elements.first * s->filters + columns.first + j,
                              s->filters, elements.count, problem.n);
        o->kernels->gemm(&problem);
    }
}

/* The bias and the activation of a tile whose sums are complete. */
static void finish_tile(const dsci_operands *o, const dsci_conv_shape *s, float *dst, size_t pixels,
                        size_t columns, const float *ones, const float *terms)
{
    const dsc_activation activation = o->node->attributes.conv.activation;
    if ((o->in[2] || activation == DSC_RELU) && columns == s->filters)
        o->kernels->affine_columns(dst, dst, ones, terms, activation == DSC_RELU ? 0.0F : -INFINITY, pixels,
                                   columns, 0);
    else if (o->in[2] || activation == DSC_RELU)
        for (size_t p = 0; p < pixels; p++)
            o->kernels->affine_columns(dst + p * s->filters, dst + p * s->filters, ones, terms,
                                       activation == DSC_RELU ? 0.0F : -INFINITY, 1, columns, 0);
    if (activation > DSC_RELU)
        for (size_t p = 0; p < pixels; p++)
            o->kernels->activation_forward(activation, 0.0F, dst + p * s->filters, dst + p * s->filters,
                                           columns);
}

/* Adding -0 changes nothing. */
static void fill_terms(const dsci_operands *o, size_t first, size_t columns, float *ones, float *terms)
{
    const float *bias = o->in[2];
    for (size_t j = 0; j < columns; j++) {
        ones[j] = 1.0F;
        terms[j] = bias ? bias[first + j] : -0.0F;
    }
}

static void run_deep(const dsci_operands *o, const dsci_conv_shape *s, size_t group, struct block block,
                     float *workspace)
{
    const size_t depth = dsci_conv_depth(s), channels = s->channels / s->groups;
    const size_t first_filter = group * (s->filters / s->groups) + block.columns.first;
    const float *src = o->in[0], *weights = (const float *)o->in[1] + group * (s->filters / s->groups);
    const bool pointwise = is_pointwise(s);
    float *tile = workspace, *panel = tile + deep_tile_room(s), *ones = panel + DSCI_GEMM_K_BLOCK * PANEL;
    float *terms = ones + whole_vectors(s->filters);
    dsci_gemm problem = deep_problem(s);
    problem.workspace = terms + whole_vectors(s->filters);
    fill_terms(o, first_filter, block.columns.count, ones, terms);
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = least(DEEP_PIXELS, block.pixels.count - done);
        float *dst = (float *)o->out[0] + first * s->filters + first_filter;
        problem.m = count;
        for (size_t start = 0; start < depth; start += DSCI_GEMM_K_BLOCK) {
            const dsci_range elements = { start, least(DSCI_GEMM_K_BLOCK, depth - start) };
            if (!pointwise)
                gather_tile(o->kernels, s, src, group, elements, first, count, tile);
            problem.a = pointwise ? src + first * s->channels + group * channels + start : tile;
            problem.lda = pointwise ? s->channels : elements.count;
            problem.c = dst;
            problem.accumulate = start > 0;
            add_block(o, s, elements, problem, weights, block.columns, panel);
        }
        finish_tile(o, s, dst, count, block.columns.count, ones, terms);
    }
}

/* Windows of one block: the product does all of it. */
static void run_shallow(const dsci_operands *o, const dsci_conv_shape *s, size_t group, struct block block,
                        float *tile)
{
    const float *src = o->in[0], *weights = o->in[1], *bias = o->in[2];
    const size_t channels = s->channels / s->groups;
    const size_t first_filter = group * (s->filters / s->groups) + block.columns.first;
    const bool pointwise = is_pointwise(s);
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = least(tile_pixels(s), block.pixels.count - done);
        dsci_gemm problem = forward_problem(s, count);
        if (!pointwise)
            gather_tile(o->kernels, s, src, group, (dsci_range){ 0, dsci_conv_depth(s) }, first, count, tile);
        problem.n = block.columns.count;
        problem.a = pointwise ? src + first * s->channels + group * channels : tile;
        problem.b = weights + first_filter;
        problem.bias = bias ? bias + first_filter : NULL;
        problem.c = (float *)o->out[0] + first * s->filters + first_filter;
        problem.activation = o->node->attributes.conv.activation;
        problem.workspace = tile + tile_room(s);
        o->kernels->gemm(&problem);
    }
}

void dsci_conv_native_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    if (dsci_conv_is_depthwise(&s)) {
        dsci_conv_depthwise_forward(o, part);
        return;
    }
    const struct block block = block_of(o, &s, dsci_conv_depth(&s), s.filters / s.groups, part.index);
    for (size_t g = 0; g < s.groups; g++)
        (is_deep(&s) ? run_deep : run_shallow)(o, &s, g, block, part.workspace);
}

/* --- The gradient of the input --- */

enum {
    DATA_TILE = 48 * 1024, /* floats of a matrix of gradients of rows of windows */
    MOST_ROW = 768,        /* of a row of a window: longer ones are cut by channels */
    SLICE = 64,            /* channels */
    NARROW_ROW = 48        /* shorter ones are worth too little by themselves */
};

/* How the gradient of the input is computed: a row of the windows after the other, so that bands of the image
   take no more work than all of it, and by slices of the channels; or, of narrow windows, all of them. */
struct data_plan {
    bool pointwise, narrow;
    size_t slice;         /* channels of a group at a time */
    size_t channel_parts; /* parts of a small batch: by channels, */
    dsci_conv_cut cut;    /* and by examples and bands */
    size_t tile;          /* pixels at a time */
};

static struct data_plan data_plan_of(const dsci_node *node, const dsci_conv_shape *s)
{
    const size_t channels = s->channels / s->groups, row = s->window.kernel[1] * channels;
    const size_t height = s->src[0], reach = s->window.kernel[0] * s->window.dilation[0];
    struct data_plan plan = { .pointwise = is_pointwise(s), .slice = channels, .channel_parts = 1 };
    plan.narrow = row < NARROW_ROW;
    if (row > MOST_ROW / 2 && channels > SLICE && s->groups == 1)
        plan.slice = SLICE;
    const size_t width = plan.narrow ? dsci_conv_depth(s) : s->window.kernel[1] * plan.slice;
    const size_t fit = DATA_TILE / width;
    plan.tile = fit < LEAST_TILE ? LEAST_TILE : least(fit, MOST_TILE);
    /* A narrow band computes all windows that reach it: it must be high. */
    const size_t rows = plan.narrow ? height / (4 * reach) : height / 2;
    plan.cut = dsci_conv_cut_of(node, rows ? rows : 1, height * s->src[1]);
    if (plan.cut.by_batch || plan.slice == channels)
        return plan;
    plan.channel_parts = least((channels + SLICE - 1) / SLICE, MOST_PARTS / 2);
    plan.cut.bands = 1;
    if (s->batch * s->dst[0] * s->dst[1] < CUT_PIXELS * plan.cut.groups)
        plan.cut = (dsci_conv_cut){ .examples = s->batch, .groups = 1, .bands = 1 };
    return plan;
}

/* The product of some pixels of the output's gradient and so many columns of the turned weights. */
static dsci_gemm row_problem(const dsci_conv_shape *s, size_t pixels, size_t columns)
{
    return (dsci_gemm){ .m = pixels,
                        .n = columns,
                        .k = s->filters / s->groups,
                        .lda = s->filters,
                        .ldb = dsci_conv_depth(s),
                        .ldc = columns };
}

/* Weights of each group as (filters, depth): what the windows' gradients are multiplied by. */
dsc_status dsci_conv_native_book_backward_data(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    if (dsci_conv_is_depthwise(&s))
        return dsci_conv_depthwise_book(scope, node, booking);
    const struct data_plan plan = data_plan_of(node, &s);
    const size_t width = plan.narrow ? dsci_conv_depth(&s) : s.window.kernel[1] * plan.slice;
    const dsci_gemm problem =
        plan.pointwise ? data_problem(&s, tile_pixels(&s)) : row_problem(&s, plan.tile, width);
    booking->prepared_bytes = s.filters * dsci_conv_depth(&s) * sizeof(float);
    booking->worker_bytes =
        ((plan.pointwise ? 0 : whole_vectors(plan.tile * width)) + dsci_gemm_workspace(&problem)) *
        sizeof(float);
    book_product(node, booking, s.filters / s.groups, s.channels / s.groups);
    if (!plan.pointwise && !booking->by_batch)
        booking->parts = plan.channel_parts * plan.cut.groups * plan.cut.bands;
    booking->prepare_parts = least(s.filters * dsci_conv_depth(&s) / TRANSPOSED_FLOATS + 1, MOST_PARTS);
    return DSC_OK;
}

/* Part p of prepare: some of the filters. */
void dsci_conv_native_transpose(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    if (dsci_conv_is_depthwise(&s))
        return;
    const size_t parts = o->node->booking.prepare_parts;
    const dsci_range filters = dsci_conv_piece(s.filters, part.index, parts ? parts : 1);
    const float *weights = o->in[1];
    float *transposed = o->prepared;
    const size_t depth = dsci_conv_depth(&s);
    for (size_t start = 0; start < depth; start += DSCI_LANES) /* whole cache lines of what is written */
        for (size_t f = filters.first; f < filters.first + filters.count; f++)
            for (size_t d = start; d < least(start + DSCI_LANES, depth); d++)
                transposed[f * depth + d] = weights[d * s.filters + f];
}

static void pointwise_data(const dsci_operands *o, const dsci_conv_shape *s, dsci_part part)
{
    const size_t group_filters = s->filters / s->groups, channels = s->channels / s->groups;
    const struct block block = block_of(o, s, group_filters, channels, part.index);
    const float *diff_dst = o->in[0], *transposed = o->prepared;
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = least(tile_pixels(s), block.pixels.count - done);
        for (size_t g = 0; g < s->groups; g++) {
            dsci_gemm problem = data_problem(s, count);
            problem.n = block.columns.count;
            problem.a = diff_dst + first * s->filters + g * group_filters;
            problem.b = transposed + g * group_filters * channels + block.columns.first;
            problem.c = (float *)o->out[0] + first * s->channels + g * channels + block.columns.first;
            problem.workspace = part.workspace;
            o->kernels->gemm(&problem);
        }
    }
}

/* What a part computes: the gradient of some rows of some examples, of some channels of each group. */
struct data_part {
    dsci_range examples, rows, channels;
};

static struct data_part data_part_of(const dsci_operands *o, const dsci_conv_shape *s,
                                     const struct data_plan *plan, size_t part)
{
    const size_t channels = s->channels / s->groups, slices = (channels + plan->slice - 1) / plan->slice;
    if (o->node->booking.by_batch)
        return (struct data_part){ dsci_shard(o->node, part), { 0, s->src[0] }, { 0, channels } };
    const size_t band = part / plan->channel_parts;
    const size_t example = band / plan->cut.bands * plan->cut.examples;
    const dsci_range slice = dsci_conv_piece(slices, part % plan->channel_parts, plan->channel_parts);
    const size_t end = least((slice.first + slice.count) * plan->slice, channels);
    return (struct data_part){
        .examples = { example, least(plan->cut.examples, s->batch - example) },
        .rows = dsci_conv_piece(s->src[0], band % plan->cut.bands, plan->cut.bands),
        .channels = { slice.first * plan->slice, end - slice.first * plan->slice },
    };
}

/* Zeros where the part adds up its gradient. */
static void clear_part(const dsci_conv_shape *s, const struct data_part *part, float *diff_src)
{
    const size_t row = s->src[1] * s->channels, pixels = part->rows.count * s->src[1];
    for (size_t e = part->examples.first; e < part->examples.first + part->examples.count; e++) {
        float *band = diff_src + (e * s->src[0] + part->rows.first) * row;
        if (s->groups > 1 || part->channels.count == s->channels)
            memset(band, 0, pixels * s->channels * sizeof *band);
        else
            for (size_t p = 0; p < pixels; p++)
                memset(band + p * s->channels + part->channels.first, 0, part->channels.count * sizeof *band);
    }
}

static size_t round_quotient(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Rows of the output whose windows' row ky lies in rows of the image. */
static dsci_range rows_reaching(const dsci_conv_shape *s, size_t ky, const dsci_range *rows)
{
    const dsci_window *w = &s->window;
    const size_t offset = ky * w->dilation[0], low = rows->first + w->before[0];
    const size_t high = low + rows->count; /* in the padded image */
    const size_t first = low > offset ? round_quotient(low - offset, w->stride[0]) : 0;
    const size_t last = high > offset ? round_quotient(high - offset, w->stride[0]) : 0;
    const size_t begin = least(first, s->dst[0]);
    return (dsci_range){ begin, least(last, s->dst[0]) - begin };
}

/* Adds a run of pixels' gradients of a row of the windows to a row of an image: `slice` channels from where
   the row starts. */
static void add_run(const dsci_kernels *kernels, const dsci_conv_shape *s, float *row, const struct pixel *p,
                    size_t run, size_t slice, const float *tile)
{
    const dsci_window *w = &s->window;
    const size_t width = w->kernel[1] * slice, step = w->stride[1] * s->channels;
    float *at = row + (p->x * w->stride[1] - w->before[1]) * s->channels;
    if (slice == s->channels && w->dilation[1] == 1)
        kernels->add_rows(at, step, tile, width, run, width);
    else
        for (size_t i = 0; i < run; i++, at += step, tile += width)
            kernels->add_rows(at, w->dilation[1] * s->channels, tile, slice, w->kernel[1], slice);
}

/* The same of one pixel whose window lies partly outside. */
static void add_edge(const dsci_kernels *kernels, const dsci_conv_shape *s, float *row, const struct pixel *p,
                     size_t slice, const float *tile)
{
    size_t x;
    for (size_t kx = 0; kx < s->window.kernel[1]; kx++)
        if (dsci_window_source(&s->window, 1, p->x, kx, s->src[1], &x))
            kernels->add_rows(row + x * s->channels, 0, tile + kx * slice, 0, 1, slice);
}

/* Adds a tile of gradients of the windows' row ky to the images that start at `images`. */
static void scatter_rows(const dsci_kernels *kernels, const dsci_conv_shape *s, float *images, size_t ky,
                         dsci_range pixels, size_t slice, const float *tile)
{
    struct pixel p = pixel_at(s, pixels.first);
    const size_t row_floats = s->src[1] * s->channels;
    for (size_t done = 0, run; done < pixels.count; done += run, tile += run * s->window.kernel[1] * slice) {
        const size_t inside = run_inside(s, &p, pixels.count - done);
        size_t y;
        run = inside ? inside : 1;
        if (dsci_window_source(&s->window, 0, p.y, ky, s->src[0], &y)) {
            float *row = images + (p.example * s->src[0] + y) * row_floats;
            if (inside)
                add_run(kernels, s, row, &p, run, slice, tile);
            else
                add_edge(kernels, s, row, &p, slice, tile);
        }
        skip_pixels(s, &p, run);
    }
}

/* Where a part is: at the gradients of an example, or of some, and at a group. */
struct data_place {
    const float *diff_dst, *transposed;
    float *diff_src;
    size_t examples;
    float *workspace;
};

/* One row of the windows over some pixels: the product, a piece for each element of the row, and its addition
   to the image. */
static void add_window_row(const dsci_operands *o, const dsci_conv_shape *s, const struct data_plan *plan,
                           const struct data_place *at, size_t ky, dsci_range pixels, dsci_range slice)
{
    const size_t channels = s->channels / s->groups, kernel = s->window.kernel[1];
    const size_t pieces = slice.count == channels ? 1 : kernel;
    const float *weights = at->transposed + ky * kernel * channels + slice.first;
    dsci_gemm problem = row_problem(s, pixels.count, kernel * slice.count);
    problem.a = at->diff_dst + pixels.first * s->filters;
    problem.workspace = at->workspace + whole_vectors(plan->tile * kernel * plan->slice);
    problem.n /= pieces;
    for (size_t i = 0; i < pieces; i++) {
        problem.b = weights + i * channels;
        problem.c = at->workspace + i * slice.count;
        o->kernels->gemm(&problem);
    }
    scatter_rows(o->kernels, s, at->diff_src + slice.first, ky, pixels, slice.count, at->workspace);
}

/* The pixels of the output whose windows' row ky is worth a look: of one example those whose row lies in the
   part's rows, of several all. */
static dsci_range pixels_reaching(const dsci_conv_shape *s, const struct data_place *at, size_t ky,
                                  const dsci_range *rows)
{
    if (at->examples > 1)
        return (dsci_range){ 0, at->examples * s->dst[0] * s->dst[1] };
    const dsci_range reaching = rows_reaching(s, ky, rows);
    return (dsci_range){ reaching.first * s->dst[1], reaching.count * s->dst[1] };
}

/* An element of the image is a sum over rows of the output in increasing order: it meets them with rows of
   the window from the last to the first. */
static void add_rows_of_windows(const dsci_operands *o, const dsci_conv_shape *s,
                                const struct data_plan *plan, const struct data_place *at,
                                const struct data_part *part)
{
    const size_t all = at->examples * s->dst[0] * s->dst[1];
    const size_t channels_end = part->channels.first + part->channels.count;
    for (size_t channel = part->channels.first; channel < channels_end; channel += plan->slice) {
        const dsci_range slice = { channel, least(plan->slice, channels_end - channel) };
        for (size_t done = 0; done < all; done += plan->tile)
            for (size_t ky = s->window.kernel[0]; ky-- > 0;) {
                const dsci_range reaching = pixels_reaching(s, at, ky, &part->rows);
                const size_t first = reaching.first > done ? reaching.first : done;
                const size_t end = least(reaching.first + reaching.count, done + plan->tile);
                if (first < end)
                    add_window_row(o, s, plan, at, ky, (dsci_range){ first, end - first }, slice);
            }
    }
}

/* All elements of the windows at a time; the addition leaves out rows beyond the part. */
static void add_whole_windows(const dsci_operands *o, const dsci_conv_shape *s, const struct data_plan *plan,
                              const struct data_place *at, const struct data_part *part)
{
    const size_t depth = dsci_conv_depth(s), pixels = s->dst[0] * s->dst[1];
    const dsci_range low = rows_reaching(s, s->window.kernel[0] - 1, &part->rows);
    const dsci_range high = rows_reaching(s, 0, &part->rows);
    const size_t first = at->examples > 1 ? 0 : low.first * s->dst[1];
    const size_t end = at->examples > 1 ? at->examples * pixels : (high.first + high.count) * s->dst[1];
    for (size_t done = first, count; done < end; done += count) {
        count = least(plan->tile, end - done);
        dsci_gemm problem = row_problem(s, count, depth);
        problem.a = at->diff_dst + done * s->filters;
        problem.b = at->transposed;
        problem.c = at->workspace;
        problem.workspace = at->workspace + whole_vectors(plan->tile * depth);
        o->kernels->gemm(&problem);
        scatter_tile(o->kernels, s, at->diff_src, &part->rows, done, count, at->workspace);
    }
}

/* Small images fill a tile together. */
static void window_data(const dsci_operands *o, const dsci_conv_shape *s, const struct data_plan *plan,
                        dsci_part part)
{
    const struct data_part own = data_part_of(o, s, plan, part.index);
    const size_t group_filters = s->filters / s->groups, end = own.examples.first + own.examples.count;
    const size_t dst_example = s->dst[0] * s->dst[1] * s->filters;
    const size_t src_example = s->src[0] * s->src[1] * s->channels;
    const size_t together = own.rows.count == s->src[0] && s->dst[0] * s->dst[1] < plan->tile ? s->batch : 1;
    struct data_place at = { .workspace = part.workspace };
    clear_part(s, &own, o->out[0]);
    for (size_t e = own.examples.first; e < end; e += at.examples)
        for (size_t g = 0; g < s->groups; g++) {
            at.examples = least(together, end - e);
            at.diff_dst = (const float *)o->in[0] + e * dst_example + g * group_filters;
            at.transposed = (const float *)o->prepared + g * group_filters * dsci_conv_depth(s);
            at.diff_src = (float *)o->out[0] + e * src_example + g * (s->channels / s->groups);
            (plan->narrow ? add_whole_windows : add_rows_of_windows)(o, s, plan, &at, &own);
        }
}

void dsci_conv_native_backward_data(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    if (dsci_conv_is_depthwise(&s)) {
        dsci_conv_depthwise_backward_data(o, part);
        return;
    }
    const struct data_plan plan = data_plan_of(o->node, &s);
    if (plan.pointwise)
        pointwise_data(o, &s, part);
    else
        window_data(o, &s, &plan, part);
}

/* --- The gradient of the weights --- */

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
    enum { BLOCK_COLUMNS = 64 };
    const size_t worth = work / PART_FLOPS < MOST_PARTS ? (size_t)(work / PART_FLOPS) + 1 : MOST_PARTS;
    const size_t depth = dsci_conv_depth(s), columns = s->filters / s->groups;
    struct blocks blocks;
    blocks.column_parts = least((columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS, worth);
    blocks.row_parts = least(worth / blocks.column_parts, (depth + DSCI_LANES - 1) / DSCI_LANES);
    blocks.most_rows = (depth + blocks.row_parts - 1) / blocks.row_parts;
    blocks.most_columns = (columns + blocks.column_parts - 1) / blocks.column_parts;
    return blocks;
}

dsc_status dsci_conv_native_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    if (dsci_conv_is_depthwise(&s))
        return dsci_conv_depthwise_book(scope, node, booking);
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
    if (dsci_conv_is_depthwise(&s)) {
        dsci_conv_depthwise_backward_weights(o, part);
        return;
    }
    const struct blocks blocks = blocks_of(&s, o->node->op->flops(o->node));
    const size_t pixels = s.batch * s.dst[0] * s.dst[1], channels = s.channels / s.groups;
    const size_t group_filters = s.filters / s.groups;
    const dsci_range rows =
        dsci_conv_piece(dsci_conv_depth(&s), part.index / blocks.column_parts, blocks.row_parts);
    const dsci_range columns =
        dsci_conv_piece(group_filters, part.index % blocks.column_parts, blocks.column_parts);
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
    const dsci_range bias = dsci_conv_piece(s.filters, part.index, o->node->booking.parts);
    o->kernels->column_sums(diff_bias + bias.first, diff_dst + bias.first, pixels, bias.count, s.filters);
}

const char *dsci_conv_native_describe(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return dsci_conv_is_depthwise(&s) ? "channels" : is_pointwise(&s) ? "gemm" : "windows + gemm";
}
