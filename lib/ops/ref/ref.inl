/* ref.inl - the definition of every op over REAL; included once a type by ref.c. Functions of one argument
 * are evaluated in double and rounded, so that float differs from double by rounding alone. */

static REAL LOCAL(activate)(dsc_activation kind, double alpha, REAL x)
{
    return dsci_ref_activation_is_exact(kind) ? (x <= 0 && kind != DSC_ACTIVATION_LINEAR ? 0 : x)
                                              : (REAL)dsci_ref_activate(kind, alpha, (double)x);
}

/* The derivative: of the output in terms of which it can be written, else of the input. */
static REAL LOCAL(slope)(dsc_activation kind, double alpha, REAL at)
{
    switch (kind) {
    case DSC_ACTIVATION_LINEAR: return 1;
    case DSC_ACTIVATION_RELU: return at > 0 ? 1 : 0;
    case DSC_ACTIVATION_SIGMOID: return at * (1 - at);
    case DSC_ACTIVATION_TANH: return 1 - at * at;
    case DSC_ACTIVATION_LEAKY_RELU: return at > 0 ? 1 : (REAL)alpha;
    case DSC_ACTIVATION_ELU: return at > 0 ? 1 : at + (REAL)alpha;
    case DSC_ACTIVATION_SELU:
        return at > 0 ? (REAL)DSCI_SELU_SCALE : at + (REAL)(DSCI_SELU_SCALE * DSCI_SELU_ALPHA);
    case DSC_ACTIVATION_GELU:
    case DSC_ACTIVATION_GELU_TANH:
    case DSC_ACTIVATION_SWISH:
    case DSC_ACTIVATION_MISH:
    case DSC_ACTIVATION_SOFTPLUS:
    case DSC_ACTIVATION_HARD_SIGMOID: return (REAL)dsci_ref_slope(kind, (double)at);
    case DSC_ACTIVATION_STEP:
    case DSC_ACTIVATION_COUNT: break;
    }
    return 0;
}

/* dst (batch, units) = activation(src (batch, fan_in) weights (fan_in, units) + bias (units)). */
void NAME(dense)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0], *weights = o->in[1], *bias = o->in[2];
    REAL *dst = o->out[0];
    const dsci_dense_extents e = dsci_dense_extents_of(o->node);
    const size_t batch = e.batch, fan_in = e.fan_in, units = e.units;
    for (size_t b = 0; b < batch; b++)
        for (size_t u = 0; u < units; u++) {
            REAL sum = bias ? bias[u] : 0;
            for (size_t i = 0; i < fan_in; i++)
                sum += src[b * fan_in + i] * weights[i * units + u];
            dst[b * units + u] = LOCAL(activate)(o->node->attributes.dense.activation, 0, sum);
        }
}

/* diff_src (batch, fan_in) = diff_dst (batch, units) weights^T. */
void NAME(dense_backward_data)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0], *weights = o->in[1];
    REAL *diff_src = o->out[0];
    const dsci_dense_extents e = dsci_dense_extents_of(o->node);
    const size_t batch = e.batch, fan_in = e.fan_in, units = e.units;
    for (size_t b = 0; b < batch; b++)
        for (size_t i = 0; i < fan_in; i++) {
            REAL sum = 0;
            for (size_t u = 0; u < units; u++)
                sum += diff_dst[b * units + u] * weights[i * units + u];
            diff_src[b * fan_in + i] = sum;
        }
}

/* diff_weights (fan_in, units) = src^T diff_dst; diff_bias (units) = the column sums of diff_dst. */
void NAME(dense_backward_weights)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0], *diff_dst = o->in[1];
    REAL *diff_weights = o->out[0], *diff_bias = o->out[1];
    const dsci_dense_extents e = dsci_dense_extents_of(o->node);
    const size_t batch = e.batch, fan_in = e.fan_in, units = e.units;
    for (size_t i = 0; i < fan_in; i++)
        for (size_t u = 0; u < units; u++) {
            REAL sum = 0;
            for (size_t b = 0; b < batch; b++)
                sum += src[b * fan_in + i] * diff_dst[b * units + u];
            diff_weights[i * units + u] = sum;
        }
    for (size_t u = 0; diff_bias && u < units; u++) {
        REAL sum = 0;
        for (size_t b = 0; b < batch; b++)
            sum += diff_dst[b * units + u];
        diff_bias[u] = sum;
    }
}

void NAME(activation)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        dst[i] = LOCAL(activate)(o->node->attributes.activation.kind, o->node->attributes.activation.alpha,
                                 src[i]);
}

/* diff_src = diff_dst activation'(src), by the output or the input. */
void NAME(activation_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0], *at = o->in[1];
    REAL *diff_src = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = diff_dst[i] * LOCAL(slope)(o->node->attributes.activation.kind,
                                                 o->node->attributes.activation.alpha, at[i]);
}

/* Keeps an element, scaled by 1 / (1 - rate), if its random word is at least rate 2^32. */
void NAME(dropout)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    const dsci_dropout mask = dsci_dropout_of(o);
    uint32_t words[4];
    for (size_t i = 0; i < o->node->out[0]->elements; i++) {
        if (i % 4 == 0)
            dsc_rng_block(mask.rng, mask.major, mask.first_block + i / 4, words);
        dst[i] = words[i % 4] >= mask.threshold ? src[i] * (REAL)mask.inverse_keep : 0;
    }
}

