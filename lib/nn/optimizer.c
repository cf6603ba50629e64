/* optimizer.c - update rules, parameter groups and regularisation. Updates work on chunks of the flat
   vectors, which threads share. */
#include "nn/optimizer.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/patterns.h"
#include "graph/model.h"
#include "kernels/kernels.h"
#include "ops/touched_rows.h"

enum { COLUMNS = 256 }; /* whose norms a thread bounds together */

/* One step's coefficients for one slice. */
struct dsci_update_step {
    dsc_optimizer_kind kind;
    bool centered, sutskever;
    double lr, momentum, beta1, beta2, epsilon, coupled;
    double step_size, root_correction; /* lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t) */
    double nadam_gradient;             /* NADAM: what multiplies g; step_size then multiplies m */
};

#include "nn/update_double.inl"

#define REAL       float
#define RULE(name) name##_f32
#include "nn/update.inl"
#undef REAL
#undef RULE

#define REAL       double
#define RULE(name) name##_f64
#include "nn/update.inl"

/* Names, defaults and vectors of each rule. */
static const struct rule {
    const char *name;
    double lr, momentum, beta1, beta2, epsilon;
    int vectors;
} rules[] = {
    [DSC_OPTIMIZER_SGD] = { "sgd", 0.01, 0, 0.9, 0.999, 1e-8, 0 },
    [DSC_OPTIMIZER_MOMENTUM] = { "momentum", 0.01, 0.9, 0.9, 0.999, 1e-8, 1 },
    [DSC_OPTIMIZER_NESTEROV] = { "nesterov", 0.01, 0.9, 0.9, 0.999, 1e-8, 1 },
    [DSC_OPTIMIZER_ADAM] = { "adam", 0.001, 0, 0.9, 0.999, 1e-8, 2 },
    [DSC_OPTIMIZER_ADAGRAD] = { "adagrad", 0.01, 0, 0.9, 0.999, 1e-10, 1 },
    [DSC_OPTIMIZER_RMSPROP] = { "rmsprop", 0.01, 0, 0.9, 0.99, 1e-8, 1 },
    [DSC_OPTIMIZER_ADADELTA] = { "adadelta", 1, 0, 0.9, 0.9, 1e-6, 2 },
    [DSC_OPTIMIZER_ADAMAX] = { "adamax", 0.002, 0, 0.9, 0.999, 1e-8, 2 },
    [DSC_OPTIMIZER_NADAM] = { "nadam", 0.002, 0, 0.9, 0.999, 1e-8, 2 },
    [DSC_OPTIMIZER_AMSGRAD] = { "amsgrad", 0.001, 0, 0.9, 0.999, 1e-8, 3 },
    [DSC_OPTIMIZER_ADAMW] = { "adamw", 0.001, 0, 0.9, 0.999, 1e-8, 2 },
    [DSC_OPTIMIZER_RPROP] = { "rprop", 0.01, 0, 0.9, 0.999, 1e-8, 2 },
    [DSC_OPTIMIZER_DELTA_BAR_DELTA] = { "delta-bar-delta", 0.01, 0, 0.7, 0.999, 1e-8, 2 },
};

const char *dsc_optimizer_name(dsc_optimizer_kind kind)
{
    return (unsigned)kind < DSC_OPTIMIZER_COUNT ? rules[kind].name : "unknown";
}

dsc_optimizer_kind dsc_optimizer_parse(dsc_scope *scope, const char *name)
{
    const char *names[DSC_OPTIMIZER_COUNT];
    for (size_t i = 0; i < DSC_OPTIMIZER_COUNT; i++)
        names[i] = rules[i].name;
    const int kind = dsci_parse_name(scope, "optimizer", name, names, DSC_OPTIMIZER_COUNT);
    return kind < 0 ? DSC_OPTIMIZER_SGD : (dsc_optimizer_kind)kind;
}

/* --- Making --- */

static void fill_defaults(dsc_optimizer *options, const struct rule *rule)
{
    options->lr = options->lr == 0 ? rule->lr : options->lr;
    options->momentum = options->momentum == 0 ? rule->momentum : options->momentum;
    options->beta1 = options->beta1 == 0 ? rule->beta1 : options->beta1;
    options->beta2 = options->beta2 == 0 ? rule->beta2 : options->beta2;
    options->epsilon = options->epsilon == 0 ? rule->epsilon : options->epsilon;
}

