/* reduction.h - sums over vectors and over the rows of a matrix (part of body.h). */
#ifndef DESCENT_KERNELS_REDUCTION_H
#define DESCENT_KERNELS_REDUCTION_H

static double sum(const float *x, size_t n)
{
    wide total = wide_zero();
    EACH_VECTOR(n, total = wide_add(total, wide_widen(load_lanes(x + i, count))));
    return wide_sum(total);
}

/* The product of two floats is exact in double. */
ALWAYS_INLINE wide products(vec x, vec y)
{
    return wide_mul(wide_widen(x), wide_widen(y));
}

static double dot(const float *x, const float *y, size_t n)
{
    wide total = wide_zero();
    EACH_VECTOR(n, total = wide_add(total, products(load_lanes(x + i, count), load_lanes(y + i, count))));
    return wide_sum(total);
}

ALWAYS_INLINE vec sum_of_rows(const float *src, size_t rows, size_t count, size_t ld)
{
    vec total = vec_set(0.0f);
    for (size_t r = 0; r < rows; r++)
        total = vec_add(total, load_lanes(src + r * ld, count));
    return total;
}

static void column_sums(float *dst, const float *src, size_t rows, size_t cols, size_t ld)
{
    EACH_VECTOR(cols, store_lanes(dst + i, count, sum_of_rows(src + i, rows, count, ld)));
}

#endif
