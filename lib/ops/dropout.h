/* dropout.h - which elements a dropout layer keeps in a step, whatever the engine, forward and back. */
#ifndef DESCENT_OPS_DROPOUT_H
#define DESCENT_OPS_DROPOUT_H

#include "ops/ops.h"

typedef struct dsci_dropout {
    dsc_rng rng;
    uint32_t major;       /* the step of the training */
    uint64_t first_block; /* the layer, in the high bits */
    uint32_t threshold;   /* rate 2^32: elements with a smaller random word are dropped */
    double inverse_keep;  /* what the others are multiplied by */
} dsci_dropout;

dsci_dropout dsci_dropout_of(const dsci_operands *operands);

#endif
