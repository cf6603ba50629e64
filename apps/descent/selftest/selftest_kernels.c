/* selftest_kernels.c - the native kernels, as networks use them, at every level of the processor against the
 * reference engine in double precision: small networks of random shapes are trained for some steps; losses,
 * gradients and parameters must be near the reference's, and the same bits at each level. */
#include "selftest.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/hash.h>
#include <descent/rng.h>
#include <descent/train.h>

enum { VARIANTS = 6, SEED = 20, LABEL_MAJOR = 100 };

typedef enum target_values { NORMAL = 0, UNIT, DISTRIBUTION } target_values;

/* A network while it is built: the sizes it draws, and what it wants to be fed with. */
struct sketch {
    dsc_scope *scope;
    uint32_t variant, draws;
    size_t values, tokens, vocabulary; /* of an example */
    size_t labels, classes, targets;
    target_values kind;
};

/* low..high; the first variant has the largest sizes. */
static size_t pick(struct sketch *s, size_t low, size_t high)
{
    const uint32_t at = s->draws++;
    return s->variant == 0 ? high
                           : low + (size_t)dsc_rng_below(dsc_rng_make(SEED, DSC_STREAM_DATA), s->variant, at,
                                                         high - low + 1);
}

static dsc_node *input(struct sketch *s, size_t a, size_t b, size_t c)
{
    s->values = a * (b ? b : 1) * (c ? c : 1);
    return dsc_input(s->scope, &(dsc_input_spec){ .shape = { a, b, c } });
}

static dsc_node *words(struct sketch *s)
{
    s->tokens = pick(s, 2, 9);
    s->vocabulary = 11;
    return dsc_tokens(s->scope, &(dsc_tokens_spec){ .steps = s->tokens, .vocabulary = s->vocabulary });
}

static dsc_node *labels(struct sketch *s, size_t steps, size_t classes)
{
    s->labels = steps;
    s->classes = classes;
    return dsc_labels(s->scope, classes, .steps = steps > 1 ? steps : 0);
}

static dsc_node *targets(struct sketch *s, size_t count, target_values kind)
{
    s->targets = count;
    s->kind = kind;
    return dsc_targets(s->scope, &(dsc_input_spec){ .shape = { count } });
}

/* Squared loss of a dense layer over h. */
static dsc_node *head(struct sketch *s, dsc_node *h)
{
    const size_t outputs = pick(s, 1, 10);
    return dsc_squared_loss(dsc_dense(h, outputs), targets(s, outputs, NORMAL));
}

static dsc_node *vector(struct sketch *s)
{
    return input(s, pick(s, 3, 40), 0, 0);
}

static dsc_node *hidden(struct sketch *s)
{
    return dsc_dense(vector(s), pick(s, 5, 37));
}

static dsc_node *image(struct sketch *s)
{
    const size_t height = pick(s, 4, 9), width = pick(s, 4, 7);
    return input(s, height, width, pick(s, 1, 5));
}

static dsc_node *steps(struct sketch *s)
{
    const size_t count = pick(s, 2, 6);
    return input(s, count, pick(s, 1, 9), 0);
}

/* --- Layers --- */

static dsc_node *dense(struct sketch *s)
{
    return head(s, dsc_tanh(dsc_dense(hidden(s), pick(s, 1, 33), .no_bias = true)));
}

/* Beyond a block of 256 products, with edges of tiles on every side. */
static dsc_node *wide(struct sketch *s)
{
    return head(s, dsc_tanh(dsc_dense(input(s, pick(s, 257, 600), 0, 0), pick(s, 65, 131))));
}

static dsc_node *per_step(struct sketch *s)
{
    return head(s, dsc_relu(dsc_dense(steps(s), pick(s, 1, 20), .per_step = true)));
}

static dsc_node *conv(struct sketch *s)
{
    dsc_node *h = dsc_tanh(dsc_conv2d(image(s), pick(s, 1, 18), .padding = DSC_PADDING_SAME));
    return head(s, dsc_conv2d(h, pick(s, 1, 17), .kernel = { 2, 3 }, .stride = { 2, 1 }, .pad = { 1, 2 },
                              .dilation = { 1, 2 }));
}

