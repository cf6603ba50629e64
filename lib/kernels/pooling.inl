/* pooling.inl - windows over images: pooling, and the copies that convolution is made of (part of body.inl).
 */
#ifndef DESCENT_KERNELS_POOLING_INL
#define DESCENT_KERNELS_POOLING_INL

/* Runs a statement for every pixel of a window, which it knows by its number in the image. */
#define EACH_PIXEL(w, statement)                                                                             \
    do {                                                                                                     \
        for (size_t row = 0; row < (w)->rows; row++)                                                         \
            for (size_t column = 0; column < (w)->columns; column++) {                                       \
                const size_t pixel = (w)->first + row * (w)->row_step + column;                              \
                statement;                                                                                   \
            }                                                                                                \
    } while (0)

/* A pixel's number in every lane, as bits that are moved and never computed with. */
ALWAYS_INLINE vec vec_of_position(size_t position)
{
    const int32_t number = (int32_t)position;
    float bits;
    memcpy(&bits, &number, sizeof bits);
    return vec_set(bits);
}

ALWAYS_INLINE void store_positions(int32_t *dst, size_t count, vec positions)
{
    float bits[DSCI_LANES];
    vec_store(bits, positions);
    memcpy(dst, bits, (count < DSCI_LANES ? count : DSCI_LANES) * sizeof *dst);
}

ALWAYS_INLINE void max_pool_lanes(float *dst, int32_t *positions, const float *image,
                                  const dsci_pool_window *w, size_t count)
{
    vec best = load_lanes(image + w->first * w->channels, count), place = vec_of_position(w->first);
    EACH_PIXEL(w, {
        const vec value = load_lanes(image + pixel * w->channels, count);
        place = vec_if_beats(value, best, vec_of_position(pixel), place);
        best = vec_if_beats(value, best, value, best);
    });
    store_lanes(dst, count, best);
    if (positions)
        store_positions(positions, count, place);
}

static void max_pool(float *dst, int32_t *positions, const float *image, const dsci_pool_window *w)
{
    EACH_VECTOR(w->channels, max_pool_lanes(dst + i, positions ? positions + i : NULL, image + i, w, count));
}

ALWAYS_INLINE vec sum_of_pixels(const float *image, const dsci_pool_window *w, size_t count)
{
    vec total = vec_set(0.0f);
    EACH_PIXEL(w, total = vec_add(total, load_lanes(image + pixel * w->channels, count)));
    return total;
}

static void average_pool(float *dst, const float *image, const dsci_pool_window *w, float divisor)
{
    EACH_VECTOR(w->channels,
                store_lanes(dst + i, count, vec_div(sum_of_pixels(image + i, w, count), vec_set(divisor))));
}

ALWAYS_INLINE void add_to_pixels(float *image, const dsci_pool_window *w, size_t count, vec x)
{
    EACH_PIXEL(w, {
        float *to = image + pixel * w->channels;
        store_lanes(to, count, vec_add(load_lanes(to, count), x));
    });
}

static void average_pool_backward(float *diff_image, const float *diff_dst, const dsci_pool_window *w,
                                  float divisor)
{
    EACH_VECTOR(w->channels, add_to_pixels(diff_image + i, w, count,
                                           vec_div(load_lanes(diff_dst + i, count), vec_set(divisor))));
}

#undef EACH_PIXEL

static void copy_rows(float *dst, size_t ld_dst, const float *src, size_t ld_src, size_t rows, size_t cols)
{
    for (; rows > 0; rows--, dst += ld_dst, src += ld_src)
        EACH_VECTOR(cols, store_lanes(dst + i, count, load_lanes(src + i, count)));
}

static void add_rows(float *dst, size_t ld_dst, const float *src, size_t ld_src, size_t rows, size_t cols)
{
    for (; rows > 0; rows--, dst += ld_dst, src += ld_src)
        EACH_VECTOR(cols, store_lanes(dst + i, count,
                                      vec_add(load_lanes(dst + i, count), load_lanes(src + i, count))));
}

#endif
