/* vector_binary.c - rows of bytes: a word, a blank, little-endian floats, and a line feed or none. */
#include "embed/vector_file.h"

#include <math.h>
#include <string.h>

/* The line feeds before a word: they end the row before it. */
static const char *skip_feeds(const char *at, const char *end)
{
    while (at < end && *at == '\n')
        at++;
    return at;
}

bool dsci_next_binary_row(dsci_vector_rows *rows, dsci_vector_row *row, float *values)
{
    const char *word = skip_feeds(rows->at, rows->end);
    const size_t left = (size_t)(rows->end - word), bytes = rows->dimension * sizeof(float);
    const size_t most = left < DSCI_WORD_BYTES + 1 ? left : DSCI_WORD_BYTES + 1;
    const char *blank = memchr(word, ' ', most);
    *row = (dsci_vector_row){ word, blank ? (size_t)(blank - word) : 0 };
    if (left == 0)
        return dsci_row_fail(rows, NULL, DSC_ERROR_FORMAT,
                             "the file ends before it: it is cut short, or its first line promises too much");
    if (!blank && left < most + 1)
        return dsci_row_fail(rows, NULL, DSC_ERROR_FORMAT,
                             "the file ends in its word: it is cut short, or its rows have another length");
    if (!dsci_is_word(word, row->length))
        return dsci_row_fail(
            rows, NULL, DSC_ERROR_FORMAT,
            "expected a word of at most %d bytes without white space, and a blank: the rows before it have "
            "another length",
            DSCI_WORD_BYTES);
    if (left - row->length - 1 < bytes)
        return dsci_row_fail(
            rows, row, DSC_ERROR_FORMAT,
            "expected %zu bytes of numbers behind the word, found %zu, where the file ends: it is cut short",
            bytes, left - row->length - 1);
    if (values)
        memcpy(values, blank + 1, bytes);
    for (size_t i = 0; values && i < rows->dimension; i++)
        if (!isfinite(values[i]))
            return dsci_row_fail(rows, row, DSC_ERROR_FORMAT, "number %zu is %g; expected a finite number",
                                 i + 1, (double)values[i]);
    rows->at = blank + 1 + bytes;
    rows->row++;
    return true;
}

void dsci_put_binary_row(dsc_text *text, const char *word, const float *values, size_t dimension)
{
    dsc_text_append(text, word);
    dsc_text_append_bytes(text, " ", 1);
    dsc_text_append_bytes(text, values, dimension * sizeof *values);
    dsc_text_append_bytes(text, "\n", 1);
}
