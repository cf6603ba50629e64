/* corpus.c - a text as the numbers of its words, in memory or in a file without a name. */
#include <descent/corpus.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <descent/cpu.h>

#include "base/file.h"
#include "text/text_source.h"
#include "text/vocabulary.h"

struct corpus {
    dsc_corpus corpus;
    dsc_scope *scope;
    const dsc_vocabulary *vocabulary;
    const char *directory;
    size_t memory;                   /* bytes of ids that may be kept in memory */
    uint32_t *window;                /* ids of the pieces of a window, each from where the piece begins */
    size_t counts[DSCI_MOST_PIECES]; /* of each piece's ids */
    uint64_t unknown[DSCI_MOST_PIECES];
    uint32_t *ids; /* in memory, with room for `room`; NULL once they are in a file */
    size_t room;
    int file; /* -1: none */
    void *map;
};

static void release(void *object)
{
    struct corpus *corpus = object;
    if (corpus->map)
        munmap(corpus->map, (size_t)corpus->corpus.count * sizeof(uint32_t));
    if (corpus->file >= 0)
        close(corpus->file);
    free(corpus->ids);
    free(corpus->window);
}

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

static bool refuse_disk(struct corpus *corpus, const char *verb, int error)
{
    dsci_file_refused(corpus->scope, verb, corpus->directory, error);
    return false;
}

static bool write_ids(struct corpus *corpus, const uint32_t *ids, size_t count)
{
    const char *at = (const char *)ids;
    for (size_t left = count * sizeof *ids; left > 0;) {
        const ssize_t written = write(corpus->file, at, left);
        if (written < 0 && errno != EINTR)
            return refuse_disk(corpus, "write the words' numbers to a temporary file in", errno);
        if (written > 0) {
            at += written;
            left -= (size_t)written;
        }
    }
    return true;
}

/* A file without a name, or one that loses it at once where the file system knows no others. */
static bool open_temporary(struct corpus *corpus)
{
    corpus->file = open(corpus->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (corpus->file < 0) {
        char *path = dsc_scope_format(corpus->scope, "%s/descent-words-XXXXXX", corpus->directory);
        if (!path)
            return false;
        corpus->file = mkostemp(path, O_CLOEXEC);
        if (corpus->file < 0)
            return refuse_disk(corpus, "make a temporary file in", errno);
        unlink(path);
    }
    corpus->corpus.mapped = 1;
    if (!write_ids(corpus, corpus->ids, (size_t)corpus->corpus.count))
        return false;
    free(corpus->ids);
    corpus->ids = NULL;
    return true;
}

/* Makes room in memory for more ids, or goes on in a file. */
static bool make_room(struct corpus *corpus, size_t more)
{
    const size_t count = (size_t)corpus->corpus.count;
    if (corpus->file >= 0 || corpus->room - count >= more)
        return true;
    const size_t doubled = 2 * corpus->room, wanted = doubled > count + more ? doubled : count + more;
    uint32_t *ids =
        wanted <= corpus->memory / sizeof *ids ? realloc(corpus->ids, wanted * sizeof *ids) : NULL;
    if (!ids)
        return open_temporary(corpus);
    corpus->ids = ids;
    corpus->room = wanted;
    return true;
}

static bool append_window(void *user, const dsci_window *window)
{
    struct corpus *corpus = user;
    for (size_t piece = 0; piece * DSCI_PIECE_BYTES < window->size; piece++) {
        const uint32_t *ids = corpus->window + dsci_piece_begin(window, piece);
        const size_t count = corpus->counts[piece];
        corpus->corpus.unknown += corpus->unknown[piece];
        if (count == 0)
            continue;
        if (!make_room(corpus, count))
            return false;
        if (corpus->file < 0)
            memcpy(corpus->ids + corpus->corpus.count, ids, count * sizeof *ids);
        else if (!write_ids(corpus, ids, count))
            return false;
        corpus->corpus.count += count;
    }
    return true;
}

static void finish(struct corpus *corpus, const char *path)
{
    const size_t bytes = (size_t)corpus->corpus.count * sizeof(uint32_t);
    free(corpus->window);
    corpus->window = NULL;
    if (bytes == 0) {
        dsc_scope_fail(
            corpus->scope, DSC_ERROR_MISMATCH,
            "'%s' has no word of the vocabulary: found %llu words, none of its %zu; give the text that "
            "was counted (a pipe can be read only once)",
            path, (unsigned long long)corpus->corpus.unknown, corpus->vocabulary->count);
        return;
    }
    if (corpus->file < 0) {
        corpus->corpus.ids = corpus->ids;
        return;
    }
    void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, corpus->file, 0);
    if (map == MAP_FAILED) {
        refuse_disk(corpus, "map a temporary file in", errno);
        return;
    }
    corpus->map = map;
    corpus->corpus.ids = map;
}

static const char *temporary_directory(const char *chosen)
{
    const char *variable = getenv("TMPDIR");
    return chosen ? chosen : variable && *variable ? variable : "/tmp";
}

const dsc_corpus *dsc_corpus_read(dsc_scope *scope, const char *path, const dsc_vocabulary *vocabulary,
                                  const dsc_corpus_options *options)
{
    const dsc_corpus_options defaults = { 0 }, *chosen = options ? options : &defaults;
    struct corpus *corpus = vocabulary ? dsc_scope_alloc(scope, 1, sizeof *corpus) : NULL;
    if (!corpus)
        return NULL;
    *corpus =
        (struct corpus){ .scope = scope,
                         .vocabulary = vocabulary,
                         .directory = temporary_directory(chosen->directory),
                         .memory = chosen->memory ? chosen->memory : (size_t)(dsc_memory_get().usable / 8),
                         .file = -1,
                         .window = malloc(DSCI_WINDOW_BYTES * sizeof *corpus->window) };
    if (!corpus->window)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
    if (dsc_scope_defer(scope, release, corpus) == DSC_OK &&
        dsci_text_read_all(scope, path, dsci_text_threads(chosen->threads), number_piece, append_window,
                           corpus, &corpus->corpus.mended) == DSC_OK)
        finish(corpus, path);
    return dsc_scope_status(scope) == DSC_OK ? &corpus->corpus : NULL;
}
