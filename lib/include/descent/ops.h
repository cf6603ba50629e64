/* ops.h - arithmetic on nodes: what layers and losses of one's own are written from.
 *
 *     dsc_node *scores = dsc_scale(dsc_matmul(q, k, .transpose_b = true), 0.125);
 *     dsc_node *context = dsc_matmul(dsc_softmax(scores), v);
 *
 * Dimensions are those of one example, 0 the first, -1 the last; the batch goes along. What is the same for
 * all examples (parameters, constants, what is computed from them alone) goes together with what is not.
 * Every op has its gradient.
 */
#ifndef DESCENT_OPS_H
#define DESCENT_OPS_H

#include <stdbool.h>

#include <descent/export.h>
#include <descent/graph.h>
#include <descent/tensor.h>

/* Values that are never trained, the same for all examples; files keep them in the network's description. */
typedef struct dsc_constant_spec {
    size_t shape[DSC_MAX_RANK]; /* ended by the first 0; none: one value */
    const float *values;        /* row-major, copied; NULL: fill everywhere */
    double fill;
    const char *name; /* NULL: "constant" */
} dsc_constant_spec;
DSC_API dsc_node *dsc_constant(dsc_scope *scope, const dsc_constant_spec *spec);

/* --- Element by element. Shapes go together as NumPy has it: they are compared from the last dimension on;
   one of 1, or one that is missing, is repeated. --- */

DSC_API dsc_node *dsc_add(dsc_node *a, dsc_node *b);
DSC_API dsc_node *dsc_subtract(dsc_node *a, dsc_node *b);
DSC_API dsc_node *dsc_multiply(dsc_node *a, dsc_node *b);
DSC_API dsc_node *dsc_divide(dsc_node *a, dsc_node *b);
/* The larger, the smaller; NaN if one is. The gradient goes to the one that was taken, of equals to b. */
DSC_API dsc_node *dsc_maximum(dsc_node *a, dsc_node *b);
DSC_API dsc_node *dsc_minimum(dsc_node *a, dsc_node *b);
/* 1 where a > b, else 0; it has no gradient. */
DSC_API dsc_node *dsc_greater(dsc_node *a, dsc_node *b);
/* x times a constant. */
DSC_API dsc_node *dsc_scale(dsc_node *x, double factor);

DSC_API dsc_node *dsc_exp(dsc_node *x);
DSC_API dsc_node *dsc_log(dsc_node *x);
/* The slope at 0 is infinite. */
DSC_API dsc_node *dsc_sqrt(dsc_node *x);
/* The slope at 0 is 0. */
DSC_API dsc_node *dsc_absolute(dsc_node *x);
/* x^exponent; of a negative x whole exponents up to 64 in size alone, else NaN. */
DSC_API dsc_node *dsc_power(dsc_node *x, double exponent);
/* x brought into low..high; the slope is 1 from low to high, both included, else 0. */
DSC_API dsc_node *dsc_clamp(dsc_node *x, double low, double high);

/* --- Over dimensions --- */

typedef struct dsc_axes {
    size_t count;
    int axis[DSC_MAX_RANK]; /* negative: from the last */
} dsc_axes;
/* .axes = DSC_AXES(0, -1) */
#define DSC_AXES(...)                                                                                        \
    {                                                                                                        \
        sizeof((int[]){ __VA_ARGS__ }) / sizeof(int),                                                        \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

typedef struct dsc_reduce_spec {
    dsc_axes axes; /* none: all of the example */
    bool batch;    /* and over the batch: the result is the same for all examples; of all axes, a scalar */
    bool keep;     /* the dimensions stay, with 1 element, so that the result goes together with x */
    const char *name;
} dsc_reduce_spec;
/* The sum, mean and maximum over dimensions of x; added in double. Of equal maxima the first gets the
   gradient. dsc_sum(x), dsc_mean(x, .axes = DSC_AXES(-1), .keep = true) */
DSC_API dsc_node *dsc_sum_with(dsc_node *x, const dsc_reduce_spec *spec);
DSC_API dsc_node *dsc_mean_with(dsc_node *x, const dsc_reduce_spec *spec);
DSC_API dsc_node *dsc_max_with(dsc_node *x, const dsc_reduce_spec *spec);
#define dsc_sum(x, ...)  dsc_sum_with((x), &(dsc_reduce_spec){ .name = NULL, __VA_ARGS__ })
#define dsc_mean(x, ...) dsc_mean_with((x), &(dsc_reduce_spec){ .name = NULL, __VA_ARGS__ })
#define dsc_max(x, ...)  dsc_max_with((x), &(dsc_reduce_spec){ .name = NULL, __VA_ARGS__ })

/* --- Products --- */

/* The products of the matrices in the last two dimensions: a (..., m, k), b (..., k, n) to (..., m, n). The
   dimensions before go together as those of dsc_add(). */
typedef struct dsc_matmul_spec {
    bool transpose_a, transpose_b; /* stored as (..., k, m), as (..., n, k) */
    const char *name;
} dsc_matmul_spec;
DSC_API dsc_node *dsc_matmul_with(dsc_node *a, dsc_node *b, const dsc_matmul_spec *spec);
#define dsc_matmul(a, b, ...) dsc_matmul_with((a), (b), &(dsc_matmul_spec){ .name = NULL, __VA_ARGS__ })

/* --- Order and choice --- */

/* The dimensions in another order: dsc_permute(x, 1, 0, 2) swaps the first two of three. */
DSC_API dsc_node *dsc_permute_to(dsc_node *x, const size_t *order, size_t count);
#define dsc_permute(x, ...)                                                                                  \
    dsc_permute_to((x), (const size_t[]){ __VA_ARGS__ }, sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t))
/* The last two dimensions swapped. */
DSC_API dsc_node *dsc_transpose(dsc_node *x);

/* Rows of a table (rows, ...) by the integers of dsc_tokens() or dsc_labels(): the integers' shape and that
   of a row. The table is the same for all examples, or each example has its own:
   dsc_gather(dsc_log_softmax(logits), labels) is the log-probability of each example's label. A row's
   gradient is summed in the order of the integers. */
DSC_API dsc_node *dsc_gather(dsc_node *table, dsc_node *integers);

#endif
