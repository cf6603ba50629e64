/* conv_native.h - convolution by our kernels: the algorithms, each an entry in its op's list in conv.c. The
 * list is in order: the first that supports a convolution runs it, so the last of each list takes what is
 * left.
 */
#ifndef DESCENT_OPS_CONV_NATIVE_H
#define DESCENT_OPS_CONV_NATIVE_H

#include "ops/op.h"

#define DSCI_CONV_DECLARE(algorithm)                                                                         \
    bool algorithm##_supports(const dsci_node *node);                                                        \
    dsc_status algorithm##_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);                   \
    dsci_step_fn algorithm##_run;                                                                            \
    const char *algorithm##_describe(const dsci_node *node)

/* What every native entry has; some add a phase before or after it. */
#define DSCI_CONV_NATIVE(algorithm)                                                                          \
    .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .supports = algorithm##_supports,                         \
    .book = algorithm##_book, .run = algorithm##_run, .describe = algorithm##_describe

/* Each channel by itself; windows of 3 x 3 have kernels of their own. conv_depthwise.c. */
DSCI_CONV_DECLARE(dsci_conv_depthwise_3x3);
DSCI_CONV_DECLARE(dsci_conv_depthwise);
DSCI_CONV_DECLARE(dsci_conv_data_depthwise_3x3);
DSCI_CONV_DECLARE(dsci_conv_data_depthwise);
DSCI_CONV_DECLARE(dsci_conv_weights_depthwise_3x3);
DSCI_CONV_DECLARE(dsci_conv_weights_depthwise);
dsci_step_fn dsci_conv_weights_depthwise_finish;

/* Windows read where they lie in the rows of the image. conv_direct.c. */
DSCI_CONV_DECLARE(dsci_conv_direct);

/* Windows laid out as the rows of a matrix (im2col), or pixels that are one already, times the weights; of
   deep windows a block after the other. conv_gemm.c. */
DSCI_CONV_DECLARE(dsci_conv_deep_gemm);
DSCI_CONV_DECLARE(dsci_conv_gemm);
DSCI_CONV_DECLARE(dsci_conv_deep_im2col);
DSCI_CONV_DECLARE(dsci_conv_im2col);

/* The gradient of the output times the transposed weights, added up in the image (col2im): whole windows, or
   one row of them after the other. conv_data.c. */
DSCI_CONV_DECLARE(dsci_conv_data_gemm);
DSCI_CONV_DECLARE(dsci_conv_data_windows);
DSCI_CONV_DECLARE(dsci_conv_data_rows);
dsci_step_fn dsci_conv_data_transpose;

/* The gradient of the weights: of pixels one product, of windows sums along the rows of the image.
   conv_weights.c. */
DSCI_CONV_DECLARE(dsci_conv_weights_gemm);
DSCI_CONV_DECLARE(dsci_conv_weights_direct);
dsci_step_fn dsci_conv_weights_gemm_pack, dsci_conv_weights_gemm_finish, dsci_conv_weights_direct_finish;

#endif
