/* text_plot.c - a figure as text for a terminal: lines in braille dots, points as signs, axes and legend. */
#include "plot/plot.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    MIN_COLUMNS = 40,
    MAX_COLUMNS = 500,
    MIN_PANEL_ROWS = 5,
    MAX_ROWS = 500,
    BRAILLE = 0x2800,
    LOOKS = 6,
    SIGNS = 12,
    THEORIES = 3
};

enum color { PLAIN = 0, GREY, FIRST_CURVE }; /* then one a look */
static const char *const ansi[FIRST_CURVE + LOOKS] = { "0",       "38;5;245", "38;5;32",  "38;5;166",
                                                       "38;5;36", "38;5;175", "38;5;214", "38;5;74" };

/* The signs of both character sets; point signs in the order of the legend. */
struct signs {
    uint32_t points[SIGNS], published, vertical, horizontal, corner, tick_x, tick_y, mark, line,
        theory[THEORIES];
    int dots_x, dots_y; /* dots of a character that lines are drawn with */
};
static const struct signs unicode_signs = { { 0x25cf, 0x25a0, 0x25b2, 0x25c6, 0x25bc, 0x2605, 0x25a1, 0x25b3,
                                              0x25c7, 0x25bd, 0x2606, 0x2726 },
                                            0x25cb,
                                            0x2502,
                                            0x2500,
                                            0x2514,
                                            0x252c,
                                            0x2524,
                                            0x250a,
                                            BRAILLE + 0x12,
                                            { BRAILLE + 0x12, 0x254c, 0x2508 },
                                            2,
                                            4 };
static const struct signs ascii_signs = { { 'o', 'x', '*', '#', 'v', '@', '+', '%', '&', '$', '=', 's' },
                                          'O',
                                          '|',
                                          '-',
                                          '+',
                                          '+',
                                          '+',
                                          ':',
                                          '.',
                                          { '-', '=', '~' },
                                          1,
                                          1 };

struct character {
    uint32_t sign; /* 0: blank; BRAILLE + bits while only dots are set */
    uint8_t color;
};

struct page {
    dsc_scope *scope;
    const dsci_chart *plot;
    const struct signs *signs;
    bool unicode;
    int columns, rows;
    struct character *characters;
};

/* The inside of a panel's axes, in characters. */
struct frame {
    int left, top, width, height;
};

static void set(struct page *page, int column, int row, uint32_t sign, int color)
{
    if (column >= 0 && column < page->columns && row >= 0 && row < page->rows)
        page->characters[row * page->columns + column] = (struct character){ sign, (uint8_t)color };
}

/* A text in the characters of the page, on one line. */
static const char *words_of(const struct page *page, const char *text)
{
    const char *clean = dsci_text_clean(page->scope, text, MAX_COLUMNS);
    return page->unicode ? clean : dsci_text_ascii(page->scope, clean);
}

/* Writes text from a column on; returns the column behind it. */
static int write_at(struct page *page, int column, int row, const char *text, int color)
{
    const unsigned char *t = (const unsigned char *)words_of(page, text);
    while (*t) {
        static const uint32_t payload[] = { 0x7f, 0x3f, 0x1f, 0x0f, 0x07 };
        const int more = *t < 0x80 ? 0 : *t < 0xe0 ? 1 : *t < 0xf0 ? 2 : 3;
        uint32_t sign = *t++ & payload[more ? more + 1 : 0];
        for (int i = 0; i < more; i++)
            sign = sign << 6 | (*t++ & 0x3fu);
        set(page, column++, row, sign, color);
    }
    return column;
}

static void write_centred(struct page *page, int centre, int row, const char *text, int color)
{
    const int column = centre - (int)dsci_text_characters(words_of(page, text)) / 2;
    write_at(page, column > 0 ? column : 0, row, text, color);
}

