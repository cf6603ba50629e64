/* group.c - some windows in a row that share their negative samples: one small step of gradient descent.
 *
 * Sources are the rows that predict: in skip-gram the words of the windows, each once for all the windows
 * that it is in; in CBOW the mean of each window. Outputs are the rows that are predicted: those of the
 * centres and of the negative samples. Of each source and output it is known how many pairs they make, and
 * how many of these have the label 1: matrices of sources x outputs. All are scored on the rows as they are,
 * then all rows change together.
 */
#include "embed/trainer.h"

#include <string.h>

#include "base/sizes.h"

/* Scores beyond it are sure: the bounds of word2vec's table of the sigmoid. */
static const float SURE = 6;

/* The centres of a group. */
typedef struct group {
    const dsc_embedding *embedding;
    dsci_worker *worker;
    dsci_block *block;
    size_t begin, end; /* tokens */
    size_t negatives;  /* where its samples begin */
} group;

static uint32_t output_for(dsci_worker *w, const dsci_block *b, uint32_t local)
{
    if (w->output_of[local] < 0) {
        w->output_of[local] = (int32_t)w->output_count;
        w->output_rows[w->output_count] = b->values[local];
        w->outputs[w->output_count++] = local;
    }
    return (uint32_t)w->output_of[local];
}

static void forget_outputs(dsci_worker *w)
{
    for (size_t o = 0; o < w->output_count; o++)
        w->output_of[w->outputs[o]] = -1;
}

/* Of the group's targets and samples, once for all pairs. */
static void number_outputs(const group *g)
{
    dsci_worker *w = g->worker;
    const dsci_block *b = g->block;
    const size_t first = b->target_begin[g->begin - b->centre_begin];
    const size_t last = b->target_begin[g->end - b->centre_begin];
    for (size_t t = first; t < last; t++)
        w->target_outputs[t - first] = output_for(w, b, b->targets[t]);
    for (size_t i = 0; i < g->embedding->options.negatives; i++)
        w->negative_outputs[i] = output_for(w, b, b->negative_rows[g->negatives + i]);
}

/* A centre's own pairs with each output. */
typedef struct centre_pairs {
    float *positives, *pairs;
} centre_pairs;

static centre_pairs pairs_of(const dsci_worker *w, size_t index)
{
    return (centre_pairs){ .positives = w->centre_positives + index * w->output_count,
                           .pairs = w->centre_pairs + index * w->output_count };
}

/* Returns how many pairs each source of the centre has. A sample is no negative where the centre is the word
   itself. */
static float pair_centre(const group *g, size_t centre)
{
    const dsci_worker *w = g->worker;
    const dsci_block *b = g->block;
    const size_t first = b->target_begin[g->begin - b->centre_begin];
    const size_t *targets = &b->target_begin[centre - b->centre_begin];
    const centre_pairs pairs = pairs_of(w, centre - g->begin);
    float total = 0;
    memset(pairs.positives, 0, w->output_count * sizeof *pairs.positives);
    memset(pairs.pairs, 0, w->output_count * sizeof *pairs.pairs);
    for (size_t t = targets[0]; t < targets[1]; t++) {
        pairs.positives[w->target_outputs[t - first]] += b->labels[t];
        pairs.pairs[w->target_outputs[t - first]] += 1;
    }
    for (size_t i = 0; i < g->embedding->options.negatives; i++)
        if (b->negatives[g->negatives + i] != b->tokens[centre].word)
            pairs.pairs[w->negative_outputs[i]] += 1;
    for (size_t o = 0; o < w->output_count; o++)
        total += pairs.pairs[o];
    return total;
}

/* A word of the text or, in CBOW, the context of one. It has no pairs yet. */
static void begin_source(dsci_worker *w, const float *row, size_t token)
{
    const size_t at = w->source_count++ * w->output_count;
    w->sources[w->source_count - 1] = row;
    w->source_tokens[w->source_count - 1] = (uint32_t)token;
    memset(w->positives + at, 0, w->output_count * sizeof *w->positives);
    memset(w->pairs + at, 0, w->output_count * sizeof *w->pairs);
}

/* The last source predicts a centre. */
static void add_pairs(const group *g, size_t centre)
{
    dsci_worker *w = g->worker;
    const centre_pairs pairs = pairs_of(w, centre - g->begin);
    const size_t outputs = w->output_count;
    float *positives = w->positives + (w->source_count - 1) * outputs;
    float *all = w->pairs + (w->source_count - 1) * outputs;
    for (size_t o = 0; o < outputs; o++) {
        positives[o] += pairs.positives[o];
        all[o] += pairs.pairs[o];
    }
}

static size_t context_size(const dsci_token *centre)
{
    return centre->window_end - centre->window_begin - 1;
}

static bool holds(const dsci_token *centre, size_t index, size_t token)
{
    return token >= centre->window_begin && token < centre->window_end && token != index;
}

static void pair_words(const group *g)
{
    dsci_worker *w = g->worker;
    const dsci_block *b = g->block;
    size_t low = b->token_count, high = 0;
    for (size_t c = g->begin; c < g->end; c++) {
        low = dsci_least(low, b->tokens[c].window_begin);
        high = dsci_largest(high, b->tokens[c].window_end);
    }
    for (size_t t = low; t < high; t++) {
        bool begun = false;
        for (size_t c = g->begin; c < g->end; c++) {
            if (!holds(&b->tokens[c], c, t))
                continue;
            if (!begun)
                begin_source(w, b->values[b->tokens[t].input], t);
            begun = true;
            add_pairs(g, c);
        }
    }
}

