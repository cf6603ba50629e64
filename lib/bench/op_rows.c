/* op_rows.c - the suites `gemm`, `conv` and `rnn`: single layers of networks, forward and back.
 *
 * A row compiles a network of one layer for training, runs it once, and then repeats those steps of its plan
 * that belong to the row, over the memory, implementations and division into parts that training has.
 * Parameters are packed once: packing is a step of its own in training.
 */
#include "bench/session.h"

#include <omp.h>
#include <string.h>

#include <descent/clock.h>
#include <descent/nn.h>

#include "graph/model.h"
#include "graph/network.h"

/* The layer whose steps are measured. */
static const char LAYER[] = "measured";

struct layer {
    enum { DENSE = 0, CONV, RECURRENT } kind;
    size_t batch, height, width, channels; /* dense: channels alone; recurrent: height is the steps */
    size_t units, kernel, stride, pad, groups;
    dsc_recurrent_cell cell;
};

enum pass { FORWARD = 0, BACKWARD_DATA, BACKWARD_WEIGHTS, BACKWARD };

/* A layer's rows: passes of one network. */
#define ROW(suite_name, layer, text, pass_text, what, pass)                                                  \
    {                                                                                                        \
        .suite = (suite_name), .name = text "/" pass_text, .shape = what, .engines = true,                   \
        .details = &(layer), .number = (pass)                                                                \
    }
#define PRODUCTS(suite_name, layer, text, what)                                                              \
    ROW(suite_name, layer, text, "forward", what, FORWARD),                                                  \
        ROW(suite_name, layer, text, "backward-data", what, BACKWARD_DATA),                                  \
        ROW(suite_name, layer, text, "backward-weights", what, BACKWARD_WEIGHTS)
#define RECURRENCES(layer, text, what)                                                                       \
    ROW("rnn", layer, text, "forward", what, FORWARD), ROW("rnn", layer, text, "backward", what, BACKWARD)

#define DENSE_OF(m, n, k)                                                                                    \
    {                                                                                                        \
        .kind = DENSE, .batch = (m), .channels = (k), .units = (n)                                           \
    }
static const struct layer dense[] = {
    DENSE_OF(256, 256, 256),    DENSE_OF(512, 512, 512),  DENSE_OF(1024, 1024, 1024),
    DENSE_OF(2048, 2048, 2048), DENSE_OF(16384, 64, 256), DENSE_OF(64, 4096, 1024),
    DENSE_OF(128, 1024, 784),   DENSE_OF(32, 32, 40),
};

/* Independent products of square matrices: batch_rows.c. */
#define BATCH(count, size)                                                                                   \
    {                                                                                                        \
        .suite = "gemm", .name = "batch-" #count "x" #size, .shape = #count " products, m = n = k = " #size, \
        .details = &(const dsci_bench_batch_shape)                                                           \
        {                                                                                                    \
            count, size                                                                                      \
        }                                                                                                    \
    }

const dsc_bench_row dsci_gemm_rows[] = {
    PRODUCTS("gemm", dense[0], "square-256", "m 256, n 256, k 256"),
    PRODUCTS("gemm", dense[1], "square-512", "m 512, n 512, k 512"),
    PRODUCTS("gemm", dense[2], "square-1024", "m 1024, n 1024, k 1024"),
    PRODUCTS("gemm", dense[3], "square-2048", "m 2048, n 2048, k 2048"),
    PRODUCTS("gemm", dense[4], "tall", "m 16384, n 64, k 256"),
    PRODUCTS("gemm", dense[5], "wide", "m 64, n 4096, k 1024"),
    PRODUCTS("gemm", dense[6], "mlp", "m 128, n 1024, k 784"),
    PRODUCTS("gemm", dense[7], "small", "m 32, n 32, k 40"),
    BATCH(1024, 16),
    BATCH(256, 32),
    BATCH(64, 64),
};
const size_t dsci_gemm_row_count = sizeof dsci_gemm_rows / sizeof dsci_gemm_rows[0];

#define CONV_OF(n, size, in, out, k, s, p)                                                                   \
    {                                                                                                        \
        .kind = CONV, .batch = (n), .height = (size), .width = (size), .channels = (in), .units = (out),     \
        .kernel = (k), .stride = (s), .pad = (p)                                                             \
    }
