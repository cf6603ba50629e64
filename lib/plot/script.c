/* script.c - a figure as a gnuplot script and its data file. */
#include "plot/plot.h"

#include <math.h>
#include <string.h>

/* The canvas, in pixels of the svg and png; every format has its proportions. */
enum {
    WIDTH = 1200,
    HEIGHT_ONE_ROW = 700,
    HEIGHT_MORE_ROWS = 1050,
    LEFT = 105,
    Y_LABEL_LEFT = 24,
    RIGHT = 25,
    GAP = 30,          /* between panels */
    LINE = 28,         /* of text */
    CHARACTER = 10,    /* mean width */
    MAP_TEXT = 20,     /* most characters of a map's tick label */
    KEY_SAMPLE = 95,   /* a legend entry's line and margins */
    SLANTED_NAME = 16, /* most characters of a name aslant */
    MAP_LABELS = 60    /* least room for the row labels of a map */
};

/* Okabe and Ito's palette (2008) without black and yellow: apart for every kind of color vision, visible on
   white. Shapes are the second cue. */
static const struct {
    const char *color;
    int filled, open; /* gnuplot's point types */
} looks[] = { { "#0072B2", 7, 6 },   { "#D55E00", 5, 4 },   { "#009E73", 9, 8 },
              { "#CC79A7", 13, 12 }, { "#E69F00", 11, 10 }, { "#56B4E9", 15, 14 } };
enum { LOOKS = sizeof looks / sizeof looks[0] };

struct layout {
    size_t columns, rows, key_columns, key_rows, mark_rows, title_lines, name_rows;
    int width, height, panel_width, panel_height, top, row_top, row_step;
    int map_labels; /* room for the row labels of a map */
    bool slanted;   /* the names of the axis x, or a map's columns, would run into each other */
};

/* Where the labels of a panel's marks stand. */
struct mark_layout {
    double x[DSC_FIGURE_MAX_MARKS]; /* centre of the label in its panel, in pixels */
    size_t row[DSC_FIGURE_MAX_MARKS], rows;
};

/* ---- layout ---- */

static size_t key_entries(const dsci_chart *plot, size_t *longest)
{
    size_t count = (size_t)(plot->samples[0] != '\0') + (plot->left_out[0] != '\0');
    *longest = dsci_text_characters(plot->samples);
    *longest =
        dsci_text_characters(plot->left_out) > *longest ? dsci_text_characters(plot->left_out) : *longest;
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++) {
            if (!dsci_chart_listed(plot, p, c) || plot->panels[p].curves[c].direct)
                continue;
            const size_t length = dsci_text_characters(plot->panels[p].curves[c].legend);
            *longest = length > *longest ? length : *longest;
            count++;
        }
    return count;
}

/* Marks' labels stand above the frame, centred on their lines, in as many rows as keep them apart. */
static struct mark_layout layout_marks(const dsci_panel *panel, dsci_span range, double width)
{
    struct mark_layout l = { .rows = 0 };
    double right[DSC_FIGURE_MAX_MARKS];
    for (size_t i = 0; i < panel->mark_count; i++) {
        const double half = CHARACTER * (double)dsci_text_characters(panel->marks[i].label) / 2;
        const double centre = dsci_span_fraction(range, panel->marks[i].at) * width;
        l.x[i] = fmax(half - GAP / 2.0, fmin(width + GAP / 2.0 - half, centre));
        size_t row = 0;
        while (row < l.rows && l.x[i] - half < right[row] + CHARACTER)
            row++;
        l.rows = row == l.rows ? row + 1 : l.rows;
        right[row] = l.x[i] + half;
        l.row[i] = row;
    }
    return l;
}

/* Lines that the names of an axis take: those that would run into each other are broken behind each '+', and
   stand aslant where that does not help. */
static void layout_names(struct layout *l, const dsci_chart *plot)
{
    size_t length = 0, longest = 0, part = 0, longest_part = 0, parts = 1, most = 1;
    for (const char *c = plot->named_x ? plot->named_x->names : ""; *c; c++) {
        length = *c == '|' ? 0 : length + 1;
        part = *c == '|' || (part && c[-1] == '+') ? *c != '|' : part + 1;
        parts = *c == '|' ? 1 : parts + (*c == '+');
        longest = length > longest ? length : longest;
        longest_part = part > longest_part ? part : longest_part;
        most = parts > most ? parts : most;
    }
    l->name_rows = 1;
    const size_t room = plot->named_x ? (size_t)l->panel_width / (plot->named_x->count * CHARACTER) : 0;
    if (!plot->named_x || longest <= room)
        return;
    l->slanted = longest_part > room + 2;
    longest = longest > SLANTED_NAME ? SLANTED_NAME : longest;
    l->name_rows = l->slanted ? 1 + longest * CHARACTER * 7 / (10 * LINE) : most;
}

