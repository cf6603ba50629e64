/* text.h - a text that grows, written piece by piece and used as a whole; and the characters of foreign text.
 *
 *     dsc_text *page = dsc_text_open(scope);
 *     dsc_text_append(page, "<p>");
 *     dsc_text_format(page, "%zu cells", count);
 *     if (dsc_text_string(page))
 *         dsc_file_replace(scope, path, dsc_text_string(page), dsc_text_length(page));
 *
 * A text is whole or it is nothing: memory that runs out poisons the scope, and from then on there is no
 * string.
 */
#ifndef DESCENT_TEXT_H
#define DESCENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/scope.h>

typedef struct dsc_text dsc_text;

/* An empty text, freed with the scope. NULL (which every function here accepts) if the scope is poisoned. */
DSC_API dsc_text *dsc_text_open(dsc_scope *scope);

/* Each appends to the text: what printf() would print, a string, a number of bytes. */
DSC_API void dsc_text_format(dsc_text *text, const char *format, ...) DSC_PRINTF(2, 3);
DSC_API void dsc_text_append(dsc_text *text, const char *string);
DSC_API void dsc_text_append_bytes(dsc_text *text, const void *bytes, size_t count);

/* The text so far, ended by a zero byte, until the next is appended; NULL if its scope is poisoned. */
DSC_API const char *dsc_text_string(const dsc_text *text);

/* Bytes of the text, without the zero that ends it. */
DSC_API size_t dsc_text_length(const dsc_text *text);

/* The bytes of the UTF-8 character at text, and its code point in *code (which may be NULL); 0 if none begins
   there: a lone or missing continuation, more bytes than needed, a surrogate, beyond U+10FFFF (RFC 3629). */
DSC_API size_t dsc_utf8_read(const char *text, uint32_t *code);

/* Whether a terminal or a page would obey a character instead of showing it: controls (below U+0020, U+007F
   to U+009F), breaks of lines and paragraphs, and what turns the direction of the text around it. */
DSC_API bool dsc_utf8_controls(uint32_t code);

/* The character at text, which must not be empty, as a terminal may be given it: itself, or written out if it
   is not UTF-8 or controls ("\x1b" for a byte, "\u202e" for a character); line feeds and tabs stay. Ended by
   a zero byte. Returns the bytes of text that it stands for. */
enum { DSC_SHOWN_BYTES = 12 };
DSC_API size_t dsc_text_show(const char *text, char shown[DSC_SHOWN_BYTES]);

/* A whole text of such characters: the text itself if nothing has to be written out, else a copy in the
   scope; "" if memory is out. */
DSC_API const char *dsc_text_safe(dsc_scope *scope, const char *text);

/* A word as a POSIX shell reads it: itself, or in single quotes where some character would mean something to
   it. In the scope; "" if memory is out. */
DSC_API const char *dsc_shell_word(dsc_scope *scope, const char *word);

#endif
