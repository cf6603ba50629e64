/* conditions.h - what else went on in the machine while it was measured, as far as it tells. */
#ifndef BENCH_CONDITIONS_H
#define BENCH_CONDITIONS_H

#include <descent/scope.h>

typedef struct bench_conditions {
    double
        load; /* tasks that wanted to run in the minute before it began, our own among them; NaN: not known */
    double steal;  /* share of the processors' time that the host took meanwhile; NaN: not known */
    double others; /* processors that other processes kept busy meanwhile; NaN: not known */
    const char *governor, *turbo; /* "performance", "on"; or "cannot be read (...)" */
    const char *counters; /* why instructions and cycles were not counted; "": they were, or nobody asked */
    char begun[24];       /* UTC */
} bench_conditions;

/* Times of the processors since they were started, and of this process, in seconds. */
typedef struct bench_times {
    double all, busy, stolen, own, clock;
} bench_times;

bench_times bench_times_now(void);

/* What is known before it begins. */
bench_conditions bench_conditions_begin(dsc_scope *scope);

/* Sets steal and others from the times before and after. */
void bench_conditions_end(bench_conditions *conditions, const bench_times *before, const bench_times *after);

/* Reads the first line of a file of the system: its text, or "cannot be read (why)". In the scope. */
const char *bench_system_text(dsc_scope *scope, const char *path);

/* Instructions and cycles of threads, counted by the processor while work runs. */
typedef struct bench_counts {
    double instructions, cycles, seconds; /* seconds: in which the threads were busy, together */
} bench_counts;

/* Runs the work on the given number of OpenMP threads with counters. NULL, or the reason why there are no
   counters, with which nothing is run. The text is in the scope. */
const char *bench_count(dsc_scope *scope, int threads, void (*work)(const void *user), const void *user,
                        bench_counts *counts);

#endif
