/* The training loop keeps its promises: limits, early stopping, checkpoints that go on to the same bits, and
 * errors that say where. */
#include <math.h>
#include <string.h>

#include <sys/wait.h>

#include <descent/file.h>

#include "directory.h"
#include "network.h"
#include "test.h"

enum { INPUTS = 7, CLASSES = 4, BATCH = 5, COUNT = 23, EPOCHS = 6 };

static dsc_model *make(dsc_scope *scope, dsc_dtype dtype)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    x = dsc_dropout(dsc_tanh(dsc_batch_norm(dsc_dense(x, 9), .momentum = 0.3)), 0.2);
    return dsc_compile(dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES)),
                       &(dsc_compile_options){ .batch = BATCH, .dtype = dtype, .threads = 1 });
}

/* --- Steps and order --- */

static size_t count_epochs;

static bool count_epoch(void *user, const dsc_epoch *epoch)
{
    (void)user;
    count_epochs = epoch->epoch;
    return true;
}

static void steps_end_the_training(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    dsc_model *model = make(scope, DSC_DTYPE_F32);
    assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .steps = 12, .on_epoch = count_epoch }),
                     DSC_OK);
    assert_int_equal(model->step, 12);
    assert_int_equal(count_epochs, 3); /* two of five steps, and two of the third */
    assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 1, .steps = 12 }), DSC_OK);
    assert_int_equal(model->step, 12 + 5);
    dsc_scope_close(&scope);
}

/* In a fixed order the steps are those of the batches where they lie. */
/* True from the n-th time on that it is asked. */
static bool stops_after(void *asks_left)
{
    int *left = asks_left;
    return (*left)-- <= 0;
}

static void a_scope_that_is_to_stop_ends_the_training_within_an_epoch(void **state)
{
    (void)state;
    int asks_left = 3;
    dsc_scope *scope =
        dsc_scope_open(&(dsc_scope_options){ .seed = 1, .stop = stops_after, .stop_user = &asks_left });
    const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    dsc_model *model = make(scope, DSC_DTYPE_F32);
    assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 1000000 }), DSC_STOPPED);
    assert_int_equal(dsc_scope_status(scope), DSC_STOPPED);
    assert_int_equal(asks_left, -1); /* three steps were done */
    assert_true(isnan(dsc_evaluate(model, &all).loss));
    dsc_scope_close(&scope);
}

static void a_fixed_order_is_that_of_the_examples(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 2 });
    const dsc_examples all = make_examples(scope, 1, 4 * BATCH, INPUTS, CLASSES);
    dsc_model *fitted = make(scope, DSC_DTYPE_F32), *stepped = make(scope, DSC_DTYPE_F32);
    dsc_trainer *trainer = dsc_trainer_make(stepped, NULL, &all);
    dsc_fit(fitted, &all, &(dsc_fit_options){ .epochs = 1, .fixed_order = true });
    for (size_t i = 0; i < 4; i++)
        dsc_trainer_step(trainer, i * BATCH);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    assert_int_equal(dsc_model_hash(fitted), dsc_model_hash(stepped));
    dsc_scope_close(&scope);
}

/* --- History and early stopping --- */

struct history {
    dsc_epoch epochs[64];
    uint64_t hashes[64];
    size_t count;
    dsc_model *model;
};

static bool note(void *user, const dsc_epoch *epoch)
{
    struct history *history = user;
    history->hashes[history->count] = dsc_model_hash(history->model);
    history->epochs[history->count++] = *epoch;
    return true;
}

static void history_has_what_was_measured(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    struct history history = { .model = make(scope, DSC_DTYPE_F32) };
    const dsc_fit_options options = { .optimizer = { .lr = 0.25 },
                                      .epochs = 3,
                                      .validation = &all,
                                      .gradient_norms = true,
                                      .on_epoch = note,
                                      .user = &history };
    assert_int_equal(dsc_fit(history.model, &all, &options), DSC_OK);
    assert_int_equal(history.count, 3);
    const dsc_metrics metrics = dsc_evaluate(history.model, &all);
    for (size_t i = 0; i < 3; i++) {
        const dsc_epoch *e = &history.epochs[i];
        assert_int_equal(e->epoch, i + 1);
        assert_true(e->train_loss > 0 && e->train_loss < 5 && e->gradient_norm > 0 && e->seconds >= 0);
        assert_true(e->lr == 0.25);
    }
    assert_true(history.epochs[2].validation.loss == metrics.loss);
    assert_true(history.epochs[2].validation.error_rate == metrics.error_rate);
    dsc_scope_close(&scope);
}

