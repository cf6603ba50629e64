/* optimizer.h - update rules over the flat vectors of a model's parameters. */
#ifndef DESCENT_NN_OPTIMIZER_H
#define DESCENT_NN_OPTIMIZER_H

#include <stdint.h>

#include <descent/nn.h>

#include "base/region.h"

enum {
    DSCI_OPTIMIZER_VECTORS = 3,
    DSCI_UPDATE_CHUNK = 16384 /* elements a thread takes at a time; also the blocks of the gradient's norm */
};

/* What changes from step to step besides the vectors. Doubles alone, so that a file takes it as one array. */
typedef struct dsci_optimizer_progress {
    double step, epoch;
    double beta1_power, beta2_power; /* beta^t: products, not pow(), to have the same bits everywhere */
    double nadam_power, nadam_product;
    double plateau_factor, plateau_best, plateau_bad, plateau_cooldown;
} dsci_optimizer_progress;

enum { DSCI_OPTIMIZER_SCALARS = sizeof(dsci_optimizer_progress) / sizeof(double) };

/* A slice that is trained, with what its group says. */
typedef struct dsci_trained_slice {
    size_t offset, count, units; /* units: of the last dimension; 0: a bias, without max_norm */
    double lr_factor, coupled, decoupled, l1, l2, max_norm;
    const struct dsci_touched_rows *touched; /* the rows that are updated; NULL: all elements */
    struct dsci_touched_rows *spoiled;       /* whose gradient an update writes all of: l1 is added to it */
} dsci_trained_slice;

/* What a thread takes at a time: some elements of a slice, or, of a slice of which rows are updated, the rows
   in a part of the table. */
typedef struct dsci_update_chunk {
    size_t slice, offset, count; /* count 0: offset is a part */
} dsci_update_chunk;

/* A rule with its memory. */
typedef struct dsci_optimizer_state {
    dsc_optimizer options; /* defaults filled in */
    dsc_dtype dtype;
    size_t elements;
    dsci_trained_slice *slices;
    size_t slice_count;
    dsci_update_chunk *chunks; /* all elements: what the norm of the gradient is summed over */
    double *partial_sums;      /* of each chunk */
    size_t chunk_count;
    dsci_update_chunk *updates; /* what a step updates: the chunks, or parts of tables in their place */
    size_t update_count;
    struct dsci_update_step *step; /* coefficients of the present step */
    double scale;                  /* of its gradients */
    bool is_large;                 /* it is worth several threads */
    void *first, *second, *third;  /* NULL if the rule has none */
    dsci_optimizer_progress progress;
    double lr;            /* of the last step */
    double gradient_norm; /* of the last step, before clip_norm; NAN if that is not set */
} dsci_optimizer_state;

/* Checks the options and allocates memory in the scope. With no slices all elements are one vector. */
dsc_status dsci_optimizer_make(dsc_scope *scope, dsci_optimizer_state *optimizer,
                               const dsc_optimizer *options, dsc_dtype dtype, const dsc_slice *slices,
                               size_t slice_count, size_t elements);

/* Tells which rows of a slice's gradient are not zero (an array of a pointer a slice, as they were given;
   NULL: all may be). From then on these alone are updated, of slices and by rules of which the others keep
   their bits, and with lazy_rows by any rule. */
dsc_status dsci_optimizer_follow_rows(dsc_scope *scope, dsci_optimizer_state *optimizer,
                                      const dsc_slice *slices, size_t slice_count,
                                      struct dsci_touched_rows *const *touched);

/* Vectors of the length of the parameters that a rule keeps. */
int dsci_optimizer_vectors(const dsc_optimizer *options);

/* One update of the parameters by the gradients, which are overwritten if they are clipped or penalised, on
   the threads of a region. The bits do not depend on threads. */
void dsci_optimizer_update(dsci_optimizer_state *optimizer, void *parameters, void *gradients,
                           dsci_region region);

/* To be called after each epoch with the loss that PLATEAU watches. */
void dsci_optimizer_epoch(dsci_optimizer_state *optimizer, double loss);

/* l1 |w| + l2 / 2 w^2 over all that is trained. */
double dsci_optimizer_penalty(const dsci_optimizer_state *optimizer, const void *parameters);

/* Checks a schedule; fills in its defaults. */
dsc_status dsci_schedule_check(dsc_scope *scope, dsc_schedule *schedule);

/* Looks a name up in a table of them; fails with the nearest. -1 if there is none. */
int dsci_parse_name(dsc_scope *scope, const char *what, const char *name, const char *const *table,
                    size_t count);

#endif
