/* onednn3.c - the C interface of oneDNN 3.x. */
#include "onednn/generation.h"

static dnnl_status_t make_memory(dnnl_memory_desc_t *made, const dsci_memory_layout *memory)
{
    if (memory->like)
        return dnnl_memory_desc_clone(
            made, dnnl_primitive_desc_query_md(memory->like, dnnl_query_exec_arg_md, memory->like_argument));
    if (memory->any)
        return dnnl_memory_desc_create_with_tag(made, memory->rank, memory->dims, memory->type,
                                                dnnl_format_tag_any);
    return dnnl_memory_desc_create_with_strides(made, memory->rank, memory->dims, memory->type,
                                                memory->strides);
}

struct memories {
    dnnl_memory_desc_t src, weights, bias, dst; /* NULL: none */
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

static void destroy_memories(struct memories *m)
{
    dnnl_memory_desc_destroy(m->src);
    dnnl_memory_desc_destroy(m->weights);
    dnnl_memory_desc_destroy(m->bias);
    dnnl_memory_desc_destroy(m->dst);
}

static dnnl_status_t describe_convolution(dnnl_primitive_desc_t *descriptor, const dsci_problem *p,
                                          const struct memories *m, dnnl_engine_t engine,
                                          const_dnnl_primitive_attr_t attributes,
                                          const_dnnl_primitive_desc_t hint)
{
    switch (p->direction) {
    case DSCI_BACKWARD_DATA:
        return dnnl_convolution_backward_data_primitive_desc_create(
            descriptor, engine, dnnl_convolution_direct, m->src, m->weights, m->dst, p->strides, p->dilations,
            p->pad_low, p->pad_high, hint, attributes);
    case DSCI_BACKWARD_WEIGHTS:
        return dnnl_convolution_backward_weights_primitive_desc_create(
            descriptor, engine, dnnl_convolution_direct, m->src, m->weights, m->bias, m->dst, p->strides,
            p->dilations, p->pad_low, p->pad_high, hint, attributes);
    default:
        return dnnl_convolution_forward_primitive_desc_create(
            descriptor, engine, dnnl_forward_training, dnnl_convolution_direct, m->src, m->weights, m->bias,
            m->dst, p->strides, p->dilations, p->pad_low, p->pad_high, attributes);
    }
}

static dnnl_status_t describe_inner_product(dnnl_primitive_desc_t *descriptor, const dsci_problem *p,
                                            const struct memories *m, dnnl_engine_t engine,
                                            const_dnnl_primitive_attr_t attributes,
                                            const_dnnl_primitive_desc_t hint)
{
    switch (p->direction) {
    case DSCI_BACKWARD_DATA:
        return dnnl_inner_product_backward_data_primitive_desc_create(descriptor, engine, m->src, m->weights,
                                                                      m->dst, hint, attributes);
    case DSCI_BACKWARD_WEIGHTS:
        return dnnl_inner_product_backward_weights_primitive_desc_create(
            descriptor, engine, m->src, m->weights, m->bias, m->dst, hint, attributes);
    default:
        return dnnl_inner_product_forward_primitive_desc_create(
            descriptor, engine, dnnl_forward_training, m->src, m->weights, m->bias, m->dst, attributes);
    }
}

/* Goes on to the next until one is acceptable. The first may come twice, if oneDNN has it in its cache. */
static dnnl_status_t choose(dnnl_primitive_desc_t *descriptor, const dsci_primitive_spec *spec)
{
    dnnl_status_t status = dnnl_success;
    while (status == dnnl_success && !dsci_is_acceptable(*descriptor, spec))
        status = dnnl_primitive_desc_next_impl(*descriptor);
    if (status != dnnl_success) {
        dnnl_primitive_desc_destroy(*descriptor);
        *descriptor = NULL;
    }
    return status;
}

dnnl_status_t dsci_describe(dnnl_primitive_desc_t *descriptor, const dsci_problem *problem,
                            const dsci_primitive_spec *spec, dnnl_engine_t engine,
                            const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint)
{
    struct memories m = { NULL, NULL, NULL, NULL };
    dnnl_status_t status = make_memories(&m, problem);
    if (status == dnnl_success)
        status = problem->convolution
                     ? describe_convolution(descriptor, problem, &m, engine, attributes, hint)
                     : describe_inner_product(descriptor, problem, &m, engine, attributes, hint);
    destroy_memories(&m);
    return status == dnnl_success ? choose(descriptor, spec) : status;
}

dnnl_status_t dsci_describe_reorder(dnnl_primitive_desc_t *descriptor, const dsci_memory_layout *plain,
                                    const_dnnl_primitive_desc_t other, int argument, bool to_plain,
                                    const dnnl_dims_t dims, const dnnl_dims_t plain_offsets,
                                    const dnnl_dims_t offsets, dnnl_engine_t engine,
                                    const_dnnl_primitive_attr_t attributes)
{
    dnnl_memory_desc_t whole = NULL, ends[2] = { NULL, NULL };
    dnnl_status_t status = make_memory(&whole, plain);
    if (status == dnnl_success)
        status = dnnl_memory_desc_create_submemory(&ends[to_plain], whole, dims, plain_offsets);
    if (status == dnnl_success)
        status = dnnl_memory_desc_create_submemory(
            &ends[!to_plain], dnnl_primitive_desc_query_md(other, dnnl_query_exec_arg_md, argument), dims,
            offsets);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(descriptor, ends[0], engine, ends[1], engine, attributes);
    dnnl_memory_desc_destroy(whole);
    dnnl_memory_desc_destroy(ends[0]);
    dnnl_memory_desc_destroy(ends[1]);
    return status;
}

bool dsci_is_plain(const_dnnl_primitive_desc_t descriptor, int argument, const dsci_memory_layout *plain)
{
    dnnl_memory_desc_t memory = NULL;
    const bool same = make_memory(&memory, plain) == dnnl_success &&
                      dnnl_memory_desc_equal(
                          memory, dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, argument));
    dnnl_memory_desc_destroy(memory);
    return same;
}

dnnl_status_t dsci_append_eltwise(dnnl_post_ops_t post_ops, dnnl_alg_kind_t algorithm)
{
    return dnnl_post_ops_append_eltwise(post_ops, algorithm, 0.0F, 0.0F);
}
