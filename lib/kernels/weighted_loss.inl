/* weighted_loss.inl - losses with class weights, smoothed labels and masks (part of body.inl, after
 * loss.inl). */
#ifndef DESCENT_KERNELS_WEIGHTED_LOSS_INL
#define DESCENT_KERNELS_WEIGHTED_LOSS_INL

static void fill_zeros(float *x, size_t n)
{
    EACH_VECTOR(n, store_lanes(x + i, count, vec_set(0.0f)));
}

/* --- Labels --- */

ALWAYS_INLINE vec class_weights(const dsci_label_terms *terms, size_t i, size_t count)
{
    return load_lanes(terms->weights ? terms->weights + i : ones, count);
}

/* The sum over the classes of weight (shift - x). */
static double weighted_gap(const float *x, size_t classes, float shift, const dsci_label_terms *terms)
{
    wide total = wide_zero();
    EACH_VECTOR(classes,
                total = wide_add(total, products(class_weights(terms, i, count),
                                                 vec_sub(vec_set(shift), load_lanes(x + i, count)))));
    return wide_sum(total);
}

/* diff = factor diff - spread weight; with factor 0, diff is not read. */
static void spread_gradient(float *diff, size_t classes, float factor, float spread,
                            const dsci_label_terms *terms)
{
    for (size_t i = 0; i < classes; i += DSCI_LANES) {
        const size_t count = classes - i < DSCI_LANES ? classes - i : DSCI_LANES;
        const vec last = factor > 0.0f ? load_lanes(diff + i, count) : vec_set(0.0f);
        const vec pull = vec_mul(vec_set(-spread), class_weights(terms, i, count));
        store_lanes(diff + i, count, vec_fma(last, vec_set(factor), pull));
    }
}

static double softmax_row(float *diff, const float *x, size_t classes, size_t label,
                          const dsci_label_terms *terms)
{
    const double own = terms->weights ? (double)terms->weights[label] : 1.0;
    const double keep = (1.0 - terms->smoothing) * own, spread = terms->smoothing / (double)classes;
    const float largest = row_max(x, classes), at_label = x[label];
    double gaps = 0.0;
    if (spread > 0.0)
        gaps = spread * weighted_gap(x, classes, largest, terms);
    const double total = exp_sum(diff, x, classes, largest), rest = spread * terms->mass;
    double loss = rest > 0.0 ? gaps + rest * log_above_one(total) : 0.0;
    if (keep > 0.0)
        loss += keep * (((double)largest - (double)at_label) + log_above_one(total));
    if (!diff)
        return loss;
    const double factor = (keep + rest) / total, power = (double)diff[label];
    if (spread > 0.0) {
        spread_gradient(diff, classes, (float)factor, (float)spread, terms);
        diff[label] = (float)((power * factor - spread * own) - keep);
    } else {
        scale(diff, diff, classes, (float)factor);
        diff[label] = (float)((power - total) * factor);
    }
    return loss;
}

static double nll_row(float *diff, const float *x, size_t classes, size_t label,
                      const dsci_label_terms *terms)
{
    const double own = terms->weights ? (double)terms->weights[label] : 1.0;
    const double keep = (1.0 - terms->smoothing) * own, spread = terms->smoothing / (double)classes;
    double loss = keep > 0.0 ? -keep * (double)x[label] : 0.0;
    if (spread > 0.0)
        loss += spread * weighted_gap(x, classes, 0.0f, terms);
    if (diff) {
        if (spread > 0.0)
            spread_gradient(diff, classes, 0.0f, (float)spread, terms);
        else
            fill_zeros(diff, classes);
        diff[label] = (float)(-keep - spread * own);
    }
    return loss;
}

static double hinge_of_one(float *diff, float x, size_t label, double weight)
{
    const double y = label ? 1.0 : -1.0, short_of = 1.0 - y * (double)x;
    if (diff)
        *diff = short_of <= 0.0 ? 0.0f : (float)(-y * weight);
    return short_of <= 0.0 ? 0.0 : weight * short_of; /* NaN stays */
}

/* By how much each of `count` classes falls short of the margin. NaN passes the maximum, being its second
 * operand. */
