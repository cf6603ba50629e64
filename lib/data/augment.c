/* augment.c - random changes of training examples, by counter.
 *
 * An example's draws have a key of their own, the bits of (seed, epoch, example): the changes are numbers 0,
 * 1,
 * ... of its major position 0, the noise those of the positions behind it.
 */
#include <descent/image.h>

#include <string.h>

#include <sleef.h>

#include <descent/rng.h>

enum { FLIP, SHIFT_DOWN, SHIFT_RIGHT, CROP_DOWN, CROP_RIGHT, ANGLE };
enum { NOISE_CHUNK = 256, MOST_SHIFT = 1 << 30 };

/* Where a dst pixel comes from: src = turn (dst - centre - shift) + centre, then flipped. */
struct change {
    bool flip, turned;
    int64_t down, right; /* whole pixels that the content moves by */
    double cosine, sine;
};

/* A whole number in -most..most. */
static int64_t draw_shift(dsc_rng rng, uint64_t index, size_t most)
{
    return most == 0 ? 0 : (int64_t)dsc_rng_below(rng, 0, index, 2 * most + 1) - (int64_t)most;
}

static struct change draw_change(const dsc_augmentation *a, dsc_rng rng)
{
    const size_t shift = !(a->shift > 0) ? 0 : a->shift < MOST_SHIFT ? (size_t)a->shift : MOST_SHIFT;
    const bool image = a->height > 1;
    struct change c = { .cosine = 1 };
    c.flip = a->flip && dsc_rng_below(rng, 0, FLIP, 2) == 1;
    c.down = image ? draw_shift(rng, SHIFT_DOWN, shift) + draw_shift(rng, CROP_DOWN, a->crop) : 0;
    c.right = draw_shift(rng, SHIFT_RIGHT, shift) + draw_shift(rng, CROP_RIGHT, a->crop);
    if (image && a->rotate > 0) {
        const double degrees = a->rotate * (2 * dsc_rng_uniform(rng, 0, ANGLE) - 1);
        const Sleef_double_2 angle = Sleef_cinz_sincospid1_u05purec(degrees / 180); /* no libm: same bits */
        c.turned = true;
        c.sine = angle.x;
        c.cosine = angle.y;
    }
    return c;
}

/* The pixel at (y, x) of src, or the fill outside it. */
static float pixel_at(const dsc_augmentation *a, const float *src, int64_t y, int64_t x, size_t channel)
{
    if (y < 0 || x < 0 || y >= (int64_t)a->height || x >= (int64_t)a->width)
        return (float)a->fill;
    return src[((size_t)y * a->width + (size_t)x) * a->channels + channel];
}

/* Largest whole number not above v, which is within the range of images. */
static int64_t whole_below(double v)
{
    const int64_t cut = (int64_t)v;
    return (double)cut > v ? cut - 1 : cut;
}

static void interpolate(const dsc_augmentation *a, const float *src, double y, double x, float *dst)
{
    const int64_t top = whole_below(y), left = whole_below(x);
    const double down = y - (double)top, right = x - (double)left;
    for (size_t c = 0; c < a->channels; c++) {
        const double upper = (1 - right) * (double)pixel_at(a, src, top, left, c) +
                             right * (double)pixel_at(a, src, top, left + 1, c);
        const double lower = (1 - right) * (double)pixel_at(a, src, top + 1, left, c) +
                             right * (double)pixel_at(a, src, top + 1, left + 1, c);
        dst[c] = (float)((1 - down) * upper + down * lower);
    }
}

/* The dst pixel at (y, x) of a turned image; flipping comes last on the way back, first on the way there. */
static void turned_pixel(const dsc_augmentation *a, const struct change *c, const float *src, size_t y,
                         size_t x, float *dst)
{
    const double middle_y = (double)(a->height - 1) / 2, middle_x = (double)(a->width - 1) / 2;
    const double dy = (double)((int64_t)y - c->down) - middle_y,
                 dx = (double)((int64_t)x - c->right) - middle_x;
    const double from_y = c->cosine * dy - c->sine * dx + middle_y;
    const double from_x = c->sine * dy + c->cosine * dx + middle_x;
    interpolate(a, src, from_y, c->flip ? (double)(a->width - 1) - from_x : from_x, dst);
}

static void moved_pixel(const dsc_augmentation *a, const struct change *c, const float *src, size_t y,
                        size_t x, float *dst)
{
    const int64_t from_y = (int64_t)y - c->down, from_x = (int64_t)x - c->right;
    const int64_t flipped = c->flip ? (int64_t)a->width - 1 - from_x : from_x;
    for (size_t channel = 0; channel < a->channels; channel++)
        dst[channel] = pixel_at(a, src, from_y, flipped, channel);
}

static void add_noise(dsc_rng rng, double deviation, float *x, size_t n)
{
    float noise[NOISE_CHUNK];
    for (size_t first = 0, chunk = 1; first < n; first += NOISE_CHUNK, chunk++) {
        const size_t count = n - first < NOISE_CHUNK ? n - first : NOISE_CHUNK;
        dsc_rng_fill_normal_f32(rng, (uint32_t)chunk, 0, (float)deviation, noise, count);
        for (size_t i = 0; i < count; i++)
            x[first + i] += noise[i];
    }
}

void dsc_augment(const dsc_augmentation *a, float *dst, const float *src, uint32_t epoch, uint64_t example)
{
    const uint64_t key = dsc_rng_bits(dsc_rng_make(a->seed, DSC_STREAM_AUGMENTATION), epoch, example);
    const dsc_rng rng = dsc_rng_make(key, DSC_STREAM_AUGMENTATION);
    const struct change change = draw_change(a, rng);
    const size_t n = a->height * a->width * a->channels;
    if (!change.flip && !change.turned && change.down == 0 && change.right == 0)
        memcpy(dst, src, n * sizeof *dst);
    else
        for (size_t y = 0; y < a->height; y++)
            for (size_t x = 0; x < a->width; x++)
                (change.turned ? turned_pixel : moved_pixel)(a, &change, src, y, x,
                                                             dst + (y * a->width + x) * a->channels);
    if (a->noise > 0)
        add_noise(rng, a->noise, dst, n);
}
