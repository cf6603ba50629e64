/* onednn.c - the shapes of the suites `gemm` and `conv` by oneDNN's C interface called directly, every
 * operand in the format that the primitive itself asks for. It stands alone: nothing of Descent is in it.
 * Needs oneDNN 2.6 or 3.x.
 *
 *     onednn [--threads N] [--time SECONDS] [--precision fp32|bf16] [--on-request] [ROWS]...
 *
 * prints a line of JSON: median seconds of a run of each row, under the row's name in `descent bench`, of
 * rows whose names begin with one of ROWS ("gemm", "conv/vgg"); all by default.
 * --on-request measures once for each line that is read. Primitives are made, and memory is filled, before
 * anything is timed.
 */
#include <dnnl.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct shape {
    const char *name;
    int batch, size, in, out, kernel, stride, pad; /* size 0: an inner product */
    int groups;                                    /* 0: one */
};

static const struct shape shapes[] = {
    { "gemm/square-256", 256, 0, 256, 256, 0, 0, 0, 0 },
    { "gemm/square-512", 512, 0, 512, 512, 0, 0, 0, 0 },
    { "gemm/square-1024", 1024, 0, 1024, 1024, 0, 0, 0, 0 },
    { "gemm/square-2048", 2048, 0, 2048, 2048, 0, 0, 0, 0 },
    { "gemm/tall", 16384, 0, 256, 64, 0, 0, 0, 0 },
    { "gemm/wide", 64, 0, 1024, 4096, 0, 0, 0, 0 },
    { "gemm/mlp", 128, 0, 784, 1024, 0, 0, 0, 0 },
    { "gemm/small", 32, 0, 40, 32, 0, 0, 0, 0 },
    { "conv/resnet50-7x7-224", 4, 224, 3, 64, 7, 2, 3, 0 },
    { "conv/resnet50-3x3-56", 4, 56, 64, 64, 3, 1, 1, 0 },
    { "conv/resnet50-1x1-56", 4, 56, 64, 256, 1, 1, 0, 0 },
    { "conv/resnet50-3x3-28", 4, 28, 128, 128, 3, 1, 1, 0 },
    { "conv/resnet50-1x1-14", 4, 14, 1024, 256, 1, 1, 0, 0 },
    { "conv/resnet50-3x3-14", 4, 14, 256, 256, 3, 1, 1, 0 },
    { "conv/resnet50-3x3-7", 4, 7, 512, 512, 3, 1, 1, 0 },
    { "conv/vgg-3x3-224", 1, 224, 64, 64, 3, 1, 1, 0 },
    { "conv/vgg-3x3-112", 1, 112, 128, 128, 3, 1, 1, 0 },
    { "conv/vgg-3x3-28", 1, 28, 512, 512, 3, 1, 1, 0 },
    { "conv/lenet-5x5-28", 128, 28, 1, 32, 5, 1, 0, 0 },
    { "conv/lenet-5x5-12", 128, 12, 32, 64, 5, 1, 0, 0 },
    { "conv/mobilenet-dw-112", 4, 112, 32, 32, 3, 1, 1, 32 },
    { "conv/mobilenet-dw-56", 4, 56, 128, 128, 3, 1, 1, 128 },
    { "conv/mobilenet-dw-28", 4, 28, 256, 256, 3, 2, 1, 256 },
    { "conv/mobilenet-dw-14", 4, 14, 512, 512, 3, 1, 1, 512 },
};

enum { FORWARD = 0, BACKWARD_DATA, BACKWARD_WEIGHTS, PASSES, REPEATS = 7, MOST_ARGUMENTS = 4 };
static const char *const pass_names[PASSES] = { "forward", "backward-data", "backward-weights" };
enum { MOST_ROWS = PASSES * sizeof shapes / sizeof shapes[0] };

