/* rng.c - counter-based random numbers. */
#include <descent/rng.h>

#include <math.h>

#include <Random123/philox.h>
#include <sleef.h>

#include "base/random.h"

/* The 64 random bits of one half of a block. */
static uint64_t half_bits(const uint32_t words[4], size_t half)
{
    return (uint64_t)words[2 * half] | (uint64_t)words[2 * half + 1] << 32;
}

/* The upper 53 bits as a multiple of 2^-53 in [0, 1). */
static double unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

static inline void block(dsc_rng rng, uint32_t major, uint64_t index, uint32_t words[4])
{
    const philox4x32_key_t key = { { (uint32_t)rng.seed, (uint32_t)(rng.seed >> 32) } };
    const philox4x32_ctr_t counter = { { (uint32_t)index, (uint32_t)(index >> 32), major, rng.stream } };
    const philox4x32_ctr_t result = philox4x32(counter, key);
    for (unsigned i = 0; i < 4; i++)
        words[i] = result.v[i];
}

void dsc_rng_block(dsc_rng rng, uint32_t major, uint64_t index, uint32_t words[4])
{
    block(rng, major, index, words);
}

uint64_t dsc_rng_bits(dsc_rng rng, uint32_t major, uint64_t index)
{
    uint32_t words[4];
    block(rng, major, index, words);
    return half_bits(words, 0);
}

double dsc_rng_uniform(dsc_rng rng, uint32_t major, uint64_t index)
{
    return unit(dsc_rng_bits(rng, major, index));
}

/* The first of the pair that draws.h makes of a block. */
double dsc_rng_normal(dsc_rng rng, uint32_t major, uint64_t index)
{
    uint32_t words[4];
    block(rng, major, index, words);
    const double radius = sqrt(-2.0 * Sleef_cinz_logd1_u10purec(unit(half_bits(words, 0)) + 0x1p-53));
    return radius * Sleef_cinz_sincospid1_u05purec(2.0 * unit(half_bits(words, 1))).y;
}

/* Lemire (ACM TOMACS 29, 2019): the high half of bits * n, with the few values of bits refused that would
   favour some results. A block holds two tries; after them its words become the counter of the next block. */
uint64_t dsc_rng_below(dsc_rng rng, uint32_t major, uint64_t index, uint64_t n)
{
    uint32_t words[4];
    block(rng, major, index, words);
    for (size_t half = 0;; half ^= 1) {
        const unsigned __int128 product = (unsigned __int128)half_bits(words, half) * n;
        const uint64_t low = (uint64_t)product;
        if (low >= n || low >= -n % n)
            return (uint64_t)(product >> 64);
        if (half == 1)
            block((dsc_rng){ rng.seed, words[3] }, words[2], half_bits(words, 0), words);
    }
}

const dsci_random *dsci_random_for(dsc_isa isa)
{
    static const dsci_random *const levels[] = {
        [DSC_ISA_SCALAR] = &dsci_random_scalar,
        [DSC_ISA_AVX2] = &dsci_random_avx2,
        [DSC_ISA_AVX512] = &dsci_random_avx512,
    };
    return levels[isa == DSC_ISA_AUTO ? dsc_isa_effective() : isa];
}

void dsc_rng_fill_uniform(dsc_rng rng, uint32_t major, double low, double high, double *dst, size_t n)
{
    const dsci_draw draw = { rng, major, 0, low, high - low };
    dsci_random_for(DSC_ISA_AUTO)->uniform(dst, n, &draw);
}

void dsc_rng_fill_normal(dsc_rng rng, uint32_t major, double mean, double deviation, double *dst, size_t n)
{
    const dsci_draw draw = { rng, major, 0, mean, deviation };
    dsci_random_for(DSC_ISA_AUTO)->normal(dst, n, &draw);
}

void dsc_rng_fill_uniform_f32(dsc_rng rng, uint32_t major, float low, float high, float *dst, size_t n)
{
    const dsci_draw draw = { rng, major, 0, (double)low, (double)high - (double)low };
    dsci_random_for(DSC_ISA_AUTO)->uniform_f32(dst, n, &draw);
}

void dsc_rng_fill_normal_f32(dsc_rng rng, uint32_t major, float mean, float deviation, float *dst, size_t n)
{
    const dsci_draw draw = { rng, major, 0, (double)mean, (double)deviation };
    dsci_random_for(DSC_ISA_AUTO)->normal_f32(dst, n, &draw);
}

void dsc_rng_normal_range(dsc_rng rng, uint32_t major, uint64_t first, double *dst, size_t n)
{
    const dsci_draw draw = { rng, major, first, -0.0, 1 };
    dsci_random_for(DSC_ISA_AUTO)->normal(dst, n, &draw);
}

void dsc_rng_permutation(dsc_rng rng, uint32_t major, uint32_t *dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        const size_t j = (size_t)dsc_rng_below(rng, major, i, i + 1);
        const uint32_t kept = dst[i];
        dst[i] = dst[j];
        dst[j] = kept;
    }
}
