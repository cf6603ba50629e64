/* hdf5_values.c - the values of an HDF5 dataset: found, unpacked, put in their places, turned into C's types.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "record/hdf5_parts.h"

enum {
    CHUNK_BYTES_MAX = 1 << 28, /* other programs may have repacked the file */
    DEFLATE_RATIO = 1100,      /* a deflated byte stands for at most 1032 */
    CHECKSUM_BYTES = 4,
    ROOM = 64 /* beyond a chunk's bytes, for checksums that were packed with it */
};
enum { FILTER_DEFLATE = 1, FILTER_SHUFFLE = 2, FILTER_FLETCHER32 = 3 };

/* --- Finding --- */

/* True if values of this dataset can be read at all: all in this file, by known filters alone. */
static bool is_plain(const dsci_h5_object *dataset)
{
    const struct dsci_h5_layout *layout = &dataset->layout;
    if (!dataset->has_type || dataset->type.size == 0 || !dataset->has_space || dataset->is_external ||
        !dataset->filters_known || layout->form == DSCI_H5_NO_FORM)
        return false;
    if (layout->form != DSCI_H5_CHUNKED && layout->form != DSCI_H5_SINGLE_CHUNK)
        return dataset->filter_count == 0;
    if (layout->rank != dataset->space.rank || layout->chunk[layout->rank] != dataset->type.size)
        return false;
    uint64_t bytes = dataset->type.size;
    for (size_t i = 0; i < layout->rank; i++) {
        if (layout->chunk[i] == 0 || layout->chunk[i] > CHUNK_BYTES_MAX / bytes)
            return false;
        bytes *= layout->chunk[i];
    }
    return true;
}

bool dsci_h5_shape(const dsci_h5_object *dataset, size_t most, size_t *rank,
                   size_t shape[DSC_RECORD_MAX_AXES])
{
    if (!is_plain(dataset) || dataset->space.rank > DSC_RECORD_MAX_AXES || dataset->space.count == 0 ||
        dataset->space.count > most ||
        dataset->space.count / DEFLATE_RATIO > dataset->file_size / dataset->type.size)
        return false;
    *rank = dataset->space.rank;
    for (size_t i = 0; i < *rank; i++)
        shape[i] = (size_t)dataset->space.shape[i];
    return true;
}

const dsci_h5_object *dsci_h5_dataset(dsci_h5_file *file, const dsci_h5_object *parent, const char *path,
                                      size_t most, size_t *rank, size_t shape[DSC_RECORD_MAX_AXES])
{
    const dsci_h5_object *dataset = dsci_h5_find(file, parent, path);
    if (!dataset || (!dataset->has_space && !dataset->has_type))
        dsc_scope_fail(file->scope, DSC_ERROR_FORMAT,
                       "'%s': expected dataset '%s', found none that can be read", file->path, path);
    else if (!dsci_h5_shape(dataset, most, rank, shape))
        dsc_scope_fail(
            file->scope, DSC_ERROR_FORMAT,
            "'%s': dataset '%s' is not stored as expected: at most %d axes and %zu values, all in "
            "this file, by deflate, shuffle and fletcher32 alone, in no form younger than HDF5 1.8 "
            "(h5repack makes such a file)",
            file->path, path, DSC_RECORD_MAX_AXES, most);
    return dsci_h5_stopped(file) ? NULL : dataset;
}

dsci_h5_class dsci_h5_class_of(const dsci_h5_object *dataset, size_t *size)
{
    *size = dataset->type.size;
    return dataset->type.is_variable ? DSCI_H5_OTHER : dataset->type.class;
}

/* --- Unpacking --- */

/* HDF5's checksum of data: Fletcher's, over big-endian numbers of 16 bits. */
static uint32_t fletcher32(const unsigned char *data, size_t size)
{
    enum { SAFE = 360 }; /* words until a sum may overflow */
    uint32_t a = 0, b = 0;
    for (size_t words = (size + 1) / 2, done = 0; done < words;) {
        const size_t end = words - done > SAFE ? done + SAFE : words;
        for (; done < end; done++) {
            a += (uint32_t)data[2 * done] << 8 | (2 * done + 1 < size ? data[2 * done + 1] : 0u);
            b += a;
        }
        a = (a & 0xffff) + (a >> 16);
        b = (b & 0xffff) + (b >> 16);
    }
    a = (a & 0xffff) + (a >> 16);
    b = (b & 0xffff) + (b >> 16);
    return b << 16 | a;
}

/* Bytes of the elements lie apart: all first ones, all second ones, ... What is left over at the end stays.
 */
