/* dense.c - y = activation(x w + b): x (batch, fan_in), w (fan_in, units), b (units). */
#include "onednn/onednn.h"
#include "ops/ref.h"

static bool infer(const dsci_setting *setting, dsci_node *node)
{
    const dsci_tensor *src = node->in[0], *weights = node->in[1];
    if (!dsci_expect_batch(setting, node, src))
        return false;
    if (weights->shape.rank != 2 || weights->shape.dim[0] != dsci_tensor_cols(src)) {
        char text[128];
        dsc_scope_fail(setting->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected weights of %zu rows for the input from '%s', found %s",
                       node->name, dsci_tensor_cols(src), src->producer->name,
                       dsci_shape_text(&weights->shape, text));
        return false;
    }
    const dsci_shape shape = { .rank = 2, .dim = { setting->batch, weights->shape.dim[1] } };
    return dsci_node_output(setting, node, setting->real, &shape);
}

static bool infer_backward_data(const dsci_setting *setting, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(setting->batch, &node->attributes.example);
    return dsci_node_output(setting, node, setting->real, &shape);
}

static bool infer_backward_weights(const dsci_setting *setting, dsci_node *node)
{
    const size_t fan_in = dsci_tensor_cols(node->in[0]), units = dsci_tensor_cols(node->in[1]);
    const dsci_shape weights = { .rank = 2, .dim = { fan_in, units } };
    const dsci_shape bias = { .rank = 1, .dim = { units } };
    return dsci_node_output(setting, node, setting->real, &weights) &&
           (!node->attributes.dense.bias || dsci_node_output(setting, node, setting->real, &bias));
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *src = node->in[0], *diff_dst = node->out[0]->diff;
    const bool bias = node->input_count > 2;
    const dsci_node *by_weights = dsci_graph_append(graph, &dsci_op_dense_backward_weights,
                                                    &(dsci_attributes){ .dense = { .bias = bias } },
                                                    (dsci_tensor *[]){ src, diff_dst }, 2);
    if (!by_weights)
        return;
    dsci_gradient_add(graph, node->in[1], by_weights->out[0]);
    if (bias)
        dsci_gradient_add(graph, node->in[2], by_weights->out[1]);
    if (!src->needs_gradient)
        return;
    dsci_attributes attributes = { .example = { .rank = src->shape.rank - 1 } };
    for (size_t i = 1; i < src->shape.rank; i++)
        attributes.example.dim[i - 1] = src->shape.dim[i];
    const dsci_node *by_data = dsci_graph_append(graph, &dsci_op_dense_backward_data, &attributes,
                                                 (dsci_tensor *[]){ diff_dst, node->in[1] }, 2);
    dsci_gradient_add(graph, src, by_data ? by_data->out[0] : NULL);
}

/* The extents of a dense node, forward or backward. */
struct extents {
    size_t batch, fan_in, units;
};

static struct extents forward_extents(const dsci_node *node)
{
    return (struct extents){ dsci_tensor_rows(node->in[0]), dsci_tensor_cols(node->in[0]),
                             dsci_tensor_cols(node->out[0]) };
}

static struct extents data_extents(const dsci_node *node)
{
    return (struct extents){ dsci_tensor_rows(node->in[0]), dsci_tensor_cols(node->out[0]),
                             dsci_tensor_cols(node->in[0]) };
}

static struct extents weights_extents(const dsci_node *node)
{
    return (struct extents){ dsci_tensor_rows(node->in[0]), dsci_tensor_cols(node->in[0]),
                             dsci_tensor_cols(node->in[1]) };
}

static double flops(const struct extents *e)
{
    return 2 * (double)e->batch * (double)e->fan_in * (double)e->units;
}

static double flops_forward(const dsci_node *node)
{
    const struct extents e = forward_extents(node);
    return flops(&e) + (double)e.batch * (double)e.units;
}

static double flops_data(const dsci_node *node)
{
    const struct extents e = data_extents(node);
    return flops(&e);
}

static double flops_weights(const dsci_node *node)
{
    const struct extents e = weights_extents(node);
    return flops(&e) + (double)e.batch * (double)e.units;
}

/* --- Native: matrix products. Without operands: the shape alone, for its workspace. --- */

static const dsci_operands no_operands;

static dsci_gemm forward_problem(const dsci_node *node, const dsci_operands *o)
{
    const struct extents e = forward_extents(node);
    return (dsci_gemm){
        .m = e.batch,
        .n = e.units,
        .k = e.fan_in,
        .a = o->in[0],
        .b = o->in[1],
        .bias = o->in[2],
        .c = o->out[0],
        .lda = e.fan_in,
        .ldb = e.units,
        .ldc = e.units,
        .activation = node->attributes.dense.activation,
    };
}

static dsci_gemm data_problem(const dsci_node *node, const dsci_operands *o)
{
    const struct extents e = data_extents(node);
    return (dsci_gemm){
        .m = e.batch,
        .n = e.fan_in,
        .k = e.units,
        .a = o->in[0],
        .b = o->in[1],
        .c = o->out[0],
        .lda = e.units,
        .ldb = e.units,
        .ldc = e.fan_in,
        .transpose_b = 1,
    };
}

static dsci_gemm weights_problem(const dsci_node *node, const dsci_operands *o)
{
    const struct extents e = weights_extents(node);
    return (dsci_gemm){
        .m = e.fan_in,
        .n = e.units,
        .k = e.batch,
        .a = o->in[0],
        .b = o->in[1],
        .c = o->out[0],
        .lda = e.fan_in,
        .ldb = e.units,
        .ldc = e.units,
        .transpose_a = 1,
    };
}

