/* evaluate.c - loss and errors over a data set, values of nodes, the hash of a model. */
#include "train/evaluate.h"

#include <math.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/hash.h>

#include "graph/network.h"

/* Activations of a small network stay in the second-level cache at 256 examples; a large one takes fewer at a
   time, so that its activations stay within about 64 MiB. Batches belong to the recipe: the loss is summed
   from their means, so their size depends on the network alone. */
enum { MOST_BATCH = 256, LEAST_BATCH = 16, MOST_ELEMENTS = 1 << 24 };

/* Elements that the layers make of one example. */
static double example_elements(const dsci_execution *plan)
{
    double elements = 0;
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        if (!node->backward && node->out[0]->storage == DSCI_STORAGE_ARENA)
            elements += (double)node->out[0]->elements;
    }
    return elements / (double)plan->batch;
}

size_t dsci_evaluation_rows(const dsci_execution *plan)
{
    const double elements = example_elements(plan);
    size_t batch = MOST_BATCH;
    while (batch > LEAST_BATCH && (double)batch * elements > MOST_ELEMENTS)
        batch /= 2;
    return batch;
}

bool dsci_evaluation_make(dsc_scope *scope, dsci_evaluation *evaluation, dsc_model *model,
                          const dsci_tensor *root, dsci_mode mode, const dsc_examples *data, const char *what)
{
    if (data->count == 0) {
        dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT, "%s: expected at least 1 example, found 0", what);
        return false;
    }
    const size_t most = dsci_evaluation_rows(model->plans), batch = data->count < most ? data->count : most;
    const size_t rest = data->count % batch;
    *evaluation = (dsci_evaluation){ .count = data->count, .batch = batch, .scope = model->scope };
    evaluation->full = dsci_model_execution_of(model, root, batch, mode);
    if (evaluation->full)
        evaluation->rest = rest ? dsci_model_execution_of(model, root, rest, mode) : evaluation->full;
    const dsci_feed_options feeding = { .examples = data, .rows = batch, .what = what };
    return evaluation->rest &&
           dsci_feed_make(scope, &evaluation->feed, model, evaluation->full, &feeding) == DSC_OK;
}

struct batch {
    const dsci_feed *feed;
    dsci_execution *plan;
    dsci_batch examples;
};

static void run_batch(void *user, dsci_region region)
{
    const struct batch *batch = user;
    dsci_feed_batch(batch->feed, batch->plan, &batch->examples, region);
    dsci_execution_run_in(batch->plan, region);
}

dsci_execution *dsci_evaluation_batch(const dsci_evaluation *evaluation, size_t first)
{
    dsci_execution *plan =
        evaluation->count - first >= evaluation->batch ? evaluation->full : evaluation->rest;
    struct batch batch = { &evaluation->feed, plan, { .first = first } };
    const int feeding = dsci_feed_threads(batch.feed, plan, &batch.examples);
    dsci_region_run(feeding > plan->threads ? feeding : plan->threads, run_batch, &batch);
    return plan;
}

/* Sums over batches for one loss: of means times weights, and of wrong classes. */
struct sums {
    double loss, weight, errors, counted;
};

static void add_batch(struct sums *sums, const dsci_loss *loss)
{
    sums->loss += *loss->mean * *loss->weight;
    sums->weight += *loss->weight;
    sums->errors += loss->errors ? loss->errors[0] : NAN;
    sums->counted += loss->errors ? loss->errors[1] : 0;
}

static dsc_metrics metrics_of(const dsci_execution *plan, const struct sums *sums)
{
    dsc_metrics metrics = { .error_rate = NAN, .loss_count = plan->loss_count };
    for (size_t i = plan->loss_count; i-- > 0;) {
        const double loss = sums[i].weight > 0 ? sums[i].loss / sums[i].weight : 0;
        const double error_rate = sums[i].errors / sums[i].counted;
        metrics.losses[i] = (dsc_loss_value){ plan->losses[i].name, loss, error_rate };
        metrics.error_rate = plan->losses[i].errors ? error_rate : metrics.error_rate;
    }
    metrics.loss = dsci_total_loss(plan, metrics.losses);
    return metrics;
}

double dsci_total_loss(const dsci_execution *plan, const dsc_loss_value *losses)
{
    double total = 0;
    for (size_t i = 0; i < plan->loss_count; i++)
        total += plan->losses[i].factor * losses[i].loss;
    return total;
}

