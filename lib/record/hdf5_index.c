/* hdf5_index.c - where HDF5 keeps what is too much for a header: B-trees of both versions and heaps of all
 * kinds. */
#include <string.h>

#include "record/hdf5_parts.h"

static unsigned log2_of(uint64_t x)
{
    unsigned log = 0;
    while (x >>= 1)
        log++;
    return log;
}

/* The number of bytes that an unsigned number up to x takes. */
static size_t bytes_for(uint64_t x)
{
    return log2_of(x) / 8 + 1;
}

static bool is_power_of_two(uint64_t x)
{
    return x > 0 && (x & (x - 1)) == 0;
}

/* --- Global heaps: texts of any length --- */

/* Looks for an object from one place in the heap on; where it ends goes to *at. Sizes are checked one by one:
   the heap has no checksum. */
static const unsigned char *find_text(dsci_h5_file *file, const unsigned char *heap, uint64_t heap_size,
                                      uint64_t *at, unsigned index, uint64_t *size)
{
    enum { HEADER = 16 }; /* index (2 bytes), uses (2), unused (4), size (8) */
    while (heap_size - *at >= HEADER) {
        const unsigned char *object = heap + *at;
        const unsigned found = (unsigned)dsci_h5_number(object, 2);
        *size = dsci_h5_number(object + 8, 8);
        if (*size > heap_size - *at || (found != 0 && *size > heap_size - *at - HEADER)) {
            dsci_h5_damaged(file, "a text of its heap ends behind the heap");
            return NULL;
        }
        if (found == 0) /* the rest is free */
            break;
        if (!dsci_h5_step(file))
            return NULL;
        *at += HEADER + (*size + 7) / 8 * 8;
        *at = *at < heap_size ? *at : heap_size;
        if (found == index)
            return object + HEADER;
    }
    return NULL;
}

const unsigned char *dsci_h5_heap_text(dsci_h5_file *file, uint64_t address, unsigned index, size_t size)
{
    enum { HEADER = 16 };
    const unsigned char *header = dsci_h5_take_signed(file, address, HEADER, "GCOL", false);
    const uint64_t heap_size = header ? dsci_h5_number(header + 8, 8) : 0;
    if (!header)
        return NULL;
    if (header[4] != 1 || heap_size < HEADER || heap_size > file->size - address) {
        dsci_h5_damaged(file, "its heap at byte %llu has an impossible size", (unsigned long long)address);
        return NULL;
    }
    /* Texts are mostly asked for in their order. */
    uint64_t found_size = 0, at = file->heap_address == address ? file->heap_at : HEADER;
    const unsigned char *text = find_text(file, header, heap_size, &at, index, &found_size);
    if (!text && !dsci_h5_stopped(file)) {
        at = HEADER;
        text = find_text(file, header, heap_size, &at, index, &found_size);
    }
    file->heap_address = address;
    file->heap_at = at;
    if (text && size <= found_size && size <= file->budget) {
        file->budget -= size;
        return text;
    }
    dsci_h5_damaged(file, "a text is not in its heap at byte %llu", (unsigned long long)address);
    return NULL;
}

/* --- Groups of the old form: a B-tree of version 1, whose leaves name places in a local heap --- */

struct symbols {
    dsci_h5_file *file;
    dsci_h5_object *object;
    const unsigned char *names;
    uint64_t size;
};

static void read_symbol_node(const struct symbols *symbols, uint64_t address)
{
    enum { HEADER = 8, ENTRY = 40, SOFT = 2 };
    dsci_h5_file *file = symbols->file;
    const unsigned char *header = dsci_h5_take_signed(file, address, HEADER, "SNOD", false);
    const uint64_t count = header ? dsci_h5_number(header + 6, 2) : 0;
    const unsigned char *entry =
        header ? dsci_h5_take(file, address + HEADER, count * ENTRY, "symbols") : NULL;
    for (uint64_t i = 0; entry && i < count; i++, entry += ENTRY) {
        const uint64_t name = dsci_h5_number(entry, 8);
        if (name >= symbols->size) {
            dsci_h5_damaged(file, "a name lies outside its heap");
            return;
        }
        const size_t length = strnlen((const char *)symbols->names + name, (size_t)(symbols->size - name));
        if (length > file->budget || !dsci_h5_take(file, 0, 0, "symbols"))
            return;
        file->budget -= length;
        dsci_h5_add_link(file, symbols->object, symbols->names + name, length,
                         dsci_h5_number(entry + 16, 4) == SOFT ? DSCI_H5_NOWHERE
                                                               : dsci_h5_number(entry + 8, 8));
    }
}

