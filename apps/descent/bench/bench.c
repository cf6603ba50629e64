/* bench.c - `descent bench`: suites of rows, and comparisons of their results files. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <descent/bench.h>
#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/file.h>

#include "options.h"
#include "present.h"
#include "progress.h"
#include "terminal.h"

#define FIELD(name) offsetof(struct bench_arguments, name)
static const cli_option options[] = {
    CLI_OPTION("threads", "N", FIELD(threads), cli_option_threads,
               "threads of a step: a number or auto (default: auto, as `descent info` says)"),
    CLI_OPTION("isa", "LEVEL", FIELD(isa), cli_option_isa,
               "auto, scalar, avx2 or avx512 (default: $DESCENT_ISA, else auto)"),
    CLI_OPTION("engine", "ENGINE", FIELD(engine), cli_option_engine,
               "auto, native, onednn or ref (default: auto)"),
    CLI_OPTION("precision", "TYPE", FIELD(precision), cli_option_precision, "fp32 or bf16 (default: fp32)"),
    CLI_OPTION("profile", NULL, FIELD(profile), cli_option_flag,
               "peers: print the time of each op after each workload"),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "print JSON; peers: a line a workload"),
    CLI_OPTION("csv", NULL, FIELD(csv), cli_option_flag, "print comma-separated values"),
    CLI_OPTION("md", NULL, FIELD(md), cli_option_flag, "print a table in Markdown"),
    CLI_OPTION("out", "FILE.h5", FIELD(out), cli_option_text, "write a results file, for compare"),
    CLI_OPTION("plot", "FORMATS", FIELD(plot), cli_option_formats,
               "draw the roofline beside the results file of --out: out of svg,png,pdf,tex"),
    CLI_OPTIONS_PAGE(struct bench_arguments, page),
    CLI_OPTION("filter", "TEXT", FIELD(filter), cli_option_text,
               "only rows whose SUITE/ROW contains TEXT, or is TEXT"),
    CLI_OPTION("list", NULL, FIELD(list), cli_option_flag, "print the rows, measure nothing"),
    CLI_OPTION("time", "DURATION", FIELD(time), cli_option_duration,
               "of all measuring together (default: 0.4 s a row)"),
    CLI_OPTION_END,
};

/* --- Suites --- */

static const char *suite_name_at(const void *user, size_t i)
{
    (void)user;
    size_t count;
    const char *const *suites = dsc_bench_suites(&count);
    return i < count ? suites[i] : i == count ? "all" : i == count + 1 ? "peers" : "compare";
}

static void add_suite(dsc_scope *scope, bench_request *request, const char *name)
{
    size_t count;
    const char *const *suites = dsc_bench_suites(&count);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, "all") != 0 && strcmp(name, suites[i]) != 0)
            continue;
        found = true;
        bool there = false;
        for (size_t j = 0; j < request->suite_count; j++)
            there = there || strcmp(request->suites[j], suites[i]) == 0;
        if (!there)
            request->suites[request->suite_count++] = suites[i];
    }
    if (!found)
        cli_unknown_name(scope, "suite", name, count + 3, suite_name_at, NULL);
}

static bench_request request_of(dsc_scope *scope, const cli_words *words,
                                const struct bench_arguments *arguments)
{
    bench_request request = { .filter = arguments->filter,
                              .time = arguments->time,
                              .engine = arguments->engine,
                              .dtype = arguments->precision };
    for (size_t i = 0; i < words->count; i++)
        add_suite(scope, &request, words->items[i]);
    if (arguments->precision == DSC_DTYPE_F64)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--precision expects fp32 or bf16, found fp64");
    if (arguments->json + arguments->csv + arguments->md > 1)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "expected one of --json, --csv and --md, found several");
    if (arguments->profile)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--profile is an option of bench peers");
    if (arguments->plot && !arguments->out)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "--plot draws beside the results file: name one by --out FILE.h5");
    return request;
}

/* Prints the rows that are asked for; fails if there are none. */
static void list_rows(dsc_scope *scope, const bench_request *request, bool print)
{
    size_t asked = 0;
    for (size_t i = 0; i < request->suite_count; i++) {
        size_t count;
        const dsc_bench_row *rows = dsc_bench_rows(request->suites[i], &count);
        for (size_t j = 0; j < count; j++) {
            if (!bench_is_asked(request, &rows[j]))
                continue;
            asked++;
            if (print)
                cli_print("%s/%s  %s\n", rows[j].suite, rows[j].name, rows[j].shape);
        }
    }
    if (asked == 0)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "no row contains '%s': --list shows them",
                       request->filter ? request->filter : "");
}

