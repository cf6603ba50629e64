/* record.c - the results file in memory: axes, outputs, cells, provenance, summaries. */
#include "record/internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include <descent/value.h>

bool dsci_record_name_valid(const char *name)
{
    size_t length = 0;
    if (!name || !isalpha((unsigned char)name[0]))
        return false;
    for (; name[length]; length++)
        if ((!isalnum((unsigned char)name[length]) && name[length] != '_') ||
            length + 1 >= DSCI_RECORD_NAME_BYTES)
            return false;
    return true;
}

size_t dsci_record_count(const dsc_record_axis *axes, const dsc_record_output *output)
{
    size_t count = 1;
    for (size_t i = 0; i < output->rank; i++) {
        const size_t length = axes[output->axes[i]].count;
        if (length == 0 || length > DSC_RECORD_MAX_VALUES / count)
            return 0;
        count *= length;
    }
    return count;
}

/* Copies what a person reads; a missing text becomes the given one. */
static const char *text_or(dsc_scope *scope, const char *text, const char *otherwise)
{
    return dsc_scope_copy(scope, text ? text : otherwise);
}

static bool name_taken(const dsc_record *record, const char *name)
{
    static const char *const reserved[] = { "cell_hash",    "cell_seconds", "cell_status",
                                            "cell_message", "summary",      "provenance" };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    for (size_t i = 0; i < record->spec.axis_count; i++)
        if (record->axes[i].name && strcmp(name, record->axes[i].name) == 0)
            return true;
    for (size_t i = 0; i < record->spec.output_count; i++)
        if (record->outputs[i].name && strcmp(name, record->outputs[i].name) == 0)
            return true;
    return false;
}

static const char *take_name(dsc_record *record, const char *what, const char *name)
{
    if (!dsci_record_name_valid(name))
        dsc_scope_fail(
            record->scope, DSC_ERROR_ARGUMENT,
            "%s '%.80s': a name is a letter, then letters, digits and underscores, at most %d in all", what,
            name ? name : "", DSCI_RECORD_NAME_BYTES - 1);
    else if (name_taken(record, name))
        dsc_scope_fail(record->scope, DSC_ERROR_ARGUMENT, "%s '%s': the name is already taken", what, name);
    return dsc_scope_copy(record->scope, name ? name : "");
}

static void copy_axis(dsc_record *record, dsc_record_axis *to, const dsc_record_axis *from)
{
    dsc_scope *scope = record->scope;
    const char *name = take_name(record, "axis", from->name);
    if (!name)
        return;
    if (from->count == 0 || from->count > DSC_RECORD_MAX_VALUES)
        dsc_scope_fail(scope, DSC_ERROR_SHAPE, "axis '%s': %zu values, expected 1..%d", from->name,
                       from->count, DSC_RECORD_MAX_VALUES);
    double *values = dsc_scope_alloc(scope, from->count, sizeof *values);
    if (!values)
        return;
    memcpy(values, from->values, from->count * sizeof *values);
    *to = (dsc_record_axis){ .units = text_or(scope, from->units, "1"),
                             .long_name = text_or(scope, from->long_name, from->name),
                             .integer = from->integer,
                             .count = from->count,
                             .values = values };
    to->name = name;
    to->names = from->names ? dsc_scope_copy(scope, from->names) : NULL;
}

const char *dsc_record_axis_text(dsc_scope *scope, const dsc_record_axis *axis, size_t index, int digits)
{
    const double value = axis->values[index];
    const char *name = axis->names;
    for (double i = 0; name && i < value; i++) {
        name = strchr(name, '|');
        name = name ? name + 1 : NULL;
    }
    return name ? dsc_scope_format(scope, "%.*s", (int)strcspn(name, "|"), name)
                : dsc_number_text(scope, value, digits);
}

/* Copies an output's description and makes room for its values, NaN each. */
static void copy_output(dsc_record *record, dsc_record_output *to, const dsc_record_output *from)
{
    dsc_scope *scope = record->scope;
    *to = (dsc_record_output){ .units = text_or(scope, from->units, "1"),
                               .long_name = text_or(scope, from->long_name, from->name),
                               .rank = from->rank };
    for (size_t i = 0; i < from->rank && i < DSC_RECORD_MAX_AXES; i++)
        to->axes[i] = from->axes[i];
    bool good = from->rank <= record->spec.axis_count;
    for (size_t i = 0; good && i < from->rank; i++)
        good = from->axes[i] < record->spec.axis_count && (i == 0 || from->axes[i] > from->axes[i - 1]);
    to->count = good ? dsci_record_count(record->axes, to) : 0;
    if (to->count == 0) {
        dsc_scope_fail(
            scope, DSC_ERROR_SHAPE,
            "output '%s': its axes must be axes of the record in their order, with at most %d values in all",
            from->name, DSC_RECORD_MAX_VALUES);
        return;
    }
    to->values = dsc_scope_alloc(scope, to->count, sizeof *to->values);
    for (size_t i = 0; to->values && i < to->count; i++)
        to->values[i] = NAN;
}

