/* lanes_avx512.h - eight lanes of 64 bits in AVX-512: one register. See lanes_scalar.h. */
#ifndef DESCENT_BASE_LANES_AVX512_H
#define DESCENT_BASE_LANES_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include <sleef.h>

typedef __m512i words;

static inline words words_set(uint32_t x)
{
    return _mm512_set1_epi64((long long)x);
}

static inline words words_count(uint64_t first)
{
    return _mm512_add_epi64(_mm512_set1_epi64((long long)first), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline words words_multiply(words a, words b)
{
    return _mm512_mul_epu32(a, b);
}

static inline words words_upper(words a)
{
    return _mm512_srli_epi64(a, 32);
}

static inline words words_xor(words a, words b)
{
    return _mm512_xor_si512(a, b);
}

/* 64 bits of the low words of two. */
static inline __m512i words_join(words low, words high)
{
    return _mm512_mask_blend_epi32(0xaaaa, low, _mm512_slli_epi64(high, 32));
}

static inline void words_store(uint32_t *dst, words w0, words w1, words w2, words w3)
{
    const __m512i a = words_join(w0, w1), b = words_join(w2, w3);
    _mm512_storeu_si512(dst, _mm512_permutex2var_epi64(a, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), b));
    _mm512_storeu_si512(dst + 16,
                        _mm512_permutex2var_epi64(a, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), b));
}

typedef __m512d reals;

static inline reals reals_set(double x)
{
    return _mm512_set1_pd(x);
}

static inline reals reals_unit(words low, words high)
{
    const __m512i bits = _mm512_srli_epi64(words_join(low, high), 11);
    return _mm512_mul_pd(_mm512_cvtepu64_pd(bits), _mm512_set1_pd(0x1p-53));
}

static inline reals reals_add(reals a, reals b)
{
    return _mm512_add_pd(a, b);
}

static inline reals reals_multiply(reals a, reals b)
{
    return _mm512_mul_pd(a, b);
}

static inline reals reals_sqrt(reals a)
{
    return _mm512_sqrt_pd(a);
}

static inline reals reals_log(reals a)
{
    return Sleef_cinz_logd8_u10avx512fnofma(a);
}

static inline void reals_cos_sin_pi(reals a, reals *cosine, reals *sine)
{
    const Sleef___m512d_2 both = Sleef_cinz_sincospid8_u05avx512fnofma(a);
    *cosine = both.y;
    *sine = both.x;
}

static inline void reals_store_pairs(double *dst, reals even, reals odd)
{
    _mm512_storeu_pd(dst, _mm512_permutex2var_pd(even, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), odd));
    _mm512_storeu_pd(dst + 8,
                     _mm512_permutex2var_pd(even, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), odd));
}

static inline void reals_store_pairs_f32(float *dst, reals even, reals odd)
{
    const __m512 both =
        _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(even)), _mm512_cvtpd_ps(odd), 1);
    const __m512i order = _mm512_setr_epi32(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    _mm512_storeu_ps(dst, _mm512_permutexvar_ps(order, both));
}

#endif
