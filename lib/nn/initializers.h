/* initializers.h - from a rule and a layer's fans to a distribution. */
#ifndef DESCENT_NN_INITIALIZERS_H
#define DESCENT_NN_INITIALIZERS_H

#include <descent/nn.h>

#include "ops/node.h"

/* How a parameter begins: the rule, its scale (0: the rule's own), and the fans of the layer. */
typedef struct dsci_initialization {
    dsc_init init;
    double scale;
    size_t fan_in, fan_out;
} dsci_initialization;

/* For values of that shape; the last dimension is the columns of an orthogonal matrix. NULL, or what was
   expected of the initialization. */
const char *dsci_initializer_make(dsci_initializer *initializer, const dsci_initialization *initialization,
                                  const dsci_shape *shape);

#endif