/* diff_src = the sum of diff_dst over the examples. */
void NAME(batched_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0];
    REAL *diff_src = o->out[0];
    const size_t n = o->node->out[0]->elements;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t row = 0; row < o->node->batch; row++)
            sum += (double)diff_dst[row * n + i];
        diff_src[i] = (REAL)sum;
    }
}

void NAME(scale)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        dst[i] = (REAL)o->node->attributes.factor * src[i];
}

/* dst = scale (x - mean) / sqrt(variance + epsilon) + shift, for each channel: by the batch's mean and biased
 * variance in training, which also move the running ones (with the unbiased variance), else by those. */
void NAME(batch_norm)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_tensor *x = o->node->in[0];
    const size_t channels = x->shape.dim[x->shape.rank - 1], rows = x->elements / channels;
    const bool training = o->node->output_count > 1, scale = o->node->attributes.batch_norm.scale;
    const bool by_batch = training && rows > 1;
    const REAL *src = o->in[0], *gamma = scale ? o->in[3] : NULL;
    const REAL *beta = o->node->attributes.batch_norm.shift ? o->in[scale ? 4 : 3] : NULL;
    REAL *dst = o->out[0], *saved = o->out[1];
    REAL *running_mean = (REAL *)o->in[1], *running_variance = (REAL *)o->in[2]; /* state */
    const double momentum = o->node->attributes.batch_norm.momentum;
    for (size_t c = 0; c < channels; c++) {
        double mean = 0, variance = 0;
        for (size_t r = 0; r < rows; r++)
            mean += (double)src[r * channels + c] / (double)rows;
        for (size_t r = 0; r < rows; r++)
            variance += ((double)src[r * channels + c] - mean) * ((double)src[r * channels + c] - mean) /
                        (double)rows;
        if (by_batch) {
            const double unbiased = variance * (double)rows / (double)(rows - 1);
            running_mean[c] = (REAL)((1 - momentum) * (double)running_mean[c] + momentum * mean);
            running_variance[c] = (REAL)((1 - momentum) * (double)running_variance[c] + momentum * unbiased);
        } else {
            mean = (double)running_mean[c];
            variance = (double)running_variance[c];
        }
        const double inverse = 1 / sqrt(variance + o->node->attributes.batch_norm.epsilon);
        for (size_t r = 0; r < rows; r++) {
            const double normal = ((double)src[r * channels + c] - mean) * inverse;
            dst[r * channels + c] = LOCAL(activate)(
                o->node->attributes.batch_norm.activation, 0,
                (REAL)(normal * (gamma ? (double)gamma[c] : 1) + (beta ? (double)beta[c] : 0)));
        }
        if (training) {
            saved[c] = (REAL)mean;
            saved[channels + c] = (REAL)inverse;
        }
    }
}

void NAME(batch_norm_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_tensor *x = o->node->in[1];
    const size_t channels = x->shape.dim[x->shape.rank - 1], rows = x->elements / channels;
    const bool scale = o->node->attributes.batch_norm.scale, shift = o->node->attributes.batch_norm.shift;
    const bool masked = o->node->attributes.batch_norm.activation == DSC_ACTIVATION_RELU;
    const REAL *diff = o->in[0], *src = o->in[1], *saved = o->in[2], *gamma = scale ? o->in[3] : NULL;
    const REAL *mask = masked ? o->in[o->node->input_count - 1] : NULL;
    REAL *diff_src = o->out[0];
    const double count = rows > 1 ? (double)rows : INFINITY; /* the running values do not depend on src */
    for (size_t c = 0; c < channels; c++) {
        const double mean = (double)saved[c], inverse = (double)saved[channels + c];
        double sum = 0, product = 0;
        for (size_t i = c; i < rows * channels; i += channels) {
            const double d = mask && mask[i] <= 0 ? 0 : (double)diff[i];
            sum += d;
            product += d * ((double)src[i] - mean) * inverse;
        }
        for (size_t i = c; i < rows * channels; i += channels) {
            const double d = mask && mask[i] <= 0 ? 0 : (double)diff[i];
            const double normal = ((double)src[i] - mean) * inverse;
            diff_src[i] = (REAL)((gamma ? (double)gamma[c] : 1) * inverse *
                                 (d - sum / count - normal * product / count));
        }
        if (scale)
            ((REAL *)o->out[1])[c] = (REAL)product;
        if (shift)
            ((REAL *)o->out[scale ? 2 : 1])[c] = (REAL)sum;
    }
}

/* Row i of dst = the row of the table that token i names; zeros for the padding token. */
void NAME(embedding)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const int32_t *tokens = o->in[0];
    const REAL *table = o->in[1];
    REAL *dst = o->out[0];
    const size_t count = o->node->in[0]->elements, columns = o->node->in[1]->shape.dim[1];
    const size_t padding = o->node->attributes.embedding.padding;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < columns; j++)
            dst[i * columns + j] =
                (size_t)tokens[i] + 1 == padding ? 0 : table[(size_t)tokens[i] * columns + j];
}

/* Each row of the table's gradient is the sum of diff_dst where its token stands. */
void NAME(embedding_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const int32_t *tokens = o->in[0];
    const REAL *diff_dst = o->in[1];
    REAL *diff_table = o->out[0];
    const size_t count = o->node->in[0]->elements, columns = o->node->out[0]->shape.dim[1];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_table[i] = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < columns; j++)
            if ((size_t)tokens[i] + 1 != o->node->attributes.embedding.padding)
                diff_table[(size_t)tokens[i] * columns + j] += diff_dst[i * columns + j];
}
