/* kernels_avx512.c - the native kernels for AVX-512. */
#include "kernels/simd/vector_avx512.h"
#define LEVEL_TABLE dsci_kernels_avx512
#define LEVEL_ISA   DSC_ISA_AVX512
#include "kernels/body.inl"
