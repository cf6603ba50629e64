/* optimizer.h - update rules over flat vectors. */
#ifndef DESCENT_TRAIN_OPTIMIZER_H
#define DESCENT_TRAIN_OPTIMIZER_H

#include <stdint.h>

#include <descent/nn.h>

/* A rule with its memory. The vectors are of elements reals of the given type. */
typedef struct dsci_optimizer {
    dsc_optimizer options; /* defaults filled in */
    dsc_dtype dtype;
    size_t elements;
    void *first, *second;            /* moments, from 0; NULL if the rule has none */
    double beta1_power, beta2_power; /* beta^t: products, not pow(), to have the same bits everywhere */
} dsci_optimizer;

/* Checks the options and allocates the moments in the scope. */
dsc_status dsci_optimizer_make(dsc_scope *scope, dsci_optimizer *optimizer, const dsc_optimizer *options,
                               dsc_dtype dtype, size_t elements);

/* One update of the parameters by the gradients. */
void dsci_optimizer_update(dsci_optimizer *optimizer, void *parameters, const void *gradients);

#endif