/* Panels side by side, as many as have room. */
static void layout_columns(struct layout *l, size_t panels, size_t most)
{
    enum { NARROWEST = 220 };
    l->columns = most;
    while (l->columns > 1 && (l->width - LEFT - RIGHT) / (int)l->columns - GAP < NARROWEST)
        l->columns--;
    l->rows = (panels + l->columns - 1) / l->columns;
    l->panel_width = (l->width - LEFT - RIGHT - GAP * ((int)l->columns - 1)) / (int)l->columns;
}

/* With a place for everything below the panels and above them, what is left of the usual height, or of a
   narrower figure what its panels need, is theirs. */
static void layout_heights(struct layout *l, int bottom)
{
    const int beside = l->row_top + (l->rows > 1 ? 3 * LINE / 2 : 0);
    const int wanted = (int)(0.42 * l->width / (l->rows > 1 ? 1.5 : 1));
    const int usual = l->rows == 1 ? HEIGHT_ONE_ROW : HEIGHT_MORE_ROWS;
    l->height = l->width == WIDTH && l->rows <= 2
                    ? usual
                    : l->top + bottom + (int)l->rows * (beside + (wanted < 170 ? 170 : wanted));
    l->row_step = (l->height - l->top - bottom) / (int)l->rows;
    l->panel_height = l->row_step - beside;
    if (l->panel_height < 120)
        l->panel_height = 120;
}

static struct layout layout_make(const dsci_chart *plot, int width)
{
    struct layout l = { .width = width };
    layout_columns(&l, plot->panel_count,
                   plot->panel_count < 4 ? plot->panel_count : (plot->panel_count + 1) / 2);
    size_t longest = 0;
    const size_t entries = key_entries(plot, &longest);
    longest = longest > 80 ? 80 : longest;
    l.key_columns = (size_t)(l.width - 2 * GAP) / (longest * CHARACTER + KEY_SAMPLE);
    l.key_columns = l.key_columns < 1 ? 1 : l.key_columns > 3 ? 3 : l.key_columns;
    l.key_rows = (entries + l.key_columns - 1) / l.key_columns;
    for (size_t p = 0; p < plot->panel_count; p++) {
        const size_t rows = layout_marks(&plot->panels[p], plot->x, l.panel_width).rows;
        l.mark_rows = rows > l.mark_rows ? rows : l.mark_rows;
    }
    l.top = GAP / 2 + (plot->title[0] ? LINE + GAP / 2 : 0);
    l.row_top = (int)l.mark_rows * LINE + (plot->panels[0].title ? LINE + 6 : 0) + 8;
    layout_names(&l, plot);
    const int bottom = (int)(2 + l.name_rows) * LINE + 14 + (int)l.key_rows * LINE;
    layout_heights(&l, bottom);
    return l;
}

/* Pixels of a map's square tiles. */
static double map_tile(const struct layout *l, const dsci_panel *panel)
{
    const double across =
                     (double)(l->panel_width - l->map_labels) / (double)(panel->columns ? panel->columns : 1),
                 down = (double)l->panel_height / (double)(panel->rows ? panel->rows : 1);
    return across < down ? across : down;
}

/* Characters of the longest of a map's tick labels. */
static size_t longest_text(const char *const *texts, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t length = dsci_text_characters(texts[i]);
        longest = length > longest ? length : longest;
    }
    return longest < MAP_TEXT ? longest : MAP_TEXT;
}

/* A map's panels are as high as square tiles make them; below them stand the label and the scale of colours.
 */
