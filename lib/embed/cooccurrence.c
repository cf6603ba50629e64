/* cooccurrence.c - counts of the words around each word.
 *
 * Row by row: the places of a word are listed once, and the windows around them are added up in one array of
 * all words. A row is made by one thread and needs no other, and comes out sorted; nothing is hashed or
 * sorted. A text whose list of places is too long for memory is taken part by part, and the tables of the
 * parts are added up in the same manner.
 */
#include <descent/cooccurrence.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include <descent/cpu.h>

#include "base/region.h"
#include "base/sizes.h"
#include "embed/pair_table.h"

enum {
    MOST_WINDOW = 65535,
    EXACT_DISTANCES = 22, /* their least common multiple, 232792560, leaves room for long texts */
    LEAST_PART = 1 << 10  /* words of a part of the text */
};

/* A row that is being added up, of one thread. A bit of `used` says which sums are not 0, a bit of `filled`
   which words of `used` are not. */
struct sums {
    uint64_t *sums, *used, *filled;
};

struct count {
    const uint32_t *ids;
    size_t words, length; /* length: of this part of the text */
    size_t window;
    uint64_t *weights; /* by distance, in units */
    uint64_t unit;     /* what 1 is */
    int threads;
    struct sums *sums; /* one a thread */
    /* The places of this part's words: those of word w are places[starts[w]..starts[w + 1]]. */
    uint32_t *places;
    uint64_t *starts;
    size_t first; /* of this part, among the ids */
    /* Tables of parts, when they are merged. */
    const dsc_cooccurrences **parts;
    size_t part_count;
    bool last; /* units become weights */
};

static inline void add(const struct sums *s, uint32_t id, uint64_t units)
{
    if (s->sums[id] == 0) {
        s->used[id / 64] |= UINT64_C(1) << id % 64;
        s->filled[id / 4096] |= UINT64_C(1) << id / 64 % 64;
    }
    s->sums[id] += units;
}

/* Units lie in the records of a part's table as they are, in the place of the weight. */
static double keep_units(const struct count *c, uint64_t units)
{
    double weight = (double)units / (double)c->unit;
    if (!c->last)
        memcpy(&weight, &units, sizeof weight);
    return weight;
}

static uint64_t kept_units(double weight)
{
    uint64_t units;
    memcpy(&units, &weight, sizeof units);
    return units;
}

/* Writes the row and clears the sums for the next. */
static size_t take_row(const struct count *c, const struct sums *s, size_t word, dsc_cooccurrence *dst)
{
    size_t made = 0;
    for (size_t f = 0; f <= (c->words - 1) / 4096; f++)
        for (; s->filled[f]; s->filled[f] &= s->filled[f] - 1) {
            const size_t u = 64 * f + (size_t)__builtin_ctzll(s->filled[f]);
            for (; s->used[u]; s->used[u] &= s->used[u] - 1) {
                const size_t id = 64 * u + (size_t)__builtin_ctzll(s->used[u]);
                dst[made++] = (dsc_cooccurrence){ (uint32_t)word, (uint32_t)id, keep_units(c, s->sums[id]) };
                s->sums[id] = 0;
            }
        }
    return made;
}

static size_t most_counted(const void *user, size_t word)
{
    const struct count *c = user;
    const uint64_t places = c->starts[word + 1] - c->starts[word];
    return places > c->words / (2 * c->window) ? c->words : (size_t)places * 2 * c->window;
}

/* Windows look beyond the ends of the part: each place belongs to one part, its contexts to the text. */
static size_t count_row(void *user, int thread, size_t word, dsc_cooccurrence *dst)
{
    const struct count *c = user;
    const struct sums *s = &c->sums[thread];
    for (uint64_t i = c->starts[word]; i < c->starts[word + 1]; i++) {
        const size_t place = c->first + c->places[i];
        const size_t before = dsci_least(place, c->window);
        const size_t after = dsci_least(c->length - 1 - place, c->window);
        for (size_t d = 1; d <= before && c->ids[place - d] != 0; d++)
            add(s, c->ids[place - d], c->weights[d]);
        for (size_t d = 1; d <= after && c->ids[place + d] != 0; d++)
            add(s, c->ids[place + d], c->weights[d]);
    }
    return take_row(c, s, word, dst);
}

