/* Plotting: what the data file and script say, pictures of the same bytes wherever they are drawn, and every
   way in which gnuplot or the disk can fail. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <descent/clock.h>
#include <descent/figure.h>
#include <descent/file.h>

#include "plot/plot.h"
#include "test.h"

static const double noises[] = { 0, 0.15 }, widths[] = { 2, 4, 8, 16, 32 }, seeds[] = { 1, 2, 3 };

static const char hostile[] =
    "it's `date` @x \"q\" $HOME \\ {b}_c \xff\n'; system('touch /tmp/descent-owned'); '";

static dsc_figure error_figure(void)
{
    return (dsc_figure){
        .name = "error",
        .title = "Error",
        .x = "width",
        .x_label = "width",
        .y_label = "error (%)",
        .log_x = true,
        .y_scale = 100,
        .panels = "noise",
        .series = { { .output = "test_error", .label = "test error" },
                    { .label = "published",
                      .style = DSC_SERIES_PUBLISHED,
                      .where = "noise=0.15",
                      .reference_count = 1,
                      .reference_x = { 4 },
                      .reference_y = { 50 } } },
        .marks = { { .label = "threshold", .at = 8 } },
    };
}

/* test_error = noise + seed / 100 + 1 / width; the cells of width 8 are missing, and seed 3 of width 16. */
static dsc_record *record_make(dsc_scope *scope, const dsc_figure *figure)
{
    const dsc_record_axis axes[] = {
        { .name = "noise", .units = "fraction", .long_name = "label noise", .count = 2, .values = noises },
        { .name = "width", .units = "1", .long_name = "width", .count = 5, .values = widths },
        { .name = "seed", .units = "1", .long_name = "seed", .count = 3, .values = seeds },
    };
    const dsc_record_output outputs[] = {
        { .name = "test_error", .units = "1", .long_name = "test error", .rank = 3, .axes = { 0, 1, 2 } },
    };
    dsc_record *record =
        dsc_record_make(scope, &(dsc_record_spec){ .experiment = "e",
                                                   .title = "t",
                                                   .reference = "r",
                                                   .readme = "",
                                                   .recipe = "{}",
                                                   .figures = dsc_figures_to_json(scope, figure, 1),
                                                   .axes = axes,
                                                   .axis_count = 3,
                                                   .cell_axes = 3,
                                                   .outputs = outputs,
                                                   .output_count = 1,
                                                   .deterministic = true });
    dsc_record_output *output = record ? dsc_record_output_find(record, "test_error") : NULL;
    for (size_t i = 0; output && i < output->count; i++) {
        const size_t seed = i % 3, width = i / 3 % 5, noise = i / 15;
        output->values[i] = width == 2 || (width == 3 && seed == 2)
                                ? NAN
                                : noises[noise] + seeds[seed] / 100 + 1 / widths[width];
    }
    return record;
}

