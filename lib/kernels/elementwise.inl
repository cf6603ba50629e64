/* elementwise.inl - dropout by counter-based random numbers, gathering of rows, conversion of types (part of
 * body.inl).
 */
#ifndef DESCENT_KERNELS_ELEMENTWISE_INL
#define DESCENT_KERNELS_ELEMENTWISE_INL

/* The words of eight blocks from dsc_rng_block(rng, major, first_block) on. */
ALWAYS_INLINE void random_words(uint32_t dst[PHILOX_WORDS], const philox_keys *keys, dsc_rng rng,
                                uint32_t major, uint64_t first_block)
{
    const philox_blocks b = philox(keys, rng.stream, major, first_block);
    words_store(dst, b.word[0], b.word[1], b.word[2], b.word[3]);
}

/* dst = rule for each element, in terms of x, 16 elements of src, and PICK(kept, dropped), which gives `kept`
   where the word of the element is at least the threshold. */
#define PICK(kept, dropped) vec_if_at_least(random + i, threshold, kept, dropped)
#define DROP(rule)                                                                                           \
    do {                                                                                                     \
        const philox_keys keys = philox_keys_of(rng.seed);                                                   \
        _Alignas(64) uint32_t random[PHILOX_WORDS];                                                          \
        size_t start = 0;                                                                                    \
        for (; start + PHILOX_WORDS <= n; start += PHILOX_WORDS) {                                           \
            random_words(random, &keys, rng, major, first_block + start / 4);                                \
            for (size_t i = 0; i < PHILOX_WORDS; i += DSCI_LANES) {                                          \
                const vec x = vec_load(src + start + i);                                                     \
                vec_store(dst + start + i, rule);                                                            \
            }                                                                                                \
        }                                                                                                    \
        if (start < n) {                                                                                     \
            random_words(random, &keys, rng, major, first_block + start / 4);                                \
            EACH_VECTOR(n - start, {                                                                         \
                const vec x = load_lanes(src + start + i, count);                                            \
                store_lanes(dst + start + i, count, rule);                                                   \
            });                                                                                              \
        }                                                                                                    \
    } while (0)

static void dropout(float *dst, const float *src, size_t n, uint32_t threshold, float inverse_keep,
                    dsc_rng rng, uint32_t major, uint64_t first_block)
{
    const vec keep = vec_set(inverse_keep), zero = vec_set(0.0f);
    DROP(vec_mul(x, PICK(keep, zero)));
}

static void alpha_dropout(float *dst, const float *src, size_t n, uint32_t threshold, float scale_by,
                          float shift_by, float dropped, dsc_rng rng, uint32_t major, uint64_t first_block)
{
    const vec factor = vec_set(scale_by), term = vec_set(shift_by), low = vec_set(dropped);
    DROP(PICK(vec_add(vec_mul(x, factor), term), low));
}

static void gather_rows(float *dst, const float *src, const uint32_t *index, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++, dst += cols) {
        const float *row = src + (size_t)index[r] * cols;
        EACH_VECTOR(cols, store_lanes(dst + i, count, load_lanes(row + i, count)));
    }
}

/* Sums, products and multiples, element by element. */
ALWAYS_INLINE void add_of(void *dst, const void *a, const void *b, size_t n, int half)
{
    EACH_VECTOR(n, store_real(dst, i, count,
                              vec_add(load_real(a, i, count, half), load_real(b, i, count, half)), half));
}

static void add(void *dst, const void *a, const void *b, size_t n, int half)
{
    if (half)
        add_of(dst, a, b, n, 1);
    else
        add_of(dst, a, b, n, 0);
}

static void multiply(float *dst, const float *a, const float *b, size_t n)
{
    EACH_VECTOR(n, store_lanes(dst + i, count, vec_mul(load_lanes(a + i, count), load_lanes(b + i, count))));
}

static void scale(float *dst, const float *src, size_t n, float alpha)
{
    EACH_VECTOR(n, store_lanes(dst + i, count, vec_mul(vec_set(alpha), load_lanes(src + i, count))));
}

static void to_bf16(dsci_bf16 *dst, const float *src, size_t n)
{
    EACH_VECTOR(n, store_lanes_bf16(dst + i, count, load_lanes(src + i, count)));
}

static void from_bf16(float *dst, const dsci_bf16 *src, size_t n)
{
    EACH_VECTOR(n, store_lanes(dst + i, count, load_lanes_bf16(src + i, count)));
}

#endif
