/* Layers and losses compute what PyTorch computes of the same numbers (pytorch.py): outputs, losses, the
 * gradients of inputs and parameters, running statistics. A new case of a layer needs nothing here, a new
 * layer a line in the table of those that build it.
 */
#include "nn/layer.h"
#include "pytorch_file.h"

#include <float.h>
#include <math.h>

#include <descent/cpu.h>
#include <descent/models.h>

#include "graph/model.h"
#include "graph/network.h"

/* --- Building --- */

static void sizes(const struct golden_case *c, const char *name, size_t value[2])
{
    double numbers[2] = { 0 };
    golden_numbers(c, name, numbers, 2);
    for (int i = 0; i < 2; i++)
        value[i] = (size_t)numbers[i];
}

static dsc_padding padding(const struct golden_case *c)
{
    return golden_size(c, "same") ? DSC_PADDING_SAME : DSC_PADDING_EXPLICIT;
}

static dsc_node *dense(const struct golden_case *c, dsc_node *x)
{
    return dsc_dense(x, golden_size(c, "units"), .no_bias = golden_size(c, "no_bias"),
                     .per_step = golden_size(c, "per_step"), .name = "layer");
}

static dsc_node *conv2d(const struct golden_case *c, dsc_node *x)
{
    dsc_conv2d_spec spec = { .filters = golden_size(c, "filters"),
                             .groups = golden_size(c, "groups"),
                             .no_bias = golden_size(c, "no_bias"),
                             .padding = padding(c),
                             .name = "layer" };
    sizes(c, "kernel", spec.kernel);
    sizes(c, "stride", spec.stride);
    sizes(c, "dilation", spec.dilation);
    sizes(c, "pad", spec.pad);
    return dsc_conv2d_with(x, &spec);
}

static dsc_node *conv1d(const struct golden_case *c, dsc_node *x)
{
    return dsc_conv1d(x, golden_size(c, "filters"), .kernel = golden_size(c, "kernel"),
                      .stride = golden_size(c, "stride"), .dilation = golden_size(c, "dilation"),
                      .pad = golden_size(c, "pad"), .padding = padding(c), .groups = golden_size(c, "groups"),
                      .no_bias = golden_size(c, "no_bias"), .name = "layer");
}

static dsc_node *conv2d_transposed(const struct golden_case *c, dsc_node *x)
{
    dsc_conv2d_transposed_spec spec = { .filters = golden_size(c, "filters"),
                                        .groups = golden_size(c, "groups"),
                                        .no_bias = golden_size(c, "no_bias"),
                                        .name = "layer" };
    sizes(c, "kernel", spec.kernel);
    sizes(c, "stride", spec.stride);
    sizes(c, "dilation", spec.dilation);
    sizes(c, "pad", spec.pad);
    sizes(c, "output_pad", spec.output_pad);
    return dsc_conv2d_transposed_with(x, &spec);
}

static dsc_node *conv1d_transposed(const struct golden_case *c, dsc_node *x)
{
    return dsc_conv1d_transposed(x, golden_size(c, "filters"), .kernel = golden_size(c, "kernel"),
                                 .stride = golden_size(c, "stride"), .dilation = golden_size(c, "dilation"),
                                 .pad = golden_size(c, "pad"), .output_pad = golden_size(c, "output_pad"),
                                 .groups = golden_size(c, "groups"), .no_bias = golden_size(c, "no_bias"),
                                 .name = "layer");
}

static dsc_pool_spec pool_spec(const struct golden_case *c)
{
    dsc_pool_spec spec = { .count_padding = golden_size(c, "count_padding") };
    sizes(c, "window", spec.window);
    sizes(c, "stride", spec.stride);
    sizes(c, "pad", spec.pad);
    return spec;
}

static dsc_node *max_pool(const struct golden_case *c, dsc_node *x)
{
    const dsc_pool_spec spec = pool_spec(c);
    return dsc_max_pool_with(x, &spec);
}

static dsc_node *average_pool(const struct golden_case *c, dsc_node *x)
{
    const dsc_pool_spec spec = pool_spec(c);
    return dsc_average_pool_with(x, &spec);
}

static dsc_node *upsample(const struct golden_case *c, dsc_node *x)
{
    dsc_upsample_spec spec = { .mode =
                                   golden_size(c, "bilinear") ? DSC_UPSAMPLE_BILINEAR : DSC_UPSAMPLE_NEAREST,
                               .align_corners = golden_size(c, "align_corners") };
    sizes(c, "factor", spec.factor);
    sizes(c, "size", spec.size);
    return dsc_upsample_with(x, &spec);
}

