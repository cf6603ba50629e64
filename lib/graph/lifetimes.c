/* lifetimes.c - the memory pass: which steps need each tensor, and where in the arena it lies. */
#include "graph/memory.h"
#include "graph/passes.h"

/* Gives the node scratch memory if its implementation asks for some. */
static void book(dsci_graph *graph, dsci_node *node)
{
    dsc_scope *scope = graph->setting.scope;
    size_t bytes = 0;
    if (!node->implementation || !node->implementation->book ||
        node->implementation->book(scope, node, &bytes) != DSC_OK || bytes == 0)
        return;
    dsci_tensor *scratch = dsc_scope_alloc(scope, 1, sizeof *scratch);
    if (!scratch)
        return;
    scratch->type = DSCI_F32;
    scratch->elements = (bytes + sizeof(float) - 1) / sizeof(float);
    scratch->producer = node;
    node->scratch = scratch;
}

/* What a caller reads after a run must last to its end. */
static bool is_result(const dsci_tensor *tensor)
{
    return tensor->shape.rank == 0;
}

static void find_lifetimes(dsci_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++) {
        dsci_node *node = graph->nodes[i];
        for (size_t j = 0; j < node->input_count; j++)
            node->in[j]->last = i;
        for (size_t j = 0; j < node->output_count; j++) {
            node->out[j]->first = i;
            node->out[j]->last = is_result(node->out[j]) ? graph->count : i;
        }
        if (node->scratch)
            node->scratch->first = node->scratch->last = i;
    }
}

/* Lets an in-place op write over the input that dies with it. */
static void share_memory(dsci_node *node, size_t step)
{
    dsci_tensor *in = node->in[0], *out = node->out[0];
    if (!node->op->in_place || in->home != DSCI_HOME_ARENA || out->home != DSCI_HOME_ARENA ||
        in->last != step || dsci_tensor_bytes(in) != dsci_tensor_bytes(out))
        return;
    for (size_t i = 1; i < node->input_count; i++)
        if (node->in[i] == in)
            return;
    out->shares = in->shares ? in->shares : in;
    out->shares->last = out->last > out->shares->last ? out->last : out->shares->last;
}

size_t dsci_pass_memory(dsci_graph *graph)
{
    dsc_scope *scope = graph->setting.scope;
    const size_t per_node = DSCI_MAX_OUTPUTS + 1;
    for (size_t i = 0; i < graph->count; i++)
        book(graph, graph->nodes[i]);
    dsci_lifetime *buffers = dsc_scope_alloc(scope, graph->count * per_node, sizeof *buffers);
    dsci_tensor **owners = dsc_scope_alloc(scope, graph->count * per_node, sizeof(dsci_tensor *));
    if (!buffers || !owners)
        return 0;
    find_lifetimes(graph);
    for (size_t i = 0; i < graph->count; i++)
        if (!graph->nodes[i]->op->source)
            share_memory(graph->nodes[i], i);
    size_t count = 0;
    for (size_t i = 0; i < graph->count; i++) {
        const dsci_node *node = graph->nodes[i];
        for (size_t j = 0; j < per_node; j++) {
            dsci_tensor *tensor = j < DSCI_MAX_OUTPUTS ? node->out[j] : node->scratch;
            if (!tensor || tensor->home != DSCI_HOME_ARENA || tensor->shares)
                continue;
            owners[count] = tensor;
            buffers[count++] = (dsci_lifetime){ dsci_tensor_bytes(tensor), tensor->first, tensor->last, 0 };
        }
    }
    size_t arena_bytes = 0;
    if (dsci_memory_plan(scope, buffers, count, &arena_bytes) != DSC_OK)
        return 0;
    for (size_t i = 0; i < count; i++)
        owners[i]->offset = buffers[i].offset;
    for (size_t i = 0; i < graph->count; i++) {
        dsci_tensor *out = graph->nodes[i]->out[0]; /* the one that in-place ops have */
        if (out && out->shares)
            out->offset = out->shares->offset;
    }
    return arena_bytes;
}
