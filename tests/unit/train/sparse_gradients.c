/* A batch of tokens touches few rows of a table: these alone are zeroed, added up and updated, to the bits of
 * updating the whole table; by lazy rules the others stay as they are. */
#include <string.h>

#include <descent/rng.h>

#include "network.h"
#include "ops/touched_rows.h"
#include "test.h"

enum { COUNT = 41, BATCH = 8, STEPS = 5, WORDS = 700, NAMED = 90, DIMENSION = 19, CLASSES = 3, PADDING = 1 };

/* Texts of words below NAMED, 0 in all of them; some are padded. */
static dsc_examples make_texts(dsc_scope *scope)
{
    int32_t *tokens = dsc_scope_alloc(scope, COUNT * STEPS, sizeof *tokens);
    int32_t *labels = dsc_scope_alloc(scope, COUNT, sizeof *labels);
    const dsc_rng rng = dsc_rng_make(3, DSC_STREAM_DATA);
    for (uint32_t i = 0; i < COUNT * STEPS; i++)
        tokens[i] = i % STEPS == 0 ? 0 : (int32_t)(dsc_rng_bits(rng, 0, i) % NAMED);
    for (int32_t i = 0; i < COUNT; i++)
        labels[i] = i % CLASSES;
    return (dsc_examples){
        .count = COUNT, .columns = { { "tokens", STEPS, .i32 = tokens }, { "labels", 1, .i32 = labels } }
    };
}

static dsc_model *compile(dsc_scope *scope, dsc_node *x, dsc_dtype dtype, int threads)
{
    dsc_node *loss = dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES));
    return dsc_compile(loss, &(dsc_compile_options){ .batch = BATCH, .dtype = dtype, .threads = threads });
}

static dsc_model *make_model(dsc_scope *scope, dsc_dtype dtype, int threads)
{
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = WORDS });
    return compile(scope, dsc_embedding(x, DIMENSION, .name = "words", .padding = 1 + PADDING), dtype,
                   threads);
}

/* The same with a table of one's own. */
static dsc_model *make_gathering(dsc_scope *scope, dsc_dtype dtype, int threads)
{
    dsc_node *tokens = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = WORDS });
    dsc_node *table = dsc_parameter(
        scope,
        &(dsc_parameter_spec){ .shape = { WORDS, DIMENSION }, .init = DSC_INIT_NORMAL, .name = "words" });
    return compile(scope, dsc_gather(table, tokens), dtype, threads);
}

/* From now on the gradient of the table is written and read whole, as that of other weights. */
static void forget_rows(dsc_model *model)
{
    for (size_t batch = 1; batch <= BATCH; batch += BATCH - 1)
        assert_non_null(dsci_model_execution(model, batch, DSCI_TRAINING));
    bool found = false;
    for (dsci_execution *plan = model->plans; plan; plan = plan->next)
        for (size_t i = 0; i < plan->graph.count; i++) {
            found = found || plan->graph.nodes[i]->touched;
            plan->graph.nodes[i]->touched = NULL;
        }
    assert_true(found);
    for (size_t i = 0; i < model->slice_count; i++)
        model->touched[i] = NULL;
}

static const float *table_of(const dsc_model *model, const float *vector)
{
    for (size_t i = 0; i < model->slice_count; i++)
        if (strcmp(model->slices[i].name, "words/weights") == 0)
            return vector + model->slices[i].offset;
    fail_msg("the model has no table");
    return NULL;
}

static void fit(dsc_model *model, const dsc_examples *texts, const dsc_optimizer *rule, size_t epochs)
{
    assert_int_equal(dsc_fit(model, texts, &(dsc_fit_options){ .optimizer = *rule, .epochs = epochs }),
                     DSC_OK);
}

static void rows_that_are_named_get_the_bits_of_the_whole_table(void **state)
{
    (void)state;
    static const dsc_optimizer rules[] = {
        { .kind = DSC_OPTIMIZER_SGD, .lr = 0.5 },
        { .kind = DSC_OPTIMIZER_SGD, .lr = 0.5, .clip_norm = 0.1 },
        { .kind = DSC_OPTIMIZER_SGD, .lr = 0.5, .max_norm = 20 },
        { .kind = DSC_OPTIMIZER_SGD, .lr = 0.5, .weight_decay = 0.01 },
        { .kind = DSC_OPTIMIZER_ADAGRAD, .clip_value = 0.01 },
        { .kind = DSC_OPTIMIZER_ADAGRAD, .clip_norm = 0.1, .l1 = 0.001 },
        { .kind = DSC_OPTIMIZER_MOMENTUM, .lr = 0.1 },
        { .kind = DSC_OPTIMIZER_ADAM },
    };
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++)
        for (int threads = 1; threads <= 3; threads += 2)
            for (int kind = 0; kind < 3; kind++) {
                dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
                const dsc_examples texts = make_texts(scope);
                dsc_model *(*make)(dsc_scope *, dsc_dtype, int) = kind == 2 ? make_gathering : make_model;
                const dsc_dtype dtype = kind == 1 ? DSC_DTYPE_BF16 : DSC_DTYPE_F32;
                dsc_model *model = make(scope, dtype, threads), *whole = make(scope, dtype, threads);
                assert_non_null(whole);
                forget_rows(whole);
                fit(model, &texts, &rules[r], 2);
                fit(whole, &texts, &rules[r], 2);
                assert_true(dsc_model_hash(model) == dsc_model_hash(whole));
                assert_memory_equal(model->gradients, whole->gradients, model->elements * sizeof(float));
                dsc_scope_close(&scope);
            }
}