dsc_metrics dsci_evaluation_metrics(const dsci_evaluation *evaluation)
{
    struct sums sums[DSC_MOST_LOSSES] = { { 0, 0, 0, 0 } };
    const unsigned mode = dsc_float_mode_enter();
    for (size_t first = 0; first < evaluation->count && dsc_scope_goes_on(evaluation->scope);
         first += evaluation->batch) {
        const dsci_execution *plan = dsci_evaluation_batch(evaluation, first);
        for (size_t i = 0; i < plan->loss_count; i++)
            add_batch(&sums[i], &plan->losses[i]);
    }
    dsc_float_mode_leave(mode);
    if (dsc_scope_status(evaluation->scope) != DSC_OK)
        return (dsc_metrics){ .loss = NAN, .error_rate = NAN };
    return metrics_of(evaluation->full, sums);
}

dsc_metrics dsc_evaluate(dsc_model *model, const dsc_examples *data)
{
    dsc_metrics metrics = { .loss = NAN, .error_rate = NAN };
    if (!model || !data || dsc_scope_status(model->scope) != DSC_OK)
        return metrics;
    if (!model->root->producer->op->loss) {
        dsc_scope_fail(
            model->scope, DSC_ERROR_ARGUMENT,
            "evaluate: expected a network that ends in a loss, found '%s'; dsc_predict() gives the "
            "values of a layer",
            model->root->producer->name);
        return metrics;
    }
    dsc_scope *local = dsc_scope_open(NULL);
    dsci_evaluation evaluation;
    if (dsci_evaluation_make(local, &evaluation, model, model->root, DSCI_EVALUATION, data, "evaluate"))
        metrics = dsci_evaluation_metrics(&evaluation);
    dsc_scope_close(&local);
    return metrics;
}

/* --- Values of nodes --- */

/* The tensor that the plan computes; NULL if no node of the plan makes it. */
static const dsci_tensor *result_of(const dsci_execution *plan)
{
    for (size_t i = 0; plan->result && i < plan->graph.count; i++)
        for (size_t j = 0; j < plan->graph.nodes[i]->output_count; j++)
            if (plan->graph.nodes[i]->out[j]->result && plan->graph.nodes[i]->out[j]->data == plan->result)
                return plan->graph.nodes[i]->out[j];
    return NULL;
}

static float from_bf16(uint16_t bits)
{
    const uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static void to_f32(float *dst, const dsci_tensor *tensor)
{
    for (size_t i = 0; i < tensor->elements; i++)
        switch (tensor->type) {
        case DSCI_F32: dst[i] = ((const float *)tensor->data)[i]; break;
        case DSCI_F64: dst[i] = (float)((const double *)tensor->data)[i]; break;
        case DSCI_I32: dst[i] = (float)((const int32_t *)tensor->data)[i]; break;
        case DSCI_BF16: dst[i] = from_bf16(((const uint16_t *)tensor->data)[i]); break;
        }
}

/* Runs batch after batch. The counter of the noise differs for each batch of each draw. */
static float *run_batches(dsc_scope *scope, const dsci_evaluation *evaluation, dsc_model *model,
                          uint32_t draw)
{
    const size_t batches = (evaluation->count - 1) / evaluation->batch + 1;
    if (draw && draw > UINT32_MAX / batches - 1) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "predict: expected a draw below %zu for %zu batches of examples, found %u",
                       UINT32_MAX / batches, batches, draw);
        return NULL;
    }
    model->draw = (uint32_t)(draw * batches);
    const dsci_tensor *result = result_of(evaluation->full);
    const size_t width = result ? dsci_tensor_cols(result) : 0;
    float *values = width && evaluation->count <= SIZE_MAX / sizeof *values / width
                        ? dsc_scope_alloc(scope, evaluation->count * width, sizeof *values)
                        : NULL;
    const unsigned mode = dsc_float_mode_enter();
    for (size_t first = 0; values && first < evaluation->count && dsc_scope_goes_on(model->scope);
         first += evaluation->batch, model->draw++)
        to_f32(values + first * width, result_of(dsci_evaluation_batch(evaluation, first)));
    dsc_float_mode_leave(mode);
    return dsc_scope_status(model->scope) == DSC_OK ? values : NULL;
}

