/* measure.c - the rows that are asked for, suite by suite, each with the roofs beside it. */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double SECONDS_A_ROW = 0.4;

struct entries {
    bench_entry *items;
    size_t count, capacity;
};

/* What the rows are held against, measured in the same rounds. */
static const char *const roofs[][2] = {
    { "peak", "clock/1" },      { "peak", "fma-fp32/all" },  { "peak", "fma-fp64/all" },
    { "peak", "dot-bf16/all" }, { "peak", "tile-bf16/all" }, { "memory", "triad/L1" },
    { "memory", "triad/L2" },   { "memory", "triad/L3" },    { "memory", "triad/DRAM" },
};
enum { ROOFS = sizeof roofs / sizeof roofs[0] };

static bool has_name(const bench_request *request, const dsc_bench_row *row)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s", row->suite, row->name);
    return strcmp(name, request->filter) == 0;
}

bool bench_is_asked(const bench_request *request, const dsc_bench_row *row)
{
    if (!request->filter)
        return true;
    size_t count;
    const dsc_bench_row *rows = dsc_bench_rows(row->suite, &count);
    for (size_t i = 0; i < count; i++) /* a whole name means that row alone */
        if (has_name(request, &rows[i]))
            return has_name(request, row);
    char name[256];
    snprintf(name, sizeof name, "%s/%s", row->suite, row->name);
    return strstr(name, request->filter) != NULL;
}

const char *bench_result_name(dsc_scope *scope, const bench_result *r)
{
    return dsc_scope_format(scope, "%s/%s%s%s", r->row.suite, r->row.name, *r->engine ? " " : "", r->engine);
}

/* --- Rows --- */

static const char *repeat_command(dsc_scope *scope, const bench_request *request, const bench_result *r)
{
    return dsc_scope_format(
        scope, "descent bench %s --filter %s/%s --threads %d --isa %s%s%s%s", r->row.suite, r->row.suite,
        r->row.name, request->threads, dsc_isa_name(dsc_isa_effective()), r->row.engines ? " --engine " : "",
        r->row.engines ? r->engine : "", request->dtype == DSC_DTYPE_BF16 ? " --precision bf16" : "");
}

static bench_result *add_result(dsc_scope *scope, const bench_request *request, bench_results *results,
                                const dsc_bench_task *task, const char *engine, bool hidden)
{
    bench_result *r = &results->items[results->count++];
    *r = (bench_result){ .row = *task->row,
                         .absent = task->absent ? dsc_scope_copy(scope, task->absent) : NULL,
                         .engine = engine,
                         .implementation = dsc_scope_copy(scope, task->absent ? "" : task->implementation),
                         .item = task->item,
                         .hidden = hidden,
                         .threads = task->threads,
                         .flops = task->flops,
                         .bytes = task->bytes,
                         .footprint = task->footprint,
                         .items = task->items,
                         .arithmetic = task->arithmetic,
                         .time = { .median = NAN, .low = NAN, .high = NAN },
                         .setup = task->setup,
                         .roof_flops = NAN,
                         .roof_row = NAN,
                         .share = NAN,
                         .per_cycle = NAN,
                         .ipc = NAN,
                         .gigahertz = NAN,
                         .roof = "" };
    for (size_t i = 0; i < BENCH_ROUNDS; i++)
        r->seconds[i] = NAN;
    r->repeat = repeat_command(scope, request, r);
    return r;
}

static void open_task(dsc_scope *scope, dsc_bench *bench, const bench_request *request,
                      const dsc_bench_row *row, dsc_engine engine, bool hidden, bench_results *results,
                      struct entries *entries)
{
    const dsc_bench_task *task = dsc_bench_task_make(bench, row, engine);
    if (!task || (task->absent && hidden) || entries->count == entries->capacity ||
        results->count == results->capacity)
        return;
    const char *asked = row->engines ? dsc_engine_name(engine) : "";
    bench_result *result =
        add_result(scope, request, results, task, task->absent ? asked : task->engine, hidden);
    if (!task->absent)
        entries->items[entries->count++] = (bench_entry){ task, result, 1, 0 };
}

/* Whether a row is measured once for each engine. */
static bool is_double(const bench_request *request, const dsc_bench_row *row)
{
    return row->engines && request->engine == DSC_ENGINE_AUTO && strcmp(row->suite, "train") != 0;
}

static void open_row(dsc_scope *scope, dsc_bench *bench, const bench_request *request,
                     const dsc_bench_row *row, bool hidden, bench_results *results, struct entries *entries)
{
    const bool both = is_double(request, row);
    open_task(scope, bench, request, row, both ? DSC_ENGINE_NATIVE : request->engine, hidden, results,
              entries);
    if (both)
        open_task(scope, bench, request, row, DSC_ENGINE_ONEDNN, hidden, results, entries);
}

