/* elementary.inl - exp, tanh, sigmoid and log with the same bits at every level, and the loop over vectors.
 *
 * Lane polynomials of our own, not SLEEF's: inlined they take half the time of its deterministic functions,
 * and need nothing but correctly rounded operations in a written-out order. Bounds, tested against libm in
 * double: sigmoid, tanh and exp 3 ULP where the result is a normal number (over all floats 2.41 and 2.53 were
 * found for sigmoid and tanh).
 */
#ifndef DESCENT_KERNELS_ELEMENTARY_INL
#define DESCENT_KERNELS_ELEMENTARY_INL

#include <math.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Before a loop whose bounds are constants after inlining: arrays that it indexes can then live in registers.
   At the baseline level fmaf() is a call and nothing is won. */
#ifndef __AVX2__
#define UNROLL
#elif defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Runs step for i = 0, 16, 32, ... < n with `count` lanes, which is 16 but for a last, partial vector. */
#define EACH_VECTOR(n, step)                                                                                 \
    do {                                                                                                     \
        size_t i = 0;                                                                                        \
        for (; i + DSCI_LANES <= (n); i += DSCI_LANES) {                                                     \
            enum { count = DSCI_LANES };                                                                     \
            step;                                                                                            \
        }                                                                                                    \
        if (i < (n)) {                                                                                       \
            const size_t count = (n)-i;                                                                      \
            step;                                                                                            \
        }                                                                                                    \
    } while (0)

/* The first `count` lanes in memory; the masked form is compiled only where count is not the constant 16. */
ALWAYS_INLINE vec load_lanes(const float *p, size_t count)
{
    return count >= DSCI_LANES ? vec_load(p) : vec_load_mask(p, vec_first(count));
}

ALWAYS_INLINE vec load_lanes_or(const float *p, size_t count, float other)
{
    return count >= DSCI_LANES ? vec_load(p) : vec_load_or(p, vec_first(count), vec_set(other));
}

ALWAYS_INLINE void store_lanes(float *p, size_t count, vec x)
{
    if (count >= DSCI_LANES)
        vec_store(p, x);
    else
        vec_store_mask(p, vec_first(count), x);
}

/* The same of bfloat16; lanes beyond count are 0. */
ALWAYS_INLINE vec load_lanes_bf16(const dsci_bf16 *p, size_t count)
{
    if (count >= DSCI_LANES)
        return vec_load_bf16(p);
    dsci_bf16 whole[DSCI_LANES] = { 0 };
    memcpy(whole, p, count * sizeof *p);
    return vec_load_bf16(whole);
}

ALWAYS_INLINE void store_lanes_bf16(dsci_bf16 *p, size_t count, vec x)
{
    if (count >= DSCI_LANES) {
        vec_store_bf16(p, x);
        return;
    }
    dsci_bf16 whole[DSCI_LANES];
    vec_store_bf16(whole, x);
    memcpy(p, whole, count * sizeof *p);
}

/* Of either type: half says bfloat16. */
ALWAYS_INLINE vec load_real(const void *p, size_t at, size_t count, int half)
{
    return half ? load_lanes_bf16((const dsci_bf16 *)p + at, count)
                : load_lanes((const float *)p + at, count);
}

ALWAYS_INLINE void store_real(void *p, size_t at, size_t count, vec x, int half)
{
    if (half)
        store_lanes_bf16((dsci_bf16 *)p + at, count, x);
    else
        store_lanes((float *)p + at, count, x);
}

/* exp(x) = 2^n (1 + p) with |x - n ln 2| <= ln 2 / 2; the relative error of p's polynomial is 4.4e-9 of
 * exp(x). */
typedef struct exp_parts {
    vec n, p;
} exp_parts;

ALWAYS_INLINE exp_parts split_exp(vec x)
{
    const vec shift = vec_set(0x1.8p23f); /* adding it rounds to a whole number */
    const vec n = vec_sub(vec_fma(x, vec_set(0x1.715476p+0f), shift), shift);
    const vec r = vec_fma(n, vec_set(-0x1.7f7d1cp-20f), vec_fma(n, vec_set(-0x1.62e4p-1f), x));
    vec q = vec_fma(vec_set(0x1.6a2352p-10f), r, vec_set(0x1.123a6cp-7f));
    q = vec_fma(q, r, vec_set(0x1.5558f4p-5f));
    q = vec_fma(q, r, vec_set(0x1.55549p-3f));
    q = vec_fma(q, r, vec_set(0x1.fffffcp-2f));
    return (exp_parts){ n, vec_fma(vec_mul(r, r), q, r) };
}

/* Below -105 the result rounds to 0 and above 89 to infinity; the bounds come first so that NaN passes. */
ALWAYS_INLINE vec vec_exp(vec x)
{
    const exp_parts e = split_exp(vec_min(vec_set(89.0f), vec_max(vec_set(-105.0f), x)));
    return vec_scale_by_power(vec_add(e.p, vec_set(1.0f)), e.n);
}

/* 1 / (1 + exp(-x)) by the exponential of -|x|, which can't overflow and keeps the small tail accurate. */
ALWAYS_INLINE vec vec_sigmoid(vec x)
{
    const vec one = vec_set(1.0f), zero = vec_set(0.0f);
    const vec e = vec_exp(vec_sub(zero, vec_abs(x)));
    return vec_div(vec_if_greater(zero, x, e, one), vec_add(one, e));
}

