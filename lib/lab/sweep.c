/* sweep.c - many cells on many cores. */
#include "lab/sweep.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/linalg.h>

#include "base/parallel.h"

enum { TICK_NANOSECONDS = 100000000 };

static const double PATIENCE = 2.5; /* seconds that cells have to stop in */

struct job {
    size_t cell;
    double work;
};

/* One thread's cell, alone in its cache line. */
struct slot {
    _Alignas(64) struct dsci_watch watch;
    _Atomic double work; /* 0: none */
};

struct state {
    const struct dsci_sweep *sweep;
    struct job *jobs;
    struct slot *slots;
    struct dsci_team team;
    double start, work;
    _Atomic size_t next;
    pthread_mutex_t mutex; /* of what follows, and of take() */
    pthread_cond_t ended_signal;
    size_t done, failed;
    double work_done, work_run; /* of cells that ended: with those before, and by this sweep */
    bool ended;
};

bool dsci_sweep_shares(const dsc_run_options *options, size_t cell)
{
    return options->shards <= 1 || cell % (size_t)options->shards == (size_t)options->shard - 1;
}

const void *dsci_sweep_prepare(dsc_scope *scope, const dsc_plan *plan)
{
    if (plan->kase->uses_lapack)
        dsc_linalg_core(); /* loads the library, which must not happen in several threads */
    if (dsc_scope_status(scope) != DSC_OK || !plan->kase->prepare)
        return NULL;
    return plan->kase->prepare(scope, plan, plan->hyperparameters,
                               plan->known_data ? plan->known_directory : plan->data_directory);
}

static bool must_stop(void *user)
{
    const struct state *state = user;
    const dsc_run_options *options = state->sweep->options;
    return (options->stop && __atomic_load_n(options->stop, __ATOMIC_RELAXED)) ||
           (options->max_time > 0 && dsc_clock_seconds() - state->start >= options->max_time);
}

/* Longest first, so that no long cell is left for the end; equal ones in their own order. */
static int by_work(const void *a, const void *b)
{
    const struct job *x = a, *y = b;
    if (x->work != y->work)
        return x->work > y->work ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

static void report(struct state *state)
{
    const struct dsci_sweep *sweep = state->sweep;
    double running = 0;
    for (int i = 0; i < state->team.cells; i++)
        running += atomic_load_explicit(&state->slots[i].work, memory_order_relaxed) *
                   atomic_load_explicit(&state->slots[i].watch.fraction, memory_order_relaxed);
    pthread_mutex_lock(&state->mutex);
    dsc_progress progress = { .cells = sweep->done_before + sweep->count,
                              .done = sweep->done_before + state->done,
                              .failed = state->failed,
                              .work = state->work,
                              .work_done = state->work_done + running,
                              .elapsed = dsc_clock_seconds() - state->start };
    const double run = state->work_run + running;
    pthread_mutex_unlock(&state->mutex);
    progress.remaining = run > 0 ? progress.elapsed * fmax(progress.work - progress.work_done, 0) / run : NAN;
    if (sweep->options->progress)
        sweep->options->progress(sweep->options->progress_user, &progress);
    if (sweep->tick)
        sweep->tick(sweep->user);
}

/* Calls the overdue function, once, when cells have not stopped within the time that they have for it. */
static void watch_stop(struct state *state, double *since)
{
    const double now = dsc_clock_seconds();
    if (*since == 0 && must_stop(state))
        *since = now;
    if (*since > 0 && now - *since >= PATIENCE && state->sweep->overdue) {
        *since = INFINITY;
        state->sweep->overdue(state->sweep->user);
    }
}

/* The thread that reports, ten times a second and once at the end. */
static void *keep_reporting(void *user)
{
    struct state *state = user;
    double stopping_since = 0;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&state->mutex);
    while (!state->ended) {
        next.tv_nsec += TICK_NANOSECONDS;
        if (next.tv_nsec >= 1000000000) {
            next.tv_nsec -= 1000000000;
            next.tv_sec++;
        }
        while (!state->ended && pthread_cond_timedwait(&state->ended_signal, &state->mutex, &next) == 0)
            continue;
        if (state->ended)
            break;
        pthread_mutex_unlock(&state->mutex);
        report(state);
        watch_stop(state, &stopping_since);
        clock_gettime(CLOCK_MONOTONIC, &next);
        pthread_mutex_lock(&state->mutex);
    }
    pthread_mutex_unlock(&state->mutex);
    report(state);
    return NULL;
}

