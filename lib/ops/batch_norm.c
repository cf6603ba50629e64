/* batch_norm.c - batch normalisation (Ioffe and Szegedy 2015) over the batch and all positions of each
 * channel.
 *
 * In training a shard sums its values and their squares in double; when all have, each shard adds the sums in
 * the order of the shards and maps its own examples. The gradient goes the same way. inputs: x, running mean,
 * running variance, then scale and shift if the layer has them.
 *
 * A batch of one value a channel has no variance: it is normalised by the running values, as outside
 * training, and leaves them as they are.
 */
#include <float.h>
#include <math.h>

#include "ops/ref/ref.h"

enum { X, MEAN, VARIANCE, AFFINE };

static size_t channels_of(const dsci_tensor *x)
{
    return x->shape.dim[x->shape.rank - 1];
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *x = node->in[X];
    if (!dsci_expect_batch(context, node, x))
        return false;
    const dsci_shape channels = { .rank = 1, .dim = { channels_of(x) } };
    const bool scale = node->attributes.batch_norm.scale, shift = node->attributes.batch_norm.shift;
    if (node->input_count != AFFINE + (size_t)scale + (size_t)shift) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected a parameter for each of scale and shift that it has, found %zu",
                       node->name, node->input_count - AFFINE);
        return false;
    }
    for (size_t i = MEAN; i < node->input_count; i++)
        if (node->in[i]->elements != channels_of(x)) {
            char text[128];
            dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                           "layer '%s': expected %zu values in '%s', one for each channel of '%s', found %s",
                           node->name, channels_of(x), node->in[i]->producer->name, x->producer->name,
                           dsci_shape_text(&node->in[i]->shape, text));
            return false;
        }
    const dsci_shape saved = { .rank = 2, .dim = { 2, channels.dim[0] } };
    return dsci_infer_same(context, node) &&
           (!context->training || dsci_node_output(context, node, dsci_master_type(context->real), &saved));
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    const bool scale = node->attributes.batch_norm.scale, shift = node->attributes.batch_norm.shift;
    dsci_tensor *inputs[] = { node->out[0]->diff, node->in[X], node->out[1],
                              scale ? node->in[AFFINE] : NULL };
    const dsci_node *backward =
        dsci_graph_append(graph, &dsci_op_batch_norm_backward, &node->attributes, inputs, scale ? 4 : 3);
    if (!backward)
        return;
    dsci_gradient_add(graph, node->in[X], node->in[X]->needs_gradient ? backward->out[0] : NULL);
    if (scale)
        dsci_gradient_add(graph, node->in[AFFINE], backward->out[1]);
    if (shift)
        dsci_gradient_add(graph, node->in[AFFINE + (scale ? 1 : 0)], backward->out[scale ? 2 : 1]);
}

/* inputs: diff_dst, x, saved mean and inverse deviation, scale; with a fused activation also its output,
 * last. */
static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_shape channels = { .rank = 1, .dim = { channels_of(node->in[1]) } };
    const dsci_type master = dsci_master_type(context->real);
    return dsci_infer_same(context, node) &&
           (!node->attributes.batch_norm.scale || dsci_node_output(context, node, master, &channels)) &&
           (!node->attributes.batch_norm.shift || dsci_node_output(context, node, master, &channels));
}

/* --- Native --- */

static size_t positions_of(const dsci_tensor *x)
{
    return x->elements / channels_of(x);
}

/* The positions of a shard, and the bytes before them. */
static dsci_range shard_positions(const dsci_node *node, const dsci_tensor *x, size_t shard)
{
    dsci_range r = dsci_shard_elements(node, x, shard);
    r.first /= channels_of(x);
    r.count /= channels_of(x);
    return r;
}

static size_t start_of(const dsci_tensor *x, dsci_range positions)
{
    return positions.first * channels_of(x) * dsci_type_size(x->type);
}

static dsc_status book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const size_t channels = channels_of(node->in[node->backward ? 1 : X]);
    booking->scratch_bytes = dsci_shards(node) * 2 * channels * sizeof(double);
    booking->worker_bytes = 2 * channels * sizeof(double) + 3 * channels * sizeof(float);
    booking->finish_parts = dsci_shards(node);
    booking->finish_by_batch = true;
    return dsci_book_shards(scope, node, booking);
}

