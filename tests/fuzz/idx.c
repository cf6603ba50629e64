/* Any pair of IDX files is a data set within the bytes that are there, or refused with a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <descent/data.h>

#include "directory.h"
#include "fuzz/mutate.h"
#include "gzip.h"

static const unsigned char images[] = {
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 51, 255, 102, 1, 2
};
static const unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 9, 0 };

static void read_pair(const char *directory, size_t size)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data =
        dsc_idx_images(scope, directory_path(directory, "images"), directory_path(directory, "labels"));
    if (dsc_scope_status(scope) == DSC_OK) {
        assert_true(data.count > 0 && data.features > 0);
        assert_true(data.count <= size * 1100 &&
                    data.features <= size * 1100); /* gzip's largest ratio is near 1032 */
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

static void read_as_images(void *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "images", data, size);
    directory_put_bytes(directory, "labels", labels, sizeof labels);
    read_pair(directory, size);
}

static void read_as_labels(void *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "images", images, sizeof images);
    directory_put_bytes(directory, "labels", data, size);
    read_pair(directory, size);
}

static void any_pair_is_read_or_refused(void **state)
{
    unsigned char packed[2][100];
    const size_t images_size = gzip_pack(images, sizeof images, packed[0], sizeof packed[0]);
    const size_t labels_size = gzip_pack(labels, sizeof labels, packed[1], sizeof packed[1]);
    const mutate_seed image_seeds[] = { { images, sizeof images }, { packed[0], images_size } };
    const mutate_seed label_seeds[] = { { labels, sizeof labels }, { packed[1], labels_size } };
    const mutate_options options = { .seed = 2, .inputs = 2000 };
    mutate_run(&options, image_seeds, 2, read_as_images, *state);
    mutate_run(&options, label_seeds, 2, read_as_labels, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_pair_is_read_or_refused, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
