/* Any pair of IDX files is a data set within the bytes that are there, or refused with a message. An input is
 * a byte, odd for labels, and a file; the other file of the pair is a good one. */
#include "fuzz/target.h"

#include <descent/data.h>

#include "directory.h"
#include "gzip.h"

enum { MAX_GZIP_RATIO = 1100 /* the format's own limit is near 1032 */ };

static const unsigned char images[] = {
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 51, 255, 102, 1, 2
};
static const unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 9, 0 };

static bool read_pair(const char *directory, const unsigned char *bytes, size_t size)
{
    if (size == 0)
        return false;
    directory_put_bytes(directory, "images", images, sizeof images);
    directory_put_bytes(directory, "labels", labels, sizeof labels);
    directory_put_bytes(directory, bytes[0] % 2 ? "labels" : "images", bytes + 1, size - 1);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data =
        dsc_idx_images(scope, directory_path(directory, "images"), directory_path(directory, "labels"));
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        assert_true(data.count > 0 && data.features > 0);
        assert_true(data.count <= size * MAX_GZIP_RATIO && data.features <= size * MAX_GZIP_RATIO);
        for (size_t i = 0; i < data.count; i++)
            assert_true(data.labels[i] >= 0 && (size_t)data.labels[i] < data.classes);
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

/* The file, and the same in gzip. */
static void hand_over(fuzz_seed_fn *seed, void *user, unsigned char first, const unsigned char *file,
                      size_t size)
{
    unsigned char input[101] = { first };
    memcpy(input + 1, file, size);
    seed(user, input, 1 + size);
    seed(user, input, 1 + gzip_pack(file, size, input + 1, sizeof input - 1));
}

static void pairs(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    hand_over(seed, user, 0, images, sizeof images);
    hand_over(seed, user, 1, labels, sizeof labels);
}

const fuzz_target fuzz_subject = { .seeds = pairs, .read = read_pair, .inputs = 2000 };
