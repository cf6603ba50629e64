/* Convolutions and poolings have the documented sizes, refuse what does not fit in words that help, and give
   the same bits for any size of the shards and number of threads. */
#include <string.h>

#include "graph/network.h"
#include "network.h"
#include "test.h"

static dsc_node *image(dsc_scope *scope, size_t height, size_t width, size_t channels)
{
    return dsc_input(scope, &(dsc_input_spec){ .shape = { height, width, channels } });
}

static void check_shape(const dsc_node *x, const char *expected)
{
    char text[128];
    assert_non_null(x);
    assert_string_equal(dsci_shape_text(&x->tensor->shape, text), expected);
}

static void sizes_are_the_documented_ones(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *x = image(scope, 9, 7, 4);
    check_shape(dsc_conv2d(x, 6), "1x7x5x6");
    check_shape(dsc_conv2d(x, 6, .kernel = { 5, 2 }, .stride = { 2 }, .pad = { 1, 0 }), "1x4x3x6");
    check_shape(dsc_conv2d(x, 6, .dilation = { 2 }, .padding = DSC_PADDING_SAME, .groups = 2), "1x9x7x6");
    check_shape(dsc_conv2d(x, 8, .stride = { 2, 3 }, .padding = DSC_PADDING_SAME), "1x5x3x8");
    check_shape(dsc_max_pool(x), "1x4x3x4");
    check_shape(dsc_average_pool(x, .window = { 3 }, .stride = { 2 }, .padding = DSC_PADDING_SAME),
                "1x5x4x4");
    check_shape(dsc_global_max_pool(x), "1x4");
    check_shape(dsc_conv2d_transposed(x, 6), "1x11x9x6");
    check_shape(dsc_conv2d_transposed(x, 6, .kernel = { 4, 2 }, .stride = { 2, 3 }, .pad = { 1, 0 },
                                      .output_pad = { 1, 2 }, .dilation = { 1, 3 }),
                "1x19x24x6");
    check_shape(dsc_conv2d_transposed(x, 8, .stride = { 2, 5 }, .groups = 4, .padding = DSC_PADDING_SAME),
                "1x18x35x8");
    dsc_node *s = dsc_input(scope, &(dsc_input_spec){ .shape = { 40, 3 } });
    check_shape(dsc_conv1d(s, 25, .stride = 2, .pad = 1), "1x20x25");
    check_shape(dsc_conv1d_transposed(s, 7, .kernel = 4, .stride = 2, .pad = 1), "1x80x7");
    check_shape(dsc_max_pool(s, .window = { 3 }), "1x13x3");
    check_shape(dsc_global_average_pool(s), "1x3");
    check_shape(dsc_upsample(x), "1x18x14x4");
    check_shape(dsc_upsample(x, .factor = { 3 }, .size = { 0, 5 }), "1x27x5x4");
    check_shape(dsc_upsample(x, .size = { 20 }), "1x20x20x4");
    check_shape(dsc_upsample(x, .factor = { 1, 4 }), "1x9x28x4");
    check_shape(dsc_upsample(s, .size = { 100 }, .mode = DSC_UPSAMPLE_BILINEAR), "1x100x3");
    dsc_scope_close(&scope);
}

