/* kernel_rows.c - the suite `kernels`: each thread has vectors of its own and runs one kernel over them. */
#include "bench/session.h"

#include <omp.h>

#include <descent/nn.h>
#include <descent/rng.h>

/* Of a thread: its vectors stay in the second cache of most processors. */
enum { COUNT = 32768, ROWS = 256, COLUMNS = COUNT / ROWS, VECTORS = 6 };

struct vectors {
    float *v[VECTORS];
    int32_t *labels;
};

struct kernel {
    const dsci_kernels *kernels;
    const struct vectors *of_thread;
    size_t number; /* of the kind of activation */
    void (*run)(const struct kernel *kernel, const struct vectors *vectors);
};

typedef void kernel_run(const struct kernel *kernel, const struct vectors *vectors);

struct details {
    kernel_run *run;
    double arrays; /* that it touches: each comes into the nearest cache once */
    double flops;  /* an element */
};

static const dsci_rule_step STEP = { .lr = 1e-3f,
                                     .momentum = 0.9f,
                                     .beta1 = 0.9f,
                                     .beta2 = 0.999f,
                                     .epsilon = 1e-8f,
                                     .step_size = 1e-3f,
                                     .root_correction = 1,
                                     .gradient_step = 1e-3f };

static void activate(const struct kernel *k, const struct vectors *x)
{
    k->kernels->activation_forward((dsc_activation)k->number, 0.5f, x->v[0], x->v[1], COUNT);
}

static void activate_back(const struct kernel *k, const struct vectors *x)
{
    k->kernels->activation_backward((dsc_activation)k->number, 0.5f, x->v[0], x->v[1], x->v[2], COUNT);
}

#define ROWWISE(name, call)                                                                                  \
    static void name(const struct kernel *k, const struct vectors *x)                                        \
    {                                                                                                        \
        k->kernels->call;                                                                                    \
    }
ROWWISE(softmax, softmax(x->v[0], x->v[1], ROWS, COLUMNS))
ROWWISE(softmax_back, softmax_backward(x->v[0], x->v[1], x->v[2], ROWS, COLUMNS))
ROWWISE(log_softmax, log_softmax(x->v[0], x->v[1], ROWS, COLUMNS))
ROWWISE(cross_entropy, softmax_cross_entropy(x->v[0], x->v[1], x->labels, ROWS, COLUMNS, 1))
ROWWISE(layer_norm, layer_norm(x->v[0], NULL, x->v[1], NULL, NULL, 1e-5, ROWS, COLUMNS))
ROWWISE(add, add(x->v[0], x->v[1], x->v[2], COUNT, 0))
ROWWISE(dot, dot(x->v[0], x->v[1], COUNT))
ROWWISE(to_bf16, to_bf16((dsci_bf16 *)(void *)x->v[0], x->v[1], COUNT))
ROWWISE(dropout, dropout(x->v[0], x->v[1], COUNT, 0x80000000u, 2, dsc_rng_make(1, DSC_STREAM_DROPOUT), 0, 0))

#define RULE(name)                                                                                           \
    static void name(const struct kernel *k, const struct vectors *x)                                        \
    {                                                                                                        \
        k->kernels->name(x->v[0], x->v[1], x->v[2], x->v[3], x->v[4], COUNT, &STEP);                         \
    }
RULE(sgd)
RULE(momentum)
RULE(adam)
RULE(adagrad)
RULE(adadelta)
RULE(amsgrad)
RULE(adamax)
RULE(nadam)

/* Without its optional memory. */
static void rmsprop(const struct kernel *k, const struct vectors *x)
{
    k->kernels->rmsprop(x->v[0], x->v[1], x->v[2], NULL, NULL, COUNT, &STEP);
}

static void random_uniform(const struct kernel *k, const struct vectors *x)
{
    (void)k;
    dsc_rng_fill_uniform_f32(dsc_rng_make(1, DSC_STREAM_NOISE), 0, 0, 1, x->v[0], COUNT);
}

static void random_normal(const struct kernel *k, const struct vectors *x)
{
    (void)k;
    dsc_rng_fill_normal_f32(dsc_rng_make(1, DSC_STREAM_NOISE), 0, 0, 1, x->v[0], COUNT);
}

#define KERNEL(text, function, touched, operations, kind)                                                    \
    {                                                                                                        \
        .suite = "kernels", .name = text, .shape = "32768 floats a thread",                                  \
        .details = &(const struct details){ function, touched, operations }, .number = (kind)                \
    }
#define ACTIVATION(text, kind, forward, backward)                                                            \
    KERNEL(text "/forward", activate, 2, forward, kind),                                                     \
        KERNEL(text "/backward", activate_back, 3, backward, kind)

/* Operations are those of an element as the kernel executes them (lib/kernels/elementary.h), polynomials
   included: a fused multiply-add counts two, every other instruction of floating-point arithmetic one, the
   largest or smallest of two among them; comparisons, signs, conversions and what is done once a row count
   nothing. The exponential has 22, of which 18 are its two steps of reduction and its polynomial. SLEEF's
   functions inside the normal numbers are not counted. */
