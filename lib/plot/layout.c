/* layout.c - where the parts of a figure stand on its page. */
#include <math.h>
#include <string.h>

#include "plot/script.h"

enum {
    HEIGHT_ONE_ROW = 700,
    HEIGHT_MORE_ROWS = 1050,
    MAP_LABELS = 60 /* least room for the row labels of a map */
};

/* ---- texts above and below ---- */

/* Lines that a text takes, at least one. */
static size_t lines_of(const char *text, size_t most)
{
    size_t lines = 0;
    do {
        text += dsci_text_line(text, most);
        text += strspn(text, " ");
        lines++;
    } while (*text && lines < DSCI_TITLE_LINES);
    return lines;
}

/* The title and the label of x stand about the middle of the panels: what fits between that and the right end
   of the page fits to the left of it, too. */
static void layout_titles(dsci_layout *l, const dsci_chart *plot)
{
    const size_t room = (size_t)(l->width - DSCI_LEFT + DSCI_RIGHT) / DSCI_CHARACTER;
    l->title_characters = room < 105 ? room : 105;
    l->title_lines = plot->title[0] ? lines_of(plot->title, l->title_characters) : 0;
    l->x_label_lines = lines_of(plot->x_label, l->title_characters);
    l->top = DSCI_GAP / 2 + (l->title_lines ? (int)l->title_lines * DSCI_LINE + DSCI_GAP / 2 : 0);
}

/* ---- curves ---- */

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

dsci_mark_layout dsci_layout_marks(const dsci_panel *panel, dsci_span range, double width)
{
    dsci_mark_layout l = { .rows = 0 };
    double right[DSC_FIGURE_MAX_MARKS];
    for (size_t i = 0; i < panel->mark_count; i++) {
        const double half = DSCI_CHARACTER * (double)dsci_text_characters(panel->marks[i].label) / 2;
        const double centre = dsci_span_fraction(range, panel->marks[i].at) * width;
        l.x[i] = fmax(half - DSCI_GAP / 2.0, fmin(width + DSCI_GAP / 2.0 - half, centre));
        size_t row = 0;
        while (row < l.rows && l.x[i] - half < right[row] + DSCI_CHARACTER)
            row++;
        l.rows = row == l.rows ? row + 1 : l.rows;
        right[row] = l.x[i] + half;
        l.row[i] = row;
    }
    return l;
}

/* Lines that the names of an axis take: those that would run into each other are broken behind each '+', and
   stand aslant where that does not help. */
static void layout_names(dsci_layout *l, const dsci_chart *plot)
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
    const size_t room = plot->named_x ? (size_t)l->panel_width / (plot->named_x->count * DSCI_CHARACTER) : 0;
    if (!plot->named_x || longest <= room)
        return;
    l->slanted = longest_part > room + 2;
    longest = longest > DSCI_SLANTED_NAME ? DSCI_SLANTED_NAME : longest;
    l->name_rows = l->slanted ? 1 + longest * DSCI_CHARACTER * 7 / (10 * DSCI_LINE) : most;
}

/* Panels side by side, as many as have room. */
static void layout_columns(dsci_layout *l, size_t panels, size_t most)
{
    enum { NARROWEST = 220 };
    l->columns = most;
    while (l->columns > 1 && (l->width - DSCI_LEFT - DSCI_RIGHT) / (int)l->columns - DSCI_GAP < NARROWEST)
        l->columns--;
    l->rows = (panels + l->columns - 1) / l->columns;
    l->panel_width = (l->width - DSCI_LEFT - DSCI_RIGHT - DSCI_GAP * ((int)l->columns - 1)) / (int)l->columns;
}

/* With a place for everything below the panels and above them, what is left of the usual height, or of a
   narrower figure what its panels need, is theirs. */