/* Levels count down to 0, so that a tree cannot be deeper than the first says. */
static void read_symbol_tree(const struct symbols *symbols, uint64_t address, unsigned above)
{
    enum { HEADER = 24 };
    dsci_h5_file *file = symbols->file;
    const unsigned char *header = dsci_h5_take_signed(file, address, HEADER, "TREE", false);
    if (!header)
        return;
    const unsigned level = header[5];
    const uint64_t used = dsci_h5_number(header + 6, 2);
    if (header[4] != 0 || level >= above) {
        dsci_h5_damaged(file, "its tree at byte %llu is not one of a group", (unsigned long long)address);
        return;
    }
    const unsigned char *keys = dsci_h5_take(file, address + HEADER, 8 + used * 16, "tree");
    for (uint64_t i = 0; keys && i < used && !dsci_h5_stopped(file); i++) {
        const uint64_t child = dsci_h5_number(keys + 8 + i * 16, 8);
        if (level == 0)
            read_symbol_node(symbols, child);
        else
            read_symbol_tree(symbols, child, level);
    }
}

static void read_symbols(dsci_h5_file *file, dsci_h5_object *object)
{
    enum { HEADER = 32, LEVELS = 16 };
    const unsigned char *heap = dsci_h5_take_signed(file, object->symbols.heap, HEADER, "HEAP", false);
    struct symbols symbols = { .file = file,
                               .object = object,
                               .size = heap ? dsci_h5_number(heap + 8, 8) : 0 };
    symbols.names =
        heap ? dsci_h5_take(file, dsci_h5_number(heap + 24, 8), symbols.size, "heap of names") : NULL;
    if (symbols.names)
        read_symbol_tree(&symbols, object->symbols.tree, LEVELS);
}

/* --- Fractal heaps: a table of blocks that double --- */

struct heap {
    dsci_h5_file *file;
    uint64_t address, root, start, largest_direct, huge_tree;
    unsigned id_bytes, offset_bytes, length_bytes, rows, width;
    bool checksums;
};

static bool open_heap(dsci_h5_file *file, uint64_t address, struct heap *heap)
{
    enum { HEADER = 146, HAS_CHECKSUMS = 2, WIDTH_MAX = 1 << 12, BITS_MAX = 62 };
    const unsigned char *data = dsci_h5_take_signed(file, address, HEADER, "FRHP", true);
    if (!data)
        return false;
    const uint64_t largest = dsci_h5_number(data + 10, 4);
    const unsigned bits = (unsigned)dsci_h5_number(data + 128, 2);
    *heap = (struct heap){ .file = file,
                           .address = address,
                           .id_bytes = (unsigned)dsci_h5_number(data + 5, 2),
                           .checksums = data[9] & HAS_CHECKSUMS,
                           .huge_tree = dsci_h5_number(data + 22, 8),
                           .width = (unsigned)dsci_h5_number(data + 110, 2),
                           .start = dsci_h5_number(data + 112, 8),
                           .largest_direct = dsci_h5_number(data + 120, 8),
                           .offset_bytes = (bits + 7) / 8,
                           .root = dsci_h5_number(data + 132, 8),
                           .rows = (unsigned)dsci_h5_number(data + 140, 2) };
    const size_t direct_bytes = (log2_of(heap->largest_direct) + 7) / 8, object_bytes = bytes_for(largest);
    heap->length_bytes = (unsigned)(direct_bytes < object_bytes ? direct_bytes : object_bytes);
    const bool sound = data[4] == 0 && dsci_h5_number(data + 7, 2) == 0 && is_power_of_two(heap->width) &&
                       heap->width <= WIDTH_MAX && is_power_of_two(heap->start) &&
                       is_power_of_two(heap->largest_direct) && heap->start <= heap->largest_direct &&
                       bits > 0 && bits <= BITS_MAX && log2_of(heap->largest_direct) < bits &&
                       log2_of(heap->start) + heap->rows <= bits + 1 &&
                       heap->id_bytes >= 1 + heap->offset_bytes + heap->length_bytes;
    if (!sound)
        dsci_h5_damaged(file, "its heap at byte %llu has impossible sizes", (unsigned long long)address);
    return sound;
}

