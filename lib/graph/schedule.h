/* schedule.h - a plan's steps in the order of their execution.
 *
 * What an implementation does for a node are its phases. A stage is a list of phases that are divided into
 * the same parts: a thread takes a part and runs all phases of the stage on it. Threads wait for each other
 * between stages.
 */
#ifndef DESCENT_GRAPH_SCHEDULE_H
#define DESCENT_GRAPH_SCHEDULE_H

#include "ops/op.h"

/* In the order in which a node has them. */
typedef enum dsci_phase_kind {
    DSCI_PHASE_PREPARE = 0,
    DSCI_PHASE_PACK,
    DSCI_PHASE_RUN,
    DSCI_PHASE_FINISH,
    DSCI_PHASES
} dsci_phase_kind;

typedef struct dsci_phase {
    dsci_phase_kind kind;
    dsci_step_fn *run;
    dsci_node *node;
    size_t parts;
    bool by_batch; /* part p touches the examples of shard p alone */
    bool waits;    /* for all parts of the phase before it */
    bool last;     /* of its node: the outputs are there when all of its parts are done */
} dsci_phase;

typedef struct dsci_stage {
    size_t first, count; /* phases */
    size_t parts;
    bool by_batch;
    _Atomic size_t next; /* part to be taken, when the stage runs */
} dsci_stage;

typedef struct dsci_stage_list {
    dsci_phase *phases;
    dsci_stage *stages;
    size_t phase_count, stage_count;
    size_t worker_bytes; /* of each thread */
} dsci_stage_list;

/* The phases of a node whose implementation has booked its work; returns how many: none of a leaf. */
size_t dsci_node_phases(dsci_node *node, dsci_phase phases[DSCI_PHASES]);

/* Has every implementation book its parts and memory, then orders the phases. Sets each node's first and last
 * stage. */
void dsci_pass_stages(dsci_graph *graph, dsci_stage_list *schedule);

#endif
