/* Clocks run forward, and durations read well at every size. */
#include <math.h>
#include <string.h>

#include <descent/clock.h>

#include "test.h"

static void durations_read_well(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        { 0, "0 ms" },
        { 0.85, "850 ms" },
        { 0.9994, "999 ms" },
        { 0.9996, "1.0 s" },
        { 12.34, "12.3 s" },
        { 59.94, "59.9 s" },
        { 59.96, "1 min 00 s" },
        { 245, "4 min 05 s" },
        { 3599.4, "59 min 59 s" },
        { 3599.6, "1 h 00 min" },
        { 11520, "3 h 12 min" },
        { 1e9, "277777 h 47 min" },
        { -1, "unknown" },
        { (double)NAN, "unknown" },
        { (double)INFINITY, "unknown" },
        { 1e300, "unknown" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[24];
        assert_string_equal(dsc_clock_duration(cases[i].seconds, text), cases[i].text);
    }
}

static void clocks_run_forward(void **state)
{
    (void)state;
    const double start = dsc_clock_seconds();
    for (int i = 0; i < 1000; i++)
        assert_true(dsc_clock_seconds() >= start);
    char first[24], second[24];
    dsc_clock_utc(first);
    dsc_clock_utc(second);
    assert_int_equal(strlen(first), 20);
    assert_true(first[4] == '-' && first[10] == 'T' && first[13] == ':' && first[19] == 'Z');
    assert_true(strcmp(first, second) <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_read_well),
        cmocka_unit_test(clocks_run_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
