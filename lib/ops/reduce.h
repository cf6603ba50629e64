/* reduce.h - sums, means and maxima over neighbouring dimensions of a tensor. */
#ifndef DESCENT_OPS_REDUCE_H
#define DESCENT_OPS_REDUCE_H

#include "ops/op.h"

/* The tensor that is reduced as (outer, count, inner), what it is reduced to as (outer, inner). */
typedef struct dsci_reduce_extents {
    size_t outer, count, inner;
} dsci_reduce_extents;

/* Of both ops. */
dsci_reduce_extents dsci_reduce_extents_of(const dsci_node *node);

#endif
