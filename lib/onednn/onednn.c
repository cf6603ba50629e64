/* onednn.c - making and running primitives: what the generations of oneDNN's interface have in common. */
#include "onednn/onednn.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <dnnl_debug.h>
#include <omp.h>

#include <descent/cpu.h>

#include "onednn/generation.h"

enum { MOST_ARGUMENTS = 5 };

struct dsci_primitive {
    dsci_primitive_spec spec; /* of a reorder: that of the primitive it serves */
    bool reorder;
    dnnl_primitive_desc_t descriptor;
    dnnl_primitive_t primitive;
    int weights, result; /* which arguments they are */
    size_t scratch_bytes, weights_bytes, result_bytes;
    bool plain, leaves_stack;
    int argument_count;
    size_t copies, made;        /* argument sets: wanted, and those with all their memory objects */
    dnnl_exec_arg_t *arguments; /* copies x argument_count */
    const void **addresses;     /* of each argument, as set last */
};

/* --- The engine: one for the process; it is never released, as primitives of all scopes refer to it. --- */

static dnnl_engine_t shared_engine;
static dnnl_stream_t shared_stream;
static dnnl_status_t engine_status;
static dsc_isa engine_level;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

/* The value of oneDNN's variable, which holds it back as well; NULL: it doesn't. */
static const char *environment_isa(void)
{
    static const char *const variables[] = { "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA" };
    for (size_t i = 0; i < 2; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    return NULL;
}

/* Holds oneDNN back to the instruction set of a level, unless the environment asks for no more than that. At
   the highest level it takes what the machine has. oneDNN can be told once, before its first use. */
static dnnl_status_t hold_back(dsc_isa level)
{
    static const char *const names[] = { "SSE41", "AVX", "AVX2" };
    static const struct {
        dnnl_cpu_isa_t most;
        size_t names; /* how many of them are no more */
    } bounds[] = { [DSC_ISA_SCALAR] = { dnnl_cpu_isa_sse41, 1 }, [DSC_ISA_AVX2] = { dnnl_cpu_isa_avx2, 3 } };
    if (level != DSC_ISA_SCALAR && level != DSC_ISA_AVX2)
        return dnnl_success;
    const char *asked = environment_isa();
    for (size_t i = 0; asked && i < bounds[level].names; i++)
        if (strcasecmp(asked, names[i]) == 0)
            return dnnl_success;
    return dnnl_set_max_cpu_isa(bounds[level].most);
}

static void make_engine(void)
{
    engine_level = dsc_isa_effective();
    engine_status = hold_back(engine_level);
    if (engine_status == dnnl_success)
        engine_status = dnnl_engine_create(&shared_engine, dnnl_cpu, 0);
    if (engine_status == dnnl_success)
        engine_status = dnnl_stream_create(&shared_stream, shared_engine, dnnl_stream_default_flags);
}

static bool engine_is_ready(void)
{
    pthread_once(&engine_once, make_engine);
    return engine_status == dnnl_success;
}

/* False with the scope's error: no engine, or not at the level in use. */
static bool expect_engine(dsc_scope *scope)
{
    if (!engine_is_ready())
        dsc_scope_fail(
            scope, DSC_ERROR_UNSUPPORTED,
            "oneDNN can't be started at level %s: %s; where another part of the program uses it, choose the "
            "level with dsc_isa_select() before that, or use engine native",
            dsc_isa_name(engine_level), dnnl_status2str(engine_status));
    else if (engine_level != dsc_isa_effective())
        dsc_scope_fail(
            scope, DSC_ERROR_UNSUPPORTED,
            "oneDNN keeps the level of its first use in a process, %s, and %s is in use now; choose "
            "the level with dsc_isa_select() before the first network, or use engine native",
            dsc_isa_name(engine_level), dsc_isa_name(dsc_isa_effective()));
    return dsc_scope_status(scope) == DSC_OK;
}

bool dsci_onednn_has_bf16(void)
{
    return engine_is_ready() &&
           (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

/* --- Shapes --- */

static dnnl_data_type_t activation_type(const dsci_primitive_spec *spec)
{
    return spec->bf16 ? dnnl_bf16 : dnnl_f32;
}

/* (batch, channels, space), channels last in memory. */
static dsci_memory_layout image(const dsci_primitive_spec *spec, size_t channels, const size_t *space)
{
    dsci_memory_layout m = { .rank = 2 + (int)spec->spatial, .type = activation_type(spec) };
    dnnl_dim_t stride = (dnnl_dim_t)channels;
    m.dims[0] = (dnnl_dim_t)spec->batch;
    m.dims[1] = (dnnl_dim_t)channels;
    m.strides[1] = 1;
    for (size_t s = spec->spatial; s-- > 0;) {
        m.dims[2 + s] = (dnnl_dim_t)space[s];
        m.strides[2 + s] = stride;
        stride *= m.dims[2 + s];
    }
    m.strides[0] = stride;
    return m;
}

/* The plain weights: ([groups,] out, in, kernel), in memory (kernel, in, groups, out); flipped ones (kernel,
 * out, in), without groups. */
static dsci_memory_layout plain_weights(const dsci_primitive_spec *spec, dnnl_data_type_t type)
{
    const size_t groups = spec->groups ? spec->groups : 1;
    const int grouped = groups > 1;
    dsci_memory_layout m = { .rank = grouped + 2 + (int)spec->spatial, .type = type };
    const size_t out = spec->out / groups, in = spec->in / groups;
    m.dims[0] = (dnnl_dim_t)groups;
    m.strides[0] = (dnnl_dim_t)out;
    m.dims[grouped] = (dnnl_dim_t)out;
    m.strides[grouped] = 1;
    m.dims[grouped + 1] = (dnnl_dim_t)in;
    m.strides[grouped + 1] = (dnnl_dim_t)(spec->weights_row ? spec->weights_row : spec->out);
    dnnl_dim_t stride = m.strides[grouped + 1] * m.dims[grouped + 1];
    for (size_t s = spec->spatial; s-- > 0;) {
        m.dims[grouped + 2 + (int)s] = (dnnl_dim_t)spec->space[s].kernel;
        m.strides[grouped + 2 + (int)s] = stride;
        stride *= (dnnl_dim_t)spec->space[s].kernel;
    }
    if (spec->flipped_kernel) {
        m.strides[0] = (dnnl_dim_t)spec->in;
        m.strides[1] = 1;
    }
    return m;
}

static dsci_memory_layout bias_memory(const dsci_primitive_spec *spec)
{
    return (dsci_memory_layout){
        .rank = spec->bias, .dims = { (dnnl_dim_t)spec->out }, .strides = { 1 }, .type = dnnl_f32
    };
}

/* Columns that no position of the kernel reaches need no padding: oneDNN leaves them out as well. */
static dnnl_dim_t pad_after(const dsci_primitive_spec *spec, size_t s)
{
    const dnnl_dim_t reach = (dnnl_dim_t)((spec->space[s].dst - 1) * spec->space[s].stride +
                                          (spec->space[s].kernel - 1) * spec->space[s].dilation + 1);
    const dnnl_dim_t pad = reach - (dnnl_dim_t)(spec->space[s].src + spec->space[s].pad);
    return pad > 0 ? pad : 0;
}

static dsci_problem problem_of(const dsci_primitive_spec *spec, dsci_direction direction)
{
    size_t src[DSCI_SPATIAL] = { 0 }, dst[DSCI_SPATIAL] = { 0 };
    dsci_problem problem = { .convolution = spec->spatial > 0, .direction = direction };
    for (size_t s = 0; s < spec->spatial; s++) {
        src[s] = spec->space[s].src;
        dst[s] = spec->space[s].dst;
        problem.strides[s] = (dnnl_dim_t)spec->space[s].stride;
        problem.dilations[s] = (dnnl_dim_t)spec->space[s].dilation - 1;
        problem.pad_low[s] = (dnnl_dim_t)spec->space[s].pad;
        problem.pad_high[s] = pad_after(spec, s);
    }
    problem.src = image(spec, spec->in, src);
    problem.dst = image(spec, spec->out, dst);
    if (spec->wide_result)
        problem.dst.type = dnnl_f32;
    problem.weights =
        plain_weights(spec, direction == DSCI_BACKWARD_WEIGHTS ? dnnl_f32 : activation_type(spec));
    problem.weights.any = !spec->plain_weights;
    problem.bias = bias_memory(spec);
    return problem;
}

/* --- Making --- */

static void destroy(void *object)
{
    dsci_primitive *p = object;
    for (size_t i = 0; i < p->made; i++)
        dnnl_memory_destroy(p->arguments[i].memory);
    dnnl_primitive_destroy(p->primitive);
    dnnl_primitive_desc_destroy(p->descriptor);
}

/* Scratch memory from us; the activation as a post-op. */
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attributes, dsci_eltwise eltwise)
{
    static const dnnl_alg_kind_t algorithms[] = { [DSCI_ELTWISE_RELU] = dnnl_eltwise_relu,
                                                  [DSCI_ELTWISE_LOGISTIC] = dnnl_eltwise_logistic,
                                                  [DSCI_ELTWISE_TANH] = dnnl_eltwise_tanh };
    dnnl_status_t status = dnnl_primitive_attr_create(attributes);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
    if (status != dnnl_success || eltwise == DSCI_ELTWISE_NONE)
        return status;
    dnnl_post_ops_t post_ops = NULL;
    status = dnnl_post_ops_create(&post_ops);
    if (status == dnnl_success)
        status = dsci_append_eltwise(post_ops, algorithms[eltwise]);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(*attributes, post_ops);
    dnnl_post_ops_destroy(post_ops);
    return status;
}

static const char *name_of(const_dnnl_primitive_desc_t descriptor)
{
    const char *name = NULL;
    const dnnl_status_t status =
        dnnl_primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, (void *)&name);
    return status == dnnl_success && name ? name : "";
}

bool dsci_is_acceptable(const_dnnl_primitive_desc_t descriptor, const dsci_primitive_spec *spec)
{
    return !spec || dsci_onednn_is_right(name_of(descriptor), spec);
}

/* A backward primitive is described beside the forward one it belongs to. */
static dnnl_status_t make_descriptor(dsci_primitive *p)
{
    const dsci_primitive_spec *spec = &p->spec;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status = make_attributes(&attributes, spec->eltwise);
    dsci_problem problem = problem_of(spec, DSCI_FORWARD);
    if (status == dnnl_success && spec->direction != DSCI_FORWARD)
        status = dsci_describe(&hint, &problem, NULL, shared_engine, attributes, NULL);
    problem = problem_of(spec, spec->direction);
    if (spec->like) {
        problem.weights.like = spec->like->descriptor;
        problem.weights.like_argument = spec->like->weights;
    }
    if (status == dnnl_success)
        status = dsci_describe(&p->descriptor, &problem, spec, shared_engine, attributes, hint);
    dnnl_primitive_desc_destroy(hint);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static size_t bytes_of(const dsci_primitive *p, int argument)
{
    return dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(p->descriptor, dnnl_query_exec_arg_md, argument));
}

/* As many sets of memory objects as there are copies; their addresses are set before each run. */
static dnnl_status_t add_arguments(dsci_primitive *p, const int *list)
{
    for (size_t copy = 0; copy < p->copies; copy++)
        for (int i = 0; i < p->argument_count; i++) {
            dnnl_exec_arg_t *at = &p->arguments[p->made];
            at->arg = list[i];
            const dnnl_status_t status = dnnl_memory_create(
                &at->memory, dnnl_primitive_desc_query_md(p->descriptor, dnnl_query_exec_arg_md, list[i]),
                shared_engine, DNNL_MEMORY_NONE);
            if (status != dnnl_success)
                return status;
            p->made++;
        }
    return dnnl_success;
}

/* Three tensors, then bias and scratch memory if it has them. */
static dnnl_status_t add_tensors(dsci_primitive *p)
{
    static const int tensors[][3] = {
        [DSCI_FORWARD] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST },
        [DSCI_BACKWARD_DATA] = { DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST },
        [DSCI_BACKWARD_WEIGHTS] = { DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST },
    };
    static const int results[] = { [DSCI_FORWARD] = DNNL_ARG_DST,
                                   [DSCI_BACKWARD_DATA] = DNNL_ARG_DIFF_SRC,
                                   [DSCI_BACKWARD_WEIGHTS] = DNNL_ARG_DIFF_WEIGHTS };
    const dsci_direction direction = p->spec.direction;
    const dsci_memory_layout plain = plain_weights(&p->spec, dnnl_f32);
    int list[MOST_ARGUMENTS];
    for (int i = 0; i < 3; i++)
        list[i] = tensors[direction][i];
    p->argument_count = 3;
    p->weights = list[1];
    p->result = results[direction];
    p->weights_bytes = bytes_of(p, p->weights);
    p->result_bytes = bytes_of(p, p->result);
    p->plain = !p->spec.flipped_kernel && dsci_is_plain(p->descriptor, p->weights, &plain);
    p->scratch_bytes = bytes_of(p, DNNL_ARG_SCRATCHPAD);
    p->leaves_stack = dsci_onednn_leaves_stack(name_of(p->descriptor));
    if (p->spec.bias)
        list[p->argument_count++] = direction == DSCI_FORWARD ? DNNL_ARG_BIAS : DNNL_ARG_DIFF_BIAS;
    if (p->scratch_bytes)
        list[p->argument_count++] = DNNL_ARG_SCRATCHPAD;
    return add_arguments(p, list);
}

