/* Products and sums of rows that lie anywhere, and the gradients of scored pairs: their definition, with the
 * same bits at every level.
 */
#include "kernel_test.h"

#define FOR_ALL_LEVELS(level) for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++)

enum { MOST_ROWS = 20 };

/* Rows in guarded buffers of their own, now and then one twice. */
static void make_rows(const float **rows, size_t n, size_t width)
{
    for (size_t r = 0; r < n; r++)
        rows[r] = r % 7 == 6 ? rows[r - 1] : guarded_uniform(width, -1.0f, 1.0f, (uint32_t)r + 1);
}

/* 16 chains of fused multiply-adds, then the upper half folded onto the lower. */
static float defined_dot(const float *x, const float *y, size_t width)
{
    float lanes[DSCI_LANES] = { 0 };
    for (size_t i = 0; i < width; i++)
        lanes[i % DSCI_LANES] = fmaf(x[i], y[i], lanes[i % DSCI_LANES]);
    for (size_t half = DSCI_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

static void check_dots(size_t m, size_t n, size_t width)
{
    const float *x[MOST_ROWS], *rows[MOST_ROWS];
    float expected[MOST_ROWS * MOST_ROWS];
    make_rows(x, m, width);
    make_rows(rows, n, width);
    for (size_t i = 0; i < m; i++)
        for (size_t r = 0; r < n; r++)
            expected[i * n + r] = defined_dot(x[i], rows[r], width);
    FOR_ALL_LEVELS(level)
    {
        float *dst = guarded(m * n);
        dsci_kernels_for(level)->dot_rows(dst, x, m, rows, n, width);
        check_bits(dst, expected, m * n, "dot_rows");
    }
    release_guarded("dot_rows");
}

static void dots_follow_their_definition(void **state)
{
    (void)state;
    for (size_t width = DSCI_LANES; width <= 13 * DSCI_LANES; width += 4 * DSCI_LANES)
        for (size_t m = 0; m <= 5; m++)
            for (size_t n = 0; n <= MOST_ROWS; n++)
                check_dots(m, n, width);
}

/* Factors are read along the rows or along the sums, as by a matrix and its transpose. */
static void check_sums(size_t m, size_t n, size_t width, bool transposed, bool from_zero)
{
    const float *rows[MOST_ROWS], *src[MOST_ROWS], *factors = guarded_uniform(m * n, -2.0f, 2.0f, 99);
    float *expected[MOST_ROWS], *dst[MOST_ROWS];
    dsci_row_sums sums = { .dst = dst,
                           .src = from_zero ? NULL : src,
                           .count = m,
                           .factors = factors,
                           .sum_step = transposed ? 1 : n,
                           .row_step = transposed ? m : 1,
                           .rows = rows,
                           .rows_count = n,
                           .width = width };
    make_rows(rows, n, width);
    for (size_t i = 0; i < m; i++) {
        src[i] = guarded_uniform(width, -1.0f, 1.0f, (uint32_t)i + 50);
        expected[i] = guarded(width);
        for (size_t k = 0; k < width; k++) {
            expected[i][k] = from_zero ? 0 : src[i][k];
            for (size_t r = 0; r < n; r++)
                expected[i][k] =
                    fmaf(factors[i * sums.sum_step + r * sums.row_step], rows[r][k], expected[i][k]);
        }
    }
    FOR_ALL_LEVELS(level)
    for (int in_place = 0; in_place <= !from_zero; in_place++) {
        for (size_t i = 0; i < m; i++)
            dst[i] = in_place ? guarded_copy(src[i], width) : guarded(width);
        sums.src = from_zero ? NULL : in_place ? (const float *const *)dst : src;
        dsci_kernels_for(level)->combine_rows(&sums);
        for (size_t i = 0; i < m; i++)
            check_bits(dst[i], expected[i], width, in_place ? "combine_rows in place" : "combine_rows");
    }
    release_guarded("combine_rows");
}

static void sums_of_rows_follow_their_definition(void **state)
{
    (void)state;
    for (size_t width = DSCI_LANES; width <= 21 * DSCI_LANES; width += 5 * DSCI_LANES)
        for (size_t m = 0; m <= 9; m++)
            for (size_t n = 0; n <= 8; n += 4)
                for (int form = 0; form < 4; form++)
                    check_sums(m, n, width, form & 1, form & 2);
}

static void differences_follow_their_definition(void **state)
{
    (void)state;
    for (size_t width = DSCI_LANES; width <= 21 * DSCI_LANES; width += 2 * DSCI_LANES)
        for (size_t n = 1; n <= MOST_ROWS; n += 3) {
            const float *copies[MOST_ROWS], *row = guarded_uniform(width, -1.0f, 1.0f, 77);
            float *expected = guarded(width);
            make_rows(copies, n, width);
            for (size_t i = 0; i < width; i++) {
                float sum = 0;
                for (size_t c = 0; c < n; c++)
                    sum += copies[c][i] - row[i];
                expected[i] = fmaf(0.3f, sum, row[i]);
            }
            FOR_ALL_LEVELS(level)
            {
                float *dst = guarded_copy(row, width);
                dsci_kernels_for(level)->add_differences(dst, copies, n, 0.3f, width);
                check_bits(dst, expected, width, "add_differences");
            }
            release_guarded("add_differences");
        }
}

/* What the gradient has to be, in double; the probability beyond the limit is sure, or the pairs are skipped.
 */
static double exact_gradient(double score, double positives, double pairs, double limit, int skip)
{
    const double p = score > limit ? 1 : score < -limit ? 0 : 1 / (1 + exp(-score));
    return skip && fabs(score) > limit ? 0 : positives - pairs * p;
}

static double exact_loss(double score, double positives, double pairs)
{
    return pairs * (fmax(score, 0) + log1p(exp(-fabs(score)))) - positives * score;
}

static void check_gradients(size_t n, int skip)
{
    const float rate = 0.025f, limit = 6;
    const float *scores = guarded_uniform(n, -9.0f, 9.0f, 1);
    float *positives = guarded(n), *pairs = guarded(n), *first = guarded(n);
    double exact = 0, first_loss = 0;
    for (size_t i = 0; i < n; i++) {
        pairs[i] = (float)(i % 5);
        positives[i] = (float)(i % 5 > 2 ? i % 3 : 0);
        exact += exact_loss((double)scores[i], (double)positives[i], (double)pairs[i]);
    }
    FOR_ALL_LEVELS(level)
    {
        float *gradients = guarded(n);
        const double loss = dsci_kernels_for(level)->pair_gradients(gradients, scores, positives, pairs, n,
                                                                    rate, limit, skip);
        check_near(loss, exact, 1e-5 * (1 + exact), "loss");
        for (size_t i = 0; i < n; i++)
            check_near((double)gradients[i],
                       (double)rate * exact_gradient((double)scores[i], (double)positives[i],
                                                     (double)pairs[i], (double)limit, skip),
                       1e-7, "gradient");
        if (level == DSC_ISA_SCALAR) {
            first_loss = loss;
            if (n > 0)
                memcpy(first, gradients, n * sizeof *first);
        }
        check_same_double(loss, first_loss, "loss at every level");
        check_bits(gradients, first, n, "gradients at every level");
    }
    release_guarded("pair_gradients");
}

static void gradients_are_those_of_the_likelihood(void **state)
{
    (void)state;
    for (size_t n = 0; n < 70; n++)
        for (int skip = 0; skip < 2; skip++)
            check_gradients(n, skip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dots_follow_their_definition, enter_float_mode, leave_float_mode),
        cmocka_unit_test_setup_teardown(sums_of_rows_follow_their_definition, enter_float_mode,
                                        leave_float_mode),
        cmocka_unit_test_setup_teardown(differences_follow_their_definition, enter_float_mode,
                                        leave_float_mode),
        cmocka_unit_test_setup_teardown(gradients_are_those_of_the_likelihood, enter_float_mode,
                                        leave_float_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