#define DEPTHWISE_OF(n, size, planes, s)                                                                     \
    {                                                                                                        \
        .kind = CONV, .batch = (n), .height = (size), .width = (size), .channels = (planes),                 \
        .units = (planes), .kernel = 3, .stride = (s), .pad = 1, .groups = (planes)                          \
    }
static const struct layer convolutions[] = {
    CONV_OF(4, 224, 3, 64, 7, 2, 3),   CONV_OF(4, 56, 64, 64, 3, 1, 1),    CONV_OF(4, 56, 64, 256, 1, 1, 0),
    CONV_OF(4, 28, 128, 128, 3, 1, 1), CONV_OF(4, 14, 1024, 256, 1, 1, 0), CONV_OF(4, 14, 256, 256, 3, 1, 1),
    CONV_OF(4, 7, 512, 512, 3, 1, 1),  CONV_OF(1, 224, 64, 64, 3, 1, 1),   CONV_OF(1, 112, 128, 128, 3, 1, 1),
    CONV_OF(1, 28, 512, 512, 3, 1, 1), CONV_OF(128, 28, 1, 32, 5, 1, 0),   CONV_OF(128, 12, 32, 64, 5, 1, 0),
    DEPTHWISE_OF(4, 112, 32, 1),       DEPTHWISE_OF(4, 56, 128, 1),        DEPTHWISE_OF(4, 28, 256, 2),
    DEPTHWISE_OF(4, 14, 512, 1),
};

const dsc_bench_row dsci_conv_rows[] = {
    PRODUCTS("conv", convolutions[0], "resnet50-7x7-224", "4 x 224 x 224 x 3 to 64, stride 2"),
    PRODUCTS("conv", convolutions[1], "resnet50-3x3-56", "4 x 56 x 56 x 64 to 64"),
    PRODUCTS("conv", convolutions[2], "resnet50-1x1-56", "4 x 56 x 56 x 64 to 256"),
    PRODUCTS("conv", convolutions[3], "resnet50-3x3-28", "4 x 28 x 28 x 128 to 128"),
    PRODUCTS("conv", convolutions[4], "resnet50-1x1-14", "4 x 14 x 14 x 1024 to 256"),
    PRODUCTS("conv", convolutions[5], "resnet50-3x3-14", "4 x 14 x 14 x 256 to 256"),
    PRODUCTS("conv", convolutions[6], "resnet50-3x3-7", "4 x 7 x 7 x 512 to 512"),
    PRODUCTS("conv", convolutions[7], "vgg-3x3-224", "1 x 224 x 224 x 64 to 64"),
    PRODUCTS("conv", convolutions[8], "vgg-3x3-112", "1 x 112 x 112 x 128 to 128"),
    PRODUCTS("conv", convolutions[9], "vgg-3x3-28", "1 x 28 x 28 x 512 to 512"),
    PRODUCTS("conv", convolutions[10], "lenet-5x5-28", "128 x 28 x 28 x 1 to 32"),
    PRODUCTS("conv", convolutions[11], "lenet-5x5-12", "128 x 12 x 12 x 32 to 64"),
    PRODUCTS("conv", convolutions[12], "mobilenet-dw-112", "4 x 112 x 112 x 32, each channel alone"),
    PRODUCTS("conv", convolutions[13], "mobilenet-dw-56", "4 x 56 x 56 x 128, each channel alone"),
    PRODUCTS("conv", convolutions[14], "mobilenet-dw-28", "4 x 28 x 28 x 256, each channel alone, stride 2"),
    PRODUCTS("conv", convolutions[15], "mobilenet-dw-14", "4 x 14 x 14 x 512, each channel alone"),
};
const size_t dsci_conv_row_count = sizeof dsci_conv_rows / sizeof dsci_conv_rows[0];

#define RECURRENT_OF(type)                                                                                   \
    {                                                                                                        \
        .kind = RECURRENT, .batch = 64, .height = 50, .channels = 128, .units = 128, .cell = (type)          \
    }
