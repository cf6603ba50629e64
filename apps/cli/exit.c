/* exit.c - the exit status that each outcome has. */
#include <stdio.h>
#include <unistd.h>

#include "terminal.h"

dsc_exit cli_exit_of(dsc_status status)
{
    static const dsc_exit exits[] = {
        [DSC_OK] = DSC_EXIT_GOOD,
        [DSC_ERROR_ARGUMENT] = DSC_EXIT_USAGE,
        [DSC_ERROR_SHAPE] = DSC_EXIT_FAILED,
        [DSC_ERROR_MEMORY] = DSC_EXIT_FAILED,
        [DSC_ERROR_FILE] = DSC_EXIT_FAILED,
        [DSC_ERROR_FORMAT] = DSC_EXIT_FAILED,
        [DSC_ERROR_MISMATCH] = DSC_EXIT_USAGE,
        [DSC_ERROR_NUMERIC] = DSC_EXIT_FAILED,
        [DSC_ERROR_UNSUPPORTED] = DSC_EXIT_FAILED,
        [DSC_STOPPED] = DSC_EXIT_STOPPED,
    };
    const unsigned i = (unsigned)status;
    return i < sizeof exits / sizeof exits[0] ? exits[i] : DSC_EXIT_FAILED;
}

void cli_leave(dsc_exit status)
{
    fflush(NULL);
    _exit((int)status);
}
