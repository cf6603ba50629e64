/* verify.c - `descent verify`: a results file computed again, compared bit for bit. */
#include "command.h"
#include "experiment_program.h"
#include "options.h"
#include "record_tables.h"

#define FIELD(name) offsetof(cli_verify_arguments, name)
static const cli_option options[] = {
    CLI_OPTION_IN("sample", "K", FIELD(sample), cli_option_integer, "K cells only, evenly spread", 1, 1e12),
    CLI_OPTION("data", "DIR", FIELD(data), cli_option_text,
               "directory of the data files (default: $DESCENT_DATA)"),
    CLI_OPTION("threads", "N|auto", FIELD(threads), cli_option_threads,
               "cells computed at once (default: auto, as `descent info` says)"),
    CLI_OPTION("isa", "LEVEL", FIELD(isa), cli_option_isa,
               "auto, scalar, avx2 or avx512 (default: $DESCENT_ISA, else auto)"),
    CLI_OPTION("force", NULL, FIELD(force), cli_option_flag,
               "try cells that need more memory than can be used"),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

static dsc_exit verify(dsc_call *call)
{
    cli_verify_arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &dsc_verb_verify, &arguments, 1, 1);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (dsc_isa_select(call->scope, arguments.isa) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    arguments.path = words.items[0];
    dsc_record *record = dsc_cells_read(call->scope, arguments.path);
    const dsc_experiment *experiment = record ? dsc_known_experiment(record) : NULL;
    if (record && !experiment)
        dsc_scope_fail(call->scope, DSC_ERROR_UNSUPPORTED,
                       "'%s' is of the experiment '%s', which this descent does not have: its own program "
                       "verifies it, `%s`",
                       arguments.path, dsc_record_describe(record)->experiment,
                       dsc_verify_command_of(call->scope, record, arguments.path));
    return experiment ? cli_verify_command(call->scope, &call->terminal, experiment, &arguments)
                      : DSC_EXIT_FAILED;
}

const dsc_verb dsc_verb_verify = {
    .name = "verify",
    .words = "FILE",
    .summary = "compute a results file again and compare bit for bit",
    .options = options,
    .run = verify,
    .answer = "0 the same bits, 1 a table of what differs, 3 it cannot be told",
    .examples = "  descent verify double-descent-mlp.h5\n"
                "  descent verify double-descent-mlp.h5 --sample 5\n",
};
