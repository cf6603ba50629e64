/* script.c - a figure as a gnuplot script and its data file. */
#include <math.h>
#include <string.h>

#include "plot/script.h"

/* Okabe and Ito's palette (2008) without black and yellow: apart for every kind of color vision, visible on
   white. Shapes are the second cue. */
static const struct {
    const char *color;
    int filled, open; /* gnuplot's point types */
} looks[] = { { "#0072B2", 7, 6 },   { "#D55E00", 5, 4 },   { "#009E73", 9, 8 },
              { "#CC79A7", 13, 12 }, { "#E69F00", 11, 10 }, { "#56B4E9", 15, 14 } };
enum { LOOKS = sizeof looks / sizeof looks[0] };

double dsci_script_x(const dsci_script *s, double pixels)
{
    return pixels / s->layout.width;
}

double dsci_script_y(const dsci_script *s, double pixels_from_top)
{
    return 1 - pixels_from_top / s->layout.height;
}

static void put_terminals(const dsci_script *s)
{
    const dsci_layout *l = &s->layout;
    const double font = s->page->font_size, inches = s->page->width * l->height / l->width;
    const double scale = (double)DSCI_WIDTH / l->width; /* pictures of pixels are as wide as ever */
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
        DSCI_WIDTH, height, 13.5 * scale, scale, scale, DSCI_WIDTH, height, 13.5 * scale, scale);
    dsc_text_format(
        s->out,
        "if (format eq 'pdf') set terminal pdfcairo size %.4gin,%.4gin noenhanced background 'white' font "
        "',%.4g' fontscale 1\n"
        "if (format eq 'tex') set terminal cairolatex pdf input colortext size %.4gin,%.4gin font ',%.4g' "
        "fontscale 1\n"
        "set output output\n\n",
        s->page->width, inches, font, s->page->width, inches, font);
}

static void put_head(dsci_script *s, const char *stem, const char *format)
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
static void put_ticks(dsci_script *s, char axis, dsci_span range, size_t most, bool labelled)
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

/* Writes a tick's name in one line, or broken behind each '+' if the layout has lines for the parts. */
static void put_name(dsci_script *s, const char *name)
{
    const char *plus = s->layout.name_rows > 1 && !s->layout.slanted && name ? strchr(name, '+') : NULL;
    while (plus && plus[1]) {
        dsci_script_tick(s->out, s->scope, dsc_scope_format(s->scope, "%.*s", (int)(plus + 1 - name), name),
                         30);
        dsc_text_append(s->out, ".\"\\n\".");
        name = plus + 1;
        plus = strchr(name, '+');
    }
    dsci_script_tick(s->out, s->scope, name, s->layout.slanted ? DSCI_SLANTED_NAME : 30);
}

static void put_names(dsci_script *s, const dsc_record_axis *axis)
{
    dsc_text_append(s->out, s->layout.slanted ? "set xtics rotate by 45 right (" : "set xtics (");
    for (size_t i = 0; i < axis->count; i++) {
        dsc_text_append(s->out, i ? ", " : "");
        put_name(s, dsc_record_axis_text(s->scope, axis, i, 6));
        dsc_text_format(s->out, " %zu", i);
    }
    dsc_text_append(s->out, ")\n");
}

static void put_axes(dsci_script *s)
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

/* Dash types of the first line of theory, the second, ... */
static const char *const dashes[] = { "10,6", "3,5", "16,5,3,5", "24,6", "3,12" };

/* How a curve is drawn, in the panel and in the legend. */
static void put_style(dsci_script *s, const dsci_curve *curve)
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
static void put_places(dsci_script *s, const dsci_curve *curve, size_t p, size_t c)
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

static void put_curves(dsci_script *s, size_t p)
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

static void put_marks(dsci_script *s, const dsci_panel *panel, double left, double top)
{
    const dsci_mark_layout l = dsci_layout_marks(panel, s->plot->x, s->layout.panel_width);
    for (size_t i = 0; i < panel->mark_count; i++) {
        dsc_text_format(
            s->out,
            "set arrow from first %.10g, graph 0 to first %.10g, graph 1 nohead back linewidth 1.5 dashtype 2 "
            "linecolor rgb '#707070'\nset label ",
            panel->marks[i].at, panel->marks[i].at);
        dsci_script_text(s->out, s->scope, panel->marks[i].label, 60);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#505050'\n",
                        dsci_script_x(s, left + l.x[i]),
                        dsci_script_y(s, top - 8 - DSCI_LINE * (0.5 + (double)l.row[i])));
    }
}

/* Writes the labels along lines and the names of points. */
static void put_labels(dsci_script *s, const dsci_panel *panel, double left, double top)
{
    const dsci_label_list labels =
        dsci_labels_place(s->scope, s->plot, panel, s->layout.panel_width, s->layout.panel_height);
    for (size_t i = 0; i < labels.count; i++) {
        const dsci_label *label = &labels.items[i];
        dsc_text_append(s->out, "set label ");
        dsci_script_text(s->out, s->scope, label->text, 60);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f %s rotate by %.2f textcolor rgb '%s'%s\n",
                        dsci_script_x(s, left + label->x), dsci_script_y(s, top + label->y),
                        label->ends ? "right" : "left", label->angle, label->small ? "#505050" : "#303030",
                        label->small ? " font small" : "");
    }
}

