/* function.c - elementary functions, element by element. */
#include <float.h>

#include "ops/ref/ref.h"

static bool infer(const dsci_context *context, dsci_node *node)
{
    const double a = node->attributes.function.a, b = node->attributes.function.b;
    const int kind = node->attributes.function.kind;
    if (!(a >= -FLT_MAX && a <= FLT_MAX) || !(b >= -FLT_MAX && b <= FLT_MAX) ||
        (kind == DSCI_FUNCTION_CLAMP && a > b)) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT, "layer '%s': expected %s, found %g and %g",
                       node->name,
                       kind == DSCI_FUNCTION_CLAMP ? "a low and a high bound" : "a finite exponent", a, b);
        return false;
    }
    return dsci_expect_real(context, node, node->in[0]) && dsci_infer_same(context, node);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *inputs[] = { node->out[0]->diff, node->in[0], node->out[0] };
    const dsci_node *back =
        dsci_graph_append(graph, &dsci_op_function_backward, &node->attributes, inputs, 3);
    dsci_gradient_add(graph, node->in[0], back ? back->out[0] : NULL);
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    o->kernels->function((dsci_function)o->node->attributes.function.kind,
                         (float)o->node->attributes.function.a, (float)o->node->attributes.function.b,
                         (float *)o->out[0] + r.first, (const float *)o->in[0] + r.first, r.count);
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    o->kernels->function_backward((dsci_function)o->node->attributes.function.kind,
                                  (float)o->node->attributes.function.a,
                                  (float)o->node->attributes.function.b, (float *)o->out[0] + r.first,
                                  (const float *)o->in[0] + r.first, (const float *)o->in[1] + r.first,
                                  (const float *)o->in[2] + r.first, r.count);
}

static const dsci_field fields[] = { { "kind", DSCI_FIELD_INT, DSCI_AT(function.kind), 0, 0,
                                       DSCI_FUNCTION_CLAMP },
                                     { "a", DSCI_FIELD_REAL, DSCI_AT(function.a), 0, -FLT_MAX, FLT_MAX },
                                     { "b", DSCI_FIELD_REAL, DSCI_AT(function.b), 0, -FLT_MAX, FLT_MAX },
                                     { .name = NULL } };

const dsci_op dsci_op_function = {
    .name = "function",
    .id = DSCI_OP_FUNCTION,
    .infer = infer,
    .gradient = gradient,
    .flops = dsci_flops_elementwise,
    .schema = { "r", 1, fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_elements,
                           .run = run },
                         DSCI_REF_IMPLEMENTATIONS(function) },
};

static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    return dsci_infer_same(context, node);
}

const dsci_op dsci_op_function_backward = {
    .name = "function_backward",
    .id = DSCI_OP_FUNCTION_BACKWARD,
    .infer = infer_backward,
    .flops = dsci_flops_elementwise,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = dsci_book_elements,
                           .run = run_backward },
                         DSCI_REF_IMPLEMENTATIONS(function_backward) },
};
