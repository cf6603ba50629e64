/* hdf5_file.c - an HDF5 file's bytes, its superblock, and the way to its objects. */
#include "base/content.h"
#include "record/hdf5_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    LOOKS = 8,             /* how often each byte may be looked at, on average, */
    LOOKS_BYTES = 1 << 20, /* and more of small files */
    LOOK_BYTES = 16,       /* what a look costs at least */
    SIGNATURE_BYTES = 8,
    SUPERBLOCK_BYTES = 48
};

/* --- Bytes --- */

bool dsci_h5_stopped(const dsci_h5_file *file)
{
    return dsc_scope_status(file->scope) != DSC_OK;
}

void dsci_h5_damaged(dsci_h5_file *file, const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    dsc_scope_fail(file->scope, DSC_ERROR_FORMAT, "'%s' is damaged: %s", file->path, what);
}

const unsigned char *dsci_h5_take(dsci_h5_file *file, uint64_t address, uint64_t size, const char *what)
{
    if (dsci_h5_stopped(file))
        return NULL;
    if (address > file->size || size > file->size - address) {
        dsci_h5_damaged(file, "its %s at byte %llu ends behind the end of the file", what,
                        (unsigned long long)address);
        return NULL;
    }
    if (size + LOOK_BYTES > file->budget) {
        dsci_h5_damaged(file, "its parts are linked in a circle or lie over one another");
        return NULL;
    }
    file->budget -= size + LOOK_BYTES;
    return file->data + address;
}

bool dsci_h5_step(dsci_h5_file *file)
{
    if (file->budget == 0)
        dsci_h5_damaged(file, "its parts are linked in a circle or lie over one another");
    else
        file->budget--;
    return !dsci_h5_stopped(file);
}

const unsigned char *dsci_h5_take_signed(dsci_h5_file *file, uint64_t address, uint64_t size,
                                         const char *signature, bool checksum)
{
    const unsigned char *data = dsci_h5_take(file, address, size, signature);
    if (!data)
        return NULL;
    if (size < SIGNATURE_BYTES || memcmp(data, signature, 4) != 0)
        dsci_h5_damaged(file, "expected a part '%s' at byte %llu, found other bytes", signature,
                        (unsigned long long)address);
    else if (checksum && dsci_h5_checksum(data, (size_t)size - 4) != dsci_h5_number(data + size - 4, 4))
        dsci_h5_damaged(file, "its part '%s' at byte %llu has another checksum than its bytes", signature,
                        (unsigned long long)address);
    return dsci_h5_stopped(file) ? NULL : data;
}

static uint32_t rotate(uint32_t x, unsigned bits)
{
    return x << bits | x >> (32 - bits);
}

/* Bob Jenkins's lookup3, hashlittle() with a start of 0 (2006, public domain): HDF5's checksum of metadata.
 */
uint32_t dsci_h5_checksum(const unsigned char *data, size_t size)
{
    uint32_t a = 0xdeadbeef + (uint32_t)size, b = a, c = a;
    for (; size > 12; size -= 12, data += 12) {
        a += (uint32_t)dsci_h5_number(data, 4);
        b += (uint32_t)dsci_h5_number(data + 4, 4);
        c += (uint32_t)dsci_h5_number(data + 8, 4);
        a = (a - c) ^ rotate(c, 4), c += b;
        b = (b - a) ^ rotate(a, 6), a += c;
        c = (c - b) ^ rotate(b, 8), b += a;
        a = (a - c) ^ rotate(c, 16), c += b;
        b = (b - a) ^ rotate(a, 19), a += c;
        c = (c - b) ^ rotate(b, 4), b += a;
    }
    if (size == 0)
        return c;
    unsigned char tail[12] = { 0 };
    memcpy(tail, data, size);
    a += (uint32_t)dsci_h5_number(tail, 4);
    b += (uint32_t)dsci_h5_number(tail + 4, 4);
    c += (uint32_t)dsci_h5_number(tail + 8, 4);
    c = (c ^ b) - rotate(b, 14);
    a = (a ^ c) - rotate(c, 11);
    b = (b ^ a) - rotate(a, 25);
    c = (c ^ b) - rotate(b, 16);
    a = (a ^ c) - rotate(c, 4);
    b = (b ^ a) - rotate(a, 14);
    return (c ^ b) - rotate(b, 24);
}

const char *dsci_h5_copy(dsci_h5_file *file, const unsigned char *data, size_t size)
{
    char *copy = dsc_scope_alloc(file->scope, size + 1, 1);
    if (copy && size)
        memcpy(copy, data, size);
    return copy;
}

