/* products.c - the parts of a matrix product: pieces of c, or, of few outputs over many rows, blocks of
 * those. */
#include "ops/products.h"

#include <string.h>

/* --- Pieces of c --- */

void dsci_product_book(const dsci_gemm *product, dsci_booking *booking)
{
    const bool shares = dsci_gemm_shares(product);
    booking->pack_parts = shares ? dsci_gemm_pack_parts(product) : 0;
    booking->scratch_bytes = shares ? dsci_gemm_shared_floats(product) * sizeof(float) : 0;
    booking->parts = dsci_gemm_parts(product);
    booking->worker_bytes = shares ? 0 : dsci_gemm_workspace(product) * sizeof(float);
}

void dsci_product_pack(const dsci_operands *o, dsci_part part, dsci_gemm product)
{
    dsci_gemm_share(&product, o->scratch);
    o->kernels->gemm_pack(&product, dsci_gemm_piece_of(&product, part.index));
}

void dsci_product_run(const dsci_operands *o, dsci_part part, dsci_gemm product)
{
    if (o->node->booking.pack_parts)
        dsci_gemm_share(&product, o->scratch);
    if (o->node->booking.parts > 1)
        product = dsci_gemm_part(&product, part.index);
    product.workspace = part.workspace;
    o->kernels->gemm(&product);
}

/* --- Blocks of rows --- */

static size_t blocks_of(const dsci_gemm *g)
{
    return dsci_ceiling(g->k, DSCI_GEMM_K_BLOCK);
}

/* Floats of a block's sums: of the weights, then of the bias. */
static size_t slot_of(const dsci_gemm *g)
{
    return dsci_vector_floats(g->m * g->n + g->n);
}

/* Whether parts are blocks of rows of both operands. That costs a write and a read of the m x n sums of each
   block, which must be no more memory than the block's operands, (m + n) x DSCI_GEMM_K_BLOCK. It gains
   because each part reads its own rows once, one after the other, where pieces of c would each read all rows
   in short strips (docs/benchmarks.md, "How work is cut"). */
static bool is_by_blocks(const dsci_gemm *g)
{
    const double floats = ((double)g->m + (double)g->n) * (double)g->k;
    return g->transpose_a && !g->transpose_b && blocks_of(g) >= dsci_limits.row_blocks.least_blocks &&
           floats >= (double)dsci_limits.row_blocks.least_floats &&
           2 * (double)g->m * (double)g->n <= ((double)g->m + (double)g->n) * DSCI_GEMM_K_BLOCK;
}

/* Floats from a row of a copy to the next: an odd number of vectors, so that rows fall on different sets of
   the first-level cache. */
static size_t row_of(size_t columns)
{
    return (dsci_ceiling(columns, DSCI_LANES) | 1) * DSCI_LANES;
}

static dsci_gemm block_problem(const dsci_gemm *whole)
{
    dsci_gemm block = *whole;
    block.k = DSCI_GEMM_K_BLOCK;
    block.ldc = whole->n;
    block.lda = row_of(whole->m);
    block.ldb = row_of(whole->n);
    return block;
}

static void book_blocks(const dsci_gemm *whole, dsci_booking *booking)
{
    const dsci_gemm block = block_problem(whole);
    booking->parts = dsci_least(blocks_of(whole), DSCI_MOST_PARTS);
    booking->finish_parts =
        dsci_least(whole->m * whole->n / dsci_limits.row_blocks.sum_floats + 1, DSCI_MOST_PARTS);
    booking->scratch_bytes = blocks_of(whole) * slot_of(whole) * sizeof(float);
    booking->worker_bytes =
        ((block.lda + block.ldb) * DSCI_GEMM_K_BLOCK + dsci_gemm_workspace(&block)) * sizeof(float);
}

static void run_blocks(const dsci_operands *o, dsci_part part, const dsci_gemm *whole)
{
    const dsci_range own = dsci_piece(blocks_of(whole), part.index, o->node->booking.parts);
    dsci_gemm block = block_problem(whole);
    float *a = part.workspace, *b = a + block.lda * DSCI_GEMM_K_BLOCK;
    block.a = a;
    block.b = b;
    block.workspace = b + block.ldb * DSCI_GEMM_K_BLOCK;
    for (size_t i = own.first; i < own.first + own.count; i++) {
        const size_t start = i * DSCI_GEMM_K_BLOCK;
        block.k = dsci_least(DSCI_GEMM_K_BLOCK, whole->k - start);
        o->kernels->copy_rows(a, block.lda, whole->a + start * whole->lda, whole->lda, block.k, whole->m);
        o->kernels->copy_rows(b, block.ldb, whole->b + start * whole->ldb, whole->ldb, block.k, whole->n);
        block.c = (float *)o->scratch + i * slot_of(whole);
        o->kernels->gemm(&block);
        if (o->out[1])
            o->kernels->column_sums(block.c + whole->m * whole->n, b, block.k, whole->n, block.ldb);
    }
}

/* --- Gradients of weights --- */

void dsci_weights_product_book(const dsci_gemm *product, dsci_booking *booking)
{
    if (is_by_blocks(product))
        book_blocks(product, booking);
    else
        dsci_product_book(product, booking);
}

void dsci_sum_bias(const dsci_operands *o, dsci_range columns, size_t rows, size_t units)
{
    float *diff_bias = o->out[1];
    if (diff_bias && columns.count)
        o->kernels->column_sums(diff_bias + columns.first, (const float *)o->in[1] + columns.first, rows,
                                columns.count, units);
}

/* The gradient of the bias is shared out by columns: each of its sums is one part's. */
void dsci_weights_product_run(const dsci_operands *o, dsci_part part, const dsci_gemm *product)
{
    if (is_by_blocks(product)) {
        run_blocks(o, part, product);
        return;
    }
    dsci_product_run(o, part, *product);
    dsci_sum_bias(o, dsci_whole_vectors(product->n, part.index, o->node->booking.parts), product->k,
                  product->n);
}

/* Of blocks: others book none. */
void dsci_weights_product_finish(const dsci_operands *o, dsci_part part, const dsci_gemm *product)
{
    const float *slots = o->scratch;
    const size_t outputs = product->m * product->n;
    const dsci_range own = dsci_piece(outputs, part.index, o->node->booking.finish_parts);
    dsci_add_slots(o->kernels, slots + own.first, slot_of(product), blocks_of(product), own.count,
                   product->c + own.first);
    if (o->out[1] && part.index == 0)
        dsci_add_slots(o->kernels, slots + outputs, slot_of(product), blocks_of(product), product->n,
                       o->out[1]);
}

void dsci_add_slots(const dsci_kernels *kernels, const float *slots, size_t stride, size_t slot_count,
                    size_t count, float *dst)
{
    enum { BLOCK = 2048 }; /* floats that stay in the first-level cache */
    for (size_t i = 0; i < count; i += BLOCK) {
        const size_t block = dsci_least(BLOCK, count - i);
        memcpy(dst + i, slots + i, block * sizeof *dst);
        for (size_t slot = 1; slot < slot_count; slot++) {
            const float *from = slots + slot * stride + i;
            for (size_t j = 0; slot + 1 < slot_count && j < block; j += DSCI_LANES)
                __builtin_prefetch(from + stride + j); /* the hardware does not foresee such a step */
            kernels->add(dst + i, dst + i, from, block, 0);
        }
    }
}
