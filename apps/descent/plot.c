/* plot.c - `descent plot`: the figures of results files, as pictures or as text. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "options.h"
#include "terminal.h"

struct arguments {
    const char *formats, *directory, *only;
    dsc_plot_page page;
    bool term;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION("format", "FORMATS", FIELD(formats), cli_option_formats,
               "out of svg,png,pdf,tex (default: svg)"),
    CLI_OPTION("dir", "DIR", FIELD(directory), cli_option_text,
               "where to write (default: beside the results file)"),
    CLI_OPTIONS_PAGE(struct arguments, page),
    CLI_OPTION("only", "NAME", FIELD(only), cli_option_text, "the figure of this name alone"),
    CLI_OPTION("term", NULL, FIELD(term), cli_option_flag, "show the figures as text here; writes nothing"),
    CLI_OPTION_END,
};

enum { TEXT_ROWS = 24 };

static const char *figure_name_at(const void *user, size_t i)
{
    return ((const dsc_figure *)user)[i].name;
}

static void show_as_text(dsc_call *call, dsc_record *record, const dsc_figure *figures, size_t count,
                         const char *only)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = !only || strcmp(only, figures[i].name) == 0
                               ? dsc_plot_text(call->scope, record, &figures[i], call->terminal.columns,
                                               TEXT_ROWS, call->terminal.color_out)
                               : NULL;
        if (text)
            printf("%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
    }
}

static void plot_file(dsc_call *call, const char *path, const struct arguments *arguments)
{
    dsc_record *record = dsc_record_read(call->scope, path);
    size_t count = 0;
    const dsc_figure *figures =
        record ? dsc_figures_from_json(call->scope, dsc_record_describe(record)->figures, &count) : NULL;
    bool found = !arguments->only;
    if (!figures)
        return;
    for (size_t i = 0; !found && i < count; i++)
        found = strcmp(arguments->only, figures[i].name) == 0;
    if (!found)
        cli_unknown_name(call->scope, "figure", arguments->only, count, figure_name_at, figures);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return;
    if (arguments->term) {
        show_as_text(call, record, figures, count, arguments->only);
        return;
    }
    const dsc_plot_files files = dsc_plot(call->scope, record, path,
                                          &(dsc_plot_options){ .directory = arguments->directory,
                                                               .formats = arguments->formats,
                                                               .only = arguments->only,
                                                               .page = arguments->page });
    for (size_t i = 0; i < files.count; i++)
        cli_print("%s\n", files.paths[i]);
    if (files.missing)
        cli_say(&call->terminal, CLI_TONE_WARNING, "%s: scripts, data and texts were written, no pictures",
                files.missing);
}

static dsc_exit plot(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &dsc_verb_plot, &arguments, 1, DSC_MANY);
    for (size_t i = 0; i < words.count && dsc_scope_status(call->scope) == DSC_OK; i++)
        plot_file(call, words.items[i], &arguments);
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_plot = {
    .name = "plot",
    .words = "FILE...",
    .summary = "draw the figures of results files again",
    .options = options,
    .run = plot,
    .examples = "  descent plot double-descent-mlp.h5 --format svg,pdf\n"
                "  descent plot double-descent-mlp.h5 --format pdf,tex --width 3.4in --no-title\n"
                "  descent plot double-descent-mlp.h5 --term\n",
};
