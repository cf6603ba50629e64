/* Masked examples count for nothing in loss, gradient and error rate; smoothing and weights have their
   textbook values; wrong specifications are messages. */
#include <math.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/nn.h>
#include <descent/train.h>

#include "graph/model.h"
#include "test.h"

enum { FEATURES = 2, CLASSES = 3, EXAMPLES = 4 };

static const float inputs[EXAMPLES * FEATURES] = { 0.5f, -1, 2, 0.25f, -0.75f, 1.5f, 1, 1 };

typedef dsc_node *label_loss_fn(dsc_node *, dsc_node *, const dsc_loss_spec *);

static dsc_model *classifier(dsc_scope *scope, label_loss_fn *loss, const dsc_loss_spec *spec,
                             dsc_engine engine, dsc_dtype dtype)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
    return dsc_compile(loss(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES), spec),
                       &(dsc_compile_options){ .batch = EXAMPLES, .engine = engine, .dtype = dtype });
}

static dsc_metrics evaluate(label_loss_fn *loss, const dsc_loss_spec *spec, const int32_t *labels,
                            size_t count)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
    dsc_model *model = classifier(scope, loss, spec, DSC_ENGINE_NATIVE, DSC_DTYPE_F32);
    assert_non_null(model);
    const dsc_metrics metrics =
        dsc_evaluate(model, &(dsc_examples){ .count = count,
                                             .columns = { { "input", FEATURES, .f32 = inputs },
                                                          { "labels", 1, .i32 = labels } } });
    dsc_scope_close(&scope);
    return metrics;
}

static void ignored_labels_count_for_nothing(void **state)
{
    (void)state;
    static label_loss_fn *const losses[] = { dsc_softmax_cross_entropy_with, dsc_nll_loss, dsc_hinge_loss };
    static const int32_t masked[EXAMPLES] = { 1, 0, 2, 2 }, rest[2] = { 1, 0 };
    for (size_t i = 0; i < 3; i++) {
        const dsc_metrics all = evaluate(losses[i], &(dsc_loss_spec){ .ignore = 3 }, masked, EXAMPLES);
        const dsc_metrics some = evaluate(losses[i], NULL, rest, 2);
        assert_true(fabs(all.loss - some.loss) <= 1e-6 * fabs(some.loss));
        assert_true(all.error_rate == some.error_rate);
    }
    const int32_t none[EXAMPLES] = { 2, 2, 2, 2 };
    assert_true(
        evaluate(dsc_softmax_cross_entropy_with, &(dsc_loss_spec){ .ignore = 3 }, none, EXAMPLES).loss == 0);
}

static void a_class_that_weighs_nothing_is_left_out(void **state)
{
    (void)state;
    static const double weights[CLASSES] = { 2, 2, 0 };
    static const int32_t labels[EXAMPLES] = { 1, 0, 2, 2 };
    const dsc_metrics weighted = evaluate(dsc_softmax_cross_entropy_with,
                                          &(dsc_loss_spec){ .class_weights = weights }, labels, EXAMPLES);
    const dsc_metrics some = evaluate(dsc_softmax_cross_entropy_with, NULL, labels, 2);
    assert_true(fabs(weighted.loss - some.loss) <= 1e-6 * some.loss);
}

static void wholly_smoothed_labels_do_not_matter(void **state)
{
    (void)state;
    static const int32_t a[EXAMPLES] = { 0, 0, 0, 0 }, b[EXAMPLES] = { 2, 1, 2, 1 };
    const dsc_loss_spec spec = { .label_smoothing = 1 };
    const double loss = evaluate(dsc_softmax_cross_entropy_with, &spec, a, EXAMPLES).loss;
    assert_true(fabs(loss - evaluate(dsc_softmax_cross_entropy_with, &spec, b, EXAMPLES).loss) <= 1e-6);
    assert_true(loss > log(CLASSES) - 1e-6);
}

typedef dsc_node *target_loss_fn(dsc_node *, dsc_node *, const dsc_loss_spec *);

static dsc_node *plain_squared_loss(dsc_node *x, dsc_node *targets, const dsc_loss_spec *spec)
{
    (void)spec;
    return dsc_squared_loss(x, targets);
}

