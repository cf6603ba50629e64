/* train.h - the training loop: fitting, evaluation, prediction, metrics, checkpoints. */
#ifndef DESCENT_TRAIN_H
#define DESCENT_TRAIN_H

#include <descent/examples.h>
#include <descent/image.h>
#include <descent/nn.h>
#include <descent/record.h>

/* --- Evaluation --- */

/* One of the losses that are summed, by the name of its layer (which is the model's). */
typedef struct dsc_loss_value {
    const char *name;
    double loss;       /* mean over what counts of the examples, before its weight; 0 if nothing does */
    double error_rate; /* fraction of wrong classes; NaN without labels, and in training */
} dsc_loss_value;

/* A network's loss, and those that it is the weighted sum of (its own alone if it is no sum). */
typedef struct dsc_metrics {
    double loss;
    double error_rate; /* of the first loss with labels */
    size_t loss_count;
    dsc_loss_value losses[DSC_MOST_LOSSES];
} dsc_metrics;

/* Losses and error rates over a data set, without dropout. A model without a loss fails. */
DSC_API dsc_metrics dsc_evaluate(dsc_model *model, const dsc_examples *data);

/* Values of any node of the model's network for every example (count x elements of one example), without
   dropout: predictions, probabilities, feature maps. In the scope; NULL on failure. */
DSC_API float *dsc_predict(dsc_scope *scope, dsc_model *model, const dsc_node *node,
                           const dsc_examples *data);

/* The same with the network's noise (dropout and its like) at work and all else as outside training: one
   forward pass of Monte Carlo dropout (Gal and Ghahramani 2016). The noise of an example is independent of
   that of others, of other draws (0, 1, ...) and of training's; a draw is the same every time, and a layer
   draws the same whatever node is asked for. */
DSC_API float *dsc_predict_noisy(dsc_scope *scope, dsc_model *model, const dsc_node *node,
                                 const dsc_examples *data, uint32_t draw);

/* Values of a node for one batch again and again, as a text is read or written character by character. The
   examples are read where they are, and may have changed since the call before (an unbatched column may not).
   Layers that keep their state (.stateful) go on from where the call before ended; dsc_model_state() holds
   it. NULL, and the model's scope fails, if the examples do not fit the network or are more than it takes at
   a time. */
typedef struct dsc_predictor dsc_predictor;
DSC_API dsc_predictor *dsc_predictor_make(dsc_model *model, const dsc_node *node,
                                          const dsc_examples *examples);
/* The values (examples x elements of one), the predictor's until the next call; NULL if it fails. Allocates
   nothing. */
DSC_API const float *dsc_predictor_run(dsc_predictor *predictor);

/* What a classifier got right. Rows of confusion are true classes, columns predicted ones. An example with a
   score that is NaN is wrong, and in no column: there is no largest score. */
typedef struct dsc_classification {
    size_t count, classes;
    double accuracy;
    double top_k;                    /* share of examples whose label is among the k largest scores */
    size_t *confusion;               /* classes x classes */
    size_t *support;                 /* examples of each class */
    double *precision, *recall, *f1; /* of each class; NaN where nothing can be said */
    double macro_precision, macro_recall, macro_f1; /* means over the classes that occur */
} dsc_classification;
/* From scores (count x classes), the first of equal ones counting as the largest. In the scope. */
DSC_API dsc_classification dsc_classify(dsc_scope *scope, const float *scores, const int32_t *labels,
                                        size_t count, size_t classes, size_t k);

/* 1 - sum (y - prediction)^2 / sum (y - mean y)^2; NaN if y is constant. A y that is NaN counts for nothing,
   as in the losses. */
DSC_API double dsc_r_squared(const float *predictions, const float *y, size_t count);

/* --- Fitting --- */

/* One epoch's numbers; those that were not measured are NaN. */
typedef struct dsc_epoch {
    size_t epoch;      /* from 1 */
    double train_loss; /* mean over all that counted, as it was trained (with dropout) */
    size_t loss_count;
    dsc_loss_value train_losses[DSC_MOST_LOSSES]; /* that it is the weighted sum of */
    dsc_metrics validation;
    double lr;            /* of the epoch's last step */
    double gradient_norm; /* mean over its steps, before clipping; NaN unless asked for */
    double seconds;
    bool restored; /* from a checkpoint: the model is no longer what it was after this epoch */
} dsc_epoch;

/* Called after each epoch with its numbers; returning false ends the training. */
typedef bool dsc_epoch_fn(void *user, const dsc_epoch *epoch);

