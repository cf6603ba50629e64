/* scope.c - arena, first error, deferred calls, log. */
#include "base/scope.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/text.h>

enum {
    ALIGNMENT = 64,
    BLOCK_BYTES = 64 * 1024, /* small allocations share blocks of this size */
    MESSAGE_BYTES = 1024
};

/* A block of the arena; its memory follows the header. */
struct block {
    struct block *next;
    size_t used, size;
};

struct deferred {
    struct deferred *next;
    dsc_cleanup_fn *cleanup;
    void *object;
};

struct dsc_scope {
    dsc_scope_options options;
    struct block *blocks;
    struct deferred *deferred;
    dsc_status status;
    char message[MESSAGE_BYTES];
    size_t numbered;
};

enum { HEADER_BYTES = ALIGNMENT };
_Static_assert(sizeof(struct block) <= HEADER_BYTES, "a block's header fits before its first aligned byte");

dsc_scope *dsc_scope_open(const dsc_scope_options *options)
{
    dsc_scope *scope = calloc(1, sizeof *scope);
    if (scope && options)
        scope->options = *options;
    return scope;
}

dsc_scope *dsc_scope_open_within(const dsc_scope *outer, uint64_t seed)
{
    dsc_scope_options options = outer ? outer->options : (dsc_scope_options){ 0 };
    options.seed = seed;
    return dsc_scope_open(&options);
}

void dsc_scope_close(dsc_scope **scope)
{
    if (!scope || !*scope)
        return;
    for (struct deferred *d = (*scope)->deferred; d; d = d->next)
        d->cleanup(d->object);
    for (struct block *b = (*scope)->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(*scope);
    *scope = NULL;
}

dsc_status dsc_scope_status(const dsc_scope *scope)
{
    return scope ? scope->status : DSC_ERROR_MEMORY;
}

const char *dsc_scope_message(const dsc_scope *scope)
{
    return scope ? scope->message : "out of memory";
}

uint64_t dsc_scope_seed(const dsc_scope *scope)
{
    return scope ? scope->options.seed : 0;
}

size_t dsci_scope_number(dsc_scope *scope)
{
    return ++scope->numbered;
}

/* Control characters and line feeds of a message, as from a path, are written out: it stays one line, which
   does nothing to a terminal. */
static void write_out_controls(char message[MESSAGE_BYTES])
{
    char copy[MESSAGE_BYTES], shown[DSC_SHOWN_BYTES];
    memcpy(copy, message, MESSAGE_BYTES);
    size_t end = 0;
    for (const char *text = copy; *text;) {
        const bool ends_line = *text == '\n';
        text += dsc_text_show(text, shown);
        const char *put = ends_line ? "\\x0a" : shown;
        const size_t length = strlen(put);
        if (end + length >= MESSAGE_BYTES)
            break;
        memcpy(message + end, put, length);
        end += length;
    }
    message[end] = '\0';
}

dsc_status dsc_scope_fail(dsc_scope *scope, dsc_status status, const char *format, ...)
{
    if (!scope)
        return DSC_ERROR_MEMORY;
    if (scope->status == DSC_OK && status != DSC_OK) {
        scope->status = status;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(scope->message, sizeof scope->message, format, arguments);
        va_end(arguments);
        write_out_controls(scope->message);
    }
    return scope->status;
}

bool dsc_scope_goes_on(dsc_scope *scope)
{
    if (dsc_scope_status(scope) == DSC_OK && scope->options.stop &&
        scope->options.stop(scope->options.stop_user))
        dsc_scope_fail(scope, DSC_STOPPED, "stopped");
    return dsc_scope_status(scope) == DSC_OK;
}

dsc_status dsc_scope_adopt_error(dsc_scope *scope, const dsc_scope *from)
{
    return dsc_scope_fail(scope, dsc_scope_status(from), "%s", dsc_scope_message(from));
}

static struct block *block_add(dsc_scope *scope, size_t bytes)
{
    if (bytes > SIZE_MAX - HEADER_BYTES - ALIGNMENT)
        return NULL;
    const size_t size = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = aligned_alloc(ALIGNMENT, HEADER_BYTES + size);
    if (!block)
        return NULL;
    *block = (struct block){ .size = size };
    if (scope->blocks && size > BLOCK_BYTES) { /* a block of its own: keep filling the current one */
        block->next = scope->blocks->next;
        scope->blocks->next = block;
    } else {
        block->next = scope->blocks;
        scope->blocks = block;
    }
    return block;
}

void *dsc_scope_alloc(dsc_scope *scope, size_t count, size_t size)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (size && count > (SIZE_MAX - ALIGNMENT) / size) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: %zu elements of %zu bytes overflow", count,
                       size);
        return NULL;
    }
    const size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = scope->blocks;
    if (!block || block->size - block->used < bytes)
        block = block_add(scope, bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES);
    if (!block) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not allocate %zu bytes", bytes);
        return NULL;
    }
    void *memory = (char *)block + HEADER_BYTES + block->used;
    block->used += bytes;
    memset(memory, 0, bytes);
    return memory;
}

char *dsc_scope_format(dsc_scope *scope, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not format a message");
    char *text = length < 0 ? NULL : dsc_scope_alloc(scope, (size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *dsc_scope_copy(dsc_scope *scope, const char *string)
{
    return string ? dsc_scope_format(scope, "%s", string) : NULL;
}

dsc_status dsc_scope_defer(dsc_scope *scope, dsc_cleanup_fn *cleanup, void *object)
{
    struct deferred *entry = dsc_scope_alloc(scope, 1, sizeof *entry);
    if (!entry) {
        cleanup(object);
        return dsc_scope_status(scope);
    }
    *entry = (struct deferred){ .next = scope->deferred, .cleanup = cleanup, .object = object };
    scope->deferred = entry;
    return DSC_OK;
}

void dsc_scope_log(const dsc_scope *scope, dsc_log_level level, const char *format, ...)
{
    if (!scope || !scope->options.log)
        return;
    char line[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    write_out_controls(line);
    scope->options.log(scope->options.log_user, level, line);
}
