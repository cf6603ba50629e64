/* mnist1d.c - the MNIST-1D generator (Greydanus and Kobak, "Scaling down deep learning with MNIST-1D", ICML
 * 2024).
 *
 * Every random number is drawn in the published program's order, so that a seed gives the published data.
 * That also fixes how positions between grid points are computed: a padded zero counts as padding where it is
 * exactly zero.
 */
#include <descent/cpu.h>
#include <descent/data.h>

#include <math.h>
#include <string.h>

#include <sleef.h>

#include "data/mt19937.h"

enum {
    CLASSES = 10,
    TEMPLATE = 12, /* points of a template */
    PADDING_MIN = 36,
    PADDING_MAX = 60,
    LENGTH = TEMPLATE + PADDING_MAX, /* points while a signal is transformed */
    FINAL = 40,                      /* points of an example */
    TRANSLATIONS = 48,
    RADIUS = 8, /* of the noise's Gaussian filter: four deviations of 2 */
    SAMPLES_MAX = 10000000
};

static const double templates[CLASSES][TEMPLATE] = {
    { 5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5 },     { 5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5 },
    { 5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5 }, { 5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5 },
    { 5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5 },     { 5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5 },
    { 5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5 },     { 5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5 },
    { 5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5 },       { 5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5 },
};

/* The parameters of the generator, the same for all examples. */
struct generator {
    dsci_mt19937 random;
    double signals[CLASSES][TEMPLATE];
    double filter[2 * RADIUS + 1];
};

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static double deviation_of(const double *x, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sqrt(sum / (double)n);
}

static void prepare(struct generator *g, uint32_t seed)
{
    dsci_mt19937_seed(&g->random, seed);
    for (size_t c = 0; c < CLASSES; c++) {
        const double mean = mean_of(templates[c], TEMPLATE);
        const double deviation = deviation_of(templates[c], TEMPLATE, mean);
        const double first = (templates[c][0] - mean) / deviation;
        for (size_t i = 0; i < TEMPLATE; i++)
            g->signals[c][i] = ((templates[c][i] - mean) / deviation - first) / 6;
    }
    double sum = 0;
    for (int i = -RADIUS; i <= RADIUS; i++)
        sum += g->filter[i + RADIUS] = Sleef_cinz_expd1_u10purec(-i * i / 8.0);
    for (size_t i = 0; i < 2 * RADIUS + 1; i++)
        g->filter[i] /= sum;
}

/* Point i of n equally spaced ones on 0..1, rounded as the published program rounds it. */
static double grid(size_t i, size_t n)
{
    return i + 1 == n ? 1 : (double)i * (1 / (double)(n - 1));
}

/* Linear interpolation from n to count points over the same interval; a point of both grids is taken as it
 * is. */
static void resample(double *dst, size_t count, const double *src, size_t n)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        const double at = grid(i, count);
        while (left + 1 < n && grid(left + 1, n) <= at)
            left++;
        const double from = grid(left, n);
        if (at == from || left + 1 == n)
            dst[i] = src[left];
        else
            dst[i] = (src[left + 1] - src[left]) / (grid(left + 1, n) - from) * (at - from) + src[left];
    }
}

static void rotate_right(double x[LENGTH], size_t by)
{
    double tail[TRANSLATIONS];
    memcpy(tail, x + LENGTH - by, by * sizeof *x);
    memmove(x + by, x, (LENGTH - by) * sizeof *x);
    memcpy(x, tail, by * sizeof *x);
}

/* Correlated noise: white noise through the filter, mirrored at both ends. */
static void draw_noise(struct generator *g, double dst[LENGTH])
{
    double mirrored[LENGTH + 2 * RADIUS], *white = mirrored + RADIUS;
    for (size_t i = 0; i < LENGTH; i++)
        white[i] = 0.25 * dsci_mt19937_normal(&g->random);
    for (size_t i = 0; i < RADIUS; i++) {
        mirrored[i] = white[RADIUS - 1 - i];
        white[LENGTH + i] = white[LENGTH - 1 - i];
    }
    for (size_t i = 0; i < LENGTH; i++)
        dst[i] = 0;
    for (size_t j = 0; j < 2 * RADIUS + 1; j++)
        for (size_t i = 0; i < LENGTH; i++)
            dst[i] += g->filter[j] * mirrored[i + j];
}

