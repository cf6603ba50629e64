/* hdf5_parts.h - what the files that read HDF5 share: checked access to bytes, and an object's parts. */
#ifndef DESCENT_RECORD_HDF5_PARTS_H
#define DESCENT_RECORD_HDF5_PARTS_H

#include "record/hdf5_file.h"

/* A block of a fractal heap whose checksum has been found right. */
struct dsci_h5_block {
    struct dsci_h5_block *next;
    uint64_t address;
};

struct dsci_h5_file {
    dsc_scope *scope;
    const char *path;
    unsigned char *data;
    uint64_t size;
    uint64_t budget;         /* bytes that may still be looked at: each many times, but not for ever */
    dsci_h5_object *objects; /* that have been read: a tree */
    struct dsci_h5_block *blocks;
    uint64_t heap_address, heap_at; /* where the last text of a global heap was found */
    const dsci_h5_object *root;
};

/* --- Bytes --- */

/* "'x.h5' is damaged: " and what is wrong. */
void dsci_h5_damaged(dsci_h5_file *file, const char *format, ...) DSC_PRINTF(2, 3);
bool dsci_h5_stopped(const dsci_h5_file *file);

/* size bytes at an address; NULL, and an error, if they are not in the file or it was looked at too often. */
const unsigned char *dsci_h5_take(dsci_h5_file *file, uint64_t address, uint64_t size, const char *what);

/* Counts a step of a search, which costs as little as a byte; false, and an error, if there were too many. */
bool dsci_h5_step(dsci_h5_file *file);

/* The same of a structure that begins with four letters and, if asked for, ends with its checksum. */
const unsigned char *dsci_h5_take_signed(dsci_h5_file *file, uint64_t address, uint64_t size,
                                         const char *signature, bool checksum);

uint32_t dsci_h5_checksum(const unsigned char *data, size_t size);

/* A little-endian number of up to 8 bytes. */
static inline uint64_t dsci_h5_number(const unsigned char *data, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | data[i];
    return value;
}

/* Reads on and on in some bytes; what lies behind their end reads as 0 and is remembered. */
struct dsci_h5_cursor {
    const unsigned char *at;
    size_t left;
    bool cut;
};

static inline const unsigned char *dsci_h5_skip(struct dsci_h5_cursor *cursor, uint64_t size)
{
    const unsigned char *at = cursor->at;
    if (cursor->cut || size > cursor->left) {
        cursor->cut = true;
        return NULL;
    }
    cursor->at += size;
    cursor->left -= (size_t)size;
    return at;
}

static inline uint64_t dsci_h5_next(struct dsci_h5_cursor *cursor, size_t size)
{
    const unsigned char *at = dsci_h5_skip(cursor, size);
    return at ? dsci_h5_number(at, size) : 0;
}

/* --- Objects --- */

enum { DSCI_H5_MAX_FILTERS = 8, DSCI_H5_MAX_RANK = 32 };
static const uint64_t DSCI_H5_NOWHERE = UINT64_MAX; /* the address of what was never written */

struct dsci_h5_type {
    dsci_h5_class class;
    size_t size;
    bool big_endian, is_signed, is_variable; /* texts of any length lie in a global heap */
};

struct dsci_h5_space {
    size_t rank;
    uint64_t shape[DSCI_H5_MAX_RANK], count; /* count 1 of a scalar, 0 of nothing at all */
};

struct dsci_h5_link {
    const char *name;
    uint64_t address; /* DSCI_H5_NOWHERE: it leads elsewhere than to an object of this file */
};

struct dsci_h5_links {
    struct dsci_h5_link *items; /* by name, once the object has been read */
    size_t count, capacity;
};

struct dsci_h5_attribute {
    const char *name;
    uint64_t order;
    struct dsci_h5_type type;
    uint64_t count;            /* of elements, */
    const unsigned char *data; /* which lie here */
};

struct dsci_h5_attributes {
    struct dsci_h5_attribute *items;
    size_t count, capacity;
};

typedef enum dsci_h5_form {
    DSCI_H5_NO_FORM = 0,
    DSCI_H5_COMPACT,
    DSCI_H5_CONTIGUOUS,
    DSCI_H5_CHUNKED,     /* found by a B-tree */
    DSCI_H5_SINGLE_CHUNK /* at the address */
} dsci_h5_form;

struct dsci_h5_layout {
    dsci_h5_form form;
    const unsigned char *data; /* compact */
    uint64_t address, size;
    size_t rank; /* of a chunk: lengths, and last the bytes of an element */
    uint64_t chunk[DSCI_H5_MAX_RANK + 1];
    uint32_t mask; /* filters that a single chunk skips */
};

struct dsci_h5_filter {
    unsigned id;
    uint32_t value; /* its first parameter */
};

struct dsci_h5_object {
    dsci_h5_object *below[2]; /* in the tree of all objects */
    uint64_t address;
    uint64_t file_size; /* bounds what it can hold */
    bool visited;
    struct dsci_h5_links links;
    struct dsci_h5_attributes attributes;
    bool has_type, has_space, is_external;
    struct dsci_h5_type type;
    struct dsci_h5_space space;
    struct dsci_h5_layout layout;
    struct dsci_h5_filter filters[DSCI_H5_MAX_FILTERS];
    size_t filter_count;
    bool filters_known;        /* false: some filter that cannot be undone here */
    const unsigned char *fill; /* an element, if it has its size; else zeros */
    uint64_t fill_size;
    struct {
        uint64_t heap, tree;
    } link_index, attribute_index, symbols; /* where what does not fit into the header lies */
};

/* The object whose header lies at an address, read once; NULL, and an error, if it is damaged. */
dsci_h5_object *dsci_h5_object_read(dsci_h5_file *file, uint64_t address);

/* Adds a link whose name may lack a NUL. */
void dsci_h5_add_link(dsci_h5_file *file, dsci_h5_object *object, const unsigned char *name, size_t size,
                      uint64_t address);

/* A copy of bytes that may lack a NUL. */
const char *dsci_h5_copy(dsci_h5_file *file, const unsigned char *data, size_t size);

/* An integer of up to 64 bits as the file has it, sign-extended if it has one. */
uint64_t dsci_h5_integer_value(const struct dsci_h5_type *type, const unsigned char *data);

/* --- Messages of headers and heaps (hdf5_messages.c) --- */

void dsci_h5_read_message(dsci_h5_file *file, dsci_h5_object *object, unsigned type, unsigned flags,
                          uint64_t order, struct dsci_h5_cursor bytes);
/* Makes room for one more item in a list of items of the given size in bytes. Returns the items, moved if
   need be; NULL, and an error, without memory. */
void *dsci_h5_grow(dsci_h5_file *file, void *items, size_t count, size_t *capacity, size_t bytes);

enum { DSCI_H5_LINK = 0x06, DSCI_H5_ATTRIBUTE = 0x0c };

/* --- Indexes (hdf5_index.c) --- */

/* Links and attributes that lie outside the header join those of the object. */
void dsci_h5_read_indexes(dsci_h5_file *file, dsci_h5_object *object);

/* The bytes of a text in a global heap; NULL, and an error, if they are not there. */
const unsigned char *dsci_h5_heap_text(dsci_h5_file *file, uint64_t address, unsigned index, size_t size);

#endif
