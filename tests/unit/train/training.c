/* Training follows a plain perceptron that is written here from the textbook, in double, without graph or
 * library. */
#include <math.h>
#include <string.h>

#include "network.h"
#include "test.h"

enum { INPUTS = 7, HIDDEN = 9, MORE = 6, CLASSES = 4, BATCH = 5, STEPS = 20, LAYERS = 3, WIDEST = HIDDEN };

static const size_t widths[LAYERS + 1] = { INPUTS, HIDDEN, MORE, CLASSES };

/* w[l]: widths[l] x widths[l + 1]; bias b[l]; their gradients; first and second moments. */
struct layer {
    double w[WIDEST][WIDEST], b[WIDEST], dw[WIDEST][WIDEST], db[WIDEST];
    double w1[WIDEST][WIDEST], b1[WIDEST], w2[WIDEST][WIDEST], b2[WIDEST];
};

struct network {
    struct layer layer[LAYERS];
};

/* Adds one example's gradient of the mean cross-entropy; returns its loss. Hidden units are tanh. */
static double backpropagate(struct network *net, const float *x, int label)
{
    double a[LAYERS + 1][WIDEST] = { { 0 } }, delta[WIDEST], sum = 0, loss;
    for (size_t i = 0; i < INPUTS; i++)
        a[0][i] = (double)x[i];
    for (size_t l = 0; l < LAYERS; l++)
        for (size_t j = 0; j < widths[l + 1]; j++) {
            double z = net->layer[l].b[j];
            for (size_t i = 0; i < widths[l]; i++)
                z += a[l][i] * net->layer[l].w[i][j];
            a[l + 1][j] = l + 1 < LAYERS ? tanh(z) : z;
        }
    for (size_t j = 0; j < CLASSES; j++)
        sum += exp(a[LAYERS][j]);
    loss = log(sum) - a[LAYERS][label];
    for (size_t j = 0; j < CLASSES; j++)
        delta[j] = (exp(a[LAYERS][j]) / sum - ((int)j == label)) / BATCH;
    for (size_t l = LAYERS; l-- > 0;) {
        double below[WIDEST] = { 0 };
        for (size_t j = 0; j < widths[l + 1]; j++) {
            net->layer[l].db[j] += delta[j];
            for (size_t i = 0; i < widths[l]; i++) {
                net->layer[l].dw[i][j] += a[l][i] * delta[j];
                below[i] += net->layer[l].w[i][j] * delta[j] * (1 - a[l][i] * a[l][i]);
            }
        }
        memcpy(delta, below, sizeof delta);
    }
    return loss;
}

static void update(double *w, double g, double *m, double *v, const dsc_optimizer *rule, int t)
{
    g += rule->weight_decay * *w;
    switch (rule->kind) {
    case DSC_OPTIMIZER_SGD: *w -= rule->lr * g; break;
    case DSC_OPTIMIZER_MOMENTUM:
        *m = rule->momentum * *m + g;
        *w -= rule->lr * *m;
        break;
    case DSC_OPTIMIZER_NESTEROV:
        *m = rule->momentum * *m + g;
        *w -= rule->lr * (g + rule->momentum * *m);
        break;
    case DSC_OPTIMIZER_ADAM:
        *m = rule->beta1 * *m + (1 - rule->beta1) * g;
        *v = rule->beta2 * *v + (1 - rule->beta2) * g * g;
        *w -= rule->lr * (*m / (1 - pow(rule->beta1, t))) /
              (sqrt(*v / (1 - pow(rule->beta2, t))) + rule->epsilon);
        break;
    default: fail();
    }
}

/* One step on the batch; returns the mean loss before it. */
static double plain_step(struct network *net, const dsc_examples *batch, const dsc_optimizer *rule, int t)
{
    double loss = 0;
    for (size_t i = 0; i < BATCH; i++)
        loss += backpropagate(net, inputs_of(batch) + i * INPUTS, dsc_examples_labels(batch)[i]) / BATCH;
    for (size_t l = 0; l < LAYERS; l++) {
        struct layer *p = &net->layer[l];
        for (size_t j = 0; j < widths[l + 1]; j++) {
            for (size_t i = 0; i < widths[l]; i++)
                update(&p->w[i][j], p->dw[i][j], &p->w1[i][j], &p->w2[i][j], rule, t);
            update(&p->b[j], p->db[j], &p->b1[j], &p->b2[j], rule, t);
        }
        memset(p->dw, 0, sizeof p->dw);
        memset(p->db, 0, sizeof p->db);
    }
    return loss;
}

