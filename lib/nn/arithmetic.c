/* arithmetic.c - arithmetic on nodes: element by element, and over dimensions. */
#include <descent/ops.h>

#include "nn/layer.h"

static dsc_node *combine(const dsci_op *op, dsc_node *a, dsc_node *b)
{
    dsc_node *inputs[] = { a, b };
    return dsci_layer_make(op, dsci_layer_name_over(inputs, 2, op->id, op->name, NULL), NULL, inputs, 2);
}

dsc_node *dsc_add(dsc_node *a, dsc_node *b)
{
    return combine(&dsci_op_add, a, b);
}

dsc_node *dsc_subtract(dsc_node *a, dsc_node *b)
{
    return combine(&dsci_op_subtract, a, b);
}

dsc_node *dsc_multiply(dsc_node *a, dsc_node *b)
{
    return combine(&dsci_op_multiply, a, b);
}

dsc_node *dsc_divide(dsc_node *a, dsc_node *b)
{
    return combine(&dsci_op_divide, a, b);
}

dsc_node *dsc_maximum(dsc_node *a, dsc_node *b)
{
    return combine(&dsci_op_maximum, a, b);
}

dsc_node *dsc_minimum(dsc_node *a, dsc_node *b)
{
    return combine(&dsci_op_minimum, a, b);
}

dsc_node *dsc_greater(dsc_node *a, dsc_node *b)
{
    return combine(&dsci_op_greater, a, b);
}

dsc_node *dsc_scale(dsc_node *x, double factor)
{
    const char *name = dsci_layer_name(x, DSCI_OP_SCALE, "scale", NULL);
    return dsci_layer_make(&dsci_op_scale, name, &(dsci_attributes){ .factor = factor }, &x, 1);
}

/* --- Over dimensions --- */

/* Marks the dimensions of x, batch first, that a reduction is over. False, and the scope fails, if there is
 * no such dimension. */
static bool mark_axes(const dsc_node *x, const char *name, const dsc_reduce_spec *spec, bool *reduced)
{
    const size_t first = x->tensor->unbatched ? 0 : 1, rank = x->tensor->shape.rank;
    const long example = (long)(rank - first);
    for (size_t i = first; i < rank; i++)
        reduced[i] = spec->axes.count == 0;
    for (size_t i = 0; i < spec->axes.count && i < DSC_MAX_RANK; i++) {
        const long axis = spec->axes.axis[i], at = axis < 0 ? example + axis : axis;
        if (at < 0 || at >= example) {
            dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT,
                           "layer '%s': expected dimensions of '%s', which has %ld, found number %ld", name,
                           x->tensor->producer->name, example, axis);
            return false;
        }
        reduced[first + (size_t)at] = true;
    }
    if (first == 1)
        reduced[0] = spec->batch;
    return true;
}

/* One node for each run of neighbouring dimensions, the last first. */
static dsc_node *reduce(dsc_node *x, dsci_reduction kind, const char *kind_name, const dsc_reduce_spec *spec)
{
    static const dsc_reduce_spec all;
    bool reduced[DSCI_MAX_RANK] = { false };
    spec = spec ? spec : &all;
    const char *name = dsci_layer_name(x, DSCI_OP_REDUCE, kind_name, spec->name);
    if (!name || !mark_axes(x, name, spec, reduced))
        return NULL;
    dsc_node *made = NULL;
    for (size_t end = x->tensor->shape.rank, first; end > 0; end = first) {
        first = end - 1;
        if (!reduced[first])
            continue;
        while (first > 0 && reduced[first - 1])
            first--;
        const dsci_attributes attributes = {
            .reduce = { .kind = (int)kind, .first = first, .count = end - first, .keep = spec->keep }
        };
        if (made)
            name = dsci_layer_name(x, DSCI_OP_REDUCE, kind_name, NULL);
        x = made = dsci_layer_make(&dsci_op_reduce, name, &attributes, &x, 1);
        if (!made)
            return NULL;
    }
    if (!made)
        dsc_scope_fail(x->scope, DSC_ERROR_SHAPE, "layer '%s': expected a dimension of '%s', which has none",
                       name, x->tensor->producer->name);
    return made;
}

dsc_node *dsc_sum_with(dsc_node *x, const dsc_reduce_spec *spec)
{
    return reduce(x, DSCI_REDUCE_SUM, "sum", spec);
}

dsc_node *dsc_mean_with(dsc_node *x, const dsc_reduce_spec *spec)
{
    return reduce(x, DSCI_REDUCE_MEAN, "mean", spec);
}

dsc_node *dsc_max_with(dsc_node *x, const dsc_reduce_spec *spec)
{
    return reduce(x, DSCI_REDUCE_MAX, "max", spec);
}

/* --- Products --- */

dsc_node *dsc_matmul_with(dsc_node *a, dsc_node *b, const dsc_matmul_spec *spec)
{
    static const dsc_matmul_spec plain;
    spec = spec ? spec : &plain;
    dsc_node *inputs[] = { a, b };
    const char *name = dsci_layer_name_over(inputs, 2, DSCI_OP_MATMUL, "matmul", spec->name);
    const dsci_attributes attributes = { .matmul = { .transpose_a = spec->transpose_a,
                                                     .transpose_b = spec->transpose_b } };
    return dsci_layer_make(&dsci_op_matmul, name, &attributes, inputs, 2);
}
