/* parameters.c - parameters that are no layer's: trained images, tables, factors. */
#include <string.h>

#include <descent/nn.h>

#include "nn/initializers.h"
#include "nn/layer.h"

static void fill_values(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst,
                        size_t n)
{
    (void)rng, (void)major;
    for (size_t i = 0; i < n; i++)
        dst[i] = (double)initializer->values[i];
}

/* What the parameter begins with: NULL, or what was expected of the specification. */
static const char *begin(dsc_scope *scope, dsci_initializer *initializer, const dsc_parameter_spec *spec,
                         const dsci_shape *shape)
{
    const size_t elements = dsci_shape_elements(shape), columns = shape->dim[shape->rank - 1];
    if (elements == 0)
        return "a shape that fits into memory";
    if (!spec->values)
        return dsci_initializer_make(
            initializer, &(dsci_initialization){ spec->init, spec->init_scale, elements / columns, columns },
            shape);
    float *copy = dsc_scope_alloc(scope, elements, sizeof *copy);
    if (copy)
        memcpy(copy, spec->values, elements * sizeof *copy);
    *initializer = (dsci_initializer){ .fill = fill_values, .values = copy };
    return NULL;
}

dsc_node *dsc_parameter(dsc_scope *scope, const dsc_parameter_spec *spec)
{
    dsci_shape shape = { .rank = 0 };
    dsci_initializer initializer;
    while (spec && shape.rank < DSC_MAX_RANK && spec->shape[shape.rank]) {
        shape.dim[shape.rank] = spec->shape[shape.rank];
        shape.rank++;
    }
    const char *expected =
        shape.rank == 0 ? "a shape such as .shape = { 40 }" : begin(scope, &initializer, spec, &shape);
    if (!expected)
        return dsci_parameter_leaf(scope, spec->name, &shape, &initializer);
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "parameter '%s': expected %s",
                   spec && spec->name ? spec->name : "parameter", expected);
    return NULL;
}

dsc_node *dsc_batched(dsc_node *x)
{
    return dsci_layer_make(&dsci_op_batched, dsci_layer_name(x, DSCI_OP_BATCHED, "batched", NULL), NULL, &x,
                           1);
}
