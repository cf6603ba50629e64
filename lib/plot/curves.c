/* curves.c - gathers a figure's numbers from a record: panels, curves, medians over seeds, ranges, ticks.
 */
#include "plot/plot.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/value.h>

enum { MAX_PANELS = 6, MAX_CURVES = 8 };

/* What is at work while a figure is gathered. NONE stands for an axis or value that the figure does not name.
 */
enum { NONE = DSC_RECORD_MAX_AXES };
struct gathering {
    dsc_scope *scope;
    dsc_record *record;
    const dsc_record_spec *spec;
    const dsc_figure *figure;
    dsci_plot *plot;
    size_t x, panels, by; /* axes */
    size_t n_low, n_high; /* seeds per measured point */
    bool banded;          /* some curve's band is not the interval of its medians */
};

static size_t axis_find(const struct gathering *g, const char *name)
{
    for (size_t i = 0; name && i < g->spec->axis_count; i++)
        if (strcmp(g->spec->axes[i].name, name) == 0)
            return i;
    if (name)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': the results file has no axis '%s'",
                       g->figure->name, name);
    return NONE;
}

/* "label noise 15 %": an axis and one of its values. A unit of "fraction" is shown in percent. */
static const char *value_text(const struct gathering *g, size_t axis, size_t index)
{
    const dsc_record_axis *a = &g->spec->axes[axis];
    const char *name = a->long_name && a->long_name[0] ? a->long_name : a->name;
    const char *units = a->units ? a->units : "";
    if (strcmp(units, "fraction") == 0)
        return dsc_scope_format(g->scope, "%s %.4g %%", name, 100 * a->values[index]);
    const char *value = dsc_record_axis_text(g->scope, a, index, 6);
    if (a->names)
        return value;
    if (strcmp(units, "1") == 0 || units[0] == '\0')
        return dsc_scope_format(g->scope, "%s %s", name, value);
    return dsc_scope_format(g->scope, "%s %s %s", name, value, units);
}

/* The title that the figure has for a value of its panels' axis, or the value. */
static const char *panel_title(const struct gathering *g, size_t index)
{
    const char *value = value_text(g, g->panels, index), *at = g->figure->panel_titles;
    const size_t length = value ? strlen(value) : 0;
    while (value && at && *at) {
        const size_t entry = strcspn(at, "|");
        if (strncmp(at, value, length) == 0 && at[length] == '=')
            return dsc_scope_format(g->scope, "%.*s", (int)(entry - length - 1), at + length + 1);
        at += entry + (at[entry] == '|');
    }
    return value;
}

/* The axis and value that a series' where picks. False: no value of the axis is meant, the series is left
 * out. */
static bool where_find(const struct gathering *g, const char *where, size_t *axis, size_t *index)
{
    *axis = NONE;
    if (!where)
        return true;
    const char *equals = strchr(where, '=');
    if (equals)
        *axis = axis_find(g, dsc_scope_format(g->scope, "%.*s", (int)(equals - where), where));
    const dsc_record_axis *a = *axis == NONE ? NULL : &g->spec->axes[*axis];
    double value = NAN;
    if (!equals || (a && !a->names && !dsc_parse_real(equals + 1, &value)))
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': where is '%s', expected AXIS=NUMBER",
                       g->figure->name, where);
    for (*index = 0; a && *index < a->count; ++*index)
        if (a->names ? strcmp(dsc_record_axis_text(g->scope, a, *index, 6), equals + 1) == 0
                     : fabs(a->values[*index] - value) <= 1e-9 * fabs(value))
            return true;
    return false;
}

/* Strides of an output along x and seed, and the offset that the picked values give. */
struct walk {
    size_t offset, x_stride, seed_stride, seeds;
};