/* tanh |x| = t / (t + 2) with t = exp(2 |x|) - 1 = 2^n p + (2^n - 1), accurate near 0 too; 1 beyond 10. */
ALWAYS_INLINE vec vec_tanh(vec x)
{
    const vec one = vec_set(1.0f), size = vec_min(vec_set(10.0f), vec_abs(x));
    const exp_parts e = split_exp(vec_add(size, size));
    const vec power = vec_scale_by_power(one, e.n);
    const vec t = vec_fma(power, e.p, vec_sub(power, one));
    return vec_copy_sign(vec_div(t, vec_add(t, vec_set(2.0f))), x);
}

/* exp(x) - 1 for x <= 0, accurate near 0 too. */
ALWAYS_INLINE vec vec_expm1_below(vec x)
{
    const vec one = vec_set(1.0f);
    const exp_parts e = split_exp(vec_max(vec_set(-105.0f), x));
    const vec power = vec_scale_by_power(one, e.n);
    return vec_fma(power, e.p, vec_sub(power, one));
}

/* log(1 + e) for 0 <= e <= 1: 2 atanh f, f = e / (2 + e); the relative error of the polynomial in f^2 is
   1.0e-10. */
ALWAYS_INLINE vec vec_log1p_unit(vec e)
{
    const vec f = vec_div(e, vec_add(vec_set(2.0f), e)), s = vec_mul(f, f);
    vec q = vec_fma(vec_set(0x1.f3a988p-4f), s, vec_set(0x1.b638c6p-4f));
    q = vec_fma(q, s, vec_set(0x1.25126ap-3f));
    q = vec_fma(q, s, vec_set(0x1.999636p-3f));
    q = vec_fma(q, s, vec_set(0x1.55555ap-2f));
    const vec twice = vec_add(f, f);
    return vec_fma(vec_mul(twice, s), q, twice);
}

/* log(1 + exp x) = max(x, 0) + log(1 + exp -|x|). */
ALWAYS_INLINE vec vec_softplus(vec x)
{
    const vec zero = vec_set(0.0f);
    return vec_add(vec_max(zero, x), vec_log1p_unit(vec_exp(vec_sub(zero, vec_abs(x)))));
}

/* exp(-x^2 / 2), with the rounding error of the square made good: it would be multiplied by the result's
   steepness. */
ALWAYS_INLINE vec vec_exp_half_square(vec x)
{
    const vec size = vec_min(vec_set(15.0f), vec_abs(x)), half = vec_mul(vec_set(-0.5f), size);
    const vec exponent = vec_mul(half, size), rest = vec_fma(half, size, vec_sub(vec_set(0.0f), exponent));
    const vec e = vec_exp(exponent);
    return vec_fma(e, rest, e);
}

/* The standard normal distribution function, given bell = exp(-x^2 / 2). Phi(-t) = bell R(t) for t >= 0; R, a
   Mills ratio, is a polynomial in 1 / (1 + 0.35 t) up to t = 14.5, relative error 3.9e-8. */
ALWAYS_INLINE vec vec_normal_cdf(vec x, vec bell)
{
    const vec one = vec_set(1.0f), size = vec_min(vec_set(14.5f), vec_abs(x));
    const vec v = vec_sub(vec_div(one, vec_fma(vec_set(0.35f), size, one)), vec_set(0.5625f));
    vec q = vec_fma(vec_set(0x1.80e056p-7f), v, vec_set(-0x1.c52ac6p-6f));
    q = vec_fma(q, v, vec_set(-0x1.207454p-7f));
    q = vec_fma(q, v, vec_set(0x1.e76c3ap-5f));
    q = vec_fma(q, v, vec_set(-0x1.d3c218p-8f));
    q = vec_fma(q, v, vec_set(-0x1.e1c1fep-4f));
    q = vec_fma(q, v, vec_set(0x1.5135dap-8f));
    q = vec_fma(q, v, vec_set(0x1.531976p-2f));
    q = vec_fma(q, v, vec_set(0x1.18002ep-1f));
    q = vec_fma(q, v, vec_set(0x1.f4f972p-2f));
    q = vec_fma(q, v, vec_set(0x1.3dbbeep-3f));
    const vec tail = vec_mul(bell, q);
    return vec_if_greater(x, vec_set(0.0f), vec_sub(one, tail), tail);
}

/* log x for normal x > 0; infinity and NaN give themselves. x = 2^e m with m in [sqrt 1/2, sqrt 2), log m = 2
   atanh f by its series, f = (m - 1) / (m + 1), |f| < 0.1716. */
static inline double log_above_one(double x)
{
    if (!(x < (double)INFINITY))
        return x;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t sqrt_half = 0x3fe6a09e667f3bcd;
    const int64_t e = (int64_t)(bits - sqrt_half) >> 52;
    bits -= (uint64_t)e << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    const double f = (m - 1.0) / (m + 1.0), s = f * f;
    double series = 0.0;
    for (int odd = 21; odd >= 3; odd -= 2)
        series = series * s + 1.0 / (double)odd;
    const double power = (double)e, ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
    return power * ln2_high + (2.0 * f + (2.0 * f * (s * series) + power * ln2_low));
}

#endif
