/* recurrent.c - recurrent layers over whole sequences: shapes, gradients and the list of implementations. */
#include "ops/recurrent/recurrent.h"

#include "ops/bf16_emulation.h"
#include "ops/ref/ref.h"

size_t dsci_recurrent_gates(int cell)
{
    static const size_t gates[DSCI_CELLS] = { 1, 1, 1, 4, 3, 3 };
    return gates[cell];
}

static size_t padded(size_t columns)
{
    return (columns + 15) / 16 * 16 + 16;
}

static dsci_recurrent sizes_of(const dsci_node *node, bool half)
{
    const int cell = node->attributes.recurrent.cell;
    const size_t units = node->attributes.recurrent.units;
    dsci_recurrent r = { .cell = cell,
                         .batch = node->batch,
                         .steps = node->attributes.recurrent.steps,
                         .features = node->attributes.recurrent.features,
                         .units = units,
                         .state = cell == DSCI_CELL_JORDAN ? node->attributes.recurrent.outputs : units,
                         .gates = dsci_recurrent_gates(cell) * units,
                         .truncate = node->attributes.recurrent.truncate,
                         .reverse = node->attributes.recurrent.reverse,
                         .sequence = node->attributes.recurrent.sequence };
    r.width = r.gates + (cell == DSCI_CELL_GRU_LBR ? units : cell == DSCI_CELL_JORDAN ? r.state : 0);
    r.carried = cell == DSCI_CELL_LSTM ? 2 * units : r.state;
    r.half = half;
    r.taken = half ? 0 : r.features;
    r.ld_values = padded(r.taken + r.state);
    r.ld_gates = padded(r.width);
    return r;
}

dsci_recurrent dsci_recurrent_of(const dsci_node *node)
{
    const bool half =
        node->real == DSCI_BF16 && node->implementation && node->implementation->engine == DSC_ENGINE_ONEDNN;
    return sizes_of(node, half);
}

size_t dsci_recurrent_kept(const dsci_recurrent *r)
{
    const size_t floats =
        r->steps * (r->ld_values + r->ld_gates) + (dsci_has_cells(r) ? (r->steps + 1) * r->units : 0);
    const size_t halves = r->features + r->state + (r->cell == DSCI_CELL_GRU ? r->units : 0);
    return floats + (r->half ? (r->steps * halves + 1) / 2 : 0);
}

size_t dsci_recurrent_gradients(const dsci_recurrent *r)
{
    return r->steps * r->ld_gates + 2 * (r->state + r->units);
}

dsci_half_values dsci_half_values_of(const dsci_recurrent *r, const void *kept)
{
    const size_t cells = dsci_has_cells(r) ? r->batch * (r->steps + 1) * r->units : 0;
    const size_t rows = r->batch * r->steps;
    dsci_bf16 *x = (dsci_bf16 *)((float *)(uintptr_t)kept + dsci_values_size(r) + dsci_gates_size(r) + cells);
    dsci_bf16 *state = x + rows * r->features;
    return (dsci_half_values){ x, state, state + rows * r->state };
}

dsci_half_gates dsci_half_gates_of(const dsci_recurrent *r, const void *gradients)
{
    const size_t rows = r->batch * r->steps;
    const size_t columns = r->cell == DSCI_CELL_GRU       ? 2 * r->units
                           : r->cell == DSCI_CELL_GRU_LBR ? 3 * r->units
                                                          : 0;
    dsci_bf16 *gates = (dsci_bf16 *)(uintptr_t)gradients, *recurrent = gates + rows * r->gates;
    return (dsci_half_gates){ gates, recurrent, recurrent + rows * columns, columns };
}

static bool wrong(const dsci_context *context, const dsci_node *node, const char *what,
                  const dsci_tensor *found)
{
    char text[128];
    dsc_scope_fail(context->scope, DSC_ERROR_SHAPE, "layer '%s': expected %s, found %s from '%s'", node->name,
                   what, dsci_shape_text(&found->shape, text), found->producer->name);
    return false;
}

/* Whether the input of that role, if there is one, is a matrix (rows 0: a vector) of the type. */
static bool has_shape(const dsci_context *context, const dsci_node *node, enum dsci_recurrent_role role,
                      size_t rows, size_t columns, dsci_type type, const char *what)
{
    if (!dsci_has_role(node, role))
        return true;
    const dsci_tensor *in = node->in[dsci_role_index(node, role)];
    const dsci_shape *shape = &in->shape;
    const bool parameter = role > DSCI_ROLE_X && role <= DSCI_ROLE_OUTPUT_BIAS;
    const bool right = rows ? shape->rank == 2 && shape->dim[0] == rows && shape->dim[1] == columns
                            : shape->rank == 1 && shape->dim[0] == columns;
    return (right && in->type == type && (!parameter || in->producer->op == &dsci_op_parameter)) ||
           wrong(context, node, what, in);
}

