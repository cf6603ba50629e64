/* Sums of losses are trained and reported by name, any scalar can be a loss, any layer a target, and a
 * network without a loss computes. */
#include <math.h>
#include <string.h>

#include "directory.h"
#include "network.h"
#include "test.h"

enum { COUNT = 23, INPUTS = 5, CLASSES = 3 };

/* A classifier of which some labels count for nothing, and the inputs again from its hidden layer. */
struct heads {
    dsc_node *classes, *inputs;
};

static struct heads make_heads(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    dsc_node *h = dsc_tanh(dsc_dense(x, 4));
    return (struct heads){
        .classes = dsc_softmax_cross_entropy_with(dsc_dense(h, CLASSES), dsc_labels(scope, CLASSES),
                                                  &(dsc_loss_spec){ .ignore = 2, .name = "classes" }),
        .inputs = dsc_squared_loss_with(dsc_dense(h, INPUTS), x, &(dsc_loss_spec){ .name = "inputs" }),
    };
}

static dsc_node *make_sum(dsc_scope *scope)
{
    const struct heads heads = make_heads(scope);
    return dsc_loss_sum({ 0.5, heads.classes }, { 3, heads.inputs });
}

struct history {
    dsc_epoch epochs[16];
    size_t count;
};

static bool note(void *user, const dsc_epoch *epoch)
{
    struct history *history = user;
    history->epochs[history->count++] = *epoch;
    return true;
}

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-6 * fabs(expected)))
        fail_msg("found %.12g, expected %.12g", found, expected);
}

/* Each loss over all examples, from a model of its own with the same parameters. */
static double alone(const dsc_examples *all, bool classes)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    const struct heads heads = make_heads(scope);
    dsc_model *model =
        dsc_compile(classes ? heads.classes : heads.inputs, &(dsc_compile_options){ .batch = COUNT });
    dsc_model *sum = dsc_compile(dsc_loss_sum({ 1, heads.classes }, { 1, heads.inputs }), NULL);
    const dsc_slice *slices, *wanted;
    const size_t count = dsc_model_slices(sum, &slices), some = dsc_model_slices(model, &wanted);
    for (size_t i = 0; i < some; i++)
        for (size_t j = 0; j < count; j++)
            if (strcmp(wanted[i].name, slices[j].name) == 0)
                memcpy((float *)dsc_model_parameters(model, NULL) + wanted[i].offset,
                       (float *)dsc_model_parameters(sum, NULL) + slices[j].offset,
                       slices[j].count * sizeof(float));
    const double loss = dsc_evaluate(model, all).loss;
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
    return loss;
}

/* The labels that count are unevenly spread over batches of unequal sizes. */
static void each_loss_of_a_sum_is_a_mean_over_what_counts(void **state)
{
    (void)state;
    static const size_t batches[] = { COUNT, 1, 5, 22 };
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
        dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
        int32_t labels[COUNT];
        for (size_t k = 0; k < COUNT; k++)
            labels[k] = k < COUNT / 2 ? 1 : dsc_examples_labels(&all)[k];
        all.columns[1].i32 = labels;
        dsc_model *model = dsc_compile(make_sum(scope), &(dsc_compile_options){ .batch = batches[i] });
        struct history history = { .count = 0 };
        assert_int_equal(dsc_fit(model, &all,
                                 &(dsc_fit_options){ .optimizer = { .lr = 1e-30 },
                                                     .epochs = 1,
                                                     .validation = &all,
                                                     .on_epoch = note,
                                                     .user = &history }),
                         DSC_OK);
        const double classes = alone(&all, true), inputs = alone(&all, false);
        const dsc_metrics metrics = dsc_evaluate(model, &all), *validation = &history.epochs[0].validation;
        const dsc_loss_value *trained = history.epochs[0].train_losses;
        assert_int_equal(metrics.loss_count, 2);
        assert_int_equal(history.epochs[0].loss_count, 2);
        assert_string_equal(metrics.losses[0].name, "classes");
        assert_string_equal(trained[1].name, "inputs");
        assert_near(metrics.losses[0].loss, classes);
        assert_near(metrics.losses[1].loss, inputs);
        assert_near(trained[0].loss, classes);
        assert_near(trained[1].loss, inputs);
        assert_near(metrics.loss, 0.5 * classes + 3 * inputs);
        assert_near(history.epochs[0].train_loss, 0.5 * classes + 3 * inputs);
        assert_true(validation->loss == metrics.loss && validation->losses[1].loss == metrics.losses[1].loss);
        assert_true(metrics.error_rate > 0 && metrics.error_rate == metrics.losses[0].error_rate);
        assert_true(isnan(metrics.losses[1].error_rate) && isnan(trained[0].error_rate));
        dsc_scope_close(&scope);
    }
}

