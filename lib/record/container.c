/* container.c - arrays by name in a plain HDF5 file, and reading them with every size checked. */
#include "record/container.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "record/hdf5.h"
#include "record/hdf5_file.h"
#include "record/kind.h"

enum { NAME_BYTES = 1024 };
static const size_t VALUES_MAX = (size_t)1 << 33;

struct dsci_container {
    dsc_scope *scope;
    const char *path;
    dsci_h5_file *file;
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

/* Makes the groups that a name "a/b/array" needs, and leaves the last part to the caller. */
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

static void put(dsc_scope *scope, hid_t file, const dsci_container_array *array)
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

dsc_status dsci_container_write(dsc_scope *scope, const char *path, const dsci_container_array *arrays,
                                size_t count, const dsc_attribute *texts, size_t text_count)
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

dsci_container *dsci_container_of(dsc_scope *scope, const char *path, dsc_bytes bytes)
{
    dsci_container *container = bytes.data ? dsc_scope_alloc(scope, 1, sizeof *container) : NULL;
    if (!container)
        return NULL;
    container->bytes = bytes.size;
    container->scope = scope;
    container->path = dsc_scope_copy(scope, path);
    container->file = container->path ? dsci_h5_open(scope, container->path, bytes) : NULL;
    return container->file ? container : NULL;
}

dsci_container *dsci_container_open(dsc_scope *scope, const char *path)
{
    struct stat info; /* what is compressed as a whole is no HDF5 file, and would be longer */
    const size_t limit = stat(path, &info) == 0 ? (size_t)info.st_size : 0;
    return dsci_container_of(scope, path, dsci_file_read_regular(scope, path, limit));
}

dsc_status dsci_container_expect(const dsci_container *container, dsc_file_kind kind)
{
    dsci_kind_expect(container->scope, container->path, container->file, kind);
    return dsc_scope_status(container->scope);
}

size_t dsci_container_bytes(const dsci_container *container)
{
    return container->bytes;
}

bool dsci_container_has(const dsci_container *container, const char *name)
{
    return dsci_h5_find(container->file, NULL, name) != NULL;
}

struct paths {
    dsc_scope *scope;
    const char **items;
    size_t count, capacity;
};

static void add_path(void *user, const char *path, const dsci_h5_object *object)
{
    (void)object;
    struct paths *paths = user;
    if (paths->count == paths->capacity) {
        const char **old = paths->items;
        paths->capacity = paths->capacity ? 2 * paths->capacity : 64;
        paths->items = dsc_scope_alloc(paths->scope, paths->capacity, sizeof *paths->items);
        if (paths->items && old)
            memcpy(paths->items, old, paths->count * sizeof *paths->items);
    }
    if (paths->items)
        paths->items[paths->count++] = dsc_scope_copy(paths->scope, path);
}

const char **dsci_container_paths(const dsci_container *container, size_t *count)
{
    struct paths paths = { .scope = container->scope };
    dsci_h5_visit(container->file, add_path, &paths);
    *count = dsc_scope_status(container->scope) == DSC_OK ? paths.count : 0;
    return paths.items;
}

static const dsci_h5_attribute *find_attribute(const dsci_container *container, const char *group,
                                               const char *name)
{
    const dsci_h5_object *object = dsci_h5_find(container->file, NULL, group);
    return object ? dsci_h5_attribute_find(object, name) : NULL;
}

bool dsci_container_has_text(const dsci_container *container, const char *group, const char *name)
{
    return find_attribute(container, group, name) != NULL;
}

const char *dsci_container_text(const dsci_container *container, const char *group, const char *name)
{
    const dsci_h5_object *object = dsci_h5_find(container->file, NULL, group);
    if (object)
        return dsci_h5_text(container->file, object, name);
    dsc_scope_fail(container->scope, DSC_ERROR_FORMAT, "'%s': expected a group '%s', found none",
                   container->path, group);
    return "";
}

bool dsci_is_count(double value, double most)
{
    return value >= 0 && value <= most && value == floor(value);
}

dsc_status dsci_container_expect_recipe(const dsci_container *container, const char *wanted)
{
    dsc_scope *scope = container->scope;
    const char *found = dsci_container_text(container, "", "recipe");
    while (dsc_scope_status(scope) == DSC_OK && strcmp(wanted, found) != 0) {
        const size_t a = strcspn(wanted, "\n"), b = strcspn(found, "\n");
        if (a != b || memcmp(wanted, found, a) != 0 || a == 0)
            dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                           "'%s' is the checkpoint of another training: expected '%.*s', found '%.*s'; give "
                           "another file, or remove it to begin anew",
                           container->path, (int)(a < 200 ? a : 200), wanted, (int)(b < 200 ? b : 200),
                           found);
        wanted += a + (wanted[a] == '\n');
        found += b + (found[b] == '\n');
    }
    return dsc_scope_status(scope);
}