static bool walk_make(const struct gathering *g, const dsc_record_output *output, const size_t *picked,
                      struct walk *walk)
{
    *walk = (struct walk){ .seeds = 1 };
    bool has_x = false;
    for (size_t i = output->rank, stride = 1; i-- > 0;) {
        const size_t axis = output->axes[i];
        const dsc_record_axis *a = &g->spec->axes[axis];
        if (axis == g->x) {
            walk->x_stride = stride;
            has_x = true;
        } else if (strcmp(a->name, "seed") == 0) {
            walk->seed_stride = stride;
            walk->seeds = a->count;
        } else if (picked[axis] != SIZE_MAX) {
            walk->offset += stride * picked[axis];
        } else if (a->count != 1) {
            dsc_scope_fail(
                g->scope, DSC_ERROR_FORMAT,
                "figure '%s': output '%s' has %zu values along axis '%s', of which the figure picks none",
                g->figure->name, output->name, a->count, a->name);
            return false;
        }
        stride *= a->count;
    }
    if (!has_x)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': output '%s' has no axis '%s'",
                       g->figure->name, output->name, g->figure->x);
    return has_x;
}

static int by_x(const void *a, const void *b)
{
    const double x = ((const dsci_point *)a)->x, y = ((const dsci_point *)b)->x;
    return (x > y) - (x < y);
}

/* Whether a name is what a pattern says, in which one '*' stands for any text. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = strchr(pattern, '*');
    if (!star)
        return strcmp(pattern, name) == 0;
    const size_t before = (size_t)(star - pattern), after = strlen(star + 1), length = strlen(name);
    return length >= before + after && strncmp(name, pattern, before) == 0 &&
           strcmp(name + length - after, star + 1) == 0;
}

/* The pattern of names that a series' where has in a figure of points that are not joined; else NULL. */
static const char *pattern_of(const struct gathering *g, const char *where)
{
    const size_t length = strlen(g->figure->x);
    const bool is = g->plot->scattered && where && g->spec->axes[g->x].names &&
                    strncmp(where, g->figure->x, length) == 0 && where[length] == '=';
    return is ? where + length + 1 : NULL;
}

/* Names stand side by side, whatever values they have: those that were not chosen leave no gap. */
static double place_on_x(const struct gathering *g, size_t i)
{
    const dsc_record_axis *x = &g->spec->axes[g->x];
    return g->plot->named_x ? (double)i : x->values[i] / dsci_plot_scale(g->figure->x_scale);
}

/* Where a published point stands, which has x as it is drawn or, of an axis with names, about the value of
   one: beside it as far as it is from that value. NaN: the name was not chosen. */
static double published_on_x(const struct gathering *g, double x)
{
    const dsc_record_axis *axis = g->plot->named_x;
    if (!axis)
        return x;
    for (size_t i = 0; i < axis->count; i++)
        if (fabs(x - axis->values[i]) < 0.5)
            return (double)i + (x - axis->values[i]);
    return NAN;
}

/* Medians over the seeds along x; picked has an index per axis, SIZE_MAX where none is picked. */
static void curve_measure(struct gathering *g, const size_t *picked, dsci_curve *curve)
{
    const dsc_record_output *output = dsc_record_output_find(g->record, curve->output);
    if (!output)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': the results file has no output '%s'",
                       g->figure->name, curve->output);
    struct walk walk;
    if (!output || !walk_make(g, output, picked, &walk))
        return;
    const dsc_record_axis *x = &g->spec->axes[g->x];
    const double y_scale = dsci_plot_scale(g->figure->y_scale);
    double *values = dsc_scope_alloc(g->scope, walk.seeds, sizeof *values);
    curve->points = dsc_scope_alloc(g->scope, x->count, sizeof *curve->points);
    if (!values || !curve->points)
        return;
    for (size_t i = 0; i < x->count; i++) {
        if (!isfinite(x->values[i]))
            continue;
        for (size_t s = 0; s < walk.seeds; s++)
            values[s] = y_scale * output->values[walk.offset + i * walk.x_stride + s * walk.seed_stride];
        const dsc_interval y = dsc_summarize(values, walk.seeds);
        curve->points[curve->count++] = (dsci_point){ .x = place_on_x(g, i), .y = y, .place = i };
        if (curve->style == DSC_SERIES_MEASURED && y.n) {
            curve->band = curve->band || y.n > 1;
            g->n_low = g->n_high == 0 || y.n < g->n_low ? y.n : g->n_low;
            g->n_high = y.n > g->n_high ? y.n : g->n_high;
        }
    }
    qsort(curve->points, curve->count, sizeof *curve->points, by_x);
}