/* Sets one dot of a line, where no point's sign stands. */
static void set_dot(struct page *page, const struct frame *f, int x, int y, int color, uint32_t ascii)
{
    static const uint8_t bits[4][2] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };
    const int column = x / page->signs->dots_x, row = y / page->signs->dots_y;
    if (x < 0 || y < 0 || column >= f->width || row >= f->height)
        return;
    struct character *c = &page->characters[(f->top + row) * page->columns + f->left + column];
    if (!page->unicode)
        c->sign = ascii;
    else if ((c->sign & ~0xffu) == BRAILLE)
        c->sign |= bits[y % 4][x % 2];
    else
        c->sign = BRAILLE + bits[y % 4][x % 2];
    c->color = (uint8_t)color;
}

static int curve_color(const dsci_curve *curve)
{
    return curve->style == DSC_SERIES_MEASURED ? FIRST_CURVE + (int)(curve->color % LOOKS) : GREY;
}

/* Lines of theory: the first is whole, the others are dashed ever more widely. */
static bool is_dash(const dsci_curve *curve, int step)
{
    return curve->variant % THEORIES == 0 || step % (2 + 4 * (int)(curve->variant % THEORIES)) < 3;
}

/* The dots between two points of a line, as far as it runs inside the frame. */
static void draw_between(struct page *page, const struct frame *f, const dsci_curve *curve,
                         const dsci_point *a, const dsci_point *b)
{
    const double across = f->width * page->signs->dots_x - 1, down = f->height * page->signs->dots_y - 1;
    dsci_segment part;
    if (!dsci_segment_clip(page->plot, a, b, &part))
        return;
    const double x0 = part.x0 * across, x1 = part.x1 * across, y0 = (1 - part.y0) * down,
                 y1 = (1 - part.y1) * down;
    const int steps = 1 + (int)fmax(fabs(x1 - x0), fabs(y1 - y0));
    for (int s = 0; s <= steps; s++)
        if (curve->style != DSC_SERIES_THEORY || is_dash(curve, s))
            set_dot(page, f, (int)lround(x0 + (x1 - x0) * s / steps), (int)lround(y0 + (y1 - y0) * s / steps),
                    curve_color(curve),
                    curve->style == DSC_SERIES_THEORY ? page->signs->theory[curve->variant % THEORIES]
                                                      : page->signs->line);
}

static void draw_line(struct page *page, const struct frame *f, const dsci_curve *curve)
{
    for (size_t i = 1; i < curve->count; i++)
        draw_between(page, f, curve, &curve->points[i - 1], &curve->points[i]);
}

static uint32_t point_sign(const struct page *page, const dsci_curve *curve)
{
    return curve->style == DSC_SERIES_PUBLISHED ? page->signs->published
                                                : page->signs->points[curve->sign % SIGNS];
}

static void draw_points(struct page *page, const struct frame *f, const dsci_curve *curve)
{
    const double across = f->width * page->signs->dots_x - 1, down = f->height * page->signs->dots_y - 1;
    const size_t every = page->plot->scattered ? 1 : 1 + curve->count / (size_t)(1 + f->width / 3);
    for (size_t i = 0; i < curve->count; i += every) {
        const dsci_point *p = &curve->points[i];
        dsci_segment place;
        if (dsci_segment_clip(page->plot, p, p, &place))
            set(page, f->left + (int)lround(place.x0 * across) / page->signs->dots_x,
                f->top + (int)lround((1 - place.y0) * down) / page->signs->dots_y, point_sign(page, curve),
                curve_color(curve));
    }
}

static int column_of(const struct page *page, const struct frame *f, double x)
{
    return f->left + (int)lround(dsci_span_fraction(page->plot->x, x) * (f->width - 1));
}

/* A tick at a place of the axis x and its label, unless another one is in the way. */
static void label_x(struct page *page, const struct frame *f, double x, const char *text, int *free_from)
{
    const int column = column_of(page, f, x), length = (int)dsci_text_characters(words_of(page, text)),
              start = column - length / 2;
    set(page, column, f->top + f->height, page->signs->tick_x, PLAIN);
    if (start >= *free_from && start + length <= page->columns)
        *free_from = 1 + write_at(page, start, f->top + f->height + 1, text, PLAIN);
}

