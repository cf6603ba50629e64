/* convolution.c - convolutional and pooling layers of images and of sequences. */
#include <descent/nn.h>

#include "nn/layer.h"
#include "ops/window.h"

/* A dimension's share of a specification; 0 stands for the default given. */
struct side {
    size_t kernel, stride, dilation, pad;
};

static void set_side(dsci_window *window, size_t dimension, const struct side *side, size_t default_kernel)
{
    window->kernel[dimension] = side->kernel ? side->kernel : default_kernel;
    window->stride[dimension] = side->stride ? side->stride : 1;
    window->dilation[dimension] = side->dilation ? side->dilation : 1;
    window->before[dimension] = window->after[dimension] = side->pad;
}

/* Pads such that dst = ceil(src / stride). */
static void pad_same(dsci_window *window, size_t dimension, size_t src)
{
    const size_t stride = window->stride[dimension], dst = (src + stride - 1) / stride;
    const size_t needed =
        (dst - 1) * stride + (window->kernel[dimension] - 1) * window->dilation[dimension] + 1;
    const size_t pad = needed > src ? needed - src : 0;
    window->before[dimension] = pad / 2;
    window->after[dimension] = pad - pad / 2;
}

/* Pads such that dst = src * stride, of a transposed convolution: a window that is shorter than the stride
   needs some of the output's padding. */
static void pad_same_transposed(dsci_window *window, size_t dimension, size_t *output_pad)
{
    const size_t stride = window->stride[dimension], reach = dsci_window_reach(window, dimension);
    const size_t pad = reach > stride ? reach - stride : 0;
    window->before[dimension] = pad / 2;
    window->after[dimension] = pad - pad / 2;
    *output_pad = stride > reach ? stride - reach : 0;
}

/* Refuses numbers of a window that could overflow when they are multiplied and added. */
static bool check_window(dsc_node *x, const char *name, const dsci_window *window)
{
    enum { MOST = 1 << 20 };
    for (size_t i = 0; i < 2; i++)
        if (window->kernel[i] > MOST || window->stride[i] > MOST || window->dilation[i] > MOST ||
            window->before[i] > MOST) {
            dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT,
                           "layer '%s': expected a window, stride, dilation and padding of at most %d", name,
                           MOST);
            return false;
        }
    return true;
}

/* The input's dimension; true if x is a batch of images (rank 3) or sequences (rank 2). */
static bool check_rank(dsc_node *x, const char *name, size_t rank)
{
    const dsci_shape *shape = &x->tensor->shape;
    if (shape->rank == rank + 1)
        return true;
    char text[128];
    dsc_scope_fail(
        x->scope, DSC_ERROR_SHAPE,
        "layer '%s': expected a batch of %s, found one of rank %zu (shape %s, batch first) from '%s'; use "
        "dsc_reshape()",
        name, rank == 3 ? "images (height, width, channels)" : "sequences (steps, channels)", shape->rank - 1,
        dsci_shape_text(shape, text), x->tensor->producer->name);
    return false;
}

/* What all kinds of convolution ask for. */
struct conv {
    size_t filters, groups, rank;
    bool transposed;
    size_t output_pad[2]; /* transposed */
    dsc_padding padding;
    dsc_init weights_init, bias_init;
    double init_scale;
    bool no_bias;
};

static bool check_channels(dsc_node *x, const char *name, const struct conv *conv, size_t channels)
{
    if (conv->filters == 0) {
        dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT, "layer '%s': expected at least 1 filter, found 0", name);
        return false;
    }
    if (channels % conv->groups || conv->filters % conv->groups) {
        dsc_scope_fail(
            x->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected channels and filters that are multiples of the %zu groups, found %zu and "
            "%zu",
            name, conv->groups, channels, conv->filters);
        return false;
    }
    return true;
}

/* (window, channels of a group, filters); of a transposed convolution filters and channels change places, as
   it is the gradient of a convolution of its output. */
static dsci_shape weights_shape(const struct conv *conv, const dsci_window *window, size_t channels)
{
    dsci_shape weights = { .rank = conv->rank + 1 };
    size_t at = 0;
    if (conv->rank == 3)
        weights.dim[at++] = window->kernel[0];
    weights.dim[at++] = window->kernel[1];
    weights.dim[at++] = (conv->transposed ? conv->filters : channels) / conv->groups;
    weights.dim[at++] = conv->transposed ? channels : conv->filters;
    return weights;
}

static void set_same_padding(struct conv *conv, dsci_window *window, const dsci_shape *src)
{
    for (size_t i = conv->rank == 3 ? 0 : 1; i < 2; i++)
        if (conv->transposed)
            pad_same_transposed(window, i, &conv->output_pad[i]);
        else
            pad_same(window, i, src->dim[src->rank - 3 + i]);
}