static struct layout layout_map(const dsci_chart *plot, int width)
{
    const bool picture = plot->figure->picture;
    struct layout l = { .width = width };
    layout_columns(&l, plot->panel_count, plot->panel_count < 4 ? plot->panel_count : 3);
    const int most = (l.rows == 1 ? 560 : 380) * (width < WIDTH ? width : WIDTH) / WIDTH;
    size_t longest = 0;
    l.map_labels = MAP_LABELS;
    for (size_t p = 0; p < plot->panel_count && !picture; p++) {
        const dsci_panel *panel = &plot->panels[p];
        const size_t columns = longest_text(panel->column_texts, panel->columns);
        const int labels = CHARACTER * (int)longest_text(panel->row_texts, panel->rows) + LINE / 2;
        l.map_labels = labels > l.map_labels ? labels : l.map_labels;
        longest = columns > longest ? columns : longest;
    }
    for (size_t p = 0; p < plot->panel_count; p++) {
        const dsci_panel *panel = &plot->panels[p];
        const double wanted = panel->columns ? (double)(l.panel_width - l.map_labels) * (double)panel->rows /
                                                   (double)panel->columns
                                             : 0;
        if (wanted > l.panel_height)
            l.panel_height = wanted < most ? (int)wanted : most;
    }
    l.panel_height = l.panel_height < 60 ? 60 : l.panel_height;
    l.top = GAP / 2 + (plot->title[0] ? LINE + GAP / 2 : 0);
    l.row_top = (plot->panels[0].title ? LINE + 6 : 0) + 8;
    l.slanted = longest > 2 && (double)longest * CHARACTER > map_tile(&l, &plot->panels[0]);
    l.name_rows = l.slanted ? (size_t)(longest * CHARACTER * 7 / 10 + LINE - 1) / LINE : 1;
    l.row_step = l.row_top + l.panel_height + (picture ? LINE / 2 : (int)(1 + l.name_rows) * LINE);
    l.height = l.top + (int)l.rows * l.row_step + (picture ? 4 : 5) * LINE;
    return l;
}

/* ---- script ---- */

struct script {
    dsc_scope *scope;
    dsc_text *out;
    const dsci_chart *plot;
    const dsc_plot_page *page;
    struct layout layout;
};

static double screen_x(const struct script *s, double pixels)
{
    return pixels / s->layout.width;
}

static double screen_y(const struct script *s, double pixels_from_top)
{
    return 1 - pixels_from_top / s->layout.height;
}

static void put_terminals(const struct script *s)
{
    const struct layout *l = &s->layout;
    const double font = s->page->font_size, inches = s->page->width * l->height / l->width;
    const double scale = (double)WIDTH / l->width; /* pictures of pixels are as wide as ever */
    const int height = (int)(l->height * scale + 0.5);
    dsc_text_format(
        s->out,
        "small = format eq 'svg' ? ',14' : format eq 'png' ? ',%.4g' : ',%.4g'\n\n"
        "set encoding utf8\n"
        "if (format eq 'svg') set terminal svg size %d,%d dynamic noenhanced background 'white' font "
        "',18' linewidth 1\n",
        10.5 * scale, 6.2 / 8 * font, l->width, l->height);
    dsc_text_format(
        s->out,
        "if (format eq 'png' && strstrt(GPVAL_TERMINALS, 'pngcairo')) set terminal pngcairo size %d,%d "
        "noenhanced background 'white' font ',%.4g' linewidth %.4g pointscale %.4g\n"
        "if (format eq 'png' && !strstrt(GPVAL_TERMINALS, 'pngcairo')) set terminal png size %d,%d "
        "noenhanced truecolor font ',%.4g' linewidth %.4g\n",
        WIDTH, height, 13.5 * scale, scale, scale, WIDTH, height, 13.5 * scale, scale);
    dsc_text_format(
        s->out,
        "if (format eq 'pdf') set terminal pdfcairo size %.4gin,%.4gin noenhanced background 'white' font "
        "',%.4g' fontscale 1\n"
        "if (format eq 'tex') set terminal cairolatex pdf input colortext size %.4gin,%.4gin font ',%.4g' "
        "fontscale 1\n"
        "set output output\n\n",
        s->page->width, inches, font, s->page->width, inches, font);
}

