/* tables.h - texts, vocabularies and tables for the tests of factorizations. */
#ifndef DESCENT_TESTS_TABLES_H
#define DESCENT_TESTS_TABLES_H

#include <math.h>

#include <descent/cooccurrence.h>
#include <descent/rng.h>
#include <descent/vocabulary.h>

#include "test.h"

static inline dsc_rng draws(uint64_t seed)
{
    return dsc_rng_make(seed, DSC_STREAM_DATA);
}

static inline const dsc_vocabulary *vocabulary_of(dsc_scope *scope, size_t words)
{
    dsc_vocabulary *v = dsc_scope_alloc(scope, 1, sizeof *v);
    const char **names = dsc_scope_alloc(scope, words, sizeof *names);
    for (size_t w = 0; w < words; w++)
        names[w] = dsc_scope_format(scope, "w%zu", w);
    v->count = words;
    v->words = names;
    return v;
}

/* Frequent small ids, rare large ones, now and then the end of a line. */
static inline dsc_corpus random_text(dsc_scope *scope, size_t count, size_t words)
{
    uint32_t *ids = dsc_scope_alloc(scope, count, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = (uint32_t)(pow(dsc_rng_uniform(draws(3), 0, i), 3) * (double)words);
    return (dsc_corpus){ .ids = ids, .count = count };
}

/* A text with planted analogies: a word for each pair of a role and a filler, which stands between a mark of
   its role and a mark of its filler. What (r, f) is to (r, g), (s, f) is to (s, g). */
enum { ROLES = 5, FILLERS = 8, MARKS = 3, PLANTED = 1 + ROLES * FILLERS + MARKS * (ROLES + FILLERS) };

static inline uint32_t planted_word(size_t role, size_t filler)
{
    return (uint32_t)(1 + role * FILLERS + filler);
}

static inline dsc_corpus planted_text(dsc_scope *scope, size_t lines)
{
    uint32_t *ids = dsc_scope_alloc(scope, 4 * lines, sizeof *ids);
    const uint32_t marks = 1 + ROLES * FILLERS;
    for (size_t i = 0; i < lines; i++) {
        uint32_t draw[4];
        dsc_rng_block(draws(8), 0, i, draw);
        const uint32_t role = draw[0] % ROLES, filler = draw[1] % FILLERS, mark = draw[2] % MARKS,
                       other = draw[3] % MARKS;
        ids[4 * i] = marks + role * MARKS + mark;
        ids[4 * i + 1] = planted_word(role, filler);
        ids[4 * i + 2] = marks + (ROLES + filler) * MARKS + other;
    }
    return (dsc_corpus){ .ids = ids, .count = 4 * lines };
}

/* The share of all such analogies whose fourth word is the nearest of all words but the three. */
static inline double planted_found(const float *vectors, size_t dimension)
{
    double unit[PLANTED][64] = { { 0 } };
    assert_true(dimension <= 64);
    for (size_t w = 1; w < PLANTED; w++) {
        double norm = 0;
        for (size_t i = 0; i < dimension; i++)
            norm += pow((double)vectors[w * dimension + i], 2);
        for (size_t i = 0; i < dimension; i++)
            unit[w][i] = (double)vectors[w * dimension + i] / sqrt(norm);
    }
    size_t found = 0, asked = 0;
    for (size_t q = 0; q < ROLES * ROLES * FILLERS * FILLERS; q++) {
        const size_t r = q % ROLES, s = q / ROLES % ROLES, f = q / (ROLES * ROLES) % FILLERS,
                     g = q / (ROLES * ROLES * FILLERS);
        if (r == s || f == g)
            continue;
        const size_t a = planted_word(r, f), b = planted_word(r, g), c = planted_word(s, f);
        size_t best = 0;
        double most = -INFINITY;
        for (size_t w = 1; w < PLANTED; w++) {
            double product = 0;
            for (size_t i = 0; i < dimension; i++)
                product += unit[w][i] * (unit[b][i] - unit[a][i] + unit[c][i]);
            if (product > most && w != a && w != b && w != c) {
                most = product;
                best = w;
            }
        }
        found += best == planted_word(s, g);
        asked++;
    }
    return (double)found / (double)asked;
}

#endif
