/* arrays.c - named arrays over named axes in a plain HDF5 file. */
#include "record/hdf5.h"
#include "record/internal.h"

#include <limits.h>
#include <string.h>

struct scale {
    const char *name;
    size_t length;
    hid_t id;
};

struct writer {
    dsc_scope *scope;
    hid_t file;
    struct scale *scales; /* made as arrays need them */
    size_t scale_count;
};

/* The scale of that name, made if it is the first time; -1, and an error, if its length is another. */
static hid_t find_scale(struct writer *writer, const char *name, size_t length)
{
    for (size_t i = 0; i < writer->scale_count; i++) {
        const struct scale *scale = &writer->scales[i];
        if (strcmp(scale->name, name) != 0)
            continue;
        if (scale->length != length)
            dsc_scope_fail(writer->scope, DSC_ERROR_SHAPE,
                           "axis '%s' has length %zu in one array, %zu in another", name, scale->length,
                           length);
        return scale->id;
    }
    writer->scales[writer->scale_count] =
        (struct scale){ name, length, dsci_hdf5_put_places(writer->scope, writer->file, name, length) };
    return writer->scales[writer->scale_count++].id;
}

/* Says what the integers 0, 1, ... mean: a word each. */
static void put_meanings(struct writer *writer, hid_t dataset, const char *meanings)
{
    signed char values[SCHAR_MAX];
    size_t count = 1;
    for (const char *c = meanings; *c; c++)
        count += *c == ' ';
    if (count > SCHAR_MAX)
        return;
    for (size_t i = 0; i < count; i++)
        values[i] = (signed char)i;
    dsci_hdf5_put_flags(writer->scope, dataset, values, count, meanings);
}

static void put_array(struct writer *writer, const dsc_array *array)
{
    hid_t scales[DSC_RECORD_MAX_AXES];
    for (size_t i = 0; i < array->rank; i++)
        scales[i] = array->axes[i] ? find_scale(writer, array->axes[i], array->shape[i]) : -1;
    const hid_t dataset = dsci_hdf5_put_array(
        writer->scope, writer->file,
        &(struct dsci_hdf5_array){ .name = array->name,
                                   .units = array->units,
                                   .long_name = array->long_name ? array->long_name : array->name,
                                   .file_type = array->real ? H5T_IEEE_F64LE : H5T_STD_I32LE,
                                   .memory_type = array->real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT32,
                                   .rank = array->rank,
                                   .shape = array->shape,
                                   .data = array->real ? (const void *)array->real : array->integer });
    for (size_t i = 0; i < array->rank; i++)
        if (array->axes[i])
            dsci_hdf5_attach(writer->scope, dataset, array->name, scales[i], i);
    if (array->meanings)
        put_meanings(writer, dataset, array->meanings);
    H5Dclose(dataset);
}

dsc_status dsc_arrays_write(dsc_scope *scope, const char *path, const dsc_array *arrays, size_t count,
                            const dsc_attribute *attributes, size_t attribute_count)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    struct writer writer = { .scope = scope,
                             .file = dsci_hdf5_create(scope),
                             .scales =
                                 dsc_scope_alloc(scope, count * DSC_RECORD_MAX_AXES, sizeof *writer.scales) };
    for (size_t i = 0; i < attribute_count; i++)
        dsci_hdf5_put_text(scope, writer.file, attributes[i].name, attributes[i].text);
    for (size_t i = 0; writer.scales && i < count; i++)
        put_array(&writer, &arrays[i]);
    for (size_t i = 0; i < writer.scale_count; i++)
        H5Dclose(writer.scales[i].id);
    const dsc_bytes image = dsci_hdf5_finish(scope, writer.file);
    dsci_hdf5_leave(before);
    return image.data && dsc_scope_status(scope) == DSC_OK
               ? dsc_file_replace(scope, path, image.data, image.size)
               : dsc_scope_status(scope);
}
