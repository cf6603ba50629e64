/* dropout.c - inverted dropout (Srivastava et al. 2014), with masks drawn by counter. */
#include "ops/dropout.h"

#include "ops/ref.h"

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

static bool infer(const dsci_setting *setting, dsci_node *node)
{
    const double rate = node->attributes.rate;
    if (!(rate >= 0 && rate < 1)) {
        dsc_scope_fail(setting->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected a dropout rate of at least 0 and below 1, found %g", node->name,
                       rate);
        return false;
    }
    return dsci_expect_batch(setting, node, node->in[0]) && dsci_infer_same(setting, node);
}

/* The mask is a pure function of the position: the gradient is dropped by the same call. */
static void gradient(dsci_graph *graph, dsci_node *node)
{
    const dsci_node *drop = dsci_graph_append(graph, &dsci_op_dropout, &node->attributes,
                                              (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], drop ? drop->out[0] : NULL);
}

enum { GROUP = 1024 }; /* elements that a part takes at a time: whole blocks of random words */

static size_t groups(const dsci_node *node)
{
    return (node->out[0]->elements + GROUP - 1) / GROUP;
}

/* The parts are cut at whole blocks, not at examples. */
static dsc_status book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const size_t shards = dsci_shards(node);
    (void)scope;
    booking->parts = shards < groups(node) ? shards : groups(node);
    return DSC_OK;
}

static void run_native(const dsci_operands *o, dsci_part part)
{
    const dsci_dropout mask = dsci_dropout_of(o);
    const size_t parts = o->node->booking.parts, elements = o->node->out[0]->elements;
    const size_t first = groups(o->node) * part.index / parts * GROUP;
    const size_t end = groups(o->node) * (part.index + 1) / parts * GROUP;
    const float *src = o->in[0];
    float *dst = o->out[0];
    o->kernels->dropout(dst + first, src + first, (end < elements ? end : elements) - first, mask.threshold,
                        (float)mask.inverse_keep, mask.rng, mask.major, mask.first_block + first / 4);
}

const dsci_op dsci_op_dropout = {
    .name = "dropout",
    .id = DSCI_OP_DROPOUT,
    .training_only = true,
    .infer = infer,
    .gradient = gradient,
    .flops = dsci_flops_elementwise,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = book, .run = run_native },
                         DSCI_REF_IMPLEMENTATIONS(dropout) },
};
