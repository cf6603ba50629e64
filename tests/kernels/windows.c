/* Pooling and the copies of windows agree with plain loops to the bit at every level, for any number of
   channels; a NaN wins a maximum, and the first of equals does. */
#include "kernel_test.h"

enum { SIDE = 5, PIXELS = SIDE * SIDE };

static void every_window_is_pooled(void **state)
{
    (void)state;
    for (size_t channels = 1; channels < 40; channels += 3) {
        float *image = guarded_uniform(PIXELS * channels, -2.0f, 2.0f, 1);
        for (size_t i = 0; i < PIXELS * channels; i++)
            image[i] = i % 41 == 0 ? NAN : rintf(2.0f * image[i]); /* many equals */
        const dsci_pool_window windows[] = { { 0, 1, 1, SIDE, channels },
                                             { 6, 3, 2, SIDE, channels },
                                             { 0, SIDE, SIDE, SIDE, channels },
                                             { 24, 1, 1, SIDE, channels } };
        for (size_t n = 0; n < sizeof windows / sizeof windows[0]; n++) {
            const dsci_pool_window *w = &windows[n];
            float *largest = guarded(channels), *mean = guarded(channels);
            int32_t *places = guarded_bytes(channels * sizeof *places);
            for (size_t c = 0; c < channels; c++) {
                float sum = 0.0f;
                size_t best = w->first;
                for (size_t k = 0; k < w->rows * w->columns; k++) {
                    const size_t at = w->first + k / w->columns * SIDE + k % w->columns;
                    const float x = image[at * channels + c], y = image[best * channels + c];
                    sum += x;
                    best = !isnan(y) && (isnan(x) || x > y) ? at : best;
                }
                largest[c] = image[best * channels + c];
                places[c] = (int32_t)best;
                mean[c] = sum / 3.0f;
            }
            for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
                const dsci_kernels *k = dsci_kernels_for(level);
                float *dst = guarded(channels);
                int32_t *positions = guarded_bytes(channels * sizeof *positions);
                k->max_pool(dst, positions, image, w);
                check_bits(dst, largest, channels, "maxima");
                assert_memory_equal(positions, places, channels * sizeof *places);
                k->max_pool(dst, NULL, image, w);
                check_bits(dst, largest, channels, "maxima alone");
                k->average_pool(dst, image, w, 3.0f);
                check_bits(dst, mean, channels, "means");
            }
        }
        release_guarded("pooling");
    }
}

static void gradients_of_means_are_spread(void **state)
{
    (void)state;
    for (size_t channels = 1; channels < 40; channels += 3) {
        const dsci_pool_window w = { 6, 3, 2, SIDE, channels };
        const float *before = guarded_uniform(PIXELS * channels, -2.0f, 2.0f, 1);
        const float *diff = guarded_uniform(channels, -2.0f, 2.0f, 2);
        float *expected = guarded_copy(before, PIXELS * channels);
        for (size_t k = 0; k < 6; k++)
            for (size_t c = 0; c < channels; c++)
                expected[(6 + k / 2 * SIDE + k % 2) * channels + c] += diff[c] / 6.0f;
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
            float *image = guarded_copy(before, PIXELS * channels);
            dsci_kernels_for(level)->average_pool_backward(image, diff, &w, 6.0f);
            check_bits(image, expected, PIXELS * channels, "spread gradients");
        }
        release_guarded("average_pool_backward");
    }
}

/* Rows of dst overlap: each is added after the one before it. */
static void rows_are_copied_and_added(void **state)
{
    (void)state;
    enum { ROWS = 4 };
    for (size_t cols = 1; cols < 40; cols += 3) {
        const size_t step = (cols + 1) / 2, n = (ROWS - 1) * step + cols;
        const float *src = guarded_uniform(ROWS * cols, -2.0f, 2.0f, 1),
                    *old = guarded_uniform(n, -2.0f, 2.0f, 2);
        float *sums = guarded_copy(old, n);
        for (size_t r = 0; r < ROWS; r++)
            for (size_t c = 0; c < cols; c++)
                sums[r * step + c] += src[r * cols + c];
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
            const dsci_kernels *k = dsci_kernels_for(level);
            float *added = guarded_copy(old, n), *copied = guarded(ROWS * cols);
            k->add_rows(added, step, src, cols, ROWS, cols);
            check_bits(added, sums, n, "added rows");
            k->copy_rows(copied, cols, old, step, ROWS, cols);
            for (size_t r = 0; r < ROWS; r++)
                check_bits(copied + r * cols, old + r * step, cols, "copied rows");
        }
        release_guarded("rows");
    }
}

/* Sums over taps, in their order, with and without rounding products; and chains of products for each tap. */
static void taps_are_summed_in_order(void **state)
{
    (void)state;
    enum { TAPS = 7, PIXELS_IN = 13, RUN = 6 };
    for (size_t channels = 1; channels < 40; channels += 3) {
        const float *src = guarded_uniform(PIXELS_IN * channels, -2.0f, 2.0f, 1);
        const float *weights = guarded_uniform(TAPS * channels, -2.0f, 2.0f, 2);
        dsci_tap taps[TAPS];
        for (size_t t = 0; t < TAPS; t++)
            taps[t] = (dsci_tap){ t * channels, (TAPS - 1 - t) * channels };
        float *fused = guarded(RUN * channels), *rounded = guarded(RUN * channels);
        float *products = guarded_copy(weights, TAPS * channels);
        for (size_t p = 0; p < RUN; p++)
            for (size_t c = 0; c < channels; c++) {
                float sum = 0.0f, sum_rounded = 0.0f;
                for (size_t t = 0; t < TAPS; t++) {
                    const float x = src[(p + t) * channels + c], w = weights[taps[t].weights + c];
                    const float product = x * w;
                    sum = fmaf(x, w, sum);
                    sum_rounded = sum_rounded + product;
                }
                fused[p * channels + c] = sum;
                rounded[p * channels + c] = sum_rounded;
                for (size_t t = 0; t < TAPS; t++) {
                    float *chain = &products[taps[t].weights + c];
                    *chain = fmaf(src[(p + t) * channels + c], sum, *chain);
                }
            }
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
            const dsci_kernels *k = dsci_kernels_for(level);
            float *dst = guarded(RUN * channels), *sums = guarded_copy(weights, TAPS * channels);
            k->weighted_taps(dst, channels, src, channels, RUN, weights, taps, TAPS, channels, 1);
            check_bits(dst, fused, RUN * channels, "fused taps");
            k->weighted_taps(dst, channels, src, channels, RUN, weights, taps, TAPS, channels, 0);
            check_bits(dst, rounded, RUN * channels, "rounded taps");
            k->tap_products(sums, src, channels, fused, channels, RUN, taps, TAPS, channels);
            check_bits(sums, products, TAPS * channels, "products");
        }
        release_guarded("taps");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_window_is_pooled),
        cmocka_unit_test(gradients_of_means_are_spread),
        cmocka_unit_test(rows_are_copied_and_added),
        cmocka_unit_test(taps_are_summed_in_order),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
