/* Claims: each statistic, paired comparisons, the verdict on every side of a band, and what cannot be told.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/lab.h>

#include "test.h"

static const double networks[] = { 0, 1 }, widths[] = { 2, 4, 8, 16 }, seeds[] = { 1, 2, 3 },
                    epochs[] = { 1, 2 };

/* Of the first seed, over the widths; each later seed adds 0.01. The second network has half of it. */
static const double error[] = { 0.5, 0.25, 0.75, 0.125 };

static dsc_record *record_make(dsc_scope *scope, const char *figures)
{
    const dsc_record_axis axes[] = {
        { .name = "network", .integer = true, .count = 2, .values = networks, .names = "mlp|cnn" },
        { .name = "width", .integer = true, .count = 4, .values = widths },
        { .name = "seed", .integer = true, .count = 3, .values = seeds },
        { .name = "epoch", .integer = true, .count = 2, .values = epochs },
    };
    const dsc_record_output outputs[] = {
        { .name = "error", .units = "1", .long_name = "error", .rank = 3, .axes = { 0, 1, 2 } },
        { .name = "curve", .units = "1", .long_name = "curve", .rank = 4, .axes = { 0, 1, 2, 3 } },
    };
    dsc_record *record =
        dsc_record_make(scope, &(dsc_record_spec){
                                   .experiment = "e",
                                   .title = "t",
                                   .reference = "r",
                                   .readme = "",
                                   .recipe = "{\"case\":\"c\",\"parameters\":{\"n\":200,\"kind\":\"plain\"},"
                                             "\"data\":{\"mnist/labels\":\"00\"}}",
                                   .figures = figures,
                                   .axes = axes,
                                   .axis_count = 4,
                                   .cell_axes = 3,
                                   .outputs = outputs,
                                   .output_count = 2,
                               });
    assert_non_null(record);
    dsc_record_output *values = dsc_record_output_find(record, "error");
    for (size_t i = 0; i < values->count; i++)
        values->values[i] = error[i / 3 % 4] / (i < 12 ? 1 : 2) + 0.01 * (double)(i % 3);
    dsc_record_output *curve = dsc_record_output_find(record, "curve");
    for (size_t i = 0; i < curve->count; i++)
        curve->values[i] = values->values[i / 2] + (double)(i % 2);
    return record;
}

static dsc_claim_result check(const dsc_claim *claim, double missing_width)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = record_make(scope, "[]");
    for (size_t w = 0; w < 4; w++)
        for (size_t s = 0; s < 2 && widths[w] == missing_width; s++)
            dsc_record_output_find(record, "error")->values[w * 3 + s] = (double)NAN;
    const dsc_claim_result result = dsc_claim_check(scope, record, claim);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    static char texts[3][200];
    const dsc_claim_result copy = { result.verdict,
                                    result.measured,
                                    result.has_interval,
                                    strncpy(texts[0], result.number, 199),
                                    strncpy(texts[1], result.expected, 199),
                                    strncpy(texts[2], result.reason, 199) };
    dsc_scope_close(&scope);
    return copy;
}

#define TERM(...)                                                                                            \
    {                                                                                                        \
        .output = "error", __VA_ARGS__                                                                       \
    }

