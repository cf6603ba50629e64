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

/* Reads a whole file; one that begins with the gzip magic is decompressed on the way (members that follow one
   another are joined, zeros between and behind them skipped). limit bounds the size of the result in bytes,
   and with it the memory that a hostile file can take. Errors: missing, unreadable, a directory
   (DSC_ERROR_FILE); too large, truncated or corrupt gzip, foreign bytes behind it (DSC_ERROR_FORMAT). data is
   NULL after an error, never after a success. */
DSC_API dsc_bytes dsc_file_read(dsc_scope *scope, const char *path, size_t limit);

/* Replaces a file at once: writes path + ".partial" beside it, fsync, rename, fsync of the directory. A
   symbolic link stays, and the file that it leads to is replaced. The permissions of an old file are kept;
   one that may not be written and what is not a regular file are refused (DSC_ERROR_FILE), as are a link or a
   pipe at the partial file's name and another writer of the same file. On an error (disk full, no permission)
   the partial file is removed and the old file is as it was. */
DSC_API dsc_status dsc_file_replace(dsc_scope *scope, const char *path, const void *data, size_t size);

/* What dsc_file_replace() would refuse at this path is refused now, rather than after hours of work; nothing
   is made or changed. A full disk shows only in the end. */
DSC_API dsc_status dsc_file_check_writable(dsc_scope *scope, const char *path);

/* True if there is something at path that is not a directory. */
DSC_API bool dsc_file_exists(const char *path);

/* directory + "/" + name, in the scope; name alone if directory is empty or NULL. */
DSC_API char *dsc_path_join(dsc_scope *scope, const char *directory, const char *name);

#endif
