/* mutate.h - hostile input by the thousand: valid inputs are changed at random, the same way every time. */
#ifndef DESCENT_TESTS_MUTATE_H
#define DESCENT_TESTS_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <descent/rng.h>

#include "test.h"

enum {
    MUTATE_GROWTH = 256, /* bytes that one input can grow by */
    MUTATE_CHANGES = 4   /* of one input, at most */
};

/* The random numbers of one input. */
typedef struct mutate_draws {
    dsc_rng rng;
    uint32_t input;
    uint64_t next;
} mutate_draws;

static inline size_t mutate_below(mutate_draws *draws, size_t n)
{
    return (size_t)dsc_rng_below(draws->rng, draws->input, draws->next++, n);
}

/* Replaces removed bytes at a place by added ones. Returns the new size, or the old one if there is no room.
 */
static inline size_t mutate_splice(unsigned char *data, size_t size, size_t capacity, size_t at,
                                   size_t removed, const unsigned char *added, size_t count)
{
    if (size - removed + count > capacity)
        return size;
    memmove(data + at + count, data + at + removed, size - at - removed);
    memcpy(data + at, added, count);
    return size - removed + count;
}

/* One change: a bit, a byte, a word of an interesting value, bytes removed, copied from elsewhere or put in,
 * the end cut. */
static inline size_t mutate_once(mutate_draws *draws, unsigned char *data, size_t size, size_t capacity)
{
    static const uint32_t words[] = { 0,      1,      0x7f,       0x80,       0xff,
                                      0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff };
    enum { BIT, BYTE, WORD, REMOVE, COPY, INSERT, CUT, KINDS };
    unsigned char piece[16];
    const size_t kind = mutate_below(draws, KINDS), at = mutate_below(draws, size + 1);
    const size_t rest = size - at, most = rest < sizeof piece ? rest : sizeof piece;
    const size_t length = mutate_below(draws, most + 1);
    switch (kind) {
    case BIT:
        if (rest > 0)
            data[at] ^= (unsigned char)(1U << mutate_below(draws, 8));
        return size;
    case BYTE:
        if (rest > 0)
            data[at] = (unsigned char)mutate_below(draws, 256);
        return size;
    case WORD: {
        const uint32_t word = words[mutate_below(draws, sizeof words / sizeof words[0])];
        const bool big_endian = mutate_below(draws, 2) != 0;
        for (size_t i = 0; i < 4 && i < rest; i++)
            data[at + i] = (unsigned char)(word >> 8 * (big_endian ? 3 - i : i));
        return size;
    }
    case REMOVE: return mutate_splice(data, size, capacity, at, length, piece, 0);
    case COPY:
        memcpy(piece, data + at, length);
        return mutate_splice(data, size, capacity, mutate_below(draws, size + 1), 0, piece, length);
    case INSERT:
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = (unsigned char)mutate_below(draws, 256);
        return mutate_splice(data, size, capacity, at, 0, piece, 1 + mutate_below(draws, sizeof piece));
    default: return at;
    }
}

/* The input-th change of size bytes: an allocation of exactly *changed_size bytes, to be freed. */
static inline unsigned char *mutate_input(uint64_t seed, uint32_t input, const unsigned char *from,
                                          size_t size, size_t *changed_size)
{
    mutate_draws draws = { .rng = dsc_rng_make(seed, DSC_STREAM_SAMPLING), .input = input };
    const size_t capacity = size + MUTATE_GROWTH;
    unsigned char *data = malloc(capacity);
    assert_non_null(data);
    memcpy(data, from, size);
    const size_t changes = 1 + mutate_below(&draws, MUTATE_CHANGES);
    for (size_t i = 0; i < changes; i++)
        size = mutate_once(&draws, data, size, capacity);
    unsigned char *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, data, size);
    free(data);
    *changed_size = size;
    return exact;
}

#endif
