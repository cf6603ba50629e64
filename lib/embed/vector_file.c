/* vector_file.c - vector files of every format: which one it is, its rows, what is refused. */
#include "embed/vector_file.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/value.h>

#include "base/c_locale.h"
#include "base/content.h"
#include "base/file.h"
#include "base/sizes.h"
#include "embed/word_index.h"

static const char *const format_names[] = {
    [DSC_VECTORS_TEXT] = "text", [DSC_VECTORS_BINARY] = "binary", [DSC_VECTORS_HDF5] = "hdf5"
};
enum { FORMATS = sizeof format_names / sizeof format_names[0] };

const char *dsc_vector_format_name(dsc_vector_format format)
{
    return (size_t)format < FORMATS ? format_names[format] : "unknown";
}

dsc_vector_format dsc_vector_format_parse(dsc_scope *scope, const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(name, format_names[i]) == 0)
            return (dsc_vector_format)i;
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown format of vectors '%s': expected text, binary or hdf5",
                   name);
    return DSC_VECTORS_TEXT;
}

bool dsci_row_fail(const dsci_vector_rows *rows, const dsci_vector_row *row, dsc_status status,
                   const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const int shown = row && row->length < DSCI_SHOWN_WORD ? (int)row->length : DSCI_SHOWN_WORD;
    if (row)
        dsc_scope_fail(rows->scope, status, "'%s': row %zu ('%.*s'): %s", rows->path, rows->row + 1, shown,
                       row->word, what);
    else
        dsc_scope_fail(rows->scope, status, "'%s': row %zu: %s", rows->path, rows->row + 1, what);
    return false;
}

bool dsci_is_word(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!word[i] || dsci_is_space(word[i]))
            return false;
    return length > 0 && length <= DSCI_WORD_BYTES;
}

/* Digits and nothing else, not too many; 0 at *digits if there are none. */
static size_t read_size(const char *at, const char *end, size_t *digits)
{
    enum { MOST_DIGITS = 18 };
    size_t value = 0;
    for (*digits = 0; at + *digits < end && isdigit((unsigned char)at[*digits]); ++*digits)
        if (*digits < MOST_DIGITS)
            value = value * 10 + (size_t)(at[*digits] - '0');
        else
            value = SIZE_MAX;
    return value;
}

/* The line "COUNT DIMENSION" of word2vec. Returns its bytes; 0 if the file does not begin with one. */
static size_t read_first_line(const char *at, const char *end, size_t *count, size_t *dimension)
{
    size_t digits, more;
    *count = read_size(at, end, &digits);
    const char *blank = at + digits;
    if (digits == 0 || blank == end || (*blank != ' ' && *blank != '\t'))
        return 0;
    *dimension = read_size(blank + 1, end, &more);
    const char *stop = blank + 1 + more;
    while (stop < end && (*stop == ' ' || *stop == '\r'))
        stop++;
    return more > 0 && stop < end && *stop == '\n' ? (size_t)(stop + 1 - at) : 0;
}

/* A text has no control characters but white space and, behind its first word, printable ones of ASCII
   alone; the floats of a binary row do not keep to that, unless they are very few. */
static bool looks_like_text(const char *at, const char *end)
{
    enum { LOOKED_AT = 1 << 16 };
    bool numbers = false;
    const char *stop = end - at > LOOKED_AT ? at + LOOKED_AT : end;
    for (bool first_row = true; at < stop; at++) {
        const unsigned char c = (unsigned char)*at;
        if ((c < ' ' && !dsci_is_space(*at)) || c == 0x7f || (first_row && numbers && c > 0x7f))
            return false;
        numbers = numbers || c == ' ' || c == '\t';
        first_row = first_row && c != '\n';
    }
    return true;
}

/* What a file says of itself: its rows from `rows.at` on. */
struct layout {
    dsci_vector_rows rows;
    dsci_next_row_fn *next;
    size_t count; /* of rows to be read */
    bool all;     /* nothing but white space may follow them */
};

static bool layout_fail(const struct layout *layout, const char *what)
{
    dsc_scope_fail(layout->rows.scope, DSC_ERROR_FORMAT, "'%s' holds no word vectors: %s", layout->rows.path,
                   what);
    return false;
}

/* Rows of GloVe: as many as there are lines with something in them. */
static bool find_lines(struct layout *layout)
{
    const char *at = layout->rows.at, *end = layout->rows.end;
    const size_t tokens = dsci_line_numbers(at, end);
    if (tokens < 2 || !looks_like_text(at, end))
        return false;
    layout->rows.dimension = tokens - 1;
    layout->next = dsci_next_text_row;
    while (dsci_is_space(end[-1])) /* empty lines at the end are none; the first one has a word */
        end--;
    layout->count = 1;
    for (; at < end; at++)
        layout->count += *at == '\n';
    return true;
}