static dsc_node *global_max_pool(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_global_max_pool(x);
}

static dsc_node *global_average_pool(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_global_average_pool(x);
}

static dsc_node *arithmetic(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    dsc_node *sum = dsc_add(dsc_slice_of(x, -1, 0, 2), dsc_slice_of(x, -1, 2, 2));
    dsc_node *product = dsc_multiply(dsc_slice_of(x, -1, 1, 2), dsc_slice_of(x, -1, 3, 2));
    return dsc_concat(-1, sum, product, dsc_scale(x, -2.5));
}

static dsc_node *columns_of(dsc_node *x)
{
    return dsc_softplus(dsc_slice_of(dsc_slice_of(x, 0, 1, 3), -1, 0, 1));
}

/* The first rows with the first columns of the others. */
static dsc_node *subtract(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_subtract(dsc_slice_of(x, 0, 0, 1), columns_of(x));
}

static dsc_node *divide(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_divide(dsc_slice_of(x, 0, 0, 1), columns_of(x));
}

static dsc_node *maximum(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_maximum(dsc_slice_of(x, 0, 0, 1), columns_of(x));
}

static dsc_node *minimum(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_minimum(dsc_slice_of(x, 0, 0, 1), columns_of(x));
}

static dsc_node *matmul(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_matmul(dsc_softmax(dsc_matmul(x, x, .transpose_b = true)), x);
}

static dsc_node *matmul_transposed(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_matmul(x, dsc_slice_of(x, 0, 0, 1), .transpose_a = true);
}

static dsc_node *functions(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    dsc_node *s = dsc_softplus(x);
    dsc_node *sum = dsc_add(dsc_exp(x), dsc_multiply(dsc_log(s), dsc_sqrt(s)));
    sum = dsc_add(sum, dsc_multiply(dsc_absolute(x), dsc_power(x, 3)));
    return dsc_add(sum, dsc_add(dsc_power(s, -1.5), dsc_clamp(x, -0.5, 0.25)));
}

static dsc_node *permute(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_power(dsc_transpose(dsc_permute(x, 2, 0, 1)), 2);
}

static dsc_node *batched(const struct golden_case *c, dsc_node *x)
{
    const dsci_shape shape = { .rank = 2, .dim = { 4, 5 } };
    (void)c;
    return dsc_add(x, dsc_batched(dsci_layer_parameter(x, "layer", "weights", &shape,
                                                       &(dsci_initialization){ .init = DSC_INIT_ZEROS })));
}

/* Squares, from the table that is called "layer/weights". */
static dsc_node *gather(const struct golden_case *c, dsc_node *x)
{
    const dsci_shape shape = { .rank = 2,
                               .dim = { golden_size(c, "vocabulary"), golden_size(c, "dimension") } };
    dsc_node *table =
        dsci_layer_parameter(x, "layer", "weights", &shape, &(dsci_initialization){ .init = DSC_INIT_ZEROS });
    return dsc_power(dsc_gather(table, x), 2);
}

typedef dsc_node *reduce_fn(dsc_node *x, const dsc_reduce_spec *spec);

/* Over the last dimension, two that are apart, one and the batch, and all. */
static dsc_node *reductions(reduce_fn *reduce, dsc_node *x)
{
    dsc_node *last = reduce(x, &(dsc_reduce_spec){ .axes = DSC_AXES(-1), .keep = true });
    dsc_node *ends = dsc_reshape(reduce(x, &(dsc_reduce_spec){ .axes = DSC_AXES(0, 2) }), 1, 2, 1);
    dsc_node *batch = reduce(x, &(dsc_reduce_spec){ .axes = DSC_AXES(0), .batch = true, .keep = true });
    dsc_node *all = reduce(x, &(dsc_reduce_spec){ .batch = true });
    return dsc_add(dsc_add(last, dsc_multiply(ends, batch)), all);
}

static dsc_node *sum(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return reductions(dsc_sum_with, x);
}

static dsc_node *mean(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return reductions(dsc_mean_with, x);
}

static dsc_node *largest(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return reductions(dsc_max_with, x);
}

static dsc_node *embedding(const struct golden_case *c, dsc_node *x)
{
    return dsc_embedding(x, golden_size(c, "dimension"), .padding = golden_size(c, "padding"),
                         .name = "layer");
}

