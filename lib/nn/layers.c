/* layers.c - layers and losses as ops applied to nodes. */
#include <descent/nn.h>

#include "nn/initializers.h"
#include "nn/layer.h"

dsc_node *dsci_layer_parameter(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                               const dsci_initialization *initialization)
{
    dsci_initializer initializer;
    const char *expected = dsci_initializer_make(&initializer, initialization, shape);
    if (expected) {
        dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT, "layer '%s': expected %s for %s, found %d (scale %g)",
                       layer, expected, name, (int)initialization->init, initialization->scale);
        return NULL;
    }
    return dsci_parameter_make(x, layer, name, shape, &initializer);
}

static size_t dense_fan_in(const dsc_node *x, const dsc_dense_spec *spec)
{
    const dsci_shape *shape = &x->tensor->shape;
    return spec->per_step && shape->rank > 1 ? shape->dim[shape->rank - 1] : dsci_node_example_elements(x);
}

dsc_node *dsc_dense_with(dsc_node *x, const dsc_dense_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const char *name = dsci_layer_name(x, DSCI_OP_DENSE, "dense", spec->name);
    if (!name)
        return NULL;
    const size_t fan_in = dense_fan_in(x, spec), units = spec->units;
    if (units == 0) {
        dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT, "layer '%s': expected at least 1 unit, found 0", name);
        return NULL;
    }
    if (fan_in == 0) {
        dsc_scope_fail(x->scope, DSC_ERROR_SHAPE, "layer '%s': expected a batch of examples, found '%s'",
                       name, x->tensor->producer->name);
        return NULL;
    }
    dsc_node *inputs[3] = { x };
    size_t count = 0;
    const dsci_initialization weights = { spec->weights_init, spec->init_scale, fan_in, units };
    const dsci_initialization bias = { spec->bias_init, spec->init_scale, fan_in, units };
    inputs[++count] = dsci_layer_parameter(x, name, "weights",
                                           &(dsci_shape){ .rank = 2, .dim = { fan_in, units } }, &weights);
    if (!spec->no_bias)
        inputs[++count] =
            dsci_layer_parameter(x, name, "bias", &(dsci_shape){ .rank = 1, .dim = { units } }, &bias);
    return dsci_layer_make(&dsci_op_dense, name,
                           &(dsci_attributes){ .dense = { .per_step = spec->per_step } }, inputs, count + 1);
}
