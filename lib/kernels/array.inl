/* array.inl - arithmetic of two vectors, and sums and maxima over rows and columns (part of body.inl). */
#ifndef DESCENT_KERNELS_ARRAY_INL
#define DESCENT_KERNELS_ARRAY_INL

/* The larger, NaN if one is. */
ALWAYS_INLINE vec vec_maximum(vec a, vec b)
{
    return vec_if_beats(b, a, b, a);
}

ALWAYS_INLINE vec vec_minimum(vec a, vec b)
{
    const vec zero = vec_set(0.0f);
    return vec_if_beats(vec_sub(zero, b), vec_sub(zero, a), b, a);
}

/* Lanes of an operand, or its one value. */
ALWAYS_INLINE vec load_operand(const float *p, size_t step, size_t i, size_t count)
{
    return step ? load_lanes(p + i, count) : vec_set(*p);
}

#define PAIRS(rule)                                                                                          \
    EACH_VECTOR(n, const vec x = load_operand(a, a_step, i, count);                                          \
                const vec y = load_operand(b, b_step, i, count); store_lanes(dst + i, count, rule))

static void binary(dsci_binary kind, float *dst, const float *a, size_t a_step, const float *b, size_t b_step,
                   size_t n)
{
    switch (kind) {
    case DSCI_BINARY_ADD: PAIRS(vec_add(x, y)); break;
    case DSCI_BINARY_SUBTRACT: PAIRS(vec_sub(x, y)); break;
    case DSCI_BINARY_MULTIPLY: PAIRS(vec_mul(x, y)); break;
    case DSCI_BINARY_DIVIDE: PAIRS(vec_div(x, y)); break;
    case DSCI_BINARY_MAXIMUM: PAIRS(vec_maximum(x, y)); break;
    case DSCI_BINARY_MINIMUM: PAIRS(vec_minimum(x, y)); break;
    case DSCI_BINARY_GREATER: PAIRS(vec_if_greater(x, y, vec_set(1.0f), vec_set(0.0f))); break;
    }
}

/* Of the lanes of 16 maxima. */
static float largest_lane(vec x)
{
    float lanes[DSCI_LANES];
    vec_store(lanes, x);
    float largest = lanes[0];
    for (size_t l = 1; l < DSCI_LANES; l++)
        if (!(lanes[l] <= largest) && largest == largest)
            largest = lanes[l];
    return largest;
}

static float largest_of(const float *src, size_t n)
{
    vec largest = vec_set(-INFINITY);
    EACH_VECTOR(n, largest = vec_maximum(largest, load_lanes_or(src + i, count, -INFINITY)));
    return largest_lane(largest);
}

static void reduce_rows(dsci_reduction kind, float *dst, const float *src, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++, src += cols)
        if (kind == DSCI_REDUCE_MAX)
            dst[r] = largest_of(src, cols);
        else
            dst[r] = (float)(kind == DSCI_REDUCE_MEAN ? sum(src, cols) / (double)cols : sum(src, cols));
}

/* 16 columns: rows in increasing order, in double. */
ALWAYS_INLINE void sum_vector(float *dst, const float *src, size_t rows, size_t count, size_t ld,
                              double divisor)
{
    double totals[DSCI_LANES];
    wide total = wide_zero();
    for (size_t r = 0; r < rows; r++, src += ld)
        total = wide_add(total, wide_widen(load_lanes(src, count)));
    wide_store(totals, total);
    for (size_t l = 0; l < count; l++)
        dst[l] = (float)(totals[l] / divisor);
}

ALWAYS_INLINE void max_vector(float *dst, const float *src, size_t rows, size_t count, size_t ld)
{
    vec largest = load_lanes(src, count);
    for (size_t r = 1; r < rows; r++)
        largest = vec_maximum(largest, load_lanes(src + r * ld, count));
    store_lanes(dst, count, largest);
}

static void reduce_columns(dsci_reduction kind, float *dst, const float *src, size_t rows, size_t cols,
                           size_t ld)
{
    const double divisor = kind == DSCI_REDUCE_MEAN ? (double)rows : 1.0;
    if (kind == DSCI_REDUCE_MAX)
        EACH_VECTOR(cols, max_vector(dst + i, src + i, rows, count, ld));
    else
        EACH_VECTOR(cols, sum_vector(dst + i, src + i, rows, count, ld, divisor));
}

#endif
