/* parts.c - the limits of all cuts, and the cuts of elements and of matrix products. */
#include "ops/parts.h"

#include <math.h>

#include "kernels/levels.h"

/* docs/benchmarks.md has the measurement behind each, under "How work is cut". */
const dsci_part_limits dsci_limits = {
    .flops = 4e6,
    .elements = 1 << 15,
    .rows_of_tables = 64,
    .product = { .most = 32,
                 .enough = 16,
                 .group_rows = 24, /* tiles of 6, 8 and 12 rows: whole ones at every level */
                 .narrow_panels = 3,
                 .cost_of_b = 4,
                 .cost_by_strips = 0.25,
                 .shared_flops = 1e9,
                 .shared_side = 256,
                 .shared_depth = 128,
                 .packed_floats = 1 << 16 },
    .row_blocks = { .least_blocks = 8,
                    .least_floats = 1 << 20, /* more than the second-level cache holds */
                    .sum_floats = 4096 },
    .images = { .enough_shards = 4, .band_pixels = 128, .least_pixels = 24, .depthwise_flops = 5e5 },
    .pixels = { .least = 48,
                .least_cut = 192,
                .large_weights = 1 << 18, /* they fill the second-level cache */
                .columns = 64,
                .most_columns = 4 },
    .window_rows = { .most_row = 384,
                     .channels = 64,
                     .least_pixels = 192,
                     .narrow_row = 48,
                     .tile_floats = 48 << 10, /* three quarters of a second-level cache of 256 KiB */
                     .transposed_floats = 1 << 16 },
    .strips = { .most = 32,
                .least = 8,
                .filters = 64, /* two panels */
                .most_bytes = 32 << 20,
                .least_blocks = 8,
                .sum_floats = 1024 },
    .channels = { .enough = 8, .least_vectors = 2, .most_vectors = 4 },
    .recurrent = { .groups = 4, .side = 128, .onednn_rows = 128 },
    .onednn = { .dense_flops = 8e6,
                .dense_columns = 64,
                .reorder_parts = 8,
                .reorder_floats = 1 << 16,
                .sum_floats = 1 << 15,
                .products = 2048,
                .small_products = 1024,
                .least = 4,
                .filters = 128,
                .filter_step = 64, /* formats keep up to as many together */
                .most_small = 8 },
};

size_t dsci_parts_worth(double work, double part, size_t most)
{
    const double parts = work / part;
    return parts < (double)most ? (size_t)parts : most;
}

/* --- Elements and columns --- */

dsc_status dsci_book_shards(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    booking->parts = dsci_shards(node);
    booking->by_batch = true;
    return DSC_OK;
}

size_t dsci_element_parts(const dsci_node *node, size_t elements)
{
    const size_t worth = dsci_least(elements / dsci_limits.elements, DSCI_MOST_PARTS);
    return dsci_shards(node) > 1 ? 1 : dsci_largest(worth, 1);
}

dsc_status dsci_book_elements(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const size_t parts = dsci_element_parts(node, node->out[0]->elements);
    if (parts == 1)
        return dsci_book_shards(scope, node, booking);
    booking->parts = parts;
    return DSC_OK;
}

/* Cut at cache lines. */
dsci_range dsci_part_elements(const dsci_node *node, const dsci_tensor *tensor, size_t part)
{
    enum { LINE = 64 };
    if (node->booking.by_batch)
        return dsci_shard_elements(node, tensor, part);
    return dsci_whole_panels(tensor->elements, LINE, part, node->booking.parts);
}

dsci_range dsci_whole_vectors(size_t columns, size_t part, size_t parts)
{
    return dsci_whole_panels(columns, DSCI_LANES, part, parts);
}

dsci_range dsci_whole_panels(size_t columns, size_t panel, size_t part, size_t parts)
{
    const dsci_range panels = dsci_piece(dsci_ceiling(columns, panel), part, parts);
    const size_t first = panels.first * panel, end = (panels.first + panels.count) * panel;
    return (dsci_range){ first, dsci_least(end, columns) - first };
}

/* --- Matrix products: the grid --- */

static double flops_of(const dsci_gemm *g)
{
    return 2 * (double)g->m * (double)g->n * (double)g->k;
}

/* The parts are the fields of a grid over c, whose lines are between panels of columns and groups of rows:
   whole tiles of every level. */
typedef struct grid {
    size_t groups, panels; /* of c */
    size_t rows, columns;  /* of parts */
} grid;

/* Floats that all parts of a grid read together: each row of parts reads all of b, each column all of a. */
static double reads_of(const dsci_gemm *g, size_t rows, size_t columns)
{
    const double cost_of_b = dsci_gemm_shares(g)      ? 1
                             : dsci_gemm_by_strips(g) ? dsci_limits.product.cost_by_strips
                                                      : dsci_limits.product.cost_of_b;
    return cost_of_b * (double)rows * (double)g->n + (double)columns * (double)g->m;
}