struct number {
    const char *name;
    double value, limit;
};

/* What each number may be: 0 <= value < limit. */
static dsc_status check_numbers(dsc_scope *scope, const char *what, const struct number *numbers,
                                size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(numbers[i].value >= 0 && numbers[i].value < numbers[i].limit))
            return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                                  "optimizer %s: expected %s from 0 to below %g, found %g", what,
                                  numbers[i].name, numbers[i].limit, numbers[i].value);
    return dsc_scope_status(scope);
}

static dsc_status check_groups(dsc_scope *scope, const dsc_optimizer *options)
{
    if (options->group_count > 0 && !options->groups)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "optimizer: expected %zu groups, found none",
                              options->group_count);
    for (size_t i = 0; i < options->group_count; i++) {
        const dsc_parameter_group *g = &options->groups[i];
        const struct number numbers[] = { { "lr_factor of a group", g->lr_factor, INFINITY },
                                          { "weight_decay of a group", g->weight_decay, INFINITY },
                                          { "l1 of a group", g->l1, INFINITY },
                                          { "l2 of a group", g->l2, INFINITY },
                                          { "max_norm of a group", g->max_norm, INFINITY } };
        if (!g->match)
            return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                                  "optimizer: expected a pattern of names for group %zu, found none", i);
        if (check_numbers(scope, rules[options->kind].name, numbers, sizeof numbers / sizeof numbers[0]) !=
            DSC_OK)
            return dsc_scope_status(scope);
    }
    return dsc_scope_status(scope);
}

static dsc_status check(dsc_scope *scope, dsc_optimizer *o)
{
    const struct number numbers[] = {
        { "lr", o->lr, INFINITY },
        { "momentum", o->momentum, 1 },
        { "beta1", o->beta1, 1 },
        { "beta2", o->beta2, 1 },
        { "epsilon", o->epsilon, INFINITY },
        { "weight_decay", o->weight_decay, INFINITY },
        { "l1", o->l1, INFINITY },
        { "l2", o->l2, INFINITY },
        { "decoupled_decay", o->decoupled_decay, INFINITY },
        { "max_norm", o->max_norm, INFINITY },
        { "clip_norm", o->clip_norm, INFINITY },
        { "clip_value", o->clip_value, INFINITY },
    };
    if (check_numbers(scope, rules[o->kind].name, numbers, sizeof numbers / sizeof numbers[0]) != DSC_OK ||
        check_groups(scope, o) != DSC_OK)
        return dsc_scope_status(scope);
    return dsci_schedule_check(scope, &o->schedule);
}

static const dsc_parameter_group *group_of(const dsc_optimizer *o, const char *name)
{
    static const dsc_parameter_group none = { .match = "*" };
    for (size_t i = 0; i < o->group_count; i++)
        if (dsci_pattern_matches(o->groups[i].match, name ? name : ""))
            return &o->groups[i];
    return &none;
}

static double own(const dsc_parameter_group *group, double value, double common)
{
    return group->no_decay ? 0 : value != 0 ? value : common;
}

static size_t units_of(const dsc_slice *slice)
{
    size_t rank = 0;
    while (rank < DSC_MAX_RANK && slice->shape[rank] > 0)
        rank++;
    return rank >= 2 ? slice->shape[rank - 1] : 0;
}

static dsci_trained_slice resolve(const dsc_optimizer *o, const dsc_slice *slice,
                                  const dsc_parameter_group *group)
{
    const double decay = own(group, group->weight_decay, o->weight_decay), l2 = own(group, group->l2, o->l2);
    const bool adamw = o->kind == DSC_OPTIMIZER_ADAMW;
    return (dsci_trained_slice){ .offset = slice->offset,
                                 .count = slice->count,
                                 .units = units_of(slice),
                                 .lr_factor = group->lr_factor == 0 ? 1 : group->lr_factor,
                                 .coupled = adamw ? l2 : decay + l2,
                                 .decoupled = own(group, 0, o->decoupled_decay) + (adamw ? decay : 0),
                                 .l1 = own(group, group->l1, o->l1),
                                 .l2 = l2,
                                 .max_norm = own(group, group->max_norm, o->max_norm) };
}

