/* optimizer.inl - parameter updates over flat vectors (part of body.inl). */
#ifndef DESCENT_KERNELS_OPTIMIZER_INL
#define DESCENT_KERNELS_OPTIMIZER_INL

#include "kernels/reduction.inl"

ALWAYS_INLINE vec decayed(const float *w, const float *g, size_t count, float weight_decay)
{
    return vec_fma(vec_set(weight_decay), load_lanes(w, count), load_lanes(g, count));
}

/* The function of the table over a rule's lanes, with a copy of the coefficients that no store can change. */
#define UPDATE(rule)                                                                                         \
    static void rule(float *w, const float *g, float *a, float *b, float *c, size_t n,                       \
                     const dsci_rule_step *step)                                                             \
    {                                                                                                        \
        const dsci_rule_step k = *step;                                                                      \
        (void)a, (void)b, (void)c;                                                                           \
        EACH_VECTOR(n, rule##_lanes(w + i, decayed(w + i, g + i, count, k.weight_decay), AT_LANE(a),         \
                                    AT_LANE(b), AT_LANE(c), count, &k));                                     \
    }
#define AT_LANE(vector) ((vector) ? (vector) + i : NULL)

/* keep x + (1 - keep) y. */
ALWAYS_INLINE vec average(float keep, vec x, vec y)
{
    return vec_fma(vec_set(keep), x, vec_mul(vec_set(1.0f - keep), y));
}

ALWAYS_INLINE vec average_square(float keep, vec x, vec y)
{
    return vec_fma(vec_set(keep), x, vec_mul(vec_mul(vec_set(1.0f - keep), y), y));
}

/* w -= rate x. */
ALWAYS_INLINE void go_back(float *w, size_t count, float rate, vec x)
{
    store_lanes(w, count, vec_fma(vec_set(-rate), x, load_lanes(w, count)));
}

/* 1, -1, or 0 for zeros and NaN. */
ALWAYS_INLINE vec sign_of(vec x)
{
    const vec zero = vec_set(0.0f);
    return vec_if_greater(vec_abs(x), zero, vec_copy_sign(vec_set(1.0f), x), zero);
}

/* positive, negative or neither, by the sign of x. */
ALWAYS_INLINE vec by_sign(vec x, vec positive, vec negative, vec neither)
{
    const vec zero = vec_set(0.0f);
    return vec_if_greater(x, zero, positive, vec_if_greater(zero, x, negative, neither));
}

ALWAYS_INLINE vec within(vec x, float low, float high)
{
    return vec_min(vec_set(high), vec_max(vec_set(low), x));
}

ALWAYS_INLINE void sgd_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                             const dsci_rule_step *k)
{
    (void)a, (void)b, (void)c;
    go_back(w, count, k->lr, g);
}
UPDATE(sgd)

/* Sutskever, Martens, Dahl & Hinton (ICML 2013) in PyTorch's form: the rate multiplies the velocity. */
ALWAYS_INLINE void momentum_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                  const dsci_rule_step *k)
{
    const vec mu = vec_set(k->momentum), v = vec_fma(mu, load_lanes(a, count), g);
    (void)b, (void)c;
    store_lanes(a, count, v);
    go_back(w, count, k->lr, k->nesterov ? vec_fma(mu, v, g) : v);
}
UPDATE(momentum)

/* The same with the rate inside: v = mu v - lr g; w += v, nesterov: w += mu v - lr g. */
ALWAYS_INLINE void velocity_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                  const dsci_rule_step *k)
{
    const vec step = vec_mul(vec_set(-k->lr), g), mu = vec_set(k->momentum);
    const vec v = vec_fma(mu, load_lanes(a, count), step);
    (void)b, (void)c;
    store_lanes(a, count, v);
    store_lanes(w, count, vec_add(load_lanes(w, count), k->nesterov ? vec_fma(mu, v, step) : v));
}
UPDATE(velocity)

/* Duchi, Hazan & Singer (JMLR 2011). */
ALWAYS_INLINE void adagrad_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                 const dsci_rule_step *k)
{
    const vec sum = vec_fma(g, g, load_lanes(a, count));
    (void)b, (void)c;
    store_lanes(a, count, sum);
    go_back(w, count, k->lr, vec_div(g, vec_add(vec_sqrt(sum), vec_set(k->epsilon))));
}
UPDATE(adagrad)

