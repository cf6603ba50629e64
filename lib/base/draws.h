/* draws.h - uniform and normal numbers in bulk at one level: included once by each draws_LEVEL.c after its
 * lanes.
 */
#include "base/philox.h"
#include "base/random.h"

/* Each block's two numbers. */
typedef struct pairs {
    reals even, odd;
} pairs;

static inline pairs uniform_pairs(philox_blocks b)
{
    return (pairs){ reals_unit(b.word[0], b.word[1]), reals_unit(b.word[2], b.word[3]) };
}

/* Box and Muller (Ann. Math. Stat. 29, 1958): two independent normals from the two halves of a block. The
   first uniform lies in (0, 1], so that its logarithm is finite. */
static inline pairs normal_pairs(philox_blocks b)
{
    const pairs u = uniform_pairs(b);
    const reals log = reals_log(reals_add(u.even, reals_set(0x1p-53)));
    const reals radius = reals_sqrt(reals_multiply(reals_set(-2.0), log));
    reals cosine, sine;
    reals_cos_sin_pi(reals_multiply(reals_set(2.0), u.odd), &cosine, &sine);
    return (pairs){ reals_multiply(radius, cosine), reals_multiply(radius, sine) };
}

static inline reals shifted(const dsci_draw *draw, reals x)
{
    return reals_add(reals_set(draw->offset), reals_multiply(reals_set(draw->factor), x));
}

/* Whole groups of eight blocks go to dst. A first group that begins inside a block, and a last one that ends
   early, go through a buffer. */
#define DRAW(name, type, pairs_of, store)                                                                    \
    static void name(type *dst, size_t n, const dsci_draw *draw)                                             \
    {                                                                                                        \
        enum { GROUP = 2 * PHILOX_BLOCKS };                                                                  \
        const philox_keys keys = philox_keys_of(draw->rng.seed);                                             \
        uint64_t block = draw->first / 2;                                                                    \
        size_t skip = draw->first % 2, take;                                                                 \
        for (size_t done = 0; done < n; done += take, block += PHILOX_BLOCKS, skip = 0) {                    \
            const pairs x = pairs_of(philox(&keys, draw->rng.stream, draw->major, block));                   \
            type group[GROUP];                                                                               \
            const int whole = skip == 0 && n - done >= GROUP;                                                \
            store(whole ? dst + done : group, shifted(draw, x.even), shifted(draw, x.odd));                  \
            take = n - done < GROUP - skip ? n - done : GROUP - skip;                                        \
            if (!whole)                                                                                      \
                memcpy(dst + done, group + skip, take * sizeof *dst);                                        \
        }                                                                                                    \
    }
DRAW(uniform, double, uniform_pairs, reals_store_pairs)
DRAW(uniform_f32, float, uniform_pairs, reals_store_pairs_f32)
DRAW(normal, double, normal_pairs, reals_store_pairs)
DRAW(normal_f32, float, normal_pairs, reals_store_pairs_f32)

const dsci_random LEVEL_TABLE = { uniform, normal, uniform_f32, normal_f32 };
