/* cast.c - between single precision and bfloat16. The graph puts it where an op computes in another type than
 * what it reads.
 */
#include "ops/ref/ref.h"

static bool infer(const dsci_context *context, dsci_node *node)
{
    return dsci_node_output(context, node, node->attributes.cast, &node->in[0]->shape);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    const dsci_attributes attributes = { .cast = node->in[0]->type };
    const dsci_node *back =
        dsci_graph_append(graph, &dsci_op_cast, &attributes, (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], back ? back->out[0] : NULL);
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    if (o->node->attributes.cast == DSCI_BF16) {
        const float *src = o->in[0];
        dsci_bf16 *dst = o->out[0];
        o->kernels->to_bf16(dst + r.first, src + r.first, r.count);
    } else {
        const dsci_bf16 *src = o->in[0];
        float *dst = o->out[0];
        o->kernels->from_bf16(dst + r.first, src + r.first, r.count);
    }
}

static const char *describe(const dsci_node *node)
{
    return node->attributes.cast == DSCI_BF16 ? "to bf16" : "from bf16";
}

/* One implementation for every engine: it is exact, or rounds in the one way there is. */
const dsci_op dsci_op_cast = {
    .name = "cast",
    .id = DSCI_OP_CAST,
    .infer = infer,
    .gradient = gradient,
    .implementations = {
        { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = dsci_book_elements, .run = run, .describe = describe },
        { .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = dsci_book_elements, .run = run, .describe = describe },
    },
};
