/* conv_onednn.h - convolution by oneDNN's primitives, in fp32 and bf16. */
#ifndef DESCENT_OPS_CONV_ONEDNN_H
#define DESCENT_OPS_CONV_ONEDNN_H

#include "ops/op.h"

bool dsci_conv_onednn_supports(const dsci_node *node);
bool dsci_conv_onednn_prefers(const dsci_node *node);
const char *dsci_conv_onednn_describe(const dsci_node *node);

dsc_status dsci_conv_onednn_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsc_status dsci_conv_onednn_book_backward_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking);

dsci_step_fn dsci_conv_onednn_prepare, dsci_conv_onednn_forward, dsci_conv_onednn_backward_data,
    dsci_conv_onednn_backward_weights, dsci_conv_onednn_sum_weights;

/* Entries for both types: of the forward op and of the gradient of its input; of that of its weights. */
#define DSCI_CONV_ONEDNN(of_type, run_function)                                                              \
    {                                                                                                        \
        .engine = DSC_ENGINE_ONEDNN, .type = of_type, .supports = dsci_conv_onednn_supports,                 \
        .prefers = dsci_conv_onednn_prefers, .book = dsci_conv_onednn_book,                                  \
        .prepare = dsci_conv_onednn_prepare, .run = run_function, .describe = dsci_conv_onednn_describe      \
    }
#define DSCI_CONV_ONEDNN_WEIGHTS(of_type)                                                                    \
    {                                                                                                        \
        .engine = DSC_ENGINE_ONEDNN, .type = of_type, .supports = dsci_conv_onednn_supports,                 \
        .prefers = dsci_conv_onednn_prefers, .book = dsci_conv_onednn_book_backward_weights,                 \
        .run = dsci_conv_onednn_backward_weights, .finish = dsci_conv_onednn_sum_weights,                    \
        .describe = dsci_conv_onednn_describe                                                                \
    }

#endif
