/* sweep.h - many cells on many cores: the longest first, one per thread. */
#ifndef DESCENT_LAB_SWEEP_H
#define DESCENT_LAB_SWEEP_H

#include "lab/cell.h"
#include "lab/team.h"

struct dsci_sweep {
    const dsc_plan *plan;
    const void *shared;  /* of dsci_sweep_prepare() */
    const size_t *cells; /* which, count of them */
    size_t count;
    const dsc_run_options *options; /* threads, max_time, stop, progress */
    double start;                   /* the clock's, when the time limit began; 0: now */
    size_t done_before;             /* counted as done by the progress, with their work */
    double work_before;
    void *user;
    /* Takes a cell that is done or failed; never two at once. */
    void (*take)(void *user, size_t cell, const struct dsci_outcome *outcome);
    /* Called about ten times a second by a thread of its own; may be NULL. */
    void (*tick)(void *user);
    /* Called by the same thread once, when cells are still at work seconds after they were to stop, which
       happens in long calls of LAPACK; may be NULL. */
    void (*overdue)(void *user);
};

/* Loads what all cells of a plan share, in the scope. */
const void *dsci_sweep_prepare(dsc_scope *scope, const dsc_plan *plan);

/* Computes the cells. Returns true if all of them were reached, false if the sweep was stopped or could not
   start (then the scope says why). */
bool dsci_sweep_run(dsc_scope *scope, const struct dsci_sweep *sweep);

/* True if a cell belongs to the run's shard. */
bool dsci_sweep_shares(const dsc_run_options *options, size_t cell);

#endif
