/* ranges.c - the ranges of a figure's axes, what lies inside them, and what cannot be shown. */
#include "plot/plot.h"

#include <math.h>
#include <string.h>

static const double drawable = 1e100; /* larger values are in the data file but not in the picture */

bool dsci_span_takes(const dsci_span *range, double value)
{
    return fabs(value) <= drawable && (!range->log || value >= 1 / drawable);
}

static void range_take(dsci_span *range, double value)
{
    if (!dsci_span_takes(range, value))
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

/* Widens a range that has no length, or one that is shorter than doubles of that size can resolve. */
void dsci_span_pad(dsci_span *range, double share)
{
    if (range->log) {
        const double factor =
            range->high > range->low * (1 + 1e-9) ? pow(range->high / range->low, share) : 3;
        range->low /= factor;
        range->high *= factor;
    } else {
        const double length = range->high - range->low;
        const double size = fmax(fabs(range->low), fabs(range->high));
        const double pad = length > 1e-9 * size ? share * length : fmax(0.1 * size, 0.1);
        range->low -= pad;
        range->high += pad;
    }
}

bool dsci_chart_drawable(const dsci_chart *plot, const dsci_point *point)
{
    return dsci_span_takes(&plot->x, point->x) && dsci_span_takes(&plot->y, point->y.median);
}

double dsci_span_fraction(dsci_span range, double value)
{
    return range.log ? log(value / range.low) / log(range.high / range.low)
                     : (value - range.low) / (range.high - range.low);
}

double dsci_span_value(dsci_span range, double fraction)
{
    return range.log ? range.low * pow(range.high / range.low, fraction)
                     : range.low + fraction * (range.high - range.low);
}

/* ---- lines ---- */

/* Narrows [*from, *to], shares of a line's way, to where a coordinate that begins at `at` and changes by
   `change` along the way is within 0..1. */
static void narrow(double at, double change, double *from, double *to)
{
    if (change == 0) {
        if (!(at >= 0 && at <= 1))
            *to = -1;
        return;
    }
    const double zero = -at / change, one = (1 - at) / change;
    *from = fmax(*from, fmin(zero, one));
    *to = fmin(*to, fmax(zero, one));
}

bool dsci_segment_clip(const dsci_chart *plot, const dsci_point *a, const dsci_point *b,
                       dsci_segment *segment)
{
    if (a->y.n == 0 || b->y.n == 0 || !dsci_chart_drawable(plot, a) || !dsci_chart_drawable(plot, b))
        return false;
    const double x = dsci_span_fraction(plot->x, a->x), dx = dsci_span_fraction(plot->x, b->x) - x;
    const double y = dsci_span_fraction(plot->y, a->y.median),
                 dy = dsci_span_fraction(plot->y, b->y.median) - y;
    double from = 0, to = 1;
    if (!isfinite(x) || !isfinite(y) || !isfinite(dx) || !isfinite(dy))
        return false;
    narrow(x, dx, &from, &to); /* Liang and Barsky (1984) */
    narrow(y, dy, &from, &to);
    if (!(from <= to))
        return false;
    const double x0 = x + from * dx, y0 = y + from * dy, x1 = x + to * dx, y1 = y + to * dy;
    *segment = (dsci_segment){ fmax(0, fmin(1, x0)), fmax(0, fmin(1, y0)), fmax(0, fmin(1, x1)),
                               fmax(0, fmin(1, y1)) };
    return true;
}

bool dsci_curve_drawn(const dsci_chart *plot, const dsci_curve *curve)
{
    dsci_segment part;
    for (size_t i = 0; i < curve->count; i++)
        if (curve->direct ? i && dsci_segment_clip(plot, &curve->points[i - 1], &curve->points[i], &part)
                          : curve->points[i].y.n && dsci_chart_drawable(plot, &curve->points[i]))
            return true;
    return false;
}

/* ---- ranges ---- */

/* How far lines may widen the range of the values, so that they stay readable. */
static dsci_span widest(dsci_span values)
{
    const double length = values.high - values.low;
    const double reach = 20 * fmax(length, fmax(fabs(values.low), fabs(values.high)));
    if (values.low > values.high)
        return (dsci_span){ .low = -drawable, .high = drawable, .log = values.log };
    if (values.log)
        return (dsci_span){ .low = values.low / 1e4, .high = values.high * 1e4, .log = true };
    return (dsci_span){ .low = values.low - reach, .high = values.high + reach };
}

/* Extends the range of y by a line through reference points, by its part within the range of x. */
static void take_line(const dsci_chart *plot, const dsci_point *a, const dsci_point *b, dsci_span most,
                      dsci_span *y)
{
    if (!dsci_chart_drawable(plot, a) || !dsci_chart_drawable(plot, b))
        return;
    const double x = dsci_span_fraction(plot->x, a->x), dx = dsci_span_fraction(plot->x, b->x) - x;
    const double first = y->log ? log(a->y.median) : a->y.median;
    const double change = (y->log ? log(b->y.median) : b->y.median) - first;
    double from = 0, to = 1;
    narrow(x, dx, &from, &to);
    for (int end = 0; from <= to && end < 2; end++) {
        const double place = first + (end ? to : from) * change, value = y->log ? exp(place) : place;
        if (value >= most.low && value <= most.high)
            range_take(y, value);
    }
}

static void take_values(const dsci_curve *curve, dsci_span *y)
{
    for (size_t i = 0; i < curve->count; i++) {
        range_take(y, curve->points[i].y.median);
        if (curve->style == DSC_SERIES_MEASURED) {
            range_take(y, curve->points[i].y.low);
            range_take(y, curve->points[i].y.high);
        }
    }
}

/* The range of y: that of all values, extended by lines of theory as far as the values stay readable. */
static void take_curves(const dsci_chart *plot, dsci_span *y)
{
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++)
            if (!plot->panels[p].curves[c].direct)
                take_values(&plot->panels[p].curves[c], y);
    const dsci_span most = widest(*y);
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++) {
            const dsci_curve *curve = &plot->panels[p].curves[c];
            for (size_t i = 1; curve->direct && i < curve->count; i++)
                take_line(plot, &curve->points[i - 1], &curve->points[i], most, y);
        }
}

