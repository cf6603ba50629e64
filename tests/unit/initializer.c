/* Initial values have the distribution that their rule says, depend on seed and position alone, and leave the
   padding zero. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <descent/nn.h>

enum { FAN_IN = 150, FAN_OUT = 97 };

static dsc_model *make(dsc_scope *scope, dsc_init weights, dsc_init bias, dsc_dtype dtype)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { FAN_IN } });
    dsc_node *y = dsc_dense(x, FAN_OUT, .weights_init = weights, .bias_init = bias);
    return dsc_compile(dsc_softmax_cross_entropy(y, dsc_labels(scope, FAN_OUT)),
                       &(dsc_compile_options){ .dtype = dtype });
}

/* Mean, deviation and largest magnitude of n values. */
struct moments {
    double mean, deviation, largest;
};

static struct moments moments_of(const float *values, size_t n)
{
    struct moments m = { 0, 0, 0 };
    for (size_t i = 0; i < n; i++) {
        m.mean += (double)values[i] / (double)n;
        m.largest = fmax(m.largest, fabs((double)values[i]));
    }
    for (size_t i = 0; i < n; i++)
        m.deviation += ((double)values[i] - m.mean) * ((double)values[i] - m.mean) / (double)n;
    m.deviation = sqrt(m.deviation);
    return m;
}

static void rules_have_their_bounds_and_deviations(void **state)
{
    (void)state;
    const double in = FAN_IN, both = FAN_IN + FAN_OUT;
    const struct {
        dsc_init init;
        double bound; /* of a uniform distribution; 0: normal */
        double deviation;
    } rules[] = {
        { DSC_INIT_DEFAULT, sqrt(1 / in), sqrt(1 / in / 3) },
        { DSC_INIT_ZEROS, 0, 0 },
        { DSC_INIT_GLOROT_UNIFORM, sqrt(6 / both), sqrt(2 / both) },
        { DSC_INIT_GLOROT_NORMAL, 0, sqrt(2 / both) },
        { DSC_INIT_HE_UNIFORM, sqrt(6 / in), sqrt(2 / in) },
        { DSC_INIT_HE_NORMAL, 0, sqrt(2 / in) },
        { DSC_INIT_LECUN_NORMAL, 0, sqrt(1 / in) },
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
        dsc_model *model = make(scope, rules[i].init, rules[i].init, DSC_F32);
        assert_non_null(model);
        const struct moments m = moments_of(dsc_model_parameters(model, NULL), (size_t)FAN_IN * FAN_OUT);
        const double deviation = rules[i].deviation, n = FAN_IN * FAN_OUT;
        assert_true(fabs(m.mean) <= 4 * deviation / sqrt(n));
        assert_true(fabs(m.deviation - deviation) <= 0.03 * deviation);
        if (rules[i].bound > 0)
            assert_true(m.largest <= rules[i].bound && m.largest > 0.999 * rules[i].bound);
        else
            assert_true(m.largest >= 3 * deviation && m.largest <= 6 * deviation);
        dsc_scope_close(&scope);
    }
}

static void both_types_start_from_the_same_values_and_padding_is_zero(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 4 });
    dsc_model *single = make(scope, DSC_INIT_HE_NORMAL, DSC_INIT_DEFAULT, DSC_F32);
    dsc_model *wide = make(scope, DSC_INIT_HE_NORMAL, DSC_INIT_DEFAULT, DSC_F64);
    const dsc_slice *slices, *wide_slices;
    size_t elements, inside = 0;
    const float *values = dsc_model_parameters(single, &elements);
    const double *exact = dsc_model_parameters(wide, NULL);
    assert_int_equal(dsc_model_slices(single, &slices), 2);
    dsc_model_slices(wide, &wide_slices);
    assert_string_equal(slices[0].name, "dense1/weights");
    assert_string_equal(slices[1].name, "dense1/bias");
    assert_true(slices[0].shape[0] == FAN_IN && slices[0].shape[1] == FAN_OUT && slices[0].shape[2] == 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal((uintptr_t)(values + slices[i].offset) % 64, 0);
        assert_int_equal((uintptr_t)(exact + wide_slices[i].offset) % 64, 0);
        for (size_t j = 0; j < slices[i].count; j++, inside++)
            assert_true(values[slices[i].offset + j] == (float)exact[wide_slices[i].offset + j]);
    }
    assert_int_equal(inside, dsc_model_parameter_count(single));
    size_t zeros = 0;
    for (size_t i = 0; i < elements; i++)
        zeros += values[i] == 0;
    assert_int_equal(zeros, elements - inside);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_have_their_bounds_and_deviations),
        cmocka_unit_test(both_types_start_from_the_same_values_and_padding_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
