/* examples.c - examples from data sets, parts of them, folds, weights of classes. */
#include <descent/examples.h>

#include <math.h>
#include <string.h>

#include <descent/rng.h>

#include "train/columns.h"

/* The column of a data set's bytes. */
static dsc_column bytes_from(dsc_scope *scope, const dsc_dataset *data)
{
    float *levels = dsc_scope_alloc(scope, data->level_groups * DSCI_BYTES, sizeof *levels);
    for (size_t i = 0; levels && i < data->level_groups * DSCI_BYTES; i++)
        levels[i] = (float)data->levels[i];
    return (dsc_column){ "input", data->features, .u8 = data->bytes, .levels = levels,
                         .channels = data->level_groups };
}

dsc_examples dsc_examples_from(dsc_scope *scope, const dsc_dataset *data)
{
    dsc_examples examples = { .count = data->count };
    dsc_column *next = examples.columns;
    if (data->bytes)
        *next++ = bytes_from(scope, data);
    else if (data->x)
        *next++ = (dsc_column){ "input", data->features,
                                .f32 = dsc_to_f32(scope, data->x, data->count * data->features) };
    if (data->labels)
        *next++ = (dsc_column){ "labels", 1, .i32 = data->labels };
    if (data->y)
        *next++ = (dsc_column){ "targets", data->targets,
                                .f32 = dsc_to_f32(scope, data->y, data->count * data->targets) };
    return examples;
}

/* --- Columns --- */

static size_t count_columns(const dsc_examples *examples)
{
    size_t count = 0;
    while (count < DSC_MAX_COLUMNS && examples->columns[count].name)
        count++;
    return count;
}

dsc_column *dsc_examples_column(const dsc_examples *examples, const char *name)
{
    for (size_t i = 0; i < count_columns(examples); i++)
        if (strcmp(examples->columns[i].name, name) == 0)
            return (dsc_column *)&examples->columns[i];
    return NULL;
}

void dsc_column_read(const dsc_column *column, size_t example, float *dst)
{
    const size_t start = dsci_column_start(column, example);
    if (column->f32)
        memcpy(dst, column->f32 + start, column->width * sizeof *dst);
    else if (column->u8)
        dsci_column_convert(column, dst, column->u8 + start);
}

const int32_t *dsc_examples_labels(const dsc_examples *examples)
{
    const dsc_column *labels = dsc_examples_column(examples, "labels");
    return labels ? labels->i32 : NULL;
}

dsc_examples dsc_examples_with(dsc_scope *scope, const dsc_examples *examples, const dsc_column *column)
{
    dsc_examples with = *examples;
    dsc_column *place = dsc_examples_column(&with, column->name);
    if (!place && count_columns(&with) < DSC_MAX_COLUMNS)
        place = &with.columns[count_columns(&with)];
    if (place)
        *place = *column;
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "examples: expected at most %d columns, found '%s' behind them", DSC_MAX_COLUMNS,
                       column->name);
    return with;
}

static size_t value_bytes(const dsc_column *column)
{
    return column->u8 ? 1 : sizeof(float);
}

dsc_examples dsc_examples_range(const dsc_examples *examples, size_t first, size_t count)
{
    dsc_examples range = *examples;
    first = first < examples->count ? first : examples->count;
    range.count = count < examples->count - first ? count : examples->count - first;
    for (size_t i = 0; i < count_columns(&range); i++) {
        dsc_column *column = &range.columns[i];
        if (column->unbatched)
            continue;
        if (column->starts) {
            column->starts += first;
            continue;
        }
        const size_t start = dsci_column_start(column, first);
        column->f32 = column->f32 ? column->f32 + start : NULL;
        column->i32 = column->i32 ? column->i32 + start : NULL;
        column->u8 = column->u8 ? column->u8 + start : NULL;
        if (column->length > 0) /* one that is too short stays so */
            column->length = column->length > start ? column->length - start : 1;
    }
    return range;
}

/* The starts of some windows of a column, in the scope. */
static void select_starts(dsc_scope *scope, dsc_column *column, const uint32_t *index, size_t count)
{
    size_t *starts = dsc_scope_alloc(scope, count, sizeof *starts);
    for (size_t i = 0; starts && i < count; i++)
        starts[i] = dsci_column_start(column, index[i]);
    column->starts = starts;
    column->stride = 0;
}

/* A copy of some examples of a column, in the scope. */
static void select_values(dsc_scope *scope, dsc_column *column, const uint32_t *index, size_t count)
{
    const void *values = column->f32   ? (const void *)column->f32
                         : column->i32 ? (const void *)column->i32
                                       : column->u8;
    const size_t bytes = column->width * value_bytes(column);
    char *copy = values ? dsc_scope_alloc(scope, count, bytes) : NULL;
    for (size_t i = 0; copy && i < count; i++)
        memcpy(copy + i * bytes, (const char *)values + index[i] * bytes, bytes);
    column->f32 = column->f32 ? (const void *)copy : NULL;
    column->i32 = column->i32 ? (const void *)copy : NULL;
    column->u8 = column->u8 ? (const void *)copy : NULL;
    column->length = 0;
}