static uint64_t row_size(const struct heap *heap, unsigned row)
{
    return row < 2 ? heap->start : heap->start << (row - 1);
}

/* A block is read again for each object in it; its checksum is computed the first time only. */
static bool is_known(dsci_h5_file *file, uint64_t address)
{
    const struct dsci_h5_block *known = file->blocks;
    while (known && known->address != address && dsci_h5_step(file))
        known = known->next;
    return known && known->address == address;
}

static bool remember(dsci_h5_file *file, uint64_t address)
{
    struct dsci_h5_block *block = dsc_scope_alloc(file->scope, 1, sizeof *block);
    if (!block)
        return false;
    *block = (struct dsci_h5_block){ file->blocks, address };
    file->blocks = block;
    return true;
}

/* A direct block's checksum is over the block with zeros in the checksum's place. */
static bool check_block(const struct heap *heap, uint64_t address, uint64_t size, size_t header_bytes)
{
    dsci_h5_file *file = heap->file;
    if (is_known(file, address))
        return true;
    if (!dsci_h5_take_signed(file, address, size, "FHDB", false))
        return false;
    if (heap->checksums) {
        unsigned char kept[4], *place = file->data + address + header_bytes - sizeof kept;
        memcpy(kept, place, sizeof kept);
        memset(place, 0, sizeof kept);
        const uint32_t checksum = dsci_h5_checksum(file->data + address, (size_t)size);
        memcpy(place, kept, sizeof kept);
        if (checksum != dsci_h5_number(kept, sizeof kept))
            dsci_h5_damaged(file, "its heap's block at byte %llu has another checksum than its bytes",
                            (unsigned long long)address);
    }
    return remember(file, address);
}

/* Reads the address in an entry of an indirect block that has the given number of rows. */
static bool read_entry(const struct heap *heap, uint64_t address, unsigned rows, uint64_t entry,
                       uint64_t *found)
{
    enum { FIXED = 13, CHECKSUM = 4 };
    dsci_h5_file *file = heap->file;
    const uint64_t header = FIXED + heap->offset_bytes;
    if (!is_known(file, address) &&
        (!dsci_h5_take_signed(file, address, header + (uint64_t)rows * heap->width * 8 + CHECKSUM, "FHIB",
                              true) ||
         !remember(file, address)))
        return false;
    const unsigned char *place = dsci_h5_take(file, address + header + entry * 8, 8, "heap");
    *found = place ? dsci_h5_number(place, 8) : 0;
    return place != NULL;
}

/* Where the heap's direct block with an offset lies, from what offset on and how long it is. */
struct place {
    uint64_t address, start, size;
};

static bool find_block(const struct heap *heap, uint64_t offset, struct place *place)
{
    const unsigned direct_rows = log2_of(heap->largest_direct) - log2_of(heap->start) + 2;
    *place = (struct place){ heap->root, 0, heap->start };
    for (unsigned rows = heap->rows; rows > 0;) {
        uint64_t at = place->start; /* of the row */
        unsigned row = 0;
        while (row < rows && offset - at >= heap->width * row_size(heap, row))
            at += heap->width * row_size(heap, row++);
        if (row == rows) {
            dsci_h5_damaged(heap->file, "an object lies outside its heap");
            return false;
        }
        const uint64_t size = row_size(heap, row), column = (offset - at) / size;
        uint64_t address;
        if (!read_entry(heap, place->address, rows, (uint64_t)row * heap->width + column, &address))
            return false;
        *place = (struct place){ address, at + column * size, size };
        if (row < direct_rows)
            break;
        const unsigned below = log2_of(size) - log2_of(heap->start) - log2_of(heap->width) + 1;
        if (log2_of(size) < log2_of(heap->start) + log2_of(heap->width) || below >= rows) {
            dsci_h5_damaged(heap->file, "the blocks of its heap do not double");
            return false;
        }
        rows = below;
    }
    return true;
}

struct found {
    uint64_t id, address, size;
};

