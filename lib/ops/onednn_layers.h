/* onednn_layers.h - what the layers that oneDNN's primitives compute have in common. */
#ifndef DESCENT_OPS_ONEDNN_LAYERS_H
#define DESCENT_OPS_ONEDNN_LAYERS_H

#include "onednn/onednn.h"
#include "ops/op.h"

/* Whether oneDNN has the activations' type on this machine and applies the activation to a result. */
static inline bool dsci_onednn_computes(dsci_type type, dsc_activation activation)
{
    return dsci_activation_can_be_fused(activation) && (type == DSCI_F32 || dsci_onednn_has_bf16());
}

/* oneDNN's name of an activation that can be fused. */
static inline dsci_eltwise dsci_onednn_eltwise(dsc_activation activation)
{
    static const dsci_eltwise names[] = { [DSC_ACTIVATION_LINEAR] = DSCI_ELTWISE_NONE,
                                          [DSC_ACTIVATION_RELU] = DSCI_ELTWISE_RELU,
                                          [DSC_ACTIVATION_SIGMOID] = DSCI_ELTWISE_LOGISTIC,
                                          [DSC_ACTIVATION_TANH] = DSCI_ELTWISE_TANH };
    return names[activation];
}

#endif
