/* word_ngrams.c - n-grams counted over documents, and documents as sparse rows of them. */
#include <math.h>
#include <sleef.h>
#include <stdlib.h>
#include <string.h>

#include <descent/text.h>
#include <descent/tokens.h>

#include "base/sizes.h"

typedef uint32_t ids[DSC_LONGEST_NGRAM];

/* Finds n-grams by their words: places hold a number + 1, with linear probing. The n-grams themselves are the
   caller's. */
struct index {
    size_t mask;
    uint32_t *places;
    const ids *grams;
};

static uint64_t hash_of(const uint32_t *words)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < DSC_LONGEST_NGRAM; i++) {
        hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 32;
    }
    return hash;
}

/* The place of an n-gram, or the free one where it would be. */
static uint32_t *find(const struct index *index, const uint32_t *words)
{
    for (size_t i = hash_of(words) & index->mask;; i = (i + 1) & index->mask) {
        uint32_t *place = &index->places[i];
        if (*place == 0 || memcmp(index->grams[*place - 1], words, sizeof(ids)) == 0)
            return place;
    }
}

/* Fills a table of n-grams that has at least twice as many places. */
static void index_all(struct index *index, size_t count)
{
    for (size_t g = 0; g < count; g++)
        *find(index, index->grams[g]) = (uint32_t)g + 1;
}

/* The n-grams of a document, one after the other: at each word the shortest first. */
struct walk {
    const uint32_t *at, *end;
    uint32_t unknown;
    size_t longest, length; /* of the one that was found */
    ids words;
};

static bool walk_next(struct walk *walk)
{
    for (; walk->at < walk->end; walk->at++, walk->length = 0) {
        if (walk->length == 0)
            memset(walk->words, 0, sizeof walk->words);
        if (walk->length == walk->longest || (size_t)(walk->end - walk->at) == walk->length ||
            walk->at[walk->length] == walk->unknown)
            continue;
        walk->words[walk->length] = walk->at[walk->length];
        walk->length++;
        return true;
    }
    return false;
}

static struct walk walk_of(const dsc_tokens_lists *lists, size_t document, size_t longest)
{
    return (struct walk){ .at = lists->ids + lists->starts[document],
                          .end = lists->ids + lists->starts[document + 1],
                          .unknown = lists->unknown,
                          .longest = longest };
}

/* N-grams while they are counted. */
struct counting {
    struct index index;
    ids *grams;
    uint32_t *documents, *last; /* of each; 1 + the document that it was last seen in */
    size_t count, room;
};

static void counting_free(struct counting *c)
{
    free(c->index.places);
    free(c->grams);
    free(c->documents);
    free(c->last);
}

static bool resize(void *array, size_t count, size_t size)
{
    void **pointer = array;
    void *wider = count <= SIZE_MAX / size ? realloc(*pointer, count * size) : NULL;
    if (wider)
        *pointer = wider;
    return wider;
}

static bool grow(struct counting *c)
{
    const size_t room = c->room ? 2 * c->room : 1 << 12;
    if (!resize(&c->grams, room, sizeof *c->grams) || !resize(&c->documents, room, sizeof *c->documents) ||
        !resize(&c->last, room, sizeof *c->last))
        return false;
    free(c->index.places);
    c->index = (struct index){ .mask = 2 * room - 1,
                               .places = calloc(2 * room, sizeof *c->index.places),
                               .grams = (const ids *)c->grams };
    if (!c->index.places)
        return false;
    c->room = room;
    index_all(&c->index, c->count);
    return true;
}

static bool count_document(struct counting *c, struct walk walk, uint32_t document)
{
    while (walk_next(&walk)) {
        if (c->count == c->room && (c->count >= UINT32_MAX - 1 || !grow(c)))
            return false;
        uint32_t *place = find(&c->index, walk.words);
        if (*place == 0) {
            memcpy(c->grams[c->count], walk.words, sizeof(ids));
            c->documents[c->count] = c->last[c->count] = 0;
            *place = (uint32_t)++c->count;
        }
        const uint32_t gram = *place - 1;
        c->documents[gram] += c->last[gram] != document + 1;
        c->last[gram] = document + 1;
    }
    return true;
}

