/* zip.c - one file out of a zip archive in memory. */
#include "base/zip.h"

#include <string.h>

#include <zlib.h>

enum {
    END_BYTES = 22,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    COMMENT_MAX = 0xffff,
    ENCRYPTED = 1,
    STORED = 0,
    DEFLATED = 8,
    DEFLATE_RATIO = 1100 /* a deflated byte stands for at most 1032 */
};
static const uint32_t END = 0x06054b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50;

/* A file as the archive's directory has it. */
struct entry {
    unsigned flags, method;
    uint32_t crc, packed, size, local;
};

static unsigned two_bytes(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t four_bytes(const unsigned char *p)
{
    return two_bytes(p) | (uint32_t)two_bytes(p + 2) << 16;
}

bool dsci_zip_begins(dsc_bytes bytes)
{
    return bytes.data && bytes.size >= 4 && four_bytes(bytes.data) == LOCAL;
}

static dsc_bytes damaged(dsc_scope *scope, const char *path, const char *what)
{
    dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is not a whole zip archive: %s; get or save it again", path,
                   what);
    return (dsc_bytes){ 0 };
}

/* The record at the archive's end, behind which there may be a comment. */
static const unsigned char *find_end(dsc_bytes archive)
{
    for (size_t comment = 0; comment <= COMMENT_MAX && comment + END_BYTES <= archive.size; comment++) {
        const unsigned char *end = archive.data + archive.size - END_BYTES - comment;
        if (four_bytes(end) == END && two_bytes(end + 20) == comment)
            return end;
    }
    return NULL;
}

/* Looks a name up in the directory of the archive. *whole tells that the directory was as it should be. */
static bool find_entry(dsc_bytes archive, const char *name, struct entry *entry, bool *whole)
{
    const unsigned char *end = find_end(archive);
    *whole = end != NULL;
    const size_t limit = end ? (size_t)(end - archive.data) : 0;
    size_t at = end ? four_bytes(end + 16) : 0;
    for (unsigned i = end ? two_bytes(end + 10) : 0; i > 0; i--) {
        const unsigned char *e = archive.data + at;
        *whole = at <= limit && limit - at >= ENTRY_BYTES && four_bytes(e) == ENTRY;
        if (!*whole)
            return false;
        const size_t length = two_bytes(e + 28), rest = length + two_bytes(e + 30) + two_bytes(e + 32);
        *whole = rest <= limit - at - ENTRY_BYTES;
        if (!*whole)
            return false;
        if (length == strlen(name) && memcmp(e + ENTRY_BYTES, name, length) == 0) {
            *entry = (struct entry){ two_bytes(e + 8),   two_bytes(e + 10),  four_bytes(e + 16),
                                     four_bytes(e + 20), four_bytes(e + 24), four_bytes(e + 42) };
            return true;
        }
        at += ENTRY_BYTES + rest;
    }
    return false;
}

static bool inflate_into(unsigned char *to, size_t size, const unsigned char *from, size_t packed)
{
    z_stream stream = {
        .next_in = (unsigned char *)from, .avail_in = (uInt)packed, .next_out = to, .avail_out = (uInt)size
    };
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return false;
    const int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return result == Z_STREAM_END && stream.avail_out == 0;
}

dsc_bytes dsci_zip_file(dsc_scope *scope, const char *path, dsc_bytes archive, const char *name)
{
    struct entry e;
    bool whole;
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_bytes){ 0 };
    if (!find_entry(archive, name, &e, &whole)) {
        if (!whole)
            return damaged(scope, path, "its directory is cut or false");
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is a zip archive without the file '%s'", path, name);
        return (dsc_bytes){ 0 };
    }
    if ((e.flags & ENCRYPTED) || (e.method != STORED && e.method != DEFLATED) || e.size == UINT32_MAX) {
        dsc_scope_fail(
            scope, DSC_ERROR_UNSUPPORTED,
            "'%s': '%s' in it is encrypted, larger than 4 GiB or packed in another way than deflated; "
            "unpack it and give '%s'",
            path, name, name);
        return (dsc_bytes){ 0 };
    }
    const size_t local = e.local;
    if (local > archive.size || archive.size - local < LOCAL_BYTES ||
        four_bytes(archive.data + local) != LOCAL)
        return damaged(scope, path, "a file is not where its directory says");
    const size_t start =
        local + LOCAL_BYTES + two_bytes(archive.data + local + 26) + two_bytes(archive.data + local + 28);
    if (start > archive.size || e.packed > archive.size - start || e.size / DEFLATE_RATIO > e.packed ||
        (e.method == STORED && e.size != e.packed))
        return damaged(scope, path, "a file is larger than the archive can hold");
    dsc_bytes file = { archive.data + start, e.size };
    if (e.method == DEFLATED) {
        file.data = dsc_scope_alloc(scope, e.size + (size_t)1, 1);
        if (!file.data)
            return (dsc_bytes){ 0 };
        if (!inflate_into(file.data, e.size, archive.data + start, e.packed))
            return damaged(scope, path, "the compressed data are corrupt");
    }
    if (crc32_z(0, file.data, file.size) != e.crc)
        return damaged(scope, path, "a checksum is wrong");
    return file;
}
