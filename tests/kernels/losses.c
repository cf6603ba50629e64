/* Losses and softmax agree with double-precision definitions, survive extreme logits, keep their accuracy
   where a network has memorised its labels, and have the same bits at every level. */
#include "kernel_test.h"

typedef struct table {
    size_t rows, classes;
} table;

static const table tables[] = {
    { 0, 3 },  { 1, 1 },   { 1, 2 },  { 3, 10 },  { 32, 10 },
    { 5, 16 }, { 17, 17 }, { 2, 33 }, { 7, 100 }, { 33, 48 },
};
enum { TABLES = sizeof tables / sizeof tables[0] };

static const char *name_of(const char *kernel, table t, dsc_isa level)
{
    static char text[96];
    snprintf(text, sizeof text, "%s %zux%zu isa=%s", kernel, t.rows, t.classes, dsc_isa_name(level));
    return text;
}

static int32_t *guarded_labels(table t)
{
    int32_t *labels = guarded_bytes(t.rows * sizeof(int32_t));
    for (size_t r = 0; r < t.rows; r++)
        labels[r] = (int32_t)(r * 7 % t.classes);
    return labels;
}

/* Softmax and loss of one row in double. */
static double exact_row(double *p, const float *x, size_t classes, size_t label)
{
    double largest = -INFINITY, total = 0.0;
    for (size_t j = 0; j < classes; j++)
        largest = fmax(largest, (double)x[j]);
    for (size_t j = 0; j < classes; j++)
        total += p[j] = exp((double)x[j] - largest);
    for (size_t j = 0; j < classes; j++)
        p[j] /= total;
    return largest - (double)x[label] + log(total);
}

static void softmax_is_accurate(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        const table t = tables[i];
        const size_t n = t.rows * t.classes;
        float *x = guarded_uniform(n, -20.0f, 20.0f, 1), *scalar = guarded(n);
        for (size_t j = 0; j < n; j++)
            x[j] = rintf(8.0f * x[j]) / 8.0f; /* so that the shift by the maximum is exact */
        dsci_kernels_for(DSC_ISA_SCALAR)->softmax(scalar, x, t.rows, t.classes);
        for (size_t r = 0; r < t.rows; r++) {
            double p[128];
            exact_row(p, x + r * t.classes, t.classes, 0);
            for (size_t j = 0; j < t.classes; j++)
                assert_true(ulps(scalar[r * t.classes + j], p[j]) <= 3.0);
        }
        FOR_LEVELS(level)
        {
            float *y = guarded_copy(x, n);
            dsci_kernels_for(level)->softmax(y, y, t.rows, t.classes);
            check_bits(y, scalar, n, name_of("softmax", t, level));
        }
        release_guarded("softmax");
    }
}

static void cross_entropy_and_its_gradient(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        const table t = tables[i];
        const size_t n = t.rows * t.classes;
        const float *x = guarded_uniform(n, -8.0f, 8.0f, 1), scale = 0.25f;
        const int32_t *labels = guarded_labels(t);
        float *scalar = guarded(n);
        const double loss = dsci_kernels_for(DSC_ISA_SCALAR)
                                ->softmax_cross_entropy(scalar, x, labels, t.rows, t.classes, scale);
        double expected = 0.0;
        for (size_t r = 0; r < t.rows; r++) {
            double p[128];
            expected += exact_row(p, x + r * t.classes, t.classes, (size_t)labels[r]) / (double)t.rows;
            p[labels[r]] -= 1.0;
            for (size_t j = 0; j < t.classes; j++)
                check_near((double)scalar[r * t.classes + j], 0.25 * p[j], 8e-7 * fabs(0.25 * p[j]),
                           name_of("gradient", t, DSC_ISA_SCALAR));
        }
        check_near(loss, expected, 1e-7 * expected, name_of("cross-entropy", t, DSC_ISA_SCALAR));
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
            const dsci_kernels *k = dsci_kernels_for(level);
            float *diff = guarded(n);
            const char *what = name_of("cross-entropy", t, level);
            check_same_double(k->softmax_cross_entropy(diff, x, labels, t.rows, t.classes, scale), loss,
                              what);
            check_bits(diff, scalar, n, what);
            check_same_double(k->softmax_cross_entropy(NULL, x, labels, t.rows, t.classes, scale), loss,
                              what);
            float *in_place = guarded_copy(x, n);
            k->softmax_cross_entropy(in_place, in_place, labels, t.rows, t.classes, scale);
            check_bits(in_place, scalar, n, what);
        }
        release_guarded("cross-entropy");
    }
}

