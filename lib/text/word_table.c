/* word_table.c - words and how often each was seen: a hash table with linear probing. */
#include "text/word_table.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 256, BLOCK_BYTES = 1 << 16 };

struct dsci_word_block {
    struct dsci_word_block *next;
    size_t used;
    unsigned char bytes[BLOCK_BYTES];
};

static unsigned char *copy_word(dsci_word_table *table, const dsci_word *word)
{
    struct dsci_word_block *block = table->blocks;
    if (!block || BLOCK_BYTES - block->used <= word->length) {
        block = malloc(sizeof *block);
        if (!block)
            return NULL;
        block->next = table->blocks;
        block->used = 0;
        table->blocks = block;
    }
    unsigned char *bytes = block->bytes + block->used;
    memcpy(bytes, word->bytes, word->length);
    bytes[word->length] = 0;
    block->used += word->length + 1;
    return bytes;
}

/* Slots for twice as many words. */
static bool grow(dsci_word_table *table)
{
    dsci_word_table larger = *table;
    larger.slot_count = table->slot_count ? 2 * table->slot_count : FIRST_SLOTS;
    larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < table->slot_count; i++) {
        size_t at = table->slots[i].hash & (larger.slot_count - 1);
        if (table->slots[i].count == 0)
            continue;
        while (larger.slots[at].count)
            at = (at + 1) & (larger.slot_count - 1);
        larger.slots[at] = table->slots[i];
    }
    free(table->slots);
    *table = larger;
    return true;
}

bool dsci_word_table_insert(dsci_word_table *table, const dsci_word *word, uint64_t count)
{
    if (table->count + 1 > table->slot_count / 4 * 3 && !grow(table))
        return false;
    const unsigned char *bytes = copy_word(table, word);
    if (!bytes)
        return false;
    *dsci_word_table_slot(table, word) =
        (dsci_counted_word){ .hash = word->hash, .count = count, .bytes = bytes, .length = word->length };
    table->count++;
    return true;
}

/* The i-th slot that is looked at when words go to another table. In the order of the slots, which is that of
   the hashes, they would crowd together in the other table while it is still small. */
static const dsci_counted_word *scattered_slot(const dsci_word_table *table, size_t i)
{
    return &table->slots[i * 0x9e3779b1U & (table->slot_count - 1)];
}

bool dsci_word_table_move(dsci_word_table *to, dsci_word_table *from)
{
    bool good = true;
    for (size_t i = 0; good && i < from->slot_count; i++) {
        const dsci_counted_word *slot = scattered_slot(from, i);
        const dsci_word word = { .bytes = slot->bytes, .length = slot->length, .hash = slot->hash };
        good = slot->count == 0 || dsci_word_table_add(to, &word, slot->count);
    }
    dsci_word_table_empty(from);
    return good;
}

bool dsci_word_table_forget(dsci_word_table *table, uint64_t most, uint64_t *total)
{
    dsci_word_table kept = { 0 };
    uint64_t forgotten = 0;
    for (size_t i = 0; i < table->slot_count; i++) {
        const dsci_counted_word *slot = scattered_slot(table, i);
        const dsci_word word = { .bytes = slot->bytes, .length = slot->length, .hash = slot->hash };
        if (slot->count <= most)
            forgotten += slot->count;
        else if (!dsci_word_table_insert(&kept, &word, slot->count)) {
            dsci_word_table_empty(&kept);
            return false;
        }
    }
    dsci_word_table_empty(table);
    *table = kept;
    *total += forgotten;
    return true;
}

void dsci_word_table_empty(dsci_word_table *table)
{
    for (struct dsci_word_block *block = table->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(table->slots);
    *table = (dsci_word_table){ 0 };
}
