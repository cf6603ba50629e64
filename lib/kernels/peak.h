/* peak.h - as many fused multiply-adds as the processor can do (part of body.h). */
#ifndef DESCENT_KERNELS_PEAK_H
#define DESCENT_KERNELS_PEAK_H

/* Chains enough to hide the latency of an addition on two ports: as many vectors as a tile of GEMM has rows.
 */
static double fused_chains(size_t rounds)
{
    vec sums[TILE_ROWS];
    const vec factor = vec_set(0x1.fffffep-1f), term = vec_set(0x1p-24f);
    UNROLL
    for (size_t i = 0; i < TILE_ROWS; i++)
        sums[i] = vec_set((float)i);
    for (; rounds > 0; rounds--) {
        UNROLL
        for (size_t i = 0; i < TILE_ROWS; i++)
            sums[i] = vec_fma(sums[i], factor, term);
    }
    wide total = wide_zero();
    for (size_t i = 0; i < TILE_ROWS; i++)
        total = wide_add(total, wide_widen(sums[i]));
    return wide_sum(total);
}

#endif
