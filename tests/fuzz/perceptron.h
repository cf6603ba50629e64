/* perceptron.h - the small network of the targets that read models. */
#ifndef DESCENT_TESTS_FUZZ_PERCEPTRON_H
#define DESCENT_TESTS_FUZZ_PERCEPTRON_H

#include "network.h"

enum { PERCEPTRON_INPUTS = 5, PERCEPTRON_CLASSES = 3 };

static inline dsc_model *perceptron_make(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { PERCEPTRON_INPUTS } });
    dsc_node *hidden = dsc_dropout(dsc_tanh(dsc_dense(x, 4)), 0.25);
    dsc_node *logits = dsc_dense(hidden, PERCEPTRON_CLASSES);
    return dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, PERCEPTRON_CLASSES)),
                       &(dsc_compile_options){ .batch = 2, .threads = 1 });
}

/* Trains any model for some epochs, if the perceptron's examples fit it; not finite numbers and examples that
   don't fit are errors of the model. */
static inline dsc_status perceptron_fit(dsc_model *model, const dsc_fit_options *options)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = make_examples(scope, 1, 4, PERCEPTRON_INPUTS, PERCEPTRON_CLASSES);
    dsc_evaluate(model, &all);
    const dsc_status status = dsc_fit(model, &all, options);
    dsc_scope_close(&scope);
    return status;
}

/* A good result has no error, a bad one has one that says something. */
static inline bool perceptron_judge(dsc_scope *scope, bool good)
{
    assert_true(good == (dsc_scope_status(scope) == DSC_OK));
    assert_true(good || strlen(dsc_scope_message(scope)) > 10);
    return good;
}

#endif
