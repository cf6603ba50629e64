/* neighbors.c - the words nearest to a sum of words. */
#include <descent/word_vectors.h>

#include <math.h>

#include <descent/cpu.h>

#include "kernels/kernels.h"

enum { NEAREST = 10 };

struct search {
    const dsc_word_vectors *vectors;
    const dsc_word_query *query;
    const dsci_kernels *kernels;
    float *direction; /* sum of the query's unit vectors */
    dsc_neighbor *found;
    size_t count, most;
};

static const float *vector_at(const struct search *s, size_t row)
{
    return s->vectors->vectors + row * s->vectors->dimension;
}

static double length_of(const struct search *s, const float *vector)
{
    return sqrt(s->kernels->dot(vector, vector, s->vectors->dimension));
}

static bool rows_are_there(dsc_scope *scope, const struct search *s, const size_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i] >= s->vectors->count)
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "neighbours: row %zu of %zu words is asked for",
                           rows[i], s->vectors->count);
    return dsc_scope_status(scope) == DSC_OK;
}

static void add_units(struct search *s, const size_t *rows, size_t count, float sign)
{
    for (size_t i = 0; i < count; i++) {
        const float *vector = vector_at(s, rows[i]);
        const double length = length_of(s, vector);
        const float scale = length > 0 ? (float)(1 / length) * sign : 0;
        for (size_t j = 0; j < s->vectors->dimension; j++)
            s->direction[j] += scale * vector[j];
    }
}

static bool is_asked(const dsc_word_query *query, size_t row)
{
    for (size_t i = 0; i < query->plus_count; i++)
        if (query->plus[i] == row)
            return true;
    for (size_t i = 0; i < query->minus_count; i++)
        if (query->minus[i] == row)
            return true;
    return false;
}

/* Puts a row at its place; rows come in their order, so equal ones stay in it. */
static void insert(struct search *s, dsc_neighbor candidate)
{
    if (s->count == s->most && !(candidate.cosine > s->found[s->most - 1].cosine))
        return;
    size_t at = s->count < s->most ? s->count++ : s->most - 1;
    for (; at > 0 && s->found[at - 1].cosine < candidate.cosine; at--)
        s->found[at] = s->found[at - 1];
    s->found[at] = candidate;
}

static void run(struct search *s)
{
    add_units(s, s->query->plus, s->query->plus_count, 1);
    add_units(s, s->query->minus, s->query->minus_count, -1);
    const double length = length_of(s, s->direction);
    for (size_t row = 0; row < s->vectors->count; row++) {
        const float *vector = vector_at(s, row);
        const double lengths = length * length_of(s, vector);
        const double dot = s->kernels->dot(s->direction, vector, s->vectors->dimension);
        if (!is_asked(s->query, row))
            insert(s, (dsc_neighbor){ row, lengths > 0 ? dot / lengths : 0 });
    }
}

const dsc_neighbor *dsc_word_neighbors(dsc_scope *scope, const dsc_word_vectors *vectors,
                                       const dsc_word_query *query, size_t *count)
{
    *count = 0;
    if (!vectors || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    struct search s = { .vectors = vectors,
                        .query = query,
                        .kernels = dsci_kernels_for(DSC_ISA_AUTO),
                        .most = dsci_least(query->nearest ? query->nearest : NEAREST, vectors->count) };
    s.direction = dsc_scope_alloc(scope, vectors->dimension, sizeof *s.direction);
    s.found = dsc_scope_alloc(scope, s.most, sizeof *s.found);
    if (!s.direction || !s.found || !rows_are_there(scope, &s, query->plus, query->plus_count) ||
        !rows_are_there(scope, &s, query->minus, query->minus_count))
        return NULL;
    const unsigned mode = dsc_float_mode_enter();
    run(&s);
    dsc_float_mode_leave(mode);
    *count = s.count;
    return s.found;
}
