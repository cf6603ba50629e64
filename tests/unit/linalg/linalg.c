/* Products and decompositions are right, run on one thread wherever they are called from, and give the same
   bits there; cosine and sine give the same bits at every instruction-set level. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <omp.h>

#include <descent/cpu.h>
#include <descent/hash.h>
#include <descent/linalg.h>
#include <descent/rng.h>

#include "linalg/cos_sin.h"
#include "test.h"

static dsc_matrix normal(dsc_scope *scope, uint64_t seed, size_t rows, size_t cols)
{
    const dsc_matrix x = dsc_matrix_make(scope, rows, cols);
    dsc_rng_fill_normal(dsc_rng_make(seed, DSC_STREAM_DATA), 0, 0, 1, x.data, rows * cols);
    return x;
}

static void products_equal_plain_loops(void **state)
{
    (void)state;
    static const size_t sizes[][3] = { { 1, 1, 1 }, { 2, 3, 4 }, { 17, 5, 33 }, { 3, 4, 0 }, { 0, 3, 2 } };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int form = 0; form < 4; form++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            const int ta = form & 1, tb = form >> 1;
            const size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
            const dsc_matrix a = ta ? normal(scope, 1, k, m) : normal(scope, 1, m, k);
            const dsc_matrix b = tb ? normal(scope, 2, n, k) : normal(scope, 2, k, n),
                             c = normal(scope, 3, m, n);
            const dsc_matrix before = normal(scope, 3, m, n);
            dsc_matrix_product(scope, c, a, b, &(dsc_matrix_product_options){ ta, tb, 2, -0.5 });
            assert_string_equal(dsc_scope_message(scope), "");
            for (size_t r = 0; r < m; r++)
                for (size_t s = 0; s < n; s++) {
                    double sum = -0.5 * before.data[r * n + s];
                    for (size_t l = 0; l < k; l++)
                        sum += 2 * a.data[ta ? l * m + r : r * k + l] * b.data[tb ? s * k + l : l * n + s];
                    assert_true(fabs(c.data[r * n + s] - sum) < 1e-13 * (1 + (double)k));
                }
            dsc_scope_close(&scope);
        }
}

static void misfitting_products_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_matrix a = normal(scope, 1, 2, 3), b = normal(scope, 2, 2, 3), c = normal(scope, 3, 2, 2);
    assert_int_equal(dsc_matrix_product(scope, c, a, b, NULL), DSC_ERROR_SHAPE);
    assert_non_null(strstr(dsc_scope_message(scope), "op(a) is 2 x 3, op(b) is 2 x 3, dst is 2 x 2"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    const dsc_matrix square = normal(scope, 1, 3, 3);
    assert_int_equal(dsc_matrix_product(scope, square, square, square, NULL), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_null(dsc_matrix_make(scope, SIZE_MAX / 2, 3).data);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MEMORY);
    dsc_scope_close(&scope);
}

/* The second-difference matrix of order n has eigenvalues 4 sin^2(pi j / 2(n+1)), which are its singular
 * values too. */
static void decompositions_find_known_values(void **state)
{
    (void)state;
    for (size_t n = 1; n < 60; n += 19) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_matrix a = dsc_matrix_make(scope, n, n);
        for (size_t i = 0; i < n; i++) {
            a.data[i * n + i] = 2;
            if (i > 0)
                a.data[i * n + i - 1] = a.data[(i - 1) * n + i] = -1;
        }
        dsc_matrix vectors;
        const double *values = dsc_symmetric_eigen(scope, a, &vectors);
        const double *alone = dsc_symmetric_eigen(scope, a, NULL), *singular = dsc_singular_values(scope, a);
        const dsc_matrix product = dsc_matrix_make(scope, n, n);
        dsc_matrix_product(scope, product, a, vectors, NULL);
        assert_string_equal(dsc_scope_message(scope), "");
        for (size_t j = 0; j < n; j++) {
            const double expected = 4 * pow(sin(acos(-1) * (double)(j + 1) / (2 * (double)(n + 1))), 2);
            assert_true(fabs(values[j] - expected) < 1e-13);
            assert_true(fabs(alone[j] - expected) < 1e-13);
            assert_true(fabs(singular[n - 1 - j] - expected) < 1e-13);
            double length = 0;
            for (size_t i = 0; i < n; i++) {
                length += vectors.data[i * n + j] * vectors.data[i * n + j];
                assert_true(fabs(product.data[i * n + j] - values[j] * vectors.data[i * n + j]) < 1e-13);
            }
            assert_true(fabs(length - 1) < 1e-13);
        }
        assert_null(dsc_symmetric_eigen(scope, (dsc_matrix){ 1, 2, a.data }, NULL));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_SHAPE);
        dsc_scope_close(&scope);
    }
}