static void targets_of_nan_count_for_nothing(void **state)
{
    (void)state;
    static target_loss_fn *const losses[] = {
        dsc_squared_loss_with,    dsc_absolute_loss, dsc_huber_loss,
        dsc_binary_cross_entropy, dsc_kl_loss,       plain_squared_loss
    };
    const float masked[EXAMPLES] = { 0.25f, 1, NAN, NAN };
    for (size_t i = 0; i < 6; i++) {
        double loss[2];
        for (int some = 0; some < 2; some++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
            dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
            dsc_node *y = dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } });
            dsc_model *model =
                dsc_compile(losses[i](dsc_dense(x, 1), y, NULL), &(dsc_compile_options){ .batch = 4 });
            assert_non_null(model);
            const dsc_examples examples = { .count = some ? 2 : 4,
                                            .columns = { { "input", FEATURES, .f32 = inputs },
                                                         { "targets", 1, .f32 = masked } } };
            loss[some] = dsc_evaluate(model, &examples).loss;
            dsc_scope_close(&scope);
        }
        assert_true(fabs(loss[0] - loss[1]) <= 1e-6 * fabs(loss[1]));
    }
}

/* The loss of a network whose second example has an input of NaN; of labels or of targets. */
static double loss_of_nan(label_loss_fn *of_labels, target_loss_fn *of_targets, dsc_activation activation,
                          bool binary, dsc_engine engine, dsc_dtype dtype)
{
    const float x[2 * FEATURES] = { 1, 2, 3, NAN },
                      targets[2 * CLASSES] = { 0.5F, 0.25F, 0.25F, 0.5F, 0.25F, 0.25F };
    const int32_t labels[2] = { 1, 0 };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
    dsc_node *in = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
    const size_t classes = binary ? 2 : CLASSES;
    dsc_node *y =
        dsc_activate(dsc_dense(in, binary ? 1 : CLASSES), &(dsc_activation_spec){ .kind = activation });
    dsc_node *loss = of_labels
                         ? of_labels(y, dsc_labels(scope, classes), NULL)
                         : of_targets(y, dsc_targets(scope, &(dsc_input_spec){ .shape = { CLASSES } }), NULL);
    dsc_model *model = dsc_compile(loss, &(dsc_compile_options){ .engine = engine, .dtype = dtype });
    const dsc_examples two = {
        .count = 2,
        .columns = { { "input", FEATURES, .f32 = x },
                     { "labels", 1, .i32 = labels },
                     { "targets", CLASSES, .f32 = targets } },
    };
    assert_non_null(model);
    const double value = dsc_evaluate(model, &two).loss;
    dsc_scope_close(&scope);
    return value;
}

/* The same of the larger of two inputs. */
static double maxout_of_nan(int first, dsc_engine engine, dsc_dtype dtype)
{
    const float x[FEATURES] = { first ? NAN : 1, first ? 1 : NAN }, target = 0;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *in = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
    dsc_node *targets = dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } });
    dsc_model *model = dsc_compile(dsc_squared_loss(dsc_maxout(in, FEATURES), targets),
                                   &(dsc_compile_options){ .engine = engine, .dtype = dtype });
    const dsc_examples one = {
        .count = 1, .columns = { { "input", FEATURES, .f32 = x }, { "targets", 1, .f32 = &target } }
    };
    const double value = dsc_evaluate(model, &one).loss;
    dsc_scope_close(&scope);
    return value;
}

