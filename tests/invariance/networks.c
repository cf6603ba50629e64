/* Convolutional and recurrent networks train to the same bits on any number of threads that share a step,
   with each engine and precision, and with the native engine at every instruction-set level: the program runs
   itself once a level and compares what it prints. */
#include "levels.h"

#include <descent/models.h>
#include <descent/rng.h>
#include <descent/train.h>

enum { COUNT = 45, BATCH = 19, SIDE = 9, CHANNELS = 3, STEPS = 13, VOCABULARY = 50, CLASSES = 7 };

/* Normalised, grouped, strided and residual convolutions, both ways of pooling, every kind of noise. */
static dsc_node *images(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE, SIDE, CHANNELS } });
    dsc_node *h = dsc_relu(dsc_batch_norm(dsc_conv2d(x, 18, .padding = DSC_PADDING_SAME, .no_bias = true)));
    h = dsc_add(h, dsc_relu(dsc_conv2d(h, 18, .groups = 3, .padding = DSC_PADDING_SAME)));
    h = dsc_relu(dsc_conv2d(h, 18, .groups = 18, .padding = DSC_PADDING_SAME));
    h = dsc_max_pool(dsc_channel_dropout(h, 0.1), .window = { 3, 3 }, .stride = { 2, 2 });
    h = dsc_tanh(
        dsc_conv2d(h, 33, .kernel = { 2, 3 }, .dilation = { 1, 1 }, .pad = { 1, 1 }, .stride = { 2, 1 }));
    h = dsc_dropout(dsc_average_pool(h, .window = { 2, 2 }), 0.2);
    h = dsc_gelu(dsc_gaussian_dropout(dsc_dense(dsc_gaussian_noise(h, 0.1), 41), 0.3));
    return dsc_dense(dsc_alpha_dropout(h, 0.1), CLASSES);
}

/* Upsampled by the nearest pixel and both bilinear rules, once to fewer columns. */
static dsc_node *upsampled(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE, SIDE, CHANNELS } });
    dsc_node *h = dsc_tanh(dsc_conv2d(x, 19, .stride = { 2, 2 }));
    h = dsc_tanh(dsc_conv2d(dsc_upsample(h, .size = { 13, 3 }, .mode = DSC_UPSAMPLE_BILINEAR), 18,
                            .padding = DSC_PADDING_SAME));
    h = dsc_upsample(h, .factor = { 2, 3 });
    h = dsc_upsample(h, .size = { 31, 40 }, .mode = DSC_UPSAMPLE_BILINEAR, .align_corners = true);
    return dsc_dense(dsc_tanh(dsc_conv2d(h, 4, .stride = { 3, 3 })), CLASSES);
}

/* Images that shrink and grow again, by windows that overlap, leave gaps, are of each channel, and of one
 * pixel. */
static dsc_node *decoder(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE, SIDE, CHANNELS } });
    dsc_node *h = dsc_relu(dsc_conv2d(x, 34, .stride = { 2 }, .padding = DSC_PADDING_SAME));
    h = dsc_relu(dsc_conv2d_transposed(h, 18, .kernel = { 4, 3 }, .stride = { 2 }, .pad = { 1, 1 },
                                       .output_pad = { 0, 1 }, .groups = 2));
    h = dsc_tanh(dsc_conv2d_transposed(h, 18, .groups = 18, .stride = { 2 }, .padding = DSC_PADDING_SAME));
    h = dsc_relu(dsc_conv2d_transposed(h, 20, .padding = DSC_PADDING_SAME, .no_bias = true));
    h = dsc_conv2d_transposed(h, 5, .kernel = { 1, 2 }, .stride = { 3, 2 }, .padding = DSC_PADDING_SAME);
    return dsc_dense(dsc_conv2d_transposed(h, 3, .kernel = { 1 }), CLASSES);
}

static dsc_node *tokens(dsc_scope *scope)
{
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = VOCABULARY });
    return dsc_embedding(x, 20);
}

static dsc_node *lstm(dsc_scope *scope)
{
    dsc_node *h = dsc_recurrent(tokens(scope), 35, .cell = DSC_RECURRENT_LSTM, .sequence = true);
    return dsc_dense(dsc_recurrent(h, 17, .cell = DSC_RECURRENT_LSTM, .peephole = true), CLASSES);
}

