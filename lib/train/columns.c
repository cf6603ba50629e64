/* columns.c - whether columns of examples fit what a network reads. */
#include "train/columns.h"

#include <stdio.h>
#include <string.h>

#include <descent/text.h>

/* --- Bytes --- */

/* The same quotient as in double precision, rounded once more. */
static void convert_plain(float *dst, const uint8_t *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (float)((double)src[i] / 255);
}

void dsci_column_convert(const dsc_column *column, float *dst, const uint8_t *src)
{
    const size_t n = column->width, channels = column->channels ? column->channels : 1;
    const float *levels = column->levels;
    if (!levels)
        convert_plain(dst, src, n);
    else if (channels == 1)
        for (size_t i = 0; i < n; i++)
            dst[i] = levels[src[i]];
    else
        for (size_t i = 0, c = 0; i < n; i++, c = c + 1 < channels ? c + 1 : 0)
            dst[i] = levels[c * DSCI_BYTES + src[i]];
}

/* --- A column by itself --- */

static int count_pointers(const dsc_column *column)
{
    return (column->f32 != NULL) + (column->i32 != NULL) + (column->u8 != NULL);
}

/* Whether windows are inside the array: without sums or products, which could overflow. */
static bool windows_fit(const dsc_column *column, size_t count, size_t *example)
{
    if (column->length < column->width)
        return count == 0;
    const size_t most = column->length - column->width,
                 stride = column->stride ? column->stride : column->width;
    if (!column->starts) {
        *example = count == 0 || (count - 1) <= most / stride ? count : most / stride + 1;
        return *example == count;
    }
    for (*example = 0; *example < count; (*example)++)
        if (column->starts[*example] > most)
            return false;
    return true;
}

static dsc_status check_windows(dsc_scope *scope, const dsc_column *column, size_t count, const char *what)
{
    size_t example = 0;
    if (column->length == 0 && dsci_column_has_windows(column))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "%s: column '%s': expected the number of values that its windows lie in, found "
                              "none; set .length",
                              what, column->name);
    if (column->length == 0 || windows_fit(column, count, &example))
        return DSC_OK;
    return dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                          "%s: column '%s': expected windows of %zu values inside %zu, found that of example "
                          "%zu to begin at %zu",
                          what, column->name, column->width, column->length, example,
                          dsci_column_start(column, example));
}

static dsc_status check_column(dsc_scope *scope, const dsc_examples *examples, const dsc_column *column,
                               const char *what)
{
    const char *name = column->name;
    for (const dsc_column *before = examples->columns; before < column; before++)
        if (strcmp(before->name, name) == 0)
            return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                                  "%s: expected columns of different names, found two that are called '%s'",
                                  what, name);
    if (count_pointers(column) > 1)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "%s: column '%s': expected one of .f32, .i32 and .u8, found %d of them", what,
                              name, count_pointers(column));
    if (count_pointers(column) == 0) /* fails if it is asked for */
        return DSC_OK;
    if (column->unbatched && (column->starts || column->stride))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "%s: column '%s': expected no windows of what is unbatched, found .stride or "
                              ".starts",
                              what, name);
    return column->unbatched ? DSC_OK : check_windows(scope, column, examples->count, what);
}

static const dsc_column *end_of(const dsc_examples *examples)
{
    const dsc_column *column = examples->columns;
    while (column < examples->columns + DSC_MAX_COLUMNS && column->name)
        column++;
    return column;
}

dsc_status dsci_examples_check(dsc_scope *scope, const dsc_examples *examples, const char *what)
{
    dsc_status status = DSC_OK;
    for (const dsc_column *column = examples->columns; status == DSC_OK && column < end_of(examples);
         column++)
        status = check_column(scope, examples, column, what);
    return status;
}

/* --- A column for a tensor --- */

static void write_column(dsc_text *text, const char *name, size_t width, const char *type, bool unbatched)
{
    dsc_text_format(text, "'%s' of %zu %s%s", name, width, type, unbatched ? " in all, unbatched" : "");
}

/* "'input' of 5 float32, 'labels' without values" */
static const char *list_columns(dsc_scope *scope, const dsc_examples *examples)
{
    dsc_text *text = dsc_text_open(scope);
    for (const dsc_column *c = examples->columns; c < end_of(examples); c++) {
        const char *type = c->f32 ? "float32" : c->i32 ? "int32" : "bytes";
        dsc_text_format(text, "%s", c > examples->columns ? ", " : "");
        if (count_pointers(c) > 0)
            write_column(text, c->name, c->width, type, c->unbatched);
        else
            dsc_text_format(text, "'%s' without values", c->name);
    }
    return end_of(examples) == examples->columns ? "no columns" : dsc_text_string(text);
}

