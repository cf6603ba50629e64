/* recurrent_jordan.c - Jordan's networks in single precision: the plain loops of the reference, with the
 * kernels' tanh in place of the C library's, which differs between processors. */
#include <math.h>

#include "ops/recurrent/recurrent.h"

/* The same bits at every level. */
static float lane_tanh(float x)
{
    float y;
    dsci_kernels_for(DSC_ISA_SCALAR)->activation_forward(DSC_ACTIVATION_TANH, 0, &y, &x, 1);
    return y;
}

#define TANH(x)  lane_tanh(x)
#define REAL     float
#define NAME(op) dsci_jordan_##op
#define LOCAL(f) f##_jordan
#include "ops/ref/ref_recurrent.inl"
