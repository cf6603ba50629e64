/* spill.c - memory that becomes a mapped temporary file when it grows beyond a bound. */
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <descent/cpu.h>

#include "base/file.h"
#include "base/sizes.h"

enum {
    FIRST_BYTES = 1 << 16,
    MOST_STEP_BYTES = 1 << 28 /* what a growing file takes ahead of need */
};

struct dsci_spill {
    dsc_scope *scope;
    const char *directory;
    size_t memory;
    unsigned char *data;
    size_t size, capacity;
    int file; /* -1: in memory */
};

static void spill_close(void *object)
{
    dsci_spill_clear(object);
}

dsci_spill *dsci_spill_make(dsc_scope *scope, const char *directory, size_t memory)
{
    dsci_spill *spill = dsc_scope_alloc(scope, 1, sizeof *spill);
    if (!spill)
        return NULL;
    const char *fallback = getenv("TMPDIR");
    if (!directory)
        directory = fallback && fallback[0] ? fallback : "/tmp";
    *spill = (dsci_spill){ .scope = scope, .directory = dsc_scope_copy(scope, directory), .file = -1 };
    spill->memory = memory ? memory : (size_t)(dsc_memory_get().usable / 4);
    return dsc_scope_defer(scope, spill_close, spill) == DSC_OK ? spill : NULL;
}

static dsc_status refused(const dsci_spill *spill, int error)
{
    return dsci_file_refused(spill->scope, "write a temporary file in", spill->directory, error);
}

static int open_unnamed(const char *directory)
{
    const int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return file;
    /* A file system without unnamed files: a name that is gone at once. */
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/descent-XXXXXX", directory) >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int named = mkostemp(path, O_CLOEXEC);
    if (named >= 0)
        unlink(path);
    return named;
}

/* The blocks of the file are taken before they are written: a full disk would be a signal (SIGBUS) later. */
static dsc_status reserve_file(dsci_spill *spill, size_t capacity)
{
    if (spill->file < 0)
        spill->file = open_unnamed(spill->directory);
    if (spill->file < 0)
        return refused(spill, errno);
    int error;
    do
        error = posix_fallocate(spill->file, 0, (off_t)capacity);
    while (error == EINTR);
    return error ? refused(spill, error) : DSC_OK;
}

static dsc_status out_of_memory(const dsci_spill *spill, size_t bytes)
{
    return dsc_scope_fail(spill->scope, DSC_ERROR_MEMORY, "out of memory: could not map %zu bytes", bytes);
}

static dsc_status spill_map(dsci_spill *spill, size_t capacity)
{
    const bool was_file = spill->file >= 0, to_file = capacity > spill->memory;
    if (to_file && reserve_file(spill, capacity) != DSC_OK)
        return dsc_scope_status(spill->scope);
    void *data;
    if (spill->data && was_file == to_file)
        data = mremap(spill->data, spill->capacity, capacity, MREMAP_MAYMOVE);
    else
        data = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
                    to_file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, spill->file, 0);
    if (data == MAP_FAILED && !to_file) { /* a file takes what memory does not */
        spill->memory = 0;
        return spill_map(spill, capacity);
    }
    if (data == MAP_FAILED)
        return out_of_memory(spill, capacity);
    if (spill->data && was_file != to_file) {
        memcpy(data, spill->data, spill->size);
        munmap(spill->data, spill->capacity);
    }
    spill->data = data;
    spill->capacity = capacity;
    return DSC_OK;
}

void *dsci_spill_grow(dsci_spill *spill, size_t bytes)
{
    if (!spill || dsc_scope_status(spill->scope) != DSC_OK)
        return NULL;
    if (bytes > PTRDIFF_MAX / 2 - spill->size) {
        out_of_memory(spill, bytes);
        return NULL;
    }
    const size_t size = spill->size + bytes;
    if (!spill->data || size > spill->capacity) {
        const size_t ahead = dsci_least(spill->capacity / 2, MOST_STEP_BYTES);
        const size_t wanted = dsci_largest(size, dsci_largest(spill->capacity + ahead, FIRST_BYTES));
        if (spill_map(spill, dsci_round_up(wanted, FIRST_BYTES)) != DSC_OK)
            return NULL;
    }
    void *added = spill->data + spill->size;
    spill->size = size;
    return added;
}

void *dsci_spill_data(const dsci_spill *spill)
{
    return spill->data;
}

bool dsci_spill_in_file(const dsci_spill *spill)
{
    return spill->file >= 0;
}

void dsci_spill_clear(dsci_spill *spill)
{
    if (!spill)
        return;
    if (spill->data)
        munmap(spill->data, spill->capacity);
    if (spill->file >= 0)
        close(spill->file);
    spill->data = NULL;
    spill->size = spill->capacity = 0;
    spill->file = -1;
}
