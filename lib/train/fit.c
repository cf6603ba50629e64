/* fit.c - the training loop. */
#include "train/fit.h"

#include <math.h>
#include <string.h>

#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/file.h>

/* --- One step --- */

/* Makes the trainer, with its memory in the scope. Returns the plan of the full batch; NULL, with the error
   in that scope or the model's, if it cannot be. */
static dsci_execution *trainer_init(dsc_scope *scope, dsc_trainer *trainer, dsc_model *model,
                                    const dsc_optimizer *optimizer, const dsci_feed_options *feeding)
{
    if (model->options.inference) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "train: expected a model with gradients, found one compiled for inference");
        return NULL;
    }
    dsci_execution *plan = dsci_model_execution(model, model->options.batch, DSCI_TRAINING);
    if (!plan) {
        dsc_scope_adopt_error(scope, model->scope);
        return NULL;
    }
    *trainer = (dsc_trainer){ .model = model, .plan = plan, .examples = feeding->examples->count };
    if (dsci_feed_make(scope, &trainer->feed, model, plan, feeding) != DSC_OK)
        return NULL;
    const dsc_status status =
        dsci_optimizer_make(scope, &trainer->optimizer, optimizer ? optimizer : &(dsc_optimizer){ 0 },
                            model->options.dtype, model->slices, model->slice_count, model->elements);
    if (status != DSC_OK || dsci_optimizer_follow_rows(scope, &trainer->optimizer, model->slices,
                                                       model->slice_count, model->touched) != DSC_OK)
        return NULL;
    return plan;
}

/* One batch brought to the plan, the plan and the update: one parallel region. */
struct step {
    dsc_trainer *trainer;
    dsci_execution *plan;
    dsci_batch batch;
    dsc_status (*judge)(void *user, double loss); /* before the update, on one thread; NULL: it goes on */
    void *user;
    dsc_status status; /* only if it is OK the parameters are updated */
};

static void update(dsc_trainer *trainer, dsci_region region)
{
    dsc_model *model = trainer->model;
    const bool timed = model->options.profile && region.thread == 0;
    const double start = timed ? dsc_clock_seconds() : 0;
    dsci_optimizer_update(&trainer->optimizer, model->parameters, model->gradients, region);
    if (timed)
        model->update_seconds += dsc_clock_seconds() - start;
}

static void run_step(void *user, dsci_region region)
{
    struct step *step = user;
    dsci_feed_batch(&step->trainer->feed, step->plan, &step->batch, region);
    dsci_execution_run_in(step->plan, region);
    if (region.thread == 0 && step->judge)
        step->status = step->judge(step->user, *step->plan->loss);
    dsci_region_wait(region);
    if (step->status == DSC_OK)
        update(step->trainer, region);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static dsc_status take_step(struct step *step)
{
    const dsc_trainer *trainer = step->trainer;
    dsc_model *model = trainer->model;
    const int feeding = dsci_feed_threads(&trainer->feed, step->plan, &step->batch);
    const int updating = trainer->optimizer.is_large ? model->threads : 1;
    step->status = DSC_OK;
    dsci_region_run(larger(step->plan->threads, larger(feeding, updating)), run_step, step);
    if (step->status == DSC_OK) {
        model->updates++;
        model->step++;
    }
    return step->status;
}

/* Fails for a batch normalisation that sees one value of each channel in a batch, which has no variance. The
   plan is that of most batches of the training. */
static dsc_status check_normalisation(const dsc_model *model, const dsci_execution *plan, const char *what)
{
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        const dsci_tensor *x = node->in[0];
        if (node->op == &dsci_op_batch_norm && x->elements == x->shape.dim[x->shape.rank - 1])
            return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                                  "%s: layer '%s': expected batches of 2 values of each channel at least, "
                                  "found 1, which has no variance; set .batch of dsc_compile(), give more "
                                  "examples or use dsc_layer_norm()",
                                  what, node->name);
    }
    return DSC_OK;
}

