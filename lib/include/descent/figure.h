/* figure.h - figures described as data.
 *
 * An experiment says what to show; the description is stored in the results file as JSON, so that the figure
 * can be redrawn from the file alone. Drawing aggregates over the seed axis: the median as a line with
 * points, its 95 % bootstrap interval (of fewer than 6 seeds their range) as a band, N in the key.
 */
#ifndef DESCENT_FIGURE_H
#define DESCENT_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/record.h>

typedef enum dsc_series_style {
    DSC_SERIES_MEASURED = 0, /* line, points and interval */
    DSC_SERIES_THEORY,       /* thin dark line without points; without an output a line through the reference
                                points, its label written along it */
    DSC_SERIES_PUBLISHED     /* open points, from reference_x and reference_y */
} dsc_series_style;

enum { DSC_SERIES_MAX_POINTS = 64 };

/* One curve. where chooses the values that it is about: conditions with blanks between them, one for an axis,
   each "AXIS=VALUES". VALUES is one or several, with commas between them, of a number (0.15), a name or names
   with one asterisk for any text (cnn, gemm*), a range with both ends in it, of which one may be left out
   (36..80, 36.., ..80), and last, the largest value. A word without an equals sign goes on with the condition
   before it: names may have blanks in them. A panel that no curve is about is left out.
   Without a condition on the axis of figure.by there is one curve per value of it; a condition on the axis of
   figure.panels confines the curve to those panels, one on the axis x to those points. If an axis has none of
   the values the curve is left out, and the figure if none is left. In a figure with x_output a curve without
   points is left out, too. Published points are given as they are drawn: x_scale and y_scale leave them
   alone.
 */
typedef struct dsc_series {
    const char *output; /* name of the output that is drawn; NULL for reference points */
    const char *label;
    dsc_series_style style;
    const char *where;
    const char *low, *high; /* of a MEASURED curve: outputs between which its band is drawn, medians over the
                               seeds; NULL: the interval of the medians */
    size_t reference_count;
    double reference_x[DSC_SERIES_MAX_POINTS], reference_y[DSC_SERIES_MAX_POINTS];
} dsc_series;

/* A vertical line with a label. Either at a value of the axis x (x_scale applies) that the experiment knows
   from its parameters; or, if output is named, where the medians of that measured series, along x, first come
   down to at most below (in the output's own unit): in each panel where it belongs. A mark far outside the
   values is not drawn. */
typedef struct dsc_mark {
    const char *label; /* "interpolation threshold" */
    double at;
    const char *output; /* of one of the figure's measured series; NULL: the mark is at `at` */
    double below;
} dsc_mark;

enum { DSC_FIGURE_MAX_SERIES = 16, DSC_FIGURE_MAX_MARKS = 4 };

typedef struct dsc_figure {
    const char *name; /* part of the file name: "test-error" */
    const char *title;
    const char *x;        /* the axis drawn along */
    const char *x_output; /* not NULL: points that are not joined, one for each place of the axis x, drawn
                             along the values of this output instead of the axis's */
    bool names;    /* of such points: the names of their places, up to the first blank, where there is room */
    const char *y; /* not NULL: a map, the first series' output over the axes x and y (downwards) in colors,
                      one panel per value of panels; log, by, marks and other series do not count */
    bool numbers;  /* of a map: written into its tiles */
    bool picture;  /* of a map: without axes, rows and columns of nothing cut off, of the first seed alone (a
                      median of pictures is none) */
    const char *x_label, *y_label; /* with units */
    bool log_x, log_y;
    double x_scale;      /* x is divided by it (p/n); 0: 1 */
    double y_scale;      /* y is multiplied by it (100 for percent); 0: 1 */
    double y_min, y_max; /* ends of the y axis; 0: from the data */
    const char *panels;  /* a cell axis with one panel per value, side by side; NULL: one panel. Its title is
                            the  axis's long_name and the value; units "fraction" show as percent */
    const char *
        panel_titles; /* in plain words, where the axis has names: "NAME=TITLE|NAME=TITLE"; NULL: the names */
    const char *by;   /* a cell axis with one curve (colour) per value; NULL: none */
    dsc_series series[DSC_FIGURE_MAX_SERIES]; /* ended by one without output and references */
    dsc_mark marks[DSC_FIGURE_MAX_MARKS];     /* ended by one without label */
} dsc_figure;

/* The JSON form of count figures, in the scope. */
DSC_API const char *dsc_figures_to_json(dsc_scope *scope, const dsc_figure *figures, size_t count);

/* The figures of a record's JSON; *count of them. Hostile input fails the scope. */
DSC_API const dsc_figure *dsc_figures_from_json(dsc_scope *scope, const char *json, size_t *count);

/* How large a figure is on paper. Texts keep their size however wide it is: the layout follows. pdf and tex
   are of this size, svg and png have the same proportions. */
typedef struct dsc_plot_page {
    double width;     /* inches, 1 to 50; 0: 9 */
    double font_size; /* points, 3 to 50; 0: 8 */
    bool no_title;    /* where a caption says it */
} dsc_plot_page;

typedef struct dsc_plot_options {
    const char *directory; /* NULL: beside the results file */
    const char *formats;   /* "svg,png,pdf,tex"; NULL: "svg" */
    const char *only;      /* draw the figure of this name alone */
    dsc_plot_page page;
} dsc_plot_options;

/* Files that plotting wrote: script, data, one picture per format, for each figure. */
typedef struct dsc_plot_files {
    size_t count;
    const char **paths;
    const char *missing; /* "gnuplot is missing (...)": text plots were written, no pictures; else NULL */
} dsc_plot_files;

/* Writes NAME-FIGURE.gp, .dat and the pictures for every figure of a record read from record_path (.tex comes
   with -graphics.pdf, which it includes). gnuplot is $DESCENT_GNUPLOT or the PATH's; without one a text plot,
   .txt, is written instead of the pictures. The script names its data relatively: the folder can be moved,
   and `gnuplot NAME-FIGURE.gp` in it draws again. Errors: an unknown format, a record that lacks what a
   figure names, a folder that can't be written, a gnuplot that lacks a terminal, fails or does not end within
   a minute. */
DSC_API dsc_plot_files dsc_plot(dsc_scope *scope, dsc_record *record, const char *record_path,
                                const dsc_plot_options *options);

/* A figure as text of the given size in characters (more rows if a panel would have less than five), in the
   scope. color: ANSI colours. Lines are of braille dots if LC_ALL, LC_CTYPE or LANG, the first that is set,
   names UTF-8; else everything is ASCII. NULL if the record has none of the figure's curves. */
DSC_API const char *dsc_plot_text(dsc_scope *scope, dsc_record *record, const dsc_figure *figure, int columns,
                                  int rows, bool color);

/* Which values of the record's axis of this index a table must not leave out: the nearest one to each mark
   that the record's figures have along the axis. Sets their flags, one for each value of the axis, and clears
   none; figures that can't be read set none. */
DSC_API void dsc_mark_values(dsc_scope *scope, dsc_record *record, size_t axis, bool *about);

#endif
