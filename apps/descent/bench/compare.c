/* compare.c - two results files of benchmarks, row by row. */
#include "present.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/record.h>

#include "json.h"
#include "table.h"
#include "terminal.h"

struct side {
    dsc_record *record;
    const dsc_record_axis *rows;
    const char **names; /* of the rows */
    dsc_record_output *seconds;
};

static struct side read_side(dsc_scope *scope, const char *path)
{
    struct side s = { .record = dsc_record_read(scope, path) };
    if (!s.record)
        return s;
    const dsc_record_spec *spec = dsc_record_describe(s.record);
    s.seconds = dsc_record_output_find(s.record, "seconds");
    if (bench_is_record(s.record))
        s.rows = &spec->axes[0];
    else
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "%s: expected a results file of descent bench, found one of %s", path,
                       spec->experiment);
    s.names = s.rows ? dsc_scope_alloc(scope, s.rows->count, sizeof *s.names) : NULL;
    for (size_t i = 0; s.names && i < s.rows->count; i++)
        s.names[i] = dsc_record_axis_text(scope, s.rows, i, 6);
    return s;
}

/* How many times as fast B is. The interval is of the quotient's extremes: wider than 95 %, never narrower.
 */
struct ratio {
    const char *name;
    double value, low, high;
    bool with_machine; /* it differs no more than a roof beside it */
};

enum kind { ROWS, ROOFS }; /* roofs are measured beside the rows of every suite */

static dsc_interval interval_of(const struct side *side, size_t row)
{
    size_t count;
    const double *values = dsc_record_cell_values(side->record, side->seconds, row, &count);
    return dsc_summarize(values, count);
}

static struct ratio ratio_of(const struct side *a, size_t i, const struct side *b, size_t j)
{
    const dsc_interval x = interval_of(a, i), y = interval_of(b, j);
    if (x.n == 0 || y.n == 0)
        return (struct ratio){ .value = NAN };
    return (struct ratio){ .value = x.median / y.median, .low = x.low / y.high, .high = x.high / y.low };
}

static bool differs(const struct ratio *r)
{
    return r->low > 1 || r->high < 1;
}

static const char *verdict(const struct ratio *r)
{
    if (!differs(r))
        return "no difference shown";
    if (r->with_machine)
        return r->low > 1 ? "faster, as the machine itself" : "slower, as the machine itself";
    return r->low > 1 ? "faster" : "slower";
}

/* A number of a row, or what is said of those without. */
static double number_of(const struct side *side, const char *name, size_t row, double otherwise)
{
    const dsc_record_output *output = dsc_record_output_find(side->record, name);
    const bool fits = output && output->rank == 1 && output->axes[0] == 0;
    return fits && isfinite(output->values[row]) ? output->values[row] : otherwise;
}

/* What disturbed the roof of a row in either run disturbed the row as well, whether or not its own rounds
   show it: the interval is widened by as much as the roof's spreads about its median. */
static void add_noise_of_roof(struct ratio *r, const struct side *a, size_t i, const struct side *b, size_t j)
{
    const double x = number_of(a, "roof_row", i, -1), y = number_of(b, "roof_row", j, -1);
    if (x < 0 || y < 0 || x >= (double)a->rows->count || y >= (double)b->rows->count)
        return;
    const struct ratio roof = ratio_of(a, (size_t)x, b, (size_t)y);
    if (isfinite(roof.value) && roof.low > 0) {
        r->low *= roof.low / roof.value;
        r->high *= roof.high / roof.value;
    }
}

/* Whether a roof, "peak/fma-fp32/all beside gemm", was measured with a row, "gemm/tall/forward native". */
static bool is_beside(const char *roof, const char *row)
{
    static const char beside[] = " beside ";
    const char *at = strstr(roof, beside);
    const size_t length = strcspn(row, "/");
    return at && strlen(at + strlen(beside)) == length && memcmp(at + strlen(beside), row, length) == 0;
}

/* Where the machine itself was not the same in both runs, a row has to differ by more than the roofs beside
   it before it is the build's. */
static void compare_with_roofs(struct ratio *rows, size_t row_count, const struct ratio *roofs,
                               size_t roof_count)
{
    for (size_t i = 0; i < row_count; i++)
        for (size_t j = 0; j < roof_count; j++)
            if (differs(&roofs[j]) && is_beside(roofs[j].name, rows[i].name) &&
                rows[i].low <= roofs[j].high && rows[i].high >= roofs[j].low)
                rows[i].with_machine = true;
}

static enum kind kind_of(const struct side *side, size_t row)
{
    return number_of(side, "roof", row, 0) > 0 ? ROOFS : ROWS;
}