/* The last step of an epoch has a batch of its own size, and so a plan of its own. */
static void the_list_has_the_rows_of_the_last_step(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples texts = make_texts(scope);
    dsc_model *model = make_model(scope, DSC_DTYPE_F32, 1);
    assert_int_equal(
        dsc_fit(model, &texts,
                &(dsc_fit_options){ .optimizer = { .lr = 0.1 }, .epochs = 1, .fixed_order = true }),
        DSC_OK);
    const int32_t *last = texts.columns[0].i32 + (COUNT - COUNT % BATCH) * STEPS;
    bool named[WORDS] = { false };
    for (size_t i = 0; i < COUNT % BATCH * STEPS; i++)
        named[last[i]] = last[i] != PADDING;
    const float *diff = table_of(model, model->gradients);
    const dsci_touched_rows *touched = NULL;
    for (size_t i = 0; i < model->slice_count; i++)
        touched = model->touched[i] ? model->touched[i] : touched;
    assert_non_null(touched);
    for (size_t row = 0; row < WORDS; row++) {
        assert_int_equal(touched->touched[row], named[row]);
        bool zero = true;
        for (size_t j = 0; j < DIMENSION; j++)
            zero = zero && diff[row * DIMENSION + j] == 0;
        assert_int_equal(zero, !named[row]);
    }
    dsc_scope_close(&scope);
}

/* Who asks for the gradients may write into them; the next step does not add to that. */
static void what_a_caller_writes_into_gradients_is_gone_with_the_next_step(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples texts = make_texts(scope);
    dsc_model *model = make_model(scope, DSC_DTYPE_F32, 1);
    dsc_trainer *trainer = dsc_trainer_make(model, &(dsc_optimizer){ .lr = 0 }, &texts);
    assert_non_null(trainer);
    dsc_trainer_step(trainer, 0);
    size_t elements;
    float *gradients = dsc_model_gradients(model, &elements);
    for (size_t i = 0; i < WORDS * DIMENSION; i++)
        ((float *)(uintptr_t)table_of(model, gradients))[i] = 7;
    dsc_trainer_step(trainer, 0);
    for (size_t i = NAMED * DIMENSION; i < WORDS * DIMENSION; i++)
        assert_true(table_of(model, gradients)[i] == 0);
    dsc_scope_close(&scope);
}

/* Of words that no text has the rows stay; a row that all steps name takes the same way as without lazy_rows.
 */
static void lazy_rules_leave_rows_without_gradient_alone(void **state)
{
    (void)state;
    static const dsc_optimizer_kind kinds[] = { DSC_OPTIMIZER_MOMENTUM, DSC_OPTIMIZER_NESTEROV,
                                                DSC_OPTIMIZER_ADAM, DSC_OPTIMIZER_ADAMW,
                                                DSC_OPTIMIZER_RMSPROP };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_examples texts = make_texts(scope);
        dsc_optimizer rule = { .kind = kinds[k], .lr = 0.01, .weight_decay = 0.1, .lazy_rows = true };
        dsc_model *untrained = make_model(scope, DSC_DTYPE_F32, 1);
        dsc_model *lazy = make_model(scope, DSC_DTYPE_F32, 2), *eager = make_model(scope, DSC_DTYPE_F32, 2);
        assert_non_null(eager);
        /* one step: later ones see logits that other rows have changed */
        const dsc_fit_options options = { .optimizer = rule, .steps = 1 };
        assert_int_equal(dsc_fit(lazy, &texts, &options), DSC_OK);
        dsc_fit_options other = options;
        other.optimizer.lazy_rows = false;
        assert_int_equal(dsc_fit(eager, &texts, &other), DSC_OK);
        const float *before = table_of(untrained, untrained->parameters),
                    *w = table_of(lazy, lazy->parameters), *all = table_of(eager, eager->parameters);
        assert_memory_equal(w, all, DIMENSION * sizeof *w);
        assert_memory_not_equal(w, before, DIMENSION * sizeof *w);
        assert_memory_equal(w + NAMED * DIMENSION, before + NAMED * DIMENSION,
                            (WORDS - NAMED) * DIMENSION * sizeof *w);
        assert_memory_not_equal(all + NAMED * DIMENSION, before + NAMED * DIMENSION,
                                (WORDS - NAMED) * DIMENSION * sizeof *w);
        fit(lazy, &texts, &rule, 3);
        assert_memory_equal(w + NAMED * DIMENSION, before + NAMED * DIMENSION,
                            (WORDS - NAMED) * DIMENSION * sizeof *w);
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_named_get_the_bits_of_the_whole_table),
        cmocka_unit_test(the_list_has_the_rows_of_the_last_step),
        cmocka_unit_test(what_a_caller_writes_into_gradients_is_gone_with_the_next_step),
        cmocka_unit_test(lazy_rules_leave_rows_without_gradient_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