/* Whether the node is one of the model's network, and has a value for each example. */
static bool is_predictable(const dsc_model *model, const dsc_node *node)
{
    if (node->scope != model->scope) {
        dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                       "predict: expected a node of the model's network, found '%s' of another scope",
                       node->tensor->producer->name);
        return false;
    }
    if (node->tensor->shape.rank < 2 || node->tensor->producer->op->leaf) {
        dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                       "predict: expected a layer with a value for each example, found '%s'",
                       node->tensor->producer->name);
        return false;
    }
    return true;
}

static float *predict(dsc_scope *scope, dsc_model *model, const dsc_node *node, const dsc_examples *data,
                      dsci_mode mode, uint32_t draw)
{
    if (!model || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (!node || !data) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "predict: expected a node and examples, found NULL");
        return NULL;
    }
    dsc_scope *local = dsc_scope_open(NULL);
    dsci_evaluation evaluation;
    float *values = NULL;
    if (dsc_scope_status(model->scope) == DSC_OK && is_predictable(model, node) &&
        dsci_evaluation_make(local, &evaluation, model, node->tensor, mode, data, "predict"))
        values = run_batches(scope, &evaluation, model, draw);
    dsc_scope_adopt_error(scope, model->scope);
    dsc_scope_close(&local);
    return values;
}

float *dsc_predict(dsc_scope *scope, dsc_model *model, const dsc_node *node, const dsc_examples *data)
{
    return predict(scope, model, node, data, DSCI_EVALUATION, 0);
}

float *dsc_predict_noisy(dsc_scope *scope, dsc_model *model, const dsc_node *node, const dsc_examples *data,
                         uint32_t draw)
{
    return predict(scope, model, node, data, DSCI_SAMPLING, draw);
}

/* --- One batch again and again --- */

struct dsc_predictor {
    dsc_model *model;
    dsci_evaluation evaluation;
    const dsci_tensor *result;
    float *values;
};

dsc_predictor *dsc_predictor_make(dsc_model *model, const dsc_node *node, const dsc_examples *examples)
{
    if (!model || dsc_scope_status(model->scope) != DSC_OK)
        return NULL;
    dsc_scope *scope = model->scope;
    if (!node || !examples) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "predictor: expected a node and examples, found NULL");
        return NULL;
    }
    dsc_predictor *made = dsc_scope_alloc(scope, 1, sizeof *made);
    if (!made || !is_predictable(model, node) ||
        !dsci_evaluation_make(scope, &made->evaluation, model, node->tensor, DSCI_STEPWISE, examples,
                              "predictor"))
        return NULL;
    if (made->evaluation.batch < examples->count) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "predictor: expected at most %zu examples, as many as this network takes at a time, "
                       "found %zu",
                       made->evaluation.batch, examples->count);
        return NULL;
    }
    made->model = model;
    made->result = result_of(made->evaluation.full);
    if (made->result && made->result->type != DSCI_F32)
        made->values = dsc_scope_alloc(scope, made->result->elements, sizeof *made->values);
    return dsc_scope_status(scope) == DSC_OK && made->result ? made : NULL;
}

const float *dsc_predictor_run(dsc_predictor *predictor)
{
    if (!predictor || dsc_scope_status(predictor->model->scope) != DSC_OK)
        return NULL;
    const dsci_evaluation *evaluation = &predictor->evaluation;
    if (dsci_feed_check(&evaluation->feed, predictor->model, evaluation->full, 0, evaluation->count,
                        "predictor") != DSC_OK)
        return NULL;
    const unsigned mode = dsc_float_mode_enter();
    dsci_evaluation_batch(evaluation, 0);
    dsc_float_mode_leave(mode);
    if (!predictor->values)
        return predictor->result->data;
    to_f32(predictor->values, predictor->result);
    return predictor->values;
}

uint64_t dsc_model_hash(const dsc_model *model)
{
    if (!model)
        return 0;
    const size_t size = dsci_type_size(dsci_model_master_type(model));
    if (model->state_count == 0)
        return dsc_digest_64(dsc_sha256(model->parameters, model->elements * size));
    dsc_scope *local = dsc_scope_open(NULL);
    dsc_hasher *hasher = dsc_hasher_make(local);
    dsc_hasher_update(hasher, model->parameters, model->elements * size);
    dsc_hasher_update(hasher, model->state, model->state_elements * size);
    const uint64_t hash = dsc_digest_64(dsc_hasher_finish(hasher));
    dsc_scope_close(&local);
    return hash;
}
