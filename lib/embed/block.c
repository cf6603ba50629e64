/* block.c - room for blocks of a text, and training one. */
#include "embed/trainer.h"

#include <string.h>

#include "base/sizes.h"

/* --- Sizes --- */

static size_t most_tokens(const dsc_embed_options *o)
{
    return o->block_words + 2 * o->window;
}

static size_t most_groups(const dsc_embed_options *o)
{
    return dsci_ceiling(o->block_words, o->shared_windows);
}

/* Rows that a centre predicts. */
static size_t most_targets(const dsc_embedding *e)
{
    return (e->options.negatives > 0) + e->tree.longest;
}

/* Rows that a block touches. */
size_t dsci_most_rows(const dsc_embedding *e)
{
    const dsc_embed_options *o = &e->options;
    const size_t wanted = most_tokens(o) + o->block_words * most_targets(e) + most_groups(o) * o->negatives;
    return dsci_least(wanted, e->rows.count);
}

/* Rows that are written anew in a group. */
static size_t most_outputs(const dsc_embedding *e)
{
    return e->options.shared_windows * most_targets(e) + e->options.negatives;
}

static size_t most_sources(const dsc_embed_options *o)
{
    return o->model == DSC_EMBED_CBOW ? o->shared_windows : o->shared_windows + 2 * o->window;
}

static void make_token_arrays(const dsc_embedding *e, dsci_block *b)
{
    const dsc_embed_options *o = &e->options;
    const size_t targets = o->block_words * most_targets(e), negatives = most_groups(o) * o->negatives;
    b->tokens = dsc_scope_alloc(e->scope, most_tokens(o), sizeof *b->tokens);
    b->targets = dsc_scope_alloc(e->scope, targets, sizeof *b->targets);
    b->labels = dsc_scope_alloc(e->scope, targets, sizeof *b->labels);
    b->target_begin = dsc_scope_alloc(e->scope, o->block_words + 1, sizeof *b->target_begin);
    b->negatives = dsc_scope_alloc(e->scope, negatives, sizeof *b->negatives);
    b->negative_rows = dsc_scope_alloc(e->scope, negatives, sizeof *b->negative_rows);
}

void dsci_block_make(dsc_embedding *e, dsci_block *b)
{
    const size_t rows = dsci_most_rows(e), copies = e->options.racy ? 0 : rows;
    make_token_arrays(e, b);
    b->rows = dsc_scope_alloc(e->scope, rows, sizeof *b->rows);
    b->by_shard = dsc_scope_alloc(e->scope, rows, sizeof *b->by_shard);
    b->shared = dsc_scope_alloc(e->scope, rows, sizeof *b->shared);
    b->values = dsc_scope_alloc(e->scope, rows, sizeof *b->values);
    b->places = dsc_scope_alloc(e->scope, rows, sizeof *b->places);
    b->copies = dsc_scope_alloc(e->scope, copies, e->rows.stride * sizeof *b->copies);
}

static void make_outputs(const dsc_embedding *e, dsci_worker *w)
{
    const size_t rows = dsci_most_rows(e), outputs = most_outputs(e);
    w->output_of = dsc_scope_alloc(e->scope, rows, sizeof *w->output_of);
    w->outputs = dsc_scope_alloc(e->scope, outputs, sizeof *w->outputs);
    w->output_rows = dsc_scope_alloc(e->scope, outputs, sizeof *w->output_rows);
    w->output_places = dsc_scope_alloc(e->scope, outputs, sizeof *w->output_places);
    w->target_outputs = dsc_scope_alloc(e->scope, outputs, sizeof *w->target_outputs);
    w->negative_outputs = dsc_scope_alloc(e->scope, e->options.negatives, sizeof *w->negative_outputs);
    for (size_t i = 0; w->output_of && i < rows; i++)
        w->output_of[i] = -1;
}

static void make_sources(const dsc_embedding *e, dsci_worker *w)
{
    const size_t sources = most_sources(&e->options), width = e->rows.stride;
    const bool cbow = e->options.model == DSC_EMBED_CBOW;
    w->sources = dsc_scope_alloc(e->scope, sources, sizeof *w->sources);
    w->source_tokens = dsc_scope_alloc(e->scope, sources, sizeof *w->source_tokens);
    w->context = dsc_scope_alloc(e->scope, cbow ? 2 * e->options.window : 0, sizeof *w->context);
    w->hidden = dsc_scope_alloc(e->scope, cbow ? sources : 0, width * sizeof *w->hidden);
    w->errors = dsc_scope_alloc(e->scope, sources, sizeof *w->errors);
    float *errors = dsc_scope_alloc(e->scope, sources, width * sizeof *errors);
    for (size_t s = 0; w->errors && errors && s < sources; s++)
        w->errors[s] = errors + s * width;
}

