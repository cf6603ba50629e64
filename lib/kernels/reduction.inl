/* reduction.inl - sums over vectors and over the rows of a matrix (part of body.inl). */
#ifndef DESCENT_KERNELS_REDUCTION_INL
#define DESCENT_KERNELS_REDUCTION_INL

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

enum {
    COLUMN_VECTORS = 4, /* chains side by side: a sum waits for the one before it */
    ROWS_AHEAD = 32     /* rows far apart are fetched: the processor foresees only what lies close together */
};

ALWAYS_INLINE void sum_rows(float *dst, const float *src, size_t rows, size_t vectors, size_t count,
                            size_t ld)
{
    vec totals[COLUMN_VECTORS];
    UNROLL
    for (size_t v = 0; v < vectors; v++)
        totals[v] = vec_set(0.0f);
    for (size_t r = 0; r < rows; r++, src += ld) {
        const float *ahead = r + ROWS_AHEAD < rows ? src + ROWS_AHEAD * ld : src;
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            __builtin_prefetch(ahead + v * DSCI_LANES);
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            totals[v] = vec_add(totals[v], load_lanes(src + v * DSCI_LANES, count));
    }
    UNROLL
    for (size_t v = 0; v < vectors; v++)
        store_lanes(dst + v * DSCI_LANES, count, totals[v]);
}

static void column_sums(float *dst, const float *src, size_t rows, size_t cols, size_t ld)
{
    enum { WIDE = COLUMN_VECTORS * DSCI_LANES, PAIR = 2 * DSCI_LANES };
    for (; cols >= WIDE; cols -= WIDE, dst += WIDE, src += WIDE)
        sum_rows(dst, src, rows, COLUMN_VECTORS, DSCI_LANES, ld);
    for (; cols >= PAIR; cols -= PAIR, dst += PAIR, src += PAIR)
        sum_rows(dst, src, rows, 2, DSCI_LANES, ld);
    EACH_VECTOR(cols, sum_rows(dst + i, src + i, rows, 1, count, ld));
}

#endif
