/* team.h - how many cells are computed at the same time: as many as there are threads, and as fit in memory.
 */
#ifndef DESCENT_LAB_TEAM_H
#define DESCENT_LAB_TEAM_H

#include "lab/plan.h"

struct dsci_team {
    int cells, threads; /* cells at the same time, threads of each */
    int chosen;         /* threads that would be at work if they could be started and their cells fitted */
    bool short_of_memory;
    double bytes;   /* of the largest cells that are computed together, of the record and its image */
    double usable;  /* bytes that this process may have; INFINITY: not known */
    size_t fitting; /* cells of those asked about that fit at all */
    size_t largest; /* the cell that needs most, and the largest of those that fit: 0 if none does */
    size_t largest_fitting;
};

/* The team for count cells of a plan. memory: room for as many numbers. */
struct dsci_team dsci_team_choose(const dsc_plan *plan, const dsc_run_options *options, const size_t *cells,
                                  size_t count, double *memory);

/* Fails the scope with DSC_ERROR_MEMORY if a cell cannot fit, unless that is to be tried; the message says
   which, how much it needs, what there is and what would fit. */
dsc_status dsci_team_check(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options,
                           const size_t *cells, size_t count);

/* What a cell takes; 1 operation and no memory if nothing is known. Not to be asked by several threads. */
dsc_cost dsci_cell_cost(const dsc_plan *plan, size_t cell);

/* Bytes of a plan's numbers with their summaries. */
double dsci_record_bytes(const dsc_plan *plan);

#endif
