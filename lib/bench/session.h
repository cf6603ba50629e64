/* session.h - what the suites share. */
#ifndef DESCENT_BENCH_SESSION_H
#define DESCENT_BENCH_SESSION_H

#include <descent/bench.h>

#include "kernels/kernels.h"

enum { DSCI_BENCH_LEVELS = 4 }; /* three caches and the main memory */

/* Three arrays of a level of memory, cut into pieces for the threads. */
typedef struct dsci_bench_arrays {
    size_t piece; /* floats of a thread; 0: not made */
    float *array[3];
} dsci_bench_arrays;

/* A network that several rows are parts of. */
typedef struct dsci_bench_network {
    struct dsci_bench_network *next;
    const void *key;
    dsc_engine engine;
    dsc_model *model;
    double setup; /* seconds */
} dsci_bench_network;

struct dsc_bench {
    dsc_scope *scope;
    dsc_bench_options options;
    const dsci_kernels *kernels;
    dsci_bench_arrays levels[DSCI_BENCH_LEVELS];
    dsci_bench_network *networks;
};

/* Fills in a task whose row and threads are set. What fails fails the session's scope. */
typedef void dsci_bench_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine);

typedef struct dsci_bench_suite {
    const char *name;
    const dsc_bench_row *rows;
    const size_t *count;
    dsci_bench_setup *setup;
} dsci_bench_suite;

extern const dsc_bench_row dsci_peak_rows[], dsci_memory_rows[], dsci_gemm_rows[], dsci_conv_rows[],
    dsci_rnn_rows[], dsci_kernel_rows[], dsci_train_rows[], dsci_scaling_rows[], dsci_sweep_rows[];
extern const size_t dsci_peak_row_count, dsci_memory_row_count, dsci_gemm_row_count, dsci_conv_row_count,
    dsci_rnn_row_count, dsci_kernel_row_count, dsci_train_row_count, dsci_scaling_row_count,
    dsci_sweep_row_count;
dsci_bench_setup dsci_peak_setup, dsci_memory_setup, dsci_op_setup, dsci_kernel_setup, dsci_train_setup,
    dsci_scaling_setup, dsci_sweep_setup, dsci_batch_setup;

/* A batch of products of square matrices. */
typedef struct dsci_bench_batch_shape {
    size_t count, size;
} dsci_bench_batch_shape;

/* Normal values, in the scope. */
float *dsci_bench_values(dsc_scope *scope, size_t count);

/* Bytes of each array of a level, for one thread. */
size_t dsci_bench_level_bytes(size_t level, int threads);

#endif
