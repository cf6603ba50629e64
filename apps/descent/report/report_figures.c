/* report_figures.c - the figures of a results file on a page, each a picture by gnuplot. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <descent/file.h>
#include <descent/text.h>

#include "table.h"

enum { MAX_PICTURE_BYTES = 1 << 26 };

/* A picture's names are made unique on the page by a prefix: where an attribute defines a name or refers to
   one. Texts between tags are left alone. */
struct renaming {
    dsc_text *page;
    const char *prefix;
};

/* Bytes of a name's definition or of a reference at text, up to where the name begins: id=" href="# url(# */
static size_t before_name(const char *text)
{
    static const char *const starts[] = { " id=\"", " id='", "href=\"#", "href='#", "url(#" };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(text, starts[i], strlen(starts[i])) == 0)
            return strlen(starts[i]);
    return 0;
}

static void write_renamed(const struct renaming *renaming, const char *svg)
{
    bool in_tag = false;
    for (const char *at = svg; *at;) {
        in_tag = *at == '<' || (in_tag && *at != '>');
        const size_t bytes = in_tag ? before_name(at) : 0;
        dsc_text_append_bytes(renaming->page, at, bytes ? bytes : 1);
        if (bytes)
            dsc_text_append(renaming->page, renaming->prefix);
        at += bytes ? bytes : 1;
    }
}

/* The element itself, without what a file of its own begins with: gnuplot's name as a title would show. */
static const char *skip_prolog(const char *svg)
{
    const char *content = strstr(svg, "</desc>");
    return content ? content + strlen("</desc>") : NULL;
}

static void write_svg(dsc_scope *scope, const dsc_bytes *file, const char *prefix, const char *title,
                      dsc_text *page)
{
    const char *svg = (const char *)file->data, *content = skip_prolog(svg), *box = strstr(svg, "viewBox=\"");
    if (!content || !box || box > content) {
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "figure '%s': gnuplot's picture is not the SVG that was expected", title);
        return;
    }
    dsc_text_append(page,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
                    "role=\"img\" aria-label=\"");
    cli_html_text(page, title);
    dsc_text_format(page, "\" %.*s\">", (int)strcspn(box + 9, "\"") + 9, box);
    write_renamed(&(struct renaming){ page, prefix }, content);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The picture of the figure, or its text: of the files that were written the one of this kind. */
static const char *file_of(const dsc_plot_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (ends_with(files->paths[i], files->missing ? ".txt" : ".svg"))
            return files->paths[i];
    return NULL;
}

static void write_figure(dsc_scope *scope, const struct dsc_report_run *run, const dsc_figure *figure,
                         size_t number, const dsc_plot_files *files, dsc_text *page)
{
    const char *path = file_of(files);
    const dsc_bytes file = path ? dsc_file_read(scope, path, MAX_PICTURE_BYTES) : (dsc_bytes){ 0 };
    if (!file.data)
        return;
    dsc_text_format(page, "<figure id=\"run-%zu-figure-%zu\">\n<div class=\"%s\" tabindex=\"0\">",
                    run->number, number, files->missing ? "scroll" : "picture");
    if (!files->missing) {
        write_svg(scope, &file, dsc_scope_format(scope, "r%zuf%zu-", run->number, number),
                  figure->title ? figure->title : figure->name, page);
    } else {
        dsc_text_append(page, "<pre>");
        cli_html_text(page, (const char *)file.data);
        dsc_text_append(page, "</pre>");
    }
    dsc_text_append(page, "</div>\n<figcaption>");
    cli_html_text(page, figure->title ? figure->title : figure->name);
    dsc_text_append(page, "</figcaption>\n</figure>\n");
}

static void draw_in(dsc_scope *scope, const struct dsc_report_run *run, const char *folder, dsc_text *page,
                    const dsc_plot_page *size, const char **missing)
{
    size_t count = 0;
    const dsc_figure *figures =
        dsc_figures_from_json(scope, dsc_record_describe(run->record)->figures, &count);
    for (size_t i = 0; figures && i < count && dsc_scope_status(scope) == DSC_OK; i++) {
        const dsc_plot_files files =
            dsc_plot(scope, run->record, run->path,
                     &(dsc_plot_options){
                         .directory = folder, .formats = "svg", .only = figures[i].name, .page = *size });
        *missing = files.missing;
        write_figure(scope, run, &figures[i], i + 1, &files, page);
        for (size_t k = 0; k < files.count; k++)
            unlink(files.paths[k]);
    }
}

void dsc_report_figures(dsc_scope *scope, const struct dsc_report_run *run, dsc_text *page,
                        const dsc_plot_page *size, const char **missing)
{
    const char *home = getenv("TMPDIR");
    char *folder = dsc_path_join(scope, home && *home ? home : "/tmp", "descent-report-XXXXXX");
    if (!folder)
        return;
    if (!mkdtemp(folder)) {
        dsc_scope_fail(scope, DSC_ERROR_FILE, "%s: no folder for the figures could be made: %s", folder,
                       strerror(errno));
        return;
    }
    draw_in(scope, run, folder, page, size, missing);
    rmdir(folder);
}
