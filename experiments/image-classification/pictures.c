/* pictures.c - the first layer's filters and what they make of an example, as tiles. */
#include "image_classification.h"

#include <math.h>
#include <string.h>

/* The first convolution's weights (kernel, kernel, inputs, filters). */
struct filters {
    const float *weights;
    size_t height, width, inputs, count;
};

static struct filters find_filters(dsc_model *model)
{
    size_t elements;
    const float *parameters = dsc_model_parameters(model, &elements);
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    for (size_t i = 0; i < count; i++)
        if (slices[i].shape[3] != 0 && slices[i].shape[4] == 0)
            return (struct filters){ parameters + slices[i].offset, slices[i].shape[0], slices[i].shape[1],
                                     slices[i].shape[2], slices[i].shape[3] };
    return (struct filters){ 0 };
}

static double weight(const struct filters *f, size_t filter, size_t y, size_t x, size_t input)
{
    return (double)f->weights[((y * f->width + x) * f->inputs + input) * f->count + filter];
}

/* A picture of tiles; places without a tile hold NaN. */
struct picture {
    double *values;               /* PICTURE_SIDE x PICTURE_SIDE */
    size_t height, width, across; /* of a tile in pixels; tiles in a row */
};

static struct picture picture_make(dsc_scope *scope, size_t height, size_t width, size_t across)
{
    struct picture p = { .height = height, .width = width, .across = across };
    p.values = dsc_scope_alloc(scope, (size_t)PICTURE_SIDE * PICTURE_SIDE, sizeof *p.values);
    for (size_t i = 0; p.values && i < (size_t)PICTURE_SIDE * PICTURE_SIDE; i++)
        p.values[i] = (double)NAN;
    return p;
}

/* The place of a tile's pixel, one pixel free between tiles; NULL outside the picture. */
static double *place(const struct picture *p, size_t tile, size_t y, size_t x)
{
    const size_t row = tile / p->across * (p->height + 1) + y, column = tile % p->across * (p->width + 1) + x;
    return row < PICTURE_SIDE && column < PICTURE_SIDE ? &p->values[row * PICTURE_SIDE + column] : NULL;
}

static void picture_put(dsc_cell *cell, const char *output, const struct picture *p)
{
    for (size_t i = 0; p->values && i < (size_t)PICTURE_SIDE * PICTURE_SIDE; i++)
        dsc_put_at(cell, output, i, p->values[i]);
}

static void paint_filters(const struct picture *p, const struct filters *f)
{
    for (size_t t = 0; t < f->count; t++)
        for (size_t y = 0; y < f->height; y++)
            for (size_t x = 0; x < f->width; x++) {
                double sum = 0;
                for (size_t c = 0; c < f->inputs; c++)
                    sum += weight(f, t, y, x, c);
                double *to = place(p, t, y, x);
                if (to)
                    *to = sum / (double)f->inputs;
            }
}

/* A filter's sum over an example at one position, zeros outside it. */
static double response(const struct filters *f, size_t filter, const float *example, size_t height,
                       size_t width, size_t row, size_t column)
{
    double sum = 0;
    for (size_t y = 0; y < f->height; y++)
        for (size_t x = 0; x < f->width; x++) {
            const size_t from_y = row + y - f->height / 2,
                         from_x = column + x - f->width / 2; /* wraps below 0 */
            for (size_t c = 0; from_y < height && from_x < width && c < f->inputs; c++)
                sum +=
                    weight(f, filter, y, x, c) * (double)example[(from_y * width + from_x) * f->inputs + c];
        }
    return sum;
}

/* A tile scaled to 0..1, so that tiles of unlike size are seen alike. */
static void stretch(const struct picture *p, size_t tile)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < p->height * p->width; i++) {
        const double *at = place(p, tile, i / p->width, i % p->width);
        if (at) {
            low = *at < low ? *at : low;
            high = *at > high ? *at : high;
        }
    }
    for (size_t i = 0; high > low && i < p->height * p->width; i++) {
        double *at = place(p, tile, i / p->width, i % p->width);
        if (at)
            *at = (*at - low) / (high - low);
    }
}

static void paint_responses(const struct picture *p, const struct filters *f, const float *example,
                            size_t channels)
{
    const size_t tiles = (size_t)PICTURE_TILES * PICTURE_TILES;
    for (size_t t = 0; t < tiles && t <= f->count; t++) {
        for (size_t i = 0; i < p->height * p->width; i++) {
            double value = 0;
            for (size_t c = 0; t == 0 && c < channels; c++)
                value += (double)example[i * channels + c] / (double)channels;
            if (t > 0)
                value = response(f, t - 1, example, p->height, p->width, i / p->width, i % p->width);
            double *to = place(p, t, i / p->width, i % p->width);
            if (to)
                *to = value;
        }
        stretch(p, t);
    }
}

void pictures_put(dsc_cell *cell, dsc_model *model, const dsc_column *images, size_t height, size_t width,
                  size_t channels)
{
    enum { FILTERS_ACROSS = 8 };
    dsc_scope *scope = dsc_cell_scope(cell);
    const struct filters f = find_filters(model);
    const struct picture filters = picture_make(scope, f.height, f.width, FILTERS_ACROSS),
                         responses = picture_make(scope, height, width, PICTURE_TILES);
    float *example = dsc_scope_alloc(scope, images->width, sizeof *example);
    if (f.count && f.inputs == channels && filters.values && responses.values && example) {
        dsc_column_read(images, 0, example);
        paint_filters(&filters, &f);
        paint_responses(&responses, &f, example, channels);
    }
    picture_put(cell, "filters", &filters);
    picture_put(cell, "responses", &responses);
}
