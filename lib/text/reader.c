/* reader.c - how a network reads texts, as text: its options and its vocabulary. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/text.h>
#include <descent/tokens.h>

#include "text/vocabulary.h"

/* The first line: seven numbers behind its name. */
#define OPTIONS "descent-reader-1 rule=%u case=%u marks=%u steps=%zu first=%u front=%u most=%zu"

const char *dsc_reader_text(dsc_scope *scope, const dsc_reader *reader)
{
    dsc_text *text = dsc_text_open(scope);
    const dsc_token_options *tokens = &reader->tokens;
    const dsc_sequence_options *sequences = &reader->sequences;
    dsc_text_format(text, OPTIONS "\n", (unsigned)tokens->rule, (unsigned)tokens->keep_case,
                    (unsigned)tokens->drop_punctuation, sequences->steps, (unsigned)sequences->keep_first,
                    (unsigned)sequences->pad_in_front, sequences->most_ids);
    for (size_t i = 0; i < reader->vocabulary->count; i++)
        dsc_text_format(text, "%s %llu\n", reader->vocabulary->words[i],
                        (unsigned long long)reader->vocabulary->counts[i]);
    return dsc_text_string(text);
}

static bool refuse(dsc_scope *scope, size_t line, const char *what)
{
    dsc_scope_fail(
        scope, DSC_ERROR_FORMAT,
        "the note of how a model reads texts, line %zu: %s; expected what dsc_reader_text() writes", line,
        what);
    return false;
}

static bool parse_options(dsc_scope *scope, const char *line, dsc_reader *reader)
{
    unsigned rule, keep_case, marks, first, front;
    size_t steps, most;
    char again[256];
    if (sscanf(line, OPTIONS, &rule, &keep_case, &marks, &steps, &first, &front, &most) != 7)
        return refuse(scope, 1, "there are no options");
    /* Written again it is the same line: no signs, no zeros in front, nothing behind. */
    const int size =
        snprintf(again, sizeof again, OPTIONS "\n", rule, keep_case, marks, steps, first, front, most);
    if (size < 0 || (size_t)size >= sizeof again || strncmp(line, again, (size_t)size) != 0 ||
        rule > DSC_TOKENS_BLANKS || keep_case > 1 || marks > 1 || first > 1 || front > 1)
        return refuse(scope, 1, "the options are out of range");
    reader->tokens = (dsc_token_options){ .rule = (dsc_token_rule)rule,
                                          .keep_case = keep_case,
                                          .drop_punctuation = marks };
    reader->sequences = (dsc_sequence_options){
        .steps = steps, .keep_first = first, .pad_in_front = front, .most_ids = most
    };
    return true;
}

static bool is_utf8(const char *text, size_t length)
{
    for (size_t at = 0, bytes; at < length; at += bytes)
        if ((bytes = dsc_utf8_read(text + at, NULL)) == 0)
            return false;
    return true;
}

/* Adds the word and the count of a line. */
static bool parse_word(dsc_scope *scope, size_t line, const char *text, size_t size, dsci_word_table *table)
{
    size_t digits = 0;
    uint64_t count = 0;
    while (digits < size && text[size - digits - 1] >= '0' && text[size - digits - 1] <= '9')
        digits++;
    if (digits == 0 || digits > 18 || size < digits + 2 || text[size - digits - 1] != ' ')
        return refuse(scope, line, "there is no word with a count behind it");
    for (size_t i = size - digits; i < size; i++)
        count = 10 * count + (uint64_t)(text[i] - '0');
    const size_t length = size - digits - 1;
    const dsci_word word = { .bytes = (const unsigned char *)text,
                             .length = length,
                             .hash = dsci_word_hash((const unsigned char *)text, length) };
    if (length > DSC_WORD_BYTES || !is_utf8(text, length))
        return refuse(scope, line, "the word is too long, or not UTF-8");
    if (table->slot_count && dsci_word_table_slot(table, &word)->count)
        return refuse(scope, line, "the word stands in an earlier line, too");
    if (count && !dsci_word_table_insert(table, &word, count)) /* a count of 0: the line ends' */
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while reading the words of a model");
    return dsc_scope_status(scope) == DSC_OK;
}

static const dsc_vocabulary *parse_words(dsc_scope *scope, const char *at)
{
    dsci_word_table table = { 0 };
    bool good = true;
    for (size_t line = 2; *at && good; line++) {
        const size_t size = strcspn(at, "\n");
        good = parse_word(scope, line, at, size, &table);
        at += size + (at[size] == '\n');
    }
    size_t count = 0;
    uint64_t line_ends = 0;
    dsci_counted_word *words = good ? dsci_vocabulary_gather(&table, 1, &count, &line_ends) : NULL;
    const dsc_vocabulary *made =
        words ? dsci_vocabulary_make(scope, "the note of how a model reads texts", words, count, line_ends,
                                     &(dsc_vocabulary){ 0 }, &(dsc_vocabulary_options){ .min_count = 1 })
              : NULL;
    if (good && !words)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while reading the words of a model");
    free(words);
    dsci_word_table_empty(&table);
    return made;
}

const dsc_reader *dsc_reader_parse(dsc_scope *scope, const char *text)
{
    dsc_reader *reader = dsc_scope_alloc(scope, 1, sizeof *reader);
    if (!reader)
        return NULL;
    if (!text) {
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "the model has no note of how it reads texts: it is no model of texts");
        return NULL;
    }
    if (!parse_options(scope, text, reader))
        return NULL;
    reader->vocabulary = parse_words(scope, text + strcspn(text, "\n") + 1);
    return reader->vocabulary ? reader : NULL;
}