/* Moves points from the places of the axis x to the values of an output, and keeps those that a pattern
 * names. */
static void scatter(struct gathering *g, const size_t *picked, const char *pattern, dsci_curve *curve)
{
    dsci_curve along = { .output = g->figure->x_output, .style = DSC_SERIES_THEORY };
    const dsc_record_axis *x = &g->spec->axes[g->x];
    curve_measure(g, picked, &along);
    size_t kept = 0;
    for (size_t i = 0; along.points && i < curve->count && i < along.count; i++) {
        dsci_point point = curve->points[i];
        point.name = x->names ? dsc_record_axis_text(g->scope, x, point.place, 6) : NULL;
        point.x = along.points[i].y.median /
                  (dsci_plot_scale(g->figure->x_scale) * dsci_plot_scale(g->figure->y_scale));
        if (along.points[i].y.n && isfinite(point.x) &&
            (!pattern || (point.name && matches(pattern, point.name))))
            curve->points[kept++] = point;
    }
    curve->count = kept;
    qsort(curve->points, curve->count, sizeof *curve->points, by_x);
}

/* Medians over the seeds of one end of a band, into the points of a curve that has been measured. */
static void band_measure(struct gathering *g, const size_t *picked, const char *name, bool upper,
                         dsci_curve *curve)
{
    const dsc_record_output *output = dsc_record_output_find(g->record, name);
    if (!output)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': the results file has no output '%s'",
                       g->figure->name, name);
    dsci_curve end = { .output = name, .style = DSC_SERIES_THEORY };
    if (output)
        curve_measure(g, picked, &end);
    for (size_t i = 0; end.points && i < end.count && i < curve->count; i++)
        *(upper ? &curve->points[i].y.high : &curve->points[i].y.low) = end.points[i].y.median;
    curve->band = true;
    g->banded = true;
}

static void curve_publish(struct gathering *g, const dsc_series *series, dsci_curve *curve)
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

/* Which of count values are shown when there is room for `most`: evenly spread, both ends. */
static size_t shown_index(size_t i, size_t count, size_t most)
{
    return count <= most ? i : i * (count - 1) / (most - 1);
}

static size_t shown_count(const struct gathering *g, size_t axis, size_t most)
{
    if (axis == NONE)
        return 1;
    const size_t count = g->spec->axes[axis].count;
    if (count > most)
        dsc_scope_log(g->scope, DSC_LOG_WARNING, "figure '%s' shows %zu of the %zu values of '%s'",
                      g->figure->name, most, count, g->spec->axes[axis].name);
    return count < most ? count : most;
}