/* A primitive with all that it runs on. */
struct row {
    char name[80];
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[MOST_ARGUMENTS];
    int argument_count;
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void check(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return;
    fprintf(stderr, "onednn: %s: status %d\n", what, (int)status);
    exit(3);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- Descriptors: what differs between the generations --- */

struct operands {
    dnnl_memory_desc_t src, weights, bias, dst;
};

static void describe(dnnl_memory_desc_t *made, int rank, const dnnl_dims_t dims, dnnl_data_type_t type)
{
    const dnnl_format_tag_t tag = rank == 1 ? dnnl_a : dnnl_format_tag_any;
#if DNNL_VERSION_MAJOR >= 3
    check(dnnl_memory_desc_create_with_tag(made, rank, dims, type, tag), "memory descriptor");
#else
    check(dnnl_memory_desc_init_by_tag(made, rank, dims, type, tag), "memory descriptor");
#endif
}

static struct operands describe_operands(const struct shape *s, dnnl_data_type_t type, int pass)
{
    const int out = s->size ? (s->size + 2 * s->pad - s->kernel) / s->stride + 1 : 0, rank = s->size ? 4 : 2;
    const dnnl_dims_t src = { s->batch, s->in, s->size, s->size }, dst = { s->batch, s->out, out, out },
                      weights = { s->out, s->in, s->kernel, s->kernel },
                      grouped = { s->groups, s->out / (s->groups ? s->groups : 1),
                                  s->in / (s->groups ? s->groups : 1), s->kernel, s->kernel },
                      bias = { s->out };
    struct operands o;
    const dnnl_data_type_t of_weights = pass == BACKWARD_WEIGHTS ? dnnl_f32 : type;
    describe(&o.src, rank, src, type);
    describe(&o.weights, s->groups ? 5 : rank, s->groups ? grouped : weights, of_weights);
    describe(&o.bias, 1, bias, dnnl_f32);
    describe(&o.dst, rank, dst, type);
    return o;
}

#if DNNL_VERSION_MAJOR >= 3
static void make_descriptor(dnnl_primitive_desc_t *made, const struct shape *s, const struct operands *o,
                            int pass, dnnl_primitive_desc_t hint)
{
    const dnnl_dims_t strides = { s->stride, s->stride }, pads = { s->pad, s->pad }, dilations = { 0, 0 };
    dnnl_status_t status;
    if (!s->size)
        status = pass == FORWARD
                     ? dnnl_inner_product_forward_primitive_desc_create(
                           made, engine, dnnl_forward_training, o->src, o->weights, o->bias, o->dst, NULL)
                 : pass == BACKWARD_DATA ? dnnl_inner_product_backward_data_primitive_desc_create(
                                               made, engine, o->src, o->weights, o->dst, hint, NULL)
                                         : dnnl_inner_product_backward_weights_primitive_desc_create(
                                               made, engine, o->src, o->weights, o->bias, o->dst, hint, NULL);
    else if (pass == FORWARD)
        status = dnnl_convolution_forward_primitive_desc_create(
            made, engine, dnnl_forward_training, dnnl_convolution_direct, o->src, o->weights, o->bias, o->dst,
            strides, dilations, pads, pads, NULL);
    else if (pass == BACKWARD_DATA)
        status = dnnl_convolution_backward_data_primitive_desc_create(made, engine, dnnl_convolution_direct,
                                                                      o->src, o->weights, o->dst, strides,
                                                                      dilations, pads, pads, hint, NULL);
    else
        status = dnnl_convolution_backward_weights_primitive_desc_create(
            made, engine, dnnl_convolution_direct, o->src, o->weights, o->bias, o->dst, strides, dilations,
            pads, pads, hint, NULL);
    check(status, s->name);
}
#else
static void make_descriptor(dnnl_primitive_desc_t *made, const struct shape *s, const struct operands *o,
                            int pass, dnnl_primitive_desc_t hint)
{
    const dnnl_dims_t strides = { s->stride, s->stride }, pads = { s->pad, s->pad };
    union {
        dnnl_convolution_desc_t convolution;
        dnnl_inner_product_desc_t product;
    } d;
    dnnl_status_t status;
    if (!s->size)
        status = pass == FORWARD
                     ? dnnl_inner_product_forward_desc_init(&d.product, dnnl_forward_training, &o->src,
                                                            &o->weights, &o->bias, &o->dst)
                 : pass == BACKWARD_DATA
                     ? dnnl_inner_product_backward_data_desc_init(&d.product, &o->src, &o->weights, &o->dst)
                     : dnnl_inner_product_backward_weights_desc_init(&d.product, &o->src, &o->weights,
                                                                     &o->bias, &o->dst);
    else if (pass == FORWARD)
        status =
            dnnl_convolution_forward_desc_init(&d.convolution, dnnl_forward_training, dnnl_convolution_direct,
                                               &o->src, &o->weights, &o->bias, &o->dst, strides, pads, pads);
    else if (pass == BACKWARD_DATA)
        status = dnnl_convolution_backward_data_desc_init(&d.convolution, dnnl_convolution_direct, &o->src,
                                                          &o->weights, &o->dst, strides, pads, pads);
    else
        status =
            dnnl_convolution_backward_weights_desc_init(&d.convolution, dnnl_convolution_direct, &o->src,
                                                        &o->weights, &o->bias, &o->dst, strides, pads, pads);
    check(status, s->name);
    check(dnnl_primitive_desc_create(made, &d, NULL, engine, hint), s->name);
}
#endif

/* --- Rows --- */

/* Values of about 1 in either type. */
static void fill(void *data, size_t bytes, dnnl_data_type_t type)
{
    uint32_t random = 1;
    for (size_t i = 0; i < bytes / (type == dnnl_bf16 ? 2 : 4); i++) {
        random = random * 1664525u + 1013904223u;
        const float value = (float)((double)random / 4294967296.0 - 0.5);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (type == dnnl_bf16)
            ((uint16_t *)data)[i] = (uint16_t)(bits >> 16);
        else
            ((float *)data)[i] = value;
    }
}

static void add_argument(struct row *row, dnnl_primitive_desc_t descriptor, int argument,
                         dnnl_data_type_t type)
{
    dnnl_memory_t memory;
    void *data;
    check(dnnl_memory_create(&memory,
                             dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, argument),
                             engine, DNNL_MEMORY_ALLOCATE),
          "memory");
    check(dnnl_memory_get_data_handle(memory, &data), "memory");
    fill(
        data,
        dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, argument)),
        type);
    row->arguments[row->argument_count++] = (dnnl_exec_arg_t){ argument, memory };
}

