/* read.c - a record from the bytes of an HDF5 file, every size and type checked before use. */
#include "base/file.h"
#include "record/hdf5_file.h"
#include "record/internal.h"
#include "record/kind.h"

#include <math.h>
#include <string.h>

enum { PROVENANCE_MAX = 1000 };
static const size_t FILE_BYTES_MAX = (size_t)4 << 30;

struct reader {
    dsc_scope *scope; /* of the caller: errors */
    dsc_scope *work;  /* until the record is made */
    const char *path;
    dsci_h5_file *file;
    dsc_record_axis axes[DSC_RECORD_MAX_AXES];
    dsc_record_output outputs[DSC_RECORD_MAX_OUTPUTS];
    dsc_record_spec spec;
};

static bool stopped(const struct reader *reader)
{
    return dsc_scope_status(reader->scope) != DSC_OK || dsc_scope_status(reader->work) != DSC_OK;
}

static void fail(struct reader *reader, const char *format, const char *what)
{
    const char *text = dsc_scope_format(reader->work, format, what);
    dsc_scope_fail(reader->scope, DSC_ERROR_FORMAT, "'%s' is damaged: %s", reader->path, text ? text : what);
}

/* Reads an attribute of an object, or of the file itself if object is NULL. */
static const char *text_of(struct reader *reader, const dsci_h5_object *object, const char *name)
{
    const char *text =
        dsci_h5_text(reader->file, object ? object : dsci_h5_find(reader->file, NULL, ""), name);
    dsc_scope_adopt_error(reader->scope, reader->work);
    return text;
}

static int integer_of(struct reader *reader, const char *name)
{
    const int value = dsci_h5_integer(reader->file, dsci_h5_find(reader->file, NULL, ""), name);
    dsc_scope_adopt_error(reader->scope, reader->work);
    return value;
}

/* Splits a list of names at spaces; returns how many of at most capacity there were. */
static size_t split(struct reader *reader, const char *what, const char *list, size_t capacity,
                    const char **names)
{
    char *rest = dsc_scope_copy(reader->work, list), *state = NULL;
    size_t count = 0;
    for (char *name = rest ? strtok_r(rest, " ", &state) : NULL; name; name = strtok_r(NULL, " ", &state)) {
        if (count == capacity || !dsci_record_name_valid(name)) {
            fail(reader, "its list of %s is too long or holds what is not a name", what);
            return 0;
        }
        names[count++] = name;
    }
    return count;
}

/* The count values of a dataset, each of the given bytes in memory, in the scope of this reading; NULL on
 * failure. */
static void *read_values(struct reader *reader, const dsci_h5_object *dataset, const char *name,
                         dsci_h5_memory memory, size_t count, size_t bytes)
{
    void *values = dsc_scope_alloc(reader->work, count, bytes);
    return values && dsci_h5_read(reader->file, dataset, name, memory, values) ? values : NULL;
}

static bool has_type(const dsci_h5_object *dataset, dsci_h5_class class, size_t bytes)
{
    size_t size;
    return dsci_h5_class_of(dataset, &size) == class && size == bytes;
}

static const dsci_h5_object *find_dataset(struct reader *reader, const dsci_h5_object *parent,
                                          const char *name, size_t *rank, size_t shape[DSC_RECORD_MAX_AXES])
{
    return stopped(reader) ? NULL
                           : dsci_h5_dataset(reader->file, parent, name, DSC_RECORD_MAX_VALUES, rank, shape);
}

static void read_axis(struct reader *reader, dsc_record_axis *axis, const char *name)
{
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const dsci_h5_object *dataset = find_dataset(reader, NULL, name, &rank, shape);
    if (!dataset)
        return;
    *axis = (dsc_record_axis){ .name = name, .integer = has_type(dataset, DSCI_H5_INTEGER, 8) };
    if (rank != 1 || (!axis->integer && !has_type(dataset, DSCI_H5_REAL, 8)))
        fail(reader, "axis '%s' is not a list of 64-bit numbers", name);
    else
        axis->values =
            read_values(reader, dataset, name, DSCI_H5_F64, axis->count = shape[0], sizeof(double));
    axis->units = text_of(reader, dataset, "units");
    axis->long_name = text_of(reader, dataset, "long_name");
    if (dsci_h5_attribute_find(dataset, "names"))
        axis->names = text_of(reader, dataset, "names");
}

static void read_axes(struct reader *reader)
{
    const char *names[DSC_RECORD_MAX_AXES];
    const char *list = text_of(reader, NULL, "axes");
    const size_t count = split(reader, "axes", list, DSC_RECORD_MAX_AXES, names);
    for (size_t i = 0; i < count && !stopped(reader); i++)
        read_axis(reader, &reader->axes[i], names[i]);
    reader->spec.axes = reader->axes;
    reader->spec.axis_count = count;
}