/* A rate that is too high makes the loss rise again: the parameters of the best epoch come back. */
static void early_stopping_restores_the_best_parameters(void **state)
{
    (void)state;
    for (int by_error = 0; by_error < 2; by_error++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 4 });
        const dsc_examples train = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
        const dsc_examples test = make_examples(scope, 2, 50, INPUTS, CLASSES);
        struct history history = { .model = make(scope, DSC_DTYPE_F32) };
        const dsc_fit_options options = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.05 },
                                          .epochs = 60,
                                          .validation = &test,
                                          .patience = 4,
                                          .by_error = by_error != 0,
                                          .on_epoch = note,
                                          .user = &history };
        assert_int_equal(dsc_fit(history.model, &train, &options), DSC_OK);
        assert_true(history.count < 60 && history.count > 4);
        size_t best = 0;
        for (size_t i = 1; i < history.count; i++) {
            const dsc_metrics *m = &history.epochs[i].validation, *b = &history.epochs[best].validation;
            if (by_error ? m->error_rate < b->error_rate : m->loss < b->loss)
                best = i;
        }
        assert_int_equal(best + 1 + 4, history.count);
        assert_int_equal(dsc_model_hash(history.model), history.hashes[best]);
        dsc_scope_close(&scope);
    }
}

static void keep_best_trains_to_the_end(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 4 });
    const dsc_examples train = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    const dsc_examples test = make_examples(scope, 2, 50, INPUTS, CLASSES);
    struct history history = { .model = make(scope, DSC_DTYPE_F32) };
    const dsc_fit_options options = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.05 },
                                      .epochs = 40,
                                      .validation = &test,
                                      .keep_best = true,
                                      .on_epoch = note,
                                      .user = &history };
    assert_int_equal(dsc_fit(history.model, &train, &options), DSC_OK);
    assert_int_equal(history.count, 40);
    double least = INFINITY;
    for (size_t i = 0; i < 40; i++)
        least = fmin(least, history.epochs[i].validation.loss);
    assert_true(least < history.epochs[39].validation.loss);
    assert_true(dsc_evaluate(history.model, &test).loss == least);
    dsc_scope_close(&scope);
}

