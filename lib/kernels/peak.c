/* peak.c - the rate of fused multiply-adds, measured. */
#include <descent/peak.h>

#include <math.h>
#include <omp.h>
#include <stdint.h>

#include <descent/clock.h>
#include <descent/cpu.h>

#include "kernels/kernels.h"
#include "kernels/peak_more.inl"

enum { REPEATS = 12 };
static const double RUN_SECONDS = 0.006;

struct chains {
    double (*run)(size_t rounds);
    double flops; /* of a round */
};

static struct chains bf16_chains(const dsci_kernels *kernels)
{
    const dsc_cpu *cpu = dsc_cpu_get();
    const bool top = kernels->isa == DSC_ISA_AVX512;
    if (top && cpu->amx_bf16 && dsci_peak_tiles_allow())
        return (struct chains){ dsci_peak_tile_bf16_chains, dsci_peak_tile_bf16_flops() };
    if (top && cpu->avx512_bf16)
        return (struct chains){ dsci_peak_bf16_chains, dsci_peak_bf16_flops() };
    return (struct chains){ kernels->fused_chains, kernels->fused_chain_flops };
}

/* Seconds that the threads take for `rounds` rounds each. */
static double run_seconds(struct chains chains, int threads, size_t rounds)
{
    double result = 0, start = 0, end = 0;
#pragma omp parallel num_threads(threads) reduction(+ : result)
    {
        result += chains.run(rounds / 8); /* until all of them are awake */
#pragma omp barrier
#pragma omp master
        start = dsc_clock_seconds();
        result += chains.run(rounds);
#pragma omp barrier
#pragma omp master
        end = dsc_clock_seconds();
    }
    volatile double kept = result; /* so that no chain is left out */
    (void)kept;
    return end - start;
}

static double rate_of(struct chains chains, int threads)
{
    /* A thread alone says how many rounds a run needs: others may have to wait for a processor. */
    size_t rounds = 1000;
    while (run_seconds(chains, 1, rounds) < RUN_SECONDS)
        rounds *= 2;
    double best = run_seconds(chains, threads, rounds);
    for (int i = 1; i < REPEATS; i++)
        best = fmin(best, run_seconds(chains, threads, rounds));
    return (double)threads * (double)rounds * chains.flops / best;
}

double dsc_peak_flops(int threads)
{
    const dsci_kernels *kernels = dsci_kernels_for(DSC_ISA_AUTO);
    return rate_of((struct chains){ kernels->fused_chains, kernels->fused_chain_flops }, threads);
}

double dsc_peak_flops_bf16(int threads)
{
    return rate_of(bf16_chains(dsci_kernels_for(DSC_ISA_AUTO)), threads);
}

double dsci_peak_cycles(void)
{
    return 3;
}

double dsci_peak_cycle_chain(size_t rounds)
{
    uint64_t x = rounds | 1;
    for (; rounds > 0; rounds--) {
        x *= 0x9e3779b97f4a7c15u;
        __asm__ volatile("" : "+r"(x)); /* so that no two become one */
    }
    return (double)x;
}
