/* dense_cases.c - dense layers, their activations, dropout, and tensors that are used several times. */
#include "cases.h"
#include "graph/network.h"

static dsc_node *dense(dsc_scope *scope, struct draw *draw)
{
    const size_t units = draw_size(draw, 1, 33);
    return squared_head(dsc_dense(dsc_dense(case_vector(scope, draw), units, .no_bias = true), units), scope,
                        draw);
}

/* Each step of a sequence by itself, then each row of what became an image. */
static dsc_node *per_step(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 1, 7);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, draw_size(draw, 1, 9) } });
    const size_t units = draw_size(draw, 1, 20);
    x = dsc_relu(dsc_dense(x, units, .per_step = true));
    x = dsc_dense(dsc_reshape(x, 1, steps, units), draw_size(draw, 1, 9), .per_step = true, .no_bias = true);
    return squared_head(x, scope, draw);
}

static dsc_node *relu(dsc_scope *scope, struct draw *draw)
{
    return squared_head(dsc_relu(dsc_dense(case_vector(scope, draw), draw_size(draw, 1, 33))), scope, draw);
}

static dsc_node *sigmoid(dsc_scope *scope, struct draw *draw)
{
    return squared_head(dsc_sigmoid(dsc_dense(case_vector(scope, draw), draw_size(draw, 1, 33))), scope,
                        draw);
}

/* Two activations: the second cannot be fused. */
static dsc_node *tanh_after_sigmoid(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_dense(case_vector(scope, draw), draw_size(draw, 1, 33));
    return squared_head(dsc_tanh(dsc_sigmoid(h)), scope, draw);
}

static dsc_node *dropout(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_dense(dsc_dropout(case_vector(scope, draw), 0.2), draw_size(draw, 1, 33));
    return classifier_head(dsc_dropout(dsc_tanh(h), 0.5), scope, draw);
}

static dsc_node *sum(dsc_node *a, dsc_node *b)
{
    const char *name = dsci_layer_name(a, DSCI_OP_ADD, "add", NULL);
    return dsci_layer_make(&dsci_op_add, name, NULL, (dsc_node *[]){ a, b }, 2);
}

/* h is used three times: its gradients are summed. */
static dsc_node *add(dsc_scope *scope, struct draw *draw)
{
    const size_t units = draw_size(draw, 1, 33);
    dsc_node *h = dsc_dense(case_vector(scope, draw), units);
    return squared_head(sum(sum(dsc_tanh(h), h), dsc_dense(h, units)), scope, draw);
}

static dsc_node *deep(dsc_node *x, struct draw *draw)
{
    for (int i = 0; i < 6; i++)
        x = dsc_tanh(dsc_dense(x, draw_size(draw, 1, 20), .weights_init = DSC_INIT_GLOROT_NORMAL));
    return x;
}

static dsc_node *deep_regression(dsc_scope *scope, struct draw *draw)
{
    return squared_head(deep(case_vector(scope, draw), draw), scope, draw);
}

static dsc_node *deep_classifier(dsc_scope *scope, struct draw *draw)
{
    return classifier_head(deep(case_vector(scope, draw), draw), scope, draw);
}

static const struct gradient_case cases[] = {
    { .name = "dense of each step", .op = "dense", .loss = per_step },
    { .name = "dense", .op = "dense", .loss = dense },
    { .name = "relu", .op = "activation", .loss = relu },
    { .name = "sigmoid", .op = "activation", .loss = sigmoid },
    { .name = "tanh after sigmoid", .op = "activation", .loss = tanh_after_sigmoid },
    { .name = "dropout", .op = "dropout", .loss = dropout },
    { .name = "add", .op = "add", .loss = add },
    { .name = "squared loss", .op = "squared_loss", .loss = deep_regression },
    { .name = "softmax cross-entropy", .op = "softmax_cross_entropy", .loss = deep_classifier },
};
const struct gradient_suite dense_cases = { cases, sizeof cases / sizeof cases[0] };
