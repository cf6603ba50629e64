/* arithmetic.c - arithmetic on nodes: element by element, and over dimensions. */
#include <descent/ops.h>

#include <float.h>

#include "nn/layer.h"

dsc_node *dsc_constant(dsc_scope *scope, const dsc_constant_spec *spec)
{
    dsci_shape shape = { .rank = 0 };
    while (spec && shape.rank < DSC_MAX_RANK && spec->shape[shape.rank]) {
        shape.dim[shape.rank] = spec->shape[shape.rank];
        shape.rank++;
    }
    const size_t elements = dsci_shape_elements(&shape);
    double *values = spec && elements ? dsc_scope_alloc(scope, elements, sizeof *values) : NULL;
    bool finite = values != NULL;
    for (size_t i = 0; values && i < elements; i++) {
        values[i] = spec->values ? (double)spec->values[i] : spec->fill;
        finite = finite && values[i] >= -FLT_MAX && values[i] <= FLT_MAX;
    }
    if (finite)
        return dsci_constant_leaf(scope, spec->name, &shape, values);
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "constant '%s': expected finite values that fit into memory",
                   spec && spec->name ? spec->name : "constant");
    return NULL;
}

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

static dsc_node *function(dsc_node *x, dsci_function kind, const char *kind_name, double a, double b)
{
    const char *name = dsci_layer_name(x, DSCI_OP_FUNCTION, kind_name, NULL);
    const dsci_attributes attributes = { .function = { .kind = (int)kind, .a = a, .b = b } };
    return dsci_layer_make(&dsci_op_function, name, &attributes, &x, 1);
}

dsc_node *dsc_exp(dsc_node *x)
{
    return function(x, DSCI_FUNCTION_EXP, "exp", 0, 0);
}

dsc_node *dsc_log(dsc_node *x)
{
    return function(x, DSCI_FUNCTION_LOG, "log", 0, 0);
}

dsc_node *dsc_sqrt(dsc_node *x)
{
    return function(x, DSCI_FUNCTION_SQRT, "sqrt", 0, 0);
}

dsc_node *dsc_absolute(dsc_node *x)
{
    return function(x, DSCI_FUNCTION_ABSOLUTE, "absolute", 0, 0);
}

dsc_node *dsc_power(dsc_node *x, double exponent)
{
    return function(x, DSCI_FUNCTION_POWER, "power", exponent, 0);
}

dsc_node *dsc_clamp(dsc_node *x, double low, double high)
{
    return function(x, DSCI_FUNCTION_CLAMP, "clamp", low, high);
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

/* --- Order and choice --- */

dsc_node *dsc_permute_to(dsc_node *x, const size_t *order, size_t count)
{
    const char *name = dsci_layer_name(x, DSCI_OP_PERMUTE, "permute", NULL);
    dsci_attributes attributes = { .permute = { .count = count } };
    for (size_t i = 0; order && i < count && i < DSC_MAX_RANK; i++)
        attributes.permute.order[i] = order[i];
    return dsci_layer_make(&dsci_op_permute, name, &attributes, &x, 1);
}

dsc_node *dsc_transpose(dsc_node *x)
{
    size_t order[DSC_MAX_RANK] = { 0 };
    const size_t rank = x ? x->tensor->shape.rank - (x->tensor->unbatched ? 0 : 1) : 0;
    for (size_t i = 0; i < rank && i < DSC_MAX_RANK; i++)
        order[i] = i + 2 < rank || rank < 2 ? i : 2 * rank - 3 - i;
    return dsc_permute_to(x, order, rank);
}

dsc_node *dsc_gather(dsc_node *table, dsc_node *integers)
{
    dsc_node *inputs[] = { integers, table };
    const char *name = dsci_layer_name_over(inputs, 2, DSCI_OP_GATHER, "gather", NULL);
    return dsci_layer_make(&dsci_op_gather, name, NULL, inputs, 2);
}
