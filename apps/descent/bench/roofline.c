/* roofline.c - the results as a figure: GFLOP/s over flop/byte below the roofs of the same run. */
#include "present.h"

#include <math.h>
#include <string.h>

enum { MOST_GROUPS = 9 }; /* with seven roofs: all the series of a figure */

static double intensity(const bench_result *r)
{
    return r->absent || r->hidden || r->bytes <= 0 ? NAN : r->flops / r->bytes;
}

/* What has its own arithmetic and traffic; `memory` and `peak` are the roofs. */
static bool is_point(const bench_result *r)
{
    return intensity(r) > 0 && strcmp(r->row.suite, "memory") != 0 && strcmp(r->row.suite, "peak") != 0;
}

struct drawing {
    dsc_scope *scope;
    const bench_results *results;
    dsc_figure *figure;
    size_t count;     /* series */
    double low, high; /* the intensities that the roofs are drawn over */
};

static void add_group(struct drawing *d, const bench_result *r)
{
    const char *where =
        dsc_scope_format(d->scope, "row=%s/*%s%s", r->row.suite, *r->engine ? " " : "", r->engine);
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->figure->series[i].where, where) == 0)
            return;
    if (d->count == MOST_GROUPS)
        return;
    const char *engine = strcmp(r->engine, "onednn") == 0 ? "oneDNN" : r->engine;
    d->figure->series[d->count++] = (dsc_series){
        .output = "gflop_s",
        .label = dsc_scope_format(d->scope, "%s%s%s", r->row.suite, *engine ? ", " : "", engine),
        .where = where,
    };
}

static void add_line(struct drawing *d, const char *label, double x0, double y0, double x1, double y1)
{
    d->figure->series[d->count++] = (dsc_series){ .label = label,
                                                  .style = DSC_SERIES_THEORY,
                                                  .reference_count = 2,
                                                  .reference_x = { x0, x1 },
                                                  .reference_y = { y0, y1 } };
}

/* Bytes or operations a second, in units of 1e9; 0: it was not measured. */
static double roof_rate(const struct drawing *d, const char *suite, const char *name)
{
    const bench_result *r = bench_roof_find(d->results, suite, name);
    return r ? 1e-9 * (strcmp(suite, "memory") == 0 ? r->bytes : r->flops) / bench_best(r) : 0;
}

/* Arithmetic: level, from where the fastest memory reaches it. Memory: rising up to the highest of them. */
static void add_roofs(struct drawing *d)
{
    static const char *const peaks[][2] = { { "fma-fp32/all", "fp32" },
                                            { "fma-fp64/all", "fp64" },
                                            { "tile-bf16/all", "bf16 tiles" },
                                            { "dot-bf16/all", "bf16" } };
    static const char *const levels[] = { "L1", "L2", "L3", "DRAM" };
    double top = 0, fastest = 0;
    for (size_t i = 0; i < 4; i++) {
        top = fmax(top, roof_rate(d, "peak", peaks[i][0]));
        fastest = fmax(fastest, roof_rate(d, "memory", dsc_scope_format(d->scope, "triad/%s", levels[i])));
    }
    for (size_t i = 0; i < 4 && fastest > 0; i++) {
        const double rate = roof_rate(d, "peak", peaks[i][0]);
        if (rate > 0 && !(i == 3 && roof_rate(d, "peak", peaks[2][0]) > 0))
            add_line(d, dsc_scope_format(d->scope, "%s %.0f GFLOP/s", peaks[i][1], rate),
                     fmax(d->low, rate / fastest), rate, fmax(d->high, 2 * rate / fastest), rate);
    }
    for (size_t i = 0; i < 4 && top > 0; i++) {
        const double rate = roof_rate(d, "memory", dsc_scope_format(d->scope, "triad/%s", levels[i]));
        if (rate > 0)
            add_line(
                d, dsc_scope_format(d->scope, rate < 100 ? "%s %.1f GB/s" : "%s %.0f GB/s", levels[i], rate),
                d->low, rate * d->low, top / rate, top);
    }
}

static const char *title(const struct drawing *d)
{
    return dsc_scope_format(d->scope, "Roofline: %s, %d thread%s, %s", dsc_cpu_get()->model,
                            d->results->threads, d->results->threads == 1 ? "" : "s",
                            dsc_dtype_name(d->results->dtype));
}

const char *bench_roofline(dsc_scope *scope, const bench_results *results)
{
    dsc_figure figure = { .name = "roofline",
                          .x = "row",
                          .x_output = "flop_byte",
                          .names = true,
                          .x_label = "arithmetic intensity in flop/byte",
                          .y_label = "GFLOP/s",
                          .log_x = true,
                          .log_y = true };
    struct drawing d = { scope, results, &figure, 0, INFINITY, 0 };
    figure.title = title(&d);
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (!is_point(r))
            continue;
        add_group(&d, r);
        d.low = fmin(d.low, intensity(r));
        d.high = fmax(d.high, intensity(r));
    }
    if (d.count == 0) { /* the roofs alone */
        d.low = 0.05;
        d.high = 100;
    }
    d.low /= 100; /* beyond the axes, at which roofs are cut */
    d.high *= 100;
    const size_t groups = d.count;
    add_roofs(&d);
    return d.count > groups ? dsc_figures_to_json(scope, &figure, 1) : dsc_scope_copy(scope, "[]");
}
