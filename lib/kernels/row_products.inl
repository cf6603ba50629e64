/* row_products.inl - products and sums of a few rows that lie anywhere, as word vectors need them (part of
 * body.inl).
 */
#ifndef DESCENT_KERNELS_ROW_PRODUCTS_INL
#define DESCENT_KERNELS_ROW_PRODUCTS_INL

enum { DOTS = 8 }; /* whose lanes are added up together */

/* Of the products of m vectors x with n rows the 16 lane sums: those of x[0] first, DOTS apart from those of
 * the next. */
ALWAYS_INLINE void lane_products(vec *sums, const float *const *x, size_t m, const float *const *rows,
                                 size_t n, size_t width)
{
    vec lanes[DOT_VECTORS][DOT_ROWS];
    UNROLL
    for (size_t i = 0; i < m; i++)
        UNROLL
    for (size_t r = 0; r < n; r++)
        lanes[i][r] = vec_set(0.0f);
    for (size_t at = 0; at < width; at += DSCI_LANES) {
        vec v[DOT_VECTORS];
        UNROLL
        for (size_t i = 0; i < m; i++)
            v[i] = vec_load(x[i] + at);
        UNROLL
        for (size_t r = 0; r < n; r++) {
            const vec row = vec_load(rows[r] + at);
            UNROLL
            for (size_t i = 0; i < m; i++)
                lanes[i][r] = vec_fma(v[i], row, lanes[i][r]);
        }
    }
    UNROLL
    for (size_t i = 0; i < m; i++)
        UNROLL
    for (size_t r = 0; r < n; r++)
        sums[i * DOTS + r] = lanes[i][r];
}

/* With exactly n rows, at most DOTS, of which DOT_ROWS at once. */
ALWAYS_INLINE void dot_some(float *dst, size_t stride, const float *const *x, size_t m,
                            const float *const *rows, size_t n, size_t width)
{
    vec sums[DOT_VECTORS * DOTS];
    float dots[DOTS];
    UNROLL
    for (size_t r = 0; r < DOTS; r += DOT_ROWS)
        if (r + DOT_ROWS <= n)
            lane_products(sums + r, x, m, rows + r, DOT_ROWS, width);
        else if (r < n)
            lane_products(sums + r, x, m, rows + r, n - r, width);
    UNROLL
    for (size_t i = 0; i < m; i++) {
        UNROLL
        for (size_t r = n; r < DOTS; r++)
            sums[i * DOTS + r] = vec_set(0.0f);
        vec_sums(dots, sums + i * DOTS);
        memcpy(dst + i * stride, dots, n * sizeof *dst);
    }
}

/* Each number of rows has loops of its own, whose sums stay in registers. */
ALWAYS_INLINE void dot_eight(float *dst, size_t stride, const float *const *x, size_t m,
                             const float *const *rows, size_t n, size_t width)
{
    switch (n) {
    case 0: break;
    case 1: dot_some(dst, stride, x, m, rows, 1, width); break;
    case 2: dot_some(dst, stride, x, m, rows, 2, width); break;
    case 3: dot_some(dst, stride, x, m, rows, 3, width); break;
    case 4: dot_some(dst, stride, x, m, rows, 4, width); break;
    case 5: dot_some(dst, stride, x, m, rows, 5, width); break;
    case 6: dot_some(dst, stride, x, m, rows, 6, width); break;
    case 7: dot_some(dst, stride, x, m, rows, 7, width); break;
    default: dot_some(dst, stride, x, m, rows, DOTS, width); break;
    }
}

static void dot_rows(float *dst, const float *const *x, size_t m, const float *const *rows, size_t n,
                     size_t width)
{
    for (size_t r = 0; r < n; r += DOTS) {
        const size_t count = n - r < DOTS ? n - r : DOTS;
        size_t i = 0;
        for (; i + DOT_VECTORS <= m; i += DOT_VECTORS)
            dot_eight(dst + i * n + r, n, x + i, DOT_VECTORS, rows + r, count, width);
        for (; i < m; i++)
            dot_eight(dst + i * n + r, n, x + i, 1, rows + r, count, width);
    }
}

