/* broadcast.c - shapes that go together, and the sums that are their gradients. */
#include "ops/broadcast.h"

void dsci_broadcast_align(const dsci_tensor *tensor, size_t inner, bool batched, size_t rank, size_t *dim)
{
    const dsci_shape example = dsci_tensor_example(tensor);
    const size_t count = example.rank - inner;
    for (size_t i = 0; i < rank; i++)
        dim[i] = 1;
    if (batched && !tensor->unbatched)
        dim[0] = tensor->shape.dim[0];
    for (size_t i = 0; i < count; i++)
        dim[rank - count + i] = example.dim[i];
}

static size_t example_rank(const dsci_tensor *tensor)
{
    return tensor->shape.rank - (tensor->unbatched ? 0 : 1);
}

bool dsci_broadcast_infer(const dsci_context *context, const dsci_node *node, size_t inner, dsci_shape *shape)
{
    const dsci_tensor *a = node->in[0], *b = node->in[1];
    const size_t a_rank = example_rank(a), b_rank = example_rank(b);
    const bool batched = !a->unbatched || !b->unbatched;
    bool fits = a_rank >= inner && b_rank >= inner;
    if (fits) {
        size_t of_a[DSCI_MAX_RANK], of_b[DSCI_MAX_RANK];
        *shape = (dsci_shape){ .rank = (a_rank > b_rank ? a_rank : b_rank) - inner + batched };
        dsci_broadcast_align(a, inner, batched, shape->rank, of_a);
        dsci_broadcast_align(b, inner, batched, shape->rank, of_b);
        for (size_t i = 0; i < shape->rank; i++) {
            shape->dim[i] = of_a[i] == 1 ? of_b[i] : of_a[i];
            fits = fits && (of_a[i] == 1 || of_b[i] == 1 || of_a[i] == of_b[i]);
        }
    }
    if (fits)
        return true;
    char a_text[128], b_text[128];
    dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                   "layer '%s': expected two %s that agree from the last dimension on but where one has 1, "
                   "found %s%s from '%s' and %s%s from '%s'",
                   node->name, inner ? "batches of matrices" : "shapes", dsci_shape_text(&a->shape, a_text),
                   a->unbatched ? "" : " (batch first)", a->producer->name,
                   dsci_shape_text(&b->shape, b_text), b->unbatched ? "" : " (batch first)",
                   b->producer->name);
    return false;
}

dsci_broadcast dsci_broadcast_of(const dsci_node *node, const dsci_shape *shape, size_t inner)
{
    dsci_broadcast result = { .rank = shape->rank };
    const bool batched = !node->in[0]->unbatched || !node->in[1]->unbatched;
    for (size_t t = 0; t < 2; t++) {
        const dsci_tensor *tensor = node->in[t];
        size_t dim[DSCI_MAX_RANK], step = 1;
        dsci_broadcast_align(tensor, inner, batched, shape->rank, dim);
        for (size_t i = 0; i < inner; i++)
            step *= tensor->shape.dim[tensor->shape.rank - 1 - i];
        for (size_t i = shape->rank; i-- > 0;) {
            result.dim[i] = shape->dim[i];
            result.step[t][i] = dim[i] > 1 ? step : 0;
            step *= dim[i];
        }
    }
    return result;
}

void dsci_broadcast_merge(dsci_broadcast *b)
{
    size_t rank = 0;
    for (size_t i = 0; i < b->rank; i++) {
        if (b->dim[i] == 1)
            continue;
        const bool joins = rank > 0 && b->step[0][rank - 1] == b->step[0][i] * b->dim[i] &&
                           b->step[1][rank - 1] == b->step[1][i] * b->dim[i];
        const size_t at = joins ? rank - 1 : rank++;
        b->dim[at] = joins ? b->dim[at] * b->dim[i] : b->dim[i];
        b->step[0][at] = b->step[0][i];
        b->step[1][at] = b->step[1][i];
    }
    b->rank = rank;
}

void dsci_broadcast_at(const dsci_broadcast *b, size_t rank, size_t index, size_t at[2])
{
    at[0] = at[1] = 0;
    for (size_t i = rank; i-- > 0; index /= b->dim[i]) {
        at[0] += index % b->dim[i] * b->step[0][i];
        at[1] += index % b->dim[i] * b->step[1][i];
    }
}

/* Sums over neighbouring dimensions of the whole shape; those of the example stay, with 1 element. */
static dsci_tensor *sum_over(dsci_graph *graph, dsci_tensor *diff, size_t first, size_t count)
{
    const dsci_attributes attributes = {
        .reduce = { .kind = DSCI_REDUCE_SUM, .first = first, .count = count, .keep = true }
    };
    const dsci_node *sum = dsci_graph_append(graph, &dsci_op_reduce, &attributes, &diff, 1);
    return sum ? sum->out[0] : NULL;
}

/* Without the ones that stand before a tensor's own dimensions. */
static dsci_tensor *without_ones(dsci_graph *graph, const dsci_tensor *tensor, dsci_tensor *diff)
{
    if (!diff || diff->shape.rank == tensor->shape.rank)
        return diff;
    const dsci_attributes attributes = { .example = dsci_tensor_example(tensor) };
    const dsci_node *reshape = dsci_graph_append(graph, &dsci_op_reshape, &attributes, &diff, 1);
    return reshape ? reshape->out[0] : NULL;
}

dsci_tensor *dsci_broadcast_sum(dsci_graph *graph, const dsci_tensor *tensor, dsci_tensor *diff)
{
    if (!diff)
        return NULL;
    size_t dim[DSCI_MAX_RANK];
    bool repeated[DSCI_MAX_RANK];
    const size_t rank = diff->shape.rank;
    dsci_broadcast_align(tensor, 0, !diff->unbatched, rank, dim);
    for (size_t i = 0; i < rank; i++)
        repeated[i] = dim[i] != diff->shape.dim[i] || (i == 0 && tensor->unbatched && !diff->unbatched);
    for (size_t end = rank, first; diff && end > 0; end = first) {
        first = end - 1;
        while (repeated[end - 1] && first > 0 && repeated[first - 1])
            first--;
        if (repeated[first])
            diff = sum_over(graph, diff, first, end - first);
    }
    return without_ones(graph, tensor, diff);
}
