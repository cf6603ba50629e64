/* names.c - the name that was probably meant. */
#include <descent/value.h>

#include <ctype.h>
#include <string.h>

#include "base/sizes.h"

enum { MOST_LETTERS = 64 };

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and swaps of
   neighbours that turn a into b; upper and lower case count as equal. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][MOST_LETTERS + 1];
    size_t *above2 = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *const recycled = above2;
        above2 = above;
        above = row;
        row = recycled;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = dsci_least(dsci_least(above[j], row[j - 1]) + 1,
                                above[j - 1] + !same_letter(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                row[j] = dsci_least(row[j], above2[j - 2] + 1);
        }
    }
    return row[b_length];
}

/* A slip touches at most about a third of the letters. */
const char *dsc_nearest_name(const char *text, size_t count, dsc_name_at_fn *name_at, const void *user)
{
    const size_t length = text ? strlen(text) : 0;
    const char *nearest = NULL;
    size_t smallest = (length + 1) / 3 + 1;
    if (length == 0 || length > MOST_LETTERS)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *name = name_at(user, i);
        const size_t name_length = name ? strlen(name) : 0;
        if (name_length == 0 || name_length > MOST_LETTERS)
            continue;
        const size_t d = distance(text, length, name, name_length);
        if (d < smallest) {
            smallest = d;
            nearest = name;
        }
    }
    return nearest;
}