/* `vectors` vectors of m sums. */
ALWAYS_INLINE void combine_strip(const dsci_row_sums *s, size_t first, size_t m, size_t at, size_t vectors)
{
    vec sums[SUM_ROWS][SUM_VECTORS];
    UNROLL
    for (size_t i = 0; i < m; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        sums[i][v] = s->src ? vec_load(s->src[first + i] + at + v * DSCI_LANES) : vec_set(0.0f);
    const float *factors = s->factors + first * s->sum_step;
    for (size_t r = 0; r < s->rows_count; r++, factors += s->row_step) {
        vec row[SUM_VECTORS];
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            row[v] = vec_load(s->rows[r] + at + v * DSCI_LANES);
        UNROLL
        for (size_t i = 0; i < m; i++) {
            const vec factor = vec_set(factors[i * s->sum_step]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sums[i][v] = vec_fma(factor, row[v], sums[i][v]);
        }
    }
    UNROLL
    for (size_t i = 0; i < m; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        vec_store(s->dst[first + i] + at + v * DSCI_LANES, sums[i][v]);
}

ALWAYS_INLINE void combine_some(const dsci_row_sums *s, size_t first, size_t m)
{
    enum { STRIP = SUM_VECTORS * DSCI_LANES };
    size_t at = 0;
    for (; at + STRIP <= s->width; at += STRIP)
        combine_strip(s, first, m, at, SUM_VECTORS);
    for (; at < s->width; at += DSCI_LANES)
        combine_strip(s, first, m, at, 1);
}

static void combine_rows(const dsci_row_sums *s)
{
    size_t i = 0;
    for (; i + SUM_ROWS <= s->count; i += SUM_ROWS)
        combine_some(s, i, SUM_ROWS);
    switch (s->count - i) {
    case 0: break;
    case 1: combine_some(s, i, 1); break;
#if SUM_ROWS > 2
    case 2: combine_some(s, i, 2); break;
    case 3: combine_some(s, i, 3); break;
#endif
    default: break;
    }
}

/* `vectors` vectors of each copy. */
ALWAYS_INLINE void add_difference_strip(float *dst, const float *const *copies, size_t n, float factor,
                                        size_t at, size_t vectors)
{
    vec old[SUM_VECTORS], sums[SUM_VECTORS];
    UNROLL
    for (size_t v = 0; v < vectors; v++) {
        old[v] = vec_load(dst + at + v * DSCI_LANES);
        sums[v] = vec_set(0.0f);
    }
    for (size_t c = 0; c < n; c++) {
        const float *copy = copies[c] + at;
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            sums[v] = vec_add(sums[v], vec_sub(vec_load(copy + v * DSCI_LANES), old[v]));
    }
    UNROLL
    for (size_t v = 0; v < vectors; v++)
        vec_store(dst + at + v * DSCI_LANES, vec_fma(vec_set(factor), sums[v], old[v]));
}

static void add_differences(float *dst, const float *const *copies, size_t n, float factor, size_t width)
{
    enum { STRIP = SUM_VECTORS * DSCI_LANES };
    size_t i = 0;
    for (; i + STRIP <= width; i += STRIP)
        add_difference_strip(dst, copies, n, factor, i, SUM_VECTORS);
    for (; i < width; i += DSCI_LANES)
        add_difference_strip(dst, copies, n, factor, i, 1);
}

/* Below -limit and above it the probability counts as 0 and 1, or the pairs as nothing if skip. */
static double pair_gradients(float *gradients, const float *scores, const float *positives,
                             const float *pairs, size_t n, float rate, float limit, int skip)
{
    wide loss = wide_zero();
    const vec zero = vec_set(0.0f), one = vec_set(1.0f), most = vec_set(limit), least = vec_set(-limit);
    for (size_t i = 0; i < n; i += DSCI_LANES) {
        const size_t count = n - i;
        const vec s = load_lanes(scores + i, count), positive = load_lanes(positives + i, count);
        const vec all = load_lanes(pairs + i, count);
        vec p = vec_sigmoid(s);
        p = vec_if_greater(s, most, one, p);
        p = vec_if_greater(least, s, zero, p);
        vec error = vec_sub(positive, vec_mul(all, p));
        if (skip) {
            error = vec_if_greater(s, most, zero, error);
            error = vec_if_greater(least, s, zero, error);
        }
        store_lanes(gradients + i, count, vec_mul(vec_set(rate), error));
        loss = wide_add(loss, wide_widen(vec_sub(vec_mul(all, vec_softplus(s)), vec_mul(positive, s))));
    }
    return wide_sum(loss);
}

#endif
