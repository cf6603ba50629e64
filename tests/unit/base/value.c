/* Numbers, lists and names are read as documented, whole or not at all. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/value.h>

#include "test.h"

static void integers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        { "0", 0 },
        { "-0", 0 },
        { "5000", 5000 },
        { "5e3", 5000 },
        { "5k", 5000 },
        { "+7", 7 },
        { "007", 7 },
        { "-12", -12 },
        { "1.5k", 1500 },
        { "2.50e1", 25 },
        { "1200e-2", 12 },
        { "0e99", 0 },
        { "1E+2", 100 },
        { "5.", 5 },
        { ".5k", 500 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
        { "9.223372036854775807e18", INT64_MAX },
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = 99;
        assert_true(dsc_parse_integer(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
}

static void what_is_no_integer_is_refused(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const bad[] = {
        "", " ", "k", "-", "+", "--1", "+-1", "1 ", " 1", "1x", "1kk", "1e", "1e+", "1e1.5",
        "1.5", "0.5", "1e-1", "1.2345k", "0x10", "1e3k", "5K", "1,0", "nan", "inf", "1e19",
        "1e9999", ".", "1..2", "1e--1", "10e18", "e3", ".k", "1_000", "\xff", "1\n", "1e+-1",
        "9223372036854775808", "-9223372036854775809", "99999999999999999999999"
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 99;
        assert_false(dsc_parse_integer(bad[i], &value));
        assert_int_equal(value, 99);
    }
    int64_t value;
    assert_false(dsc_parse_integer(NULL, &value));
}

static void reals_are_whole_and_finite(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = { { "0", 0 },        { "-1.5", -1.5 },
                 { ".5", 0.5 },     { "5.", 5 },
                 { "1e-3", 0.001 }, { "1E5", 1e5 },
                 { "1e-400", 0 },   { "1.7976931348623157e308", 0x1.fffffffffffffp1023 } };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double value = 99;
        assert_true(dsc_parse_real(good[i].text, &value));
        assert_true(value == good[i].value);
    }
    static const char *const bad[] = { "",      " ",     "1 ", " 1",  "nan",   "inf",  "-inf",
                                       "1e309", "0x1p3", "1e", "1,5", "1.2.3", "1e5x", "--1",
                                       "e5",    ".",     "1f", "5k",  "\n1" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 99;
        assert_false(dsc_parse_real(bad[i], &value));
        assert_true(value == 99);
    }
    char digits[2000];
    memset(digits, '1', sizeof digits);
    digits[sizeof digits - 1] = '\0';
    double value;
    assert_false(dsc_parse_real(digits, &value));
    assert_false(dsc_parse_real(NULL, &value));
}

/* Many programs take over the user's locale, in which the decimal point can be a comma. */
static void the_locale_does_not_matter(void **state)
{
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        skip();
    double value = 0;
    assert_true(dsc_parse_real("0.5", &value));
    assert_true(value == 0.5);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_string_equal(dsc_real_text(scope, 0.5), "0.5");
    dsc_scope_close(&scope);
    setlocale(LC_NUMERIC, "C");
}

static void texts_of_reals_read_as_the_same_number(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } table[] = { { 0, "0" },
                  { 3, "3" },
                  { -0.1, "-0.1" },
                  { 0.1 + 0.2, "0.30000000000000004" },
                  { 1 / 3.0, "0.3333333333333333" },
                  { 1e300, "1e+300" },
                  { 0x1.fffffffffffffp1023, "1.7976931348623157e+308" } };
    dsc_scope *scope = dsc_scope_open(NULL);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *text = dsc_real_text(scope, table[i].value);
        double read = 99;
        assert_string_equal(text, table[i].text);
        assert_true(dsc_parse_real(text, &read) && read == table[i].value);
    }
    dsc_scope_close(&scope);
}

static void check_list(const char *text, bool integer, size_t expected_count, const double *expected)
{
    size_t count = 0;
    dsc_scope *scope = dsc_scope_open(NULL);
    const double *values = dsc_parse_list(scope, "--set width", text, integer, 1000, &count);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < expected_count; i++)
        assert_true(values[i] == expected[i]);
    dsc_scope_close(&scope);
}
#define CHECK_LIST(text, integer, ...)                                                                       \
    check_list(text, integer, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double),                      \
               (const double[]){ __VA_ARGS__ })

