/* program.c - what an experiment of one's own is linked to. */
#include "experiment_program.h"

int dsc_experiment_main(int argc, char **argv, const dsc_experiment *experiment)
{
    const cli_program program = { .name = experiment->name, .command_argc = argc, .command_argv = argv };
    return (int)cli_experiment_command(&program, argc > 0 ? argc - 1 : 0, argv + (argc > 0), experiment);
}
