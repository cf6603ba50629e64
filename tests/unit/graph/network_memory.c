/* Building, compiling and training survive memory that runs out at any allocation, and a step allocates
   nothing. */
#include <stdlib.h>

#include "allocation.h"
#include "directory.h"
#include "network.h"
#include "test.h"

enum { INPUTS = 700, CLASSES = 5, BATCH = 16, COUNT = 3 * BATCH + 5 };

static dsc_node *dense(dsc_node *x)
{
    return dsc_dropout(dsc_tanh(dsc_dense(x, 300)), 0.2);
}

static dsc_node *convolutional(dsc_node *x)
{
    x = dsc_relu(dsc_batch_norm(dsc_conv2d(dsc_reshape(x, 14, 10, 5), 8, .padding = DSC_PADDING_SAME)));
    x = dsc_max_pool(x, .window = { 2 });
    x = dsc_concat(-1, x, dsc_relu(dsc_conv2d(x, 8, .kernel = { 5 }, .pad = { 2, 2 }, .no_bias = true)));
    return dsc_global_average_pool(x);
}

static dsc_node *recurrent(dsc_node *x)
{
    x = dsc_layer_norm(
        dsc_recurrent(dsc_reshape(x, 20, 35), 9, .cell = DSC_RECURRENT_LSTM, .sequence = true));
    return dsc_recurrent(x, 6, .cell = DSC_RECURRENT_GRU, .bidirectional = true);
}

static dsc_node *(*const networks[])(dsc_node *) = { dense, convolutional, recurrent };
enum { NETWORKS = sizeof networks / sizeof networks[0] };

static dsc_model *make(dsc_scope *scope, int network, dsc_engine engine, dsc_dtype dtype)
{
    dsc_node *x = networks[network](dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } }));
    return dsc_compile(
        dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES)),
        &(dsc_compile_options){ .batch = BATCH, .engine = engine, .dtype = dtype, .threads = 2 });
}

static const struct {
    dsc_engine engine;
    dsc_dtype dtype;
} engines[] = {
    { DSC_ENGINE_NATIVE, DSC_DTYPE_F32 },
    { DSC_ENGINE_ONEDNN, DSC_DTYPE_F32 },
    { DSC_ENGINE_AUTO, DSC_DTYPE_BF16 },
    { DSC_ENGINE_REF, DSC_DTYPE_F64 },
};
enum { ENGINES = sizeof engines / sizeof engines[0] };

/* The whole life of a model; returns the status of its scope. */
static dsc_status live(const dsc_examples *examples, int network, int e)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = make(scope, network, engines[e].engine, engines[e].dtype);
    assert_true((model == NULL) == (dsc_scope_status(scope) != DSC_OK));
    dsc_fit(model, examples, &(dsc_fit_options){ .optimizer = { .kind = DSC_OPTIMIZER_ADAM }, .epochs = 1 });
    dsc_evaluate(model, examples);
    dsc_trainer_step(dsc_trainer_make(model, NULL, examples), 0);
    dsc_model_describe(scope, model);
    const dsc_status status = dsc_scope_status(scope);
    dsc_scope_close(&scope);
    return status;
}

static void fail_each_allocation(const dsc_examples *examples, int network, int e)
{
    for (long failing = 0;; failing++) {
        calls_left = failing;
        const dsc_status status = live(examples, network, e);
        const bool reached = calls_left < 0;
        calls_left = -1;
        assert_int_equal(status, reached ? DSC_ERROR_MEMORY : DSC_OK);
        if (!reached)
            return;
        assert_true(failing < 1000);
    }
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples examples = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    for (int network = 0; network < NETWORKS; network++)
        for (int e = 0; e < ENGINES; e++)
            fail_each_allocation(&examples, network, e);
    dsc_scope_close(&scope);
}

/* Trains with a checkpoint, saves, reads and loads; the status of the scope. */
static dsc_status live_in_files(const dsc_examples *examples, const char *checkpoint, const char *path)
{
    dsc_scope *scope = dsc_scope_open(NULL), *other = dsc_scope_open(NULL);
    dsc_model *model = make(scope, 0, DSC_ENGINE_REF, DSC_DTYPE_F32);
    const dsc_fit_options options = {
        .epochs = 1, .checkpoint = checkpoint, .validation = examples, .keep_best = true
    };
    dsc_fit(model, examples, &options);
    dsc_model_save(model, path);
    dsc_model_read_weights(model, path);
    const dsc_model *loaded =
        dsc_model_load(other, path, &(dsc_compile_options){ .inference = true, .threads = 1 });
    const dsc_examples_split split = dsc_hold_out(scope, examples, 0.5, 1);
    dsc_predict(scope, model, dsc_model_node(model, "dense2"), &split.test);
    assert_true((loaded == NULL) == (dsc_scope_status(other) != DSC_OK));
    dsc_status status = dsc_scope_status(scope);
    status = status == DSC_OK ? dsc_scope_status(other) : status;
    dsc_scope_close(&scope);
    dsc_scope_close(&other);
    return status;
}

/* Every other file of a training is whole or not there. */
static void files_survive_any_allocation_that_fails(void **state)
{
    char paths[2][256];
    snprintf(paths[0], sizeof paths[0], "%s", directory_path(*state, "checkpoint.h5"));
    snprintf(paths[1], sizeof paths[1], "%s", directory_path(*state, "model.h5"));
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples examples = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    for (long failing = 0;; failing++) {
        remove(paths[0]);
        remove(paths[1]);
        calls_left = failing;
        const dsc_status status = live_in_files(&examples, paths[0], paths[1]);
        const bool reached = calls_left < 0;
        calls_left = -1;
        assert_int_equal(status, reached ? DSC_ERROR_MEMORY : DSC_OK);
        if (!reached)
            break;
        assert_int_equal(live_in_files(&examples, paths[0], paths[1]), DSC_OK);
        assert_true(failing < 1000);
    }
    dsc_scope_close(&scope);
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORKS * ENGINES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_examples examples = make_examples(scope, 1, BATCH, INPUTS, CLASSES);
        const int e = i % ENGINES;
        dsc_model *model = make(scope, i / ENGINES, engines[e].engine, engines[e].dtype);
        dsc_trainer *trainer =
            dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_OPTIMIZER_ADAM }, &examples);
        dsc_trainer_step(trainer, 0);
        const long before = calls;
        for (int step = 0; step < 10; step++)
            dsc_trainer_step(trainer, 0);
        assert_int_equal(calls, before);
        dsc_scope_close(&scope);
    }
}

static bool note_calls(void *user, const dsc_epoch *epoch)
{
    ((long *)user)[epoch->epoch - 1] = calls;
    return true;
}

static void an_epoch_allocates_nothing(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples examples = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    dsc_model *model = make(scope, 1, DSC_ENGINE_AUTO, DSC_DTYPE_F32);
    long after[4];
    const long before = calls;
    assert_int_equal(dsc_fit(model, &examples,
                             &(dsc_fit_options){ .epochs = 4,
                                                 .validation = &examples,
                                                 .keep_best = true,
                                                 .gradient_norms = true,
                                                 .on_epoch = note_calls,
                                                 .user = after }),
                     DSC_OK);
    assert_true(after[0] > before);
    for (int i = 1; i < 4; i++)
        assert_int_equal(after[i], after[0]);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test_setup_teardown(files_survive_any_allocation_that_fails, directory_make,
                                        directory_remove),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(an_epoch_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
