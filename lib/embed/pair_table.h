/* pair_table.h - sparse tables that are made row by row, many rows at a time. */
#ifndef DESCENT_EMBED_PAIR_TABLE_H
#define DESCENT_EMBED_PAIR_TABLE_H

#include <stddef.h>

#include <descent/cooccurrence.h>

/* The rows of a table to be. Both functions are called by any thread (0..threads - 1), for any row. */
typedef struct dsci_table_plan {
    size_t words;
    int threads; /* at least 1 */
    const char *directory;
    size_t memory; /* as in the options of the public header */
    /* An upper bound of the records of a row. */
    size_t (*most)(const void *user, size_t word);
    /* Writes the records of a row in the order of their contexts and returns how many. */
    size_t (*fill)(void *user, int thread, size_t word, dsc_cooccurrence *dst);
    void *user;
} dsci_table_plan;

/* The table, in the scope. NULL if the scope is poisoned. */
const dsc_cooccurrences *dsci_table_make(dsc_scope *scope, const dsci_table_plan *plan);

/* Fails the scope unless a table is one: sorted, inside its size, with weights that are positive and finite.
 */
dsc_status dsci_table_check(dsc_scope *scope, const dsc_cooccurrences *table, const char *function);

#endif
