/* passes.c - build, gradients, measures, fusion and the choice of engines. */
#include "graph/passes.h"
#include "ops/op.h"

static bool failed(const dsci_graph *graph)
{
    return dsc_scope_status(graph->context.scope) != DSC_OK;
}

/* A node on the way down, and its next input to visit. */
struct visit {
    dsci_node *node;
    size_t next;
};

/* Appends the nodes that loss depends on to order, inputs first. Their index is their position from 1:
   visited. The walk has its own stack: a deep network must not exhaust the thread's. */
static void sort_topologically(dsci_graph *order, dsci_node *last)
{
    size_t depth = 0, capacity = 0;
    struct visit *stack = NULL, next = { .node = last };
    for (;;) {
        if (next.node) {
            if (depth == capacity) {
                capacity = capacity ? 2 * capacity : 64;
                struct visit *larger = dsc_scope_alloc(order->context.scope, capacity, sizeof *larger);
                if (!larger)
                    return;
                for (size_t i = 0; i < depth; i++)
                    larger[i] = stack[i];
                stack = larger;
            }
            stack[depth++] = next;
            next.node = NULL;
        }
        if (depth == 0)
            return;
        struct visit *top = &stack[depth - 1];
        if (top->node->index == 0 && top->next < top->node->input_count) {
            dsci_node *input = top->node->in[top->next++]->producer;
            next.node = input->index == 0 ? input : NULL;
            continue;
        }
        if (top->node->index == 0) {
            if (dsci_graph_push(order, top->node) != DSC_OK)
                return;
            top->node->index = order->count;
        }
        depth--;
    }
}

/* A layer's weights and state are read in single precision; a parameter that takes the place of activations
 * is not. */
static bool keeps_type(const dsci_node *node, size_t input)
{
    const char letter = dsci_op_schema_letter(&node->op->schema, input);
    const dsci_op *producer = node->in[input]->producer->op;
    return (producer == &dsci_op_parameter || producer == &dsci_op_state) && letter != 'x' && letter != 'r';
}

/* An input's image in the type that the node computes in. */
static dsci_tensor *converted(dsci_graph *graph, const dsci_node *original, size_t input, dsci_type type)
{
    dsci_tensor *tensor = original->in[input]->image;
    if (!tensor || tensor->type == type || tensor->type == DSCI_I32 || tensor->type == DSCI_F64 ||
        keeps_type(original, input))
        return tensor;
    dsci_context context = graph->context;
    context.real = type;
    dsci_node *cast = dsci_node_make(&context, &dsci_op_cast, original->name,
                                     &(dsci_attributes){ .cast = type }, &tensor, 1);
    if (!cast || dsci_graph_push(graph, cast) != DSC_OK)
        return NULL;
    cast->index = original->index;
    return cast->out[0];
}

/* The copy of a node in the graph; its outputs become the images of the original's. */
static void copy_node(dsci_graph *graph, dsci_node *original)
{
    if (original->op->training_only && !graph->context.training && !graph->context.noisy) {
        original->out[0]->image = original->in[0]->image;
        return;
    }
    dsci_context context = graph->context;
    context.real = dsci_op_working_type(original->op, context.real);
    dsci_tensor *inputs[DSCI_MAX_INPUTS];
    for (size_t i = 0; i < original->input_count; i++)
        inputs[i] = converted(graph, original, i, context.real);
    dsci_node *copy = dsci_node_make(&context, original->op, original->name, &original->attributes, inputs,
                                     original->input_count);
    if (!copy || dsci_graph_push(graph, copy) != DSC_OK)
        return;
    copy->index = original->index;
    for (size_t i = 0; i < original->output_count; i++)
        original->out[i]->image = copy->out[i];
}

static void clear_marks(const dsci_graph *order)
{
    for (size_t i = 0; i < order->count; i++) {
        order->nodes[i]->index = 0;
        for (size_t j = 0; j < order->nodes[i]->output_count; j++)
            order->nodes[i]->out[j]->image = NULL;
    }
}

/* Gives the nodes of a part of the network the numbers that they have in the whole. Noise is drawn by the
   number, so it must not depend on what else is computed. */
static void number_part(const dsci_graph *part, dsci_graph *whole, dsci_node *last)
{
    clear_marks(part);
    sort_topologically(whole, last);
    for (size_t i = 0; i < part->count; i++)
        if (part->nodes[i]->index == 0)
            part->nodes[i]->index = whole->count + part->nodes[i]->made;
}

dsci_tensor *dsci_pass_build(dsci_graph *graph, const dsci_tensor *root, const dsci_tensor *whole)
{
    dsci_graph order = { .context = graph->context }, all = order;
    sort_topologically(&order, root->producer);
    if (root != whole)
        number_part(&order, &all, whole->producer);
    for (size_t i = 0; i < order.count && !failed(graph); i++)
        copy_node(graph, order.nodes[i]);
    dsci_tensor *image = root->image;
    clear_marks(&order);
    clear_marks(&all);
    return image;
}

