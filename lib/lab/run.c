/* run.c - runs the missing cells of a plan and keeps the results file up to date. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/file.h>

#include "lab/results.h"
#include "lab/sweep.h"
#include "plot/plot.h"
#include "record/internal.h"

static const double WRITE_INTERVAL = 2.0; /* seconds between writes, */
static const double WRITE_SHARE_MAX =
    0.05; /* or longer, so that writing takes no more than this share of the time */

struct run {
    const dsc_scope *scope; /* of the caller: its log */
    dsc_scope *claim;       /* holds the file for this process */
    double start;
    const dsc_plan *plan;
    const dsc_run_options *options;
    dsc_record *record;
    size_t *cells; /* to compute, count of them */
    size_t count, kept;
    double work_kept;
    size_t computed, failed;
    pthread_mutex_t mutex; /* of the record's cells and of changed */
    bool changed;          /* since the last write */
    bool warned;           /* that the last write failed */
    double last_write, write_seconds;
};

/* Lists the cells of this run's share that are not done; failed ones are tried again. */
static void list_cells(dsc_scope *scope, struct run *run)
{
    run->cells = dsc_scope_alloc(scope, run->plan->cells, sizeof *run->cells);
    for (size_t i = 0; dsc_scope_status(scope) == DSC_OK && i < run->plan->cells; i++) {
        if (!dsci_sweep_shares(run->options, i))
            continue;
        if (run->record && dsc_record_cell_at(run->record, i)->status == DSC_CELL_DONE) {
            run->kept++;
            run->work_kept += dsci_cell_cost(run->plan, i).flops;
        } else {
            run->cells[run->count++] = i;
        }
    }
}

static void take(void *user, size_t cell, const struct dsci_outcome *outcome)
{
    struct run *run = user;
    pthread_mutex_lock(&run->mutex);
    if (outcome->status == DSC_CELL_DONE) {
        dsci_results_put(run->record, cell, outcome->values);
        *dsc_record_cell_at(run->record, cell) =
            (dsc_record_cell){ .hash = outcome->hash, .seconds = outcome->seconds, .status = DSC_CELL_DONE };
        dsci_provenance_add_lines(run->record, "implementations", outcome->notes);
        run->computed++;
    } else if (dsc_record_cell_fail(run->record, cell, outcome->seconds, outcome->message) == DSC_OK) {
        run->failed++;
    }
    run->changed = true;
    pthread_mutex_unlock(&run->mutex);
}

/* Writes the file. Threads that finish cells wait while its bytes are made in memory, not while they go to
 * the disk. */
static dsc_status write_file(dsc_scope *scope, struct run *run)
{
    const double start = dsc_clock_seconds();
    pthread_mutex_lock(&run->mutex);
    const dsc_bytes image = dsci_record_image(scope, run->record);
    run->changed = false;
    pthread_mutex_unlock(&run->mutex);
    if (image.data)
        dsc_file_replace(scope, run->options->out, image.data, image.size);
    run->last_write = dsc_clock_seconds();
    run->write_seconds = run->last_write - start;
    return dsc_scope_status(scope);
}

/* Writes what has changed if it is time. A write that fails is said once and tried again next time; the last
 * one at the end counts. */
static void keep_up_to_date(void *user)
{
    struct run *run = user;
    pthread_mutex_lock(&run->mutex);
    const bool changed = run->changed;
    pthread_mutex_unlock(&run->mutex);
    const double asked = run->options->write_interval;
    const double interval = asked > 0 ? asked : fmax(WRITE_INTERVAL, run->write_seconds / WRITE_SHARE_MAX);
    if (!changed || dsc_clock_seconds() - run->last_write < interval)
        return;
    dsc_scope *scope = dsc_scope_open(NULL);
    const bool written = write_file(scope, run) == DSC_OK;
    if (!written) {
        pthread_mutex_lock(&run->mutex);
        run->changed = true;
        pthread_mutex_unlock(&run->mutex);
    }
    if (!written && !run->warned)
        dsc_scope_log(run->scope, DSC_LOG_WARNING, "%s; the run goes on and tries again",
                      dsc_scope_message(scope));
    run->warned = !written;
    dsc_scope_close(&scope);
}

/* The last write: with summaries and the time of the end. What was computed is lost if it fails, so the error
   says where; a lack of memory for the summaries alone loses nothing. */