/* The sums of all shards, in their order, in the workspace. */
static const double *add_shards(const dsci_operands *o, dsci_part part, size_t channels)
{
    double *total = part.workspace;
    const double *sums = o->scratch;
    for (size_t c = 0; c < 2 * channels; c++)
        total[c] = sums[c];
    for (size_t shard = 1; shard < dsci_shards(o->node); shard++)
        for (size_t c = 0; c < 2 * channels; c++)
            total[c] += sums[shard * 2 * channels + c];
    return total;
}

/* Whether x, a batch in training, is normalised by its own mean and variance. */
static bool has_variance(const dsci_tensor *x)
{
    return positions_of(x) > 1;
}

static bool is_training(const dsci_node *node)
{
    return node->output_count > 1;
}

static void run_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_tensor *x = o->node->in[X];
    const size_t channels = channels_of(x);
    if (!is_training(o->node) || !has_variance(x))
        return;
    const dsci_range r = shard_positions(o->node, x, part.index);
    o->kernels->column_moments((double *)o->scratch + part.index * 2 * channels,
                               (const char *)o->in[X] + start_of(x, r), NULL, NULL, r.count, channels,
                               x->type == DSCI_BF16);
}

/* Moves the running values towards the batch's, once a step. */
static void update_running(const dsci_operands *o, size_t c, double mean, double variance, double count)
{
    const double momentum = o->node->attributes.batch_norm.momentum;
    float *running_mean = (float *)o->in[MEAN], *running_variance = (float *)o->in[VARIANCE]; /* state */
    const double unbiased = variance * count / (count - 1);
    running_mean[c] = (float)((1 - momentum) * (double)running_mean[c] + momentum * mean);
    running_variance[c] = (float)((1 - momentum) * (double)running_variance[c] + momentum * unbiased);
}

static void finish_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_node *node = o->node;
    const dsci_tensor *x = node->in[X];
    const size_t channels = channels_of(x);
    const bool scale = node->attributes.batch_norm.scale, shift = node->attributes.batch_norm.shift;
    const float *gamma = scale ? o->in[AFFINE] : NULL, *beta = shift ? o->in[AFFINE + (scale ? 1 : 0)] : NULL;
    const float *running_mean = o->in[MEAN], *running_variance = o->in[VARIANCE];
    const double *sums = is_training(node) && has_variance(x) ? add_shards(o, part, channels) : NULL;
    float *factor = (float *)((double *)part.workspace + 2 * channels), *term = factor + channels;
    float *saved = o->out[1];
    const double count = (double)positions_of(x);
    for (size_t c = 0; c < channels; c++) {
        const double mean = sums ? sums[c] / count : (double)running_mean[c];
        const double square = sums ? sums[channels + c] / count - mean * mean : (double)running_variance[c];
        const double variance = square > 0 ? square : 0;
        const double inverse = 1 / sqrt(variance + node->attributes.batch_norm.epsilon);
        factor[c] = (float)(inverse * (gamma ? (double)gamma[c] : 1));
        term[c] = (float)((beta ? (double)beta[c] : 0) - mean * inverse * (gamma ? (double)gamma[c] : 1));
        if (!is_training(node) || part.index != 0)
            continue;
        saved[c] = (float)mean;
        saved[channels + c] = (float)inverse;
        if (sums)
            update_running(o, c, mean, variance, count);
    }
    const dsci_range r = shard_positions(node, x, part.index);
    o->kernels->affine_columns((char *)o->out[0] + start_of(x, r), (const char *)o->in[X] + start_of(x, r),
                               factor, term, dsci_activation_floor(node->attributes.batch_norm.activation),
                               r.count, channels, x->type == DSCI_BF16);
}

/* The output of the fused activation, whose gradient passes where it is positive; NULL: there is none. */
static const char *mask_of(const dsci_operands *o)
{
    return o->node->attributes.batch_norm.activation == DSC_ACTIVATION_RELU ? o->in[o->node->input_count - 1]
                                                                            : NULL;
}

