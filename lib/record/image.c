/* image.c - a record as the bytes of an HDF5 file.
 *
 * Axes are dimension scales that every dataset over them refers to: NetCDF-4's own form. Beside that, each
 * dataset names its axes in an attribute of text, which is all that reading (read.c) relies on.
 */
#include "record/hdf5.h"
#include "record/internal.h"

#include <math.h>
#include <string.h>

struct image {
    dsc_scope *scope;
    const dsc_record *record;
    hid_t file;
    hid_t scales[DSC_RECORD_MAX_AXES];
};

static const char *join(dsc_scope *scope, const char *list, const char *name)
{
    return list[0] ? dsc_scope_format(scope, "%s %s", list, name) : name;
}

static void write_axes(struct image *image)
{
    const dsc_record_spec *spec = &image->record->spec;
    const char *names = "";
    for (size_t i = 0; i < spec->axis_count; i++)
        image->scales[i] = -1;
    for (size_t i = 0; i < spec->axis_count && dsc_scope_status(image->scope) == DSC_OK; i++) {
        const dsc_record_axis *axis = &spec->axes[i];
        image->scales[i] = dsci_hdf5_put_scale(
            image->scope, image->file,
            &(struct dsci_hdf5_array){ .name = axis->name,
                                       .units = axis->units,
                                       .long_name = axis->long_name,
                                       .file_type = axis->integer ? H5T_STD_I64LE : H5T_IEEE_F64LE,
                                       .memory_type = H5T_NATIVE_DOUBLE,
                                       .rank = 1,
                                       .shape = &axis->count,
                                       .data = axis->values });
        if (image->scales[i] >= 0 && axis->names)
            dsci_hdf5_put_text(image->scope, image->scales[i], "names", axis->names);
        names = join(image->scope, names, axis->name);
    }
    dsci_hdf5_put_text(image->scope, image->file, "axes", names);
}

/* Writes a dataset that runs over some of the record's axes, and attaches the dimension scales of those. */
static hid_t write_array(struct image *image, hid_t parent, struct dsci_hdf5_array array, const size_t *axes)
{
    size_t shape[DSC_RECORD_MAX_AXES];
    const char *names = "";
    for (size_t i = 0; i < array.rank; i++) {
        shape[i] = image->record->axes[axes[i]].count;
        names = join(image->scope, names, image->record->axes[axes[i]].name);
    }
    array.shape = shape;
    const hid_t dataset = dsci_hdf5_put_array(image->scope, parent, &array);
    dsci_hdf5_put_text(image->scope, dataset, "axes", names);
    for (size_t i = 0; i < array.rank; i++)
        dsci_hdf5_attach(image->scope, dataset, array.name, image->scales[axes[i]], i);
    return dataset;
}

static void write_outputs(struct image *image, hid_t parent, const dsc_record_output *outputs, size_t count)
{
    const char *names = "";
    for (size_t i = 0; i < count && dsc_scope_status(image->scope) == DSC_OK; i++) {
        const struct dsci_hdf5_array array = { .name = outputs[i].name,
                                               .units = outputs[i].units,
                                               .long_name = outputs[i].long_name,
                                               .file_type = H5T_IEEE_F64LE,
                                               .memory_type = H5T_NATIVE_DOUBLE,
                                               .rank = outputs[i].rank,
                                               .data = outputs[i].values,
                                               .fill_nan = true };
        H5Dclose(write_array(image, parent, array, outputs[i].axes));
        names = join(image->scope, names, outputs[i].name);
    }
    dsci_hdf5_put_text(image->scope, parent, "outputs", names);
}

static hid_t write_cell_array(struct image *image, struct dsci_hdf5_array array)
{
    static const size_t axes[DSC_RECORD_MAX_AXES] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    array.rank = image->record->spec.cell_axes;
    return write_array(image, image->file, array, axes);
}

static void write_hashes_and_seconds(struct image *image)
{
    const dsc_record *record = image->record;
    uint64_t *hashes = dsc_scope_alloc(image->scope, record->cell_count, sizeof *hashes);
    double *seconds = dsc_scope_alloc(image->scope, record->cell_count, sizeof *seconds);
    if (!hashes || !seconds)
        return;
    for (size_t i = 0; i < record->cell_count; i++) {
        hashes[i] = record->cells[i].hash;
        seconds[i] = record->cells[i].status == DSC_CELL_MISSING ? NAN : record->cells[i].seconds;
    }
    H5Dclose(write_cell_array(
        image,
        (struct dsci_hdf5_array){ .name = "cell_hash",
                                  .long_name = "first 64 bits of the SHA-256 of final parameters and outputs",
                                  .file_type = H5T_STD_U64LE,
                                  .memory_type = H5T_NATIVE_UINT64,
                                  .data = hashes }));
    H5Dclose(write_cell_array(image, (struct dsci_hdf5_array){ .name = "cell_seconds",
                                                               .units = "s",
                                                               .long_name = "computing time",
                                                               .file_type = H5T_IEEE_F64LE,
                                                               .memory_type = H5T_NATIVE_DOUBLE,
                                                               .data = seconds,
                                                               .fill_nan = true }));
}