static void add_chunks(dsci_optimizer_state *o, size_t slice)
{
    const dsci_trained_slice *s = &o->slices[slice];
    for (size_t done = 0; done < s->count; done += DSCI_UPDATE_CHUNK) {
        const size_t rest = s->count - done;
        o->chunks[o->chunk_count++] =
            (dsci_update_chunk){ slice, s->offset + done,
                                 rest < DSCI_UPDATE_CHUNK ? rest : DSCI_UPDATE_CHUNK };
    }
}

/* Fails for a group without a parameter: its settings would have no effect, and nobody would be told. */
static dsc_status check_matches(dsc_scope *scope, const dsc_optimizer *o, const dsc_slice *slices,
                                size_t count)
{
    for (size_t g = 0; g < o->group_count; g++) {
        const char *pattern = o->groups[g].match, *taken = NULL;
        bool takes = false;
        for (size_t i = 0; i < count && !takes; i++) {
            const char *name = slices[i].name ? slices[i].name : "";
            takes = group_of(o, name) == &o->groups[g];
            taken = dsci_pattern_matches(pattern, name) ? name : taken;
        }
        if (takes)
            continue;
        if (taken)
            return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                                  "optimizer: expected group %zu, '%s', to have a parameter, but groups "
                                  "before it have all that it matches, such as '%s'; put it before them",
                                  g, pattern, taken);
        char what[64];
        snprintf(what, sizeof what, "optimizer: expected group %zu", g);
        return dsci_slices_fail_unmatched(scope, what, pattern, slices, count);
    }
    return dsc_scope_status(scope);
}

static dsc_status divide(dsc_scope *scope, dsci_optimizer_state *o, const dsc_slice *slices, size_t count)
{
    size_t chunks = 0, trained = 0;
    if (check_matches(scope, &o->options, slices, count) != DSC_OK)
        return dsc_scope_status(scope);
    for (size_t i = 0; i < count; i++)
        chunks += slices[i].count / DSCI_UPDATE_CHUNK + 1;
    o->slices = dsc_scope_alloc(scope, count, sizeof *o->slices);
    o->chunks = dsc_scope_alloc(scope, chunks, sizeof *o->chunks);
    o->partial_sums = dsc_scope_alloc(scope, chunks, sizeof *o->partial_sums);
    o->step = dsc_scope_alloc(scope, 1, sizeof *o->step);
    for (size_t i = 0; i < count && o->partial_sums; i++) {
        const dsc_parameter_group *group = group_of(&o->options, slices[i].name);
        if (group->frozen || slices[i].frozen)
            continue;
        o->slices[o->slice_count++] = resolve(&o->options, &slices[i], group);
        add_chunks(o, o->slice_count - 1);
        trained += slices[i].count;
    }
    o->is_large = trained > DSCI_UPDATE_CHUNK;
    return dsc_scope_status(scope);
}

/* Steps of RPROP begin at the rate, gains of DELTA_BAR_DELTA at 1. */
static void fill_second(dsci_optimizer_state *o)
{
    for (size_t s = 0; s < o->slice_count; s++) {
        const dsci_trained_slice *slice = &o->slices[s];
        const double value = o->options.kind == DSC_OPTIMIZER_RPROP ? o->options.lr * slice->lr_factor : 1;
        for (size_t i = slice->offset; i < slice->offset + slice->count; i++)
            if (o->dtype == DSC_DTYPE_F64)
                ((double *)o->second)[i] = value;
            else
                ((float *)o->second)[i] = (float)value;
    }
}

/* Which of the three vectors a rule keeps. */
struct kept {
    bool first, second, third;
};

static struct kept vectors_of(const dsc_optimizer *options)
{
    const dsc_optimizer_kind kind = options->kind;
    const bool velocity =
        (kind == DSC_OPTIMIZER_RMSPROP || kind == DSC_OPTIMIZER_DELTA_BAR_DELTA) && options->momentum > 0;
    const int vectors = rules[kind].vectors;
    return (struct kept){ .first = vectors > 0,
                          .second = vectors > 1 || (kind == DSC_OPTIMIZER_RMSPROP && options->centered),
                          .third = vectors > 2 || velocity };
}

int dsci_optimizer_vectors(const dsc_optimizer *options)
{
    if ((unsigned)options->kind >= DSC_OPTIMIZER_COUNT)
        return 0;
    const struct kept kept = vectors_of(options);
    return kept.first + kept.second + kept.third;
}

