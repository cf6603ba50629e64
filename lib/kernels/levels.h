/* levels.h - what the kernels of the levels share with their dispatch. */
#ifndef DESCENT_KERNELS_LEVELS_H
#define DESCENT_KERNELS_LEVELS_H

#include "kernels/kernels.h"

enum {
    /* Rows of a that stay in the second-level cache while the panels of b pass: 240 x 256 floats. No result
       depends on it or on the widths. */
    DSCI_GEMM_ROW_CHUNK = 240,
    /* Columns of a packed panel of b at most: 256 x 32 floats stay in the first-level cache. */
    DSCI_GEMM_PANEL = 32,
    /* Columns of b that a product packs at a time for itself: long pieces of its rows, 256 x 512 floats at
       most. */
    DSCI_GEMM_COLUMN_CHUNK = 512,
    /* Floats between rows of b beyond which each row lies on a page of its own and rows fall on few sets of
       the caches; and rows of a from which on packing b then pays. */
    DSCI_GEMM_NEAR_ROWS = 512,
    DSCI_GEMM_PACK_ROWS = 48,
    /* Steps of k that take no longer than writing c, if the rows of c are far apart: then a row of tiles goes
       through all panels before the next (docs/benchmarks.md, "How work is cut"). */
    DSCI_GEMM_STRIP_DEPTH = 64
};

static inline int dsci_gemm_packs(const dsci_gemm *g)
{
    return g->transpose_b || (g->ldb > DSCI_GEMM_NEAR_ROWS && g->m >= DSCI_GEMM_PACK_ROWS);
}

static inline int dsci_gemm_by_strips(const dsci_gemm *g)
{
    return g->k <= DSCI_GEMM_STRIP_DEPTH && g->ldc > DSCI_GEMM_NEAR_ROWS;
}

/* From one row of packed a to the next. */
static inline size_t dsci_gemm_stride(size_t depth)
{
    return dsci_vector_floats(depth);
}

/* Of the block of k from p on. */
static inline size_t dsci_gemm_block_depth(const dsci_gemm *g, size_t p)
{
    return g->k - p < DSCI_GEMM_K_BLOCK ? g->k - p : DSCI_GEMM_K_BLOCK;
}

/* Rows in each chunk but the last, as even as whole tiles allow. */
static inline size_t dsci_gemm_chunk(size_t rows)
{
    const size_t count = dsci_ceiling(rows, DSCI_GEMM_ROW_CHUNK);
    return count > 1 ? dsci_round_up(dsci_ceiling(rows, count), 12) : dsci_largest(rows, 1);
}

/* Sums of several blocks of k must be complete before they are added to c. */
static inline int dsci_gemm_keeps_partial(const dsci_gemm *g)
{
    return g->accumulate && g->k > DSCI_GEMM_K_BLOCK;
}

static inline size_t dsci_gemm_columns(const dsci_gemm *g)
{
    return dsci_vector_floats(g->n < DSCI_GEMM_COLUMN_CHUNK ? g->n : DSCI_GEMM_COLUMN_CHUNK);
}

static inline size_t dsci_gemm_panel_floats(const dsci_gemm *g)
{
    return dsci_gemm_packs(g) && !g->shared.floats ? dsci_gemm_block_depth(g, 0) * dsci_gemm_columns(g) : 0;
}

/* Shared operands: of op(a) one block of k after the other, the rows dsci_gemm_stride() apart; then op(b)
   likewise, in panels. */
static inline float *dsci_gemm_shared_a(const dsci_gemm *g, size_t p)
{
    return g->shared.floats + p * g->shared.rows;
}

static inline float *dsci_gemm_shared_b(const dsci_gemm *g, size_t p)
{
    return g->shared.floats + g->shared.rows * dsci_vector_floats(g->k) + p * g->shared.columns;
}

extern const dsci_kernels dsci_kernels_scalar, dsci_kernels_avx2, dsci_kernels_avx512;

#endif
