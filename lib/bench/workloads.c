/* workloads.c - networks that other frameworks are measured on, too. */
#include <descent/bench.h>

#include <descent/models.h>
#include <descent/nn.h>
#include <descent/rng.h>

enum { TOKEN_STEPS = 200, SENTENCE = 60, VOCABULARY = 10000, CONTEXT = 64, CHARACTERS = 65 };

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
    return recurrent(scope, DSC_RECURRENT_LSTM);
}

static dsc_node *gru(dsc_scope *scope)
{
    return recurrent(scope, DSC_RECURRENT_GRU_LBR);
}

static dsc_node *rnn(dsc_scope *scope)
{
    return recurrent(scope, DSC_RECURRENT_TANH);
}

/* As many units in both directions together. */
static dsc_node *bilstm(dsc_scope *scope)
{
    return dsc_sequence_classifier(scope, &(dsc_sequence_network_spec){ .steps = TOKEN_STEPS,
                                                                        .vocabulary = VOCABULARY,
                                                                        .classes = 2,
                                                                        .units = 64,
                                                                        .cell = DSC_RECURRENT_LSTM,
                                                                        .bidirectional = true });
}

/* Kim 2014. */
static dsc_node *text_cnn(dsc_scope *scope)
{
    return dsc_text_cnn(scope,
                        &(dsc_text_cnn_spec){ .steps = SENTENCE, .vocabulary = VOCABULARY, .classes = 2 });
}

/* nanoGPT's setting for a CPU (Karpathy 2022). */
static dsc_node *transformer(dsc_scope *scope)
{
    return dsc_transformer(scope, &(dsc_transformer_spec){ .vocabulary = CHARACTERS, .context = CONTEXT });
}

static const dsc_bench_workload workloads[] = {
    { "mlp_tiny", 32, 10, 40, 0, 0, mlp_tiny },
    { "mlp", 128, 10, 784, 0, 0, mlp },
    { "lenet", 128, 10, 28 * 28, 0, 0, lenet },
    { "cnn5", 64, 10, 32 * 32 * 3, 0, 0, cnn5 },
    { "lstm", 64, 2, TOKEN_STEPS, VOCABULARY, 0, lstm },
    { "gru", 64, 2, TOKEN_STEPS, VOCABULARY, 0, gru },
    { "rnn", 64, 2, TOKEN_STEPS, VOCABULARY, 0, rnn },
    { "transformer", 12, CHARACTERS, CONTEXT, CHARACTERS, CONTEXT, transformer },
    { "bilstm", 64, 2, TOKEN_STEPS, VOCABULARY, 0, bilstm },
    { "text_cnn", 50, 2, SENTENCE, VOCABULARY, 0, text_cnn },
};

const dsc_bench_workload *dsc_bench_workloads(size_t *count)
{
    *count = sizeof workloads / sizeof workloads[0];
    return workloads;
}

static float *make_values(dsc_scope *scope, size_t count)
{
    float *values = dsc_scope_alloc(scope, count, sizeof *values);
    if (values)
        dsc_rng_fill_normal_f32(dsc_rng_make(1, DSC_STREAM_DATA), 0, 0, 1, values, count);
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

dsc_examples dsc_bench_batch_make(dsc_scope *scope, const dsc_bench_workload *workload)
{
    const size_t count = workload->batch * workload->values, steps = workload->steps ? workload->steps : 1;
    dsc_column values = { .name = workload->vocabulary ? "tokens" : "input", .width = workload->values };
    if (workload->vocabulary)
        values.i32 = make_integers(scope, 0, count, workload->vocabulary);
    else
        values.f32 = make_values(scope, count);
    const int32_t *labels = make_integers(scope, 1, workload->batch * steps, workload->classes);
    return (dsc_examples){ .count = workload->batch,
                           .columns = { values, { "labels", steps, .i32 = labels } } };
}

dsc_node *dsc_bench_loss_make(dsc_scope *scope, const dsc_bench_workload *workload)
{
    return dsc_softmax_cross_entropy(workload->network(scope),
                                     dsc_labels(scope, workload->classes, .steps = workload->steps));
}
