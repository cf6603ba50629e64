/* conv.h - the extents of a convolution, whatever the engine, forward and back. */
#ifndef DESCENT_OPS_CONV_H
#define DESCENT_OPS_CONV_H

#include "ops/op.h"
#include "ops/window.h"

/* Of images (batch, height, width, channels); a sequence is an image of height 1. */
typedef struct dsci_conv_shape {
    size_t batch, src[2], dst[2]; /* height, width */
    size_t channels, filters, groups;
    dsci_window window;
} dsci_conv_shape;

/* Of a conv node, forward or backward. A transposed convolution is the gradient of one by its input: src is
   what it makes, dst what it is given. */
dsci_conv_shape dsci_conv_shape_of(const dsci_node *node);

/* Whether the node computes src from dst: the gradient of a convolution's input, or a transposed convolution.
 */
static inline bool dsci_conv_is_by_src(const dsci_node *node)
{
    return node->op == &dsci_op_conv_backward_data || node->op == &dsci_op_conv_transposed;
}

/* Elements of the window over one group's channels: the length of the sum behind an output. */
static inline size_t dsci_conv_depth(const dsci_conv_shape *s)
{
    return s->window.kernel[0] * s->window.kernel[1] * (s->channels / s->groups);
}

/* Pixels of the output, of the whole batch. */
static inline size_t dsci_conv_pixels(const dsci_conv_shape *s)
{
    return s->batch * s->dst[0] * s->dst[1];
}

/* Blocks of DSCI_GEMM_K_BLOCK pixels, by which gradients of weights are added up. */
static inline size_t dsci_conv_blocks(const dsci_conv_shape *s)
{
    return dsci_ceiling(dsci_conv_pixels(s), DSCI_GEMM_K_BLOCK);
}

#endif
