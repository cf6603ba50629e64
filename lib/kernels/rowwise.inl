/* rowwise.inl - functions of whole rows: softmax's relatives and layer normalisation (part of body.inl). */
#ifndef DESCENT_KERNELS_ROWWISE_INL
#define DESCENT_KERNELS_ROWWISE_INL

static void softmax_backward(float *diff_src, const float *diff_dst, const float *dst, size_t rows,
                             size_t cols)
{
    for (size_t r = 0; r < rows; r++, diff_src += cols, diff_dst += cols, dst += cols) {
        const vec mean = vec_set((float)dot(diff_dst, dst, cols));
        EACH_VECTOR(cols, store_lanes(diff_src + i, count,
                                      vec_mul(load_lanes(dst + i, count),
                                              vec_sub(load_lanes(diff_dst + i, count), mean))));
    }
}

static void log_softmax(float *dst, const float *src, size_t rows, size_t cols)
{
    for (size_t r = 0, group; r < rows; r += group) {
        float largest[ROW_GROUP], log_sums[ROW_GROUP];
        double totals[ROW_GROUP];
        group = rows_together(rows - r, cols);
        rows_max(largest, src, group, cols);
        rows_exp_sum(totals, NULL, src, largest, group, cols);
        for (size_t g = 0; g < group; g++)
            log_sums[g] = (float)log_above_one(totals[g]);
        for (size_t g = 0; g < group; g++, dst += cols, src += cols) {
            const vec shift = vec_set(largest[g]), log_sum = vec_set(log_sums[g]);
            EACH_VECTOR(cols, store_lanes(dst + i, count,
                                          vec_sub(vec_sub(load_lanes(src + i, count), shift), log_sum)));
        }
    }
}

static void log_softmax_backward(float *diff_src, const float *diff_dst, const float *dst, size_t rows,
                                 size_t cols)
{
    for (size_t r = 0; r < rows; r++, diff_src += cols, diff_dst += cols, dst += cols) {
        const vec total = vec_set((float)-sum(diff_dst, cols));
        EACH_VECTOR(cols, store_lanes(diff_src + i, count,
                                      vec_fma(vec_exp(load_lanes(dst + i, count)), total,
                                              load_lanes(diff_dst + i, count))));
    }
}

/* A row's values as (x - shift) inverse + offset: of mean 0 and variance 1. shift is the rounded mean, and
   offset what it was rounded by. */
typedef struct row_scaling {
    float shift, inverse, offset;
} row_scaling;

ALWAYS_INLINE vec centred(const float *src, size_t count, float shift)
{
    return vec_sub(load_lanes_or(src, count, shift), vec_set(shift)); /* 0 beyond the row */
}

static inline row_scaling scaling_of(const float *src, size_t cols, float shift, double epsilon)
{
    wide total = wide_zero(), squares = wide_zero();
    EACH_VECTOR(cols, {
        const vec x = centred(src + i, count, shift);
        total = wide_add(total, wide_widen(x));
        squares = wide_add(squares, products(x, x));
    });
    const double rest = wide_sum(total) / (double)cols,
                 square = wide_sum(squares) / (double)cols - rest * rest;
    const double inverse = 1.0 / sqrt((square > 0.0 ? square : 0.0) + epsilon);
    return (row_scaling){ shift, (float)inverse, (float)(-rest * inverse) };
}

/* Of rows that go together. */
static inline void scalings_of(row_scaling *scalings, const float *src, size_t rows, size_t cols,
                               double epsilon)
{
    for (size_t r = 0; r < rows; r++)
        scalings[r].shift = (float)(sum(src + r * cols, cols) / (double)cols);
    for (size_t r = 0; r < rows; r++)
        scalings[r] = scaling_of(src + r * cols, cols, scalings[r].shift, epsilon);
}

ALWAYS_INLINE vec normalized(const float *src, size_t count, row_scaling s)
{
    return vec_fma(vec_sub(load_lanes(src, count), vec_set(s.shift)), vec_set(s.inverse), vec_set(s.offset));
}

static void layer_norm(float *dst, float *saved, const float *src, const float *scale_by,
                       const float *shift_by, double epsilon, size_t rows, size_t cols)
{
    for (size_t r = 0, group; r < rows; r += group) {
        row_scaling scalings[ROW_GROUP];
        group = rows_together(rows - r, cols);
        scalings_of(scalings, src, group, cols, epsilon);
        if (saved)
            memcpy(saved + 3 * r, scalings, group * sizeof *scalings);
        for (size_t g = 0; g < group; g++, dst += cols, src += cols)
            EACH_VECTOR(cols, {
                const vec factor = scale_by ? load_lanes(scale_by + i, count) : vec_set(1.0f);
                const vec term = shift_by ? load_lanes(shift_by + i, count) : vec_set(0.0f);
                store_lanes(dst + i, count, vec_fma(normalized(src + i, count, scalings[g]), factor, term));
            });
    }
}

/* The gradient by the scaled values, g = diff scale. */
ALWAYS_INLINE vec scaled_gradient(const float *diff, const float *scale_by, size_t i, size_t count)
{
    const vec g = load_lanes(diff + i, count);
    return scale_by ? vec_mul(g, load_lanes(scale_by + i, count)) : g;
}

/* What a row's gradient is made of: its sum, and that of its products with the normalised values. */
typedef struct row_moments {
    wide total, product;
} row_moments;

/* sums += x, the first `count` of 16. */
ALWAYS_INLINE void add_terms(double *sums, size_t count, vec x)
{
    if (count >= DSCI_LANES) {
        wide_store(sums, wide_add(wide_load(sums), wide_widen(x)));
        return;
    }
    float terms[DSCI_LANES];
    vec_store(terms, x);
    for (size_t l = 0; l < count; l++)
        sums[l] += (double)terms[l];
}

/* Takes 16 columns of a row into its moments, and into the columns' sums. */
ALWAYS_INLINE row_moments add_gradient(row_moments m, double *sums, size_t cols, const float *diff,
                                       const float *src, const float *scale_by, row_scaling s, size_t i,
                                       size_t count)
{
    const vec d = load_lanes(diff + i, count);
    const vec g = scaled_gradient(diff, scale_by, i, count);
    const vec x = normalized(src + i, count, s);
    add_terms(sums + i, count, vec_mul(d, x));
    add_terms(sums + cols + i, count, d);
    m.total = wide_add(m.total, wide_widen(g));
    m.product = wide_add(m.product, products(g, x)); /* beyond the row g is 0 */
    return m;
}

static void layer_norm_backward(float *diff_src, double *sums, const float *diff_dst, const float *src,
                                const float *saved, const float *scale_by, size_t rows, size_t cols)
{
    for (size_t j = 0; j < 2 * cols; j++)
        sums[j] = 0.0;
    for (size_t r = 0; r < rows; r++, diff_src += cols, diff_dst += cols, src += cols) {
        row_scaling s;
        memcpy(&s, saved + 3 * r, sizeof s);
        row_moments m = { wide_zero(), wide_zero() };
        EACH_VECTOR(cols, m = add_gradient(m, sums, cols, diff_dst, src, scale_by, s, i, count));
        const vec mean = vec_set((float)(wide_sum(m.total) / (double)cols)), inverse = vec_set(s.inverse);
        const vec slope = vec_set((float)(-wide_sum(m.product) / (double)cols));
        EACH_VECTOR(cols, {
            const vec g = vec_sub(scaled_gradient(diff_dst, scale_by, i, count), mean);
            store_lanes(diff_src + i, count,
                        vec_mul(inverse, vec_fma(normalized(src + i, count, s), slope, g)));
        });
    }
}

#endif
