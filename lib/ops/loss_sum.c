/* loss_sum.c - weighted sums of losses. Each loss makes its own gradient, which its factor in the root
 * multiplies; nothing is left for the sum to do but to add.
 */
#include <float.h>

#include "ops/loss.h"

static bool infer(const dsci_context *context, dsci_node *node)
{
    static const dsci_shape scalar = { .rank = 0 };
    for (size_t i = 0; i < node->input_count; i++)
        if (!node->in[i]->producer->op->loss || node->in[i] != node->in[i]->producer->out[DSCI_LOSS_MEAN]) {
            dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                           "layer '%s': expected losses, found '%s'; dsc_mean_loss() makes one of any values",
                           node->name, node->in[i]->producer->name);
            return false;
        }
    if (!node->attributes.weights) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected a weight for each loss, found none", node->name);
        return false;
    }
    return dsci_node_output(context, node, DSCI_F64, &scalar);
}

static void run(const dsci_operands *o, dsci_part part)
{
    (void)part;
    double sum = 0;
    for (size_t i = 0; i < o->node->input_count; i++)
        sum += o->node->attributes.weights[i] * *(const double *)o->in[i];
    *(double *)o->out[DSCI_LOSS_MEAN] = sum;
}

#define ADDS(by, of_type)                                                                                    \
    {                                                                                                        \
        .engine = (by), .type = (of_type), .run = run                                                        \
    }

static const dsci_field fields[] = { { "weights", DSCI_FIELD_REALS, DSCI_AT(weights), 0, -FLT_MAX, FLT_MAX },
                                     { .name = NULL } };

const dsci_op dsci_op_loss_sum = {
    .name = "loss_sum",
    .id = DSCI_OP_LOSS_SUM,
    .loss = true,
    .infer = infer,
    .schema = { "o+", 1, fields },
    .implementations = { ADDS(DSC_ENGINE_NATIVE, DSCI_F32), ADDS(DSC_ENGINE_REF, DSCI_F32),
                         ADDS(DSC_ENGINE_REF, DSCI_F64) },
};
