/* Building, compiling and training survive memory that runs out at any allocation, and a step allocates
   nothing. The linker routes the allocating calls of our objects to the functions here (see CMakeLists.txt).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "network.h"

static long calls;           /* allocations so far */
static long calls_left = -1; /* until the one that fails; negative: none does */

static bool fails(void)
{
    calls++;
    return calls_left >= 0 && calls_left-- == 0;
}

#define WRAP(result, name, parameters, arguments)                                                            \
    result __real_##name parameters;                                                                         \
    result __wrap_##name parameters;                                                                         \
    result __wrap_##name parameters                                                                          \
    {                                                                                                        \
        return fails() ? NULL : __real_##name arguments;                                                     \
    }
WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))

enum { INPUTS = 700, CLASSES = 5, BATCH = 16, COUNT = 3 * BATCH + 5 };

static dsc_model *make(dsc_scope *scope, dsc_engine engine, dsc_dtype dtype)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    x = dsc_dropout(dsc_tanh(dsc_dense(x, 300)), 0.2);
    return dsc_compile(
        dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES)),
        &(dsc_compile_options){ .batch = BATCH, .engine = engine, .dtype = dtype, .threads = 2 });
}

static const struct {
    dsc_engine engine;
    dsc_dtype dtype;
} engines[] = {
    { DSC_ENGINE_NATIVE, DSC_F32 },
    { DSC_ENGINE_ONEDNN, DSC_F32 },
    { DSC_ENGINE_REF, DSC_F64 },
};
enum { ENGINES = sizeof engines / sizeof engines[0] };

/* The whole life of a model; returns the status of its scope. */
static dsc_status live(const dsc_examples *examples, dsc_engine engine, dsc_dtype dtype)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = make(scope, engine, dtype);
    assert_true((model == NULL) == (dsc_scope_status(scope) != DSC_OK));
    dsc_fit(model, examples, &(dsc_fit_options){ .optimizer = { .kind = DSC_ADAM }, .epochs = 1 });
    dsc_evaluate(model, examples);
    dsc_trainer_step(dsc_trainer_make(model, NULL), examples->x, examples->labels);
    dsc_model_describe(scope, model);
    const dsc_status status = dsc_scope_status(scope);
    dsc_scope_close(&scope);
    return status;
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples examples = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    for (int e = 0; e < ENGINES; e++)
        for (long failing = 0;; failing++) {
            calls_left = failing;
            const dsc_status status = live(&examples, engines[e].engine, engines[e].dtype);
            const bool reached = calls_left < 0;
            calls_left = -1;
            assert_int_equal(status, reached ? DSC_ERROR_MEMORY : DSC_OK);
            if (!reached)
                break;
            assert_true(failing < 1000);
        }
    dsc_scope_close(&scope);
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    for (int e = 0; e < ENGINES; e++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_examples examples = make_examples(scope, 1, BATCH, INPUTS, CLASSES);
        dsc_model *model = make(scope, engines[e].engine, engines[e].dtype);
        dsc_trainer *trainer = dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_ADAM });
        dsc_trainer_step(trainer, examples.x, examples.labels);
        const long before = calls;
        for (int i = 0; i < 10; i++)
            dsc_trainer_step(trainer, examples.x, examples.labels);
        assert_int_equal(calls, before);
        dsc_scope_close(&scope);
    }
}

static bool note_calls(void *user, size_t epoch)
{
    ((long *)user)[epoch - 1] = calls;
    return true;
}

static void an_epoch_allocates_nothing(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples examples = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    dsc_model *model = make(scope, DSC_ENGINE_AUTO, DSC_F32);
    long after[4];
    const long before = calls;
    assert_int_equal(
        dsc_fit(model, &examples, &(dsc_fit_options){ .epochs = 4, .on_epoch = note_calls, .user = after }),
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
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(an_epoch_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
