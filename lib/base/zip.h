/* zip.h - one file out of a zip archive in memory. */
#ifndef DESCENT_BASE_ZIP_H
#define DESCENT_BASE_ZIP_H

#include <descent/file.h>

/* True if the bytes begin as an archive with a file in it does. */
bool dsci_zip_begins(dsc_bytes bytes);

/* The file of that name, stored or deflated, with its CRC-32 checked (APPNOTE 6.3.10, without encryption,
   parts and ZIP64). It lies in the archive's bytes or in the scope; path is for messages. data is NULL, and
   the scope fails, if there is none or it is damaged. */
dsc_bytes dsci_zip_file(dsc_scope *scope, const char *path, dsc_bytes archive, const char *name);

#endif
