/* exp, sigmoid and tanh are accurate over all floats and have the same bits at every level; derivatives
   follow from the outputs. */
#include "kernel_test.h"

enum { STRIDE = 4099, SAMPLES = (int)(0xffffffffu / STRIDE) };

/* Floats of every sign, exponent and kind, evenly spread over the bit patterns. */
static float *sample_floats(void)
{
    float *x = guarded(SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++)
        x[i] = bits_float((uint32_t)(i * STRIDE));
    return x;
}

static double exact_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* max_ulp holds where the exact result is a normal float; below, flushing may lose it all. */
static void check_accuracy(const float *y, const float *x, double (*exact)(double), double max_ulp,
                           const char *what)
{
    double worst = 0.0;
    for (size_t i = 0; i < SAMPLES; i++) {
        const float flushed = fabsf(x[i]) < 0x1p-126f ? copysignf(0.0f, x[i]) : x[i];
        const double value = exact((double)flushed);
        if (fabs(value) < 0x1p-126) {
            check_near((double)y[i], value, 0x1p-126, what);
            continue;
        }
        const double error = ulps(y[i], value);
        if (!(error <= max_ulp))
            fail_msg("%s(%a) = %a, expected %a: %.3g ULP", what, (double)x[i], (double)y[i], value, error);
        worst = error > worst ? error : worst;
    }
    print_message("%-8s %.3f ULP at most\n", what, worst);
}

static void check_activation(dsc_activation kind, double (*exact)(double), double max_ulp, const char *what)
{
    const float *x = sample_floats();
    float *scalar = guarded(SAMPLES);
    dsci_kernels_for(DSC_ISA_SCALAR)->activation_forward(kind, 0.0f, scalar, x, SAMPLES);
    check_accuracy(scalar, x, exact, max_ulp, what);
    FOR_LEVELS(level)
    {
        float *y = guarded_copy(x, SAMPLES);
        dsci_kernels_for(level)->activation_forward(kind, 0.0f, y, y, SAMPLES);
        check_bits(y, scalar, SAMPLES, what);
    }
    release_guarded(what);
}

static void sigmoid_within_3_ulp(void **state)
{
    (void)state;
    check_activation(DSC_ACTIVATION_SIGMOID, exact_sigmoid, 3.0, "sigmoid");
}

static void tanh_within_3_ulp(void **state)
{
    (void)state;
    check_activation(DSC_ACTIVATION_TANH, tanh, 3.0, "tanh");
}

/* Softmax over (x, 0) for x <= 0 is exp(x) / (1 + exp(x)): with x far down it is the exponential itself. */
static void exp_within_3_ulp(void **state)
{
    enum { STEPS = 20000 };
    double worst = 0.0;
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        const float x = -87.3f + 70.0f * (float)i / STEPS;
        float y[2];
        dsci_kernels_for(DSC_ISA_SCALAR)->softmax(y, (const float[2]){ x, 0.0f }, 1, 2);
        const double error = ulps(y[0], exp((double)x) / (1.0 + exp((double)x)));
        worst = error > worst ? error : worst;
    }
    print_message("exp      %.3f ULP at most\n", worst);
    assert_true(worst <= 3.0);
}

static void relu_keeps_nan_and_identity_copies(void **state)
{
    (void)state;
    const float *x = sample_floats();
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        float *y = guarded(SAMPLES), *copy = guarded(SAMPLES);
        dsci_kernels_for(level)->activation_forward(DSC_ACTIVATION_RELU, 0.0f, y, x, SAMPLES);
        dsci_kernels_for(level)->activation_forward(DSC_ACTIVATION_LINEAR, 0.0f, copy, x, SAMPLES);
        for (size_t i = 0; i < SAMPLES; i++)
            assert_true(isnan(x[i]) ? isnan(y[i]) : y[i] == (x[i] > 0x1p-127f ? x[i] : 0.0f));
        check_bits(copy, x, SAMPLES, "identity");
    }
    release_guarded("relu");
}

static double derivative(dsc_activation kind, double y)
{
    switch (kind) {
    case DSC_ACTIVATION_RELU: return y > 0.0 ? 1.0 : 0.0;
    case DSC_ACTIVATION_SIGMOID: return y * (1.0 - y);
    case DSC_ACTIVATION_TANH: return 1.0 - y * y;
    default: break;
    }
    return 1.0;
}

static void derivatives_follow_from_the_output(void **state)
{
    (void)state;
    for (int kind = DSC_ACTIVATION_LINEAR; kind <= DSC_ACTIVATION_TANH; kind++)
        for (size_t n = 0; n <= 49; n++) {
            const float *y = guarded_uniform(n, kind == DSC_ACTIVATION_SIGMOID ? 0.0f : -1.0f, 1.0f, 1);
            const float *diff = guarded_uniform(n, -2.0f, 2.0f, 2);
            float *scalar = guarded(n);
            dsci_kernels_for(DSC_ISA_SCALAR)
                ->activation_backward((dsc_activation)kind, 0.0f, scalar, diff, y, n);
            for (size_t i = 0; i < n; i++)
                check_near((double)scalar[i],
                           (double)diff[i] * derivative((dsc_activation)kind, (double)y[i]), 3e-7,
                           "derivative");
            FOR_LEVELS(level)
            {
                float *in_place = guarded_copy(diff, n);
                dsci_kernels_for(level)->activation_backward((dsc_activation)kind, 0.0f, in_place, in_place,
                                                             y, n);
                check_bits(in_place, scalar, n, "derivative");
            }
            release_guarded("derivative");
        }
}

