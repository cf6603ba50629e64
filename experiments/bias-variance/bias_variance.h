/* bias_variance.h - the cases of the bias-variance experiment. */
#ifndef BIAS_VARIANCE_H
#define BIAS_VARIANCE_H

#include <descent.h>

extern const dsc_case bias_variance_polynomial, bias_variance_ridge, bias_variance_width;

#endif