/* Reads which axes a dataset runs over and checks that its shape is theirs. */
static void read_array_axes(struct reader *reader, const dsci_h5_object *dataset, dsc_record_output *array,
                            size_t rank, const size_t *shape)
{
    const char *names[DSC_RECORD_MAX_AXES];
    array->rank = split(reader, "axes", text_of(reader, dataset, "axes"), DSC_RECORD_MAX_AXES, names);
    bool good = array->rank == rank;
    for (size_t i = 0, axis = 0; good && i < rank; i++, axis++) {
        while (axis < reader->spec.axis_count && strcmp(reader->axes[axis].name, names[i]) != 0)
            axis++;
        good = axis < reader->spec.axis_count && reader->axes[axis].count == shape[i];
        array->axes[i] = axis;
    }
    if (!good)
        fail(reader, "the shape of dataset '%s' is not that of its axes", array->name);
}

/* Describes an output or summary, and reads its values if they are wanted. */
static void read_output(struct reader *reader, const dsci_h5_object *parent, dsc_record_output *output,
                        const char *name, bool values)
{
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const dsci_h5_object *dataset = find_dataset(reader, parent, name, &rank, shape);
    if (!dataset)
        return;
    *output = (dsc_record_output){ .name = name };
    read_array_axes(reader, dataset, output, rank, shape);
    output->units = text_of(reader, dataset, "units");
    output->long_name = text_of(reader, dataset, "long_name");
    if (!has_type(dataset, DSCI_H5_REAL, 8))
        fail(reader, "dataset '%s' does not hold 64-bit floating-point numbers", name);
    if (values && !stopped(reader)) {
        output->count = dsci_record_count(reader->axes, output);
        output->values = read_values(reader, dataset, name, DSCI_H5_F64, output->count, sizeof(double));
    }
}

static void read_outputs(struct reader *reader)
{
    const char *names[DSC_RECORD_MAX_OUTPUTS];
    const char *list = text_of(reader, NULL, "outputs");
    const size_t count = split(reader, "outputs", list, DSC_RECORD_MAX_OUTPUTS, names);
    for (size_t i = 0; i < count && !stopped(reader); i++)
        read_output(reader, NULL, &reader->outputs[i], names[i], false);
    reader->spec.outputs = reader->outputs;
    reader->spec.output_count = count;
}

static void read_root(struct reader *reader)
{
    dsci_kind_expect(reader->scope, reader->path, reader->file, DSC_FILE_RESULTS);
    const int schema = integer_of(reader, "schema_version");
    if (!stopped(reader) && schema != DSCI_RECORD_SCHEMA)
        dsc_scope_fail(
            reader->scope, DSC_ERROR_UNSUPPORTED,
            "'%s' has schema version %d, and this version of descent reads %d: use the version that "
            "wrote it%s",
            reader->path, schema, DSCI_RECORD_SCHEMA, schema > DSCI_RECORD_SCHEMA ? ", a newer one" : "");
    dsc_record_spec *spec = &reader->spec;
    spec->experiment = text_of(reader, NULL, "experiment");
    spec->title = text_of(reader, NULL, "title");
    spec->reference = text_of(reader, NULL, "reference");
    spec->readme = text_of(reader, NULL, "readme");
    spec->recipe = text_of(reader, NULL, "recipe");
    spec->figures = text_of(reader, NULL, "figures");
    spec->deterministic = integer_of(reader, "deterministic") != 0;
}

/* Reads one number per cell; all of them have the axes of cell_hash, which makes those the cell axes. */
static void *read_cell_array(struct reader *reader, const char *name, dsci_h5_class class, size_t size,
                             dsci_h5_memory memory)
{
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const dsci_h5_object *dataset = find_dataset(reader, NULL, name, &rank, shape);
    if (!dataset)
        return NULL;
    dsc_record_output cells = { .name = name };
    read_array_axes(reader, dataset, &cells, rank, shape);
    if (reader->spec.cell_axes == 0)
        reader->spec.cell_axes = rank;
    bool good = has_type(dataset, class, size) && rank > 0 && rank == reader->spec.cell_axes;
    for (size_t i = 0; i < rank; i++)
        good = good && cells.axes[i] == i;
    const size_t count = good ? dsci_record_count(reader->axes, &cells) : 0;
    if (!stopped(reader) && (count == 0 || count > DSC_RECORD_MAX_CELLS))
        fail(reader, "dataset '%s' is not one number of the expected type per cell", name);
    void *values = stopped(reader) ? NULL : read_values(reader, dataset, name, memory, count, size);
    return values;
}

/* The messages of failed cells, *bytes each and not all with a NUL; NULL if the file has none. */
static char *read_messages(struct reader *reader, size_t cells, size_t *bytes)
{
    if (stopped(reader) || !dsci_h5_find(reader->file, NULL, "cell_message"))
        return NULL;
    size_t rank, shape[DSC_RECORD_MAX_AXES], count = 1;
    const dsci_h5_object *dataset = find_dataset(reader, NULL, "cell_message", &rank, shape);
    if (!dataset)
        return NULL;
    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    char *messages = NULL;
    if (count != cells || dsci_h5_class_of(dataset, bytes) != DSCI_H5_TEXT ||
        *bytes > DSCI_RECORD_MESSAGE_BYTES)
        fail(reader, "dataset '%s' is not one text of bounded length per cell", "cell_message");
    else
        messages = read_values(reader, dataset, "cell_message", DSCI_H5_AS_STORED, count, *bytes);
    return messages;
}

