/* A model that is saved comes back: into the same network, or with the network. What does not fit is refused
 * and changes nothing. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <descent/file.h>

#include "directory.h"
#include "graph/network.h"
#include "network.h"
#include "ops/op.h"
#include "test.h"

enum { INPUTS = 7, CLASSES = 4, COUNT = 40 };

static dsc_model *make(dsc_scope *scope, size_t units, const char *name, dsc_dtype dtype)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS }, .name = "pixels" });
    dsc_node *h = dsc_dense(dsc_dropout(x, 0.1), units, .name = name);
    h = dsc_add(dsc_relu(h), dsc_sigmoid(dsc_dense(x, units, .no_bias = true)));
    h = dsc_batch_norm(h, .no_shift = true, .momentum = 0.25);
    return dsc_compile(dsc_softmax_cross_entropy(dsc_dense(h, CLASSES), dsc_labels(scope, CLASSES)),
                       &(dsc_compile_options){ .batch = 8, .dtype = dtype });
}

static dsc_examples pixels(dsc_scope *scope)
{
    dsc_examples examples = make_examples(scope, 3, COUNT, INPUTS, CLASSES);
    examples.columns[0].name = "pixels";
    return examples;
}

static void a_saved_model_is_read_back_to_the_bit(void **state)
{
    const char *path = directory_path(*state, "model.h5");
    for (dsc_dtype dtype = DSC_DTYPE_F32; dtype <= DSC_DTYPE_F64; dtype++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
        dsc_scope *other = dsc_scope_open(&(dsc_scope_options){ .seed = 2 });
        dsc_model *saved = make(scope, 9, "a/b", dtype), *read = make(other, 9, "a/b", dtype);
        const dsc_examples all = pixels(scope);
        assert_int_equal(dsc_fit(saved, &all, &(dsc_fit_options){ .epochs = 1 }), DSC_OK);
        assert_int_not_equal(dsc_model_hash(saved), dsc_model_hash(read));
        assert_int_equal(dsc_model_save(saved, path), DSC_OK);
        assert_int_equal(dsc_model_read_weights(read, path), DSC_OK);
        assert_int_equal(dsc_model_hash(saved), dsc_model_hash(read));
        dsc_scope_close(&scope);
        dsc_scope_close(&other);
    }
}

static void the_same_model_gives_the_same_file(void **state)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    const char *paths[2] = { directory_path(*state, "one.h5"), directory_path(*state, "two.h5") };
    dsc_bytes files[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(dsc_model_save(make(scope, 9, NULL, DSC_DTYPE_F32), paths[i]), DSC_OK);
        files[i] = dsc_file_read(scope, paths[i], 1 << 24);
    }
    assert_int_equal(files[0].size, files[1].size);
    assert_memory_equal(files[0].data, files[1].data, files[0].size);
    dsc_scope_close(&scope);
}

/* The loaded network computes and trains as the saved one does, and saves to the same description. */
static void a_loaded_network_is_the_saved_one(void **state)
{
    const char *path = directory_path(*state, "model.h5"), *again = directory_path(*state, "again.h5");
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    dsc_scope *other = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    const dsc_examples all = pixels(scope);
    dsc_model *saved = make(scope, 9, NULL, DSC_DTYPE_F32);
    dsc_model_save(saved, path);
    dsc_model *loaded = dsc_model_load(other, path, &(dsc_compile_options){ .batch = 8 });
    if (!loaded)
        fail_msg("%s", dsc_scope_message(other));
    assert_int_equal(dsc_model_hash(saved), dsc_model_hash(loaded));
    assert_true(dsc_evaluate(saved, &all).loss == dsc_evaluate(loaded, &all).loss);
    const float *a = dsc_predict(scope, saved, dsc_model_node(saved, "dense3"), &all);
    const float *b = dsc_predict(other, loaded, dsc_model_node(loaded, "dense3"), &all);
    assert_memory_equal(a, b, COUNT * CLASSES * sizeof(float));
    dsc_model_save(loaded, again);
    const dsc_bytes first = dsc_file_read(scope, path, 1 << 24),
                    second = dsc_file_read(scope, again, 1 << 24);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    const dsc_fit_options options = { .epochs = 3 };
    dsc_fit(saved, &all, &options);
    dsc_fit(loaded, &all, &options);
    assert_int_equal(dsc_model_hash(saved), dsc_model_hash(loaded));
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    assert_int_equal(dsc_scope_status(other), DSC_OK);
    dsc_scope_close(&scope);
    dsc_scope_close(&other);
}

static void the_hash_is_also_of_the_state(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = make(scope, 9, NULL, DSC_DTYPE_F32);
    const uint64_t hash = dsc_model_hash(model);
    ((float *)dsc_model_state(model, NULL))[2] += 1;
    assert_int_not_equal(dsc_model_hash(model), hash);
    dsc_scope_close(&scope);
}

/* A new op that networks are built of needs a schema: else they cannot be saved. */
static void every_op_of_networks_can_be_kept(void **state)
{
    (void)state;
    for (int id = 0; id < DSCI_OP_COUNT; id++) {
        const dsci_op *op = dsci_ops[id];
        const bool made_by_passes =
            strstr(op->name, "backward") || op == &dsci_op_cast || op == &dsci_op_count_errors;
        if (!made_by_passes && !op->schema.inputs)
            fail_msg("op %s has no schema", op->name);
        if (op->schema.inputs)
            assert_ptr_equal(dsci_op_named(op->name), op);
    }
}

