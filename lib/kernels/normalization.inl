/* normalization.inl - sums over the rows of a matrix in double, and affine maps of its columns (part of
 * body.inl).
 *
 * Columns are channels, rows the positions of a batch. Values are float or bfloat16, as half says; what is
 * computed from them is not rounded in between.
 */
#ifndef DESCENT_KERNELS_NORMALIZATION_INL
#define DESCENT_KERNELS_NORMALIZATION_INL

enum { NORMALIZATION_ROWS = 32 }; /* rows that stay in the first-level cache while the columns pass */

/* diff where y > 0, if there is a y. */
ALWAYS_INLINE vec load_masked(const void *diff, const void *y, size_t at, size_t count, int half)
{
    const vec x = load_real(diff, at, count, half);
    return y ? relu_backward(x, load_real(y, at, count, half)) : x;
}

/* Adds to sums (2 x cols) those of a and of a b over some rows of 16 columns. */
ALWAYS_INLINE void add_moments(double *sums, size_t cols, const void *a, const void *mask, const void *b,
                               size_t at, size_t rows, size_t count, int half)
{
    double block[2][DSCI_LANES];
    wide sum = wide_zero(), product = wide_zero();
    for (size_t r = 0; r < rows; r++, at += cols) {
        const vec x = load_masked(a, mask, at, count, half);
        sum = wide_add(sum, wide_widen(x));
        product = wide_add(product, products(x, b ? load_real(b, at, count, half) : x));
    }
    wide_store(block[0], sum);
    wide_store(block[1], product);
    for (size_t l = 0; l < count; l++) {
        sums[l] += block[0][l];
        sums[cols + l] += block[1][l];
    }
}

ALWAYS_INLINE void moments_of(double *sums, const void *a, const void *mask, const void *b, size_t rows,
                              size_t cols, int half)
{
    for (size_t j = 0; j < 2 * cols; j++)
        sums[j] = 0.0;
    for (size_t start = 0; start < rows; start += NORMALIZATION_ROWS) {
        const size_t taken = rows - start < NORMALIZATION_ROWS ? rows - start : NORMALIZATION_ROWS;
        EACH_VECTOR(cols, add_moments(sums + i, cols, a, mask, b, start * cols + i, taken, count, half));
    }
}

static void column_moments(double *sums, const void *a, const void *mask, const void *b, size_t rows,
                           size_t cols, int half)
{
    if (half)
        moments_of(sums, a, mask, b, rows, cols, 1);
    else
        moments_of(sums, a, mask, b, rows, cols, 0);
}

ALWAYS_INLINE void affine_of(void *dst, const void *src, const float *factor, const float *term, float floor,
                             size_t rows, size_t cols, int half)
{
    for (size_t r = 0; r < rows; r++)
        EACH_VECTOR(cols, {
            const vec y = vec_fma(load_real(src, r * cols + i, count, half), load_lanes(factor + i, count),
                                  load_lanes(term + i, count));
            store_real(dst, r * cols + i, count, vec_max(vec_set(floor), y), half);
        });
}

static void affine_columns(void *dst, const void *src, const float *factor, const float *term, float floor,
                           size_t rows, size_t cols, int half)
{
    if (half)
        affine_of(dst, src, factor, term, floor, rows, cols, 1);
    else
        affine_of(dst, src, factor, term, floor, rows, cols, 0);
}

ALWAYS_INLINE void affine_pair_of(void *dst, const void *a, const void *mask, const void *b,
                                  const float *factors, size_t rows, size_t cols, int half)
{
    for (size_t r = 0; r < rows; r++)
        EACH_VECTOR(cols, {
            const vec x = load_masked(a, mask, r * cols + i, count, half);
            const vec rest =
                vec_fma(load_real(b, r * cols + i, count, half), load_lanes(factors + cols + i, count),
                        load_lanes(factors + 2 * cols + i, count));
            store_real(dst, r * cols + i, count, vec_fma(x, load_lanes(factors + i, count), rest), half);
        });
}

static void affine_pair_columns(void *dst, const void *a, const void *mask, const void *b,
                                const float *factors, size_t rows, size_t cols, int half)
{
    if (half)
        affine_pair_of(dst, a, mask, b, factors, rows, cols, 1);
    else
        affine_pair_of(dst, a, mask, b, factors, rows, cols, 0);
}

#endif
