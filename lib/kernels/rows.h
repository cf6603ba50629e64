/* rows.h - dropout by counter-based random numbers, gathering of rows, conversion of types (part of body.h).
 */
#ifndef DESCENT_KERNELS_ROWS_H
#define DESCENT_KERNELS_ROWS_H

enum { PHILOX_WORDS = 32 };

/* The words of eight consecutive blocks of Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011); the counter
   and key are those of dsc_rng_block(). */
static inline void philox(uint32_t dst[PHILOX_WORDS], dsc_rng rng, uint32_t major, uint64_t first_block)
{
    const words multiplier0 = words_set(0xd2511f53), multiplier1 = words_set(0xcd9e8d57);
    uint32_t key0 = (uint32_t)rng.seed, key1 = (uint32_t)(rng.seed >> 32);
    words w0 = words_count(first_block), w1 = words_upper(w0), w2 = words_set(major),
          w3 = words_set(rng.stream);
    for (int round = 0; round < 10; round++) {
        const words product0 = words_multiply(w0, multiplier0), product1 = words_multiply(w2, multiplier1);
        w0 = words_xor(words_xor(words_upper(product1), w1), words_set(key0));
        w2 = words_xor(words_xor(words_upper(product0), w3), words_set(key1));
        w1 = product1;
        w3 = product0;
        key0 += 0x9e3779b9;
        key1 += 0xbb67ae85;
    }
    words_store(dst, w0, w1, w2, w3);
}

static void dropout(float *dst, const float *src, size_t n, uint32_t threshold, float inverse_keep,
                    dsc_rng rng, uint32_t major, uint64_t first_block)
{
    const vec keep = vec_set(inverse_keep), drop = vec_set(0.0f);
    uint32_t random[PHILOX_WORDS];
    for (size_t start = 0; start < n; start += PHILOX_WORDS) {
        const size_t length = n - start < PHILOX_WORDS ? n - start : PHILOX_WORDS;
        philox(random, rng, major, first_block + start / 4);
        EACH_VECTOR(length, store_lanes(dst + start + i, count,
                                        vec_mul(load_lanes(src + start + i, count),
                                                vec_if_at_least(random + i, threshold, keep, drop))));
    }
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

static void scaled(float *dst, const float *src, size_t n, float alpha)
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
