/* pool.h - the extents of a pooling, whatever the engine, forward and back. */
#ifndef DESCENT_OPS_POOL_H
#define DESCENT_OPS_POOL_H

#include "ops/op.h"

/* Of images (batch, height, width, channels). A sequence is an image of height 1, and so is what is pooled
   globally, whatever its dimensions. */
typedef struct dsci_pool_shape {
    size_t batch, src[2], dst[2], channels; /* height, width */
    dsci_window window;
    bool count_padding;
} dsci_pool_shape;

/* Of a pooling node, forward or backward. */
dsci_pool_shape dsci_pool_shape_of(const dsci_node *node);

/* What lies inside the image of the window at position (y, x) of dst: at least one pixel. */
dsci_pool_window dsci_pool_window_of(const dsci_pool_shape *s, size_t y, size_t x);

/* What the average of a window divides by. */
size_t dsci_pool_divisor(const dsci_pool_shape *s, const dsci_pool_window *window);

#endif
