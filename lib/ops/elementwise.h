/* elementwise.h - which arithmetic an op of two tensors is. */
#ifndef DESCENT_OPS_ELEMENTWISE_H
#define DESCENT_OPS_ELEMENTWISE_H

#include "ops/op.h"

dsci_binary dsci_binary_of(const dsci_node *node);

#endif