static dsc_status make_vectors(dsc_scope *scope, dsci_optimizer_state *o)
{
    const size_t size = o->dtype == DSC_DTYPE_F64 ? sizeof(double) : sizeof(float);
    const dsc_optimizer_kind kind = o->options.kind;
    const struct kept kept = vectors_of(&o->options);
    if (kept.first)
        o->first = dsc_scope_alloc(scope, o->elements, size);
    if (kept.second)
        o->second = dsc_scope_alloc(scope, o->elements, size);
    if (kept.third)
        o->third = dsc_scope_alloc(scope, o->elements, size);
    if (o->second && (kind == DSC_OPTIMIZER_RPROP || kind == DSC_OPTIMIZER_DELTA_BAR_DELTA))
        fill_second(o);
    return dsc_scope_status(scope);
}

dsc_status dsci_optimizer_make(dsc_scope *scope, dsci_optimizer_state *optimizer,
                               const dsc_optimizer *options, dsc_dtype dtype, const dsc_slice *slices,
                               size_t slice_count, size_t elements)
{
    const dsc_slice all = { .name = "", .count = elements, .shape = { elements } };
    if ((unsigned)options->kind >= DSC_OPTIMIZER_COUNT)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "optimizer: expected a rule of dsc_optimizer_kind, found %d",
                              (int)options->kind);
    *optimizer = (dsci_optimizer_state){ .options = *options,
                                         .dtype = dtype,
                                         .elements = elements,
                                         .progress = { .beta1_power = 1,
                                                       .beta2_power = 1,
                                                       .nadam_power = 1,
                                                       .nadam_product = 1,
                                                       .plateau_factor = 1,
                                                       .plateau_best = INFINITY },
                                         .gradient_norm = NAN };
    fill_defaults(&optimizer->options, &rules[options->kind]);
    if (dtype != DSC_DTYPE_F64) { /* the corrections must belong to the betas that the kernel multiplies by */
        optimizer->options.beta1 = (double)(float)optimizer->options.beta1;
        optimizer->options.beta2 = (double)(float)optimizer->options.beta2;
    }
    optimizer->lr = optimizer->options.lr;
    if (check(scope, &optimizer->options) != DSC_OK ||
        divide(scope, optimizer, slices && slice_count ? slices : &all,
               slices && slice_count ? slice_count : 1) != DSC_OK)
        return dsc_scope_status(scope);
    optimizer->updates = optimizer->chunks;
    optimizer->update_count = optimizer->chunk_count;
    return make_vectors(scope, optimizer);
}

/* Whether a row without gradient keeps its bits, and those of the rule's memory, under an update. */
static bool leaves_rows(const dsc_optimizer *options, const dsci_trained_slice *slice)
{
    const bool forgetless = options->kind == DSC_OPTIMIZER_SGD || options->kind == DSC_OPTIMIZER_ADAGRAD;
    return forgetless && slice->coupled == 0 && slice->decoupled == 0 && slice->l1 == 0;
}

/* Of each trained slice, which rows of it are to be updated. Returns how many parts of tables that makes. */
static size_t follow(dsci_optimizer_state *o, const dsc_slice *slices, size_t slice_count,
                     struct dsci_touched_rows *const *touched)
{
    size_t parts = 0;
    for (size_t s = 0; s < o->slice_count; s++) {
        dsci_trained_slice *slice = &o->slices[s];
        for (size_t i = 0; i < slice_count; i++) {
            if (slices[i].offset != slice->offset || !touched[i])
                continue;
            if (o->options.lazy_rows || leaves_rows(&o->options, slice))
                slice->touched = touched[i];
            else if (slice->l1 > 0)
                slice->spoiled = touched[i];
        }
        parts += slice->touched ? slice->touched->parts : 0;
    }
    return parts;
}

dsc_status dsci_optimizer_follow_rows(dsc_scope *scope, dsci_optimizer_state *o, const dsc_slice *slices,
                                      size_t slice_count, struct dsci_touched_rows *const *touched)
{
    const size_t parts = follow(o, slices, slice_count, touched);
    if (parts == 0)
        return DSC_OK;
    dsci_update_chunk *updates = dsc_scope_alloc(scope, o->chunk_count + parts, sizeof *updates);
    if (!updates)
        return dsc_scope_status(scope);
    o->updates = updates;
    o->update_count = 0;
    for (size_t i = 0; i < o->chunk_count; i++)
        if (!o->slices[o->chunks[i].slice].touched)
            updates[o->update_count++] = o->chunks[i];
    for (size_t s = 0; s < o->slice_count; s++)
        for (size_t part = 0; o->slices[s].touched && part < o->slices[s].touched->parts; part++)
            updates[o->update_count++] = (dsci_update_chunk){ .slice = s, .offset = part };
    return DSC_OK;
}

