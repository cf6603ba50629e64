/* scan.h - the words of a piece of text, one after the other.
 *
 * A piece begins and ends between words: behind white space, or at the text's end. Plain words of ASCII are
 * found and hashed 8 bytes at a time and used where they stand; all others go through dsci_words_mend().
 */
#ifndef DESCENT_TEXT_SCAN_H
#define DESCENT_TEXT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <descent/vocabulary.h>

enum {
    DSCI_WORD_PADDING = 8 /* readable bytes behind a piece */
};

typedef struct dsci_word {
    const unsigned char *bytes; /* good until the next word */
    size_t length;              /* 0: the end of a line */
    uint64_t hash;
} dsci_word;

typedef struct dsci_words {
    const unsigned char *at, *end;
    const unsigned char *text; /* the byte `offset` of the whole text, for places */
    uint64_t offset;
    dsc_text_mended mended;
    unsigned char mended_word[DSC_WORD_BYTES];
} dsci_words;

/* Begins a piece; what was mended before stays noted. */
static inline void dsci_words_begin(dsci_words *words, const unsigned char *text, size_t size,
                                    uint64_t offset)
{
    words->at = words->text = text;
    words->end = text + size;
    words->offset = offset;
}

static inline uint64_t dsci_eight_bytes(const unsigned char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* The first n < 8 of eight bytes, zeros in place of the others (x86-64 has the first byte lowest). */
static inline uint64_t dsci_first_bytes(uint64_t bytes, size_t n)
{
    return bytes & (((uint64_t)1 << 8 * n) - 1);
}

/* Takes in the next 8 bytes of a word, or its last ones and zeros. One call maps different bytes to different
   hashes: words of up to 8 bytes are told apart by length and hash alone. */
static inline uint64_t dsci_hash_add(uint64_t hash, uint64_t bytes)
{
    hash = (hash ^ bytes) * 0x9e3779b97f4a7c15U;
    return hash ^ hash >> 32;
}

uint64_t dsci_word_hash(const unsigned char *bytes, size_t length);

/* Whether a and b, of one length and hash, are the same word. */
static inline bool dsci_word_equal(const unsigned char *a, const unsigned char *b, size_t length)
{
    return length <= 8 || memcmp(a, b, length) == 0;
}

/* The bit 7 of each byte that is not a character of a plain word: white space, controls, beyond ASCII. */
static inline uint64_t dsci_special_bytes(uint64_t bytes)
{
    const uint64_t ones = 0x0101010101010101U, tops = 0x80 * ones;
    return ((bytes - 0x21 * ones) | bytes) & tops;
}

/* Whether the byte ends a word. */
static inline bool dsci_is_white(unsigned char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t';
}

/* A word that is not plain, from words->at up to white space: mends it and goes behind it. False if nothing
   but carriage returns was there. */
bool dsci_words_mend(dsci_words *words, dsci_word *word);

/* Finds the next word; false at the end of the piece. */
static inline bool dsci_words_next(dsci_words *words, dsci_word *word)
{
    const unsigned char *const end = words->end;
    for (;;) {
        const unsigned char *start = words->at;
        while (start < end && (*start == ' ' || *start == '\t'))
            start++;
        words->at = start;
        if (start >= end)
            return false;
        if (*start == '\n') {
            words->at = start + 1;
            word->length = 0;
            return true;
        }
        const unsigned char *at = start;
        uint64_t bytes = dsci_eight_bytes(at), special, hash = 0;
        while ((special = dsci_special_bytes(bytes)) == 0 && end - at > 8) {
            hash = dsci_hash_add(hash, bytes);
            at += 8;
            bytes = dsci_eight_bytes(at);
        }
        size_t rest = special ? (size_t)__builtin_ctzll(special) / 8 : 8;
        if ((size_t)(end - at) < rest)
            rest = (size_t)(end - at);
        const unsigned char *behind = at + rest;
        if ((behind < end && !dsci_is_white(*behind)) || behind - start > DSC_WORD_BYTES) {
            if (dsci_words_mend(words, word))
                return true;
            continue;
        }
        if (rest > 0)
            hash = dsci_hash_add(hash, rest < 8 ? dsci_first_bytes(bytes, rest) : bytes);
        *word = (dsci_word){ .bytes = start, .length = (size_t)(behind - start), .hash = hash };
        words->at = behind;
        return true;
    }
}

#endif
