/* tiles.c - gathers a map from a record: rows and columns of medians over the seeds. */
#include <math.h>
#include <string.h>

#include "plot/gathering.h"

static const char **axis_texts(const dsci_gathering *g, size_t axis, size_t count)
{
    const char **texts = dsc_scope_alloc(g->scope, count, sizeof *texts);
    for (size_t i = 0; texts && i < count; i++)
        texts[i] = dsc_record_axis_text(g->scope, &g->spec->axes[axis], i, 6);
    return texts;
}

/* Rows and columns up to the last that holds a number. */
static void crop(dsci_panel *panel)
{
    size_t rows = 0, columns = 0;
    for (size_t i = 0; i < panel->rows; i++)
        for (size_t j = 0; j < panel->columns; j++)
            if (isfinite(panel->tiles[i * panel->columns + j])) {
                rows = i + 1;
                columns = j + 1 > columns ? j + 1 : columns;
            }
    for (size_t i = 0; i < rows; i++)
        memmove(panel->tiles + i * columns, panel->tiles + i * panel->columns,
                columns * sizeof *panel->tiles);
    panel->rows = rows;
    panel->columns = columns;
}

static void map_measure(dsci_gathering *g, const dsc_record_output *output, const dsci_places *places,
                        dsci_panel *panel)
{
    dsci_walk walk;
    if (!dsci_walk_make(g, output, places, &walk))
        return;
    const size_t seeds = g->figure->picture ? 1 : dsci_walk_seeds(&walk);
    panel->rows = g->spec->axes[g->y].count;
    panel->columns = g->spec->axes[g->x].count;
    panel->tiles = dsc_scope_alloc(g->scope, panel->rows * panel->columns, sizeof *panel->tiles);
    double *values = dsc_scope_alloc(g->scope, seeds, sizeof *values);
    for (size_t i = 0; values && panel->tiles && i < panel->rows * panel->columns; i++) {
        for (size_t s = 0; s < seeds; s++)
            values[s] = dsci_walk_value(g, &walk, output, i % panel->columns, i / panel->columns, s);
        const dsc_interval interval = dsc_summarize(values, seeds);
        const bool shown = interval.n && dsci_span_takes(&g->plot->y, interval.median);
        panel->tiles[i] = shown ? interval.median : (double)NAN;
        panel->extreme += interval.n && !shown;
        if (shown) {
            dsci_gathering_count(g, interval.n);
            g->plot->y.low = fmin(g->plot->y.low, interval.median);
            g->plot->y.high = fmax(g->plot->y.high, interval.median);
        }
    }
    panel->row_texts = axis_texts(g, g->y, panel->rows);
    panel->column_texts = axis_texts(g, g->x, panel->columns);
    if (g->figure->picture && dsc_scope_status(g->scope) == DSC_OK)
        crop(panel);
}

/* The range of the colors, from the range of the values. */
static void set_range(dsci_gathering *g)
{
    dsci_span *range = &g->plot->y;
    g->plot->empty = range->low > range->high;
    const dsci_span asked = { g->figure->y_min != 0 ? g->figure->y_min : range->low,
                              g->figure->y_max != 0 ? g->figure->y_max : range->high, false, false };
    if (g->plot->empty)
        *range = (dsci_span){ .low = 0, .high = 1 };
    else if (asked.low < asked.high)
        *range = asked;
    else
        dsci_span_pad(range, 0.05);
    g->plot->diverging = range->low < 0 && range->high > 0 && g->figure->y_min == 0 && g->figure->y_max == 0;
    if (g->plot->diverging) { /* 0 is in the middle of the colors */
        range->high = fmax(-range->low, range->high);
        range->low = -range->high;
    }
}

void dsci_map_gather(dsci_gathering *g)
{
    const dsc_record_output *output = dsci_gathering_output(g, g->figure->series[0].output);
    const bool split = g->panels != DSCI_NO_AXIS;
    const size_t values = split ? g->spec->axes[g->panels].count : 1;
    const size_t count = dsci_shown_count(g, g->panels, values, DSCI_MAX_PANELS);
    g->plot->panels = dsc_scope_alloc(g->scope, count, sizeof *g->plot->panels);
    for (size_t p = 0; g->plot->panels && output && p < count; p++) {
        size_t value = dsci_shown_index(p, values, DSCI_MAX_PANELS);
        dsci_panel *panel = dsci_panel_add(g, value);
        dsci_places places[DSC_RECORD_MAX_AXES];
        memcpy(places, g->places[0], sizeof places);
        if (split)
            places[g->panels] = (dsci_places){ .count = 1, .at = &value };
        map_measure(g, output, places, panel);
        if (g->figure->picture && panel->rows == 0 && (p + 1 < count || g->plot->panel_count > 1))
            g->plot->panel_count--; /* nothing to show */
    }
    set_range(g);
    g->plot->samples = g->plot->empty       ? "no data yet"
                       : g->figure->picture ? "the first seed"
                       : g->n_high == 1     ? "N = 1 seed"
                                            : dsc_scope_format(g->scope, "median, %s", dsci_seeds_text(g));
}
