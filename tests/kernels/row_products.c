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

static void dots_follow_their_definition(void **state)
{
    (void)state;
    for (size_t width = DSCI_LANES; width <= 13 * DSCI_LANES; width += 3 * DSCI_LANES)
        for (size_t n = 0; n <= MOST_ROWS; n++) {
            const float *rows[MOST_ROWS], *x = guarded_uniform(width, -1.0f, 1.0f, 0);
            float expected[MOST_ROWS];
            make_rows(rows, n, width);
            for (size_t r = 0; r < n; r++)
                expected[r] = defined_dot(x, rows[r], width);
            FOR_ALL_LEVELS(level)
            {
                float *dst = guarded(n);
                dsci_kernels_for(level)->dot_rows(dst, x, rows, n, width);
                check_bits(dst, expected, n, "dot_rows");
            }
            release_guarded("dot_rows");
        }
}

static void sums_of_rows_follow_their_definition(void **state)
{
    (void)state;
    for (size_t width = DSCI_LANES; width <= 21 * DSCI_LANES; width += 2 * DSCI_LANES)
        for (size_t n = 0; n <= MOST_ROWS; n += 4)
            for (int from_zero = 0; from_zero < 2; from_zero++) {
                const float *rows[MOST_ROWS], *factors = guarded_uniform(n, -2.0f, 2.0f, 99);
                const float *src = from_zero ? NULL : guarded_uniform(width, -1.0f, 1.0f, 0);
                float *expected = guarded(width);
                make_rows(rows, n, width);
                for (size_t i = 0; i < width; i++) {
                    expected[i] = src ? src[i] : 0;
                    for (size_t r = 0; r < n; r++)
                        expected[i] = fmaf(factors[r], rows[r][i], expected[i]);
                }
                FOR_ALL_LEVELS(level)
                {
                    float *dst = guarded(width);
                    dsci_kernels_for(level)->combine_rows(dst, src, factors, rows, n, width);
                    check_bits(dst, expected, width, "combine_rows");
                    if (!src)
                        continue;
                    float *in_place = guarded_copy(src, width);
                    dsci_kernels_for(level)->combine_rows(in_place, in_place, factors, rows, n, width);
                    check_bits(in_place, expected, width, "combine_rows in place");
                }
                release_guarded("combine_rows");
            }
}

/* What the gradient has to be, in double; the probability beyond the limit is sure, or the pair is skipped.
 */
static double exact_gradient(double score, double label, double factor, double limit, int skip)
{
    double p = 1 / (1 + exp(-score));
    if (score > limit)
        p = skip ? label : 1;
    if (score < -limit)
        p = skip ? label : 0;
    return factor * (label - p);
}

static double exact_loss(double score, double label)
{
    return fmax(score, 0) + log1p(exp(-fabs(score))) - label * score;
}

static void gradients_are_those_of_the_likelihood(void **state)
{
    (void)state;
    const float rate = 0.025f, limit = 6;
    for (size_t n = 0; n < 70; n++)
        for (int skip = 0; skip < 2; skip++) {
            const float *scores = guarded_uniform(n, -9.0f, 9.0f, 1);
            float *labels = guarded(n), *weights = guarded(n), *first = guarded(n);
            double exact = 0, first_loss = 0;
            for (size_t i = 0; i < n; i++) {
                labels[i] = i % 3 == 0 ? 1.0f : 0.0f;
                weights[i] = (float)(1 + i % 4);
                exact += (double)weights[i] * exact_loss((double)scores[i], (double)labels[i]);
            }
            FOR_ALL_LEVELS(level)
            {
                float *gradients = guarded(n);
                const double loss = dsci_kernels_for(level)->pair_gradients(gradients, scores, labels,
                                                                            weights, n, rate, limit, skip);
                check_near(loss, exact, 1e-5 * (1 + exact), "loss");
                for (size_t i = 0; i < n; i++)
                    check_near((double)gradients[i],
                               exact_gradient((double)scores[i], (double)labels[i],
                                              (double)rate * (double)weights[i], (double)limit, skip),
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dots_follow_their_definition, enter_float_mode, leave_float_mode),
        cmocka_unit_test_setup_teardown(sums_of_rows_follow_their_definition, enter_float_mode,
                                        leave_float_mode),
        cmocka_unit_test_setup_teardown(gradients_are_those_of_the_likelihood, enter_float_mode,
                                        leave_float_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
