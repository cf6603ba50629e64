/* Images: every kind of PNG and JPEG comes out as grey or RGB in 0..1, what is damaged is refused with its
   reason, and sizes are changed by area or by interpolation. */
#include <math.h>

#include <zlib.h>

#include <descent/file.h>
#include <descent/image.h>

#include "directory.h"
#include "images.h"
#include "test.h"

static dsc_image read_file(dsc_scope *scope, const char *directory, const image_file *file)
{
    directory_put_bytes(directory, "image", file->data, file->size);
    return dsc_image_read(scope, directory_path(directory, "image"));
}

static void every_kind_of_png_becomes_grey_or_rgb(void **state)
{
    static const struct {
        int kind, bits;
        unsigned char row[16];
        size_t row_bytes, channels;
        double expected[6];
    } cases[] = {
        { PNG_COLOR_TYPE_GRAY, 8, { 0, 51 }, 2, 1, { 0, 51 / 255.0 } },
        { PNG_COLOR_TYPE_GRAY, 1, { 0x40 }, 1, 1, { 0, 1 } },
        { PNG_COLOR_TYPE_GRAY, 4, { 0x3f }, 1, 1, { 3 / 15.0, 1 } },
        { PNG_COLOR_TYPE_GRAY, 16, { 1, 2, 255, 255 }, 4, 1, { 258 / 65535.0, 1 } },
        { PNG_COLOR_TYPE_GRAY_ALPHA, 8, { 7, 0, 9, 255 }, 4, 1, { 7 / 255.0, 9 / 255.0 } },
        { PNG_COLOR_TYPE_GRAY_ALPHA, 16, { 1, 2, 0, 0, 0, 9, 1, 1 }, 8, 1, { 258 / 65535.0, 9 / 65535.0 } },
        { PNG_COLOR_TYPE_RGB,
          8,
          { 1, 2, 3, 4, 5, 6 },
          6,
          3,
          { 1 / 255.0, 2 / 255.0, 3 / 255.0, 4 / 255.0, 5 / 255.0, 6 / 255.0 } },
        { PNG_COLOR_TYPE_RGB_ALPHA,
          8,
          { 1, 2, 3, 0, 4, 5, 6, 255 },
          8,
          3,
          { 1 / 255.0, 2 / 255.0, 3 / 255.0, 4 / 255.0, 5 / 255.0, 6 / 255.0 } },
        { PNG_COLOR_TYPE_RGB,
          16,
          { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6 },
          12,
          3,
          { 1 / 65535.0, 2 / 65535.0, 3 / 65535.0, 4 / 65535.0, 5 / 65535.0, 6 / 65535.0 } },
        { PNG_COLOR_TYPE_PALETTE,
          8,
          { 1, 2 },
          2,
          3,
          { 40 / 255.0, 50 / 255.0, 60 / 255.0, 70 / 255.0, 80 / 255.0, 90 / 255.0 } },
        { PNG_COLOR_TYPE_PALETTE,
          2,
          { 0x60 },
          1,
          3,
          { 40 / 255.0, 50 / 255.0, 60 / 255.0, 70 / 255.0, 80 / 255.0, 90 / 255.0 } },
    };
    static image_file file;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int interlaced = 0; interlaced < 2; interlaced++) {
            image_make_png(&file, cases[i].kind, cases[i].bits, interlaced, 1, 2, cases[i].row,
                           cases[i].row_bytes);
            dsc_scope *scope = dsc_scope_open(NULL);
            const dsc_image image = read_file(scope, *state, &file);
            assert_string_equal(dsc_scope_message(scope), "");
            assert_int_equal(image.height * 100 + image.width * 10 + image.channels, 120 + cases[i].channels);
            for (size_t j = 0; j < 2 * cases[i].channels; j++)
                assert_true(image.data[j] == (float)cases[i].expected[j]);
            dsc_scope_close(&scope);
        }
}

/* A smooth pattern, which JPEG keeps well. */
static void paint(unsigned char *pixels, unsigned height, unsigned width, unsigned channels)
{
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++)
            for (unsigned c = 0; c < channels; c++)
                pixels[(y * width + x) * channels + c] =
                    (unsigned char)(30 + 50 * c + 4 * y + (c == 1 ? 60 - 3 * x : 3 * x));
}

