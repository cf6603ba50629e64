/* unit.c - rows of length 1. */
#include "embed/unit.h"

#include <math.h>

#include <descent/cpu.h>

#include "kernels/kernels.h"

void dsci_unit_rows(float *dst, const float *src, size_t count, size_t dimension)
{
    const dsci_kernels *kernels = dsci_kernels_for(DSC_ISA_AUTO);
    for (size_t i = 0; i < count; i++, dst += dimension, src += dimension) {
        const double length = sqrt(kernels->dot(src, src, dimension));
        for (size_t j = 0; j < dimension; j++)
            dst[j] = length > 0 ? (float)((double)src[j] / length) : 0;
    }
}
