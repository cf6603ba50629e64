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

enum { LINE = 64 / sizeof(atomic_size_t) };

typedef struct round {
    dsc_embedding *embedding;
    uint64_t first, last; /* words of the text */
    float rate;
    pieces blocks, shards;
} round_work;

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

static void train_blocks(round_work *r, dsci_region region)
{
    dsc_embedding *e = r->embedding;
    const uint64_t words = e->options.block_words;
    int owner = region.thread;
    for (size_t b; (b = take_piece(&r->blocks, region, &owner)) < r->blocks.count;) {
        const uint64_t first = r->first + b * words;
        const uint64_t last = first + words < r->last ? first + words : r->last;
        dsci_block_train(e, e->workers[region.thread], first, last, r->rate, &e->changes[b]);
    }
}

static void count_touches(round_work *r, size_t shard, int step)
{
    dsc_embedding *e = r->embedding;
    for (size_t b = 0; b < r->blocks.count; b++) {
        const dsci_changes *c = &e->changes[b];
        for (size_t i = c->first[shard]; i < c->first[shard + 1]; i++)
            e->touched[c->rows[i]] = step > 0 ? (uint16_t)(e->touched[c->rows[i]] + 1) : 0;
    }
}

static void add_difference(const dsc_embedding *e, uint32_t row, const float *difference)
{
    float *values = dsci_row(&e->rows, row);
    const double most = e->options.most_deltas;
    if (e->touched && e->touched[row] > most) {
        const float factor = (float)(most / e->touched[row]);
        e->kernels->combine_rows(values, values, &factor, &difference, 1, e->rows.stride);
    } else
        e->kernels->add(values, values, difference, e->rows.stride, 0);
}

/* Fetches a row and a difference into the cache while those before them are added. */
static void fetch(const dsc_embedding *e, const dsci_changes *c, size_t i)
{
    const float *row = dsci_row(&e->rows, c->rows[i]),
                *difference = c->copies + c->places[i] * e->rows.stride;
    for (size_t j = 0; j < e->rows.stride; j += DSCI_LANES) {
        __builtin_prefetch(row + j, 1);
        __builtin_prefetch(difference + j);
    }
}

/* A shard's rows are this thread's alone. */
static void add_changes(round_work *r, size_t shard)
{
    enum { AHEAD = 6 }; /* rows: memory takes about as long as adding these */
    dsc_embedding *e = r->embedding;
    if (e->touched)
        count_touches(r, shard, 1);
    for (size_t b = 0; b < r->blocks.count; b++) {
        const dsci_changes *c = &e->changes[b];
        const size_t end = c->first[shard + 1];
        for (size_t i = c->first[shard]; i < end; i++) {
            if (i + AHEAD < end)
                fetch(e, c, i + AHEAD);
            add_difference(e, c->rows[i], c->copies + c->places[i] * e->rows.stride);
        }
    }
    if (e->touched)
        count_touches(r, shard, -1);
}

static void run_round(void *user, dsci_region region)
{
    round_work *r = user;
    train_blocks(r, region);
    dsci_region_wait(region);
    int owner = region.thread;
    if (!r->embedding->options.racy)
        for (size_t s; (s = take_piece(&r->shards, region, &owner)) < r->shards.count;)
            add_changes(r, s);
}

/* The words that are trained together: to the end of the pass at most. */
static void train_round(dsc_embedding *e)
{
    const uint64_t words = (uint64_t)e->options.blocks * e->options.block_words;
    const uint64_t left = e->corpus->count - e->position;
    const size_t threads = (size_t)e->options.threads * LINE;
    round_work r = { .embedding = e, .first = e->position, .rate = (float)dsci_embed_rate(e) };
    r.last = r.first + (words < left ? words : left);
    r.blocks = (pieces){ (size_t)((r.last - r.first + e->options.block_words - 1) / e->options.block_words),
                         e->taken };
    r.shards = (pieces){ e->shards, e->taken + threads };
    for (size_t i = 0; i < 2 * threads; i++)
        atomic_store_explicit(&e->taken[i], 0, memory_order_relaxed);
    dsci_region_run(e->options.threads, run_round, &r);
    for (size_t b = 0; b < r.blocks.count; b++) {
        e->loss += e->changes[b].loss;
        e->pairs += e->changes[b].pairs;
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
