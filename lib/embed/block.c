/* block.c - some words of a text: which are kept, which rows they need, and what training changes there. */
#include "embed/trainer.h"

#include <string.h>

#include <descent/rng.h>

#include "base/sizes.h"

enum {
    END_OF_LINE = 0,     /* the word */
    NEGATIVES_A_DRAW = 2 /* of the four words of a block of random numbers */
};

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
static size_t most_rows(const dsc_embedding *e)
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

static size_t most_pairs(const dsc_embedding *e)
{
    const dsc_embed_options *o = &e->options;
    const size_t centres = o->model == DSC_EMBED_CBOW ? 1 : dsci_least(o->shared_windows, 2 * o->window);
    return most_sources(o) * (centres * most_targets(e) + o->negatives);
}

static void make_token_arrays(const dsc_embedding *e, dsci_worker *w)
{
    const dsc_embed_options *o = &e->options;
    const size_t targets = o->block_words * most_targets(e), negatives = most_groups(o) * o->negatives;
    w->tokens = dsc_scope_alloc(e->scope, most_tokens(o), sizeof *w->tokens);
    w->targets = dsc_scope_alloc(e->scope, targets, sizeof *w->targets);
    w->labels = dsc_scope_alloc(e->scope, targets, sizeof *w->labels);
    w->target_begin = dsc_scope_alloc(e->scope, o->block_words + 1, sizeof *w->target_begin);
    w->negatives = dsc_scope_alloc(e->scope, negatives, sizeof *w->negatives);
    w->negative_rows = dsc_scope_alloc(e->scope, negatives, sizeof *w->negative_rows);
}

static void make_row_arrays(const dsc_embedding *e, dsci_worker *w)
{
    const size_t rows = most_rows(e), outputs = most_outputs(e);
    size_t slots = 64;
    while (slots < 2 * rows)
        slots *= 2;
    w->slot_mask = slots - 1;
    w->slots = dsc_scope_alloc(e->scope, slots, sizeof *w->slots);
    w->row_numbers = dsc_scope_alloc(e->scope, rows, sizeof *w->row_numbers);
    w->local = dsc_scope_alloc(e->scope, rows, sizeof *w->local);
    w->states = dsc_scope_alloc(e->scope, rows, sizeof *w->states);
    w->output_of = dsc_scope_alloc(e->scope, rows, sizeof *w->output_of);
    w->outputs = dsc_scope_alloc(e->scope, outputs, sizeof *w->outputs);
    w->target_outputs = dsc_scope_alloc(e->scope, outputs, sizeof *w->target_outputs);
    w->negative_outputs = dsc_scope_alloc(e->scope, e->options.negatives, sizeof *w->negative_outputs);
    w->centres = dsc_scope_alloc(e->scope, e->options.shared_windows, sizeof *w->centres);
    w->fresh = dsc_scope_alloc(e->scope, outputs, sizeof *w->fresh);
    w->output_begin = dsc_scope_alloc(e->scope, outputs + 2, sizeof *w->output_begin);
    if (e->options.racy)
        w->copies = dsc_scope_alloc(e->scope, outputs, e->rows.stride * sizeof *w->copies);
    for (size_t i = 0; w->output_of && i < rows; i++)
        w->output_of[i] = -1;
}

static void make_pair_arrays(const dsc_embedding *e, dsci_worker *w)
{
    const size_t pairs = most_pairs(e), sources = most_sources(&e->options);
    const size_t sorted = dsci_largest(pairs, 2 * e->options.window);
    w->sources = dsc_scope_alloc(e->scope, sources, sizeof *w->sources);
    w->source_begin = dsc_scope_alloc(e->scope, sources + 1, sizeof *w->source_begin);
    w->pair_outputs = dsc_scope_alloc(e->scope, pairs, sizeof *w->pair_outputs);
    w->pair_rows = dsc_scope_alloc(e->scope, pairs, sizeof *w->pair_rows);
    w->scores = dsc_scope_alloc(e->scope, pairs, sizeof *w->scores);
    w->pair_labels = dsc_scope_alloc(e->scope, pairs, sizeof *w->pair_labels);
    w->weights = dsc_scope_alloc(e->scope, pairs, sizeof *w->weights);
    w->gradients = dsc_scope_alloc(e->scope, pairs, sizeof *w->gradients);
    w->sorted_rows = dsc_scope_alloc(e->scope, sorted, sizeof *w->sorted_rows);
    w->sorted_gradients = dsc_scope_alloc(e->scope, sorted, sizeof *w->sorted_gradients);
    const size_t hidden = e->options.model == DSC_EMBED_CBOW ? e->options.shared_windows : 0;
    w->hidden = dsc_scope_alloc(e->scope, hidden, e->rows.stride * sizeof *w->hidden);
    w->errors = dsc_scope_alloc(e->scope, hidden, e->rows.stride * sizeof *w->errors);
}

