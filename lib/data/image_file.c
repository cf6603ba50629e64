/* image_file.c - images from and to files. */
#include "data/image_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/content.h"
#include "base/file.h"

bool dsci_image_size_allowed(dsc_scope *scope, const char *path, size_t height, size_t width)
{
    if (height > 0 && width > 0 && width <= DSCI_IMAGE_PIXELS / height)
        return true;
    dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                   "'%s' is an image of %zu x %zu pixels; expected at least one and at most %d", path, height,
                   width, (int)DSCI_IMAGE_PIXELS);
    return false;
}

static const unsigned char png[] = { 0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a },
                           jpeg[] = { 0xff, 0xd8, 0xff };

bool dsci_image_is_at(dsc_scope *scope, const char *path)
{
    unsigned char start[sizeof png];
    const int file = dsci_file_open(scope, path);
    if (file < 0)
        return false;
    const size_t size = dsci_file_next(scope, file, path, start, sizeof start);
    close(file);
    return (size == sizeof png && memcmp(start, png, sizeof png) == 0) ||
           (size >= sizeof jpeg && memcmp(start, jpeg, sizeof jpeg) == 0);
}

static struct dsci_raster decode(dsc_scope *scope, const char *path, dsc_bytes file)
{
    if (file.size >= sizeof png && memcmp(file.data, png, sizeof png) == 0)
        return dsci_png_decode(scope, path, file);
    if (file.size >= sizeof jpeg && memcmp(file.data, jpeg, sizeof jpeg) == 0)
        return dsci_jpeg_decode(scope, path, file);
    if (file.data)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is no image: expected a PNG or JPEG file, found %s",
                       path, dsci_content_text(scope, file));
    return (struct dsci_raster){ 0 };
}

static dsc_image image_from(dsc_scope *scope, const struct dsci_raster *raster)
{
    const size_t count = raster->height * raster->width * raster->channels;
    dsc_image image = { .height = raster->height, .width = raster->width, .channels = raster->channels };
    image.data = dsc_scope_alloc(scope, count, sizeof *image.data);
    if (!image.data)
        return (dsc_image){ 0 };
    const unsigned char *s = raster->samples;
    if (raster->sample_bytes == 1)
        for (size_t i = 0; i < count; i++)
            image.data[i] = (float)(s[i] / 255.0);
    else
        for (size_t i = 0; i < count; i++)
            image.data[i] = (float)((s[2 * i] << 8 | s[2 * i + 1]) / 65535.0);
    return image;
}

dsc_image dsc_image_read(dsc_scope *scope, const char *path)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_image){ 0 };
    dsc_scope *work = dsc_scope_open(NULL); /* gives the file's bytes back at the end */
    const dsc_bytes file = dsc_file_read(work, path, DSCI_IMAGE_FILE_BYTES);
    const struct dsci_raster raster = decode(work, path, file);
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    const dsc_image image = raster.samples ? image_from(scope, &raster) : (dsc_image){ 0 };
    free(raster.samples);
    return image;
}

/* The byte nearest to a value in 0..1; what is no number is black. */
static unsigned char byte_of(float value)
{
    if (!(value > 0))
        return 0;
    return value < 1 ? (unsigned char)lroundf(value * 255) : 255;
}

dsc_status dsc_image_write(dsc_scope *scope, const dsc_image *image, const char *path)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    if (!image->data || (image->channels != 1 && image->channels != 3) || image->height == 0 ||
        image->width == 0 || image->width > DSCI_IMAGE_PIXELS / image->height)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "image '%s' of %zu x %zu pixels, %zu channels; expected 1 to %d pixels of 1 or "
                              "3 channels",
                              path, image->height, image->width, image->channels, (int)DSCI_IMAGE_PIXELS);
    const size_t count = image->height * image->width * image->channels;
    struct dsci_raster raster = { image->height, image->width, image->channels, 1, malloc(count) };
    if (!raster.samples)
        return dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not allocate %zu bytes for '%s'",
                              count, path);
    for (size_t i = 0; i < count; i++)
        raster.samples[i] = byte_of(image->data[i]);
    const dsc_bytes file = dsci_png_encode(scope, path, &raster);
    free(raster.samples);
    if (file.data)
        dsc_file_replace(scope, path, file.data, file.size);
    free(file.data);
    return dsc_scope_status(scope);
}
