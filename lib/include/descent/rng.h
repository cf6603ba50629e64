/* rng.h - counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011, through Random123).
 *
 * There is no generator state. A number is a pure function of (seed, stream, major, index): the key is the
 * seed; the counter holds the index (64 bits), the major position (32 bits: epoch, step or layer) and the
 * stream (32 bits). Any thread can draw any number at any time, and gets the same bits.
 */
#ifndef DESCENT_RNG_H
#define DESCENT_RNG_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>

/* Streams keep the uses of one seed apart. The values are part of every recipe: never renumber. */
typedef enum dsc_stream {
    DSC_STREAM_INIT = 1,
    DSC_STREAM_SHUFFLE = 2,
    DSC_STREAM_DROPOUT = 3,
    DSC_STREAM_NOISE = 4,
    DSC_STREAM_AUGMENTATION = 5,
    DSC_STREAM_SAMPLING = 6,
    DSC_STREAM_DATA = 7,
    DSC_STREAM_BOOTSTRAP = 8,
    DSC_STREAM_NEGATIVES = 9
} dsc_stream;

typedef struct dsc_rng {
    uint64_t seed;
    uint32_t stream;
} dsc_rng;

static inline dsc_rng dsc_rng_make(uint64_t seed, dsc_stream stream)
{
    return (dsc_rng){ .seed = seed, .stream = (uint32_t)stream };
}

/* The four 32-bit words at a position: Philox4x32-10 with key (seed's low word, high word) and counter
   (index's low word, high word, major, stream). */
DSC_API void dsc_rng_block(dsc_rng rng, uint32_t major, uint64_t index, uint32_t words[4]);

/* Single draws from the block at a position: uniform and bits from its first two words, low word first;
   normal is the first of the pair that Box and Muller make of all four. */
DSC_API uint64_t dsc_rng_bits(dsc_rng rng, uint32_t major, uint64_t index);
DSC_API double dsc_rng_uniform(dsc_rng rng, uint32_t major, uint64_t index); /* [0, 1), 53 bits */
DSC_API double dsc_rng_normal(dsc_rng rng, uint32_t major,
                              uint64_t index); /* mean 0, variance 1 (Box-Muller) */
/* Uniform in 0..n-1 without bias (Lemire's multiplication with rejection inside the position); n > 0. */
DSC_API uint64_t dsc_rng_below(dsc_rng rng, uint32_t major, uint64_t index, uint64_t n);

/* Bulk draws, two from each block 0, 1, ... of one major position: element i is a uniform from words 2 (i %
   2) and 2 (i % 2) + 1 of block i / 2, or the (i % 2)-th normal of its pair. Results are computed in double;
   the f32 functions round the same numbers once more. Rounding may give high itself. */
DSC_API void dsc_rng_fill_uniform(dsc_rng rng, uint32_t major, double low, double high, double *dst,
                                  size_t n);
DSC_API void dsc_rng_fill_normal(dsc_rng rng, uint32_t major, double mean, double deviation, double *dst,
                                 size_t n);
DSC_API void dsc_rng_fill_uniform_f32(dsc_rng rng, uint32_t major, float low, float high, float *dst,
                                      size_t n);
DSC_API void dsc_rng_fill_normal_f32(dsc_rng rng, uint32_t major, float mean, float deviation, float *dst,
                                     size_t n);

/* Elements first..first + n - 1 of fill_normal()'s standard normals, as if the vector had no end. */
DSC_API void dsc_rng_normal_range(dsc_rng rng, uint32_t major, uint64_t first, double *dst, size_t n);

/* dst = a permutation of 0..n-1 (Fisher-Yates; step i draws below(i + 1) at index i); n < 2^32. */
DSC_API void dsc_rng_permutation(dsc_rng rng, uint32_t major, uint32_t *dst, size_t n);

#endif
