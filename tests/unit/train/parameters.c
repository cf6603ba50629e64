/* Parameters that are no layer's are trained, what is frozen keeps its bits and costs nothing, and gradients
 * by inputs are those of central differences. */
#include <math.h>
#include <string.h>

#include "directory.h"
#include "network.h"
#include "test.h"

enum { COUNT = 23, INPUTS = 5, CLASSES = 3, SIDE = 6, STEPS = 4, WORDS = 9 };

static const dsc_slice *slice_named(const dsc_model *model, const char *name)
{
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    for (size_t i = 0; i < count; i++)
        if (strcmp(slices[i].name, name) == 0)
            return &slices[i];
    fail_msg("no parameter '%s'", name);
    return NULL;
}

static float *values_of(dsc_model *model, const char *name)
{
    return (float *)dsc_model_parameters(model, NULL) + slice_named(model, name)->offset;
}

/* --- Trained inputs --- */

static dsc_node *features(dsc_node *image)
{
    dsc_node *h = dsc_tanh(dsc_conv2d(image, 6, .padding = DSC_PADDING_SAME, .name = "conv"));
    return dsc_dense(dsc_average_pool(h, .window = { 2, 2 }), 50, .name = "features");
}

/* Features of a drawn image under weights that stay as they are. */
static void make_target(dsc_scope *scope, const char *path, float *target)
{
    float pixels[SIDE * SIDE];
    dsc_rng_fill_normal_f32(dsc_rng_make(5, DSC_STREAM_DATA), 0, 0, 1, pixels, SIDE * SIDE);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE, SIDE, 1 } });
    dsc_node *y = features(x);
    dsc_model *model = dsc_compile(y, &(dsc_compile_options){ .inference = true });
    const dsc_examples one = { .count = 1, .columns = { { "input", SIDE * SIDE, .f32 = pixels } } };
    const float *values = dsc_predict(scope, model, y, &one);
    if (!values || dsc_model_save(model, path) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    memcpy(target, values, 50 * sizeof *target);
}

static void an_image_is_trained_to_have_given_features(void **state)
{
    const char *path = directory_path(*state, "features.h5");
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 4 });
    float target[50];
    make_target(scope, path, target);
    dsc_node *image = dsc_parameter(
        scope, &(dsc_parameter_spec){ .shape = { SIDE, SIDE, 1 }, .init = DSC_INIT_NORMAL, .name = "image" });
    dsc_node *wanted = dsc_targets(scope, &(dsc_input_spec){ .shape = { 50 } });
    static const char *const frozen[] = { "conv/*", "features/*" };
    dsc_model *model = dsc_compile(dsc_squared_loss(features(dsc_batched(image)), wanted),
                                   &(dsc_compile_options){ .frozen = frozen, .frozen_count = 2 });
    dsc_model *weights = dsc_model_load(scope, path, &(dsc_compile_options){ .inference = true });
    if (!model || !weights)
        fail_msg("%s", dsc_scope_message(scope));
    memcpy(values_of(model, "conv/weights"), values_of(weights, "conv/weights"), 9 * 6 * sizeof(float));
    memcpy(values_of(model, "conv/bias"), values_of(weights, "conv/bias"), 6 * sizeof(float));
    memcpy(values_of(model, "features/weights"), values_of(weights, "features/weights"),
           (size_t)9 * 6 * 50 * sizeof(float));
    memcpy(values_of(model, "features/bias"), values_of(weights, "features/bias"), 50 * sizeof(float));
    const dsc_examples one = { .count = 1, .columns = { { "targets", 50, .f32 = target } } };
    const double before = dsc_evaluate(model, &one).loss;
    assert_int_equal(dsc_fit(model, &one,
                             &(dsc_fit_options){
                                 .optimizer = { .kind = DSC_OPTIMIZER_ADAM,
                                                .lr = 0.05,
                                                .schedule = { .kind = DSC_SCHEDULE_COSINE, .period = 1500 } },
                                 .epochs = 1500 }),
                     DSC_OK);
    const double after = dsc_evaluate(model, &one).loss;
    if (!(after < 1e-3 * before))
        fail_msg("loss %g, before %g", after, before);
    assert_memory_equal(values_of(model, "conv/weights"), values_of(weights, "conv/weights"),
                        9 * 6 * sizeof(float));
    assert_memory_equal(values_of(model, "features/weights"), values_of(weights, "features/weights"),
                        (size_t)9 * 6 * 50 * sizeof(float));
    dsc_scope_close(&scope);
}

