/* dropout.c - inverted dropout (Srivastava et al. 2014), with masks drawn by counter. */
#include "ops/dropout.h"

#include <float.h>

#include "ops/ref/ref.h"

enum { LAYER_SHIFT = 40 }; /* a layer has room for 2^40 blocks of four elements */

dsci_dropout dsci_dropout_of(const dsci_operands *operands)
{
    const double rate = operands->node->attributes.rate;
    return (dsci_dropout){
        .rng = dsc_rng_make(operands->seed, DSC_STREAM_DROPOUT),
        .major = *operands->step,
        .first_block = (uint64_t)operands->node->index << LAYER_SHIFT,
        .threshold = rate * 0x1p32 + 0.5 >= 0x1p32 ? UINT32_MAX : (uint32_t)(rate * 0x1p32 + 0.5),
        .inverse_keep = 1 / (1 - rate),
    };
}

bool dsci_dropout_keeps(const dsci_dropout *mask, uint64_t position)
{
    uint32_t words[4];
    dsc_rng_block(mask->rng, mask->major, mask->first_block + position / 4, words);
    return words[position % 4] >= mask->threshold;
}

/* The kernel starts at a whole block of random words, a shard may start inside one. */
void dsci_dropout_range(const dsci_operands *operands, const dsci_dropout *mask, float factor, float *dst,
                        const float *src, size_t first, size_t count)
{
    size_t head = 0;
    for (; head < count && (first + head) % 4 != 0; head++)
        dst[head] = src[head] * (dsci_dropout_keeps(mask, first + head) ? factor : 0);
    operands->kernels->dropout(dst + head, src + head, count - head, mask->threshold, factor, mask->rng,
                               mask->major, mask->first_block + (first + head) / 4);
}

bool dsci_expect_rate(const dsci_context *context, const dsci_node *node)
{
    const double rate = node->attributes.rate;
    if (rate >= 0 && rate < 1)
        return true;
    dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                   "layer '%s': expected a dropout rate of at least 0 and below 1, found %g", node->name,
                   rate);
    return false;
}

static size_t piece_of(const dsci_range *range, size_t done)
{
    return range->count - done < DSCI_PIECE ? range->count - done : DSCI_PIECE;
}

void dsci_run_pieces(const dsci_operands *o, dsci_part part, dsci_piece_fn *piece)
{
    const dsci_range r = dsci_shard_elements(o->node, o->node->out[0], part.index);
    for (size_t done = 0; done < r.count; done += DSCI_PIECE) {
        const size_t at = r.first + done;
        piece(o, (float *)o->out[0] + at, (const float *)o->in[0] + at, at, piece_of(&r, done));
    }
}

void dsci_run_pieces_bf16(const dsci_operands *o, dsci_part part, dsci_piece_fn *piece)
{
    const dsci_range r = dsci_shard_elements(o->node, o->node->out[0], part.index);
    _Alignas(64) float wide[DSCI_PIECE];
    for (size_t done = 0; done < r.count; done += DSCI_PIECE) {
        const size_t at = r.first + done, count = piece_of(&r, done);
        o->kernels->from_bf16(wide, (const dsci_bf16 *)o->in[0] + at, count);
        piece(o, wide, wide, at, count);
        o->kernels->to_bf16((dsci_bf16 *)o->out[0] + at, wide, count);
    }
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_rate(context, node) && dsci_expect_batch(context, node, node->in[0]) &&
           dsci_infer_same(context, node);
}

/* The mask is a pure function of the position: the gradient is dropped by the same call. */
static void gradient(dsci_graph *graph, dsci_node *node)
{
    const dsci_node *drop = dsci_graph_append(graph, &dsci_op_dropout, &node->attributes,
                                              (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], drop ? drop->out[0] : NULL);
}

static void drop(const dsci_operands *o, float *dst, const float *src, size_t first, size_t count)
{
    const dsci_dropout mask = dsci_dropout_of(o);
    dsci_dropout_range(o, &mask, (float)mask.inverse_keep, dst, src, first, count);
}
DSCI_PIECES(run, drop)

const dsci_field dsci_dropout_fields[] = { { "rate", DSCI_FIELD_REAL, DSCI_AT(rate), 0, 0, 1 - DBL_EPSILON },
                                           { .name = NULL } };

const dsci_op dsci_op_dropout = {
    .name = "dropout",
    .id = DSCI_OP_DROPOUT,
    .training_only = true,
    .infer = infer,
    .gradient = gradient,
    .flops = dsci_flops_elementwise,
    .schema = { "x", 1, dsci_dropout_fields },
    .implementations = { DSCI_PIECES_IMPLEMENTATIONS(run), DSCI_REF_IMPLEMENTATIONS(dropout) },
};
