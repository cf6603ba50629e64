/* elementwise.c - arithmetic of two tensors, whose shapes go together as broadcast.h says, and multiples of
 * one. A sum is also what joins the gradients of several uses of a tensor.
 */
#include <float.h>

#include "ops/broadcast.h"
#include "ops/elementwise.h"
#include "ops/ref/ref.h"

static bool infer_pair(const dsci_context *context, dsci_node *node)
{
    dsci_shape shape;
    return dsci_expect_real(context, node, node->in[0]) && dsci_expect_real(context, node, node->in[1]) &&
           dsci_broadcast_infer(context, node, 0, &shape) &&
           dsci_node_output(context, node, node->in[0]->type, &shape);
}

/* --- Gradients. Each is summed over what was repeated. --- */

static void add_to(dsci_graph *graph, dsci_tensor *tensor, dsci_tensor *diff)
{
    dsci_gradient_add(graph, tensor, dsci_broadcast_sum(graph, tensor, diff));
}

static dsci_tensor *pair(dsci_graph *graph, const dsci_op *op, dsci_tensor *a, dsci_tensor *b)
{
    const dsci_node *node = dsci_graph_append(graph, op, NULL, (dsci_tensor *[]){ a, b }, 2);
    return node ? node->out[0] : NULL;
}

static dsci_tensor *negative(dsci_graph *graph, dsci_tensor *a)
{
    const dsci_attributes attributes = { .factor = -1 };
    const dsci_node *node = dsci_graph_append(graph, &dsci_op_scale, &attributes, &a, 1);
    return node ? node->out[0] : NULL;
}

static void gradient_add(dsci_graph *graph, dsci_node *node)
{
    for (size_t i = 0; i < 2; i++)
        if (node->in[i]->needs_gradient)
            add_to(graph, node->in[i], node->out[0]->diff);
}

static void gradient_subtract(dsci_graph *graph, dsci_node *node)
{
    if (node->in[0]->needs_gradient)
        add_to(graph, node->in[0], node->out[0]->diff);
    if (node->in[1]->needs_gradient)
        add_to(graph, node->in[1], negative(graph, node->out[0]->diff));
}

static void gradient_multiply(dsci_graph *graph, dsci_node *node)
{
    for (size_t i = 0; i < 2; i++)
        if (node->in[i]->needs_gradient)
            add_to(graph, node->in[i], pair(graph, &dsci_op_multiply, node->out[0]->diff, node->in[1 - i]));
}

/* diff / b; and -(diff / b) a / b, in which a / b is the output. */
static void gradient_divide(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *quotient = pair(graph, &dsci_op_divide, node->out[0]->diff, node->in[1]);
    if (node->in[0]->needs_gradient)
        add_to(graph, node->in[0], quotient);
    if (node->in[1]->needs_gradient)
        add_to(graph, node->in[1], negative(graph, pair(graph, &dsci_op_multiply, quotient, node->out[0])));
}