static dsc_node *gru(dsc_scope *scope)
{
    dsc_node *h =
        dsc_recurrent(tokens(scope), 18, .cell = DSC_RECURRENT_GRU, .bidirectional = true, .sequence = true);
    return dsc_dense(dsc_recurrent(dsc_layer_norm(h), 33, .cell = DSC_RECURRENT_GRU_LBR), CLASSES);
}

static dsc_node *elman(dsc_scope *scope)
{
    return dsc_dense(dsc_recurrent(tokens(scope), 40, .cell = DSC_RECURRENT_TANH), CLASSES);
}

static dsc_node *jordan(dsc_scope *scope)
{
    return dsc_dense(dsc_recurrent(tokens(scope), 21, .cell = DSC_RECURRENT_JORDAN, .outputs = 5), CLASSES);
}

/* Arithmetic of tensors of different shapes, sums over dimensions and over the batch. */
static dsc_node *arrays(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE, SIDE, CHANNELS } });
    dsc_node *h = dsc_reshape(dsc_dense(x, 12 * 37), 12, 37);
    dsc_node *centered = dsc_subtract(h, dsc_mean(h, .axes = DSC_AXES(-1), .keep = true));
    dsc_node *size = dsc_sum(dsc_multiply(centered, centered), .axes = DSC_AXES(0), .keep = true);
    h = dsc_maximum(dsc_divide(centered, dsc_softplus(size)), dsc_scale(centered, 0.01));
    h = dsc_subtract(h, dsc_max(h, .axes = DSC_AXES(0), .batch = true));
    h = dsc_add(h, dsc_mean(h, .batch = true));
    dsc_node *scores = dsc_softmax(dsc_matmul(h, centered, .transpose_b = true));
    h = dsc_add(dsc_power(dsc_absolute(h), 1.5),
                dsc_log(dsc_add(dsc_exp(dsc_clamp(h, -2, 2)), dsc_sqrt(dsc_exp(h)))));
    h = dsc_transpose(dsc_permute(h, 1, 0));
    dsc_node *gram = dsc_scale(dsc_matmul(h, h, .transpose_a = true), 0.1);
    return dsc_dense(dsc_matmul(dsc_matmul(scores, h), gram), CLASSES);
}

/* With noise everywhere; the classes are told from the logits of all steps. */
static dsc_node *transformer(dsc_scope *scope)
{
    const dsc_transformer_spec spec = {
        .vocabulary = VOCABULARY, .context = STEPS, .width = 36, .heads = 2, .blocks = 2, .dropout = 0.1
    };
    return dsc_dense(dsc_transformer(scope, &spec), CLASSES);
}

static dsc_node *text_cnn(dsc_scope *scope)
{
    return dsc_text_cnn(
        scope,
        &(dsc_text_cnn_spec){
            .steps = STEPS, .vocabulary = VOCABULARY, .classes = CLASSES, .embedding = 20, .filters = 9 });
}

static dsc_node *bilstm(dsc_scope *scope)
{
    return dsc_sequence_classifier(scope, &(dsc_sequence_network_spec){ .steps = STEPS,
                                                                        .vocabulary = VOCABULARY,
                                                                        .classes = CLASSES,
                                                                        .embedding = 10,
                                                                        .units = 7,
                                                                        .cell = DSC_RECURRENT_LSTM,
                                                                        .bidirectional = true });
}

static dsc_node *classify(dsc_scope *scope, dsc_node *logits)
{
    return dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES));
}

/* A parameter that every example has, losses of which two are so large that threads share them, the target of
 * one a layer that is trained, too.
 */
static dsc_node *sum(dsc_scope *scope)
{
    enum { WIDE = 9000 };
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE * SIDE * CHANNELS } });
    dsc_node *offset =
        dsc_parameter(scope, &(dsc_parameter_spec){ .shape = { WIDE }, .init = DSC_INIT_NORMAL });
    dsc_node *h = dsc_tanh(dsc_dense(x, 12)), *wide = dsc_add(dsc_dense(h, WIDE), dsc_batched(offset));
    return dsc_loss_sum({ 1, classify(scope, dsc_dense(h, CLASSES)) },
                        { 0.3, dsc_squared_loss(wide, dsc_dense(dsc_tanh(h), WIDE)) },
                        { -0.2, dsc_mean_loss(dsc_tanh(wide), NULL) });
}

