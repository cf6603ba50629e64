/* conv_weights.c - the gradient of a convolution's weights by our kernels: one chain over all pixels of the
 * batch, in blocks of DSCI_GEMM_K_BLOCK, which are added in their order. Of windows of one pixel it is one
 * product. Of others, and of groups, no matrix of windows is laid out: a strip of a few channels, as many as
 * a tile has rows, is copied from the rows of the image, and is read at every element of the window. Its
 * parts are strips by filters, each over all pixels. Where there are too few of them, parts are blocks of
 * pixels instead, and each block has a sum of its own for every weight; these are added in the end.
 */
#include "ops/conv/conv_native.h"
#include "ops/conv/conv_rows.h"
#include "ops/products.h"

enum { STRIP = 16 /* channels: a line of memory */ };

typedef struct plan {
    size_t channels, filters;         /* of a group */
    size_t strips;                    /* of a group */
    size_t strip_parts, filter_parts; /* of parts by weights */
    size_t blocks;                    /* of pixels */
    bool by_pixels;
    size_t most_strips, most_filters; /* of a part */
    dsci_conv_layout layout;          /* of a strip's rows */
    size_t stretches;                 /* of a block, at most */
} plan;

static plan plan_of(const dsci_conv_shape *s)
{
    const size_t most = dsci_limits.strips.most, least = dsci_limits.strips.least;
    plan p = { .channels = s->channels / s->groups, .filters = s->filters / s->groups };
    p.strips = dsci_ceiling(p.channels, STRIP);
    p.blocks = dsci_conv_blocks(s);
    p.filter_parts = dsci_ceiling(p.filters, dsci_limits.strips.filters);
    p.by_pixels = p.strips * p.filter_parts < least / 2 && dsci_conv_block_sums_bytes(s);
    if (p.by_pixels)
        p.filter_parts = 1;
    else if (p.strips * p.filter_parts < least)
        p.filter_parts = dsci_ceiling(p.filters, dsci_limits.strips.filters / 2);
    p.strip_parts = p.by_pixels ? 1 : most / dsci_least(p.filter_parts, most);
    p.strip_parts = dsci_least(p.strip_parts, p.strips);
    p.most_strips = dsci_ceiling(p.strips, p.strip_parts);
    p.most_filters = p.filter_parts == 1 ? p.filters : p.filters / p.filter_parts + DSCI_CONV_PANEL;
    p.layout = dsci_conv_layout_of(s, dsci_ceiling(p.channels, p.strips), DSCI_GEMM_K_BLOCK);
    p.stretches = dsci_least(dsci_conv_rows_of(s, DSCI_GEMM_K_BLOCK), DSCI_GEMM_K_BLOCK);
    return p;
}

/* What a part works on, and its memory. */
typedef struct part_of {
    const dsci_operands *o;
    const dsci_conv_shape *s;
    const plan *p;
    size_t group;
    dsci_range strips, filters;
    float *panels, *rows; /* of diff_dst; of each strip's rows */
    const float **starts;
    size_t *counts;
} part_of;

static size_t panel_floats(const plan *p)
{
    return DSCI_GEMM_K_BLOCK * dsci_round_up(p->most_filters, DSCI_CONV_PANEL);
}

bool dsci_conv_weights_direct_supports(const dsci_node *node)
{
    (void)node;
    return true;
}

/* Where parts are blocks of pixels, scratch memory is a sum of all weights for each block. */
dsc_status dsci_conv_weights_direct_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const plan p = plan_of(&s);
    const size_t weights = dsci_conv_depth(&s) * s.filters;
    booking->parts = p.strip_parts * p.filter_parts;
    if (p.by_pixels) {
        booking->parts = dsci_least(p.blocks, dsci_limits.strips.most);
        booking->scratch_bytes = dsci_conv_block_sums_bytes(&s);
        booking->finish_parts =
            dsci_least(dsci_ceiling(weights, dsci_limits.strips.sum_floats), DSCI_MOST_PARTS);
    }
    booking->worker_bytes =
        (panel_floats(&p) + p.most_strips * dsci_conv_rows_floats(&p.layout) +
         dsci_conv_words(s.window.kernel[0] * p.stretches) + dsci_conv_words(p.stretches)) *
        sizeof(float);
    return DSC_OK;
}

static dsci_range strip_channels(const plan *p, size_t strip)
{
    return dsci_piece(p->channels, strip, p->strips);
}

/* The rows of a part's strip. */
static dsci_conv_rows rows_of(const part_of *part, size_t strip)
{
    const dsci_range channels = strip_channels(part->p, strip);
    return (dsci_conv_rows){
        .kernels = part->o->kernels,
        .shape = part->s,
        .layout = part->p->layout,
        .src = (const float *)part->o->in[0] + part->group * part->p->channels + channels.first,
        .channels = channels.count,
        .floats = part->rows + (strip - part->strips.first) * dsci_conv_rows_floats(&part->p->layout),
    };
}

