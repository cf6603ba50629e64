/* estimate.c - what a run would cost. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/file.h>
#include <descent/linalg.h>

#include "lab/results.h"
#include "lab/sweep.h"

static const double CALIBRATION_SECONDS = 0.45; /* of each of two cells */
static const double PATIENCE = 5;               /* seconds more for a cell that has not said how far it is */
static const double LAPACK_WORK_MAX = 3e9;      /* of a cell that is tried though it cannot be stopped */
static const double FILE_BYTES = 65536;         /* structure, texts */

struct job {
    size_t cell;
    dsc_cost cost;
};

struct calibration {
    double deadline;
    const volatile int *stop;
    const struct dsci_watch *watch;
};

/* A cell that has not reported its progress yet is given more time: its speed is measured by that report. */
static bool time_is_over(void *user)
{
    const struct calibration *calibration = user;
    const double late = dsc_clock_seconds() - calibration->deadline;
    return late >= PATIENCE || (late >= 0 && calibration->watch->fraction > 0) ||
           (calibration->stop && __atomic_load_n(calibration->stop, __ATOMIC_RELAXED));
}

/* Work per second of one cell on cell_threads threads; NaN if it came to nothing in time. */
static double measure(const dsc_plan *plan, const void *shared, const struct job *job,
                      const dsc_run_options *options, int cell_threads)
{
    struct dsci_watch watch = { .stop = time_is_over };
    struct calibration calibration = { dsc_clock_seconds() + CALIBRATION_SECONDS, options->stop, &watch };
    watch.user = &calibration;
    dsc_scope *scope = dsc_scope_open(NULL);
    const int threads = omp_get_max_threads();
    const unsigned float_mode = dsc_float_mode_enter();
    omp_set_num_threads(cell_threads);
    const struct dsci_outcome outcome = dsci_cell_compute(scope, plan, shared, job->cell, &watch);
    omp_set_num_threads(threads);
    dsc_float_mode_leave(float_mode);
    dsc_scope_close(&scope);
    const double fraction = outcome.status == DSC_CELL_DONE ? 1 : watch.fraction;
    return fraction > 0 && outcome.seconds > 0 ? job->cost.flops * fraction / outcome.seconds : NAN;
}

/* Floating-point operations per second of a matrix product: calls of LAPACK are about as fast. */
static double measure_products(void)
{
    enum { SIZE = 700 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_matrix a = dsc_matrix_make(scope, SIZE, SIZE), product = dsc_matrix_make(scope, SIZE, SIZE);
    const double start = dsc_clock_seconds();
    const bool done = dsc_matrix_product(scope, product, a, a, NULL) == DSC_OK;
    const double seconds = dsc_clock_seconds() - start;
    dsc_scope_close(&scope);
    return done && seconds > 0 ? 2.0 * SIZE * SIZE * SIZE / seconds : NAN;
}

static int by_work(const void *a, const void *b)
{
    const struct job *x = a, *y = b;
    return (x->cost.flops > y->cost.flops) - (x->cost.flops < y->cost.flops);
}

struct speeds {
    double boundary;     /* in work: below it cells have the middle one's speed, above it the largest one's */
    double small, large; /* work per second; NaN: not known */
};

/* Measures the largest of the jobs (sorted by work) and the middle one, or the nearest below that can be
   tried; what LAPACK computes and cannot be tried goes as fast as products of matrices. */
static struct speeds measure_two(const dsc_plan *plan, const void *shared, const struct job *jobs,
                                 size_t count, double memory, const dsc_run_options *options,
                                 int cell_threads)
{
    const struct job *largest = NULL, *middle = NULL;
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].cost.bytes > memory || (plan->kase->uses_lapack && jobs[i].cost.flops > LAPACK_WORK_MAX))
            continue;
        largest = &jobs[i];
        if (i <= count / 2 || !middle)
            middle = largest;
    }
    const struct job *last = &jobs[count - 1];
    struct speeds speeds = { .small = NAN, .large = NAN };
    if (largest == last)
        speeds.large = measure(plan, shared, largest, options, cell_threads);
    else if (plan->kase->uses_lapack)
        speeds.large = measure_products();
    if (middle && middle != last)
        speeds.small = measure(plan, shared, middle, options, cell_threads);
    if (middle)
        speeds.boundary = sqrt(middle->cost.flops * last->cost.flops);
    if (isnan(speeds.large))
        speeds.large = speeds.small;
    if (isnan(speeds.small))
        speeds.small = speeds.large;
    return speeds;
}

/* Seconds of all jobs, `together` of them at once: at best evenly spread, at worst as long as the longest
   cell. */
static double seconds_of(const struct job *jobs, size_t count, const struct speeds *speeds, int together)
{
    double total = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        const double work = jobs[i].cost.flops;
        const double seconds = work / (work < speeds->boundary ? speeds->small : speeds->large);
        total += seconds;
        longest = seconds > longest ? seconds : longest;
    }
    return total / together < longest ? longest : total / together; /* NaN stays NaN */
}

static size_t list_jobs(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options,
                        struct job *jobs)
{
    size_t count = 0;
    dsc_record *record = NULL;
    if (options->out && dsc_file_exists(options->out))
        record = dsci_results_open(scope, plan, options->out);
    for (size_t i = 0; dsc_scope_status(scope) == DSC_OK && i < plan->cells; i++)
        if (dsci_sweep_shares(options, i) &&
            (!record || dsc_record_cell_at(record, i)->status != DSC_CELL_DONE))
            jobs[count++] = (struct job){ i, dsci_cell_cost(plan, i) };
    return count;
}

dsc_estimate dsc_estimate_run(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options)
{
    dsc_estimate estimate = { .seconds = NAN };
    struct job *jobs = plan ? dsc_scope_alloc(scope, plan->cells, sizeof *jobs) : NULL;
    size_t *cells = plan ? dsc_scope_alloc(scope, plan->cells, sizeof *cells) : NULL;
    double *memory = plan ? dsc_scope_alloc(scope, plan->cells, sizeof *memory) : NULL;
    if (!plan || dsc_scope_status(scope) != DSC_OK)
        return estimate;
    const size_t count = list_jobs(scope, plan, options, jobs);
    for (size_t i = 0; i < count; i++) {
        cells[i] = jobs[i].cell;
        estimate.flops += plan->kase->cost ? jobs[i].cost.flops : 0;
    }
    const struct dsci_team team = dsci_team_choose(plan, options, cells, count, memory);
    estimate.cells = plan->cells;
    estimate.missing = count;
    estimate.fitting = team.fitting;
    estimate.threads = team.cells * team.threads;
    estimate.disk_bytes = FILE_BYTES + dsci_record_bytes(plan);
    estimate.memory_bytes = team.bytes;
    estimate.usable_bytes = team.usable;
    const void *shared = team.fitting > 0 ? dsci_sweep_prepare(scope, plan) : NULL;
    if (dsc_scope_status(scope) != DSC_OK)
        return estimate;
    if (count > 0) {
        qsort(jobs, count, sizeof *jobs, by_work);
        const double room = team.usable - 2 * dsci_record_bytes(plan);
        const struct speeds speeds = measure_two(plan, shared, jobs, count, room, options, team.threads);
        estimate.seconds = seconds_of(jobs, count, &speeds, team.cells);
    } else {
        estimate.seconds = 0;
    }
    return estimate;
}
