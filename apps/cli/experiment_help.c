/* experiment_help.c - the help of an experiment, made from its tables: examples first. */
#include "experiment_program.h"

#include <math.h>
#include <string.h>

#include <descent/value.h>

#include "options.h"
#include "table.h"
#include "terminal.h"

static const cli_table_column two_texts[] = { { 0 }, { 0 } };

static const char *case_name_at(const void *user, size_t i)
{
    const dsc_case *const *cases = user;
    return cases[i]->name;
}

static const dsc_case *find_case(struct session *session)
{
    const dsc_case *const *cases = session->experiment->cases;
    const char *name = session->arguments.case_name;
    size_t count = 0;
    for (; cases[count]; count++)
        if (!name || strcmp(name, cases[count]->name) == 0)
            return cases[count];
    cli_unknown_name(session->scope, "case", name, count, case_name_at, cases);
    return NULL;
}

static const char *range_text(dsc_scope *scope, const dsc_param *param)
{
    if (param->choices)
        return param->choices;
    if (param->min == 0 && param->max == 0)
        return "any";
    const char *low = isinf(param->min) ? "" : dsc_number_text(scope, param->min, 10);
    const char *high = isinf(param->max) ? "" : dsc_number_text(scope, param->max, 10);
    return dsc_scope_format(scope, "%s..%s", low ? low : "", high ? high : "");
}

static void print_examples(struct session *session, const dsc_case *shown)
{
    dsc_scope *scope = session->scope;
    const char *name = session->program->name;
    const dsc_case *first = session->experiment->cases[0];
    const char *base = shown == first ? name : dsc_scope_format(scope, "%s --case %s", name, shown->name);
    cli_table *table = cli_table_make(scope, two_texts, 2, 1);
    cli_table_row(table, (const char *[]){ base, shown->summary });
    for (const dsc_preset *preset = shown->presets; preset && preset->name; preset++)
        if (strcmp(preset->name, "default") != 0)
            cli_table_row(table,
                          (const char *[]){ dsc_scope_format(scope, "%s --preset %s", base, preset->name),
                                            preset->help });
    if (shown->params && shown->params->name)
        cli_table_row(table, (const char *[]){ dsc_scope_format(scope, "%s --set %s=%s --seeds 10", base,
                                                                shown->params->name, shown->params->value),
                                               "with a parameter set and ten seeds" });
    cli_table_row(table,
                  (const char *[]){ dsc_scope_format(scope, "%s --dry-run", base), "what it would cost" });
    cli_table_row(table, (const char *[]){ dsc_scope_format(scope, "%s --verify FILE.h5", name),
                                           "compute again, compare bit for bit" });
    cli_heading(&session->terminal, "\nExamples");
    cli_table_print(table, &session->terminal, 2);
}

static void print_cases(struct session *session)
{
    cli_table *table = cli_table_make(session->scope, two_texts, 2, 1);
    for (const dsc_case *const *c = session->experiment->cases; *c; c++)
        cli_table_row(table, (const char *[]){ (*c)->name, (*c)->summary });
    cli_heading(&session->terminal, "\nCases (--case CASE --help shows one)");
    cli_table_print(table, &session->terminal, 2);
}

static void print_params(struct session *session, const dsc_case *shown)
{
    static const cli_table_column columns[] = {
        { "name", false }, { "default", false }, { "range", false }, { "", false }
    };
    cli_table *table = cli_table_make(session->scope, columns, 4, 1);
    for (const dsc_param *param = shown->params; param && param->name; param++)
        cli_table_row(table, (const char *[]){ param->name, param->value, range_text(session->scope, param),
                                               param->help });
    if (!shown->params || !shown->params->name)
        return;
    cli_heading(&session->terminal, "\nParameters of %s (--set NAME=VALUE)", shown->name);
    cli_table_print(table, &session->terminal, 2);
}

/* A list of values with blanks behind its commas, so that it can be wrapped. */
static const char *spaced_list(dsc_scope *scope, const char *list)
{
    char *text = list ? dsc_scope_alloc(scope, 2 * strlen(list) + 1, 1) : NULL, *end = text;
    for (; text && *list; list++) {
        *end++ = *list;
        if (*list == ',' && list[1] != ' ')
            *end++ = ' ';
    }
    return text;
}

