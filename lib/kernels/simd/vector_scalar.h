/* vector_scalar.h - the 16-lane vector of the kernels in plain C, but for the largest and smallest: the
 * definition of each operation.
 *
 * vec holds 16 floats, vec_mask names the lanes below a number, wide holds 16 doubles; words are those of
 * lanes_scalar.h.
 */
#ifndef DESCENT_KERNELS_SIMD_VECTOR_SCALAR_H
#define DESCENT_KERNELS_SIMD_VECTOR_SCALAR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xmmintrin.h>

#include "base/lanes_scalar.h"

/* GEMM tile: small, since each fmaf() is a call. */
#define TILE_ROWS    4
#define TILE_VECTORS 1

/* Rows that one row is multiplied with side by side, and vectors of a row that are added to at once. */
#define DOT_VECTORS 1
#define DOT_ROWS    1
#define SUM_ROWS    1
#define SUM_VECTORS 1

typedef struct vec {
    float lane[16];
} vec;

typedef struct vec_mask {
    size_t lanes;
} vec_mask;

/* Every lane i of the result is the expression. */
#define LANEWISE(expression)                                                                                 \
    vec result;                                                                                              \
    for (size_t i = 0; i < 16; i++)                                                                          \
        result.lane[i] = (expression);                                                                       \
    return result

/* The first n lanes; all if n >= 16. */
SCALAR_INLINE vec_mask vec_first(size_t n)
{
    return (vec_mask){ n < 16 ? n : 16 };
}

SCALAR_INLINE vec vec_set(float x)
{
    LANEWISE(x);
}

SCALAR_INLINE vec vec_load(const float *p)
{
    LANEWISE(p[i]);
}

/* Lanes outside the mask are not read and give 0. */
SCALAR_INLINE vec vec_load_mask(const float *p, vec_mask mask)
{
    LANEWISE(i < mask.lanes ? p[i] : 0.0f);
}

SCALAR_INLINE vec vec_load_or(const float *p, vec_mask mask, vec other)
{
    LANEWISE(i < mask.lanes ? p[i] : other.lane[i]);
}

SCALAR_INLINE void vec_store(float *p, vec x)
{
    memcpy(p, x.lane, sizeof x.lane);
}

SCALAR_INLINE void vec_store_mask(float *p, vec_mask mask, vec x)
{
    for (size_t i = 0; i < mask.lanes; i++)
        p[i] = x.lane[i];
}

/* bfloat16 (the upper half of a float) widened. */
SCALAR_INLINE float widen_bf16(uint16_t x)
{
    const uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounded to nearest, ties to even; NaN stays NaN, and what is subnormal stays so whatever the float mode. */
SCALAR_INLINE uint16_t round_to_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

SCALAR_INLINE vec vec_load_bf16(const uint16_t *p)
{
    LANEWISE(widen_bf16(p[i]));
}

SCALAR_INLINE void vec_store_bf16(uint16_t *p, vec x)
{
    for (size_t i = 0; i < 16; i++)
        p[i] = round_to_bf16(x.lane[i]);
}

SCALAR_INLINE vec vec_add(vec a, vec b)
{
    LANEWISE(a.lane[i] + b.lane[i]);
}

SCALAR_INLINE vec vec_sub(vec a, vec b)
{
    LANEWISE(a.lane[i] - b.lane[i]);
}

SCALAR_INLINE vec vec_mul(vec a, vec b)
{
    LANEWISE(a.lane[i] * b.lane[i]);
}

SCALAR_INLINE vec vec_div(vec a, vec b)
{
    LANEWISE(a.lane[i] / b.lane[i]);
}

SCALAR_INLINE vec vec_sqrt(vec a)
{
    LANEWISE(sqrtf(a.lane[i]));
}

SCALAR_INLINE vec vec_fma(vec a, vec b, vec c)
{
    LANEWISE(fmaf(a.lane[i], b.lane[i], c.lane[i]));
}

/* The second operand if one is NaN or both are zeros. By the instruction that all levels have: it gives a
   zero for a subnormal number, in the kernels' float mode, where a comparison in C would pass the number on.
 */
SCALAR_INLINE vec vec_max(vec a, vec b)
{
    vec result;
    for (size_t i = 0; i < 16; i += 4)
        _mm_storeu_ps(result.lane + i, _mm_max_ps(_mm_loadu_ps(a.lane + i), _mm_loadu_ps(b.lane + i)));
    return result;
}

SCALAR_INLINE vec vec_min(vec a, vec b)
{
    vec result;
    for (size_t i = 0; i < 16; i += 4)
        _mm_storeu_ps(result.lane + i, _mm_min_ps(_mm_loadu_ps(a.lane + i), _mm_loadu_ps(b.lane + i)));
    return result;
}

SCALAR_INLINE vec vec_abs(vec a)
{
    LANEWISE(fabsf(a.lane[i]));
}

/* magnitude (>= 0 or NaN) with the sign of the other. */
SCALAR_INLINE vec vec_copy_sign(vec magnitude, vec sign)
{
    LANEWISE(copysignf(magnitude.lane[i], sign.lane[i]));
}

/* a > b ? x : y; NaN compares false. */
SCALAR_INLINE vec vec_if_greater(vec a, vec b, vec x, vec y)
{
    LANEWISE(a.lane[i] > b.lane[i] ? x.lane[i] : y.lane[i]);
}

/* x where a > b, or a is NaN and b is not; else y. So a maximum that NaN wins, and the first of them. */
SCALAR_INLINE vec vec_if_beats(vec a, vec b, vec x, vec y)
{
    LANEWISE(!(a.lane[i] <= b.lane[i]) && b.lane[i] == b.lane[i] ? x.lane[i] : y.lane[i]);
}

/* Bit i says whether a > b in lane i; then the same for a >= b. */
SCALAR_INLINE unsigned vec_greater(vec a, vec b)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; i++)
        bits |= (unsigned)(a.lane[i] > b.lane[i]) << i;
    return bits;
}

