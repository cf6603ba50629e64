/* kernels.c - the choice among the levels of the native kernels. */
#include "kernels/kernels.h"

#include <math.h>

#include "kernels/levels.h"

static const dsci_kernels *const levels[] = {
    [DSC_ISA_SCALAR] = &dsci_kernels_scalar,
    [DSC_ISA_AVX2] = &dsci_kernels_avx2,
    [DSC_ISA_AVX512] = &dsci_kernels_avx512,
};

const dsci_kernels *dsci_kernels_for(dsc_isa isa)
{
    const dsc_isa level = isa == DSC_ISA_AUTO ? dsc_isa_effective() : isa;
    return level >= DSC_ISA_SCALAR && level <= dsc_isa_detected() ? levels[level] : NULL;
}

size_t dsci_gemm_workspace(const dsci_gemm *problem)
{
    const size_t rows = problem->m < DSCI_GEMM_ROW_CHUNK ? problem->m : DSCI_GEMM_ROW_CHUNK;
    const size_t partial = dsci_gemm_keeps_partial(problem) ? rows * dsci_gemm_columns(problem) : 0;
    return dsci_gemm_panel_floats(problem) + partial;
}

enum { MOST_PARTS = 32, ENOUGH_PARTS = 16, PIECE_FLOATS = 65536, SHARED_SIDE = 256, SHARED_DEPTH = 128 };

/* About as much work as it takes to make handing out a part negligible; and to make it worth waiting for
 * packed operands. */
static const double PART_FLOPS = 4e6, SHARED_FLOPS = 1e9;

/* What it costs to read and pack an element of b, in reads of one of a, if nothing is shared; by strips, less
 * than cutting the rows of c short. */
static const double COST_OF_B = 4, COST_OF_B_BY_STRIPS = 0.25;

static double flops_of(const dsci_gemm *g)
{
    return 2 * (double)g->m * (double)g->n * (double)g->k;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t pieces_of(size_t n, size_t piece)
{
    return (n + piece - 1) / piece;
}

/* The parts are the fields of a grid over c, whose lines are between panels of columns and groups of rows:
 * whole tiles of every level. */
typedef struct grid {
    size_t groups, panels;
    size_t rows, columns; /* of parts */
} grid;

enum { GROUP_ROWS = 24, NARROW_PANELS = 3 };

/* Of the grids with enough parts, the one whose parts together read least: each row of parts reads all of b,
 * each column all of a. A narrow c is not cut by columns. */
static grid grid_of(const dsci_gemm *g)
{
    const double worth_of = flops_of(g) / PART_FLOPS;
    const size_t worth = worth_of < MOST_PARTS ? (size_t)worth_of + 1 : MOST_PARTS;
    grid best = { pieces_of(g->m, GROUP_ROWS), pieces_of(g->n, DSCI_GEMM_PANEL), 1, 1 };
    if (worth == 1)
        return best;
    const int narrow = best.panels <= NARROW_PANELS && best.groups > best.panels;
    const size_t enough = narrow ? worth : least(worth, ENOUGH_PARTS);
    const double cost_of_b = dsci_gemm_shares(g)      ? 1
                             : dsci_gemm_by_strips(g) ? COST_OF_B_BY_STRIPS
                                                      : COST_OF_B;
    const size_t most_columns = narrow ? 1 : least(worth, best.panels);
    double least_read = INFINITY;
    size_t most = 0;
    for (size_t columns = 1; columns <= most_columns; columns++) {
        const size_t wanted = least(pieces_of(enough, columns), worth / columns);
        const size_t rows = best.groups ? least(wanted, best.groups) : 1;
        const size_t parts = least(rows * columns, enough);
        const double read = cost_of_b * (double)rows * (double)g->n + (double)columns * (double)g->m;
        if (parts > most || (parts == most && read < least_read)) {
            least_read = read;
            most = parts;
            best.columns = columns;
            best.rows = rows;
        }
    }
    if (best.columns == 1)
        best.rows = least(worth, best.groups ? best.groups : 1);
    return best;
}

size_t dsci_gemm_parts(const dsci_gemm *g)
{
    const grid cuts = grid_of(g);
    return cuts.rows * cuts.columns;
}

typedef struct range {
    size_t first, count;
} range;

static range range_of(size_t pieces, size_t piece, size_t index, size_t count, size_t size)
{
    const size_t first = pieces * index / count * piece, end = pieces * (index + 1) / count * piece;
    return (range){ first, least(end, size) - first };
}

dsci_gemm dsci_gemm_part(const dsci_gemm *g, size_t part)
{
    dsci_gemm cut = *g;
    const grid cuts = grid_of(g);
    const range rows = range_of(cuts.groups, GROUP_ROWS, part / cuts.columns, cuts.rows, g->m);
    const range columns = range_of(cuts.panels, DSCI_GEMM_PANEL, part % cuts.columns, cuts.columns, g->n);
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

int dsci_gemm_shares(const dsci_gemm *g)
{
    return flops_of(g) >= SHARED_FLOPS && g->m >= SHARED_SIDE && g->n >= SHARED_SIDE && g->k >= SHARED_DEPTH;
}

size_t dsci_gemm_shared_floats(const dsci_gemm *g)
{
    return (g->m + dsci_gemm_whole_vectors(g->n)) * dsci_gemm_whole_vectors(g->k);
}

void dsci_gemm_share(dsci_gemm *g, float *floats)
{
    g->shared.floats = floats;
    g->shared.rows = g->m;
    g->shared.columns = dsci_gemm_whole_vectors(g->n);
}

/* Rows of a stored matrix in a piece. Panels of op(b) and blocks of k are whole numbers of pieces, or the
 * other way round. */
static size_t piece_rows(size_t length)
{
    size_t rows = DSCI_GEMM_K_BLOCK;
    while (rows > DSCI_GEMM_PANEL && rows * length > PIECE_FLOATS)
        rows /= 2;
    return rows;
}

/* Rows of a or b as stored, and the floats of each. */
static size_t stored_rows(const dsci_gemm *g, int of_b, size_t *length)
{
    const size_t other = of_b ? g->n : g->m;
    const int by_k = of_b ? !g->transpose_b : g->transpose_a;
    *length = by_k ? other : g->k;
    return by_k ? g->k : other;
}

static size_t pieces_in(const dsci_gemm *g, int of_b)
{
    size_t length;
    const size_t rows = stored_rows(g, of_b, &length);
    return pieces_of(rows, piece_rows(length));
}

size_t dsci_gemm_pack_parts(const dsci_gemm *g)
{
    return pieces_in(g, 0) + pieces_in(g, 1);
}

dsci_gemm_piece dsci_gemm_piece_of(const dsci_gemm *g, size_t part)
{
    const size_t of_a = pieces_in(g, 0);
    const int of_b = part >= of_a;
    size_t length;
    const size_t rows = stored_rows(g, of_b, &length);
    const size_t most = piece_rows(length), first = (of_b ? part - of_a : part) * most;
    return (dsci_gemm_piece){ first, least(rows - first, most), of_b };
}
