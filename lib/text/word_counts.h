/* word_counts.h - words counted by several threads, each in tables of its own, with a limit on how many
   different ones are held. */
#ifndef DESCENT_TEXT_WORD_COUNTS_H
#define DESCENT_TEXT_WORD_COUNTS_H

#include <stdatomic.h>

#include <descent/scope.h>

#include "text/word_table.h"

enum {
    DSCI_SHARD_BITS =
        5, /* words are spread over tables by their hash, so that threads can merge a table each */
    DSCI_SHARDS = 1 << DSCI_SHARD_BITS
};

/* What one thread has counted. */
typedef struct dsci_word_shards {
    dsci_word_table tables[DSCI_SHARDS];
    bool out_of_memory;
} dsci_word_shards;

typedef struct dsci_word_counts {
    dsc_scope *scope;
    const char *path; /* of the text, for messages */
    size_t limit;
    int threads;
    dsci_word_shards *shards; /* of each thread; after a merge all is with the first */
    uint64_t forgotten, forgotten_total, most_undercount;
    /* Of a merge: the next shard, and up to which count words are forgotten. */
    atomic_size_t next_shard;
    uint64_t forget;
    atomic_ullong forgetting_total;
    atomic_bool out_of_memory;
} dsci_word_counts;

/* limit 0: the default. False and a poisoned scope if memory is out; to be closed in any case. */
bool dsci_word_counts_open(dsci_word_counts *counts, dsc_scope *scope, const char *path, size_t limit,
                           int threads);
void dsci_word_counts_close(dsci_word_counts *counts);

/* Counts a word once more, by one of the threads. */
static inline void dsci_word_counts_add(dsci_word_counts *counts, int thread, const dsci_word *word)
{
    dsci_word_shards *shards = &counts->shards[thread];
    if (!dsci_word_table_add(&shards->tables[word->hash >> (64 - DSCI_SHARD_BITS)], word, 1))
        shards->out_of_memory = true;
}

/* To be called when all threads are done with a window: forgets words if there are too many. What is left
   does not depend on how many threads have counted. False and a poisoned scope if memory is out. */
bool dsci_word_counts_keep_limit(dsci_word_counts *counts);

/* Adds up what the threads have counted, after which counts may be looked up. */
bool dsci_word_counts_merge(dsci_word_counts *counts);

/* The count of a word; 0: it was never seen, or forgotten. */
uint64_t dsci_word_counts_find(const dsci_word_counts *counts, const dsci_word *word);

/* Different words that are held; of several tables, if they are not merged. */
size_t dsci_word_counts_distinct(const dsci_word_counts *counts);

#endif
