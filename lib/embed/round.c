/* round.c - blocks that start from the same vectors, and what they changed added up in their order. */
#include "embed/trainer.h"

#include <math.h>
#include <stdatomic.h>

#include "base/region.h"
#include "base/sizes.h"

static const double LEAST_RATE = 1e-4; /* of the rate at the start, as word2vec.c */

/* Pieces of work that each thread has a range of. Whoever is done with its own takes from the others': memory
   that a thread wrote stays in its caches from round to round as far as all are equally fast. */
typedef struct pieces {
    size_t count;
    atomic_size_t *taken; /* of each thread's range, a cache line apart */
} pieces;

enum { LINE = DSCI_CACHE_LINE / sizeof(atomic_size_t) };

typedef struct round_work {
    dsc_embedding *embedding;
    uint64_t first, last; /* words of the text */
    float rate;
    size_t blocks;
} round_work;

/* --- Phases --- */

static void plan_block(const round_work *r, int thread, size_t block)
{
    dsc_embedding *e = r->embedding;
    const uint64_t first = r->first + block * e->options.block_words;
    const uint64_t last = first + e->options.block_words;
    dsci_block_plan(e, e->workers[thread], &e->blocks[block], first, last < r->last ? last : r->last);
}

static void count_shard(const round_work *r, int thread, size_t shard)
{
    (void)thread;
    dsci_shard_count(r->embedding, r->blocks, shard);
}

static void train_block(const round_work *r, int thread, size_t block)
{
    dsc_embedding *e = r->embedding;
    dsci_block_train(e, e->workers[thread], &e->blocks[block], r->rate);
}

static void merge_shard(const round_work *r, int thread, size_t shard)
{
    dsc_embedding *e = r->embedding;
    dsci_shard_merge(e, e->workers[thread], r->blocks, shard);
}

/* A phase begins when the one before it is done. Racy training knows of no shared rows. */
static const struct phase {
    void (*run)(const round_work *, int thread, size_t piece);
    bool shards, racy;
} phases[DSCI_ROUND_PHASES] = { { plan_block, false, true },
                                { count_shard, true, false },
                                { train_block, false, true },
                                { merge_shard, true, false } };

/* The next piece from the range of `owner` on; count if none is left. */
static size_t take_piece(pieces *p, dsci_region region, int *owner)
{
    for (; *owner < region.thread + region.threads; ++*owner) {
        const dsci_region range = { *owner % region.threads, region.threads };
        const size_t piece =
            dsci_region_begin(range, p->count) +
            atomic_fetch_add_explicit(&p->taken[range.thread * LINE], 1, memory_order_relaxed);
        if (piece < dsci_region_end(range, p->count))
            return piece;
    }
    return p->count;
}

double dsci_embed_rate(const dsc_embedding *e)
{
    const double all = (double)e->corpus->count * (double)e->options.passes;
    const double done = (double)e->corpus->count * (double)e->pass + (double)e->position;
    return e->options.rate * fmax(1 - done / all, LEAST_RATE);
}

static void run_round(void *user, dsci_region region)
{
    const round_work *r = user;
    const dsc_embedding *e = r->embedding;
    for (size_t i = 0; i < DSCI_ROUND_PHASES; i++) {
        if (e->options.racy && !phases[i].racy)
            continue;
        pieces p = { phases[i].shards ? e->shards : r->blocks,
                     e->taken + i * (size_t)e->options.threads * LINE };
        int owner = region.thread;
        for (size_t piece; (piece = take_piece(&p, region, &owner)) < p.count;)
            phases[i].run(r, region.thread, piece);
        if (i + 1 < DSCI_ROUND_PHASES)
            dsci_region_wait(region);
    }
}

/* The words that are trained together: to the end of the pass at most. */
static void train_round(dsc_embedding *e)
{
    const uint64_t words = (uint64_t)e->options.blocks * e->options.block_words;
    const uint64_t left = e->corpus->count - e->position;
    round_work r = { .embedding = e, .first = e->position, .rate = (float)dsci_embed_rate(e) };
    r.last = r.first + (words < left ? words : left);
    r.blocks = (size_t)((r.last - r.first + e->options.block_words - 1) / e->options.block_words);
    for (size_t i = 0; i < DSCI_ROUND_PHASES * (size_t)e->options.threads * LINE; i++)
        atomic_store_explicit(&e->taken[i], 0, memory_order_relaxed);
    dsci_region_run(e->options.threads, run_round, &r);
    for (size_t b = 0; b < r.blocks; b++) {
        e->loss += e->blocks[b].loss;
        e->pairs += e->blocks[b].pairs;
    }
    e->position = r.last;
}

static void end_pass(dsc_embedding *e)
{
    e->losses[e->pass++] = e->loss / e->pairs;
    e->loss = e->pairs = 0;
    e->position = 0;
}

dsc_status dsc_embed_train(dsc_embedding *e, uint64_t words)
{
    uint64_t done = 0;
    do {
        if (!e || dsc_scope_status(e->scope) != DSC_OK || e->pass == e->options.passes)
            break;
        const uint64_t before = e->position;
        const double rate = dsci_embed_rate(e);
        train_round(e);
        done += e->position - before;
        if (!isfinite(e->loss))
            return dsc_scope_fail(
                e->scope, DSC_ERROR_NUMERIC,
                "word vectors: numbers are no longer finite in pass %zu, at word %llu of the text, "
                "with learning rate %g: a smaller rate is needed",
                e->pass + 1, (unsigned long long)before, rate);
        if (e->position == e->corpus->count)
            end_pass(e);
    } while (done < words);
    return e ? dsc_scope_status(e->scope) : DSC_ERROR_ARGUMENT;
}
