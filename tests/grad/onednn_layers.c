/* Layers that are large enough to be cut, in every way that oneDNN's and the native implementations cut them,
 * large batches and small ones: near the reference in single precision and in bfloat16, with the same bits on
 * any number of threads. Activations are smooth: a ReLU would turn rounding into steps. */
#include <math.h>
#include <string.h>

#include "cases.h"
#include "test.h"

/* Blocks of units and of inputs. */
static dsc_node *blocks(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 700, 800) } });
    x = dsc_tanh(dsc_dense(x, draw_size(draw, 1300, 1400)));
    return squared_head(dsc_sigmoid(dsc_dense(x, draw_size(draw, 700, 800))), scope, draw);
}

/* Many weights and few pixels: the gradient of the weights is cut by filters. */
static dsc_node *filters(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 2, 4), 3, 5 } });
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 3, 20), .padding = DSC_PADDING_SAME));
    return squared_head(dsc_tanh(dsc_conv2d(x, draw_size(draw, 512, 520), .pad = { 1, 1 })), scope, draw);
}

/* Partial sums over some shards at a time, and over each. */
static dsc_node *shards(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(
        scope, &(dsc_input_spec){ .shape = { draw_size(draw, 16, 24), draw_size(draw, 16, 70), 2 } });
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 8, 20), .kernel = { 5 }, .padding = DSC_PADDING_SAME));
    x = dsc_sigmoid(dsc_conv2d(x, draw_size(draw, 8, 20), .stride = { 3 }));
    return squared_head(x, scope, draw);
}

static dsc_node *sequence(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 11, 40), 1 } });
    x = dsc_tanh(dsc_conv1d(x, draw_size(draw, 1, 25), .kernel = 5, .stride = 2, .pad = 1));
    return squared_head(dsc_tanh(dsc_conv1d(x, draw_size(draw, 1, 25), .dilation = 2)), scope, draw);
}

static dsc_node *groups(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 7, 6, 3 } });
    x = dsc_tanh(dsc_conv2d(x, 4 * draw_size(draw, 1, 9), .kernel = { 1 }));
    x = dsc_tanh(dsc_conv2d(x, 4 * draw_size(draw, 1, 9), .groups = 4, .no_bias = true));
    return squared_head(x, scope, draw);
}

/* Two recurrent layers over sequences of several lengths, the second one of sizes that do not fit vectors. */
static dsc_node *recurrent(dsc_scope *scope, struct draw *draw, dsc_recurrent_cell cell)
{
    dsc_node *tokens =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = draw_size(draw, 1, 41), .vocabulary = 7 });
    dsc_node *x = dsc_embedding(tokens, draw_size(draw, 1, 70), .padding = 1);
    const bool peephole = cell == DSC_RECURRENT_LSTM;
    dsc_node *lengths = dsc_lengths(tokens, 0);
    x = dsc_recurrent(x, draw_size(draw, 1, 150), .cell = cell, .sequence = true, .lengths = lengths,
                      .two_biases = true);
    const size_t units = draw_size(draw, 1, 37);
    dsc_node *h =
        dsc_recurrent(x, units, .cell = cell, .reverse = true, .peephole = peephole, .lengths = lengths);
    return squared_head(dsc_recurrent(x, units, .cell = cell, .initial = dsc_final_state(h)), scope, draw);
}

#define RECURRENT(function, kind)                                                                            \
    static dsc_node *function(dsc_scope *scope, struct draw *draw)                                           \
    {                                                                                                        \
        return recurrent(scope, draw, kind);                                                                 \
    }

RECURRENT(elman, DSC_RECURRENT_TANH)
RECURRENT(lstm, DSC_RECURRENT_LSTM)
RECURRENT(gru, DSC_RECURRENT_GRU)
RECURRENT(gru_lbr, DSC_RECURRENT_GRU_LBR)

/* Of a small batch, images are cut into bands of rows. The layer below sees the gradient. */
static dsc_node *tall_image(dsc_scope *scope, struct draw *draw, size_t channels)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 48, 67), 21, 3 } });
    return dsc_tanh(dsc_conv2d(x, channels, .kernel = { 1 }));
}

