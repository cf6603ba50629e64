/* function.inl - elementary functions of vectors, and their derivatives (part of body.inl). */
#ifndef DESCENT_KERNELS_FUNCTION_INL
#define DESCENT_KERNELS_FUNCTION_INL

/* log x in double, for any float x. */
static inline double natural_log(double x)
{
    return x > 0.0 ? log_above_one(x) : x == 0.0 ? -(double)INFINITY : (double)NAN;
}

/* exp x in double, as far as floats go: 2^n exp(r), |r| <= ln 2 / 2, by its series. */
static inline double exp_of(double x)
{
    if (!(x < 90.0))
        return x > 0.0 ? (double)INFINITY : x;
    if (x < -105.0)
        return 0.0;
    const double n = (double)(int)(x * 0x1.71547652b82fep+0 + (x < 0.0 ? -0.5 : 0.5));
    const double r = (x - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;
    double series = 1.0;
    for (int i = 13; i >= 1; i--)
        series = 1.0 + series * r / (double)i;
    const uint64_t bits = (uint64_t)(1023 + (int)n) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return series * power;
}

enum { MOST_MULTIPLIED = 64 }; /* greatest whole exponent that is multiplied out */

/* x^exponent: whole exponents by squaring, so that x may be negative; others by logarithms. */
static inline double power_of(double x, double exponent)
{
    const double size = fabs(exponent);
    if (size <= MOST_MULTIPLIED && size == (double)(int)size) {
        double result = 1.0, square = x;
        for (int left = (int)size; left > 0; left /= 2, square *= square)
            result = left % 2 ? result * square : result;
        return exponent < 0.0 ? 1.0 / result : result;
    }
    if (x > 0.0)
        return exp_of(exponent * natural_log(x));
    return x == 0.0 ? (exponent > 0.0 ? 0.0 : (double)INFINITY) : (double)NAN;
}

#define EACH_ELEMENT(rule)                                                                                   \
    for (size_t i = 0; i < n; i++)                                                                           \
    dst[i] = (float)(rule)

static void function(dsci_function kind, float a, float b, float *dst, const float *src, size_t n)
{
    switch (kind) {
    case DSCI_FUNCTION_EXP: FORWARD(vec_exp(x)); break;
    case DSCI_FUNCTION_LOG: EACH_ELEMENT(natural_log((double)src[i])); break;
    case DSCI_FUNCTION_SQRT: FORWARD(vec_sqrt(x)); break;
    case DSCI_FUNCTION_ABSOLUTE: FORWARD(vec_abs(x)); break;
    case DSCI_FUNCTION_POWER: EACH_ELEMENT(power_of((double)src[i], (double)a)); break;
    case DSCI_FUNCTION_CLAMP: FORWARD(vec_min(vec_set(b), vec_max(vec_set(a), x))); break;
    }
}

/* diff where x lies in a..b, else 0. */
ALWAYS_INLINE vec clamp_backward(vec diff, vec x, vec a, vec b)
{
    const vec zero = vec_set(0.0f), below = vec_if_greater(a, x, zero, diff);
    return vec_if_greater(x, b, zero, below);
}

ALWAYS_INLINE vec absolute_backward(vec diff, vec x)
{
    const vec zero = vec_set(0.0f), negative = vec_sub(zero, diff);
    return vec_if_greater(x, zero, diff, vec_if_greater(zero, x, negative, zero));
}

#define DERIVATIVE(rule)                                                                                     \
    EACH_VECTOR(n, const vec diff = load_lanes(diff_dst + i, count);                                         \
                const vec x = load_lanes(src + i, count); const vec y = load_lanes(at + i, count); (void)x;  \
                (void)y; store_lanes(dst + i, count, rule))

static void function_backward(dsci_function kind, float a, float b, float *dst, const float *diff_dst,
                              const float *src, const float *at, size_t n)
{
    switch (kind) {
    case DSCI_FUNCTION_EXP: DERIVATIVE(vec_mul(diff, y)); break;
    case DSCI_FUNCTION_LOG: DERIVATIVE(vec_div(diff, x)); break;
    case DSCI_FUNCTION_SQRT: DERIVATIVE(vec_div(diff, vec_add(y, y))); break;
    case DSCI_FUNCTION_ABSOLUTE: DERIVATIVE(absolute_backward(diff, x)); break;
    case DSCI_FUNCTION_POWER:
        EACH_ELEMENT((double)diff_dst[i] * ((double)a * power_of((double)src[i], (double)a - 1.0)));
        break;
    case DSCI_FUNCTION_CLAMP: DERIVATIVE(clamp_backward(diff, x, vec_set(a), vec_set(b))); break;
    }
}

#endif