/* --- A step --- */

/* What a step reads and writes, and what gradients are multiplied by first. */
struct vectors {
    void *parameters, *gradients;
    double scale;
};

static void *at(const dsci_optimizer_state *o, void *vector, size_t offset)
{
    return vector ? (char *)vector + offset * (o->dtype == DSC_DTYPE_F64 ? sizeof(double) : sizeof(float))
                  : NULL;
}

/* Dozat's momentum: mu_t = beta1 (1 - 0.96^(t / 250) / 2). */
static void nadam_coefficients(dsci_optimizer_state *o, struct dsci_update_step *s)
{
    static const double ROOT_250_OF_096 = 0.9998367253526753;
    dsci_optimizer_progress *p = &o->progress;
    p->nadam_power *= ROOT_250_OF_096;
    const double mu = s->beta1 * (1 - 0.5 * p->nadam_power);
    const double next = s->beta1 * (1 - 0.5 * p->nadam_power * ROOT_250_OF_096);
    p->nadam_product *= mu;
    s->nadam_gradient = s->lr * (1 - mu) / (1 - p->nadam_product);
    s->step_size = s->lr * next / (1 - p->nadam_product * next);
}

/* Coefficients of the next step, for a slice with factor 1. */
static struct dsci_update_step next_step(dsci_optimizer_state *o)
{
    const dsc_optimizer *options = &o->options;
    dsci_optimizer_progress *p = &o->progress;
    const uint64_t step = (uint64_t)p->step, epoch = (uint64_t)p->epoch;
    const double momentum = dsc_schedule_momentum(&options->schedule, step, epoch);
    const bool uses_beta1 =
        options->kind != DSC_OPTIMIZER_MOMENTUM && options->kind != DSC_OPTIMIZER_NESTEROV;
    o->lr = dsc_schedule_rate(&options->schedule, options->lr, step, epoch) * p->plateau_factor;
    if (options->schedule.kind == DSC_SCHEDULE_PLATEAU && o->lr < options->schedule.minimum &&
        p->plateau_factor < 1)
        o->lr = options->schedule.minimum;
    struct dsci_update_step s = { .kind = options->kind,
                                  .centered = options->centered,
                                  .sutskever = options->sutskever,
                                  .lr = o->lr,
                                  .momentum = isnan(momentum) || uses_beta1 ? options->momentum : momentum,
                                  .beta1 = isnan(momentum) || !uses_beta1 ? options->beta1 : momentum,
                                  .beta2 = options->beta2,
                                  .epsilon = options->epsilon };
    if (o->dtype != DSC_DTYPE_F64)
        s.beta1 = (double)(float)s.beta1;
    p->step++;
    p->beta1_power *= s.beta1;
    p->beta2_power *= s.beta2;
    s.step_size = s.lr / (1 - p->beta1_power);
    s.root_correction = 1 / sqrt(1 - p->beta2_power);
    if (options->kind == DSC_OPTIMIZER_NADAM)
        nadam_coefficients(o, &s);
    return s;
}

static dsci_update_fn *kernel_of(const dsci_kernels *k, const struct dsci_update_step *s)
{
    switch (s->kind) {
    case DSC_OPTIMIZER_MOMENTUM:
    case DSC_OPTIMIZER_NESTEROV: return s->sutskever ? k->velocity : k->momentum;
    case DSC_OPTIMIZER_ADAM:
    case DSC_OPTIMIZER_ADAMW: return k->adam;
    case DSC_OPTIMIZER_ADAGRAD: return k->adagrad;
    case DSC_OPTIMIZER_RMSPROP: return k->rmsprop;
    case DSC_OPTIMIZER_ADADELTA: return k->adadelta;
    case DSC_OPTIMIZER_ADAMAX: return k->adamax;
    case DSC_OPTIMIZER_NADAM: return k->nadam;
    case DSC_OPTIMIZER_AMSGRAD: return k->amsgrad;
    case DSC_OPTIMIZER_RPROP: return k->rprop;
    case DSC_OPTIMIZER_DELTA_BAR_DELTA: return k->delta_bar_delta;
    case DSC_OPTIMIZER_SGD:
    case DSC_OPTIMIZER_COUNT: break;
    }
    return k->sgd;
}

