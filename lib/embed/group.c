/* group.c - some windows in a row that share their negative samples: one small step of gradient descent.
 *
 * Sources are the rows that predict: in skip-gram the words of the windows, each once for all the windows
 * that it is in; in CBOW the mean of each window. Outputs are the rows that are predicted: those of the
 * centres and of the negative samples. A pair is a source and an output with a label. All pairs of the group
 * are scored on the rows as they are, then all rows change together.
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
    size_t begin, end; /* tokens */
    size_t negatives;  /* where its samples begin */
    float rate;
} group;

/* A second group needs the values of a row of which there is a difference: it becomes a copy. */
static void make_copy(const dsc_embedding *e, dsci_worker *w, uint32_t local)
{
    float *place = w->copies + local * e->rows.stride;
    e->kernels->add(place, place, w->local[local], e->rows.stride, 0);
    w->local[local] = place;
    w->states[local] = DSCI_ROW_COPIED;
}

static uint32_t output_for(const dsc_embedding *e, dsci_worker *w, uint32_t local)
{
    if (w->output_of[local] < 0) {
        w->output_of[local] = (int32_t)w->output_count;
        w->outputs[w->output_count++] = local;
        if (w->states[local] == DSCI_ROW_DIFFERENCE)
            make_copy(e, w, local);
    }
    return (uint32_t)w->output_of[local];
}

/* Of the group's targets and samples, once for all pairs. */
static void number_outputs(const group *g)
{
    dsci_worker *w = g->worker;
    const size_t first = w->target_begin[g->begin - w->centre_begin];
    const size_t last = w->target_begin[g->end - w->centre_begin];
    for (size_t t = first; t < last; t++)
        w->target_outputs[t - first] = output_for(g->embedding, w, w->targets[t]);
    for (size_t i = 0; i < g->embedding->options.negatives; i++)
        w->negative_outputs[i] = output_for(g->embedding, w, w->negative_rows[g->negatives + i]);
}

static void add_pair(dsci_worker *w, uint32_t output, float label, float weight)
{
    const size_t at = w->pair_count++;
    w->pair_outputs[at] = output;
    w->pair_rows[at] = w->local[w->outputs[output]];
    w->pair_labels[at] = label;
    w->weights[at] = weight;
}

/* Those of the centre's own targets. */
static void add_target_pairs(const group *g, size_t centre)
{
    dsci_worker *w = g->worker;
    const size_t first = w->target_begin[g->begin - w->centre_begin];
    const size_t *begin = &w->target_begin[centre - w->centre_begin];
    for (size_t t = begin[0]; t < begin[1]; t++)
        add_pair(w, w->target_outputs[t - first], w->labels[t], 1);
}

static bool holds(const dsci_token *centre, size_t index, size_t token)
{
    return token >= centre->window_begin && token < centre->window_end && token != index;
}

/* A source's pairs with the samples: those of the centres that it is in the window of (all, if the source is
   a window's context). A sample is no negative where the centre is the word itself. */
static void add_negative_pairs(const group *g, const uint32_t *centres, size_t count)
{
    dsci_worker *w = g->worker;
    for (size_t i = 0; count > 0 && i < g->embedding->options.negatives; i++) {
        const uint32_t word = w->negatives[g->negatives + i];
        size_t windows = 0;
        for (size_t c = 0; c < count; c++)
            windows += w->tokens[centres[c]].word != word;
        if (windows > 0)
            add_pair(w, w->negative_outputs[i], 0, (float)windows);
    }
}

static void begin_source(dsci_worker *w, float *row)
{
    w->sources[w->source_count] = row;
    w->source_begin[w->source_count++] = w->pair_count;
}

static void pair_words(const group *g)
{
    dsci_worker *w = g->worker;
    size_t low = w->token_count, high = 0;
    for (size_t c = g->begin; c < g->end; c++) {
        low = dsci_least(low, w->tokens[c].window_begin);
        high = dsci_largest(high, w->tokens[c].window_end);
    }
    for (size_t t = low; t < high; t++) {
        size_t count = 0;
        begin_source(w, w->local[w->tokens[t].input]);
        for (size_t c = g->begin; c < g->end; c++)
            if (holds(&w->tokens[c], c, t)) {
                w->centres[count++] = (uint32_t)c;
                add_target_pairs(g, c);
            }
        add_negative_pairs(g, w->centres, count);
    }
}

/* --- CBOW --- */

/* The rows of a window's words, each with the same factor, in the arrays that pairs are sorted into later. */
static size_t list_context(dsci_worker *w, size_t centre, float factor)
{
    const dsci_token *t = &w->tokens[centre];
    size_t count = 0;
    for (size_t i = t->window_begin; i < t->window_end; i++)
        if (i != centre) {
            w->sorted_rows[count] = w->local[w->tokens[i].input];
            w->sorted_gradients[count++] = factor;
        }
    return count;
}

static size_t context_size(const dsci_token *centre)
{
    return centre->window_end - centre->window_begin - 1;
}

static void pair_contexts(const group *g)
{
    const dsc_embedding *e = g->embedding;
    dsci_worker *w = g->worker;
    for (size_t c = g->begin; c < g->end; c++) {
        const size_t size = context_size(&w->tokens[c]);
        float *hidden = w->hidden + (c - g->begin) * e->rows.stride;
        if (size == 0)
            continue;
        const float factor = e->options.context == DSC_CONTEXT_SUM ? 1 : 1 / (float)size;
        list_context(w, c, factor);
        e->kernels->combine_rows(hidden, NULL, w->sorted_gradients, w->sorted_rows, size, e->rows.stride);
        const uint32_t centre = (uint32_t)c;
        begin_source(w, hidden);
        add_target_pairs(g, c);
        add_negative_pairs(g, &centre, 1);
    }
}

