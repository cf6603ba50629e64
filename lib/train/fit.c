/* fit.c - the training loop. */
#include <math.h>

#include "train/feed.h"
#include "train/optimizer.h"

struct dsc_trainer {
    dsc_model *model;
    dsci_plan *plan; /* of the full batch */
    dsci_feed feed;
    dsci_optimizer optimizer;
};

/* Makes the trainer, with its memory in the scope. Returns the plan of the full batch; NULL, with the error
   in that scope, if it cannot be. */
static dsci_plan *trainer_init(dsc_scope *scope, dsc_trainer *trainer, dsc_model *model,
                               const dsc_optimizer *optimizer)
{
    if (model->options.inference) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "train: expected a model with gradients, found one compiled for inference");
        return NULL;
    }
    dsci_plan *plan = dsci_model_plan(model, model->options.batch, DSCI_TRAINING);
    if (!plan) {
        dsc_scope_adopt_error(scope, model->scope);
        return NULL;
    }
    if (plan->input_count != 1) {
        dsc_scope_fail(scope, DSC_ERROR_UNSUPPORTED, "train: expected a network of one input, found %zu",
                       plan->input_count);
        return NULL;
    }
    *trainer = (dsc_trainer){ .model = model, .plan = plan };
    dsci_feed_make(scope, &trainer->feed, plan);
    const dsc_status status =
        dsci_optimizer_make(scope, &trainer->optimizer, optimizer ? optimizer : &(dsc_optimizer){ 0 },
                            model->options.dtype, model->elements);
    return status == DSC_OK ? plan : NULL;
}

/* Forward, backward, update. Returns the loss before the update. */
static double step(dsc_trainer *trainer, dsci_plan *plan, dsci_batch batch)
{
    dsc_model *model = trainer->model;
    dsci_feed_run(&trainer->feed, plan, batch);
    dsci_optimizer_update(&trainer->optimizer, model->parameters, model->gradients);
    model->step++;
    return *plan->loss;
}

dsc_trainer *dsc_trainer_make(dsc_model *model, const dsc_optimizer *optimizer)
{
    if (!model)
        return NULL;
    dsc_trainer *trainer = dsc_scope_alloc(model->scope, 1, sizeof *trainer);
    return trainer && trainer_init(model->scope, trainer, model, optimizer) ? trainer : NULL;
}

double dsc_trainer_step(dsc_trainer *trainer, const void *x, const void *targets)
{
    if (!trainer || dsc_scope_status(trainer->model->scope) != DSC_OK)
        return NAN;
    dsci_plan *plan = trainer->plan;
    if (!x || !targets) {
        dsc_scope_fail(trainer->model->scope, DSC_ERROR_ARGUMENT, "train step: expected a batch, found none");
        return NAN;
    }
    if (dsci_labels_check(trainer->model, plan, targets, plan->batch, "train step") != DSC_OK)
        return NAN;
    const unsigned mode = dsc_float_mode_enter();
    const double loss = step(trainer, plan, (dsci_batch){ x, targets });
    dsc_float_mode_leave(mode);
    return loss;
}

/* What an epoch goes through; buffers of one batch, rows in this epoch's order. */
struct run {
    dsc_trainer trainer;
    const dsc_examples *examples;
    dsci_plan *full, *rest; /* full is NULL if there are fewer examples */
    uint32_t *order;
    float *x, *targets;
    int32_t *labels;
    dsc_rng rng;
};

/* Makes plans and buffers for the examples; buffers in the scope. False, with the error in that scope, if it
   cannot be. */
