/* leaf.c - ops that compute nothing: inputs, labels, targets, parameters. */
#include "base/patterns.h"
#include <float.h>

#include "ops/op.h"

/* Of an input from outside: a batch of examples, or one that is the whole tensor. */
static bool infer_outside(const dsci_context *context, dsci_node *node, dsci_type type,
                          const dsci_shape *example, bool unbatched)
{
    const dsci_shape shape = unbatched ? *example : dsci_shape_batched(context->batch, example);
    if (!dsci_node_output(context, node, type, &shape))
        return false;
    node->out[0]->unbatched = unbatched;
    return true;
}

static bool infer_input(const dsci_context *context, dsci_node *node)
{
    if (!infer_outside(context, node, dsci_master_type(context->real), &node->attributes.input.example,
                       node->attributes.input.unbatched))
        return false;
    node->out[0]->needs_gradient = context->input_gradients;
    return true;
}

static bool infer_targets(const dsci_context *context, dsci_node *node)
{
    return infer_outside(context, node, dsci_master_type(context->real), &node->attributes.example, false);
}

static bool infer_labels(const dsci_context *context, dsci_node *node)
{
    return infer_outside(context, node, DSCI_I32, &node->attributes.labels.example, false);
}

static bool infer_tokens(const dsci_context *context, dsci_node *node)
{
    return infer_outside(context, node, DSCI_I32, &node->attributes.tokens.example,
                         node->attributes.tokens.unbatched);
}

static bool infer_state(const dsci_context *context, dsci_node *node)
{
    if (!dsci_node_output(context, node, dsci_master_type(context->real), &node->attributes.parameter.shape))
        return false;
    node->out[0]->unbatched = true;
    return true;
}

static bool infer_parameter(const dsci_context *context, dsci_node *node)
{
    if (!infer_state(context, node))
        return false;
    node->out[0]->needs_gradient = true;
    for (size_t i = 0; i < context->frozen_count; i++)
        if (dsci_pattern_matches(context->frozen[i], node->name))
            node->out[0]->needs_gradient = false;
    return true;
}

static const dsci_field input_fields[] = {
    { "shape", DSCI_FIELD_SHAPE, DSCI_AT(input.example), 0, 1, 0x1p40 },
    { "unbatched", DSCI_FIELD_FLAG, DSCI_AT(input.unbatched), 0, 0, 1 },
    { .name = NULL }
};

const dsci_op dsci_op_input = {
    .name = "input",
    .id = DSCI_OP_INPUT,
    .leaf = true,
    .infer = infer_input,
    .schema = { "", 0, input_fields },
};

static const dsci_field labels_fields[] = {
    { "shape", DSCI_FIELD_SHAPE, DSCI_AT(labels.example), 0, 1, 0x1p40 },
    { "classes", DSCI_FIELD_SIZE, DSCI_AT(labels.classes), 0, 1, INT32_MAX },
    { .name = NULL }
};

const dsci_op dsci_op_labels = {
    .name = "labels",
    .id = DSCI_OP_LABELS,
    .leaf = true,
    .infer = infer_labels,
    .schema = { "", 0, labels_fields },
};

static const dsci_field targets_fields[] = { { "shape", DSCI_FIELD_SHAPE, DSCI_AT(example), 0, 1, 0x1p40 },
                                             { .name = NULL } };

const dsci_op dsci_op_targets = {
    .name = "targets",
    .id = DSCI_OP_TARGETS,
    .leaf = true,
    .infer = infer_targets,
    .schema = { "", 0, targets_fields },
};

static const dsci_field parameter_fields[] = {
    { "shape", DSCI_FIELD_SHAPE, DSCI_AT(parameter.shape), 0, 1, 0x1p40 }, { .name = NULL }
};

const dsci_op dsci_op_parameter = {
    .name = "parameter",
    .id = DSCI_OP_PARAMETER,
    .leaf = true,
    .infer = infer_parameter,
    .schema = { "", 0, parameter_fields },
};

static const dsci_field tokens_fields[] = {
    { "shape", DSCI_FIELD_SHAPE, DSCI_AT(tokens.example), 0, 1, 0x1p40 },
    { "vocabulary", DSCI_FIELD_SIZE, DSCI_AT(tokens.vocabulary), 0, 1, INT32_MAX },
    { "unbatched", DSCI_FIELD_FLAG, DSCI_AT(tokens.unbatched), 0, 0, 1 },
    { .name = NULL }
};

const dsci_op dsci_op_tokens = {
    .name = "tokens",
    .id = DSCI_OP_TOKENS,
    .leaf = true,
    .infer = infer_tokens,
    .schema = { "", 0, tokens_fields },
};

/* The values are kept in the type that they are read in. */
static bool infer_constant(const dsci_context *context, dsci_node *node)
{
    const dsci_type type = dsci_master_type(context->real);
    if (!dsci_node_output(context, node, type, &node->attributes.constant.shape))
        return false;
    dsci_tensor *tensor = node->out[0];
    tensor->unbatched = true;
    tensor->storage = DSCI_STORAGE_CONSTANT;
    tensor->data = dsc_scope_alloc(context->scope, tensor->elements, dsci_type_size(type));
    for (size_t i = 0; tensor->data && i < tensor->elements; i++)
        if (type == DSCI_F64)
            ((double *)tensor->data)[i] = node->attributes.constant.values[i];
        else
            ((float *)tensor->data)[i] = (float)node->attributes.constant.values[i];
    return tensor->data != NULL;
}

static const dsci_field constant_fields[] = {
    { "shape", DSCI_FIELD_SHAPE, DSCI_AT(constant.shape), 0, 1, 0x1p40 },
    { "values", DSCI_FIELD_REALS, DSCI_AT(constant.values), 0, -FLT_MAX, FLT_MAX },
    { .name = NULL }
};

const dsci_op dsci_op_constant = {
    .name = "constant",
    .id = DSCI_OP_CONSTANT,
    .leaf = true,
    .infer = infer_constant,
    .schema = { "", 0, constant_fields },
};

const dsci_op dsci_op_state = {
    .name = "state",
    .id = DSCI_OP_STATE,
    .leaf = true,
    .infer = infer_state,
    .schema = { "", 0, parameter_fields },
};
