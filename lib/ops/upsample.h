/* upsample.h - which pixels of the input a pixel of an upsampled image is made of, whatever the engine. */
#ifndef DESCENT_OPS_UPSAMPLE_H
#define DESCENT_OPS_UPSAMPLE_H

#include "ops/op.h"

/* Of images (batch, height, width, channels); a sequence is an image of width 1. */
typedef struct dsci_upsample_shape {
    size_t batch, src[2], dst[2], channels; /* height, width */
    bool bilinear, align_corners;
} dsci_upsample_shape;

/* Of an upsampling node, forward or backward. */
dsci_upsample_shape dsci_upsample_shape_of(const dsci_node *node);

/* Where position `at` of dst lies along a dimension of src: dst = (1 - part) src[low] + part src[high]. */
typedef struct dsci_upsample_place {
    size_t low, high;
    double part;
} dsci_upsample_place;

dsci_upsample_place dsci_upsample_place_of(const dsci_upsample_shape *s, size_t dimension, size_t at);

#endif
