/* onednn.h - oneDNN's primitives, whatever the generation of its interface. A primitive runs on the calling
 * thread alone, so that its sums do not depend on the number of threads; threads run it side by side, each
 * with a copy of its arguments.
 *
 * Images and vectors are plain everywhere, channels last. Weights and their gradients are in the format that
 * oneDNN prefers; a reorder turns the plain ones into it, or back.
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

enum { DSCI_SPATIAL = 2 }; /* dimensions of space, at most */

typedef struct dsci_primitive dsci_primitive;

/* A convolution, or without dimensions of space an inner product. */
typedef struct dsci_primitive_spec {
    const char *layer; /* for messages */
    dsci_direction direction;
    /* src, weights, dst, diff_src and diff_dst are bf16; bias and gradients of parameters stay fp32. */
    bool bf16;
    bool wide_result;     /* forward: dst is fp32 all the same */
    bool bias;            /* forward: add it; backward weights: compute its gradient */
    dsci_eltwise eltwise; /* forward only */
    size_t batch, in, out;
    size_t groups;       /* 0: 1 */
    size_t weights_row;  /* from one input's plain weights to the next one's; 0: out */
    bool flipped_kernel; /* forward: plain weights are those of the convolution whose input's gradient this
                            is: (kernel, out, in), and every dimension of the kernel is flipped round */
    bool plain_weights;  /* the weights, or their gradient, lie as they do outside of oneDNN */
    size_t spatial;
    struct {
        size_t src, kernel, dst, stride, dilation, pad; /* pad: before the first */
    } space[DSCI_SPATIAL];                              /* outer dimension first */
    const dsci_primitive *like;                         /* weights in the format that this one chose */
    size_t copies;                                      /* of the arguments; 0: 1 */
} dsci_primitive_spec;

/* Whether this machine computes in bf16 at all. */
bool dsci_onednn_has_bf16(void);

/* Whether oneDNN's implementation of that name computes the primitive right: a rule of the name and the
   extents. Others are passed over when a primitive is made. */
bool dsci_onednn_is_right(const char *implementation, const dsci_primitive_spec *spec);

/* Whether oneDNN's implementation of that name may have the stack pointer of its thread point elsewhere: no
   signal's handler may run then, which takes the memory below it. */
bool dsci_onednn_leaves_stack(const char *implementation);

/* Whether oneDNN has only slow implementations of the primitive left on some machine, when those are passed
   over that would compute it wrong. A rule of the extents alone. */
bool dsci_onednn_is_slow(const dsci_primitive_spec *spec);

/* Makes the primitive; it dies with the scope. NULL on failure, with oneDNN's status in the scope's error. */
dsci_primitive *dsci_primitive_make(dsc_scope *scope, const dsci_primitive_spec *spec);

/* Turns plain fp32 weights (kernel, in / groups, out) into the format and type of the primitive, or, if it is
 * one for backward weights, its gradient into plain fp32 weights. Part p of parts does it for some of the
 * output channels, of flipped weights for element p of the kernel, of which there are `parts`; an empty part
 * is NULL without an error. */
dsci_primitive *dsci_reorder_make(dsc_scope *scope, const dsci_primitive *primitive, size_t part,
                                  size_t parts, size_t copies);

/* Whether the primitive's weights can be reordered in that many parts. A format that keeps 48 output channels
 * together, say, cannot be cut after 64. */
bool dsci_reorder_divides(const dsci_primitive *primitive, size_t parts);

/* Bytes of working memory of a run; of the weights, or their gradient, in the format chosen. */
size_t dsci_primitive_scratch_bytes(const dsci_primitive *primitive);
size_t dsci_primitive_weights_bytes(const dsci_primitive *primitive);

/* The format chosen is that of plain fp32 weights. */
bool dsci_primitive_is_plain(const dsci_primitive *primitive);

/* oneDNN's name of what it does: "brgconv:avx512_core". */
const char *dsci_primitive_name(const dsci_primitive *primitive);

/* Names with that of the primitive, "brgconv:avx512_core + jit:avx512_core", unless it is among them. In the
   scope. names NULL: none yet; primitive NULL: nothing is added. */
const char *dsci_primitive_names(dsc_scope *scope, const char *names, const dsci_primitive *primitive);

/* src (batch, space, in), dst (batch, space, out); in backward directions the gradients take the places of
 * what they are gradients of. A reorder goes from src to dst. Nothing is written but the result. */
typedef struct dsci_primitive_operands {
    const void *src, *weights, *bias, *dst;
    void *scratch;
} dsci_primitive_operands;

/* Runs on the calling thread with its copy of the arguments. Should oneDNN refuse, the result is NaN. Signals
   to the thread may have to wait for its end: dsci_onednn_leaves_stack(). */
void dsci_primitive_run(const dsci_primitive *primitive, size_t copy,
                        const dsci_primitive_operands *operands);

#endif
