/* hdf5_messages.c - the messages of which an HDF5 object consists: its type, shape, layout, links,
 * attributes. */
#include <string.h>

#include "record/hdf5_parts.h"

enum {
    MESSAGE_SPACE = 0x01,
    MESSAGE_LINK_INFO = 0x02,
    MESSAGE_TYPE = 0x03,
    MESSAGE_FILL = 0x05,
    MESSAGE_EXTERNAL = 0x07,
    MESSAGE_LAYOUT = 0x08,
    MESSAGE_FILTERS = 0x0b,
    MESSAGE_SYMBOLS = 0x11,
    MESSAGE_ATTRIBUTE_INFO = 0x15
};

enum { SHARED = 0x02, MUST_BE_KNOWN = 0x80 }; /* flags of a message */
enum { FILTER_DEFLATE = 1, FILTER_SHUFFLE = 2, FILTER_FLETCHER32 = 3 };

static uint64_t padded(uint64_t size, unsigned to)
{
    return (size + to - 1) / to * to;
}

/* --- Types and shapes --- */

static bool is_ieee(struct dsci_h5_cursor properties, size_t size, unsigned sign)
{
    static const struct {
        uint64_t size, sign, exponent_at, exponent, mantissa, bias;
    } known[] = { { 2, 15, 10, 5, 10, 15 }, { 4, 31, 23, 8, 23, 127 }, { 8, 63, 52, 11, 52, 1023 } };
    const uint64_t offset = dsci_h5_next(&properties, 2), precision = dsci_h5_next(&properties, 2);
    const uint64_t exponent_at = dsci_h5_next(&properties, 1), exponent = dsci_h5_next(&properties, 1);
    const uint64_t mantissa_at = dsci_h5_next(&properties, 1), mantissa = dsci_h5_next(&properties, 1);
    const uint64_t bias = dsci_h5_next(&properties, 4);
    for (size_t i = 0; !properties.cut && i < sizeof known / sizeof known[0]; i++)
        if (known[i].size == size)
            return offset == 0 && precision == 8 * size && sign == known[i].sign &&
                   exponent_at == known[i].exponent_at && exponent == known[i].exponent && mantissa_at == 0 &&
                   mantissa == known[i].mantissa && bias == known[i].bias;
    return false;
}

static bool is_whole(struct dsci_h5_cursor properties, size_t size)
{
    const uint64_t offset = dsci_h5_next(&properties, 2), precision = dsci_h5_next(&properties, 2);
    return !properties.cut && offset == 0 && precision == 8 * size &&
           (size == 1 || size == 2 || size == 4 || size == 8);
}

/* What is no plain number or text is of the class DSCI_H5_OTHER. */
static struct dsci_h5_type read_type(struct dsci_h5_cursor bytes)
{
    enum { INTEGER = 0, REAL = 1, TEXT = 3, VARIABLE = 9, MANTISSA_IMPLIED = 2 };
    const unsigned class = (unsigned)dsci_h5_next(&bytes, 1) & 15, bits = (unsigned)dsci_h5_next(&bytes, 3);
    struct dsci_h5_type type = { .size = (size_t)dsci_h5_next(&bytes, 4), .big_endian = bits & 1 };
    if (bytes.cut || type.size == 0)
        return (struct dsci_h5_type){ .class = DSCI_H5_OTHER };
    if (class == INTEGER && is_whole(bytes, type.size)) {
        type.class = DSCI_H5_INTEGER;
        type.is_signed = bits & 8;
    } else if (class == REAL && (bits & 0x40) == 0 && (bits >> 4 & 3) == MANTISSA_IMPLIED &&
               is_ieee(bytes, type.size, bits >> 8 & 255)) {
        type.class = DSCI_H5_REAL;
    } else if (class == TEXT) {
        type.class = DSCI_H5_TEXT;
    } else if (class == VARIABLE && (bits & 15) == 1 && type.size == 16) {
        type.class = DSCI_H5_TEXT;
        type.is_variable = true;
    }
    return type;
}

static bool read_space(struct dsci_h5_cursor bytes, struct dsci_h5_space *space)
{
    enum { NOTHING = 2 };
    const unsigned version = (unsigned)dsci_h5_next(&bytes, 1);
    space->rank = (size_t)dsci_h5_next(&bytes, 1);
    dsci_h5_next(&bytes, 1); /* whether largest lengths follow, which do not matter here */
    const unsigned kind = (unsigned)dsci_h5_next(&bytes, 1);
    if (version == 1)
        dsci_h5_next(&bytes, 4);
    space->count = version == 2 && kind == NOTHING ? 0 : 1;
    if (bytes.cut || version < 1 || version > 2 || space->rank > DSCI_H5_MAX_RANK)
        return false;
    for (size_t i = 0; i < space->rank; i++) {
        const uint64_t length = space->shape[i] = dsci_h5_next(&bytes, 8);
        if (length > 0 && space->count > UINT64_MAX / length)
            return false;
        space->count *= length;
    }
    return !bytes.cut;
}