/* Adds the curves of one series to a panel: one, or one per value of `by`. */
static void panel_add(struct gathering *g, dsci_panel *panel, size_t panel_value, const dsc_series *series,
                      size_t ordinal)
{
    size_t where_axis, where_value = 0;
    const char *pattern = pattern_of(g, series->where);
    if (!where_find(g, pattern ? NULL : series->where, &where_axis, &where_value))
        return;
    if (where_axis != NONE && where_axis == g->panels && where_value != panel_value)
        return;
    const bool split = g->by != NONE && where_axis != g->by && series->output;
    const size_t curves = split ? shown_count(g, g->by, MAX_CURVES) : 1;
    const char *name = series->label ? series->label : series->output ? series->output : "published";
    for (size_t i = 0; i < curves; i++) {
        size_t picked[DSC_RECORD_MAX_AXES];
        for (size_t a = 0; a < DSC_RECORD_MAX_AXES; a++)
            picked[a] = SIZE_MAX;
        dsci_curve *curve = &panel->curves[panel->count++];
        *curve = (dsci_curve){ .label = name, .output = series->output, .style = series->style };
        curve->color = split ? i : ordinal;
        curve->variant = split ? ordinal : 0;
        if (g->panels != NONE)
            picked[g->panels] = panel_value;
        if (where_axis != NONE)
            picked[where_axis] = where_value;
        if (split) {
            picked[g->by] = shown_index(i, g->spec->axes[g->by].count, MAX_CURVES);
            curve->label = dsc_scope_format(g->scope, "%s, %s", name, value_text(g, g->by, picked[g->by]));
        }
        curve->legend = split && series->style == DSC_SERIES_THEORY ? (i ? NULL : name) : curve->label;
        curve->direct = series->style == DSC_SERIES_THEORY && !series->output;
        if (series->style == DSC_SERIES_PUBLISHED || curve->direct)
            curve_publish(g, series, curve);
        else
            curve_measure(g, picked, curve);
        if (series->low && series->style == DSC_SERIES_MEASURED) {
            band_measure(g, picked, series->low, false, curve);
            band_measure(g, picked, series->high, true, curve);
        }
        if (g->plot->scattered && series->output && curve->points)
            scatter(g, picked, pattern, curve);
        if (pattern && curve->count == 0)
            panel->count--;
    }
}

static void gather_panels(struct gathering *g)
{
    const size_t count = shown_count(g, g->panels, MAX_PANELS);
    g->plot->panels = dsc_scope_alloc(g->scope, count, sizeof *g->plot->panels);
    for (size_t p = 0; g->plot->panels && p < count; p++) {
        dsci_panel *panel = &g->plot->panels[g->plot->panel_count++];
        const size_t value =
            g->panels == NONE ? 0 : shown_index(p, g->spec->axes[g->panels].count, MAX_PANELS);
        if (g->panels != NONE)
            panel->title = panel_title(g, value);
        panel->curves =
            dsc_scope_alloc(g->scope, (size_t)DSC_FIGURE_MAX_SERIES * MAX_CURVES, sizeof *panel->curves);
        for (size_t s = 0, ordinal = 0; panel->curves && s < DSC_FIGURE_MAX_SERIES; s++) {
            const dsc_series *series = &g->figure->series[s];
            if (!series->output && series->reference_count == 0)
                break;
            panel_add(g, panel, value, series, ordinal);
            ordinal += series->style == DSC_SERIES_MEASURED;
        }
    }
}

/* ---- maps ---- */

/* The position of the values along two axes and the seeds in an output's array. */
struct grid {
    size_t offset, x_stride, y_stride, seed_stride, seeds;
};

static bool grid_make(const struct gathering *g, const dsc_record_output *output, size_t y,
                      size_t panel_value, struct grid *grid)
{
    *grid = (struct grid){ .seeds = 1 };
    for (size_t i = output->rank, stride = 1; i-- > 0;) {
        const size_t axis = output->axes[i];
        const dsc_record_axis *a = &g->spec->axes[axis];
        if (axis == g->x)
            grid->x_stride = stride;
        else if (axis == y)
            grid->y_stride = stride;
        else if (axis == g->panels)
            grid->offset += stride * panel_value;
        else if (strcmp(a->name, "seed") == 0) {
            grid->seed_stride = stride;
            grid->seeds = a->count;
        } else if (a->count != 1)
            dsc_scope_fail(
                g->scope, DSC_ERROR_FORMAT,
                "figure '%s': output '%s' has %zu values along axis '%s', of which the figure picks none",
                g->figure->name, output->name, a->count, a->name);
        stride *= a->count;
    }
    if (grid->x_stride == 0 || grid->y_stride == 0)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': output '%s' lacks axis '%s' or '%s'",
                       g->figure->name, output->name, g->figure->x, g->figure->y);
    return dsc_scope_status(g->scope) == DSC_OK;
}

static const char **axis_texts(const struct gathering *g, size_t axis, size_t count)
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

