/* loss.c - losses (means over the batch, summed in double) and the errors of a classifier. The gradient of a
 * loss comes with it: in training its node has a second output. */
#include <math.h>

#include "ops/loss.h"
#include "ops/ref/ref.h"

enum { LARGE = 1 << 17 };

bool dsci_loss_is_large(const dsci_node *node)
{
    return node->in[0]->elements >= LARGE && dsci_shards(node) > 1;
}

bool dsci_loss_outputs(const dsci_context *context, dsci_node *node)
{
    static const dsci_shape scalar = { .rank = 0 };
    return dsci_node_output(context, node, DSCI_F64, &scalar) &&
           dsci_node_output(context, node, DSCI_F64, &scalar);
}

/* A loss makes its own gradient; the root's is that times a factor. */
static void add_gradient(dsci_graph *graph, const dsci_node *node, dsci_tensor *input, double factor)
{
    dsci_tensor *diff = node->out[DSCI_LOSS_GRADIENT];
    if (!input->needs_gradient)
        return;
    if (factor != 1) {
        const dsci_node *multiple = dsci_graph_append(
            graph, &dsci_op_scale, &(dsci_attributes){ .factor = factor }, (dsci_tensor *[]){ diff }, 1);
        diff = multiple ? multiple->out[0] : NULL;
    }
    dsci_gradient_add(graph, input, diff);
}

void dsci_loss_gradient(dsci_graph *graph, dsci_node *node)
{
    if (dsci_node_output(&graph->context, node, node->in[0]->type, &node->in[0]->shape))
        add_gradient(graph, node, node->in[0], node->loss_factor);
}

void dsci_difference_gradient(dsci_graph *graph, dsci_node *node)
{
    if (!dsci_node_output(&graph->context, node, node->in[0]->type, &node->in[0]->shape))
        return;
    add_gradient(graph, node, node->in[0], node->loss_factor);
    add_gradient(graph, node, node->in[1], -node->loss_factor);
}

void dsci_loss_put(const dsci_operands *o, double sum, double weight)
{
    *(double *)o->out[DSCI_LOSS_MEAN] = weight > 0 ? sum / weight : 0;
    *(double *)o->out[DSCI_LOSS_WEIGHT] = weight / dsci_loss_terms(o->node);
}

/* A batch of labels, one for each example or for each of its steps. */
static bool expect_label_node(const dsci_context *context, const dsci_node *node)
{
    const dsci_node *labels = node->in[1]->producer;
    if (labels->op == &dsci_op_labels)
        return true;
    dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                   "layer '%s': expected labels made by dsc_labels(), found '%s'", node->name, labels->name);
    return false;
}

bool dsci_expect_labels(const dsci_context *context, const dsci_node *node, bool binary)
{
    const dsci_tensor *scores = node->in[0], *labels = node->in[1];
    if (!dsci_expect_batch(context, node, scores) || !expect_label_node(context, node))
        return false;
    const size_t classes = labels->producer->attributes.labels.classes, steps = dsci_tensor_cols(labels);
    const size_t found = dsci_tensor_cols(scores);
    const bool same_steps = labels->shape.rank < 2 || scores->shape.dim[1] == steps;
    if (same_steps &&
        ((found / steps == classes && found % steps == 0) || (binary && classes == 2 && found == steps)))
        return true;
    if (labels->shape.rank < 2)
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected a logit for each of the %zu classes of the labels, found %zu from "
            "'%s'; change its units or the number of classes",
            node->name, classes, found, scores->producer->name);
    else {
        char text[128];
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected logits (batch, %zu steps, %zu classes) as the labels have, found "
            "%s from '%s'",
            node->name, steps, classes, dsci_shape_text(&scores->shape, text), scores->producer->name);
    }
    return false;
}

