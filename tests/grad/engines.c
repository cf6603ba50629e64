/* The engines compute the same losses and gradients: each in single precision against the reference in
 * double. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cases.h"

/* Largest difference within a slice, relative to the slice's largest value. */
static double slice_error(const dsc_slice *slice, const float *values, const double *exact)
{
    double largest = 1e-3, error = 0;
    for (size_t i = slice->offset; i < slice->offset + slice->count; i++) {
        largest = fmax(largest, fabs(exact[i]));
        error = fmax(error, fabs((double)values[i] - exact[i]));
    }
    return error / largest;
}

static void compare(const struct gradient_case *c, const struct shape *s, dsc_engine engine, double tolerance)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 12 });
    dsc_model *exact = make_case(scope, c, s, DSC_ENGINE_REF, DSC_F64);
    dsc_model *model = make_case(scope, c, s, engine, DSC_F32);
    if (!exact || !model)
        fail_msg("%s: %s", c->name, dsc_scope_message(scope));
    const dsc_examples examples = make_examples(scope, 6, s->batch, s->inputs, s->outputs);
    const double loss = run_once(scope, dsci_model_plan(model, s->batch, DSCI_TRAINING), &examples);
    const double exact_loss = run_once(scope, dsci_model_plan(exact, s->batch, DSCI_TRAINING), &examples);
    if (!(fabs(loss - exact_loss) <= tolerance * fmax(1, exact_loss)))
        fail_msg("%s on %s: loss %.9g, exact %.9g", c->name, dsc_engine_name(engine), loss, exact_loss);
    /* Slices are padded to 64 bytes: to other numbers of elements in float and double. */
    const dsc_slice *slices, *exact_slices;
    const size_t count = dsc_model_slices(model, &slices);
    dsc_model_slices(exact, &exact_slices);
    for (size_t i = 0; i < count; i++) {
        const float *values = (const float *)dsc_model_gradients(model, NULL) + slices[i].offset;
        const double *reference = (const double *)dsc_model_gradients(exact, NULL) + exact_slices[i].offset;
        const dsc_slice both = { .count = slices[i].count };
        const double error = slice_error(&both, values, reference);
        if (!(error <= tolerance))
            fail_msg("%s on %s, batch %zu, %zu-%zu-%zu: gradient of %s is off by %.3g of its largest",
                     c->name, dsc_engine_name(engine), s->batch, s->inputs, s->units, s->outputs,
                     slices[i].name, error);
    }
    dsc_scope_close(&scope);
}

static void compare_all(dsc_engine engine, double tolerance)
{
    for (int c = 0; c < CASES; c++)
        for (int s = 0; s < SHAPES; s++)
            compare(&cases[c], &shapes[s], engine, tolerance);
}

static void reference_in_float_is_near_double(void **state)
{
    (void)state;
    compare_all(DSC_ENGINE_REF, 24 * FLT_EPSILON);
}

static void native_is_near_the_reference(void **state)
{
    (void)state;
    compare_all(DSC_ENGINE_NATIVE, 24 * FLT_EPSILON);
}

static void onednn_inner_products_are_near_the_reference(void **state)
{
    (void)state;
    compare_all(DSC_ENGINE_ONEDNN, 1e-5);
}

/* Larger products, in which the blocks over k and the tiles' edges take part. */
static void native_is_near_onednn_on_larger_networks(void **state)
{
    (void)state;
    static const struct shape large[] = { { 100, 40, 300, 10 }, { 33, 784, 130, 10 }, { 300, 129, 65, 17 } };
    const struct gradient_case relu = { "two relu layers", hidden_relu, DSCI_OP_DENSE, false };
    for (size_t s = 0; s < sizeof large / sizeof large[0]; s++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 13 });
        dsc_model *native = make_case(scope, &relu, &large[s], DSC_ENGINE_AUTO, DSC_F32);
        dsc_model *onednn = make_case(scope, &relu, &large[s], DSC_ENGINE_ONEDNN, DSC_F32);
        assert_non_null(native);
        assert_non_null(onednn);
        const dsc_examples examples =
            make_examples(scope, 7, large[s].batch, large[s].inputs, large[s].outputs);
        const double loss =
            run_once(scope, dsci_model_plan(native, large[s].batch, DSCI_TRAINING), &examples);
        assert_true(fabs(run_once(scope, dsci_model_plan(onednn, large[s].batch, DSCI_TRAINING), &examples) -
                         loss) <= 1e-5 * loss);
        size_t elements;
        const float *a = dsc_model_gradients(native, &elements), *b = dsc_model_gradients(onednn, NULL);
        double difference = 0, norm = 0;
        for (size_t i = 0; i < elements; i++) {
            difference += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
            norm += (double)b[i] * (double)b[i];
        }
        assert_true(norm > 0 && sqrt(difference / norm) <= 1e-5);
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_in_float_is_near_double),
        cmocka_unit_test(native_is_near_the_reference),
        cmocka_unit_test(onednn_inner_products_are_near_the_reference),
        cmocka_unit_test(native_is_near_onednn_on_larger_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