static void unshuffle(const unsigned char *from, size_t size, size_t element, unsigned char *to)
{
    const size_t count = size / element;
    for (size_t k = 0; count > 0 && k < element; k++)
        for (size_t i = 0; i < count; i++)
            to[i * element + k] = from[k * count + i];
    memcpy(to + count * element, from + count * element, size - count * element);
}

struct unpacker {
    dsci_h5_file *file;
    const dsci_h5_object *dataset;
    const char *name;
    size_t bytes;             /* of a whole chunk */
    uint64_t chunks;          /* that may still come: as many as the dataset has places for */
    unsigned char *buffer[2]; /* of bytes + ROOM */
    unsigned char *values;    /* of all of the dataset, as they are stored */
};

/* Undoes one filter: *data moves to the other buffer. False: the data do not fit it. */
static bool undo(struct unpacker *unpacker, const struct dsci_h5_filter *filter, const unsigned char **data,
                 size_t *size)
{
    unsigned char *to = unpacker->buffer[*data == unpacker->buffer[0]];
    uLongf length = (uLongf)(unpacker->bytes + ROOM);
    switch (filter->id) {
    case FILTER_FLETCHER32:
        if (*size < CHECKSUM_BYTES)
            return false;
        *size -= CHECKSUM_BYTES;
        return fletcher32(*data, *size) == dsci_h5_number(*data + *size, CHECKSUM_BYTES);
    case FILTER_DEFLATE:
        if (uncompress(to, &length, *data, (uLong)*size) != Z_OK)
            return false;
        *size = length;
        break;
    default:
        if (*size > length || filter->value == 0)
            return false;
        unshuffle(*data, *size, filter->value, to);
        break;
    }
    *data = to;
    return true;
}

/* Copies the part of a chunk that lies in the dataset, row by row. */
static void place_chunk(const struct unpacker *unpacker, const uint64_t *offset, const unsigned char *data)
{
    const dsci_h5_object *dataset = unpacker->dataset;
    const uint64_t *shape = dataset->space.shape, *chunk = dataset->layout.chunk;
    const size_t rank = dataset->space.rank, element = dataset->type.size;
    uint64_t length[DSCI_H5_MAX_RANK], at[DSCI_H5_MAX_RANK] = { 0 };
    for (size_t i = 0; i < rank; i++)
        length[i] = chunk[i] < shape[i] - offset[i] ? chunk[i] : shape[i] - offset[i];
    for (bool more = true; more;) {
        uint64_t from = 0, to = 0;
        for (size_t i = 0; i < rank; i++) {
            from = from * chunk[i] + at[i];
            to = to * shape[i] + offset[i] + at[i];
        }
        memcpy(unpacker->values + to * element, data + from * element, (size_t)length[rank - 1] * element);
        more = false;
        for (size_t i = rank - 1; i-- > 0 && !more;) {
            more = ++at[i] < length[i];
            at[i] = more ? at[i] : 0;
        }
    }
}

static void fail_chunk(const struct unpacker *unpacker, const char *what)
{
    dsc_scope_fail(unpacker->file->scope, DSC_ERROR_FORMAT,
                   "'%s' is damaged: dataset '%s' cannot be read: a chunk of it %s", unpacker->file->path,
                   unpacker->name, what);
}

static void read_chunk(struct unpacker *unpacker, uint64_t address, uint64_t stored, uint32_t mask,
                       const uint64_t *offset)
{
    const dsci_h5_object *dataset = unpacker->dataset;
    for (size_t i = 0; i < dataset->space.rank; i++)
        if (offset[i] >= dataset->space.shape[i] || offset[i] % dataset->layout.chunk[i] != 0) {
            fail_chunk(unpacker, "lies outside it");
            return;
        }
    if (unpacker->chunks-- == 0) {
        unpacker->chunks = 0;
        fail_chunk(unpacker, "is there twice");
        return;
    }
    const unsigned char *data = dsci_h5_take(unpacker->file, address, stored, "chunk");
    size_t size = (size_t)stored;
    for (size_t i = dataset->filter_count; data && i-- > 0;)
        if (!(mask >> i & 1) && !undo(unpacker, &dataset->filters[i], &data, &size)) {
            fail_chunk(unpacker, "has another checksum than its bytes, or is not packed as it says");
            return;
        }
    if (data && size != unpacker->bytes)
        fail_chunk(unpacker, "has another size than it says");
    else if (data)
        place_chunk(unpacker, offset, data);
}

/* Keys: size (4 bytes), filters that were skipped (4), offsets (8 each), and one for the bytes of an element.
 */
