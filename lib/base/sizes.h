/* sizes.h - arithmetic of sizes. */
#ifndef DESCENT_BASE_SIZES_H
#define DESCENT_BASE_SIZES_H

#include <stddef.h>

static inline size_t dsci_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t dsci_largest(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* a - b, or 0 if b is larger. */
static inline size_t dsci_difference(size_t a, size_t b)
{
    return a > b ? a - b : 0;
}

/* The quotient rounded up: how many pieces of `size` it takes to cover n. */
static inline size_t dsci_ceiling(size_t n, size_t size)
{
    return (n + size - 1) / size;
}

/* The first multiple of step that is not below n. */
static inline size_t dsci_round_up(size_t n, size_t step)
{
    return dsci_ceiling(n, step) * step;
}

#endif
