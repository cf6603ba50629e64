/* loop.c - the one loop that measures. */
#include "measure.h"

#include <math.h>
#include <stdlib.h>

#include <descent/clock.h>

enum {
    CALIBRATION = 3, /* about as many blocks as finding the number of runs takes */
    LEAST_ROUNDS = 5 /* however long they take */
};

static const double WIDE = 0.1;
static const double LONG_RUN = 0.03; /* seconds that need no run before them to warm the caches */
static const double OUT_OF_TIME = 2; /* times the time that was asked for, at which rounds end early */

static double time_runs(const bench_entry *entry, size_t count)
{
    dsc_bench_pin(entry->task->threads);
    const double start = dsc_clock_seconds();
    dsc_bench_task_run(entry->task, count);
    return dsc_clock_seconds() - start;
}

/* True if it may go on. */
static bool go_on(bench_watch *watch, double blocks)
{
    watch->done += blocks / (BENCH_ROUNDS + CALIBRATION);
    const bench_request *request = watch->request;
    if (!watch->stopped && request && request->watch)
        watch->stopped = !request->watch(request->user, watch->done, watch->rows);
    return !watch->stopped;
}

/* The first run is never timed; then as many as fill a round's block. */
static void calibrate(bench_entry *entry, double block)
{
    time_runs(entry, 1);
    double taken = time_runs(entry, 1);
    size_t count = 1;
    while (taken < block / 4 && count < (size_t)1 << 40) {
        count *= 2;
        taken = time_runs(entry, count);
    }
    entry->run_seconds = taken / (double)count;
    const double wanted = block / entry->run_seconds;
    entry->count = wanted > 1 ? (size_t)wanted : 1;
}

/* A round takes each row once; a run that is not timed warms the caches. */
static void run_round(const bench_entry *entries, size_t count, size_t round, bench_watch *watch)
{
    for (size_t i = 0; i < count; i++) {
        const bench_entry *e = &entries[round % 2 ? count - 1 - i : i];
        if (e->run_seconds < LONG_RUN)
            time_runs(e, 1);
        e->result->seconds[round] = time_runs(e, e->count) / (double)e->count;
        if (!go_on(watch, 1))
            return;
    }
}

static int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Two levels: three or more rounds on either side of a gap that is a twentieth of the median and more than
 * half of all the distance between the second fastest and the second slowest round. */
static bool has_two_levels(const double *seconds, size_t rounds, double median)
{
    double sorted[BENCH_ROUNDS];
    for (size_t i = 0; i < rounds; i++)
        sorted[i] = seconds[i];
    qsort(sorted, rounds, sizeof sorted[0], compare_times);
    for (size_t i = 3; i + 3 <= rounds; i++) {
        const double range = sorted[rounds - 2] - sorted[1];
        const double gap = sorted[i] - sorted[i - 1];
        if (gap > median / 20 && gap > range / 2)
            return true;
    }
    return false;
}

bench_steadiness bench_steadiness_of(const dsc_interval *interval)
{
    if (interval->low < interval->median / 2 || interval->high > 2 * interval->median)
        return BENCH_LOOSE;
    return interval->high - interval->low > WIDE * interval->median ? BENCH_WIDE : BENCH_STEADY;
}

static void summarize(bench_result *r)
{
    r->time = dsc_summarize(r->seconds, BENCH_ROUNDS);
    r->steadiness = bench_steadiness_of(&r->time);
    if (r->steadiness != BENCH_LOOSE && has_two_levels(r->seconds, r->time.n, r->time.median))
        r->steadiness = BENCH_TWO_LEVELS;
}

void bench_loop(bench_entry *entries, size_t count, double row_time, bench_watch *watch)
{
    for (size_t i = 0; i < count; i++) {
        calibrate(&entries[i], row_time / (BENCH_ROUNDS + CALIBRATION));
        if (!go_on(watch, CALIBRATION))
            return;
    }
    const double end = dsc_clock_seconds() + OUT_OF_TIME * row_time * (double)count;
    for (size_t round = 0; round < BENCH_ROUNDS && !watch->stopped; round++)
        if (round < LEAST_ROUNDS || dsc_clock_seconds() < end)
            run_round(entries, count, round, watch);
        else
            for (size_t i = 0; i < count; i++)
                entries[i].result->seconds[round] = NAN;
    for (size_t i = 0; i < count && !watch->stopped; i++)
        summarize(entries[i].result);
}

const char *bench_steadiness_name(bench_steadiness steadiness)
{
    static const char *const names[] = { "steady", "wide", "two levels", "says nothing" };
    return names[steadiness];
}
