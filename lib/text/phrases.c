/* phrases.c - pairs of words that belong together, joined as word2phrase.c does. */
#include <descent/corpus.h>

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "text/text_source.h"
#include "text/word_counts.h"

enum { DEFAULT_MIN_COUNT = 5, DEFAULT_THRESHOLD = 100 };

/* Marks in a piece's text where a pair may be joined, if the pair before was not: no word has this byte. */
enum { MAYBE = '\r' };

/* A word with room for another behind it. */
struct pair {
    size_t length; /* of the first word; 0: none, as at the beginning of a line */
    unsigned char bytes[2 * DSC_WORD_BYTES + 1];
};

/* What a piece begins and ends with, for the pairs that lie across, and its text with the marks. */
struct piece {
    bool any; /* whether it has a word or a line end */
    struct pair first, last;
    unsigned char *text;
    size_t size, room;
    uint64_t words;
    bool out_of_memory;
};

struct joining {
    dsci_word_counts counts;
    struct piece pieces[DSCI_MOST_PIECES];
    struct pair before; /* the last word of the windows before */
    bool joined;        /* whether it was joined to the one before it */
    uint64_t words;
    uint64_t min_count;
    double threshold;
    dsci_replacement *out;
    dsc_phrases phrases;
};

/* Writes the word behind the pair's first: *joined is both with '_' between. False if that is too long. */
static bool join(struct pair *pair, const dsci_word *word, dsci_word *joined)
{
    const size_t length = pair->length + 1 + word->length;
    if (pair->length == 0 || length > DSC_WORD_BYTES)
        return false;
    pair->bytes[pair->length] = '_';
    memcpy(pair->bytes + pair->length + 1, word->bytes, word->length);
    *joined =
        (dsci_word){ .bytes = pair->bytes, .length = length, .hash = dsci_word_hash(pair->bytes, length) };
    return true;
}

static void set_first(struct pair *pair, const dsci_word *word)
{
    memcpy(pair->bytes, word->bytes, word->length);
    pair->length = word->length;
}

static dsci_word first_word(const struct pair *pair)
{
    return (dsci_word){ .bytes = pair->bytes,
                        .length = pair->length,
                        .hash = dsci_word_hash(pair->bytes, pair->length) };
}

static void begin_piece(struct piece *piece)
{
    piece->any = false;
    piece->first.length = piece->last.length = 0;
    piece->size = 0;
    piece->words = 0;
}

static void count_piece(void *user, int thread, const dsci_window *window, size_t i, dsci_words *words)
{
    struct joining *joining = user;
    struct piece *piece = &joining->pieces[i];
    dsci_word word, both;
    (void)window;
    begin_piece(piece);
    for (; dsci_words_next(words, &word); piece->any = true) {
        if (word.length == 0) {
            piece->last.length = 0;
            continue;
        }
        piece->words++;
        if (!piece->any)
            set_first(&piece->first, &word);
        dsci_word_counts_add(&joining->counts, thread, &word);
        if (join(&piece->last, &word, &both))
            dsci_word_counts_add(&joining->counts, thread, &both);
        set_first(&piece->last, &word);
    }
}

/* The word that the next piece's first word stands behind. */
static void go_behind(struct joining *joining, const struct piece *piece)
{
    const dsci_word last = first_word(&piece->last);
    if (piece->any)
        set_first(&joining->before, &last);
}

static bool count_window(void *user, const dsci_window *window)
{
    struct joining *joining = user;
    for (size_t i = 0; i < dsci_piece_count(window); i++) {
        const struct piece *piece = &joining->pieces[i];
        const dsci_word first = first_word(&piece->first);
        dsci_word both;
        if (first.length && join(&joining->before, &first, &both))
            dsci_word_counts_add(&joining->counts, 0, &both);
        go_behind(joining, piece);
        joining->words += piece->words;
    }
    return dsci_word_counts_keep_limit(&joining->counts);
}

/* Whether a word's score with the one before it passes the threshold. */
static bool belong_together(const struct joining *joining, struct pair *pair, uint64_t first_count,
                            const dsci_word *word, uint64_t word_count)
{
    const uint64_t least = joining->min_count;
    dsci_word both;
    if (first_count < least || word_count < least || !join(pair, word, &both))
        return false;
    const uint64_t count = dsci_word_counts_find(&joining->counts, &both);
    return count > least && (double)(count - least) / (double)first_count / (double)word_count *
                                    (double)joining->phrases.words >
                                joining->threshold;
}

/* Adds a byte, if it is not 0, and a word to a piece's text. */
static void add_text(struct piece *piece, unsigned char byte, const unsigned char *bytes, size_t length)
{
    if (piece->room - piece->size <= length) {
        const size_t room = 2 * piece->room + 2 * DSCI_PIECE_BYTES;
        unsigned char *text = realloc(piece->text, room);
        if (!text) {
            piece->out_of_memory = true;
            return;
        }
        piece->text = text;
        piece->room = room;
    }
    if (byte)
        piece->text[piece->size++] = byte;
    memcpy(piece->text + piece->size, bytes, length);
    piece->size += length;
}

