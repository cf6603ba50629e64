/* Which of oneDNN's implementations are passed over, by name and extents: those of the machine at hand and of
 * others. */
#include "onednn/onednn.h"
#include "test.h"

/* A convolution that every implementation computes right. */
static dsci_primitive_spec convolution(dsci_direction direction)
{
    return (dsci_primitive_spec){
        .direction = direction,
        .bf16 = true,
        .batch = 2,
        .in = 64,
        .out = 64,
        .spatial = 2,
        .space = { { .src = 40, .kernel = 3, .dst = 40, .stride = 1, .dilation = 1, .pad = 1 },
                   { .src = 40, .kernel = 3, .dst = 40, .stride = 1, .dilation = 1, .pad = 1 } },
    };
}

static void usual_convolutions_are_right_everywhere(void **state)
{
    (void)state;
    static const char *const names[] = { "brgconv:avx512_core_amx_bf16",
                                         "brgconv_1x1:avx512_core_amx_bf16",
                                         "brgconv:avx512_core_bf16",
                                         "brgconv_bwd_w:avx512_core_bf16",
                                         "brgconv_bwd_w:avx512_core_amx_fp16",
                                         "jit:avx512_core_amx_bf16",
                                         "jit_bf16:avx512_core_bf16",
                                         "jit_bf16_1x1:avx512_core",
                                         "jit_dw:avx512_core_bf16",
                                         "x64:gemm:jit",
                                         "ref:any" };
    for (dsci_direction d = DSCI_FORWARD; d <= DSCI_BACKWARD_WEIGHTS; d++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const dsci_primitive_spec spec = convolution(d);
            assert_true(dsci_onednn_is_right(names[i], &spec));
            assert_false(dsci_onednn_is_slow(&spec));
        }
}

/* Nothing else is right beside what the fault is of. */
static void expect_alone(const dsci_primitive_spec *spec, const char *wrong, const char *right)
{
    assert_false(dsci_onednn_is_right(wrong, spec));
    assert_true(dsci_onednn_is_right(right, spec));
    assert_true(dsci_onednn_is_right("x64:gemm:jit", spec));
    assert_true(dsci_onednn_is_right("ref:any", spec));
    dsci_primitive_spec single = *spec;
    single.bf16 = false;
    assert_true(dsci_onednn_is_right(wrong, &single));
    assert_false(dsci_onednn_is_slow(&single));
}

static void gradients_of_weights_of_dilated_rows(void **state)
{
    (void)state;
    dsci_primitive_spec spec = convolution(DSCI_BACKWARD_WEIGHTS);
    spec.space[0].dilation = 2;
    assert_true(dsci_onednn_is_right("jit:avx512_core_amx_bf16", &spec));
    spec.in = 40;
    expect_alone(&spec, "jit:avx512_core_amx_bf16", "brgconv_bwd_w:avx512_core_bf16");
    expect_alone(&spec, "jit_bf16:avx512_core", "brgconv_bwd_w:avx512_core_bf16");
    assert_true(dsci_onednn_is_slow(&spec));
    spec.in = 64;
    spec.groups = 8; /* 8 channels each */
    expect_alone(&spec, "jit_bf16:avx512_core_bf16", "brgconv_bwd_w:avx512_core_bf16");
    spec.groups = 4;
    assert_true(dsci_onednn_is_right("jit_bf16:avx512_core_bf16", &spec));
    spec.in = 40;
    spec.groups = 0;
    spec.direction = DSCI_FORWARD;
    assert_true(dsci_onednn_is_right("jit_bf16:avx512_core_bf16", &spec));
    assert_false(dsci_onednn_is_slow(&spec));
}

static void gradients_of_weights_of_images_narrower_than_a_step(void **state)
{
    (void)state;
    dsci_primitive_spec spec = convolution(DSCI_BACKWARD_WEIGHTS);
    spec.space[1].stride = 3;
    spec.space[1].src = 3;
    assert_true(dsci_onednn_is_right("jit:avx512_core_amx_bf16", &spec));
    spec.space[1].src = 2;
    expect_alone(&spec, "jit:avx512_core_amx_bf16", "brdgmm_dw:avx512_core_bf16");
    expect_alone(&spec, "jit_bf16:avx512_core_bf16", "brdgmm_dw:avx512_core_bf16");
    expect_alone(&spec, "brgconv_bwd_w:avx512_core_amx_bf16", "brdgmm_dw:avx512_core_bf16");
    assert_true(dsci_onednn_is_slow(&spec));
    spec.spatial = 1; /* of a sequence the only dimension */
    spec.space[0] = spec.space[1];
    expect_alone(&spec, "jit_bf16:avx512_core_bf16", "brdgmm_dw:avx512_core_bf16");
}

