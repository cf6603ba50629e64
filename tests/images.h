/* images.h - making PNG and JPEG images of every kind for tests. Include after cmocka.h. */
#ifndef DESCENT_TESTS_IMAGES_H
#define DESCENT_TESTS_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "test.h"

enum { IMAGE_FILE_BYTES = 1 << 14 };

typedef struct image_file {
    unsigned char data[IMAGE_FILE_BYTES];
    size_t size;
} image_file;

static inline void image_file_append(png_structp png, png_bytep data, size_t size)
{
    image_file *file = png_get_io_ptr(png);
    assert_true(size <= sizeof file->data - file->size);
    memcpy(file->data + file->size, data, size);
    file->size += size;
}

static inline void image_file_flush(png_structp png)
{
    (void)png;
}

/* A PNG of rows as libpng takes them: samples of 16 bits big-endian, of fewer than 8 packed. The palette is
   {10, 20, 30}, {40, 50, 60}, {70, 80, 90}, {255, 255, 255}, its second entry transparent. */
static inline void image_make_png(image_file *file, int kind, int bits, bool interlaced, unsigned height,
                                  unsigned width, const unsigned char *rows, size_t row_bytes)
{
    static const png_color palette[4] = { { 10, 20, 30 }, { 40, 50, 60 }, { 70, 80, 90 }, { 255, 255, 255 } };
    static const unsigned char alpha[2] = { 255, 0 };
    file->size = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, file, image_file_append, image_file_flush);
    png_set_IHDR(png, info, width, height, bits, kind, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (kind == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 4);
        png_set_tRNS(png, info, alpha, 2, NULL);
    }
    png_write_info(png, info);
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (unsigned y = 0; y < height; y++)
            png_write_row(png, rows + y * row_bytes);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

/* A JPEG of quality 100 without subsampling; space JCS_GRAYSCALE, JCS_RGB (stored as YCbCr) or JCS_CMYK. */
static inline void image_make_jpeg(image_file *file, J_COLOR_SPACE space, bool progressive, unsigned height,
                                   unsigned width, const unsigned char *pixels)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (unsigned y = 0; y < height; y++) {
        JSAMPROW row = (JSAMPROW)(pixels + (size_t)y * width * (unsigned)jpeg.input_components);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    assert_true(size <= sizeof file->data);
    memcpy(file->data, data, size);
    file->size = size;
    free(data);
}

#endif