static void copy_outputs(dsc_record *record, const dsc_record_spec *spec)
{
    for (size_t i = 0; i < spec->output_count; i++) {
        const dsc_record_output *output = &spec->outputs[i];
        const char *name = take_name(record, "output", output->name);
        if (!name)
            return;
        bool spans = output->rank >= spec->cell_axes;
        for (size_t a = 0; spans && a < spec->cell_axes; a++)
            spans = output->axes[a] == a;
        if (!spans)
            dsc_scope_fail(record->scope, DSC_ERROR_SHAPE,
                           "output '%s': its first axes must be the %zu cell axes", output->name,
                           spec->cell_axes);
        copy_output(record, &record->outputs[i], output);
        record->outputs[i].name = name;
        if (dsc_scope_status(record->scope) != DSC_OK)
            return;
    }
}

static void copy_spec(dsc_record *record, const dsc_record_spec *spec)
{
    dsc_scope *scope = record->scope;
    record->spec = (dsc_record_spec){ .experiment = text_or(scope, spec->experiment, ""),
                                      .title = text_or(scope, spec->title, ""),
                                      .reference = text_or(scope, spec->reference, ""),
                                      .readme = text_or(scope, spec->readme, ""),
                                      .recipe = text_or(scope, spec->recipe, "{}"),
                                      .figures = text_or(scope, spec->figures, "[]"),
                                      .axis_count = spec->axis_count,
                                      .cell_axes = spec->cell_axes,
                                      .output_count = spec->output_count,
                                      .deterministic = spec->deterministic };
    record->spec.axes = record->axes = dsc_scope_alloc(scope, spec->axis_count, sizeof *record->axes);
    record->spec.outputs = record->outputs =
        dsc_scope_alloc(scope, spec->output_count, sizeof *record->outputs);
}

static void fill(dsc_record *record, const dsc_record_spec *spec)
{
    dsc_scope *scope = record->scope;
    if (spec->axis_count > DSC_RECORD_MAX_AXES || spec->cell_axes < 1 || spec->cell_axes > spec->axis_count ||
        spec->output_count > DSC_RECORD_MAX_OUTPUTS) {
        dsc_scope_fail(
            scope, DSC_ERROR_SHAPE,
            "a record of %zu axes, %zu of them of cells, and %zu outputs: expected 1..%d axes, at least one of "
            "them of cells, and at most %d outputs",
            spec->axis_count, spec->cell_axes, spec->output_count, DSC_RECORD_MAX_AXES,
            DSC_RECORD_MAX_OUTPUTS);
        return;
    }
    copy_spec(record, spec);
    for (size_t i = 0; i < spec->axis_count && dsc_scope_status(scope) == DSC_OK; i++)
        copy_axis(record, &record->axes[i], &spec->axes[i]);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    dsc_record_output cells = { .rank = spec->cell_axes };
    for (size_t i = 0; i < spec->cell_axes; i++)
        cells.axes[i] = i;
    record->cell_count = dsci_record_count(record->axes, &cells);
    if (record->cell_count == 0 || record->cell_count > DSC_RECORD_MAX_CELLS) {
        dsc_scope_fail(scope, DSC_ERROR_SHAPE, "the axes span more than %d cells: shorten them",
                       DSC_RECORD_MAX_CELLS);
        return;
    }
    record->cells = dsc_scope_alloc(scope, record->cell_count, sizeof *record->cells);
    copy_outputs(record, spec);
}

static void close_scope(void *object)
{
    dsc_scope *scope = object;
    dsc_scope_close(&scope);
}

dsc_record *dsc_record_make(dsc_scope *scope, const dsc_record_spec *spec)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    dsc_scope *own = dsc_scope_open(NULL);
    if (!own) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not make a record");
        return NULL;
    }
    if (dsc_scope_defer(scope, close_scope, own) != DSC_OK)
        return NULL;
    dsc_record *record = dsc_scope_alloc(own, 1, sizeof *record);
    if (record) {
        record->scope = own;
        fill(record, spec);
    }
    return dsc_scope_adopt_error(scope, own) == DSC_OK ? record : NULL;
}

const dsc_record_spec *dsc_record_describe(const dsc_record *record)
{
    return &record->spec;
}

