/* feed.h - bringing examples to a plan. */
#ifndef DESCENT_TRAIN_FEED_H
#define DESCENT_TRAIN_FEED_H

#include <descent/train.h>

#include "graph/model.h"

/* A batch: x (rows, features) and labels or targets. */
typedef struct dsci_batch {
    const float *x;
    const void *expected;
} dsci_batch;

/* Buffers in double for models that compute in it; empty for others. */
typedef struct dsci_feed {
    double *x, *targets;
} dsci_feed;

/* Whether the model can be given such examples; what says who asks, for the message. */
dsc_status dsci_examples_check(const dsc_model *model, dsci_plan *plan, const dsc_examples *examples,
                               const char *what);

/* Whether the labels are classes that the model's loss knows. */
dsc_status dsci_labels_check(const dsc_model *model, dsci_plan *plan, const int32_t *labels, size_t count,
                             const char *what);

dsc_status dsci_feed_make(dsc_scope *scope, dsci_feed *feed, dsci_plan *plan);

/* Runs the plan on a batch of its size. */
void dsci_feed_run(const dsci_feed *feed, dsci_plan *plan, dsci_batch batch);

#endif