static void jpeg_images_come_close_to_their_pixels(void **state)
{
    enum { HEIGHT = 13, WIDTH = 19 };
    static unsigned char pixels[HEIGHT * WIDTH * 3];
    static image_file file;
    for (int progressive = 0; progressive < 2; progressive++)
        for (unsigned channels = 1; channels <= 3; channels += 2) {
            paint(pixels, HEIGHT, WIDTH, channels);
            image_make_jpeg(&file, channels == 1 ? JCS_GRAYSCALE : JCS_RGB, progressive, HEIGHT, WIDTH,
                            pixels);
            dsc_scope *scope = dsc_scope_open(NULL);
            const dsc_image image = read_file(scope, *state, &file);
            assert_string_equal(dsc_scope_message(scope), "");
            assert_int_equal(image.height, HEIGHT);
            assert_int_equal(image.width, WIDTH);
            assert_int_equal(image.channels, channels);
            for (size_t i = 0; i < HEIGHT * WIDTH * channels; i++)
                assert_true(fabs((double)image.data[i] * 255 - pixels[i]) < 4);
            dsc_scope_close(&scope);
        }
}

static void jpeg_images_of_four_colors_are_refused(void **state)
{
    static unsigned char pixels[16 * 16 * 4];
    static image_file file;
    image_make_jpeg(&file, JCS_CMYK, false, 16, 16, pixels);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(read_file(scope, *state, &file).data);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_UNSUPPORTED);
    assert_non_null(strstr(dsc_scope_message(scope), "CMYK"));
    assert_non_null(strstr(dsc_scope_message(scope), "/image"));
    dsc_scope_close(&scope);
}