static const struct network {
    const char *name;
    dsc_node *(*make)(dsc_scope *); /* logits, or a loss */
    dsc_engine engine;
    dsc_dtype dtype;
} networks[] = {
    { "images, native", images, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "LSTM, native", lstm, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "GRU, native", gru, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "Elman, native", elman, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "Jordan, native", jordan, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "sum of losses, native", sum, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "arrays, native", arrays, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "upsampled, native", upsampled, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "decoder, native", decoder, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "transformer, native", transformer, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "text convolutions, native", text_cnn, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { "bidirectional LSTM, native", bilstm, DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    /* from here on not the same at every level */
    { "images, oneDNN", images, DSC_ENGINE_ONEDNN, DSC_DTYPE_F32 },
    { "LSTM, oneDNN", lstm, DSC_ENGINE_ONEDNN, DSC_DTYPE_F32 },
    { "images, auto", images, DSC_ENGINE_AUTO, DSC_DTYPE_F32 },
    { "images, auto, bf16", images, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "upsampled, auto, bf16", upsampled, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "decoder, oneDNN", decoder, DSC_ENGINE_ONEDNN, DSC_DTYPE_F32 },
    { "decoder, auto, bf16", decoder, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "arrays, auto, bf16", arrays, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "transformer, auto, bf16", transformer, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "LSTM, auto, bf16", lstm, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "GRU, auto, bf16", gru, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "Elman, auto, bf16", elman, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { "sum of losses, auto, bf16", sum, DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
};
enum { NATIVE_NETWORKS = 12, NETWORKS = sizeof networks / sizeof networks[0] };

static dsc_examples make_examples(dsc_scope *scope)
{
    const dsc_rng rng = dsc_rng_make(3, DSC_STREAM_DATA);
    const size_t features = SIDE * SIDE * CHANNELS;
    float *x = dsc_scope_alloc(scope, COUNT * features, sizeof *x);
    int32_t *words = dsc_scope_alloc(scope, COUNT * STEPS, sizeof *words);
    int32_t *labels = dsc_scope_alloc(scope, COUNT, sizeof *labels);
    dsc_rng_fill_normal_f32(rng, 0, 0, 1, x, COUNT * features);
    for (size_t i = 0; i < COUNT * STEPS; i++)
        words[i] = (int32_t)dsc_rng_below(rng, 1, i, VOCABULARY);
    for (size_t i = 0; i < COUNT; i++)
        labels[i] = (int32_t)dsc_rng_below(rng, 2, i, CLASSES);
    return (dsc_examples){ .count = COUNT,
                           .columns = { { "input", features, .f32 = x },
                                        { "tokens", STEPS, .i32 = words },
                                        { "labels", 1, .i32 = labels } } };
}

/* The hash of the trained parameters, mixed with the evaluated loss. */
static uint64_t train(const struct network *network, int threads)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
    const dsc_examples examples = make_examples(scope);
    dsc_node *made = network->make(scope);
    dsc_model *model = dsc_compile(network->make == sum ? made : classify(scope, made),
                                   &(dsc_compile_options){ .batch = BATCH,
                                                           .engine = network->engine,
                                                           .dtype = network->dtype,
                                                           .threads = threads,
                                                           .shard = 4 });
    const dsc_fit_options options = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .clip_norm = 1 },
                                      .epochs = 2 };
    if (dsc_fit(model, &examples, &options) != DSC_OK)
        fail_msg("%s: %s", network->name, dsc_scope_message(scope));
    const dsc_metrics metrics = dsc_evaluate(model, &examples);
    uint64_t bits;
    memcpy(&bits, &metrics.loss, sizeof bits);
    const uint64_t hash = dsc_model_hash(model) ^ bits;
    dsc_scope_close(&scope);
    return hash;
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static const int threads[] = { 2, 3, 8 };
    for (size_t i = 0; i < NETWORKS; i++) {
        const uint64_t alone = train(&networks[i], 1);
        for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++)
            if (train(&networks[i], threads[t]) != alone)
                fail_msg("%s: %d threads give other bits than 1", networks[i].name, threads[t]);
    }
}

static void every_level_gives_the_same_bits(void **state)
{
    (void)state;
    assert_same_lines_at_every_level("hashes", NATIVE_NETWORKS);
}

static int print_hashes(void)
{
    for (size_t i = 0; i < NATIVE_NETWORKS; i++)
        printf("%s %016llx\n", networks[i].name, (unsigned long long)train(&networks[i], 2));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "hashes") == 0)
        return print_hashes();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(every_level_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
