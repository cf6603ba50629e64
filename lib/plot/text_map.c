/* text_map.c - a map as text: its numbers where they fit, else shades. */
#include "plot/plot.h"

#include <math.h>
#include <string.h>

enum { NUMBER_COLUMNS = 7, LABEL_COLUMNS = 10 };

static void put_number_rows(dsc_text *out, dsc_scope *scope, const dsci_panel *panel)
{
    dsc_text_format(out, "%*s", LABEL_COLUMNS, "");
    for (size_t j = 0; j < panel->columns; j++)
        dsc_text_format(out, "%*s", NUMBER_COLUMNS,
                        dsci_text_clean(scope, panel->column_texts[j], NUMBER_COLUMNS - 2));
    dsc_text_append(out, "\n");
    for (size_t i = 0; i < panel->rows; i++) {
        dsc_text_format(out, "%*s", LABEL_COLUMNS,
                        dsci_text_clean(scope, panel->row_texts[i], LABEL_COLUMNS - 2));
        for (size_t j = 0; j < panel->columns; j++) {
            const double value = panel->tiles[i * panel->columns + j];
            if (isfinite(value))
                dsc_text_format(out, "%*.3g", NUMBER_COLUMNS, value);
            else
                dsc_text_format(out, "%*s", NUMBER_COLUMNS, "");
        }
        dsc_text_append(out, "\n");
    }
}

/* Two characters a tile, as tall as wide, below what the first and the last shade mean. What does not fit the
   line is left out. */
static void put_shades(dsc_text *out, const dsci_chart *plot, const dsci_panel *panel, int columns)
{
    static const char shades[] = " .:-=+*#%@";
    const size_t most = (size_t)columns / 2, shown = panel->columns < most ? panel->columns : most;
    dsc_text_format(out, "from %.3g (blank) to %.3g (@)\n", plot->y.low, plot->y.high);
    for (size_t i = 0; i < panel->rows; i++) {
        for (size_t j = 0; j < shown; j++) {
            const double value = panel->tiles[i * panel->columns + j];
            const double share = dsci_span_fraction(plot->y, value);
            const int shade = !isfinite(value) || share < 0 ? 0 : share > 1 ? 9 : (int)(share * 9 + 0.5);
            dsc_text_append_bytes(out, &shades[shade], 1);
            dsc_text_append_bytes(out, &shades[shade], 1);
        }
        dsc_text_append(out, "\n");
    }
}

const char *dsci_map_text(dsc_scope *scope, const dsci_chart *plot, int columns)
{
    dsc_text *out = dsc_text_open(scope);
    dsc_text_format(out, "%s\n%s (down) over %s (across); %s%s%s\n", dsci_text_clean(scope, plot->title, 200),
                    dsci_text_clean(scope, plot->y_label, 200), dsci_text_clean(scope, plot->x_label, 200),
                    plot->samples, plot->left_out[0] ? "; " : "", plot->left_out);
    for (size_t p = 0; p < plot->panel_count; p++) {
        const dsci_panel *panel = &plot->panels[p];
        if (panel->title)
            dsc_text_format(out, "%s\n", dsci_text_clean(scope, panel->title, 200));
        const size_t needed = LABEL_COLUMNS + panel->columns * NUMBER_COLUMNS;
        if (!plot->figure->picture && needed <= (size_t)(columns > 0 ? columns : 0))
            put_number_rows(out, scope, panel);
        else
            put_shades(out, plot, panel, columns > 2 ? columns : 2);
    }
    return dsc_text_string(out);
}
