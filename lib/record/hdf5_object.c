/* hdf5_object.c - an HDF5 object's header, of either version, and its attributes. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "record/hdf5_parts.h"

/* --- Headers --- */

/* Blocks of a header that messages have named and that are still to be read. */
struct block {
    struct block *next;
    uint64_t address, size;
};

struct header {
    dsci_h5_file *file;
    dsci_h5_object *object;
    unsigned version;
    bool ordered;      /* messages have a place in the order of creation */
    uint64_t messages; /* of version 1: their number in all blocks */
    struct block *blocks;
};

static void read_continuation(struct header *header, struct dsci_h5_cursor bytes)
{
    struct block *block = dsc_scope_alloc(header->file->scope, 1, sizeof *block);
    const uint64_t address = dsci_h5_next(&bytes, 8), size = dsci_h5_next(&bytes, 8);
    if (bytes.cut)
        dsci_h5_damaged(header->file, "the header of the object at byte %llu ends too early",
                        (unsigned long long)header->object->address);
    if (!block)
        return;
    *block = (struct block){ header->blocks, address, size };
    header->blocks = block;
}

static void read_messages(struct header *header, struct dsci_h5_cursor bytes)
{
    enum { CONTINUATION = 0x10 };
    const size_t least = header->version == 1 ? 8 : header->ordered ? 6 : 4;
    while (bytes.left >= least && header->messages > 0 && !dsci_h5_stopped(header->file)) {
        const unsigned type = (unsigned)dsci_h5_next(&bytes, header->version == 1 ? 2 : 1);
        const uint64_t size = dsci_h5_next(&bytes, 2);
        const unsigned flags = (unsigned)dsci_h5_next(&bytes, 1);
        uint64_t order = header->object->attributes.count;
        if (header->version == 1)
            dsci_h5_next(&bytes, 3);
        else if (header->ordered)
            order = dsci_h5_next(&bytes, 2);
        const unsigned char *data = dsci_h5_skip(&bytes, size);
        if (!data) {
            dsci_h5_damaged(header->file, "a part of the object at byte %llu ends behind its header",
                            (unsigned long long)header->object->address);
            return;
        }
        const struct dsci_h5_cursor message = { data, (size_t)size, false };
        if (type == CONTINUATION)
            read_continuation(header, message);
        else
            dsci_h5_read_message(header->file, header->object, type, flags, order, message);
        header->messages--;
    }
}

static void read_blocks(struct header *header)
{
    enum { AROUND = 8 /* signature and checksum */ };
    while (header->blocks && !dsci_h5_stopped(header->file)) {
        const struct block block = *header->blocks;
        header->blocks = header->blocks->next;
        const unsigned char *data;
        if (header->version == 1) {
            data = dsci_h5_take(header->file, block.address, block.size, "header");
            if (data)
                read_messages(header, (struct dsci_h5_cursor){ data, (size_t)block.size, false });
        } else {
            if (block.size < AROUND)
                dsci_h5_damaged(header->file, "the header of the object at byte %llu has an empty block",
                                (unsigned long long)header->object->address);
            data = dsci_h5_take_signed(header->file, block.address, block.size, "OCHK", true);
            if (data)
                read_messages(header,
                              (struct dsci_h5_cursor){ data + 4, (size_t)block.size - AROUND, false });
        }
    }
}

static void read_header_1(struct header *header)
{
    enum { PREFIX = 16 };
    const uint64_t address = header->object->address;
    const unsigned char *prefix = dsci_h5_take(header->file, address, PREFIX, "header");
    if (!prefix)
        return;
    if (prefix[0] != 1) {
        dsci_h5_damaged(header->file, "expected an object at byte %llu, found other bytes",
                        (unsigned long long)address);
        return;
    }
    const uint64_t size = dsci_h5_number(prefix + 8, 4);
    header->version = 1;
    header->messages = dsci_h5_number(prefix + 2, 2);
    const unsigned char *data = dsci_h5_take(header->file, address + PREFIX, size, "header");
    if (data)
        read_messages(header, (struct dsci_h5_cursor){ data, (size_t)size, false });
    read_blocks(header);
}