/* Neither an activation nor a loss hides it. */
static void a_value_that_is_no_number_shows_in_the_loss(void **state)
{
    (void)state;
    static label_loss_fn *const of_labels[] = { dsc_softmax_cross_entropy_with, dsc_hinge_loss,
                                                dsc_nll_loss };
    static target_loss_fn *const of_targets[] = { dsc_squared_loss_with, dsc_absolute_loss,
                                                  dsc_huber_loss,        dsc_binary_cross_entropy,
                                                  dsc_kl_loss,           plain_squared_loss };
    static const struct {
        dsc_engine engine;
        dsc_dtype dtype;
    } ways[] = { { DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
                 { DSC_ENGINE_ONEDNN, DSC_DTYPE_F32 },
                 { DSC_ENGINE_REF, DSC_DTYPE_F32 },
                 { DSC_ENGINE_REF, DSC_DTYPE_F64 } };
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        const dsc_engine engine = ways[w].engine;
        const dsc_dtype dtype = ways[w].dtype;
        for (size_t i = 0; i < sizeof of_labels / sizeof of_labels[0]; i++)
            assert_true(isnan(loss_of_nan(of_labels[i], NULL, DSC_ACTIVATION_LINEAR, false, engine, dtype)));
        assert_true(isnan(loss_of_nan(dsc_hinge_loss, NULL, DSC_ACTIVATION_LINEAR, true, engine, dtype)));
        for (int first = 0; first < 2; first++)
            assert_true(isnan(maxout_of_nan(first, engine, dtype)));
        for (size_t i = 0; i < sizeof of_targets / sizeof of_targets[0]; i++)
            assert_true(isnan(loss_of_nan(NULL, of_targets[i], DSC_ACTIVATION_LINEAR, false, engine, dtype)));
        for (dsc_activation a = DSC_ACTIVATION_LINEAR; a < DSC_ACTIVATION_COUNT; a++) {
            /* A step makes 0 of it, and so does oneDNN's ReLU. */
            if (a == DSC_ACTIVATION_STEP || (a == DSC_ACTIVATION_RELU && engine == DSC_ENGINE_ONEDNN))
                continue;
            if (!isnan(loss_of_nan(NULL, dsc_squared_loss_with, a, false, engine, dtype)))
                fail_msg("%s hides NaN on %s", dsc_activation_name(a), dsc_engine_name(engine));
        }
    }
}

enum { LARGE_BATCH = 300, LARGE_CLASSES = 501, SHARD = 40 };

/* Loss and gradients of a step over many classes, as they are for one shard or several. */
static double large_step(dsc_scope *scope, label_loss_fn *loss, int threads, size_t shard,
                         const float **gradients, size_t *elements)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
    dsc_node *y = dsc_dense(x, LARGE_CLASSES), *labels = dsc_labels(scope, LARGE_CLASSES);
    dsc_node *root = loss ? loss(y, labels, &(dsc_loss_spec){ .label_smoothing = 0.1, .ignore = 8 })
                          : dsc_softmax_cross_entropy(y, labels);
    dsc_model *model = dsc_compile(
        root, &(dsc_compile_options){
                  .batch = LARGE_BATCH, .engine = DSC_ENGINE_NATIVE, .threads = threads, .shard = shard });
    assert_non_null(model);
    float values[LARGE_BATCH * FEATURES];
    int32_t classes[LARGE_BATCH];
    for (size_t i = 0; i < LARGE_BATCH; i++) {
        classes[i] = (int32_t)(i * 7 % LARGE_CLASSES);
        for (size_t j = 0; j < FEATURES; j++)
            values[i * FEATURES + j] = inputs[(i + j) % 8] * (float)(i % 13);
    }
    dsci_execution *plan = dsci_model_execution(model, LARGE_BATCH, DSCI_TRAINING);
    dsci_execution_bind(plan->inputs[0], values);
    dsci_execution_bind(plan->expected[0], classes);
    const unsigned mode = dsc_float_mode_enter();
    dsci_execution_run(plan);
    dsc_float_mode_leave(mode);
    *gradients = dsc_model_gradients(model, elements);
    return *plan->loss;
}

static void large_losses_do_not_depend_on_threads(void **state)
{
    (void)state;
    for (int general = 0; general < 2; general++) {
        label_loss_fn *const loss = general ? dsc_softmax_cross_entropy_with : NULL;
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
        const float *one, *two, *whole;
        size_t elements;
        const double first = large_step(scope, loss, 1, SHARD, &one, &elements);
        assert_true(large_step(scope, loss, 2, SHARD, &two, &elements) == first);
        assert_memory_equal(one, two, elements * sizeof *one);
        assert_true(fabs(large_step(scope, loss, 1, LARGE_BATCH, &whole, &elements) - first) <= 1e-6 * first);
        for (size_t i = 0; i < elements; i++)
            assert_true(fabsf(one[i] - whole[i]) <= 1e-5f);
        dsc_scope_close(&scope);
    }
}