static void put_head(struct script *s, const char *stem, const char *format)
{
    dsc_text_format(s->out,
                    "# %s.gp - draws %s.dat with gnuplot 5.4 or newer.\n"
                    "# Run it in this folder: gnuplot %s.gp\n"
                    "# Other formats: gnuplot -e \"format='pdf'\" %s.gp (svg, png, pdf, tex)\n\n"
                    "if (!exists('format')) format = '%s'\n"
                    "if (!exists('folder')) folder = '.'\n",
                    stem, stem, stem, stem, format);
    dsc_text_append(s->out, "stem = ");
    dsci_script_quote(s->out, stem);
    dsc_text_format(s->out, "\ngraphics = '%s-graphics' # as LaTeX can name it",
                    dsci_latex_file(s->scope, stem));
    dsc_text_append(s->out,
                    "\ndata = folder . '/' . stem . '.dat'\n"
                    "output = './' . (format eq 'tex' ? graphics : stem) . '.' . format\n"
                    "T(plain, latex) = format eq 'tex' ? latex : plain\n"
                    "size = format eq 'png' ? 1 : 0.65 # of points; the other terminals draw them larger\n");
    put_terminals(s);
}

static bool is_labelled(const dsci_ticks *ticks, double at)
{
    for (size_t i = 0; i < ticks->count; i++)
        if (fabs(ticks->at[i] / at - 1) < 1e-9)
            return true;
    return false;
}

/* Labelled ticks, and short ones without labels at the other digits of a logarithmic axis. */
static void put_ticks(struct script *s, char axis, dsci_span range, size_t most, bool labelled)
{
    const dsci_ticks ticks = dsci_ticks_make(range, most);
    dsc_text_format(s->out, "set %ctics (", axis);
    for (size_t i = 0; i < ticks.count; i++) {
        dsc_text_append(s->out, i ? ", " : "");
        dsci_script_pair(s->out, labelled ? ticks.text[i] : "", labelled ? ticks.latex[i] : "");
        dsc_text_format(s->out, " %.10g", ticks.at[i]);
    }
    const int first = range.log ? (int)floor(log10(range.low)) : 0,
              last = range.log ? (int)ceil(log10(range.high)) : 0;
    for (int power = first; power < last && last - first <= 8; power++)
        for (int digit = 1; digit < 10; digit++) {
            const double at = digit * pow(10, power);
            if (at > range.low && at < range.high && !is_labelled(&ticks, at))
                dsc_text_format(s->out, ", '' %.10g 1", at);
        }
    dsc_text_append(s->out, ")\n");
}

/* In one line, or in one for each part if the layout has room for them. */
static void put_name(struct script *s, const char *name)
{
    const char *plus = s->layout.name_rows > 1 && !s->layout.slanted && name ? strchr(name, '+') : NULL;
    while (plus && plus[1]) {
        dsci_script_tick(s->out, s->scope, dsc_scope_format(s->scope, "%.*s", (int)(plus + 1 - name), name),
                         30);
        dsc_text_append(s->out, ".\"\\n\".");
        name = plus + 1;
        plus = strchr(name, '+');
    }
    dsci_script_tick(s->out, s->scope, name, s->layout.slanted ? SLANTED_NAME : 30);
}

static void put_names(struct script *s, const dsc_record_axis *axis)
{
    dsc_text_append(s->out, s->layout.slanted ? "set xtics rotate by 45 right (" : "set xtics (");
    for (size_t i = 0; i < axis->count; i++) {
        dsc_text_append(s->out, i ? ", " : "");
        put_name(s, dsc_record_axis_text(s->scope, axis, i, 6));
        dsc_text_format(s->out, " %zu", i);
    }
    dsc_text_append(s->out, ")\n");
}

static void put_axes(struct script *s)
{
    const dsci_chart *plot = s->plot;
    dsc_text_append(s->out, "set multiplot\n"
                            "set border 3 linewidth 1 linecolor rgb '#808080'\n"
                            "set tics nomirror out scale 0.6,0.3 textcolor rgb '#202020'\n"
                            "set grid xtics ytics back linetype 1 linewidth 1 linecolor rgb '#e4e4e4'\n"
                            "set style fill transparent solid 0.2 noborder\n"
                            "set clip two\nunset key\n");
    dsc_text_format(s->out, "set xrange [%.15g:%.15g]\nset yrange [%.15g:%.15g]\n", plot->x.low, plot->x.high,
                    plot->y.low, plot->y.high);
    if (plot->x.log)
        dsc_text_append(s->out, "set logscale x\n");
    if (plot->y.log)
        dsc_text_append(s->out, "set logscale y\n");
    /* Bands end at the foot of a logarithmic axis; nothing is so far outside that gnuplot could not cut it
     * off. */
    const double far = 1000 * (plot->y.high - plot->y.low);
    dsc_text_format(s->out, "near(y) = y < %.10g ? %.10g : y > %.10g ? %.10g : y\n", plot->y.low - far,
                    plot->y.low - far, plot->y.high + far, plot->y.high + far);
    if (plot->y.log)
        dsc_text_format(s->out, "inside(y) = y > %.10g ? near(y) : %.10g\n", plot->y.low, plot->y.low);
    else
        dsc_text_append(s->out, "inside(y) = near(y)\n");
}