static void extreme_logits(void **state)
{
    static const int32_t first = 0, second = 1;
    (void)state;
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        const dsci_kernels *k = dsci_kernels_for(level);
        float diff[2];
        /* A memorised example: loss and gradient keep their relative accuracy far below float's epsilon. */
        const float sure[2] = { 30.0f, 0.0f }, huge[2] = { 3e38f, -3e38f }, nan[2] = { 0.0f, NAN };
        assert_true(fabs(k->softmax_cross_entropy(diff, sure, &first, 1, 2, 1.0f) / exp(-30.0) - 1.0) < 1e-2);
        assert_true(fabs((double)diff[0] / -exp(-30.0) - 1.0) < 1e-2);
        assert_true(k->softmax_cross_entropy(diff, huge, &first, 1, 2, 1.0f) == 0.0);
        assert_true(k->softmax_cross_entropy(diff, huge, &second, 1, 2, 1.0f) > 5.9e38);
        assert_true(diff[0] == 1.0f && diff[1] == -1.0f);
        assert_true(isnan(k->softmax_cross_entropy(diff, nan, &first, 1, 2, 1.0f)));
        assert_true(isnan(diff[0]) && isnan(diff[1]));
    }
}

static void squared_error_and_its_gradient(void **state)
{
    (void)state;
    for (size_t n = 0; n < 70; n++) {
        const float *x = guarded_uniform(n, -3.0f, 3.0f, 1), *target = guarded_uniform(n, -3.0f, 3.0f, 2);
        float *scalar = guarded(n);
        const double error = dsci_kernels_for(DSC_ISA_SCALAR)->squared_error(scalar, x, target, n, 0.5f);
        double expected = 0.0;
        for (size_t i = 0; i < n; i++) {
            const float difference = x[i] - target[i];
            expected += (double)difference * (double)difference;
            assert_true(scalar[i] == 0.5f * difference);
        }
        check_near(error, expected, 1e-14 * expected, "squared error");
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
            const dsci_kernels *k = dsci_kernels_for(level);
            float *diff = guarded(n);
            check_same_double(k->squared_error(diff, x, target, n, 0.5f), error, "squared error");
            check_bits(diff, scalar, n, "squared error");
            check_same_double(k->squared_error(NULL, x, target, n, 0.5f), error, "squared error");
        }
        release_guarded("squared error");
    }
}

static void errors_are_counted_by_the_first_largest(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        const table t = tables[i];
        float *x = guarded_uniform(t.rows * t.classes, -2.0f, 2.0f, 1);
        for (size_t j = 0; j < t.rows * t.classes; j++)
            x[j] = rintf(x[j]); /* many equals */
        const int32_t *labels = guarded_labels(t);
        size_t expected = 0;
        for (size_t r = 0; r < t.rows; r++) {
            size_t best = 0;
            for (size_t j = 1; j < t.classes; j++)
                if (x[r * t.classes + j] > x[r * t.classes + best])
                    best = j;
            expected += best != (size_t)labels[r];
        }
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++)
            assert_int_equal(dsci_kernels_for(level)->count_errors(x, labels, t.rows, t.classes), expected);
        release_guarded("count_errors");
    }
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        const float scores[6] = { 5.0f, NAN, 1.0f, NAN, 5.0f, 5.0f };
        const int32_t labels[2] = { 0, 0 };
        assert_int_equal(dsci_kernels_for(level)->count_errors(scores, labels, 2, 3), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_is_accurate),
        cmocka_unit_test(cross_entropy_and_its_gradient),
        cmocka_unit_test(extreme_logits),
        cmocka_unit_test(squared_error_and_its_gradient),
        cmocka_unit_test(errors_are_counted_by_the_first_largest),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
