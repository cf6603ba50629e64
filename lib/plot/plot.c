/* plot.c - draws the figures of a record: script, data and pictures. */
#include "plot/plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <descent/file.h>

#include "base/c_locale.h"

static const double gnuplot_seconds = 60;

enum { FORMATS = 4, MAX_PATHS = 12 /* of one figure */, MAX_PICTURE_BYTES = 1 << 28 };

/* A picture format: the gnuplot terminals that make it (any will do), and the files that come out. */
static const struct format {
    const char *name;
    const char *terminals[2];
    struct file {
        const char *made, *kept; /* endings, as gnuplot writes it and as it is called beside the script */
        const char
            *tail; /* found at the end of a whole file: a full disk cuts it off, and gnuplot is silent */
    } files[2];
} formats[FORMATS] = {
    { "svg", { "svg" }, { { ".svg", ".svg", "</svg>" } } },
    { "png", { "pngcairo", "png" }, { { ".png", ".png", "IEND" } } },
    { "pdf", { "pdfcairo" }, { { ".pdf", ".pdf", "%%EOF" } } },
    { "tex",
      { "cairolatex" },
      { { "-graphics.pdf", "-graphics.pdf", "%%EOF" }, { "-graphics.tex", ".tex", "\\endgroup" } } },
};

struct drawing {
    dsc_scope *scope;
    dsc_record *record;
    const char *directory, *base, *source; /* of "results/m.h5": "results", "m", "m.h5" */
    bool wanted[FORMATS];
    dsc_plot_page page;
    const char *first; /* the first format that was named: what the script draws by itself */
    dsci_gnuplot gnuplot;
    dsc_plot_files files;
};

static bool page_check(struct drawing *d, const dsc_plot_page *page)
{
    d->page = *page;
    if (page->width == 0)
        d->page.width = 9;
    if (page->font_size == 0)
        d->page.font_size = 8;
    if (!(d->page.width >= 1 && d->page.width <= 50 && d->page.font_size >= 3 && d->page.font_size <= 50))
        dsc_scope_fail(
            d->scope, DSC_ERROR_ARGUMENT,
            "figures of %g inches and %g points: expected a width of 1 to 50 inches and letters of 3 to "
            "50 points",
            d->page.width, d->page.font_size);
    else if (d->page.width * 72 < 22 * d->page.font_size)
        dsc_scope_fail(
            d->scope, DSC_ERROR_ARGUMENT,
            "figures of %g inches have no room for letters of %g points: a wider figure or letters of at "
            "most %.3g points",
            d->page.width, d->page.font_size, d->page.width * 72 / 22);
    return dsc_scope_status(d->scope) == DSC_OK;
}

static bool formats_parse(struct drawing *d, const char *list)
{
    for (const char *at = list; *at;) {
        const size_t length = strcspn(at, ",");
        size_t i = 0;
        while (i < FORMATS && (strncmp(formats[i].name, at, length) != 0 || formats[i].name[length]))
            i++;
        if (i == FORMATS) {
            dsc_scope_fail(
                d->scope, DSC_ERROR_ARGUMENT,
                "picture format '%.*s': expected svg, png, pdf or tex, or several with commas between them",
                (int)(length < 40 ? length : 40), at);
            return false;
        }
        d->wanted[i] = true;
        d->first = d->first ? d->first : formats[i].name;
        at += length + (at[length] == ',');
    }
    return d->first || formats_parse(d, "svg");
}

static bool has_terminal(const struct drawing *d, const char *terminal)
{
    if (!terminal)
        return false;
    const char *padded = dsc_scope_format(d->scope, " %s ", terminal);
    return padded && strstr(d->gnuplot.terminals, padded);
}

static void check_terminals(struct drawing *d)
{
    for (size_t i = 0; d->gnuplot.program && i < FORMATS; i++)
        if (d->wanted[i] && !has_terminal(d, formats[i].terminals[0]) &&
            !has_terminal(d, formats[i].terminals[1]))
            dsc_scope_fail(
                d->scope, DSC_ERROR_UNSUPPORTED,
                "%s has no terminal '%s', which format '%s' needs; choose another format or install "
                "gnuplot-nox",
                d->gnuplot.program, formats[i].terminals[0], formats[i].name);
}