static void read_tree(struct unpacker *unpacker, uint64_t address, unsigned above)
{
    enum { HEADER = 24 };
    dsci_h5_file *file = unpacker->file;
    const size_t rank = unpacker->dataset->space.rank, key = 8 + 8 * (rank + 1);
    const unsigned char *header = dsci_h5_take_signed(file, address, HEADER, "TREE", false);
    if (!header)
        return;
    const unsigned level = header[5];
    const uint64_t used = dsci_h5_number(header + 6, 2);
    if (header[4] != 1 || level >= above) {
        dsci_h5_damaged(file, "its tree at byte %llu is not one of chunks", (unsigned long long)address);
        return;
    }
    const unsigned char *at = dsci_h5_take(file, address + HEADER, used * (key + 8) + key, "tree");
    for (uint64_t i = 0; at && i < used && !dsci_h5_stopped(file); i++, at += key + 8) {
        const uint64_t child = dsci_h5_number(at + key, 8);
        uint64_t offset[DSCI_H5_MAX_RANK];
        for (size_t k = 0; k < rank; k++)
            offset[k] = dsci_h5_number(at + 8 + 8 * k, 8);
        if (level > 0)
            read_tree(unpacker, child, level);
        else
            read_chunk(unpacker, child, dsci_h5_number(at, 4), (uint32_t)dsci_h5_number(at + 4, 4), offset);
    }
}

static void read_chunks(struct unpacker *unpacker)
{
    enum { LEVELS = 16 };
    const dsci_h5_object *dataset = unpacker->dataset;
    const struct dsci_h5_layout *layout = &dataset->layout;
    static const uint64_t origin[DSCI_H5_MAX_RANK];
    unpacker->bytes = dataset->type.size;
    unpacker->chunks = 1;
    for (size_t i = 0; i < layout->rank; i++) {
        unpacker->bytes *= (size_t)layout->chunk[i];
        unpacker->chunks *= (dataset->space.shape[i] - 1) / layout->chunk[i] + 1;
    }
    if (unpacker->bytes / DEFLATE_RATIO > unpacker->file->size) {
        fail_chunk(unpacker, "is larger than the file can hold");
        return;
    }
    for (size_t i = 0; i < 2; i++)
        unpacker->buffer[i] = malloc(unpacker->bytes + ROOM);
    if (!unpacker->buffer[0] || !unpacker->buffer[1])
        dsc_scope_fail(unpacker->file->scope, DSC_ERROR_MEMORY,
                       "out of memory: could not allocate %zu bytes for a chunk of dataset '%s'",
                       unpacker->bytes, unpacker->name);
    else if (layout->form == DSCI_H5_CHUNKED)
        read_tree(unpacker, layout->address, LEVELS);
    else
        read_chunk(unpacker, layout->address, dataset->filter_count ? layout->size : unpacker->bytes,
                   layout->mask, origin);
    free(unpacker->buffer[0]);
    free(unpacker->buffer[1]);
}

/* All values as they are stored, count * size bytes of them. */
static void read_stored(dsci_h5_file *file, const dsci_h5_object *dataset, const char *name,
                        unsigned char *values)
{
    const struct dsci_h5_layout *layout = &dataset->layout;
    const size_t element = dataset->type.size, count = (size_t)dataset->space.count;
    const uint64_t bytes = (uint64_t)count * element;
    memset(values, 0, bytes);
    for (size_t i = 0; dataset->fill_size == element && i < count; i++)
        memcpy(values + i * element, dataset->fill, element);
    if (layout->form == DSCI_H5_COMPACT) {
        if (layout->size < bytes)
            dsci_h5_damaged(file, "dataset '%s' is shorter than its shape says", name);
        else
            memcpy(values, layout->data, bytes);
    } else if (layout->address == DSCI_H5_NOWHERE) {
        return; /* nothing was ever written */
    } else if (layout->form == DSCI_H5_CONTIGUOUS) {
        if (layout->size < bytes)
            dsci_h5_damaged(file, "dataset '%s' is shorter than its shape says", name);
        const unsigned char *data = dsci_h5_take(file, layout->address, bytes, "dataset");
        if (data)
            memcpy(values, data, bytes);
    } else {
        read_chunks(&(struct unpacker){ .file = file, .dataset = dataset, .name = name, .values = values });
    }
}

/* --- C's types --- */

static double real_value(const struct dsci_h5_type *type, const unsigned char *data)
{
    const uint64_t bits = dsci_h5_integer_value(type, data);
    if (type->size == 8) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (type->size == 4) {
        const uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof value);
        return (double)value;
    }
    const int exponent = (int)(bits >> 10 & 31), mantissa = (int)(bits & 1023);
    const double size = exponent == 31 ? (mantissa ? (double)NAN : (double)INFINITY)
                        : exponent     ? ldexp(1024 + mantissa, exponent - 25)
                                       : ldexp(mantissa, -24);
    return bits >> 15 ? -size : size;
}

