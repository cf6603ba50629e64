/* container.c - arrays by name in a plain HDF5 file, and reading them with every size checked. */
#include "record/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "record/hdf5.h"
#include "record/kind.h"

enum { NAME_BYTES = 1024, TEXTS_MAX = 1 << 20, TEXTS_BYTES = 1 << 26 };
static const size_t VALUES_MAX = (size_t)1 << 33;

struct dsci_container {
    dsc_scope *scope;
    const char *path;
    hid_t file;
    size_t bytes;
};

/* --- Writing --- */

static hid_t file_type(dsci_element type)
{
    switch (type) {
    case DSCI_ELEMENT_F64: return H5T_IEEE_F64LE;
    case DSCI_ELEMENT_I32: return H5T_STD_I32LE;
    default: return H5T_IEEE_F32LE;
    }
}

static hid_t memory_type(dsci_element type)
{
    switch (type) {
    case DSCI_ELEMENT_F64: return H5T_NATIVE_DOUBLE;
    case DSCI_ELEMENT_I32: return H5T_NATIVE_INT32;
    default: return H5T_NATIVE_FLOAT;
    }
}

/* The start of name up to the length, in a buffer; false if it is too long. */
static bool cut_name(char prefix[NAME_BYTES], const char *name, size_t length)
{
    if (length >= NAME_BYTES)
        return false;
    memcpy(prefix, name, length);
    prefix[length] = '\0';
    return true;
}

/* Makes the groups before the last part of a name. */
static void make_groups(dsc_scope *scope, hid_t file, const char *name)
{
    char prefix[NAME_BYTES];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (!cut_name(prefix, name, (size_t)(slash - name))) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "the name '%.40s...' is too long for a file", name);
            return;
        }
        if (H5Lexists(file, prefix, H5P_DEFAULT) > 0)
            continue;
        const hid_t group = dsci_hdf5_group(scope, file, prefix);
        if (group < 0)
            return;
        H5Gclose(group);
    }
}

static void put(dsc_scope *scope, hid_t file, const dsci_array *array)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    make_groups(scope, file, array->name);
    const hid_t dataset =
        dsci_hdf5_put_array(scope, file,
                            &(struct dsci_hdf5_array){ .name = array->name,
                                                       .long_name = array->name,
                                                       .file_type = file_type(array->type),
                                                       .memory_type = memory_type(array->type),
                                                       .rank = array->rank,
                                                       .shape = array->shape,
                                                       .data = array->data,
                                                       .uncompressed = true });
    if (dataset >= 0)
        H5Dclose(dataset);
}

dsc_status dsci_container_write(dsc_scope *scope, const char *path, const dsci_array *arrays, size_t count,
                                const dsc_attribute *texts, size_t text_count)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t file = dsci_hdf5_create(scope);
    for (size_t i = 0; i < text_count; i++)
        dsci_hdf5_put_text(scope, file, texts[i].name, texts[i].text);
    for (size_t i = 0; i < count; i++)
        put(scope, file, &arrays[i]);
    const dsc_bytes image = dsci_hdf5_finish(scope, file);
    dsci_hdf5_leave(before);
    return dsc_scope_status(scope) == DSC_OK ? dsc_file_replace(scope, path, image.data, image.size)
                                             : dsc_scope_status(scope);
}

/* --- Reading --- */

static void close_container(void *object)
{
    const dsci_container *container = object;
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    H5Fclose(container->file);
    dsci_hdf5_leave(before);
}