static void take(struct state *state, const struct job *job, const struct dsci_outcome *outcome)
{
    pthread_mutex_lock(&state->mutex);
    state->sweep->take(state->sweep->user, job->cell, outcome);
    state->done += outcome->status == DSC_CELL_DONE;
    state->failed += outcome->status == DSC_CELL_FAILED;
    state->work_done += job->work;
    state->work_run += job->work;
    pthread_mutex_unlock(&state->mutex);
}

/* One thread's share: the next cell in the queue until there is none or the sweep must stop. */
static void work_through(void *user, int index)
{
    struct state *state = user;
    struct slot *slot = &state->slots[index];
    const unsigned float_mode = dsc_float_mode_enter();
    const int own_threads = omp_get_max_threads();
    omp_set_num_threads(state->team.threads); /* what a model or library may start */
    for (size_t i = atomic_fetch_add(&state->next, 1); i < state->sweep->count && !must_stop(state);
         i = atomic_fetch_add(&state->next, 1)) {
        const struct job *job = &state->jobs[i];
        dsc_scope *scope = dsc_scope_open(NULL);
        atomic_store_explicit(&slot->watch.fraction, 0, memory_order_relaxed);
        atomic_store_explicit(&slot->work, job->work, memory_order_relaxed);
        const struct dsci_outcome outcome =
            dsci_cell_compute(scope, state->sweep->plan, state->sweep->shared, job->cell, &slot->watch);
        atomic_store_explicit(&slot->work, 0, memory_order_relaxed);
        if (outcome.status != DSC_CELL_MISSING)
            take(state, job, &outcome);
        dsc_scope_close(&scope);
    }
    omp_set_num_threads(own_threads);
    dsc_float_mode_leave(float_mode);
}

/* Says why fewer threads are at work than were chosen. */
static void explain(const dsc_scope *scope, const struct dsci_team *team)
{
    const int used = team->cells * team->threads;
    if (used < team->chosen && team->short_of_memory)
        dsc_scope_log(scope, DSC_LOG_WARNING,
                      "%d of %d threads are at work: more cells at once would not fit into %.3g GiB", used,
                      team->chosen, team->usable / 0x1p30);
    else if (used < team->chosen)
        dsc_scope_log(scope, DSC_LOG_WARNING,
                      "%d of %d threads are at work: no more can be started; raise the limit on processes "
                      "(ulimit -u)",
                      used, team->chosen);
}

static bool set_up(dsc_scope *scope, struct state *state)
{
    const struct dsci_sweep *sweep = state->sweep;
    state->jobs = dsc_scope_alloc(scope, sweep->count, sizeof *state->jobs);
    double *memory = dsc_scope_alloc(scope, sweep->count, sizeof *memory);
    if (dsc_scope_status(scope) != DSC_OK)
        return false;
    state->team = dsci_team_choose(sweep->plan, sweep->options, sweep->cells, sweep->count, memory);
    explain(scope, &state->team);
    state->slots = dsc_scope_alloc(scope, (size_t)state->team.cells, sizeof *state->slots);
    if (!state->slots)
        return false;
    for (int i = 0; i < state->team.cells; i++) {
        state->slots[i].watch.stop = must_stop;
        state->slots[i].watch.user = state;
    }
    state->work = state->work_done = sweep->work_before;
    for (size_t i = 0; i < sweep->count; i++) {
        state->jobs[i] = (struct job){ sweep->cells[i], dsci_cell_cost(sweep->plan, sweep->cells[i]).flops };
        state->work += state->jobs[i].work;
    }
    qsort(state->jobs, sweep->count, sizeof *state->jobs, by_work);
    return dsc_scope_status(scope) == DSC_OK;
}

static void end(struct state *state)
{
    pthread_mutex_lock(&state->mutex);
    state->ended = true;
    pthread_cond_signal(&state->ended_signal);
    pthread_mutex_unlock(&state->mutex);
}

bool dsci_sweep_run(dsc_scope *scope, const struct dsci_sweep *sweep)
{
    struct state state = { .sweep = sweep, .start = sweep->start > 0 ? sweep->start : dsc_clock_seconds() };
    if (!set_up(scope, &state))
        return false;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&state.mutex, NULL);
    pthread_cond_init(&state.ended_signal, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_t reporter;
    if (pthread_create(&reporter, NULL, keep_reporting, &state) != 0) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY,
                       "could not start a thread: raise the limit on processes (ulimit -u)");
    } else {
        dsci_parallel_run(state.team.cells, work_through, &state);
        end(&state);
        pthread_join(reporter, NULL);
    }
    pthread_cond_destroy(&state.ended_signal);
    pthread_mutex_destroy(&state.mutex);
    return dsc_scope_status(scope) == DSC_OK && state.done + state.failed == sweep->count;
}
