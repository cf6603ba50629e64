/* window.h - windows that move over images, of convolutions and poolings: where they are and what they read.
 */
#ifndef DESCENT_OPS_WINDOW_H
#define DESCENT_OPS_WINDOW_H

#include "ops/node.h"

/* Pixels of the padded image from a window's first element to its last, both included. */
static inline size_t dsci_window_reach(const dsci_window *window, size_t dimension)
{
    return (window->kernel[dimension] - 1) * window->dilation[dimension] + 1;
}

/* Positions that a window takes along a dimension of the image of length src; 0 if it does not fit. */
static inline size_t dsci_window_positions(const dsci_window *window, size_t dimension, size_t src)
{
    const size_t reach = dsci_window_reach(window, dimension);
    const size_t padded = src + window->before[dimension] + window->after[dimension];
    return padded < reach ? 0 : (padded - reach) / window->stride[dimension] + 1;
}

/* Where the window at position `at` of the output reads with its element k, along a dimension of the image of
   that size; false: outside the image. */
static inline bool dsci_window_source(const dsci_window *window, size_t dimension, size_t at, size_t k,
                                      size_t size, size_t *source)
{
    const size_t place = at * window->stride[dimension] + k * window->dilation[dimension];
    *source = place - window->before[dimension];
    return place >= window->before[dimension] && *source < size;
}

#endif
