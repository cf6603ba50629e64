/* store.c - the results file of a benchmark, and two of them compared. */
#include "present.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include <descent/build.h>
#include <descent/clock.h>
#include <descent/record.h>

static const char EXPERIMENT[] = "bench";

enum { SECONDS = 0, FLOPS, BYTES, SHARE, OUTPUTS };

static const dsc_record_output outputs[OUTPUTS] = {
    { .name = "seconds", .units = "s", .long_name = "time of a run", .rank = 2, .axes = { 0, 1 } },
    { .name = "flops", .units = "1", .long_name = "operations of a run", .rank = 1, .axes = { 0 } },
    { .name = "bytes", .units = "byte", .long_name = "bytes read and written", .rank = 1, .axes = { 0 } },
    { .name = "share_of_roof", .units = "1", .long_name = "share of the roof", .rank = 1, .axes = { 0 } },
};

static dsc_record *make_record(dsc_scope *scope, const bench_results *results)
{
    double *rows = dsc_scope_alloc(scope, results->count, sizeof *rows), rounds[BENCH_ROUNDS];
    const char *names = "";
    for (size_t i = 0; rows && i < results->count; i++) {
        rows[i] = (double)i;
        names = dsc_scope_format(scope, "%s%s%s", names, i ? "|" : "",
                                 bench_result_name(scope, &results->items[i]));
    }
    for (size_t i = 0; i < BENCH_ROUNDS; i++)
        rounds[i] = (double)i;
    const dsc_record_axis axes[] = {
        { .name = "row",
          .units = "1",
          .long_name = "row",
          .integer = true,
          .count = results->count,
          .values = rows,
          .names = names },
        { .name = "round",
          .units = "1",
          .long_name = "round",
          .integer = true,
          .count = BENCH_ROUNDS,
          .values = rounds },
    };
    return dsc_record_make(scope, &(dsc_record_spec){ .experiment = EXPERIMENT,
                                                      .title = "Benchmark",
                                                      .reference = "",
                                                      .readme = "seconds(row, round); see descent help bench",
                                                      .recipe = "{}",
                                                      .figures = "[]",
                                                      .axes = axes,
                                                      .axis_count = 2,
                                                      .cell_axes = 1,
                                                      .outputs = outputs,
                                                      .output_count = OUTPUTS });
}

static void note_conditions(dsc_scope *scope, dsc_record *record, const bench_results *results,
                            const char *command)
{
    const dsc_build *build = dsc_build_get();
    const dsc_cpu *cpu = dsc_cpu_get();
    char now[24];
    dsc_clock_utc(now);
    const char *const notes[][2] = {
        { "command", command },
        { "version", build->version },
        { "commit", build->commit },
        { "compiler", build->compiler },
        { "flags", build->flags },
        { "cpu", cpu->model },
        { "caches", dsc_scope_format(scope, "L1d %zu KiB, L2 %zu KiB, L3 %zu KiB", cpu->l1d_bytes / 1024,
                                     cpu->l2_bytes / 1024, cpu->l3_bytes / 1024) },
        { "isa", dsc_isa_name(dsc_isa_effective()) },
        { "pinned", results->pinned ? "yes" : "no" },
        { "load", dsc_scope_format(scope, "%.2f", results->load) },
        { "steal", dsc_scope_format(scope, "%.4f", results->steal) },
        { "governor", results->governor },
        { "end", now },
    };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        dsc_record_provenance_set(record, notes[i][0], notes[i][1] ? notes[i][1] : "");
}

void bench_write(dsc_scope *scope, const bench_results *results, const char *path, const char *command)
{
    dsc_record *record = make_record(scope, results);
    if (!record)
        return;
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        const double scalars[OUTPUTS] = { [FLOPS] = r->flops, [BYTES] = r->bytes, [SHARE] = r->share };
        for (int o = 0; o < OUTPUTS; o++) {
            size_t count;
            double *values =
                dsc_record_cell_values(record, dsc_record_output_find(record, outputs[o].name), i, &count);
            memcpy(values, o == SECONDS ? r->seconds : &scalars[o], count * sizeof *values);
        }
        *dsc_record_cell_at(record, i) =
            (dsc_record_cell){ .hash = i + 1, .seconds = r->time.median, .status = DSC_CELL_DONE };
    }
    note_conditions(scope, record, results, command);
    dsc_record_write(scope, record, path);
}

/* --- Comparison --- */

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

static size_t match(dsc_scope *scope, const struct side *a, const struct side *b, struct ratio *ratios)
{
    size_t count = 0;
    for (size_t i = 0; i < a->rows->count; i++)
        for (size_t j = 0; j < b->rows->count; j++) {
            const char *name = dsc_record_axis_text(scope, a->rows, i, 6);
            if (!name || strcmp(name, dsc_record_axis_text(scope, b->rows, j, 6)) != 0)
                continue;
            const dsc_interval x = interval_of(a, i), y = interval_of(b, j);
            if (x.n > 0 && y.n > 0)
                ratios[count++] = (struct ratio){ name, x.median / y.median, x.low / y.high, x.high / y.low };
            break;
        }
    return count;
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

static void print_ratios_json(dsc_scope *scope, const struct ratio *ratios, size_t count, double mean)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:s}", "row", ratios[i].name, "ratio",
                                              ratios[i].value, "low", ratios[i].low, "high", ratios[i].high,
                                              "verdict", verdict(&ratios[i])));
    dsc_json_print(scope, json_pack("{s:f, s:o}", "geometric_mean", mean, "rows", rows));
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
    if (json)
        print_ratios_json(scope, ratios, count, mean);
    else
        print_ratios(scope, terminal, ratios, count, mean);
    return slower ? DSC_EXIT_NO : DSC_EXIT_GOOD;
}
