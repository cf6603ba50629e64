/* products.h - what layers that are one matrix product have in common: a product's parts, the packing before
 * them, and the gradient of the weights, which is a product too.
 */
#ifndef DESCENT_OPS_PRODUCTS_H
#define DESCENT_OPS_PRODUCTS_H

#include "ops/ops.h"

/* A product whose parts are pieces of c. Booked without operands; those of a large one are packed first, once
   for all parts. */
void dsci_product_book(const dsci_gemm *product, dsci_booking *booking);
void dsci_product_pack(const dsci_operands *o, dsci_part part, dsci_gemm product);
void dsci_product_run(const dsci_operands *o, dsci_part part, dsci_gemm product);

/* The gradient of the weights and of the bias: transposed a (k x m) times b (k x n), and the sums of b's
   columns in diff_bias, or NULL. Few weights over many rows go by blocks of DSCI_GEMM_K_BLOCK rows with sums
   of their own, which are added in their order when all are there: the bits of the whole product. */
void dsci_weights_product_book(const dsci_gemm *product, dsci_booking *booking);
void dsci_weights_product_run(const dsci_operands *o, dsci_part part, const dsci_gemm *product,
                              float *diff_bias);
void dsci_weights_product_finish(const dsci_operands *o, dsci_part part, const dsci_gemm *product,
                                 float *diff_bias);

/* dst[i] = slots[i] + slots[stride + i] + ..., so many slots in their order, for `count` elements. */
void dsci_add_slots(const dsci_kernels *kernels, const float *slots, size_t stride, size_t slot_count,
                    size_t count, float *dst);

#endif
