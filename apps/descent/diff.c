/* diff.c - `descent diff`: two results files of one recipe, compared bit for bit. */
#include "command.h"
#include "options.h"
#include "record_tables.h"
#include "results.h"

struct arguments {
    bool json;
};

static const cli_option options[] = {
    CLI_OPTION("json", NULL, offsetof(struct arguments, json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

static dsc_exit diff(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &dsc_verb_diff, &arguments, 2, 2);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_record *a = dsc_cells_read(call->scope, words.items[0]);
    dsc_record *b = dsc_cells_read(call->scope, words.items[1]);
    if (!a || !b)
        return DSC_EXIT_FAILED;
    const dsc_comparison comparison = dsc_diff(call->scope, a, b);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    const dsc_exit answer = cli_comparison_print(call->scope, &call->terminal, &comparison, arguments.json);
    return comparison.missing ? DSC_EXIT_NO : answer;
}

const dsc_verb dsc_verb_diff = {
    .name = "diff",
    .words = "A B",
    .summary = "compare two files of one recipe bit for bit",
    .options = options,
    .run = diff,
    .answer = "0 the same bits, 1 a table of what differs",
    .examples = "  descent diff here.h5 there.h5\n",
};