static dsc_node *bands(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = tall_image(scope, draw, draw_size(draw, 31, 40));
    return squared_head(dsc_tanh(dsc_conv2d(x, draw_size(draw, 32, 50), .padding = DSC_PADDING_SAME)), scope,
                        draw);
}

static dsc_node *pointwise_bands(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = tall_image(scope, draw, draw_size(draw, 90, 100));
    return squared_head(dsc_tanh(dsc_conv2d(x, draw_size(draw, 96, 100), .kernel = { 1 })), scope, draw);
}

static dsc_node *strided_bands(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = tall_image(scope, draw, draw_size(draw, 30, 33));
    x = dsc_conv2d(x, draw_size(draw, 48, 60), .kernel = { 5 }, .stride = { 2 },
                   .pad = { draw_size(draw, 0, 4), draw_size(draw, 1, 3) }, .no_bias = true);
    return squared_head(dsc_tanh(x), scope, draw);
}

static dsc_node *dilated_bands(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = tall_image(scope, draw, draw_size(draw, 33, 40));
    x = dsc_conv2d(x, draw_size(draw, 40, 50), .dilation = { 2, 3 },
                   .pad = { draw_size(draw, 2, 4), draw_size(draw, 3, 6) });
    return squared_head(dsc_tanh(x), scope, draw);
}

static dsc_node *wide_dilated(dsc_scope *scope, struct draw *draw)
{
    const size_t height = draw_size(draw, 9, 12), width = draw_size(draw, 33, 64);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { height, width, 3 } });
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 33, 40), .kernel = { 1 }));
    x = dsc_conv2d(x, draw_size(draw, 4, 9), .dilation = { 2, 3 }, .pad = { 2, 3 });
    return squared_head(dsc_tanh(x), scope, draw);
}

/* Steps that are larger than the image, and than the window. */
static dsc_node *large_steps(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 9, 20), 2, 3 } });
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 17, 40), .kernel = { 1 }));
    x = dsc_tanh(
        dsc_conv2d(x, draw_size(draw, 5, 33), .kernel = { 2, 3 }, .stride = { 3, 4 }, .pad = { 1, 1 }));
    x = dsc_conv2d(x, draw_size(draw, 5, 9), .kernel = { 1 }, .stride = { 2, 1 });
    return squared_head(dsc_tanh(x), scope, draw);
}

/* Windows that lie wholly in the padding, and rows between windows. */
static dsc_node *outside_windows(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = tall_image(scope, draw, draw_size(draw, 33, 40));
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 33, 50), .pad = { 5, 4 }));
    x = dsc_conv2d(x, draw_size(draw, 200, 240), .kernel = { 2 }, .stride = { 3 });
    return squared_head(dsc_tanh(x), scope, draw);
}

/* Pooling and element-wise layers over large images. */
static dsc_node *pooled(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = tall_image(scope, draw, draw_size(draw, 70, 90));
    dsc_node *a = dsc_average_pool(x, .window = { 3, 2 }, .stride = { 2, 1 }, .pad = { 1, 0 });
    dsc_node *b = dsc_max_pool(dsc_add(x, dsc_scale(dsc_sigmoid(x), 0.5)), .window = { 3, 2 },
                               .stride = { 2, 1 }, .pad = { 1, 0 });
    return squared_head(dsc_multiply(a, dsc_tanh(b)), scope, draw);
}

/* Each channel by itself. */
static dsc_node *depthwise_bands(dsc_scope *scope, struct draw *draw)
{
    const size_t channels = draw_size(draw, 40, 70);
    dsc_node *x = tall_image(scope, draw, channels);
    x = dsc_tanh(dsc_conv2d(x, channels, .groups = channels, .padding = DSC_PADDING_SAME));
    x = dsc_conv2d(x, channels, .groups = channels, .kernel = { draw_size(draw, 2, 4), 3 }, .stride = { 2 },
                   .dilation = { 1, 2 }, .pad = { draw_size(draw, 0, 5), 3 });
    return squared_head(dsc_sigmoid(x), scope, draw);
}

static dsc_node *grouped_bands(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = tall_image(scope, draw, 4 * draw_size(draw, 14, 20));
    x = dsc_conv2d(x, 4 * draw_size(draw, 16, 20), .groups = 4, .padding = DSC_PADDING_SAME);
    return squared_head(dsc_tanh(x), scope, draw);
}

