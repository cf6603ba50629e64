/* conv_depthwise.h - what is known of the native convolution of each channel by itself. */
#ifndef DESCENT_OPS_CONV_DEPTHWISE_H
#define DESCENT_OPS_CONV_DEPTHWISE_H

#include "ops/op.h"

/* Whether the node has as many groups and filters as channels, and a kernel that reads each pixel about once.
 */
bool dsci_conv_depthwise_is_fast(const dsci_node *node);

#endif