/* A parameter that begins with given values, which the loss reads as they are. */
static void a_parameter_begins_with_its_values(void **state)
{
    (void)state;
    static const float values[4] = { 1, -2, 0.5F, 8 };
    static const dsc_dtype types[] = { DSC_DTYPE_F32, DSC_DTYPE_F64, DSC_DTYPE_BF16 };
    for (size_t t = 0; t < 3; t++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_node *p = dsc_parameter(scope, &(dsc_parameter_spec){ .shape = { 2, 2 }, .values = values });
        dsc_model *model = dsc_compile(
            dsc_loss_sum({ 1, dsc_mean_loss(dsc_multiply(p, p), NULL) }, { 3, dsc_mean_loss(p, NULL) }),
            &(dsc_compile_options){ .dtype = types[t], .engine = t == 1 ? DSC_ENGINE_REF : DSC_ENGINE_AUTO });
        const dsc_examples one = { .count = 1 };
        assert_true(dsc_evaluate(model, &one).loss == (1 + 4 + 0.25 + 64) / 4.0 + 3 * 7.5 / 4);
        assert_int_equal(dsc_fit(model, &one, &(dsc_fit_options){ .optimizer = { .lr = 1 }, .epochs = 1 }),
                         DSC_OK);
        for (size_t i = 0; i < 4; i++) { /* p - (2 p + 3) / 4 */
            const double found = t == 1 ? ((double *)dsc_model_parameters(model, NULL))[i]
                                        : (double)((float *)dsc_model_parameters(model, NULL))[i];
            assert_true(found == (double)values[i] / 2 - 0.75);
        }
        dsc_scope_close(&scope);
    }
}

/* --- Frozen --- */

static dsc_node *vectors(dsc_scope *scope)
{
    return dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
}

static dsc_node *dense(dsc_scope *scope)
{
    dsc_node *h = dsc_tanh(dsc_dense(dsc_tanh(dsc_dense(vectors(scope), 6)), 7, .name = "part"));
    return dsc_dense(h, CLASSES);
}

static dsc_node *conv(dsc_scope *scope)
{
    dsc_node *x = dsc_reshape(dsc_dense(vectors(scope), 16), 4, 4, 1);
    return dsc_dense(dsc_relu(dsc_conv2d(x, 3, .name = "part")), CLASSES);
}

static dsc_node *norms(dsc_scope *scope)
{
    dsc_node *x = dsc_batch_norm(dsc_dense(vectors(scope), 6));
    return dsc_dense(dsc_layer_norm(dsc_relu(x)), CLASSES);
}

static dsc_node *recurrent(dsc_scope *scope)
{
    dsc_node *x = dsc_reshape(dsc_dense(vectors(scope), 12), 4, 3);
    return dsc_dense(dsc_recurrent(x, 5, .cell = DSC_RECURRENT_LSTM, .name = "part"), CLASSES);
}

static dsc_node *embedding(dsc_scope *scope)
{
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = WORDS });
    return dsc_dense(dsc_embedding(x, 5, .name = "part"), CLASSES);
}