SCALAR_INLINE unsigned vec_not_less(vec a, vec b)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; i++)
        bits |= (unsigned)(a.lane[i] >= b.lane[i]) << i;
    return bits;
}

/* random[i] >= threshold ? x : y. */
SCALAR_INLINE vec vec_if_at_least(const uint32_t *random, uint32_t threshold, vec x, vec y)
{
    LANEWISE(random[i] >= threshold ? x.lane[i] : y.lane[i]);
}

/* 2^n for an integer -126 <= n <= 127. */
SCALAR_INLINE float power_of_two(int n)
{
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x 2^n, rounded once, for whole numbers |n| <= 200 and 0.5 <= |x| <= 2; NaN if x is NaN, whatever n. In two
   factors, since 2^n itself may be out of range where x 2^n is not: the first product is exact. */
SCALAR_INLINE float scale_by_power(float x, float n)
{
    const int whole = n >= -200 && n <= 200 ? (int)n : 0, half = whole >> 1;
    return x * power_of_two(half) * power_of_two(whole - half);
}

SCALAR_INLINE vec vec_scale_by_power(vec x, vec n)
{
    LANEWISE(scale_by_power(x.lane[i], n.lane[i]));
}

/* The largest lane: a tree that folds the upper half onto the lower. */
SCALAR_INLINE float vec_max_lanes(vec v)
{
    const __m128 low = _mm_max_ps(_mm_loadu_ps(v.lane), _mm_loadu_ps(v.lane + 8)),
                 high = _mm_max_ps(_mm_loadu_ps(v.lane + 4), _mm_loadu_ps(v.lane + 12));
    const __m128 four = _mm_max_ps(low, high), two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

/* r as the rows of a 16 x 16 matrix, transposed. */
SCALAR_INLINE void vec_transpose(vec r[16])
{
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < i; j++) {
            const float x = r[i].lane[j];
            r[i].lane[j] = r[j].lane[i];
            r[j].lane[i] = x;
        }
}

/* Of each of eight vectors the sum of the lanes: a tree that folds the upper half onto the lower. */
SCALAR_INLINE void vec_sums(float dst[8], const vec x[8])
{
    for (size_t r = 0; r < 8; r++) {
        vec sums = x[r];
        for (size_t half = 8; half > 0; half /= 2)
            for (size_t i = 0; i < half; i++)
                sums.lane[i] += sums.lane[i + half];
        dst[r] = sums.lane[0];
    }
}

typedef struct wide {
    double lane[16];
} wide;

SCALAR_INLINE wide wide_zero(void)
{
    return (wide){ { 0 } };
}

SCALAR_INLINE wide wide_widen(vec x)
{
    wide result;
    for (size_t i = 0; i < 16; i++)
        result.lane[i] = (double)x.lane[i];
    return result;
}

SCALAR_INLINE wide wide_add(wide a, wide b)
{
    for (size_t i = 0; i < 16; i++)
        a.lane[i] += b.lane[i];
    return a;
}

SCALAR_INLINE wide wide_mul(wide a, wide b)
{
    for (size_t i = 0; i < 16; i++)
        a.lane[i] *= b.lane[i];
    return a;
}

static inline wide wide_fma(wide a, wide b, wide c)
{
    for (size_t i = 0; i < 16; i++)
        a.lane[i] = fma(a.lane[i], b.lane[i], c.lane[i]);
    return a;
}

SCALAR_INLINE wide wide_load(const double *p)
{
    wide result;
    memcpy(result.lane, p, sizeof result.lane);
    return result;
}

SCALAR_INLINE void wide_store(double *p, wide a)
{
    memcpy(p, a.lane, sizeof a.lane);
}

/* The sum of the lanes: a tree that folds the upper half onto the lower. */
SCALAR_INLINE double wide_sum(wide a)
{
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            a.lane[i] += a.lane[i + half];
    return a.lane[0];
}

#endif
