/* replace.c - files written whole, in place of the old ones. */
#include <descent/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { LINKS_MAX = 40 /* as the kernel follows */, HOLD_ATTEMPTS = 100 };

/* The folder of a path with its slash, "" for a bare name. */
static int folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash + 1 - path) : 0;
}

const char *dsci_file_target(dsc_scope *scope, const char *path)
{
    const char *at = path;
    for (int i = 0; at && i < LINKS_MAX; i++) {
        char link[PATH_MAX];
        const ssize_t length = readlink(at, link, sizeof link - 1);
        if (length < 0)
            return at;
        link[length] = '\0';
        at = dsc_scope_format(scope, "%.*s%s", link[0] == '/' ? 0 : folder_length(at), at, link);
    }
    if (at)
        dsci_file_refused(scope, "write", path, ELOOP);
    return NULL;
}

/* True if the open file is a regular one that the path, and no other, names. */
static bool is_alone_at(int file, const char *path)
{
    struct stat held, named;
    return fstat(file, &held) == 0 && S_ISREG(held.st_mode) && held.st_nlink == 1 &&
           lstat(path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

int dsci_file_hold(const char *path)
{
    for (int attempt = 0; attempt < HOLD_ATTEMPTS; attempt++) {
        struct stat info;
        const bool exists = lstat(path, &info) == 0;
        if (exists && (!S_ISREG(info.st_mode) || info.st_nlink != 1)) {
            errno = EEXIST;
            return -1;
        }
        const int file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
        if (file < 0)
            return -1;
        if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(file);
            errno = EWOULDBLOCK;
            return -1;
        }
        if (is_alone_at(file, path))
            return file;
        close(file); /* its former owner removed or renamed it in this moment */
    }
    errno = EWOULDBLOCK;
    return -1;
}

static bool write_all(int file, const void *data, size_t size)
{
    const char *next = data;
    while (size > 0) {
        const ssize_t written = write(file, next, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            next += written;
            size -= (size_t)written;
        }
    }
    return true;
}

/* Where a file goes, links followed, and what stands there. */
struct place {
    const char *path, *folder, *partial;
    struct stat old;
    bool exists;
};

static bool refuse(dsc_scope *scope, const char *path, const char *why)
{
    dsc_scope_fail(scope, DSC_ERROR_FILE, "cannot write '%s': %s", path, why);
    return false;
}

/* The old file's own permissions count as well: a rename would not ask for them. Files that nobody may write
   are protected from the superuser too. */
static bool may_be_replaced(dsc_scope *scope, const char *path, const struct stat *old)
{
    if (!S_ISREG(old->st_mode))
        return refuse(scope, path, "it is not a regular file; give the path of a file");
    if ((old->st_mode & 0222) == 0)
        return refuse(scope, path, "it is read-only; choose another path, or allow writing (chmod u+w)");
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
        return true;
    dsci_file_refused(scope, "write", path, errno);
    return false;
}

/* False and a poisoned scope if nothing can be written there. */
static bool find_place(dsc_scope *scope, const char *path, struct place *place)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return false;
    place->exists = stat(path, &place->old) == 0;
    if (!place->exists && errno != ENOENT) {
        dsci_file_refused(scope, "write", path, errno);
        return false;
    }
    if (place->exists && !may_be_replaced(scope, path, &place->old))
        return false;
    place->path = dsci_file_target(scope, path);
    if (!place->path)
        return false;
    const int length = folder_length(place->path);
    place->folder = length ? dsc_scope_format(scope, "%.*s", length, place->path) : ".";
    place->partial = dsc_scope_format(scope, "%s.partial", place->path);
    return place->folder && place->partial;
}

static dsc_status refused_partial(dsc_scope *scope, const char *path, const struct place *place, int error)
{
    if (error == EEXIST)
        return dsc_scope_fail(
            scope, DSC_ERROR_FILE,
            "cannot write '%s': '%s' beside it is in the way: expected nothing or a file "
            "that a killed run left, found a symbolic link, a pipe or another file's second "
            "name; remove it",
            path, place->partial);
    if (error == EWOULDBLOCK)
        return dsc_scope_fail(scope, DSC_ERROR_FILE,
                              "cannot write '%s': another program is just writing it; try again", path);
    return dsci_file_refused(scope, "write", path, error);
}

