/* conv_gemm.c - convolution as products of matrices. Windows are laid out as the rows of a matrix (im2col), a
 * tile of pixels at a time so that it stays in the second-level cache, and multiplied by the weights; windows
 * of one pixel are such a matrix as they lie. An output is one chain of multiply-adds over (window row,
 * window column, channel), as gemm.inl says, whatever the tiles, shards and parts. Deep windows, of more than
 * DSCI_GEMM_K_BLOCK elements, go a block after the other, whose sums are added up in the output.
 */
#include "ops/conv/conv_native.h"

#include <string.h>

#include "ops/conv/conv_pixels.h"

/* Pixels of a tile of deep windows, which holds a block of DSCI_GEMM_K_BLOCK elements of each. */
enum { DEEP_PIXELS = 240 };

/* A loop for short copies, for which a call of memcpy() takes longer than the copy. */
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

/* Copies the elements first..last - 1 of the windows of `run` pixels in a row of the output, whose columns
   all lie inside the image, into the rows of a tile. */
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

/* Fills a tile (count x elements.count) with those elements of the windows of `count` pixels. */
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

/* The windows of `count` pixels from number first_pixel on, those elements of each, as the rows of a matrix:
   laid out in the tile, or, if there is none, the pixels themselves. */
static const float *windows_of(const dsci_operands *o, const dsci_conv_shape *s, size_t group,
                               dsci_range elements, size_t first_pixel, size_t count, float *tile)
{
    const float *src = o->in[0];
    if (!tile)
        return src + first_pixel * s->channels + group * (s->channels / s->groups) + elements.first;
    gather_tile(o->kernels, s, src, group, elements, first_pixel, count, tile);
    return tile;
}

/* --- Windows of one block: the product does all of it --- */

/* The product of a tile's windows and a group's weights. */
static dsci_gemm whole_problem(const dsci_conv_shape *s, size_t pixels, bool with_tile)
{
    return (dsci_gemm){ .m = pixels,
                        .n = s->filters / s->groups,
                        .k = dsci_conv_depth(s),
                        .lda = with_tile ? dsci_conv_depth(s) : s->channels,
                        .ldb = s->filters,
                        .ldc = s->filters };
}

static size_t whole_tile_floats(const dsci_conv_shape *s)
{
    return dsci_vector_floats(dsci_conv_tile_pixels(s) * dsci_conv_depth(s));
}

/* In the workspace: the tile, if there is one, then what the product needs. */
static void book_whole(const dsci_node *node, dsci_booking *booking, bool with_tile)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const dsci_gemm problem = whole_problem(&s, dsci_conv_tile_pixels(&s), with_tile);
    booking->worker_bytes =
        ((with_tile ? whole_tile_floats(&s) : 0) + dsci_gemm_workspace(&problem)) * sizeof(float);
    dsci_conv_book_product(node, booking, dsci_conv_depth(&s), s.filters / s.groups);
}

static void run_whole_group(const dsci_operands *o, const dsci_conv_shape *s, size_t group,
                            dsci_conv_block block, float *tile, float *workspace)
{
    const float *weights = o->in[1], *bias = o->in[2];
    const dsci_range elements = { 0, dsci_conv_depth(s) };
    const size_t first_filter = group * (s->filters / s->groups) + block.columns.first;
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = dsci_least(dsci_conv_tile_pixels(s), block.pixels.count - done);
        dsci_gemm problem = whole_problem(s, count, tile != NULL);
        problem.n = block.columns.count;
        problem.a = windows_of(o, s, group, elements, first, count, tile);
        problem.b = weights + first_filter;
        problem.bias = bias ? bias + first_filter : NULL;
        problem.c = (float *)o->out[0] + first * s->filters + first_filter;
        problem.activation = o->node->attributes.conv.activation;
        problem.workspace = workspace;
        o->kernels->gemm(&problem);
    }
}

static void run_whole(const dsci_operands *o, dsci_part part, bool with_tile)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const dsci_conv_block block =
        dsci_conv_block_of(o, &s, dsci_conv_depth(&s), s.filters / s.groups, part.index);
    float *tile = with_tile ? part.workspace : NULL;
    float *workspace = (float *)part.workspace + (with_tile ? whole_tile_floats(&s) : 0);
    for (size_t g = 0; g < s.groups; g++)
        run_whole_group(o, &s, g, block, tile, workspace);
}

/* --- Deep windows --- */

/* The product of a tile's block of elements and a panel of weights. */
static dsci_gemm deep_problem(const dsci_conv_shape *s, bool with_tile)
{
    return (dsci_gemm){ .m = DEEP_PIXELS,
                        .n = DSCI_CONV_PANEL,
                        .k = DSCI_GEMM_K_BLOCK,
                        .lda = with_tile ? DSCI_GEMM_K_BLOCK : s->channels,
                        .ldb = DSCI_CONV_PANEL,
                        .ldc = s->filters };
}

/* A deep part's workspace: a tile of windows, a panel of weights, a one and a bias for each filter, and what
   the product needs. */
typedef struct deep_memory {
    float *tile, *panel, *ones, *terms, *workspace; /* tile: NULL if there is none */
} deep_memory;

static size_t deep_tile_floats(bool with_tile)
{
    return with_tile ? DEEP_PIXELS * DSCI_GEMM_K_BLOCK : 0;
}