static dsc_node *softmax(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_softmax(x);
}

static dsc_node *log_softmax(const struct golden_case *c, dsc_node *x)
{
    (void)c;
    return dsc_log_softmax(x);
}

static dsc_node *maxout(const struct golden_case *c, dsc_node *x)
{
    return dsc_maxout(x, golden_size(c, "pieces"));
}

static dsc_node *batch_norm(const struct golden_case *c, dsc_node *x)
{
    const dsc_batch_norm_spec spec = { .momentum = golden_real(c, "momentum"),
                                       .epsilon = golden_real(c, "epsilon"),
                                       .no_scale = golden_size(c, "no_scale"),
                                       .no_shift = golden_size(c, "no_shift"),
                                       .name = "layer" };
    return dsc_batch_norm_with(x, &spec);
}

static dsc_node *layer_norm(const struct golden_case *c, dsc_node *x)
{
    const dsc_layer_norm_spec spec = { .epsilon = golden_real(c, "epsilon"),
                                       .no_scale = golden_size(c, "no_scale"),
                                       .no_shift = golden_size(c, "no_shift"),
                                       .name = "layer" };
    return dsc_layer_norm_with(x, &spec);
}

/* Over x, or over the embedding of tokens in which 0 stands for nothing. */
static dsc_node *recurrent(const struct golden_case *c, dsc_node *x)
{
    const size_t units = golden_size(c, "units");
    dsc_recurrent_spec spec = { .units = units,
                                .cell = (dsc_recurrent_cell)golden_size(c, "cell"),
                                .sequence = golden_size(c, "sequence"),
                                .bidirectional = golden_size(c, "bidirectional"),
                                .reverse = golden_size(c, "reverse"),
                                .peephole = golden_size(c, "peephole"),
                                .outputs = golden_size(c, "outputs"),
                                .layers = golden_size(c, "layers"),
                                .two_biases = golden_size(c, "two_biases"),
                                .name = "layer" };
    if (golden_size(c, "initial"))
        spec.initial = dsc_dense(c->identity, units << (spec.cell == DSC_RECURRENT_LSTM), .no_bias = true,
                                 .name = "initial");
    if (golden_size(c, "vocabulary")) {
        spec.lengths = dsc_lengths(x, 0);
        x = dsc_embedding(x, golden_size(c, "features"), .padding = 1, .name = "embedding");
    }
    dsc_node *y = dsc_recurrent_with(x, &spec);
    return golden_size(c, "final") ? dsc_final_state(y) : y;
}

/* Over tokens of its own. */
static dsc_node *transformer(const struct golden_case *c, dsc_node *x)
{
    size_t shape[DSC_MAX_RANK];
    dsc_node_shape(x, shape);
    return dsc_transformer(c->scope, &(dsc_transformer_spec){ .vocabulary = golden_size(c, "vocabulary"),
                                                              .context = shape[0],
                                                              .width = golden_size(c, "width"),
                                                              .heads = golden_size(c, "heads"),
                                                              .blocks = golden_size(c, "blocks"),
                                                              .no_bias = golden_size(c, "no_bias") });
}

/* Those of a layer that is not an activation. */
static const struct layer {
    const char *kind;
    dsc_node *(*make)(const struct golden_case *c, dsc_node *x);
} layers[] = {
    { "dense", dense },
    { "conv1d", conv1d },
    { "conv2d", conv2d },
    { "conv1d_transposed", conv1d_transposed },
    { "conv2d_transposed", conv2d_transposed },
    { "max_pool", max_pool },
    { "average_pool", average_pool },
    { "upsample", upsample },
    { "global_max_pool", global_max_pool },
    { "global_average_pool", global_average_pool },
    { "arithmetic", arithmetic },
    { "subtract", subtract },
    { "divide", divide },
    { "maximum", maximum },
    { "minimum", minimum },
    { "functions", functions },
    { "permute", permute },
    { "batched", batched },
    { "gather", gather },
    { "matmul", matmul },
    { "matmul_transposed", matmul_transposed },
    { "sum", sum },
    { "mean", mean },
    { "max", largest },
    { "embedding", embedding },
    { "softmax", softmax },
    { "log_softmax", log_softmax },
    { "maxout", maxout },
    { "batch_norm", batch_norm },
    { "layer_norm", layer_norm },
    { "recurrent", recurrent },
    { "transformer", transformer },
};

