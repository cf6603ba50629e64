/* shape_cases.c - tensors reshaped, joined, cut and combined; normalisation, softmax, maxout. */
#include "cases.h"

static dsc_node *image(dsc_scope *scope, struct draw *draw, size_t channels)
{
    const size_t height = draw_size(draw, 1, 4), width = draw_size(draw, 1, 5);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { height, width, draw_size(draw, 1, 4) } });
    return dsc_conv2d(x, channels, .kernel = { 1 });
}

static dsc_node *multiply(dsc_scope *scope, struct draw *draw)
{
    const size_t units = draw_size(draw, 1, 33);
    dsc_node *h = dsc_dense(case_vector(scope, draw), units);
    return squared_head(dsc_add(dsc_multiply(dsc_tanh(h), h), dsc_scale(h, -0.5)), scope, draw);
}

static dsc_node *reshape(dsc_scope *scope, struct draw *draw)
{
    const size_t a = draw_size(draw, 1, 4), b = draw_size(draw, 1, 5);
    dsc_node *h = dsc_tanh(dsc_reshape(dsc_dense(case_vector(scope, draw), a * b), a, b));
    return squared_head(dsc_tanh(dsc_flatten(dsc_add(h, h))), scope, draw);
}

static dsc_node *concat(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = image(scope, draw, draw_size(draw, 1, 5));
    dsc_node *joined = dsc_concat(-1, h, dsc_tanh(h), dsc_sigmoid(h));
    return squared_head(dsc_tanh(dsc_concat(0, joined, dsc_scale(joined, 2))), scope, draw);
}

static dsc_node *slice(dsc_scope *scope, struct draw *draw)
{
    const size_t channels = draw_size(draw, 1, 9);
    dsc_node *h = image(scope, draw, channels);
    const size_t first = channels / 3, count = channels - first;
    return squared_head(dsc_tanh(dsc_concat(-1, dsc_slice_of(h, -1, first, count), dsc_slice_of(h, 2, 0, 1))),
                        scope, draw);
}

/* Before a normalisation, which takes out what a bias adds: the bias would have no gradient but rounding. */
static dsc_node *unbiased(dsc_scope *scope, struct draw *draw)
{
    const size_t height = draw_size(draw, 4, 6), width = draw_size(draw, 4, 7);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { height, width, draw_size(draw, 1, 4) } });
    return dsc_conv2d(x, draw_size(draw, 1, 19), .kernel = { 1 }, .no_bias = true);
}

static dsc_node *batch_norm(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_batch_norm(unbiased(scope, draw));
    return squared_head(dsc_tanh(h), scope, draw);
}

static dsc_node *plain_batch_norm(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_tanh(dsc_batch_norm(unbiased(scope, draw), .no_scale = true));
    return squared_head(dsc_tanh(dsc_batch_norm(h, .no_shift = true)), scope, draw);
}

/* The activation is fused, forward and back. */
static dsc_node *batch_norm_relu(dsc_scope *scope, struct draw *draw)
{
    const size_t side = draw_size(draw, 3, 4);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { side, 2 } });
    x = dsc_conv1d(x, draw_size(draw, 1, 17), .kernel = 1, .no_bias = true);
    return squared_head(dsc_relu(dsc_batch_norm(x)), scope, draw);
}

static dsc_node *softmax(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_reshape(dsc_dense(case_vector(scope, draw), 3 * 19), 3, 19);
    return squared_head(dsc_tanh(dsc_scale(dsc_softmax(dsc_scale(h, 3)), 5)), scope, draw);
}

static dsc_node *log_softmax(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_dense(case_vector(scope, draw), draw_size(draw, 1, 33));
    return squared_head(dsc_tanh(dsc_log_softmax(h)), scope, draw);
}

static dsc_node *maxout(dsc_scope *scope, struct draw *draw)
{
    const size_t pieces = draw_size(draw, 1, 4);
    return squared_head(
        dsc_maxout(dsc_dense(case_vector(scope, draw), pieces * draw_size(draw, 1, 9)), pieces), scope, draw);
}

static dsc_node *layer_norm(dsc_scope *scope, struct draw *draw)
{
    const size_t columns = draw_size(draw, 5, 37);
    dsc_node *h = dsc_reshape(dsc_dense(case_vector(scope, draw), 2 * columns), 2, columns);
    h = dsc_tanh(dsc_layer_norm(h));
    h = dsc_tanh(dsc_layer_norm(dsc_tanh(h), .no_scale = true));
    return squared_head(dsc_layer_norm(h, .no_shift = true), scope, draw);
}

/* A table that every example has, as it is and behind an activation. */
static dsc_node *batched(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 1, 6), features = draw_size(draw, 1, 9);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, features } });
    dsc_node *table =
        dsc_parameter(scope, &(dsc_parameter_spec){ .shape = { steps, features }, .name = "table" });
    return squared_head(dsc_multiply(dsc_add(x, dsc_batched(table)), dsc_batched(dsc_tanh(table))), scope,
                        draw);
}

static const struct gradient_case cases[] = {
    { .name = "the same for all examples", .op = "batched", .loss = batched, .tolerance = 4 },
    { .name = "softmax", .op = "softmax", .loss = softmax },
    { .name = "log-softmax", .op = "log_softmax", .loss = log_softmax, .tolerance = 4 },
    { .name = "maxout", .op = "maxout", .loss = maxout },
    { .name = "layer norm", .op = "layer_norm", .loss = layer_norm, .tolerance = 30 },
    { .name = "multiply", .op = "multiply", .loss = multiply },
    { .name = "scale", .op = "scale", .loss = multiply },
    { .name = "reshape", .op = "reshape", .loss = reshape },
    { .name = "concat", .op = "concat", .loss = concat },
    { .name = "slice", .op = "slice", .loss = slice },
    { .name = "batch norm", .op = "batch_norm", .loss = batch_norm, .tolerance = 8 },
    { .name = "batch norm without scale or shift",
      .op = "batch_norm",
      .loss = plain_batch_norm,
      .tolerance = 100 },
    { .name = "batch norm with ReLU", .op = "batch_norm", .loss = batch_norm_relu, .tolerance = 30 },
};
const struct gradient_suite shape_cases = { cases, sizeof cases / sizeof cases[0] };