static void lists_hold_numbers_and_ranges(void **state)
{
    (void)state;
    CHECK_LIST("2,3,4", true, 2, 3, 4);
    CHECK_LIST(" 2 , 3\t,4 ", true, 2, 3, 4);
    CHECK_LIST("0, 0.15", false, 0, 0.15);
    CHECK_LIST("2..5", true, 2, 3, 4, 5);
    CHECK_LIST("2 .. 5", false, 2, 3, 4, 5);
    CHECK_LIST("3..3", true, 3);
    CHECK_LIST("1..10 step 4", true, 1, 5, 9);
    CHECK_LIST("-1..1 step .5", false, -1, -0.5, 0, 0.5, 1);
    CHECK_LIST("1k..3k step 1k", true, 1000, 2000, 3000);
    CHECK_LIST("1..100 log 3", false, 1, 10, 100);
    CHECK_LIST("1..4 log 16", true, 1, 2, 3, 4);
    CHECK_LIST("7..7 log 5", true, 7);
    CHECK_LIST("1,5..7,10..1000 log 3,2", true, 1, 5, 6, 7, 10, 100, 1000, 2);
}

/* As typed: the third step of 0.1 is 0.3, the bits that a person's 0.3 has. */
static void steps_are_decimal(void **state)
{
    (void)state;
    CHECK_LIST("0..1 step 0.1", false, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1);
    CHECK_LIST("-0.3..0.3 step 0.1", false, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3);
    CHECK_LIST("1e-5..3e-5 step 1e-5", false, 1e-5, 2e-5, 3e-5);
    CHECK_LIST("0.07..0.21 step 0.07", false, 0.07, 0.14, 0.21);
    CHECK_LIST("1e300..3e300 step 1e300", false, 1e300, 2e300, 3e300);
}

/* "0.27", "-1.50", "30e-2" for 27, -150 and 30 hundredths. */
static const char *decimal_text(char text[32], long digits, int places, bool scientific)
{
    long unit = 1;
    for (int i = 0; i < places; i++)
        unit *= 10;
    if (scientific)
        snprintf(text, 32, "%lde-%d", digits, places);
    else
        snprintf(text, 32, "%s%ld.%0*ld", digits < 0 ? "-" : "", labs(digits) / unit, places,
                 labs(digits) % unit);
    return text;
}

/* Thousands of ranges up and down, to the end or short of it, beside each value as it would be typed. */
static void every_value_of_a_range_is_the_decimal_that_a_person_would_write(void **state)
{
    (void)state;
    size_t ranges = 0;
    for (int places = 1; places <= 4; places++)
        for (long low = -150; low < 1350; low += 7)
            for (long step = -35; step <= 35; step += 5, ranges++) {
                if (step == 0)
                    continue;
                char a[32], b[32], c[32], text[128];
                const bool scientific = ranges % 2;
                const long last = 1 + (low + 150 + step + 35) % 9, beyond = ranges % 3 ? 0 : step / 3;
                snprintf(text, sizeof text, "%s..%s step %s", decimal_text(a, low, places, scientific),
                         decimal_text(b, low + last * step + beyond, places, scientific),
                         decimal_text(c, step, places, false));
                double expected[10];
                for (long i = 0; i <= last; i++)
                    expected[i] = strtod(decimal_text(a, low + i * step, places, false), NULL);
                check_list(text, false, (size_t)last + 1, expected);
            }
    assert_true(ranges > 12000);
}

/* Small steps far from zero, large powers, many digits, integers. */
static void ranges_hold_their_ends(void **state)
{
    (void)state;
    CHECK_LIST("0.27..0.3 step 0.01", false, 0.27, 0.28, 0.29, 0.3);
    CHECK_LIST("24.1..24.3 step 0.2", false, 24.1, 24.3);
    CHECK_LIST("1e-9..1.02e-9 step 1e-11", false, 1e-9, 1.01e-9, 1.02e-9);
    CHECK_LIST("1e22..1.0000000000000002e22 step 1000000", false, 1e22, 1.0000000000000001e22,
               1.0000000000000002e22);
    CHECK_LIST("0.1..0.3000000000000000000000000000000001 step .1", false, 0.1, 0.2, 0.3);
    CHECK_LIST("0.1..0.2999999999999999999999999999999999 step .1", false, 0.1, 0.2);
    CHECK_LIST("5e-324..2e-323 step 5e-324", false, 5e-324, 1e-323, 1.5e-323, 2e-323);
    CHECK_LIST("5..1 step -2", true, 5, 3, 1);
    CHECK_LIST("1..-1 step -0.7", false, 1, 0.3, -0.4);
    CHECK_LIST("-5..-3", true, -5, -4, -3);
}

