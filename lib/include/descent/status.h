/* status.h - the outcome of everything that can fail. */
#ifndef DESCENT_STATUS_H
#define DESCENT_STATUS_H

#include <descent/export.h>

/* 0 is success, so that a zeroed struct reads as "no error". */
typedef enum dsc_status {
    DSC_OK = 0,
    DSC_ERROR_ARGUMENT,    /* a value outside its range, an unknown name: the caller's mistake */
    DSC_ERROR_SHAPE,       /* tensors or sizes that do not fit together */
    DSC_ERROR_MEMORY,      /* an allocation failed, or a size overflows */
    DSC_ERROR_FILE,        /* the system refused: missing file, no permission, disk full */
    DSC_ERROR_FORMAT,      /* a file's content is not what its format promises */
    DSC_ERROR_MISMATCH,    /* a file is well formed but belongs to another recipe, model or version */
    DSC_ERROR_NUMERIC,     /* not finite, singular, diverged */
    DSC_ERROR_UNSUPPORTED, /* this build or this machine cannot do it */
    DSC_STOPPED            /* interrupted on request; what was done is kept */
} dsc_status;

/* A short English name ("wrong shape"); never NULL. */
DSC_API const char *dsc_status_name(dsc_status status);

#endif
