/* Random numbers in bulk have the bits of a plain reference at every level: one block after the other through
   Random123 and SLEEF's scalar functions. Among the blocks are those whose words lie on the edges of what the
   logarithm, the cosine and the sine are given: their counters are found by running Philox backward. */
#include "kernel_test.h"

#include <sleef.h>

#include "base/random.h"

/* --- The reference --- */

static double unit(const uint32_t words[2])
{
    return (double)(((uint64_t)words[1] << 32 | words[0]) >> 11) * 0x1p-53;
}

static void reference_pair(const dsci_draw *draw, bool normal, uint64_t block, double pair[2])
{
    uint32_t words[4];
    dsc_rng_block(draw->rng, draw->major, block, words);
    pair[0] = unit(words);
    pair[1] = unit(words + 2);
    if (normal) {
        const double radius = sqrt(-2.0 * Sleef_cinz_logd1_u10purec(pair[0] + 0x1p-53));
        const Sleef_double_2 angle = Sleef_cinz_sincospid1_u05purec(2.0 * pair[1]);
        pair[0] = radius * angle.y;
        pair[1] = radius * angle.x;
    }
}

static double reference(const dsci_draw *draw, bool normal, uint64_t i)
{
    double pair[2];
    reference_pair(draw, normal, (draw->first + i) / 2, pair);
    return draw->offset + draw->factor * pair[(draw->first + i) % 2];
}

/* --- All functions of all levels against it --- */

static void check_doubles(const double *x, const double *expected, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        check_same_double(x[i], expected[i], what);
}

static void check_draw(const dsci_draw *draw, size_t n)
{
    enum { MOST = 4096 };
    assert_true(n <= MOST);
    for (int normal = 0; normal < 2; normal++) {
        double expected[MOST];
        float narrow[MOST];
        for (size_t i = 0; i < n; i++) {
            expected[i] = reference(draw, normal, i);
            narrow[i] = (float)expected[i];
        }
        for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
            const dsci_random *random = dsci_random_for(level);
            double *x = guarded_bytes(n * sizeof *x);
            float *y = guarded(n);
            (normal ? random->normal : random->uniform)(x, n, draw);
            (normal ? random->normal_f32 : random->uniform_f32)(y, n, draw);
            check_doubles(x, expected, n, dsc_isa_name(level));
            check_bits(y, narrow, n, dsc_isa_name(level));
            release_guarded("draws");
        }
    }
}

static void any_range_has_the_bits_of_the_reference(void **state)
{
    (void)state;
    static const uint64_t firsts[] = { 0, 1, 2, 15, UINT64_C(0x1fffffffd), UINT64_C(5) << 41 | 3 };
    for (size_t f = 0; f < sizeof firsts / sizeof firsts[0]; f++)
        for (size_t n = 0; n < 70; n++) {
            const dsci_draw draw = { { UINT64_C(0xfedcba9876543210) + n, DSC_STREAM_NOISE },
                                     (uint32_t)n * 0x01234567u,
                                     firsts[f],
                                     0.25,
                                     1.0 / 3.0 };
            check_draw(&draw, n);
        }
}

static void many_draws_have_the_bits_of_the_reference(void **state)
{
    (void)state;
    static const double factors[] = { 1, 0.1, -3e-300, 1e30 }, offsets[] = { -0.0, 0, 1e-300, -7 };
    for (uint32_t major = 0; major < 64; major++) {
        const dsci_draw draw = { dsc_rng_make(major / 16, DSC_STREAM_INIT), major, 0, offsets[major % 4],
                                 factors[major / 4 % 4] };
        check_draw(&draw, 4096);
    }
}

/* --- Blocks of chosen words --- */

/* x with x factor = 1 modulo 2^32, by Newton's iteration; factor is odd. */
static uint32_t inverse_of(uint32_t factor)
{
    uint32_t x = factor;
    for (int i = 0; i < 5; i++)
        x *= 2 - factor * x;
    return x;
}

/* The counter that Philox4x32-10 turns into the words under a seed. */
static void counter_of(const uint32_t words[4], uint64_t seed, uint32_t counter[4])
{
    const uint32_t factors[2] = { 0xd2511f53, 0xcd9e8d57 };
    uint32_t w[4];
    memcpy(w, words, sizeof w);
    for (uint32_t round = 10; round-- > 0;) {
        const uint32_t key0 = (uint32_t)seed + round * 0x9e3779b9,
                       key1 = (uint32_t)(seed >> 32) + round * 0xbb67ae85;
        const uint32_t w0 = w[3] * inverse_of(factors[0]), w2 = w[1] * inverse_of(factors[1]);
        const uint32_t w1 = w[0] ^ key0 ^ (uint32_t)((uint64_t)factors[1] * w2 >> 32);
        const uint32_t w3 = w[2] ^ key1 ^ (uint32_t)((uint64_t)factors[0] * w0 >> 32);
        memcpy(w, (const uint32_t[]){ w0, w1, w2, w3 }, sizeof w);
    }
    memcpy(counter, w, sizeof w);
}

/* Draws a block of these words, in each of the eight lanes. A position in elements holds the lower 63 bits of
   the number of the block: of some seeds, one gives a number that small. */
static void check_words(const uint32_t words[4])
{
    uint32_t counter[4], again[4];
    uint64_t seed = 1;
    do
        counter_of(words, seed++, counter);
    while (counter[1] >> 31);
    const dsc_rng rng = { seed - 1, counter[3] };
    const uint64_t block = (uint64_t)counter[1] << 32 | counter[0];
    dsc_rng_block(rng, counter[2], block, again);
    assert_memory_equal(again, words, sizeof again);
    for (uint64_t lane = 0; lane < 8 && lane <= block; lane++)
        check_draw(&(dsci_draw){ rng, counter[2], 2 * (block - lane), -0.0, 1 }, 16);
}

static void edges_have_the_bits_of_the_reference(void **state)
{
    (void)state;
    /* Uniforms of 0, the least above it, near quarters of a turn, near 1, and 1 itself for the logarithm. */
    static const uint64_t edges[] = {
        0,
        UINT64_C(0x7ff),
        UINT64_C(0x800),
        UINT64_C(0x1000),
        UINT64_C(0x00000000ffffffff),
        UINT64_C(0x0000000100000000),
        UINT64_C(0x1fffffffffffffff),
        UINT64_C(0x2000000000000000),
        UINT64_C(0x3ffffffffffff800),
        UINT64_C(0x4000000000000000),
        UINT64_C(0x4000000000000800),
        UINT64_C(0x7ffffffffffff800),
        UINT64_C(0x8000000000000000),
        UINT64_C(0xb504f333f9de6800),
        UINT64_C(0xbffffffffffff800),
        UINT64_C(0xc000000000000000),
        UINT64_C(0xfffffffffffff000),
        UINT64_C(0xffffffffffffffff),
    };
    enum { EDGES = sizeof edges / sizeof edges[0] };
    for (size_t i = 0; i < EDGES * EDGES; i++) {
        const uint64_t a = edges[i / EDGES], b = edges[i % EDGES];
        check_words((const uint32_t[]){ (uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b, (uint32_t)(b >> 32) });
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_range_has_the_bits_of_the_reference),
        cmocka_unit_test(many_draws_have_the_bits_of_the_reference),
        cmocka_unit_test(edges_have_the_bits_of_the_reference),
        /* and with denormal numbers flushed */
        cmocka_unit_test_setup_teardown(many_draws_have_the_bits_of_the_reference, enter_float_mode,
                                        leave_float_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
