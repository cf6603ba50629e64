/* script_map.c - a map as part of a gnuplot script: tiles in the colors of a scale. */
#include <math.h>

#include "plot/script.h"

/* Viridis (Smith and van der Walt 2015): even steps of lightness, apart for every kind of color vision. */
static const char sequential[] =
    "(0 '#440154', 1 '#482878', 2 '#3e4989', 3 '#31688e', 4 '#26828e', 5 '#1f9e89', "
    "6 '#35b779', 7 '#6ece58', 8 '#b5de2b', 9 '#fde725')";

/* Blue over white to red, ColorBrewer's RdBu (Harrower and Brewer 2003), apart for every kind of color
   vision: for values on both sides of 0. */
static const char diverging[] =
    "(0 '#053061', 1 '#2166ac', 2 '#4393c3', 3 '#92c5de', 4 '#d1e5f0', 5 '#f7f7f7', "
    "6 '#fddbc7', 7 '#f4a582', 8 '#d6604d', 9 '#b2182b', 10 '#67001f')";

/* Tick labels at whole places, no nearer than `apart` of them. */
static void put_places_of(dsci_script *s, char axis, const char *const *texts, size_t count, size_t apart)
{
    dsc_text_format(s->out, "set %ctics %s(", axis,
                    axis == 'x' && s->layout.slanted ? "rotate by 45 right " : "");
    for (size_t i = 0; i < count; i += apart) {
        dsc_text_append(s->out, i ? ", " : "");
        dsci_script_tick(s->out, s->scope, texts[i], DSCI_MAP_TEXT);
        dsc_text_format(s->out, " %zu", i);
    }
    dsc_text_append(s->out, ")\n");
}

/* Tiles are squares: the frame of a map inside its panel's room, in pixels. */
struct map_frame {
    double left, top, width, height, tile;
};

static struct map_frame frame_of(const dsci_script *s, size_t p)
{
    const dsci_layout *l = &s->layout;
    const dsci_panel *panel = &s->plot->panels[p];
    const double room_x = l->panel_width - l->map_labels;
    struct map_frame f = { .tile = dsci_layout_tile(l, panel) };
    f.width = f.tile * (double)panel->columns;
    f.height = f.tile * (double)panel->rows;
    f.left = DSCI_LEFT + (double)(p % l->columns) * (l->panel_width + DSCI_GAP) + l->map_labels +
             (room_x - f.width) / 2;
    const size_t row = p / l->columns;
    f.top = l->top + (double)row * l->row_step + l->row_top;
    return f;
}

/* The y label follows the first map, which stands in the middle of its room. */
static double map_y_label_left(const dsci_script *s)
{
    const dsci_panel *first = s->plot->panels;
    if (s->plot->panel_count == 0 || first->rows == 0 || first->columns == 0)
        return DSCI_Y_LABEL_LEFT;
    return DSCI_Y_LABEL_LEFT + frame_of(s, 0).left - (DSCI_LEFT + s->layout.map_labels);
}

/* Numbers on the tiles, light on dark ones: those of small values, or of values far from 0. */
static void put_numbers(dsci_script *s, size_t p)
{
    const dsci_span range = s->plot->y;
    const char *format = range.high >= 9.5 || range.high - range.low >= 20 ? "%.0f" : "%.2g";
    const char *is_light = s->plot->diverging
                               ? dsc_scope_format(s->scope, "abs($3) > %.10g", 0.65 * range.high)
                               : dsc_scope_format(s->scope, "$3 < %.10g", (range.low + range.high) / 2);
    for (int light = 0; light < 2; light++)
        dsc_text_format(
            s->out,
            ", \\\n  data index 'panel-%zu-map' using 1:2:((%s) == %d ? sprintf('%s', $3) : '') with labels "
            "textcolor rgb '%s' notitle",
            p + 1, is_light, light, format, light ? "#ffffff" : "#000000");
}

static void put_map(dsci_script *s, size_t p)
{
    const dsci_panel *panel = &s->plot->panels[p];
    dsc_text_format(s->out, "\n# panel %zu\n", p + 1);
    if (panel->rows == 0 || panel->columns == 0)
        return;
    const struct map_frame f = frame_of(s, p);
    dsc_text_format(
        s->out,
        "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen %.5f\nset bmargin at "
        "screen %.5f\nset xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n",
        dsci_script_x(s, f.left), dsci_script_x(s, f.left + f.width), dsci_script_y(s, f.top),
        dsci_script_y(s, f.top + f.height), panel->columns - 1, panel->rows - 1);
    if (s->plot->figure->picture)
        dsc_text_append(s->out, "unset xtics\nunset ytics\n");
    else {
        put_places_of(s, 'x', panel->column_texts, panel->columns, (size_t)(35 / f.tile) + 1);
        put_places_of(s, 'y', panel->row_texts, panel->rows, (size_t)(DSCI_LINE / f.tile) + 1);
    }
    if (panel->title) {
        dsc_text_append(s->out, "set label ");
        dsci_script_text(s->out, s->scope, panel->title, (size_t)s->layout.panel_width / DSCI_CHARACTER);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#202020'\n",
                        dsci_script_x(s, f.left + f.width / 2),
                        dsci_script_y(s, f.top - DSCI_LINE / 2.0 - 6));
    }
    dsc_text_format(s->out,
                    "plot NaN notitle, \\\n  data index 'panel-%zu-map' using 1:2:3 with image%s notitle",
                    p + 1, s->plot->figure->picture ? "" : " pixels");
    if (s->plot->figure->numbers && f.tile > 2.5 * DSCI_CHARACTER)
        put_numbers(s, p);
    dsc_text_append(s->out, "\nunset label\nunset colorbox\n");
}

void dsci_script_maps(dsci_script *s)
{
    const dsci_layout *l = &s->layout;
    const double wide = l->width < 700 ? 0.6 : 0.3; /* the scale of colours */
    dsc_text_format(
        s->out,
        "set multiplot\nset border %d linewidth 1 linecolor rgb '#808080'\n"
        "set tics nomirror out scale 0.3 textcolor rgb '#202020'\nunset key\n"
        "set palette defined %s\nset cbrange [%.10g:%.10g]\n"
        "set colorbox horizontal user origin screen %.5f, screen %.5f size screen %.5f, screen %.5f "
        "noborder\nset cblabel ",
        s->plot->figure->picture ? 0 : 3, s->plot->diverging ? diverging : sequential, s->plot->y.low,
        s->plot->y.high, (1 - wide) / 2, dsci_script_y(s, l->height - 2.6 * DSCI_LINE), wide,
        0.5 * DSCI_LINE / l->height);
    dsci_script_text(s->out, s->scope,
                     dsc_scope_format(s->scope, "%s%s%s", s->plot->samples, s->plot->left_out[0] ? "; " : "",
                                      s->plot->left_out),
                     80);
    dsc_text_append(s->out, "\n");
    const dsci_ticks ticks =
        dsci_ticks_make(s->plot->y, l->width < DSCI_WIDTH ? (size_t)(wide * l->width / 60) : 6);
    dsc_text_append(s->out, "set cbtics (");
    for (size_t i = 0; i < ticks.count; i++) {
        dsc_text_append(s->out, i ? ", " : "");
        dsci_script_pair(s->out, ticks.text[i], ticks.latex[i]);
        dsc_text_format(s->out, " %.10g", ticks.at[i]);
    }
    dsc_text_append(s->out, ")\n");
    dsci_script_titles(s, map_y_label_left(s));
    for (size_t p = 0; p < s->plot->panel_count; p++)
        put_map(s, p);
    dsc_text_append(s->out, "\nunset multiplot\nset output\n");
}