static dsc_status book_gemm(const dsci_gemm *problem, dsci_booking *booking)
{
    booking->parts = dsci_gemm_parts(problem);
    booking->worker_bytes = dsci_gemm_workspace(problem) * sizeof(float);
    return DSC_OK;
}

static dsc_status book_forward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_gemm problem = forward_problem(node, &no_operands);
    return book_gemm(&problem, booking);
}

static dsc_status book_data(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_gemm problem = data_problem(node, &no_operands);
    return book_gemm(&problem, booking);
}

static dsc_status book_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_gemm problem = weights_problem(node, &no_operands);
    return book_gemm(&problem, booking);
}

static void run_gemm(const dsci_operands *o, dsci_part part, const dsci_gemm *problem)
{
    dsci_gemm cut = dsci_gemm_part(problem, part.index, o->node->booking.parts);
    cut.workspace = part.workspace;
    o->kernels->gemm(&cut);
}

static void run_forward(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm problem = forward_problem(o->node, o);
    run_gemm(o, part, &problem);
}

static void run_data(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm problem = data_problem(o->node, o);
    run_gemm(o, part, &problem);
}

static void run_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm problem = weights_problem(o->node, o);
    run_gemm(o, part, &problem);
    if (o->out[1] && part.index == 0)
        o->kernels->column_sums(o->out[1], o->in[1], problem.k, problem.n, problem.n);
}

/* --- oneDNN: inner products. --- */

static dsc_status book_inner_product(dsc_scope *scope, dsci_node *node, dsci_inner_product_spec spec,
                                     const struct extents *e, dsci_booking *booking)
{
    spec.layer = node->name;
    spec.batch = e->batch;
    spec.fan_in = e->fan_in;
    spec.units = e->units;
    dsci_inner_product *product = dsci_inner_product_make(scope, &spec);
    node->state = product;
    booking->worker_bytes = product ? dsci_inner_product_scratch(product) : 0;
    return dsc_scope_status(scope);
}

static dsc_status book_forward_onednn(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    static const dsci_eltwise eltwise[] = { [DSC_LINEAR] = DSCI_ELTWISE_NONE,
                                            [DSC_RELU] = DSCI_ELTWISE_RELU,
                                            [DSC_SIGMOID] = DSCI_ELTWISE_LOGISTIC,
                                            [DSC_TANH] = DSCI_ELTWISE_TANH };
    const struct extents e = forward_extents(node);
    const dsci_inner_product_spec spec = { .direction = DSCI_FORWARD,
                                           .bias = node->input_count > 2,
                                           .eltwise = eltwise[node->attributes.dense.activation] };
    return book_inner_product(scope, node, spec, &e, booking);
}

static dsc_status book_data_onednn(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const struct extents e = data_extents(node);
    return book_inner_product(scope, node, (dsci_inner_product_spec){ .direction = DSCI_BACKWARD_DATA }, &e,
                              booking);
}

static dsc_status book_weights_onednn(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const struct extents e = weights_extents(node);
    const dsci_inner_product_spec spec = { .direction = DSCI_BACKWARD_WEIGHTS,
                                           .bias = node->attributes.dense.bias };
    return book_inner_product(scope, node, spec, &e, booking);
}

static void run_forward_onednn(const dsci_operands *o, dsci_part part)
{
    dsci_inner_product_run(o->state, &(dsci_inner_product_operands){ .src = o->in[0],
                                                                     .weights = o->in[1],
                                                                     .bias = o->in[2],
                                                                     .dst = o->out[0],
                                                                     .scratch = part.workspace });
}

static void run_data_onednn(const dsci_operands *o, dsci_part part)
{
    dsci_inner_product_run(o->state, &(dsci_inner_product_operands){ .diff_dst = o->in[0],
                                                                     .weights = o->in[1],
                                                                     .diff_src = o->out[0],
                                                                     .scratch = part.workspace });
}

static void run_weights_onednn(const dsci_operands *o, dsci_part part)
{
    dsci_inner_product_run(o->state, &(dsci_inner_product_operands){ .src = o->in[0],
                                                                     .diff_dst = o->in[1],
                                                                     .diff_weights = o->out[0],
                                                                     .diff_bias = o->out[1],
                                                                     .scratch = part.workspace });
}

const dsci_op dsci_op_dense = {
    .name = "dense",
    .id = DSCI_OP_DENSE,
    .infer = infer,
    .gradient = gradient,
    .flops = flops_forward,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_forward,
                           .run = run_forward },
                         { .engine = DSC_ENGINE_ONEDNN,
                           .type = DSCI_F32,
                           .book = book_forward_onednn,
                           .run = run_forward_onednn },
                         DSCI_REF_IMPLEMENTATIONS(dense) },
};

const dsci_op dsci_op_dense_backward_data = {
    .name = "dense_backward_data",
    .id = DSCI_OP_DENSE_BACKWARD_DATA,
    .infer = infer_backward_data,
    .flops = flops_data,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_data,
                           .run = run_data },
                         { .engine = DSC_ENGINE_ONEDNN,
                           .type = DSCI_F32,
                           .book = book_data_onednn,
                           .run = run_data_onednn },
                         DSCI_REF_IMPLEMENTATIONS(dense_backward_data) },
};

const dsci_op dsci_op_dense_backward_weights = {
    .name = "dense_backward_weights",
    .id = DSCI_OP_DENSE_BACKWARD_WEIGHTS,
    .infer = infer_backward_weights,
    .flops = flops_weights,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_weights,
                           .run = run_weights },
                         { .engine = DSC_ENGINE_ONEDNN,
                           .type = DSCI_F32,
                           .book = book_weights_onednn,
                           .run = run_weights_onednn },
                         DSCI_REF_IMPLEMENTATIONS(dense_backward_weights) },
};
