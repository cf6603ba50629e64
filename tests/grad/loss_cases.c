/* loss_cases.c - the losses, with class weights, smoothed labels, masks, and labels for each step. */
#include "cases.h"
#include "graph/network.h"

enum { MOST_CLASSES = 40 };

static const double *draw_weights(struct draw *draw)
{
    static const double weights[MOST_CLASSES] = { 0.5, 2, 1, 0.25, 3, 1, 0, 1.5, 1, 1, 0.75, 1, 1, 4, 1, 1 };
    return draw_size(draw, 0, 1) ? weights : NULL;
}

/* Scores of vectors, or of the steps of sequences, with labels. */
static dsc_node *label_case(dsc_scope *scope, struct draw *draw, size_t least, bool sequence,
                            dsc_node *(*loss)(dsc_node *, dsc_node *, const dsc_loss_spec *),
                            double smoothing)
{
    const size_t classes = draw_size(draw, least, MOST_CLASSES / 2 - 1), steps = draw_size(draw, 1, 5);
    const dsc_loss_spec spec = { .class_weights = draw_weights(draw),
                                 .label_smoothing = smoothing,
                                 .ignore = classes > 2 ? draw_size(draw, 0, 2) : 0 };
    if (!sequence)
        return loss(dsc_dense(case_vector(scope, draw), classes), dsc_labels(scope, classes), &spec);
    dsc_node *x = dsc_dense(case_vector(scope, draw), steps * classes);
    return loss(dsc_reshape(x, steps, classes), dsc_labels(scope, classes, .steps = steps), &spec);
}

static dsc_node *cross_entropy(dsc_scope *scope, struct draw *draw)
{
    return label_case(scope, draw, 1, false, dsc_softmax_cross_entropy_with, 0);
}

static dsc_node *smoothed(dsc_scope *scope, struct draw *draw)
{
    return label_case(scope, draw, 2, true, dsc_softmax_cross_entropy_with, 0.1);
}

static dsc_node *nll(dsc_scope *scope, struct draw *draw)
{
    return label_case(scope, draw, 1, true, dsc_nll_loss, draw_size(draw, 0, 1) ? 0.3 : 0);
}

static dsc_node *hinge(dsc_scope *scope, struct draw *draw)
{
    return label_case(scope, draw, 2, true, dsc_hinge_loss, 0);
}

static dsc_node *binary_hinge(dsc_scope *scope, struct draw *draw)
{
    return dsc_hinge_loss(dsc_dense(case_vector(scope, draw), 1), dsc_labels(scope, 2), NULL);
}

static dsc_node *plain_sequence(dsc_scope *scope, struct draw *draw)
{
    const size_t classes = draw_size(draw, 1, 20), steps = draw_size(draw, 1, 5);
    dsc_node *x = dsc_dense(case_vector(scope, draw), steps * classes);
    return dsc_softmax_cross_entropy(dsc_reshape(x, steps, classes),
                                     dsc_labels(scope, classes, .steps = steps));
}

static dsc_node *target_case(dsc_scope *scope, struct draw *draw,
                             dsc_node *(*loss)(dsc_node *, dsc_node *, const dsc_loss_spec *),
                             const dsc_loss_spec *spec)
{
    const size_t outputs = draw_size(draw, 1, 40);
    return loss(dsc_dense(case_vector(scope, draw), outputs),
                dsc_targets(scope, &(dsc_input_spec){ .shape = { outputs } }), spec);
}

static dsc_node *squared(dsc_scope *scope, struct draw *draw)
{
    return target_case(scope, draw, dsc_squared_loss_with, NULL);
}

static dsc_node *absolute(dsc_scope *scope, struct draw *draw)
{
    return target_case(scope, draw, dsc_absolute_loss, NULL);
}

static dsc_node *huber(dsc_scope *scope, struct draw *draw)
{
    return target_case(scope, draw, dsc_huber_loss, &(dsc_loss_spec){ .delta = 0.7 });
}