static dnnl_status_t make_tensor_primitive(dsci_primitive *p)
{
    dnnl_status_t status = make_descriptor(p);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&p->primitive, p->descriptor);
    return status == dnnl_success ? add_tensors(p) : status;
}

/* A block of the weights, and where it starts in the plain ones and in oneDNN's. */
struct block {
    dnnl_dims_t dims, plain, other;
};

/* Element number p of the kernel, all channels of it: it comes from the other end of the plain kernel. */
static void turn_block(const dsci_primitive_spec *spec, struct block *block, size_t part)
{
    for (size_t s = spec->spatial; s-- > 0;) {
        const size_t size = spec->space[s].kernel, at = part % size;
        block->dims[2 + s] = 1;
        block->other[2 + s] = (dnnl_dim_t)at;
        block->plain[2 + s] = (dnnl_dim_t)(size - 1 - at);
        part /= size;
    }
}

/* The block of output channels that part p of parts reorders: whole cache lines of them, since formats keep
 * up to 64 side by side. False if it is empty. */
static bool choose_block(const dsci_primitive_spec *spec, size_t part, size_t parts, struct block *block)
{
    enum { STEP = 64 };
    const dsci_memory_layout plain = plain_weights(spec, dnnl_f32);
    *block = (struct block){ .dims = { 0 } };
    for (int i = 0; i < plain.rank; i++)
        block->dims[i] = plain.dims[i];
    if (spec->flipped_kernel)
        turn_block(spec, block, part);
    if (spec->flipped_kernel || spec->groups > 1 || parts <= 1)
        return spec->flipped_kernel || part == 0;
    const size_t out = (size_t)plain.dims[0], steps = (out + STEP - 1) / STEP;
    const size_t first = steps * part / parts * STEP, end = steps * (part + 1) / parts * STEP;
    block->plain[0] = (dnnl_dim_t)first;
    block->other[0] = (dnnl_dim_t)first;
    block->dims[0] = (dnnl_dim_t)((end < out ? end : out) - first);
    return end > first;
}

