/* activation.c - element-wise activations, and their gradients in terms of the output. */
#include "ops/ref.h"

const char *dsci_activation_name(dsci_activation activation)
{
    static const char *const names[] = {
        [DSCI_IDENTITY] = "identity", [DSCI_RELU] = "relu", [DSCI_SIGMOID] = "sigmoid", [DSCI_TANH] = "tanh"
    };
    return names[activation];
}

static bool infer(const dsci_setting *setting, dsci_node *node)
{
    return dsci_expect_batch(setting, node, node->in[0]) && dsci_infer_same(setting, node);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *inputs[] = { node->out[0]->diff, node->out[0] };
    const dsci_node *backward =
        dsci_graph_append(graph, &dsci_op_activation_backward, &node->attributes, inputs, 2);
    dsci_gradient_add(graph, node->in[0], backward ? backward->out[0] : NULL);
}

static void run_forward(const dsci_operands *o)
{
    o->kernels->activation_forward(o->node->attributes.activation, o->out[0], o->in[0],
                                   o->node->out[0]->elements);
}

static void run_backward(const dsci_operands *o)
{
    o->kernels->activation_backward(o->node->attributes.activation, o->out[0], o->in[0], o->in[1],
                                    o->node->out[0]->elements);
}

const dsci_op dsci_op_activation = {
    .name = "activation",
    .id = DSCI_OP_ACTIVATION,
    .in_place = true,
    .infer = infer,
    .gradient = gradient,
    .flops = dsci_flops_elementwise,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_forward },
                         DSCI_REF_IMPLEMENTATIONS(activation) },
};

const dsci_op dsci_op_activation_backward = {
    .name = "activation_backward",
    .id = DSCI_OP_ACTIVATION_BACKWARD,
    .in_place = true,
    .infer = dsci_infer_same,
    .flops = dsci_flops_elementwise,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_backward },
                         DSCI_REF_IMPLEMENTATIONS(activation_backward) },
};
