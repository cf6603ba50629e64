/* measure.c - the one loop that measures. */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/clock.h>

static const double SECONDS_A_ROW = 0.5;

/* A row that is being measured. */
struct entry {
    const dsc_bench_task *task;
    bench_result *result;
    size_t count; /* runs of a round */
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

bool bench_is_asked(const bench_request *request, const dsc_bench_row *row)
{
    if (!request->filter)
        return true;
    char name[256];
    snprintf(name, sizeof name, "%s/%s", row->suite, row->name);
    if (strstr(request->filter, row->suite) == request->filter && strchr(request->filter, '/')) {
        size_t count;
        const dsc_bench_row *rows = dsc_bench_rows(row->suite, &count);
        for (size_t i = 0; i < count; i++) { /* a whole name means that row alone */
            char other[256];
            snprintf(other, sizeof other, "%s/%s", rows[i].suite, rows[i].name);
            if (strcmp(other, request->filter) == 0)
                return strcmp(name, request->filter) == 0;
        }
    }
    return strstr(name, request->filter) != NULL;
}

const char *bench_result_name(dsc_scope *scope, const bench_result *r)
{
    return dsc_scope_format(scope, "%s/%s%s%s", r->row.suite, r->row.name, *r->engine ? " " : "", r->engine);
}

/* --- Conditions --- */

struct processor_time {
    double all, stolen;
};

static struct processor_time processor_time(void)
{
    struct processor_time t = { NAN, NAN };
    FILE *file = fopen("/proc/stat", "r");
    double v[8];
    if (file && fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
                       &v[6], &v[7]) == 8) {
        t.all = v[0] + v[1] + v[2] + v[3] + v[4] + v[5] + v[6] + v[7];
        t.stolen = v[7];
    }
    if (file)
        fclose(file);
    return t;
}

