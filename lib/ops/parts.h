/* parts.h - how the work of a node is cut into parts, which are what threads share. A cut is a function of
 * the node's shape alone, never of the number of threads. Limits of all cuts stand in one table; the geometry
 * of convolutions is in conv/conv_parts.h, which reads it.
 */
#ifndef DESCENT_OPS_PARTS_H
#define DESCENT_OPS_PARTS_H

#include "base/sizes.h"
#include "kernels/kernels.h"
#include "ops/node.h"

/* --- Limits --- */

/* What bounds the cuts. Values, and the measurement that chose each, in parts.c. */
typedef struct dsci_part_limits {
    double flops;          /* arithmetic of a part: enough to make handing it out negligible */
    size_t elements;       /* elements of a part of a step that computes them one by one */
    size_t rows_of_tables; /* rows of an embedding's gradient in a part, at least */

    /* A matrix product (m x k) by (k x n): parts are the fields of a grid over its m x n outputs. */
    struct {
        size_t most;           /* parts */
        size_t enough;         /* parts: of grids with as many, the one that reads least is taken */
        size_t group_rows;     /* rows between two lines of the grid where a cut may be */
        size_t narrow_panels;  /* panels of columns of an output, at most, that is cut by rows alone */
        double cost_of_b;      /* of reading and packing an element of b, in readings of one of a, */
        double cost_by_strips; /* and where the product goes by strips of rows */
        double shared_flops;   /* products as large, */
        size_t shared_side;    /* with m and n as large */
        size_t shared_depth;   /* and k, have their operands packed once for all parts, */
        size_t packed_floats;  /* in pieces of about as many floats */
    } product;

    /* A product of few outputs over many rows: parts are blocks of rows with sums of their own. */
    struct {
        size_t least_blocks; /* of DSCI_GEMM_K_BLOCK rows */
        size_t least_floats; /* of both operands */
        size_t sum_floats;   /* outputs of a part of the final addition */
    } row_blocks;

    /* A convolution's images: parts are examples, or bands of rows of one. */
    struct {
        size_t enough_shards;   /* shards of the batch that need no other cut */
        size_t band_pixels;     /* pixels of a band */
        size_t least_pixels;    /* the same where there would be fewer parts than enough_shards */
        double depthwise_flops; /* arithmetic of a part, of channels each by themselves */
    } images;

    /* A convolution as a product over the pixels of a small batch: parts are pixels by columns. */
    struct {
        size_t least;         /* pixels of a part */
        size_t least_cut;     /* pixels of a part where columns are cut, too: */
        size_t large_weights; /* where weights have as many elements, */
        size_t columns;       /* they are cut by at least as many columns, */
        size_t most_columns;  /* into at most as many parts */
    } pixels;

    /* The gradient of a convolution's input: a row of the windows after the other. */
    struct {
        size_t most_row;          /* elements of a row of a window; longer rows are cut by channels, */
        size_t channels;          /* by as many of them, */
        size_t least_pixels;      /* in parts of at least as many pixels */
        size_t narrow_row;        /* shorter rows go with their whole window */
        size_t tile_floats;       /* of a tile of gradients of windows */
        size_t transposed_floats; /* weights of a part of their transposition */
    } window_rows;

    /* The gradient of a convolution's weights: parts are strips of channels by filters, or blocks of pixels.
     */
    struct {
        size_t most;       /* parts */
        size_t least;      /* with fewer parts narrower columns of filters, or blocks of pixels, are taken */
        size_t filters;    /* of a part */
        size_t most_bytes; /* of all blocks' sums of the weights */
        size_t least_blocks;
        size_t sum_floats; /* weights of a part of the final addition */
    } strips;

    /* The gradient of the weights of channels each by themselves: parts are vectors of channels. */
    struct {
        size_t enough;                      /* parts: else blocks of pixels are taken */
        size_t least_vectors, most_vectors; /* of a part */
    } channels;

    /* Recurrent layers: parts are groups of examples that go through the steps together, and for the weights
       squares of their gradients. */
    struct {
        size_t groups;      /* of a batch, if that makes them no larger than DSCI_MOST_GROUP examples */
        size_t side;        /* rows and columns of a square */
        size_t onednn_rows; /* examples times steps of oneDNN's products, about */
    } recurrent;

    /* oneDNN's primitives, each over a fixed share of the work. */
    struct {
        double dense_flops;    /* arithmetic of a part of a dense layer */
        size_t dense_columns;  /* what its columns are a multiple of */
        size_t reorder_parts;  /* of a reorder of weights, at most, */
        size_t reorder_floats; /* each of as many weights at least */
        size_t sum_floats;     /* additions of a part of the final sum */
        size_t products;       /* multiplications and additions of a part for each weight, */
        size_t small_products; /* and where a small batch would make fewer than `least` parts */
        size_t least;
        size_t filters;     /* of a part, where a gradient of weights is cut by them, */
        size_t filter_step; /* in multiples of which */
        size_t most_small;  /* parts of a small batch */
    } onednn;
} dsci_part_limits;

extern const dsci_part_limits dsci_limits;

/* Parts of a step at most, unless the limits say otherwise. */
enum { DSCI_MOST_PARTS = 16 };

/* How many parts of that size the work is worth, rounded down, at most `most`. */
size_t dsci_parts_worth(double work, double part, size_t most);

/* --- Elements and columns --- */

/* For implementations whose parts are the shards of the batch. */
dsc_status dsci_book_shards(dsc_scope *scope, dsci_node *node, dsci_booking *booking);

/* For those that go through the elements of their output one by one: the shards of the batch, or, where there
   is but one and it is large, pieces of it. */
dsc_status dsci_book_elements(dsc_scope *scope, dsci_node *node, dsci_booking *booking);

/* Part p's elements of a tensor that has as many as the output. */
dsci_range dsci_part_elements(const dsci_node *node, const dsci_tensor *tensor, size_t part);

/* Pieces that `elements` elements of a single shard are worth; 1: it stays whole. */
size_t dsci_element_parts(const dsci_node *node, size_t elements);

/* Part p's columns of an even division of `columns` columns in whole vectors. */
dsci_range dsci_whole_vectors(size_t columns, size_t part, size_t parts);

/* The same in whole panels of `panel` columns. */
dsci_range dsci_whole_panels(size_t columns, size_t panel, size_t part, size_t parts);

/* --- Matrix products --- */

/* How many parts a problem is worth cutting into. Every part needs a workspace of the whole problem's size.
   No bit of the result depends on the cuts. */
size_t dsci_gemm_parts(const dsci_gemm *problem);

/* Part 0..dsci_gemm_parts()-1 of a problem: some of the rows and columns of c. */
dsci_gemm dsci_gemm_part(const dsci_gemm *problem, size_t part);

/* Whether a problem is so large that its parts had better share packed operands. */
bool dsci_gemm_shares(const dsci_gemm *problem);

/* The pieces in which shared operands are packed, in any order, before the first part is run. */
size_t dsci_gemm_pack_parts(const dsci_gemm *problem);
dsci_gemm_piece dsci_gemm_piece_of(const dsci_gemm *problem, size_t part);

#endif
