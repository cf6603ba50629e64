/* unit.h - rows of length 1. */
#ifndef DESCENT_EMBED_UNIT_H
#define DESCENT_EMBED_UNIT_H

#include <stddef.h>

/* dst (count, dimension) = rows of src divided by their lengths; a row of zeros stays. */
void dsci_unit_rows(float *dst, const float *src, size_t count, size_t dimension);

#endif
