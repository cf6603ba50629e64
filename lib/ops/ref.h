/* ref.h - the reference engine: plain loops, written once and compiled for float and for double. They define
 * what the ops compute.
 */
#ifndef DESCENT_OPS_REF_H
#define DESCENT_OPS_REF_H

#include "ops/ops.h"

#define DSCI_REF_DECLARE(name) dsci_step_fn dsci_ref_##name##_f32, dsci_ref_##name##_f64

DSCI_REF_DECLARE(dense);
DSCI_REF_DECLARE(dense_backward_data);
DSCI_REF_DECLARE(dense_backward_weights);
DSCI_REF_DECLARE(conv);
DSCI_REF_DECLARE(conv_backward_data);
DSCI_REF_DECLARE(conv_backward_weights);
DSCI_REF_DECLARE(max_pool);
DSCI_REF_DECLARE(max_pool_backward);
DSCI_REF_DECLARE(average_pool);
DSCI_REF_DECLARE(average_pool_backward);
DSCI_REF_DECLARE(activation);
DSCI_REF_DECLARE(activation_backward);
DSCI_REF_DECLARE(dropout);
DSCI_REF_DECLARE(softmax);
DSCI_REF_DECLARE(softmax_backward);
DSCI_REF_DECLARE(log_softmax);
DSCI_REF_DECLARE(log_softmax_backward);
DSCI_REF_DECLARE(maxout);
DSCI_REF_DECLARE(maxout_backward);
DSCI_REF_DECLARE(layer_norm);
DSCI_REF_DECLARE(layer_norm_backward);
DSCI_REF_DECLARE(channel_dropout);
DSCI_REF_DECLARE(gaussian_dropout);
DSCI_REF_DECLARE(alpha_dropout);
DSCI_REF_DECLARE(alpha_dropout_backward);
DSCI_REF_DECLARE(gaussian_noise);
DSCI_REF_DECLARE(add);
DSCI_REF_DECLARE(multiply);
DSCI_REF_DECLARE(scale);
DSCI_REF_DECLARE(batch_norm);
DSCI_REF_DECLARE(batch_norm_backward);
DSCI_REF_DECLARE(softmax_cross_entropy);
DSCI_REF_DECLARE(squared_loss);
DSCI_REF_DECLARE(label_loss);
DSCI_REF_DECLARE(target_loss);
DSCI_REF_DECLARE(count_errors);
DSCI_REF_DECLARE(embedding);
DSCI_REF_DECLARE(embedding_backward);
DSCI_REF_DECLARE(recurrent);
DSCI_REF_DECLARE(recurrent_backward);
DSCI_REF_DECLARE(recurrent_backward_weights);

/* The two entries that end an op's list of implementations. */
#define DSCI_REF_IMPLEMENTATIONS(name)                                                                       \
    { .engine = DSC_ENGINE_REF, .type = DSCI_F32, .run = dsci_ref_##name##_f32 },                            \
    {                                                                                                        \
        .engine = DSC_ENGINE_REF, .type = DSCI_F64, .run = dsci_ref_##name##_f64                             \
    }

#endif
