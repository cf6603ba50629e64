/* layer.h - what the layers' functions share. */
#ifndef DESCENT_NN_LAYER_H
#define DESCENT_NN_LAYER_H

#include <descent/nn.h>

#include "graph/network.h"

/* How a parameter begins: the rule, its scale, and the fans of the layer. */
typedef struct dsci_beginning {
    dsc_init init;
    double scale;
    size_t fan_in, fan_out;
} dsci_beginning;

/* A parameter "layer/name" in the scope of x. */
dsc_node *dsci_layer_parameter(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                               const dsci_beginning *beginning);

#endif
