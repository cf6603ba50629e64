/* Tables in text, and the scaling of their features. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/data.h>

#include "directory.h"
#include "gzip.h"
#include "test.h"

static dsc_dataset read_text(dsc_scope *scope, const char *directory, const char *text,
                             const dsc_csv_options *options)
{
    directory_put(directory, "table.csv", text);
    return dsc_csv_read(scope, directory_path(directory, "table.csv"), options);
}

static void tables_are_read_whatever_separates_their_fields(void **state)
{
    static const char *const texts[] = {
        "1,2,3\n4,5,6\n",
        "1\t2\t3\n4\t5\t6",
        "1;2;3\r\n4;5;6\r\n",
        "a,b,c\n1,2,3\n4,5,6\n",
        "\357\273\2771,2,3\n4,5,6",
        "\n\n1,2,3\n\r\n\n4, 5 ,6\n\n",
        "\"1\",\"2\",3\n4,5,\"6\"",
        "\"a,\nb\"\"\",\"x;\",\"\"\n1,2,3\n4,5,6e0\n",
        "a;b;c,d\n1;2;3\n4;5;6",
        "1,2,3\r4,5,6\r",
        "a,b,c\r\r1,2,3\n4,5,6\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_dataset data = read_text(scope, *state, texts[i], NULL);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(data.count, 2);
        assert_int_equal(data.features, 3);
        for (size_t j = 0; j < 6; j++)
            assert_true(data.x[j] == (double)(j + 1));
        assert_null(data.y);
        assert_null(data.labels);
        dsc_scope_close(&scope);
    }
}

static void columns_are_chosen_by_name_or_number(void **state)
{
    static const char text[] = "day,price,\"volume, log\",3\nMon,1.5,2,-7\nTue,2.5,4,-8\n";
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *const columns[] = { "volume, log", "2", NULL };
    const dsc_csv_options options = { .columns = columns, .target = "3" };
    const dsc_dataset data = read_text(scope, *state, text, &options);
    assert_string_equal(dsc_scope_message(scope), "");
    static const double x[] = { 2, 1.5, 4, 2.5 }, y[] = { -7, -8 };
    assert_memory_equal(data.x, x, sizeof x);
    assert_memory_equal(data.y, y, sizeof y);
    assert_int_equal(data.targets, 1);
    const char *const unknown[] = { "prize", NULL };
    assert_null(read_text(scope, *state, text, &(dsc_csv_options){ .columns = unknown }).x);
    assert_non_null(strstr(dsc_scope_message(scope), "no column 'prize' among 4; the nearest is 'price'"));
    dsc_scope_close(&scope);
}

static void classes_are_numbered_in_the_order_of_their_values(void **state)
{
    static const struct {
        const char *text, *target;
        int32_t labels[3];
        const char *names[3];
        size_t classes;
    } cases[] = {
        { "x,kind\n1,dog\n2,cat\n3,dog\n", "kind", { 1, 0, 1 }, { "cat", "dog" }, 2 },
        { "1,10\n2,9\n3,-2\n", "2", { 2, 1, 0 }, { "-2", "9", "10" }, 3 },
        { "1,dog\n2,cat\n3,7\n", "2", { 2, 1, 0 }, { "7", "cat", "dog" }, 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_dataset data = read_text(scope, *state, cases[i].text,
                                           &(dsc_csv_options){ .target = cases[i].target, .labels = true });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(data.count, 3);
        assert_int_equal(data.features, 1);
        assert_int_equal(data.classes, cases[i].classes);
        assert_memory_equal(data.labels, cases[i].labels, sizeof cases[i].labels);
        for (size_t c = 0; c < data.classes; c++)
            assert_string_equal(data.class_names[c], cases[i].names[c]);
        dsc_scope_close(&scope);
    }
}

/* Which first rows are headers: of three rows two are left then. */
static void first_rows_are_headers_by_a_rule_or_by_option(void **state)
{
    static const char *const by_name[] = { "2021", NULL };
    static const struct {
        const char *text;
        dsc_csv_options options;
        size_t count;
    } cases[] = {
        { "a\n1\n2\n", { 0 }, 2 },
        { ",a,b\n0,1,2\n1,3,4\n", { 0 }, 2 },
        { "150,4,setosa,virginica\n5,3,1,0\n4,3,1,1\n", { 0 }, 2 },
        { "0,1,2,target\n5.1,3.5,1.4,0\n4.9,3,1.4,1\n", { .target = "4", .labels = true }, 2 },
        { "1,2,target\n5.1,3.5,0\n4.9,3,1\n", { .target = "target" }, 2 },
        { "7,target\n5,0\n4,1\n", { .target = "target" }, 2 },
        { "2019,2020,2021\n1,2,3\n4,5,6\n", { 0 }, 3 },
        { "2019,2020,2021\n1,2,3\n4,5,6\n", { .header = DSC_CSV_HEADER_ROW }, 2 },
        { "2019,2020,2021\n1,2,3\n4,5,6\n", { .columns = by_name }, 2 },
        { "7,?\n1,2\n4,5\n", { .header = DSC_CSV_HEADER_ROW }, 2 },
        { "1,dog\n2,cat\n3,dog\n", { .target = "2", .labels = true }, 3 },
        { "1,dog\n2,7\n3,7\n", { .target = "2", .labels = true, .header = DSC_CSV_HEADER_NONE }, 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_dataset data = read_text(scope, *state, cases[i].text, &cases[i].options);
        if (dsc_scope_status(scope) != DSC_OK || data.count != cases[i].count)
            fail_msg("case %zu: %zu examples, %s", i, data.count, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

static void a_name_that_two_columns_have_is_refused_where_it_is_asked_for(void **state)
{
    static const char text[] = "a,a,b\n1,2,3\n4,5,6\n";
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(read_text(scope, *state, text, NULL).features, 3);
    assert_true(read_text(scope, *state, text, &(dsc_csv_options){ .target = "2" }).y[1] == 5);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_null(read_text(scope, *state, text, &(dsc_csv_options){ .target = "a" }).x);
    assert_non_null(strstr(dsc_scope_message(scope), ":1: columns 1 and 2 are both called 'a'"));
    dsc_scope_close(&scope);
}

static void wrong_tables_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "1,2\n3,x\n", ":2: expected a number in column 2, found 'x'" },
        { "a,b\n1,2\n\n3,\n", ":4: expected a number in column 2 ('b'), found ''" },
        { "1,2\n3\n", ":2: expected 2 fields as in the first row, found 1" },
        { "1,2\n3,4,5\n", ":2: expected 2 fields as in the first row, found 3" },
        { "\"a\nb\",c\n1,2\n3,nan\n", ":4: expected a number in column 2" },
        { "1,2\n3,\"4\n", ":2: a quote is opened and not closed in column 2" },
        { "1,2\n\"3\"x,4\n", ":2: text follows a closing quote in column 1" },
        { "\n<!DOCTYPE html>\n<p>", "expected a table in text, found a web page" },
        { "\377\376\061", "found text in UTF-16: save it as UTF-8" },
        { "a,b\n", "expected at least one row of numbers, found 0" },
        { "", "expected at least one row of numbers, found 0" },
        { "\n\n", "expected at least one row" },
        { "1,1e999\n2,3\n", ":1: expected a number in column 2, found '1e999'" },
        { "5.1,,1.4\n4.9,3,1.3\n", ":1: expected a number in column 2, found ''" },
        { "5.1,?,1.4\n4.9,3,1.3\n", ":1: expected a number in column 2, found '?'" },
        { "5.1,nan,1.4\n4.9,3,1.3\n", ":1: expected a number in column 2, found 'nan'" },
        { "NA\n1\n2\n", ":1: expected a number in column 1, found 'NA'" },
        { "x\n1\n\n2\n", ":3: expected a number in column 1 ('x'), found ''" },
        { "a,b\r1,2\r3,\"x\r\ny\"\r", ":3: expected a number in column 2 ('b')" },
        { "5.1,3.x,1.4\n4.9,3,1.3\n",
          ":1: expected a number in column 2, found '3.x'; choose other columns" },
        { "5,lost,1\n4,3,2\n", ":1: the first row may be a header or an example: in column 2 'lost' stands" },
        { "5.1,lost,gone\n4,3,2\n", "say which it is by .header" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(read_text(scope, *state, cases[i].text, NULL).x);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        if (!strstr(dsc_scope_message(scope), cases[i].says))
            fail_msg("case %zu: %s", i, dsc_scope_message(scope));
        assert_non_null(strstr(dsc_scope_message(scope), "/table.csv"));
        dsc_scope_close(&scope);
    }
}

static void packed_tables_are_read_and_bytes_of_zero_refused(void **state)
{
    static const char text[] = "1,2\n3,4\n";
    unsigned char packed[200];
    directory_put_bytes(*state, "table.csv", packed, gzip_pack(text, strlen(text), packed, sizeof packed));
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data = dsc_csv_read(scope, directory_path(*state, "table.csv"), NULL);
    assert_true(data.x[3] == 4);
    directory_put_bytes(*state, "table.csv", text, sizeof text);
    assert_null(dsc_csv_read(scope, directory_path(*state, "table.csv"), NULL).x);
    assert_non_null(strstr(dsc_scope_message(scope), "a byte of value 0"));
    dsc_scope_close(&scope);
}

/* Two examples of two pixels with two channels. */
static dsc_dataset two_examples(double x[8])
{
    static const double values[8] = { 0, 10, 4, 30, 2, 10, 4, 50 };
    memcpy(x, values, sizeof values);
    return (dsc_dataset){
        .name = "two", .count = 2, .features = 4, .height = 1, .width = 2, .channels = 2, .x = x
    };
}

static void scalers_bring_each_group_to_its_scale(void **state)
{
    (void)state;
    static const struct {
        dsc_scaling scaling;
        dsc_scaling_scope over;
        double expected[8];
    } cases[] = {
        { DSC_SCALING_NONE, DSC_SCALING_SCOPE_FEATURES, { 0, 10, 4, 30, 2, 10, 4, 50 } },
        { DSC_SCALING_MIN_MAX, DSC_SCALING_SCOPE_FEATURES, { 0, 0, 0, 0, 1, 0, 0, 1 } },
        { DSC_SCALING_MIN_MAX, DSC_SCALING_SCOPE_CHANNELS, { 0, 0, 1, 0.5, 0.5, 0, 1, 1 } },
        { DSC_SCALING_MIN_MAX, DSC_SCALING_SCOPE_ALL, { 0, 0.2, 0.08, 0.6, 0.04, 0.2, 0.08, 1 } },
        { DSC_SCALING_SYMMETRIC, DSC_SCALING_SCOPE_FEATURES, { -1, 0, 0, -1, 1, 0, 0, 1 } },
        { DSC_SCALING_SYMMETRIC, DSC_SCALING_SCOPE_CHANNELS, { -1, -1, 1, 0, 0, -1, 1, 1 } },
        { DSC_SCALING_Z, DSC_SCALING_SCOPE_FEATURES, { -1, 0, 0, -1, 1, 0, 0, 1 } },
        { DSC_SCALING_Z,
          DSC_SCALING_SCOPE_CHANNELS,
          { -1.5075567228888181, -0.90453403373329089, 0.90453403373329089, 0.30151134457776363,
            -0.30151134457776363, -0.90453403373329089, 0.90453403373329089, 1.5075567228888181 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double x[8];
        dsc_dataset data = two_examples(x);
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_scaler scaler = dsc_scaler_fit(scope, &data, cases[i].scaling, cases[i].over);
        assert_int_equal(dsc_scaler_apply(scope, &scaler, &data), DSC_OK);
        for (size_t j = 0; j < 8; j++)
            if (!(fabs(x[j] - cases[i].expected[j]) < 1e-14))
                fail_msg("case %zu, value %zu: %.17g", i, j, x[j]);
        dsc_scope_close(&scope);
    }
}

/* Bytes are scaled by what they stand for, to the bits of the doubles of the same values. */
static void bytes_are_scaled_as_the_values_they_stand_for(void **state)
{
    (void)state;
    enum { EXAMPLES = 50, FEATURES = 12, CHANNELS = 3, VALUES = EXAMPLES * FEATURES };
    uint8_t bytes[VALUES];
    double levels[CHANNELS * 256];
    for (size_t i = 0; i < VALUES; i++)
        bytes[i] = (uint8_t)(i * i * 7 % 256);
    for (size_t i = 0; i < CHANNELS * 256; i++)
        levels[i] = (double)(i % 256) / 255 * (double)(1 + i / 256);
    for (size_t i = 0; i < 24; i++) {
        const dsc_scaling_scope fitted = i % 3 == 0   ? DSC_SCALING_SCOPE_FEATURES
                                         : i % 3 == 1 ? DSC_SCALING_SCOPE_CHANNELS
                                                      : DSC_SCALING_SCOPE_ALL;
        const dsc_scaling scaling = (dsc_scaling)(i / 3 % 4);
        dsc_scope *scope = dsc_scope_open(NULL);
        double x[VALUES];
        dsc_dataset packed = { .count = EXAMPLES,
                               .features = FEATURES,
                               .height = 2,
                               .width = 2,
                               .channels = CHANNELS,
                               .bytes = bytes,
                               .levels = levels,
                               .level_groups = i / 12 ? CHANNELS : 1 };
        const dsc_matrix matrix = dsc_dataset_matrix(scope, &packed);
        memcpy(x, matrix.data, sizeof x);
        dsc_dataset plain = packed;
        plain.bytes = NULL;
        plain.x = x;
        const dsc_scaler one = dsc_scaler_fit(scope, &plain, scaling, fitted),
                         other = dsc_scaler_fit(scope, &packed, scaling, fitted);
        assert_int_equal(one.count, other.count);
        assert_memory_equal(one.offset, other.offset, one.count * sizeof *one.offset);
        assert_memory_equal(one.factor, other.factor, one.count * sizeof *one.factor);
        for (int times = 0; times < 2; times++) { /* a scaled data set can be scaled again */
            assert_int_equal(dsc_scaler_apply(scope, &one, &plain), DSC_OK);
            assert_int_equal(dsc_scaler_apply(scope, &other, &packed), DSC_OK);
            assert_ptr_equal(packed.bytes, bytes);
            for (size_t k = 0; k < VALUES; k++)
                assert_true(dsc_dataset_value(&packed, k / FEATURES, k % FEATURES) == x[k]);
        }
        dsc_scope_close(&scope);
    }
}

static void scalers_apply_what_the_training_set_was_like(void **state)
{
    (void)state;
    double x[8], other[4] = { 4, 11, 3, 40 };
    const dsc_dataset data = two_examples(x);
    dsc_dataset test = { .count = 1, .features = 4, .channels = 2, .x = other };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_scaler scaler = dsc_scaler_fit(scope, &data, DSC_SCALING_MIN_MAX, DSC_SCALING_SCOPE_FEATURES);
    dsc_scaler_apply(scope, &scaler, &test);
    static const double expected[] = { 2, 0, 0, 0.5 };
    for (size_t j = 0; j < 4; j++)
        assert_true(other[j] == expected[j]);
    dsc_dataset wrong = { .name = "wrong", .count = 1, .features = 3, .x = other };
    assert_int_equal(dsc_scaler_apply(scope, &scaler, &wrong), DSC_ERROR_SHAPE);
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    x[5] = NAN;
    assert_int_equal(dsc_scaler_fit(scope, &data, DSC_SCALING_Z, DSC_SCALING_SCOPE_ALL).count, 0);
    assert_non_null(strstr(dsc_scope_message(scope), "feature 1 of example 1 of data set 'two' is nan"));
    dsc_scope_close(&scope);
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(tables_are_read_whatever_separates_their_fields),
        IN_DIRECTORY(columns_are_chosen_by_name_or_number),
        IN_DIRECTORY(classes_are_numbered_in_the_order_of_their_values),
        IN_DIRECTORY(first_rows_are_headers_by_a_rule_or_by_option),
        IN_DIRECTORY(a_name_that_two_columns_have_is_refused_where_it_is_asked_for),
        IN_DIRECTORY(wrong_tables_are_refused_with_their_line),
        IN_DIRECTORY(packed_tables_are_read_and_bytes_of_zero_refused),
        cmocka_unit_test(scalers_bring_each_group_to_its_scale),
        cmocka_unit_test(bytes_are_scaled_as_the_values_they_stand_for),
        cmocka_unit_test(scalers_apply_what_the_training_set_was_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
