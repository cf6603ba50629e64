/* Word vectors by singular values: values and spaces are those of a dense decomposition, and the same bits
   come from any number of threads. */
#include <math.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/factorization.h>
#include <descent/linalg.h>
#include <descent/rng.h>

#include "tables.h"
#include "test.h"

/* The elements of a dense matrix that are positive. */
static const dsc_cooccurrences *table_of(dsc_scope *scope, dsc_matrix dense)
{
    dsc_cooccurrences *t = dsc_scope_alloc(scope, 1, sizeof *t);
    dsc_cooccurrence *records = dsc_scope_alloc(scope, dense.rows * dense.cols, sizeof *records);
    uint64_t *rows = dsc_scope_alloc(scope, dense.rows + 1, sizeof *rows);
    for (size_t w = 0; w < dense.rows; w++) {
        for (size_t c = 0; c < dense.cols; c++)
            if (dense.data[w * dense.cols + c] > 0)
                records[t->count++] =
                    (dsc_cooccurrence){ (uint32_t)w, (uint32_t)c, dense.data[w * dense.cols + c] };
        rows[w + 1] = t->count;
    }
    t->words = dense.rows;
    t->records = records;
    t->rows = rows;
    return t;
}

/* Sparse with positive elements, and row and column 0 empty as those of "</s>" are. */
static dsc_matrix random_table(dsc_scope *scope, uint64_t seed, size_t words)
{
    const dsc_matrix x = dsc_matrix_make(scope, words, words);
    for (size_t i = words; i < words * words; i++)
        if (i % words && dsc_rng_uniform(draws(seed), 0, i) < 0.2)
            x.data[i] = dsc_rng_uniform(draws(seed), 1, i) * 4;
    return x;
}

