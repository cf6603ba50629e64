/* Whatever bytes a checkpoint holds, training goes on from it or says what is wrong with it. */
#include "fuzz/target.h"

#include <descent/file.h>

#include "directory.h"
#include "fuzz/perceptron.h"

/* Trains to the given epoch, from the checkpoint if there is one; writes none before the end. */
static dsc_status train(dsc_scope *scope, const char *path, size_t epochs)
{
    return perceptron_fit(perceptron_make(scope),
                          &(dsc_fit_options){ .optimizer = { .kind = DSC_OPTIMIZER_ADAM },
                                              .epochs = epochs,
                                              .checkpoint = path,
                                              .checkpoint_every = 100 });
}

static bool resume(const char *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "checkpoint.h5", data, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_status status = train(scope, directory_path(directory, "checkpoint.h5"), 4);
    const bool good = perceptron_judge(scope, status == DSC_OK);
    dsc_scope_close(&scope);
    return good;
}

static void checkpoints(const char *directory, fuzz_seed_fn *seed, void *user)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = directory_path(directory, "seed.h5");
    assert_int_equal(train(scope, path, 2), DSC_OK);
    const dsc_bytes file = dsc_file_read(scope, path, 1 << 24);
    seed(user, file.data, file.size);
    dsc_scope_close(&scope);
}

const fuzz_target fuzz_subject = { .seeds = checkpoints, .read = resume, .inputs = 2000 };
