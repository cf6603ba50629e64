/* row_products.inl - products and sums of a few rows that lie anywhere, as word vectors need them (part of
 * body.inl).
 */
#ifndef DESCENT_KERNELS_ROW_PRODUCTS_INL
#define DESCENT_KERNELS_ROW_PRODUCTS_INL

enum { DOTS = 8 }; /* whose lanes are added up together */

/* Of the products with `count` rows their 16 lane sums. */
ALWAYS_INLINE void lane_products(vec *sums, const float *x, const float *const *rows, size_t count,
                                 size_t width)
{
    vec lanes[DOT_ROWS];
    UNROLL
    for (size_t r = 0; r < count; r++)
        lanes[r] = vec_set(0.0f);
    for (size_t i = 0; i < width; i += DSCI_LANES) {
        const vec v = vec_load(x + i);
        UNROLL
        for (size_t r = 0; r < count; r++)
            lanes[r] = vec_fma(v, vec_load(rows[r] + i), lanes[r]);
    }
    UNROLL
    for (size_t r = 0; r < count; r++)
        sums[r] = lanes[r];
}

/* Of exactly n rows, of which at most DOT_ROWS at once. */
ALWAYS_INLINE void dot_some(float *dst, const float *x, const float *const *rows, size_t n, size_t width)
{
    vec sums[DOTS];
    float dots[DOTS];
    UNROLL
    for (size_t r = 0; r < DOTS; r += DOT_ROWS)
        if (r + DOT_ROWS <= n)
            lane_products(sums + r, x, rows + r, DOT_ROWS, width);
        else if (r < n)
            lane_products(sums + r, x, rows + r, n - r, width);
    UNROLL
    for (size_t r = n; r < DOTS; r++)
        sums[r] = vec_set(0.0f);
    vec_sums(dots, sums);
    memcpy(dst, dots, n * sizeof *dst);
}

/* Each number of rows has loops of its own, whose sums stay in registers. */
static void dot_eight(float *dst, const float *x, const float *const *rows, size_t n, size_t width)
{
    switch (n) {
    case 0: break;
    case 1: dot_some(dst, x, rows, 1, width); break;
    case 2: dot_some(dst, x, rows, 2, width); break;
    case 3: dot_some(dst, x, rows, 3, width); break;
    case 4: dot_some(dst, x, rows, 4, width); break;
    case 5: dot_some(dst, x, rows, 5, width); break;
    case 6: dot_some(dst, x, rows, 6, width); break;
    case 7: dot_some(dst, x, rows, 7, width); break;
    default: dot_some(dst, x, rows, DOTS, width); break;
    }
}

static void dot_rows(float *dst, const float *x, const float *const *rows, size_t n, size_t width)
{
    for (; n > DOTS; n -= DOTS, dst += DOTS, rows += DOTS)
        dot_eight(dst, x, rows, DOTS, width);
    dot_eight(dst, x, rows, n, width);
}

/* `vectors` vectors of each row. */
ALWAYS_INLINE void combine_strip(float *dst, const float *src, const float *factors, const float *const *rows,
                                 size_t n, size_t at, size_t vectors)
{
    vec sums[ROW_VECTORS];
    UNROLL
    for (size_t v = 0; v < vectors; v++)
        sums[v] = src ? vec_load(src + at + v * DSCI_LANES) : vec_set(0.0f);
    for (size_t r = 0; r < n; r++) {
        const vec factor = vec_set(factors[r]);
        const float *row = rows[r] + at;
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sums[v] = vec_fma(factor, vec_load(row + v * DSCI_LANES), sums[v]);
    }
    UNROLL
    for (size_t v = 0; v < vectors; v++)
        vec_store(dst + at + v * DSCI_LANES, sums[v]);
}

/* The vectors behind the last whole strip. */
ALWAYS_INLINE void combine_rest(float *dst, const float *src, const float *factors, const float *const *rows,
                                size_t n, size_t at, size_t vectors)
{
    switch (vectors) {
    case 0: break;
    case 1: combine_strip(dst, src, factors, rows, n, at, 1); break;
#if ROW_VECTORS > 2
    case 2: combine_strip(dst, src, factors, rows, n, at, 2); break;
    case 3: combine_strip(dst, src, factors, rows, n, at, 3); break;
#endif
#if ROW_VECTORS > 4
    case 4: combine_strip(dst, src, factors, rows, n, at, 4); break;
    case 5: combine_strip(dst, src, factors, rows, n, at, 5); break;
    case 6: combine_strip(dst, src, factors, rows, n, at, 6); break;
    case 7: combine_strip(dst, src, factors, rows, n, at, 7); break;
#endif
    default: break;
    }
}

static void combine_rows(float *dst, const float *src, const float *factors, const float *const *rows,
                         size_t n, size_t width)
{
    enum { STRIP = ROW_VECTORS * DSCI_LANES };
    size_t i = 0;
    for (; i + STRIP <= width; i += STRIP)
        combine_strip(dst, src, factors, rows, n, i, ROW_VECTORS);
    combine_rest(dst, src, factors, rows, n, i, (width - i) / DSCI_LANES);
}

/* Below -limit and above it the probability counts as 0 and 1, or the pair as nothing if skip. */
static double pair_gradients(float *gradients, const float *scores, const float *labels, const float *weights,
                             size_t n, float rate, float limit, int skip)
{
    wide loss = wide_zero();
    const vec zero = vec_set(0.0f), one = vec_set(1.0f), most = vec_set(limit), least = vec_set(-limit);
    for (size_t i = 0; i < n; i += DSCI_LANES) {
        const size_t count = n - i;
        const vec s = load_lanes(scores + i, count), label = load_lanes(labels + i, count);
        const vec weight = load_lanes(weights + i, count);
        vec p = vec_sigmoid(s);
        p = vec_if_greater(s, most, skip ? label : one, p);
        p = vec_if_greater(least, s, skip ? label : zero, p);
        store_lanes(gradients + i, count, vec_mul(vec_mul(vec_set(rate), weight), vec_sub(label, p)));
        const vec term = vec_mul(weight, vec_sub(vec_softplus(s), vec_mul(label, s)));
        loss = wide_add(loss, wide_widen(term));
    }
    return wide_sum(loss);
}

#endif
