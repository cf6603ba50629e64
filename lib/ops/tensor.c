/* tensor.c - tensors, nodes and graphs: making them and putting them together. */
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

size_t dsci_type_size(dsci_type type)
{
    static const size_t sizes[] = {
        [DSCI_F32] = sizeof(float), [DSCI_F64] = sizeof(double), [DSCI_I32] = 4, [DSCI_BF16] = 2
    };
    return sizes[type];
}

const char *dsci_type_name(dsci_type type)
{
    static const char *const names[] = {
        [DSCI_F32] = "f32", [DSCI_F64] = "f64", [DSCI_I32] = "i32", [DSCI_BF16] = "bf16"
    };
    return names[type];
}

static const char *const dtype_names[] = { [DSC_F32] = "fp32", [DSC_F64] = "fp64", [DSC_BF16] = "bf16" };

const char *dsc_dtype_name(dsc_dtype dtype)
{
    return (unsigned)dtype <= DSC_BF16 ? dtype_names[dtype] : "unknown";
}

dsc_dtype dsc_dtype_parse(dsc_scope *scope, const char *name)
{
    for (unsigned i = 0; name && i <= DSC_BF16; i++)
        if (strcmp(name, dtype_names[i]) == 0)
            return (dsc_dtype)i;
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown precision '%s': expected fp32, fp64 or bf16",
                   name ? name : "");
    return DSC_F32;
}

size_t dsci_shape_elements(const dsci_shape *shape)
{
    const size_t limit = (size_t)PTRDIFF_MAX / sizeof(double) / 2;
    size_t elements = 1;
    for (size_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 0 || elements > limit / shape->dim[i])
            return 0;
        elements *= shape->dim[i];
    }
    return elements;
}

dsci_shape dsci_shape_batched(size_t batch, const dsci_shape *example)
{
    dsci_shape shape = { .rank = example->rank + 1, .dim = { batch } };
    for (size_t i = 0; i < example->rank; i++)
        shape.dim[i + 1] = example->dim[i];
    return shape;
}

const char *dsci_shape_text(const dsci_shape *shape, char text[128])
{
    size_t length = shape->rank == 0 ? (size_t)snprintf(text, 128, "scalar") : 0;
    for (size_t i = 0; i < shape->rank && length < 100; i++)
        length += (size_t)snprintf(text + length, 128 - length, i ? "x%zu" : "%zu", shape->dim[i]);
    return text;
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
    node->batch = context->batch;
    node->shard_rows = context->shard_rows;
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

dsci_node *dsci_graph_append(dsci_graph *graph, const dsci_op *op, const dsci_attributes *attributes,
                             dsci_tensor *const *inputs, size_t input_count)
{
    dsci_context context = graph->context;
    context.real = graph->origin->real;
    dsci_node *node = dsci_node_make(&context, op, graph->origin->name, attributes, inputs, input_count);
    if (!node || dsci_graph_push(graph, node) != DSC_OK)
        return NULL;
    node->index = graph->origin->index;
    node->backward = true;
    return node;
}

void dsci_gradient_add(dsci_graph *graph, dsci_tensor *tensor, dsci_tensor *diff)
{
    if (!diff)
        return;
    if (tensor->diff) {
        const dsci_attributes attributes = { .whole = tensor->producer->op == &dsci_op_parameter };
        dsci_node *sum =
            dsci_graph_append(graph, &dsci_op_add, &attributes, (dsci_tensor *[]){ tensor->diff, diff }, 2);
        if (sum)
            sum->real = diff->type; /* a parameter's is not of the type that the layer computes in */
        diff = sum ? sum->out[0] : NULL;
    }
    tensor->diff = diff;
}

bool dsci_expect_batch(const dsci_context *context, const dsci_node *node, const dsci_tensor *tensor)
{
    if (tensor->shape.rank >= 2 && tensor->shape.dim[0] == context->batch && tensor->type == context->real)
        return true;
    char text[128];
    dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                   "layer '%s': expected a batch of real-valued examples, found %s of type %s from '%s'",
                   node->name, dsci_shape_text(&tensor->shape, text), dsci_type_name(tensor->type),
                   tensor->producer->name);
    return false;
}

bool dsci_expect_axis(const dsci_context *context, const dsci_node *node, size_t axis)
{
    const dsci_shape *shape = &node->in[0]->shape;
    if (axis >= 1 && axis < shape->rank)
        return true;
    char text[128];
    dsc_scope_fail(
        context->scope, DSC_ERROR_ARGUMENT,
        "layer '%s': expected a dimension of the example in 0..%zu, found %zd for %s (batch first) from '%s'",
        node->name, shape->rank - 2, (ptrdiff_t)axis - 1, dsci_shape_text(shape, text),
        node->in[0]->producer->name);
    return false;
}

bool dsci_infer_same(const dsci_context *context, dsci_node *node)
{
    return dsci_node_output(context, node, node->in[0]->type, &node->in[0]->shape);
}

double dsci_flops_elementwise(const dsci_node *node)
{
    return (double)node->out[0]->elements;
}

size_t dsci_shards(const dsci_node *node)
{
    const size_t batch = node->batch, rows = node->shard_rows;
    return rows ? (batch + rows - 1) / rows : 1;
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

dsci_range dsci_whole_vectors(size_t columns, size_t part, size_t parts)
{
    const size_t vectors = (columns + DSCI_LANES - 1) / DSCI_LANES;
    const size_t first = vectors * part / parts * DSCI_LANES;
    const size_t end = vectors * (part + 1) / parts * DSCI_LANES;
    return (dsci_range){ first, (end < columns ? end : columns) - first };
}

dsc_status dsci_book_shards(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    booking->parts = dsci_shards(node);
    booking->by_batch = true;
    return DSC_OK;
}

size_t dsci_element_parts(const dsci_node *node, size_t elements)
{
    enum { PART = 1 << 15, MOST = 16 };
    const size_t worth = elements / PART;
    return dsci_shards(node) > 1 || worth < 2 ? 1 : worth < MOST ? worth : MOST;
}

dsc_status dsci_book_elements(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const size_t parts = dsci_element_parts(node, node->out[0]->elements);
    if (parts == 1)
        return dsci_book_shards(scope, node, booking);
    booking->parts = parts;
    return DSC_OK;
}

/* Cut at cache lines. */
dsci_range dsci_part_elements(const dsci_node *node, const dsci_tensor *tensor, size_t part)
{
    enum { LINE = 64 };
    if (node->booking.by_batch)
        return dsci_shard_elements(node, tensor, part);
    const size_t lines = (tensor->elements + LINE - 1) / LINE, parts = node->booking.parts;
    const size_t first = lines * part / parts * LINE, end = lines * (part + 1) / parts * LINE;
    return (dsci_range){ first, (end < tensor->elements ? end : tensor->elements) - first };
}