const char **dsci_container_texts(const dsci_container *container, const char *group, const char *name,
                                  size_t *count)
{
    *count = 0;
    const dsci_h5_attribute *attribute = find_attribute(container, group, name);
    const char **texts = attribute ? dsci_h5_texts(container->file, attribute, count) : NULL;
    if (!texts)
        dsc_scope_fail(container->scope, DSC_ERROR_FORMAT,
                       "'%s': expected a list of names in attribute '%s' of '/%s', found none that can be "
                       "read",
                       container->path, name, group);
    return texts;
}

/* Finds an array of numbers and says its shape; NULL, and an error, if there is none. */
static const dsci_h5_object *find_array(const dsci_container *container, const char *name,
                                        dsci_container_array *found)
{
    *found = (dsci_container_array){ .name = name };
    const dsci_h5_object *dataset = dsci_h5_find(container->file, NULL, name);
    if (!dataset) {
        dsc_scope_fail(container->scope, DSC_ERROR_FORMAT, "'%s': expected dataset '%s', found none",
                       container->path, name);
        return NULL;
    }
    dataset = dsci_h5_dataset(container->file, NULL, name, VALUES_MAX, &found->rank, found->shape);
    if (!dataset)
        return NULL;
    size_t size;
    const dsci_h5_class class = dsci_h5_class_of(dataset, &size);
    if (class == DSCI_H5_INTEGER && size == 4)
        found->type = DSCI_ELEMENT_I32;
    else
        found->type = size == 8 ? DSCI_ELEMENT_F64 : DSCI_ELEMENT_F32;
    if (class == DSCI_H5_REAL || found->type == DSCI_ELEMENT_I32)
        return dataset;
    dsc_scope_fail(container->scope, DSC_ERROR_FORMAT,
                   "'%s': expected dataset '%s' to hold real numbers or 32-bit integers, found another type",
                   container->path, name);
    return NULL;
}

bool dsci_container_find(const dsci_container *container, const char *name, dsci_container_array *found)
{
    return find_array(container, name, found) != NULL;
}

static bool same_shape(const dsci_container_array *a, const dsci_container_array *b)
{
    bool same = a->rank == b->rank;
    for (size_t i = 0; same && i < a->rank; i++)
        same = a->shape[i] == b->shape[i];
    return same;
}

dsc_status dsci_container_read(const dsci_container *container, const dsci_container_array *expected,
                               void *values)
{
    static const dsci_h5_memory memory[] = {
        [DSCI_ELEMENT_F32] = DSCI_H5_F32, [DSCI_ELEMENT_F64] = DSCI_H5_F64, [DSCI_ELEMENT_I32] = DSCI_H5_I32
    };
    dsci_container_array found;
    const dsci_h5_object *dataset = find_array(container, expected->name, &found);
    if (dataset && !same_shape(expected, &found))
        dsc_scope_fail(container->scope, DSC_ERROR_FORMAT,
                       "'%s': dataset '%s' has another shape than expected", container->path, expected->name);
    else if (dataset)
        dsci_h5_read(container->file, dataset, expected->name, memory[expected->type], values);
    return dsc_scope_status(container->scope);
}
