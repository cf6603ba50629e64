/* activation.h - the element-wise activations. */
#ifndef DESCENT_ACTIVATION_H
#define DESCENT_ACTIVATION_H

#include <descent/export.h>

typedef enum dsc_activation {
    DSC_ACTIVATION_LINEAR = 0,
    DSC_ACTIVATION_RELU,
    DSC_ACTIVATION_SIGMOID,
    DSC_ACTIVATION_TANH,
    DSC_ACTIVATION_STEP,       /* 1 if x > 0, else 0; no gradient passes */
    DSC_ACTIVATION_LEAKY_RELU, /* x if x > 0, else alpha x; alpha 0: 0.01 */
    DSC_ACTIVATION_ELU,        /* x if x > 0, else alpha (exp x - 1); alpha 0: 1 (Clevert et al. 2016) */
    DSC_ACTIVATION_SELU, /* lambda elu(x; alpha), with the fixed point's constants (Klambauer et al. 2017) */
    DSC_ACTIVATION_GELU, /* x Phi(x) (Hendrycks and Gimpel 2016) */
    DSC_ACTIVATION_GELU_TANH,    /* its approximation by tanh */
    DSC_ACTIVATION_SWISH,        /* x sigmoid(x), also called SiLU */
    DSC_ACTIVATION_MISH,         /* x tanh(softplus x) */
    DSC_ACTIVATION_SOFTPLUS,     /* log(1 + exp x) */
    DSC_ACTIVATION_HARD_SIGMOID, /* clip(x / 6 + 1/2, 0, 1) (PyTorch's and Keras 3's) */
    DSC_ACTIVATION_COUNT
} dsc_activation;
DSC_API const char *dsc_activation_name(dsc_activation activation); /* "relu" */

#endif
