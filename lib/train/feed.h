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

/* Has the plan read the examples from first on. */
void dsci_feed_rows(const dsci_feed *feed, dsci_execution *plan, size_t first);

/* Has the plan read the examples index[0..]; epoch counts the draws of augmentation. */
void dsci_feed_gather(const dsci_feed *feed, dsci_execution *plan, const uint32_t *index, uint32_t epoch);

/* Digest of count examples of a port, as they are fed to a model in single precision. Memory in the scope. */
dsc_digest dsci_port_digest(dsc_scope *scope, const dsci_port *port, size_t count);

#endif
