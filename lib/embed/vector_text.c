/* vector_text.c - rows of a text: a word, its numbers, a line feed. */
#include "embed/vector_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_gap(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_gap(const char *at, const char *end)
{
    while (at < end && is_gap(*at))
        at++;
    return at;
}

static const char *skip_token(const char *at, const char *end)
{
    while (at < end && !is_gap(*at) && *at != '\n')
        at++;
    return at;
}

size_t dsci_line_numbers(const char *at, const char *end)
{
    size_t count = 0;
    for (at = skip_gap(at, end); at < end && *at != '\n'; at = skip_gap(skip_token(at, end), end))
        count++;
    return count;
}

/* A finite number of decimal digits; what strtof() takes beside them ("nan", "0x1p3") is none. */
static bool read_number(const char *at, const char *end, float *value)
{
    for (const char *c = at; c < end; c++)
        if (!strchr("+-.0123456789eE", *c) || !*c)
            return false;
    char *stop;
    *value = strtof(at, &stop);
    return stop == end && isfinite(*value);
}

static bool read_values(dsci_vector_rows *rows, const dsci_vector_row *row, float *values)
{
    const char *at = rows->at, *end = rows->end;
    for (size_t i = 0; i < rows->dimension; i++) {
        at = skip_gap(at, end);
        const char *stop = skip_token(at, end);
        const int length = stop - at < DSCI_NUMBER_BYTES ? (int)(stop - at) : DSCI_NUMBER_BYTES;
        if (stop - at > DSCI_NUMBER_BYTES || !read_number(at, stop, &values[i]))
            return dsci_row_fail(rows, row, DSC_ERROR_FORMAT,
                                 "number %zu is '%.*s'; expected a finite number such as -0.25 or 1.5e-05",
                                 i + 1, length, at);
        at = stop;
    }
    return true;
}

bool dsci_next_text_row(dsci_vector_rows *rows, dsci_vector_row *row, float *values)
{
    const char *end = memchr(rows->at, '\n', (size_t)(rows->end - rows->at));
    end = end ? end : rows->end;
    const char *stop = skip_token(rows->at, end);
    *row = (dsci_vector_row){ rows->at, (size_t)(stop - rows->at) };
    if (rows->at == rows->end)
        return dsci_row_fail(rows, NULL, DSC_ERROR_FORMAT,
                             "the file ends before it: it is cut short, or its first line promises too much");
    if (!dsci_is_word(row->word, row->length))
        return dsci_row_fail(rows, NULL, DSC_ERROR_FORMAT,
                             "expected a word of at most %d bytes and %zu numbers, found %s", DSCI_WORD_BYTES,
                             rows->dimension,
                             row->length == 0 ? "a line that begins with a blank or is empty"
                                              : "a longer one, or control characters");
    rows->at = stop;
    const size_t numbers = dsci_line_numbers(stop, end);
    if (numbers != rows->dimension)
        return dsci_row_fail(rows, row, DSC_ERROR_FORMAT, "expected %zu numbers behind the word, found %zu%s",
                             rows->dimension, numbers,
                             numbers > rows->dimension ? "; a word cannot hold blanks"
                             : end == rows->end        ? ", where the file ends: it is cut short"
                                                       : "");
    if (values && !read_values(rows, row, values))
        return false;
    rows->at = end < rows->end ? end + 1 : end;
    rows->row++;
    return true;
}

void dsci_put_text_row(dsc_text *text, const char *word, const float *values, size_t dimension)
{
    dsc_text_append(text, word);
    for (size_t j = 0; j < dimension; j++) {
        char number[32];
        const int length = snprintf(number, sizeof number, " %.9g", (double)values[j]);
        dsc_text_append_bytes(text, number, (size_t)length);
    }
    dsc_text_append_bytes(text, "\n", 1);
}
