/* labels.c - texts in a panel: along lines, and beside points where they cover nothing. */
#include "plot/plot.h"

#include <math.h>
#include <string.h>

/* Pixels of the canvas. */
enum { CHARACTER = 10, SMALL_CHARACTER = 8, SMALL_HEIGHT = 18, POINT = 7, ABOVE = 13, INSIDE = 14, STEP = 6 };
enum { MAX_OBSTACLES = 4096, MAX_NAME = 40 };

struct box {
    double left, top, right, bottom;
};

struct placing {
    dsc_scope *scope;
    const dsci_chart *plot;
    double width, height;
    dsci_label_list labels;
    struct box *obstacles;
    size_t obstacle_count;
};

static void block(struct placing *p, struct box box)
{
    if (p->obstacle_count < MAX_OBSTACLES)
        p->obstacles[p->obstacle_count++] = box;
}

static void block_around(struct placing *p, double x, double y, double radius)
{
    block(p, (struct box){ x - radius, y - radius, x + radius, y + radius });
}

static double pixel_x(const struct placing *p, const dsci_point *point)
{
    return dsci_span_fraction(p->plot->x, point->x) * p->width;
}

static double pixel_y(const struct placing *p, const dsci_point *point)
{
    return (1 - dsci_span_fraction(p->plot->y, point->y.median)) * p->height;
}

/* Pixels from the left and from the top. */
struct segment {
    double x0, y0, x1, y1;
};

/* The longest of the segments between neighboring points of a line, each cut at the panel. */
static bool longest_part(const struct placing *p, const dsci_curve *curve, struct segment *longest)
{
    double length = 0;
    dsci_segment part;
    for (size_t i = 1; i < curve->count; i++) {
        if (!dsci_segment_clip(p->plot, &curve->points[i - 1], &curve->points[i], &part))
            continue;
        const struct segment s = { part.x0 * p->width, (1 - part.y0) * p->height, part.x1 * p->width,
                                   (1 - part.y1) * p->height };
        if (hypot(s.x1 - s.x0, s.y1 - s.y0) > length) {
            length = hypot(s.x1 - s.x0, s.y1 - s.y0);
            *longest = s;
        }
    }
    return length >= STEP;
}

static bool is_free(const struct placing *p, struct box box)
{
    if (box.left < 0 || box.right > p->width || box.top < 0 || box.bottom > p->height)
        return false;
    for (size_t i = 0; i < p->obstacle_count; i++) {
        const struct box *o = &p->obstacles[i];
        if (box.left < o->right && o->left < box.right && box.top < o->bottom && o->top < box.bottom)
            return false;
    }
    return true;
}

static void block_line(struct placing *p, const struct segment *line)
{
    const double length = hypot(line->x1 - line->x0, line->y1 - line->y0);
    for (double s = 0; s <= length; s += STEP)
        block_around(p, line->x0 + s / length * (line->x1 - line->x0),
                     line->y0 + s / length * (line->y1 - line->y0), 2);
}

/* Whether text that begins at x, y and runs along a direction covers nothing. */
static bool is_free_along(const struct placing *p, double x, double y, double dx, double dy, double text)
{
    for (double s = 0; s <= text; s += STEP) {
        const double half = SMALL_HEIGHT / 2.0 - 1, cx = x + s * dx, cy = y + s * dy;
        if (!is_free(p, (struct box){ cx - half, cy - half, cx + half, cy + half }))
            return false;
    }
    return true;
}

/* Above the line, from its beginning if it rises, else up to its end; further inside where points are in the
 * way. */
