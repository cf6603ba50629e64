/* cos_sin.h - cosine and sine at each instruction-set level. */
#ifndef DESCENT_LINALG_COS_SIN_H
#define DESCENT_LINALG_COS_SIN_H

#include <stddef.h>

/* Either destination may be NULL. */
typedef void dsci_cos_sin_fn(const double *angles, double *cosines, double *sines, size_t n);

dsci_cos_sin_fn dsci_cos_sin_scalar, dsci_cos_sin_avx2, dsci_cos_sin_avx512;

#endif
