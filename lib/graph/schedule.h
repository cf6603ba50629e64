/* schedule.h - a plan's steps in the order of their execution.
 *
 * A stage is a list of phases that are divided into the same parts: a thread takes a part and runs all phases
 * of the stage on it. Threads wait for each other between stages.
 */
#ifndef DESCENT_GRAPH_SCHEDULE_H
#define DESCENT_GRAPH_SCHEDULE_H

#include "ops/ops.h"

typedef struct dsci_phase {
    dsci_step_fn *run;
    dsci_node *node;
} dsci_phase;

typedef struct dsci_stage {
    size_t first, count; /* phases */
    size_t parts;
    bool by_batch;
} dsci_stage;

typedef struct dsci_stage_list {
    dsci_phase *phases;
    dsci_stage *stages;
    size_t phase_count, stage_count;
    size_t worker_bytes; /* of each thread */
} dsci_stage_list;

/* Has every implementation book its parts and memory, then orders the phases. Sets each node's first and last
 * stage. */
void dsci_pass_stages(dsci_graph *graph, dsci_stage_list *schedule);

#endif
