/* A network that is run step by step with its state kept computes what it computes of the whole sequence, to
   the bit; and what a model's file says beside its weights comes back. */
#include <string.h>

#include <descent/rng.h>
#include <descent/train.h>

#include "test.h"

#include "directory.h"

enum { STEPS = 23, FEATURES = 5, UNITS = 18, BATCH = 3 };

static dsc_node *network(dsc_scope *scope, size_t steps, dsc_recurrent_cell cell, size_t stateful)
{
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = steps, .vocabulary = FEATURES });
    dsc_node *h = dsc_recurrent(dsc_embedding(x, 7), UNITS, .cell = cell, .layers = 2, .dropout = 0.5,
                                .sequence = true, .stateful = stateful);
    return dsc_dense(h, FEATURES, .per_step = true, .name = "logits");
}

static void steps_are_the_sequence(void **state)
{
    (void)state;
    static const dsc_recurrent_cell cells[] = { DSC_RECURRENT_TANH, DSC_RECURRENT_LSTM, DSC_RECURRENT_GRU,
                                                DSC_RECURRENT_GRU_LBR };
    static const dsc_engine engines[] = { DSC_ENGINE_NATIVE, DSC_ENGINE_REF };
    for (size_t trial = 0; trial < 8; trial++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
        dsc_scope *stepwise = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
        const dsc_compile_options options = { .inference = true, .threads = 1, .engine = engines[trial % 2] };
        dsc_node *whole = network(scope, STEPS, cells[trial / 2], 0),
                 *step = network(stepwise, 1, cells[trial / 2], BATCH);
        dsc_model *long_model = dsc_compile(whole, &options), *short_model = dsc_compile(step, &options);
        int32_t tokens[BATCH * STEPS], now[BATCH];
        for (size_t i = 0; i < BATCH * STEPS; i++)
            tokens[i] = (int32_t)dsc_rng_below(dsc_rng_make(1, DSC_STREAM_DATA), 0, i, FEATURES);
        const dsc_examples all = { .count = BATCH, .columns = { { "tokens", STEPS, .i32 = tokens } } };
        const dsc_examples one = { .count = BATCH, .columns = { { "tokens", 1, .i32 = now } } };
        memset(now, 0, sizeof now);
        const float *expected = dsc_predict(scope, long_model, whole, &all);
        dsc_predictor *predictor = dsc_predictor_make(short_model, step, &one);
        for (size_t pass = 0; pass < 2; pass++) { /* the second with the state set back */
            size_t elements;
            void *kept = dsc_model_state(short_model, &elements);
            memset(kept, 0, elements * sizeof(float));
            for (size_t s = 0; s < STEPS; s++) {
                for (size_t e = 0; e < BATCH; e++)
                    now[e] = tokens[e * STEPS + s];
                const float *values = dsc_predictor_run(predictor);
                assert_string_equal(dsc_scope_message(stepwise), "");
                for (size_t e = 0; e < BATCH; e++)
                    assert_memory_equal(values + e * FEATURES, expected + (e * STEPS + s) * FEATURES,
                                        FEATURES * sizeof *values);
            }
        }
        now[1] = FEATURES;
        assert_null(dsc_predictor_run(predictor));
        assert_non_null(strstr(dsc_scope_message(stepwise), "tokens"));
        dsc_scope_close(&stepwise);
        dsc_scope_close(&scope);
    }
}

static void evaluation_leaves_the_state_alone(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
    static const int32_t tokens[2 * 4];
    dsc_node *logits = network(scope, 4, DSC_RECURRENT_LSTM, 2);
    dsc_model *model = dsc_compile(logits, &(dsc_compile_options){ .inference = true });
    const dsc_examples examples = { .count = 2, .columns = { { "tokens", 4, .i32 = tokens } } };
    size_t elements;
    const float *kept = dsc_model_state(model, &elements);
    assert_non_null(dsc_predict(scope, model, logits, &examples));
    for (size_t i = 0; i < elements; i++)
        assert_true(kept[i] == 0);
    assert_non_null(dsc_predictor_run(dsc_predictor_make(model, logits, &examples)));
    assert_true(kept[0] != 0);
    dsc_scope_close(&scope);
}

static void too_many_examples_are_refused(void **state)
{
    (void)state;
    static const int32_t tokens[300];
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *logits = network(scope, 1, DSC_RECURRENT_TANH, 0);
    dsc_model *model = dsc_compile(logits, &(dsc_compile_options){ .inference = true });
    const dsc_examples examples = { .count = 300, .columns = { { "tokens", 1, .i32 = tokens } } };
    assert_null(dsc_predictor_make(model, logits, &examples));
    assert_non_null(strstr(dsc_scope_message(scope), "at most 256 examples"));
    dsc_scope_close(&scope);
}

static void notes_come_back(void **state)
{
    const char *path = directory_path(*state, "model.h5");
    static const dsc_attribute notes[] = { { "characters", "1,2,3" }, { "text", "it's \xc3\xa9" } },
                               taken[] = { { "network", "none" } };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
    dsc_model *model =
        dsc_compile(network(scope, 1, DSC_RECURRENT_TANH, 1), &(dsc_compile_options){ .inference = true });
    assert_int_equal(dsc_model_save_with(model, path, notes, 2), DSC_OK);
    dsc_scope *other = dsc_scope_open(NULL);
    assert_string_equal(dsc_model_note(other, path, "characters"), notes[0].text);
    assert_string_equal(dsc_model_note(other, path, "text"), notes[1].text);
    assert_null(dsc_model_note(other, path, "tongue"));
    assert_int_equal(dsc_scope_status(other), DSC_OK);
    dsc_model *loaded = dsc_model_load(other, path, &(dsc_compile_options){ .inference = true });
    assert_true(dsc_model_hash(loaded) == dsc_model_hash(model));
    assert_null(dsc_model_note(other, "/nowhere/model.h5", "text"));
    assert_int_equal(dsc_scope_status(other), DSC_ERROR_FILE);
    assert_int_not_equal(dsc_model_save_with(model, path, taken, 1), DSC_OK);
    assert_non_null(strstr(dsc_scope_message(scope), "'network', which is taken"));
    dsc_scope_close(&other);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_the_sequence),
        cmocka_unit_test(evaluation_leaves_the_state_alone),
        cmocka_unit_test(too_many_examples_are_refused),
        cmocka_unit_test_setup_teardown(notes_come_back, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