static void gradients_of_weights_of_strided_pixels_of_few_channels(void **state)
{
    (void)state;
    dsci_primitive_spec spec = convolution(DSCI_BACKWARD_WEIGHTS);
    spec.space[0].kernel = spec.space[1].kernel = 1;
    spec.space[0].stride = 2;
    assert_true(dsci_onednn_is_right("jit_bf16_1x1:avx512_core", &spec));
    spec.in = 11;
    expect_alone(&spec, "jit_bf16_1x1:avx512_core", "jit_bf16:avx512_core");
    assert_false(dsci_onednn_is_slow(&spec));
    spec.bf16 = false;
    assert_false(dsci_onednn_is_right("jit_1x1:avx2", &spec));
    assert_true(dsci_onednn_is_right("jit:avx2", &spec));
    assert_true(dsci_onednn_is_right("jit_1x1:avx512_core", &spec));
}

static void half_pairs_of_channels_and_filters(void **state)
{
    (void)state;
    dsci_primitive_spec spec = convolution(DSCI_BACKWARD_DATA);
    spec.out = 41;
    expect_alone(&spec, "jit_bf16_1x1:avx512_core_bf16", "jit_bf16:avx512_core_bf16");
    spec = convolution(DSCI_FORWARD);
    spec.in = 41;
    expect_alone(&spec, "jit_bf16_1x1:avx512_core_bf16", "jit_bf16:avx512_core_bf16");
    expect_alone(&spec, "brgconv:avx512_core_bf16", "brgconv_1x1:avx512_core_bf16");
    assert_true(dsci_onednn_is_right("brgconv:avx512_core_amx_bf16", &spec));
    spec.in = 3; /* images in colour */
    assert_true(dsci_onednn_is_right("brgconv:avx512_core_bf16", &spec));
}

static void tiles_of_skipped_rows(void **state)
{
    (void)state;
    dsci_primitive_spec spec = convolution(DSCI_FORWARD);
    spec.space[0].stride = 3;
    assert_true(dsci_onednn_is_right("brgconv:avx512_core_amx_bf16", &spec));
    spec.space[0].stride = 4;
    expect_alone(&spec, "brgconv:avx512_core_amx_bf16", "brgconv:avx512_core_bf16");
    expect_alone(&spec, "brgconv_1x1:avx512_core_amx_bf16", "jit:avx512_core_amx_bf16");
}

static void inner_products_are_right(void **state)
{
    (void)state;
    for (dsci_direction d = DSCI_FORWARD; d <= DSCI_BACKWARD_WEIGHTS; d++) {
        const dsci_primitive_spec spec = { .direction = d, .bf16 = true, .batch = 3, .in = 41, .out = 41 };
        assert_true(dsci_onednn_is_right("brgemm:avx512_core_amx_bf16", &spec));
        assert_false(dsci_onednn_is_slow(&spec));
    }
}

static void products_of_single_precision_leave_the_stack(void **state)
{
    (void)state;
    assert_true(dsci_onednn_leaves_stack("x64:gemm:jit"));
    static const char *const names[] = { "brgemm:avx512_core",
                                         "brgemm_bwd_w:avx512_core_bf16",
                                         "brgconv:avx512_core_amx_bf16",
                                         "jit:avx2",
                                         "jit:uni",
                                         "ref:any",
                                         "" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_false(dsci_onednn_leaves_stack(names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_convolutions_are_right_everywhere),
        cmocka_unit_test(gradients_of_weights_of_dilated_rows),
        cmocka_unit_test(gradients_of_weights_of_images_narrower_than_a_step),
        cmocka_unit_test(gradients_of_weights_of_strided_pixels_of_few_channels),
        cmocka_unit_test(half_pairs_of_channels_and_filters),
        cmocka_unit_test(tiles_of_skipped_rows),
        cmocka_unit_test(inner_products_are_right),
        cmocka_unit_test(products_of_single_precision_leave_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