static void write_statuses(struct image *image)
{
    static const signed char values[] = { DSC_CELL_MISSING, DSC_CELL_DONE, DSC_CELL_FAILED };
    const dsc_record *record = image->record;
    signed char *statuses = dsc_scope_alloc(image->scope, record->cell_count, sizeof *statuses);
    if (!statuses)
        return;
    for (size_t i = 0; i < record->cell_count; i++)
        statuses[i] = (signed char)record->cells[i].status;
    const hid_t dataset =
        write_cell_array(image, (struct dsci_hdf5_array){ .name = "cell_status",
                                                          .long_name = "what became of the cell",
                                                          .file_type = H5T_STD_I8LE,
                                                          .memory_type = H5T_NATIVE_SCHAR,
                                                          .data = statuses });
    dsci_hdf5_put_flags(image->scope, dataset, values, sizeof values, "missing done failed");
    H5Dclose(dataset);
}

/* Bytes of the longest message with its NUL, at most DSCI_RECORD_MESSAGE_BYTES; 0: no cell failed. */
static size_t message_bytes(const dsc_record *record)
{
    size_t longest = 0;
    for (size_t i = 0; i < record->cell_count; i++) {
        const char *message = record->cells[i].message;
        const size_t bytes = message ? strnlen(message, DSCI_RECORD_MESSAGE_BYTES - 1) + 1 : 0;
        longest = bytes > longest ? bytes : longest;
    }
    return longest;
}

/* Writes texts of one length, unlike attributes of any length: then the dataset's checksums cover their
 * bytes. */
static void write_messages(struct image *image)
{
    const dsc_record *record = image->record;
    const size_t bytes = message_bytes(record);
    char *messages = bytes ? dsc_scope_alloc(image->scope, record->cell_count, bytes) : NULL;
    if (!messages)
        return;
    for (size_t i = 0; i < record->cell_count; i++) {
        const char *message = record->cells[i].message ? record->cells[i].message : "";
        size_t length = strnlen(message, bytes - 1);
        while (length > 0 && message[length] && ((unsigned char)message[length] & 0xc0) == 0x80)
            length--; /* no character is cut in two */
        memcpy(messages + i * bytes, message, length);
    }
    const hid_t type = dsci_hdf5_text_type(bytes);
    H5Dclose(write_cell_array(image, (struct dsci_hdf5_array){ .name = "cell_message",
                                                               .long_name = "why the cell failed",
                                                               .file_type = type,
                                                               .memory_type = type,
                                                               .data = messages }));
    H5Tclose(type);
}

static void write_root(struct image *image)
{
    const dsc_record_spec *spec = &image->record->spec;
    const struct dsci_record_text texts[] = {
        { "Conventions", "CF-1.8" },      { "experiment", spec->experiment }, { "title", spec->title },
        { "reference", spec->reference }, { "readme", spec->readme },         { "recipe", spec->recipe },
        { "figures", spec->figures },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        dsci_hdf5_put_text(image->scope, image->file, texts[i].name, texts[i].text);
    dsci_hdf5_put_integer(image->scope, image->file, "schema_version", DSCI_RECORD_SCHEMA);
    dsci_hdf5_put_integer(image->scope, image->file, "complete", dsc_record_complete(image->record));
    dsci_hdf5_put_integer(image->scope, image->file, "deterministic", spec->deterministic);
}

static void write_provenance(struct image *image)
{
    const hid_t group = dsci_hdf5_group(image->scope, image->file, "provenance");
    for (size_t i = 0; i < image->record->provenance_count; i++)
        dsci_hdf5_put_text(image->scope, group, image->record->provenance[i].name,
                           image->record->provenance[i].text);
    H5Gclose(group);
}

static void write_summary(struct image *image)
{
    if (image->record->summary_count == 0)
        return;
    const hid_t group = dsci_hdf5_group(image->scope, image->file, "summary");
    write_outputs(image, group, image->record->summaries, image->record->summary_count);
    H5Gclose(group);
}

dsc_bytes dsci_record_image(dsc_scope *scope, const dsc_record *record)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_bytes){ .data = NULL };
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    struct image image = { .scope = scope, .record = record, .file = dsci_hdf5_create(scope) };
    write_root(&image);
    write_axes(&image);
    write_outputs(&image, image.file, record->outputs, record->spec.output_count);
    write_hashes_and_seconds(&image);
    write_statuses(&image);
    write_messages(&image);
    write_summary(&image);
    write_provenance(&image);
    const dsc_bytes bytes = dsci_hdf5_finish(scope, image.file);
    dsci_hdf5_leave(before);
    return bytes;
}

dsc_status dsc_record_write(dsc_scope *scope, const dsc_record *record, const char *path)
{
    const dsc_bytes image = dsci_record_image(scope, record);
    return image.data ? dsc_file_replace(scope, path, image.data, image.size) : dsc_scope_status(scope);
}
