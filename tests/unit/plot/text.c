/* A text holds all that was appended, or it has no string and its scope says why: whichever allocation fails,
   nothing that is made of texts is ever cut. */
#include <stdlib.h>
#include <string.h>

#include <descent/figure.h>
#include <descent/text.h>

#include "allocation.h"
#include "graph/table.h"
#include "plot/plot.h"
#include "sample.h"
#include "test.h"

/* Text of every length from nothing on, by each of the three ways. */
static const char *many_pieces(dsc_scope *scope)
{
    dsc_text *text = dsc_text_open(scope);
    for (int i = 0; i < 400; i++) {
        dsc_text_format(text, "%0*d", i, i);
        dsc_text_append(text, "\n");
        dsc_text_append_bytes(text, "abc", (size_t)i % 4);
    }
    if (dsc_text_string(text))
        assert_int_equal(dsc_text_length(text), strlen(dsc_text_string(text)));
    return dsc_text_string(text);
}

static const char *one_long_piece(dsc_scope *scope)
{
    dsc_text *text = dsc_text_open(scope);
    dsc_text_format(text, "%s", "");
    dsc_text_format(text, "%*d", 100000, 7);
    return dsc_text_string(text);
}

static const char *a_table(dsc_scope *scope)
{
    static const dsci_table_form form = { .heading = { "name", "count" }, .alignment = "lr" };
    static const dsci_table_row rows[] = { { { "one", "1" } }, { { "a hundred", "100" } } };
    return dsci_table_text(scope, &form, rows, 2, "two rows");
}

static const dsci_chart *plot_make(dsc_scope *scope, bool map)
{
    static dsc_figure figure = { .name = "f",
                                 .title = "value",
                                 .x = "size",
                                 .x_label = "size",
                                 .y_label = "value",
                                 .series = { { .output = "value", .label = "value" } } };
    figure.y = map ? "method" : NULL;
    figure.panels = map ? NULL : "method";
    dsc_record *record = sample_record(scope, 1, 1);
    return record ? dsci_chart_make(scope, record, &figure) : NULL;
}

static const char *figure_of(dsc_scope *scope, bool map)
{
    const dsci_chart *plot = plot_make(scope, map);
    const char *script = plot ? dsci_chart_script(scope, plot, "stem", "svg", &(dsc_plot_page){ 0 }) : NULL;
    const char *data = plot ? dsci_chart_data(scope, plot, "stem", "source.h5") : NULL;
    const char *text = plot ? dsci_chart_text(scope, plot, 80, 24, true, true) : NULL;
    return script && data && text ? dsc_scope_format(scope, "%s%s%s", script, data, text) : NULL;
}

static const char *a_figure(dsc_scope *scope)
{
    return figure_of(scope, false);
}

static const char *a_map(dsc_scope *scope)
{
    return figure_of(scope, true);
}

static void it_is_whole_or_an_error(void **state)
{
    static const char *(*const makers[])(dsc_scope *) = { many_pieces, one_long_piece, a_table, a_figure,
                                                          a_map };
    (void)state;
    for (size_t m = 0; m < sizeof makers / sizeof makers[0]; m++) {
        dsc_scope *calm = dsc_scope_open(NULL);
        const char *expected = makers[m](calm);
        assert_string_equal(dsc_scope_message(calm), "");
        assert_non_null(expected);
        bool ended = false;
        long n = 0;
        for (; !ended; n++) {
            calls_left = n;
            dsc_scope *scope = dsc_scope_open(NULL);
            const char *made = makers[m](scope);
            ended = calls_left >= 0;
            calls_left = -1;
            if (dsc_scope_status(scope) == DSC_OK)
                assert_string_equal(made, expected);
            else
                assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MEMORY);
            assert_true(!made == (dsc_scope_status(scope) != DSC_OK));
            assert_true(!ended || made);
            dsc_scope_close(&scope);
        }
        assert_true(n > 2); /* some did fail */
        dsc_scope_close(&calm);
    }
}

static void a_missing_text_does_nothing(void **state)
{
    (void)state;
    dsc_text_append(NULL, "a");
    dsc_text_format(NULL, "%d", 1);
    dsc_text_append_bytes(NULL, "a", 1);
    assert_null(dsc_text_open(NULL));
    assert_null(dsc_text_string(NULL));
    assert_int_equal(dsc_text_length(NULL), 0);
}

static void after_an_error_of_the_scope_there_is_no_string(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_text *text = dsc_text_open(scope);
    dsc_text_append(text, "half of ");
    assert_string_equal(dsc_text_string(text), "half of ");
    dsc_scope_fail(scope, DSC_ERROR_FILE, "gone");
    dsc_text_append(text, "it");
    assert_null(dsc_text_string(text));
    dsc_scope_close(&scope);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_text *text = dsc_text_open(scope);
    dsc_text_append_bytes(text, "x", SIZE_MAX - 1);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MEMORY);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_whole_or_an_error),
        cmocka_unit_test(a_missing_text_does_nothing),
        cmocka_unit_test(after_an_error_of_the_scope_there_is_no_string),
        cmocka_unit_test(impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
