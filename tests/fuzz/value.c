/* Any text that a person or a program types is a value in its range or is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <descent/value.h>

#include "base/threads.h"
#include "fuzz/mutate.h"

enum { LIMIT = 500 };

static const char *name_at(const void *user, size_t i)
{
    return ((const char *const *)user)[i];
}

/* What was read is read again from its own digits. */
static void check_numbers(const char *text)
{
    int64_t integer;
    double real;
    char digits[64];
    if (dsc_parse_integer(text, &integer)) {
        int64_t again = 0;
        snprintf(digits, sizeof digits, "%lld", (long long)integer);
        assert_true(dsc_parse_integer(digits, &again));
        assert_int_equal(again, integer);
        if (dsc_parse_real(text, &real))
            assert_true(real == (double)integer);
    }
    if (dsc_parse_real(text, &real)) {
        double again = 0;
        assert_true(isfinite(real));
        snprintf(digits, sizeof digits, "%.17g", real);
        assert_true(dsc_parse_real(digits, &again));
        assert_true(again == real);
    }
}

static void check_list(const char *text, bool integer)
{
    size_t count = 0;
    dsc_scope *scope = dsc_scope_open(NULL);
    const double *values = dsc_parse_list(scope, "--set x", text, integer, LIMIT, &count);
    if (values) {
        assert_int_equal(dsc_scope_status(scope), DSC_OK);
        assert_true(count >= 1 && count <= LIMIT);
        for (size_t i = 0; i < count; i++)
            assert_true(isfinite(values[i]) && (!integer || values[i] == nearbyint(values[i])));
    } else {
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        assert_int_equal(count, 0);
    }
    dsc_scope_close(&scope);
}

static void read_text(void *user, const unsigned char *data, size_t size)
{
    static const char *const names[] = { "width", "depth", "epochs", "learning_rate" };
    (void)user;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memcpy(text, data, size);
    text[size] = '\0';
    check_numbers(text);
    check_list(text, true);
    check_list(text, false);
    dsci_processors_parse(text, &(dsci_processors){ 0 });
    const char *name = dsc_nearest_name(text, 4, name_at, names);
    for (size_t i = 0; i < 4; i++)
        if (strcmp(text, names[i]) == 0)
            assert_ptr_equal(name, names[i]);
    free(text);
}

static void any_text_is_read_or_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "5000",
        "-12.5e3",
        "5k",
        "9223372036854775807",
        "1.7976931348623157e308",
        "2,3,4",
        "2..80",
        "0..1 step 0.1",
        "2..300 log 16",
        "1, 5..7, 10..1000 log 3",
        "width",
        "learning_rate",
        "0-3,8,10-11",
    };
    enum { COUNT = sizeof texts / sizeof texts[0] };
    mutate_seed seeds[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        seeds[i] = (mutate_seed){ texts[i], strlen(texts[i]) };
    mutate_run(&(mutate_options){ .seed = 2, .inputs = 3000 }, seeds, COUNT, read_text, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
