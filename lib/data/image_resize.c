/* image_resize.c - images of another size.
 *
 * The two directions are separate: each dst position is a weighted sum of neighbouring src positions, by the
 * area it covers where the image shrinks, by linear interpolation between the centres of the pixels where it
 * grows.
 */
#include <descent/image.h>

#include <stdint.h>

/* Weights of one direction: dst position i is the sum over k < taps of weight[i * taps + k] src[first[i] +
   k]. */
struct taps {
    size_t count, taps;
    size_t *first;
    double *weight;
};

/* dst position i covers src from i src / dst to (i + 1) src / dst. */
static void cover(struct taps *t, size_t src, size_t dst)
{
    for (size_t i = 0; i < dst; i++) {
        const double begin = (double)i * (double)src / (double)dst,
                     end = (double)(i + 1) * (double)src / (double)dst;
        const size_t wanted = (size_t)begin;
        t->first[i] = wanted + t->taps > src ? src - t->taps : wanted;
        for (size_t k = 0; k < t->taps; k++) {
            const double left = (double)(t->first[i] + k), right = left + 1;
            const double from = left > begin ? left : begin, to = right < end ? right : end;
            t->weight[i * t->taps + k] = to > from ? (to - from) / (end - begin) : 0;
        }
    }
}

/* The centre of dst position i lies at (i + 1/2) src / dst - 1/2; beyond the outermost centres the border is
   repeated. */
static void interpolate(struct taps *t, size_t src, size_t dst)
{
    for (size_t i = 0; i < dst; i++) {
        double at = ((double)i + 0.5) * (double)src / (double)dst - 0.5;
        at = at < 0 ? 0 : at > (double)(src - 1) ? (double)(src - 1) : at;
        size_t first = (size_t)at;
        first = first + t->taps > src ? src - t->taps : first;
        t->first[i] = first;
        const double behind = at - (double)first;
        t->weight[i * t->taps] = t->taps == 1 ? 1 : 1 - behind;
        if (t->taps > 1)
            t->weight[i * t->taps + 1] = behind;
    }
}

static struct taps make_taps(dsc_scope *scope, size_t src, size_t dst)
{
    struct taps t = { .count = dst };
    if (dst < src) {
        t.taps = src / dst + 2; /* a cover may begin and end inside a pixel */
        t.taps = t.taps < src ? t.taps : src;
    } else
        t.taps = src > 1 ? 2 : 1;
    t.first = dsc_scope_alloc(scope, dst, sizeof *t.first);
    t.weight = dst > SIZE_MAX / t.taps ? NULL : dsc_scope_alloc(scope, dst * t.taps, sizeof *t.weight);
    if (t.first && t.weight) {
        if (dst < src)
            cover(&t, src, dst);
        else
            interpolate(&t, src, dst);
    }
    return t;
}

/* dst (outer x t.count x inner) from src (outer x length x inner), sums in double. */
static void resample(const struct taps *t, const float *src, size_t outer, size_t length, size_t inner,
                     float *dst)
{
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < t->count; i++) {
            const float *from = src + (o * length + t->first[i]) * inner;
            for (size_t c = 0; c < inner; c++) {
                double sum = 0;
                for (size_t k = 0; k < t->taps; k++)
                    sum += t->weight[i * t->taps + k] * (double)from[k * inner + c];
                dst[(o * t->count + i) * inner + c] = (float)sum;
            }
        }
}

static bool too_large(size_t a, size_t b, size_t c)
{
    return a > SIZE_MAX / sizeof(float) / b || a * b > SIZE_MAX / sizeof(float) / c;
}

dsc_image dsc_image_resize(dsc_scope *scope, const dsc_image *image, size_t height, size_t width)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_image){ 0 };
    if (!image->data || image->height == 0 || image->width == 0 || image->channels == 0 || height == 0 ||
        width == 0 || too_large(height, width, image->channels) ||
        too_large(image->height, width, image->channels)) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "image of %zu x %zu x %zu to be resized to %zu x %zu; expected sizes of at least 1 "
                       "that fit memory",
                       image->height, image->width, image->channels, height, width);
        return (dsc_image){ 0 };
    }
    dsc_image dst = { .height = height, .width = width, .channels = image->channels };
    dst.data = dsc_scope_alloc(scope, height * width * image->channels, sizeof *dst.data);
    dsc_scope *work = dsc_scope_open(NULL);
    const struct taps across = make_taps(work, image->width, width),
                      down = make_taps(work, image->height, height);
    float *middle = dsc_scope_alloc(work, image->height * width * image->channels, sizeof *middle);
    if (middle && dst.data) {
        resample(&across, image->data, image->height, image->width, image->channels, middle);
        resample(&down, middle, 1, image->height, width * image->channels, dst.data);
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope) == DSC_OK ? dst : (dsc_image){ 0 };
}
