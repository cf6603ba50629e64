/* scope.h - lifetime and first error of everything that is built together.
 *
 * A scope is an arena, the first error, a random seed and a log. What is made in a scope dies with it. After
 * the first error a scope is poisoned: it keeps that error, allocations from it return NULL, and functions
 * that take it, or objects made in it, do nothing. Nested building therefore needs no check in between, only
 * one at the end:
 *
 *     dsc_scope *scope = dsc_scope_open(NULL);
 *     dsc_dataset *digits = dsc_idx_load(scope, ...);
 *     dsc_model *model = ...;
 *     if (dsc_scope_status(scope) != DSC_OK)
 *         fprintf(stderr, "%s\n", dsc_scope_message(scope));
 *     dsc_scope_close(&scope);
 *
 * A scope belongs to one thread at a time. Every function accepts NULL, which reads as a scope that is out of
 * memory.
 */
#ifndef DESCENT_SCOPE_H
#define DESCENT_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/status.h>

typedef struct dsc_scope dsc_scope;

typedef enum dsc_log_level { DSC_LOG_INFO = 0, DSC_LOG_WARNING } dsc_log_level;

/* Receives the library's messages, one line without its end; may be called from several threads at once. */
typedef void dsc_log_fn(void *user, dsc_log_level level, const char *line);

/* True if what is being computed should stop: a signal, a time limit. Asked often, from the scope's thread.
 */
typedef bool dsc_stop_fn(void *user);

typedef struct dsc_scope_options {
    uint64_t seed;   /* root of all random streams that are drawn in the scope */
    dsc_log_fn *log; /* NULL: messages are dropped */
    void *log_user;
    dsc_stop_fn *stop; /* NULL: nothing stops */
    void *stop_user;
} dsc_scope_options;

/* Opens a scope; options may be NULL (all defaults). Returns NULL only when memory is out. */
DSC_API dsc_scope *dsc_scope_open(const dsc_scope_options *options);

/* Opens a scope with a seed of its own and the log and the stop function of another, for work that gives its
   memory back earlier. Returns NULL only when memory is out. */
DSC_API dsc_scope *dsc_scope_open_within(const dsc_scope *outer, uint64_t seed);

/* Runs the deferred calls, last first, frees everything made in the scope and sets *scope to NULL. */
DSC_API void dsc_scope_close(dsc_scope **scope);

/* The first error, DSC_OK if there was none. */
DSC_API dsc_status dsc_scope_status(const dsc_scope *scope);

/* The first error's message: what, where, expected, found, what to do. "" if there was none. Lives as long as
   the scope. */
DSC_API const char *dsc_scope_message(const dsc_scope *scope);

/* For long loops: false if the scope is poisoned or is to stop, which poisons it with DSC_STOPPED. */
DSC_API bool dsc_scope_goes_on(dsc_scope *scope);

DSC_API uint64_t dsc_scope_seed(const dsc_scope *scope);

/* Poisons the scope with the first error; later ones are ignored. Control characters of the message, and line
   feeds, are written out (text.h): it is one line, whatever paths stand in it. Returns the scope's status, so
   that `return dsc_scope_fail(...)` reads well. */
DSC_API dsc_status dsc_scope_fail(dsc_scope *scope, dsc_status status, const char *format, ...)
    DSC_PRINTF(3, 4);

/* Takes over the error of another scope, if it has one. Returns this scope's status. */
DSC_API dsc_status dsc_scope_adopt_error(dsc_scope *scope, const dsc_scope *from);

/* count elements of size bytes, zeroed, aligned to 64 bytes, freed with the scope. NULL (and
   DSC_ERROR_MEMORY) if memory is out or count * size overflows; a valid pointer if count or size is 0. NULL
   if the scope is poisoned. */
DSC_API void *dsc_scope_alloc(dsc_scope *scope, size_t count, size_t size);

/* A formatted string, a copied string: in the arena. */
DSC_API char *dsc_scope_format(dsc_scope *scope, const char *format, ...) DSC_PRINTF(2, 3);
DSC_API char *dsc_scope_copy(dsc_scope *scope, const char *string);

typedef void dsc_cleanup_fn(void *object);

/* Has cleanup(object) called when the scope closes. If that cannot be noted, it is called at once and the
   scope is poisoned: the object is released in every case. */
DSC_API dsc_status dsc_scope_defer(dsc_scope *scope, dsc_cleanup_fn *cleanup, void *object);

/* Sends a message, of one line as those of dsc_scope_fail(), to the scope's log. */
DSC_API void dsc_scope_log(const dsc_scope *scope, dsc_log_level level, const char *format, ...)
    DSC_PRINTF(3, 4);

#endif
