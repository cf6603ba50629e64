/* memory.c - the memory planner: best fit over lifetimes. */
#include "graph/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static int larger_first(const void *left, const void *right)
{
    const dsci_lifetime *a = *(dsci_lifetime *const *)left, *b = *(dsci_lifetime *const *)right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a < b ? -1 : a > b;
}

static bool alive_together(const dsci_lifetime *a, const dsci_lifetime *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The offset of the smallest gap for buffer between the placed ones (ordered by offset), else behind them. */
static size_t best_offset(const dsci_lifetime *buffer, dsci_lifetime *const *placed, size_t count)
{
    size_t end = 0, best = SIZE_MAX, best_gap = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const dsci_lifetime *other = placed[i];
        if (!alive_together(buffer, other))
            continue;
        if (other->offset > end && other->offset - end >= buffer->bytes && other->offset - end < best_gap) {
            best = end;
            best_gap = other->offset - end;
        }
        if (other->offset + other->bytes > end)
            end = other->offset + other->bytes;
    }
    return best != SIZE_MAX ? best : end;
}

dsc_status dsci_memory_plan(dsc_scope *scope, dsci_lifetime *buffers, size_t count, size_t *arena_bytes)
{
    *arena_bytes = 0;
    dsci_lifetime **order = dsc_scope_alloc(scope, count, sizeof(dsci_lifetime *));
    dsci_lifetime **placed = dsc_scope_alloc(scope, count, sizeof(dsci_lifetime *));
    if (!order || !placed)
        return dsc_scope_status(scope);
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        order[i] = &buffers[i];
        if (buffers[i].bytes > SIZE_MAX / 2 - DSCI_ALIGNMENT - total)
            return dsc_scope_fail(
                scope, DSC_ERROR_MEMORY,
                "out of memory: the activations of the network exceed the address space; use a "
                "smaller batch");
        buffers[i].bytes = (buffers[i].bytes + DSCI_ALIGNMENT - 1) / DSCI_ALIGNMENT * DSCI_ALIGNMENT;
        total += buffers[i].bytes;
    }
    qsort(order, count, sizeof(dsci_lifetime *), larger_first);
    for (size_t i = 0; i < count; i++) {
        dsci_lifetime *buffer = order[i];
        buffer->offset = best_offset(buffer, placed, i);
        if (buffer->offset + buffer->bytes > *arena_bytes)
            *arena_bytes = buffer->offset + buffer->bytes;
        size_t at = i;
        for (; at > 0 && placed[at - 1]->offset > buffer->offset; at--)
            placed[at] = placed[at - 1];
        placed[at] = buffer;
    }
    return DSC_OK;
}
