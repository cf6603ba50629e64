/* A plan takes what a person says, word for word and number for number, or says what is wrong with it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <descent/file.h>
#include <descent/hash.h>

#include "lab/plan.h"
#include "test.h"
#include "toy.h"

static const char published[] = "data.txt";

static void toy_identify(dsc_data_notes *notes, const void *hyperparameters, const char *directory)
{
    (void)hyperparameters;
    dsc_scope *scope = dsc_data_notes_scope(notes);
    if (directory)
        dsc_data_note(notes, "toys/data.txt", dsc_path_join(scope, directory, published));
}

static size_t toy_derive(const void *hyperparameters, double *values, size_t capacity)
{
    const struct toy_hyperparameters *k = hyperparameters;
    size_t count = 0;
    for (int64_t i = 1; i <= k->n && count < capacity; i++)
        values[count++] = (double)(2 * i);
    return count;
}

static dsc_plan *plan_of(dsc_scope *scope, const char *preset, const dsc_setting *settings, size_t count)
{
    static const dsc_case *const cases[] = { &toy_case, NULL };
    static const dsc_experiment toys = { .name = "toys", .cases = cases, .version = "1" };
    return dsc_plan_make(
        scope, &toys, &(dsc_plan_options){ .preset = preset, .settings = settings, .setting_count = count });
}

static void the_recipe_is_canonical(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = plan_of(scope, "quick", NULL, 0);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_string_equal(dsc_plan_recipe(plan),
                        "{\"axes\":{\"epoch\":[1,2,4],\"width\":[1,2,3]},\"case\":\"toy\",\"data\":{},"
                        "\"engine\":\"auto\",\"experiment\":\"toys\",\"parameters\":{\"fail_at\":0,"
                        "\"flavour\":\"sweet\",\"n\":5,\"noise\":0.5,\"sleep_ms\":0},\"schema\":1,"
                        "\"seeds\":[1,2],\"version\":\"1\"}");
    assert_int_equal(dsc_plan_cells(plan), 6);
    dsc_scope_close(&scope);
}

static void the_last_word_counts(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting settings[] = { { "noise", "0.1" }, { "width", "9,3" }, { "noise", "1" },
                                     { "seeds", "4" },   { "seed", "10" },   { "preset", "spaced" },
                                     { "engine", "ref" } };
    const dsc_plan *plan = plan_of(scope, NULL, settings, 7);
    assert_string_equal(dsc_scope_message(scope), "");
    const struct toy_hyperparameters *hyperparameters = plan->hyperparameters;
    assert_true(hyperparameters->noise == 1);
    assert_int_equal(hyperparameters->n, 7);
    assert_int_equal(plan->engine, DSC_ENGINE_REF);
    assert_int_equal(plan->cells, 8);
    assert_int_equal(dsci_plan_seed(plan, 0), 10);
    assert_int_equal(dsci_plan_seed(plan, 7), 13);
    struct toy_hyperparameters cell;
    dsci_plan_hyperparameters(plan, 0, &cell);
    assert_int_equal(cell.width, 9); /* values keep their order */
    assert_int_equal(cell.epoch, 0); /* an inner axis sets no knob */
    dsc_scope_close(&scope);
}

static void a_preset_may_hold_lists_with_spaces(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = plan_of(scope, "spaced", NULL, 0);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(plan->axes[0].count, 4);
    assert_true(plan->axes[0].values[3] == 8);
    dsc_scope_close(&scope);
}

