/* Attention by products and by the additive score gives PyTorch 2.13's values (in double precision; of
   products those of its scaled_dot_product_attention with scale 1). */
#include <math.h>

#include <descent.h>

#include "test.h"

enum { TARGETS = 2, SOURCES = 4, FEATURES = 3, UNITS = 5 };

/* Exact in single precision. */
static float value(size_t i, size_t factor, size_t modulus)
{
    return ((float)(i * factor % modulus) - (float)(modulus / 2)) / 8;
}

static dsc_node *constant(dsc_scope *scope, size_t rows, size_t factor, size_t modulus, const char *name)
{
    float values[SOURCES * FEATURES];
    for (size_t i = 0; i < rows * FEATURES; i++)
        values[i] = value(i, factor, modulus);
    return dsc_batched(dsc_constant(
        scope, &(dsc_constant_spec){ .shape = { rows, FEATURES }, .values = values, .name = name }));
}

/* W, b, U and v of the additive score, in this order. */
static void set_parameters(dsc_model *model)
{
    static const size_t rules[][2] = { { 3, 7 }, { 2, 5 }, { 4, 9 }, { 3, 5 } };
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    float *parameters = dsc_model_parameters(model, NULL);
    assert_true(count == 0 || count == 4);
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < slices[s].count; i++)
            parameters[slices[s].offset + i] = value(i, rules[s][0], rules[s][1]);
}

static void check(dsc_engine engine, size_t additive_units, const double *shares, const double *context)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *queries = constant(scope, TARGETS, 7, 11, "queries"),
             *memory = constant(scope, SOURCES, 5, 13, "memory");
    const dsc_attended attended = dsc_attention(
        scope,
        &(dsc_attention_spec){ .queries = queries, .memory = memory, .additive_units = additive_units });
    dsc_model *model =
        dsc_compile(attended.context, &(dsc_compile_options){ .engine = engine, .inference = true });
    assert_non_null(model);
    set_parameters(model);
    const dsc_examples one = { .count = 1 };
    const float *found[] = { dsc_predict(scope, model, attended.shares, &one),
                             dsc_predict(scope, model, attended.context, &one) };
    if (dsc_scope_status(scope) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    for (size_t i = 0; i < TARGETS * SOURCES; i++)
        assert_true(fabs(found[0][i] - shares[i]) < 1e-6);
    for (size_t i = 0; i < TARGETS * FEATURES; i++)
        assert_true(fabs(found[1][i] - context[i]) < 1e-6);
    dsc_scope_close(&scope);
}

static void products_are_as_pytorch_has_them(void **state)
{
    (void)state;
    static const double shares[] = { 0.2568684352445127,  0.2197112158191632,  0.2821147854431713,
                                     0.24130556349315263, 0.14807062073983615, 0.16262376247471783,
                                     0.3285090303238398,  0.36079658646160623 };
    static const double context[] = { -0.37303563070375895, 0.25196436929624094, 0.026406302274714466,
                                      -0.274492104373196,   0.35050789562680407, -0.14461373164954577 };
    check(DSC_ENGINE_NATIVE, 0, shares, context);
    check(DSC_ENGINE_REF, 0, shares, context);
}

static void additive_scores_are_as_pytorch_has_them(void **state)
{
    (void)state;
    static const double shares[] = { 0.24965232061956877, 0.27246076632588256, 0.22800530532019406,
                                     0.24988160773435472, 0.2501535710525468,  0.2740116174710624,
                                     0.22854359975615612, 0.2472912117202347 };
    static const double context[] = { -0.3804709499576664,  0.24452905004233372, 0.09296281632869197,
                                      -0.38175688696398036, 0.24324311303601967, 0.09501154438688464 };
    check(DSC_ENGINE_NATIVE, UNITS, shares, context);
    check(DSC_ENGINE_REF, UNITS, shares, context);
}

static void other_shapes_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *flat = dsc_input(scope, &(dsc_input_spec){ .shape = { 6 } });
    const dsc_attended attended =
        dsc_attention(scope, &(dsc_attention_spec){ .queries = flat, .memory = flat });
    assert_null(attended.context);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_SHAPE);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_as_pytorch_has_them),
        cmocka_unit_test(additive_scores_are_as_pytorch_has_them),
        cmocka_unit_test(other_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
