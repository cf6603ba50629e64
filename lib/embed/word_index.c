/* word_index.c - a hash table with open addressing. */
#include "embed/word_index.h"

#include <string.h>

static unsigned char folded(const dsci_word_index *index, char letter)
{
    return (unsigned char)(index->fold && letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
}

/* FNV-1a (Fowler, Noll and Vo), then its high bits mixed into the low ones, which choose the slot. */
static size_t hash(const dsci_word_index *index, const char *word)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *word; word++)
        h = (h ^ folded(index, *word)) * UINT64_C(1099511628211);
    return (size_t)(h ^ (h >> 29));
}

static bool equal(const dsci_word_index *index, const char *a, const char *b)
{
    for (; *a && folded(index, *a) == folded(index, *b); a++)
        b++;
    return folded(index, *a) == folded(index, *b);
}

/* The slot that holds the word, or the free one where it belongs. */
static size_t *slot_of(const dsci_word_index *index, const char *word)
{
    size_t at = hash(index, word) & index->mask;
    while (index->slots[at] && !equal(index, index->words[index->slots[at] - 1], word))
        at = (at + 1) & index->mask;
    return &index->slots[at];
}

dsci_word_index dsci_word_index_make(dsc_scope *scope, const char *const *words, size_t count, bool fold)
{
    dsci_word_index index = { .words = words, .fold = fold };
    size_t slots = 16;
    while (slots / 2 < count)
        slots *= 2;
    index.slots = dsc_scope_alloc(scope, slots, sizeof *index.slots);
    index.mask = slots - 1;
    for (size_t i = 0; index.slots && i < count; i++) {
        size_t *slot = slot_of(&index, words[i]);
        if (!*slot) {
            *slot = i + 1;
        } else if (index.twice[0] == index.twice[1]) {
            index.twice[0] = *slot - 1;
            index.twice[1] = i;
        }
    }
    return index;
}

size_t dsci_word_index_find(const dsci_word_index *index, const char *word)
{
    return *slot_of(index, word) - 1; /* 0 - 1 is SIZE_MAX */
}