/* Says what the tensor wants and what there is. */
static const dsc_column *fail(dsc_scope *scope, dsc_status status, const dsc_examples *examples,
                              const dsci_tensor *tensor, const char *what, const char *advice)
{
    const char *name = tensor->producer->name;
    const bool unbatched = tensor->unbatched;
    dsc_scope *local = dsc_scope_open(NULL);
    dsc_text *wanted = dsc_text_open(local);
    write_column(wanted, name, unbatched ? tensor->elements : dsci_tensor_cols(tensor),
                 tensor->type == DSCI_I32 ? "int32" : "float32", unbatched);
    const char *text = dsc_text_string(wanted), *list = list_columns(local, examples);
    dsc_scope_fail(scope, status, "%s: %s '%s': expected a column %s, found %s; %s", what,
                   tensor->producer->op->name, name, text ? text : "", list ? list : "", advice);
    dsc_scope_close(&local);
    return NULL;
}

const dsc_column *dsci_column_for(dsc_scope *scope, const dsc_examples *examples, const dsci_tensor *tensor,
                                  const char *what)
{
    const bool integers = tensor->type == DSCI_I32, unbatched = tensor->unbatched;
    const size_t width = unbatched ? tensor->elements : dsci_tensor_cols(tensor);
    const dsc_column *column = dsc_examples_column(examples, tensor->producer->name);
    if (!column)
        return fail(scope, DSC_ERROR_ARGUMENT, examples, tensor, what,
                    "add it to the examples, or have the network's .name be one that is there");
    if (count_pointers(column) == 0)
        return fail(scope, DSC_ERROR_ARGUMENT, examples, tensor, what, "set its values");
    if (integers != (column->i32 != NULL))
        return fail(scope, DSC_ERROR_ARGUMENT, examples, tensor, what,
                    integers ? "tokens and labels are .i32"
                             : "inputs and targets are .f32 or .u8; integers are read by dsc_tokens()");
    if (unbatched != column->unbatched)
        return fail(scope, DSC_ERROR_ARGUMENT, examples, tensor, what,
                    "set .unbatched of both the column and the input, or of neither");
    if (column->width != width)
        return fail(scope, DSC_ERROR_SHAPE, examples, tensor, what,
                    "set the column's .width, or the shape in the network");
    return column;
}

/* --- Integers --- */

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

/* Of windows, which may overlap, first all that lies between them at once. */
static bool all_inside(const dsc_column *column, size_t first, size_t count, size_t limit)
{
    if (count == 0)
        return true;
    size_t low = dsci_column_start(column, first), high = low;
    for (size_t i = first; column->starts && i < first + count; i++) {
        low = column->starts[i] < low ? column->starts[i] : low;
        high = column->starts[i] > high ? column->starts[i] : high;
    }
    if (!column->starts)
        high = dsci_column_start(column, first + count - 1);
    const size_t n = high + column->width - low;
    return find_outside(column->i32 + low, n, limit) == n;
}

dsc_status dsci_column_check_integers(dsc_scope *scope, const dsc_column *column, const dsci_tensor *tensor,
                                      size_t first, size_t count, const char *what)
{
    if (tensor->type != DSCI_I32)
        return DSC_OK;
    const dsci_node *node = tensor->producer;
    const bool labels = node->op == &dsci_op_labels;
    const size_t limit = labels ? node->attributes.labels.classes : node->attributes.tokens.vocabulary;
    if (column->unbatched) {
        first = 0;
        count = 1;
    }
    if (all_inside(column, first, count, limit))
        return DSC_OK;
    for (size_t i = first; i < first + count; i++) {
        const int32_t *values = column->i32 + dsci_column_start(column, i);
        const size_t at = find_outside(values, column->width, limit);
        if (at == column->width)
            continue;
        char step[64] = "";
        if (column->width > 1)
            snprintf(step, sizeof step, ", step %zu", at);
        return dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT, "%s: column '%s': expected %s in 0..%zu, found %d at example %zu%s",
            what, column->name, labels ? "labels" : "tokens", limit - 1, (int)values[at], i, step);
    }
    return DSC_OK;
}
