/* hdf5.c - HDF5 files made in memory, with errors in a scope. */
#include "record/hdf5.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/internal.h"

enum { CHUNK_BYTES = 1 << 20, DEFLATE_LEVEL = 4 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The library would flush open files at exit; ours exist in memory only, so it is told not to. */
static void keep_quiet_at_exit(void)
{
    H5dont_atexit();
}

struct dsci_hdf5 dsci_hdf5_enter(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, keep_quiet_at_exit);
    struct dsci_hdf5 before = { .report = NULL };
    pthread_mutex_lock(&mutex);
    H5Eget_auto2(H5E_DEFAULT, &before.report, &before.user);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return before;
}

void dsci_hdf5_leave(struct dsci_hdf5 before)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, before.report, before.user);
    pthread_mutex_unlock(&mutex);
}

const char *dsci_hdf5_version(void)
{
    static char text[40];
    unsigned major = 0, minor = 0, release = 0;
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    H5get_libversion(&major, &minor, &release);
    snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
    dsci_hdf5_leave(before);
    return text;
}

static herr_t keep_reason(unsigned n, const H5E_error2_t *error, void *reason)
{
    if (n == 0 && error->desc)
        snprintf(reason, 160, "%s", error->desc);
    return 0;
}

dsc_status dsci_hdf5_fail(dsc_scope *scope, dsc_status status, const char *format, ...)
{
    char reason[160] = "", doing[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(doing, sizeof doing, format, arguments);
    va_end(arguments);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, reason);
    return reason[0] ? dsc_scope_fail(scope, status, "%s (HDF5: %s)", doing, reason)
                     : dsc_scope_fail(scope, status, "%s", doing);
}

static bool stopped(const dsc_scope *scope)
{
    return dsc_scope_status(scope) != DSC_OK;
}

static const unsigned IN_ORDER = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

/* Access to a file that is memory alone. The oldest superblock is asked for (by leaving the format's bounds
   alone), since H5Fget_file_image of 1.10 spoils the checksum of a newer one. */
static hid_t memory_access(void)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && (H5Pset_fapl_core(access, CHUNK_BYTES, 0) < 0 ||
                        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0)) {
        H5Pclose(access);
        return -1;
    }
    return access;
}

enum { MEMORY_NAME_BYTES = 48 };

/* A name for a file in memory that no other file has. HDF5 takes two files in memory of one name for the same
   file, and refuses to open one in memory while a file of its name lies on disk: so the names are numbered,
   and below /dev/null, which is no folder, nothing can lie. Called between dsci_hdf5_enter() and
   dsci_hdf5_leave(). */
static const char *memory_name(char name[MEMORY_NAME_BYTES])
{
    static unsigned long long files;
    snprintf(name, MEMORY_NAME_BYTES, "/dev/null/descent-%llu", files++);
    return name;
}

/* HDF5 1.10 crashes, or calls exit(-1), when it gets no memory: there has to be more than it needs. */
static bool has_room(dsc_scope *scope)
{
    static const size_t ROOM_BYTES = (size_t)16 << 20;
    void *room = malloc(ROOM_BYTES);
    free(room);
    if (!room)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY,
                       "out of memory: %zu MiB are needed to make a file, a limit of memory leaves less",
                       ROOM_BYTES >> 20);
    return room != NULL;
}

