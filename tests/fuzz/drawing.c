/* Any figure over any numbers becomes data, a script and a text plot, or is refused. An input is NUMBERS
 * bytes, which choose the values of a record, and the JSON of figures over it. */
#include "fuzz/target.h"

#include <math.h>

#include "plot/plot.h"

enum { NUMBERS = 20, WIDTHS = 4, MAX_FIGURES = 3 };

/* One of the extremes, or something ordinary. */
static double number(const unsigned char *bytes, size_t i)
{
    static const double extremes[] = { 0,      1,   -1,       1e100,     -1e100, 1e300, -1e300, 1e-300,
                                       5e-324, NAN, INFINITY, -INFINITY, 1e12,   0.5,   10,     100 };
    const unsigned char byte = bytes[i % NUMBERS];
    return byte < 128 ? extremes[byte % 16] : (byte - 190) * 0.37;
}

static dsc_record *make_record(dsc_scope *scope, const unsigned char *bytes)
{
    double widths[WIDTHS] = { 1, 2, 4, 8 }, noise[2] = { 0.1, number(bytes, 1) }, seeds[2] = { 1, 2 };
    for (size_t i = 0; i < WIDTHS && bytes[0] & 1; i++)
        widths[i] = number(bytes, 2 + i);
    const dsc_record_axis axes[] = {
        { .name = "width",
          .units = "1",
          .count = WIDTHS,
          .values = widths,
          .names = bytes[0] & 2 ? "a/b c|b+c|d|_" : NULL },
        { .name = "noise", .units = bytes[0] & 4 ? "fraction" : "s", .count = 2, .values = noise },
        { .name = "seed", .count = 2, .values = seeds },
    };
    const dsc_record_output outputs[] = { { .name = "e", .rank = 3, .axes = { 0, 1, 2 } },
                                          { .name = "l", .rank = 3, .axes = { 0, 1, 2 } } };
    dsc_record *record = dsc_record_make(scope, &(dsc_record_spec){ .experiment = "t",
                                                                    .axes = axes,
                                                                    .axis_count = 3,
                                                                    .cell_axes = 3,
                                                                    .outputs = outputs,
                                                                    .output_count = 2 });
    const dsc_record_spec *spec = record ? dsc_record_describe(record) : NULL;
    for (size_t o = 0; spec && o < spec->output_count; o++)
        for (size_t i = 0; i < spec->outputs[o].count; i++)
            spec->outputs[o].values[i] = number(bytes, 6 + 7 * o + i);
    return record;
}

static bool draw(dsc_record *record, const dsc_figure *figure)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsci_chart *plot = dsci_chart_make(scope, record, figure);
    assert_true((plot != NULL) == (dsc_scope_status(scope) == DSC_OK));
    if (plot) {
        assert_non_null(dsci_chart_text(scope, plot, 80, 24, true, true));
        assert_non_null(dsci_chart_text(scope, plot, 40, 5, false, false));
        assert_non_null(dsci_chart_data(scope, plot, "stem", "x.h5"));
        assert_non_null(dsci_chart_script(scope, plot, "stem", "svg", &(dsc_plot_page){ 0 }));
        assert_non_null(dsci_chart_script(scope, plot, "stem", "tex", &(dsc_plot_page){ 0 }));
    }
    dsc_scope_close(&scope);
    return plot;
}

static bool draw_all(const char *directory, const unsigned char *data, size_t size)
{
    (void)directory;
    if (size < NUMBERS)
        return false;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = make_record(scope, data);
    char *json = fuzz_text(data + NUMBERS, size - NUMBERS);
    size_t count = 0;
    const dsc_figure *figures = record ? dsc_figures_from_json(scope, json, &count) : NULL;
    bool drawn = false;
    for (size_t i = 0; figures && i < count && i < MAX_FIGURES; i++)
        drawn |= draw(record, &figures[i]);
    free(json);
    dsc_scope_close(&scope);
    return drawn;
}

static void figures_over_records(const char *directory, fuzz_seed_fn *seed, void *user)
{
    static const char curves[] =
        "[{\"name\":\"curves\",\"title\":\"T\",\"x\":\"width\",\"log_x\":true,\"log_y\":true,\"panels\":\"noise\","
        "\"series\":[{\"output\":\"e\",\"label\":\"l\",\"style\":\"measured\"},"
        "{\"style\":\"published\",\"label\":\"p\",\"reference_x\":[1,2],\"reference_y\":[3.5,4e2]},"
        "{\"style\":\"theory\",\"label\":\"t\",\"reference_x\":[1,8],\"reference_y\":[0,1e9]}],"
        "\"marks\":[{\"label\":\"m\",\"at\":2.0},{\"label\":\"n\",\"output\":\"e\",\"below\":0.5}]}]";
    static const char map[] =
        "[{\"name\":\"map\",\"x\":\"width\",\"y\":\"noise\",\"numbers\":true,\"series\":[{\"output\":\"e\"}]}]";
    static const char points[] =
        "[{\"name\":\"points\",\"x\":\"width\",\"x_output\":\"l\",\"names\":true,\"by\":\"noise\","
        "\"series\":[{\"output\":\"e\",\"label\":\"l\",\"style\":\"measured\",\"where\":\"noise=..0.5,last width=1..4,8\"}]}]";
    static const char *const figures[] = { curves, map, points };
    (void)directory;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        for (unsigned char kind = 0; kind < 3; kind++) {
            unsigned char input[1024];
            for (size_t k = 0; k < NUMBERS; k++)
                input[k] = (unsigned char)(kind == 2 ? 7 * k + i : 200 + k);
            input[0] = kind;
            memcpy(input + NUMBERS, figures[i], strlen(figures[i]));
            seed(user, input, NUMBERS + strlen(figures[i]));
        }
}

const fuzz_target fuzz_subject = { .seeds = figures_over_records, .read = draw_all, .inputs = 500 };
