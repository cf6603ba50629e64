/* kernel_test.h - guarded buffers, comparison of bits and ULPs, and the loop over levels, for the tests of
 * kernels.
 *
 * A guarded buffer ends where its last page ends; the pages around it can't be touched, and what is left of
 * its first page is filled with a pattern that must be found again. So a read or write past the end stops the
 * test, and so does a write before the start.
 */
#ifndef DESCENT_TESTS_KERNEL_TEST_H
#define DESCENT_TESTS_KERNEL_TEST_H

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <descent/cpu.h>
#include <descent/rng.h>

#include "kernels/kernels.h"
#include "test.h"

/* Runs its body for each level above scalar that the machine has. */
#define FOR_LEVELS(level) for (dsc_isa level = DSC_ISA_AVX2; level <= dsc_isa_detected(); level++)

enum { GUARD_PAGE = 4096, GUARD_BUFFERS = 128, GUARD_PATTERN = 0x7fc0dead };

static struct guard {
    unsigned char *pages; /* the first is closed, as is the last */
    size_t size;          /* of all pages */
    size_t bytes;         /* of the buffer */
} guards[GUARD_BUFFERS];
static size_t guard_count;

/* The pattern is a NaN, so that a buffer starts poisoned. */
static inline void fill_pattern(void *start, size_t words)
{
    const uint32_t pattern = GUARD_PATTERN;
    for (size_t i = 0; i < words; i++)
        memcpy((unsigned char *)start + 4 * i, &pattern, 4);
}

static inline void *guarded_bytes(size_t bytes)
{
    assert_true(guard_count < GUARD_BUFFERS && bytes % 4 == 0);
    const size_t inner = (bytes + GUARD_PAGE) / GUARD_PAGE * GUARD_PAGE, size = inner + 2 * GUARD_PAGE;
    unsigned char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    fill_pattern(pages + GUARD_PAGE, inner / 4);
    assert_int_equal(mprotect(pages, GUARD_PAGE, PROT_NONE), 0);
    assert_int_equal(mprotect(pages + GUARD_PAGE + inner, GUARD_PAGE, PROT_NONE), 0);
    guards[guard_count++] = (struct guard){ pages, size, bytes };
    return pages + GUARD_PAGE + inner - bytes;
}

/* n floats, all NaN. */
static inline float *guarded(size_t n)
{
    return guarded_bytes(n * sizeof(float));
}

/* Checks what lies before the buffers and frees them. */
static inline void release_guarded(const char *what)
{
    for (; guard_count > 0; guard_count--) {
        const struct guard *g = &guards[guard_count - 1];
        const size_t slack = g->size - 2 * GUARD_PAGE - g->bytes;
        for (size_t i = 0; i < slack; i += 4) {
            uint32_t word;
            memcpy(&word, g->pages + GUARD_PAGE + i, 4);
            if (word != GUARD_PATTERN)
                fail_msg("%s: wrote %zu bytes before a buffer of %zu bytes", what, slack - i, g->bytes);
        }
        munmap(g->pages, g->size);
    }
}

static inline float *guarded_copy(const float *src, size_t n)
{
    float *dst = guarded(n);
    if (n > 0)
        memcpy(dst, src, n * sizeof *dst);
    return dst;
}

/* Uniform numbers; `draw` keeps the buffers of a test apart. */
static inline float *guarded_uniform(size_t n, float low, float high, uint32_t draw)
{
    float *dst = guarded(n);
    dsc_rng_fill_uniform_f32(dsc_rng_make(1, DSC_STREAM_NOISE), draw, low, high, dst, n);
    return dst;
}

static inline uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Any two NaNs are the same: which payload survives an operation of two is up to the compiler. */
static inline void check_bits(const float *x, const float *expected, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (float_bits(x[i]) != float_bits(expected[i]) && !(isnan(x[i]) && isnan(expected[i])))
            fail_msg("%s: element %zu of %zu is %a, expected %a", what, i, n, (double)x[i],
                     (double)expected[i]);
}

static inline void check_same_double(double x, double expected, const char *what)
{
    if (memcmp(&x, &expected, sizeof x) != 0 && !(isnan(x) && isnan(expected)))
        fail_msg("%s: %a, expected %a", what, x, expected);
}

static inline void check_near(double x, double expected, double tolerance, const char *what)
{
    if (!(fabs(x - expected) <= tolerance))
        fail_msg("%s: %.17g, expected %.17g within %g", what, x, expected, tolerance);
}

/* Distance in units of the last place of the exact value as a float; subnormal ones count in steps of 2^-149.
 */
static inline double ulps(float x, double exact)
{
    if (isnan(exact))
        return isnan(x) ? 0.0 : INFINITY;
    if (float_bits(x) == float_bits((float)exact))
        return 0.0;
    int exponent;
    frexp(exact, &exponent);
    return fabs((double)x - exact) / ldexp(1.0, exponent < -125 ? -149 : exponent - 24);
}

/* Tests run as training does, with denormal numbers flushed. */
static inline int enter_float_mode(void **state)
{
    *state = (void *)(uintptr_t)dsc_float_mode_enter();
    return 0;
}

static inline int leave_float_mode(void **state)
{
    dsc_float_mode_leave((unsigned)(uintptr_t)*state);
    return 0;
}

#endif
