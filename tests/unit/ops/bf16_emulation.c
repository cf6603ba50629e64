/* bfloat16 on the native engine, which computes in single precision between conversions, trains as single
 * precision does to the rounding of bfloat16: also where the inner implementation packs operands first or
 * adds up sums afterwards. */
#include <math.h>

#include <descent/rng.h>
#include <descent/train.h>

#include "test.h"

enum { CLASSES = 10, STEPS = 8 };

/* A product of more than a billion operations: its parts share packed operands. */
static dsc_node *large_products(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 1024 } });
    return dsc_dense(dsc_tanh(dsc_dense(x, 1024)), CLASSES);
}

/* Many pixels and few weights: the gradient is summed by blocks of pixels. */
static dsc_node *many_pixels(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 4, 16, 16 } });
    return dsc_dense(dsc_tanh(dsc_conv2d(x, 9, .padding = DSC_PADDING_SAME)), CLASSES);
}

static void train(dsc_node *(*network)(dsc_scope *scope), size_t batch, dsc_dtype type, double *losses)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    dsc_model *model =
        dsc_compile(dsc_softmax_cross_entropy(network(scope), dsc_labels(scope, CLASSES)),
                    &(dsc_compile_options){ .batch = batch, .engine = DSC_ENGINE_NATIVE, .dtype = type });
    float *x = dsc_scope_alloc(scope, batch * 1024, sizeof *x);
    int32_t *labels = dsc_scope_alloc(scope, batch, sizeof *labels);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_rng_fill_normal_f32(dsc_rng_make(5, DSC_STREAM_DATA), 0, 0, 1, x, batch * 1024);
    for (size_t i = 0; i < batch; i++)
        labels[i] = (int32_t)(i % CLASSES);
    const dsc_examples examples = {
        .count = batch, .columns = { { "input", 1024, .f32 = x }, { "labels", 1, .i32 = labels } }
    };
    dsc_trainer *trainer =
        dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_OPTIMIZER_SGD, .lr = 0.1 }, &examples);
    for (size_t i = 0; i < STEPS; i++)
        losses[i] = dsc_trainer_step(trainer, 0);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
}

static void compare(dsc_node *(*network)(dsc_scope *scope), size_t batch)
{
    double single[STEPS], half[STEPS];
    train(network, batch, DSC_DTYPE_F32, single);
    train(network, batch, DSC_DTYPE_BF16, half);
    assert_true(single[STEPS - 1] < 0.95 * single[0]); /* it learns, so gradients count */
    for (size_t i = 0; i < STEPS; i++)
        if (!(fabs(half[i] - single[i]) < 0.02 * single[i]))
            fail_msg("step %zu: loss %g, expected %g", i, half[i], single[i]);
}

static void packed_products_train_as_in_single_precision(void **state)
{
    (void)state;
    compare(large_products, 512);
}

static void sums_over_blocks_of_pixels_train_as_in_single_precision(void **state)
{
    (void)state;
    compare(many_pixels, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_products_train_as_in_single_precision),
        cmocka_unit_test(sums_over_blocks_of_pixels_train_as_in_single_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
