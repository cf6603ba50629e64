/* word_counts.c - words counted by several threads, each in tables of its own. */
#include "text/word_counts.h"

#include <stdlib.h>

#include "base/parallel.h"

enum { DEFAULT_LIMIT = 21000000 };

bool dsci_word_counts_open(dsci_word_counts *counts, dsc_scope *scope, const char *path, size_t limit,
                           int threads)
{
    *counts = (dsci_word_counts){
        .scope = scope, .path = path, .limit = limit ? limit : DEFAULT_LIMIT, .threads = threads
    };
    if (dsc_scope_status(scope) != DSC_OK)
        return false;
    counts->shards = calloc((size_t)threads, sizeof *counts->shards);
    if (!counts->shards)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
    return counts->shards != NULL;
}

void dsci_word_counts_close(dsci_word_counts *counts)
{
    for (int t = 0; counts->shards && t < counts->threads; t++)
        for (size_t s = 0; s < DSCI_SHARDS; s++)
            dsci_word_table_empty(&counts->shards[t].tables[s]);
    free(counts->shards);
    counts->shards = NULL;
}

/* Adds the shards of all threads to those of the first. */
static void merge_shards(void *user, int thread)
{
    dsci_word_counts *counts = user;
    (void)thread;
    for (size_t s; (s = atomic_fetch_add(&counts->next_shard, 1)) < DSCI_SHARDS;)
        for (int t = 1; t < counts->threads; t++)
            if (!dsci_word_table_move(&counts->shards[0].tables[s], &counts->shards[t].tables[s]))
                atomic_store(&counts->out_of_memory, true);
}

static void forget_in_shards(void *user, int thread)
{
    dsci_word_counts *counts = user;
    (void)thread;
    for (size_t s; (s = atomic_fetch_add(&counts->next_shard, 1)) < DSCI_SHARDS;) {
        uint64_t total = 0;
        if (!dsci_word_table_forget(&counts->shards[0].tables[s], counts->forget, &total))
            atomic_store(&counts->out_of_memory, true);
        atomic_fetch_add(&counts->forgetting_total, total);
    }
}

size_t dsci_word_counts_distinct(const dsci_word_counts *counts)
{
    size_t count = 0;
    for (int t = 0; t < counts->threads; t++)
        for (size_t s = 0; s < DSCI_SHARDS; s++)
            count += counts->shards[t].tables[s].count;
    return count;
}

static bool have_memory(dsci_word_counts *counts)
{
    bool good = !atomic_load(&counts->out_of_memory);
    for (int t = 0; t < counts->threads; t++)
        good = good && !counts->shards[t].out_of_memory;
    if (!good)
        dsc_scope_fail(
            counts->scope, DSC_ERROR_MEMORY,
            "out of memory while counting the words of '%s': %zu different ones so far; set a limit "
            "on the different words that are held (now %zu)",
            counts->path, dsci_word_counts_distinct(counts), counts->limit);
    return good;
}

static bool run_shards(dsci_word_counts *counts, dsci_parallel_fn *work)
{
    atomic_store(&counts->next_shard, 0);
    dsci_parallel_run(counts->threads, work, counts);
    return have_memory(counts);
}

bool dsci_word_counts_merge(dsci_word_counts *counts)
{
    return run_shards(counts, merge_shards);
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Finds the largest count that must be forgotten so that at most `most` of the merged words are left. */
static bool choose_to_forget(dsci_word_counts *counts, size_t most)
{
    uint64_t *sorted = malloc(dsci_word_counts_distinct(counts) * sizeof *sorted);
    if (!sorted) {
        atomic_store(&counts->out_of_memory, true);
        return have_memory(counts);
    }
    size_t n = 0;
    for (size_t s = 0; s < DSCI_SHARDS; s++) {
        const dsci_word_table *table = &counts->shards[0].tables[s];
        for (size_t i = 0; i < table->slot_count; i++)
            if (table->slots[i].count)
                sorted[n++] = table->slots[i].count;
    }
    qsort(sorted, n, sizeof *sorted, ascending);
    counts->forget = sorted[n - 1 - most];
    free(sorted);
    return true;
}

/* Tables are merged when there might be too many words, and words forgotten when there are. */
bool dsci_word_counts_keep_limit(dsci_word_counts *counts)
{
    if (!have_memory(counts))
        return false;
    if (dsci_word_counts_distinct(counts) <= counts->limit)
        return true;
    if (!dsci_word_counts_merge(counts))
        return false;
    const size_t before = dsci_word_counts_distinct(counts);
    if (before <= counts->limit)
        return true;
    if (!choose_to_forget(counts, counts->limit - counts->limit / 4) || !run_shards(counts, forget_in_shards))
        return false;
    counts->forgotten += before - dsci_word_counts_distinct(counts);
    counts->forgotten_total = atomic_load(&counts->forgetting_total);
    counts->most_undercount += counts->forget;
    return true;
}

uint64_t dsci_word_counts_find(const dsci_word_counts *counts, const dsci_word *word)
{
    const dsci_word_table *table = &counts->shards[0].tables[word->hash >> (64 - DSCI_SHARD_BITS)];
    return table->slot_count ? dsci_word_table_slot(table, word)->count : 0;
}
