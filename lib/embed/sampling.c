/* sampling.c - which words of a text are kept, and which are drawn as negative samples. */
#include "embed/trainer.h"

#include <math.h>

static const double BITS = 0x1p32;
static const double POWER = 0.75; /* of a word's count (Mikolov et al. 2013b, section 2.2) */

/* Kept with probability sqrt(t / f) + t / f, f its share of the text: word2vec.c's rule, not the paper's. */
static void make_keep(const dsc_vocabulary *vocabulary, double sample, uint32_t *keep)
{
    for (size_t w = 0; w < vocabulary->count; w++) {
        const double share = (double)vocabulary->counts[w] / (double)vocabulary->total;
        const double kept = sample > 0 ? sqrt(sample / share) + sample / share : 1;
        keep[w] = kept < 1 ? (uint32_t)ceil(kept * BITS) - 1 : UINT32_MAX;
    }
}

/* Vose's way to Walker's table (IEEE Trans. Software Eng. 17, 1991): columns that hold less than their share
   are filled up by words that have more. Word 0, the end of a line, is never drawn. */
static void make_alias(dsc_scope *scope, const dsc_vocabulary *vocabulary, dsci_sampling *sampling)
{
    const size_t n = vocabulary->count;
    double *shares = dsc_scope_alloc(scope, n, sizeof *shares);
    uint32_t *small = dsc_scope_alloc(scope, n, sizeof *small),
             *large = dsc_scope_alloc(scope, n, sizeof *large);
    if (!shares || !small || !large)
        return;
    double total = 0;
    for (size_t w = 1; w < n; w++)
        total += pow((double)vocabulary->counts[w], POWER);
    size_t small_count = 0, large_count = 0;
    for (size_t w = 0; w < n; w++) {
        shares[w] = w > 0 ? pow((double)vocabulary->counts[w], POWER) / total * (double)n : 0;
        *(shares[w] < 1 ? &small[small_count++] : &large[large_count++]) = (uint32_t)w;
    }
    while (small_count > 0 && large_count > 0) {
        const uint32_t less = small[--small_count], more = large[large_count - 1];
        sampling->columns[less] = (struct dsci_alias_column){ (uint32_t)(shares[less] * BITS), more };
        shares[more] -= 1 - shares[less];
        if (shares[more] < 1)
            small[small_count++] = large[--large_count];
    }
    /* What rounding left is full. */
    while (large_count > 0 || small_count > 0) {
        const uint32_t full = large_count > 0 ? large[--large_count] : small[--small_count];
        sampling->columns[full] = (struct dsci_alias_column){ UINT32_MAX, full };
    }
}

void dsci_sampling_make(dsc_scope *scope, const dsc_vocabulary *vocabulary, double sample, bool negatives,
                        dsci_sampling *sampling)
{
    const size_t n = vocabulary->count;
    sampling->count = n;
    sampling->keep = dsc_scope_alloc(scope, n, sizeof *sampling->keep);
    if (sampling->keep)
        make_keep(vocabulary, sample, sampling->keep);
    if (!negatives)
        return;
    sampling->columns = dsc_scope_alloc(scope, n, sizeof *sampling->columns);
    if (sampling->columns)
        make_alias(scope, vocabulary, sampling);
}

uint32_t dsci_sampling_draw(const dsci_sampling *sampling, const uint32_t bits[2])
{
    const uint32_t word = (uint32_t)((uint64_t)bits[0] * sampling->count >> 32);
    const struct dsci_alias_column column = sampling->columns[word];
    /* Both are as likely: a branch would be guessed wrong half of the time. */
    const uint32_t other = 0u - (uint32_t)(bits[1] >= column.threshold);
    return word ^ ((word ^ column.alias) & other);
}