static dsci_rule_step in_single(const struct dsci_update_step *s)
{
    return (dsci_rule_step){ .lr = (float)s->lr,
                             .momentum = (float)s->momentum,
                             .beta1 = (float)s->beta1,
                             .beta2 = (float)s->beta2,
                             .epsilon = (float)s->epsilon,
                             .weight_decay = (float)s->coupled,
                             .step_size = (float)s->step_size,
                             .root_correction = (float)s->root_correction,
                             .gradient_step = (float)s->nadam_gradient,
                             .nesterov = s->kind == DSC_OPTIMIZER_NESTEROV };
}

/* Updates n elements of a slice from offset on, of all vectors. */
static void update_elements(dsci_optimizer_state *o, const struct dsci_update_step *s,
                            const dsci_trained_slice *slice, size_t offset, size_t n, struct vectors v)
{
    void *w = at(o, v.parameters, offset), *g = at(o, v.gradients, offset);
    void *a = at(o, o->first, offset), *b = at(o, o->second, offset), *c = at(o, o->third, offset);
    const double most = o->options.clip_value > 0 ? o->options.clip_value : INFINITY;
    const bool shaped = v.scale != 1 || most < INFINITY || slice->l1 > 0;
    if (o->dtype == DSC_DTYPE_F64) {
        if (shaped)
            shape(w, g, n, v.scale, most, slice->l1);
        if (slice->decoupled > 0)
            shrink(w, n, s->lr * slice->decoupled);
        update(s, w, g, a, b, c, n);
        return;
    }
    const dsci_kernels *k = dsci_kernels_for(DSC_ISA_AUTO);
    if (shaped)
        k->shape_gradient(g, w, n, (float)v.scale, (float)most, (float)slice->l1);
    if (slice->decoupled > 0)
        k->scale(w, w, n, (float)(1 - s->lr * slice->decoupled));
    const dsci_rule_step single = in_single(s);
    kernel_of(k, s)(w, g, a, b, c, n, &single);
}

static void update_chunk(dsci_optimizer_state *o, const struct dsci_update_step *common, size_t i,
                         struct vectors v)
{
    const dsci_update_chunk *chunk = &o->updates[i];
    const dsci_trained_slice *slice = &o->slices[chunk->slice];
    struct dsci_update_step s = *common;
    s.lr *= slice->lr_factor;
    s.step_size *= slice->lr_factor;
    s.nadam_gradient *= slice->lr_factor;
    s.coupled = slice->coupled;
    if (!slice->touched) {
        update_elements(o, &s, slice, chunk->offset, chunk->count, v);
        return;
    }
    size_t count;
    const size_t columns = slice->touched->columns;
    const uint32_t *rows = dsci_touched_rows_of(slice->touched, chunk->offset, &count);
    for (size_t r = 0; r < count; r++)
        update_elements(o, &s, slice, slice->offset + rows[r] * columns, columns, v);
}

/* The sum of squares of a chunk's gradient, after clip_value. */
static double squares(const dsci_optimizer_state *o, size_t i, void *gradients)
{
    const double most = o->options.clip_value > 0 ? o->options.clip_value : INFINITY;
    const dsci_update_chunk *chunk = &o->chunks[i];
    const dsci_trained_slice *slice = &o->slices[chunk->slice];
    if (slice->touched && !dsci_touched_rows_any(slice->touched, chunk->offset - slice->offset, chunk->count))
        return 0;
    const void *g = at(o, gradients, chunk->offset);
    double sums[DSCI_LANES] = { 0 }, sum = 0;
    if (o->dtype != DSC_DTYPE_F64 && most == INFINITY)
        return dsci_kernels_for(DSC_ISA_AUTO)->dot(g, g, chunk->count);
    for (size_t j = 0; j < chunk->count; j++) {
        const double x =
            fabs(o->dtype == DSC_DTYPE_F64 ? ((const double *)g)[j] : (double)((const float *)g)[j]);
        const double clipped = x > most ? most : x;
        sums[j % DSCI_LANES] += clipped * clipped;
    }
    for (size_t j = 0; j < DSCI_LANES; j++)
        sum += sums[j];
    return sum;
}

