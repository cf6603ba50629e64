/* initializers.h - from a rule and a layer's fans to a distribution. */
#ifndef DESCENT_NN_INITIALIZERS_H
#define DESCENT_NN_INITIALIZERS_H

#include <descent/nn.h>

#include "ops/ops.h"

/* False if kind is none of dsc_init. */
bool dsci_initializer_make(dsci_initializer *initializer, dsc_init kind, size_t fan_in, size_t fan_out);

#endif