static bool find_layout(struct layout *layout, dsc_bytes bytes, size_t limit)
{
    dsc_scope *scope = layout->rows.scope;
    size_t count = 0, dimension = 0;
    bytes = dsci_text_unmarked(bytes);
    layout->rows.at = (const char *)bytes.data;
    layout->rows.end = layout->rows.at + bytes.size;
    const size_t first = read_first_line(layout->rows.at, layout->rows.end, &count, &dimension);
    if (!first && !find_lines(layout)) {
        const char *found = dsci_content_text(scope, bytes);
        return layout_fail(layout, dsc_scope_format(scope,
                                                    "expected a first line \"COUNT DIMENSION\" or rows of a "
                                                    "word and its numbers, found %s",
                                                    found ? found : ""));
    }
    if (first && (count == 0 || dimension == 0))
        return layout_fail(layout, count ? "its first line says dimension 0" : "its first line says 0 words");
    if (first) {
        layout->rows.at += first;
        layout->rows.dimension = dimension;
        layout->count = count;
        layout->next =
            looks_like_text(layout->rows.at, layout->rows.end) ? dsci_next_text_row : dsci_next_binary_row;
    }
    layout->all = limit == 0 || limit >= layout->count;
    layout->count = layout->all ? layout->count : limit;
    return true;
}

/* Walks over the rows without their values; returns how many bytes their words take, 0 after an error. */
static size_t measure(struct layout layout)
{
    const size_t held = (size_t)(layout.rows.end - layout.rows.at);
    size_t bytes = 0;
    dsci_vector_row row;
    if (layout.rows.dimension > held / 2) { /* a number is a blank and a digit at least */
        dsc_scope_fail(layout.rows.scope, DSC_ERROR_FORMAT,
                       "'%s': its first line promises %zu words of %zu numbers, and %zu bytes follow",
                       layout.rows.path, layout.count, layout.rows.dimension, held);
        return 0;
    }
    for (size_t i = 0; i < layout.count; i++) {
        if (!layout.next(&layout.rows, &row, NULL))
            return 0;
        bytes += row.length + 1;
    }
    const char *rest = layout.rows.at;
    while (rest < layout.rows.end && dsci_is_space(*rest))
        rest++;
    if (layout.all && rest < layout.rows.end) {
        dsc_scope_fail(layout.rows.scope, DSC_ERROR_FORMAT,
                       "'%s': %zu bytes follow the %zu rows that its first line promises", layout.rows.path,
                       (size_t)(layout.rows.end - rest), layout.count);
        return 0;
    }
    return bytes;
}

static bool fill(struct layout *layout, const char **words, char *letters, float *vectors)
{
    dsci_vector_row row;
    const locale_t before = dsci_c_locale_enter();
    bool good = true;
    for (size_t i = 0; good && i < layout->count; i++) {
        good = layout->next(&layout->rows, &row, vectors + i * layout->rows.dimension);
        words[i] = letters;
        memcpy(letters, row.word, row.length); /* the zero behind it is there */
        letters += row.length + 1;
    }
    dsci_c_locale_leave(before);
    return good;
}

static const dsc_word_vectors *read_rows(dsc_scope *scope, const char *path, dsc_bytes bytes, size_t limit)
{
    struct layout layout = { .rows = { .scope = scope, .path = path } };
    const size_t letters = find_layout(&layout, bytes, limit) ? measure(layout) : 0;
    if (letters == 0)
        return NULL;
    const size_t count = layout.count, dimension = layout.rows.dimension;
    dsc_word_vectors *vectors = dsc_scope_alloc(scope, 1, sizeof *vectors);
    const char **words = dsc_scope_alloc(scope, count, sizeof *words);
    char *text = dsc_scope_alloc(scope, letters, 1);
    float *values = dsc_scope_alloc(scope, count, dimension * sizeof *values);
    if (!vectors || !words || !text || !values || !fill(&layout, words, text, values))
        return NULL;
    *vectors =
        (dsc_word_vectors){ .count = count, .dimension = dimension, .words = words, .vectors = values };
    return vectors;
}

/* Fails the scope about the first word that is there twice. The table of words lives only meanwhile. */
static dsc_status check_twice(dsc_scope *scope, const dsc_word_vectors *vectors, dsc_status status,
                              const char *what)
{
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    const dsci_word_index index = dsci_word_index_make(own, vectors->words, vectors->count, false);
    if (index.slots && index.twice[0] != index.twice[1])
        dsc_scope_fail(scope, status, "%s: rows %zu and %zu are both '%.*s'; expected each word once", what,
                       index.twice[0] + 1, index.twice[1] + 1, DSCI_SHOWN_WORD,
                       vectors->words[index.twice[0]]);
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(scope);
}

/* The file and its vectors are in memory at the same time: a file may take half of what can be had. */
static size_t most_bytes(void)
{
    return (size_t)(dsc_memory_get().usable / 2);
}

