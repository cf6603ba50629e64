/* conv_native.c - convolution by our kernels. Windows are laid out as the rows of a matrix, a tile of pixels
 * at a time so that it stays in the second-level cache, and multiplied by the weights: an output is one chain
 * of multiply-adds over (window row, window column, channel), as gemm.h says. A gradient of the weights is
 * one chain over all pixels of the batch, in blocks of DSCI_GEMM_K_BLOCK pixels. None of it depends on tiles,
 * shards or parts. Parts are shards of the batch; of a small one, forward, some pixels by some filters.
 */
#include "ops/conv_native.h"

#include <math.h>
#include <string.h>

#include "ops/conv_depthwise.h"
#include "ops/conv_native_weights.h"
#include "ops/conv_rows.h"
#include "ops/products.h"

/* Deep windows: a block of DSCI_GEMM_K_BLOCK elements of so many pixels at a time. */
enum { DEEP_PIXELS = 240 };

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
static void gather_window(const dsci_conv_shape *s, const float *src, size_t group, const dsci_conv_pixel *p,
                          size_t first, size_t last, float *dst)
{
    const size_t channels = s->channels / s->groups, row_length = s->window.kernel[1] * channels;
    const float *image = src + p->example * s->src[0] * s->src[1] * s->channels + group * channels;
    while (first < last) {
        const size_t ky = first / row_length, kx = first % row_length / channels, c = first % channels;
        const size_t count = dsci_least(channels - c, last - first);
        size_t y, x;
        if (!dsci_window_source(&s->window, 0, p->y, ky, s->src[0], &y)) {
            const size_t rest = dsci_least((ky + 1) * row_length, last) - first;
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

/* The elements first..last - 1 of a run of windows inside the image, as rows of a tile. */
static void gather_run(const dsci_kernels *kernels, const dsci_conv_shape *s, const float *image,
                       const dsci_conv_pixel *p, size_t run, size_t first, size_t last, float *tile)
{
    const dsci_window *w = &s->window;
    const size_t channels = s->channels / s->groups, columns = dsci_conv_whole_columns(s),
                 width = last - first;
    const size_t x = p->x * w->stride[1] - w->before[1], length = columns * channels;
    for (size_t piece = first / length; piece * length < last; piece++) {
        const size_t begin = piece * length, from = begin > first ? begin : first;
        const size_t count = dsci_least(begin + length, last) - from;
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
    dsci_conv_pixel p = dsci_conv_pixel_at(s, first_pixel);
    for (size_t done = 0, run; done < count; done += run, tile += run * elements.count) {
        const float *image =
            src + p.example * s->src[0] * s->src[1] * s->channels + group * (s->channels / s->groups);
        run = dsci_conv_run_inside(s, &p, count - done);
        if (run > 0) {
            gather_run(kernels, s, image, &p, run, first, last, tile);
        } else {
            gather_window(s, src, group, &p, first, last, tile);
            run = 1;
        }
        dsci_conv_skip(s, &p, run);
    }
}

/* The product of a tile of so many pixels and a group's weights. */
static dsci_gemm forward_problem(const dsci_conv_shape *s, size_t pixels)
{
    return (dsci_gemm){ .m = pixels,
                        .n = s->filters / s->groups,
                        .k = dsci_conv_depth(s),
                        .lda = dsci_conv_is_pointwise(s) ? s->channels : dsci_conv_depth(s),
                        .ldb = s->filters,
                        .ldc = s->filters };
}

/* Floats of a workspace: the tile, then what the product needs. */
static size_t tile_room(const dsci_conv_shape *s)
{
    return (dsci_conv_tile_pixels(s) * dsci_conv_depth(s) + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES;
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
                        .n = DSCI_CONV_PANEL,
                        .k = DSCI_GEMM_K_BLOCK,
                        .lda = dsci_conv_is_pointwise(s) ? s->channels : DSCI_GEMM_K_BLOCK,
                        .ldb = DSCI_CONV_PANEL,
                        .ldc = s->filters };
}

/* Floats of a deep part's workspace: a tile of windows, a panel of weights, a one and a bias for each filter.
 */
static size_t deep_tile_room(const dsci_conv_shape *s)
{
    return dsci_conv_is_pointwise(s) ? 0 : DEEP_PIXELS * DSCI_GEMM_K_BLOCK;
}

static size_t deep_room(const dsci_conv_shape *s)
{
    const dsci_gemm problem = deep_problem(s);
    return deep_tile_room(s) + DSCI_GEMM_K_BLOCK * DSCI_CONV_PANEL + 2 * dsci_conv_vectors(s->filters) +
           dsci_gemm_workspace(&problem);
}

/* Few channels and weights: windows are read where they lie in the rows of the image, since a matrix of them
   would take longer to lay out than to multiply (1 -> 32, 5x5, at 28x28, batch 128: 695 us). */
static bool is_by_rows(const dsci_conv_shape *s)
{
    enum { MOST_CHANNELS = 8, MOST_WEIGHTS = 1 << 14, LEAST_COLUMNS = 6 };
    return s->groups == 1 && s->channels <= MOST_CHANNELS && s->window.dilation[1] == 1 && !is_deep(s) &&
           !dsci_conv_is_pointwise(s) && dsci_conv_depth(s) * s->filters <= MOST_WEIGHTS &&
           s->dst[1] >= LEAST_COLUMNS;
}

static size_t rows_room(const dsci_conv_shape *s)
{
    const dsci_conv_layout layout = dsci_conv_layout_of(s, s->channels, 1);
    return dsci_conv_rows_floats(&layout) + dsci_conv_words(s->window.kernel[0]);
}

dsc_status dsci_conv_native_book_forward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    if (dsci_conv_is_depthwise(&s))
        return dsci_conv_depthwise_book(scope, node, booking);
    const dsci_gemm problem = forward_problem(&s, dsci_conv_tile_pixels(&s));
    const size_t room = is_by_rows(&s) ? rows_room(&s)
                        : is_deep(&s)  ? deep_room(&s)
                                       : tile_room(&s) + dsci_gemm_workspace(&problem);
    booking->worker_bytes = room * sizeof(float);
    dsci_conv_book_product(node, booking, dsci_conv_depth(&s), s.filters / s.groups);
    return DSC_OK;
}

/* c += a tile's block of windows by the block's rows of the weights; the first block starts it. */
static void add_block(const dsci_operands *o, const dsci_conv_shape *s, dsci_range elements,
                      dsci_gemm problem, const float *weights, dsci_range columns, float *panel)
{
    float *c = problem.c;
    problem.k = elements.count;
    problem.b = panel;
    for (size_t j = 0; j < columns.count; j += DSCI_CONV_PANEL) {
        problem.n = dsci_least(DSCI_CONV_PANEL, columns.count - j);
        problem.c = c + j;
        o->kernels->copy_rows(panel, DSCI_CONV_PANEL,
                              weights + elements.first * s->filters + columns.first + j, s->filters,
                              elements.count, problem.n);
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

static void run_deep(const dsci_operands *o, const dsci_conv_shape *s, size_t group, dsci_conv_block block,
                     float *workspace)
{
    const size_t depth = dsci_conv_depth(s), channels = s->channels / s->groups;
    const size_t first_filter = group * (s->filters / s->groups) + block.columns.first;
    const float *src = o->in[0], *weights = (const float *)o->in[1] + group * (s->filters / s->groups);
    const bool pointwise = dsci_conv_is_pointwise(s);
    float *tile = workspace, *panel = tile + deep_tile_room(s),
          *ones = panel + DSCI_GEMM_K_BLOCK * DSCI_CONV_PANEL;
    float *terms = ones + dsci_conv_vectors(s->filters);
    dsci_gemm problem = deep_problem(s);
    problem.workspace = terms + dsci_conv_vectors(s->filters);
    fill_terms(o, first_filter, block.columns.count, ones, terms);
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = dsci_least(DEEP_PIXELS, block.pixels.count - done);
        float *dst = (float *)o->out[0] + first * s->filters + first_filter;
        problem.m = count;
        for (size_t start = 0; start < depth; start += DSCI_GEMM_K_BLOCK) {
            const dsci_range elements = { start, dsci_least(DSCI_GEMM_K_BLOCK, depth - start) };
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
static void run_shallow(const dsci_operands *o, const dsci_conv_shape *s, size_t group, dsci_conv_block block,
                        float *tile)
{
    const float *src = o->in[0], *weights = o->in[1], *bias = o->in[2];
    const size_t channels = s->channels / s->groups;
    const size_t first_filter = group * (s->filters / s->groups) + block.columns.first;
    const bool pointwise = dsci_conv_is_pointwise(s);
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = dsci_least(dsci_conv_tile_pixels(s), block.pixels.count - done);
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

/* A row of the output after the other; of one group. */
static void run_rows(const dsci_operands *o, const dsci_conv_shape *s, size_t group, dsci_conv_block block,
                     float *workspace)
{
    (void)group;
    const float *bias = o->in[2];
    const dsci_conv_rows rows = { .kernels = o->kernels,
                                  .shape = s,
                                  .layout = dsci_conv_layout_of(s, s->channels, 1),
                                  .src = o->in[0],
                                  .channels = s->channels,
                                  .floats = workspace };
    const float **starts = (const float **)(void *)(workspace + dsci_conv_rows_floats(&rows.layout));
    dsci_window_sums w = { .filters = block.columns.count,
                           .runs = s->window.kernel[0],
                           .run_length = s->window.kernel[1] * s->channels,
                           .step = s->window.stride[1] * s->channels,
                           .starts = starts,
                           .weights = (const float *)o->in[1] + block.columns.first,
                           .bias = bias ? bias + block.columns.first : NULL,
                           .dst = (float *)o->out[0] + block.pixels.first * s->filters + block.columns.first,
                           .ld_weights = s->filters,
                           .ld_dst = s->filters,
                           .activation = o->node->attributes.conv.activation };
    dsci_conv_pixel at = dsci_conv_pixel_at(s, block.pixels.first);
    dsci_conv_rows_clear(&rows);
    for (size_t done = 0; done < block.pixels.count; done += w.pixels) {
        w.pixels = dsci_least(s->dst[1] - at.x, block.pixels.count - done);
        for (size_t ky = 0; ky < w.runs; ky++)
            starts[ky] =
                dsci_conv_row(&rows, at.example, at.y * s->window.stride[0] + ky * s->window.dilation[0]) +
                at.x * w.step;
        o->kernels->window_sums(&w);
        w.dst += w.pixels * s->filters;
        dsci_conv_skip(s, &at, w.pixels);
    }
}

void dsci_conv_native_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    if (dsci_conv_is_depthwise(&s)) {
        dsci_conv_depthwise_forward(o, part);
        return;
    }
    const dsci_conv_block block =
        dsci_conv_block_of(o, &s, dsci_conv_depth(&s), s.filters / s.groups, part.index);
    for (size_t g = 0; g < s.groups; g++)
        (is_by_rows(&s) ? run_rows : is_deep(&s) ? run_deep : run_shallow)(o, &s, g, block, part.workspace);
}

/* --- The gradient of the weights --- */

/* Of windows of one pixel: one product. Of others, and of groups: conv_native_weights.c. */
static bool is_product(const dsci_conv_shape *s)
{
    return dsci_conv_is_pointwise(s) && s->groups == 1;
}

/* The pixels transposed times the output's gradients; without operands: the shape alone. */
static dsci_gemm weights_problem(const dsci_conv_shape *s, const dsci_operands *o)
{
    return (dsci_gemm){ .m = s->channels,
                        .n = s->filters,
                        .k = dsci_conv_pixels(s),
                        .a = o->in[0],
                        .b = o->in[1],
                        .c = o->out[0],
                        .lda = s->channels,
                        .ldb = s->filters,
                        .ldc = s->filters,
                        .transpose_a = 1 };
}

/* Wherever parts are blocks of pixels, each has its slot of sums. */
void dsci_conv_native_finish_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    if (is_product(&s)) {
        const dsci_gemm problem = weights_problem(&s, o);
        dsci_weights_product_finish(o, part, &problem);
        return;
    }
    const size_t weights = dsci_conv_depth(&s) * s.filters;
    const dsci_range own = dsci_piece(weights, part.index, o->node->booking.finish_parts);
    dsci_add_slots(o->kernels, (const float *)o->scratch + own.first, weights, dsci_conv_blocks(&s),
                   own.count, (float *)o->out[0] + own.first);
}

dsc_status dsci_conv_native_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    if (dsci_conv_is_depthwise(&s))
        return dsci_conv_depthwise_book(scope, node, booking);
    if (is_product(&s)) {
        const dsci_gemm problem = weights_problem(&s, &(const dsci_operands){ .node = node });
        dsci_weights_product_book(&problem, booking);
    } else {
        dsci_conv_native_book_windows(&s, booking);
    }
    return DSC_OK;
}

/* Only products book it. */
void dsci_conv_native_pack_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    dsci_product_pack(o, part, weights_problem(&s, o));
}

void dsci_conv_native_backward_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    if (dsci_conv_is_depthwise(&s)) {
        dsci_conv_depthwise_backward_weights(o, part);
    } else if (is_product(&s)) {
        const dsci_gemm problem = weights_problem(&s, o);
        dsci_weights_product_run(o, part, &problem);
    } else {
        dsci_sum_bias(o, dsci_whole_vectors(s.filters, part.index, o->node->booking.parts),
                      dsci_conv_pixels(&s), s.filters);
        dsci_conv_native_windows_weights(o, &s, part);
    }
}

const char *dsci_conv_native_describe(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return dsci_conv_is_depthwise(&s) ? "channels" : dsci_conv_is_pointwise(&s) ? "gemm" : "windows + gemm";
}