/* --- Links --- */

void *dsci_h5_grow(dsci_h5_file *file, void *items, size_t count, size_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return items;
    void *larger = dsc_scope_alloc(file->scope, 2 * count + 8, bytes);
    if (!larger)
        return NULL;
    if (count)
        memcpy(larger, items, count * bytes);
    *capacity = 2 * count + 8;
    return larger;
}

void dsci_h5_add_link(dsci_h5_file *file, dsci_h5_object *object, const unsigned char *name, size_t size,
                      uint64_t address)
{
    struct dsci_h5_links *list = &object->links;
    const char *copy = dsci_h5_copy(file, name, size);
    struct dsci_h5_link *items = dsci_h5_grow(file, list->items, list->count, &list->capacity, sizeof *items);
    if (!copy || !items)
        return;
    list->items = items;
    items[list->count++] = (struct dsci_h5_link){ .name = copy, .address = address };
}

static bool read_link(dsci_h5_file *file, dsci_h5_object *object, struct dsci_h5_cursor bytes)
{
    enum { HARD = 0, HAS_ORDER = 4, HAS_KIND = 8, HAS_CHARSET = 16 };
    const unsigned version = (unsigned)dsci_h5_next(&bytes, 1), flags = (unsigned)dsci_h5_next(&bytes, 1);
    const unsigned kind = flags & HAS_KIND ? (unsigned)dsci_h5_next(&bytes, 1) : HARD;
    dsci_h5_skip(&bytes, (flags & HAS_ORDER ? 8u : 0u) + (flags & HAS_CHARSET ? 1u : 0u));
    const uint64_t length = dsci_h5_next(&bytes, (size_t)1 << (flags & 3));
    const unsigned char *name = dsci_h5_skip(&bytes, length);
    const uint64_t address = kind == HARD ? dsci_h5_next(&bytes, 8) : DSCI_H5_NOWHERE;
    if (bytes.cut || version != 1 || length == 0)
        return false;
    dsci_h5_add_link(file, object, name, (size_t)length, address);
    return true;
}

/* --- Attributes --- */

static bool read_attribute(dsci_h5_file *file, dsci_h5_object *object, uint64_t order,
                           struct dsci_h5_cursor bytes)
{
    enum { TYPE_SHARED = 1, SPACE_SHARED = 2 };
    const unsigned version = (unsigned)dsci_h5_next(&bytes, 1), pad = version == 1 ? 8 : 1;
    const unsigned flags = (unsigned)dsci_h5_next(&bytes, 1) & (version == 1 ? 0 : 255);
    const uint64_t name_size = dsci_h5_next(&bytes, 2), type_size = dsci_h5_next(&bytes, 2),
                   space_size = dsci_h5_next(&bytes, 2);
    if (version == 3)
        dsci_h5_next(&bytes, 1); /* the name's character set */
    const unsigned char *name = dsci_h5_skip(&bytes, padded(name_size, pad));
    const unsigned char *type = dsci_h5_skip(&bytes, padded(type_size, pad));
    const unsigned char *space = dsci_h5_skip(&bytes, padded(space_size, pad));
    if (bytes.cut || version < 1 || version > 3 || name_size == 0)
        return false;
    struct dsci_h5_attribute found = { .name = dsci_h5_copy(file, name, (size_t)name_size), .order = order };
    if (!(flags & TYPE_SHARED))
        found.type = read_type((struct dsci_h5_cursor){ type, (size_t)type_size, false });
    struct dsci_h5_space shape = { .count = 0 };
    if (flags & SPACE_SHARED)
        found.type.class = DSCI_H5_OTHER;
    else if (!read_space((struct dsci_h5_cursor){ space, (size_t)space_size, false }, &shape))
        return false;
    found.count = shape.count;
    if (found.type.class != DSCI_H5_OTHER) {
        if (found.count > bytes.left / found.type.size)
            return false;
        found.data = bytes.at;
    }
    struct dsci_h5_attributes *list = &object->attributes;
    struct dsci_h5_attribute *items =
        dsci_h5_grow(file, list->items, list->count, &list->capacity, sizeof *items);
    if (!found.name || !items)
        return true; /* out of memory, which the scope knows */
    list->items = items;
    items[list->count++] = found;
    return true;
}

/* --- Datasets --- */

