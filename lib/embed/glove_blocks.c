/* glove_blocks.c - the records of a table, dealt out to blocks and shuffled. */
#include "embed/glove.h"

#include <stdatomic.h>
#include <string.h>

#include <sleef.h>

#include <descent/rng.h>

#include "base/region.h"
#include "base/spill.h"

struct shuffle {
    const dsci_glove_blocks *blocks;
    const dsc_embed_glove_options *options;
    dsc_cooccurrence *records; /* where the pairs will be */
    double log_most;
    atomic_size_t next;
};

_Static_assert(sizeof(dsc_cooccurrence) == sizeof(dsci_pair_target), "records become pairs where they are");

static size_t block_of(const dsci_glove_blocks *b, const dsc_cooccurrence *r)
{
    return r->word % b->groups * b->groups + r->context % b->groups;
}

/* Fisher and Yates, each step a number of its own. */
static void shuffle_block(const struct shuffle *s, size_t block)
{
    const dsc_rng rng = dsc_rng_make(s->options->seed, DSC_STREAM_SHUFFLE);
    dsc_cooccurrence *records = s->records + s->blocks->starts[block];
    for (size_t i = (size_t)(s->blocks->starts[block + 1] - s->blocks->starts[block]); i-- > 1;) {
        const size_t j = (size_t)dsc_rng_below(rng, (uint32_t)block, i, i + 1);
        const dsc_cooccurrence kept = records[i];
        records[i] = records[j];
        records[j] = kept;
    }
}

/* SLEEF's "cinz" functions have the same bits on every processor. */
static void make_pairs(const struct shuffle *s, size_t block)
{
    for (uint64_t i = s->blocks->starts[block]; i < s->blocks->starts[block + 1]; i++) {
        const dsc_cooccurrence r = s->records[i];
        const double log = Sleef_cinz_logd1_u10purec(r.weight), rest = log - s->log_most;
        const double weight = rest < 0 ? Sleef_cinz_expd1_u10purec(s->options->exponent * rest) : 1;
        const dsci_pair_target pair = { r.word, r.context, (float)log, (float)weight };
        memcpy(&s->records[i], &pair, sizeof pair);
    }
}

static void shuffle_blocks(void *user, dsci_region region)
{
    (void)region;
    struct shuffle *s = user;
    for (size_t i; (i = atomic_fetch_add(&s->next, 1)) < s->blocks->groups * s->blocks->groups;) {
        shuffle_block(s, i);
        make_pairs(s, i);
    }
}

static void deal_out(dsc_scope *work, const dsci_glove_blocks *b, const dsc_cooccurrences *table,
                     dsc_cooccurrence *dst)
{
    const size_t count = b->groups * b->groups;
    uint64_t *heads = dsc_scope_alloc(work, count, sizeof *heads);
    if (!heads)
        return;
    for (uint64_t i = 0; i < table->count; i++)
        b->starts[block_of(b, &table->records[i]) + 1]++;
    for (size_t i = 0; i < count; i++)
        b->starts[i + 1] += b->starts[i];
    memcpy(heads, b->starts, count * sizeof *heads);
    for (uint64_t i = 0; i < table->count; i++)
        dst[heads[block_of(b, &table->records[i])]++] = table->records[i];
}

dsci_glove_blocks dsci_glove_blocks_make(dsc_scope *scope, const dsc_cooccurrences *table,
                                         const dsc_embed_glove_options *options)
{
    dsci_glove_blocks b = { .groups = options->groups };
    b.starts = dsc_scope_alloc(scope, b.groups * b.groups + 1, sizeof *b.starts);
    dsci_spill *spill = dsci_spill_make(scope, options->directory, options->memory);
    dsc_cooccurrence *records = NULL;
    if (b.starts && spill)
        records = dsci_spill_grow(spill, (size_t)table->count * sizeof *records);
    if (!records)
        return b;
    dsc_scope *work = dsc_scope_open(NULL);
    deal_out(work, &b, table, records);
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    if (dsc_scope_status(scope) != DSC_OK)
        return b;
    struct shuffle s = { .blocks = &b,
                         .options = options,
                         .records = records,
                         .log_most = Sleef_cinz_logd1_u10purec(options->most) };
    dsci_region_run(options->threads, shuffle_blocks, &s);
    b.pairs = (dsci_pair_target *)(void *)records;
    return b;
}

void dsci_glove_strata(const dsc_embed_glove_options *options, size_t epoch, uint32_t *order)
{
    dsc_rng_permutation(dsc_rng_make(options->seed, DSC_STREAM_SAMPLING), (uint32_t)epoch, order,
                        options->groups);
}
