/* activation.inl - activations and their derivatives, element by element (part of body.inl). */
#ifndef DESCENT_KERNELS_ACTIVATION_INL
#define DESCENT_KERNELS_ACTIVATION_INL

/* The bound comes first: NaN passes. */
ALWAYS_INLINE vec vec_relu(vec x)
{
    return vec_max(vec_set(0.0f), x);
}

ALWAYS_INLINE vec vec_step(vec x)
{
    const vec zero = vec_set(0.0f);
    return vec_if_greater(x, zero, vec_set(1.0f), zero);
}

/* scale x above 0, slope x below. */
ALWAYS_INLINE vec vec_bent(vec x, vec slope)
{
    return vec_if_greater(x, vec_set(0.0f), x, vec_mul(slope, x));
}

ALWAYS_INLINE vec vec_elu(vec x, vec scale_by, vec alpha)
{
    const vec zero = vec_set(0.0f);
    return vec_if_greater(x, zero, vec_mul(scale_by, x), vec_mul(alpha, vec_expm1_below(vec_min(zero, x))));
}

ALWAYS_INLINE vec vec_gelu(vec x)
{
    return vec_mul(x, vec_normal_cdf(x, vec_exp_half_square(x)));
}

/* x (1 + tanh z) / 2 = x sigmoid(2 z), 2 z = 2 sqrt(2 / pi) (x + 0.044715 x^3). */
ALWAYS_INLINE vec gelu_tanh_gate(vec x)
{
    const vec cubic = vec_set(0.07135481627260025f), linear = vec_set(1.5957691216057308f);
    return vec_sigmoid(vec_mul(x, vec_fma(cubic, vec_mul(x, x), linear)));
}

ALWAYS_INLINE vec vec_gelu_tanh(vec x)
{
    return vec_mul(x, gelu_tanh_gate(x));
}

ALWAYS_INLINE vec vec_swish(vec x)
{
    return vec_mul(x, vec_sigmoid(x));
}

/* tanh(softplus x) as a fraction of w = exp(-|x|), which can't overflow: (w^2 + 2 w) / (w^2 + 2 w + 2) for x
   <= 0, (1 + 2 w) / (1 + 2 w + 2 w^2) above. */
typedef struct fraction {
    vec above, below, w;
} fraction;

ALWAYS_INLINE fraction mish_gate(vec x)
{
    const vec zero = vec_set(0.0f), one = vec_set(1.0f), two = vec_set(2.0f);
    const vec w = vec_exp(vec_sub(zero, vec_abs(x))), square = vec_mul(w, w);
    const vec above = vec_if_greater(x, zero, vec_fma(two, w, one), vec_fma(two, w, square));
    return (fraction){ above, vec_add(above, vec_if_greater(x, zero, vec_add(square, square), two)), w };
}

ALWAYS_INLINE vec vec_mish(vec x)
{
    const fraction gate = mish_gate(x);
    return vec_mul(x, vec_div(gate.above, gate.below));
}

ALWAYS_INLINE vec vec_hard_sigmoid(vec x)
{
    const vec line = vec_fma(x, vec_set(1.0f / 6.0f), vec_set(0.5f));
    return vec_min(vec_set(1.0f), vec_max(vec_set(0.0f), line));
}

#define FORWARD(rule)                                                                                        \
    EACH_VECTOR(n, const vec x = load_lanes(src + i, count); store_lanes(dst + i, count, rule))

static void activation_forward(dsc_activation kind, float alpha, float *dst, const float *src, size_t n)
{
    const vec one = vec_set(1.0f), slope = vec_set(alpha), selu_scale = vec_set((float)DSCI_SELU_SCALE),
              selu_slope = vec_set((float)(DSCI_SELU_SCALE * DSCI_SELU_ALPHA));
    switch (kind) {
    case DSC_ACTIVATION_LINEAR:
        if (dst != src)
            FORWARD(x);
        break;
    case DSC_ACTIVATION_RELU: FORWARD(vec_relu(x)); break;
    case DSC_ACTIVATION_SIGMOID: FORWARD(vec_sigmoid(x)); break;
    case DSC_ACTIVATION_TANH: FORWARD(vec_tanh(x)); break;
    case DSC_ACTIVATION_STEP: FORWARD(vec_step(x)); break;
    case DSC_ACTIVATION_LEAKY_RELU: FORWARD(vec_bent(x, slope)); break;
    case DSC_ACTIVATION_ELU: FORWARD(vec_elu(x, one, slope)); break;
    case DSC_ACTIVATION_SELU: FORWARD(vec_elu(x, selu_scale, selu_slope)); break;
    case DSC_ACTIVATION_GELU: FORWARD(vec_gelu(x)); break;
    case DSC_ACTIVATION_GELU_TANH: FORWARD(vec_gelu_tanh(x)); break;
    case DSC_ACTIVATION_SWISH: FORWARD(vec_swish(x)); break;
    case DSC_ACTIVATION_MISH: FORWARD(vec_mish(x)); break;
    case DSC_ACTIVATION_SOFTPLUS: FORWARD(vec_softplus(x)); break;
    case DSC_ACTIVATION_HARD_SIGMOID: FORWARD(vec_hard_sigmoid(x)); break;
    case DSC_ACTIVATION_COUNT: break;
    }
}

