/* gemm.h - matrix multiplication (part of body.h).
 *
 * The definition, whatever the level, tile or chunk. k is cut into blocks of DSCI_GEMM_K_BLOCK; of each block
 *     B = fma(a[i,p], b[p,j], ...) over p in increasing order, starting from +0,
 * and c = activation((((B0 + B1) + B2) + ...) + bias), or c = c + (((B0 + B1) + B2) + ...) if accumulate. A
 * missing bias adds nothing; k = 0 is one empty block, B0 = +0.
 *
 * The order of work, from outside: chunks of rows of a (second-level cache), blocks of k, panels of columns
 * of b (packed: first-level cache), tiles of c (registers). Sums of earlier blocks wait in c, or in the
 * workspace if c has to keep its old value.
 */
#ifndef DESCENT_KERNELS_GEMM_H
#define DESCENT_KERNELS_GEMM_H

/* One tile of c: what is the same for all tiles of a panel, and the tile's place. */
typedef struct tile {
    const float *a, *b;
    float *partial, *c;
    const float *bias;
    size_t depth, lda, ldb, ld_partial, ldc;
    vec_mask last_columns; /* valid lanes of the tile's last vector */
    float floor;           /* 0 for ReLU, else -infinity */
    int first, final;      /* block of k */
    int accumulate;
} tile;

/* Vector j of a row of the tile: all but the last are whole. */
ALWAYS_INLINE vec tile_load(const float *row, size_t j, size_t vectors, vec_mask last_columns)
{
    return j + 1 < vectors ? vec_load(row + DSCI_LANES * j)
                           : vec_load_mask(row + DSCI_LANES * j, last_columns);
}

ALWAYS_INLINE void tile_store(float *row, size_t j, size_t vectors, vec_mask last_columns, vec x)
{
    if (j + 1 < vectors)
        vec_store(row + DSCI_LANES * j, x);
    else
        vec_store_mask(row + DSCI_LANES * j, last_columns, x);
}

/* Runs a statement for each vector sums[i][j] of a tile, with all indices constant. */
#define EACH_SUM(statement)                                                                                  \
    do {                                                                                                     \
        UNROLL                                                                                               \
        for (size_t i = 0; i < rows; i++) {                                                                  \
            UNROLL                                                                                           \
            for (size_t j = 0; j < vectors; j++)                                                             \
                statement;                                                                                   \
        }                                                                                                    \
    } while (0)

#define LOAD(row)     tile_load(row, j, vectors, last)
#define STORE(row, x) tile_store(row, j, vectors, last, x)

/* by_rows says whether a row of op(a) is contiguous, or a column. It, rows and vectors are constants once
 * inlined. */
ALWAYS_INLINE void tile_run(const tile *t, size_t rows, size_t vectors, int by_rows)
{
    vec sums[TILE_ROWS][TILE_VECTORS];
    const vec_mask last = t->last_columns;
    const float *a = t->a, *b = t->b;
    const size_t row_step = by_rows ? t->lda : 1, k_step = by_rows ? 1 : t->lda, ldb = t->ldb;
    EACH_SUM(sums[i][j] = vec_set(0.0f));
    for (size_t p = t->depth; p > 0; p--, a += k_step, b += ldb) {
        vec columns[TILE_VECTORS];
        UNROLL
        for (size_t j = 0; j < vectors; j++)
            columns[j] = LOAD(b);
        EACH_SUM(sums[i][j] = vec_fma(vec_set(a[i * row_step]), columns[j], sums[i][j]));
    }
    if (!t->first)
        EACH_SUM(sums[i][j] = vec_add(LOAD(t->partial + i * t->ld_partial), sums[i][j]));
    if (!t->final) {
        EACH_SUM(STORE(t->partial + i * t->ld_partial, sums[i][j]));
        return;
    }
    if (t->bias)
        EACH_SUM(sums[i][j] = vec_add(sums[i][j], LOAD(t->bias)));
    EACH_SUM(sums[i][j] = vec_max(vec_set(t->floor), sums[i][j]));
    if (t->accumulate)
        EACH_SUM(sums[i][j] = vec_add(LOAD(t->c + i * t->ldc), sums[i][j]));
    EACH_SUM(STORE(t->c + i * t->ldc, sums[i][j]));
}

#undef LOAD
#undef STORE

#define TILE(rows, vectors)                                                                                  \
    static void tile_##rows##x##vectors##_columns(const tile *t)                                             \
    {                                                                                                        \
        tile_run(t, rows, vectors, 0);                                                                       \
    }                                                                                                        \
    static void tile_##rows##x##vectors##_rows(const tile *t)                                                \
    {                                                                                                        \
        tile_run(t, rows, vectors, 1);                                                                       \
    }
#include "kernels/tiles.h"
#undef TILE