/* Numbers small enough that no size computed from them overflows, and the inputs that the cell has. */
static bool check_attributes(const dsci_context *context, const dsci_node *node)
{
    enum { MOST = 1 << 24, NEEDED = 1 << DSCI_ROLE_X | 1 << DSCI_ROLE_WEIGHTS | 1 << DSCI_ROLE_RECURRENT };
    const size_t roles = node->attributes.recurrent.roles, units = node->attributes.recurrent.units;
    const int cell = node->attributes.recurrent.cell;
    const size_t outputs = node->attributes.recurrent.outputs;
    const bool jordan = cell == DSCI_CELL_JORDAN;
    const size_t both = 1 << DSCI_ROLE_INITIAL | 1 << DSCI_ROLE_STATE;
    if (cell >= 0 && cell < DSCI_CELLS && units > 0 && units <= MOST && outputs > 0 && outputs <= MOST &&
        node->attributes.recurrent.features > 0 && node->attributes.recurrent.features <= MOST &&
        node->attributes.recurrent.steps > 0 && node->attributes.recurrent.steps <= MOST &&
        (roles & NEEDED) == NEEDED && roles < 1 << DSCI_ROLES && (roles & both) != both &&
        jordan == dsci_has_role(node, DSCI_ROLE_OUTPUT_WEIGHTS) &&
        (jordan || !dsci_has_role(node, DSCI_ROLE_OUTPUT_BIAS)) &&
        (cell == DSCI_CELL_LSTM || !dsci_has_role(node, DSCI_ROLE_PEEPHOLE)) &&
        node->input_count >= dsci_role_count(node))
        return true;
    dsc_scope_fail(
        context->scope, DSC_ERROR_ARGUMENT,
        "layer '%s': expected 1 to %d units and outputs, the inputs of its cell, and a state that is "
        "either given or kept, found %zu units",
        node->name, MOST, units);
    return false;
}

static bool check_inputs(const dsci_context *context, const dsci_node *node)
{
    const dsci_type master = dsci_master_type(context->real);
    const dsci_recurrent r = dsci_recurrent_of(node);
    const dsci_tensor *x = node->in[0];
    if (x->shape.rank != 3 || x->shape.dim[1] != r.steps || x->shape.dim[2] != r.features)
        return wrong(context, node, "a batch of sequences (steps, features)", x);
    if (dsci_has_role(node, DSCI_ROLE_STATE)) {
        const dsci_tensor *state = node->in[dsci_role_index(node, DSCI_ROLE_STATE)];
        if (state->producer->op != &dsci_op_state || state->shape.rank != 2 ||
            state->shape.dim[0] < context->batch || state->shape.dim[1] != r.carried || state->type != master)
            return wrong(context, node,
                         "a state for each example of the batch (.stateful: at least the batch)", state);
    }
    return has_shape(context, node, DSCI_ROLE_WEIGHTS, r.features, r.gates, master,
                     "weights (features, gates * units)") &&
           has_shape(context, node, DSCI_ROLE_RECURRENT, r.state, r.gates, master,
                     "recurrent weights (units, gates * units)") &&
           has_shape(context, node, DSCI_ROLE_BIAS, 0, r.gates, master, "a bias (gates * units)") &&
           has_shape(context, node, DSCI_ROLE_RECURRENT_BIAS, 0, r.gates, master,
                     "a recurrent bias (gates * units)") &&
           has_shape(context, node, DSCI_ROLE_PEEPHOLE, 3, r.units, master, "peepholes (3, units)") &&
           has_shape(context, node, DSCI_ROLE_OUTPUT_WEIGHTS, r.units, r.state, master,
                     "output weights (units, outputs)") &&
           has_shape(context, node, DSCI_ROLE_OUTPUT_BIAS, 0, r.state, master, "an output bias (outputs)") &&
           has_shape(context, node, DSCI_ROLE_LENGTHS, 0, context->batch, DSCI_I32,
                     "lengths (batch), made by dsc_lengths()") &&
           has_shape(context, node, DSCI_ROLE_INITIAL, context->batch, r.carried, context->real,
                     "an initial state (batch, units), of an LSTM (batch, 2 * units)");
}