static void make_matrices(const dsc_embedding *e, dsci_worker *w)
{
    const size_t outputs = most_outputs(e), centres = e->options.shared_windows * outputs;
    const size_t pairs = most_sources(&e->options) * outputs;
    w->centre_positives = dsc_scope_alloc(e->scope, centres, sizeof *w->centre_positives);
    w->centre_pairs = dsc_scope_alloc(e->scope, centres, sizeof *w->centre_pairs);
    w->positives = dsc_scope_alloc(e->scope, pairs, sizeof *w->positives);
    w->pairs = dsc_scope_alloc(e->scope, pairs, sizeof *w->pairs);
    w->scores = dsc_scope_alloc(e->scope, pairs, sizeof *w->scores);
    w->gradients = dsc_scope_alloc(e->scope, pairs, sizeof *w->gradients);
}

dsci_worker *dsci_worker_make(dsc_embedding *e)
{
    dsci_worker *w = dsc_scope_alloc(e->scope, 1, sizeof *w);
    if (!w)
        return NULL;
    size_t slots = 64;
    while (slots < 2 * dsci_most_rows(e))
        slots *= 2;
    w->slot_mask = slots - 1;
    w->slots = dsc_scope_alloc(e->scope, slots, sizeof *w->slots);
    w->copies = dsc_scope_alloc(e->scope, e->options.blocks, sizeof *w->copies);
    make_outputs(e, w);
    make_sources(e, w);
    make_matrices(e, w);
    return dsc_scope_status(e->scope) == DSC_OK ? w : NULL;
}

/* --- Training --- */

/* A whole block's rows are more than the first cache holds: they are fetched into the second. */
static void place_rows(const dsc_embedding *e, dsci_block *b)
{
    float *copy = b->copies;
    for (size_t at = 0; at < b->row_count; at++) {
        const uint32_t local = b->by_shard[at];
        float *row = dsci_row(&e->rows, b->rows[local]);
        for (size_t i = 0; i < e->rows.stride; i += DSCI_LANES)
            __builtin_prefetch(row + i, 0, 2);
        b->values[local] = b->places[local] = row;
        if (b->shared[at]) {
            b->places[local] = copy;
            copy += e->rows.stride;
        }
    }
}

static void fetch_row(const dsc_embedding *e, const float *values)
{
    for (size_t i = 0; i < e->rows.stride; i += DSCI_LANES)
        __builtin_prefetch(values + i);
}

/* Fetches into the first cache what the centres first..end - 1 need that those before them did not, while
   those are trained. */
static void fetch_group(const dsc_embedding *e, const dsci_block *b, size_t first, size_t end)
{
    const size_t window = e->options.window, negatives = e->options.negatives;
    const size_t group = (first - b->centre_begin) / e->options.shared_windows;
    const size_t from = first == b->centre_begin ? 0 : first + window;
    for (size_t t = from; t < dsci_least(end + window, b->token_count); t++)
        fetch_row(e, b->values[b->tokens[t].input]);
    for (size_t t = b->target_begin[first - b->centre_begin]; t < b->target_begin[end - b->centre_begin]; t++)
        fetch_row(e, b->values[b->targets[t]]);
    for (size_t i = 0; i < negatives; i++)
        fetch_row(e, b->values[b->negative_rows[group * negatives + i]]);
}

void dsci_block_train(const dsc_embedding *e, dsci_worker *w, dsci_block *b, float rate)
{
    const size_t windows = e->options.shared_windows;
    place_rows(e, b);
    b->loss = b->pairs = 0;
    size_t negatives = 0;
    for (size_t c = b->centre_begin, end; c < b->centre_end; c = end) {
        end = dsci_least(c + windows, b->centre_end);
        const size_t next = dsci_least(end + windows, b->centre_end);
        if (c == b->centre_begin)
            fetch_group(e, b, c, end);
        if (end < next)
            fetch_group(e, b, end, next);
        dsci_group_train(e, w, b, c, end, negatives, rate);
        negatives += e->options.negatives;
    }
}