static void decades_are_the_powers_of_ten(void **state)
{
    (void)state;
    for (int first = -320; first < 300; first++)
        for (int points = 3; points <= 9; points += 6)
            for (int down = 0; down <= 1; down++) {
                char text[64];
                double expected[9];
                snprintf(text, sizeof text, "1e%d..1e%d log %d", down ? first + points - 1 : first,
                         down ? first : first + points - 1, points);
                for (int i = 0; i < points; i++) {
                    char power[16];
                    snprintf(power, sizeof power, "1e%d", down ? first + points - 1 - i : first + i);
                    expected[i] = strtod(power, NULL);
                }
                check_list(text, false, (size_t)points, expected);
            }
    CHECK_LIST("0.001..1 log 4", false, 0.001, 0.01, 0.1, 1);
    CHECK_LIST("0.03..300 log 5", false, 0.03, 0.3, 3, 30, 300);
    CHECK_LIST("1e-300..1e300 log 3", false, 1e-300, 1, 1e300);
    CHECK_LIST("1..1024 log 11", true, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024);
    CHECK_LIST("0.1..1.6 log 5", false, 0.1, 0.2, 0.4, 0.8, 1.6);
    CHECK_LIST("1000..1 log 4", true, 1000, 100, 10, 1);
}

/* Values between decimals, from 60 digits of another program's arithmetic (Python's decimal). */
static void points_between_decimals_are_rounded_once(void **state)
{
    (void)state;
    CHECK_LIST("1..10 log 3", false, 1, 3.1622776601683795, 10);
    CHECK_LIST("0.001..1 log 10", false, 0.001, 0.002154434690031884, 0.004641588833612779, 0.01,
               0.021544346900318836, 0.04641588833612779, 0.1, 0.21544346900318836, 0.46415888336127786, 1.0);
    CHECK_LIST("2..300 log 16", false, 2.0, 2.7932045850693625, 3.900995927026255, 5.448139854853322,
               7.608884611337715, 10.626585691826111, 14.841113939020588, 20.72713375100457,
               28.94756251432595, 40.42823217079862, 56.46216173286171, 78.85518451757862, 110.1293314754956,
               153.806876813989, 214.80703676601635, 300.0);
    CHECK_LIST("1e-7..0.3 log 9", false, 1e-07, 6.451194812038943e-07, 4.161791450287817e-06,
               2.6848527412884793e-05, 0.00017320508075688773, 0.0011173797183976202, 0.007208434242404263,
               0.04650301358752225, 0.3);
}

static void logarithmic_ranges_have_even_ratios(void **state)
{
    (void)state;
    size_t count = 0;
    dsc_scope *scope = dsc_scope_open(NULL);
    const double *values = dsc_parse_list(scope, "x", "2..300 log 16", false, 16, &count);
    assert_int_equal(count, 16);
    assert_true(values[0] == 2 && values[15] == 300);
    for (size_t i = 1; i < count; i++)
        assert_true(fabs(values[i] / values[i - 1] - pow(150, 1.0 / 15)) < 1e-14);
    dsc_scope_close(&scope);
}

