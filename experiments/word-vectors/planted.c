/* planted.c - a text that is made up, and the analogies that are in it. */
#include <string.h>

#include "word_vectors_experiment.h"

enum {
    ROLES = 2 * PLANTED_SECTIONS,
    FILLERS = PLANTED_FILLERS,
    TELLING = 5, /* words that tell a role or a filler */
    NOISE = 500,
    SENTENCE = 11, /* words around the word of the grid, and that */
    /* Numbers of words: the line's end, the grid, what tells roles, what tells fillers, the rest. */
    GRID = 1,
    OF_ROLES = GRID + ROLES * FILLERS,
    OF_FILLERS = OF_ROLES + ROLES * TELLING,
    REST = OF_FILLERS + FILLERS * TELLING,
    ALL = REST + NOISE
};

static const char **name_words(dsc_scope *scope)
{
    const char **names = dsc_scope_alloc(scope, ALL, sizeof *names);
    if (!names)
        return NULL;
    names[0] = "</s>";
    for (int i = 0; i < ROLES * FILLERS; i++)
        names[GRID + i] = dsc_scope_format(scope, "%c%d", 'a' + i / FILLERS, 1 + i % FILLERS);
    for (int i = 0; i < ROLES * TELLING; i++)
        names[OF_ROLES + i] = dsc_scope_format(scope, "role-%c-%d", 'a' + i / TELLING, 1 + i % TELLING);
    for (int i = 0; i < FILLERS * TELLING; i++)
        names[OF_FILLERS + i] = dsc_scope_format(scope, "filler-%d-%d", 1 + i / TELLING, 1 + i % TELLING);
    for (int i = 0; i < NOISE; i++)
        names[REST + i] = dsc_scope_format(scope, "noise-%d", 1 + i);
    return dsc_scope_status(scope) == DSC_OK ? names : NULL;
}

/* A word of the background: of rank r with a probability in proportion to 1 / r, by inversion of the sum. */
static uint32_t draw_noise(const double *sums, double uniform)
{
    uint32_t low = 0, high = NOISE - 1;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (sums[middle] > uniform * sums[NOISE - 1])
            high = middle;
        else
            low = middle + 1;
    }
    return REST + low;
}

bool planted_make(dsc_scope *scope, struct text *text, uint64_t seed, uint64_t words)
{
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_DATA);
    const uint64_t lines = 1 + words / (SENTENCE + 1), count = lines * (SENTENCE + 1);
    const char **names = name_words(scope);
    uint32_t *ids = dsc_scope_alloc(scope, count, sizeof *ids);
    if (!names || !ids)
        return false;
    double sums[NOISE];
    for (int i = 0; i < NOISE; i++)
        sums[i] = (i ? sums[i - 1] : 0) + 1.0 / (i + 1);
    for (uint64_t line = 0; line < lines; line++) {
        uint32_t *at = ids + line * (SENTENCE + 1);
        const uint32_t cell = (uint32_t)dsc_rng_below(rng, 0, line, ROLES * FILLERS);
        for (uint32_t i = 0; i < SENTENCE; i++) {
            const uint64_t position = line * SENTENCE + i;
            const double kind = dsc_rng_uniform(rng, 1, position);
            const uint32_t telling = (uint32_t)dsc_rng_below(rng, 2, position, TELLING);
            if (i == SENTENCE / 2)
                at[i] = GRID + cell;
            else if (kind < 0.3)
                at[i] = OF_ROLES + cell / FILLERS * TELLING + telling;
            else if (kind < 0.6)
                at[i] = OF_FILLERS + cell % FILLERS * TELLING + telling;
            else
                at[i] = draw_noise(sums, dsc_rng_uniform(rng, 3, position));
        }
        at[SENTENCE] = 0;
    }
    return text_make(scope, text, names, ALL, ids, count, 1);
}

static size_t row_of(dsc_scope *scope, const dsc_word_vectors *vectors, size_t role, size_t filler)
{
    const char *word = dsc_scope_format(scope, "%c%zu", (char)('a' + role), filler + 1);
    return word ? dsc_word_vectors_find(vectors, word) : SIZE_MAX;
}

/* Whether the right word is nearest to b - a + c. */
static bool is_right(dsc_scope *scope, const dsc_word_vectors *vectors, size_t a, size_t b, size_t c,
                     size_t right)
{
    size_t count = 0;
    const dsc_neighbor *nearest = dsc_word_neighbors(
        scope, vectors,
        &(dsc_word_query){
            .plus = (const size_t[]){ b, c }, .plus_count = 2, .minus = &a, .minus_count = 1, .nearest = 1 },
        &count);
    return nearest && count && nearest[0].row == right;
}

bool planted_analogies(dsc_scope *scope, const dsc_word_vectors *vectors, size_t right[PLANTED_SECTIONS],
                       size_t *asked)
{
    *asked = FILLERS * (FILLERS - 1);
    for (size_t s = 0; s < PLANTED_SECTIONS; s++) {
        size_t from[FILLERS], to[FILLERS];
        for (size_t f = 0; f < FILLERS; f++) {
            from[f] = row_of(scope, vectors, 2 * s, f);
            to[f] = row_of(scope, vectors, 2 * s + 1, f);
            if (from[f] == SIZE_MAX || to[f] == SIZE_MAX) {
                dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                               "the text is too short: a word of the grid is not in it; set more words");
                return false;
            }
        }
        right[s] = 0;
        for (size_t i = 0; i < FILLERS * FILLERS && dsc_scope_status(scope) == DSC_OK; i++) {
            const size_t f = i / FILLERS, g = i % FILLERS;
            right[s] += f != g && is_right(scope, vectors, from[f], to[f], from[g], to[g]);
        }
    }
    return dsc_scope_status(scope) == DSC_OK;
}