static void map_measure(struct gathering *g, const dsc_record_output *output, size_t y, size_t panel_value,
                        dsci_panel *panel)
{
    struct grid grid;
    if (!grid_make(g, output, y, panel_value, &grid))
        return;
    const size_t seeds = g->figure->picture ? 1 : grid.seeds;
    panel->rows = g->spec->axes[y].count;
    panel->columns = g->spec->axes[g->x].count;
    panel->tiles = dsc_scope_alloc(g->scope, panel->rows * panel->columns, sizeof *panel->tiles);
    double *values = dsc_scope_alloc(g->scope, seeds, sizeof *values);
    for (size_t i = 0; values && panel->tiles && i < panel->rows * panel->columns; i++) {
        const size_t row = i / panel->columns, column = i % panel->columns;
        for (size_t s = 0; s < seeds; s++)
            values[s] = dsci_plot_scale(g->figure->y_scale) *
                        output->values[grid.offset + row * grid.y_stride + column * grid.x_stride +
                                       s * grid.seed_stride];
        const dsc_interval interval = dsc_summarize(values, seeds);
        const bool shown = interval.n && dsci_interval_takes(&g->plot->y, interval.median);
        panel->tiles[i] = shown ? interval.median : (double)NAN;
        panel->extreme += interval.n && !shown;
        if (shown) {
            g->n_low = g->n_high == 0 || interval.n < g->n_low ? interval.n : g->n_low;
            g->n_high = interval.n > g->n_high ? interval.n : g->n_high;
            g->plot->y.low = fmin(g->plot->y.low, interval.median);
            g->plot->y.high = fmax(g->plot->y.high, interval.median);
        }
    }
    panel->row_texts = axis_texts(g, y, panel->rows);
    panel->column_texts = axis_texts(g, g->x, panel->columns);
    if (g->figure->picture && dsc_scope_status(g->scope) == DSC_OK)
        crop(panel);
}

/* "N = 3 seeds", "N = 2 to 3 seeds": of those that gave a value. */
static const char *seeds_text(const struct gathering *g)
{
    return g->n_low == g->n_high ? dsc_scope_format(g->scope, "N = %zu seeds", g->n_high)
                                 : dsc_scope_format(g->scope, "N = %zu to %zu seeds", g->n_low, g->n_high);
}

static void gather_map(struct gathering *g)
{
    const size_t y = axis_find(g, g->figure->y), count = shown_count(g, g->panels, MAX_PANELS);
    const char *name = g->figure->series[0].output;
    const dsc_record_output *output = name ? dsc_record_output_find(g->record, name) : NULL;
    if (!output)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': the results file has no output '%s'",
                       g->figure->name, name ? name : "");
    g->plot->panels = dsc_scope_alloc(g->scope, count, sizeof *g->plot->panels);
    for (size_t p = 0; g->plot->panels && output && y != NONE && p < count; p++) {
        dsci_panel *panel = &g->plot->panels[g->plot->panel_count++];
        const size_t value =
            g->panels == NONE ? 0 : shown_index(p, g->spec->axes[g->panels].count, MAX_PANELS);
        if (g->panels != NONE)
            panel->title = panel_title(g, value);
        map_measure(g, output, y, value, panel);
        if (g->figure->picture && panel->rows == 0 && (p + 1 < count || g->plot->panel_count > 1))
            g->plot->panel_count--; /* nothing to show */
    }
    dsci_interval *range = &g->plot->y;
    g->plot->empty = range->low > range->high;
    const dsci_interval asked = { g->figure->y_min != 0 ? g->figure->y_min : range->low,
                                  g->figure->y_max != 0 ? g->figure->y_max : range->high, false, false };
    if (g->plot->empty)
        *range = (dsci_interval){ .low = 0, .high = 1 };
    else if (asked.low < asked.high)
        *range = asked;
    else
        dsci_interval_pad(range, 0.05);
    g->plot->diverging = range->low < 0 && range->high > 0 && g->figure->y_min == 0 && g->figure->y_max == 0;
    if (g->plot->diverging) { /* 0 is in the middle of the colours */
        range->high = fmax(-range->low, range->high);
        range->low = -range->high;
    }
    g->plot->samples = g->plot->empty       ? "no data yet"
                       : g->figure->picture ? "the first seed"
                       : g->n_high == 1     ? "N = 1 seed"
                                            : dsc_scope_format(g->scope, "median, %s", seeds_text(g));
}