static dsc_node *grouped(struct sketch *s)
{
    const size_t groups = pick(s, 2, 3), filters = groups * pick(s, 1, 5);
    dsc_node *h = dsc_conv2d(image(s), filters, .kernel = { 1 });
    h = dsc_relu(dsc_conv2d(h, filters, .groups = groups, .padding = DSC_PADDING_SAME));
    return head(s, dsc_conv2d(h, filters, .groups = filters, .padding = DSC_PADDING_SAME));
}

/* Of every stride, dilation and number of groups, also beyond the image and the window. */
static dsc_node *any_conv(struct sketch *s)
{
    enum { ANY, WIDE, NARROW, SINGLE_PIXELS, KINDS };
    const size_t kind = s->variant % KINDS, groups = pick(s, 0, 2) ? 1 : pick(s, 2, 4);
    const size_t height = pick(s, 4, 9),
                 width = kind == NARROW ? pick(s, 1, 3) : pick(s, kind == WIDE ? 33 : 5, 64);
    size_t kernel[2], stride[2], dilation[2], pad[2];
    for (size_t i = 0; i < 2; i++) {
        kernel[i] = kind == SINGLE_PIXELS ? 1 : pick(s, 1, 3 + i);
        stride[i] = kind == WIDE || pick(s, 0, 1) ? 1 : pick(s, 2, 5);
        dilation[i] = kind == WIDE ? pick(s, 2, 3) : pick(s, 1, 2);
        pad[i] = ((kernel[i] - 1) * dilation[i] + 1) / 2;
    }
    dsc_node *h = input(s, height, width, pick(s, 1, 3));
    h = dsc_tanh(dsc_conv2d(h, groups * pick(s, 1, 40 / groups), .kernel = { 1 }));
    return head(s, dsc_tanh(dsc_conv2d(h, groups * pick(s, 1, 24 / groups), .groups = groups,
                                       .kernel = { kernel[0], kernel[1] }, .stride = { stride[0], stride[1] },
                                       .dilation = { dilation[0], dilation[1] }, .pad = { pad[0], pad[1] })));
}

static dsc_node *conv_sequence(struct sketch *s)
{
    const size_t count = pick(s, 5, 40);
    dsc_node *x = input(s, count, pick(s, 1, 4), 0);
    return head(s, dsc_tanh(dsc_conv1d(x, pick(s, 1, 25), .kernel = 5, .stride = 2, .pad = 2)));
}

static dsc_node *max_pool(struct sketch *s)
{
    dsc_node *h = dsc_conv2d(image(s), pick(s, 1, 20), .kernel = { 1 });
    return head(s, dsc_max_pool(h, .window = { 3, 2 }, .stride = { 2, 2 }, .pad = { 1, 0 }));
}

static dsc_node *average_pool(struct sketch *s)
{
    dsc_node *h = dsc_conv2d(image(s), pick(s, 1, 20), .kernel = { 1 });
    return head(s, dsc_average_pool(h, .window = { 3, 2 }, .stride = { 1, 2 }, .pad = { 1, 0 }));
}

/* Without a bias below: normalisation takes out what it adds. */
static dsc_node *batch_norm(struct sketch *s)
{
    dsc_node *h = dsc_conv2d(image(s), pick(s, 2, 19), .kernel = { 1 }, .no_bias = true);
    return head(s, dsc_relu(dsc_batch_norm(h)));
}

static dsc_node *layer_norm(struct sketch *s)
{
    return head(s, dsc_tanh(dsc_layer_norm(hidden(s))));
}

static dsc_node *embedding(struct sketch *s)
{
    return head(s, dsc_tanh(dsc_embedding(words(s), pick(s, 3, 20), .padding = 1)));
}

static dsc_node *arithmetic(struct sketch *s)
{
    dsc_node *h = hidden(s);
    return head(s, dsc_add(dsc_multiply(dsc_tanh(h), h), dsc_scale(h, -0.5)));
}