/* Tieleman & Hinton (2012); centered: Graves (2013). Rounding may take the variance below 0. */
ALWAYS_INLINE void rmsprop_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                 const dsci_rule_step *k)
{
    vec variance = average_square(k->beta2, load_lanes(a, count), g);
    store_lanes(a, count, variance);
    if (b) {
        const vec mean = average(k->beta2, load_lanes(b, count), g);
        store_lanes(b, count, mean);
        variance = vec_max(vec_set(0.0f), vec_sub(variance, vec_mul(mean, mean)));
    }
    vec step = vec_div(g, vec_add(vec_sqrt(variance), vec_set(k->epsilon)));
    if (c) {
        step = vec_fma(vec_set(k->momentum), load_lanes(c, count), step);
        store_lanes(c, count, step);
    }
    go_back(w, count, k->lr, step);
}
UPDATE(rmsprop)

/* Zeiler (2012). */
ALWAYS_INLINE void adadelta_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                  const dsci_rule_step *k)
{
    const vec epsilon = vec_set(k->epsilon), steps = load_lanes(b, count);
    const vec squares = average_square(k->beta2, load_lanes(a, count), g);
    const vec ratio = vec_div(vec_sqrt(vec_add(steps, epsilon)), vec_sqrt(vec_add(squares, epsilon)));
    const vec step = vec_mul(ratio, g);
    (void)c;
    store_lanes(a, count, squares);
    store_lanes(b, count, average_square(k->beta2, steps, step));
    go_back(w, count, k->lr, step);
}
UPDATE(adadelta)

/* Kingma & Ba (ICLR 2015), algorithm 1. */
ALWAYS_INLINE void adam_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                              const dsci_rule_step *k)
{
    const vec first = average(k->beta1, load_lanes(a, count), g);
    const vec second = average_square(k->beta2, load_lanes(b, count), g);
    const vec root = vec_fma(vec_set(k->root_correction), vec_sqrt(second), vec_set(k->epsilon));
    (void)c;
    store_lanes(a, count, first);
    store_lanes(b, count, second);
    go_back(w, count, k->step_size, vec_div(first, root));
}
UPDATE(adam)

/* Reddi, Kale & Kumar (ICLR 2018), with Adam's corrections. */
ALWAYS_INLINE void amsgrad_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                 const dsci_rule_step *k)
{
    const vec first = average(k->beta1, load_lanes(a, count), g);
    const vec second = average_square(k->beta2, load_lanes(b, count), g);
    const vec largest = vec_max(load_lanes(c, count), second);
    const vec root = vec_fma(vec_set(k->root_correction), vec_sqrt(largest), vec_set(k->epsilon));
    store_lanes(a, count, first);
    store_lanes(b, count, second);
    store_lanes(c, count, largest);
    go_back(w, count, k->step_size, vec_div(first, root));
}
UPDATE(amsgrad)

/* Kingma & Ba (ICLR 2015), algorithm 2. */
ALWAYS_INLINE void adamax_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                const dsci_rule_step *k)
{
    const vec first = average(k->beta1, load_lanes(a, count), g);
    const vec size = vec_add(vec_abs(g), vec_set(k->epsilon));
    const vec largest = vec_max(vec_mul(vec_set(k->beta2), load_lanes(b, count)), size);
    (void)c;
    store_lanes(a, count, first);
    store_lanes(b, count, largest);
    go_back(w, count, k->step_size, vec_div(first, largest));
}
UPDATE(adamax)

/* Dozat (2016). */
ALWAYS_INLINE void nadam_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                               const dsci_rule_step *k)
{
    const vec first = average(k->beta1, load_lanes(a, count), g);
    const vec second = average_square(k->beta2, load_lanes(b, count), g);
    const vec step = vec_fma(vec_set(k->gradient_step), g, vec_mul(vec_set(k->step_size), first));
    const vec root = vec_fma(vec_set(k->root_correction), vec_sqrt(second), vec_set(k->epsilon));
    (void)c;
    store_lanes(a, count, first);
    store_lanes(b, count, second);
    go_back(w, count, 1.0f, vec_div(step, root));
}
UPDATE(nadam)