static dsc_digest solve_all_paths(void)
{
    static const size_t shapes[][2] = { { 50, 80 }, { 400, 300 }, { 300, 450 } };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_hasher *hasher = dsc_hasher_make(scope);
    for (size_t i = 0; i < 3; i++) {
        const dsc_matrix x = normal(scope, i, shapes[i][0], shapes[i][1]),
                         y = normal(scope, 9, shapes[i][0], 3);
        const dsc_least_squares_result r = dsc_least_squares(scope, x, y, NULL);
        dsc_hasher_update(hasher, r.weights.data, r.weights.rows * r.weights.cols * sizeof(double));
    }
    assert_string_equal(dsc_scope_message(scope), "");
    const dsc_digest digest = dsc_hasher_finish(hasher);
    dsc_scope_close(&scope);
    return digest;
}

/* More rows than a block, a rank below the columns, one column, as many columns as rows. */
static void orthonormal_columns_span_the_matrix(void **state)
{
    (void)state;
    static const struct {
        size_t rows, cols, rank;
    } cases[] = { { 1, 1, 1 },     { 7, 7, 7 },    { 50, 3, 3 }, { 9000, 12, 12 },
                  { 9000, 12, 5 }, { 8192, 1, 1 }, { 40, 6, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const size_t rows = cases[i].rows, cols = cases[i].cols;
        const dsc_matrix x = dsc_matrix_make(scope, rows, cols), first = dsc_matrix_make(scope, rows, cols);
        dsc_matrix_product(scope, x, normal(scope, 7, rows, cases[i].rank),
                           normal(scope, 8, cases[i].rank, cols), NULL);
        for (int threads = 1; threads <= 8; threads = threads == 3 ? 8 : threads + 1) {
            const dsc_matrix q = dsc_matrix_make(scope, rows, cols),
                             gram = dsc_matrix_make(scope, cols, cols);
            const dsc_matrix again = dsc_matrix_make(scope, rows, cols);
            dsc_matrix r;
            memcpy(q.data, x.data, rows * cols * sizeof *q.data);
            assert_int_equal(dsc_orthonormalize(scope, q, &r, threads), DSC_OK);
            dsc_matrix_product(scope, again, q, r, NULL);
            dsc_matrix_product(scope, gram, q, q, &(dsc_matrix_product_options){ .transpose_a = 1 });
            for (size_t j = 0; j < rows * cols; j++)
                assert_true(fabs(again.data[j] - x.data[j]) < 1e-12);
            for (size_t j = 0; j < cols * cols; j++) {
                assert_true(fabs(gram.data[j] - (j / cols == j % cols)) < 1e-13);
                assert_true(r.data[j] == 0 || j / cols <= j % cols);
            }
            if (threads == 1)
                memcpy(first.data, q.data, rows * cols * sizeof *q.data);
            assert_memory_equal(first.data, q.data, rows * cols * sizeof *q.data);
        }
        dsc_scope_close(&scope);
    }
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_orthonormalize(scope, normal(scope, 1, 2, 3), NULL, 1), DSC_ERROR_SHAPE);
    assert_non_null(strstr(dsc_scope_message(scope), "x is 2 x 3; expected at least as many rows"));
    dsc_scope_close(&scope);
}

static void singular_vectors_give_the_matrix_again(void **state)
{
    (void)state;
    static const size_t shapes[][2] = { { 1, 1 }, { 9, 4 }, { 4, 9 }, { 30, 30 } };
    for (size_t i = 0; i < 4; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_matrix x = normal(scope, i, shapes[i][0], shapes[i][1]);
        const dsc_matrix again = dsc_matrix_make(scope, x.rows, x.cols);
        dsc_matrix u, vt;
        const double *s = dsc_singular_vectors(scope, x, &u, &vt), *alone = dsc_singular_values(scope, x);
        for (size_t k = 0; k < vt.rows; k++) {
            assert_true(fabs(s[k] - alone[k]) < 1e-13 * s[0]);
            for (size_t j = 0; j < vt.cols; j++)
                vt.data[k * vt.cols + j] *= s[k];
        }
        dsc_matrix_product(scope, again, u, vt, NULL);
        for (size_t j = 0; j < x.rows * x.cols; j++)
            assert_true(fabs(again.data[j] - x.data[j]) < 1e-13);
        dsc_scope_close(&scope);
    }
}