static dsc_examples make_all(dsc_scope *scope)
{
    const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    int32_t *words = dsc_scope_alloc(scope, (size_t)COUNT * STEPS, sizeof *words);
    for (size_t i = 0; i < (size_t)COUNT * STEPS; i++)
        words[i] = (int32_t)dsc_rng_below(dsc_rng_make(2, DSC_STREAM_DATA), 0, i, WORDS);
    return dsc_examples_with(scope, &all, &(dsc_column){ "tokens", STEPS, .i32 = words });
}

/* The hash after training with the patterns frozen, in the model or by the optimizer alone. */
static uint64_t train(dsc_node *(*logits)(dsc_scope *), const char *pattern, bool in_model)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 6 });
    const dsc_examples all = make_all(scope);
    const dsc_parameter_group group = { .match = pattern, .frozen = true };
    dsc_model *model = dsc_compile(
        dsc_softmax_cross_entropy(logits(scope), dsc_labels(scope, CLASSES)),
        &(dsc_compile_options){
            .batch = 8, .shard = 3, .frozen = in_model ? &pattern : NULL, .frozen_count = in_model });
    const dsc_fit_options options = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM,
                                                     .weight_decay = 0.1,
                                                     .groups = in_model ? NULL : &group,
                                                     .group_count = !in_model },
                                      .epochs = 3 };
    if (dsc_fit(model, &all, &options) != DSC_OK)
        fail_msg("%s: %s", pattern, dsc_scope_message(scope));
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    const float *gradients = dsc_model_gradients(model, NULL);
    for (size_t i = 0; in_model && i < count; i++)
        for (size_t j = 0; slices[i].frozen && j < slices[i].count; j++)
            assert_true(gradients[slices[i].offset + j] == 0);
    const uint64_t hash = dsc_model_hash(model);
    dsc_scope_close(&scope);
    return hash;
}

/* All else is trained to the same bits as if the gradients of what is frozen were there and not used. */
static void what_is_frozen_changes_nothing_else(void **state)
{
    (void)state;
    enum { PATTERNS = 4 };
    static const struct {
        dsc_node *(*logits)(dsc_scope *);
        const char *patterns[PATTERNS];
    } networks[] = { { dense, { "part/*", "*weights", "*bias", "dense1/*" } },
                     { conv, { "part/*", "*weights", "*bias", "dense1/*" } },
                     { norms, { "batch_norm1/*", "layer_norm1/*", "*/scale", "dense1/*" } },
                     { recurrent, { "part/*", "part/weights", "*bias", "dense1/*" } },
                     { embedding, { "part/*", "*bias", "*weights", "dense1/*" } } };
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        for (size_t p = 0; p < PATTERNS; p++) {
            const char *pattern = networks[i].patterns[p];
            if (train(networks[i].logits, pattern, true) != train(networks[i].logits, pattern, false))
                fail_msg("network %zu, '%s' frozen: other bits", i, pattern);
        }
}

static size_t count_backward(const dsc_model *model, const char *layer)
{
    size_t count = 0;
    for (size_t i = 0; i < model->plans->graph.count; i++)
        count += model->plans->graph.nodes[i]->backward &&
                 (!layer || strcmp(model->plans->graph.nodes[i]->name, layer) == 0);
    return count;
}

/* The first layers frozen: nothing of them is differentiated. In the middle: the input's gradient alone. */
static void what_is_frozen_has_no_gradient(void **state)
{
    (void)state;
    static dsc_node *(*const networks[])(dsc_scope *) = { dense, conv, recurrent };
    for (size_t i = 0; i < 3; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const char *const middle[] = { "part*" }, *const first[] = { "dense1/*", "part/*" };
        dsc_node *loss = dsc_softmax_cross_entropy(networks[i](scope), dsc_labels(scope, CLASSES));
        const dsc_model *whole = dsc_compile(loss, NULL);
        const dsc_model *partly =
            dsc_compile(loss, &(dsc_compile_options){ .frozen = middle, .frozen_count = 1 });
        const dsc_model *head =
            dsc_compile(loss, &(dsc_compile_options){ .frozen = first, .frozen_count = 2 });
        if (!head)
            fail_msg("%s", dsc_scope_message(scope));
        assert_int_equal(count_backward(whole, "part"), 2);
        assert_int_equal(count_backward(partly, "part"), 1);
        assert_int_equal(count_backward(partly, "dense1"), count_backward(whole, "dense1"));
        assert_int_equal(count_backward(head, "part") + count_backward(head, "dense1"), 0);
        assert_int_equal(count_backward(head, NULL), 1);
        assert_true(dsc_model_step_flops(head) < dsc_model_step_flops(partly));
        assert_true(slice_named(partly, "part/bias")->frozen && !slice_named(partly, "dense1/bias")->frozen);
        dsc_scope_close(&scope);
    }
}