/* Splits the path of the results file into the folder and the name without ending. */
static void paths_split(struct drawing *d, const char *record_path, const char *directory)
{
    const char *slash = strrchr(record_path, '/');
    d->source = slash ? slash + 1 : record_path;
    const int folder_length = slash == record_path ? 1 : slash ? (int)(slash - record_path) : 1;
    char *folder = dsc_scope_format(d->scope, "%.*s", folder_length, slash ? record_path : ".");
    d->directory = directory ? directory : folder;
    const char *dot = strrchr(d->source, '.');
    const size_t length = dot && dot != d->source ? (size_t)(dot - d->source) : strlen(d->source);
    char *base = dsc_scope_format(d->scope, "%.*s", (int)length, d->source);
    for (char *c = base; c && *c; c++)
        if ((unsigned char)*c < ' ')
            *c = '_';
    d->base = base;
}

/* The path of a file that a figure's name and an ending make; the picture that a .tex includes has a name
   that LaTeX can read. */
static char *path_of(const struct drawing *d, const char *folder, const char *stem, const char *ending)
{
    const bool included = strncmp(ending, "-graphics", strlen("-graphics")) == 0;
    return dsc_path_join(
        d->scope, folder,
        dsc_scope_format(d->scope, "%s%s", included ? dsci_latex_file(d->scope, stem) : stem, ending));
}

/* Files that may not be written are refused before anything is drawn. */
static void check_writable(struct drawing *d, const char *figure)
{
    const char *stem = dsc_scope_format(d->scope, "%s-%s", d->base, figure);
    dsc_file_check_writable(d->scope, path_of(d, d->directory, stem, ".gp"));
    dsc_file_check_writable(d->scope, path_of(d, d->directory, stem, ".dat"));
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t k = 0; d->wanted[i] && k < 2 && formats[i].files[k].kept; k++)
            dsc_file_check_writable(d->scope, path_of(d, d->directory, stem, formats[i].files[k].kept));
}

static void write_text(struct drawing *d, const char *stem, const char *ending, const char *text)
{
    const char *path = path_of(d, d->directory, stem, ending);
    if (path && text && dsc_file_replace(d->scope, path, text, strlen(text)) == DSC_OK)
        d->files.paths[d->files.count++] = path;
}

static void keep_picture(struct drawing *d, const char *made, const char *kept, const char *tail)
{
    enum { TAIL_BYTES = 64 };
    const dsc_bytes picture = dsc_file_read(d->scope, made, MAX_PICTURE_BYTES);
    const size_t end = picture.size < TAIL_BYTES ? picture.size : TAIL_BYTES;
    if (!picture.data || !kept)
        return;
    if (!memmem(picture.data + picture.size - end, end, tail, strlen(tail)))
        dsc_scope_fail(d->scope, DSC_ERROR_FILE,
                       "%s: gnuplot left an incomplete picture of %zu bytes; is the disk full?", kept,
                       picture.size);
    else if (dsc_file_replace(d->scope, kept, picture.data, picture.size) == DSC_OK)
        d->files.paths[d->files.count++] = kept;
}

/* Draws one picture in a folder of its own, so that only a whole one comes beside the script. */
static void draw(struct drawing *d, const char *stem, const struct format *format)
{
    char *folder = dsc_path_join(d->scope, d->directory, ".descent-plot-XXXXXX");
    if (!folder)
        return;
    if (!mkdtemp(folder)) {
        dsc_scope_fail(d->scope, DSC_ERROR_FILE, "%s: no folder could be made here: %s", d->directory,
                       strerror(errno));
        return;
    }
    const char *arguments[] = { "-d", "-e",
                                dsc_scope_format(d->scope, "format='%s'; folder='..'", format->name),
                                dsc_scope_format(d->scope, "../%s.gp", stem), NULL };
    const char *said = NULL;
    char *made[2] = { NULL, NULL };
    for (size_t i = 0; i < 2 && format->files[i].made; i++)
        made[i] = path_of(d, folder, stem, format->files[i].made);
    if (dsc_scope_status(d->scope) == DSC_OK &&
        dsci_gnuplot_run(d->scope, &d->gnuplot, folder, arguments, &said) == DSC_OK && said[0] &&
        !strstr(said, "difficulty")) /* fitting texts: it takes letters for wider than they are */
        dsc_scope_log(d->scope, DSC_LOG_WARNING, "gnuplot, %s.gp: %s", stem, said);
    for (size_t i = 0; i < 2 && made[i]; i++) {
        if (dsc_scope_status(d->scope) == DSC_OK)
            keep_picture(d, made[i], path_of(d, d->directory, stem, format->files[i].kept),
                         format->files[i].tail);
        unlink(made[i]);
    }
    rmdir(folder);
}