/* Of the grids with enough parts, the one whose parts together read least. A narrow c is not cut by columns.
 */
static grid grid_of(const dsci_gemm *g)
{
    const size_t most = dsci_limits.product.most;
    const size_t worth = dsci_least(dsci_parts_worth(flops_of(g), dsci_limits.flops, most) + 1, most);
    grid best = { dsci_ceiling(g->m, dsci_limits.product.group_rows), dsci_ceiling(g->n, DSCI_GEMM_PANEL), 1,
                  1 };
    if (worth == 1)
        return best;
    const bool narrow = best.panels <= dsci_limits.product.narrow_panels && best.groups > best.panels;
    const size_t enough = narrow ? worth : dsci_least(worth, dsci_limits.product.enough);
    const size_t most_columns = narrow ? 1 : dsci_least(worth, best.panels);
    double least_read = INFINITY;
    size_t most_parts = 0;
    for (size_t columns = 1; columns <= most_columns; columns++) {
        const size_t wanted = dsci_least(dsci_ceiling(enough, columns), worth / columns);
        const size_t rows = best.groups ? dsci_least(wanted, best.groups) : 1;
        const size_t parts = dsci_least(rows * columns, enough);
        const double read = reads_of(g, rows, columns);
        if (parts > most_parts || (parts == most_parts && read < least_read)) {
            least_read = read;
            most_parts = parts;
            best.columns = columns;
            best.rows = rows;
        }
    }
    if (best.columns == 1)
        best.rows = dsci_least(worth, dsci_largest(best.groups, 1));
    return best;
}

size_t dsci_gemm_parts(const dsci_gemm *g)
{
    const grid cuts = grid_of(g);
    return cuts.rows * cuts.columns;
}

dsci_gemm dsci_gemm_part(const dsci_gemm *g, size_t part)
{
    dsci_gemm cut = *g;
    const grid cuts = grid_of(g);
    const dsci_range rows =
        dsci_whole_panels(g->m, dsci_limits.product.group_rows, part / cuts.columns, cuts.rows);
    const dsci_range columns = dsci_whole_panels(g->n, DSCI_GEMM_PANEL, part % cuts.columns, cuts.columns);
    cut.m = rows.count;
    cut.n = columns.count;
    cut.a += rows.first * (g->transpose_a ? 1 : g->lda);
    cut.b += columns.first * (g->transpose_b ? g->ldb : 1);
    cut.bias = g->bias ? g->bias + columns.first : NULL;
    cut.c += rows.first * g->ldc + columns.first;
    cut.shared.row += rows.first;
    cut.shared.column += columns.first;
    return cut;
}

/* --- Matrix products: packing --- */

bool dsci_gemm_shares(const dsci_gemm *g)
{
    return flops_of(g) >= dsci_limits.product.shared_flops && g->m >= dsci_limits.product.shared_side &&
           g->n >= dsci_limits.product.shared_side && g->k >= dsci_limits.product.shared_depth;
}

/* Rows of a stored matrix in a piece, for rows of `length` floats. Panels of op(b) and blocks of k are whole
   numbers of pieces, or the other way round. */
static size_t piece_rows(size_t length)
{
    size_t rows = DSCI_GEMM_K_BLOCK;
    while (rows > DSCI_GEMM_PANEL && rows * length > dsci_limits.product.packed_floats)
        rows /= 2;
    return rows;
}

/* Rows of a or b as stored, and the floats of each. */
static size_t stored_rows(const dsci_gemm *g, bool of_b, size_t *length)
{
    const size_t other = of_b ? g->n : g->m;
    const bool by_k = of_b ? !g->transpose_b : g->transpose_a;
    *length = by_k ? other : g->k;
    return by_k ? g->k : other;
}

static size_t pieces_in(const dsci_gemm *g, bool of_b)
{
    size_t length;
    const size_t rows = stored_rows(g, of_b, &length);
    return dsci_ceiling(rows, piece_rows(length));
}

size_t dsci_gemm_pack_parts(const dsci_gemm *g)
{
    return pieces_in(g, false) + pieces_in(g, true);
}

dsci_gemm_piece dsci_gemm_piece_of(const dsci_gemm *g, size_t part)
{
    const size_t of_a = pieces_in(g, false);
    const bool of_b = part >= of_a;
    size_t length;
    const size_t rows = stored_rows(g, of_b, &length);
    const size_t most = piece_rows(length), first = (of_b ? part - of_a : part) * most;
    return (dsci_gemm_piece){ first, dsci_least(rows - first, most), of_b };
}
