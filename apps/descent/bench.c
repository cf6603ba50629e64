/* bench.c - `descent bench`: suites of rows, comparisons, and training throughput on the reference workloads
 * in the terms of other frameworks. */
#include "command.h"

#include <string.h>

#include <jansson.h>

#include <descent/bench.h>
#include <descent/build.h>
#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/peak.h>
#include <descent/statistics.h>
#include <descent/train.h>

#include "present.h"

struct arguments {
    int threads;
    dsc_isa isa;
    dsc_engine engine;
    dsc_dtype precision;
    bool json, profile, csv, md, list;
    const char *filter, *out;
    double time;
};

#define FIELD(name) offsetof(struct arguments, name)
static const dsc_option options[] = {
    DSC_OPTION("threads", "N", FIELD(threads), dsc_option_threads,
               "threads of a step: a number or auto (default: auto)"),
    DSC_OPTION("isa", "LEVEL", FIELD(isa), dsc_option_isa,
               "auto, scalar, avx2 or avx512 (default: $DESCENT_ISA, else auto)"),
    DSC_OPTION("engine", "ENGINE", FIELD(engine), dsc_option_engine,
               "auto, native, onednn or ref (default: auto)"),
    DSC_OPTION("precision", "TYPE", FIELD(precision), dsc_option_precision, "fp32 or bf16 (default: fp32)"),
    DSC_OPTION("profile", NULL, FIELD(profile), dsc_option_flag,
               "peers: print the time of each op after each workload"),
    DSC_OPTION("json", NULL, FIELD(json), dsc_option_flag, "print JSON; peers: a line a workload"),
    DSC_OPTION("csv", NULL, FIELD(csv), dsc_option_flag, "print comma-separated values"),
    DSC_OPTION("md", NULL, FIELD(md), dsc_option_flag, "print a table in Markdown"),
    DSC_OPTION("out", "FILE.h5", FIELD(out), dsc_option_text, "write a results file, for compare"),
    DSC_OPTION("filter", "TEXT", FIELD(filter), dsc_option_text,
               "only rows whose SUITE/ROW contains TEXT, or is TEXT"),
    DSC_OPTION("list", NULL, FIELD(list), dsc_option_flag, "print the rows, measure nothing"),
    DSC_OPTION("time", "DURATION", FIELD(time), dsc_option_duration,
               "of all measuring together (default: half a second a row)"),
    DSC_OPTION_END,
};

enum { REPEATS = 7, WARM_UP_STEPS = 3 };
static const double REPEAT_SECONDS = 0.5;
static const double LEARNING_RATE = 1e-3;

static const char *workload_name_at(const void *user, size_t i)
{
    (void)user;
    size_t count;
    return dsc_bench_workloads(&count)[i].name;
}

static const dsc_bench_workload *find_workload(dsc_scope *scope, const char *name)
{
    size_t count;
    const dsc_bench_workload *workloads = dsc_bench_workloads(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return &workloads[i];
    dsc_unknown_name(scope, "workload", name, count, workload_name_at, NULL);
    return NULL;
}

static dsc_model *build(dsc_scope *scope, const dsc_bench_workload *workload,
                        const struct arguments *arguments)
{
    dsc_node *loss =
        dsc_softmax_cross_entropy(workload->network(scope), dsc_labels(scope, workload->classes));
    return dsc_compile(loss, &(dsc_compile_options){ .batch = workload->batch,
                                                     .engine = arguments->engine,
                                                     .dtype = arguments->precision,
                                                     .threads = arguments->threads,
                                                     .profile = arguments->profile });
}

/* Seconds of count steps. */
static double time_steps(dsc_trainer *trainer, dsc_bench_batch batch, size_t count)
{
    const double start = dsc_clock_seconds();
    for (size_t i = 0; i < count; i++)
        dsc_trainer_step(trainer, batch.x, batch.labels);
    return dsc_clock_seconds() - start;
}

/* Median seconds of a step over repeats of about half a second each. */
static double measure(dsc_trainer *trainer, dsc_bench_batch batch)
{
    double seconds[REPEATS];
    const unsigned mode = dsc_float_mode_enter();
    time_steps(trainer, batch, WARM_UP_STEPS);
    size_t count = 1;
    for (double taken = 0; taken < REPEAT_SECONDS / 10;
         count *= 2) /* until the clock's grain does not matter */
        taken = time_steps(trainer, batch, count);
    const double step = time_steps(trainer, batch, count) / (double)count;
    count = step < REPEAT_SECONDS ? (size_t)(REPEAT_SECONDS / step) : 1;
    for (size_t i = 0; i < REPEATS; i++)
        seconds[i] = time_steps(trainer, batch, count) / (double)count;
    dsc_float_mode_leave(mode);
    return dsc_median(seconds, REPEATS);
}

static void print_result(const dsc_bench_workload *workload, double step, const struct arguments *arguments)
{
    const double rate = (double)workload->batch / step;
    const char *precision = dsc_dtype_name(arguments->precision);
    if (!arguments->json) {
        printf("%-9s %s threads=%d %11.1f samples/s %10.4f ms/step\n", workload->name, precision,
               arguments->threads, rate, 1e3 * step);
        return;
    }
    char peer[64];
    snprintf(peer, sizeof peer, "descent %s", dsc_build_get()->version);
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:i, s:f, s:f}", "peer", peer, "workload", workload->name, "precision",
                  precision, "threads", arguments->threads, "samples_per_s", rate, "step_ms", 1e3 * step);
    json_dumpf(line, stdout, JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(line);
}