static size_t most_merged(const void *user, size_t word)
{
    const struct count *c = user;
    uint64_t records = 0;
    for (size_t p = 0; p < c->part_count; p++)
        records += c->parts[p]->rows[word + 1] - c->parts[p]->rows[word];
    return records < c->words ? (size_t)records : c->words;
}

static size_t merge_row(void *user, int thread, size_t word, dsc_cooccurrence *dst)
{
    const struct count *c = user;
    for (size_t p = 0; p < c->part_count; p++) {
        const dsc_cooccurrences *part = c->parts[p];
        for (uint64_t i = part->rows[word]; i < part->rows[word + 1]; i++)
            add(&c->sums[thread], part->records[i].context, kept_units(part->records[i].weight));
    }
    return take_row(c, &c->sums[thread], word, dst);
}

/* Each thread lists the places of a range of words, which it finds by reading all ids. */
struct listing {
    struct count *count;
    size_t part;     /* words of text */
    uint64_t *heads; /* where the next place of each word goes */
};

static size_t range_begin(const struct count *c, size_t share, size_t shares)
{
    const uint64_t wanted = c->starts[c->words] / shares * share;
    size_t low = 0, high = c->words;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (c->starts[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return share == shares ? c->words : low;
}

static void list_places(void *user, dsci_region region)
{
    const struct listing *l = user;
    const struct count *c = l->count;
    const size_t begin = range_begin(c, (size_t)region.thread, (size_t)region.threads);
    const size_t end = range_begin(c, (size_t)region.thread + 1, (size_t)region.threads);
    for (size_t i = 0; i < l->part; i++) {
        const uint32_t id = c->ids[c->first + i];
        if (id >= begin && id < end && id != 0)
            c->places[l->heads[id]++] = (uint32_t)i;
    }
}

/* Table of the part of the text from c->first on, of `part` words. */
static const dsc_cooccurrences *count_part(dsc_scope *scope, struct count *c, const dsci_table_plan *plan,
                                           size_t part)
{
    dsc_scope *work = dsc_scope_open_within(scope, 0);
    struct listing listing = { .count = c, .part = part };
    c->places = dsc_scope_alloc(work, part, sizeof *c->places);
    c->starts = dsc_scope_alloc(work, c->words + 1, sizeof *c->starts);
    listing.heads = dsc_scope_alloc(work, c->words + 1, sizeof *listing.heads);
    const dsc_cooccurrences *table = NULL;
    if (dsc_scope_status(work) == DSC_OK) {
        for (size_t i = 0; i < part; i++)
            c->starts[c->ids[c->first + i] + 1]++;
        c->starts[1] = 0; /* ends of lines */
        for (size_t w = 0; w < c->words; w++)
            c->starts[w + 1] += c->starts[w];
        memcpy(listing.heads, c->starts, (c->words + 1) * sizeof *listing.heads);
        dsci_region_run(c->threads, list_places, &listing);
        dsci_table_plan rows = *plan;
        rows.most = most_counted;
        rows.fill = count_row;
        table = dsci_table_make(scope, &rows);
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return table;
}

/* A quarter of the memory lists places (4 bytes a word), half holds tables. Neither changes the result. */
static const dsc_cooccurrences *count_parts(dsc_scope *scope, dsc_scope *work, struct count *c,
                                            dsci_table_plan *plan)
{
    size_t part = dsci_least(dsci_largest(plan->memory / 16, LEAST_PART), UINT32_MAX);
    plan->memory = dsci_largest(plan->memory / 2, 1);
    c->last = c->length <= part;
    if (c->last)
        return count_part(scope, c, plan, c->length);
    /* The parts' tables and their sum exist at the same time. */
    const size_t parts = dsci_ceiling(c->length, part), memory = plan->memory;
    plan->memory = dsci_largest(memory / (2 * parts), 1);
    c->parts = dsc_scope_alloc(work, parts, sizeof *c->parts);
    for (; c->parts && c->part_count < parts; c->part_count++, c->first += part) {
        const dsc_cooccurrences *table = count_part(work, c, plan, dsci_least(part, c->length - c->first));
        if (!table)
            return NULL;
        c->parts[c->part_count] = table;
    }
    c->last = true;
    plan->memory = dsci_largest(memory / 2, 1);
    plan->most = most_merged;
    plan->fill = merge_row;
    return dsci_table_make(scope, plan);
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    return b ? greatest_common_divisor(b, a % b) : a;
}

/* Weights by distance as whole numbers, whose sums must not overflow. */
static dsc_status choose_weights(dsc_scope *scope, struct count *c, dsc_window_weight weight)
{
    c->unit = 1;
    for (uint64_t d = 2; weight == DSC_WINDOW_INVERSE && d <= c->window && d <= EXACT_DISTANCES; d++)
        c->unit *= d / greatest_common_divisor(c->unit, d);
    uint64_t total = 0;
    for (uint64_t d = 1; d <= c->window; d++) {
        c->weights[d] = weight == DSC_WINDOW_INVERSE ? (c->unit + d / 2) / d : 1;
        total += 2 * c->weights[d];
    }
    if (c->length > UINT64_MAX / total)
        return dsc_scope_fail(
            scope, DSC_ERROR_UNSUPPORTED,
            "co-occurrences: windows of %zu words to each side are counted in texts of up to %llu "
            "words, this one has %zu; choose smaller windows or flat weights",
            c->window, (unsigned long long)(UINT64_MAX / total), c->length);
    return DSC_OK;
}

static dsc_status check(dsc_scope *scope, const dsc_corpus *corpus, size_t words, size_t window,
                        dsc_window_weight weight)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    if (!corpus || (corpus->count && !corpus->ids) || words == 0 || words > UINT32_MAX)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "co-occurrences: expected a corpus and from 1 to %u words, found %zu words",
                              UINT32_MAX, words);
    if (window > MOST_WINDOW || (weight != DSC_WINDOW_INVERSE && weight != DSC_WINDOW_FLAT))
        return dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "co-occurrences: window is %zu and weight %d; expected at most %d words and inverse (0) or flat (1)",
            window, (int)weight, MOST_WINDOW);
    for (uint64_t i = 0; i < corpus->count; i++)
        if (corpus->ids[i] >= words)
            return dsc_scope_fail(
                scope, DSC_ERROR_ARGUMENT,
                "co-occurrences: word %llu of the corpus has the id %u; expected ids below %zu: is "
                "the vocabulary that of the corpus?",
                (unsigned long long)i, corpus->ids[i], words);
    return DSC_OK;
}

