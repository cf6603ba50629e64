/* reshape.c - the same elements in another shape, tensors side by side, and parts of tensors. They move
 * bytes: one implementation serves every type and engine.
 */
#include <string.h>

#include "ops/op.h"

#define FOR_EVERY_TYPE(run_function, book_function)                                                          \
    { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = book_function, .run = run_function },           \
        { .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = book_function, .run = run_function },      \
        { .engine = DSC_ENGINE_REF, .type = DSCI_F32, .book = book_function, .run = run_function },          \
    {                                                                                                        \
        .engine = DSC_ENGINE_REF, .type = DSCI_F64, .book = book_function, .run = run_function               \
    }

/* --- Reshape --- */

static bool infer_reshape(const dsci_context *context, dsci_node *node)
{
    if (!dsci_expect_real(context, node, node->in[0]))
        return false;
    const dsci_shape shape = node->in[0]->unbatched
                                 ? node->attributes.example
                                 : dsci_shape_batched(context->batch, &node->attributes.example);
    if (dsci_shape_elements(&shape) != node->in[0]->elements) {
        char from[128], to[128];
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected a shape of as many elements as '%s' has (%s), found %s",
                       node->name, node->in[0]->producer->name, dsci_shape_text(&node->in[0]->shape, from),
                       dsci_shape_text(&shape, to));
        return false;
    }
    return dsci_node_output(context, node, node->in[0]->type, &shape);
}

static void gradient_reshape(dsci_graph *graph, dsci_node *node)
{
    const dsci_attributes attributes = { .example = dsci_tensor_example(node->in[0]) };
    const dsci_node *back =
        dsci_graph_append(graph, &dsci_op_reshape, &attributes, (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], back ? back->out[0] : NULL);
}

static void run_reshape(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    const size_t size = dsci_type_size(o->node->out[0]->type);
    if (o->out[0] != o->in[0])
        memcpy((char *)o->out[0] + r.first * size, (const char *)o->in[0] + r.first * size, r.count * size);
}

static const dsci_field example_fields[] = { { "shape", DSCI_FIELD_SHAPE, DSCI_AT(example), 0, 1, 0x1p40 },
                                             { .name = NULL } };

const dsci_op dsci_op_reshape = {
    .name = "reshape",
    .id = DSCI_OP_RESHAPE,
    .in_place = true,
    .infer = infer_reshape,
    .gradient = gradient_reshape,
    .schema = { "r", 1, example_fields },
    .implementations = { FOR_EVERY_TYPE(run_reshape, dsci_book_elements) },
};

/* --- Concat and slice, along a dimension of the batched shape --- */

/* What lies before and after a dimension: elements in one step along it. */
static size_t inner_elements(const dsci_shape *shape, size_t axis)
{
    size_t elements = 1;
    for (size_t i = axis + 1; i < shape->rank; i++)
        elements *= shape->dim[i];
    return elements;
}

/* Rows of the dimensions between the batch and the axis, for one example. */
static size_t outer_elements(const dsci_shape *shape, size_t axis)
{
    size_t elements = 1;
    for (size_t i = 1; i < axis; i++)
        elements *= shape->dim[i];
    return elements;
}

static bool same_but_for(const dsci_shape *a, const dsci_shape *b, size_t axis)
{
    bool same = a->rank == b->rank;
    for (size_t i = 0; same && i < a->rank; i++)
        same = i == axis || a->dim[i] == b->dim[i];
    return same;
}

static bool infer_concat(const dsci_context *context, dsci_node *node)
{
    const size_t axis = node->attributes.range.axis;
    dsci_shape shape = node->in[0]->shape;
    if (!dsci_expect_batch(context, node, node->in[0]) || !dsci_expect_axis(context, node, axis))
        return false;
    for (size_t i = 1; i < node->input_count; i++) {
        if (node->in[i]->type != node->in[0]->type || !same_but_for(&node->in[i]->shape, &shape, axis)) {
            char a[128], b[128];
            dsc_scope_fail(
                context->scope, DSC_ERROR_SHAPE,
                "layer '%s': expected tensors that agree but for dimension %zu, found %s from '%s' and %s "
                "from '%s'",
                node->name, axis - 1, dsci_shape_text(&node->in[0]->shape, a), node->in[0]->producer->name,
                dsci_shape_text(&node->in[i]->shape, b), node->in[i]->producer->name);
            return false;
        }
        shape.dim[axis] += node->in[i]->shape.dim[axis];
    }
    return dsci_node_output(context, node, node->in[0]->type, &shape);
}

static void gradient_concat(dsci_graph *graph, dsci_node *node)
{
    const size_t axis = node->attributes.range.axis;
    size_t first = 0;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t count = node->in[i]->shape.dim[axis];
        const dsci_attributes attributes = { .range = { .axis = axis, .first = first, .count = count } };
        first += count;
        if (!node->in[i]->needs_gradient)
            continue;
        const dsci_node *slice =
            dsci_graph_append(graph, &dsci_op_slice, &attributes, (dsci_tensor *[]){ node->out[0]->diff }, 1);
        dsci_gradient_add(graph, node->in[i], slice ? slice->out[0] : NULL);
    }
}

/* Moves a range of a dimension between a tensor and one that has the range alone. */
static void move(char *to, size_t to_step, const char *from, size_t from_step, size_t bytes, size_t rows)
{
    for (size_t i = 0; i < rows; i++, to += to_step, from += from_step)
        memcpy(to, from, bytes);
}

