/* width.h - what the files of the width case share. */
#ifndef WIDTH_H
#define WIDTH_H

#include "bias_variance.h"

size_t width_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);

#endif
