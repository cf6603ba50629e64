/* conv_native_weights.h - the gradient of the weights, of windows of more than a pixel. */
#ifndef DESCENT_OPS_CONV_NATIVE_WEIGHTS_H
#define DESCENT_OPS_CONV_NATIVE_WEIGHTS_H

#include "ops/conv.h"

/* Scratch memory, if any, is a sum of all weights for each DSCI_GEMM_K_BLOCK pixels, to be added in order. */
void dsci_conv_native_book_windows(const dsci_conv_shape *s, dsci_booking *booking);

void dsci_conv_native_windows_weights(const dsci_operands *o, const dsci_conv_shape *s, dsci_part part);

#endif
