/* kernels.h - the native kernels: one body, compiled once per instruction-set level, behind one table.
 *
 * Contract. Every kernel gives the same bits at every level. Vectors have 16 lanes at every level; a
 * reduction keeps 16 lane sums and adds them in a written-out tree; an output of a GEMM is one chain of fused
 * multiply-adds over k in increasing order inside blocks of DSCI_GEMM_K_BLOCK, the blocks added in order
 * (gemm.h has the exact definition). That a result is NaN is part of the contract, its payload is not.
 * Kernels cannot fail, allocate nothing, and read and write nothing outside their operands. Callers have
 * entered dsc_float_mode_enter().
 */
#ifndef DESCENT_KERNELS_KERNELS_H
#define DESCENT_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include <descent/activation.h>
#include <descent/cpu.h>
#include <descent/rng.h>

#include "base/sizes.h"
#include "kernels/activation_kinds.h"

enum {
    DSCI_LANES = 16,
    /* Part of the numerics contract: changing it changes every result. */
    DSCI_GEMM_K_BLOCK = 256
};

/* Floats of as many whole vectors as hold n. */
static inline size_t dsci_vector_floats(size_t n)
{
    return dsci_round_up(n, DSCI_LANES);
}

/* bfloat16 (Wang and Kanwar 2019): the sign, the exponent and seven bits of the fraction of a float. */
typedef uint16_t dsci_bf16;

/* The fixed point of Klambauer et al. 2017. */
#define DSCI_SELU_SCALE 1.0507009873554804934193349852946
#define DSCI_SELU_ALPHA 1.6732632423543772848170429916717

/* c = activation(op(a) op(b) + bias), or c += op(a) op(b) if accumulate (then no bias and identity). c
   overlaps no operand. op(a): m x k, op(b): k x n, c: m x n, bias: n or NULL; leading dimensions in elements
   of the stored matrices: a is m x k (k x m if transpose_a), b is k x n (n x k if transpose_b). */
typedef struct dsci_gemm {
    size_t m, n, k;
    const float *a, *b, *bias;
    float *c;
    size_t lda, ldb, ldc;
    int transpose_a, transpose_b, accumulate;
    dsc_activation activation;
    /* Both operands packed once for all parts, by gemm_pack(); floats is NULL if they are not. A part
       starts at (row, column) of the whole problem's c, which has `rows` rows and `columns` columns. */
    struct {
        float *floats;
        size_t rows, columns, row, column;
    } shared;
    float *workspace; /* dsci_gemm_workspace() floats, 64-byte aligned; NULL if that is 0 */
} dsci_gemm;

/* Floats of workspace that a problem needs; depends on the shape only, not on the level. */
size_t dsci_gemm_workspace(const dsci_gemm *problem);

/* The memory that operands take which all parts of a problem share; makes them `floats` (64-byte aligned, not
   yet packed). */
size_t dsci_gemm_shared_floats(const dsci_gemm *problem);
void dsci_gemm_share(dsci_gemm *problem, float *floats);

/* What one call of gemm_pack() packs of such operands: rows first..first + count - 1 of a, or of b, as
   stored. Blocks of k and panels of DSCI_GEMM_PANEL columns of op(b) are whole numbers of pieces, or the
   other way round. */
typedef struct dsci_gemm_piece {
    size_t first, count;
    int of_b;
} dsci_gemm_piece;

/* Coefficients of one step of an update rule; each rule reads those that it needs. What depends on the number
   of the step is computed by the caller in double. Kernels take 1 - beta from the float beta, so that the
   weights of old and new add up to 1. */
typedef struct dsci_rule_step {
    float lr, momentum, beta1, beta2, epsilon, weight_decay;
    float step_size;       /* what multiplies the mean of gradients: lr / (1 - beta1^t), but for NAdam */
    float root_correction; /* 1 / sqrt(1 - beta2^t) */
    float gradient_step;   /* NAdam: what multiplies the gradient itself */
    int nesterov;          /* momentum, velocity */
} dsci_rule_step;

/* w the parameters, g their gradient, a, b, c the rule's memory (n each). */
typedef void dsci_update_fn(float *w, const float *g, float *a, float *b, float *c, size_t n,
                            const dsci_rule_step *step);

/* The pixels of an image (pixels x channels) that a pooling window covers: rows x columns of them, row_step
   pixels from one row to the next, from pixel number `first` on. At least one, and fewer than 2^31 in the
   image. */
typedef struct dsci_pool_window {
    size_t first, rows, columns, row_step, channels;
} dsci_pool_window;

