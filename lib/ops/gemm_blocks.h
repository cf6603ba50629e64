/* gemm_blocks.h - gradients of few weights over many rows: op(a) b of few outputs, each a long sum. Parts are
 * blocks of DSCI_GEMM_K_BLOCK rows with sums of their own, which are added in their order when all are there:
 * the bits of the whole product. */
#ifndef DESCENT_OPS_GEMM_BLOCKS_H
#define DESCENT_OPS_GEMM_BLOCKS_H

#include "ops/ops.h"

/* Whether a product is worth it; depends on the shape only. */
bool dsci_gemm_by_blocks(const dsci_gemm *whole);

void dsci_gemm_book_blocks(const dsci_gemm *whole, dsci_booking *booking);

/* Parts of run and of finish. bias: the sums of the columns of b are wanted as well, block by block;
   diff_bias is where they go, or NULL. */
void dsci_gemm_run_blocks(const dsci_operands *o, dsci_part part, const dsci_gemm *whole, bool bias);
void dsci_gemm_finish_blocks(const dsci_operands *o, dsci_part part, const dsci_gemm *whole,
                             float *diff_bias);

/* dst[i] = slots[i] + slots[stride + i] + ..., so many slots in their order, for `count` elements. */
void dsci_add_slots(const dsci_kernels *kernels, const float *slots, size_t stride, size_t slot_count,
                    size_t count, float *dst);

#endif
