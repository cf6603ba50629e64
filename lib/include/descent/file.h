/* file.h - whole files in and out. */
#ifndef DESCENT_FILE_H
#define DESCENT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

typedef struct dsc_bytes {
    unsigned char *data; /* size bytes and one NUL behind them */
    size_t size;
} dsc_bytes;

/* Reads a whole file; one that begins with the gzip magic is decompressed on the way. limit bounds the size of the
   result in bytes: a file that holds more is refused before it is kept. Errors: missing, unreadable, too large,
   truncated or corrupt gzip stream. */
DSC_API dsc_bytes dsc_file_read(dsc_scope *scope, const char *path, size_t limit);

/* Replaces a file at once: writes path + ".partial" beside it, fsync, rename. On an error (disk full, no permission)
   the partial file is removed and the old file is as it was. */
DSC_API dsc_status dsc_file_replace(dsc_scope *scope, const char *path, const void *data, size_t size);

DSC_API bool dsc_file_exists(const char *path);

/* directory + "/" + name, in the scope. */
DSC_API char *dsc_path_join(dsc_scope *scope, const char *directory, const char *name);

#endif