/* Of the first line of theory, the second, ... */
static const char *const dashes[] = { "10,6", "3,5", "16,5,3,5", "24,6", "3,12" };

/* How a curve is drawn, in the panel and in the legend. */
static void put_style(struct script *s, const dsci_curve *curve)
{
    const size_t look = curve->color % LOOKS, variant = curve->variant + curve->color / LOOKS;
    const size_t interval = 1 + curve->count / 40; /* points on a dense curve stay apart */
    switch (curve->style) {
    case DSC_SERIES_MEASURED:
        if (s->plot->named_x || s->plot->scattered) {
            dsc_text_format(s->out,
                            "with points linewidth 2.5 linecolor rgb '%s' pointtype %d pointsize 1.5*size",
                            looks[look].color, looks[look].filled);
            break;
        }
        dsc_text_format(
            s->out,
            "with linespoints linewidth 2.5 linecolor rgb '%s' dashtype %zu pointtype %d pointsize 1.1*size pointinterval %zu",
            looks[look].color, 1 + variant % 5, variant ? looks[look].open : looks[look].filled, interval);
        break;
    case DSC_SERIES_THEORY:
        dsc_text_format(s->out, "with lines linewidth 2 linecolor rgb '#303030' dashtype (%s)",
                        dashes[curve->variant % (sizeof dashes / sizeof dashes[0])]);
        break;
    case DSC_SERIES_PUBLISHED:
        dsc_text_format(s->out,
                        "with points pointtype %d pointsize 1.6*size linewidth 2 linecolor rgb '#404040'",
                        looks[curve->variant % LOOKS].open);
        break;
    }
}

/* Points and intervals at the places of a named axis, those of several curves beside one another. */
static void put_places(struct script *s, const dsci_curve *curve, size_t p, size_t c)
{
    size_t measured = 0;
    for (size_t i = 0; i < s->plot->panels[p].count; i++)
        measured += s->plot->panels[p].curves[i].style == DSC_SERIES_MEASURED;
    const double shift = measured > 1 ? 0.2 * (double)(curve->color % LOOKS) - 0.1 : 0;
    dsc_text_format(
        s->out,
        ", \\\n  data index 'panel-%zu-curve-%zu' using ($1%+.2f):2:(inside($3)):(inside($4)) with yerrorbars "
        "linewidth 2.5 linecolor rgb '%s' pointtype %d pointsize 1.5*size notitle",
        p + 1, c + 1, shift, looks[curve->color % LOOKS].color, looks[curve->color % LOOKS].filled);
}

static void put_curves(struct script *s, size_t p)
{
    const dsci_panel *panel = &s->plot->panels[p];
    dsc_text_append(s->out, "plot NaN notitle");
    for (size_t c = 0; c < panel->count; c++)
        if (panel->curves[c].band && !s->plot->named_x && dsci_curve_drawn(s->plot, &panel->curves[c]))
            dsc_text_format(
                s->out,
                ", \\\n  data index 'panel-%zu-curve-%zu' using 1:(inside($3)):(inside($4)) with filledcurves "
                "linecolor rgb '%s' notitle",
                p + 1, c + 1, looks[panel->curves[c].color % LOOKS].color);
    for (size_t c = 0; c < panel->count; c++)
        if (dsci_curve_drawn(s->plot, &panel->curves[c])) {
            if (s->plot->named_x && panel->curves[c].style == DSC_SERIES_MEASURED) {
                put_places(s, &panel->curves[c], p, c);
                continue;
            }
            dsc_text_format(s->out, ", \\\n  data index 'panel-%zu-curve-%zu' using 1:(near($2)) ", p + 1,
                            c + 1);
            put_style(s, &panel->curves[c]);
            dsc_text_append(s->out, " notitle");
        }
    dsc_text_append(s->out, "\n");
}