/* Riedmiller & Braun (1993), without backtracking: a gradient that changes its sign counts as 0. */
ALWAYS_INLINE void rprop_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                               const dsci_rule_step *k)
{
    const vec one = vec_set(1.0f), agreement = vec_mul(sign_of(g), sign_of(load_lanes(a, count)));
    const vec factor = by_sign(agreement, vec_set(1.2f), vec_set(0.5f), one);
    const vec step = within(vec_mul(load_lanes(b, count), factor), 1e-6f, 50.0f);
    const vec used = by_sign(agreement, g, vec_set(0.0f), g);
    (void)c, (void)k;
    store_lanes(a, count, used);
    store_lanes(b, count, step);
    go_back(w, count, 1.0f, vec_mul(sign_of(used), step));
}
UPDATE(rprop)

/* Jacobs (1988). */
ALWAYS_INLINE void delta_bar_delta_lanes(float *w, vec g, float *a, float *b, float *c, size_t count,
                                         const dsci_rule_step *k)
{
    const vec mean = load_lanes(a, count), before = load_lanes(b, count);
    const vec agreement = vec_mul(sign_of(g), sign_of(mean));
    const vec up = vec_add(before, vec_set(0.05f)), down = vec_mul(before, vec_set(0.95f));
    const vec gain = within(by_sign(agreement, up, down, before), 0.1f, 10.0f);
    vec step = vec_mul(gain, g);
    store_lanes(a, count, average(k->beta1, mean, g));
    store_lanes(b, count, gain);
    if (c) {
        step = vec_fma(vec_set(k->momentum), load_lanes(c, count), step);
        store_lanes(c, count, step);
    }
    go_back(w, count, k->lr, step);
}
UPDATE(delta_bar_delta)

#undef UPDATE
#undef AT_LANE

/* NaN is the second operand of both, so it stays. */
ALWAYS_INLINE vec shaped_lanes(vec g, vec w, float scale_by, float most, float l1)
{
    const vec clipped = vec_min(vec_set(most), vec_max(vec_set(-most), g));
    return vec_fma(vec_set(l1), sign_of(w), vec_mul(vec_set(scale_by), clipped));
}

static void shape_gradient(float *g, const float *w, size_t n, float scale_by, float most, float l1)
{
    EACH_VECTOR(
        n, store_lanes(g + i, count,
                       shaped_lanes(load_lanes(g + i, count), load_lanes(w + i, count), scale_by, most, l1)));
}

/* Columns whose norms are found together: their sums stay in the first-level cache while rows stream by. */
enum { BOUND_COLUMNS = 256 };

/* What each column is multiplied by, 1 where its norm is within the bound. Returns whether one is beyond. */
static int factors_of_columns(float *factors, const double *squares, size_t cols, double norm)
{
    int beyond = 0;
    for (size_t j = 0; j < cols; j++) {
        const int is_beyond = squares[j] > norm * norm;
        factors[j] = is_beyond ? (float)(norm / __builtin_sqrt(squares[j])) : 1.0f;
        beyond |= is_beyond;
    }
    return beyond;
}

/* Columns within the bound keep their bits. */
ALWAYS_INLINE void scale_beyond(float *w, size_t count, vec factor)
{
    const vec x = load_lanes(w, count);
    store_lanes(w, count, vec_if_greater(vec_set(1.0f), factor, vec_mul(x, factor), x));
}

static void bound_block(float *w, size_t rows, size_t cols, size_t ld, double norm)
{
    double squares[BOUND_COLUMNS] = { 0 };
    float factors[BOUND_COLUMNS];
    for (size_t r = 0; r < rows; r++) {
        const float *row = w + r * ld;
        EACH_VECTOR(cols, {
            const vec x = load_lanes(row + i, count);
            wide_store(squares + i, wide_add(wide_load(squares + i), products(x, x)));
        });
    }
    if (!factors_of_columns(factors, squares, cols, norm))
        return;
    for (size_t r = 0; r < rows; r++)
        EACH_VECTOR(cols, scale_beyond(w + r * ld + i, count, load_lanes(factors + i, count)));
}

static void bound_columns(float *w, size_t rows, size_t cols, size_t ld, double norm)
{
    for (size_t j = 0; j < cols; j += BOUND_COLUMNS)
        bound_block(w + j, rows, cols - j < BOUND_COLUMNS ? cols - j : BOUND_COLUMNS, ld, norm);
}

#endif