#define EXPECT_ERROR(call, words)                                                                            \
    do {                                                                                                     \
        dsc_scope *scope = dsc_scope_open(NULL);                                                             \
        dsc_node *x = image(scope, 4, 4, 6);                                                                 \
        assert_null(call);                                                                                   \
        if (!strstr(dsc_scope_message(scope), words))                                                        \
            fail_msg("expected '%s' in: %s", words, dsc_scope_message(scope));                               \
        dsc_scope_close(&scope);                                                                             \
    } while (0)

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    EXPECT_ERROR(dsc_conv2d(x, 3, .kernel = { 5 }), "layer 'conv2d1': expected an input of at least 5");
    EXPECT_ERROR(dsc_conv2d(x, 3, .dilation = { 2 }), "expected an input of at least 5");
    EXPECT_ERROR(dsc_conv2d(x, 0), "at least 1 filter");
    EXPECT_ERROR(dsc_conv2d(x, 4, .groups = 4), "multiples of the 4 groups, found 6 and 4");
    EXPECT_ERROR(dsc_conv2d(x, 4, .kernel = { SIZE_MAX }), "at most");
    EXPECT_ERROR(dsc_conv1d(x, 4), "expected a batch of sequences");
    EXPECT_ERROR(
        dsc_conv2d_transposed(x, 3, .stride = { 2 }, .output_pad = { 2 }),
        "layer 'conv2d_transposed1': expected a padding of the output below the stride of 2, found 2");
    EXPECT_ERROR(dsc_conv2d_transposed(x, 3, .pad = { 3 }),
                 "layer 'conv2d_transposed1': expected less padding");
    EXPECT_ERROR(dsc_conv2d_transposed(x, 4, .groups = 4), "multiples of the 4 groups, found 6 and 4");
    EXPECT_ERROR(dsc_conv2d_transposed(x, 0), "at least 1 filter");
    EXPECT_ERROR(dsc_conv2d_transposed(x, 3, .stride = { SIZE_MAX }), "at most");
    EXPECT_ERROR(dsc_conv1d_transposed(x, 4), "layer 'conv1d_transposed1': expected a batch of sequences");
    EXPECT_ERROR(dsc_max_pool(x, .window = { 5 }), "layer 'max_pool1': expected an input of at least 5");
    EXPECT_ERROR(dsc_max_pool(x, .window = { 2 }, .pad = { 2 }), "padding smaller than the window");
    EXPECT_ERROR(dsc_average_pool(dsc_dense(x, 3)), "expected a batch of images");
    EXPECT_ERROR(dsc_upsample(dsc_dense(x, 3)),
                 "layer 'upsample1': expected images (height, width, channels)");
    EXPECT_ERROR(dsc_upsample(x, .factor = { SIZE_MAX }), "layer 'upsample1': expected sizes from 1 to 2^31");
    EXPECT_ERROR(dsc_upsample(x, .align_corners = true), "expected align_corners with bilinear upsampling");
}

/* The gradients of a network of convolutions, groups and poolings. */
static const float *gradients(dsc_scope *scope, size_t shard, int threads, size_t *elements)
{
    enum { BATCH = 7, CLASSES = 5 };
    dsc_node *h = dsc_relu(dsc_conv2d(image(scope, 9, 8, 3), 34, .padding = DSC_PADDING_SAME));
    h = dsc_max_pool(h, .window = { 3 }, .stride = { 2 }, .pad = { 1, 1 });
    h = dsc_tanh(dsc_conv2d(h, 70, .groups = 2, .dilation = { 2 }, .padding = DSC_PADDING_SAME));
    h = dsc_average_pool(dsc_conv2d(h, 20, .kernel = { 1 }), .window = { 2 }, .stride = { 1 });
    h = dsc_upsample(h, .size = { 70, 41 }, .mode = DSC_UPSAMPLE_BILINEAR); /* with one shard cut by rows */
    h = dsc_tanh(dsc_upsample(h, .factor = { 1, 2 }));
    dsc_node *logits = dsc_dense(dsc_global_average_pool(h), CLASSES);
    dsc_model *model =
        dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)),
                    &(dsc_compile_options){
                        .batch = BATCH, .shard = shard, .threads = threads, .engine = DSC_ENGINE_NATIVE });
    assert_non_null(model);
    const dsc_examples examples = make_examples(scope, 3, BATCH, 9 * 8 * 3, CLASSES);
    run_once(scope, dsci_model_execution(model, BATCH, DSCI_TRAINING), &examples);
    return dsc_model_gradients(model, elements);
}

static void shards_and_threads_do_not_change_a_bit(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
    size_t elements, others;
    const float *expected = gradients(scope, 7, 1, &elements);
    for (size_t shard = 1; shard < 7; shard += 2)
        for (int threads = 1; threads <= 2; threads++) {
            dsc_scope *other = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
            const float *found = gradients(other, shard, threads, &others);
            assert_int_equal(elements, others);
            assert_memory_equal(found, expected, elements * sizeof *found);
            dsc_scope_close(&other);
        }
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_the_documented_ones),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(shards_and_threads_do_not_change_a_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
