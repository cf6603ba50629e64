/* study.h - cells that train networks. An experiment's function builds the network and says how it is
 * trained; everything else that a cell owes its runner is done here:
 *
 *     static void run(dsc_cell *cell)
 *     {
 *         const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
 *         const struct shared *shared = dsc_cell_shared(cell);
 *         const dsc_cell_training training = training_of(k);
 *         dsc_node *loss = loss_of(dsc_cell_scope(cell), k);
 *         dsc_model *model = dsc_cell_train(cell, loss, &shared->train, &training);
 *
 *         dsc_put(cell, "test_error", dsc_evaluate(model, &shared->test).error_rate);
 *     }
 *
 *     static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
 *     {
 *         const struct hyperparameters *k = hyperparameters;
 *         const dsc_cell_training training = training_of(k);
 *         return dsc_train_cost(plan, loss_of(scope, k), 4000, &training);
 *     }
 */
#ifndef DESCENT_STUDY_H
#define DESCENT_STUDY_H

#include <descent/experiment.h>
#include <descent/train.h>

/* Measures the model on the way; at is the index of the epoch on the training's axis, or the epoch itself if
   it has none. */
typedef void dsc_cell_measure_fn(dsc_cell *cell, dsc_model *model, size_t at, void *user);

/* What of the model goes into the cell's hash. */
typedef enum dsc_cell_hashed {
    DSC_CELL_HASHED_MODEL = 0,  /* parameters, and state such as running means of batch normalisation */
    DSC_CELL_HASHED_PARAMETERS, /* without the state: as files have it that were made so */
    DSC_CELL_HASHED_NOTHING     /* the cell hashes what it makes of the model */
} dsc_cell_hashed;

/* How a cell's network is trained. */
typedef struct dsc_cell_training {
    dsc_compile_options compile; /* engine AUTO and 0 threads: the cell's */
    dsc_fit_options fit;
    /* Called with the initial network, which is epoch 0, and after each epoch; NULL: not. With an axis, one
       of the case's inner ones, at its values alone; a value that the training does not reach fails the cell.
     */
    dsc_cell_measure_fn *measure;
    const char *axis; /* "epoch"; NULL: every epoch */
    void *user;       /* of measure */
    /* Of a cell that does more than this training: how far it is before, and by how much the training gets it
       on (0..1). 0 and 0: the training is all. */
    double progress, progress_share;
    dsc_cell_hashed hashed;
} dsc_cell_training;

/* Compiles the loss, trains it on the examples, and keeps the cell informed: it reports the progress, stops
   within a step when the run is to stop, notes what computed (dsc_cell_note()) and hashes the model
   (dsc_cell_hash()). Returns the model, in the scope of the loss; NULL if it was stopped, whereupon the
   cell should return, or failed, with the error in that scope. All that takes a model accepts the NULL. */
DSC_API dsc_model *dsc_cell_train(dsc_cell *cell, dsc_node *loss, const dsc_examples *train,
                                  const dsc_cell_training *training);

/* What dsc_cell_train() will take with that number of examples, found from the network without running it:
   the arithmetic of all steps; parameters, gradients, state, activations of training and of evaluation on
   these examples and others, and the optimizer's memory. Examples are left out. Zeros if the network fails.
 */
DSC_API dsc_cost dsc_train_cost(const dsc_plan *plan, dsc_node *loss, size_t examples,
                                const dsc_cell_training *training);

/* What passing that number of examples forward through the network up to root takes, a loss or any node of
   it: the arithmetic, and the memory that evaluations or predictions of root have. dsc_train_cost() has
   counted the memory of evaluating the loss. Zeros if the network fails. */
DSC_API dsc_cost dsc_evaluate_cost(dsc_node *root, size_t examples);

#endif