static void options_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    dsc_scope *examples_scope = dsc_scope_open(NULL);
    const dsc_examples all = make_examples(examples_scope, 1, COUNT, INPUTS, CLASSES);
    const dsc_examples none = { .count = 0 };
    dsc_examples unlabelled = all, narrow = all, bad = all;
    unlabelled.columns[1].i32 = NULL;
    narrow.columns[0].width = INPUTS - 1;
    int32_t labels[COUNT] = { 0 };
    labels[17] = CLASSES;
    bad.columns[1].i32 = labels;
    const dsc_augmentation wrong = { .height = 1, .width = INPUTS, .channels = 2 };
    /* their product is 2^64 times something, and 7 */
    const dsc_augmentation huge = { .height = 209088770655, .width = 955585, .channels = 1047705 };
    const struct {
        const dsc_examples *train;
        dsc_fit_options options;
        dsc_status status;
        const char *text;
    } cases[] = {
        { &all, { .epochs = 1, .patience = 3 }, DSC_ERROR_ARGUMENT, "validation examples" },
        { &all, { .epochs = 1, .keep_best = true }, DSC_ERROR_ARGUMENT, "validation examples" },
        { &all, { .epochs = 1, .min_delta = -1 }, DSC_ERROR_ARGUMENT, "min_delta" },
        { &all, { .epochs = 1, .divergence = NAN }, DSC_ERROR_ARGUMENT, "divergence" },
        { &all, { .epochs = 1, .augmentation = &wrong }, DSC_ERROR_SHAPE, "1 x 7 x 2" },
        { &all, { .epochs = 1, .augmentation = &huge }, DSC_ERROR_SHAPE, "209088770655 x 955585 x 1047705" },
        { &all, { .epochs = 1, .validation = &none }, DSC_ERROR_ARGUMENT, "validation" },
        { &none, { .epochs = 1 }, DSC_ERROR_ARGUMENT, "found 0" },
        { &unlabelled, { .epochs = 1 }, DSC_ERROR_ARGUMENT, "'labels' without values" },
        { &narrow, { .epochs = 1 }, DSC_ERROR_SHAPE, "'input' of 6 float32" },
        { &bad, { .epochs = 1 }, DSC_ERROR_ARGUMENT, "found 4 at example 17" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_int_equal(dsc_fit(make(scope, DSC_DTYPE_F32), cases[i].train, &cases[i].options),
                         cases[i].status);
        if (!strstr(dsc_scope_message(scope), cases[i].text))
            fail_msg("'%s' in: %s", cases[i].text, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
    dsc_scope_close(&examples_scope);
}

/* --- What went wrong where --- */

static dsc_status fit_with(dsc_scope *scope, const char *slice, float value, const dsc_fit_options *options)
{
    const dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    dsc_model *model = make(scope, DSC_DTYPE_F32);
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    for (size_t i = 0; i < count; i++)
        if (slice && strcmp(slices[i].name, slice) == 0)
            ((float *)dsc_model_parameters(model, NULL))[slices[i].offset] = value;
    return dsc_fit(model, &all, options);
}

static void a_value_that_is_not_finite_is_traced_to_its_layer(void **state)
{
    (void)state;
    const dsc_fit_options options = { .epochs = 1 };
    const struct {
        const char *slice;
        float value;
        const char *text;
    } cases[] = {
        { "dense2/weights", NAN, "parameter 'dense2/weights'" },
        { "dense1/bias", INFINITY, "parameter 'dense1/bias'" },
        { "dense2/bias", 3.4e38f, "output of layer 'dense2'" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
        dsc_fit_options with = options;
        if (cases[i].value == 3.4e38f) { /* the next product overflows */
            with.optimizer.lr = 1e38;
            with.epochs = 3;
        }
        assert_int_equal(fit_with(scope, cases[i].slice, cases[i].value, &with), DSC_ERROR_NUMERIC);
        if (!strstr(dsc_scope_message(scope), cases[i].value == 3.4e38f ? "layer '" : cases[i].text))
            fail_msg("'%s' in: %s", cases[i].text, dsc_scope_message(scope));
        assert_non_null(strstr(dsc_scope_message(scope), "epoch 1, step "));
        dsc_scope_close(&scope);
    }
}

static void an_input_that_is_not_finite_is_named(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_examples all = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    float *x = dsc_scope_alloc(scope, COUNT * INPUTS, sizeof *x);
    memcpy(x, inputs_of(&all), COUNT * INPUTS * sizeof *x);
    x[11] = NAN;
    all.columns[0].f32 = x;
    assert_int_equal(dsc_fit(make(scope, DSC_DTYPE_F32), &all, &(dsc_fit_options){ .epochs = 1 }),
                     DSC_ERROR_NUMERIC);
    assert_non_null(strstr(dsc_scope_message(scope), "input 'input'"));
    dsc_scope_close(&scope);
}

static void a_loss_beyond_the_limit_is_an_error(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
    const dsc_fit_options options = { .optimizer = { .lr = 300 }, .epochs = 20, .divergence = 4 };
    assert_int_equal(fit_with(scope, NULL, 0, &options), DSC_ERROR_NUMERIC);
    assert_non_null(strstr(dsc_scope_message(scope), "4 times the first"));
    dsc_scope_close(&scope);
}

/* --- Augmentation --- */

/* The batches of an augmented training are those augmented by hand, in every epoch anew. */
static void examples_are_augmented_by_epoch_and_number(void **state)
{
    (void)state;
    const dsc_augmentation augmentation = {
        .height = 1, .width = INPUTS, .channels = 1, .shift = 2, .noise = 0.1, .seed = 3
    };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 2 });
    const dsc_examples all = make_examples(scope, 1, 4 * BATCH, INPUTS, CLASSES);
    dsc_model *fitted = make(scope, DSC_DTYPE_F32), *stepped = make(scope, DSC_DTYPE_F32);
    float *x = dsc_scope_alloc(scope, 4 * BATCH * INPUTS, sizeof *x);
    dsc_examples augmented = all;
    augmented.columns[0].f32 = x;
    dsc_trainer *trainer = dsc_trainer_make(stepped, NULL, &augmented);
    dsc_fit(fitted, &all,
            &(dsc_fit_options){ .epochs = 2, .fixed_order = true, .augmentation = &augmentation });
    for (uint32_t epoch = 1; epoch <= 2; epoch++)
        for (size_t i = 0; i < 4; i++) {
            for (size_t j = i * BATCH; j < (i + 1) * BATCH; j++)
                dsc_augment(&augmentation, x + j * INPUTS, inputs_of(&all) + j * INPUTS, epoch, j);
            dsc_trainer_step(trainer, i * BATCH);
        }
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    assert_int_equal(dsc_model_hash(fitted), dsc_model_hash(stepped));
    dsc_scope_close(&scope);
}

/* --- Checkpoints --- */

struct life {
    const char *checkpoint;
    size_t dies_after; /* epoch; 0: none */
    size_t every;
    dsc_optimizer rule;
    dsc_dtype dtype;
    struct history history;
};

/* Dies after an epoch, whatever the checkpoint had of it already. */
static bool live_on(void *user, const dsc_epoch *epoch)
{
    struct life *life = user;
    if (epoch->epoch == life->dies_after && !epoch->restored)
        _exit(7);
    return note(&life->history, epoch);
}

/* Trains, from the checkpoint if there is one; the hash of the end. */
static uint64_t live(struct life *life)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 6 });
    const dsc_examples train = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    const dsc_examples test = make_examples(scope, 2, 50, INPUTS, CLASSES);
    dsc_model *model = make(scope, life->dtype);
    life->history.model = model;
    const dsc_fit_options options = { .optimizer = life->rule,
                                      .epochs = EPOCHS,
                                      .validation = &test,
                                      .keep_best = true,
                                      .checkpoint = life->checkpoint,
                                      .checkpoint_every = life->every,
                                      .on_epoch = live_on,
                                      .user = life };
    if (dsc_fit(model, &train, &options) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    const uint64_t hash = dsc_model_hash(model);
    dsc_scope_close(&scope);
    return hash;
}