/* Small images with many weights, and few channels or filters at one end. */
static dsc_node *deep(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 5, 9), 6, 3 } });
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 130, 300), .padding = DSC_PADDING_SAME));
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 256, 300), .padding = DSC_PADDING_SAME));
    return squared_head(dsc_tanh(dsc_conv2d(x, 3, .padding = DSC_PADDING_SAME)), scope, draw);
}

static dsc_node *long_sequence(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 300, 700), 3 } });
    x = dsc_tanh(dsc_conv1d(x, draw_size(draw, 33, 40), .pad = 1));
    return squared_head(dsc_tanh(dsc_conv1d(x, draw_size(draw, 100, 130), .kernel = 7, .pad = 3)), scope,
                        draw);
}

/* Few weights, whose gradients are long sums. */
static dsc_node *many_steps(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 2100, 2200), 3 } });
    x = dsc_tanh(dsc_dense(x, draw_size(draw, 500, 520)));
    return squared_head(dsc_tanh(dsc_dense(x, draw_size(draw, 1, 3))), scope, draw);
}

static const struct gradient_case cases[] = {
    { .name = "elman", .op = "recurrent", .loss = elman },
    { .name = "lstm", .op = "recurrent", .loss = lstm },
    { .name = "gru", .op = "recurrent", .loss = gru, .tolerance = 4 },
    { .name = "gru, linear before reset", .op = "recurrent", .loss = gru_lbr, .tolerance = 4 },
    { .name = "blocks of a dense layer", .op = "dense", .loss = blocks },
    { .name = "convolution cut by filters", .op = "conv", .loss = filters },
    { .name = "convolution cut by shards", .op = "conv", .loss = shards },
    { .name = "convolution of smooth sequences", .op = "conv", .loss = sequence },
    { .name = "smooth grouped convolution", .op = "conv", .loss = groups },
    /* small batches */
    { .name = "bands", .op = "conv", .loss = bands },
    { .name = "bands of single pixels", .op = "conv", .loss = pointwise_bands },
    { .name = "bands of strided windows", .op = "conv", .loss = strided_bands },
    { .name = "bands of dilated windows", .op = "conv", .loss = dilated_bands },
    { .name = "dilated windows of wide images", .op = "conv", .loss = wide_dilated },
    { .name = "steps beyond the image", .op = "conv", .loss = large_steps },
    { .name = "windows outside the image", .op = "conv", .loss = outside_windows },
    { .name = "bands of groups", .op = "conv", .loss = grouped_bands },
    { .name = "bands of single channels", .op = "conv", .loss = depthwise_bands },
    { .name = "pieces of pooled images", .op = "max_pool", .loss = pooled },
    { .name = "small images with many weights", .op = "conv", .loss = deep },
    { .name = "one long sequence", .op = "conv", .loss = long_sequence },
    { .name = "dense layer over many steps", .op = "dense", .loss = many_steps },
};

enum { SMALL_BATCHES = 9, CASES = sizeof cases / sizeof cases[0], VARIANTS = 4 };

struct run {
    dsc_engine engine;
    dsc_dtype dtype;
    int threads;
};

/* A case's model after one run over random examples. Its batch is of several shards, the last of them
 * smaller; or small: 1 in the first variant. */
static dsc_model *run_case(dsc_scope *scope, size_t c, uint32_t variant, struct run run)
{
    struct draw draw = { .seed = 78, .variant = variant };
    dsc_node *loss = cases[c].loss(scope, &draw);
    const size_t shard = c < SMALL_BATCHES ? draw_size(&draw, 2, 5) : 8;
    const size_t batch = c < SMALL_BATCHES ? 3 * shard + draw_size(&draw, 0, 1) : draw_size(&draw, 1, 5);
    dsc_model *model = dsc_compile(loss, &(dsc_compile_options){ .batch = batch,
                                                                 .shard = shard,
                                                                 .engine = run.engine,
                                                                 .dtype = run.dtype,
                                                                 .threads = run.threads });
    if (!model)
        fail_msg("%s, variant %u: %s", cases[c].name, variant, dsc_scope_message(scope));
    dsci_execution *plan = dsci_model_execution(model, model->options.batch, DSCI_TRAINING);
    bind_random(scope, plan, TARGETS_NORMAL, 6);
    dsci_execution_run(plan);
    return model;
}

