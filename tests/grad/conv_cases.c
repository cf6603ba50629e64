/* conv_cases.c - convolutions and poolings of images and sequences. */
#include "cases.h"

static dsc_node *image(dsc_scope *scope, struct draw *draw)
{
    const size_t height = draw_size(draw, 1, 9), width = draw_size(draw, 1, 7),
                 channels = draw_size(draw, 1, 5);
    return dsc_input(scope, &(dsc_input_spec){ .shape = { height, width, channels } });
}

static dsc_node *plain(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_conv2d(image(scope, draw), draw_size(draw, 1, 6), .padding = DSC_PADDING_SAME);
    return squared_head(dsc_tanh(dsc_conv2d(dsc_tanh(h), draw_size(draw, 1, 20), .kernel = { 1 })), scope,
                        draw);
}

/* Unequal windows, strides, dilation and padding, no bias; an activation to be fused. */
static dsc_node *general(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_conv2d(image(scope, draw), draw_size(draw, 1, 6), .padding = DSC_PADDING_SAME);
    h = dsc_conv2d(h, draw_size(draw, 1, 17), .kernel = { draw_size(draw, 1, 3), draw_size(draw, 1, 4) },
                   .stride = { draw_size(draw, 1, 2), draw_size(draw, 1, 3) },
                   .dilation = { draw_size(draw, 1, 2), draw_size(draw, 1, 2) }, .pad = { 2, 3 },
                   .no_bias = true);
    return squared_head(dsc_sigmoid(h), scope, draw);
}

static dsc_node *grouped(dsc_scope *scope, struct draw *draw)
{
    const size_t groups = draw_size(draw, 1, 3), a = groups * draw_size(draw, 1, 3),
                 b = groups * draw_size(draw, 1, 4);
    dsc_node *h = dsc_conv2d(image(scope, draw), a, .kernel = { 1 });
    h = dsc_conv2d(h, b, .groups = groups, .padding = DSC_PADDING_SAME, .stride = { 2 });
    return squared_head(dsc_relu(dsc_conv2d(h, b, .groups = b, .padding = DSC_PADDING_SAME)), scope, draw);
}

static dsc_node *sequence(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 3, 40), channels = draw_size(draw, 1, 4);
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, channels } });
    h = dsc_tanh(
        dsc_conv1d(h, draw_size(draw, 1, 9), .kernel = draw_size(draw, 1, 5), .stride = 2, .pad = 1));
    return classifier_head(dsc_conv1d(h, draw_size(draw, 1, 25), .dilation = draw_size(draw, 1, 2), .pad = 2),
                           scope, draw);
}

/* Of unequal windows that leave gaps or overlap, and of every group's own; an activation after the bias. */
static dsc_node *transposed(dsc_scope *scope, struct draw *draw)
{
    const size_t groups = draw_size(draw, 1, 3), rows = draw_size(draw, 1, 3),
                 columns = draw_size(draw, 1, 2);
    dsc_node *h = dsc_conv2d(image(scope, draw), groups * draw_size(draw, 1, 4), .kernel = { 1 });
    h = dsc_conv2d_transposed(
        h, groups * draw_size(draw, 1, 6), .groups = groups, .kernel = { draw_size(draw, 1, 4), 3 },
        .stride = { rows, columns }, .dilation = { 1, draw_size(draw, 1, 2) }, .pad = { 0, 1 },
        .output_pad = { draw_size(draw, 0, rows - 1), draw_size(draw, 0, columns - 1) });
    h = dsc_conv2d_transposed(dsc_tanh(h), draw_size(draw, 1, 9), .kernel = { draw_size(draw, 1, 3) },
                              .stride = { 2, 1 }, .padding = DSC_PADDING_SAME, .no_bias = true);
    return squared_head(dsc_sigmoid(h), scope, draw);
}

static dsc_node *transposed_depthwise(dsc_scope *scope, struct draw *draw)
{
    const size_t channels = draw_size(draw, 2, 20);
    dsc_node *h = dsc_conv2d(image(scope, draw), channels, .kernel = { 1 });
    h = dsc_conv2d_transposed(h, channels, .groups = channels, .stride = { draw_size(draw, 1, 2) },
                              .padding = DSC_PADDING_SAME);
    return squared_head(dsc_conv2d_transposed(dsc_tanh(h), draw_size(draw, 1, 9), .kernel = { 1 }), scope,
                        draw);
}

static dsc_node *transposed_sequence(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 2, 20), stride = draw_size(draw, 1, 3);
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, draw_size(draw, 1, 4) } });
    h = dsc_conv1d_transposed(h, draw_size(draw, 1, 9), .kernel = draw_size(draw, 3, 5), .stride = stride,
                              .pad = 1, .output_pad = stride - 1);
    return classifier_head(dsc_conv1d_transposed(dsc_tanh(h), draw_size(draw, 1, 25), .dilation = 2,
                                                 .padding = DSC_PADDING_SAME),
                           scope, draw);
}