static dsc_node *shapes(struct sketch *s)
{
    const size_t a = pick(s, 2, 4), b = pick(s, 3, 5);
    dsc_node *h = dsc_tanh(dsc_reshape(dsc_dense(vector(s), a * b), a, b));
    return head(s, dsc_tanh(dsc_concat(-1, dsc_slice_of(h, -1, 1, b - 1), h)));
}

/* --- Activations --- */

static dsc_node *activated(struct sketch *s, dsc_activation kind)
{
    const dsc_activation_spec spec = { .kind = kind };
    dsc_node *h = dsc_activate(hidden(s), &spec);
    return head(s, dsc_activate(dsc_scale(dsc_dense(h, pick(s, 3, 20)), 2), &spec));
}

#define ACTIVATION(name, kind)                                                                               \
    static dsc_node *name(struct sketch *s)                                                                  \
    {                                                                                                        \
        return activated(s, kind);                                                                           \
    }
ACTIVATION(relu, DSC_ACTIVATION_RELU)
ACTIVATION(sigmoid, DSC_ACTIVATION_SIGMOID)
ACTIVATION(hyperbolic_tangent, DSC_ACTIVATION_TANH)
ACTIVATION(leaky_relu, DSC_ACTIVATION_LEAKY_RELU)
ACTIVATION(elu, DSC_ACTIVATION_ELU)
ACTIVATION(selu, DSC_ACTIVATION_SELU)
ACTIVATION(gelu, DSC_ACTIVATION_GELU)
ACTIVATION(gelu_tanh, DSC_ACTIVATION_GELU_TANH)
ACTIVATION(swish, DSC_ACTIVATION_SWISH)
ACTIVATION(mish, DSC_ACTIVATION_MISH)
ACTIVATION(softplus, DSC_ACTIVATION_SOFTPLUS)
ACTIVATION(hard_sigmoid, DSC_ACTIVATION_HARD_SIGMOID)

static dsc_node *softmax(struct sketch *s)
{
    return head(s, dsc_tanh(dsc_scale(dsc_softmax(dsc_scale(hidden(s), 3)), 5)));
}

static dsc_node *log_softmax(struct sketch *s)
{
    return head(s, dsc_tanh(dsc_log_softmax(hidden(s))));
}

static dsc_node *maxout(struct sketch *s)
{
    return head(s, dsc_maxout(dsc_dense(vector(s), 3 * pick(s, 2, 9)), 3));
}

/* --- Noise --- */

static dsc_node *dropout(struct sketch *s)
{
    return head(s, dsc_dropout(dsc_tanh(hidden(s)), 0.4));
}

static dsc_node *channel_dropout(struct sketch *s)
{
    return head(s, dsc_channel_dropout(dsc_tanh(dsc_conv1d(steps(s), pick(s, 2, 9), .kernel = 1)), 0.3));
}

static dsc_node *gaussian(struct sketch *s)
{
    dsc_node *h = dsc_gaussian_dropout(dsc_tanh(hidden(s)), 0.3);
    return head(s, dsc_gaussian_noise(h, 0.2));
}

static dsc_node *alpha_dropout(struct sketch *s)
{
    return head(s, dsc_alpha_dropout(dsc_selu(hidden(s)), 0.2));
}

/* --- Recurrent cells --- */

#define RECURRENT(name, ...)                                                                                 \
    static dsc_node *name(struct sketch *s)                                                                  \
    {                                                                                                        \
        dsc_node *x = steps(s);                                                                              \
        return head(s, dsc_recurrent(x, pick(s, 3, 19), __VA_ARGS__));                                       \
    }
RECURRENT(elman, .cell = DSC_RECURRENT_TANH, .sequence = true)
RECURRENT(jordan, .cell = DSC_RECURRENT_JORDAN, .outputs = 5)
RECURRENT(lstm, .cell = DSC_RECURRENT_LSTM, .bidirectional = true, .sequence = true)
RECURRENT(lstm_peephole, .cell = DSC_RECURRENT_LSTM, .peephole = true)
RECURRENT(gru, .cell = DSC_RECURRENT_GRU, .reverse = true)
RECURRENT(gru_lbr, .cell = DSC_RECURRENT_GRU_LBR, .sequence = true)

