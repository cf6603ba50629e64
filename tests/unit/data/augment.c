/* Augmentation: each change is what its name says, draws are those of (seed, epoch, example) alone, and the
   bits are known. */
#include <math.h>
#include <string.h>

#include <descent/hash.h>
#include <descent/image.h>

#include "test.h"

enum { SIDE = 9, PIXELS = SIDE * SIDE, DRAWS = 3000 };

static void paint(float image[PIXELS])
{
    for (size_t i = 0; i < PIXELS; i++)
        image[i] = (float)i + 1;
}

static void nothing_asked_for_changes_nothing(void **state)
{
    (void)state;
    float src[PIXELS], dst[PIXELS];
    paint(src);
    dsc_augment(&(dsc_augmentation){ .height = SIDE, .width = SIDE, .channels = 1 }, dst, src, 3, 4);
    assert_memory_equal(dst, src, sizeof src);
}

static void half_of_the_images_are_mirrored(void **state)
{
    (void)state;
    const dsc_augmentation flip = { .height = 2, .width = 3, .channels = 2, .flip = true, .seed = 5 };
    static const float src[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
                       mirrored[12] = { 5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8 };
    float dst[12];
    size_t flipped = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        dsc_augment(&flip, dst, src, 1, i);
        const int is_mirrored = memcmp(dst, mirrored, sizeof dst) == 0;
        assert_true(is_mirrored || memcmp(dst, src, sizeof dst) == 0);
        flipped += (size_t)is_mirrored;
    }
    assert_true(fabs((double)flipped / DRAWS - 0.5) < 4 * 0.5 / sqrt(DRAWS)); /* four standard errors */
}

/* The shift of a moved image, -most..most each way; checks every pixel against it. */
static void find_shift(const float *src, const float *dst, int most, float fill, int *down, int *right)
{
    for (*down = -most; *down <= most; ++*down)
        for (*right = -most; *right <= most; ++*right) {
            int same = 1;
            for (int y = 0; y < SIDE; y++)
                for (int x = 0; x < SIDE; x++) {
                    const int from_y = y - *down, from_x = x - *right;
                    const int inside = from_y >= 0 && from_y < SIDE && from_x >= 0 && from_x < SIDE;
                    same &= dst[y * SIDE + x] == (inside ? src[from_y * SIDE + from_x] : fill);
                }
            if (same)
                return;
        }
    fail_msg("not a shift by at most %d", most);
}

static void shifts_and_crops_move_by_each_distance_alike(void **state)
{
    (void)state;
    const dsc_augmentation kinds[] = {
        { .height = SIDE, .width = SIDE, .channels = 1, .shift = 2.9, .fill = -1, .seed = 1 },
        { .height = SIDE, .width = SIDE, .channels = 1, .crop = 2, .fill = -1, .seed = 2 },
    };
    float src[PIXELS], dst[PIXELS];
    paint(src);
    for (size_t k = 0; k < 2; k++) {
        size_t seen[5][5] = { 0 };
        for (uint64_t i = 0; i < DRAWS; i++) {
            int down, right;
            dsc_augment(&kinds[k], dst, src, 0, i);
            find_shift(src, dst, 2, -1, &down, &right);
            seen[down + 2][right + 2]++;
        }
        const double expected = DRAWS / 25.0, error = sqrt(expected * 24 / 25);
        for (size_t i = 0; i < 25; i++)
            assert_true(fabs((double)seen[i / 5][i % 5] - expected) < 4 * error);
    }
}

