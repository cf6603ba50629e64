/* vocabulary_file.c - vocabularies in files, as word2vec.c writes them: a word, a space, its count. */
#include <stdlib.h>

#include <descent/file.h>
#include <descent/text.h>

#include "base/file.h"
#include "base/stream.h"
#include "text/vocabulary.h"

enum { LINE_BYTES = 4 * DSC_WORD_BYTES, BUFFER_BYTES = 1 << 16 };

struct vocabulary_file {
    dsc_scope *scope;
    const char *path;
    uint64_t line;
    dsci_words words;
    dsci_word_table table;
    bool has_line_end;
    uint64_t line_ends;
    dsc_vocabulary counted;
};

static bool refuse(struct vocabulary_file *file, const char *what)
{
    dsc_scope_fail(
        file->scope, DSC_ERROR_FORMAT,
        "'%s', line %llu: %s; expected a vocabulary as word2vec writes it: lines of a word, a space "
        "and its count",
        file->path, (unsigned long long)file->line, what);
    return false;
}

static bool parse_count(struct vocabulary_file *file, const dsci_word *word, uint64_t *count)
{
    *count = 0;
    if (word->bytes[0] == '-')
        return refuse(file, "the count is negative");
    for (size_t i = 0; i < word->length; i++) {
        const unsigned digit = (unsigned)word->bytes[i] - '0';
        if (digit > 9)
            return refuse(file, "the count is not a whole number");
        if (__builtin_mul_overflow(*count, 10, count) || __builtin_add_overflow(*count, digit, count))
            return refuse(file, "the count is larger than 64 bits hold");
    }
    return true;
}

static bool add_word(struct vocabulary_file *file, const dsci_word *word, uint64_t count)
{
    if (__builtin_add_overflow(file->counted.text_words, count, &file->counted.text_words))
        return refuse(file, "the sum of all counts is larger than 64 bits hold");
    if (word->length == sizeof DSCI_LINE_END - 1 && memcmp(word->bytes, DSCI_LINE_END, word->length) == 0) {
        if (file->has_line_end)
            return refuse(file, "the word stands in an earlier line, too");
        file->has_line_end = true;
        file->line_ends = count;
        return true;
    }
    if (count == 0) /* no minimum count keeps it */
        return true;
    if (file->table.slot_count && dsci_word_table_slot(&file->table, word)->count)
        return refuse(file, "the word stands in an earlier line, too");
    if (dsci_word_table_insert(&file->table, word, count))
        return true;
    dsc_scope_fail(file->scope, DSC_ERROR_MEMORY, "out of memory while reading the %zu words of '%s'",
                   file->table.count, file->path);
    return false;
}

/* A line without its end; DSCI_WORD_PADDING readable bytes follow it. */
static bool read_line(struct vocabulary_file *file, const unsigned char *text, size_t size)
{
    unsigned char copy[DSC_WORD_BYTES];
    dsci_word word, count, more;
    uint64_t value;
    file->line++;
    dsci_words_begin(&file->words, text, size, 0);
    if (!dsci_words_next(&file->words, &word))
        return refuse(file, "it is empty");
    if (file->words.mended.cut_words)
        return refuse(file, "the word is longer than 1000 bytes");
    memcpy(copy, word.bytes, word.length); /* the next one may be mended in the same place */
    word.bytes = copy;
    if (!dsci_words_next(&file->words, &count))
        return refuse(file, "there is no count");
    if (!parse_count(file, &count, &value))
        return false;
    if (dsci_words_next(&file->words, &more))
        return refuse(file, "something follows the count");
    return add_word(file, &word, value);
}

/* Reads the whole lines of a buffer and moves what follows them to its front. */
static bool read_lines(struct vocabulary_file *file, unsigned char *buffer, size_t *size)
{
    unsigned char *line = buffer, *end;
    while ((end = memchr(line, '\n', *size - (size_t)(line - buffer))) != NULL) {
        if (!read_line(file, line, (size_t)(end - line)))
            return false;
        line = end + 1;
    }
    *size -= (size_t)(line - buffer);
    memmove(buffer, line, *size);
    return true;
}

static void read_file(struct vocabulary_file *file, dsci_stream *stream)
{
    static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };
    unsigned char buffer[BUFFER_BYTES + DSCI_WORD_PADDING] = { 0 };
    size_t size = 0, got;
    while ((got = dsci_stream_read(stream, buffer + size, BUFFER_BYTES - size)) > 0) {
        if (file->line == 0 && size == 0 && got >= sizeof mark && memcmp(buffer, mark, sizeof mark) == 0)
            memmove(buffer, buffer + sizeof mark, got -= sizeof mark);
        size += got;
        if (!read_lines(file, buffer, &size))
            return;
        if (size > LINE_BYTES) {
            file->line++;
            refuse(file, "it is longer than a word of 1000 bytes and a count");
            return;
        }
    }
    if (size > 0 && dsc_scope_status(file->scope) == DSC_OK)
        read_line(file, buffer, size);
}

const dsc_vocabulary *dsc_vocabulary_read(dsc_scope *scope, const char *path,
                                          const dsc_vocabulary_options *options)
{
    const dsc_vocabulary_options defaults = { 0 };
    struct vocabulary_file file = { .scope = scope, .path = path };
    const dsc_vocabulary *made = NULL;
    size_t count;
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    dsci_stream *stream = dsci_stream_open(scope, dsci_file_open(scope, path), path);
    if (stream)
        read_file(&file, stream);
    dsci_stream_close(stream);
    dsci_counted_word *words = dsc_scope_status(scope) == DSC_OK
                                   ? dsci_vocabulary_gather(&file.table, 1, &count, &file.line_ends)
                                   : NULL;
    if (words) {
        made = dsci_vocabulary_make(scope, path, words, count, file.line_ends, &file.counted,
                                    options ? options : &defaults);
        free(words);
    } else {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while reading '%s'", path);
    }
    dsci_word_table_empty(&file.table);
    return made;
}

dsc_status dsc_vocabulary_write(dsc_scope *scope, const dsc_vocabulary *vocabulary, const char *path)
{
    dsc_text *text = dsc_text_open(scope);
    if (!vocabulary)
        return dsc_scope_status(scope);
    for (size_t i = 0; i < vocabulary->count; i++) {
        dsc_text_append(text, vocabulary->words[i]);
        dsc_text_format(text, " %llu\n", (unsigned long long)vocabulary->counts[i]);
    }
    if (!dsc_text_string(text))
        return dsc_scope_status(scope);
    return dsc_file_replace(scope, path, dsc_text_string(text), dsc_text_length(text));
}
