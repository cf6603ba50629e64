/* plot.h - a chart: a figure's numbers, gathered from a record, and what draws them (internal). */
#ifndef DESCENT_PLOT_PLOT_H
#define DESCENT_PLOT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/figure.h>
#include <descent/statistics.h>
#include <descent/text.h>

typedef struct dsci_point {
    double x;         /* as drawn: x_scale and y_scale are applied */
    dsc_interval y;   /* over the seeds; n = 0 is a gap */
    size_t place;     /* on the axis x */
    const char *name; /* of the place, if points are not joined; else NULL */
} dsci_point;

typedef struct dsci_curve {
    const char *label;  /* in full, for the data file */
    const char *legend; /* NULL: another curve stands for it in the legend */
    const char *output; /* where the numbers come from; NULL: published */
    dsc_series_style style;
    size_t color, variant; /* index into the palette; variant 1, 2, ... is dashed differently */
    size_t sign;           /* of a measured curve: its place in the legend */
    bool direct;           /* a line with its label along it instead of in the legend */
    bool band;             /* some point has more than one value, or a band of its own */
    size_t count;
    dsci_point *points; /* by increasing x */
} dsci_curve;

typedef struct dsci_panel {
    const char *title; /* NULL: the only panel */
    size_t count;
    dsci_curve *curves;
    size_t mark_count;
    dsc_mark marks[DSC_FIGURE_MAX_MARKS]; /* those inside the range, at is as drawn */
    /* Of a map: rows x columns values, NaN where there is nothing, and the texts of their axes. */
    size_t rows, columns;
    double *tiles;
    size_t extreme; /* values that no color can show */
    const char **row_texts, **column_texts;
} dsci_panel;

typedef struct dsci_span {
    double low, high;
    bool log;
    bool whole; /* its quantity is counted: ticks at whole numbers */
} dsci_span;

typedef struct dsci_chart {
    const dsc_figure *figure;
    const char *title, *x_label, *y_label;
    const char *samples;  /* "median and range, N = 3 seeds"; "no data yet" */
    const char *left_out; /* "not shown: 2 points at or below 0 (logarithmic axis)"; "" */
    bool empty;
    bool scattered; /* points are not joined */
    bool diverging; /* a map of values around 0 */
    size_t panel_count;
    dsci_panel *panels;
    dsci_span x, y;                 /* shared by all panels; of a map y is the range of its values */
    const dsc_record_axis *named_x; /* x has names instead of numbers; else NULL */
} dsci_chart;

/* Gathers a figure's numbers from a record. Fails the scope when the record lacks what the figure names. */
const dsci_chart *dsci_chart_make(dsc_scope *scope, dsc_record *record, const dsc_figure *figure);

/* Whether a curve is listed in the legend: those of one name, in one panel or several, are listed once. */
bool dsci_chart_listed(const dsci_chart *plot, size_t panel, size_t curve);

enum { DSCI_MAX_TICKS = 24 };
typedef struct dsci_ticks {
    size_t count;
    double at[DSCI_MAX_TICKS];
    char text[DSCI_MAX_TICKS][32];  /* plain: "0.2", "1e-7" */
    char latex[DSCI_MAX_TICKS][48]; /* "0.2", "$10^{-7}$" */
} dsci_ticks;

/* A text in a panel: its middle line begins, or ends, at x to the right and y down, in pixels. */
typedef struct dsci_label {
    const char *text;
    double x, y, angle; /* degrees, counter-clockwise */
    bool ends, small;
} dsci_label;
enum { DSCI_MAX_LABELS = 64 };
typedef struct dsci_label_list {
    size_t count;
    dsci_label items[DSCI_MAX_LABELS];
} dsci_label_list;

/* Labels along the direct lines of a panel of that size, and the names of points where they cover nothing. */
dsci_label_list dsci_labels_place(dsc_scope *scope, const dsci_chart *plot, const dsci_panel *panel,
                                  double width, double height);

/* Whether a point can be drawn: a number, and positive where the axis is logarithmic. Whether any of a curve
   can. */
bool dsci_chart_drawable(const dsci_chart *plot, const dsci_point *point);
bool dsci_curve_drawn(const dsci_chart *plot, const dsci_curve *curve);

/* What a panel says in which nothing can be drawn; NULL: something can. */
const char *dsci_panel_empty(const dsci_chart *plot, const dsci_panel *panel);

/* A straight line inside a panel: shares of its width and height, from the left and from below. */
typedef struct dsci_segment {
    double x0, y0, x1, y1;
} dsci_segment;

