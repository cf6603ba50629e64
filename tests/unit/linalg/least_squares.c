/* Least squares is the minimum-norm solution for every shape and rank: against elimination in extended
   precision for small problems, by the Moore-Penrose conditions for large ones; ridge and degrees of freedom
   against closed forms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/linalg.h>
#include <descent/rng.h>

#include "test.h"

static dsc_matrix normal(dsc_scope *scope, uint64_t seed, size_t rows, size_t cols)
{
    const dsc_matrix x = dsc_matrix_make(scope, rows, cols);
    dsc_rng_fill_normal(dsc_rng_make(seed, DSC_STREAM_DATA), 0, 0, 1, x.data, rows * cols);
    return x;
}

/* rows x cols of the given rank: a product of two normal matrices. */
static dsc_matrix of_rank(dsc_scope *scope, uint64_t seed, size_t rows, size_t cols, size_t rank)
{
    const dsc_matrix x = dsc_matrix_make(scope, rows, cols);
    dsc_matrix_product(scope, x, normal(scope, seed, rows, rank), normal(scope, seed + 1, rank, cols), NULL);
    return x;
}

/* Random Fourier features of normal points: the ill-conditioned matrices of the experiments. */
static dsc_matrix fourier(dsc_scope *scope, size_t rows, size_t cols)
{
    const dsc_matrix points = normal(scope, 50, rows, 20), directions = normal(scope, 51, 20, cols / 2);
    const dsc_matrix angles = dsc_matrix_make(scope, rows, cols / 2), x = dsc_matrix_make(scope, rows, cols);
    dsc_matrix_product(scope, angles, points, directions, &(dsc_matrix_product_options){ .alpha = 0.2 });
    for (size_t i = 0; i < rows; i++)
        dsc_cos_sin(angles.data + i * (cols / 2), x.data + i * cols, x.data + i * cols + cols / 2, cols / 2);
    return x;
}

static double largest(dsc_matrix a)
{
    double result = 0;
    for (size_t i = 0; i < a.rows * a.cols; i++)
        result = fmax(result, fabs(a.data[i]));
    return result;
}

static double distance(dsc_matrix a, dsc_matrix b)
{
    double result = 0;
    for (size_t i = 0; i < a.rows * a.cols; i++)
        result = fmax(result, fabs(a.data[i] - b.data[i]));
    return result;
}

static dsc_matrix product(dsc_scope *scope, dsc_matrix a, int transpose_a, dsc_matrix b, int transpose_b)
{
    const dsc_matrix dst =
        dsc_matrix_make(scope, transpose_a ? a.cols : a.rows, transpose_b ? b.rows : b.cols);
    dsc_matrix_product(scope, dst, a, b, &(dsc_matrix_product_options){ transpose_a, transpose_b, 0, 0 });
    return dst;
}

/* Gaussian elimination with row pivots in extended precision: a (m x m) is destroyed, b (m x k) becomes the
 * solution. */
static void eliminate(long double *a, long double *b, size_t m, size_t k)
{
    for (size_t col = 0; col < m; col++) {
        size_t pivot = col;
        for (size_t row = col + 1; row < m; row++)
            if (fabsl(a[row * m + col]) > fabsl(a[pivot * m + col]))
                pivot = row;
        for (size_t j = 0; j < m + k; j++) {
            long double *first = j < m ? &a[col * m + j] : &b[col * k + j - m];
            long double *second = j < m ? &a[pivot * m + j] : &b[pivot * k + j - m];
            const long double swap = *first;
            *first = *second;
            *second = swap;
        }
        for (size_t row = 0; row < m; row++) {
            const long double factor = row == col ? 0 : a[row * m + col] / a[col * m + col];
            for (size_t j = col; j < m; j++)
                a[row * m + j] -= factor * a[col * m + j];
            for (size_t j = 0; j < k; j++)
                b[row * k + j] -= factor * b[col * k + j];
        }
    }
    for (size_t row = 0; row < m; row++)
        for (size_t j = 0; j < k; j++)
            b[row * k + j] /= a[row * m + row];
}

