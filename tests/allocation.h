/* allocation.h - allocations that fail on demand. The linker routes the calls of our objects to the functions
   here: see descent_failing_calls() in CMakeLists.txt. */
#ifndef DESCENT_TESTS_ALLOCATION_H
#define DESCENT_TESTS_ALLOCATION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static _Atomic long calls;           /* so far */
static _Atomic long calls_left = -1; /* until the one that fails; negative: none does, or it has */

static bool call_fails(void)
{
    calls++;
    return calls_left >= 0 && atomic_fetch_sub(&calls_left, 1) == 0;
}

/* Defines __wrap_NAME, which returns failure when its turn has come and else calls the real function. */
#define WRAP(result, failure, name, parameters, arguments)                                                   \
    result __real_##name parameters;                                                                         \
    result __wrap_##name parameters;                                                                         \
    result __wrap_##name parameters                                                                          \
    {                                                                                                        \
        return call_fails() ? (failure) : __real_##name arguments;                                           \
    }
WRAP(void *, NULL, malloc, (size_t size), (size))
WRAP(void *, NULL, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, NULL, realloc, (void *old, size_t size), (old, size))
WRAP(void *, NULL, aligned_alloc, (size_t alignment, size_t size), (alignment, size))

#endif
