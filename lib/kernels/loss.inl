/* loss.inl - softmax, losses and the error count (part of body.inl). */
#ifndef DESCENT_KERNELS_LOSS_INL
#define DESCENT_KERNELS_LOSS_INL

static inline float row_max(const float *x, size_t n)
{
    vec largest = vec_set(-INFINITY);
    EACH_VECTOR(n, largest = vec_max(largest, load_lanes_or(x + i, count, -INFINITY)));
    return vec_max_lanes(largest);
}

/* exp(x - shift), also to dst unless that is NULL; lanes beyond the row give 0. */
ALWAYS_INLINE vec shifted_exp(float *dst, const float *x, size_t count, float shift)
{
    const vec e = vec_exp(vec_sub(load_lanes_or(x, count, -INFINITY), vec_set(shift)));
    if (dst)
        store_lanes(dst, count, e);
    return e;
}

/* The sum in double of exp(x - shift) over a row. */
static inline double exp_sum(float *dst, const float *x, size_t n, float shift)
{
    wide total = wide_zero();
    EACH_VECTOR(n,
                total = wide_add(total, wide_widen(shifted_exp(dst ? dst + i : NULL, x + i, count, shift))));
    return wide_sum(total);
}

/* Rows that go together: a row's largest entry, its sum and its scaling wait for each other, those of several
   rows don't. Longer rows would leave the first-level cache in between, and need it less. */
enum { ROW_GROUP = 16, LONG_ROW = 256 };

static inline size_t rows_together(size_t left, size_t cols)
{
    const size_t most = cols > LONG_ROW ? 1 : ROW_GROUP;
    return left < most ? left : most;
}

static inline void rows_max(float *largest, const float *src, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        largest[r] = row_max(src + r * cols, cols);
}

/* dst may be NULL. */
static inline void rows_exp_sum(double *totals, float *dst, const float *src, const float *largest,
                                size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        totals[r] = exp_sum(dst ? dst + r * cols : NULL, src + r * cols, cols, largest[r]);
}

static void softmax(float *dst, const float *src, size_t rows, size_t cols)
{
    for (size_t r = 0, group; r < rows; r += group, dst += group * cols, src += group * cols) {
        float largest[ROW_GROUP];
        double totals[ROW_GROUP];
        group = rows_together(rows - r, cols);
        rows_max(largest, src, group, cols);
        rows_exp_sum(totals, dst, src, largest, group, cols);
        for (size_t i = 0; i < group; i++)
            scale(dst + i * cols, dst + i * cols, cols, (float)(1.0 / totals[i]));
    }
}

/* The gradient of a row, given exp(x - max) and its sum. The label's, scale (p - 1), is computed in double
   from what the other classes leave, so that it doesn't cancel as p approaches 1. */
static inline void cross_entropy_row(float *row, size_t label, size_t classes, double total, float scale_by)
{
    const double factor = (double)scale_by / total;
    const double at_label = ((double)row[label] - total) * factor;
    scale(row, row, classes, (float)factor);
    row[label] = (float)at_label;
}

/* A row's loss is (max - x[label]) + log(sum). Rows go in groups of 16: the logarithm is taken of the product
   of their sums, which lies between 1 and classes^16. */
static double softmax_cross_entropy(float *diff_logits, const float *logits, const int32_t *labels,
                                    size_t rows, size_t classes, float scale_by)
{
    double loss = 0.0, product = 1.0;
    for (size_t r = 0, group; r < rows; r += group, logits += group * classes, labels += group) {
        float largest[ROW_GROUP];
        double totals[ROW_GROUP];
        group = rows_together(rows - r, classes);
        rows_max(largest, logits, group, classes);
        for (size_t i = 0; i < group; i++)
            loss += (double)largest[i] - (double)logits[i * classes + (size_t)labels[i]];
        rows_exp_sum(totals, diff_logits, logits, largest, group, classes);
        for (size_t i = 0; i < group; i++)
            product *= totals[i];
        if ((r + group) % 16 == 0 || r + group == rows) {
            loss += log_above_one(product);
            product = 1.0;
        }
        for (size_t i = 0; diff_logits && i < group; i++, diff_logits += classes)
            cross_entropy_row(diff_logits, (size_t)labels[i], classes, totals[i], scale_by);
    }
    return rows > 0 ? loss / (double)rows : 0.0;
}

static const float ones[DSCI_LANES] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

/* 1 in the first count lanes whose target is a number; there x and t become 0. */
ALWAYS_INLINE vec mask_targets(vec *x, vec *t, size_t count)
{
    if (vec_not_less(*t, *t) == 0xffff)
        return load_lanes(ones, count);
    float xs[DSCI_LANES], ts[DSCI_LANES], mask[DSCI_LANES];
    vec_store(xs, *x);
    vec_store(ts, *t);
    for (size_t l = 0; l < DSCI_LANES; l++) {
        const int counts = ts[l] == ts[l];
        mask[l] = l < count && counts ? 1.0f : 0.0f;
        xs[l] = counts ? xs[l] : 0.0f;
        ts[l] = counts ? ts[l] : 0.0f;
    }
    *x = vec_load(xs);
    *t = vec_load(ts);
    return vec_load(mask);
}

ALWAYS_INLINE wide squares(float *diff_src, const float *src, const float *target, size_t count,
                           float scale_by, size_t *masked)
{
    vec x = load_lanes(src, count), t = load_lanes(target, count);
    const unsigned missing = ~vec_not_less(t, t) & 0xffff;
    if (missing) {
        *masked += (size_t)__builtin_popcount(missing);
        mask_targets(&x, &t, count);
    }
    const vec difference = vec_sub(x, t);
    if (diff_src)
        store_lanes(diff_src, count, vec_mul(vec_set(scale_by), difference));
    return products(difference, difference);
}

static double squared_error(float *diff_src, const float *src, const float *target, size_t n, float scale_by,
                            size_t *masked)
{
    wide total = wide_zero();
    *masked = 0;
    EACH_VECTOR(n, total = wide_add(total, squares(diff_src ? diff_src + i : NULL, src + i, target + i, count,
                                                   scale_by, masked)));
    return wide_sum(total);
}

/* Bit l is set if the entry at `label` is not the first largest on account of column i + l. */
ALWAYS_INLINE unsigned beaten(const float *scores, size_t count, vec at_label, size_t i, size_t label)
{
    const vec x = load_lanes(scores + i, count);
    const unsigned before = label >= i + DSCI_LANES ? 0xffff : label > i ? (1u << (label - i)) - 1 : 0;
    const unsigned valid = count >= DSCI_LANES ? 0xffff : (1u << count) - 1;
    const unsigned holds = vec_greater(at_label, x) | (vec_not_less(at_label, x) & ~before);
    return ~holds & valid;
}

/* A row is right if its label's entry exceeds all before it and is not exceeded after it; NaN makes it wrong.
 */
static size_t count_errors(const float *scores, const int32_t *labels, size_t rows, size_t classes)
{
    size_t errors = 0;
    for (size_t r = 0; r < rows; r++, scores += classes) {
        const size_t label = (size_t)labels[r];
        const vec at_label = vec_set(scores[label]);
        unsigned lost = 0;
        EACH_VECTOR(classes, lost |= beaten(scores, count, at_label, i, label));
        errors += lost != 0;
    }
    return errors;
}

#endif
