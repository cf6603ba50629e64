/* dense.c - y = activation(x w + b): x (batch, fan_in), w (fan_in, units), b (units); per step: x (batch,
 * ..., fan_in) and y (batch, ..., units). */
#include "ops/dense.h"
#include "ops/bf16_emulation.h"
#include "ops/products.h"
#include "ops/ref/ref.h"

/* Elements of the vectors that the layer reads or writes. */
static size_t vector_of(const dsci_node *node, const dsci_tensor *tensor)
{
    return node->attributes.dense.per_step ? tensor->shape.dim[tensor->shape.rank - 1]
                                           : dsci_tensor_cols(tensor);
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *src = node->in[0], *weights = node->in[1];
    if (!dsci_expect_batch(context, node, src))
        return false;
    if (weights->shape.rank != 2 || weights->shape.dim[0] != vector_of(node, src)) {
        char text[128];
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected weights of %zu rows for the input from '%s', found %s",
                       node->name, vector_of(node, src), src->producer->name,
                       dsci_shape_text(&weights->shape, text));
        return false;
    }
    dsci_shape shape = { .rank = 2, .dim = { context->batch } };
    if (node->attributes.dense.per_step)
        shape = src->shape;
    shape.dim[shape.rank - 1] = weights->shape.dim[1];
    return dsci_node_output(context, node, context->real, &shape);
}

static bool infer_backward_data(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(context->batch, &node->attributes.example);
    return dsci_node_output(context, node, context->real, &shape);
}

static bool infer_backward_weights(const dsci_context *context, dsci_node *node)
{
    const size_t fan_in = vector_of(node, node->in[0]), units = vector_of(node, node->in[1]);
    const dsci_shape weights = { .rank = 2, .dim = { fan_in, units } };
    const dsci_shape bias = { .rank = 1, .dim = { units } };
    return dsci_node_output(context, node, dsci_master_type(context->real), &weights) &&
           (!node->attributes.dense.bias ||
            dsci_node_output(context, node, dsci_master_type(context->real), &bias));
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *src = node->in[0], *diff_dst = node->out[0]->diff;
    const bool bias = node->input_count > 2 && node->in[2]->needs_gradient;
    const dsci_attributes of_weights = { .dense = { .bias = bias,
                                                    .per_step = node->attributes.dense.per_step } };
    const dsci_node *by_weights = bias || node->in[1]->needs_gradient
                                      ? dsci_graph_append(graph, &dsci_op_dense_backward_weights, &of_weights,
                                                          (dsci_tensor *[]){ src, diff_dst }, 2)
                                      : NULL;
    if (by_weights)
        dsci_gradient_add(graph, node->in[1], by_weights->out[0]);
    if (by_weights && bias)
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

dsci_dense_extents dsci_dense_extents_of(const dsci_node *node)
{
    const bool of_weights = node->op == &dsci_op_dense_backward_weights;
    const dsci_shape *weights = of_weights ? &node->out[0]->shape : &node->in[1]->shape;
    const size_t fan_in = weights->dim[0], units = weights->dim[1];
    const size_t cols = node->op == &dsci_op_dense_backward_data ? units : fan_in;
    return (dsci_dense_extents){ node->in[0]->elements / cols, fan_in, units };
}

double dsci_dense_products(const dsci_dense_extents *e)
{
    return 2 * (double)e->batch * (double)e->fan_in * (double)e->units;
}

static double flops(const dsci_node *node)
{
    const dsci_dense_extents e = dsci_dense_extents_of(node);
    return dsci_dense_products(&e) + (double)e.batch * (double)e.units;
}

static double flops_data(const dsci_node *node)
{
    const dsci_dense_extents e = dsci_dense_extents_of(node);
    return dsci_dense_products(&e);
}

/* --- Native: matrix products. Without operands: the shape alone, for its workspace. --- */

static const dsci_operands no_operands;

static dsci_gemm forward_problem(const dsci_node *node, const dsci_operands *o)
{
    const dsci_dense_extents e = dsci_dense_extents_of(node);
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
    const dsci_dense_extents e = dsci_dense_extents_of(node);
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
    const dsci_dense_extents e = dsci_dense_extents_of(node);
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

static dsc_status book_forward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_gemm problem = forward_problem(node, &no_operands);
    dsci_product_book(&problem, booking);
    return DSC_OK;
}

static dsc_status book_data(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_gemm problem = data_problem(node, &no_operands);
    dsci_product_book(&problem, booking);
    return DSC_OK;
}

static dsc_status book_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_gemm problem = weights_problem(node, &no_operands);
    dsci_weights_product_book(&problem, booking);
    return DSC_OK;
}

static void pack_forward(const dsci_operands *o, dsci_part part)
{
    dsci_product_pack(o, part, forward_problem(o->node, o));
}

static void run_forward(const dsci_operands *o, dsci_part part)
{
    dsci_product_run(o, part, forward_problem(o->node, o));
}

static void pack_data(const dsci_operands *o, dsci_part part)
{
    dsci_product_pack(o, part, data_problem(o->node, o));
}

static void run_data(const dsci_operands *o, dsci_part part)
{
    dsci_product_run(o, part, data_problem(o->node, o));
}

static void pack_weights(const dsci_operands *o, dsci_part part)
{
    dsci_product_pack(o, part, weights_problem(o->node, o));
}

static void run_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm problem = weights_problem(o->node, o);
    dsci_weights_product_run(o, part, &problem);
}

static void finish_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm problem = weights_problem(o->node, o);
    dsci_weights_product_finish(o, part, &problem);
}

static const dsci_field dense_fields[] = { { "per_step", DSCI_FIELD_BOOL, DSCI_AT(dense.per_step), 0, 0, 1 },
                                           { .name = NULL } };

const dsci_op dsci_op_dense = {
    .name = "dense",
    .id = DSCI_OP_DENSE,
    .infer = infer,
    .gradient = gradient,
    .flops = flops,
    .schema = { "xpb", 2, dense_fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_forward,
                           .pack = pack_forward,
                           .run = run_forward },
                         DSCI_DENSE_ONEDNN(DSCI_F32, dsci_dense_onednn_forward),
                         DSCI_DENSE_ONEDNN(DSCI_BF16, dsci_dense_onednn_forward),
                         DSCI_WIDENED,
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
                           .pack = pack_data,
                           .run = run_data },
                         DSCI_DENSE_ONEDNN(DSCI_F32, dsci_dense_onednn_backward_data),
                         DSCI_DENSE_ONEDNN(DSCI_BF16, dsci_dense_onednn_backward_data),
                         DSCI_WIDENED,
                         DSCI_REF_IMPLEMENTATIONS(dense_backward_data) },
};

const dsci_op dsci_op_dense_backward_weights = {
    .name = "dense_backward_weights",
    .id = DSCI_OP_DENSE_BACKWARD_WEIGHTS,
    .infer = infer_backward_weights,
    .flops = flops,
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book_weights,
                           .pack = pack_weights,
                           .run = run_weights,
                           .finish = finish_weights },
                         DSCI_DENSE_ONEDNN_WEIGHTS(DSCI_F32),
                         DSCI_DENSE_ONEDNN_WEIGHTS(DSCI_BF16),
                         DSCI_WIDENED,
                         DSCI_REF_IMPLEMENTATIONS(dense_backward_weights) },
};
