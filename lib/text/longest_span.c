/* longest_span.c - the longest run of integers that two sequences share. */
#include <descent/characters.h>

#include <string.h>

#include "base/sizes.h"

/* Where the spans of one length of the first sequence begin, by hash, with linear probing. */
struct places {
    uint64_t *hashes;
    size_t *starts; /* + 1; 0: free */
    size_t mask;
};

static const uint64_t BASE = 0x9e3779b97f4a7c15U;

/* BASE to the power of length: what a character that leaves a span counts for. */
static uint64_t power(size_t length)
{
    uint64_t value = 1;
    for (size_t i = 0; i < length; i++)
        value *= BASE;
    return value;
}

static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93U;
    return hash ^ hash >> 32;
}

/* The hash of ids[end - length .. end - 1], from that of the span before it. */
static uint64_t rolled(uint64_t hash, const int32_t *ids, size_t end, size_t length, uint64_t leaving)
{
    hash = hash * BASE + (uint64_t)ids[end - 1] + 1;
    return end > length ? hash - leaving * ((uint64_t)ids[end - 1 - length] + 1) : hash;
}

/* Where an equal span of `first` is noted, or the free slot for it. */
static size_t slot_of(const struct places *p, const int32_t *first, const int32_t *span, size_t length,
                      uint64_t hash)
{
    size_t at = (size_t)mix(hash) & p->mask;
    while (p->starts[at] &&
           (p->hashes[at] != hash || memcmp(first + p->starts[at] - 1, span, length * sizeof *span) != 0))
        at = (at + 1) & p->mask;
    return at;
}

/* Whether the sequences share a span of that length; where, if they do. */
static bool shares(struct places *p, dsc_character_ids a, dsc_character_ids b, size_t length,
                   dsc_shared_span *span)
{
    const uint64_t leaving = power(length);
    uint64_t hash = 0;
    memset(p->starts, 0, (p->mask + 1) * sizeof *p->starts);
    for (size_t end = 1; end <= a.count; end++) {
        hash = rolled(hash, a.ids, end, length, leaving);
        if (end < length)
            continue;
        const size_t at = slot_of(p, a.ids, a.ids + end - length, length, hash);
        if (!p->starts[at]) {
            p->starts[at] = end - length + 1;
            p->hashes[at] = hash;
        }
    }
    hash = 0;
    for (size_t end = 1; end <= b.count; end++) {
        hash = rolled(hash, b.ids, end, length, leaving);
        const size_t at = end < length ? 0 : slot_of(p, a.ids, b.ids + end - length, length, hash);
        if (end >= length && p->starts[at]) {
            *span = (dsc_shared_span){ length, p->starts[at] - 1, end - length };
            return true;
        }
    }
    return false;
}

dsc_shared_span dsc_longest_span(dsc_scope *scope, dsc_character_ids a, dsc_character_ids b)
{
    dsc_shared_span span = { 0, 0, 0 };
    dsc_scope *local = dsc_scope_open(NULL);
    size_t slots = 4;
    while (slots < 2 * a.count)
        slots *= 2;
    struct places places = { .hashes = dsc_scope_alloc(local, slots, sizeof *places.hashes),
                             .starts = dsc_scope_alloc(local, slots, sizeof *places.starts),
                             .mask = slots - 1 };
    size_t low = 0, high = dsci_least(a.count, b.count); /* a shared span has shared parts of every length */
    while (low < high && places.hashes && places.starts) {
        const size_t middle = low + (high - low + 1) / 2;
        if (shares(&places, a, b, middle, &span))
            low = middle;
        else
            high = middle - 1;
    }
    dsc_scope_adopt_error(scope, local);
    dsc_scope_close(&local);
    return span;
}
