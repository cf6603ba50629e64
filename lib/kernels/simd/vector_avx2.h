/* vector_avx2.h - the 16-lane vector of the kernels in AVX2 and FMA: two registers. See vector_scalar.h. */
#ifndef DESCENT_KERNELS_SIMD_VECTOR_AVX2_H
#define DESCENT_KERNELS_SIMD_VECTOR_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lanes_avx2.h"

/* GEMM tile: 12 sums, 2 registers of b and a broadcast in 16 registers. */
#define TILE_ROWS    6
#define TILE_VECTORS 1

#define DOT_VECTORS 2
#define DOT_ROWS    2
#define SUM_ROWS    2
#define SUM_VECTORS 2

typedef struct vec {
    __m256 low, high;
} vec;

typedef struct vec_mask {
    __m256i low, high;
} vec_mask;

static inline vec_mask vec_first(size_t n)
{
    static const int32_t ones_then_zeros[32] = { -1, -1, -1, -1, -1, -1, -1, -1,
                                                 -1, -1, -1, -1, -1, -1, -1, -1 };
    const int32_t *start = ones_then_zeros + 16 - (n < 16 ? n : 16);
    return (vec_mask){ _mm256_loadu_si256((const __m256i *)(const void *)start),
                       _mm256_loadu_si256((const __m256i *)(const void *)(start + 8)) };
}

static inline vec vec_set(float x)
{
    return (vec){ _mm256_set1_ps(x), _mm256_set1_ps(x) };
}

static inline vec vec_load(const float *p)
{
    return (vec){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) };
}

static inline vec vec_load_mask(const float *p, vec_mask mask)
{
    return (vec){ _mm256_maskload_ps(p, mask.low), _mm256_maskload_ps(p + 8, mask.high) };
}

static inline vec vec_load_or(const float *p, vec_mask mask, vec other)
{
    const vec x = vec_load_mask(p, mask);
    return (vec){ _mm256_blendv_ps(other.low, x.low, _mm256_castsi256_ps(mask.low)),
                  _mm256_blendv_ps(other.high, x.high, _mm256_castsi256_ps(mask.high)) };
}

static inline void vec_store(float *p, vec x)
{
    _mm256_storeu_ps(p, x.low);
    _mm256_storeu_ps(p + 8, x.high);
}

static inline void vec_store_mask(float *p, vec_mask mask, vec x)
{
    _mm256_maskstore_ps(p, mask.low, x.low);
    _mm256_maskstore_ps(p + 8, mask.high, x.high);
}

static inline vec vec_load_bf16(const uint16_t *p)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + 8));
    return (vec){ _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(low), 16)),
                  _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(high), 16)) };
}

static inline __m256i round_to_bf16(__m256 x)
{
    const __m256i bits = _mm256_castps_si256(x), upper = _mm256_srli_epi32(bits, 16);
    const __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
    const __m256i rounded =
        _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    return _mm256_blendv_epi8(rounded, _mm256_or_si256(upper, _mm256_set1_epi32(0x40)), nan);
}

static inline void vec_store_bf16(uint16_t *p, vec x)
{
    const __m256i packed = _mm256_packus_epi32(round_to_bf16(x.low), round_to_bf16(x.high));
    _mm256_storeu_si256((__m256i *)(void *)p, _mm256_permute4x64_epi64(packed, 0xd8));
}

static inline vec vec_add(vec a, vec b)
{
    return (vec){ _mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high) };
}

static inline vec vec_sub(vec a, vec b)
{
    return (vec){ _mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high) };
}

static inline vec vec_mul(vec a, vec b)
{
    return (vec){ _mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high) };
}

static inline vec vec_div(vec a, vec b)
{
    return (vec){ _mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high) };
}

static inline vec vec_sqrt(vec a)
{
    return (vec){ _mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high) };
}

static inline vec vec_fma(vec a, vec b, vec c)
{
    return (vec){ _mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high) };
}

static inline vec vec_max(vec a, vec b)
{
    return (vec){ _mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high) };
}

static inline vec vec_min(vec a, vec b)
{
    return (vec){ _mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high) };
}

static inline vec vec_abs(vec a)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (vec){ _mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high) };
}

static inline vec vec_copy_sign(vec magnitude, vec sign)
{
    const __m256 bit = _mm256_set1_ps(-0.0f);
    return (vec){ _mm256_or_ps(magnitude.low, _mm256_and_ps(sign.low, bit)),
                  _mm256_or_ps(magnitude.high, _mm256_and_ps(sign.high, bit)) };
}

static inline vec vec_if_greater(vec a, vec b, vec x, vec y)
{
    return (vec){ _mm256_blendv_ps(y.low, x.low, _mm256_cmp_ps(a.low, b.low, _CMP_GT_OQ)),
                  _mm256_blendv_ps(y.high, x.high, _mm256_cmp_ps(a.high, b.high, _CMP_GT_OQ)) };
}

static inline __m256 eight_if_beats(__m256 a, __m256 b, __m256 x, __m256 y)
{
    const __m256 beats = _mm256_and_ps(_mm256_cmp_ps(a, b, _CMP_NLE_UQ), _mm256_cmp_ps(b, b, _CMP_ORD_Q));
    return _mm256_blendv_ps(y, x, beats);
}

static inline vec vec_if_beats(vec a, vec b, vec x, vec y)
{
    return (vec){ eight_if_beats(a.low, b.low, x.low, y.low),
                  eight_if_beats(a.high, b.high, x.high, y.high) };
}

