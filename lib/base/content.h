/* content.h - what a file holds, told by its first bytes. */
#ifndef DESCENT_BASE_CONTENT_H
#define DESCENT_BASE_CONTENT_H

#include <descent/file.h>

/* For messages of a reader that expected something else, behind "found ": what the bytes of a file are, and
   what to do about it ("a web page (HTML) in place of the file: ..."). NULL if they are nothing that is often
   saved or named by mistake. */
const char *dsci_content_guess(dsc_scope *scope, dsc_bytes bytes);

/* The same, or else "10 bytes that begin with 0x01020304". */
const char *dsci_content_text(dsc_scope *scope, dsc_bytes bytes);

#endif
