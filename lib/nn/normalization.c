/* normalization.c - batch normalisation. */
#include <descent/nn.h>

#include "nn/initializers.h"
#include "nn/layer.h"

static const double DEFAULT_MOMENTUM = 0.1, DEFAULT_EPSILON = 1e-5;

/* A parameter or state with one value for each channel of x, all equal at first. */
static dsc_node *channel_values(dsc_node *x, const char *layer, const char *name, dsc_init init, bool state)
{
    const dsci_shape shape = { .rank = 1, .dim = { x->tensor->shape.dim[x->tensor->shape.rank - 1] } };
    dsci_initializer initializer;
    dsci_initializer_make(&initializer, &(dsci_initialization){ .init = init, .fan_in = 1, .fan_out = 1 },
                          &shape);
    return state ? dsci_state_make(x, layer, name, &shape, &initializer)
                 : dsci_parameter_make(x, layer, name, &shape, &initializer);
}

dsc_node *dsc_batch_norm_with(dsc_node *x, const dsc_batch_norm_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const char *name = dsci_layer_name(x, DSCI_OP_BATCH_NORM, "batch_norm", spec->name);
    const double momentum = spec->momentum == 0 ? DEFAULT_MOMENTUM : spec->momentum;
    const double epsilon = spec->epsilon == 0 ? DEFAULT_EPSILON : spec->epsilon;
    if (!name)
        return NULL;
    if (!(momentum > 0 && momentum <= 1 && epsilon > 0)) {
        dsc_scope_fail(
            x->scope, DSC_ERROR_ARGUMENT,
            "layer '%s': expected a momentum above 0 and at most 1 and a positive epsilon, found %g and %g",
            name, momentum, epsilon);
        return NULL;
    }
    dsc_node *inputs[5] = { x, channel_values(x, name, "running_mean", DSC_INIT_ZEROS, true),
                            channel_values(x, name, "running_variance", DSC_INIT_ONES, true) };
    size_t count = 3;
    if (!spec->no_scale)
        inputs[count++] = channel_values(x, name, "scale", DSC_INIT_ONES, false);
    if (!spec->no_shift)
        inputs[count++] = channel_values(x, name, "shift", DSC_INIT_ZEROS, false);
    const dsci_attributes attributes = { .batch_norm = { .momentum = momentum,
                                                         .epsilon = epsilon,
                                                         .scale = !spec->no_scale,
                                                         .shift = !spec->no_shift } };
    return dsci_layer_make(&dsci_op_batch_norm, name, &attributes, inputs, count);
}

dsc_node *dsc_layer_norm_with(dsc_node *x, const dsc_layer_norm_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const char *name = dsci_layer_name(x, DSCI_OP_LAYER_NORM, "layer_norm", spec->name);
    const double epsilon = spec->epsilon == 0 ? DEFAULT_EPSILON : spec->epsilon;
    if (!name)
        return NULL;
    if (!(epsilon > 0)) {
        dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT, "layer '%s': expected a positive epsilon, found %g",
                       name, epsilon);
        return NULL;
    }
    dsc_node *inputs[3] = { x };
    size_t count = 1;
    if (!spec->no_scale)
        inputs[count++] = channel_values(x, name, "scale", DSC_INIT_ONES, false);
    if (!spec->no_shift)
        inputs[count++] = channel_values(x, name, "shift", DSC_INIT_ZEROS, false);
    const dsci_attributes attributes = {
        .layer_norm = { .epsilon = epsilon, .scale = !spec->no_scale, .shift = !spec->no_shift }
    };
    return dsci_layer_make(&dsci_op_layer_norm, name, &attributes, inputs, count);
}
