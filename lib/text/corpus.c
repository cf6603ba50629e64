/* corpus.c - a text as the numbers of its words, in memory or in a file without a name. */
#include <descent/corpus.h>

#include <stdlib.h>
#include <string.h>

#include <descent/cpu.h>

#include "base/spill.h"
#include "text/text_source.h"
#include "text/vocabulary.h"

struct corpus {
    dsc_corpus corpus;
    dsc_scope *scope;
    const dsc_vocabulary *vocabulary;
    dsci_spill *ids;
    uint32_t *window;                /* ids of the pieces of a window, each from where the piece begins */
    size_t counts[DSCI_MOST_PIECES]; /* of each piece's ids */
    uint64_t unknown[DSCI_MOST_PIECES];
};

static void number_piece(void *user, int thread, const dsci_window *window, size_t piece, dsci_words *words)
{
    struct corpus *corpus = user;
    (void)thread;
    uint32_t *const begin = corpus->window + (words->at - window->text), *ids = begin;
    uint64_t unknown = 0;
    dsci_word word;
    while (dsci_words_next(words, &word)) {
        const size_t id = word.length ? dsci_vocabulary_lookup(corpus->vocabulary, &word) : 0;
        if (id == SIZE_MAX)
            unknown++;
        else
            *ids++ = (uint32_t)id;
    }
    corpus->counts[piece] = (size_t)(ids - begin);
    corpus->unknown[piece] = unknown;
}

static bool append_window(void *user, const dsci_window *window)
{
    struct corpus *corpus = user;
    for (size_t piece = 0; piece < dsci_piece_count(window); piece++) {
        const uint32_t *ids = corpus->window + dsci_piece_begin(window, piece);
        const size_t count = corpus->counts[piece];
        corpus->corpus.unknown += corpus->unknown[piece];
        if (count == 0)
            continue;
        uint32_t *room = dsci_spill_grow(corpus->ids, count * sizeof *room);
        if (!room)
            return false;
        memcpy(room, ids, count * sizeof *ids);
        corpus->corpus.count += count;
    }
    return true;
}

static void finish(struct corpus *corpus, const char *path)
{
    dsc_corpus *made = &corpus->corpus;
    if (made->count == 0) {
        dsc_scope_fail(
            corpus->scope, DSC_ERROR_MISMATCH,
            "'%s' has no word of the vocabulary: found %llu words, none of its %zu; give the text that "
            "was counted (a pipe can be read only once)",
            path, (unsigned long long)made->unknown, corpus->vocabulary->count);
        return;
    }
    made->ids = dsci_spill_data(corpus->ids);
    made->mapped = dsci_spill_in_file(corpus->ids);
}

const dsc_corpus *dsc_corpus_read(dsc_scope *scope, const char *path, const dsc_vocabulary *vocabulary,
                                  const dsc_corpus_options *options)
{
    const dsc_corpus_options defaults = { 0 }, *chosen = options ? options : &defaults;
    const size_t memory = chosen->memory ? chosen->memory : (size_t)(dsc_memory_get().usable / 8);
    struct corpus *corpus = vocabulary ? dsc_scope_alloc(scope, 1, sizeof *corpus) : NULL;
    if (!corpus)
        return NULL;
    *corpus = (struct corpus){ .scope = scope,
                               .vocabulary = vocabulary,
                               .ids = dsci_spill_make(scope, chosen->directory, memory),
                               .window = malloc(DSCI_WINDOW_BYTES * sizeof *corpus->window) };
    if (!corpus->window)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
    if (dsc_scope_status(scope) == DSC_OK &&
        dsci_text_read_all(scope, path, dsci_text_threads(chosen->threads), number_piece, append_window,
                           corpus, &corpus->corpus.mended) == DSC_OK)
        finish(corpus, path);
    free(corpus->window);
    return dsc_scope_status(scope) == DSC_OK ? &corpus->corpus : NULL;
}