static void put_marks(struct script *s, const dsci_panel *panel, double left, double top)
{
    const struct mark_layout l = layout_marks(panel, s->plot->x, s->layout.panel_width);
    for (size_t i = 0; i < panel->mark_count; i++) {
        dsc_text_format(
            s->out,
            "set arrow from first %.10g, graph 0 to first %.10g, graph 1 nohead back linewidth 1.5 dashtype 2 "
            "linecolor rgb '#707070'\nset label ",
            panel->marks[i].at, panel->marks[i].at);
        dsci_script_text(s->out, s->scope, panel->marks[i].label, 60);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#505050'\n",
                        screen_x(s, left + l.x[i]), screen_y(s, top - 8 - LINE * (0.5 + (double)l.row[i])));
    }
}

/* Along lines, and names of points. */
static void put_labels(struct script *s, const dsci_panel *panel, double left, double top)
{
    const dsci_label_list labels =
        dsci_labels_place(s->scope, s->plot, panel, s->layout.panel_width, s->layout.panel_height);
    for (size_t i = 0; i < labels.count; i++) {
        const dsci_label *label = &labels.items[i];
        dsc_text_append(s->out, "set label ");
        dsci_script_text(s->out, s->scope, label->text, 60);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f %s rotate by %.2f textcolor rgb '%s'%s\n",
                        screen_x(s, left + label->x), screen_y(s, top + label->y),
                        label->ends ? "right" : "left", label->angle, label->small ? "#505050" : "#303030",
                        label->small ? " font small" : "");
    }
}

static void put_panel(struct script *s, size_t p)
{
    const struct layout *l = &s->layout;
    const dsci_panel *panel = &s->plot->panels[p];
    const size_t column = p % l->columns, row = p / l->columns;
    const double left = LEFT + (double)column * (l->panel_width + GAP);
    const double top = l->top + (double)row * l->row_step + l->row_top;
    dsc_text_format(s->out, "\n# panel %zu\nset lmargin at screen %.5f\nset rmargin at screen %.5f\n", p + 1,
                    screen_x(s, left), screen_x(s, left + l->panel_width));
    dsc_text_format(s->out, "set tmargin at screen %.5f\nset bmargin at screen %.5f\n", screen_y(s, top),
                    screen_y(s, top + l->panel_height));
    if (s->plot->named_x)
        put_names(s, s->plot->named_x);
    else
        put_ticks(s, 'x', s->plot->x, (size_t)l->panel_width / 65, true);
    put_ticks(s, 'y', s->plot->y, (size_t)l->panel_height / 45, column == 0);
    if (panel->title) {
        dsc_text_append(s->out, "set label ");
        dsci_script_text(s->out, s->scope, panel->title, (size_t)l->panel_width / CHARACTER);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#202020'\n",
                        screen_x(s, left + l->panel_width / 2.0), screen_y(s, top - l->row_top + LINE / 2.0));
    }
    put_marks(s, panel, left, top);
    put_labels(s, panel, left, top);
    const char *empty = dsci_panel_empty(s->plot, panel);
    if (empty)
        dsc_text_format(s->out, "set label '%s' at graph 0.5, graph 0.5 center textcolor rgb '#707070'\n",
                        empty);
    put_curves(s, p);
    dsc_text_append(s->out, "unset label\nunset arrow\n");
}

/* That fit beside a sample. */
static size_t legend_characters(const struct script *s)
{
    const size_t most = (size_t)(s->layout.width - KEY_SAMPLE) / 8;
    return most < 80 ? most : 80;
}

static void put_legend(struct script *s)
{
    const dsci_chart *plot = s->plot;
    bool band = false;
    dsc_text_format(
        s->out,
        "\n# legend\nset lmargin at screen 0\nset rmargin at screen 1\nset bmargin at screen 0\n"
        "set tmargin at screen %.5f\nunset border\nunset tics\nunset grid\nunset logscale\n"
        "set xrange [0:1]\nset yrange [0:1]\n"
        "set key inside center center horizontal maxcols %zu Left reverse samplen 3 spacing 1.1%s "
        "textcolor rgb '#202020'\n",
        ((double)s->layout.key_rows * LINE + 6) / s->layout.height, s->layout.key_columns,
        s->layout.width < WIDTH ? " width -8" : ""); /* gnuplot takes letters for wider than they are */
    dsc_text_append(s->out, "plot NaN notitle");
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++) {
            band = band || plot->panels[p].curves[c].band;
            if (!dsci_chart_listed(plot, p, c) || plot->panels[p].curves[c].direct)
                continue;
            dsc_text_append(s->out, ", \\\n  keyentry ");
            put_style(s, &plot->panels[p].curves[c]);
            dsc_text_append(s->out, " title ");
            dsci_script_text(s->out, s->scope, plot->panels[p].curves[c].legend, legend_characters(s));
        }
    if (plot->samples[0] && !plot->empty) {
        dsc_text_format(s->out, ", \\\n  keyentry with %s linecolor rgb '%s' title ",
                        band ? "boxes" : "lines", band ? "#606060" : "white");
        dsci_script_text(s->out, s->scope, plot->samples, legend_characters(s));
    }
    if (plot->left_out[0]) {
        dsc_text_append(s->out, ", \\\n  keyentry with lines linecolor rgb 'white' title ");
        dsci_script_text(s->out, s->scope, plot->left_out, legend_characters(s));
    }
    dsc_text_append(s->out, "\n\nunset multiplot\nset output\n");
}

