/* peak.c - the rate of fused multiply-adds, measured. */
#include <descent/peak.h>

#include <math.h>
#include <omp.h>
#include <stdint.h>

#include <descent/clock.h>

#include "kernels/kernels.h"
#include "kernels/peak_more.h"

enum { REPEATS = 12 };
static const double RUN_SECONDS = 0.006;

/* Seconds that the threads take for so many rounds each. */
static double run_seconds(const dsci_kernels *kernels, int threads, size_t rounds)
{
    double result = 0, start = 0, end = 0;
#pragma omp parallel num_threads(threads) reduction(+ : result)
    {
        result += kernels->fused_chains(rounds / 8); /* until all of them are awake */
#pragma omp barrier
#pragma omp master
        start = dsc_clock_seconds();
        result += kernels->fused_chains(rounds);
#pragma omp barrier
#pragma omp master
        end = dsc_clock_seconds();
    }
    return result < 0 ? NAN
                      : end - start; /* never negative: the result keeps the chains from being left out */
}

double dsc_peak_flops(int threads)
{
    const dsci_kernels *kernels = dsci_kernels_for(DSC_ISA_AUTO);
    /* A thread alone says how many rounds a run needs: others may have to wait for a processor. */
    size_t rounds = 1000;
    while (run_seconds(kernels, 1, rounds) < RUN_SECONDS)
        rounds *= 2;
    double best = run_seconds(kernels, threads, rounds);
    for (int i = 1; i < REPEATS; i++)
        best = fmin(best, run_seconds(kernels, threads, rounds));
    return (double)threads * (double)rounds * kernels->fused_chain_flops / best;
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
