/* bias_variance.h - the cases of the bias-variance experiment. */
#ifndef BIAS_VARIANCE_H
#define BIAS_VARIANCE_H

#include <descent.h>

/* A decomposition's terms add up: the largest absolute residual of all cells. */
#define IDENTITY(sentence, residual)                                                                         \
    {                                                                                                        \
        .text = sentence, .expected = "0",                                                                   \
        .measured = { .output = residual, .statistic = DSC_STATISTIC_MAGNITUDE }, .low = 0, .high = 1e-10    \
    }

extern const dsc_case bias_variance_polynomial, bias_variance_ridge, bias_variance_width;

#endif
