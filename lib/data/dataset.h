/* dataset.h - what readers of data sets share. */
#ifndef DESCENT_DATA_DATASET_H
#define DESCENT_DATA_DATASET_H

#include <descent/data.h>

/* What bytes of pixels stand for: 0..1. One group of levels, in the scope. */
const double *dsci_byte_levels(dsc_scope *scope);

#endif
