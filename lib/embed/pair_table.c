/* pair_table.c - sparse tables made in rounds: neighbouring rows to each thread, then appended in their
 * order. */
#include "embed/pair_table.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/region.h"
#include "base/sizes.h"
#include "base/spill.h"

enum {
    BLOCK_RECORDS = 1 << 16, /* of a block of rows at most, unless one row has more */
    BLOCKS_PER_THREAD = 8    /* in a round: more even the load out, and take memory */
};

struct block {
    size_t first, end; /* rows */
    size_t count;      /* records that were made of them */
    dsc_cooccurrence *records;
};

struct round {
    const dsci_table_plan *plan;
    uint64_t *rows; /* of the table: what fill() returned goes to rows[word + 1] */
    struct block *blocks;
    size_t count;
    atomic_size_t next;
};

static void fill_blocks(void *user, dsci_region region)
{
    struct round *round = user;
    const dsci_table_plan *plan = round->plan;
    for (size_t i; (i = atomic_fetch_add(&round->next, 1)) < round->count;) {
        struct block *block = &round->blocks[i];
        block->count = 0;
        for (size_t word = block->first; word < block->end; word++) {
            const size_t made = plan->fill(plan->user, region.thread, word, block->records + block->count);
            round->rows[word + 1] = made;
            block->count += made;
        }
    }
}

/* As many rows from `first` on as a block holds, at least one. */
static size_t block_end(const dsci_table_plan *plan, size_t first)
{
    size_t records = plan->most(plan->user, first), end = first + 1;
    while (end < plan->words) {
        records += plan->most(plan->user, end);
        if (records > BLOCK_RECORDS)
            break;
        end++;
    }
    return end;
}

static dsc_status append(dsci_spill *spill, const struct round *round)
{
    size_t total = 0;
    for (size_t i = 0; i < round->count; i++)
        total += round->blocks[i].count;
    dsc_cooccurrence *dst = dsci_spill_grow(spill, total * sizeof *dst);
    if (!dst)
        return DSC_ERROR_MEMORY;
    for (size_t i = 0; i < round->count; i++) {
        memcpy(dst, round->blocks[i].records, round->blocks[i].count * sizeof *dst);
        dst += round->blocks[i].count;
    }
    return DSC_OK;
}

static void make_rows(dsc_scope *scope, dsc_scope *work, struct round *round, dsci_spill *spill)
{
    const dsci_table_plan *plan = round->plan;
    const size_t slots = (size_t)plan->threads * BLOCKS_PER_THREAD;
    const size_t capacity = dsci_largest(BLOCK_RECORDS, plan->words);
    round->blocks = dsc_scope_alloc(work, slots, sizeof *round->blocks);
    for (size_t i = 0; i < slots && dsc_scope_status(work) == DSC_OK; i++)
        round->blocks[i].records = dsc_scope_alloc(work, capacity, sizeof *round->blocks[i].records);
    if (dsc_scope_status(work) != DSC_OK)
        return;
    for (size_t first = 0; first < plan->words && dsc_scope_goes_on(scope);) {
        for (round->count = 0; round->count < slots && first < plan->words; round->count++) {
            struct block *block = &round->blocks[round->count];
            block->first = first;
            first = block->end = block_end(plan, first);
        }
        atomic_store(&round->next, 0);
        dsci_region_run(plan->threads, fill_blocks, round);
        if (append(spill, round) != DSC_OK)
            return;
    }
}

const dsc_cooccurrences *dsci_table_make(dsc_scope *scope, const dsci_table_plan *plan)
{
    dsc_cooccurrences *table = dsc_scope_alloc(scope, 1, sizeof *table);
    uint64_t *rows = dsc_scope_alloc(scope, plan->words + 1, sizeof *rows);
    dsci_spill *spill = dsci_spill_make(scope, plan->directory, plan->memory);
    dsc_scope *work = dsc_scope_open_within(scope, 0);
    if (spill && rows && dsci_spill_grow(spill, 0)) {
        struct round round = { .plan = plan, .rows = rows };
        make_rows(scope, work, &round, spill);
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    for (size_t word = 0; word < plan->words; word++)
        rows[word + 1] += rows[word];
    *table = (dsc_cooccurrences){ plan->words, rows[plan->words], dsci_spill_data(spill), rows };
    return table;
}

dsc_status dsci_table_check(dsc_scope *scope, const dsc_cooccurrences *table, const char *function)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    if (!table || !table->rows || (table->count && !table->records))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s: there is no table", function);
    for (size_t word = 0; word < table->words; word++)
        for (uint64_t i = table->rows[word]; i < table->rows[word + 1]; i++) {
            const dsc_cooccurrence *r = &table->records[i];
            if (r->word != word || r->context >= table->words ||
                (i > table->rows[word] && r[-1].context >= r->context))
                return dsc_scope_fail(
                    scope, DSC_ERROR_ARGUMENT,
                    "%s: record %llu of the table is (%u, %u); expected row %zu, and columns in "
                    "increasing order below %zu",
                    function, (unsigned long long)i, r->word, r->context, word, table->words);
            if (!(r->weight > 0) || !isfinite(r->weight))
                return dsc_scope_fail(scope, DSC_ERROR_NUMERIC,
                                      "%s: the weight of (%u, %u) is %g; expected a positive, finite number",
                                      function, r->word, r->context, r->weight);
        }
    return DSC_OK;
}
