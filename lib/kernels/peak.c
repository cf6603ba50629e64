/* peak.c - the rate of fused multiply-adds, measured. */
#include <descent/peak.h>

#include <omp.h>

#include <descent/clock.h>

#include "kernels/kernels.h"

enum { REPEATS = 12 };
static const double RUN_SECONDS = 0.006;

/* Operations a second over all threads, each of which runs so many rounds. */
static double rate(const dsci_kernels *kernels, int threads, size_t rounds)
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
    /* The chains' results keep them from being left out; they are never negative. */
    return result < 0 ? 0 : (double)threads * (double)rounds * kernels->fused_chain_flops / (end - start);
}

double dsc_peak_flops(int threads)
{
    const dsci_kernels *kernels = dsci_kernels_for(DSC_ISA_AUTO);
    size_t rounds = 1000;
    double best = rate(kernels, threads, rounds);
    rounds = (size_t)(best / threads / kernels->fused_chain_flops * RUN_SECONDS) + 1;
    for (int i = 0; i < REPEATS; i++) {
        const double measured = rate(kernels, threads, rounds);
        best = measured > best ? measured : best;
    }
    return best;
}
