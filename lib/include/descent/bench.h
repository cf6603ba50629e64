/* bench.h - what a machine can be measured by: suites of rows, each of them some work that is set up once and
 * run any number of times. Measuring, and saying what was found, are the caller's.
 *
 *     dsc_bench *bench = dsc_bench_open(scope, &(dsc_bench_options){ .threads = 2 });
 *     size_t count;
 *     const dsc_bench_row *rows = dsc_bench_rows("gemm", &count);
 *     dsc_bench_task *task = dsc_bench_task_make(bench, &rows[0], DSC_ENGINE_NATIVE);
 *     if (task && !task->absent)
 *         dsc_bench_task_run(task, 10);
 */
#ifndef DESCENT_BENCH_H
#define DESCENT_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/engine.h>
#include <descent/examples.h>
#include <descent/graph.h>

/* The suites, in the order in which they are best measured: "peak", "memory", "gemm", ... */
DSC_API const char *const *dsc_bench_suites(size_t *count);

/* What bounds a row: the arithmetic in which type, for the roofs. */
typedef enum dsc_bench_arithmetic {
    DSC_BENCH_F32 = 0,
    DSC_BENCH_F64,
    DSC_BENCH_BF16,
    DSC_BENCH_INT8,
    DSC_BENCH_CYCLES /* not a rate of arithmetic: cycles, of the clock */
} dsc_bench_arithmetic;

typedef struct dsc_bench_row {
    const char *suite, *name; /* "conv", "resnet50-3x3-56/forward" */
    const char *shape;        /* for people */
    bool engines;             /* it can be measured with each engine that a network runs on */
    const void *details;      /* for the suite */
    size_t number;
} dsc_bench_row;

/* The rows of a suite; NULL and 0 for an unknown one. */
DSC_API const dsc_bench_row *dsc_bench_rows(const char *suite, size_t *count);

/* A session: what all tasks have in common. */
typedef struct dsc_bench_options {
    int threads;     /* at least 1 */
    dsc_dtype dtype; /* of networks: DSC_DTYPE_F32 or DSC_DTYPE_BF16 */
} dsc_bench_options;
typedef struct dsc_bench dsc_bench;
DSC_API dsc_bench *dsc_bench_open(dsc_scope *scope, const dsc_bench_options *options);

/* A row that is ready to run. */
typedef struct dsc_bench_task {
    const dsc_bench_row *row;
    const char *absent;                  /* why this machine or engine cannot run it; NULL: it can */
    const char *engine, *implementation; /* "native", "im2col + gemm"; "" where there is no choice */
    dsc_bench_arithmetic arithmetic;
    int threads;
    double flops;     /* of one run, all threads together; 0: not counted */
    double bytes;     /* that one run must at least read and write */
    double footprint; /* bytes that all threads touch together */
    double items;     /* of one run: examples, models; 0: none */
    double setup; /* seconds that its network took to be compiled and its primitives to be made, once for all
                     rows of that network; NaN: there is nothing to make */
    const char *item; /* "samples" */
    void (*run)(const struct dsc_bench_task *task, size_t count);
    void *state;
} dsc_bench_task;

/* Sets a row up, in the session's scope; creation of primitives and packing of parameters belong to it.
   NULL if the scope failed. */
DSC_API dsc_bench_task *dsc_bench_task_make(dsc_bench *bench, const dsc_bench_row *row, dsc_engine engine);

/* Runs it count times on its threads. */
DSC_API void dsc_bench_task_run(const dsc_bench_task *task, size_t count);

/* Pins thread i to the i-th processor that the process may run on; to be called again when the number of
   threads changes, as new threads may come into being. False, and nothing is pinned, if there are fewer of
   them than threads, or OMP_PROC_BIND says what to do. */
DSC_API bool dsc_bench_pin(int threads);

/* Lets the calling thread run again wherever the process may. */
DSC_API void dsc_bench_unpin(void);

/* A network that other frameworks are measured on, too: Adam, one batch of normal values or of tokens. */
typedef struct dsc_bench_workload {
    const char *name;
    size_t batch, classes;
    size_t values;                          /* of an example */
    size_t vocabulary;                      /* of the values, which are tokens; 0: they are real */
    size_t steps;                           /* labels of an example; 0: one, of all of it */
    dsc_node *(*network)(dsc_scope *scope); /* its logits */
} dsc_bench_workload;
DSC_API const dsc_bench_workload *dsc_bench_workloads(size_t *count);

/* Its loss, cross-entropy against "labels". */
DSC_API dsc_node *dsc_bench_loss_make(dsc_scope *scope, const dsc_bench_workload *workload);

/* A batch for it: "input" or "tokens", and "labels". In the scope. */
DSC_API dsc_examples dsc_bench_batch_make(dsc_scope *scope, const dsc_bench_workload *workload);

#endif
