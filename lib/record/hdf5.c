/* hdf5.c - HDF5 in memory, with errors in a scope. */
#include "record/hdf5.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/content.h"

enum {
    CHUNK_BYTES = 1 << 20,
    CHUNK_BYTES_READ = 1 << 28, /* other programs may have repacked the file */
    DEFLATE_LEVEL = 4,
    DEFLATE_RATIO = 1100, /* a deflated byte stands for at most 1032 */
    TEXT_BYTES = 1 << 24
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* Files are memory alone, so nothing is to be saved at exit; closing what a damaged file left open can take
   HDF5 seconds and makes it print. */
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

hid_t dsci_hdf5_create(dsc_scope *scope)
{
    char name[MEMORY_NAME_BYTES];
    if (stopped(scope))
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

void dsci_hdf5_attach(dsc_scope *scope, hid_t dataset, const char *name, hid_t scale, size_t axis)
{
    if (!stopped(scope) && H5DSattach_scale(dataset, scale, (unsigned)axis) < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_MEMORY, "could not attach the axes of dataset '%s'", name);
}

static uint64_t read_u64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (size_t i = 8; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

/* True if the objects of a global heap lie behind one another inside it, each larger than nothing. */
static bool heap_is_sound(const unsigned char *heap, size_t room)
{
    enum {
        HEADER = 16
    }; /* of the heap, and of each object: index (2 bytes), uses (2), unused (4), size (8) */
    const uint64_t size = room < HEADER ? 0 : read_u64(heap + 8);
    if (size < HEADER || size > room)
        return false;
    for (uint64_t at = HEADER; size - at >= HEADER;) {
        const bool is_free = heap[at] == 0 && heap[at + 1] == 0;
        const uint64_t length = read_u64(heap + at + 8);
        if (length > size - at)
            return false;
        const uint64_t whole = is_free ? length : HEADER + (length + 7) / 8 * 8;
        if (whole < HEADER || whole > size - at)
            return false;
        at += whole;
    }
    return true;
}

/* Attributes of text lie in global heaps, the one structure without checksums that we read, and HDF5 1.10
   walks through a damaged one for ever. So heaps are looked at first, and a bad one loses its signature,
   which HDF5 does check. What refers to them is under checksums. */
static void disarm_heaps(dsc_bytes bytes)
{
    static const unsigned char signature[5] = { 'G', 'C', 'O', 'L', 1 };
    unsigned char *end = bytes.data + bytes.size, *next = bytes.data;
    while ((next = memmem(next, (size_t)(end - next), signature, sizeof signature)) != NULL) {
        if (!heap_is_sound(next, (size_t)(end - next)))
            *next = 0;
        next++;
    }
}

/* Sizes of addresses and lengths, as every HDF5 writer of today has them; their place depends on the
 * superblock. */
static bool has_usual_sizes(dsc_bytes bytes)
{
    const size_t at = bytes.data[8] < 2 ? 13 : 9;
    return bytes.data[at] == 8 && bytes.data[at + 1] == 8;
}

hid_t dsci_hdf5_open(dsc_scope *scope, const char *path, dsc_bytes bytes)
{
    static const unsigned char signature[8] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };
    if (stopped(scope))
        return -1;
    if (bytes.size < 16 || memcmp(bytes.data, signature, sizeof signature) != 0 || !has_usual_sizes(bytes)) {
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is not a results file: expected HDF5, found %s", path,
                       dsci_content_text(scope, bytes));
        return -1;
    }
    disarm_heaps(bytes);
    char name[MEMORY_NAME_BYTES];
    const hid_t access = memory_access();
    hid_t file = -1;
    if (access >= 0 && H5Pset_file_image(access, bytes.data, bytes.size) >= 0)
        file = H5Fopen(memory_name(name), H5F_ACC_RDONLY, access);
    if (file < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_FORMAT, "'%s' is damaged: its HDF5 structure cannot be read", path);
    H5Pclose(access);
    return file;
}

/* Opens an attribute that must hold one element. */
static hid_t open_attribute(dsc_scope *scope, const char *path, hid_t object, const char *name)
{
    if (stopped(scope))
        return -1;
    const hid_t attribute = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    if (attribute < 0) {
        dsci_hdf5_fail(
            scope, DSC_ERROR_FORMAT,
            "'%s' is not a results file of descent, or damaged: expected attribute '%s', found none", path,
            name);
        return -1;
    }
    const hid_t space = H5Aget_space(attribute);
    const bool one = H5Sget_simple_extent_npoints(space) == 1;
    H5Sclose(space);
    if (one)
        return attribute;
    dsci_hdf5_fail(scope, DSC_ERROR_FORMAT, "'%s': attribute '%s' holds several values, expected one", path,
                   name);
    H5Aclose(attribute);
    return -1;
}

static const char *read_fixed_text(dsc_scope *scope, hid_t attribute, hid_t type)
{
    const size_t size = H5Tget_size(type);
    char *text = size < TEXT_BYTES ? dsc_scope_alloc(scope, size + 1, 1) : NULL;
    return text && H5Aread(attribute, type, text) >= 0 ? text : NULL;
}

static const char *read_variable_text(dsc_scope *scope, hid_t attribute)
{
    char *text = NULL;
    const hid_t type = dsci_hdf5_text_type(H5T_VARIABLE);
    const bool good = H5Aread(attribute, type, &text) >= 0;
    H5Tclose(type);
    const char *copy = good ? dsc_scope_copy(scope, text ? text : "") : NULL;
    H5free_memory(text);
    return copy;
}

const char *dsci_hdf5_text(dsc_scope *scope, const char *path, hid_t object, const char *name)
{
    const hid_t attribute = open_attribute(scope, path, object, name);
    if (attribute < 0)
        return "";
    const hid_t type = H5Aget_type(attribute);
    const char *text = NULL;
    if (H5Tget_class(type) == H5T_STRING)
        text = H5Tis_variable_str(type) > 0 ? read_variable_text(scope, attribute)
                                            : read_fixed_text(scope, attribute, type);
    if (!text)
        dsci_hdf5_fail(scope, DSC_ERROR_FORMAT, "'%s': attribute '%s' is not a readable text", path, name);
    H5Tclose(type);
    H5Aclose(attribute);
    return text ? text : "";
}

int dsci_hdf5_integer(dsc_scope *scope, const char *path, hid_t object, const char *name)
{
    const hid_t attribute = open_attribute(scope, path, object, name);
    if (attribute < 0)
        return 0;
    const hid_t type = H5Aget_type(attribute);
    int value = 0;
    if (H5Tget_class(type) != H5T_INTEGER || H5Aread(attribute, H5T_NATIVE_INT, &value) < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_FORMAT, "'%s': attribute '%s' is not an integer", path, name);
    H5Tclose(type);
    H5Aclose(attribute);
    return value;
}

bool dsci_hdf5_has(hid_t parent, const char *name)
{
    H5L_info_t info;
    return H5Lexists(parent, name, H5P_DEFAULT) > 0 && H5Lget_info(parent, name, &info, H5P_DEFAULT) >= 0 &&
           info.type == H5L_TYPE_HARD;
}

/* True if the data are in this file and only filters that come with HDF5 stand before them. */
static bool is_plain(hid_t dataset)
{
    const hid_t creation = H5Dget_create_plist(dataset);
    const H5D_layout_t layout = H5Pget_layout(creation);
    bool plain = creation >= 0 &&
                 (layout == H5D_CHUNKED || layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) &&
                 H5Pget_external_count(creation) == 0;
    const int filters = plain ? H5Pget_nfilters(creation) : 0;
    for (int i = 0; i < filters; i++) {
        unsigned flags;
        size_t values = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        plain = plain && (filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
                          filter == H5Z_FILTER_FLETCHER32);
    }
    hsize_t chunk[H5S_MAX_RANK], bytes = 8;
    const int rank = plain && layout == H5D_CHUNKED ? H5Pget_chunk(creation, H5S_MAX_RANK, chunk) : 0;
    for (int i = 0; i < rank; i++) {
        plain = plain && chunk[i] > 0 && chunk[i] <= CHUNK_BYTES_READ / bytes;
        bytes *= plain ? chunk[i] : 1;
    }
    H5Pclose(creation);
    return plain && rank >= 0;
}

/* The shape, if it has at most DSC_RECORD_MAX_AXES lengths and no more values than allowed or than the file
   can hold. */
static bool read_shape(hid_t dataset, size_t file_bytes, size_t most, size_t *rank, size_t *shape)
{
    hsize_t lengths[H5S_MAX_RANK];
    const hid_t space = H5Dget_space(dataset);
    const int dimensions = H5Sis_simple(space) > 0 ? H5Sget_simple_extent_dims(space, lengths, NULL) : -1;
    H5Sclose(space);
    if (dimensions < 0 || dimensions > DSC_RECORD_MAX_AXES)
        return false;
    size_t count = 1;
    for (int i = 0; i < dimensions; i++) {
        if (lengths[i] == 0 || lengths[i] > most / count)
            return false;
        shape[i] = (size_t)lengths[i];
        count *= shape[i];
    }
    *rank = (size_t)dimensions;
    return count / DEFLATE_RATIO <= file_bytes;
}

hid_t dsci_hdf5_dataset(dsc_scope *scope, const char *path, hid_t parent, const char *name, size_t file_bytes,
                        size_t *rank, size_t shape[DSC_RECORD_MAX_AXES])
{
    return dsci_hdf5_dataset_of(scope, path, parent, name, file_bytes, DSC_RECORD_MAX_VALUES, rank, shape);
}

hid_t dsci_hdf5_dataset_of(dsc_scope *scope, const char *path, hid_t parent, const char *name,
                           size_t file_bytes, size_t most, size_t *rank, size_t shape[DSC_RECORD_MAX_AXES])
{
    if (stopped(scope))
        return -1;
    const hid_t dataset = dsci_hdf5_has(parent, name) ? H5Dopen2(parent, name, H5P_DEFAULT) : -1;
    if (dataset < 0) {
        dsci_hdf5_fail(scope, DSC_ERROR_FORMAT, "'%s': expected dataset '%s', found none that can be read",
                       path, name);
        return -1;
    }
    if (is_plain(dataset) && read_shape(dataset, file_bytes, most, rank, shape))
        return dataset;
    dsci_hdf5_fail(
        scope, DSC_ERROR_FORMAT,
        "'%s': dataset '%s' is not stored as expected: at most %d axes and %zu values, all in this file, by "
        "deflate, shuffle and fletcher32 alone",
        path, name, DSC_RECORD_MAX_AXES, most);
    H5Dclose(dataset);
    return -1;
}
