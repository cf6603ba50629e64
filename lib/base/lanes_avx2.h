/* lanes_avx2.h - eight lanes of 64 bits in AVX2: two registers. See lanes_scalar.h. */
#ifndef DESCENT_BASE_LANES_AVX2_H
#define DESCENT_BASE_LANES_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include <sleef.h>

typedef struct words {
    __m256i low, high;
} words;

static inline words words_set(uint32_t x)
{
    return (words){ _mm256_set1_epi64x((long long)x), _mm256_set1_epi64x((long long)x) };
}

static inline words words_count(uint64_t first)
{
    const __m256i start = _mm256_set1_epi64x((long long)first);
    return (words){ _mm256_add_epi64(start, _mm256_setr_epi64x(0, 1, 2, 3)),
                    _mm256_add_epi64(start, _mm256_setr_epi64x(4, 5, 6, 7)) };
}

static inline words words_multiply(words a, words b)
{
    return (words){ _mm256_mul_epu32(a.low, b.low), _mm256_mul_epu32(a.high, b.high) };
}

static inline words words_upper(words a)
{
    return (words){ _mm256_srli_epi64(a.low, 32), _mm256_srli_epi64(a.high, 32) };
}

static inline words words_xor(words a, words b)
{
    return (words){ _mm256_xor_si256(a.low, b.low), _mm256_xor_si256(a.high, b.high) };
}

/* 64 bits of the low words of two. */
static inline __m256i four_join(__m256i low, __m256i high)
{
    return _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xaa);
}

static inline void four_store(uint32_t *dst, __m256i w0, __m256i w1, __m256i w2, __m256i w3)
{
    const __m256i a = four_join(w0, w1), b = four_join(w2, w3);
    const __m256i even = _mm256_unpacklo_epi64(a, b), odd = _mm256_unpackhi_epi64(a, b);
    _mm256_storeu_si256((__m256i *)(void *)dst, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256((__m256i *)(void *)(dst + 8), _mm256_permute2x128_si256(even, odd, 0x31));
}

static inline void words_store(uint32_t *dst, words w0, words w1, words w2, words w3)
{
    four_store(dst, w0.low, w1.low, w2.low, w3.low);
    four_store(dst + 16, w0.high, w1.high, w2.high, w3.high);
}

typedef struct reals {
    __m256d low, high;
} reals;

static inline reals reals_set(double x)
{
    return (reals){ _mm256_set1_pd(x), _mm256_set1_pd(x) };
}

/* There is no conversion of such integers. Their lower 32 bits under the exponent of 2^52, and the rest under
   that of 2^84, are doubles that exceed them by just these powers; differences and sum are exact. */
static inline __m256d four_unit(__m256i low, __m256i high)
{
    const __m256i bits = _mm256_srli_epi64(four_join(low, high), 11);
    const __m256d power52 = _mm256_set1_pd(0x1p52), power84 = _mm256_set1_pd(0x1p84);
    const __m256i below = _mm256_blend_epi32(bits, _mm256_castpd_si256(power52), 0xaa);
    const __m256i above = _mm256_or_si256(_mm256_srli_epi64(bits, 32), _mm256_castpd_si256(power84));
    const __m256d sum = _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(above), power84),
                                      _mm256_sub_pd(_mm256_castsi256_pd(below), power52));
    return _mm256_mul_pd(sum, _mm256_set1_pd(0x1p-53));
}

static inline reals reals_unit(words low, words high)
{
    return (reals){ four_unit(low.low, high.low), four_unit(low.high, high.high) };
}

static inline reals reals_add(reals a, reals b)
{
    return (reals){ _mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high) };
}

static inline reals reals_multiply(reals a, reals b)
{
    return (reals){ _mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high) };
}

static inline reals reals_sqrt(reals a)
{
    return (reals){ _mm256_sqrt_pd(a.low), _mm256_sqrt_pd(a.high) };
}

static inline reals reals_log(reals a)
{
    return (reals){ Sleef_cinz_logd4_u10avx(a.low), Sleef_cinz_logd4_u10avx(a.high) };
}

static inline void reals_cos_sin_pi(reals a, reals *cosine, reals *sine)
{
    const Sleef___m256d_2 low = Sleef_cinz_sincospid4_u05avx(a.low),
                          high = Sleef_cinz_sincospid4_u05avx(a.high);
    *cosine = (reals){ low.y, high.y };
    *sine = (reals){ low.x, high.x };
}

static inline void four_store_pairs(double *dst, __m256d even, __m256d odd)
{
    const __m256d low = _mm256_unpacklo_pd(even, odd), high = _mm256_unpackhi_pd(even, odd);
    _mm256_storeu_pd(dst, _mm256_permute2f128_pd(low, high, 0x20));
    _mm256_storeu_pd(dst + 4, _mm256_permute2f128_pd(low, high, 0x31));
}

static inline void reals_store_pairs(double *dst, reals even, reals odd)
{
    four_store_pairs(dst, even.low, odd.low);
    four_store_pairs(dst + 8, even.high, odd.high);
}

static inline void four_store_pairs_f32(float *dst, __m256d even, __m256d odd)
{
    const __m128 a = _mm256_cvtpd_ps(even), b = _mm256_cvtpd_ps(odd);
    _mm_storeu_ps(dst, _mm_unpacklo_ps(a, b));
    _mm_storeu_ps(dst + 4, _mm_unpackhi_ps(a, b));
}

static inline void reals_store_pairs_f32(float *dst, reals even, reals odd)
{
    four_store_pairs_f32(dst, even.low, odd.low);
    four_store_pairs_f32(dst + 8, even.high, odd.high);
}

#endif
