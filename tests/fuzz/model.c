/* Whatever bytes a file of a model holds, it gives a model that computes or a clear error; and so does
 * whatever text describes a network. FUZZ_INPUTS=N tries N inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <descent/file.h>

#include "directory.h"
#include "mutate.h"
#include "network.h"
#include "train/structure.h"

/* What HDF5 loses when it gives up on a damaged file is not ours to free. */
DSC_API const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\n";
}

enum { INPUTS = 5, CLASSES = 3, SMALL = 1 << 16 };

static size_t good, refused;

static dsc_model *make(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    x = dsc_dropout(dsc_tanh(dsc_dense(x, 4)), 0.25);
    return dsc_compile(dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES)),
                       &(dsc_compile_options){ .batch = 2, .threads = 1 });
}

/* Forward and backward, if the examples fit. */
static void use(dsc_model *model)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = make_examples(scope, 1, 4, INPUTS, CLASSES);
    dsc_evaluate(model, &all);
    dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 1 });
    dsc_scope_close(&scope);
}

static void judge(dsc_scope *scope, bool done)
{
    if (done) {
        good++;
    } else {
        refused++;
        assert_int_not_equal(dsc_scope_status(scope), DSC_OK);
        assert_true(strlen(dsc_scope_message(scope)) > 10);
    }
}

static void read_file_of(void *user, const unsigned char *data, size_t size)
{
    directory_put_bytes(user, "x.h5", data, size);
    const char *path = directory_path(user, "x.h5");
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = make(scope);
    judge(scope, dsc_model_read(model, path) == DSC_OK);
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    judge(scope, dsc_model_read_keras(make(scope), path, false) == DSC_OK);
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    model = dsc_model_load(scope, path, &(dsc_compile_options){ .batch = 2, .threads = 1 });
    judge(scope, model != NULL);
    if (model)
        use(model);
    dsc_scope_close(&scope);
}

static void read_text_of(void *user, const unsigned char *data, size_t size)
{
    (void)user;
    dsc_scope *scope = dsc_scope_open(NULL);
    char *text = dsc_scope_alloc(scope, size + 1, 1);
    memcpy(text, data, size);
    const dsci_structure structure = dsci_structure_read(scope, "x", text);
    judge(scope, structure.loss != NULL);
    if (structure.loss && structure.parameters < SMALL && structure.activations < SMALL) {
        dsc_model *model = dsc_compile(structure.loss, &(dsc_compile_options){ .batch = 2, .threads = 1 });
        assert_true((model != NULL) == (dsc_scope_status(scope) == DSC_OK));
        if (model)
            use(model);
    }
    dsc_scope_close(&scope);
}

static void run(mutate_reader *reader, void *user, const void *data, size_t size)
{
    const char *inputs = getenv("FUZZ_INPUTS");
    good = refused = 0;
    mutate_run(&(mutate_options){ .seed = 1,
                                  .inputs = inputs ? (size_t)atol(inputs) : 4000,
                                  .seconds = inputs ? 1e9 : 15 },
               &(mutate_seed){ data, size }, 1, reader, user);
    print_message("%zu inputs were read, %zu refused\n", good, refused);
    assert_true(good > 0 && refused > 0);
}

static void damaged_files_never_crash(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = directory_path(*state, "model.h5");
    assert_int_equal(dsc_model_save(make(scope), path), DSC_OK);
    const dsc_bytes file = dsc_file_read(scope, path, 1 << 24);
    run(read_file_of, *state, file.data, file.size);
    dsc_scope_close(&scope);
}

static void hostile_descriptions_never_crash(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *text = dsci_structure_write(scope, make(scope));
    assert_non_null(text);
    run(read_text_of, *state, text, strlen(text));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(damaged_files_never_crash, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(hostile_descriptions_never_crash, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
