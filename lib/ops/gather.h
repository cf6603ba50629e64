/* gather.h - rows of tables by integers: what the engines share. */
#ifndef DESCENT_OPS_GATHER_H
#define DESCENT_OPS_GATHER_H

#include "ops/op.h"

/* Each of `examples` examples takes `places` rows of `columns` values from a table of `rows` rows. Steps are
   the elements from one example to the next: 0 where all have the same. */
typedef struct dsci_gather {
    size_t examples, places, rows, columns;
    size_t index_step, table_step;
} dsci_gather;

/* Of both ops. */
dsci_gather dsci_gather_of(const dsci_node *node);

#endif
