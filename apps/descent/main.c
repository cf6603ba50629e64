/* main.c - `descent`: one table of verbs. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <descent/build.h>

#include "options.h"
#include "table.h"
#include "terminal.h"

static const dsc_verb *const verbs[] = { &dsc_verb_list, &dsc_verb_run,    &dsc_verb_show,
                                         &dsc_verb_plot, &dsc_verb_report, &dsc_verb_verify,
                                         &dsc_verb_diff, &dsc_verb_merge,  &dsc_verb_info,
                                         &dsc_verb_data, &dsc_verb_bench,  &dsc_verb_selftest };
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static const char *verb_name_at(const void *user, size_t i)
{
    (void)user;
    return i < VERB_COUNT ? verbs[i]->name : "help";
}

static const dsc_verb *find_verb(dsc_scope *scope, const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    cli_unknown_name(scope, "verb", name, VERB_COUNT + 1, verb_name_at, NULL);
    return NULL;
}

static void print_overview(dsc_scope *scope, const cli_terminal *terminal)
{
    static const cli_table_column columns[] = { { 0 }, { 0 } };
    cli_table *table = cli_table_make(scope, columns, 2, 1);
    for (size_t i = 0; i < VERB_COUNT; i++)
        cli_table_row(table, (const char *[]){ dsc_scope_format(scope, "%s%s%s", verbs[i]->name,
                                                                *verbs[i]->words ? " " : "", verbs[i]->words),
                                               verbs[i]->summary });
    cli_table_row(table, (const char *[]){ "help [VERB]", "this help, or a verb's" });
    cli_paragraph_print(scope, terminal,
                        "descent - deep-learning experiments on multicore CPUs: the same bits every time\n\n"
                        "usage: descent VERB [WORD]... [OPTION]...",
                        0);
    cli_heading(terminal, "\nVerbs");
    cli_table_print(table, terminal, 2);
    cli_paragraph_print(
        scope, terminal,
        "\nExit status: 0 good, 1 the answer is no, 2 wrong use, 3 failed, 75 stopped (run again to resume).",
        0);
}

static void print_verb(dsc_scope *scope, const cli_terminal *terminal, const dsc_verb *verb)
{
    cli_paragraph_print(scope, terminal,
                        dsc_scope_format(scope, "descent %s - %s\n\nusage: descent %s%s%s%s", verb->name,
                                         verb->summary, verb->name, *verb->words ? " " : "", verb->words,
                                         verb->options ? " [OPTION]..." : ""),
                        0);
    cli_heading(terminal, "\nExamples");
    fputs(verb->examples, stdout);
    if (verb->options) {
        cli_heading(terminal, "\nOptions");
        cli_options_print(scope, terminal, verb->options);
    }
    if (verb->answer)
        cli_paragraph_print(scope, terminal, dsc_scope_format(scope, "\nExit status: %s.", verb->answer), 0);
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static dsc_exit help(dsc_call *call, const char *name)
{
    const dsc_verb *verb = name ? find_verb(call->scope, name) : NULL;
    call->terminal.whole_rows = false; /* help is to be read, wherever it goes */
    if (verb)
        print_verb(call->scope, &call->terminal, verb);
    else if (!name)
        print_overview(call->scope, &call->terminal);
    return DSC_EXIT_GOOD;
}

/* --help behind a verb is its help; `run NAME --help` is the experiment's. */
static bool verb_help_wanted(const dsc_call *call, const dsc_verb *verb)
{
    for (int i = 0; i < call->argc && strcmp(call->argv[i], "--") != 0; i++)
        if (strcmp(call->argv[i], "--help") == 0 || strcmp(call->argv[i], "-h") == 0)
            return verb->options || i == 0;
    return false;
}

static dsc_exit dispatch(dsc_call *call)
{
    const char *word = call->argc ? call->argv[0] : "";
    if (call->argc == 0) {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "a verb is missing: `descent help` lists them");
        return DSC_EXIT_USAGE;
    }
    if (asks_for_help(word))
        return help(call, call->argc > 1 ? call->argv[1] : NULL);
    if (strcmp(word, "--version") == 0) {
        cli_print("descent %s\n", dsc_build_get()->version);
        return DSC_EXIT_GOOD;
    }
    if (word[0] == '-') {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "unknown option '%s': a verb comes first; `descent help` lists them", word);
        return DSC_EXIT_USAGE;
    }
    const dsc_verb *verb = find_verb(call->scope, word);
    if (!verb)
        return DSC_EXIT_USAGE;
    call->argc--;
    call->argv++;
    if (verb_help_wanted(call, verb))
        return help(call, verb->name);
    return verb->run(call);
}

cli_words dsc_call_read(dsc_call *call, const dsc_verb *verb, void *arguments, size_t least, size_t most)
{
    cli_words words = { 0 };
    cli_options_read(call->scope, verb->options, call->argc, call->argv, arguments, &words);
    if (dsc_scope_status(call->scope) == DSC_OK && (words.count < least || words.count > most))
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "usage: descent %s%s%s; `descent help %s` says more",
                       verb->name, *verb->words ? " " : "", verb->words, verb->name);
    return words;
}

static const char *experiment_name_at(const void *user, size_t i)
{
    (void)user;
    return dsc_registry[i]->name;
}

const dsc_experiment *dsc_experiment_find(dsc_scope *scope, const char *name)
{
    size_t count = 0;
    for (; dsc_registry[count]; count++)
        if (strcmp(dsc_registry[count]->name, name) == 0)
            return dsc_registry[count];
    cli_unknown_name(scope, "experiment", name, count, experiment_name_at, NULL);
    return NULL;
}

int main(int argc, char **argv)
{
    dsc_call call = { .terminal = cli_terminal_open("descent"),
                      .argc = argc > 0 ? argc - 1 : 0,
                      .argv = argv + (argc > 0),
                      .command_argc = argc,
                      .command_argv = argv };
    call.scope =
        dsc_scope_open(&(dsc_scope_options){ .log = cli_log_to_terminal, .log_user = &call.terminal });
    const dsc_exit answer = dispatch(&call);
    return (int)cli_finish(&call.terminal, &call.scope, answer);
}
