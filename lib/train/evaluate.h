/* evaluate.h - passing over examples without training. */
#ifndef DESCENT_TRAIN_EVALUATE_H
#define DESCENT_TRAIN_EVALUATE_H

#include "train/feed.h"

/* Plans and memory for one pass after another over the same examples. */
typedef struct dsci_evaluation {
    size_t count, batch;
    dsci_execution *full, *rest; /* of batch examples, and of what is left after them */
    dsci_feed feed;
    dsc_scope *scope; /* of the model, which may be to stop */
} dsci_evaluation;

/* Examples of a batch in evaluation, by the network that a plan, of any batch, computes. */
size_t dsci_evaluation_rows(const dsci_execution *plan);

/* For the value of root, a tensor of the network, in evaluation or sampling. Memory in the scope; errors in
 * that of the model. False if it cannot be. */
bool dsci_evaluation_make(dsc_scope *scope, dsci_evaluation *evaluation, dsc_model *model,
                          const dsci_tensor *root, dsci_mode mode, const dsc_examples *data,
                          const char *what);

/* Runs the plan of the examples from first on; returns it. */
dsci_execution *dsci_evaluation_batch(const dsci_evaluation *evaluation, size_t first);

/* The root's loss, by those that it is the sum of. */
double dsci_total_loss(const dsci_execution *plan, const dsc_loss_value *losses);

/* Loss and error rate over all examples; of an evaluation of the model's loss. NaN if the model's scope was
   to stop. Allocates nothing. */
dsc_metrics dsci_evaluation_metrics(const dsci_evaluation *evaluation);

#endif
