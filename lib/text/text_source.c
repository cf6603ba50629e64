/* text_source.c - a text in windows, whose pieces are shared among threads. */
#include "text/text_source.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <descent/cpu.h>

#include "base/content.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/sizes.h"
#include "base/stream.h"

struct source {
    dsc_scope *scope;
    const char *path;
    int file;                    /* of a mapped text, else -1 */
    const unsigned char *mapped; /* the whole text; NULL: it is a stream */
    uint64_t size, at;           /* of a mapped text, and how much of it was given out */
    dsci_stream *stream;
    unsigned char
        *buffers[2];     /* in turn: one is read while the other is used. Of a mapped text for its end */
    unsigned char *tail; /* bytes of a stream that were read behind the last window */
    size_t tail_size;
    int turn;
};

static bool mapped_text(struct source *source)
{
    struct stat info;
    if (fstat(source->file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0)
        return false;
    void *map = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, source->file, 0);
    if (map == MAP_FAILED)
        return false;
    source->mapped = map;
    source->size = (uint64_t)info.st_size;
    if (source->size < 2 || source->mapped[0] != 0x1f || source->mapped[1] != 0x8b) {
        madvise(map, (size_t)info.st_size, MADV_SEQUENTIAL);
        return true;
    }
    munmap(map, (size_t)info.st_size);
    source->mapped = NULL;
    return false;
}

static void source_close(struct source *source)
{
    if (source->mapped)
        munmap((void *)(uintptr_t)source->mapped, (size_t)source->size);
    if (source->file >= 0)
        close(source->file);
    dsci_stream_close(source->stream);
    free(source->buffers[0]);
    free(source->buffers[1]);
}

static bool source_open(struct source *source, dsc_scope *scope, const char *path)
{
    *source = (struct source){ .scope = scope, .path = path, .file = dsci_file_open(scope, path) };
    if (source->file < 0)
        return false;
    if (!mapped_text(source)) {
        source->stream = dsci_stream_open(scope, source->file, path);
        source->file = -1;
        if (!source->stream)
            return false;
    }
    for (int i = 0; i < 2; i++) {
        source->buffers[i] = calloc(1, DSCI_WINDOW_BYTES + DSCI_WORD_PADDING);
        if (!source->buffers[i])
            dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
    }
    return dsc_scope_status(scope) == DSC_OK;
}

/* Where a window ends that would hold `size` bytes with more behind them: behind its last white space, or, if
   it has none, between two characters. */
static size_t window_end(const unsigned char *text, size_t size)
{
    size_t end = size;
    while (end > 0 && !dsci_is_white(text[end - 1]))
        end--;
    if (end > 0)
        return end;
    end = size;
    for (int i = 0; i < 3 && (text[end] & 0xc0) == 0x80; i++)
        end--;
    return end;
}

/* A file that was cut since it was mapped would end the process at the first byte that is gone. */
static bool mapped_is_whole(struct source *source)
{
    struct stat info;
    if (fstat(source->file, &info) == 0 && (uint64_t)info.st_size >= source->size)
        return true;
    dsc_scope_fail(source->scope, DSC_ERROR_FILE,
                   "cannot read '%s': it became shorter while it was read; let nothing write it meanwhile",
                   source->path);
    return false;
}

static dsci_window next_of_mapped(struct source *source)
{
    dsci_window window = { .text = source->mapped + source->at, .offset = source->at };
    const uint64_t left = source->size - source->at;
    if (left == 0 || !mapped_is_whole(source))
        return window;
    window.size = left <= DSCI_WINDOW_BYTES ? (size_t)left : window_end(window.text, DSCI_WINDOW_BYTES);
    source->at += window.size;
    if (left - window.size < DSCI_WORD_PADDING) { /* the map may end here */
        memcpy(source->buffers[source->turn], window.text, window.size);
        window.text = source->buffers[source->turn];
    }
    return window;
}

static dsci_window next_of_stream(struct source *source)
{
    unsigned char *buffer = source->buffers[source->turn];
    dsci_window window = { .text = buffer, .offset = source->at };
    if (source->tail_size)
        memcpy(buffer, source->tail, source->tail_size);
    /* A byte more than a window, so that its end is known to be the text's. */
    const size_t wanted = DSCI_WINDOW_BYTES + 1 - source->tail_size;
    const size_t size =
        source->tail_size + dsci_stream_read(source->stream, buffer + source->tail_size, wanted);
    window.size = size <= DSCI_WINDOW_BYTES ? size : window_end(buffer, DSCI_WINDOW_BYTES);
    source->tail = buffer + window.size;
    source->tail_size = size - window.size;
    source->at += window.size;
    return window;
}

