/* CIFAR-10: made-up records, damaged ones, both sets of files, and the real ones. */
#include <stdlib.h>
#include <string.h>

#include <descent/hash.h>
#include <descent/known_data.h>

#include "directory.h"
#include "gzip.h"
#include "test.h"

enum { RECORD = 3073, PLANE = 1024 };

/* Records whose label is their number and whose pixels tell record, channel and place. */
static void make_records(unsigned char *records, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        records[r * RECORD] = (unsigned char)(r % 10);
        for (size_t i = 0; i < 3 * PLANE; i++)
            records[r * RECORD + 1 + i] = (unsigned char)(r + i / PLANE * 100 + i % PLANE % 32);
    }
}

static void pixels_come_channels_last(void **state)
{
    static unsigned char records[3 * RECORD], packed[3 * RECORD];
    make_records(records, 3);
    const size_t size = gzip_pack(records, sizeof records, packed, sizeof packed);
    for (int compressed = 0; compressed < 2; compressed++) {
        directory_put_bytes(*state, "batch", compressed ? packed : records,
                            compressed ? size : sizeof records);
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_dataset data = dsc_cifar10_file(scope, directory_path(*state, "batch"));
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(data.count, 3);
        assert_int_equal(data.features, 3072);
        assert_int_equal(data.height * 10000 + data.width * 100 + data.channels, 323203);
        assert_string_equal(data.class_names[9], "truck");
        assert_int_equal(data.labels[2], 2);
        for (size_t i = 0; i < 3 * 3072; i++)
            assert_true(dsc_dataset_value(&data, i / 3072, i % 3072) ==
                        (double)(i / 3072 + i % 3 * 100 + i % 3072 / 3 % 32) / 255);
        dsc_scope_close(&scope);
    }
}

static void damaged_records_are_refused(void **state)
{
    static unsigned char records[2 * RECORD];
    static const struct {
        size_t size;
        unsigned char label;
        const char *says;
    } cases[] = {
        { 0, 1, "found 0 bytes" },
        { RECORD - 1, 1, "found 3072 bytes, which is no whole number" },
        { 2 * RECORD - 7, 1, "expected CIFAR-10 records of 3073 bytes" },
        { 2 * RECORD, 10, "the label of record 1 is 10; expected 0 to 9" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_records(records, 2);
        records[RECORD] = cases[i].label;
        directory_put_bytes(*state, "batch", records, cases[i].size);
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(dsc_cifar10_file(scope, directory_path(*state, "batch")).bytes);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_non_null(strstr(dsc_scope_message(scope), cases[i].says));
        assert_non_null(strstr(dsc_scope_message(scope), "/batch"));
        dsc_scope_close(&scope);
    }
}

static const dsc_known_data *cifar(void)
{
    size_t count;
    const dsc_known_data *list = dsc_known_data_list(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, "cifar-10") == 0)
            return &list[i];
    return NULL;
}

static void six_files_train_and_test_or_one_does_both(void **state)
{
    static unsigned char records[10 * RECORD];
    const char *directory = *state;
    make_records(records, 10);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_data_directory(scope, cifar(), directory));
    assert_non_null(strstr(dsc_scope_message(scope), "has no data_batch_1.bin"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    size_t count = 0;
    directory_put_bytes(directory, "data_batch_1_first4000.bin", records, sizeof records);
    assert_string_equal(dsc_data_directory(scope, cifar(), directory), directory);
    assert_string_equal(dsc_data_files(cifar(), directory, &count)->name, "data_batch_1_first4000.bin.gz");
    assert_int_equal(count, 1);
    const dsc_split part = dsc_data_read(scope, cifar(), directory);
    assert_int_equal(part.train.count, 8);
    assert_int_equal(part.test.count, 2);
    assert_int_equal(part.test.labels[1], 9);
    assert_true(dsc_dataset_value(&part.test, 1, 0) == 9 / 255.0);
    static const char *const names[] = { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                         "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin" };
    for (size_t i = 0; i < 6; i++)
        directory_put_bytes(directory, names[i], records + i * RECORD, RECORD);
    assert_string_equal(dsc_data_files(cifar(), directory, &count)->name, "data_batch_1.bin");
    assert_int_equal(count, 6);
    const dsc_split whole = dsc_cifar10_directory(scope, directory);
    assert_int_equal(whole.train.count, 5);
    assert_int_equal(whole.test.count, 1);
    for (int32_t i = 0; i < 5; i++)
        assert_int_equal(whole.train.labels[i], i);
    assert_int_equal(whole.test.labels[0], 5);
    assert_string_equal(dsc_scope_message(scope), "");
    dsc_scope_close(&scope);
}

static void the_first_four_thousand_are_those(void **state)
{
    (void)state;
    const char *given = getenv("DESCENT_TEST_DATA");
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *found = dsc_data_directory(scope, cifar(), given && *given ? given : DESCENT_SHARED_DATA);
    if (!found) {
        print_message("skipped: %s\n", dsc_scope_message(scope));
        dsc_scope_close(&scope);
        skip();
    }
    const dsc_split split = dsc_cifar10_directory(scope, found);
    assert_string_equal(dsc_scope_message(scope), "");
    static const int32_t labels[] = { 6, 9, 9, 4, 1, 1, 2, 7, 8, 3 }; /* frog, truck, truck, deer, ... */
    assert_memory_equal(split.train.labels, labels, sizeof labels);
    static const double pixel[] = { 59, 62, 63 }; /* the first of the frog */
    for (size_t c = 0; c < 3; c++)
        assert_true(dsc_dataset_value(&split.train, 0, c) == pixel[c] / 255);
    dsc_scope_close(&scope);
}

int main(void)
{
    const char *data = getenv("DESCENT_DATA");
    setenv("DESCENT_TEST_DATA", data ? data : "", 1);
    unsetenv("DESCENT_DATA");
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(pixels_come_channels_last),
        IN_DIRECTORY(damaged_records_are_refused),
        IN_DIRECTORY(six_files_train_and_test_or_one_does_both),
        cmocka_unit_test(the_first_four_thousand_are_those),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