/* The table goes to stderr beside JSON, which a program reads. */
static void print_profile(dsc_scope *scope, const dsc_model *model, const struct arguments *arguments)
{
    const char *table = dsc_model_profile(scope, model, dsc_peak_flops(arguments->threads));
    if (table)
        fprintf(arguments->json ? stderr : stdout, "\n%s\n", table);
}

static void run_workload(dsc_call *call, const dsc_bench_workload *workload,
                         const struct arguments *arguments)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    dsc_model *model = build(scope, workload, arguments);
    dsc_trainer *trainer = dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_ADAM, .lr = LEARNING_RATE });
    const dsc_bench_batch batch = dsc_bench_batch_make(scope, workload);
    const double step = dsc_scope_status(scope) == DSC_OK ? measure(trainer, batch) : 0;
    if (dsc_scope_status(scope) == DSC_OK) {
        print_result(workload, step, arguments);
        if (arguments->profile)
            print_profile(scope, model, arguments);
    }
    dsc_scope_adopt_error(call->scope, scope);
    fflush(stdout);
    dsc_scope_close(&scope);
}

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
        dsc_unknown_name(scope, "suite", name, count + 3, suite_name_at, NULL);
}

static bench_request request_of(dsc_scope *scope, const dsc_words *words, const struct arguments *arguments)
{
    bench_request request = { .filter = arguments->filter,
                              .time = arguments->time,
                              .engine = arguments->engine,
                              .dtype = arguments->precision };
    for (size_t i = 0; i < words->count; i++)
        add_suite(scope, &request, words->items[i]);
    if (arguments->precision == DSC_F64)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--precision expects fp32 or bf16, found fp64");
    if (arguments->json + arguments->csv + arguments->md > 1)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "expected one of --json, --csv and --md, found several");
    if (arguments->profile)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--profile is an option of bench peers");
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
                printf("%s/%s  %s\n", rows[j].suite, rows[j].name, rows[j].shape);
        }
    }
    if (asked == 0)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "no row contains '%s': --list shows them",
                       request->filter ? request->filter : "");
}

static void warn(dsc_call *call, const bench_request *request, const bench_results *results)
{
    if (!results->pinned)
        dsc_say(&call->terminal, DSC_TONE_WARNING, "threads are not pinned to processors");
    if (results->load > 0.5)
        dsc_say(&call->terminal, DSC_TONE_WARNING,
                "other programs ran before: a load of %.1f, and %d threads were measured", results->load,
                request->threads);
    if (results->steal > 0.01)
        dsc_say(&call->terminal, DSC_TONE_WARNING, "the host took %.1f %% of the processors' time",
                100 * results->steal);
    dsc_say(&call->terminal, DSC_TONE_NOTE, "frequency governor: %s", results->governor);
}

static const char *command_text(const dsc_call *call)
{
    const char *text = "";
    for (int i = 0; i < call->command_argc && text; i++)
        text = dsc_scope_format(call->scope, "%s%s%s", text, i ? " " : "", call->command_argv[i]);
    return text;
}

