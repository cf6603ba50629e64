/* target.h - a fuzz target: one reader of the library, and what must hold of it whatever bytes it meets.
 *
 * A target's file defines fuzz_subject and nothing else that is not static. Two programs are made of it:
 *
 *     driver.c     a test: valid inputs, the stored corpus, and inputs changed at random, the same each time
 *     libfuzzer.c  clang's libFuzzer, which is guided by coverage (preset fuzz)
 *
 * A target asserts with cmocka's functions; the sanitizers watch for the rest.
 */
#ifndef DESCENT_TESTS_FUZZ_TARGET_H
#define DESCENT_TESTS_FUZZ_TARGET_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

/* Takes a valid input, from which others are made. */
typedef void fuzz_seed_fn(void *user, const void *data, size_t size);

typedef struct fuzz_target {
    /* Hands over the valid inputs, one or more. directory: an empty one, for files that are needed on the
     * way. */
    void (*seeds)(const char *directory, fuzz_seed_fn *seed, void *user);

    /* Reads one input, in an allocation of exactly size bytes, so that the sanitizers see every overrun.
       Returns whether it was good; false: refused, with an error. directory: as above. */
    bool (*read)(const char *directory, const unsigned char *data, size_t size);

    size_t inputs;  /* changed inputs of each seed in the test; FUZZ_INPUTS=N takes the place of all */
    double seconds; /* the test changes no more inputs after this time; 0: 10 */
} fuzz_target;

extern const fuzz_target fuzz_subject;

/* The bytes as a string, to be freed. */
static inline char *fuzz_text(const unsigned char *data, size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
