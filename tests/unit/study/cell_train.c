/* A cell that trains a network in one call leaves what it would leave by hand, hears a stop, is measured on
 * the way, and costs what its network says. */
#include "test.h"

#include <math.h>
#include <string.h>

#include <descent/study.h>

#include "lab/cell.h"
#include "lab/team.h"
#include "network.h"
#include "toy.h"

enum { FEATURES = 6, CLASSES = 3, BATCH = 8, COUNT = 21, TESTS = 300, EPOCHS = 3, EPOCH_STEPS = 3 };

struct hyperparameters {
    int64_t hashed;
};
static const dsc_param params[] = { { .name = NULL } };
static const dsc_axis axes[] = {
    { .param =
          DSC_PARAM_INTEGER(struct hyperparameters, hashed, "0,1,2", 0, 2, "what of the model is hashed"),
      .units = "1",
      .long_name = "hash" },
    { .param = { .name = "epoch", .kind = DSC_KIND_INTEGER, .value = "0,2,3", .max = 100, .help = "epochs" },
      .units = "1",
      .long_name = "epoch",
      .inner = true },
    { .param = { .name = NULL } },
};
static const dsc_output outputs[] = {
    { .name = "loss", .units = "nat", .long_name = "loss", .inner = "epoch" }, { .name = NULL }
};

/* With a state: the running means of the batch normalisation. */
static dsc_node *loss_of(dsc_scope *scope)
{
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
    h = dsc_relu(dsc_batch_norm(dsc_dense(h, 5)));
    return dsc_softmax_cross_entropy(dsc_dense(h, CLASSES), dsc_labels(scope, CLASSES));
}

/* Reads the examples that training and measuring share. */
struct shared {
    dsc_examples train, test;
    bool by_hand;
};

static void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    (void)plan, (void)hyperparameters, (void)directory;
    struct shared *shared = dsc_scope_alloc(scope, 1, sizeof *shared);
    shared->train = make_examples(scope, 1, COUNT, FEATURES, CLASSES);
    shared->test = make_examples(scope, 2, TESTS, FEATURES, CLASSES);
    return shared;
}

static void measure(dsc_cell *cell, dsc_model *model, size_t at, void *user)
{
    const struct shared *shared = dsc_cell_shared(cell);
    dsc_put_at(cell, "loss", at, dsc_evaluate(model, &shared->test).loss);
    (*(size_t *)user)++;
}

static const dsc_fit_options fit = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.01 },
                                     .epochs = EPOCHS };

static size_t measured;

static dsc_cell_training training_of(const struct hyperparameters *k)
{
    return (dsc_cell_training){ .compile = { .batch = BATCH },
                                .fit = fit,
                                .measure = measure,
                                .axis = "epoch",
                                .user = &measured,
                                .progress = 0.25,
                                .progress_share = 0.5,
                                .hashed = (dsc_cell_hashed)k->hashed };
}

struct by_hand {
    dsc_cell *cell;
    dsc_model *model;
};

static bool measure_by_hand(void *user, const dsc_epoch *epoch)
{
    const struct by_hand *by_hand = user;
    const size_t at = dsc_cell_axis_index(by_hand->cell, "epoch", (double)epoch->epoch);
    if (at != SIZE_MAX)
        measure(by_hand->cell, by_hand->model, at, &measured);
    return true;
}

static void run_by_hand(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct shared *shared = dsc_cell_shared(cell);
    dsc_model *model = dsc_compile(loss_of(dsc_cell_scope(cell)), &(dsc_compile_options){ .batch = BATCH });
    struct by_hand by_hand = { cell, model };
    dsc_fit_options options = fit;
    options.on_epoch = measure_by_hand;
    options.user = &by_hand;
    measure_by_hand(&by_hand, &(dsc_epoch){ .epoch = 0 });
    dsc_fit(model, &shared->train, &options);
    size_t count;
    const float *values = dsc_model_parameters(model, &count);
    if (k->hashed < 2)
        dsc_cell_hash(cell, values, count * sizeof *values);
    values = dsc_model_state(model, &count);
    if (k->hashed < 1)
        dsc_cell_hash(cell, values, count * sizeof *values);
}

