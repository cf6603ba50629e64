/* What training measures and keeps is right for unequal batches, for batches that have no variance, and where
 * numbers are not finite. */
#include <math.h>
#include <string.h>

#include "directory.h"
#include "network.h"
#include "test.h"
#include "train/fit.h"

enum { INPUTS = 5, CLASSES = 3 };

/* --- Means over examples --- */

static bool note_loss(void *user, const dsc_epoch *epoch)
{
    *(double *)user = epoch->train_loss;
    return true;
}

typedef dsc_node *loss_fn(dsc_scope *scope, dsc_node *x);

static dsc_node *plain(dsc_scope *scope, dsc_node *x)
{
    return dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES));
}

static dsc_node *weighted(dsc_scope *scope, dsc_node *x)
{
    static const double weights[CLASSES] = { 3, 0.5, 1 };
    return dsc_softmax_cross_entropy_with(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES),
                                          &(dsc_loss_spec){ .class_weights = weights });
}

static dsc_node *masked(dsc_scope *scope, dsc_node *x)
{
    return dsc_softmax_cross_entropy_with(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES),
                                          &(dsc_loss_spec){ .ignore = 2 });
}

static dsc_node *targets(dsc_scope *scope)
{
    return dsc_targets(scope, &(dsc_input_spec){ .shape = { CLASSES } });
}

static dsc_node *squared(dsc_scope *scope, dsc_node *x)
{
    return dsc_squared_loss(dsc_dense(x, CLASSES), targets(scope));
}

static dsc_node *absolute(dsc_scope *scope, dsc_node *x)
{
    return dsc_absolute_loss(dsc_dense(x, CLASSES), targets(scope), NULL);
}

/* All of the examples in one batch, then in batches of which the last is smaller. */
static void losses_are_means_over_what_counts(void **state)
{
    (void)state;
    enum { COUNT = 23 };
    static loss_fn *const losses[] = { plain, weighted, masked, squared, absolute };
    static const size_t batches[] = { COUNT, 1, 5, 11, 22 };
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        double whole = NAN;
        for (size_t j = 0; j < sizeof batches / sizeof batches[0]; j++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
            dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
            float *missing = dsc_scope_alloc(scope, (size_t)COUNT * CLASSES, sizeof *missing);
            for (size_t k = 0; k < (size_t)COUNT * CLASSES; k++)
                missing[k] = k % 7 == 0 || k < 4 * CLASSES ? NAN : targets_of(&all)[k];
            all.columns[2].f32 = missing;
            dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
            dsc_model *model =
                dsc_compile(losses[i](scope, x), &(dsc_compile_options){ .batch = batches[j] });
            double trained = NAN;
            whole = j == 0 ? dsc_evaluate(model, &all).loss : whole;
            assert_int_equal(dsc_fit(model, &all,
                                     &(dsc_fit_options){ .optimizer = { .lr = 1e-30 },
                                                         .epochs = 1,
                                                         .on_epoch = note_loss,
                                                         .user = &trained }),
                             DSC_OK);
            if (!(fabs(trained - whole) < 1e-6))
                fail_msg("loss %zu in batches of %zu: %.9g, in one %.9g", i, batches[j], trained, whole);
            dsc_scope_close(&scope);
        }
    }
}

/* So many examples that an evaluation takes several batches, in the first of which less counts. */
static void an_evaluation_is_a_mean_over_what_counts(void **state)
{
    (void)state;
    enum { COUNT = 700 };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    int32_t *labels = dsc_scope_alloc(scope, COUNT, sizeof *labels);
    uint32_t counting[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        labels[i] = i < 200 ? 1 : dsc_examples_labels(&all)[i];
        if (labels[i] != 1)
            counting[count++] = (uint32_t)i;
    }
    all.columns[1].i32 = labels;
    const dsc_examples some = dsc_examples_select(scope, &all, counting, count);
    dsc_model *model = dsc_compile(masked(scope, dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } })),
                                   &(dsc_compile_options){ .batch = 10 });
    const dsc_metrics metrics = dsc_evaluate(model, &all), expected = dsc_evaluate(model, &some);
    assert_true(fabs(metrics.loss - expected.loss) < 1e-9);
    assert_true(metrics.error_rate == expected.error_rate);
    dsc_scope_close(&scope);
}

