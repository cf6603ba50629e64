/* optimiser.h - parameter updates over flat vectors (part of body.h). */
#ifndef DESCENT_KERNELS_OPTIMISER_H
#define DESCENT_KERNELS_OPTIMISER_H

ALWAYS_INLINE vec decayed(const float *w, const float *g, size_t count, float weight_decay)
{
    return vec_fma(vec_set(weight_decay), load_lanes(w, count), load_lanes(g, count));
}

ALWAYS_INLINE void sgd_lanes(float *w, const float *g, size_t count, float lr, float weight_decay)
{
    const vec step = decayed(w, g, count, weight_decay);
    store_lanes(w, count, vec_fma(vec_set(-lr), step, load_lanes(w, count)));
}

static void sgd(float *w, const float *g, size_t n, float lr, float weight_decay)
{
    EACH_VECTOR(n, sgd_lanes(w + i, g + i, count, lr, weight_decay));
}

/* Sutskever, Martens, Dahl & Hinton (ICML 2013) in PyTorch's form: the rate multiplies the velocity. */
ALWAYS_INLINE void momentum_lanes(float *w, float *v, const float *g, size_t count, float lr, float mu,
                                  float weight_decay, int nesterov)
{
    const vec gradient = decayed(w, g, count, weight_decay);
    const vec velocity = vec_fma(vec_set(mu), load_lanes(v, count), gradient);
    const vec step = nesterov ? vec_fma(vec_set(mu), velocity, gradient) : velocity;
    store_lanes(v, count, velocity);
    store_lanes(w, count, vec_fma(vec_set(-lr), step, load_lanes(w, count)));
}

static void momentum(float *w, float *v, const float *g, size_t n, float lr, float mu, float weight_decay,
                     int nesterov)
{
    EACH_VECTOR(n, momentum_lanes(w + i, v + i, g + i, count, lr, mu, weight_decay, nesterov));
}

/* Kingma & Ba (ICLR 2015), algorithm 1: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
   w -= step_size m / (root_correction sqrt(v) + epsilon). */
ALWAYS_INLINE void adam_lanes(float *w, float *m, float *v, const float *g, size_t count,
                              const dsci_adam *step, float weight_decay)
{
    const vec gradient = decayed(w, g, count, weight_decay);
    const vec first =
        vec_fma(vec_set(step->beta1), load_lanes(m, count), vec_mul(vec_set(1.0f - step->beta1), gradient));
    const vec second = vec_fma(vec_set(step->beta2), load_lanes(v, count),
                               vec_mul(vec_mul(vec_set(1.0f - step->beta2), gradient), gradient));
    const vec root = vec_fma(vec_set(step->root_correction), vec_sqrt(second), vec_set(step->epsilon));
    store_lanes(m, count, first);
    store_lanes(v, count, second);
    store_lanes(w, count, vec_fma(vec_set(-step->step_size), vec_div(first, root), load_lanes(w, count)));
}

static void adam(float *w, float *m, float *v, const float *g, size_t n, const dsci_adam *step,
                 float weight_decay)
{
    const dsci_adam coefficients = *step; /* a copy that no store can change */
    EACH_VECTOR(n, adam_lanes(w + i, m + i, v + i, g + i, count, &coefficients, weight_decay));
}

static void scale(float *x, size_t n, float alpha)
{
    EACH_VECTOR(n, store_lanes(x + i, count, vec_mul(vec_set(alpha), load_lanes(x + i, count))));
}

#endif
