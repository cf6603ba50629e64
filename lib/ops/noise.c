/* noise.c - dropout of whole channels, by normal factors, and for SELU; additive noise. All of it is drawn by
 * counter: backward draws the same again.
 */
#include "ops/noise.h"

#include <math.h>

#include "base/random.h"
#include "ops/dropout.h"
#include "ops/ref/ref.h"

enum { LAYER_SHIFT = 41 }; /* as in dropout.c: two normals a block */

static dsci_draw draw_of(const dsci_operands *o, size_t first, double mean, double deviation)
{
    return (dsci_draw){ .rng = dsc_rng_make(o->seed, DSC_STREAM_NOISE),
                        .major = *o->step,
                        .first = ((uint64_t)o->node->index << LAYER_SHIFT) + first,
                        .offset = mean,
                        .factor = deviation };
}

void dsci_noise_normals(const dsci_operands *o, size_t first, size_t count, double *dst)
{
    const dsci_draw draw = draw_of(o, first, -0.0, 1);
    dsci_random_for(o->kernels->isa)->normal(dst, count, &draw);
}

double dsci_noise_factor_deviation(double rate)
{
    return sqrt(rate / (1 - rate));
}

/* Dropped elements take the value of SELU far on the left; then x is scaled and shifted so that mean 0 and
   variance 1 stay what they are (Klambauer et al. 2017, section "alpha dropout"). */
dsci_alpha_dropout dsci_alpha_dropout_of(double rate)
{
    const double low = -DSCI_SELU_SCALE * DSCI_SELU_ALPHA, keep = 1 - rate;
    const double scale = 1 / sqrt(keep + low * low * keep * rate), shift = -scale * rate * low;
    return (dsci_alpha_dropout){ .scale = scale, .shift = shift, .dropped = scale * low + shift };
}

static bool infer_dropout(const dsci_context *context, dsci_node *node)
{
    return dsci_expect_rate(context, node) && dsci_expect_batch(context, node, node->in[0]) &&
           dsci_infer_same(context, node);
}

/* Backward is linear in the gradient and redraws the same numbers. */
static void gradient_by(const dsci_op *op, dsci_graph *graph, dsci_node *node)
{
    const dsci_node *backward =
        dsci_graph_append(graph, op, &node->attributes, (dsci_tensor *[]){ node->out[0]->diff }, 1);
    dsci_gradient_add(graph, node->in[0], backward ? backward->out[0] : NULL);
}

/* --- Channel dropout --- */

/* A channel's factor is drawn once for the positions of an example that are in the piece. */
static void drop_channels(const dsci_operands *o, float *dst, const float *src, size_t first, size_t count)
{
    const dsci_dropout mask = dsci_dropout_of(o);
    const dsci_shape *shape = &o->node->out[0]->shape;
    const size_t channels = shape->dim[shape->rank - 1], cols = dsci_tensor_cols(o->node->out[0]);
    float factor[DSCI_PIECE];
    size_t example = first / cols, within = first % cols, channel = within % channels;
    for (size_t i = 0; i < count; i++) {
        if (i >= channels && within >= channels)
            factor[i] = factor[i - channels];
        else
            factor[i] =
                dsci_dropout_keeps(&mask, example * channels + channel) ? (float)mask.inverse_keep : 0;
        if (++channel == channels)
            channel = 0;
        if (++within == cols) {
            within = 0;
            example++;
        }
    }
    o->kernels->multiply(dst, src, factor, count);
}
DSCI_PIECES(run_channels, drop_channels)

static void channel_gradient(dsci_graph *graph, dsci_node *node)
{
    gradient_by(&dsci_op_channel_dropout, graph, node);
}

const dsci_op dsci_op_channel_dropout = {
    .name = "channel_dropout",
    .id = DSCI_OP_CHANNEL_DROPOUT,
    .training_only = true,
    .infer = infer_dropout,
    .gradient = channel_gradient,
    .flops = dsci_flops_elementwise,
    .schema = { "x", 1, dsci_dropout_fields },
    .implementations = { DSCI_PIECES_IMPLEMENTATIONS(run_channels),
                         DSCI_REF_IMPLEMENTATIONS(channel_dropout) },
};

/* --- Gaussian dropout and noise --- */

/* mean + deviation times a standard normal for each element. */
static void draw_normals(const dsci_operands *o, double mean, double deviation, float *dst, size_t first,
                         size_t count)
{
    const dsci_draw draw = draw_of(o, first, mean, deviation);
    dsci_random_for(o->kernels->isa)->normal_f32(dst, count, &draw);
}

static void multiply_normals(const dsci_operands *o, float *dst, const float *src, size_t first, size_t count)
{
    _Alignas(64) float factor[DSCI_PIECE];
    draw_normals(o, 1, dsci_noise_factor_deviation(o->node->attributes.rate), factor, first, count);
    o->kernels->multiply(dst, src, factor, count);
}
DSCI_PIECES(run_gaussian, multiply_normals)

