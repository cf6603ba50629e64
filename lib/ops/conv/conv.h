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

/* Of a conv node, forward or backward. */
dsci_conv_shape dsci_conv_shape_of(const dsci_node *node);

/* Elements of the window over one group's channels: the length of the sum behind an output. */
static inline size_t dsci_conv_depth(const dsci_conv_shape *s)
{
    return s->window.kernel[0] * s->window.kernel[1] * (s->channels / s->groups);
}

/* How a convolution is cut into parts: groups of examples, and of a single example bands of rows. Large
 * batches are cut where all steps cut them, so that a thread goes on with its examples; of small ones each
 * image is cut as far as the work is worth it. A function of the shape. */
typedef struct dsci_conv_cut {
    bool by_batch;           /* parts are the shards of the batch */
    size_t examples, groups; /* examples in each group but the last; groups */
    size_t bands;            /* of each group; more than 1: a group is one example */
} dsci_conv_cut;

/* rows, pixels: of the images that are cut, those that the parts write. */
dsci_conv_cut dsci_conv_cut_of(const dsci_node *node, size_t rows, size_t pixels);

/* Pixels of the output, of the whole batch. */
static inline size_t dsci_conv_pixels(const dsci_conv_shape *s)
{
    return s->batch * s->dst[0] * s->dst[1];
}

/* Blocks of DSCI_GEMM_K_BLOCK pixels, by which gradients of weights are added up. */
static inline size_t dsci_conv_blocks(const dsci_conv_shape *s)
{
    return (dsci_conv_pixels(s) + DSCI_GEMM_K_BLOCK - 1) / DSCI_GEMM_K_BLOCK;
}

/* A part of a convolution: some examples, or a band of one, as a convolution of its own. */
typedef struct dsci_conv_band {
    dsci_range examples, src, dst; /* src, dst: rows */
    size_t before;                 /* padding above them */
} dsci_conv_band;

/* Part of a cut by rows of dst, with the rows of src that its windows reach; by rows of src, with the rows of
 * dst whose windows reach them. Padding is less than the window. */
dsci_conv_band dsci_conv_band_of_dst(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part);
dsci_conv_band dsci_conv_band_of_src(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part);

#endif
