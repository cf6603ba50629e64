/* bench.c - `descent bench peers`: training throughput on the reference workloads, in the terms of other
 * frameworks. */
#include "command.h"

#include <string.h>

#include <jansson.h>

#include <descent/build.h>
#include <descent/clock.h>
#include <descent/graph.h>
#include <descent/nn.h>
#include <descent/rng.h>
#include <descent/statistics.h>
#include <descent/train.h>

struct arguments {
    int threads;
    dsc_isa isa;
    dsc_engine engine;
    bool json;
};

#define FIELD(name) offsetof(struct arguments, name)
static const dsc_option options[] = {
    DSC_OPTION("threads", "N", FIELD(threads), dsc_option_threads,
               "threads of a step: 1, the only choice so far"),
    DSC_OPTION("isa", "LEVEL", FIELD(isa), dsc_option_isa,
               "auto, scalar, avx2 or avx512 (default: $DESCENT_ISA, else auto)"),
    DSC_OPTION("engine", "ENGINE", FIELD(engine), dsc_option_engine,
               "auto, native, onednn or ref (default: auto)"),
    DSC_OPTION("json", NULL, FIELD(json), dsc_option_flag, "print one line of JSON a workload"),
    DSC_OPTION_END,
};

enum { MAX_LAYERS = 4, REPEATS = 7, WARM_UP_STEPS = 3 };
static const double REPEAT_SECONDS = 0.5;
static const double LEARNING_RATE = 1e-3;

/* A perceptron with ReLU and, after each hidden layer, dropout; trained by Adam. */
struct workload {
    const char *name;
    size_t batch, inputs, hidden[MAX_LAYERS], classes;
    double dropout;
};

static const struct workload workloads[] = {
    { "mlp_tiny", 32, 40, { 32 }, 10, 0 },
    { "mlp", 128, 784, { 1024, 1024 }, 10, 0.5 },
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

static dsc_trainer *build(dsc_scope *scope, const struct workload *workload, dsc_engine engine)
{
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { workload->inputs } });
    for (size_t i = 0; i < MAX_LAYERS && workload->hidden[i]; i++) {
        h = dsc_relu(dsc_dense(h, workload->hidden[i]));
        if (workload->dropout > 0)
            h = dsc_dropout(h, workload->dropout);
    }
    dsc_node *logits = dsc_dense(h, workload->classes);
    dsc_node *loss = dsc_softmax_cross_entropy(logits, dsc_labels(scope, workload->classes));
    dsc_model *model =
        dsc_compile(loss, &(dsc_compile_options){ .batch = workload->batch, .engine = engine });
    return model ? dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_ADAM, .lr = LEARNING_RATE }) : NULL;
}

struct batch {
    float *x;
    int32_t *labels;
};

static struct batch make_batch(dsc_scope *scope, const struct workload *workload)
{
    struct batch batch = { dsc_scope_alloc(scope, workload->batch * workload->inputs, sizeof *batch.x),
                           dsc_scope_alloc(scope, workload->batch, sizeof *batch.labels) };
    if (!batch.x || !batch.labels)
        return batch;
    const dsc_rng rng = dsc_rng_make(1, DSC_STREAM_DATA);
    dsc_rng_fill_normal_f32(rng, 0, 0, 1, batch.x, workload->batch * workload->inputs);
    for (size_t i = 0; i < workload->batch; i++)
        batch.labels[i] = (int32_t)dsc_rng_below(rng, 1, i, workload->classes);
    return batch;
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

static void print_result(const struct workload *workload, double step, bool json)
{
    const double rate = (double)workload->batch / step;
    if (!json) {
        printf("%-9s fp32 threads=1 %11.1f samples/s %10.4f ms/step\n", workload->name, rate, 1e3 * step);
        return;
    }
    char peer[64];
    snprintf(peer, sizeof peer, "descent %s", dsc_build_get()->version);
    json_t *line = json_pack("{s:s, s:s, s:s, s:i, s:f, s:f}", "peer", peer, "workload", workload->name,
                             "precision", "fp32", "threads", 1, "samples_per_s", rate, "step_ms", 1e3 * step);
    json_dumpf(line, stdout, JSON_REAL_PRECISION(17));
    putchar('\n');
    json_decref(line);
}

static void run_workload(dsc_call *call, const struct workload *workload, const struct arguments *arguments)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    dsc_trainer *trainer = build(scope, workload, arguments->engine);
    const struct batch batch = make_batch(scope, workload);
    const double step = dsc_scope_status(scope) == DSC_OK ? measure(trainer, batch) : 0;
    if (dsc_scope_adopt_error(call->scope, scope) == DSC_OK)
        print_result(workload, step, arguments->json);
    fflush(stdout);
    dsc_scope_close(&scope);
}

static dsc_exit bench(dsc_call *call)
{
    struct arguments arguments = { .threads = 1 };
    const dsc_words words = dsc_call_read(call, &dsc_verb_bench, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (strcmp(words.items[0], "peers") != 0)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "unknown suite '%s': expected peers", words.items[0]);
    if (arguments.threads != 1)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "--threads expects 1: these steps run on one core");
    for (size_t i = 1; i < words.count; i++)
        find_workload(call->scope, words.items[i]);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_isa_select(call->scope, arguments.isa);
    const size_t count = words.count > 1 ? words.count - 1 : WORKLOAD_COUNT;
    for (size_t i = 0; i < count && dsc_scope_status(call->scope) == DSC_OK; i++)
        run_workload(call, words.count > 1 ? find_workload(call->scope, words.items[i + 1]) : &workloads[i],
                     &arguments);
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_bench = {
    .name = "bench",
    .words = "peers [mlp_tiny|mlp]...",
    .summary = "training steps a second on the reference workloads",
    .options = options,
    .run = bench,
    .examples = "  descent bench peers\n"
                "  descent bench peers mlp_tiny --threads 1 --json\n",
};
