/* SqueezeNet with the published weights computes what PyTorch computes of them (squeezenet.py). The weights
 * are read from Keras's file in $DESCENT_DATA or beside the source tree; without it there is nothing to test.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/file.h>

#include "network.h"
#include "test.h"

enum { SIDE = 63, VALUES = SIDE * SIDE * 3, CLASSES = 7 };

static const struct expected {
    size_t fire, count;
    double sum, squares, weighted; /* of v, v^2, (i mod 97) v */
    size_t at;                     /* of the largest */
    double largest;
} expected[] = {
    { 2, 28800, 14380.0999141, 40312.5210679, 692360.296912, 14111, 10.9890038009 },
    { 3, 28800, 16409.1593338, 44363.7074442, 788534.867286, 679, 8.70989754951 },
    { 4, 12544, 8635.27618985, 34420.682371, 418051.064487, 3475, 20.1407501237 },
    { 5, 12544, 4523.46242789, 11013.1794411, 215477.785125, 1488, 13.4942755478 },
    { 6, 3456, 1169.58294881, 3500.67471944, 52324.8243198, 1099, 10.4108191517 },
    { 7, 3456, 613.83429919, 976.191302566, 27847.6893573, 649, 5.76379460643 },
    { 8, 4608, 4121.17431772, 15469.2173176, 196000.821787, 2507, 28.201399397 },
    { 9, 4608, 2572.34772298, 13896.7490281, 123653.4317, 2236, 16.0669828851 },
};

static const char *find_weights(dsc_scope *scope)
{
    const char *given = getenv("DESCENT_DATA");
    return dsc_path_join(scope, given && *given ? given : DESCENT_SHARED_DATA,
                         "cnn-weights/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5");
}

static float *make_image(dsc_scope *scope)
{
    float *x = dsc_scope_alloc(scope, VALUES, sizeof *x);
    for (size_t i = 0; i < VALUES; i++) {
        const size_t h = i / (3 * SIDE), w = i / 3 % SIDE, c = i % 3;
        x[i] = (float)((7 * h + 3 * w + 11 * c + h * w) % 32) / 16 - 1;
    }
    return x;
}

static void close_to(const char *what, size_t fire, double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance * fabs(wanted)))
        fail_msg("fire%zu: %s is %.12g, expected %.12g", fire, what, value, wanted);
}

/* Feature maps of a module, with the weights from the file. The loss is there to be compiled alone. */
static void check(const struct expected *e, const char *weights, dsc_engine engine, dsc_dtype dtype,
                  double tolerance)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_squeezenet_spec spec = { .height = SIDE, .width = SIDE, .last = e->fire };
    dsc_node *maps = dsc_squeezenet(scope, &spec);
    dsc_node *loss = dsc_squared_loss(maps, dsc_targets(scope, &(dsc_input_spec){ .shape = { e->count } }));
    dsc_model *model =
        dsc_compile(loss, &(dsc_compile_options){ .engine = engine, .dtype = dtype, .inference = true });
    if (dsc_model_read_keras_weights(model, weights, e->fire == 9) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    const dsc_examples one = { .count = 1, .columns = { { "input", VALUES, .f32 = make_image(scope) } } };
    const float *v = dsc_predict(scope, model, maps, &one);
    if (!v)
        fail_msg("%s", dsc_scope_message(scope));
    double sum = 0, squares = 0, weighted = 0;
    size_t at = 0;
    for (size_t i = 0; i < e->count; i++) {
        sum += (double)v[i];
        squares += (double)v[i] * (double)v[i];
        weighted += (double)(i % 97) * (double)v[i];
        at = v[i] > v[at] ? i : at;
    }
    close_to("the sum", e->fire, sum, e->sum, tolerance);
    close_to("the sum of squares", e->fire, squares, e->squares, tolerance);
    close_to("the weighted sum", e->fire, weighted, e->weighted, tolerance);
    close_to("the largest", e->fire, (double)v[e->at], e->largest, tolerance);
    assert_int_equal(at, e->at);
    dsc_scope_close(&scope);
}

static void feature_maps_are_pytorchs(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *weights = find_weights(scope);
    if (!dsc_file_exists(weights)) {
        print_message("no '%s'\n", weights);
        skip();
    }
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        check(&expected[i], weights, DSC_ENGINE_AUTO, DSC_DTYPE_F32, 2e-5);
        if (expected[i].fire == 9) {
            check(&expected[i], weights, DSC_ENGINE_NATIVE, DSC_DTYPE_F32, 2e-5);
            check(&expected[i], weights, DSC_ENGINE_REF, DSC_DTYPE_F64, 1e-7);
        }
    }
    dsc_scope_close(&scope);
}

static void a_file_for_another_network_is_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *weights = find_weights(scope);
    if (!dsc_file_exists(weights))
        skip();
    dsc_node *logits =
        dsc_squeezenet(scope, &(dsc_squeezenet_spec){ .height = SIDE, .width = SIDE, .classes = CLASSES });
    dsc_model *model = dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)), NULL);
    assert_int_equal(dsc_model_read_keras_weights(model, weights, false), DSC_OK);
    assert_int_equal(dsc_model_read_keras_weights(model, weights, true), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "'conv10/weights' expected 1x1x512x7"));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feature_maps_are_pytorchs),
        cmocka_unit_test(a_file_for_another_network_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
