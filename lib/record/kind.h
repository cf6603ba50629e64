/* kind.h - which of our files, or whose, an HDF5 file is: for messages where another was expected. */
#ifndef DESCENT_RECORD_KIND_H
#define DESCENT_RECORD_KIND_H

#include "record/hdf5_file.h"

/* Fails the scope if an open file is of another kind than expected: what it is, and what reads it. */
void dsci_kind_expect(dsc_scope *scope, const char *path, dsci_h5_file *file, dsc_file_kind expected);

#endif
