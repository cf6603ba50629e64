/* op.c - the table of all ops, and what their functions share. */
#include "ops/op.h"

#include <string.h>

const dsci_op *const dsci_ops[DSCI_OP_COUNT] = {
#define DSCI_OP(ID, name)          [DSCI_OP_##ID] = &dsci_op_##name,
#define DSCI_OP_NO_LOOPS(ID, name) [DSCI_OP_##ID] = &dsci_op_##name,
#include "ops/ops.def"
};

dsci_type dsci_op_working_type(const dsci_op *op, dsci_type real)
{
    for (const dsci_implementation *i = op->implementations; i->run; i++)
        if (i->type == real)
            return real;
    return op->leaf ? real : dsci_master_type(real);
}

const dsci_op *dsci_op_named(const char *name)
{
    for (size_t id = 0; id < DSCI_OP_COUNT; id++)
        if (dsci_ops[id]->schema.inputs && strcmp(dsci_ops[id]->name, name) == 0)
            return dsci_ops[id];
    return NULL;
}

bool dsci_expect_batch(const dsci_context *context, const dsci_node *node, const dsci_tensor *tensor)
{
    if (tensor->shape.rank >= 2 && !tensor->unbatched && tensor->shape.dim[0] == context->batch &&
        tensor->type == context->real)
        return true;
    char text[128];
    dsc_scope_fail(
        context->scope, DSC_ERROR_SHAPE,
        "layer '%s': expected a batch of real-valued examples, found %s of type %s from '%s'%s", node->name,
        dsci_shape_text(&tensor->shape, text), dsci_type_name(tensor->type), tensor->producer->name,
        tensor->unbatched && tensor->type != DSCI_I32 ? ", which has no batch; dsc_batched() makes one of it"
                                                      : "");
    return false;
}

bool dsci_expect_real(const dsci_context *context, const dsci_node *node, const dsci_tensor *tensor)
{
    const bool wide = context->real == DSCI_F64;
    if (wide ? tensor->type == DSCI_F64 : tensor->type == DSCI_F32 || tensor->type == DSCI_BF16)
        return true;
    char text[128];
    dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                   "layer '%s': expected real values, found %s of type %s from '%s'", node->name,
                   dsci_shape_text(&tensor->shape, text), dsci_type_name(tensor->type),
                   tensor->producer->name);
    return false;
}

bool dsci_expect_axis(const dsci_context *context, const dsci_node *node, size_t axis)
{
    const dsci_shape *shape = &node->in[0]->shape;
    if (axis >= 1 && axis < shape->rank)
        return true;
    char text[128];
    dsc_scope_fail(
        context->scope, DSC_ERROR_ARGUMENT,
        "layer '%s': expected a dimension of the example in 0..%zu, found %zd for %s (batch first) from '%s'",
        node->name, shape->rank - 2, (ptrdiff_t)axis - 1, dsci_shape_text(shape, text),
        node->in[0]->producer->name);
    return false;
}

bool dsci_infer_same(const dsci_context *context, dsci_node *node)
{
    return dsci_node_output(context, node, node->in[0]->type, &node->in[0]->shape);
}

double dsci_flops_elementwise(const dsci_node *node)
{
    return (double)node->out[0]->elements;
}
