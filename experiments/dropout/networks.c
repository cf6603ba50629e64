/* networks.c - one perceptron, regularised, trained and measured. */
#include "dropout.h"

#include <math.h>
#include <string.h>

static dsc_node *noisy(dsc_node *x, noise_kind kind, double rate)
{
    if (kind == NOISE_NONE || rate == 0)
        return x;
    return kind == NOISE_GAUSSIAN ? dsc_gaussian_dropout(x, rate) : dsc_dropout(x, rate);
}

static size_t layer_width(const struct hyperparameters *k, size_t width, int64_t layer)
{
    return layer + 1 == k->layers && k->last_width ? (size_t)k->last_width : width;
}

/* The logits: ReLU layers with He's initialisation, noise behind each of them. */
static dsc_node *perceptron(dsc_scope *scope, const struct hyperparameters *k, const perceptron_training *t,
                            size_t features)
{
    const regularisation *r = &t->regularisation;
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { features } });
    h = noisy(h, NOISE_BERNOULLI, r->input_rate);
    for (int64_t layer = 0; layer < k->layers; layer++) {
        h = dsc_dense(h, layer_width(k, t->width, layer), .weights_init = DSC_INIT_HE_NORMAL,
                      .bias_init = DSC_INIT_ZEROS);
        h = noisy(dsc_relu(h), r->noise, r->rate);
    }
    return dsc_dense(h, CLASSES, .weights_init = DSC_INIT_HE_NORMAL, .bias_init = DSC_INIT_ZEROS);
}

static size_t steps_per_epoch(const struct hyperparameters *k, size_t examples)
{
    return (examples + (size_t)k->batch - 1) / (size_t)k->batch;
}

static dsc_optimizer optimizer_of(const struct hyperparameters *k, const perceptron_training *t, double steps)
{
    static const dsc_parameter_group biases = { .match = "*/bias", .no_decay = true };
    const regularisation *r = &t->regularisation;
    const bool adam = strcmp(k->optimizer, "adam") == 0;
    return (dsc_optimizer){ .kind = adam              ? DSC_OPTIMIZER_ADAM
                                    : k->momentum > 0 ? DSC_OPTIMIZER_MOMENTUM
                                                      : DSC_OPTIMIZER_SGD,
                            .lr = k->lr,
                            .momentum = k->momentum,
                            .l1 = r->l1,
                            .l2 = r->l2,
                            .max_norm = r->max_norm,
                            .clip_norm = k->clip,
                            .schedule = { .kind = DSC_SCHEDULE_COSINE, .period = steps },
                            .groups = &biases,
                            .group_count = 1 };
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Norms of the weights, by all of them and by the columns: a column is what leads into one unit. */
static void measure_weights(dsc_model *model, outcome *result)
{
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    const float *parameters = dsc_model_parameters(model, NULL);
    double all = 0;
    for (size_t i = 0; i < count; i++) {
        if (!ends_with(slices[i].name, "/weights"))
            continue;
        const size_t units = slices[i].shape[1];
        for (size_t unit = 0; unit < units; unit++) {
            double column = 0;
            for (size_t j = unit; j < slices[i].count; j += units)
                column += (double)parameters[slices[i].offset + j] * parameters[slices[i].offset + j];
            all += column;
            if (units != CLASSES && sqrt(column) > result->largest_norm)
                result->largest_norm = sqrt(column);
        }
    }
    result->weight_norm = sqrt(all);
}

static dsc_node *loss_of(dsc_scope *scope, const struct hyperparameters *k, const perceptron_training *t,
                         size_t features)
{
    return dsc_softmax_cross_entropy(perceptron(scope, k, t, features), dsc_labels(scope, CLASSES));
}

static dsc_cell_training training_of(dsc_scope *scope, const struct hyperparameters *k,
                                     const perceptron_training *t, size_t examples)
{
    const size_t epochs = (size_t)(t->epochs ? t->epochs : k->epochs);
    const size_t steps = k->steps ? (size_t)k->steps : steps_per_epoch(k, examples) * epochs;
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch, .dtype = dsc_dtype_parse(scope, k->precision) },
        .fit = { .optimizer = optimizer_of(k, t, (double)steps), .steps = steps },
        .progress = t->done,
        .progress_share = t->share,
    };
}

static bool train_in(dsc_scope *scope, const perceptron_training *t, outcome *result)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(t->cell);
    const dsc_cell_training training = training_of(scope, k, t, t->train->count);
    dsc_model *model = dsc_cell_train(
        t->cell, loss_of(scope, k, t, dsc_examples_column(t->train, "input")->width), t->train, &training);
    if (!model)
        return false;
    *result = (outcome){ .test = dsc_evaluate(model, t->test),
                         .train = dsc_evaluate(model, t->train),
                         .parameters = (double)dsc_model_parameter_count(model) };
    measure_weights(model, result);
    return dsc_scope_status(scope) == DSC_OK;
}

size_t networks_kept(size_t examples, double held_out)
{
    const size_t share = (size_t)(held_out * (double)examples);
    return examples - (held_out > 0 && share == 0 ? 1 : share); /* never the test set instead */
}

networks_sets networks_hold_out(const struct shared *shared, size_t count, double held_out)
{
    const size_t kept = networks_kept(count, held_out);
    networks_sets sets = { .train = dsc_examples_range(&shared->train, 0, kept), .test = shared->test };
    if (kept < count)
        sets.test = dsc_examples_range(&shared->train, kept, count - kept);
    return sets;
}

/* A scope for each network gives its memory back; all of a cell begin with the same weights and see the
   examples in the same order, so that their differences are paired. */
bool networks_train(const perceptron_training *t, outcome *result)
{
    dsc_scope *scope = dsc_scope_open_within(dsc_cell_scope(t->cell), dsc_cell_seed(t->cell));
    const bool good = train_in(scope, t, result);
    dsc_scope_adopt_error(dsc_cell_scope(t->cell), scope);
    dsc_scope_close(&scope);
    return good;
}

/* Of an image, or of MNIST-1D's points. */
static size_t inputs_of(const struct hyperparameters *k)
{
    return strcmp(k->dataset, "mnist") == 0 || strcmp(k->dataset, "fashion-mnist") == 0 ? 784 : 40;
}

dsc_cost networks_cost(dsc_scope *scope, const dsc_plan *plan, const struct hyperparameters *k,
                       const perceptron_training *t, size_t examples)
{
    const dsc_cell_training training = training_of(scope, k, t, examples);
    dsc_node *loss = loss_of(scope, k, t, inputs_of(k));
    dsc_cost cost = dsc_train_cost(plan, loss, examples, &training);
    cost.flops += dsc_evaluate_cost(loss, examples + (size_t)k->test).flops;
    return cost;
}
