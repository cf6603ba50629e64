/* activation_cases.c - the activations that dense_cases.c does not have. */
#include "cases.h"

/* Two of the kind, one after the other, over numbers of both signs. */
static dsc_node *activated(dsc_scope *scope, struct draw *draw, dsc_activation kind, double alpha)
{
    const dsc_activation_spec spec = { .kind = kind, .alpha = alpha };
    dsc_node *h = dsc_activate(dsc_dense(case_vector(scope, draw), draw_size(draw, 1, 33)), &spec);
    return squared_head(dsc_activate(dsc_scale(dsc_dense(h, draw_size(draw, 1, 20)), 2.0), &spec), scope,
                        draw);
}

#define ACTIVATION(name, kind, alpha)                                                                        \
    static dsc_node *name(dsc_scope *scope, struct draw *draw)                                               \
    {                                                                                                        \
        return activated(scope, draw, kind, alpha);                                                          \
    }
ACTIVATION(leaky_relu, DSC_ACTIVATION_LEAKY_RELU, 0.3)
ACTIVATION(elu, DSC_ACTIVATION_ELU, 0.7)
ACTIVATION(selu, DSC_ACTIVATION_SELU, 0)
ACTIVATION(gelu, DSC_ACTIVATION_GELU, 0)
ACTIVATION(gelu_tanh, DSC_ACTIVATION_GELU_TANH, 0)
ACTIVATION(swish, DSC_ACTIVATION_SWISH, 0)
ACTIVATION(mish, DSC_ACTIVATION_MISH, 0)
ACTIVATION(softplus, DSC_ACTIVATION_SOFTPLUS, 0)
ACTIVATION(hard_sigmoid, DSC_ACTIVATION_HARD_SIGMOID, 0)

static const struct gradient_case cases[] = {
    { .name = "leaky relu", .op = "activation", .loss = leaky_relu },
    { .name = "elu", .op = "activation", .loss = elu },
    { .name = "selu", .op = "activation", .loss = selu },
    { .name = "gelu", .op = "activation", .loss = gelu },
    { .name = "gelu by tanh", .op = "activation", .loss = gelu_tanh },
    { .name = "swish", .op = "activation", .loss = swish },
    { .name = "mish", .op = "activation", .loss = mish },
    { .name = "softplus", .op = "activation", .loss = softplus },
    { .name = "hard sigmoid", .op = "activation", .loss = hard_sigmoid },
};
const struct gradient_suite activation_cases = { cases, sizeof cases / sizeof cases[0] };