/* --- Numbers that are not finite --- */

/* The network's score overflows for the validation's example until decay has made the weights small. */
static dsc_model *overflowing(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 1 } });
    dsc_model *model =
        dsc_compile(dsc_softmax_cross_entropy(dsc_dense(x, 2, .no_bias = true), dsc_labels(scope, 2)),
                    &(dsc_compile_options){ .batch = 2 });
    float *w = dsc_model_parameters(model, NULL);
    w[0] = w[1] = 16;
    return model;
}

static const float zeros[2] = { 0 }, large[1] = { 3e38F };
static const int32_t both[2] = { 0, 1 };
static const dsc_examples train = {
    .count = 2, .columns = { { "input", 1, .f32 = zeros }, { "labels", 1, .i32 = both } }
};
static const dsc_examples test = {
    .count = 1, .columns = { { "input", 1, .f32 = large }, { "labels", 1, .i32 = both } }
};

struct losses {
    double of[16];
    size_t count;
};

static bool note_validation(void *user, const dsc_epoch *epoch)
{
    struct losses *losses = user;
    losses->of[losses->count++] = epoch->validation.loss;
    return true;
}

static void an_epoch_without_a_finite_loss_is_not_the_best(void **state)
{
    (void)state;
    for (int patient = 0; patient < 2; patient++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_model *model = overflowing(scope);
        struct losses losses = { .count = 0 };
        const dsc_fit_options options = { .optimizer = { .lr = 0.1, .decoupled_decay = 5 },
                                          .epochs = 9,
                                          .validation = &test,
                                          .patience = patient ? 5 : 0,
                                          .keep_best = true,
                                          .on_epoch = note_validation,
                                          .user = &losses };
        assert_int_equal(dsc_fit(model, &train, &options), DSC_OK);
        assert_false(isfinite(losses.of[0]) || isfinite(losses.of[2]));
        assert_true(isfinite(losses.of[3]));
        assert_int_equal(losses.count, 9);
        assert_true(dsc_evaluate(model, &test).loss == losses.of[3]);
        dsc_scope_close(&scope);
    }
}

/* The same when the training was stopped before there was a best epoch, and when after it. */
static void a_resumed_training_has_the_same_best_epoch(void **state)
{
    const char *path = directory_path(*state, "checkpoint.h5");
    static const size_t stops[] = { 2, 6 };
    for (size_t i = 0; i < 2; i++) {
        double losses[2];
        for (int stopped = 0; stopped < 2; stopped++) {
            dsc_fit_options options = { .optimizer = { .lr = 0.1, .decoupled_decay = 5 },
                                        .epochs = stops[i],
                                        .validation = &test,
                                        .keep_best = true,
                                        .checkpoint = stopped ? path : NULL };
            for (int run = !stopped; run < 2; run++) {
                dsc_scope *scope = dsc_scope_open(NULL);
                dsc_model *model = overflowing(scope);
                options.epochs = run == 0 ? stops[i] : 9;
                assert_int_equal(dsc_fit(model, &train, &options), DSC_OK);
                losses[stopped] = dsc_evaluate(model, &test).loss;
                dsc_scope_close(&scope);
            }
        }
        assert_true(isfinite(losses[0]) && losses[0] == losses[1]);
        remove(path);
    }
}

/* Without decay no epoch has a finite loss: patience ends, and the last parameters stay. */
static void a_loss_that_is_never_finite_ends_by_patience(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = overflowing(scope);
    struct losses losses = { .count = 0 };
    const dsc_fit_options options = { .optimizer = { .lr = 0.1, .decoupled_decay = 0.01 },
                                      .epochs = 9,
                                      .validation = &test,
                                      .patience = 3,
                                      .on_epoch = note_validation,
                                      .user = &losses };
    assert_int_equal(dsc_fit(model, &train, &options), DSC_OK);
    assert_int_equal(losses.count, 3);
    assert_true(((float *)dsc_model_parameters(model, NULL))[0] < 15.96F);
    dsc_scope_close(&scope);
}

