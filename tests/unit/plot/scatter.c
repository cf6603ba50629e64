/* Figures of points that are not joined: groups by names, lines with labels along them, names where there is
 * room. */
#include <math.h>
#include <string.h>

#include "plot/plot.h"
#include "test.h"

static const dsc_figure roofline = {
    .name = "roofline",
    .x = "row",
    .x_output = "intensity",
    .names = true,
    .log_x = true,
    .log_y = true,
    .series = { { .output = "rate", .label = "gemm, a", .where = "row=gemm/* a" },
                { .output = "rate", .label = "gemm, b", .where = "row=gemm/* b" },
                { .output = "rate", .label = "none", .where = "row=none/*" },
                { .label = "roof 100",
                  .style = DSC_SERIES_THEORY,
                  .reference_count = 2,
                  .reference_x = { 1, 50 },
                  .reference_y = { 100, 100 } },
                { .label = "slope",
                  .style = DSC_SERIES_THEORY,
                  .reference_count = 2,
                  .reference_x = { 0.1, 10 },
                  .reference_y = { 1, 100 } } },
};

/* Four rows: gemm/x by a and b, gemm/y by a, of which one has no intensity, and conv/z. */
static dsc_record *record_of(dsc_scope *scope)
{
    static const double places[] = { 0, 1, 2, 3 }, intensity[] = { 2, 2, NAN, 8 },
                        rate[] = { 10, 20, 30, 40 };
    const dsc_record_axis axis = { .name = "row",
                                   .units = "1",
                                   .long_name = "row",
                                   .integer = true,
                                   .count = 4,
                                   .values = places,
                                   .names = "gemm/x a|gemm/x b|gemm/y a|conv/z a" };
    const dsc_record_output outputs[] = {
        { .name = "intensity", .units = "1", .long_name = "intensity", .rank = 1, .axes = { 0 } },
        { .name = "rate", .units = "1", .long_name = "rate", .rank = 1, .axes = { 0 } },
    };
    dsc_record *record = dsc_record_make(scope, &(dsc_record_spec){ .experiment = "toy",
                                                                    .title = "",
                                                                    .reference = "",
                                                                    .readme = "",
                                                                    .recipe = "{}",
                                                                    .figures = "[]",
                                                                    .axes = &axis,
                                                                    .axis_count = 1,
                                                                    .cell_axes = 1,
                                                                    .outputs = outputs,
                                                                    .output_count = 2 });
    memcpy(dsc_record_output_find(record, "intensity")->values, intensity, sizeof intensity);
    memcpy(dsc_record_output_find(record, "rate")->values, rate, sizeof rate);
    return record;
}

static void series_pick_places_by_name(void **state)
{
    dsc_scope *scope = *state;
    const dsci_chart *plot = dsci_chart_make(scope, record_of(scope), &roofline);
    assert_non_null(plot);
    const dsci_panel *panel = &plot->panels[0];
    assert_int_equal(panel->count, 4);           /* the group without places is left out */
    assert_int_equal(panel->curves[0].count, 1); /* and so is the place without a number */
    assert_true(panel->curves[0].points[0].x == 2 && panel->curves[0].points[0].y.median == 10);
    assert_string_equal(panel->curves[0].points[0].name, "gemm/x a");
    assert_true(panel->curves[1].points[0].y.median == 20);
    assert_true(panel->curves[2].direct && panel->curves[3].direct && !panel->curves[0].direct);
}

static void labels_lie_along_lines_inside_the_panel(void **state)
{
    dsc_scope *scope = *state;
    const dsci_chart *plot = dsci_chart_make(scope, record_of(scope), &roofline);
    assert_non_null(plot);
    const dsci_label_list labels = dsci_labels_place(scope, plot, &plot->panels[0], 1000, 500);
    assert_int_equal(labels.count, 3);
    assert_string_equal(labels.items[0].text, "roof 100");
    assert_true(labels.items[0].ends && fabs(labels.items[0].angle) < 1e-9);
    assert_string_equal(labels.items[1].text, "slope");
    assert_true(!labels.items[1].ends && labels.items[1].angle > 5 && labels.items[1].angle < 85);
    assert_string_equal(labels.items[2].text, "x"); /* of both engines once */
    for (size_t i = 0; i < labels.count; i++)
        assert_true(labels.items[i].x > -20 && labels.items[i].x <= 1000 && labels.items[i].y > -20 &&
                    labels.items[i].y <= 500);
}

static void scripts_draw_points_without_lines(void **state)
{
    dsc_scope *scope = *state;
    const dsci_chart *plot = dsci_chart_make(scope, record_of(scope), &roofline);
    const char *script = dsci_chart_script(scope, plot, "toy", "svg", &(dsc_plot_page){ 0 }),
               *data = dsci_chart_data(scope, plot, "toy", "toy.h5");
    assert_non_null(script);
    assert_null(strstr(script, "linespoints"));
    assert_non_null(strstr(script, "rotate by"));
    assert_null(strstr(script, "title 'roof 100'")); /* it stands along its line */
    assert_non_null(strstr(data, "2 10 10 10 1 \"gemm/x a\""));
}

static void the_description_survives_the_file(void **state)
{
    dsc_scope *scope = *state;
    size_t count = 0;
    const dsc_figure *figures =
        dsc_figures_from_json(scope, dsc_figures_to_json(scope, &roofline, 1), &count);
    assert_int_equal(count, 1);
    assert_true(figures[0].names);
    assert_string_equal(figures[0].x_output, "intensity");
    assert_null(figures[0].series[3].output);
    assert_true(figures[0].series[3].reference_x[1] == 50);
}

static void lines_need_points(void **state)
{
    dsc_scope *scope = *state;
    size_t count = 0;
    dsc_figures_from_json(scope, "[{\"name\": \"a\", \"x\": \"row\", \"series\": [{\"style\": \"theory\"}]}]",
                          &count);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
}

static void a_missing_output_is_named(void **state)
{
    dsc_scope *scope = *state;
    dsc_figure figure = roofline;
    figure.x_output = "nothing";
    assert_null(dsci_chart_make(scope, record_of(scope), &figure));
    assert_non_null(strstr(dsc_scope_message(scope), "no output 'nothing'"));
}

static int open_scope(void **state)
{
    *state = dsc_scope_open(NULL);
    return *state == NULL;
}

static int close_scope(void **state)
{
    dsc_scope_close((dsc_scope **)state);
    return 0;
}

#define IN_A_SCOPE(test) cmocka_unit_test_setup_teardown(test, open_scope, close_scope)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_SCOPE(series_pick_places_by_name),
        IN_A_SCOPE(labels_lie_along_lines_inside_the_panel),
        IN_A_SCOPE(scripts_draw_points_without_lines),
        IN_A_SCOPE(the_description_survives_the_file),
        IN_A_SCOPE(lines_need_points),
        IN_A_SCOPE(a_missing_output_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
