/* glove.c - GloVe: a weighted factorization of logarithms of counts. */
#include "embed/glove.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/rng.h>

#include "base/region.h"
#include "base/sizes.h"
#include "embed/pair_table.h"

enum { MOST_GROUPS = 4096, MOST_DIMENSION = 1 << 20 };

/* A row is its vector and two elements more, whose products are the biases: (w, b, 1) . (v, 1, c). The ones
   have infinite sums of squares and stay. */
struct training {
    const dsci_kernels *kernels;
    const dsc_embed_glove_options *options;
    dsci_glove_blocks blocks;
    dsci_pair_factors factors;
    size_t words;
    double *losses; /* of the blocks of a stratum */
    size_t stratum;
    atomic_size_t next;
};

/* Elements of both factors are drawn at (factor, word, place in its vector or bias). */
static void start_row(const struct training *t, float *row, uint32_t factor, size_t word)
{
    const size_t dimension = t->options->dimension, width = t->factors.width;
    const dsc_rng rng = dsc_rng_make(t->options->seed, DSC_STREAM_INIT);
    for (size_t i = 0; i <= dimension; i++) {
        const double u = dsc_rng_uniform(rng, factor, (uint64_t)word * (dimension + 1) + i);
        row[i < dimension ? i : dimension + factor] = (float)((u - 0.5) / (double)dimension);
    }
    for (size_t i = 0; i < width; i++)
        row[width + i] = 1;
    row[dimension + 1 - factor] = 1;
    row[width + dimension + 1 - factor] = INFINITY;
}

static void start_rows(void *user, dsci_region region)
{
    const struct training *t = user;
    for (size_t w = dsci_region_begin(region, t->words); w < dsci_region_end(region, t->words); w++) {
        start_row(t, t->factors.rows + w * 2 * t->factors.width, 0, w);
        start_row(t, t->factors.columns + w * 2 * t->factors.width, 1, w);
    }
}

static void train_blocks(void *user, dsci_region region)
{
    (void)region;
    struct training *t = user;
    const size_t groups = t->blocks.groups;
    for (size_t g; (g = atomic_fetch_add(&t->next, 1)) < groups;) {
        const uint64_t *start = &t->blocks.starts[g * groups + (g + t->stratum) % groups];
        t->losses[g] =
            t->kernels->pair_factors(&t->factors, t->blocks.pairs + start[0], (size_t)(start[1] - start[0]));
    }
}

/* The mean loss; a poisoned scope if it is not finite or all is to stop. */
static double train_epoch(dsc_scope *scope, struct training *t, size_t epoch, uint64_t records,
                          uint32_t *order)
{
    double loss = 0;
    dsci_glove_strata(t->options, epoch, order);
    for (size_t s = 0; s < t->blocks.groups && dsc_scope_goes_on(scope); s++) {
        t->stratum = order[s];
        atomic_store(&t->next, 0);
        dsci_region_run(t->options->threads, train_blocks, t);
        for (size_t g = 0; g < t->blocks.groups; g++)
            loss += t->losses[g];
        if (!isfinite(loss))
            dsc_scope_fail(
                scope, DSC_ERROR_NUMERIC,
                "GloVe: the loss is not finite in epoch %zu of %zu, at a rate of %g; choose a smaller rate",
                epoch, t->options->epochs, t->options->rate);
    }
    return records ? loss / (double)records : 0;
}

static void train(dsc_scope *scope, dsc_scope *work, struct training *t, uint64_t records)
{
    const dsc_embed_glove_options *o = t->options;
    uint32_t *order = dsc_scope_alloc(work, o->groups, sizeof *order);
    t->losses = dsc_scope_alloc(work, o->groups, sizeof *t->losses);
    if (!order || !t->losses)
        return;
    dsci_region_run(o->threads, start_rows, t);
    for (size_t epoch = 1; epoch <= o->epochs; epoch++) {
        const double loss = train_epoch(scope, t, epoch, records, order);
        if (dsc_scope_status(scope) != DSC_OK)
            return;
        if (o->on_epoch)
            o->on_epoch(o->user, epoch, loss);
    }
}

