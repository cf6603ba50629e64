/* train.h - the training loop. */
#ifndef DESCENT_TRAIN_H
#define DESCENT_TRAIN_H

#include <descent/data.h>
#include <descent/nn.h>

/* Examples in single precision, as training reads them. */
typedef struct dsc_examples {
    size_t count, features;
    const float *x;        /* count x features */
    const int32_t *labels; /* or NULL */
    const float *targets;  /* count x outputs, or NULL */
} dsc_examples;

/* Copies a data set to single precision in the scope. */
DSC_API dsc_examples dsc_examples_from(dsc_scope *scope, const dsc_dataset *data);

typedef struct dsc_metrics {
    double loss;       /* mean over the examples */
    double error_rate; /* fraction of wrong classes; NaN without labels */
} dsc_metrics;

/* Called after each epoch (1, 2, ...); returning false ends the training. */
typedef bool dsc_epoch_fn(void *user, size_t epoch);

typedef struct dsc_fit_options {
    dsc_optimizer optimizer;
    size_t epochs;
    uint64_t shuffle_seed; /* 0: the scope's seed */
    dsc_epoch_fn *on_epoch;
    void *user;
} dsc_fit_options;

/* Trains for a number of passes in batches of the compiled size, in an order shuffled anew each epoch by
   counter (the last batch may be smaller). Fails the model's scope with DSC_ERROR_NUMERIC, naming epoch and
   step, if the loss is not finite. Returns DSC_STOPPED if on_epoch ended it. No allocation after the first
   step. */
DSC_API dsc_status dsc_fit(dsc_model *model, const dsc_examples *train, const dsc_fit_options *options);

/* One optimiser step on one batch already in memory (x: batch x features). Returns the loss. */
typedef struct dsc_trainer dsc_trainer;
DSC_API dsc_trainer *dsc_trainer_make(dsc_model *model, const dsc_optimizer *optimizer);
DSC_API double dsc_trainer_step(dsc_trainer *trainer, const float *x, const void *targets);

/* Loss and error rate over a data set, without dropout. */
DSC_API dsc_metrics dsc_evaluate(dsc_model *model, const dsc_examples *data);

/* SHA-256-based 64-bit hash of all parameters. */
DSC_API uint64_t dsc_model_hash(const dsc_model *model);

#endif
