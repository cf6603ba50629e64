/* loss.c - losses (means over the batch, summed in double) and the errors of a classifier. The gradient of a
 * loss comes with it: in training its node has a second output. */
#include "ops/ref.h"

static const dsci_shape scalar = { .rank = 0 };

static bool infer_classification(const dsci_setting *setting, dsci_node *node)
{
    const dsci_tensor *logits = node->in[0];
    const dsci_node *labels = node->in[1]->producer;
    if (!dsci_expect_batch(setting, node, logits))
        return false;
    if (labels->op != &dsci_op_labels) {
        dsc_scope_fail(setting->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected labels made by dsc_labels(), found '%s'", node->name,
                       labels->name);
        return false;
    }
    if (dsci_tensor_cols(logits) != labels->attributes.labels.classes) {
        dsc_scope_fail(
            setting->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected a logit for each of the %zu classes of the labels, found %zu from "
            "'%s'; change its units or the number of classes",
            node->name, labels->attributes.labels.classes, dsci_tensor_cols(logits), logits->producer->name);
        return false;
    }
    return dsci_node_output(setting, node, DSCI_F64, &scalar);
}

static bool infer_squared(const dsci_setting *setting, dsci_node *node)
{
    const dsci_tensor *src = node->in[0], *target = node->in[1];
    if (!dsci_expect_batch(setting, node, src))
        return false;
    if (target->producer->op != &dsci_op_targets) {
        dsc_scope_fail(setting->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected targets made by dsc_targets(), found '%s'", node->name,
                       target->producer->name);
        return false;
    }
    if (src->elements != target->elements) {
        dsc_scope_fail(setting->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected %zu outputs per example as in the targets, found %zu from '%s'",
                       node->name, dsci_tensor_cols(target), dsci_tensor_cols(src), src->producer->name);
        return false;
    }
    return dsci_node_output(setting, node, DSCI_F64, &scalar);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    if (dsci_node_output(&graph->setting, node, node->in[0]->type, &node->in[0]->shape))
        dsci_gradient_add(graph, node->in[0], node->out[1]);
}

static void measure_errors(dsci_graph *graph, dsci_node *node)
{
    dsci_graph_append(graph, &dsci_op_count_errors, NULL, node->in, 2);
}

static void run_softmax_cross_entropy(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const size_t batch = dsci_tensor_rows(o->node->in[0]), classes = dsci_tensor_cols(o->node->in[0]);
    double *loss = o->out[0];
    *loss = o->kernels->softmax_cross_entropy(o->out[1], o->in[0], o->in[1], batch, classes,
                                              (float)(1 / (double)batch));
}

static void run_squared(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const size_t n = o->node->in[0]->elements;
    double *loss = o->out[0];
    *loss = o->kernels->squared_error(o->out[1], o->in[0], o->in[1], n, (float)(2 / (double)n)) / (double)n;
}

static void run_count_errors(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const size_t batch = dsci_tensor_rows(o->node->in[0]), classes = dsci_tensor_cols(o->node->in[0]);
    double *errors = o->out[0];
    *errors = (double)o->kernels->count_errors(o->in[0], o->in[1], batch, classes);
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

const dsci_op dsci_op_softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .id = DSCI_OP_SOFTMAX_CROSS_ENTROPY,
    .loss = true,
    .infer = infer_classification,
    .gradient = gradient,
    .measure = measure_errors,
    .flops = flops_softmax,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_softmax_cross_entropy },
                         DSCI_REF_IMPLEMENTATIONS(softmax_cross_entropy) },
};

const dsci_op dsci_op_squared_loss = {
    .name = "squared_loss",
    .id = DSCI_OP_SQUARED_LOSS,
    .loss = true,
    .infer = infer_squared,
    .gradient = gradient,
    .flops = flops_squared,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_squared },
                         DSCI_REF_IMPLEMENTATIONS(squared_loss) },
};

const dsci_op dsci_op_count_errors = {
    .name = "count_errors",
    .id = DSCI_OP_COUNT_ERRORS,
    .infer = infer_classification,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .run = run_count_errors },
                         DSCI_REF_IMPLEMENTATIONS(count_errors) },
};
