/* encoding.h - bytes of a file as checked UTF-8. */
#ifndef DESCENT_TEXT_ENCODING_H
#define DESCENT_TEXT_ENCODING_H

#include <descent/documents.h>
#include <descent/file.h>

/* Reads a file of an encoding, of at most most_bytes (0: 4 GiB), as UTF-8 without the mark at its beginning.
   Bytes that are not of the encoding, and zero bytes, fail the scope with their line and place. data is NULL
   then. */
dsc_bytes dsci_text_file_read(dsc_scope *scope, const char *path, dsc_encoding encoding, size_t most_bytes);

#endif