/* (x'x + ridge)^-1 x'y if p <= n, x'(xx' + ridge)^-1 y if not: from the definition, in extended precision. */
static dsc_matrix reference(dsc_scope *scope, dsc_matrix x, dsc_matrix y, double ridge)
{
    const size_t n = x.rows, p = x.cols, k = y.cols, m = n < p ? n : p;
    long double *gram = dsc_scope_alloc(scope, m * m, sizeof *gram),
                *b = dsc_scope_alloc(scope, m * k, sizeof *b);
    const size_t inner = n < p ? p : n, along = n < p ? 1 : p, across = n < p ? p : 1;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < m; j++)
            for (size_t l = 0; l < inner; l++)
                gram[i * m + j] +=
                    (long double)x.data[i * across + l * along] * x.data[j * across + l * along];
        gram[i * m + i] += ridge;
        for (size_t c = 0; c < k; c++) {
            if (n < p)
                b[i * k + c] = y.data[i * k + c];
            for (size_t l = 0; l < n && n >= p; l++)
                b[i * k + c] += (long double)x.data[l * p + i] * y.data[l * k + c];
        }
    }
    eliminate(gram, b, m, k);
    const dsc_matrix w = dsc_matrix_make(scope, p, k);
    for (size_t i = 0; i < p; i++)
        for (size_t c = 0; c < k; c++) {
            long double sum = n < p ? 0 : b[i * k + c];
            for (size_t l = 0; l < n && n < p; l++)
                sum += x.data[l * p + i] * b[l * k + c];
            w.data[i * k + c] = (double)sum;
        }
    return w;
}

