/* bench.c - `descent bench peers`: training throughput on the reference workloads, in the terms of other
 * frameworks. */
#include "command.h"

#include <string.h>

#include <jansson.h>

#include <descent/build.h>
#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/models.h>
#include <descent/peak.h>
#include <descent/rng.h>
#include <descent/statistics.h>
#include <descent/train.h>

struct arguments {
    int threads;
    dsc_isa isa;
    dsc_engine engine;
    dsc_dtype precision;
    bool json, profile;
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
               "print the time of each op after each workload, beside the peak of fp32 FMAs"),
    DSC_OPTION("json", NULL, FIELD(json), dsc_option_flag, "print one line of JSON a workload"),
    DSC_OPTION_END,
};

enum { REPEATS = 7, WARM_UP_STEPS = 3, TOKEN_STEPS = 200, VOCABULARY = 10000 };
static const double REPEAT_SECONDS = 0.5;
static const double LEARNING_RATE = 1e-3;

/* A network of logits, trained by Adam on one batch of normal values or of tokens. */
struct workload {
    const char *name;
    size_t batch, classes;
    size_t values; /* of an example */
    bool tokens;
    dsc_node *(*network)(dsc_scope *scope);
};

static dsc_node *mlp_tiny(dsc_scope *scope)
{
    return dsc_mlp(scope,
                   &(dsc_mlp_spec){ .inputs = 40, .hidden = (const size_t[]){ 32, 0 }, .outputs = 10 });
}

static dsc_node *mlp(dsc_scope *scope)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 784 } });
    for (int i = 0; i < 2; i++)
        x = dsc_dropout(dsc_relu(dsc_dense(x, 1024)), 0.5);
    return dsc_dense(x, 10);
}

static dsc_node *lenet(dsc_scope *scope)
{
    return dsc_lenet(scope,
                     &(dsc_image_network_spec){ .height = 28, .width = 28, .channels = 1, .classes = 10 });
}

static dsc_node *cnn5(dsc_scope *scope)
{
    return dsc_cnn5(scope,
                    &(dsc_image_network_spec){ .height = 32, .width = 32, .channels = 3, .classes = 10 });
}

static dsc_node *recurrent(dsc_scope *scope, dsc_recurrent_cell cell)
{
    return dsc_sequence_classifier(
        scope, &(dsc_sequence_network_spec){
                   .steps = TOKEN_STEPS, .vocabulary = VOCABULARY, .classes = 2, .cell = cell });
}

static dsc_node *lstm(dsc_scope *scope)
{
    return recurrent(scope, DSC_CELL_LSTM);
}

static dsc_node *gru(dsc_scope *scope)
{
    return recurrent(scope, DSC_CELL_GRU_LBR);
}

static dsc_node *rnn(dsc_scope *scope)
{
    return recurrent(scope, DSC_CELL_TANH);
}

static const struct workload workloads[] = {
    { "mlp_tiny", 32, 10, 40, false, mlp_tiny }, { "mlp", 128, 10, 784, false, mlp },
    { "lenet", 128, 10, 28 * 28, false, lenet }, { "cnn5", 64, 10, 32 * 32 * 3, false, cnn5 },
    { "lstm", 64, 2, TOKEN_STEPS, true, lstm },  { "gru", 64, 2, TOKEN_STEPS, true, gru },
    { "rnn", 64, 2, TOKEN_STEPS, true, rnn },
};
enum { WORKLOAD_COUNT = sizeof workloads / sizeof workloads[0] };

static const char *workload_name_at(const void *user, size_t i)
{
    (void)user;
    return workloads[i].name;
}

static const struct workload *find_workload(dsc_scope *scope, const char *name)
{
    for (size_t i = 0; i < WORKLOAD_COUNT; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return &workloads[i];
    dsc_unknown_name(scope, "workload", name, WORKLOAD_COUNT, workload_name_at, NULL);
    return NULL;
}

static dsc_model *build(dsc_scope *scope, const struct workload *workload, const struct arguments *arguments)
{
    dsc_node *loss =
        dsc_softmax_cross_entropy(workload->network(scope), dsc_labels(scope, workload->classes));
    return dsc_compile(loss, &(dsc_compile_options){ .batch = workload->batch,
                                                     .engine = arguments->engine,
                                                     .dtype = arguments->precision,
                                                     .threads = arguments->threads,
                                                     .profile = arguments->profile });
}

struct batch {
    const void *x; /* floats or tokens */
    int32_t *labels;
};

static void *make_values(dsc_scope *scope, const struct workload *workload)
{
    const size_t count = workload->batch * workload->values;
    const dsc_rng rng = dsc_rng_make(1, DSC_STREAM_DATA);
    float *values = dsc_scope_alloc(scope, count, sizeof *values);
    if (values)
        dsc_rng_fill_normal_f32(rng, 0, 0, 1, values, count);
    return values;
}

static int32_t *make_integers(dsc_scope *scope, uint32_t major, size_t count, size_t below)
{
    const dsc_rng rng = dsc_rng_make(1, DSC_STREAM_DATA);
    int32_t *values = dsc_scope_alloc(scope, count, sizeof *values);
    for (size_t i = 0; values && i < count; i++)
        values[i] = (int32_t)dsc_rng_below(rng, major, i, below);
    return values;
}

static struct batch make_batch(dsc_scope *scope, const struct workload *workload)
{
    return (struct batch){
        workload->tokens ? make_integers(scope, 0, workload->batch * workload->values, VOCABULARY)
                         : make_values(scope, workload),
        make_integers(scope, 1, workload->batch, workload->classes),
    };
}

/* Seconds of count steps. */
static double time_steps(dsc_trainer *trainer, struct batch batch, size_t count)
{
    const double start = dsc_clock_seconds();
    for (size_t i = 0; i < count; i++)
        dsc_trainer_step(trainer, batch.x, batch.labels);
    return dsc_clock_seconds() - start;
}

/* Median seconds of a step over repeats of about half a second each. */
static double measure(dsc_trainer *trainer, struct batch batch)
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

static void print_result(const struct workload *workload, double step, const struct arguments *arguments)
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

static void run_workload(dsc_call *call, const struct workload *workload, const struct arguments *arguments)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    dsc_model *model = build(scope, workload, arguments);
    dsc_trainer *trainer = dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_ADAM, .lr = LEARNING_RATE });
    const struct batch batch = make_batch(scope, workload);
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

static dsc_exit bench(dsc_call *call)
{
    struct arguments arguments = { .threads = 0 };
    const dsc_words words = dsc_call_read(call, &dsc_verb_bench, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (strcmp(words.items[0], "peers") != 0)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "unknown suite '%s': expected peers", words.items[0]);
    for (size_t i = 1; i < words.count; i++)
        find_workload(call->scope, words.items[i]);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_isa_select(call->scope, arguments.isa);
    arguments.threads = dsc_threads_choose(arguments.threads).count;
    const size_t count = words.count > 1 ? words.count - 1 : WORKLOAD_COUNT;
    for (size_t i = 0; i < count && dsc_scope_status(call->scope) == DSC_OK; i++)
        run_workload(call, words.count > 1 ? find_workload(call->scope, words.items[i + 1]) : &workloads[i],
                     &arguments);
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_bench = {
    .name = "bench",
    .words = "peers [WORKLOAD]...",
    .summary = "training steps a second on the reference workloads",
    .options = options,
    .run = bench,
    .examples = "  descent bench peers\n"
                "  descent bench peers mlp_tiny --threads 1 --json\n"
                "  descent bench peers lenet cnn5 --precision bf16 --profile\n",
};
