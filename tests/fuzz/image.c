/* Any file is an image within 0..1, or refused with a message; nothing is lost when libpng or libjpeg jump.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <descent/data.h>

#include "directory.h"
#include "fuzz/mutate.h"
#include "images.h"

static void read_file(void *directory, const unsigned char *bytes, size_t size)
{
    directory_put_bytes(directory, "image", bytes, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_image image = dsc_image_read(scope, directory_path(directory, "image"));
    if (dsc_scope_status(scope) == DSC_OK) {
        assert_true(image.height > 0 && image.width > 0 && (image.channels == 1 || image.channels == 3));
        for (size_t i = 0; i < image.height * image.width * image.channels; i++)
            assert_true(image.data[i] >= 0 && image.data[i] <= 1);
    } else {
        assert_null(image.data);
        assert_non_null(strstr(dsc_scope_message(scope), directory));
    }
    dsc_scope_close(&scope);
}

static void any_file_is_read_or_refused(void **state)
{
    static unsigned char pixels[17 * 19 * 4];
    static image_file files[6];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (unsigned char)(i * 37 % 251);
    image_make_png(&files[0], PNG_COLOR_TYPE_RGB, 8, true, 17, 19, pixels, 57);
    image_make_png(&files[1], PNG_COLOR_TYPE_PALETTE, 2, false, 17, 19, pixels, 5);
    image_make_png(&files[2], PNG_COLOR_TYPE_GRAY_ALPHA, 16, false, 17, 19, pixels, 76);
    image_make_jpeg(&files[3], JCS_GRAYSCALE, false, 17, 19, pixels);
    image_make_jpeg(&files[4], JCS_RGB, true, 17, 19, pixels);
    image_make_jpeg(&files[5], JCS_CMYK, false, 17, 19, pixels);
    mutate_seed seeds[6];
    for (size_t i = 0; i < 6; i++)
        seeds[i] = (mutate_seed){ files[i].data, files[i].size };
    const mutate_options options = { .seed = 5, .inputs = 400 };
    mutate_run(&options, seeds, 6, read_file, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_file_is_read_or_refused, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