static void small_problems_equal_elimination(void **state)
{
    (void)state;
    static const struct {
        size_t n, p, k;
        double ridge;
    } cases[] = {
        { 1, 1, 1, 0 },     { 1, 1, 1, 2 },     { 5, 3, 2, 0 },     { 3, 5, 2, 0 }, { 20, 20, 1, 0 },
        { 30, 10, 3, 0.5 }, { 10, 30, 3, 0.5 }, { 1, 7, 1, 0 },     { 7, 1, 4, 0 }, { 300, 260, 2, 0 },
        { 260, 300, 2, 0 }, { 300, 260, 2, 7 }, { 260, 300, 2, 7 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_matrix x = normal(scope, 10 + i, cases[i].n, cases[i].p);
        const dsc_matrix y = normal(scope, 100 + i, cases[i].n, cases[i].k);
        const dsc_matrix expected = reference(scope, x, y, cases[i].ridge);
        const dsc_least_squares_result r =
            dsc_least_squares(scope, x, y, &(dsc_least_squares_options){ .ridge = cases[i].ridge });
        assert_string_equal(dsc_scope_message(scope), "");
        const int small = (x.rows < x.cols ? x.rows : x.cols) <= 256;
        assert_int_equal(r.path, small             ? DSC_PATH_SVD
                                 : x.cols > x.rows ? DSC_PATH_GRAM_DUAL
                                                   : DSC_PATH_GRAM_PRIMAL);
        assert_int_equal(r.rank, x.rows < x.cols ? x.rows : x.cols);
        assert_true(distance(r.weights, expected) < 1e-11 * (1 + largest(expected)));
        const dsc_matrix fit = product(scope, x, 0, r.weights, 0);
        double residual = 0;
        for (size_t j = 0; j < y.rows * y.cols; j++)
            residual += pow(fit.data[j] - y.data[j], 2) / (double)(y.rows * y.cols);
        assert_true(fabs(residual - r.residual) < 1e-12 * (1 + residual));
        dsc_scope_close(&scope);
    }
}

/* x+ comes out when y is the identity; the four conditions define it. */
static void weights_of_the_identity_are_the_pseudoinverse(void **state)
{
    (void)state;
    static const struct {
        size_t n, p, rank;
    } cases[] = { { 1, 1, 1 },       { 12, 7, 3 },      { 7, 12, 3 },
                  { 30, 30, 29 },    { 300, 280, 280 }, { 280, 300, 280 },
                  { 300, 280, 150 }, { 280, 300, 150 }, { 400, 400, 399 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_matrix x = of_rank(scope, 20 + 2 * i, cases[i].n, cases[i].p, cases[i].rank);
        const dsc_matrix identity = dsc_matrix_make(scope, cases[i].n, cases[i].n);
        for (size_t j = 0; j < cases[i].n; j++)
            identity.data[j * cases[i].n + j] = 1;
        const dsc_least_squares_result r = dsc_least_squares(scope, x, identity, NULL);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(r.rank, cases[i].rank);
        assert_true(r.effective_dof > (double)cases[i].rank - 1e-9 &&
                    r.effective_dof < (double)cases[i].rank + 1e-9);
        const dsc_matrix left = product(scope, x, 0, r.weights, 0),
                         right = product(scope, r.weights, 0, x, 0);
        const double x_size = largest(x), w_size = largest(r.weights), slack = 1e-9;
        assert_true(distance(product(scope, left, 0, x, 0), x) < slack * x_size);
        assert_true(distance(product(scope, right, 0, r.weights, 0), r.weights) < slack * w_size);
        for (size_t a = 0; a < left.rows; a++)
            for (size_t b = 0; b < a; b++)
                assert_true(fabs(left.data[a * left.cols + b] - left.data[b * left.cols + a]) < slack);
        for (size_t a = 0; a < right.rows; a++)
            for (size_t b = 0; b < a; b++)
                assert_true(fabs(right.data[a * right.cols + b] - right.data[b * right.cols + a]) < slack);
        dsc_scope_close(&scope);
    }
}

static void doubled_columns_share_their_weight_and_doubled_rows_change_nothing(void **state)
{
    (void)state;
    for (size_t p = 10; p <= 290; p += 280) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const size_t n = p + 40;
        const dsc_matrix x = normal(scope, 1, n, p), y = normal(scope, 2, n, 1);
        const dsc_matrix wide = dsc_matrix_make(scope, n, 2 * p);
        const dsc_matrix tall = dsc_matrix_make(scope, 2 * n, p), tall_y = dsc_matrix_make(scope, 2 * n, 1);
        for (size_t i = 0; i < n; i++) {
            memcpy(wide.data + i * 2 * p, x.data + i * p, p * sizeof *x.data);
            memcpy(wide.data + i * 2 * p + p, x.data + i * p, p * sizeof *x.data);
        }
        for (size_t half = 0; half < 2; half++) {
            memcpy(tall.data + half * n * p, x.data, n * p * sizeof *x.data);
            memcpy(tall_y.data + half * n, y.data, n * sizeof *y.data);
        }
        const dsc_least_squares_result plain = dsc_least_squares(scope, x, y, NULL);
        const dsc_least_squares_result shared = dsc_least_squares(scope, wide, y, NULL);
        const dsc_least_squares_result repeated = dsc_least_squares(scope, tall, tall_y, NULL);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(shared.rank, p);
        assert_int_equal(shared.path, DSC_PATH_SVD);
        for (size_t i = 0; i < p; i++) {
            assert_true(fabs(shared.weights.data[i] - plain.weights.data[i] / 2) < 1e-12);
            assert_true(fabs(shared.weights.data[p + i] - plain.weights.data[i] / 2) < 1e-12);
            assert_true(fabs(repeated.weights.data[i] - plain.weights.data[i]) < 1e-12);
        }
        dsc_scope_close(&scope);
    }
}

static void degrees_of_freedom_are_the_filtered_singular_values(void **state)
{
    (void)state;
    static const size_t shapes[][2] = { { 40, 15 }, { 15, 40 }, { 320, 280 }, { 280, 320 } };
    for (size_t i = 0; i < 4; i++)
        for (double ridge = 1e-3; ridge < 1e4; ridge *= 100) {
            dsc_scope *scope = dsc_scope_open(NULL);
            const dsc_matrix x = normal(scope, 3 + i, shapes[i][0], shapes[i][1]);
            const dsc_matrix y = normal(scope, 30 + i, shapes[i][0], 1);
            const double *s = dsc_singular_values(scope, x);
            const size_t m = x.rows < x.cols ? x.rows : x.cols;
            double expected = 0;
            for (size_t j = 0; j < m; j++)
                expected += s[j] * s[j] / (s[j] * s[j] + ridge);
            const dsc_least_squares_result r =
                dsc_least_squares(scope, x, y, &(dsc_least_squares_options){ .ridge = ridge, .want_dof = 1 });
            assert_true(fabs(r.effective_dof - expected) < 1e-9 * expected);
            dsc_scope_close(&scope);
        }
}

/* The residual that interpolation leaves, where the Gram matrix is nearly singular. */
static void fourier_features_interpolate_to_rounding(void **state)
{
    (void)state;
    static const size_t widths[] = { 560, 594, 600, 606, 660, 1800 };
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_matrix x = fourier(scope, 600, widths[i]), y = normal(scope, 52, 600, 10);
        const dsc_least_squares_result r = dsc_least_squares(scope, x, y, NULL);
        const dsc_least_squares_result svd =
            dsc_least_squares(scope, x, y, &(dsc_least_squares_options){ .tolerance = 1e-13 });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(r.path, widths[i] > 600 ? DSC_PATH_GRAM_DUAL : DSC_PATH_GRAM_PRIMAL);
        assert_int_equal(svd.path, DSC_PATH_SVD);
        assert_int_equal(r.rank, svd.rank);
        assert_true(distance(r.weights, svd.weights) < 1e-7 * largest(svd.weights));
        if (widths[i] >= 600)
            assert_true(r.residual < 1e-20);
        dsc_scope_close(&scope);
    }
}