static void draw_axes(struct page *page, const struct frame *f, const dsci_ticks *y_ticks)
{
    const struct signs *signs = page->signs;
    const dsci_ticks x_ticks = dsci_ticks_make(page->plot->x, (size_t)(f->width / 8 > 2 ? f->width / 8 : 2));
    for (int row = 0; row < f->height; row++)
        set(page, f->left - 1, f->top + row, signs->vertical, PLAIN);
    for (int column = 0; column < f->width; column++)
        set(page, f->left + column, f->top + f->height, signs->horizontal, PLAIN);
    set(page, f->left - 1, f->top + f->height, signs->corner, PLAIN);
    for (size_t i = 0; i < y_ticks->count; i++) {
        const double fraction = dsci_span_fraction(page->plot->y, y_ticks->at[i]);
        const int row = f->top + (int)lround((1 - fraction) * (f->height - 1));
        const int length = (int)strlen(y_ticks->text[i]);
        write_at(page, f->left - 2 - length, row, y_ticks->text[i], PLAIN);
        set(page, f->left - 1, row, signs->tick_y, PLAIN);
    }
    int free_from = 0;
    for (size_t i = 0; !page->plot->named_x && i < x_ticks.count; i++)
        label_x(page, f, x_ticks.at[i], x_ticks.text[i], &free_from);
    for (size_t i = 0; page->plot->named_x && i < page->plot->named_x->count; i++) {
        const int room = f->width / (int)page->plot->named_x->count;
        const char *name = dsc_record_axis_text(page->scope, page->plot->named_x, i, 6);
        label_x(page, f, (double)i, dsci_text_clean(page->scope, name, (size_t)(room > 3 ? room - 2 : 1)),
                &free_from);
    }
}

static void draw_panel(struct page *page, const dsci_panel *panel, const struct frame *f,
                       const dsci_ticks *y_ticks)
{
    draw_axes(page, f, y_ticks);
    if (panel->title)
        write_centred(page, f->left + f->width / 2, f->top - 1, panel->title, PLAIN);
    for (size_t i = 0; i < panel->mark_count; i++) {
        for (int row = 0; row < f->height; row++)
            set(page, column_of(page, f, panel->marks[i].at), f->top + row, page->signs->mark, GREY);
    }
    for (size_t c = 0; c < panel->count; c++)
        if (panel->curves[c].style != DSC_SERIES_PUBLISHED &&
            (!page->plot->scattered || panel->curves[c].direct))
            draw_line(page, f, &panel->curves[c]);
    for (size_t c = 0; c < panel->count; c++) {
        if (panel->curves[c].style != DSC_SERIES_THEORY)
            draw_points(page, f, &panel->curves[c]);
    }
    const char *empty = dsci_panel_empty(page->plot, panel);
    if (empty)
        write_centred(page, f->left + f->width / 2, f->top + f->height / 2, empty, PLAIN);
}

/* One entry of the legend; a new line when it does not fit. Lays out only, if draw is false. */
static void legend_entry(struct page *page, int *column, int *row, uint32_t sign, int color, const char *text,
                         bool draw)
{
    const int width = (int)dsci_text_characters(words_of(page, text)) + (sign ? 2 : 0);
    if (*column > 1 && *column + width > page->columns) {
        *column = 1;
        ++*row;
    }
    if (draw && sign)
        set(page, *column, *row, sign, color);
    if (draw)
        write_at(page, *column + (sign ? 2 : 0), *row, text, PLAIN);
    *column += width + 3;
}

static bool mark_drawn(const dsci_chart *plot, const char *label)
{
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t i = 0; i < plot->panels[p].mark_count; i++)
            if (strcmp(plot->panels[p].marks[i].label, label) == 0)
                return true;
    return false;
}

/* The legend from a row on; returns the row behind it. */
static int legend(struct page *page, int row, bool draw)
{
    const dsci_chart *plot = page->plot;
    int column = 1;
    for (size_t p = 0; p < plot->panel_count; p++)
        for (size_t c = 0; c < plot->panels[p].count; c++) {
            const dsci_curve *curve = &plot->panels[p].curves[c];
            if (dsci_chart_listed(plot, p, c))
                legend_entry(page, &column, &row,
                             curve->style == DSC_SERIES_THEORY
                                 ? page->signs->theory[curve->variant % THEORIES]
                                 : point_sign(page, curve),
                             curve_color(curve), curve->legend, draw);
        }
    for (size_t i = 0; i < DSC_FIGURE_MAX_MARKS && plot->figure->marks[i].label; i++)
        if (mark_drawn(plot, plot->figure->marks[i].label))
            legend_entry(page, &column, &row, page->signs->mark, GREY, plot->figure->marks[i].label, draw);
    if (plot->samples[0] && !plot->empty)
        legend_entry(page, &column, &row, 0, PLAIN, plot->samples, draw);
    if (plot->left_out[0])
        legend_entry(page, &column, &row, 0, PLAIN, plot->left_out, draw);
    return row + 1;
}