typedef dsc_node *loss_fn(dsc_node *x, dsc_node *expected, const dsc_loss_spec *spec);

/* What needs no specification has an op of its own. */
static dsc_node *softmax_cross_entropy(dsc_node *x, dsc_node *expected, const dsc_loss_spec *spec)
{
    const bool plain = !spec->class_weights && spec->label_smoothing == 0 && !spec->ignore;
    return plain ? dsc_softmax_cross_entropy(x, expected) : dsc_softmax_cross_entropy_with(x, expected, spec);
}

/* Of x alone. */
static dsc_node *mean_loss(dsc_node *x, dsc_node *expected, const dsc_loss_spec *spec)
{
    (void)expected;
    return dsc_mean_loss(x, spec);
}

/* Those that take x itself. */
static const struct loss {
    const char *kind;
    loss_fn *make;
} losses[] = {
    { "softmax_cross_entropy", softmax_cross_entropy },
    { "mean_loss", mean_loss },
    { "nll_loss", dsc_nll_loss },
    { "hinge_loss", dsc_hinge_loss },
    { "squared_loss", dsc_squared_loss_with },
    { "absolute_loss", dsc_absolute_loss },
    { "huber_loss", dsc_huber_loss },
    { "binary_cross_entropy", dsc_binary_cross_entropy },
    { "kl_loss", dsc_kl_loss },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static dsc_node *activation(const struct golden_case *c, const char *kind, dsc_node *x)
{
    for (int a = 0; a < DSC_ACTIVATION_COUNT; a++)
        if (strcmp(kind, dsc_activation_name((dsc_activation)a)) == 0)
            return dsc_activate(
                x, &(dsc_activation_spec){ .kind = (dsc_activation)a, .alpha = golden_real(c, "alpha") });
    fail_msg("%s: no layer or loss is called '%s'", c->name, kind);
    return NULL;
}

static dsc_node *make_output(const struct golden_case *c, const char *kind, dsc_node *x)
{
    const double factor = golden_real(c, "scale");
    x = factor != 0 ? dsc_scale(x, factor) : x;
    for (size_t i = 0; i < COUNT(layers); i++)
        if (strcmp(kind, layers[i].kind) == 0)
            return layers[i].make(c, x);
    for (size_t i = 0; i < COUNT(losses); i++)
        if (strcmp(kind, losses[i].kind) == 0)
            return x;
    return activation(c, kind, x);
}

static dsc_node *make_expected(const struct golden_case *c, const struct golden_array *labels,
                               const struct golden_array *targets)
{
    const size_t classes = golden_size(c, "classes");
    if (labels->values)
        return dsc_labels(c->scope, classes, .steps = labels->rank > 1 ? labels->shape[1] : 0);
    dsc_input_spec spec = { .shape = { 0 } };
    for (size_t i = 1; i < targets->rank; i++)
        spec.shape[i - 1] = targets->shape[i];
    return dsc_targets(c->scope, &spec);
}

static dsc_node *make_loss(const struct golden_case *c, const char *kind, dsc_node *y, dsc_node *expected)
{
    double weights[16];
    const dsc_loss_spec spec = { .class_weights =
                                     golden_numbers(c, "class_weights", weights, 16) ? weights : NULL,
                                 .label_smoothing = golden_real(c, "label_smoothing"),
                                 .delta = golden_real(c, "delta"),
                                 .ignore = golden_size(c, "ignore") };
    y = golden_size(c, "log_softmax") ? dsc_log_softmax(y) : y;
    for (size_t i = 0; i < COUNT(losses); i++)
        if (strcmp(kind, losses[i].kind) == 0)
            return losses[i].make(y, expected, &spec);
    return dsc_squared_loss(y, expected);
}

static dsc_node *make_x(struct golden_case *c, const struct golden_array *x,
                        const struct golden_array *tokens)
{
    if (tokens->values)
        return dsc_tokens(c->scope, &(dsc_tokens_spec){ .steps = tokens->shape[1],
                                                        .vocabulary = golden_size(c, "vocabulary") });
    size_t shape[DSC_MAX_RANK + 1] = { 0 };
    for (size_t i = 1; i < x->rank; i++)
        shape[i - 1] = x->shape[i];
    c->identity = dsc_input(c->scope, &(dsc_input_spec){ .shape = { x->shape[0] } });
    dsc_node *flat = dsc_dense(c->identity, x->count / x->shape[0], .no_bias = true, .name = "x");
    return dsc_reshape_with(flat, shape);
}

/* --- Comparing --- */

struct setting {
    dsc_engine engine;
    dsc_dtype dtype;
    double tolerance;
    bool seen[DSCI_OP_COUNT]; /* what occurred */
    size_t failures;
    double worst;
};

static double value_at(const void *values, dsc_dtype dtype, size_t i)
{
    return dtype == DSC_DTYPE_F64 ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

/* All values, each within the tolerance of the largest (or of 0.1, if they are smaller). */
static void compare(const struct golden_case *c, struct setting *s, const char *what, const void *values,
                    const struct golden_array *expected)
{
    double largest = 0.1;
    for (size_t i = 0; i < expected->count; i++)
        largest = fmax(largest, fabs(expected->values[i]));
    for (size_t i = 0; i < expected->count; i++) {
        const double value = value_at(values, s->dtype, i), error = fabs(value - expected->values[i]);
        s->worst = fmax(s->worst, error / largest);
        if (error <= s->tolerance * largest)
            continue;
        s->failures++;
        print_error("%s on %s: %s[%zu] is %.17g, PyTorch has %.17g\n", c->name, dsc_engine_name(s->engine),
                    what, i, value, expected->values[i]);
        return;
    }
}

static const void *as_real(const struct golden_case *c, dsc_dtype dtype, const double *values, size_t count)
{
    float *narrow = dsc_scope_alloc(c->scope, count, sizeof *narrow);
    assert_non_null(narrow);
    for (size_t i = 0; i < count; i++)
        narrow[i] = (float)values[i];
    return dtype == DSC_DTYPE_F64 ? (const void *)values : narrow;
}

static const int32_t *as_integers(const struct golden_case *c, const struct golden_array *array)
{
    int32_t *integers = dsc_scope_alloc(c->scope, array->count, sizeof *integers);
    assert_non_null(integers);
    for (size_t i = 0; i < array->count; i++)
        integers[i] = (int32_t)array->values[i];
    return integers;
}

static const void *identity_matrix(const struct golden_case *c, dsc_dtype dtype, size_t n)
{
    double *values = dsc_scope_alloc(c->scope, n * n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++)
        values[i * n + i] = 1;
    return as_real(c, dtype, values, n * n);
}

/* Copies what the file has for each slice into the vector, or compares with it. */
static void each_slice(const struct golden_case *c, struct setting *s, const dsc_slice *slices, size_t count,
                       const char *folder, char *vector, bool set)
{
    const size_t size = s->dtype == DSC_DTYPE_F64 ? sizeof(double) : sizeof(float);
    for (size_t i = 0; i < count; i++) {
        const struct golden_array array = golden_array(c, folder, slices[i].name);
        char *values = vector + slices[i].offset * size;
        if (array.values == NULL || array.count != slices[i].count)
            fail_msg("%s: expected %zu values of %s/%s", c->name, slices[i].count, folder, slices[i].name);
        if (set)
            memcpy(values, as_real(c, s->dtype, array.values, array.count), array.count * size);
        else
            compare(c, s, slices[i].name, values, &array);
    }
}

static void run(const struct golden_case *c, struct setting *s, dsci_execution *plan, const void *x,
                const void *expected)
{
    if (!plan)
        fail_msg("%s: %s", c->name, dsc_scope_message(c->scope));
    for (size_t i = 0; i < plan->input_count; i++)
        dsci_execution_bind(plan->inputs[i], x);
    for (size_t i = 0; i < plan->expected_count; i++)
        dsci_execution_bind(plan->expected[i], expected);
    const unsigned mode = dsc_float_mode_enter();
    dsci_execution_run(plan);
    dsc_float_mode_leave(mode);
    for (size_t i = 0; i < plan->graph.count; i++)
        s->seen[plan->graph.nodes[i]->op->id] = true;
}

static void check(struct golden_case *c, void *user)
{
    struct setting *s = user;
    const char *kind = golden_text(c, "kind");
    const struct golden_array x = golden_array(c, "parameters", "x/weights");
    const struct golden_array tokens = golden_array(c, "", "tokens"), labels = golden_array(c, "", "labels");
    const struct golden_array targets = golden_array(c, "", "targets"),
                              output = golden_array(c, "", "output");
    dsc_node *y = make_output(c, kind, make_x(c, &x, &tokens));
    const size_t batch = output.shape[0];
    dsc_model *model = dsc_compile(
        make_loss(c, kind, y, make_expected(c, &labels, &targets)),
        &(dsc_compile_options){ .batch = batch, .engine = s->engine, .dtype = s->dtype, .threads = 1 });
    if (!model)
        fail_msg("%s: %s", c->name, dsc_scope_message(c->scope));
    const dsc_slice *slices, *states;
    const size_t slice_count = dsc_model_slices(model, &slices),
                 state_count = dsc_model_state_slices(model, &states);
    assert_int_equal(slice_count, golden_size(c, "parameters"));
    each_slice(c, s, slices, slice_count, "parameters", dsc_model_parameters(model, NULL), true);
    each_slice(c, s, states, state_count, "state", dsc_model_state(model, NULL), true);

    const void *in =
        tokens.values ? (const void *)as_integers(c, &tokens) : identity_matrix(c, s->dtype, batch);
    const void *expected = labels.values ? (const void *)as_integers(c, &labels)
                                         : as_real(c, s->dtype, targets.values, targets.count);
    dsci_execution *forward = dsci_model_execution_of(model, y->tensor, batch, DSCI_EVALUATION);
    run(c, s, forward, in, expected);
    compare(c, s, "output", forward->result, &output);
    dsci_execution *training = dsci_model_execution(model, batch, DSCI_TRAINING);
    run(c, s, training, in, expected);
    double loss = golden_real(c, "loss");
    const struct golden_array exact = { .values = &loss, .count = 1 };
    compare(c, s, "loss", as_real(c, s->dtype, training->loss, 1), &exact);
    each_slice(c, s, slices, slice_count, "gradient", dsc_model_gradients(model, NULL), false);
    each_slice(c, s, states, state_count, "state_after", dsc_model_state(model, NULL), false);
}

static void check_all(struct setting *s)
{
    const hid_t file = golden_open("pytorch_networks.h5");
    golden_each(file, check, s);
    H5Fclose(file);
    print_message("largest difference: %.2g of the largest value\n", s->worst);
    assert_int_equal(s->failures, 0);
}

static void the_reference_agrees_in_double(void **state)
{
    (void)state;
    check_all(&(struct setting){ .engine = DSC_ENGINE_REF, .dtype = DSC_DTYPE_F64, .tolerance = 1e-12 });
}

static void the_reference_agrees_in_single(void **state)
{
    (void)state;
    check_all(
        &(struct setting){ .engine = DSC_ENGINE_REF, .dtype = DSC_DTYPE_F32, .tolerance = 16 * FLT_EPSILON });
}

static void native_kernels_agree(void **state)
{
    (void)state;
    check_all(&(struct setting){
        .engine = DSC_ENGINE_NATIVE, .dtype = DSC_DTYPE_F32, .tolerance = 16 * FLT_EPSILON });
}

static void onednn_agrees(void **state)
{
    (void)state;
    check_all(&(struct setting){ .engine = DSC_ENGINE_ONEDNN, .dtype = DSC_DTYPE_F32, .tolerance = 1e-5 });
}

/* But for casts, which are of other types, and noise, which is random. */
static void every_op_with_a_gradient_and_every_activation_is_compared(void **state)
{
    (void)state;
    struct setting s = { .engine = DSC_ENGINE_REF, .dtype = DSC_DTYPE_F64, .tolerance = 1 };
    check_all(&s);
    for (size_t id = 0; id < DSCI_OP_COUNT; id++)
        if (dsci_ops[id]->gradient && !s.seen[id] && id != DSCI_OP_CAST && !dsci_ops[id]->training_only)
            fail_msg("op %s has a gradient and no case in pytorch.py", dsci_ops[id]->name);
    const hid_t file = golden_open("pytorch_networks.h5");
    for (int a = 0; a < DSC_ACTIVATION_COUNT; a++)
        if (H5Lexists(file, dsc_activation_name((dsc_activation)a), H5P_DEFAULT) <= 0)
            fail_msg("%s has no case in pytorch.py", dsc_activation_name((dsc_activation)a));
    H5Fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_agrees_in_double),
        cmocka_unit_test(the_reference_agrees_in_single),
        cmocka_unit_test(native_kernels_agree),
        cmocka_unit_test(onednn_agrees),
        cmocka_unit_test(every_op_with_a_gradient_and_every_activation_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
