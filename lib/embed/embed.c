/* embed.c - word2vec's trainer: options, memory, what it has learnt. */
#include "embed/trainer.h"

#include <math.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/rng.h>

#include "base/random.h"
#include "base/sizes.h"

/* Beyond these a number is a slip. */
enum {
    MOST_DIMENSION = 1 << 16,
    MOST_WINDOW = 1 << 12,
    MOST_NEGATIVES = 1 << 12,
    MOST_BLOCKS = 1 << 15,
    MOST_BLOCK_WORDS = 1 << 20,
    MOST_PASSES = 1 << 20
};

static dsc_embed_options with_defaults(const dsc_embed_options *given)
{
    dsc_embed_options o = given ? *given : (dsc_embed_options){ 0 };
    const bool cbow = o.model == DSC_EMBED_CBOW;
    o.dimension = o.dimension ? o.dimension : 100;
    o.window = o.window ? o.window : 5;
    o.negatives = o.negatives || o.hierarchical_softmax ? o.negatives : 5;
    o.sample = o.sample != 0 ? o.sample : 1e-3;
    o.rate = o.rate != 0 ? o.rate : cbow ? 0.05 : 0.025;
    o.passes = o.passes ? o.passes : 5;
    o.blocks = o.blocks ? o.blocks : o.hierarchical_softmax ? 16 : 64;
    o.block_words = o.block_words ? o.block_words : 64;
    o.shared_windows = o.shared_windows ? o.shared_windows : cbow || o.hierarchical_softmax ? 1 : 2;
    o.most_deltas = o.most_deltas != 0 ? o.most_deltas : o.hierarchical_softmax ? 4 : 8;
    o.threads = dsc_threads_choose(o.threads).count;
    return o;
}

static bool in_range(dsc_scope *scope, const char *name, size_t value, size_t most)
{
    if (value > most)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "word vectors: %s is at most %zu, found %zu", name, most,
                       value);
    return value <= most;
}

static bool check(dsc_scope *scope, const dsc_vocabulary *vocabulary, const dsc_corpus *corpus,
                  const dsc_embed_options *o)
{
    if (!vocabulary || !corpus || vocabulary->count < 3 || corpus->count == 0)
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "word vectors: expected a text of two different words or more, found %zu different words",
            vocabulary && vocabulary->count ? vocabulary->count - 1 : 0);
    else if (!(o->rate > 0) || !isfinite(o->rate) || !(o->most_deltas > 0) || isnan(o->sample))
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "word vectors: expected a learning rate above 0, found %g (sample %g, most deltas %g)",
                       o->rate, o->sample, o->most_deltas);
    else
        return in_range(scope, "the dimension", o->dimension, MOST_DIMENSION) &&
               in_range(scope, "the window", o->window, MOST_WINDOW) &&
               in_range(scope, "the number of negative samples", o->negatives, MOST_NEGATIVES) &&
               in_range(scope, "the number of blocks", o->blocks, MOST_BLOCKS) &&
               in_range(scope, "a block's number of words", o->block_words, MOST_BLOCK_WORDS) &&
               in_range(scope, "the number of windows that share samples", o->shared_windows,
                        o->block_words) &&
               in_range(scope, "the number of passes", o->passes, MOST_PASSES);
    return false;
}

/* Uniform in +-0.5 / dimension; outputs and nodes are 0, as in word2vec.c. */
static void draw_vectors(dsc_embedding *e)
{
    const dsci_random *random = dsci_random_for(DSC_ISA_AUTO);
    const size_t dimension = e->options.dimension;
    dsci_draw draw = { .rng = dsc_rng_make(e->options.seed, DSC_STREAM_INIT),
                       .offset = -0.5 / (double)dimension,
                       .factor = 1 / (double)dimension };
    for (size_t w = 0; w < e->vocabulary->count; w++) {
        draw.first = (uint64_t)w * dimension;
        random->uniform_f32(dsci_row(&e->rows, w), dimension, &draw);
    }
}

/* Before memory is asked for that a system may grant and then not have. */
static bool fits(dsc_scope *scope, const dsc_embedding *e, size_t rows)
{
    const dsc_memory memory = dsc_memory_get();
    const double bytes = (double)rows * (double)dsci_vector_floats(e->options.dimension) * sizeof(float);
    const double text = (double)e->corpus->count * (e->corpus->mapped ? 0 : sizeof *e->corpus->ids);
    if (bytes + text <= memory.usable)
        return true;
    dsc_scope_fail(
        scope, DSC_ERROR_MEMORY,
        "word vectors: %zu vectors of %zu numbers and the text need %.1f GiB, this process can use %s; "
        "a larger min-count or a smaller dimension needs less",
        rows, e->options.dimension, (bytes + text) / 0x1p30, memory.reason);
    return false;
}