static void put_utf8(dsc_text *out, uint32_t sign)
{
    const int more = sign < 0x80 ? 0 : sign < 0x800 ? 1 : sign < 0x10000 ? 2 : 3;
    static const uint32_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    unsigned char bytes[4] = { (unsigned char)(lead[more] | sign >> (6 * more)) };
    for (int i = 1; i <= more; i++)
        bytes[i] = (unsigned char)(0x80 | (sign >> (6 * (more - i)) & 0x3f));
    dsc_text_append_bytes(out, bytes, (size_t)more + 1);
}

static const char *print_page(const struct page *page, bool color)
{
    dsc_text *out = dsc_text_open(page->scope);
    for (int row = 0; row < page->rows; row++) {
        const struct character *line = &page->characters[(size_t)row * (size_t)page->columns];
        int end = page->columns, current = PLAIN;
        while (end > 0 && line[end - 1].sign == 0)
            end--;
        for (int column = 0; column < end; column++) {
            if (color && line[column].sign && line[column].color != current)
                dsc_text_format(out, "\x1b[%sm", ansi[current = line[column].color]);
            put_utf8(out, line[column].sign ? line[column].sign : ' ');
        }
        dsc_text_append(out, color && current != PLAIN ? "\x1b[0m\n" : "\n");
    }
    return dsc_text_string(out);
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

const char *dsci_chart_text(dsc_scope *scope, const dsci_chart *plot, int columns, int rows, bool color,
                            bool unicode)
{
    if (plot->figure->y)
        return dsci_map_text(scope, plot, columns);
    struct page page = { .scope = scope,
                         .plot = plot,
                         .signs = unicode ? &unicode_signs : &ascii_signs,
                         .unicode = unicode,
                         .columns = clamp(columns, MIN_COLUMNS, MAX_COLUMNS) };
    const int panels = (int)plot->panel_count, titled = plot->panels[0].title != NULL;
    const int head = (plot->title[0] != '\0') + 1; /* and the label of y */
    const int foot = 1 + legend(&page, 0, false);  /* the label of x */
    const int other = titled + 2;                  /* a panel's title, axis and tick labels */
    const int height =
        clamp((clamp(rows, 0, MAX_ROWS) - head - foot) / panels - other, MIN_PANEL_ROWS, MAX_ROWS);
    page.rows = head + panels * (height + other) + foot;
    page.characters =
        dsc_scope_alloc(scope, (size_t)page.rows * (size_t)page.columns, sizeof *page.characters);
    if (!page.characters)
        return NULL;
    const dsci_ticks y_ticks = dsci_ticks_make(plot->y, (size_t)(height / 2 > 3 ? height / 2 : 3));
    int labels = 1;
    for (size_t i = 0; i < y_ticks.count; i++)
        labels = (int)strlen(y_ticks.text[i]) > labels ? (int)strlen(y_ticks.text[i]) : labels;
    struct frame frame = { .left = labels + 2, .width = page.columns - labels - 4, .height = height };
    if (plot->title[0])
        write_centred(&page, page.columns / 2, 0, plot->title, PLAIN);
    write_at(&page, 0, head - 1, plot->y_label, PLAIN);
    for (int p = 0; p < panels; p++) {
        frame.top = head + p * (height + other) + titled;
        draw_panel(&page, &plot->panels[p], &frame, &y_ticks);
    }
    write_centred(&page, frame.left + frame.width / 2, page.rows - foot, plot->x_label, PLAIN);
    legend(&page, page.rows - foot + 1, true);
    return print_page(&page, color);
}
