/* evaluate.c - loss and errors over a data set, examples from data sets, the hash of a model. */
#include <math.h>

#include <descent/hash.h>

#include "train/feed.h"

enum { EVALUATION_BATCH = 256 }; /* activations of a small network then stay in the second-level cache */

dsc_examples dsc_examples_from(dsc_scope *scope, const dsc_dataset *data)
{
    dsc_examples examples = { .count = data->count, .features = data->features, .labels = data->labels };
    if (data->x)
        examples.x = dsc_to_f32(scope, data->x, data->count * data->features);
    if (data->y)
        examples.targets = dsc_to_f32(scope, data->y, data->count * data->targets);
    return examples;
}

/* The sums over the examples first..first + plan->batch - 1, which the plan reads where they lie. */
static void add_batch(dsc_metrics *sums, const dsci_feed *feed, dsci_plan *plan, const dsc_examples *data,
                      size_t first)
{
    const bool labels = plan->expected->type == DSCI_I32;
    const void *expected = labels ? (const void *)(data->labels + first)
                                  : data->targets + first * dsci_tensor_cols(plan->expected);
    dsci_feed_run(feed, plan, (dsci_batch){ data->x + first * data->features, expected });
    sums->loss += *plan->loss * (double)plan->batch;
    sums->error_rate += plan->errors ? *plan->errors : NAN;
}

static dsc_metrics evaluate(dsc_scope *local, dsc_model *model, const dsc_examples *data)
{
    const dsc_metrics none = { NAN, NAN };
    const size_t count = data->count, batch = count < EVALUATION_BATCH ? count : EVALUATION_BATCH;
    if (count == 0) {
        dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT, "evaluate: expected at least 1 example, found 0");
        return none;
    }
    dsci_plan *full = dsci_model_plan(model, batch, DSCI_EVALUATION);
    dsci_plan *rest = full && count % batch ? dsci_model_plan(model, count % batch, DSCI_EVALUATION) : full;
    dsci_feed feed;
    if (!full || !rest || dsci_examples_check(model, full, data, "evaluate") != DSC_OK ||
        dsci_feed_make(local, &feed, full) != DSC_OK)
        return none;
    dsc_metrics sums = { 0, 0 };
    const unsigned mode = dsc_float_mode_enter();
    for (size_t first = 0; first < count; first += batch)
        add_batch(&sums, &feed, count - first >= batch ? full : rest, data, first);
    dsc_float_mode_leave(mode);
    return (dsc_metrics){ sums.loss / (double)count, sums.error_rate / (double)count };
}

dsc_metrics dsc_evaluate(dsc_model *model, const dsc_examples *data)
{
    if (!model || !data || dsc_scope_status(model->scope) != DSC_OK)
        return (dsc_metrics){ NAN, NAN };
    dsc_scope *local = dsc_scope_open(NULL);
    const dsc_metrics metrics = evaluate(local, model, data);
    dsc_scope_adopt_error(model->scope, local);
    dsc_scope_close(&local);
    return metrics;
}

uint64_t dsc_model_hash(const dsc_model *model)
{
    if (!model)
        return 0;
    return dsc_digest_64(
        dsc_sha256(model->parameters, model->elements * dsci_type_size(dsci_model_type(model))));
}
