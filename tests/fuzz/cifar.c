/* Any file of CIFAR-10 records is read within the bytes that are there, or refused with a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <descent/data.h>

#include "directory.h"
#include "fuzz/mutate.h"
#include "gzip.h"

enum { RECORD = 3073 };

static void read_file(void *directory, const unsigned char *bytes, size_t size)
{
    directory_put_bytes(directory, "batch", bytes, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data = dsc_cifar10_file(scope, directory_path(directory, "batch"));
    if (dsc_scope_status(scope) == DSC_OK) {
        assert_true(data.count > 0 && data.count <= size * 1100 / RECORD);
        for (size_t i = 0; i < data.count; i++)
            assert_true(data.labels[i] >= 0 && data.labels[i] < 10);
        for (size_t i = 0; i < data.count * data.features; i++)
            assert_true(data.x[i] >= 0 && data.x[i] <= 1);
    } else {
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_null(data.x);
        assert_non_null(strstr(dsc_scope_message(scope), directory));
    }
    dsc_scope_close(&scope);
}

static void any_file_is_read_or_refused(void **state)
{
    static unsigned char records[2 * RECORD], packed[2 * RECORD];
    const size_t size = gzip_pack(records, sizeof records, packed, sizeof packed);
    const mutate_seed seeds[] = { { records, sizeof records }, { packed, size } };
    const mutate_options options = { .seed = 3, .inputs = 500 };
    mutate_run(&options, seeds, 2, read_file, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_file_is_read_or_refused, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
