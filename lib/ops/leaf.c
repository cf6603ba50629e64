/* leaf.c - ops that compute nothing: inputs, labels, targets, parameters. */
#include "ops/ops.h"

static bool infer_examples(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(context->batch, &node->attributes.example);
    return dsci_node_output(context, node, dsci_master_type(context->real), &shape);
}

static bool infer_labels(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(context->batch, &node->attributes.labels.example);
    return dsci_node_output(context, node, DSCI_I32, &shape);
}

static bool infer_tokens(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(context->batch, &node->attributes.tokens.example);
    return dsci_node_output(context, node, DSCI_I32, &shape);
}

static bool infer_state(const dsci_context *context, dsci_node *node)
{
    return dsci_node_output(context, node, dsci_master_type(context->real),
                            &node->attributes.parameter.shape);
}

static bool infer_parameter(const dsci_context *context, dsci_node *node)
{
    if (!infer_state(context, node))
        return false;
    node->out[0]->needs_gradient = true;
    return true;
}

const dsci_op dsci_op_input = {
    .name = "input",
    .id = DSCI_OP_INPUT,
    .leaf = true,
    .infer = infer_examples,
};

const dsci_op dsci_op_labels = {
    .name = "labels",
    .id = DSCI_OP_LABELS,
    .leaf = true,
    .infer = infer_labels,
};

const dsci_op dsci_op_targets = {
    .name = "targets",
    .id = DSCI_OP_TARGETS,
    .leaf = true,
    .infer = infer_examples,
};

const dsci_op dsci_op_parameter = {
    .name = "parameter",
    .id = DSCI_OP_PARAMETER,
    .leaf = true,
    .infer = infer_parameter,
};

const dsci_op dsci_op_tokens = {
    .name = "tokens",
    .id = DSCI_OP_TOKENS,
    .leaf = true,
    .infer = infer_tokens,
};

const dsci_op dsci_op_state = {
    .name = "state",
    .id = DSCI_OP_STATE,
    .leaf = true,
    .infer = infer_state,
};