/* --- Losses --- */

static dsc_node *cross_entropy(struct sketch *s)
{
    const size_t classes = pick(s, 2, 20);
    return dsc_softmax_cross_entropy(dsc_dense(dsc_tanh(hidden(s)), classes), labels(s, 1, classes));
}

static dsc_node *smoothed(struct sketch *s)
{
    const size_t classes = pick(s, 3, 20), count = pick(s, 2, 5);
    dsc_node *x = dsc_reshape(dsc_dense(vector(s), count * classes), count, classes);
    return dsc_softmax_cross_entropy_with(x, labels(s, count, classes),
                                          &(dsc_loss_spec){ .label_smoothing = 0.1, .ignore = 1 });
}

static dsc_node *hinge(struct sketch *s)
{
    const size_t classes = pick(s, 3, 20);
    return dsc_hinge_loss(dsc_dense(vector(s), classes), labels(s, 1, classes), NULL);
}

static dsc_node *real_loss(struct sketch *s, target_values kind,
                           dsc_node *(*loss)(dsc_node *, dsc_node *, const dsc_loss_spec *))
{
    const size_t outputs = pick(s, 2, 40);
    return loss(dsc_dense(vector(s), outputs), targets(s, outputs, kind), NULL);
}

static dsc_node *absolute(struct sketch *s)
{
    return real_loss(s, NORMAL, dsc_absolute_loss);
}

static dsc_node *huber(struct sketch *s)
{
    return real_loss(s, NORMAL, dsc_huber_loss);
}

static dsc_node *binary(struct sketch *s)
{
    return real_loss(s, UNIT, dsc_binary_cross_entropy);
}

static dsc_node *kl(struct sketch *s)
{
    return real_loss(s, DISTRIBUTION, dsc_kl_loss);
}

/* --- The table --- */

/* What update rules train. Steps are small: a rule that divides gradients by their size makes much of the
   rounding of small ones. */
static dsc_node *smooth(struct sketch *s)
{
    return head(s, dsc_tanh(hidden(s)));
}

struct kernel_check {
    const char *name;
    dsc_node *(*loss)(struct sketch *s);
    double tolerance; /* in units of the usual one; 0: 1 */
    dsc_dtype dtype;
    size_t steps; /* 0: 1 */
    dsc_optimizer optimizer;
};

/* 32 units in the last place of a tensor's largest value. */
static const double USUAL = 32 * FLT_EPSILON;

#define RULE(text, ...)                                                                                      \
    {                                                                                                        \
        .name = text, .loss = smooth, .tolerance = 8, .steps = 5, .optimizer = { __VA_ARGS__ }               \
    }
