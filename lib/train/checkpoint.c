/* checkpoint.c - a training in a file: it goes on to the same bits as one that was never stopped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/file.h>
#include <descent/hash.h>
#include <descent/text.h>

#include "graph/structure.h"
#include "record/container.h"
#include "train/fit.h"

static const char FORMAT[] = "descent checkpoint 1";

/* --- The recipe: everything that the bits depend on, a line each --- */

static void write_port(dsc_text *text, dsc_scope *scope, const dsci_port *port, size_t count)
{
    char digest[65];
    const size_t rows = port->column.unbatched ? 1 : count;
    dsc_text_format(text, "=%zux%zu %s\n", rows, port->width,
                    dsc_digest_hex(dsci_port_digest(scope, port, rows), digest));
}

/* What the network reads of the examples: the first real input, the first of integers and the first that is
   expected have lines of their own, whatever they are called; others their names. */
static void write_examples(dsc_text *text, dsc_scope *scope, const char *name, const dsci_feed *feed,
                           const dsci_execution *plan, size_t count)
{
    enum { X, TOKENS, EXPECTED, KINDS };
    static const char *const kinds[KINDS] = { "x", "tokens", "expected" };
    const dsci_port *first[KINDS] = { NULL };
    for (size_t i = feed->count; i-- > 0;)
        first[i >= plan->input_count ? EXPECTED : feed->ports[i].column.i32 ? TOKENS : X] = &feed->ports[i];
    for (int kind = 0; kind < KINDS; kind++) {
        dsc_text_format(text, "%s %s", name, kinds[kind]);
        if (first[kind])
            write_port(text, scope, first[kind], count);
        else
            dsc_text_format(text, "=%zux0 none\n", count);
    }
    for (size_t i = 0; i < feed->count; i++) {
        const dsci_port *port = &feed->ports[i];
        if (port == first[X] || port == first[TOKENS] || port == first[EXPECTED])
            continue;
        dsc_text_format(text, "%s %s '%s'", name, i < plan->input_count ? "input" : "expected",
                        port->column.name);
        write_port(text, scope, port, count);
    }
}

static void write_model(dsc_text *text, const dsc_model *model, const char *structure)
{
    char digest[65];
    dsc_text_format(text, "network=%s\n", dsc_digest_hex(dsc_sha256(structure, strlen(structure)), digest));
    dsc_text_format(text, "type=%s\nengine=%s\nbatch=%zu\nshard=%zu\nseed=%llu\n",
                    dsci_type_name(dsci_model_type(model)), dsc_engine_name(model->options.engine),
                    model->options.batch, model->shard_rows, (unsigned long long)model->seed);
    for (size_t i = 0; i < model->options.frozen_count; i++)
        dsc_text_format(text, "frozen=%s\n", model->options.frozen[i]);
}

static void write_optimizer(dsc_text *text, const dsc_optimizer *o)
{
    const dsc_schedule *s = &o->schedule;
    dsc_text_format(text, "optimizer=%d\nlr=%.17g\nmomentum=%.17g\nbeta1=%.17g\nbeta2=%.17g\nepsilon=%.17g\n",
                    (int)o->kind, o->lr, o->momentum, o->beta1, o->beta2, o->epsilon);
    dsc_text_format(text, "weight_decay=%.17g\nl1=%.17g\nl2=%.17g\ndecoupled_decay=%.17g\nmax_norm=%.17g\n",
                    o->weight_decay, o->l1, o->l2, o->decoupled_decay, o->max_norm);
    dsc_text_format(text, "clip_norm=%.17g\nclip_value=%.17g\ncentered=%d\nsutskever=%d\n", o->clip_norm,
                    o->clip_value, o->centered, o->sutskever);
    if (o->lazy_rows)
        dsc_text_append(text, "lazy_rows=1\n");
    dsc_text_format(
        text, "schedule=%d %d %.17g %.17g %.17g %.17g %zu %zu %.17g %.17g %.17g %.17g %.17g %.17g\n",
        (int)s->kind, s->by_epoch, s->factor, s->period, s->minimum, s->warmup, s->patience, s->cooldown,
        s->threshold, s->rise, s->divide, s->divide_at_end, s->momentum_low, s->momentum_high);
    for (size_t i = 0; i < o->group_count; i++) {
        const dsc_parameter_group *g = &o->groups[i];
        dsc_text_format(text, "group=%s %.17g %d %d %.17g %.17g %.17g %.17g\n", g->match, g->lr_factor,
                        g->frozen, g->no_decay, g->weight_decay, g->l1, g->l2, g->max_norm);
    }
}