bool dsci_expect_targets(const dsci_context *context, const dsci_node *node)
{
    const dsci_tensor *src = node->in[0], *target = node->in[1];
    if (!dsci_expect_real(context, node, src))
        return false;
    if (target->type != src->type || target->unbatched != src->unbatched) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected targets made by dsc_targets(), an input or a layer of real "
                       "values, found '%s'",
                       node->name, target->producer->name);
        return false;
    }
    if (src->elements != target->elements) {
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected %zu outputs per example as in the targets, found %zu from '%s'",
                       node->name, target->elements / node->batch, src->elements / node->batch,
                       src->producer->name);
        return false;
    }
    return true;
}

static bool infer_classification(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_labels(context, node, false) && dsci_loss_outputs(context, node);
}

static bool infer_squared(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_targets(context, node) && dsci_loss_outputs(context, node);
}

/* The errors, and of how many. */
static bool infer_count_errors(const dsci_context *context, dsci_node *node)
{
    const dsci_shape pair = { .rank = 1, .dim = { 2 } };
    return dsci_expect_labels(context, node, true) && dsci_node_output(context, node, DSCI_F64, &pair);
}

static void measure_errors(dsci_graph *graph, dsci_node *node)
{
    dsci_graph_append(graph, &dsci_op_count_errors, NULL, node->in, 2);
}

static void run_softmax_cross_entropy(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const size_t rows = o->node->in[1]->elements, classes = o->node->in[0]->elements / rows;
    *(double *)o->out[DSCI_LOSS_MEAN] = o->kernels->softmax_cross_entropy(
        o->out[DSCI_LOSS_GRADIENT], o->in[0], o->in[1], rows, classes, (float)(1 / (double)rows));
    *(double *)o->out[DSCI_LOSS_WEIGHT] = (double)o->node->batch;
}

/* The sum of the squared errors of a range, and its part of the gradient of their mean over `over` elements.
 */
static double squared_errors(const dsci_operands *o, dsci_range range, size_t over, size_t *masked)
{
    float *diff = o->out[DSCI_LOSS_GRADIENT] ? (float *)o->out[DSCI_LOSS_GRADIENT] + range.first : NULL;
    return o->kernels->squared_error(diff, (const float *)o->in[0] + range.first,
                                     (const float *)o->in[1] + range.first, range.count,
                                     (float)(2 / (double)over), masked);
}

/* Only if targets are missing the gradient is made again, for the mean over those that are left. */
static void run_squared(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_range all = { 0, o->node->in[0]->elements };
    size_t masked, again;
    const double sum = squared_errors(o, all, all.count, &masked);
    const size_t known = all.count - masked;
    if (o->out[DSCI_LOSS_GRADIENT] && masked > 0 && known > 0)
        squared_errors(o, all, known, &again);
    dsci_loss_put(o, sum, (double)known);
}

/* --- Large losses: the sums of the shards are added in their order --- */

/* Of a shard: the loss, and over how much. */
typedef struct partial {
    double sum, count;
} partial;

static dsc_status book_shards(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    booking->parts = booking->finish_parts = dsci_shards(node);
    booking->by_batch = booking->finish_by_batch = true;
    booking->scratch_bytes = booking->parts * sizeof(partial);
    return DSC_OK;
}

static void run_softmax_shard(const dsci_operands *o, dsci_part part)
{
    const size_t rows = o->node->in[1]->elements, classes = o->node->in[0]->elements / rows;
    const dsci_range own = dsci_shard_elements(o->node, o->node->in[1], part.index);
    const size_t first = own.first * classes;
    float *diff = o->out[DSCI_LOSS_GRADIENT] ? (float *)o->out[DSCI_LOSS_GRADIENT] + first : NULL;
    const double mean = o->kernels->softmax_cross_entropy(diff, (const float *)o->in[0] + first,
                                                          (const int32_t *)o->in[1] + own.first, own.count,
                                                          classes, (float)(1 / (double)rows));
    ((partial *)o->scratch)[part.index] = (partial){ mean * (double)own.count, (double)own.count };
}

static void run_squared_shard(const dsci_operands *o, dsci_part part)
{
    const dsci_range own = dsci_shard_elements(o->node, o->node->in[0], part.index);
    size_t masked;
    const double sum = squared_errors(o, own, o->node->in[0]->elements, &masked);
    ((partial *)o->scratch)[part.index] = (partial){ sum, (double)(own.count - masked) };
}