static const struct kernel_check checks[] = {
    { .name = "dense", .loss = dense },
    { .name = "dense, wide", .loss = wide },
    { .name = "dense, each step", .loss = per_step },
    { .name = "convolution", .loss = conv },
    { .name = "convolution, grouped", .loss = grouped },
    { .name = "convolution, sequence", .loss = conv_sequence },
    { .name = "max pooling", .loss = max_pool },
    { .name = "average pooling", .loss = average_pool },
    { .name = "batch norm", .loss = batch_norm, .tolerance = 8 },
    { .name = "layer norm", .loss = layer_norm, .tolerance = 8 },
    { .name = "embedding", .loss = embedding },
    { .name = "add, multiply, scale", .loss = arithmetic },
    { .name = "reshape, slice, concat", .loss = shapes },
    { .name = "relu", .loss = relu },
    { .name = "sigmoid", .loss = sigmoid },
    { .name = "tanh", .loss = hyperbolic_tangent },
    { .name = "leaky relu", .loss = leaky_relu },
    { .name = "elu", .loss = elu },
    { .name = "selu", .loss = selu },
    { .name = "gelu", .loss = gelu },
    { .name = "gelu by tanh", .loss = gelu_tanh },
    { .name = "swish", .loss = swish },
    { .name = "mish", .loss = mish },
    { .name = "softplus", .loss = softplus },
    { .name = "hard sigmoid", .loss = hard_sigmoid },
    { .name = "softmax", .loss = softmax },
    { .name = "log-softmax", .loss = log_softmax, .tolerance = 4 },
    { .name = "maxout", .loss = maxout },
    { .name = "dropout", .loss = dropout },
    { .name = "channel dropout", .loss = channel_dropout },
    { .name = "gaussian noise", .loss = gaussian },
    { .name = "alpha dropout", .loss = alpha_dropout },
    { .name = "elman", .loss = elman },
    { .name = "jordan", .loss = jordan },
    { .name = "lstm", .loss = lstm },
    { .name = "lstm, peepholes", .loss = lstm_peephole },
    { .name = "gru", .loss = gru },
    { .name = "gru, linear before reset", .loss = gru_lbr },
    { .name = "cross-entropy", .loss = cross_entropy },
    { .name = "cross-entropy, smoothed", .loss = smoothed },
    { .name = "hinge", .loss = hinge },
    { .name = "absolute", .loss = absolute },
    { .name = "huber", .loss = huber },
    { .name = "binary cross-entropy", .loss = binary },
    { .name = "kullback-leibler", .loss = kl },
    RULE("sgd, clipped, l1", .kind = DSC_OPTIMIZER_SGD, .clip_value = 0.05, .clip_norm = 0.5, .l1 = 1e-3),
    RULE("momentum", .kind = DSC_OPTIMIZER_MOMENTUM),
    RULE("nesterov, sutskever", .kind = DSC_OPTIMIZER_NESTEROV, .sutskever = true),
    RULE("adam", .kind = DSC_OPTIMIZER_ADAM),
    RULE("adamw", .kind = DSC_OPTIMIZER_ADAMW, .weight_decay = 0.1),
    RULE("amsgrad", .kind = DSC_OPTIMIZER_AMSGRAD),
    RULE("adamax", .kind = DSC_OPTIMIZER_ADAMAX),
    RULE("nadam", .kind = DSC_OPTIMIZER_NADAM),
    RULE("adagrad", .kind = DSC_OPTIMIZER_ADAGRAD),
    RULE("rmsprop, centered", .kind = DSC_OPTIMIZER_RMSPROP, .lr = 1e-3, .centered = true),
    RULE("adadelta", .kind = DSC_OPTIMIZER_ADADELTA),
    RULE("rprop", .kind = DSC_OPTIMIZER_RPROP),
    RULE("delta-bar-delta", .kind = DSC_OPTIMIZER_DELTA_BAR_DELTA),
    { .name = "dense in bf16", .loss = dense, .dtype = DSC_DTYPE_BF16, .tolerance = 8192 },
    { .name = "convolution in bf16", .loss = conv, .dtype = DSC_DTYPE_BF16, .tolerance = 8192 },
};
enum { CHECKS = sizeof checks / sizeof checks[0] };

/* --- Data --- */

static double uniform(uint32_t major, uint64_t index)
{
    return dsc_rng_uniform(dsc_rng_make(SEED, DSC_STREAM_DATA), major, index);
}

static const int32_t *make_integers(dsc_scope *scope, uint32_t major, size_t count, size_t below)
{
    int32_t *values = dsc_scope_alloc(scope, count, sizeof *values);
    for (size_t i = 0; values && i < count; i++)
        values[i] = (int32_t)dsc_rng_below(dsc_rng_make(SEED, DSC_STREAM_DATA), major, i, below);
    return values;
}

static const float *make_reals(dsc_scope *scope, uint32_t major, size_t rows, size_t columns,
                               target_values kind)
{
    float *values = dsc_scope_alloc(scope, rows * columns, sizeof *values);
    if (!values)
        return NULL;
    if (kind == NORMAL)
        dsc_rng_fill_normal_f32(dsc_rng_make(SEED, DSC_STREAM_DATA), major, 0, 1, values, rows * columns);
    else
        for (size_t i = 0; i < rows * columns; i++)
            values[i] = (float)(0.05 + 0.9 * uniform(major, i));
    for (size_t row = 0; kind == DISTRIBUTION && row < rows; row++) {
        double sum = 0;
        for (size_t i = 0; i < columns; i++)
            sum += (double)values[row * columns + i];
        for (size_t i = 0; i < columns; i++)
            values[row * columns + i] = (float)((double)values[row * columns + i] / sum);
    }
    return values;
}