/* A life that ends after an epoch, and another from its checkpoint, end like a calm one. */
static void die_and_go_on(const struct life *calm, uint64_t hash, const char *path, size_t every,
                          size_t epoch)
{
    struct life again = { path, 0, every, calm->rule, calm->dtype, { .count = 0 } };
    remove(path);
    const pid_t child = fork();
    if (child == 0) {
        again.dies_after = epoch;
        live(&again);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(dsc_file_exists(path), epoch >= every);
    assert_int_equal(live(&again), hash);
    assert_int_equal(again.history.count, EPOCHS);
    for (size_t i = 0; i < EPOCHS; i++) {
        const dsc_epoch *one = &again.history.epochs[i], *other = &calm->history.epochs[i];
        assert_int_equal(one->epoch, i + 1);
        assert_int_equal(one->restored, i < epoch / every * every);
        assert_true(one->train_loss == other->train_loss);
        assert_true(one->validation.loss == other->validation.loss);
    }
}

static void a_training_killed_after_any_epoch_ends_in_the_same_bits(void **state)
{
    for (int k = 0; k < 2 * DSC_OPTIMIZER_COUNT; k++) {
        const int variant = k % 2; /* all the memory a rule may have, and a schedule of steps */
        struct life calm = { .rule = { .kind = (dsc_optimizer_kind)(k / 2),
                                       .momentum = variant ? 0.5 : 0,
                                       .centered = variant,
                                       .sutskever = variant,
                                       .schedule = { .kind = variant ? DSC_SCHEDULE_ONE_CYCLE
                                                                     : DSC_SCHEDULE_PLATEAU,
                                                     .patience = 1,
                                                     .period = 50 } },
                             .dtype = k % 3 == 1 ? DSC_DTYPE_F64 : DSC_DTYPE_F32 };
        const uint64_t hash = live(&calm);
        for (size_t epoch = 1; epoch <= EPOCHS; epoch++)
            die_and_go_on(&calm, hash, directory_path(*state, "life.h5"), 1 + (size_t)variant, epoch);
    }
}

static bool stop(void *user, const dsc_epoch *epoch)
{
    (void)user;
    return epoch->epoch < 2;
}

/* Trains with a checkpoint under other settings; the status, and part of the message. */
static dsc_status go_on(const char *path, size_t seed, const dsc_fit_options *options, const char *text)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = seed });
    const dsc_examples train = make_examples(scope, 1, COUNT, INPUTS, CLASSES);
    dsc_fit_options with = *options;
    with.checkpoint = path;
    const dsc_status status = dsc_fit(make(scope, DSC_DTYPE_F32), &train, &with);
    if (text && !strstr(dsc_scope_message(scope), text))
        fail_msg("'%s' in: %s", text, dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return status;
}