static void each_statistic_is_of_the_points_that_where_leaves(void **state)
{
    (void)state;
    static const struct {
        const char *where;
        dsc_statistic statistic;
        double expected; /* of the median seed */
    } cases[] = {
        { "network=mlp width=4", DSC_STATISTIC_MEAN, 0.26 },
        { "network=mlp width=2..4", DSC_STATISTIC_MEAN, 0.385 },
        { "network=cnn width=..4", DSC_STATISTIC_MINIMUM, 0.135 },
        { "width=last network=mlp", DSC_STATISTIC_MEAN, 0.135 },
        { "network=mlp", DSC_STATISTIC_MAXIMUM, 0.76 },
        { "network=mlp", DSC_STATISTIC_RANGE, 0.625 },
        { "network=mlp", DSC_STATISTIC_MAGNITUDE, 0.76 },
        { "network=mlp", DSC_STATISTIC_ARGMAX, 8 },
        { "network=mlp", DSC_STATISTIC_ARGMIN, 16 },
        { "network=mlp width=..8", DSC_STATISTIC_ARGMIN, 4 },
        { "network=mlp", DSC_STATISTIC_RISE, 0.5 },
        { "network=0", DSC_STATISTIC_FALL, 0.625 },
        { NULL, DSC_STATISTIC_MINIMUM, 0.0725 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int pooled = 0; pooled < 2; pooled++) {
            const dsc_claim claim = { .measured =
                                          TERM(.where = cases[i].where, .statistic = cases[i].statistic),
                                      .pooled = pooled,
                                      .low = cases[i].expected - 1e-9,
                                      .high = cases[i].expected + 1e-9 };
            const dsc_claim_result result = check(&claim, 0);
            assert_string_equal(result.reason, "");
            assert_true(fabs(result.measured.median - cases[i].expected) < 1e-12);
            assert_int_equal(result.measured.n, 3);
            assert_int_equal(result.verdict, DSC_VERDICT_AGREES);
            assert_int_equal(result.has_interval, !pooled);
        }
}

/* Every seed is lowest at a width of its own: the smallest of its values is lower than that of 16, which says
   nothing about widths. */
static void the_smallest_of_ones_own_values_is_not_a_choice(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = record_make(scope, "[]");
    double *values = dsc_record_output_find(record, "error")->values;
    for (size_t width = 0; width < 4; width++)
        for (size_t seed = 0; seed < 3; seed++)
            values[width * 3 + seed] = width == seed ? 1 : 2;
    dsc_claim claim = { .measured = TERM(.where = "network=mlp width=16"),
                        .against = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_MINIMUM),
                        .low = 0.5,
                        .high = INFINITY };
    assert_int_equal(dsc_claim_check(scope, record, &claim).verdict, DSC_VERDICT_AGREES);
    claim.against.statistic = DSC_STATISTIC_CHOSEN_MINIMUM;
    assert_int_equal(dsc_claim_check(scope, record, &claim).verdict, DSC_VERDICT_DIFFERS);
    for (size_t seed = 0; seed < 3; seed++)
        values[3 + seed] = 1; /* now they agree about 4 */
    assert_int_equal(dsc_claim_check(scope, record, &claim).verdict, DSC_VERDICT_AGREES);
    values[2] = (double)NAN; /* a seed that lacks a width: the others tell without it */
    assert_int_equal(dsc_claim_check(scope, record, &claim).verdict, DSC_VERDICT_AGREES);
    dsc_scope_close(&scope);
}

static void an_output_along_an_inner_axis_is_picked_like_any_other(void **state)
{
    (void)state;
    const dsc_claim claim = { .measured = { .output = "curve", .where = "network=mlp width=2 epoch=last" },
                              .low = 1.509,
                              .high = 1.511 };
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_AGREES);
}

static void the_magnitude_is_that_of_the_value_farthest_from_zero(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = record_make(scope, "[]");
    dsc_record_output *values = dsc_record_output_find(record, "error");
    for (size_t i = 0; i < values->count; i++)
        values->values[i] = -values->values[i];
    const dsc_claim claim = { .measured = TERM(.where = "network=mlp width=2..4",
                                               .statistic = DSC_STATISTIC_MAGNITUDE),
                              .low = 0.509,
                              .high = 0.511 };
    assert_int_equal(dsc_claim_check(scope, record, &claim).verdict, DSC_VERDICT_AGREES);
    dsc_scope_close(&scope);
}

static void comparisons_are_made_seed_by_seed(void **state)
{
    (void)state;
    dsc_claim claim = { .measured = TERM(.where = "network=mlp width=8"),
                        .against = TERM(.where = "network=mlp width=16"),
                        .scale = 100,
                        .units = "points",
                        .expected = "more",
                        .low = 60,
                        .high = INFINITY };
    const dsc_claim_result difference = check(&claim, 0);
    assert_int_equal(difference.verdict, DSC_VERDICT_AGREES);
    assert_string_equal(difference.number, "62.5 points, range 62.5 to 62.5, N = 3");
    assert_string_equal(difference.expected, "more (agrees: at least 60 points)");
    claim.relation = DSC_RELATION_RATIO;
    claim.scale = 1;
    claim.low = 5.5;
    claim.high = 5.7;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_AGREES); /* 0.76 / 0.135 */
    claim.low = 5.7;
    claim.high = 6;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_DIFFERS);
    claim.low = -INFINITY;
    claim.high = 5.5;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_DIFFERS);
}

