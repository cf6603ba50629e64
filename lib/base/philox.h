/* philox.h - Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011), eight blocks at a time; after
 * lanes_LEVEL.h.
 */
#ifndef DESCENT_BASE_PHILOX_H
#define DESCENT_BASE_PHILOX_H

#include <descent/rng.h>

enum { PHILOX_ROUNDS = 10, PHILOX_BLOCKS = 8, PHILOX_WORDS = 4 * PHILOX_BLOCKS };

/* The keys of the rounds, eight times each. They are computed one by one: gcc 12 turns a loop over
   words_set() of both keys into vectors with wrong numbers (at -O2, without instructions of a level). */
typedef struct philox_keys {
    words key[PHILOX_ROUNDS][2];
} philox_keys;

static inline philox_keys philox_keys_of(uint64_t seed)
{
    philox_keys keys;
    uint32_t key[PHILOX_ROUNDS][2] = { { (uint32_t)seed, (uint32_t)(seed >> 32) } };
    for (int round = 1; round < PHILOX_ROUNDS; round++) {
        key[round][0] = key[round - 1][0] + 0x9e3779b9;
        key[round][1] = key[round - 1][1] + 0xbb67ae85;
    }
    for (int round = 0; round < PHILOX_ROUNDS; round++)
        for (int i = 0; i < 2; i++)
            keys.key[round][i] = words_set(key[round][i]);
    return keys;
}

/* Words 0 to 3 of eight blocks. */
typedef struct philox_blocks {
    words word[4];
} philox_blocks;

static inline __attribute__((always_inline)) philox_blocks philox_round(philox_blocks b, const words key[2])
{
    const words product0 = words_multiply(b.word[0], words_set(0xd2511f53)),
                product1 = words_multiply(b.word[2], words_set(0xcd9e8d57));
    return (philox_blocks){ { words_xor(words_xor(words_upper(product1), b.word[1]), key[0]), product1,
                              words_xor(words_xor(words_upper(product0), b.word[3]), key[1]), product0 } };
}

/* The counter of block first_block + i is that of dsc_rng_block(). */
static inline __attribute__((always_inline)) philox_blocks philox(const philox_keys *keys, uint32_t stream,
                                                                  uint32_t major, uint64_t first_block)
{
    const words index = words_count(first_block);
    philox_blocks b = { { index, words_upper(index), words_set(major), words_set(stream) } };
    for (int round = 0; round < PHILOX_ROUNDS; round++)
        b = philox_round(b, keys->key[round]);
    return b;
}

#endif
