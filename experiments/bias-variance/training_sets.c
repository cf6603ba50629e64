/* training_sets.c - where the training sets of the width case come from. */
#include "training_sets.h"

#include <string.h>

static dsc_dataset limited(dsc_scope *scope, const dsc_dataset *data, size_t count)
{
    return count ? dsc_dataset_head(scope, data, count) : *data;
}

pool pool_read(dsc_scope *scope, const dsc_known_data *known, const char *directory, size_t examples,
               size_t tests)
{
    pool p = { .generated = known == NULL };
    dsc_split split = known ? dsc_data_read(scope, known, directory) : dsc_mnist1d(scope, NULL);
    split.train = limited(scope, &split.train, examples);
    split.test = limited(scope, &split.test, tests);
    if (known) { /* MNIST-1D is standardised as it is */
        const dsc_scaler scaler = dsc_scaler_fit(scope, &split.train, DSC_SCALING_Z, DSC_SCALING_SCOPE_ALL);
        dsc_scaler_apply(scope, &scaler, &split.train);
        dsc_scaler_apply(scope, &scaler, &split.test);
    }
    if (dsc_scope_status(scope) == DSC_OK) {
        p.train = dsc_examples_from(scope, &split.train);
        p.test = dsc_examples_from(scope, &split.test);
    }
    return p;
}

size_t training_set_size(const pool *p, const training_set_spec *spec)
{
    return spec->examples ? spec->examples : p->train.count / spec->sets;
}

/* Positions of the set's examples in the pool: a part of one permutation, or a permutation of its own. */
static dsc_examples from_pool(dsc_scope *scope, const pool *p, uint64_t seed, const training_set_spec *spec,
                              uint32_t *order)
{
    const size_t size = training_set_size(p, spec);
    const bool splits = spec->scheme == SCHEME_SPLITS;
    if (!order)
        return (dsc_examples){ 0 };
    if (splits && size > p->train.count / spec->sets) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "%zu disjoint training sets of %zu examples: the data set has %zu; ask for fewer",
                       spec->sets, size, p->train.count);
        return (dsc_examples){ 0 };
    }
    if (size > p->train.count) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "training sets of %zu examples: the data set has %zu; ask for fewer", size,
                       p->train.count);
        return (dsc_examples){ 0 };
    }
    const uint32_t major = splits ? 0 : (uint32_t)(1 + spec->set);
    dsc_rng_permutation(dsc_rng_make(seed, DSC_STREAM_SAMPLING), major, order, p->train.count);
    if (splits)
        memmove(order, order + spec->set * size, size * sizeof *order);
    return dsc_examples_select(scope, &p->train, order, size);
}

/* MNIST-1D of a seed that is drawn for this set; the generator makes tens and keeps at least one to test. */
static dsc_examples generated(dsc_scope *scope, size_t size, uint64_t seed, size_t set)
{
    const uint64_t bits = dsc_rng_bits(dsc_rng_make(seed, DSC_STREAM_DATA), 0, set);
    const size_t samples = (size + 9) / 10 * 10 + 10;
    const dsc_split split =
        dsc_mnist1d(scope, &(dsc_mnist1d_options){ .samples = samples,
                                                   .train_fraction = ((double)size + 0.5) / (double)samples,
                                                   .seed = (uint32_t)bits });
    return dsc_examples_from(scope, &split.train);
}

/* Example i's number is drawn at position 2 i, its new label at 2 i + 1. */
static void add_noise(dsc_rng rng, uint32_t major, const uint32_t *index, double label_noise, int32_t *labels,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t at = 2 * (uint64_t)(index ? index[i] : i);
        if (dsc_rng_uniform(rng, major, at) < label_noise)
            labels[i] = (int32_t)dsc_rng_below(rng, major, at + 1, CLASSES);
    }
}

static float *one_hot(dsc_scope *scope, const int32_t *labels, size_t count)
{
    float *targets = dsc_scope_alloc(scope, count * CLASSES, sizeof *targets);
    for (size_t i = 0; targets && i < count; i++)
        targets[i * CLASSES + (size_t)labels[i]] = 1;
    return targets;
}

dsc_examples training_set_make(dsc_scope *scope, const pool *p, uint64_t seed, const training_set_spec *spec)
{
    const bool fresh = p->generated && spec->scheme == SCHEME_FRESH;
    const size_t size = training_set_size(p, spec);
    if (size == 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "sets = %zu: %zu examples are fewer than one for each; ask for fewer sets, or say how "
                       "many examples each has",
                       spec->sets, p->train.count);
        return (dsc_examples){ 0 };
    }
    uint32_t *order = fresh ? NULL : dsc_scope_alloc(scope, p->train.count, sizeof *order);
    dsc_examples set =
        fresh ? generated(scope, size, seed, spec->set) : from_pool(scope, p, seed, spec, order);
    int32_t *labels = dsc_scope_alloc(scope, set.count, sizeof *labels);
    if (dsc_scope_status(scope) != DSC_OK || !labels || !dsc_examples_labels(&set))
        return set;
    memcpy(labels, dsc_examples_labels(&set), set.count * sizeof *labels);
    const bool splits = spec->scheme == SCHEME_SPLITS;
    add_noise(dsc_rng_make(seed, DSC_STREAM_NOISE), splits ? 0 : (uint32_t)(1 + spec->set),
              fresh ? NULL : order, spec->label_noise, labels, set.count);
    const dsc_column noisy = { "labels", 1, .i32 = labels };
    const dsc_column targets = { "targets", CLASSES, .f32 = one_hot(scope, labels, set.count) };
    set = dsc_examples_with(scope, &set, &noisy);
    return dsc_examples_with(scope, &set, &targets);
}

double *label_probabilities(dsc_scope *scope, const dsc_examples *examples, double label_noise)
{
    const int32_t *labels = dsc_examples_labels(examples);
    double *probabilities = dsc_scope_alloc(scope, examples->count * CLASSES, sizeof *probabilities);
    for (size_t i = 0; probabilities && i < examples->count; i++)
        for (size_t c = 0; c < CLASSES; c++)
            probabilities[i * CLASSES + c] =
                label_noise / CLASSES + (labels[i] == (int32_t)c ? 1 - label_noise : 0);
    return probabilities;
}