/* A layer below, so that the gradient is seen. */
static dsc_node *mixed(dsc_scope *scope, struct draw *draw)
{
    return dsc_conv2d(image(scope, draw), draw_size(draw, 1, 20), .kernel = { 2 },
                      .padding = DSC_PADDING_SAME);
}

static dsc_node *max_pool(dsc_scope *scope, struct draw *draw)
{
    const size_t height = draw_size(draw, 2, 3);
    dsc_node *h = dsc_max_pool(mixed(scope, draw), .window = { height, draw_size(draw, 2, 3) },
                               .stride = { draw_size(draw, 1, 3), 2 }, .pad = { height / 2, 1 });
    return squared_head(dsc_max_pool(h, .padding = DSC_PADDING_SAME), scope, draw);
}

static dsc_node *average_pool(dsc_scope *scope, struct draw *draw)
{
    const size_t height = draw_size(draw, 2, 3);
    dsc_node *h =
        dsc_average_pool(mixed(scope, draw), .window = { height, 3 }, .stride = { draw_size(draw, 1, 3), 2 },
                         .pad = { height / 2, 1 }, .count_padding = true);
    return squared_head(dsc_average_pool(dsc_tanh(h), .padding = DSC_PADDING_SAME), scope, draw);
}

static dsc_node *global_pool(dsc_scope *scope, struct draw *draw)
{
    return squared_head(dsc_global_average_pool(mixed(scope, draw)), scope, draw);
}

static dsc_node *global_max_pool(dsc_scope *scope, struct draw *draw)
{
    return squared_head(dsc_global_max_pool(mixed(scope, draw)), scope, draw);
}

static dsc_node *pooled_sequence(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 4, 40), channels = draw_size(draw, 1, 4);
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, channels } });
    h = dsc_max_pool(dsc_conv1d(h, draw_size(draw, 1, 18), .pad = 1), .window = { 2 });
    return classifier_head(dsc_average_pool(h, .window = { 2 }, .stride = { 1 }), scope, draw);
}

/* Factors, sizes of which one may be smaller than the input's, both ways and both conventions. */
static dsc_node *upsampled(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_upsample(mixed(scope, draw), .factor = { draw_size(draw, 1, 3), draw_size(draw, 1, 3) },
                               .mode = DSC_UPSAMPLE_BILINEAR);
    h = dsc_upsample(dsc_tanh(h), .size = { draw_size(draw, 1, 13), draw_size(draw, 1, 13) },
                     .mode = DSC_UPSAMPLE_BILINEAR, .align_corners = true);
    return squared_head(dsc_upsample(dsc_tanh(h), .size = { 0, draw_size(draw, 1, 19) }), scope, draw);
}

static dsc_node *upsampled_sequence(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 1, 20), channels = draw_size(draw, 1, 4);
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, channels } });
    h = dsc_upsample(dsc_conv1d(h, draw_size(draw, 1, 18), .pad = 1), .factor = { 3 });
    return classifier_head(dsc_upsample(h, .size = { draw_size(draw, 1, 40) }, .mode = DSC_UPSAMPLE_BILINEAR),
                           scope, draw);
}

static const struct gradient_case cases[] = {
    { .name = "convolution", .op = "conv", .loss = plain },
    { .name = "strided and dilated convolution", .op = "conv", .loss = general },
    { .name = "grouped convolution", .op = "conv", .loss = grouped },
    { .name = "convolution of sequences", .op = "conv", .loss = sequence },
    { .name = "transposed convolution", .op = "conv_transposed", .loss = transposed },
    { .name = "transposed convolution of channels", .op = "conv_transposed", .loss = transposed_depthwise },
    { .name = "transposed convolution of sequences", .op = "conv_transposed", .loss = transposed_sequence },
    { .name = "max pooling", .op = "max_pool", .loss = max_pool },
    { .name = "average pooling", .op = "average_pool", .loss = average_pool },
    /* All pixels share a gradient: that of the bias is a sum over examples that nearly cancel. */
    { .name = "global average pooling", .op = "average_pool", .loss = global_pool, .tolerance = 2 },
    { .name = "global max pooling", .op = "max_pool", .loss = global_max_pool },
    { .name = "pooling of sequences", .op = "max_pool", .loss = pooled_sequence },
    { .name = "upsampling", .op = "upsample", .loss = upsampled },
    { .name = "upsampling of sequences", .op = "upsample", .loss = upsampled_sequence },
};
const struct gradient_suite conv_cases = { cases, sizeof cases / sizeof cases[0] };
