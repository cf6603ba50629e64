/* conv_native.h - convolution by our kernels: rows of windows times weights. */
#ifndef DESCENT_OPS_CONV_NATIVE_H
#define DESCENT_OPS_CONV_NATIVE_H

#include "ops/op.h"

dsc_status dsci_conv_native_book_forward(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsc_status dsci_conv_native_book_backward_data(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsc_status dsci_conv_native_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking);

dsci_step_fn dsci_conv_native_forward, dsci_conv_native_transpose, dsci_conv_native_backward_data,
    dsci_conv_native_pack_weights, dsci_conv_native_backward_weights, dsci_conv_native_finish_weights;

const char *dsci_conv_native_describe(const dsci_node *node);

#endif