/* An element that stands for what was never written. */
static bool read_fill(dsci_h5_object *object, struct dsci_h5_cursor bytes)
{
    enum { DEFINED = 0x20 };
    const unsigned version = (unsigned)dsci_h5_next(&bytes, 1);
    bool defined = true;
    if (version == 3) {
        defined = dsci_h5_next(&bytes, 1) & DEFINED;
    } else {
        dsci_h5_next(&bytes, 2);
        defined = dsci_h5_next(&bytes, 1) || version == 1;
    }
    const uint64_t size = defined ? dsci_h5_next(&bytes, 4) : 0;
    const unsigned char *fill = dsci_h5_skip(&bytes, size);
    if (bytes.cut || version < 1 || version > 3)
        return false;
    object->fill = fill;
    object->fill_size = size;
    return true;
}

/* Lengths of a chunk, and last the bytes of an element. */
static bool read_chunk_shape(struct dsci_h5_cursor *bytes, struct dsci_h5_layout *layout, uint64_t rank,
                             uint64_t length_bytes)
{
    if (rank < 2 || rank > DSCI_H5_MAX_RANK + 1 || length_bytes == 0 || length_bytes > 8)
        return false;
    layout->rank = (size_t)rank - 1;
    for (size_t i = 0; i < rank; i++)
        layout->chunk[i] = dsci_h5_next(bytes, (size_t)length_bytes);
    return !bytes->cut;
}

/* Versions 1 and 2, of HDF5 before 1.6.3. */
static bool read_old_layout(struct dsci_h5_cursor *bytes, struct dsci_h5_layout *layout)
{
    const uint64_t rank = dsci_h5_next(bytes, 1);
    const unsigned class = (unsigned)dsci_h5_next(bytes, 1);
    dsci_h5_next(bytes, 5);
    if (class > 0)
        layout->address = dsci_h5_next(bytes, 8);
    if (class == 2) {
        layout->form = DSCI_H5_CHUNKED;
        return read_chunk_shape(bytes, layout, rank, 4);
    }
    layout->size = class == 1 ? UINT64_MAX : 0; /* lengths as the shape has them; the file's end bounds it */
    dsci_h5_skip(bytes, 4 * rank);
    if (class == 0) {
        layout->size = dsci_h5_next(bytes, 4);
        layout->data = dsci_h5_skip(bytes, layout->size);
    }
    layout->form = class == 0 ? DSCI_H5_COMPACT : class == 1 ? DSCI_H5_CONTIGUOUS : DSCI_H5_NO_FORM;
    return true;
}

/* Version 4 has several indexes of chunks; a single chunk is the one that is read. */
static bool read_indexed_layout(struct dsci_h5_cursor *bytes, struct dsci_h5_layout *layout)
{
    enum { FILTERED = 2, SINGLE = 1 };
    const unsigned flags = (unsigned)dsci_h5_next(bytes, 1);
    const uint64_t rank = dsci_h5_next(bytes, 1), length_bytes = dsci_h5_next(bytes, 1);
    if (!read_chunk_shape(bytes, layout, rank, length_bytes))
        return false;
    if (dsci_h5_next(bytes, 1) != SINGLE)
        return true;
    if (flags & FILTERED) {
        layout->size = dsci_h5_next(bytes, 8);
        layout->mask = (uint32_t)dsci_h5_next(bytes, 4);
    }
    layout->address = dsci_h5_next(bytes, 8);
    layout->form = DSCI_H5_SINGLE_CHUNK;
    return true;
}

static bool read_layout(struct dsci_h5_layout *layout, struct dsci_h5_cursor bytes)
{
    enum { COMPACT = 0, CONTIGUOUS = 1, CHUNKED = 2 };
    const unsigned version = (unsigned)dsci_h5_next(&bytes, 1);
    *layout = (struct dsci_h5_layout){ .form = DSCI_H5_NO_FORM };
    if (version == 1 || version == 2)
        return read_old_layout(&bytes, layout) && !bytes.cut;
    const unsigned class = (unsigned)dsci_h5_next(&bytes, 1);
    if (version < 3 || version > 4)
        return version > 4; /* of later days: found, but not read */
    if (class == COMPACT) {
        layout->size = dsci_h5_next(&bytes, 2);
        layout->data = dsci_h5_skip(&bytes, layout->size);
        layout->form = DSCI_H5_COMPACT;
    } else if (class == CONTIGUOUS) {
        layout->address = dsci_h5_next(&bytes, 8);
        layout->size = dsci_h5_next(&bytes, 8);
        layout->form = DSCI_H5_CONTIGUOUS;
    } else if (class == CHUNKED && version == 3) {
        const uint64_t rank = dsci_h5_next(&bytes, 1);
        layout->address = dsci_h5_next(&bytes, 8);
        layout->form = DSCI_H5_CHUNKED;
        return read_chunk_shape(&bytes, layout, rank, 4);
    } else if (class == CHUNKED && version == 4) {
        return read_indexed_layout(&bytes, layout) && !bytes.cut;
    }
    return !bytes.cut;
}