/* One term of a sum over pixels, channel by channel: where the pixel starts, and the element of the kernel.
 */
typedef struct dsci_tap {
    size_t pixel, element;
} dsci_tap;

/* Sums of many pixels over the same taps, in their order from +0, by fused multiply-adds or (fused 0) of
   rounded products: dst = max(floor, sum + bias). dst_row, dst_pixel, src_row and src_pixel are floats from
   one row, or pixel, to the next. Weights and sums over pixels lie in packs: `elements` vectors for each 16
   channels. */
typedef struct dsci_channel_sums {
    float *dst;
    const float *src; /* what taps count from, for the first pixel */
    size_t rows, pixels, channels;
    size_t dst_row, dst_pixel, src_row, src_pixel;
    const dsci_tap *taps;
    size_t tap_count, elements;
    const float *weights, *bias; /* bias: NULL for none, and then no floor */
    float floor;
    int fused;
} dsci_channel_sums;

/* The same for windows of 3 x 3 that move by 1 pixel, or (fused only) by 2, over an image that is
   not padded in memory: before[0] rows and before[1] columns of zeros are thought of before it. Taps are the
   elements of the window in their order. */
typedef struct dsci_channel_windows {
    float *dst; /* its first row */
    const float *src;
    size_t src_rows, src_columns, columns, before[2]; /* columns: of dst */
    size_t first, rows, stride;                       /* rows of dst that are wanted */
    size_t pixel, channels;                           /* floats from a pixel to the next; channels of them */
    const float *weights, *bias;
    float floor;
    int fused;
} dsci_channel_windows;

/* Windows of 3 x 3 that follow each other in a row of dst, `count` from the one at `first` on, by steps of 1
   or 2 pixels over an image that is not padded in memory: `before` columns of zeros, at most 2, are thought
   of before it, and at most 2 after it. row_pixels, keep_pixel and diff_pixel are floats from a pixel to the
   next. Where windows move by 1 and all rows are inside the image, the pixels of the last row that the
   windows meet are copied to `keep`, each in whole vectors. */
typedef struct dsci_window_run {
    const float *rows[3]; /* of the image, from column 0 on; NULL: outside */
    size_t row_pixels[3];
    float *keep; /* NULL: nowhere */
    size_t keep_pixel;
    const float *diff; /* of the first window */
    size_t diff_pixel, first, count, columns, before, stride, channels;
} dsci_window_run;

/* Pixels that follow each other in a row of a convolution's output. Elements of a window lie together in
   runs; the run of the next pixel starts `step` floats further on. dst pixel p (filters) = activation(sum +
   bias), the sum one chain of fused multiply-adds from +0 over run after run, element after element, of
   starts[run][p * step + element] times the next row of the weights (runs * run_length x filters). */
typedef struct dsci_window_sums {
    size_t pixels, filters, runs, run_length, step;
    const float *const *starts;  /* of the first pixel's runs */
    const float *weights, *bias; /* bias: or NULL */
    float *dst;
    size_t ld_weights, ld_dst;
    dsc_activation activation;
} dsci_window_sums;

/* Addresses to prefetch while a kernel computes, since it or the next call reads them soon: at, at + step,
   ..., one with each pixel that is multiplied. */
typedef struct dsci_fetch {
    const float *at; /* NULL: nothing */
    size_t step;
} dsci_fetch;

/* Their gradient in the weights. Elements of a run are `channels` channels of `columns` columns of the
   window: the sums (filters) at run * run_step + column * column_step + channel * channel_step = one such
   chain over the pixels, stretch after stretch, of starts[run * stretches + stretch][offset + p * step +
   element] times the next row of diff; the chain is added to the sums if accumulate. */
enum { DSCI_FETCHES = 4 };
typedef struct dsci_window_products {
    size_t stretches, filters, runs, columns, channels, step;
    const float *const *starts;
    size_t offset;        /* to be added to every start */
    const size_t *counts; /* pixels of each stretch */
    const float *diff;
    float *sums;
    size_t ld_diff, run_step, column_step, channel_step;
    int accumulate;
    dsci_fetch next[DSCI_FETCHES]; /* the first tiles prefetch one of these each */
} dsci_window_products;

/* One step of a recurrent layer for some examples. z (rows, gates * units) comes as sums of products and
   becomes gates: LSTM i f g o, GRU u r o, linear before reset u r o and U h' + b'. Backward takes the gates
   and the gradient h of the new state, and gives dz; sums of products of dz are the caller's. */