/* Where the windows' rows start, of each stretch of a block that lies in a row of the output; the number of
   stretches. */
static size_t find_stretches(const part_of *part, const dsci_conv_rows *rows, dsci_range pixels)
{
    const dsci_conv_shape *s = part->s;
    const size_t count = (pixels.first + pixels.count - 1) / s->dst[1] - pixels.first / s->dst[1] + 1;
    dsci_conv_pixel at = dsci_conv_pixel_at(s, pixels.first);
    for (size_t i = 0, done = 0; i < count; i++) {
        const size_t run = dsci_least(s->dst[1] - at.x, pixels.count - done);
        for (size_t ky = 0; ky < s->window.kernel[0]; ky++)
            part->starts[ky * count + i] =
                dsci_conv_row(rows, at.example, at.y * s->window.stride[0] + ky * s->window.dilation[0]) +
                at.x * s->window.stride[1] * rows->channels;
        part->counts[i] = run;
        done += run;
        dsci_conv_skip(s, &at, run);
    }
    return count;
}

/* The gradients of a block of pixels, of the part's filters, as panels of DSCI_CONV_PANEL columns: copied,
   unless all filters are one panel as they lie. */
static const float *pack_panels(const part_of *part, dsci_range pixels)
{
    const dsci_conv_shape *s = part->s;
    const float *diff_dst = (const float *)part->o->in[1] + pixels.first * s->filters +
                            part->group * part->p->filters + part->filters.first;
    if (s->filters <= DSCI_CONV_PANEL)
        return diff_dst;
    for (size_t j = 0; j < part->filters.count; j += DSCI_CONV_PANEL)
        part->o->kernels->copy_rows(part->panels + j * DSCI_GEMM_K_BLOCK, DSCI_CONV_PANEL, diff_dst + j,
                                    s->filters, pixels.count,
                                    dsci_least(DSCI_CONV_PANEL, part->filters.count - j));
    return part->panels;
}

/* What the next block of pixels reads first: a line of memory of each pixel of diff_dst, then of the strips.
   Number i of a list that is empty in the end. */
static dsci_fetch fetch_of(const part_of *part, size_t first, size_t i)
{
    const dsci_conv_shape *s = part->s;
    const dsci_window *w = &s->window;
    const size_t lines = dsci_ceiling(part->filters.count, DSCI_LANES);
    const float *diff_dst = part->o->in[1], *src = part->o->in[0];
    if (first + DSCI_GEMM_K_BLOCK > dsci_conv_pixels(s))
        return (dsci_fetch){ NULL, 0 };
    if (i < lines)
        return (dsci_fetch){ diff_dst + first * s->filters + part->group * part->p->filters +
                                 part->filters.first + i * DSCI_LANES,
                             s->filters };
    const size_t strip = (i - lines) / 2;
    if (strip >= part->strips.count)
        return (dsci_fetch){ NULL, 0 };
    const dsci_range channels = strip_channels(part->p, part->strips.first + strip);
    const dsci_conv_pixel at = dsci_conv_pixel_at(s, first);
    const size_t row = at.y * w->stride[0] + (w->kernel[0] - 1) * w->dilation[0];
    const size_t pixels = s->batch * s->src[0] * s->src[1];
    const size_t pixel =
        (at.example * s->src[0] + row - dsci_least(w->before[0], row)) * s->src[1] + at.x * w->stride[1];
    if (pixel + DSCI_GEMM_K_BLOCK * w->stride[1] > pixels)
        return (dsci_fetch){ NULL, 0 };
    return (dsci_fetch){ src + pixel * s->channels + part->group * part->p->channels + channels.first +
                             ((i - lines) % 2) * (channels.count - 1),
                         w->stride[1] * s->channels };
}

/* The products of a block of pixels, for all elements of the window and one strip. */
static void multiply_strip(const part_of *part, size_t strip, dsci_range pixels, const float *panels,
                           float *sums, int accumulate, size_t *fetched)
{
    const dsci_conv_shape *s = part->s;
    const plan *p = part->p;
    const dsci_conv_rows rows = rows_of(part, strip);
    const size_t kernel = s->window.kernel[1], column = p->channels * s->filters;
    const size_t together = s->window.dilation[1] == 1 ? kernel : 1; /* columns of the window in a run */
    dsci_window_products w = {
        .stretches = find_stretches(part, &rows, pixels),
        .runs = s->window.kernel[0],
        .columns = together,
        .channels = rows.channels,
        .step = s->window.stride[1] * rows.channels,
        .starts = part->starts,
        .counts = part->counts,
        .ld_diff = s->filters <= DSCI_CONV_PANEL ? s->filters : DSCI_CONV_PANEL,
        .run_step = kernel * column,
        .column_step = column,
        .channel_step = s->filters,
        .accumulate = accumulate,
    };
    sums += strip_channels(p, strip).first * s->filters + part->group * p->filters + part->filters.first;
    for (size_t j = 0; j < part->filters.count; j += DSCI_CONV_PANEL)
        for (size_t kx = 0; kx < kernel; kx += together) {
            w.filters = dsci_least(DSCI_CONV_PANEL, part->filters.count - j);
            w.diff = panels + j * DSCI_GEMM_K_BLOCK;
            w.sums = sums + kx * column + j;
            for (size_t i = 0; i < DSCI_FETCHES; i++)
                w.next[i] = fetch_of(part, pixels.first + DSCI_GEMM_K_BLOCK, (*fetched)++);
            w.offset = kx * s->window.dilation[1] * rows.channels;
            part->o->kernels->window_products(&w);
        }
}

