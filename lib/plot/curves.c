/* curves.c - gathers the curves of a figure's panels from a record: medians and bands over the seeds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/gathering.h"

static int by_x(const void *a, const void *b)
{
    const double x = ((const dsci_point *)a)->x, y = ((const dsci_point *)b)->x;
    return (x > y) - (x < y);
}

/* Names stand side by side, whatever values they have: those that were not chosen leave no gap. */
static double place_on_x(const dsci_gathering *g, size_t i)
{
    const dsc_record_axis *x = &g->spec->axes[g->x];
    return g->plot->named_x ? (double)i : x->values[i] / dsci_chart_scale(g->figure->x_scale);
}

/* Where a published point stands, which has x as it is drawn or, of an axis with names, about the value of
   one: beside it as far as it is from that value. NaN: the name was not chosen. */
static double published_on_x(const dsci_gathering *g, double x)
{
    const dsc_record_axis *axis = g->plot->named_x;
    if (!axis)
        return x;
    for (size_t i = 0; i < axis->count; i++)
        if (fabs(x - axis->values[i]) < 0.5)
            return (double)i + (x - axis->values[i]);
    return NAN;
}

/* Medians over the seeds along x, at the places that are left. */
static void curve_measure(dsci_gathering *g, const dsci_places *places, dsci_curve *curve)
{
    const dsc_record_output *output = dsci_gathering_output(g, curve->output);
    dsci_walk walk;
    if (!output || !dsci_walk_make(g, output, places, &walk))
        return;
    const dsc_record_axis *x = &g->spec->axes[g->x];
    const dsci_places *along = &places[g->x];
    const size_t seeds = dsci_walk_seeds(&walk);
    double *values = dsc_scope_alloc(g->scope, seeds, sizeof *values);
    curve->points = dsc_scope_alloc(g->scope, along->count, sizeof *curve->points);
    if (!values || !curve->points)
        return;
    for (size_t i = 0; i < along->count; i++) {
        const size_t place = dsci_places_at(along, i);
        if (!isfinite(x->values[place]))
            continue;
        for (size_t s = 0; s < seeds; s++)
            values[s] = dsci_walk_value(g, &walk, output, place, 0, s);
        const dsc_interval y = dsc_summarize(values, seeds);
        curve->points[curve->count++] = (dsci_point){ .x = place_on_x(g, place), .y = y, .place = place };
        if (curve->style == DSC_SERIES_MEASURED && y.n) {
            curve->band = curve->band || y.n > 1;
            dsci_gathering_count(g, y.n);
        }
    }
    qsort(curve->points, curve->count, sizeof *curve->points, by_x);
}

/* Moves points from the places of the axis x to the values of an output. */
static void scatter(dsci_gathering *g, const dsci_places *places, dsci_curve *curve)
{
    dsci_curve along = { .output = g->figure->x_output, .style = DSC_SERIES_THEORY };
    const dsc_record_axis *x = &g->spec->axes[g->x];
    curve_measure(g, places, &along);
    size_t kept = 0;
    for (size_t i = 0; along.points && i < curve->count && i < along.count; i++) {
        dsci_point point = curve->points[i];
        point.name = x->names ? dsc_record_axis_text(g->scope, x, point.place, 6) : NULL;
        point.x = along.points[i].y.median /
                  (dsci_chart_scale(g->figure->x_scale) * dsci_chart_scale(g->figure->y_scale));
        if (along.points[i].y.n && isfinite(point.x))
            curve->points[kept++] = point;
    }
    curve->count = kept;
    qsort(curve->points, curve->count, sizeof *curve->points, by_x);
}

/* Medians over the seeds of one end of a band, into the points of a curve that has been measured. */
static void band_measure(dsci_gathering *g, const dsci_places *places, const char *name, bool upper,
                         dsci_curve *curve)
{
    dsci_curve end = { .output = name, .style = DSC_SERIES_THEORY };
    curve_measure(g, places, &end);
    for (size_t i = 0; end.points && i < end.count && i < curve->count; i++)
        *(upper ? &curve->points[i].y.high : &curve->points[i].y.low) = end.points[i].y.median;
    curve->band = true;
    g->banded = true;
}

static void curve_publish(dsci_gathering *g, const dsc_series *series, dsci_curve *curve)
{
    curve->points = dsc_scope_alloc(g->scope, series->reference_count, sizeof *curve->points);
    for (size_t i = 0; curve->points && i < series->reference_count; i++) {
        const double x = published_on_x(g, series->reference_x[i]), y = series->reference_y[i];
        if (!isnan(x))
            curve->points[curve->count++] =
                (dsci_point){ .x = x, .y = { .n = 1, .median = y, .low = y, .high = y, .mean = y } };
    }
    if (curve->points)
        qsort(curve->points, curve->count, sizeof *curve->points, by_x);
}