static void any_thread_of_any_team_gets_the_same_bits(void **state)
{
    (void)state;
    const dsc_digest alone = solve_all_paths();
    for (int threads = 1; threads <= 4; threads++) {
        int different = 0;
#pragma omp parallel num_threads(threads) reduction(+ : different)
        {
            const dsc_digest digest = solve_all_paths();
            different += memcmp(&digest, &alone, sizeof alone) != 0;
        }
        assert_int_equal(different, 0);
    }
}

static int threads_of_this_process(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static void no_call_starts_threads_or_changes_their_number(void **state)
{
    (void)state;
    omp_set_num_threads(3);
    const int before = threads_of_this_process();
    solve_all_paths();
    assert_int_equal(threads_of_this_process(), before);
    assert_int_equal(omp_get_max_threads(), 3);
}

static void the_core_type_follows_the_level(void **state)
{
    (void)state;
    static const char *const cores[] = {
        [DSC_ISA_SCALAR] = "Prescott", [DSC_ISA_AVX2] = "Haswell", [DSC_ISA_AVX512] = "SkylakeX"
    };
    assert_string_equal(dsc_linalg_core(), cores[dsc_isa_effective()]);
    assert_non_null(strstr(dsc_linalg_config(), "OpenBLAS"));
    assert_string_equal(getenv("OPENBLAS_CORETYPE"), "Nehalem");
}

static void cos_and_sin_have_the_same_bits_at_every_level(void **state)
{
    (void)state;
    enum { COUNT = 20011 };
    static double angles[COUNT], cosines[3][COUNT + 1], sines[3][COUNT + 1];
    static dsci_cos_sin_fn *const levels[] = { dsci_cos_sin_scalar, dsci_cos_sin_avx2, dsci_cos_sin_avx512 };
    static const double special[] = { 0, -0.0, 1e-310, 1e300, -1e22, 0.78539816339744828, INFINITY, NAN };
    const dsc_rng rng = dsc_rng_make(1, DSC_STREAM_DATA);
    for (size_t i = 0; i < COUNT; i++)
        angles[i] = dsc_rng_normal(rng, 0, i) * pow(10, (double)(i % 13) - 6);
    memcpy(angles, special, sizeof special);
    for (int level = 0; level <= (int)dsc_isa_detected() - (int)DSC_ISA_SCALAR; level++) {
        cosines[level][COUNT] = sines[level][COUNT] = 7;
        levels[level](angles, cosines[level], sines[level], COUNT);
        assert_true(cosines[level][COUNT] == 7 && sines[level][COUNT] == 7);
        for (size_t i = 0; i < COUNT; i++) {
            if (isnan(cosines[0][i])) {
                assert_true(isnan(cosines[level][i]) && isnan(sines[level][i]));
                continue;
            }
            assert_memory_equal(&cosines[level][i], &cosines[0][i], sizeof(double));
            assert_memory_equal(&sines[level][i], &sines[0][i], sizeof(double));
            assert_true(fabs(cosines[level][i] - cos(angles[i])) < 2.5e-16);
            assert_true(fabs(sines[level][i] - sin(angles[i])) < 2.5e-16);
        }
    }
    double cosine[9], sine[9];
    dsc_cos_sin(angles + 100, cosine, NULL, 9);
    dsc_cos_sin(angles + 100, NULL, sine, 9);
    assert_memory_equal(cosine, cosines[0] + 100, sizeof cosine);
    assert_memory_equal(sine, sines[0] + 100, sizeof sine);
}

int main(void)
{
    setenv("OPENBLAS_CORETYPE", "Nehalem", 1); /* neither looked at nor lost */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_equal_plain_loops),
        cmocka_unit_test(misfitting_products_are_refused),
        cmocka_unit_test(decompositions_find_known_values),
        cmocka_unit_test(orthonormal_columns_span_the_matrix),
        cmocka_unit_test(singular_vectors_give_the_matrix_again),
        cmocka_unit_test(any_thread_of_any_team_gets_the_same_bits),
        cmocka_unit_test(no_call_starts_threads_or_changes_their_number),
        cmocka_unit_test(the_core_type_follows_the_level),
        cmocka_unit_test(cos_and_sin_have_the_same_bits_at_every_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
