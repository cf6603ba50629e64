/* classes.c - k-means of word vectors on the sphere. */
#include <descent/word_vectors.h>

#include <math.h>
#include <string.h>

#include <descent/cpu.h>

#include "base/region.h"
#include "base/sizes.h"
#include "kernels/kernels.h"

enum {
    CLASSES = 500,
    ITERATIONS = 10, /* as word2vec.c has it */
    WORDS = 128      /* whose products with all directions are computed at a time */
};

struct clustering {
    const dsc_word_vectors *vectors;
    size_t classes, iterations;
    const dsci_kernels *kernels;
    double *sums;      /* (classes, dimension) */
    float *directions; /* the same of length 1; zeros of a class without words */
    size_t worker_floats;
    float *space; /* of each thread: products (WORDS, classes), workspace */
    uint32_t *class_of;
};

/* Directions of some classes. A sum takes its words in their order, whichever thread has the class. */
static void find_directions(struct clustering *c, size_t begin, size_t end)
{
    const size_t dimension = c->vectors->dimension;
    memset(c->sums + begin * dimension, 0, (end - begin) * dimension * sizeof *c->sums);
    for (size_t i = 0; i < c->vectors->count; i++) {
        if (c->class_of[i] < begin || c->class_of[i] >= end)
            continue;
        double *sum = c->sums + c->class_of[i] * dimension;
        for (size_t j = 0; j < dimension; j++)
            sum[j] += (double)c->vectors->vectors[i * dimension + j];
    }
    for (size_t k = begin; k < end; k++) {
        const double *sum = c->sums + k * dimension;
        double squares = 0;
        for (size_t j = 0; j < dimension; j++)
            squares += sum[j] * sum[j];
        for (size_t j = 0; j < dimension; j++)
            c->directions[k * dimension + j] = squares > 0 ? (float)(sum[j] / sqrt(squares)) : 0;
    }
}

static dsci_gemm product_of(const struct clustering *c, float *space, size_t first, size_t count)
{
    const size_t dimension = c->vectors->dimension;
    return (dsci_gemm){ .m = count,
                        .n = c->classes,
                        .k = dimension,
                        .a = c->vectors->vectors + first * dimension,
                        .b = c->directions,
                        .c = space,
                        .lda = dimension,
                        .ldb = dimension,
                        .ldc = c->classes,
                        .transpose_b = 1,
                        .workspace = space + WORDS * c->classes };
}

static uint32_t first_largest(const float *values, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return (uint32_t)best;
}

static void assign(struct clustering *c, float *space, size_t first, size_t count)
{
    const dsci_gemm product = product_of(c, space, first, count);
    c->kernels->gemm(&product);
    for (size_t i = 0; i < count; i++)
        c->class_of[first + i] = first_largest(space + i * c->classes, c->classes);
}

static void cluster(void *user, dsci_region region)
{
    struct clustering *c = user;
    const size_t blocks = dsci_ceiling(c->vectors->count, WORDS);
    float *space = c->space + (size_t)region.thread * c->worker_floats;
    for (size_t round = 0; round < c->iterations; round++) {
        find_directions(c, dsci_region_begin(region, c->classes), dsci_region_end(region, c->classes));
        dsci_region_wait(region);
        for (size_t b = dsci_region_begin(region, blocks); b < dsci_region_end(region, blocks); b++)
            assign(c, space, b * WORDS, dsci_least(WORDS, c->vectors->count - b * WORDS));
        dsci_region_wait(region);
    }
}

/* False, and an error, if memory is out. */
static bool prepare(dsc_scope *own, struct clustering *c, int threads)
{
    const size_t floats = c->vectors->dimension * sizeof(float);
    const dsci_gemm product = product_of(c, NULL, 0, WORDS);
    c->worker_floats = WORDS * c->classes + dsci_round_up(dsci_gemm_workspace(&product), DSCI_LANES);
    c->sums = dsc_scope_alloc(own, c->classes, 2 * floats); /* doubles */
    c->directions = dsc_scope_alloc(own, c->classes, floats);
    c->space = dsc_scope_alloc(own, (size_t)threads, c->worker_floats * sizeof *c->space);
    return c->sums && c->directions && c->space;
}

const uint32_t *dsc_word_vectors_classes(dsc_scope *scope, const dsc_word_vectors *vectors,
                                         const dsc_word_classes_options *options)
{
    const dsc_word_classes_options o = options ? *options : (dsc_word_classes_options){ 0 };
    if (!vectors || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (o.classes > vectors->count || o.classes > UINT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "classes: %zu classes of %zu words; expected no more than words", o.classes,
                       vectors->count);
        return NULL;
    }
    struct clustering c = { .vectors = vectors,
                            .classes = o.classes ? o.classes : dsci_least(CLASSES, vectors->count),
                            .iterations = o.iterations ? o.iterations : ITERATIONS,
                            .kernels = dsci_kernels_for(DSC_ISA_AUTO),
                            .class_of = dsc_scope_alloc(scope, vectors->count, sizeof *c.class_of) };
    const int threads = dsc_threads_choose(o.threads).count;
    for (size_t i = 0; c.class_of && i < vectors->count; i++)
        c.class_of[i] = (uint32_t)(i % c.classes);
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    if (c.class_of && prepare(own, &c, threads))
        dsci_region_run(threads, cluster, &c);
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(scope) == DSC_OK ? c.class_of : NULL;
}
