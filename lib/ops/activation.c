/* activation.c - element-wise activations, and their gradients in terms of the output or, where it does not
 * say enough, of the input.
 */
#include "ops/ref/ref.h"

const char *dsc_activation_name(dsc_activation activation)
{
    static const char *const names[] = {
        [DSC_ACTIVATION_LINEAR] = "identity",   [DSC_ACTIVATION_RELU] = "relu",
        [DSC_ACTIVATION_SIGMOID] = "sigmoid",   [DSC_ACTIVATION_TANH] = "tanh",
        [DSC_ACTIVATION_STEP] = "step",         [DSC_ACTIVATION_LEAKY_RELU] = "leaky_relu",
        [DSC_ACTIVATION_ELU] = "elu",           [DSC_ACTIVATION_SELU] = "selu",
        [DSC_ACTIVATION_GELU] = "gelu",         [DSC_ACTIVATION_GELU_TANH] = "gelu_tanh",
        [DSC_ACTIVATION_SWISH] = "swish",       [DSC_ACTIVATION_MISH] = "mish",
        [DSC_ACTIVATION_SOFTPLUS] = "softplus", [DSC_ACTIVATION_HARD_SIGMOID] = "hard_sigmoid"
    };
    return (unsigned)activation < DSC_ACTIVATION_COUNT ? names[activation] : "unknown";
}

/* The derivatives of leaky_relu and elu tell the sides apart by the sign of the output. */
static bool infer(const dsci_context *context, dsci_node *node)
{
    const double alpha = node->attributes.activation.alpha;
    if ((unsigned)node->attributes.activation.kind >= DSC_ACTIVATION_COUNT) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected an activation of dsc_activation, found %d", node->name,
                       (int)node->attributes.activation.kind);
        return false;
    }
    if (!(alpha >= 0 && alpha <= 0x1p40)) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected an alpha of 0 to 2^40, found %g", node->name, alpha);
        return false;
    }
    return dsci_expect_real(context, node, node->in[0]) && dsci_infer_same(context, node);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    const dsc_activation kind = node->attributes.activation.kind;
    if (kind == DSC_ACTIVATION_STEP)
        return;
    dsci_tensor *inputs[] = { node->out[0]->diff,
                              dsci_activation_by_output(kind) ? node->out[0] : node->in[0] };
    const dsci_node *backward =
        dsci_graph_append(graph, &dsci_op_activation_backward, &node->attributes, inputs, 2);
    dsci_gradient_add(graph, node->in[0], backward ? backward->out[0] : NULL);
}

static void apply(const dsci_operands *o, float *dst, const float *src, size_t count)
{
    o->kernels->activation_forward(o->node->attributes.activation.kind,
                                   (float)o->node->attributes.activation.alpha, dst, src, count);
}

static void apply_backward(const dsci_operands *o, float *diff_src, const float *diff_dst, const float *at,
                           size_t count)
{
    o->kernels->activation_backward(o->node->attributes.activation.kind,
                                    (float)o->node->attributes.activation.alpha, diff_src, diff_dst, at,
                                    count);
}

static void run_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    apply(o, (float *)o->out[0] + r.first, (const float *)o->in[0] + r.first, r.count);
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    apply_backward(o, (float *)o->out[0] + r.first, (const float *)o->in[0] + r.first,
                   (const float *)o->in[1] + r.first, r.count);
}

enum { PIECE = 1024 }; /* elements in single precision at a time: they stay in the first-level cache */

static size_t piece_of(const dsci_range *range, size_t done)
{
    return range->count - done < PIECE ? range->count - done : PIECE;
}

static void run_forward_bf16(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    _Alignas(64) float piece[PIECE];
    for (size_t done = 0; done < r.count; done += PIECE) {
        const size_t at = r.first + done, count = piece_of(&r, done);
        o->kernels->from_bf16(piece, (const dsci_bf16 *)o->in[0] + at, count);
        apply(o, piece, piece, count);
        o->kernels->to_bf16((dsci_bf16 *)o->out[0] + at, piece, count);
    }
}

static void run_backward_bf16(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    _Alignas(64) float diff[PIECE], piece[PIECE];
    for (size_t done = 0; done < r.count; done += PIECE) {
        const size_t at = r.first + done, count = piece_of(&r, done);
        o->kernels->from_bf16(diff, (const dsci_bf16 *)o->in[0] + at, count);
        o->kernels->from_bf16(piece, (const dsci_bf16 *)o->in[1] + at, count);
        apply_backward(o, diff, diff, piece, count);
        o->kernels->to_bf16((dsci_bf16 *)o->out[0] + at, diff, count);
    }
}

#define NATIVE(step)                                                                                         \
    { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = dsci_book_elements, .run = step },              \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = dsci_book_elements, .run = step##_bf16       \
    }

static const dsci_field activation_fields[] = {
    { "activation", DSCI_FIELD_ACTIVATION, DSCI_AT(activation.kind), 0, 0, 0 },
    { "alpha", DSCI_FIELD_REAL, DSCI_AT(activation.alpha), 0, 0, 0x1p40 },
    { .name = NULL }
};

const dsci_op dsci_op_activation = {
    .name = "activation",
    .id = DSCI_OP_ACTIVATION,
    .in_place = true,
    .infer = infer,
    .gradient = gradient,
    .flops = dsci_flops_elementwise,
    .schema = { "r", 1, activation_fields },
    .implementations = { NATIVE(run_forward), DSCI_REF_IMPLEMENTATIONS(activation) },
};

const dsci_op dsci_op_activation_backward = {
    .name = "activation_backward",
    .id = DSCI_OP_ACTIVATION_BACKWARD,
    .in_place = true,
    .infer = dsci_infer_same,
    .flops = dsci_flops_elementwise,
    .implementations = { NATIVE(run_backward), DSCI_REF_IMPLEMENTATIONS(activation_backward) },
};
