/* blas.c - loads OpenBLAS with the core type that belongs to the instruction-set level in use. */
#include "linalg/blas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>
#include <sys/mman.h>

#include <descent/cpu.h>
#include <descent/linalg.h>

static const char *const library_names[] = {
    DESCENT_OPENBLAS, /* where the build found the OpenMP variant */
    "libopenblas.so.0",
};

static const struct {
    size_t offset;
    const char *symbol;
} functions[] = {
    { offsetof(dsci_blas, dgemm), "cblas_dgemm" },
    { offsetof(dsci_blas, dsyrk), "cblas_dsyrk" },
    { offsetof(dsci_blas, dpotrf), "dpotrf_" },
    { offsetof(dsci_blas, dpotrs), "dpotrs_" },
    { offsetof(dsci_blas, dpocon), "dpocon_" },
    { offsetof(dsci_blas, dtrtri), "dtrtri_" },
    { offsetof(dsci_blas, dtrtrs), "dtrtrs_" },
    { offsetof(dsci_blas, dtrcon), "dtrcon_" },
    { offsetof(dsci_blas, dgeqrf), "dgeqrf_" },
    { offsetof(dsci_blas, dormqr), "dormqr_" },
    { offsetof(dsci_blas, dgelqf), "dgelqf_" },
    { offsetof(dsci_blas, dorglq), "dorglq_" },
    { offsetof(dsci_blas, dormlq), "dormlq_" },
    { offsetof(dsci_blas, dgesdd), "dgesdd_" },
    { offsetof(dsci_blas, dsyevd), "dsyevd_" },
    { offsetof(dsci_blas, core_name), "openblas_get_corename" },
    { offsetof(dsci_blas, config), "openblas_get_config" },
    { offsetof(dsci_blas, set_threads), "openblas_set_num_threads" },
};

/* OpenBLAS's kernels for each level. Prescott (SSE3) is the lowest that 64-bit builds have, and their own
   choice for a processor that they do not know. */
static const char *const core_types[] = {
    [DSC_ISA_AUTO] = "PRESCOTT",
    [DSC_ISA_SCALAR] = "PRESCOTT",
    [DSC_ISA_AVX2] = "HASWELL",
    [DSC_ISA_AVX512] = "SKYLAKEX",
};

/* OpenBLAS maps two buffers when it is loaded and one for each further call that runs at the same time, and
   tries without end, deaf to signals, where there is no room for it. With room to spare for what else it
   allocates. */
static const size_t LIBRARY_BYTES = (size_t)64 << 20, BUFFER_BYTES = (size_t)136 << 20;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static dsci_blas blas;
static int loaded;
static char failure[256];
static dsc_status failure_status;

/* Whether so much memory could be mapped. It is not touched. */
static bool has_room(size_t bytes)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory != MAP_FAILED && munmap(memory, bytes) == 0;
}

/* The same for this thread's buffer, asked for once. Without a limit of the process there is room. */
static bool has_buffer(void)
{
    static _Thread_local bool has;
    has = has || dsc_memory_get().process <= 0 || has_room(BUFFER_BYTES);
    return has;
}

static void *open_library(void)
{
    for (size_t i = 0; i < sizeof library_names / sizeof library_names[0]; i++) {
        void *library = dlopen(library_names[i], RTLD_NOW | RTLD_LOCAL);
        if (library)
            return library;
    }
    const char *reason = dlerror();
    snprintf(failure, sizeof failure, "%s", reason ? reason : "libopenblas.so.0 was not found");
    return NULL;
}

static int find_functions(void *library)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *address = dlsym(library, functions[i].symbol);
        if (!address) {
            snprintf(failure, sizeof failure, "it has no function %s", functions[i].symbol);
            return 0;
        }
        memcpy((char *)&blas + functions[i].offset, &address, sizeof address);
    }
    return 1;
}

/* Variables by which OpenBLAS can be told to compute otherwise, as a machine's set-up may do for all
   programs: with them the level in use would not decide the bits. Ours stand while the library loads; then
   the caller's come back. The library also maps a buffer for each thread that OMP_NUM_THREADS asks for, and
   we call it from one at a time in each of ours. */
enum { CORE_TYPE, L2_SIZE, THREADS, VARIABLES };
static const char *const variables[VARIABLES] = { "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",
                                                  "OMP_NUM_THREADS" };

static void set_variable(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void *open_with_core_type(const char *core_type)
{
    const char *const ours[VARIABLES] = { [CORE_TYPE] = core_type, [THREADS] = "1" };
    char *kept[VARIABLES];
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = getenv(variables[i]);
        kept[i] = value ? strdup(value) : NULL;
        set_variable(variables[i], ours[i]);
    }
    void *library = open_library();
    for (size_t i = 0; i < VARIABLES; i++) {
        set_variable(variables[i], kept[i]);
        free(kept[i]);
    }
    return library;
}

static void load(void)
{
    failure_status = DSC_ERROR_MEMORY;
    if (!has_room(LIBRARY_BYTES + 2 * BUFFER_BYTES))
        return;
    failure_status = DSC_ERROR_UNSUPPORTED;
    void *library = open_with_core_type(core_types[dsc_isa_effective()]);
    if (!library)
        return;
    if (!find_functions(library)) {
        dlclose(library);
        return;
    }
    const int threads = omp_get_max_threads();
    blas.set_threads(1); /* a variant with threads of its own; the OpenMP one sets the caller's count too */
    omp_set_num_threads(threads);
    loaded = 1;
}

const dsci_blas *dsci_blas_get(dsc_scope *scope)
{
    pthread_once(&once, load);
    const bool room = loaded ? has_buffer() : failure_status != DSC_ERROR_MEMORY;
    if (!room)
        dsc_scope_fail(
            scope, DSC_ERROR_MEMORY,
            "linear algebra: OpenBLAS needs %zu MiB of address space and as much for each further thread, the "
            "limit of this process leaves less; raise it (ulimit -v), or compute on fewer threads",
            BUFFER_BYTES >> 20);
    else if (!loaded)
        dsc_scope_fail(scope, DSC_ERROR_UNSUPPORTED,
                       "linear algebra: OpenBLAS could not be loaded (%s); install it with: apt-get install "
                       "libopenblas0-openmp",
                       failure);
    return loaded && room && dsc_scope_status(scope) == DSC_OK ? &blas : NULL;
}

dsci_blas_mode dsci_blas_enter(void)
{
    const dsci_blas_mode saved = { omp_get_max_threads(), dsc_float_mode_enter() };
    omp_set_num_threads(1);
    return saved;
}

void dsci_blas_leave(dsci_blas_mode saved)
{
    omp_set_num_threads(saved.threads);
    dsc_float_mode_leave(saved.float_mode);
}

const char *dsc_linalg_core(void)
{
    pthread_once(&once, load);
    return loaded ? blas.core_name() : "unavailable";
}

const char *dsc_linalg_config(void)
{
    pthread_once(&once, load);
    return loaded ? blas.config() : "unavailable";
}