/* The loss of the step is finite, its gradient is not. */
static void an_update_that_is_not_finite_fails(void **state)
{
    (void)state;
    static const float x[8] = { 1e25F, 1, 1, 1, 1, 1, 1, 1 }, y[4] = { 0 };
    const dsc_examples four = { .count = 4,
                                .columns = { { "input", 2, .f32 = x }, { "targets", 1, .f32 = y } } };
    for (int by_steps = 0; by_steps < 2; by_steps++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_node *in = dsc_input(scope, &(dsc_input_spec){ .shape = { 2 } });
        dsc_node *target = dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } });
        dsc_model *model = dsc_compile(dsc_squared_loss(dsc_dense(in, 1, .name = "fc"), target),
                                       &(dsc_compile_options){ .batch = 4 });
        float *w = dsc_model_parameters(model, NULL);
        w[0] = w[1] = 1;
        const dsc_fit_options options = { .optimizer = { .lr = 0.1, .clip_norm = 1 },
                                          .epochs = !by_steps,
                                          .steps = by_steps ? 1 : 0 };
        assert_int_equal(dsc_fit(model, &four, &options), DSC_ERROR_NUMERIC);
        assert_non_null(strstr(dsc_scope_message(scope), "after epoch 1, step 1"));
        assert_non_null(strstr(dsc_scope_message(scope), "parameter 'fc/weights', whose gradient was not"));
        dsc_scope_close(&scope);
    }
}

/* A layer's only value that is not finite is the gradient of its weights, which are its last step: that of
   few examples sums over them in one go, that of many adds up what was summed over shards. */
static void a_gradient_of_weights_that_is_not_finite_is_named(void **state)
{
    (void)state;
    enum { MOST = 64 };
    static const size_t shards[] = { 0, 8 };
    float x[MOST] = { 1e25F }, y[MOST] = { 0 };
    for (size_t i = 0; i < 2; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_node *in = dsc_input(scope, &(dsc_input_spec){ .shape = { 1 } });
        dsc_node *target = dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } });
        dsc_model *model = dsc_compile(dsc_squared_loss(dsc_dense(in, 1, .name = "fc"), target),
                                       &(dsc_compile_options){ .batch = MOST, .shard = shards[i] });
        *(float *)dsc_model_parameters(model, NULL) = 1;
        dsci_execution *plan = dsci_model_execution(model, MOST, DSCI_TRAINING);
        dsci_execution_bind(plan->inputs[0], x);
        dsci_execution_bind(plan->expected[0], y);
        dsci_execution_run(plan);
        assert_true(isfinite(*plan->loss));
        assert_string_equal(dsci_find_not_finite(scope, model, plan), "the gradient of layer 'fc'");
        dsc_scope_close(&scope);
    }
}

static void statistics_that_are_not_finite_fail(void **state)
{
    (void)state;
    static const float x[4] = { 3e38F, -3e38F, 1, -1 };
    static const int32_t labels[4] = { 0, 1, 0, 1 };
    const dsc_examples four = { .count = 4,
                                .columns = { { "input", 1, .f32 = x }, { "labels", 1, .i32 = labels } } };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *in = dsc_input(scope, &(dsc_input_spec){ .shape = { 1 } });
    dsc_model *model =
        dsc_compile(dsc_softmax_cross_entropy(dsc_dense(dsc_batch_norm(in), 2), dsc_labels(scope, 2)),
                    &(dsc_compile_options){ .batch = 4 });
    assert_int_equal(dsc_fit(model, &four, &(dsc_fit_options){ .epochs = 1 }), DSC_ERROR_NUMERIC);
    assert_non_null(strstr(dsc_scope_message(scope), "state 'batch_norm1/running_variance'"));
    dsc_scope_close(&scope);
}

/* --- Batches of one value a channel --- */

static dsc_node *normalised(dsc_scope *scope)
{
    dsc_node *x = dsc_batch_norm(dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } }));
    return plain(scope, dsc_relu(dsc_batch_norm(dsc_dense(x, 4))));
}

