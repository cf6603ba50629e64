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

/* The plain form of a sum over taps at (row, pixel). */
static float tap_sum(const dsci_channel_sums *s, const float *weights, size_t row, size_t pixel, size_t c)
{
    float sum = 0.0f;
    for (size_t t = 0; t < s->tap_count; t++) {
        const float x = s->src[s->taps[t].pixel + row * s->src_row + pixel * s->src_pixel + c];
        const float w = weights[s->taps[t].element * s->channels + c], product = x * w;
        sum = s->fused ? fmaf(x, w, sum) : sum + product;
    }
    return s->bias ? fmaxf(sum + s->bias[c], s->floor) : sum;
}

/* elements x channels, in packs of 16 channels. */
static float *packed(const float *weights, size_t elements, size_t channels)
{
    const size_t vectors = (channels + DSCI_LANES - 1) / DSCI_LANES;
    float *packs = guarded(vectors * elements * DSCI_LANES);
    for (size_t i = 0; i < vectors * elements * DSCI_LANES; i++) {
        const size_t c = i / DSCI_LANES / elements * DSCI_LANES + i % DSCI_LANES;
        packs[i] = c < channels ? weights[i / DSCI_LANES % elements * channels + c] : 0.0f;
    }
    return packs;
}

/* Sums over taps, in their order, with and without rounding products, bias and floor; and chains of products
   for each tap. */
static void taps_are_summed_in_order(void **state)
{
    (void)state;
    enum { TAPS = 7, ROWS = 7, COLUMNS = 7, WIDTH = COLUMNS + TAPS };
    for (size_t channels = 1; channels < 40; channels += 3) {
        const float *src = guarded_uniform(ROWS * WIDTH * channels, -2.0f, 2.0f, 1);
        const float *weights = guarded_uniform(TAPS * channels, -2.0f, 2.0f, 2);
        const float *bias = guarded_uniform(channels, -2.0f, 2.0f, 3);
        const float *packs = packed(weights, TAPS, channels);
        dsci_tap taps[TAPS];
        for (size_t t = 0; t < TAPS; t++)
            taps[t] = (dsci_tap){ t * channels, TAPS - 1 - t };
        for (int way = 0; way < 4; way++) {
            dsci_channel_sums s = { .src = src,
                                    .rows = ROWS,
                                    .pixels = COLUMNS,
                                    .channels = channels,
                                    .dst_row = COLUMNS * channels,
                                    .dst_pixel = channels,
                                    .src_row = WIDTH * channels,
                                    .src_pixel = channels,
                                    .taps = taps,
                                    .tap_count = TAPS,
                                    .elements = TAPS,
                                    .weights = packs,
                                    .bias = way & 1 ? bias : NULL,
                                    .floor = -1.0f,
                                    .fused = way >> 1 };
            float *expected = guarded(ROWS * COLUMNS * channels);
            for (size_t i = 0; i < ROWS * COLUMNS * channels; i++) {
                const size_t pixel = i / channels;
                expected[i] = tap_sum(&s, weights, pixel / COLUMNS, pixel % COLUMNS, i % channels);
            }
            float *products = guarded_copy(weights, TAPS * channels);
            for (size_t i = 0; i < ROWS * COLUMNS * channels; i++)
                for (size_t t = 0; t < TAPS; t++) {
                    const size_t row = i / channels / COLUMNS, pixel = i / channels % COLUMNS,
                                 c = i % channels;
                    float *chain = &products[taps[t].element * channels + c];
                    *chain = fmaf(src[(row * WIDTH + pixel + t) * channels + c], expected[i], *chain);
                }
            const float *product_packs = packed(products, TAPS, channels);
            const size_t pack_floats = (channels + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES * TAPS;
            for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
                const dsci_kernels *k = dsci_kernels_for(level);
                s.dst = guarded(ROWS * COLUMNS * channels);
                k->channel_sums(&s);
                check_bits(s.dst, expected, ROWS * COLUMNS * channels, "taps");
                float *sums = guarded_copy(packs, pack_floats);
                k->channel_products(sums, expected, &s);
                check_bits(sums, product_packs, pack_floats, "products");
            }
        }
        release_guarded("taps");
    }
}

/* The elements of a window of 3 x 3 that are in the image. */
static size_t taps_inside(const dsci_channel_windows *w, size_t y, size_t x, dsci_tap *taps)
{
    size_t count = 0;
    for (size_t e = 0; e < 9; e++) {
        const size_t at_y = y * w->stride + e / 3 - w->before[0], at_x = x * w->stride + e % 3 - w->before[1];
        if (at_y < w->src_rows && at_x < w->src_columns) /* else beyond, or wrapped round */
            taps[count++] = (dsci_tap){ (at_y * w->src_columns + at_x) * w->pixel, e };
    }
    return count;
}