static void label_line(struct placing *p, const char *text, const struct segment *line)
{
    const double length = hypot(line->x1 - line->x0, line->y1 - line->y0);
    const double dx = (line->x1 - line->x0) / length, dy = (line->y1 - line->y0) / length;
    const double wide = CHARACTER * (double)dsci_text_characters(text);
    const bool ends = dy >= 0;
    const double back = ends ? -1 : 1;
    if (p->labels.count == DSCI_MAX_LABELS)
        return;
    dsci_label *label = &p->labels.items[p->labels.count++];
    *label = (dsci_label){ .text = text, .angle = atan2(-dy, dx) * 45 / atan(1.0), .ends = ends };
    double first_x = 0, first_y = 0;
    for (double s = INSIDE;; s += 4 * STEP) {
        label->x = (ends ? line->x1 : line->x0) + back * s * dx + ABOVE * dy;
        label->y = (ends ? line->y1 : line->y0) + back * s * dy - ABOVE * dx;
        if (s == INSIDE) {
            first_x = label->x;
            first_y = label->y;
        }
        if (is_free_along(p, label->x, label->y, back * dx, back * dy, wide))
            break;
        if (s + wide > length) { /* nowhere */
            label->x = first_x;
            label->y = first_y;
            break;
        }
    }
    for (double s = 0; s <= wide; s += STEP)
        block_around(p, label->x + back * s * dx, label->y + back * s * dy, SMALL_HEIGHT / 2.0);
}

/* The name of a point as it is written beside it: without the group before its slash ("gemm/") and without
   what follows a blank. */
static const char *short_name(struct placing *p, const char *name)
{
    const char *slash = strchr(name, '/');
    const char *begin = slash && slash[1] ? slash + 1 : name;
    const int length = (int)strcspn(begin, " ");
    return dsci_text_clean(p->scope, dsc_scope_format(p->scope, "%.*s", length, begin), MAX_NAME);
}

static bool has_label(const struct placing *p, const char *text)
{
    for (size_t i = 0; i < p->labels.count; i++)
        if (strcmp(p->labels.items[i].text, text) == 0)
            return true;
    return false;
}

/* Writes a point's name to the right of it, else to the left, if it covers nothing there. */
static void name_point(struct placing *p, const dsci_point *point)
{
    const char *text = short_name(p, point->name);
    if (!text || p->labels.count == DSCI_MAX_LABELS || has_label(p, text))
        return;
    const double x = pixel_x(p, point), y = pixel_y(p, point);
    const double length = SMALL_CHARACTER * (double)dsci_text_characters(text);
    for (int left = 0; left < 2; left++) {
        const double start = left ? x - POINT - 3 - length : x + POINT + 3;
        const struct box box = { start, y - SMALL_HEIGHT / 2.0, start + length, y + SMALL_HEIGHT / 2.0 };
        if (!is_free(p, box))
            continue;
        block(p, box);
        p->labels.items[p->labels.count++] = (dsci_label){
            .text = text, .x = left ? x - POINT - 3 : start, .y = y, .ends = left, .small = true
        };
        return;
    }
}

static void block_points(struct placing *p, const dsci_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (dsci_chart_drawable(p->plot, &curve->points[i]))
            block_around(p, pixel_x(p, &curve->points[i]), pixel_y(p, &curve->points[i]), POINT);
}

/* Places the labels along lines first: they cover no points and no other label, and lie beside their own
 * lines. */
static void place_lines(struct placing *p, const dsci_panel *panel)
{
    for (int labels = 1; labels >= 0; labels--)
        for (size_t c = 0; c < panel->count; c++) {
            const dsci_curve *curve = &panel->curves[c];
            struct segment line;
            if (!curve->direct || !longest_part(p, curve, &line))
                continue;
            if (labels)
                label_line(p, curve->label, &line);
            else
                block_line(p, &line);
        }
}

dsci_label_list dsci_labels_place(dsc_scope *scope, const dsci_chart *plot, const dsci_panel *panel,
                                  double width, double height)
{
    struct placing p = { .scope = scope, .plot = plot, .width = width, .height = height };
    p.obstacles = dsc_scope_alloc(scope, MAX_OBSTACLES, sizeof *p.obstacles);
    if (!p.obstacles)
        return p.labels;
    for (size_t c = 0; c < panel->count; c++)
        if (!panel->curves[c].direct)
            block_points(&p, &panel->curves[c]);
    place_lines(&p, panel);
    for (size_t c = 0; plot->figure->names && c < panel->count; c++)
        for (size_t i = 0; i < panel->curves[c].count; i++)
            if (panel->curves[c].points[i].name && dsci_chart_drawable(plot, &panel->curves[c].points[i]))
                name_point(&p, &panel->curves[c].points[i]);
    return p.labels;
}