static void sequences_move_along_their_steps_alone(void **state)
{
    (void)state;
    const dsc_augmentation a = {
        .height = 1, .width = 5, .channels = 1, .shift = 1, .seed = 1, .rotate = 90
    };
    static const float src[5] = { 1, 2, 3, 4, 5 };
    size_t seen[3] = { 0 };
    for (uint64_t i = 0; i < 100; i++) {
        static const float moved[3][5] = { { 2, 3, 4, 5, 0 }, { 1, 2, 3, 4, 5 }, { 0, 1, 2, 3, 4 } };
        float dst[5];
        dsc_augment(&a, dst, src, 0, i);
        size_t k = 0;
        while (k < 3 && memcmp(dst, moved[k], sizeof dst) != 0)
            k++;
        assert_true(k < 3);
        seen[k]++;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
}

/* A plane stays a plane under rotation: its gradient turns by the angle, and nowhere inside is it off. */
static void rotations_turn_about_the_centre(void **state)
{
    (void)state;
    const dsc_augmentation a = { .height = SIDE, .width = SIDE, .channels = 1, .rotate = 30, .seed = 7 };
    float src[PIXELS], dst[PIXELS];
    const int middle = SIDE / 2;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            src[y * SIDE + x] = (float)(x - middle) + 100;
    double least = 90, largest = -90;
    for (uint64_t i = 0; i < 300; i++) {
        dsc_augment(&a, dst, src, 2, i);
        const double across = (double)(dst[middle * SIDE + middle + 2] - dst[middle * SIDE + middle - 2]) / 4,
                     along =
                         (double)(dst[(middle + 2) * SIDE + middle] - dst[(middle - 2) * SIDE + middle]) / 4;
        assert_true(fabs(across * across + along * along - 1) < 1e-5);
        assert_true(dst[middle * SIDE + middle] == 100);
        const double degrees = atan2(along, across) * 180 / acos(-1);
        least = degrees < least ? degrees : least;
        largest = degrees > largest ? degrees : largest;
    }
    assert_true(least > -30.001 && least < -27 && largest < 30.001 && largest > 27);
}

static void noise_has_its_deviation_and_is_not_repeated(void **state)
{
    (void)state;
    enum { COUNT = 40000 };
    const dsc_augmentation a = { .height = 1, .width = COUNT, .channels = 1, .noise = 0.25, .seed = 1 };
    static float src[COUNT], dst[COUNT], again[COUNT];
    dsc_augment(&a, dst, src, 1, 1);
    double sum = 0, squares = 0, product = 0;
    for (size_t i = 0; i < COUNT; i++) {
        sum += (double)dst[i];
        squares += (double)dst[i] * (double)dst[i];
        product += i >= 256 ? (double)dst[i] * (double)dst[i - 256] : 0;
    }
    assert_true(fabs(sum / COUNT) < 4 * 0.25 / sqrt(COUNT));
    assert_true(fabs(squares / COUNT / 0.0625 - 1) < 4 * sqrt(2.0 / COUNT));
    assert_true(fabs(product / COUNT / 0.0625) < 4 / sqrt(COUNT));
    dsc_augment(&a, again, src, 1, 1);
    assert_memory_equal(dst, again, sizeof dst);
    dsc_augment(&a, again, src, 2, 1);
    assert_memory_not_equal(dst, again, sizeof dst);
}

/* The bits of everything together; they are part of every recipe that augments. */
static void the_bits_are_known(void **state)
{
    (void)state;
    enum { HEIGHT = 6, WIDTH = 7, CHANNELS = 3, N = HEIGHT * WIDTH * CHANNELS, EXAMPLES = 20 };
    const dsc_augmentation a = { .height = HEIGHT,
                                 .width = WIDTH,
                                 .channels = CHANNELS,
                                 .flip = true,
                                 .shift = 1,
                                 .rotate = 15,
                                 .crop = 1,
                                 .noise = 0.1,
                                 .fill = 0.5,
                                 .seed = 42 };
    static float src[N], dst[EXAMPLES][N];
    for (size_t i = 0; i < N; i++)
        src[i] = (float)(i * 29 % 64) / 64;
    for (uint64_t i = 0; i < EXAMPLES; i++)
        dsc_augment(&a, dst[i], src, 3, i);
    char hex[65];
    assert_string_equal(dsc_digest_hex(dsc_sha256(dst, sizeof dst), hex),
                        "df8016583c3ebcfe12afdce5478e1148be8b653c37e6e93aa861fd86342c0d26");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_for_changes_nothing),
        cmocka_unit_test(half_of_the_images_are_mirrored),
        cmocka_unit_test(shifts_and_crops_move_by_each_distance_alike),
        cmocka_unit_test(sequences_move_along_their_steps_alone),
        cmocka_unit_test(rotations_turn_about_the_centre),
        cmocka_unit_test(noise_has_its_deviation_and_is_not_repeated),
        cmocka_unit_test(the_bits_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