static void wrong_settings_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *preset, *name, *value, *message;
    } table[] = {
        { NULL, "widht", "3", "unknown parameter 'widht' of toys, case toy: did you mean 'width'?" },
        { NULL, "zzzzzzzz", "3",
          "expected one of n, noise, flavour, fail_at, sleep_ms, width, epoch, case, preset" },
        { NULL, "width", "5000", "width = 5000 is outside 1..4096 (units in each hidden layer)" },
        { NULL, "width", "3,4,3", "width: 3 is listed twice" },
        { NULL, "width", "x", "width: 'x' is not a list" },
        { NULL, "width", "", "width" },
        { NULL, "n", "2.5", "n = '2.5' is not an integer (examples)" },
        { NULL, "n", "1e30", "n = '1e30' is not an integer" },
        { NULL, "noise", "nan", "noise = 'nan' is not a number (variance)" },
        { NULL, "noise", "-0.1", "noise = -0.1 is outside 0..1 (variance)" },
        { NULL, "flavour", "bitter", "flavour = 'bitter' is none of sweet|sour (taste)" },
        { NULL, "seeds", "0", "seeds = 0 is outside 1..100000" },
        { NULL, "seeds", "many", "seeds = 'many' is not an integer" },
        { NULL, "seed", "-3", "seed = -3 is outside 1.." },
        { NULL, "engine", "steam", "unknown engine 'steam'" },
        { NULL, "case", "tow", "unknown case 'tow' of toys: did you mean 'toy'?" },
        { NULL, "preset", "quikc", "unknown preset 'quikc' of toy: did you mean 'quick'?" },
        { "none", NULL, NULL, "unknown preset 'none' of toy; expected one of quick, spaced, broken" },
        { "broken", NULL, NULL, "unknown parameter 'wdith'" },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_setting setting = { table[i].name, table[i].value };
        assert_null(plan_of(scope, table[i].preset, &setting, table[i].name ? 1 : 0));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        if (!strstr(dsc_scope_message(scope), table[i].message))
            fail_msg("expected '%s' in '%s'", table[i].message, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

static void too_many_cells_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting settings[] = { { "width", "1..4096" }, { "seeds", "100000" } };
    assert_null(plan_of(scope, NULL, settings, 2));
    assert_non_null(strstr(dsc_scope_message(scope), "span more than 10000000 cells"));
    dsc_scope_close(&scope);
}

static void derived_values_follow_the_parameters_unless_said(void **state)
{
    (void)state;
    dsc_axis axes[] = { toy_axes[0], toy_axes[1], toy_axes[2] };
    axes[0].derive = toy_derive;
    dsc_case kase = toy_case;
    kase.axes = axes;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = toy_plan_of(scope, &kase, &(dsc_setting){ "n", "3" }, 1);
    assert_int_equal(plan->axes[0].count, 3);
    assert_true(plan->axes[0].values[2] == 6);
    plan = toy_plan_of(scope, &kase, &(dsc_setting){ "width", "11" }, 1);
    assert_int_equal(plan->axes[0].count, 1);
    dsc_scope_close(&scope);
}

static void fixed_values_can_be_said_but_not_changed(void **state)
{
    (void)state;
    dsc_axis axes[] = { toy_axes[0], toy_axes[1], toy_axes[2] };
    axes[1].fixed = true;
    dsc_case kase = toy_case;
    kase.axes = axes;
    const dsc_case *const cases[] = { &kase, NULL };
    const dsc_experiment toys = { .name = "toys", .cases = cases };
    static const struct {
        const char *value;
        bool good;
    } table[] = { { "1,2,4", true }, { "1,2", false }, { "2,1,4", false } };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_setting setting = { "epoch", table[i].value };
        const dsc_plan *plan =
            dsc_plan_make(scope, &toys, &(dsc_plan_options){ .settings = &setting, .setting_count = 1 });
        assert_int_equal(plan != NULL, table[i].good);
        if (!plan)
            assert_non_null(strstr(dsc_scope_message(scope), "epoch: its values are always 1, 2, 4"));
        dsc_scope_close(&scope);
    }
}

static void identify_as_mnist(dsc_data_notes *notes, const void *hyperparameters, const char *directory)
{
    (void)hyperparameters;
    const dsc_known_data *mnist = dsc_known_data_find("mnist");
    directory = dsc_data_directory(dsc_data_notes_scope(notes), mnist, directory);
    if (directory)
        dsc_data_note_files(notes, mnist, directory);
}