size_t dsc_record_cells(const dsc_record *record)
{
    return record->cell_count;
}

dsc_record_cell *dsc_record_cell_at(dsc_record *record, size_t cell)
{
    return cell < record->cell_count ? &record->cells[cell] : NULL;
}

dsc_status dsc_record_cell_fail(dsc_record *record, size_t cell, double seconds, const char *message)
{
    const char *copy = dsc_scope_copy(record->scope, message);
    if (!copy || cell >= record->cell_count)
        return copy ? DSC_ERROR_ARGUMENT : DSC_ERROR_MEMORY;
    record->cells[cell] = (dsc_record_cell){ .seconds = seconds, .status = DSC_CELL_FAILED, .message = copy };
    return DSC_OK;
}

static dsc_record_output *find(dsc_record_output *outputs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(outputs[i].name, name) == 0)
            return &outputs[i];
    return NULL;
}

dsc_record_output *dsc_record_output_find(dsc_record *record, const char *name)
{
    return find(record->outputs, record->spec.output_count, name);
}

void dsc_record_cell_index(const dsc_record *record, size_t cell, size_t index[DSC_RECORD_MAX_AXES])
{
    for (size_t i = record->spec.cell_axes; i-- > 0;) {
        index[i] = cell % record->axes[i].count;
        cell /= record->axes[i].count;
    }
}

double *dsc_record_cell_values(dsc_record *record, const dsc_record_output *output, size_t cell,
                               size_t *count)
{
    *count = output->count / record->cell_count;
    return cell < record->cell_count ? output->values + cell * *count : NULL;
}

/* Room for one more element in an array of the record; NULL if memory is out. */
static void *grow(dsc_scope *scope, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    const size_t larger = *capacity ? 2 * *capacity : 32;
    void *copy = dsc_scope_alloc(scope, larger, size);
    if (copy && count)
        memcpy(copy, array, count * size);
    if (copy)
        *capacity = larger;
    return copy;
}

dsc_status dsc_record_provenance_set(dsc_record *record, const char *name, const char *text)
{
    const char *copy = dsc_scope_copy(record->scope, text);
    if (!copy)
        return DSC_ERROR_MEMORY;
    for (size_t i = 0; i < record->provenance_count; i++)
        if (strcmp(record->provenance[i].name, name) == 0) {
            record->provenance[i].text = copy;
            return DSC_OK;
        }
    const char *own_name = dsc_scope_copy(record->scope, name);
    struct dsci_record_text *entries = grow(record->scope, record->provenance, record->provenance_count,
                                            &record->provenance_capacity, sizeof *entries);
    if (!own_name || !entries)
        return DSC_ERROR_MEMORY;
    record->provenance = entries;
    entries[record->provenance_count++] = (struct dsci_record_text){ own_name, copy };
    return DSC_OK;
}

const char *dsc_record_provenance_get(const dsc_record *record, const char *name)
{
    for (size_t i = 0; i < record->provenance_count; i++)
        if (strcmp(record->provenance[i].name, name) == 0)
            return record->provenance[i].text;
    return NULL;
}

size_t dsc_record_provenance_count(const dsc_record *record)
{
    return record->provenance_count;
}

void dsc_record_provenance_at(const dsc_record *record, size_t i, const char **name, const char **text)
{
    *name = record->provenance[i].name;
    *text = record->provenance[i].text;
}

dsc_status dsc_record_summary_set(dsc_record *record, const dsc_record_output *summary)
{
    if (!dsci_record_name_valid(summary->name))
        return DSC_ERROR_ARGUMENT;
    dsc_record_output *old = find(record->summaries, record->summary_count, summary->name);
    dsc_record_output entry = { .name = NULL };
    copy_output(record, &entry, summary);
    entry.name = dsc_scope_copy(record->scope, summary->name);
    dsc_record_output *entries = grow(record->scope, record->summaries, record->summary_count,
                                      &record->summary_capacity, sizeof *entries);
    if (!entries || !entry.name || !entry.values)
        return dsc_scope_status(record->scope);
    memcpy(entry.values, summary->values, entry.count * sizeof *entry.values);
    record->summaries = entries;
    if (old)
        *find(entries, record->summary_count, summary->name) = entry;
    else
        entries[record->summary_count++] = entry;
    return DSC_OK;
}

const dsc_record_output *dsc_record_summary_find(const dsc_record *record, const char *name)
{
    return find(record->summaries, record->summary_count, name);
}

bool dsc_record_complete(const dsc_record *record)
{
    for (size_t i = 0; i < record->cell_count; i++)
        if (record->cells[i].status != DSC_CELL_DONE)
            return false;
    return true;
}