dsc_trainer *dsc_trainer_make(dsc_model *model, const dsc_optimizer *optimizer, const dsc_examples *examples)
{
    if (!model)
        return NULL;
    if (!examples || examples->count < model->options.batch) {
        dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                       "train step: expected examples for a batch of %zu, found %zu", model->options.batch,
                       examples ? examples->count : 0);
        return NULL;
    }
    const dsci_feed_options feeding = { .examples = examples,
                                        .rows = model->options.batch,
                                        .what = "train step" };
    dsc_trainer *trainer = dsc_scope_alloc(model->scope, 1, sizeof *trainer);
    if (!trainer || !trainer_init(model->scope, trainer, model, optimizer, &feeding))
        return NULL;
    return check_normalisation(model, trainer->plan, "train step") == DSC_OK ? trainer : NULL;
}

double dsc_trainer_step(dsc_trainer *trainer, size_t first)
{
    if (!trainer || dsc_scope_status(trainer->model->scope) != DSC_OK)
        return NAN;
    const dsc_model *model = trainer->model;
    dsci_execution *plan = trainer->plan;
    if (first > trainer->examples - plan->batch) {
        dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                       "train step: expected a batch of %zu inside %zu examples, found one from %zu on",
                       plan->batch, trainer->examples, first);
        return NAN;
    }
    if (dsci_feed_check(&trainer->feed, model, plan, first, plan->batch, "train step") != DSC_OK)
        return NAN;
    take_step(&(struct step){ .trainer = trainer, .plan = plan, .batch = { .first = first } });
    return *plan->loss;
}

/* --- Options --- */

static bool watches(const dsc_fit_options *options)
{
    return options->patience > 0 || options->keep_best;
}

static dsc_status check_options(dsc_scope *scope, const dsc_model *model, const dsc_examples *examples,
                                const dsc_fit_options *options)
{
    if (examples->count == 0 || examples->count > UINT32_MAX)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "fit: expected 1 to %u examples, found %zu",
                              UINT32_MAX, examples->count);
    if (watches(options) && !options->validation)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "fit: expected validation examples for patience or keep_best, found none");
    if (!(options->min_delta >= 0) || !(options->divergence >= 0))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "fit: expected min_delta and divergence of 0 at least, found %g and %g",
                              options->min_delta, options->divergence);
    return dsc_scope_status(model->scope);
}

/* --- An epoch --- */

static size_t element_bytes(const dsci_fit *fit)
{
    return dsci_type_size(dsci_model_master_type(fit->model));
}

static bool measures_errors(const dsci_execution *plan)
{
    for (size_t i = 0; i < plan->loss_count; i++)
        if (plan->losses[i].errors)
            return true;
    return false;
}

/* Makes plans and buffers for the examples. False, with the error in the fit's scope or the model's, if it
   cannot be. */
static bool fit_init(dsci_fit *fit)
{
    dsc_model *model = fit->model;
    const dsc_fit_options *options = fit->options;
    const size_t batch = model->options.batch, count = fit->examples->count, rest = count % batch;
    if (check_options(fit->scope, model, fit->examples, options) != DSC_OK)
        return false;
    const dsci_feed_options feeding = { .examples = fit->examples,
                                        .rows = count < batch ? count : batch,
                                        .gathers = true,
                                        .augmentation = options->augmentation,
                                        .what = "fit" };
    dsci_execution *plan = trainer_init(fit->scope, &fit->trainer, model, &options->optimizer, &feeding);
    if (!plan)
        return false;
    fit->full = count >= batch ? plan : NULL;
    fit->rest = rest ? dsci_model_execution(model, rest, DSCI_TRAINING) : plan;
    if (!fit->rest || check_normalisation(model, fit->full ? fit->full : fit->rest, "fit") != DSC_OK)
        return false;
    fit->rng = dsc_rng_make(options->shuffle_seed ? options->shuffle_seed : model->seed, DSC_STREAM_SHUFFLE);
    fit->order = dsc_scope_alloc(fit->scope, count, sizeof *fit->order);
    for (size_t i = 0; fit->order && i < count; i++)
        fit->order[i] = (uint32_t)i;
    if (options->validation && !dsci_evaluation_make(fit->scope, &fit->validation, model, model->root,
                                                     DSCI_EVALUATION, options->validation, "fit: validation"))
        return false;
    if (options->by_error && options->validation && !measures_errors(fit->validation.full)) {
        dsc_scope_fail(fit->scope, DSC_ERROR_ARGUMENT,
                       "fit: expected a loss that compares with labels for early stopping by_error");
        return false;
    }
    if (watches(options)) {
        fit->best_parameters = dsc_scope_alloc(fit->scope, model->elements, element_bytes(fit));
        fit->best_state = dsc_scope_alloc(fit->scope, model->state_elements, element_bytes(fit));
    }
    fit->epochs = options->epochs == 0 && options->steps > 0 ? UINT32_MAX : options->epochs;
    fit->progress = (dsci_fit_state){ .first = NAN, .best = INFINITY };
    return dsc_scope_status(fit->scope) == DSC_OK;
}

