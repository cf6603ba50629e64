/* images.c - the classifiers' data: MNIST-1D, generated, or MNIST and Fashion-MNIST from files. */
#include "dropout.h"

/* The most training examples that a cell asks for. */
static size_t most_examples(const dsc_plan *plan, const struct hyperparameters *k)
{
    size_t count, most = (size_t)k->examples;
    const double *values = dsc_plan_axis(plan, "examples", &count);
    for (size_t i = 0; values && i < count; i++)
        most = i == 0 || (size_t)values[i] > most ? (size_t)values[i] : most;
    return most;
}

/* One draw of the generator makes training and test examples; its size is a multiple of ten. */
static dsc_split generate(dsc_scope *scope, const struct hyperparameters *k, size_t examples)
{
    const size_t samples = (examples + (size_t)k->test + 9) / 10 * 10;
    return dsc_mnist1d(scope,
                       &(dsc_mnist1d_options){ .samples = samples,
                                               .train_fraction = ((double)examples + 0.5) / (double)samples,
                                               .seed = (uint32_t)k->data_seed });
}

void *images_prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    const struct hyperparameters *k = hyperparameters;
    const size_t examples = most_examples(plan, k);
    struct shared *shared = dsc_scope_alloc(scope, 1, sizeof *shared);
    const dsc_known_data *known = dsc_plan_data(plan);
    dsc_split split = { 0 };
    if (shared)
        split = known ? dsc_data_read(scope, known, directory) : generate(scope, k, examples);
    if (dsc_scope_status(scope) == DSC_OK)
        split.train = dsc_dataset_head(scope, &split.train, examples);
    if (dsc_scope_status(scope) == DSC_OK) {
        const size_t test = split.test.count < (size_t)k->test ? split.test.count : (size_t)k->test;
        split.test = dsc_dataset_head(scope, &split.test, test);
        shared->train = dsc_examples_from(scope, &split.train);
        shared->test = dsc_examples_from(scope, &split.test);
    }
    return shared;
}