static partial add_shards(const dsci_operands *o)
{
    partial total = { 0, 0 };
    for (size_t p = 0; p < o->node->booking.parts; p++) {
        total.sum += ((const partial *)o->scratch)[p].sum;
        total.count += ((const partial *)o->scratch)[p].count;
    }
    return total;
}

static void finish_softmax(const dsci_operands *o, dsci_part part)
{
    const partial total = add_shards(o);
    if (part.index == 0)
        dsci_loss_put(o, total.sum, total.count);
}

static void finish_squared(const dsci_operands *o, dsci_part part)
{
    const partial total = add_shards(o);
    const size_t n = o->node->in[0]->elements, known = (size_t)total.count;
    size_t masked;
    if (o->out[DSCI_LOSS_GRADIENT] && known > 0 && known < n)
        squared_errors(o, dsci_shard_elements(o->node, o->node->in[0], part.index), known, &masked);
    if (part.index == 0)
        dsci_loss_put(o, total.sum, total.count);
}

static void count_binary(double errors[2], const float *scores, const int32_t *labels, size_t rows,
                         int32_t ignore)
{
    for (size_t r = 0; r < rows; r++)
        if (labels[r] != ignore) {
            errors[0] += isnan(scores[r]) || (scores[r] > 0) != labels[r];
            errors[1]++;
        }
}

static void run_count_errors(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const size_t rows = o->node->in[1]->elements, classes = o->node->in[0]->elements / rows;
    const float *scores = o->in[0];
    const int32_t *labels = o->in[1], ignore = (int32_t)o->node->attributes.loss.ignore - 1;
    double *errors = o->out[0];
    errors[0] = errors[1] = 0;
    if (dsci_is_binary(o->node)) {
        count_binary(errors, scores, labels, rows, ignore);
        return;
    }
    for (size_t r = 0, count; r < rows; r += count + 1) {
        for (count = 0; r + count < rows && labels[r + count] != ignore;)
            count++;
        errors[0] += (double)o->kernels->count_errors(scores + r * classes, labels + r, count, classes);
        errors[1] += (double)count;
    }
}

/* By the usual count: an exponential and a subtraction, a sum, a quotient and the gradient's product. */
static double flops_softmax(const dsci_node *node)
{
    return 5 * (double)node->in[0]->elements;
}

static double flops_squared(const dsci_node *node)
{
    return 4 * (double)node->in[0]->elements;
}

static const char *describe_shards(const dsci_node *node)
{
    (void)node;
    return "by shards";
}

const dsci_op dsci_op_softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .id = DSCI_OP_SOFTMAX_CROSS_ENTROPY,
    .loss = true,
    .infer = infer_classification,
    .gradient = dsci_loss_gradient,
    .measure = measure_errors,
    .flops = flops_softmax,
    .schema = { .inputs = "xl", .least = 2 },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .supports = dsci_loss_is_large,
                           .book = book_shards,
                           .run = run_softmax_shard,
                           .finish = finish_softmax,
                           .describe = describe_shards },
                         { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_softmax_cross_entropy },
                         DSCI_REF_IMPLEMENTATIONS(softmax_cross_entropy) },
};

const dsci_op dsci_op_squared_loss = {
    .name = "squared_loss",
    .id = DSCI_OP_SQUARED_LOSS,
    .loss = true,
    .infer = infer_squared,
    .gradient = dsci_difference_gradient,
    .flops = flops_squared,
    .schema = { .inputs = "xy", .least = 2 },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .supports = dsci_loss_is_large,
                           .book = book_shards,
                           .run = run_squared_shard,
                           .finish = finish_squared,
                           .describe = describe_shards },
                         { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_squared },
                         DSCI_REF_IMPLEMENTATIONS(squared_loss) },
};

const dsci_op dsci_op_count_errors = {
    .name = "count_errors",
    .id = DSCI_OP_COUNT_ERRORS,
    .infer = infer_count_errors,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_count_errors },
                         DSCI_REF_IMPLEMENTATIONS(count_errors) },
};