static const char *samples_text(const struct gathering *g)
{
    if (g->plot->empty && !g->plot->left_out[0])
        return "no data yet";
    if (g->n_high == 0 || (g->plot->scattered && g->n_high == 1))
        return "";
    if (g->n_high == 1)
        return "N = 1 seed";
    if (g->banded)
        return dsc_scope_format(g->scope, "medians, %s", seeds_text(g));
    return dsc_scope_format(g->scope, "median and %s, %s", dsc_interval_name(g->n_low, g->n_high),
                            seeds_text(g));
}

/* The first curve of the same legend. */
static const dsci_curve *first_of(const dsci_plot *plot, size_t panel, size_t curve)
{
    const char *legend = plot->panels[panel].curves[curve].legend;
    for (size_t p = 0; legend && p <= panel; p++)
        for (size_t c = 0; c < (p < panel ? plot->panels[p].count : curve); c++) {
            const char *other = plot->panels[p].curves[c].legend;
            if (other && strcmp(legend, other) == 0)
                return &plot->panels[p].curves[c];
        }
    return &plot->panels[panel].curves[curve];
}

bool dsci_plot_listed(const dsci_plot *plot, size_t panel, size_t curve)
{
    const dsci_curve *c = &plot->panels[panel].curves[curve];
    return c->legend && first_of(plot, panel, curve) == c;
}

/* Curves of one legend look the same and have one sign, other ones not. */
static void number_looks(dsci_plot *plot)
{
    size_t signs = 0, looks[DSC_SERIES_PUBLISHED + 1] = { 0 };
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++) {
            dsci_curve *curve = &plot->panels[p].curves[c];
            const dsci_curve *like = curve->legend || c == 0 ? first_of(plot, p, c) : curve - 1;
            const bool is_new = like == curve && !curve->direct;
            if (curve->style == DSC_SERIES_MEASURED)
                curve->sign = is_new ? signs++ : like->sign;
            else
                curve->variant = is_new ? looks[curve->style]++ : like->variant;
        }
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

const dsci_plot *dsci_plot_make(dsc_scope *scope, dsc_record *record, const dsc_figure *figure)
{
    dsci_plot *plot = dsc_scope_alloc(scope, 1, sizeof *plot);
    if (!plot || !record)
        return NULL;
    struct gathering g = {
        .scope = scope, .record = record, .spec = dsc_record_describe(record), .figure = figure, .plot = plot
    };
    g.x = axis_find(&g, figure->x);
    g.panels = axis_find(&g, figure->panels);
    g.by = axis_find(&g, figure->by);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    *plot = (dsci_plot){ .figure = figure,
                         .title = or_empty(figure->title),
                         .x_label = figure->x_label ? figure->x_label : figure->x,
                         .y_label = or_empty(figure->y_label),
                         .x = { .low = DBL_MAX, .high = -DBL_MAX, .log = figure->log_x },
                         .y = { .low = DBL_MAX, .high = -DBL_MAX, .log = figure->log_y } };
    if (figure->y) {
        plot->y.log = false;
        gather_map(&g);
        plot->left_out = dsci_plot_left_out(scope, plot);
        return dsc_scope_status(scope) == DSC_OK ? plot : NULL;
    }
    plot->scattered = figure->x_output != NULL;
    plot->x.whole = g.spec->axes[g.x].integer && !plot->scattered && dsci_plot_scale(figure->x_scale) == 1;
    plot->named_x = g.spec->axes[g.x].names && !plot->scattered ? &g.spec->axes[g.x] : NULL;
    gather_panels(&g);
    number_looks(plot);
    dsci_plot_ranges(plot);
    plot->left_out = dsci_plot_left_out(scope, plot);
    plot->samples = samples_text(&g);
    return dsc_scope_status(scope) == DSC_OK ? plot : NULL;
}