/* Whether all values along y are counts. */
static bool is_counted(const dsci_chart *plot)
{
    bool some = false;
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++)
            for (size_t i = 0; i < plot->panels[p].curves[c].count; i++) {
                const dsc_interval *y = &plot->panels[p].curves[c].points[i].y;
                if (y->n &&
                    (y->median != floor(y->median) || y->low != floor(y->low) || y->high != floor(y->high)))
                    return false;
                some = some || y->n;
            }
    return some;
}

/* Widens a logarithmic range, about its middle, to at least that number of decades. */
static void widen(dsci_span *range, double decades)
{
    const double lacking = range->log ? decades - log10(range->high / range->low) : 0;
    if (lacking > 0) {
        range->low /= pow(10, lacking / 2);
        range->high *= pow(10, lacking / 2);
    }
}

static void range_y(dsci_chart *plot)
{
    const dsc_figure *figure = plot->figure;
    plot->y.whole = is_counted(plot);
    take_curves(plot, &plot->y);
    plot->empty = plot->y.low > plot->y.high;
    if (plot->empty)
        plot->y.low = plot->y.high = 1;
    const bool from_zero = !plot->y.log && plot->y.low >= 0 && plot->y.low < 0.4 * plot->y.high;
    dsci_span_pad(&plot->y, 0.05);
    if (plot->scattered)
        widen(&plot->y, 1);
    if (from_zero)
        plot->y.low = 0;
    const dsci_span asked = { figure->y_min != 0 ? figure->y_min : plot->y.low,
                              figure->y_max != 0 ? figure->y_max : plot->y.high, plot->y.log, plot->y.whole };
    if (asked.low < asked.high && dsci_span_takes(&asked, asked.low) && dsci_span_takes(&asked, asked.high))
        plot->y = asked;
}

/* Where a curve's median first comes down to a level; infinity if it never does. */
static double first_below(const dsci_panel *panel, const char *output, double level)
{
    for (size_t c = 0; c < panel->count; c++) {
        const dsci_curve *curve = &panel->curves[c];
        if (curve->style != DSC_SERIES_MEASURED || strcmp(curve->output, output) != 0)
            continue;
        for (size_t i = 0; i < curve->count; i++)
            if (curve->points[i].y.n && curve->points[i].y.median <= level)
                return curve->points[i].x;
    }
    return INFINITY;
}

double dsci_chart_scale(double scale)
{
    return scale == 0 ? 1 : scale;
}