static void a_checkpoint_of_another_training_is_refused(void **state)
{
    const char *path = directory_path(*state, "other.h5");
    assert_int_equal(go_on(path, 1, &(dsc_fit_options){ .epochs = 5, .on_epoch = stop }, NULL), DSC_STOPPED);
    const struct {
        size_t seed;
        dsc_fit_options options;
        const char *text;
    } cases[] = {
        { 2, { .epochs = 5 }, "seed=2" },
        { 1, { .epochs = 5, .optimizer = { .lr = 0.5 } }, "lr=0.5" },
        { 1, { .epochs = 5, .optimizer = { .kind = DSC_OPTIMIZER_ADAM } }, "optimizer=3" },
        { 1, { .epochs = 5, .fixed_order = true }, "fixed_order=1" },
        { 1, { .epochs = 1 }, "at most 1 epochs, found 2" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(go_on(path, cases[i].seed, &cases[i].options, cases[i].text), DSC_ERROR_MISMATCH);
    assert_int_equal(go_on(path, 1, &(dsc_fit_options){ .epochs = 7 }, NULL), DSC_OK); /* more of the same */
}

static void a_damaged_checkpoint_is_refused(void **state)
{
    const char *path = directory_path(*state, "damaged.h5"), *cut = directory_path(*state, "cut.h5");
    assert_int_equal(go_on(path, 1, &(dsc_fit_options){ .epochs = 2 }, NULL), DSC_OK);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes whole = dsc_file_read(scope, path, 1 << 24);
    for (size_t size = 0; size < whole.size; size += 1 + whole.size / 40) {
        directory_put_bytes(*state, "cut.h5", whole.data, size);
        assert_int_equal(go_on(cut, 1, &(dsc_fit_options){ .epochs = 2 }, "cut.h5"), DSC_ERROR_FORMAT);
    }
    directory_put(*state, "cut.h5", "these are not the bytes of a checkpoint");
    assert_int_equal(go_on(cut, 1, &(dsc_fit_options){ .epochs = 2 }, "cut.h5"), DSC_ERROR_FORMAT);
    dsc_scope_close(&scope);
}

static void a_checkpoint_that_cannot_be_written_is_an_error(void **state)
{
    const char *path = directory_path(*state, "missing/checkpoint.h5");
    assert_int_equal(go_on(path, 1, &(dsc_fit_options){ .epochs = 2 }, "missing"), DSC_ERROR_FILE);
    assert_int_equal(go_on("/dev/full", 1, &(dsc_fit_options){ .epochs = 2 }, "/dev/full"), DSC_ERROR_FILE);
}

static void big_batches_are_gathered_by_threads_to_the_same_bits(void **state)
{
    (void)state;
    enum { WIDE = 3000, MANY = 64 };
    uint64_t hashes[3] = { 0 };
    for (int threads = 1; threads <= 3; threads++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 8 });
        const dsc_examples all = make_examples(scope, 1, MANY, WIDE, CLASSES);
        for (int dtype = 0; dtype < 2; dtype++) {
            dsc_node *x = dsc_dense(dsc_input(scope, &(dsc_input_spec){ .shape = { WIDE } }), CLASSES);
            dsc_model *model = dsc_compile(
                dsc_softmax_cross_entropy(x, dsc_labels(scope, CLASSES)),
                &(dsc_compile_options){
                    .batch = 40, .threads = threads, .dtype = dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32 });
            assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 2 }), DSC_OK);
            hashes[threads - 1] = hashes[threads - 1] * (uint64_t)dtype ^ dsc_model_hash(model);
        }
        dsc_scope_close(&scope);
    }
    assert_int_equal(hashes[0], hashes[1]);
    assert_int_equal(hashes[0], hashes[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_end_the_training),
        cmocka_unit_test(a_scope_that_is_to_stop_ends_the_training_within_an_epoch),
        cmocka_unit_test(a_fixed_order_is_that_of_the_examples),
        cmocka_unit_test(history_has_what_was_measured),
        cmocka_unit_test(early_stopping_restores_the_best_parameters),
        cmocka_unit_test(keep_best_trains_to_the_end),
        cmocka_unit_test(options_that_do_not_fit_are_refused),
        cmocka_unit_test(a_value_that_is_not_finite_is_traced_to_its_layer),
        cmocka_unit_test(an_input_that_is_not_finite_is_named),
        cmocka_unit_test(examples_are_augmented_by_epoch_and_number),
        cmocka_unit_test(a_loss_beyond_the_limit_is_an_error),
        cmocka_unit_test_setup_teardown(a_training_killed_after_any_epoch_ends_in_the_same_bits,
                                        directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_checkpoint_of_another_training_is_refused, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(a_damaged_checkpoint_is_refused, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_checkpoint_that_cannot_be_written_is_an_error, directory_make,
                                        directory_remove),
        cmocka_unit_test(big_batches_are_gathered_by_threads_to_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
