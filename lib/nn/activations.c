/* activations.c - layers that apply a function to their input. */
#include <descent/nn.h>

#include "nn/layer.h"

static double default_alpha(dsc_activation kind)
{
    return kind == DSC_ACTIVATION_LEAKY_RELU ? 0.01 : kind == DSC_ACTIVATION_ELU ? 1 : 0;
}

dsc_node *dsc_activate(dsc_node *x, const dsc_activation_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const dsci_attributes attributes = {
        .activation = { .kind = spec->kind,
                        .alpha = spec->alpha != 0 ? spec->alpha : default_alpha(spec->kind) }
    };
    const char *name = dsci_layer_name(x, DSCI_OP_ACTIVATION, dsc_activation_name(spec->kind), spec->name);
    return dsci_layer_make(&dsci_op_activation, name, &attributes, &x, 1);
}

dsc_node *dsc_relu(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_RELU });
}

dsc_node *dsc_sigmoid(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_SIGMOID });
}

dsc_node *dsc_tanh(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_TANH });
}

dsc_node *dsc_leaky_relu(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_LEAKY_RELU });
}

dsc_node *dsc_elu(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_ELU });
}

dsc_node *dsc_selu(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_SELU });
}

dsc_node *dsc_gelu(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_GELU });
}

dsc_node *dsc_swish(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_SWISH });
}

dsc_node *dsc_softplus(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_SOFTPLUS });
}

dsc_node *dsc_hard_sigmoid(dsc_node *x)
{
    return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_HARD_SIGMOID });
}

dsc_node *dsc_softmax(dsc_node *x)
{
    return dsci_layer_make(&dsci_op_softmax, dsci_layer_name(x, DSCI_OP_SOFTMAX, "softmax", NULL), NULL, &x,
                           1);
}

dsc_node *dsc_log_softmax(dsc_node *x)
{
    const char *name = dsci_layer_name(x, DSCI_OP_LOG_SOFTMAX, "log_softmax", NULL);
    return dsci_layer_make(&dsci_op_log_softmax, name, NULL, &x, 1);
}

dsc_node *dsc_maxout(dsc_node *x, size_t pieces)
{
    const char *name = dsci_layer_name(x, DSCI_OP_MAXOUT, "maxout", NULL);
    return dsci_layer_make(&dsci_op_maxout, name, &(dsci_attributes){ .pieces = pieces }, &x, 1);
}
