/* ops.c - the table of all ops. */
#include "ops/ops.h"

const dsci_op *const dsci_ops[DSCI_OP_COUNT] = {
    [DSCI_OP_INPUT] = &dsci_op_input,
    [DSCI_OP_LABELS] = &dsci_op_labels,
    [DSCI_OP_TARGETS] = &dsci_op_targets,
    [DSCI_OP_PARAMETER] = &dsci_op_parameter,
    [DSCI_OP_TOKENS] = &dsci_op_tokens,
    [DSCI_OP_STATE] = &dsci_op_state,
    [DSCI_OP_CAST] = &dsci_op_cast,
    [DSCI_OP_DENSE] = &dsci_op_dense,
    [DSCI_OP_DENSE_BACKWARD_DATA] = &dsci_op_dense_backward_data,
    [DSCI_OP_DENSE_BACKWARD_WEIGHTS] = &dsci_op_dense_backward_weights,
    [DSCI_OP_CONV] = &dsci_op_conv,
    [DSCI_OP_CONV_BACKWARD_DATA] = &dsci_op_conv_backward_data,
    [DSCI_OP_CONV_BACKWARD_WEIGHTS] = &dsci_op_conv_backward_weights,
    [DSCI_OP_MAX_POOL] = &dsci_op_max_pool,
    [DSCI_OP_MAX_POOL_BACKWARD] = &dsci_op_max_pool_backward,
    [DSCI_OP_AVERAGE_POOL] = &dsci_op_average_pool,
    [DSCI_OP_AVERAGE_POOL_BACKWARD] = &dsci_op_average_pool_backward,
    [DSCI_OP_ACTIVATION] = &dsci_op_activation,
    [DSCI_OP_ACTIVATION_BACKWARD] = &dsci_op_activation_backward,
    [DSCI_OP_DROPOUT] = &dsci_op_dropout,
    [DSCI_OP_ADD] = &dsci_op_add,
    [DSCI_OP_SOFTMAX_CROSS_ENTROPY] = &dsci_op_softmax_cross_entropy,
    [DSCI_OP_SQUARED_LOSS] = &dsci_op_squared_loss,
    [DSCI_OP_COUNT_ERRORS] = &dsci_op_count_errors,
};
