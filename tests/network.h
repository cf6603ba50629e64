/* network.h - examples and small helpers for tests of networks. */
#ifndef DESCENT_TESTS_NETWORK_H
#define DESCENT_TESTS_NETWORK_H

#include <stdint.h>
#include <stdlib.h>

#include <descent/models.h>
#include <descent/train.h>

#include "graph/model.h"

/* count examples of normal features, with labels below classes that depend on the features, and normal
   targets (classes an example). In the scope. */
static inline dsc_examples make_examples(dsc_scope *scope, uint64_t seed, size_t count, size_t features,
                                         size_t classes)
{
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_DATA);
    float *x = dsc_scope_alloc(scope, count * features, sizeof *x);
    float *targets = dsc_scope_alloc(scope, count * classes, sizeof *targets);
    int32_t *labels = dsc_scope_alloc(scope, count, sizeof *labels);
    const dsc_examples examples = { .count = count,
                                    .columns = { { "input", features, .f32 = x },
                                                 { "labels", 1, .i32 = labels },
                                                 { "targets", classes, .f32 = targets } } };
    if (!x || !targets || !labels)
        return examples;
    dsc_rng_fill_normal_f32(rng, 0, 0, 1, x, count * features);
    dsc_rng_fill_normal_f32(rng, 1, 0, 1, targets, count * classes);
    for (size_t i = 0; i < count; i++)
        labels[i] = (int32_t)((size_t)(1000 + 3 * x[i * features]) % classes);
    return examples;
}

/* The values of such examples. */
static inline const float *inputs_of(const dsc_examples *examples)
{
    return dsc_examples_column(examples, "input")->f32;
}

static inline const float *targets_of(const dsc_examples *examples)
{
    return dsc_examples_column(examples, "targets")->f32;
}

/* Has the plan read the examples; reals of the model's type are made of them in the scope. */
static inline void bind_examples(dsc_scope *scope, dsci_execution *plan, const dsc_examples *examples)
{
    dsci_tensor *input = plan->inputs[0], *expected = plan->expected[0];
    const bool labels = expected->type == DSCI_I32;
    const void *x = inputs_of(examples),
               *y = labels ? (const void *)dsc_examples_labels(examples) : targets_of(examples);
    if (plan->graph.context.real == DSCI_F64) {
        double *wide = dsc_scope_alloc(scope, input->elements, sizeof *wide);
        double *targets = dsc_scope_alloc(scope, expected->elements, sizeof *targets);
        for (size_t i = 0; wide && i < input->elements; i++)
            wide[i] = (double)inputs_of(examples)[i];
        for (size_t i = 0; targets && !labels && i < expected->elements; i++)
            targets[i] = (double)targets_of(examples)[i];
        x = wide;
        y = labels ? y : targets;
    }
    dsci_execution_bind(input, x);
    dsci_execution_bind(expected, y);
}

/* Runs a training plan: loss and gradients at the present parameters. */
static inline double run_once(dsc_scope *scope, dsci_execution *plan, const dsc_examples *examples)
{
    bind_examples(scope, plan, examples);
    dsci_execution_run(plan);
    return *plan->loss;
}

#endif
