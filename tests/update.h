/* update.h - an update of parameters on a number of threads. */
#ifndef DESCENT_TESTS_UPDATE_H
#define DESCENT_TESTS_UPDATE_H

#include "nn/optimizer.h"

struct update {
    dsci_optimizer_state *optimizer;
    void *parameters, *gradients;
};

static inline void update_in(void *user, dsci_region region)
{
    const struct update *u = user;
    dsci_optimizer_update(u->optimizer, u->parameters, u->gradients, region);
}

static inline void update_on(dsci_optimizer_state *optimizer, void *parameters, void *gradients, int threads)
{
    dsci_region_run(threads, update_in, &(struct update){ optimizer, parameters, gradients });
}

#endif
