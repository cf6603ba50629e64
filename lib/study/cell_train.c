/* cell_train.c - the training of a cell's network, with all that the runner is told of it. */
#include <math.h>

#include "graph/model.h"
#include "graph/network.h"
#include "study/training.h"

/* A training under way. */
struct watch {
    dsc_cell *cell;
    dsc_model *model;
    const dsc_cell_training *training;
    double epochs;
    bool stopped; /* by the runner */
};

dsci_training_length dsci_training_length_of(const dsc_cell_training *training, size_t examples)
{
    const size_t batch = training->compile.batch ? training->compile.batch : 1;
    const dsc_fit_options *fit = &training->fit;
    dsci_training_length length = { .epoch_steps = examples / batch + (examples % batch != 0),
                                    .steps = INFINITY };
    if (fit->epochs > 0 || fit->steps == 0)
        length.steps = (double)fit->epochs * (double)length.epoch_steps;
    if (fit->steps > 0)
        length.steps = fmin(length.steps, (double)fit->steps);
    return length;
}

/* Fails for a value of the axis that no epoch of the training has. */
static bool check_axis(const struct watch *watch, dsc_scope *scope)
{
    const char *axis = watch->training->axis;
    size_t count = 0;
    const double *values = axis ? dsc_cell_axis(watch->cell, axis, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (values[i] > ceil(watch->epochs))
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "%s = %.0f: the training ends after epochs = %.0f; ask for more epochs", axis,
                           values[i], ceil(watch->epochs));
    return dsc_scope_status(scope) == DSC_OK && dsc_scope_status(dsc_cell_scope(watch->cell)) == DSC_OK;
}

static void measure(const struct watch *watch, size_t epoch)
{
    const dsc_cell_training *training = watch->training;
    if (!training->measure)
        return;
    const size_t at =
        training->axis ? dsc_cell_axis_index(watch->cell, training->axis, (double)epoch) : epoch;
    if (at != SIZE_MAX)
        training->measure(watch->cell, watch->model, at, training->user);
}

static bool on_epoch(void *user, const dsc_epoch *epoch)
{
    struct watch *watch = user;
    const dsc_cell_training *training = watch->training;
    if (!epoch->restored)
        measure(watch, epoch->epoch);
    const bool wanted = !training->fit.on_epoch || training->fit.on_epoch(training->fit.user, epoch);
    const double share =
        training->progress == 0 && training->progress_share == 0 ? 1 : training->progress_share;
    const double done = training->progress + share * fmin((double)epoch->epoch / watch->epochs, 1);
    watch->stopped = !dsc_cell_progress(watch->cell, done);
    return wanted && !watch->stopped;
}

static void hash(const struct watch *watch)
{
    const size_t size = dsci_type_size(dsci_model_master_type(watch->model));
    const dsc_cell_hashed hashed = watch->training->hashed;
    size_t count;
    const void *values = dsc_model_parameters(watch->model, &count);
    if (hashed != DSC_CELL_HASHED_NOTHING)
        dsc_cell_hash(watch->cell, values, count * size);
    values = dsc_model_state(watch->model, &count);
    if (hashed == DSC_CELL_HASHED_MODEL)
        dsc_cell_hash(watch->cell, values, count * size);
}

dsc_model *dsc_cell_train(dsc_cell *cell, dsc_node *loss, const dsc_examples *train,
                          const dsc_cell_training *training)
{
    dsc_scope *scope = loss ? loss->scope : dsc_cell_scope(cell);
    if (!loss || !train || !training) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "train: expected a loss, examples and a training, found NULL");
        return NULL;
    }
    const dsci_training_length length = dsci_training_length_of(training, train->count);
    struct watch watch = { .cell = cell,
                           .training = training,
                           .epochs = length.steps / (double)length.epoch_steps };
    if (!check_axis(&watch, scope))
        return NULL;
    dsc_compile_options compile = training->compile;
    if (compile.engine == DSC_ENGINE_AUTO)
        compile.engine = dsc_cell_engine(cell);
    watch.model = dsc_compile(loss, &compile);
    if (!watch.model)
        return NULL;
    measure(&watch, 0);
    dsc_fit_options fit = training->fit;
    fit.on_epoch = on_epoch;
    fit.user = &watch;
    dsc_fit(watch.model, train, &fit);
    if (watch.stopped || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    dsc_cell_note(cell, dsc_model_implementations(scope, watch.model));
    hash(&watch);
    return watch.model;
}
