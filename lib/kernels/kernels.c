/* kernels.c - the choice among the levels of the native kernels. */
#include "kernels/kernels.h"

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
    return dsci_gemm_panel_floats(problem) + (dsci_gemm_keeps_partial(problem) ? rows * problem->n : 0);
}

enum { MOST_PARTS = 32, ROWS_TOGETHER = 24 };

/* About as much work as it takes to make handing out a part negligible. */
static const double PART_FLOPS = 4e6;

static size_t panels_of(const dsci_gemm *g)
{
    return (g->n + DSCI_GEMM_PANEL - 1) / DSCI_GEMM_PANEL;
}

static size_t row_groups_of(const dsci_gemm *g)
{
    return (g->m + ROWS_TOGETHER - 1) / ROWS_TOGETHER;
}

/* Whole panels of columns, unless there are more groups of rows. */
static int cuts_columns(const dsci_gemm *g)
{
    return panels_of(g) >= row_groups_of(g);
}

size_t dsci_gemm_parts(const dsci_gemm *g)
{
    const double flops = 2 * (double)g->m * (double)g->n * (double)g->k;
    const size_t worth = flops / PART_FLOPS < MOST_PARTS ? (size_t)(flops / PART_FLOPS) + 1 : MOST_PARTS;
    const size_t pieces = cuts_columns(g) ? panels_of(g) : row_groups_of(g);
    return worth < pieces ? worth : pieces ? pieces : 1;
}

dsci_gemm dsci_gemm_part(const dsci_gemm *g, size_t part, size_t parts)
{
    dsci_gemm cut = *g;
    const int columns = cuts_columns(g);
    const size_t unit = columns ? DSCI_GEMM_PANEL : ROWS_TOGETHER, size = columns ? g->n : g->m;
    const size_t pieces = columns ? panels_of(g) : row_groups_of(g);
    const size_t first = pieces * part / parts * unit, end = pieces * (part + 1) / parts * unit;
    const size_t count = (end < size ? end : size) - (first < size ? first : size);
    if (columns) {
        cut.n = count;
        cut.b += first * (g->transpose_b ? g->ldb : 1);
        cut.bias = g->bias ? g->bias + first : NULL;
        cut.c += first;
    } else {
        cut.m = count;
        cut.a += first * (g->transpose_a ? 1 : g->lda);
        cut.c += first * g->ldc;
    }
    return cut;
}