static void find_huge(void *user, const unsigned char *record)
{
    struct found *found = user;
    if (dsci_h5_number(record + 16, 8) == found->id) {
        found->address = dsci_h5_number(record, 8);
        found->size = dsci_h5_number(record + 8, 8);
    }
}

typedef void record_fn(void *user, const unsigned char *record);
static void walk(dsci_h5_file *file, uint64_t address, unsigned type, size_t least, record_fn *use,
                 void *user);

/* The object that an identifier in the heap stands for; cut if there is none. */
static struct dsci_h5_cursor heap_object(const struct heap *heap, const unsigned char *id)
{
    enum { MANAGED = 0, HUGE = 1, BLOCK_FIXED = 13 };
    static const struct dsci_h5_cursor nothing = { NULL, 0, true };
    const unsigned kind = id[0] >> 4 & 3;
    if (kind == HUGE) {
        struct found found = { .id = dsci_h5_number(id + 1, heap->id_bytes > 8 ? 8 : heap->id_bytes - 1) };
        walk(heap->file, heap->huge_tree, 1, 24, find_huge, &found);
        const unsigned char *data = dsci_h5_take(heap->file, found.address, found.size, "object in a heap");
        return data && found.address ? (struct dsci_h5_cursor){ data, (size_t)found.size, false } : nothing;
    }
    const uint64_t offset = dsci_h5_number(id + 1, heap->offset_bytes),
                   length = dsci_h5_number(id + 1 + heap->offset_bytes, heap->length_bytes);
    const size_t header = BLOCK_FIXED + heap->offset_bytes + (heap->checksums ? 4u : 0u);
    struct place place;
    if (kind != MANAGED || !find_block(heap, offset, &place) || offset < place.start + header ||
        offset - place.start >= place.size || length > place.size - (offset - place.start) ||
        !check_block(heap, place.address, place.size, header))
        return nothing;
    const unsigned char *data =
        dsci_h5_take(heap->file, place.address + (offset - place.start), length, "object in a heap");
    return data ? (struct dsci_h5_cursor){ data, (size_t)length, false } : nothing;
}

/* --- B-trees of version 2 --- */

enum { TREE_DEPTH_MAX = 16 };

struct tree {
    dsci_h5_file *file;
    unsigned type;
    size_t record_bytes, count_bytes;
    size_t total_bytes[TREE_DEPTH_MAX + 1]; /* of the number of records below a node of each depth */
    uint64_t most[TREE_DEPTH_MAX + 1];      /* records in a node of each depth */
    record_fn *use;
    void *user;
};

/* The most records that a node of each depth can hold, which follows from its size in bytes. */
static bool measure_tree(struct tree *tree, uint64_t node_bytes, unsigned depth)
{
    enum { AROUND = 10 /* signature, version, type, checksum */ };
    if (node_bytes < AROUND || tree->record_bytes == 0)
        return false;
    uint64_t total = tree->most[0] = (node_bytes - AROUND) / tree->record_bytes;
    tree->count_bytes = bytes_for(tree->most[0]);
    for (unsigned i = 1; i <= depth; i++) {
        const uint64_t pointer = 8 + tree->count_bytes + tree->total_bytes[i - 1];
        if (node_bytes < AROUND + pointer)
            return false;
        tree->most[i] = (node_bytes - AROUND - pointer) / (tree->record_bytes + pointer);
        if (total > UINT64_MAX / 2 / (tree->most[i] + 1))
            return false;
        total = (tree->most[i] + 1) * total + tree->most[i];
        tree->total_bytes[i] = bytes_for(total);
    }
    return tree->most[0] > 0;
}

