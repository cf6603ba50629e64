/* lanes_scalar.h - eight lanes of 64 bits in plain C: the definition of each operation.
 *
 * words holds 8 unsigned integers of 32 bits in slots of 64 (the upper half of a slot is arbitrary unless
 * said otherwise), reals holds 8 doubles. lanes_avx2.h and lanes_avx512.h give the same bits.
 */
#ifndef DESCENT_BASE_LANES_SCALAR_H
#define DESCENT_BASE_LANES_SCALAR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sleef.h>

/* Inlined, each lane of each operation is a check of the address sanitizer's: minutes to compile. */
#ifdef __SANITIZE_ADDRESS__
#define SCALAR_INLINE static __attribute__((noinline, unused))
#else
#define SCALAR_INLINE static inline
#endif

typedef struct words {
    uint64_t slot[8];
} words;

SCALAR_INLINE words words_set(uint32_t x)
{
    return (words){ { x, x, x, x, x, x, x, x } };
}

/* first, first + 1, ... first + 7, in all 64 bits. */
SCALAR_INLINE words words_count(uint64_t first)
{
    words result;
    for (size_t i = 0; i < 8; i++)
        result.slot[i] = first + i;
    return result;
}

/* The products in all 64 bits. */
SCALAR_INLINE words words_multiply(words a, words b)
{
    for (size_t i = 0; i < 8; i++)
        a.slot[i] = (a.slot[i] & 0xffffffff) * (b.slot[i] & 0xffffffff);
    return a;
}

/* The upper 32 bits of each slot. */
SCALAR_INLINE words words_upper(words a)
{
    for (size_t i = 0; i < 8; i++)
        a.slot[i] >>= 32;
    return a;
}

SCALAR_INLINE words words_xor(words a, words b)
{
    for (size_t i = 0; i < 8; i++)
        a.slot[i] ^= b.slot[i];
    return a;
}

/* dst[4 i + j] = word i of wj. */
SCALAR_INLINE void words_store(uint32_t *dst, words w0, words w1, words w2, words w3)
{
    for (size_t i = 0; i < 8; i++) {
        dst[4 * i] = (uint32_t)w0.slot[i];
        dst[4 * i + 1] = (uint32_t)w1.slot[i];
        dst[4 * i + 2] = (uint32_t)w2.slot[i];
        dst[4 * i + 3] = (uint32_t)w3.slot[i];
    }
}

typedef struct reals {
    double lane[8];
} reals;

SCALAR_INLINE reals reals_set(double x)
{
    return (reals){ { x, x, x, x, x, x, x, x } };
}

/* The upper 53 bits of the 64 that two words make, as a multiple of 2^-53 in [0, 1). */
SCALAR_INLINE reals reals_unit(words low, words high)
{
    reals result;
    for (size_t i = 0; i < 8; i++)
        result.lane[i] = (double)((high.slot[i] << 32 | (low.slot[i] & 0xffffffff)) >> 11) * 0x1p-53;
    return result;
}

SCALAR_INLINE reals reals_add(reals a, reals b)
{
    for (size_t i = 0; i < 8; i++)
        a.lane[i] += b.lane[i];
    return a;
}

SCALAR_INLINE reals reals_multiply(reals a, reals b)
{
    for (size_t i = 0; i < 8; i++)
        a.lane[i] *= b.lane[i];
    return a;
}

SCALAR_INLINE reals reals_sqrt(reals a)
{
    for (size_t i = 0; i < 8; i++)
        a.lane[i] = sqrt(a.lane[i]);
    return a;
}

/* SLEEF's "cinz" functions use no FMA and give the same bits on every processor; libm's do not. */
SCALAR_INLINE reals reals_log(reals a)
{
    for (size_t i = 0; i < 8; i++)
        a.lane[i] = Sleef_cinz_logd1_u10purec(a.lane[i]);
    return a;
}

/* Cosine and sine of pi times a. */
SCALAR_INLINE void reals_cos_sin_pi(reals a, reals *cosine, reals *sine)
{
    for (size_t i = 0; i < 8; i++) {
        const Sleef_double_2 both = Sleef_cinz_sincospid1_u05purec(a.lane[i]);
        cosine->lane[i] = both.y;
        sine->lane[i] = both.x;
    }
}

/* dst[2 i] = lane i of even, dst[2 i + 1] = lane i of odd; then the same rounded to float. */
SCALAR_INLINE void reals_store_pairs(double *dst, reals even, reals odd)
{
    for (size_t i = 0; i < 8; i++) {
        dst[2 * i] = even.lane[i];
        dst[2 * i + 1] = odd.lane[i];
    }
}

SCALAR_INLINE void reals_store_pairs_f32(float *dst, reals even, reals odd)
{
    for (size_t i = 0; i < 8; i++) {
        dst[2 * i] = (float)even.lane[i];
        dst[2 * i + 1] = (float)odd.lane[i];
    }
}

#endif
