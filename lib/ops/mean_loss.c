/* mean_loss.c - the mean of any values as a loss: how a loss of one's own ends. */
#include "ops/loss.h"
#include "ops/ref/ref.h"

static bool infer(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_real(context, node, node->in[0]) && dsci_loss_outputs(context, node);
}

/* --- Native: parts by shards if there is enough to do --- */

static dsc_status book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    booking->parts = dsci_loss_is_large(node) ? dsci_shards(node) : 1;
    booking->finish_parts = 1;
    booking->by_batch = booking->parts > 1;
    booking->scratch_bytes = booking->parts * sizeof(double);
    return DSC_OK;
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_tensor *src = o->node->in[0];
    const dsci_range range = o->node->booking.parts > 1 ? dsci_shard_elements(o->node, src, part.index)
                                                        : (dsci_range){ 0, src->elements };
    float *diff = o->out[DSCI_LOSS_GRADIENT];
    const float share = (float)(1 / (double)src->elements);
    ((double *)o->scratch)[part.index] = o->kernels->sum((const float *)o->in[0] + range.first, range.count);
    for (size_t i = range.first; diff && i < range.first + range.count; i++)
        diff[i] = share;
}

static void finish(const dsci_operands *o, dsci_part part)
{
    (void)part;
    double sum = 0;
    for (size_t p = 0; p < o->node->booking.parts; p++)
        sum += ((const double *)o->scratch)[p];
    dsci_loss_put(o, sum / (double)o->node->in[0]->elements * (double)o->node->batch, (double)o->node->batch);
}

const dsci_op dsci_op_mean_loss = {
    .name = "mean_loss",
    .id = DSCI_OP_MEAN_LOSS,
    .loss = true,
    .infer = infer,
    .gradient = dsci_loss_gradient,
    .schema = { .inputs = "r", .least = 1 },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book,
                           .run = run,
                           .finish = finish },
                         DSCI_REF_IMPLEMENTATIONS(mean_loss) },
};
