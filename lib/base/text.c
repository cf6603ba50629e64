/* text.c - a text that grows by doubling, in memory of its own that is freed with its scope. */
#include <descent/text.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 256 };

struct dsc_text {
    dsc_scope *scope;
    char *bytes;
    size_t length, capacity; /* length < capacity: the zero at the end has its place */
};

static void release(void *object)
{
    free(((dsc_text *)object)->bytes);
}

/* Makes room for `more` bytes and a zero. */
static bool reserve(dsc_text *text, size_t more)
{
    if (dsc_scope_status(text->scope) != DSC_OK)
        return false;
    if (more < text->capacity - text->length)
        return true;
    size_t capacity = text->capacity;
    while (capacity <= SIZE_MAX / 2 && capacity - text->length <= more)
        capacity *= 2;
    char *bytes = capacity - text->length > more ? realloc(text->bytes, capacity) : NULL;
    if (!bytes) {
        dsc_scope_fail(text->scope, DSC_ERROR_MEMORY,
                       "out of memory: could not add %zu bytes to a text of %zu bytes", more, text->length);
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

dsc_text *dsc_text_open(dsc_scope *scope)
{
    dsc_text *text = dsc_scope_alloc(scope, 1, sizeof *text);
    if (!text)
        return NULL;
    *text = (dsc_text){ .scope = scope, .bytes = calloc(1, FIRST_BYTES), .capacity = FIRST_BYTES };
    if (!text->bytes)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not begin a text");
    return text->bytes && dsc_scope_defer(scope, release, text) == DSC_OK ? text : NULL;
}

void dsc_text_append_bytes(dsc_text *text, const void *bytes, size_t count)
{
    if (!text || !count || !reserve(text, count))
        return;
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
    text->bytes[text->length] = '\0';
}

void dsc_text_append(dsc_text *text, const char *string)
{
    if (string)
        dsc_text_append_bytes(text, string, strlen(string));
}

void dsc_text_format(dsc_text *text, const char *format, ...)
{
    if (!text || !reserve(text, 0))
        return;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const size_t room = text->capacity - text->length;
    const int length = vsnprintf(text->bytes + text->length, room, format, arguments);
    if (length < 0)
        dsc_scope_fail(text->scope, DSC_ERROR_MEMORY, "out of memory: could not format a text");
    else if ((size_t)length < room)
        text->length += (size_t)length;
    else if (reserve(text, (size_t)length) &&
             vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again) == length)
        text->length += (size_t)length;
    else
        dsc_scope_fail(text->scope, DSC_ERROR_MEMORY, "out of memory: could not format a text");
    va_end(again);
    va_end(arguments);
}

const char *dsc_text_string(const dsc_text *text)
{
    return text && dsc_scope_status(text->scope) == DSC_OK ? text->bytes : NULL;
}

size_t dsc_text_length(const dsc_text *text)
{
    return text ? text->length : 0;
}

const char *dsc_shell_word(dsc_scope *scope, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,/:@%";
    if (*word && strspn(word, plain) == strlen(word))
        return word;
    const char *quoted = "'";
    for (const char *at = word; *at && quoted;) {
        const size_t length = strcspn(at, "'");
        quoted = dsc_scope_format(scope, "%s%.*s%s", quoted, (int)length, at, at[length] ? "'\\''" : "");
        at += length + (at[length] != '\0');
    }
    return quoted ? dsc_scope_format(scope, "%s'", quoted) : "";
}
