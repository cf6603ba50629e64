/* add.c - the sum of two tensors: also what joins the gradients of several uses. */
#include "ops/ref.h"

static bool infer(const dsci_setting *setting, dsci_node *node)
{
    const dsci_tensor *a = node->in[0], *b = node->in[1];
    if (a->type != b->type || a->elements != b->elements) {
        char a_text[128], b_text[128];
        dsc_scope_fail(setting->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected two tensors of one shape, found %s and %s", node->name,
                       dsci_shape_text(&a->shape, a_text), dsci_shape_text(&b->shape, b_text));
        return false;
    }
    return dsci_infer_same(setting, node);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    for (size_t i = 0; i < 2; i++)
        if (node->in[i]->needs_gradient)
            dsci_gradient_add(graph, node->in[i], node->out[0]->diff);
}

const dsci_op dsci_op_add = {
    .name = "add",
    .id = DSCI_OP_ADD,
    .in_place = true,
    .infer = infer,
    .gradient = gradient,
    .flops = dsci_flops_elementwise,
    /* One rounded addition an element: the reference loop has the same bits at every level. */
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = dsci_ref_add_f32 },
                         DSCI_REF_IMPLEMENTATIONS(add) },
};
