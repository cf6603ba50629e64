/* block_plan.c - some words of a text: which are kept, what they predict, and which rows they need. */
#include "embed/trainer.h"

#include <string.h>

#include <descent/rng.h>

#include "base/sizes.h"

enum {
    END_OF_LINE = 0,     /* the word */
    NEGATIVES_A_DRAW = 2 /* of the four words of a block of random numbers */
};

/* --- Words --- */

/* Adds the word at a position if it is kept. */
static bool read_token(const dsc_embedding *e, dsci_block *b, uint64_t position, size_t sentence)
{
    const uint32_t word = e->corpus->ids[position];
    uint32_t bits[4];
    dsc_rng_block(dsc_rng_make(e->options.seed, DSC_STREAM_SAMPLING), (uint32_t)e->pass, position, bits);
    if (bits[0] > e->sampling.keep[word])
        return false;
    b->tokens[b->token_count++] =
        (dsci_token){ .position = position,
                      .word = word,
                      .sentence = (uint32_t)sentence,
                      .radius = 1 + (uint32_t)((uint64_t)bits[1] * e->options.window >> 32) };
    return true;
}

static void reverse_tokens(dsci_block *b)
{
    for (size_t i = 0, j = b->token_count; i + 1 < j; i++) {
        const dsci_token token = b->tokens[--j];
        b->tokens[j] = b->tokens[i];
        b->tokens[i] = token;
    }
}

/* The block's kept words, and on either side those of the same sentence that its windows can reach. */
static void read_tokens(const dsc_embedding *e, dsci_block *b, uint64_t first, uint64_t last)
{
    const uint32_t *ids = e->corpus->ids;
    const size_t window = e->options.window;
    b->token_count = 0;
    for (uint64_t p = first; p > 0 && ids[p - 1] != END_OF_LINE && b->token_count < window; p--)
        read_token(e, b, p - 1, 0);
    reverse_tokens(b);
    b->centre_begin = b->token_count;
    size_t sentence = 0;
    bool goes_on = false; /* the last centre's sentence, behind the block */
    for (uint64_t p = first; p < last; p++) {
        if (ids[p] == END_OF_LINE) {
            sentence = b->token_count;
            goes_on = false;
        } else if (read_token(e, b, p, sentence))
            goes_on = true;
    }
    b->centre_end = b->token_count;
    const size_t most = b->centre_end + window;
    for (uint64_t p = last; goes_on && p < e->corpus->count && ids[p] != END_OF_LINE && b->token_count < most;
         p++)
        read_token(e, b, p, sentence);
}

static void set_windows(dsci_block *b)
{
    size_t sentence_end = b->token_count;
    for (size_t c = b->centre_end; c-- > b->centre_begin;) {
        dsci_token *t = &b->tokens[c];
        t->window_begin = (uint32_t)dsci_largest(t->sentence, dsci_difference(c, t->radius));
        t->window_end = (uint32_t)dsci_least(sentence_end, c + 1 + t->radius);
        if (c == t->sentence)
            sentence_end = c;
    }
}

/* --- What is predicted --- */

/* The local number of a row, which may be new. */
static uint32_t local_row(dsci_worker *w, dsci_block *b, size_t row)
{
    size_t slot = (uint32_t)row * 0x9e3779b1u >> 7 & w->slot_mask;
    for (; w->slots[slot]; slot = (slot + 1) & w->slot_mask)
        if (b->rows[w->slots[slot] - 1] == row)
            return w->slots[slot] - 1;
    const uint32_t local = (uint32_t)b->row_count++;
    w->slots[slot] = local + 1;
    b->rows[local] = (uint32_t)row;
    return local;
}

static void add_target(dsci_worker *w, dsci_block *b, size_t *count, size_t row, float label)
{
    b->targets[*count] = local_row(w, b, row);
    b->labels[(*count)++] = label;
}

static void find_targets(const dsc_embedding *e, dsci_worker *w, dsci_block *b)
{
    const dsci_tree *tree = &e->tree;
    size_t count = 0;
    for (size_t c = b->centre_begin; c < b->centre_end; c++) {
        const uint32_t word = b->tokens[c].word;
        b->target_begin[c - b->centre_begin] = count;
        if (e->options.negatives > 0)
            add_target(w, b, &count, e->rows.outputs + word, 1);
        for (size_t i = tree->first ? tree->first[word] : 0; tree->first && i < tree->first[word + 1]; i++)
            add_target(w, b, &count, e->rows.nodes + tree->nodes[i], tree->turns[i] ? 0.0f : 1.0f);
    }
    b->target_begin[b->centre_end - b->centre_begin] = count;
}

/* A group's samples are drawn at the position of its first centre. */
static void draw_negatives(const dsc_embedding *e, dsci_worker *w, dsci_block *b, size_t group,
                           uint64_t position)
{
    const size_t count = e->options.negatives;
    const dsc_rng rng = dsc_rng_make(e->options.seed, DSC_STREAM_NEGATIVES);
    const uint64_t index = position * dsci_ceiling(count, NEGATIVES_A_DRAW);
    uint32_t bits[4];
    for (size_t i = 0; i < count; i++) {
        if (i % NEGATIVES_A_DRAW == 0)
            dsc_rng_block(rng, (uint32_t)e->pass, index + i / NEGATIVES_A_DRAW, bits);
        const uint32_t word = dsci_sampling_draw(&e->sampling, bits + 2 * (i % NEGATIVES_A_DRAW));
        b->negatives[group * count + i] = word;
        b->negative_rows[group * count + i] = local_row(w, b, e->rows.outputs + word);
    }
}

/* --- Rows --- */

static void find_rows(const dsc_embedding *e, dsci_worker *w, dsci_block *b)
{
    memset(w->slots, 0, (w->slot_mask + 1) * sizeof *w->slots);
    b->row_count = 0;
    for (size_t i = 0; i < b->token_count; i++)
        b->tokens[i].input = local_row(w, b, b->tokens[i].word);
    find_targets(e, w, b);
    const size_t windows = e->options.shared_windows;
    for (size_t c = b->centre_begin, group = 0; c < b->centre_end; c += windows, group++)
        draw_negatives(e, w, b, group, b->tokens[c].position);
}

/* Rows of one shard in order of their first use. */
static void sort_by_shard(const dsc_embedding *e, dsci_block *b)
{
    const size_t shards = e->shards;
    size_t next[DSCI_MOST_SHARDS];
    memset(b->shard_begin, 0, (shards + 1) * sizeof *b->shard_begin);
    for (size_t i = 0; i < b->row_count; i++)
        b->shard_begin[b->rows[i] % shards + 1]++;
    for (size_t s = 0; s < shards; s++) {
        b->shard_begin[s + 1] += b->shard_begin[s];
        next[s] = b->shard_begin[s];
    }
    for (size_t i = 0; i < b->row_count; i++)
        b->by_shard[next[b->rows[i] % shards]++] = (uint32_t)i;
}

void dsci_block_plan(const dsc_embedding *e, dsci_worker *w, dsci_block *b, uint64_t first, uint64_t last)
{
    read_tokens(e, b, first, last);
    set_windows(b);
    find_rows(e, w, b);
    sort_by_shard(e, b);
}
