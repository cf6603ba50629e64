/* image_classification.h - what the files of the experiment share. */
#ifndef IMAGE_CLASSIFICATION_H
#define IMAGE_CLASSIFICATION_H

#include <descent.h>

/* Generated pictures of 28 x 28, for want of files: the ten digits as a seven-segment display shows them, of
   random size, slant and stroke, turned, moved and noised. One picture depends on the seed and its number
   alone; the last fifth tests. */
dsc_split glyphs_make(dsc_scope *scope, size_t count, uint64_t seed);

enum { PICTURE_SIDE = 132, PICTURE_TILES = 4 }; /* of an output over rows and columns */

/* Leaves the first convolution's filters, each the mean over its input channels, as output "filters", and
   what they make of the first image (height x width x channels), the image itself before them, as output
   "responses": tiles side by side, nothing between them. Networks without a convolution leave nothing. */
void pictures_put(dsc_cell *cell, dsc_model *model, const dsc_column *images, size_t height, size_t width,
                  size_t channels);

#endif