static deep_memory deep_memory_of(const dsci_conv_shape *s, float *floats, bool with_tile)
{
    float *panel = floats + deep_tile_floats(with_tile), *ones = panel + DSCI_GEMM_K_BLOCK * DSCI_CONV_PANEL;
    float *terms = ones + dsci_vector_floats(s->filters);
    return (deep_memory){ .tile = with_tile ? floats : NULL,
                          .panel = panel,
                          .ones = ones,
                          .terms = terms,
                          .workspace = terms + dsci_vector_floats(s->filters) };
}

static void book_deep(const dsci_node *node, dsci_booking *booking, bool with_tile)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const dsci_gemm problem = deep_problem(&s, with_tile);
    booking->worker_bytes = (deep_tile_floats(with_tile) + DSCI_GEMM_K_BLOCK * DSCI_CONV_PANEL +
                             2 * dsci_vector_floats(s.filters) + dsci_gemm_workspace(&problem)) *
                            sizeof(float);
    dsci_conv_book_product(node, booking, dsci_conv_depth(&s), s.filters / s.groups);
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
                        size_t columns, const deep_memory *memory)
{
    const dsc_activation activation = o->node->attributes.conv.activation;
    const float floor = dsci_activation_floor(activation);
    const bool whole_rows = columns == s->filters;
    if (o->in[2] || activation == DSC_ACTIVATION_RELU)
        for (size_t p = 0; p < pixels; p += whole_rows ? pixels : 1)
            o->kernels->affine_columns(dst + p * s->filters, dst + p * s->filters, memory->ones,
                                       memory->terms, floor, whole_rows ? pixels : 1, columns, 0);
    if (!dsci_activation_is_floor(activation))
        for (size_t p = 0; p < pixels; p++)
            o->kernels->activation_forward(activation, 0.0F, dst + p * s->filters, dst + p * s->filters,
                                           columns);
}

/* What the outputs are multiplied by, 1, and what is added to them: the bias, or -0, which changes nothing.
 */
static void fill_terms(const dsci_operands *o, size_t first_filter, size_t columns, const deep_memory *memory)
{
    const float *bias = o->in[2];
    for (size_t j = 0; j < columns; j++) {
        memory->ones[j] = 1.0F;
        memory->terms[j] = bias ? bias[first_filter + j] : -0.0F;
    }
}

static void run_deep_group(const dsci_operands *o, const dsci_conv_shape *s, size_t group,
                           dsci_conv_block block, const deep_memory *memory)
{
    const size_t depth = dsci_conv_depth(s), first_filter = group * (s->filters / s->groups);
    const float *weights = (const float *)o->in[1] + first_filter;
    dsci_gemm problem = deep_problem(s, memory->tile != NULL);
    problem.workspace = memory->workspace;
    fill_terms(o, first_filter + block.columns.first, block.columns.count, memory);
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = dsci_least(DEEP_PIXELS, block.pixels.count - done);
        float *dst = (float *)o->out[0] + first * s->filters + first_filter + block.columns.first;
        problem.m = count;
        for (size_t start = 0; start < depth; start += DSCI_GEMM_K_BLOCK) {
            const dsci_range elements = { start, dsci_least(DSCI_GEMM_K_BLOCK, depth - start) };
            problem.a = windows_of(o, s, group, elements, first, count, memory->tile);
            problem.lda = memory->tile ? elements.count : s->channels;
            problem.c = dst;
            problem.accumulate = start > 0;
            add_block(o, s, elements, problem, weights, block.columns, memory->panel);
        }
        finish_tile(o, s, dst, count, block.columns.count, memory);
    }
}

static void run_deep(const dsci_operands *o, dsci_part part, bool with_tile)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const dsci_conv_block block =
        dsci_conv_block_of(o, &s, dsci_conv_depth(&s), s.filters / s.groups, part.index);
    const deep_memory memory = deep_memory_of(&s, part.workspace, with_tile);
    for (size_t g = 0; g < s.groups; g++)
        run_deep_group(o, &s, g, block, &memory);
}

/* --- The four algorithms --- */

static bool is_pointwise(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return dsci_conv_is_pointwise(&s);
}

static bool is_deep(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return dsci_conv_depth(&s) > DSCI_GEMM_K_BLOCK;
}

bool dsci_conv_deep_gemm_supports(const dsci_node *node)
{
    return is_pointwise(node) && is_deep(node);
}

bool dsci_conv_gemm_supports(const dsci_node *node)
{
    return is_pointwise(node);
}

bool dsci_conv_deep_im2col_supports(const dsci_node *node)
{
    return is_deep(node);
}

/* Every convolution, though the tile of a deep one leaves the caches. */
bool dsci_conv_im2col_supports(const dsci_node *node)
{
    (void)node;
    return true;
}

#define ALGORITHM(name, book, run, with_tile, text)                                                          \
    dsc_status name##_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)                         \
    {                                                                                                        \
        (void)scope;                                                                                         \
        book(node, booking, with_tile);                                                                      \
        return DSC_OK;                                                                                       \
    }                                                                                                        \
    void name##_run(const dsci_operands *o, dsci_part part)                                                  \
    {                                                                                                        \
        run(o, part, with_tile);                                                                             \
    }                                                                                                        \
    const char *name##_describe(const dsci_node *node)                                                       \
    {                                                                                                        \
        (void)node;                                                                                          \
        return text;                                                                                         \
    }

ALGORITHM(dsci_conv_deep_gemm, book_deep, run_deep, false, "gemm by depth blocks")
ALGORITHM(dsci_conv_gemm, book_whole, run_whole, false, "gemm")
ALGORITHM(dsci_conv_deep_im2col, book_deep, run_deep, true, "im2col + gemm by depth blocks")
ALGORITHM(dsci_conv_im2col, book_whole, run_whole, true, "im2col + gemm")
