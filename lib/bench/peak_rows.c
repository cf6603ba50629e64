/* peak_rows.c - the suite `peak`: arithmetic in registers, on one core and on all threads. */
#include "bench/session.h"

#include <math.h>

#include "kernels/peak_more.inl"

enum kind { CLOCK = 0, F32, F64, BF16, TILE_BF16, TILE_INT8 };

#define ROWS_OF(kind, text, what)                                                                            \
    { .suite = "peak", .name = text "/1", .shape = what, .number = 2 * (kind) },                             \
    {                                                                                                        \
        .suite = "peak", .name = text "/all", .shape = what, .number = 2 * (kind) + 1                        \
    }

const dsc_bench_row dsci_peak_rows[] = {
    ROWS_OF(CLOCK, "clock", "dependent integer multiplications"),
    ROWS_OF(F32, "fma-fp32", "fused multiply-adds"),
    ROWS_OF(F64, "fma-fp64", "fused multiply-adds"),
    ROWS_OF(BF16, "dot-bf16", "AVX512_BF16 dot products"),
    ROWS_OF(TILE_BF16, "tile-bf16", "AMX tiles"),
    ROWS_OF(TILE_INT8, "tile-int8", "AMX tiles"),
};
const size_t dsci_peak_row_count = sizeof dsci_peak_rows / sizeof dsci_peak_rows[0];

enum { ROUNDS = 1024 };

struct chain {
    double (*chains)(size_t rounds);
    double flops; /* of a round */
    dsc_bench_arithmetic arithmetic;
    const char *implementation;
    volatile double result; /* so that no chain is left out */
};

static void run(const dsc_bench_task *task, size_t count)
{
    struct chain *chain = task->state;
    double result = 0;
#pragma omp parallel num_threads(task->threads) reduction(+ : result)
    result += chain->chains(ROUNDS * count);
    chain->result = result;
}

static struct chain chain_of(const dsc_bench *bench, enum kind kind)
{
    const dsci_kernels *k = bench->kernels;
    switch (kind) {
    case F32: return (struct chain){ k->fused_chains, k->fused_chain_flops, DSC_BENCH_F32, "", 0 };
    case F64: return (struct chain){ k->fused_chains_f64, k->fused_chain_f64_flops, DSC_BENCH_F64, "", 0 };
    case BF16:
        return (struct chain){ dsci_peak_bf16_chains, dsci_peak_bf16_flops(), DSC_BENCH_BF16, "avx512_bf16",
                               0 };
    case TILE_BF16:
        return (struct chain){ dsci_peak_tile_bf16_chains, dsci_peak_tile_bf16_flops(), DSC_BENCH_BF16,
                               "amx_bf16", 0 };
    case TILE_INT8:
        return (struct chain){ dsci_peak_tile_int8_chains, dsci_peak_tile_int8_flops(), DSC_BENCH_INT8,
                               "amx_int8", 0 };
    default: return (struct chain){ dsci_peak_cycle_chain, dsci_peak_cycles(), DSC_BENCH_CYCLES, "", 0 };
    }
}

/* Why the instructions cannot be measured here; NULL: they can. */
static const char *absence(const dsc_bench *bench, enum kind kind)
{
    const dsc_cpu *cpu = dsc_cpu_get();
    if (kind < BF16)
        return NULL;
    if (bench->kernels->isa != DSC_ISA_AVX512)
        return "the level in use is below avx512";
    if (kind == BF16)
        return cpu->avx512_bf16 ? NULL : "the processor has no AVX512_BF16";
    if (!(kind == TILE_BF16 ? cpu->amx_bf16 : cpu->amx_int8))
        return "the processor has no such AMX tiles";
    return dsci_peak_tiles_allow() ? NULL : "the system does not grant AMX tiles";
}

void dsci_peak_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    (void)engine;
    const enum kind kind = (enum kind)(task->row->number / 2);
    if (task->row->number % 2 == 0)
        task->threads = 1;
    task->absent = absence(bench, kind);
    struct chain *chain = dsc_scope_alloc(bench->scope, 1, sizeof *chain);
    if (!chain || task->absent)
        return;
    *chain = chain_of(bench, kind);
    task->state = chain;
    task->run = run;
    task->arithmetic = chain->arithmetic;
    task->implementation =
        kind == F32 || kind == F64 ? dsc_isa_name(bench->kernels->isa) : chain->implementation;
    task->flops = chain->flops * ROUNDS * task->threads;
}
