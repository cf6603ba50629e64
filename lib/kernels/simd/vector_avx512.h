/* vector_avx512.h - the 16-lane vector of the kernels in AVX-512: one register.
 *
 * Every level has the same types and functions (vector_scalar.h says plainly what each does); the kernel
 * bodies are written once on them. All operations are correctly rounded or exact, so equal bits need no
 * further care.
 */
#ifndef DESCENT_KERNELS_SIMD_VECTOR_AVX512_H
#define DESCENT_KERNELS_SIMD_VECTOR_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lanes_avx512.h"

/* GEMM tile: 24 sums, 2 vectors of b and a broadcast in 32 registers. */
#define TILE_ROWS    12
#define TILE_VECTORS 2

/* Rows that one row is multiplied with side by side, and vectors of a row that are added to at once. */
#define DOT_VECTORS 2
#define DOT_ROWS    8
#define SUM_ROWS    4
#define SUM_VECTORS 4

typedef __m512 vec;
typedef __mmask16 vec_mask;

static inline vec_mask vec_first(size_t n)
{
    return (vec_mask)(n >= 16 ? 0xffffu : (1u << n) - 1);
}

static inline vec vec_set(float x)
{
    return _mm512_set1_ps(x);
}

static inline vec vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline vec vec_load_mask(const float *p, vec_mask mask)
{
    return _mm512_maskz_loadu_ps(mask, p);
}

static inline vec vec_load_or(const float *p, vec_mask mask, vec other)
{
    return _mm512_mask_loadu_ps(other, mask, p);
}

static inline void vec_store(float *p, vec x)
{
    _mm512_storeu_ps(p, x);
}

static inline void vec_store_mask(float *p, vec_mask mask, vec x)
{
    _mm512_mask_storeu_ps(p, mask, x);
}

/* bfloat16: the upper half of a float. */
static inline vec vec_load_bf16(const uint16_t *p)
{
    const __m256i halves = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

static inline void vec_store_bf16(uint16_t *p, vec x)
{
    const __m512i bits = _mm512_castps_si512(x), upper = _mm512_srli_epi32(bits, 16);
    const __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
    const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    const __m512i quiet = _mm512_or_si512(upper, _mm512_set1_epi32(0x40));
    _mm256_storeu_si256((__m256i *)(void *)p,
                        _mm512_cvtepi32_epi16(_mm512_mask_mov_epi32(rounded, nan, quiet)));
}

static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}

static inline vec vec_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}

static inline vec vec_sqrt(vec a)
{
    return _mm512_sqrt_ps(a);
}

static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}

static inline vec vec_abs(vec a)
{
    return _mm512_abs_ps(a);
}

static inline vec vec_copy_sign(vec magnitude, vec sign)
{
    return _mm512_or_ps(magnitude, _mm512_and_ps(sign, _mm512_set1_ps(-0.0f)));
}

static inline vec vec_if_greater(vec a, vec b, vec x, vec y)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), y, x);
}

static inline vec vec_if_beats(vec a, vec b, vec x, vec y)
{
    const __mmask16 number = _mm512_cmp_ps_mask(b, b, _CMP_ORD_Q);
    return _mm512_mask_blend_ps(_mm512_mask_cmp_ps_mask(number, a, b, _CMP_NLE_UQ), y, x);
}

