/* cell.h - computing one cell. */
#ifndef DESCENT_LAB_CELL_H
#define DESCENT_LAB_CELL_H

#include <stdatomic.h>

#include "lab/plan.h"

/* What a running cell and those who watch it tell each other. */
struct dsci_watch {
    _Atomic double fraction; /* of the cell, as it says */
    bool (*stop)(void *user);
    void *user;
};

struct dsci_outcome {
    dsc_cell_status status; /* DSC_CELL_MISSING: it was stopped */
    uint64_t hash;
    double seconds;
    dsc_status error; /* of a failed cell, with its message */
    const char *message;
    const char *notes;    /* of dsc_cell_note(); NULL: none */
    const double *values; /* of all outputs in the order of the table, inner points together */
};

/* Computes a cell. message and values live in the scope, which is poisoned only if memory is out. */
struct dsci_outcome dsci_cell_compute(dsc_scope *scope, const dsc_plan *plan, const void *shared, size_t cell,
                                      struct dsci_watch *watch);

/* Whether an output runs over the inner axis of this name. */
bool dsci_output_has(const dsc_output *output, const char *axis);

/* Numbers that the outputs of one cell hold; those of one output (its inner points, else 1). */
size_t dsci_cell_value_count(const dsc_plan *plan);
size_t dsci_output_points(const dsc_plan *plan, const dsc_output *output);

#endif
