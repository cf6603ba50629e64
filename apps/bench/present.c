/* present.c - measured rows as a table, JSON, CSV and Markdown: one list of fields for all of them. */
#include "present.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include <descent/build.h>

static const char *texts_of(const bench_result *r, int field)
{
    const char *const texts[] = { r->row.suite,      r->row.name, r->row.shape, r->engine,
                                  r->implementation, r->roof,     r->repeat };
    return texts[field];
}

/* Fields that are texts, then those that are numbers. */
static const char *const text_fields[] = { "suite",          "row",  "shape", "engine",
                                           "implementation", "roof", "repeat" };
static const char *const number_fields[] = {
    "threads", "seconds",   "low",           "high",       "gflop_s",
    "gbyte_s", "flop_byte", "share_of_roof", "flop_cycle", "items_s"
};
enum {
    TEXTS = sizeof text_fields / sizeof text_fields[0],
    NUMBERS = sizeof number_fields / sizeof number_fields[0]
};

static double over(double amount, double seconds)
{
    return amount > 0 ? amount / seconds : NAN;
}

static double number_of(const bench_result *r, int field)
{
    const double s = r->time.median;
    const double numbers[NUMBERS] = { r->threads,
                                      s,
                                      r->time.low,
                                      r->time.high,
                                      over(r->flops, s) / 1e9,
                                      over(r->bytes, s) / 1e9,
                                      over(r->flops, r->bytes > 0 ? r->bytes : NAN),
                                      r->share,
                                      r->per_cycle,
                                      over(r->items, s) };
    return numbers[field];
}

static const char *microseconds(dsc_scope *scope, double seconds)
{
    return dsc_scope_format(scope, "%.4g", 1e6 * seconds);
}

static const char *short_number(dsc_scope *scope, double value)
{
    return isfinite(value) ? dsc_scope_format(scope, "%.3g", value) : "-";
}

static const char *rate(dsc_scope *scope, double value)
{
    return isfinite(value) ? dsc_scope_format(scope, value >= 100 ? "%.0f" : "%.1f", value) : "-";
}

static const char *percent(dsc_scope *scope, double share)
{
    return isfinite(share) ? dsc_scope_format(scope, "%.0f %%", 100 * share) : "-";
}

/* How far the interval reaches from the median. */
static const char *spread(dsc_scope *scope, const dsc_interval *t)
{
    return dsc_scope_format(scope, "-%.0f..+%.0f", 100 * (1 - t->low / t->median),
                            100 * (t->high / t->median - 1));
}

/* "88 % fp32", "41 % L2"; of a peak, operations a cycle and core. */
static const char *roof_text(dsc_scope *scope, const bench_result *r)
{
    if (!*r->roof)
        return isfinite(r->per_cycle) ? dsc_scope_format(scope, "%.3g a cycle", r->per_cycle) : "";
    const char *name = strncmp(r->roof, "triad/", 6) == 0 ? r->roof + 6 : strchr(r->roof, '-') + 1;
    return dsc_scope_format(scope, "%.0f %% %.*s", 100 * r->share, (int)strcspn(name, "/"), name);
}

/* Speed-up on n threads, its share of n, and the share s of the work that is serial by Amdahl's law (1967),
 * time(n) = time(1) (s + (1 - s) / n), fitted by least squares. */
static void print_scaling(const bench_results *results, size_t at)
{
    const bench_result *one = &results->items[at], *last = one;
    const size_t length = strcspn(one->row.name, "/");
    double products = 0, squares = 0;
    for (size_t i = at + 1; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (strcmp(r->row.suite, "scaling") != 0 || strncmp(r->row.name, one->row.name, length + 1) != 0)
            continue;
        const double x = 1 - 1.0 / r->threads;
        products += x * (r->time.median / one->time.median - 1.0 / r->threads);
        squares += x * x;
        last = r;
    }
    if (squares == 0)
        return;
    const dsc_interval *a = &one->time, *b = &last->time;
    printf("%.*s: %.2f times as fast on %d threads (%.2f to %.2f), efficiency %.0f %%, ", (int)length,
           one->row.name, a->median / b->median, last->threads, a->low / b->high, a->high / b->low,
           100 * a->median / b->median / last->threads);
    if (a->low / b->high > 1)
        printf("serial share %.1f %%\n", 100 * products / squares);
    else
        puts("no speed-up shown");
}