/* Each word of a window gets the gradient of the window's mean. */
static void update_contexts(const group *g)
{
    const dsc_embedding *e = g->embedding;
    dsci_worker *w = g->worker;
    const size_t stride = e->rows.stride;
    size_t source = 0;
    for (size_t c = g->begin; c < g->end; c++) {
        const dsci_token *t = &w->tokens[c];
        const size_t size = context_size(t);
        if (size == 0)
            continue;
        const size_t first = w->source_begin[source], end = w->source_begin[++source];
        const float factor = e->options.context == DSC_CONTEXT_MEAN_DIVIDED ? 1 / (float)size : 1;
        const float *error = w->errors;
        e->kernels->combine_rows(w->errors, NULL, w->gradients + first, w->pair_rows + first, end - first,
                                 stride);
        for (size_t i = t->window_begin; i < t->window_end; i++)
            if (i != c) {
                float *row = w->local[w->tokens[i].input];
                e->kernels->combine_rows(row, row, &factor, &error, 1, stride);
            }
    }
}

/* --- Both --- */

static void update_words(const group *g)
{
    const dsc_embedding *e = g->embedding;
    const dsci_worker *w = g->worker;
    for (size_t s = 0; s < w->source_count; s++) {
        const size_t first = w->source_begin[s], count = w->source_begin[s + 1] - first;
        e->kernels->combine_rows(w->sources[s], w->sources[s], w->gradients + first, w->pair_rows + first,
                                 count, e->rows.stride);
    }
}

/* The pairs of each output, sources in order. */
static void sort_pairs(dsci_worker *w)
{
    size_t *begin = w->output_begin; /* of output o at o + 1 while it is counted and filled */
    memset(begin, 0, (w->output_count + 2) * sizeof *begin);
    for (size_t p = 0; p < w->pair_count; p++)
        begin[w->pair_outputs[p] + 2]++;
    for (size_t o = 0; o < w->output_count; o++)
        begin[o + 2] += begin[o + 1];
    for (size_t s = 0; s < w->source_count; s++)
        for (size_t p = w->source_begin[s]; p < w->source_begin[s + 1]; p++) {
            const size_t at = begin[w->pair_outputs[p] + 1]++;
            w->sorted_rows[at] = w->sources[s];
            w->sorted_gradients[at] = w->gradients[p];
        }
}

/* Not in place: the sources still need the old values. */
static void update_outputs(const group *g)
{
    const dsc_embedding *e = g->embedding;
    const dsci_worker *w = g->worker;
    const size_t stride = e->rows.stride;
    for (size_t o = 0; o < w->output_count; o++) {
        const uint32_t local = w->outputs[o];
        const size_t first = w->output_begin[o], count = w->output_begin[o + 1] - first;
        const bool copied = w->states[local] == DSCI_ROW_COPIED;
        if (count > 0)
            e->kernels->combine_rows(copied ? w->fresh[o] : w->copies + local * stride,
                                     copied ? w->local[local] : NULL, w->sorted_gradients + first,
                                     w->sorted_rows + first, count, stride);
    }
}

static void take_new_values(const group *g, size_t output)
{
    const dsc_embedding *e = g->embedding;
    dsci_worker *w = g->worker;
    const uint32_t local = w->outputs[output];
    float *fresh = w->fresh[output];
    if (w->states[local] == DSCI_ROW_UNCHANGED)
        w->states[local] = DSCI_ROW_DIFFERENCE;
    else if (e->options.racy)
        memcpy(w->local[local], fresh, e->rows.stride * sizeof *fresh);
    else {
        w->fresh[output] = w->local[local];
        w->local[local] = fresh;
    }
}

static void end_outputs(const group *g)
{
    dsci_worker *w = g->worker;
    for (size_t o = 0; o < w->output_count; o++) {
        if (w->output_begin[o + 1] > w->output_begin[o])
            take_new_values(g, o);
        w->output_of[w->outputs[o]] = -1;
    }
}

void dsci_group_train(const dsc_embedding *e, dsci_worker *w, size_t begin, size_t end, size_t negatives,
                      float rate)
{
    const group g = { e, w, begin, end, negatives, rate };
    const bool cbow = e->options.model == DSC_EMBED_CBOW;
    w->source_count = w->pair_count = w->output_count = 0;
    number_outputs(&g);
    (cbow ? pair_contexts : pair_words)(&g);
    w->source_begin[w->source_count] = w->pair_count;
    for (size_t s = 0; s < w->source_count; s++) {
        const size_t first = w->source_begin[s];
        e->kernels->dot_rows(w->scores + first, w->sources[s], w->pair_rows + first,
                             w->source_begin[s + 1] - first, e->rows.stride);
    }
    w->loss += e->kernels->pair_gradients(w->gradients, w->scores, w->pair_labels, w->weights, w->pair_count,
                                          rate, SURE, e->options.negatives == 0);
    for (size_t p = 0; p < w->pair_count; p++)
        w->pairs += (double)w->weights[p];
    sort_pairs(w);
    update_outputs(&g);
    (cbow ? update_contexts : update_words)(&g);
    end_outputs(&g);
}
