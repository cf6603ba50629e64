/* conv_depthwise.h - convolution of each channel by itself, natively: channels are the lanes. */
#ifndef DESCENT_OPS_CONV_DEPTHWISE_H
#define DESCENT_OPS_CONV_DEPTHWISE_H

#include "ops/conv.h"

/* As many groups and filters as channels. */
bool dsci_conv_is_depthwise(const dsci_conv_shape *s);

/* Whether such a node has a kernel that reads each pixel about once. */
bool dsci_conv_depthwise_is_fast(const dsci_node *node);

/* What the implementations of conv_native.h do for such a node. */
dsc_status dsci_conv_depthwise_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsci_step_fn dsci_conv_depthwise_forward, dsci_conv_depthwise_backward_data,
    dsci_conv_depthwise_backward_weights;

#endif