/* The file holds what was asked for, without what was measured as a roof alone. */
static bench_results without_roofs(dsc_scope *scope, const bench_results *results)
{
    bench_results asked = *results;
    asked.items = dsc_scope_alloc(scope, results->count, sizeof *asked.items);
    asked.count = 0;
    for (size_t i = 0; asked.items && i < results->count; i++)
        if (!results->items[i].hidden)
            asked.items[asked.count++] = results->items[i];
    return asked;
}

static void report(dsc_call *call, const bench_results *results, const struct arguments *arguments)
{
    if (arguments->json)
        bench_print_json(call->scope, results);
    else if (arguments->csv)
        bench_print_csv(results);
    else if (arguments->md)
        bench_print_md(call->scope, results);
    else
        bench_print_table(call->scope, &call->terminal, results);
    if (arguments->out) {
        const bench_results asked = without_roofs(call->scope, results);
        bench_write(call->scope, &asked, arguments->out, command_text(call));
    }
}

static dsc_exit bench_suites(dsc_call *call, const dsc_words *words, struct arguments *arguments)
{
    dsc_scope *scope = call->scope;
    bench_request request = request_of(scope, words, arguments);
    if (dsc_scope_status(scope) == DSC_OK)
        list_rows(scope, &request, arguments->list);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (arguments->list || dsc_isa_select(scope, arguments->isa) != DSC_OK)
        return DSC_EXIT_GOOD; /* dsc_finish() reports the scope's error */
    request.threads = dsc_threads_choose(arguments->threads).count;
    bench_results results = { .count = 0 };
    bench_measure(scope, &request, &results);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    if (results.count == 0) {
        dsc_scope_fail(scope, DSC_ERROR_UNSUPPORTED, "this machine or engine has none of these rows");
        return DSC_EXIT_FAILED;
    }
    report(call, &results, arguments);
    warn(call, &request, &results);
    return DSC_EXIT_GOOD;
}

/* False, and the scope fails, if an option was given that belongs to suites alone. */
static bool takes_no_suite_options(dsc_scope *scope, const char *word, const struct arguments *arguments)
{
    const struct {
        const char *name;
        bool given;
    } suites[] = {
        { "csv", arguments->csv },       { "md", arguments->md },   { "list", arguments->list },
        { "filter", arguments->filter }, { "out", arguments->out }, { "time", arguments->time > 0 },
    };
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (suites[i].given) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "--%s is an option of suites: leave it out of `bench %s`", suites[i].name, word);
            return false;
        }
    return true;
}

static dsc_exit bench_compare_files(dsc_call *call, const dsc_words *words, const struct arguments *arguments)
{
    if (words->count != 3) {
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "usage: descent bench compare A.h5 B.h5");
        return DSC_EXIT_USAGE;
    }
    if (!takes_no_suite_options(call->scope, "compare", arguments))
        return DSC_EXIT_USAGE;
    return bench_compare(call->scope, &call->terminal, words->items[1], words->items[2], arguments->json);
}

static dsc_exit bench_peers(dsc_call *call, const dsc_words *words, struct arguments *arguments)
{
    if (takes_no_suite_options(call->scope, "peers", arguments))
        for (size_t i = 1; i < words->count; i++)
            find_workload(call->scope, words->items[i]);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_isa_select(call->scope, arguments->isa);
    arguments->threads = dsc_threads_choose(arguments->threads).count;
    size_t all;
    const dsc_bench_workload *workloads = dsc_bench_workloads(&all);
    const size_t count = words->count > 1 ? words->count - 1 : all;
    for (size_t i = 0; i < count && dsc_scope_status(call->scope) == DSC_OK; i++)
        run_workload(call, words->count > 1 ? find_workload(call->scope, words->items[i + 1]) : &workloads[i],
                     arguments);
    return DSC_EXIT_GOOD;
}

static dsc_exit bench(dsc_call *call)
{
    struct arguments arguments = { .threads = 0 };
    const dsc_words words = dsc_call_read(call, &dsc_verb_bench, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (strcmp(words.items[0], "peers") == 0)
        return bench_peers(call, &words, &arguments);
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
                "  descent bench all --out this.h5\n"
                "  descent bench conv --filter resnet50 --engine onednn --precision bf16\n"
                "  descent bench compare before.h5 after.h5\n"
                "  descent bench peers mlp_tiny --threads 1 --json\n"
                "\n"
                "Suites: peak, memory, gemm, conv, kernels, rnn, train, scaling, sweep; all of them: all.\n"
                "peers [WORKLOAD]... prints training steps a second on the reference workloads.\n",
};