dsci_container *dsci_container_open(dsc_scope *scope, const char *path)
{
    dsc_scope *local = dsc_scope_open(NULL);
    dsci_container *container = dsc_scope_alloc(scope, 1, sizeof *container);
    struct stat info; /* what is compressed as a whole is no HDF5 file, and would be longer */
    const size_t limit = stat(path, &info) == 0 ? (size_t)info.st_size : 0;
    const dsc_bytes bytes = container ? dsci_file_read_regular(local, path, limit) : (dsc_bytes){ NULL, 0 };
    if (container && bytes.data) {
        const struct dsci_hdf5 before = dsci_hdf5_enter();
        *container = (dsci_container){ .scope = scope,
                                       .path = dsc_scope_copy(scope, path),
                                       .file = dsci_hdf5_open(local, path, bytes),
                                       .bytes = bytes.size };
        dsci_hdf5_leave(before);
    }
    dsc_scope_adopt_error(scope, local);
    const bool opened = container && bytes.data && container->file >= 0;
    dsc_scope_close(&local);
    if (opened)
        dsc_scope_defer(scope, close_container, container);
    return opened && dsc_scope_status(scope) == DSC_OK ? container : NULL;
}

dsc_status dsci_container_expect(const dsci_container *container, dsc_file_kind kind)
{
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    dsci_kind_expect(container->scope, container->path, container->file, kind);
    dsci_hdf5_leave(before);
    return dsc_scope_status(container->scope);
}

size_t dsci_container_bytes(const dsci_container *container)
{
    return container->bytes;
}

/* True if each part of the name is a link to something in the file itself. */
static bool is_inside(const dsci_container *container, const char *name)
{
    char prefix[NAME_BYTES];
    for (const char *end = name; *end;) {
        end += strcspn(end + 1, "/") + 1;
        if (!cut_name(prefix, name, (size_t)(end - name)) || !dsci_hdf5_has(container->file, prefix))
            return false;
    }
    return true;
}

bool dsci_container_has(const dsci_container *container, const char *name)
{
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const bool has = is_inside(container, name);
    dsci_hdf5_leave(before);
    return has;
}

/* Opens a group, or the file itself; -1 if there is none. */
static hid_t open_object(const dsci_container *container, const char *group)
{
    if (*group && !is_inside(container, group))
        return -1;
    return H5Oopen(container->file, *group ? group : "/", H5P_DEFAULT);
}

bool dsci_container_has_text(const dsci_container *container, const char *group, const char *name)
{
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t object = open_object(container, group);
    const bool has = object >= 0 && H5Aexists(object, name) > 0;
    if (object >= 0)
        H5Oclose(object);
    dsci_hdf5_leave(before);
    return has;
}

const char *dsci_container_text(const dsci_container *container, const char *group, const char *name)
{
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t object = open_object(container, group);
    const char *text = "";
    if (object >= 0) {
        text = dsci_hdf5_text(container->scope, container->path, object, name);
        H5Oclose(object);
    } else {
        dsc_scope_fail(container->scope, DSC_ERROR_FORMAT, "'%s': expected a group '%s', found none",
                       container->path, group);
    }
    dsci_hdf5_leave(before);
    return text;
}

/* Texts of one length, each ended by a NUL or its length. */
static bool read_fixed(dsc_scope *scope, hid_t attribute, hid_t type, const char **texts, size_t count)
{
    const size_t size = H5Tget_size(type);
    if (size == 0 || size > TEXTS_BYTES / count)
        return false;
    char *block = dsc_scope_alloc(scope, count, size);
    if (!block || H5Aread(attribute, type, block) < 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        char *copy = dsc_scope_alloc(scope, size + 1, 1);
        if (!copy)
            return false;
        memcpy(copy, block + i * size, size);
        texts[i] = copy;
    }
    return true;
}

/* In their own type: HDF5 does not turn ASCII into UTF-8. */
static bool read_variable(dsc_scope *scope, hid_t attribute, hid_t type, hid_t space, const char **texts,
                          size_t count)
{
    char **found = dsc_scope_alloc(scope, count, sizeof *found);
    const bool read = found && H5Aread(attribute, type, (void *)found) >= 0;
    for (size_t i = 0; read && i < count; i++)
        texts[i] = dsc_scope_copy(scope, found[i] ? found[i] : "");
    if (read)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, (void *)found);
    return read;
}