static void a_single_loss_is_reported_by_its_name(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    dsc_model *model = dsc_compile(make_heads(scope).classes, NULL);
    const dsc_metrics metrics = dsc_evaluate(model, &all);
    assert_int_equal(metrics.loss_count, 1);
    assert_string_equal(metrics.losses[0].name, "classes");
    assert_true(metrics.losses[0].loss == metrics.loss && metrics.losses[0].error_rate == metrics.error_rate);
    dsc_scope_close(&scope);
}

/* The sum of sums that has the same weights takes the same steps. */
static void sums_of_sums_are_sums(void **state)
{
    (void)state;
    uint64_t hashes[2];
    for (int nested = 0; nested < 2; nested++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 4 });
        const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
        const struct heads heads = make_heads(scope);
        dsc_node *inner = dsc_loss_sum({ 0.25, heads.classes }, { 0.5, heads.inputs });
        dsc_model *model = dsc_compile(nested ? dsc_loss_sum({ 2, inner }, { 2, heads.inputs })
                                              : dsc_loss_sum({ 0.5, heads.classes }, { 3, heads.inputs }),
                                       &(dsc_compile_options){ .batch = 8 });
        assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 3 }), DSC_OK);
        assert_int_equal(dsc_evaluate(model, &all).loss_count, 2);
        hashes[nested] = dsc_model_hash(model);
        dsc_scope_close(&scope);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

/* Stopped and resumed: the history of both losses is that of a training that was never stopped. */
static void a_checkpoint_keeps_the_history_of_each_loss(void **state)
{
    const char *path = directory_path(*state, "checkpoint.h5");
    struct history histories[2] = { { .count = 0 } };
    for (int stopped = 0; stopped < 2; stopped++)
        for (int run = !stopped; run < 2; run++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
            const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
            dsc_model *model = dsc_compile(make_sum(scope), &(dsc_compile_options){ .batch = 8 });
            histories[stopped].count = 0;
            const dsc_fit_options options = { .epochs = run ? 5 : 2,
                                              .validation = &all,
                                              .checkpoint = stopped ? path : NULL,
                                              .on_epoch = note,
                                              .user = &histories[stopped] };
            if (dsc_fit(model, &all, &options) != DSC_OK)
                fail_msg("%s", dsc_scope_message(scope));
            for (size_t i = 0; i < histories[stopped].count; i++)
                assert_string_equal(histories[stopped].epochs[i].train_losses[1].name, "inputs");
            dsc_scope_close(&scope);
        }
    assert_int_equal(histories[1].count, 5);
    for (size_t i = 0; i < 5; i++) {
        const dsc_epoch *a = &histories[0].epochs[i], *b = &histories[1].epochs[i];
        assert_true(a->train_loss == b->train_loss && a->validation.loss == b->validation.loss);
        assert_int_equal(b->validation.loss_count, 2);
        for (size_t k = 0; k < 2; k++)
            assert_true(a->train_losses[k].loss == b->train_losses[k].loss &&
                        a->validation.losses[k].loss == b->validation.losses[k].loss);
        assert_true(a->validation.losses[0].error_rate == b->validation.losses[0].error_rate);
    }
}

/* --- Roots --- */

static void a_root_without_a_loss_computes(void **state)
{
    const char *path = directory_path(*state, "network.h5");
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 6 });
    const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    const dsc_examples unlabeled = { COUNT, { { "input", INPUTS, .f32 = inputs_of(&all) } } };
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    dsc_node *scores = dsc_softmax(dsc_dense(dsc_tanh(dsc_dense(x, 4)), CLASSES));
    dsc_model *bare = dsc_compile(scores, &(dsc_compile_options){ .batch = 7, .inference = true });
    dsc_model *trained =
        dsc_compile(dsc_nll_loss(dsc_scale(scores, 1), dsc_labels(scope, CLASSES), NULL), NULL);
    const float *a = dsc_predict(scope, bare, scores, &unlabeled);
    const float *b = dsc_predict(scope, trained, scores, &all);
    if (!a || !b)
        fail_msg("%s", dsc_scope_message(scope));
    assert_memory_equal(a, b, sizeof(float) * COUNT * CLASSES);
    assert_int_equal(dsc_model_save(bare, path), DSC_OK);
    dsc_model *loaded = dsc_model_load(scope, path, &(dsc_compile_options){ .inference = true });
    const float *c =
        loaded ? dsc_predict(scope, loaded, dsc_model_node(loaded, "softmax1"), &unlabeled) : NULL;
    if (!c)
        fail_msg("%s", dsc_scope_message(scope));
    assert_memory_equal(a, c, sizeof(float) * COUNT * CLASSES);
    assert_true(isnan(dsc_evaluate(bare, &all).loss));
    assert_non_null(strstr(dsc_scope_message(scope), "ends in a loss, found 'softmax1'"));
    dsc_scope_close(&scope);
}

