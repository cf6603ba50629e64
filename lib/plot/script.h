/* script.h - how a figure is laid out on its page, and the gnuplot script that draws it (internal to plot).
 *
 * Lengths are pixels of the svg: a page of the usual 9 inches is DSCI_WIDTH of them wide. Every format has
 * its proportions.
 */
#ifndef DESCENT_PLOT_SCRIPT_H
#define DESCENT_PLOT_SCRIPT_H

#include "plot/plot.h"

enum {
    DSCI_WIDTH = 1200,
    DSCI_LEFT = 105,
    DSCI_Y_LABEL_LEFT = 24,
    DSCI_RIGHT = 25,
    DSCI_GAP = 30,          /* between panels */
    DSCI_LINE = 28,         /* of text */
    DSCI_CHARACTER = 10,    /* mean width */
    DSCI_MAP_TEXT = 20,     /* most characters of a map's tick label */
    DSCI_KEY_SAMPLE = 95,   /* a legend entry's line and margins */
    DSCI_SLANTED_NAME = 16, /* most characters of a name aslant */
    DSCI_TITLE_LINES = 4    /* most of a title or the label of an axis */
};

typedef struct dsci_layout {
    size_t columns, rows, key_columns, key_rows, mark_rows, name_rows;
    size_t key_excess; /* characters by which gnuplot takes a legend entry for wider than it is */
    size_t title_characters, title_lines, x_label_lines; /* in a line */
    int width, height, panel_width, panel_height, top, row_top, row_step;
    int map_labels; /* room for the row labels of a map */
    bool slanted;   /* the names of the axis x, or a map's columns, would run into each other */
} dsci_layout;

/* Where the labels of a panel's marks stand: above the frame, centred on their lines, in as many rows as keep
   them apart. */
typedef struct dsci_mark_layout {
    double x[DSC_FIGURE_MAX_MARKS]; /* centre of the label in its panel, in pixels */
    size_t row[DSC_FIGURE_MAX_MARKS], rows;
} dsci_mark_layout;

/* The layout of a chart of curves, or of a map, on a page of that width in pixels. */
dsci_layout dsci_layout_curves(const dsci_chart *plot, int width);
dsci_layout dsci_layout_map(const dsci_chart *plot, int width);
dsci_mark_layout dsci_layout_marks(const dsci_panel *panel, dsci_span range, double width);

/* Pixels of a map's square tiles. */
double dsci_layout_tile(const dsci_layout *l, const dsci_panel *panel);

/* A script at work. */
typedef struct dsci_script {
    dsc_scope *scope;
    dsc_text *out;
    const dsci_chart *plot;
    const dsc_plot_page *page;
    dsci_layout layout;
} dsci_script;

/* Pixels from the left, and from the top, as gnuplot's screen coordinates. */
double dsci_script_x(const dsci_script *s, double pixels);
double dsci_script_y(const dsci_script *s, double pixels_from_top);

/* The title and the labels of the axes; that of y stands y_label_left pixels from the left. */
void dsci_script_titles(dsci_script *s, double y_label_left);

/* The panels of a map and their scale of colors. */
void dsci_script_maps(dsci_script *s);

#endif
