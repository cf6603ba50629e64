/* elementwise.c - sums, products and multiples of tensors of one shape. A sum is also what joins the
 * gradients of several uses of a tensor.
 */
#include <float.h>

#include "ops/ref/ref.h"

static bool infer_pair(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *a = node->in[0], *b = node->in[1];
    if (a->type != b->type || a->elements != b->elements) {
        char a_text[128], b_text[128];
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected two tensors of one shape, found %s from '%s' and %s from '%s'",
                       node->name, dsci_shape_text(&a->shape, a_text), a->producer->name,
                       dsci_shape_text(&b->shape, b_text), b->producer->name);
        return false;
    }
    return dsci_infer_same(context, node);
}

static void gradient_add(dsci_graph *graph, dsci_node *node)
{
    for (size_t i = 0; i < 2; i++)
        if (node->in[i]->needs_gradient)
            dsci_gradient_add(graph, node->in[i], node->out[0]->diff);
}

static void gradient_multiply(dsci_graph *graph, dsci_node *node)
{
    for (size_t i = 0; i < 2; i++) {
        if (!node->in[i]->needs_gradient)
            continue;
        const dsci_node *product = dsci_graph_append(
            graph, &dsci_op_multiply, NULL, (dsci_tensor *[]){ node->out[0]->diff, node->in[1 - i] }, 2);
        dsci_gradient_add(graph, node->in[i], product ? product->out[0] : NULL);
    }
}

static bool infer_scale(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_real(context, node, node->in[0]) && dsci_infer_same(context, node);
}

static void gradient_scale(dsci_graph *graph, dsci_node *node)
{
    const dsci_node *multiple = dsci_graph_append(graph, &dsci_op_scale, &node->attributes,
                                                  (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], multiple ? multiple->out[0] : NULL);
}

static void run_add(const dsci_operands *o, dsci_part part)
{
    const dsci_tensor *dst = o->node->out[0];
    const bool half = dst->type == DSCI_BF16;
    const dsci_range r = dsci_part_elements(o->node, dst, part.index);
    const size_t start = r.first * dsci_type_size(dst->type);
    o->kernels->add((char *)o->out[0] + start, (const char *)o->in[0] + start, (const char *)o->in[1] + start,
                    r.count, half);
}

static void run_multiply(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    const float *a = o->in[0], *b = o->in[1];
    float *dst = o->out[0];
    o->kernels->multiply(dst + r.first, a + r.first, b + r.first, r.count);
}

static void run_scale(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    const float *src = o->in[0];
    float *dst = o->out[0];
    o->kernels->scaled(dst + r.first, src + r.first, r.count, (float)o->node->attributes.factor);
}

const dsci_op dsci_op_add = {
    .name = "add",
    .id = DSCI_OP_ADD,
    .in_place = true,
    .infer = infer_pair,
    .gradient = gradient_add,
    .flops = dsci_flops_elementwise,
    .schema = { "rr", 2 },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_elements,
                           .run = run_add },
                         { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_BF16,
                           .book = dsci_book_elements,
                           .run = run_add },
                         DSCI_REF_IMPLEMENTATIONS(add) },
};

const dsci_op dsci_op_multiply = {
    .name = "multiply",
    .id = DSCI_OP_MULTIPLY,
    .in_place = true,
    .infer = infer_pair,
    .gradient = gradient_multiply,
    .flops = dsci_flops_elementwise,
    .schema = { "rr", 2 },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_elements,
                           .run = run_multiply },
                         DSCI_REF_IMPLEMENTATIONS(multiply) },
};

static const dsci_field scale_fields[] = {
    { "factor", DSCI_FIELD_REAL, DSCI_AT(factor), 0, -DBL_MAX, DBL_MAX }, { .name = NULL }
};

const dsci_op dsci_op_scale = {
    .name = "scale",
    .id = DSCI_OP_SCALE,
    .in_place = true,
    .infer = infer_scale,
    .gradient = gradient_scale,
    .flops = dsci_flops_elementwise,
    .schema = { "r", 1, scale_fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_elements,
                           .run = run_scale },
                         DSCI_REF_IMPLEMENTATIONS(scale) },
};
