/* scan.c - words that are not plain: other scripts, carriage returns, what has to be mended. */
#include "text/scan.h"

#include <descent/text.h>

uint64_t dsci_word_hash(const unsigned char *bytes, size_t length)
{
    uint64_t hash = 0;
    size_t at = 0;
    for (; length - at >= 8; at += 8)
        hash = dsci_hash_add(hash, dsci_eight_bytes(bytes + at));
    if (at == length)
        return hash;
    uint64_t last = 0;
    memcpy(&last, bytes + at, length - at);
    return dsci_hash_add(hash, last);
}

/* The character at text, of at most `rest` bytes; 0: none. */
static size_t character_bytes(const unsigned char *text, size_t rest)
{
    enum { LONGEST = 4 };
    char last[LONGEST + 1] = { 0 }; /* the zero behind the text ends a character that is cut */
    if (*text < 0x80)
        return *text != 0;
    if (rest > LONGEST)
        return dsc_utf8_read((const char *)text, NULL);
    memcpy(last, text, rest);
    return dsc_utf8_read(last, NULL);
}

static void note(uint64_t *count, uint64_t *first, uint64_t place)
{
    if ((*count)++ == 0 || place < *first)
        *first = place;
}

bool dsci_words_mend(dsci_words *words, dsci_word *word)
{
    static const unsigned char replacement[] = { 0xef, 0xbf, 0xbd }; /* U+FFFD */
    const unsigned char *const start = words->at, *at = start;
    unsigned char *const mended = words->mended_word;
    size_t length = 0;
    bool cut = false;
    while (at < words->end && !dsci_is_white(*at)) {
        const unsigned char *from = at;
        size_t bytes = character_bytes(at, (size_t)(words->end - at));
        at += bytes ? bytes : 1;
        if (*from == '\r' || cut)
            continue;
        if (!bytes) {
            note(&words->mended.invalid_bytes, &words->mended.first_invalid,
                 words->offset + (uint64_t)(from - words->text));
            from = replacement;
            bytes = sizeof replacement;
        }
        cut = bytes > DSC_WORD_BYTES - length;
        if (cut)
            note(&words->mended.cut_words, &words->mended.first_cut,
                 words->offset + (uint64_t)(start - words->text));
        else
            memcpy(mended + length, from, bytes);
        length += cut ? 0 : bytes;
    }
    words->at = at;
    *word = (dsci_word){ .bytes = mended, .length = length, .hash = dsci_word_hash(mended, length) };
    return length > 0;
}