dsc_status dsc_file_check_writable(dsc_scope *scope, const char *path)
{
    struct place place;
    struct stat info;
    if (!find_place(scope, path, &place))
        return dsc_scope_status(scope);
    if (faccessat(AT_FDCWD, place.folder, W_OK | X_OK, AT_EACCESS) != 0)
        return dsci_file_refused(scope, "write", path, errno);
    if (lstat(place.partial, &info) == 0 && (!S_ISREG(info.st_mode) || info.st_nlink != 1))
        return refused_partial(scope, path, &place, EEXIST);
    return DSC_OK;
}

/* Makes a rename durable. Some directories cannot be opened or synced at all: that is no error. */
static bool directory_sync(const char *folder)
{
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return true;
    const bool good = fsync(file) == 0 || errno != EIO;
    close(file);
    return good;
}

struct dsci_replacement {
    dsc_scope *scope;
    const char *path;
    struct place place;
    int file; /* held until it has its new name, so that two writers never mix; -1: given up */
};

/* Leaves nothing behind. */
static void give_up(void *object)
{
    dsci_replacement *replacement = object;
    if (replacement->file < 0)
        return;
    unlink(replacement->place.partial);
    close(replacement->file);
    replacement->file = -1;
}

static dsc_status refuse_and_give_up(dsci_replacement *replacement, int error)
{
    give_up(replacement);
    return refused_partial(replacement->scope, replacement->path, &replacement->place, error);
}

static bool begin(dsci_replacement *replacement, dsc_scope *scope, const char *path)
{
    *replacement = (dsci_replacement){ .scope = scope, .path = path, .file = -1 };
    struct place *place = &replacement->place;
    if (!find_place(scope, path, place))
        return false;
    replacement->file = dsci_file_hold(place->partial);
    if (replacement->file < 0) {
        refused_partial(scope, path, place, errno);
        return false;
    }
    if (ftruncate(replacement->file, 0) == 0 &&
        (!place->exists || fchmod(replacement->file, place->old.st_mode & 07777) == 0))
        return true;
    refuse_and_give_up(replacement, errno);
    return false;
}

dsci_replacement *dsci_replacement_begin(dsc_scope *scope, const char *path)
{
    dsci_replacement *replacement = dsc_scope_alloc(scope, 1, sizeof *replacement);
    if (!replacement || !begin(replacement, scope, path))
        return NULL;
    return dsc_scope_defer(scope, give_up, replacement) == DSC_OK ? replacement : NULL;
}

bool dsci_replacement_append(dsci_replacement *replacement, const void *data, size_t size)
{
    if (!replacement || replacement->file < 0)
        return false;
    if (write_all(replacement->file, data, size))
        return true;
    refuse_and_give_up(replacement, errno);
    return false;
}

dsc_status dsci_replacement_end(dsci_replacement *replacement)
{
    if (!replacement)
        return DSC_ERROR_FILE;
    dsc_scope *scope = replacement->scope;
    const struct place *place = &replacement->place;
    if (dsc_scope_status(scope) != DSC_OK || replacement->file < 0) {
        give_up(replacement);
        return dsc_scope_status(scope);
    }
    if (fsync(replacement->file) != 0 || rename(place->partial, place->path) != 0)
        return refuse_and_give_up(replacement, errno);
    close(replacement->file); /* which cannot fail in a way that matters: fsync() has passed */
    replacement->file = -1;
    if (!directory_sync(place->folder))
        return dsci_file_refused(scope, "make durable", replacement->path, EIO);
    return DSC_OK;
}

dsc_status dsc_file_replace(dsc_scope *scope, const char *path, const void *data, size_t size)
{
    dsci_replacement replacement;
    if (!begin(&replacement, scope, path) || !dsci_replacement_append(&replacement, data, size))
        return dsc_scope_status(scope);
    return dsci_replacement_end(&replacement);
}