static inline unsigned vec_greater(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

static inline unsigned vec_not_less(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}

static inline vec vec_if_at_least(const uint32_t *random, uint32_t threshold, vec x, vec y)
{
    const __m512i w = _mm512_loadu_si512(random);
    return _mm512_mask_blend_ps(_mm512_cmpge_epu32_mask(w, _mm512_set1_epi32((int)threshold)), y, x);
}

static inline vec vec_scale_by_power(vec x, vec n)
{
    return _mm512_scalef_ps(x, n);
}

static inline float vec_max_lanes(vec v)
{
    const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

static inline void vec_transpose(vec r[16])
{
    __m512 t[16], u[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            const __m512d a = _mm512_castps_pd(t[i + j]), b = _mm512_castps_pd(t[i + 2 + j]);
            u[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            u[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    /* u[4 b + c] holds columns c, c + 4, c + 8, c + 12 of rows 4 b .. 4 b + 3, one column to a quarter. */
    for (int c = 0; c < 4; c++) {
        const __m512 a = _mm512_shuffle_f32x4(u[c], u[4 + c], 0x88),
                     b = _mm512_shuffle_f32x4(u[c], u[4 + c], 0xdd);
        const __m512 d = _mm512_shuffle_f32x4(u[8 + c], u[12 + c], 0x88),
                     e = _mm512_shuffle_f32x4(u[8 + c], u[12 + c], 0xdd);
        r[c] = _mm512_shuffle_f32x4(a, d, 0x88);
        r[4 + c] = _mm512_shuffle_f32x4(b, e, 0x88);
        r[8 + c] = _mm512_shuffle_f32x4(a, d, 0xdd);
        r[12 + c] = _mm512_shuffle_f32x4(b, e, 0xdd);
    }
}

static inline void vec_sums(float dst[8], const vec x[8])
{
    __m512 eight[4], four[2];
    for (int i = 0; i < 4; i++)
        eight[i] = _mm512_add_ps(_mm512_shuffle_f32x4(x[i], x[i + 4], 0x44),
                                 _mm512_shuffle_f32x4(x[i], x[i + 4], 0xee));
    for (int i = 0; i < 2; i++)
        four[i] = _mm512_add_ps(_mm512_shuffle_f32x4(eight[2 * i], eight[2 * i + 1], 0x88),
                                _mm512_shuffle_f32x4(eight[2 * i], eight[2 * i + 1], 0xdd));
    /* Quarters of rows (0, 2), (4, 6), (1, 3) and (5, 7), two lanes of each. */
    const __m512 two =
        _mm512_add_ps(_mm512_shuffle_ps(four[0], four[1], 0x44), _mm512_shuffle_ps(four[0], four[1], 0xee));
    const __m512 one = _mm512_add_ps(two, _mm512_permute_ps(two, 0xb1));
    const __m512i order = _mm512_setr_epi32(0, 8, 2, 10, 4, 12, 6, 14, 0, 0, 0, 0, 0, 0, 0, 0);
    _mm256_storeu_ps(dst, _mm512_castps512_ps256(_mm512_permutexvar_ps(order, one)));
}

typedef struct wide {
    __m512d low, high;
} wide;

static inline wide wide_zero(void)
{
    return (wide){ _mm512_setzero_pd(), _mm512_setzero_pd() };
}

static inline wide wide_widen(vec x)
{
    return (wide){ _mm512_cvtps_pd(_mm512_castps512_ps256(x)),
                   _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)) };
}

static inline wide wide_add(wide a, wide b)
{
    return (wide){ _mm512_add_pd(a.low, b.low), _mm512_add_pd(a.high, b.high) };
}

static inline wide wide_mul(wide a, wide b)
{
    return (wide){ _mm512_mul_pd(a.low, b.low), _mm512_mul_pd(a.high, b.high) };
}

static inline wide wide_fma(wide a, wide b, wide c)
{
    return (wide){ _mm512_fmadd_pd(a.low, b.low, c.low), _mm512_fmadd_pd(a.high, b.high, c.high) };
}

static inline wide wide_load(const double *p)
{
    return (wide){ _mm512_loadu_pd(p), _mm512_loadu_pd(p + 8) };
}

static inline void wide_store(double *p, wide a)
{
    _mm512_storeu_pd(p, a.low);
    _mm512_storeu_pd(p + 8, a.high);
}

static inline double wide_sum(wide a)
{
    const __m512d eight = _mm512_add_pd(a.low, a.high);
    const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

#endif
