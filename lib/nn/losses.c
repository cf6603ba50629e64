/* losses.c - losses as ops applied to nodes. */
#include <descent/nn.h>

#include <assert.h>
#include <float.h>
#include <math.h>

#include "graph/network.h"

static const double DEFAULT_DELTA = 1;

static bool fail(const dsc_node *x, const char *layer, const char *what, double found)
{
    dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT, "layer '%s': expected %s, found %g", layer, what, found);
    return false;
}

static bool in_range(double value, double low, double high)
{
    return value >= low && value <= high;
}

/* A copy of the weights of the classes; NULL if there are none or they are bad. */
static const double *copy_weights(dsc_node *x, const char *layer, const double *weights, size_t count)
{
    double sum = 0;
    double *copy = weights ? dsc_scope_alloc(x->scope, count, sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = weights[i];
        sum += weights[i];
        if (!in_range(weights[i], 0, FLT_MAX) || (i + 1 == count && sum == 0)) {
            fail(x, layer, "class weights of at least 0, one of them more", weights[i]);
            return NULL;
        }
    }
    return copy;
}

static dsc_node *label_loss(dsc_node *x, dsc_node *labels, dsci_label_kind kind, const char *name,
                            const dsc_loss_spec *spec)
{
    static const dsc_loss_spec none;
    spec = spec ? spec : &none;
    const char *layer = dsci_layer_name(x, DSCI_OP_LABEL_LOSS, name, spec->name);
    if (!layer || !labels || labels->tensor->producer->op != &dsci_op_labels)
        return dsci_layer_make(&dsci_op_label_loss, layer, NULL, (dsc_node *[]){ x, labels }, 2);
    const size_t classes = labels->tensor->producer->attributes.labels.classes;
    const double *weights = copy_weights(x, layer, spec->class_weights, classes);
    bool good = true;
    if (!in_range(spec->label_smoothing, 0, 1))
        good = fail(x, layer, "a label smoothing between 0 and 1", spec->label_smoothing);
    else if (kind == DSCI_LABEL_HINGE && spec->label_smoothing > 0)
        good = fail(x, layer, "no label smoothing, which a hinge loss does not have", spec->label_smoothing);
    else if (spec->ignore > classes)
        good = fail(x, layer, "an ignored label among the classes", (double)spec->ignore - 1);
    if (!good || (spec->class_weights && !weights))
        return NULL;
    const dsci_attributes attributes = { .loss = { .kind = (int)kind,
                                                   .class_weights = weights,
                                                   .smoothing = spec->label_smoothing,
                                                   .ignore = spec->ignore } };
    return dsci_layer_make(&dsci_op_label_loss, layer, &attributes, (dsc_node *[]){ x, labels }, 2);
}

static dsc_node *target_loss(dsc_node *x, dsc_node *targets, dsci_target_kind kind, const char *name,
                             const dsc_loss_spec *spec)
{
    static const dsc_loss_spec none;
    spec = spec ? spec : &none;
    const char *layer =
        dsci_layer_name_over((dsc_node *[]){ x, targets }, 2, DSCI_OP_TARGET_LOSS, name, spec->name);
    if (!layer)
        return NULL;
    const bool binary = kind == DSCI_TARGET_BINARY, smooth = binary || kind == DSCI_TARGET_KL;
    const double *weights = binary ? copy_weights(x, layer, spec->class_weights, 2) : NULL;
    const double delta = spec->delta == 0 ? DEFAULT_DELTA : spec->delta;
    bool good = true;
    if (!in_range(spec->label_smoothing, 0, smooth ? 1 : 0))
        good = fail(x, layer, smooth ? "a label smoothing between 0 and 1" : "no label smoothing",
                    spec->label_smoothing);
    else if (!binary && spec->class_weights)
        good = fail(x, layer, "no class weights, as targets are no classes", spec->class_weights[0]);
    else if (!(delta > 0 && delta <= FLT_MAX))
        good = fail(x, layer, "a delta above 0", delta);
    else if (spec->ignore)
        good =
            fail(x, layer, "no ignored label: a target of NaN counts for nothing", (double)spec->ignore - 1);
    if (!good || (binary && spec->class_weights && !weights))
        return NULL;
    const dsci_attributes attributes = { .loss = { .kind = (int)kind,
                                                   .weights = { weights ? weights[0] : 1,
                                                                weights ? weights[1] : 1 },
                                                   .smoothing = spec->label_smoothing,
                                                   .delta = delta } };
    return dsci_layer_make(&dsci_op_target_loss, layer, &attributes, (dsc_node *[]){ x, targets }, 2);
}

