/* stream.c - the bytes of a file in pieces, unpacked on the way. */
#include "base/stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/file.h"
#include "base/sizes.h"

enum { CHUNK_BYTES = 1 << 15 };

struct dsci_stream {
    dsc_scope *scope;
    const char *path;
    int file;
    bool packed;
    bool ended; /* a member's trailer has been passed, and no other member has begun */
    z_stream inflater;
    unsigned char *next; /* bytes of the chunk that have been read from the file and not been used */
    size_t left;
    unsigned char chunk[CHUNK_BYTES];
};

/* Reads until size bytes are there or the file ends, so that a pipe's short reads do not matter. */
static size_t read_full(dsci_stream *stream, unsigned char *data, size_t size)
{
    size_t used = 0, got;
    while (used < size &&
           (got = dsci_file_next(stream->scope, stream->file, stream->path, data + used, size - used)) > 0)
        used += got;
    return used;
}

dsci_stream *dsci_stream_open(dsc_scope *scope, int file, const char *path)
{
    if (file < 0)
        return NULL;
    dsci_stream *stream = malloc(sizeof *stream);
    if (!stream) {
        close(file);
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
        return NULL;
    }
    stream->scope = scope;
    stream->path = path;
    stream->file = file;
    stream->packed = stream->ended = false;
    stream->next = stream->chunk;
    stream->left = read_full(stream, stream->chunk, sizeof stream->chunk);
    if (stream->left >= 2 && stream->chunk[0] == 0x1f && stream->chunk[1] == 0x8b) {
        enum { GZIP_ONLY = 16 };
        memset(&stream->inflater, 0, sizeof stream->inflater);
        stream->packed = inflateInit2(&stream->inflater, MAX_WBITS + GZIP_ONLY) == Z_OK;
        if (!stream->packed)
            dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
    }
    if (dsc_scope_status(scope) == DSC_OK)
        return stream;
    dsci_stream_close(stream);
    return NULL;
}

bool dsci_stream_packed(const dsci_stream *stream)
{
    return stream->packed;
}

void dsci_stream_close(dsci_stream *stream)
{
    if (!stream)
        return;
    if (stream->packed)
        inflateEnd(&stream->inflater);
    close(stream->file);
    free(stream);
}

static size_t read_plain(dsci_stream *stream, unsigned char *data, size_t size)
{
    const size_t known = dsci_least(stream->left, size);
    memcpy(data, stream->next, known);
    stream->next += known;
    stream->left -= known;
    return known + read_full(stream, data + known, size - known);
}

static bool malformed(dsci_stream *stream, const char *what)
{
    dsc_scope_fail(stream->scope, DSC_ERROR_FORMAT,
                   "'%s' is not a whole gzip file: %s; fetch or make the file again", stream->path, what);
    return false;
}

/* Has packed bytes of a member (RFC 1952) ready. False at the end of the file, and after an error. */
static bool packed_bytes_follow(dsci_stream *stream)
{
    for (;;) {
        if (stream->left == 0) {
            stream->next = stream->chunk;
            stream->left = dsci_file_next(stream->scope, stream->file, stream->path, stream->chunk,
                                          sizeof stream->chunk);
        }
        if (stream->left == 0)
            return !stream->ended && dsc_scope_status(stream->scope) == DSC_OK &&
                   malformed(stream, "it ends too early");
        if (!stream->ended)
            return true;
        /* Between members and behind the last one there may be zeros: tapes and disks are filled up with
           them. */
        for (; stream->left > 0 && *stream->next == 0; stream->left--)
            stream->next++;
        if (stream->left == 0)
            continue;
        if (*stream->next != 0x1f || inflateReset(&stream->inflater) != Z_OK)
            return malformed(stream, "foreign bytes follow the compressed data");
        stream->ended = false;
    }
}

static size_t read_packed(dsci_stream *stream, unsigned char *data, size_t size)
{
    z_stream *z = &stream->inflater;
    size_t used = 0;
    while (used < size && packed_bytes_follow(stream)) {
        z->next_in = stream->next;
        z->avail_in = (uInt)stream->left;
        z->next_out = data + used;
        z->avail_out = (uInt)dsci_least(size - used, 1U << 30);
        const int result = inflate(z, Z_NO_FLUSH);
        used = (size_t)(z->next_out - data);
        stream->next = z->next_in;
        stream->left = z->avail_in;
        stream->ended = result == Z_STREAM_END;
        if (result == Z_MEM_ERROR) {
            dsc_scope_fail(stream->scope, DSC_ERROR_MEMORY, "out of memory while decompressing '%s'",
                           stream->path);
            break;
        }
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            malformed(stream, z->msg ? z->msg : "the compressed data are corrupt");
            break;
        }
    }
    return used;
}

size_t dsci_stream_read(dsci_stream *stream, void *data, size_t size)
{
    if (!stream || dsc_scope_status(stream->scope) != DSC_OK)
        return 0;
    return stream->packed ? read_packed(stream, data, size) : read_plain(stream, data, size);
}
