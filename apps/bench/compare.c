/* compare.c - two results files of benchmarks, row by row. */
#include "present.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include <descent/record.h>

static const char EXPERIMENT[] = "bench";

struct side {
    dsc_record *record;
    const dsc_record_axis *rows;
    dsc_record_output *seconds;
};

static struct side read_side(dsc_scope *scope, const char *path)
{
    struct side s = { dsc_record_read(scope, path), NULL, NULL };
    if (!s.record)
        return s;
    const dsc_record_spec *spec = dsc_record_describe(s.record);
    s.seconds = dsc_record_output_find(s.record, "seconds");
    if (strcmp(spec->experiment, EXPERIMENT) == 0 && spec->axis_count == 2 && spec->cell_axes == 1 &&
        s.seconds && s.seconds->rank == 2 && spec->axes[0].names)
        s.rows = &spec->axes[0];
    else
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "%s: expected a results file of descent bench, found one of %s", path,
                       spec->experiment);
    return s;
}

static dsc_interval interval_of(const struct side *side, size_t row)
{
    size_t count;
    const double *values = dsc_record_cell_values(side->record, side->seconds, row, &count);
    return dsc_summarize(values, count);
}

/* How many times as fast B is. The interval is of the quotient's extremes: wider than 95 %, never narrower.
 */
struct ratio {
    const char *name;
    double value, low, high;
};

static const char *verdict(const struct ratio *r)
{
    return r->low > 1 ? "faster" : r->high < 1 ? "slower" : "no difference shown";
}

/* Roofs are measured beside every suite: the rows of `peak` and `memory` stand for them. */
static bool is_roof(const struct side *side, size_t row)
{
    const dsc_record_output *roof = dsc_record_output_find(side->record, "roof");
    return roof && roof->rank == 1 && roof->axes[0] == 0 && roof->values[row] == 1;
}

static size_t match(dsc_scope *scope, const struct side *a, const struct side *b, struct ratio *ratios)
{
    size_t count = 0;
    for (size_t i = 0; i < a->rows->count; i++)
        for (size_t j = 0; j < b->rows->count; j++) {
            const char *name = dsc_record_axis_text(scope, a->rows, i, 6);
            if (!name || is_roof(a, i) || strcmp(name, dsc_record_axis_text(scope, b->rows, j, 6)) != 0)
                continue;
            const dsc_interval x = interval_of(a, i), y = interval_of(b, j);
            if (x.n > 0 && y.n > 0)
                ratios[count++] = (struct ratio){ name, x.median / y.median, x.low / y.high, x.high / y.low };
            break;
        }
    return count;
}

/* What of the machines and builds differs, of those notes that speed may depend on. */
static size_t find_differences(const struct side *a, const struct side *b, const char *found[][3])
{
    static const char *const names[] = { "version",   "commit", "compiler", "flags",
                                         "libraries", "cpu",    "caches",   "memory",
                                         "kernel",    "isa",    "threads",  "affinity",
                                         "governor",  "turbo",  "pinned",   "environment" };
    size_t count = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *x = dsc_record_provenance_get(a->record, names[i]);
        const char *y = dsc_record_provenance_get(b->record, names[i]);
        if (strcmp(x ? x : "", y ? y : "") == 0)
            continue;
        found[count][0] = names[i];
        found[count][1] = x && *x ? x : "-";
        found[count++][2] = y && *y ? y : "-";
    }
    return count;
}

enum { MOST_DIFFERENCES = 32 };

static void print_differences(dsc_scope *scope, const dsc_terminal *terminal, const struct side *a,
                              const struct side *b)
{
    const char *found[MOST_DIFFERENCES][3];
    const size_t count = find_differences(a, b, found);
    if (count == 0) {
        puts("the same machine and build\n");
        return;
    }
    for (size_t i = 0; i < count; i++) { /* a line each: flags are long */
        dsc_table *table = dsc_table_make(scope, (const dsc_column[]){ { 0 }, { 0 } }, 2, 1);
        dsc_table_row(table, (const char *[]){ found[i][0], found[i][1] });
        dsc_table_row(table, (const char *[]){ "", found[i][2] });
        dsc_table_print(table, terminal, 0);
    }
    putchar('\n');
}

static json_t *differences_json(const struct side *a, const struct side *b)
{
    const char *found[MOST_DIFFERENCES][3];
    const size_t count = find_differences(a, b, found);
    json_t *differences = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(differences, found[i][0], json_pack("[s, s]", found[i][1], found[i][2]));
    return differences;
}

static void print_ratios(dsc_scope *scope, const dsc_terminal *terminal, const struct ratio *ratios,
                         size_t count, double mean)
{
    static const dsc_column columns[] = {
        { "row", false }, { "times as fast", true }, { "interval", true }, { "verdict", false }
    };
    dsc_table *table = dsc_table_make(scope, columns, 4, 1);
    for (size_t i = 0; i < count; i++)
        dsc_table_row(table,
                      (const char *[]){ ratios[i].name, dsc_scope_format(scope, "%.3f", ratios[i].value),
                                        dsc_scope_format(scope, "%.3f..%.3f", ratios[i].low, ratios[i].high),
                                        verdict(&ratios[i]) });
    dsc_table_print(table, terminal, 0);
    printf("\ngeometric mean: %.3f times as fast, %zu rows\n", mean, count);
}

static void print_ratios_json(dsc_scope *scope, json_t *differences, const struct ratio *ratios, size_t count,
                              double mean)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:s}", "row", ratios[i].name, "ratio",
                                              ratios[i].value, "low", ratios[i].low, "high", ratios[i].high,
                                              "verdict", verdict(&ratios[i])));
    dsc_json_print(scope, json_pack("{s:f, s:o, s:o}", "geometric_mean", mean, "differences", differences,
                                    "rows", rows));
}

dsc_exit bench_compare(dsc_scope *scope, const dsc_terminal *terminal, const char *path_a, const char *path_b,
                       bool json)
{
    const struct side a = read_side(scope, path_a), b = read_side(scope, path_b);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    struct ratio *ratios = dsc_scope_alloc(scope, a.rows->count, sizeof *ratios);
    const size_t count = ratios ? match(scope, &a, &b, ratios) : 0;
    if (count == 0) {
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH, "%s and %s have no row in common", path_a, path_b);
        return DSC_EXIT_FAILED;
    }
    double logs = 0;
    bool slower = false;
    for (size_t i = 0; i < count; i++) {
        logs += log(ratios[i].value);
        slower = slower || ratios[i].high < 1;
    }
    const double mean = exp(logs / (double)count);
    if (json) {
        print_ratios_json(scope, differences_json(&a, &b), ratios, count, mean);
    } else {
        print_differences(scope, terminal, &a, &b);
        print_ratios(scope, terminal, ratios, count, mean);
    }
    return slower ? DSC_EXIT_NO : DSC_EXIT_GOOD;
}