/* --- Comparison --- */

struct trained {
    dsc_model *model;
    double loss;
};

/* A batch of what the sketch's network reads. */
static dsc_examples make_examples(dsc_scope *scope, const struct sketch *s, size_t batch)
{
    dsc_column x = { .name = "input", .width = s->values };
    dsc_column expected = { .name = "targets", .width = s->targets };
    if (s->tokens)
        x = (dsc_column){ "tokens", s->tokens,
                          .i32 = make_integers(scope, 0, batch * s->tokens, s->vocabulary) };
    else
        x.f32 = make_reals(scope, 0, batch, s->values, NORMAL);
    if (s->labels)
        expected = (dsc_column){ "labels", s->labels,
                                 .i32 = make_integers(scope, LABEL_MAJOR, batch * s->labels, s->classes) };
    else
        expected.f32 = make_reals(scope, LABEL_MAJOR, batch, s->targets, s->kind);
    return (dsc_examples){ .count = batch, .columns = { x, expected } };
}

/* In the scope. The same data, initial parameters and noise for every engine and type. */
static struct trained train(dsc_scope *scope, const struct kernel_check *check, uint32_t variant,
                            dsc_engine engine, dsc_dtype dtype)
{
    struct sketch s = { .scope = scope, .variant = variant };
    dsc_node *loss = check->loss(&s);
    const size_t batch = pick(&s, 2, 11);
    struct trained trained = { dsc_compile(loss, &(dsc_compile_options){ .batch = batch,
                                                                         .engine = engine,
                                                                         .dtype = dtype,
                                                                         .threads = 1,
                                                                         .shard = pick(&s, 1, 4) }),
                               NAN };
    const dsc_examples examples = make_examples(scope, &s, batch);
    dsc_trainer *trainer =
        trained.model ? dsc_trainer_make(trained.model, &check->optimizer, &examples) : NULL;
    for (size_t i = 0; trainer && i < (check->steps ? check->steps : 1); i++)
        trained.loss = dsc_trainer_step(trainer, 0);
    return trained;
}

/* The largest difference, relative to the largest exact value; a NaN is infinitely far. */
static double relative_error(const float *values, const double *exact, size_t count)
{
    double largest = 1e-3, error = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = fabs((double)values[i] - exact[i]);
        largest = fmax(largest, fabs(exact[i]));
        error = fmax(error, isnan(difference) ? INFINITY : difference);
    }
    return error / largest;
}

/* Of loss, gradients and parameters, slice by slice: padding differs between the types. */
static double compare(const struct trained *native, const struct trained *reference)
{
    const dsc_slice *slices, *exact_slices;
    const size_t count = dsc_model_slices(native->model, &slices);
    dsc_model_slices(reference->model, &exact_slices);
    double error = fabs(native->loss - reference->loss) / fmax(1, fabs(reference->loss));
    error = isnan(error) ? INFINITY : error;
    const float *vectors[] = { dsc_model_gradients(native->model, NULL),
                               dsc_model_parameters(native->model, NULL) };
    const double *exact[] = { dsc_model_gradients(reference->model, NULL),
                              dsc_model_parameters(reference->model, NULL) };
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < count; i++)
            error = fmax(error, relative_error(vectors[v] + slices[i].offset,
                                               exact[v] + exact_slices[i].offset, slices[i].count));
    return error;
}

/* --- oneDNN --- */

enum { CONVOLUTIONS = 24 };
static const struct kernel_check any_convolution = { .loss = any_conv };

struct dsc_selftest_convolutions {
    struct trained trained[CONVOLUTIONS];
};

