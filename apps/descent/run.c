/* run.c - `descent run`: an experiment by name, with the options of its program. */
#include "command.h"
#include "experiment_program.h"

static dsc_exit run(dsc_call *call)
{
    if (call->argc == 0 || call->argv[0][0] == '-') {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "the experiment's name is missing: descent run NAME "
                       "[OPTION]...; `descent list` has the names");
        return DSC_EXIT_USAGE;
    }
    const dsc_experiment *experiment = dsc_experiment_find(call->scope, call->argv[0]);
    if (!experiment)
        return DSC_EXIT_USAGE;
    const cli_program program = { .name = dsc_scope_format(call->scope, "descent run %s", experiment->name),
                                  .command_argc = call->command_argc,
                                  .command_argv = call->command_argv };
    return program.name ? cli_experiment_command(&program, call->argc - 1, call->argv + 1, experiment)
                        : DSC_EXIT_FAILED;
}

const dsc_verb dsc_verb_run = {
    .name = "run",
    .words = "NAME [OPTION]...",
    .summary = "run an experiment; `descent run NAME --help` has its options",
    .run = run,
    .examples = "  descent run double-descent --preset quick\n"
                "  descent run double-descent --case linear --help\n",
};
