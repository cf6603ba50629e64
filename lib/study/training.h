/* training.h - what training a cell's network and telling its cost have in common. */
#ifndef DESCENT_STUDY_TRAINING_H
#define DESCENT_STUDY_TRAINING_H

#include <descent/study.h>

/* Steps of one epoch, and of the whole training if nothing ends it early. */
typedef struct dsci_training_length {
    size_t epoch_steps;
    double steps; /* infinite if neither epochs nor steps say how many */
} dsci_training_length;

dsci_training_length dsci_training_length_of(const dsc_cell_training *training, size_t examples);

#endif
