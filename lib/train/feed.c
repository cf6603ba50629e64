/* feed.c - checks of examples, and bringing them to a plan: views, gathered rows, conversion to double. */
#include "train/feed.h"

#include <stdio.h>

#include <descent/cpu.h>

static dsci_port_id port_of(const dsci_tensor *input)
{
    return input->type == DSCI_I32 ? DSCI_PORT_TOKENS : DSCI_PORT_X;
}

/* The tensor behind a port; NULL if the plan has none. */
static dsci_tensor *tensor_of(const dsci_execution *plan, dsci_port_id id)
{
    if (id == DSCI_PORT_EXPECTED)
        return plan->expected;
    for (size_t i = 0; i < plan->input_count; i++)
        if (port_of(plan->inputs[i]) == id)
            return plan->inputs[i];
    return NULL;
}

/* The first of n integers that is not in 0..limit-1, or n. A negative one is a large one. */
static size_t find_outside(const int32_t *values, size_t n, size_t limit)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = (uint32_t)values[i] > largest ? (uint32_t)values[i] : largest;
    if (largest < limit)
        return n;
    size_t at = 0;
    while ((uint32_t)values[at] < limit)
        at++;
    return at;
}

/* Fails for an integer of an example that has steps of them. */
static dsc_status fail_outside(const dsc_model *model, const char *what, const char *kind,
                               const int32_t *values, size_t at, size_t steps, size_t limit)
{
    char step[64] = "";
    if (steps == 0)
        return DSC_OK;
    if (steps > 1)
        snprintf(step, sizeof step, ", step %zu", at % steps);
    return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                          "%s: expected %s in 0..%zu, found %d at example %zu%s", what, kind, limit - 1,
                          (int)values[at], at / steps, step);
}

dsc_status dsci_labels_check(const dsc_model *model, const dsci_execution *plan, const int32_t *labels,
                             size_t count, const char *what)
{
    const dsci_tensor *expected = plan->expected;
    if (!expected || expected->type != DSCI_I32)
        return DSC_OK;
    const size_t steps = dsci_tensor_cols(expected);
    const size_t classes = expected->producer->attributes.labels.classes;
    const size_t at = find_outside(labels, count * steps, classes);
    return at == count * steps ? DSC_OK : fail_outside(model, what, "labels", labels, at, steps, classes);
}

dsc_status dsci_tokens_check(const dsc_model *model, const dsci_execution *plan, const int32_t *tokens,
                             size_t count, const char *what)
{
    const dsci_tensor *input = tensor_of(plan, DSCI_PORT_TOKENS);
    if (!input)
        return DSC_OK;
    const size_t steps = dsci_tensor_cols(input);
    const size_t vocabulary = input->producer->attributes.tokens.vocabulary;
    const size_t at = find_outside(tokens, count * steps, vocabulary);
    return at == count * steps ? DSC_OK : fail_outside(model, what, "tokens", tokens, at, steps, vocabulary);
}

static dsc_status check_inputs(const dsc_model *model, const dsci_execution *plan,
                               const dsc_examples *examples, const char *what)
{
    for (size_t i = 0; i < plan->input_count; i++) {
        const dsci_tensor *input = plan->inputs[i];
        const bool tokens = port_of(input) == DSCI_PORT_TOKENS;
        if (tensor_of(plan, port_of(input)) != input)
            return dsc_scope_fail(
                model->scope, DSC_ERROR_UNSUPPORTED,
                "%s: expected a network of at most one real-valued input and one of tokens, found another "
                "one, '%s'",
                what, input->producer->name);
        const size_t width = dsci_tensor_cols(input), found = tokens ? examples->steps : examples->features;
        const void *values = tokens ? (const void *)examples->tokens : examples->x;
        if (!values || found != width)
            return dsc_scope_fail(model->scope, DSC_ERROR_SHAPE,
                                  "%s: expected examples of %zu %s, as input '%s' has, found %zu%s", what,
                                  width, tokens ? "tokens" : "features", input->producer->name, found,
                                  values ? "" : " without values");
    }
    return DSC_OK;
}

static dsc_status check_expected(const dsc_model *model, const dsci_execution *plan,
                                 const dsc_examples *examples, const char *what)
{
    const dsci_tensor *expected = plan->expected;
    if (!expected)
        return DSC_OK;
    const bool labels = expected->type == DSCI_I32;
    if (labels ? !examples->labels : !examples->targets)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                              "%s: expected %s for the network's loss, found none", what,
                              labels ? "labels" : "targets");
    const size_t steps = examples->label_steps ? examples->label_steps : 1;
    if (labels && steps != dsci_tensor_cols(expected))
        return dsc_scope_fail(model->scope, DSC_ERROR_SHAPE,
                              "%s: expected examples of %zu labels, as '%s' has, found %zu; set label_steps",
                              what, dsci_tensor_cols(expected), expected->producer->name, steps);
    if (!labels && examples->outputs && examples->outputs != dsci_tensor_cols(expected))
        return dsc_scope_fail(model->scope, DSC_ERROR_SHAPE,
                              "%s: expected examples of %zu targets, as '%s' has, found %zu", what,
                              dsci_tensor_cols(expected), expected->producer->name, examples->outputs);
    return DSC_OK;
}

