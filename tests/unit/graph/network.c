/* A wrong network is a message that names the layer, never a crash; a right one is described as a table. */
#include <math.h>
#include <string.h>

#include "network.h"
#include "test.h"

static dsc_node *input(dsc_scope *scope, size_t features)
{
    return dsc_input(scope, &(dsc_input_spec){ .shape = { features } });
}

static dsc_node *targets(dsc_scope *scope, size_t outputs)
{
    return dsc_targets(scope, &(dsc_input_spec){ .shape = { outputs } });
}

static dsc_node *no_units(dsc_scope *scope)
{
    return dsc_softmax_cross_entropy(dsc_relu(dsc_dense(dsc_dense(input(scope, 4), 3), 0)),
                                     dsc_labels(scope, 3));
}

static dsc_node *no_shape(dsc_scope *scope)
{
    return dsc_squared_loss(dsc_dense(dsc_input(scope, &(dsc_input_spec){ .name = "pixels" }), 3),
                            targets(scope, 3));
}

static dsc_node *other_classes(dsc_scope *scope)
{
    return dsc_softmax_cross_entropy(dsc_dense(input(scope, 4), 7, .name = "head"), dsc_labels(scope, 10));
}

static dsc_node *targets_as_labels(dsc_scope *scope)
{
    return dsc_softmax_cross_entropy(dsc_dense(input(scope, 4), 7), targets(scope, 7));
}

static dsc_node *labels_as_targets(dsc_scope *scope)
{
    return dsc_squared_loss(dsc_dense(input(scope, 4), 7), dsc_labels(scope, 7));
}

static dsc_node *labels_as_input(dsc_scope *scope)
{
    return dsc_dense(dsc_labels(scope, 7), 3);
}

static dsc_node *other_targets(dsc_scope *scope)
{
    return dsc_squared_loss(dsc_dense(input(scope, 4), 7), targets(scope, 6));
}

static dsc_node *layer_on_a_loss(dsc_scope *scope)
{
    dsc_node *loss = dsc_squared_loss(dsc_dense(input(scope, 4), 6), targets(scope, 6));
    return dsc_dense(loss, 2);
}

static dsc_node *activation_on_a_loss(dsc_scope *scope)
{
    return dsc_tanh(dsc_squared_loss(dsc_dense(input(scope, 4), 6), targets(scope, 6)));
}

static dsc_node *no_loss(dsc_scope *scope)
{
    return dsc_sigmoid(dsc_dense(input(scope, 4), 6));
}

static dsc_node *missing_labels(dsc_scope *scope)
{
    return dsc_softmax_cross_entropy(dsc_dense(input(scope, 4), 6), NULL);
}

static dsc_node *certain_dropout(dsc_scope *scope)
{
    return dsc_squared_loss(dsc_dense(dsc_dropout(input(scope, 4), 1.0), 6), targets(scope, 6));
}

static dsc_node *huge_weights(dsc_scope *scope)
{
    return dsc_squared_loss(dsc_dense(input(scope, SIZE_MAX / 2), SIZE_MAX / 2), targets(scope, 1));
}

static dsc_node *huge_input(dsc_scope *scope)
{
    const dsc_input_spec spec = { .shape = { SIZE_MAX / 4, SIZE_MAX / 4, 16 } };
    return dsc_squared_loss(dsc_dense(dsc_input(scope, &spec), 1), targets(scope, 1));
}

static dsc_node *equal_names(dsc_scope *scope)
{
    dsc_node *x = dsc_dense(input(scope, 4), 5, .name = "twin");
    return dsc_squared_loss(dsc_dense(x, 6, .name = "twin"), targets(scope, 6));
}

static dsc_node *unknown_initializer(dsc_scope *scope)
{
    return dsc_squared_loss(dsc_dense(input(scope, 4), 6, .weights_init = (dsc_init)77), targets(scope, 6));
}

static dsc_node *no_classes(dsc_scope *scope)
{
    return dsc_softmax_cross_entropy(dsc_dense(input(scope, 4), 6), dsc_labels(scope, 0));
}

static dsc_node *no_specification(dsc_scope *scope)
{
    return dsc_squared_loss(dsc_mlp(scope, NULL), targets(scope, 6));
}

