/* noise.h - what the noise layers draw, whatever the engine, forward and back. */
#ifndef DESCENT_OPS_NOISE_H
#define DESCENT_OPS_NOISE_H

#include "ops/op.h"

/* Standard normals for the elements first..first + count - 1 of the batch. */
void dsci_noise_normals(const dsci_operands *operands, size_t first, size_t count, double *dst);

/* The deviation of gaussian dropout's factor from 1. */
double dsci_noise_factor_deviation(double rate);

/* Alpha dropout: a kept x becomes scale x + shift, a dropped one is `dropped`. */
typedef struct dsci_alpha_dropout {
    double scale, shift, dropped;
} dsci_alpha_dropout;
dsci_alpha_dropout dsci_alpha_dropout_of(double rate);

#endif