/* Fails the training, naming the step and where its numbers went wrong. */
static dsc_status fail_not_finite(const dsci_fit *fit, dsci_execution *plan, double loss, size_t epoch,
                                  size_t step)
{
    const char *where = dsci_find_not_finite(fit->scope, fit->model, plan);
    return dsc_scope_fail(fit->model->scope, DSC_ERROR_NUMERIC,
                          "fit: expected a finite loss, found %g in epoch %zu, step %zu; the first value "
                          "that is not finite is in %s; lower the learning rate or look for extreme inputs",
                          loss, epoch, step, where ? where : "the network");
}

static dsc_status check_loss(dsci_fit *fit, dsci_execution *plan, double loss, size_t epoch, size_t step)
{
    if (!isfinite(loss))
        return fail_not_finite(fit, plan, loss, epoch, step);
    if (fit->progress.steps == 0)
        fit->progress.first = loss;
    const double limit = fit->options->divergence * fabs(fit->progress.first);
    if (fit->options->divergence > 0 && loss > limit)
        return dsc_scope_fail(fit->model->scope, DSC_ERROR_NUMERIC,
                              "fit: the training diverges: expected a loss of at most %g, %g times the "
                              "first, found %g in epoch %zu, step %zu; lower the learning rate",
                              limit, fit->options->divergence, loss, epoch, step);
    return DSC_OK;
}

/* Looks for values that are not finite after an epoch: a bad last update would show only in the loss of the
   next step. */
static dsc_status check_learned(const dsci_fit *fit, size_t epoch, size_t step)
{
    const char *found = dsci_find_not_finite_learned(fit->scope, fit->model);
    if (!found)
        return dsc_scope_adopt_error(fit->model->scope, fit->scope);
    return dsc_scope_fail(fit->model->scope, DSC_ERROR_NUMERIC,
                          "fit: expected finite parameters after epoch %zu, step %zu, found a value that is "
                          "not finite in %s; lower the learning rate or look for extreme inputs",
                          epoch, step, found);
}

static double norm_of_gradients(const dsc_model *model)
{
    double sum = 0;
    for (size_t i = 0; i < model->elements; i++) {
        const double g = model->options.dtype == DSC_DTYPE_F64 ? ((const double *)model->gradients)[i]
                                                               : (double)((const float *)model->gradients)[i];
        sum += g * g;
    }
    return sqrt(sum);
}

static bool is_out_of_steps(const dsci_fit *fit)
{
    return fit->options->steps > 0 && fit->progress.steps >= fit->options->steps;
}

/* A mean over batches, weighted by what counts in each of them. */
struct mean {
    double unit, sum, weight;
};

/* Weights are divided by the first one: for batches of equal weight the mean is then exactly the sum of the
   values over their number. */
static void add_to_mean(struct mean *mean, double value, double weight)
{
    if (weight == 0)
        return;
    mean->unit = mean->unit > 0 ? mean->unit : weight;
    mean->sum += value * (weight / mean->unit);
    mean->weight += weight / mean->unit;
}