static dsc_model *make_model(dsc_scope *scope, dsc_engine engine, dsc_dtype dtype)
{
    dsc_node *logits = dsc_mlp(scope, &(dsc_mlp_spec){ .inputs = INPUTS,
                                                       .hidden = (size_t[]){ HIDDEN, MORE, 0 },
                                                       .outputs = CLASSES,
                                                       .activation = dsc_tanh });
    return dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)),
                       &(dsc_compile_options){ .batch = BATCH, .engine = engine, .dtype = dtype });
}

static double parameter_at(dsc_model *model, size_t slice, size_t i)
{
    const dsc_slice *slices;
    dsc_model_slices(model, &slices);
    const size_t at = slices[slice].offset + i;
    return model->options.dtype == DSC_DTYPE_F64 ? ((double *)dsc_model_parameters(model, NULL))[at]
                                                 : (double)((float *)dsc_model_parameters(model, NULL))[at];
}

static void copy_parameters(struct network *net, dsc_model *model)
{
    memset(net, 0, sizeof *net);
    for (size_t l = 0; l < LAYERS; l++)
        for (size_t j = 0; j < widths[l + 1]; j++) {
            for (size_t i = 0; i < widths[l]; i++)
                net->layer[l].w[i][j] = parameter_at(model, 2 * l, i * widths[l + 1] + j);
            net->layer[l].b[j] = parameter_at(model, 2 * l + 1, j);
        }
}

static void follow(const dsc_optimizer *rule, dsc_engine engine, dsc_dtype dtype, double tolerance)
{
    static struct network net, trained;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 21 });
    dsc_model *model = make_model(scope, engine, dtype);
    const dsc_examples examples = make_examples(scope, 4, BATCH, INPUTS, CLASSES);
    dsc_trainer *trainer = dsc_trainer_make(model, rule, &examples);
    assert_non_null(trainer);
    copy_parameters(&net, model);
    for (int t = 1; t <= STEPS; t++) {
        const double loss = dsc_trainer_step(trainer, 0);
        assert_true(fabs(loss - plain_step(&net, &examples, rule, t)) <= tolerance);
    }
    copy_parameters(&trained, model);
    for (size_t l = 0; l < LAYERS; l++)
        for (size_t j = 0; j < widths[l + 1]; j++) {
            for (size_t i = 0; i < widths[l]; i++)
                assert_true(fabs(trained.layer[l].w[i][j] - net.layer[l].w[i][j]) <= tolerance);
            assert_true(fabs(trained.layer[l].b[j] - net.layer[l].b[j]) <= tolerance);
        }
    dsc_scope_close(&scope);
}

static const dsc_optimizer optimizers[] = {
    { .kind = DSC_OPTIMIZER_SGD, .lr = 0.1, .weight_decay = 0.01 },
    { .kind = DSC_OPTIMIZER_MOMENTUM, .lr = 0.05, .momentum = 0.9 },
    { .kind = DSC_OPTIMIZER_NESTEROV, .lr = 0.05, .momentum = 0.8, .weight_decay = 0.02 },
    { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8 },
};
enum { OPTIMIZERS = sizeof optimizers / sizeof optimizers[0] };

static void reference_follows_the_plain_trainer(void **state)
{
    (void)state;
    for (int i = 0; i < OPTIMIZERS; i++)
        follow(&optimizers[i], DSC_ENGINE_REF, DSC_DTYPE_F64, 1e-12);
}

static void native_follows_the_plain_trainer(void **state)
{
    (void)state;
    for (int i = 0; i < OPTIMIZERS; i++)
        follow(&optimizers[i], DSC_ENGINE_NATIVE, DSC_DTYPE_F32, 1e-5);
}

static void onednn_follows_the_plain_trainer(void **state)
{
    (void)state;
    for (int i = 0; i < OPTIMIZERS; i++)
        follow(&optimizers[i], DSC_ENGINE_ONEDNN, DSC_DTYPE_F32, 1e-5);
}

static dsc_model *make_classifier(dsc_scope *scope, size_t batch)
{
    dsc_node *logits = dsc_mlp(scope, &(dsc_mlp_spec){ .inputs = INPUTS, .outputs = CLASSES });
    return dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)),
                       &(dsc_compile_options){ .batch = batch });
}

/* Two passes over a batch and a remainder are, to the bit, four steps by hand in the orders drawn by counter.
 */