static void wrong_networks_are_messages(void **state)
{
    (void)state;
    static const struct {
        dsc_node *(*build)(dsc_scope *scope);
        dsc_status status;
        const char *says;
    } wrong[] = {
        { no_units, DSC_ERROR_ARGUMENT, "layer 'dense2': expected at least 1 unit, found 0" },
        { no_shape, DSC_ERROR_SHAPE, "'pixels'" },
        { other_classes, DSC_ERROR_SHAPE, "10 classes of the labels, found 7 from 'head'" },
        { targets_as_labels, DSC_ERROR_ARGUMENT, "dsc_labels()" },
        { labels_as_targets, DSC_ERROR_ARGUMENT, "dsc_targets()" },
        { labels_as_input, DSC_ERROR_SHAPE, "layer 'dense1': expected a batch of examples, found 'labels'" },
        { other_targets, DSC_ERROR_SHAPE,
          "expected 6 outputs per example as in the targets, found 7 from 'dense1'" },
        { layer_on_a_loss, DSC_ERROR_SHAPE, "layer 'dense2'" },
        { activation_on_a_loss, DSC_ERROR_SHAPE, "found scalar" },
        { no_loss, DSC_ERROR_ARGUMENT, "expected a loss" },
        { missing_labels, DSC_ERROR_ARGUMENT, "softmax_cross_entropy1" },
        { certain_dropout, DSC_ERROR_ARGUMENT, "layer 'dropout1'" },
        { huge_weights, DSC_ERROR_SHAPE, "input" },
        { huge_input, DSC_ERROR_SHAPE, "input" },
        { equal_names, DSC_ERROR_ARGUMENT, "'twin/weights'" },
        { unknown_initializer, DSC_ERROR_ARGUMENT, "found 77" },
        { no_classes, DSC_ERROR_ARGUMENT, "classes, found 0" },
        { no_specification, DSC_ERROR_ARGUMENT, "mlp" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(dsc_compile(wrong[i].build(scope), NULL));
        if (dsc_scope_status(scope) != wrong[i].status || !strstr(dsc_scope_message(scope), wrong[i].says))
            fail_msg("expected '%s' in '%s'", wrong[i].says, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

static void nothing_made_of_nothing_crashes(void **state)
{
    (void)state;
    assert_null(dsc_input(NULL, &(dsc_input_spec){ .shape = { 3 } }));
    assert_null(dsc_labels(NULL, 3));
    assert_null(dsc_relu(dsc_dense(dsc_dropout(NULL, 0.5), 3)));
    assert_null(dsc_softmax_cross_entropy(NULL, NULL));
    assert_null(dsc_mlp(NULL, &(dsc_mlp_spec){ .inputs = 1, .outputs = 1 }));
    assert_null(dsc_compile(NULL, NULL));
    assert_int_equal(dsc_fit(NULL, NULL, NULL), DSC_ERROR_ARGUMENT);
    assert_null(dsc_trainer_make(NULL, NULL, NULL));
    assert_true(dsc_trainer_step(NULL, 0) != 0);
    dsc_evaluate(NULL, NULL);
    assert_int_equal(dsc_model_hash(NULL), 0);
    assert_int_equal(dsc_model_parameter_count(NULL), 0);
    assert_null(dsc_model_parameters(NULL, NULL));
    assert_null(dsc_model_gradients(NULL, NULL));
    assert_int_equal(dsc_model_slices(NULL, NULL), 0);
    assert_null(dsc_model_describe(NULL, NULL));
    assert_true(dsc_model_step_flops(NULL) == 0 && dsc_model_forward_flops(NULL) == 0);
}

static void inputs_of_two_scopes_are_refused(void **state)
{
    (void)state;
    dsc_scope *a = dsc_scope_open(NULL), *b = dsc_scope_open(NULL);
    assert_null(dsc_softmax_cross_entropy(dsc_dense(input(a, 3), 4), dsc_labels(b, 4)));
    assert_int_equal(dsc_scope_status(a), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&a);
    dsc_scope_close(&b);
}

static dsc_model *classifier(dsc_scope *scope, const dsc_compile_options *options)
{
    const dsc_mlp_spec spec = { .inputs = 6, .hidden = (size_t[]){ 5, 0 }, .outputs = 3 };
    return dsc_compile(dsc_softmax_cross_entropy(dsc_mlp(scope, &spec), dsc_labels(scope, 3)), options);
}

static void examples_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const float x[12] = { 0 };
    const int32_t good[2] = { 0, 2 }, high[2] = { 0, 3 }, negative[2] = { -1, 0 };
    const struct {
        dsc_examples examples;
        const char *says;
    } wrong[] = {
        { { 0, { { "input", 6, .f32 = x }, { "labels", 1, .i32 = good } } }, "found 0" },
        { { 2, { { "input", 6, .f32 = x }, { "labels", 1, .i32 = high } } },
          "labels in 0..2, found 3 at example 1" },
        { { 2, { { "input", 6, .f32 = x }, { "labels", 1, .i32 = negative } } }, "found -1 at example 0" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        for (int evaluate = 0; evaluate < 2; evaluate++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            dsc_model *model = classifier(scope, &(dsc_compile_options){ .batch = 2 });
            if (evaluate)
                dsc_evaluate(model, &wrong[i].examples);
            else
                assert_int_not_equal(dsc_fit(model, &wrong[i].examples, &(dsc_fit_options){ .epochs = 1 }),
                                     DSC_OK);
            if (!strstr(dsc_scope_message(scope), wrong[i].says))
                fail_msg("expected '%s' in '%s'", wrong[i].says, dsc_scope_message(scope));
            dsc_scope_close(&scope);
        }
    }
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = classifier(scope, &(dsc_compile_options){ .batch = 2 });
    int32_t labels[2] = { 0, 2 };
    const dsc_examples two = { 2, { { "input", 6, .f32 = x }, { "labels", 1, .i32 = labels } } };
    dsc_trainer *trainer = dsc_trainer_make(model, NULL, &two);
    assert_true(isfinite(dsc_trainer_step(trainer, 0)));
    labels[1] = 3;
    assert_true(isnan(dsc_trainer_step(trainer, 0)));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&scope);
}

static void engines_that_lack_an_op_or_type_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(
        classifier(scope, &(dsc_compile_options){ .engine = DSC_ENGINE_NATIVE, .dtype = DSC_DTYPE_F64 }));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_UNSUPPORTED);
    assert_non_null(strstr(dsc_scope_message(scope), "engine native has no dense in f64; use engine ref"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_non_null(classifier(scope, &(dsc_compile_options){ .dtype = DSC_DTYPE_F64 }));
    const dsc_examples one = {
        1, { { "input", 6, .f32 = (const float[6]){ 0 } }, { "labels", 1, .i32 = (const int32_t[1]){ 0 } } }
    };
    dsc_model *inference = classifier(scope, &(dsc_compile_options){ .inference = true });
    assert_non_null(inference);
    assert_null(dsc_trainer_make(inference, NULL, &one));
    assert_non_null(strstr(dsc_scope_message(scope), "inference"));
    dsc_scope_close(&scope);
}

static void the_table_shows_fusion_engines_and_sizes(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = classifier(scope, &(dsc_compile_options){ .batch = 4 });
    const char *text = dsc_model_describe(scope, model);
    assert_non_null(strstr(text, "dense + relu"));
    assert_non_null(strstr(text, "native"));
    assert_non_null(strstr(text, "f32 4x5"));
    assert_non_null(strstr(text, "batch 4 in shards of 4, 53 parameters"));
    const double forward = 4 * (2 * 6 * 5 + 5 + 2 * 5 * 3 + 3 + 5 * 3);
    assert_true(dsc_model_forward_flops(model) == forward);
    assert_true(dsc_model_step_flops(model) > 2 * forward);
    size_t width = 0;
    for (const char *line = text; *line && *line != '\n'; line = strchr(line, '\n') + 1) {
        width = width ? width : strcspn(line, "\n"); /* every row is as wide as the heading */
        assert_int_equal(strcspn(line, "\n"), width);
    }
    dsc_scope_close(&scope);
}

static void a_profile_names_every_op_and_its_share(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = classifier(scope, &(dsc_compile_options){ .batch = 4, .profile = true, .threads = 2 });
    const float x[4 * 6] = { 1, 2, 3 };
    const int32_t labels[4] = { 0, 1, 2, 1 };
    const dsc_examples four = { 4, { { "input", 6, .f32 = x }, { "labels", 1, .i32 = labels } } };
    dsc_trainer *trainer = dsc_trainer_make(model, NULL, &four);
    for (int i = 0; i < 3; i++)
        dsc_trainer_step(trainer, 0);
    const char *text = dsc_model_profile(scope, model, 1e9);
    assert_non_null(text);
    assert_non_null(strstr(text, "dense_backward_weights"));
    assert_non_null(strstr(text, "optimizer"));
    assert_non_null(strstr(text, "mean of 3"));
    assert_non_null(strstr(text, "% of the peak"));
    assert_non_null(strstr(dsc_model_implementations(scope, model), "dense f32: native"));
    dsc_scope_close(&scope);
}

static void a_profile_needs_a_model_that_was_made_for_it(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = classifier(scope, &(dsc_compile_options){ .batch = 4 });
    assert_null(dsc_model_profile(scope, model, 0));
    assert_non_null(strstr(dsc_scope_message(scope), "compiled with .profile"));
    dsc_scope_close(&scope);
}

/* A network as deep as this would exhaust a recursive walk's stack. */
static void deep_networks_compile(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *x = input(scope, 1);
    for (int i = 0; i < 3000; i++)
        x = dsc_tanh(x);
    dsc_model *model = dsc_compile(dsc_squared_loss(dsc_dense(x, 1), targets(scope, 1)), NULL);
    assert_non_null(model);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_networks_are_messages),
        cmocka_unit_test(nothing_made_of_nothing_crashes),
        cmocka_unit_test(inputs_of_two_scopes_are_refused),
        cmocka_unit_test(examples_that_do_not_fit_are_refused),
        cmocka_unit_test(engines_that_lack_an_op_or_type_are_refused),
        cmocka_unit_test(the_table_shows_fusion_engines_and_sizes),
        cmocka_unit_test(a_profile_names_every_op_and_its_share),
        cmocka_unit_test(a_profile_needs_a_model_that_was_made_for_it),
        cmocka_unit_test(deep_networks_compile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
