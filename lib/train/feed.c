/* feed.c - bringing columns of examples to a plan: views, gathered rows, conversions. */
#include "train/feed.h"

#include <string.h>

#include <descent/cpu.h>

#include "train/columns.h"

static void widen(double *dst, const float *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (double)src[i];
}

/* --- One example --- */

/* An example's values of 4 bytes: where they lie, or of bytes in row, which they are converted into. */
static const void *values_of(const dsci_port *port, size_t example, float *row)
{
    const dsc_column *column = &port->column;
    const size_t start = dsci_column_start(column, example);
    if (column->i32)
        return column->i32 + start;
    if (column->f32)
        return column->f32 + start;
    dsci_column_convert(column, row, column->u8 + start);
    return row;
}

dsc_digest dsci_port_digest(dsc_scope *scope, const dsci_port *port, size_t count)
{
    dsc_hasher *hasher = dsc_hasher_make(scope);
    float *row = dsc_scope_alloc(scope, port->width, sizeof *row);
    if (!row)
        return (dsc_digest){ 0 };
    if (port->in_place)
        dsc_hasher_update(hasher, values_of(port, 0, NULL), count * port->width * sizeof *row);
    for (size_t i = 0; !port->in_place && i < count; i++)
        dsc_hasher_update(hasher, values_of(port, i, row), port->width * sizeof *row);
    return dsc_hasher_finish(hasher);
}

/* --- Making a feed --- */

/* Values that are the same for every batch are converted once. */
static void fix(dsci_port *port)
{
    const void *values = values_of(port, 0, port->gathered);
    if (port->wide)
        widen(port->wide, values, port->width);
    port->fixed = port->wide ? (const void *)port->wide : values;
}

static void make_port(dsc_scope *scope, dsci_port *port, const dsci_tensor *tensor, const dsc_column *column,
                      const dsci_feed_options *options)
{
    const bool unbatched = column->unbatched;
    const size_t rows = unbatched ? 1 : options->rows;
    *port = (dsci_port){ .column = *column,
                         .width = column->width,
                         .in_place = !column->u8 && !dsci_column_has_windows(column) };
    if (!port->in_place || (options->gathers && !unbatched))
        port->gathered = dsc_scope_alloc(scope, rows * port->width, sizeof(float));
    if (tensor->type == DSCI_F64)
        port->wide = dsc_scope_alloc(scope, rows * port->width, sizeof(double));
    if (unbatched && dsc_scope_status(scope) == DSC_OK)
        fix(port);
}

/* Whether an example's values are an image of that size: without products, which could overflow. */
static bool is_image_size(const dsc_augmentation *a, size_t values)
{
    return a->height > 0 && a->width > 0 && values % a->height == 0 && values / a->height % a->width == 0 &&
           a->channels == values / a->height / a->width;
}

static dsc_status make_augmentation(dsc_scope *scope, dsci_feed *feed, const dsc_model *model,
                                    const dsci_execution *plan, const dsci_feed_options *options)
{
    const dsc_augmentation *a = options->augmentation;
    const char *name = a->input ? a->input : "input";
    for (size_t i = 0; i < plan->input_count; i++)
        if (strcmp(plan->inputs[i]->producer->name, name) == 0 && plan->inputs[i]->type != DSCI_I32 &&
            !feed->ports[i].fixed)
            feed->augmented = &feed->ports[i];
    if (!feed->augmented)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                              "%s: expected augmentation of an input of real values that has a batch, found "
                              "none that is called '%s'; set .input of the augmentation",
                              options->what, name);
    if (!is_image_size(a, feed->augmented->width))
        return dsc_scope_fail(model->scope, DSC_ERROR_SHAPE,
                              "%s: expected augmentation of images of %zu values, as an example of '%s' has, "
                              "found %zu x %zu x %zu",
                              options->what, feed->augmented->width, name, a->height, a->width, a->channels);
    feed->augmentation = a;
    if (feed->augmented->column.u8)
        feed->row = dsc_scope_alloc(scope, (size_t)feed->threads * feed->augmented->width, sizeof *feed->row);
    return DSC_OK;
}

static dsci_tensor *tensor_at(const dsci_execution *plan, size_t i)
{
    return i < plan->input_count ? plan->inputs[i] : plan->expected[i - plan->input_count];
}

dsc_status dsci_feed_make(dsc_scope *scope, dsci_feed *feed, const dsc_model *model,
                          const dsci_execution *plan, const dsci_feed_options *options)
{
    *feed = (dsci_feed){ .count = plan->input_count + plan->expected_count, .threads = model->threads };
    feed->ports = dsc_scope_alloc(scope, feed->count, sizeof *feed->ports);
    dsc_status status = dsci_examples_check(model->scope, options->examples, options->what);
    for (size_t i = 0; feed->ports && status == DSC_OK && i < feed->count; i++) {
        const dsci_tensor *tensor = tensor_at(plan, i);
        const dsc_column *column = dsci_column_for(model->scope, options->examples, tensor, options->what);
        if (column)
            make_port(scope, &feed->ports[i], tensor, column, options);
        status = dsc_scope_adopt_error(model->scope, scope);
    }
    if (status == DSC_OK && options->augmentation)
        status = make_augmentation(scope, feed, model, plan, options);
    if (status == DSC_OK)
        status = dsc_scope_adopt_error(model->scope, scope);
    if (status == DSC_OK)
        status = dsci_feed_check(feed, model, plan, 0, options->examples->count, options->what);
    return status;
}