/* The same training without the example that is left over ends in the same running values. */
static void a_rest_of_one_leaves_the_running_values(void **state)
{
    (void)state;
    enum { BATCH = 6, COUNT = 4 * BATCH + 1 };
    static const struct {
        dsc_engine engine;
        dsc_dtype dtype;
    } ways[] = { { DSC_ENGINE_REF, DSC_DTYPE_F32 },    { DSC_ENGINE_REF, DSC_DTYPE_F64 },
                 { DSC_ENGINE_NATIVE, DSC_DTYPE_F32 }, { DSC_ENGINE_NATIVE, DSC_DTYPE_BF16 },
                 { DSC_ENGINE_ONEDNN, DSC_DTYPE_F32 }, { DSC_ENGINE_ONEDNN, DSC_DTYPE_BF16 } };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char states[2][1024];
        size_t elements, bytes = 0;
        uint64_t hashes[2];
        for (size_t left_over = 0; left_over < 2; left_over++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
            dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
            all.count = COUNT - 1 + left_over;
            dsc_model *model = dsc_compile(
                normalised(scope),
                &(dsc_compile_options){ .batch = BATCH, .engine = ways[i].engine, .dtype = ways[i].dtype });
            const dsc_fit_options options = { .optimizer = { .lr = 0.1 }, .epochs = 1, .fixed_order = true };
            assert_int_equal(dsc_fit(model, &all, &options), DSC_OK);
            const void *values = dsc_model_state(model, &elements);
            bytes = elements * (ways[i].dtype == DSC_DTYPE_F64 ? sizeof(double) : sizeof(float));
            assert_true(bytes <= sizeof states[0]);
            memcpy(states[left_over], values, bytes);
            hashes[left_over] = dsc_model_hash(model);
            dsc_scope_close(&scope);
        }
        assert_memory_equal(states[0], states[1], bytes);
        assert_true(hashes[0] != hashes[1]); /* its example is trained all the same */
    }
}

/* A batch of one is normalised as outside training: its loss is that of an evaluation. */
static void a_batch_of_one_is_normalised_by_the_running_values(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    const dsc_examples all = make_examples(scope, 1, 40, INPUTS, CLASSES);
    dsc_model *model = dsc_compile(normalised(scope), &(dsc_compile_options){ .batch = 20 });
    assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 3 }), DSC_OK);
    const dsc_examples one = dsc_examples_range(&all, 7, 1);
    const double expected = dsc_evaluate(model, &one).loss;
    const double found = run_once(scope, dsci_model_execution(model, 1, DSCI_TRAINING), &one);
    assert_true(found == expected);
    dsc_scope_close(&scope);
}

static void training_in_batches_of_one_value_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t batch, count;
    } cases[] = { { 1, 10 }, { 8, 1 } };
    for (size_t i = 0; i < 2; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_examples all = make_examples(scope, 1, cases[i].count, INPUTS, CLASSES);
        dsc_model *model = dsc_compile(normalised(scope), &(dsc_compile_options){ .batch = cases[i].batch });
        assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 1 }), DSC_ERROR_ARGUMENT);
        assert_non_null(strstr(dsc_scope_message(scope), "fit: layer 'batch_norm1': expected batches of 2"));
        dsc_scope_close(&scope);
    }
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = make_examples(scope, 1, 10, INPUTS, CLASSES);
    assert_null(dsc_trainer_make(dsc_compile(normalised(scope), NULL), NULL, &all));
    assert_non_null(strstr(dsc_scope_message(scope), "layer 'batch_norm1': expected batches of 2"));
    dsc_scope_close(&scope);
    /* An image has other positions to normalise by. */
    scope = dsc_scope_open(NULL);
    const dsc_examples images = make_examples(scope, 1, 3, 12, CLASSES);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 2, 2, 3 } });
    dsc_model *model = dsc_compile(plain(scope, dsc_batch_norm(x)), NULL);
    assert_int_equal(dsc_fit(model, &images, &(dsc_fit_options){ .epochs = 1 }), DSC_OK);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_means_over_what_counts),
        cmocka_unit_test(an_evaluation_is_a_mean_over_what_counts),
        cmocka_unit_test(an_epoch_without_a_finite_loss_is_not_the_best),
        cmocka_unit_test_setup_teardown(a_resumed_training_has_the_same_best_epoch, directory_make,
                                        directory_remove),
        cmocka_unit_test(a_loss_that_is_never_finite_ends_by_patience),
        cmocka_unit_test(an_update_that_is_not_finite_fails),
        cmocka_unit_test(a_gradient_of_weights_that_is_not_finite_is_named),
        cmocka_unit_test(statistics_that_are_not_finite_fail),
        cmocka_unit_test(a_rest_of_one_leaves_the_running_values),
        cmocka_unit_test(a_batch_of_one_is_normalised_by_the_running_values),
        cmocka_unit_test(training_in_batches_of_one_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