/* The texts of an attribute, which is open; NULL if it does not hold texts. An empty list is not NULL. */
static const char **read_texts(dsc_scope *scope, hid_t attribute, size_t *count)
{
    const hid_t space = H5Aget_space(attribute), type = H5Aget_type(attribute);
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    bool good = points >= 0 && points <= TEXTS_MAX;
    const char **texts = good ? dsc_scope_alloc(scope, (size_t)points, sizeof *texts) : NULL;
    *count = good ? (size_t)points : 0;
    if (good && points > 0)
        good = texts && H5Tget_class(type) == H5T_STRING &&
               (H5Tis_variable_str(type) > 0 ? read_variable(scope, attribute, type, space, texts, *count)
                                             : read_fixed(scope, attribute, type, texts, *count));
    H5Tclose(type);
    H5Sclose(space);
    return good ? texts : NULL;
}

const char **dsci_container_texts(const dsci_container *container, const char *group, const char *name,
                                  size_t *count)
{
    *count = 0;
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t object = open_object(container, group);
    const hid_t attribute =
        object >= 0 && H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    const char **texts = attribute >= 0 ? read_texts(container->scope, attribute, count) : NULL;
    if (!texts) {
        *count = 0;
        dsci_hdf5_fail(container->scope, DSC_ERROR_FORMAT,
                       "'%s': expected a list of names in attribute '%s' of '/%s', found none that can be "
                       "read",
                       container->path, name, group);
    }
    if (attribute >= 0)
        H5Aclose(attribute);
    if (object >= 0)
        H5Oclose(object);
    dsci_hdf5_leave(before);
    return texts;
}

/* Opens an array of numbers and says its shape; -1, and an error, if it cannot be. */
static hid_t open_array(const dsci_container *container, const char *name, dsci_array *found)
{
    *found = (dsci_array){ .name = name };
    if (!is_inside(container, name)) {
        dsc_scope_fail(container->scope, DSC_ERROR_FORMAT, "'%s': expected dataset '%s', found none",
                       container->path, name);
        return -1;
    }
    const hid_t dataset = dsci_hdf5_dataset_of(container->scope, container->path, container->file, name,
                                               container->bytes, VALUES_MAX, &found->rank, found->shape);
    if (dataset < 0)
        return -1;
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t class = H5Tget_class(type);
    const size_t size = H5Tget_size(type);
    H5Tclose(type);
    if (class == H5T_INTEGER && size == 4)
        found->type = DSCI_ELEMENT_I32;
    else
        found->type = size == 8 ? DSCI_ELEMENT_F64 : DSCI_ELEMENT_F32;
    if ((class == H5T_FLOAT && (size == 2 || size == 4 || size == 8)) || found->type == DSCI_ELEMENT_I32)
        return dataset;
    dsc_scope_fail(container->scope, DSC_ERROR_FORMAT,
                   "'%s': expected dataset '%s' to hold real numbers or 32-bit integers, found another type",
                   container->path, name);
    H5Dclose(dataset);
    return -1;
}

bool dsci_container_find(const dsci_container *container, const char *name, dsci_array *found)
{
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t dataset = open_array(container, name, found);
    if (dataset >= 0)
        H5Dclose(dataset);
    dsci_hdf5_leave(before);
    return dataset >= 0;
}

static bool same_shape(const dsci_array *a, const dsci_array *b)
{
    bool same = a->rank == b->rank;
    for (size_t i = 0; same && i < a->rank; i++)
        same = a->shape[i] == b->shape[i];
    return same;
}

dsc_status dsci_container_read(const dsci_container *container, const dsci_array *expected, void *values)
{
    dsci_array found;
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t dataset = open_array(container, expected->name, &found);
    if (dataset >= 0 && !same_shape(expected, &found))
        dsc_scope_fail(container->scope, DSC_ERROR_FORMAT,
                       "'%s': dataset '%s' has another shape than expected", container->path, expected->name);
    else if (dataset >= 0 &&
             H5Dread(dataset, memory_type(expected->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        dsci_hdf5_fail(container->scope, DSC_ERROR_FORMAT, "'%s' is damaged: dataset '%s' cannot be read",
                       container->path, expected->name);
    if (dataset >= 0)
        H5Dclose(dataset);
    dsci_hdf5_leave(before);
    return dsc_scope_status(container->scope);
}
