/* file.h - opening, reading piece by piece and writing files, with the library's error messages. */
#ifndef DESCENT_BASE_FILE_H
#define DESCENT_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/file.h>
#include <descent/scope.h>

/* Opens a file for reading; the caller closes it. -1 and a poisoned scope if that fails or path is a
 * directory. */
int dsci_file_open(dsc_scope *scope, const char *path);

/* Reads up to size bytes. Returns 0 at the end of the file, and when the scope is poisoned or reading fails.
 */
size_t dsci_file_next(dsc_scope *scope, int file, const char *path, void *data, size_t size);

/* dsc_file_read() of a regular file alone: opening a pipe could wait for ever, and a device may have no end.
 */
dsc_bytes dsci_file_read_regular(dsc_scope *scope, const char *path, size_t limit);

/* The path that symbolic links lead to in the end, whether something is there yet or not; NULL and a poisoned
   scope if they lead in a circle. */
const char *dsci_file_target(dsc_scope *scope, const char *path);

/* Opens a file for writing that this process may hold for itself, and makes it if it is missing; what it held
   is still there. Never waits, follows no symbolic link, and takes only a regular file with no other name. -1
   with errno: EEXIST for anything else that stands there, EWOULDBLOCK if another open file holds it. The
   caller closes it, which lets go of it. */
int dsci_file_hold(const char *path);

/* dsc_file_replace() in pieces: begun, appended to, ended. Until its end, and after any error (which poisons
   the scope), the old file is as it was; a replacement that is not ended is gone with its scope. NULL is
   accepted. */
typedef struct dsci_replacement dsci_replacement;
dsci_replacement *dsci_replacement_begin(dsc_scope *scope, const char *path);
bool dsci_replacement_append(dsci_replacement *replacement, const void *data, size_t size);
dsc_status dsci_replacement_end(dsci_replacement *replacement);

/* Poisons the scope for a refusal of the system: "cannot read 'x': No such file or directory; check ...". */
dsc_status dsci_file_refused(dsc_scope *scope, const char *verb, const char *path, int error);

/* A text without the byte order mark of UTF-8, which other systems' editors put before it. */
dsc_bytes dsci_text_unmarked(dsc_bytes text);

#endif
