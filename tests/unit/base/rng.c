/* Random numbers are Philox4x32-10 at the documented positions, the same bits for ever, and have the promised
   distributions. Seeds are fixed: a statistical test passes always or never; its bounds are five standard
   errors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/hash.h>
#include <descent/rng.h>

#include "test.h"

enum { DRAWS = 200000 };

/* The vectors published with Random123 (kat_vectors): zeros, ones, digits of pi. */
static void blocks_are_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } cases[] = {
        { { 0 }, { 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t *counter = cases[i].counter, *key = cases[i].key;
        const dsc_rng rng = { (uint64_t)key[1] << 32 | key[0], counter[3] };
        uint32_t words[4];
        dsc_rng_block(rng, counter[2], (uint64_t)counter[1] << 32 | counter[0], words);
        assert_memory_equal(words, cases[i].words, sizeof words);
    }
}

/* The bits are part of every recipe: a change here breaks every results file. */
static void bulk_draws_keep_their_bits(void **state)
{
    (void)state;
    static const struct {
        uint64_t uniforms, normals, permutation;
    } expected = { UINT64_C(0xcead0c14009458ca), UINT64_C(0xbe699c8fc5d17f69), UINT64_C(0x8bccbc2b6d325e1d) };
    enum { COUNT = 1001 };
    const dsc_rng rng = dsc_rng_make(42, DSC_STREAM_INIT);
    double x[COUNT];
    uint32_t order[COUNT];
    dsc_rng_fill_uniform(rng, 7, -1, 1, x, COUNT);
    assert_int_equal(dsc_digest_64(dsc_sha256(x, sizeof x)), expected.uniforms);
    dsc_rng_fill_normal(rng, 7, 0, 1, x, COUNT);
    assert_int_equal(dsc_digest_64(dsc_sha256(x, sizeof x)), expected.normals);
    dsc_rng_permutation(rng, 7, order, COUNT);
    assert_int_equal(dsc_digest_64(dsc_sha256(order, sizeof order)), expected.permutation);
}

static double unit(uint32_t low, uint32_t high)
{
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

static void bulk_draws_follow_their_definition(void **state)
{
    (void)state;
    enum { COUNT = 1001 };
    const double pi = 3.14159265358979323846;
    const dsc_rng rng = dsc_rng_make(UINT64_C(0x123456789abcdef0), DSC_STREAM_DATA);
    double uniform[COUNT], normal[COUNT];
    dsc_rng_fill_uniform(rng, 3, 0, 1, uniform, COUNT);
    dsc_rng_fill_normal(rng, 3, 0, 1, normal, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        uint32_t w[4];
        dsc_rng_block(rng, 3, i / 2, w);
        assert_true(uniform[i] == unit(w[2 * (i % 2)], w[2 * (i % 2) + 1]));
        const double radius = sqrt(-2 * log(unit(w[0], w[1]) + 0x1p-53)), angle = 2 * pi * unit(w[2], w[3]);
        assert_true(fabs(normal[i] - radius * (i % 2 ? sin(angle) : cos(angle))) < 1e-14);
        if (i % 2 == 0) {
            assert_true(dsc_rng_uniform(rng, 3, i / 2) == uniform[i]);
            assert_true(dsc_rng_normal(rng, 3, i / 2) == normal[i]);
            assert_true(dsc_rng_bits(rng, 3, i / 2) == ((uint64_t)w[1] << 32 | w[0]));
        }
    }
}

static void single_precision_rounds_the_same_numbers(void **state)
{
    (void)state;
    enum { COUNT = 777 };
    const dsc_rng rng = dsc_rng_make(5, DSC_STREAM_NOISE);
    const float low = -0.3F, high = 1.7F, mean = 0.1F, deviation = 2.3F;
    double wide[COUNT];
    float narrow[COUNT];
    dsc_rng_fill_uniform(rng, 1, (double)low, (double)high, wide, COUNT);
    dsc_rng_fill_uniform_f32(rng, 1, low, high, narrow, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(narrow[i] == (float)wide[i]);
    dsc_rng_fill_normal(rng, 1, (double)mean, (double)deviation, wide, COUNT);
    dsc_rng_fill_normal_f32(rng, 1, mean, deviation, narrow, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(narrow[i] == (float)wide[i]);
}

/* Nothing is written behind dst, and a shorter draw is the beginning of a longer one. */
static void bulk_draws_of_any_length_agree(void **state)
{
    (void)state;
    enum { COUNT = 600 };
    const dsc_rng rng = dsc_rng_make(9, DSC_STREAM_SAMPLING);
    double whole[COUNT], part[COUNT + 1];
    dsc_rng_fill_normal(rng, 0, 0, 1, whole, COUNT);
    static const size_t lengths[] = { 0, 1, 2, 255, 256, 257, 511, 512, 513, COUNT };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        part[lengths[i]] = -99;
        dsc_rng_fill_normal(rng, 0, 0, 1, part, lengths[i]);
        assert_memory_equal(part, whole, lengths[i] * sizeof(double));
        assert_true(part[lengths[i]] == -99);
    }
}

/* Mean and standard error of the k-th powers. */
static void check_moment(const double *x, int k, double expected)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        const double power = pow(x[i], k);
        sum += power;
        squares += power * power;
    }
    const double mean = sum / DRAWS, variance = squares / DRAWS - mean * mean;
    assert_true(fabs(mean - expected) < 5 * sqrt(variance / DRAWS));
}

static void moments_are_right(void **state)
{
    (void)state;
    double *x = malloc(DRAWS * sizeof *x);
    for (uint64_t seed = 0; seed < 5; seed++) {
        dsc_rng_fill_uniform(dsc_rng_make(seed, DSC_STREAM_INIT), 0, 0, 1, x, DRAWS);
        for (int k = 1; k <= 4; k++)
            check_moment(x, k, 1.0 / (k + 1));
        static const double normal_moments[] = { 1, 0, 1, 0, 3, 0, 15 };
        dsc_rng_fill_normal(dsc_rng_make(seed, DSC_STREAM_INIT), 0, 0, 1, x, DRAWS);
        for (int k = 1; k <= 6; k++)
            check_moment(x, k, normal_moments[k]);
    }
    free(x);
}

/* Neighbours, the two normals of a pair, streams, majors and seeds are uncorrelated. */
static void check_uncorrelated(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    assert_true(fabs(sum) < 5 * sqrt((double)n));
}

static void positions_are_independent(void **state)
{
    (void)state;
    double *x = malloc(DRAWS * sizeof *x), *y = malloc(DRAWS * sizeof *y);
    const dsc_rng rng = dsc_rng_make(1, DSC_STREAM_INIT);
    dsc_rng_fill_normal(rng, 0, 0, 1, x, DRAWS);
    check_uncorrelated(x, x + 1, DRAWS - 1);
    check_uncorrelated(x, x + 2, DRAWS - 2);
    const dsc_rng others[] = { dsc_rng_make(1, DSC_STREAM_SHUFFLE), dsc_rng_make(2, DSC_STREAM_INIT),
                               dsc_rng_make(1 | UINT64_C(1) << 32, DSC_STREAM_INIT), rng };
    static const uint32_t majors[] = { 0, 0, 0, 1 };
    for (size_t i = 0; i < 4; i++) {
        dsc_rng_fill_normal(others[i], majors[i], 0, 1, y, DRAWS);
        check_uncorrelated(x, y, DRAWS);
    }
    free(x);
    free(y);
}

/* Pearson's statistic of counts against equal expectation, with its mean (cells - 1) and deviation. */
static void check_uniform_counts(const size_t *counts, size_t cells)
{
    double total = 0, chi2 = 0;
    for (size_t i = 0; i < cells; i++)
        total += (double)counts[i];
    const double expected = total / (double)cells;
    for (size_t i = 0; i < cells; i++)
        chi2 += pow((double)counts[i] - expected, 2) / expected;
    const double freedom = (double)cells - 1;
    assert_true(fabs(chi2 - freedom) < 5 * sqrt(2 * freedom));
}

static void integers_below_n_are_uniform(void **state)
{
    (void)state;
    static const uint64_t limits[] = { 2, 3, 10, 100, 1000 };
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        size_t counts[1000] = { 0 };
        for (uint64_t i = 0; i < DRAWS; i++) {
            const uint64_t value = dsc_rng_below(dsc_rng_make(l, DSC_STREAM_SAMPLING), 4, i, limits[l]);
            assert_true(value < limits[l]);
            counts[value]++;
        }
        check_uniform_counts(counts, (size_t)limits[l]);
    }
    assert_int_equal(dsc_rng_below(dsc_rng_make(1, DSC_STREAM_SAMPLING), 0, 0, 1), 0);
}

