/* conv_parts.c - how convolutions are cut: into examples, bands of their rows, or pixels and columns. */
#include "ops/conv/conv_parts.h"

#include "ops/products.h"

/* --- Examples and bands of rows --- */

/* How many bands an image is cut into: a power of two, so that as many threads have the same to do. At most
   `most` parts of all `groups` images; rows, pixels: of an image, as far as parts write it. */
static size_t bands_of(size_t most, size_t groups, size_t rows, size_t pixels)
{
    const size_t enough = dsci_limits.images.enough_shards;
    const size_t wide = pixels / dsci_limits.images.band_pixels;
    const size_t narrow =
        groups < enough ? dsci_least(pixels / dsci_limits.images.least_pixels, enough / groups) : 1;
    const size_t worth = dsci_least(dsci_least(dsci_largest(wide, narrow), most / groups), rows);
    size_t bands = 1;
    while (2 * bands <= worth)
        bands *= 2;
    return bands;
}

/* Windows that lie wholly in the padding have no rows of src: such images are not cut. */
dsci_conv_cut dsci_conv_cut_of(const dsci_node *node, size_t rows, size_t pixels)
{
    const dsci_window *w = &node->attributes.conv.window;
    const bool depthwise =
        node->attributes.conv.groups > 1 && dsci_conv_shape_of(node).channels == node->attributes.conv.groups;
    const double part = depthwise ? dsci_limits.images.depthwise_flops : dsci_limits.flops;
    const size_t shards = dsci_shards(node),
                 worth = dsci_parts_worth(node->op->flops(node), part, DSCI_MOST_PARTS);
    if (shards >= dsci_limits.images.enough_shards || worth <= shards)
        return (dsci_conv_cut){
            .by_batch = true, .examples = dsci_shard(node, 0).count, .groups = shards, .bands = 1
        };
    const size_t groups = dsci_least(worth, node->batch), examples = dsci_ceiling(node->batch, groups);
    dsci_conv_cut cut = { .examples = examples, .groups = dsci_ceiling(node->batch, examples), .bands = 1 };
    if (examples == 1 && w->before[0] < dsci_window_reach(w, 0) && w->after[0] < dsci_window_reach(w, 0))
        cut.bands = bands_of(worth, cut.groups, rows, pixels);
    return cut;
}

static dsci_range examples_of(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    const size_t first = part / cut->bands * cut->examples;
    return (dsci_range){ first, dsci_least(cut->examples, s->batch - first) };
}

static dsci_conv_band whole_images(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    return (dsci_conv_band){ .examples = examples_of(s, cut, part),
                             .src = { 0, s->src[0] },
                             .dst = { 0, s->dst[0] },
                             .before = s->window.before[0] };
}

dsci_conv_band dsci_conv_band_of_dst(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    const dsci_window *w = &s->window;
    if (cut->bands == 1)
        return whole_images(s, cut, part);
    const dsci_range dst = dsci_piece(s->dst[0], part % cut->bands, cut->bands);
    const size_t start = dst.first * w->stride[0],
                 end = start + (dst.count - 1) * w->stride[0] + dsci_window_reach(w, 0);
    const size_t first = dsci_difference(start, w->before[0]);
    return (
        dsci_conv_band){ .examples = examples_of(s, cut, part),
                         .src = { first, dsci_least(dsci_difference(end, w->before[0]), s->src[0]) - first },
                         .dst = dst,
                         .before = dsci_difference(w->before[0], start) };
}

dsci_conv_band dsci_conv_band_of_src(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part)
{
    const dsci_window *w = &s->window;
    if (cut->bands == 1)
        return whole_images(s, cut, part);
    const dsci_range src = dsci_piece(s->src[0], part % cut->bands, cut->bands);
    const size_t start = src.first + w->before[0], end = start + src.count; /* in the padded image */
    const size_t first = dsci_ceiling(dsci_difference(start + 1, dsci_window_reach(w, 0)), w->stride[0]);
    const size_t last = dsci_least((end - 1) / w->stride[0] + 1, s->dst[0]);
    return (dsci_conv_band){ .examples = examples_of(s, cut, part),
                             .src = src,
                             .dst = { first, dsci_difference(last, first) },
                             .before = start - first * w->stride[0] };
}

/* --- Pixels and columns --- */

/* Parts of a small batch: each is one of the pieces of its pixels, and of those of the columns. */
struct pieces {
    size_t pixels, columns;
};

/* Of a product (pixels x depth) by (depth x columns). Columns are cut where the weights are too large to be
   gone through by each part. */
static struct pieces pieces_of(const dsci_node *node, const dsci_conv_shape *s, size_t depth, size_t columns)
{
    const size_t parts = dsci_parts_worth(node->op->flops(node), dsci_limits.flops, DSCI_MOST_PARTS);
    const size_t worth = dsci_least(parts + 1, DSCI_MOST_PARTS);
    struct pieces pieces = { .columns = 1 };
    if (s->groups == 1 && depth * columns >= dsci_limits.pixels.large_weights)
        pieces.columns = dsci_least(columns / dsci_limits.pixels.columns, dsci_limits.pixels.most_columns);
    pieces.columns = dsci_least(dsci_largest(pieces.columns, 1), worth);
    const size_t least = pieces.columns > 1 ? dsci_limits.pixels.least_cut : dsci_limits.pixels.least;
    pieces.pixels = dsci_largest(dsci_least(worth / pieces.columns, dsci_conv_pixels(s) / least), 1);
    return pieces;
}

size_t dsci_conv_block_sums_bytes(const dsci_conv_shape *s)
{
    const size_t blocks = dsci_conv_blocks(s);
    const double bytes = (double)blocks * (double)dsci_conv_depth(s) * (double)s->filters * sizeof(float);
    return blocks >= dsci_limits.strips.least_blocks && bytes <= (double)dsci_limits.strips.most_bytes
               ? (size_t)bytes
               : 0;
}

void dsci_conv_add_block_sums(const dsci_operands *o, const dsci_conv_shape *s, dsci_part part)
{
    const size_t weights = dsci_conv_depth(s) * s->filters;
    const dsci_range own = dsci_piece(weights, part.index, o->node->booking.finish_parts);
    dsci_add_slots(o->kernels, (const float *)o->scratch + own.first, weights, dsci_conv_blocks(s), own.count,
                   (float *)o->out[0] + own.first);
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

dsci_conv_block dsci_conv_block_of(const dsci_operands *o, const dsci_conv_shape *s, size_t depth,
                                   size_t columns, size_t part)
{
    if (o->node->booking.by_batch)
        return (dsci_conv_block){ shard_pixels(o, s, part), { 0, columns } };
    const struct pieces pieces = pieces_of(o->node, s, depth, columns);
    return (dsci_conv_block){
        .pixels = dsci_piece(dsci_conv_pixels(s), part / pieces.columns, pieces.pixels),
        .columns = dsci_whole_panels(columns, DSCI_CONV_PANEL, part % pieces.columns, pieces.columns),
    };
}

void dsci_conv_book_product(const dsci_node *node, dsci_booking *booking, size_t depth, size_t columns)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const struct pieces pieces = pieces_of(node, &s, depth, columns);
    booking->by_batch = is_by_batch(node);
    booking->parts = booking->by_batch ? dsci_shards(node) : pieces.pixels * pieces.columns;
}
