/* data_file.c - the data file of a figure. */
#include "plot/plot.h"

#include <math.h>

static const char *const style_texts[] = {
    [DSC_SERIES_MEASURED] = "measured",
    [DSC_SERIES_THEORY] = "theory",
    [DSC_SERIES_PUBLISHED] = "published",
};

/* A name in a data file: one word to gnuplot. */
static void put_word(dsc_text *out, const char *name)
{
    dsc_text_append(out, " \"");
    for (; *name; name++)
        dsc_text_append_bytes(out, *name == '"' || (unsigned char)*name < ' ' ? "_" : name, 1);
    dsc_text_append(out, "\"");
}

static void put_end(dsc_text *out, const dsci_chart *plot, double x, double y)
{
    const double value = dsci_span_value(plot->y, y);
    dsc_text_format(out, "%.10g %.10g %.10g %.10g 1\n", dsci_span_value(plot->x, x), value, value, value);
}

/* Writes a line through reference points, cut at the frame of the panel: gnuplot does not draw lines whose
   ends lie very far outside. */
static void put_line(dsc_text *out, const dsci_chart *plot, const dsci_curve *curve)
{
    dsci_segment last = { .x1 = NAN }, part;
    for (size_t i = 1; i < curve->count; i++) {
        if (!dsci_segment_clip(plot, &curve->points[i - 1], &curve->points[i], &part))
            continue;
        if (part.x0 != last.x1 || part.y0 != last.y1) {
            dsc_text_append(out, isnan(last.x1) ? "" : "\n");
            put_end(out, plot, part.x0, part.y0);
        }
        put_end(out, plot, part.x1, part.y1);
        last = part;
    }
}

/* A gap is one blank line, which breaks the line and the band; never at an end or twice, since two blank
   lines end a block. */
static void put_points(dsc_text *out, const dsci_curve *curve)
{
    bool some = false, gap = false;
    for (size_t i = 0; i < curve->count; i++) {
        const dsci_point *p = &curve->points[i];
        if (p->y.n == 0) {
            gap = some;
            continue;
        }
        dsc_text_format(out, "%s%.10g %.10g %.10g %.10g %zu", gap ? "\n" : "", p->x, p->y.median, p->y.low,
                        p->y.high, p->y.n);
        if (p->name)
            put_word(out, p->name);
        dsc_text_append(out, "\n");
        some = true;
        gap = false;
    }
}

/* A map's block: column, row (from the top, from 0), value; NaN where a tile has none. */
static void put_tiles(dsc_text *out, dsc_scope *scope, const dsci_chart *plot)
{
    dsc_text_append(
        out, "# One block per map, two blank lines apart, its name first.\n# Columns: column, row, value.\n");
    for (size_t p = 0; p < plot->panel_count; p++) {
        const dsci_panel *panel = &plot->panels[p];
        dsc_text_format(out, "\n\n# panel-%zu-map\n# map: %s\n", p + 1,
                        panel->title ? dsci_text_clean(scope, panel->title, 200) : "");
        for (size_t i = 0; i < panel->rows * panel->columns; i++)
            if (isfinite(panel->tiles[i]))
                dsc_text_format(out, "%zu %zu %.10g\n", i % panel->columns, i / panel->columns,
                                panel->tiles[i]);
            else
                dsc_text_format(out, "%zu %zu NaN\n", i % panel->columns, i / panel->columns);
    }
}

const char *dsci_chart_data(dsc_scope *scope, const dsci_chart *plot, const char *stem, const char *source)
{
    dsc_text *out = dsc_text_open(scope);
    dsc_text_format(out, "# %s.dat - %s\n# from %s\n", stem, dsci_text_clean(scope, plot->title, 200),
                    dsci_text_clean(scope, source, 200));
    dsc_text_format(out, "# x: %s; y: %s\n", dsci_text_clean(scope, plot->x_label, 200),
                    dsci_text_clean(scope, plot->y_label, 200));
    if (plot->figure->y)
        put_tiles(out, scope, plot);
    else
        dsc_text_append(
            out,
            "# One block per curve, two blank lines apart, its name first; one blank line: a gap; lines that are written along end at the axes.\n"
            "# Columns: x, median over the seeds, low and high end of its band (the 95 % bootstrap interval, of fewer than 6 seeds their range, unless the figure names outputs), number of seeds.\n");
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++) {
            const dsci_panel *panel = &plot->panels[p];
            const dsci_curve *curve = &panel->curves[c];
            dsc_text_format(out, "\n\n# panel-%zu-curve-%zu\n# %s: %s", p + 1, c + 1,
                            style_texts[curve->style], dsci_text_clean(scope, curve->label, 200));
            if (curve->output)
                dsc_text_format(out, " (output %s)", dsci_text_clean(scope, curve->output, 200));
            if (panel->title)
                dsc_text_format(out, ", %s", dsci_text_clean(scope, panel->title, 200));
            dsc_text_format(out, "\n# x median low high n%s\n", plot->scattered ? " name" : "");
            if (curve->direct)
                put_line(out, plot, curve);
            else
                put_points(out, curve);
        }
    return dsc_text_string(out);
}
