/* kernels_scalar.c - the native kernels for baseline x86-64. */
#include "kernels/simd/vector_scalar.h"
#define LEVEL_TABLE dsci_kernels_scalar
#define LEVEL_ISA   DSC_ISA_SCALAR
#include "kernels/body.inl"