hid_t dsci_hdf5_create(dsc_scope *scope)
{
    char name[MEMORY_NAME_BYTES];
    if (stopped(scope) || !has_room(scope))
        return -1;
    const hid_t access = memory_access(), creation = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = -1;
    if (access >= 0 && creation >= 0 && H5Pset_obj_track_times(creation, false) >= 0 &&
        H5Pset_link_creation_order(creation, IN_ORDER) >= 0 &&
        H5Pset_attr_creation_order(creation, IN_ORDER) >= 0)
        file = H5Fcreate(memory_name(name), H5F_ACC_TRUNC, creation, access);
    if (file < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not make a results file in memory");
    H5Pclose(creation);
    H5Pclose(access);
    return file;
}

dsc_bytes dsci_hdf5_finish(dsc_scope *scope, hid_t file)
{
    dsc_bytes bytes = { .data = NULL };
    if (file < 0)
        return bytes;
    const ssize_t size = H5Fflush(file, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(file, NULL, 0);
    if (size >= 0)
        bytes.data = dsc_scope_alloc(scope, (size_t)size + 1, 1);
    if (bytes.data && H5Fget_file_image(file, bytes.data, (size_t)size) == size)
        bytes.size = (size_t)size;
    else if (!stopped(scope))
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not finish a results file in memory");
    H5Fclose(file);
    return bytes;
}

hid_t dsci_hdf5_group(dsc_scope *scope, hid_t parent, const char *name)
{
    if (stopped(scope))
        return -1;
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    hid_t group = -1;
    if (creation >= 0 && H5Pset_obj_track_times(creation, false) >= 0 &&
        H5Pset_link_creation_order(creation, IN_ORDER) >= 0 &&
        H5Pset_attr_creation_order(creation, IN_ORDER) >= 0)
        group = H5Gcreate2(parent, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (group < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not make group '%s'", name);
    H5Pclose(creation);
    return group;
}

hid_t dsci_hdf5_text_type(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* Writes an attribute of one element, or of count of them. */
static void put_attribute(dsc_scope *scope, hid_t object, const char *name, hid_t type, hsize_t count,
                          const void *data)
{
    if (stopped(scope))
        return;
    const hid_t space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, data) < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not write attribute '%s'", name);
    H5Aclose(attribute);
    H5Sclose(space);
}

void dsci_hdf5_put_text(dsc_scope *scope, hid_t object, const char *name, const char *text)
{
    const hid_t type = dsci_hdf5_text_type(H5T_VARIABLE);
    put_attribute(scope, object, name, type, 0, &text);
    H5Tclose(type);
}

void dsci_hdf5_put_integer(dsc_scope *scope, hid_t object, const char *name, int value)
{
    put_attribute(scope, object, name, H5T_NATIVE_INT, 0, &value);
}

void dsci_hdf5_put_flags(dsc_scope *scope, hid_t object, const signed char *values, size_t count,
                         const char *meanings)
{
    put_attribute(scope, object, "flag_values", H5T_NATIVE_SCHAR, count, values);
    dsci_hdf5_put_text(scope, object, "flag_meanings", meanings);
}

/* Whole rows up to about CHUNK_BYTES: the first lengths are halved until it fits. */
static void choose_chunk(size_t rank, const hsize_t *shape, size_t element, hsize_t *chunk)
{
    hsize_t bytes = element;
    for (size_t i = 0; i < rank; i++)
        bytes *= chunk[i] = shape[i];
    for (size_t i = 0; i < rank; i++)
        while (bytes > CHUNK_BYTES && chunk[i] > 1) {
            bytes /= chunk[i];
            chunk[i] = (chunk[i] + 1) / 2;
            bytes *= chunk[i];
        }
}

static hid_t dataset_creation(const struct dsci_hdf5_array *array, const hsize_t *shape)
{
    const double missing = NAN;
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    bool good = creation >= 0 && H5Pset_obj_track_times(creation, false) >= 0 &&
                H5Pset_attr_creation_order(creation, IN_ORDER) >= 0;
    if (array->fill_nan)
        good = good && H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &missing) >= 0;
    if (array->rank > 0) {
        hsize_t chunk[DSC_RECORD_MAX_AXES];
        choose_chunk(array->rank, shape, H5Tget_size(array->file_type), chunk);
        good = good && H5Pset_chunk(creation, (int)array->rank, chunk) >= 0;
        if (!array->uncompressed)
            good = good && H5Pset_shuffle(creation) >= 0 && H5Pset_deflate(creation, DEFLATE_LEVEL) >= 0;
        good = good && H5Pset_fletcher32(creation) >= 0;
    }
    if (good)
        return creation;
    H5Pclose(creation);
    return -1;
}

hid_t dsci_hdf5_put_array(dsc_scope *scope, hid_t parent, const struct dsci_hdf5_array *array)
{
    if (stopped(scope))
        return -1;
    hsize_t shape[DSC_RECORD_MAX_AXES];
    for (size_t i = 0; i < array->rank; i++)
        shape[i] = array->shape[i];
    const hid_t creation = dataset_creation(array, shape);
    const hid_t space = array->rank ? H5Screate_simple((int)array->rank, shape, NULL) : H5Screate(H5S_SCALAR);
    const hid_t dataset =
        H5Dcreate2(parent, array->name, array->file_type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0 || H5Dwrite(dataset, array->memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array->data) < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not write dataset '%s'", array->name);
    H5Sclose(space);
    H5Pclose(creation);
    if (array->units)
        dsci_hdf5_put_text(scope, dataset, "units", array->units);
    dsci_hdf5_put_text(scope, dataset, "long_name", array->long_name);
    const double missing = NAN;
    if (array->fill_nan)
        put_attribute(scope, dataset, "_FillValue", H5T_NATIVE_DOUBLE, 1, &missing);
    return dataset;
}

hid_t dsci_hdf5_put_scale(dsc_scope *scope, hid_t parent, const struct dsci_hdf5_array *array)
{
    const hid_t scale = dsci_hdf5_put_array(scope, parent, array);
    if (scale >= 0 && H5DSset_scale(scale, array->name) < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not make axis '%s' a dimension scale", array->name);
    return scale;
}

hid_t dsci_hdf5_put_places(dsc_scope *scope, hid_t parent, const char *name, size_t length)
{
    int64_t *places = dsc_scope_alloc(scope, length, sizeof *places);
    for (size_t i = 0; places && i < length; i++)
        places[i] = (int64_t)i;
    return dsci_hdf5_put_scale(scope, parent,
                               &(struct dsci_hdf5_array){ .name = name,
                                                          .units = "1",
                                                          .long_name = name,
                                                          .file_type = H5T_STD_I64LE,
                                                          .memory_type = H5T_NATIVE_INT64,
                                                          .rank = 1,
                                                          .shape = &length,
                                                          .data = places });
}

void dsci_hdf5_attach(dsc_scope *scope, hid_t dataset, const char *name, hid_t scale, size_t axis)
{
    if (!stopped(scope) && H5DSattach_scale(dataset, scale, (unsigned)axis) < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not attach the axes of dataset '%s'", name);
}
