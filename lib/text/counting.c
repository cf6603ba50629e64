/* counting.c - the vocabulary of a text. */
#include <stdlib.h>

#include "text/text_source.h"
#include "text/vocabulary.h"
#include "text/word_counts.h"

/* What one thread has counted beside words. */
struct tally {
    uint64_t line_ends, words;
};

struct counting {
    dsci_word_counts counts;
    struct tally *tallies; /* of each thread */
};

static void count_piece(void *user, int thread, const dsci_window *window, size_t piece, dsci_words *words)
{
    struct counting *counting = user;
    struct tally tally = { 0 };
    (void)window, (void)piece;
    dsci_word word;
    while (dsci_words_next(words, &word)) {
        tally.words++;
        if (word.length == 0)
            tally.line_ends++;
        else
            dsci_word_counts_add(&counting->counts, thread, &word);
    }
    counting->tallies[thread].words += tally.words;
    counting->tallies[thread].line_ends += tally.line_ends;
}

static bool count_window(void *user, const dsci_window *window)
{
    (void)window;
    return dsci_word_counts_keep_limit(&((struct counting *)user)->counts);
}

static const dsc_vocabulary *finish(struct counting *counting, const dsc_vocabulary_options *options,
                                    const dsc_text_mended *mended)
{
    dsci_word_counts *counts = &counting->counts;
    uint64_t line_ends = 0;
    size_t count;
    if (!dsci_word_counts_merge(counts))
        return NULL;
    dsc_vocabulary counted = { .forgotten = counts->forgotten,
                               .dropped_total = counts->forgotten_total,
                               .most_undercount = counts->most_undercount,
                               .mended = *mended };
    for (int t = 0; t < counts->threads; t++) {
        line_ends += counting->tallies[t].line_ends;
        counted.text_words += counting->tallies[t].words;
    }
    dsci_counted_word *words =
        dsci_vocabulary_gather(counts->shards[0].tables, DSCI_SHARDS, &count, &line_ends);
    if (!words) {
        dsc_scope_fail(counts->scope, DSC_ERROR_MEMORY, "out of memory while sorting the words of '%s'",
                       counts->path);
        return NULL;
    }
    const dsc_vocabulary *made =
        dsci_vocabulary_make(counts->scope, counts->path, words, count, line_ends, &counted, options);
    free(words);
    return made;
}

const dsc_vocabulary *dsc_vocabulary_count(dsc_scope *scope, const char *path,
                                           const dsc_vocabulary_options *options)
{
    const dsc_vocabulary_options defaults = { 0 }, *chosen = options ? options : &defaults;
    const int threads = dsci_text_threads(chosen->threads);
    struct counting counting = { .tallies =
                                     dsc_scope_alloc(scope, (size_t)threads, sizeof *counting.tallies) };
    dsc_text_mended mended = { 0 };
    const dsc_vocabulary *made = NULL;
    if (dsci_word_counts_open(&counting.counts, scope, path, chosen->table_limit, threads) &&
        dsci_text_read_all(scope, path, threads, count_piece, count_window, &counting, &mended) == DSC_OK)
        made = finish(&counting, chosen, &mended);
    dsci_word_counts_close(&counting.counts);
    return made;
}
