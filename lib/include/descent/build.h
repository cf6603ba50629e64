/* build.h - what this library was built from and with. */
#ifndef DESCENT_BUILD_H
#define DESCENT_BUILD_H

#include <stddef.h>

#include <descent/export.h>

typedef struct dsc_build {
    const char *version; /* "0.1.0" */
    const char
        *commit; /* 40 hexadecimal digits, with "-dirty" if the tree had changes; "unknown" outside git */
    const char *compiler; /* "GNU 12.2.0" */
    const char *flags;    /* of every file, without those of instruction-set levels */
} dsc_build;

DSC_API const dsc_build *dsc_build_get(void);

/* A library that Descent stands on. version: of the one that runs where it can be asked, else of the one
 * built against. */
typedef struct dsc_library {
    const char *name, *version;
} dsc_library;
DSC_API const dsc_library *dsc_libraries(size_t *count);

#endif