typedef struct dsc_fit_options {
    dsc_optimizer optimizer;
    size_t epochs;
    size_t steps;                   /* the most steps in all (with epochs 0: all of them); 0: no limit */
    uint64_t shuffle_seed;          /* 0: the scope's seed */
    bool fixed_order;               /* don't shuffle */
    const dsc_examples *validation; /* evaluated after each epoch; NULL: none */
    /* Early stopping (with validation): ends when the loss, or with by_error the error rate, has not fallen
       by more than min_delta for patience epochs, and restores the best parameters. An epoch whose measure is
       not finite is never the best; if none is finite, the last parameters stay. patience 0: off. */
    size_t patience;
    double min_delta;
    bool by_error;
    bool keep_best;                       /* restore the best parameters at the end, without stopping early */
    const dsc_augmentation *augmentation; /* of each training example, by counter; NULL: none */
    /* A file to resume from, if it is there, and to write; NULL: none. It belongs to one recipe: network,
       seed, examples and options, but for epochs, which may be raised later. on_epoch is called for its
       epochs first, whose answers count for nothing. */
    const char *checkpoint;
    size_t checkpoint_every; /* epochs; 0: 1. It is also written at the end */
    double divergence;       /* a loss above this many times the first is an error; 0: no limit */
    bool gradient_norms;
    dsc_epoch_fn *on_epoch;
    void *user;
} dsc_fit_options;

/* Trains for a number of passes in batches of the compiled size, in an order shuffled anew each epoch by
   counter (the last batch may be smaller). Fails the model's scope with DSC_ERROR_NUMERIC, naming epoch, step
   and the first layer whose output is not finite, if the loss is not finite; or naming the parameter, if one
   is not finite after an epoch or after the last step. Returns DSC_STOPPED if on_epoch ended it, or if the
   scope was to stop (dsc_scope_options), which is asked at every step and poisons it. A training that goes on
   from a checkpoint ends in the same bits as one that was never stopped. No allocation after the first step.
 */
DSC_API dsc_status dsc_fit(dsc_model *model, const dsc_examples *train, const dsc_fit_options *options);

/* Single steps, for training loops of one's own. A trainer reads examples where they are: those of a step may
   have changed since the one before (an unbatched column may not). NULL, and the model's scope fails, if they
   do not fit the network or are fewer than a batch. */
typedef struct dsc_trainer dsc_trainer;
DSC_API dsc_trainer *dsc_trainer_make(dsc_model *model, const dsc_optimizer *optimizer,
                                      const dsc_examples *examples);
/* One optimizer step on a batch of the compiled size, the examples from first on. Returns the loss; NaN if it
   fails. */
DSC_API double dsc_trainer_step(dsc_trainer *trainer, size_t first);

/* --- Files --- */

/* The parameters and state of a model by name, "dense1/weights", in HDF5; with the network's description, so
   that dsc_model_load() can build it again. Replaces the file at once. */
DSC_API dsc_status dsc_model_save(dsc_model *model, const char *path);

/* The same with notes: texts that go with the model, such as its vocabulary, as attributes of these names. */
DSC_API dsc_status dsc_model_save_with(dsc_model *model, const char *path, const dsc_attribute *notes,
                                       size_t count);

/* A note of a model's file, in the scope; NULL if it has none of that name. Fails the scope if the file
   cannot be read or is no model. */
DSC_API const char *dsc_model_note(dsc_scope *scope, const char *path, const char *name);

/* Reads parameters (and state) into a model of the same layers. A file that does not fit is
   DSC_ERROR_MISMATCH that names the layer, the expected and the found shape; the model is then unchanged. */
DSC_API dsc_status dsc_model_read_weights(dsc_model *model, const char *path);

/* Builds the network that a file describes, with its parameters. options as in dsc_compile(). */
DSC_API dsc_model *dsc_model_load(dsc_scope *scope, const char *path, const dsc_compile_options *options);

/* Reads weights that Keras has written into the layers of the same names: HDF5 files of versions 1 to 3, and
   version 3's ".weights.h5" and ".keras" (without the attribute `name` of newer ones, layers are called as
   their groups: "dense", "dense_1"). Both directions of a bidirectional layer are read, and layers of models
   in models, by their inner names ("block/dense" or "dense"); depthwise kernels into convolutions of as many
   groups as channels; of GRUs those with reset_after into DSC_RECURRENT_GRU_LBR, others into
   DSC_RECURRENT_GRU. Separable convolutions fail. Every layer of the file that the model has is read, one at
   least; with all, each layer of the model must be in the file, and the other way round. */
DSC_API dsc_status dsc_model_read_keras_weights(dsc_model *model, const char *path, bool all);

/* SHA-256-based 64-bit hash of all parameters (and state). */
DSC_API uint64_t dsc_model_hash(const dsc_model *model);

#endif