static void a_pattern_that_freezes_nothing_is_an_error(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *const frozen[] = { "part/*", "dens1/*" };
    dsc_node *loss = dsc_softmax_cross_entropy(dense(scope), dsc_labels(scope, CLASSES));
    assert_null(dsc_compile(loss, &(dsc_compile_options){ .frozen = frozen, .frozen_count = 2 }));
    assert_string_equal(
        dsc_scope_message(scope),
        "compile: expected pattern 1 of .frozen to match a parameter, found none for 'dens1/*'; "
        "did you mean 'dense1/weights'?");
    dsc_scope_close(&scope);
}

/* A teacher's probabilities are targets, as its layers are frozen. */
static void a_frozen_teacher_gives_targets(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 2 });
    const dsc_examples all = make_all(scope);
    const dsc_examples unlabeled = { .count = COUNT,
                                     .columns = { { "input", INPUTS, .f32 = inputs_of(&all) } } };
    dsc_node *x = vectors(scope);
    dsc_node *teacher = dsc_softmax(
        dsc_dense(dsc_tanh(dsc_dense(x, 9, .name = "teacher/hidden")), CLASSES, .name = "teacher/scores"));
    dsc_node *student = dsc_log_softmax(dsc_dense(dsc_tanh(dsc_dense(x, 9)), CLASSES));
    static const char *const frozen[] = { "teacher/*" };
    dsc_model *model = dsc_compile(dsc_kl_loss(student, teacher, NULL),
                                   &(dsc_compile_options){ .batch = 8, .frozen = frozen, .frozen_count = 1 });
    const double before = dsc_evaluate(model, &unlabeled).loss;
    const dsc_fit_options options = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.02 }, .epochs = 60 };
    if (dsc_fit(model, &unlabeled, &options) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    assert_true(dsc_evaluate(model, &unlabeled).loss < 0.1 * before);
    dsc_scope_close(&scope);
}

/* --- Gradients by inputs --- */

static double loss_at(dsci_execution *plan)
{
    dsci_execution_run(plan);
    return *plan->loss;
}

static void input_gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    enum { BATCH = 3 };
    static dsc_node *(*const networks[])(dsc_scope *) = { dense, norms, recurrent };
    for (size_t i = 0; i < 3; i++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
        const dsc_examples all = make_all(scope);
        dsc_node *logits = networks[i](scope);
        dsc_model *model = dsc_compile(
            dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)),
            &(dsc_compile_options){
                .batch = BATCH, .dtype = DSC_DTYPE_F64, .engine = DSC_ENGINE_REF, .input_gradients = true });
        dsci_execution *plan = dsci_model_execution(model, BATCH, DSCI_TRAINING);
        double x[BATCH * INPUTS];
        for (size_t k = 0; k < BATCH * INPUTS; k++)
            x[k] = (double)inputs_of(&all)[k];
        bind_examples(scope, plan, &all);
        dsci_execution_bind(plan->inputs[0], x);
        loss_at(plan);
        size_t elements;
        const double *gradient = dsc_model_input_gradient(model, dsc_model_node(model, "input"), &elements);
        if (!gradient)
            fail_msg("%s", dsc_scope_message(scope));
        assert_int_equal(elements, BATCH * INPUTS);
        double exact[BATCH * INPUTS];
        memcpy(exact, gradient, sizeof exact);
        for (size_t k = 0; k < BATCH * INPUTS; k++) {
            const double at = x[k], step = 1e-6;
            x[k] = at + step;
            const double above = loss_at(plan);
            x[k] = at - step;
            const double below = loss_at(plan);
            x[k] = at;
            if (!(fabs((above - below) / (2 * step) - exact[k]) <= 1e-7 * fmax(1, fabs(exact[k]))))
                fail_msg("network %zu, input %zu: %g, differences say %g", i, k, exact[k],
                         (above - below) / (2 * step));
        }
        dsc_scope_close(&scope);
    }
}

