/* feed.h - bringing examples to a plan. */
#ifndef DESCENT_TRAIN_FEED_H
#define DESCENT_TRAIN_FEED_H

#include <descent/train.h>

#include "graph/model.h"

/* What a plan may read from outside: real-valued examples, integers, and what its loss compares with. */
typedef enum dsci_port_id { DSCI_PORT_X = 0, DSCI_PORT_TOKENS, DSCI_PORT_EXPECTED, DSCI_PORTS } dsci_port_id;

typedef struct dsci_port {
    const void *values; /* of all examples, each of 4 bytes: float or int32 */
    size_t width;       /* values an example; 0: the plan does not read it */
    bool integers;
    void *gathered; /* rows of a batch, put together; NULL: they are read where they lie */
    double *wide;   /* rows of a batch for a model in double; NULL for other models and for integers */
} dsci_port;

/* Memory of one batch, and where the examples are. The threads copy fixed ranges of rows: no bit depends on
   their number. */
typedef struct dsci_feed {
    dsci_port ports[DSCI_PORTS];
    const dsc_augmentation *augmentation; /* of gathered rows of x; NULL: none */
    int threads;
} dsci_feed;

/* Whether the model can be given such examples; what says who asks, for the message. */
dsc_status dsci_examples_check(const dsc_model *model, const dsci_execution *plan,
                               const dsc_examples *examples, const char *what);

/* Whether count examples' labels are classes that the model's loss knows, their tokens words of the
 * vocabulary. */
dsc_status dsci_labels_check(const dsc_model *model, const dsci_execution *plan, const int32_t *labels,
                             size_t count, const char *what);
dsc_status dsci_tokens_check(const dsc_model *model, const dsci_execution *plan, const int32_t *tokens,
                             size_t count, const char *what);

/* A feed for batches of at most rows examples to plans of this one's root, its memory in the scope; gathers:
   rows come in the order of an index. */
dsc_status dsci_feed_make(dsc_scope *scope, dsci_feed *feed, const dsc_model *model,
                          const dsci_execution *plan, size_t rows, bool gathers);

/* Where the examples are. They have been checked. */
void dsci_feed_from(dsci_feed *feed, const dsc_examples *examples);

/* Has the plan read the examples from first on. */
void dsci_feed_rows(const dsci_feed *feed, dsci_execution *plan, size_t first);

/* Has the plan read the examples index[0..]; epoch counts the draws of augmentation. */
void dsci_feed_gather(const dsci_feed *feed, dsci_execution *plan, const uint32_t *index, uint32_t epoch);

#endif