/* The sum or the mean of a window's words. */
static void sum_context(const group *g, size_t centre, float *hidden)
{
    const dsc_embedding *e = g->embedding;
    const dsci_worker *w = g->worker;
    const dsci_block *b = g->block;
    const dsci_token *t = &b->tokens[centre];
    const size_t size = context_size(t);
    const float factor = e->options.context == DSC_CONTEXT_SUM ? 1 : 1 / (float)size;
    size_t count = 0;
    for (size_t i = t->window_begin; i < t->window_end; i++)
        if (i != centre)
            w->context[count++] = b->values[b->tokens[i].input];
    e->kernels->combine_rows(&(dsci_row_sums){ .dst = &hidden,
                                               .count = 1,
                                               .factors = &factor,
                                               .rows = w->context,
                                               .rows_count = size,
                                               .width = e->rows.stride });
}

static void pair_contexts(const group *g)
{
    dsci_worker *w = g->worker;
    for (size_t c = g->begin; c < g->end; c++) {
        float *hidden = w->hidden + (c - g->begin) * g->embedding->rows.stride;
        if (context_size(&g->block->tokens[c]) == 0)
            continue;
        sum_context(g, c, hidden);
        begin_source(w, hidden, c);
        add_pairs(g, c);
    }
}

static void pair_all(const group *g)
{
    dsci_worker *w = g->worker;
    w->source_count = w->output_count = 0;
    number_outputs(g);
    for (size_t c = g->begin; c < g->end; c++) {
        const size_t size = context_size(&g->block->tokens[c]);
        const bool cbow = g->embedding->options.model == DSC_EMBED_CBOW;
        const float total = pair_centre(g, c);
        g->block->pairs += (double)total * (cbow ? size > 0 : (double)size);
    }
    (g->embedding->options.model == DSC_EMBED_CBOW ? pair_contexts : pair_words)(g);
}

/* --- What changes --- */

static void score_pairs(const group *g, float rate)
{
    const dsc_embedding *e = g->embedding;
    dsci_worker *w = g->worker;
    e->kernels->dot_rows(w->scores, w->sources, w->source_count, w->output_rows, w->output_count,
                         e->rows.stride);
    g->block->loss +=
        e->kernels->pair_gradients(w->gradients, w->scores, w->positives, w->pairs,
                                   w->source_count * w->output_count, rate, SURE, e->options.negatives == 0);
}

/* What sources change by is kept while the outputs still need their old values. */
static void find_errors(const group *g)
{
    const dsc_embedding *e = g->embedding;
    const dsci_worker *w = g->worker;
    e->kernels->combine_rows(&(dsci_row_sums){ .dst = w->errors,
                                               .count = w->source_count,
                                               .factors = w->gradients,
                                               .sum_step = w->output_count,
                                               .row_step = 1,
                                               .rows = w->output_rows,
                                               .rows_count = w->output_count,
                                               .width = e->rows.stride });
}

/* A row that changes moves to its copy if it has one. */
static void update_outputs(const group *g)
{
    const dsc_embedding *e = g->embedding;
    dsci_worker *w = g->worker;
    dsci_block *b = g->block;
    for (size_t o = 0; o < w->output_count; o++)
        w->output_places[o] = b->values[w->outputs[o]] = b->places[w->outputs[o]];
    e->kernels->combine_rows(&(dsci_row_sums){ .dst = w->output_places,
                                               .src = w->output_rows,
                                               .count = w->output_count,
                                               .factors = w->gradients,
                                               .sum_step = 1,
                                               .row_step = w->output_count,
                                               .rows = w->sources,
                                               .rows_count = w->source_count,
                                               .width = e->rows.stride });
}

static void update_word(const group *g, size_t token, float factor, const float *error)
{
    const dsc_embedding *e = g->embedding;
    dsci_block *b = g->block;
    const uint32_t local = b->tokens[token].input;
    e->kernels->combine_rows(&(dsci_row_sums){ .dst = &b->places[local],
                                               .src = (const float *const *)&b->values[local],
                                               .count = 1,
                                               .factors = &factor,
                                               .rows = &error,
                                               .rows_count = 1,
                                               .width = e->rows.stride });
    b->values[local] = b->places[local];
}

static void update_words(const group *g)
{
    const dsci_worker *w = g->worker;
    for (size_t s = 0; s < w->source_count; s++)
        update_word(g, w->source_tokens[s], 1, w->errors[s]);
}

/* Each word of a window gets the gradient of the window's mean. */
static void update_contexts(const group *g)
{
    const dsci_worker *w = g->worker;
    for (size_t s = 0; s < w->source_count; s++) {
        const size_t centre = w->source_tokens[s];
        const dsci_token *t = &g->block->tokens[centre];
        const bool divided = g->embedding->options.context == DSC_CONTEXT_MEAN_DIVIDED;
        const float factor = divided ? 1 / (float)context_size(t) : 1;
        for (size_t i = t->window_begin; i < t->window_end; i++)
            if (i != centre)
                update_word(g, i, factor, w->errors[s]);
    }
}

void dsci_group_train(const dsc_embedding *e, dsci_worker *w, dsci_block *b, size_t begin, size_t end,
                      size_t negatives, float rate)
{
    const group g = { e, w, b, begin, end, negatives };
    pair_all(&g);
    if (w->source_count > 0) {
        score_pairs(&g, rate);
        find_errors(&g);
        update_outputs(&g);
        (e->options.model == DSC_EMBED_CBOW ? update_contexts : update_words)(&g);
    }
    forget_outputs(w);
}
