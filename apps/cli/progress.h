/* progress.h - a run at work: signals, and how far it is. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <descent/lab.h>

#include "terminal.h"

/* Turns SIGINT, SIGTERM and SIGHUP into a flag; a second one kills. Returns the flag. */
volatile int *cli_signals_catch(void);

/* Shows the progress of a run; user is the view. */
typedef struct cli_progress_view {
    cli_terminal *terminal;
    const char *title;
    const char *unit; /* what is counted; NULL: "cells" */
    const char *note; /* what is shown behind the times; NULL: the rate of arithmetic */
    double shown_at, first_elapsed, first_work;
    bool begun;
} cli_progress_view;
void cli_progress_show(void *user, const dsc_progress *progress);
void cli_progress_end(cli_progress_view *view);

#endif
