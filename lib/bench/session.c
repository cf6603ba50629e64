/* session.c - suites, tasks, threads in their places. */
#include "bench/session.h"

#include <math.h>
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <descent/rng.h>

/* Layers run on several engines, batches of small products on the kernel alone. */
static void gemm_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    (task->row->engines ? dsci_op_setup : dsci_batch_setup)(bench, task, engine);
}

static const dsci_bench_suite suites[] = {
    { "peak", dsci_peak_rows, &dsci_peak_row_count, dsci_peak_setup },
    { "memory", dsci_memory_rows, &dsci_memory_row_count, dsci_memory_setup },
    { "gemm", dsci_gemm_rows, &dsci_gemm_row_count, gemm_setup },
    { "conv", dsci_conv_rows, &dsci_conv_row_count, dsci_op_setup },
    { "kernels", dsci_kernel_rows, &dsci_kernel_row_count, dsci_kernel_setup },
    { "rnn", dsci_rnn_rows, &dsci_rnn_row_count, dsci_op_setup },
    { "train", dsci_train_rows, &dsci_train_row_count, dsci_train_setup },
    { "scaling", dsci_scaling_rows, &dsci_scaling_row_count, dsci_scaling_setup },
    { "sweep", dsci_sweep_rows, &dsci_sweep_row_count, dsci_sweep_setup },
};
enum { SUITE_COUNT = sizeof suites / sizeof suites[0] };

static const dsci_bench_suite *find_suite(const char *name)
{
    for (size_t i = 0; i < SUITE_COUNT; i++)
        if (strcmp(suites[i].name, name) == 0)
            return &suites[i];
    return NULL;
}

const char *const *dsc_bench_suites(size_t *count)
{
    static const char *const names[SUITE_COUNT] = { "peak", "memory", "gemm",    "conv", "kernels",
                                                    "rnn",  "train",  "scaling", "sweep" };
    *count = SUITE_COUNT;
    return names;
}

const dsc_bench_row *dsc_bench_rows(const char *suite, size_t *count)
{
    const dsci_bench_suite *found = find_suite(suite);
    *count = found ? *found->count : 0;
    return found ? found->rows : NULL;
}

dsc_bench *dsc_bench_open(dsc_scope *scope, const dsc_bench_options *options)
{
    dsc_bench *bench = dsc_scope_alloc(scope, 1, sizeof *bench);
    if (!bench)
        return NULL;
    *bench = (dsc_bench){ .scope = scope, .options = *options, .kernels = dsci_kernels_for(DSC_ISA_AUTO) };
    if (options->threads < 1)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "a benchmark expects at least 1 thread, found %d",
                       options->threads);
    return dsc_scope_status(scope) == DSC_OK ? bench : NULL;
}

dsc_bench_task *dsc_bench_task_make(dsc_bench *bench, const dsc_bench_row *row, dsc_engine engine)
{
    const dsci_bench_suite *suite = find_suite(row->suite);
    dsc_bench_task *task = dsc_scope_alloc(bench->scope, 1, sizeof *task);
    if (!suite || !task)
        return NULL;
    *task = (dsc_bench_task){
        .row = row,
        .engine = "",
        .implementation = "",
        .threads = bench->options.threads,
        .item = "",
        .setup = NAN,
    };
    suite->setup(bench, task, engine);
    return dsc_scope_status(bench->scope) == DSC_OK ? task : NULL;
}

void dsc_bench_task_run(const dsc_bench_task *task, size_t count)
{
    const unsigned mode = dsc_float_mode_enter();
    task->run(task, count);
    dsc_float_mode_leave(mode);
}

/* Where the process may run: asked before anything was pinned. */
static cpu_set_t allowed;
static bool allowed_known;

bool dsc_bench_pin(int threads)
{
    if (!allowed_known)
        allowed_known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    if (!allowed_known || getenv("OMP_PROC_BIND") || CPU_COUNT(&allowed) < threads)
        return false;
    int failures = 0;
#pragma omp parallel num_threads(threads) reduction(+ : failures)
    {
        int left = omp_get_thread_num();
        size_t cpu = 0;
        while (!CPU_ISSET(cpu, &allowed) || left-- > 0)
            cpu++;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        failures += sched_setaffinity(0, sizeof one, &one) != 0;
    }
    return failures == 0;
}

void dsc_bench_unpin(void)
{
    if (allowed_known)
        sched_setaffinity(0, sizeof allowed, &allowed);
}

float *dsci_bench_values(dsc_scope *scope, size_t count)
{
    float *values = dsc_scope_alloc(scope, count, sizeof *values);
    if (values)
        dsc_rng_fill_normal_f32(dsc_rng_make(1, DSC_STREAM_DATA), 0, 0, 1, values, count);
    return values;
}
