/* file.h - reading a file piece by piece, with the library's error messages. */
#ifndef DESCENT_BASE_FILE_H
#define DESCENT_BASE_FILE_H

#include <stddef.h>

#include <descent/file.h>
#include <descent/scope.h>

/* Opens a file for reading; the caller closes it. -1 and a poisoned scope if that fails or path is a
 * directory. */
int dsci_file_open(dsc_scope *scope, const char *path);

/* Reads up to size bytes. Returns 0 at the end of the file, and when the scope is poisoned or reading fails.
 */
size_t dsci_file_next(dsc_scope *scope, int file, const char *path, void *data, size_t size);

/* A text without the byte order mark of UTF-8, which other systems' editors put before it. */
dsc_bytes dsci_text_unmarked(dsc_bytes text);

#endif