/* The layer of its inputs: x, weights and perhaps a bias. */
static dsc_node *make_layer(const struct conv *conv, const char *name, const dsci_window *window,
                            dsc_node *const inputs[3])
{
    const dsci_attributes attributes = { .conv = {
                                             .window = *window,
                                             .groups = conv->groups,
                                             .output_pad = { conv->output_pad[0], conv->output_pad[1] } } };
    if (!conv->transposed)
        return dsci_layer_make(&dsci_op_conv, name, &attributes, inputs, conv->no_bias ? 2 : 3);
    dsc_node *y = dsci_layer_make(&dsci_op_conv_transposed, name, &attributes, inputs, 2);
    if (!y || conv->no_bias)
        return y;
    const char *sum = dsc_scope_format(y->scope, "%s/add", name);
    return dsci_layer_make(&dsci_op_add, sum, NULL, (dsc_node *[]){ y, inputs[2] }, 2);
}

static dsc_node *make_conv(dsc_node *x, const char *name, struct conv *conv, dsci_window *window)
{
    if (!name || !check_rank(x, name, conv->rank) || !check_window(x, name, window))
        return NULL;
    const dsci_shape *src = &x->tensor->shape;
    const size_t channels = src->dim[src->rank - 1];
    if (!check_channels(x, name, conv, channels))
        return NULL;
    if (conv->padding == DSC_PADDING_SAME)
        set_same_padding(conv, window, src);
    const dsci_shape weights = weights_shape(conv, window, channels);
    const size_t area = window->kernel[0] * window->kernel[1];
    const size_t fan_in = area * weights.dim[weights.rank - 2],
                 fan_out = area * (weights.dim[weights.rank - 1] / conv->groups);
    const dsci_initialization weights_initialization = { conv->weights_init, conv->init_scale, fan_in,
                                                         fan_out };
    const dsci_initialization bias_initialization = { conv->bias_init, conv->init_scale, fan_in, fan_out };
    dsc_node *inputs[3] = { x };
    inputs[1] = dsci_layer_parameter(x, name, "weights", &weights, &weights_initialization);
    if (!conv->no_bias)
        inputs[2] = dsci_layer_parameter(
            x, name, "bias", &(dsci_shape){ .rank = 1, .dim = { conv->filters } }, &bias_initialization);
    return make_layer(conv, name, window, inputs);
}

/* output_pad: of a transposed convolution; else NULL. */
static dsc_node *make_conv2d(dsc_node *x, const dsc_conv2d_spec *spec, const char *name,
                             const size_t *output_pad)
{
    struct conv conv = { .filters = spec->filters,
                         .groups = spec->groups ? spec->groups : 1,
                         .rank = 3,
                         .transposed = output_pad != NULL,
                         .padding = spec->padding,
                         .weights_init = spec->weights_init,
                         .bias_init = spec->bias_init,
                         .init_scale = spec->init_scale,
                         .no_bias = spec->no_bias };
    for (size_t i = 0; output_pad && i < 2; i++)
        conv.output_pad[i] = output_pad[i];
    dsci_window window;
    const struct side height = { spec->kernel[0], spec->stride[0], spec->dilation[0], spec->pad[0] };
    set_side(&window, 0, &height, 3);
    const struct side width = { spec->kernel[1] ? spec->kernel[1] : window.kernel[0],
                                spec->stride[1] ? spec->stride[1] : window.stride[0],
                                spec->dilation[1] ? spec->dilation[1] : window.dilation[0], spec->pad[1] };
    set_side(&window, 1, &width, 3);
    return make_conv(x, name, &conv, &window);
}

dsc_node *dsc_conv2d_with(dsc_node *x, const dsc_conv2d_spec *spec)
{
    if (!x || !spec)
        return NULL;
    return make_conv2d(x, spec, dsci_layer_name(x, DSCI_OP_CONV, "conv2d", spec->name), NULL);
}

dsc_node *dsc_conv2d_transposed_with(dsc_node *x, const dsc_conv2d_transposed_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const dsc_conv2d_spec conv = { .filters = spec->filters,
                                   .kernel = { spec->kernel[0], spec->kernel[1] },
                                   .stride = { spec->stride[0], spec->stride[1] },
                                   .dilation = { spec->dilation[0], spec->dilation[1] },
                                   .pad = { spec->pad[0], spec->pad[1] },
                                   .padding = spec->padding,
                                   .groups = spec->groups,
                                   .weights_init = spec->weights_init,
                                   .bias_init = spec->bias_init,
                                   .init_scale = spec->init_scale,
                                   .no_bias = spec->no_bias };
    const char *name = dsci_layer_name(x, DSCI_OP_CONV_TRANSPOSED, "conv2d_transposed", spec->name);
    return make_conv2d(x, &conv, name, spec->output_pad);
}

static dsc_node *make_conv1d(dsc_node *x, const dsc_conv1d_spec *spec, const char *name,
                             const size_t *output_pad)
{
    struct conv conv = { .filters = spec->filters,
                         .groups = spec->groups ? spec->groups : 1,
                         .rank = 2,
                         .transposed = output_pad != NULL,
                         .output_pad = { 0, output_pad ? *output_pad : 0 },
                         .padding = spec->padding,
                         .weights_init = spec->weights_init,
                         .bias_init = spec->bias_init,
                         .init_scale = spec->init_scale,
                         .no_bias = spec->no_bias };
    dsci_window window;
    const struct side none = { 1, 1, 1, 0 };
    const struct side steps = { spec->kernel, spec->stride, spec->dilation, spec->pad };
    set_side(&window, 0, &none, 1);
    set_side(&window, 1, &steps, 3);
    return make_conv(x, name, &conv, &window);
}

