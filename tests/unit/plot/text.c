/* A text holds all that was appended, or it has no string and its scope says why: whichever allocation fails,
   nothing that is made of texts is ever cut. The linker routes our objects' calls here (CMakeLists.txt). */
#include <stdlib.h>
#include <string.h>

#include <descent/figure.h>
#include <descent/text.h>

#include "graph/table.h"
#include "plot/plot.h"
#include "test.h"

static long calls_left = -1; /* until the call that fails; negative: none does */

static bool fails(void)
{
    return calls_left >= 0 && calls_left-- == 0;
}

#define WRAP(name, parameters, arguments)                                                                    \
    void *__real_##name parameters;                                                                          \
    void *__wrap_##name parameters;                                                                          \
    void *__wrap_##name parameters                                                                           \
    {                                                                                                        \
        return fails() ? NULL : __real_##name arguments;                                                     \
    }
WRAP(malloc, (size_t size), (size))
WRAP(calloc, (size_t count, size_t size), (count, size))
WRAP(realloc, (void *old, size_t size), (old, size))
WRAP(aligned_alloc, (size_t alignment, size_t size), (alignment, size))

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
    static const double rows[] = { 0, 1 }, columns[] = { 1, 2, 4, 8, 16 };
    const dsc_record_axis axes[] = {
        { .name = "row", .units = "1", .long_name = "row", .count = 2, .values = rows },
        { .name = "width", .units = "1", .long_name = "width", .count = 5, .values = columns },
    };
    const dsc_record_output outputs[] = {
        { .name = "loss", .units = "1", .long_name = "loss", .rank = 2, .axes = { 0, 1 } },
    };
    dsc_record *record = dsc_record_make(scope, &(dsc_record_spec){ .experiment = "e",
                                                                    .title = "t",
                                                                    .reference = "r",
                                                                    .readme = "",
                                                                    .recipe = "{}",
                                                                    .axes = axes,
                                                                    .axis_count = 2,
                                                                    .cell_axes = 2,
                                                                    .outputs = outputs,
                                                                    .output_count = 1 });
    dsc_record_output *output = record ? dsc_record_output_find(record, "loss") : NULL;
    for (size_t i = 0; output && i < output->count; i++)
        output->values[i] = 1.0 / (double)(1 + i);
    static dsc_figure figure = { .name = "f",
                                 .title = "loss",
                                 .x = "width",
                                 .x_label = "width",
                                 .y_label = "loss",
                                 .series = { { .output = "loss", .label = "loss" } } };
    figure.y = map ? "row" : NULL;
    figure.panels = map ? NULL : "row";
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
