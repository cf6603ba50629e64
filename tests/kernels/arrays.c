/* Arithmetic of two vectors, sums and maxima over rows and columns: the same bits as their definition at
 * every level.
 */
#include "kernel_test.h"

#define FOR_ALL_LEVELS(level) for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++)

static float largest(float a, float b)
{
    return a > b || isnan(a) ? a : b;
}

static float combined(dsci_binary kind, float a, float b)
{
    switch (kind) {
    case DSCI_BINARY_ADD: return a + b;
    case DSCI_BINARY_SUBTRACT: return a - b;
    case DSCI_BINARY_MULTIPLY: return a * b;
    case DSCI_BINARY_DIVIDE: return a / b;
    case DSCI_BINARY_MAXIMUM: return largest(a, b);
    case DSCI_BINARY_MINIMUM: return a < b || isnan(a) ? a : b;
    case DSCI_BINARY_GREATER: break;
    }
    return a > b ? 1 : 0;
}

/* Now and then one is NaN, infinite or 0. */
static float *values(size_t n, uint32_t draw)
{
    static const float special[] = { NAN, INFINITY, -INFINITY, 0 };
    float *x = guarded_uniform(n, -2.0f, 2.0f, draw);
    for (size_t i = draw % 3; i < n; i += 5)
        x[i] = special[i / 5 % 4];
    return x;
}

static void pairs_are_combined_and_single_values_repeated(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++)
        for (int kind = DSCI_BINARY_ADD; kind <= DSCI_BINARY_GREATER; kind++)
            for (size_t steps = 0; steps < 4; steps++) {
                const size_t a_step = steps % 2, b_step = steps / 2;
                const float *a = values(a_step ? n : 1, 1), *b = values(b_step ? n : 1, 2);
                float *expected = guarded(n);
                for (size_t i = 0; i < n; i++)
                    expected[i] = combined((dsci_binary)kind, a[i * a_step], b[i * b_step]);
                FOR_ALL_LEVELS(level)
                {
                    float *dst = guarded(n);
                    dsci_kernels_for(level)->binary((dsci_binary)kind, dst, a, a_step, b, b_step, n);
                    check_bits(dst, expected, n, "binary");
                }
                release_guarded("binary");
            }
}