static void standard_errors_widen_or_narrow_the_band(void **state)
{
    (void)state;
    /* mean 0.51, standard error 0.01 / sqrt(3) = 0.00577 */
    dsc_claim claim = { .measured = TERM(.where = "network=mlp width=2"), .low = 0.5, .high = 0.5 };
    claim.standard_errors = 2;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_AGREES);
    claim.standard_errors = 1.5;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_DIFFERS);
    claim.high = INFINITY;
    claim.standard_errors = -1.5;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_AGREES);
    claim.standard_errors = -2;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_DIFFERS);
}

static void a_deviation_is_the_largest_in_standard_errors(void **state)
{
    (void)state;
    dsc_claim claim = { .measured = { .output = "error", .statistic = DSC_STATISTIC_DEVIATION },
                        .against = { .output = "curve", .where = "epoch=1" },
                        .high = 4 };
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_AGREES); /* they are the same */
    claim.against.where = "epoch=2";
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_DIFFERS); /* one apart, the same in all seeds */
    claim.against.where = NULL;
    assert_int_equal(check(&claim, 0).verdict, DSC_VERDICT_UNTOLD);
}

static void a_deviation_counts_though_the_first_seed_is_missing(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = record_make(scope, "[]");
    dsc_record_output_find(record, "error")->values[0] = (double)NAN;
    const dsc_claim claim = {
        .measured = { "error", "network=mlp width=2", DSC_STATISTIC_DEVIATION },
        .against = { .output = "curve", .where = "network=mlp width=2 epoch=2" },
        .high = 4,
    };
    assert_int_equal(dsc_claim_check(scope, record, &claim).verdict, DSC_VERDICT_DIFFERS);
    dsc_record_output_find(record, "error")->values[1] = (double)NAN;
    assert_string_equal(dsc_claim_check(scope, record, &claim).reason, "1 of at least 2 seeds");
    dsc_scope_close(&scope);
}

/* The record with a list of widths that was typed in another order. */
static void the_order_in_which_values_were_typed_does_not_matter(void **state)
{
    (void)state;
    static const struct {
        const char *where;
        dsc_statistic statistic;
        double expected; /* errors by width: 2 0.135, 4 0.76, 8 0.26, 16 0.51 */
    } cases[] = {
        { "network=mlp width=last", DSC_STATISTIC_MEAN, 0.51 },
        { "network=mlp width=4..16", DSC_STATISTIC_RISE, 0.25 },
        { "network=mlp", DSC_STATISTIC_RISE, 0.625 },
        { "network=mlp", DSC_STATISTIC_FALL, 0.5 },
        { "network=mlp", DSC_STATISTIC_ARGMIN, 2 },
    };
    static const double reversed[] = { 16, 8, 4, 2 };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_record *record = record_make(scope, "[]");
        memcpy((double *)dsc_record_describe(record)->axes[1].values, reversed, sizeof reversed);
        const dsc_claim claim = {
            .measured = TERM(.where = cases[i].where, .statistic = cases[i].statistic),
            .low = cases[i].expected - 1e-9,
            .high = cases[i].expected + 1e-9,
        };
        assert_int_equal(dsc_claim_check(scope, record, &claim).verdict, DSC_VERDICT_AGREES);
        dsc_scope_close(&scope);
    }
}

static void assert_untold(const dsc_claim *claim, double missing_width, const char *reason)
{
    const dsc_claim_result result = check(claim, missing_width);
    assert_int_equal(result.verdict, DSC_VERDICT_UNTOLD);
    assert_string_equal(result.reason, reason);
}

static void what_cannot_be_told_says_why(void **state)
{
    (void)state;
    const dsc_term two = TERM(.where = "network=mlp width=2");
    const dsc_term term = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_MAXIMUM);
    assert_untold(&(dsc_claim){ .measured = two, .needs = "n=500" }, 0,
                  "n is 200 here, the claim is about 500");
    assert_untold(&(dsc_claim){ .measured = two, .needs = "n=200 kind=drawn" }, 0,
                  "kind is \"plain\" here, the claim is about drawn");
    assert_untold(&(dsc_claim){ .measured = two, .needs = "width=2,3" }, 0, "not run at width 3");
    assert_untold(&(dsc_claim){ .measured = two, .needs = "network=gru" }, 0, "not run at network gru");
    assert_untold(&(dsc_claim){ .measured = two, .needs = "data=cifar" }, 0, "not run on the files of cifar");
    assert_untold(&(dsc_claim){ .measured = TERM(.where = "width=32..64") }, 0, "not run at width 32..64");
    assert_untold(&(dsc_claim){ .measured = TERM(.where = "height=1") }, 0, "the file has no axis 'height'");
    assert_untold(&(dsc_claim){ .measured = { .output = "loss" } }, 0, "the file has no output 'loss'");
    assert_untold(&(dsc_claim){ .measured = TERM(.statistic = DSC_STATISTIC_ARGMIN) }, 0,
                  "needs several values of one axis");
    assert_untold(&(dsc_claim){ .measured = term, .seeds = 5 }, 0, "3 of at least 5 seeds");
    assert_untold(&(dsc_claim){ .measured = term, .seeds = 2 }, 4, "1 of at least 2 seeds");
    assert_int_equal(
        check(&(dsc_claim){ .measured = term, .high = 1, .needs = "data=mnist n=200 kind=plain" }, 4).verdict,
        DSC_VERDICT_AGREES);
}

