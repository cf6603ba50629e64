/* word_index.h - the row of a word, by a hash table. */
#ifndef DESCENT_EMBED_WORD_INDEX_H
#define DESCENT_EMBED_WORD_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/scope.h>

typedef struct dsci_word_index {
    const char *const *words;
    size_t *slots;   /* row + 1; 0: free */
    size_t mask;     /* one less than the number of slots, a power of two */
    bool fold;       /* a..z equal A..Z */
    size_t twice[2]; /* the first two rows of one word; equal if there are none */
} dsci_word_index;

/* Of words that are there twice the first is kept. The words must stay. slots is NULL if memory is out. */
dsci_word_index dsci_word_index_make(dsc_scope *scope, const char *const *words, size_t count, bool fold);

/* SIZE_MAX if it is none of the words. */
size_t dsci_word_index_find(const dsci_word_index *index, const char *word);

#endif