/* The documents that an n-gram must occur in for no more than `most` to be kept; *extra of those with exactly
   that number are kept, too. */
static uint32_t threshold(dsc_scope *scope, const struct counting *c, size_t documents, size_t most,
                          size_t *extra)
{
    size_t *with = dsc_scope_alloc(scope, documents + 2, sizeof *with);
    for (size_t g = 0; with && g < c->count; g++)
        with[c->documents[g]]++;
    size_t at = documents, kept = 0;
    while (with && at > 1 && kept + with[at] <= most)
        kept += with[at--];
    *extra = most - kept;
    return (uint32_t)at;
}

static const dsc_ngrams *choose(dsc_scope *scope, const struct counting *c, const dsc_tokens_lists *lists,
                                const dsc_ngrams_options *options)
{
    const uint32_t least = options->min_documents ? options->min_documents : 1;
    size_t extra = SIZE_MAX;
    const uint32_t edge =
        options->most ? threshold(scope, c, lists->count, options->most, &extra) : 0; /* all are beyond 0 */
    dsc_ngrams *made = dsc_scope_alloc(scope, 1, sizeof *made);
    ids *grams = dsc_scope_alloc(scope, c->count, sizeof *grams);
    uint32_t *documents = dsc_scope_alloc(scope, c->count, sizeof *documents);
    struct index *index = dsc_scope_alloc(scope, 1, sizeof *index);
    if (!made || !grams || !documents || !index)
        return NULL;
    *made = (dsc_ngrams){ .ids = (const ids *)grams,
                          .documents = documents,
                          .document_count = lists->count,
                          .seen = c->count,
                          .vocabulary = lists->vocabulary,
                          .index = index };
    for (size_t g = 0; g < c->count; g++) {
        if (c->documents[g] < least || c->documents[g] < edge || (c->documents[g] == edge && extra == 0))
            continue;
        extra -= c->documents[g] == edge;
        memcpy(grams[made->count], c->grams[g], sizeof(ids));
        documents[made->count++] = c->documents[g];
    }
    size_t places = 4;
    while (places < 2 * made->count)
        places *= 2;
    *index = (struct index){ .mask = places - 1,
                             .places = dsc_scope_alloc(scope, places, sizeof *index->places),
                             .grams = made->ids };
    if (index->places)
        index_all(index, made->count);
    if (made->count == 0)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "n-grams: none of %zu occurs in %u documents or more; ask for fewer", c->count, least);
    return dsc_scope_status(scope) == DSC_OK ? made : NULL;
}

const dsc_ngrams *dsc_ngrams_count(dsc_scope *scope, const dsc_tokens_lists *lists,
                                   const dsc_ngrams_options *options)
{
    static const dsc_ngrams_options defaults = { 0 };
    options = options ? options : &defaults;
    if (!lists || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (options->longest > DSC_LONGEST_NGRAM || lists->count >= UINT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "n-grams: expected at most %d words, found %zu",
                       DSC_LONGEST_NGRAM, options->longest);
        return NULL;
    }
    const size_t longest = options->longest ? options->longest : 1;
    struct counting counting = { 0 };
    bool fits = true;
    for (size_t i = 0; i < lists->count && fits && dsc_scope_goes_on(scope); i++)
        fits = count_document(&counting, walk_of(lists, i, longest), (uint32_t)i);
    if (!fits)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "n-grams: out of memory after %zu different ones",
                       counting.count);
    const dsc_ngrams *made =
        dsc_scope_status(scope) == DSC_OK ? choose(scope, &counting, lists, options) : NULL;
    counting_free(&counting);
    return made;
}

const char *dsc_ngram_text(dsc_scope *scope, const dsc_ngrams *grams, size_t gram)
{
    dsc_text *text = dsc_text_open(scope);
    for (size_t i = 0; i < DSC_LONGEST_NGRAM && grams->ids[gram][i]; i++)
        dsc_text_format(text, "%s%s", i ? " " : "", grams->vocabulary->words[grams->ids[gram][i]]);
    return dsc_text_string(text);
}

