/* signals.c - a request to stop becomes a flag. */
#include <signal.h>

#include "progress.h"

/* A signal handler has no other way to speak than a global. */
static volatile int stop_requested;

static void request_stop(int number)
{
    if (stop_requested) { /* asked twice: no more patience */
        signal(number, SIG_DFL);
        raise(number);
    }
    stop_requested = 1;
}

volatile int *cli_signals_catch(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction now, action = { .sa_handler = request_stop, .sa_flags = SA_RESTART };
        sigemptyset(&action.sa_mask);
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) /* nohup stays in force */
            sigaction(numbers[i], &action, NULL);
    }
    return &stop_requested;
}