static void fit_takes_the_steps_of_its_shuffled_batches(void **state)
{
    (void)state;
    enum { REST = 2, COUNT = BATCH + REST };
    const dsc_fit_options options = { .epochs = 2, .shuffle_seed = 7 };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 22 });
    const dsc_examples all = make_examples(scope, 9, COUNT, INPUTS, CLASSES);
    dsc_model *fitted = make_classifier(scope, BATCH);
    dsc_model *by_hand[2] = { make_classifier(scope, BATCH), make_classifier(scope, REST) };
    assert_int_equal(dsc_fit(fitted, &all, &options), DSC_OK);
    size_t elements;
    void *parameters[2] = { dsc_model_parameters(by_hand[0], &elements),
                            dsc_model_parameters(by_hand[1], NULL) };
    for (uint32_t epoch = 1; epoch <= 2; epoch++) {
        uint32_t order[COUNT];
        dsc_rng_permutation(dsc_rng_make(7, DSC_STREAM_SHUFFLE), epoch, order, COUNT);
        const dsc_examples shuffled = dsc_examples_select(scope, &all, order, COUNT);
        for (size_t i = 0; i < 2; i++) {
            dsc_trainer *trainer = dsc_trainer_make(by_hand[i], &options.optimizer, &shuffled);
            dsc_trainer_step(trainer, i * BATCH);
            memcpy(parameters[1 - i], parameters[i], elements * sizeof(float));
        }
    }
    assert_memory_equal(dsc_model_parameters(fitted, NULL), parameters[0], elements * sizeof(float));
    assert_int_equal(dsc_model_hash(fitted), dsc_model_hash(by_hand[1]));
    dsc_scope_close(&scope);
}

/* The evaluation plans of 256 and of what is left give the mean over all examples, without dropout. */
static void evaluation_is_the_mean_over_all_examples(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 23 });
    const dsc_examples all = make_examples(scope, 10, COUNT, INPUTS, CLASSES);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    dsc_node *logits = dsc_dense(dsc_dropout(dsc_tanh(dsc_dense(x, 5)), 0.9), CLASSES);
    dsc_model *model = dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)), NULL);
    const dsc_metrics metrics = dsc_evaluate(model, &all);
    dsc_metrics mean = { .loss = 0, .error_rate = 0 };
    for (size_t i = 0; i < COUNT; i++) {
        const dsc_examples one = dsc_examples_range(&all, i, 1);
        const dsc_metrics m = dsc_evaluate(model, &one);
        mean.loss += m.loss / COUNT;
        mean.error_rate += m.error_rate / COUNT;
    }
    assert_true(fabs(metrics.loss - mean.loss) <= 1e-6 &&
                fabs(metrics.error_rate - mean.error_rate) <= 1e-12);
    assert_true(metrics.error_rate > 0 && metrics.error_rate < 1);
    dsc_scope_close(&scope);
}

static bool stop_after_three(void *user, const dsc_epoch *epoch)
{
    *(size_t *)user = epoch->epoch;
    return epoch->epoch < 3;
}

static void training_stops_when_asked_and_when_it_diverges(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = make_examples(scope, 9, 20, INPUTS, CLASSES);
    size_t last = 0;
    dsc_model *model = make_classifier(scope, BATCH);
    dsc_fit_options options = { .epochs = 10, .on_epoch = stop_after_three, .user = &last };
    assert_int_equal(dsc_fit(model, &all, &options), DSC_STOPPED);
    assert_int_equal(last, 3);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    options.on_epoch = NULL;
    options.optimizer.lr = 1e30;
    options.optimizer.weight_decay = 1;
    assert_int_equal(dsc_fit(model, &all, &options), DSC_ERROR_NUMERIC);
    assert_non_null(strstr(dsc_scope_message(scope), "epoch 1, step 3"));
    assert_int_equal(dsc_fit(model, &all, &options), DSC_ERROR_NUMERIC);
    dsc_scope_close(&scope);
}

static void regression_has_a_loss_and_no_error_rate(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = make_examples(scope, 3, 50, INPUTS, 2);
    dsc_node *y =
        dsc_mlp(scope, &(dsc_mlp_spec){ .inputs = INPUTS, .hidden = (size_t[]){ 40, 0 }, .outputs = 2 });
    dsc_model *model =
        dsc_compile(dsc_squared_loss(y, dsc_targets(scope, &(dsc_input_spec){ .shape = { 2 } })),
                    &(dsc_compile_options){ .batch = 10 });
    const double before = dsc_evaluate(model, &all).loss;
    dsc_fit(model, &all,
            &(dsc_fit_options){ .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.01 }, .epochs = 200 });
    const dsc_metrics after = dsc_evaluate(model, &all);
    assert_true(before > 0.5 && after.loss < before / 10);
    assert_true(isnan(after.error_rate));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_follows_the_plain_trainer),
        cmocka_unit_test(native_follows_the_plain_trainer),
        cmocka_unit_test(onednn_follows_the_plain_trainer),
        cmocka_unit_test(fit_takes_the_steps_of_its_shuffled_batches),
        cmocka_unit_test(evaluation_is_the_mean_over_all_examples),
        cmocka_unit_test(training_stops_when_asked_and_when_it_diverges),
        cmocka_unit_test(regression_has_a_loss_and_no_error_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
