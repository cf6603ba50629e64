/* list.c - `descent list`: the experiments of this build. */
#include "command.h"

#include <jansson.h>

#include "json.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

struct arguments {
    bool json;
};

static const cli_option options[] = {
    CLI_OPTION("json", NULL, offsetof(struct arguments, json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

static json_t *experiment_json(const dsc_experiment *experiment)
{
    json_t *cases = json_array();
    for (const dsc_case *const *c = experiment->cases; *c; c++)
        json_array_append_new(cases, json_pack("{s:s, s:s, s:s?}", "name", (*c)->name, "summary",
                                               (*c)->summary, "reference", (*c)->reference));
    return json_pack("{s:s, s:s, s:s?, s:s?, s:o}", "name", experiment->name, "summary", experiment->summary,
                     "reference", experiment->reference, "version", experiment->version, "cases", cases);
}

static void print_experiment(const dsc_call *call, const dsc_experiment *experiment)
{
    static const cli_table_column columns[] = { { 0 }, { 0 } };
    cli_table *table = cli_table_make(call->scope, columns, 2, 1);
    for (const dsc_case *const *c = experiment->cases; *c; c++)
        cli_table_row(table, (const char *[]){ (*c)->name, (*c)->summary });
    cli_heading(&call->terminal, "%s", experiment->name);
    cli_paragraph_print(call->scope, &call->terminal, experiment->summary, 2);
    cli_table_print(table, &call->terminal, 4);
}

static dsc_exit list(dsc_call *call)
{
    struct arguments arguments = { 0 };
    dsc_call_read(call, &dsc_verb_list, &arguments, 0, 0);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    json_t *all = json_array();
    for (const dsc_experiment *const *e = dsc_registry; *e; e++) {
        if (arguments.json)
            json_array_append_new(all, experiment_json(*e));
        else
            print_experiment(call, *e);
    }
    if (arguments.json)
        cli_json_print(call->scope, json_incref(all));
    json_decref(all);
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_list = {
    .name = "list",
    .words = "",
    .summary = "the experiments and their cases",
    .options = options,
    .run = list,
    .examples = "  descent list\n"
                "  descent list --json\n",
};