const dsc_word_vectors *dsc_word_vectors_read(dsc_scope *scope, const char *path,
                                              const dsc_word_vectors_read_options *options)
{
    static const unsigned char hdf5[] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };
    const size_t limit = options ? options->limit : 0;
    dsc_scope *own = dsc_scope_open_within(scope, 0); /* of the file's bytes, not needed afterwards */
    const dsc_bytes bytes =
        dsc_scope_status(scope) == DSC_OK ? dsc_file_read(own, path, most_bytes()) : (dsc_bytes){ 0 };
    dsc_scope_adopt_error(scope, own);
    const dsc_word_vectors *vectors = NULL;
    if (bytes.data && bytes.size >= sizeof hdf5 && memcmp(bytes.data, hdf5, sizeof hdf5) == 0)
        vectors = dsci_vectors_from_hdf5(scope, path, bytes, limit);
    else if (bytes.data)
        vectors = read_rows(scope, path, bytes, limit);
    dsc_scope_close(&own);
    const char *what = dsc_scope_format(scope, "'%s'", path);
    return vectors && what && check_twice(scope, vectors, DSC_ERROR_FORMAT, what) == DSC_OK ? vectors : NULL;
}

static dsc_status check_word(dsc_scope *scope, const dsc_word_vectors *vectors, size_t row)
{
    const char *word = vectors->words[row];
    if (!*word)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "word vectors: row %zu has an empty word", row + 1);
    for (const char *c = word; *c; c++)
        if (dsci_is_space(*c))
            return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                                  "word vectors: row %zu ('%.*s') is a word with white space, which ends a "
                                  "word in the file: put an underscore in its place",
                                  row + 1, DSCI_SHOWN_WORD, word);
    const float *values = vectors->vectors + row * vectors->dimension;
    for (size_t j = 0; j < vectors->dimension; j++)
        if (!isfinite(values[j]))
            return dsc_scope_fail(
                scope, DSC_ERROR_NUMERIC,
                "word vectors: row %zu ('%.*s'): number %zu is %g; expected a finite number", row + 1,
                DSCI_SHOWN_WORD, word, j + 1, (double)values[j]);
    return DSC_OK;
}

dsc_status dsci_word_vectors_check(dsc_scope *scope, const dsc_word_vectors *vectors)
{
    if (vectors->count == 0 || vectors->dimension == 0)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "word vectors: expected some words and numbers, found %zu words of %zu",
                              vectors->count, vectors->dimension);
    for (size_t i = 0; i < vectors->count && dsc_scope_status(scope) == DSC_OK; i++)
        check_word(scope, vectors, i);
    return dsc_scope_status(scope) == DSC_OK ? check_twice(scope, vectors, DSC_ERROR_ARGUMENT, "word vectors")
                                             : dsc_scope_status(scope);
}

/* Some rows at a time, so that a file takes no memory of its own size. */
static void write_rows(dsc_scope *own, const dsc_word_vectors *vectors, const char *path,
                       dsci_put_row_fn *put_row)
{
    enum { ROWS = 1024 };
    dsci_replacement *file = dsci_replacement_begin(own, path);
    for (size_t first = 0; first < vectors->count && dsc_scope_status(own) == DSC_OK; first += ROWS) {
        dsc_scope *piece = dsc_scope_open_within(own, 0);
        dsc_text *text = dsc_text_open(piece);
        if (first == 0)
            dsc_text_format(text, "%zu %zu\n", vectors->count, vectors->dimension);
        for (size_t i = first; i < dsci_least(first + ROWS, vectors->count); i++)
            put_row(text, vectors->words[i], vectors->vectors + i * vectors->dimension, vectors->dimension);
        if (dsc_text_string(text))
            dsci_replacement_append(file, dsc_text_string(text), dsc_text_length(text));
        dsc_scope_adopt_error(own, piece);
        dsc_scope_close(&piece);
    }
    dsci_replacement_end(file);
}

dsc_status dsc_word_vectors_write(dsc_scope *scope, const dsc_word_vectors *vectors, const char *path,
                                  dsc_vector_format format)
{
    if (format == DSC_VECTORS_HDF5)
        return dsc_word_vectors_write_hdf5(scope, vectors, path, NULL);
    if (!vectors || dsc_scope_status(scope) != DSC_OK || dsci_word_vectors_check(scope, vectors) != DSC_OK)
        return dsc_scope_status(scope);
    const locale_t before = dsci_c_locale_enter();
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    write_rows(own, vectors, path, format == DSC_VECTORS_TEXT ? dsci_put_text_row : dsci_put_binary_row);
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    dsci_c_locale_leave(before);
    return dsc_scope_status(scope);
}

size_t dsc_word_vectors_find(const dsc_word_vectors *vectors, const char *word)
{
    for (size_t i = 0; i < vectors->count; i++)
        if (strcmp(vectors->words[i], word) == 0)
            return i;
    return SIZE_MAX;
}