enum {
    REDUCED_EXP = 18,
    EXP = REDUCED_EXP + 4,
    SIGMOID = EXP + 3,
    EXPM1 = REDUCED_EXP + 5,
    LOG1P = 15,
    BELL = EXP + 8,
    NORMAL_CDF = 27,
    AVERAGE = 3,
    AVERAGE_SQUARE = 4,
    DECAY_AND_STEP = 4
};

const dsc_bench_row dsci_kernel_rows[] = {
    ACTIVATION("relu", DSC_ACTIVATION_RELU, 1, 0),
    ACTIVATION("sigmoid", DSC_ACTIVATION_SIGMOID, SIGMOID, 3),
    ACTIVATION("tanh", DSC_ACTIVATION_TANH, REDUCED_EXP + 8, 3),
    ACTIVATION("elu", DSC_ACTIVATION_ELU, EXPM1 + 3, 2),
    ACTIVATION("gelu", DSC_ACTIVATION_GELU, BELL + NORMAL_CDF + 1, BELL + NORMAL_CDF + 5),
    ACTIVATION("swish", DSC_ACTIVATION_SWISH, SIGMOID + 1, SIGMOID + 7),
    ACTIVATION("softplus", DSC_ACTIVATION_SOFTPLUS, EXP + LOG1P + 3, SIGMOID + 1),
    KERNEL("softmax/forward", softmax, 2, EXP + 4, 0),
    KERNEL("softmax/backward", softmax_back, 3, 4, 0),
    KERNEL("log-softmax", log_softmax, 2, EXP + 5, 0),
    KERNEL("cross-entropy", cross_entropy, 2, EXP + 4, 0),
    KERNEL("layer-norm", layer_norm, 2, 10, 0),
    KERNEL("add", add, 3, 1, 0),
    KERNEL("dot", dot, 2, 2, 0),
    KERNEL("to-bf16", to_bf16, 1.5, 0, 0),
    KERNEL("sgd", sgd, 2, DECAY_AND_STEP, 0),
    KERNEL("momentum", momentum, 3, DECAY_AND_STEP + 2, 0),
    KERNEL("adam", adam, 4, AVERAGE + AVERAGE_SQUARE + DECAY_AND_STEP + 4, 0),
    KERNEL("adagrad", adagrad, 3, DECAY_AND_STEP + 5, 0),
    KERNEL("rmsprop", rmsprop, 3, AVERAGE_SQUARE + DECAY_AND_STEP + 3, 0),
    KERNEL("adadelta", adadelta, 4, 2 * AVERAGE_SQUARE + DECAY_AND_STEP + 6, 0),
    KERNEL("amsgrad", amsgrad, 5, AVERAGE + AVERAGE_SQUARE + DECAY_AND_STEP + 5, 0),
    KERNEL("adamax", adamax, 4, AVERAGE + DECAY_AND_STEP + 4, 0),
    KERNEL("nadam", nadam, 4, AVERAGE + AVERAGE_SQUARE + DECAY_AND_STEP + 7, 0),
    KERNEL("dropout", dropout, 2, 1, 0),
    KERNEL("random-uniform", random_uniform, 1, 3, 0),
    KERNEL("random-normal", random_normal, 1, 0, 0),
};
const size_t dsci_kernel_row_count = sizeof dsci_kernel_rows / sizeof dsci_kernel_rows[0];

static void run(const dsc_bench_task *task, size_t count)
{
    const struct kernel *kernel = task->state;
#pragma omp parallel num_threads(task->threads)
    {
        const unsigned mode = dsc_float_mode_enter();
        for (size_t i = 0; i < count; i++)
            kernel->run(kernel, &kernel->of_thread[omp_get_thread_num()]);
        dsc_float_mode_leave(mode);
    }
}

/* Memory of the update rules begins at small positive values, as after some steps. */
static bool make_vectors(dsc_scope *scope, struct vectors *vectors)
{
    for (size_t i = 0; i < VECTORS; i++) {
        float *v = vectors->v[i] = dsci_bench_values(scope, COUNT);
        for (size_t j = 0; v && i > 1 && j < COUNT; j++)
            v[j] = v[j] * v[j] + 1e-3f;
    }
    vectors->labels = dsc_scope_alloc(scope, ROWS, sizeof(int32_t));
    return dsc_scope_status(scope) == DSC_OK;
}

void dsci_kernel_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    (void)engine;
    const struct details *details = task->row->details;
    struct kernel *kernel = dsc_scope_alloc(bench->scope, 1, sizeof *kernel);
    struct vectors *vectors = dsc_scope_alloc(bench->scope, (size_t)task->threads, sizeof *vectors);
    for (int t = 0; vectors && t < task->threads; t++)
        if (!make_vectors(bench->scope, &vectors[t]))
            return;
    if (!kernel || !vectors)
        return;
    *kernel = (struct kernel){ bench->kernels, vectors, task->row->number, details->run };
    task->state = kernel;
    task->run = run;
    task->engine = dsc_engine_name(DSC_ENGINE_NATIVE);
    task->implementation = dsc_isa_name(bench->kernels->isa);
    const double elements = (double)COUNT * task->threads;
    task->flops = details->flops * elements;
    /* What is written in place goes back beside what comes in, as the array that a triad writes does, which
       counts once though it comes in and goes back. */
    task->bytes = task->footprint = details->arrays * sizeof(float) * elements;
    task->items = elements;
    task->item = "elements";
}