static void print_axes(struct session *session, const dsc_case *shown)
{
    static const cli_table_column columns[] = {
        { "name", false }, { "range", false }, { "", false }, { "default", false }
    };
    dsc_scope *scope = session->scope;
    cli_table *table = cli_table_make(scope, columns, 4, 1);
    for (const dsc_axis *axis = shown->axes; axis && axis->param.name; axis++)
        if (!axis->fixed)
            cli_table_row(table, (const char *[]){ axis->param.name, range_text(scope, &axis->param),
                                                   axis->param.help,
                                                   axis->derive ? "by the parameters"
                                                                : spaced_list(scope, axis->param.value) });
    if (!shown->axes || !shown->axes->param.name)
        return;
    cli_heading(&session->terminal, "\nAxes of %s (--set NAME=LIST)", shown->name);
    cli_table_print(table, &session->terminal, 2);
}

static void print_presets(struct session *session, const dsc_case *shown)
{
    cli_table *table =
        cli_table_make(session->scope, (const cli_table_column[]){ { 0 }, { 0 }, { 0 } }, 3, 1);
    for (const dsc_preset *preset = shown->presets; preset && preset->name; preset++)
        cli_table_row(table, (const char *[]){ preset->name, preset->help,
                                               spaced_list(session->scope, preset->settings) });
    if (!shown->presets || !shown->presets->name)
        return;
    cli_heading(&session->terminal, "\nPresets of %s", shown->name);
    cli_table_print(table, &session->terminal, 2);
}

static void print_outputs(struct session *session, const dsc_case *shown)
{
    cli_table *table = cli_table_make(session->scope, two_texts, 2, 1);
    for (const dsc_output *output = shown->outputs; output && output->name; output++) {
        const bool unit = output->units && strcmp(output->units, "1") != 0;
        cli_table_row(
            table,
            (const char *[]){ output->name, dsc_scope_format(session->scope, "%s%s%s%s%s%s",
                                                             output->long_name ? output->long_name : "",
                                                             unit ? " (" : "", unit ? output->units : "",
                                                             unit ? ")" : "", output->inner ? ", along " : "",
                                                             output->inner ? output->inner : "") });
    }
    cli_heading(&session->terminal, "\nOutputs of %s", shown->name);
    cli_table_print(table, &session->terminal, 2);
}

static void print_exits(struct session *session)
{
    static const char *const rows[][2] = {
        { "0", "good" },
        { "1", "the answer is no: --verify found differences" },
        { "2", "wrong use" },
        { "3", "failed: nothing half-written is left" },
        { "75", "stopped by a signal or --max-time; the same command resumes" }
    };
    cli_table *table = cli_table_make(session->scope, two_texts, 2, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cli_table_row(table, rows[i]);
    cli_heading(&session->terminal, "\nExit status");
    cli_table_print(table, &session->terminal, 2);
}

static void print_line(struct session *session, const char *text)
{
    cli_paragraph_print(session->scope, &session->terminal, text ? text : "", 0);
}

dsc_exit cli_experiment_help(struct session *session)
{
    const dsc_experiment *experiment = session->experiment;
    const dsc_case *shown = find_case(session);
    if (!shown)
        return DSC_EXIT_USAGE;
    session->terminal.whole_rows = false; /* help is to be read, wherever it goes */
    print_line(session,
               dsc_scope_format(session->scope, "%s - %s", session->program->name, experiment->summary));
    if (session->arguments.case_name)
        print_line(session, dsc_scope_format(session->scope, "case %s: %s", shown->name, shown->summary));
    const char *reference =
        session->arguments.case_name && shown->reference ? shown->reference : experiment->reference;
    if (reference)
        print_line(session, reference);
    cli_print("\nusage: %s [--case CASE] [OPTION]...\n", session->program->name);
    print_examples(session, shown);
    if (!session->arguments.case_name)
        print_cases(session);
    cli_heading(&session->terminal, "\nOptions");
    cli_options_print(session->scope, &session->terminal, cli_experiment_options);
    print_params(session, shown);
    print_axes(session, shown);
    print_presets(session, shown);
    print_outputs(session, shown);
    print_exits(session);
    return DSC_EXIT_GOOD;
}
