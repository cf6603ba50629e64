/* store.c - the results file of a benchmark. */
#include "present.h"

#include <math.h>
#include <string.h>

#include <descent/clock.h>
#include <descent/lab.h>
#include <descent/record.h>

static const char EXPERIMENT[] = "bench";

enum {
    SECONDS = 0,
    MEDIAN,
    GFLOPS,
    GBYTES,
    INTENSITY,
    SHARE,
    ROOF_GFLOPS,
    SETUP,
    STEADINESS,
    ROOF,
    ROOF_ROW,
    IPC,
    GIGAHERTZ,
    OUTPUTS
};

#define NUMBER(output, unit, text)                                                                           \
    {                                                                                                        \
        .name = (output), .units = (unit), .long_name = (text), .rank = 1, .axes = { 0 }                     \
    }
static const dsc_record_output outputs[OUTPUTS] = {
    { .name = "seconds", .units = "s", .long_name = "time of a run", .rank = 2, .axes = { 0, 1 } },
    NUMBER("seconds_median", "s", "median time of a run"),
    NUMBER("gflop_s", "GFLOP/s", "arithmetic"),
    NUMBER("gbyte_s", "GB/s", "bytes read and written"),
    NUMBER("flop_byte", "flop/byte", "arithmetic intensity"),
    NUMBER("share_of_roof", "1", "share of the roof"),
    NUMBER("roof_gflop_s", "GFLOP/s", "arithmetic that the roof allows"),
    NUMBER("setup_seconds", "s", "compiling the network and making its primitives"),
    NUMBER("steadiness", "1", "0 steady, 1 wide interval, 2 two levels, 3 says nothing"),
    NUMBER("roof", "1", "1: measured as a roof beside the rows of a suite"),
    NUMBER("roof_row", "1", "row that measured the roof"),
    NUMBER("instructions_cycle", "1", "instructions a cycle"),
    NUMBER("gigahertz", "GHz", "cycles of a busy thread"),
};

/* The suite beside which a roof was measured: rows of a suite come before its roofs. */
static const char *suite_before(const bench_results *results, size_t at)
{
    while (at > 0 && results->items[at].hidden)
        at--;
    return results->items[at].row.suite;
}

/* "gemm/tall/forward native", or "peak/fma-fp32/all beside gemm"; each once. */
static const char *name_of(dsc_scope *scope, const bench_results *results, size_t i)
{
    const char *name = bench_result_name(scope, &results->items[i]);
    return results->items[i].hidden ? dsc_scope_format(scope, "%s beside %s", name, suite_before(results, i))
                                    : name;
}

static dsc_record *make_record(dsc_scope *scope, const bench_results *results, const char *recipe)
{
    double *rows = dsc_scope_alloc(scope, results->count, sizeof *rows), rounds[BENCH_ROUNDS];
    const char *names = "";
    for (size_t i = 0; rows && i < results->count; i++) {
        rows[i] = (double)i;
        names = dsc_scope_format(scope, "%s%s%s", names, i ? "|" : "", name_of(scope, results, i));
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
    return dsc_record_make(
        scope, &(dsc_record_spec){
                   .experiment = EXPERIMENT,
                   .title = "Benchmark",
                   .reference = "",
                   .readme = "seconds(row, round): see `descent help bench`. A failed cell is a row "
                             "that this machine or engine cannot measure, its cell_message says why; else it "
                             "tells shape, engine, implementation and the command that repeats the row.",
                   .recipe = recipe,
                   .figures = bench_roofline(scope, results),
                   .axes = axes,
                   .axis_count = 2,
                   .cell_axes = 1,
                   .outputs = outputs,
                   .output_count = OUTPUTS });
}

static const char *number_text(dsc_scope *scope, const char *format, double value)
{
    return isfinite(value) ? dsc_scope_format(scope, format, value) : "unknown";
}

static void note_conditions(dsc_scope *scope, dsc_record *record, const bench_results *results)
{
    const bench_conditions *c = &results->conditions;
    char now[24];
    dsc_clock_utc(now);
    const char *const notes[][2] = {
        { "start", c->begun },
        { "end", now },
        { "pinned", results->pinned ? "yes" : "no" },
        { "load_before", number_text(scope, "%.2f", c->load) },
        { "other_processes", number_text(scope, "%.3f processors", c->others) },
        { "steal", number_text(scope, "%.4f", c->steal) },
        { "governor", c->governor },
        { "turbo", c->turbo },
        { "counters", *c->counters ? c->counters : "counted" },
    };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        dsc_record_provenance_set(record, notes[i][0], notes[i][1] ? notes[i][1] : "");
}

static double over(double amount, double seconds)
{
    return amount > 0 ? amount / seconds : NAN;
}

/* What the numbers of a row are of: stored with its cell. */
static const char *about(dsc_scope *scope, const bench_result *r)
{
    return dsc_scope_format(scope, "%s; %s%s%s; %d threads; repeat: %s", r->row.shape, r->engine,
                            *r->implementation ? ", " : "", r->implementation, r->threads, r->repeat);
}

static void put_row(dsc_scope *scope, dsc_record *record, size_t at, const bench_result *r)
{
    const double s = r->time.median;
    const double scalars[OUTPUTS] = { [MEDIAN] = s,
                                      [GFLOPS] = over(r->flops, s) / 1e9,
                                      [GBYTES] = over(r->bytes, s) / 1e9,
                                      [INTENSITY] = over(r->flops, r->bytes > 0 ? r->bytes : NAN),
                                      [SHARE] = r->share,
                                      [ROOF_GFLOPS] = r->roof_flops / 1e9,
                                      [SETUP] = r->setup,
                                      [STEADINESS] = r->steadiness,
                                      [ROOF] = r->hidden,
                                      [ROOF_ROW] = r->roof_row,
                                      [IPC] = r->ipc,
                                      [GIGAHERTZ] = r->gigahertz };
    for (int o = 0; o < OUTPUTS; o++) {
        size_t count;
        double *values =
            dsc_record_cell_values(record, dsc_record_output_find(record, outputs[o].name), at, &count);
        memcpy(values, o == SECONDS ? r->seconds : &scalars[o], count * sizeof *values);
    }
    *dsc_record_cell_at(record, at) = (dsc_record_cell){
        .hash = at + 1, .seconds = s, .status = DSC_CELL_DONE, .message = about(scope, r)
    };
}

dsc_record *bench_write(dsc_scope *scope, const bench_results *results, const char *path, const char *recipe,
                        int argc, char **argv)
{
    dsc_record *record = make_record(scope, results, recipe);
    if (!record)
        return NULL;
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].absent)
            dsc_record_cell_fail(record, i, 0, results->items[i].absent);
        else
            put_row(scope, record, i, &results->items[i]);
    dsc_provenance_note(record, results->threads, argc, argv);
    note_conditions(scope, record, results);
    dsc_record_write(scope, record, path);
    return record;
}

