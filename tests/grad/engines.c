/* The engines compute the same losses and gradients: each in single precision against the reference in
 * double. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "cases.h"
#include "test.h"

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

static double run_random(dsc_scope *scope, dsc_model *model, const struct gradient_case *c)
{
    dsci_execution *plan = dsci_model_execution(model, model->options.batch, DSCI_TRAINING);
    bind_random(scope, plan, c->targets, 6);
    dsci_execution_run(plan);
    return *plan->loss;
}

static void compare(const struct gradient_case *c, uint32_t variant, dsc_engine engine, dsc_dtype dtype,
                    double tolerance)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 12 });
    dsc_model *exact = make_case(scope, c, variant, DSC_ENGINE_REF, DSC_DTYPE_F64);
    dsc_model *model = make_case(scope, c, variant, engine, dtype);
    if (!exact || !model)
        fail_msg("%s, variant %u: %s", c->name, variant, dsc_scope_message(scope));
    const double loss = run_random(scope, model, c), exact_loss = run_random(scope, exact, c);
    if (!(fabs(loss - exact_loss) <= tolerance * fmax(1, fabs(exact_loss))))
        fail_msg("%s, variant %u on %s: loss %.9g, exact %.9g", c->name, variant, dsc_engine_name(engine),
                 loss, exact_loss);
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
            fail_msg("%s, variant %u on %s: gradient of %s is off by %.3g of its largest", c->name, variant,
                     dsc_engine_name(engine), slices[i].name, error);
    }
    dsc_scope_close(&scope);
}

static void compare_all(dsc_engine engine, dsc_dtype dtype, double tolerance)
{
    EACH_CASE(compare(c, v, engine, dtype, tolerance * (c->tolerance > 0 ? c->tolerance : 1)));
}

static void reference_in_float_is_near_double(void **state)
{
    (void)state;
    compare_all(DSC_ENGINE_REF, DSC_DTYPE_F32, 32 * FLT_EPSILON);
}

static void native_is_near_the_reference(void **state)
{
    (void)state;
    compare_all(DSC_ENGINE_NATIVE, DSC_DTYPE_F32, 32 * FLT_EPSILON);
}

static void onednn_is_near_the_reference(void **state)
{
    (void)state;
    compare_all(DSC_ENGINE_ONEDNN, DSC_DTYPE_F32, 1e-5);
}

/* Larger products, in which the blocks over k and the tiles' edges take part. */
static void native_is_near_onednn_on_larger_networks(void **state)
{
    (void)state;
    static const size_t sizes[][4] = { { 100, 40, 300, 10 }, { 33, 784, 130, 10 }, { 300, 129, 65, 17 } };
    static const struct gradient_case any = { .name = "two layers" };
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 13 });
        dsc_model *models[2];
        for (int m = 0; m < 2; m++) {
            dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { sizes[s][1] } });
            dsc_node *logits = dsc_dense(dsc_relu(dsc_dense(x, sizes[s][2])), sizes[s][3]);
            models[m] =
                dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, sizes[s][3])),
                            &(dsc_compile_options){ .batch = sizes[s][0],
                                                    .engine = m ? DSC_ENGINE_ONEDNN : DSC_ENGINE_NATIVE });
            assert_non_null(models[m]);
        }
        const double loss = run_random(scope, models[0], &any);
        assert_true(fabs(run_random(scope, models[1], &any) - loss) <= 1e-5 * loss);
        size_t elements;
        const float *a = dsc_model_gradients(models[0], &elements), *b = dsc_model_gradients(models[1], NULL);
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
        cmocka_unit_test(onednn_is_near_the_reference),
        cmocka_unit_test(native_is_near_onednn_on_larger_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
