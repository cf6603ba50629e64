/* panels.c - gathers a figure's numbers from a record: what maps and curves have in common. */
#include "plot/gathering.h"

#include <float.h>
#include <string.h>

static size_t axis_find(const dsci_gathering *g, const char *name)
{
    for (size_t i = 0; name && i < g->spec->axis_count; i++)
        if (strcmp(g->spec->axes[i].name, name) == 0)
            return i;
    if (name)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': the results file has no axis '%s'",
                       g->figure->name, name);
    return DSCI_NO_AXIS;
}

const dsc_record_output *dsci_gathering_output(const dsci_gathering *g, const char *name)
{
    const dsc_record_output *output = name ? dsc_record_output_find(g->record, name) : NULL;
    if (!output)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': the results file has no output '%s'",
                       g->figure->name, name ? name : "");
    return output;
}

/* ---- places ---- */

static void choose_places(dsci_gathering *g)
{
    for (size_t i = 0; i < DSC_FIGURE_MAX_SERIES && dsc_scope_status(g->scope) == DSC_OK; i++) {
        dsci_where where;
        const char *text = g->figure->series[i].where, *wrong = dsci_where_read(g->scope, text, &where);
        wrong = wrong ? wrong : dsci_where_choose(g->scope, g->spec, &where, g->places[i]);
        if (wrong)
            dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s', where '%.80s': %s", g->figure->name,
                           text ? text : "", wrong);
    }
}

size_t dsci_places_at(const dsci_places *places, size_t i)
{
    return places->condition ? places->at[i] : i;
}

bool dsci_walk_make(const dsci_gathering *g, const dsc_record_output *output, const dsci_places *places,
                    dsci_walk *walk)
{
    *walk = (dsci_walk){ 0 };
    for (size_t i = output->rank, stride = 1; i-- > 0;) {
        const size_t axis = output->axes[i];
        const dsc_record_axis *a = &g->spec->axes[axis];
        if (axis == g->x) {
            walk->x_stride = stride;
        } else if (axis == g->y) {
            walk->y_stride = stride;
        } else if (strcmp(a->name, "seed") == 0) {
            walk->seed_stride = stride;
            walk->seeds = &places[axis];
        } else if (places[axis].count == 1) {
            walk->offset += stride * places[axis].at[0];
        } else {
            dsc_scope_fail(
                g->scope, DSC_ERROR_FORMAT,
                "figure '%s': output '%s' has %zu values along axis '%s', of which the figure picks "
                "not one, by panels, by or where",
                g->figure->name, output->name, places[axis].count, a->name);
            return false;
        }
        stride *= a->count;
    }
    const bool has_y = g->y == DSCI_NO_AXIS || walk->y_stride;
    if (!walk->x_stride || !has_y)
        dsc_scope_fail(g->scope, DSC_ERROR_FORMAT, "figure '%s': output '%s' has no axis '%s'",
                       g->figure->name, output->name, walk->x_stride ? g->figure->y : g->figure->x);
    return walk->x_stride && has_y;
}

size_t dsci_walk_seeds(const dsci_walk *walk)
{
    return walk->seeds ? walk->seeds->count : 1;
}

double dsci_walk_value(const dsci_gathering *g, const dsci_walk *walk, const dsc_record_output *output,
                       size_t x, size_t y, size_t seed)
{
    const size_t place = walk->seeds ? dsci_places_at(walk->seeds, seed) : 0;
    return dsci_chart_scale(g->figure->y_scale) *
           output->values[walk->offset + x * walk->x_stride + y * walk->y_stride + place * walk->seed_stride];
}

void dsci_gathering_count(dsci_gathering *g, size_t n)
{
    g->n_low = g->n_high == 0 || n < g->n_low ? n : g->n_low;
    g->n_high = n > g->n_high ? n : g->n_high;
}

size_t dsci_shown_index(size_t i, size_t count, size_t most)
{
    return count <= most ? i : i * (count - 1) / (most - 1);
}

size_t dsci_shown_count(const dsci_gathering *g, size_t axis, size_t count, size_t most)
{
    if (axis == DSCI_NO_AXIS)
        return 1;
    if (count > most)
        dsc_scope_log(g->scope, DSC_LOG_WARNING, "figure '%s' shows %zu of the %zu values of '%s'",
                      g->figure->name, most, count, g->spec->axes[axis].name);
    return count < most ? count : most;
}