/* Of the pixels that windows meet. */
static void check_kept(const dsci_window_run *run)
{
    if (run->stride > 1 || !run->rows[0] || !run->rows[1] || !run->rows[2])
        return;
    for (size_t x = run->first; x < run->first + run->count + 2; x++)
        if (x - run->before < run->columns)
            check_bits(run->keep + (x - run->before) * run->keep_pixel,
                       run->rows[2] + (x - run->before) * run->row_pixels[2], run->channels,
                       "pixels that are kept");
}

/* Windows of 3 x 3 are sums over those of their elements that are in the image, and their gradients are
   products of these. */
static void small_windows_are_sums_of_taps(void **state)
{
    (void)state;
    enum { MOST = 11 };
    for (size_t trial = 0; trial < 1000; trial++) {
        const size_t src_rows = 1 + trial % MOST, src_columns = 1 + trial / 3 % MOST,
                     channels = 1 + trial % 37, stride = 1 + trial / 11 % 2;
        const size_t before[2] = { trial / 2 % 3, trial / 5 % 3 }, after = trial / 7 % 3;
        if (src_rows + before[0] + after < 3 || src_columns + before[1] + after < 3)
            continue;
        const size_t rows = (src_rows + before[0] + after - 3) / stride + 1,
                     columns = (src_columns + before[1] + after - 3) / stride + 1,
                     count = rows * columns * channels, first = trial % rows;
        const float *src = guarded_uniform(src_rows * src_columns * channels, -2.0f, 2.0f, 1);
        const float *weights = guarded_uniform(9 * channels, -2.0f, 2.0f, 2);
        const float *bias = guarded_uniform(channels, -2.0f, 2.0f, 3);
        const float *packs = packed(weights, 9, channels);
        const size_t pack_floats = (channels + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES * 9;
        dsci_channel_windows w = { .src = src,
                                   .src_rows = src_rows,
                                   .src_columns = src_columns,
                                   .columns = columns,
                                   .before = { before[0], before[1] },
                                   .first = first,
                                   .rows = rows - first,
                                   .stride = stride,
                                   .pixel = channels,
                                   .channels = channels,
                                   .weights = packs,
                                   .bias = trial % 2 ? bias : NULL,
                                   .floor = -1.0f,
                                   .fused = stride == 2 || trial % 4 > 1 };
        float *expected = guarded(count), *products = guarded_copy(weights, 9 * channels);
        const float *diff = guarded_uniform(count, -2.0f, 2.0f, 4);
        const size_t from = columns / 3;
        for (size_t i = 0; i < count; i++) {
            const size_t y = i / channels / columns, x = i / channels % columns, c = i % channels;
            dsci_tap taps[9];
            const dsci_channel_sums s = { .src = src,
                                          .channels = channels,
                                          .taps = taps,
                                          .tap_count = taps_inside(&w, y, x, taps),
                                          .bias = w.bias,
                                          .floor = w.floor,
                                          .fused = w.fused };
            expected[i] = y < first ? 7.0f : tap_sum(&s, weights, 0, 0, c);
            for (size_t t = 0; t < s.tap_count && y == first && x >= from; t++) {
                float *chain = &products[taps[t].element * channels + c];
                *chain = fmaf(src[taps[t].pixel + c], diff[i], *chain);
            }
        }
        const float *product_packs = packed(products, 9, channels);
        float *diff_sums = guarded_copy(bias, channels);
        for (size_t i = (first * columns + from) * channels; i < (first + 1) * columns * channels; i++)
            diff_sums[i % channels] += diff[i];
        const float *bias_packs = packed(bias, 1, channels), *diff_packs = packed(diff_sums, 1, channels);
        const float *untouched = guarded_uniform(src_columns * (pack_floats / 9), -2.0f, 2.0f, 5);
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
            const dsci_kernels *k = dsci_kernels_for(level);
            w.dst = guarded_copy(expected, count);
            for (size_t i = first * columns * channels; i < count; i++)
                w.dst[i] = 0.0f;
            k->channel_windows(&w);
            check_bits(w.dst, expected, count, "windows");
            float *sums = guarded_copy(packs, pack_floats);
            float *diff_bias = guarded_copy(bias_packs, pack_floats / 9);
            dsci_window_run run = { .diff = diff + (first * columns + from) * channels,
                                    .diff_pixel = channels,
                                    .first = from,
                                    .count = columns - from,
                                    .columns = src_columns,
                                    .before = before[1],
                                    .stride = stride,
                                    .channels = channels,
                                    .keep = guarded_copy(untouched, src_columns * (pack_floats / 9)),
                                    .keep_pixel = pack_floats / 9 };
            for (size_t ky = 0; ky < 3; ky++) {
                const size_t y = first * stride + ky - before[0];
                run.rows[ky] = y < src_rows ? src + y * src_columns * channels : NULL;
                run.row_pixels[ky] = channels;
            }
            k->channel_window_products(sums, diff_bias, &run);
            check_bits(sums, product_packs, pack_floats, "products of windows");
            check_bits(diff_bias, diff_packs, pack_floats / 9, "sums of the gradient");
            check_kept(&run);
        }
        release_guarded("windows");
    }
}

