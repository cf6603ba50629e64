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
    const size_t partial = dsci_gemm_keeps_partial(problem) ? rows * dsci_gemm_columns(problem) : 0;
    return dsci_gemm_panel_floats(problem) + partial;
}

size_t dsci_gemm_shared_floats(const dsci_gemm *g)
{
    return (g->m + dsci_vector_floats(g->n)) * dsci_vector_floats(g->k);
}

void dsci_gemm_share(dsci_gemm *g, float *floats)
{
    g->shared.floats = floats;
    g->shared.rows = g->m;
    g->shared.columns = dsci_vector_floats(g->n);
}