static void mark_piece(void *user, int thread, const dsci_window *window, size_t i, dsci_words *words)
{
    const struct joining *joining = user;
    struct piece *piece = &((struct joining *)user)->pieces[i];
    uint64_t count = 0, count_before = 0;
    dsci_word word;
    (void)thread, (void)window;
    begin_piece(piece);
    for (; dsci_words_next(words, &word); piece->any = true, count_before = count) {
        if (word.length == 0) {
            piece->last.length = 0;
            add_text(piece, '\n', (const unsigned char *)"", 0);
            continue;
        }
        piece->words++;
        count = dsci_word_counts_find(&joining->counts, &word);
        if (!piece->any)
            set_first(&piece->first, &word);
        const bool together = belong_together(joining, &piece->last, count_before, &word, count);
        const unsigned char between = together ? MAYBE : ' ';
        add_text(piece, piece->last.length ? between : 0, word.bytes, word.length);
        set_first(&piece->last, &word);
    }
}

/* What stands between two words that may be joined or not. */
static unsigned char between_words(struct joining *joining, bool together)
{
    joining->joined = together && !joining->joined;
    joining->phrases.joined += joining->joined;
    return joining->joined ? '_' : ' ';
}

static bool write_piece(struct joining *joining, struct piece *piece)
{
    if (piece->first.length && joining->before.length) {
        const dsci_word first = first_word(&piece->first), before = first_word(&joining->before);
        const bool together =
            belong_together(joining, &joining->before, dsci_word_counts_find(&joining->counts, &before),
                            &first, dsci_word_counts_find(&joining->counts, &first));
        const unsigned char between = between_words(joining, together);
        if (!dsci_replacement_append(joining->out, &between, 1))
            return false;
    } else if (piece->any) {
        joining->joined = false;
    }
    for (size_t at = 0; at < piece->size; at++) {
        if (piece->text[at] == MAYBE)
            piece->text[at] = between_words(joining, true);
        else if (piece->text[at] == ' ' || piece->text[at] == '\n')
            joining->joined = false;
    }
    return dsci_replacement_append(joining->out, piece->text, piece->size);
}

static bool write_window(void *user, const dsci_window *window)
{
    struct joining *joining = user;
    for (size_t i = 0; i < dsci_piece_count(window); i++) {
        struct piece *piece = &joining->pieces[i];
        if (piece->out_of_memory) {
            dsc_scope_fail(joining->counts.scope, DSC_ERROR_MEMORY,
                           "out of memory while writing the phrases of '%s'", joining->counts.path);
            return false;
        }
        if (!write_piece(joining, piece))
            return false;
        go_behind(joining, piece);
        joining->words += piece->words;
    }
    return true;
}

/* Counts, then writes. */
static void read_twice(struct joining *joining, const char *to)
{
    dsci_word_counts *counts = &joining->counts;
    dsc_phrases *phrases = &joining->phrases;
    dsc_text_mended again = { 0 };
    joining->out = dsci_replacement_begin(counts->scope, to);
    if (dsci_text_read_all(counts->scope, counts->path, counts->threads, count_piece, count_window, joining,
                           &phrases->mended) != DSC_OK ||
        !dsci_word_counts_merge(counts))
        return;
    phrases->words = joining->words;
    phrases->distinct = dsci_word_counts_distinct(counts);
    phrases->forgotten = counts->forgotten;
    phrases->most_undercount = counts->most_undercount;
    joining->words = 0;
    joining->before.length = 0;
    if (dsci_text_read_all(counts->scope, counts->path, counts->threads, mark_piece, write_window, joining,
                           &again) != DSC_OK)
        return;
    if (joining->words != phrases->words)
        dsc_scope_fail(
            counts->scope, DSC_ERROR_FILE,
            "'%s' changed while it was read: %llu words at first, %llu later; give a file that nothing "
            "writes meanwhile (a pipe can be read only once)",
            counts->path, (unsigned long long)phrases->words, (unsigned long long)joining->words);
    dsci_replacement_end(joining->out);
}

const dsc_phrases *dsc_phrases_write(dsc_scope *scope, const char *from, const char *to,
                                     const dsc_phrases_options *options)
{
    const dsc_phrases_options defaults = { 0 }, *chosen = options ? options : &defaults;
    if (!isfinite(chosen->threshold) || chosen->threshold < 0)
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "phrases: the threshold is %g; expected a number that is not negative (100 by default)",
            chosen->threshold);
    struct joining *joining = dsc_scope_alloc(scope, 1, sizeof *joining);
    if (!joining)
        return NULL;
    joining->min_count = chosen->min_count ? chosen->min_count : DEFAULT_MIN_COUNT;
    joining->threshold = chosen->threshold > 0 ? chosen->threshold : DEFAULT_THRESHOLD;
    if (dsci_word_counts_open(&joining->counts, scope, from, chosen->table_limit,
                              dsci_text_threads(chosen->threads)))
        read_twice(joining, to);
    dsci_word_counts_close(&joining->counts);
    for (size_t i = 0; i < DSCI_MOST_PIECES; i++)
        free(joining->pieces[i].text);
    return dsc_scope_status(scope) == DSC_OK ? &joining->phrases : NULL;
}
