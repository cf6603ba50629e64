/* jpeg.c - JPEG images in memory, through libjpeg.
 *
 * Like libpng, libjpeg reports errors by a jump: what changes after setjmp() lives in a struct outside.
 */
#include "data/image_file.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum {
    MEMORY_BYTES = 1 << 30, /* most that libjpeg may take: progressive images are held as coefficients */
    SCANS = 200             /* most of a progressive image: each costs a pass over all its blocks */
};

struct decoding {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const char *path;
    dsc_scope *scope;
    struct dsci_raster raster;
    char reason[JMSG_LENGTH_MAX];
};

static void note_error(j_common_ptr jpeg)
{
    struct decoding *d = jpeg->client_data;
    jpeg->err->format_message(jpeg, d->reason);
    longjmp(d->jump, 1);
}

/* A negative level is a warning of damaged data, which libjpeg would fill with grey. Three of them say
   nothing about the pixels: odd bytes between segments, an unknown Adobe marker, scans in an unusual order.
 */
static void refuse_damage(j_common_ptr jpeg, int level)
{
    const int code = jpeg->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM &&
        code != JWRN_BOGUS_PROGRESSION)
        note_error(jpeg);
}

static void print_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void stop_endless_scans(j_common_ptr jpeg)
{
    struct decoding *d = jpeg->client_data;
    if (d->jpeg.input_scan_number > SCANS) {
        snprintf(d->reason, sizeof d->reason, "it has more than %d scans", SCANS);
        longjmp(d->jump, 1);
    }
}

/* Chooses grey or RGB; false for colours that have no one meaning as RGB. */
static bool choose_colors(struct decoding *d)
{
    const J_COLOR_SPACE from = d->jpeg.jpeg_color_space;
    if (from != JCS_GRAYSCALE && from != JCS_YCbCr && from != JCS_RGB) {
        dsc_scope_fail(d->scope, DSC_ERROR_UNSUPPORTED,
                       "'%s' is a JPEG image of %d components (%s); expected grey, YCbCr or RGB: convert it",
                       d->path, d->jpeg.num_components,
                       from == JCS_CMYK || from == JCS_YCCK ? "CMYK" : "an unknown colour space");
        return false;
    }
    d->jpeg.out_color_space = from == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    d->jpeg.dct_method = JDCT_ISLOW; /* the exact one, with the same bits on every processor */
    d->jpeg.do_fancy_upsampling = TRUE;
    return true;
}

static bool allocate_samples(struct decoding *d)
{
    struct dsci_raster *r = &d->raster;
    r->height = d->jpeg.output_height;
    r->width = d->jpeg.output_width;
    r->channels = (size_t)d->jpeg.output_components;
    r->sample_bytes = 1;
    r->samples = malloc(r->height * r->width * r->channels);
    if (!r->samples)
        dsc_scope_fail(d->scope, DSC_ERROR_MEMORY, "out of memory: could not allocate %zu bytes for '%s'",
                       r->height * r->width * r->channels, d->path);
    return r->samples != NULL;
}

/* False after an error, whose reason is in d or in the scope. */
static bool decode(struct decoding *d, dsc_bytes file)
{
    if (setjmp(d->jump))
        return false;
    jpeg_create_decompress(&d->jpeg);
    d->jpeg.client_data = d;
    d->jpeg.mem->max_memory_to_use = MEMORY_BYTES;
    d->jpeg.progress = &d->progress;
    jpeg_mem_src(&d->jpeg, file.data, file.size);
    jpeg_read_header(&d->jpeg, TRUE);
    if (!dsci_image_size_allowed(d->scope, d->path, d->jpeg.image_height, d->jpeg.image_width) ||
        !choose_colors(d))
        return false;
    jpeg_start_decompress(&d->jpeg);
    if (!allocate_samples(d))
        return false;
    const size_t row_bytes = d->raster.width * d->raster.channels;
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
        JSAMPROW row = d->raster.samples + d->jpeg.output_scanline * row_bytes;
        jpeg_read_scanlines(&d->jpeg, &row, 1);
    }
    jpeg_finish_decompress(&d->jpeg);
    return true;
}

struct dsci_raster dsci_jpeg_decode(dsc_scope *scope, const char *path, dsc_bytes file)
{
    struct decoding d = { .scope = scope, .path = path };
    d.jpeg.err = jpeg_std_error(&d.errors);
    d.jpeg.client_data = &d;
    d.errors.error_exit = note_error;
    d.errors.emit_message = refuse_damage;
    d.errors.output_message = print_nothing;
    d.progress.progress_monitor = stop_endless_scans;
    const bool good = decode(&d, file);
    jpeg_destroy_decompress(&d.jpeg);
    if (!good) {
        free(d.raster.samples);
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is not a whole JPEG image: %s; fetch or make it again",
                       path, d.reason);
        return (struct dsci_raster){ 0 };
    }
    return d.raster;
}