dsc_selftest_convolutions *dsc_selftest_convolutions_make(dsc_scope *scope)
{
    dsc_selftest_convolutions *references = dsc_scope_alloc(scope, 1, sizeof *references);
    for (uint32_t v = 0; references && v < CONVOLUTIONS; v++)
        references->trained[v] = train(scope, &any_convolution, v, DSC_ENGINE_REF, DSC_DTYPE_F64);
    return dsc_scope_status(scope) == DSC_OK ? references : NULL;
}

double dsc_selftest_convolutions_error(dsc_scope *scope, const dsc_selftest_convolutions *references,
                                       dsc_dtype dtype)
{
    double error = 0;
    for (uint32_t v = 0; v < CONVOLUTIONS && dsc_scope_status(scope) == DSC_OK; v++) {
        const struct trained trained = train(scope, &any_convolution, v, DSC_ENGINE_ONEDNN, dtype);
        if (dsc_scope_status(scope) == DSC_OK)
            error = fmax(error, compare(&trained, &references->trained[v]));
    }
    return error;
}

double dsc_selftest_convolutions_allowed(dsc_dtype dtype)
{
    return dtype == DSC_DTYPE_BF16 ? 32768 * USUAL : 8 * USUAL;
}

/* --- Every level --- */

static void add_bits(dsc_hasher *hasher, const struct trained *trained)
{
    size_t elements = 0;
    const float *gradients = dsc_model_gradients(trained->model, &elements);
    dsc_hasher_update(hasher, gradients, elements * sizeof *gradients);
    const float *parameters = dsc_model_parameters(trained->model, &elements);
    dsc_hasher_update(hasher, parameters, elements * sizeof *parameters);
    dsc_hasher_update(hasher, &trained->loss, sizeof trained->loss);
}

/* All variants at a level: the largest error, and the hash of every bit. */
static uint64_t measure(dsc_scope *scope, const struct kernel_check *check, dsc_isa level, double *error)
{
    dsc_hasher *hasher = dsc_hasher_make(scope);
    dsc_isa_select(scope, level);
    for (uint32_t v = 0; v < VARIANTS; v++) {
        const struct trained reference = train(scope, check, v, DSC_ENGINE_REF, DSC_DTYPE_F64);
        const struct trained native = train(scope, check, v, DSC_ENGINE_NATIVE, check->dtype);
        if (dsc_scope_status(scope) != DSC_OK)
            return 0;
        *error = fmax(*error, compare(&native, &reference));
        add_bits(hasher, &native);
    }
    return dsc_digest_64(dsc_hasher_finish(hasher));
}

static void run_check(dsc_selftest *test, const struct kernel_check *check, const char *levels)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = SEED });
    double error = 0;
    uint64_t first = 0;
    bool equal = true;
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        const uint64_t hash = measure(scope, check, level, &error);
        first = level == DSC_ISA_SCALAR ? hash : first;
        equal = equal && hash == first;
    }
    const bool told = dsc_scope_status(scope) == DSC_OK;
    const double allowed = USUAL * (check->tolerance > 0 ? check->tolerance : 1);
    const dsc_selftest_row row = {
        .group = DSC_SELFTEST_KERNELS,
        .name = check->name,
        .over = levels,
        .error = told ? error : NAN,
        .allowed = allowed,
        .bits = told && equal ? dsc_selftest_hash_text(test->scope, first) : NULL,
        .message = told ? NULL : dsc_scope_copy(test->scope, dsc_scope_message(scope)),
        .passed = told && equal && error <= allowed,
    };
    dsc_scope_close(&scope);
    dsc_selftest_add(test, &row);
}

size_t dsc_selftest_kernels_count(void)
{
    return CHECKS;
}

void dsc_selftest_kernels(dsc_selftest *test)
{
    const char *levels = dsc_isa_name(DSC_ISA_SCALAR);
    for (dsc_isa level = DSC_ISA_AVX2; level <= dsc_isa_detected(); level++)
        levels = dsc_scope_format(test->scope, "%s %s", levels, dsc_isa_name(level));
    for (size_t i = 0; i < CHECKS; i++)
        run_check(test, &checks[i], levels);
    dsc_isa_select(test->scope, DSC_ISA_AUTO);
}