/* With everything frozen a step gives the gradient and changes nothing; it does not change training either.
 */
static void input_gradients_cost_no_bit(void **state)
{
    (void)state;
    uint64_t hashes[3];
    for (int i = 0; i < 3; i++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
        const dsc_examples all = make_all(scope);
        const char *const everything[] = { "*" };
        dsc_node *logits = dense(scope);
        dsc_model *model = dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)),
                                       &(dsc_compile_options){ .batch = 5,
                                                               .frozen = i == 2 ? everything : NULL,
                                                               .frozen_count = i == 2,
                                                               .input_gradients = i > 0 });
        const uint64_t before = dsc_model_hash(model);
        assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 2 }), DSC_OK);
        hashes[i] = dsc_model_hash(model);
        assert_true((hashes[i] == before) == (i == 2));
        const float *gradient =
            i > 0 ? dsc_model_input_gradient(model, dsc_model_node(model, "input"), NULL) : NULL;
        assert_true((gradient != NULL) == (i > 0));
        if (i == 0) {
            assert_null(dsc_model_input_gradient(model, dsc_model_node(model, "input"), NULL));
            assert_non_null(
                strstr(dsc_scope_message(scope), "compiled with .input_gradients, found 'input'"));
        }
        dsc_scope_close(&scope);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

/* --- Wrong use --- */

static void what_has_no_batch_is_refused_where_one_is_expected(void **state)
{
    (void)state;
    static const char *const messages[] = { "dsc_batched() makes one of it", "which is a batch",
                                            "two parameters are called 'parameter'", "expected a shape",
                                            "an initialiser of dsc_init" };
    for (int i = 0; i < 5; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_node *p = dsc_parameter(scope, &(dsc_parameter_spec){ .shape = { 1, 8 } });
        if (i == 0)
            assert_null(dsc_dense(p, 3));
        if (i == 1)
            assert_null(dsc_batched(vectors(scope)));
        if (i == 2)
            assert_null(dsc_compile(
                dsc_mean_loss(dsc_add(p, dsc_parameter(scope, &(dsc_parameter_spec){ .shape = { 1, 8 } })),
                              NULL),
                NULL));
        if (i == 3)
            assert_null(dsc_parameter(scope, NULL));
        if (i == 4)
            assert_null(dsc_parameter(scope, &(dsc_parameter_spec){ .shape = { 2 }, .init = (dsc_init)99 }));
        if (!strstr(dsc_scope_message(scope), messages[i]))
            fail_msg("case %d: %s", i, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_image_is_trained_to_have_given_features, directory_make,
                                        directory_remove),
        cmocka_unit_test(a_parameter_begins_with_its_values),
        cmocka_unit_test(what_is_frozen_changes_nothing_else),
        cmocka_unit_test(what_is_frozen_has_no_gradient),
        cmocka_unit_test(a_pattern_that_freezes_nothing_is_an_error),
        cmocka_unit_test(a_frozen_teacher_gives_targets),
        cmocka_unit_test(input_gradients_are_those_of_central_differences),
        cmocka_unit_test(input_gradients_cost_no_bit),
        cmocka_unit_test(what_has_no_batch_is_refused_where_one_is_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