void dsci_pass_losses(dsci_graph *graph, const dsci_tensor *root)
{
    if (failed(graph) || !root->producer->op->loss)
        return;
    root->producer->loss_factor = 1;
    for (size_t i = graph->count; i-- > 0;) {
        const dsci_node *sum = graph->nodes[i];
        for (size_t j = 0; sum->op == &dsci_op_loss_sum && j < sum->input_count; j++)
            sum->in[j]->producer->loss_factor += sum->loss_factor * sum->attributes.weights[j];
    }
}

/* A gradient arrives at one of its outputs. */
static bool has_diff(const dsci_node *node)
{
    for (size_t i = 0; i < node->output_count; i++)
        if (node->out[i]->diff)
            return true;
    return false;
}

void dsci_pass_gradients(dsci_graph *graph)
{
    for (size_t i = graph->count; i-- > 0 && !failed(graph);) {
        dsci_node *node = graph->nodes[i];
        if (!node->op->gradient || !node->out[0]->needs_gradient ||
            !(node->loss_factor != 0 || has_diff(node)))
            continue;
        graph->origin = node;
        node->op->gradient(graph, node);
    }
}

void dsci_pass_measures(dsci_graph *graph)
{
    for (size_t i = graph->count; i-- > 0 && !failed(graph);) {
        graph->origin = graph->nodes[i];
        if (graph->nodes[i]->op->measure)
            graph->nodes[i]->op->measure(graph, graph->nodes[i]);
    }
}

/* Whether the op applies such an activation on its way out: one whose gradient needs the output alone. */
static bool applies(const dsci_node *node, dsc_activation activation)
{
    return dsci_activation_can_be_fused(activation) &&
           (node->op != &dsci_op_batch_norm || activation == DSC_ACTIVATION_RELU);
}

/* A batch normalisation whose gradient comes through ReLU alone masks it itself, by the output. */
static bool takes_mask(dsci_node *node, const dsci_node *activation)
{
    if (node->op != &dsci_op_batch_norm_backward || activation->op != &dsci_op_activation_backward ||
        activation->attributes.activation.kind != DSC_ACTIVATION_RELU || node->in[0] != activation->out[0] ||
        activation->out[0]->uses != 1 || node->input_count == DSCI_MAX_INPUTS)
        return false;
    node->in[0] = activation->in[0];
    node->in[node->input_count++] = activation->in[1];
    node->attributes.batch_norm.activation = DSC_ACTIVATION_RELU;
    return true;
}

void dsci_pass_fuse(dsci_graph *graph)
{
    if (failed(graph))
        return;
    for (size_t i = 0; i < graph->count; i++)
        for (size_t j = 0; j < graph->nodes[i]->input_count; j++)
            graph->nodes[i]->in[j]->uses++;
    size_t kept = 0;
    for (size_t i = 0; i < graph->count; i++) {
        dsci_node *node = graph->nodes[i];
        dsci_node *producer = node->op == &dsci_op_activation ? node->in[0]->producer : NULL;
        dsc_activation *activation = producer ? dsci_node_activation(producer) : NULL;
        if (activation && *activation == DSC_ACTIVATION_LINEAR &&
            applies(producer, node->attributes.activation.kind) && node->in[0]->uses == 1 &&
            !node->in[0]->result) {
            *activation = node->attributes.activation.kind;
            producer->out[0] = node->out[0];
            producer->out[0]->producer = producer;
        } else {
            if (kept > 0 && takes_mask(node, graph->nodes[kept - 1]))
                kept--;
            graph->nodes[kept++] = node;
        }
    }
    graph->count = kept;
}

static const dsci_implementation *choose(const dsci_node *node, dsc_engine engine, dsci_type type)
{
    for (const dsci_implementation *i = node->op->implementations; i->run; i++)
        if (i->type == type && (engine == DSC_ENGINE_AUTO || engine == i->engine) &&
            (!i->supports || i->supports(node)) &&
            (engine != DSC_ENGINE_AUTO || !i->prefers || i->prefers(node)))
            return i;
    return NULL;
}

void dsci_pass_engines(dsci_graph *graph, dsc_engine engine)
{
    for (size_t i = 0; i < graph->count && !failed(graph); i++) {
        dsci_node *node = graph->nodes[i];
        const dsci_type type = node->real;
        if (node->op->leaf)
            continue;
        node->implementation = choose(node, engine, type);
        if (!node->implementation && engine == DSC_ENGINE_ONEDNN)
            node->implementation = choose(node, DSC_ENGINE_NATIVE, type);
        if (!node->implementation)
            dsc_scope_fail(graph->context.scope, DSC_ERROR_UNSUPPORTED,
                           "layer '%s': engine %s has no %s in %s; use engine %s", node->name,
                           dsc_engine_name(engine), dsci_node_kind(node), dsci_type_name(type),
                           dsc_engine_name(type == DSCI_F64 ? DSC_ENGINE_REF : DSC_ENGINE_AUTO));
    }
}