/* Columns (rows, if there are more columns) fall over nine decades: x is regular, its Gram matrix is not. */
static void graded_matrices_are_solved_by_an_orthogonal_factor(void **state)
{
    (void)state;
    static const size_t shapes[][2] = { { 300, 300 }, { 340, 300 }, { 300, 340 } };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const size_t rows = shapes[i][0], cols = shapes[i][1];
        const dsc_matrix x = normal(scope, 60, rows, cols), y = normal(scope, 61, rows, 3);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++)
                x.data[r * cols + c] *= pow(10, -9.0 * (double)(cols > rows ? r : c) / 300);
        const dsc_least_squares_result found = dsc_least_squares(scope, x, y, NULL);
        const dsc_least_squares_result svd =
            dsc_least_squares(scope, x, y, &(dsc_least_squares_options){ .tolerance = 1e-15 });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(found.path, DSC_PATH_QR);
        assert_int_equal(found.rank, 300);
        assert_true(found.effective_dof == 300);
        assert_true(distance(found.weights, svd.weights) < 1e-5 * largest(svd.weights));
        if (cols >= rows)
            assert_true(found.residual < 100 * svd.residual + 1e-28);
        dsc_scope_close(&scope);
    }
}

static void nothing_in_gives_nothing_out(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_matrix zero = dsc_matrix_make(scope, 300, 270), y = normal(scope, 5, 300, 2);
    const dsc_least_squares_result r = dsc_least_squares(scope, zero, y, NULL);
    assert_int_equal(r.rank, 0);
    assert_true(r.norm == 0 && r.effective_dof == 0);
    const dsc_matrix x = normal(scope, 6, 300, 270);
    const dsc_least_squares_result none = dsc_least_squares(scope, x, dsc_matrix_make(scope, 300, 2), NULL);
    assert_int_equal(none.path, DSC_PATH_GRAM_PRIMAL);
    assert_true(none.norm == 0 && none.residual == 0);
    assert_string_equal(dsc_scope_message(scope), "");
    dsc_scope_close(&scope);
}

static void wrong_input_is_refused_with_a_reason(void **state)
{
    (void)state;
    double cell = 1, bad = NAN;
    const dsc_matrix one = { 1, 1, &cell }, wrong = { 1, 1, &bad }, empty = { 0, 1, &cell },
                     two = { 2, 1, NULL };
    const struct {
        dsc_matrix x, y;
        dsc_least_squares_options options;
        dsc_status status;
        const char *says;
    } cases[] = {
        { empty, one, { .ridge = 0 }, DSC_ERROR_SHAPE, "x is 0 x 1" },
        { one, two, { .ridge = 0 }, DSC_ERROR_SHAPE, "y is 2 x 1" },
        { wrong, one, { .ridge = 0 }, DSC_ERROR_NUMERIC, "x holds nan at row 0, column 0" },
        { one, wrong, { .ridge = 0 }, DSC_ERROR_NUMERIC, "y holds nan" },
        { one, one, { .ridge = -1 }, DSC_ERROR_ARGUMENT, "ridge is -1" },
        { one, one, { .ridge = NAN }, DSC_ERROR_ARGUMENT, "ridge is nan" },
        { one, one, { .tolerance = 1 }, DSC_ERROR_ARGUMENT, "tolerance is 1" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_least_squares_result r =
            dsc_least_squares(scope, cases[i].x, cases[i].y, &cases[i].options);
        assert_int_equal(dsc_scope_status(scope), cases[i].status);
        assert_non_null(strstr(dsc_scope_message(scope), cases[i].says));
        assert_null(r.weights.data);
        dsc_scope_close(&scope);
    }
    assert_null(dsc_least_squares(NULL, one, one, NULL).weights.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_problems_equal_elimination),
        cmocka_unit_test(weights_of_the_identity_are_the_pseudoinverse),
        cmocka_unit_test(doubled_columns_share_their_weight_and_doubled_rows_change_nothing),
        cmocka_unit_test(degrees_of_freedom_are_the_filtered_singular_values),
        cmocka_unit_test(fourier_features_interpolate_to_rounding),
        cmocka_unit_test(graded_matrices_are_solved_by_an_orthogonal_factor),
        cmocka_unit_test(nothing_in_gives_nothing_out),
        cmocka_unit_test(wrong_input_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
