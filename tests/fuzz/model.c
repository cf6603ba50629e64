/* Whatever bytes a file of a model holds, in our own form or Keras's, it gives a model that computes or a
 * clear error. */
#include "fuzz/target.h"

#include <descent/file.h>

#include "directory.h"
#include "fuzz/perceptron.h"

static bool read_into(const char *path, bool keras)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = perceptron_make(scope);
    const dsc_status status =
        keras ? dsc_model_read_keras_weights(model, path, false) : dsc_model_read_weights(model, path);
    const bool good = perceptron_judge(scope, status == DSC_OK);
    dsc_scope_close(&scope);
    return good;
}

static bool load(const char *path)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = dsc_model_load(scope, path, &(dsc_compile_options){ .batch = 2, .threads = 1 });
    const bool good = perceptron_judge(scope, model != NULL);
    if (model)
        perceptron_fit(model, &(dsc_fit_options){ .epochs = 1 });
    dsc_scope_close(&scope);
    return good;
}

static bool read_model(const char *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "model.h5", data, size);
    const char *path = directory_path(directory, "model.h5");
    bool good = read_into(path, false);
    good |= read_into(path, true);
    good |= load(path);
    return good;
}

static void models(const char *directory, fuzz_seed_fn *seed, void *user)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = directory_path(directory, "seed.h5");
    assert_int_equal(dsc_model_save(perceptron_make(scope), path), DSC_OK);
    const dsc_bytes file = dsc_file_read(scope, path, 1 << 24);
    seed(user, file.data, file.size);
    dsc_scope_close(&scope);
}

const fuzz_target fuzz_subject = { .seeds = models, .read = read_model, .inputs = 4000 };
