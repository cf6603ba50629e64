/* conv.h - the extents of a convolution, whatever the engine, forward and back. */
#ifndef DESCENT_OPS_CONV_H
#define DESCENT_OPS_CONV_H

#include "ops/ops.h"

/* Of images (batch, height, width, channels); a sequence is an image of height 1. */
typedef struct dsci_conv_shape {
    size_t batch, src[2], dst[2]; /* height, width */
    size_t channels, filters, groups;
    dsci_window window;
} dsci_conv_shape;

/* Of a conv node, forward or backward. */
dsci_conv_shape dsci_conv_shape_of(const dsci_node *node);

/* Elements of the window over one group's channels: the length of the sum behind an output. */
static inline size_t dsci_conv_depth(const dsci_conv_shape *s)
{
    return s->window.kernel[0] * s->window.kernel[1] * (s->channels / s->groups);
}

/* Positions that a window takes along a dimension; 0 if it does not fit. */
size_t dsci_window_positions(const dsci_window *window, size_t dimension, size_t src);

/* Where a window at dst position `at` reads with its element k; false: outside the image. */
static inline bool dsci_window_source(const dsci_window *window, size_t dimension, size_t at, size_t k,
                                      size_t size, size_t *source)
{
    const size_t place = at * window->stride[dimension] + k * window->dilation[dimension];
    *source = place - window->before[dimension];
    return place >= window->before[dimension] && *source < size;
}

#endif
