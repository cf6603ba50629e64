/* permute.c - a tensor with the dimensions of its examples in another order. It moves bytes: one
 * implementation serves every type and engine.
 */
#include <string.h>

#include "ops/op.h"

/* Dimensions before those of the example. */
static size_t ahead(const dsci_tensor *tensor)
{
    return tensor->unbatched ? 0 : 1;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *src = node->in[0];
    const size_t first = ahead(src), rank = src->shape.rank - first;
    if (!dsci_expect_real(context, node, src))
        return false;
    dsci_shape shape = src->shape;
    unsigned seen = 0;
    for (size_t i = 0; i < rank; i++) {
        const size_t from = node->attributes.permute.order[i];
        seen |= from < rank ? 1U << from : 0;
        shape.dim[first + i] = from < rank ? src->shape.dim[first + from] : 0;
    }
    if (seen != (1U << rank) - 1 || node->attributes.permute.count != rank) {
        char text[128];
        dsc_scope_fail(
            context->scope, DSC_ERROR_ARGUMENT,
            "layer '%s': expected each of the %zu dimensions of the example once, for %s%s from '%s'",
            node->name, rank, dsci_shape_text(&src->shape, text), first ? " (batch first)" : "",
            src->producer->name);
        return false;
    }
    return dsci_node_output(context, node, src->type, &shape);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_attributes attributes = { .permute = { .count = node->attributes.permute.count } };
    for (size_t i = 0; i < attributes.permute.count; i++)
        attributes.permute.order[node->attributes.permute.order[i]] = i;
    const dsci_node *back =
        dsci_graph_append(graph, &dsci_op_permute, &attributes, (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], back ? back->out[0] : NULL);
}

/* Elements of src from one index of each dimension of dst to the next. */
static void steps_of(const dsci_node *node, size_t steps[DSCI_MAX_RANK])
{
    const dsci_tensor *src = node->in[0];
    const size_t first = ahead(src), rank = src->shape.rank;
    size_t step = 1, of_src[DSCI_MAX_RANK];
    for (size_t i = rank; i-- > 0; step *= src->shape.dim[i])
        of_src[i] = step;
    for (size_t i = 0; i < rank; i++)
        steps[i] = i < first ? of_src[i] : of_src[first + node->attributes.permute.order[i - first]];
}

/* Copies `count` elements of `bytes` bytes each, which lie `step` elements apart in src, to one after the
 * other. */
static void copy_apart(char *dst, const char *src, size_t step, size_t count, size_t bytes)
{
    if (step == 1)
        memcpy(dst, src, count * bytes);
    else if (bytes == sizeof(float))
        for (size_t i = 0; i < count; i++)
            memcpy(dst + i * sizeof(float), src + i * step * sizeof(float), sizeof(float));
    else
        for (size_t i = 0; i < count; i++)
            memcpy(dst + i * bytes, src + i * step * bytes, bytes);
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_tensor *dst = o->node->out[0];
    const dsci_range r = dsci_part_elements(o->node, dst, part.index);
    const size_t bytes = dsci_type_size(dst->type), last = dst->shape.rank - 1,
                 columns = dst->shape.dim[last];
    size_t steps[DSCI_MAX_RANK];
    steps_of(o->node, steps);
    for (size_t i = r.first, count; i < r.first + r.count; i += count) {
        size_t from = i % columns * steps[last], row = i / columns;
        count = dsci_least(columns - i % columns, r.first + r.count - i);
        for (size_t d = last; d-- > 0; row /= dst->shape.dim[d])
            from += row % dst->shape.dim[d] * steps[d];
        copy_apart((char *)o->out[0] + i * bytes, (const char *)o->in[0] + from * bytes, steps[last], count,
                   bytes);
    }
}

#define PERMUTE(of_engine, of_type)                                                                          \
    {                                                                                                        \
        .engine = of_engine, .type = of_type, .book = dsci_book_elements, .run = run                         \
    }

static const dsci_field fields[] = { { "count", DSCI_FIELD_SIZE, DSCI_AT(permute.count), 0, 1, DSC_MAX_RANK },
                                     { "order", DSCI_FIELD_SIZE, DSCI_AT(permute.order), DSC_MAX_RANK, 0,
                                       DSC_MAX_RANK - 1 },
                                     { .name = NULL } };

const dsci_op dsci_op_permute = {
    .name = "permute",
    .id = DSCI_OP_PERMUTE,
    .infer = infer,
    .gradient = gradient,
    .schema = { "r", 1, fields },
    .implementations = { PERMUTE(DSC_ENGINE_NATIVE, DSCI_F32), PERMUTE(DSC_ENGINE_NATIVE, DSCI_BF16),
                         PERMUTE(DSC_ENGINE_REF, DSCI_F32), PERMUTE(DSC_ENGINE_REF, DSCI_F64) },
};