static void make_rows(dsc_embedding *e)
{
    const size_t words = e->vocabulary->count;
    e->rows.stride = dsci_vector_floats(e->options.dimension);
    e->rows.outputs = e->rows.count = words;
    if (e->options.negatives > 0)
        e->rows.count += words;
    e->rows.nodes = e->rows.count;
    if (e->options.hierarchical_softmax)
        e->rows.count += words;
    if (e->rows.count > UINT32_MAX) {
        dsc_scope_fail(e->scope, DSC_ERROR_ARGUMENT,
                       "word vectors: at most %u vectors are trained, found %zu", UINT32_MAX, e->rows.count);
        return;
    }
    if (!fits(e->scope, e, e->rows.count))
        return;
    e->rows.data = dsc_scope_alloc(e->scope, e->rows.count, e->rows.stride * sizeof *e->rows.data);
    if (e->rows.data)
        draw_vectors(e);
}

static void make_blocks(dsc_embedding *e)
{
    e->blocks = dsc_scope_alloc(e->scope, e->options.blocks, sizeof *e->blocks);
    for (size_t b = 0; e->blocks && b < e->options.blocks; b++)
        dsci_block_make(e, &e->blocks[b]);
}

static void make_round(dsc_embedding *e)
{
    const size_t uses = e->options.blocks * dsci_most_rows(e);
    if (e->options.racy)
        return;
    e->round.seen = dsc_scope_alloc(e->scope, e->rows.count, sizeof *e->round.seen);
    e->round.used = dsc_scope_alloc(e->scope, uses, sizeof *e->round.used);
    e->round.uses = dsc_scope_alloc(e->scope, uses, sizeof *e->round.uses);
}

static void make_workers(dsc_embedding *e)
{
    const size_t threads = (size_t)e->options.threads;
    e->workers = dsc_scope_alloc(e->scope, threads, sizeof(dsci_worker *));
    e->taken = dsc_scope_alloc(e->scope, threads * DSCI_ROUND_PHASES, DSCI_CACHE_LINE);
    for (size_t t = 0; e->workers && t < threads; t++)
        e->workers[t] = dsci_worker_make(e);
}

dsc_embedding *dsc_embed_open(dsc_scope *scope, const dsc_vocabulary *vocabulary, const dsc_corpus *corpus,
                              const dsc_embed_options *options)
{
    const dsc_embed_options o = with_defaults(options);
    dsc_embedding *e = dsc_scope_alloc(scope, 1, sizeof *e);
    if (!e || !check(scope, vocabulary, corpus, &o))
        return NULL;
    *e = (dsc_embedding){ .scope = scope,
                          .options = o,
                          .vocabulary = vocabulary,
                          .corpus = corpus,
                          .kernels = dsci_kernels_for(DSC_ISA_AUTO),
                          .shards = dsci_least((size_t)o.threads * DSCI_THREAD_SHARDS, DSCI_MOST_SHARDS),
                          .losses = dsc_scope_alloc(scope, o.passes, sizeof *e->losses) };
    dsci_sampling_make(scope, vocabulary, o.sample, o.negatives > 0, &e->sampling);
    if (o.hierarchical_softmax)
        dsci_tree_make(scope, vocabulary->counts, vocabulary->count, &e->tree);
    if (dsc_scope_status(scope) == DSC_OK)
        make_rows(e);
    if (dsc_scope_status(scope) == DSC_OK)
        make_blocks(e);
    if (dsc_scope_status(scope) == DSC_OK)
        make_round(e);
    if (dsc_scope_status(scope) == DSC_OK)
        make_workers(e);
    return dsc_scope_status(scope) == DSC_OK ? e : NULL;
}

dsc_embed_options dsc_embed_options_of(const dsc_embedding *e)
{
    return e->options;
}

dsc_embed_progress dsc_embed_progress_of(const dsc_embedding *e)
{
    const uint64_t text = e->corpus->count;
    return (dsc_embed_progress){ .words = text * e->pass + e->position,
                                 .all_words = text * e->options.passes,
                                 .pass = e->pass,
                                 .rate = dsci_embed_rate(e),
                                 .loss = e->pairs > 0 ? e->loss / e->pairs : NAN };
}

const double *dsc_embed_losses(const dsc_embedding *e, size_t *passes)
{
    *passes = e->pass;
    return e->losses;
}

/* A copy of as many rows as there are words, from the first one on. */
static const dsc_word_vectors *copy_rows(dsc_scope *scope, const dsc_embedding *e, size_t first)
{
    const size_t words = e->vocabulary->count, dimension = e->options.dimension;
    dsc_word_vectors *vectors = dsc_scope_alloc(scope, 1, sizeof *vectors);
    float *values = dsc_scope_alloc(scope, words, dimension * sizeof *values);
    if (!vectors || !values)
        return NULL;
    for (size_t w = 0; w < words; w++)
        memcpy(values + w * dimension, dsci_row(&e->rows, first + w), dimension * sizeof *values);
    *vectors = (dsc_word_vectors){ .count = words,
                                   .dimension = dimension,
                                   .words = e->vocabulary->words,
                                   .vectors = values,
                                   .counts = e->vocabulary->counts };
    return vectors;
}

const dsc_word_vectors *dsc_embed_vectors(dsc_scope *scope, const dsc_embedding *e)
{
    return copy_rows(scope, e, 0);
}

const dsc_word_vectors *dsc_embed_output_vectors(dsc_scope *scope, const dsc_embedding *e)
{
    if (e->options.negatives == 0) {
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "output vectors of words: expected negative sampling, found hierarchical softmax alone");
        return NULL;
    }
    return copy_rows(scope, e, e->rows.outputs);
}
