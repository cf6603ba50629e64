/* Figures survive the way to JSON and back; damaged or hostile JSON is refused with the place and the reason.
 */
#include <math.h>
#include <string.h>

#include <descent/figure.h>

#include "test.h"

static const dsc_figure full = {
    .name = "test-error",
    .title = "It's \"50 %\" \\ \xc3\xbc",
    .x = "width",
    .x_label = "h",
    .y_label = "error (%)",
    .log_x = true,
    .log_y = true,
    .x_scale = 200,
    .y_scale = 0.1,
    .y_min = 1e-3,
    .y_max = 1e5,
    .panels = "noise",
    .panel_titles = "a=the first",
    .by = "depth",
    .series = { { .output = "test_error", .label = "test", .where = "noise=0.15", .low = "a", .high = "b" },
                { .output = "theory", .style = DSC_SERIES_THEORY },
                { .label = "published",
                  .style = DSC_SERIES_PUBLISHED,
                  .reference_count = 2,
                  .reference_x = { 1, 2 },
                  .reference_y = { 0.1, 1.0 / 3 } } },
    .marks = { { .label = "threshold", .output = "test_error", .below = 0.25, .at = 61 }, { .label = "n" } },
};

static void figures_come_back_as_they_were(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_figure figures[] = { full, { .name = "b", .x = "epoch" } };
    const char *json = dsc_figures_to_json(scope, figures, 2);
    size_t count = 0;
    const dsc_figure *back = dsc_figures_from_json(scope, json, &count);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(count, 2);
    assert_string_equal(json, dsc_figures_to_json(scope, back, 2));
    assert_string_equal(back[0].title, full.title);
    assert_string_equal(back[0].panel_titles, full.panel_titles);
    assert_true(back[0].series[2].reference_y[1] == 1.0 / 3 && back[0].series[2].reference_count == 2);
    assert_true(back[0].log_y && !back[1].log_y && back[0].y_scale == 0.1 && back[0].marks[0].at == 61);
    assert_string_equal(back[0].series[0].low, "a");
    assert_string_equal(back[0].marks[0].output, "test_error");
    assert_true(back[0].marks[0].below == 0.25);
    assert_string_equal(back[0].marks[1].label, "n");
    assert_null(back[0].series[3].output);
    assert_null(back[1].title);
    dsc_scope_close(&scope);
}

static void numbers_that_json_lacks_are_refused(void **state)
{
    (void)state;
    dsc_figure figure = full;
    figure.y_max = (double)INFINITY;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_figures_to_json(scope, &figure, 1);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    assert_non_null(strstr(dsc_scope_message(scope), "y_max"));
    dsc_scope_close(&scope);
}

static void wrong_json_is_refused_with_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *json, *message;
    } cases[] = {
        { "", "expected JSON, line 1" },
        { "{}", "an array of at most 64 figures" },
        { "[1]", "an object" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"colour\":1}]", "'colour': expected no field of this name" },
        { "[{\"name\":\"a\",\"x\":7}]", "'x': expected a text" },
        { "[{\"name\":\"a\"}]", "'x': expected the name of an axis" },
        { "[{\"name\":\"../../etc\",\"x\":\"w\"}]", "'name': expected 1 to 64 letters" },
        { "[{\"name\":\"-e\",\"x\":\"w\"}]", "'name': expected" },
        { "[{\"name\":\"a\",\"x\":\"w\"},{\"name\":\"a\",\"x\":\"w\"}]", "a name that no other figure has" },
        { "[{\"name\":\"a\",\"name\":\"b\"}]", "duplicate" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"log_x\":1}]", "'log_x': expected true or false" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"y_max\":1e300}]", "'y_max': expected a number within 1e100" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"y_max\":1e999}]", "expected JSON" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"series\":{}}]", "'series': expected an array of at most 16" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"series\":[{}]}]", "figure 0, series 0, field 'style'" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"series\":[{\"style\":\"measured\"}]}]", "'output'" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"series\":[{\"style\":\"published\",\"reference_x\":[1]}]}]",
          "'reference_y'" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"series\":[{\"style\":\"theory\",\"output\":\"o\",\"where\":\"n\"}]}]",
          "AXIS=VALUE" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"series\":[{\"style\":\"measured\",\"output\":\"o\",\"low\":\"n\"}]}]",
          "both ends of a band" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"marks\":[{\"at\":1}]}]", "mark 0, field 'label'" },
        { "[{\"name\":\"a\",\"x\":\"w\",\"marks\":[1,2,3,4,5]}]", "at most 4" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        size_t count = 9;
        dsc_figures_from_json(scope, cases[i].json, &count);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        if (!strstr(dsc_scope_message(scope), cases[i].message))
            fail_msg("%s: message '%s' lacks '%s'", cases[i].json, dsc_scope_message(scope),
                     cases[i].message);
        assert_int_equal(count, 0);
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_come_back_as_they_were),
        cmocka_unit_test(numbers_that_json_lacks_are_refused),
        cmocka_unit_test(wrong_json_is_refused_with_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
