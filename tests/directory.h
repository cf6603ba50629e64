/* directory.h - a temporary directory for one test: cmocka's setup and teardown, and files in it.
 *
 * The test's state is the directory's path. Include after cmocka.h.
 */
#ifndef DESCENT_TESTS_DIRECTORY_H
#define DESCENT_TESTS_DIRECTORY_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static inline int directory_make(void **state)
{
    const char *parent = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/descent-test-XXXXXX", parent && *parent ? parent : "/tmp");
    *state = mkdtemp(path) ? strdup(path) : NULL;
    return *state ? 0 : -1;
}

static inline int directory_remove_entry(const char *path, const struct stat *info, int type,
                                         struct FTW *place)
{
    (void)info, (void)type, (void)place;
    return remove(path);
}

static inline int directory_remove(void **state)
{
    const int result = nftw(*state, directory_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

/* directory + "/" + name in one of a few static buffers, good until four more calls. */
static inline const char *directory_path(const char *directory, const char *name)
{
    static char paths[4][4096];
    static unsigned next;
    char *path = paths[next++ % 4];
    assert_true(snprintf(path, sizeof paths[0], "%s/%s", directory, name) < (int)sizeof paths[0]);
    return path;
}

static inline void directory_put_bytes(const char *directory, const char *name, const void *data, size_t size)
{
    FILE *file = fopen(directory_path(directory, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Writes a text file, making the directories it lies in. */
static inline void directory_put(const char *directory, const char *name, const char *text)
{
    char path[4096];
    for (const char *slash = name; (slash = strchr(slash, '/')); slash++) {
        snprintf(path, sizeof path, "%s/%.*s", directory, (int)(slash - name), name);
        mkdir(path, 0777);
    }
    directory_put_bytes(directory, name, text, strlen(text));
}

#endif