static void run(dsc_cell *cell)
{
    const struct shared *shared = dsc_cell_shared(cell);
    const dsc_cell_training training = training_of(dsc_cell_hyperparameters(cell));
    if (shared->by_hand)
        run_by_hand(cell);
    else
        dsc_cell_train(cell, loss_of(dsc_cell_scope(cell)), &shared->train, &training);
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    const dsc_cell_training training = training_of(hyperparameters);
    return dsc_train_cost(plan, loss_of(scope), COUNT, &training);
}

static const dsc_case kase = { .name = "trained",
                               .summary = "A network",
                               .hyperparameters_size = sizeof(struct hyperparameters),
                               .params = params,
                               .axes = axes,
                               .outputs = outputs,
                               .seeds = 2,
                               .prepare = prepare,
                               .run = run,
                               .cost = cost };

static bool never(void *user)
{
    (void)user;
    return false;
}

/* Stops when it has been asked so often. */
static bool after_a_while(void *user)
{
    size_t *left = user;
    return (*left)-- == 0;
}

static struct dsci_outcome compute(dsc_scope *scope, const dsc_plan *plan, bool by_hand, size_t cell,
                                   struct dsci_watch *watch)
{
    struct shared *shared = prepare(scope, plan, NULL, NULL);
    shared->by_hand = by_hand;
    measured = 0;
    return dsci_cell_compute(scope, plan, shared, cell, watch);
}

