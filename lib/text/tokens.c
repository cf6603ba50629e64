/* tokens.c - documents as numbers of their words, and as sequences of one length. */
#include <stdlib.h>
#include <string.h>

#include <descent/rng.h>

#include "base/sizes.h"
#include "text/tokenize.h"
#include "text/vocabulary.h"

static const dsc_token_options defaults = { 0 };

const dsc_vocabulary *dsc_tokens_vocabulary(dsc_scope *scope, const dsc_documents *documents,
                                            const dsc_token_options *options,
                                            const dsc_vocabulary_options *vocabulary_options)
{
    static const dsc_vocabulary_options all = { 0 };
    if (!documents || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    dsci_word_table table = { 0 };
    dsc_vocabulary counted = { 0 };
    bool fits = true;
    for (size_t i = 0; i < documents->count && fits && dsc_scope_goes_on(scope); i++) {
        dsci_tokenizer reader = { .at = documents->texts[i], .options = options ? options : &defaults };
        for (dsci_word token; fits && dsci_tokenizer_next(&reader, &token); counted.text_words++)
            fits = dsci_word_table_add(&table, &token, 1);
    }
    size_t count = 0;
    uint64_t line_ends = 0; /* documents have none: a token that is written as one has no number */
    dsci_counted_word *words = fits ? dsci_vocabulary_gather(&table, 1, &count, &line_ends) : NULL;
    const dsc_vocabulary *made = NULL;
    if (words)
        made = dsci_vocabulary_make(scope, documents->name, words, count, line_ends, &counted,
                                    vocabulary_options ? vocabulary_options : &all);
    else
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while counting the words of '%s'",
                       documents->name);
    free(words);
    dsci_word_table_empty(&table);
    return made;
}

/* The ids of all documents while they are read, which grow. */
struct growing {
    uint32_t *ids;
    size_t count, room;
};

static bool append(struct growing *all, uint32_t id)
{
    if (all->count == all->room) {
        const size_t room = all->room ? 2 * all->room : 1 << 16;
        uint32_t *wider = room <= SIZE_MAX / sizeof *wider ? realloc(all->ids, room * sizeof *wider) : NULL;
        if (!wider)
            return false;
        all->ids = wider;
        all->room = room;
    }
    all->ids[all->count++] = id;
    return true;
}

static void release(void *ids)
{
    free(ids);
}

const dsc_tokens_lists *dsc_tokens_read(dsc_scope *scope, const dsc_documents *documents,
                                        const dsc_vocabulary *vocabulary, const dsc_token_options *options)
{
    if (!documents || !vocabulary)
        return NULL;
    dsc_tokens_lists *lists = dsc_scope_alloc(scope, 1, sizeof *lists);
    size_t *starts = dsc_scope_alloc(scope, documents->count + 1, sizeof *starts);
    if (!lists || !starts)
        return NULL;
    struct growing all = { 0 };
    *lists = (dsc_tokens_lists){ .count = documents->count,
                                 .starts = starts,
                                 .unknown = (uint32_t)vocabulary->count,
                                 .vocabulary = vocabulary };
    bool fits = true;
    for (size_t i = 0; i < documents->count && fits && dsc_scope_goes_on(scope); i++) {
        dsci_tokenizer reader = { .at = documents->texts[i], .options = options ? options : &defaults };
        for (dsci_word token; fits && dsci_tokenizer_next(&reader, &token);) {
            const size_t place = dsci_vocabulary_lookup(vocabulary, &token);
            const bool known = place != SIZE_MAX && place != 0;
            fits = append(&all, known ? (uint32_t)place : lists->unknown);
            lists->unknown_total += !known;
        }
        starts[i + 1] = all.count;
    }
    lists->ids = all.ids;
    if (!fits)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while reading the words of '%s'",
                       documents->name);
    dsc_scope_defer(scope, release, all.ids);
    return dsc_scope_status(scope) == DSC_OK ? lists : NULL;
}