static void write_options(dsc_text *text, const dsci_fit *fit)
{
    const dsc_fit_options *o = fit->options;
    dsc_text_format(text, "shuffle_seed=%llu\nfixed_order=%d\nsteps=%zu\n", (unsigned long long)fit->rng.seed,
                    o->fixed_order, o->steps);
    dsc_text_format(text, "patience=%zu\nmin_delta=%.17g\nby_error=%d\nkeep_best=%d\n", o->patience,
                    o->min_delta, o->by_error, o->keep_best);
    const dsc_augmentation *a = o->augmentation;
    if (a && a->input)
        dsc_text_format(text, "augmented=%s\n", a->input);
    if (a)
        dsc_text_format(text, "augmentation=%zux%zux%zu %d %.17g %.17g %zu %.17g %.17g %llu\n", a->height,
                        a->width, a->channels, a->flip, a->shift, a->rotate, a->crop, a->noise, a->fill,
                        (unsigned long long)a->seed);
}

/* The recipe in the scope; NULL on failure. */
static const char *write_recipe(dsc_scope *scope, const dsci_fit *fit)
{
    const char *structure = dsci_structure_write(scope, fit->model);
    dsc_text *text = dsc_text_open(scope);
    if (!structure)
        return NULL;
    write_model(text, fit->model, structure);
    write_optimizer(text, &fit->options->optimizer);
    write_options(text, fit);
    write_examples(text, scope, "examples", &fit->trainer.feed, fit->trainer.plan, fit->examples->count);
    if (fit->options->validation)
        write_examples(text, scope, "validation", &fit->validation.feed, fit->validation.full,
                       fit->validation.count);
    return dsc_text_string(text);
}

/* --- What is in the file --- */

enum { PROGRESS = 7, EPOCH = 7, SCALARS = DSCI_OPTIMIZER_SCALARS, ARRAYS = 12 };

/* Everything that changes as training goes on. Writing takes the addresses as they are, reading fills memory
   of its own, which is copied when all of it is good. */
struct contents {
    dsci_container_array arrays[ARRAYS];
    void *live[ARRAYS]; /* where the values belong */
    size_t count;
    double progress[PROGRESS], scalars[SCALARS];
    double *history;
};

static size_t bytes_of(const dsci_container_array *array)
{
    size_t bytes = array->type == DSCI_ELEMENT_F64 ? sizeof(double) : sizeof(float);
    for (size_t i = 0; i < array->rank; i++)
        bytes *= array->shape[i];
    return bytes;
}

static void add(struct contents *contents, const char *name, dsci_element type, size_t count, void *values)
{
    if (!values || count == 0)
        return;
    contents->live[contents->count] = values;
    contents->arrays[contents->count++] =
        (dsci_container_array){ .name = name, .type = type, .rank = 1, .shape = { count }, .data = values };
}

static void list(struct contents *contents, const dsci_fit *fit)
{
    const dsc_model *model = fit->model;
    const dsci_optimizer_state *optimizer = &fit->trainer.optimizer;
    const dsci_element type = dsci_model_master_type(model) == DSCI_F64 ? DSCI_ELEMENT_F64 : DSCI_ELEMENT_F32;
    add(contents, "progress", DSCI_ELEMENT_F64, PROGRESS, contents->progress);
    add(contents, "parameters", type, model->elements, model->parameters);
    add(contents, "state", type, model->state_elements, model->state);
    add(contents, "optimizer/scalars", DSCI_ELEMENT_F64, SCALARS, contents->scalars);
    add(contents, "optimizer/first", type, model->elements, optimizer->first);
    add(contents, "optimizer/second", type, model->elements, optimizer->second);
    add(contents, "optimizer/third", type, model->elements, optimizer->third);
    add(contents, "best/parameters", type, model->elements, fit->best_parameters);
    add(contents, "best/state", type, model->state_elements, fit->best_state);
}

/* The losses of a sum have columns behind those of all trainings: in training, in validation, and the error
   rates there. */
static size_t summed_losses(const dsci_fit *fit)
{
    return fit->model->root->producer->op == &dsci_op_loss_sum ? fit->trainer.plan->loss_count : 0;
}

static size_t history_columns(const dsci_fit *fit)
{
    return EPOCH + 3 * summed_losses(fit);
}

static void add_history(struct contents *contents, size_t epochs, size_t columns)
{
    add(contents, "history", DSCI_ELEMENT_F64, epochs * columns, contents->history);
    dsci_container_array *array = &contents->arrays[contents->count - 1];
    if (contents->history && epochs > 0) {
        array->rank = 2;
        array->shape[0] = epochs;
        array->shape[1] = columns;
    }
}

