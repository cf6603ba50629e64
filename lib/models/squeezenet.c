/* squeezenet.c - SqueezeNet 1.1: fire modules squeeze the channels, then expand them by two kinds of filters.
 */
#include <descent/models.h>

#include <stdio.h>

static dsc_node *pool(dsc_node *x)
{
    return dsc_max_pool(x, .window = { 3, 3 }, .stride = { 2, 2 });
}

static dsc_node *conv(dsc_node *x, size_t filters, size_t kernel, size_t fire, const char *part)
{
    char name[64];
    snprintf(name, sizeof name, "fire%zu/%s", fire, part);
    return dsc_relu(
        dsc_conv2d(x, filters, .kernel = { kernel, kernel }, .padding = DSC_PADDING_SAME, .name = name));
}

static dsc_node *fire(dsc_node *x, size_t number, size_t squeeze, size_t expand)
{
    dsc_node *squeezed = conv(x, squeeze, 1, number, "squeeze1x1");
    dsc_node *one = conv(squeezed, expand, 1, number, "expand1x1");
    dsc_node *three = conv(squeezed, expand, 3, number, "expand3x3");
    return dsc_concat(-1, one, three);
}

dsc_node *dsc_squeezenet(dsc_scope *scope, const dsc_squeezenet_spec *spec)
{
    static const struct {
        size_t squeeze, expand;
    } fires[] = { { 16, 64 },  { 16, 64 },  { 32, 128 }, { 32, 128 },
                  { 48, 192 }, { 48, 192 }, { 64, 256 }, { 64, 256 } };
    enum { FIRST = 2, LAST = 9 };
    const dsc_squeezenet_spec none = { 0 };
    spec = spec ? spec : &none;
    const size_t last = spec->last ? spec->last : LAST, side = 227;
    if (last < FIRST || last > LAST || (spec->classes && last != LAST)) {
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "squeezenet: expected the last fire module from %d to %d, and %d with classes, found %zu", FIRST,
            LAST, LAST, last);
        return NULL;
    }
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { spec->height ? spec->height : side,
                                                                 spec->width ? spec->width : side, 3 } });
    x = dsc_relu(dsc_conv2d(x, 64, .kernel = { 3, 3 }, .stride = { 2, 2 }, .name = "conv1"));
    x = pool(x);
    for (size_t number = FIRST; number <= last; number++) {
        x = fire(x, number, fires[number - FIRST].squeeze, fires[number - FIRST].expand);
        if ((number == 3 || number == 5) && number != last)
            x = pool(x);
    }
    if (spec->classes == 0)
        return x;
    x = dsc_conv2d(dsc_dropout(x, 0.5), spec->classes, .kernel = { 1, 1 }, .name = "conv10");
    return dsc_global_average_pool(dsc_relu(x));
}
