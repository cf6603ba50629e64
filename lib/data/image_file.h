/* image_file.h - what the readers of image formats share. */
#ifndef DESCENT_DATA_IMAGE_FILE_H
#define DESCENT_DATA_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/file.h>
#include <descent/image.h>

enum {
    DSCI_IMAGE_PIXELS = 64 << 20,     /* most of one image */
    DSCI_IMAGE_FILE_BYTES = 512 << 20 /* most of its file: as many pixels, not compressed */
};

/* A decoded image as its format has it: height x width x channels samples of one or two bytes (the first one
   the more significant). samples is the caller's to free. */
struct dsci_raster {
    size_t height, width, channels, sample_bytes;
    unsigned char *samples;
};

/* Decode a file in memory. On failure the scope is poisoned with the path and the reason, and samples is
   NULL. */
struct dsci_raster dsci_png_decode(dsc_scope *scope, const char *path, dsc_bytes file);
struct dsci_raster dsci_jpeg_decode(dsc_scope *scope, const char *path, dsc_bytes file);

/* Whether the file at a path begins as a PNG or JPEG image. */
bool dsci_image_is_at(dsc_scope *scope, const char *path);

/* A PNG in memory of 8-bit samples; data is the caller's to free, NULL on failure. */
dsc_bytes dsci_png_encode(dsc_scope *scope, const char *path, const struct dsci_raster *raster);

/* False, with the scope poisoned, unless an image of this size may be decoded: neither side is 0, and there
   are at most DSCI_IMAGE_PIXELS pixels. */
bool dsci_image_size_allowed(dsc_scope *scope, const char *path, size_t height, size_t width);

#endif