static void make_row(struct row *row, const struct shape *s, dnnl_data_type_t type, int pass)
{
    static const int arguments[PASSES][MOST_ARGUMENTS] = {
        { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST },
        { DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC, 0 },
        { DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS },
    };
    *row = (struct row){ .argument_count = 0 };
    snprintf(row->name, sizeof row->name, "%s/%s", s->name, pass_names[pass]);
    const struct operands forward = describe_operands(s, type, FORWARD), o = describe_operands(s, type, pass);
    dnnl_primitive_desc_t hint, descriptor;
    make_descriptor(&hint, s, &forward, FORWARD, NULL);
    make_descriptor(&descriptor, s, &o, pass, pass == FORWARD ? NULL : hint);
    check(dnnl_primitive_create(&row->primitive, descriptor), row->name);
    for (int i = 0; i < MOST_ARGUMENTS && arguments[pass][i]; i++) {
        const int a = arguments[pass][i];
        const bool master = a == DNNL_ARG_BIAS || a == DNNL_ARG_DIFF_WEIGHTS || a == DNNL_ARG_DIFF_BIAS;
        add_argument(row, descriptor, a, master ? dnnl_f32 : type);
    }
    dnnl_primitive_desc_destroy(hint);
    dnnl_primitive_desc_destroy(descriptor);
}

