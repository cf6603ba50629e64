/* onednn2.c - the C interface of oneDNN 2.x. */
#include "onednn/generation.h"

static dnnl_status_t make_memory(dnnl_memory_desc_t *made, const dsci_memory_layout *memory)
{
    if (memory->like) {
        *made = *dnnl_primitive_desc_query_md(memory->like, dnnl_query_exec_arg_md, memory->like_argument);
        return dnnl_success;
    }
    if (memory->any)
        return dnnl_memory_desc_init_by_tag(made, memory->rank, memory->dims, memory->type,
                                            dnnl_format_tag_any);
    return dnnl_memory_desc_init_by_strides(made, memory->rank, memory->dims, memory->type, memory->strides);
}

struct memories {
    dnnl_memory_desc_t src, weights, bias, dst;
};

static dnnl_status_t make_memories(struct memories *m, const dsci_problem *problem)
{
    dnnl_status_t status = make_memory(&m->src, &problem->src);
    if (status == dnnl_success)
        status = make_memory(&m->weights, &problem->weights);
    if (status == dnnl_success && problem->bias.rank)
        status = make_memory(&m->bias, &problem->bias);
    if (status == dnnl_success)
        status = make_memory(&m->dst, &problem->dst);
    return status;
}

static dnnl_status_t describe_convolution(dnnl_convolution_desc_t *operation, const dsci_problem *p,
                                          const struct memories *m, const dnnl_memory_desc_t *bias)
{
    switch (p->direction) {
    case DSCI_BACKWARD_DATA:
        return dnnl_dilated_convolution_backward_data_desc_init(operation, dnnl_convolution_direct, &m->src,
                                                                &m->weights, &m->dst, p->strides,
                                                                p->dilations, p->pad_low, p->pad_high);
    case DSCI_BACKWARD_WEIGHTS:
        return dnnl_dilated_convolution_backward_weights_desc_init(
            operation, dnnl_convolution_direct, &m->src, &m->weights, bias, &m->dst, p->strides, p->dilations,
            p->pad_low, p->pad_high);
    default:
        return dnnl_dilated_convolution_forward_desc_init(
            operation, dnnl_forward_training, dnnl_convolution_direct, &m->src, &m->weights, bias, &m->dst,
            p->strides, p->dilations, p->pad_low, p->pad_high);
    }
}

static dnnl_status_t describe_inner_product(dnnl_inner_product_desc_t *operation, const dsci_problem *p,
                                            const struct memories *m, const dnnl_memory_desc_t *bias)
{
    switch (p->direction) {
    case DSCI_BACKWARD_DATA:
        return dnnl_inner_product_backward_data_desc_init(operation, &m->src, &m->weights, &m->dst);
    case DSCI_BACKWARD_WEIGHTS:
        return dnnl_inner_product_backward_weights_desc_init(operation, &m->src, &m->weights, bias, &m->dst);
    default:
        return dnnl_inner_product_forward_desc_init(operation, dnnl_forward_training, &m->src, &m->weights,
                                                    bias, &m->dst);
    }
}

/* Fetches descriptors until one is acceptable. The first may come twice, if oneDNN has it in its cache. */
static dnnl_status_t choose(dnnl_primitive_desc_t *descriptor, dnnl_primitive_desc_iterator_t implementations,
                            const dsci_primitive_spec *spec)
{
    dnnl_status_t status = dnnl_success;
    while (status == dnnl_success) {
        *descriptor = dnnl_primitive_desc_iterator_fetch(implementations);
        if (!*descriptor)
            return dnnl_out_of_memory;
        if (dsci_is_acceptable(*descriptor, spec))
            return dnnl_success;
        dnnl_primitive_desc_destroy(*descriptor);
        *descriptor = NULL;
        status = dnnl_primitive_desc_iterator_next(implementations);
    }
    return status;
}

dnnl_status_t dsci_describe(dnnl_primitive_desc_t *descriptor, const dsci_problem *problem,
                            const dsci_primitive_spec *spec, dnnl_engine_t engine,
                            const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint)
{
    struct memories m;
    dnnl_status_t status = make_memories(&m, problem);
    if (status != dnnl_success)
        return status;
    const dnnl_memory_desc_t *bias = problem->bias.rank ? &m.bias : NULL;
    union {
        dnnl_convolution_desc_t convolution;
        dnnl_inner_product_desc_t inner_product;
    } operation;
    status = problem->convolution ? describe_convolution(&operation.convolution, problem, &m, bias)
                                  : describe_inner_product(&operation.inner_product, problem, &m, bias);
    dnnl_primitive_desc_iterator_t implementations = NULL;
    if (status == dnnl_success)
        status = dnnl_primitive_desc_iterator_create(&implementations, &operation, attributes, engine, hint);
    if (status != dnnl_success)
        return status;
    status = choose(descriptor, implementations, spec);
    dnnl_primitive_desc_iterator_destroy(implementations);
    return status;
}

dnnl_status_t dsci_describe_reorder(dnnl_primitive_desc_t *descriptor, const dsci_memory_layout *plain,
                                    const_dnnl_primitive_desc_t other, int argument, bool to_plain,
                                    const dnnl_dims_t dims, const dnnl_dims_t plain_offsets,
                                    const dnnl_dims_t offsets, dnnl_engine_t engine,
                                    const_dnnl_primitive_attr_t attributes)
{
    dnnl_memory_desc_t whole, ends[2];
    dnnl_status_t status = make_memory(&whole, plain);
    if (status == dnnl_success)
        status = dnnl_memory_desc_init_submemory(&ends[to_plain], &whole, dims, plain_offsets);
    if (status == dnnl_success)
        status = dnnl_memory_desc_init_submemory(
            &ends[!to_plain], dnnl_primitive_desc_query_md(other, dnnl_query_exec_arg_md, argument), dims,
            offsets);
    if (status != dnnl_success)
        return status;
    return dnnl_reorder_primitive_desc_create(descriptor, &ends[0], engine, &ends[1], engine, attributes);
}

bool dsci_is_plain(const_dnnl_primitive_desc_t descriptor, int argument, const dsci_memory_layout *plain)
{
    dnnl_memory_desc_t memory;
    return make_memory(&memory, plain) == dnnl_success &&
           dnnl_memory_desc_equal(&memory,
                                  dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, argument));
}

dnnl_status_t dsci_append_eltwise(dnnl_post_ops_t post_ops, dnnl_alg_kind_t algorithm)
{
    return dnnl_post_ops_append_eltwise(post_ops, 1.0F, algorithm, 0.0F, 0.0F);
}
