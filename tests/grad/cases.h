/* cases.h - for every op with a gradient, the networks it is checked in. A new op needs a line here. */
#ifndef DESCENT_TESTS_CASES_H
#define DESCENT_TESTS_CASES_H

#include <stdbool.h>

#include "graph/network.h"
#include "network.h"

struct shape {
    size_t batch, inputs, units, outputs;
};

/* Odd sizes, sizes around the lanes of a vector, single rows, columns and examples. */
static const struct shape shapes[] = {
    { 1, 1, 1, 1 }, { 1, 7, 3, 2 }, { 4, 1, 1, 3 }, { 5, 7, 9, 4 }, { 17, 16, 33, 10 }, { 3, 40, 15, 1 },
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

struct gradient_case {
    const char *name;
    dsc_node *(*hidden)(dsc_node *x, size_t units); /* below the last dense layer */
    dsci_op_id op;                                  /* the op it is there for */
    bool squared;                                   /* loss: squared, else cross-entropy */
};

static inline dsc_node *hidden_dense(dsc_node *x, size_t units)
{
    return dsc_dense(dsc_dense(x, units, .no_bias = true), units);
}

static inline dsc_node *hidden_relu(dsc_node *x, size_t units)
{
    return dsc_relu(dsc_dense(x, units));
}

static inline dsc_node *hidden_sigmoid(dsc_node *x, size_t units)
{
    return dsc_sigmoid(dsc_dense(x, units));
}

/* Two activations: the second cannot be fused. */
static inline dsc_node *hidden_tanh(dsc_node *x, size_t units)
{
    return dsc_tanh(dsc_sigmoid(dsc_dense(x, units)));
}

static inline dsc_node *hidden_dropout(dsc_node *x, size_t units)
{
    return dsc_dropout(dsc_tanh(dsc_dense(dsc_dropout(x, 0.2), units)), 0.5);
}

static inline dsc_node *add(dsc_node *a, dsc_node *b)
{
    const char *name = dsci_layer_name(a, DSCI_OP_ADD, "add", NULL);
    return dsci_layer_make(&dsci_op_add, name, NULL, (dsc_node *[]){ a, b }, 2);
}

/* h is used three times: its gradients are summed. */
static inline dsc_node *hidden_add(dsc_node *x, size_t units)
{
    dsc_node *h = dsc_dense(x, units);
    return add(add(dsc_tanh(h), h), dsc_dense(h, units));
}

static inline dsc_node *hidden_deep(dsc_node *x, size_t units)
{
    for (int i = 0; i < 6; i++)
        x = dsc_tanh(dsc_dense(x, units + (size_t)i, .weights_init = DSC_INIT_GLOROT_NORMAL));
    return x;
}

static const struct gradient_case cases[] = {
    { "dense", hidden_dense, DSCI_OP_DENSE, true },
    { "relu", hidden_relu, DSCI_OP_ACTIVATION, true },
    { "sigmoid", hidden_sigmoid, DSCI_OP_ACTIVATION, true },
    { "tanh after sigmoid", hidden_tanh, DSCI_OP_ACTIVATION, true },
    { "dropout", hidden_dropout, DSCI_OP_DROPOUT, false },
    { "add", hidden_add, DSCI_OP_ADD, true },
    { "softmax cross-entropy", hidden_relu, DSCI_OP_SOFTMAX_CROSS_ENTROPY, false },
    { "squared loss", hidden_deep, DSCI_OP_SQUARED_LOSS, true },
    { "deep classifier", hidden_deep, DSCI_OP_DENSE, false },
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* The case's network of a shape, compiled. */
static inline dsc_model *make_case(dsc_scope *scope, const struct gradient_case *c, const struct shape *s,
                                   dsc_engine engine, dsc_dtype dtype)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { s->inputs } });
    dsc_node *y = dsc_dense(c->hidden(x, s->units), s->outputs);
    dsc_node *loss =
        c->squared ? dsc_squared_loss(y, dsc_targets(scope, &(dsc_input_spec){ .shape = { s->outputs } }))
                   : dsc_softmax_cross_entropy(y, dsc_labels(scope, s->outputs));
    return dsc_compile(loss, &(dsc_compile_options){ .batch = s->batch, .engine = engine, .dtype = dtype });
}

#endif