static void bad_lists_name_what_and_why(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
        bool integer;
    } bad[] = {
        { "", "a number is expected", false },
        { ",", "an integer is expected", true },
        { "1,", "an integer is expected", true },
        { ",1", "an integer is expected", true },
        { "1,,2", "an integer is expected", true },
        { "1 2", "an integer is expected", true },
        { "1.5", "an integer is expected", true },
        { "1e300", "an integer is expected", true },
        { "wide", "a number is expected", false },
        { "5..2", "ends below its beginning", true },
        { "5..2 step 1", "ends below its beginning", true },
        { "5..0 log 3", "ends above zero", true },
        { "1..2 step 1e-36", "more values than are allowed", false },
        { "1..1e-40 step -0.5", "more than 36 digits", false },
        { "0..1234567890123456789012345678901234567 step 1e36", "more than 36 digits", false },
        { "1..", "an integer is expected", true },
        { "..5", "an integer is expected", true },
        { "1...5", "an integer is expected", true },
        { "1..2..3", "an integer is expected", true },
        { "1..5 step 0", "the step must be positive", true },
        { "1..5 step -1", "the step must be positive", true },
        { "1..5 step", "an integer is expected", true },
        { "1..5 step 1 step 1", "an integer is expected", true },
        { "1..5 by 2", "an integer is expected", true },
        { "1..5 log", "a number of values is expected", true },
        { "1..5 log 2.5", "a number of values is expected", true },
        { "1..5 log 1", "at least two values", true },
        { "1..5 log -7", "at least two values", true },
        { "0..5 log 3", "begins above zero", true },
        { "1..5 log 3 step 1", "a number of values is expected", true },
        { "5 step 2", "an integer is expected", true },
        { "0..1 step 1e-300", "more values than are allowed", false },
        { "-1e308..1e308", "more values than are allowed", false },
        { "1..101", "more values than are allowed", true },
        { "1..100,1", "more values than are allowed", true },
        { "1..5 log 9223372036854775807", "more values than are allowed", true },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t count = 99;
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(dsc_parse_list(scope, "--set width", bad[i].text, bad[i].integer, 100, &count));
        assert_int_equal(count, 0);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        const char *message = dsc_scope_message(scope);
        assert_ptr_equal(strstr(message, "--set width: "), message);
        assert_non_null(strstr(message, bad[i].why));
        dsc_scope_close(&scope);
    }
}

static const char *name_at(const void *user, size_t i)
{
    return ((const char *const *)user)[i];
}

static const char *nearest(const char *text)
{
    static const char *const names[] = { "width", "depth", "epochs", "learning_rate", NULL, "momentum",
                                         "batch", "",      "n",      "test_error" };
    const char *name = dsc_nearest_name(text, sizeof names / sizeof names[0], name_at, names);
    return name ? name : "-";
}

static void slips_find_the_name_that_was_meant(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "width", "width" },
        { "widht", "width" },
        { "WIDTH", "width" },
        { "widt", "width" },
        { "dpeth", "depth" },
        { "epoch", "epochs" },
        { "learningrate", "learning_rate" },
        { "learning-rate", "learning_rate" },
        { "momentun", "momentum" },
        { "bacth", "batch" },
        { "tset_eror", "test_error" },
        { "", "-" },
        { "m", "-" },
        { "kernel", "-" },
        { "zzzzz", "-" },
        { "N", "n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(nearest(cases[i][0]), cases[i][1]);
    char endless[500];
    memset(endless, 'w', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_string_equal(nearest(endless), "-");
    assert_string_equal(nearest(NULL), "-");
    assert_null(dsc_nearest_name("width", 0, name_at, NULL));
}

static void integers_are_shown_as_integers(void **state)
{
    (void)state;
    static const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {
        { 1663370, 4, "1663370" },
        { -12345, 4, "-12345" },
        { 9007199254740991, 3, "9007199254740991" },
        { 0, 4, "0" },
        { 1e300, 4, "1e+300" },
        { 1234.56, 4, "1235" },
        { 0.1, 6, "0.1" },
        { 0.00001234, 3, "1.23e-05" },
        { (double)INFINITY, 4, "inf" },
    };
    dsc_scope *scope = dsc_scope_open(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(dsc_number_text(scope, cases[i].value, cases[i].digits), cases[i].text);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_shown_as_integers),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(what_is_no_integer_is_refused),
        cmocka_unit_test(reals_are_whole_and_finite),
        cmocka_unit_test(texts_of_reals_read_as_the_same_number),
        cmocka_unit_test(the_locale_does_not_matter),
        cmocka_unit_test(lists_hold_numbers_and_ranges),
        cmocka_unit_test(steps_are_decimal),
        cmocka_unit_test(every_value_of_a_range_is_the_decimal_that_a_person_would_write),
        cmocka_unit_test(ranges_hold_their_ends),
        cmocka_unit_test(decades_are_the_powers_of_ten),
        cmocka_unit_test(points_between_decimals_are_rounded_once),
        cmocka_unit_test(logarithmic_ranges_have_even_ratios),
        cmocka_unit_test(bad_lists_name_what_and_why),
        cmocka_unit_test(slips_find_the_name_that_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
