/* train_rows.c - the suite `train`: steps of Adam on whole networks. */
#include "bench/session.h"

#include <stdint.h>

#include <descent/nn.h>
#include <descent/train.h>

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
};
const size_t dsci_train_row_count = sizeof dsci_train_rows / sizeof dsci_train_rows[0];

struct training {
    dsc_trainer *trainer;
    dsc_bench_batch batch;
};

static void run(const dsc_bench_task *task, size_t count)
{
    const struct training *training = task->state;
    for (size_t i = 0; i < count; i++)
        dsc_trainer_step(training->trainer, training->batch.x, training->batch.labels);
}

void dsci_train_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    size_t count;
    const dsc_bench_workload *w = &dsc_bench_workloads(&count)[task->row->number];
    dsc_scope *scope = bench->scope;
    dsc_model *model = dsc_compile(
        dsc_softmax_cross_entropy(w->network(scope), dsc_labels(scope, w->classes)),
        &(dsc_compile_options){
            .batch = w->batch, .engine = engine, .dtype = bench->options.dtype, .threads = task->threads });
    struct training *training = dsc_scope_alloc(scope, 1, sizeof *training);
    if (!model || !training)
        return;
    *training = (struct training){ dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_ADAM, .lr = 1e-3 }),
                                   dsc_bench_batch_make(scope, w) };
    task->engine = dsc_engine_name(engine);
    task->arithmetic = bench->options.dtype == DSC_BF16 ? DSC_BENCH_BF16 : DSC_BENCH_F32;
    task->state = training;
    task->run = run;
    task->flops = dsc_model_step_flops(model);
    task->items = (double)w->batch;
    task->item = "samples";
}
