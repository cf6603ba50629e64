/* What a reader sees: names on axes, titles in words, colours around 0, lines and signs that differ. */
#include <math.h>
#include <string.h>

#include "plot/plot.h"
#include "sample.h"
#include "test.h"

static void names_stand_on_the_axis(void **state)
{
    dsc_scope *scope = *state;
    const dsc_figure figure = {
        .name = "f", .x = "method", .panels = "size", .series = { { .output = "value", .label = "v" } }
    };
    const dsci_chart *plot = dsci_chart_make(scope, sample_record(scope, 1, 1), &figure);
    const char *text = dsci_chart_text(scope, plot, 80, 40, false, true);
    assert_non_null(strstr(text, " a% "));
    assert_non_null(strstr(text, "second"));
    assert_null(strstr(text, "0.5"));
    assert_non_null(
        strstr(dsci_chart_script(scope, plot, "f", "svg", &(dsc_plot_page){ 0 }), "T('a%%','a\\%%') 0"));
}

static void panels_have_titles_in_words(void **state)
{
    dsc_scope *scope = *state;
    const dsc_figure figure = { .name = "f",
                                .x = "size",
                                .panels = "method",
                                .panel_titles = "second=the second way|a=none",
                                .series = { { .output = "value", .label = "v" } } };
    const dsci_chart *plot = dsci_chart_make(scope, sample_record(scope, 1, 1), &figure);
    assert_string_equal(plot->panels[0].title, "a%");
    assert_string_equal(plot->panels[1].title, "the second way");
    assert_string_equal(plot->panels[2].title, "third");
}

static void maps_of_both_signs_have_0_in_the_middle(void **state)
{
    dsc_scope *scope = *state;
    const dsc_figure figure = {
        .name = "f", .x = "size", .y = "method", .series = { { .output = "value", .label = "v" } }
    };
    const dsci_chart *both = dsci_chart_make(scope, sample_record(scope, -0.1, 0.05), &figure);
    assert_true(both->diverging && both->y.low == -both->y.high && fabs(both->y.high - 0.3) < 1e-12);
    assert_non_null(strstr(dsci_chart_script(scope, both, "f", "svg", &(dsc_plot_page){ 0 }), "#f7f7f7"));
    const dsci_chart *one = dsci_chart_make(scope, sample_record(scope, 0, 0.05), &figure);
    assert_true(!one->diverging && one->y.low == 0);
    assert_null(strstr(dsci_chart_script(scope, one, "f", "svg", &(dsc_plot_page){ 0 }), "#f7f7f7"));
}