/* By rows - 1, vectors - 1 and whether rows of op(a) are contiguous. */
#define TILE(rows, vectors)                                                                                  \
    [rows - 1][vectors - 1] = { tile_##rows##x##vectors##_columns, tile_##rows##x##vectors##_rows },
static void (*const tiles[TILE_ROWS][TILE_VECTORS][2])(const tile *) = {
#include "kernels/tiles.h"
};
#undef TILE

/* panel (depth x width) = the first `columns` columns of b, then zeros. */
static void pack_rows(float *panel, size_t width, const float *b, size_t ldb, size_t depth, size_t columns)
{
    for (size_t p = 0; p < depth; p++, panel += width, b += ldb)
        for (size_t j = 0; j < width; j += DSCI_LANES)
            vec_store(panel + j, load_lanes(b + j, columns - j));
}

/* The same from b stored by columns, in squares of 16. */
static void pack_columns(float *panel, size_t width, const float *b, size_t ldb, size_t depth, size_t columns)
{
    for (size_t j = 0; j < width; j += DSCI_LANES)
        for (size_t p = 0; p < depth; p += DSCI_LANES) {
            const size_t steps = depth - p < DSCI_LANES ? depth - p : DSCI_LANES;
            vec square[DSCI_LANES];
            for (size_t l = 0; l < DSCI_LANES; l++)
                square[l] = j + l < columns ? load_lanes(b + (j + l) * ldb + p, steps) : vec_set(0.0f);
            vec_transpose(square);
            for (size_t l = 0; l < steps; l++)
                vec_store(panel + (p + l) * width + j, square[l]);
        }
}

/* Tiles down one panel. Rows are shared out evenly: a last tile of few would have too few sums in flight. */
static void run_panel(const dsci_gemm *g, tile t, size_t row_step, size_t rows, size_t columns,
                      size_t vectors)
{
    while (rows > 0) {
        const size_t count = (rows + TILE_ROWS - 1) / TILE_ROWS, taken = (rows + count - 1) / count;
        tiles[taken - 1][vectors - 1][!g->transpose_a](&t);
        if (t.final && g->activation > DSC_RELU)
            for (size_t i = 0; i < taken; i++)
                activation_forward(g->activation, 0.0f, t.c + i * t.ldc, t.c + i * t.ldc, columns);
        t.a += taken * row_step;
        t.partial += taken * t.ld_partial;
        t.c += taken * t.ldc;
        rows -= taken;
    }
}

/* One block of k for one chunk of rows: all panels. t has the place of the first. */
static void run_block(const dsci_gemm *g, tile t, const float *b, size_t row_step, size_t rows)
{
    const int packs = dsci_gemm_packs(g);
    for (size_t j = 0; j < g->n;) {
        const size_t left = (g->n - j + DSCI_LANES - 1) / DSCI_LANES;
        const size_t vectors = left < TILE_VECTORS ? left : TILE_VECTORS;
        const size_t width = vectors * DSCI_LANES, columns = g->n - j < width ? g->n - j : width;
        const float *source = b + j * (g->transpose_b ? g->ldb : 1);
        if (packs)
            (g->transpose_b ? pack_columns : pack_rows)(g->workspace, width, source, g->ldb, t.depth,
                                                        columns);
        t.b = packs ? g->workspace : source;
        t.ldb = packs ? width : g->ldb;
        t.last_columns = vec_first(columns - (vectors - 1) * DSCI_LANES);
        run_panel(g, t, row_step, rows, columns, vectors);
        t.c += columns;
        t.partial += columns;
        t.bias = t.bias ? t.bias + columns : NULL;
        j += columns;
    }
}

static void gemm(const dsci_gemm *g)
{
    const size_t row_step = g->transpose_a ? 1 : g->lda, k_step = g->transpose_a ? g->lda : 1;
    const size_t b_step = g->transpose_b ? 1 : g->ldb;
    const int keeps = dsci_gemm_keeps_partial(g);
    for (size_t i = 0; i < g->m; i += DSCI_GEMM_ROW_CHUNK) {
        const size_t rows = g->m - i < DSCI_GEMM_ROW_CHUNK ? g->m - i : DSCI_GEMM_ROW_CHUNK;
        float *c = g->c + i * g->ldc;
        size_t p = 0;
        do {
            const size_t depth = g->k - p < DSCI_GEMM_K_BLOCK ? g->k - p : DSCI_GEMM_K_BLOCK;
            const tile t = { .a = g->a + i * row_step + p * k_step,
                             .partial = keeps ? g->workspace + dsci_gemm_panel_floats(g) : c,
                             .c = c,
                             .bias = g->bias,
                             .depth = depth,
                             .lda = g->lda,
                             .ld_partial = keeps ? g->n : g->ldc,
                             .ldc = g->ldc,
                             .floor = g->activation == DSC_RELU ? 0.0f : -INFINITY,
                             .first = p == 0,
                             .final = p + depth == g->k,
                             .accumulate = g->accumulate };
            run_block(g, t, g->b + p * b_step, row_step, rows);
            p += depth;
        } while (p < g->k);
    }
}

#endif
