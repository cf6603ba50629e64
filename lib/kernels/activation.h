/* activation.h - activations and their derivatives, element by element (part of body.h). */
#ifndef DESCENT_KERNELS_ACTIVATION_H
#define DESCENT_KERNELS_ACTIVATION_H

/* The bound comes first: NaN passes. */
ALWAYS_INLINE vec vec_relu(vec x)
{
    return vec_max(vec_set(0.0f), x);
}

static void activation_forward(dsc_activation kind, float *dst, const float *src, size_t n)
{
    switch (kind) {
    case DSC_LINEAR:
        if (dst != src)
            EACH_VECTOR(n, store_lanes(dst + i, count, load_lanes(src + i, count)));
        break;
    case DSC_RELU: EACH_VECTOR(n, store_lanes(dst + i, count, vec_relu(load_lanes(src + i, count)))); break;
    case DSC_SIGMOID:
        EACH_VECTOR(n, store_lanes(dst + i, count, vec_sigmoid(load_lanes(src + i, count))));
        break;
    case DSC_TANH: EACH_VECTOR(n, store_lanes(dst + i, count, vec_tanh(load_lanes(src + i, count)))); break;
    default: break;
    }
}

/* The derivatives in terms of the output y: [y > 0], y (1 - y), 1 - y^2. */
ALWAYS_INLINE vec relu_backward(vec diff, vec y)
{
    const vec zero = vec_set(0.0f);
    return vec_if_greater(y, zero, diff, zero);
}

ALWAYS_INLINE vec sigmoid_backward(vec diff, vec y)
{
    return vec_mul(diff, vec_mul(y, vec_sub(vec_set(1.0f), y)));
}

ALWAYS_INLINE vec tanh_backward(vec diff, vec y)
{
    return vec_mul(diff, vec_sub(vec_set(1.0f), vec_mul(y, y)));
}

#define BACKWARD(rule)                                                                                       \
    EACH_VECTOR(n, store_lanes(diff_src + i, count,                                                          \
                               rule(load_lanes(diff_dst + i, count), load_lanes(dst + i, count))))

static void activation_backward(dsc_activation kind, float *diff_src, const float *diff_dst, const float *dst,
                                size_t n)
{
    switch (kind) {
    case DSC_LINEAR: activation_forward(kind, diff_src, diff_dst, n); break;
    case DSC_RELU: BACKWARD(relu_backward); break;
    case DSC_SIGMOID: BACKWARD(sigmoid_backward); break;
    case DSC_TANH: BACKWARD(tanh_backward); break;
    default: break;
    }
}

#endif
