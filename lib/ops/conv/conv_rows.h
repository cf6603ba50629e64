/* conv_rows.h - rows of padded images, laid out when they are first asked for and kept for a while, so that
 * windows are read where they lie. */
#ifndef DESCENT_OPS_CONV_ROWS_H
#define DESCENT_OPS_CONV_ROWS_H

#include "ops/conv/conv_pixels.h"

/* The memory of padded rows of images, of some of their channels. A padded row starts at the first column
   that a window reaches, which may be padding, and ends at the last. */
typedef struct dsci_conv_layout {
    size_t channels; /* of a pixel, at most */
    size_t columns;  /* pixels of a row */
    size_t pitch;    /* floats from one row to the next, whole vectors */
    size_t slots;    /* rows kept */
    bool in_place;   /* rows of the image serve as they are, without a copy; only a row of zeros is kept */
} dsci_conv_layout;

/* Floats in whole vectors that hold `words` pointers or sizes. */
static inline size_t dsci_conv_words(size_t words)
{
    return dsci_vector_floats(words * (sizeof(size_t) / sizeof(float)));
}

/* For `pixels` pixels of the output at a time, whose windows' rows are all there together. */
dsci_conv_layout dsci_conv_layout_of(const dsci_conv_shape *s, size_t channels, size_t pixels);

/* Rows of the output that `pixels` pixels in their order lie in, at most: they may start within a row. */
size_t dsci_conv_rows_of(const dsci_conv_shape *s, size_t pixels);

/* Rows of one batch of images; the memory is the caller's. */
typedef struct dsci_conv_rows {
    const dsci_kernels *kernels;
    const dsci_conv_shape *shape;
    dsci_conv_layout layout;
    const float *src; /* the first of the channels, of the first pixel */
    size_t channels;  /* of a pixel: how many there are */
    float *floats;    /* dsci_conv_rows_floats() */
} dsci_conv_rows;

size_t dsci_conv_rows_floats(const dsci_conv_layout *layout);

/* Marks all slots as empty and fills the row of zeros: to be called before the first row is asked for. */
void dsci_conv_rows_clear(const dsci_conv_rows *rows);

/* The padded row made of the image's row `src`: from its slot if it is still there, else laid out anew. */
const float *dsci_conv_kept_row(const dsci_conv_rows *rows, const float *src, size_t example, size_t row);

/* The row of an example, counted from the first that a window reaches: `channels` floats a pixel. */
static inline const float *dsci_conv_row(const dsci_conv_rows *rows, size_t example, size_t row)
{
    const dsci_conv_shape *s = rows->shape;
    const size_t y = row - s->window.before[0];
    if (row < s->window.before[0] || y >= s->src[0])
        return rows->floats;
    const float *src = rows->src + (example * s->src[0] + y) * s->src[1] * s->channels;
    return rows->layout.in_place ? src : dsci_conv_kept_row(rows, src, example, row);
}

#endif
