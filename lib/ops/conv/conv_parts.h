/* conv_parts.h - how convolutions are cut into parts, and what each part is. */
#ifndef DESCENT_OPS_CONV_PARTS_H
#define DESCENT_OPS_CONV_PARTS_H

#include "ops/conv/conv.h"

enum { DSCI_CONV_PANEL = 32 /* filters, or channels, that are multiplied together */ };

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

/* A part of a convolution: some examples, or a band of one, as a convolution of its own. */
typedef struct dsci_conv_band {
    dsci_range examples, src, dst; /* src, dst: rows */
    size_t before;                 /* padding above them */
} dsci_conv_band;

/* Part of a cut by rows of dst, with the rows of src that its windows reach; by rows of src, with the rows of
 * dst whose windows reach them. Padding is less than the window. */
dsci_conv_band dsci_conv_band_of_dst(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part);
dsci_conv_band dsci_conv_band_of_src(const dsci_conv_shape *s, const dsci_conv_cut *cut, size_t part);

/* A part of a product over all pixels of the batch: some of them, and some of the columns. */
typedef struct dsci_conv_block {
    dsci_range pixels, columns;
} dsci_conv_block;

/* Of a product (pixels x depth) by (depth x columns). */
dsci_conv_block dsci_conv_block_of(const dsci_operands *o, const dsci_conv_shape *s, size_t depth,
                                   size_t columns, size_t part);

/* Books the parts. */
void dsci_conv_book_product(const dsci_node *node, dsci_booking *booking, size_t depth, size_t columns);

/* Bytes of a sum for each weight and each block of pixels, by which the gradient of the weights may be cut
   into parts; 0: the blocks are too few, or their sums a waste of memory. */
size_t dsci_conv_block_sums_bytes(const dsci_conv_shape *s);

/* Part p of finish, where scratch memory holds such sums: some of the weights in out[0] = their sums, added
   in the order of the blocks. */
void dsci_conv_add_block_sums(const dsci_operands *o, const dsci_conv_shape *s, dsci_part part);

#endif