static void singular_values_and_spaces_are_those_of_a_dense_decomposition(void **state)
{
    (void)state;
    static const struct {
        size_t words, dimension, oversampling, iterations;
    } cases[] = {
        { 12, 12, 0, 0 }, { 40, 7, 33, 1 }, { 60, 5, 20, 60 }, { 150, 10, 40, 80 }, { 90, 1, 30, 80 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const size_t words = cases[i].words, dimension = cases[i].dimension;
        const dsc_matrix dense = random_table(scope, i + 1, words);
        dsc_matrix u, vt;
        double *values;
        const double *expected = dsc_singular_vectors(scope, dense, &u, &vt);
        dsc_embed_svd_options o = { .dimension = dimension,
                                    .oversampling = cases[i].oversampling,
                                    .iterations = cases[i].iterations,
                                    .unweighted = true,
                                    .values = &values };
        const dsc_cooccurrences *table = table_of(scope, dense);
        const dsc_vocabulary *vocabulary = vocabulary_of(scope, words);
        const dsc_word_vectors *v = dsc_embed_svd(scope, vocabulary, table, &o);
        assert_string_equal(dsc_scope_message(scope), "");
        for (size_t k = 0; k < dimension; k++)
            assert_true(fabs(values[k] - expected[k]) <= 1e-8 * expected[0]);
        /* Each vector is the dense one or its negative: the sine of the angle between them. */
        for (size_t k = 0; k < dimension && expected[k] > 1e-9; k++) {
            double product = 0;
            for (size_t w = 0; w < words; w++)
                product += (double)v->vectors[w * dimension + k] * u.data[w * u.cols + k];
            assert_true(fabs(fabs(product) - 1) < 1e-6);
        }
        for (size_t k = 0; k < dimension; k++)
            assert_true(v->vectors[k] == 0); /* row 0 has no records */
        dsc_scope_close(&scope);
    }
}

/* (U + V) S^p by the definition, with the signs of U as they come out. */
static void values_weigh_and_contexts_are_added(void **state)
{
    (void)state;
    enum { WORDS = 30, DIMENSION = 4 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_matrix dense = random_table(scope, 9, WORDS);
    const dsc_cooccurrences *table = table_of(scope, dense);
    const dsc_vocabulary *vocabulary = vocabulary_of(scope, WORDS);
    dsc_embed_svd_options o = { .dimension = DIMENSION, .oversampling = WORDS, .unweighted = true };
    double *values;
    o.values = &values;
    const dsc_word_vectors *u = dsc_embed_svd(scope, vocabulary, table, &o);
    o.unweighted = false;
    static const double exponents[] = { 0, 1, .25 };
    for (size_t i = 0; i < 6; i++) {
        o.exponent = exponents[i / 2];
        o.add_contexts = i % 2;
        const double p = o.exponent > 0 ? o.exponent : .5;
        const dsc_word_vectors *v = dsc_embed_svd(scope, vocabulary, table, &o);
        for (size_t k = 0; k < DIMENSION; k++)
            for (size_t w = 0; w < WORDS; w++) {
                double context = 0; /* V = table' U / S */
                for (size_t r = 0; r < WORDS; r++)
                    context += dense.data[r * WORDS + w] * (double)u->vectors[r * DIMENSION + k] / values[k];
                const double sum = (double)u->vectors[w * DIMENSION + k] + (o.add_contexts ? context : 0);
                assert_true(fabs((double)v->vectors[w * DIMENSION + k] - sum * pow(values[k], p)) < 1e-5);
            }
    }
    dsc_scope_close(&scope);
}

static void singular_vectors_have_the_same_bits_on_any_number_of_threads(void **state)
{
    (void)state;
    enum { WORDS = 5000, DIMENSION = 30 }; /* two blocks of rows */
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_corpus corpus = random_text(scope, 40000, WORDS);
    const dsc_cooccurrences *table =
        dsc_cooccurrences_ppmi(scope, dsc_cooccurrences_count(scope, &corpus, WORDS, NULL), NULL);
    const dsc_vocabulary *vocabulary = vocabulary_of(scope, WORDS);
    const float *expected = NULL;
    for (int threads = 1; threads <= 8; threads = threads == 3 ? 8 : threads + 1) {
        const dsc_word_vectors *v = dsc_embed_svd(
            scope, vocabulary, table,
            &(dsc_embed_svd_options){ .dimension = DIMENSION, .threads = threads, .iterations = 1 });
        assert_string_equal(dsc_scope_message(scope), "");
        if (expected)
            assert_memory_equal(v->vectors, expected, WORDS * DIMENSION * sizeof *expected);
        expected = v->vectors;
    }
    dsc_scope_close(&scope);
}

static void planted_analogies_are_found(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_corpus corpus = planted_text(scope, 20000);
    const dsc_cooccurrences *table =
        dsc_cooccurrences_ppmi(scope, dsc_cooccurrences_count(scope, &corpus, PLANTED, NULL), NULL);
    const dsc_word_vectors *v = dsc_embed_svd(scope, vocabulary_of(scope, PLANTED), table,
                                              &(dsc_embed_svd_options){ .dimension = 20 });
    assert_string_equal(dsc_scope_message(scope), "");
    const double found = planted_found(v->vectors, v->dimension);
    if (!(found > 0.9))
        fail_msg("found %g of the planted analogies", found);
    dsc_scope_close(&scope);
}

static void wrong_sizes_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_cooccurrences *table = table_of(scope, random_table(scope, 1, 10));
    assert_null(dsc_embed_svd(scope, vocabulary_of(scope, 10), table, NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "100 dimensions of 10 words"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    table = table_of(scope, random_table(scope, 1, 10));
    assert_null(dsc_embed_svd(scope, vocabulary_of(scope, 11), table, NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "the table is of 10 words, the vocabulary has 11"));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(singular_values_and_spaces_are_those_of_a_dense_decomposition),
        cmocka_unit_test(values_weigh_and_contexts_are_added),
        cmocka_unit_test(singular_vectors_have_the_same_bits_on_any_number_of_threads),
        cmocka_unit_test(planted_analogies_are_found),
        cmocka_unit_test(wrong_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