static void a_cell_is_what_it_would_be_by_hand(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = toy_plan_of(scope, &kase, NULL, 0);
    uint64_t hashes[3];
    for (size_t hashed = 0; hashed < 3; hashed++) {
        struct dsci_watch watch = { .stop = never }, other = { .stop = never };
        const struct dsci_outcome expected = compute(scope, plan, true, 2 * hashed, &other);
        assert_int_equal(measured, 3);
        const struct dsci_outcome found = compute(scope, plan, false, 2 * hashed, &watch);
        assert_int_equal(found.status, DSC_CELL_DONE);
        assert_int_equal(measured, 3);
        assert_memory_equal(found.values, expected.values, 3 * sizeof(double));
        assert_int_equal(found.hash, expected.hash);
        assert_true(watch.fraction == 0.75);
        assert_non_null(strstr(found.notes, "dense"));
        hashes[hashed] = found.hash;
    }
    assert_true(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
    dsc_scope_close(&scope);
}

static void a_stop_is_heard_within_an_epoch(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = toy_plan_of(scope, &kase, NULL, 0);
    size_t asked = 1 << 20, left = asked;
    struct dsci_watch watch = { .stop = after_a_while, .user = &left };
    assert_int_equal(compute(scope, plan, false, 0, &watch).status, DSC_CELL_DONE);
    asked -= left;
    assert_true(asked > EPOCHS * EPOCH_STEPS); /* at each step, at least */
    for (size_t when = 1; when < asked; when++) {
        left = when;
        const struct dsci_outcome outcome = compute(scope, plan, false, 0, &watch);
        assert_int_equal(outcome.status, DSC_CELL_MISSING);
        assert_null(outcome.message);
    }
    dsc_scope_close(&scope);
}

static void an_epoch_that_the_training_does_not_reach_fails_the_cell(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting setting = { "epoch", "1,4" };
    const dsc_plan *plan = toy_plan_of(scope, &kase, &setting, 1);
    struct dsci_watch watch = { .stop = never };
    const struct dsci_outcome outcome = compute(scope, plan, false, 0, &watch);
    assert_int_equal(outcome.status, DSC_CELL_FAILED);
    assert_string_equal(outcome.message,
                        "epoch = 4: the training ends after epochs = 3; ask for more epochs");
    assert_int_equal(measured, 0);
    dsc_scope_close(&scope);
}

/* As many steps of this arithmetic, and the memory of the plans that training and evaluation make. */
static void a_cell_costs_what_its_network_says(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = toy_plan_of(scope, &kase, NULL, 0);
    const struct shared *shared = prepare(scope, plan, NULL, NULL);
    dsc_model *model = dsc_compile(loss_of(scope), &(dsc_compile_options){ .batch = BATCH, .threads = 1 });
    const dsc_examples tests = dsc_examples_range(&shared->test, 0, 256); /* whole batches */
    assert_int_equal(dsc_fit(model, &shared->train, &fit), DSC_OK);
    dsc_evaluate(model, &tests);
    dsc_evaluate(model, &shared->train);
    const dsc_cost found = dsci_cell_cost(plan, 0);
    const double examples = (double)EPOCHS * COUNT;
    assert_true(fabs(found.flops / (dsc_model_step_flops(model) / BATCH * examples) - 1) < 1e-12);
    const double batch = BATCH * (FEATURES * sizeof(float) + sizeof(int32_t)), order = 4 * COUNT;
    const double adam = 2 * sizeof(float) * (double)model->elements;
    assert_true(found.bytes == dsci_model_bytes(model) + batch + order + adam);
    assert_true(found.flops == dsci_cell_cost(plan, 1).flops); /* the next seed */
    dsc_scope_close(&scope);
}

/* Predictions of a node have plans of their own: of whole batches, and of the rest. */
static void predictions_cost_what_their_plans_take(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples tests = make_examples(scope, 2, TESTS, FEATURES, CLASSES);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
    dsc_node *scores = dsc_dense(dsc_tanh(dsc_dense(x, 40)), CLASSES);
    dsc_model *model = dsc_compile(dsc_softmax_cross_entropy(scores, dsc_labels(scope, CLASSES)),
                                   &(dsc_compile_options){ .batch = BATCH, .threads = 1 });
    const double before = dsci_model_bytes(model);
    assert_non_null(dsc_predict(scope, model, scores, &tests));
    const dsc_cost found = dsc_evaluate_cost(scores, TESTS);
    assert_true(found.bytes > 0 && found.bytes == dsci_model_bytes(model) - before);
    const double products = 2 * (FEATURES * 40 + 40 * CLASSES);
    assert_true(found.flops >= TESTS * products && found.flops < 3 * TESTS * products);
    assert_true(dsc_evaluate_cost(scores, 0).flops == 0 && dsc_evaluate_cost(NULL, TESTS).flops == 0);
    dsc_scope_close(&scope);
}

/* What the step limit cuts off costs nothing; what could not be built is not known. */
static void costs_follow_the_options(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = toy_plan_of(scope, &kase, NULL, 0);
    dsc_cell_training training = { .compile = { .batch = BATCH }, .fit = { .epochs = 1 } };
    const double epoch = dsc_train_cost(plan, loss_of(scope), COUNT, &training).flops;
    training.fit = (dsc_fit_options){ .steps = 1 };
    const double step = dsc_train_cost(plan, loss_of(scope), COUNT, &training).flops;
    assert_true(step > 0 && fabs(step * COUNT / BATCH / epoch - 1) < 1e-12);
    training.fit = (dsc_fit_options){ .steps = EPOCH_STEPS, .epochs = 2 };
    assert_true(dsc_train_cost(plan, loss_of(scope), COUNT, &training).flops == epoch);
    const double one = dsc_evaluate_cost(loss_of(scope), 1).flops;
    assert_true(one > 0 && 2 * one < step / BATCH && dsc_evaluate_cost(loss_of(scope), 10).flops == 10 * one);
    const double plain = dsc_train_cost(plan, loss_of(scope), COUNT, &training).bytes;
    training.fit.keep_best = true;
    assert_true(dsc_train_cost(plan, loss_of(scope), COUNT, &training).bytes > plain);
    dsc_node *broken =
        dsc_softmax_cross_entropy(dsc_dense(dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } }), 2),
                                  dsc_labels(scope, CLASSES));
    const dsc_cost unknown = dsc_train_cost(plan, broken, COUNT, &training);
    assert_true(unknown.flops == 0 && unknown.bytes == 0);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_is_what_it_would_be_by_hand),
        cmocka_unit_test(a_stop_is_heard_within_an_epoch),
        cmocka_unit_test(an_epoch_that_the_training_does_not_reach_fails_the_cell),
        cmocka_unit_test(a_cell_costs_what_its_network_says),
        cmocka_unit_test(predictions_cost_what_their_plans_take),
        cmocka_unit_test(costs_follow_the_options),
    };
    return cmocka_run_group_tests_name("cell_train", tests, NULL, NULL);
}