static void run_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_tensor *x = o->node->in[1];
    const size_t channels = channels_of(x);
    const dsci_range r = shard_positions(o->node, x, part.index);
    const char *mask = mask_of(o);
    o->kernels->column_moments((double *)o->scratch + part.index * 2 * channels,
                               (const char *)o->in[0] + start_of(x, r), mask ? mask + start_of(x, r) : NULL,
                               (const char *)o->in[1] + start_of(x, r), r.count, channels,
                               x->type == DSCI_BF16);
}

/* diff_x = scale inverse (diff - mean diff - x^ mean(diff x^)), x^ the normalised x: affine in diff and in x.
   By the running values, which do not depend on x, it is scale inverse diff. */
static void finish_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_node *node = o->node;
    const dsci_tensor *x = node->in[1];
    const size_t channels = channels_of(x);
    const bool scale = node->attributes.batch_norm.scale, shift = node->attributes.batch_norm.shift;
    const float *saved = o->in[2], *gamma = scale ? o->in[3] : NULL;
    float *diff_scale = scale ? o->out[1] : NULL, *diff_shift = shift ? o->out[scale ? 2 : 1] : NULL;
    const double *sums = add_shards(o, part, channels);
    float *factors = (float *)((double *)part.workspace + 2 * channels);
    const double count = has_variance(x) ? (double)positions_of(x) : INFINITY;
    for (size_t c = 0; c < channels; c++) {
        const double mean = (double)saved[c], inverse = (double)saved[channels + c];
        const double sum = sums[c], product = inverse * (sums[channels + c] - mean * sum);
        const double outer = inverse * (gamma ? (double)gamma[c] : 1),
                     slope = outer * inverse * product / count;
        factors[c] = (float)outer;
        factors[channels + c] = (float)-slope;
        factors[2 * channels + c] = (float)(slope * mean - outer * sum / count);
        if (diff_scale && part.index == 0)
            diff_scale[c] = (float)product;
        if (diff_shift && part.index == 0)
            diff_shift[c] = (float)sum;
    }
    const dsci_range r = shard_positions(node, x, part.index);
    const char *mask = mask_of(o);
    o->kernels->affine_pair_columns(
        (char *)o->out[0] + start_of(x, r), (const char *)o->in[0] + start_of(x, r),
        mask ? mask + start_of(x, r) : NULL, (const char *)o->in[1] + start_of(x, r), factors, r.count,
        channels, x->type == DSCI_BF16);
}

static double flops(const dsci_node *node)
{
    return 5 * (double)node->in[0]->elements;
}

#define NATIVE(real, run_phase, finish_phase)                                                                \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = (real), .book = book, .run = (run_phase),                       \
        .finish = (finish_phase)                                                                             \
    }

static const dsci_field batch_norm_fields[] = {
    { "momentum", DSCI_FIELD_REAL, DSCI_AT(batch_norm.momentum), 0, 0, 1 },
    { "epsilon", DSCI_FIELD_REAL, DSCI_AT(batch_norm.epsilon), 0, 0, DBL_MAX },
    { "scale", DSCI_FIELD_BOOL, DSCI_AT(batch_norm.scale), 0, 0, 1 },
    { "shift", DSCI_FIELD_BOOL, DSCI_AT(batch_norm.shift), 0, 0, 1 },
    { .name = NULL }
};

const dsci_op dsci_op_batch_norm = {
    .name = "batch_norm",
    .id = DSCI_OP_BATCH_NORM,
    .infer = infer,
    .gradient = gradient,
    .flops = flops,
    .schema = { "xsspp", 3, batch_norm_fields },
    .implementations = { NATIVE(DSCI_F32, run_forward, finish_forward),
                         NATIVE(DSCI_BF16, run_forward, finish_forward),
                         DSCI_REF_IMPLEMENTATIONS(batch_norm) },
};

const dsci_op dsci_op_batch_norm_backward = {
    .name = "batch_norm_backward",
    .id = DSCI_OP_BATCH_NORM_BACKWARD,
    .infer = infer_backward,
    .flops = flops,
    .implementations = { NATIVE(DSCI_F32, run_backward, finish_backward),
                         NATIVE(DSCI_BF16, run_backward, finish_backward),
                         DSCI_REF_IMPLEMENTATIONS(batch_norm_backward) },
};