/* ---- reading ---- */

bool bench_is_record(dsc_record *record)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    const dsc_record_output *seconds = dsc_record_output_find(record, outputs[SECONDS].name);
    return spec->experiment && strcmp(spec->experiment, EXPERIMENT) == 0 && spec->axis_count == 2 &&
           spec->cell_axes == 1 && spec->axes[0].names && seconds && seconds->rank == 2;
}

/* A number of a row; NaN if the file has none. */
static double number_at(dsc_record *record, int output, size_t row)
{
    size_t count = 0;
    const dsc_record_output *found = dsc_record_output_find(record, outputs[output].name);
    const double *value =
        found && found->rank == 1 ? dsc_record_cell_values(record, found, row, &count) : NULL;
    return value && count ? *value : NAN;
}

/* "gemm/tall/forward native": the suite, the row, the engine. */
static void read_name(dsc_scope *scope, const char *name, bench_result *r)
{
    if (!name)
        return;
    const size_t suite = strcspn(name, "/"), row = strcspn(name + suite, " ");
    r->row.suite = dsc_scope_format(scope, "%.*s", (int)suite, name);
    r->row.name = dsc_scope_format(scope, "%.*s", row ? (int)row - 1 : 0, name + suite + (row > 0));
    r->engine = dsc_scope_copy(scope, name + suite + row + (name[suite + row] == ' '));
}

static const char *roof_name(dsc_scope *scope, const dsc_record_axis *rows, double roof)
{
    bench_result r = { .row = { .name = "" } };
    if (roof >= 0 && roof < (double)rows->count)
        read_name(scope, dsc_record_axis_text(scope, rows, (size_t)roof, 6), &r);
    return r.row.name && (strchr(r.row.name, '-') || strncmp(r.row.name, "triad/", 6) == 0) ? r.row.name : "";
}

static void read_row(dsc_scope *scope, dsc_record *record, size_t row, bench_result *r)
{
    const dsc_record_axis *rows = &dsc_record_describe(record)->axes[0];
    const dsc_record_cell *cell = dsc_record_cell_at(record, row);
    size_t count = 0;
    const double *seconds =
        dsc_record_cell_values(record, dsc_record_output_find(record, outputs[SECONDS].name), row, &count);
    *r = (bench_result){ .hidden = number_at(record, ROOF, row) == 1, .per_cycle = NAN };
    read_name(scope, dsc_record_axis_text(scope, rows, row, 6), r);
    if (cell->status != DSC_CELL_DONE)
        r->absent = cell->message ? cell->message : "unknown";
    r->time = dsc_summarize(seconds, count);
    r->steadiness = bench_steadiness_of(&r->time);
    if (number_at(record, STEADINESS, row) == BENCH_TWO_LEVELS)
        r->steadiness = BENCH_TWO_LEVELS;
    r->flops = 1e9 * number_at(record, GFLOPS, row) * r->time.median;
    r->bytes = 1e9 * number_at(record, GBYTES, row) * r->time.median;
    r->share = number_at(record, SHARE, row);
    r->roof = roof_name(scope, rows, number_at(record, ROOF_ROW, row));
    r->setup = number_at(record, SETUP, row);
    r->ipc = number_at(record, IPC, row);
    r->gigahertz = number_at(record, GIGAHERTZ, row);
}

bench_results bench_read(dsc_scope *scope, dsc_record *record)
{
    const size_t count = dsc_record_cells(record);
    const char *counters = dsc_record_provenance_get(record, "counters");
    bench_results results = {
        .items = dsc_scope_alloc(scope, count, sizeof *results.items),
        .conditions = { .counters = counters && strcmp(counters, "counted") == 0 ? "" : "not counted" }
    };
    for (size_t i = 0; results.items && i < count && dsc_scope_status(scope) == DSC_OK; i++)
        read_row(scope, record, i, &results.items[results.count++]);
    return results;
}
