/* dense.h - what the implementations of the dense ops share: y = activation(x w + b) with x (batch, fan_in),
 * w (fan_in, units), b (units).
 */
#ifndef DESCENT_OPS_DENSE_H
#define DESCENT_OPS_DENSE_H

#include "ops/op.h"

typedef struct dsci_dense_extents {
    size_t batch, fan_in, units; /* batch: rows of x */
} dsci_dense_extents;

/* Of a dense node and of the two that compute its gradients. */
dsci_dense_extents dsci_dense_extents_of(const dsci_node *node);

double dsci_dense_products(const dsci_dense_extents *e); /* floating-point operations: 2 batch fan_in units */

/* oneDNN's inner products, in fp32 and bf16. */
bool dsci_dense_onednn_supports(const dsci_node *node);
dsc_status dsci_dense_onednn_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsci_step_fn dsci_dense_onednn_prepare, dsci_dense_onednn_forward, dsci_dense_onednn_backward_data,
    dsci_dense_onednn_backward_weights;
const char *dsci_dense_onednn_describe(const dsci_node *node);

/* Of the forward op and of the gradient of its input; of that of its weights. */
#define DSCI_DENSE_ONEDNN(of_type, run_function)                                                             \
    {                                                                                                        \
        .engine = DSC_ENGINE_ONEDNN, .type = of_type, .supports = dsci_dense_onednn_supports,                \
        .book = dsci_dense_onednn_book, .prepare = dsci_dense_onednn_prepare, .run = run_function,           \
        .describe = dsci_dense_onednn_describe                                                               \
    }
#define DSCI_DENSE_ONEDNN_WEIGHTS(of_type)                                                                   \
    {                                                                                                        \
        .engine = DSC_ENGINE_ONEDNN, .type = of_type, .supports = dsci_dense_onednn_supports,                \
        .book = dsci_dense_onednn_book, .run = dsci_dense_onednn_backward_weights,                           \
        .describe = dsci_dense_onednn_describe                                                               \
    }

#endif