static double exact_elu(double x)
{
    return x > 0.0 ? x : 0.5 * expm1(x);
}

static double exact_selu(double x)
{
    return DSCI_SELU_SCALE * (x > 0.0 ? x : DSCI_SELU_ALPHA * expm1(x));
}

static double exact_gelu(double x)
{
    return x == -INFINITY ? 0.0 : x * 0.5 * erfc(-x / sqrt(2.0));
}

static double exact_swish(double x)
{
    return x == -INFINITY ? 0.0 : x * exact_sigmoid(x);
}

static double exact_softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

/* tanh(log(1 + w)) = w (w + 2) / (w (w + 2) + 2), which does not cancel. */
static double exact_mish(double x)
{
    const double w = exp(fmin(x, 300.0)), above = w * (w + 2.0);
    return x == -INFINITY ? 0.0 : x * above / (above + 2.0);
}

/* From -80 on and where the result is well above the smallest normal float: else a factor of it may be
 * flushed. */
static void check_range(dsc_activation kind, float alpha, double (*exact)(double), double max_ulp,
                        const char *what)
{
    const float *x = sample_floats();
    float *scalar = guarded(SAMPLES);
    double worst = 0.0;
    dsci_kernels_for(DSC_ISA_SCALAR)->activation_forward(kind, alpha, scalar, x, SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++) {
        const double value = isnan(x[i]) ? (double)NAN : exact((double)x[i]);
        if (x[i] < -80.0f || fabs(value) < 0x1p-120 || fabsf(x[i]) < 0x1p-120f)
            continue;
        const double error = ulps(scalar[i], value);
        if (!(error <= max_ulp))
            fail_msg("%s(%a) = %a, expected %a: %.3g ULP", what, (double)x[i], (double)scalar[i], value,
                     error);
        worst = error > worst ? error : worst;
    }
    print_message("%-8s %.3f ULP at most\n", what, worst);
    FOR_LEVELS(level)
    {
        float *y = guarded_copy(x, SAMPLES);
        dsci_kernels_for(level)->activation_forward(kind, alpha, y, y, SAMPLES);
        check_bits(y, scalar, SAMPLES, what);
    }
    release_guarded(what);
}

static void the_other_activations_are_accurate(void **state)
{
    (void)state;
    check_range(DSC_ACTIVATION_ELU, 0.5f, exact_elu, 4.0, "elu");
    check_range(DSC_ACTIVATION_SELU, 0.0f, exact_selu, 5.0, "selu");
    check_range(DSC_ACTIVATION_SOFTPLUS, 0.0f, exact_softplus, 4.0, "softplus");
    check_range(DSC_ACTIVATION_SWISH, 0.0f, exact_swish, 4.0, "swish");
    check_range(DSC_ACTIVATION_MISH, 0.0f, exact_mish, 6.0, "mish");
    check_range(DSC_ACTIVATION_GELU, 0.0f, exact_gelu, 8.0, "gelu");
}

/* Of every kind, derivatives too. */
static void every_level_has_the_same_bits(void **state)
{
    (void)state;
    float *x = sample_floats();
    const float *diff = guarded_uniform(SAMPLES, -2.0f, 2.0f, 3);
    float *scalar = guarded(SAMPLES), *y = guarded(SAMPLES);
    for (int kind = DSC_ACTIVATION_LINEAR; kind < DSC_ACTIVATION_COUNT; kind++)
        FOR_LEVELS(level)
        {
            const dsci_kernels *plain = dsci_kernels_for(DSC_ISA_SCALAR), *kernels = dsci_kernels_for(level);
            plain->activation_forward((dsc_activation)kind, 0.3f, scalar, x, SAMPLES);
            kernels->activation_forward((dsc_activation)kind, 0.3f, y, x, SAMPLES);
            check_bits(y, scalar, SAMPLES, dsc_activation_name((dsc_activation)kind));
            if (kind == DSC_ACTIVATION_STEP)
                continue;
            plain->activation_backward((dsc_activation)kind, 0.3f, scalar, diff, x, SAMPLES);
            kernels->activation_backward((dsc_activation)kind, 0.3f, y, diff, x, SAMPLES);
            check_bits(y, scalar, SAMPLES, dsc_activation_name((dsc_activation)kind));
        }
    release_guarded("activations");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigmoid_within_3_ulp),
        cmocka_unit_test(tanh_within_3_ulp),
        cmocka_unit_test(exp_within_3_ulp),
        cmocka_unit_test(relu_keeps_nan_and_identity_copies),
        cmocka_unit_test(derivatives_follow_from_the_output),
        cmocka_unit_test(the_other_activations_are_accurate),
        cmocka_unit_test(every_level_has_the_same_bits),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
