/* summaries.c - what is said about the seeds, put beside the raw values. */
#include "lab/results.h"

#include <string.h>

#include <descent/statistics.h>

enum { MEDIAN, LOW, HIGH, COUNT, SUMMARIES };
static const char *const suffixes[SUMMARIES] = { "median", "low", "high", "n" };
static const char *const meanings[SUMMARIES] = { "median over seeds of",
                                                 "lower end of the 95 % bootstrap interval of",
                                                 "upper end of the 95 % bootstrap interval of",
                                                 "finite values of" };

/* The seeds' axis among those of an output; its rank if it has none. */
static size_t seed_position(const dsc_record_spec *spec, const dsc_record_output *output)
{
    size_t position = 0;
    while (position < output->rank && strcmp(spec->axes[output->axes[position]].name, "seed") != 0)
        position++;
    return position;
}

/* Summarises an output over its axis at position into four arrays of count / seeds numbers. */
static void summarize(const dsc_record_output *output, size_t seeds, size_t stride,
                      double *results[SUMMARIES])
{
    const size_t count = output->count / seeds;
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t i = 0; i < count; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const double *first = output->values + i / stride * stride * seeds + i % stride;
        double *values = dsc_scope_alloc(scope, seeds, sizeof *values);
        for (size_t s = 0; values && s < seeds; s++)
            values[s] = first[s * stride];
        const dsc_interval interval = dsc_summarize(values, values ? seeds : 0);
        results[MEDIAN][i] = interval.median;
        results[LOW][i] = interval.low;
        results[HIGH][i] = interval.high;
        results[COUNT][i] = (double)interval.n;
        dsc_scope_close(&scope);
    }
}

static dsc_status summarize_output(dsc_scope *scope, dsc_record *record, const dsc_record_output *output)
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
    for (size_t i = 0; i < SUMMARIES; i++)
        results[i] = dsc_scope_alloc(scope, count, sizeof(double));
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    summarize(output, seeds, stride, results);
    for (size_t i = 0; i < SUMMARIES; i++) {
        summary.name = dsc_scope_format(scope, "%s_%s", output->name, suffixes[i]);
        summary.long_name = dsc_scope_format(scope, "%s %s", meanings[i], output->long_name);
        summary.units = i == COUNT ? "1" : output->units;
        summary.values = results[i];
        if (dsc_scope_status(scope) == DSC_OK && dsc_record_summary_set(record, &summary) != DSC_OK)
            return dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not keep summary '%s'",
                                  summary.name);
    }
    return dsc_scope_status(scope);
}

dsc_status dsci_results_summarize(dsc_scope *scope, dsc_record *record)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    dsc_scope *work = dsc_scope_open(NULL);
    for (size_t i = 0; i < spec->output_count && dsc_scope_status(work) == DSC_OK; i++)
        summarize_output(work, record, &spec->outputs[i]);
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope);
}
