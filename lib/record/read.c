/* read.c - a record from the bytes of an HDF5 file, every size and type checked before use. */
#include "base/file.h"
#include "record/hdf5.h"
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
    size_t bytes;
    hid_t file;
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

static const char *text_of(struct reader *reader, hid_t object, const char *name)
{
    const char *text = dsci_hdf5_text(reader->work, reader->path, object, name);
    dsc_scope_adopt_error(reader->scope, reader->work);
    return text;
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

/* The values of a dataset as the memory type has them, in work; NULL on failure. */
static void *read_values(struct reader *reader, hid_t dataset, const char *name, hid_t memory_type,
                         size_t count)
{
    void *values = dsc_scope_alloc(reader->work, count, H5Tget_size(memory_type));
    if (values && H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        dsci_hdf5_fail(reader->scope, DSC_ERROR_FORMAT, "'%s' is damaged: dataset '%s' cannot be read",
                       reader->path, name);
        return NULL;
    }
    return values;
}

static bool has_type(hid_t dataset, H5T_class_t class, size_t size)
{
    const hid_t type = H5Dget_type(dataset);
    const bool equal = H5Tget_class(type) == class && H5Tget_size(type) == size;
    H5Tclose(type);
    return equal;
}

static hid_t open_dataset(struct reader *reader, hid_t parent, const char *name, size_t *rank,
                          size_t shape[DSC_RECORD_MAX_AXES])
{
    return dsci_hdf5_dataset(reader->scope, reader->path, parent, name, reader->bytes, rank, shape);
}

static void read_axis(struct reader *reader, dsc_record_axis *axis, const char *name)
{
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const hid_t dataset = open_dataset(reader, reader->file, name, &rank, shape);
    if (dataset < 0)
        return;
    *axis = (dsc_record_axis){ .name = name, .integer = has_type(dataset, H5T_INTEGER, 8) };
    if (rank != 1 || (!axis->integer && !has_type(dataset, H5T_FLOAT, 8)))
        fail(reader, "axis '%s' is not a list of 64-bit numbers", name);
    else
        axis->values = read_values(reader, dataset, name, H5T_NATIVE_DOUBLE, axis->count = shape[0]);
    axis->units = text_of(reader, dataset, "units");
    axis->long_name = text_of(reader, dataset, "long_name");
    if (H5Aexists(dataset, "names") > 0)
        axis->names = text_of(reader, dataset, "names");
    H5Dclose(dataset);
}

static void read_axes(struct reader *reader)
{
    const char *names[DSC_RECORD_MAX_AXES];
    const char *list = text_of(reader, reader->file, "axes");
    const size_t count = split(reader, "axes", list, DSC_RECORD_MAX_AXES, names);
    for (size_t i = 0; i < count && !stopped(reader); i++)
        read_axis(reader, &reader->axes[i], names[i]);
    reader->spec.axes = reader->axes;
    reader->spec.axis_count = count;
}

/* Reads which axes a dataset runs over and checks that its shape is theirs. */
static void read_array_axes(struct reader *reader, hid_t dataset, dsc_record_output *array, size_t rank,
                            const size_t *shape)
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
static void read_output(struct reader *reader, hid_t parent, dsc_record_output *output, const char *name,
                        bool values)
{
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const hid_t dataset = open_dataset(reader, parent, name, &rank, shape);
    if (dataset < 0)
        return;
    *output = (dsc_record_output){ .name = name };
    read_array_axes(reader, dataset, output, rank, shape);
    output->units = text_of(reader, dataset, "units");
    output->long_name = text_of(reader, dataset, "long_name");
    if (!has_type(dataset, H5T_FLOAT, 8))
        fail(reader, "dataset '%s' does not hold 64-bit floating-point numbers", name);
    if (values && !stopped(reader)) {
        output->count = dsci_record_count(reader->axes, output);
        output->values = read_values(reader, dataset, name, H5T_NATIVE_DOUBLE, output->count);
    }
    H5Dclose(dataset);
}

static void read_outputs(struct reader *reader)
{
    const char *names[DSC_RECORD_MAX_OUTPUTS];
    const char *list = text_of(reader, reader->file, "outputs");
    const size_t count = split(reader, "outputs", list, DSC_RECORD_MAX_OUTPUTS, names);
    for (size_t i = 0; i < count && !stopped(reader); i++)
        read_output(reader, reader->file, &reader->outputs[i], names[i], false);
    reader->spec.outputs = reader->outputs;
    reader->spec.output_count = count;
}

static void read_root(struct reader *reader)
{
    dsci_kind_expect(reader->scope, reader->path, reader->file, DSC_FILE_RESULTS);
    const int schema = dsci_hdf5_integer(reader->scope, reader->path, reader->file, "schema_version");
    if (!stopped(reader) && schema != DSCI_RECORD_SCHEMA)
        dsc_scope_fail(reader->scope, DSC_ERROR_MISMATCH,
                       "'%s' has schema version %d, expected %d: use the version of descent that wrote it",
                       reader->path, schema, DSCI_RECORD_SCHEMA);
    dsc_record_spec *spec = &reader->spec;
    spec->experiment = text_of(reader, reader->file, "experiment");
    spec->title = text_of(reader, reader->file, "title");
    spec->reference = text_of(reader, reader->file, "reference");
    spec->readme = text_of(reader, reader->file, "readme");
    spec->recipe = text_of(reader, reader->file, "recipe");
    spec->figures = text_of(reader, reader->file, "figures");
    spec->deterministic = dsci_hdf5_integer(reader->scope, reader->path, reader->file, "deterministic") != 0;
}

/* Reads one number per cell; all of them have the axes of cell_hash, which makes those the cell axes. */
static void *read_cell_array(struct reader *reader, const char *name, H5T_class_t class, size_t size,
                             hid_t memory_type)
{
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const hid_t dataset = open_dataset(reader, reader->file, name, &rank, shape);
    if (dataset < 0)
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
    void *values = stopped(reader) ? NULL : read_values(reader, dataset, name, memory_type, count);
    H5Dclose(dataset);
    return values;
}

/* The messages of failed cells, *bytes each and not all with a NUL; NULL if the file has none. */
static char *read_messages(struct reader *reader, size_t cells, size_t *bytes)
{
    if (stopped(reader) || !dsci_hdf5_has(reader->file, "cell_message"))
        return NULL;
    size_t rank, shape[DSC_RECORD_MAX_AXES], count = 1;
    const hid_t dataset = open_dataset(reader, reader->file, "cell_message", &rank, shape);
    if (dataset < 0)
        return NULL;
    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    const hid_t stored = H5Dget_type(dataset);
    *bytes = H5Tget_size(stored);
    char *messages = NULL;
    if (count != cells || H5Tget_class(stored) != H5T_STRING || H5Tis_variable_str(stored) != 0 ||
        *bytes == 0 || *bytes > DSCI_RECORD_MESSAGE_BYTES)
        fail(reader, "dataset '%s' is not one text of bounded length per cell", "cell_message");
    else
        messages = read_values(reader, dataset, "cell_message", stored, count);
    H5Tclose(stored);
    H5Dclose(dataset);
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
        const hid_t dataset = H5Dopen2(reader->file, output->name, H5P_DEFAULT);
        if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, output->values) < 0)
            dsci_hdf5_fail(reader->scope, DSC_ERROR_FORMAT, "'%s' is damaged: dataset '%s' cannot be read",
                           reader->path, output->name);
        H5Dclose(dataset);
    }
}