static void put_panel(dsci_script *s, size_t p)
{
    const dsci_layout *l = &s->layout;
    const dsci_panel *panel = &s->plot->panels[p];
    const size_t column = p % l->columns, row = p / l->columns;
    const double left = DSCI_LEFT + (double)column * (l->panel_width + DSCI_GAP);
    const double top = l->top + (double)row * l->row_step + l->row_top;
    dsc_text_format(s->out, "\n# panel %zu\nset lmargin at screen %.5f\nset rmargin at screen %.5f\n", p + 1,
                    dsci_script_x(s, left), dsci_script_x(s, left + l->panel_width));
    dsc_text_format(s->out, "set tmargin at screen %.5f\nset bmargin at screen %.5f\n", dsci_script_y(s, top),
                    dsci_script_y(s, top + l->panel_height));
    if (s->plot->named_x)
        put_names(s, s->plot->named_x);
    else
        put_ticks(s, 'x', s->plot->x, (size_t)l->panel_width / 65, true);
    put_ticks(s, 'y', s->plot->y, (size_t)l->panel_height / 45, column == 0);
    if (panel->title) {
        dsc_text_append(s->out, "set label ");
        dsci_script_text(s->out, s->scope, panel->title, (size_t)l->panel_width / DSCI_CHARACTER);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '#202020'\n",
                        dsci_script_x(s, left + l->panel_width / 2.0),
                        dsci_script_y(s, top - l->row_top + DSCI_LINE / 2.0));
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

/* The characters of a legend entry that fit beside its sample line. */
static size_t legend_characters(const dsci_script *s)
{
    const size_t most = (size_t)(s->layout.width - DSCI_KEY_SAMPLE) / 9;
    return most < 80 ? most : 80;
}

static void put_legend(dsci_script *s)
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
        ((double)s->layout.key_rows * DSCI_LINE + 6) / s->layout.height, s->layout.key_columns,
        s->layout.key_excess ? dsc_scope_format(s->scope, " width -%zu", s->layout.key_excess) : "");
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

/* A text about a place, in lines of the layout's length; what does not fit into their number is cut. */
static void put_lines(dsci_script *s, const char *text, double x, double first_y, const char *color)
{
    const size_t most = s->layout.title_characters;
    for (size_t i = 0; i < DSCI_TITLE_LINES && (i == 0 || *text); i++) {
        const size_t bytes = i + 1 < DSCI_TITLE_LINES ? dsci_text_line(text, most) : strlen(text);
        dsc_text_append(s->out, "set label ");
        dsci_script_text(s->out, s->scope, dsc_scope_format(s->scope, "%.*s", (int)bytes, text), most);
        dsc_text_format(s->out, " at screen %.5f, screen %.5f center textcolor rgb '%s'\n",
                        dsci_script_x(s, x), dsci_script_y(s, first_y + (double)i * DSCI_LINE), color);
        text += bytes + strspn(text + bytes, " ");
    }
}

void dsci_script_titles(dsci_script *s, double y_label_left)
{
    const dsci_layout *l = &s->layout;
    const double middle = DSCI_LEFT + (l->width - DSCI_LEFT - DSCI_RIGHT) / 2.0;
    const double below = l->top + (double)(l->rows - 1) * l->row_step + l->row_top + l->panel_height;
    const double middle_y = (l->top + l->row_top + below) / 2;
    const double half = DSCI_CHARACTER * fmin(50, (double)dsci_text_characters(s->plot->y_label)) / 2;
    const double names = (double)(l->name_rows ? l->name_rows : 1);
    put_lines(s, s->plot->title, middle, DSCI_GAP / 2.0 + DSCI_LINE / 2.0, "#000000");
    put_lines(s, s->plot->x_label, middle, below + (1.25 + names) * DSCI_LINE, "#202020");
    dsc_text_append(s->out, "set label ");
    dsci_script_text(s->out, s->scope, s->plot->y_label, 50);
    dsc_text_format(s->out, " at screen %.5f, screen %.5f center rotate by 90 textcolor rgb '#202020'\n",
                    dsci_script_x(s, y_label_left),
                    dsci_script_y(s, half + DSCI_GAP > middle_y ? half + DSCI_GAP : middle_y));
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
    const int width = (int)(DSCI_WIDTH * (whole.width / 9) * (8 / whole.font_size) + 0.5);
    dsci_script s = { .scope = scope,
                      .out = out,
                      .plot = plot,
                      .page = &whole,
                      .layout =
                          plot->figure->y ? dsci_layout_map(plot, width) : dsci_layout_curves(plot, width) };
    put_head(&s, stem, format);
    if (plot->figure->y)
        dsci_script_maps(&s);
    else {
        put_axes(&s);
        dsci_script_titles(&s, DSCI_Y_LABEL_LEFT);
        for (size_t p = 0; p < plot->panel_count; p++)
            put_panel(&s, p);
        put_legend(&s);
    }
    return dsc_text_string(out);
}
