/* measure.h - rows measured beside each other, and what came out. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/bench.h>
#include <descent/cpu.h>
#include <descent/statistics.h>

enum { BENCH_ROUNDS = 11 };

/* A row on an engine. All numbers are of one run of it. */
typedef struct bench_result {
    dsc_bench_row row;
    const char *engine, *implementation, *item;
    bool hidden; /* measured as a roof alone */
    int threads;
    double flops, bytes, footprint, items;
    dsc_bench_arithmetic arithmetic;
    double seconds[BENCH_ROUNDS]; /* the median run of each round */
    dsc_interval time;
    double roof_flops;  /* arithmetic a second that the roof allows; NaN: there is none */
    double share;       /* of the roof that is reached; NaN: not known */
    const char *roof;   /* its name: "fma-fp32/all", "triad/L2"; "" */
    double per_cycle;   /* operations a cycle and core; NaN: not known */
    const char *repeat; /* the command that measures this row again */
} bench_result;

typedef struct bench_request {
    const char *suites[16];
    size_t suite_count;
    const char *filter; /* part of "suite/name", or all of one; NULL: every row */
    double time;        /* seconds of measuring in all; 0: half a second a row */
    int threads;
    dsc_isa isa;
    dsc_engine engine; /* AUTO: each that a row has */
    dsc_dtype dtype;
} bench_request;

typedef struct bench_results {
    bench_result *items;
    size_t count, capacity;
    bool pinned;
    double steal; /* share of the processors' time that the host took while it was measured; NaN: not known */
    double load;  /* tasks that wanted to run before it began; NaN: not known */
    const char *governor;
} bench_results;

/* Whether a row is asked for. */
bool bench_is_asked(const bench_request *request, const dsc_bench_row *row);

/* Measures all rows that are asked for, a suite at a time. */
void bench_measure(dsc_scope *scope, const bench_request *request, bench_results *results);

/* "gemm/tall/forward native" in the scope: what a row is called in files. */
const char *bench_result_name(dsc_scope *scope, const bench_result *result);

#endif
