/* activation.c - element-wise activations, and their gradients in terms of the output. */
#include "ops/ref.h"

const char *dsc_activation_name(dsc_activation activation)
{
    static const char *const names[] = {
        [DSC_LINEAR] = "identity", [DSC_RELU] = "relu", [DSC_SIGMOID] = "sigmoid", [DSC_TANH] = "tanh"
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

static void run_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_shard_elements(o->node, o->node->out[0], part.index);
    const float *src = o->in[0];
    float *dst = o->out[0];
    o->kernels->activation_forward(o->node->attributes.activation, dst + r.first, src + r.first, r.count);
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_shard_elements(o->node, o->node->out[0], part.index);
    const float *diff_dst = o->in[0], *dst = o->in[1];
    float *diff_src = o->out[0];
    o->kernels->activation_backward(o->node->attributes.activation, diff_src + r.first, diff_dst + r.first,
                                    dst + r.first, r.count);
}

const dsci_op dsci_op_activation = {
    .name = "activation",
    .id = DSCI_OP_ACTIVATION,
    .in_place = true,
    .infer = infer,
    .gradient = gradient,
    .flops = dsci_flops_elementwise,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_shards,
                           .run = run_forward },
                         DSCI_REF_IMPLEMENTATIONS(activation) },
};

const dsci_op dsci_op_activation_backward = {
    .name = "activation_backward",
    .id = DSCI_OP_ACTIVATION_BACKWARD,
    .in_place = true,
    .infer = dsci_infer_same,
    .flops = dsci_flops_elementwise,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_shards,
                           .run = run_backward },
                         DSCI_REF_IMPLEMENTATIONS(activation_backward) },
};