typedef enum dsci_gates_phase {
    DSCI_GATES_LSTM =
        0, /* c = f c' + i g, h = o tanh c; peepholes (3, units) add p c' to i and f, p c to o */
    DSCI_GATES_LSTM_BACK,  /* dc: from that of c to that of c' */
    DSCI_GATES_GRU_RESET,  /* u, r; c = r h' if there is a c */
    DSCI_GATES_GRU,        /* o; h = u h' + (1 - u) o */
    DSCI_GATES_GRU_LINEAR, /* the same with o = tanh(z + r (U h' + b')) */
    DSCI_GATES_GRU_BACK,   /* all but r; dh_before = u dh */
    DSCI_GATES_GRU_LINEAR_BACK,
    DSCI_GATES_GRU_RESET_BACK /* dc: gradient of r h'; r's, and dh_before += r dc */
} dsci_gates_phase;

typedef struct dsci_gates_step {
    size_t rows, units, ld_gates, ld_before;
    float *z, *dz;                 /* ld_gates */
    const float *before;           /* h' (ld_before) */
    float *h, *c, *dc, *dh_before; /* (rows, units) */
    const float *c_before, *peephole;
} dsci_gates_step;

/* Losses of labels, a row of scores each. Kind: 0 cross-entropy of softmax, 1 of log-probabilities, 2 hinge.
   weights (one a class, sum `mass`) may be NULL: ones. */
typedef struct dsci_label_terms {
    int kind;
    const float *weights;
    double mass, smoothing;
    int32_t ignore; /* the label of rows that count for nothing; -1: none */
} dsci_label_terms;

/* Losses of real targets. Files hold the numbers: never renumber. */
typedef enum dsci_target_kind {
    DSCI_TARGET_SQUARED = 0,
    DSCI_TARGET_ABSOLUTE,
    DSCI_TARGET_HUBER,
    DSCI_TARGET_BINARY,
    DSCI_TARGET_KL
} dsci_target_kind;

/* Targets are keep t + floor; weights are of binary targets 0 and 1. */
typedef struct dsci_target_terms {
    dsci_target_kind kind;
    float delta, keep, floor, weights[2];
} dsci_target_terms;

/* An element of a matrix that is factored: what the product of its two rows should be, and what the square of
   the difference weighs. */
typedef struct dsci_pair_target {
    uint32_t row, column;
    float target, weight;
} dsci_pair_target;

/* Sums of the same rows, which lie anywhere, with factors of their own: dst[i] = src[i] (0 if src is NULL) +
   factors[i sum_step] rows[0] + factors[i sum_step + row_step] rows[1] + ..., each a fused multiply-add.
   dst[i] may be src[i], but overlaps no other operand. */
typedef struct dsci_row_sums {
    float *const *dst;
    const float *const *src;
    size_t count;
    const float *factors;
    size_t sum_step, row_step;
    const float *const *rows;
    size_t rows_count, width; /* a multiple of 16 */
} dsci_row_sums;

/* Both factors hold a row of 2 width floats for each row, or column, of the matrix: a vector, then the sum of
   the squares of each element's steps (AdaGrad); an infinite sum keeps its element as it is. width is a
   multiple of 16. */
typedef struct dsci_pair_factors {
    float *rows, *columns;
    size_t width;
    double rate;
} dsci_pair_factors;

/* dst = a, dst = s a, dst = a + b, dst = a + s b. */
typedef enum dsci_stream_kind {
    DSCI_STREAM_COPY = 0,
    DSCI_STREAM_SCALE,
    DSCI_STREAM_ADD,
    DSCI_STREAM_TRIAD
} dsci_stream_kind;

/* What two operands make, element by element: greater gives 1 where a > b, else 0. */
typedef enum dsci_binary {
    DSCI_BINARY_ADD = 0,
    DSCI_BINARY_SUBTRACT,
    DSCI_BINARY_MULTIPLY,
    DSCI_BINARY_DIVIDE,
    DSCI_BINARY_MAXIMUM,
    DSCI_BINARY_MINIMUM,
    DSCI_BINARY_GREATER
} dsci_binary;

/* Functions of one value, the last two with parameters: x^a, x brought into a..b. Files hold the numbers:
   never renumber. */
typedef enum dsci_function {
    DSCI_FUNCTION_EXP = 0,
    DSCI_FUNCTION_LOG,
    DSCI_FUNCTION_SQRT,
    DSCI_FUNCTION_ABSOLUTE,
    DSCI_FUNCTION_POWER,
    DSCI_FUNCTION_CLAMP
} dsci_function;