/* True if every series is about a value that its axis lacks: there is no such figure of this record. */
static bool without_curves(const dsci_chart *plot)
{
    for (size_t p = 0; p < plot->panel_count; p++)
        if (plot->panels[p].count > 0)
            return false;
    return !plot->figure->y;
}

static void plot_figure(struct drawing *d, const dsc_figure *figure)
{
    const dsci_chart *plot = dsci_chart_make(d->scope, d->record, figure);
    char *stem = dsc_scope_format(d->scope, "%s-%s", d->base, figure->name);
    if (!plot || !stem || without_curves(plot))
        return;
    check_writable(d, figure->name);
    write_text(d, stem, ".gp", dsci_chart_script(d->scope, plot, stem, d->first, &d->page));
    if (plot->left_out[0])
        dsc_scope_log(d->scope, DSC_LOG_WARNING, "figure '%s': %s", figure->name, plot->left_out);
    write_text(d, stem, ".dat", dsci_chart_data(d->scope, plot, stem, d->source));
    if (!d->gnuplot.program)
        write_text(d, stem, ".txt", dsci_chart_text(d->scope, plot, 100, 32, false, true));
    for (size_t i = 0; d->gnuplot.program && i < FORMATS; i++)
        if (d->wanted[i] && dsc_scope_status(d->scope) == DSC_OK)
            draw(d, stem, &formats[i]);
}

static void plot_figures(struct drawing *d, const char *only)
{
    size_t count = 0, chosen = 0;
    const dsc_figure *figures =
        dsc_figures_from_json(d->scope, dsc_record_describe(d->record)->figures, &count);
    d->files.paths = dsc_scope_alloc(d->scope, count * MAX_PATHS, sizeof *d->files.paths);
    for (size_t i = 0; d->files.paths && i < count; i++)
        if (!only || strcmp(only, figures[i].name) == 0) {
            chosen++;
            plot_figure(d, &figures[i]);
        }
    if (only && !chosen)
        dsc_scope_fail(d->scope, DSC_ERROR_ARGUMENT, "%s has no figure '%s'; its first is '%s'", d->source,
                       only, count ? figures[0].name : "(none)");
}

dsc_plot_files dsc_plot(dsc_scope *scope, dsc_record *record, const char *record_path,
                        const dsc_plot_options *options)
{
    static const dsc_plot_options defaults = { 0 };
    struct drawing d = { .scope = scope, .record = record };
    if (!options)
        options = &defaults;
    if (!record || dsc_scope_status(scope) != DSC_OK ||
        !formats_parse(&d, options->formats ? options->formats : "") || !page_check(&d, &options->page))
        return d.files;
    const locale_t before = dsci_c_locale_enter();
    paths_split(&d, record_path, options->directory);
    d.gnuplot = dsci_gnuplot_find(scope, gnuplot_seconds);
    check_terminals(&d);
    if (dsc_scope_status(scope) == DSC_OK)
        plot_figures(&d, options->only);
    dsci_c_locale_leave(before);
    d.files.missing = d.gnuplot.missing;
    return d.files;
}

dsc_status dsci_plot_files_check(dsc_scope *scope, dsc_record *record, const char *record_path,
                                 const dsc_plot_options *options)
{
    struct drawing d = { .scope = scope, .record = record };
    if (dsc_scope_status(scope) != DSC_OK || !formats_parse(&d, options->formats ? options->formats : ""))
        return dsc_scope_status(scope);
    paths_split(&d, record_path, options->directory);
    size_t count = 0;
    const dsc_figure *figures = dsc_figures_from_json(scope, dsc_record_describe(record)->figures, &count);
    for (size_t i = 0; figures && i < count; i++)
        check_writable(&d, figures[i].name);
    return dsc_scope_status(scope);
}

/* Whether the environment's locale is one of UTF-8; the library never sets the program's locale. */
static bool is_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

const char *dsc_plot_text(dsc_scope *scope, dsc_record *record, const dsc_figure *figure, int columns,
                          int rows, bool color)
{
    const locale_t before = dsci_c_locale_enter();
    const dsci_chart *plot = figure ? dsci_chart_make(scope, record, figure) : NULL;
    const char *text =
        plot && !without_curves(plot) ? dsci_chart_text(scope, plot, columns, rows, color, is_utf8()) : NULL;
    dsci_c_locale_leave(before);
    return text;
}