static dsc_status take_vectors(dsc_scope *scope, const struct training *t, const dsc_cooccurrences *table,
                               float *vectors)
{
    const size_t dimension = t->options->dimension, width = t->factors.width;
    bool *known = dsc_scope_alloc(scope, t->words, sizeof *known);
    if (!known)
        return dsc_scope_status(scope);
    for (uint64_t i = 0; i < table->count; i++)
        known[table->records[i].word] = known[table->records[i].context] = true;
    for (size_t w = 0; w < t->words; w++)
        for (size_t i = 0; i < dimension && known[w]; i++) {
            const float *row = t->factors.rows + w * 2 * width, *column = t->factors.columns + w * 2 * width;
            const float value = row[i] + (t->options->words_alone ? 0 : column[i]);
            if (!isfinite(value))
                return dsc_scope_fail(
                    scope, DSC_ERROR_NUMERIC,
                    "GloVe: the vector of word %zu is not finite after %zu epochs, at a rate of %g; choose a smaller rate",
                    w, t->options->epochs, t->options->rate);
            vectors[w * dimension + i] = value;
        }
    return DSC_OK;
}

static bool is_positive(double x)
{
    return x > 0 && isfinite(x);
}

static dsc_status check(dsc_scope *scope, const dsc_vocabulary *vocabulary, const dsc_cooccurrences *table,
                        const dsc_embed_glove_options *o)
{
    if (dsci_table_check(scope, table, "GloVe") != DSC_OK)
        return dsc_scope_status(scope);
    if (!vocabulary || vocabulary->count != table->words)
        return dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                              "GloVe: the table is of %zu words, the vocabulary has %zu", table->words,
                              vocabulary ? vocabulary->count : 0);
    if (!is_positive(o->rate) || !is_positive(o->most) || !is_positive(o->exponent))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "GloVe: rate %g, most %g, exponent %g; expected positive, finite numbers",
                              o->rate, o->most, o->exponent);
    if (o->groups > MOST_GROUPS || o->dimension > MOST_DIMENSION || o->epochs > UINT32_MAX)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "GloVe: %zu groups, %zu dimensions, %zu epochs; expected at most %d, %d and %u",
                              o->groups, o->dimension, o->epochs, MOST_GROUPS, MOST_DIMENSION, UINT32_MAX);
    return DSC_OK;
}

static dsc_embed_glove_options with_defaults(const dsc_embed_glove_options *options)
{
    dsc_embed_glove_options o = options ? *options : (dsc_embed_glove_options){ 0 };
    o.dimension = o.dimension ? o.dimension : 100;
    o.epochs = o.epochs ? o.epochs : 25;
    o.rate = o.rate != 0 ? o.rate : 0.05;
    o.most = o.most != 0 ? o.most : 100;
    o.exponent = o.exponent != 0 ? o.exponent : 0.75;
    o.groups = o.groups ? o.groups : 64;
    o.threads = dsc_threads_choose(o.threads).count;
    return o;
}

const dsc_word_vectors *dsc_embed_glove(dsc_scope *scope, const dsc_vocabulary *vocabulary,
                                        const dsc_cooccurrences *table,
                                        const dsc_embed_glove_options *options)
{
    dsc_embed_glove_options o = with_defaults(options);
    if (check(scope, vocabulary, table, &o) != DSC_OK)
        return NULL;
    o.threads = (int)dsci_least((size_t)o.threads, o.groups);
    dsc_word_vectors *result = dsc_scope_alloc(scope, 1, sizeof *result);
    float *vectors = dsc_scope_alloc(scope, table->words * o.dimension, sizeof *vectors);
    dsc_scope *work = dsc_scope_open_within(scope, 0);
    struct training t = { .kernels = dsci_kernels_for(DSC_ISA_AUTO), .options = &o, .words = table->words };
    t.factors.width = dsci_vector_floats(o.dimension + 2);
    t.factors.rate = o.rate;
    t.factors.rows = dsc_scope_alloc(work, t.words, 2 * t.factors.width * sizeof *t.factors.rows);
    t.factors.columns = dsc_scope_alloc(work, t.words, 2 * t.factors.width * sizeof *t.factors.columns);
    if (result && vectors && dsc_scope_status(work) == DSC_OK) {
        t.blocks = dsci_glove_blocks_make(work, table, &o);
        if (dsc_scope_status(work) == DSC_OK)
            train(scope, work, &t, table->count);
        if (dsc_scope_status(work) == DSC_OK && dsc_scope_status(scope) == DSC_OK)
            take_vectors(work, &t, table, vectors);
        *result =
            (dsc_word_vectors){ table->words, o.dimension, vocabulary->words, vectors, vocabulary->counts };
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope) == DSC_OK ? result : NULL;
}