static double largest_error(const float *values, const double *exact, size_t count)
{
    double largest = 1e-3, error = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(exact[i]));
        error = fmax(error, fabs((double)values[i] - exact[i]));
    }
    return error / largest;
}

/* Largest differences relative to the largest value of a slice. The first variant has slices of one element
   or few, none of which need be large: a case's own tolerance is of that one. */
static void compare(const struct gradient_case *checked, dsc_model *exact, dsc_model *model, struct run run,
                    double tolerance, uint32_t variant)
{
    const dsc_slice *slices, *exact_slices;
    const size_t count = dsc_model_slices(model, &slices);
    dsc_model_slices(exact, &exact_slices);
    for (size_t i = 0; i < count; i++) {
        const float *values = (const float *)dsc_model_gradients(model, NULL) + slices[i].offset;
        const double *reference = (const double *)dsc_model_gradients(exact, NULL) + exact_slices[i].offset;
        const double error = largest_error(values, reference, slices[i].count);
        if (!(error <= tolerance * (variant || checked->tolerance == 0 ? 1 : checked->tolerance)))
            fail_msg("%s, variant %u, %s on %s: gradient of %s is off by %.3g of its largest", checked->name,
                     variant, dsc_dtype_name(run.dtype), dsc_engine_name(run.engine), slices[i].name, error);
    }
}

/* All engines and types beside one run of the reference, which takes the longest. */
static void compare_engines(size_t c, uint32_t variant)
{
    static const struct {
        struct run run;
        double tolerance;
    } compared[] = {
        { { DSC_ENGINE_ONEDNN, DSC_DTYPE_F32, 2 }, 1e-5 },
        { { DSC_ENGINE_NATIVE, DSC_DTYPE_F32, 2 }, 1e-5 },
        { { DSC_ENGINE_ONEDNN, DSC_DTYPE_BF16, 2 }, 2e-2 },
        { { DSC_ENGINE_NATIVE, DSC_DTYPE_BF16, 2 }, 2e-2 },
    };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 14 });
    dsc_model *exact = run_case(scope, c, variant, (struct run){ DSC_ENGINE_REF, DSC_DTYPE_F64, 1 });
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++) {
        const struct run run = compared[i].run;
        if (run.dtype == DSC_DTYPE_BF16 && strcmp(cases[c].op, "max_pool") == 0)
            continue; /* rounding would change which is the largest */
        compare(&cases[c], exact, run_case(scope, c, variant, run), run, compared[i].tolerance, variant);
    }
    dsc_scope_close(&scope);
}

static void large_layers_are_near_the_reference(void **state)
{
    (void)state;
    for (size_t c = 0; c < CASES; c++)
        for (uint32_t v = 0; v < (c < SMALL_BATCHES ? VARIANTS : 2); v++)
            compare_engines(c, v);
}

static void compare_threads(size_t c, uint32_t variant, struct run run)
{
    static const int threads[] = { 2, 3, 8 };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 15 });
    run.threads = 1;
    dsc_model *alone = run_case(scope, c, variant, run);
    size_t elements;
    const float *expected = dsc_model_gradients(alone, &elements);
    for (size_t t = 0; t < 3; t++) {
        run.threads = threads[t];
        dsc_model *model = run_case(scope, c, variant, run);
        assert_memory_equal(dsc_model_gradients(model, NULL), expected, elements * sizeof(float));
    }
    dsc_scope_close(&scope);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    for (size_t c = 0; c < CASES; c++)
        for (uint32_t variant = c < SMALL_BATCHES ? 2 : 0; variant < 3; variant += 2) {
            compare_threads(c, variant, (struct run){ .engine = DSC_ENGINE_ONEDNN, .dtype = DSC_DTYPE_F32 });
            compare_threads(c, variant, (struct run){ .engine = DSC_ENGINE_ONEDNN, .dtype = DSC_DTYPE_BF16 });
            if (c >= SMALL_BATCHES)
                compare_threads(c, variant,
                                (struct run){ .engine = DSC_ENGINE_NATIVE, .dtype = DSC_DTYPE_F32 });
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_layers_are_near_the_reference),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
