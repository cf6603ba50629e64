/* text.h - a text that grows: what is written piece by piece and used as a whole.
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

#include <stddef.h>

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

#endif