static const char *governor(dsc_scope *scope)
{
    char text[64] = "";
    FILE *file = fopen("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "r");
    if (file && !fgets(text, sizeof text, file))
        text[0] = 0;
    if (file)
        fclose(file);
    text[strcspn(text, "\n")] = 0;
    return dsc_scope_copy(scope, *text ? text : "cannot be read");
}

/* --- Rows --- */

static const char *repeat_command(dsc_scope *scope, const bench_request *request, const bench_result *r)
{
    return dsc_scope_format(
        scope, "descent bench %s --filter %s/%s --threads %d --isa %s%s%s%s", r->row.suite, r->row.suite,
        r->row.name, request->threads, dsc_isa_name(dsc_isa_effective()), r->row.engines ? " --engine " : "",
        r->row.engines ? r->engine : "", request->dtype == DSC_BF16 ? " --precision bf16" : "");
}

static void add_result(dsc_scope *scope, const bench_request *request, bench_results *results,
                       const dsc_bench_task *task, bool hidden)
{
    if (results->count == results->capacity)
        return;
    bench_result *r = &results->items[results->count++];
    *r = (bench_result){ .row = *task->row,
                         .engine = task->engine,
                         .implementation = dsc_scope_copy(scope, task->implementation),
                         .item = task->item,
                         .hidden = hidden,
                         .threads = task->threads,
                         .flops = task->flops,
                         .bytes = task->bytes,
                         .footprint = task->footprint,
                         .items = task->items,
                         .arithmetic = task->arithmetic,
                         .roof_flops = NAN,
                         .share = NAN,
                         .per_cycle = NAN,
                         .roof = "" };
    r->repeat = repeat_command(scope, request, r);
}

static void open_task(dsc_scope *scope, dsc_bench *bench, const bench_request *request,
                      const dsc_bench_row *row, dsc_engine engine, bool hidden, bench_results *results,
                      struct entries *entries)
{
    const dsc_bench_task *task = dsc_bench_task_make(bench, row, engine);
    if (!task || task->absent || entries->count == entries->capacity)
        return;
    add_result(scope, request, results, task, hidden);
    entries->items[entries->count++] = (struct entry){ task, &results->items[results->count - 1], 1 };
}

static void open_row(dsc_scope *scope, dsc_bench *bench, const bench_request *request,
                     const dsc_bench_row *row, bool hidden, bench_results *results, struct entries *entries)
{
    if (!row->engines || request->engine != DSC_ENGINE_AUTO || strcmp(row->suite, "train") == 0) {
        open_task(scope, bench, request, row, request->engine, hidden, results, entries);
        return;
    }
    open_task(scope, bench, request, row, DSC_ENGINE_NATIVE, hidden, results, entries);
    open_task(scope, bench, request, row, DSC_ENGINE_ONEDNN, hidden, results, entries);
}

/* What the others are held against is measured in the same rounds. */
static void open_roofs(dsc_scope *scope, dsc_bench *bench, const bench_request *request, const char *suite,
                       bench_results *results, struct entries *entries)
{
    static const char *const roofs[][2] = {
        { "peak", "clock/1" },      { "peak", "fma-fp32/all" },  { "peak", "fma-fp64/all" },
        { "peak", "dot-bf16/all" }, { "peak", "tile-bf16/all" }, { "memory", "triad/L1" },
        { "memory", "triad/L2" },   { "memory", "triad/L3" },    { "memory", "triad/DRAM" },
    };
    for (size_t i = 0; i < sizeof roofs / sizeof roofs[0]; i++) {
        size_t count;
        const dsc_bench_row *rows = dsc_bench_rows(roofs[i][0], &count);
        const bool here = strcmp(suite, roofs[i][0]) == 0;
        const bool needed = strcmp(suite, "peak") != 0 || strcmp(roofs[i][0], "peak") == 0;
        for (size_t j = 0; needed && j < count; j++)
            if (strcmp(rows[j].name, roofs[i][1]) == 0 && !(here && bench_is_asked(request, &rows[j])))
                open_row(scope, bench, request, &rows[j], true, results, entries);
    }
}

/* --- Time --- */

static double time_runs(const struct entry *entry, size_t count)
{
    dsc_bench_pin(entry->task->threads);
    const double start = dsc_clock_seconds();
    dsc_bench_task_run(entry->task, count);
    return dsc_clock_seconds() - start;
}

/* The first run is never timed; then as many as fill a round's block. */
static void calibrate(struct entry *entry, double block)
{
    time_runs(entry, 1);
    double taken = time_runs(entry, 1);
    size_t count = 1;
    while (taken < block / 4 && count < (size_t)1 << 40) {
        count *= 2;
        taken = time_runs(entry, count);
    }
    const double wanted = block / (taken / (double)count);
    entry->count = wanted > 1 ? (size_t)wanted : 1;
}

/* Every round takes each row once, in turn from both ends; a run that is not timed warms the caches. */
static void run_rounds(const struct entries *entries)
{
    for (size_t round = 0; round < BENCH_ROUNDS; round++)
        for (size_t i = 0; i < entries->count; i++) {
            const size_t at = round % 2 ? entries->count - 1 - i : i;
            const struct entry *e = &entries->items[at];
            time_runs(e, 1);
            e->result->seconds[round] = time_runs(e, e->count) / (double)e->count;
        }
}

/* --- Roofs --- */

static const bench_result *find(const bench_results *results, size_t first, const char *suite,
                                const char *name)
{
    for (size_t i = first; i < results->count; i++)
        if (strcmp(results->items[i].row.suite, suite) == 0 && strcmp(results->items[i].row.name, name) == 0)
            return &results->items[i];
    return NULL;
}

/* The arithmetic roof of a type; of bfloat16 the faster of the two. */
static const bench_result *arithmetic_roof(const bench_results *results, size_t first,
                                           dsc_bench_arithmetic arithmetic)
{
    if (arithmetic == DSC_BENCH_F64)
        return find(results, first, "peak", "fma-fp64/all");
    if (arithmetic != DSC_BENCH_BF16)
        return find(results, first, "peak", "fma-fp32/all");
    const bench_result *tile = find(results, first, "peak", "tile-bf16/all");
    const bench_result *dot = tile ? tile : find(results, first, "peak", "dot-bf16/all");
    return dot ? dot : find(results, first, "peak", "fma-fp32/all");
}

/* The smallest level of memory that holds what a row touches. */
static const bench_result *memory_roof(const bench_results *results, size_t first, const bench_result *r)
{
    const dsc_cpu *cpu = dsc_cpu_get();
    const double threads = r->threads;
    if (r->footprint <= threads * (double)cpu->l1d_bytes)
        return find(results, first, "memory", "triad/L1");
    if (r->footprint <= threads * (double)cpu->l2_bytes)
        return find(results, first, "memory", "triad/L2");
    return find(results, first, "memory", r->footprint <= (double)cpu->l3_bytes ? "triad/L3" : "triad/DRAM");
}

/* A roof is what the machine can do: the fastest round says it. */
static double best(const bench_result *r)
{
    double least = r->seconds[0];
    for (size_t i = 1; i < BENCH_ROUNDS; i++)
        least = fmin(least, r->seconds[i]);
    return least;
}

/* Roofline (Williams, Waterman and Patterson 2009): the arithmetic's rate, or the memory's times the
 * intensity. */
static void set_roof(const bench_results *results, size_t first, bench_result *r)
{
    const bench_result *clock = find(results, first, "peak", "clock/1");
    if (clock && r->flops > 0 && r->arithmetic != DSC_BENCH_CYCLES)
        r->per_cycle = r->flops / r->time.median / r->threads / (clock->flops / best(clock));
    if (strcmp(r->row.suite, "peak") == 0)
        return;
    const bench_result *top = arithmetic_roof(results, first, r->arithmetic);
    const bench_result *slope = r->bytes > 0 ? memory_roof(results, first, r) : NULL;
    const double by_arithmetic =
        top && r->flops > 0 ? r->flops / (top->flops / best(top)) * top->threads / r->threads : 0;
    const double by_memory = slope ? r->bytes / (slope->bytes / best(slope)) : 0;
    const double least = fmax(by_arithmetic, by_memory);
    if (least <= 0)
        return;
    r->share = least / r->time.median;
    r->roof = by_arithmetic > by_memory ? top->row.name : slope->row.name;
    r->roof_flops = r->flops / least;
}

/* --- All of it --- */

static size_t count_rows(const bench_request *request, const char *suite)
{
    size_t count, asked = 0;
    const dsc_bench_row *rows = dsc_bench_rows(suite, &count);
    for (size_t i = 0; i < count; i++)
        asked += bench_is_asked(request, &rows[i]);
    return asked;
}

static void measure_suite(dsc_scope *scope, const bench_request *request, const char *suite, double row_time,
                          bench_results *results)
{
    enum { MOST_ENTRIES = 512 };
    struct entry items[MOST_ENTRIES];
    struct entries entries = { items, 0, MOST_ENTRIES };
    const size_t first = results->count;
    dsc_scope *own = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    dsc_bench *bench =
        dsc_bench_open(own, &(dsc_bench_options){ .threads = request->threads, .dtype = request->dtype });
    if (bench)
        results->pinned = dsc_bench_pin(request->threads);
    size_t count;
    const dsc_bench_row *rows = dsc_bench_rows(suite, &count);
    for (size_t i = 0; bench && i < count; i++)
        if (bench_is_asked(request, &rows[i]))
            open_row(scope, bench, request, &rows[i], false, results, &entries);
    if (bench)
        open_roofs(scope, bench, request, suite, results, &entries);
    if (dsc_scope_status(own) == DSC_OK) {
        for (size_t i = 0; i < entries.count; i++)
            calibrate(&entries.items[i], row_time / (BENCH_ROUNDS + 3));
        run_rounds(&entries);
        for (size_t i = first; i < results->count; i++)
            results->items[i].time = dsc_summarize(results->items[i].seconds, BENCH_ROUNDS);
        for (size_t i = first; i < results->count; i++)
            set_roof(results, first, &results->items[i]);
    }
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
}

void bench_measure(dsc_scope *scope, const bench_request *request, bench_results *results)
{
    enum { MOST_RESULTS = 1024, ROOFS = 9 };
    size_t rows = 0;
    for (size_t i = 0; i < request->suite_count; i++) {
        const size_t asked = count_rows(request, request->suites[i]);
        rows += asked > 0 ? asked + ROOFS : 0;
    }
    results->items = dsc_scope_alloc(scope, MOST_RESULTS, sizeof *results->items);
    results->capacity = MOST_RESULTS;
    results->governor = governor(scope);
    if (getloadavg(&results->load, 1) != 1)
        results->load = NAN;
    const struct processor_time before = processor_time();
    const double row_time = request->time > 0 ? request->time / (double)(rows ? rows : 1) : SECONDS_A_ROW;
    for (size_t i = 0; i < request->suite_count && dsc_scope_status(scope) == DSC_OK; i++)
        if (count_rows(request, request->suites[i]) > 0)
            measure_suite(scope, request, request->suites[i], row_time, results);
    const struct processor_time after = processor_time();
    results->steal = after.all > before.all ? (after.stolen - before.stolen) / (after.all - before.all) : NAN;
}
