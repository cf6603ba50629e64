/* vocabulary.c - counted words sorted and numbered, and found again. */
#include "text/vocabulary.h"

#include <stdlib.h>

#include "base/sizes.h"

enum { DEFAULT_MIN_COUNT = 5 };

/* Where the words are: by hash, with linear probing. */
struct place {
    uint64_t hash;
    uint32_t word; /* its number + 1; 0: free */
    uint32_t length;
};
struct index {
    size_t mask;
    const struct place *places;
};

/* By falling count, ties in the order of the bytes. */
static int compare(const void *a, const void *b)
{
    const dsci_counted_word *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    const int order = memcmp(x->bytes, y->bytes, dsci_least(x->length, y->length));
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

dsci_counted_word *dsci_vocabulary_gather(const dsci_word_table *tables, size_t table_count, size_t *count,
                                          uint64_t *line_ends)
{
    size_t most = 1;
    for (size_t t = 0; t < table_count; t++)
        most += tables[t].count;
    dsci_counted_word *words = malloc(most * sizeof *words);
    *count = 0;
    for (size_t t = 0; words && t < table_count; t++)
        for (size_t i = 0; i < tables[t].slot_count; i++) {
            const dsci_counted_word *slot = &tables[t].slots[i];
            if (slot->length == sizeof DSCI_LINE_END - 1 &&
                memcmp(slot->bytes, DSCI_LINE_END, slot->length) == 0)
                *line_ends += slot->count;
            else if (slot->count)
                words[(*count)++] = *slot;
        }
    return words;
}

/* Moves the words that are kept to the front and sorts them; the others are noted as dropped. */
static size_t choose(dsci_counted_word *words, size_t count, dsc_vocabulary *made,
                     const dsc_vocabulary_options *options)
{
    const uint64_t least = options->min_count ? options->min_count : DEFAULT_MIN_COUNT;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (words[i].count >= least)
            words[kept++] = words[i];
        else
            made->dropped_total += words[i].count;
    }
    qsort(words, kept, sizeof *words, compare);
    const size_t most = options->max_words ? options->max_words : SIZE_MAX;
    for (; kept > most; kept--)
        made->dropped_total += words[kept - 1].count;
    made->dropped = made->forgotten + (count - kept);
    made->text_distinct = made->forgotten + count + 1;
    return kept;
}

static void refuse_empty(dsc_scope *scope, const char *path, const dsc_vocabulary *made, uint64_t largest,
                         const dsc_vocabulary_options *options)
{
    const unsigned long long least = options->min_count ? options->min_count : DEFAULT_MIN_COUNT;
    dsc_scope_fail(
        scope, DSC_ERROR_FORMAT,
        "'%s' has no word that occurs at least %llu times (the minimum count%s): found %llu words, "
        "%llu of them different, the most frequent one %llu times; give a longer text or a smaller "
        "minimum count (1 keeps all words)",
        path, least, options->min_count ? ", by default 5" : "'s default",
        (unsigned long long)(made->dropped_total), (unsigned long long)(made->text_distinct - 1),
        (unsigned long long)largest);
}

/* The strings and counts, "</s>" first. */
static void copy_words(dsc_scope *scope, const dsci_counted_word *words, size_t kept, uint64_t line_ends,
                       dsc_vocabulary *made)
{
    size_t bytes = sizeof DSCI_LINE_END;
    for (size_t i = 0; i < kept; i++)
        bytes += words[i].length + 1;
    char *text = dsc_scope_alloc(scope, bytes, 1);
    const char **strings = dsc_scope_alloc(scope, kept + 1, sizeof *strings);
    uint64_t *counts = dsc_scope_alloc(scope, kept + 1, sizeof *counts);
    if (!text || !strings || !counts)
        return;
    strings[0] = memcpy(text, DSCI_LINE_END, sizeof DSCI_LINE_END);
    text += sizeof DSCI_LINE_END;
    counts[0] = made->total = line_ends;
    for (size_t i = 0; i < kept; i++) {
        memcpy(text, words[i].bytes, words[i].length);
        strings[i + 1] = text;
        text += words[i].length + 1;
        made->total += counts[i + 1] = words[i].count;
    }
    made->count = kept + 1;
    made->words = strings;
    made->counts = counts;
}

static void put(struct place *places, size_t mask, uint64_t hash, size_t length, size_t word)
{
    size_t at = hash & mask;
    while (places[at].word)
        at = (at + 1) & mask;
    places[at] = (struct place){ .hash = hash, .word = (uint32_t)word + 1, .length = (uint32_t)length };
}

static void make_index(dsc_scope *scope, const dsci_counted_word *words, size_t kept, dsc_vocabulary *made)
{
    const size_t line_end = sizeof DSCI_LINE_END - 1;
    size_t slots = 4;
    while (slots < 2 * (kept + 1))
        slots *= 2;
    struct place *places = dsc_scope_alloc(scope, slots, sizeof *places);
    struct index *index = dsc_scope_alloc(scope, 1, sizeof *index);
    if (!places || !index)
        return;
    put(places, slots - 1, dsci_word_hash((const unsigned char *)DSCI_LINE_END, line_end), line_end, 0);
    for (size_t i = 0; i < kept; i++)
        put(places, slots - 1, words[i].hash, words[i].length, i + 1);
    *index = (struct index){ .mask = slots - 1, .places = places };
    made->index = index;
}

const dsc_vocabulary *dsci_vocabulary_make(dsc_scope *scope, const char *path, dsci_counted_word *words,
                                           size_t count, uint64_t line_ends, const dsc_vocabulary *counted,
                                           const dsc_vocabulary_options *options)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = words[i].count > largest ? words[i].count : largest;
    dsc_vocabulary *made = dsc_scope_alloc(scope, 1, sizeof *made);
    if (!made)
        return NULL;
    *made = *counted;
    const size_t kept = choose(words, count, made, options);
    if (kept == 0)
        refuse_empty(scope, path, made, largest, options);
    if (kept >= DSC_VOCABULARY_MOST)
        dsc_scope_fail(
            scope, DSC_ERROR_FORMAT,
            "'%s' has %zu different words, more than the %d of the largest vocabulary; set a larger "
            "minimum count or a number of words to keep",
            path, kept, DSC_VOCABULARY_MOST);
    copy_words(scope, words, kept, line_ends, made);
    make_index(scope, words, kept, made);
    return dsc_scope_status(scope) == DSC_OK ? made : NULL;
}

size_t dsci_vocabulary_lookup(const dsc_vocabulary *vocabulary, const dsci_word *word)
{
    const struct index *index = vocabulary->index;
    for (size_t i = word->hash & index->mask;; i = (i + 1) & index->mask) {
        const struct place *place = &index->places[i];
        if (place->word == 0)
            return SIZE_MAX;
        if (place->hash == word->hash && place->length == word->length &&
            dsci_word_equal((const unsigned char *)vocabulary->words[place->word - 1], word->bytes,
                            word->length))
            return place->word - 1;
    }
}

size_t dsc_vocabulary_find(const dsc_vocabulary *vocabulary, const char *word, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)word;
    if (!vocabulary || length == 0 || length > DSC_WORD_BYTES)
        return SIZE_MAX;
    const dsci_word known = { .bytes = bytes, .length = length, .hash = dsci_word_hash(bytes, length) };
    return dsci_vocabulary_lookup(vocabulary, &known);
}
