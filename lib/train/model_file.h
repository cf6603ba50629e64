/* model_file.h - a model's vectors as arrays of a file. */
#ifndef DESCENT_TRAIN_MODEL_FILE_H
#define DESCENT_TRAIN_MODEL_FILE_H

#include "graph/model.h"
#include "record/container.h"

/* The slice's shape as a file has it: with as many lengths as are not 0. */
dsci_container_array dsci_slice_array(const dsc_model *model, const char *name, const dsc_slice *slice);

/* Reads an array into the slice of a copy of a vector; the shape must be the slice's, else the layer and both
   shapes are named in the container's scope. */
bool dsci_slice_read(const dsci_container *container, const dsc_model *model, const dsc_slice *slice,
                     const char *name, void *vector);

#endif
