/* bench_peers.c - `descent bench peers`: training throughput on the reference workloads, in the terms of
 * other frameworks. */
#include "bench.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <descent/bench.h>
#include <descent/build.h>
#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/peak.h>
#include <descent/statistics.h>
#include <descent/train.h>

#include "json.h"
#include "options.h"
#include "terminal.h"

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
    cli_unknown_name(scope, "workload", name, count, workload_name_at, NULL);
    return NULL;
}

static dsc_model *build(dsc_scope *scope, const dsc_bench_workload *workload,
                        const struct bench_arguments *arguments)
{
    dsc_node *loss = dsc_bench_loss_make(scope, workload);
    return dsc_compile(loss, &(dsc_compile_options){ .batch = workload->batch,
                                                     .engine = arguments->engine,
                                                     .dtype = arguments->precision,
                                                     .threads = arguments->threads,
                                                     .profile = arguments->profile });
}

/* Seconds of count steps. */
static double time_steps(dsc_trainer *trainer, size_t count)
{
    const double start = dsc_clock_seconds();
    for (size_t i = 0; i < count; i++)
        dsc_trainer_step(trainer, 0);
    return dsc_clock_seconds() - start;
}

/* Median seconds of a step over repeats of about half a second each. */
static double measure(dsc_trainer *trainer)
{
    double seconds[REPEATS];
    const unsigned mode = dsc_float_mode_enter();
    time_steps(trainer, WARM_UP_STEPS);
    size_t count = 1;
    for (double taken = 0; taken < REPEAT_SECONDS / 10;
         count *= 2) /* until the clock's grain does not matter */
        taken = time_steps(trainer, count);
    const double step = time_steps(trainer, count) / (double)count;
    count = step < REPEAT_SECONDS ? (size_t)(REPEAT_SECONDS / step) : 1;
    for (size_t i = 0; i < REPEATS; i++)
        seconds[i] = time_steps(trainer, count) / (double)count;
    dsc_float_mode_leave(mode);
    return dsc_median(seconds, REPEATS);
}

static void print_result(dsc_scope *scope, const dsc_bench_workload *workload, double step,
                         const struct bench_arguments *arguments)
{
    const double rate = (double)workload->batch / step;
    const char *precision = dsc_dtype_name(arguments->precision);
    if (!arguments->json) {
        cli_print("%-11s %s threads=%d %11.1f samples/s %10.4f ms/step\n", workload->name, precision,
                  arguments->threads, rate, 1e3 * step);
        return;
    }
    char peer[64];
    snprintf(peer, sizeof peer, "descent %s", dsc_build_get()->version);
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:i, s:f, s:f}", "peer", peer, "workload", workload->name, "precision",
                  precision, "threads", arguments->threads, "samples_per_s", rate, "step_ms", 1e3 * step);
    cli_json_print_line(scope, line);
}

/* The table goes to stderr beside JSON, which a program reads. */
static void print_profile(dsc_scope *scope, const dsc_model *model, const struct bench_arguments *arguments)
{
    const double peak = arguments->precision == DSC_DTYPE_BF16 ? dsc_peak_flops_bf16(arguments->threads)
                                                               : dsc_peak_flops(arguments->threads);
    const char *table = dsc_model_profile(scope, model, peak);
    if (table)
        fprintf(arguments->json ? stderr : stdout, "\n%s\n", table);
}

static void run_workload(dsc_call *call, const dsc_bench_workload *workload,
                         const struct bench_arguments *arguments)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    dsc_model *model = build(scope, workload, arguments);
    const dsc_examples batch = dsc_bench_batch_make(scope, workload);
    dsc_trainer *trainer =
        dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_OPTIMIZER_ADAM, .lr = LEARNING_RATE }, &batch);
    const double step = dsc_scope_status(scope) == DSC_OK ? measure(trainer) : 0;
    if (dsc_scope_status(scope) == DSC_OK) {
        print_result(scope, workload, step, arguments);
        if (arguments->profile)
            print_profile(scope, model, arguments);
    }
    dsc_scope_adopt_error(call->scope, scope);
    fflush(stdout);
    dsc_scope_close(&scope);
}

dsc_exit dsc_bench_peers(dsc_call *call, const cli_words *words, struct bench_arguments *arguments)
{
    if (dsc_bench_takes_no_suite_options(call->scope, "peers", arguments))
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
