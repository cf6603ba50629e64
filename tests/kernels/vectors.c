/* Sums have the shape that the numerics contract fixes, dropout draws from Philox at its position, rows are
   gathered unchanged: to the bit at every level. */
#include "kernel_test.h"

#include <string.h>

#define FOR_ALL_LEVELS(level) for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++)

/* The definition: 16 sums in double, then the upper half folded onto the lower. */
static double lane_sum(const float *x, const float *y, size_t n)
{
    double lanes[DSCI_LANES] = { 0 };
    for (size_t i = 0; i < n; i++)
        lanes[i % DSCI_LANES] += (double)x[i] * (y ? (double)y[i] : 1.0);
    for (size_t half = DSCI_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

static void sums_and_products_in_sixteen_lanes(void **state)
{
    (void)state;
    for (size_t n = 0; n < 100; n++) {
        const float *x = guarded_uniform(n, -1.0f, 1.0f, 1), *y = guarded_uniform(n, -1.0f, 1.0f, 2);
        FOR_ALL_LEVELS(level)
        {
            const dsci_kernels *k = dsci_kernels_for(level);
            check_same_double(k->sum(x, n), lane_sum(x, NULL, n), "sum");
            check_same_double(k->dot(x, y, n), lane_sum(x, y, n), "dot");
        }
        release_guarded("sum");
    }
}

static void columns_are_summed_row_after_row(void **state)
{
    (void)state;
    for (size_t cols = 0; cols < 40; cols++)
        for (size_t rows = 0; rows < 5; rows++) {
            const size_t ld = cols + rows % 2, size = rows > 0 && cols > 0 ? (rows - 1) * ld + cols : 0;
            const float *x = guarded_uniform(size, -1.0f, 1.0f, 1);
            float *expected = guarded(cols);
            for (size_t j = 0; j < cols; j++) {
                expected[j] = 0.0f;
                for (size_t r = 0; r < rows; r++)
                    expected[j] += x[r * ld + j];
            }
            FOR_ALL_LEVELS(level)
            {
                float *sums = guarded(cols);
                dsci_kernels_for(level)->column_sums(sums, x, rows, cols, ld);
                check_bits(sums, expected, cols, "column_sums");
            }
            release_guarded("column_sums");
        }
}

/* By plain loops, in double. */
static void expect_bounded(float *w, size_t rows, size_t cols, size_t ld, double norm)
{
    for (size_t j = 0; j < cols; j++) {
        double square = 0;
        for (size_t r = 0; r < rows; r++)
            square += (double)w[r * ld + j] * (double)w[r * ld + j];
        const float factor = (float)(norm / sqrt(square));
        for (size_t r = 0; r < rows && square > norm * norm; r++)
            w[r * ld + j] *= factor;
    }
}

/* Values are of -1..1: of 40 rows some columns are beyond a norm of 3.6, some are within. */
static void columns_beyond_a_norm_are_scaled_back_to_it(void **state)
{
    (void)state;
    static const size_t widths[] = { 0, 1, 5, 16, 17, 31, 48, 255, 256, 257, 300 };
    for (size_t c = 0; c < sizeof widths / sizeof widths[0]; c++)
        for (size_t rows = 0; rows < 41; rows += 8) {
            const size_t cols = widths[c], ld = cols + rows % 3;
            const size_t size = rows > 0 && cols > 0 ? (rows - 1) * ld + cols : 0;
            const float *x = guarded_uniform(size, -1.0f, 1.0f, (uint32_t)(c + 1));
            float *expected = guarded(size);
            memcpy(expected, x, size * sizeof *x);
            expect_bounded(expected, rows, cols, ld, 3.6);
            FOR_ALL_LEVELS(level)
            {
                float *w = guarded(size);
                memcpy(w, x, size * sizeof *x);
                dsci_kernels_for(level)->bound_columns(w, rows, cols, ld, 3.6);
                check_bits(w, expected, size, "bound_columns");
            }
            release_guarded("bound_columns");
        }
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Upper halves of all kinds with lower halves around a half: ties go to even, NaN stays NaN. */
static void bfloat16_rounds_to_nearest_even(void **state)
{
    (void)state;
    static const uint32_t lower[] = { 0, 1, 0x7fff, 0x8000, 0x8001, 0xffff };
    enum { LOWER = sizeof lower / sizeof lower[0], ALL = 1 << 16 };
    static float src[ALL], back[ALL];
    static dsci_bf16 dst[ALL];
    for (size_t l = 0; l < LOWER; l++) {
        for (uint32_t i = 0; i < ALL; i++)
            src[i] = float_of(i << 16 | lower[l]);
        FOR_ALL_LEVELS(level)
        {
            dsci_kernels_for(level)->to_bf16(dst, src, ALL - l);
            dsci_kernels_for(level)->from_bf16(back, dst, ALL - l);
            for (uint32_t i = 0; i < ALL - l; i++) {
                const bool nan = (i & 0x7fff) > 0x7f80 || ((i & 0x7fff) == 0x7f80 && lower[l] > 0);
                const bool up = lower[l] > 0x8000 || (lower[l] == 0x8000 && i % 2 == 1);
                const uint32_t expected = nan ? (i | 0x40) : up ? i + 1 : i;
                uint32_t bits;
                memcpy(&bits, &back[i], sizeof bits);
                if (dst[i] != expected || bits != expected << 16)
                    fail_msg("bf16 of %08x is %04x, expected %04x", (unsigned)(i << 16 | lower[l]), dst[i],
                             (unsigned)expected);
            }
        }
    }
}

static void scale_multiplies(void **state)
{
    (void)state;
    for (size_t n = 0; n < 50; n++) {
        const float *x = guarded_uniform(n, -1.0f, 1.0f, 1);
        float *expected = guarded(n);
        for (size_t i = 0; i < n; i++)
            expected[i] = 0.3f * x[i];
        FOR_ALL_LEVELS(level)
        {
            float *y = guarded_copy(x, n);
            dsci_kernels_for(level)->scale(y, y, n, 0.3f);
            check_bits(y, expected, n, "scale");
        }
        release_guarded("scale");
    }
}

static void check_dropout(size_t n, uint32_t threshold, dsc_rng rng, uint32_t major, uint64_t first_block)
{
    const float *x = guarded_uniform(n, -1.0f, 1.0f, 1);
    float *expected = guarded(n);
    for (size_t i = 0; i < n; i++) {
        uint32_t block[4];
        dsc_rng_block(rng, major, first_block + i / 4, block);
        expected[i] = x[i] * (block[i % 4] >= threshold ? 1.25f : 0.0f);
    }
    FOR_ALL_LEVELS(level)
    {
        float *y = guarded_copy(x, n);
        dsci_kernels_for(level)->dropout(y, y, n, threshold, 1.25f, rng, major, first_block);
        check_bits(y, expected, n, "dropout");
    }
    for (size_t i = 0; i < n; i++)
        expected[i] = expected[i] != 0.0f ? x[i] * 0.7f + 0.1f : -1.3f;
    FOR_ALL_LEVELS(level)
    {
        float *y = guarded_copy(x, n);
        dsci_kernels_for(level)->alpha_dropout(y, y, n, threshold, 0.7f, 0.1f, -1.3f, rng, major,
                                               first_block);
        check_bits(y, expected, n, "alpha dropout");
    }
    release_guarded("dropout");
}

static void dropout_draws_from_philox(void **state)
{
    static const uint32_t thresholds[] = { 0, 1, 0x33333333, 0x7fffffff, 0x80000000, 0xffffffff };
    const dsc_rng rng = dsc_rng_make(0xfedcba9876543210, DSC_STREAM_DROPOUT);
    (void)state;
    for (size_t n = 0; n < 100; n++)
        check_dropout(n, thresholds[n % 6], rng, (uint32_t)n * 0x01234567u, n);
    /* across the carry into the upper half of the counter, and its end */
    check_dropout(100, 0x80000000, rng, 0xffffffff, 0xfffffffd);
    check_dropout(100, 0x80000000, rng, 0, 0xfffffffffffffffd);
}

static void gathered_rows_are_copies(void **state)
{
    static const uint32_t index[] = { 4, 0, 4, 2 };
    enum { ROWS = sizeof index / sizeof index[0], STORED = 5 };
    (void)state;
    for (size_t cols = 0; cols < 50; cols++) {
        const float *src = guarded_uniform(STORED * cols, -1.0f, 1.0f, 1);
        FOR_ALL_LEVELS(level)
        {
            float *dst = guarded(ROWS * cols);
            dsci_kernels_for(level)->gather_rows(dst, src, index, ROWS, cols);
            for (size_t r = 0; r < ROWS; r++)
                check_bits(dst + r * cols, src + index[r] * cols, cols, "gather_rows");
        }
        release_guarded("gather_rows");
    }
}

static void a_level_that_the_machine_lacks_has_no_table(void **state)
{
    (void)state;
    for (dsc_isa level = DSC_ISA_SCALAR; level <= DSC_ISA_AVX512; level++) {
        const dsci_kernels *k = dsci_kernels_for(level);
        assert_true(level <= dsc_isa_detected() ? k != NULL && k->isa == level : k == NULL);
    }
    assert_int_equal(dsci_kernels_for(DSC_ISA_AUTO)->isa, dsc_isa_effective());
    assert_null(dsci_kernels_for((dsc_isa)99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_products_in_sixteen_lanes),
        cmocka_unit_test(columns_are_summed_row_after_row),
        cmocka_unit_test(columns_beyond_a_norm_are_scaled_back_to_it),
        cmocka_unit_test(bfloat16_rounds_to_nearest_even),
        cmocka_unit_test(scale_multiplies),
        cmocka_unit_test(dropout_draws_from_philox),
        cmocka_unit_test(gathered_rows_are_copies),
        cmocka_unit_test(a_level_that_the_machine_lacks_has_no_table),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