static void warn(dsc_call *call, const bench_results *results)
{
    cli_terminal *terminal = &call->terminal;
    const bench_conditions *c = &results->conditions;
    if (!results->pinned)
        cli_say(terminal, CLI_TONE_WARNING, "threads are not pinned to processors");
    if (c->others > 0.05)
        cli_say(terminal, CLI_TONE_WARNING, "other processes kept %.2f processors busy meanwhile", c->others);
    if (c->steal > 0.01)
        cli_say(terminal, CLI_TONE_WARNING, "the host took %.1f %% of the processors' time", 100 * c->steal);
    cli_say(terminal, CLI_TONE_NOTE, "%s; load before: %.1f; frequency governor: %s; turbo: %s",
            results->pinned ? "each thread is pinned to a processor" : "nothing is pinned", c->load,
            c->governor, c->turbo);
    if (*c->counters)
        cli_say(terminal, CLI_TONE_NOTE, "instructions and cycles are not counted: %s", c->counters);
}

/* What the numbers depend on that was asked for. */
static const char *recipe_of(dsc_scope *scope, const bench_request *request,
                             const struct bench_arguments *arguments)
{
    json_t *suites = json_array();
    for (size_t i = 0; i < request->suite_count; i++)
        json_array_append_new(suites, json_string(request->suites[i]));
    json_t *recipe = json_pack("{s:o, s:s, s:i, s:s, s:s, s:s, s:f}", "suites", suites, "filter",
                               request->filter ? request->filter : "", "threads", request->threads, "isa",
                               dsc_isa_name(dsc_isa_effective()), "engine", dsc_engine_name(request->engine),
                               "precision", dsc_dtype_name(request->dtype), "time", arguments->time);
    char *text = recipe ? json_dumps(recipe, JSON_COMPACT) : NULL;
    const char *copy = dsc_scope_copy(scope, text ? text : "{}");
    free(text);
    json_decref(recipe);
    return copy;
}

static void write_file(dsc_call *call, const bench_request *request, const bench_results *results,
                       const struct bench_arguments *arguments)
{
    dsc_scope *scope = call->scope;
    dsc_record *record = bench_write(scope, results, arguments->out, recipe_of(scope, request, arguments),
                                     call->command_argc, call->command_argv);
    if (!record || !arguments->plot || dsc_scope_status(scope) != DSC_OK)
        return;
    const dsc_plot_files files =
        dsc_plot(scope, record, arguments->out,
                 &(dsc_plot_options){ .formats = arguments->plot, .page = arguments->page });
    for (size_t i = 0; i < files.count; i++)
        cli_say(&call->terminal, CLI_TONE_NOTE, "%s", files.paths[i]);
    if (files.missing)
        cli_say(&call->terminal, CLI_TONE_WARNING, "%s: script, data and text were written, no picture",
                files.missing);
}

static void report(dsc_call *call, const bench_request *request, const bench_results *results,
                   const struct bench_arguments *arguments)
{
    if (arguments->json)
        bench_print_json(call->scope, results);
    else if (arguments->csv)
        bench_print_csv(call->scope, results);
    else if (arguments->md)
        bench_print_md(call->scope, results);
    else {
        bench_print_machine(&call->terminal, results);
        bench_print_table(call->scope, &call->terminal, results);
    }
    if (arguments->out)
        write_file(call, request, results, arguments);
}

/* Progress on a terminal, and whether someone asked to stop. */
struct watcher {
    cli_progress_view view;
    volatile int *stop;
    double start, shown;
};

static bool watch(void *user, double done, size_t rows)
{
    struct watcher *w = user;
    const double now = dsc_clock_seconds(), elapsed = now - w->start;
    if (now - w->shown >= 0.1) {
        w->shown = now;
        cli_progress_show(
            &w->view,
            &(dsc_progress){ .cells = rows,
                             .done = (size_t)done,
                             .elapsed = elapsed,
                             .remaining = elapsed > 2 ? elapsed * ((double)rows / done - 1) : NAN });
    }
    return !*w->stop;
}

/* The first reason why a row is absent, if none was measured; else NULL. */
static const char *nothing_measured(const bench_results *results)
{
    for (size_t i = 0; i < results->count; i++)
        if (!results->items[i].absent)
            return NULL;
    return results->count ? results->items[0].absent : "there are no rows";
}

