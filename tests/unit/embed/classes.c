/* Classes and principal components of word vectors. */
#include <math.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/rng.h>
#include <descent/word_vectors.h>

#include "test.h"

enum { WORDS = 500, DIMENSION = 19, CLASSES = 12 };

/* Vectors around CLASSES directions. */
static dsc_word_vectors random_vectors(dsc_scope *scope)
{
    const dsc_rng rng = dsc_rng_make(5, DSC_STREAM_SAMPLING);
    float *values = dsc_scope_alloc(scope, WORDS * DIMENSION, sizeof *values);
    for (size_t i = 0; i < WORDS * DIMENSION; i++) {
        const size_t center = i / DIMENSION * CLASSES / WORDS * DIMENSION + i % DIMENSION;
        values[i] = (float)dsc_rng_below(rng, 0, i, 1001) / 500 - 1 +
                    (float)dsc_rng_below(rng, 1, center, 1001) / 500 - 1;
    }
    return (dsc_word_vectors){ .count = WORDS, .dimension = DIMENSION, .vectors = values };
}

/* word2vec.c's loops, in double. */
static void plain_classes(const dsc_word_vectors *v, uint32_t class_of[WORDS])
{
    for (size_t i = 0; i < WORDS; i++)
        class_of[i] = (uint32_t)(i % CLASSES);
    for (int round = 0; round < 10; round++) {
        double centers[CLASSES][DIMENSION] = { { 0 } };
        for (size_t i = 0; i < WORDS; i++)
            for (size_t j = 0; j < DIMENSION; j++)
                centers[class_of[i]][j] += (double)v->vectors[i * DIMENSION + j];
        for (size_t k = 0; k < CLASSES; k++) {
            double squares = 0;
            for (size_t j = 0; j < DIMENSION; j++)
                squares += centers[k][j] * centers[k][j];
            for (size_t j = 0; j < DIMENSION; j++)
                centers[k][j] /= squares > 0 ? sqrt(squares) : 1;
        }
        for (size_t i = 0; i < WORDS; i++) {
            double best = -INFINITY;
            for (size_t k = 0; k < CLASSES; k++) {
                double product = 0;
                for (size_t j = 0; j < DIMENSION; j++)
                    product += centers[k][j] * (double)v->vectors[i * DIMENSION + j];
                if (product > best) {
                    best = product;
                    class_of[i] = (uint32_t)k;
                }
            }
        }
    }
}

static void classes_are_those_of_plain_loops(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_word_vectors vectors = random_vectors(scope);
    uint32_t expected[WORDS];
    plain_classes(&vectors, expected);
    size_t moved = 0;
    for (size_t i = 0; i < WORDS; i++)
        moved += expected[i] != i % CLASSES;
    assert_true(moved > WORDS / 2);
    for (int level = DSC_ISA_SCALAR; level <= (int)dsc_isa_detected(); level++)
        for (int threads = 1; threads <= 8; threads += threads == 3 ? 5 : 1) {
            assert_int_equal(dsc_isa_select(scope, (dsc_isa)level), DSC_OK);
            const dsc_word_classes_options options = { .classes = CLASSES, .threads = threads };
            const uint32_t *found = dsc_word_vectors_classes(scope, &vectors, &options);
            assert_string_equal(dsc_scope_message(scope), "");
            assert_memory_equal(found, expected, sizeof expected);
        }
    dsc_isa_select(scope, DSC_ISA_AUTO);
    assert_null(
        dsc_word_vectors_classes(scope, &vectors, &(dsc_word_classes_options){ .classes = WORDS + 1 }));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&scope);
}

static double product(const double *x, const double *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Directions are orthonormal, scores uncorrelated with the variances that are said; all together they give
   the vectors back. */
static void components_diagonalize_the_covariance(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_word_vectors vectors = random_vectors(scope);
    const dsc_word_components all = dsc_word_vectors_pca(scope, &vectors, DIMENSION);
    assert_string_equal(dsc_scope_message(scope), "");
    double covariances[DIMENSION][DIMENSION] = { { 0 } }, sum = 0;
    for (size_t i = 0; i < WORDS; i++)
        for (size_t k = 0; k < DIMENSION; k++)
            for (size_t l = 0; l < DIMENSION; l++)
                covariances[k][l] +=
                    all.scores.data[i * DIMENSION + k] * all.scores.data[i * DIMENSION + l] / (WORDS - 1);
    for (size_t k = 0; k < DIMENSION; k++) {
        sum += all.variances[k];
        assert_true(k == 0 || all.variances[k] <= all.variances[k - 1]);
        for (size_t l = 0; l < DIMENSION; l++) {
            const double *d = all.directions.data;
            assert_true(fabs(product(d + k * DIMENSION, d + l * DIMENSION, DIMENSION) - (k == l)) < 1e-12);
            assert_true(fabs(covariances[k][l] - (k == l ? all.variances[k] : 0)) < 1e-12);
        }
    }
    assert_true(fabs(sum - all.total) < 1e-12);
    for (size_t j = 0; j < DIMENSION; j++) { /* word 3 less word 4 */
        double difference = 0;
        for (size_t k = 0; k < DIMENSION; k++)
            difference += (all.scores.data[3 * DIMENSION + k] - all.scores.data[4 * DIMENSION + k]) *
                          all.directions.data[k * DIMENSION + j];
        assert_true(fabs(difference - ((double)vectors.vectors[3 * DIMENSION + j] -
                                       (double)vectors.vectors[4 * DIMENSION + j])) < 1e-12);
    }
    const dsc_word_components two = dsc_word_vectors_pca(scope, &vectors, 2);
    assert_memory_equal(two.directions.data, all.directions.data, 2 * DIMENSION * sizeof(double));
    assert_null(dsc_word_vectors_pca(scope, &vectors, DIMENSION + 1).scores.data);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&scope);
}

/* Points on a line through (1, 2): one component has all the variance, 5 times that of 0, 1, 2. */
static void points_on_a_line_have_one_component(void **state)
{
    (void)state;
    static const float line[] = { 0, 0, -1, -2, -2, -4 };
    const dsc_word_vectors vectors = { .count = 3, .dimension = 2, .vectors = line };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_word_components found = dsc_word_vectors_pca(scope, &vectors, 2);
    assert_true(fabs(found.variances[0] - 5) < 1e-14 && fabs(found.variances[1]) < 1e-14);
    assert_true(fabs(found.directions.data[0] - 1 / sqrt(5)) < 1e-15);
    assert_true(fabs(found.directions.data[1] - 2 / sqrt(5)) < 1e-15);
    assert_true(fabs(found.scores.data[0] - sqrt(5)) < 1e-14);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_those_of_plain_loops),
        cmocka_unit_test(components_diagonalize_the_covariance),
        cmocka_unit_test(points_on_a_line_have_one_component),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
