/* generated.c - series of the form of the known ones, for runs without data. */
#include "time_series.h"

#include <math.h>

static const double turn = 6.283185307179586; /* 2 pi */

static struct series *make_series(dsc_scope *scope, size_t count, size_t features)
{
    struct series *series = dsc_scope_alloc(scope, 1, sizeof *series);
    if (series)
        *series = (struct series){ .count = count,
                                   .features = features,
                                   .values = dsc_scope_alloc(scope, count * features, sizeof(double)) };
    return series && series->values ? series : NULL;
}

struct series *generate_series(dsc_scope *scope, const struct form *form, size_t season, uint64_t seed)
{
    struct series *series = make_series(scope, form->count, 1);
    double *angles = dsc_scope_alloc(scope, form->count, sizeof *angles);
    double *sines = dsc_scope_alloc(scope, form->count, sizeof *sines);
    if (!series || !angles || !sines)
        return NULL;
    for (size_t t = 0; t < form->count; t++)
        angles[t] = turn * (double)(t % season) / (double)season;
    dsc_cos_sin(angles, NULL, sines, form->count);
    double noise = 0;
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_DATA);
    for (size_t t = 0; t < form->count; t++) {
        const double seasons = (double)t / (double)season;
        noise = form->correlation * noise + form->noise * dsc_rng_normal(rng, 0, t);
        const double value = form->level + form->slope * (double)t +
                             form->amplitude * (1 + form->growth * seasons) * sines[t] + noise;
        series->values[t] = fmax(value, form->least);
    }
    return series;
}

struct series *generate_exchange(dsc_scope *scope, uint64_t seed)
{
    enum { DAYS = 4000, TRAIN = 2800, WEEK = 5 };
    static const double effect[WEEK] = { -0.15, 0.05, 0.1, 0.05, -0.05 };
    struct series *series = make_series(scope, DAYS, 3);
    double *day = dsc_scope_alloc(scope, (size_t)DAYS * WEEK, sizeof *day);
    if (!series || !day)
        return NULL;
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_DATA);
    double volume = 0, volatility = 0;
    for (size_t t = 0; t < DAYS; t++) {
        double *row = series->values + 3 * t;
        volatility = 0.98 * volatility + 0.2 * dsc_rng_normal(rng, 0, t);
        row[0] = 0.008 * (1 + 0.3 * fabs(volatility)) * dsc_rng_normal(rng, 1, t);
        const double before = t > 0 ? fabs(row[-3]) : 0;
        volume = 0.6 * volume + 5 * before + 0.05 * volatility + 0.15 * dsc_rng_normal(rng, 2, t);
        row[1] = volume + effect[t % WEEK];
        row[2] = volatility - 10;
        day[t * WEEK + t % WEEK] = 1;
    }
    series->target = 1;
    series->days = WEEK;
    series->day = day;
    series->train = TRAIN;
    return series;
}