/* Rows while they are made. */
struct rows {
    size_t *starts, count, room;
    uint32_t *index;
    double *values;
};

static bool rows_add(struct rows *rows, uint32_t column)
{
    if (rows->count == rows->room) {
        const size_t room = rows->room ? 2 * rows->room : 1 << 12;
        if (!resize(&rows->index, room, sizeof *rows->index) ||
            !resize(&rows->values, room, sizeof *rows->values))
            return false;
        rows->room = room;
    }
    rows->index[rows->count] = column;
    rows->values[rows->count++] = 1;
    return true;
}

static void weigh(const struct rows *rows, size_t begin, const dsc_ngrams *grams,
                  const dsc_weighting *weighting)
{
    double squares = 0;
    for (size_t e = begin; e < rows->count; e++) {
        double value = weighting->binary ? 1 : rows->values[e];
        if (weighting->sublinear)
            value = 1 + Sleef_cinz_logd1_u10purec(value);
        if (weighting->inverse)
            value *= 1 + Sleef_cinz_logd1_u10purec((1 + (double)grams->document_count) /
                                                   (1 + (double)grams->documents[rows->index[e]]));
        rows->values[e] = value;
        squares += value * value;
    }
    const double norm = weighting->unit && squares > 0 ? sqrt(squares) : 1;
    for (size_t e = begin; e < rows->count; e++)
        rows->values[e] /= norm;
}

/* Counts a document's n-grams into a row; place[g] is 1 + the element that has the n-gram g, if that is not
   before the row. */
static bool add_row(struct rows *rows, struct walk walk, const struct index *index, size_t *place)
{
    const size_t begin = rows->count;
    while (walk_next(&walk)) {
        const uint32_t found = *find(index, walk.words);
        if (found == 0)
            continue;
        if (place[found - 1] > begin)
            rows->values[place[found - 1] - 1]++;
        else if (rows_add(rows, found - 1))
            place[found - 1] = rows->count;
        else
            return false;
    }
    return true;
}

static void release(void *memory)
{
    free(memory);
}

dsc_sparse dsc_ngrams_rows(dsc_scope *scope, const dsc_ngrams *grams, const dsc_tokens_lists *lists,
                           const dsc_weighting *weighting)
{
    static const dsc_weighting counts = { 0 };
    if (!grams || !lists || dsc_scope_status(scope) != DSC_OK)
        return (dsc_sparse){ 0 };
    if (grams->vocabulary != lists->vocabulary) {
        dsc_scope_fail(
            scope, DSC_ERROR_MISMATCH,
            "n-grams: the documents were read with another vocabulary than those that were counted");
        return (dsc_sparse){ 0 };
    }
    const struct index *index = grams->index;
    size_t longest = 1;
    for (size_t g = 0; g < grams->count; g++)
        while (longest < DSC_LONGEST_NGRAM && grams->ids[g][longest])
            longest++;
    struct rows rows = { .starts = dsc_scope_alloc(scope, lists->count + 1, sizeof *rows.starts) };
    size_t *place = calloc(grams->count, sizeof *place);
    bool fits = rows.starts && place && resize(&rows.index, 1, sizeof *rows.index) &&
                resize(&rows.values, 1, sizeof *rows.values);
    for (size_t i = 0; i < lists->count && fits && dsc_scope_goes_on(scope); i++) {
        fits = add_row(&rows, walk_of(lists, i, longest), index, place);
        weigh(&rows, rows.starts[i], grams, weighting ? weighting : &counts);
        rows.starts[i + 1] = rows.count;
    }
    free(place);
    if (!fits)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "n-grams: out of memory for the elements of %zu documents",
                       lists->count);
    dsc_scope_defer(scope, release, rows.index);
    dsc_scope_defer(scope, release, rows.values);
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_sparse){ 0 };
    return (dsc_sparse){ .rows = lists->count,
                         .columns = grams->count,
                         .starts = rows.starts,
                         .index = rows.index,
                         .values = rows.values };
}