ALWAYS_INLINE vec hinges(float *diff, const float *x, size_t count, vec margin, vec pull)
{
    const vec zero = vec_set(0.0f), short_of = vec_max(zero, vec_add(margin, load_lanes(x, count)));
    const vec hinge = vec_if_greater(load_lanes(ones, count), zero, short_of, zero);
    if (diff)
        store_lanes(diff, count, vec_if_greater(hinge, zero, pull, zero));
    return hinge;
}

ALWAYS_INLINE unsigned count_positive(wide *total, vec hinge)
{
    *total = wide_add(*total, wide_widen(hinge));
    return (unsigned)__builtin_popcount(vec_greater(hinge, vec_set(0.0f)));
}

static double hinge_row(float *diff, const float *x, size_t classes, size_t label,
                        const dsci_label_terms *terms)
{
    const double weight = terms->weights ? (double)terms->weights[label] : 1.0;
    if (classes == 1)
        return hinge_of_one(diff, x[0], label, weight);
    const double pull = weight / (double)classes;
    const vec margin = vec_set(1.0f - x[label]), up = vec_set((float)pull);
    wide total = wide_zero();
    unsigned above = 0;
    EACH_VECTOR(classes,
                above += count_positive(&total, hinges(diff ? diff + i : NULL, x + i, count, margin, up)));
    const float own = (1.0f - x[label]) + x[label];
    above -= own > 0.0f;
    if (diff)
        diff[label] = (float)(-pull * (double)above);
    return pull * (wide_sum(total) - (own > 0.0f ? (double)own : 0.0));
}

static double label_loss(float *diff, const float *scores, const int32_t *labels, size_t rows, size_t classes,
                         const dsci_label_terms *terms, double *weight)
{
    double loss = 0.0, weights = 0.0;
    for (size_t r = 0; r < rows; r++, scores += classes) {
        const size_t label = (size_t)labels[r];
        if (labels[r] == terms->ignore) {
            if (diff)
                fill_zeros(diff, classes);
        } else {
            weights += terms->weights ? (double)terms->weights[label] : 1.0;
            loss += terms->kind == 0   ? softmax_row(diff, scores, classes, label, terms)
                    : terms->kind == 1 ? nll_row(diff, scores, classes, label, terms)
                                       : hinge_row(diff, scores, classes, label, terms);
        }
        if (diff)
            diff += classes;
    }
    *weight = weights;
    return loss;
}

/* --- Real targets --- */

/* log(1 + y) = 2 atanh(y / (2 + y)) for y in 0..1; the series' remainder is 2e-9 of it. */
ALWAYS_INLINE vec log_of_one_and(vec y)
{
    const vec f = vec_div(y, vec_add(vec_set(2.0f), y)), s = vec_mul(f, f);
    vec series = vec_set(1.0f / 15.0f);
    for (int odd = 13; odd >= 1; odd -= 2)
        series = vec_fma(series, s, vec_set(1.0f / (float)odd));
    return vec_mul(vec_add(f, f), series);
}

/* What 16 elements add to the loss, their slopes and their weights. */
typedef struct terms_of {
    wide loss;
    vec slope, weight;
} terms_of;

ALWAYS_INLINE terms_of squared_terms(vec x, vec t)
{
    const vec e = vec_sub(x, t);
    return (terms_of){ products(e, e), vec_add(e, e), vec_set(1.0f) };
}

ALWAYS_INLINE terms_of absolute_terms(vec x, vec t)
{
    const vec e = vec_sub(x, t), zero = vec_set(0.0f);
    const vec slope = vec_if_greater(e, zero, vec_set(1.0f), vec_if_greater(zero, e, vec_set(-1.0f), e));
    return (terms_of){ wide_widen(vec_abs(e)), slope, vec_set(1.0f) };
}

/* c (|e| - c / 2) with c = min(|e|, delta). */
ALWAYS_INLINE terms_of huber_terms(vec x, vec t, float delta)
{
    const vec e = vec_sub(x, t), size = vec_abs(e), c = vec_min(vec_set(delta), size);
    const vec slope = vec_min(vec_set(delta), vec_max(vec_set(-delta), e));
    return (terms_of){ products(c, vec_fma(vec_set(-0.5f), c, size)), slope, vec_set(1.0f) };
}

