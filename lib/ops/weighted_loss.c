/* weighted_loss.c - the losses of labels and of real targets in general: kinds, class weights, smoothed
 * labels, masks. The mean is over the weights of what counts, which is known only after all of it has been
 * seen: run leaves the gradient of the sum, finish divides by the sum of the weights.
 */
#include <float.h>

#include "ops/loss.h"
#include "ops/ref/ref.h"

double dsci_loss_terms(const dsci_node *node)
{
    if (node->op == &dsci_op_mean_loss)
        return 1;
    const bool rows = node->op == &dsci_op_target_loss && node->attributes.loss.kind == DSCI_TARGET_KL;
    return (double)(node->in[1]->elements / (rows ? dsci_loss_columns(node) : 1) / node->batch);
}

size_t dsci_loss_columns(const dsci_node *node)
{
    const dsci_shape *shape = &node->in[1]->shape;
    return shape->rank > 1 ? shape->dim[shape->rank - 1] : 1;
}

bool dsci_is_binary(const dsci_node *node)
{
    return node->in[0]->elements == node->in[1]->elements &&
           node->in[1]->producer->attributes.labels.classes == 2;
}

static bool infer_label_loss(const dsci_context *context, dsci_node *node)
{
    const bool hinge = node->attributes.loss.kind == DSCI_LABEL_HINGE;
    return dsci_expect_labels(context, node, hinge) && dsci_loss_outputs(context, node);
}

static void target_gradient(dsci_graph *graph, dsci_node *node)
{
    if (node->attributes.loss.kind < DSCI_TARGET_BINARY) {
        dsci_difference_gradient(graph, node);
        return;
    }
    if (node->in[1]->needs_gradient)
        dsc_scope_fail(
            graph->context.scope, DSC_ERROR_UNSUPPORTED,
            "layer '%s': expected targets that do not depend on a trained parameter, as the gradient "
            "by the targets of a binary cross-entropy or a divergence is not known, found '%s'; "
            "freeze the layers before it",
            node->name, node->in[1]->producer->name);
    dsci_loss_gradient(graph, node);
}

static bool infer_target_loss(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_targets(context, node) && dsci_loss_outputs(context, node);
}

static void measure_errors(dsci_graph *graph, dsci_node *node)
{
    dsci_graph_append(graph, &dsci_op_count_errors, &node->attributes, node->in, 2);
}

static double flops_of_labels(const dsci_node *node)
{
    return 5 * (double)node->in[0]->elements;
}

static double flops_of_targets(const dsci_node *node)
{
    return 4 * (double)node->in[0]->elements;
}

/* --- Native: parts by shards if there is enough to do --- */

/* Of a part: the loss and the weight. */
typedef struct partial {
    double loss, weight;
} partial;

static dsc_status book_parts(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    if (dsci_loss_is_large(node)) {
        booking->parts = booking->finish_parts = dsci_shards(node);
        booking->by_batch = booking->finish_by_batch = true;
    } else {
        booking->parts = booking->finish_parts = 1;
    }
    booking->scratch_bytes = booking->parts * sizeof(partial);
    return DSC_OK;
}

static dsci_range elements_of(const dsci_operands *o, const dsci_tensor *tensor, size_t part)
{
    return o->node->booking.parts > 1 ? dsci_shard_elements(o->node, tensor, part)
                                      : (dsci_range){ 0, tensor->elements };
}

static float *offset_gradient(const dsci_operands *o, size_t first)
{
    return o->out[DSCI_LOSS_GRADIENT] ? (float *)o->out[DSCI_LOSS_GRADIENT] + first : NULL;
}

static void finish(const dsci_operands *o, dsci_part part)
{
    const partial *partials = o->scratch;
    const dsci_range range = elements_of(o, o->node->in[0], part.index);
    double loss = 0, weight = 0;
    for (size_t p = 0; p < o->node->booking.parts; p++) {
        loss += partials[p].loss;
        weight += partials[p].weight;
    }
    if (o->out[DSCI_LOSS_GRADIENT]) {
        float *gradient = (float *)o->out[DSCI_LOSS_GRADIENT] + range.first;
        o->kernels->scale(gradient, gradient, range.count, weight > 0 ? (float)(1 / weight) : 0);
    }
    if (part.index == 0)
        dsci_loss_put(o, loss, weight);
}

/* Class weights in single precision, and their sum. */
static dsc_status book_label_loss(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const size_t classes = node->in[1]->producer->attributes.labels.classes;
    const double *given = node->attributes.loss.class_weights;
    dsci_label_terms *terms = dsc_scope_alloc(scope, 1, sizeof *terms);
    float *weights = given ? dsc_scope_alloc(scope, classes, sizeof *weights) : NULL;
    if (!terms || (given && !weights))
        return dsc_scope_status(scope);
    *terms = (dsci_label_terms){ .kind = node->attributes.loss.kind,
                                 .weights = weights,
                                 .smoothing = node->attributes.loss.smoothing,
                                 .ignore = (int32_t)node->attributes.loss.ignore - 1 };
    for (size_t c = 0; c < classes; c++) {
        if (weights)
            weights[c] = (float)given[c];
        terms->mass += weights ? (double)weights[c] : 1;
    }
    node->state = terms;
    return book_parts(scope, node, booking);
}

