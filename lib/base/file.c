/* file.c - whole files in. */
#include <descent/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/stream.h"

enum { FIRST_BYTES = 1 << 15 };

static const char *advice(int error)
{
    static const struct {
        int error;
        const char *text;
    } table[] = {
        { ENOENT, "check the name, and that its directory exists" },
        { ENOTDIR, "a part of the path is a file, not a directory" },
        { EISDIR, "give the path of a file" },
        { EACCES, "check the permissions of the file and its directories" },
        { EPERM, "check the permissions of the file and its directories" },
        { EROFS, "choose a place that can be written" },
        { ENOSPC, "free some space or choose another place" },
        { EDQUOT, "free some of your quota or choose another place" },
        { EFBIG, "raise the limit on the size of files (ulimit -f) or choose another place" },
        { EMFILE, "raise the limit on open files (ulimit -n)" },
        { ENAMETOOLONG, "choose a shorter name" },
        { ELOOP, "a symbolic link leads in a circle, or stands where a file is to be written" },
        { ENXIO, "give the path of a regular file" },
        { EIO, "the disk or the network reports a fault" },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].error == error)
            return table[i].text;
    return "check the path and its permissions";
}

dsc_status dsci_file_refused(dsc_scope *scope, const char *verb, const char *path, int error)
{
    char text[128];
    return dsc_scope_fail(scope, DSC_ERROR_FILE, "cannot %s '%s': %s; %s", verb, path,
                          strerror_r(error, text, sizeof text), advice(error));
}

/* Opens what the flags say; it must be a regular file, or may be a pipe or device as well. */
static int open_for_reading(dsc_scope *scope, const char *path, int flags, bool regular)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return -1;
    const int file = open(path, O_RDONLY | O_CLOEXEC | flags);
    struct stat info;
    const bool known = file >= 0 && fstat(file, &info) == 0;
    const int error = errno;
    if (known && (regular ? S_ISREG(info.st_mode) : !S_ISDIR(info.st_mode)))
        return file;
    if (known && !S_ISDIR(info.st_mode))
        dsc_scope_fail(scope, DSC_ERROR_FILE,
                       "cannot read '%s': it is a pipe or a device; give the path of a regular file", path);
    else
        dsci_file_refused(scope, "read", path, known ? EISDIR : error);
    if (file >= 0)
        close(file);
    return -1;
}

int dsci_file_open(dsc_scope *scope, const char *path)
{
    return open_for_reading(scope, path, 0, false);
}

size_t dsci_file_next(dsc_scope *scope, int file, const char *path, void *data, size_t size)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return 0;
    ssize_t got;
    do
        got = read(file, data, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        dsci_file_refused(scope, "read", path, errno);
    return got < 0 ? 0 : (size_t)got;
}

/* What has been read so far. It may hold one byte more than the limit, which shows that there is more. */
struct sink {
    dsc_scope *scope;
    const char *path;
    unsigned char *data;
    size_t size, capacity, limit;
};

/* The free memory behind what has been read, *room > 0 bytes of it; NULL and a poisoned scope if the limit is
   passed or memory is out. */
static unsigned char *sink_room(struct sink *sink, size_t *room)
{
    if (sink->size > sink->limit) {
        dsc_scope_fail(sink->scope, DSC_ERROR_FORMAT,
                       "'%s' holds more than the %zu bytes that are allowed here", sink->path, sink->limit);
        return NULL;
    }
    if (!sink->data || sink->size == sink->capacity) {
        const size_t most = sink->limit + 1;
        const size_t wanted = sink->capacity > most / 2 ? most : sink->capacity * 2;
        const size_t capacity = wanted > FIRST_BYTES ? wanted : most < FIRST_BYTES ? most : FIRST_BYTES;
        unsigned char *data = realloc(sink->data, capacity);
        if (!data) {
            dsc_scope_fail(sink->scope, DSC_ERROR_MEMORY,
                           "out of memory: could not allocate %zu bytes for '%s'", capacity, sink->path);
            return NULL;
        }
        sink->data = data;
        sink->capacity = capacity;
    }
    *room = sink->capacity - sink->size;
    return sink->data + sink->size;
}

/* The bytes of an open file, which is closed. */
static dsc_bytes read_whole(dsc_scope *scope, int file, const char *path, size_t limit)
{
    dsci_stream *stream = dsci_stream_open(scope, file, path);
    if (!stream)
        return (dsc_bytes){ 0 };
    struct sink sink = { .scope = scope,
                         .path = path,
                         .limit = limit < PTRDIFF_MAX ? limit : PTRDIFF_MAX - 1 };
    unsigned char *free_memory;
    size_t room, got = 1;
    while (got > 0 && (free_memory = sink_room(&sink, &room)) != NULL) {
        got = dsci_stream_read(stream, free_memory, room);
        sink.size += got;
    }
    dsci_stream_close(stream);
    /* Room for the NUL; this also refuses a file that ended just past the limit. */
    unsigned char *end = dsc_scope_status(scope) == DSC_OK ? sink_room(&sink, &room) : NULL;
    if (!end) {
        free(sink.data);
        return (dsc_bytes){ 0 };
    }
    *end = '\0';
    if (dsc_scope_defer(scope, free, sink.data) != DSC_OK)
        return (dsc_bytes){ 0 };
    return (dsc_bytes){ .data = sink.data, .size = sink.size };
}

dsc_bytes dsc_file_read(dsc_scope *scope, const char *path, size_t limit)
{
    return read_whole(scope, dsci_file_open(scope, path), path, limit);
}

dsc_bytes dsci_file_read_regular(dsc_scope *scope, const char *path, size_t limit)
{
    return read_whole(scope, open_for_reading(scope, path, O_NONBLOCK, true), path, limit);
}

bool dsc_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

char *dsc_path_join(dsc_scope *scope, const char *directory, const char *name)
{
    const size_t length = directory ? strlen(directory) : 0;
    const char *between = length == 0 || directory[length - 1] == '/' ? "" : "/";
    return dsc_scope_format(scope, "%s%s%s", length ? directory : "", between, name);
}

dsc_bytes dsci_text_unmarked(dsc_bytes text)
{
    static const char mark[] = "\xef\xbb\xbf";
    const size_t size = sizeof mark - 1;
    if (!text.data || text.size < size || memcmp(text.data, mark, size) != 0)
        return text;
    return (dsc_bytes){ text.data + size, text.size - size };
}