static bool read_filters(dsci_h5_object *object, struct dsci_h5_cursor bytes)
{
    enum { NAMED_FROM = 256 };
    const unsigned version = (unsigned)dsci_h5_next(&bytes, 1);
    const uint64_t count = dsci_h5_next(&bytes, 1);
    if (version == 1)
        dsci_h5_next(&bytes, 6);
    if (bytes.cut || version < 1 || version > 2)
        return false;
    object->filters_known = count <= DSCI_H5_MAX_FILTERS;
    object->filter_count = 0;
    for (uint64_t i = 0; object->filters_known && i < count; i++) {
        const unsigned id = (unsigned)dsci_h5_next(&bytes, 2);
        const uint64_t name = version == 1 || id >= NAMED_FROM ? dsci_h5_next(&bytes, 2) : 0;
        dsci_h5_next(&bytes, 2); /* whether a chunk may do without it: each says whether it does */
        const uint64_t values = dsci_h5_next(&bytes, 2);
        dsci_h5_skip(&bytes, version == 1 ? padded(name, 8) : name);
        const uint32_t value = values ? (uint32_t)dsci_h5_next(&bytes, 4) : 0;
        dsci_h5_skip(&bytes, values ? 4 * (values - 1) : 0);
        dsci_h5_skip(&bytes, version == 1 && values % 2 ? 4 : 0);
        object->filters_known = id == FILTER_DEFLATE || id == FILTER_SHUFFLE || id == FILTER_FLETCHER32;
        object->filters[object->filter_count++] = (struct dsci_h5_filter){ id, value };
    }
    return !bytes.cut;
}

/* --- Messages --- */

static bool read_info(struct dsci_h5_cursor bytes, size_t count_bytes, uint64_t *heap, uint64_t *tree)
{
    enum { COUNTED = 1 };
    const unsigned version = (unsigned)dsci_h5_next(&bytes, 1), flags = (unsigned)dsci_h5_next(&bytes, 1);
    dsci_h5_skip(&bytes, flags & COUNTED ? count_bytes : 0);
    *heap = dsci_h5_next(&bytes, 8);
    *tree = dsci_h5_next(&bytes, 8);
    return version == 0 && !bytes.cut;
}

static bool read_symbols(dsci_h5_object *object, struct dsci_h5_cursor bytes)
{
    object->symbols.tree = dsci_h5_next(&bytes, 8);
    object->symbols.heap = dsci_h5_next(&bytes, 8);
    return !bytes.cut;
}

/* A type or a shape that other objects share is not looked for: such a dataset has no values here. */
static bool read_plain(dsci_h5_file *file, dsci_h5_object *object, unsigned type, uint64_t order,
                       struct dsci_h5_cursor bytes)
{
    switch (type) {
    case MESSAGE_SPACE: return object->has_space = read_space(bytes, &object->space);
    case MESSAGE_TYPE:
        object->type = read_type(bytes);
        object->has_type = true;
        return true;
    case MESSAGE_FILL: return read_fill(object, bytes);
    case MESSAGE_LAYOUT: return read_layout(&object->layout, bytes);
    case MESSAGE_FILTERS: return read_filters(object, bytes);
    case DSCI_H5_ATTRIBUTE: return read_attribute(file, object, order, bytes);
    case DSCI_H5_LINK: return read_link(file, object, bytes);
    case MESSAGE_LINK_INFO: return read_info(bytes, 8, &object->link_index.heap, &object->link_index.tree);
    case MESSAGE_ATTRIBUTE_INFO:
        return read_info(bytes, 2, &object->attribute_index.heap, &object->attribute_index.tree);
    case MESSAGE_SYMBOLS: return read_symbols(object, bytes);
    default: return true;
    }
}

void dsci_h5_read_message(dsci_h5_file *file, dsci_h5_object *object, unsigned type, unsigned flags,
                          uint64_t order, struct dsci_h5_cursor bytes)
{
    enum { LARGEST_KNOWN = 0x17 };
    if (type > LARGEST_KNOWN && flags & MUST_BE_KNOWN)
        dsci_h5_damaged(file, "it holds a part of type %u, which may not be passed over", type);
    if (type == MESSAGE_EXTERNAL)
        object->is_external = true;
    if (flags & SHARED || dsci_h5_stopped(file))
        return;
    if (!read_plain(file, object, type, order, bytes))
        dsci_h5_damaged(file, "a part of type %u of the object at byte %llu contradicts itself", type,
                        (unsigned long long)object->address);
}