static void walk_node(const struct tree *tree, uint64_t address, uint64_t count, unsigned depth)
{
    enum { PREFIX = 6, CHECKSUM = 4 };
    dsci_h5_file *file = tree->file;
    if (count > tree->most[depth]) {
        dsci_h5_damaged(file, "a node of its tree at byte %llu is fuller than it can be",
                        (unsigned long long)address);
        return;
    }
    const size_t pointer = depth ? 8 + tree->count_bytes + tree->total_bytes[depth - 1] : 0;
    const uint64_t records = count * tree->record_bytes, pointers = depth ? (count + 1) * pointer : 0;
    const unsigned char *node = dsci_h5_take_signed(file, address, PREFIX + records + pointers + CHECKSUM,
                                                    depth ? "BTIN" : "BTLF", true);
    if (node && (node[4] != 0 || node[5] != tree->type))
        dsci_h5_damaged(file, "a node of its tree at byte %llu is of another tree",
                        (unsigned long long)address);
    for (uint64_t i = 0; node && i < count && !dsci_h5_stopped(file); i++)
        tree->use(tree->user, node + PREFIX + i * tree->record_bytes);
    const unsigned char *next = node ? node + PREFIX + records : NULL;
    for (uint64_t i = 0; depth && next && i <= count && !dsci_h5_stopped(file); i++, next += pointer)
        walk_node(tree, dsci_h5_number(next, 8), dsci_h5_number(next + 8, tree->count_bytes), depth - 1);
}

/* Hands every record of a tree of the given type to the visitor; records of fewer than the given bytes are
 * damage. */
static void walk(dsci_h5_file *file, uint64_t address, unsigned type, size_t least, record_fn *use,
                 void *user)
{
    enum { HEADER = 38 };
    const unsigned char *header = dsci_h5_take_signed(file, address, HEADER, "BTHD", true);
    if (!header)
        return;
    struct tree tree = {
        .file = file, .type = type, .record_bytes = dsci_h5_number(header + 10, 2), .use = use, .user = user
    };
    const unsigned depth = (unsigned)dsci_h5_number(header + 12, 2);
    const uint64_t root = dsci_h5_number(header + 16, 8), count = dsci_h5_number(header + 24, 2);
    if (header[4] != 0 || header[5] != type || tree.record_bytes < least || depth > TREE_DEPTH_MAX ||
        !measure_tree(&tree, dsci_h5_number(header + 6, 4), depth))
        dsci_h5_damaged(file, "its tree at byte %llu has impossible sizes", (unsigned long long)address);
    else if (root != DSCI_H5_NOWHERE)
        walk_node(&tree, root, count, depth);
}

/* --- Links and attributes outside the header --- */

struct index {
    dsci_h5_object *object;
    struct heap heap;
};

static void read_indexed(struct index *index, unsigned type, const unsigned char *id, uint64_t order)
{
    const struct dsci_h5_cursor message = heap_object(&index->heap, id);
    if (message.cut)
        dsci_h5_damaged(index->heap.file, "an object is not in its heap at byte %llu",
                        (unsigned long long)index->heap.address);
    else
        dsci_h5_read_message(index->heap.file, index->object, type, 0, order, message);
}

/* hash (4 bytes), identifier */
static void take_link(void *user, const unsigned char *record)
{
    read_indexed(user, DSCI_H5_LINK, record + 4, 0);
}

/* identifier (8 bytes), flags (1), order (4), hash (4) */
static void take_attribute(void *user, const unsigned char *record)
{
    enum { SHARED = 2 };
    if (!(record[8] & SHARED))
        read_indexed(user, DSCI_H5_ATTRIBUTE, record, dsci_h5_number(record + 9, 4));
}

void dsci_h5_read_indexes(dsci_h5_file *file, dsci_h5_object *object)
{
    enum { LINKS = 5, LINK_ID = 7, ATTRIBUTES = 8, ATTRIBUTE_ID = 8, ATTRIBUTE_RECORD = 17 };
    if (object->symbols.tree != DSCI_H5_NOWHERE)
        read_symbols(file, object);
    struct index index = { .object = object };
    if (object->link_index.heap != DSCI_H5_NOWHERE && open_heap(file, object->link_index.heap, &index.heap)) {
        if (index.heap.id_bytes > LINK_ID)
            dsci_h5_damaged(file, "its heap of links has identifiers of %u bytes", index.heap.id_bytes);
        walk(file, object->link_index.tree, LINKS, 4 + LINK_ID, take_link, &index);
    }
    if (object->attribute_index.heap != DSCI_H5_NOWHERE &&
        open_heap(file, object->attribute_index.heap, &index.heap)) {
        if (index.heap.id_bytes > ATTRIBUTE_ID)
            dsci_h5_damaged(file, "its heap of attributes has identifiers of %u bytes", index.heap.id_bytes);
        walk(file, object->attribute_index.tree, ATTRIBUTES, ATTRIBUTE_RECORD, take_attribute, &index);
    }
}