/* Files hold the numbers: never renumber. */
typedef enum dsci_reduction { DSCI_REDUCE_SUM = 0, DSCI_REDUCE_MEAN, DSCI_REDUCE_MAX } dsci_reduction;

typedef struct dsci_kernels {
    dsc_isa isa;

    void (*gemm)(const dsci_gemm *problem);
    void (*gemm_pack)(const dsci_gemm *problem, dsci_gemm_piece piece);

    /* dst (cols) = sum over rows of src (rows x cols, leading dimension ld), rows in increasing order. */
    void (*column_sums)(float *dst, const float *src, size_t rows, size_t cols, size_t ld);

    /* Sums in double over 16 lanes and a fixed tree. */
    double (*sum)(const float *x, size_t n);
    double (*dot)(const float *x, const float *y, size_t n);

    /* dst = activation(src); diff_src = diff_dst * activation'(.), written in terms of the output where
       dsci_activation_by_output(kind), else of the input: `at`. alpha is that of the kinds that have one. In
       place (dst == src, diff_src == diff_dst) is allowed. */
    void (*activation_forward)(dsc_activation kind, float alpha, float *dst, const float *src, size_t n);
    void (*activation_backward)(dsc_activation kind, float alpha, float *diff_src, const float *diff_dst,
                                const float *at, size_t n);

    /* Rows of softmax probabilities; in place is allowed. */
    void (*softmax)(float *dst, const float *src, size_t rows, size_t cols);
    /* diff_src = dst (diff_dst - sum diff_dst dst), row by row; in place is allowed. */
    void (*softmax_backward)(float *diff_src, const float *diff_dst, const float *dst, size_t rows,
                             size_t cols);
    /* Logarithms of softmax, and diff_src = diff_dst - exp(dst) sum diff_dst. */
    void (*log_softmax)(float *dst, const float *src, size_t rows, size_t cols);
    void (*log_softmax_backward)(float *diff_src, const float *diff_dst, const float *dst, size_t rows,
                                 size_t cols);

    /* Rows brought to mean 0 and variance 1 (biased), then scaled and shifted column by column if scale_by
       and shift_by are not NULL. saved (3 x rows, may be NULL) is for the gradient, which also sums, in
       double and row after row, diff_dst times the normalised values and diff_dst itself (sums: 2 x cols). */
    void (*layer_norm)(float *dst, float *saved, const float *src, const float *scale_by,
                       const float *shift_by, double epsilon, size_t rows, size_t cols);
    void (*layer_norm_backward)(float *diff_src, double *sums, const float *diff_dst, const float *src,
                                const float *saved, const float *scale_by, size_t rows, size_t cols);

    /* Mean cross-entropy of softmax(logits) against labels in 0..classes-1, in double. diff_logits (may be
       NULL) = scale * (softmax - one_hot), in place if that is logits; the caller passes scale = 1 / rows for
       the mean. 0 for no rows. */
    double (*softmax_cross_entropy)(float *diff_logits, const float *logits, const int32_t *labels,
                                    size_t rows, size_t classes, float scale);

    /* Sum of (src - target)^2 in double; diff_src (may be NULL) = scale * (src - target). Targets that are
       NaN count for nothing: *masked of them. */
    double (*squared_error)(float *diff_src, const float *src, const float *target, size_t n, float scale,
                            size_t *masked);

    /* The sum of the losses of rows, and in *weight that of what they weigh; diff (may be NULL) = the sum's
       gradient. One row after the other, in double. */
    double (*label_loss)(float *diff, const float *scores, const int32_t *labels, size_t rows, size_t classes,
                         const dsci_label_terms *terms, double *weight);

    /* The same of elements in 16 lanes; targets that are NaN count for nothing. *weight of KL is the number
       of rows of `columns` with a target that counts. */
    double (*target_loss)(float *diff, const float *src, const float *target, size_t n, size_t columns,
                          const dsci_target_terms *terms, double *weight);

    /* How many rows have their largest entry (the first of equals) at another column than labels says; a row
       with a NaN counts. */
    size_t (*count_errors)(const float *scores, const int32_t *labels, size_t rows, size_t classes);

    /* The rules of <descent/optimizer.h> over flat vectors; weight_decay w is added to g first. Memory that a
       rule has not is NULL. momentum: a is the velocity; velocity: the same with the rate inside (Sutskever
       et al.). adam: a averages gradients, b their squares; amsgrad: c is the largest b; adamax: b is the
       largest size; nadam: as adam. adagrad: a sums squares. rmsprop: a averages squares, b (NULL: not
       centered) gradients, c (NULL: none) is the velocity. adadelta: a, b average squares of gradients and
       steps. rprop: a is the last gradient, b the step of each weight. delta_bar_delta: a averages gradients,
       b holds the gains, c (NULL: none) the velocity. */
    dsci_update_fn *sgd, *momentum, *velocity, *adam, *adagrad, *rmsprop, *adadelta, *amsgrad, *adamax,
        *nadam, *rprop, *delta_bar_delta;

    /* g = scale clip(g) + l1 sign(w), sign(0) = 0, clip to -most..most (INFINITY: as it is); NaN stays NaN.
     */
    void (*shape_gradient)(float *g, const float *w, size_t n, float scale, float most, float l1);

    /* Columns of w (rows x cols, leading dimension ld) whose Euclidean norm is above norm are multiplied by
       what brings them back to it. Squares are added in double, rows in increasing order. */
    void (*bound_columns)(float *w, size_t rows, size_t cols, size_t ld, double norm);

    /* dst = a + b, a b, alpha src, element by element; in place is allowed. half: of bfloat16. */
    void (*add)(void *dst, const void *a, const void *b, size_t n, int half);
    void (*multiply)(float *dst, const float *a, const float *b, size_t n);
    void (*scale)(float *dst, const float *src, size_t n, float alpha);

    /* For normalisation, over matrices (rows x cols) of float, or half: of bfloat16. sums (2 x cols, in
       double) = those of a's columns and of a's and b's products (b NULL: squares), row after row in blocks
       of 32, the blocks in order; a counts only where mask > 0, if there is a mask. */
    void (*column_moments)(double *sums, const void *a, const void *mask, const void *b, size_t rows,
                           size_t cols, int half);
    /* dst = max(floor, src factor + term), a factor and a term for each column; in place is allowed. */
    void (*affine_columns)(void *dst, const void *src, const float *factor, const float *term, float floor,
                           size_t rows, size_t cols, int half);
    /* dst = a factors[0] + (b factors[1] + factors[2]), factors 3 x cols; a as in column_moments(). */
    void (*affine_pair_columns)(void *dst, const void *a, const void *mask, const void *b,
                                const float *factors, size_t rows, size_t cols, int half);

    /* To bfloat16, rounded to nearest with ties to even, and back. */
    void (*to_bf16)(dsci_bf16 *dst, const float *src, size_t n);
    void (*from_bf16)(float *dst, const dsci_bf16 *src, size_t n);

    /* Inverted dropout: dst = src * (keep ? 1 / (1 - rate) : 0). Element i keeps if word i % 4 of Philox
       block (major, first_block + i / 4) is at least threshold = round(rate 2^32). Backward is the same call
       on diff_dst with the same position. */
    void (*dropout)(float *dst, const float *src, size_t n, uint32_t threshold, float inverse_keep,
                    dsc_rng rng, uint32_t major, uint64_t first_block);
    /* The same elements are kept: dst = src scale_by + shift_by, and `dropped` elsewhere. */
    void (*alpha_dropout)(float *dst, const float *src, size_t n, uint32_t threshold, float scale_by,
                          float shift_by, float dropped, dsc_rng rng, uint32_t major, uint64_t first_block);

    /* Independent chains of fused multiply-adds in registers, for the rate of the machine: `rounds` rounds
       of fused_chain_flops operations each. */
    double (*fused_chains)(size_t rounds);
    double fused_chain_flops;
    double (*fused_chains_f64)(size_t rounds);
    double fused_chain_f64_flops;

    /* The four loops of STREAM (McCalpin 1995) over n floats, a multiple of the lanes. */
    void (*stream)(dsci_stream_kind kind, float *dst, const float *a, const float *b, size_t n);

    /* dst (channels) = the largest of the window's pixels, NaN if one is; positions (channels; may be NULL) =
       the number of that pixel in the image, the first of equals. */
    void (*max_pool)(float *dst, int32_t *positions, const float *image, const dsci_pool_window *window);

    /* dst (channels) = the sum of the window's pixels, row after row from +0, divided by divisor; and its
       gradient: every pixel of the window += diff_dst / divisor. */
    void (*average_pool)(float *dst, const float *image, const dsci_pool_window *window, float divisor);
    void (*average_pool_backward)(float *diff_image, const float *diff_dst, const dsci_pool_window *window,
                                  float divisor);

    /* dst = src, and dst += src, row after row: rows of cols floats, with leading dimensions. Rows of dst may
       overlap where they are added to. */
    void (*copy_rows)(float *dst, size_t ld_dst, const float *src, size_t ld_src, size_t rows, size_t cols);
    void (*add_rows)(float *dst, size_t ld_dst, const float *src, size_t ld_src, size_t rows, size_t cols);

    /* Convolution of each channel by itself. */
    void (*channel_sums)(const dsci_channel_sums *sums);
    void (*channel_windows)(const dsci_channel_windows *windows);
    /* The gradient in the weights: the pack of sums at each tap's element = fma(src, diff, sums), for pixels
       of one row after the other. dst and all weights and bias are unused. */
    void (*channel_products)(float *sums, const float *diff, const dsci_channel_sums *pixels);
    /* The same of windows of 3 x 3; and bias += diff, pixel after pixel, in whole vectors of channels. */
    void (*channel_window_products)(float *sums, float *bias, const dsci_window_run *run);

    void (*window_sums)(const dsci_window_sums *w);
    void (*window_products)(const dsci_window_products *w);

    void (*gates)(dsci_gates_phase phase, const dsci_gates_step *step);

    /* Gathers rows: dst row i = src row index[i]; cols floats each. */
    void (*gather_rows)(float *dst, const float *src, const uint32_t *index, size_t rows, size_t cols);

    /* One element after the other: d = row . column - target, in 16 lanes and a tree; of each element x of
       one row, whose sum of squares is s, the gradient g = rate weight d y with y that of the other row
       before the step, x -= g / sqrt(s), s += g^2. Returns the sum of weight d^2 / 2. */
    double (*pair_factors)(const dsci_pair_factors *factors, const dsci_pair_target *pairs, size_t n);

    /* dst[i n + r] = the dot product of x[i] and rows[r], i < m, r < n: sums of 16 lanes over the vectors in
       order, then a tree that folds the upper half of the lanes onto the lower. width is a multiple of 16. */
    void (*dot_rows)(float *dst, const float *const *x, size_t m, const float *const *rows, size_t n,
                     size_t width);
    void (*combine_rows)(const dsci_row_sums *sums);
    /* What copies of a row were changed by is added to it: dst += factor ((copies[0] - dst) + (copies[1] -
       dst) + ...), the sum from zero in this order, then a fused multiply-add. dst is none of the copies. */
    void (*add_differences)(float *dst, const float *const *copies, size_t n, float factor, size_t width);
    /* Gradients of n scores. pairs[i] pairs of a source and an output have the score scores[i], and
       positives[i] of them the label 1, the others 0; the probability of 1 is the score's sigmoid: gradients
       = rate (positives - pairs probability). Scores beyond +-limit have probability 1 and 0, or no gradient
       if skip (the rules of word2vec for negative sampling and for hierarchical softmax). Returns the sum of
       the negative log-likelihoods, in 16 lanes of doubles. */
    double (*pair_gradients)(float *gradients, const float *scores, const float *positives,
                             const float *pairs, size_t n, float rate, float limit, int skip);

    /* dst[i] = a[i a_step] kind b[i b_step], steps 0 or 1; in place is allowed. A maximum or minimum with NaN
       is NaN, nothing is greater than NaN. */
    void (*binary)(dsci_binary kind, float *dst, const float *a, size_t a_step, const float *b, size_t b_step,
                   size_t n);

    /* dst = function(src); dst = diff_dst times its derivative at src, where its value is `at`. In place is
       allowed. Logarithms and powers are computed in double: within one unit in the last place. */
    void (*function)(dsci_function kind, float a, float b, float *dst, const float *src, size_t n);
    void (*function_backward)(dsci_function kind, float a, float b, float *dst, const float *diff_dst,
                              const float *src, const float *at, size_t n);

    /* The sum, mean or maximum of each row, in 16 lanes and a fixed tree, and of each column, rows in
       increasing order (leading dimension ld). Sums are in double, maxima with NaN are NaN. */
    void (*reduce_rows)(dsci_reduction kind, float *dst, const float *src, size_t rows, size_t cols);
    void (*reduce_columns)(dsci_reduction kind, float *dst, const float *src, size_t rows, size_t cols,
                           size_t ld);
} dsci_kernels;

/* The table of a level; a level above dsc_isa_detected() gives NULL. DSC_ISA_AUTO: of dsc_isa_effective(). */
const dsci_kernels *dsci_kernels_for(dsc_isa isa);

#endif
