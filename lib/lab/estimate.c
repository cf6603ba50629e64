/* estimate.c - what a run would cost. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/file.h>

#include "lab/results.h"
#include "lab/sweep.h"

static const double CALIBRATION_SECONDS = 0.45; /* of each of two cells */
static const double FILE_BYTES = 65536;         /* structure, texts */

struct job {
    size_t cell;
    double work, memory;
};

struct calibration {
    double deadline;
    const volatile int *stop;
};

static bool time_is_over(void *user)
{
    const struct calibration *calibration = user;
    return dsc_clock_seconds() >= calibration->deadline ||
           (calibration->stop && __atomic_load_n(calibration->stop, __ATOMIC_RELAXED));
}

/* Work per second of one cell on its threads; NaN if it came to nothing in time. */
static double measure(const dsc_plan *plan, const void *shared, const struct job *job,
                      const dsc_run_options *options)
{
    struct calibration calibration = { dsc_clock_seconds() + CALIBRATION_SECONDS, options->stop };
    struct dsci_watch watch = { .stop = time_is_over, .user = &calibration };
    dsc_scope *scope = dsc_scope_open(NULL);
    const int threads = omp_get_max_threads();
    const unsigned float_mode = dsc_float_mode_enter();
    omp_set_num_threads(dsci_cell_threads(plan, options));
    const struct dsci_outcome outcome = dsci_cell_compute(scope, plan, shared, job->cell, &watch);
    omp_set_num_threads(threads);
    dsc_float_mode_leave(float_mode);
    dsc_scope_close(&scope);
    const double fraction = outcome.status == DSC_CELL_DONE ? 1 : watch.fraction;
    return fraction > 0 && outcome.seconds > 0 ? job->work * fraction / outcome.seconds : NAN;
}

static int by_work(const void *a, const void *b)
{
    const struct job *x = a, *y = b;
    return (x->work > y->work) - (x->work < y->work);
}

/* Seconds of all jobs (sorted by work) on so many threads: small cells at the middle one's speed, large ones
   at the largest one's; at best evenly spread, at worst as long as the longest cell. */
static double seconds_of(const struct job *jobs, size_t count, double middle, double largest, int threads)
{
    double total = 0, longest = 0;
    const double boundary = sqrt(jobs[count / 2].work * jobs[count - 1].work);
    for (size_t i = 0; i < count; i++) {
        const double seconds = jobs[i].work / (jobs[i].work < boundary ? middle : largest);
        total += seconds;
        longest = fmax(longest, seconds);
    }
    return fmax(total / threads, longest);
}

static double record_bytes(const dsc_plan *plan)
{
    const double values = (double)plan->cells * (double)dsci_cell_value_count(plan);
    const double summaries = 4 * values / (double)plan->axes[plan->seed_axis].count;
    return 8 * (values + summaries) + (double)plan->cells * (double)sizeof(dsc_record_cell);
}

static size_t list_jobs(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options,
                        struct job *jobs)
{
    size_t count = 0;
    void *knobs = dsc_scope_alloc(scope, 1, plan->kase->knobs_size);
    dsc_record *record = NULL;
    if (options->out && dsc_file_exists(options->out))
        record = dsci_results_open(scope, plan, options->out);
    for (size_t i = 0; dsc_scope_status(scope) == DSC_OK && i < plan->cells; i++)
        if (dsci_sweep_shares(options, i) &&
            (!record || dsc_record_cell_at(record, i)->status != DSC_CELL_DONE))
            jobs[count++] =
                (struct job){ i, dsci_cell_work(plan, i, knobs), dsci_cell_memory(plan, i, knobs) };
    return count;
}

dsc_estimate dsc_estimate_run(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options)
{
    dsc_estimate estimate = { .seconds = NAN };
    struct job *jobs = plan ? dsc_scope_alloc(scope, plan->cells, sizeof *jobs) : NULL;
    if (!jobs)
        return estimate;
    const size_t count = list_jobs(scope, plan, options, jobs);
    const void *shared = count > 0 ? dsci_sweep_prepare(scope, plan) : NULL;
    if (dsc_scope_status(scope) != DSC_OK)
        return estimate;
    double largest_memory = 0;
    estimate.cells = plan->cells;
    estimate.missing = count;
    const int together = dsci_sweep_threads(plan, options, count);
    estimate.threads = together * dsci_cell_threads(plan, options);
    for (size_t i = 0; i < count; i++) {
        estimate.flops += plan->kase->work ? jobs[i].work : 0;
        largest_memory = fmax(largest_memory, jobs[i].memory);
    }
    estimate.disk_bytes = FILE_BYTES + record_bytes(plan);
    estimate.memory_bytes = together * largest_memory + 2 * record_bytes(plan); /* and the file's image */
    estimate.seconds = 0;
    if (count > 0) {
        qsort(jobs, count, sizeof *jobs, by_work);
        const double largest = measure(plan, shared, &jobs[count - 1], options);
        const double middle = measure(plan, shared, &jobs[count / 2], options);
        estimate.seconds = seconds_of(jobs, count, isnan(middle) ? largest : middle,
                                      isnan(largest) ? middle : largest, together);
    }
    return estimate;
}