static void note_losses(dsc_epoch *measured, const dsci_execution *plan, const struct mean *means)
{
    measured->loss_count = plan->loss_count;
    for (size_t i = 0; i < plan->loss_count; i++)
        measured->train_losses[i] =
            (dsc_loss_value){ .name = plan->losses[i].name,
                              .loss = means[i].weight > 0 ? means[i].sum / means[i].weight : 0,
                              .error_rate = NAN };
    measured->train_loss = dsci_total_loss(plan, measured->train_losses);
}

/* A step of a fit, and what its epoch has measured so far. */
struct fit_step {
    dsci_fit *fit;
    dsci_execution *plan;
    size_t epoch, number;
    double norm_sum;
};

static dsc_status judge(void *user, double loss)
{
    struct fit_step *step = user;
    const dsc_status status = check_loss(step->fit, step->plan, loss, step->epoch, step->number);
    if (status == DSC_OK && step->fit->options->gradient_norms)
        step->norm_sum += norm_of_gradients(step->fit->model);
    return status;
}

/* One pass over the examples, in the order of its number. Fills in what was measured. */
static dsc_status train_epoch(dsci_fit *fit, dsc_epoch *measured)
{
    const size_t count = fit->examples->count, batch = fit->model->options.batch, epoch = measured->epoch;
    struct mean means[DSC_MOST_LOSSES] = { { 0, 0, 0 } };
    struct fit_step at = { .fit = fit, .epoch = epoch };
    size_t steps = 0;
    if (!fit->options->fixed_order)
        dsc_rng_permutation(fit->rng, (uint32_t)epoch, fit->order, count);
    for (size_t first = 0; first < count && !is_out_of_steps(fit); first += batch) {
        if (!dsc_scope_goes_on(fit->model->scope))
            return dsc_scope_status(fit->model->scope);
        dsci_execution *plan = fit->full && count - first >= batch ? fit->full : fit->rest;
        at.plan = plan;
        at.number = first / batch + 1;
        struct step step = { .trainer = &fit->trainer,
                             .plan = plan,
                             .batch = { .index = fit->order + first, .epoch = (uint32_t)epoch },
                             .judge = judge,
                             .user = &at };
        if (take_step(&step) != DSC_OK)
            return dsc_scope_status(fit->model->scope);
        for (size_t i = 0; i < plan->loss_count; i++)
            add_to_mean(&means[i], *plan->losses[i].mean, *plan->losses[i].weight);
        fit->progress.steps++;
        steps++;
    }
    note_losses(measured, fit->trainer.plan, means);
    measured->gradient_norm = fit->options->gradient_norms ? at.norm_sum / (double)steps : NAN;
    measured->lr = fit->trainer.optimizer.lr;
    return check_learned(fit, epoch, steps);
}

/* --- After an epoch --- */

static void copy_model(const dsci_fit *fit, void *parameters, void *state, const void *from_parameters,
                       const void *from_state)
{
    memcpy(parameters, from_parameters, fit->model->elements * element_bytes(fit));
    memcpy(state, from_state, fit->model->state_elements * element_bytes(fit));
}

/* An epoch whose measure is not finite is never the best. */
static bool is_best(const dsci_fit_state *progress, double value, double min_delta)
{
    return isfinite(value) && (progress->best_epoch == 0 || value < progress->best - min_delta);
}

/* Keeps the best model so far. Training is over if it has been the best for too long. */
static void watch(dsci_fit *fit, const dsc_epoch *measured)
{
    const dsc_fit_options *options = fit->options;
    dsci_fit_state *progress = &fit->progress;
    if (!watches(options))
        return;
    const double value = options->by_error ? measured->validation.error_rate : measured->validation.loss;
    if (is_best(progress, value, options->min_delta)) {
        progress->best = value;
        progress->best_epoch = measured->epoch;
        copy_model(fit, fit->best_parameters, fit->best_state, fit->model->parameters, fit->model->state);
    }
    progress->finished = options->patience > 0 && measured->epoch - progress->best_epoch >= options->patience;
}

static void restore_best(dsci_fit *fit)
{
    if (fit->progress.best_epoch > 0)
        copy_model(fit, fit->model->parameters, fit->model->state, fit->best_parameters, fit->best_state);
}

