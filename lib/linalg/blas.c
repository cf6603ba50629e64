/* blas.c - loads OpenBLAS with the core type that belongs to the instruction-set level in use. */
#include "linalg/blas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>

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

static pthread_once_t once = PTHREAD_ONCE_INIT;
static dsci_blas blas;
static int loaded;
static char failure[256];

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
   the caller's come back. */
static const char *const variables[] = { "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE" };
enum { VARIABLES = sizeof variables / sizeof variables[0] };

static void *open_with_core_type(const char *core_type)
{
    char *kept[VARIABLES];
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = getenv(variables[i]);
        kept[i] = value ? strdup(value) : NULL;
        unsetenv(variables[i]);
    }
    setenv(variables[0], core_type, 1);
    void *library = open_library();
    unsetenv(variables[0]);
    for (size_t i = 0; i < VARIABLES; i++) {
        if (kept[i])
            setenv(variables[i], kept[i], 1);
        free(kept[i]);
    }
    return library;
}

static void load(void)
{
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
    if (!loaded)
        dsc_scope_fail(scope, DSC_ERROR_UNSUPPORTED,
                       "linear algebra: OpenBLAS could not be loaded (%s); install it with: apt-get install "
                       "libopenblas0-openmp",
                       failure);
    return loaded && dsc_scope_status(scope) == DSC_OK ? &blas : NULL;
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
