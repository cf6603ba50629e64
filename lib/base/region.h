/* region.h - a parallel region: what its threads do together, each calling the same functions.
 *
 * A function that takes a dsci_region is called by every thread of the region, or by one alone that is no
 * region at all. It shares its work among them and ends, unless it says otherwise, when all of them are done
 * with it.
 */
#ifndef DESCENT_BASE_REGION_H
#define DESCENT_BASE_REGION_H

#include <stddef.h>

/* This thread, and of how many. */
typedef struct dsci_region {
    int thread, threads;
} dsci_region;

typedef void dsci_region_fn(void *user, dsci_region region);

/* Has `threads` threads, or as many as can be had, call work, each in the float mode of the library. */
void dsci_region_run(int threads, dsci_region_fn *work, void *user);

/* Waits for all threads: what they wrote before is seen by all. */
void dsci_region_wait(dsci_region region);

/* Where this thread's share of `pieces` pieces of work begins, and where the next thread's does. */
static inline size_t dsci_region_begin(dsci_region region, size_t pieces)
{
    return pieces * (size_t)region.thread / (size_t)region.threads;
}
static inline size_t dsci_region_end(dsci_region region, size_t pieces)
{
    return pieces * ((size_t)region.thread + 1) / (size_t)region.threads;
}

#endif