static void a_file_that_does_not_fit_names_the_layer_and_changes_nothing(void **state)
{
    const char *path = directory_path(*state, "model.h5");
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    assert_int_equal(dsc_model_save(make(scope, 9, NULL, DSC_DTYPE_F32), path), DSC_OK);
    const struct {
        size_t units;
        const char *name, *text;
    } cases[] = {
        { 10, NULL, "'dense1/weights' expected 7x10, found 7x9" },
        { 9, "first", "'dense1/weights', a layer that the model does not have" },
    };
    for (size_t i = 0; i < 2; i++) {
        dsc_scope *other = dsc_scope_open(NULL);
        dsc_model *model = make(other, cases[i].units, cases[i].name, DSC_DTYPE_F32);
        const uint64_t hash = dsc_model_hash(model);
        assert_int_equal(dsc_model_read_weights(model, path), DSC_ERROR_MISMATCH);
        if (!strstr(dsc_scope_message(other), cases[i].text))
            fail_msg("'%s' in: %s", cases[i].text, dsc_scope_message(other));
        assert_int_equal(dsc_model_hash(model), hash);
        dsc_scope_close(&other);
    }
    dsc_scope_close(&scope);
}

static void damaged_and_missing_files_are_refused(void **state)
{
    const char *path = directory_path(*state, "model.h5"), *cut = directory_path(*state, "cut.h5");
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model_save(make(scope, 9, NULL, DSC_DTYPE_F32), path);
    const dsc_bytes whole = dsc_file_read(scope, path, 1 << 24);
    for (size_t size = 0; size < whole.size; size += 1 + whole.size / 40) {
        directory_put_bytes(*state, "cut.h5", whole.data, size);
        dsc_scope *other = dsc_scope_open(NULL);
        dsc_model *model = make(other, 9, NULL, DSC_DTYPE_F32);
        assert_int_equal(dsc_model_read_weights(model, cut), DSC_ERROR_FORMAT);
        dsc_scope_close(&other);
        other = dsc_scope_open(NULL);
        assert_null(dsc_model_load(other, cut, NULL));
        assert_int_equal(dsc_scope_status(other), DSC_ERROR_FORMAT);
        dsc_scope_close(&other);
    }
    assert_int_equal(dsc_model_read_weights(make(scope, 9, NULL, DSC_DTYPE_F32), "/nowhere/model.h5"),
                     DSC_ERROR_FILE);
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_model_save(make(scope, 9, NULL, DSC_DTYPE_F32), "/dev/full"), DSC_ERROR_FILE);
    dsc_scope_close(&scope);
}

/* Saves and loads models of one architecture, over and over, each in a scope of its own. */
struct worker {
    const char *directory;
    uint64_t number;
    bool right;
};

static void *save_and_load(void *data)
{
    enum { ROUNDS = 30 };
    struct worker *worker = data;
    worker->right = true;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = worker->number * ROUNDS + round });
        dsc_scope *other = dsc_scope_open(NULL);
        const char *path = dsc_scope_format(scope, "%s/%d.h5", worker->directory, (int)worker->number);
        dsc_model *saved = make(scope, 9, NULL, DSC_DTYPE_F32);
        const bool written = dsc_model_save(saved, path) == DSC_OK;
        const dsc_model *loaded = dsc_model_load(other, path, NULL);
        worker->right = worker->right && written && loaded && dsc_model_hash(loaded) == dsc_model_hash(saved);
        dsc_scope_close(&other);
        dsc_scope_close(&scope);
    }
    return NULL;
}

static void threads_save_and_load_each_its_own_model(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    for (uint64_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .directory = *state, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, save_and_load, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(workers[i].right);
    }
}

/* HDF5 looks for a file of the name that a file in memory has. */
static void what_lies_in_the_current_folder_does_not_matter(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(chdir(*state), 0);
    for (int i = 0; i < 20; i++) {
        directory_put(*state, dsc_scope_format(scope, "descent-%d", i), "something");
        directory_put(*state, dsc_scope_format(scope, "dev/null/descent-%d", i), "something");
    }
    directory_put(*state, "descent", "something");
    assert_int_equal(dsc_model_save(make(scope, 9, NULL, DSC_DTYPE_F32), "model.h5"), DSC_OK);
    assert_non_null(dsc_model_load(scope, "model.h5", NULL));
    assert_int_equal(chdir("/"), 0);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_saved_model_is_read_back_to_the_bit, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(the_same_model_gives_the_same_file, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_loaded_network_is_the_saved_one, directory_make, directory_remove),
        cmocka_unit_test(the_hash_is_also_of_the_state),
        cmocka_unit_test(every_op_of_networks_can_be_kept),
        cmocka_unit_test_setup_teardown(a_file_that_does_not_fit_names_the_layer_and_changes_nothing,
                                        directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(damaged_and_missing_files_are_refused, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(threads_save_and_load_each_its_own_model, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(what_lies_in_the_current_folder_does_not_matter, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