/* The part of the line between two points that lies inside the axes; false if none does. */
bool dsci_segment_clip(const dsci_chart *plot, const dsci_point *a, const dsci_point *b,
                       dsci_segment *segment);

/* Ticks with a label at real values: 1, 2, 5 times powers of ten, at most `most` of them (2..DSCI_MAX_TICKS).
 */
dsci_ticks dsci_ticks_make(dsci_span range, size_t most);

/* Position of a value in a range: 0 at low, 1 at high. And back. */
double dsci_span_fraction(dsci_span range, double value);
double dsci_span_value(dsci_span range, double fraction);

/* Whether an axis can have a value on it. Widens a range by a share of its length at both ends. */
bool dsci_span_takes(const dsci_span *range, double value);
void dsci_span_pad(dsci_span *range, double share);

/* The factor that a figure's x_scale or y_scale stands for. */
double dsci_chart_scale(double scale);

/* For dsci_chart_make(): the ranges of x and y with the marks that lie in them, and what is left out. */
void dsci_chart_ranges(dsci_chart *plot);
const char *dsci_chart_left_out(dsc_scope *scope, const dsci_chart *plot);

/* The characters of UTF-8 text; bytes that are not UTF-8 count one each. */
size_t dsci_text_characters(const char *text);

/* The bytes of a text's first line, which has at most `most` characters: up to the last blank that fits, or
   of a word that is longer as many characters as fit. All of a text that fits. */
size_t dsci_text_line(const char *text, size_t most);

/* At most `most` characters of a text, on one line: control characters become blanks, bytes that are not
   UTF-8 question marks, and what is cut an ellipsis. */
const char *dsci_text_clean(dsc_scope *scope, const char *text, size_t most);

/* A text as gnuplot reads it; one for LaTeX and one for all else (the script's function T() chooses); any
   text of a results file in at most `most` characters, and as the label of a tick. */
void dsci_script_quote(dsc_text *out, const char *text);
void dsci_script_pair(dsc_text *out, const char *plain, const char *latex);
void dsci_script_text(dsc_text *out, dsc_scope *scope, const char *text, size_t most);
void dsci_script_tick(dsc_text *out, dsc_scope *scope, const char *text, size_t most);

/* A text in LaTeX, mathematical signs in its mathematics; what its common fonts lack becomes "?". */
const char *dsci_latex(dsc_scope *scope, const char *text);

/* A text where there is only ASCII: "ln lambda", "bias^2". */
const char *dsci_text_ascii(dsc_scope *scope, const char *text);

/* A text as the name of a file that LaTeX can read, different for different texts. */
const char *dsci_latex_file(dsc_scope *scope, const char *text);

/* The data file of a figure: one block per curve, named panel-P-curve-C, with the columns x median low high
   n. Text in the scope. source: the results file's name. */
const char *dsci_chart_data(dsc_scope *scope, const dsci_chart *plot, const char *stem, const char *source);

/* The gnuplot script that draws STEM.dat; run without arguments it draws the given format. */
const char *dsci_chart_script(dsc_scope *scope, const dsci_chart *plot, const char *stem, const char *format,
                              const dsc_plot_page *page);

/* gnuplot, as a program. */
typedef struct dsci_gnuplot {
    const char *program;   /* NULL: there is none */
    const char *missing;   /* then what was looked for in vain; else NULL */
    const char *terminals; /* " svg pngcairo ... " */
    double timeout;        /* seconds of one call */
} dsci_gnuplot;

/* Finds $DESCENT_GNUPLOT, or gnuplot on the PATH, and asks it for its terminals. */
dsci_gnuplot dsci_gnuplot_find(dsc_scope *scope, double timeout);

/* Runs it in a directory with arguments (NULL-terminated, without the program's name). Its stderr is in
 * *said. */
dsc_status dsci_gnuplot_run(dsc_scope *scope, const dsci_gnuplot *gnuplot, const char *directory,
                            const char *const *arguments, const char **said);

/* A map as text: its numbers, or shades. */
const char *dsci_map_text(dsc_scope *scope, const dsci_chart *plot, int columns);

/* The plot as text, in Unicode or ASCII. */
const char *dsci_chart_text(dsc_scope *scope, const dsci_chart *plot, int columns, int rows, bool color,
                            bool unicode);

/* Refuses files of a record's figures that dsc_plot() could not write, before there is anything to draw. */
dsc_status dsci_plot_files_check(dsc_scope *scope, dsc_record *record, const char *record_path,
                                 const dsc_plot_options *options);

#endif
