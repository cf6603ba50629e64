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
        size_t masked;
        const double error =
            dsci_kernels_for(DSC_ISA_SCALAR)->squared_error(scalar, x, target, n, 0.5f, &masked);
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
            check_same_double(k->squared_error(diff, x, target, n, 0.5f, &masked), error, "squared error");
            check_bits(diff, scalar, n, "squared error");
            check_same_double(k->squared_error(NULL, x, target, n, 0.5f, &masked), error, "squared error");
        }
        release_guarded("squared error");
    }
}

/* Loss, weight and gradient have the bits of the scalar level at the others, with and without a gradient. */
static void check_labels_at_levels(const float *x, const int32_t *labels, table t,
                                   const dsci_label_terms *terms)
{
    const size_t n = t.rows * t.classes;
    float *scalar = guarded(n);
    double weight, other;
    const double loss =
        dsci_kernels_for(DSC_ISA_SCALAR)->label_loss(scalar, x, labels, t.rows, t.classes, terms, &weight);
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        const dsci_kernels *k = dsci_kernels_for(level);
        float *diff = guarded(n);
        const char *what = name_of("label loss", t, level);
        check_same_double(k->label_loss(diff, x, labels, t.rows, t.classes, terms, &other), loss, what);
        check_same_double(other, weight, what);
        check_bits(diff, scalar, n, what);
        check_same_double(k->label_loss(NULL, x, labels, t.rows, t.classes, terms, &other), loss, what);
    }
}

static void losses_of_labels_have_the_same_bits_at_every_level(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLES; i++)
        for (int kind = 0; kind < 3; kind++)
            for (int variant = 0; variant < 4; variant++) {
                const table t = tables[i];
                if (kind == 2 && t.classes == 1)
                    continue; /* of labels 0 and 1 */
                const float *x = guarded_uniform(t.rows * t.classes, -8.0f, 8.0f, 1);
                const float *weights = guarded_uniform(t.classes, 0.1f, 3.0f, 2);
                const dsci_label_terms terms = { .kind = kind,
                                                 .weights = variant & 1 ? weights : NULL,
                                                 .mass = (double)t.classes,
                                                 .smoothing = variant & 2 ? 0.1 : 0,
                                                 .ignore = variant == 3 ? 0 : -1 };
                check_labels_at_levels(x, guarded_labels(t), t, &terms);
                release_guarded("label loss");
            }
}

/* Of one element with a weight of 1, in double. */
static double exact_target_loss(dsci_target_kind kind, double x, double t, double delta, double *slope)
{
    const double e = x - t;
    switch (kind) {
    case DSCI_TARGET_ABSOLUTE: *slope = e > 0 ? 1 : -1; return fabs(e);
    case DSCI_TARGET_HUBER:
        *slope = fmax(-delta, fmin(delta, e));
        return fabs(e) <= delta ? e * e / 2 : delta * (fabs(e) - delta / 2);
    case DSCI_TARGET_BINARY: *slope = 1 / (1 + exp(-x)) - t; return fmax(x, 0) - x * t + log1p(exp(-fabs(x)));
    case DSCI_TARGET_KL: *slope = -t; return t > 0 ? t * (log(t) - x) : 0;
    default: *slope = 2 * e; return e * e;
    }
}

static void check_targets(dsci_target_kind kind, size_t n)
{
    const dsci_target_terms terms = { .kind = kind, .delta = 0.75f, .keep = 1, .weights = { 1, 1 } };
    const float *x = guarded_uniform(n, -12.0f, 12.0f, 1);
    float *t = guarded_uniform(n, 0.0f, 1.0f, 2), *scalar = guarded(n);
    double expected = 0, counted = 0, slope, weight;
    for (size_t i = 2; i < n; i += 5)
        t[i] = NAN;
    const double loss = dsci_kernels_for(DSC_ISA_SCALAR)->target_loss(scalar, x, t, n, 1, &terms, &weight);
    for (size_t i = 0; i < n; i++) {
        if (isnan(t[i])) {
            assert_true(scalar[i] == 0);
            continue;
        }
        expected += exact_target_loss(kind, (double)x[i], (double)t[i], 0.75, &slope);
        counted++;
        check_near((double)scalar[i], slope, 4e-7 * fmax(fabs(slope), 1), "slope of a target loss");
    }
    check_near(loss, expected, 1e-6 * fmax(fabs(expected), 1), "target loss");
    check_near(weight, counted, 1e-6 * counted, "weight of targets");
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        const dsci_kernels *k = dsci_kernels_for(level);
        float *diff = guarded(n);
        double other;
        check_same_double(k->target_loss(diff, x, t, n, 1, &terms, &other), loss, "target loss");
        check_same_double(other, weight, "weight of targets");
        check_bits(diff, scalar, n, "target loss");
        check_same_double(k->target_loss(NULL, x, t, n, 1, &terms, &other), loss, "target loss");
    }
    release_guarded("target loss");
}

static void losses_of_targets_are_accurate_and_have_the_same_bits_at_every_level(void **state)
{
    (void)state;
    for (int kind = 0; kind <= DSCI_TARGET_KL; kind++)
        for (size_t n = 0; n < 70; n++)
            check_targets((dsci_target_kind)kind, n);
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
        cmocka_unit_test(losses_of_labels_have_the_same_bits_at_every_level),
        cmocka_unit_test(losses_of_targets_are_accurate_and_have_the_same_bits_at_every_level),
        cmocka_unit_test(errors_are_counted_by_the_first_largest),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
