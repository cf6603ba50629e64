/* build.c - what this library was built from and with, and what it runs on. */
#include <descent/build.h>

#include <pthread.h>

#include <jansson.h>
#include <openssl/crypto.h>
#include <zlib.h>

#include "lab/build_info.h"
#include "record/internal.h"

const dsc_build *dsc_build_get(void)
{
    static const dsc_build build = {
        .version = BUILD_VERSION, .commit = BUILD_COMMIT, .compiler = BUILD_COMPILER, .flags = BUILD_FLAGS
    };
    return &build;
}

static const char *openssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

/* A library says its version itself where it can; else the headers' is given. */
static const struct {
    const char *name;
    const char *(*ask)(void);
    const char *built;
} table[] = {
    { "oneDNN", NULL, BUILD_DNNL },
    { "OpenBLAS", NULL, BUILD_OPENBLAS },
    { "SLEEF", NULL, BUILD_SLEEF },
    { "HDF5", dsci_hdf5_version, NULL },
    { "jansson", jansson_version_str, NULL },
    { "OpenSSL", openssl_version, NULL },
    { "zlib", zlibVersion, NULL },
    { "libpng", NULL, BUILD_PNG },
    { "libjpeg", NULL, BUILD_JPEG },
};
enum { LIBRARIES = sizeof table / sizeof table[0] };

static dsc_library libraries[LIBRARIES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
    for (size_t i = 0; i < LIBRARIES; i++)
        libraries[i] = (dsc_library){ table[i].name, table[i].ask ? table[i].ask() : table[i].built };
}

const dsc_library *dsc_libraries(size_t *count)
{
    pthread_once(&once, fill);
    *count = LIBRARIES;
    return libraries;
}