dsc_status dsci_examples_check(const dsc_model *model, const dsci_execution *plan,
                               const dsc_examples *examples, const char *what)
{
    dsc_status status = check_inputs(model, plan, examples, what);
    if (status == DSC_OK)
        status = check_expected(model, plan, examples, what);
    if (status == DSC_OK)
        status = dsci_tokens_check(model, plan, examples->tokens, examples->count, what);
    if (status == DSC_OK)
        status = dsci_labels_check(model, plan, examples->labels, examples->count, what);
    return status;
}

dsc_status dsci_feed_make(dsc_scope *scope, dsci_feed *feed, const dsc_model *model,
                          const dsci_execution *plan, size_t rows, bool gathers)
{
    *feed = (dsci_feed){ .threads = model->threads };
    for (dsci_port_id id = 0; id < DSCI_PORTS; id++) {
        dsci_port *port = &feed->ports[id];
        const dsci_tensor *tensor = tensor_of(plan, id);
        if (!tensor)
            continue;
        port->width = dsci_tensor_cols(tensor);
        port->integers = tensor->type == DSCI_I32;
        if (gathers)
            port->gathered = dsc_scope_alloc(scope, rows * port->width, sizeof(float));
        if (tensor->type == DSCI_F64)
            port->wide = dsc_scope_alloc(scope, rows * port->width, sizeof(double));
    }
    return dsc_scope_status(scope);
}

void dsci_feed_from(dsci_feed *feed, const dsc_examples *examples)
{
    const bool labels = feed->ports[DSCI_PORT_EXPECTED].integers;
    const void *expected = labels ? (const void *)examples->labels : examples->targets;
    feed->ports[DSCI_PORT_X].values = examples->x;
    feed->ports[DSCI_PORT_TOKENS].values = examples->tokens;
    feed->ports[DSCI_PORT_EXPECTED].values = expected;
}

static void widen(double *dst, const float *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (double)src[i];
}

/* What is to be copied: rows first.. of all examples, or those that the index names. */
struct job {
    const dsci_feed *feed;
    const uint32_t *index; /* NULL: no gathering */
    size_t first, rows;
    uint32_t epoch;
};

static void gather(const struct job *job, dsci_port_id id, size_t begin, size_t rows)
{
    const dsci_port *port = &job->feed->ports[id];
    float *dst = (float *)port->gathered + begin * port->width;
    const uint32_t *index = job->index + begin;
    if (id == DSCI_PORT_X && job->feed->augmentation)
        for (size_t i = 0; i < rows; i++)
            dsc_augment(job->feed->augmentation, dst + i * port->width,
                        (const float *)port->values + index[i] * port->width, job->epoch, index[i]);
    else
        dsci_kernels_for(DSC_ISA_AUTO)->gather_rows(dst, port->values, index, rows, port->width);
}

/* Copies and converts some rows of a batch, for every port. */
static void copy_rows(const struct job *job, size_t begin, size_t rows)
{
    for (dsci_port_id id = 0; id < DSCI_PORTS; id++) {
        const dsci_port *port = &job->feed->ports[id];
        if (port->width == 0)
            continue;
        if (job->index)
            gather(job, id, begin, rows);
        const float *from = job->index ? (const float *)port->gathered
                                       : (const float *)port->values + job->first * port->width;
        if (port->wide)
            widen(port->wide + begin * port->width, from + begin * port->width, rows * port->width);
    }
}

/* Threads are worth their start from so many bytes on; they take so many rows at a time. */
enum { PARALLEL_BYTES = 1 << 18, ROWS = 8 };

static void copy(const struct job *job)
{
    const dsci_feed *feed = job->feed;
    size_t bytes = 0;
    for (dsci_port_id id = 0; id < DSCI_PORTS; id++)
        if (job->index || feed->ports[id].wide)
            bytes += job->rows * feed->ports[id].width * sizeof(float);
    if (bytes == 0)
        return;
    if (feed->threads == 1 || (bytes < PARALLEL_BYTES && !feed->augmentation)) {
        copy_rows(job, 0, job->rows);
        return;
    }
#pragma omp parallel num_threads(feed->threads)
    {
        const unsigned mode = dsc_float_mode_enter();
#pragma omp for schedule(static)
        for (size_t begin = 0; begin < job->rows; begin += ROWS)
            copy_rows(job, begin, job->rows - begin < ROWS ? job->rows - begin : ROWS);
        dsc_float_mode_leave(mode);
    }
}

static void bind(const struct job *job, dsci_execution *plan)
{
    for (dsci_port_id id = 0; id < DSCI_PORTS; id++) {
        const dsci_port *port = &job->feed->ports[id];
        if (port->width == 0)
            continue;
        const void *data = (const float *)port->values + job->first * port->width;
        if (job->index)
            data = port->gathered;
        if (port->wide)
            data = port->wide;
        dsci_execution_bind(tensor_of(plan, id), data);
    }
}

void dsci_feed_rows(const dsci_feed *feed, dsci_execution *plan, size_t first)
{
    const struct job job = { .feed = feed, .first = first, .rows = plan->batch };
    copy(&job);
    bind(&job, plan);
}

void dsci_feed_gather(const dsci_feed *feed, dsci_execution *plan, const uint32_t *index, uint32_t epoch)
{
    const struct job job = { .feed = feed, .index = index, .rows = plan->batch, .epoch = epoch };
    copy(&job);
    bind(&job, plan);
}
