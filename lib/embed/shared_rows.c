/* shared_rows.c - the rows that several blocks of a round use: found before training, and what each block
 * changed in its copy added up behind it.
 */
#include "embed/trainer.h"

#include "base/sizes.h"

/* In the lists of all shards. */
static size_t first_use_of(const dsc_embedding *e, size_t blocks, size_t shard)
{
    size_t first = 0;
    for (size_t b = 0; b < blocks; b++)
        first += e->blocks[b].shard_begin[shard];
    return first;
}

static uint32_t row_at(const dsci_block *b, size_t at)
{
    return b->rows[b->by_shard[at]];
}

/* The rows of a shard and how many blocks use each. */
static size_t count_uses(dsc_embedding *e, size_t blocks, size_t shard, dsci_used_row *used)
{
    uint32_t *seen = e->round.seen, count = 0;
    for (size_t i = 0; i < blocks; i++) {
        const dsci_block *b = &e->blocks[i];
        for (size_t at = b->shard_begin[shard]; at < b->shard_begin[shard + 1]; at++) {
            const uint32_t row = row_at(b, at);
            if (!seen[row]) {
                used[count] = (dsci_used_row){ .row = row };
                seen[row] = ++count;
            }
            used[seen[row] - 1].count++;
        }
    }
    return count;
}

/* Of rows of more than one block, the uses in order of the blocks. */
static void list_uses(dsc_embedding *e, size_t blocks, size_t shard, dsci_used_row *used)
{
    for (size_t i = 0; i < blocks; i++) {
        dsci_block *b = &e->blocks[i];
        for (size_t at = b->shard_begin[shard]; at < b->shard_begin[shard + 1]; at++) {
            dsci_used_row *u = &used[e->round.seen[row_at(b, at)] - 1];
            b->shared[at] = u->count > 1;
            if (u->count > 1)
                e->round.uses[u->uses_end++] = (dsci_use){ (uint32_t)i, (uint32_t)at };
        }
    }
}

void dsci_shard_count(dsc_embedding *e, size_t blocks, size_t shard)
{
    size_t uses = first_use_of(e, blocks, shard);
    dsci_used_row *used = e->round.used + uses;
    const size_t count = count_uses(e, blocks, shard, used);
    for (size_t i = 0; i < count; i++) {
        used[i].uses_end = uses;
        uses += used[i].count > 1 ? used[i].count : 0;
    }
    list_uses(e, blocks, shard, used);
    for (size_t i = 0; i < count; i++)
        e->round.seen[used[i].row] = 0;
    e->round.used_counts[shard] = count;
}

/* The copies of a row that blocks changed. */
static size_t list_copies(const dsc_embedding *e, const dsci_used_row *u, const float **copies)
{
    size_t count = 0;
    for (size_t i = u->uses_end - u->count; i < u->uses_end; i++) {
        const dsci_use use = e->round.uses[i];
        const dsci_block *b = &e->blocks[use.block];
        const uint32_t local = b->by_shard[use.at];
        if (b->values[local] == b->places[local])
            copies[count++] = b->values[local];
    }
    return count;
}

void dsci_shard_merge(dsc_embedding *e, dsci_worker *w, size_t blocks, size_t shard)
{
    const dsci_used_row *used = e->round.used + first_use_of(e, blocks, shard);
    const double most = e->options.most_deltas;
    for (size_t i = 0; i < e->round.used_counts[shard]; i++) {
        if (used[i].count < 2)
            continue;
        const size_t count = list_copies(e, &used[i], w->copies);
        const float factor = (double)count > most ? (float)(most / (double)count) : 1;
        if (count > 0)
            e->kernels->add_differences(dsci_row(&e->rows, used[i].row), w->copies, count, factor,
                                        e->rows.stride);
    }
}