/* The files of MNIST and Fashion-MNIST have the same names. */
static void files_of_another_data_set_are_refused(void **state)
{
    (void)state;
    const char *given = getenv("DESCENT_TEST_DATA");
    dsc_case kase = toy_case;
    kase.identify = identify_as_mnist;
    const dsc_case *const cases[] = { &kase, NULL };
    const dsc_experiment toys = { .name = "toys", .cases = cases };
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *fashion =
        dsc_path_join(scope, given && *given ? given : DESCENT_SHARED_DATA, "fashion-mnist");
    if (!dsc_file_exists(dsc_path_join(scope, fashion, "train-images-idx3-ubyte.gz"))) {
        print_message("skipped: no Fashion-MNIST in %s\n", fashion);
        dsc_scope_close(&scope);
        skip();
    }
    assert_null(dsc_plan_make(scope, &toys, &(dsc_plan_options){ .data_directory = fashion }));
    assert_non_null(
        strstr(dsc_scope_message(scope), "is a file of data set 'fashion-mnist', not of 'mnist'"));
    dsc_scope_close(&scope);
}

static void data_files_are_part_of_the_recipe(void **state)
{
    (void)state;
    dsc_case kase = toy_case;
    kase.identify = toy_identify;
    const dsc_case *const cases[] = { &kase, NULL };
    const dsc_experiment toys = { .name = "toys", .cases = cases };
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_file_replace(scope, published, "abc", 3), DSC_OK);
    const dsc_plan *plan = dsc_plan_make(scope, &toys, &(dsc_plan_options){ .data_directory = "." });
    assert_non_null(strstr(dsc_plan_recipe(plan),
                           "\"data\":{\"toys/data.txt\":"
                           "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}"));
    remove(published);
    assert_null(dsc_plan_make(scope, &toys, &(dsc_plan_options){ .data_directory = "." }));
    assert_non_null(strstr(dsc_scope_message(scope), "data.txt"));
    dsc_scope_close(&scope);
}

static void a_printed_configuration_makes_the_same_plan(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting settings[] = { { "noise", "0.1234567890123456789" },
                                     { "width", "1..100 log 7" },
                                     { "seed", "5" } };
    const dsc_plan *plan = plan_of(scope, NULL, settings, 3);
    const char *text = dsc_plan_config(scope, plan);
    assert_int_equal(dsc_file_replace(scope, "plan-config.json", text, strlen(text)), DSC_OK);
    size_t count;
    const dsc_setting *read = dsc_config_read(scope, "plan-config.json", &count);
    assert_string_equal(dsc_scope_message(scope), "");
    const dsc_plan *again = plan_of(scope, NULL, read, count);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_string_equal(dsc_plan_recipe(again), dsc_plan_recipe(plan));
    remove("plan-config.json");
    dsc_scope_close(&scope);
}

static void broken_configurations_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } table[] = {
        { "{ \"width\": 3,\n  \"noise\" 0.5 }", "line 2, column" },
        { "{ \"width\": 3, \"width\": 4 }", "duplicate" },
        { "[1, 2]", "expected an object" },
        { "{ \"width\": true }", "'width' is neither a number, a text nor a list" },
        { "{ \"width\": [1, \"x\"] }", "'width' is neither" },
        { "{ \"width\": null }", "'width' is neither" },
        { "{ \"a\": { \"b\": 1 } }", "'a' is neither" },
        { "", "not JSON" },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        size_t count;
        assert_int_equal(dsc_file_replace(scope, "plan-broken.json", table[i].text, strlen(table[i].text)),
                         DSC_OK);
        assert_null(dsc_config_read(scope, "plan-broken.json", &count));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        if (!strstr(dsc_scope_message(scope), table[i].message))
            fail_msg("expected '%s' in '%s'", table[i].message, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
    remove("plan-broken.json");
}

static void a_recipe_gives_back_its_plan_or_says_what_changed(void **state)
{
    (void)state;
    static const dsc_case *const cases[] = { &toy_case, NULL };
    dsc_experiment toys = { .name = "toys", .cases = cases, .version = "1" };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting settings[] = { { "noise", "0.1" }, { "width", "9,3" }, { "flavour", "sour" } };
    const dsc_plan *plan = dsc_plan_make(
        scope, &toys,
        &(dsc_plan_options){ .settings = settings, .setting_count = 3, .seeds = 2, .first_seed = 7 });
    const dsc_record_axis axis = { .name = "x", .count = 1, .values = (const double[]){ 0 } };
    dsc_record_spec spec = {
        .recipe = dsc_plan_recipe(plan), .axes = &axis, .axis_count = 1, .cell_axes = 1
    };
    const dsc_plan *again = dsc_plan_from_record(scope, &toys, dsc_record_make(scope, &spec), NULL);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_string_equal(dsc_plan_recipe(again), dsc_plan_recipe(plan));
    toys.version = "2";
    assert_null(dsc_plan_from_record(scope, &toys, dsc_record_make(scope, &spec), NULL));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "version: \"1\" in the file, \"2\" here"));
    dsc_scope_close(&scope);
}