/* Of n = 3 * 2^62 a quarter of all tries is refused. Without the refusals the lowest of three values that
   share an interval would come up more often: the remainder by 3 shows it. */
static void refusals_keep_large_ranges_uniform(void **state)
{
    (void)state;
    const uint64_t n = UINT64_C(3) << 62;
    size_t thirds[3] = { 0 }, remainders[3] = { 0 };
    for (uint64_t i = 0; i < DRAWS; i++) {
        const uint64_t value = dsc_rng_below(dsc_rng_make(3, DSC_STREAM_SAMPLING), 0, i, n);
        assert_true(value < n);
        thirds[value >> 62]++;
        remainders[value % 3]++;
    }
    check_uniform_counts(thirds, 3);
    check_uniform_counts(remainders, 3);
}

static void permutations_are_permutations(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    uint32_t order[COUNT];
    unsigned char seen[COUNT] = { 0 };
    dsc_rng_permutation(dsc_rng_make(1, DSC_STREAM_SHUFFLE), 0, order, COUNT);
    size_t fixed = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(order[i] < COUNT && !seen[order[i]]);
        seen[order[i]] = 1;
        fixed += order[i] == i;
    }
    assert_true(fixed < 10); /* one is expected */
    dsc_rng_permutation(dsc_rng_make(1, DSC_STREAM_SHUFFLE), 0, order, 0);
}

static void all_orders_are_equally_likely(void **state)
{
    (void)state;
    size_t counts[4 * 4 * 4] = { 0 }, orders[24], found = 0;
    for (uint32_t epoch = 0; epoch < 100000; epoch++) {
        uint32_t order[4];
        dsc_rng_permutation(dsc_rng_make(11, DSC_STREAM_SHUFFLE), epoch, order, 4);
        counts[order[0] * 16 + order[1] * 4 + order[2]]++;
    }
    for (size_t i = 0; i < 64; i++)
        if (counts[i] > 0 && found < 24)
            orders[found++] = counts[i];
    assert_int_equal(found, 24);
    check_uniform_counts(orders, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_the_published_vectors),
        cmocka_unit_test(bulk_draws_keep_their_bits),
        cmocka_unit_test(bulk_draws_follow_their_definition),
        cmocka_unit_test(single_precision_rounds_the_same_numbers),
        cmocka_unit_test(bulk_draws_of_any_length_agree),
        cmocka_unit_test(moments_are_right),
        cmocka_unit_test(positions_are_independent),
        cmocka_unit_test(integers_below_n_are_uniform),
        cmocka_unit_test(refusals_keep_large_ranges_uniform),
        cmocka_unit_test(permutations_are_permutations),
        cmocka_unit_test(all_orders_are_equally_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
