/* spill.h - bytes that grow at their end: in memory up to a bound, beyond it in an unnamed temporary file.
 *
 * Both are mapped, so that whoever uses the bytes need not know where they are. The file has no name: nothing
 * of it is left, however the process ends.
 */
#ifndef DESCENT_BASE_SPILL_H
#define DESCENT_BASE_SPILL_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/scope.h>

typedef struct dsci_spill dsci_spill;

/* directory: of the file; NULL: $TMPDIR or /tmp. memory: bytes that stay in memory; 0: a quarter of what this
   process can use. The spill lives in the scope. */
dsci_spill *dsci_spill_make(dsc_scope *scope, const char *directory, size_t memory);

/* Makes it longer by so many zero bytes and returns where these begin; the bytes before may move. They begin
   at a multiple of what all lengths so far are multiples of, 4096 at most. NULL and a poisoned scope if
   memory or the disk is full: that is seen here, not where the bytes are written. */
void *dsci_spill_grow(dsci_spill *spill, size_t bytes);

/* All bytes so far; not NULL after a success of dsci_spill_grow(). */
void *dsci_spill_data(const dsci_spill *spill);

/* Whether they are in a file. */
bool dsci_spill_in_file(const dsci_spill *spill);

/* Gives the bytes back before the scope closes. NULL is allowed. */
void dsci_spill_clear(dsci_spill *spill);

#endif
