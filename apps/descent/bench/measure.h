/* measure.h - rows measured beside each other, and what came out. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/bench.h>
#include <descent/cpu.h>
#include <descent/statistics.h>

#include "conditions.h"

enum { BENCH_ROUNDS = 11 };

/* What the rounds of a row say about each other. */
typedef enum bench_steadiness {
    BENCH_STEADY = 0,
    BENCH_WIDE,       /* the interval is wider than a tenth of the median */
    BENCH_TWO_LEVELS, /* the rounds fall into two groups with a gap between them */
    BENCH_LOOSE       /* the interval reaches below half or above twice the median, which then says nothing */
} bench_steadiness;

/* A row on an engine. All numbers are of one run of it. */
typedef struct bench_result {
    dsc_bench_row row;
    const char *absent; /* why it was not measured: no number counts; NULL: it was */
    const char *engine, *implementation, *item;
    bool hidden; /* measured as a roof alone */
    int threads;
    double flops, bytes, footprint, items;
    dsc_bench_arithmetic arithmetic;
    double seconds[BENCH_ROUNDS]; /* the mean run of each round; NaN: there was no time for it */
    dsc_interval time;
    bench_steadiness steadiness;
    double setup; /* seconds to compile its network and make the primitives; NaN: there is nothing to make */
    double roof_flops;  /* arithmetic a second that the roof allows; NaN: there is none */
    double share;       /* of the roof that is reached; NaN: not known */
    const char *roof;   /* its name: "fma-fp32/all", "triad/L2"; "" */
    double roof_row;    /* its index among the results; NaN: there is none */
    double per_cycle;   /* operations a cycle and core; NaN: not known */
    double ipc;         /* instructions a cycle that the processor counted; NaN: it could not be asked */
    double gigahertz;   /* cycles of a busy thread, likewise */
    const char *repeat; /* the command that measures this row again */
} bench_result;

typedef struct bench_request {
    const char *suites[16];
    size_t suite_count;
    const char *filter; /* part of "suite/name", or all of one; NULL: every row */
    double time;        /* seconds of measuring in all; 0: 0.4 s a row */
    int threads;
    dsc_isa isa;
    dsc_engine engine; /* AUTO: each that a row has */
    dsc_dtype dtype;
    bool (*watch)(void *user, double done, size_t rows); /* called between runs: rows done out of how many.
                                                            False: stop. NULL: nobody watches */
    void *user;
} bench_request;

typedef struct bench_results {
    bench_result *items;
    size_t count, capacity;
    bool pinned, stopped; /* stopped: no result holds */
    int threads;
    dsc_dtype dtype;
    bench_conditions conditions;
} bench_results;

/* A row that is being measured. */
typedef struct bench_entry {
    const dsc_bench_task *task;
    bench_result *result;
    size_t count;       /* runs of a round */
    double run_seconds; /* about what a run takes */
} bench_entry;

/* How far a loop is, among others. */
typedef struct bench_watch {
    const bench_request *request;
    double done; /* rows */
    size_t rows;
    bool stopped;
} bench_watch;

/* Whether a row is asked for. */
bool bench_is_asked(const bench_request *request, const dsc_bench_row *row);

/* Measures all rows that are asked for, a suite at a time. */
void bench_measure(dsc_scope *scope, const bench_request *request, bench_results *results);

/* The loop: in each of BENCH_ROUNDS rounds every task runs for about row_time / (BENCH_ROUNDS + 3) seconds,
   in turn from both ends; the first run of all is never timed. Rounds beyond the fifth are left out when
   twice the time of all is over. Fills in seconds, time and steadiness. */
void bench_loop(bench_entry *entries, size_t count, double row_time, bench_watch *watch);

/* "gemm/tall/forward native" in the scope: what a row is called in files. */
const char *bench_result_name(dsc_scope *scope, const bench_result *result);

const char *bench_steadiness_name(bench_steadiness steadiness);

/* What the interval of a median makes of it: LOOSE, WIDE or STEADY. */
bench_steadiness bench_steadiness_of(const dsc_interval *interval);

/* Whether a row is faster than its roof allows: then one of the two was measured in other conditions. */
bool bench_beyond_roof(const bench_result *result);

/* Sets share, roof and operations a cycle of the results from `first` on by the roofs among them. */
void bench_set_roofs(bench_results *results, size_t first, const dsc_cpu *cpu);

/* The fastest measurement of a roof among all results, or NULL. */
const bench_result *bench_roof_find(const bench_results *results, const char *suite, const char *name);

/* The seconds of the fastest round: what a machine can do. */
double bench_best(const bench_result *result);

#endif
