/* schedule.c - the order of the phases of all steps, cut into stages that threads share. */
#include "graph/schedule.h"
#include "graph/passes.h"

static bool failed(const dsci_graph *graph)
{
    return dsc_scope_status(graph->context.scope) != DSC_OK;
}

/* Nothing in the plan reads what it makes: gradients of parameters. */
static bool is_terminal(const dsci_node *node)
{
    for (size_t i = 0; i < node->output_count; i++)
        if (node->out[i]->storage != DSCI_STORAGE_GRADIENTS)
            return false;
    return node->backward;
}

/* Gradients of parameters that cut across the shards come last, so that the steps that go shard by shard stay
 * together. */
static void put_terminals_last(dsci_graph *graph, dsci_node **moved)
{
    size_t kept = 0, count = 0;
    for (size_t i = 0; i < graph->count; i++) {
        dsci_node *node = graph->nodes[i];
        if (is_terminal(node) && !node->booking.by_batch)
            moved[count++] = node;
        else
            graph->nodes[kept++] = node;
    }
    for (size_t i = 0; i < count; i++)
        graph->nodes[kept++] = moved[i];
}

static void book(dsci_graph *graph, dsci_node *node)
{
    dsci_booking *booking = &node->booking;
    const dsci_implementation *implementation = node->implementation;
    if (!implementation)
        return;
    if (implementation->book && implementation->book(graph->context.scope, node, booking) != DSC_OK)
        return;
    booking->parts = booking->parts ? booking->parts : 1;
    booking->prepare_parts = booking->prepare_parts ? booking->prepare_parts : 1;
}

/* A phase that is to be added: how it divides, and whether it may join the stage before it. */
struct phase {
    dsci_step_fn *run;
    size_t parts;
    bool by_batch, waits; /* waits: for all parts of the phase before it */
};

/* A phase joins the stage before it if a thread can go through both part by part. */
static void add_phase(dsci_stage_list *schedule, dsci_node *node, struct phase phase)
{
    const dsci_stage *last = schedule->stage_count ? &schedule->stages[schedule->stage_count - 1] : NULL;
    const bool alone = phase.parts == 1 && last && last->parts == 1;
    const bool shards =
        phase.by_batch && !phase.waits && last && last->by_batch && last->parts == phase.parts;
    if (!alone && !shards)
        schedule->stages[schedule->stage_count++] =
            (dsci_stage){ .first = schedule->phase_count, .parts = phase.parts, .by_batch = phase.by_batch };
    schedule->stages[schedule->stage_count - 1].count++;
    schedule->phases[schedule->phase_count++] = (dsci_phase){ .run = phase.run, .node = node };
}

static bool finishes(const dsci_node *node)
{
    return node->implementation && node->implementation->finish && node->booking.finish_parts;
}

static void add_finish(dsci_stage_list *schedule, dsci_node *node)
{
    const dsci_booking *booking = &node->booking;
    add_phase(schedule, node,
              (struct phase){ node->implementation->finish, booking->finish_parts, booking->finish_by_batch,
                              true });
    node->end = schedule->stage_count - 1;
}

/* Prepare phases read parameters alone: all of them come first. Finishes of gradients of parameters come
 * last. */
static void add_phases(const dsci_graph *graph, dsci_stage_list *schedule)
{
    for (size_t i = 0; i < graph->count; i++) {
        dsci_node *node = graph->nodes[i];
        if (node->implementation && node->implementation->prepare)
            add_phase(
                schedule, node,
                (struct phase){ node->implementation->prepare, node->booking.prepare_parts, false, true });
    }
    for (size_t i = 0; i < graph->count; i++) {
        dsci_node *node = graph->nodes[i];
        if (!node->implementation)
            continue;
        const bool packs = node->implementation->pack && node->booking.pack_parts;
        if (packs)
            add_phase(schedule, node,
                      (struct phase){ node->implementation->pack, node->booking.pack_parts, false, true });
        node->begin = schedule->stage_count - 1;
        add_phase(
            schedule, node,
            (struct phase){ node->implementation->run, node->booking.parts, node->booking.by_batch, packs });
        node->end = schedule->stage_count - 1;
        node->begin = packs ? node->begin : node->end;
        if (finishes(node) && !is_terminal(node))
            add_finish(schedule, node);
    }
    for (size_t i = 0; i < graph->count; i++)
        if (finishes(graph->nodes[i]) && is_terminal(graph->nodes[i]))
            add_finish(schedule, graph->nodes[i]);
}

void dsci_pass_stages(dsci_graph *graph, dsci_stage_list *schedule)
{
    dsc_scope *scope = graph->context.scope;
    for (size_t i = 0; i < graph->count && !failed(graph); i++)
        book(graph, graph->nodes[i]);
    dsci_node **moved = dsc_scope_alloc(scope, graph->count, sizeof(dsci_node *));
    const size_t most = 4 * graph->count;
    schedule->phases = dsc_scope_alloc(scope, most, sizeof *schedule->phases);
    schedule->stages = dsc_scope_alloc(scope, most, sizeof *schedule->stages);
    if (failed(graph) || !schedule->stages)
        return;
    if (graph->context.shard_rows && graph->context.shard_rows < graph->context.batch)
        put_terminals_last(graph, moved);
    add_phases(graph, schedule);
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i]->booking.worker_bytes > schedule->worker_bytes)
            schedule->worker_bytes = graph->nodes[i]->booking.worker_bytes;
}
