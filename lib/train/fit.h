/* fit.h - a training under way: what its parts share. */
#ifndef DESCENT_TRAIN_FIT_H
#define DESCENT_TRAIN_FIT_H

#include <descent/hash.h>

#include "nn/optimizer.h"
#include "train/evaluate.h"

struct dsc_trainer {
    dsc_model *model;
    dsci_execution *plan; /* of the full batch */
    dsci_feed feed;
    size_t examples; /* that it feeds from */
    dsci_optimizer_state optimizer;
};

/* What is known after an epoch, beside parameters, state and the optimizer's memory. */
typedef struct dsci_fit_state {
    size_t epoch;      /* done */
    uint64_t steps;    /* done, of this training */
    double first;      /* loss of the first step */
    double best;       /* of the measure that is watched; infinite before the first */
    size_t best_epoch; /* 0: none had a finite measure */
    bool finished;     /* stopped early */
} dsci_fit_state;

typedef struct dsci_fit {
    dsc_scope *scope; /* of buffers */
    dsc_model *model;
    const dsc_fit_options *options;
    const dsc_examples *examples;
    dsc_trainer trainer;
    dsci_execution *full, *rest; /* full is NULL if there are fewer examples */
    uint32_t *order;
    dsc_rng rng;
    size_t epochs;              /* to do in all */
    dsci_evaluation validation; /* if there is one */
    dsci_fit_state progress;
    void *best_parameters, *best_state; /* NULL: not kept */
    dsc_epoch *history;                 /* progress.epoch of them, if there is a checkpoint */
    size_t history_capacity;
    const char *recipe;  /* what the bits depend on, if there is a checkpoint */
    size_t saved_epochs; /* in the checkpoint */
} dsci_fit;

/* What of the network first holds a value that is not finite: an input, a parameter, or else the output of a
   layer. The plan, which has just been run, is run again, one node at a time. The text is in the
   scope. */
const char *dsci_find_not_finite(dsc_scope *scope, const dsc_model *model, dsci_execution *plan);

/* The first parameter, or else state, of the model that holds a value that is not finite, and whether the
   gradient that it was updated by was at fault; NULL if all are finite. The text is in the scope. */
const char *dsci_find_not_finite_learned(dsc_scope *scope, const dsc_model *model);

/* Takes up the training that the checkpoint file holds, if there is one; fit->recipe is made. Errors go to
   the model's scope. */
dsc_status dsci_checkpoint_read(dsci_fit *fit);

dsc_status dsci_checkpoint_write(dsci_fit *fit);

#endif