static void gaussian_gradient(dsci_graph *graph, dsci_node *node)
{
    gradient_by(&dsci_op_gaussian_dropout, graph, node);
}

const dsci_op dsci_op_gaussian_dropout = {
    .name = "gaussian_dropout",
    .id = DSCI_OP_GAUSSIAN_DROPOUT,
    .training_only = true,
    .infer = infer_dropout,
    .gradient = gaussian_gradient,
    .flops = dsci_flops_elementwise,
    .schema = { "x", 1, dsci_dropout_fields },
    .implementations = { DSCI_PIECES_IMPLEMENTATIONS(run_gaussian),
                         DSCI_REF_IMPLEMENTATIONS(gaussian_dropout) },
};

static bool infer_noise(const dsci_context *context, dsci_node *node)
{
    const double deviation = node->attributes.deviation;
    if (!(deviation >= 0 && deviation <= 0x1p40)) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected a deviation of 0 to 2^40, found %g", node->name, deviation);
        return false;
    }
    return dsci_expect_batch(context, node, node->in[0]) && dsci_infer_same(context, node);
}

static void add_normals(const dsci_operands *o, float *dst, const float *src, size_t first, size_t count)
{
    _Alignas(64) float term[DSCI_PIECE];
    draw_normals(o, 0, o->node->attributes.deviation, term, first, count);
    o->kernels->add(dst, src, term, count, false);
}
DSCI_PIECES(run_noise, add_normals)

static void noise_gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_gradient_add(graph, node->in[0], node->out[0]->diff);
}

static const dsci_field noise_fields[] = { { "deviation", DSCI_FIELD_REAL, DSCI_AT(deviation), 0, 0, 0x1p40 },
                                           { .name = NULL } };

const dsci_op dsci_op_gaussian_noise = {
    .name = "gaussian_noise",
    .id = DSCI_OP_GAUSSIAN_NOISE,
    .training_only = true,
    .infer = infer_noise,
    .gradient = noise_gradient,
    .flops = dsci_flops_elementwise,
    .schema = { "x", 1, noise_fields },
    .implementations = { DSCI_PIECES_IMPLEMENTATIONS(run_noise), DSCI_REF_IMPLEMENTATIONS(gaussian_noise) },
};

/* --- Alpha dropout --- */

/* The kernel starts at a whole block of random words, a shard may start inside one. */
static void drop_alpha(const dsci_operands *o, float *dst, const float *src, size_t first, size_t count)
{
    const dsci_dropout mask = dsci_dropout_of(o);
    const dsci_alpha_dropout alpha = dsci_alpha_dropout_of(o->node->attributes.rate);
    const float scale = (float)alpha.scale, shift = (float)alpha.shift, dropped = (float)alpha.dropped;
    size_t head = 0;
    for (; head < count && (first + head) % 4 != 0; head++)
        dst[head] = dsci_dropout_keeps(&mask, first + head) ? src[head] * scale + shift : dropped;
    o->kernels->alpha_dropout(dst + head, src + head, count - head, mask.threshold, scale, shift, dropped,
                              mask.rng, mask.major, mask.first_block + (first + head) / 4);
}
DSCI_PIECES(run_alpha, drop_alpha)

static void drop_alpha_backward(const dsci_operands *o, float *dst, const float *src, size_t first,
                                size_t count)
{
    const dsci_dropout mask = dsci_dropout_of(o);
    const float scale = (float)dsci_alpha_dropout_of(o->node->attributes.rate).scale;
    dsci_dropout_range(o, &mask, scale, dst, src, first, count);
}
DSCI_PIECES(run_alpha_backward, drop_alpha_backward)

static void alpha_gradient(dsci_graph *graph, dsci_node *node)
{
    gradient_by(&dsci_op_alpha_dropout_backward, graph, node);
}

const dsci_op dsci_op_alpha_dropout = {
    .name = "alpha_dropout",
    .id = DSCI_OP_ALPHA_DROPOUT,
    .training_only = true,
    .infer = infer_dropout,
    .gradient = alpha_gradient,
    .flops = dsci_flops_elementwise,
    .schema = { "x", 1, dsci_dropout_fields },
    .implementations = { DSCI_PIECES_IMPLEMENTATIONS(run_alpha), DSCI_REF_IMPLEMENTATIONS(alpha_dropout) },
};

const dsci_op dsci_op_alpha_dropout_backward = {
    .name = "alpha_dropout_backward",
    .id = DSCI_OP_ALPHA_DROPOUT_BACKWARD,
    .infer = infer_dropout,
    .flops = dsci_flops_elementwise,
    .implementations = { DSCI_PIECES_IMPLEMENTATIONS(run_alpha_backward),
                         DSCI_REF_IMPLEMENTATIONS(alpha_dropout_backward) },
};
