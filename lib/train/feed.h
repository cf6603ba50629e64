/* feed.h - bringing examples to a plan. */
#ifndef DESCENT_TRAIN_FEED_H
#define DESCENT_TRAIN_FEED_H

#include <descent/hash.h>
#include <descent/train.h>

#include "graph/model.h"

/* A tensor that a plan reads from outside, and the column that it takes. */
typedef struct dsci_port {
    dsc_column column;
    size_t width;      /* values an example, of 4 bytes each when they are fed: float or int32 */
    bool in_place;     /* neighbouring examples are read where they lie */
    const void *fixed; /* unbatched: its values, as the plan reads them; else NULL */
    void *gathered;    /* rows of a batch, put together; NULL: they are always read in place */
    double *wide;      /* rows of a batch for a model in double; NULL for other models and for integers */
} dsci_port;

/* Memory of one batch, and where the examples are. Ports are in the order of the plan's inputs, then of what
   it expects. The threads copy fixed ranges of rows: no bit depends on their number. */
typedef struct dsci_feed {
    dsci_port *ports;
    size_t count;
    const dsc_augmentation *augmentation; /* of gathered rows; NULL: none */
    const dsci_port *augmented;
    float *row; /* of each thread: an example before it is augmented, if it is of bytes */
    int threads;
} dsci_feed;

typedef struct dsci_feed_options {
    const dsc_examples *examples;
    size_t rows;                          /* of a batch, at most */
    bool gathers;                         /* rows come in the order of an index */
    const dsc_augmentation *augmentation; /* NULL: none */
    const char *what;                     /* who asks, for messages */
} dsci_feed_options;

/* A feed of the examples to plans of this one's root, its memory in the scope. Fails the model's scope if
   they do not fit. */
dsc_status dsci_feed_make(dsc_scope *scope, dsci_feed *feed, const dsc_model *model,
                          const dsci_execution *plan, const dsci_feed_options *options);

/* Whether the integers of some examples are classes that the model's losses know, or words of its
   vocabularies. Fails the model's scope. */
dsc_status dsci_feed_check(const dsci_feed *feed, const dsc_model *model, const dsci_execution *plan,
                           size_t first, size_t count, const char *what);

/* Examples of a batch: those from first on, or those that the index names. epoch counts the draws of
   augmentation. */
typedef struct dsci_batch {
    size_t first;
    const uint32_t *index;
    uint32_t epoch;
} dsci_batch;

/* How many threads it is worth to bring a batch to the plan. */
int dsci_feed_threads(const dsci_feed *feed, const dsci_execution *plan, const dsci_batch *batch);

/* Has the plan read the batch, which the threads of a region copy and convert as far as it must be. */
void dsci_feed_batch(const dsci_feed *feed, dsci_execution *plan, const dsci_batch *batch,
                     dsci_region region);

/* Digest of count examples of a port, as they are fed to a model in single precision. Memory in the scope. */
dsc_digest dsci_port_digest(dsc_scope *scope, const dsci_port *port, size_t count);

#endif
