/* summaries.c - what is said about the seeds, put beside the raw values. */
#include "lab/results.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <descent/statistics.h>

#include "base/parallel.h"

enum { MEDIAN, LOW, HIGH, COUNT, SUMMARIES };
static const char *const suffixes[SUMMARIES] = { "median", "low", "high", "n" };

/* "lower end of the range over seeds of test error". */
static const char *long_name_of(dsc_scope *scope, size_t which, const double *counts, size_t count,
                                const char *of)
{
    size_t n_low = SIZE_MAX, n_high = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t n = (size_t)counts[i];
        n_low = n > 0 && n < n_low ? n : n_low;
        n_high = n > n_high ? n : n_high;
    }
    if (which == MEDIAN || which == COUNT)
        return dsc_scope_format(scope, "%s %s", which == MEDIAN ? "median over seeds of" : "finite values of",
                                of);
    return dsc_scope_format(scope, "%s end of the %s over seeds of %s", which == LOW ? "lower" : "upper",
                            dsc_interval_name(n_low, n_high), of);
}

/* The seeds' axis among those of an output; its rank if it has none. */
static size_t seed_position(const dsc_record_spec *spec, const dsc_record_output *output)
{
    size_t position = 0;
    while (position < output->rank && strcmp(spec->axes[output->axes[position]].name, "seed") != 0)
        position++;
    return position;
}

/* An output's values over its axis of seeds. Threads take blocks of points from it until none is left. */
struct summing {
    const dsc_record_output *output;
    size_t seeds, stride, count; /* count: points, one for all seeds */
    double *values;              /* room for the seeds of one point, for each thread */
    double *results[SUMMARIES];
    _Atomic size_t next;
};

static void summarize_points(void *user, int index)
{
    enum { AT_ONCE = 16 };
    struct summing *summing = user;
    const size_t seeds = summing->seeds, stride = summing->stride;
    double *values = summing->values + (size_t)index * seeds;
    for (size_t first; (first = atomic_fetch_add(&summing->next, AT_ONCE)) < summing->count;)
        for (size_t i = first; i < first + AT_ONCE && i < summing->count; i++) {
            const double *from = summing->output->values + i / stride * stride * seeds + i % stride;
            for (size_t s = 0; s < seeds; s++)
                values[s] = from[s * stride];
            const dsc_interval interval = dsc_summarize(values, seeds);
            summing->results[MEDIAN][i] = interval.median;
            summing->results[LOW][i] = interval.low;
            summing->results[HIGH][i] = interval.high;
            summing->results[COUNT][i] = (double)interval.n;
        }
}

/* Summarises an output over the axis at position; the results live in the scope. False: out of memory. */
static bool summarize(dsc_scope *scope, const dsc_record_output *output, size_t seeds, size_t stride,
                      int threads, double *results[SUMMARIES])
{
    struct summing summing = {
        .output = output, .seeds = seeds, .stride = stride, .count = output->count / seeds
    };
    if ((size_t)threads > summing.count)
        threads = summing.count > 0 ? (int)summing.count : 1;
    for (size_t i = 0; i < SUMMARIES; i++)
        results[i] = summing.results[i] = dsc_scope_alloc(scope, summing.count, sizeof(double));
    summing.values = dsc_scope_alloc(scope, (size_t)threads * seeds, sizeof *summing.values);
    if (dsc_scope_status(scope) != DSC_OK)
        return false;
    dsci_parallel_run(threads, summarize_points, &summing);
    return true;
}

static dsc_status summarize_output(dsc_scope *scope, dsc_record *record, const dsc_record_output *output,
                                   int threads)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    const size_t position = seed_position(spec, output);
    if (position == output->rank)
        return DSC_OK;
    const size_t seeds = spec->axes[output->axes[position]].count, count = output->count / seeds;
    size_t stride = 1;
    dsc_record_output summary = { .rank = output->rank - 1, .count = count };
    for (size_t i = 0; i < output->rank; i++) {
        if (i != position)
            summary.axes[i - (i > position)] = output->axes[i];
        if (i > position)
            stride *= spec->axes[output->axes[i]].count;
    }
    double *results[SUMMARIES];
    if (!summarize(scope, output, seeds, stride, threads, results))
        return dsc_scope_status(scope);
    for (size_t i = 0; i < SUMMARIES; i++) {
        summary.name = dsc_scope_format(scope, "%s_%s", output->name, suffixes[i]);
        summary.long_name = long_name_of(scope, i, results[COUNT], count, output->long_name);
        summary.units = i == COUNT ? "1" : output->units;
        summary.values = results[i];
        if (dsc_scope_status(scope) == DSC_OK && dsc_record_summary_set(record, &summary) != DSC_OK)
            return dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not keep summary '%s'",
                                  summary.name);
    }
    return dsc_scope_status(scope);
}

dsc_status dsci_results_summarize(dsc_scope *scope, dsc_record *record, int threads)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    dsc_scope *work = dsc_scope_open(NULL);
    for (size_t i = 0; i < spec->output_count && dsc_scope_status(work) == DSC_OK; i++)
        summarize_output(work, record, &spec->outputs[i], threads);
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope);
}
