/* dropout.h - which elements a dropout layer keeps in a step, whatever the engine, forward and back. */
#ifndef DESCENT_OPS_DROPOUT_H
#define DESCENT_OPS_DROPOUT_H

#include "ops/op.h"

typedef struct dsci_dropout {
    dsc_rng rng;
    uint32_t major;       /* the step of the training */
    uint64_t first_block; /* the layer, in the high bits */
    uint32_t threshold;   /* rate 2^32: elements with a smaller random word are dropped */
    double inverse_keep;  /* what the others are multiplied by */
} dsci_dropout;

dsci_dropout dsci_dropout_of(const dsci_operands *operands);

/* Whether the element, or channel, at a position of the batch is kept. */
bool dsci_dropout_keeps(const dsci_dropout *mask, uint64_t position);

/* dst = src * (keep ? factor : 0) for the positions first..first + count - 1; in place is allowed. */
void dsci_dropout_range(const dsci_operands *operands, const dsci_dropout *mask, float factor, float *dst,
                        const float *src, size_t first, size_t count);

/* For infer functions: true if the rate is at least 0 and below 1, else fails the scope. */
bool dsci_expect_rate(const dsci_context *context, const dsci_node *node);

/* What files say of an op with a rate. */
extern const dsci_field dsci_dropout_fields[];

enum { DSCI_PIECE = 1024 }; /* elements at a time, at most: they stay in the first-level cache */

/* Elements first..first + count - 1 of the batch; dst and src point to the first of them. */
typedef void dsci_piece_fn(const dsci_operands *operands, float *dst, const float *src, size_t first,
                           size_t count);

/* The elements of a shard, piece by piece; single precision or bfloat16. */
void dsci_run_pieces(const dsci_operands *operands, dsci_part part, dsci_piece_fn *piece);
void dsci_run_pieces_bf16(const dsci_operands *operands, dsci_part part, dsci_piece_fn *piece);

/* Of ops whose elements are made by a dsci_piece_fn: the run functions of both types, and their entries. */
#define DSCI_PIECES(step, piece)                                                                             \
    static void step(const dsci_operands *o, dsci_part part)                                                 \
    {                                                                                                        \
        dsci_run_pieces(o, part, piece);                                                                     \
    }                                                                                                        \
    static void step##_bf16(const dsci_operands *o, dsci_part part)                                          \
    {                                                                                                        \
        dsci_run_pieces_bf16(o, part, piece);                                                                \
    }
#define DSCI_PIECES_IMPLEMENTATIONS(step)                                                                    \
    { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = dsci_book_shards, .run = step },                \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = dsci_book_shards, .run = step##_bf16         \
    }

#endif