static void read_header_2(struct header *header)
{
    enum { HAS_ORDER = 4, HAS_LIMITS = 16, HAS_TIMES = 32, FIXED = 6, CHECKSUM = 4 };
    dsci_h5_file *file = header->file;
    const uint64_t address = header->object->address;
    const unsigned char *fixed = dsci_h5_take_signed(file, address, FIXED + 2, "OHDR", false);
    if (!fixed)
        return;
    const unsigned flags = fixed[5];
    const size_t size_bytes = (size_t)1 << (flags & 3);
    const uint64_t at = FIXED + (flags & HAS_TIMES ? 16u : 0u) + (flags & HAS_LIMITS ? 4u : 0u);
    const unsigned char *sizes = dsci_h5_take(file, address, at + size_bytes, "header");
    const uint64_t size = sizes ? dsci_h5_number(sizes + at, size_bytes) : 0, before = at + size_bytes;
    if (sizes && (fixed[4] != 2 || size > file->size))
        dsci_h5_damaged(file, "the object at byte %llu is of an unknown version or longer than the file",
                        (unsigned long long)address);
    const unsigned char *data =
        dsci_h5_take_signed(file, address, before + (size <= file->size ? size : 0) + CHECKSUM, "OHDR", true);
    if (!data)
        return;
    header->version = 2;
    header->ordered = flags & HAS_ORDER;
    header->messages = UINT64_MAX;
    read_messages(header, (struct dsci_h5_cursor){ data + before, (size_t)size, false });
    read_blocks(header);
}

static int by_order(const void *a, const void *b)
{
    const uint64_t x = ((const struct dsci_h5_attribute *)a)->order,
                   y = ((const struct dsci_h5_attribute *)b)->order;
    return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct dsci_h5_link *)a)->name, ((const struct dsci_h5_link *)b)->name);
}

/* Where the object at an address is, or belongs, in the tree of those that were read. Addresses mostly grow,
   so they are scattered for the tree's order. */
static dsci_h5_object **find_place(dsci_h5_file *file, uint64_t address)
{
    const uint64_t scatter = UINT64_C(0x9e3779b97f4a7c15);
    dsci_h5_object **place = &file->objects;
    while (*place && (*place)->address != address && dsci_h5_step(file))
        place = &(*place)->below[address * scatter > (*place)->address * scatter];
    return place;
}

dsci_h5_object *dsci_h5_object_read(dsci_h5_file *file, uint64_t address)
{
    dsci_h5_object **place = find_place(file, address);
    if (dsci_h5_stopped(file) || *place)
        return dsci_h5_stopped(file) ? NULL : *place;
    const unsigned char *signature = dsci_h5_take(file, address, 4, "header");
    dsci_h5_object *object = signature ? dsc_scope_alloc(file->scope, 1, sizeof *object) : NULL;
    if (!object)
        return NULL;
    *object = (dsci_h5_object){ .address = address,
                                .file_size = file->size,
                                .filters_known = true,
                                .link_index = { DSCI_H5_NOWHERE, DSCI_H5_NOWHERE },
                                .attribute_index = { DSCI_H5_NOWHERE, DSCI_H5_NOWHERE },
                                .symbols = { DSCI_H5_NOWHERE, DSCI_H5_NOWHERE } };
    struct header header = { .file = file, .object = object };
    if (memcmp(signature, "OHDR", 4) == 0)
        read_header_2(&header);
    else
        read_header_1(&header);
    dsci_h5_read_indexes(file, object);
    if (dsci_h5_stopped(file))
        return NULL;
    if (object->attributes.count)
        qsort(object->attributes.items, object->attributes.count, sizeof *object->attributes.items, by_order);
    if (object->links.count)
        qsort(object->links.items, object->links.count, sizeof *object->links.items, by_name);
    *place = object;
    return object;
}

/* --- Attributes --- */

size_t dsci_h5_attribute_count(const dsci_h5_object *object)
{
    return object->attributes.count;
}

const char *dsci_h5_attribute_name(const dsci_h5_object *object, size_t i)
{
    return object->attributes.items[i].name;
}

const dsci_h5_attribute *dsci_h5_attribute_find(const dsci_h5_object *object, const char *name)
{
    for (size_t i = 0; i < object->attributes.count; i++)
        if (strcmp(object->attributes.items[i].name, name) == 0)
            return &object->attributes.items[i];
    return NULL;
}