static dnnl_status_t describe_block(dnnl_primitive_desc_t *descriptor, const dsci_primitive *of,
                                    const struct block *block)
{
    const bool to_plain = of->spec.direction == DSCI_BACKWARD_WEIGHTS;
    const dsci_memory_layout plain = plain_weights(&of->spec, dnnl_f32);
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = make_attributes(&attributes, DSCI_ELTWISE_NONE);
    if (status == dnnl_success)
        status = dsci_describe_reorder(descriptor, &plain, of->descriptor, of->weights, to_plain, block->dims,
                                       block->plain, block->other, shared_engine, attributes);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static dnnl_status_t make_reorder(dsci_primitive *p, const dsci_primitive *of, const struct block *block)
{
    static const int list[] = { DNNL_ARG_FROM, DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD };
    dnnl_status_t status = describe_block(&p->descriptor, of, block);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&p->primitive, p->descriptor);
    if (status != dnnl_success)
        return status;
    p->scratch_bytes = bytes_of(p, DNNL_ARG_SCRATCHPAD);
    p->argument_count = p->scratch_bytes ? 3 : 2;
    return add_arguments(p, list);
}

static dsci_primitive *allocate(dsc_scope *scope, const dsci_primitive_spec *spec, size_t copies)
{
    dsci_primitive *p = dsc_scope_alloc(scope, 1, sizeof *p);
    if (!p)
        return NULL;
    p->spec = *spec;
    p->copies = copies ? copies : 1;
    p->arguments = dsc_scope_alloc(scope, p->copies, MOST_ARGUMENTS * sizeof *p->arguments);
    p->addresses = dsc_scope_alloc(scope, p->copies, MOST_ARGUMENTS * sizeof *p->addresses);
    return p->arguments && p->addresses ? p : NULL;
}