/* By y = exp(-|x|): log(1 + exp(x)) = max(x, 0) + log(1 + y), sigmoid(|x|) = 1 / (1 + y). */
ALWAYS_INLINE terms_of binary_terms(vec x, vec t, const float weights[2])
{
    const vec one = vec_set(1.0f), zero = vec_set(0.0f);
    const vec y = vec_exp(vec_sub(zero, vec_abs(x))), tail = log_of_one_and(y);
    const vec likely = vec_div(one, vec_add(one, y)), unlikely = vec_div(y, vec_add(one, y));
    const vec negative = vec_mul(vec_set(weights[0]), vec_sub(one, t));
    const vec positive = vec_mul(vec_set(weights[1]), t);
    const vec up = vec_if_greater(x, zero, likely, unlikely),
              down = vec_if_greater(x, zero, unlikely, likely);
    const wide loss = wide_add(products(negative, vec_add(vec_max(zero, x), tail)),
                               products(positive, vec_add(vec_max(zero, vec_sub(zero, x)), tail)));
    const vec slope = vec_fma(negative, up, vec_sub(zero, vec_mul(positive, down)));
    return (terms_of){ loss, slope, vec_add(negative, positive) };
}

typedef struct totals {
    wide loss, weight;
} totals;

ALWAYS_INLINE void add_elements(totals *sums, float *diff, const float *src, const float *target,
                                size_t count, const dsci_target_terms *terms, dsci_target_kind kind)
{
    vec x = load_lanes(src, count), t = load_lanes(target, count);
    const vec mask = mask_targets(&x, &t, count);
    if (kind == DSCI_TARGET_BINARY)
        t = vec_fma(vec_set(terms->keep), t, vec_set(terms->floor));
    const terms_of e = kind == DSCI_TARGET_SQUARED    ? squared_terms(x, t)
                       : kind == DSCI_TARGET_ABSOLUTE ? absolute_terms(x, t)
                       : kind == DSCI_TARGET_HUBER    ? huber_terms(x, t, terms->delta)
                                                      : binary_terms(x, t, terms->weights);
    sums->loss = wide_add(sums->loss, wide_mul(e.loss, wide_widen(mask)));
    sums->weight = wide_add(sums->weight, products(e.weight, mask));
    if (diff)
        store_lanes(diff, count, vec_mul(e.slope, mask));
}

ALWAYS_INLINE double element_losses(float *diff, const float *src, const float *target, size_t n,
                                    const dsci_target_terms *terms, dsci_target_kind kind, double *weight)
{
    totals sums = { wide_zero(), wide_zero() };
    EACH_VECTOR(n, add_elements(&sums, diff ? diff + i : NULL, src + i, target + i, count, terms, kind));
    *weight = wide_sum(sums.weight);
    return wide_sum(sums.loss);
}

static double log_of(double x)
{
    return x >= 1.0 ? log_above_one(x) : -log_above_one(1.0 / x);
}

static double kl_losses(float *diff, const float *src, const float *target, size_t n, size_t columns,
                        const dsci_target_terms *terms, double *weight)
{
    double total = 0.0, rows = 0.0;
    for (size_t start = 0; start < n; start += columns) {
        int counts = 0;
        for (size_t i = start; i < start + columns; i++) {
            const float t = terms->keep * target[i] + terms->floor;
            const int valid = t == t;
            counts |= valid;
            if (t > 0.0f)
                total += (double)t * (log_of((double)t) - (double)src[i]);
            if (diff)
                diff[i] = valid ? -t : 0.0f;
        }
        rows += (double)counts;
    }
    *weight = rows;
    return total;
}

static double target_loss(float *diff, const float *src, const float *target, size_t n, size_t columns,
                          const dsci_target_terms *terms, double *weight)
{
    switch (terms->kind) {
    case DSCI_TARGET_ABSOLUTE:
        return element_losses(diff, src, target, n, terms, DSCI_TARGET_ABSOLUTE, weight);
    case DSCI_TARGET_HUBER: return element_losses(diff, src, target, n, terms, DSCI_TARGET_HUBER, weight);
    case DSCI_TARGET_BINARY: return element_losses(diff, src, target, n, terms, DSCI_TARGET_BINARY, weight);
    case DSCI_TARGET_KL: return kl_losses(diff, src, target, n, columns, terms, weight);
    default: return element_losses(diff, src, target, n, terms, DSCI_TARGET_SQUARED, weight);
    }
}

#endif
