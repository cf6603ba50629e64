/* Any file is an image within 0..1, or refused with a message; nothing is lost when libpng or libjpeg jump.
 */
#include "fuzz/target.h"

#include <descent/image.h>

#include "directory.h"
#include "images.h"

static bool read_image(const char *directory, const unsigned char *bytes, size_t size)
{
    directory_put_bytes(directory, "image", bytes, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_image image = dsc_image_read(scope, directory_path(directory, "image"));
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        assert_true(image.height > 0 && image.width > 0 && (image.channels == 1 || image.channels == 3));
        for (size_t i = 0; i < image.height * image.width * image.channels; i++)
            assert_true(image.data[i] >= 0 && image.data[i] <= 1);
    } else {
        assert_null(image.data);
        assert_non_null(strstr(dsc_scope_message(scope), directory));
    }
    dsc_scope_close(&scope);
    return good;
}

static void pictures(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
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
    for (size_t i = 0; i < 6; i++)
        seed(user, files[i].data, files[i].size);
}

const fuzz_target fuzz_subject = { .seeds = pictures, .read = read_image, .inputs = 400 };