static void pack_epoch(const dsci_fit *fit, const dsc_epoch *e, double *row)
{
    const size_t summed = summed_losses(fit);
    const double common[EPOCH] = { e->train_loss,    e->validation.loss, e->validation.error_rate, e->lr,
                                   e->gradient_norm, e->seconds,         (double)e->epoch };
    memcpy(row, common, sizeof common);
    for (size_t i = 0; i < summed; i++) {
        const bool validated = i < e->validation.loss_count;
        row[EPOCH + i] = e->train_losses[i].loss;
        row[EPOCH + summed + i] = validated ? e->validation.losses[i].loss : NAN;
        row[EPOCH + 2 * summed + i] = validated ? e->validation.losses[i].error_rate : NAN;
    }
}

static dsc_epoch unpack_epoch(const dsci_fit *fit, size_t epoch, const double *row)
{
    const dsci_execution *plan = fit->trainer.plan;
    const size_t summed = summed_losses(fit);
    dsc_epoch e = { .epoch = epoch,
                    .train_loss = row[0],
                    .loss_count = plan->loss_count,
                    .validation = { .loss = row[1],
                                    .error_rate = row[2],
                                    .loss_count = fit->options->validation ? plan->loss_count : 0 },
                    .lr = row[3],
                    .gradient_norm = row[4],
                    .seconds = row[5] };
    for (size_t i = 0; i < plan->loss_count; i++) {
        const char *name = plan->losses[i].name;
        e.train_losses[i] = (dsc_loss_value){ name, summed ? row[EPOCH + i] : row[0], NAN };
        e.validation.losses[i] = (dsc_loss_value){ name, summed ? row[EPOCH + summed + i] : row[1],
                                                   summed ? row[EPOCH + 2 * summed + i] : row[2] };
    }
    return e;
}

static void pack(const dsci_fit *fit, struct contents *contents)
{
    const dsci_fit_state *p = &fit->progress;
    const double progress[PROGRESS] = { (double)p->epoch,   (double)p->steps, (double)fit->model->step,
                                        p->first,           p->best,          (double)p->best_epoch,
                                        (double)p->finished };
    memcpy(contents->progress, progress, sizeof progress);
    memcpy(contents->scalars, &fit->trainer.optimizer.progress, sizeof contents->scalars);
    for (size_t i = 0; i < p->epoch; i++)
        pack_epoch(fit, &fit->history[i], contents->history + i * history_columns(fit));
}

static void unpack(dsci_fit *fit, const struct contents *contents)
{
    const double *p = contents->progress;
    fit->progress = (dsci_fit_state){ .epoch = (size_t)p[0],
                                      .steps = (uint64_t)p[1],
                                      .first = p[3],
                                      .best = p[4],
                                      .best_epoch = (size_t)p[5],
                                      .finished = p[6] != 0 };
    fit->model->step = (uint32_t)p[2];
    memcpy(&fit->trainer.optimizer.progress, contents->scalars, sizeof contents->scalars);
    for (size_t i = 0; i < fit->progress.epoch; i++)
        fit->history[i] = unpack_epoch(fit, i + 1, contents->history + i * history_columns(fit));
}

dsc_status dsci_checkpoint_write(dsci_fit *fit)
{
    dsc_scope *local = dsc_scope_open(NULL);
    struct contents contents = { .count = 0 };
    contents.history = dsc_scope_alloc(local, fit->progress.epoch * history_columns(fit), sizeof(double));
    if (contents.history) {
        pack(fit, &contents);
        list(&contents, fit);
        add_history(&contents, fit->progress.epoch, history_columns(fit));
        const dsc_attribute texts[] = { { "format", FORMAT }, { "recipe", fit->recipe } };
        dsci_container_write(local, fit->options->checkpoint, contents.arrays, contents.count, texts, 2);
    }
    const dsc_status status = dsc_scope_adopt_error(fit->model->scope, local);
    dsc_scope_close(&local);
    return status;
}

/* --- Reading --- */

/* Whether the numbers can be those of a training that is not further than asked for. */
static bool is_sound(dsc_scope *local, const dsci_fit *fit, const double p[PROGRESS])
{
    if (!dsci_is_count(p[0], UINT32_MAX) || p[0] < 1 || !dsci_is_count(p[1], 0x1p53) ||
        !dsci_is_count(p[2], UINT32_MAX) || !dsci_is_count(p[5], p[0])) {
        dsc_scope_fail(local, DSC_ERROR_FORMAT, "'%s' is damaged: its progress is not a training's",
                       fit->options->checkpoint);
        return false;
    }
    if (p[0] <= (double)fit->epochs)
        return true;
    dsc_scope_fail(local, DSC_ERROR_MISMATCH,
                   "'%s' is the checkpoint of another training: expected at most %zu epochs, found %.0f",
                   fit->options->checkpoint, fit->epochs, p[0]);
    return false;
}