/* Conditions on the axes of curves, panels and x: what they leave is drawn. */
static void where_chooses_curves_panels_and_points(void **state)
{
    dsc_scope *scope = *state;
    dsc_record *record = sample_record(scope, 1, 1);
    dsc_figure figure = { .name = "f", .x = "size", .by = "method", .series = { { .output = "value" } } };
    static const struct {
        const char *where;
        size_t curves, points;
    } cases[] = {
        { NULL, 3, 3 },
        { "method=second,third", 2, 3 },
        { "method=*n* size=5.72..", 1, 2 }, /* refused: two asterisks */
        { "method=s*d size=5.72..", 1, 2 },
        { "size=last", 3, 1 },
        { "method=fourth", 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        figure.series[0].where = cases[i].where;
        dsc_scope *own = dsc_scope_open(NULL);
        const dsci_chart *plot = dsci_chart_make(own, record, &figure);
        if (i == 2) {
            assert_null(plot);
            assert_string_equal(
                dsc_scope_message(own),
                "figure 'f', where 'method=*n* size=5.72..': '*n*' has more than one asterisk");
        } else {
            assert_int_equal(plot->panels[0].count, cases[i].curves);
            for (size_t c = 0; c < plot->panels[0].count; c++)
                assert_int_equal(plot->panels[0].curves[c].count, cases[i].points);
        }
        dsc_scope_close(&own);
    }
    figure.by = NULL;
    figure.panels = "method";
    figure.series[0].where = "method=a%,third";
    const dsci_chart *plot = dsci_chart_make(scope, record, &figure);
    assert_int_equal(plot->panel_count, 2); /* none of the second method, which no curve is about */
    assert_int_equal(plot->panels[0].count, 1);
    assert_int_equal(plot->panels[1].count, 1);
    assert_string_equal(plot->panels[1].title, "third");
}

/* The part of a script behind `keyentry`, up to the title: how an entry of the legend looks. */
static const char *look_of(dsc_scope *scope, const char *script, size_t entry)
{
    for (size_t i = 0; script && i <= entry; i++)
        script = strstr(i ? script + 1 : script, "keyentry ");
    const char *title = script ? strstr(script, " title ") : NULL;
    return title ? dsc_scope_format(scope, "%.*s", (int)(title - script), script) : NULL;
}

static void entries_of_the_legend_differ(void **state)
{
    dsc_scope *scope = *state;
    enum { ENTRIES = 12 };
    dsc_figure figure = { .name = "f", .x = "size" };
    for (size_t i = 0; i < ENTRIES; i++)
        figure.series[i] = (dsc_series){ .output = "value",
                                         .where = "method=second",
                                         .label = dsc_scope_format(scope, "%zu", i),
                                         .style = i < 8 ? DSC_SERIES_MEASURED : DSC_SERIES_THEORY };
    const dsci_chart *plot = dsci_chart_make(scope, sample_record(scope, 1, 1), &figure);
    const char *script = dsci_chart_script(scope, plot, "f", "svg", &(dsc_plot_page){ 0 });
    for (size_t i = 0; i < ENTRIES; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(look_of(scope, script, i), look_of(scope, script, j));
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(plot->panels[0].curves[i].sign, i);
}

static void points_close_together_have_axes_to_stand_on(void **state)
{
    dsc_scope *scope = *state;
    const dsc_figure figure = { .name = "f",
                                .x = "method",
                                .x_output = "intensity",
                                .log_x = true,
                                .log_y = true,
                                .series = { { .output = "rate", .label = "r" } } };
    const dsci_chart *plot = dsci_chart_make(scope, sample_record(scope, 1, 1), &figure);
    assert_true(plot->x.high / plot->x.low > 99 && plot->y.high / plot->y.low > 9.9);
    assert_true(plot->x.low < sample_sizes[0] && plot->x.high > sample_sizes[2]);
}

/* The layout has room for letters of the same size on a narrower page: panels one below the other. */
static void narrow_pages_have_layouts_of_their_own(void **state)
{
    dsc_scope *scope = *state;
    const dsc_figure figure = { .name = "f",
                                .title = "the title",
                                .x = "size",
                                .panels = "method",
                                .series = { { .output = "value", .label = "v" } } };
    const dsci_chart *plot = dsci_chart_make(scope, sample_record(scope, 1, 1), &figure);
    const char *usual = dsci_chart_script(scope, plot, "f", "pdf", &(dsc_plot_page){ 0 });
    const char *narrow = dsci_chart_script(
        scope, plot, "f", "pdf", &(dsc_plot_page){ .width = 3.4, .font_size = 7, .no_title = true });
    assert_non_null(strstr(usual, "pdfcairo size 9in,5.25in"));
    assert_non_null(strstr(usual, "the title"));
    assert_non_null(strstr(narrow, "pdfcairo size 3.4in,"));
    assert_non_null(strstr(narrow, "colortext size 3.4in,"));
    assert_non_null(strstr(narrow, "font ',7'"));
    assert_null(strstr(narrow, "the title"));
    dsc_figure wordy = figure;
    wordy.title = "A title of many words, which a narrow page has no room for in one line";
    wordy.x_label = "sizes that take a while to read (units)";
    const dsci_chart *long_texts = dsci_chart_make(scope, sample_record(scope, 1, 1), &wordy);
    const char *broken = dsci_chart_script(scope, long_texts, "f", "pdf", &(dsc_plot_page){ .width = 3.4 });
    static const char *const lines[] = { "'A title of many words, which a narrow'",
                                         "'page has no room for in one line'",
                                         "'sizes that take a while to read'", "'(units)'" };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (!strstr(broken, lines[i]))
            fail_msg("no line %s in %s", lines[i], broken);
    static const double wrong[][2] = { { -1, 0 }, { 1000, 0 }, { NAN, 0 }, { 3, 2 }, { 3, NAN }, { 1, 8 } };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dsc_scope *own = dsc_scope_open(NULL);
        dsc_plot(own, sample_record(own, 1, 1), "/nonexistent/r.h5",
                 &(dsc_plot_options){ .page = { .width = wrong[i][0], .font_size = wrong[i][1] } });
        assert_int_equal(dsc_scope_status(own), DSC_ERROR_ARGUMENT);
        dsc_scope_close(&own);
    }
}

static int open_scope(void **state)
{
    *state = dsc_scope_open(NULL);
    return 0;
}

static int close_scope(void **state)
{
    dsc_scope *scope = *state;
    const int bad = dsc_scope_status(scope) != DSC_OK;
    dsc_scope_close(&scope);
    return bad;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scope, close_scope)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_stand_on_the_axis),
        TEST(panels_have_titles_in_words),
        TEST(maps_of_both_signs_have_0_in_the_middle),
        TEST(where_chooses_curves_panels_and_points),
        TEST(entries_of_the_legend_differ),
        TEST(narrow_pages_have_layouts_of_their_own),
        TEST(points_close_together_have_axes_to_stand_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