static dsc_node *binary(dsc_scope *scope, struct draw *draw)
{
    static const double weights[2] = { 0.5, 3 };
    return target_case(scope, draw, dsc_binary_cross_entropy,
                       &(dsc_loss_spec){ .class_weights = draw_size(draw, 0, 1) ? weights : NULL,
                                         .label_smoothing = draw_size(draw, 0, 1) ? 0.2 : 0 });
}

static dsc_node *kl(dsc_scope *scope, struct draw *draw)
{
    return target_case(scope, draw, dsc_kl_loss, NULL);
}

/* Both sides depend on parameters. */
static dsc_node *two_layers(dsc_scope *scope, struct draw *draw,
                            dsc_node *(*loss)(dsc_node *, dsc_node *, const dsc_loss_spec *))
{
    dsc_node *x = case_vector(scope, draw);
    const size_t outputs = draw_size(draw, 1, 20);
    return loss(dsc_dense(x, outputs), dsc_tanh(dsc_dense(x, outputs)), &(dsc_loss_spec){ .delta = 0.7 });
}

static dsc_node *squared_targets(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = case_vector(scope, draw);
    const size_t outputs = draw_size(draw, 1, 20);
    return dsc_squared_loss(dsc_dense(x, outputs), dsc_tanh(dsc_dense(x, outputs)));
}

static dsc_node *huber_targets(dsc_scope *scope, struct draw *draw)
{
    return two_layers(scope, draw, dsc_huber_loss);
}

static dsc_node *mean(dsc_scope *scope, struct draw *draw)
{
    dsc_node *y = dsc_dense(case_vector(scope, draw), draw_size(draw, 1, 40));
    return dsc_mean_loss(dsc_multiply(y, dsc_tanh(y)), NULL);
}

static dsc_node *sum(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = case_vector(scope, draw), *h = dsc_tanh(dsc_dense(x, draw_size(draw, 1, 20)));
    const size_t classes = draw_size(draw, 1, 10);
    dsc_node *labelled = dsc_softmax_cross_entropy(dsc_dense(h, classes), dsc_labels(scope, classes));
    dsc_node *decoded = dsc_squared_loss(dsc_dense(h, dsci_node_example_elements(x)), x);
    return dsc_loss_sum({ 1, labelled },
                        { 0.3, dsc_loss_sum({ -0.5, dsc_mean_loss(h, NULL) }, { 2, decoded }) });
}

static const struct gradient_case cases[] = {
    { .name = "cross-entropy with a mask", .op = "label_loss", .loss = cross_entropy },
    { .name = "smoothed cross-entropy of steps", .op = "label_loss", .loss = smoothed },
    { .name = "cross-entropy of steps", .op = "softmax_cross_entropy", .loss = plain_sequence },
    { .name = "negative log-likelihood", .op = "label_loss", .loss = nll },
    { .name = "hinge", .op = "label_loss", .loss = hinge },
    { .name = "binary hinge", .op = "label_loss", .loss = binary_hinge },
    { .name = "squared", .op = "target_loss", .loss = squared },
    { .name = "absolute", .op = "target_loss", .loss = absolute },
    { .name = "huber", .op = "target_loss", .loss = huber },
    { .name = "binary cross-entropy", .op = "target_loss", .loss = binary, .targets = TARGETS_UNIT },
    { .name = "squared, of two layers", .op = "squared_loss", .loss = squared_targets },
    { .name = "huber, of two layers", .op = "target_loss", .loss = huber_targets },
    { .name = "mean of values", .op = "mean_loss", .loss = mean },
    { .name = "sum of losses", .op = "loss_sum", .loss = sum },
    { .name = "kl", .op = "target_loss", .loss = kl, .targets = TARGETS_DISTRIBUTION },
};
const struct gradient_suite loss_cases = { cases, sizeof cases / sizeof cases[0] };