/* 16 sums in double, then the upper half folded onto the lower. */
static double lane_sum(const float *x, size_t n)
{
    double lanes[DSCI_LANES] = { 0 };
    for (size_t i = 0; i < n; i++)
        lanes[i % DSCI_LANES] += (double)x[i];
    for (size_t half = DSCI_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

static float reduced_row(dsci_reduction kind, const float *x, size_t n)
{
    float most = x[0];
    for (size_t i = 1; i < n; i++)
        most = largest(most, x[i]);
    return kind == DSCI_REDUCE_SUM    ? (float)lane_sum(x, n)
           : kind == DSCI_REDUCE_MEAN ? (float)(lane_sum(x, n) / (double)n)
                                      : most;
}

static float reduced_column(dsci_reduction kind, const float *x, size_t rows, size_t ld)
{
    double total = 0;
    float most = x[0];
    for (size_t r = 0; r < rows; r++) {
        total += (double)x[r * ld];
        most = largest(most, x[r * ld]);
    }
    return kind == DSCI_REDUCE_SUM    ? (float)total
           : kind == DSCI_REDUCE_MEAN ? (float)(total / (double)rows)
                                      : most;
}

static void check_reductions(dsci_reduction kind, size_t rows, size_t cols, size_t ld, bool special)
{
    const size_t size = (rows - 1) * ld + cols;
    const float *x = special ? values(size, 3) : guarded_uniform(size, -1.0f, 1.0f, 3);
    float *by_row = guarded(rows), *by_column = guarded(cols);
    for (size_t r = 0; r < rows && ld == cols; r++)
        by_row[r] = reduced_row(kind, x + r * cols, cols);
    for (size_t j = 0; j < cols; j++)
        by_column[j] = reduced_column(kind, x + j, rows, ld);
    FOR_ALL_LEVELS(level)
    {
        float *dst = guarded(rows > cols ? rows : cols);
        if (ld == cols) {
            dsci_kernels_for(level)->reduce_rows(kind, dst, x, rows, cols);
            check_bits(dst, by_row, rows, "reduce_rows");
        }
        dsci_kernels_for(level)->reduce_columns(kind, dst, x, rows, cols, ld);
        check_bits(dst, by_column, cols, "reduce_columns");
    }
    release_guarded("reduce");
}

static void rows_and_columns_are_reduced_in_a_fixed_order(void **state)
{
    (void)state;
    for (size_t cols = 1; cols < 40; cols++)
        for (size_t rows = 1; rows < 6; rows++)
            for (int kind = DSCI_REDUCE_SUM; kind <= DSCI_REDUCE_MAX; kind++) {
                check_reductions((dsci_reduction)kind, rows, cols, cols, false);
                check_reductions((dsci_reduction)kind, rows, cols, cols + 3, rows % 2);
                check_reductions((dsci_reduction)kind, rows, cols, cols, true);
            }
}

/* Values of all sizes, and where functions have no finite value. */
static float *sizes(size_t n)
{
    static const float special[] = { NAN, INFINITY, -INFINITY, 0, -1, 1, 0x1p-126f, 0x1.fffffep+127f };
    float *x = guarded_uniform(n, -1.0f, 1.0f, 5);
    for (size_t i = 0; i < n; i++)
        x[i] = i < 8 ? special[i] : ldexpf(x[i], (int)(i % 240) - 120);
    return x;
}

static double exact(dsci_function kind, double x, double a, double b)
{
    switch (kind) {
    case DSCI_FUNCTION_EXP: return exp(x);
    case DSCI_FUNCTION_LOG: return log(x);
    case DSCI_FUNCTION_SQRT: return sqrt(x);
    case DSCI_FUNCTION_ABSOLUTE: return fabs(x);
    case DSCI_FUNCTION_POWER: return x < 0 && a != round(a) ? NAN : pow(x, a);
    case DSCI_FUNCTION_CLAMP: break;
    }
    return x < a ? a : x > b ? b : x;
}

/* Subnormal results are flushed. */
static double error_of(float y, double expected)
{
    return fabs(expected) < 0x1p-126 ? fabs((double)y) / 0x1p-126 : ulps(y, expected);
}

static void functions_are_accurate_and_the_same_at_every_level(void **state)
{
    (void)state;
    static const struct {
        dsci_function kind;
        float a, b;
        double most; /* ULP */
    } cases[] = { { DSCI_FUNCTION_EXP, 0, 0, 3 },         { DSCI_FUNCTION_LOG, 0, 0, 0.51 },
                  { DSCI_FUNCTION_SQRT, 0, 0, 0.51 },     { DSCI_FUNCTION_ABSOLUTE, 0, 0, 0 },
                  { DSCI_FUNCTION_CLAMP, -0.5f, 2, 0 },   { DSCI_FUNCTION_POWER, 3, 0, 0.51 },
                  { DSCI_FUNCTION_POWER, -2, 0, 0.51 },   { DSCI_FUNCTION_POWER, 0.7f, 0, 0.51 },
                  { DSCI_FUNCTION_POWER, -1.5f, 0, 0.51 } };
    enum { COUNT = 1003 };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const float *x = sizes(COUNT), *diff = guarded_uniform(COUNT, -1.0f, 1.0f, 6);
        float *first = guarded(COUNT), *slopes = guarded(COUNT);
        const dsci_kernels *scalar = dsci_kernels_for(DSC_ISA_SCALAR);
        scalar->function(cases[c].kind, cases[c].a, cases[c].b, first, x, COUNT);
        scalar->function_backward(cases[c].kind, cases[c].a, cases[c].b, slopes, diff, x, first, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            const double y = exact(cases[c].kind, (double)x[i], (double)cases[c].a, (double)cases[c].b);
            if (!(error_of(first[i], y) <= cases[c].most))
                fail_msg("function %d (%g) of %a is %a, expected %a", (int)cases[c].kind, (double)cases[c].a,
                         (double)x[i], (double)first[i], y);
        }
        FOR_LEVELS(level)
        {
            float *dst = guarded(COUNT);
            dsci_kernels_for(level)->function(cases[c].kind, cases[c].a, cases[c].b, dst, x, COUNT);
            check_bits(dst, first, COUNT, "function");
            dsci_kernels_for(level)->function_backward(cases[c].kind, cases[c].a, cases[c].b, dst, diff, x,
                                                       first, COUNT);
            check_bits(dst, slopes, COUNT, "function_backward");
        }
        release_guarded("function");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_combined_and_single_values_repeated),
        cmocka_unit_test(functions_are_accurate_and_the_same_at_every_level),
        cmocka_unit_test(rows_and_columns_are_reduced_in_a_fixed_order),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