/* The numbers of a curve whose looks are set. */
static void curve_fill(dsci_gathering *g, const dsci_places *places, const dsc_series *series,
                       dsci_curve *curve)
{
    if (series->style == DSC_SERIES_PUBLISHED || curve->direct)
        curve_publish(g, series, curve);
    else
        curve_measure(g, places, curve);
    if (series->low && series->style == DSC_SERIES_MEASURED) {
        band_measure(g, places, series->low, false, curve);
        band_measure(g, places, series->high, true, curve);
    }
    if (g->plot->scattered && series->output && curve->points)
        scatter(g, places, curve);
}

/* Whether a series is about the panel of a value. */
static bool has_panel(const dsci_gathering *g, const dsci_places *places, size_t panel_value)
{
    if (g->panels == DSCI_NO_AXIS || !places[g->panels].condition)
        return true;
    for (size_t i = 0; i < places[g->panels].count; i++)
        if (places[g->panels].at[i] == panel_value)
            return true;
    return false;
}

/* Whether the record, and the panel of a value, have what a series is about. */
static bool belongs(const dsci_gathering *g, const dsci_places *places, size_t panel_value)
{
    for (size_t i = 0; i < g->spec->axis_count; i++)
        if (places[i].count == 0)
            return false;
    return has_panel(g, places, panel_value);
}

/* Adds the curves of one series to a panel: one, or one for each of the values of `by` that are left. */
static void panel_fill(dsci_gathering *g, dsci_panel *panel, size_t panel_value, size_t which, size_t ordinal)
{
    const dsc_series *series = &g->figure->series[which];
    dsci_places places[DSC_RECORD_MAX_AXES];
    memcpy(places, g->places[which], sizeof places);
    if (!belongs(g, places, panel_value))
        return;
    if (g->panels != DSCI_NO_AXIS)
        places[g->panels] = (dsci_places){ .count = 1, .at = &panel_value };
    const dsci_places by = g->by == DSCI_NO_AXIS ? (dsci_places){ 0 } : places[g->by];
    const bool split = series->output && g->by != DSCI_NO_AXIS && !(by.condition && by.count == 1);
    const size_t curves = split ? dsci_shown_count(g, g->by, by.count, DSCI_MAX_CURVES) : 1;
    const char *name = series->label ? series->label : series->output ? series->output : "published";
    for (size_t i = 0; i < curves; i++) {
        dsci_curve *curve = &panel->curves[panel->count++];
        *curve = (dsci_curve){ .label = name, .output = series->output, .style = series->style };
        curve->color = split ? i : ordinal;
        curve->variant = split ? ordinal : 0;
        size_t value;
        if (split) {
            value = dsci_places_at(&by, dsci_shown_index(i, by.count, DSCI_MAX_CURVES));
            places[g->by] = (dsci_places){ .count = 1, .at = &value };
            curve->label = dsc_scope_format(g->scope, "%s, %s", name, dsci_axis_value_text(g, g->by, value));
        }
        curve->legend = split && series->style == DSC_SERIES_THEORY ? (i ? NULL : name) : curve->label;
        curve->direct = series->style == DSC_SERIES_THEORY && !series->output;
        curve_fill(g, places, series, curve);
        if (g->plot->scattered && places[g->x].condition && curve->count == 0)
            panel->count--;
    }
}

static bool is_series(const dsc_series *series)
{
    return series->output || series->reference_count > 0;
}

/* The values of the axis of panels that some series is about; all if none is. *count of them. */
static size_t *panel_values(const dsci_gathering *g, size_t *count)
{
    const size_t values = g->panels == DSCI_NO_AXIS ? 1 : g->spec->axes[g->panels].count;
    size_t *list = dsc_scope_alloc(g->scope, values, sizeof *list);
    *count = 0;
    for (size_t value = 0; list && value < values; value++)
        for (size_t s = 0; s < DSC_FIGURE_MAX_SERIES && is_series(&g->figure->series[s]); s++)
            if (has_panel(g, g->places[s], value)) {
                list[(*count)++] = value;
                break;
            }
    for (size_t value = 0; list && *count == 0 && value < values; value++)
        list[value] = value;
    *count = *count ? *count : values;
    return list;
}

void dsci_curves_gather(dsci_gathering *g)
{
    size_t values;
    const size_t *list = panel_values(g, &values);
    const size_t count = dsci_shown_count(g, g->panels, values, DSCI_MAX_PANELS);
    g->plot->panels = dsc_scope_alloc(g->scope, count, sizeof *g->plot->panels);
    for (size_t p = 0; g->plot->panels && list && p < count; p++) {
        const size_t value = list[dsci_shown_index(p, values, DSCI_MAX_PANELS)];
        dsci_panel *panel = dsci_panel_add(g, value);
        panel->curves =
            dsc_scope_alloc(g->scope, (size_t)DSC_FIGURE_MAX_SERIES * DSCI_MAX_CURVES, sizeof *panel->curves);
        for (size_t s = 0, ordinal = 0; panel->curves && s < DSC_FIGURE_MAX_SERIES; s++) {
            const dsc_series *series = &g->figure->series[s];
            if (!is_series(series))
                break;
            panel_fill(g, panel, value, s, ordinal);
            ordinal += series->style == DSC_SERIES_MEASURED;
        }
    }
}