enum { RUNS = 3, STRETCHES = 2, LONGEST = 15, STEP = 2, ROW_PIXELS = 14, ROW = ROW_PIXELS * STEP + LONGEST };

/* A row of an image for every run and stretch. */
static void set_starts(const float *rows, const float **starts)
{
    for (size_t i = 0; i < RUNS * STRETCHES; i++)
        starts[i] = rows + i * ROW;
}

static void windows_are_summed_in_order(void **state)
{
    (void)state;
    for (size_t filters = 1; filters < 70; filters += 7)
        for (size_t length = 1; length <= LONGEST; length += 2) {
            const float *rows = guarded_uniform(RUNS * STRETCHES * ROW, -2.0f, 2.0f, 1);
            const float *weights = guarded_uniform(RUNS * length * filters, -2.0f, 2.0f, 2),
                        *bias = guarded_uniform(filters, -2.0f, 2.0f, 3);
            const float *starts[RUNS * STRETCHES];
            set_starts(rows, starts);
            float *expected = guarded(ROW_PIXELS * filters);
            for (size_t p = 0; p < ROW_PIXELS; p++)
                for (size_t f = 0; f < filters; f++) {
                    float sum = 0.0f;
                    for (size_t e = 0; e < RUNS * length; e++)
                        sum = fmaf(starts[e / length][p * STEP + e % length], weights[e * filters + f], sum);
                    expected[p * filters + f] = fmaxf(sum + bias[f], 0.0f);
                }
            for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
                float *dst = guarded(ROW_PIXELS * filters);
                dsci_kernels_for(level)->window_sums(
                    &(dsci_window_sums){ .pixels = ROW_PIXELS,
                                         .filters = filters,
                                         .runs = RUNS,
                                         .run_length = length,
                                         .step = STEP,
                                         .starts = starts,
                                         .weights = weights,
                                         .bias = bias,
                                         .dst = dst,
                                         .ld_weights = filters,
                                         .ld_dst = filters,
                                         .activation = DSC_ACTIVATION_RELU });
                check_bits(dst, expected, ROW_PIXELS * filters, "sums over windows");
            }
            release_guarded("window_sums");
        }
}

/* Of three columns of the window, so many channels each. */
static void products_are_summed_pixel_after_pixel(void **state)
{
    (void)state;
    enum { COLUMNS = 3 };
    const size_t counts[STRETCHES] = { 5, ROW_PIXELS };
    for (size_t filters = 1; filters < 70; filters += 7)
        for (size_t channels = 1; COLUMNS * channels <= LONGEST; channels++) {
            const size_t n = RUNS * COLUMNS * channels * filters;
            const float *rows = guarded_uniform(RUNS * STRETCHES * ROW, -2.0f, 2.0f, 1);
            const float *diff = guarded_uniform((5 + ROW_PIXELS) * filters, -2.0f, 2.0f, 2),
                        *old = guarded_uniform(n, -2.0f, 2.0f, 3);
            const float *starts[RUNS * STRETCHES];
            set_starts(rows, starts);
            float *expected = guarded(n), *added = guarded(n);
            for (size_t i = 0; i < n; i++) {
                const size_t f = i % filters, e = i / filters % (COLUMNS * channels),
                             run = i / filters / (COLUMNS * channels);
                expected[i] = 0.0f;
                for (size_t p = 0; p < 5 + ROW_PIXELS; p++) {
                    const float *start = starts[run * STRETCHES + (p >= 5)];
                    expected[i] =
                        fmaf(start[(p >= 5 ? p - 5 : p) * STEP + e], diff[p * filters + f], expected[i]);
                }
                added[i] = old[i] + expected[i];
            }
            for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
                float *fresh = guarded(n), *sums = guarded_copy(old, n);
                dsci_window_products w = { .stretches = STRETCHES,
                                           .filters = filters,
                                           .runs = RUNS,
                                           .columns = COLUMNS,
                                           .channels = channels,
                                           .step = STEP,
                                           .starts = starts,
                                           .counts = counts,
                                           .diff = diff,
                                           .sums = fresh,
                                           .ld_diff = filters,
                                           .run_step = COLUMNS * channels * filters,
                                           .column_step = channels * filters,
                                           .channel_step = filters,
                                           .next = { { diff, 1 } } };
                dsci_kernels_for(level)->window_products(&w);
                check_bits(fresh, expected, n, "products");
                w.sums = sums;
                w.accumulate = 1;
                dsci_kernels_for(level)->window_products(&w);
                check_bits(sums, added, n, "added products");
            }
            release_guarded("window_products");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_window_is_pooled),
        cmocka_unit_test(gradients_of_means_are_spread),
        cmocka_unit_test(rows_are_copied_and_added),
        cmocka_unit_test(taps_are_summed_in_order),
        cmocka_unit_test(small_windows_are_sums_of_taps),
        cmocka_unit_test(windows_are_summed_in_order),
        cmocka_unit_test(products_are_summed_pixel_after_pixel),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