void dsci_changes_make(dsc_embedding *e, dsci_changes *changes)
{
    const size_t rows = most_rows(e);
    changes->rows = dsc_scope_alloc(e->scope, rows, sizeof *changes->rows);
    changes->places = dsc_scope_alloc(e->scope, rows, sizeof *changes->places);
    changes->copies =
        dsc_scope_alloc(e->scope, rows + most_outputs(e), e->rows.stride * sizeof *changes->copies);
}

dsci_worker *dsci_worker_make(dsc_embedding *e)
{
    dsci_worker *w = dsc_scope_alloc(e->scope, 1, sizeof *w);
    if (!w)
        return NULL;
    make_token_arrays(e, w);
    make_row_arrays(e, w);
    make_pair_arrays(e, w);
    return dsc_scope_status(e->scope) == DSC_OK ? w : NULL;
}

/* --- Rows --- */

/* The local number of a row, which may be new. */
static uint32_t local_row(const dsc_embedding *e, dsci_worker *w, size_t row)
{
    size_t slot = (uint32_t)row * 0x9e3779b1u >> 7 & w->slot_mask;
    for (; w->slots[slot]; slot = (slot + 1) & w->slot_mask)
        if (w->row_numbers[w->slots[slot] - 1] == row)
            return w->slots[slot] - 1;
    const uint32_t local = (uint32_t)w->row_count++;
    w->slots[slot] = local + 1;
    w->row_numbers[local] = (uint32_t)row;
    const float *values = dsci_row(&e->rows, row);
    for (size_t i = 0; i < e->rows.stride; i += DSCI_LANES)
        __builtin_prefetch(values + i);
    return local;
}

/* Words are context in several windows and are copied at once; outputs when a second group needs them. */
static void place_rows(const dsc_embedding *e, dsci_worker *w)
{
    const size_t stride = e->rows.stride;
    for (size_t i = 0; i < w->row_count; i++) {
        float *row = dsci_row(&e->rows, w->row_numbers[i]);
        const bool copied = !e->options.racy && w->row_numbers[i] < e->rows.outputs;
        w->local[i] = copied ? memcpy(w->copies + i * stride, row, stride * sizeof *row) : row;
        w->states[i] = copied || e->options.racy ? DSCI_ROW_COPIED : DSCI_ROW_UNCHANGED;
    }
    float *behind = e->options.racy ? w->copies : w->copies + w->row_count * stride;
    for (size_t o = 0; o < most_outputs(e); o++)
        w->fresh[o] = behind + o * stride;
}

/* --- Words --- */

/* Adds the word at a position if it is kept. */
static bool read_token(const dsc_embedding *e, dsci_worker *w, uint64_t position, size_t sentence)
{
    const uint32_t word = e->corpus->ids[position];
    uint32_t bits[4];
    dsc_rng_block(dsc_rng_make(e->options.seed, DSC_STREAM_SAMPLING), (uint32_t)e->pass, position, bits);
    if (bits[0] > e->sampling.keep[word])
        return false;
    w->tokens[w->token_count++] =
        (dsci_token){ .position = position,
                      .word = word,
                      .sentence = (uint32_t)sentence,
                      .radius = 1 + (uint32_t)((uint64_t)bits[1] * e->options.window >> 32) };
    return true;
}

static void reverse_tokens(dsci_worker *w)
{
    for (size_t i = 0, j = w->token_count; i + 1 < j; i++) {
        const dsci_token token = w->tokens[--j];
        w->tokens[j] = w->tokens[i];
        w->tokens[i] = token;
    }
}

/* The block's kept words, and on either side those of the same sentence that its windows can reach. */
static void read_tokens(const dsc_embedding *e, dsci_worker *w, uint64_t first, uint64_t last)
{
    const uint32_t *ids = e->corpus->ids;
    const size_t window = e->options.window;
    w->token_count = 0;
    for (uint64_t p = first; p > 0 && ids[p - 1] != END_OF_LINE && w->token_count < window; p--)
        read_token(e, w, p - 1, 0);
    reverse_tokens(w);
    w->centre_begin = w->token_count;
    size_t sentence = 0;
    bool goes_on = false; /* the last centre's sentence, behind the block */
    for (uint64_t p = first; p < last; p++) {
        if (ids[p] == END_OF_LINE) {
            sentence = w->token_count;
            goes_on = false;
        } else if (read_token(e, w, p, sentence))
            goes_on = true;
    }
    w->centre_end = w->token_count;
    const size_t most = w->centre_end + window;
    for (uint64_t p = last; goes_on && p < e->corpus->count && ids[p] != END_OF_LINE && w->token_count < most;
         p++)
        read_token(e, w, p, sentence);
}

static void set_windows(dsci_worker *w)
{
    size_t sentence_end = w->token_count;
    for (size_t c = w->centre_end; c-- > w->centre_begin;) {
        dsci_token *t = &w->tokens[c];
        t->window_begin = (uint32_t)dsci_largest(t->sentence, dsci_difference(c, t->radius));
        t->window_end = (uint32_t)dsci_least(sentence_end, c + 1 + t->radius);
        if (c == t->sentence)
            sentence_end = c;
    }
}

