/* glyphs.c - digits as a seven-segment display shows them. */
#include "image_classification.h"

#include <math.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10, SEGMENTS = 7 };

/* Ends of the segments in a box of width 1 and height 2, y downwards: top, upper left, upper right, middle,
   lower left, lower right, bottom. */
static const double ends[SEGMENTS][4] = {
    { 0, 0, 1, 0 }, { 0, 0, 0, 1 }, { 1, 0, 1, 1 }, { 0, 1, 1, 1 },
    { 0, 1, 0, 2 }, { 1, 1, 1, 2 }, { 0, 2, 1, 2 },
};

/* Which segments a digit lights, the first in the lowest bit. */
static const unsigned char lit[CLASSES] = { 0x77, 0x24, 0x5d, 0x6d, 0x2e, 0x6b, 0x7b, 0x25, 0x7f, 0x6f };

/* One example's look. */
struct look {
    double scale, slant, stroke;
};

static struct look draw_look(uint64_t seed, uint64_t example)
{
    const dsc_rng rng =
        dsc_rng_make(dsc_rng_bits(dsc_rng_make(seed, DSC_STREAM_DATA), 1, example), DSC_STREAM_DATA);
    return (struct look){ .scale = 4.5 + 3 * dsc_rng_uniform(rng, 0, 0),
                          .slant = 0.5 * dsc_rng_uniform(rng, 0, 1) - 0.25,
                          .stroke = 0.8 + 1.2 * dsc_rng_uniform(rng, 0, 2) };
}

/* Distance of a point from a segment. */
static double distance(double x, double y, const double end[4])
{
    const double dx = end[2] - end[0], dy = end[3] - end[1];
    double along = ((x - end[0]) * dx + (y - end[1]) * dy) / (dx * dx + dy * dy);
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    const double ox = x - end[0] - along * dx, oy = y - end[1] - along * dy;
    return sqrt(ox * ox + oy * oy);
}

/* 1 on the strokes, 0 away from them, linear in between over one pixel. */
static void paint(int digit, const struct look *look, float *image)
{
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            const double y = (row - (SIDE - 1) / 2.0) / look->scale + 1;
            const double x = (column - (SIDE - 1) / 2.0) / look->scale + 0.5 + look->slant * (y - 1);
            double nearest = SIDE;
            for (int s = 0; s < SEGMENTS; s++) {
                const double d = lit[digit] >> s & 1 ? distance(x, y, ends[s]) : SIDE;
                nearest = d < nearest ? d : nearest;
            }
            const double value = look->stroke + 0.5 - nearest * look->scale;
            image[row * SIDE + column] = (float)(value < 0 ? 0 : value > 1 ? 1 : value);
        }
}

static dsc_dataset part(dsc_scope *scope, size_t first, size_t count, uint64_t seed)
{
    const dsc_augmentation change = {
        .height = SIDE, .width = SIDE, .channels = 1, .shift = 2, .rotate = 12, .noise = 0.15, .seed = seed
    };
    dsc_dataset data = { .name = "glyphs",
                         .count = count,
                         .features = PIXELS,
                         .classes = CLASSES,
                         .height = SIDE,
                         .width = SIDE,
                         .channels = 1 };
    data.x = dsc_scope_alloc(scope, count * PIXELS, sizeof *data.x);
    data.labels = dsc_scope_alloc(scope, count, sizeof *data.labels);
    for (size_t i = 0; data.x && data.labels && i < count; i++) {
        float image[PIXELS], changed[PIXELS];
        data.labels[i] = (int32_t)dsc_rng_below(dsc_rng_make(seed, DSC_STREAM_DATA), 0, first + i, CLASSES);
        const struct look look = draw_look(seed, first + i);
        paint(data.labels[i], &look, image);
        dsc_augment(&change, changed, image, 0, first + i);
        for (size_t j = 0; j < PIXELS; j++)
            data.x[i * PIXELS + j] = (double)changed[j];
    }
    return data;
}

dsc_split glyphs_make(dsc_scope *scope, size_t count, uint64_t seed)
{
    const size_t train = count - count / 5;
    return (dsc_split){ part(scope, 0, train, seed), part(scope, train, count - train, seed) };
}