static void read_summary(struct reader *reader, dsc_record *record)
{
    if (stopped(reader) || !dsci_hdf5_has(reader->file, "summary"))
        return;
    const char *names[4 * DSC_RECORD_MAX_OUTPUTS];
    const hid_t group = H5Gopen2(reader->file, "summary", H5P_DEFAULT);
    const char *list = text_of(reader, group, "outputs");
    const size_t count = split(reader, "summaries", list, sizeof names / sizeof names[0], names);
    for (size_t i = 0; i < count && !stopped(reader); i++) {
        dsc_record_output summary = { .name = NULL };
        read_output(reader, group, &summary, names[i], true);
        if (!stopped(reader) && dsc_record_summary_set(record, &summary) != DSC_OK)
            dsc_scope_adopt_error(reader->scope, record->scope);
    }
    H5Gclose(group);
}

static void read_provenance(struct reader *reader, dsc_record *record)
{
    if (stopped(reader) || !dsci_hdf5_has(reader->file, "provenance"))
        return;
    const hid_t group = H5Gopen2(reader->file, "provenance", H5P_DEFAULT);
    H5O_info_t info;
    if (H5Oget_info2(group, &info, H5O_INFO_NUM_ATTRS) < 0 || info.num_attrs > PROVENANCE_MAX)
        fail(reader, "group '%s' cannot be read", "provenance");
    for (hsize_t i = 0; !stopped(reader) && i < info.num_attrs; i++) {
        char name[256] = "";
        if (H5Aget_name_by_idx(group, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name, sizeof name,
                               H5P_DEFAULT) < 0) {
            fail(reader, "an attribute of group '%s' cannot be read", "provenance");
            break;
        }
        const char *text = text_of(reader, group, name);
        if (!stopped(reader) && dsc_record_provenance_set(record, name, text) != DSC_OK)
            dsc_scope_adopt_error(reader->scope, record->scope);
    }
    H5Gclose(group);
}

static dsc_record *read_all(struct reader *reader)
{
    read_root(reader);
    read_axes(reader);
    struct cells cells = {
        .hashes = read_cell_array(reader, "cell_hash", H5T_INTEGER, 8, H5T_NATIVE_UINT64),
        .seconds = read_cell_array(reader, "cell_seconds", H5T_FLOAT, 8, H5T_NATIVE_DOUBLE),
        .statuses = read_cell_array(reader, "cell_status", H5T_INTEGER, 1, H5T_NATIVE_SCHAR),
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
    dsc_record *record = NULL;
    if (bytes.data && dsc_scope_status(scope) == DSC_OK) {
        const struct dsci_hdf5 before = dsci_hdf5_enter();
        struct reader reader = { .scope = scope, .work = work, .path = path, .bytes = bytes.size };
        reader.file = dsci_hdf5_open(scope, path, bytes);
        if (reader.file >= 0)
            record = read_all(&reader);
        if (reader.file >= 0)
            H5Fclose(reader.file);
        dsci_hdf5_leave(before);
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return record;
}