/* --- What is predicted --- */

static void add_target(const dsc_embedding *e, dsci_worker *w, size_t *count, size_t row, float label)
{
    w->targets[*count] = local_row(e, w, row);
    w->labels[(*count)++] = label;
}

static void find_targets(const dsc_embedding *e, dsci_worker *w)
{
    const dsci_tree *tree = &e->tree;
    size_t count = 0;
    for (size_t c = w->centre_begin; c < w->centre_end; c++) {
        const uint32_t word = w->tokens[c].word;
        w->target_begin[c - w->centre_begin] = count;
        if (e->options.negatives > 0)
            add_target(e, w, &count, e->rows.outputs + word, 1);
        for (size_t i = tree->first ? tree->first[word] : 0; tree->first && i < tree->first[word + 1]; i++)
            add_target(e, w, &count, e->rows.nodes + tree->nodes[i], tree->turns[i] ? 0.0f : 1.0f);
    }
    w->target_begin[w->centre_end - w->centre_begin] = count;
}

/* A group's samples are drawn at the position of its first centre. */
static void draw_negatives(const dsc_embedding *e, dsci_worker *w, size_t group, uint64_t position)
{
    const size_t count = e->options.negatives;
    const dsc_rng rng = dsc_rng_make(e->options.seed, DSC_STREAM_NEGATIVES);
    const uint64_t index = position * dsci_ceiling(count, NEGATIVES_A_DRAW);
    uint32_t bits[4];
    for (size_t i = 0; i < count; i++) {
        if (i % NEGATIVES_A_DRAW == 0)
            dsc_rng_block(rng, (uint32_t)e->pass, index + i / NEGATIVES_A_DRAW, bits);
        const uint32_t word = dsci_sampling_draw(&e->sampling, bits + 2 * (i % NEGATIVES_A_DRAW));
        w->negatives[group * count + i] = word;
        w->negative_rows[group * count + i] = local_row(e, w, e->rows.outputs + word);
    }
}

/* --- Training --- */

static void find_rows(const dsc_embedding *e, dsci_worker *w)
{
    memset(w->slots, 0, (w->slot_mask + 1) * sizeof *w->slots);
    w->row_count = 0;
    for (size_t i = 0; i < w->token_count; i++)
        w->tokens[i].input = local_row(e, w, w->tokens[i].word);
    find_targets(e, w);
    const size_t windows = e->options.shared_windows;
    for (size_t c = w->centre_begin, group = 0; c < w->centre_end; c += windows, group++)
        draw_negatives(e, w, group, w->tokens[c].position);
}

/* Where a row's difference is. */
static float *difference_of(const dsc_embedding *e, const dsci_worker *w, size_t local)
{
    const size_t stride = e->rows.stride;
    float *values = w->local[local];
    if (w->states[local] == DSCI_ROW_DIFFERENCE)
        return w->copies + local * stride;
    e->kernels->binary(DSCI_BINARY_SUBTRACT, values, values, 1, dsci_row(&e->rows, w->row_numbers[local]), 1,
                       stride);
    return values;
}

/* Sorted by shard, rows of one shard in order of their first use. */
static void list_changes(const dsc_embedding *e, const dsci_worker *w, dsci_changes *changes)
{
    const size_t shards = e->shards;
    size_t next[DSCI_MOST_SHARDS];
    memset(changes->first, 0, sizeof changes->first);
    for (size_t i = 0; i < w->row_count; i++)
        changes->first[w->row_numbers[i] % shards + 1] += w->states[i] != DSCI_ROW_UNCHANGED;
    for (size_t s = 0; s < shards; s++) {
        changes->first[s + 1] += changes->first[s];
        next[s] = changes->first[s];
    }
    for (size_t i = 0; i < w->row_count; i++) {
        if (w->states[i] == DSCI_ROW_UNCHANGED)
            continue;
        const size_t at = next[w->row_numbers[i] % shards]++;
        changes->rows[at] = w->row_numbers[i];
        changes->places[at] = (uint32_t)((size_t)(difference_of(e, w, i) - w->copies) / e->rows.stride);
    }
}

void dsci_block_train(const dsc_embedding *e, dsci_worker *w, uint64_t first, uint64_t last, float rate,
                      dsci_changes *changes)
{
    const size_t windows = e->options.shared_windows;
    read_tokens(e, w, first, last);
    set_windows(w);
    find_rows(e, w);
    if (!e->options.racy)
        w->copies = changes->copies;
    place_rows(e, w);
    w->loss = w->pairs = 0;
    for (size_t c = w->centre_begin, group = 0; c < w->centre_end; c += windows, group++)
        dsci_group_train(e, w, c, dsci_least(c + windows, w->centre_end), group * e->options.negatives, rate);
    changes->loss = w->loss;
    changes->pairs = w->pairs;
    if (!e->options.racy)
        list_changes(e, w, changes);
}
