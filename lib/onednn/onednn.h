/* onednn.h - oneDNN's primitives, whatever the generation of its interface. A primitive runs on the calling
 * thread alone, so that its sums do not depend on the number of threads.
 */
#ifndef DESCENT_ONEDNN_ONEDNN_H
#define DESCENT_ONEDNN_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/scope.h>

typedef enum dsci_direction { DSCI_FORWARD = 0, DSCI_BACKWARD_DATA, DSCI_BACKWARD_WEIGHTS } dsci_direction;

/* An element-wise function applied to the result. */
typedef enum dsci_eltwise {
    DSCI_ELTWISE_NONE = 0,
    DSCI_ELTWISE_RELU,
    DSCI_ELTWISE_LOGISTIC,
    DSCI_ELTWISE_TANH
} dsci_eltwise;

typedef struct dsci_inner_product dsci_inner_product;

typedef struct dsci_inner_product_spec {
    const char *layer; /* for messages */
    dsci_direction direction;
    size_t batch, fan_in, units;
    bool bias;            /* forward: add it; backward weights: compute its gradient */
    dsci_eltwise eltwise; /* forward only */
} dsci_inner_product_spec;

/* Makes the primitive; it dies with the scope. NULL on failure, with oneDNN's status in the scope's error. */
dsci_inner_product *dsci_inner_product_make(dsc_scope *scope, const dsci_inner_product_spec *spec);

/* Bytes of working memory of a run. */
size_t dsci_inner_product_scratch(const dsci_inner_product *product);

/* src (batch, fan_in), weights (fan_in, units), bias (units), dst (batch, units), all row-major fp32; a
   direction uses those that it needs. */
typedef struct dsci_inner_product_operands {
    const float *src, *weights, *bias, *diff_dst;
    float *dst, *diff_src, *diff_weights, *diff_bias;
    void *scratch;
} dsci_inner_product_operands;

/* Runs on the calling thread. Should oneDNN refuse, the result is filled with NaN. */
void dsci_inner_product_run(const dsci_inner_product *product, const dsci_inner_product_operands *operands);

#endif
