/* feed.c - checks of examples, and their conversion for models in double. */
#include "train/feed.h"

static size_t expected_elements(dsci_plan *plan)
{
    return dsci_tensor_cols(plan->expected);
}

static bool wants_labels(dsci_plan *plan)
{
    return plan->expected->type == DSCI_I32;
}

dsc_status dsci_labels_check(const dsc_model *model, dsci_plan *plan, const int32_t *labels, size_t count,
                             const char *what)
{
    if (!wants_labels(plan))
        return DSC_OK;
    const size_t classes = plan->expected->producer->attributes.labels.classes;
    uint32_t largest = 0; /* a negative label is a large one */
    for (size_t i = 0; i < count; i++)
        largest = (uint32_t)labels[i] > largest ? (uint32_t)labels[i] : largest;
    if (largest < classes)
        return DSC_OK;
    size_t at = 0;
    while ((uint32_t)labels[at] < classes)
        at++;
    return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                          "%s: expected labels in 0..%zu, found %d at example %zu", what, classes - 1,
                          (int)labels[at], at);
}

dsc_status dsci_examples_check(const dsc_model *model, dsci_plan *plan, const dsc_examples *examples,
                               const char *what)
{
    if (plan->input_count != 1)
        return dsc_scope_fail(model->scope, DSC_ERROR_UNSUPPORTED,
                              "%s: expected a network of one input, found %zu", what, plan->input_count);
    const size_t features = dsci_tensor_cols(plan->inputs[0]);
    if (!examples->x || examples->features != features)
        return dsc_scope_fail(model->scope, DSC_ERROR_SHAPE,
                              "%s: expected examples of %zu features, as input '%s' has, found %zu%s", what,
                              features, plan->inputs[0]->producer->name, examples->features,
                              examples->x ? "" : " without values");
    if (wants_labels(plan) ? !examples->labels : !examples->targets)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                              "%s: expected %s for the network's loss, found none", what,
                              wants_labels(plan) ? "labels" : "targets");
    return dsci_labels_check(model, plan, examples->labels, examples->count, what);
}

dsc_status dsci_feed_make(dsc_scope *scope, dsci_feed *feed, dsci_plan *plan)
{
    *feed = (dsci_feed){ NULL, NULL };
    if (plan->graph.setting.real != DSCI_F64)
        return dsc_scope_status(scope);
    feed->x = dsc_scope_alloc(scope, plan->inputs[0]->elements, sizeof *feed->x);
    if (!wants_labels(plan))
        feed->targets = dsc_scope_alloc(scope, plan->expected->elements, sizeof *feed->targets);
    return dsc_scope_status(scope);
}

static const void *widen(double *dst, const float *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (double)src[i];
    return dst;
}

void dsci_feed_run(const dsci_feed *feed, dsci_plan *plan, dsci_batch batch)
{
    const void *x = batch.x, *expected = batch.expected;
    if (feed->x)
        x = widen(feed->x, x, plan->batch * dsci_tensor_cols(plan->inputs[0]));
    if (feed->targets)
        expected = widen(feed->targets, expected, plan->batch * expected_elements(plan));
    dsci_plan_bind(plan->inputs[0], x);
    dsci_plan_bind(plan->expected, expected);
    dsci_plan_run(plan);
}
