/* main.c - `descent`: one table of verbs. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <descent/build.h>

#include "options.h"
#include "table.h"
#include "terminal.h"

static const dsc_verb *const verbs[] = { &dsc_verb_list,  &dsc_verb_run,      &dsc_verb_show,
                                         &dsc_verb_plot,  &dsc_verb_report,   &dsc_verb_verify,
                                         &dsc_verb_diff,  &dsc_verb_merge,    &dsc_verb_info,
                                         &dsc_verb_data,  &dsc_verb_embed,    &dsc_verb_sample,
                                         &dsc_verb_bench, &dsc_verb_selftest, NULL };

static size_t verb_count(const dsc_verb *const *list)
{
    size_t count = 0;
    while (list[count])
        count++;
    return count;
}

static const char *verb_name_at(const void *list, size_t i)
{
    const dsc_verb *verb = ((const dsc_verb *const *)list)[i];
    return verb ? verb->name : "help";
}

/* A verb behind `within` (NULL: the command itself). */
static const dsc_verb *find_verb(dsc_scope *scope, const dsc_verb *within, const char *name)
{
    const dsc_verb *const *list = within ? within->verbs : verbs;
    for (size_t i = 0; list[i]; i++)
        if (strcmp(list[i]->name, name) == 0)
            return list[i];
    cli_unknown_name(scope, within ? dsc_scope_format(scope, "%s verb", within->name) : "verb", name,
                     verb_count(list) + !within, verb_name_at, list);
    return NULL;
}

/* "embed accuracy VEC QUESTIONS" */
static const char *words_of(dsc_scope *scope, const dsc_verb *verb, const char *words)
{
    return dsc_scope_format(scope, "%s%s%s%s%s", verb->behind ? verb->behind : "", verb->behind ? " " : "",
                            verb->name, *words ? " " : "", words);
}

static cli_table *verb_table(dsc_scope *scope, const dsc_verb *const *list)
{
    static const cli_table_column columns[] = { { 0 }, { 0 } };
    cli_table *table = cli_table_make(scope, columns, 2, 1);
    for (size_t i = 0; list[i]; i++)
        cli_table_row(table, (const char *[]){ words_of(scope, list[i], list[i]->words), list[i]->summary });
    return table;
}

static void print_overview(dsc_scope *scope, const cli_terminal *terminal)
{
    cli_table *table = verb_table(scope, verbs);
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
    const char *name = words_of(scope, verb, "");
    cli_paragraph_print(scope, terminal,
                        dsc_scope_format(scope, "descent %s - %s\n\nusage: descent %s%s", name, verb->summary,
                                         words_of(scope, verb, verb->words),
                                         verb->options ? " [OPTION]..." : ""),
                        0);
    if (verb->verbs) {
        cli_heading(terminal, "\nVerbs");
        cli_table_print(verb_table(scope, verb->verbs), terminal, 2);
    }
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

/* Of a verb; NULL: of the command. */
static dsc_exit help(dsc_call *call, const dsc_verb *verb)
{
    call->terminal.whole_rows = false; /* help is to be read, wherever it goes */
    if (verb)
        print_verb(call->scope, &call->terminal, verb);
    else if (dsc_scope_status(call->scope) == DSC_OK)
        print_overview(call->scope, &call->terminal);
    return DSC_EXIT_GOOD;
}

/* `descent help VERB [VERB]`. */
static dsc_exit help_words(dsc_call *call)
{
    const dsc_verb *verb = NULL;
    for (int i = 1; i < call->argc && (i == 1 || (verb && verb->verbs)); i++)
        verb = find_verb(call->scope, verb, call->argv[i]);
    return help(call, verb);
}

/* --help behind a verb is its help; `run NAME --help` is the experiment's. */
static bool verb_help_wanted(const dsc_call *call, const dsc_verb *verb)
{
    for (int i = 0; i < call->argc && strcmp(call->argv[i], "--") != 0; i++)
        if (strcmp(call->argv[i], "--help") == 0 || strcmp(call->argv[i], "-h") == 0)
            return verb->options || i == 0;
    return false;
}

/* The verb that the first words name, which are taken from the call; NULL if they name none. */
static const dsc_verb *take_verb(dsc_call *call)
{
    const dsc_verb *verb = NULL;
    do {
        verb = find_verb(call->scope, verb, call->argv[0]);
        call->argc--;
        call->argv++;
    } while (verb && verb->verbs && call->argc && call->argv[0][0] != '-');
    return verb;
}

static dsc_exit dispatch(dsc_call *call)
{
    const char *word = call->argc ? call->argv[0] : "";
    if (call->argc == 0) {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "a verb is missing: `descent help` lists them");
        return DSC_EXIT_USAGE;
    }
    if (asks_for_help(word))
        return help_words(call);
    if (strcmp(word, "--version") == 0) {
        cli_print("descent %s\n", dsc_build_get()->version);
        return DSC_EXIT_GOOD;
    }
    if (word[0] == '-') {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "unknown option '%s': a verb comes first; `descent help` lists them", word);
        return DSC_EXIT_USAGE;
    }
    const dsc_verb *verb = take_verb(call);
    if (!verb)
        return DSC_EXIT_USAGE;
    if (verb_help_wanted(call, verb))
        return help(call, verb);
    if (verb->run)
        return verb->run(call);
    dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                   "a verb is missing behind '%s': `descent help %s` lists them", verb->name, verb->name);
    return DSC_EXIT_USAGE;
}

cli_words dsc_call_read(dsc_call *call, const dsc_verb *verb, void *arguments, size_t least, size_t most)
{
    cli_words words = { 0 };
    cli_options_read(call->scope, verb->options, call->argc, call->argv, arguments, &words);
    if (dsc_scope_status(call->scope) == DSC_OK && (words.count < least || words.count > most))
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "usage: descent %s; `descent help %s` says more",
                       words_of(call->scope, verb, verb->words), words_of(call->scope, verb, ""));
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
