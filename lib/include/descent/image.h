/* image.h - pictures: files of them, their sizes, folders of them as data sets, random changes. */
#ifndef DESCENT_IMAGE_H
#define DESCENT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/data.h>
#include <descent/export.h>
#include <descent/scope.h>
#include <descent/status.h>

/* A PNG or JPEG image, by its content: height x width x channels, row-major, in 0..1. Grey images have 1
   channel, others 3 (red, green, blue); palettes are looked up, alpha is dropped, 16 bits are kept, colour
   profiles and gamma do not count. At most 64 million pixels. A damaged or truncated file fails
   (DSC_ERROR_FORMAT), so does a JPEG of four colours (DSC_ERROR_UNSUPPORTED). */
typedef struct dsc_image {
    size_t height, width, channels;
    float *data;
} dsc_image;
DSC_API dsc_image dsc_image_read(dsc_scope *scope, const char *path);
/* Writes a PNG of 8 bits, replacing the file at once; values are cut to 0..1. */
DSC_API dsc_status dsc_image_write(dsc_scope *scope, const dsc_image *image, const char *path);
/* Another size: in each direction by area averaging where the image shrinks, by linear interpolation between
   the centres of its pixels where it grows. */
DSC_API dsc_image dsc_image_resize(dsc_scope *scope, const dsc_image *image, size_t height, size_t width);
/* Labelled images: a directory with one folder of images for each class, which it names; folders in it are
   read, too, and links followed. Classes and images are in the order of their paths' bytes, all brought to
   one size. channels 1 (colours become their luma, ITU-R BT.601) or 3. Names that begin with a dot are left
   out, and files beside the classes' folders unless they are PNG or JPEG images, which fail; so does a file
   in a class's folder that is no image, and a link that leads in a circle. */
DSC_API dsc_dataset dsc_image_directory(dsc_scope *scope, const char *directory, size_t height, size_t width,
                                        size_t channels);

/* Random changes of a training example, drawn by (seed, epoch, example): the same whatever the order of work,
   and the same bits on every processor. Images of height x width x channels, channels last; sequences have
   height 1, their steps are the width: they are flipped, shifted, cropped and noised along it. In this order:
   flip, rotate, shift and crop, noise. Zeros mean no change. */
typedef struct dsc_augmentation {
    size_t height, width, channels;
    bool flip;     /* left and right, with probability 1/2 */
    double shift;  /* the largest, in whole pixels, each way */
    double rotate; /* the largest angle in degrees, each way; bilinear */
    size_t crop;   /* pixels of padding on each side, before a cut at a random place */
    double noise;  /* standard deviation added to each value */
    double fill;   /* value of what comes from outside the image */
    uint64_t seed;
    const char *input; /* which of a network's inputs dsc_fit() changes; NULL: "input" */
} dsc_augmentation;
/* dst (height x width x channels) from src, which it must not overlap. */
DSC_API void dsc_augment(const dsc_augmentation *augmentation, float *dst, const float *src, uint32_t epoch,
                         uint64_t example);

#endif
