/* onednn2.c - the C interface of oneDNN 2.x. */
#include <math.h>
#include <stdint.h>

#include <dnnl.h>
#include <omp.h>

#include "onednn/onednn.h"

enum { MAX_ARGUMENTS = 5 };

struct dsci_inner_product {
    dsci_inner_product_spec spec;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t descriptor;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[MAX_ARGUMENTS];
    dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
    int argument_count;
    size_t scratch_bytes;
};

static const char *status_text(dnnl_status_t status)
{
    switch (status) {
    case dnnl_success: return "success";
    case dnnl_out_of_memory: return "out of memory";
    case dnnl_invalid_arguments: return "invalid arguments";
    case dnnl_unimplemented: return "unimplemented";
    case dnnl_iterator_ends: return "no implementation fits";
    case dnnl_runtime_error: return "run-time error";
    case dnnl_not_required: return "not required";
    }
    return "unknown status";
}

static void destroy(void *object)
{
    dsci_inner_product *product = object;
    for (int i = 0; i < product->argument_count; i++)
        dnnl_memory_destroy(product->memory[i]);
    dnnl_primitive_destroy(product->primitive);
    dnnl_primitive_desc_destroy(product->descriptor);
    dnnl_stream_destroy(product->stream);
    dnnl_engine_destroy(product->engine);
}

/* The shapes as oneDNN writes them: weights are (units, fan_in), stored fan_in first. */
struct layout {
    dnnl_memory_desc_t src, weights, bias, dst;
};

static dnnl_status_t describe(struct layout *layout, const dsci_inner_product_spec *spec)
{
    const dnnl_dim_t batch = (dnnl_dim_t)spec->batch, fan_in = (dnnl_dim_t)spec->fan_in;
    const dnnl_dim_t units = (dnnl_dim_t)spec->units;
    dnnl_status_t status =
        dnnl_memory_desc_init_by_tag(&layout->src, 2, (dnnl_dims_t){ batch, fan_in }, dnnl_f32, dnnl_nc);
    if (status == dnnl_success)
        status = dnnl_memory_desc_init_by_tag(&layout->weights, 2, (dnnl_dims_t){ units, fan_in }, dnnl_f32,
                                              dnnl_io);
    if (status == dnnl_success)
        status = dnnl_memory_desc_init_by_tag(&layout->bias, 1, (dnnl_dims_t){ units }, dnnl_f32, dnnl_x);
    if (status == dnnl_success)
        status =
            dnnl_memory_desc_init_by_tag(&layout->dst, 2, (dnnl_dims_t){ batch, units }, dnnl_f32, dnnl_nc);
    return status;
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
        status = dnnl_post_ops_append_eltwise(post_ops, 1.0F, algorithms[eltwise], 0.0F, 0.0F);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(*attributes, post_ops);
    dnnl_post_ops_destroy(post_ops);
    return status;
}

/* A backward primitive is described beside the forward one it belongs to. */
static dnnl_status_t make_descriptor(dsci_inner_product *product, const struct layout *l)
{
    const dnnl_memory_desc_t *bias = product->spec.bias ? &l->bias : NULL;
    dnnl_inner_product_desc_t forward, backward;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status = dnnl_inner_product_forward_desc_init(&forward, dnnl_forward_training, &l->src,
                                                                &l->weights, bias, &l->dst);
    if (status == dnnl_success)
        status = make_attributes(&attributes, product->spec.eltwise);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&hint, &forward, attributes, product->engine, NULL);
    if (product->spec.direction == DSCI_FORWARD) {
        product->descriptor = hint;
        hint = NULL;
    } else if (status == dnnl_success) {
        status = product->spec.direction == DSCI_BACKWARD_DATA
                     ? dnnl_inner_product_backward_data_desc_init(&backward, &l->src, &l->weights, &l->dst)
                     : dnnl_inner_product_backward_weights_desc_init(&backward, &l->src, &l->weights, bias,
                                                                     &l->dst);
        if (status == dnnl_success)
            status = dnnl_primitive_desc_create(&product->descriptor, &backward, attributes, product->engine,
                                                hint);
    }
    dnnl_primitive_desc_destroy(hint);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static dnnl_status_t add_argument(dsci_inner_product *product, int argument, const dnnl_memory_desc_t *layout)
{
    const int i = product->argument_count;
    const dnnl_status_t status =
        dnnl_memory_create(&product->memory[i], layout, product->engine, DNNL_MEMORY_NONE);
    if (status != dnnl_success)
        return status;
    product->arguments[i] = (dnnl_exec_arg_t){ argument, product->memory[i] };
    product->argument_count++;
    return dnnl_success;
}

