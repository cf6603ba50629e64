/* memory_rows.c - the suite `memory`: the loops of STREAM over arrays that fit each level of memory. */
#include "bench/session.h"

#include <math.h>
#include <omp.h>

#define LEVEL_ROWS(level, text, what)                                                                        \
    { .suite = "memory", .name = "copy/" text, .shape = "dst = a, " what, .number = 4 * (level) },           \
        { .suite = "memory",                                                                                 \
          .name = "scale/" text,                                                                             \
          .shape = "dst = s a, " what,                                                                       \
          .number = 4 * (level) + 1 },                                                                       \
        { .suite = "memory",                                                                                 \
          .name = "add/" text,                                                                               \
          .shape = "dst = a + b, " what,                                                                     \
          .number = 4 * (level) + 2 },                                                                       \
    {                                                                                                        \
        .suite = "memory", .name = "triad/" text, .shape = "dst = a + s b, " what, .number = 4 * (level) + 3 \
    }

const dsc_bench_row dsci_memory_rows[] = {
    LEVEL_ROWS(0, "L1", "in the first cache"),
    LEVEL_ROWS(1, "L2", "in the second cache"),
    LEVEL_ROWS(2, "L3", "in the third cache"),
    LEVEL_ROWS(3, "DRAM", "in main memory"),
};
const size_t dsci_memory_row_count = sizeof dsci_memory_rows / sizeof dsci_memory_rows[0];

enum { ALIGNMENT = 64 };

/* Where a size is not known, that of a common processor is taken. */
static size_t cache_bytes(size_t level)
{
    const dsc_cpu *cpu = dsc_cpu_get();
    const size_t known[] = { cpu->l1d_bytes, cpu->l2_bytes, cpu->l3_bytes };
    const size_t usual[] = { (size_t)32 << 10, (size_t)1 << 20, (size_t)32 << 20 };
    return known[level] ? known[level] : usual[level];
}

/* Each array four times the last cache, as STREAM's rules ask for, but no more than ARRAY_BYTES and all three
 * together no more than a quarter of the memory that can be used: a virtual machine shows the whole cache of
 * its host, up to gigabytes, of which it has a share. */
static size_t main_memory_bytes(void)
{
    static const double ARRAY_BYTES = 512.0 * 1024 * 1024;
    const double wanted = 4.0 * (double)cache_bytes(2), most = dsc_memory_get().usable / 12;
    return (size_t)fmin(wanted, fmin(most, ARRAY_BYTES));
}

/* Three arrays take half of a cache. */
size_t dsci_bench_level_bytes(size_t level, int threads)
{
    const size_t all = level == 3 ? main_memory_bytes() : cache_bytes(level) / 6;
    const size_t bytes = level >= 2 ? all / (size_t)threads : all; /* shared among the cores */
    return bytes / ALIGNMENT * ALIGNMENT + ALIGNMENT;
}

struct loop {
    const dsci_kernels *kernels;
    const dsci_bench_arrays *arrays;
    dsci_stream_kind kind;
};

static void run(const dsc_bench_task *task, size_t count)
{
    const struct loop *loop = task->state;
    const size_t piece = loop->arrays->piece;
#pragma omp parallel num_threads(task->threads)
    {
        const size_t first = (size_t)omp_get_thread_num() * piece;
        for (size_t i = 0; i < count; i++)
            loop->kernels->stream(loop->kind, loop->arrays->array[0] + first, loop->arrays->array[1] + first,
                                  loop->arrays->array[2] + first, piece);
    }
}

/* Each thread touches its piece first, so that it lies in the memory beside its core. The arrays begin at
 * different places of a page: a load must not be taken for one of the store before it, which is told by the
 * lower 12 bits. */
static void make_arrays(dsc_bench *bench, dsci_bench_arrays *arrays, size_t level)
{
    enum { PAGE = 4096 / sizeof(float), SHIFT = 17 * ALIGNMENT / sizeof(float) };
    const int threads = bench->options.threads;
    const size_t piece = dsci_bench_level_bytes(level, threads) / sizeof(float);
    const size_t stride = (piece * (size_t)threads + PAGE - 1) / PAGE * PAGE + SHIFT;
    float *all = dsc_scope_alloc(bench->scope, 3 * stride, sizeof *all);
    if (!all)
        return;
#pragma omp parallel num_threads(threads)
    for (size_t a = 0; a < 3; a++)
        for (size_t i = 0; i < piece; i++)
            all[a * stride + (size_t)omp_get_thread_num() * piece + i] = (float)a;
    for (size_t a = 0; a < 3; a++)
        arrays->array[a] = all + a * stride;
    arrays->piece = piece;
}

void dsci_memory_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    (void)engine;
    static const double moved[] = { 2, 2, 3, 3 }, operations[] = { 0, 1, 1, 2 };
    const size_t level = task->row->number / 4, kind = task->row->number % 4;
    dsci_bench_arrays *arrays = &bench->levels[level];
    if (arrays->piece == 0)
        make_arrays(bench, arrays, level);
    struct loop *loop = dsc_scope_alloc(bench->scope, 1, sizeof *loop);
    if (!loop)
        return;
    *loop = (struct loop){ bench->kernels, arrays, (dsci_stream_kind)kind };
    const double elements = (double)arrays->piece * task->threads;
    task->state = loop;
    task->run = run;
    task->implementation = dsc_isa_name(bench->kernels->isa);
    task->bytes = task->footprint = moved[kind] * sizeof(float) * elements;
    task->flops = operations[kind] * elements;
}