static double time_runs(const struct row *row, size_t count)
{
    const double start = seconds_now();
    for (size_t i = 0; i < count; i++)
        check(dnnl_primitive_execute(row->primitive, stream, row->argument_count, row->arguments), row->name);
    check(dnnl_stream_wait(stream), row->name);
    return seconds_now() - start;
}

static int compare(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Every repeat takes each row once. */
static void measure(struct row *rows, size_t count, double time)
{
    static double seconds[MOST_ROWS][REPEATS];
    static size_t runs[MOST_ROWS];
    const double block = time / (double)count / (REPEATS + 2);
    for (size_t i = 0; i < count; i++) {
        time_runs(&rows[i], 1); /* never timed */
        const double once = time_runs(&rows[i], 1);
        const size_t more = once < block / 8 ? (size_t)(block / 8 / once) : 1;
        const double wanted = block / (time_runs(&rows[i], more) / (double)more);
        runs[i] = wanted > 1 ? (size_t)wanted : 1;
    }
    for (int r = 0; r < REPEATS; r++)
        for (size_t i = 0; i < count; i++) {
            time_runs(&rows[i], 1);
            seconds[i][r] = time_runs(&rows[i], runs[i]) / (double)runs[i];
        }
    const dnnl_version_t *v = dnnl_version();
    printf("{\"peer\": \"oneDNN %d.%d.%d\", \"threads\": %d, \"rows\": {", v->major, v->minor, v->patch,
           omp_get_max_threads());
    for (size_t i = 0; i < count; i++) {
        qsort(seconds[i], REPEATS, sizeof(double), compare);
        printf("%s\"%s\": {\"seconds\": %.9g, \"best\": %.9g}", i ? ", " : "", rows[i].name,
               seconds[i][REPEATS / 2], seconds[i][0]);
    }
    printf("}}\n");
    fflush(stdout);
}

struct arguments {
    bool on_request;
    double time;
    dnnl_data_type_t type;
    const char *suites[4];
    int suite_count;
};

static int usage(void)
{
    fprintf(
        stderr,
        "usage: onednn [--threads N] [--time SECONDS] [--precision fp32|bf16] [--on-request] [ROWS]...\n");
    return 2;
}

static bool read_arguments(int argc, char **argv, struct arguments *a)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--on-request") == 0)
            a->on_request = true;
        else if (strcmp(argv[i], "--threads") == 0 && atoi(value) > 0)
            omp_set_num_threads(atoi(argv[++i]));
        else if (strcmp(argv[i], "--time") == 0 && atof(value) > 0)
            a->time = atof(argv[++i]);
        else if (strcmp(argv[i], "--precision") == 0 &&
                 (strcmp(value, "fp32") == 0 || strcmp(value, "bf16") == 0))
            a->type = strcmp(argv[++i], "bf16") == 0 ? dnnl_bf16 : dnnl_f32;
        else if ((strncmp(argv[i], "gemm", 4) == 0 || strncmp(argv[i], "conv", 4) == 0) && a->suite_count < 4)
            a->suites[a->suite_count++] = argv[i];
        else
            return false;
    }
    return true;
}

static bool is_asked(const struct arguments *a, const char *name)
{
    for (int i = 0; i < a->suite_count; i++)
        if (strncmp(name, a->suites[i], strlen(a->suites[i])) == 0)
            return true;
    return a->suite_count == 0;
}

int main(int argc, char **argv)
{
    static struct row rows[MOST_ROWS];
    struct arguments a = { .time = 10, .type = dnnl_f32 };
    if (!read_arguments(argc, argv, &a))
        return usage();
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    size_t count = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int pass = 0; pass < PASSES; pass++)
            if (is_asked(&a, shapes[i].name))
                make_row(&rows[count++], &shapes[i], a.type, pass);
    char line[64];
    if (!a.on_request)
        measure(rows, count, a.time);
    while (a.on_request && fgets(line, sizeof line, stdin))
        measure(rows, count, a.time);
    return 0; /* the system takes the primitives back */
}
