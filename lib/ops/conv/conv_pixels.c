/* conv_pixels.c - how native products over the pixels of a batch are cut into parts. */
#include "ops/conv/conv_pixels.h"

#include "ops/products.h"

enum {
    LARGE_WEIGHTS = 1 << 18, /* floats that fill the second-level cache: they are cut as well */
    CUT_COLUMNS = 64,        /* columns of a part that cuts them, at least */
    CUT_PIXELS = 192,        /* and pixels */
    LEAST_PIXELS = 48        /* pixels of other parts */
};

/* How a part of a small batch is found: so many pieces of the pixels by so many of the columns. */
struct pieces {
    size_t pixels, columns;
};

/* Of a product (pixels x depth) by (depth x columns). Columns are cut where the weights are too large to be
   gone through by each part. */
static struct pieces pieces_of(const dsci_node *node, const dsci_conv_shape *s, size_t depth, size_t columns)
{
    const double parts = node->op->flops(node) / DSCI_CONV_PART_FLOPS;
    const size_t worth = parts < DSCI_CONV_MOST_PARTS ? (size_t)parts + 1 : DSCI_CONV_MOST_PARTS;
    const size_t pixels = dsci_conv_pixels(s);
    struct pieces pieces = { .columns = 1 };
    if (s->groups == 1 && depth * columns >= LARGE_WEIGHTS)
        pieces.columns = dsci_least(columns / CUT_COLUMNS, 4);
    pieces.columns = dsci_least(pieces.columns ? pieces.columns : 1, worth);
    pieces.pixels =
        dsci_least(worth / pieces.columns, pixels / (pieces.columns > 1 ? CUT_PIXELS : LEAST_PIXELS));
    pieces.pixels = pieces.pixels ? pieces.pixels : 1;
    return pieces;
}

size_t dsci_conv_block_sums_bytes(const dsci_conv_shape *s)
{
    enum { LEAST_BLOCKS = 8, MOST_BYTES = 32 << 20 };
    const size_t blocks = dsci_conv_blocks(s);
    const double bytes = (double)blocks * (double)dsci_conv_depth(s) * (double)s->filters * sizeof(float);
    return blocks >= LEAST_BLOCKS && bytes <= MOST_BYTES ? (size_t)bytes : 0;
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
    const size_t panels = (columns + DSCI_CONV_PANEL - 1) / DSCI_CONV_PANEL;
    dsci_conv_block block = {
        .pixels = dsci_piece(dsci_conv_pixels(s), part / pieces.columns, pieces.pixels),
        .columns = dsci_piece(panels, part % pieces.columns, pieces.columns),
    };
    const size_t end = dsci_least((block.columns.first + block.columns.count) * DSCI_CONV_PANEL, columns);
    block.columns.first *= DSCI_CONV_PANEL;
    block.columns.count = end - block.columns.first;
    return block;
}

void dsci_conv_book_product(const dsci_node *node, dsci_booking *booking, size_t depth, size_t columns)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const struct pieces pieces = pieces_of(node, &s, depth, columns);
    booking->by_batch = is_by_batch(node);
    booking->parts = booking->by_batch ? dsci_shards(node) : pieces.pixels * pieces.columns;
}
