/* activation_kinds.h - what is asked about an activation before one computes with it. */
#ifndef DESCENT_KERNELS_ACTIVATION_KINDS_H
#define DESCENT_KERNELS_ACTIVATION_KINDS_H

#include <math.h>

#include <descent/activation.h>

/* Whether the kind's derivative is a function of its output, so that the input need not be kept. */
static inline int dsci_activation_by_output(dsc_activation kind)
{
    switch (kind) {
    case DSC_ACTIVATION_LINEAR:
    case DSC_ACTIVATION_RELU:
    case DSC_ACTIVATION_SIGMOID:
    case DSC_ACTIVATION_TANH:
    case DSC_ACTIVATION_LEAKY_RELU:
    case DSC_ACTIVATION_ELU:
    case DSC_ACTIVATION_SELU: return 1;
    default: return 0;
    }
}

/* Whether a layer may apply it to its output itself: it has no parameter, and its gradient needs the output
   alone. */
static inline int dsci_activation_can_be_fused(dsc_activation kind)
{
    return kind == DSC_ACTIVATION_LINEAR || kind == DSC_ACTIVATION_RELU || kind == DSC_ACTIVATION_SIGMOID ||
           kind == DSC_ACTIVATION_TANH;
}

/* The least output of ReLU, and of all others -infinity: kernels give max(floor, sum). */
static inline float dsci_activation_floor(dsc_activation kind)
{
    return kind == DSC_ACTIVATION_RELU ? 0.0F : -INFINITY;
}

/* Whether max(floor, sum) is all of the activation; else it is applied in a pass of its own. */
static inline int dsci_activation_is_floor(dsc_activation kind)
{
    return kind == DSC_ACTIVATION_LINEAR || kind == DSC_ACTIVATION_RELU;
}

#endif
