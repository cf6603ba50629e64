/* pair_factors.inl - stochastic gradients of a weighted factorization of a matrix (part of body.inl). */
#ifndef DESCENT_KERNELS_PAIR_FACTORS_INL
#define DESCENT_KERNELS_PAIR_FACTORS_INL

/* The next element's rows are fetched while this one's are computed: they lie anywhere. */
ALWAYS_INLINE void fetch_row(const float *row, size_t floats)
{
    for (size_t i = 0; i < floats; i += DSCI_LANES)
        __builtin_prefetch(row + i, 1);
}

ALWAYS_INLINE double product_of_rows(const float *a, const float *b, size_t width)
{
    vec sums = vec_set(0.0f);
    for (size_t i = 0; i < width; i += DSCI_LANES)
        sums = vec_fma(vec_load(a + i), vec_load(b + i), sums);
    return wide_sum(wide_widen(sums));
}

/* One vector of a row, given that of its gradient. */
ALWAYS_INLINE void step_vector(float *row, float *squares, vec value, vec gradient)
{
    const vec square = vec_load(squares);
    vec_store(row, vec_sub(value, vec_div(gradient, vec_sqrt(square))));
    vec_store(squares, vec_fma(gradient, gradient, square));
}

static double pair_factors(const dsci_pair_factors *f, const dsci_pair_target *pairs, size_t n)
{
    const size_t width = f->width;
    double loss = 0;
    for (size_t p = 0; p < n; p++) {
        float *a = f->rows + pairs[p].row * 2 * width, *b = f->columns + pairs[p].column * 2 * width;
        if (p + 1 < n) {
            fetch_row(f->rows + pairs[p + 1].row * 2 * width, 2 * width);
            fetch_row(f->columns + pairs[p + 1].column * 2 * width, 2 * width);
        }
        const double difference = product_of_rows(a, b, width) - (double)pairs[p].target;
        const double weighted = (double)pairs[p].weight * difference;
        loss += 0.5 * weighted * difference;
        const vec step = vec_set((float)(f->rate * weighted));
        for (size_t i = 0; i < width; i += DSCI_LANES) {
            const vec x = vec_load(a + i), y = vec_load(b + i);
            step_vector(a + i, a + width + i, x, vec_mul(step, y));
            step_vector(b + i, b + width + i, y, vec_mul(step, x));
        }
    }
    return loss;
}

#endif
