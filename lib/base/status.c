/* status.c - names of outcomes. */
#include <descent/status.h>

const char *dsc_status_name(dsc_status status)
{
    static const char *const names[] = {
        [DSC_OK] = "success",
        [DSC_ERROR_ARGUMENT] = "wrong argument",
        [DSC_ERROR_SHAPE] = "wrong shape",
        [DSC_ERROR_MEMORY] = "out of memory",
        [DSC_ERROR_FILE] = "file error",
        [DSC_ERROR_FORMAT] = "malformed file",
        [DSC_ERROR_MISMATCH] = "mismatch",
        [DSC_ERROR_NUMERIC] = "numeric error",
        [DSC_ERROR_UNSUPPORTED] = "unsupported",
        [DSC_STOPPED] = "stopped",
    };
    const unsigned i = (unsigned)status;
    return i < sizeof names / sizeof names[0] ? names[i] : "unknown status";
}