dsc_node *dsc_conv1d_with(dsc_node *x, const dsc_conv1d_spec *spec)
{
    if (!x || !spec)
        return NULL;
    return make_conv1d(x, spec, dsci_layer_name(x, DSCI_OP_CONV, "conv1d", spec->name), NULL);
}

dsc_node *dsc_conv1d_transposed_with(dsc_node *x, const dsc_conv1d_transposed_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const dsc_conv1d_spec conv = { .filters = spec->filters,
                                   .kernel = spec->kernel,
                                   .stride = spec->stride,
                                   .dilation = spec->dilation,
                                   .pad = spec->pad,
                                   .padding = spec->padding,
                                   .groups = spec->groups,
                                   .weights_init = spec->weights_init,
                                   .bias_init = spec->bias_init,
                                   .init_scale = spec->init_scale,
                                   .no_bias = spec->no_bias };
    const char *name = dsci_layer_name(x, DSCI_OP_CONV_TRANSPOSED, "conv1d_transposed", spec->name);
    return make_conv1d(x, &conv, name, &spec->output_pad);
}

/* --- Pooling --- */

static dsc_node *make_pool(dsc_node *x, const dsci_op *op, const dsc_pool_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const char *name = dsci_layer_name(x, op->id, op->name, spec->name);
    if (!name)
        return NULL;
    const dsci_shape *src = &x->tensor->shape;
    if (src->rank != 3 && !check_rank(x, name, 3))
        return NULL;
    dsci_attributes attributes = { .pool = { .count_padding = spec->count_padding } };
    dsci_window *window = &attributes.pool.window;
    const size_t length = spec->window[0] ? spec->window[0] : 2;
    const struct side first = { length, spec->stride[0] ? spec->stride[0] : length, 1, spec->pad[0] };
    if (src->rank == 3) {
        const struct side none = { 1, 1, 1, 0 };
        set_side(window, 0, &none, 1);
        set_side(window, 1, &first, 2);
    } else {
        const size_t width = spec->window[1] ? spec->window[1] : length;
        const size_t default_step = spec->stride[0] ? spec->stride[0] : width;
        const struct side second = { width, spec->stride[1] ? spec->stride[1] : default_step, 1,
                                     spec->pad[1] };
        set_side(window, 0, &first, 2);
        set_side(window, 1, &second, 2);
    }
    if (!check_window(x, name, window))
        return NULL;
    for (size_t i = src->rank == 4 ? 0 : 1; spec->padding == DSC_PADDING_SAME && i < 2; i++)
        pad_same(window, i, src->dim[src->rank - 3 + i]);
    return dsci_layer_make(op, name, &attributes, &x, 1);
}

dsc_node *dsc_max_pool_with(dsc_node *x, const dsc_pool_spec *spec)
{
    return make_pool(x, &dsci_op_max_pool, spec);
}

dsc_node *dsc_average_pool_with(dsc_node *x, const dsc_pool_spec *spec)
{
    return make_pool(x, &dsci_op_average_pool, spec);
}

static dsc_node *make_global_pool(dsc_node *x, const dsci_op *op, const char *kind)
{
    const char *name = dsci_layer_name(x, op->id, kind, NULL);
    const dsci_window window = { .kernel = { 1, 1 }, .stride = { 1, 1 }, .dilation = { 1, 1 } };
    const dsci_attributes attributes = { .pool = { .window = window, .global = true } };
    return dsci_layer_make(op, name, &attributes, &x, 1);
}

dsc_node *dsc_global_max_pool(dsc_node *x)
{
    return make_global_pool(x, &dsci_op_max_pool, "global_max_pool");
}

dsc_node *dsc_global_average_pool(dsc_node *x)
{
    return make_global_pool(x, &dsci_op_average_pool, "global_average_pool");
}

/* --- Upsampling --- */

/* A product that overflows becomes the largest size, which the op refuses as it does all that are too large.
 */
static size_t size_times(size_t size, size_t factor)
{
    return size > SIZE_MAX / factor ? SIZE_MAX : size * factor;
}

dsc_node *dsc_upsample_with(dsc_node *x, const dsc_upsample_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const char *name = dsci_layer_name(x, DSCI_OP_UPSAMPLE, "upsample", spec->name);
    const dsci_shape *src = &x->tensor->shape;
    dsci_attributes attributes = { .upsample = { .size = { 1, 1 },
                                                 .bilinear = spec->mode == DSC_UPSAMPLE_BILINEAR,
                                                 .align_corners = spec->align_corners } };
    size_t factor = 2, size = 0;
    for (size_t i = 0; i < 2 && i + 2 < src->rank; i++) {
        factor = spec->factor[i] ? spec->factor[i] : factor;
        size = spec->size[i] ? spec->size[i] : size;
        attributes.upsample.size[i] = size ? size : size_times(src->dim[i + 1], factor);
    }
    return dsci_layer_make(&dsci_op_upsample, name, &attributes, &x, 1);
}
