/* memory.h - which bytes of one arena each buffer of a plan takes. */
#ifndef DESCENT_GRAPH_MEMORY_H
#define DESCENT_GRAPH_MEMORY_H

#include <stddef.h>

#include <descent/scope.h>

enum { DSCI_ALIGNMENT = 64 };

/* A buffer is needed in the steps first..last, both included. */
typedef struct dsci_lifetime {
    size_t bytes, first, last;
    size_t offset; /* result: a multiple of DSCI_ALIGNMENT */
} dsci_lifetime;

/* Places buffers so that those that live at the same time do not overlap: the largest first, each into the
   smallest gap that holds it. The result depends on the lifetimes alone. Sets *arena_bytes. */
dsc_status dsci_memory_plan(dsc_scope *scope, dsci_lifetime *buffers, size_t count, size_t *arena_bytes);

#endif
