/* lifetimes.c - the memory pass: which stages need each tensor, and where in the arena it lies. */
#include "graph/memory.h"
#include "graph/passes.h"
#include "ops/op.h"

/* Memory of a node beside its outputs, or NULL. */
static dsci_tensor *working_memory(dsc_scope *scope, dsci_node *node, size_t bytes)
{
    dsci_tensor *memory = bytes ? dsc_scope_alloc(scope, 1, sizeof *memory) : NULL;
    if (!memory)
        return NULL;
    memory->type = DSCI_F32;
    memory->elements = (bytes + sizeof(float) - 1) / sizeof(float);
    memory->producer = node;
    memory->last = node->end;
    return memory;
}

/* What a caller reads after a run must last to its end. */
static bool is_result(const dsci_tensor *tensor)
{
    return tensor->shape.rank == 0 || tensor->result;
}

static void find_lifetimes(dsci_graph *graph, size_t stages)
{
    dsc_scope *scope = graph->context.scope;
    for (size_t i = 0; i < graph->count; i++) {
        dsci_node *node = graph->nodes[i];
        for (size_t j = 0; j < node->input_count; j++) {
            dsci_tensor *in = node->in[j];
            in->last = node->end > in->last ? node->end : in->last;
            in->last_reader = node;
        }
        for (size_t j = 0; j < node->output_count; j++) {
            node->out[j]->first = node->begin;
            node->out[j]->last = is_result(node->out[j]) ? stages : node->end;
        }
        node->prepared =
            working_memory(scope, node, node->booking.prepared_bytes); /* from the first stage on */
        node->scratch = working_memory(scope, node, node->booking.scratch_bytes);
        if (node->scratch)
            node->scratch->first = node->begin;
    }
}

/* Lets an in-place op write over the input that dies with it. */
static void share_memory(dsci_node *node)
{
    dsci_tensor *in = node->in[0], *out = node->out[0];
    if (!node->op->in_place || in->storage != DSCI_STORAGE_ARENA || out->storage != DSCI_STORAGE_ARENA ||
        in->last_reader != node || in->last != node->end || is_result(in) ||
        dsci_tensor_bytes(in) != dsci_tensor_bytes(out))
        return;
    for (size_t i = 1; i < node->input_count; i++)
        if (node->in[i] == in)
            return;
    out->shares = in->shares ? in->shares : in;
    out->shares->last = out->last > out->shares->last ? out->last : out->shares->last;
}

/* The buffers of a node: its outputs, then its working memory. */
static dsci_tensor *buffer_of(const dsci_node *node, size_t i)
{
    return i < DSCI_MAX_OUTPUTS ? node->out[i] : i == DSCI_MAX_OUTPUTS ? node->prepared : node->scratch;
}

size_t dsci_pass_memory(dsci_graph *graph, size_t stages)
{
    dsc_scope *scope = graph->context.scope;
    const size_t per_node = DSCI_MAX_OUTPUTS + 2;
    dsci_lifetime *buffers = dsc_scope_alloc(scope, graph->count * per_node, sizeof *buffers);
    dsci_tensor **owners = dsc_scope_alloc(scope, graph->count * per_node, sizeof(dsci_tensor *));
    if (!buffers || !owners)
        return 0;
    find_lifetimes(graph, stages);
    for (size_t i = 0; i < graph->count; i++)
        if (!graph->nodes[i]->op->leaf)
            share_memory(graph->nodes[i]);
    size_t count = 0;
    for (size_t i = 0; i < graph->count; i++)
        for (size_t j = 0; j < per_node; j++) {
            dsci_tensor *tensor = buffer_of(graph->nodes[i], j);
            if (!tensor || tensor->storage != DSCI_STORAGE_ARENA || tensor->shares)
                continue;
            owners[count] = tensor;
            buffers[count++] = (dsci_lifetime){ dsci_tensor_bytes(tensor), tensor->first, tensor->last, 0 };
        }
    size_t arena_bytes = 0;
    if (dsc_scope_status(scope) != DSC_OK || dsci_memory_plan(scope, buffers, count, &arena_bytes) != DSC_OK)
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
