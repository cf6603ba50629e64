/* Initial values have the distribution that their rule says, depend on seed and position alone, and leave the
   padding zero. */
#include <math.h>
#include <string.h>

#include <descent/nn.h>

#include "test.h"

enum { FAN_IN = 150, FAN_OUT = 97 };

static dsc_model *make_scaled(dsc_scope *scope, dsc_init weights, dsc_init bias, dsc_dtype dtype,
                              double scale)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { FAN_IN } });
    dsc_node *y = dsc_dense(x, FAN_OUT, .weights_init = weights, .bias_init = bias, .init_scale = scale);
    return dsc_compile(dsc_softmax_cross_entropy(y, dsc_labels(scope, FAN_OUT)),
                       &(dsc_compile_options){ .dtype = dtype });
}

static dsc_model *make(dsc_scope *scope, dsc_init weights, dsc_init bias, dsc_dtype dtype)
{
    return make_scaled(scope, weights, bias, dtype, 0);
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
        double scale; /* init_scale */
    } rules[] = {
        { DSC_INIT_DEFAULT, sqrt(1 / in), sqrt(1 / in / 3), 0 },
        { DSC_INIT_ZEROS, 0, 0, 0 },
        { DSC_INIT_GLOROT_UNIFORM, sqrt(6 / both), sqrt(2 / both), 0 },
        { DSC_INIT_GLOROT_NORMAL, 0, sqrt(2 / both), 0 },
        { DSC_INIT_HE_UNIFORM, sqrt(6 / in), sqrt(2 / in), 0 },
        { DSC_INIT_HE_NORMAL, 0, sqrt(2 / in), 0 },
        { DSC_INIT_LECUN_NORMAL, 0, sqrt(1 / in), 0 },
        { DSC_INIT_LECUN_UNIFORM, sqrt(3 / in), sqrt(1 / in), 0 },
        { DSC_INIT_UNIFORM, 0.05, 0.05 / sqrt(3), 0 },
        { DSC_INIT_UNIFORM, 0.3, 0.3 / sqrt(3), 0.3 },
        { DSC_INIT_NORMAL, 0, 0.05, 0 },
        { DSC_INIT_NORMAL, 0, 0.2, 0.2 },
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
        dsc_model *model = make_scaled(scope, rules[i].init, rules[i].init, DSC_DTYPE_F32, rules[i].scale);
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
    dsc_model *single = make(scope, DSC_INIT_HE_NORMAL, DSC_INIT_DEFAULT, DSC_DTYPE_F32);
    dsc_model *wide = make(scope, DSC_INIT_HE_NORMAL, DSC_INIT_DEFAULT, DSC_DTYPE_F64);
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

static void constants_are_constant(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    const float *values = dsc_model_parameters(
        make_scaled(scope, DSC_INIT_CONSTANT, DSC_INIT_ONES, DSC_DTYPE_F32, -0.75), NULL);
    const size_t weights = (size_t)FAN_IN * FAN_OUT, bias = (weights + 15) / 16 * 16;
    for (size_t i = 0; i < weights; i++)
        assert_true(values[i] == -0.75f);
    for (size_t i = 0; i < FAN_OUT; i++)
        assert_true(values[bias + i] == 1);
    dsc_scope_close(&scope);
}

/* Rows of a wide matrix, columns of a tall one. */
static double far_from_orthonormal(const double *w, size_t rows, size_t columns, double scale)
{
    const size_t count = rows < columns ? rows : columns, length = rows < columns ? columns : rows;
    const size_t next = rows < columns ? columns : 1, step = rows < columns ? 1 : columns;
    double largest = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b <= a; b++) {
            double product = 0;
            for (size_t i = 0; i < length; i++)
                product += w[a * next + i * step] * w[b * next + i * step];
            largest = fmax(largest, fabs(product - (a == b ? scale * scale : 0)));
        }
    return largest;
}

static void orthogonal_matrices_are_orthogonal(void **state)
{
    (void)state;
    static const size_t sizes[][2] = { { 1, 1 },    { 1, 40 },   { 40, 1 },   { 7, 7 },
                                       { 120, 33 }, { 33, 120 }, { 200, 200 } };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t in = sizes[i][0], out = sizes[i][1];
        const double scale = i % 2 ? 1.5 : 0;
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { in } });
        dsc_node *y = dsc_dense(x, out, .weights_init = DSC_INIT_ORTHOGONAL, .init_scale = scale);
        dsc_model *model =
            dsc_compile(dsc_squared_loss(y, dsc_targets(scope, &(dsc_input_spec){ .shape = { out } })),
                        &(dsc_compile_options){ .dtype = DSC_DTYPE_F64 });
        assert_non_null(model);
        assert_true(far_from_orthonormal(dsc_model_parameters(model, NULL), in, out,
                                         scale == 0 ? 1 : scale) <= 1e-12);
        dsc_scope_close(&scope);
    }
}

static void bad_scales_are_refused(void **state)
{
    (void)state;
    static const struct {
        dsc_init init;
        double scale;
    } bad[] = { { DSC_INIT_NORMAL, -1 },
                { DSC_INIT_UNIFORM, NAN },
                { DSC_INIT_CONSTANT, INFINITY },
                { (dsc_init)99, 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(make_scaled(scope, bad[i].init, DSC_INIT_ZEROS, DSC_DTYPE_F32, bad[i].scale));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        assert_non_null(strstr(dsc_scope_message(scope), "dense1"));
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_have_their_bounds_and_deviations),
        cmocka_unit_test(constants_are_constant),
        cmocka_unit_test(orthogonal_matrices_are_orthogonal),
        cmocka_unit_test(bad_scales_are_refused),
        cmocka_unit_test(both_types_start_from_the_same_values_and_padding_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
