/* cli.h - a whole program for an experiment of one's own. */
#ifndef DESCENT_CLI_H
#define DESCENT_CLI_H

#include <descent/experiment.h>

/* Exit statuses of every program. */
typedef enum dsc_exit {
    DSC_EXIT_GOOD = 0,
    DSC_EXIT_NO = 1, /* the answer is no: results differ, data are not as they should be, cells are missing */
    DSC_EXIT_USAGE = 2,   /* wrong use: an option, a name, a value, an output file of another recipe */
    DSC_EXIT_FAILED = 3,  /* it could not be done */
    DSC_EXIT_STOPPED = 75 /* stopped by a signal or the time limit; the same command resumes */
} dsc_exit;

/* The whole of an experiment program: reads the options, runs, reports. Returns the exit status, a dsc_exit.
 */
DSC_API int dsc_experiment_main(int argc, char **argv, const dsc_experiment *experiment);

#endif
