/* text_source.h - a text in windows of a few MiB, from a mapped file or a stream.
 *
 * Windows end behind white space, so that no word is in two of them; a word that is longer than a window is
 * cut into several. Where they end follows from the text alone, compressed or not.
 */
#ifndef DESCENT_TEXT_TEXT_SOURCE_H
#define DESCENT_TEXT_TEXT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/scope.h>

#include "text/scan.h"

enum {
    DSCI_WINDOW_BYTES = 8 << 20,
    DSCI_PIECE_BYTES = 64 << 10,
    DSCI_MOST_PIECES = DSCI_WINDOW_BYTES / DSCI_PIECE_BYTES
};

typedef struct dsci_window {
    const unsigned char *text; /* size bytes, and DSCI_WORD_PADDING readable ones behind them */
    size_t size;
    uint64_t offset; /* of its first byte in the whole text */
} dsci_window;

/* How many pieces a window has. */
size_t dsci_piece_count(const dsci_window *window);

/* Where the i-th of a window's pieces begins: pieces end behind white space, too, and may be empty. */
size_t dsci_piece_begin(const dsci_window *window, size_t i);

/* What a thread does with a piece of a window. `user` is the same for all, `thread` tells them apart. */
typedef void dsci_piece_fn(void *user, int thread, const dsci_window *window, size_t piece,
                           dsci_words *words);

/* What is done when all pieces of a window are; false: no more windows. */
typedef bool dsci_window_fn(void *user, const dsci_window *window);

/* How many threads go through a text: the number asked for, or what dsc_threads_choose() finds, but no more
   than a window has pieces. */
int dsci_text_threads(int requested);

/* Goes through a text. While its threads take the pieces of one window, the first of them reads the next one
   before it joins. Errors: as dsc_vocabulary_count() tells them. What was mended is added to *mended, which
   is the same for any number of threads. */
dsc_status dsci_text_read_all(dsc_scope *scope, const char *path, int threads, dsci_piece_fn *piece,
                              dsci_window_fn *done, void *user, dsc_text_mended *mended);

#endif