/* Any proper beginning of a file is refused as truncated, with nothing lost. */
static void truncated_images_are_refused(void **state)
{
    static unsigned char pixels[24 * 24 * 3];
    static image_file files[3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (unsigned char)(i * 37 % 251);
    image_make_png(&files[0], PNG_COLOR_TYPE_RGB, 8, true, 24, 24, pixels, 72);
    image_make_jpeg(&files[1], JCS_RGB, false, 24, 24, pixels);
    image_make_jpeg(&files[2], JCS_RGB, true, 24, 24, pixels);
    for (size_t f = 0; f < 3; f++)
        for (size_t size = 0; size < files[f].size; size += size < 40 ? 1 : 61) {
            image_file cut = files[f];
            cut.size = size;
            dsc_scope *scope = dsc_scope_open(NULL);
            assert_null(read_file(scope, *state, &cut).data);
            assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
            assert_non_null(strstr(dsc_scope_message(scope), "/image"));
            dsc_scope_close(&scope);
        }
}

static void impossible_sizes_are_refused_before_memory_is_taken(void **state)
{
    static const unsigned char pixel[3] = { 1, 2, 3 };
    static image_file file;
    static const struct {
        unsigned char height[4], width[4];
        const char *says;
    } cases[] = {
        { { 0, 0, 0x20, 0 }, { 0, 0, 0x10, 0 }, "can't hold an image of 8192 x 4096 pixels" },
        { { 0, 1, 0, 0 }, { 0, 1, 0, 0 }, "is an image of 65536 x 65536 pixels; expected" },
        { { 0x7f, 255, 255, 255 }, { 0x7f, 255, 255, 255 }, "is not a whole PNG image" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        image_make_png(&file, PNG_COLOR_TYPE_RGB, 8, false, 1, 1, pixel, 3);
        memcpy(file.data + 16, cases[i].width, 4);
        memcpy(file.data + 20, cases[i].height, 4);
        const uint32_t crc = (uint32_t)crc32(0, file.data + 12, 17);
        for (unsigned b = 0; b < 4; b++)
            file.data[29 + b] = (unsigned char)(crc >> (24 - 8 * b));
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(read_file(scope, *state, &file).data);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_non_null(strstr(dsc_scope_message(scope), cases[i].says));
        dsc_scope_close(&scope);
    }
}

static void what_is_no_image_is_refused(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put(*state, "text", "no image");
    assert_null(dsc_image_read(scope, directory_path(*state, "text")).data);
    assert_non_null(strstr(dsc_scope_message(scope), "expected a PNG or JPEG file"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_null(dsc_image_read(scope, directory_path(*state, "none")).data);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FILE);
    dsc_scope_close(&scope);
}

static void written_images_are_read_back_and_are_the_same_file_each_time(void **state)
{
    for (size_t channels = 1; channels <= 3; channels += 2) {
        float values[3 * 5 * 3];
        const dsc_image image = { .height = 3, .width = 5, .channels = channels, .data = values };
        for (size_t i = 0; i < 15 * channels; i++)
            values[i] = (float)(i * 17 % 256) / 255;
        values[0] = -3;
        values[1] = 7;
        values[2] = NAN;
        dsc_scope *scope = dsc_scope_open(NULL);
        const char *one = dsc_path_join(scope, *state, "one.png"),
                   *two = dsc_path_join(scope, *state, "two.png");
        assert_int_equal(dsc_image_write(scope, &image, one), DSC_OK);
        assert_int_equal(dsc_image_write(scope, &image, two), DSC_OK);
        const dsc_bytes a = dsc_file_read(scope, one, 10000), b = dsc_file_read(scope, two, 10000);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        const dsc_image back = dsc_image_read(scope, one);
        assert_int_equal(back.channels, channels);
        values[0] = values[2] = 0;
        values[1] = 1;
        for (size_t i = 0; i < 15 * channels; i++)
            assert_true(back.data[i] == (float)((double)lroundf(values[i] * 255) / 255));
        assert_int_equal(
            dsc_image_write(scope, &(dsc_image){ .height = 1, .width = 1, .channels = 2, .data = values },
                            one),
            DSC_ERROR_ARGUMENT);
        dsc_scope_close(&scope);
    }
}

static void shrinking_averages_areas_and_growing_interpolates(void **state)
{
    (void)state;
    float ramp[6] = { 0, 1, 2, 3, 4, 5 }, square[4] = { 0, 4, 8, 12 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_image wide = { 1, 6, 1, ramp }, small = { 2, 2, 1, square };
    const dsc_image half = dsc_image_resize(scope, &wide, 1, 3), odd = dsc_image_resize(scope, &wide, 1, 4);
    static const float halves[] = { 0.5F, 2.5F, 4.5F };
    assert_memory_equal(half.data, halves, sizeof halves);
    static const double quarters[] = { 1 / 3.0, 5 / 3.0, 10 / 3.0, 14 / 3.0 };
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs((double)odd.data[i] - quarters[i]) < 1e-6);
    const dsc_image grown = dsc_image_resize(scope, &small, 4, 4);
    static const float rows[] = { 0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12 };
    assert_memory_equal(grown.data, rows, sizeof rows);
    const dsc_image one = dsc_image_resize(scope, &small, 1, 1), same = dsc_image_resize(scope, &small, 2, 2);
    assert_true(one.data[0] == 6);
    assert_memory_equal(same.data, square, sizeof square);
    const dsc_image mixed = dsc_image_resize(scope, &small, 1, 4);
    static const float across[] = { 4, 5, 7, 8 };
    assert_memory_equal(mixed.data, across, sizeof across);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_null(dsc_image_resize(scope, &small, 0, 4).data);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&scope);
}

static void a_directory_of_folders_is_a_labelled_data_set(void **state)
{
    const char *directory = *state;
    static image_file red, grey;
    static const unsigned char red_pixels[12] = { 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0 },
                               grey_pixel = 51;
    image_make_png(&red, PNG_COLOR_TYPE_RGB, 8, false, 2, 2, red_pixels, 6);
    image_make_png(&grey, PNG_COLOR_TYPE_GRAY, 8, false, 1, 1, &grey_pixel, 1);
    directory_put(directory, "b/.hidden", "");
    directory_put(directory, "a/x", "");
    directory_put_bytes(directory, "a/x", red.data, red.size);
    directory_put_bytes(directory, "b/2.png", grey.data, grey.size);
    directory_put_bytes(directory, "b/1.png", red.data, red.size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data = dsc_image_directory(scope, directory, 1, 2, 1);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(data.count, 3);
    assert_int_equal(data.classes, 2);
    assert_string_equal(data.class_names[0], "a");
    assert_string_equal(data.class_names[1], "b");
    static const double expected[] = { 0.299, 0.299, 0.299, 0.299, 0.2, 0.2 };
    static const int32_t labels[] = { 0, 1, 1 };
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(data.x[i] - expected[i]) < 1e-7);
    assert_memory_equal(data.labels, labels, sizeof labels);
    const dsc_dataset colours = dsc_image_directory(scope, directory, 1, 1, 3);
    assert_true(colours.x[0] == 1 && colours.x[1] == 0 && fabs(colours.x[7] - 0.2) < 1e-7);
    directory_put(directory, "b/notes.txt", "no image");
    assert_null(dsc_image_directory(scope, directory, 1, 2, 1).x);
    assert_non_null(strstr(dsc_scope_message(scope), "notes.txt' is no image"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_null(dsc_image_directory(scope, directory_path(directory, "a"), 1, 2, 1).x);
    assert_non_null(strstr(dsc_scope_message(scope), "has 0 folders"));
    dsc_scope_close(&scope);
}

static void fail_to_read(const char *directory, const char *says)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_image_directory(scope, directory, 1, 2, 1).x);
    if (!strstr(dsc_scope_message(scope), says))
        fail_msg("'%s' in: %s", says, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void images_of_a_class_may_lie_in_folders_and_none_is_left_out(void **state)
{
    const char *directory = *state;
    static image_file images[3];
    static const unsigned char pixels[] = { 0, 51, 255 };
    static const char *const paths[] = { "a/b.png", "a/b/deep/2.png", "c/links/1.png" };
    for (size_t i = 0; i < 3; i++) {
        image_make_png(&images[i], PNG_COLOR_TYPE_GRAY, 8, false, 1, 1, &pixels[i], 1);
        directory_put(directory, paths[i], "");
        directory_put_bytes(directory, paths[i], images[i].data, images[i].size);
    }
    directory_put(directory, "a/b/.cache/3.png", "");
    directory_put(directory, "README", "no image");
    assert_int_equal(symlink("../../c/links", directory_path(directory, "a/b/other")), 0);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data = dsc_image_directory(scope, directory, 1, 1, 1);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(data.count, 4);
    static const int32_t labels[] = { 0, 0, 0, 1 };
    static const double values[] = { 0, 0.2, 1, 1 };
    assert_memory_equal(data.labels, labels, sizeof labels);
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(data.x[i] - values[i]) < 1e-7);
    dsc_scope_close(&scope);
    assert_int_equal(symlink("..", directory_path(directory, "c/links/up")), 0);
    fail_to_read(directory, "/up/links' leads back to a folder that it lies in");
    assert_int_equal(unlink(directory_path(directory, "c/links/up")), 0);
    assert_int_equal(symlink("nowhere", directory_path(directory, "c/lost")), 0);
    fail_to_read(directory, "/c/lost': No such file");
    assert_int_equal(unlink(directory_path(directory, "c/lost")), 0);
    assert_int_equal(mkfifo(directory_path(directory, "c/pipe"), 0600), 0);
    fail_to_read(directory, "/c/pipe' is neither a file nor a folder");
    assert_int_equal(unlink(directory_path(directory, "c/pipe")), 0);
    directory_put_bytes(directory, "stray", images[0].data, images[0].size);
    fail_to_read(directory, "/stray' is an image beside the folders of the classes");
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(every_kind_of_png_becomes_grey_or_rgb),
        IN_DIRECTORY(jpeg_images_come_close_to_their_pixels),
        IN_DIRECTORY(jpeg_images_of_four_colors_are_refused),
        IN_DIRECTORY(truncated_images_are_refused),
        IN_DIRECTORY(impossible_sizes_are_refused_before_memory_is_taken),
        IN_DIRECTORY(what_is_no_image_is_refused),
        IN_DIRECTORY(written_images_are_read_back_and_are_the_same_file_each_time),
        cmocka_unit_test(shrinking_averages_areas_and_growing_interpolates),
        IN_DIRECTORY(a_directory_of_folders_is_a_labelled_data_set),
        IN_DIRECTORY(images_of_a_class_may_lie_in_folders_and_none_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