/* Engines are chosen after memory is sized. */
static size_t most_kept(const dsci_node *node, dsci_type real)
{
    const dsci_recurrent single = sizes_of(node, false), half = sizes_of(node, true);
    const size_t kept = dsci_recurrent_kept(&single), in_half = dsci_recurrent_kept(&half);
    return real == DSCI_BF16 && in_half > kept ? in_half : kept;
}

static size_t most_gradients(const dsci_node *node, dsci_type real)
{
    const dsci_recurrent single = sizes_of(node, false);
    const size_t kept = dsci_recurrent_gradients(&single);
    const size_t in_half = (single.steps * 2 * single.gates + 1) / 2;
    return real == DSCI_BF16 && in_half > kept ? in_half : kept;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    if (!dsci_expect_batch(context, node, node->in[0]) || !check_attributes(context, node) ||
        !check_inputs(context, node))
        return false;
    const dsci_recurrent r = dsci_recurrent_of(node);
    const dsci_shape sequence = { .rank = 3, .dim = { r.batch, r.steps, r.state } };
    const dsci_shape last = { .rank = 2, .dim = { r.batch, r.state } };
    const dsci_shape final = { .rank = 2, .dim = { r.batch, r.carried } };
    const dsci_shape kept = { .rank = 2, .dim = { r.batch, most_kept(node, context->real) } };
    node->attributes.recurrent.moves_state = context->training || context->stepwise;
    return dsci_node_output(context, node, context->real, r.sequence ? &sequence : &last) &&
           dsci_node_output(context, node, context->real, &final) &&
           dsci_node_output(context, node, dsci_master_type(context->real), &kept);
}

static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_recurrent r = dsci_recurrent_of(node);
    const dsci_shape gates = { .rank = 2, .dim = { r.batch, most_gradients(node, context->real) } };
    return dsci_node_output(context, node, dsci_master_type(context->real), &gates) &&
           (!node->attributes.recurrent.x_diff ||
            dsci_node_output(context, node, context->real, &node->in[0]->shape)) &&
           (!node->attributes.recurrent.initial_diff ||
            dsci_node_output(context, node, context->real,
                             &node->in[dsci_role_index(node, DSCI_ROLE_INITIAL)]->shape));
}

static bool infer_backward_weights(const dsci_context *context, dsci_node *node)
{
    for (unsigned role = DSCI_ROLE_WEIGHTS; role <= DSCI_ROLE_OUTPUT_BIAS; role++)
        if (dsci_has_role(node, role) && !dsci_node_output(context, node, dsci_master_type(context->real),
                                                           &node->in[dsci_role_index(node, role)]->shape))
            return false;
    return true;
}

static bool trains_weights(const dsci_node *node)
{
    for (unsigned role = DSCI_ROLE_WEIGHTS; role <= DSCI_ROLE_OUTPUT_BIAS; role++)
        if (dsci_has_role(node, role) && node->in[dsci_role_index(node, role)]->needs_gradient)
            return true;
    return false;
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *inputs[DSCI_MAX_INPUTS], *initial = NULL;
    const size_t roles = dsci_role_count(node);
    size_t count = 0;
    for (; count < roles; count++)
        inputs[count] = node->in[count];
    inputs[count++] = node->out[2];
    if (dsci_has_role(node, DSCI_ROLE_INITIAL))
        initial = node->in[dsci_role_index(node, DSCI_ROLE_INITIAL)];
    dsci_attributes attributes = node->attributes;
    attributes.recurrent.output_diff = node->out[0]->diff != NULL;
    attributes.recurrent.final_diff = node->out[1]->diff != NULL;
    attributes.recurrent.x_diff = node->in[0]->needs_gradient;
    attributes.recurrent.initial_diff = initial && initial->needs_gradient;
    for (size_t i = 0; i < 2; i++)
        if (node->out[i]->diff)
            inputs[count++] = node->out[i]->diff;
    const dsci_node *back = dsci_graph_append(graph, &dsci_op_recurrent_backward, &attributes, inputs, count);
    if (!back)
        return;
    if (attributes.recurrent.x_diff)
        dsci_gradient_add(graph, node->in[0], back->out[1]);
    if (attributes.recurrent.initial_diff)
        dsci_gradient_add(graph, initial, back->out[1 + attributes.recurrent.x_diff]);
    inputs[roles + 1] = back->out[0];
    if (!trains_weights(node))
        return;
    const dsci_node *weights =
        dsci_graph_append(graph, &dsci_op_recurrent_backward_weights, &attributes, inputs, roles + 2);
    for (size_t i = 0; weights && i < weights->output_count; i++)
        dsci_gradient_add(graph, node->in[1 + i], weights->out[i]);
}

