/* matmul.h - what the implementations of products of two tensors share. */
#ifndef DESCENT_OPS_MATMUL_H
#define DESCENT_OPS_MATMUL_H

#include "ops/broadcast.h"

/* As many matrices of dst (m x n) as there are items, each the sum of as many products op(a) op(b), op(a) m x
   k, op(b) k x n, as there are terms: of a forward product 1. Where op(a), op(b) are stored for an item and a
   term is the sum of their steps. */
typedef struct dsci_matmul {
    size_t m, n, k;
    size_t items, terms;
    dsci_broadcast item, term;
} dsci_matmul;

dsci_matmul dsci_matmul_of(const dsci_node *node);

#endif