static const struct layer recurrences[] = { RECURRENT_OF(DSC_RECURRENT_TANH),
                                            RECURRENT_OF(DSC_RECURRENT_LSTM), RECURRENT_OF(DSC_RECURRENT_GRU),
                                            RECURRENT_OF(DSC_RECURRENT_GRU_LBR) };

const dsc_bench_row dsci_rnn_rows[] = {
    RECURRENCES(recurrences[0], "tanh", "64 x 50 x 128 to 128"),
    RECURRENCES(recurrences[1], "lstm", "64 x 50 x 128 to 128"),
    RECURRENCES(recurrences[2], "gru", "64 x 50 x 128 to 128"),
    RECURRENCES(recurrences[3], "gru-lbr", "64 x 50 x 128 to 128"),
};
const size_t dsci_rnn_row_count = sizeof dsci_rnn_rows / sizeof dsci_rnn_rows[0];

/* --- Networks --- */

static dsc_node *make_layer(dsc_node *x, const struct layer *layer)
{
    switch (layer->kind) {
    case DENSE: return dsc_dense(x, layer->units, .name = LAYER);
    case CONV:
        return dsc_conv2d(x, layer->units, .kernel = { layer->kernel, layer->kernel },
                          .stride = { layer->stride, layer->stride }, .pad = { layer->pad, layer->pad },
                          .groups = layer->groups, .name = LAYER);
    default: return dsc_recurrent(x, layer->units, .cell = layer->cell, .sequence = true, .name = LAYER);
    }
}

/* A layer with parameters before the one that is measured makes it compute the gradient of its input. */
static dsc_model *compile(const dsc_bench *bench, const struct layer *layer, dsc_engine engine)
{
    dsc_input_spec input = { .shape = { layer->channels } }, output = { .shape = { 0 } };
    if (layer->kind == CONV)
        input = (dsc_input_spec){ .shape = { layer->height, layer->width, layer->channels } };
    if (layer->kind == RECURRENT)
        input = (dsc_input_spec){ .shape = { layer->height, layer->channels } };
    dsc_node *y = make_layer(dsc_layer_norm(dsc_input(bench->scope, &input)), layer);
    dsc_node_shape(y, output.shape);
    return dsc_compile(dsc_squared_loss(y, dsc_targets(bench->scope, &output)),
                       &(dsc_compile_options){ .batch = layer->batch,
                                               .engine = engine,
                                               .dtype = bench->options.dtype,
                                               .threads = bench->options.threads });
}

/* One run of all of it: every tensor holds what it should. */
static void run_once(const dsc_bench *bench, dsci_execution *plan)
{
    const float *x = dsci_bench_values(bench->scope, plan->inputs[0]->elements);
    const float *targets = dsci_bench_values(bench->scope, plan->expected[0]->elements);
    if (!x || !targets)
        return;
    dsci_execution_bind(plan->inputs[0], x);
    dsci_execution_bind(plan->expected[0], targets);
    const unsigned mode = dsc_float_mode_enter();
    dsci_execution_run(plan);
    dsc_float_mode_leave(mode);
}

static const dsci_bench_network *network_of(dsc_bench *bench, const struct layer *layer, dsc_engine engine)
{
    for (const dsci_bench_network *n = bench->networks; n; n = n->next)
        if (n->key == layer && n->engine == engine)
            return n;
    const double start = dsc_clock_seconds();
    dsc_model *model = compile(bench, layer, engine);
    dsci_execution *plan = model ? dsci_model_execution(model, layer->batch, DSCI_TRAINING) : NULL;
    const double setup = dsc_clock_seconds() - start;
    dsci_bench_network *network = dsc_scope_alloc(bench->scope, 1, sizeof *network);
    if (!plan || !network)
        return NULL;
    run_once(bench, plan);
    *network = (dsci_bench_network){ bench->networks, layer, engine, model, setup };
    bench->networks = network;
    return network;
}

/* --- Steps --- */

struct steps {
    const dsci_execution *plan;
    const dsci_step **list;
    size_t count;
};