static void what_is_no_loss_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
        dsc_node *h = dsc_dense(x, 2), *loss = dsc_mean_loss(h, NULL);
        static const char *const messages[] = { "or one value an example, found 'dense1'", "expected losses",
                                                "two losses are called 'twin'", "a finite weight",
                                                "expected a layer or a loss, found 'input'" };
        dsc_node *root = h;
        if (i == 1)
            root = dsc_loss_sum({ 1, loss }, { 1, h });
        if (i == 2)
            root = dsc_loss_sum({ 1, dsc_mean_loss(h, &(dsc_loss_spec){ .name = "twin" }) },
                                { 1, dsc_squared_loss_with(h, h, &(dsc_loss_spec){ .name = "twin" }) });
        if (i == 3)
            root = dsc_loss_sum({ NAN, loss });
        assert_null(dsc_compile(i == 4 ? x : root, &(dsc_compile_options){ .inference = i == 4 }));
        if (!strstr(dsc_scope_message(scope), messages[i]))
            fail_msg("case %d: %s", i, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

/* --- Any scalar, any target --- */

/* One value an example is trained as its mean over the batch is. */
static void a_value_an_example_is_a_loss(void **state)
{
    (void)state;
    uint64_t hashes[2];
    for (int named = 0; named < 2; named++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 8 });
        const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
        const dsc_examples unlabeled = { COUNT, { { "input", INPUTS, .f32 = inputs_of(&all) } } };
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
        dsc_node *y = dsc_dense(dsc_tanh(dsc_dense(x, 4)), 1), *square = dsc_multiply(y, y);
        dsc_model *model =
            dsc_compile(named ? dsc_mean_loss(square, NULL) : square, &(dsc_compile_options){ .batch = 6 });
        const double before = dsc_evaluate(model, &unlabeled).loss;
        const float *values = dsc_predict(scope, model, square, &unlabeled);
        double mean = 0;
        for (size_t i = 0; values && i < COUNT; i++)
            mean += (double)values[i] / COUNT;
        assert_near(before, mean);
        assert_int_equal(dsc_fit(model, &unlabeled, &(dsc_fit_options){ .epochs = 40 }), DSC_OK);
        assert_true(dsc_evaluate(model, &unlabeled).loss < before / 2);
        hashes[named] = dsc_model_hash(model);
        dsc_scope_close(&scope);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

/* The same training, the inputs once named by the network and once given as targets. */
static void an_autoencoder_takes_its_input_as_target(void **state)
{
    (void)state;
    uint64_t hashes[2];
    for (int given = 0; given < 2; given++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
        const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
        const dsc_examples examples = {
            COUNT,
            { { "input", INPUTS, .f32 = inputs_of(&all) },
              { "targets", INPUTS, .f32 = given ? inputs_of(&all) : NULL } },
        };
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
        dsc_node *decoded = dsc_dense(dsc_tanh(dsc_dense(x, 3)), INPUTS);
        dsc_node *target = given ? dsc_targets(scope, &(dsc_input_spec){ .shape = { INPUTS } }) : x;
        dsc_model *model =
            dsc_compile(dsc_squared_loss(decoded, target), &(dsc_compile_options){ .batch = 6 });
        const double before = dsc_evaluate(model, &examples).loss;
        const dsc_fit_options options = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.01 },
                                          .epochs = 60 };
        if (dsc_fit(model, &examples, &options) != DSC_OK)
            fail_msg("%s", dsc_scope_message(scope));
        assert_true(dsc_evaluate(model, &examples).loss < 0.6 * before);
        hashes[given] = dsc_model_hash(model);
        dsc_scope_close(&scope);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

static void targets_of_other_shapes_and_types_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
        dsc_node *h = dsc_dense(x, 3);
        if (i == 0)
            assert_null(dsc_squared_loss(h, x));
        else if (i == 1)
            assert_null(dsc_squared_loss(h, dsc_labels(scope, 2, .steps = 3)));
        else
            assert_null(dsc_compile(dsc_binary_cross_entropy(h, dsc_sigmoid(h), NULL), NULL));
        static const char *const messages[] = { "expected 5 outputs per example",
                                                "an input or a layer of real values",
                                                "by the targets of a binary cross-entropy" };
        if (!strstr(dsc_scope_message(scope), messages[i]))
            fail_msg("case %d: %s", i, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_loss_of_a_sum_is_a_mean_over_what_counts),
        cmocka_unit_test(a_single_loss_is_reported_by_its_name),
        cmocka_unit_test(sums_of_sums_are_sums),
        cmocka_unit_test_setup_teardown(a_checkpoint_keeps_the_history_of_each_loss, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(a_root_without_a_loss_computes, directory_make, directory_remove),
        cmocka_unit_test(what_is_no_loss_is_refused),
        cmocka_unit_test(a_value_an_example_is_a_loss),
        cmocka_unit_test(an_autoencoder_takes_its_input_as_target),
        cmocka_unit_test(targets_of_other_shapes_and_types_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