/* The primitive, if all went well; it is released with the scope in every case. */
static dsci_primitive *keep(dsc_scope *scope, dsci_primitive *p, dnnl_status_t status)
{
    if (dsc_scope_defer(scope, destroy, p) != DSC_OK)
        return NULL;
    if (status == dnnl_success)
        return p;
    static const char *const directions[] = { "forward", "backward data", "backward weights" };
    const dsci_primitive_spec *s = &p->spec;
    dsc_scope_fail(
        scope, status == dnnl_out_of_memory ? DSC_ERROR_MEMORY : DSC_ERROR_UNSUPPORTED,
        "layer '%s': oneDNN made no %s (%s, batch %zu, %zu to %zu%s): %s; use engine native", s->layer,
        p->reorder   ? "reorder of weights"
        : s->spatial ? "convolution"
                     : "inner product",
        directions[s->direction], s->batch, s->in, s->out, s->bf16 ? ", bf16" : "", dnnl_status2str(status));
    return NULL;
}

/* oneDNN counts the threads when a primitive is made: one for as many threads that runs inside a parallel
   region waits for the others for ever. */
dsci_primitive *dsci_primitive_make(dsc_scope *scope, const dsci_primitive_spec *spec)
{
    dsci_primitive *p = expect_engine(scope) ? allocate(scope, spec, spec->copies) : NULL;
    if (!p)
        return NULL;
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const dnnl_status_t status = make_tensor_primitive(p);
    omp_set_num_threads(threads);
    return keep(scope, p, status);
}

