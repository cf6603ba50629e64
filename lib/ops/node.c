/* node.c - nodes and graphs: making them and putting them together. */
#include "kernels/kernels.h"
#include "ops/op.h"

/* All that it reads is the same for all examples. */
static bool is_unbatched(const dsci_node *node)
{
    for (size_t i = 0; i < node->input_count; i++)
        if (!node->in[i]->unbatched)
            return false;
    return node->input_count > 0;
}

bool dsci_node_output(const dsci_context *context, dsci_node *node, dsci_type type, const dsci_shape *shape)
{
    const size_t elements = dsci_shape_elements(shape);
    if (elements == 0) {
        char text[128];
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected a result of at least one element that fits into memory, found %s",
            node->name, dsci_shape_text(shape, text));
        return false;
    }
    dsci_tensor *tensor = dsc_scope_alloc(context->scope, 1, sizeof *tensor);
    if (!tensor)
        return false;
    tensor->type = type;
    tensor->shape = *shape;
    tensor->elements = elements;
    tensor->producer = node;
    for (size_t i = 0; i < node->input_count; i++)
        tensor->needs_gradient |= node->in[i]->needs_gradient;
    tensor->unbatched = shape->rank == 0 || is_unbatched(node);
    node->out[node->output_count++] = tensor;
    return true;
}

dsci_node *dsci_node_make(const dsci_context *context, const dsci_op *op, const char *name,
                          const dsci_attributes *attributes, dsci_tensor *const *inputs, size_t input_count)
{
    for (size_t i = 0; i < input_count; i++)
        if (!inputs[i])
            return NULL;
    dsci_node *node = dsc_scope_alloc(context->scope, 1, sizeof *node);
    if (!node)
        return NULL;
    node->op = op;
    node->name = name;
    node->real = context->real;
    if (attributes)
        node->attributes = *attributes;
    for (size_t i = 0; i < input_count; i++)
        node->in[i] = inputs[i];
    node->input_count = input_count;
    node->batch = is_unbatched(node) ? 1 : context->batch;
    node->shard_rows = is_unbatched(node) ? 0 : context->shard_rows;
    return op->infer(context, node) ? node : NULL;
}

dsc_activation *dsci_node_activation(dsci_node *node)
{
    switch (node->op->id) {
    case DSCI_OP_DENSE: return &node->attributes.dense.activation;
    case DSCI_OP_CONV: return &node->attributes.conv.activation;
    case DSCI_OP_BATCH_NORM: return &node->attributes.batch_norm.activation;
    default: return NULL;
    }
}

const char *dsci_node_kind(const dsci_node *node)
{
    return node->op == &dsci_op_activation ? dsc_activation_name(node->attributes.activation.kind)
                                           : node->op->name;
}

dsc_status dsci_graph_push(dsci_graph *graph, dsci_node *node)
{
    if (graph->count == graph->capacity) {
        const size_t capacity = graph->capacity ? 2 * graph->capacity : 32;
        dsci_node **nodes = dsc_scope_alloc(graph->context.scope, capacity, sizeof(dsci_node *));
        if (!nodes)
            return dsc_scope_status(graph->context.scope);
        for (size_t i = 0; i < graph->count; i++)
            nodes[i] = graph->nodes[i];
        graph->nodes = nodes;
        graph->capacity = capacity;
    }
    graph->nodes[graph->count++] = node;
    return DSC_OK;
}

static dsci_node *append(dsci_graph *graph, const dsci_op *op, const dsci_attributes *attributes,
                         dsci_tensor *const *inputs, size_t input_count, dsci_type real)
{
    dsci_context context = graph->context;
    context.real = real;
    dsci_node *node = dsci_node_make(&context, op, graph->origin->name, attributes, inputs, input_count);
    if (!node || dsci_graph_push(graph, node) != DSC_OK)
        return NULL;
    node->index = graph->origin->index;
    node->backward = true;
    return node;
}

/* The tensor, or its copy in another type. */
static dsci_tensor *cast(dsci_graph *graph, dsci_tensor *tensor, dsci_type type)
{
    if (!tensor || tensor->type == type)
        return tensor;
    const dsci_node *node =
        append(graph, &dsci_op_cast, &(dsci_attributes){ .cast = type }, &tensor, 1, dsci_master_type(type));
    return node ? node->out[0] : NULL;
}

dsci_node *dsci_graph_append(dsci_graph *graph, const dsci_op *op, const dsci_attributes *attributes,
                             dsci_tensor *const *inputs, size_t input_count)
{
    const dsci_type origin = graph->origin->real, real = dsci_op_working_type(op, origin);
    dsci_tensor *converted[DSCI_MAX_INPUTS];
    for (size_t i = 0; i < input_count; i++)
        converted[i] = inputs[i] && inputs[i]->type == DSCI_BF16 && real != origin
                           ? cast(graph, inputs[i], real)
                           : inputs[i];
    return append(graph, op, attributes, converted, input_count, real);
}

/* The gradient of a parameter has a place of its own: one that an op passes on as it came is copied there. */
static dsci_tensor *own_diff(dsci_graph *graph, const dsci_tensor *tensor, dsci_tensor *diff)
{
    if (tensor->producer->op != &dsci_op_parameter || diff != graph->origin->out[0]->diff)
        return diff;
    const dsci_attributes attributes = { .example = tensor->shape };
    const dsci_node *copy = dsci_graph_append(graph, &dsci_op_reshape, &attributes, &diff, 1);
    return copy ? copy->out[0] : NULL;
}

void dsci_gradient_add(dsci_graph *graph, dsci_tensor *tensor, dsci_tensor *diff)
{
    diff = diff && tensor->needs_gradient ? own_diff(graph, tensor, cast(graph, diff, tensor->type)) : NULL;
    if (!diff)
        return;
    diff->unbatched = tensor->unbatched;
    if (tensor->diff) {
        dsci_node *sum =
            dsci_graph_append(graph, &dsci_op_add, NULL, (dsci_tensor *[]){ tensor->diff, diff }, 2);
        if (sum)
            sum->real = diff->type; /* a parameter's is not of the type that the layer computes in */
        diff = sum ? sum->out[0] : NULL;
    }
    tensor->diff = diff;
}

size_t dsci_shards(const dsci_node *node)
{
    const size_t batch = node->batch, rows = node->shard_rows;
    return rows ? dsci_ceiling(batch, rows) : 1;
}

dsci_range dsci_shard(const dsci_node *node, size_t shard)
{
    const size_t rows = node->shard_rows ? node->shard_rows : node->batch, first = shard * rows;
    return (dsci_range){ first, node->batch - first < rows ? node->batch - first : rows };
}

dsci_range dsci_shard_elements(const dsci_node *node, const dsci_tensor *tensor, size_t shard)
{
    const dsci_range rows = dsci_shard(node, shard);
    const size_t example = tensor->elements / node->batch;
    return (dsci_range){ rows.first * example, rows.count * example };
}