static void run_concat(const dsci_operands *o, dsci_part part)
{
    const dsci_node *node = o->node;
    const size_t axis = node->attributes.range.axis, size = dsci_type_size(node->out[0]->type);
    const dsci_range rows = dsci_shard(node, part.index);
    const size_t inner = inner_elements(&node->out[0]->shape, axis) * size;
    const size_t outer = outer_elements(&node->out[0]->shape, axis);
    const size_t whole = node->out[0]->shape.dim[axis] * inner;
    char *to = (char *)o->out[0] + rows.first * outer * whole;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t bytes = node->in[i]->shape.dim[axis] * inner;
        move(to, whole, (const char *)o->in[i] + rows.first * outer * bytes, bytes, bytes,
             rows.count * outer);
        to += bytes;
    }
}

static const dsci_field axis_fields[] = {
    { "axis", DSCI_FIELD_SIZE, DSCI_AT(range.axis), 0, 1, DSC_MAX_RANK }, { .name = NULL }
};

const dsci_op dsci_op_concat = {
    .name = "concat",
    .id = DSCI_OP_CONCAT,
    .infer = infer_concat,
    .gradient = gradient_concat,
    .schema = { "x+", 1, axis_fields },
    .implementations = { FOR_EVERY_TYPE(run_concat, dsci_book_shards) },
};

static bool infer_slice(const dsci_context *context, dsci_node *node)
{
    const size_t axis = node->attributes.range.axis, first = node->attributes.range.first;
    const size_t count = node->attributes.range.count;
    dsci_shape shape = node->in[0]->shape;
    if (!dsci_expect_batch(context, node, node->in[0]) || !dsci_expect_axis(context, node, axis))
        return false;
    if (count == 0 || count > shape.dim[axis] || first > shape.dim[axis] - count) {
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected a range inside 0..%zu of dimension %zu, found %zu elements from %zu on",
            node->name, shape.dim[axis] - 1, axis - 1, count, first);
        return false;
    }
    shape.dim[axis] = count;
    return dsci_node_output(context, node, node->in[0]->type, &shape);
}

static void gradient_slice(dsci_graph *graph, dsci_node *node)
{
    dsci_attributes attributes = node->attributes;
    attributes.range.whole = node->in[0]->shape.dim[attributes.range.axis];
    const dsci_node *back = dsci_graph_append(graph, &dsci_op_slice_backward, &attributes,
                                              (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], back ? back->out[0] : NULL);
}

static void run_slice(const dsci_operands *o, dsci_part part)
{
    const dsci_node *node = o->node;
    const size_t axis = node->attributes.range.axis;
    const dsci_range rows = dsci_shard(node, part.index);
    const size_t inner = inner_elements(&node->out[0]->shape, axis) * dsci_type_size(node->out[0]->type);
    const size_t outer = outer_elements(&node->out[0]->shape, axis);
    const size_t bytes = node->attributes.range.count * inner, whole = node->in[0]->shape.dim[axis] * inner;
    move((char *)o->out[0] + rows.first * outer * bytes, bytes,
         (const char *)o->in[0] + rows.first * outer * whole + node->attributes.range.first * inner, whole,
         bytes, rows.count * outer);
}

static const dsci_field slice_fields[] = { { "axis", DSCI_FIELD_SIZE, DSCI_AT(range.axis), 0, 1,
                                             DSC_MAX_RANK },
                                           { "first", DSCI_FIELD_SIZE, DSCI_AT(range.first), 0, 0, 0x1p40 },
                                           { "count", DSCI_FIELD_SIZE, DSCI_AT(range.count), 0, 1, 0x1p40 },
                                           { .name = NULL } };

const dsci_op dsci_op_slice = {
    .name = "slice",
    .id = DSCI_OP_SLICE,
    .infer = infer_slice,
    .gradient = gradient_slice,
    .schema = { "x", 1, slice_fields },
    .implementations = { FOR_EVERY_TYPE(run_slice, dsci_book_shards) },
};

static bool infer_slice_backward(const dsci_context *context, dsci_node *node)
{
    dsci_shape shape = node->in[0]->shape;
    shape.dim[node->attributes.range.axis] = node->attributes.range.whole;
    return dsci_node_output(context, node, node->in[0]->type, &shape);
}

/* Zeros but for the range. */
static void run_slice_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_node *node = o->node;
    const size_t axis = node->attributes.range.axis;
    const dsci_range rows = dsci_shard(node, part.index);
    const size_t inner = inner_elements(&node->out[0]->shape, axis) * dsci_type_size(node->out[0]->type);
    const size_t outer = outer_elements(&node->out[0]->shape, axis);
    const size_t bytes = node->attributes.range.count * inner, whole = node->attributes.range.whole * inner;
    char *to = (char *)o->out[0] + rows.first * outer * whole;
    memset(to, 0, rows.count * outer * whole);
    move(to + node->attributes.range.first * inner, whole,
         (const char *)o->in[0] + rows.first * outer * bytes, bytes, bytes, rows.count * outer);
}

const dsci_op dsci_op_slice_backward = {
    .name = "slice_backward",
    .id = DSCI_OP_SLICE_BACKWARD,
    .infer = infer_slice_backward,
    .implementations = { FOR_EVERY_TYPE(run_slice_backward, dsci_book_shards) },
};