static dnnl_status_t add_arguments(dsci_inner_product *product, const struct layout *l)
{
    static const int tensors[][3] = {
        [DSCI_FORWARD] = { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST },
        [DSCI_BACKWARD_DATA] = { DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST },
        [DSCI_BACKWARD_WEIGHTS] = { DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST },
    };
    const dsci_direction direction = product->spec.direction;
    const dnnl_memory_desc_t *layouts[] = { &l->src, &l->weights, &l->dst };
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < 3 && status == dnnl_success; i++)
        status = add_argument(product, tensors[direction][i], layouts[i]);
    if (status == dnnl_success && product->spec.bias)
        status =
            add_argument(product, direction == DSCI_FORWARD ? DNNL_ARG_BIAS : DNNL_ARG_DIFF_BIAS, &l->bias);
    const dnnl_memory_desc_t *scratch =
        dnnl_primitive_desc_query_md(product->descriptor, dnnl_query_scratchpad_md, 0);
    product->scratch_bytes = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
    if (status == dnnl_success && product->scratch_bytes)
        status = add_argument(product, DNNL_ARG_SCRATCHPAD, scratch);
    return status;
}

/* oneDNN counts the threads when a primitive is made: one for as many threads that runs inside a parallel
   region waits for the others for ever. */
static dnnl_status_t make_on_one_thread(dsci_inner_product *product)
{
    const int threads = omp_get_max_threads();
    struct layout layout;
    omp_set_num_threads(1);
    dnnl_status_t status = dnnl_engine_create(&product->engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = dnnl_stream_create(&product->stream, product->engine, dnnl_stream_default_flags);
    if (status == dnnl_success)
        status = describe(&layout, &product->spec);
    if (status == dnnl_success)
        status = make_descriptor(product, &layout);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&product->primitive, product->descriptor);
    if (status == dnnl_success)
        status = add_arguments(product, &layout);
    omp_set_num_threads(threads);
    return status;
}

dsci_inner_product *dsci_inner_product_make(dsc_scope *scope, const dsci_inner_product_spec *spec)
{
    dsci_inner_product *product = dsc_scope_alloc(scope, 1, sizeof *product);
    if (!product)
        return NULL;
    product->spec = *spec;
    const dnnl_status_t status = make_on_one_thread(product);
    if (dsc_scope_defer(scope, destroy, product) != DSC_OK)
        return NULL;
    if (status == dnnl_success)
        return product;
    dsc_scope_fail(scope, status == dnnl_out_of_memory ? DSC_ERROR_MEMORY : DSC_ERROR_UNSUPPORTED,
                   "layer '%s': oneDNN made no inner product of %zu x %zu to %zu: %s; use engine native",
                   spec->layer, spec->batch, spec->fan_in, spec->units, status_text(status));
    return NULL;
}

size_t dsci_inner_product_scratch(const dsci_inner_product *product)
{
    return product->scratch_bytes;
}

/* oneDNN takes every address as writable; it writes the results alone. */
static void *address(int argument, const dsci_inner_product_operands *o)
{
    switch (argument) {
    case DNNL_ARG_SRC: return (void *)(uintptr_t)o->src;
    case DNNL_ARG_WEIGHTS: return (void *)(uintptr_t)o->weights;
    case DNNL_ARG_BIAS: return (void *)(uintptr_t)o->bias;
    case DNNL_ARG_DST: return o->dst;
    case DNNL_ARG_DIFF_SRC: return o->diff_src;
    case DNNL_ARG_DIFF_WEIGHTS: return o->diff_weights;
    case DNNL_ARG_DIFF_BIAS: return o->diff_bias;
    case DNNL_ARG_DIFF_DST: return (void *)(uintptr_t)o->diff_dst;
    default: return o->scratch;
    }
}

static void fill_nan(const dsci_inner_product_spec *spec, const dsci_inner_product_operands *o)
{
    float *const results[] = {
        [DSCI_FORWARD] = o->dst, [DSCI_BACKWARD_DATA] = o->diff_src, [DSCI_BACKWARD_WEIGHTS] = o->diff_weights
    };
    const size_t counts[] = { [DSCI_FORWARD] = spec->batch * spec->units,
                              [DSCI_BACKWARD_DATA] = spec->batch * spec->fan_in,
                              [DSCI_BACKWARD_WEIGHTS] = spec->fan_in * spec->units };
    for (size_t i = 0; i < counts[spec->direction]; i++)
        results[spec->direction][i] = NAN;
}

void dsci_inner_product_run(const dsci_inner_product *product, const dsci_inner_product_operands *operands)
{
    const int threads = omp_get_max_threads();
    dnnl_status_t status = dnnl_success;
    omp_set_num_threads(1);
    for (int i = 0; i < product->argument_count && status == dnnl_success; i++)
        status =
            dnnl_memory_set_data_handle(product->memory[i], address(product->arguments[i].arg, operands));
    if (status == dnnl_success)
        status = dnnl_primitive_execute(product->primitive, product->stream, product->argument_count,
                                        product->arguments);
    if (status == dnnl_success)
        status = dnnl_stream_wait(product->stream);
    omp_set_num_threads(threads);
    if (status != dnnl_success)
        fill_nan(&product->spec, operands);
}
