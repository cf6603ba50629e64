/* word_table.h - words and how often each was seen. */
#ifndef DESCENT_TEXT_WORD_TABLE_H
#define DESCENT_TEXT_WORD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/scan.h"

typedef struct dsci_counted_word {
    uint64_t hash, count;       /* count 0: a free slot */
    const unsigned char *bytes; /* of the table, ended by a zero byte */
    size_t length;
} dsci_counted_word;

struct dsci_word_block;

/* Zeros are an empty table. */
typedef struct dsci_word_table {
    dsci_counted_word *slots; /* a power of two of them, or none */
    size_t slot_count, count;
    struct dsci_word_block *blocks; /* the words' bytes */
} dsci_word_table;

/* Adds a word that is not in the table. False if memory is out; the table is as it was. */
bool dsci_word_table_insert(dsci_word_table *table, const dsci_word *word, uint64_t count);

/* Where a word is, or the free slot where it would be; the table must have slots. */
static inline dsci_counted_word *dsci_word_table_slot(const dsci_word_table *table, const dsci_word *word)
{
    const size_t mask = table->slot_count - 1;
    for (size_t i = word->hash & mask;; i = (i + 1) & mask) {
        dsci_counted_word *slot = &table->slots[i];
        if (slot->count == 0 || (slot->hash == word->hash && slot->length == word->length &&
                                 dsci_word_equal(slot->bytes, word->bytes, word->length)))
            return slot;
    }
}

/* Counts a word `count` times more. False if memory is out. */
static inline bool dsci_word_table_add(dsci_word_table *table, const dsci_word *word, uint64_t count)
{
    dsci_counted_word *slot = table->slot_count ? dsci_word_table_slot(table, word) : NULL;
    if (!slot || slot->count == 0)
        return dsci_word_table_insert(table, word, count);
    slot->count += count;
    return true;
}

/* Adds all of another table, which is emptied. False if memory is out. */
bool dsci_word_table_move(dsci_word_table *to, dsci_word_table *from);

/* Removes the words that were counted at most `most` times; *total grows by their counts. False if memory is
   out, with the table as it was. */
bool dsci_word_table_forget(dsci_word_table *table, uint64_t most, uint64_t *total);

void dsci_word_table_empty(dsci_word_table *table);

#endif
