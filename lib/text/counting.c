/* counting.c - the words of a text counted by several threads, each in tables of its own. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "text/text_source.h"
#include "text/vocabulary.h"

enum {
    SHARD_BITS = 5, /* words are spread over tables by their hash, so that threads can merge a table each */
    SHARDS = 1 << SHARD_BITS,
    DEFAULT_TABLE_LIMIT = 21000000
};

/* What one thread has counted. */
struct worker {
    dsci_word_table shards[SHARDS];
    uint64_t line_ends, words;
    bool out_of_memory;
};

struct counting {
    dsc_scope *scope;
    const char *path;
    size_t limit;
    int threads;
    struct worker *workers;
    dsc_vocabulary counted; /* what was forgotten, how many words there are */
    /* Of a merge: the next shard, and up to which count words are forgotten. */
    atomic_size_t next_shard;
    uint64_t forget;
    atomic_ullong forgotten_total;
    atomic_bool out_of_memory;
};

static void count_piece(void *user, int thread, const dsci_window *window, size_t piece, dsci_words *words)
{
    struct worker *worker = &((struct counting *)user)->workers[thread];
    (void)window, (void)piece;
    dsci_word word;
    while (dsci_words_next(words, &word)) {
        worker->words++;
        if (word.length == 0)
            worker->line_ends++;
        else if (!dsci_word_table_add(&worker->shards[word.hash >> (64 - SHARD_BITS)], &word, 1))
            worker->out_of_memory = true;
    }
}

/* Adds the shards of all workers to those of the first. */
static void merge_shards(void *user, int thread)
{
    struct counting *counting = user;
    (void)thread;
    for (size_t s; (s = atomic_fetch_add(&counting->next_shard, 1)) < SHARDS;)
        for (int t = 1; t < counting->threads; t++)
            if (!dsci_word_table_move(&counting->workers[0].shards[s], &counting->workers[t].shards[s]))
                atomic_store(&counting->out_of_memory, true);
}

static void forget_in_shards(void *user, int thread)
{
    struct counting *counting = user;
    (void)thread;
    for (size_t s; (s = atomic_fetch_add(&counting->next_shard, 1)) < SHARDS;) {
        uint64_t total = 0;
        if (!dsci_word_table_forget(&counting->workers[0].shards[s], counting->forget, &total))
            atomic_store(&counting->out_of_memory, true);
        atomic_fetch_add(&counting->forgotten_total, total);
    }
}

static size_t distinct(const struct counting *counting)
{
    size_t count = 0;
    for (int t = 0; t < counting->threads; t++)
        for (size_t s = 0; s < SHARDS; s++)
            count += counting->workers[t].shards[s].count;
    return count;
}

static bool have_memory(struct counting *counting)
{
    bool good = !atomic_load(&counting->out_of_memory);
    for (int t = 0; t < counting->threads; t++)
        good = good && !counting->workers[t].out_of_memory;
    if (!good)
        dsc_scope_fail(
            counting->scope, DSC_ERROR_MEMORY,
            "out of memory while counting the words of '%s': %zu different ones so far; set a limit "
            "on the different words that are held (now %zu)",
            counting->path, distinct(counting), counting->limit);
    return good;
}

static bool run_shards(struct counting *counting, dsci_parallel_fn *work)
{
    atomic_store(&counting->next_shard, 0);
    dsci_parallel_run(counting->threads, work, counting);
    return have_memory(counting);
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The largest count that must be forgotten so that at most `most` of the merged words are left. */
static bool find_largest_to_forget(struct counting *counting, size_t most)
{
    const size_t count = distinct(counting);
    uint64_t *counts = malloc(count * sizeof *counts);
    if (!counts) {
        atomic_store(&counting->out_of_memory, true);
        return have_memory(counting);
    }
    size_t n = 0;
    for (size_t s = 0; s < SHARDS; s++) {
        const dsci_word_table *table = &counting->workers[0].shards[s];
        for (size_t i = 0; i < table->slot_count; i++)
            if (table->slots[i].count)
                counts[n++] = table->slots[i].count;
    }
    qsort(counts, n, sizeof *counts, ascending);
    counting->forget = counts[n - 1 - most];
    free(counts);
    return true;
}

/* After each window. Tables are merged when there might be too many words, and words forgotten when there
   are: that does not depend on how many threads have counted them. */
static bool keep_limit(void *user, const dsci_window *window)
{
    struct counting *counting = user;
    (void)window;
    if (!have_memory(counting))
        return false;
    if (distinct(counting) <= counting->limit)
        return true;
    if (!run_shards(counting, merge_shards))
        return false;
    const size_t before = distinct(counting);
    if (before <= counting->limit)
        return true;
    if (!find_largest_to_forget(counting, counting->limit - counting->limit / 4) ||
        !run_shards(counting, forget_in_shards))
        return false;
    counting->counted.forgotten += before - distinct(counting);
    counting->counted.most_undercount += counting->forget;
    return true;
}

static const dsc_vocabulary *finish(struct counting *counting, const dsc_vocabulary_options *options)
{
    uint64_t line_ends = 0;
    size_t count;
    if (!run_shards(counting, merge_shards))
        return NULL;
    for (int t = 0; t < counting->threads; t++) {
        line_ends += counting->workers[t].line_ends;
        counting->counted.text_words += counting->workers[t].words;
    }
    counting->counted.dropped_total = atomic_load(&counting->forgotten_total);
    dsci_counted_word *words =
        dsci_vocabulary_gather(counting->workers[0].shards, SHARDS, &count, &line_ends);
    if (!words) {
        atomic_store(&counting->out_of_memory, true);
        have_memory(counting);
        return NULL;
    }
    const dsc_vocabulary *made = dsci_vocabulary_make(counting->scope, counting->path, words, count,
                                                      line_ends, &counting->counted, options);
    free(words);
    return made;
}

const dsc_vocabulary *dsc_vocabulary_count(dsc_scope *scope, const char *path,
                                           const dsc_vocabulary_options *options)
{
    const dsc_vocabulary_options defaults = { 0 }, *chosen = options ? options : &defaults;
    struct counting counting = { .scope = scope,
                                 .path = path,
                                 .limit = chosen->table_limit ? chosen->table_limit : DEFAULT_TABLE_LIMIT,
                                 .threads = dsci_text_threads(chosen->threads) };
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    counting.workers = calloc((size_t)counting.threads, sizeof *counting.workers);
    if (!counting.workers) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
        return NULL;
    }
    const dsc_vocabulary *made = NULL;
    if (dsci_text_read_all(scope, path, counting.threads, count_piece, keep_limit, &counting,
                           &counting.counted.mended) == DSC_OK)
        made = finish(&counting, chosen);
    for (int t = 0; t < counting.threads; t++)
        for (size_t s = 0; s < SHARDS; s++)
            dsci_word_table_empty(&counting.workers[t].shards[s]);
    free(counting.workers);
    return made;
}
