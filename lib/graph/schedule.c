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

size_t dsci_node_phases(dsci_node *node, dsci_phase phases[DSCI_PHASES])
{
    const dsci_implementation *i = node->implementation;
    const dsci_booking *b = &node->booking;
    if (!i)
        return 0;
    const bool packs = i->pack && b->pack_parts, finishes = i->finish && b->finish_parts;
    const dsci_phase all[DSCI_PHASES] = {
        { DSCI_PHASE_PREPARE, i->prepare, node, b->prepare_parts, false, true, false },
        { DSCI_PHASE_PACK, packs ? i->pack : NULL, node, b->pack_parts, false, true, false },
        { DSCI_PHASE_RUN, i->run, node, b->parts, b->by_batch, packs, !finishes },
        { DSCI_PHASE_FINISH, finishes ? i->finish : NULL, node, b->finish_parts, b->finish_by_batch, true,
          true },
    };
    size_t count = 0;
    for (size_t k = 0; k < DSCI_PHASES; k++)
        if (all[k].run)
            phases[count++] = all[k];
    return count;
}

/* A phase joins the stage before it if a thread can go through both part by part. */
static void add_phase(dsci_stage_list *schedule, dsci_phase phase)
{
    const dsci_stage *last = schedule->stage_count ? &schedule->stages[schedule->stage_count - 1] : NULL;
    const bool alone = phase.parts == 1 && last && last->parts == 1;
    const bool shards =
        phase.by_batch && !phase.waits && last && last->by_batch && last->parts == phase.parts;
    if (!alone && !shards) {
        dsci_stage *stage = &schedule->stages[schedule->stage_count++];
        stage->first = schedule->phase_count;
        stage->parts = phase.parts;
        stage->by_batch = phase.by_batch;
    }
    schedule->stages[schedule->stage_count - 1].count++;
    schedule->phases[schedule->phase_count++] = phase;
    phase.node->end = schedule->stage_count - 1;
    if (phase.kind == DSCI_PHASE_PACK || (phase.kind == DSCI_PHASE_RUN && !phase.waits))
        phase.node->begin = phase.node->end;
}

/* When a phase has its turn. Prepare phases read parameters alone: all of them come first. Finishes of
   gradients of parameters come last. */
enum turn { EARLY, IN_ORDER, LATE };

static enum turn turn_of(const dsci_phase *phase)
{
    if (phase->kind == DSCI_PHASE_PREPARE)
        return EARLY;
    return phase->kind == DSCI_PHASE_FINISH && is_terminal(phase->node) ? LATE : IN_ORDER;
}

static void add_phases(const dsci_graph *graph, dsci_stage_list *schedule, enum turn turn)
{
    for (size_t i = 0; i < graph->count; i++) {
        dsci_phase phases[DSCI_PHASES];
        const size_t count = dsci_node_phases(graph->nodes[i], phases);
        for (size_t k = 0; k < count; k++)
            if (turn_of(&phases[k]) == turn)
                add_phase(schedule, phases[k]);
    }
}

void dsci_pass_stages(dsci_graph *graph, dsci_stage_list *schedule)
{
    dsc_scope *scope = graph->context.scope;
    for (size_t i = 0; i < graph->count && !failed(graph); i++)
        book(graph, graph->nodes[i]);
    dsci_node **moved = dsc_scope_alloc(scope, graph->count, sizeof(dsci_node *));
    const size_t most = DSCI_PHASES * graph->count;
    schedule->phases = dsc_scope_alloc(scope, most, sizeof *schedule->phases);
    schedule->stages = dsc_scope_alloc(scope, most, sizeof *schedule->stages);
    if (failed(graph) || !schedule->stages)
        return;
    if (graph->context.shard_rows && graph->context.shard_rows < graph->context.batch)
        put_terminals_last(graph, moved);
    add_phases(graph, schedule, EARLY);
    add_phases(graph, schedule, IN_ORDER);
    add_phases(graph, schedule, LATE);
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i]->booking.worker_bytes > schedule->worker_bytes)
            schedule->worker_bytes = graph->nodes[i]->booking.worker_bytes;
}
