/* ngram.c - how well counts of what follows a few integers predict the next one. */
#include <descent/characters.h>

#include <math.h>
#include <sleef.h>

#include "base/sizes.h"

static const double DEFAULT_SMOOTHING = 0.01;

/* Counts by key, with linear probing; it has room for all keys, twice over. */
struct slot {
    uint64_t key; /* + 1; 0: free */
    uint64_t count;
};
struct counts {
    struct slot *slots;
    size_t mask;
};

static struct counts counts_make(dsc_scope *scope, size_t keys)
{
    size_t slots = 4;
    while (slots < 2 * keys)
        slots *= 2;
    return (struct counts){ dsc_scope_alloc(scope, slots, sizeof(struct slot)), slots - 1 };
}

static struct slot *find(const struct counts *counts, uint64_t key)
{
    uint64_t hash = (key + 1) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
    size_t at = (size_t)hash & counts->mask;
    while (counts->slots[at].key && counts->slots[at].key != key + 1)
        at = (at + 1) & counts->mask;
    return &counts->slots[at];
}

static void count(const struct counts *counts, uint64_t key)
{
    struct slot *slot = find(counts, key);
    slot->key = key + 1;
    slot->count++;
}

/* Integers as digits of one number: the first `size` of them, most significant first. */
static uint64_t key_of(const int32_t *ids, size_t size, uint64_t vocabulary)
{
    uint64_t key = 0;
    for (size_t i = 0; i < size; i++)
        key = key * vocabulary + (uint64_t)ids[i];
    return key;
}

/* How many sequences of that length there may be, at most `most`; 0: more than 64 bits can number. */
static size_t sequences(size_t vocabulary, size_t length, size_t most)
{
    uint64_t all = 1;
    for (size_t i = 0; i < length; i++) {
        if (all >= UINT64_MAX / vocabulary)
            return 0;
        all *= vocabulary;
    }
    return all < most ? (size_t)all : most;
}

static bool check(dsc_scope *scope, const int32_t *ids, size_t train, size_t all,
                  const dsc_ngram_options *options)
{
    if (!ids || !options || options->vocabulary == 0 || train >= all || train <= options->context)
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "n-grams: expected a vocabulary, more integers to count than the %zu of a context, and "
            "some behind them to predict, found %zu of %zu to count",
            options ? options->context : 0, train, all);
    else if (!(options->smoothing >= 0) || !isfinite(options->smoothing))
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "n-grams: expected a smoothing of 0 or more, found %g",
                       options->smoothing);
    else if (sequences(options->vocabulary, options->context + 1, SIZE_MAX) == 0)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "n-grams: %zu integers of a vocabulary of %zu are more sequences than 64 bits can "
                       "number; ask for a shorter context",
                       options->context + 1, options->vocabulary);
    for (size_t i = 0; dsc_scope_status(scope) == DSC_OK && i < all; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= options->vocabulary)
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "n-grams: integer %zu is %d; expected 0 to %zu of the vocabulary", i, ids[i],
                           options->vocabulary - 1);
    return dsc_scope_status(scope) == DSC_OK;
}

double dsc_ngram_loss(dsc_scope *scope, const int32_t *ids, size_t train, size_t all,
                      const dsc_ngram_options *options)
{
    if (dsc_scope_status(scope) != DSC_OK || !check(scope, ids, train, all, options))
        return NAN;
    const size_t context = options->context, vocabulary = options->vocabulary;
    const double a = options->smoothing > 0 ? options->smoothing : DEFAULT_SMOOTHING;
    dsc_scope *local = dsc_scope_open(NULL);
    const struct counts grams = counts_make(local, sequences(vocabulary, context + 1, train)),
                        contexts = counts_make(local, sequences(vocabulary, context, train));
    double sum = 0;
    for (size_t i = context; i < all && grams.slots && contexts.slots; i++) {
        const uint64_t before = key_of(ids + i - context, context, vocabulary);
        const uint64_t gram = before * vocabulary + (uint64_t)ids[i];
        if (i < train) {
            count(&grams, gram);
            count(&contexts, before);
        } else {
            const double seen = (double)find(&grams, gram)->count,
                         of = (double)find(&contexts, before)->count;
            sum -= Sleef_cinz_logd1_u10purec((seen + a) / (of + a * (double)vocabulary));
        }
    }
    dsc_scope_adopt_error(scope, local);
    dsc_scope_close(&local);
    return dsc_scope_status(scope) == DSC_OK ? sum / (double)(all - train) : (double)NAN;
}