static void finish(dsc_scope *scope, struct run *run)
{
    dsc_scope *work = dsc_scope_open(NULL), *summing = dsc_scope_open(NULL);
    pthread_mutex_lock(&run->mutex);
    if (dsci_results_summarize(summing, run->record, dsc_threads_choose(run->options->threads).count) ==
        DSC_OK) {
        char now[24];
        dsc_clock_utc(now);
        dsc_record_provenance_set(run->record, "end", now);
    }
    pthread_mutex_unlock(&run->mutex);
    if (write_file(work, run) != DSC_OK)
        dsc_scope_fail(scope, dsc_scope_status(work),
                       "the last results could not be saved, '%s' is as it was before: %s", run->options->out,
                       dsc_scope_message(work));
    dsc_scope_adopt_error(scope, summing);
    dsc_scope_close(&summing);
    dsc_scope_close(&work);
}

static dsc_run_result result_of(const struct run *run, bool stopped)
{
    return (dsc_run_result){ .record = run->record,
                             .computed = run->computed,
                             .kept = run->kept,
                             .failed = run->failed,
                             .missing = run->count - run->computed - run->failed,
                             .seconds = dsc_clock_seconds() - run->start,
                             .stopped = stopped };
}

/* Called when cells are still at work long after they were told to stop: the finished cells are written, and
   the program ends without waiting for the others. */
static void end_without_cells(void *user)
{
    struct run *run = user;
    dsc_scope *scope = dsc_scope_open(NULL);
    finish(scope, run);
    if (dsc_scope_status(scope) != DSC_OK)
        dsc_scope_log(run->scope, DSC_LOG_WARNING, "%s", dsc_scope_message(scope));
    dsc_scope_close(&scope);
    dsc_scope_close(&run->claim);
    pthread_mutex_lock(&run->mutex); /* nothing is taken any more */
    const dsc_run_result result = result_of(run, true);
    run->options->overdue(run->options->overdue_user, &result);
}

static void compute(dsc_scope *scope, struct run *run, bool *reached)
{
    if (dsci_team_check(scope, run->plan, run->options, run->cells, run->count) != DSC_OK)
        return;
    dsc_file_check_writable(scope, run->options->out);
    if (run->options->figures)
        dsci_plot_files_check(scope, run->record, run->options->out, run->options->figures);
    const void *shared = run->count > 0 ? dsci_sweep_prepare(scope, run->plan) : NULL;
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    dsci_provenance_note_run(run->record, run->plan, run->options);
    if (write_file(scope, run) != DSC_OK) /* now rather than after hours of work */
        return;
    const struct dsci_sweep sweep = { .plan = run->plan,
                                      .shared = shared,
                                      .cells = run->cells,
                                      .count = run->count,
                                      .options = run->options,
                                      .start = run->start,
                                      .done_before = run->kept,
                                      .work_before = run->work_kept,
                                      .user = run,
                                      .take = take,
                                      .tick = keep_up_to_date,
                                      .overdue = run->options->overdue ? end_without_cells : NULL };
    *reached = dsci_sweep_run(scope, &sweep);
    finish(scope, run);
}

static dsc_status check_options(dsc_scope *scope, const dsc_run_options *options)
{
    if (!options->out || !options->out[0])
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "no results file was named: give --out FILE.h5");
    if (options->shards < 0 ||
        (options->shards > 0 && (options->shard < 1 || options->shard > options->shards)))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "shard %d/%d: expected 1/N..N/N", options->shard,
                              options->shards);
    return dsc_scope_status(scope);
}

/* True if the file was left by a run that did not come to its end. */
static bool unfinished(const dsc_record *record)
{
    const char *end = dsc_record_provenance_get(record, "end");
    return !end || !end[0];
}

dsc_run_result dsc_run(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options)
{
    dsc_run_result result = { .record = NULL };
    const double start = dsc_clock_seconds();
    if (!plan || check_options(scope, options) != DSC_OK)
        return result;
    dsc_scope *claim = dsc_scope_open(NULL);
    dsci_results_claim(claim, options->out);
    struct run run = { .scope = scope, .plan = plan, .options = options, .start = start, .claim = claim };
    if (dsc_scope_adopt_error(scope, claim) == DSC_OK) {
        run.record = dsci_results_open(scope, plan, options->out);
        bool reached = false;
        pthread_mutex_init(&run.mutex, NULL);
        if (run.record) /* before anything looks at a network, and so at oneDNN */
            dsci_provenance_keep_level(scope, run.record, options);
        list_cells(scope, &run);
        if (dsc_scope_status(scope) == DSC_OK && (run.count > 0 || unfinished(run.record)))
            compute(scope, &run, &reached);
        else
            reached = true;
        pthread_mutex_destroy(&run.mutex);
        result = result_of(&run, !reached && dsc_scope_status(scope) == DSC_OK);
    }
    dsc_scope_close(&run.claim);
    return result;
}