/* A change of type before the layer has the layer's name, and is no part of it. */
static bool is_of(const dsci_node *node, enum pass pass)
{
    const dsci_op_id id = node->op->id;
    if (!node->implementation || id == DSCI_OP_CAST || strcmp(node->name, LAYER) != 0)
        return false;
    const bool weights = id == DSCI_OP_DENSE_BACKWARD_WEIGHTS || id == DSCI_OP_CONV_BACKWARD_WEIGHTS;
    const bool data = id == DSCI_OP_DENSE_BACKWARD_DATA || id == DSCI_OP_CONV_BACKWARD_DATA;
    switch (pass) {
    case FORWARD: return !node->backward;
    case BACKWARD: return node->backward;
    case BACKWARD_DATA: return data;
    default: return weights;
    }
}

static void add_steps(struct steps *steps, const dsci_execution *plan, enum pass pass)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const dsci_step *step = &plan->steps[i];
        if (!is_of(step->operands->node, pass))
            continue;
        if (step->phase->kind == DSCI_PHASE_PREPARE) /* once: what it packs stays */
            for (size_t p = 0; p < step->phase->parts; p++)
                step->run(step->operands, (dsci_part){ p, plan->workspaces[0] });
        else
            steps->list[steps->count++] = step;
    }
}

static void run(const dsc_bench_task *task, size_t count)
{
    const struct steps *steps = task->state;
#pragma omp parallel num_threads(task->threads)
    {
        const unsigned mode = dsc_float_mode_enter();
        void *workspace = steps->plan->workspaces[omp_get_thread_num()];
        for (size_t i = 0; i < count; i++)
            for (size_t s = 0; s < steps->count; s++) {
                const dsci_step *step = steps->list[s];
#pragma omp for schedule(dynamic, 1)
                for (size_t p = 0; p < step->phase->parts; p++)
                    step->run(step->operands, (dsci_part){ p, workspace });
            }
        dsc_float_mode_leave(mode);
    }
}

/* Reads each input and writes each output once, however many nodes there are. */
static void count_work(dsc_bench_task *task, const struct steps *steps)
{
    const dsci_node *last = NULL;
    for (size_t s = 0; s < steps->count; s++) {
        const dsci_node *node = steps->list[s]->operands->node;
        if (node == last)
            continue;
        last = node;
        task->flops += node->op->flops ? node->op->flops(node) : 0;
        for (size_t i = 0; i < node->input_count; i++)
            task->bytes += (double)dsci_tensor_bytes(node->in[i]);
        for (size_t i = 0; i < node->output_count; i++)
            task->bytes += (double)dsci_tensor_bytes(node->out[i]);
    }
    task->footprint = task->bytes;
}

static void note_implementation(dsc_bench *bench, dsc_bench_task *task, const struct steps *steps)
{
    const dsci_node *node = steps->list[0]->operands->node;
    const dsci_implementation *i = node->implementation;
    task->engine = dsc_engine_name(i->engine);
    if (i->describe)
        task->implementation = dsc_scope_copy(bench->scope, i->describe(node));
}

void dsci_op_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    const dsci_bench_network *network = network_of(bench, task->row->details, engine);
    dsc_model *model = network ? network->model : NULL;
    const dsci_execution *plan =
        model ? dsci_model_execution(model, model->options.batch, DSCI_TRAINING) : NULL;
    struct steps *steps = dsc_scope_alloc(bench->scope, 1, sizeof *steps);
    if (!plan || !steps)
        return;
    *steps = (struct steps){ plan, dsc_scope_alloc(bench->scope, plan->step_count, sizeof(dsci_step *)), 0 };
    if (!steps->list)
        return;
    task->setup = network->setup;
    add_steps(steps, plan, (enum pass)task->row->number);
    if (steps->count == 0) {
        task->absent = "the network has no such step";
        return;
    }
    note_implementation(bench, task, steps);
    if (engine != DSC_ENGINE_AUTO && strcmp(task->engine, dsc_engine_name(engine)) != 0)
        task->absent = "the engine has no implementation of it";
    task->arithmetic = bench->options.dtype == DSC_DTYPE_BF16 ? DSC_BENCH_BF16 : DSC_BENCH_F32;
    task->threads = plan->threads;
    task->state = steps;
    task->run = run;
    count_work(task, steps);
}