/* The attribute, if it is there and holds one value. */
static const struct dsci_h5_attribute *find_one(dsci_h5_file *file, const dsci_h5_object *object,
                                                const char *name)
{
    const struct dsci_h5_attribute *attribute = object ? dsci_h5_attribute_find(object, name) : NULL;
    if (!attribute)
        dsc_scope_fail(
            file->scope, DSC_ERROR_FORMAT,
            "'%s' is not a results file of descent, or damaged: expected attribute '%s', found none",
            file->path, name);
    else if (attribute->count != 1)
        dsc_scope_fail(file->scope, DSC_ERROR_FORMAT, "'%s': attribute '%s' holds %s, expected one value",
                       file->path, name, attribute->count ? "several" : "nothing");
    return dsci_h5_stopped(file) ? NULL : attribute;
}

/* One text of an attribute of texts; NULL, and an error, if it is damaged. */
static const char *text_at(dsci_h5_file *file, const struct dsci_h5_attribute *attribute, size_t i)
{
    const struct dsci_h5_type *type = &attribute->type;
    const unsigned char *data = attribute->data + i * type->size;
    if (!type->is_variable)
        return dsci_h5_copy(file, data, type->size);
    const size_t size = (size_t)dsci_h5_number(data, 4);
    const uint64_t heap = dsci_h5_number(data + 4, 8);
    if (size == 0 || heap == 0 || heap == DSCI_H5_NOWHERE)
        return dsci_h5_copy(file, NULL, 0);
    const unsigned char *text = dsci_h5_heap_text(file, heap, (unsigned)dsci_h5_number(data + 12, 4), size);
    return text ? dsci_h5_copy(file, text, size) : NULL;
}

const char *dsci_h5_text(dsci_h5_file *file, const dsci_h5_object *object, const char *name)
{
    const struct dsci_h5_attribute *attribute = find_one(file, object, name);
    if (!attribute)
        return "";
    const char *text = attribute->type.class == DSCI_H5_TEXT ? text_at(file, attribute, 0) : NULL;
    if (!text)
        dsc_scope_fail(file->scope, DSC_ERROR_FORMAT, "'%s': attribute '%s' is not a readable text",
                       file->path, name);
    return text ? text : "";
}

const char **dsci_h5_texts(dsci_h5_file *file, const dsci_h5_attribute *attribute, size_t *count)
{
    enum { EMPTY = 1, TEXTS_MAX = 1 << 20 };
    *count = 0;
    const uint64_t points = attribute->count;
    if (points > TEXTS_MAX || (points > 0 && attribute->type.class != DSCI_H5_TEXT))
        return NULL;
    const char **texts = dsc_scope_alloc(file->scope, (size_t)points + EMPTY, sizeof *texts);
    for (size_t i = 0; texts && i < points; i++)
        if (!(texts[i] = text_at(file, attribute, i)))
            return NULL;
    *count = texts ? (size_t)points : 0;
    return texts;
}

uint64_t dsci_h5_integer_value(const struct dsci_h5_type *type, const unsigned char *data)
{
    uint64_t value = 0;
    for (size_t i = 0; i < type->size; i++)
        value = value << 8 | data[type->big_endian ? i : type->size - 1 - i];
    const unsigned unused = 64 - 8 * (unsigned)type->size;
    return type->is_signed && unused > 0 && value >> (63 - unused) ? value | UINT64_MAX << (64 - unused)
                                                                   : value;
}

int dsci_h5_integer(dsci_h5_file *file, const dsci_h5_object *object, const char *name)
{
    const struct dsci_h5_attribute *attribute = find_one(file, object, name);
    if (!attribute)
        return 0;
    if (attribute->type.class != DSCI_H5_INTEGER) {
        dsc_scope_fail(file->scope, DSC_ERROR_FORMAT, "'%s': attribute '%s' is not an integer", file->path,
                       name);
        return 0;
    }
    const uint64_t value = dsci_h5_integer_value(&attribute->type, attribute->data);
    if (attribute->type.is_signed && value >> 63)
        return (int64_t)value < INT_MIN ? INT_MIN : (int)(int64_t)value;
    return value > INT_MAX ? INT_MAX : (int)value;
}