/* To a where it was chosen for being greater (less), else to b. */
static void gradient_choice(dsci_graph *graph, dsci_node *node)
{
    const bool less = node->op == &dsci_op_minimum;
    dsci_tensor *diff = node->out[0]->diff;
    dsci_tensor *mask = pair(graph, &dsci_op_greater, node->in[less], node->in[!less]);
    dsci_tensor *chosen = pair(graph, &dsci_op_multiply, diff, mask);
    if (node->in[0]->needs_gradient)
        add_to(graph, node->in[0], chosen);
    if (node->in[1]->needs_gradient)
        add_to(graph, node->in[1], pair(graph, &dsci_op_subtract, diff, chosen));
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

/* --- Native --- */

dsci_binary dsci_binary_of(const dsci_node *node)
{
    switch (node->op->id) {
    case DSCI_OP_SUBTRACT: return DSCI_BINARY_SUBTRACT;
    case DSCI_OP_MULTIPLY: return DSCI_BINARY_MULTIPLY;
    case DSCI_OP_DIVIDE: return DSCI_BINARY_DIVIDE;
    case DSCI_OP_MAXIMUM: return DSCI_BINARY_MAXIMUM;
    case DSCI_OP_MINIMUM: return DSCI_BINARY_MINIMUM;
    case DSCI_OP_GREATER: return DSCI_BINARY_GREATER;
    default: return DSCI_BINARY_ADD;
    }
}

static bool is_of_one_shape(const dsci_node *node)
{
    return node->in[0]->elements == node->out[0]->elements && node->in[1]->elements == node->out[0]->elements;
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

static dsc_status book_pair(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    dsci_broadcast *broadcast = dsc_scope_alloc(scope, 1, sizeof *broadcast);
    if (!broadcast)
        return dsc_scope_status(scope);
    *broadcast = dsci_broadcast_of(node, &node->out[0]->shape, 0);
    dsci_broadcast_merge(broadcast);
    node->state = broadcast;
    return dsci_book_elements(scope, node, booking);
}

/* `count` elements from those at offsets at[] of the operands on, the last dimension. */
typedef void run_fn(const dsci_operands *o, size_t first, const size_t at[2], const size_t step[2],
                    size_t count);

/* The part's elements, cut where the last dimension ends. */
static void run_rows(const dsci_operands *o, dsci_part part, run_fn *run)
{
    const dsci_broadcast *b = o->state;
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    const size_t last = b->rank ? b->rank - 1 : 0, columns = b->rank ? b->dim[last] : 1;
    const size_t step[2] = { b->rank ? b->step[0][last] : 0, b->rank ? b->step[1][last] : 0 };
    for (size_t i = r.first, count; i < r.first + r.count; i += count) {
        const size_t column = i % columns;
        size_t at[2];
        count = dsci_least(columns - column, r.first + r.count - i);
        dsci_broadcast_at(b, last, i / columns, at);
        at[0] += column * step[0];
        at[1] += column * step[1];
        run(o, i, at, step, count);
    }
}

static void pair_row(const dsci_operands *o, size_t first, const size_t at[2], const size_t step[2],
                     size_t count)
{
    o->kernels->binary(dsci_binary_of(o->node), (float *)o->out[0] + first, (const float *)o->in[0] + at[0],
                       step[0], (const float *)o->in[1] + at[1], step[1], count);
}

static void run_pair(const dsci_operands *o, dsci_part part)
{
    run_rows(o, part, pair_row);
}

static void pair_row_bf16(const dsci_operands *o, size_t first, const size_t at[2], const size_t step[2],
                          size_t count)
{
    enum { PIECE = 1024 };
    _Alignas(64) float a[PIECE], b[PIECE];
    for (size_t done = 0, n; done < count; done += n) {
        n = dsci_least(PIECE, count - done);
        o->kernels->from_bf16(a, (const dsci_bf16 *)o->in[0] + at[0] + done * step[0], step[0] ? n : 1);
        o->kernels->from_bf16(b, (const dsci_bf16 *)o->in[1] + at[1] + done * step[1], step[1] ? n : 1);
        o->kernels->binary(dsci_binary_of(o->node), a, a, step[0], b, step[1], n);
        o->kernels->to_bf16((dsci_bf16 *)o->out[0] + first + done, a, n);
    }
}

static void run_pair_bf16(const dsci_operands *o, dsci_part part)
{
    run_rows(o, part, pair_row_bf16);
}

static void run_scale(const dsci_operands *o, dsci_part part)
{
    const dsci_range r = dsci_part_elements(o->node, o->node->out[0], part.index);
    const float *src = o->in[0];
    float *dst = o->out[0];
    o->kernels->scale(dst + r.first, src + r.first, r.count, (float)o->node->attributes.factor);
}

static const char *describe_rows(const dsci_node *node)
{
    (void)node;
    return "by rows";
}

static const char *describe_repeated(const dsci_node *node)
{
    (void)node;
    return "repeated";
}

const dsci_op dsci_op_add = {
    .name = "add",
    .id = DSCI_OP_ADD,
    .in_place = true,
    .infer = infer_pair,
    .gradient = gradient_add,
    .flops = dsci_flops_elementwise,
    .schema = { .inputs = "rr", .least = 2 },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .supports = is_of_one_shape,
                           .book = dsci_book_elements,
                           .run = run_add },
                         { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_BF16,
                           .supports = is_of_one_shape,
                           .book = dsci_book_elements,
                           .run = run_add },
                         { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_pair,
                           .run = run_pair,
                           .describe = describe_repeated },
                         { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_BF16,
                           .book = book_pair,
                           .run = run_pair_bf16,
                           .describe = describe_rows },
                         DSCI_REF_IMPLEMENTATIONS(add) },
};

const dsci_op dsci_op_multiply = {
    .name = "multiply",
    .id = DSCI_OP_MULTIPLY,
    .in_place = true,
    .infer = infer_pair,
    .gradient = gradient_multiply,
    .flops = dsci_flops_elementwise,
    .schema = { .inputs = "rr", .least = 2 },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .supports = is_of_one_shape,
                           .book = dsci_book_elements,
                           .run = run_multiply },
                         { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_pair,
                           .run = run_pair,
                           .describe = describe_repeated },
                         DSCI_REF_IMPLEMENTATIONS(multiply) },
};

#define PAIR_NATIVE                                                                                          \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = book_pair, .run = run_pair,                   \
        .describe = describe_rows                                                                            \
    }

#define PAIR_OP(of_id, of_name, of_gradient)                                                                 \
    {                                                                                                        \
        .name = #of_name, .id = of_id, .in_place = true, .infer = infer_pair, .gradient = of_gradient,       \
        .flops = dsci_flops_elementwise, .schema = { .inputs = "rr", .least = 2 },                           \
        .implementations = { PAIR_NATIVE, DSCI_REF_IMPLEMENTATIONS(of_name) },                               \
    }

const dsci_op dsci_op_subtract = PAIR_OP(DSCI_OP_SUBTRACT, subtract, gradient_subtract);
const dsci_op dsci_op_divide = PAIR_OP(DSCI_OP_DIVIDE, divide, gradient_divide);
const dsci_op dsci_op_maximum = PAIR_OP(DSCI_OP_MAXIMUM, maximum, gradient_choice);
const dsci_op dsci_op_minimum = PAIR_OP(DSCI_OP_MINIMUM, minimum, gradient_choice);
/* A step has no gradient. */
const dsci_op dsci_op_greater = PAIR_OP(DSCI_OP_GREATER, greater, NULL);

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
