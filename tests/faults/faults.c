/* faults.c - a library for LD_PRELOAD that disturbs a program at its n-th call of a kind.
 *
 *   FAULT_CALLS  which calls count: "memory" (malloc and its family), "files" (all that change or read files,
 * and directories), "changes" (of those the ones that change something), "threads" (pthread_create) FAULT_AT
 * the call that is disturbed, from 1; 0: none FAULT_HOW    "fail" (default), "all" (that call and all later
 * ones fail), "interrupt" (every second read and write is interrupted), "short" (every read and write moves a
 * few bytes at most), "before", "within" and "after" (the process is killed before the call, in the middle of
 * a write, or behind it) FAULT_ERRNO  the number of the error (default: ENOMEM, EIO or EAGAIN) FAULT_COUNT  a
 * file that gets the number of calls when the program ends by itself
 *
 * Calls count from the beginning of main(), but not while a library is loaded, nor on the standard streams,
 * nor what the HDF5 library allocates: 1.10 crashes or calls exit(-1) when it gets no memory, which is why we
 * ask for enough before it is called. Programs that are started by this one are left alone.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pthread.h>

enum calls { NONE = 0, MEMORY = 1, READS = 2, CHANGES = 4, THREADS = 8 };
enum how { FAIL, ALL, INTERRUPT, SHORT, BEFORE, WITHIN, AFTER };

static struct {
    int calls; /* which count */
    long at;
    enum how how;
    int error;
} plan;
static struct {
    uintptr_t begin, end;
} others[4]; /* libraries whose allocations do not count */
static atomic_long count;
static atomic_bool begun;
static _Thread_local int loading;

