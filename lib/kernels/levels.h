/* levels.h - what the kernels of the levels share with their dispatch. */
#ifndef DESCENT_KERNELS_LEVELS_H
#define DESCENT_KERNELS_LEVELS_H

#include "kernels/kernels.h"

enum {
    /* Rows of a that stay in the second-level cache while the panels of b pass: 240 x 256 floats. No result
       depends on it or on the panel width. */
    DSCI_GEMM_ROW_CHUNK = 240,
    /* Columns of a packed panel of b at most: 256 x 32 floats stay in the first-level cache. */
    DSCI_GEMM_PANEL = 32,
    /* Rows of b further apart than so many floats fall on few cache sets and one page each; from so many rows
       of a on, packing pays. */
    DSCI_GEMM_NEAR_ROWS = 512,
    DSCI_GEMM_PACK_ROWS = 48
};

static inline int dsci_gemm_packs(const dsci_gemm *g)
{
    return g->transpose_b || (g->ldb > DSCI_GEMM_NEAR_ROWS && g->m >= DSCI_GEMM_PACK_ROWS);
}

/* Sums of several blocks of k must be complete before they are added to c. */
static inline int dsci_gemm_keeps_partial(const dsci_gemm *g)
{
    return g->accumulate && g->k > DSCI_GEMM_K_BLOCK;
}

static inline size_t dsci_gemm_panel_floats(const dsci_gemm *g)
{
    const size_t depth = g->k < DSCI_GEMM_K_BLOCK ? g->k : DSCI_GEMM_K_BLOCK;
    return dsci_gemm_packs(g) ? depth * DSCI_GEMM_PANEL : 0;
}

extern const dsci_kernels dsci_kernels_scalar, dsci_kernels_avx2, dsci_kernels_avx512;

#endif