/* A step of a regression on targets of which every so many are missing (1: all, 0: none). */
static double regression_step(dsc_scope *scope, target_loss_fn *loss, dsc_engine engine, size_t shard,
                              size_t missing, const float **gradients, size_t *elements)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
    dsc_node *y = dsc_targets(scope, &(dsc_input_spec){ .shape = { LARGE_CLASSES } });
    dsc_model *model =
        dsc_compile(loss(dsc_dense(x, LARGE_CLASSES), y, NULL),
                    &(dsc_compile_options){ .batch = LARGE_BATCH, .engine = engine, .shard = shard });
    float *values = dsc_scope_alloc(scope, (size_t)LARGE_BATCH * FEATURES, sizeof *values);
    float *targets = dsc_scope_alloc(scope, (size_t)LARGE_BATCH * LARGE_CLASSES, sizeof *targets);
    for (size_t i = 0; i < (size_t)LARGE_BATCH * FEATURES; i++)
        values[i] = inputs[i % 8] * (float)(i % 13);
    for (size_t i = 0; i < (size_t)LARGE_BATCH * LARGE_CLASSES; i++)
        targets[i] = missing && i % missing == 0 ? NAN : (float)(i % 17) - 8;
    dsci_execution *plan = dsci_model_execution(model, LARGE_BATCH, DSCI_TRAINING);
    dsci_execution_bind(plan->inputs[0], values);
    dsci_execution_bind(plan->expected[0], targets);
    const unsigned mode = dsc_float_mode_enter();
    dsci_execution_run(plan);
    dsc_float_mode_leave(mode);
    *gradients = dsc_model_gradients(model, elements);
    return *plan->loss;
}

static void the_squared_loss_is_the_general_one_to_the_bit(void **state)
{
    (void)state;
    static const size_t missing[] = { 0, 1, 3, 1000 }, shards[] = { SHARD, LARGE_BATCH };
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 2; j++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
            const float *plain, *general, *exact;
            size_t n;
            const double loss = regression_step(scope, plain_squared_loss, DSC_ENGINE_NATIVE, shards[j],
                                                missing[i], &plain, &n);
            assert_true(loss == regression_step(scope, dsc_squared_loss_with, DSC_ENGINE_NATIVE, shards[j],
                                                missing[i], &general, &n));
            assert_memory_equal(plain, general, n * sizeof *plain);
            assert_true(missing[i] == 1 ? loss == 0 : loss > 0);
            const double reference =
                regression_step(scope, plain_squared_loss, DSC_ENGINE_REF, shards[j], missing[i], &exact, &n);
            assert_true(fabs(loss - reference) <= 1e-6 * reference);
            for (size_t k = 0; k < n; k++)
                assert_true(fabsf(plain[k] - exact[k]) <= 1e-5F);
            dsc_scope_close(&scope);
        }
}

static void wrong_specifications_are_messages(void **state)
{
    (void)state;
    static const double negative[CLASSES] = { 1, -1, 1 }, zeros[CLASSES] = { 0 };
    static const struct {
        label_loss_fn *loss;
        dsc_loss_spec spec;
    } wrong[] = {
        { dsc_softmax_cross_entropy_with, { .label_smoothing = 1.5 } },
        { dsc_softmax_cross_entropy_with, { .label_smoothing = NAN } },
        { dsc_softmax_cross_entropy_with, { .class_weights = negative } },
        { dsc_nll_loss, { .class_weights = zeros } },
        { dsc_hinge_loss, { .label_smoothing = 0.1 } },
        { dsc_softmax_cross_entropy_with, { .ignore = CLASSES + 1 } },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_loss_spec spec = wrong[i].spec;
        spec.name = "the loss";
        assert_null(classifier(scope, wrong[i].loss, &spec, DSC_ENGINE_AUTO, DSC_DTYPE_F32));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        assert_non_null(strstr(dsc_scope_message(scope), "the loss"));
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ignored_labels_count_for_nothing),
        cmocka_unit_test(a_class_that_weighs_nothing_is_left_out),
        cmocka_unit_test(wholly_smoothed_labels_do_not_matter),
        cmocka_unit_test(targets_of_nan_count_for_nothing),
        cmocka_unit_test(a_value_that_is_no_number_shows_in_the_loss),
        cmocka_unit_test(large_losses_do_not_depend_on_threads),
        cmocka_unit_test(the_squared_loss_is_the_general_one_to_the_bit),
        cmocka_unit_test(wrong_specifications_are_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