static void print_scalings(const bench_results *results)
{
    for (size_t i = 0; i < results->count; i++)
        if (strcmp(results->items[i].row.suite, "scaling") == 0 && results->items[i].threads == 1)
            print_scaling(results, i);
}

void bench_print_table(dsc_scope *scope, const dsc_terminal *terminal, const bench_results *results)
{
    static const dsc_column columns[] = { { "row", false },    { "engine", false }, { "us", true },
                                          { "95 %: %", true }, { "GFLOP/s", true }, { "GB/s", true },
                                          { "of roof", false } };
    dsc_table *table = dsc_table_make(scope, columns, 7, 2);
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (r->hidden)
            continue;
        dsc_table_row(table, (const char *[]){ dsc_scope_format(scope, "%s/%s", r->row.suite, r->row.name),
                                               r->engine, microseconds(scope, r->time.median),
                                               spread(scope, &r->time), rate(scope, number_of(r, 4)),
                                               rate(scope, number_of(r, 5)), roof_text(scope, r) });
    }
    dsc_table_print(table, terminal, 0);
    print_scalings(results);
}

void bench_print_json(dsc_scope *scope, const bench_results *results)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        json_t *row = json_object();
        for (int f = 0; f < TEXTS; f++)
            json_object_set_new(row, text_fields[f], json_string(texts_of(r, f)));
        for (int f = 0; f < NUMBERS; f++)
            json_object_set_new(row, number_fields[f], dsc_json_number(number_of(r, f)));
        json_object_set_new(row, "roof_only", json_boolean(r->hidden));
        json_array_append_new(rows, row);
    }
    dsc_json_print(scope,
                   json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:s, s:o}", "version", dsc_build_get()->version,
                             "cpu", dsc_cpu_get()->model, "isa", dsc_isa_name(dsc_isa_effective()), "pinned",
                             results->pinned, "load", dsc_json_number(results->load), "steal",
                             dsc_json_number(results->steal), "governor", results->governor, "rows", rows));
}

/* Quoted: shapes have commas. No text of ours has a quote. */
void bench_print_csv(const bench_results *results)
{
    for (int f = 0; f < TEXTS; f++)
        printf("%s,", text_fields[f]);
    for (int f = 0; f < NUMBERS; f++)
        printf("%s%s", number_fields[f], f + 1 < NUMBERS ? "," : "\n");
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (r->hidden)
            continue;
        for (int f = 0; f < TEXTS; f++)
            printf("\"%s\",", texts_of(r, f));
        for (int f = 0; f < NUMBERS; f++) {
            const double value = number_of(r, f);
            if (isfinite(value))
                printf("%.9g", value);
            putchar(f + 1 < NUMBERS ? ',' : '\n');
        }
    }
}

void bench_print_md(dsc_scope *scope, const bench_results *results)
{
    puts(
        "| row | shape | engine | implementation | us | 95 % | GFLOP/s | GB/s | flop/byte | of roof | roof | "
        "repeat |\n| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |");
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (r->hidden)
            continue;
        printf("| %s/%s | %s | %s | %s | %s | %s to %s | %s | %s | %s | %s | %s | `%s` |\n", r->row.suite,
               r->row.name, r->row.shape, r->engine, r->implementation, microseconds(scope, r->time.median),
               microseconds(scope, r->time.low), microseconds(scope, r->time.high),
               rate(scope, number_of(r, 4)), rate(scope, number_of(r, 5)),
               short_number(scope, number_of(r, 6)), percent(scope, r->share), r->roof, r->repeat);
    }
}