/* The row of B that is called so; the number of its rows if there is none. */
static size_t find(const struct side *b, const char *name)
{
    size_t j = 0;
    while (j < b->rows->count && !(b->names[j] && strcmp(b->names[j], name) == 0))
        j++;
    return j;
}

/* The rows, or the roofs, that both files have. */
static size_t match(const struct side *a, const struct side *b, enum kind kind, struct ratio *ratios)
{
    size_t count = 0;
    for (size_t i = 0; i < a->rows->count; i++) {
        const size_t j = a->names[i] && kind_of(a, i) == kind ? find(b, a->names[i]) : b->rows->count;
        if (j == b->rows->count)
            continue;
        struct ratio r = ratio_of(a, i, b, j);
        add_noise_of_roof(&r, a, i, b, j);
        r.name = a->names[i];
        if (isfinite(r.value))
            ratios[count++] = r;
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

static void print_differences(dsc_scope *scope, const cli_terminal *terminal, const struct side *a,
                              const struct side *b)
{
    const char *found[MOST_DIFFERENCES][3];
    const size_t count = find_differences(a, b, found);
    if (count == 0) {
        cli_print("the same machine and build\n\n");
        return;
    }
    for (size_t i = 0; i < count; i++) { /* a line each: flags are long */
        cli_table *table = cli_table_make(scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
        cli_table_row(table, (const char *[]){ found[i][0], found[i][1] });
        cli_table_row(table, (const char *[]){ "", found[i][2] });
        cli_table_print(table, terminal, 0);
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

static void print_ratios(dsc_scope *scope, const cli_terminal *terminal, const struct ratio *ratios,
                         size_t count, double mean)
{
    static const cli_table_column columns[] = {
        { "row", false }, { "times as fast", true }, { "interval", true }, { "verdict", false }
    };
    cli_table *table = cli_table_make(scope, columns, 4, 1);
    for (size_t i = 0; i < count; i++)
        cli_table_row(table,
                      (const char *[]){ ratios[i].name, dsc_scope_format(scope, "%.3f", ratios[i].value),
                                        dsc_scope_format(scope, "%.3f..%.3f", ratios[i].low, ratios[i].high),
                                        verdict(&ratios[i]) });
    cli_table_print(table, terminal, 0);
    cli_print("\ngeometric mean: %.3f times as fast, %zu rows\n", mean, count);
}

/* Where the machine did not give both runs the same, a row's difference need not be the build's. */
static void print_roofs(const struct ratio *roofs, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (!differs(&roofs[i]))
            continue;
        if (!any)
            cli_print(
                "\nThe machine itself was not as fast in both runs; to compare builds, measure again, alternately:\n");
        any = true;
        cli_print("  %s: %.3f times as fast (%.3f..%.3f)\n", roofs[i].name, roofs[i].value, roofs[i].low,
                  roofs[i].high);
    }
}

static json_t *ratios_json(const struct ratio *ratios, size_t count)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:s}", "row", ratios[i].name, "ratio",
                                              ratios[i].value, "low", ratios[i].low, "high", ratios[i].high,
                                              "verdict", verdict(&ratios[i])));
    return rows;
}

static double geometric_mean(const struct ratio *ratios, size_t count)
{
    double logs = 0;
    for (size_t i = 0; i < count; i++)
        logs += log(ratios[i].value);
    return exp(logs / (double)count);
}

static bool any_slower(const struct ratio *ratios, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ratios[i].high < 1)
            return true;
    return false;
}

dsc_exit bench_compare(dsc_scope *scope, const cli_terminal *terminal, const char *path_a, const char *path_b,
                       bool json)
{
    const struct side a = read_side(scope, path_a), b = read_side(scope, path_b);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    struct ratio *rows = dsc_scope_alloc(scope, a.rows->count, sizeof *rows);
    struct ratio *roofs = dsc_scope_alloc(scope, a.rows->count, sizeof *roofs);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    const size_t row_count = match(&a, &b, ROWS, rows), roof_count = match(&a, &b, ROOFS, roofs);
    if (row_count == 0) {
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH, "%s and %s have no row in common", path_a, path_b);
        return DSC_EXIT_FAILED;
    }
    compare_with_roofs(rows, row_count, roofs, roof_count);
    const double mean = geometric_mean(rows, row_count);
    if (json) {
        cli_json_print(scope, json_pack("{s:f, s:o, s:o, s:o}", "geometric_mean", mean, "differences",
                                        differences_json(&a, &b), "rows", ratios_json(rows, row_count),
                                        "roofs", ratios_json(roofs, roof_count)));
    } else {
        print_differences(scope, terminal, &a, &b);
        print_ratios(scope, terminal, rows, row_count, mean);
        print_roofs(roofs, roof_count);
    }
    return any_slower(rows, row_count) ? DSC_EXIT_NO : DSC_EXIT_GOOD;
}