static double flops(const dsci_node *node)
{
    const dsci_recurrent r = dsci_recurrent_of(node);
    const double outputs = r.cell == DSCI_CELL_JORDAN ? (double)r.units * (double)r.state : 0;
    return 2 * (double)r.batch * (double)r.steps *
           ((double)(r.features + r.state) * (double)r.gates + outputs);
}

static bool is_gated_or_elman(const dsci_node *node)
{
    return node->attributes.recurrent.cell != DSCI_CELL_JORDAN;
}

bool dsci_recurrent_onednn_supports(const dsci_node *node)
{
    return is_gated_or_elman(node) && dsci_onednn_has_bf16();
}

#define ONEDNN(of_book, of_prepare, of_run)                                                                  \
    {                                                                                                        \
        .engine = DSC_ENGINE_ONEDNN, .type = DSCI_BF16, .supports = dsci_recurrent_onednn_supports,          \
        .book = of_book, .prepare = of_prepare, .run = of_run, .describe = dsci_recurrent_describe           \
    }

#define NATIVE(of_book, of_prepare, of_run, op)                                                              \
    { .engine = DSC_ENGINE_NATIVE,                                                                           \
      .type = DSCI_F32,                                                                                      \
      .supports = is_gated_or_elman,                                                                         \
      .book = of_book,                                                                                       \
      .prepare = of_prepare,                                                                                 \
      .run = of_run,                                                                                         \
      .describe = dsci_recurrent_describe },                                                                 \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = dsci_jordan_##op                               \
    }

#define RECURRENT(name, kind, low, high)                                                                     \
    {                                                                                                        \
#name, kind, DSCI_AT(recurrent.name), 0, low, high                                                   \
    }
static const dsci_field recurrent_fields[] = { RECURRENT(cell, DSCI_FIELD_INT, 0, DSCI_CELLS - 1),
                                               RECURRENT(units, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(outputs, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(steps, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(features, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(truncate, DSCI_FIELD_SIZE, 0, 0x1p40),
                                               RECURRENT(roles, DSCI_FIELD_SIZE, 1, (1 << DSCI_ROLES) - 1),
                                               RECURRENT(reverse, DSCI_FIELD_BOOL, 0, 1),
                                               RECURRENT(sequence, DSCI_FIELD_BOOL, 0, 1),
                                               { .name = NULL } };

const dsci_op dsci_op_recurrent = {
    .name = "recurrent",
    .id = DSCI_OP_RECURRENT,
    .infer = infer,
    .gradient = gradient,
    .flops = flops,
    .schema = { "xppa+", 3, recurrent_fields },
    .implementations = { NATIVE(dsci_recurrent_book, dsci_recurrent_prepare, dsci_recurrent_run, recurrent),
                         ONEDNN(dsci_recurrent_book, dsci_recurrent_prepare, dsci_recurrent_run),
                         DSCI_WIDENED_PREPARED, DSCI_REF_IMPLEMENTATIONS(recurrent) },
};

const dsci_op dsci_op_recurrent_backward = {
    .name = "recurrent_backward",
    .id = DSCI_OP_RECURRENT_BACKWARD,
    .infer = infer_backward,
    .flops = flops,
    .implementations = { NATIVE(dsci_recurrent_book_backward, dsci_recurrent_prepare_backward,
                                dsci_recurrent_run_backward, recurrent_backward),
                         ONEDNN(dsci_recurrent_book_backward, dsci_recurrent_prepare_backward,
                                dsci_recurrent_run_backward),
                         DSCI_WIDENED_PREPARED, DSCI_REF_IMPLEMENTATIONS(recurrent_backward) },
};

const dsci_op dsci_op_recurrent_backward_weights = {
    .name = "recurrent_backward_weights",
    .id = DSCI_OP_RECURRENT_BACKWARD_WEIGHTS,
    .infer = infer_backward_weights,
    .flops = flops,
    .implementations = { NATIVE(dsci_recurrent_book_weights, NULL, dsci_recurrent_run_weights,
                                recurrent_backward_weights),
                         ONEDNN(dsci_recurrent_onednn_book_weights, NULL, dsci_recurrent_onednn_run_weights),
                         DSCI_WIDENED, DSCI_REF_IMPLEMENTATIONS(recurrent_backward_weights) },
};
