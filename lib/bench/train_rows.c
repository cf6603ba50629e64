/* train_rows.c - the suites `train`, `scaling` and `sweep`: steps of Adam on whole networks. */
#include "bench/session.h"

#include <omp.h>
#include <stdint.h>

#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/models.h>
#include <descent/nn.h>
#include <descent/train.h>

#include "graph/model.h"

#define NETWORK(text, what, i)                                                                               \
    {                                                                                                        \
        .suite = "train", .name = text, .shape = what, .engines = true, .number = (i)                        \
    }
const dsc_bench_row dsci_train_rows[] = {
    NETWORK("mlp_tiny", "40-32-10, batch 32", 0),
    NETWORK("mlp", "784-1024-1024-10, batch 128", 1),
    NETWORK("lenet", "two convolutions 5 x 5, batch 128", 2),
    NETWORK("cnn5", "four convolutions, batch norm, batch 64", 3),
    NETWORK("lstm", "128 units, 200 steps, batch 64", 4),
    NETWORK("gru", "128 units, 200 steps, batch 64", 5),
    NETWORK("rnn", "128 units, 200 steps, batch 64", 6),
    NETWORK("transformer", "4 blocks of width 128, 64 steps, batch 12", 7),
    NETWORK("bilstm", "64 units each way, 200 steps, batch 64", 8),
    NETWORK("text_cnn", "widths 3, 4 and 5, 60 steps, batch 50", 9),
};
const size_t dsci_train_row_count = sizeof dsci_train_rows / sizeof dsci_train_rows[0];

static void run(const dsc_bench_task *task, size_t count)
{
    dsc_trainer *trainer = task->state;
    for (size_t i = 0; i < count; i++)
        dsc_trainer_step(trainer, 0);
}

static void set_up(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine, size_t number)
{
    size_t count;
    const dsc_bench_workload *w = &dsc_bench_workloads(&count)[number];
    dsc_scope *scope = bench->scope;
    const double start = dsc_clock_seconds();
    dsc_model *model = dsc_compile(
        dsc_bench_loss_make(scope, w),
        &(dsc_compile_options){
            .batch = w->batch, .engine = engine, .dtype = bench->options.dtype, .threads = task->threads });
    if (!model || !dsci_model_execution(model, w->batch, DSCI_TRAINING))
        return;
    task->setup = dsc_clock_seconds() - start;
    const dsc_examples batch = dsc_bench_batch_make(scope, w);
    task->engine = dsc_engine_name(engine);
    task->arithmetic = bench->options.dtype == DSC_DTYPE_BF16 ? DSC_BENCH_BF16 : DSC_BENCH_F32;
    task->state = dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_OPTIMIZER_ADAM, .lr = 1e-3 }, &batch);
    task->run = run;
    task->flops = dsc_model_step_flops(model);
    task->items = (double)w->batch;
    task->item = "samples";
}

void dsci_train_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    set_up(bench, task, engine, task->row->number);
}

/* --- The same step on 1, 2, 4, ... and all threads --- */

/* number: the network, and 8 times the threads (0: all). */
#define ON(text, what, i, threads_text, n)                                                                   \
    {                                                                                                        \
        .suite = "scaling", .name = text "/" threads_text, .shape = what, .number = (i) + 8 * (n)            \
    }
#define SCALING(text, what, i)                                                                               \
    ON(text, what, i, "1", 1), ON(text, what, i, "2", 2), ON(text, what, i, "4", 4),                         \
        ON(text, what, i, "8", 8), ON(text, what, i, "16", 16), ON(text, what, i, "32", 32),                 \
        ON(text, what, i, "64", 64), ON(text, what, i, "all", 0)
const dsc_bench_row dsci_scaling_rows[] = {
    SCALING("mlp", "784-1024-1024-10, batch 128", 1),
    SCALING("lenet", "two convolutions 5 x 5, batch 128", 2),
    SCALING("lstm", "128 units, 200 steps, batch 64", 4),
};
const size_t dsci_scaling_row_count = sizeof dsci_scaling_rows / sizeof dsci_scaling_rows[0];

void dsci_scaling_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    const int all = bench->options.threads, wanted = (int)(task->row->number / 8);
    const bool power = all <= 64 && (all & (all - 1)) == 0;
    if (wanted > all)
        task->absent = "more threads than there are";
    if (wanted == 0 && power)
        task->absent = "has a row of its own";
    task->threads = wanted ? wanted : all;
    if (!task->absent)
        set_up(bench, task, engine, task->row->number % 8);
}

/* --- Many small networks, one on each thread --- */

enum { SWEEP_INPUTS = 40, SWEEP_CLASSES = 10, SWEEP_BATCH = 32 };

#define WIDTH(text, n)                                                                                       \
    {                                                                                                        \
        .suite = "sweep", .name = "mlp-" text, .shape = "40-" text "-10, batch 32, a network a thread",      \
        .number = (n)                                                                                        \
    }
const dsc_bench_row dsci_sweep_rows[] = {
    WIDTH("8", 8),     WIDTH("16", 16),   WIDTH("32", 32),   WIDTH("64", 64),
    WIDTH("128", 128), WIDTH("256", 256), WIDTH("512", 512), WIDTH("1024", 1024),
};
const size_t dsci_sweep_row_count = sizeof dsci_sweep_rows / sizeof dsci_sweep_rows[0];

static void run_sweep(const dsc_bench_task *task, size_t count)
{
    dsc_trainer *const *of_thread = task->state;
#pragma omp parallel num_threads(task->threads)
    {
        const unsigned mode = dsc_float_mode_enter();
        dsc_trainer *own = of_thread[omp_get_thread_num()];
        for (size_t i = 0; i < count; i++)
            dsc_trainer_step(own, 0);
        dsc_float_mode_leave(mode);
    }
}

void dsci_sweep_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    dsc_scope *scope = bench->scope;
    const dsc_bench_workload workload = { .batch = SWEEP_BATCH,
                                          .classes = SWEEP_CLASSES,
                                          .values = SWEEP_INPUTS };
    dsc_trainer **of_thread = dsc_scope_alloc(scope, (size_t)task->threads, sizeof *of_thread);
    const double start = dsc_clock_seconds();
    for (int t = 0; of_thread && t < task->threads; t++) {
        dsc_node *logits = dsc_mlp(scope, &(dsc_mlp_spec){ .inputs = SWEEP_INPUTS,
                                                           .hidden = (const size_t[]){ task->row->number, 0 },
                                                           .outputs = SWEEP_CLASSES });
        dsc_model *model = dsc_compile(
            dsc_softmax_cross_entropy(logits, dsc_labels(scope, SWEEP_CLASSES)),
            &(dsc_compile_options){
                .batch = SWEEP_BATCH, .engine = engine, .dtype = bench->options.dtype, .threads = 1 });
        if (!model || !dsci_model_execution(model, SWEEP_BATCH, DSCI_TRAINING))
            return;
        if (t == 0)
            task->setup = dsc_clock_seconds() - start;
        const dsc_examples batch = dsc_bench_batch_make(scope, &workload);
        of_thread[t] =
            dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_OPTIMIZER_ADAM, .lr = 1e-3 }, &batch);
        task->flops += dsc_model_step_flops(model);
    }
    task->engine = dsc_engine_name(engine);
    task->arithmetic = bench->options.dtype == DSC_DTYPE_BF16 ? DSC_BENCH_BF16 : DSC_BENCH_F32;
    task->state = of_thread;
    task->run = run_sweep;
    task->items = task->threads;
    task->item = "model steps";
}
