/* Whatever text describes a network, it gives a model that computes or a clear error. */
#include "fuzz/target.h"

#include "fuzz/perceptron.h"
#include "graph/structure.h"

enum { SMALL = 1 << 16 }; /* larger networks are read, but not trained */

static bool read_structure(const char *directory, const unsigned char *data, size_t size)
{
    (void)directory;
    dsc_scope *scope = dsc_scope_open(NULL);
    char *text = fuzz_text(data, size);
    const dsci_structure structure = dsci_structure_read(scope, "x", text);
    free(text);
    const bool good = perceptron_judge(scope, structure.root != NULL);
    if (good && structure.parameters < SMALL && structure.activations < SMALL) {
        dsc_model *model = dsc_compile(structure.root, &(dsc_compile_options){ .batch = 2, .threads = 1 });
        if (perceptron_judge(scope, model != NULL))
            perceptron_fit(model, &(dsc_fit_options){ .epochs = 1 });
    }
    dsc_scope_close(&scope);
    return good;
}

static void structures(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *text = dsci_structure_write(scope, perceptron_make(scope));
    assert_non_null(text);
    seed(user, text, strlen(text));
    dsc_scope_close(&scope);
}

const fuzz_target fuzz_subject = { .seeds = structures, .read = read_structure, .inputs = 4000 };
