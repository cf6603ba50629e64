/* mutual_information.c - positive pointwise mutual information of a table. */
#include <descent/cooccurrence.h>

#include <math.h>

#include <sleef.h>

#include <descent/cpu.h>

#include "embed/pair_table.h"

/* In logarithms: log n_wc - by_word[w] - by_context[c] is positive where an element is kept. */
struct information {
    const dsc_cooccurrences *table;
    double *by_word, *by_context;
};

/* SLEEF's "cinz" functions have the same bits on every processor; libm's do not. */
static double log_of(double x)
{
    return Sleef_cinz_logd1_u10purec(x);
}

static size_t most(const void *user, size_t word)
{
    const struct information *p = user;
    return (size_t)(p->table->rows[word + 1] - p->table->rows[word]);
}

static size_t fill(void *user, int thread, size_t word, dsc_cooccurrence *dst)
{
    (void)thread;
    const struct information *p = user;
    size_t made = 0;
    for (uint64_t i = p->table->rows[word]; i < p->table->rows[word + 1]; i++) {
        const dsc_cooccurrence *r = &p->table->records[i];
        const double value = log_of(r->weight) - p->by_word[word] - p->by_context[r->context];
        if (value > 0)
            dst[made++] = (dsc_cooccurrence){ r->word, r->context, value };
    }
    return made;
}

/* by_word[w] = log n_w + log k, by_context[c] = a log n_c - log sum n_c'^a; what has no records is not asked
   for. */
static void take_margins(const struct information *p, double smoothing, double shift)
{
    const dsc_cooccurrences *table = p->table;
    for (uint64_t i = 0; i < table->count; i++) {
        p->by_word[table->records[i].word] += table->records[i].weight;
        p->by_context[table->records[i].context] += table->records[i].weight;
    }
    double total = 0;
    for (size_t w = 0; w < table->words; w++) {
        if (p->by_context[w] > 0)
            total += Sleef_cinz_powd1_u10purec(p->by_context[w], smoothing);
        p->by_word[w] = p->by_word[w] > 0 ? log_of(p->by_word[w]) + log_of(shift) : 0;
    }
    for (size_t c = 0; c < table->words; c++)
        p->by_context[c] = p->by_context[c] > 0 ? smoothing * log_of(p->by_context[c]) - log_of(total) : 0;
}

const dsc_cooccurrences *dsc_cooccurrences_ppmi(dsc_scope *scope, const dsc_cooccurrences *table,
                                                const dsc_ppmi_options *options)
{
    const dsc_ppmi_options o = options ? *options : (dsc_ppmi_options){ 0 };
    const double smoothing = o.smoothing != 0 ? o.smoothing : 0.75, shift = o.shift != 0 ? o.shift : 1;
    if (!(smoothing > 0 && smoothing <= 1) || !(shift >= 1) || !isfinite(shift)) {
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "PPMI: smoothing is %g and shift %g; expected 0 < smoothing <= 1 and a shift of at least 1",
            smoothing, shift);
        return NULL;
    }
    if (dsci_table_check(scope, table, "PPMI") != DSC_OK)
        return NULL;
    dsc_scope *work = dsc_scope_open_within(scope, 0);
    struct information p = { .table = table,
                             .by_word = dsc_scope_alloc(work, table->words, sizeof(double)),
                             .by_context = dsc_scope_alloc(work, table->words, sizeof(double)) };
    const dsc_cooccurrences *result = NULL;
    if (p.by_word && p.by_context) {
        take_margins(&p, smoothing, shift);
        result = dsci_table_make(scope, &(dsci_table_plan){ .words = table->words,
                                                            .threads = dsc_threads_choose(o.threads).count,
                                                            .directory = o.directory,
                                                            .memory = o.memory,
                                                            .most = most,
                                                            .fill = fill,
                                                            .user = &p });
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope) == DSC_OK ? result : NULL;
}