/* The nearest integer of a range; 0 for what is no number. */
static int64_t clamp(double value, double least, double most)
{
    return value >= most    ? (int64_t)most
           : value <= least ? (int64_t)least
           : value == value ? (int64_t)value
                            : 0;
}

static int64_t clamp_integer(const struct dsci_h5_type *type, uint64_t value, int64_t least, int64_t most)
{
    if (!type->is_signed)
        return value > (uint64_t)most ? most : (int64_t)value;
    const int64_t number = (int64_t)value;
    return number < least ? least : number > most ? most : number;
}

static int64_t small_integer(const struct dsci_h5_type *type, const unsigned char *data, int64_t least,
                             int64_t most)
{
    return type->class == DSCI_H5_REAL ? clamp(real_value(type, data), (double)least, (double)most)
                                       : clamp_integer(type, dsci_h5_integer_value(type, data), least, most);
}

static double any_value(const struct dsci_h5_type *type, const unsigned char *data)
{
    if (type->class == DSCI_H5_REAL)
        return real_value(type, data);
    const uint64_t value = dsci_h5_integer_value(type, data);
    return type->is_signed ? (double)(int64_t)value : (double)value;
}

static float any_value_f32(const struct dsci_h5_type *type, const unsigned char *data)
{
    if (type->class == DSCI_H5_REAL)
        return (float)real_value(type, data);
    const uint64_t value = dsci_h5_integer_value(type, data);
    return type->is_signed ? (float)(int64_t)value : (float)value;
}

static void convert(const struct dsci_h5_type *type, const unsigned char *from, size_t count,
                    dsci_h5_memory memory, void *values)
{
    for (size_t i = 0; i < count; i++, from += type->size)
        switch (memory) {
        case DSCI_H5_F64: ((double *)values)[i] = any_value(type, from); break;
        case DSCI_H5_F32: ((float *)values)[i] = any_value_f32(type, from); break;
        case DSCI_H5_I32:
            ((int32_t *)values)[i] = (int32_t)small_integer(type, from, INT32_MIN, INT32_MAX);
            break;
        case DSCI_H5_I8: ((int8_t *)values)[i] = (int8_t)small_integer(type, from, INT8_MIN, INT8_MAX); break;
        default: ((uint64_t *)values)[i] = dsci_h5_integer_value(type, from); break;
        }
}

/* True if the file's bytes are the memory's. */
static bool is_same(const struct dsci_h5_type *type, dsci_h5_memory memory)
{
    static const struct {
        dsci_h5_class class;
        size_t size;
    } same[] = { [DSCI_H5_F64] = { DSCI_H5_REAL, 8 },
                 [DSCI_H5_F32] = { DSCI_H5_REAL, 4 },
                 [DSCI_H5_I32] = { DSCI_H5_INTEGER, 4 },
                 [DSCI_H5_I8] = { DSCI_H5_INTEGER, 1 },
                 [DSCI_H5_U64] = { DSCI_H5_INTEGER, 8 } };
    if (memory == DSCI_H5_AS_STORED)
        return true;
    return !type->big_endian && type->class == same[memory].class && type->size == same[memory].size &&
           (type->class == DSCI_H5_REAL || type->is_signed == (memory != DSCI_H5_U64));
}

bool dsci_h5_read(dsci_h5_file *file, const dsci_h5_object *dataset, const char *name, dsci_h5_memory memory,
                  void *values)
{
    const struct dsci_h5_type *type = &dataset->type;
    const size_t count = (size_t)dataset->space.count;
    if (dsci_h5_stopped(file))
        return false;
    if (is_same(type, memory)) {
        read_stored(file, dataset, name, values);
        return !dsci_h5_stopped(file);
    }
    if (type->class != DSCI_H5_REAL && type->class != DSCI_H5_INTEGER) {
        dsc_scope_fail(file->scope, DSC_ERROR_FORMAT,
                       "'%s': dataset '%s' does not hold numbers that can be read", file->path, name);
        return false;
    }
    unsigned char *stored = malloc(count * type->size);
    if (stored)
        read_stored(file, dataset, name, stored);
    else
        dsc_scope_fail(file->scope, DSC_ERROR_MEMORY,
                       "out of memory: could not allocate %zu bytes for dataset '%s'", count * type->size,
                       name);
    if (!dsci_h5_stopped(file))
        convert(type, stored, count, memory, values);
    free(stored);
    return !dsci_h5_stopped(file);
}