/* y_label_left: of the label beside the panels, in pixels. */
static void put_titles(struct script *s, double y_label_left)
{
    const struct layout *l = &s->layout;
    const double middle = LEFT + (l->width - LEFT - RIGHT) / 2.0;
    const size_t characters = (size_t)(l->width - 2 * GAP) / 9, most = characters < 105 ? characters : 105;
    const double below = l->top + (double)(l->rows - 1) * l->row_step + l->row_top + l->panel_height;
    const double middle_y = (l->top + l->row_top + below) / 2;
    const double half = CHARACTER * fmin(50, (double)dsci_text_characters(s->plot->y_label)) / 2;
    dsc_text_append(s->out, "set label ");
    dsci_script_text(s->out, s->scope, s->plot->title, most);
    dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#000000'\nset label ",
                    screen_x(s, middle), screen_y(s, GAP / 2.0 + LINE / 2.0));
    dsci_script_text(s->out, s->scope, s->plot->x_label, most);
    dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#202020'\nset label ",
                    screen_x(s, middle),
                    screen_y(s, below + (1.25 + (double)(l->name_rows ? l->name_rows : 1)) * LINE));
    dsci_script_text(s->out, s->scope, s->plot->y_label, 50);
    dsc_text_format(s->out, " at screen %.5f, screen %.5f center rotate by 90 textcolor rgb '#202020'\n",
                    screen_x(s, y_label_left), screen_y(s, half + GAP > middle_y ? half + GAP : middle_y));
}

/* ---- maps ---- */

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
static void put_places_of(struct script *s, char axis, const char *const *texts, size_t count, size_t apart)
{
    dsc_text_format(s->out, "set %ctics %s(", axis,
                    axis == 'x' && s->layout.slanted ? "rotate by 45 right " : "");
    for (size_t i = 0; i < count; i += apart) {
        dsc_text_append(s->out, i ? ", " : "");
        dsci_script_tick(s->out, s->scope, texts[i], MAP_TEXT);
        dsc_text_format(s->out, " %zu", i);
    }
    dsc_text_append(s->out, ")\n");
}

/* Tiles are squares: the frame of a map inside its panel's room, in pixels. */
struct map_frame {
    double left, top, width, height, tile;
};

static struct map_frame frame_of(const struct script *s, size_t p)
{
    const struct layout *l = &s->layout;
    const dsci_panel *panel = &s->plot->panels[p];
    const double room_x = l->panel_width - l->map_labels;
    struct map_frame f = { .tile = map_tile(l, panel) };
    f.width = f.tile * (double)panel->columns;
    f.height = f.tile * (double)panel->rows;
    f.left =
        LEFT + (double)(p % l->columns) * (l->panel_width + GAP) + l->map_labels + (room_x - f.width) / 2;
    const size_t row = p / l->columns;
    f.top = l->top + (double)row * l->row_step + l->row_top;
    return f;
}

/* The y label follows the first map, which stands in the middle of its room. */
static double map_y_label_left(const struct script *s)
{
    const dsci_panel *first = s->plot->panels;
    if (s->plot->panel_count == 0 || first->rows == 0 || first->columns == 0)
        return Y_LABEL_LEFT;
    return Y_LABEL_LEFT + frame_of(s, 0).left - (LEFT + s->layout.map_labels);
}

/* Numbers on the tiles, light on dark ones: those of small values, or of values far from 0. */
static void put_numbers(struct script *s, size_t p)
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