static const char *folder_make(dsc_scope *scope)
{
    char *path = dsc_scope_copy(scope, "/tmp/descent-test-plot-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static void folder_remove(const char *folder)
{
    static const char *const endings[] = { "gp", "dat", "svg", "png", "pdf", "tex", "txt" };
    char path[200];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        snprintf(path, sizeof path, "%s/r-error.%s", folder, endings[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/r-error-graphics.pdf", folder);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left */
}

static bool have_gnuplot(void)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsci_gnuplot gnuplot = dsci_gnuplot_find(scope, 20);
    const bool have =
        gnuplot.program && strstr(gnuplot.terminals, " svg ") && strstr(gnuplot.terminals, " pngcairo ");
    dsc_scope_close(&scope);
    return have;
}

static dsc_plot_files plot_in(dsc_scope *scope, const dsc_figure *figure, const char *folder,
                              const char *formats)
{
    return dsc_plot(scope, record_make(scope, figure), dsc_path_join(scope, folder, "r.h5"),
                    &(dsc_plot_options){ .formats = formats });
}

static const char *text_of(dsc_scope *scope, const char *folder, const char *name)
{
    return (const char *)dsc_file_read(scope, dsc_path_join(scope, folder, name), 1 << 24).data;
}

/* Here both ends of the band are the curve itself. */
static void a_band_is_drawn_between_the_outputs_that_are_named(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_figure figure = error_figure();
    figure.series[0].low = figure.series[0].high = "test_error";
    const dsci_chart *plot = dsci_chart_make(scope, record_make(scope, &figure), &figure);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_string_equal(plot->samples, "medians, N = 2 to 3 seeds");
    const dsci_curve *curve = &plot->panels[1].curves[0];
    assert_true(curve->band && curve->count == 5);
    for (size_t i = 0; i < curve->count; i++)
        if (curve->points[i].y.n)
            assert_true(curve->points[i].y.low == curve->points[i].y.median &&
                        curve->points[i].y.high == curve->points[i].y.median);
    figure.series[0].high = "no such output";
    assert_null(dsci_chart_make(scope, record_make(scope, &figure), &figure));
    assert_non_null(strstr(dsc_scope_message(scope), "no output 'no such output'"));
    dsc_scope_close(&scope);
}

/* Both panels fall with the width, the noisy one later. */
static void a_measured_mark_stands_where_its_curve_comes_down_in_each_panel(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_figure figure = error_figure();
    figure.marks[0] = (dsc_mark){ .label = "threshold", .output = "test_error", .below = 0.3 };
    const dsci_chart *plot = dsci_chart_make(scope, record_make(scope, &figure), &figure);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(plot->panel_count, 2);
    for (size_t p = 0; p < 2; p++) {
        const dsci_panel *panel = &plot->panels[p];
        double expected = INFINITY;
        for (size_t i = panel->curves[0].count; i-- > 0;)
            if (panel->curves[0].points[i].y.n && panel->curves[0].points[i].y.median <= 30)
                expected = panel->curves[0].points[i].x;
        assert_int_equal(panel->mark_count, 1);
        assert_true(panel->marks[0].at == expected);
    }
    assert_true(plot->panels[0].marks[0].at < plot->panels[1].marks[0].at);

    figure.marks[0].below = -1;
    plot = dsci_chart_make(scope, record_make(scope, &figure), &figure);
    assert_int_equal(plot->panels[0].mark_count, 0);
    dsc_scope_close(&scope);
}

static void data_file_holds_medians_and_gaps(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_figure figure = error_figure();
    const dsci_chart *plot = dsci_chart_make(scope, record_make(scope, &figure), &figure);
    assert_non_null(plot);
    assert_string_equal(plot->samples, "median and range, N = 2 to 3 seeds");
    const char *data = dsci_chart_data(scope, plot, "r-error", "r.h5");
    assert_non_null(strstr(data,
                           "# panel-1-curve-1\n# measured: test error (output test_error), label noise 0 %\n"
                           "# x median low high n\n"
                           "2 52 51 53 3\n4 27 26 28 3\n\n16 7.75 7.25 8.25 2\n32 5.125 4.125 6.125 3\n"));
    assert_non_null(strstr(data, "2 67 66 68 3\n"));
    assert_non_null(
        strstr(data, "# panel-2-curve-2\n# published: published, label noise 15 %\n# x median low high n\n"
                     "4 50 50 50 1\n"));
    assert_null(strstr(data, "panel-1-curve-2"));
    dsc_scope_close(&scope);
}

static void script_is_safe_and_relative(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_figure figure = error_figure();
    const dsci_chart *plain = dsci_chart_make(scope, record_make(scope, &figure), &figure);
    ((dsci_chart *)plain)->title = hostile;
    const char *script = dsci_chart_script(scope, plain, "r-error", "svg", &(dsc_plot_page){ 0 });
    assert_non_null(strstr(script, "stem = 'r-error'\n"));
    assert_non_null(strstr(script, "if (!exists('folder')) folder = '.'\n"));
    assert_non_null(strstr(
        script,
        "\"it\\047s \\140date\\140 \\100x \\042q\\042 \\044HOME \\134 {b}_c ? \\047; system(\\047touch"));
    assert_non_null(strstr(script, "\\134textbackslash{}"));
    assert_non_null(strstr(script, "index 'panel-2-curve-2' using 1:(near($2)) with points"));
    assert_non_null(strstr(script, "set arrow from first 8, graph 0"));
    dsc_scope_close(&scope);
}

static void pictures_are_the_same_bytes_in_any_folder_and_locale(void **state)
{
    (void)state;
    if (!have_gnuplot())
        skip();
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_figure figure = error_figure();
    figure.title = "'it's `date` @x \"q\" $HOME \\ {b}_c 50 % \xce\xbb\xc2\xb2";
    const char *a = folder_make(scope), *b = folder_make(scope);
    const dsc_plot_files files = plot_in(scope, &figure, a, "svg,png,pdf,tex");
    assert_string_equal(dsc_scope_message(scope), "");
    assert_null(files.missing);
    assert_int_equal(files.count, 7);
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    setenv("TZ", "Asia/Tokyo", 1);
    setenv("GNUTERM", "x11", 1);
    setenv("GNUPLOT_LIB", "/nonexistent", 1);
    plot_in(scope, &figure, b, "svg,png");
    unsetenv("LC_ALL");
    unsetenv("TZ");
    unsetenv("GNUTERM");
    unsetenv("GNUPLOT_LIB");
    static const char *const names[] = { "r-error.svg", "r-error.png", "r-error.dat", "r-error.gp" };
    for (size_t i = 0; i < 4; i++) {
        const dsc_bytes one = dsc_file_read(scope, dsc_path_join(scope, a, names[i]), 1 << 24);
        const dsc_bytes other = dsc_file_read(scope, dsc_path_join(scope, b, names[i]), 1 << 24);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(one.size, other.size);
        assert_memory_equal(one.data, other.data, one.size);
    }
    assert_non_null(strstr(text_of(scope, a, "r-error.svg"), "threshold"));
    assert_non_null(strstr(text_of(scope, a, "r-error.tex"), "r-error-graphics"));
    folder_remove(a);
    folder_remove(b);
    dsc_scope_close(&scope);
}

static void without_gnuplot_script_data_and_text_are_left(void **state)
{
    (void)state;
    setenv("DESCENT_GNUPLOT", "/nonexistent", 1);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_figure figure = error_figure();
    const char *folder = folder_make(scope);
    const dsc_plot_files files = plot_in(scope, &figure, folder, "svg");
    assert_string_equal(dsc_scope_message(scope), "");
    assert_string_equal(files.missing,
                        "gnuplot is missing (DESCENT_GNUPLOT names '/nonexistent', which is no program)");
    assert_int_equal(files.count, 3);
    assert_non_null(strstr(text_of(scope, folder, "r-error.txt"), "label noise 15 %"));
    folder_remove(folder);
    unsetenv("DESCENT_GNUPLOT");
    dsc_scope_close(&scope);
}

/* A program in gnuplot's place: answers the question for terminals, then does what `then` says. */
static void check_failing_gnuplot(const char *then, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *folder = folder_make(scope);
    char *program = dsc_path_join(scope, folder, "gnuplot");
    const char *script = dsc_scope_format(
        scope, "#!/bin/sh\ncase \"$3\" in *TERMINALS*) echo ' svg ' >&2; exit 0;; esac\n%s\n", then);
    assert_int_equal(dsc_file_replace(scope, program, script, strlen(script)), DSC_OK);
    assert_int_equal(chmod(program, 0755), 0);
    setenv("DESCENT_GNUPLOT", program, 1);
    const dsc_figure figure = error_figure();
    const dsc_plot_files files = plot_in(scope, &figure, folder, "svg");
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("'%s' lacks '%s'", dsc_scope_message(scope), message);
    assert_null(files.missing); /* it is there, and failed */
    unsetenv("DESCENT_GNUPLOT");
    unlink(program);
    folder_remove(folder);
    dsc_scope_close(&scope);
}

static void failing_gnuplot_is_reported(void **state)
{
    (void)state;
    check_failing_gnuplot("echo 'line 3: no such thing' >&2; exit 1",
                          "failed (exit status 1): line 3: no such thing");
    check_failing_gnuplot("kill -9 $$", "failed (signal 9)");
    check_failing_gnuplot("exit 0", ".svg");
    check_failing_gnuplot("echo '<svg' > r-error.svg", "incomplete picture of 5 bytes");
}

static void hanging_gnuplot_is_stopped(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsci_gnuplot shell = { .program = "/bin/sh", .timeout = 0.3 };
    static const char *const arguments[] = { "-c", "echo waiting >&2; sleep 30", NULL };
    const char *said = NULL;
    const double start = dsc_clock_seconds();
    assert_int_equal(dsci_gnuplot_run(scope, &shell, NULL, arguments, &said), DSC_ERROR_FILE);
    assert_true(dsc_clock_seconds() - start < 10);
    assert_non_null(
        strstr(dsc_scope_message(scope), "did not finish within 0.3 s and was stopped; it said: waiting"));
    dsc_scope_close(&scope);
}

static void what_cannot_be_drawn_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *formats, *message;
    } cases[] = { { "/nonexistent/folder", "svg", "/nonexistent/folder" },
                  { "/tmp", "gif", "picture format 'gif': expected svg, png, pdf or tex" } };
    for (size_t i = 0; i < 2; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_figure figure = error_figure();
        plot_in(scope, &figure, cases[i].folder, cases[i].formats);
        assert_non_null(strstr(dsc_scope_message(scope), cases[i].message));
        dsc_scope_close(&scope);
    }
    dsc_figure wrong[3] = { error_figure(), error_figure(), error_figure() };
    wrong[0].x = "depth";
    wrong[1].series[0].output = "loss";
    wrong[2].panels = NULL;
    static const char *const messages[] = { "no axis 'depth'", "no output 'loss'",
                                            "2 values along axis 'noise'" };
    for (size_t i = 0; i < 3; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(dsci_chart_make(scope, record_make(scope, &wrong[i]), &wrong[i]));
        assert_non_null(strstr(dsc_scope_message(scope), messages[i]));
        dsc_scope_close(&scope);
    }
}

static void ticks_stand_at_round_values(void **state)
{
    (void)state;
    const dsci_ticks log = dsci_ticks_make((dsci_span){ .low = 1.8, .high = 330, .log = true }, 9);
    assert_int_equal(log.count, 7);
    assert_string_equal(log.text[0], "2");
    assert_string_equal(log.text[6], "200");
    const dsci_ticks linear = dsci_ticks_make((dsci_span){ .low = -0.1, .high = 0.52 }, 8);
    assert_string_equal(linear.text[0], "-0.1");
    assert_string_equal(linear.text[1], "0");
    assert_string_equal(linear.text[linear.count - 1], "0.5");
    const dsci_ticks wide = dsci_ticks_make((dsci_span){ .low = 1e-90, .high = 1e90, .log = true }, 10);
    assert_true(wide.count >= 2 && wide.count <= 12);
    assert_string_equal(wide.latex[0], "$10^{-80}$");
    assert_true(dsci_ticks_make((dsci_span){ .low = 1.01, .high = 1.02, .log = true }, 5).count >= 2);
}

static void counted_quantities_have_whole_ticks(void **state)
{
    (void)state;
    static const double ends[][2] = { { 1, 3 }, { 0.9, 1.1 }, { 0.95, 3.1 }, { 1, 1000 }, { 0.5, 7 } };
    for (size_t i = 0; i < 2 * sizeof ends / sizeof ends[0]; i++) {
        const dsci_span range = {
            .low = ends[i / 2][0], .high = ends[i / 2][1], .log = i % 2, .whole = true
        };
        const dsci_ticks ticks = dsci_ticks_make(range, 18);
        assert_true(ticks.count >= 1);
        for (size_t k = 0; k < ticks.count; k++)
            assert_true(ticks.at[k] == round(ticks.at[k]));
    }
}

/* However short: two labels at least, different ones, and no long end without any. */
static void short_logarithmic_axes_have_ticks(void **state)
{
    (void)state;
    static const double lows[] = { 0.9, 1, 1.5, 4, 7.9, 9.5, 3e-7 };
    for (size_t i = 0; i < sizeof lows / sizeof lows[0]; i++)
        for (double ratio = 1.001; ratio < 30; ratio = 1 + (ratio - 1) * 1.5) {
            const dsci_span range = { .low = lows[i], .high = lows[i] * ratio, .log = true };
            const dsci_ticks ticks = dsci_ticks_make(range, 16);
            assert_true(ticks.count >= 2);
            for (size_t k = 1; k < ticks.count; k++)
                assert_string_not_equal(ticks.text[k], ticks.text[k - 1]);
        }
    const dsci_ticks beyond = dsci_ticks_make((dsci_span){ .low = 3.9, .high = 18.5, .log = true }, 17);
    assert_string_equal(beyond.text[beyond.count - 1], "15");
}

static void text_plot_is_drawn_in_ascii(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_figure figure = error_figure();
    figure.panels = NULL;
    figure.log_x = false;
    figure.series[0].where = "noise=0.15";
    const dsci_chart *plot = dsci_chart_make(scope, record_make(scope, &figure), &figure);
    const char *text = dsci_chart_text(scope, plot, 60, 14, false, false);
    for (const char *t = text; *t; t++)
        assert_true(*t == '\n' || (*t >= ' ' && *t < 0x7f));
    assert_non_null(strstr(text, "o test error   O published   : threshold"));
    const char *colourful = dsci_chart_text(scope, plot, 60, 14, true, true);
    assert_non_null(strstr(colourful, "\x1b[38;5;32m"));
    assert_non_null(strstr(colourful, "\xe2\x97\x8f"));
    dsc_scope_close(&scope);
}

/* A figure whose series are all about values that the axis lacks is left out, not drawn empty. */
static void a_figure_without_curves_is_left_out(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_figure figure = error_figure();
    dsc_record *record = record_make(scope, &figure);
    figure.series[0].where = "noise=0.99";
    figure.series[1] = (dsc_series){ 0 };
    assert_null(dsc_plot_text(scope, record, &figure, 60, 14, false));
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
}

static void names_that_were_not_chosen_leave_no_gap(void **state)
{
    (void)state;
    static const double chosen[] = { 0, 2, 5 };
    const dsc_figure figure = { .name = "error",
                                .x = "method",
                                .x_label = "method",
                                .y_label = "error",
                                .series = { { .output = "test_error", .label = "test error" },
                                            { .label = "published",
                                              .style = DSC_SERIES_PUBLISHED,
                                              .reference_count = 2,
                                              .reference_x = { 1.75, 3.25 },
                                              .reference_y = { 0.25, 0.75 } } } };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_record_axis method = { .name = "method",
                                     .units = "1",
                                     .long_name = "method",
                                     .integer = true,
                                     .count = 3,
                                     .values = chosen,
                                     .names = "a|b|c|d|e|f" };
    const dsc_record_output error = {
        .name = "test_error", .units = "1", .long_name = "test error", .rank = 1, .axes = { 0 }
    };
    dsc_record *record =
        dsc_record_make(scope, &(dsc_record_spec){ .experiment = "e",
                                                   .title = "t",
                                                   .reference = "r",
                                                   .readme = "",
                                                   .recipe = "{}",
                                                   .figures = dsc_figures_to_json(scope, &figure, 1),
                                                   .axes = &method,
                                                   .axis_count = 1,
                                                   .cell_axes = 1,
                                                   .outputs = &error,
                                                   .output_count = 1 });
    assert_non_null(record);
    for (size_t i = 0; i < 3; i++)
        dsc_record_output_find(record, "test_error")->values[i] = 0.5;
    const char *folder = folder_make(scope);
    dsc_plot(scope, record, dsc_path_join(scope, folder, "r.h5"), &(dsc_plot_options){ .formats = "svg" });
    const char *script = text_of(scope, folder, "r-error.gp"), *data = text_of(scope, folder, "r-error.dat");
    assert_non_null(strstr(script, "set xtics ('a' 0, 'c' 1, 'f' 2)"));
    assert_non_null(strstr(data, "\n2 0.5 "));
    assert_non_null(strstr(data, "\n0.75 0.25 "));
    assert_null(strstr(data, " 0.75"));
    folder_remove(folder);
    dsc_scope_close(&scope);
}

static void wrong_sizes_of_text_plots_are_mended(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_figure figure = error_figure();
    dsc_record *record = record_make(scope, &figure);
    static const int sizes[] = { -5, 0, 1, 39, 1000000 };
    for (size_t i = 0; i < 5; i++)
        assert_non_null(dsc_plot_text(scope, record, &figure, sizes[i], sizes[4 - i], i % 2));
    dsc_scope_close(&scope);
}

static void texts_are_escaped_for_every_reader(void **state)
{
    (void)state;
    static const struct {
        const char *text, *quoted, *latex;
    } cases[] = {
        { "plain", "'plain'", "plain" },
        { "'a' isn't", "\"\\047a\\047 isn\\047t\"", "'{}a'{} isn'{}t" },
        { "a\\b\"c", "'a\\b\"c'", "a\\textbackslash{}b\\char34{}c" },
        { "90 % #_{}^~&$", "'90 % #_{}^~&$'",
          "90 \\% \\#\\_\\{\\}\\textasciicircum{}\\textasciitilde{}\\&\\$" },
        { "'`@$", "\"\\047\\140\\100\\044\"", "'{}`{}@\\$" },
        { "bias\xc2\xb2 \xc2\xb1 ln \xce\xbb", "'bias\xc2\xb2 \xc2\xb1 ln \xce\xbb'",
          "bias$^{2}$ $\\pm$ ln $\\lambda$" },
        { "\xe6\xbc\xa2 \xc3\xa9 --", "'\xe6\xbc\xa2 \xc3\xa9 --'", "? \xc3\xa9 -{}-{}" },
    };
    dsc_scope *scope = dsc_scope_open(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_text *quoted = dsc_text_open(scope);
        dsci_script_quote(quoted, cases[i].text);
        assert_string_equal(dsc_text_string(quoted), cases[i].quoted);
        assert_string_equal(dsci_latex(scope, cases[i].text), cases[i].latex);
    }
    assert_string_equal(dsci_text_ascii(scope, "bias\xc2\xb2 \xc2\xb1 ln \xce\xbb \xe6\xbc\xa2 {}"),
                        "bias^2 +- ln lambda ? {}");
    dsc_text *tick = dsc_text_open(scope);
    dsci_script_tick(tick, scope, "50%", 20);
    assert_string_equal(dsc_text_string(tick), "T('50%%','50\\%%')");
    assert_string_equal(dsci_latex_file(scope, "a_90%.b c"), "a_90=25=2eb=20c");
    dsc_scope_close(&scope);
}

static void files_of_any_name_have_their_figures(void **state)
{
    (void)state;
    if (!have_gnuplot())
        skip();
    static const char *const names[] = { "'90%'", "`touch r`#\\\"", "<a\nb" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const char *folder = folder_make(scope);
        const dsc_figure figure = error_figure();
        const dsc_plot_files files =
            dsc_plot(scope, record_make(scope, &figure),
                     dsc_path_join(scope, folder, dsc_scope_format(scope, "%s.h5", names[i])),
                     &(dsc_plot_options){ .formats = "svg,png,pdf,tex" });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(files.count, 7);
        const char *tex = (const char *)dsc_file_read(scope, files.paths[6], 1 << 24).data;
        const char *graphics = strrchr(files.paths[5], '/') + 1;
        assert_non_null(
            strstr(tex, dsc_scope_format(scope, "/%.*s}", (int)strcspn(graphics, "."), graphics)));
        assert_int_equal(strspn(graphics, "abcdefghijklmnopqrstuvwxyz0123456789_=-."), strlen(graphics));
        for (size_t f = 0; f < files.count; f++)
            unlink(files.paths[f]);
        folder_remove(folder);
        dsc_scope_close(&scope);
    }
}

/* A record of one value, and a line that begins and ends somewhere. */
static const dsci_chart *plot_with_line(dsc_scope *scope, bool logarithmic, double value, const double *x,
                                        const double *y)
{
    dsc_figure *figure = dsc_scope_alloc(scope, 1, sizeof *figure);
    *figure = error_figure();
    figure->log_x = figure->log_y = logarithmic;
    figure->series[1] = (dsc_series){ .label = "a line with a name",
                                      .style = DSC_SERIES_THEORY,
                                      .reference_count = 2,
                                      .reference_x = { x[0], x[1] },
                                      .reference_y = { y[0], y[1] } };
    const dsc_figure plain = error_figure(); /* JSON has no infinity */
    dsc_record *record = record_make(scope, &plain);
    dsc_record_output *output = dsc_record_output_find(record, "test_error");
    for (size_t i = 0; i < output->count; i++)
        output->values[i] = value;
    return dsci_chart_make(scope, record, figure);
}

/* What takes a time that grows with a line's length would not end here. */
static void lines_end_at_the_axes(void **state)
{
    (void)state;
    static const double ends[] = { 0, 1, -1, 20, 1e-300, 1e12, -1e12, 1e99, -1e99, 1e308, INFINITY, NAN };
    enum { ENDS = sizeof ends / sizeof ends[0] };
    for (size_t i = 0; i < 2 * ENDS * ENDS * ENDS; i++) {
        const double x[] = { ends[i / 2 % ENDS], ends[i / 2 / ENDS % ENDS] };
        const double y[] = { ends[i / 2 / ENDS / ENDS], i % 3 ? 3 : 1e100 };
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsci_chart *plot = plot_with_line(scope, i % 2, 0.5, x, y);
        const char *script = dsci_chart_script(scope, plot, "r-error", "svg", &(dsc_plot_page){ 0 });
        assert_non_null(script);
        assert_null(strstr(script, "nan"));
        assert_null(strstr(script, "inf "));
        assert_non_null(dsci_chart_text(scope, plot, 80, 24, false, true));
        dsc_scope_close(&scope);
    }
}

static void what_is_not_shown_is_counted(void **state)
{
    (void)state;
    static const double inside[] = { 2, 32 }, level[] = { 60, 60 }, from_zero[] = { 0, 32 },
                        far[] = { 1e12, 1e12 };
    static const struct {
        bool logarithmic;
        double value;
        const double *x, *y;
        const char *said;
    } cases[] = {
        { false, 0.5, inside, level, "" },
        { true, 0.5, inside, level, "" },
        { true, 0, inside, level, "not shown: 10 points at or below 0 (logarithmic axis)" },
        { false, 1e300, inside, level, "not shown: 10 values too large or too small" },
        { true, 0.5, from_zero, level,
          "not shown: 2 points at or below 0 (logarithmic axis)" }, /* in 2 panels */
        { true, 0.5, inside, far, "not shown: 2 lines outside the axes" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsci_chart *plot =
            plot_with_line(scope, cases[i].logarithmic, cases[i].value, cases[i].x, cases[i].y);
        assert_string_equal(plot->left_out, cases[i].said);
        const char *text = dsci_chart_text(scope, plot, 100, 24, false, false);
        assert_non_null(strstr(text, cases[i].said));
        assert_non_null(
            strstr(dsci_chart_script(scope, plot, "r-error", "svg", &(dsc_plot_page){ 0 }), cases[i].said));
        assert_null(strstr(text, "no data yet"));
        dsc_scope_close(&scope);
    }
}

/* Numbers of any size are drawn or left out; the data file keeps them. */
static void extreme_numbers_are_drawn_or_left_out(void **state)
{
    (void)state;
    static const double values[] = { 1e308, -1e308,   1e-320,    5e-324, 1e99, -1e99,
                                     0,     INFINITY, -INFINITY, NAN,    1,    1.0000000000000002 };
    enum { VALUES = sizeof values / sizeof values[0] };
    for (size_t i = 0; i < 4 * VALUES * VALUES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_figure figure = error_figure();
        figure.log_x = i % 2;
        figure.log_y = i / 2 % 2;
        figure.y_scale = 0;
        dsc_record *record = record_make(scope, &figure);
        dsc_record_output *output = dsc_record_output_find(record, "test_error");
        for (size_t v = 0; v < output->count; v++)
            output->values[v] = v % 4 < 2 ? values[i / 4 % VALUES] : values[i / 4 / VALUES];
        const dsci_chart *plot = dsci_chart_make(scope, record, &figure);
        assert_non_null(plot);
        assert_true(isfinite(plot->y.low) && plot->y.low < plot->y.high && isfinite(plot->y.high));
        assert_non_null(dsci_chart_text(scope, plot, 80, 24, false, true));
        assert_non_null(dsci_chart_script(scope, plot, "r-error", "svg", &(dsc_plot_page){ 0 }));
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_band_is_drawn_between_the_outputs_that_are_named),
        cmocka_unit_test(a_measured_mark_stands_where_its_curve_comes_down_in_each_panel),
        cmocka_unit_test(data_file_holds_medians_and_gaps),
        cmocka_unit_test(script_is_safe_and_relative),
        cmocka_unit_test(pictures_are_the_same_bytes_in_any_folder_and_locale),
        cmocka_unit_test(without_gnuplot_script_data_and_text_are_left),
        cmocka_unit_test(failing_gnuplot_is_reported),
        cmocka_unit_test(hanging_gnuplot_is_stopped),
        cmocka_unit_test(what_cannot_be_drawn_is_said),
        cmocka_unit_test(ticks_stand_at_round_values),
        cmocka_unit_test(counted_quantities_have_whole_ticks),
        cmocka_unit_test(short_logarithmic_axes_have_ticks),
        cmocka_unit_test(text_plot_is_drawn_in_ascii),
        cmocka_unit_test(texts_are_escaped_for_every_reader),
        cmocka_unit_test(files_of_any_name_have_their_figures),
        cmocka_unit_test(lines_end_at_the_axes),
        cmocka_unit_test(what_is_not_shown_is_counted),
        cmocka_unit_test(extreme_numbers_are_drawn_or_left_out),
        cmocka_unit_test(a_figure_without_curves_is_left_out),
        cmocka_unit_test(names_that_were_not_chosen_leave_no_gap),
        cmocka_unit_test(wrong_sizes_of_text_plots_are_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