static inline unsigned vec_greater(vec a, vec b)
{
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a.low, b.low, _CMP_GT_OQ)) |
           (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a.high, b.high, _CMP_GT_OQ)) << 8;
}

static inline unsigned vec_not_less(vec a, vec b)
{
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a.low, b.low, _CMP_GE_OQ)) |
           (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a.high, b.high, _CMP_GE_OQ)) << 8;
}

static inline __m256 eight_if_at_least(const uint32_t *random, uint32_t threshold, __m256 x, __m256 y)
{
    const __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)random);
    const __m256i larger = _mm256_max_epu32(w, _mm256_set1_epi32((int)threshold));
    return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(_mm256_cmpeq_epi32(larger, w)));
}

static inline vec vec_if_at_least(const uint32_t *random, uint32_t threshold, vec x, vec y)
{
    return (vec){ eight_if_at_least(random, threshold, x.low, y.low),
                  eight_if_at_least(random + 8, threshold, x.high, y.high) };
}

/* In two factors, since 2^n itself may be out of range where x 2^n is not: the first product is exact. */
static inline __m256 eight_scale_by_power(__m256 x, __m256 n)
{
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    const __m256i rest = _mm256_sub_epi32(whole, half), bias = _mm256_set1_epi32(127);
    const __m256 first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    const __m256 second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return _mm256_mul_ps(_mm256_mul_ps(x, first), second);
}

static inline vec vec_scale_by_power(vec x, vec n)
{
    return (vec){ eight_scale_by_power(x.low, n.low), eight_scale_by_power(x.high, n.high) };
}

static inline float vec_max_lanes(vec v)
{
    const __m256 eight = _mm256_max_ps(v.low, v.high);
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/* The 8 x 8 transpose of r[0..7] into dst[0..7]. */
static inline void eight_transpose(__m256 dst[8], const __m256 r[8])
{
    __m256 t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            u[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + 2 + j], 0x44);
            u[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + 2 + j], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        dst[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
        dst[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
    }
}

static inline void vec_transpose(vec r[16])
{
    __m256 quarter[4][8], turned[4][8];
    for (int i = 0; i < 8; i++) {
        quarter[0][i] = r[i].low;
        quarter[1][i] = r[i + 8].low;
        quarter[2][i] = r[i].high;
        quarter[3][i] = r[i + 8].high;
    }
    for (int q = 0; q < 4; q++)
        eight_transpose(turned[q], quarter[q]);
    for (int i = 0; i < 8; i++) {
        r[i] = (vec){ turned[0][i], turned[1][i] };
        r[i + 8] = (vec){ turned[2][i], turned[3][i] };
    }
}

static inline void vec_sums(float dst[8], const vec x[8])
{
    __m256 four[4], two[2];
    for (int i = 0; i < 4; i++) {
        const __m256 a = _mm256_add_ps(x[i].low, x[i].high), b = _mm256_add_ps(x[i + 4].low, x[i + 4].high);
        four[i] = _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
    }
    for (int i = 0; i < 2; i++)
        two[i] = _mm256_add_ps(_mm256_shuffle_ps(four[2 * i], four[2 * i + 1], 0x44),
                               _mm256_shuffle_ps(four[2 * i], four[2 * i + 1], 0xee));
    _mm256_storeu_ps(
        dst, _mm256_add_ps(_mm256_shuffle_ps(two[0], two[1], 0x88), _mm256_shuffle_ps(two[0], two[1], 0xdd)));
}

typedef struct wide {
    __m256d part[4];
} wide;

static inline wide wide_zero(void)
{
    const __m256d zero = _mm256_setzero_pd();
    return (wide){ { zero, zero, zero, zero } };
}

static inline wide wide_widen(vec x)
{
    return (wide){
        { _mm256_cvtps_pd(_mm256_castps256_ps128(x.low)), _mm256_cvtps_pd(_mm256_extractf128_ps(x.low, 1)),
          _mm256_cvtps_pd(_mm256_castps256_ps128(x.high)), _mm256_cvtps_pd(_mm256_extractf128_ps(x.high, 1)) }
    };
}

static inline wide wide_add(wide a, wide b)
{
    return (wide){ { _mm256_add_pd(a.part[0], b.part[0]), _mm256_add_pd(a.part[1], b.part[1]),
                     _mm256_add_pd(a.part[2], b.part[2]), _mm256_add_pd(a.part[3], b.part[3]) } };
}

static inline wide wide_mul(wide a, wide b)
{
    return (wide){ { _mm256_mul_pd(a.part[0], b.part[0]), _mm256_mul_pd(a.part[1], b.part[1]),
                     _mm256_mul_pd(a.part[2], b.part[2]), _mm256_mul_pd(a.part[3], b.part[3]) } };
}

static inline wide wide_fma(wide a, wide b, wide c)
{
    for (int i = 0; i < 4; i++)
        a.part[i] = _mm256_fmadd_pd(a.part[i], b.part[i], c.part[i]);
    return a;
}

static inline wide wide_load(const double *p)
{
    return (wide){ { _mm256_loadu_pd(p), _mm256_loadu_pd(p + 4), _mm256_loadu_pd(p + 8),
                     _mm256_loadu_pd(p + 12) } };
}

static inline void wide_store(double *p, wide a)
{
    for (int i = 0; i < 4; i++)
        _mm256_storeu_pd(p + 4 * i, a.part[i]);
}

static inline double wide_sum(wide a)
{
    const __m256d four =
        _mm256_add_pd(_mm256_add_pd(a.part[0], a.part[2]), _mm256_add_pd(a.part[1], a.part[3]));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

#endif