/* The function of this name behind ours. */
#define NEXT(name)                                                                                           \
    __extension__({                                                                                          \
        static __typeof__(&name) known;                                                                      \
        __typeof__(&name) next = __atomic_load_n(&known, __ATOMIC_RELAXED);                                  \
        if (!next) {                                                                                         \
            *(void **)(void *)&next = dlsym(RTLD_NEXT, #name);                                               \
            __atomic_store_n(&known, next, __ATOMIC_RELAXED);                                                \
        }                                                                                                    \
        next;                                                                                                \
    })

/* Its number if a call counts, else 0. */
static long number_of(enum calls call)
{
    return begun && !loading && (plan.calls & (int)call) ? ++count : 0;
}

static _Noreturn void end_process(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Whether the call with this number fails; ends the process before it. */
static bool disturb(long number)
{
    if (number == 0 || plan.at == 0)
        return false;
    if (plan.how == BEFORE && number == plan.at)
        end_process();
    const bool fails = (plan.how == FAIL && number == plan.at) || (plan.how == ALL && number >= plan.at);
    if (fails)
        errno = plan.error;
    return fails;
}

/* To be called behind a call that went through. */
static void finish(long number)
{
    if (number && number == plan.at && (plan.how == AFTER || plan.how == WITHIN)) {
        end_process();
    }
}

/* ---- memory ---- */

static int note_library(struct dl_phdr_info *info, size_t size, void *used)
{
    (void)size;
    size_t *next = used;
    if (!strstr(info->dlpi_name, "libhdf5") || *next == sizeof others / sizeof others[0])
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        const uintptr_t end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
        if (part->p_type == PT_LOAD && end > others[*next].end)
            others[*next].end = end;
    }
    others[(*next)++].begin = info->dlpi_addr;
    return 0;
}

/* Whether one of the other libraries is at work. Asked for calls that are to fail alone: it takes long. */
static bool others_work(void)
{
    void *frames[32];
    const int depth = backtrace(frames, 32);
    for (int f = 0; f < depth; f++)
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            if ((uintptr_t)frames[f] >= others[i].begin && (uintptr_t)frames[f] < others[i].end)
                return true;
    return false;
}

/* Whether this allocation fails. One that another library makes is left alone, and the next one fails. */
static bool starve(void)
{
    const long number = number_of(MEMORY);
    if (number == 0 || plan.at == 0 || number < plan.at)
        return false;
    loading++; /* what backtrace() allocates */
    const bool spared = others_work();
    loading--;
    if (spared && plan.how == FAIL)
        plan.at = number + 1;
    return !spared && disturb(number);
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    return starve() ? NULL : __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
    return starve() ? NULL : __libc_calloc(items, size);
}

void *realloc(void *old, size_t size)
{
    return size && starve() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return starve() ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    return starve() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (starve())
        return ENOMEM;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

/* ---- threads ---- */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    return disturb(number_of(THREADS)) ? plan.error
                                       : NEXT(pthread_create)(thread, attributes, start, argument);
}

/* ---- files ---- */

/* A call that returns -1 when it fails. */
#define FILE_CALL(kind, name, arguments)                                                                     \
    const long number = number_of(kind);                                                                     \
    if (disturb(number))                                                                                     \
        return -1;                                                                                           \
    const __typeof__(NEXT(name) arguments) result = NEXT(name) arguments;                                    \
    finish(number);                                                                                          \
    return result

/* How many bytes of a read or write are moved; 0: it is interrupted. */
static size_t moved(long number, size_t size)
{
    if (!number)
        return size;
    if (plan.how == INTERRUPT)
        return number % 2 ? 0 : size;
    const size_t few = 1 + (size_t)number * 7919 % 1000; /* of all sizes, the same ones in each run */
    return plan.how == SHORT && size > few ? few : size;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    const long number = file > STDERR_FILENO ? number_of(CHANGES) : 0;
    if (disturb(number))
        return -1;
    if (number && number == plan.at && plan.how == WITHIN)
        NEXT(write)(file, bytes, size / 2);
    else if (size && moved(number, size) == 0)
        return errno = EINTR, -1;
    else {
        const ssize_t result = NEXT(write)(file, bytes, moved(number, size));
        finish(number);
        return result;
    }
    end_process();
}

ssize_t read(int file, void *bytes, size_t size)
{
    const long number = file > STDERR_FILENO ? number_of(READS) : 0;
    if (disturb(number))
        return -1;
    if (size && moved(number, size) == 0)
        return errno = EINTR, -1;
    return NEXT(read)(file, bytes, moved(number, size));
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    FILE_CALL(flags & O_CREAT ? CHANGES : READS, open, (path, flags, mode));
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    FILE_CALL(flags & O_CREAT ? CHANGES : READS, open64, (path, flags, mode));
}

int close(int file)
{
    const long number = file > STDERR_FILENO ? number_of(CHANGES) : 0;
    const bool fails = disturb(number); /* as in Linux, the descriptor is gone all the same */
    const int result = NEXT(close)(file);
    finish(number);
    return fails ? (errno = plan.error, -1) : result;
}

int fsync(int file)
{
    FILE_CALL(CHANGES, fsync, (file));
}

int ftruncate(int file, off_t length)
{
    FILE_CALL(CHANGES, ftruncate, (file, length));
}

int fchmod(int file, mode_t mode)
{
    FILE_CALL(CHANGES, fchmod, (file, mode));
}

int rename(const char *from, const char *to)
{
    FILE_CALL(CHANGES, rename, (from, to));
}

int unlink(const char *path)
{
    FILE_CALL(CHANGES, unlink, (path));
}

int flock(int file, int operation)
{
    FILE_CALL(CHANGES, flock, (file, operation));
}

int mkdir(const char *path, mode_t mode)
{
    FILE_CALL(CHANGES, mkdir, (path, mode));
}

int stat(const char *path, struct stat *status)
{
    FILE_CALL(READS, stat, (path, status));
}

int lstat(const char *path, struct stat *status)
{
    FILE_CALL(READS, lstat, (path, status));
}

int fstat(int file, struct stat *status)
{
    FILE_CALL(READS, fstat, (file, status));
}

DIR *opendir(const char *path)
{
    return disturb(number_of(READS)) ? NULL : NEXT(opendir)(path);
}

struct dirent *readdir(DIR *directory)
{
    return disturb(number_of(READS)) ? NULL : NEXT(readdir)(directory);
}

/* ---- the beginning and the end ---- */

void *dlopen(const char *path, int mode)
{
    loading++;
    void *library = NEXT(dlopen)(path, mode);
    loading--;
    return library;
}

static void write_count(void)
{
    begun = false;
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&count));
        fclose(file);
    }
}

static int index_of(const char *name, const char *const *names, int otherwise)
{
    for (int i = 0; name && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return otherwise;
}

static int (*program)(int, char **, char **);

static int disturbed_main(int argc, char **argv, char **environment)
{
    static const char *const calls[] = { "memory", "files", "changes", "threads", NULL };
    static const int kinds[] = { MEMORY, READS | CHANGES, CHANGES, THREADS, NONE };
    static const int errors[] = { ENOMEM, EIO, EIO, EAGAIN, EIO };
    static const char *const hows[] = {
        "fail", "all", "interrupt", "short", "before", "within", "after", NULL
    };
    const int which = index_of(getenv("FAULT_CALLS"), calls, 4);
    const char *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERRNO");
    plan.calls = kinds[which];
    plan.at = at ? strtol(at, NULL, 10) : 0;
    plan.how = (enum how)index_of(getenv("FAULT_HOW"), hows, FAIL);
    plan.error = error ? (int)strtol(error, NULL, 10) : errors[which];
    unsetenv("LD_PRELOAD");
    backtrace((void *[1]){ NULL }, 1); /* loads what it needs */
    dl_iterate_phdr(note_library, &(size_t){ 0 });
    atexit(write_count);
    begun = true;
    return program(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    program = main;
    return NEXT(__libc_start_main)(disturbed_main, argc, argv, init, fini, rtld_fini, stack_end);
}