bool dsci_reorder_divides(const dsci_primitive *primitive, size_t parts)
{
    struct block block;
    for (size_t p = 0; p < parts; p++) {
        dnnl_primitive_desc_t descriptor = NULL;
        if (!choose_block(&primitive->spec, p, parts, &block))
            continue;
        if (describe_block(&descriptor, primitive, &block) != dnnl_success)
            return false;
        dnnl_primitive_desc_destroy(descriptor);
    }
    return true;
}

dsci_primitive *dsci_reorder_make(dsc_scope *scope, const dsci_primitive *primitive, size_t part,
                                  size_t parts, size_t copies)
{
    struct block block;
    if (!primitive || !choose_block(&primitive->spec, part, parts, &block))
        return NULL;
    dsci_primitive *p = allocate(scope, &primitive->spec, copies);
    if (!p)
        return NULL;
    p->reorder = true;
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const dnnl_status_t status = make_reorder(p, primitive, &block);
    omp_set_num_threads(threads);
    return keep(scope, p, status);
}

size_t dsci_primitive_scratch_bytes(const dsci_primitive *primitive)
{
    return primitive ? primitive->scratch_bytes : 0;
}

size_t dsci_primitive_weights_bytes(const dsci_primitive *primitive)
{
    return primitive ? primitive->weights_bytes : 0;
}