/* ---- words ---- */

const char *dsci_axis_value_text(const dsci_gathering *g, size_t axis, size_t index)
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
static const char *panel_title(const dsci_gathering *g, size_t index)
{
    const char *value = dsci_axis_value_text(g, g->panels, index), *at = g->figure->panel_titles;
    const size_t length = value ? strlen(value) : 0;
    while (value && at && *at) {
        const size_t entry = strcspn(at, "|");
        if (strncmp(at, value, length) == 0 && at[length] == '=')
            return dsc_scope_format(g->scope, "%.*s", (int)(entry - length - 1), at + length + 1);
        at += entry + (at[entry] == '|');
    }
    return value;
}

dsci_panel *dsci_panel_add(dsci_gathering *g, size_t place)
{
    dsci_panel *panel = &g->plot->panels[g->plot->panel_count++];
    if (g->panels != DSCI_NO_AXIS)
        panel->title = panel_title(g, place);
    return panel;
}

const char *dsci_seeds_text(const dsci_gathering *g)
{
    return g->n_low == g->n_high ? dsc_scope_format(g->scope, "N = %zu seeds", g->n_high)
                                 : dsc_scope_format(g->scope, "N = %zu to %zu seeds", g->n_low, g->n_high);
}

static const char *samples_text(const dsci_gathering *g)
{
    if (g->plot->empty && !g->plot->left_out[0])
        return "no data yet";
    if (g->n_high == 0 || (g->plot->scattered && g->n_high == 1))
        return "";
    if (g->n_high == 1)
        return "N = 1 seed";
    if (g->banded)
        return dsc_scope_format(g->scope, "medians, %s", dsci_seeds_text(g));
    return dsc_scope_format(g->scope, "median and %s, %s", dsc_interval_name(g->n_low, g->n_high),
                            dsci_seeds_text(g));
}

/* The first curve of the same legend. */
static const dsci_curve *first_of(const dsci_chart *plot, size_t panel, size_t curve)
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

bool dsci_chart_listed(const dsci_chart *plot, size_t panel, size_t curve)
{
    const dsci_curve *c = &plot->panels[panel].curves[curve];
    return c->legend && first_of(plot, panel, curve) == c;
}

/* Numbers the looks: curves with the same legend have the same dash or point sign, other curves have
 * different ones. */
static void number_looks(dsci_chart *plot)
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

const dsci_chart *dsci_chart_make(dsc_scope *scope, dsc_record *record, const dsc_figure *figure)
{
    dsci_chart *plot = dsc_scope_alloc(scope, 1, sizeof *plot);
    dsci_gathering *g = dsc_scope_alloc(scope, 1, sizeof *g);
    if (!plot || !g || !record)
        return NULL;
    *g = (dsci_gathering){
        .scope = scope, .record = record, .spec = dsc_record_describe(record), .figure = figure, .plot = plot
    };
    g->x = axis_find(g, figure->x);
    g->y = axis_find(g, figure->y);
    g->panels = axis_find(g, figure->panels);
    g->by = axis_find(g, figure->by);
    choose_places(g);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    *plot = (dsci_chart){ .figure = figure,
                          .title = or_empty(figure->title),
                          .x_label = figure->x_label ? figure->x_label : figure->x,
                          .y_label = or_empty(figure->y_label),
                          .x = { .low = DBL_MAX, .high = -DBL_MAX, .log = figure->log_x },
                          .y = { .low = DBL_MAX, .high = -DBL_MAX, .log = figure->log_y } };
    if (figure->y) {
        plot->y.log = false;
        dsci_map_gather(g);
        plot->left_out = dsci_chart_left_out(scope, plot);
        return dsc_scope_status(scope) == DSC_OK ? plot : NULL;
    }
    const dsc_record_axis *x = &g->spec->axes[g->x];
    plot->scattered = figure->x_output != NULL;
    plot->x.whole = x->integer && !plot->scattered && dsci_chart_scale(figure->x_scale) == 1;
    plot->named_x = x->names && !plot->scattered ? x : NULL;
    dsci_curves_gather(g);
    number_looks(plot);
    dsci_chart_ranges(plot);
    plot->left_out = dsci_chart_left_out(scope, plot);
    plot->samples = samples_text(g);
    return dsc_scope_status(scope) == DSC_OK ? plot : NULL;
}