static void layout_heights(dsci_layout *l, int bottom)
{
    const int beside = l->row_top + (l->rows > 1 ? 3 * DSCI_LINE / 2 : 0);
    const int wanted = (int)(0.42 * l->width / (l->rows > 1 ? 1.5 : 1));
    const int usual = l->rows == 1 ? HEIGHT_ONE_ROW : HEIGHT_MORE_ROWS;
    l->height = l->width == DSCI_WIDTH && l->rows <= 2
                    ? usual
                    : l->top + bottom + (int)l->rows * (beside + (wanted < 170 ? 170 : wanted));
    l->row_step = (l->height - l->top - bottom) / (int)l->rows;
    l->panel_height = l->row_step - beside;
    if (l->panel_height < 120)
        l->panel_height = 120;
}

dsci_layout dsci_layout_curves(const dsci_chart *plot, int width)
{
    dsci_layout l = { .width = width };
    layout_titles(&l, plot);
    layout_columns(&l, plot->panel_count,
                   plot->panel_count < 4 ? plot->panel_count : (plot->panel_count + 1) / 2);
    size_t longest = 0;
    const size_t entries = key_entries(plot, &longest);
    longest = longest > 80 ? 80 : longest;
    l.key_excess = width < DSCI_WIDTH ? (longest < 28 ? longest * 2 / 7 : 8) : 0;
    l.key_columns = (size_t)(l.width - 2 * DSCI_GAP) / (longest * DSCI_CHARACTER + DSCI_KEY_SAMPLE);
    l.key_columns = l.key_columns < 1 ? 1 : l.key_columns > 3 ? 3 : l.key_columns;
    l.key_rows = (entries + l.key_columns - 1) / l.key_columns;
    for (size_t p = 0; p < plot->panel_count; p++) {
        const size_t rows = dsci_layout_marks(&plot->panels[p], plot->x, l.panel_width).rows;
        l.mark_rows = rows > l.mark_rows ? rows : l.mark_rows;
    }
    l.row_top = (int)l.mark_rows * DSCI_LINE + (plot->panels[0].title ? DSCI_LINE + 6 : 0) + 8;
    layout_names(&l, plot);
    const int bottom =
        (int)(1 + l.x_label_lines + l.name_rows) * DSCI_LINE + 14 + (int)l.key_rows * DSCI_LINE;
    layout_heights(&l, bottom);
    return l;
}

double dsci_layout_tile(const dsci_layout *l, const dsci_panel *panel)
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
    return longest < DSCI_MAP_TEXT ? longest : DSCI_MAP_TEXT;
}

/* A map's panels are as high as square tiles make them; below them stand the label and the scale of colours.
 */
dsci_layout dsci_layout_map(const dsci_chart *plot, int width)
{
    const bool picture = plot->figure->picture;
    dsci_layout l = { .width = width };
    layout_titles(&l, plot);
    layout_columns(&l, plot->panel_count, plot->panel_count < 4 ? plot->panel_count : 3);
    const int most = (l.rows == 1 ? 560 : 380) * (width < DSCI_WIDTH ? width : DSCI_WIDTH) / DSCI_WIDTH;
    size_t longest = 0;
    l.map_labels = MAP_LABELS;
    for (size_t p = 0; p < plot->panel_count && !picture; p++) {
        const dsci_panel *panel = &plot->panels[p];
        const size_t columns = longest_text(panel->column_texts, panel->columns);
        const int labels = DSCI_CHARACTER * (int)longest_text(panel->row_texts, panel->rows) + DSCI_LINE / 2;
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
    l.row_top = (plot->panels[0].title ? DSCI_LINE + 6 : 0) + 8;
    l.slanted = longest > 2 && (double)longest * DSCI_CHARACTER > dsci_layout_tile(&l, &plot->panels[0]);
    l.name_rows = l.slanted ? (size_t)(longest * DSCI_CHARACTER * 7 / 10 + DSCI_LINE - 1) / DSCI_LINE : 1;
    l.row_step = l.row_top + l.panel_height + (picture ? DSCI_LINE / 2 : (int)(1 + l.name_rows) * DSCI_LINE);
    l.height = l.top + (int)l.rows * l.row_step + (int)((picture ? 3 : 4) + l.x_label_lines) * DSCI_LINE;
    return l;
}