bool dsci_primitive_is_plain(const dsci_primitive *primitive)
{
    return primitive && primitive->plain;
}

const char *dsci_primitive_name(const dsci_primitive *primitive)
{
    return primitive ? name_of(primitive->descriptor) : "";
}

static bool is_among(const char *names, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = names; at; at = strstr(at, " + ") ? strstr(at, " + ") + 3 : NULL)
        if (strncmp(at, name, length) == 0 && (at[length] == '\0' || at[length] == ' '))
            return true;
    return false;
}

const char *dsci_primitive_names(dsc_scope *scope, const char *names, const dsci_primitive *primitive)
{
    const char *name = dsci_primitive_name(primitive);
    if (!primitive || is_among(names, name))
        return names;
    return names ? dsc_scope_format(scope, "%s + %s", names, name) : dsc_scope_copy(scope, name);
}

/* --- Running --- */

/* oneDNN takes every address as writable; it writes the results alone. */
static void *address(int argument, const dsci_primitive_operands *o)
{
    switch (argument) {
    case DNNL_ARG_SRC:
    case DNNL_ARG_DIFF_SRC: return (void *)(uintptr_t)o->src;
    case DNNL_ARG_WEIGHTS:
    case DNNL_ARG_DIFF_WEIGHTS: return (void *)(uintptr_t)o->weights;
    case DNNL_ARG_BIAS:
    case DNNL_ARG_DIFF_BIAS: return (void *)(uintptr_t)o->bias;
    case DNNL_ARG_DST:
    case DNNL_ARG_DIFF_DST: return (void *)(uintptr_t)o->dst;
    default: return o->scratch;
    }
}

/* Setting an address costs more than most find: oneDNN may look for padding to be zeroed. */
static dnnl_status_t set_addresses(const dsci_primitive *p, size_t first, const dsci_primitive_operands *o)
{
    dnnl_status_t status = dnnl_success;
    for (size_t i = first; i < first + (size_t)p->argument_count && status == dnnl_success; i++) {
        void *at = address(p->arguments[i].arg, o);
        if (at == p->addresses[i])
            continue;
        status = dnnl_memory_set_data_handle(p->arguments[i].memory, at);
        p->addresses[i] = status == dnnl_success ? at : NULL;
    }
    return status;
}

/* Signals to the thread wait while its stack pointer may point elsewhere. */
static dnnl_status_t execute(const dsci_primitive *p, size_t first)
{
    sigset_t all, before;
    if (p->leaves_stack) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    dnnl_status_t status =
        dnnl_primitive_execute(p->primitive, shared_stream, p->argument_count, &p->arguments[first]);
    if (status == dnnl_success)
        status = dnnl_stream_wait(shared_stream);
    if (p->leaves_stack)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

void dsci_primitive_run(const dsci_primitive *primitive, size_t copy, const dsci_primitive_operands *operands)
{
    const int threads = omp_get_max_threads();
    const size_t first = copy * (size_t)primitive->argument_count;
    omp_set_num_threads(1);
    dnnl_status_t status = set_addresses(primitive, first, operands);
    if (status == dnnl_success)
        status = execute(primitive, first);
    omp_set_num_threads(threads);
    /* All bits set are NaN in both types; a reorder's result is not known to be contiguous. */
    if (status != dnnl_success && primitive->result_bytes)
        memset(address(primitive->result, operands), 0xFF, primitive->result_bytes);
}