struct cells {
    const uint64_t *hashes;
    const double *seconds;
    const signed char *statuses;
    const char *messages;
    size_t message_bytes;
};

static void fill_cells(struct reader *reader, dsc_record *record, const struct cells *cells)
{
    if (!cells->hashes || !cells->seconds || !cells->statuses)
        return; /* the reader has stopped */
    for (size_t i = 0; i < record->cell_count && !stopped(reader); i++) {
        const signed char status = cells->statuses[i];
        if (status < DSC_CELL_MISSING || status > DSC_CELL_FAILED)
            fail(reader, "'%s' holds a value that is none of 0, 1, 2", "cell_status");
        record->cells[i] = (dsc_record_cell){ .hash = cells->hashes[i],
                                              .seconds = cells->seconds[i],
                                              .status = (dsc_cell_status)status };
        if (status != DSC_CELL_FAILED)
            continue;
        const char *text = cells->messages ? cells->messages + i * cells->message_bytes : "";
        const char *message = dsc_scope_format(reader->work, "%.*s", (int)cells->message_bytes, text);
        if (message && dsc_record_cell_fail(record, i, cells->seconds[i], message) != DSC_OK)
            dsc_scope_adopt_error(reader->scope, record->scope);
    }
}

static void read_output_values(struct reader *reader, dsc_record *record)
{
    for (size_t i = 0; i < record->spec.output_count && !stopped(reader); i++) {
        dsc_record_output *output = &record->outputs[i];
        size_t rank, shape[DSC_RECORD_MAX_AXES];
        const dsci_h5_object *dataset = find_dataset(reader, NULL, output->name, &rank, shape);
        if (dataset)
            dsci_h5_read(reader->file, dataset, output->name, DSCI_H5_F64, output->values);
    }
}

static void read_summary(struct reader *reader, dsc_record *record)
{
    const dsci_h5_object *group = stopped(reader) ? NULL : dsci_h5_find(reader->file, NULL, "summary");
    if (!group)
        return;
    const char *names[4 * DSC_RECORD_MAX_OUTPUTS];
    const char *list = text_of(reader, group, "outputs");
    const size_t count = split(reader, "summaries", list, sizeof names / sizeof names[0], names);
    for (size_t i = 0; i < count && !stopped(reader); i++) {
        dsc_record_output summary = { .name = NULL };
        read_output(reader, group, &summary, names[i], true);
        if (!stopped(reader) && dsc_record_summary_set(record, &summary) != DSC_OK)
            dsc_scope_adopt_error(reader->scope, record->scope);
    }
}

static void read_provenance(struct reader *reader, dsc_record *record)
{
    const dsci_h5_object *group = stopped(reader) ? NULL : dsci_h5_find(reader->file, NULL, "provenance");
    const size_t count = group ? dsci_h5_attribute_count(group) : 0;
    if (count > PROVENANCE_MAX)
        fail(reader, "group '%s' has too many notes", "provenance");
    for (size_t i = 0; !stopped(reader) && i < count; i++) {
        const char *name = dsci_h5_attribute_name(group, i), *text = text_of(reader, group, name);
        if (!stopped(reader) && dsc_record_provenance_set(record, name, text) != DSC_OK)
            dsc_scope_adopt_error(reader->scope, record->scope);
    }
}

static dsc_record *read_all(struct reader *reader)
{
    read_root(reader);
    read_axes(reader);
    struct cells cells = {
        .hashes = read_cell_array(reader, "cell_hash", DSCI_H5_INTEGER, 8, DSCI_H5_U64),
        .seconds = read_cell_array(reader, "cell_seconds", DSCI_H5_REAL, 8, DSCI_H5_F64),
        .statuses = read_cell_array(reader, "cell_status", DSCI_H5_INTEGER, 1, DSCI_H5_I8),
    };
    read_outputs(reader);
    dsc_record *record = stopped(reader) ? NULL : dsc_record_make(reader->scope, &reader->spec);
    if (!record)
        return NULL;
    cells.messages = read_messages(reader, record->cell_count, &cells.message_bytes);
    if (!stopped(reader))
        fill_cells(reader, record, &cells);
    read_output_values(reader, record);
    read_summary(reader, record);
    read_provenance(reader, record);
    return stopped(reader) ? NULL : record;
}

dsc_record *dsc_record_read(dsc_scope *scope, const char *path)
{
    dsc_scope *work = dsc_scope_open(NULL);
    const dsc_bytes bytes = dsci_file_read_regular(work, path, FILE_BYTES_MAX);
    struct reader reader = { .scope = scope, .work = work, .path = path };
    reader.file = bytes.data && dsc_scope_status(scope) == DSC_OK ? dsci_h5_open(work, path, bytes) : NULL;
    dsc_record *record = reader.file ? read_all(&reader) : NULL;
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return record;
}
