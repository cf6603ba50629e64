/* vector_file.h - what the readers and writers of vector files share. */
#ifndef DESCENT_EMBED_VECTOR_FILE_H
#define DESCENT_EMBED_VECTOR_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/file.h>
#include <descent/text.h>
#include <descent/word_vectors.h>

enum {
    DSCI_WORD_BYTES = 4096, /* more in one word are no word */
    DSCI_NUMBER_BYTES = 64, /* more in one number are no number */
    DSCI_SHOWN_WORD = 60    /* bytes of a word in a message */
};

/* A file of rows, read from its beginning: `at` moves from row to row. */
typedef struct dsci_vector_rows {
    dsc_scope *scope;
    const char *path;
    const char *at, *end; /* there is a zero byte at end */
    size_t row;           /* the next one, from 0 */
    size_t dimension;
} dsci_vector_rows;

/* A row: where its word lies, which ends before a blank. */
typedef struct dsci_vector_row {
    const char *word;
    size_t length;
} dsci_vector_row;

/* Reads the next row, its values to `values`, or, if that is NULL, without looking at them. False, and an
   error, if there is none that is whole. */
typedef bool dsci_next_row_fn(dsci_vector_rows *rows, dsci_vector_row *row, float *values);
dsci_next_row_fn dsci_next_text_row, dsci_next_binary_row;

/* Fails the scope about the next row; with a word if one has been read. Returns false. */
bool dsci_row_fail(const dsci_vector_rows *rows, const dsci_vector_row *row, dsc_status status,
                   const char *format, ...) DSC_PRINTF(4, 5);

/* Numbers in the line at `at`, blanks and tabs between them, up to a line feed or the end. */
size_t dsci_line_numbers(const char *at, const char *end);

/* True for what ends a word. */
static inline bool dsci_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* True if it has a letter, not too many, and none that a word cannot have: white space, a zero byte. */
bool dsci_is_word(const char *word, size_t length);

/* Fails the scope about the first word that no file can hold, the first value that is not finite. */
dsc_status dsci_word_vectors_check(dsc_scope *scope, const dsc_word_vectors *vectors);

/* Appends a row as a file of the format has it. */
typedef void dsci_put_row_fn(dsc_text *text, const char *word, const float *values, size_t dimension);
dsci_put_row_fn dsci_put_text_row, dsci_put_binary_row;

/* An HDF5 file in memory. */
const dsc_word_vectors *dsci_vectors_from_hdf5(dsc_scope *scope, const char *path, dsc_bytes bytes,
                                               size_t limit);

#endif