const dsc_cooccurrences *dsc_cooccurrences_count(dsc_scope *scope, const dsc_corpus *corpus, size_t words,
                                                 const dsc_cooccurrence_options *options)
{
    const dsc_cooccurrence_options o = options ? *options : (dsc_cooccurrence_options){ 0 };
    const size_t window = o.window ? o.window : 5;
    if (check(scope, corpus, words, window, o.weight) != DSC_OK)
        return NULL;
    dsc_scope *work = dsc_scope_open_within(scope, 0);
    struct count c = { .ids = corpus->ids,
                       .words = words,
                       .length = corpus->count,
                       .window = window,
                       .threads = dsc_threads_choose(o.threads).count };
    c.weights = dsc_scope_alloc(work, window + 1, sizeof *c.weights);
    c.sums = dsc_scope_alloc(work, (size_t)c.threads, sizeof *c.sums);
    for (int t = 0; t < c.threads && dsc_scope_status(work) == DSC_OK; t++) {
        c.sums[t].sums = dsc_scope_alloc(work, words, sizeof(uint64_t));
        c.sums[t].used = dsc_scope_alloc(work, words / 64 + 1, sizeof(uint64_t));
        c.sums[t].filled = dsc_scope_alloc(work, words / 4096 + 1, sizeof(uint64_t));
    }
    dsci_table_plan plan = { .words = words,
                             .threads = c.threads,
                             .directory = o.directory,
                             .memory = o.memory ? o.memory : (size_t)(dsc_memory_get().usable / 4),
                             .user = &c };
    const dsc_cooccurrences *table = NULL;
    if (dsc_scope_status(work) == DSC_OK && choose_weights(scope, &c, o.weight) == DSC_OK)
        table = count_parts(scope, work, &c, &plan);
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope) == DSC_OK ? table : NULL;
}
