/* mt19937.c - NumPy's legacy random numbers (Matsumoto and Nishimura, ACM TOMACS 8, 1998). */
#include "data/mt19937.h"

#include <math.h>

#include <sleef.h>

enum { WORDS = 624, SHIFT = 397 };

void dsci_mt19937_seed(dsci_mt19937 *mt, uint32_t seed)
{
    *mt = (dsci_mt19937){ .position = WORDS };
    mt->key[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++)
        mt->key[i] = 1812433253u * (mt->key[i - 1] ^ (mt->key[i - 1] >> 30)) + i;
}

static uint32_t twist(uint32_t high, uint32_t low, uint32_t far)
{
    const uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
    return far ^ (mixed >> 1) ^ (0x9908b0dfu & (0u - (mixed & 1u)));
}

static void refill(dsci_mt19937 *mt)
{
    uint32_t *key = mt->key;
    for (unsigned i = 0; i < WORDS - SHIFT; i++)
        key[i] = twist(key[i], key[i + 1], key[i + SHIFT]);
    for (unsigned i = WORDS - SHIFT; i < WORDS - 1; i++)
        key[i] = twist(key[i], key[i + 1], key[i + SHIFT - WORDS]);
    key[WORDS - 1] = twist(key[WORDS - 1], key[0], key[SHIFT - 1]);
    mt->position = 0;
}

static uint32_t next_word(dsci_mt19937 *mt)
{
    if (mt->position == WORDS)
        refill(mt);
    uint32_t word = mt->key[mt->position++];
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    return word ^ (word >> 18);
}

double dsci_mt19937_uniform(dsci_mt19937 *mt)
{
    const uint32_t high = next_word(mt) >> 5, low = next_word(mt) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

/* Marsaglia's polar method; the logarithm is the one with the same bits on every machine. */
double dsci_mt19937_normal(dsci_mt19937 *mt)
{
    if (mt->has_normal) {
        mt->has_normal = 0;
        return mt->normal;
    }
    double first, second, square;
    do {
        first = 2 * dsci_mt19937_uniform(mt) - 1;
        second = 2 * dsci_mt19937_uniform(mt) - 1;
        square = first * first + second * second;
    } while (square >= 1 || square == 0);
    const double factor = sqrt(-2 * Sleef_cinz_logd1_u10purec(square) / square);
    mt->normal = factor * first;
    mt->has_normal = 1;
    return factor * second;
}

uint32_t dsci_mt19937_up_to(dsci_mt19937 *mt, uint32_t last)
{
    if (last == 0)
        return 0;
    uint32_t mask = last, drawn;
    for (unsigned shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    do
        drawn = next_word(mt) & mask;
    while (drawn > last);
    return drawn;
}

void dsci_mt19937_permutation(dsci_mt19937 *mt, uint32_t *dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        const uint32_t j = dsci_mt19937_up_to(mt, (uint32_t)i), swap = dst[i];
        dst[i] = dst[j];
        dst[j] = swap;
    }
}