dsc_examples dsc_examples_select(dsc_scope *scope, const dsc_examples *examples, const uint32_t *index,
                                 size_t count)
{
    const dsc_examples none = { .count = 0 };
    if (!index || !examples) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "select: expected examples and an index, found NULL");
        return none;
    }
    for (size_t i = 0; i < count; i++)
        if (index[i] >= examples->count) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "select: expected examples in 0..%zu, found %u at position %zu",
                           examples->count ? examples->count - 1 : 0, index[i], i);
            return none;
        }
    dsc_examples selected = *examples;
    selected.count = count;
    for (size_t i = 0; i < count_columns(&selected); i++) {
        dsc_column *column = &selected.columns[i];
        if (!column->unbatched)
            (dsci_column_has_windows(column) ? select_starts : select_values)(scope, column, index, count);
    }
    return dsc_scope_status(scope) == DSC_OK ? selected : none;
}

/* --- Parts --- */

/* The numbers of the examples, shuffled by seed. */
static uint32_t *shuffled(dsc_scope *scope, const char *what, size_t count, uint64_t seed)
{
    if (count > UINT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s: expected at most %u examples, found %zu", what,
                       UINT32_MAX, count);
        return NULL;
    }
    uint32_t *order = dsc_scope_alloc(scope, count, sizeof *order);
    if (order)
        dsc_rng_permutation(dsc_rng_make(seed, DSC_STREAM_SAMPLING), 0, order, count);
    return order;
}

/* The shuffled examples class by class, so that any run of them has each class in its share: taken by turns,
   neighbours go to different folds. */
static void group_by_class(dsc_scope *scope, uint32_t *order, const int32_t *labels, size_t count)
{
    int32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const int32_t label = labels[i];
        if (label < 0 || (size_t)label >= count + INT16_MAX) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "fold: expected labels that are classes from 0 on, found %d at example %zu",
                           (int)label, i);
            return;
        }
        most = label > most ? label : most;
    }
    size_t *next = dsc_scope_alloc(scope, (size_t)most + 2, sizeof *next);
    uint32_t *grouped = dsc_scope_alloc(scope, count, sizeof *grouped);
    if (!next || !grouped)
        return;
    for (size_t i = 0; i < count; i++)
        next[labels[i] + 1]++;
    for (size_t c = 0; c <= (size_t)most; c++)
        next[c + 1] += next[c];
    for (size_t i = 0; i < count; i++)
        grouped[next[labels[order[i]]]++] = order[i];
    memcpy(order, grouped, count * sizeof *order);
}

/* Places i with i % stride == phase go to test, the others to train. */
static dsc_examples_split split_by_turns(dsc_scope *scope, const dsc_examples *examples,
                                         const uint32_t *order, size_t phase, size_t stride)
{
    const size_t count = examples->count;
    uint32_t *train = dsc_scope_alloc(scope, count, sizeof *train);
    uint32_t *test = dsc_scope_alloc(scope, count, sizeof *test);
    size_t trains = 0, tests = 0;
    for (size_t i = 0; train && test && i < count; i++)
        if (i % stride == phase)
            test[tests++] = order[i];
        else
            train[trains++] = order[i];
    return (dsc_examples_split){ dsc_examples_select(scope, examples, train, trains),
                                 dsc_examples_select(scope, examples, test, tests) };
}

dsc_examples_split dsc_fold(dsc_scope *scope, const dsc_examples *examples, size_t fold,
                            const dsc_fold_options *options)
{
    const dsc_examples_split none = { .train.count = 0 };
    if (dsc_scope_status(scope) != DSC_OK)
        return none;
    if (!examples || !options || options->folds < 2 || fold >= options->folds ||
        examples->count < options->folds) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "fold: expected 2 folds at least, a fold below their number and an example for each, "
                       "found fold %zu of %zu and %zu examples",
                       fold, options ? options->folds : 0, examples ? examples->count : 0);
        return none;
    }
    const dsc_column *labels = options->stratified ? dsc_examples_column(examples, "labels") : NULL;
    if (options->stratified &&
        !(labels && labels->i32 && labels->width == 1 && !dsci_column_has_windows(labels))) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "fold: expected a column 'labels' of one integer an example to stratify by, found %s",
                       labels ? "another" : "none");
        return none;
    }
    uint32_t *order = shuffled(scope, "fold", examples->count, options->seed);
    if (order && labels)
        group_by_class(scope, order, labels->i32, examples->count);
    return order ? split_by_turns(scope, examples, order, fold, options->folds) : none;
}

dsc_examples_split dsc_hold_out(dsc_scope *scope, const dsc_examples *examples, double share, uint64_t seed)
{
    const dsc_examples_split none = { .train.count = 0 };
    if (dsc_scope_status(scope) != DSC_OK)
        return none;
    if (!examples || !(share >= 0 && share <= 1)) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "hold out: expected examples and a share in 0..1, found %g",
                       share);
        return none;
    }
    const uint32_t *order = shuffled(scope, "hold out", examples->count, seed);
    const size_t kept = (size_t)nearbyint(share * (double)examples->count);
    if (!order)
        return none;
    return (dsc_examples_split){ dsc_examples_select(scope, examples, order + kept, examples->count - kept),
                                 dsc_examples_select(scope, examples, order, kept) };
}

double *dsc_balanced_class_weights(dsc_scope *scope, const int32_t *labels, size_t count, size_t classes)
{
    double *weights = dsc_scope_alloc(scope, classes, sizeof *weights);
    if (!weights)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (labels[i] < 0 || (size_t)labels[i] >= classes) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "class weights: expected labels below %zu, found %d at example %zu", classes,
                           (int)labels[i], i);
            return NULL;
        }
        weights[labels[i]]++;
    }
    for (size_t c = 0; c < classes; c++)
        weights[c] = weights[c] > 0 ? (double)count / ((double)classes * weights[c]) : 0;
    return weights;
}
