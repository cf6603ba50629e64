/* peak.inl - as many fused multiply-adds as the processor can do (part of body.inl). */
#ifndef DESCENT_KERNELS_PEAK_INL
#define DESCENT_KERNELS_PEAK_INL

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

/* The same in double precision: a wide takes twice the registers. */
#define WIDE_CHAINS (TILE_ROWS / 2)
static double fused_chains_f64(size_t rounds)
{
    wide sums[WIDE_CHAINS];
    const wide factor = wide_widen(vec_set(0x1.fffffep-1f)), term = wide_widen(vec_set(0x1p-24f));
    UNROLL
    for (size_t i = 0; i < WIDE_CHAINS; i++)
        sums[i] = wide_widen(vec_set((float)i));
    for (; rounds > 0; rounds--) {
        UNROLL
        for (size_t i = 0; i < WIDE_CHAINS; i++)
            sums[i] = wide_fma(sums[i], factor, term);
    }
    wide total = wide_zero();
    for (size_t i = 0; i < WIDE_CHAINS; i++)
        total = wide_add(total, sums[i]);
    return wide_sum(total);
}

/* n is a multiple of the lanes. */
static void stream(dsci_stream_kind kind, float *dst, const float *a, const float *b, size_t n)
{
    const vec factor = vec_set(0.5f);
    switch (kind) {
    case DSCI_STREAM_COPY:
        for (size_t i = 0; i < n; i += DSCI_LANES)
            vec_store(dst + i, vec_load(a + i));
        break;
    case DSCI_STREAM_SCALE:
        for (size_t i = 0; i < n; i += DSCI_LANES)
            vec_store(dst + i, vec_mul(factor, vec_load(a + i)));
        break;
    case DSCI_STREAM_ADD:
        for (size_t i = 0; i < n; i += DSCI_LANES)
            vec_store(dst + i, vec_add(vec_load(a + i), vec_load(b + i)));
        break;
    case DSCI_STREAM_TRIAD:
        for (size_t i = 0; i < n; i += DSCI_LANES)
            vec_store(dst + i, vec_fma(factor, vec_load(b + i), vec_load(a + i)));
        break;
    }
}

#endif