/* One example of a class: pad, dilate, scale, translate, add noise, shear, subsample. */
static void draw_example(struct generator *g, size_t class, double dst[FINAL])
{
    dsci_mt19937 *random = &g->random;
    double padded[LENGTH] = { 0 }, x[LENGTH], noise[LENGTH];
    for (size_t i = 0; i < TEMPLATE; i++)
        padded[i] = g->signals[class][i] + 1e-8; /* so that no point of the signal counts as padding */
    const double padding = dsci_mt19937_uniform(random) * (PADDING_MAX - PADDING_MIN + 1);
    resample(x, LENGTH, padded, (size_t)TEMPLATE + PADDING_MIN + (size_t)padding);

    const double scale = 1 + 0.4 * (dsci_mt19937_uniform(random) - 0.5);
    for (size_t i = 0; i < LENGTH; i++)
        x[i] *= scale;
    rotate_right(x, dsci_mt19937_up_to(random, TRANSLATIONS - 1));

    draw_noise(g, noise);
    for (size_t i = 0; i < LENGTH; i++)
        x[i] = (x[i] == 0 ? noise[i] : x[i]) + 0.02 * dsci_mt19937_normal(random);

    const double shear = 0.75 * (dsci_mt19937_uniform(random) - 0.5);
    for (size_t i = 0; i < LENGTH; i++)
        x[i] -= shear * (grid(i, LENGTH) - 0.5);
    resample(dst, FINAL, x, LENGTH);
}

/* All examples, class by class as drawn, then in the order of a permutation (and their positions in that of
   another); mean 0 and variance 1 over all values. */
static void draw_examples(struct generator *g, dsc_scope *work, int shuffle_positions, size_t count,
                          double *x, int32_t *labels)
{
    double *drawn = dsc_scope_alloc(work, count * FINAL, sizeof *drawn);
    uint32_t *order = dsc_scope_alloc(work, count, sizeof *order), positions[FINAL];
    if (!drawn || !order)
        return;
    const size_t each = count / CLASSES;
    for (size_t i = 0; i < count; i++)
        draw_example(g, i / each, drawn + i * FINAL);
    dsci_mt19937_permutation(&g->random, order, count);
    for (uint32_t j = 0; j < FINAL; j++)
        positions[j] = j;
    if (shuffle_positions)
        dsci_mt19937_permutation(&g->random, positions, FINAL);

    const double mean = mean_of(drawn, count * FINAL), deviation = deviation_of(drawn, count * FINAL, mean);
    for (size_t i = 0; i < count; i++) {
        labels[i] = (int32_t)(order[i] / each);
        for (size_t j = 0; j < FINAL; j++)
            x[i * FINAL + j] = (drawn[order[i] * FINAL + positions[j]] - mean) / deviation;
    }
}

static dsc_status check(dsc_scope *scope, const dsc_mnist1d_options *o)
{
    if (o->samples < CLASSES || o->samples > SAMPLES_MAX || o->samples % CLASSES)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "mnist1d: samples is %zu; expected a multiple of %d up to %d", o->samples,
                              CLASSES, SAMPLES_MAX);
    if (!(o->train_fraction > 0 && o->train_fraction <= 1) || (double)o->samples * o->train_fraction < 1)
        return dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "mnist1d: train_fraction is %g; expected at least one of %zu samples and at most 1",
            o->train_fraction, o->samples);
    if (!(o->label_noise >= 0 && o->label_noise <= 1))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "mnist1d: label_noise is %g; expected 0 to 1",
                              o->label_noise);
    return dsc_scope_status(scope);
}

dsc_split dsc_mnist1d(dsc_scope *scope, const dsc_mnist1d_options *options)
{
    dsc_mnist1d_options o = options ? *options : (dsc_mnist1d_options){ .seed = 42 };
    o.samples = o.samples ? o.samples : 5000;
    o.train_fraction = o.train_fraction == 0 ? 0.8 : o.train_fraction;
    if (check(scope, &o) != DSC_OK)
        return (dsc_split){ 0 };
    const size_t train = (size_t)((double)o.samples * o.train_fraction);
    double *x = dsc_scope_alloc(scope, o.samples * FINAL, sizeof *x);
    int32_t *labels = dsc_scope_alloc(scope, o.samples, sizeof *labels);
    dsc_scope *work = x && labels ? dsc_scope_open(NULL) : NULL;
    struct generator *g = dsc_scope_alloc(work, 1, sizeof *g);
    if (g && labels) {
        const unsigned mode = dsc_float_mode_enter();
        prepare(g, o.seed);
        draw_examples(g, work, o.shuffle_positions, o.samples, x, labels);
        for (size_t i = 0; i < train && o.label_noise > 0; i++)
            if (dsci_mt19937_uniform(&g->random) < o.label_noise)
                labels[i] = (int32_t)dsci_mt19937_up_to(&g->random, CLASSES - 1);
        dsc_float_mode_leave(mode);
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_split){ 0 };
    dsc_dataset all = {
        .name = "mnist1d", .count = train, .features = FINAL, .classes = CLASSES, .x = x, .labels = labels
    };
    dsc_split split = { .train = all, .test = all };
    split.test.count = o.samples - train;
    split.test.x += train * FINAL;
    split.test.labels += train;
    return split;
}