static void run_label_loss(const dsci_operands *o, dsci_part part)
{
    const dsci_range rows = elements_of(o, o->node->in[1], part.index);
    const size_t classes = o->node->in[0]->elements / o->node->in[1]->elements;
    const size_t first = rows.first * classes;
    partial *result = (partial *)o->scratch + part.index;
    result->loss = o->kernels->label_loss(offset_gradient(o, first), (const float *)o->in[0] + first,
                                          (const int32_t *)o->in[1] + rows.first, rows.count, classes,
                                          o->state, &result->weight);
}

static dsc_status book_target_loss(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const double smoothing = node->attributes.loss.smoothing;
    const dsci_target_kind kind = (dsci_target_kind)node->attributes.loss.kind;
    const double choices = kind == DSCI_TARGET_KL ? (double)dsci_loss_columns(node) : 2;
    dsci_target_terms *terms = dsc_scope_alloc(scope, 1, sizeof *terms);
    if (!terms)
        return dsc_scope_status(scope);
    *terms = (dsci_target_terms){ .kind = kind,
                                  .delta = (float)node->attributes.loss.delta,
                                  .keep = (float)(1 - smoothing),
                                  .floor = (float)(smoothing / choices),
                                  .weights = { (float)node->attributes.loss.weights[0],
                                               (float)node->attributes.loss.weights[1] } };
    node->state = terms;
    return book_parts(scope, node, booking);
}

static void run_target_loss(const dsci_operands *o, dsci_part part)
{
    const dsci_range range = elements_of(o, o->node->in[0], part.index);
    partial *result = (partial *)o->scratch + part.index;
    result->loss =
        o->kernels->target_loss(offset_gradient(o, range.first), (const float *)o->in[0] + range.first,
                                (const float *)o->in[1] + range.first, range.count,
                                dsci_loss_columns(o->node), o->state, &result->weight);
}

static const char *describe_label_loss(const dsci_node *node)
{
    static const char *const names[] = { "softmax cross-entropy", "negative log-likelihood", "hinge" };
    return names[node->attributes.loss.kind];
}

static const char *describe_target_loss(const dsci_node *node)
{
    static const char *const names[] = { "squared", "absolute", "huber", "binary cross-entropy",
                                         "kullback-leibler" };
    return names[node->attributes.loss.kind];
}

static const dsci_field label_loss_fields[] = {
    { "kind", DSCI_FIELD_INT, DSCI_AT(loss.kind), 0, DSCI_LABEL_SOFTMAX, DSCI_LABEL_HINGE },
    { "class_weights", DSCI_FIELD_REALS, DSCI_AT(loss.class_weights), 0, 0, FLT_MAX },
    { "label_smoothing", DSCI_FIELD_REAL, DSCI_AT(loss.smoothing), 0, 0, 1 },
    { "ignore", DSCI_FIELD_SIZE, DSCI_AT(loss.ignore), 0, 0, INT32_MAX },
    { .name = NULL }
};

const dsci_op dsci_op_label_loss = {
    .name = "label_loss",
    .id = DSCI_OP_LABEL_LOSS,
    .loss = true,
    .infer = infer_label_loss,
    .gradient = dsci_loss_gradient,
    .measure = measure_errors,
    .flops = flops_of_labels,
    .schema = { "xl", 2, label_loss_fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_label_loss,
                           .run = run_label_loss,
                           .finish = finish,
                           .describe = describe_label_loss },
                         DSCI_REF_IMPLEMENTATIONS(label_loss) },
};

static const dsci_field target_loss_fields[] = {
    { "kind", DSCI_FIELD_INT, DSCI_AT(loss.kind), 0, DSCI_TARGET_SQUARED, DSCI_TARGET_KL },
    { "weights", DSCI_FIELD_REAL, DSCI_AT(loss.weights), 2, 0, FLT_MAX },
    { "label_smoothing", DSCI_FIELD_REAL, DSCI_AT(loss.smoothing), 0, 0, 1 },
    { "delta", DSCI_FIELD_REAL, DSCI_AT(loss.delta), 0, 0, FLT_MAX },
    { .name = NULL }
};

const dsci_op dsci_op_target_loss = {
    .name = "target_loss",
    .id = DSCI_OP_TARGET_LOSS,
    .loss = true,
    .infer = infer_target_loss,
    .gradient = target_gradient,
    .flops = flops_of_targets,
    .schema = { "xy", 2, target_loss_fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_target_loss,
                           .run = run_target_loss,
                           .finish = finish,
                           .describe = describe_target_loss },
                         DSCI_REF_IMPLEMENTATIONS(target_loss) },
};