dsc_node *dsc_softmax_cross_entropy(dsc_node *logits, dsc_node *labels)
{
    const char *name = dsci_layer_name(logits, DSCI_OP_SOFTMAX_CROSS_ENTROPY, "softmax_cross_entropy", NULL);
    return dsci_layer_make(&dsci_op_softmax_cross_entropy, name, NULL, (dsc_node *[]){ logits, labels }, 2);
}

dsc_node *dsc_softmax_cross_entropy_with(dsc_node *logits, dsc_node *labels, const dsc_loss_spec *spec)
{
    return label_loss(logits, labels, DSCI_LABEL_SOFTMAX, "softmax_cross_entropy", spec);
}

dsc_node *dsc_nll_loss(dsc_node *log_probabilities, dsc_node *labels, const dsc_loss_spec *spec)
{
    return label_loss(log_probabilities, labels, DSCI_LABEL_NLL, "nll_loss", spec);
}

dsc_node *dsc_hinge_loss(dsc_node *x, dsc_node *labels, const dsc_loss_spec *spec)
{
    return label_loss(x, labels, DSCI_LABEL_HINGE, "hinge_loss", spec);
}

dsc_node *dsc_binary_cross_entropy(dsc_node *logits, dsc_node *targets, const dsc_loss_spec *spec)
{
    return target_loss(logits, targets, DSCI_TARGET_BINARY, "binary_cross_entropy", spec);
}

dsc_node *dsc_squared_loss(dsc_node *x, dsc_node *targets)
{
    const char *name =
        dsci_layer_name_over((dsc_node *[]){ x, targets }, 2, DSCI_OP_SQUARED_LOSS, "squared_loss", NULL);
    return dsci_layer_make(&dsci_op_squared_loss, name, NULL, (dsc_node *[]){ x, targets }, 2);
}

dsc_node *dsc_squared_loss_with(dsc_node *x, dsc_node *targets, const dsc_loss_spec *spec)
{
    return target_loss(x, targets, DSCI_TARGET_SQUARED, "squared_loss", spec);
}

dsc_node *dsc_absolute_loss(dsc_node *x, dsc_node *targets, const dsc_loss_spec *spec)
{
    return target_loss(x, targets, DSCI_TARGET_ABSOLUTE, "absolute_loss", spec);
}

dsc_node *dsc_huber_loss(dsc_node *x, dsc_node *targets, const dsc_loss_spec *spec)
{
    return target_loss(x, targets, DSCI_TARGET_HUBER, "huber_loss", spec);
}

dsc_node *dsc_kl_loss(dsc_node *log_probabilities, dsc_node *targets, const dsc_loss_spec *spec)
{
    return target_loss(log_probabilities, targets, DSCI_TARGET_KL, "kl_loss", spec);
}

/* --- Losses of values, and of losses --- */

dsc_node *dsc_mean_loss(dsc_node *x, const dsc_loss_spec *spec)
{
    const char *layer = dsci_layer_name(x, DSCI_OP_MEAN_LOSS, "mean_loss", spec ? spec->name : NULL);
    return dsci_layer_make(&dsci_op_mean_loss, layer, NULL, &x, 1);
}

/* A copy of the weights; NULL, and the scope fails, if one of them is not a finite number. */
static double *copy_term_weights(const dsc_node *x, const dsc_loss_term *terms, size_t count)
{
    double *weights = dsc_scope_alloc(x->scope, count, sizeof *weights);
    for (size_t i = 0; weights && i < count; i++) {
        weights[i] = terms[i].weight;
        if (!in_range(weights[i], -FLT_MAX, FLT_MAX)) {
            fail(x, "loss_sum", "a finite weight", weights[i]);
            return NULL;
        }
    }
    return weights;
}

dsc_node *dsc_loss_sum_with(const dsc_loss_term *terms, size_t count)
{
    static_assert((int)DSC_MOST_LOSSES == (int)DSCI_MAX_INPUTS, "a sum takes as many losses as there can be");
    dsc_node *losses[DSC_MOST_LOSSES] = { NULL }, *first = NULL;
    for (size_t i = 0; i < count && i < DSC_MOST_LOSSES; i++) {
        losses[i] = terms[i].loss;
        first = first ? first : losses[i];
    }
    if (!first)
        return NULL;
    if (count > DSC_MOST_LOSSES) {
        fail(first, "loss_sum", "at most 12 losses", (double)count);
        return NULL;
    }
    const double *weights = copy_term_weights(first, terms, count);
    const char *layer =
        weights ? dsci_layer_name_over(losses, count, DSCI_OP_LOSS_SUM, "loss_sum", NULL) : NULL;
    return dsci_layer_make(&dsci_op_loss_sum, layer, &(dsci_attributes){ .weights = weights }, losses, count);
}