static bool run_init(dsc_scope *scope, struct run *run, dsc_model *model, const dsc_examples *examples,
                     const dsc_fit_options *options)
{
    const size_t batch = model->options.batch, rest = examples->count % batch;
    if (examples->count == 0 || examples->count > UINT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "fit: expected 1 to %u examples, found %zu", UINT32_MAX,
                       examples->count);
        return false;
    }
    dsci_plan *plan = trainer_init(scope, &run->trainer, model, &options->optimizer);
    if (!plan)
        return false;
    run->examples = examples;
    run->full = examples->count >= batch ? plan : NULL;
    run->rest = rest ? dsci_model_plan(model, rest, DSCI_TRAINING) : plan;
    if (!run->rest || dsci_examples_check(model, plan, examples, "fit") != DSC_OK) {
        dsc_scope_adopt_error(scope, model->scope);
        return false;
    }
    run->rng = dsc_rng_make(options->shuffle_seed ? options->shuffle_seed : model->seed, DSC_STREAM_SHUFFLE);
    const size_t rows = run->full ? batch : rest;
    run->order = dsc_scope_alloc(scope, examples->count, sizeof *run->order);
    run->x = dsc_scope_alloc(scope, rows * examples->features, sizeof *run->x);
    if (plan->expected->type == DSCI_I32)
        run->labels = dsc_scope_alloc(scope, rows, sizeof *run->labels);
    else
        run->targets = dsc_scope_alloc(scope, rows * dsci_tensor_cols(plan->expected), sizeof *run->targets);
    return dsc_scope_status(scope) == DSC_OK;
}

/* Copies the rows of a batch together. */
static dsci_batch gather(const struct run *run, size_t first, size_t rows)
{
    const dsci_kernels *kernels = dsci_kernels_for(DSC_ISA_AUTO);
    const uint32_t *index = run->order + first;
    kernels->gather_rows(run->x, run->examples->x, index, rows, run->examples->features);
    for (size_t i = 0; run->labels && i < rows; i++)
        run->labels[i] = run->examples->labels[index[i]];
    if (run->targets)
        kernels->gather_rows(run->targets, run->examples->targets, index, rows,
                             dsci_tensor_cols(run->trainer.plan->expected));
    return (dsci_batch){ run->x, run->labels ? (const void *)run->labels : run->targets };
}

/* One pass over the examples, in the order of its number. */
static dsc_status run_epoch(struct run *run, size_t epoch)
{
    const size_t count = run->examples->count, batch = run->trainer.model->options.batch;
    dsc_rng_permutation(run->rng, (uint32_t)epoch, run->order, count);
    for (size_t first = 0; first < count; first += batch) {
        dsci_plan *plan = run->full && count - first >= batch ? run->full : run->rest;
        const double loss = step(&run->trainer, plan, gather(run, first, plan->batch));
        if (!isfinite(loss))
            return dsc_scope_fail(
                run->trainer.model->scope, DSC_ERROR_NUMERIC,
                "fit: expected a finite loss, found %g in epoch %zu, step %zu; lower the learning "
                "rate or look for extreme inputs",
                loss, epoch, first / batch + 1);
    }
    return DSC_OK;
}

dsc_status dsc_fit(dsc_model *model, const dsc_examples *train, const dsc_fit_options *options)
{
    if (!model)
        return DSC_ERROR_ARGUMENT;
    if (!train || !options)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                              "fit: expected examples and options, found NULL");
    if (dsc_scope_status(model->scope) != DSC_OK)
        return dsc_scope_status(model->scope);
    dsc_scope *local = dsc_scope_open(NULL);
    struct run run = { .order = NULL };
    const bool ready = run_init(local, &run, model, train, options);
    dsc_status status = ready ? DSC_OK : dsc_scope_adopt_error(model->scope, local);
    for (size_t epoch = 1; ready && epoch <= options->epochs && status == DSC_OK; epoch++) {
        const unsigned mode = dsc_float_mode_enter();
        status = run_epoch(&run, epoch);
        dsc_float_mode_leave(mode);
        if (status == DSC_OK && options->on_epoch && !options->on_epoch(options->user, epoch))
            status = DSC_STOPPED;
    }
    dsc_scope_close(&local);
    return status;
}
