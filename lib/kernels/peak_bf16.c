/* peak_bf16.c - the rate of dot products of bfloat16. */
#include "kernels/peak_more.inl"

#include <immintrin.h>
#include <stdint.h>

enum { CHAINS = 12, FLOPS_OF_ONE = 2 * 2 * 16 };

double dsci_peak_bf16_flops(void)
{
    return (double)CHAINS * FLOPS_OF_ONE;
}

double dsci_peak_bf16_chains(size_t rounds)
{
    /* 2^-24 each: sums of products of 2^-48 stay numbers however long this goes on. */
    union {
        __m512i bits;
        __m512bh numbers;
    } factor = { .bits = _mm512_set1_epi16(0x3380) };
    __m512 sums[CHAINS];
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sums[i] = _mm512_set1_ps((float)i);
    for (; rounds > 0; rounds--) {
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
            sums[i] = _mm512_dpbf16_ps(sums[i], factor.numbers, factor.numbers);
    }
    __m512 total = _mm512_setzero_ps();
    for (int i = 0; i < CHAINS; i++)
        total = _mm512_add_ps(total, sums[i]);
    return (double)_mm512_reduce_add_ps(total);
}
