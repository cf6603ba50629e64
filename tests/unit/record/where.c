/* The language that chooses points: what each sentence means, what each wrong one says, and that texts which
   grew by chance are read or refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/where.h"
#include "test.h"

static const double widths[] = { 16, 2, 8, 4 }, networks[] = { 0, 1, 2 }, noises[] = { 0, 0.15 },
                    seeds[] = { 1, 2 };

static const dsc_record_axis axes[] = {
    { .name = "width", .count = 4, .values = widths },
    { .name = "network", .count = 3, .values = networks, .names = "small cnn|cnn|last" },
    { .name = "noise", .count = 2, .values = noises },
    { .name = "seed", .count = 2, .values = seeds },
};
static const dsc_record_spec spec = { .axes = axes, .axis_count = 4 };

/* The places on the first two axes that a text leaves, "1 3|0 1 2", or what is wrong with it. In the scope.
 */
static const char *meaning(dsc_scope *scope, const char *text)
{
    dsci_where where;
    dsci_places places[DSC_RECORD_MAX_AXES];
    const char *wrong = dsci_where_read(scope, text, &where);
    wrong = wrong ? wrong : dsci_where_choose(scope, &spec, &where, places);
    if (wrong)
        return wrong;
    const char *list = "";
    for (size_t a = 0; a < 2; a++) {
        for (size_t i = 0; i < places[a].count; i++)
            list = dsc_scope_format(scope, "%s%s%zu", list, i ? " " : a ? "|" : "", places[a].at[i]);
        list = places[a].count ? list : dsc_scope_format(scope, "%s%snone", list, a ? "|" : "");
    }
    return list;
}

static void each_sentence_means_places_by_increasing_value(void **state)
{
    (void)state;
    static const struct {
        const char *text, *meaning;
    } cases[] = {
        { NULL, "1 3 2 0|0 1 2" },
        { "", "1 3 2 0|0 1 2" },
        { "width=8", "2|0 1 2" },
        { "width=8.000000000001", "2|0 1 2" }, /* nine digits */
        { "width=8e0", "2|0 1 2" },
        { "width=16,2", "1 0|0 1 2" },
        { "width=2,2,2..3", "1|0 1 2" },
        { "width=2..8", "1 3 2|0 1 2" },
        { "width=3..", "3 2 0|0 1 2" },
        { "width=..3", "1|0 1 2" },
        { "width=..2,last", "1 0|0 1 2" },
        { "width=last", "0|0 1 2" },
        { "width=5", "none|0 1 2" },
        { "noise=0.15", "1 3 2 0|0 1 2" },
        { "  width=8   network=cnn  ", "2|1" },
        { "network=small cnn width=8", "2|0" },
        { "width=8 network=small cnn", "2|0" },
        { "network=small cnn,cnn", "1 3 2 0|0 1" },
        { "network=2", "1 3 2 0|2" },    /* no name: a number */
        { "network=last", "1 3 2 0|2" }, /* a name */
        { "network=*cnn", "1 3 2 0|0 1" },
        { "network=s*nn", "1 3 2 0|0" },
        { "network=small cnn*cnn", "1 3 2 0|none" }, /* the same letters are not taken twice */
        { "network=*", "1 3 2 0|0 1 2" },
        { "network=gru", "1 3 2 0|none" },
        { "network=1..", "1 3 2 0|1 2" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_string_equal(meaning(scope, cases[i].text), cases[i].meaning);
        assert_int_equal(dsc_scope_status(scope), DSC_OK);
        dsc_scope_close(&scope);
    }
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "width", "'width' is not AXIS=VALUES" },
        { "small cnn", "'small cnn' is not AXIS=VALUES" },
        { "=8", "'=8' is not AXIS=VALUES" },
        { "width = 8", "'width' is not AXIS=VALUES" },
        { "width=", "'width=' lacks a value" },
        { "width=2,,8", "'width=2,,8' lacks a value" },
        { "width=2,", "'width=2,' lacks a value" },
        { "width=a..b", "'a..b' is no range: expected LOW..HIGH, LOW.. or ..HIGH in increasing numbers" },
        { "width=..", "'..' is no range: expected LOW..HIGH, LOW.. or ..HIGH in increasing numbers" },
        { "width=9..2", "'9..2' is no range: expected LOW..HIGH, LOW.. or ..HIGH in increasing numbers" },
        { "width=1..2..3",
          "'1..2..3' is no range: expected LOW..HIGH, LOW.. or ..HIGH in increasing numbers" },
        { "network=*n*", "'*n*' has more than one asterisk" },
        { "width=2 noise=0 width=8", "'width' has two conditions" },
        { "height=1", "the file has no axis 'height'" },
        { "width=wide", "'wide' is no number, and the values of axis 'width' have no names" },
        { "width=8*", "'8*' is no number, and the values of axis 'width' have no names" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_string_equal(meaning(scope, cases[i].text), cases[i].message);
        assert_int_equal(dsc_scope_status(scope), DSC_OK); /* the caller says where the text stands */
        dsc_scope_close(&scope);
    }
}

/* What is read says all of the text: its conditions, joined, are read as the same ones. */
static void conditions_joined_read_the_same(void **state)
{
    (void)state;
    static const char letters[] = "=, .*19aw";
    size_t good = 0;
    srand(1);
    for (size_t round = 0; round < 20000; round++) {
        char text[24];
        const size_t length = (size_t)rand() % (sizeof text - 1);
        for (size_t i = 0; i < length; i++)
            text[i] = letters[(size_t)rand() % (sizeof letters - 1)];
        text[length] = '\0';
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_where where, again;
        if (!dsci_where_read(scope, text, &where)) {
            const char *joined = "";
            for (size_t i = 0; i < where.count; i++)
                joined = dsc_scope_format(scope, "%s%s%s=%s", joined, i ? " " : "", where.conditions[i].axis,
                                          where.conditions[i].text);
            assert_null(dsci_where_read(scope, joined, &again));
            assert_int_equal(again.count, where.count);
            for (size_t i = 0; i < where.count; i++) {
                assert_string_equal(again.conditions[i].axis, where.conditions[i].axis);
                assert_string_equal(again.conditions[i].text, where.conditions[i].text);
                assert_int_equal(again.conditions[i].count, where.conditions[i].count);
            }
            good += where.count > 1;
        }
        assert_int_equal(dsc_scope_status(scope), DSC_OK);
        dsc_scope_close(&scope);
    }
    assert_true(good > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sentence_means_places_by_increasing_value),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(conditions_joined_read_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