/* Notes an epoch in the history that a checkpoint holds. */
static dsc_status remember(dsci_fit *fit, const dsc_epoch *measured)
{
    if (!fit->options->checkpoint)
        return DSC_OK;
    if (fit->progress.epoch == fit->history_capacity) {
        const size_t capacity = 2 * fit->history_capacity + 16;
        dsc_epoch *larger = dsc_scope_alloc(fit->scope, capacity, sizeof *larger);
        if (!larger)
            return dsc_scope_adopt_error(fit->model->scope, fit->scope);
        if (fit->history)
            memcpy(larger, fit->history, fit->progress.epoch * sizeof *larger);
        fit->history = larger;
        fit->history_capacity = capacity;
    }
    fit->history[fit->progress.epoch] = *measured;
    return DSC_OK;
}

static bool is_over(const dsci_fit *fit)
{
    return fit->progress.finished || fit->progress.epoch >= fit->epochs || is_out_of_steps(fit);
}

/* Writes the checkpoint if it is due; at the end it always is. */
static dsc_status save(dsci_fit *fit, bool ending)
{
    const size_t every = fit->options->checkpoint_every ? fit->options->checkpoint_every : 1;
    const size_t since = fit->progress.epoch - fit->saved_epochs;
    if (!fit->options->checkpoint || since == 0 || !(ending || since >= every))
        return DSC_OK;
    const dsc_status status = dsci_checkpoint_write(fit);
    if (status == DSC_OK)
        fit->saved_epochs = fit->progress.epoch;
    return status;
}

static dsc_status run_epoch(dsci_fit *fit)
{
    const dsc_fit_options *options = fit->options;
    const double start = dsc_clock_seconds();
    dsc_epoch measured = { .epoch = fit->progress.epoch + 1,
                           .validation = { .loss = NAN, .error_rate = NAN } };
    const unsigned mode = dsc_float_mode_enter();
    dsc_status status = train_epoch(fit, &measured);
    dsc_float_mode_leave(mode);
    if (status != DSC_OK)
        return status;
    if (options->validation)
        measured.validation = dsci_evaluation_metrics(&fit->validation);
    if (dsc_scope_status(fit->model->scope) != DSC_OK)
        return dsc_scope_status(fit->model->scope);
    dsci_optimizer_epoch(&fit->trainer.optimizer,
                         fit->options->validation ? measured.validation.loss : measured.train_loss);
    watch(fit, &measured);
    measured.seconds = dsc_clock_seconds() - start;
    status = remember(fit, &measured);
    fit->progress.epoch++;
    if (status == DSC_OK)
        status = save(fit, is_over(fit));
    if (status == DSC_OK && options->on_epoch && !options->on_epoch(options->user, &measured)) {
        status = save(fit, true);
        return status == DSC_OK ? DSC_STOPPED : status;
    }
    return status;
}

/* Goes on where the checkpoint ended; the caller's history begins with its epochs. */
static dsc_status resume(dsci_fit *fit)
{
    if (!fit->options->checkpoint)
        return DSC_OK;
    dsc_status status = dsci_checkpoint_read(fit);
    if (status == DSC_OK && !is_over(fit))
        status = dsc_file_check_writable(fit->model->scope, fit->options->checkpoint);
    fit->saved_epochs = fit->progress.epoch;
    for (size_t i = 0; status == DSC_OK && fit->options->on_epoch && i < fit->progress.epoch; i++) {
        dsc_epoch epoch = fit->history[i];
        epoch.restored = true;
        fit->options->on_epoch(fit->options->user, &epoch);
    }
    return status;
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
    dsci_fit fit = { .scope = dsc_scope_open(NULL), .model = model, .options = options, .examples = train };
    dsc_status status = fit_init(&fit) ? resume(&fit) : dsc_scope_adopt_error(model->scope, fit.scope);
    while (status == DSC_OK && !is_over(&fit))
        status = run_epoch(&fit);
    if ((status == DSC_OK || status == DSC_STOPPED) && watches(options))
        restore_best(&fit);
    dsc_scope_close(&fit.scope);
    return status;
}
