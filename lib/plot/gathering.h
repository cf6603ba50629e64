/* gathering.h - what is at work while a figure's numbers are gathered from a record (internal to plot). */
#ifndef DESCENT_PLOT_GATHERING_H
#define DESCENT_PLOT_GATHERING_H

#include "plot/plot.h"
#include "record/where.h"

/* DSCI_NO_AXIS stands for an axis that the figure does not name. */
enum { DSCI_NO_AXIS = DSC_RECORD_MAX_AXES, DSCI_MAX_PANELS = 6, DSCI_MAX_CURVES = 8 };

typedef struct dsci_gathering {
    dsc_scope *scope;
    dsc_record *record;
    const dsc_record_spec *spec;
    const dsc_figure *figure;
    dsci_chart *plot;
    size_t x, y, panels, by;                                        /* axes */
    dsci_places places[DSC_FIGURE_MAX_SERIES][DSC_RECORD_MAX_AXES]; /* that each series' where leaves */
    size_t n_low, n_high;                                           /* seeds per measured point */
    bool banded; /* some curve's band is not the interval of its medians */
} dsci_gathering;

/* The output that a figure names; NULL and a failed scope if the record has none of this name. */
const dsc_record_output *dsci_gathering_output(const dsci_gathering *g, const char *name);

/* Of an output's values those at the given places: the offset of the first, the strides along the axes x and
   y and the seeds. Along every other axis one place must be left. False: the scope has failed. */
typedef struct dsci_walk {
    size_t offset, x_stride, y_stride, seed_stride;
    const dsci_places *seeds; /* NULL: the output has no seeds */
} dsci_walk;
bool dsci_walk_make(const dsci_gathering *g, const dsc_record_output *output, const dsci_places *places,
                    dsci_walk *walk);
/* The number of seeds, at least 1, and the i-th one's value, with the figure's y_scale, at x and y. */
size_t dsci_walk_seeds(const dsci_walk *walk);
double dsci_walk_value(const dsci_gathering *g, const dsci_walk *walk, const dsc_record_output *output,
                       size_t x, size_t y, size_t seed);

/* The i-th chosen place; in the order of the axis if all are. */
size_t dsci_places_at(const dsci_places *places, size_t i);

/* Counts the seeds that a point has a value of. */
void dsci_gathering_count(dsci_gathering *g, size_t n);

/* "label noise 15 %": an axis and one of its values. A unit of "fraction" is shown in percent. */
const char *dsci_axis_value_text(const dsci_gathering *g, size_t axis, size_t index);

/* How many of count values are shown when there is room for `most`, and which: evenly spread, both ends. */
size_t dsci_shown_count(const dsci_gathering *g, size_t axis, size_t count, size_t most);
size_t dsci_shown_index(size_t i, size_t count, size_t most);

/* "N = 3 seeds", "N = 2 to 3 seeds": of those that gave a value. */
const char *dsci_seeds_text(const dsci_gathering *g);

/* Adds the next panel, that of a place on the axis of panels, with its title. */
dsci_panel *dsci_panel_add(dsci_gathering *g, size_t place);

/* The panels of a map, or of curves. */
void dsci_map_gather(dsci_gathering *g);
void dsci_curves_gather(dsci_gathering *g);

#endif