static bool clips(const dsci_optimizer_state *o)
{
    return o->options.clip_norm != 0;
}

static void sum_squares(const dsci_optimizer_state *o, void *gradients, dsci_region region)
{
    for (size_t i = dsci_region_begin(region, o->chunk_count); i < dsci_region_end(region, o->chunk_count);
         i++)
        o->partial_sums[i] = squares(o, i, gradients);
    dsci_region_wait(region);
}

/* min(1, clip_norm / norm). */
static double clip_scale(dsci_optimizer_state *o)
{
    double sum = 0;
    if (!clips(o))
        return 1;
    for (size_t i = 0; i < o->chunk_count; i++)
        sum += o->partial_sums[i];
    o->gradient_norm = sqrt(sum);
    return o->gradient_norm > o->options.clip_norm ? o->options.clip_norm / o->gradient_norm : 1;
}

static void bound_norms(const dsci_optimizer_state *o, const dsci_trained_slice *s, void *parameters,
                        dsci_region region)
{
    void *w = at(o, parameters, s->offset);
    const size_t units = s->units, rows = s->count / units, blocks = (units + COLUMNS - 1) / COLUMNS;
    for (size_t i = dsci_region_begin(region, blocks); i < dsci_region_end(region, blocks); i++) {
        const size_t first = i * COLUMNS, count = units - first < COLUMNS ? units - first : COLUMNS;
        if (o->dtype == DSC_DTYPE_F64)
            bound(w, rows, units, first, count, s->max_norm);
        else
            dsci_kernels_for(DSC_ISA_AUTO)
                ->bound_columns((float *)w + first, rows, count, units, s->max_norm);
    }
}

void dsci_optimizer_update(dsci_optimizer_state *optimizer, void *parameters, void *gradients,
                           dsci_region region)
{
    dsci_optimizer_state *const o = optimizer;
    if (clips(o))
        sum_squares(o, gradients, region);
    if (region.thread == 0) {
        o->scale = clip_scale(o);
        *o->step = next_step(o);
    }
    dsci_region_wait(region);
    for (size_t i = dsci_region_begin(region, o->update_count); i < dsci_region_end(region, o->update_count);
         i++)
        update_chunk(o, o->step, i, (struct vectors){ parameters, gradients, o->scale });
    dsci_region_wait(region);
    for (size_t i = 0; region.thread == 0 && i < o->slice_count; i++)
        if (o->slices[i].spoiled)
            dsci_touched_rows_spoil(o->slices[i].spoiled);
    for (size_t i = 0; i < o->slice_count; i++)
        if (o->slices[i].max_norm > 0 && o->slices[i].units > 0)
            bound_norms(o, &o->slices[i], parameters, region);
    dsci_region_wait(region);
}

void dsci_optimizer_epoch(dsci_optimizer_state *optimizer, double loss)
{
    const dsc_schedule *s = &optimizer->options.schedule;
    dsci_optimizer_progress *p = &optimizer->progress;
    p->epoch++;
    if (s->kind != DSC_SCHEDULE_PLATEAU)
        return;
    if (isfinite(loss) && loss < p->plateau_best * (1 - s->threshold)) {
        p->plateau_best = loss;
        p->plateau_bad = 0;
    } else
        p->plateau_bad++;
    if (p->plateau_cooldown > 0) {
        p->plateau_cooldown--;
        p->plateau_bad = 0;
    }
    if (p->plateau_bad > (double)s->patience) {
        p->plateau_factor *= s->factor;
        p->plateau_cooldown = (double)s->cooldown;
        p->plateau_bad = 0;
    }
}

double dsci_optimizer_penalty(const dsci_optimizer_state *optimizer, const void *parameters)
{
    double sum = 0;
    for (size_t i = 0; i < optimizer->slice_count; i++) {
        const dsci_trained_slice *s = &optimizer->slices[i];
        if (s->l1 > 0 || s->l2 > 0)
            sum += optimizer->dtype == DSC_DTYPE_F64
                       ? penalty_f64((const double *)parameters + s->offset, s->count, s->l1, s->l2)
                       : penalty_f32((const float *)parameters + s->offset, s->count, s->l1, s->l2);
    }
    return sum;
}