dsc_status dsci_feed_check(const dsci_feed *feed, const dsc_model *model, const dsci_execution *plan,
                           size_t first, size_t count, const char *what)
{
    dsc_status status = DSC_OK;
    for (size_t i = 0; status == DSC_OK && i < feed->count; i++)
        status = dsci_column_check_integers(model->scope, &feed->ports[i].column, tensor_at(plan, i), first,
                                            count, what);
    return status;
}

/* --- Feeding --- */

/* What is to be copied: rows first.. of all examples, or those that the index names. */
struct job {
    const dsci_feed *feed;
    const uint32_t *index; /* NULL: no gathering */
    size_t first, rows;
    uint32_t epoch;
};

static bool copies(const struct job *job, const dsci_port *port)
{
    return !port->fixed && (job->index || !port->in_place);
}

/* Some rows of a batch; row: memory of the thread for an example of bytes that is augmented. */
static void gather(const struct job *job, const dsci_port *port, size_t begin, size_t rows, float *row)
{
    const bool augmented = job->feed->augmentation && port == job->feed->augmented;
    float *dst = (float *)port->gathered + begin * port->width;
    if (job->index && port->in_place && !augmented) {
        dsci_kernels_for(DSC_ISA_AUTO)
            ->gather_rows(dst, values_of(port, 0, NULL), job->index + begin, rows, port->width);
        return;
    }
    for (size_t i = 0; i < rows; i++, dst += port->width) {
        const size_t example = job->index ? job->index[begin + i] : job->first + begin + i;
        const void *values = values_of(port, example, augmented ? row : dst);
        if (augmented)
            dsc_augment(job->feed->augmentation, dst, values, job->epoch, example);
        else if (values != dst)
            memcpy(dst, values, port->width * sizeof *dst);
    }
}

/* Copies and converts some rows of a batch, for every port. */
static void copy_rows(const struct job *job, size_t begin, size_t rows, int thread)
{
    const dsci_feed *feed = job->feed;
    float *row = feed->row ? feed->row + (size_t)thread * feed->augmented->width : NULL;
    for (const dsci_port *port = feed->ports; port < feed->ports + feed->count; port++) {
        if (copies(job, port))
            gather(job, port, begin, rows, row);
        if (!port->wide || port->fixed)
            continue;
        const float *from = copies(job, port) ? port->gathered : values_of(port, job->first, NULL);
        widen(port->wide + begin * port->width, from + begin * port->width, rows * port->width);
    }
}

/* With fewer bytes to copy than this one thread is done before others have started; shares are multiples of
 * ROWS rows. */
enum { PARALLEL_BYTES = 1 << 18, ROWS = 8 };

static size_t copied_bytes(const struct job *job)
{
    const dsci_feed *feed = job->feed;
    size_t bytes = 0;
    for (const dsci_port *port = feed->ports; port < feed->ports + feed->count; port++)
        if (copies(job, port) || (port->wide && !port->fixed))
            bytes += job->rows * port->width * sizeof(float);
    return bytes;
}

static void copy(const struct job *job, dsci_region region)
{
    const size_t pieces = (job->rows + ROWS - 1) / ROWS;
    const size_t begin = dsci_region_begin(region, pieces) * ROWS;
    const size_t end = dsci_region_end(region, pieces) * ROWS;
    if (begin < end && copied_bytes(job) > 0)
        copy_rows(job, begin, (end < job->rows ? end : job->rows) - begin, region.thread);
}

static void bind(const struct job *job, dsci_execution *plan)
{
    for (size_t i = 0; i < job->feed->count; i++) {
        const dsci_port *port = &job->feed->ports[i];
        const void *data = port->fixed;
        if (!data)
            data = port->wide          ? port->wide
                   : copies(job, port) ? port->gathered
                                       : values_of(port, job->first, NULL);
        dsci_execution_bind(tensor_at(plan, i), data);
    }
}

static struct job job_of(const dsci_feed *feed, const dsci_execution *plan, const dsci_batch *batch)
{
    return (struct job){
        .feed = feed, .index = batch->index, .first = batch->first, .rows = plan->batch, .epoch = batch->epoch
    };
}

int dsci_feed_threads(const dsci_feed *feed, const dsci_execution *plan, const dsci_batch *batch)
{
    const struct job job = job_of(feed, plan, batch);
    const size_t bytes = copied_bytes(&job);
    return bytes >= PARALLEL_BYTES || (bytes > 0 && feed->augmentation) ? feed->threads : 1;
}

void dsci_feed_batch(const dsci_feed *feed, dsci_execution *plan, const dsci_batch *batch, dsci_region region)
{
    const struct job job = job_of(feed, plan, batch);
    copy(&job, region);
    if (region.thread == 0)
        bind(&job, plan);
    dsci_region_wait(region);
}