static void hostile_recipes_are_refused(void **state)
{
    (void)state;
    static const char *const recipes[] = {
        "",
        "[]",
        "{",
        "{\"experiment\":\"toys\"}",
        "{\"experiment\":1,\"case\":2,\"engine\":3}",
        "{\"experiment\":\"other\",\"case\":\"toy\",\"engine\":\"auto\"}",
        "{\"experiment\":\"toys\",\"case\":\"toy\",\"engine\":\"auto\",\"parameters\":{\"n\":{}}}",
        "{\"experiment\":\"toys\",\"case\":\"toy\",\"engine\":\"auto\",\"axes\":{\"width\":[]}}",
        "{\"experiment\":\"toys\",\"case\":\"toy\",\"engine\":\"auto\",\"seeds\":[9e99]}"
    };
    static const dsc_case *const cases[] = { &toy_case, NULL };
    static const dsc_experiment toys = { .name = "toys", .cases = cases, .version = "1" };
    const dsc_record_axis axis = { .name = "x", .count = 1, .values = (const double[]){ 0 } };
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_record_spec spec = { .recipe = recipes[i], .axes = &axis, .axis_count = 1, .cell_axes = 1 };
        assert_null(dsc_plan_from_record(scope, &toys, dsc_record_make(scope, &spec), NULL));
        assert_int_not_equal(dsc_scope_status(scope), DSC_OK);
        assert_true(strlen(dsc_scope_message(scope)) > 10);
        dsc_scope_close(&scope);
    }
}

/* Files of before the plan settled what "auto" comes to. */
static void recipes_that_left_the_data_set_open_are_the_same(void **state)
{
    (void)state;
    static const char open[] =
        "{\"parameters\":{\"dataset\":\"auto\",\"n\":5},\"data\":{\"mnist/a\":\"12\"}}",
                      settled[] =
                          "{\"parameters\":{\"dataset\":\"mnist\",\"n\":5},\"data\":{\"mnist/a\":\"12\"}}",
                      other_data[] = "{\"parameters\":{\"dataset\":\"glyphs\",\"n\":5},\"data\":{}}",
                      other_n[] =
                          "{\"parameters\":{\"dataset\":\"mnist\",\"n\":6},\"data\":{\"mnist/a\":\"12\"}}";
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_true(dsci_recipe_same(scope, open, open));
    assert_true(dsci_recipe_same(scope, open, settled) && dsci_recipe_same(scope, settled, open));
    assert_false(dsci_recipe_same(scope, open, other_data) || dsci_recipe_same(scope, other_data, open));
    assert_false(dsci_recipe_same(scope, open, other_n) || dsci_recipe_same(scope, settled, other_n));
    assert_false(dsci_recipe_same(scope, open, "not JSON") || dsci_recipe_same(scope, "{}", open));
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recipe_is_canonical),
        cmocka_unit_test(the_last_word_counts),
        cmocka_unit_test(a_preset_may_hold_lists_with_spaces),
        cmocka_unit_test(wrong_settings_are_explained),
        cmocka_unit_test(too_many_cells_are_refused),
        cmocka_unit_test(derived_values_follow_the_parameters_unless_said),
        cmocka_unit_test(fixed_values_can_be_said_but_not_changed),
        cmocka_unit_test(files_of_another_data_set_are_refused),
        cmocka_unit_test(data_files_are_part_of_the_recipe),
        cmocka_unit_test(a_printed_configuration_makes_the_same_plan),
        cmocka_unit_test(broken_configurations_are_explained),
        cmocka_unit_test(a_recipe_gives_back_its_plan_or_says_what_changed),
        cmocka_unit_test(hostile_recipes_are_refused),
        cmocka_unit_test(recipes_that_left_the_data_set_open_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