/* The derivatives in terms of the output y: [y > 0], y (1 - y), 1 - y^2. */
ALWAYS_INLINE vec relu_backward(vec diff, vec y)
{
    const vec zero = vec_set(0.0f);
    return vec_if_greater(y, zero, diff, zero);
}

ALWAYS_INLINE vec sigmoid_slope(vec y)
{
    return vec_mul(y, vec_sub(vec_set(1.0f), y));
}

ALWAYS_INLINE vec tanh_slope(vec y)
{
    return vec_sub(vec_set(1.0f), vec_mul(y, y));
}

ALWAYS_INLINE vec elu_slope(vec y, vec scale_by, vec alpha)
{
    return vec_if_greater(y, vec_set(0.0f), scale_by, vec_add(y, alpha));
}

/* In terms of the input x: Phi + x phi. */
ALWAYS_INLINE vec gelu_slope(vec x)
{
    const vec bell = vec_exp_half_square(x), size = vec_copy_sign(vec_min(vec_set(15.0f), vec_abs(x)), x);
    return vec_fma(size, vec_mul(bell, vec_set(0.3989422804014327f)), vec_normal_cdf(x, bell));
}

/* (x g(a))' = g + x g' a' = g + x a' g (1 - g), g the sigmoid. Beyond |x| = 40 it is 0 or 1. */
ALWAYS_INLINE vec gated_slope(vec gate, vec x_slope)
{
    return vec_fma(x_slope, sigmoid_slope(gate), gate);
}

ALWAYS_INLINE vec bounded(vec x, float size)
{
    return vec_min(vec_set(size), vec_max(vec_set(-size), x));
}

ALWAYS_INLINE vec gelu_tanh_slope(vec at)
{
    const vec cubic = vec_set(0.21406444881780075f), linear = vec_set(1.5957691216057308f);
    const vec x = bounded(at, 40.0f);
    return gated_slope(gelu_tanh_gate(x), vec_mul(x, vec_fma(cubic, vec_mul(x, x), linear)));
}

ALWAYS_INLINE vec swish_slope(vec at)
{
    const vec x = bounded(at, 110.0f);
    return gated_slope(vec_sigmoid(x), x);
}

/* t + x (1 - t^2) sigmoid(x), t = above / below; the second factor is 4 w (1 + w) / below^2 (for x > 0: times
   w). */
ALWAYS_INLINE vec mish_slope(vec at)
{
    const vec x = bounded(at, 110.0f), one = vec_set(1.0f);
    const fraction gate = mish_gate(x);
    const vec product = vec_mul(vec_mul(vec_set(4.0f), gate.w), vec_add(one, gate.w));
    const vec rest = vec_mul(product, vec_if_greater(x, vec_set(0.0f), gate.w, one));
    return vec_fma(x, vec_div(rest, vec_mul(gate.below, gate.below)), vec_div(gate.above, gate.below));
}

ALWAYS_INLINE vec hard_sigmoid_slope(vec x)
{
    return vec_if_greater(vec_set(3.0f), vec_abs(x), vec_set(1.0f / 6.0f), vec_set(0.0f));
}

#define BACKWARD(slope)                                                                                      \
    EACH_VECTOR(n, const vec at_i = load_lanes(at + i, count);                                               \
                store_lanes(diff_src + i, count, vec_mul(load_lanes(diff_dst + i, count), slope)))

static void activation_backward(dsc_activation kind, float alpha, float *diff_src, const float *diff_dst,
                                const float *at, size_t n)
{
    const vec zero = vec_set(0.0f), one = vec_set(1.0f), slope = vec_set(alpha),
              selu_scale = vec_set((float)DSCI_SELU_SCALE),
              selu_slope = vec_set((float)(DSCI_SELU_SCALE * DSCI_SELU_ALPHA));
    switch (kind) {
    case DSC_ACTIVATION_LINEAR: activation_forward(kind, 0.0f, diff_src, diff_dst, n); break;
    case DSC_ACTIVATION_RELU:
        EACH_VECTOR(n,
                    store_lanes(diff_src + i, count,
                                relu_backward(load_lanes(diff_dst + i, count), load_lanes(at + i, count))));
        break;
    case DSC_ACTIVATION_SIGMOID: BACKWARD(sigmoid_slope(at_i)); break;
    case DSC_ACTIVATION_TANH: BACKWARD(tanh_slope(at_i)); break;
    case DSC_ACTIVATION_LEAKY_RELU: BACKWARD(vec_if_greater(at_i, zero, one, slope)); break;
    case DSC_ACTIVATION_ELU: BACKWARD(elu_slope(at_i, one, slope)); break;
    case DSC_ACTIVATION_SELU: BACKWARD(elu_slope(at_i, selu_scale, selu_slope)); break;
    case DSC_ACTIVATION_GELU: BACKWARD(gelu_slope(at_i)); break;
    case DSC_ACTIVATION_GELU_TANH: BACKWARD(gelu_tanh_slope(at_i)); break;
    case DSC_ACTIVATION_SWISH: BACKWARD(swish_slope(at_i)); break;
    case DSC_ACTIVATION_MISH: BACKWARD(mish_slope(at_i)); break;
    case DSC_ACTIVATION_SOFTPLUS: BACKWARD(vec_sigmoid(at_i)); break;
    case DSC_ACTIVATION_HARD_SIGMOID: BACKWARD(hard_sigmoid_slope(at_i)); break;
    case DSC_ACTIVATION_STEP:
    case DSC_ACTIVATION_COUNT: break;
    }
}

#endif