/* Those that are not asked for anyway. The suite `peak` needs none of memory. */
static void open_roofs(dsc_scope *scope, dsc_bench *bench, const bench_request *request, const char *suite,
                       bench_results *results, struct entries *entries)
{
    for (size_t i = 0; i < ROOFS; i++) {
        size_t count;
        const dsc_bench_row *rows = dsc_bench_rows(roofs[i][0], &count);
        const bool here = strcmp(suite, roofs[i][0]) == 0;
        const bool needed = strcmp(suite, "peak") != 0 || strcmp(roofs[i][0], "peak") == 0;
        for (size_t j = 0; needed && j < count; j++)
            if (strcmp(rows[j].name, roofs[i][1]) == 0 && !(here && bench_is_asked(request, &rows[j])))
                open_row(scope, bench, request, &rows[j], true, results, entries);
    }
}

/* --- Counters --- */

static void run_again(const void *user)
{
    const bench_entry *entry = user;
    dsc_bench_task_run(entry->task, entry->count);
}

/* One round more, which is not timed. */
static void count_all(dsc_scope *scope, const struct entries *entries, bench_conditions *conditions)
{
    for (size_t i = 0; i < entries->count && !*conditions->counters; i++) {
        const bench_entry *e = &entries->items[i];
        bench_counts counts;
        dsc_bench_pin(e->task->threads);
        const char *reason = bench_count(scope, e->task->threads, run_again, e, &counts);
        if (reason) {
            conditions->counters = reason;
            return;
        }
        e->result->ipc = counts.instructions / counts.cycles;
        e->result->gigahertz = 1e-9 * counts.cycles / counts.seconds;
    }
}

/* --- All of it --- */

/* How many tasks a suite has at most, roofs among them. */
static size_t count_tasks(const bench_request *request, const char *suite)
{
    size_t count, asked = 0;
    const dsc_bench_row *rows = dsc_bench_rows(suite, &count);
    for (size_t i = 0; i < count; i++)
        if (bench_is_asked(request, &rows[i]))
            asked += is_double(request, &rows[i]) ? 2 : 1;
    return asked ? asked + ROOFS : 0;
}

static void open_suite(dsc_scope *scope, dsc_bench *bench, const bench_request *request, const char *suite,
                       bench_results *results, struct entries *entries)
{
    size_t count;
    const dsc_bench_row *rows = dsc_bench_rows(suite, &count);
    const size_t before = entries->count;
    for (size_t i = 0; i < count; i++)
        if (bench_is_asked(request, &rows[i]))
            open_row(scope, bench, request, &rows[i], false, results, entries);
    if (entries->count > before)
        open_roofs(scope, bench, request, suite, results, entries);
}

static void measure_suite(dsc_scope *scope, const bench_request *request, const char *suite, double row_time,
                          bench_watch *watch, bench_results *results)
{
    enum { MOST_ENTRIES = 512 };
    bench_entry items[MOST_ENTRIES];
    struct entries entries = { items, 0, MOST_ENTRIES };
    const size_t first = results->count;
    const double done = watch->done;
    dsc_scope *own = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    dsc_bench *bench =
        dsc_bench_open(own, &(dsc_bench_options){ .threads = request->threads, .dtype = request->dtype });
    if (bench) {
        results->pinned = dsc_bench_pin(request->threads);
        open_suite(scope, bench, request, suite, results, &entries);
    }
    if (dsc_scope_status(own) == DSC_OK) {
        bench_loop(entries.items, entries.count, row_time, watch);
        watch->done = done + (double)count_tasks(request, suite); /* of which some may not exist here */
        if (!watch->stopped) {
            count_all(scope, &entries, &results->conditions);
            bench_set_roofs(results, first, dsc_cpu_get());
        }
    }
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
}

void bench_measure(dsc_scope *scope, const bench_request *request, bench_results *results)
{
    enum { MOST_RESULTS = 1024 };
    bench_watch watch = { .request = request };
    for (size_t i = 0; i < request->suite_count; i++)
        watch.rows += count_tasks(request, request->suites[i]);
    *results = (bench_results){ .items = dsc_scope_alloc(scope, MOST_RESULTS, sizeof *results->items),
                                .capacity = MOST_RESULTS,
                                .threads = request->threads,
                                .dtype = request->dtype,
                                .conditions = bench_conditions_begin(scope) };
    if (!results->items)
        return;
    const double row_time =
        request->time > 0 ? request->time / (double)(watch.rows ? watch.rows : 1) : SECONDS_A_ROW;
    const bench_times before = bench_times_now();
    for (size_t i = 0; i < request->suite_count && dsc_scope_status(scope) == DSC_OK && !watch.stopped; i++)
        if (count_tasks(request, request->suites[i]) > 0)
            measure_suite(scope, request, request->suites[i], row_time, &watch, results);
    const bench_times after = bench_times_now();
    bench_conditions_end(&results->conditions, &before, &after);
    results->stopped = watch.stopped;
    dsc_bench_unpin();
}