/* --- The superblock --- */

struct superblock {
    uint64_t base, end, root;
};

/* Addresses and lengths have 8 bytes, as every writer of today has them. False: an unknown version. */
static bool read_superblock(dsci_h5_file *file, struct superblock *found)
{
    const unsigned char *data = file->data;
    const unsigned version = data[SIGNATURE_BYTES];
    if (version > 3)
        return false;
    const bool old = version < 2;
    const unsigned char *sizes = data + (old ? 13 : 9);
    if (sizes[0] != 8 || sizes[1] != 8)
        return false;
    const size_t addresses = version == 0 ? 24 : version == 1 ? 28 : 12, root = addresses + (old ? 40 : 24);
    if (file->size < root + 8)
        return false;
    *found = (struct superblock){ .base = dsci_h5_number(data + addresses, 8),
                                  .end = dsci_h5_number(data + addresses + 16, 8),
                                  .root = dsci_h5_number(data + root, 8) };
    if (!old &&
        dsci_h5_checksum(data, SUPERBLOCK_BYTES - 4) != dsci_h5_number(data + SUPERBLOCK_BYTES - 4, 4))
        dsci_h5_damaged(file, "its first block has another checksum than its bytes");
    return true;
}

dsci_h5_file *dsci_h5_open(dsc_scope *scope, const char *path, dsc_bytes bytes)
{
    static const unsigned char signature[SIGNATURE_BYTES] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };
    dsci_h5_file *file = dsc_scope_alloc(scope, 1, sizeof *file);
    if (!file)
        return NULL;
    *file = (dsci_h5_file){ .scope = scope,
                            .path = path,
                            .data = bytes.data,
                            .size = bytes.size,
                            .budget = (uint64_t)LOOKS * bytes.size + LOOKS_BYTES };
    struct superblock found;
    if (bytes.size < SUPERBLOCK_BYTES || memcmp(bytes.data, signature, sizeof signature) != 0 ||
        !read_superblock(file, &found)) {
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is not a results file: expected HDF5, found %s", path,
                       dsci_content_text(scope, bytes));
        return NULL;
    }
    if (found.base != 0 || found.end > bytes.size)
        dsci_h5_damaged(file, "expected %llu bytes, found %zu", (unsigned long long)found.end, bytes.size);
    file->root = dsci_h5_object_read(file, found.root);
    return file->root ? file : NULL;
}

/* --- Paths --- */

/* Links are in the order of their names. */
static const struct dsci_h5_link *find_link(const dsci_h5_object *group, const char *name, size_t length)
{
    size_t low = 0, high = group->links.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct dsci_h5_link *link = &group->links.items[middle];
        const int order = strncmp(link->name, name, length);
        if (order == 0 && !link->name[length])
            return link;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const dsci_h5_object *dsci_h5_find(dsci_h5_file *file, const dsci_h5_object *from, const char *path)
{
    const dsci_h5_object *object = from ? from : file->root;
    for (path += strspn(path, "/"); *path && object; path += strspn(path, "/")) {
        const size_t length = strcspn(path, "/");
        const struct dsci_h5_link *link = find_link(object, path, length);
        object = link && link->address != DSCI_H5_NOWHERE ? dsci_h5_object_read(file, link->address) : NULL;
        path += length;
    }
    return object;
}

/* Each object is visited once, by the first path that leads to it: a group may hold itself. */
static void visit(dsci_h5_file *file, const dsci_h5_object *group, const char *path, unsigned depth,
                  dsci_h5_visit_fn *use, void *user)
{
    enum { DEPTH_MAX = 64 };
    for (size_t i = 0; depth < DEPTH_MAX && i < group->links.count && !dsci_h5_stopped(file); i++) {
        const struct dsci_h5_link *link = &group->links.items[i];
        dsci_h5_object *object =
            link->address == DSCI_H5_NOWHERE ? NULL : dsci_h5_object_read(file, link->address);
        if (!object || object->visited)
            continue;
        const char *name = dsc_scope_format(file->scope, "%s%s%s", path, *path ? "/" : "", link->name);
        object->visited = true;
        if (!name)
            return;
        use(user, name, object);
        visit(file, object, name, depth + 1, use, user);
    }
}

void dsci_h5_visit(dsci_h5_file *file, dsci_h5_visit_fn *use, void *user)
{
    visit(file, file->root, "", 0, use, user);
}