/* The values of the axis `width` that a claim, or the marks of figures, are about: "4 16". */
static const char *widths_about(const dsc_claim *claim, const char *figures)
{
    static char text[32];
    bool about[4] = { false };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = record_make(scope, figures ? figures : "[]");
    if (claim)
        dsc_claim_values(scope, record, claim, 1, about);
    if (figures)
        dsc_mark_values(scope, record, 1, about);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
    text[0] = '\0';
    for (size_t i = 0; i < 4; i++)
        if (about[i])
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.0f", *text ? " " : "", widths[i]);
    return text;
}

static void a_claim_is_about_the_values_it_names_and_its_extremes(void **state)
{
    (void)state;
    const struct {
        dsc_claim claim;
        const char *widths;
    } cases[] = {
        { { .measured = TERM(.where = "network=mlp width=4") }, "4" },
        { { .measured = TERM(.where = "network=mlp width=4..16") }, "4 16" },
        { { .measured = TERM(.where = "network=mlp width=last") }, "16" },
        { { .needs = "width=2,8", .measured = TERM(.where = "network=mlp width=4") }, "2 4 8" },
        { { .needs = "n=200 width=2", .measured = TERM(.where = "network=cnn") }, "2" },
        { { .needs = "n=100", .measured = TERM(.where = "network=mlp width=4") }, "" },
        { { .measured = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_MAXIMUM) }, "8" },
        { { .measured = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_CHOSEN_MINIMUM) }, "16" },
        { { .measured = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_RANGE) }, "8 16" },
        { { .measured = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_RISE) }, "4 8" },
        { { .measured = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_FALL) }, "8 16" },
        { { .measured = TERM(.where = "network=mlp", .statistic = DSC_STATISTIC_ARGMIN),
            .low = 3.5,
            .high = 4 },
          "4 16" },
        { { .measured = TERM(.where = "network=mlp width=4"),
            .against = TERM(.where = "network=mlp width=8") },
          "4 8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(widths_about(&cases[i].claim, NULL), cases[i].widths);
}

static void a_mark_is_about_the_value_next_to_it(void **state)
{
    (void)state;
    const struct {
        dsc_mark mark;
        const char *widths;
    } cases[] = {
        { { .label = "m", .at = 7 }, "8" },
        { { .label = "m", .at = 1e9 }, "16" },
        { { .label = "m", .output = "error", .below = 0.2 }, "4 16" },
        { { .label = "m", .output = "none", .below = 1 }, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_figure figure = {
            .name = "f", .x = "width", .series = { { .output = "error" } }, .marks = { cases[i].mark }
        };
        assert_string_equal(widths_about(NULL, dsc_figures_to_json(scope, &figure, 1)), cases[i].widths);
        dsc_scope_close(&scope);
    }
    assert_string_equal(widths_about(NULL, "no figures"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_is_about_the_values_it_names_and_its_extremes),
        cmocka_unit_test(a_mark_is_about_the_value_next_to_it),
        cmocka_unit_test(each_statistic_is_of_the_points_that_where_leaves),
        cmocka_unit_test(the_smallest_of_ones_own_values_is_not_a_choice),
        cmocka_unit_test(an_output_along_an_inner_axis_is_picked_like_any_other),
        cmocka_unit_test(the_magnitude_is_that_of_the_value_farthest_from_zero),
        cmocka_unit_test(comparisons_are_made_seed_by_seed),
        cmocka_unit_test(standard_errors_widen_or_narrow_the_band),
        cmocka_unit_test(a_deviation_is_the_largest_in_standard_errors),
        cmocka_unit_test(a_deviation_counts_though_the_first_seed_is_missing),
        cmocka_unit_test(the_order_in_which_values_were_typed_does_not_matter),
        cmocka_unit_test(what_cannot_be_told_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
