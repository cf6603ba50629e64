/* cases.c - the list of all suites, and the making and feeding of their networks. */
#include "cases.h"

#include <math.h>

extern const struct gradient_suite dense_cases, conv_cases, shape_cases, activation_cases, recurrent_cases,
    loss_cases, noise_cases, array_cases;

const struct gradient_suite *const gradient_suites[] = { &dense_cases,      &conv_cases,      &shape_cases,
                                                         &activation_cases, &recurrent_cases, &loss_cases,
                                                         &noise_cases,      &array_cases };
const size_t gradient_suite_count = sizeof gradient_suites / sizeof gradient_suites[0];

dsc_model *make_case(dsc_scope *scope, const struct gradient_case *c, uint32_t variant, dsc_engine engine,
                     dsc_dtype dtype)
{
    struct draw draw = { .seed = 77, .variant = variant };
    dsc_node *loss = c->loss(scope, &draw);
    return dsc_compile(loss, &(dsc_compile_options){ .batch = draw_size(&draw, 1, 9),
                                                     .engine = engine,
                                                     .dtype = dtype,
                                                     .threads = 1,
                                                     .shard = draw_size(&draw, 1, 4) });
}

static double uniform(uint64_t seed, uint32_t major, uint64_t index)
{
    return dsc_rng_uniform(dsc_rng_make(seed, DSC_STREAM_DATA), major, index);
}

static const int32_t *random_integers(dsc_scope *scope, uint64_t seed, uint32_t major, size_t count,
                                      size_t below)
{
    int32_t *values = dsc_scope_alloc(scope, count, sizeof *values);
    for (size_t i = 0; values && i < count; i++)
        values[i] = (int32_t)dsc_rng_below(dsc_rng_make(seed, DSC_STREAM_DATA), major, i, below);
    return values;
}

/* Values that float holds exactly. */
static double random_real(enum target_values kind, uint64_t seed, uint32_t major, uint64_t index)
{
    if (kind == TARGETS_NORMAL)
        return (double)(float)dsc_rng_normal(dsc_rng_make(seed, DSC_STREAM_DATA), major, index);
    return (double)(float)(0.05 + 0.9 * uniform(seed, major, index));
}

static void normalize_rows(double *values, size_t count, size_t columns)
{
    for (size_t row = 0; row < count / columns; row++) {
        double sum = 0;
        for (size_t i = 0; i < columns; i++)
            sum += values[row * columns + i];
        for (size_t i = 0; i < columns; i++)
            values[row * columns + i] = (double)(float)(values[row * columns + i] / sum);
    }
}

static const void *random_reals(dsc_scope *scope, const dsci_tensor *tensor, enum target_values kind,
                                uint64_t seed, uint32_t major)
{
    double *wide = dsc_scope_alloc(scope, tensor->elements, sizeof *wide);
    float *values = dsc_scope_alloc(scope, tensor->elements, sizeof *values);
    if (!wide || !values)
        return NULL;
    for (size_t i = 0; i < tensor->elements; i++)
        wide[i] = random_real(kind, seed, major, i);
    if (kind == TARGETS_DISTRIBUTION)
        normalize_rows(wide, tensor->elements, tensor->shape.dim[tensor->shape.rank - 1]);
    for (size_t i = 0; i < tensor->elements; i++)
        values[i] = (float)wide[i];
    return tensor->type == DSCI_F64 ? (const void *)wide : values;
}

void bind_random(dsc_scope *scope, dsci_execution *plan, enum target_values targets, uint64_t seed)
{
    for (size_t i = 0; i < plan->input_count; i++) {
        dsci_tensor *in = plan->inputs[i];
        const size_t vocabulary = in->producer->attributes.tokens.vocabulary;
        dsci_execution_bind(
            in, in->type == DSCI_I32
                    ? (const void *)random_integers(scope, seed, (uint32_t)i, in->elements, vocabulary)
                    : random_reals(scope, in, TARGETS_NORMAL, seed, (uint32_t)i));
    }
    if (plan->expected_count == 0)
        return;
    dsci_tensor *expected = plan->expected[0];
    const size_t classes = expected->producer->attributes.labels.classes;
    dsci_execution_bind(expected,
                        expected->type == DSCI_I32
                            ? (const void *)random_integers(scope, seed, 100, expected->elements, classes)
                            : random_reals(scope, expected, targets, seed, 100));
}