/* Keeps the marks of a panel that lie near the measured values, and makes room for them. */
static void place_marks(dsci_chart *plot, dsci_panel *panel, dsci_span measured)
{
    const dsc_figure *figure = plot->figure;
    dsci_span_pad(&measured, 0.15);
    for (size_t i = 0; i < DSC_FIGURE_MAX_MARKS && figure->marks[i].label; i++) {
        dsc_mark mark = figure->marks[i];
        mark.at = mark.output
                      ? first_below(panel, mark.output, mark.below * dsci_chart_scale(figure->y_scale))
                      : mark.at / dsci_chart_scale(figure->x_scale);
        if (!(mark.at >= measured.low && mark.at <= measured.high))
            continue;
        range_take(&plot->x, mark.at);
        panel->marks[panel->mark_count++] = mark;
    }
}

/* The range of x: that of the measured values. Published points and marks far outside it are not drawn. */
static void range_x(dsci_chart *plot)
{
    dsci_span all = plot->x;
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++)
            for (size_t i = 0; i < plot->panels[p].curves[c].count; i++) {
                const dsci_curve *curve = &plot->panels[p].curves[c];
                range_take(curve->output ? &plot->x : &all, curve->points[i].x);
            }
    if (plot->x.low > plot->x.high)
        plot->x = all;
    if (plot->x.low > plot->x.high)
        plot->x.low = plot->x.high = 1;
    const dsci_span measured = plot->x;
    for (size_t p = 0; p < plot->panel_count; p++)
        place_marks(plot, &plot->panels[p], measured);
    if (plot->named_x && !plot->x.log) { /* half a place at both ends */
        plot->x.low -= 0.5;
        plot->x.high += 0.5;
    } else
        dsci_span_pad(&plot->x, 0.02);
    if (plot->scattered)
        widen(&plot->x, 2);
}

void dsci_chart_ranges(dsci_chart *plot)
{
    range_x(plot);
    range_y(plot);
}

/* ---- what cannot be shown ---- */

struct left_out {
    size_t not_positive, extreme, lines;
};

/* True if all of a line's points are places on the axes, but nothing of it lies inside the panel. */
static bool is_outside(const dsci_chart *plot, const dsci_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (!dsci_chart_drawable(plot, &curve->points[i]))
            return false;
    return !dsci_curve_drawn(plot, curve);
}

static void count_point(const dsci_chart *plot, const dsci_point *point, struct left_out *left_out)
{
    if (point->y.n == 0 || dsci_chart_drawable(plot, point))
        return;
    if ((plot->x.log && point->x <= 0) || (plot->y.log && point->y.median <= 0))
        left_out->not_positive++;
    else
        left_out->extreme++;
}

const char *dsci_chart_left_out(dsc_scope *scope, const dsci_chart *plot)
{
    struct left_out n = { 0 };
    for (size_t p = 0; p < plot->panel_count; p++) {
        const dsci_panel *panel = &plot->panels[p];
        for (size_t c = 0; c < panel->count; c++) {
            const dsci_curve *curve = &panel->curves[c];
            n.lines += curve->direct && is_outside(plot, curve);
            for (size_t i = 0; i < curve->count; i++)
                count_point(plot, &curve->points[i], &n);
        }
        n.extreme += panel->extreme;
    }
    dsc_text *text = dsc_text_open(scope);
    if (n.not_positive)
        dsc_text_format(text, "%zu point%s at or below 0 (logarithmic axis)", n.not_positive,
                        n.not_positive == 1 ? "" : "s");
    if (n.extreme)
        dsc_text_format(text, "%s%zu value%s too large or too small", dsc_text_length(text) ? ", " : "",
                        n.extreme, n.extreme == 1 ? "" : "s");
    if (n.lines)
        dsc_text_format(text, "%s%zu line%s outside the axes", dsc_text_length(text) ? ", " : "", n.lines,
                        n.lines == 1 ? "" : "s");
    return dsc_text_length(text) ? dsc_scope_format(scope, "not shown: %s", dsc_text_string(text)) : "";
}

const char *dsci_panel_empty(const dsci_chart *plot, const dsci_panel *panel)
{
    bool some = panel->extreme > 0;
    for (size_t c = 0; c < panel->count; c++) {
        if (dsci_curve_drawn(plot, &panel->curves[c]))
            return NULL;
        for (size_t i = 0; i < panel->curves[c].count; i++)
            some = some || panel->curves[c].points[i].y.n;
    }
    return some ? "nothing that these axes can show" : "no data yet";
}
