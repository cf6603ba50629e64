/* png.c - PNG images in memory, through libpng.
 *
 * libpng reports errors by a jump. What is allocated or changed after setjmp() lives in a struct outside the
 * function that calls it, so that nothing is lost or indeterminate after a jump.
 */
#include "data/image_file.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

enum {
    REASON_BYTES = 128,
    MOST_EXPANSION = 1100, /* deflate makes at most 1032 bytes of one */
    CHUNK_BYTES = 8 << 20, /* most memory for one chunk of text or colour profile */
    CHUNKS = 1000,
    LEVEL = 6 /* of compression; fixed, so that an image always makes the same file */
};

struct decoding {
    const char *path;
    dsc_scope *scope;
    dsc_bytes file;
    size_t used; /* of the file */
    png_structp png;
    png_infop info;
    png_bytep *rows;
    struct dsci_raster raster;
    char reason[REASON_BYTES];
};

static void note_error(png_structp png, png_const_charp message)
{
    char *reason = png_get_error_ptr(png);
    snprintf(reason, REASON_BYTES, "%s", message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message)
{
    (void)png, (void)message;
}

static void give_bytes(png_structp png, png_bytep data, size_t size)
{
    struct decoding *d = png_get_io_ptr(png);
    if (size > d->file.size - d->used)
        png_error(png, "it ends too early");
    memcpy(data, d->file.data + d->used, size);
    d->used += size;
}

/* Reads the header and has every kind of PNG come out as grey or RGB without alpha, of 8 or 16 bits. */
static void read_header(struct decoding *d)
{
    png_set_user_limits(d->png, DSCI_IMAGE_PIXELS, DSCI_IMAGE_PIXELS);
    png_set_chunk_malloc_max(d->png, CHUNK_BYTES);
    png_set_chunk_cache_max(d->png, CHUNKS);
    png_set_read_fn(d->png, d, give_bytes);
    png_read_info(d->png, d->info);
    const int kind = png_get_color_type(d->png, d->info);
    if (kind == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(d->png);
    if (!(kind & PNG_COLOR_MASK_COLOR) && png_get_bit_depth(d->png, d->info) < 8)
        png_set_expand_gray_1_2_4_to_8(d->png);
    png_set_strip_alpha(d->png);
    png_set_interlace_handling(d->png);
}

/* The size as decoded, before any memory is taken for it. */
static bool check_size(struct decoding *d)
{
    struct dsci_raster *r = &d->raster;
    r->height = png_get_image_height(d->png, d->info);
    r->width = png_get_image_width(d->png, d->info);
    if (!dsci_image_size_allowed(d->scope, d->path, r->height, r->width))
        return false;
    const size_t bits = (size_t)png_get_bit_depth(d->png, d->info) * png_get_channels(d->png, d->info);
    if (r->height * ((r->width * bits + 7) / 8) / MOST_EXPANSION > d->file.size) {
        snprintf(d->reason, sizeof d->reason, "%zu bytes can't hold an image of %zu x %zu pixels",
                 d->file.size, r->height, r->width);
        return false;
    }
    return true;
}

static bool allocate_rows(struct decoding *d)
{
    struct dsci_raster *r = &d->raster;
    png_read_update_info(d->png, d->info);
    const size_t bytes = png_get_rowbytes(d->png, d->info);
    r->channels = png_get_channels(d->png, d->info);
    r->sample_bytes = png_get_bit_depth(d->png, d->info) / 8;
    if (bytes != r->width * r->channels * r->sample_bytes || (r->channels != 1 && r->channels != 3))
        png_error(d->png, "an unknown kind of pixels");
    r->samples = malloc(r->height * bytes);
    d->rows = malloc(r->height * sizeof *d->rows);
    for (size_t y = 0; r->samples && d->rows && y < r->height; y++)
        d->rows[y] = r->samples + y * bytes;
    if (!r->samples || !d->rows)
        dsc_scope_fail(d->scope, DSC_ERROR_MEMORY, "out of memory: could not allocate %zu bytes for '%s'",
                       r->height * bytes, d->path);
    return r->samples && d->rows;
}

/* False after an error, whose reason is in d or in the scope. */
static bool decode(struct decoding *d)
{
    if (setjmp(png_jmpbuf(d->png)))
        return false;
    read_header(d);
    if (!check_size(d) || !allocate_rows(d))
        return false;
    png_read_image(d->png, d->rows);
    png_read_end(d->png, NULL);
    return true;
}

struct dsci_raster dsci_png_decode(dsc_scope *scope, const char *path, dsc_bytes file)
{
    struct decoding d = { .scope = scope, .path = path, .file = file };
    d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, d.reason, note_error, ignore_warning);
    d.info = d.png ? png_create_info_struct(d.png) : NULL;
    const bool good = d.info && decode(&d);
    if (!d.info)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while opening '%s'", path);
    else if (!good)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is not a whole PNG image: %s; fetch or make it again",
                       path, d.reason);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    free(d.rows);
    if (!good) {
        free(d.raster.samples);
        return (struct dsci_raster){ 0 };
    }
    return d.raster;
}

struct encoding {
    png_structp png;
    png_infop info;
    unsigned char *data;
    size_t size, capacity;
    char reason[REASON_BYTES];
};

static void take_bytes(png_structp png, png_bytep data, size_t size)
{
    struct encoding *e = png_get_io_ptr(png);
    if (size > e->capacity - e->size) {
        const size_t capacity = 2 * e->capacity + size;
        unsigned char *grown = realloc(e->data, capacity);
        if (!grown)
            png_error(png, "out of memory");
        e->data = grown;
        e->capacity = capacity;
    }
    memcpy(e->data + e->size, data, size);
    e->size += size;
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static bool encode(struct encoding *e, const struct dsci_raster *raster)
{
    if (setjmp(png_jmpbuf(e->png)))
        return false;
    png_set_user_limits(e->png, DSCI_IMAGE_PIXELS, DSCI_IMAGE_PIXELS);
    png_set_write_fn(e->png, e, take_bytes, flush_nothing);
    png_set_compression_level(e->png, LEVEL);
    png_set_IHDR(e->png, e->info, (png_uint_32)raster->width, (png_uint_32)raster->height, 8,
                 raster->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(e->png, e->info);
    for (size_t y = 0; y < raster->height; y++)
        png_write_row(e->png, raster->samples + y * raster->width * raster->channels);
    png_write_end(e->png, e->info);
    return true;
}

dsc_bytes dsci_png_encode(dsc_scope *scope, const char *path, const struct dsci_raster *raster)
{
    struct encoding e = { .reason = "out of memory" };
    e.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, e.reason, note_error, ignore_warning);
    e.info = e.png ? png_create_info_struct(e.png) : NULL;
    const bool good = e.info && encode(&e, raster);
    png_destroy_write_struct(&e.png, &e.info);
    if (!good) {
        free(e.data);
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "could not make the PNG image '%s': %s", path, e.reason);
        return (dsc_bytes){ 0 };
    }
    return (dsc_bytes){ .data = e.data, .size = e.size };
}
