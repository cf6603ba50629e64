/* kernels_avx2.c - the native kernels for AVX2 and FMA. */
#include "kernels/simd/vector_avx2.h"
#define LEVEL_TABLE dsci_kernels_avx2
#define LEVEL_ISA   DSC_ISA_AVX2
#include "kernels/body.inl"
