/* Any file of CIFAR-10 records is read within the bytes that are there, or refused with a message. */
#include "fuzz/target.h"

#include <descent/data.h>

#include "directory.h"
#include "gzip.h"

enum { RECORD = 3073, MAX_GZIP_RATIO = 1100 /* the format's own limit is near 1032 */ };

static bool read_batch(const char *directory, const unsigned char *bytes, size_t size)
{
    directory_put_bytes(directory, "batch", bytes, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data = dsc_cifar10_file(scope, directory_path(directory, "batch"));
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        assert_true(data.count > 0 && data.count <= size * MAX_GZIP_RATIO / RECORD);
        for (size_t i = 0; i < data.count; i++)
            assert_true(data.labels[i] >= 0 && data.labels[i] < 10);
        for (size_t i = 0; i < data.count; i++)
            for (size_t j = 0; j < data.features; j++)
                assert_true(dsc_dataset_value(&data, i, j) >= 0 && dsc_dataset_value(&data, i, j) <= 1);
    } else {
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_null(data.bytes);
        assert_non_null(strstr(dsc_scope_message(scope), directory));
    }
    dsc_scope_close(&scope);
    return good;
}

static void batches(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static unsigned char records[2 * RECORD], packed[2 * RECORD];
    seed(user, records, sizeof records);
    seed(user, packed, gzip_pack(records, sizeof records, packed, sizeof packed));
}

const fuzz_target fuzz_subject = { .seeds = batches, .read = read_batch, .inputs = 500 };
