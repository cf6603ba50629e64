/* Any text that a person or a program types is a value in its range or is refused. */
#include "fuzz/target.h"

#include <math.h>
#include <stdio.h>

#include <descent/value.h>

#include "base/threads.h"
#include "toy.h"

enum { LIMIT = 500 };

static const char *name_at(const void *user, size_t i)
{
    return ((const char *const *)user)[i];
}

/* What was read is read again from its own digits. */
static bool read_numbers(const char *text)
{
    int64_t integer;
    double real;
    char digits[64];
    const bool is_integer = dsc_parse_integer(text, &integer), is_real = dsc_parse_real(text, &real);
    if (is_integer) {
        int64_t again = 0;
        snprintf(digits, sizeof digits, "%lld", (long long)integer);
        assert_true(dsc_parse_integer(digits, &again));
        assert_int_equal(again, integer);
    }
    if (is_real) {
        double again = 0;
        assert_true(isfinite(real) && (!is_integer || real == (double)integer));
        snprintf(digits, sizeof digits, "%.17g", real);
        assert_true(dsc_parse_real(digits, &again));
        assert_true(again == real);
    }
    return is_integer || is_real;
}

static bool read_list(const char *text, bool integer)
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
    return values;
}

/* As a setting of each of an experiment's parameters and axes. */
static bool read_setting(const char *text)
{
    static const char *const names[] = {
        "n", "noise", "flavour", "fail_at", "width", "epoch", "seeds", "case"
    };
    bool good = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_plan *plan =
            toy_plan_of(scope, &toy_case, &(dsc_setting){ .name = names[i], .value = text }, 1);
        assert_true((plan != NULL) == (dsc_scope_status(scope) == DSC_OK));
        good |= plan != NULL;
        dsc_scope_close(&scope);
    }
    return good;
}

static bool read_value(const char *directory, const unsigned char *data, size_t size)
{
    static const char *const names[] = { "width", "depth", "epochs", "learning_rate" };
    (void)directory;
    char *text = fuzz_text(data, size);
    bool good = read_numbers(text);
    good |= read_list(text, true);
    good |= read_list(text, false);
    good |= read_setting(text);
    dsci_processors_parse(text, &(dsci_processors){ 0 });
    const char *name = dsc_nearest_name(text, 4, name_at, names);
    for (size_t i = 0; i < 4; i++)
        if (strcmp(text, names[i]) == 0)
            assert_ptr_equal(name, names[i]);
    free(text);
    return good;
}

static void values(const char *directory, fuzz_seed_fn *seed, void *user)
{
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
    (void)directory;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        seed(user, texts[i], strlen(texts[i]));
}

const fuzz_target fuzz_subject = { .seeds = values, .read = read_value, .inputs = 2000 };
