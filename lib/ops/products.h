/* products.h - what layers that are one matrix product have in common: a product's parts, the packing before
 * them, and the gradient of the weights, which is a product too.
 */
#ifndef DESCENT_OPS_PRODUCTS_H
#define DESCENT_OPS_PRODUCTS_H

#include "ops/op.h"

/* A product whose parts are pieces of c. Booked without operands; those of a large one are packed first, once
   for all parts. */
void dsci_product_book(const dsci_gemm *product, dsci_booking *booking);
void dsci_product_pack(const dsci_operands *o, dsci_part part, dsci_gemm product);
void dsci_product_run(const dsci_operands *o, dsci_part part, dsci_gemm product);

/* The gradient of the weights in out[0], transposed a (k x m) times b (k x n), and of the bias in out[1]. Few
   weights over many rows go by blocks of DSCI_GEMM_K_BLOCK rows with sums of their own, which are added in
   their order when all are there: the bits of the whole product. */
void dsci_weights_product_book(const dsci_gemm *product, dsci_booking *booking);
void dsci_weights_product_run(const dsci_operands *o, dsci_part part, const dsci_gemm *product);
void dsci_weights_product_finish(const dsci_operands *o, dsci_part part, const dsci_gemm *product);

/* The gradient of the bias in some of the columns, if the node has one: out[1] = the sums of the columns of
   in[1] (rows x units). */
void dsci_sum_bias(const dsci_operands *o, dsci_range columns, size_t rows, size_t units);

/* dst[i] = slots[i] + slots[stride + i] + ..., slot_count slots in their order, for `count` elements. */
void dsci_add_slots(const dsci_kernels *kernels, const float *slots, size_t stride, size_t slot_count,
                    size_t count, float *dst);

#endif
