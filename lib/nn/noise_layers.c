/* noise_layers.c - layers that disturb their input in training alone. */
#include <descent/nn.h>

#include "nn/layer.h"

static dsc_node *dropout_layer(dsc_node *x, const dsci_op *op, double rate)
{
    const char *name = dsci_layer_name(x, op->id, op->name, NULL);
    return dsci_layer_make(op, name, &(dsci_attributes){ .rate = rate }, &x, 1);
}

dsc_node *dsc_dropout(dsc_node *x, double rate)
{
    return dropout_layer(x, &dsci_op_dropout, rate);
}

dsc_node *dsc_channel_dropout(dsc_node *x, double rate)
{
    return dropout_layer(x, &dsci_op_channel_dropout, rate);
}

dsc_node *dsc_gaussian_dropout(dsc_node *x, double rate)
{
    return dropout_layer(x, &dsci_op_gaussian_dropout, rate);
}

dsc_node *dsc_alpha_dropout(dsc_node *x, double rate)
{
    return dropout_layer(x, &dsci_op_alpha_dropout, rate);
}

dsc_node *dsc_gaussian_noise(dsc_node *x, double deviation)
{
    const char *name = dsci_layer_name(x, DSCI_OP_GAUSSIAN_NOISE, "gaussian_noise", NULL);
    return dsci_layer_make(&dsci_op_gaussian_noise, name, &(dsci_attributes){ .deviation = deviation }, &x,
                           1);
}
