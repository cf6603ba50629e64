/* gemm_blocks.c - products of few outputs over many rows, by blocks of the rows. */
#include "ops/gemm_blocks.h"

#include "ops/conv.h"

enum {
    MOST_PARTS = 16,
    LEAST_BLOCKS = 8,
    LEAST_FLOATS = 1 << 20, /* of both operands: they do not stay in the second-level cache */
    SUM_FLOATS = 4096       /* outputs that are worth a part of the finish */
};

static size_t blocks_of(const dsci_gemm *g)
{
    return (g->k + DSCI_GEMM_K_BLOCK - 1) / DSCI_GEMM_K_BLOCK;
}

/* Floats of a block's sums: of the weights, then of the bias. */
static size_t slot_of(const dsci_gemm *g)
{
    return (g->m * g->n + g->n + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES;
}

/* Sums are written once and read once: at most as much as the block reads. (us on two threads, beside parts
   that each go through all rows: 64 x 256 over 12544 rows 1680 and 2340; 256 x 64 over 16384 rows 1610 and
   2330.) */
bool dsci_gemm_by_blocks(const dsci_gemm *g)
{
    const double floats = ((double)g->m + (double)g->n) * (double)g->k;
    return g->transpose_a && !g->transpose_b && blocks_of(g) >= LEAST_BLOCKS && floats >= LEAST_FLOATS &&
           2 * (double)g->m * (double)g->n <= ((double)g->m + (double)g->n) * DSCI_GEMM_K_BLOCK;
}

static dsci_gemm block_problem(const dsci_gemm *whole)
{
    dsci_gemm block = *whole;
    block.k = DSCI_GEMM_K_BLOCK;
    block.ldc = whole->n;
    return block;
}

void dsci_gemm_book_blocks(const dsci_gemm *whole, dsci_booking *booking)
{
    const dsci_gemm block = block_problem(whole);
    booking->parts = dsci_conv_least(blocks_of(whole), MOST_PARTS);
    booking->finish_parts = dsci_conv_least(whole->m * whole->n / SUM_FLOATS + 1, MOST_PARTS);
    booking->scratch_bytes = blocks_of(whole) * slot_of(whole) * sizeof(float);
    booking->worker_bytes = dsci_gemm_workspace(&block) * sizeof(float);
}

void dsci_gemm_run_blocks(const dsci_operands *o, dsci_part part, const dsci_gemm *whole, bool bias)
{
    const dsci_range own = dsci_conv_piece(blocks_of(whole), part.index, o->node->booking.parts);
    dsci_gemm block = block_problem(whole);
    block.workspace = part.workspace;
    for (size_t i = own.first; i < own.first + own.count; i++) {
        const size_t start = i * DSCI_GEMM_K_BLOCK;
        block.k = dsci_conv_least(DSCI_GEMM_K_BLOCK, whole->k - start);
        block.a = whole->a + start * whole->lda;
        block.b = whole->b + start * whole->ldb;
        block.c = (float *)o->scratch + i * slot_of(whole);
        o->kernels->gemm(&block);
        if (bias)
            o->kernels->column_sums(block.c + whole->m * whole->n, block.b, block.k, whole->n, whole->ldb);
    }
}

void dsci_gemm_finish_blocks(const dsci_operands *o, dsci_part part, const dsci_gemm *whole, float *diff_bias)
{
    const float *slots = o->scratch;
    const size_t outputs = whole->m * whole->n;
    const dsci_range own = dsci_conv_piece(outputs, part.index, o->node->booking.finish_parts);
    dsci_conv_add_slots(o->kernels, slots + own.first, slot_of(whole), blocks_of(whole), own.count,
                        whole->c + own.first);
    if (diff_bias && part.index == 0)
        dsci_conv_add_slots(o->kernels, slots + outputs, slot_of(whole), blocks_of(whole), whole->n,
                            diff_bias);
}
