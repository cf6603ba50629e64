/* cases.c - bias and variance: why a model errs, measured over many training sets. */
#include "bias_variance.h"

static const dsc_case *const cases[] = { &bias_variance_polynomial, &bias_variance_ridge,
                                         &bias_variance_width, NULL };

const dsc_experiment bias_variance_experiment = {
    .name = "bias-variance",
    .summary = "Error split into squared bias, variance and noise, over many training sets",
    .reference = "Geman, Bienenstock and Doursat, Neural Computation 4(1), 1992",
    .cases = cases,
    .version = "1",
};
