/* layer.h - what the layers' functions share. */
#ifndef DESCENT_NN_LAYER_H
#define DESCENT_NN_LAYER_H

#include <descent/nn.h>

#include "graph/network.h"
#include "nn/initializers.h"

/* A parameter "layer/name" in the scope of x. */
dsc_node *dsci_layer_parameter(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                               const dsci_initialization *initialization);

#endif