static void multiply_block(const part_of *part, size_t block, float *sums, int accumulate)
{
    const size_t first = block * DSCI_GEMM_K_BLOCK;
    const dsci_range pixels = { first, dsci_least(DSCI_GEMM_K_BLOCK, dsci_conv_pixels(part->s) - first) };
    const float *panels = pack_panels(part, pixels);
    size_t fetched = 0;
    for (size_t i = 0; i < part->strips.count; i++)
        multiply_strip(part, part->strips.first + i, pixels, panels, sums, accumulate, &fetched);
}

static void add_products(const dsci_operands *o, const dsci_conv_shape *s, dsci_part index)
{
    const plan p = plan_of(s);
    const size_t weights = dsci_conv_depth(s) * s->filters;
    part_of part = { .o = o, .s = s, .p = &p, .panels = index.workspace };
    part.strips = dsci_piece(p.strips, p.by_pixels ? 0 : index.index / p.filter_parts, p.strip_parts);
    part.filters = dsci_whole_panels(p.filters, DSCI_CONV_PANEL,
                                     p.by_pixels ? 0 : index.index % p.filter_parts, p.filter_parts);
    part.rows = part.panels + panel_floats(&p);
    part.starts = (const float **)(void *)(part.rows + p.most_strips * dsci_conv_rows_floats(&p.layout));
    part.counts =
        (size_t *)(void *)((float *)(void *)part.starts + dsci_conv_words(s->window.kernel[0] * p.stretches));
    const dsci_range blocks =
        p.by_pixels ? dsci_piece(p.blocks, index.index, o->node->booking.parts) : (dsci_range){ 0, p.blocks };
    for (; part.group < s->groups; part.group++) {
        for (size_t i = 0; i < part.strips.count; i++) {
            const dsci_conv_rows rows = rows_of(&part, part.strips.first + i);
            dsci_conv_rows_clear(&rows);
        }
        for (size_t i = blocks.first; i < blocks.first + blocks.count; i++)
            if (p.by_pixels)
                multiply_block(&part, i, (float *)o->scratch + i * weights, 0);
            else
                multiply_block(&part, i, o->out[0], i > 0);
    }
}

void dsci_conv_weights_direct_run(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    dsci_sum_bias(o, dsci_whole_vectors(s.filters, part.index, o->node->booking.parts), dsci_conv_pixels(&s),
                  s.filters);
    add_products(o, &s, part);
}

void dsci_conv_weights_direct_finish(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    dsci_conv_add_block_sums(o, &s, part);
}

const char *dsci_conv_weights_direct_describe(const dsci_node *node)
{
    (void)node;
    return "direct";
}

/* --- Windows of one pixel: a product --- */

/* The pixels transposed times the output's gradients; without operands: the shape alone. */
static dsci_gemm product_of(const dsci_node *node, const dsci_operands *o)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return (dsci_gemm){ .m = s.channels,
                        .n = s.filters,
                        .k = dsci_conv_pixels(&s),
                        .a = o->in[0],
                        .b = o->in[1],
                        .c = o->out[0],
                        .lda = s.channels,
                        .ldb = s.filters,
                        .ldc = s.filters,
                        .transpose_a = 1 };
}

bool dsci_conv_weights_gemm_supports(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return dsci_conv_is_pointwise(&s) && s.groups == 1;
}

dsc_status dsci_conv_weights_gemm_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    static const dsci_operands no_operands;
    (void)scope;
    const dsci_gemm product = product_of(node, &no_operands);
    dsci_weights_product_book(&product, booking);
    return DSC_OK;
}

void dsci_conv_weights_gemm_pack(const dsci_operands *o, dsci_part part)
{
    dsci_product_pack(o, part, product_of(o->node, o));
}

void dsci_conv_weights_gemm_run(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm product = product_of(o->node, o);
    dsci_weights_product_run(o, part, &product);
}

void dsci_conv_weights_gemm_finish(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm product = product_of(o->node, o);
    dsci_weights_product_finish(o, part, &product);
}

const char *dsci_conv_weights_gemm_describe(const dsci_node *node)
{
    (void)node;
    return "gemm";
}
