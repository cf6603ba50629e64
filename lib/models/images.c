/* images.c - networks that classify images. */
#include <descent/models.h>

/* The input of a network for images of least x least pixels or more; NULL, and the scope fails, for smaller
   ones. */
static dsc_node *image_input(dsc_scope *scope, const dsc_image_network_spec *spec, const char *network,
                             size_t least)
{
    if (!spec || spec->height < least || spec->width < least || spec->channels == 0 || spec->classes == 0) {
        dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                       "%s: images of %zu x %zu x %zu in %zu classes; expected at least %zu x %zu x 1 in one",
                       network, spec ? spec->height : 0, spec ? spec->width : 0, spec ? spec->channels : 0,
                       spec ? spec->classes : 0, least, least);
        return NULL;
    }
    return dsc_input(scope, &(dsc_input_spec){ .shape = { spec->height, spec->width, spec->channels } });
}

dsc_node *dsc_logistic(dsc_scope *scope, const dsc_image_network_spec *spec)
{
    dsc_node *x = image_input(scope, spec, "logistic", 1);
    return x ? dsc_dense(x, spec->classes) : NULL;
}

dsc_node *dsc_lenet(dsc_scope *scope, const dsc_image_network_spec *spec)
{
    dsc_node *h = image_input(scope, spec, "lenet", 4);
    if (!h)
        return NULL;
    h = dsc_max_pool(dsc_relu(dsc_conv2d(h, 32, .kernel = { 5 }, .pad = { 2, 2 })), .window = { 2 });
    h = dsc_max_pool(dsc_relu(dsc_conv2d(h, 64, .kernel = { 5 }, .pad = { 2, 2 })), .window = { 2 });
    return dsc_dense(dsc_relu(dsc_dense(h, 512)), spec->classes);
}

static dsc_node *normalised(dsc_node *x, size_t channels, size_t kernel, size_t stride)
{
    const size_t pad = kernel / 2;
    return dsc_batch_norm(dsc_conv2d(x, channels, .kernel = { kernel }, .stride = { stride },
                                     .pad = { pad, pad }, .no_bias = true));
}

dsc_node *dsc_cnn5(dsc_scope *scope, const dsc_image_network_spec *spec)
{
    dsc_node *h = image_input(scope, spec, "cnn5", 8);
    if (!h)
        return NULL;
    h = dsc_relu(normalised(h, 64, 3, 1));
    for (size_t channels = 128; channels <= 512; channels *= 2)
        h = dsc_max_pool(dsc_relu(normalised(h, channels, 3, 1)), .window = { 2 });
    return dsc_dense(dsc_global_max_pool(h), spec->classes);
}

dsc_node *dsc_residual_block(dsc_node *x, size_t channels, size_t stride)
{
    size_t shape[DSC_MAX_RANK];
    const size_t rank = dsc_node_shape(x, shape);
    const bool same = rank > 0 && stride == 1 && shape[rank - 1] == channels;
    dsc_node *f = dsc_relu(normalised(x, channels, 3, stride));
    f = normalised(f, channels, 3, 1);
    return dsc_relu(dsc_add(f, same ? x : normalised(x, channels, 1, stride)));
}

dsc_node *dsc_resnet_small(dsc_scope *scope, const dsc_image_network_spec *spec)
{
    dsc_node *h = image_input(scope, spec, "resnet-small", 4);
    if (!h)
        return NULL;
    h = dsc_relu(normalised(h, 16, 3, 1));
    h = dsc_residual_block(h, 16, 1);
    h = dsc_residual_block(h, 32, 2);
    h = dsc_residual_block(h, 64, 2);
    return dsc_dense(dsc_global_average_pool(h), spec->classes);
}

static dsc_node *convolved(dsc_node *x, size_t channels, size_t kernel)
{
    const size_t pad = kernel / 2;
    return dsc_relu(dsc_conv2d(x, channels, .kernel = { kernel }, .pad = { pad, pad }));
}

dsc_node *dsc_inception_block(dsc_node *x, const dsc_inception_spec *spec)
{
    dsc_node *one = convolved(x, spec->one, 1);
    dsc_node *three = convolved(convolved(x, spec->reduce_three, 1), spec->three, 3);
    dsc_node *five = convolved(convolved(x, spec->reduce_five, 1), spec->five, 5);
    dsc_node *pool =
        convolved(dsc_max_pool(x, .window = { 3 }, .stride = { 1, 1 }, .pad = { 1, 1 }), spec->pool, 1);
    return dsc_concat(-1, one, three, five, pool);
}

dsc_node *dsc_inception_small(dsc_scope *scope, const dsc_image_network_spec *spec)
{
    dsc_node *h = image_input(scope, spec, "inception-small", 4);
    if (!h)
        return NULL;
    h = dsc_max_pool(convolved(h, 32, 3), .window = { 2 });
    h = dsc_inception_block(h, &(dsc_inception_spec){ 16, 16, 32, 8, 8, 8 });
    h = dsc_inception_block(h, &(dsc_inception_spec){ 24, 24, 48, 8, 12, 12 });
    h = dsc_max_pool(h, .window = { 2 });
    h = dsc_inception_block(h, &(dsc_inception_spec){ 32, 32, 64, 12, 16, 16 });
    return dsc_dense(dsc_global_average_pool(h), spec->classes);
}