const dsc_tokens_lists *dsc_tokens_select(dsc_scope *scope, const dsc_tokens_lists *lists,
                                          const uint32_t *index, size_t count)
{
    if (!lists)
        return NULL;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (index[i] >= lists->count) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "tokens: document %u was chosen; there are %zu",
                           index[i], lists->count);
            return NULL;
        }
        total += lists->starts[index[i] + (size_t)1] - lists->starts[index[i]];
    }
    dsc_tokens_lists *chosen = dsc_scope_alloc(scope, 1, sizeof *chosen);
    size_t *starts = dsc_scope_alloc(scope, count + 1, sizeof *starts);
    uint32_t *ids = dsc_scope_alloc(scope, total, sizeof *ids);
    if (!chosen || !starts || !ids)
        return NULL;
    *chosen = *lists;
    chosen->count = count;
    chosen->starts = starts;
    chosen->ids = ids;
    chosen->unknown_total = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t from = lists->starts[index[i]], to = lists->starts[index[i] + (size_t)1];
        for (size_t t = from; t < to; t++)
            chosen->unknown_total += (ids[starts[i] + t - from] = lists->ids[t]) == lists->unknown;
        starts[i + 1] = starts[i] + (to - from);
    }
    return chosen;
}

const int32_t *dsc_tokens_sequences(dsc_scope *scope, const dsc_tokens_lists *lists,
                                    const dsc_sequence_options *options)
{
    if (!lists)
        return NULL;
    const size_t steps = options->steps;
    if (steps == 0 || (lists->count && steps > SIZE_MAX / lists->count / sizeof(int32_t))) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "sequences: %zu of %zu steps; expected at least 1 step, and that they fit into memory",
                       lists->count, steps);
        return NULL;
    }
    const size_t unknown = options->most_ids ? dsci_least(options->most_ids, lists->unknown) : lists->unknown;
    int32_t *sequences = dsc_scope_alloc(scope, lists->count * steps, sizeof *sequences);
    for (size_t i = 0; sequences && i < lists->count; i++) {
        const size_t length = lists->starts[i + 1] - lists->starts[i], kept = dsci_least(length, steps);
        const uint32_t *from = lists->ids + lists->starts[i] + (options->keep_first ? 0 : length - kept);
        int32_t *to = sequences + i * steps + (options->pad_in_front ? steps - kept : 0);
        for (size_t t = 0; t < kept; t++)
            to[t] = (int32_t)dsci_least(from[t], unknown);
    }
    return sequences;
}

/* A document and its length, to be sorted. */
struct length {
    size_t tokens;
    uint32_t document;
};

static int by_length(const void *a, const void *b)
{
    const struct length *x = a, *y = b;
    if (x->tokens != y->tokens)
        return x->tokens < y->tokens ? -1 : 1;
    return x->document < y->document ? -1 : x->document > y->document;
}

const uint32_t *dsc_tokens_batches(dsc_scope *scope, const dsc_tokens_lists *lists, size_t batch,
                                   uint64_t seed, uint32_t epoch)
{
    if (!lists)
        return NULL;
    if (batch == 0 || lists->count > UINT32_MAX) {
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "batches by length: expected a batch of at least 1 and fewer than 2^32 documents, found "
            "%zu and %zu",
            batch, lists->count);
        return NULL;
    }
    const size_t whole = lists->count / batch;
    struct length *lengths = dsc_scope_alloc(scope, lists->count, sizeof *lengths);
    uint32_t *turns = dsc_scope_alloc(scope, whole, sizeof *turns);
    uint32_t *order = dsc_scope_alloc(scope, lists->count, sizeof *order);
    if (!lengths || !turns || !order)
        return NULL;
    for (size_t i = 0; i < lists->count; i++)
        lengths[i] = (struct length){ lists->starts[i + 1] - lists->starts[i], (uint32_t)i };
    qsort(lengths, lists->count, sizeof *lengths, by_length);
    if (whole)
        dsc_rng_permutation(dsc_rng_make(seed, DSC_STREAM_SHUFFLE), epoch, turns, whole);
    for (size_t i = 0; i < lists->count; i++)
        order[i] = lengths[i < whole * batch ? turns[i / batch] * batch + i % batch : i].document;
    return order;
}