/* Steps and epochs of the optimizer become integers. */
static bool is_sound_optimizer(dsc_scope *local, const dsci_fit *fit, const double *scalars)
{
    dsci_optimizer_progress progress;
    memcpy(&progress, scalars, sizeof progress);
    if (dsci_is_count(progress.step, 0x1p53) && dsci_is_count(progress.epoch, 0x1p53))
        return true;
    dsc_scope_fail(local, DSC_ERROR_FORMAT, "'%s' is damaged: its optimizer has taken no number of steps",
                   fit->options->checkpoint);
    return false;
}

static bool read_array(dsc_scope *local, const dsci_container *container, dsci_container_array *array)
{
    void *values = dsc_scope_alloc(local, 1, bytes_of(array));
    array->data = values;
    return values && dsci_container_read(container, array, values) == DSC_OK;
}

/* The history is as long as the progress says: a file that cannot hold it is refused before memory is made.
 */
static bool read_history(dsc_scope *local, const dsci_container *container, dsci_fit *fit,
                         struct contents *contents)
{
    dsci_container_array found;
    const size_t epochs = (size_t)contents->progress[0], columns = history_columns(fit);
    if (!dsci_container_find(container, "history", &found))
        return false;
    if (found.rank != 2 || found.shape[0] != epochs || found.shape[1] != columns) {
        dsc_scope_fail(local, DSC_ERROR_FORMAT, "'%s' is damaged: its history is not that of %zu epochs",
                       fit->options->checkpoint, epochs);
        return false;
    }
    contents->history = dsc_scope_alloc(local, epochs * columns, sizeof(double));
    fit->history = dsc_scope_alloc(fit->scope, epochs, sizeof *fit->history);
    fit->history_capacity = epochs;
    dsc_scope_adopt_error(local, fit->scope);
    found.type = DSCI_ELEMENT_F64;
    return contents->history && fit->history &&
           dsci_container_read(container, &found, contents->history) == DSC_OK;
}

/* Reads all of it into memory of the local scope, then puts it where it belongs. */
static void read_contents(dsc_scope *local, const dsci_container *container, dsci_fit *fit)
{
    struct contents contents = { .count = 0 };
    list(&contents, fit);
    for (size_t i = 0; i < contents.count; i++)
        if (!read_array(local, container, &contents.arrays[i]))
            return;
    /* What was read for the contents' own arrays is needed to judge the rest. */
    for (size_t i = 0; i < contents.count; i++)
        if (contents.live[i] == contents.progress || contents.live[i] == contents.scalars)
            memcpy(contents.live[i], contents.arrays[i].data, bytes_of(&contents.arrays[i]));
    if (!is_sound(local, fit, contents.progress) || !is_sound_optimizer(local, fit, contents.scalars) ||
        !read_history(local, container, fit, &contents))
        return;
    for (size_t i = 0; i < contents.count; i++)
        memcpy(contents.live[i], contents.arrays[i].data, bytes_of(&contents.arrays[i]));
    unpack(fit, &contents);
}

static void read_checkpoint(dsc_scope *local, dsci_fit *fit)
{
    const char *path = fit->options->checkpoint;
    const dsci_container *container = dsci_container_open(local, path);
    if (!container)
        return;
    if (dsci_container_expect(container, DSC_FILE_CHECKPOINT) != DSC_OK)
        return;
    if (strcmp(dsci_container_text(container, "", "format"), FORMAT) != 0) {
        dsc_scope_fail(local, DSC_ERROR_FORMAT,
                       "'%s' is not a checkpoint of this version: expected the attribute format '%s'", path,
                       FORMAT);
        return;
    }
    if (dsci_container_expect_recipe(container, fit->recipe) == DSC_OK)
        read_contents(local, container, fit);
}

dsc_status dsci_checkpoint_read(dsci_fit *fit)
{
    dsc_scope *local = dsc_scope_open(NULL);
    fit->recipe = write_recipe(fit->scope, fit);
    dsc_scope_adopt_error(local, fit->scope);
    if (fit->recipe && dsc_file_exists(fit->options->checkpoint))
        read_checkpoint(local, fit);
    const dsc_status status = dsc_scope_adopt_error(fit->model->scope, local);
    dsc_scope_close(&local);
    return status;
}