static dsc_exit measure_suites(dsc_call *call, bench_request *request,
                               const struct bench_arguments *arguments)
{
    struct watcher watcher = { .view = { .terminal = &call->terminal, .title = "bench", .unit = "rows" },
                               .stop = cli_signals_catch(),
                               .start = dsc_clock_seconds() };
    request->threads = dsc_threads_choose(arguments->threads).count;
    request->watch = watch;
    request->user = &watcher;
    bench_results results;
    bench_measure(call->scope, request, &results);
    cli_progress_end(&watcher.view);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    if (results.stopped) {
        cli_say(&call->terminal, CLI_TONE_WARNING,
                "stopped: a benchmark is whole or nothing, no result was kept");
        return DSC_EXIT_STOPPED;
    }
    const char *reason = nothing_measured(&results);
    if (reason) {
        dsc_scope_fail(call->scope, DSC_ERROR_UNSUPPORTED, "none of these rows can be measured: %s", reason);
        return DSC_EXIT_FAILED;
    }
    report(call, request, &results, arguments);
    warn(call, &results);
    return DSC_EXIT_GOOD;
}

/* Whether there is a file of an earlier benchmark: a new one takes its place. */
static bool is_benchmark(const char *path)
{
    dsc_scope *own = dsc_scope_open(NULL);
    dsc_record *record = dsc_file_exists(path) ? dsc_record_read(own, path) : NULL;
    const bool answer = record && bench_is_record(record);
    dsc_scope_close(&own);
    return answer;
}

static dsc_exit bench_suites(dsc_call *call, const cli_words *words, struct bench_arguments *arguments)
{
    dsc_scope *scope = call->scope;
    bench_request request = request_of(scope, words, arguments);
    if (dsc_scope_status(scope) == DSC_OK)
        list_rows(scope, &request, arguments->list);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (!arguments->list && arguments->out && !is_benchmark(arguments->out))
        dsc_file_spare(scope, arguments->out, DSC_FILE_OTHER);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (!arguments->list && arguments->out)
        dsc_file_check_writable(scope, arguments->out);
    if (arguments->list || dsc_isa_select(scope, arguments->isa) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    return measure_suites(call, &request, arguments);
}

/* False, and the scope fails, if an option was given that belongs to suites alone. */
bool dsc_bench_takes_no_suite_options(dsc_scope *scope, const char *word,
                                      const struct bench_arguments *arguments)
{
    const struct {
        const char *name;
        bool given;
    } suites[] = {
        { "csv", arguments->csv },
        { "md", arguments->md },
        { "list", arguments->list },
        { "filter", arguments->filter },
        { "out", arguments->out },
        { "time", arguments->time > 0 },
        { "plot", arguments->plot },
        { "width", arguments->page.width > 0 },
        { "font-size", arguments->page.font_size > 0 },
        { "no-title", arguments->page.no_title },
    };
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (suites[i].given) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "--%s is an option of suites: leave it out of `bench %s`", suites[i].name, word);
            return false;
        }
    return true;
}

static dsc_exit bench_compare_files(dsc_call *call, const cli_words *words,
                                    const struct bench_arguments *arguments)
{
    if (words->count != 3) {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "usage: descent bench compare A.h5 B.h5");
        return DSC_EXIT_USAGE;
    }
    if (!dsc_bench_takes_no_suite_options(call->scope, "compare", arguments))
        return DSC_EXIT_USAGE;
    return bench_compare(call->scope, &call->terminal, words->items[1], words->items[2], arguments->json);
}

static dsc_exit bench(dsc_call *call)
{
    struct bench_arguments arguments = { .threads = 0 };
    const cli_words words = dsc_call_read(call, &dsc_verb_bench, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (strcmp(words.items[0], "peers") == 0)
        return dsc_bench_peers(call, &words, &arguments);
    if (strcmp(words.items[0], "compare") == 0)
        return bench_compare_files(call, &words, &arguments);
    return bench_suites(call, &words, &arguments);
}

const dsc_verb dsc_verb_bench = {
    .name = "bench",
    .words = "SUITE...",
    .summary = "how fast this machine is: suites of rows, peers, compare",
    .options = options,
    .run = bench,
    .answer = "compare: 1 if a row of the second file is slower",
    .examples = "  descent bench peak memory\n"
                "  descent bench all --out this.h5 --plot svg\n"
                "  descent bench conv --filter resnet50 --engine onednn --precision bf16\n"
                "  descent bench compare before.h5 after.h5\n"
                "  descent bench peers mlp_tiny --threads 1 --json\n"
                "\n"
                "Suites: peak, memory, gemm, conv, kernels, rnn, train, scaling, sweep; all of them: all.\n"
                "peers [WORKLOAD]... prints training steps a second on the reference workloads.\n",
};