static void put_map(struct script *s, size_t p)
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
        screen_x(s, f.left), screen_x(s, f.left + f.width), screen_y(s, f.top), screen_y(s, f.top + f.height),
        panel->columns - 1, panel->rows - 1);
    if (s->plot->figure->picture)
        dsc_text_append(s->out, "unset xtics\nunset ytics\n");
    else {
        put_places_of(s, 'x', panel->column_texts, panel->columns, (size_t)(35 / f.tile) + 1);
        put_places_of(s, 'y', panel->row_texts, panel->rows, (size_t)(LINE / f.tile) + 1);
    }
    if (panel->title) {
        dsc_text_append(s->out, "set label ");
        dsci_script_text(s->out, s->scope, panel->title, (size_t)s->layout.panel_width / CHARACTER);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#202020'\n",
                        screen_x(s, f.left + f.width / 2), screen_y(s, f.top - LINE / 2.0 - 6));
    }
    dsc_text_format(s->out,
                    "plot NaN notitle, \\\n  data index 'panel-%zu-map' using 1:2:3 with image%s notitle",
                    p + 1, s->plot->figure->picture ? "" : " pixels");
    if (s->plot->figure->numbers && f.tile > 2.5 * CHARACTER)
        put_numbers(s, p);
    dsc_text_append(s->out, "\nunset label\nunset colorbox\n");
}

static void put_maps(struct script *s)
{
    const struct layout *l = &s->layout;
    const double wide = l->width < 700 ? 0.6 : 0.3; /* the scale of colours */
    dsc_text_format(
        s->out,
        "set multiplot\nset border %d linewidth 1 linecolor rgb '#808080'\n"
        "set tics nomirror out scale 0.3 textcolor rgb '#202020'\nunset key\n"
        "set palette defined %s\nset cbrange [%.10g:%.10g]\n"
        "set colorbox horizontal user origin screen %.5f, screen %.5f size screen %.5f, screen %.5f "
        "noborder\nset cblabel ",
        s->plot->figure->picture ? 0 : 3, s->plot->diverging ? diverging : sequential, s->plot->y.low,
        s->plot->y.high, (1 - wide) / 2, screen_y(s, l->height - 2.6 * LINE), wide, 0.5 * LINE / l->height);
    dsci_script_text(s->out, s->scope,
                     dsc_scope_format(s->scope, "%s%s%s", s->plot->samples, s->plot->left_out[0] ? "; " : "",
                                      s->plot->left_out),
                     80);
    dsc_text_append(s->out, "\n");
    const dsci_ticks ticks =
        dsci_ticks_make(s->plot->y, l->width < WIDTH ? (size_t)(wide * l->width / 60) : 6);
    dsc_text_append(s->out, "set cbtics (");
    for (size_t i = 0; i < ticks.count; i++) {
        dsc_text_append(s->out, i ? ", " : "");
        dsci_script_pair(s->out, ticks.text[i], ticks.latex[i]);
        dsc_text_format(s->out, " %.10g", ticks.at[i]);
    }
    dsc_text_append(s->out, ")\n");
    put_titles(s, map_y_label_left(s));
    for (size_t p = 0; p < s->plot->panel_count; p++)
        put_map(s, p);
    dsc_text_append(s->out, "\nunset multiplot\nset output\n");
}

const char *dsci_chart_script(dsc_scope *scope, const dsci_chart *plot, const char *stem, const char *format,
                              const dsc_plot_page *page)
{
    dsc_text *out = dsc_text_open(scope);
    dsci_chart drawn = *plot;
    if (page->no_title)
        drawn.title = "";
    plot = &drawn;
    const dsc_plot_page whole = { .width = page->width > 0 ? page->width : 9,
                                  .font_size = page->font_size > 0 ? page->font_size : 8 };
    const int width = (int)(WIDTH * (whole.width / 9) * (8 / whole.font_size) + 0.5);
    struct script s = { .scope = scope,
                        .out = out,
                        .plot = plot,
                        .page = &whole,
                        .layout = plot->figure->y ? layout_map(plot, width) : layout_make(plot, width) };
    put_head(&s, stem, format);
    if (plot->figure->y)
        put_maps(&s);
    else {
        put_axes(&s);
        put_titles(&s, Y_LABEL_LEFT);
        for (size_t p = 0; p < plot->panel_count; p++)
            put_panel(&s, p);
        put_legend(&s);
    }
    return dsc_text_string(out);
}