/* What the beginning of a text shows: a mark of UTF-8, which is passed over, or that it is none. */
static void look_at_beginning(struct source *source, dsci_window *window)
{
    enum { LOOK = 8000 };
    static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };
    const size_t looked = dsci_least(window->size, LOOK);
    if (looked > 0 && memchr(window->text, 0, looked)) {
        unsigned char beginning[LOOK + 1] = { 0 };
        memcpy(beginning, window->text, looked);
        dsc_scope_fail(source->scope, DSC_ERROR_FORMAT,
                       "'%s' is not a text: expected words in UTF-8, found %s with zero bytes; give a plain "
                       "text, or one packed by gzip",
                       source->path, dsci_content_text(source->scope, (dsc_bytes){ beginning, looked }));
        window->size = 0;
    }
    if (window->size >= sizeof mark && memcmp(window->text, mark, sizeof mark) == 0) {
        window->text += sizeof mark;
        window->size -= sizeof mark;
        window->offset += sizeof mark;
    }
}

/* The next window; of size 0 at the end and after an error. */
static dsci_window source_next(struct source *source)
{
    const bool first = source->at == 0;
    dsci_window window = source->mapped ? next_of_mapped(source) : next_of_stream(source);
    source->turn = 1 - source->turn;
    if (first)
        look_at_beginning(source, &window);
    if (dsc_scope_status(source->scope) != DSC_OK)
        window.size = 0;
    return window;
}

int dsci_text_threads(int requested)
{
    const int count = dsc_threads_choose(requested).count;
    return count < DSCI_MOST_PIECES ? count : DSCI_MOST_PIECES;
}

size_t dsci_piece_count(const dsci_window *window)
{
    return dsci_ceiling(window->size, DSCI_PIECE_BYTES);
}

size_t dsci_piece_begin(const dsci_window *window, size_t i)
{
    size_t begin = dsci_least(i * DSCI_PIECE_BYTES, window->size);
    while (begin > 0 && begin < window->size && !dsci_is_white(window->text[begin - 1]))
        begin++;
    return begin;
}

/* A window that is being read, by which threads. */
struct reading {
    struct source source;
    dsci_window window, following;
    dsci_words *words; /* of each thread */
    dsci_piece_fn *piece;
    void *user;
    atomic_size_t next;
};

static void read_pieces(void *user, int thread)
{
    struct reading *reading = user;
    if (thread == 0)
        reading->following = source_next(&reading->source);
    const size_t pieces = dsci_piece_count(&reading->window);
    for (size_t i; (i = atomic_fetch_add(&reading->next, 1)) < pieces;) {
        const size_t begin = dsci_piece_begin(&reading->window, i);
        const size_t end = dsci_piece_begin(&reading->window, i + 1);
        dsci_words *words = &reading->words[thread];
        dsci_words_begin(words, reading->window.text + begin, end - begin, reading->window.offset + begin);
        reading->piece(reading->user, thread, &reading->window, i, words);
    }
}

static void add_mended(dsc_text_mended *sum, const dsc_text_mended *more)
{
    if (more->invalid_bytes && (!sum->invalid_bytes || more->first_invalid < sum->first_invalid))
        sum->first_invalid = more->first_invalid;
    if (more->cut_words && (!sum->cut_words || more->first_cut < sum->first_cut))
        sum->first_cut = more->first_cut;
    sum->invalid_bytes += more->invalid_bytes;
    sum->cut_words += more->cut_words;
}

/* Texts of other encodings have a few such bytes or very many; files that are no text have many. */
static bool is_mostly_text(const struct source *source, uint64_t bytes, const dsc_text_mended *mended)
{
    enum { FEW = 16, SHARE = 10 };
    if (mended->invalid_bytes < FEW || mended->invalid_bytes < bytes / SHARE)
        return true;
    dsc_scope_fail(
        source->scope, DSC_ERROR_FORMAT,
        "'%s' is not a text in UTF-8: %llu of its first %llu bytes are none, the first of them byte "
        "%llu; if it is a text in another encoding, convert it (iconv -t UTF-8)",
        source->path, (unsigned long long)mended->invalid_bytes, (unsigned long long)bytes,
        (unsigned long long)mended->first_invalid);
    return false;
}

static bool read_windows(struct reading *reading, int threads, dsci_window_fn *done, dsc_text_mended *mended)
{
    reading->following = source_next(&reading->source);
    while (reading->following.size > 0 && dsc_scope_goes_on(reading->source.scope)) {
        reading->window = reading->following;
        atomic_store(&reading->next, 0);
        dsci_parallel_run(threads, read_pieces, reading);
        for (int t = 0; t < threads; t++) {
            add_mended(mended, &reading->words[t].mended);
            reading->words[t].mended = (dsc_text_mended){ 0 };
        }
        if (!is_mostly_text(&reading->source, reading->window.offset + reading->window.size, mended) ||
            !done(reading->user, &reading->window))
            return false;
    }
    return dsc_scope_status(reading->source.scope) == DSC_OK;
}

dsc_status dsci_text_read_all(dsc_scope *scope, const char *path, int threads, dsci_piece_fn *piece,
                              dsci_window_fn *done, void *user, dsc_text_mended *mended)
{
    struct reading reading = { .piece = piece, .user = user, .source.file = -1 };
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    reading.words = calloc((size_t)threads, sizeof *reading.words);
    if (!reading.words)
        return dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
    if (source_open(&reading.source, scope, path))
        read_windows(&reading, threads, done, mended);
    source_close(&reading.source);
    free(reading.words);
    return dsc_scope_status(scope);
}
